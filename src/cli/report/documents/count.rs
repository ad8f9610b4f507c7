//! The document of `count`.

use serde::Serialize;

use super::{Component, Day, FailedRequest, FromConfig, Remark, Tokens, Unproved};
use crate::cli::count::{Counted, sum};
use crate::cli::input::Failed;

/// The tokens of requests or texts. Output of `gpt-cost count --format json`.
#[derive(Serialize)]
#[serde(tag = "kind", rename = "count")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Document<'a> {
    /// The day of the counting rules and aliases; null for texts counted with --encoding.
    as_of: Option<Day>,
    from_config: Option<FromConfig<'a>>,
    requests: Vec<Request<'a>>,
    failed: Vec<FailedRequest<'a>>,
    total: Total,
}

impl<'a> Document<'a> {
    pub(in crate::cli) fn new(
        as_of: Option<Day>,
        from_config: Option<FromConfig<'a>>,
        counted: &'a [Counted],
        failed: &'a [Failed],
    ) -> Document<'a> {
        let requests = counted.iter().map(|one| u64::from(one.times)).sum();
        Document {
            as_of,
            from_config,
            requests: counted.iter().map(Request::from).collect(),
            failed: failed.iter().map(FailedRequest::from).collect(),
            total: Total { requests, input_tokens: (&sum(counted)).into() },
        }
    }
}

/// A request, or a text, and its tokens.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Request<'a> {
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
    /// The name of the model as it was given; null for texts counted with --encoding.
    model: Option<&'a str>,
    /// The model that the name resolves to.
    resolved_model: Option<&'a str>,
    encoding: Option<&'static str>,
    input_tokens: Tokens,
    /// The number of requests in the file that are identical to it, itself included.
    identical_requests: u32,
    breakdown: Vec<Component<'a>>,
    /// Why the count is an estimate.
    unproved: Vec<Unproved<'a>>,
    not_counted: Vec<Remark<'a>>,
    warnings: Vec<Remark<'a>>,
}

impl<'a> From<&'a Counted> for Request<'a> {
    fn from(counted: &'a Counted) -> Request<'a> {
        let model = counted.model.as_ref();
        Request {
            name: counted.place.to_string(),
            file: &counted.place.file,
            line: counted.line,
            custom_id: counted.custom_id.as_deref(),
            format: counted.format.as_str(),
            is_filled: counted.is_filled,
            model: model.map(|model| model.name.as_str()),
            resolved_model: model.map(|model| model.resolved.as_str()),
            encoding: counted.encoding.map(|encoding| encoding.as_str()),
            input_tokens: (&counted.count).into(),
            identical_requests: counted.times,
            breakdown: super::breakdown(&counted.count),
            unproved: super::unproved(&counted.count),
            not_counted: super::uncounted(counted.count.uncounted()),
            warnings: super::remarks(&counted.warnings),
        }
    }
}

/// All requests together.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Total {
    requests: u64,
    input_tokens: Tokens,
}
