//! Models that no table of the catalog has: their rows, and what the other table says about them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{Change, Facts, NewModel, Plan, Row};
use crate::accounting::Family;
use crate::catalog::file::needed_prices;
use crate::catalog::model::{Facts as ModelFacts, FamilySince, Model, PriceRow};
use crate::catalog::terms::{Field, Kind, Tier};
use crate::encoding::Encoding;
use crate::money::{Per, Rate};

/// The amounts of a row, in the order of [`Field::ALL`].
type Amounts = [Option<Decimal>; Field::ALL.len()];

impl Plan {
    /// Adds a model that the catalog does not know, or its name to those that a person must add, if its kind or its
    /// standard price is missing.
    pub(super) fn new_model(&mut self, name: &str, rows: &[Row], facts: Option<&Facts>, day: Date) {
        if facts.and_then(|facts| facts.shutdown).is_some_and(|shutdown| shutdown <= day) {
            return self.shut_down.push(name.to_owned());
        }
        let known = facts.and_then(|facts| Some((facts, facts.kind?)));
        let Some((facts, kind)) = known else { return self.unknown.push(name.to_owned()) };
        let prices = price_rows(rows, kind, day);
        if !prices.iter().any(|row| row.tier() == Tier::Standard) {
            return self.unknown.push(name.to_owned());
        }
        self.changes.extend(prices.iter().flat_map(|row| changes(name, row, day)));
        self.new.push(NewModel { name: name.to_owned(), kind });
        self.models.insert(name.to_owned(), model(name, kind, facts, prices));
    }
}

/// Returns the rows of a new model, from `day` on or their own later day: the sheets of which each row has the prices
/// that the kind needs.
fn price_rows(rows: &[Row], kind: Kind, day: Date) -> Vec<PriceRow> {
    let mut sheets: BTreeMap<(Tier, Option<Date>), BTreeMap<u64, Amounts>> = BTreeMap::new();
    for row in rows {
        let from = row.from.filter(|from| *from > day).unwrap_or(day);
        sheets.entry((row.tier, Some(from))).or_default().insert(row.above, row.amounts);
    }
    let is_whole = |amounts: &Amounts| needed_prices(Some(kind)).iter().all(|field| amounts[*field as usize].is_some());
    sheets.retain(|_, sheet| sheet.contains_key(&0) && sheet.values().all(is_whole));
    let price_row = |tier, from, above, amounts: Amounts| {
        // An embedding has no output, whose price the other table gives as zero.
        let is_price = |field: Field, amount: &Decimal| field == Field::Input || !amount.is_zero();
        let rates = std::array::from_fn(|index| {
            amounts[index]
                .filter(|amount| is_price(Field::ALL[index], amount))
                .map(|amount| Rate::new(amount, Per::Million))
        });
        PriceRow { line: 0, per: Per::Million, from, until: None, tier, above, rates }
    };
    let rows = sheets.into_iter().flat_map(|((tier, from), sheet)| {
        sheet.into_iter().map(move |(above, amounts)| price_row(tier, from, above, amounts))
    });
    rows.collect()
}

fn changes(name: &str, row: &PriceRow, day: Date) -> Vec<Change> {
    let change = |field: &Field| {
        let new = row.rate(*field)?.amount_per(Per::Million);
        Some(Change {
            model: name.to_owned(),
            from: row.from().unwrap_or(day),
            tier: row.tier(),
            above: row.above(),
            field: *field,
            old: None,
            new,
            is_suspicious: false,
            earlier: None,
        })
    };
    Field::ALL.iter().filter_map(change).collect()
}

/// Returns the model. A chat model is counted by the rules for models without recorded requests, so no count of it is
/// exact; other models are priced by their usage alone.
fn model(name: &str, kind: Kind, facts: &Facts, prices: Vec<PriceRow>) -> Model {
    let encoding = Encoding::from_name("o200k_base").filter(|_| kind == Kind::Chat);
    let note = encoding.map(|_| "the encoding and the counting are assumed to be those of the newest models");
    let counting = encoding.map(|_| FamilySince { from: None, family: Family::Gpt6 });
    Model {
        line: 0,
        name: name.to_owned().into(),
        kind,
        encoding,
        counting: counting.into_iter().collect::<Vec<_>>().into(),
        image: None,
        facts: ModelFacts {
            context: facts.context,
            larger_context: None,
            max_input: facts.max_input,
            max_output: facts.max_output,
            released: facts.released,
            shutdown: facts.shutdown,
            successor: facts.successor.clone().map(Into::into),
            source: None,
            checked: facts.checked,
            note: note.map(Into::into),
        },
        also: Vec::new().into(),
        prices: prices.into(),
        unit_prices: Vec::new().into(),
    }
}
