//! The requests of a report, in their order. What is kept of them does not grow with their number, unless all are to be
//! listed.

use std::io::{self, Write};

use super::plural;
use super::totals::Totals;
use crate::cli::input::Failed;

/// The most requests that a table lists without `--each`, and the most failures.
pub(in crate::cli) const MAX_LISTED: usize = 50;

/// Some of the requests of a report.
#[derive(Debug)]
pub(in crate::cli) struct Listing<E> {
    /// The rows of formats that are written as the requests come.
    pub(in crate::cli) rows: Vec<u8>,
    /// The length of the first of them.
    pub(in crate::cli) first_row: usize,
    /// The first requests, which are listed at the end.
    pub(in crate::cli) entries: Vec<E>,
    pub(in crate::cli) totals: Totals,
    /// The requests that cannot be read, counted or priced: their number, and the first of them.
    pub(in crate::cli) failed: usize,
    pub(in crate::cli) failures: Vec<Failed>,
    /// Whether a request names no model itself.
    pub(in crate::cli) lacks_model: bool,
}

/// What is kept of the requests.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Kept {
    pub(in crate::cli) entries: usize,
    pub(in crate::cli) failures: usize,
}

impl<E> Default for Listing<E> {
    fn default() -> Listing<E> {
        let (rows, entries, totals, failures) = (Vec::new(), Vec::new(), Totals::default(), Vec::new());
        Listing { rows, first_row: 0, entries, totals, failed: 0, failures, lacks_model: false }
    }
}

impl<E> Listing<E> {
    pub(in crate::cli) fn add(&mut self, entry: E, kept: Kept) {
        if self.entries.len() < kept.entries {
            self.entries.push(entry);
        }
    }

    pub(in crate::cli) fn add_failed(&mut self, failed: Failed, kept: Kept) {
        self.failed += 1;
        if self.failures.len() < kept.failures {
            self.failures.push(failed);
        }
    }

    /// Adds the requests that follow, and writes their rows: with `array`, as elements, each with a comma before it.
    pub(in crate::cli) fn append(
        &mut self,
        next: Listing<E>,
        kept: Kept,
        array: bool,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let is_first = array && self.totals.items == 0;
        out.write_all(next.rows.strip_prefix(b",").filter(|_| is_first).unwrap_or(&next.rows))?;
        self.entries.extend(next.entries.into_iter().take(kept.entries.saturating_sub(self.entries.len())));
        self.totals.append(next.totals);
        self.failed += next.failed;
        self.failures.extend(next.failures.into_iter().take(kept.failures.saturating_sub(self.failures.len())));
        self.lacks_model |= next.lacks_model;
        Ok(())
    }

    /// Prints the first failures on standard error, and the number of the others.
    pub(in crate::cli) fn print_failures(&self) {
        for failed in self.failures.iter().take(MAX_LISTED) {
            crate::cli::print(&failed.failure);
        }
        if let more @ 1.. = self.failed - self.failures.len().min(MAX_LISTED) {
            crate::cli::note(&format!("{} more failed", plural(more, "request")));
        }
    }
}
