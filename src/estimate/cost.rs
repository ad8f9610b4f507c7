//! Ranges of tokens and dollars, and the cost of a request at the rows that can price it.

use std::fmt;
use std::iter::Sum;

use super::terms::{Cached, Terms};
use crate::accounting::TokenCount;
use crate::catalog::{Field, PriceRow};
use crate::money::{Uplift, Usd, grouped};
use crate::request::{Request, Warning};
use crate::usage::Usage;

/// A range from a minimum to a maximum, with the expected value if the expected output is given.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueRange<T> {
    /// The minimum.
    pub min: T,
    /// The expected value, if the expected output is given.
    pub expected: Option<T>,
    /// The maximum, or `None` if it is unknown.
    pub max: Option<T>,
}

/// A range of dollars.
pub type CostRange = ValueRange<Usd>;

/// Shows the range as `min … max`, as one amount where both are the same, and as `min or more` where the maximum is
/// unknown.
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

/// The cost of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cost {
    /// The cost of the input: that of its count is expected, and the range is that of the count's bounds.
    pub input: CostRange,
    /// The cost of the output, from none to the most that the request allows.
    pub output: CostRange,
    /// The cost of the calls of tools that the terms set.
    pub tools: Usd,
    /// The sum of all. It has an expected value only if the output has one.
    pub total: CostRange,
}

impl Cost {
    /// Returns the cost of this many identical requests.
    #[must_use]
    pub fn times(&self, requests: u64) -> Cost {
        let all = |range: &CostRange| ValueRange {
            min: range.min * requests,
            expected: range.expected.map(|cost| cost * requests),
            max: range.max.map(|cost| cost * requests),
        };
        let [input, output, total] = [&self.input, &self.output, &self.total].map(all);
        Cost { input, output, tools: self.tools * requests, total }
    }

    /// Returns the cost that budgets compare with their limits: the maximum of the input, plus the expected output or
    /// else its maximum; `None` if it is unknown.
    pub fn most(&self) -> Option<Usd> {
        let output = self.output.expected.or(self.output.max);
        self.input.max.zip(output).map(|(input, output)| input + output + self.tools)
    }

    /// Returns the known part of [`Cost::most`]: all of it, or else the minimum of the input plus the expected output
    /// or its maximum, if known.
    pub fn known(&self) -> Usd {
        let output = self.output.expected.or(self.output.max).unwrap_or(self.output.min);
        self.most().unwrap_or(self.input.min + output + self.tools)
    }
}

/// Adds costs. The sum has an expected value, and a maximum, if all costs have one.
impl Sum for Cost {
    fn sum<I: Iterator<Item = Cost>>(costs: I) -> Cost {
        let none = || ValueRange { min: Usd::ZERO, expected: Some(Usd::ZERO), max: Some(Usd::ZERO) };
        let add = |one: CostRange, other: CostRange| ValueRange {
            min: one.min + other.min,
            expected: one.expected.zip(other.expected).map(|(one, other)| one + other),
            max: one.max.zip(other.max).map(|(one, other)| one + other),
        };
        costs.fold(Cost { input: none(), output: none(), tools: Usd::ZERO, total: none() }, |sum, cost| Cost {
            input: add(sum.input, cost.input),
            output: add(sum.output, cost.output),
            tools: sum.tools + cost.tools,
            total: add(sum.total, cost.total),
        })
    }
}

/// The rows that can price a request.
pub(super) struct Rows<'c> {
    /// The row that applies to the count.
    pub(super) counted: &'c PriceRow,
    /// All rows that can apply between the minimum and the maximum of the count, each once.
    pub(super) any: Vec<&'c PriceRow>,
}

