//! The `gpt-cost verify` command: compares counts with the usage of recorded responses.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use gpt_cost::money::grouped;
use gpt_cost::source::{Document, InputFormat, documents};
use gpt_cost::verify::{Edit, Recording, Recordings, Report, Score, Spent, UnknownModel};
use gpt_cost::{Catalog, Date};

use super::args::{ReportFormat, TableArgs, VerifyArgs};
use super::exit::{Failure, Outcome, Stop};
use super::project::{Ignored, Project, walk};
use super::report::documents;
use super::report::grid::{Cell, write_grid};
use super::report::{evidence, plural};
use super::{files, note};

/// Runs the command.
pub(super) fn run(args: &VerifyArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let tables = TableArgs { pricing: args.pricing.clone(), ..TableArgs::default() };
    let Project { catalog, today, .. } = Project::discover(&tables, false)?;
    let mut reader =
        Reader { catalog, today, recordings: Recordings::default(), found: Found::default(), has_failed: false };
    for path in &args.files {
        reader.read(path)?;
    }
    let Reader { recordings, found, has_failed, .. } = reader;
    if let more @ 1.. = found.unnamed.saturating_sub(MAX_NAMED) {
        note(&format!("{} more have recorded requests that cannot be read", plural(more as usize, "file")));
    }
    let report = recordings.report();
    match args.format {
        ReportFormat::Table if found.recordings == 0 => {}
        ReportFormat::Table => write_table(&report, found, args.worst, out)?,
        ReportFormat::Json => documents::write(documents::verify::Document::new(&report, found, args.worst), out)?,
    }
    out.flush()?;
    Ok(match (args.min_exact, report.total.exact_share()) {
        _ if has_failed => Outcome::Error,
        (Some(_), None) => {
            return Err(Failure::new("--min-exact cannot be checked: no case is counted").into());
        }
        (Some(min), Some(share)) if share < min * 100 => {
            let share = hundredths(share);
            note(&format!("{share}% of the counted cases are exact, less than --min-exact {min}%"));
            Outcome::Exceeded
        }
        _ => Outcome::Success,
    })
}

/// What was read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    /// The number of files with recordings.
    pub(super) files: u64,
    pub(super) recordings: u64,
    /// The number of requests of recorded traffic without a usage.
    pub(super) without_bill: u64,
    /// The number of requests and recordings that cannot be read.
    pub(super) unreadable: u64,
    /// The number of files of folders with some of these, whose errors are not printed.
    unnamed: u64,
}

struct Reader {
    catalog: Catalog,
    today: Date,
    recordings: Recordings,
    found: Found,
    /// Whether a failure was printed.
    has_failed: bool,
}

impl Reader {
    /// Reads a file, or all files of a folder. Without a recording in it, nothing would be verified, and that is a
    /// failure.
    fn read(&mut self, path: &Path) -> Result<(), Failure> {
        let (before, is_folder) = (self.found, path.is_dir());
        match is_folder {
            true => self.folder(path),
            false => self.file(path)?,
        }
        let without_bill = self.found.without_bill - before.without_bill;
        let is_explained = !is_folder && self.found.unreadable > before.unreadable;
        if self.found.recordings == before.recordings && !is_explained {
            let failure = match without_bill {
                0 => Failure::at(files::name(path), "no recordings in it"),
                1 => Failure::at(files::name(path), "its recorded request has no usage"),
                many => Failure::at(files::name(path), format!("none of its {many} recorded requests has a usage")),
            };
            self.fail(&failure.hint("a recording is a request with the response that has its usage"));
        }
        Ok(())
    }

    fn file(&mut self, path: &Path) -> Result<(), Failure> {
        let (name, bytes) = (files::name(path), files::read(path)?);
        for failure in self.documents(&documents(&name, &bytes, InputFormat::Auto)) {
            self.found.unreadable += 1;
            self.fail(&failure);
        }
        Ok(())
    }

    /// Reads the files of a folder. Those without recordings are skipped.
    fn folder(&mut self, folder: &Path) {
        for file in walk(folder, Ignored::Skip) {
            let name = files::name(file.path.strip_prefix(".").unwrap_or(&file.path));
            if !is_named_recording(&file.path) {
                continue;
            }
            if fs::metadata(&file.path).is_ok_and(|data| data.len() > MAX_SIZE) {
                note(&format!("{name} is skipped: it has more than {} MB", MAX_SIZE / 1_000_000));
                continue;
            }
            let Ok(bytes) = files::read_file(&file.path) else {
                note(&format!("{name} is skipped: it cannot be read"));
                continue;
            };
            if can_be_recording(&bytes) {
                // Other JSON is no failure here, but a request of recorded traffic that cannot be read is counted.
                let documents = documents(&name, &bytes, InputFormat::Auto);
                let is_recorded = documents.iter().any(Document::is_recorded);
                let failures = self.documents(&documents);
                if is_recorded && !failures.is_empty() {
                    self.found.unreadable += failures.len() as u64;
                    self.found.unnamed += 1;
                    if self.found.unnamed <= MAX_NAMED {
                        let requests = plural(failures.len(), "recorded request");
                        note(&format!("{name} has {requests} that cannot be read: gpt-cost verify {name} shows why"));
                    }
                }
            }
        }
    }

