//! Reads the files of git revisions through git itself, without checking them out.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

use super::exit::Failure;
use super::files::printable;

/// Maximum number of links to follow in a row: the limit of Linux.
const MAX_LINKS: usize = 40;

/// The object that a revision names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Object {
    /// `REV`: the hash of its commit.
    Commit(String),
    /// `REV:folder`: the hash of its tree.
    Folder(String),
    /// `REV:file`.
    File(File),
}

/// A file of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    /// The name, relative to the folder that was listed.
    pub(super) name: String,
    blob: String,
    is_link: bool,
}

/// Two revisions that are compared with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range<'r> {
    pub(super) base: &'r str,
    pub(super) head: &'r str,
    /// `A...B`: the base is the merge base of both.
    pub(super) is_from_merge_base: bool,
}

impl Range<'_> {
    /// Parses `A..B` or `A...B`, in which a missing side is `HEAD`. Returns `None` for any other text, such as the path
    /// `../prompts`.
    pub(super) fn parse(text: &str) -> Option<Range<'_>> {
        let (base, head) = text.split_once("..")?;
        let (head, is_from_merge_base) = head.strip_prefix('.').map_or((head, false), |head| (head, true));
        let is_path = base.ends_with('/') || head.starts_with('/') || head.contains("..");
        if is_path || (base.is_empty() && head.is_empty()) {
            return None;
        }
        let or_head = |side| if str::is_empty(side) { "HEAD" } else { side };
        Some(Range { base: or_head(base), head: or_head(head), is_from_merge_base })
    }
}

/// Resolves a revision, such as `main`, `HEAD~3` or `main:prompts`.
pub(super) fn resolve(folder: &Path, revision: &str) -> Result<Object, Failure> {
    // A revision that begins with a dash would be an option of git.
    if revision.starts_with('-') {
        return Err(unknown(revision));
    }
    let parsed = run(folder, &["rev-parse", "--verify", "--end-of-options", revision])?;
    if !parsed.status.success() {
        return Err(unknown_reason(folder, revision));
    }
    let hash = first_line(&parsed.stdout);
    let kind = run(folder, &["cat-file", "-t", &hash])?;
    match first_line(&kind.stdout).as_str() {
        "commit" | "tag" => {
            let commit =
                run(folder, &["rev-parse", "--verify", "--end-of-options", &format!("{revision}^{{commit}}")])?;
            if commit.status.success() {
                Ok(Object::Commit(first_line(&commit.stdout)))
            } else {
                Err(unknown(revision))
            }
        }
        "tree" => Ok(Object::Folder(hash)),
        "blob" => {
            let path = revision.split_once(':').map_or(revision, |(_, path)| path);
            let name = path.rsplit('/').next().unwrap_or(path).to_owned();
            Ok(Object::File(File { name, blob: hash, is_link: false }))
        }
        _ => Err(failed(&format!("`{}` cannot be read", printable(revision)), &kind)),
    }
}

/// Returns the merge base of two revisions.
pub(super) fn merge_base(folder: &Path, base: &str, head: &str) -> Result<String, Failure> {
    let mut commits = Vec::new();
    for revision in [base, head] {
        match resolve(folder, revision)? {
            Object::Commit(commit) => commits.push(commit),
            _ => return Err(Failure::new(format!("`{}` is not a commit", printable(revision)))),
        }
    }
    let output = run(folder, &["merge-base", &commits[0], &commits[1]])?;
    if output.status.success() {
        return Ok(first_line(&output.stdout));
    }
    let failure = Failure::new(format!("`{}` and `{}` have no common commit", printable(base), printable(head)));
    Err(if is_shallow(folder) { failure.hint(FETCH_MORE) } else { failure })
}

