//! The `gpt-cost pricing` command: shows, validates, creates, exports, updates and compares price tables.

mod import;

use std::io::Write;
use std::path::Path;

use gpt_cost::catalog::{Difference, PriceRow, Resolved, ResolvedTool, UnitPrice};
use gpt_cost::{Catalog, Date};

use super::args::{
    PricingCommand, PricingDiffArgs, PricingExportArgs, PricingInitArgs, PricingShowArgs, PricingValidateArgs,
    ReportFormat, TableArgs,
};
use super::exit::{Failure, Outcome, Stop};
use super::project::Project;
use super::report::grid::{Cell, write_grid};
use super::report::units::unit_rows;
use super::report::{documents, plural};
use super::{files, models, note, printable};

/// The price table that `pricing init` writes.
const STARTER: &str = include_str!("pricing/starter.toml");

/// Runs the command.
pub(super) fn run(command: &PricingCommand, out: &mut impl Write) -> Result<Outcome, Stop> {
    let outcome = match command {
        PricingCommand::Show(args) => show(args, out)?,
        PricingCommand::Validate(args) => validate(args, out)?,
        PricingCommand::Init(args) => init(args)?,
        PricingCommand::Export(args) => {
            export(args, out)?;
            Outcome::Success
        }
        PricingCommand::Import(args) => import::run(args, out)?,
        PricingCommand::Diff(args) => diff(args, out)?,
    };
    out.flush()?;
    Ok(outcome)
}

fn show(args: &PricingShowArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let Project { catalog, day, .. } = Project::discover(&args.tables, false)?;
    let mut shown_tools = match &args.name {
        Some(name) if catalog.model(name).is_err() => catalog.find_tool(name).into_iter().collect(),
        Some(_) => Vec::new(),
        None => catalog.tools(),
    };
    let mut shown_models = match &args.name {
        Some(_) if !shown_tools.is_empty() => Vec::new(),
        Some(name) => {
            let found = catalog.model(name).and_then(|name| Ok((name.resolve(day)?, name.remark())));
            let (found, remark) = found.map_err(|error| Failure::from_error(&error))?;
            remark.iter().for_each(|remark| note(remark));
            vec![found]
        }
        None => catalog.models(),
    };
    // Without --stale, a single model is shown with all of its rows, past and future.
    let is_one = args.name.is_some() && !args.stale;
    let is_shown = |row: &PriceRow| !args.stale || row.is_uncertain(day);
    shown_models.retain(|found| {
        let mut rows = found.model.prices().iter();
        let is_stale = |row: &UnitPrice| row.is_uncertain(day);
        !args.stale
            || rows.any(|row| is_shown(row) && models::is_in_effect(found.model, row, day))
            || found.model.unit_sheet(day).any(is_stale)
    });
    let is_unit_shown = |row: &UnitPrice| !args.stale || row.is_uncertain(day);
    shown_tools.retain(|found| !args.stale || found.tool.sheet(day).any(is_unit_shown));
    let shown = Shown { models: shown_models, tools: shown_tools, is_one, day };
    match args.format {
        ReportFormat::Table => write_tables(&catalog, &shown, is_shown, is_unit_shown, out)?,
        ReportFormat::Json => {
            let (models, tools) = (&shown.models, &shown.tools);
            let document = documents::pricing::Document::new(&catalog, models, tools, day, is_shown, is_unit_shown);
            documents::write(document, out)?;
        }
    }
    Ok(Outcome::Success)
}

/// The models and tools whose prices are shown.
struct Shown<'c> {
    models: Vec<Resolved<'c>>,
    tools: Vec<ResolvedTool<'c>>,
    /// Whether it is a single one, with all of its rows, past and future.
    is_one: bool,
    day: Date,
}

