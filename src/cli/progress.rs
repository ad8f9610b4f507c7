//! How far a long pass over files is, on standard error if that is a terminal.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How long a pass takes before its progress is shown.
const QUIET: Duration = Duration::from_millis(500);

/// The progress of reading one file.
#[derive(Debug)]
pub(super) struct Progress {
    name: String,
    /// The bytes that were read, as they are in the file.
    read: Arc<AtomicU64>,
    size: Option<u64>,
    start: Instant,
    bar: Option<ProgressBar>,
    is_shown: bool,
}

impl Progress {
    /// Returns the progress of a file of this name and, if it is known, this size.
    pub(super) fn new(name: &str, size: Option<u64>, is_shown: bool) -> Progress {
        let (name, read, start) = (name.to_owned(), Arc::default(), Instant::now());
        Progress { name, read, size, start, bar: None, is_shown }
    }

    /// Counts the bytes that are read.
    pub(super) fn counted<R: Read + Send>(&self, file: R) -> impl Read + Send + use<R> {
        Counted { file, read: Arc::clone(&self.read) }
    }

    /// Shows how far the pass is.
    pub(super) fn show(&mut self) {
        if !self.is_shown || self.start.elapsed() < QUIET {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| bar(&self.name, self.size));
        bar.set_position(self.read.load(Ordering::Relaxed));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A bar on standard error, which draws nothing if that is no terminal.
fn bar(name: &str, size: Option<u64>) -> ProgressBar {
    let (bar, template) = match size {
        Some(size) => {
            let template = "{msg}  {bar:30} {bytes} of {total_bytes}  {bytes_per_sec}  {eta} left";
            (ProgressBar::new(size), template)
        }
        None => (ProgressBar::new_spinner(), "{msg}  {bytes}  {bytes_per_sec}"),
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style).with_message(name.to_owned())
}

struct Counted<R> {
    file: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(bytes)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