/// Returns the files of a commit in `folder`, or all files of a tree.
pub(super) fn files(folder: &Path, tree: &Object) -> Result<Vec<File>, Failure> {
    let output = match tree {
        Object::Commit(commit) => run(folder, &["ls-tree", "-r", "-z", commit])?,
        // The tree is the folder itself: git must not look for the current folder in it.
        Object::Folder(tree) => run(folder, &["ls-tree", "-r", "-z", "--full-tree", tree])?,
        Object::File(file) => return Ok(vec![file.clone()]),
    };
    if !output.status.success() {
        return Err(failed("git cannot list the files of a revision", &output));
    }
    // Each entry is `MODE blob HASH`, a tab and the name.
    let listed = String::from_utf8_lossy(&output.stdout);
    let file = |line: &str| {
        let (object, name) = line.split_once('\t')?;
        let (mode, blob) = object.split_once(" blob ")?;
        Some(File { name: name.to_owned(), blob: blob.to_owned(), is_link: mode == "120000" })
    };
    Ok(listed.split('\0').filter_map(file).collect())
}

/// Returns the bytes of the `requested` files, a subset of `files`. Links are followed, as in the working tree; a link
/// to a target outside the tree is omitted.
pub(super) fn contents<'f>(
    folder: &Path,
    files: &'f [File],
    requested: &[&'f File],
) -> Result<Vec<(&'f File, Vec<u8>)>, Failure> {
    let by_name: BTreeMap<&str, &File> = files.iter().map(|file| (file.name.as_str(), file)).collect();
    let mut found = Vec::new();
    let mut pending: Vec<(&File, &File)> = requested.iter().map(|file| (*file, *file)).collect();
    for _ in 0..MAX_LINKS {
        let blobs = read_blobs(folder, pending.iter().map(|(_, file)| *file))?;
        let mut links = Vec::new();
        for ((original, file), bytes) in pending.into_iter().zip(blobs) {
            if !file.is_link {
                found.push((original, bytes));
            } else if let Some(target) = target(&file.name, &bytes).and_then(|name| by_name.get(name.as_str()).copied())
            {
                links.push((original, target));
            }
        }
        if links.is_empty() {
            break;
        }
        pending = links;
    }
    Ok(found)
}

/// Returns the target of a link, relative to the tree.
fn target(link: &str, bytes: &[u8]) -> Option<String> {
    let target = std::str::from_utf8(bytes).ok()?;
    let folder = link.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    if target.starts_with('/') {
        return None;
    }
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Reads blobs with a single git process.
fn read_blobs<'f>(folder: &Path, files: impl Iterator<Item = &'f File> + Clone) -> Result<Vec<Vec<u8>>, Failure> {
    let mut child = git(folder)
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| not_started(&error))?;
    let (Some(mut stdin), Some(stdout), Some(mut stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(Failure::new("cannot start git: no pipes"));
    };
    // Standard input and standard error have their own threads, so that neither process waits for the other.
    let names: Vec<u8> = files.clone().flat_map(|file| format!("{}\n", file.blob).into_bytes()).collect();
    let writing = thread::spawn(move || stdin.write_all(&names));
    let messages = thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stderr.read_to_end(&mut bytes);
        bytes
    });
    let mut replies = BufReader::new(stdout);
    let mut blobs = Vec::new();
    let mut missing = None;
    for file in files {
        match read_blob(&mut replies) {
            Ok(bytes) => blobs.push(bytes),
            Err(_) => {
                missing = Some(file);
                break;
            }
        }
    }
    // With the pipe closed, git stops even if it has more to write.
    drop(replies);
    let _ = writing.join();
    let stderr = messages.join().unwrap_or_default();
    let status = child.wait().map_err(|error| not_started(&error))?;
    if let Some(file) = missing {
        let message = format!("{}: missing from the git repository", printable(&file.name));
        let failure = Failure::new(message);
        let stderr = first_line(&stderr);
        return Err(match stderr.is_empty() {
            true => failure.hint("git fetch may restore it; git fsck lists everything that is missing"),
            false => failure.hint(&format!("git reported: {stderr}")),
        });
    }
    if !status.success() {
        return Err(failed("git cannot read the files of a revision", &Output { status, stdout: Vec::new(), stderr }));
    }
    Ok(blobs)
}

