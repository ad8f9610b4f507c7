//! Globs for groups of files that match none of the others.

use std::collections::{BTreeMap, BTreeSet};

use gpt_cost::budget::Budget;

use crate::cli::exit::Failure;
use crate::cli::project::Project;

/// The fewest sibling folders that share a budget.
const MIN_SIBLINGS: usize = 4;

/// Groups files by folder. At least [`MIN_SIBLINGS`] sibling folders are one group.
pub(super) fn of_siblings<'f>(files: &BTreeSet<&'f str>) -> BTreeMap<String, BTreeSet<&'f str>> {
    let mut siblings: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for folder in files.iter().map(|file| parent(file)).filter(|folder| !folder.is_empty()) {
        siblings.entry(parent(folder)).or_default().insert(folder);
    }
    let mut groups: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for file in files {
        let own = parent(file);
        let above = parent(own);
        let is_joined = !own.is_empty() && siblings.get(above).is_some_and(|folders| folders.len() >= MIN_SIBLINGS);
        groups.entry(if is_joined { above } else { own }.to_owned()).or_default().insert(file);
    }
    groups
}

/// Returns globs that match the files of a group and none of the `others`, or else the names of the files.
pub(super) fn of_group(
    project: &Project,
    folder: &str,
    files: &BTreeSet<&str>,
    others: &[&str],
) -> Result<Vec<String>, Failure> {
    let mut by_glob: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for file in files {
        by_glob.entry(glob(folder, file)).or_default().push(file);
    }
    let mut paths = Vec::new();
    for (glob, files) in by_glob {
        let mut budget = Budget::new("init");
        budget.paths = vec![glob.clone()];
        let globs = project.paths(&budget)?;
        match others.iter().any(|other| globs.iter().any(|globs| globs.matches(other))) {
            true => paths.extend(files.iter().map(|file| format!("/{}", literal(file)))),
            false => paths.push(glob),
        }
    }
    Ok(paths)
}

/// Returns a glob for a file: one of its extension in the group's folder, one of its name in the folders below.
fn glob(group: &str, file: &str) -> String {
    let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
    let start = literal(group);
    match name.rsplit_once('.') {
        _ if folder != group => format!("{start}/*/{}", literal(name)),
        Some((_, extension)) => format!("{start}/*.{}", literal(extension)),
        None => format!("{start}/{}", literal(name)),
    }
}

/// Returns the folder of a recording: that of the cassettes, if there is one in its path.
pub(super) fn root_of_recordings(file: &str) -> &str {
    let mut end = 0;
    for part in parent(file).split('/') {
        end += part.len() + usize::from(end > 0);
        if part.to_lowercase().contains("cassette") || part == "vcr" {
            return &file[..end];
        }
    }
    parent(file)
}

/// Returns the fewest globs for the files of a folder that match none of the `others`.
pub(super) fn cover(folder: &str, files: &BTreeSet<&str>, others: &BTreeSet<&str>) -> Vec<String> {
    let is_below =
        |file: &str| folder.is_empty() || file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    let files: BTreeSet<&str> = files.iter().copied().filter(|file| is_below(file)).collect();
    let start = if folder.is_empty() { String::new() } else { format!("/{}", literal(folder)) };
    let mut globs = Vec::new();
    let mut left = BTreeSet::new();
    for ending in files.iter().map(|file| ending(file)).collect::<BTreeSet<&str>>() {
        let of_ending = |file: &&&str| self::ending(file) == ending && is_below(file);
        let is_direct = |file: &&str| parent(file) == folder;
        let mine: Vec<&str> = files.iter().filter(of_ending).copied().collect();
        match others.iter().any(|other| of_ending(&other)) {
            false if mine.iter().all(is_direct) => globs.push(format!("{start}/*.{}", literal(ending))),
            false => globs.push(format!("{start}/**/*.{}", literal(ending))),
            true => {
                let direct: Vec<&str> = mine.iter().copied().filter(is_direct).collect();
                match others.iter().filter(of_ending).any(is_direct) {
                    false if !direct.is_empty() => globs.push(format!("{start}/*.{}", literal(ending))),
                    _ => globs.extend(direct.iter().map(|file| format!("/{}", literal(file)))),
                }
                left.extend(mine.into_iter().filter(|file| !is_direct(file)));
            }
        }
    }
    let below: BTreeSet<String> = left.iter().map(|file| child(folder, file)).collect();
    globs.extend(below.iter().flat_map(|child| cover(child, &left, others)));
    globs
}

/// Returns the folder in `folder` that a file is in.
fn child(folder: &str, file: &str) -> String {
    let start = if folder.is_empty() { 0 } else { folder.len() + 1 };
    let length = file[start..].find('/').unwrap_or(0);
    file[..start + length].to_owned()
}

/// Returns the folder of a file or a folder.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn ending(file: &str) -> &str {
    file.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// Returns a glob that matches only this text.
pub(super) fn literal(text: &str) -> String {
    let mut glob = String::new();
    for char in text.chars() {
        if "*?[]{}\\!".contains(char) {
            glob.push('\\');
        }
        glob.push(char);
    }
    glob
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_globs_cover_the_files_and_no_others() {
        let set = |files: &[&'static str]| files.iter().copied().collect::<BTreeSet<&str>>();
        let files = set(&["c/a/1.yaml", "c/a/2.yaml", "c/b/1.yaml", "c/b/x/1.yaml", "c/0.yaml"]);
        assert_eq!(cover("c", &files, &set(&[])), ["/c/**/*.yaml"]);
        assert_eq!(cover("c", &files, &set(&["c/a/3.yml", "d/1.yaml"])), ["/c/**/*.yaml"]);
        assert_eq!(
            cover("c", &files, &set(&["c/a/3.yaml"])),
            ["/c/*.yaml", "/c/a/1.yaml", "/c/a/2.yaml", "/c/b/**/*.yaml"]
        );
        assert_eq!(cover("c", &set(&["c/0.yaml"]), &set(&["c/1.yaml"])), ["/c/0.yaml"]);
        assert_eq!(cover("", &set(&["a.har"]), &set(&[])), ["/*.har"]);
    }

    #[test]
    fn recordings_are_of_the_folder_of_cassettes() {
        assert_eq!(root_of_recordings("tests/cassettes/a/b.yaml"), "tests/cassettes");
        assert_eq!(root_of_recordings("spec/fixtures/vcr_cassettes/b.yml"), "spec/fixtures/vcr_cassettes");
        assert_eq!(root_of_recordings("traffic/a.har"), "traffic");
        assert_eq!(root_of_recordings("a.har"), "");
    }
}
