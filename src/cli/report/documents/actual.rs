//! The document of `actual`.

use gpt_cost::Tier;
use gpt_cost::money::Per;
use gpt_cost::usage::{Charge as UsageCharge, ChargeKind};
use serde::Serialize;

use super::{Day, Dollars, Name, Table};
use crate::cli::actual::Priced;

/// The cost of responses by their `usage`. Output of `gpt-cost actual --format json`.
#[derive(Serialize)]
#[serde(tag = "kind", rename = "actual")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Document<'a> {
    /// The price tables; for each model, the last one that has it is used.
    pricing: Vec<Table<'a>>,
    responses: Vec<Response<'a>>,
    total: Total,
}

impl<'a> Document<'a> {
    pub(in crate::cli) fn new(priced: &'a Priced<'_>) -> Document<'a> {
        Document {
            pricing: super::tables(priced.layers.iter().copied()),
            responses: vec![Response::new(priced)],
            total: Total { responses: 1, currency: "USD", cost: Dollars(priced.bill.total) },
        }
    }
}

/// A response and its price.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Response<'a> {
    /// The file, followed by `:LINE` or `#/INDEX` if it has several responses.
    name: &'a str,
    /// The name of the model as it was given.
    model: &'a str,
    /// The model whose prices are charged.
    resolved_model: &'a str,
    tier: Name<Tier>,
    /// The day of the response, or else the day of the prices.
    as_of: Day,
    /// The price table: a file, or `built-in`.
    origin: &'a str,
    charges: Vec<Charge>,
    /// The reasoning tokens in the output; they are charged as output.
    reasoning_tokens: u64,
    cost: Dollars,
}

impl<'a> Response<'a> {
    fn new(priced: &'a Priced<'_>) -> Response<'a> {
        Response {
            name: priced.name,
            model: priced.model,
            resolved_model: priced.resolved.model.name(),
            tier: Name(priced.tier),
            as_of: Day(priced.day),
            origin: priced.resolved.layer.origin(),
            charges: priced.bill.charges.iter().map(Charge::from).collect(),
            reasoning_tokens: priced.response.usage.reasoning,
            cost: Dollars(priced.bill.total),
        }
    }
}

/// Tokens of one kind, their rate and their cost.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Charge {
    kind: Name<ChargeKind>,
    tokens: u64,
    rate: Dollars,
    /// The number of tokens that the rate is for.
    per: Name<Per>,
    cost: Dollars,
}

impl From<&UsageCharge> for Charge {
    fn from(charge: &UsageCharge) -> Charge {
        Charge {
            kind: Name(charge.kind),
            tokens: charge.tokens,
            rate: Dollars(charge.rate.amount()),
            per: Name(charge.rate.per()),
            cost: Dollars(charge.cost),
        }
    }
}

/// All responses together.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Total {
    responses: usize,
    currency: &'static str,
    cost: Dollars,
}
