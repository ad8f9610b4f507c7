//! The document of `estimate`: the same format for one request or many.

use std::io::{self, Write};

use gpt_cost::catalog::{Unit, UnitPrice};
use gpt_cost::estimate::{Exceeded, OfferedTool};
use gpt_cost::{Cost, CostRange, Estimate, Tier, Verdict};
use serde::Serialize;

use super::{Component, Day, Dollars, FailedRequest, FromConfig, Name, Price, Remark, Table, Tokens};
use crate::cli::input::Failed;
use crate::cli::report::estimate::{Entry, Report};
use crate::cli::report::totals::Sum;

/// The estimates of requests: tokens, price and fit. Output of `gpt-cost estimate --format json`.
#[derive(Serialize)]
#[serde(tag = "kind", rename = "estimate")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Document<'a> {
    /// The day of the prices and aliases.
    as_of: Day,
    /// The price tables; for each model, the last one that has it is used.
    pricing: Vec<Table<'a>>,
    requests: Vec<Request<'a>>,
    failed: Vec<FailedRequest<'a>>,
    from_config: Option<FromConfig<'a>>,
    total: Total,
}

/// Writes the document up to its first request.
pub(in crate::cli) fn write_start(report: &Report<'_>, out: &mut impl Write) -> io::Result<()> {
    super::write_start(Document::new(report, None), out)
}

/// Writes a request of the document, with the comma before it.
pub(in crate::cli) fn write_element(entry: &Entry<'_>, out: &mut impl Write) -> io::Result<()> {
    super::write_element(Request::new(entry), out)
}

/// Writes what follows the requests.
pub(in crate::cli) fn write_end(
    report: &Report<'_>,
    from_config: Option<&(String, Vec<String>)>,
    out: &mut impl Write,
) -> io::Result<()> {
    super::write_end(Document::new(report, from_config), report.part.listing.totals.items == 0, out)
}

impl<'a> Document<'a> {
    /// Returns the document without its requests.
    fn new(report: &'a Report<'_>, from_config: Option<&'a (String, Vec<String>)>) -> Document<'a> {
        Document {
            as_of: Day(report.frame.day),
            pricing: super::tables(report.frame.layers.iter().copied()),
            requests: Vec::new(),
            failed: report.part.listing.failures.iter().map(FailedRequest::from).collect(),
            from_config: from_config.map(|(file, settings)| FromConfig { file, settings }),
            total: Total::new(&report.part.listing.totals.all),
        }
    }
}

/// A line of `gpt-cost estimate --format jsonl`: one request.
#[derive(Serialize)]
#[serde(tag = "kind")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) enum Line<'a> {
    #[serde(rename = "estimate-request")]
    Request(Box<Request<'a>>),
    #[serde(rename = "estimate-failure")]
    Failed(FailedRequest<'a>),
}

/// Returns the line of a request.
pub(in crate::cli) fn line<'a>(entry: &'a Entry<'_>) -> Line<'a> {
    Line::Request(Box::new(Request::new(entry)))
}

/// Returns the line of a request that failed.
pub(in crate::cli) fn failed_line(failed: &Failed) -> Line<'_> {
    Line::Failed(failed.into())
}

/// A request and its estimate.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Request<'a> {
    /// The file, followed by `:LINE` or `#/INDEX` if it has several requests.
    name: String,
    file: &'a str,
    /// The line of the file on which the request begins, from 1.
    line: usize,
    custom_id: Option<&'a str>,
    /// The format that the request was read as.
    format: &'static str,
    /// Whether its texts have values of a template: the count is that of these values.
    is_filled: bool,
    /// The name of the model as it was given.
    model: &'a str,
    /// The model that the name resolves to.
    resolved_model: &'a str,
    encoding: Option<&'static str>,
    tier: Name<Tier>,
    input_tokens: Tokens,
    cached_tokens: u64,
    output_tokens: Output<'a>,
    /// The cost of one request.
    cost: Costs,
    /// The number of requests in the file that are identical to it, itself included.
    identical_requests: u32,
    /// The number of times the request is sent, in total.
    requests: u64,
    /// The cost of all of them.
    cost_of_all: Costs,
    fit: Fit,
    price: Price<'a>,
    /// The percentage by which the prices of tokens are higher, as a decimal; null if there is none. It is in the cost.
    uplift: Option<String>,
    /// The tools that the request offers and that are billed beside its tokens.
    tools: Vec<Tool<'a>>,
    breakdown: Vec<Component<'a>>,
    not_counted: Vec<Remark<'a>>,
    warnings: Vec<Remark<'a>>,
}

