//! The files of a project: finds them, matches them with budgets, and recognizes prompts by name.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gpt_cost::budget::Budget;
use ignore::WalkBuilder;
use ignore::overrides::{Override, OverrideBuilder};

use super::Project;
use crate::cli::exit::Failure;
use crate::cli::files::{self, printable};

/// A file of a project.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cli) struct ProjectFile {
    /// The name in reports: relative to the project, with `/` as the separator.
    pub(in crate::cli) name: String,
    pub(in crate::cli) path: PathBuf,
}

/// Whether to include hidden files and those that .gitignore names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Ignored {
    Skip,
    Include,
}

/// The globs of a budget's paths that have the same pointer.
pub(in crate::cli) struct Paths {
    /// The JSON pointer of the prompts in the files; `None` for files that are prompts.
    pub(in crate::cli) pointer: Option<String>,
    globs: Override,
}

impl Paths {
    /// Returns whether the globs match a name.
    pub(in crate::cli) fn matches(&self, name: &str) -> bool {
        self.globs.matched(name, false).is_whitelist()
    }
}

impl Project {
    /// Returns all files of the project, sorted by name. Links to files are files; links to folders are not followed.
    pub(in crate::cli) fn files(&self, ignored: Ignored) -> Vec<ProjectFile> {
        let mut files = walk(&self.root, ignored);
        // A baseline is not a prompt, and `baseline write` must not treat it as an input.
        files.retain(|file| file.path != self.baseline);
        files
    }

    /// Returns the paths of a budget, those of each pointer together: `prompts.yaml#/*/system` is a glob with a pointer.
    pub(in crate::cli) fn paths(&self, budget: &Budget) -> Result<Vec<Paths>, Failure> {
        let mut by_pointer: BTreeMap<Option<String>, Vec<&str>> = BTreeMap::new();
        for path in &budget.paths {
            let (glob, pointer) = match path.split_once("#/") {
                Some((glob, pointer)) => (glob, Some(format!("/{pointer}"))),
                None => (path.as_str(), None),
            };
            by_pointer.entry(pointer).or_default().push(glob);
        }
        let mut paths = Vec::new();
        for (pointer, mut globs) in by_pointer {
            if pointer.is_some() {
                globs.extend(budget.paths.iter().map(String::as_str).filter(|path| path.starts_with('!')));
            }
            paths.push(Paths { pointer, globs: self.globs(budget, "paths", &globs)? });
        }
        Ok(paths)
    }

    fn globs(&self, budget: &Budget, key: &str, globs: &[&str]) -> Result<Override, Failure> {
        let mut builder = OverrideBuilder::new(&self.root);
        let invalid = |error: ignore::Error| Failure::at(self.place_of(budget), format!("{key}: {error}"));
        for glob in globs {
            builder.add(glob.strip_prefix("./").unwrap_or(glob)).map_err(invalid)?;
        }
        builder.build().map_err(invalid)
    }

    /// Returns the files with the values of a budget's templates.
    pub(in crate::cli) fn values_files(
        &self,
        budget: &Budget,
        files: &[ProjectFile],
    ) -> Result<Vec<ProjectFile>, Failure> {
        if budget.vars.is_empty() {
            return Ok(Vec::new());
        }
        let globs = self.globs(budget, "vars", &budget.vars.iter().map(String::as_str).collect::<Vec<_>>())?;
        let is_match = |file: &&ProjectFile| globs.matched(&file.name, false).is_whitelist();
        let found: Vec<ProjectFile> = files.iter().filter(is_match).cloned().collect();
        match found.is_empty() {
            true => Err(Failure::at(self.place_of(budget), "no file matches its vars").hint("correct the globs")),
            false => Ok(found),
        }
    }
}

/// Returns all files of a folder and of those in it, sorted by name. Links to files are files; links to folders are not
/// followed.
pub(in crate::cli) fn walk(root: &Path, ignored: Ignored) -> Vec<ProjectFile> {
    let is_file = |entry: &ignore::DirEntry| match entry.file_type() {
        Some(kind) if kind.is_symlink() => fs::metadata(entry.path()).is_ok_and(|data| data.is_file()),
        kind => kind.is_some_and(|kind| kind.is_file()),
    };
    let mut files: Vec<ProjectFile> = WalkBuilder::new(root)
        .standard_filters(ignored == Ignored::Skip)
        .require_git(false)
        .build()
        .filter_map(Result::ok)
        .filter(is_file)
        .filter_map(|entry| {
            let name = name_of(entry.path().strip_prefix(root).ok()?);
            Some(ProjectFile { name, path: entry.into_path() })
        })
        .collect();
    files.sort();
    files
}

/// Reads a file of a project.
pub(in crate::cli) fn read(file: &ProjectFile) -> Result<Cow<'static, [u8]>, Failure> {
    match files::is_standard(&file.path) {
        true => files::read(&file.path).map(Cow::Owned),
        false => match files::read_file(&file.path) {
            Ok(bytes) => Ok(Cow::Owned(bytes)),
            Err(error) => Err(Failure::at(printable(&file.name), error.to_string())),
        },
    }
}

/// Returns whether the name of a file is that of a prompt. This selects the files of a folder: JSON, and text files
/// with a word such as `prompt` in the name of the file or its folder, except for a README and the like.
pub(in crate::cli) fn is_prompt_name(name: &str) -> bool {
    const NEVER: [&str; 6] = ["readme", "changelog", "license", "licence", "contributing", "requirements"];
    const WORDS: [&str; 6] = ["prompt", "prompts", "system", "instructions", "template", "templates"];
    let path = Path::new(name);
    let lower =
        |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().to_lowercase()).unwrap_or_default();
    let is_separator = |char: char| !char.is_alphanumeric();
    let has_word = |text: &str| text.split(is_separator).any(|word| WORDS.contains(&word));
    let (stem, folder) = (lower(path.file_stem()), lower(path.parent().and_then(Path::file_name)));
    let is_about = stem.split(is_separator).next().is_some_and(|word| NEVER.contains(&word));
    match lower(path.extension()).as_str() {
        "json" | "jsonl" | "ndjson" => true,
        "txt" | "md" => !is_about && (has_word(&stem) || has_word(&folder)),
        _ => false,
    }
}

/// Returns a path with `/` as the separator, on every platform.
pub(in crate::cli) fn name_of(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::is_prompt_name;

    #[test]
    fn names_of_prompts() {
        for name in
            ["a.json", "a/b.JSONL", "prompts/support.md", "system_prompt.txt", "x/Templates/a.txt", "my-system.md"]
        {
            assert!(is_prompt_name(name), "{name}");
        }
        for name in [
            "README.md",
            "prompts/README.md",
            "prompts/readme_template.md",
            "templates/LICENSE.txt",
            "prompts/requirements.txt",
            "notes.txt",
            "a/prompts/b/c.md",
            "prompt",
            "prompt.yaml",
            "systems.md",
        ] {
            assert!(!is_prompt_name(name), "{name}");
        }
    }
}
