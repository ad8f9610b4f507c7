//! Reads and writes files, standard input and standard output.

mod compressed;

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use gpt_cost::money::grouped;
use sha2::{Digest, Sha256};
use tempfile::{Builder, NamedTempFile};

use self::compressed::reader;
pub(super) use self::compressed::{decompressed, name_of_content};
use super::exit::Failure;
use super::progress::Progress;

/// Maximum size in bytes of a configuration, a price table or a baseline. The built-in table has a hundred thousand,
/// and the largest table of another project a few million.
const MAX_SIZE: u64 = 64 << 20;

/// Returns a text that is safe to print: control characters, which could move the cursor or set colours, are replaced.
pub(super) fn printable(name: &str) -> String {
    name.chars().map(|char| if char.is_control() { char::REPLACEMENT_CHARACTER } else { char }).collect()
}

/// Returns the name of a path in reports.
pub(super) fn name(path: &Path) -> String {
    if is_standard(path) { "stdin".to_owned() } else { printable(&path.display().to_string()) }
}

/// Returns whether a path is `-`, which is standard input or standard output.
pub(super) fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}

/// Reads a file, or standard input for `-`; what is compressed with gzip or zstd is decompressed.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = if is_standard(path) { read_stdin() } else { read_file(path) };
    bytes.map_err(|error| Failure::at(name(path), error.to_string()))
}

/// Reads a text file of at most [`MAX_SIZE`] bytes; errors refer to it as `name`.
pub(super) fn read_text(path: &Path, name: &str) -> Result<String, Failure> {
    let size = if is_standard(path) { 0 } else { fs::metadata(path).map_or(0, |data| data.len()) };
    if size > MAX_SIZE {
        let message = format!("file is too large: {} bytes, at most {}", grouped(size), grouped(MAX_SIZE));
        return Err(Failure::at(name, message));
    }
    text(name, read(path)?)
}

/// Decodes UTF-8; errors refer to the file as `name`.
pub(super) fn text(name: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        Failure::at(name, format!("invalid UTF-8 at byte {offset}")).hint("save it as UTF-8")
    })
}

/// Opens a file, or standard input for `-`, to read what is in it, decompressed. Returns it with its progress.
pub(super) fn open(path: &Path, shows_progress: bool) -> Result<(Box<dyn Read + Send>, Progress), Failure> {
    let name = name(path);
    let opened = if is_standard(path) {
        reader(io::stdin()).map(|file| (file, Progress::new(&name, None, shows_progress)))
    } else {
        open_file(path).and_then(|file| {
            let progress = Progress::new(&name, Some(&file), shows_progress);
            Ok((reader(file)?, progress))
        })
    };
    opened.map_err(|error| Failure::at(name, message(&error)))
}

fn read_stdin() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    decompressed(bytes)
}

/// Reads a file, which can be compressed.
pub(super) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let (mut file, mut bytes) = (open_file(path)?, Vec::new());
    file.read_to_end(&mut bytes).map_err(|error| io::Error::other(message(&error)))?;
    decompressed(bytes)
}

/// Opens a file. The messages of common errors are the same on every platform.
fn open_file(path: &Path) -> io::Result<File> {
    let plain = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => io::Error::other("no such file"),
        io::ErrorKind::PermissionDenied => io::Error::other("permission denied"),
        _ => io::Error::other(message(&error)),
    };
    if fs::metadata(path).map_err(plain)?.is_dir() {
        return Err(io::Error::other("expected a file, found a folder"));
    }
    File::open(path).map_err(plain)
}

