//! The report for programs: `{schema, as_of, pricing, requests: […], total}`, the same shape for one request or a million,
//! keys in a fixed order, money as decimal strings.

use std::io::{self, Write};

use serde::Serialize;

use super::{Entry, Report};
use crate::catalog::{Field, PriceRow};
use crate::cli::input::Failed;
use crate::estimate::{Exceeded, RequestLimit};
use crate::{Cost, CostRange, Estimate, TokenCount, Usd};

/// The version of the shape. A field can be added without a new one; none is renamed, removed or given another meaning.
const SCHEMA: u32 = 1;

/// Writes the report.
pub(in crate::cli) fn write(report: &Report<'_>, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Document::of(report))?;
    writeln!(out)
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    as_of: String,
    pricing: Vec<Table<'a>>,
    from_config: Option<FromConfig<'a>>,
    requests: Vec<Requested<'a>>,
    failed: Vec<FailedRequest<'a>>,
    total: Total,
}

/// What cannot be read, counted or priced; it has no part in the total.
#[derive(Serialize)]
struct FailedRequest<'a> {
    name: String,
    file: &'a str,
    line: usize,
    error: String,
    hint: Option<&'a str>,
}

/// The configuration, and what of it has a part in the estimates.
#[derive(Serialize)]
struct FromConfig<'a> {
    file: &'a str,
    says: &'a [String],
}

#[derive(Serialize)]
struct Table<'a> {
    origin: &'a str,
    checked: Option<String>,
}

#[derive(Serialize)]
struct Requested<'a> {
    name: String,
    file: &'a str,
    line: usize,
    custom_id: Option<&'a str>,
    format: &'static str,
    model: &'a str,
    resolved_model: &'a str,
    encoding: Option<&'static str>,
    tier: &'static str,
    input_tokens: Tokens,
    cached_tokens: u64,
    output_tokens: Output<'a>,
    /// Of one request.
    cost: Costs,
    requests: u64,
    /// Of all requests.
    cost_of_all: Costs,
    fit: Fit,
    price: Price<'a>,
    /// The components of the input; together, the input.
    breakdown: Vec<Component<'a>>,
    not_counted: Vec<Remark<'a>>,
    warnings: Vec<Remark<'a>>,
}

#[derive(Serialize)]
struct Tokens {
    tokens: u64,
    min: u64,
    max: Option<u64>,
    label: &'static str,
}

#[derive(Serialize)]
struct Component<'a> {
    component: &'static str,
    path: &'a str,
    tokens: u64,
    bound: u64,
}

impl Component<'_> {
    fn of(part: &crate::accounting::Component) -> Component<'_> {
        Component { component: part.kind.as_str(), path: &part.path, tokens: part.tokens, bound: part.bound }
    }
}

#[derive(Serialize)]
struct Output<'a> {
    min: u64,
    expected: Option<u64>,
    max: Option<u64>,
    limit: Option<Limit<'a>>,
    choices: u64,
}

#[derive(Serialize)]
struct Limit<'a> {
    field: &'a str,
    tokens: u64,
}

#[derive(Serialize)]
struct Costs {
    currency: &'static str,
    input: Amounts,
    output: Amounts,
    total: Amounts,
}

#[derive(Serialize)]
struct Amounts {
    min: String,
    expected: Option<String>,
    max: Option<String>,
}

#[derive(Serialize)]
struct Fit {
    verdict: &'static str,
    context: Option<u64>,
    left: Option<u64>,
    max_input: Option<u64>,
    max_output: Option<u64>,
    exceeded: Vec<Exceeding>,
}

#[derive(Serialize)]
struct Exceeding {
    limit: &'static str,
    tokens: u64,
    allowed: u64,
    message: String,
}

#[derive(Serialize)]
struct Price<'a> {
    origin: &'a str,
    line: u32,
    checked: Option<String>,
    per: &'static str,
    tier: &'static str,
    from: Option<String>,
    above: Option<u64>,
    input: Option<String>,
    cached: Option<String>,
    output: Option<String>,
}

#[derive(Serialize)]
struct Remark<'a> {
    path: &'a str,
    #[serde(rename = "message")]
    text: &'a str,
}

#[derive(Serialize)]
struct Total {
    requests: u64,
    input_tokens: Tokens,
    cost: Costs,
}

impl<'a> Document<'a> {
    fn of(report: &'a Report<'_>) -> Document<'a> {
        let table = |layer: &&'a crate::catalog::Layer| Table {
            origin: layer.origin(),
            checked: layer.checked().map(|day| day.to_string()),
        };
        Document {
            schema: SCHEMA,
            as_of: report.day.to_string(),
            pricing: report.layers.iter().map(table).collect(),
            from_config: report.from_config.as_ref().map(|(file, says)| FromConfig { file, says }),
            requests: report.entries.iter().map(Requested::of).collect(),
            failed: report.failed.iter().map(FailedRequest::of).collect(),
            total: Total::of(&report.entries),
        }
    }
}

