//! The `gpt-cost estimate` command: estimates a request's tokens, price and fit.

use std::io::Write;
use std::ops::ControlFlow;

use super::args::{EstimateArgs, EstimateFormat};
use super::exit::{Failure, Outcome, Stop};
use super::input::{Failed, Pass, Source};
use super::output::{Output, Resumed, Rows};
use super::project::Project;
use super::report::estimate::{Entry, Frame, FromConfig, Part, Report};
use super::report::listing::Listing;
use super::{prices, terms};

/// Runs the command. A request that cannot be read, counted or priced does not stop the others.
pub(super) fn run(args: &EstimateArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let mut project = Project::discover(&args.request.tables, args.request.no_config)?;
    project.image_size = args.request.image_size.or(project.image_size);
    project.file_tokens = args.request.file_tokens.or(project.file_tokens);
    let format = args.format();
    let mut output = Output::open(&args.output, &args.request.files, rows(format), out)?;
    let (day, layers) = (project.day, project.catalog.layers().collect());
    let frame = Frame { format, day, layers, each: args.each, fail_fast: args.request.fail_fast };
    let mut report = Report::new(frame.clone(), output.resumed.has_rows());
    let pass = Pass {
        args: &args.request,
        skip: output.resumed.requests,
        shows_progress: !args.quiet && output.leaves_room_for_progress(),
    };
    pass.run(
        |sources| frame.part(sources.into_iter().map(|source| estimate(args, &project, source?))),
        |mut part| {
            output.resumed.remove_last(&mut part.listing.rows, part.listing.first_row)?;
            report.append(part, &mut output)?;
            output.commit()?;
            let is_enough = frame.fail_fast && report.part.listing.failed > 0;
            Ok(if is_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        },
    )?;
    output.resumed.check_end()?;
    let Listing { totals, failed, .. } = &report.part.listing;
    // If the only request failed, the table is omitted: its error is on standard error. Programs always get a document.
    if format != EstimateFormat::Table || totals.items + failed > 1 || *failed == 0 {
        report.finish(from_config(args, &project, &report.part).as_ref(), &mut output)?;
    }
    let resumed = output.finish(&report.part.listing)?;
    finish(args, &project, &report.part, &resumed)
}

/// Returns how the rows of a format are written, if it has a row for each request.
fn rows(format: EstimateFormat) -> Option<Rows> {
    match format {
        EstimateFormat::Jsonl => Some(Rows::Jsonl),
        EstimateFormat::Csv => Some(Rows::Csv),
        EstimateFormat::Table | EstimateFormat::Json | EstimateFormat::Markdown => None,
    }
}

/// Prints what belongs on standard error, and returns how the command ends.
fn finish(args: &EstimateArgs, project: &Project, part: &Part<'_>, resumed: &Resumed) -> Result<Outcome, Stop> {
    let mut outcome = if part.exceeds || resumed.exceeds { Outcome::Exceeded } else { Outcome::Success };
    for (model, checked) in &part.checked {
        if prices::check_age(model, *checked, project.today, args.max_age)? == Outcome::Exceeded {
            outcome = Outcome::Exceeded;
        }
    }
    if !args.quiet && args.max_age.is_none() && part.listing.totals.items > 0 {
        project.note_age(project.day);
    }
    part.listing.print_failures();
    Ok(if part.listing.failed + resumed.failed > 0 { Outcome::Error } else { outcome })
}

fn estimate<'p>(args: &EstimateArgs, project: &'p Project, mut source: Source) -> Result<Entry<'p>, Failed> {
    let config = &project.config;
    project.assume_sizes(&mut source.request);
    let (tier, output) = (args.tier.or(config.tier), args.output_tokens.or(config.output_tokens));
    let requests = args.requests.checked_mul(source.times);
    let requests = requests.ok_or_else(|| source.failed(Failure::at(&source.place, "too many requests")))?;
    let terms = terms(project.day, tier, output, args.cached.or(config.cached)).requests(requests);
    let terms = terms.today(project.today).uplift(args.uplift);
    let terms = args.tool_calls.iter().fold(terms, |terms, (tool, calls)| terms.tool_calls(tool, *calls));
    let model = source.model(args.request.model.as_deref(), &project.config);
    let (model, mut warnings) = model.map_err(|failure| source.failed(failure))?;
    let estimate = project.catalog.model(&model).and_then(|model| model.estimate(&source.request, &terms));
    let estimate = estimate.map_err(|error| source.failed(Failure::from_error(&error.in_file(&source.place))))?;
    warnings.extend(estimate.warnings().iter().cloned());
    Ok(Entry { facts: source.into_facts(), estimate, warnings })
}

/// Returns the name of the configuration and its settings that the estimates depend on.
fn from_config(args: &EstimateArgs, project: &Project, part: &Part<'_>) -> Option<FromConfig> {
    let config = &project.config;
    let mut settings = project.settings_used(&args.request, part.listing.lacks_model);
    let terms = [
        config.tier.filter(|_| args.tier.is_none()).map(|tier| format!("tier {}", tier.as_str())),
        config.output_tokens.filter(|_| args.output_tokens.is_none()).map(|tokens| format!("output_tokens {tokens}")),
        config.cached.filter(|_| args.cached.is_none()).map(|_| "cached".to_owned()),
    ];
    settings.extend(terms.into_iter().flatten());
    project.config_name.clone().filter(|_| !settings.is_empty()).map(|name| (name, settings))
}
