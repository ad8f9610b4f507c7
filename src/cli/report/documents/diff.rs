//! The document of `diff`.

use gpt_cost::Tier;
use gpt_cost::budget::{Change as BudgetChange, Changed, Entry};
use gpt_cost::source::Place;
use serde::Serialize;

use super::{Day, Dollars, FailedRequest, Name, Table};
use crate::cli::project::Project;
use crate::cli::report::diff::{Broken, Difference, Month as ReportMonth, Total as ReportTotal};

/// Changes of cost, split by prompts, configuration and prices. Output of `gpt-cost diff --format json`.
#[derive(Serialize)]
#[serde(tag = "kind", rename = "diff")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Document<'a> {
    /// The day of the prices and aliases.
    as_of: Day,
    /// The price tables; for each model, the last one that has it is used.
    pricing: Vec<Table<'a>>,
    /// The hash of all price tables together, for `pricing_lock` in gpt-cost.toml.
    pricing_hash: String,
    /// The requests that changed, the largest change of cost first.
    changes: Vec<Change<'a>>,
    /// The number of requests that did not change.
    unchanged: usize,
    failed: Vec<Failed<'a>>,
    /// The cost of a month, of the requests whose budgets have `monthly_requests`; null if none has.
    month: Option<Month>,
    total: Total,
}

impl<'a> Document<'a> {
    pub(in crate::cli) fn new(project: &'a Project, difference: &'a Difference) -> Document<'a> {
        let changed = difference.changed();
        Document {
            as_of: Day(project.day),
            pricing: super::tables(project.catalog.layers()),
            pricing_hash: project.pricing_hash(),
            unchanged: difference.changes.len() - changed.len(),
            changes: changed.into_iter().map(Change::from).collect(),
            failed: difference.broken.iter().map(Failed::from).collect(),
            month: difference.month.as_ref().map(Month::from),
            total: (&difference.total).into(),
        }
    }
}

/// A request that changed.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Change<'a> {
    /// The file, followed by `:LINE` or `#/INDEX` if it has several requests.
    name: String,
    /// Its name on the old side, if it was renamed.
    old_name: Option<String>,
    custom_id: Option<&'a str>,
    changed: Name<Changed>,
    /// Null if the request was added.
    old: Option<Side<'a>>,
    /// Null if the request was removed.
    new: Option<Side<'a>>,
    /// The change of cost caused by the prompt.
    by_prompt: Dollars,
    /// The change of cost caused by the configuration.
    by_config: Dollars,
    /// The change of cost caused by prices.
    by_price: Dollars,
}

impl<'a> From<&'a BudgetChange> for Change<'a> {
    fn from(change: &'a BudgetChange) -> Change<'a> {
        let either = change.new.as_ref().or(change.old.as_ref());
        Change {
            name: change.place.to_string(),
            old_name: change.old_place.as_ref().map(Place::to_string),
            custom_id: either.and_then(|entry| entry.custom_id.as_deref()),
            changed: Name(change.changed),
            old: change.old.as_ref().map(Side::from),
            new: change.new.as_ref().map(Side::from),
            by_prompt: Dollars(change.prompt),
            by_config: Dollars(change.config),
            by_price: Dollars(change.price),
        }
    }
}

/// A request on one side.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Side<'a> {
    model: &'a str,
    tier: Name<Tier>,
    input_tokens: u64,
    output_tokens: u64,
    cost: Dollars,
    /// Whether tokens and cost are a minimum, because not everything is counted.
    at_least: bool,
}

impl<'a> From<&'a Entry> for Side<'a> {
    fn from(entry: &'a Entry) -> Side<'a> {
        Side {
            model: &entry.model,
            tier: Name(entry.tier),
            input_tokens: entry.usage.input,
            output_tokens: entry.usage.output,
            cost: Dollars(entry.cost),
            at_least: entry.at_least,
        }
    }
}

/// A request or a file of one side that cannot be read, counted or priced.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Failed<'a> {
    /// `base` or `head`.
    side: &'static str,
    #[serde(flatten)]
    request: FailedRequest<'a>,
}

impl<'a> From<&'a Broken> for Failed<'a> {
    fn from(broken: &'a Broken) -> Failed<'a> {
        let Broken { side, place, line, failure } = broken;
        Failed { side, request: FailedRequest::new(place, *line, failure) }
    }
}

/// The cost of a month.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Month {
    old: Dollars,
    new: Dollars,
}

impl From<&ReportMonth> for Month {
    fn from(month: &ReportMonth) -> Month {
        Month { old: Dollars(month.old), new: Dollars(month.new) }
    }
}

/// All requests together.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Total {
    old: Dollars,
    new: Dollars,
    by_prompt: Dollars,
    by_config: Dollars,
    by_price: Dollars,
    old_input_tokens: u64,
    new_input_tokens: u64,
}

impl From<&ReportTotal> for Total {
    fn from(total: &ReportTotal) -> Total {
        Total {
            old: Dollars(total.old.cost),
            new: Dollars(total.new.cost),
            by_prompt: Dollars(total.prompt),
            by_config: Dollars(total.config),
            by_price: Dollars(total.price),
            old_input_tokens: total.old.input_tokens,
            new_input_tokens: total.new.input_tokens,
        }
    }
}
