//! `gpt-cost estimate`: a request's tokens, fit and price.

use std::io::Write;

use super::args::{EstimateArgs, ReportFormat};
use super::exit::{Failure, Outcome, Stop};
use super::input::{Failed, Source};
use super::project::Project;
use super::report::{self, Entry, Report};
use super::{input, prices, terms};
use crate::request::Warning;
use crate::{Estimate, Verdict};

/// Runs the command. A request that cannot be read, counted or priced does not stop the others.
pub(super) fn run(args: &EstimateArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let project = Project::around(&args.request.tables)?;
    let mut failed = Vec::new();
    let mut estimates = Vec::new();
    for source in input::read_all(&args.request) {
        match source.and_then(|source| estimate(args, &project, source)) {
            Ok(estimate) => estimates.push(estimate),
            Err(one) => failed.push(one),
        }
    }
    if estimates.len() + failed.len() > 1 || failed.is_empty() {
        write(args, &project, &estimates, &failed, out)?;
    }
    let mut outcome = Outcome::Success;
    for one in &estimates {
        let estimate = &one.estimate;
        let age = prices::check_age(estimate.model().name(), estimate.checked(), project.day, args.max_age)?;
        if age == Outcome::Exceeded || estimate.fit().verdict() == Verdict::Exceeds {
            outcome = Outcome::Exceeded;
        }
    }
    for one in &failed {
        outcome = super::print(&one.failure);
    }
    Ok(outcome)
}

/// A request, and what it will cost.
struct Estimated<'p> {
    source: Source,
    estimate: Estimate<'p>,
    warnings: Vec<Warning>,
}

impl Estimated<'_> {
    fn entry(&self) -> Entry<'_> {
        let Estimated { source, estimate, warnings } = self;
        Entry { place: &source.place, line: source.line, request: &source.request, estimate, warnings }
    }
}

fn estimate<'p>(args: &EstimateArgs, project: &'p Project, source: Source) -> Result<Estimated<'p>, Failed> {
    let terms = terms(project.day, args.tier, args.output_tokens, args.cached).requests(args.requests);
    let model = source.model(args.request.model.as_deref(), &project.config);
    let (model, mut warnings) = model.map_err(|failure| source.failed(failure))?;
    let estimate = project.catalog.model(&model).and_then(|model| model.estimate(&source.request, &terms));
    let estimate = estimate.map_err(|error| source.failed(Failure::of(&error.in_file(&source.place))))?;
    warnings.extend(estimate.warnings().iter().cloned());
    Ok(Estimated { source, estimate, warnings })
}

fn write(
    args: &EstimateArgs,
    project: &Project,
    estimates: &[Estimated<'_>],
    failed: &[Failed],
    out: &mut impl Write,
) -> Result<(), Stop> {
    let entries = estimates.iter().map(Estimated::entry).collect();
    let report = Report { day: project.day, layers: project.catalog.layers().collect(), entries, failed };
    match args.format {
        ReportFormat::Table => report::table::write(&report, out)?,
        ReportFormat::Json => report::json::write(&report, out)?,
    }
    Ok(out.flush()?)
}