/// Writes a file atomically: a regular file is replaced, its mode is kept, and links are followed. A device or a pipe
/// is written directly; `-` is standard output.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if is_standard(path) {
        let mut out = io::stdout().lock();
        return out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| not_written("standard output", &error));
    }
    let written = match fs::metadata(path) {
        Ok(data) if data.is_dir() => Err(io::Error::other("expected a file, found a folder")),
        Ok(data) if !data.is_file() || is_process_file(path) => write_through(path, bytes),
        Ok(data) if data.permissions().readonly() => Err(io::Error::other("the file is read-only")),
        Ok(data) => fs::canonicalize(path).and_then(|path| replace(&path, bytes, Some(&data))),
        Err(_) => replace(&follow_links(path), bytes, None),
    };
    written.map_err(|error| not_written(&name(path), &error))
}

/// Creates a file atomically, and never overwrites one; `-` is standard output.
pub(super) fn create(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if is_standard(path) {
        return write(path, bytes);
    }
    let exists = || Failure::at(name(path), "file already exists; it was not changed").hint("name another file");
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

/// Checks, before anything is written, that all outputs are different files and that none of them is an input.
pub(super) fn check_outputs<'p>(
    outputs: impl IntoIterator<Item = &'p Path>,
    inputs: impl IntoIterator<Item = PathBuf>,
) -> Result<(), Failure> {
    let mut written: BTreeMap<PathBuf, &Path> = BTreeMap::new();
    for output in outputs {
        // Several reports can go to one device.
        let is_device = fs::metadata(output).is_ok_and(|data| !data.is_file());
        if !is_device && written.insert(identity(output), output).is_some() {
            let name = if is_standard(output) { "standard output".to_owned() } else { name(output) };
            return Err(Failure::at(name, "two outputs would be written to this file").hint("name another file"));
        }
    }
    if written.is_empty() {
        return Ok(());
    }
    for input in inputs {
        if let Some(output) = written.get(&identity(&input)) {
            let failure = Failure::at(name(output), "this input would be overwritten");
            return Err(failure.hint("name another file"));
        }
    }
    Ok(())
}

/// Returns the same path for all names of one file.
fn identity(path: &Path) -> PathBuf {
    let target = follow_links(path);
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (fs::canonicalize(&target), fs::canonicalize(folder), target.file_name()) {
        (Ok(target), ..) => target,
        (_, Ok(folder), Some(name)) => folder.join(name),
        _ => target,
    }
}

/// Follows links, also to a file that does not exist yet; returns any other path unchanged.
pub(super) fn follow_links(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    // The limit of Linux.
    for _ in 0..40 {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => break,
        }
    }
    path
}

/// Returns whether a path can be an open file of this process, such as `/dev/stdout`.
fn is_process_file(path: &Path) -> bool {
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

/// Writes a temporary file next to `path`. It is removed when dropped, unless it is persisted.
fn temporary(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = temporary_in(folder)?;
    file.write_all(bytes)?;
    // Some errors, such as a full disk, are reported only now.
    File::sync_data(file.as_file())?;
    Ok(file)
}

/// Creates a temporary file in a folder. It is removed when dropped, unless it is persisted.
pub(super) fn temporary_in(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".gpt-cost-").suffix(".part");
    if let Some(permissions) = new_file_permissions() {
        builder.permissions(permissions);
    }
    builder.tempfile_in(folder)
}

/// Returns the mode of new files before the umask; `None` on platforms without modes.
#[cfg(unix)]
fn new_file_permissions() -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    Some(Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn new_file_permissions() -> Option<Permissions> {
    None
}

pub(super) fn not_written(name: &str, error: &io::Error) -> Failure {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "no such folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        _ => message(error),
    };
    Failure::at(name, format!("cannot write: {reason}"))
}

/// Returns the system's message without its error code.
pub(super) fn message(error: &io::Error) -> String {
    let message = error.to_string();
    message.split(" (os error ").next().unwrap_or(&message).to_owned()
}

/// Returns the SHA-256 of bytes as hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the first sixteen digits of the SHA-256 of bytes, enough to distinguish the files of a project.
pub(super) fn hash(bytes: &[u8]) -> String {
    sha256(bytes)[..16].to_owned()
}
