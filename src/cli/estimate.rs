//! `gpt-cost estimate`: a request's tokens, fit and price.

use std::io::Write;

use jiff::{Timestamp, tz::TimeZone};

use super::args::{EstimateArgs, ReportFormat};
use super::exit::{Failure, Outcome, Stop};
use super::input::{self, Source};
use super::prices;
use super::report::{self, Entry, Report};
use crate::request::Warning;
use crate::{Date, Terms, Verdict};

/// Runs the command.
pub(super) fn run(args: &EstimateArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let source = input::read(&args.file, args.input_format)?;
    let catalog = prices::catalog(&args.pricing)?;
    let day = args.as_of.unwrap_or_else(today);
    let (model, mut warnings) = choose_model(args, &source)?;
    let failure = |error| Failure::in_file(&source.name, &error);
    let estimate = catalog.model(&model).and_then(|model| model.estimate(&source.request, &terms(args, day)));
    let estimate = estimate.map_err(|error| match error.is_request() {
        true => failure(error),
        false => Failure::of(&error),
    })?;
    warnings.extend(estimate.warnings().iter().cloned());
    let exceeds = estimate.fit().verdict() == Verdict::Exceeds;
    let entry = Entry { source: &source.name, request: &source.request, estimate: &estimate, warnings: &warnings };
    let report = Report { day, layers: catalog.layers().collect(), entries: vec![entry] };
    match args.format {
        ReportFormat::Table => report::table::write(&report, out)?,
        ReportFormat::Json => report::json::write(&report, out)?,
    }
    out.flush()?;
    Ok(if exceeds { Outcome::Exceeded } else { Outcome::Fine })
}

fn terms(args: &EstimateArgs, day: Date) -> Terms {
    let terms = Terms::on(day);
    let terms = args.tier.map_or(terms.clone(), |tier| terms.tier(tier));
    args.output_tokens.map_or(terms.clone(), |tokens| terms.output_tokens(tokens.into()))
}

/// Returns the model that was named, else the request's own; a conflict of the two is a warning.
fn choose_model(args: &EstimateArgs, source: &Source) -> Result<(String, Vec<Warning>), Failure> {
    match (&args.model, source.request.model()) {
        (Some(named), Some(own)) if named != own => {
            let message = format!("the request names {own}; this is the estimate for {named}");
            Ok((named.clone(), vec![Warning::new("model", message)]))
        }
        (Some(named), _) => Ok((named.clone(), Vec::new())),
        (None, Some(own)) => Ok((own.to_owned(), Vec::new())),
        (None, None) => {
            let failure = Failure::new(format!("{}: it names no model", source.name));
            Err(failure.hint("say which with --model NAME, such as --model gpt-4o"))
        }
    }
}

fn today() -> Date {
    Timestamp::now().to_zoned_datetime(TimeZone::UTC).date()
}
