//! Files, standard input and standard output: all reading and writing of the command line.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use gpt_cost::money::grouped;
use sha2::{Digest, Sha256};
use tempfile::{Builder, NamedTempFile};

use super::exit::Failure;

/// The most bytes of a configuration, a price table or a baseline: ours have a hundred thousand, and the largest of other projects some
/// millions.
const LARGEST: u64 = 64 << 20;

/// Returns a name as it can be shown: what would move the cursor or colour the terminal is replaced.
pub(super) fn shown(name: &str) -> String {
    name.chars().map(|char| if char.is_control() { char::REPLACEMENT_CHARACTER } else { char }).collect()
}

/// Returns how reports call a path.
pub(super) fn name(path: &Path) -> String {
    if is_standard(path) { "stdin".to_owned() } else { shown(&path.display().to_string()) }
}

/// Whether a path is `-`: standard input, or standard output.
pub(super) fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}

/// Reads a file, or standard input for `-`.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = if is_standard(path) { read_stdin() } else { read_file(path) };
    bytes.map_err(|error| Failure::at(name(path), error.to_string()))
}

/// Reads a text of limited size, which errors call `name`.
pub(super) fn read_text(path: &Path, name: &str) -> Result<String, Failure> {
    let size = if is_standard(path) { 0 } else { fs::metadata(path).map_or(0, |data| data.len()) };
    if size > LARGEST {
        return Err(Failure::at(name, format!("{} bytes, at most {} are read", grouped(size), grouped(LARGEST))));
    }
    text(name, read(path)?)
}

/// Returns bytes as text, which errors call `name`.
pub(super) fn text(name: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::at(name, format!("invalid UTF-8 at byte {at}")).hint("save it as UTF-8")
    })
}

fn read_stdin() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a file; errors are in plain words, the same on every platform.
pub(super) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let plain = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => io::Error::other("there is no such file"),
        io::ErrorKind::PermissionDenied => io::Error::other("it may not be read: permission denied"),
        _ => io::Error::other(without_code(&error)),
    };
    if fs::metadata(path).map_err(plain)?.is_dir() {
        return Err(io::Error::other("it is a folder, expected a file"));
    }
    fs::read(path).map_err(plain)
}

/// Writes a file as a whole or not at all: a regular file is replaced, with its mode and through links; a device or a pipe is written
/// straight through; `-` is standard output.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if is_standard(path) {
        let mut out = io::stdout().lock();
        return out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| not_written("standard output", &error));
    }
    let written = match fs::metadata(path) {
        Ok(data) if data.is_dir() => Err(io::Error::other("it is a folder, expected a file")),
        Ok(data) if !data.is_file() || is_of_a_process(path) => write_through(path, bytes),
        Ok(data) if data.permissions().readonly() => Err(io::Error::other("it is read-only")),
        Ok(data) => fs::canonicalize(path).and_then(|path| replace(&path, bytes, Some(&data))),
        Err(_) => replace(&behind_links(path), bytes, None),
    };
    written.map_err(|error| not_written(&name(path), &error))
}

/// Writes a file that is not there yet, as a whole or not at all; `-` is standard output.
pub(super) fn create(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if is_standard(path) {
        return write(path, bytes);
    }
    let exists =
        || Failure::new(format!("{} exists already, and is left as it is", name(path))).hint("name another file");
    if fs::symlink_metadata(path).is_ok() {
        return Err(exists());
    }
    let created = temporary(path, bytes).and_then(|file| Ok(file.persist_noclobber(path)?));
    match created {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists()),
        Err(error) => Err(not_written(&name(path), &error)),
    }
}

/// Checks, before anything is written, that no two outputs are one file and that none is an input.
pub(super) fn check_outputs<'p>(
    outputs: impl IntoIterator<Item = &'p Path>,
    inputs: impl IntoIterator<Item = PathBuf>,
) -> Result<(), Failure> {
    let mut written: BTreeMap<PathBuf, &Path> = BTreeMap::new();
    for output in outputs {
        // Any number of reports can go to a device.
        let is_device = fs::metadata(output).is_ok_and(|data| !data.is_file());
        if !is_device && written.insert(identity(output), output).is_some() {
            let name = if is_standard(output) { "standard output".to_owned() } else { name(output) };
            return Err(Failure::at(name, "two outputs would be written to it").hint("name another file"));
        }
    }
    if written.is_empty() {
        return Ok(());
    }
    for input in inputs {
        if let Some(output) = written.get(&identity(&input)) {
            let failure = Failure::at(name(output), "it is an input, and would be overwritten");
            return Err(failure.hint("name another file"));
        }
    }
    Ok(())
}

/// Returns the same path for all names of one file.
fn identity(path: &Path) -> PathBuf {
    let target = behind_links(path);
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (fs::canonicalize(&target), fs::canonicalize(folder), target.file_name()) {
        (Ok(whole), ..) => whole,
        (_, Ok(folder), Some(name)) => folder.join(name),
        _ => target,
    }
}

/// Returns where a link leads that leads to nothing yet; any other path as it is.
fn behind_links(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    // As many links as Linux follows.
    for _ in 0..40 {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => break,
        }
    }
    path
}

/// Whether a path is one of those by which a process names its own open files, such as `/dev/stdout`.
fn is_of_a_process(path: &Path) -> bool {
    path.starts_with("/dev") || path.starts_with("/proc")
}

fn write_through(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).open(path)?;
    file.write_all(bytes)?;
    file.flush()
}

fn replace(path: &Path, bytes: &[u8], old: Option<&Metadata>) -> io::Result<()> {
    let file = temporary(path, bytes)?;
    if let Some(old) = old {
        file.as_file().set_permissions(old.permissions())?;
    }
    file.persist(path)?;
    Ok(())
}

/// Writes a file beside the one that it is to become. It is removed where it becomes none.
fn temporary(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = Builder::new();
    builder.prefix(".gpt-cost-").suffix(".part");
    if let Some(permissions) = of_new_files() {
        builder.permissions(permissions);
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    // A full disk may only show now.
    File::sync_data(file.as_file())?;
    Ok(file)
}

/// Returns the mode of new files, of which the process's mask takes away; `None` where there are no modes.
#[cfg(unix)]
fn of_new_files() -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    Some(Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn of_new_files() -> Option<Permissions> {
    None
}

fn not_written(name: &str, error: &io::Error) -> Failure {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "there is no such folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        _ => without_code(error),
    };
    Failure::at(name, format!("it cannot be written: {why}"))
}

/// Returns the system's message without its number.
fn without_code(error: &io::Error) -> String {
    let message = error.to_string();
    message.split(" (os error ").next().unwrap_or(&message).to_owned()
}

/// Returns the SHA-256 of bytes, in hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns a hash of bytes, in sixteen digits: enough to tell files of a project apart.
pub(super) fn hash(bytes: &[u8]) -> String {
    sha256(bytes)[..16].to_owned()
}
