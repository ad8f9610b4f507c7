//! Remarks on requests in reports: warnings, and what is not counted.

use std::collections::HashMap;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use gpt_cost::TokenCount;
use gpt_cost::money::grouped;
use gpt_cost::request::Warning;

use super::plural;
use crate::cli::files::printable;

/// The kind of a remark on a request that exceeds a limit of its model.
pub(in crate::cli) const DOES_NOT_FIT: &str = "does not fit";

/// The kind of a remark on a component that is not counted.
pub(in crate::cli) const NOT_COUNTED: &str = "not counted";

/// The kind of a remark that is no warning.
pub(in crate::cli) const NOTE: &str = "note";

const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// Returns what follows the name of a request that is sent several times.
pub(in crate::cli) fn times(requests: u64) -> String {
    if requests > 1 { format!(" × {}", grouped(requests)) } else { String::new() }
}

/// Returns the remark on a request that is several times in its file.
pub(in crate::cli) fn identical(times: u32) -> Option<String> {
    (times > 1).then(|| format!("{} identical requests", grouped(times.into())))
}

/// Returns a remark with its path; an empty path is the request as a whole.
pub(in crate::cli) fn remark(path: &str, text: &str) -> String {
    if path.is_empty() { text.to_owned() } else { format!("{path}: {text}") }
}

/// A remark: its kind and its text.
type Remark = (&'static str, String);

/// The remarks on many requests: each once, with the first of its requests and the number of the others.
#[derive(Debug, Default)]
pub(in crate::cli) struct Remarks {
    /// In the order of their first requests.
    groups: Vec<(Remark, String, usize)>,
    /// The index of each remark in `groups`.
    known: HashMap<Remark, usize>,
    /// The number of remarks behind the first [`MAX_KEPT`].
    others: usize,
}

/// Maximum number of different remarks that are kept.
const MAX_KEPT: usize = 1_000;

impl Remarks {
    /// Adds a remark on the request at a place.
    pub(in crate::cli) fn add(&mut self, remark: Remark, place: impl FnOnce() -> String) {
        match self.known.get(&remark) {
            Some(index) => self.groups[*index].2 += 1,
            None => self.add_new(remark, place(), 0),
        }
    }

    /// Adds the remarks on later requests.
    pub(in crate::cli) fn append(&mut self, later: Remarks) {
        for (remark, place, more) in later.groups {
            match self.known.get(&remark) {
                Some(index) => self.groups[*index].2 += more + 1,
                None => self.add_new(remark, place, more),
            }
        }
        self.others += later.others;
    }

    fn add_new(&mut self, remark: Remark, place: String, more: usize) {
        if self.groups.len() == MAX_KEPT {
            self.others += more + 1;
            return;
        }
        self.known.insert(remark.clone(), self.groups.len());
        self.groups.push((remark, place, more));
    }

    /// Writes the remarks.
    pub(in crate::cli) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        /// Maximum number of remarks to show; JSON has them all.
        const MAX: usize = 20;
        for (index, ((kind, text), place, more)) in self.groups.iter().take(MAX).enumerate() {
            let before = if index == 0 { "\n" } else { "" };
            let more = if *more == 0 { String::new() } else { format!(" and {} more", grouped(*more as u64)) };
            let style = if *kind == DOES_NOT_FIT { RED } else { YELLOW };
            writeln!(out, "{before}  {style}{kind}{style:#}: {}{more}: {text}", printable(place))?;
        }
        if let others @ 1.. = self.groups.len().saturating_sub(MAX) + self.others {
            writeln!(out, "  and {} more: --format json shows all", plural(others, "remark"))?;
        }
        Ok(())
    }
}

/// Returns the remarks on a request, each as its kind and its text.
pub(in crate::cli) fn remarks(input: &TokenCount, warnings: &[Warning]) -> Vec<Remark> {
    let uncounted = input.uncounted().iter().map(|one| (NOT_COUNTED, remark(&one.path, &one.reason)));
    uncounted.chain(warnings.iter().map(|one| ("warning", remark(&one.path, &one.message)))).collect()
}
