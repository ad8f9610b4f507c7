//! What many requests have together: their tokens and cost, by model and by size, and the largest of them. It does not
//! grow with the number of requests, only with that of different sizes.

mod histogram;

use std::collections::BTreeMap;
use std::io::{self, Write};

use gpt_cost::money::grouped;
use gpt_cost::request::Format;
use gpt_cost::source::Place;
use gpt_cost::{Cost, TokenCount, Usd};

use super::grid::{Cell, write_grid};
use super::remarks::{Remarks, times};
use super::{Formats, label};
use crate::cli::files::printable;

/// The number of requests that are listed as the largest ones.
const LARGEST: usize = 5;

/// The shares of the requests whose sizes are shown, in percent.
const PERCENTILES: [u64; 3] = [50, 95, 99];

/// What a request adds to the totals.
pub(in crate::cli) struct Item<'i> {
    pub(in crate::cli) place: &'i Place,
    pub(in crate::cli) format: Format,
    /// The name of its model as it was given.
    pub(in crate::cli) model: &'i str,
    /// The number of times that it is sent.
    pub(in crate::cli) requests: u64,
    /// The tokens and the cost of one request; a count has no cost.
    pub(in crate::cli) tokens: &'i TokenCount,
    pub(in crate::cli) cost: Option<Cost>,
}

/// The totals of requests.
#[derive(Debug, Default)]
pub(in crate::cli) struct Totals {
    /// The number of requests, each once.
    pub(in crate::cli) items: usize,
    pub(in crate::cli) formats: Formats,
    pub(in crate::cli) all: Sum,
    pub(in crate::cli) remarks: Remarks,
    by_model: BTreeMap<String, Sum>,
    /// How many requests have each size, and each cost at most.
    tokens: Distribution<u64>,
    costs: Distribution<Usd>,
    /// In falling order of their cost, or of their tokens if they have none.
    largest: Vec<Large>,
}

/// The tokens and the cost of requests, each as often as it is sent.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Sum {
    pub(in crate::cli) requests: u64,
    pub(in crate::cli) tokens: TokenCount,
    /// `None` if they were only counted.
    pub(in crate::cli) cost: Option<Cost>,
}

#[derive(Clone, Debug)]
struct Large {
    name: String,
    order: (Usd, u64),
    tokens: TokenCount,
    cost: Option<Cost>,
}

impl Totals {
    /// Adds a request.
    pub(in crate::cli) fn add(&mut self, item: &Item<'_>) {
        let Item { place, format, model, requests, tokens, cost } = item;
        let sum =
            Sum { requests: *requests, tokens: tokens.times(*requests), cost: cost.map(|one| one.times(*requests)) };
        self.items += 1;
        self.formats.add(*format, 1);
        self.all.add(&sum);
        match self.by_model.get_mut(*model) {
            Some(known) => known.add(&sum),
            None => drop(self.by_model.insert((*model).to_owned(), sum)),
        }
        let most = cost.map(|cost| most(&cost));
        self.tokens.add(tokens.tokens(), 1);
        most.into_iter().for_each(|most| self.costs.add(most, 1));
        let order = (most.unwrap_or(Usd::ZERO), tokens.tokens());
        if self.largest.len() < LARGEST || self.largest.last().is_some_and(|least| least.order < order) {
            let name = format!("{place}{}", times(*requests));
            self.insert(Large { name, order, tokens: tokens.times(1), cost: *cost });
        }
    }

    /// Adds the totals of later requests.
    pub(in crate::cli) fn append(&mut self, later: Totals) {
        self.items += later.items;
        self.formats.append(later.formats);
        self.all.add(&later.all);
        self.remarks.append(later.remarks);
        for (model, sum) in later.by_model {
            match self.by_model.get_mut(&model) {
                Some(known) => known.add(&sum),
                None => drop(self.by_model.insert(model, sum)),
            }
        }
        later.tokens.0.into_iter().for_each(|(tokens, requests)| self.tokens.add(tokens, requests));
        later.costs.0.into_iter().for_each(|(cost, requests)| self.costs.add(cost, requests));
        later.largest.into_iter().for_each(|large| self.insert(large));
    }

    /// Inserts a request behind those that are as large and came before it.
    fn insert(&mut self, large: Large) {
        let place = self.largest.partition_point(|one| one.order >= large.order);
        self.largest.insert(place, large);
        self.largest.truncate(LARGEST);
    }

