//! The document of `check`.

use gpt_cost::Decimal;
use gpt_cost::budget::{CostBounds, Finding as BudgetFinding, Level, Limits as BudgetLimits, Record};
use serde::Serialize;

use super::{Day, Dollars, Name, Remark, Table, Tokens};
use crate::cli::checked::{Checked, LargestComponent, Measured, Tally, Verdict, verdict_name};
use crate::cli::exit::Failure;
use crate::cli::report::check::{CheckReport, Total as ReportTotal};

/// Prompts checked against their budgets. Output of `gpt-cost check --format json`.
#[derive(Serialize)]
#[serde(tag = "kind", rename = "check")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Document<'a> {
    /// The day of the prices and aliases.
    as_of: Day,
    /// The price tables; for each model, the last one that has it is used.
    pricing: Vec<Table<'a>>,
    /// The hash of all price tables together, for `pricing_lock` in gpt-cost.toml.
    pricing_hash: String,
    /// Each request once, the worst first.
    requests: Vec<Request<'a>>,
    /// The findings about the project as a whole.
    findings: Vec<Finding<'a>>,
    /// The requests of the baseline that no longer exist.
    stale: Vec<String>,
    budgets: Vec<Budget<'a>>,
    total: Total,
    /// The number of requests with each verdict.
    tally: Tally,
    /// Whether --warn-only was given.
    warn_only: bool,
}

impl<'a> Document<'a> {
    pub(in crate::cli) fn new(report: &'a CheckReport<'_>) -> Document<'a> {
        Document {
            as_of: Day(report.project.day),
            pricing: super::tables(report.project.catalog.layers()),
            pricing_hash: report.project.pricing_hash(),
            requests: report.requests.iter().map(|one| Request::new(report, one)).collect(),
            findings: report.lock.iter().map(Finding::from).collect(),
            stale: report.stale.iter().map(ToString::to_string).collect(),
            budgets: (0..report.budgets.len()).map(|index| Budget::new(report, index)).collect(),
            total: (&report.total()).into(),
            tally: report.tally(),
            warn_only: report.warn_only,
        }
    }
}

/// A line of `gpt-cost check --format jsonl`: a request, or a budget with findings about all of its requests together.
#[derive(Serialize)]
#[serde(tag = "kind")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) enum Line<'a> {
    #[serde(rename = "check-request")]
    Request(Box<Request<'a>>),
    #[serde(rename = "check-budget")]
    Budget(Box<Budget<'a>>),
}

/// Returns the lines of a report: its requests, then the budgets that have findings of their own.
pub(in crate::cli) fn lines<'a>(report: &'a CheckReport<'_>) -> impl Iterator<Item = Line<'a>> {
    let requests = report.requests.iter().map(|one| Line::Request(Box::new(Request::new(report, one))));
    let with_findings = (0..report.budgets.len()).filter(|index| !report.budgets[*index].findings.is_empty());
    requests.chain(with_findings.map(|index| Line::Budget(Box::new(Budget::new(report, index)))))
}

/// A request and the verdicts of its budgets.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Request<'a> {
    /// The file, followed by `:LINE` or `#/INDEX` if it has several requests.
    name: String,
    file: &'a str,
    /// The line to look at, from 1.
    line: usize,
    custom_id: Option<&'a str>,
    /// The number of requests in the file that are identical to it, itself included.
    identical_requests: u32,
    /// The format that the request was read as; null if it cannot be read.
    format: Option<&'static str>,
    /// The worst verdict of its budgets.
    #[cfg_attr(test, schemars(extend("enum" = VERDICTS)))]
    verdict: &'static str,
    /// Why the request cannot be read.
    error: Option<String>,
    hint: Option<&'a str>,
    budgets: Vec<BudgetVerdict<'a>>,
}

#[cfg(test)]
const VERDICTS: [&str; 4] = ["within", "warning", "exceeded", "unknown"];

