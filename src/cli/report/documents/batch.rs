//! The document of `batch check`.

use gpt_cost::batch::{Broken as BrokenRule, Rule};
use serde::Serialize;

use super::check::Cost;
use super::{Day, Name, Tokens};
use crate::cli::batch::Report;
use crate::cli::files::printable;

/// A file for the Batch API, and the rules that it breaks. Output of `gpt-cost batch check --format json`.
#[derive(Serialize)]
#[serde(tag = "kind", rename = "batch")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Document<'a> {
    file: &'a str,
    as_of: Day,
    requests: u64,
    /// The size of the file.
    bytes: u64,
    /// The endpoint of the first line that has one.
    url: Option<&'a str>,
    /// The model of the first line that names one.
    model: Option<String>,
    /// The input of the lines that can be sent.
    input_tokens: Tokens,
    /// The cost of the lines that can be sent, at the batch tier.
    batch_cost: Cost,
    /// The same at the standard tier.
    standard_cost: Cost,
    broken: Vec<Broken<'a>>,
    /// The requests that cannot be counted or priced.
    unpriced: Vec<Unpriced>,
}

/// A rule that a line breaks, or the file as a whole.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Broken<'a> {
    /// The line, from 1; null for the file as a whole.
    line: Option<usize>,
    rule: Name<Rule>,
    message: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Unpriced {
    line: usize,
    error: String,
}

impl<'a> Document<'a> {
    pub(in crate::cli) fn new(report: &'a Report) -> Document<'a> {
        let broken =
            |BrokenRule { line, rule, message, .. }: &'a BrokenRule| Broken { line: *line, rule: Name(*rule), message };
        let unpriced = report.unpriced.iter().map(|(line, failure)| Unpriced { line: *line, error: failure.message() });
        Document {
            file: &report.file,
            as_of: Day(report.day.0),
            requests: report.batch.requests(),
            bytes: report.bytes,
            url: report.batch.url(),
            model: report.batch.model().map(printable),
            input_tokens: (&report.input).into(),
            batch_cost: report.batch_cost.into(),
            standard_cost: report.standard_cost.into(),
            broken: report.broken.iter().map(broken).collect(),
            unpriced: unpriced.collect(),
        }
    }
}
