//! The documents of `pricing show` and `pricing diff`.

use gpt_cost::catalog::{Difference as TableDifference, PriceRow, Resolved, ResolvedTool, UnitPrice};
use gpt_cost::{Catalog, Date};
use serde::Serialize;

use super::{Day, Price, Table, UnitRow};
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
    /// The prices of models that are not for tokens.
    unit_rows: Vec<ModelUnitRow<'a>>,
    /// The prices of tools.
    tool_rows: Vec<ToolRow<'a>>,
}

impl<'a> Document<'a> {
    pub(in crate::cli) fn new(
        catalog: &'a Catalog,
        models: &[Resolved<'a>],
        tools: &[ResolvedTool<'a>],
        day: Date,
        is_shown: impl Fn(&PriceRow) -> bool,
        is_unit_shown: impl Fn(&UnitPrice) -> bool,
    ) -> Document<'a> {
        let rows = models.iter().flat_map(|Resolved { layer, model, .. }| {
            let rows = model.prices().iter().filter(|row| is_shown(row) && is_in_effect(model, row, day));
            rows.map(|row| Row { model: model.name(), price: Price::new(layer, model, row) })
        });
        let unit_rows = models.iter().flat_map(|Resolved { layer, model, .. }| {
            let price = |row| UnitRow::new(layer, model.checked(), row);
            let rows = model.unit_sheet(day).filter(|row| is_unit_shown(row));
            rows.map(move |row| ModelUnitRow { model: model.name(), price: price(row) })
        });
        let tool_rows = tools.iter().flat_map(|ResolvedTool { layer, tool, .. }| {
            let price = |row| UnitRow::new(layer, tool.checked(), row);
            let rows = tool.sheet(day).filter(|row| is_unit_shown(row));
            rows.map(move |row| ToolRow { tool: tool.name(), price: price(row) })
        });
        Document {
            as_of: Day(day),
            pricing: super::tables(catalog.layers()),
            rows: rows.collect(),
            unit_rows: unit_rows.collect(),
            tool_rows: tool_rows.collect(),
        }
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

/// A price row that is not for tokens, and its model.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ModelUnitRow<'a> {
    model: &'a str,
    #[serde(flatten)]
    price: UnitRow<'a>,
}

/// A price row and its tool.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ToolRow<'a> {
    tool: &'a str,
    #[serde(flatten)]
    price: UnitRow<'a>,
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
