//! The table of pydantic's genai-prices: a list of providers, dollars per million tokens, with history, tiers and long
//! contexts.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Facts, ImportFormat, Imported, Row, decimal, unreadable};
use crate::catalog::terms::{Field, Tier};
use crate::error::Result;

const FIELDS: &[(&str, Field)] = &[
    ("input_mtok", Field::Input),
    ("cache_read_mtok", Field::Cached),
    ("cache_write_mtok", Field::Write),
    ("output_mtok", Field::Output),
    ("input_audio_mtok", Field::AudioIn),
    ("output_audio_mtok", Field::AudioOut),
    ("cache_audio_read_mtok", Field::AudioCached),
    ("input_image_mtok", Field::ImageIn),
    ("cache_image_read_mtok", Field::ImageCached),
    ("output_image_mtok", Field::ImageOut),
];

#[derive(Deserialize)]
struct Provider<'t> {
    #[serde(borrow)]
    models: Vec<Model<'t>>,
}

#[derive(Deserialize)]
struct Model<'t> {
    id: String,
    #[serde(rename = "match", default)]
    matches: Option<Clause>,
    #[serde(borrow)]
    prices: Prices<'t>,
    #[serde(borrow, default)]
    price_variants: Vec<Variant<'t>>,
    #[serde(default)]
    prices_checked: Option<String>,
}

/// The names of the model; of all kinds of clauses, only those with a whole name are used.
#[derive(Deserialize)]
#[serde(untagged)]
enum Clause {
    Equals { equals: String },
    Any { or: Vec<Clause> },
    Other(serde::de::IgnoredAny),
}

impl Clause {
    fn names(self) -> Vec<String> {
        match self {
            Clause::Equals { equals } => vec![equals],
            Clause::Any { or } => or.into_iter().flat_map(Clause::names).collect(),
            Clause::Other(_) => Vec::new(),
        }
    }
}

type Amounts<'t> = BTreeMap<&'t str, &'t RawValue>;

/// One sheet, or several with their first days.
struct Prices<'t>(Vec<Dated<'t>>);

#[derive(Deserialize)]
struct Dated<'t> {
    #[serde(borrow)]
    prices: Amounts<'t>,
    #[serde(default)]
    constraint: Option<Constraint>,
}

#[derive(Deserialize)]
struct Variant<'t> {
    when: BTreeMap<String, String>,
    #[serde(borrow)]
    prices: Amounts<'t>,
    #[serde(default)]
    constraint: Option<Constraint>,
}

#[derive(Deserialize)]
struct Constraint {
    start_date: Option<String>,
}

impl<'de: 't, 't> Deserialize<'de> for Prices<'t> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        // An untagged enum would read the numbers as floats, so the first character decides which of the two it is.
        let raw = <&'de RawValue>::deserialize(deserializer)?;
        let read = match raw.get().starts_with('[') {
            true => serde_json::from_str(raw.get()),
            false => serde_json::from_str(raw.get()).map(|prices| vec![Dated { prices, constraint: None }]),
        };
        read.map(Prices).map_err(serde::de::Error::custom)
    }
}

pub(super) fn read(text: &str) -> Result<Imported> {
    let wrong = |error| unreadable(ImportFormat::GenaiPrices, error);
    let providers: Vec<&RawValue> = serde_json::from_str(text).map_err(wrong)?;
    let mut imported = Imported::default();
    for provider in providers {
        #[derive(Deserialize)]
        struct Id {
            id: String,
        }
        let Id { id } = serde_json::from_str(provider.get()).map_err(wrong)?;
        if id == "openai" {
            let provider: Provider<'_> = serde_json::from_str(provider.get()).map_err(wrong)?;
            provider.models.into_iter().for_each(|model| add(&mut imported, model));
        }
    }
    Ok(imported)
}