impl Rows<'_> {
    /// Returns the range of costs: the minimum and the maximum over all rows, and the expected cost at the row of the
    /// count. The maximum is unknown if a row has no price.
    fn range<T: Copy>(&self, tokens: &ValueRange<T>, cost: impl Fn(&PriceRow, T) -> Option<Usd>) -> CostRange {
        let cost = &cost;
        let any = |tokens: T| self.any.iter().map(move |row| cost(row, tokens));
        ValueRange {
            min: any(tokens.min).flatten().min().unwrap_or_default(),
            expected: tokens.expected.and_then(|tokens| cost(self.counted, tokens)),
            max: tokens.max.and_then(|tokens| Rows::most(any(tokens))),
        }
    }

    /// Returns the maximum of costs, or `None` if one is unknown.
    fn most(mut costs: impl Iterator<Item = Option<Usd>>) -> Option<Usd> {
        let first = costs.next()??;
        costs.try_fold(first, |most, cost| Some(most.max(cost?)))
    }
}

/// The minimum size of an input that the prompt cache reads or writes, in tokens, by OpenAI's guide to prompt caching.
const MIN_CACHED_INPUT: u64 = 1_024;

/// Returns how much of the input is cached: as the terms set it, or nothing if the input is too short to be cached.
pub(super) fn cached(input: &TokenCount, row: &PriceRow, terms: &Terms, warnings: &mut Vec<Warning>) -> Cached {
    let none = Cached::Tokens(0);
    if terms.cached.tokens(input.max().unwrap_or(input.tokens())) == 0 {
        return none;
    }
    if input.max().is_some_and(|most| most < MIN_CACHED_INPUT) {
        let message = format!(
            "inputs of fewer than {} tokens are not cached: this one is priced in full",
            grouped(MIN_CACHED_INPUT)
        );
        warnings.push(Warning::new("", message));
        return none;
    }
    if row.rate(Field::Cached).is_none() {
        let message = "this tier has no price for cached input: it costs as much as other input";
        warnings.push(Warning::new("", message));
    }
    terms.cached
}

/// Returns the usage of an input, of which some tokens are audio. Audio is neither read from the prompt cache nor written
/// to it: price tables have no price for that.
pub(super) fn input_usage(tokens: u64, audio: u64, cached: Cached) -> Usage {
    let audio = audio.min(tokens);
    Usage::new(tokens, 0).audio_input(audio).cached(cached.tokens(tokens).min(tokens - audio))
}

/// Returns the range of the cost. If something of the input is not counted, the cost of the input has no maximum, while
/// that of the output keeps its own. The maximum of the input assumes that all input that is not cached is written to
/// the prompt cache, if that costs more. The uplift is on the tokens alone.
pub(super) fn cost(
    rows: &Rows<'_>,
    request: &Request,
    input: &TokenCount,
    cached: Cached,
    output: &ValueRange<u64>,
    (tools, uplift): (Usd, Uplift),
) -> Cost {
    // Audio costs more than text, so that the fewest tokens have the least audio.
    let (least_audio, most_audio) = input.audio_range();
    let usage = |tokens: u64, audio: u64| input_usage(tokens, audio, cached);
    let most = input.max();
    let tokens = ValueRange {
        min: usage(input.min(), least_audio),
        expected: most.map(|_| usage(input.tokens(), input.audio_tokens())),
        max: most.map(|most| usage(most, most_audio)),
    };
    let mut input = rows.range(&tokens, |row, usage| row.cost(&usage));
    let written = |row: &PriceRow, usage: Usage| {
        let text = usage.input - usage.cached - usage.audio_input;
        row.cost(&usage.written(if usage.input < MIN_CACHED_INPUT { 0 } else { text }))
    };
    let written = tokens.max.and_then(|usage| Rows::most(rows.any.iter().map(|row| written(row, usage))));
    input.max = input.max.max(written);
    let output = rows.range(output, |row, tokens| row.cost(&Usage::output_alone(tokens, request.audio_output)));
    let [input, output] = [input, output].map(|range| ValueRange {
        min: uplift.apply(range.min),
        expected: range.expected.map(|cost| uplift.apply(cost)),
        max: range.max.map(|cost| uplift.apply(cost)),
    });
    let both = |one: Option<Usd>, other: Option<Usd>| Some(one? + other? + tools);
    let total = ValueRange {
        min: input.min + output.min + tools,
        expected: both(input.expected, output.expected),
        max: both(input.max, output.max),
    };
    Cost { input, output, tools, total }
}