impl<'a> Request<'a> {
    fn new(report: &'a CheckReport<'_>, one: &'a Checked) -> Request<'a> {
        Request {
            name: one.place.to_string(),
            file: &one.place.file,
            line: one.line,
            custom_id: one.custom_id.as_deref(),
            identical_requests: one.times,
            format: one.format.map(|format| format.as_str()),
            verdict: verdict_name(one.level()),
            error: one.failure.as_ref().map(Failure::message),
            hint: one.failure.as_ref().and_then(Failure::hint_text),
            budgets: one.verdicts.iter().map(|verdict| BudgetVerdict::new(report, one, verdict)).collect(),
        }
    }
}

/// The verdict of a budget on a request.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct BudgetVerdict<'a> {
    /// The name of the budget.
    budget: &'a str,
    #[cfg_attr(test, schemars(extend("enum" = VERDICTS)))]
    verdict: &'static str,
    /// Why the request cannot be counted or priced.
    error: Option<String>,
    hint: Option<&'a str>,
    findings: Vec<Finding<'a>>,
    /// Absent if the request cannot be counted or priced.
    #[serde(flatten)]
    measured: Option<Measurement<'a>>,
}

impl<'a> BudgetVerdict<'a> {
    fn new(report: &'a CheckReport<'_>, one: &'a Checked, verdict: &'a Verdict) -> BudgetVerdict<'a> {
        let failure = verdict.outcome.as_ref().err();
        BudgetVerdict {
            budget: &report.budgets[verdict.budget].budget.name,
            verdict: verdict_name(verdict.level()),
            error: failure.map(Failure::message),
            hint: failure.and_then(Failure::hint_text),
            findings: verdict.findings.iter().map(Finding::from).collect(),
            measured: verdict.measured().map(|measured| Measurement::new(report, one, verdict, measured)),
        }
    }
}

/// The usage and cost of a request on the terms of a budget.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Measurement<'a> {
    /// The name of the model.
    model: &'a str,
    input_tokens: Tokens,
    cost: RequestCost,
    /// The cost of a month; null if the budget has no `monthly_requests`.
    monthly_cost: Option<Cost>,
    /// The request as `baseline write` would record it now.
    current: Record,
    /// The request as recorded in the baseline, at today's prices.
    baseline: Option<Record>,
    /// The component of the input with the most tokens; null for a text, which has only one.
    largest_component: Option<Largest<'a>>,
    not_counted: Vec<Remark<'a>>,
    warnings: Vec<Remark<'a>>,
}

impl<'a> Measurement<'a> {
    fn new(report: &CheckReport<'_>, one: &Checked, verdict: &Verdict, measured: &'a Measured) -> Measurement<'a> {
        let Measured { entry, input, cost, warnings, largest, .. } = measured;
        Measurement {
            model: &entry.model,
            input_tokens: input.into(),
            cost: RequestCost { range: (*cost).into(), expected: entry.expects_output.then_some(Dollars(entry.cost)) },
            monthly_cost: report.verdict_monthly_cost(verdict).map(Cost::from),
            current: entry.record(&one.place),
            baseline: verdict.before.as_ref().map(|before| before.record(&one.place)),
            largest_component: largest.as_ref().map(Largest::from),
            not_counted: super::uncounted(input.uncounted()),
            warnings: super::remarks(warnings),
        }
    }
}

/// A component of the input.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Largest<'a> {
    /// Its JSON path.
    path: &'a str,
    tokens: u64,
}

impl<'a> From<&'a LargestComponent> for Largest<'a> {
    fn from(component: &'a LargestComponent) -> Largest<'a> {
        Largest { path: &component.path, tokens: component.tokens }
    }
}

/// The range of a cost.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Cost {
    /// The minimum cost of the input, without output.
    min: Dollars,
    /// The known cost: that of the counted input and of the maximum output, if it is limited.
    known: Dollars,
    /// Null if not everything is counted, or the output has no limit.
    max: Option<Dollars>,
}

impl From<CostBounds> for Cost {
    fn from(cost: CostBounds) -> Cost {
        Cost { min: Dollars(cost.least), known: Dollars(cost.known), max: cost.most.map(Dollars) }
    }
}

