//! Unit errors, which a valid table can contain: an amount for a thousand tokens in a row for a million, or the
//! reverse.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use toml::value::Date;

use super::Catalog;
use super::fields::Problem;
use super::file::{File, ModelEntry, PriceEntry};
use super::names;
use super::terms::{Field, Tier};
use crate::money::{Per, Usd};

/// The factor between two prices from which on one of them is a unit error: less than 1,000, since the price may have
/// changed as well. OpenAI has never changed a price by a factor of more than 5 at once.
const UNIT_ERROR_FACTOR: u32 = 200;

/// The range of plausible prices of a million input tokens, in dollars: all of OpenAI's prices lie between 0.02 and
/// 200.
const MIN_PLAUSIBLE: Decimal = Decimal::from_parts(5, 0, 0, false, 3);
const MAX_PLAUSIBLE: Decimal = Decimal::from_parts(1_000, 0, 0, false, 0);

/// Returns a problem for each suspicious price of a file: a price that is about a thousand times higher or lower than
/// an earlier row of the model, its row in the tables below or the rows of its other snapshots, or that lies outside
/// the plausible range.
pub(super) fn suspicious_prices(below: &Catalog, file: &File) -> Vec<Problem> {
    let mut families: BTreeMap<&str, (Decimal, &str)> = BTreeMap::new();
    let mut suspicious = Vec::new();
    for model in &file.models {
        let known = known_price(below, model);
        let mut before: Option<(Option<Date>, Decimal)> = None;
        let mut rows: Vec<&PriceEntry> = model.prices.iter().collect();
        rows.sort_by_key(|row| (row.tier, row.above, row.from));
        for row in rows {
            let Some(input) = input_price(row).filter(|input| !input.is_zero()) else { continue };
            let family = names::without_date(&model.name.text).map_or(model.name.text.as_str(), |(base, _)| base);
            let (related, origin) = match (before, known, families.get(family)) {
                (Some((_, earlier)), ..) => (Some(earlier), "another row of the model".to_owned()),
                (None, Some(known), _) => (Some(known), "the table below".to_owned()),
                (None, None, Some((price, sibling))) => (Some(*price), format!("`{sibling}`")),
                _ => (None, String::new()),
            };
            if let Some(related) = related.filter(|related| is_unit_error(input, *related)) {
                suspicious.push(problem(row, input, &format!("{origin} has {}", Usd::from(related))));
            } else if !(MIN_PLAUSIBLE..=MAX_PLAUSIBLE).contains(&input) {
                let (min, max) = (Usd::from(MIN_PLAUSIBLE), Usd::from(MAX_PLAUSIBLE));
                suspicious.push(problem(row, input, &format!("models cost {min} to {max}")));
            } else if row.tier == Tier::Standard {
                before = Some((row.from, input));
                families.entry(family).or_insert((input, &model.name.text));
            }
        }
    }
    suspicious
}

fn problem(row: &PriceEntry, input: Decimal, comparison: &str) -> Problem {
    let other = match row.per {
        Per::Thousand => Per::Million,
        Per::Million => Per::Thousand,
    };
    Problem {
        span: row.span.clone(),
        message: format!("an input of a million tokens would cost {}, but {comparison}", Usd::from(input)),
        hint: Some(format!("if the price is for {} tokens, write per = \"{}\"", in_words(other), other.as_str())),
    }
}

fn in_words(per: Per) -> &'static str {
    match per {
        Per::Thousand => "a thousand",
        Per::Million => "a million",
    }
}

/// Returns whether one price is about a thousand times the other.
pub(super) fn is_unit_error(one: Decimal, other: Decimal) -> bool {
    let (less, more) = (one.min(other), one.max(other));
    !less.is_zero() && more >= less.saturating_mul(Decimal::from(UNIT_ERROR_FACTOR))
}

/// Returns the price of a million input tokens.
fn input_price(row: &PriceEntry) -> Option<Decimal> {
    let amount = row.amounts[Field::Input as usize]?;
    Some(match row.per {
        Per::Thousand => amount.saturating_mul(Decimal::ONE_THOUSAND),
        Per::Million => amount,
    })
}

/// Returns the price of a million input tokens of the model, by the newest standard row of the tables below.
fn known_price(below: &Catalog, model: &ModelEntry) -> Option<Decimal> {
    let known = below.row(&model.name.text)?.model;
    let rows = known.prices().iter().filter(|row| row.tier() == Tier::Standard && row.above() == 0);
    let newest = rows.max_by_key(|row| row.from())?;
    Some(newest.rate(Field::Input)?.amount_per(Per::Million).amount()).filter(|price| !price.is_zero())
}
