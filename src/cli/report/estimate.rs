//! The report of `estimate` in all output formats. It is written as the requests come, part by part, where the format
//! allows that; what is kept does not grow with their number, unless all are to be listed.

mod csv;
mod markdown;
mod table;

use std::collections::BTreeMap;
use std::io::{self, Write};

use gpt_cost::catalog::Layer;
use gpt_cost::request::Warning;
use gpt_cost::{Date, Estimate, Verdict};

use super::documents;
use super::listing::{Kept, Listing, MAX_LISTED};
use super::remarks::{self, DOES_NOT_FIT};
use super::totals::Item;
use crate::cli::args::EstimateFormat;
use crate::cli::input::{Facts, Failed};

/// A report in progress.
pub(in crate::cli) struct Report<'a> {
    pub(in crate::cli) frame: Frame<'a>,
    /// What was added so far.
    pub(in crate::cli) part: Part<'a>,
    /// Whether its beginning is written.
    is_started: bool,
}

/// What is known of a report before its requests.
#[derive(Clone)]
pub(in crate::cli) struct Frame<'a> {
    pub(in crate::cli) format: EstimateFormat,
    pub(in crate::cli) day: Date,
    pub(in crate::cli) layers: Vec<&'a Layer>,
    /// Whether the table lists each request, however many there are.
    pub(in crate::cli) each: bool,
    /// Whether the report ends with the first request that fails.
    pub(in crate::cli) fail_fast: bool,
}

/// Some requests of a report, in their order.
#[derive(Default)]
pub(in crate::cli) struct Part<'a> {
    pub(in crate::cli) listing: Listing<Entry<'a>>,
    /// The day on which the price of each model was last checked.
    pub(in crate::cli) checked: BTreeMap<String, Option<Date>>,
    /// Whether a request exceeds a limit of its model.
    pub(in crate::cli) exceeds: bool,
    /// Whether a request has no expected output.
    lacks_expected: bool,
    /// A tool that a request offers, and whose calls are not set.
    uncalled: Option<String>,
}

/// The estimate of one request.
pub(in crate::cli) struct Entry<'a> {
    pub(in crate::cli) facts: Facts,
    pub(in crate::cli) estimate: Estimate<'a>,
    pub(in crate::cli) warnings: Vec<Warning>,
}

/// The name of the configuration, and its settings that the estimates depend on.
pub(in crate::cli) type FromConfig = (String, Vec<String>);

