//! Estimates of requests before they are sent.

use gpt_cost::budget::{CostBounds, Finding, Level, Limits};
use gpt_cost::catalog::UnitPrice;
use gpt_cost::estimate::{Exceeded, OfferedTool};
use gpt_cost::{CostRange, Usd};
use pyo3::prelude::*;

use crate::catalog::Price;
use crate::count::{self, Component, Remark, Tokens, Unproved};
use crate::errors::{BudgetExceeded, with_attributes};
use crate::record::record;
use crate::values::{Day, Dollars};

record! {
    /// The tokens of the output, all answers together.
    struct Output {
        /// The minimum.
        min: u64,
        /// The expected number; `None` if it is not given.
        expected: Option<u64>,
        /// The maximum that the request, or else the model, allows; `None` if neither limits it.
        max: Option<u64>,
        /// The limit that the request itself sets.
        limit: Option<Limit>,
        /// The number of answers that the request asks for.
        choices: u64,
    }
    repr [min, expected, max, limit, choices]
}

record! {
    /// A limit on output that a request sets.
    struct Limit {
        /// The field of the request, such as `max_tokens`.
        field: &'static str,
        /// The number of tokens.
        tokens: u64,
    }
    repr [field, tokens]
}

record! {
    /// A range of amounts in US dollars.
    struct Amounts {
        /// The minimum.
        min: Dollars,
        /// The cost with the expected output; `None` if no output is expected.
        expected: Option<Dollars>,
        /// The maximum; `None` if it is unknown.
        max: Option<Dollars>,
    }
    repr [min, expected, max]
}

record! {
    /// The cost of the input, of the output, of calls of tools and of all.
    struct Cost {
        /// The currency: `USD`.
        currency: &'static str,
        /// The cost of the input.
        input: Amounts,
        /// The cost of the output, from none to the most that the request allows.
        output: Amounts,
        /// The cost of the calls of tools that are set.
        tools: Dollars,
        /// The sum of all.
        total: Amounts,
    }
    repr [total]
}

record! {
    /// A limit of the model that the request exceeds.
    struct Exceeding {
        /// The name of the limit, such as `context` or `max_output`.
        limit: &'static str,
        /// The tokens, or inputs, that the request has or asks for.
        tokens: u64,
        /// The tokens, or inputs, that are allowed.
        allowed: u64,
        /// What exceeds which limit, and by how much.
        message: String,
    }
    repr [limit, tokens, allowed]
}

record! {
    /// Whether a request fits the limits of its model.
    struct Fit {
        /// `fits`, `exceeds` or `unknown`.
        verdict: &'static str,
        /// The context window in tokens.
        context: Option<u64>,
        /// The tokens left in the context window after the input.
        left: Option<u64>,
        /// The maximum input tokens of the model.
        max_input: Option<u64>,
        /// The maximum output tokens of the model.
        max_output: Option<u64>,
        /// The limits that are exceeded for certain.
        exceeded: Vec<Exceeding>,
    }
    repr [verdict, context, left, exceeded]
}

record! {
    /// A tool that a request offers and that is billed beside its tokens.
    struct Tool {
        /// The name of the tool in the price table.
        name: String,
        /// The place in the request, such as `tools[0]`.
        path: String,
        /// The price of a unit; `None` if the tool is not billed by the call, or its price is unknown.
        rate: Option<Dollars>,
        /// What the rate is for.
        per: Option<&'static str>,
        /// The input tokens that each call is billed in addition, if they are fixed.
        input_tokens: Option<u64>,
        /// The number of calls in the cost; `None` if it is not set, so that the cost has none.
        calls: Option<u64>,
        /// The cost of these calls.
        cost: Dollars,
    }
    repr [name, path, rate, per, calls, cost]
}

record! {
    /// What a request will cost, and whether it fits the model's limits.
    ///
    /// >>> import gpt_cost
    /// >>> messages = [{"role": "user", "content": "Why is the sky blue?"}]
    /// >>> estimate = gpt_cost.estimate(messages, "gpt-4.1", output_tokens=500, as_of="2026-11-23")
    /// >>> estimate.tokens, estimate.label, estimate.fit.verdict
    /// (13, 'exact', 'fits')
    /// >>> estimate.cost.total.expected
    /// Decimal('0.004026')
    struct Estimate {
        /// The day of the prices and aliases.
        as_of: Day,
        /// The format that the request was read as.
        format: &'static str,
        /// The name of the model as it was given.
        model: String,
        /// The model that the name resolves to.
        resolved_model: String,
        /// The name of its encoding.
        encoding: Option<&'static str>,
        /// The service tier.
        tier: &'static str,
        /// The tokens of the input, with their range and label.
        input_tokens: Tokens,
        /// The input tokens that are assumed to be read from the prompt cache.
        cached_tokens: u64,
        /// The tokens of the output.
        output_tokens: Output,
        /// The cost of one request.
        cost: Cost,
        /// How many times the request is sent.
        requests: u64,
        /// The cost of all of them.
        cost_of_all: Cost,
        /// Whether the request fits the model's limits.
        fit: Fit,
        /// The row of the price table.
        price: Price,
        /// The percentage by which the prices of tokens are higher; `None` if there is none. It is in the cost.
        uplift: Option<String>,
        /// The tools that the request offers and that are billed beside its tokens.
        tools: Vec<Tool>,
        /// The components of the input.
        breakdown: Vec<Component>,
        /// Why the count is an estimate.
        unproved: Vec<Unproved>,
        /// What is not counted, with the reasons.
        not_counted: Vec<Remark>,
        /// The warnings for the author of the request.
        warnings: Vec<Remark>,
    }
    repr [resolved_model, tier, input_tokens, cost, fit]
    methods {
        /// The number of tokens of the input.
        #[getter]
        fn tokens(&self) -> u64 {
            self.input_tokens.tokens
        }

        /// How certain the number is: `exact`, `estimate`, `at_least` or `not_counted`.
        #[getter]
        fn label(&self) -> &'static str {
            self.input_tokens.label
        }

