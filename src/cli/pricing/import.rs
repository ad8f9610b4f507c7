//! The `gpt-cost pricing import` command: shows how another project's prices differ, and adds them as dated rows.

use std::io::{self, Write};

use gpt_cost::Tier;
use gpt_cost::catalog::import::{Change, Imported, Plan};
use gpt_cost::money::grouped;
use gpt_cost::source::Place;

use crate::cli::args::PricingImportArgs;
use crate::cli::exit::{Failure, Outcome, Stop};
use crate::cli::files::sha256;
use crate::cli::report::grid::{Cell, write_grid};
use crate::cli::report::plural;
use crate::cli::{day, files, models, note, prices, printable};

/// Runs the command.
pub(super) fn run(args: &PricingImportArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let name = printable(&args.file.display().to_string());
    if files::is_standard(&args.into) {
        return Err(Failure::new("--into: expected a file").hint("gpt-cost pricing export prints a table").into());
    }
    files::check_outputs([args.into.as_path()], [args.file.clone()])?;
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
    write_plan(&plan, imported.models().count(), out)?;
    out.flush()?;
    if plan.is_empty() {
        return Ok(Outcome::Success);
    }
    if !args.yes {
        note(&format!("nothing was written; --yes adds the rows to {into}"));
        return Ok(Outcome::Success);
    }
    let suspicious = plan.changes.iter().filter(|change| change.is_suspicious).count();
    if suspicious > 0 && !args.force {
        let failure = Failure::new(format!(
            "nothing was written: found {} off by a factor of about 1000",
            plural(suspicious, "price")
        ));
        return Err(failure.hint("check the units, or pass --force").into());
    }
    let hash = sha256(text.as_bytes());
    let file = args.file.file_name().map(|name| printable(&name.to_string_lossy())).unwrap_or_default();
    let provenance = format!("imported {day} from {} {file}, sha256 {hash}", args.from.as_str());
    let written = plan.apply(&catalog, &into, &target, &provenance).map_err(|error| Failure::from_error(&error))?;
    files::write(&args.into, written.as_bytes())?;
    note(&format!("added to {into}"));
    Ok(Outcome::Success)
}

fn write_plan(plan: &Plan, names: usize, out: &mut impl Write) -> io::Result<()> {
    let titles = ["model", "from", "price", "above", "old", "", "new", ""];
    let mut rows = vec![titles.map(Cell::heading).to_vec()];
    rows.extend(plan.changes.iter().map(row));
    if !plan.changes.is_empty() {
        write_grid(&rows, out)?;
        writeln!(out)?;
    }
    let changed = plan.changes.iter().map(|change| &change.model).collect::<std::collections::BTreeSet<_>>().len();
    let (differences, models) = (plural(plan.changes.len(), "difference"), plural(changed, "model"));
    writeln!(out, "  {} read; {differences} in {models}, per million tokens", plural(names, "name"))?;
    if !plan.unknown.is_empty() {
        let unknown = plural(plan.unknown.len(), "unknown name");
        writeln!(out, "  {unknown} skipped: {}", plan.unknown.join(", "))?;
    }
    Ok(())
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
        Cell::plain(if change.is_suspicious { "off by a factor of about 1000" } else { "" }),
    ]
}
