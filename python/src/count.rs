//! Token counts of requests.

use gpt_cost::request::{Uncounted as LibraryUncounted, Warning};

use crate::record::record;
use crate::values::Day;

record! {
    /// A number of tokens with its range.
    struct Tokens {
        /// The number of tokens.
        tokens: u64,
        /// The smallest possible number.
        min: u64,
        /// The largest possible number; `None` if not everything is counted.
        max: Option<u64>,
        /// How certain the number is: `exact`, `estimate`, `at_least` or `not_counted`.
        label: &'static str,
    }
    repr [tokens, min, max, label]
    methods {
        fn __int__(&self) -> u64 {
            self.tokens
        }
    }
}

record! {
    /// A component of the input. Together, the components are the input.
    struct Component {
        /// The kind of the component, such as `message` or `tool`.
        component: &'static str,
        /// The place of what the tokens are for, such as `messages[3]`; empty for the request as a whole.
        path: String,
        /// The number of tokens.
        tokens: u64,
        /// The maximum error of the count in tokens.
        bound: u64,
    }
    repr [component, path, tokens, bound]
}

record! {
    /// How often recorded requests that have a feature agree with its rule.
    struct Evidence {
        /// The recorded requests that have the feature.
        cases: u32,
        /// Those that are billed as counted, or whose error has another cause.
        agreeing: u32,
        /// The projects that recorded them.
        projects: u32,
        /// The error that 99.5% of the cases do not exceed, in tokens.
        error: u64,
    }
    repr [cases, agreeing, projects, error]
}

record! {
    /// A feature of a request whose rule too few recorded requests prove, so that its count is an estimate.
    struct Unproved {
        /// The name of the feature.
        feature: String,
        /// The maximum error that it brings into the count in tokens.
        bound: u64,
        /// The evidence for requests to such a model; `None` if no recording has the feature.
        evidence: Option<Evidence>,
    }
    repr [feature, bound, evidence]
}

record! {
    /// A remark on a component of a request.
    struct Remark {
        /// The place in the request, such as `messages[3]`; empty for the request as a whole.
        path: String,
        /// The remark.
        message: String,
    }
    repr [path, message]
}

record! {
    /// The tokens of a request.
    struct TokenCount {
        /// The day of the counting rules and aliases.
        as_of: Day,
        /// The format that the request was read as.
        format: &'static str,
        /// The name of the model as it was given.
        model: String,
        /// The model that the name resolves to.
        resolved_model: String,
        /// The name of its encoding.
        encoding: Option<&'static str>,
        /// The tokens of the input, with their range and label.
        input_tokens: Tokens,
        /// The components of the input.
        breakdown: Vec<Component>,
        /// Why the count is an estimate.
        unproved: Vec<Unproved>,
        /// What is not counted, with the reasons.
        not_counted: Vec<Remark>,
        /// The warnings for the author of the request.
        warnings: Vec<Remark>,
    }
    repr [resolved_model, input_tokens]
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

        /// The smallest possible number of tokens.
        #[getter]
        fn min_tokens(&self) -> u64 {
            self.input_tokens.min
        }

        /// The largest possible number of tokens; `None` if not everything is counted.
        #[getter]
        fn max_tokens(&self) -> Option<u64> {
            self.input_tokens.max
        }

        fn __int__(&self) -> u64 {
            self.input_tokens.tokens
        }
    }
}

impl From<&gpt_cost::TokenCount> for Tokens {
    fn from(count: &gpt_cost::TokenCount) -> Tokens {
        Tokens { tokens: count.tokens(), min: count.min(), max: count.max(), label: count.label().as_str() }
    }
}

/// Returns the components of a count.
pub(crate) fn breakdown(count: &gpt_cost::TokenCount) -> Vec<Component> {
    let component = |one: &gpt_cost::accounting::Component| Component {
        component: one.kind.as_str(),
        path: one.path.clone(),
        tokens: one.tokens,
        bound: one.bound,
    };
    count.breakdown().iter().map(component).collect()
}

/// Returns the features of a count that keep it from being exact.
pub(crate) fn unproved(count: &gpt_cost::TokenCount) -> Vec<Unproved> {
    let evidence = |one: gpt_cost::accounting::Evidence| {
        let gpt_cost::accounting::Evidence { cases, agreeing, projects, error, .. } = one;
        Evidence { cases, agreeing, projects, error }
    };
    let unproved = |one: &gpt_cost::accounting::Feature| Unproved {
        feature: one.name.clone(),
        bound: one.bound(),
        evidence: one.evidence.map(evidence),
    };
    count.unproved().map(unproved).collect()
}

/// Returns what is not counted.
pub(crate) fn uncounted(components: &[LibraryUncounted]) -> Vec<Remark> {
    components.iter().map(|one| Remark { path: one.path.clone(), message: one.reason.clone() }).collect()
}

/// Returns warnings as remarks.
pub(crate) fn remarks<'w>(warnings: impl IntoIterator<Item = &'w Warning>) -> Vec<Remark> {
    let remark = |one: &Warning| Remark { path: one.path.clone(), message: one.message.clone() };
    warnings.into_iter().map(remark).collect()
}
