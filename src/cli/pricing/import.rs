//! The `gpt-cost pricing import` command: shows how another project's prices differ, and adds them as dated rows.

use std::collections::BTreeSet;
use std::io::{self, Write};

use gpt_cost::catalog::import::{Change, ImportFormat, Imported, Plan};
use gpt_cost::money::grouped;
use gpt_cost::source::Place;
use gpt_cost::{Catalog, Tier};

use crate::cli::args::PricingImportArgs;
use crate::cli::exit::{Failure, Outcome, Stop};
use crate::cli::files::sha256;
use crate::cli::report::grid::{Cell, write_grid};
use crate::cli::report::plural;
use crate::cli::{day, files, models, note, prices, printable};

/// Runs the command.
pub(super) fn run(args: &PricingImportArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let name = files::name(&args.file);
    if files::is_standard(&args.into) {
        return Err(Failure::new("--into: expected a file").hint("gpt-cost pricing export prints a table").into());
    }
    let inputs = (!files::is_standard(&args.file)).then(|| args.file.clone());
    files::check_outputs([args.into.as_path()], inputs)?;
    let text = files::read_text(&args.file, &name)?;
    let mut imported =
        Imported::read(args.from, &text).map_err(|error| Failure::from_error(&error.in_file(&Place::file(&name))))?;
    if let Some(pattern) = &args.model {
        imported.keep(|model| models::matches(pattern, model));
    }
    let into = printable(&args.into.display().to_string());
    let target = if args.into.exists() { files::read_text(&args.into, &into)? } else { String::new() };
    let mut catalog = prices::catalog(&args.tables.pricing, prices::UserTable::Use)?;
    if !target.is_empty() {
        catalog.add_layer(&into, &target).map_err(|error| Failure::from_error(&error))?;
    }
    let day = day(args.tables.as_of);
    let plan = catalog.plan_import(&imported, day);
    write_plan(&plan, &imported, out)?;
    write_notes(&plan, &catalog, args.from, out)?;
    out.flush()?;
    if plan.is_empty() {
        return Ok(Outcome::Success);
    }
    if !args.yes {
        note(&format!("nothing was written; --yes adds the rows to {into}"));
        return Ok(Outcome::Success);
    }
    if !args.force {
        refuse(&plan)?;
    }
    let hash = sha256(text.as_bytes());
    let file = match files::is_standard(&args.file) {
        true => name,
        false => args.file.file_name().map(|name| printable(&name.to_string_lossy())).unwrap_or_default(),
    };
    let provenance = format!("imported {day} from {} {file}, sha256 {hash}", args.from.as_str());
    let written =
        plan.apply(&catalog, &into, &target, &provenance, args.checked).map_err(|error| Failure::from_error(&error))?;
    files::write(&args.into, written.as_bytes())?;
    note(&format!("added to {into}"));
    Ok(Outcome::Success)
}

/// Refuses prices that are probably wrong: unit errors, and those of a table that is older than the catalogue.
fn refuse(plan: &Plan) -> Result<(), Failure> {
    let count = |is_wrong: fn(&&Change) -> bool| plan.changes.iter().filter(is_wrong).count();
    let (suspicious, earlier) = (count(|change| change.is_suspicious), count(|change| change.earlier.is_some()));
    if suspicious > 0 {
        let found = plural(suspicious, "price");
        let failure = Failure::new(format!("nothing was written: found {found} off by a factor of about 1000"));
        return Err(failure.hint("check the units, or pass --force"));
    }
    if earlier > 0 {
        let found = plural(earlier, "price");
        let failure = Failure::new(format!("nothing was written: found {found} that an earlier row has"));
        return Err(failure.hint("the table may be older than yours: --model selects models, --force writes them all"));
    }
    Ok(())
}

fn write_plan(plan: &Plan, imported: &Imported, out: &mut impl Write) -> io::Result<()> {
    let titles = ["model", "from", "price", "above", "old", "", "new", ""];
    let mut rows = vec![titles.map(Cell::heading).to_vec()];
    rows.extend(plan.changes.iter().map(row));
    if !plan.changes.is_empty() {
        write_grid(&rows, out)?;
        writeln!(out)?;
    }
    let changed = plan.changes.iter().map(|change| &change.model).collect::<BTreeSet<_>>().len();
    let (differences, models) = (plural(plan.changes.len(), "difference"), plural(changed, "model"));
    let names = plural(imported.models().count(), "name");
    writeln!(out, "  {names} read; {differences} in {models}, per million tokens")?;
    let new: Vec<String> = plan.new.iter().map(|one| format!("{} ({})", one.name, one.kind)).collect();
    let ignored: Vec<String> = imported.ignored().map(|(key, models)| format!("{key} ({models})")).collect();
    let lists = [
        ("new model", ", with assumed rules", new.as_slice()),
        ("model that was shut down", " skipped", plan.shut_down.as_slice()),
        ("unknown name", " skipped", plan.unknown.as_slice()),
        ("key of prices", " ignored", ignored.as_slice()),
    ];
    for (what, state, list) in lists.iter().filter(|(_, _, list)| !list.is_empty()) {
        writeln!(out, "  {}{state}: {}", counted(list.len(), what), printable(&list.join(", ")))?;
    }
    Ok(())
}

/// Writes the notes of models whose prices differ, if they explain why: those that name the imported format.
fn write_notes(plan: &Plan, catalog: &Catalog, format: ImportFormat, out: &mut impl Write) -> io::Result<()> {
    let models = plan.changes.iter().map(|change| change.model.as_str()).collect::<BTreeSet<_>>();
    let found = catalog.models().into_iter().map(|found| found.model).filter(|model| models.contains(model.name()));
    for model in found {
        if let Some(note) = model.note().filter(|note| note.contains(format.as_str())) {
            writeln!(out, "  note on {}: {}", printable(model.name()), printable(note))?;
        }
    }
    Ok(())
}

/// Returns the number of things, in the plural if need be.
fn counted(number: usize, what: &str) -> String {
    match (number, what) {
        (2.., "model that was shut down") => format!("{number} models that were shut down"),
        (2.., "key of prices") => format!("{number} keys of prices"),
        _ => plural(number, what),
    }
}

/// Returns why a price is probably wrong.
fn remark(change: &Change) -> String {
    match (change.is_suspicious, change.earlier) {
        (true, _) => "off by a factor of about 1000".to_owned(),
        (false, Some(Some(from))) => format!("the price of the row from {from}"),
        (false, Some(None)) => "the price of an earlier row".to_owned(),
        (false, None) => String::new(),
    }
}

fn row(change: &Change) -> Vec<Cell> {
    let tier = if change.tier == Tier::Standard { String::new() } else { format!("{} ", change.tier.as_str()) };
    let above = if change.above > 0 { grouped(change.above) } else { String::new() };
    vec![
        Cell::plain(change.model.as_str()),
        Cell::plain(change.from.to_string()),
        Cell::plain(format!("{tier}{}", change.field.as_str())),
        Cell::right(above),
        Cell::right(change.old.map_or("–".to_owned(), |old| old.to_string())),
        Cell::plain("→"),
        Cell::right(change.new.to_string()),
        Cell::plain(remark(change)),
    ]
}
