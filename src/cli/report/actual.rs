//! The report of `actual`: the cost of responses, one by one, by model and day, and in total.

pub(in crate::cli) mod csv;
pub(in crate::cli) mod table;

use std::collections::BTreeMap;

use gpt_cost::catalog::{Layer, Measure, Resolved};
use gpt_cost::money::grouped;
use gpt_cost::source::Place;
use gpt_cost::usage::{Bill, Response, ToolKind};
use gpt_cost::{Date, Decimal, Tier, Usd};

use crate::cli::input::Failed;

/// What was billed for responses.
pub(in crate::cli) struct Report<'a> {
    pub(in crate::cli) responses: Vec<Priced<'a>>,
    /// Requests that failed, so that nothing was billed.
    pub(in crate::cli) not_billed: Vec<NotBilled>,
    /// What cannot be read or priced.
    pub(in crate::cli) failed: Vec<Failed>,
    pub(in crate::cli) layers: Vec<&'a Layer>,
}

/// A response and its price.
pub(in crate::cli) struct Priced<'a> {
    pub(in crate::cli) place: Place,
    pub(in crate::cli) custom_id: Option<String>,
    /// The model name as given.
    pub(in crate::cli) model: String,
    pub(in crate::cli) resolved: Resolved<'a>,
    pub(in crate::cli) day: Date,
    pub(in crate::cli) tier: Tier,
    pub(in crate::cli) response: Response,
    pub(in crate::cli) bill: Bill,
}

impl Priced<'_> {
    /// Returns a notice if the price that was charged was announced only until an earlier day.
    pub(in crate::cli) fn price_notice(&self) -> Option<String> {
        let model = self.resolved.model;
        let row = model.price(self.day, self.tier, self.response.usage.input)?;
        model.price_notice(row, self.day)
    }
}

/// A request that failed.
pub(in crate::cli) struct NotBilled {
    pub(in crate::cli) place: Place,
    pub(in crate::cli) custom_id: Option<String>,
    pub(in crate::cli) reason: String,
}

/// The sum of some responses.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Sum {
    pub(in crate::cli) responses: usize,
    pub(in crate::cli) input: u64,
    pub(in crate::cli) cached: u64,
    pub(in crate::cli) output: u64,
    /// The cost, without that of the unpriced calls.
    pub(in crate::cli) cost: Usd,
    /// Calls of built-in tools.
    pub(in crate::cli) tool_calls: BTreeMap<ToolKind, u64>,
    /// Quantities that are not tokens, and their cost, which is in `cost`.
    pub(in crate::cli) units: BTreeMap<(&'static str, Measure), (Decimal, Usd)>,
    /// The cost of generated images, which is in `cost`.
    pub(in crate::cli) images: Usd,
    /// Calls whose price is unknown, with the reason.
    pub(in crate::cli) unpriced: BTreeMap<(ToolKind, String), u64>,
}

impl Sum {
    fn add(&mut self, priced: &Priced<'_>) {
        let usage = &priced.response.usage;
        self.responses += 1;
        self.input = self.input.saturating_add(usage.input);
        self.cached = self.cached.saturating_add(usage.cached);
        self.output = self.output.saturating_add(usage.output);
        self.cost += priced.bill.total;
        for (kind, calls) in &priced.response.tool_calls {
            let sum = self.tool_calls.entry(*kind).or_default();
            *sum = sum.saturating_add(*calls);
        }
        self.images += priced.bill.images.as_ref().map_or(Usd::ZERO, |images| images.cost);
        for unit in &priced.bill.units {
            let (quantity, cost) = self.units.entry((unit.name, unit.price.unit().measure())).or_default();
            *quantity = quantity.saturating_add(unit.quantity);
            *cost += unit.cost;
        }
        for one in &priced.bill.unpriced {
            let sum = self.unpriced.entry((one.tool, one.reason.clone())).or_default();
            *sum = sum.saturating_add(one.calls);
        }
    }
}

impl<'a> FromIterator<&'a Priced<'a>> for Sum {
    fn from_iter<I: IntoIterator<Item = &'a Priced<'a>>>(responses: I) -> Sum {
        let mut sum = Sum::default();
        responses.into_iter().for_each(|priced| sum.add(priced));
        sum
    }
}

impl Report<'_> {
    /// Returns the sum of all responses.
    pub(in crate::cli) fn total(&self) -> Sum {
        self.responses.iter().collect()
    }

    /// Returns the sums by model, as the responses name it, and day.
    pub(in crate::cli) fn by_model_and_day(&self) -> BTreeMap<(&str, Date), Sum> {
        let mut groups: BTreeMap<(&str, Date), Sum> = BTreeMap::new();
        for priced in &self.responses {
            groups.entry((&priced.model, priced.day)).or_default().add(priced);
        }
        groups
    }
}

/// Returns a number of calls in words, such as `3 calls of web_search`.
fn calls_in_words(tool: ToolKind, calls: u64) -> String {
    format!("{} call{} of {tool}", grouped(calls), if calls == 1 { "" } else { "s" })
}