impl FailedRequest<'_> {
    fn of(failed: &Failed) -> FailedRequest<'_> {
        FailedRequest {
            name: failed.place.to_string(),
            file: &failed.place.file,
            line: failed.line,
            error: failed.failure.message(),
            hint: failed.failure.advice(),
        }
    }
}

impl<'a> Requested<'a> {
    fn of(entry: &'a Entry<'_>) -> Requested<'a> {
        let (estimate, request) = (entry.estimate, entry.request);
        let (model, fit, output) = (estimate.model(), estimate.fit(), estimate.output());
        Requested {
            name: entry.place.to_string(),
            file: &entry.place.file,
            line: entry.line,
            custom_id: request.custom_id(),
            format: request.format().as_str(),
            model: estimate.name(),
            resolved_model: model.name(),
            encoding: model.encoding().map(|encoding| encoding.as_str()),
            tier: estimate.tier().as_str(),
            input_tokens: Tokens::of(estimate.input()),
            cached_tokens: estimate.cached(),
            output_tokens: Output {
                min: output.min,
                expected: output.expected,
                max: output.max,
                limit: request.output_limit().map(|limit| Limit { field: limit.field, tokens: limit.tokens }),
                choices: request.choices(),
            },
            cost: Costs::of(estimate.cost()),
            requests: estimate.requests(),
            cost_of_all: Costs::of(&estimate.cost_of_all()),
            fit: Fit {
                verdict: fit.verdict().as_str(),
                context: fit.context(),
                left: fit.left(),
                max_input: model.max_input(),
                max_output: model.max_output(),
                exceeded: fit.exceeded().iter().map(Exceeding::of).collect(),
            },
            price: Price::of(entry),
            breakdown: estimate.input().breakdown().iter().map(Component::of).collect(),
            not_counted: estimate
                .input()
                .uncounted()
                .iter()
                .map(|one| Remark { path: &one.path, text: &one.reason })
                .collect(),
            warnings: entry.warnings.iter().map(|one| Remark { path: &one.path, text: &one.message }).collect(),
        }
    }
}

impl Exceeding {
    fn of(exceeded: &Exceeded) -> Exceeding {
        let message = exceeded.to_string();
        match *exceeded {
            Exceeded::Input { tokens, limit } => Exceeding { limit: "max_input", tokens, allowed: limit, message },
            Exceeded::Context { input, output, limit } => {
                Exceeding { limit: "context", tokens: input.saturating_add(output), allowed: limit, message }
            }
            Exceeded::Output { tokens, limit } => Exceeding { limit: "max_output", tokens, allowed: limit, message },
            Exceeded::Request { what, found, limit } => {
                let name = if what == RequestLimit::Inputs { "inputs" } else { "request_tokens" };
                Exceeding { limit: name, tokens: found, allowed: limit, message }
            }
        }
    }
}

impl Tokens {
    fn of(count: &TokenCount) -> Tokens {
        Tokens { tokens: count.tokens(), min: count.min(), max: count.max(), label: count.label().as_str() }
    }
}

impl Costs {
    fn of(cost: &Cost) -> Costs {
        let [input, output, total] = [&cost.input, &cost.output, &cost.total].map(Amounts::of);
        Costs { currency: "USD", input, output, total }
    }
}

impl Amounts {
    fn of(band: &CostRange) -> Amounts {
        Amounts { min: dollars(band.min), expected: band.expected.map(dollars), max: band.max.map(dollars) }
    }
}

impl<'a> Price<'a> {
    fn of(entry: &'a Entry<'_>) -> Price<'a> {
        let (layer, row) = (entry.estimate.layer(), entry.estimate.price());
        let amount = |row: &PriceRow, field| row.rate(field).map(|rate| dollars(rate.amount()));
        Price {
            origin: layer.origin(),
            line: row.line(),
            checked: entry.estimate.checked().map(|day| day.to_string()),
            per: row.per().as_str(),
            tier: row.tier().as_str(),
            from: row.from().map(|day| day.to_string()),
            above: (row.above() > 0).then_some(row.above()),
            input: amount(row, Field::Input),
            cached: amount(row, Field::Cached),
            output: amount(row, Field::Output),
        }
    }
}

impl Total {
    /// Sums all requests: the weakest label of any holds for the sum, and so does the sum of their bounds.
    fn of(entries: &[Entry<'_>]) -> Total {
        let estimates = || entries.iter().map(|entry| entry.estimate);
        let tokens: TokenCount = estimates().map(|estimate| estimate.input().times(estimate.requests())).sum();
        Total {
            requests: estimates().map(Estimate::requests).sum(),
            input_tokens: Tokens::of(&tokens),
            cost: Costs::of(&estimates().map(Estimate::cost_of_all).sum()),
        }
    }
}

fn dollars(amount: Usd) -> String {
    amount.amount().to_string()
}
