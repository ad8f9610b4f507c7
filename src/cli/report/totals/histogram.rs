//! How many requests have about the same size, as bars.

use gpt_cost::money::grouped;

use super::Distribution;
use crate::cli::report::grid::Cell;

/// The width of the longest bar.
const WIDTH: u64 = 30;

/// The parts of a character that a bar ends with, in eighths.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// Returns a row for each range of tokens, from 1, 2 and 5 times a power of ten to the next.
pub(super) fn rows(tokens: &Distribution<u64>) -> Vec<Vec<Cell>> {
    let mut ranges: Vec<(u64, u64, u64)> = Vec::new();
    for (value, requests) in &tokens.0 {
        while ranges.last().is_none_or(|(_, end, _)| value >= end) {
            let start = ranges.last().map_or_else(|| start(*value), |(_, end, _)| *end);
            ranges.push((start, next(start), 0));
        }
        if let Some((_, _, count)) = ranges.last_mut() {
            *count += requests;
        }
    }
    let most = ranges.iter().map(|(_, _, count)| *count).max().unwrap_or(1);
    let row = |(start, end, count): &(u64, u64, u64)| {
        vec![
            Cell::right(format!("{} … {}", grouped(*start), grouped(end - 1))),
            Cell::right(grouped(*count)),
            Cell::plain(bar(*count, most)),
        ]
    };
    let titles = vec![Cell::title("input tokens"), Cell::title("requests"), Cell::heading("")];
    std::iter::once(titles).chain(ranges.iter().map(row)).collect()
}

/// Returns the start of the range with this value.
fn start(value: u64) -> u64 {
    let mut start = 0;
    while next(start) <= value {
        start = next(start);
    }
    start
}

/// Returns the start of the next range.
fn next(start: u64) -> u64 {
    match start.to_string().chars().next() {
        Some('0') => 1,
        Some('2') => start / 2 * 5,
        _ => start * 2,
    }
}

/// Returns a bar in proportion to the longest one; any request is visible.
fn bar(count: u64, most: u64) -> String {
    let eighths = (u128::from(count) * u128::from(WIDTH) * 8).div_ceil(u128::from(most)) as usize;
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_is_in_its_range() {
        for (value, range) in
            [(0, (0, 1)), (1, (1, 2)), (4, (2, 5)), (5, (5, 10)), (999, (500, 1000)), (1000, (1000, 2000))]
        {
            assert_eq!((start(value), next(start(value))), range, "{value}");
        }
    }

    #[test]
    fn bars_are_in_proportion_and_never_empty() {
        assert_eq!(bar(100, 100), "█".repeat(30));
        assert_eq!(bar(50, 100), "█".repeat(15));
        assert_eq!(bar(1, 1_000_000), "▏");
        assert_eq!(bar(0, 10), "");
    }
}
