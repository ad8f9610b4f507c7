//! The facts of one model: its counting rules, limits and prices.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::Date;

use super::file::{FactEntries, model_facts};
use super::terms::{Field, ImageRule, Kind, Tier};
use super::tool::UnitPrice;
use crate::accounting::Family;
use crate::encoding::Encoding;
use crate::error::{self, Error, Problem, Result};
use crate::money::{Per, Rate, grouped};
use crate::toml::civil;

/// Text that is compiled in for the built-in table, and owned for a file's.
pub(super) type Text = Cow<'static, str>;

/// A list that is compiled in for the built-in table, and owned for a file's.
pub(super) type List<T> = Cow<'static, [T]>;

/// The facts of one model: one `[model."…"]` of a price table.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub(super) line: u32,
    pub(super) name: Text,
    pub(super) kind: Kind,
    pub(super) encoding: Option<Encoding>,
    pub(super) counting: List<FamilySince>,
    pub(super) image: Option<ImageRule>,
    pub(super) facts: Facts,
    /// The other names of the row, sorted.
    pub(super) also: List<Text>,
    pub(super) prices: List<PriceRow>,
    /// The rows of a price that is not for tokens.
    pub(super) unit_prices: List<UnitPrice>,
}

/// A family of counting rules, and the first day on which it is in effect for a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FamilySince {
    /// The first day; `None` if it always was.
    pub from: Option<Date>,
    /// The family.
    pub family: Family,
}

/// A fact of a model that is one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fact<'m> {
    /// A limit in tokens.
    Tokens(u64),
    /// A day.
    Date(Date),
    /// A text.
    Text(&'m str),
}

/// Shows the fact, with numbers of tokens grouped.
impl fmt::Display for Fact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fact::Tokens(tokens) => f.write_str(&grouped(*tokens)),
            Fact::Date(date) => date.fmt(f),
            Fact::Text(text) => f.write_str(text),
        }
    }
}

macro_rules! fact {
    (type tokens) => { Option<u64> };
    (type date) => { Option<Date> };
    (type text) => { Option<Text> };
    (value tokens) => { Option<u64> };
    (value date) => { Option<Date> };
    (value text) => { Option<&str> };
    (get tokens $fact:expr) => { $fact };
    (get date $fact:expr) => { $fact };
    (get text $fact:expr) => { $fact.as_deref() };
    (read tokens $entry:expr) => { $entry };
    (read date $entry:expr) => { $entry.map(civil) };
    (read text $entry:expr) => { $entry.map(Text::from) };
    (variant tokens) => { Fact::Tokens };
    (variant date) => { Fact::Date };
    (variant text) => { Fact::Text };
}

macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident: $kind:ident,)*) => {
        /// The facts of a model that are one value each.
        #[derive(Clone, Debug, PartialEq)]
        pub(super) struct Facts { $(pub(super) $name: fact!(type $kind),)* }

        impl Facts {
            pub(super) fn read(entries: FactEntries) -> Facts {
                Facts { $($name: fact!(read $kind entries.$name),)* }
            }
        }

        impl Model {
            $($(#[$doc])* pub fn $name(&self) -> fact!(value $kind) {
                fact!(get $kind self.facts.$name)
            })*

            /// Returns the facts that are known, each with its key in `pricing.toml`.
            pub fn facts(&self) -> impl Iterator<Item = (&'static str, Fact<'_>)> {
                let facts = [$((stringify!($name), self.$name().map(fact!(variant $kind))),)*];
                facts.into_iter().filter_map(|(key, fact)| Some((key, fact?)))
            }
        }
    };
}
model_facts!(facts);

impl Model {
    /// Returns the name of its row in the table.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the line of the file on which the model's table begins, from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Returns what the model is for.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the encoding of the model, or `None` if it is unknown.
    pub fn encoding(&self) -> Option<Encoding> {
        self.encoding
    }

    /// Returns the families of counting rules, each with its first day.
    pub fn counting(&self) -> &[FamilySince] {
        &self.counting
    }

    /// Returns the family of counting rules that is in effect for the model on `day`.
    pub fn family(&self, day: Date) -> Option<Family> {
        let started = self.counting.iter().filter(|one| one.from.is_none_or(|from| from <= day));
        started.max_by_key(|one| one.from).map(|one| one.family)
    }

