//! The files that the command line names: by their paths, by the folder that they are in, or by a glob that no shell
//! expanded.

use std::path::{Component, Path, PathBuf};

use ignore::overrides::OverrideBuilder;

use super::split_pointer;
use crate::cli::files;
use crate::cli::project::{Ignored, ProjectFile, walk};

/// The endings of files with requests in a folder.
const ENDINGS: [&str; 4] = ["json", "jsonl", "ndjson", "har"];

/// Returns the files, in the order of the arguments and sorted in each of them, with the pointers of prompts in them. A
/// path that stands for no file is returned as it is.
pub(super) fn paths(arguments: &[PathBuf]) -> Vec<(PathBuf, Option<String>)> {
    arguments.iter().flat_map(|argument| expanded(argument)).collect()
}

fn expanded(argument: &Path) -> Vec<(PathBuf, Option<String>)> {
    let (path, pointer) = split_pointer(argument);
    let found = match () {
        () if files::is_standard(&path) || path.is_file() => Vec::new(),
        () if path.is_dir() => of_folder(&path),
        () if path.exists() => Vec::new(),
        () => of_glob(&path),
    };
    match found.is_empty() {
        true => vec![(path, pointer)],
        false => found.into_iter().map(|path| (path, pointer.clone())).collect(),
    }
}

/// Returns the files with requests in a folder, also those that git ignores, as it does logs; none that are hidden.
fn of_folder(folder: &Path) -> Vec<PathBuf> {
    let has_ending = |name: &str| {
        let ending = files::name_of_content(name).rsplit_once('.').map(|(_, ending)| ending);
        ending.is_some_and(|ending| ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending)))
    };
    visible(folder).filter(|file| has_ending(&file.name)).map(|file| file.path).collect()
}

/// Returns the files that a glob matches, such as `logs/**/*.jsonl`.
fn of_glob(path: &Path) -> Vec<PathBuf> {
    let is_glob = |part: &Component<'_>| part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']);
    let parts: Vec<Component<'_>> = path.components().collect();
    let Some(first) = parts.iter().position(is_glob) else { return Vec::new() };
    let root: PathBuf = parts[..first].iter().collect();
    let pattern: PathBuf = parts[first..].iter().collect();
    let walked = if root.as_os_str().is_empty() { Path::new(".") } else { root.as_path() };
    let mut builder = OverrideBuilder::new(walked);
    // From the root of the walk: `*.jsonl` matches no file in a folder of it.
    let globs = builder.add(&format!("/{}", pattern.to_string_lossy())).and_then(|builder| builder.build());
    let Ok(globs) = globs else { return Vec::new() };
    let is_match = |file: &ProjectFile| globs.matched(&file.name, false).is_whitelist();
    visible(walked).filter(is_match).map(|file| root.join(file.name)).collect()
}

/// Returns the files of a folder that are not hidden and not in a hidden folder.
fn visible(folder: &Path) -> impl Iterator<Item = ProjectFile> {
    let is_hidden = |file: &ProjectFile| file.name.split('/').any(|part| part.starts_with('.'));
    walk(folder, Ignored::Include).into_iter().filter(move |file| !is_hidden(file))
}