/// Reads one reply of `cat-file --batch`: `HASH blob SIZE`, a line break, the bytes, a line break; or `HASH missing`.
fn read_blob(replies: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut head = String::new();
    replies.read_line(&mut head)?;
    let size = head.trim_end().rsplit(' ').next().and_then(|size| size.parse::<u64>().ok());
    let Some(size) = size else { return Err(io::ErrorKind::NotFound.into()) };
    // The buffer grows with the bytes that arrive: the size is not trusted with an allocation.
    let mut bytes = Vec::new();
    if replies.take(size).read_to_end(&mut bytes)? as u64 != size {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    replies.read_exact(&mut [0])?;
    Ok(bytes)
}

/// The hint for commits that a shallow clone lacks.
const FETCH_MORE: &str =
    "this is a shallow clone: fetch more with git fetch --unshallow, or in CI check out with fetch-depth: 0";

/// Returns why a revision cannot be resolved.
fn unknown_reason(folder: &Path, revision: &str) -> Failure {
    let name = printable(revision);
    let repository = match run(folder, &["rev-parse", "--git-dir"]) {
        Ok(output) => output,
        Err(failure) => return failure,
    };
    let stderr = String::from_utf8_lossy(&repository.stderr);
    if !repository.status.success() && stderr.contains("not a git repository") {
        return Failure::new(format!("`{name}` is not a file or a folder, and this is not a git repository"));
    }
    if !repository.status.success() {
        return failed(&format!("`{name}` cannot be read"), &repository);
    }
    let has_commit = run(folder, &["rev-parse", "--verify", "--quiet", "HEAD"]).is_ok_and(|head| head.status.success());
    if !has_commit && !is_shallow(folder) {
        let failure =
            Failure::new(format!("`{name}` is not a file or a folder, and the git repository has no commits yet"));
        return failure.hint("commit first, or compare with a baseline");
    }
    if is_shallow(folder) { unknown(revision).hint(FETCH_MORE) } else { unknown(revision) }
}

fn unknown(revision: &str) -> Failure {
    Failure::new(format!("`{}` is not a file, a folder or a revision in git", printable(revision)))
}

fn is_shallow(folder: &Path) -> bool {
    run(folder, &["rev-parse", "--is-shallow-repository"]).is_ok_and(|output| first_line(&output.stdout) == "true")
}

fn run(folder: &Path, args: &[&str]) -> Result<Output, Failure> {
    git(folder).args(args).output().map_err(|error| not_started(&error))
}

/// Returns the command `git`, with messages in English, so that they can be matched.
fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(folder).stdin(Stdio::null()).env("LC_ALL", "C");
    command
}

fn first_line(bytes: &[u8]) -> String {
    printable(String::from_utf8_lossy(bytes).lines().next().unwrap_or_default().trim())
}

fn failed(message: &str, output: &Output) -> Failure {
    let stderr = first_line(&output.stderr);
    let reason = if stderr.is_empty() { output.status.to_string() } else { stderr };
    Failure::new(format!("{message}: git reported: {reason}"))
}

fn not_started(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::NotFound => {
            Failure::new("git is not installed").hint("install it, or compare with a baseline or a saved report")
        }
        _ => Failure::new(format!("cannot start git: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_distinguished_from_paths() {
        let range = |base, head, is_from_merge_base| Some(Range { base, head, is_from_merge_base });
        assert_eq!(Range::parse("main..HEAD~1"), range("main", "HEAD~1", false));
        assert_eq!(Range::parse("main...feature"), range("main", "feature", true));
        assert_eq!(Range::parse("main.."), range("main", "HEAD", false));
        assert_eq!(Range::parse("...main"), range("HEAD", "main", true));
        for path in ["../prompts", "..", "...", "a/../b", "main", "../../x", "v1.2"] {
            assert_eq!(Range::parse(path), None, "{path}");
        }
    }

    #[test]
    fn links_resolve_inside_the_tree() {
        assert_eq!(target("a/b/link.json", b"../c.json").as_deref(), Some("a/c.json"));
        assert_eq!(target("link", b"./x//y").as_deref(), Some("x/y"));
        assert_eq!(target("a/link", b"../../outside"), None);
        assert_eq!(target("a/link", b"/etc/passwd"), None);
    }
}