    /// Returns how an image becomes tokens.
    pub fn image(&self) -> Option<ImageRule> {
        self.image
    }

    /// Returns a notice of the model's shutdown, if it is past or within 30 days.
    pub(crate) fn shutdown_notice(&self, today: Date) -> Option<String> {
        /// A month, the time to replace a model.
        const SOON: i32 = 30;
        let shutdown = self.shutdown()?;
        ((shutdown - today).get_days() <= SOON).then(|| self.shutdown_at(shutdown, today))
    }

    /// Returns a text with the day of the model's shutdown, and the model to use instead.
    pub(crate) fn shutdown_at(&self, shutdown: Date, today: Date) -> String {
        let instead = self.successor().map(|successor| format!("; use {successor} instead")).unwrap_or_default();
        let name = self.name();
        match (shutdown - today).get_days() {
            ..=0 => format!("{name} was shut down on {shutdown}{instead}"),
            1 => format!("{name} shuts down on {shutdown}, in 1 day{instead}"),
            days => format!("{name} shuts down on {shutdown}, in {days} days{instead}"),
        }
    }

    /// Returns a notice that the price of `row` is not known on `day`, which is after its last announced day.
    ///
    /// ```
    /// use gpt_cost::{Catalog, Date, Tier};
    ///
    /// let catalog = Catalog::builtin();
    /// let day = Date::new(2026, 11, 24)?;
    /// let model = catalog.model("gpt-5.6-sol")?.resolve(day)?.model;
    /// let row = model.price(day, Tier::Standard, 1_000).unwrap();
    /// assert_eq!(
    ///     model.price_notice(row, day).as_deref(),
    ///     Some("the price of gpt-5.6-sol is known only until 2026-11-21")
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn price_notice(&self, row: &PriceRow, day: Date) -> Option<String> {
        let until = row.until().filter(|_| row.is_uncertain(day))?;
        Some(format!("the price of {} is known only until {until}", self.name()))
    }

    /// Returns the other names of the row, sorted.
    pub fn also(&self) -> impl Iterator<Item = &str> {
        self.also.iter().map(|name| name.as_ref())
    }

    /// Returns all rows of the price, in the order of the file.
    pub fn prices(&self) -> &[PriceRow] {
        &self.prices
    }

    /// Returns the row that prices a request of `input` tokens on `day`: of the rows of the tier, those with the newest
    /// `from` that is not in the future, and of these the one with the highest `above` that `input` exceeds.
    ///
    /// If the standard price changes above a number of tokens for which the tier has no row, the tier's price above it
    /// is unknown: the row for fewer tokens is not used instead.
    pub fn price(&self, day: Date, tier: Tier, input: u64) -> Option<&PriceRow> {
        let row = self.row(day, tier, input)?;
        let standard = self.row(day, Tier::Standard, input).map_or(0, PriceRow::above);
        (tier == Tier::Standard || row.above >= standard).then_some(row)
    }

    /// Returns the row that [`Model::price`] finds, or an error that explains why there is none.
    pub(crate) fn priced(&self, day: Date, tier: Tier, input: u64) -> Result<&PriceRow> {
        self.price(day, tier, input)
            .ok_or_else(|| Error::new(error::Kind::MissingPrice, self.no_price(day, tier, input)))
    }

    /// Returns the rows of the tier for more input than `row` is for.
    ///
    /// # Errors
    ///
    /// A tier without a row above a number of tokens at which the standard price changes.
    pub(crate) fn priced_above(&self, day: Date, tier: Tier, row: &PriceRow) -> Result<Vec<&PriceRow>> {
        let steps =
            self.sheet(day, Tier::Standard).map(PriceRow::above).chain(self.sheet(day, tier).map(PriceRow::above));
        let steps: std::collections::BTreeSet<u64> = steps.filter(|above| *above > row.above).collect();
        steps.into_iter().map(|above| self.priced(day, tier, above + 1)).collect()
    }

