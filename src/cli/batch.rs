//! The `gpt-cost batch` command: checks a file by the rules of the Batch API before it is sent.

mod parts;

use std::io::Write;

use gpt_cost::batch::{Batch, Broken, Line, Rule};
use gpt_cost::budget::CostBounds;
use gpt_cost::bulk::{Block, Blocks};
use gpt_cost::money::grouped;
use gpt_cost::source::Document;
use gpt_cost::{Estimate, Tier, TokenCount};

use self::parts::{Parts, Sent};
use super::args::{BatchCheckArgs, BatchCommand, ReportFormat};
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
struct Checked {
    line: Line,
    /// What it costs; `None` without a request or a model.
    costs: Option<Result<Costs, Failure>>,
    /// The line for a part of the file, if it is split and has a request.
    sent: Option<Sent>,
}

/// The input of a line, and its cost at the batch tier and at the standard tier.
struct Costs {
    input: TokenCount,
    batch: CostBounds,
    standard: CostBounds,
}

fn check(args: &BatchCheckArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let project = Project::discover(&args.tables, false)?;
    let name = files::name(&args.file);
    let (file, mut progress) = files::open(&args.file, true)?;
    let mut report = Report {
        file: name.clone(),
        day: Day(project.day),
        batch: Batch::default(),
        bytes: 0,
        broken: Vec::new(),
        input: TokenCount::exact(0),
        batch_cost: [].into_iter().sum(),
        standard_cost: [].into_iter().sum(),
        unpriced: Vec::new(),
    };
    let mut parts = args.split.as_deref().map(Parts::new).transpose()?;
    let check = |block: Block| {
        let documents = block.documents();
        let checked = documents.iter().map(|document| line(&project, args, document)).collect::<Vec<_>>();
        (block.size(), checked)
    };
    Blocks::new(name.as_str(), file).map_in_parallel(check, |checked| {
        let (bytes, lines) = checked.map_err(|error| Failure::at(&name, files::message(&error)))?;
        report.bytes += bytes;
        for one in lines {
            let is_sent = report.add(&one, parts.is_some());
            if let (Some(parts), true, Some(sent)) = (&mut parts, is_sent, one.sent) {
                parts.add(&sent)?;
            }
        }
        progress.show(report.batch.requests() as usize);
        Ok::<_, Failure>(())
    })?;
    drop(progress);
    report.finish(parts.is_some());
    match args.format {
        ReportFormat::Table => write_table(&report, args.all, out)?,
        ReportFormat::Json => json::write(json::batch::Document::new(&report), out)?,
    }
    out.flush()?;
    if let Some(parts) = parts {
        parts.finish(&args.file)?;
    }
    Ok(match () {
        () if !report.unpriced.is_empty() => Outcome::Error,
        () if !report.broken.is_empty() => Outcome::Exceeded,
        () => Outcome::Success,
    })
}

fn line(project: &Project, args: &BatchCheckArgs, document: &Document<'_>) -> Checked {
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
    let fit = estimates.as_ref().and_then(|estimates| Some(estimates.as_ref().ok()?.0.fit()));
    let line = Line::new(document, request.as_ref(), fit);
    let sent = request.ok().filter(|_| args.split.is_some()).map(|request| Sent::new(document.bytes(), &request));
    let costs = |(batch, standard): (Estimate<'_>, Estimate<'_>)| Costs {
        input: batch.input().times(1),
        batch: CostBounds::from_cost(batch.cost()),
        standard: CostBounds::from_cost(standard.cost()),
    };
    Checked { line, costs: estimates.map(|estimates| estimates.map(costs)), sent }
}

impl Report {
    /// Adds a line. Returns whether it can be sent: in this batch, or in some batch if the file is split.
    fn add(&mut self, one: &Checked, is_split: bool) -> bool {
        let broken = self.batch.add(&one.line);
        let is_sent = broken.iter().all(|broken| is_split && broken.rule.is_of_all_lines());
        self.broken.extend(broken.into_iter().filter(|broken| !is_split || !broken.rule.is_of_all_lines()));
        match &one.costs {
            Some(Ok(costs)) if is_sent => {
                self.input = [self.input.times(1), costs.input.times(1)].into_iter().sum();
                self.batch_cost = [self.batch_cost, costs.batch].into_iter().sum();
                self.standard_cost = [self.standard_cost, costs.standard].into_iter().sum();
            }
            Some(Err(failure)) => self.unpriced.push((one.line.number(), failure.clone())),
            Some(Ok(_)) | None => {}
        }
        is_sent
    }

    /// Adds what is wrong with the file as a whole, unless it is split.
    fn finish(&mut self, is_split: bool) {
        if !is_split {
            self.broken.extend(self.batch.finish(self.bytes));
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
