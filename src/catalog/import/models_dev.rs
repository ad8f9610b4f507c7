//! The `api.json` of models.dev: an object of providers with their models, dollars per million tokens, with rows for long
//! contexts and a fast mode, limits and dates.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Facts, ImportFormat, Imported, Row, decimal, unreadable};
use crate::catalog::terms::{Field, Kind, Tier};
use crate::error::Result;

const FIELDS: &[(&str, Field)] = &[
    ("input", Field::Input),
    ("cache_read", Field::Cached),
    ("cache_write", Field::Write),
    ("output", Field::Output),
    ("input_audio", Field::AudioIn),
    ("output_audio", Field::AudioOut),
];

/// The keys of a cost that are not prices, or repeat others: reasoning costs what other output does, and the prices
/// above 200,000 tokens are those of `tiers`, of which each has its own number of tokens.
const NOT_PRICES: &[&str] = &["tiers", "context_over_200k", "reasoning"];

#[derive(Deserialize)]
struct Provider<'t> {
    #[serde(borrow)]
    models: BTreeMap<String, Model<'t>>,
}

#[derive(Deserialize)]
struct Model<'t> {
    #[serde(borrow, default)]
    cost: Amounts<'t>,
    #[serde(default)]
    limit: Limit,
    #[serde(default)]
    modalities: Modalities,
    #[serde(default)]
    family: String,
    #[serde(default)]
    release_date: String,
    #[serde(borrow, default)]
    experimental: Experimental<'t>,
}

#[derive(Default, Deserialize)]
struct Limit {
    context: Option<u64>,
    input: Option<u64>,
    output: Option<u64>,
}

#[derive(Default, Deserialize)]
struct Modalities {
    #[serde(default)]
    output: Vec<String>,
}

#[derive(Default, Deserialize)]
struct Experimental<'t> {
    #[serde(borrow, default)]
    modes: BTreeMap<String, Mode<'t>>,
}

#[derive(Deserialize)]
struct Mode<'t> {
    #[serde(borrow, default)]
    cost: Amounts<'t>,
}

type Amounts<'t> = BTreeMap<&'t str, &'t RawValue>;

pub(super) fn read(text: &str) -> Result<Imported> {
    let wrong = |error| unreadable(ImportFormat::ModelsDev, error);
    let providers: BTreeMap<&str, &RawValue> = serde_json::from_str(text).map_err(wrong)?;
    let mut imported = Imported::default();
    let Some(openai) = providers.get("openai") else {
        return Err(unreadable(ImportFormat::ModelsDev, "it has no provider openai"));
    };
    let openai: Provider<'_> = serde_json::from_str(openai.get()).map_err(wrong)?;
    for (name, model) in &openai.models {
        add(&mut imported, name, model);
    }
    Ok(imported)
}

fn add(imported: &mut Imported, name: &str, model: &Model<'_>) {
    for key in model.cost.keys().filter(|key| !NOT_PRICES.contains(key) && !FIELDS.iter().any(|(name, _)| name == *key))
    {
        imported.ignore(key);
    }
    let base = Row { from: None, tier: Tier::Standard, above: 0, amounts: amounts(&model.cost) };
    imported.push(name, base);
    for (above, amounts) in steps(&model.cost) {
        imported.push(name, Row { from: None, tier: Tier::Standard, above, amounts });
    }
    if let Some(fast) = model.experimental.modes.get("fast") {
        imported.push(name, Row { from: None, tier: Tier::Priority, above: 0, amounts: amounts(&fast.cost) });
    }
    imported.facts.insert(name.to_owned(), facts(model));
}

fn facts(model: &Model<'_>) -> Facts {
    let is_text = model.modalities.output.iter().map(String::as_str).eq(["text"]);
    let is_embedding = model.family.contains("embedding");
    let kind = is_text.then_some(if is_embedding { Kind::Embedding } else { Kind::Chat });
    let Limit { context, input, output } = model.limit;
    let is_within = |limit: &u64| context.is_none_or(|context| *limit <= context);
    Facts {
        kind,
        context,
        max_input: input.filter(is_within),
        // The output of an embedding is the size of its vector.
        max_output: output.filter(is_within).filter(|_| !is_embedding),
        released: model.release_date.parse::<Date>().ok(),
        ..Facts::default()
    }
}

/// Returns the amounts of a cost. Reading from the cache is never free: models without a price for it have a zero.
fn amounts(cost: &Amounts<'_>) -> [Option<Decimal>; Field::ALL.len()] {
    let mut amounts = [None; Field::ALL.len()];
    for (key, field) in FIELDS {
        let amount = cost.get(key).and_then(|value| decimal(value.get(), Decimal::ONE));
        amounts[*field as usize] = amount.filter(|amount| *field != Field::Cached || !amount.is_zero());
    }
    amounts
}

/// Returns the amounts above each number of tokens.
fn steps(cost: &Amounts<'_>) -> Vec<(u64, [Option<Decimal>; Field::ALL.len()])> {
    #[derive(Deserialize)]
    struct Step {
        size: u64,
    }
    let tiers = cost.get("tiers").map(|tiers| serde_json::from_str::<Vec<Amounts<'_>>>(tiers.get()));
    let step = |tier: &Amounts<'_>| {
        let step: Step = serde_json::from_str(tier.get("tier")?.get()).ok()?;
        Some((step.size, amounts(tier)))
    };
    tiers.and_then(|tiers| tiers.ok()).unwrap_or_default().iter().filter_map(step).collect()
}
