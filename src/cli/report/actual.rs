//! The report of `actual` in all output formats: the cost of responses, one by one, by model and day, and in total. It is
//! written as the responses come, part by part, where the format allows that.

mod csv;
mod sums;
mod table;

use std::io::{self, Write};

use gpt_cost::catalog::{Layer, Resolved};
use gpt_cost::money::grouped;
use gpt_cost::source::Place;
use gpt_cost::usage::{Bill, Response, ToolKind};
use gpt_cost::{Date, Tier};

pub(in crate::cli) use self::sums::{Billed, Sum};
use super::documents;
use super::listing::{Kept, Listing, MAX_LISTED, Sums};
use crate::cli::args::ActualFormat;
use crate::cli::input::Failed;

/// A report in progress.
pub(in crate::cli) struct Report<'a> {
    pub(in crate::cli) frame: Frame<'a>,
    /// What was added so far.
    pub(in crate::cli) part: Part<'a>,
    /// Whether its beginning is written.
    is_started: bool,
}

/// What is known of a report before its responses.
#[derive(Clone)]
pub(in crate::cli) struct Frame<'a> {
    pub(in crate::cli) format: ActualFormat,
    pub(in crate::cli) layers: Vec<&'a Layer>,
    /// Whether the table lists each response.
    pub(in crate::cli) each: bool,
    /// Whether the report ends with the first response that fails.
    pub(in crate::cli) fail_fast: bool,
}

/// Some responses of a report, in their order.
#[derive(Default)]
pub(in crate::cli) struct Part<'a> {
    pub(in crate::cli) listing: Listing<Priced<'a>, Billed<'a>>,
    /// Requests that failed, so that nothing was billed: the first ones.
    pub(in crate::cli) not_billed: Vec<NotBilled>,
    /// Where the rows end that are not written yet, and whether they are failures.
    row_ends: Vec<(usize, bool)>,
}

/// What a report has of a response.
pub(in crate::cli) enum Row<'a> {
    Priced(Box<Priced<'a>>),
    NotBilled(NotBilled),
    /// It cannot be read or priced.
    Failed(Failed),
}

/// A response and its price.
#[derive(Debug)]
pub(in crate::cli) struct Priced<'a> {
    pub(in crate::cli) place: Place,
    pub(in crate::cli) custom_id: Option<String>,
    /// The model name as given.
    pub(in crate::cli) model: String,
    /// A remark on the name.
    pub(in crate::cli) remark: Option<String>,
    pub(in crate::cli) resolved: Resolved<'a>,
    pub(in crate::cli) day: Date,
    pub(in crate::cli) tier: Tier,
    pub(in crate::cli) response: Response,
    pub(in crate::cli) bill: Bill,
}

/// A request that failed.
pub(in crate::cli) struct NotBilled {
    pub(in crate::cli) place: Place,
    pub(in crate::cli) custom_id: Option<String>,
    pub(in crate::cli) reason: String,
}

impl Priced<'_> {
    /// Returns a notice if the price that was charged was announced only until an earlier day.
    pub(in crate::cli) fn price_notice(&self) -> Option<String> {
        let model = self.resolved.model;
        let row = model.price(self.day, self.tier, self.response.usage.input)?;
        model.price_notice(row, self.day)
    }
}

impl<'a> Report<'a> {
    /// Returns a report whose beginning is written already, or not.
    pub(in crate::cli) fn new(frame: Frame<'a>, is_started: bool) -> Report<'a> {
        Report { frame, part: Part::default(), is_started }
    }

    /// Adds the next part, and writes its rows.
    pub(in crate::cli) fn append(&mut self, next: Part<'a>, out: &mut impl Write) -> io::Result<()> {
        self.start(out)?;
        let (frame, part) = (&self.frame, &mut self.part);
        part.listing.append(next.listing, frame.kept(), frame.format == ActualFormat::Json, out)?;
        let room = frame.not_billed_kept().saturating_sub(part.not_billed.len());
        part.not_billed.extend(next.not_billed.into_iter().take(room));
        Ok(())
    }

    /// Writes the rest of the report.
    pub(in crate::cli) fn finish(&mut self, out: &mut impl Write) -> io::Result<()> {
        self.start(out)?;
        match self.frame.format {
            ActualFormat::Table => table::write(self, out),
            ActualFormat::Json => documents::actual::write_end(self, out),
            ActualFormat::Jsonl | ActualFormat::Csv => Ok(()),
        }
    }

    fn start(&mut self, out: &mut impl Write) -> io::Result<()> {
        if std::mem::replace(&mut self.is_started, true) {
            return Ok(());
        }
        match self.frame.format {
            ActualFormat::Json => documents::actual::write_start(self, out),
            ActualFormat::Csv => csv::write_titles(out),
            ActualFormat::Table | ActualFormat::Jsonl => Ok(()),
        }
    }
}

impl Part<'_> {
    /// Returns the number of responses, those that are not billed or failed among them.
    pub(in crate::cli) fn number_of_rows(&self) -> usize {
        self.listing.totals.items() + self.listing.failed
    }