    /// Writes the tables of the summary.
    pub(in crate::cli) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        write_grid(&self.models(), out)?;
        writeln!(out)?;
        write_grid(&self.sizes(), out)?;
        writeln!(out)?;
        write_grid(&histogram::rows(&self.tokens), out)?;
        writeln!(out)?;
        write_grid(&self.largest(), out)
    }

    /// Returns a row for each model, and the total.
    fn models(&self) -> Vec<Vec<Cell>> {
        let titles = [
            Cell::heading("model"),
            Cell::title("requests"),
            Cell::title("input"),
            Cell::heading(""),
            Cell::title("expected"),
            Cell::title("at most"),
        ];
        let row = |name: Cell, sum: &Sum| {
            let expected = sum.cost.and_then(|cost| cost.total.expected);
            [
                name,
                Cell::right(grouped(sum.requests)),
                Cell::right(grouped(sum.tokens.tokens())),
                Cell::plain(label(&sum.tokens)),
                Cell::right(expected.map(|expected| expected.to_string()).unwrap_or_default()),
                Cell::right(sum.cost.as_ref().map(at_most).unwrap_or_default()),
            ]
        };
        let models = self.by_model.iter().map(|(model, sum)| row(Cell::plain(printable(model)), sum));
        let rows = std::iter::once(titles).chain(models).chain([row(Cell::plain("total"), &self.all)]);
        let has_expected = self.all.cost.is_some_and(|cost| cost.total.expected.is_some());
        let shown = [true, true, true, true, has_expected, self.all.cost.is_some()];
        rows.map(|row| row.into_iter().zip(shown).filter(|(_, is_shown)| *is_shown).map(|(cell, _)| cell).collect())
            .collect()
    }

    /// Returns the distribution of the tokens and of the cost of one request.
    fn sizes(&self) -> Vec<Vec<Cell>> {
        let mut title = vec![Cell::heading("one request")];
        title.extend(PERCENTILES.iter().map(|percent| Cell::title(&format!("p{percent}"))));
        title.push(Cell::title("max"));
        let mut tokens = vec![Cell::plain("input tokens")];
        tokens.extend(self.tokens.marks().map(|tokens| Cell::right(grouped(tokens))));
        let mut rows = vec![title, tokens];
        if self.all.cost.is_some() {
            let mut costs = vec![Cell::plain("cost, at most")];
            costs.extend(self.costs.marks().map(|cost| Cell::right(cost.to_string())));
            rows.push(costs);
        }
        rows
    }

    fn largest(&self) -> Vec<Vec<Cell>> {
        let has_cost = self.all.cost.is_some();
        let mut titles = vec![
            Cell::heading(if has_cost { "most expensive" } else { "largest" }),
            Cell::title("input"),
            Cell::heading(""),
        ];
        titles.extend(has_cost.then(|| Cell::title("at most")));
        let row = |large: &Large| {
            let mut row = vec![
                Cell::plain(printable(&large.name)),
                Cell::right(grouped(large.tokens.tokens())),
                Cell::plain(label(&large.tokens)),
            ];
            row.extend(large.cost.as_ref().map(|cost| Cell::right(at_most(cost))));
            row
        };
        std::iter::once(titles).chain(self.largest.iter().map(row)).collect()
    }
}

impl Default for Sum {
    fn default() -> Sum {
        Sum { requests: 0, tokens: TokenCount::exact(0), cost: None }
    }
}

impl Sum {
    fn add(&mut self, other: &Sum) {
        self.requests += other.requests;
        self.tokens = [self.tokens.times(1), other.tokens.times(1)].into_iter().sum();
        self.cost = match (self.cost, other.cost) {
            (Some(one), Some(other)) => Some([one, other].into_iter().sum()),
            (one, other) => one.or(other),
        };
    }
}

/// Returns the most that a request costs, or the least if there is no most.
fn most(cost: &Cost) -> Usd {
    cost.total.max.unwrap_or(cost.total.min)
}

fn at_most(cost: &Cost) -> String {
    cost.total.max.map_or_else(|| format!("≥ {}", cost.total.min), |max| max.to_string())
}

/// How many requests have each value.
#[derive(Debug)]
struct Distribution<T>(BTreeMap<T, u64>);

impl<T> Default for Distribution<T> {
    fn default() -> Distribution<T> {
        Distribution(BTreeMap::new())
    }
}

impl<T: Copy + Ord> Distribution<T> {
    fn add(&mut self, value: T, requests: u64) {
        *self.0.entry(value).or_default() += requests;
    }

    /// Returns the values that [`PERCENTILES`] of the requests do not exceed, by the nearest rank, and the largest.
    fn marks(&self) -> impl Iterator<Item = T> {
        let all: u64 = self.0.values().sum();
        let ranks = PERCENTILES.iter().copied().chain([100]).map(move |percent| (all * percent).div_ceil(100));
        ranks.filter_map(|rank| {
            let mut before = 0;
            let is_reached = |(_, requests): &(&T, &u64)| {
                before += **requests;
                before >= rank
            };
            self.0.iter().find(is_reached).map(|(value, _)| *value)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_those_of_the_nearest_rank() {
        let marks = |values: &[u32]| {
            let mut distribution = Distribution::default();
            values.iter().for_each(|value| distribution.add(*value, 1));
            distribution.marks().collect::<Vec<_>>()
        };
        assert_eq!(marks(&(1..=200).collect::<Vec<_>>()), [100, 190, 198, 200]);
        assert_eq!(marks(&[7]), [7, 7, 7, 7]);
        assert!(marks(&[]).is_empty());
    }

    #[test]
    fn parts_in_their_order_have_the_totals_of_the_whole() {
        let places: Vec<Place> = (1..=40).map(|line| Place::line("a.jsonl", line)).collect();
        let counts: Vec<TokenCount> = (1..=40).map(|tokens| TokenCount::exact(tokens * 7 % 20)).collect();
        let add = |totals: &mut Totals, index: usize| {
            let model = if index.is_multiple_of(3) { "a" } else { "b" };
            let (place, tokens) = (&places[index], &counts[index]);
            totals.add(&Item { place, format: Format::BatchLine, model, requests: 1, tokens, cost: None });
            totals.remarks.add(("warning", format!("{}", index % 4)), || place.to_string());
        };
        let written = |totals: &Totals| {
            let mut text = Vec::new();
            totals.write(&mut text).and_then(|()| totals.remarks.write(&mut text)).expect("memory");
            String::from_utf8(text).expect("UTF-8")
        };
        let mut whole = Totals::default();
        (0..40).for_each(|index| add(&mut whole, index));
        for size in [1, 7, 39] {
            let mut appended = Totals::default();
            for start in (0..40).step_by(size) {
                let mut part = Totals::default();
                (start..(start + size).min(40)).for_each(|index| add(&mut part, index));
                appended.append(part);
            }
            assert_eq!(written(&appended), written(&whole), "parts of {size}");
        }
    }
}
