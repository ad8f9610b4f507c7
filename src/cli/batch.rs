//! The `gpt-cost batch` command: checks a file by the rules of the Batch API before it is sent.

mod parts;

use std::io::Write;

use gpt_cost::batch::{Batch, Broken, Rule};
use gpt_cost::budget::CostBounds;
use gpt_cost::money::grouped;
use gpt_cost::source::{Document, InputFormat, documents};
use gpt_cost::{Error, Estimate, Request, Tier, TokenCount};

use self::parts::Parts;
use super::args::{BatchCheckArgs, BatchCommand, ReportFormat};
use super::checked::map_in_parallel;
use super::exit::{Failure, Outcome, Stop};
use super::files::{self, printable};
use super::project::Project;
use super::report::documents::{self as json, Day};
use super::report::grid::{Cell, write_grid};
use super::report::{label, plural};
use super::terms;

/// Runs the command.
pub(super) fn run(command: &BatchCommand, out: &mut impl Write) -> Result<Outcome, Stop> {
    let BatchCommand::Check(args) = command;
    check(args, out)
}

/// The report on a file.
pub(super) struct Report {
    pub(super) file: String,
    pub(super) day: Day,
    pub(super) batch: Batch,
    pub(super) bytes: u64,
    pub(super) broken: Vec<Broken>,
    /// The input of the lines that can be sent.
    pub(super) input: TokenCount,
    /// The cost of the lines that can be sent, at the batch tier and at the standard tier.
    pub(super) batch_cost: CostBounds,
    pub(super) standard_cost: CostBounds,
    /// The requests that are valid and that cannot be counted or priced, with the reason.
    pub(super) unpriced: Vec<(usize, Failure)>,
}

/// What is known of a line.
struct Line<'d, 'c> {
    document: &'d Document<'d>,
    request: Result<Request, Error>,
    /// The estimates at the batch tier and at the standard tier; `None` without a request or a model.
    estimates: Option<Result<(Estimate<'c>, Estimate<'c>), Failure>>,
}

fn check(args: &BatchCheckArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let project = Project::discover(&args.tables, false)?;
    let (name, bytes) = (files::name(&args.file), files::read(&args.file)?);
    let documents = documents(&name, &bytes, InputFormat::Auto);
    let lines = map_in_parallel(&documents, |document| line(&project, args, document));
    let mut report = Report {
        file: name,
        day: Day(project.day),
        batch: Batch::default(),
        bytes: bytes.len() as u64,
        broken: Vec::new(),
        input: [].into_iter().sum(),
        batch_cost: [].into_iter().sum(),
        standard_cost: [].into_iter().sum(),
        unpriced: Vec::new(),
    };
    let mut parts = args.split.is_some().then(Parts::default);
    let mut inputs = Vec::new();
    for one in &lines {
        let is_sent = report.add(one, parts.is_some(), &mut inputs);
        if let (Some(parts), true, Ok(request)) = (&mut parts, is_sent, &one.request) {
            parts.add(one.document.bytes(), request);
        }
    }
    report.finish(parts.is_some(), inputs);
    match args.format {
        ReportFormat::Table => write_table(&report, args.all, out)?,
        ReportFormat::Json => json::write(json::batch::Document::new(&report), out)?,
    }
    out.flush()?;
    if let (Some(folder), Some(parts)) = (&args.split, parts) {
        parts.write(folder, &args.file)?;
    }
    Ok(match () {
        () if !report.unpriced.is_empty() => Outcome::Error,
        () if !report.broken.is_empty() => Outcome::Exceeded,
        () => Outcome::Success,
    })
}

fn line<'d, 'p>(project: &'p Project, args: &BatchCheckArgs, document: &'d Document<'d>) -> Line<'d, 'p> {
    let request = document.request().map(|mut request| {
        project.assume_sizes(&mut request);
        request
    });
    let estimates = request.as_ref().ok().and_then(|request| {
        let at = |tier| terms(project.day, Some(tier), args.output_tokens, None).today(project.today);
        let model = project.catalog.model(request.model()?);
        let estimates = model.and_then(|model| {
            let batch = model.estimate(request, &at(Tier::Batch))?;
            let standard = model.estimate_counted(request, &at(Tier::Standard), batch.input().clone())?;
            Ok((batch, standard))
        });
        Some(estimates.map_err(|error| Failure::from_error(&document.locate(error))))
    });
    Line { document, request, estimates }
}