impl<'a> Report<'a> {
    /// Returns a report whose beginning is written already, or not.
    pub(in crate::cli) fn new(frame: Frame<'a>, is_started: bool) -> Report<'a> {
        Report { frame, part: Part::default(), is_started }
    }

    /// Adds the next part, and writes its rows.
    pub(in crate::cli) fn append(&mut self, next: Part<'a>, out: &mut impl Write) -> io::Result<()> {
        self.start(out)?;
        let (frame, part) = (&self.frame, &mut self.part);
        part.listing.append(next.listing, frame.kept(), frame.format == EstimateFormat::Json, out)?;
        for (model, day) in next.checked {
            part.checked.entry(model).or_insert(day);
        }
        part.exceeds |= next.exceeds;
        part.lacks_expected |= next.lacks_expected;
        part.uncalled = part.uncalled.take().or(next.uncalled);
        Ok(())
    }

    /// Writes the rest of the report.
    pub(in crate::cli) fn finish(&mut self, from_config: Option<&FromConfig>, out: &mut impl Write) -> io::Result<()> {
        self.start(out)?;
        match self.frame.format {
            EstimateFormat::Table => table::write(self, from_config, out),
            EstimateFormat::Json => documents::estimate::write_end(self, from_config, out),
            EstimateFormat::Markdown => markdown::write(self, from_config, out),
            EstimateFormat::Jsonl | EstimateFormat::Csv => Ok(()),
        }
    }

    fn start(&mut self, out: &mut impl Write) -> io::Result<()> {
        if std::mem::replace(&mut self.is_started, true) {
            return Ok(());
        }
        match self.frame.format {
            EstimateFormat::Json => documents::estimate::write_start(self, out),
            EstimateFormat::Csv => csv::write_titles(out),
            EstimateFormat::Table | EstimateFormat::Markdown | EstimateFormat::Jsonl => Ok(()),
        }
    }
}

impl<'a> Frame<'a> {
    /// Returns the part with these requests.
    pub(in crate::cli) fn part(&self, requests: impl Iterator<Item = Result<Entry<'a>, Failed>>) -> Part<'a> {
        let mut part = Part::default();
        for request in requests {
            match request {
                Ok(entry) => self.add(entry, &mut part),
                Err(failed) => self.add_failed(failed, &mut part),
            }
            if part.listing.first_row == 0 {
                part.listing.first_row = part.listing.rows.len();
            }
            if self.fail_fast && part.listing.failed > 0 {
                break;
            }
        }
        part
    }

    fn add(&self, entry: Entry<'a>, part: &mut Part<'a>) {
        let Listing { rows, totals, .. } = &mut part.listing;
        // It is written to memory alone, which has no errors.
        let _ = match self.format {
            EstimateFormat::Json => documents::estimate::write_element(&entry, rows),
            EstimateFormat::Jsonl => documents::write_line(documents::estimate::line(&entry), rows),
            EstimateFormat::Csv => csv::write_entry(&entry, rows),
            EstimateFormat::Table | EstimateFormat::Markdown => Ok(()),
        };
        let Entry { facts, estimate, .. } = &entry;
        totals.add(&Item {
            place: &facts.place,
            format: facts.format,
            model: estimate.name(),
            requests: estimate.requests(),
            tokens: estimate.input(),
            cost: Some(*estimate.cost()),
        });
        if self.format == EstimateFormat::Table {
            let place = || facts.place.to_string();
            entry.table_remarks().for_each(|remark| totals.remarks.add(remark, place));
        }
        if !part.checked.contains_key(estimate.name()) {
            part.checked.insert(estimate.name().to_owned(), estimate.checked());
        }
        part.exceeds |= estimate.fit().verdict() == Verdict::Exceeds;
        part.listing.lacks_model |= facts.lacks_model;
        let output = estimate.output();
        part.lacks_expected |= output.expected.is_none() && output.max != Some(0);
        if part.uncalled.is_none() {
            let tool = estimate.tools().iter().find(|tool| tool.calls.is_none() && tool.price.is_some());
            part.uncalled = tool.map(|tool| tool.name.to_owned());
        }
        part.listing.add(entry, self.kept());
    }

    fn add_failed(&self, failed: Failed, part: &mut Part<'a>) {
        let rows = &mut part.listing.rows;
        let _ = match self.format {
            EstimateFormat::Jsonl => documents::write_line(documents::estimate::failed_line(&failed), rows),
            EstimateFormat::Csv => csv::write_failed(&failed, rows),
            EstimateFormat::Table | EstimateFormat::Markdown | EstimateFormat::Json => Ok(()),
        };
        part.listing.add_failed(failed, self.kept());
    }

    fn kept(&self) -> Kept {
        let entries = match self.format {
            EstimateFormat::Table if self.each => usize::MAX,
            EstimateFormat::Table => MAX_LISTED,
            EstimateFormat::Markdown => markdown::MAX_ROWS,
            EstimateFormat::Json | EstimateFormat::Jsonl | EstimateFormat::Csv => 0,
        };
        let failures = if self.each || self.format == EstimateFormat::Json { usize::MAX } else { MAX_LISTED };
        Kept { entries, failures }
    }

    /// Returns the day and the price tables, in words.
    fn prices(&self) -> String {
        let tables: Vec<&str> = self.layers.iter().map(|layer| layer.origin()).collect();
        format!("as of {}, prices from {}", self.day, tables.join(", "))
    }
}

impl Entry<'_> {
    /// Returns the remarks on the request, each as its kind and its text.
    fn remarks(&self) -> impl Iterator<Item = (&'static str, String)> {
        let identical = remarks::identical(self.facts.times).map(|text| (remarks::NOTE, text));
        identical.into_iter().chain(remarks::remarks(self.estimate.input(), &self.warnings))
    }

    /// Returns its remarks in a table of many: also the limits that it exceeds.
    fn table_remarks(&self) -> impl Iterator<Item = (&'static str, String)> {
        let exceeded = self.estimate.fit().exceeded().iter();
        exceeded.map(|exceeded| (DOES_NOT_FIT, exceeded.to_string())).chain(self.remarks())
    }
}
