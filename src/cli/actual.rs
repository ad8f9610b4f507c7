//! `gpt-cost actual`: what a real response cost.

use std::io::Write;

use gpt_cost::money::grouped;
use gpt_cost::source::{InputFormat, Place, documents};
use gpt_cost::usage::{Bill, Response};
use gpt_cost::{Date, Tier};

use super::args::{ActualArgs, ReportFormat, TableArgs};
use super::exit::{Failure, Outcome, Stop};
use super::project::Project;
use super::report::grid::{Cell, write_grid};
use super::report::plural;
use super::{files, note, prices};

/// Runs the command.
pub(super) fn run(args: &ActualArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let name = files::name(&args.file);
    let bytes = files::read(&args.file)?;
    let response = read(&name, &bytes)?;
    let tables = TableArgs { as_of: args.as_of, pricing: args.pricing.clone() };
    let Project { catalog, today, .. } = Project::around(&tables, args.no_config)?;
    let model = args.model.as_ref().or(response.model.as_ref()).ok_or_else(|| {
        Failure::at(&name, "it names no model").hint("name one with --model NAME, such as --model gpt-4o")
    })?;
    let day = args.as_of.or(response.day).unwrap_or(today);
    let tier = args.tier.or(response.tier).unwrap_or(Tier::Standard);
    let billed = catalog.model(model).and_then(|model| {
        model.remark().iter().for_each(|remark| note(remark));
        let found = model.resolve(day)?;
        let (layer, row) = (found.layer, found.model);
        let checked = row.checked().or(layer.checked());
        Ok((layer.origin().to_owned(), row.name().to_owned(), checked, model.bill(&response.usage, day, tier)?))
    });
    let (origin, row, checked, bill) = billed.map_err(|error| Failure::of(&error.in_file(&Place::file(&name))))?;
    let actual = Actual { name: &name, model, row: &row, origin: &origin, day, tier, response: &response, bill: &bill };
    match args.format {
        ReportFormat::Table => actual.write_table(out)?,
        ReportFormat::Json => actual.write_json(out)?,
    }
    out.flush()?;
    Ok(prices::check_age(&row, checked, super::day(None), args.max_age)?)
}

/// Reads the one response of a file.
fn read(name: &str, bytes: &[u8]) -> Result<Response, Failure> {
    let documents = documents(name, bytes, InputFormat::Json);
    let [document] = documents.as_slice() else {
        let message = format!("it has {}, one is expected", plural(documents.len(), "response"));
        return Err(Failure::at(name, message).hint("price them one by one"));
    };
    Response::from_json(document.bytes()).map_err(|error| {
        let failure = Failure::of(&document.locate(error));
        match document.request().is_ok() {
            true => failure.hint("it is a request: gpt-cost estimate prices it before it is sent"),
            false => failure,
        }
    })
}

struct Actual<'a> {
    name: &'a str,
    model: &'a str,
    row: &'a str,
    origin: &'a str,
    day: Date,
    tier: Tier,
    response: &'a Response,
    bill: &'a Bill,
}

impl Actual<'_> {
    fn write_table(&self, out: &mut impl Write) -> std::io::Result<()> {
        let stands_for = if self.model == self.row { String::new() } else { format!(" → {}", self.row) };
        let tier = if self.tier == Tier::Standard { String::new() } else { format!(", {} tier", self.tier.as_str()) };
        writeln!(out, "{}  {}{stands_for}{tier}  as of {}\n", self.name, self.model, self.day)?;
        let costs = self.bill.charges.iter().map(|charge| charge.cost).chain([self.bill.total]);
        let digits = costs.map(|cost| cost.decimals()).max().unwrap_or(2) as usize;
        let mut rows = vec![["", "tokens", "rate", "cost"].map(Cell::title).to_vec()];
        for charge in &self.bill.charges {
            let rate = format!("{} / {}", charge.rate.amount(), charge.rate.per().as_str());
            let cost = format!("{:.digits$}", charge.cost);
            let [tokens, rate, cost] = [grouped(charge.tokens), rate, cost].map(Cell::right);
            rows.push(vec![Cell::plain(charge.kind.as_str()), tokens, rate, cost]);
        }
        let total = format!("{:.digits$}", self.bill.total);
        rows.push(vec![Cell::plain("total"), Cell::plain(""), Cell::plain(""), Cell::right(total)]);
        write_grid(&rows, out)?;
        if self.response.usage.reasoning > 0 {
            writeln!(out, "\n  of the output, {} tokens are reasoning", grouped(self.response.usage.reasoning))?;
        }
        Ok(writeln!(out, "\n  price: {}", self.origin)?)
    }

    fn write_json(&self, out: &mut impl Write) -> std::io::Result<()> {
        let charges: Vec<serde_json::Value> = self
            .bill
            .charges
            .iter()
            .map(|charge| {
                serde_json::json!({
                    "kind": charge.kind.as_str(),
                    "tokens": charge.tokens,
                    "rate": charge.rate.amount().amount().to_string(),
                    "per": charge.rate.per().as_str(),
                    "cost": charge.cost.amount().to_string(),
                })
            })
            .collect();
        let report = serde_json::json!({
            "schema": 1,
            "as_of": self.day.to_string(),
            "source": self.name,
            "model": self.model,
            "row": self.row,
            "pricing": self.origin,
            "tier": self.tier.as_str(),
            "reasoning_tokens": self.response.usage.reasoning,
            "charges": charges,
            "total": self.bill.total.amount().to_string(),
        });
        Ok(writeln!(out, "{report:#}")?)
    }
}
