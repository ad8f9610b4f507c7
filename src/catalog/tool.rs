//! What is not billed by tokens: the prices of tools, and the unit prices of models.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::model::{List, Model, Text, in_effect};
use super::terms::{Measure, Unit};
use super::{Catalog, Layer, nearest};
use crate::error::{self, Error, Problem, Result};
use crate::money::Usd;

/// A tool of the API that is billed apart from tokens: one `[tool.NAME]` of a price table.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    pub(super) line: u32,
    pub(super) name: Text,
    pub(super) also: List<Text>,
    pub(super) prices: List<UnitPrice>,
    pub(super) source: Option<Text>,
    pub(super) checked: Option<Date>,
    pub(super) note: Option<Text>,
}

/// One row of a price that is not for tokens, and the conditions under which it applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitPrice {
    pub(super) line: u32,
    pub(super) unit: Unit,
    pub(super) from: Option<Date>,
    pub(super) until: Option<Date>,
    pub(super) models: List<Text>,
    pub(super) variant: Option<Text>,
    pub(super) amount: Decimal,
    pub(super) input_tokens: Option<u64>,
    pub(super) note: Option<Text>,
}

/// A tool, and the table that contains it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ResolvedTool<'c> {
    /// The table.
    pub layer: &'c Layer,
    /// The tool.
    pub tool: &'c Tool,
}

impl Tool {
    /// Returns the name of its table.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the line of the file on which the table begins, from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Returns the other names, as requests may write them.
    pub fn also(&self) -> impl Iterator<Item = &str> {
        self.also.iter().map(|name| name.as_ref())
    }

    /// Returns all rows of the price, in the order of the file.
    pub fn prices(&self) -> &[UnitPrice] {
        &self.prices
    }

    /// Returns the source of the prices.
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// Returns the day of the table's own check, if it differs from the file's.
    pub fn checked(&self) -> Option<Date> {
        self.checked
    }

    /// Returns a note for users of the prices.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Returns the rows that apply on `day`: those with the newest `from` that is not after it.
    pub fn sheet(&self, day: Date) -> impl Iterator<Item = &UnitPrice> + Clone {
        in_effect(self.prices.iter(), UnitPrice::from, day)
    }

    /// Returns the row that prices a call of `model` on `day`, if the tool is priced by the call. The row that names the
    /// model most closely wins.
    ///
    /// ```
    /// use gpt_cost::{Catalog, Date};
    ///
    /// let catalog = Catalog::builtin();
    /// let day = Date::new(2026, 11, 24)?;
    /// let price = |model: &str| {
    ///     let model = catalog.model(model).unwrap().resolve(day).unwrap().model;
    ///     catalog.tool("web_search_preview").unwrap().tool.call_price(model, day).unwrap().to_string()
    /// };
    /// assert_eq!(price("o3"), "$10.00 / 1K calls");
    /// assert_eq!(price("gpt-4.1"), "$25.00 / 1K calls");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn call_price(&self, model: &Model, day: Date) -> Option<&UnitPrice> {
        let of_model = self.sheet(day).filter(|row| row.variant.is_none() && row.unit.measure() == Measure::Calls);
        of_model
            .filter_map(|row| Some((row.closeness(model)?, row)))
            .max_by_key(|(closeness, _)| *closeness)
            .map(|best| best.1)
    }
}

impl Model {
    /// Returns the rows of a price that is not for tokens, such as one by the minute, in the order of the file.
    pub fn unit_prices(&self) -> &[UnitPrice] {
        &self.unit_prices
    }

    /// Returns the row that prices a quantity of `measure` on `day`: the one without a variant.
    ///
    /// ```
    /// use gpt_cost::{Catalog, Date, catalog::Measure};
    ///
    /// let catalog = Catalog::builtin();
    /// let day = Date::new(2026, 11, 24)?;
    /// let model = catalog.model("whisper-1")?.resolve(day)?.model;
    /// assert_eq!(model.unit_price(day, Measure::Seconds).unwrap().to_string(), "$0.006 / minute");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unit_price(&self, day: Date, measure: Measure) -> Option<&UnitPrice> {
        self.unit_sheet(day).find(|row| row.variant.is_none() && row.unit.measure() == measure)
    }

    /// Returns the rows of [`Model::unit_prices`] that apply on `day`.
    pub fn unit_sheet(&self, day: Date) -> impl Iterator<Item = &UnitPrice> + Clone {
        in_effect(self.unit_prices.iter(), UnitPrice::from, day)
    }
}

