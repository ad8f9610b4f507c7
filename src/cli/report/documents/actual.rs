//! The document of `actual`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use gpt_cost::catalog::{Measure, Unit};
use gpt_cost::money::Per;
use gpt_cost::usage::{
    Charge as UsageCharge, ChargeKind, ImageCharges as UsageImageCharges, ToolKind, UnitCharge as UsageUnitCharge,
    UnpricedCalls as UsageUnpricedCalls,
};
use gpt_cost::{Date, Tier};
use serde::Serialize;

use super::{Day, Dollars, FailedRequest, Name, Table};
use crate::cli::input::Failed;
use crate::cli::report::actual::{self, Part, Priced, Report, Sum};

/// The cost of responses by their `usage`. Output of `gpt-cost actual --format json`.
#[derive(Serialize)]
#[serde(tag = "kind", rename = "actual")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Document<'a> {
    /// The price tables; for each model, the last one that has it is used.
    pricing: Vec<Table<'a>>,
    responses: Vec<Response<'a>>,
    /// Requests that failed according to the API, so that nothing was billed.
    not_billed: Vec<NotBilled<'a>>,
    /// Responses that cannot be read or priced. They are not part of any total.
    failed: Vec<FailedRequest<'a>>,
    by_model_and_day: Vec<Group<'a>>,
    total: Total,
}

/// Writes the document up to its first response.
pub(in crate::cli) fn write_start(report: &Report<'_>, out: &mut impl Write) -> io::Result<()> {
    super::write_start(Document::new(report), "responses", out)
}

/// Writes a response of the document, with the comma before it.
pub(in crate::cli) fn write_element(priced: &Priced<'_>, out: &mut impl Write) -> io::Result<()> {
    super::write_element(Response::new(priced), out)
}

/// Writes what follows the responses.
pub(in crate::cli) fn write_end(report: &Report<'_>, out: &mut impl Write) -> io::Result<()> {
    super::write_end(Document::new(report), "responses", !report.part.listing.has_rows, out)
}

impl<'a> Document<'a> {
    /// Returns the document without its responses.
    fn new(report: &'a Report<'_>) -> Document<'a> {
        let Part { listing, not_billed, .. } = &report.part;
        Document {
            pricing: super::tables(report.frame.layers.iter().copied()),
            responses: Vec::new(),
            not_billed: not_billed.iter().map(NotBilled::from).collect(),
            failed: listing.failures.iter().map(FailedRequest::from).collect(),
            by_model_and_day: listing.totals.by_model_and_day().map(Group::from).collect(),
            total: Total::from(&listing.totals.total),
        }
    }
}

/// A line of `gpt-cost actual --format jsonl`: one response.
#[derive(Serialize)]
#[serde(tag = "kind")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) enum Line<'a> {
    #[serde(rename = "actual-response")]
    Response(Box<Response<'a>>),
    #[serde(rename = "actual-not-billed")]
    NotBilled(NotBilled<'a>),
    #[serde(rename = "actual-failure")]
    Failed(FailedRequest<'a>),
}

/// Returns the line of a response.
pub(in crate::cli) fn line<'a>(priced: &'a Priced<'_>) -> Line<'a> {
    Line::Response(Box::new(Response::new(priced)))
}

/// Returns the line of a request that was not billed.
pub(in crate::cli) fn not_billed_line(one: &actual::NotBilled) -> Line<'_> {
    Line::NotBilled(one.into())
}

/// Returns the line of a response that failed.
pub(in crate::cli) fn failed_line(failed: &Failed) -> Line<'_> {
    Line::Failed(failed.into())
}

/// A response and its price.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Response<'a> {
    /// The file, followed by `:LINE` or `#/INDEX` if it has several responses.
    name: String,
    custom_id: Option<&'a str>,
    /// The name of the model as it was given.
    model: &'a str,
    /// The model whose prices are charged.
    resolved_model: &'a str,
    tier: Name<Tier>,
    /// The day of the response, or else the day of the prices.
    as_of: Day,
    /// The price table: a file, or `built-in`.
    origin: &'a str,
    /// A notice if the price was announced only until an earlier day.
    price_notice: Option<String>,
    /// A note on the price in the table.
    note: Option<&'a str>,
    /// All input tokens, cached or not.
    input_tokens: u64,
    /// The input tokens that were read from the prompt cache.
    cached_tokens: u64,
    /// All output tokens.
    output_tokens: u64,
    charges: Vec<Charge>,
    /// The reasoning tokens in the output; they are charged as output.
    reasoning_tokens: u64,
    /// The uplift on the charges; null if there is none.
    uplift: Option<Uplift>,
    /// The seconds of audio, if they are billed instead of tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<String>,
    tool_calls: ToolCalls,
    /// What is billed beside tokens: calls of tools, and audio by its duration.
    unit_charges: Vec<UnitCharge<'a>>,
    /// The charges for images that a tool generated; null if there are none.
    image_charges: Option<ImageCharges<'a>>,
    /// The calls whose price is unknown.
    unpriced_tool_calls: Vec<UnpricedCalls<'a>>,
    /// The sum of the charges. If there are unpriced calls, the response cost more.
    cost: Dollars,
}