    fn no_price(&self, day: Date, tier: Tier, input: u64) -> Problem {
        let first = self.prices().iter().filter(|row| row.tier() == tier).map(PriceRow::from).min();
        match first {
            Some(first) if first.is_none_or(|first| first <= day) => {
                let message = format!(
                    "`{}` has no known {} price for an input of {} tokens",
                    self.name(),
                    tier.as_str(),
                    grouped(input)
                );
                Problem::new(message)
                    .with_hint("its standard price changes above a number of tokens, for which the tier has no row")
            }
            Some(first) => {
                let since = first.map(|first| format!("; the first is from {first}")).unwrap_or_default();
                Problem::new(format!("`{}` has no {} price on {day}{since}", self.name(), tier.as_str()))
            }
            None if !self.unit_prices.is_empty() => {
                let prices: Vec<String> = self.unit_sheet(day).map(|row| row.to_string()).collect();
                Problem::new(format!("`{}` has no price for tokens: it costs {}", self.name(), prices.join(", ")))
            }
            None if self.prices().is_empty() => {
                Problem::new(format!("`{}` has no price: its operator sets one", self.name()))
                    .with_hint("add a table for it to a pricing.toml")
            }
            None => {
                let tiers: Vec<&str> = self.tiers().map(Tier::as_str).collect();
                Problem::new(format!("`{}` has no {} price", self.name(), tier.as_str()))
                    .with_hint(format!("it has prices for {}", tiers.join(", ")))
            }
        }
    }

    fn row(&self, day: Date, tier: Tier, input: u64) -> Option<&PriceRow> {
        self.sheet(day, tier).filter(|row| row.applies_to(input)).max_by_key(|row| row.above)
    }

    /// Returns the rows of a tier that apply on `day`: those with the newest `from` that is not after it.
    pub fn sheet(&self, day: Date, tier: Tier) -> impl Iterator<Item = &PriceRow> + Clone {
        in_effect(self.prices.iter().filter(move |row| row.tier == tier), PriceRow::from, day)
    }

    /// Returns the tiers that have a row, on any day.
    pub fn tiers(&self) -> impl Iterator<Item = Tier> {
        Tier::ALL.iter().copied().filter(|tier| self.prices.iter().any(|row| row.tier == *tier))
    }
}

/// Returns the rows that apply on `day`: those with the newest first day that is not after it.
pub(super) fn in_effect<'r, R: 'r>(
    rows: impl Iterator<Item = &'r R> + Clone,
    from: fn(&R) -> Option<Date>,
    day: Date,
) -> impl Iterator<Item = &'r R> + Clone {
    let started = rows.filter(move |row| from(row).is_none_or(|from| from <= day));
    let newest = started.clone().map(from).max();
    started.filter(move |row| Some(from(row)) == newest)
}

/// One row of a model's price: one complete price, and the conditions under which it applies.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceRow {
    pub(super) line: u32,
    pub(super) per: Per,
    pub(super) from: Option<Date>,
    pub(super) until: Option<Date>,
    pub(super) tier: Tier,
    pub(super) above: u64,
    pub(super) rates: [Option<Rate>; Field::ALL.len()],
}

impl PriceRow {
    /// Returns the line of the file on which the row begins, from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Returns the number of tokens that the row's amounts are for.
    pub fn per(&self) -> Per {
        self.per
    }

    /// Returns the first day on which the row applies; `None` if it always has.
    pub fn from(&self) -> Option<Date> {
        self.from
    }

    /// Returns the last day for which the price was announced, such as the end of a promotion; `None` if it has no known
    /// end. After it, the row still applies until a later one does, but the price is uncertain: see
    /// [`Model::price_notice`].
    pub fn until(&self) -> Option<Date> {
        self.until
    }

    /// Returns whether `day` is after the last day for which the price was announced.
    pub fn is_uncertain(&self, day: Date) -> bool {
        self.until.is_some_and(|until| until < day)
    }

    /// Returns the service tier that the row is for.
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// Returns the number of input tokens that a request must exceed for the row to apply; 0 for a row without a
    /// threshold.
    pub fn above(&self) -> u64 {
        self.above
    }

    /// Returns the rate for `field`, or `None` if the row has no price for it.
    pub fn rate(&self, field: Field) -> Option<Rate> {
        self.rates[field as usize]
    }

    fn applies_to(&self, input: u64) -> bool {
        self.above == 0 || input > self.above
    }
}
impl fmt::Display for ImageRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImageRule::Tiles { base, tile } => {
                write!(f, "{base} tokens, and {tile} for each tile of 512 × 512 pixels")
            }
            ImageRule::Patches { factor, .. } => write!(f, "{factor} tokens for each patch of 32 × 32 pixels"),
        }
    }
}
