//! Ranges of tokens and dollars, and the cost of a request at the rows that can price it.

use std::fmt;
use std::iter::Sum;

use super::terms::{Cached, Terms};
use crate::accounting::TokenCount;
use crate::catalog::{Field, PriceRow};
use crate::money::{Usd, grouped};
use crate::request::{Request, Warning};
use crate::usage::Usage;

/// A range: the least and the most, and what is expected where the expected output is given.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueRange<T> {
    /// The least.
    pub min: T,
    /// With the expected output, where it is given.
    pub expected: Option<T>,
    /// The most, or `None` where it is unknown.
    pub max: Option<T>,
}

/// A range of dollars.
pub type CostRange = ValueRange<Usd>;

/// Shows the range as `min … max`, as one amount where both are the same, and as `min or more` where the maximum is unknown.
///
/// ```
/// use gpt_cost::{Catalog, Date, Request, Terms};
///
/// let request = Request::from_text(b"Hi")?;
/// let terms = Terms::on(Date::new(2026, 11, 23)?).output_tokens(1_000);
/// let catalog = Catalog::builtin();
/// let estimate = catalog.model("gpt-4.1")?.estimate(&request, &terms)?;
/// assert_eq!(estimate.cost().input.to_string(), "$0.000016");
/// assert_eq!(estimate.cost().output.to_string(), "$0.00 … $0.262144");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl fmt::Display for CostRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.max {
            Some(max) if max == self.min => max.fmt(f),
            Some(max) => write!(f, "{} … {max}", self.min),
            None => write!(f, "{} or more", self.min),
        }
    }
}

/// What a request costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cost {
    /// The input; expected is its count as it stands, the band is the count's bound.
    pub input: CostRange,
    /// The output, from nothing to the most that the request allows.
    pub output: CostRange,
    /// Both together. Expected only where an output is.
    pub total: CostRange,
}

impl Cost {
    /// Returns what budgets hold against their limits: the most that the input can cost, with the output that is expected, or else the most
    /// that there can be; `None` where there is no knowing.
    pub fn most(&self) -> Option<Usd> {
        let output = self.output.expected.or(self.output.max);
        self.input.max.zip(output).map(|(input, output)| input + output)
    }

    /// Returns what is known of [`Cost::most`]: all of it, or the least that the input costs, with the output that is expected or allowed.
    pub fn known(&self) -> Usd {
        let output = self.output.expected.or(self.output.max).unwrap_or(self.output.min);
        self.most().unwrap_or(self.input.min + output)
    }
}

/// The sum has what is expected, and a most, where all have one.
impl Sum for Cost {
    fn sum<I: Iterator<Item = Cost>>(costs: I) -> Cost {
        let none = || ValueRange { min: Usd::ZERO, expected: Some(Usd::ZERO), max: Some(Usd::ZERO) };
        let add = |one: CostRange, other: CostRange| ValueRange {
            min: one.min + other.min,
            expected: one.expected.zip(other.expected).map(|(one, other)| one + other),
            max: one.max.zip(other.max).map(|(one, other)| one + other),
        };
        costs.fold(Cost { input: none(), output: none(), total: none() }, |sum, cost| Cost {
            input: add(sum.input, cost.input),
            output: add(sum.output, cost.output),
            total: add(sum.total, cost.total),
        })
    }
}

/// The rows that can price a request.
pub(super) struct Rows<'c> {
    /// The one of the count.
    pub(super) counted: &'c PriceRow,
    /// Each that can hold between the least and the most.
    pub(super) any: Vec<&'c PriceRow>,
}

impl Rows<'_> {
    /// Returns a band of costs: the least and the most at any row, and what is expected at the row of the count. A row without a price says
    /// nothing of the most.
    fn band(&self, tokens: &ValueRange<u64>, cost: impl Fn(&PriceRow, u64) -> Option<Usd>) -> CostRange {
        let cost = &cost;
        let any = |tokens| self.any.iter().map(move |row| cost(row, tokens));
        ValueRange {
            min: any(tokens.min).flatten().min().unwrap_or_default(),
            expected: tokens.expected.and_then(|tokens| cost(self.counted, tokens)),
            max: tokens.max.and_then(|tokens| any(tokens).collect::<Option<Vec<_>>>()?.into_iter().max()),
        }
    }
}

/// The fewest tokens of an input of which any can be read from the prompt cache or written to it, by OpenAI's guide to prompt caching.
const FEWEST_CACHED: u64 = 1_024;

/// Returns how much of the input is cached: what the terms say, unless the input is too short to be cached at all.
pub(super) fn cached(input: &TokenCount, row: &PriceRow, terms: &Terms, warnings: &mut Vec<Warning>) -> Cached {
    let none = Cached::Tokens(0);
    if terms.cached.of(input.max().unwrap_or(input.tokens())) == 0 {
        return none;
    }
    if input.max().is_some_and(|most| most < FEWEST_CACHED) {
        let message =
            format!("no input of fewer than {} tokens is cached: all of it is priced in full", grouped(FEWEST_CACHED));
        warnings.push(Warning::new("", message));
        return none;
    }
    if row.rate(Field::Cached).is_none() {
        let message = "there is no price for cached input at this tier: it costs what input costs";
        warnings.push(Warning::new("", message));
    }
    terms.cached
}

/// Returns the band of the cost. Where something of the input is not counted, the input has no upper end, and the output keeps its own. The most
/// of an input has all of it that is not cached written to the prompt cache, where that costs more.
pub(super) fn cost(
    rows: &Rows<'_>,
    request: &Request,
    input: &TokenCount,
    cached: Cached,
    output: &ValueRange<u64>,
) -> Cost {
    let most = input.max();
    let tokens = ValueRange { min: input.min(), expected: most.map(|_| input.tokens()), max: most };
    let of_input = |tokens: u64| Usage::new(tokens, 0).with_cached(cached.of(tokens));
    let mut input = rows.band(&tokens, |row, tokens| row.cost(&of_input(tokens)));
    let written = |row: &PriceRow, tokens: u64| {
        let usage = of_input(tokens);
        let written = if tokens < FEWEST_CACHED { 0 } else { usage.input - usage.cached };
        row.cost(&usage.with_written(written))
    };
    input.max = input.max.max(rows.band(&tokens, written).max);
    let output = rows.band(output, |row, tokens| row.cost(&Usage::output_alone(tokens, request.audio_output)));
    let both = |one: Option<Usd>, other: Option<Usd>| Some(one? + other?);
    let total = ValueRange {
        min: input.min + output.min,
        expected: both(input.expected, output.expected),
        max: both(input.max, output.max),
    };
    Cost { input, output, total }
}
