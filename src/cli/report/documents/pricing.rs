//! The documents of `pricing show` and `pricing diff`.

use gpt_cost::catalog::{Difference as TableDifference, PriceRow, Resolved};
use gpt_cost::{Catalog, Date};
use serde::Serialize;

use super::{Day, Price, Table};
use crate::cli::models::is_in_effect;

/// The prices that are in effect on a day. Output of `gpt-cost pricing show --format json`.
#[derive(Serialize)]
#[serde(tag = "kind", rename = "pricing")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Document<'a> {
    as_of: Day,
    /// The price tables; for each model, the last one that has it is used.
    pricing: Vec<Table<'a>>,
    rows: Vec<Row<'a>>,
}

impl<'a> Document<'a> {
    pub(in crate::cli) fn new(
        catalog: &'a Catalog,
        models: &[Resolved<'a>],
        day: Date,
        is_shown: impl Fn(&PriceRow) -> bool,
    ) -> Document<'a> {
        let rows = models.iter().flat_map(|Resolved { layer, model, .. }| {
            let rows = model.prices().iter().filter(|row| is_shown(row) && is_in_effect(model, row, day));
            rows.map(|row| Row { model: model.name(), price: Price::new(layer, model, row) })
        });
        Document { as_of: Day(day), pricing: super::tables(catalog.layers()), rows: rows.collect() }
    }
}

/// A price row and its model.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Row<'a> {
    model: &'a str,
    #[serde(flatten)]
    price: Price<'a>,
}

/// The differences of two price tables. Output of `gpt-cost pricing diff --format json`.
#[derive(Serialize)]
#[serde(tag = "kind", rename = "pricing-diff")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Diff<'a> {
    differences: Vec<Difference<'a>>,
}

impl<'a> Diff<'a> {
    pub(in crate::cli) fn new(differences: &'a [TableDifference]) -> Diff<'a> {
        Diff { differences: differences.iter().map(Difference::from).collect() }
    }
}

/// A fact of a model, or an alias, that differs.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Difference<'a> {
    /// The name of the model or alias.
    name: &'a str,
    /// The fact, such as `context` or `batch input from 2026-07-30`; empty for the model as a whole.
    fact: &'a str,
    /// Null if the old table does not have it.
    old: Option<&'a str>,
    /// Null if the new table does not have it.
    new: Option<&'a str>,
}

impl<'a> From<&'a TableDifference> for Difference<'a> {
    fn from(difference: &'a TableDifference) -> Difference<'a> {
        Difference {
            name: &difference.name,
            fact: &difference.what,
            old: difference.old.as_deref(),
            new: difference.new.as_deref(),
        }
    }
}