    /// Adds the recordings of a file, and returns the failures of the others.
    fn documents(&mut self, documents: &[Document<'_>]) -> Vec<Failure> {
        let (before, mut failures) = (self.found.recordings, Vec::new());
        for document in documents {
            match recording(document) {
                Ok(Some(recording)) => {
                    self.recordings.add(&self.catalog, &recording, &document.place().to_string(), self.today);
                    self.found.recordings += 1;
                }
                Ok(None) => self.found.without_bill += 1,
                Err(failure) => failures.push(failure),
            }
        }
        self.found.files += u64::from(self.found.recordings > before);
        failures
    }

    fn fail(&mut self, failure: &Failure) {
        self.has_failed = true;
        super::print(failure);
    }
}

/// The most files of folders that are named because of what cannot be read in them.
const MAX_NAMED: u64 = 5;

/// Maximum size in bytes of a file in a folder: that of recorded traffic.
const MAX_SIZE: u64 = 200_000_000;

/// Returns whether the ending of a name is one of files that can have recordings.
fn is_named_recording(path: &Path) -> bool {
    const ENDINGS: [&str; 6] = ["json", "jsonl", "ndjson", "har", "yaml", "yml"];
    let name = path.file_name().and_then(OsStr::to_str).map(files::name_of_content);
    let ending = name.and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
    ending.is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// Returns whether a text has the words without which it has no recordings: most files of a folder are not parsed.
fn can_be_recording(bytes: &[u8]) -> bool {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let has = |word: &str| text.contains(word);
    has("interactions") || has("\"entries\"") || has("\"request\"") && has("\"usage\"")
}

/// Returns the recording that a document is; `None` for a request of recorded traffic without a usage.
fn recording(document: &Document<'_>) -> Result<Option<Recording>, Failure> {
    if let Some(format) = document.unread() {
        return Err(Failure::at(
            document.place(),
            format!("expected a recording, found {format}, which is not supported yet"),
        ));
    }
    if !document.is_json() {
        return Err(Failure::at(document.place(), "expected a recording, found something other than JSON"));
    }
    let failure = |error| Failure::from_error(&error);
    match document.recording() {
        Some(text) => Recording::from_json(&text).map(Some).map_err(|error| failure(document.locate(error))),
        None => document.request().map(|_| None).map_err(failure),
    }
}

/// Returns how many counts equal the billed tokens, and of what, in words.
fn headline(report: &Report, found: Found) -> String {
    let Score { counted, exact, .. } = report.total;
    let counts = match counted {
        0 => "no recording could be counted".to_owned(),
        _ => format!("{} of {} counts equal the billed tokens", grouped(exact), grouped(counted)),
    };
    let plural = |number: u64, noun: &str| plural(number as usize, noun);
    let mut words = format!("{counts}; {} in {}", plural(found.recordings, "recording"), plural(found.files, "file"));
    if found.without_bill > 0 {
        let verb = if found.without_bill == 1 { "has" } else { "have" };
        words.push_str(&format!("; {} {verb} no usage", plural(found.without_bill, "recorded request")));
    }
    if found.unreadable > 0 {
        words.push_str(&format!("; {} cannot be read", grouped(found.unreadable)));
    }
    words
}

fn write_table(report: &Report, found: Found, worst: usize, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}\n", headline(report, found))?;
    let mut rows = vec![vec![
        Cell::title(""),
        Cell::title("cases"),
        Cell::title("counted").rank(1),
        Cell::title("exact"),
        Cell::title("exact %"),
        Cell::title("mean error").rank(2),
        Cell::title("outside"),
        Cell::title("between").rank(3),
        Cell::title("by answer").rank(3),
        Cell::title("not counted"),
    ]];
    rows.push(row("total", &report.total));
    rows.push(row("with the reported model", &report.with_reported_model));
    for (title, scores) in groups(report) {
        rows.push(vec![Cell::plain("")]);
        rows.push(vec![Cell::plain(title)]);
        rows.extend(scores.iter().map(|(key, score)| row(key, score)));
    }
    write_grid(&rows, out)?;
    if let Some(mean) = report.mean_over_projects() {
        let (share, projects) = (mean.exact_share, mean.projects);
        writeln!(out, "\n  mean over {projects} projects with at least 5 counted cases: {}% exact", hundredths(share))?;
    }
    let Spent { priced, total, unpriced, .. } = report.spent;
    let (priced, unpriced) = (grouped(priced), grouped(unpriced));
    writeln!(out, "  spent, by reported usage: {total} (responses: {priced}; without a price: {unpriced})")?;
    write_legends(report, out)?;
    for miss in report.worst(worst) {
        writeln!(out, "  {}  {:+} of {} tokens", miss.place, miss.error, grouped(miss.billed))?;
    }
    write_edited(report, worst, out)?;
    write_unproved(report, out)?;
    report.unknown_models.iter().try_for_each(|model| write_unknown_model(model, out))
}

fn write_legends(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let mut legends = vec!["outside: the count is off by more than its bound".to_owned()];
    if report.total.between > 0 {
        legends.push("between: the count is a range, such as for an image of unknown size".to_owned());
    }
    if report.total.by_answer > 0 {
        let outside = grouped(report.total.outside_by_answer);
        legends.push(format!("by answer: the bill depends on the calls in the answer; outside the range: {outside}"));
    }
    let rows: Vec<Vec<Cell>> = legends.iter().map(|legend| vec![Cell::heading(legend)]).collect();
    write_grid(&rows, out)
}

/// Writes how many recordings were edited and how, and lists at most the given number of them.
fn write_edited(report: &Report, limit: usize, out: &mut impl Write) -> io::Result<()> {
    if report.edited.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n  edited recordings, in no score: {}", grouped(report.edited.len() as u64))?;
    let row = |(edit, count): (Edit, u64)| vec![Cell::right(grouped(count)), Cell::plain(edit.reason())];
    write_grid(&report.edits().into_iter().map(row).collect::<Vec<_>>(), out)?;
    for edited in report.edited.iter().take(limit) {
        writeln!(out, "  {}  {}", edited.place, edited.edit.reason())?;
    }
    Ok(())
}

/// Writes the most frequent features that keep counts from being exact.
fn write_unproved(report: &Report, out: &mut impl Write) -> io::Result<()> {
    const LIMIT: usize = 10;
    if report.unproved.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let mut rows = vec![vec![
        Cell::title("why counts are estimates"),
        Cell::title("cases"),
        Cell::title("exact"),
        Cell::title("evidence").rank(1),
    ]];
    rows.extend(report.unproved.iter().take(LIMIT).map(|one| {
        let name = format!("{} ({}, {})", one.name, one.class.api, one.class.family);
        vec![
            Cell::plain(name),
            Cell::right(grouped(one.cases)),
            Cell::right(grouped(one.exact)),
            Cell::plain(evidence(one.evidence)),
        ]
    }));
    write_grid(&rows, out)?;
    match report.unproved.len().saturating_sub(LIMIT) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more: --format json lists all"),
    }
}

