//! The document of `count`.

use std::io::{self, Write};

use serde::Serialize;

use super::{Component, Day, FailedRequest, FromConfig, Remark, Tokens, Unproved};
use crate::cli::input::Failed;
use crate::cli::report::count::{Counted, Report};
use crate::cli::report::totals::Sum;

/// The tokens of requests or texts. Output of `gpt-cost count --format json`.
#[derive(Serialize)]
#[serde(tag = "kind", rename = "count")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Document<'a> {
    /// The day of the counting rules and aliases; null for texts counted with --encoding.
    as_of: Option<Day>,
    requests: Vec<Request<'a>>,
    failed: Vec<FailedRequest<'a>>,
    from_config: Option<FromConfig<'a>>,
    total: Total,
}

/// Writes the document up to its first request.
pub(in crate::cli) fn write_start(report: &Report, out: &mut impl Write) -> io::Result<()> {
    super::write_start(Document::new(report, None), out)
}

/// Writes a request of the document, with the comma before it.
pub(in crate::cli) fn write_element(counted: &Counted, out: &mut impl Write) -> io::Result<()> {
    super::write_element(Request::from(counted), out)
}

/// Writes what follows the requests.
pub(in crate::cli) fn write_end(
    report: &Report,
    from_config: Option<&(String, Vec<String>)>,
    out: &mut impl Write,
) -> io::Result<()> {
    super::write_end(Document::new(report, from_config), report.part.totals.items == 0, out)
}

/// A line of `gpt-cost count --format jsonl`: one request.
#[derive(Serialize)]
#[serde(tag = "kind")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) enum Line<'a> {
    #[serde(rename = "count-request")]
    Request(Box<Request<'a>>),
    #[serde(rename = "count-failure")]
    Failed(FailedRequest<'a>),
}

/// Returns the line of a request.
pub(in crate::cli) fn line(counted: &Counted) -> Line<'_> {
    Line::Request(Box::new(counted.into()))
}

/// Returns the line of a request that failed.
pub(in crate::cli) fn failed_line(failed: &Failed) -> Line<'_> {
    Line::Failed(failed.into())
}

impl<'a> Document<'a> {
    /// Returns the document without its requests.
    fn new(report: &'a Report, from_config: Option<&'a (String, Vec<String>)>) -> Document<'a> {
        let Sum { requests, tokens, .. } = &report.part.totals.all;
        Document {
            as_of: report.frame.day,
            requests: Vec::new(),
            failed: report.part.failures.iter().map(FailedRequest::from).collect(),
            from_config: from_config.map(|(file, settings)| FromConfig { file, settings }),
            total: Total { requests: *requests, input_tokens: tokens.into() },
        }
    }
}

/// A request, or a text, and its tokens.
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
        let (facts, model) = (&counted.facts, counted.model.as_ref());
        Request {
            name: facts.place.to_string(),
            file: &facts.place.file,
            line: facts.line,
            custom_id: facts.custom_id.as_deref(),
            format: facts.format.as_str(),
            is_filled: facts.is_filled,
            model: model.map(|model| model.name.as_str()),
            resolved_model: model.map(|model| model.resolved.as_str()),
            encoding: counted.encoding.map(|encoding| encoding.as_str()),
            input_tokens: (&counted.count).into(),
            identical_requests: facts.times,
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
