//! Revisions in git: their files are read through git itself, and nothing is checked out.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::{io, thread};

use super::exit::Failure;
use super::input::shown;

/// Returns the commit that a revision names, or `None` where it names none.
pub(super) fn commit(folder: &Path, revision: &str) -> Option<String> {
    // A name that begins with a dash would be an option.
    if revision.starts_with('-') {
        return None;
    }
    let output = git(folder)
        .args(["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{commit}}")])
        .output()
        .ok()?;
    let commit = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !commit.is_empty()).then_some(commit)
}

/// A file of a commit: its name, relative to the folder that was asked about, and what git calls its bytes.
pub(super) struct File {
    pub(super) name: String,
    blob: String,
}

/// Returns the files in a commit that are in a folder.
pub(super) fn files(folder: &Path, commit: &str) -> Result<Vec<File>, Failure> {
    let output = git(folder).args(["ls-tree", "-r", "-z", commit]).output().map_err(|error| failed(&error))?;
    if !output.status.success() {
        return Err(Failure::new(format!("git cannot list the files of {}", shown(commit))));
    }
    // MODE blob HASH, a tabulator, the name.
    let listed = String::from_utf8_lossy(&output.stdout);
    let file = |line: &str| {
        let (facts, name) = line.split_once('\t')?;
        let blob = facts.split_once(" blob ")?.1;
        Some(File { name: name.to_owned(), blob: blob.to_owned() })
    };
    Ok(listed.split('\0').filter_map(file).collect())
}

/// Returns what files of a commit have in them, by one process for all.
pub(super) fn contents(folder: &Path, files: &[&File]) -> Result<Vec<Vec<u8>>, Failure> {
    let mut child = git(folder)
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error))?;
    let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(Failure::new("git cannot be spoken to"));
    };
    // Asked from a thread of its own, so that neither side waits for the other.
    let questions: Vec<u8> = files.iter().flat_map(|file| format!("{}\n", file.blob).into_bytes()).collect();
    let asking = thread::spawn(move || stdin.write_all(&questions));
    let mut answers = BufReader::new(stdout);
    let contents = files.iter().map(|_| answer(&mut answers).map_err(|error| failed(&error)));
    let contents: Result<Vec<Vec<u8>>, Failure> = contents.collect();
    let _ = asking.join();
    let _ = child.wait();
    contents
}

/// Reads one answer: `HASH blob SIZE`, a line break, the bytes, a line break.
fn answer(answers: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut head = String::new();
    answers.read_line(&mut head)?;
    let size = head.trim_end().rsplit(' ').next().and_then(|size| size.parse::<usize>().ok());
    let Some(size) = size else { return Err(io::Error::other("it is no file there")) };
    let mut bytes = vec![0; size];
    answers.read_exact(&mut bytes)?;
    answers.read_exact(&mut [0])?;
    Ok(bytes)
}

fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(folder).stdin(Stdio::null()).stderr(Stdio::null());
    command
}

fn failed(error: &io::Error) -> Failure {
    Failure::new(format!("git cannot be asked: {error}"))
}
