//! The `gpt-cost verify` command: compares counts with the usage of recorded responses.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use gpt_cost::money::grouped;
use gpt_cost::source::{Document, InputFormat, documents};
use gpt_cost::verify::{Edit, Recording, Recordings, Report, Score, Spent, UnknownModel};
use gpt_cost::{Catalog, Date};

use super::args::{ReportFormat, TableArgs, VerifyArgs};
use super::exit::{Failure, Outcome, Stop};
use super::project::Project;
use super::report::documents;
use super::report::evidence;
use super::report::grid::{Cell, write_grid};
use super::{files, note};

/// Runs the command.
pub(super) fn run(args: &VerifyArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let tables = TableArgs { pricing: args.pricing.clone(), ..TableArgs::default() };
    let Project { catalog, today, .. } = Project::discover(&tables, false)?;
    let mut reader = Reader { catalog, today, recordings: Recordings::default(), unread: 0 };
    for path in &args.files {
        reader.file(path)?;
    }
    let Reader { recordings, unread, .. } = reader;
    let report = recordings.report();
    match args.format {
        ReportFormat::Table => write_table(&report, args.worst, out)?,
        ReportFormat::Json => documents::write(documents::verify::Document::new(&report, args.worst), out)?,
    }
    out.flush()?;
    Ok(match (args.min_exact, report.total.exact_share()) {
        _ if unread > 0 => Outcome::Error,
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

struct Reader {
    catalog: Catalog,
    today: Date,
    recordings: Recordings,
    /// The number of documents that are not recordings.
    unread: usize,
}

impl Reader {
    fn file(&mut self, path: &Path) -> Result<(), Failure> {
        let (name, bytes) = (files::name(path), files::read(path)?);
        for document in documents(&name, &bytes, InputFormat::Auto) {
            match recording(&document) {
                Ok(recording) => {
                    self.recordings.add(&self.catalog, &recording, &document.place().to_string(), self.today);
                }
                Err(failure) => {
                    self.unread += 1;
                    super::print(&failure);
                }
            }
        }
        Ok(())
    }
}

fn recording(document: &Document<'_>) -> Result<Recording, Failure> {
    if let Some(format) = document.unread() {
        return Err(Failure::at(
            document.place(),
            format!("expected a recording, found {format}, which is not supported yet"),
        ));
    }
    if !document.is_json() {
        return Err(Failure::at(document.place(), "expected a recording, found something other than JSON"));
    }
    Recording::from_json(document.bytes()).map_err(|error| Failure::from_error(&document.locate(error)))
}

fn write_table(report: &Report, worst: usize, out: &mut impl Write) -> io::Result<()> {
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