    /// Removes the first rows, at most this number, and returns how many. The sums are those of all rows: reports with rows
    /// do not show them.
    pub(in crate::cli) fn skip(&mut self, rows: usize) -> usize {
        let skipped = rows.min(self.row_ends.len());
        let Some((end, _)) = skipped.checked_sub(1).map(|last| self.row_ends[last]) else { return 0 };
        let failed = self.row_ends[..skipped].iter().filter(|(_, is_failure)| *is_failure).count();
        self.listing.rows.drain(..end);
        self.listing.first_row = self.row_ends.get(skipped).map_or(0, |(next, _)| next - end);
        self.listing.failed -= failed;
        self.listing.failures.drain(..failed.min(self.listing.failures.len()));
        self.listing.totals.skip(skipped - failed);
        skipped
    }
}

impl<'a> Frame<'a> {
    /// Returns the part with these responses.
    pub(in crate::cli) fn part(&self, rows: impl Iterator<Item = Row<'a>>) -> Part<'a> {
        let mut part = Part::default();
        for row in rows {
            let is_failure = matches!(row, Row::Failed(_));
            match row {
                Row::Priced(priced) => self.add(*priced, &mut part),
                Row::NotBilled(one) => self.add_not_billed(one, &mut part),
                Row::Failed(failed) => self.add_failed(failed, &mut part),
            }
            let end = part.listing.rows.len();
            if part.listing.first_row == 0 {
                part.listing.first_row = end;
            }
            if matches!(self.format, ActualFormat::Jsonl | ActualFormat::Csv) {
                part.row_ends.push((end, is_failure));
            }
            if self.fail_fast && is_failure {
                break;
            }
        }
        part
    }

    fn add(&self, priced: Priced<'a>, part: &mut Part<'a>) {
        let Listing { rows, totals, .. } = &mut part.listing;
        // It is written to memory alone, which has no errors.
        let _ = match self.format {
            ActualFormat::Json => documents::actual::write_element(&priced, rows),
            ActualFormat::Jsonl => documents::write_line(documents::actual::line(&priced), rows),
            ActualFormat::Csv => csv::write_priced(&priced, rows),
            ActualFormat::Table => Ok(()),
        };
        totals.add(&priced);
        part.listing.add(priced, self.kept());
    }

    fn add_not_billed(&self, one: NotBilled, part: &mut Part<'a>) {
        let Listing { rows, totals, .. } = &mut part.listing;
        let _ = match self.format {
            ActualFormat::Jsonl => documents::write_line(documents::actual::not_billed_line(&one), rows),
            ActualFormat::Csv => csv::write_not_billed(&one, rows),
            ActualFormat::Table | ActualFormat::Json => Ok(()),
        };
        totals.not_billed += 1;
        if part.not_billed.len() < self.not_billed_kept() {
            part.not_billed.push(one);
        }
    }

    fn add_failed(&self, failed: Failed, part: &mut Part<'a>) {
        let rows = &mut part.listing.rows;
        let _ = match self.format {
            ActualFormat::Jsonl => documents::write_line(documents::actual::failed_line(&failed), rows),
            ActualFormat::Csv => csv::write_failed(&failed, rows),
            ActualFormat::Table | ActualFormat::Json => Ok(()),
        };
        part.listing.add_failed(failed, self.kept());
    }

    fn kept(&self) -> Kept {
        let entries = match self.format {
            ActualFormat::Table if self.each => usize::MAX,
            // A single response has a report of its own.
            ActualFormat::Table => 1,
            ActualFormat::Json | ActualFormat::Jsonl | ActualFormat::Csv => 0,
        };
        let failures = if self.each || self.format == ActualFormat::Json { usize::MAX } else { MAX_LISTED };
        Kept { entries, failures }
    }

    fn not_billed_kept(&self) -> usize {
        match self.format {
            ActualFormat::Json => usize::MAX,
            ActualFormat::Table => table::MAX_NOT_BILLED,
            ActualFormat::Jsonl | ActualFormat::Csv => 0,
        }
    }
}

/// Returns a number of calls in words, such as `3 calls of web_search`.
fn calls_in_words(tool: ToolKind, calls: u64) -> String {
    format!("{} call{} of {tool}", grouped(calls), if calls == 1 { "" } else { "s" })
}
