//! Slips that a valid table can have: an amount for a thousand tokens in a row for a million, and the other way round.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use toml::value::Date;

use super::Catalog;
use super::fields::Problem;
use super::file::{File, ModelEntry, PriceEntry};
use super::names;
use super::terms::{Field, Tier, Unit};
use crate::money::{Per, Usd};

/// By how many times an amount must differ from its kin to be a slip: of 1,000 times, a price that has changed as well may have taken or
/// given some. OpenAI has never changed a price by more than 5 times at once.
const SLIP: u32 = 200;

/// What a million tokens of input can cost in earnest, in dollars: all of OpenAI's prices lie between 0.02 and 200.
const CHEAPEST: Decimal = Decimal::from_parts(5, 0, 0, false, 3);
const DEAREST: Decimal = Decimal::from_parts(1_000, 0, 0, false, 0);

/// Returns the rows of a file that are about a thousand times as dear, or as cheap, as their kin: an earlier row of the model, its row in the
/// tables below, the rows of its snapshots; or outside of what any model costs.
pub(super) fn of(below: &Catalog, file: &File) -> Vec<Problem> {
    let mut families: BTreeMap<&str, (Decimal, &str)> = BTreeMap::new();
    let mut slips = Vec::new();
    for model in &file.models {
        let known = known_price(below, model);
        let mut before: Option<(Option<Date>, Decimal)> = None;
        let mut rows: Vec<&PriceEntry> = model.prices.iter().collect();
        rows.sort_by_key(|row| (row.tier, row.above, row.from));
        for row in rows {
            let Some(input) = input(row).filter(|input| !input.is_zero()) else { continue };
            let family = names::without_date(&model.name.text).map_or(model.name.text.as_str(), |(base, _)| base);
            let (kin, whose) = match (before, known, families.get(family)) {
                (Some((_, earlier)), ..) => (Some(earlier), "another row of the model says".to_owned()),
                (None, Some(known), _) => (Some(known), "the table below it says".to_owned()),
                (None, None, Some((price, sibling))) => (Some(*price), format!("`{sibling}` has")),
                _ => (None, String::new()),
            };
            if let Some(kin) = kin.filter(|kin| is_slip(input, *kin)) {
                slips.push(slip(row, input, &format!("{whose} {}", Usd::from(kin))));
            } else if !(CHEAPEST..=DEAREST).contains(&input) {
                slips.push(slip(
                    row,
                    input,
                    &format!("models cost from {} to {}", Usd::from(CHEAPEST), Usd::from(DEAREST)),
                ));
            } else if row.tier == Tier::Standard {
                before = Some((row.from, input));
                families.entry(family).or_insert((input, &model.name.text));
            }
        }
    }
    slips
}

fn slip(row: &PriceEntry, input: Decimal, against: &str) -> Problem {
    let other = match row.per {
        Unit::Thousand => Unit::Million,
        Unit::Million => Unit::Thousand,
    };
    Problem {
        span: row.span.clone(),
        message: format!("an input of a million tokens would cost {}, and {against}", Usd::from(input)),
        hint: Some(format!("is the price for {} tokens? then write per = \"{}\"", word(other), other.as_str())),
    }
}

fn word(unit: Unit) -> &'static str {
    match unit {
        Unit::Thousand => "a thousand",
        Unit::Million => "a million",
    }
}

/// Whether one price is about a thousand times the other.
pub(super) fn is_slip(one: Decimal, other: Decimal) -> bool {
    let (less, more) = (one.min(other), one.max(other));
    !less.is_zero() && more >= less.saturating_mul(Decimal::from(SLIP))
}

/// Returns what a million tokens of input cost.
fn input(row: &PriceEntry) -> Option<Decimal> {
    let amount = row.amounts[Field::Input as usize]?;
    Some(match row.per {
        Unit::Thousand => amount.saturating_mul(Decimal::ONE_THOUSAND),
        Unit::Million => amount,
    })
}

/// Returns what a million tokens of input to the model cost, by the newest standard row of the tables below.
fn known_price(below: &Catalog, model: &ModelEntry) -> Option<Decimal> {
    let known = below.row(&model.name.text)?.model;
    let rows = known.prices().iter().filter(|row| row.tier() == Tier::Standard && row.above() == 0);
    let newest = rows.max_by_key(|row| row.from())?;
    Some(newest.rate(Field::Input)?.amount_per(Per::Million).amount()).filter(|price| !price.is_zero())
}
