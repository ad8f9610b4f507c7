//! The files of a project: finds them, matches them with budgets, and recognizes prompts by name.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsStr;
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

/// What the name of a file says that it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum NameKind {
    Prompt,
    /// Recorded traffic: a HAR file, or a cassette.
    Recording,
}

/// Returns what a file may have by its name. This selects the files of a folder: JSON; text with a word such as `prompt` in
/// the name of the file or its folder, except for a README and the like; YAML, TOML and templates with such a word;
/// recorded traffic.
pub(in crate::cli) fn name_kind(name: &str) -> Option<NameKind> {
    let lower = name.to_lowercase();
    let lower = files::name_of_content(&lower);
    let path = Path::new(lower);
    let folders: Vec<&str> = path.parent().into_iter().flat_map(Path::iter).filter_map(OsStr::to_str).collect();
    let folder = folders.last().copied().unwrap_or_default();
    let (stem, ending) = lower.rsplit('/').next()?.rsplit_once('.')?;
    let is_cassette = folders.iter().any(|folder| folder.contains("cassette") || *folder == "vcr");
    let is_template = |name: &str| has_any_word(name, &["template", "templates"]) && !is_about_project(stem);
    let has_word = || (is_of_prompts(stem) || is_of_prompts(folder)) && !is_about_project(stem);
    let is_prompt = match ending {
        "har" => return Some(NameKind::Recording),
        "yaml" | "yml" | "json" if is_cassette => return Some(NameKind::Recording),
        "json" | "jsonl" | "ndjson" => true,
        "yaml" | "yml" => stem.ends_with(".prompt") || has_word(),
        "toml" => has_word(),
        "j2" | "jinja" | "jinja2" | "mustache" => {
            let is_text = stem.rsplit_once('.').is_none_or(|(_, inner)| ["md", "txt", "prompt"].contains(&inner));
            is_text && (has_word() || folders.iter().any(|folder| is_of_prompts(folder)))
        }
        "txt" => has_word() || is_template(stem) || is_template(folder),
        "md" => {
            let is_documentation = folders.iter().any(|folder| ["doc", "docs"].contains(folder));
            has_word() && (!is_documentation || is_of_prompts(folder))
        }
        _ => false,
    };
    is_prompt.then_some(NameKind::Prompt)
}

/// Returns whether the name of a file or folder, in lower case, has a word such as `prompt`.
pub(in crate::cli) fn is_of_prompts(name: &str) -> bool {
    has_any_word(name, &["prompt", "prompts", "system", "instructions"])
}

/// Returns whether the name of a file is that of a README and the like.
fn is_about_project(stem: &str) -> bool {
    const NEVER: [&str; 6] = ["readme", "changelog", "license", "licence", "contributing", "requirements"];
    stem.split(|char: char| !char.is_alphanumeric()).next().is_some_and(|word| NEVER.contains(&word))
}

fn has_any_word(text: &str, words: &[&str]) -> bool {
    text.split(|char: char| !char.is_alphanumeric()).any(|word| words.contains(&word))
}

/// Returns a path with `/` as the separator, on every platform.
pub(in crate::cli) fn name_of(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::{NameKind, name_kind};

    #[test]
    fn names_of_prompts_and_recordings() {
        for name in [
            "a.json",
            "a/b.JSONL",
            "prompts/support.md",
            "system_prompt.txt",
            "x/Templates/a.txt",
            "my-system.md",
            "a/summarize.prompt.yml",
            "prompts.yaml",
            "settings/pr_reviewer_prompts.toml",
            "prompts/resolve/basic.jinja",
            "a/summary_prompt.md.j2",
            "docs/prompts/a.md",
            "logs/requests.jsonl.gz",
        ] {
            assert_eq!(name_kind(name), Some(NameKind::Prompt), "{name}");
        }
        for name in ["a.har", "tests/cassettes/x/a.yaml", "spec/fixtures/vcr_cassettes/a.yml", "fixtures/vcr/a.json"] {
            assert_eq!(name_kind(name), Some(NameKind::Recording), "{name}");
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
            "prompt.py",
            "systems.md",
            "config.yaml",
            "charts/templates/a.yaml",
            "roles/a/templates/nginx.conf.j2",
            "prompts/page.html.j2",
            "docs/api/format_prompt.md",
            "templates/note.md",
            "a.prompty",
        ] {
            assert_eq!(name_kind(name), None, "{name}");
        }
    }
}