/// The cost of a request.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RequestCost {
    #[serde(flatten)]
    range: Cost,
    /// The cost with the expected output; null if no output is expected.
    expected: Option<Dollars>,
}

/// A finding of a limit.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Finding<'a> {
    /// The limit, as gpt-cost.toml names it.
    rule: &'static str,
    level: Name<Level>,
    /// The percentage by which the limit is exceeded, as a decimal number; null if there is none.
    excess_percent: Option<String>,
    message: &'a str,
    hint: Option<&'a str>,
}

impl<'a> From<&'a BudgetFinding> for Finding<'a> {
    fn from(finding: &'a BudgetFinding) -> Finding<'a> {
        let has_excess = finding.excess < Decimal::MAX;
        Finding {
            rule: finding.rule,
            level: Name(finding.level),
            excess_percent: has_excess.then(|| finding.excess.round_dp(1).normalize().to_string()),
            message: &finding.message,
            hint: finding.hint.as_deref(),
        }
    }
}

/// A budget of gpt-cost.toml.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Budget<'a> {
    name: &'a str,
    /// The line of gpt-cost.toml on which it begins, from 1; 0 for the limits of the command line.
    line: usize,
    /// The number of its requests.
    requests: usize,
    limits: Limits,
    total: Total,
    /// Why it has no requests.
    error: Option<String>,
    hint: Option<&'a str>,
    /// The findings about all of its requests together.
    findings: Vec<Finding<'a>>,
}

impl<'a> Budget<'a> {
    fn new(report: &'a CheckReport<'_>, index: usize) -> Budget<'a> {
        let one = &report.budgets[index];
        Budget {
            name: &one.budget.name,
            line: one.budget.line,
            requests: one.requests,
            limits: (&one.budget.limits).into(),
            total: (&report.budget_total(index)).into(),
            error: one.failure.as_ref().map(Failure::message),
            hint: one.failure.as_ref().and_then(Failure::hint_text),
            findings: one.findings.iter().map(Finding::from).collect(),
        }
    }
}

/// The limits that are set, as gpt-cost.toml writes them.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Limits {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_cost_per_request: Option<Dollars>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_input_cost: Option<Dollars>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_input_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_total_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_context_left: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_cost_all_requests: Option<Dollars>,
    #[serde(skip_serializing_if = "Option::is_none")]
    monthly_requests: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_monthly_cost: Option<Dollars>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_increase: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    allow_uncounted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    warn_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fail_on_shutdown: Option<String>,
}

impl From<&BudgetLimits> for Limits {
    fn from(limits: &BudgetLimits) -> Limits {
        Limits {
            max_cost_per_request: limits.max_cost_per_request.map(Dollars),
            max_input_cost: limits.max_input_cost.map(Dollars),
            max_input_tokens: limits.max_input_tokens,
            max_total_tokens: limits.max_total_tokens,
            min_context_left: limits.min_context_left,
            max_cost_all_requests: limits.max_cost_all_requests.map(Dollars),
            monthly_requests: limits.monthly_requests,
            max_monthly_cost: limits.max_monthly_cost.map(Dollars),
            max_increase: limits.max_increase.map(|increase| increase.to_string()),
            allow_uncounted: limits.allow_uncounted,
            warn_at: limits.warn_at.map(|share| format!("{}%", share.normalize())),
            fail_on_shutdown: limits.fail_on_shutdown.map(|days| format!("{days}d")),
        }
    }
}

/// All requests together, each once, without those that cannot be counted or priced.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Total {
    requests: usize,
    input_tokens: Tokens,
    cost: Cost,
    /// The cost of a month, of the requests whose budgets have `monthly_requests`; null if none has.
    monthly_cost: Option<Cost>,
}

impl From<&ReportTotal> for Total {
    fn from(total: &ReportTotal) -> Total {
        Total {
            requests: total.requests,
            input_tokens: (&total.input).into(),
            cost: total.cost.into(),
            monthly_cost: total.month.map(Cost::from),
        }
    }
}
