//! `gpt-cost estimate`: a request's tokens, fit and price.

use std::io::Write;

use super::args::{EstimateArgs, ReportFormat};
use super::exit::{Outcome, Stop};
use super::project::Project;
use super::report::{self, Entry, Report};
use super::{input, prices};
use crate::{Date, Terms, Verdict};

/// Runs the command.
pub(super) fn run(args: &EstimateArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let source = input::read(&args.request)?;
    let Project { catalog, day, config, .. } = Project::around(args.request.as_of, &args.request.pricing)?;
    let (model, mut warnings) = source.model(args.request.model.as_deref(), &config)?;
    let estimate = catalog.model(&model).and_then(|model| model.estimate(&source.request, &terms(args, day)));
    let estimate = estimate.map_err(|error| source.failure(&error))?;
    warnings.extend(estimate.warnings().iter().cloned());
    let exceeds = estimate.fit().verdict() == Verdict::Exceeds;
    let entry = Entry { source: &source.name, request: &source.request, estimate: &estimate, warnings: &warnings };
    let report = Report { day, layers: catalog.layers().collect(), entries: vec![entry] };
    match args.format {
        ReportFormat::Table => report::table::write(&report, out)?,
        ReportFormat::Json => report::json::write(&report, out)?,
    }
    out.flush()?;
    let age = prices::check_age(estimate.model().name(), estimate.checked(), day, args.max_age)?;
    Ok(if exceeds { Outcome::Exceeded } else { age })
}

fn terms(args: &EstimateArgs, day: Date) -> Terms {
    let mut terms = Terms::on(day).requests(args.requests);
    if let Some(cached) = args.cached {
        terms = terms.cached(cached);
    }
    if let Some(tier) = args.tier {
        terms = terms.tier(tier);
    }
    if let Some(tokens) = args.output_tokens {
        terms = terms.output_tokens(tokens);
    }
    terms
}
