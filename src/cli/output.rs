//! Where the report of a long pass goes: to standard output, or with `--out` to a file that is whole or not there.
//!
//! A file is written as `FILE.part`, to which whole lines are appended, and which becomes `FILE` at the end. `--resume`
//! goes on from it: what a process that ended early left is either whole or cut off.

mod resumed;

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anstream::adapter::strip_bytes;
use gpt_cost::money::grouped;

pub(super) use self::resumed::{Resumed, Rows};
use super::args::OutArgs;
use super::exit::{Failure, Stop};
use super::report::listing::Listing;
use super::report::plural;
use super::{files, interrupt, note};

/// The output of a report: its writer, and what an earlier process wrote of it.
pub(super) struct Output<'w> {
    writer: Writer<'w>,
    /// The lines that are not written yet.
    lines: Vec<u8>,
    /// Whether the format has a row for each request.
    is_rows: bool,
    pub(super) resumed: Resumed,
}

enum Writer<'w> {
    Standard(&'w mut dyn Write),
    Part(Part),
}

/// A file in progress.
struct Part {
    path: PathBuf,
    /// The file that it becomes.
    target: PathBuf,
    file: File,
    /// The length of the lines that are whole.
    length: u64,
}

impl<'w> Output<'w> {
    /// Opens the output that the arguments name; it is none of the inputs. `rows` is how the rows are written, if the
    /// format has a row for each request: only such a report can be resumed.
    pub(super) fn open(
        args: &OutArgs,
        inputs: &[PathBuf],
        rows: Option<Rows>,
        standard: &'w mut dyn Write,
    ) -> Result<Output<'w>, Failure> {
        let (lines, is_rows) = (Vec::new(), rows.is_some());
        let Some(target) = &args.out else {
            let (writer, resumed) = (Writer::Standard(standard), Resumed::default());
            return Ok(Output { writer, lines, is_rows, resumed });
        };
        files::check_outputs([target.as_path()], inputs.iter().cloned())?;
        if args.resume && !is_rows {
            let failure = Failure::new("--resume goes on behind the last row, and this format has none");
            return Err(failure.hint("pass --format jsonl or --format csv"));
        }
        let mut part = Part::open(target, args.resume)?;
        let resumed = match rows.filter(|_| args.resume) {
            Some(rows) => part.resume(rows)?,
            None => Resumed::default(),
        };
        interrupt::wait_for_lines();
        Ok(Output { writer: Writer::Part(part), lines, is_rows, resumed })
    }

    /// Returns whether the progress of the pass would not be among the rows on a terminal.
    pub(super) fn leaves_room_for_progress(&self) -> bool {
        let is_terminal = matches!(self.writer, Writer::Standard(_)) && io::stdout().is_terminal();
        !self.is_rows || !is_terminal
    }

    /// Writes the lines since the last call, which are whole.
    pub(super) fn commit(&mut self) -> Result<(), Stop> {
        let _writing = interrupt::writing();
        match &mut self.writer {
            Writer::Standard(out) => out.write_all(&self.lines).and_then(|()| out.flush())?,
            Writer::Part(part) if self.is_rows => part.append(&self.lines)?,
            // Tables have styles for terminals.
            Writer::Part(part) => part.append(&strip_bytes(&self.lines).into_vec())?,
        }
        self.lines.clear();
        Ok(())
    }

    /// Ends the output; a file is reported on standard error. Returns what was there of the report.
    pub(super) fn finish<E>(mut self, listing: &Listing<E>) -> Result<Resumed, Stop> {
        self.commit()?;
        let Writer::Part(part) = self.writer else { return Ok(self.resumed) };
        let ended = part.file.sync_data().and_then(|()| fs::rename(&part.path, &part.target));
        let name = files::name(&part.target);
        ended.map_err(|error| files::not_written(&name, &error))?;
        let failed = listing.failed + self.resumed.failed;
        let requests = plural(self.resumed.requests + listing.totals.items + listing.failed, "request");
        note(&format!("{name}: {requests}, {} failed", grouped(failed as u64)));
        Ok(self.resumed)
    }
}

/// Lines are kept until they are [committed](Output::commit).
impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lines.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Part {
    /// Opens the file in progress; one that an earlier process left is an error, unless it is resumed.
    fn open(target: &Path, resume: bool) -> Result<Part, Failure> {
        let target = files::follow_links(target);
        let mut path = target.clone().into_os_string();
        path.push(".part");
        let path = PathBuf::from(path);
        let name = files::name(&path);
        if target.is_dir() {
            return Err(Failure::at(files::name(&target), "cannot write: expected a file, found a folder"));
        }
        if !resume && fs::symlink_metadata(&path).is_ok() {
            let failure = Failure::at(&name, "an earlier run left this file; it was not changed");
            return Err(failure.hint("--resume goes on from it; remove it to start again"));
        }
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(|error| files::not_written(&name, &error))?;
        Ok(Part { path, target, file, length: 0 })
    }

    /// Reads what an earlier process wrote, and cuts off a row that is not whole.
    fn resume(&mut self, rows: Rows) -> Result<Resumed, Failure> {
        let resumed = Resumed::read(&self.file, rows).map_err(|error| self.failed(&error))?;
        self.length = resumed.length;
        let cut = self.file.set_len(self.length).and_then(|()| self.file.seek(SeekFrom::End(0)));
        cut.map_err(|error| self.failed(&error))?;
        Ok(resumed)
    }

    fn append(&mut self, lines: &[u8]) -> Result<(), Failure> {
        if let Err(error) = self.file.write_all(lines) {
            // A line of which a part was written is cut off.
            let _ = self.file.set_len(self.length);
            return Err(self.failed(&error).hint("its lines are whole: --resume goes on from it"));
        }
        self.length += lines.len() as u64;
        Ok(())
    }

    fn failed(&self, error: &io::Error) -> Failure {
        files::not_written(&files::name(&self.path), error)
    }
}
