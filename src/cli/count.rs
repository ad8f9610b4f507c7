//! `gpt-cost count`: tokens alone.

use std::io::Write;

use super::args::CountArgs;
use super::exit::{Outcome, Stop};
use super::{day, input, note, prices};
use crate::money::group;
use crate::{Encoding, Exactness};

/// Runs the command.
pub(super) fn run(args: &CountArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    match args.encoding {
        Some(encoding) => count_text(args, encoding, out)?,
        None => count_request(args, out)?,
    }
    out.flush()?;
    Ok(Outcome::Fine)
}

fn count_text(args: &CountArgs, encoding: Encoding, out: &mut impl Write) -> Result<(), Stop> {
    let (name, text) = input::read_text(&args.request.file)?;
    let tokens = encoding.count(&text);
    if args.quiet {
        return Ok(writeln!(out, "{tokens}")?);
    }
    Ok(writeln!(out, "{name}  {encoding}  {} tokens, exact", group(&tokens.to_string()))?)
}

fn count_request(args: &CountArgs, out: &mut impl Write) -> Result<(), Stop> {
    let source = input::read(&args.request.file, args.request.input_format)?;
    let catalog = prices::catalog(&args.request.pricing)?;
    let day = day(args.request.as_of);
    let (name, warnings) = source.model(args.request.model.as_deref())?;
    let counted = catalog.model(&name).and_then(|model| Ok((model.on(day)?.1, model.count(&source.request, day)?)));
    let (model, count) = counted.map_err(|error| source.failure(&error))?;
    let label = match count.exactness() {
        Exactness::Exact => "exact".to_owned(),
        Exactness::Estimate { bound } => format!("± {}", group(&bound.to_string())),
        Exactness::AtLeast { bound: 0 } => "at least".to_owned(),
        Exactness::AtLeast { bound } => format!("at least, ± {}", group(&bound.to_string())),
    };
    if args.quiet {
        writeln!(out, "{}", count.tokens())?;
        match count.exactness() {
            Exactness::Exact => {}
            Exactness::Estimate { .. } => note(&format!("{}: the count is an estimate, {label}", source.name)),
            Exactness::AtLeast { .. } => note(&format!("{}: at least so many: not everything is counted", source.name)),
        }
        return Ok(());
    }
    let encoding = model.encoding().map_or("unknown encoding", |encoding| encoding.name());
    let tokens = group(&count.tokens().to_string());
    writeln!(out, "{}  {name} ({encoding})  as of {day}  {tokens} tokens, {label}", source.name)?;
    for one in count.uncounted() {
        writeln!(out, "  not counted: {}: {}", one.path, one.reason)?;
    }
    for warning in warnings.iter().chain(source.request.warnings()) {
        let place = if warning.path.is_empty() { String::new() } else { format!("{}: ", warning.path) };
        writeln!(out, "  warning: {place}{}", warning.message)?;
    }
    Ok(())
}