impl<'a> Response<'a> {
    fn new(priced: &'a Priced<'_>) -> Response<'a> {
        let usage = &priced.response.usage;
        Response {
            name: priced.place.to_string(),
            custom_id: priced.custom_id.as_deref(),
            model: &priced.model,
            resolved_model: priced.resolved.model.name(),
            tier: Name(priced.tier),
            as_of: Day(priced.day),
            origin: priced.resolved.layer.origin(),
            price_notice: priced.price_notice(),
            note: priced.resolved.model.note(),
            input_tokens: usage.input,
            cached_tokens: usage.cached,
            output_tokens: usage.output,
            charges: priced.bill.charges.iter().map(Charge::from).collect(),
            reasoning_tokens: usage.reasoning,
            uplift: priced
                .bill
                .uplift
                .map(|(uplift, cost)| Uplift { percent: uplift.percent().to_string(), cost: Dollars(cost) }),
            seconds: priced.response.seconds.map(|seconds| seconds.normalize().to_string()),
            tool_calls: ToolCalls::from(&priced.response.tool_calls),
            unit_charges: priced.bill.units.iter().map(UnitCharge::from).collect(),
            image_charges: priced.bill.images.as_ref().map(ImageCharges::from),
            unpriced_tool_calls: priced.bill.unpriced.iter().map(UnpricedCalls::from).collect(),
            cost: Dollars(priced.bill.total),
        }
    }
}

/// What is added to the charges for tokens, or taken from them.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Uplift {
    /// The percentage, as a decimal.
    percent: String,
    cost: Dollars,
}

/// A quantity that is not tokens, its price and its cost.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct UnitCharge<'a> {
    /// The tool, or `audio`.
    name: &'a str,
    /// The quantity, as a decimal.
    quantity: String,
    measure: Name<Measure>,
    /// The price of one unit.
    rate: Dollars,
    per: Name<Unit>,
    cost: Dollars,
}

impl<'a> From<&'a UsageUnitCharge> for UnitCharge<'a> {
    fn from(charge: &'a UsageUnitCharge) -> UnitCharge<'a> {
        UnitCharge {
            name: charge.name,
            quantity: charge.quantity.normalize().to_string(),
            measure: Name(charge.price.unit().measure()),
            rate: Dollars(charge.price.amount()),
            per: Name(charge.price.unit()),
            cost: Dollars(charge.cost),
        }
    }
}

/// The cost of images that a tool generated, as tokens of another model.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ImageCharges<'a> {
    model: &'a str,
    charges: Vec<Charge>,
    cost: Dollars,
}

impl<'a> From<&'a UsageImageCharges> for ImageCharges<'a> {
    fn from(images: &'a UsageImageCharges) -> ImageCharges<'a> {
        let charges = images.charges.iter().map(Charge::from).collect();
        ImageCharges { model: &images.model, charges, cost: Dollars(images.cost) }
    }
}

/// Calls of a tool whose price is unknown.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct UnpricedCalls<'a> {
    tool: Name<ToolKind>,
    calls: u64,
    reason: &'a str,
}

impl<'a> From<&'a UsageUnpricedCalls> for UnpricedCalls<'a> {
    fn from(one: &'a UsageUnpricedCalls) -> UnpricedCalls<'a> {
        UnpricedCalls { tool: Name(one.tool), calls: one.calls, reason: &one.reason }
    }
}

/// The number of calls of each built-in tool.
#[derive(Serialize)]
#[serde(transparent)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ToolCalls(BTreeMap<&'static str, u64>);

impl From<&BTreeMap<ToolKind, u64>> for ToolCalls {
    fn from(calls: &BTreeMap<ToolKind, u64>) -> ToolCalls {
        ToolCalls(calls.iter().map(|(kind, calls)| (kind.as_str(), *calls)).collect())
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

/// A request that failed.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct NotBilled<'a> {
    /// The file, followed by `:LINE` or `#/INDEX` if it has several responses.
    name: String,
    custom_id: Option<&'a str>,
    /// The status and the code that the API reports.
    reason: &'a str,
}

impl<'a> From<&'a actual::NotBilled> for NotBilled<'a> {
    fn from(one: &'a actual::NotBilled) -> NotBilled<'a> {
        NotBilled { name: one.place.to_string(), custom_id: one.custom_id.as_deref(), reason: &one.reason }
    }
}

/// The responses of one model on one day.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Group<'a> {
    /// The name of the model as it was given.
    model: &'a str,
    day: Day,
    responses: usize,
    input_tokens: u64,
    cached_tokens: u64,
    output_tokens: u64,
    tool_calls: ToolCalls,
    /// The sum of the charges. If there are unpriced calls, the responses cost more.
    cost: Dollars,
    /// Whether there are unpriced calls.
    has_unpriced_calls: bool,
}

impl<'a> From<((&'a str, Date), &Sum)> for Group<'a> {
    fn from(((model, day), sum): ((&'a str, Date), &Sum)) -> Group<'a> {
        Group {
            model,
            day: Day(day),
            responses: sum.responses,
            input_tokens: sum.input,
            cached_tokens: sum.cached,
            output_tokens: sum.output,
            tool_calls: ToolCalls::from(&sum.tool_calls),
            cost: Dollars(sum.cost),
            has_unpriced_calls: !sum.unpriced.is_empty(),
        }
    }
}

/// All responses together.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Total {
    responses: usize,
    input_tokens: u64,
    cached_tokens: u64,
    output_tokens: u64,
    tool_calls: ToolCalls,
    currency: &'static str,
    /// The sum of the charges. If there are unpriced calls, the responses cost more.
    cost: Dollars,
    /// Whether there are unpriced calls.
    has_unpriced_calls: bool,
}

impl From<&Sum> for Total {
    fn from(sum: &Sum) -> Total {
        Total {
            responses: sum.responses,
            input_tokens: sum.input,
            cached_tokens: sum.cached,
            output_tokens: sum.output,
            tool_calls: ToolCalls::from(&sum.tool_calls),
            currency: "USD",
            cost: Dollars(sum.cost),
            has_unpriced_calls: !sum.unpriced.is_empty(),
        }
    }
}