        /// The smallest possible number of tokens of the input.
        #[getter]
        fn min_tokens(&self) -> u64 {
            self.input_tokens.min
        }

        /// The largest possible number of tokens of the input; `None` if not everything is counted.
        #[getter]
        fn max_tokens(&self) -> Option<u64> {
            self.input_tokens.max
        }
    }
}

impl Estimate {
    /// Returns the record of an estimate of `request`, with its warnings.
    pub(crate) fn new(
        request: &gpt_cost::Request,
        estimate: &gpt_cost::Estimate<'_>,
        warnings: Vec<Remark>,
    ) -> Estimate {
        let (model, input, output) = (estimate.model(), estimate.input(), estimate.output());
        let limit = request.output_limit().map(|limit| Limit { field: limit.field, tokens: limit.tokens });
        Estimate {
            as_of: Day(estimate.day()),
            format: request.format().as_str(),
            model: estimate.name().to_owned(),
            resolved_model: model.name().to_owned(),
            encoding: model.encoding().map(|encoding| encoding.as_str()),
            tier: estimate.tier().as_str(),
            input_tokens: input.into(),
            cached_tokens: estimate.cached(),
            output_tokens: Output {
                min: output.min,
                expected: output.expected,
                max: output.max,
                limit,
                choices: request.choices(),
            },
            cost: estimate.cost().into(),
            requests: estimate.requests(),
            cost_of_all: (&estimate.cost_of_all()).into(),
            fit: Fit::from(estimate),
            price: Price::new(estimate.layer(), model, estimate.price()),
            uplift: Some(estimate.uplift())
                .filter(|uplift| !uplift.is_none())
                .map(|uplift| uplift.percent().to_string()),
            tools: estimate.tools().iter().map(Tool::from).collect(),
            breakdown: count::breakdown(input),
            unproved: count::unproved(input),
            not_counted: count::uncounted(input.uncounted()),
            warnings,
        }
    }
}

impl From<&CostRange> for Amounts {
    fn from(range: &CostRange) -> Amounts {
        Amounts { min: Dollars(range.min), expected: range.expected.map(Dollars), max: range.max.map(Dollars) }
    }
}

impl From<&gpt_cost::Cost> for Cost {
    fn from(cost: &gpt_cost::Cost) -> Cost {
        let [input, output, total] = [&cost.input, &cost.output, &cost.total].map(Amounts::from);
        Cost { currency: "USD", input, output, tools: Dollars(cost.tools), total }
    }
}

impl From<&gpt_cost::Estimate<'_>> for Fit {
    fn from(estimate: &gpt_cost::Estimate<'_>) -> Fit {
        let (model, fit) = (estimate.model(), estimate.fit());
        let exceeding = |one: &Exceeded| Exceeding {
            limit: one.limit(),
            tokens: one.found(),
            allowed: one.allowed(),
            message: one.to_string(),
        };
        Fit {
            verdict: fit.verdict().as_str(),
            context: fit.context(),
            left: fit.left(),
            max_input: model.max_input(),
            max_output: model.max_output(),
            exceeded: fit.exceeded().iter().map(exceeding).collect(),
        }
    }
}

impl From<&OfferedTool<'_>> for Tool {
    fn from(tool: &OfferedTool<'_>) -> Tool {
        Tool {
            name: tool.name.to_owned(),
            path: tool.path.clone(),
            rate: tool.price.map(|price| Dollars(price.amount())),
            per: tool.price.map(|price| price.unit().as_str()),
            input_tokens: tool.price.and_then(UnitPrice::input_tokens),
            calls: tool.calls,
            cost: Dollars(tool.cost),
        }
    }
}

/// Returns the finding that the cost of all requests exceeds the limit, or that it is unknown whether it does.
pub(crate) fn over_budget(estimate: &gpt_cost::Estimate<'_>, limit: Usd) -> Option<Finding> {
    let mut findings = match estimate.requests() {
        1 => Limits::default().max_cost_per_request(limit).check(estimate),
        requests => {
            let all = CostBounds::from_cost(estimate.cost()).times(requests);
            Limits::default().max_cost_all_requests(limit).check_all(&[all])
        }
    };
    // The limits of the model are checked, too; `fit` has them.
    findings.retain(|finding| finding.rule != "fit");
    findings.into_iter().next()
}

/// Returns the exception of a finding, with the estimate.
pub(crate) fn budget_exceeded(py: Python<'_>, finding: &Finding, estimate: Estimate, limit: Usd) -> PyErr {
    // The hint of an unknown cost names settings of a configuration.
    let hint = finding.hint.as_deref().filter(|_| finding.level == Level::Exceeded);
    let text = hint.map_or(finding.message.clone(), |hint| format!("{}\nhint: {hint}", finding.message));
    let error = with_attributes(py, BudgetExceeded::new_err(text), vec![finding.message.clone()], None, hint);
    let value = error.value(py);
    let set = value.setattr("estimate", estimate).and_then(|()| value.setattr("max_cost", Dollars(limit)));
    set.err().unwrap_or(error)
}