fn add(imported: &mut Imported, model: Model<'_>) {
    let mut names = model.matches.map(Clause::names).unwrap_or_default();
    names.push(model.id);
    names.sort();
    names.dedup();
    for dated in &model.prices.0 {
        for key in dated.prices.keys().filter(|key| !FIELDS.iter().any(|(name, _)| name == *key)) {
            imported.ignore(key);
        }
    }
    let facts = Facts { checked: model.prices_checked.and_then(|day| day.parse().ok()), ..Facts::default() };
    let mut rows: Vec<Row> = Vec::new();
    for dated in &model.prices.0 {
        rows.extend(sheet(&dated.prices, Tier::Standard, start(dated.constraint.as_ref())));
    }
    for variant in &model.price_variants {
        if let Some(tier) = tier(&variant.when) {
            rows.extend(sheet(&variant.prices, tier, start(variant.constraint.as_ref())));
        }
    }
    // A model that makes images has one price of output, that of images, if it has none of its own for them.
    let is_image = |row: &Row| row.amounts[Field::ImageIn as usize].is_some() && is_image_model(&names);
    for row in rows.iter_mut().filter(|row| is_image(row) && row.amounts[Field::ImageOut as usize].is_none()) {
        row.amounts[Field::ImageOut as usize] = row.amounts[Field::Output as usize].take();
    }
    for name in names {
        imported.facts.insert(name.clone(), facts.clone());
        rows.iter().for_each(|row| imported.push(&name, row.clone()));
    }
}

fn is_image_model(names: &[String]) -> bool {
    names.iter().any(|name| name.starts_with("gpt-image") || name.starts_with("chatgpt-image"))
}

/// Returns the tier of a variant, or `None` if it has another condition as well. `fast`, the newer name of `priority`,
/// is left out: the table lists both.
fn tier(when: &BTreeMap<String, String>) -> Option<Tier> {
    let mut conditions = when.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    match (conditions.next()?, conditions.next()) {
        (("processing", "batch"), None) => Some(Tier::Batch),
        (("service_tier", word @ ("flex" | "priority" | "ultrafast")), None) => word.parse().ok(),
        _ => None,
    }
}

fn start(constraint: Option<&Constraint>) -> Option<Date> {
    constraint?.start_date.as_ref()?.parse().ok()
}

/// Returns the rows of a sheet, with the prices that it names itself: in genai-prices, a variant has the others of the
/// model, but OpenAI's batches of older models have no price for cached input, so ours are kept for them. There
/// is one row, and one for each number of tokens above which an amount changes.
fn sheet(amounts: &Amounts<'_>, tier: Tier, from: Option<Date>) -> Vec<Row> {
    let mut rows: BTreeMap<u64, [Option<Decimal>; Field::ALL.len()]> = BTreeMap::new();
    for (key, field) in FIELDS {
        for (above, amount) in amounts.get(key).map(|value| steps(value.get())).unwrap_or_default() {
            rows.entry(above).or_default()[*field as usize] = Some(amount);
        }
    }
    // An amount without a step applies above the steps of others, too.
    let base = rows.get(&0).copied().unwrap_or_default();
    let whole =
        |amounts: [Option<Decimal>; Field::ALL.len()]| std::array::from_fn(|index| amounts[index].or(base[index]));
    rows.into_iter().map(|(above, amounts)| Row { from, tier, above, amounts: whole(amounts) }).collect()
}

/// Reads a number, or `{"base": …, "tiers": [{"start": …, "price": …}]}`.
fn steps(value: &str) -> Vec<(u64, Decimal)> {
    #[derive(Deserialize)]
    struct Steps<'t> {
        #[serde(borrow)]
        base: &'t RawValue,
        #[serde(borrow)]
        tiers: Vec<Step<'t>>,
    }
    #[derive(Deserialize)]
    struct Step<'t> {
        start: u64,
        #[serde(borrow)]
        price: &'t RawValue,
    }
    let amount = |value: &str| decimal(value, Decimal::ONE);
    let Ok(steps) = serde_json::from_str::<Steps<'_>>(value) else {
        return amount(value).map(|amount| (0, amount)).into_iter().collect();
    };
    let higher = steps.tiers.iter().map(|step| (step.start, step.price.get()));
    std::iter::once((0, steps.base.get()))
        .chain(higher)
        .filter_map(|(above, value)| Some((above, amount(value)?)))
        .collect()
}
