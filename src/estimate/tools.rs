//! The tools that a request offers, and what the expected calls of them cost.

use rust_decimal::Decimal;

use super::terms::Terms;
use crate::catalog::{Catalog, Field, Measure, Model, PriceRow, ResolvedTool, UnitPrice};
use crate::error::{self, Error, Problem, Result};
use crate::money::{Usd, grouped};
use crate::request::{Request, Warning};
use crate::usage::searches_by_preview;

/// A tool that a request offers and that is billed beside its tokens.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OfferedTool<'c> {
    /// The name of the tool in the price table.
    pub name: &'c str,
    /// The path in the request, such as `tools[0]`; empty if the model searches on its own.
    pub path: String,
    /// The price of a call; `None` if the tool is not billed by the call, or its price is unknown.
    pub price: Option<&'c UnitPrice>,
    /// The number of calls, if the terms set it.
    pub calls: Option<u64>,
    /// The cost of these calls, with the input tokens that each is billed if their number is fixed. Zero if the terms do
    /// not set the calls.
    pub cost: Usd,
}

/// Returns the tools that the request offers, each once, with the cost of the calls that the terms set.
///
/// # Errors
///
/// Terms with calls of a tool that no table has, that is not billed by the call, or that has no price for the model.
pub(super) fn offered<'c>(
    catalog: &'c Catalog,
    model: &Model,
    row: &PriceRow,
    request: &Request,
    terms: &Terms,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<OfferedTool<'c>>> {
    let mut tools: Vec<OfferedTool<'c>> = Vec::new();
    let built_in = request.built_in.iter().map(|tool| (tool.kind.as_str(), tool.path.as_str()));
    let own = searches_by_preview(model.name()).then_some(("web_search_preview", ""));
    for (kind, path) in built_in.chain(own) {
        let Some(found) = catalog.find_tool(kind) else { continue };
        if tools.iter().any(|known| known.name == found.tool.name()) {
            continue;
        }
        let price = found.tool.call_price(model, terms.day);
        let calls = terms.calls_of(&found);
        if calls.is_none() {
            warnings.push(Warning::new(path, remark(&found, kind, model, price, terms)));
        }
        let cost = match (calls, price) {
            (Some(calls), Some(price)) => cost(price, calls, row, terms),
            _ => Usd::ZERO,
        };
        tools.push(OfferedTool { name: found.tool.name(), path: path.to_owned(), price, calls, cost });
    }
    check(catalog, model, terms, &tools, warnings)?;
    Ok(tools)
}

/// Returns the cost of the calls, and of the input tokens that each is billed.
fn cost(price: &UnitPrice, calls: u64, row: &PriceRow, terms: &Terms) -> Usd {
    let tokens = price.input_tokens().unwrap_or(0).saturating_mul(calls);
    let of_tokens = row.rate(Field::Input).map_or(Usd::ZERO, |rate| rate.cost(tokens));
    price.cost(Decimal::from(calls)) + terms.uplift.apply(of_tokens)
}

/// Returns the remark that the calls of a tool are not in the cost.
fn remark(found: &ResolvedTool<'_>, kind: &str, model: &Model, price: Option<&UnitPrice>, terms: &Terms) -> String {
    let tool = found.tool;
    if let Some(price) = price {
        let rest = match price.input_tokens() {
            Some(tokens) => format!(", and {} input tokens, which are", grouped(tokens)),
            None => ", which is".to_owned(),
        };
        return format!("each call of {} costs {}{rest} not in the cost", tool.name(), price.cost(Decimal::ONE));
    }
    let by_time: Vec<String> = tool
        .sheet(terms.day)
        .filter(|row| row.unit().measure() != Measure::Calls)
        .map(UnitPrice::with_variant)
        .collect();
    match by_time.is_empty() {
        true => format!(
            "the price of {} is unknown for {} on {}, and not in the cost",
            tool.name(),
            model.name(),
            terms.day
        ),
        false => format!("a {} of {kind} costs {}, which is not in the cost", tool.name(), by_time.join(", ")),
    }
}

/// Checks the tools of the terms: each has a price for a call. A warning names those that the request does not offer.
fn check(
    catalog: &Catalog,
    model: &Model,
    terms: &Terms,
    offered: &[OfferedTool<'_>],
    warnings: &mut Vec<Warning>,
) -> Result<()> {
    for name in terms.tool_calls.keys() {
        let tool = catalog.tool(name)?.tool;
        if tool.call_price(model, terms.day).is_none() {
            let prices: Vec<String> = tool.sheet(terms.day).map(UnitPrice::with_variant).collect();
            let problem =
                Problem::new(format!("`{}` has no price for a call of {name} on {}", model.name(), terms.day));
            let hint = Some(format!("its prices are {}", prices.join(", "))).filter(|_| !prices.is_empty());
            let problem = match hint {
                Some(hint) => problem.with_hint(hint),
                None => problem,
            };
            return Err(Error::new(error::Kind::MissingPrice, problem));
        }
        if !offered.iter().any(|one| one.name == tool.name()) {
            let message = format!("the request does not offer {name}: its calls are not in the cost");
            warnings.push(Warning::new("", message));
        }
    }
    Ok(())
}