impl<'a> Request<'a> {
    fn new(entry: &'a Entry<'_>) -> Request<'a> {
        let (estimate, facts) = (&entry.estimate, &entry.facts);
        let (model, input, output) = (estimate.model(), estimate.input(), estimate.output());
        Request {
            name: facts.place.to_string(),
            file: &facts.place.file,
            line: facts.line,
            custom_id: facts.custom_id.as_deref(),
            format: facts.format.as_str(),
            is_filled: facts.is_filled,
            model: estimate.name(),
            resolved_model: model.name(),
            encoding: model.encoding().map(|encoding| encoding.as_str()),
            tier: Name(estimate.tier()),
            input_tokens: input.into(),
            cached_tokens: estimate.cached(),
            output_tokens: Output {
                min: output.min,
                expected: output.expected,
                max: output.max,
                limit: facts.output_limit.as_ref().map(|limit| Limit { field: limit.field, tokens: limit.tokens }),
                choices: facts.choices,
            },
            cost: estimate.cost().into(),
            identical_requests: facts.times,
            requests: estimate.requests(),
            cost_of_all: (&estimate.cost_of_all()).into(),
            fit: Fit::new(estimate),
            price: Price::new(estimate.layer(), model, estimate.price()),
            uplift: Some(estimate.uplift())
                .filter(|uplift| !uplift.is_none())
                .map(|uplift| uplift.percent().to_string()),
            tools: estimate.tools().iter().map(Tool::from).collect(),
            breakdown: super::breakdown(input),
            not_counted: super::uncounted(input.uncounted()),
            warnings: super::remarks(&entry.warnings),
        }
    }
}

/// A tool that a request offers.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Tool<'a> {
    name: &'a str,
    /// The path in the request.
    path: &'a str,
    /// The price of a unit; null if the tool is not billed by the call, or its price is unknown.
    rate: Option<Dollars>,
    /// What the rate is for.
    per: Option<Name<Unit>>,
    /// The input tokens that each call is billed in addition, if they are fixed.
    input_tokens: Option<u64>,
    /// The number of calls in the cost; null if it is not set, so that the cost has none.
    calls: Option<u64>,
    /// The cost of these calls.
    cost: Dollars,
}

impl<'a> From<&'a OfferedTool<'_>> for Tool<'a> {
    fn from(tool: &'a OfferedTool<'_>) -> Tool<'a> {
        Tool {
            name: tool.name,
            path: &tool.path,
            rate: tool.price.map(|price| Dollars(price.amount())),
            per: tool.price.map(|price| Name(price.unit())),
            input_tokens: tool.price.and_then(UnitPrice::input_tokens),
            calls: tool.calls,
            cost: Dollars(tool.cost),
        }
    }
}

/// The tokens of output.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Output<'a> {
    min: u64,
    expected: Option<u64>,
    /// The maximum that the request, or else the model, allows; null if neither limits it.
    max: Option<u64>,
    /// The limit that the request itself sets.
    limit: Option<Limit<'a>>,
    /// The number of answers that the request asks for.
    choices: u64,
}

/// A limit on output that a request sets.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Limit<'a> {
    /// The field of the request, such as `max_tokens`.
    field: &'a str,
    tokens: u64,
}

/// The cost of the input, of the output, of calls of tools and of all.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Costs {
    currency: &'static str,
    input: Amounts,
    output: Amounts,
    /// The cost of the calls of tools that are set.
    tools: Dollars,
    total: Amounts,
}

impl From<&Cost> for Costs {
    fn from(cost: &Cost) -> Costs {
        let [input, output, total] = [&cost.input, &cost.output, &cost.total].map(Amounts::from);
        Costs { currency: "USD", input, output, tools: Dollars(cost.tools), total }
    }
}

/// A range of amounts.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Amounts {
    min: Dollars,
    /// The cost with the expected output; null if no output is expected.
    expected: Option<Dollars>,
    /// Null if there is no upper limit.
    max: Option<Dollars>,
}

impl From<&CostRange> for Amounts {
    fn from(range: &CostRange) -> Amounts {
        Amounts { min: Dollars(range.min), expected: range.expected.map(Dollars), max: range.max.map(Dollars) }
    }
}

/// Whether a request fits its model's limits.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Fit {
    verdict: Name<Verdict>,
    /// The context window in tokens.
    context: Option<u64>,
    /// The tokens left in the context window after the input.
    left: Option<u64>,
    /// The maximum input tokens of the model.
    max_input: Option<u64>,
    /// The maximum output tokens of the model.
    max_output: Option<u64>,
    exceeded: Vec<Exceeding>,
}

impl Fit {
    fn new(estimate: &Estimate<'_>) -> Fit {
        let (model, fit) = (estimate.model(), estimate.fit());
        Fit {
            verdict: Name(fit.verdict()),
            context: fit.context(),
            left: fit.left(),
            max_input: model.max_input(),
            max_output: model.max_output(),
            exceeded: fit.exceeded().iter().map(Exceeding::from).collect(),
        }
    }
}

/// A limit of the model that the request exceeds.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Exceeding {
    /// The name of the limit, such as `context` or `max_output`.
    limit: &'static str,
    /// The tokens, or inputs, that the request has or asks for.
    tokens: u64,
    /// The tokens, or inputs, that are allowed.
    allowed: u64,
    message: String,
}

impl From<&Exceeded> for Exceeding {
    fn from(exceeded: &Exceeded) -> Exceeding {
        Exceeding {
            limit: exceeded.limit(),
            tokens: exceeded.found(),
            allowed: exceeded.allowed(),
            message: exceeded.to_string(),
        }
    }
}

/// All requests together, each as often as it is sent.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Total {
    requests: u64,
    input_tokens: Tokens,
    cost: Costs,
}

impl Total {
    fn new(sum: &Sum) -> Total {
        let cost = sum.cost.unwrap_or_else(|| [].into_iter().sum());
        Total { requests: sum.requests, input_tokens: (&sum.tokens).into(), cost: (&cost).into() }
    }
}
