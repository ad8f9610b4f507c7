//! The report of `count` in all output formats. It is written as the requests come, part by part, where the format allows
//! that.

mod csv;

use std::io::{self, Write};

use gpt_cost::accounting::{Component, Feature};
use gpt_cost::money::grouped;
use gpt_cost::request::Warning;
use gpt_cost::{Encoding, Label, TokenCount};

use super::documents::{self, Day};
use super::grid::{Cell, write_grid};
use super::listing::{Kept, Listing, MAX_LISTED};
use super::remarks::{self, NOTE, identical, remark};
use super::totals::Item;
use super::{FILE_TOKENS, IMAGE_SIZE, evidence, label, plural, read_as};
use crate::cli::args::CountFormat;
use crate::cli::files::printable;
use crate::cli::input::{Facts, Failed};
use crate::cli::note;

/// A request, or a text, and its tokens.
pub(in crate::cli) struct Counted {
    pub(in crate::cli) facts: Facts,
    /// `None` for raw text counted with `--encoding`.
    pub(in crate::cli) model: Option<ModelName>,
    pub(in crate::cli) encoding: Option<Encoding>,
    pub(in crate::cli) count: TokenCount,
    /// The warnings of the request and the notes of the count.
    pub(in crate::cli) warnings: Vec<Warning>,
    /// Whether --image-size would make the count more precise.
    pub(in crate::cli) lacks_image_size: bool,
}

/// A model name as given, and the model that it resolves to.
pub(in crate::cli) struct ModelName {
    pub(in crate::cli) name: String,
    pub(in crate::cli) resolved: String,
}

/// A report in progress.
pub(in crate::cli) struct Report {
    pub(in crate::cli) frame: Frame,
    /// What was added so far.
    pub(in crate::cli) part: Listing<Counted>,
    /// Whether its beginning is written.
    is_started: bool,
}

/// What is known of a report before its requests.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Frame {
    pub(in crate::cli) format: CountFormat,
    /// The day of the counting rules and aliases; `None` for raw text counted with `--encoding`.
    pub(in crate::cli) day: Option<Day>,
    /// Whether only the sum is written.
    pub(in crate::cli) quiet: bool,
    pub(in crate::cli) breakdown: bool,
    /// Whether the table lists each request, however many there are.
    pub(in crate::cli) each: bool,
    /// Whether the report ends with the first request that fails.
    pub(in crate::cli) fail_fast: bool,
}

impl Report {
    /// Returns a report whose beginning is written already, or not.
    pub(in crate::cli) fn new(frame: Frame, is_started: bool) -> Report {
        Report { frame, part: Listing::default(), is_started }
    }

    /// Adds the next requests, and writes their rows.
    pub(in crate::cli) fn append(&mut self, next: Listing<Counted>, out: &mut impl Write) -> io::Result<()> {
        self.start(out)?;
        self.part.append(next, self.frame.kept(), self.frame.format == CountFormat::Json, out)
    }

    /// Writes the rest of the report.
    pub(in crate::cli) fn finish(
        &mut self,
        from_config: Option<&(String, Vec<String>)>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        self.start(out)?;
        match self.frame.format {
            CountFormat::Table if self.frame.quiet => self.write_number(out),
            CountFormat::Table => self.write_table(from_config, out),
            CountFormat::Json => documents::count::write_end(self, from_config, out),
            CountFormat::Jsonl | CountFormat::Csv => Ok(()),
        }
    }

    fn start(&mut self, out: &mut impl Write) -> io::Result<()> {
        if std::mem::replace(&mut self.is_started, true) {
            return Ok(());
        }
        match self.frame.format {
            CountFormat::Json => documents::count::write_start(self, out),
            CountFormat::Csv => csv::write_titles(out),
            CountFormat::Table | CountFormat::Jsonl => Ok(()),
        }
    }

    /// Writes only the number. Notes on standard error report counts that are not exact.
    fn write_number(&self, out: &mut impl Write) -> io::Result<()> {
        let Listing { entries, totals, failed, .. } = &self.part;
        let note_of = |place: &str, count: &TokenCount| match count.label() {
            Label::Exact => {}
            Label::Estimate => note(&format!("{place}: the count is an estimate, {}", label(count))),
            _ => note(&format!("{place}: the count is a minimum, because not everything is counted")),
        };
        match totals.items > MAX_LISTED {
            true => note_of(&plural(totals.items, "request"), &totals.all.tokens),
            false => entries.iter().for_each(|one| note_of(&one.facts.place.to_string(), &one.count)),
        }
        // A partial sum could be mistaken for the total.
        if *failed == 0 {
            writeln!(out, "{}", totals.all.tokens.tokens())?;
        }
        Ok(())
    }

    fn write_table(&self, from_config: Option<&(String, Vec<String>)>, out: &mut impl Write) -> io::Result<()> {
        let Listing { entries, totals, failed, .. } = &self.part;
        let is_summary = totals.items > MAX_LISTED && !self.frame.each;
        if is_summary {
            totals.write(out)?;
            writeln!(out, "\n  --each lists all requests")?;
            totals.remarks.write(out)?;
            writeln!(out)?;
        } else {
            entries.iter().try_for_each(|one| one.write(self.frame, out))?;
        }
        if totals.items + failed > 1 {
            let failed = match failed {
                0 => String::new(),
                failed => format!(", without {} that failed", plural(*failed, "request")),
            };
            let sum = &totals.all.tokens;
            writeln!(out, "total  {} tokens, {}{failed}", grouped(sum.tokens()), label(sum))?;
        }
        match from_config {
            Some((file, settings)) => writeln!(out, "  from {}: {}", printable(file), settings.join(", ")),
            None => Ok(()),
        }
    }
}

