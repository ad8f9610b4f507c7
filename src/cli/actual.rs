//! The `gpt-cost actual` command: prices a response from its `usage`.

use std::io::Write;

use gpt_cost::catalog::{Layer, Resolved};
use gpt_cost::money::grouped;
use gpt_cost::source::{InputFormat, Place, documents};
use gpt_cost::usage::{Bill, Response};
use gpt_cost::{Date, Tier};

use super::args::{ActualArgs, ReportFormat, TableArgs};
use super::exit::{Failure, Outcome, Stop};
use super::project::Project;
use super::report::documents;
use super::report::grid::{Cell, write_grid};
use super::{files, note, prices};

/// A response and its price.
pub(super) struct Priced<'a> {
    pub(super) name: &'a str,
    /// The model name as given.
    pub(super) model: &'a str,
    pub(super) resolved: Resolved<'a>,
    pub(super) day: Date,
    pub(super) tier: Tier,
    pub(super) response: &'a Response,
    pub(super) bill: Bill,
    pub(super) layers: Vec<&'a Layer>,
}

/// Runs the command.
pub(super) fn run(args: &ActualArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let name = files::name(&args.file);
    let bytes = files::read(&args.file)?;
    let response = read(&name, &bytes)?;
    let tables = TableArgs { as_of: args.as_of, pricing: args.pricing.clone() };
    let project = Project::discover(&tables, args.no_config)?;
    let priced = price(args, &project, &name, &response)?;
    match args.format {
        ReportFormat::Table => write_table(&priced, out)?,
        ReportFormat::Json => documents::write(documents::actual::Document::new(&priced), out)?,
    }
    out.flush()?;
    let Resolved { layer, model, .. } = priced.resolved;
    let checked = model.checked().or(layer.checked());
    Ok(prices::check_age(model.name(), checked, super::day(None), args.max_age)?)
}

fn price<'a>(
    args: &'a ActualArgs,
    project: &'a Project,
    name: &'a str,
    response: &'a Response,
) -> Result<Priced<'a>, Failure> {
    let model = args
        .model
        .as_ref()
        .or(response.model.as_ref())
        .ok_or_else(|| Failure::at(name, "it names no model").hint("pass --model NAME, such as --model gpt-4o"))?;
    let day = args.as_of.or(response.day).unwrap_or(project.today);
    let tier = args.tier.or(response.tier).unwrap_or(Tier::Standard);
    let priced = project.catalog.model(model).and_then(|model| {
        model.remark().iter().for_each(|remark| note(remark));
        Ok((model.resolve(day)?, model.bill(&response.usage, day, tier)?))
    });
    let (resolved, bill) = priced.map_err(|error| Failure::from_error(&error.in_file(&Place::file(name))))?;
    Ok(Priced { name, model, resolved, day, tier, response, bill, layers: project.catalog.layers().collect() })
}

/// Reads the response of a file, which must contain exactly one.
fn read(name: &str, bytes: &[u8]) -> Result<Response, Failure> {
    let documents = documents(name, bytes, InputFormat::Json);
    let [document] = documents.as_slice() else {
        let message = format!("expected one response, found {}", documents.len());
        return Err(Failure::at(name, message).hint("price each response on its own"));
    };
    Response::from_json(document.bytes()).map_err(|error| {
        let failure = Failure::from_error(&document.locate(error));
        match document.request().is_ok() {
            true => failure.hint("this is a request: gpt-cost estimate prices it before it is sent"),
            false => failure,
        }
    })
}

fn write_table(priced: &Priced<'_>, out: &mut impl Write) -> std::io::Result<()> {
    let Priced { name, model, resolved, day, tier, response, bill, .. } = priced;
    let row = resolved.model.name();
    let resolves_to = if *model == row { String::new() } else { format!(" → {row}") };
    let tier = if *tier == Tier::Standard { String::new() } else { format!(", {tier} tier") };
    writeln!(out, "{name}  {model}{resolves_to}{tier}  as of {day}\n")?;
    let costs = bill.charges.iter().map(|charge| charge.cost).chain([bill.total]);
    let digits = costs.map(|cost| cost.decimals()).max().unwrap_or(2) as usize;
    let mut rows = vec![["", "tokens", "rate", "cost"].map(Cell::title).to_vec()];
    for charge in &bill.charges {
        let rate = format!("{} / {}", charge.rate.amount(), charge.rate.per());
        let cost = format!("{:.digits$}", charge.cost);
        let [tokens, rate, cost] = [grouped(charge.tokens), rate, cost].map(Cell::right);
        rows.push(vec![Cell::plain(charge.kind.in_words()), tokens, rate, cost]);
    }
    let total = format!("{:.digits$}", bill.total);
    rows.push(vec![Cell::plain("total"), Cell::plain(""), Cell::plain(""), Cell::right(total)]);
    write_grid(&rows, out)?;
    if response.usage.reasoning > 0 {
        writeln!(out, "\n  output includes {} reasoning tokens", grouped(response.usage.reasoning))?;
    }
    writeln!(out, "\n  price: {}", resolved.layer.origin())
}