fn write_unknown_model(model: &UnknownModel, out: &mut impl Write) -> io::Result<()> {
    let UnknownModel { name, reported_models, .. } = model;
    let [most_frequent, ..] = reported_models.as_slice() else { return Ok(()) };
    // A string of JSON is one of TOML, too.
    let (quoted, target) = (serde_json::json!(name), serde_json::json!(most_frequent));
    let (name, reported) = (files::printable(name), files::printable(&reported_models.join(", ")));
    writeln!(out, "\n  {name} is not a known model; its responses name {reported}")?;
    writeln!(out, "  add it to a price table under [alias]: {quoted} = {target}")
}

fn groups(report: &Report) -> [(&'static str, &BTreeMap<String, Score>); 3] {
    [("by endpoint", &report.endpoints), ("by model", &report.models), ("by feature", &report.features)]
}

fn row(name: &str, score: &Score) -> Vec<Cell> {
    let share = score.exact_share().map_or("–".to_owned(), hundredths);
    let error = score.mean_error().map_or("–".to_owned(), hundredths);
    let numbers = [score.cases, score.counted, score.exact].map(grouped).into_iter();
    let numbers = numbers.chain([
        share,
        error,
        grouped(score.outside_bound),
        grouped(score.between),
        grouped(score.by_answer),
        grouped(score.not_counted),
    ]);
    std::iter::once(Cell::plain(name)).chain(numbers.map(Cell::right)).collect()
}

fn hundredths(number: u64) -> String {
    format!("{}.{:02}", grouped(number / 100), number % 100)
}