impl Report {
    /// Adds a line. Returns whether it can be sent: in this batch, or in some batch if the file is split.
    fn add(&mut self, line: &Line<'_, '_>, is_split: bool, inputs: &mut Vec<TokenCount>) -> bool {
        let fit = line.estimates.as_ref().and_then(|estimates| Some(estimates.as_ref().ok()?.0.fit()));
        let broken = self.batch.add(line.document, line.request.as_ref(), fit);
        let is_sent = broken.iter().all(|broken| is_split && broken.rule.is_of_all_lines());
        self.broken.extend(broken);
        match &line.estimates {
            Some(Ok((batch, standard))) if is_sent => {
                inputs.push(batch.input().times(1));
                self.batch_cost = [self.batch_cost, CostBounds::from_cost(batch.cost())].into_iter().sum();
                self.standard_cost = [self.standard_cost, CostBounds::from_cost(standard.cost())].into_iter().sum();
            }
            Some(Err(failure)) => self.unpriced.push((line.document.first_line(), failure.clone())),
            Some(Ok(_)) | None => {}
        }
        is_sent
    }

    /// Adds the inputs of the lines that can be sent, and what is wrong with the file as a whole, unless it is split.
    fn finish(&mut self, is_split: bool, inputs: Vec<TokenCount>) {
        self.input = inputs.into_iter().sum();
        match is_split {
            true => self.broken.retain(|broken| !broken.rule.is_of_all_lines()),
            false => self.broken.extend(self.batch.finish(self.bytes)),
        }
    }

    /// Returns the number of lines that break a rule.
    pub(super) fn broken_lines(&self) -> usize {
        let mut lines: Vec<usize> = self.broken.iter().filter_map(|broken| broken.line).collect();
        lines.dedup();
        lines.len()
    }
}

/// The most broken rules that the table lists.
const MAX_LISTED: usize = 20;

fn write_table(report: &Report, all: bool, out: &mut impl Write) -> std::io::Result<()> {
    let requests = report.batch.requests();
    let to = report.batch.url().map(|url| format!(" to {url}")).unwrap_or_default();
    let model = report.batch.model().map(|model| format!("  {}", printable(model))).unwrap_or_default();
    let (name, count, day) = (&report.file, plural(requests as usize, "request"), report.day.0);
    writeln!(out, "{name}  {count}{to}{model}  as of {day}\n")?;
    let range = |cost: CostBounds| match cost.most {
        Some(most) if most == cost.least => most.to_string(),
        Some(most) => format!("{} … {most}", cost.least),
        None => format!("{} or more", cost.known),
    };
    write_grid(
        &[
            vec![
                Cell::plain("input"),
                Cell::plain(format!("{} tokens, {}", grouped(report.input.tokens()), label(&report.input))),
            ],
            vec![Cell::plain("batch"), Cell::plain(range(report.batch_cost))],
            vec![Cell::plain("standard"), Cell::plain(range(report.standard_cost))],
        ],
        out,
    )?;
    let listed = if all { report.broken.len() } else { MAX_LISTED };
    if !report.broken.is_empty() {
        writeln!(out)?;
    }
    for Broken { line, message, .. } in report.broken.iter().take(listed) {
        let place = line.map_or("the file".to_owned(), |line| format!("line {}", grouped(line as u64)));
        writeln!(out, "  {place}: {message}")?;
    }
    if let more @ 1.. = report.broken.len().saturating_sub(listed) {
        writeln!(out, "  and {more} more: --all lists them")?;
    }
    for (line, failure) in report.unpriced.iter().take(listed) {
        writeln!(out, "  line {}: not priced: {}", grouped(*line as u64), failure.message())?;
    }
    let broken = report.broken_lines();
    let is_whole =
        report.broken.iter().any(|broken| matches!(broken.rule, Rule::Requests | Rule::Size | Rule::EmbeddingInputs));
    let of = plural(requests as usize, "line");
    writeln!(out)?;
    match (broken, is_whole) {
        (0, false) => writeln!(out, "{of}: all hold to the rules of the Batch API"),
        (0, true) => writeln!(out, "{of}: the file is too large for one batch; --split DIR writes parts"),
        (broken, _) => writeln!(out, "{} of {of} cannot be sent in this batch", grouped(broken as u64)),
    }
}
