//! Price tables of other projects, as dated rows of ours. Amounts are read from the digits of the numbers, and
//! never pass through a float.
//!
//! A table of another project contains today's prices, and seldom their first days. So a price that differs from ours
//! becomes a sheet of rows from the day of the import on. Existing rows do not change, and prices that the other table
//! lacks are kept.
//!
//! A table can be older than ours. So a price that an earlier row of the same model has is marked, and models that were
//! shut down are left out. A model that no table knows is added with what the other table says about it, if that is
//! enough; how it is counted is assumed.

mod apply;
mod csv;
mod genai_prices;
mod litellm;
mod models_dev;
mod new_model;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::file::needed_prices;
use super::model::{Model, PriceRow};
use super::terms::{Field, Kind, Tier};
use super::unit_errors::is_unit_error;
use super::{Catalog, Found, Resolved};
use crate::error::{self, Error, Problem, Result};
use crate::money::{Per, Rate, Usd};
use crate::names::names;

names! {
    /// The format of another project's price table.
    pub enum ImportFormat {
        /// The `prices.json` of pydantic's genai-prices: dollars per million tokens, with history, tiers and long
        /// contexts.
        GenaiPrices = "genai-prices",
        /// The `model_prices_and_context_window.json` of litellm: dollars per token, tiers as suffixes of the keys.
        Litellm = "litellm",
        /// The `api.json` of models.dev: dollars per million tokens, with long contexts and limits.
        ModelsDev = "models.dev",
        /// Comma-separated: `id`, `per` (`1K` or `1M`), then any of `input`, `cached`, `output` and the other names of
        /// our own rows, `tier`, `above` and `from`.
        Csv = "csv",
    }
}

/// The prices of OpenAI's models in another project's table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imported {
    models: BTreeMap<String, Vec<Row>>,
    facts: BTreeMap<String, Facts>,
    ignored: BTreeMap<String, usize>,
}

/// What another table says about a model, beside its prices.
#[derive(Clone, Debug, Default, PartialEq)]
struct Facts {
    /// What the model is for; `None` if the table does not say so.
    kind: Option<Kind>,
    context: Option<u64>,
    max_input: Option<u64>,
    max_output: Option<u64>,
    released: Option<Date>,
    shutdown: Option<Date>,
    successor: Option<String>,
    /// The day on which a person last compared the model's prices with the vendor's.
    checked: Option<Date>,
}

/// A price of another project's table, per million tokens.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    from: Option<Date>,
    tier: Tier,
    above: u64,
    amounts: [Option<Decimal>; Field::ALL.len()],
}

/// The rows that an import would add to a catalog.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Plan {
    /// Each amount that differs.
    pub changes: Vec<Change>,
    /// Models that the catalog does not know, and that are added with assumed rules.
    pub new: Vec<NewModel>,
    /// Models that the catalog does not know, and about which the table does not say enough: a person must add them.
    pub unknown: Vec<String>,
    /// Models with prices that differ, but that were shut down.
    pub shut_down: Vec<String>,
    /// The rows to add, by the name of the model.
    rows: BTreeMap<String, Vec<PriceRow>>,
    /// The models to add.
    models: BTreeMap<String, Model>,
}

/// A model that no table of the catalog has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewModel {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub kind: Kind,
}

/// An amount that differs in another table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The model.
    pub model: String,
    /// The first day of the new amount.
    pub from: Date,
    /// The service tier.
    pub tier: Tier,
    /// The number of input tokens that a request must exceed.
    pub above: u64,
    /// What the amount is for.
    pub field: Field,
    /// The previous dollars per million tokens, if there was a price.
    pub old: Option<Usd>,
    /// The dollars per million tokens in the other table.
    pub new: Usd,
    /// Whether it differs from the old one by so large a factor that it looks like a unit error.
    pub is_suspicious: bool,
    /// The first day of an earlier row of the model that has the new price, if there is one: the other table is
    /// probably older than the catalog. `Some(None)` for a row that has always applied.
    pub earlier: Option<Option<Date>>,
}