fn write_tables(
    catalog: &Catalog,
    shown: &Shown<'_>,
    is_shown: impl Fn(&PriceRow) -> bool,
    is_unit_shown: impl Fn(&UnitPrice) -> bool,
    out: &mut impl Write,
) -> Result<(), Stop> {
    let Shown { models, tools, is_one, day } = shown;
    let (is_one, day) = (*is_one, *day);
    writeln!(out, "prices as of {day}; for each model, the last table that has it wins\n")?;
    let layers = catalog.layers().map(|layer| {
        let checked = layer.checked().map_or("never checked".to_owned(), |day| format!("checked {day}"));
        vec![Cell::plain(layer.origin()), Cell::right(plural(layer.models().len(), "model")), Cell::plain(checked)]
    });
    write_grid(&layers.collect::<Vec<_>>(), out)?;
    if models.is_empty() && tools.is_empty() {
        return Ok(writeln!(out, "\n  no price is past its last announced day")?);
    }
    for Resolved { layer, model, .. } in models {
        writeln!(out, "\n{}", model.name())?;
        if !model.unit_prices().is_empty() {
            let in_effect: Vec<_> = model.unit_sheet(day).collect();
            let is_shown = |row: &UnitPrice| is_one || is_unit_shown(row) && in_effect.contains(&row);
            write_grid(&unit_rows(layer, model.unit_prices(), &in_effect, is_shown), out)?;
            continue;
        }
        if model.prices().is_empty() {
            writeln!(out, "  no price ({}:{})", layer.origin(), model.line())?;
            continue;
        }
        let is_shown = |row: &PriceRow| is_one || is_shown(row) && models::is_in_effect(model, row, day);
        write_grid(&models::price_rows(layer, model, day, is_shown), out)?;
        if let Some(notice) = models::price_notice(model, day) {
            writeln!(out, "  note: {notice}")?;
        }
    }
    for ResolvedTool { layer, tool, .. } in tools {
        writeln!(out, "\n{} (a tool)", tool.name())?;
        let in_effect: Vec<_> = tool.sheet(day).collect();
        let is_shown = |row: &UnitPrice| is_one || is_unit_shown(row) && in_effect.contains(&row);
        write_grid(&unit_rows(layer, tool.prices(), &in_effect, is_shown), out)?;
        if let Some(note) = tool.note() {
            writeln!(out, "  note: {note}")?;
        }
    }
    if models.iter().all(|found| found.model.prices().is_empty()) {
        return if is_one { Ok(writeln!(out, "\n  ● in effect on {day}")?) } else { Ok(()) };
    }
    let legend = if is_one { format!("● in effect on {day}; prices") } else { "prices".to_owned() };
    Ok(writeln!(out, "\n  {legend} are per million tokens")?)
}

fn validate(args: &PricingValidateArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let mut outcome = Outcome::Success;
    for path in &args.files {
        let name = printable(&path.display().to_string());
        let checked = files::read_text(path, &name)
            .and_then(|source| Catalog::builtin().check(&name, &source).map_err(|error| Failure::from_error(&error)));
        match checked {
            Ok(()) => writeln!(out, "{name}: valid")?,
            Err(failure) => outcome = super::print(&failure),
        }
    }
    Ok(outcome)
}

fn init(args: &PricingInitArgs) -> Result<Outcome, Stop> {
    files::create(&args.file, STARTER.as_bytes())?;
    if !files::is_standard(&args.file) {
        let name = files::name(&args.file);
        note(&format!("wrote {name}: edit it, then run gpt-cost pricing validate {name}"));
    }
    Ok(Outcome::Success)
}

fn export(args: &PricingExportArgs, out: &mut impl Write) -> Result<(), Stop> {
    files::check_outputs([args.out.as_path()], args.pricing.iter().cloned())?;
    let tables = TableArgs { pricing: args.pricing.clone(), ..TableArgs::default() };
    let table = Project::discover(&tables, false)?.catalog.to_toml();
    if files::is_standard(&args.out) {
        return Ok(out.write_all(table.as_bytes())?);
    }
    files::write(&args.out, table.as_bytes())?;
    note(&format!("wrote {}", files::name(&args.out)));
    Ok(())
}

fn diff(args: &PricingDiffArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let (old, new) = (table(&args.old)?, table(&args.new)?);
    let differences = old.differences(&new);
    match args.format {
        ReportFormat::Json => documents::write(documents::pricing::Diff::new(&differences), out)?,
        ReportFormat::Table if differences.is_empty() => writeln!(out, "no differences")?,
        ReportFormat::Table => write_differences(&differences, out)?,
    }
    Ok(Outcome::Success)
}

/// Returns the built-in price table, overridden by that of a file.
fn table(path: &Path) -> Result<Catalog, Failure> {
    let mut catalog = Catalog::builtin();
    if path != Path::new("built-in") {
        let name = printable(&path.display().to_string());
        let source = files::read_text(path, &name)?;
        catalog.add_layer(&name, &source).map_err(|error| Failure::from_error(&error))?;
    }
    Ok(catalog)
}

fn write_differences(differences: &[Difference], out: &mut impl Write) -> Result<(), Stop> {
    let mut name = "";
    let mut rows = Vec::new();
    for one in differences {
        if one.name != name {
            name = &one.name;
            rows.push(vec![Cell::plain(name)]);
        }
        let side = |value: &Option<String>| Cell::plain(value.clone().unwrap_or_else(|| "–".to_owned()));
        let fact = match one.what.as_str() {
            "" if one.name.starts_with("tool.") => "the tool",
            "" => "the model",
            what => what,
        };
        rows.push(vec![Cell::plain(format!("  {fact}")), side(&one.old), Cell::plain("→"), side(&one.new)]);
    }
    let models = rows.len() - differences.len();
    write_grid(&rows, out)?;
    Ok(writeln!(out, "\n  {} in {}", plural(differences.len(), "difference"), plural(models, "model"))?)
}
