//! The `gpt-cost estimate` command: estimates a request's tokens, price and fit.

use std::collections::BTreeMap;
use std::io::Write;

use gpt_cost::request::Warning;
use gpt_cost::{Estimate, Verdict};

use super::args::{EstimateArgs, EstimateFormat};
use super::exit::{Failure, Outcome, Stop};
use super::input::{Failed, Source};
use super::project::Project;
use super::report::estimate::{self as report, Entry, Report};
use super::{input, prices, terms};

/// Runs the command. A request that cannot be read, counted or priced does not stop the others.
pub(super) fn run(args: &EstimateArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let mut project = Project::discover(&args.request.tables, args.request.no_config)?;
    project.image_size = args.request.image_size.or(project.image_size);
    project.file_tokens = args.request.file_tokens.or(project.file_tokens);
    let mut failed = Vec::new();
    let mut estimates = Vec::new();
    for source in input::read_all(&args.request)? {
        match source.and_then(|source| estimate(args, &project, source)) {
            Ok(estimate) => estimates.push(estimate),
            Err(one) => failed.push(one),
        }
    }
    // If the only request failed, the table is omitted: its error is on standard error. Programs always get a document.
    if args.format != EstimateFormat::Table || estimates.len() + failed.len() > 1 || failed.is_empty() {
        write(args, &project, &estimates, &failed, out)?;
    }
    let mut outcome = Outcome::Success;
    let mut ages = BTreeMap::new();
    for one in &estimates {
        let estimate = &one.estimate;
        let name = estimate.model().name();
        // One note per model.
        let age = match ages.get(name) {
            Some(age) => *age,
            None => prices::check_age(name, estimate.checked(), project.today, args.max_age)?,
        };
        ages.insert(name, age);
        if age == Outcome::Exceeded || estimate.fit().verdict() == Verdict::Exceeds {
            outcome = Outcome::Exceeded;
        }
    }
    if !args.quiet && args.max_age.is_none() && !estimates.is_empty() {
        project.note_age(project.day);
    }
    for one in &failed {
        outcome = super::print(&one.failure);
    }
    Ok(outcome)
}

/// A request and its estimate.
struct Estimated<'p> {
    source: Source,
    estimate: Estimate<'p>,
    warnings: Vec<Warning>,
}

impl Estimated<'_> {
    fn entry(&self) -> Entry<'_> {
        let Estimated { source, estimate, warnings } = self;
        let Source { place, line, request, times } = source;
        Entry { place, line: *line, request, times: *times, estimate, warnings }
    }
}

fn estimate<'p>(args: &EstimateArgs, project: &'p Project, mut source: Source) -> Result<Estimated<'p>, Failed> {
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
    let from_config = from_config(args, project, estimates);
    let report = Report {
        day: project.day,
        from_config,
        layers: project.catalog.layers().collect(),
        entries,
        each: args.each,
        failed,
    };
    report::write(&report, args.format, out)?;
    Ok(out.flush()?)
}

/// Returns the name of the configuration and its settings that the estimates depend on.
fn from_config(args: &EstimateArgs, project: &Project, estimates: &[Estimated<'_>]) -> Option<(String, Vec<String>)> {
    let config = &project.config;
    let mut settings = project.settings_used(&args.request, estimates.iter().map(|one| &one.source.request));
    let terms = [
        config.tier.filter(|_| args.tier.is_none()).map(|tier| format!("tier {}", tier.as_str())),
        config.output_tokens.filter(|_| args.output_tokens.is_none()).map(|tokens| format!("output_tokens {tokens}")),
        config.cached.filter(|_| args.cached.is_none()).map(|_| "cached".to_owned()),
    ];
    settings.extend(terms.into_iter().flatten());
    project.config_name.clone().filter(|_| !settings.is_empty()).map(|name| (name, settings))
}
