//! The documents of `models list` and `models show`.

use gpt_cost::accounting::Family;
use gpt_cost::catalog::{AliasTarget, Kind, Layer, Model as CatalogModel, ModelRef, PriceRow};
use gpt_cost::{Date, Tier};
use serde::Serialize;

use super::{Day, Name, Price, UnitRow};
use crate::cli::models::{Line, is_in_effect};

/// The known models. Output of `gpt-cost models list --format json`.
#[derive(Serialize)]
#[serde(tag = "kind", rename = "models")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct List<'a> {
    /// The day of the prices and aliases.
    as_of: Day,
    /// The service tier of the prices.
    tier: Name<Tier>,
    models: Vec<Model<'a>>,
}

impl<'a> List<'a> {
    pub(in crate::cli) fn new(lines: &[Line<'a>], tier: Tier, day: Date) -> List<'a> {
        let models = lines.iter().map(|line| Model::new(line, day));
        List { as_of: Day(day), tier: Name(tier), models: models.collect() }
    }
}

/// A model, or an alias. What is unknown is absent.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Model<'a> {
    /// The name of the model or alias.
    name: &'a str,
    /// The model that the name resolves to.
    resolved_model: &'a str,
    /// Other names of the model.
    also: Vec<&'a str>,
    kind: Name<Kind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
    /// The family of counting rules on the day.
    #[serde(skip_serializing_if = "Option::is_none")]
    counting: Option<Name<Family>>,
    #[serde(flatten)]
    facts: Facts<'a>,
    /// The price of a short request; absent if the model has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<Price<'a>>,
    /// The prices that are not for tokens, such as those by the minute.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unit_prices: Vec<UnitRow<'a>>,
    /// The price table: a file, or `built-in`.
    origin: &'a str,
    /// The line of the model in it, from 1.
    line: u32,
}

impl<'a> Model<'a> {
    fn new(line: &Line<'a>, day: Date) -> Model<'a> {
        let Line { name, layer, model, price } = *line;
        Model {
            name,
            resolved_model: model.name(),
            also: model.also().collect(),
            kind: Name(model.kind()),
            encoding: model.encoding().map(|encoding| encoding.as_str()),
            counting: model.family(day).map(Name),
            facts: Facts::new(layer, model),
            price: price.map(|row| Price::new(layer, model, row)),
            unit_prices: model.unit_sheet(day).map(|row| UnitRow::new(layer, model.checked(), row)).collect(),
            origin: layer.origin(),
            line: model.line(),
        }
    }
}

/// The known facts of a model.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Facts<'a> {
    /// The maximum tokens of input and output together.
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<u64>,
    /// The larger context window, if two are documented and `context` is the stricter one.
    #[serde(skip_serializing_if = "Option::is_none")]
    larger_context: Option<u64>,
    /// The maximum input tokens, if that is less than the context window.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_input: Option<u64>,
    /// The maximum output tokens of one answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output: Option<u64>,
    /// The day on which the model was released.
    #[serde(skip_serializing_if = "Option::is_none")]
    released: Option<Day>,
    /// The first day on which the model is shut down.
    #[serde(skip_serializing_if = "Option::is_none")]
    shutdown: Option<Day>,
    /// The model that its vendor recommends instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    successor: Option<&'a str>,
    /// The source of the facts.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    /// The day on which the facts were last checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    checked: Option<Day>,
    /// A remark on the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
}

impl<'a> Facts<'a> {
    fn new(layer: &Layer, model: &'a CatalogModel) -> Facts<'a> {
        Facts {
            context: model.context(),
            larger_context: model.larger_context(),
            max_input: model.max_input(),
            max_output: model.max_output(),
            released: model.released().map(Day),
            shutdown: model.shutdown().map(Day),
            successor: model.successor(),
            source: model.source(),
            checked: model.checked().or(layer.checked()).map(Day),
            note: model.note(),
        }
    }
}

/// A model and the history of its prices. Output of `gpt-cost models show NAME --format json`.
#[derive(Serialize)]
#[serde(tag = "kind", rename = "model")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct One<'a> {
    /// The day of the prices and aliases.
    as_of: Day,
    model: Detail<'a>,
}

impl<'a> One<'a> {
    pub(in crate::cli) fn new(name: &'a ModelRef<'_>, line: &Line<'a>, day: Date) -> One<'a> {
        let Line { layer, model, .. } = *line;
        let targets = name.alias().map(|alias| alias.targets().iter().map(Target::from).collect());
        let price = |row: &'a PriceRow| PriceOnDay {
            in_effect: is_in_effect(model, row, day),
            price: Price::new(layer, model, row),
        };
        let detail = Detail {
            requested_name: name.name(),
            read_as: name.remark(),
            model: Model::new(line, day),
            alias: targets,
            prices: model.prices().iter().map(price).collect(),
        };
        One { as_of: Day(day), model: detail }
    }
}

/// A model in detail.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Detail<'a> {
    /// The name as it was given.
    requested_name: &'a str,
    /// How the name was interpreted, if no table has exactly this name.
    read_as: Option<String>,
    #[serde(flatten)]
    model: Model<'a>,
    /// The models that an alias has resolved to; null if the name is not an alias.
    alias: Option<Vec<Target<'a>>>,
    /// All rows of the price, past and future.
    prices: Vec<PriceOnDay<'a>>,
}

/// A model that an alias resolves to from a day on.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Target<'a> {
    /// Null if it always does.
    from: Option<Day>,
    model: &'a str,
}

impl<'a> From<&'a AliasTarget> for Target<'a> {
    fn from(target: &'a AliasTarget) -> Target<'a> {
        Target { from: target.from().map(Day), model: target.model() }
    }
}

/// A price row, and whether it is in effect on the day.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PriceOnDay<'a> {
    in_effect: bool,
    #[serde(flatten)]
    price: Price<'a>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use gpt_cost::Catalog;
    use serde_json::Value;

    use super::Facts;

    #[test]
    fn a_document_has_every_fact_of_a_model() {
        let catalog = Catalog::builtin();
        for found in catalog.models() {
            let Ok(Value::Object(json)) = serde_json::to_value(Facts::new(found.layer, found.model)) else { panic!() };
            let keys: BTreeSet<&str> = json.keys().map(String::as_str).filter(|key| *key != "checked").collect();
            let facts = found.model.facts().map(|(key, _)| key).filter(|key| *key != "checked");
            assert_eq!(keys, facts.collect(), "{}", found.model.name());
        }
    }
}
