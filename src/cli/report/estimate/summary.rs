//! The summary of many requests: by model, by size, and the most expensive ones.

use std::collections::BTreeMap;
use std::io::{self, Write};

use gpt_cost::money::grouped;
use gpt_cost::{Cost, TokenCount, Usd};

use super::{Entry, Report};
use crate::cli::files::printable;
use crate::cli::report::grid::{Cell, write_grid};
use crate::cli::report::label;
use crate::cli::report::remarks::times;

/// The number of requests that are listed as the most expensive ones.
const MOST_EXPENSIVE: usize = 5;

/// The shares of the requests whose sizes are shown, in percent.
const PERCENTILES: [usize; 3] = [50, 95, 99];

/// Writes the tables of the summary.
pub(super) fn write(report: &Report<'_>, entries: &[Entry<'_>], out: &mut impl Write) -> io::Result<()> {
    write_grid(&models(report, entries), out)?;
    writeln!(out)?;
    write_grid(&sizes(entries), out)?;
    writeln!(out)?;
    write_grid(&most_expensive(entries), out)?;
    writeln!(out, "\n  --each lists all requests")
}

/// Returns a row for each model, and the total.
fn models(report: &Report<'_>, entries: &[Entry<'_>]) -> Vec<Vec<Cell>> {
    let mut by_model: BTreeMap<&str, Vec<&Entry<'_>>> = BTreeMap::new();
    for entry in entries {
        by_model.entry(entry.estimate.name()).or_default().push(entry);
    }
    let total = report.cost();
    let has_expected = total.total.expected.is_some();
    let mut rows = vec![row(
        has_expected,
        [
            Cell::heading("model"),
            Cell::title("requests"),
            Cell::title("input"),
            Cell::heading(""),
            Cell::title("expected"),
            Cell::title("at most"),
        ],
    )];
    let total_of = |name: Cell, requests: u64, tokens: &TokenCount, cost: &Cost| {
        let expected = cost.total.expected.map(|expected| expected.to_string()).unwrap_or_default();
        row(
            has_expected,
            [
                name,
                Cell::right(grouped(requests)),
                Cell::right(grouped(tokens.tokens())),
                Cell::plain(label(tokens)),
                Cell::right(expected),
                Cell::right(at_most(cost)),
            ],
        )
    };
    for (model, entries) in &by_model {
        let tokens = entries.iter().map(|entry| entry.estimate.input().times(entry.estimate.requests())).sum();
        let cost = entries.iter().map(|entry| entry.estimate.cost_of_all()).sum();
        let requests = entries.iter().map(|entry| entry.estimate.requests()).sum();
        rows.push(total_of(Cell::plain(printable(model)), requests, &tokens, &cost));
    }
    let requests = entries.iter().map(|entry| entry.estimate.requests()).sum();
    rows.push(total_of(Cell::plain("total"), requests, &report.tokens(), &total));
    rows
}

/// Returns the cells of a row that are shown.
fn row(has_expected: bool, cells: [Cell; 6]) -> Vec<Cell> {
    let shown = [true, true, true, true, has_expected, true];
    cells.into_iter().zip(shown).filter(|(_, is_shown)| *is_shown).map(|(cell, _)| cell).collect()
}

fn at_most(cost: &Cost) -> String {
    cost.total.max.map_or_else(|| format!("≥ {}", cost.total.min), |max| max.to_string())
}

/// Returns the distribution of the tokens and of the cost of one request.
fn sizes(entries: &[Entry<'_>]) -> Vec<Vec<Cell>> {
    let mut tokens: Vec<u64> = entries.iter().map(|entry| entry.estimate.input().tokens()).collect();
    let mut costs: Vec<Usd> = entries.iter().map(|entry| most(entry)).collect();
    tokens.sort_unstable();
    costs.sort_unstable();
    let mut title = vec![Cell::heading("one request")];
    title.extend(PERCENTILES.iter().map(|percent| Cell::title(&format!("p{percent}"))));
    title.push(Cell::title("max"));
    let mut tokens_row = vec![Cell::plain("input tokens")];
    tokens_row.extend(marks(&tokens).map(|tokens| Cell::right(grouped(*tokens))));
    let mut costs_row = vec![Cell::plain("cost, at most")];
    costs_row.extend(marks(&costs).map(|cost| Cell::right(cost.to_string())));
    vec![title, tokens_row, costs_row]
}

/// Returns the values below which the shares of the sorted values are, and the largest.
fn marks<T>(sorted: &[T]) -> impl Iterator<Item = &T> {
    let at = |percent: usize| sorted.get((sorted.len() * percent).div_ceil(100).saturating_sub(1));
    PERCENTILES.iter().copied().chain([100]).filter_map(at)
}

/// Returns the most that one request costs, or the least if there is no most.
fn most(entry: &Entry<'_>) -> Usd {
    let total = &entry.estimate.cost().total;
    total.max.unwrap_or(total.min)
}

fn most_expensive(entries: &[Entry<'_>]) -> Vec<Vec<Cell>> {
    let mut sorted: Vec<&Entry<'_>> = entries.iter().collect();
    sorted.sort_by(|one, other| most(other).cmp(&most(one)).then_with(|| one.place.cmp(other.place)));
    let mut rows =
        vec![vec![Cell::heading("most expensive"), Cell::title("input"), Cell::heading(""), Cell::title("at most")]];
    rows.extend(sorted.iter().take(MOST_EXPENSIVE).map(|entry| {
        let estimate = entry.estimate;
        let name = format!("{}{}", printable(&entry.place.to_string()), times(estimate.requests()));
        let input = estimate.input();
        vec![
            Cell::plain(name),
            Cell::right(grouped(input.tokens())),
            Cell::plain(label(input)),
            Cell::right(at_most(estimate.cost())),
        ]
    }));
    rows
}

#[cfg(test)]
mod tests {
    use super::marks;

    #[test]
    fn marks_are_those_of_the_nearest_rank() {
        let values: Vec<u32> = (1..=200).collect();
        assert_eq!(marks(&values).copied().collect::<Vec<_>>(), [100, 190, 198, 200]);
        assert_eq!(marks(&[7]).copied().collect::<Vec<_>>(), [7, 7, 7, 7]);
        assert_eq!(marks::<u32>(&[]).count(), 0);
    }
}