impl Imported {
    /// Reads a table of another project.
    ///
    /// # Errors
    ///
    /// Text that is not of the format, with the line or the path.
    ///
    /// ```
    /// use gpt_cost::catalog::import::{ImportFormat, Imported};
    ///
    /// let table = "id,per,input,cached,output,from\ngpt-4o-2024-08-06,1M,2.00,1.00,8.00,2026-12-01\n";
    /// assert_eq!(Imported::read(ImportFormat::Csv, table)?.models().collect::<Vec<_>>(), ["gpt-4o-2024-08-06"]);
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    pub fn read(format: ImportFormat, text: &str) -> Result<Imported> {
        match format {
            ImportFormat::GenaiPrices => genai_prices::read(text),
            ImportFormat::Litellm => litellm::read(text),
            ImportFormat::ModelsDev => models_dev::read(text),
            ImportFormat::Csv => csv::read(text),
        }
    }

    /// Returns the names of the models, sorted.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.models.keys().map(String::as_str)
    }

    /// Returns the keys of prices that have no place in a price table, each with the number of models that have it.
    pub fn ignored(&self) -> impl Iterator<Item = (&str, usize)> {
        self.ignored.iter().map(|(key, models)| (key.as_str(), *models))
    }

    /// Keeps only the models with the wanted names.
    pub fn keep(&mut self, is_wanted: impl Fn(&str) -> bool) {
        self.models.retain(|name, _| is_wanted(name));
    }

    /// Counts a key that is not imported.
    fn ignore(&mut self, key: &str) {
        *self.ignored.entry(key.to_owned()).or_default() += 1;
    }

    fn push(&mut self, name: &str, row: Row) {
        if row.amounts.iter().any(Option::is_some) {
            self.models.entry(name.to_owned()).or_default().push(row);
        }
    }
}

impl Catalog {
    /// Returns the prices of another project's table that differ from this catalog on `day`, and the rows to add from
    /// that day on.
    pub fn plan_import(&self, imported: &Imported, day: Date) -> Plan {
        let mut plan = Plan::default();
        let mut seen = BTreeSet::new();
        let mut aliases = Vec::new();
        for (name, rows) in &imported.models {
            let model = match self.find(name) {
                // Each operator of an open-weight model sets a price of its own.
                Some(Found::Row(found)) if found.model.kind() == Kind::OpenWeight => continue,
                Some(Found::Row(found)) => found.model,
                _ => {
                    aliases.push((name, rows));
                    continue;
                }
            };
            // Names that share a row share its price: the row's own name decides, if the other table has it.
            if (model.name() == name || !imported.models.contains_key(model.name())) && seen.insert(model.name()) {
                plan.model(model, rows, day);
            }
        }
        // An alias, and a name that the rules for names resolve, has the price of the model to which it resolves, unless
        // the other table has that model itself.
        for (name, rows) in aliases {
            match self.model(name).map(|found| found.resolve(day)) {
                Ok(Ok(Resolved { model, .. })) => {
                    if seen.insert(model.name()) {
                        plan.model(model, rows, day);
                    }
                }
                // An alias that does not exist yet.
                Ok(Err(_)) => plan.unknown.push(name.clone()),
                Err(_) => plan.new_model(name, rows, imported.facts.get(name), day),
            }
        }
        plan.unknown.sort();
        plan
    }
}

