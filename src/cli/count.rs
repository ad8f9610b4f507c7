//! `gpt-cost count`: tokens alone.

use std::io::Write;

use super::args::CountArgs;
use super::exit::{Outcome, Stop};
use super::project::Project;
use super::report::table::{Cell, write_grid};
use super::report::{label, remark};
use super::{input, note};
use crate::accounting::Share;
use crate::money::grouped;
use crate::{Encoding, Exactness, TokenCount};

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
    Ok(writeln!(out, "{name}  {encoding}  {} tokens, exact", grouped(tokens as u64))?)
}

fn count_request(args: &CountArgs, out: &mut impl Write) -> Result<(), Stop> {
    let source = input::read(&args.request)?;
    let Project { catalog, day, config, .. } = Project::around(args.request.as_of, &args.request.pricing)?;
    let (name, warnings) = source.model(args.request.model.as_deref(), &config)?;
    let counted = catalog
        .model(&name)
        .and_then(|model| Ok((model.remark(), model.on(day)?.1, model.count(&source.request, day)?)));
    let (remark_on_name, model, count) = counted.map_err(|error| source.failure(&error))?;
    let label = label(count.exactness());
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
    let tokens = grouped(count.tokens());
    writeln!(out, "{}  {name} ({encoding})  as of {day}  {tokens} tokens, {label}", source.name)?;
    if args.parts {
        write_grid(&parts(&count), out)?;
    }
    for one in count.uncounted() {
        writeln!(out, "  not counted: {}", remark(&one.path, &one.reason))?;
    }
    if let Some(text) = remark_on_name {
        writeln!(out, "  warning: {}", remark("model", &text))?;
    }
    for warning in warnings.iter().chain(source.request.warnings()) {
        writeln!(out, "  warning: {}", remark(&warning.path, &warning.message))?;
    }
    Ok(())
}

/// Returns a row for each part of the count.
fn parts(count: &TokenCount) -> Vec<Vec<Cell>> {
    let row = |share: &Share| {
        let sure = if share.bound == 0 { String::new() } else { format!("± {}", grouped(share.bound)) };
        let tokens = Cell::right(grouped(share.tokens));
        vec![tokens, Cell::plain(sure), Cell::plain(share.what.name()), Cell::plain(share.path.as_str())]
    };
    count.shares().iter().map(row).collect()
}
