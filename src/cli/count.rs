//! `gpt-cost count`: tokens alone.

use std::collections::BTreeSet;
use std::io::Write;

use super::args::CountArgs;
use super::exit::{Failure, Outcome, Stop};
use super::input::Source;
use super::project::Project;
use super::report::grid::{Cell, write_grid};
use super::report::{IMAGE_SIZE, label, plural, remark};
use super::{files, input, note, shown};
use crate::accounting::Component;
use crate::money::grouped;
use crate::request::Warning;
use crate::{Encoding, Label, TokenCount};

/// Runs the command. A request that cannot be read or counted does not stop the others.
pub(super) fn run(args: &CountArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let outcome = match args.encoding {
        Some(encoding) => count_texts(args, encoding, out)?,
        None => count_requests(args, out)?,
    };
    out.flush()?;
    Ok(outcome)
}

fn count_texts(args: &CountArgs, encoding: Encoding, out: &mut impl Write) -> Result<Outcome, Stop> {
    let mut sum = 0;
    let mut outcome = Outcome::Success;
    for path in &args.request.files {
        let name = files::name(path);
        match files::read(path).and_then(|bytes| files::text(&name, bytes)) {
            Ok(text) => {
                // A byte order mark is no text, as in every other file.
                let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
                let tokens = encoding.count(text) as u64;
                sum += tokens;
                if !args.quiet {
                    writeln!(out, "{name}  {encoding}  {} tokens, exact", grouped(tokens))?;
                }
            }
            Err(failure) => outcome = super::print(&failure),
        }
    }
    match args.quiet {
        true if outcome == Outcome::Success => writeln!(out, "{sum}")?,
        false if args.request.files.len() > 1 => writeln!(out, "total  {} tokens, exact", grouped(sum))?,
        _ => {}
    }
    Ok(outcome)
}

fn count_requests(args: &CountArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let mut project = Project::around(&args.request.tables, args.request.no_config)?;
    project.image_size = args.request.image_size.or(project.image_size);
    let (mut counts, mut failures, mut from_config) = (Vec::new(), 0, BTreeSet::new());
    let mut outcome = Outcome::Success;
    for source in input::read_all(&args.request) {
        let counted = source.and_then(|mut source| {
            project.assume_image_size(&mut source.request);
            let counted = count_request(args, &project, &source).map_err(|failure| source.failed(failure))?;
            Ok((counted, source.request))
        });
        match counted {
            Ok(((count, text), request)) => {
                out.write_all(text.as_bytes())?;
                from_config.extend(project.said_of_requests(&args.request, [&request]));
                counts.push(count);
            }
            Err(failed) => {
                outcome = super::print(&failed.failure);
                failures += 1;
            }
        }
    }
    let several = counts.len() + failures > 1;
    let sum: TokenCount = counts.into_iter().sum();
    match args.quiet {
        // A sum without what failed would be taken for the whole.
        true if outcome == Outcome::Success => writeln!(out, "{}", sum.tokens())?,
        false if several => {
            let failed = match failures {
                0 => String::new(),
                failures => format!(", without {} that failed", plural(failures, "request")),
            };
            writeln!(out, "total  {} tokens, {}{failed}", grouped(sum.tokens()), label(&sum))?;
        }
        _ => {}
    }
    if let Some(name) = project.config_name.as_deref().filter(|_| !args.quiet && !from_config.is_empty()) {
        let said: Vec<String> = from_config.into_iter().collect();
        writeln!(out, "  from {}: {}", shown(name), said.join(", "))?;
    }
    Ok(outcome)
}

/// Returns the count of a request, and what there is to print of it.
fn count_request(args: &CountArgs, project: &Project, source: &Source) -> Result<(TokenCount, String), Failure> {
    let (name, warnings) = source.model(args.request.model.as_deref(), &project.config)?;
    let day = project.day;
    let counted = project
        .catalog
        .model(&name)
        .and_then(|model| Ok((model.remark(), model.resolve(day)?.model, model.count(&source.request, day)?)));
    let (remark_on_name, model, count) = counted.map_err(|error| Failure::of(&error.in_file(&source.place)))?;
    let label = label(&count);
    if args.quiet {
        match count.label() {
            Label::Exact => {}
            Label::Estimate => note(&format!("{}: the count is an estimate, {label}", source.place)),
            _ => note(&format!("{}: the count is a minimum: not everything is counted", source.place)),
        }
        return Ok((count, String::new()));
    }
    let encoding = model.encoding().map_or("unknown encoding", |encoding| encoding.as_str());
    let tokens = grouped(count.tokens());
    let format = source.request.format();
    let mut text = format!("{}  {format}  {name} ({encoding})  as of {day}  {tokens} tokens, {label}\n", source.place);
    if args.breakdown {
        let mut grid = Vec::new();
        // Writing to memory does not fail.
        let _ = write_grid(&breakdown(&count), &mut grid);
        text.push_str(&String::from_utf8_lossy(&grid));
    }
    for one in count.uncounted() {
        text.push_str(&format!("  not counted: {}\n", remark(&one.path, &one.reason)));
    }
    let of_name = remark_on_name.map(|text| Warning::new("model", text));
    for warning in of_name.iter().chain(&warnings).chain(source.request.warnings()).chain(count.notes()) {
        text.push_str(&format!("  warning: {}\n", remark(&warning.path, &warning.message)));
    }
    if count.notes().iter().any(|note| note.lacks_image_size) {
        text.push_str(&format!("  hint: {IMAGE_SIZE}\n"));
    }
    Ok((count, text))
}

/// Returns a row for each component of the count.
fn breakdown(count: &TokenCount) -> Vec<Vec<Cell>> {
    let row = |part: &Component| {
        let sure = if part.bound == 0 { String::new() } else { format!("± {}", grouped(part.bound)) };
        let tokens = Cell::right(grouped(part.tokens));
        vec![tokens, Cell::plain(sure), Cell::plain(part.kind.as_str()), Cell::plain(part.path.as_str())]
    };
    count.breakdown().iter().map(row).collect()
}
