//! The files of a repository that have values for the placeholders of prompts.

use std::collections::BTreeSet;
use std::fs;

use super::globs::{literal, parent};
use crate::cli::checked::Budgeted;
use crate::cli::project::{self, ProjectFile};
use crate::cli::values::Values;

/// The folders in which values are looked for, beside that of the prompts.
const FOLDERS: [&str; 10] =
    ["cases", "data", "evals", "examples", "fixtures", "inputs", "samples", "testdata", "values", "vars"];

/// The largest size of a file that is read, and the most files that are.
const MAX_SIZE: u64 = 1_000_000;
const MAX_FILES: usize = 200;

/// The most files that a budget names.
const MAX_NAMED: usize = 5;

/// Returns the paths of files with values for all placeholders of the prompts.
pub(super) fn files_for(placeholders: &BTreeSet<String>, prompts: &[Budgeted], all: &[ProjectFile]) -> Vec<String> {
    // Tags of blocks and partials have no values of their own.
    let names: Vec<&String> = placeholders.iter().filter(|name| !name.starts_with(['#', '^', '>'])).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let folders: BTreeSet<&str> = prompts.iter().map(|one| parent(&one.file.name)).collect();
    let is_near = |file: &ProjectFile| {
        let own = parent(&file.name);
        folders.contains(own) || own.split('/').any(|part| FOLDERS.contains(&part.to_lowercase().as_str()))
    };
    let is_small = |file: &ProjectFile| fs::metadata(&file.path).is_ok_and(|data| data.len() <= MAX_SIZE);
    let is_values = |file: &&ProjectFile| {
        let ending = file.name.rsplit('.').next().unwrap_or_default();
        ["json", "jsonl", "ndjson", "csv"].contains(&ending) && is_near(file) && is_small(file)
    };
    let is_prompt = |file: &ProjectFile| prompts.iter().any(|one| one.file.name == file.name);
    let candidates = all.iter().filter(is_values).filter(|file| !is_prompt(file)).take(MAX_FILES);
    let found = candidates.filter(|file| has_all(file, &names));
    found.take(MAX_NAMED).map(|file| format!("/{}", literal(&file.name))).collect()
}

/// Returns whether each row of a file has a value for each name.
fn has_all(file: &ProjectFile, names: &[&String]) -> bool {
    let Ok(bytes) = project::read(file) else { return false };
    let Ok(rows) = Values::rows(&file.name, bytes.into_owned()) else { return false };
    let has_all =
        |row: &Values| names.iter().all(|name| row.values.contains_key(name.split('.').next().unwrap_or_default()));
    !rows.is_empty() && rows.iter().all(has_all)
}