impl Frame {
    /// Returns the part with these requests.
    pub(in crate::cli) fn part(&self, requests: impl Iterator<Item = Result<Counted, Failed>>) -> Listing<Counted> {
        let mut part = Listing::default();
        for request in requests {
            match request {
                Ok(counted) => self.add(counted, &mut part),
                Err(failed) => self.add_failed(failed, &mut part),
            }
            if part.first_row == 0 {
                part.first_row = part.rows.len();
            }
            if self.fail_fast && part.failed > 0 {
                break;
            }
        }
        part
    }

    fn add(&self, counted: Counted, part: &mut Listing<Counted>) {
        // It is written to memory alone, which has no errors.
        let _ = match self.format {
            CountFormat::Json => documents::count::write_element(&counted, &mut part.rows),
            CountFormat::Jsonl => documents::write_line(documents::count::line(&counted), &mut part.rows),
            CountFormat::Csv => csv::write_counted(&counted, &mut part.rows),
            CountFormat::Table => Ok(()),
        };
        let Counted { facts, model, encoding, count, warnings, .. } = &counted;
        let of_encoding = encoding.map_or("unknown encoding", Encoding::as_str);
        part.totals.add(&Item {
            place: &facts.place,
            format: facts.format,
            model: model.as_ref().map_or(of_encoding, |model| &model.name),
            requests: facts.times.into(),
            tokens: count,
            cost: None,
        });
        if self.format == CountFormat::Table {
            let place = || facts.place.to_string();
            remarks::remarks(count, warnings).into_iter().for_each(|remark| part.totals.remarks.add(remark, place));
        }
        part.lacks_model |= facts.lacks_model;
        part.add(counted, self.kept());
    }

    fn add_failed(&self, failed: Failed, part: &mut Listing<Counted>) {
        let _ = match self.format {
            CountFormat::Jsonl => documents::write_line(documents::count::failed_line(&failed), &mut part.rows),
            CountFormat::Csv => csv::write_failed(&failed, &mut part.rows),
            CountFormat::Table | CountFormat::Json => Ok(()),
        };
        part.add_failed(failed, self.kept());
    }

    fn kept(&self) -> Kept {
        let entries = match self.format {
            CountFormat::Table if self.each => usize::MAX,
            CountFormat::Table => MAX_LISTED,
            CountFormat::Json | CountFormat::Jsonl | CountFormat::Csv => 0,
        };
        Kept { entries, failures: if self.format == CountFormat::Json { usize::MAX } else { MAX_LISTED } }
    }
}

impl Counted {
    fn write(&self, frame: Frame, out: &mut impl Write) -> io::Result<()> {
        let Counted { facts, count, .. } = self;
        let encoding = self.encoding.map_or("unknown encoding", Encoding::as_str);
        let read_as = match (&self.model, frame.day) {
            (Some(model), Some(Day(day))) => {
                format!("{}  {} ({encoding})  as of {day}", read_as(facts.format, facts.is_filled), model.name)
            }
            _ => encoding.to_owned(),
        };
        writeln!(out, "{}  {read_as}  {} tokens, {}", facts.place, grouped(count.tokens()), label(count))?;
        if let Some(text) = identical(facts.times) {
            writeln!(out, "  {NOTE}: {text}")?;
        }
        if frame.breakdown {
            write_grid(&breakdown(count), out)?;
            write_grid(&unproved(count), out)?;
        }
        for one in count.uncounted() {
            writeln!(out, "  not counted: {}", remark(&one.path, &one.reason))?;
        }
        for warning in &self.warnings {
            writeln!(out, "  warning: {}", remark(&warning.path, &warning.message))?;
        }
        if self.lacks_image_size {
            writeln!(out, "  hint: {IMAGE_SIZE}")?;
        }
        if count.uncounted().iter().any(|one| one.lacks_file_tokens) {
            writeln!(out, "  hint: {FILE_TOKENS}")?;
        }
        Ok(())
    }
}

/// Returns a row for each rule that too few recordings prove.
fn unproved(count: &TokenCount) -> Vec<Vec<Cell>> {
    let row = |one: &Feature| {
        let why = match (one.evidence, one.alike) {
            (None, Some(_)) => "not recorded with such a model".to_owned(),
            (own, _) => evidence(own),
        };
        vec![Cell::right(format!("± {}", grouped(one.bound()))), Cell::plain(one.name.as_str()), Cell::plain(why)]
    };
    count.unproved().map(row).collect()
}

/// Returns a row for each component of the count.
fn breakdown(count: &TokenCount) -> Vec<Vec<Cell>> {
    let row = |one: &Component| {
        let bound = if one.bound == 0 { String::new() } else { format!("± {}", grouped(one.bound)) };
        let tokens = Cell::right(grouped(one.tokens));
        vec![tokens, Cell::plain(bound), Cell::plain(one.kind.as_str()), Cell::plain(one.path.as_str())]
    };
    count.breakdown().iter().map(row).collect()
}