impl Plan {
    /// Returns whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.models.is_empty()
    }

    /// Adds the sheets of a model that differ on `day` or later, unless the model is shut down by then.
    fn model(&mut self, model: &Model, rows: &[Row], day: Date) {
        let before = self.changes.len();
        self.sheets(model, rows, day);
        if model.shutdown().is_some_and(|shutdown| shutdown <= day) && self.changes.len() > before {
            self.changes.truncate(before);
            self.rows.remove(model.name());
            self.shut_down.push(model.name().to_owned());
        }
    }

    fn sheets(&mut self, model: &Model, rows: &[Row], day: Date) {
        let mut sheets: BTreeMap<(Tier, Option<Date>), Vec<&Row>> = BTreeMap::new();
        for row in rows {
            sheets.entry((row.tier, row.from)).or_default().push(row);
        }
        for (tier, from) in sheets.keys() {
            let is_newest = !sheets.keys().any(|(other, later)| other == tier && later > from && *later <= Some(day));
            match from {
                Some(from) if *from > day => self.sheet(model, *tier, *from, &sheets[&(*tier, Some(*from))]),
                _ if is_newest => self.sheet(model, *tier, day, &sheets[&(*tier, *from)]),
                // Earlier sheets are history, which is not rewritten.
                _ => {}
            }
        }
    }

    /// Adds a tier's sheet from a day on, if it differs from the one that applies on that day.
    fn sheet(&mut self, model: &Model, tier: Tier, from: Date, rows: &[&Row]) {
        let current: Vec<&PriceRow> = model.sheet(from, tier).collect();
        let mut thresholds: BTreeSet<u64> = current.iter().map(|row| row.above()).collect();
        thresholds.extend(rows.iter().map(|row| row.above));
        let mut changes = Vec::new();
        let mut sheet = Vec::new();
        for above in thresholds {
            let old = current.iter().find(|row| row.above() == above);
            let new = rows.iter().find(|row| row.above == above);
            let rates = std::array::from_fn(|index| {
                let old = old.and_then(|row| row.rate(Field::ALL[index]));
                // A zero without an earlier price means that there is still none: an embedding has no output.
                let is_price = |amount: &Decimal| old.is_some() || !amount.is_zero();
                let Some(new) = new.and_then(|row| row.amounts[index]).filter(is_price) else { return old };
                let new = Rate::new(new, Per::Million);
                if old.map(|old| old.amount_per(Per::Million)) != Some(new.amount()) {
                    changes.push(change(model, from, tier, above, Field::ALL[index], old, new));
                }
                Some(new)
            });
            sheet.push(PriceRow { line: 0, per: Per::Million, from: Some(from), until: None, tier, above, rates });
        }
        let is_whole =
            |row: &PriceRow| needed_prices(Some(model.kind())).iter().all(|field| row.rate(*field).is_some());
        if !changes.is_empty() && sheet.iter().all(is_whole) && sheet.first().is_some_and(|row| row.above == 0) {
            self.changes.extend(changes);
            let sheet = sheet.into_iter().map(in_millions);
            self.rows.entry(model.name().to_owned()).or_default().extend(sheet);
        }
    }
}

fn change(model: &Model, from: Date, tier: Tier, above: u64, field: Field, old: Option<Rate>, new: Rate) -> Change {
    let old = old.map(|old| old.amount_per(Per::Million));
    let new = new.amount();
    let is_suspicious = old.is_some_and(|old| is_unit_error(old.amount(), new.amount()));
    let earlier = earlier(model, from, tier, above, field, new).filter(|_| old.is_some());
    Change { model: model.name().to_owned(), from, tier, above, field, old, new, is_suspicious, earlier }
}

/// Returns the first day of the newest row before the sheet of `day` that has the price `new`.
fn earlier(model: &Model, day: Date, tier: Tier, above: u64, field: Field, new: Usd) -> Option<Option<Date>> {
    let current = model.sheet(day, tier).next()?.from();
    let is_earlier = |row: &&PriceRow| row.tier() == tier && row.above() == above && row.from() < current;
    let has_price = |row: &&PriceRow| row.rate(field).map(|rate| rate.amount_per(Per::Million)) == Some(new);
    model.prices().iter().filter(is_earlier).filter(has_price).map(PriceRow::from).max()
}

/// Returns the row with all rates per million tokens.
fn in_millions(row: PriceRow) -> PriceRow {
    let rates = row.rates.map(|rate| rate.map(|rate| Rate::new(rate.amount_per(Per::Million).amount(), Per::Million)));
    PriceRow { rates, ..row }
}

/// Returns an amount of dollars times `factor`, from the digits of a JSON number or of a text.
fn decimal(digits: &str, factor: Decimal) -> Option<Decimal> {
    let digits = digits.trim().trim_matches('"');
    let amount = match digits.contains(['e', 'E']) {
        true => Decimal::from_scientific(digits).ok()?,
        false => Decimal::from_str_exact(digits).ok()?,
    };
    amount.checked_mul(factor).map(|amount| amount.normalize()).filter(|amount| !amount.is_sign_negative())
}

fn unreadable(format: ImportFormat, message: impl std::fmt::Display) -> Error {
    let problem = Problem::new(format!("not a valid {} price table: {message}", format.as_str()));
    Error::new(error::Kind::PriceTable, problem)
}
