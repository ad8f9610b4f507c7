//! The sizes of many requests or responses: how many have each, and the largest.

use std::collections::BTreeMap;
use std::fmt;

use gpt_cost::Usd;
use gpt_cost::money::grouped;

use crate::cli::report::grid::Cell;

/// The number of requests that are listed as the largest ones.
const LARGEST: usize = 5;

/// The shares of the requests whose sizes are shown, in percent.
const PERCENTILES: [u64; 3] = [50, 95, 99];

/// The most different values that are kept as they are: about 3 MB. Costs of a year of responses are nearly all different.
const MAX_VALUES: usize = 65_536;

/// The digits of more values than that, rounded up: each decade has 9,000 values then.
const DIGITS: u32 = 4;

/// A value that has a size.
pub(in crate::cli) trait Size: Copy + Ord {
    /// Returns the value rounded up to a number of significant digits.
    fn rounded_up(self, digits: u32) -> Self;
    fn in_words(self) -> String;
}

impl Size for u64 {
    fn rounded_up(self, digits: u32) -> u64 {
        let more = self.checked_ilog10().map_or(0, |log| (log + 1).saturating_sub(digits));
        let step = 10u64.pow(more);
        self.div_ceil(step).saturating_mul(step)
    }

    fn in_words(self) -> String {
        grouped(self)
    }
}

impl Size for Usd {
    fn rounded_up(self, digits: u32) -> Usd {
        Usd::rounded_up(self, digits)
    }

    fn in_words(self) -> String {
        self.to_string()
    }
}

/// How many requests have each value.
#[derive(Debug)]
pub(in crate::cli) struct Distribution<T> {
    pub(super) values: BTreeMap<T, u64>,
    max: Option<T>,
    /// Whether there are so many values that they are rounded.
    is_rounded: bool,
}

impl<T> Default for Distribution<T> {
    fn default() -> Distribution<T> {
        Distribution { values: BTreeMap::new(), max: None, is_rounded: false }
    }
}

impl<T: Size> Distribution<T> {
    pub(in crate::cli) fn add(&mut self, value: T, requests: u64) {
        self.max = self.max.max(Some(value));
        let rounded = if self.is_rounded { value.rounded_up(DIGITS) } else { value };
        *self.values.entry(rounded).or_default() += requests;
        if self.values.len() > MAX_VALUES && !self.is_rounded {
            self.is_rounded = true;
            for (value, requests) in std::mem::take(&mut self.values) {
                *self.values.entry(value.rounded_up(DIGITS)).or_default() += requests;
            }
        }
    }

    /// Adds the values of later requests, which are one part of them and not rounded.
    pub(in crate::cli) fn append(&mut self, later: Distribution<T>) {
        later.values.into_iter().for_each(|(value, requests)| self.add(value, requests));
        self.max = self.max.max(later.max);
    }

    /// Returns the values that [`PERCENTILES`] of the requests do not exceed, by the nearest rank, and the largest.
    pub(super) fn marks(&self) -> impl Iterator<Item = T> {
        let all: u64 = self.values.values().sum();
        let ranks = PERCENTILES.iter().map(move |percent| (all * percent).div_ceil(100));
        let mark = |rank| {
            let mut before = 0;
            let is_reached = |(_, requests): &(&T, &u64)| {
                before += **requests;
                before >= rank
            };
            self.values.iter().find(is_reached).map(|(value, _)| *value)
        };
        ranks.filter_map(mark).chain(self.max)
    }

    /// Returns a row of a table with the [`titles`].
    pub(in crate::cli) fn row(&self, name: &str) -> Vec<Cell> {
        // What is rounded up is labelled as such; the largest value is not rounded.
        let at_most = if self.is_rounded { "≤ " } else { "" };
        let labels = std::iter::repeat_n(at_most, PERCENTILES.len()).chain([""]);
        let marks = labels.zip(self.marks()).map(|(label, value)| Cell::right(format!("{label}{}", value.in_words())));
        std::iter::once(Cell::plain(name)).chain(marks).collect()
    }
}

/// Returns the titles of a table of distributions.
pub(in crate::cli) fn titles(of: &str) -> Vec<Cell> {
    let percentiles = PERCENTILES.iter().map(|percent| Cell::title(&format!("p{percent}")));
    std::iter::once(Cell::heading(of)).chain(percentiles).chain([Cell::title("max")]).collect()
}

/// The largest requests, in falling order.
pub(in crate::cli) struct Largest<L>(Vec<((Usd, u64), L)>);

impl<L> Default for Largest<L> {
    fn default() -> Largest<L> {
        Largest(Vec::new())
    }
}

impl<L: fmt::Debug> fmt::Debug for Largest<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Largest").field(&self.0).finish()
    }
}

impl<L> Largest<L> {
    /// Adds a request if it is among the largest by its cost, and then by its tokens.
    pub(in crate::cli) fn add(&mut self, size: (Usd, u64), request: impl FnOnce() -> L) {
        if self.0.len() < LARGEST || self.0.last().is_some_and(|(least, _)| *least < size) {
            self.insert(size, request());
        }
    }

    /// Adds those of later requests.
    pub(in crate::cli) fn append(&mut self, later: Largest<L>) {
        later.0.into_iter().for_each(|(size, request)| self.insert(size, request));
    }

    pub(in crate::cli) fn iter(&self) -> impl Iterator<Item = &L> {
        self.0.iter().map(|(_, request)| request)
    }

    /// Inserts a request behind those that are as large and came before it.
    fn insert(&mut self, size: (Usd, u64), request: L) {
        let place = self.0.partition_point(|(one, _)| *one >= size);
        self.0.insert(place, (size, request));
        self.0.truncate(LARGEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_those_of_the_nearest_rank() {
        let marks = |values: &[u64]| {
            let mut distribution = Distribution::default();
            values.iter().for_each(|value| distribution.add(*value, 1));
            distribution.marks().collect::<Vec<_>>()
        };
        assert_eq!(marks(&(1..=200).collect::<Vec<_>>()), [100, 190, 198, 200]);
        assert_eq!(marks(&[7]), [7, 7, 7, 7]);
        assert!(marks(&[]).is_empty());
    }

    #[test]
    fn many_different_values_are_rounded_but_not_their_maximum() {
        let mut distribution = Distribution::default();
        (0..1_000_000u64).for_each(|value| distribution.add(value * 7 + 3, 1));
        assert!(distribution.values.len() < 40_000, "{}", distribution.values.len());
        assert_eq!(distribution.marks().collect::<Vec<_>>(), [3_500_000, 6_650_000, 6_930_000, 6_999_996]);
        for (value, rounded) in [(0, 0), (9, 9), (9_999, 9_999), (10_001, 10_010), (123_450, 123_500)] {
            assert_eq!(value.rounded_up(DIGITS), rounded);
        }
        let cost: Usd = "0.000123451".parse().expect("an amount");
        assert_eq!(Size::rounded_up(cost, DIGITS).to_string(), "$0.0001235");
    }
}