impl UnitPrice {
    /// Returns the line of the file on which the row begins, from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Returns what the amount is for.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// Returns the dollars for one unit, as the price table gives them.
    pub fn amount(&self) -> Usd {
        self.amount.into()
    }

    /// Returns the first day on which the row applies; `None` if it always has.
    pub fn from(&self) -> Option<Date> {
        self.from
    }

    /// Returns the last day for which the price was announced; `None` if it has no known end.
    pub fn until(&self) -> Option<Date> {
        self.until
    }

    /// Returns whether `day` is after the last day for which the price was announced.
    pub fn is_uncertain(&self, day: Date) -> bool {
        self.until.is_some_and(|until| until < day)
    }

    /// Returns the models that the row is for, each a name or a pattern with one `*`. Without any, it is for all.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.models.iter().map(|name| name.as_ref())
    }

    /// Returns what distinguishes the row from others, such as the size of a container.
    pub fn variant(&self) -> Option<&str> {
        self.variant.as_deref()
    }

    /// Returns the number of input tokens that each call is billed in addition, if it is fixed.
    pub fn input_tokens(&self) -> Option<u64> {
        self.input_tokens
    }

    /// Returns a note for users of the row.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Returns the price with the row's variant, such as `$0.03 / 20 minutes (1 GB)`.
    pub fn with_variant(&self) -> String {
        self.variant().map_or_else(|| self.to_string(), |variant| format!("{self} ({variant})"))
    }

    /// Returns the cost of a quantity of the unit's [`Measure`], such as seconds where the unit is a minute.
    ///
    /// ```
    /// use gpt_cost::{Catalog, Date};
    ///
    /// let catalog = Catalog::builtin();
    /// let search = catalog.tool("file_search")?.tool;
    /// let row = search.sheet(Date::new(2026, 11, 24)?).next().unwrap();
    /// assert_eq!(row.cost(3.into()).to_string(), "$0.0075");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cost(&self, quantity: Decimal) -> Usd {
        self.amount().for_quantity(quantity, self.unit.size())
    }

    /// Returns how closely the row names the model: 0 if it is for all models, and `None` if it is not for this one.
    fn closeness(&self, model: &Model) -> Option<usize> {
        if self.models.is_empty() {
            return Some(0);
        }
        let is_of_model =
            |pattern: &&str| std::iter::once(model.name()).chain(model.also()).any(|name| matches(pattern, name));
        // A name is closer than a pattern of the same length.
        self.models().filter(is_of_model).map(|pattern| 2 * pattern.len() - usize::from(pattern.contains('*'))).max()
    }
}

/// Shows the price such as `$10.00 / 1K calls`.
impl std::fmt::Display for UnitPrice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} / {}", self.amount(), self.unit)
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, end)) => name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end),
    }
}

impl Catalog {
    /// Returns the tool of the given name, as the last layer has it.
    ///
    /// # Errors
    ///
    /// An unknown name, with the nearest known one.
    pub fn tool(&self, name: &str) -> Result<ResolvedTool<'_>> {
        self.find_tool(name).ok_or_else(|| {
            let known =
                self.tools().into_iter().flat_map(|found| std::iter::once(found.tool.name()).chain(found.tool.also()));
            let near = nearest::nearest(name, known);
            let problem = Problem::new(format!("unknown tool `{}`", error::shown(name)));
            let hint = match near.first() {
                Some(near) => format!("did you mean `{near}`?"),
                None => "gpt-cost pricing show lists the tools that have a price".to_owned(),
            };
            Error::new(error::Kind::MissingPrice, problem.with_hint(hint))
        })
    }

    /// Returns the tool of the given name, or `None` if no table has a price for it.
    pub fn find_tool(&self, name: &str) -> Option<ResolvedTool<'_>> {
        let is_named = |tool: &&Tool| tool.name == name || tool.also().any(|also| also == name);
        let of_layer = |layer: &'_ Layer| layer.tools.iter().position(|tool| is_named(&tool));
        let (layer, index) = self.layers().rev().find_map(|layer| Some((layer, of_layer(layer)?)))?;
        Some(ResolvedTool { layer, tool: &layer.tools[index] })
    }

    /// Returns each tool once, as the last layer has it, in the order of the layers.
    pub fn tools(&self) -> Vec<ResolvedTool<'_>> {
        let mut tools: Vec<ResolvedTool<'_>> = Vec::new();
        for layer in self.layers() {
            for tool in layer.tools() {
                match tools.iter_mut().find(|known| known.tool.name == tool.name) {
                    Some(known) => *known = ResolvedTool { layer, tool },
                    None => tools.push(ResolvedTool { layer, tool }),
                }
            }
        }
        tools
    }
}
