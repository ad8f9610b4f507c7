//! How far a long pass over files is, on standard error if that is a terminal.

use std::fs::File;
use std::io::Seek;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How long a pass takes before its progress is shown.
const QUIET: Duration = Duration::from_millis(500);

/// The progress of reading one file.
#[derive(Debug)]
pub(super) struct Progress {
    name: String,
    /// The file, which is at the position to which it is read; `None` for what has no position, such as a pipe.
    file: Option<File>,
    start: Instant,
    bar: Option<ProgressBar>,
    is_shown: bool,
}

impl Progress {
    /// Returns the progress of a file of this name, or of standard input.
    pub(super) fn new(name: &str, file: Option<&File>, is_shown: bool) -> Progress {
        let regular = file.filter(|file| file.metadata().is_ok_and(|data| data.is_file()));
        let file = regular.filter(|_| is_shown).and_then(|file| file.try_clone().ok());
        Progress { name: name.to_owned(), file, start: Instant::now(), bar: None, is_shown }
    }

    /// Shows how far the pass is, after this many requests.
    pub(super) fn show(&mut self, requests: usize) {
        if !self.is_shown || self.start.elapsed() < QUIET {
            return;
        }
        let size = self.file.as_ref().and_then(|file| Some(file.metadata().ok()?.len()));
        let bar = self.bar.get_or_insert_with(|| bar(&self.name, size));
        let read = self.file.as_mut().and_then(|file| file.stream_position().ok());
        bar.set_position(read.unwrap_or(requests as u64));
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
            let template =
                "{msg}  {bar:30} {decimal_bytes} of {decimal_total_bytes}  {decimal_bytes_per_sec}  {eta} left";
            (ProgressBar::new(size), template)
        }
        None => (ProgressBar::new_spinner(), "{msg}  {human_pos} requests  {elapsed}"),
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style).with_message(name.to_owned())
}
