//! CSV for spreadsheets, with a row for each request, also for those that failed.

use std::io::{self, Write};

use gpt_cost::{CostRange, Usd};

use super::Entry;
use crate::cli::input::Failed;
use crate::cli::report::{formula_free, write_row};

const TITLES: [&str; 24] = [
    "name",
    "custom_id",
    "model",
    "resolved_model",
    "tier",
    "input_tokens",
    "label",
    "input_min",
    "input_max",
    "cached_tokens",
    "output_expected",
    "output_max",
    "cost_min",
    "cost_expected",
    "cost_max",
    "requests",
    "cost_of_all_min",
    "cost_of_all_expected",
    "cost_of_all_max",
    "currency",
    "fit",
    "not_counted",
    "warnings",
    "error",
];

/// Writes the row of titles.
pub(super) fn write_titles(out: &mut impl Write) -> io::Result<()> {
    write_row(&TITLES, out)
}

pub(super) fn write_entry(entry: &Entry<'_>, out: &mut impl Write) -> io::Result<()> {
    write_row(&row(entry), out)
}

/// Writes the row of a request that failed: its name and the error.
pub(super) fn write_failed(failed: &Failed, out: &mut impl Write) -> io::Result<()> {
    let mut row = [const { String::new() }; TITLES.len()];
    row[0] = formula_free(&failed.place.to_string());
    row[TITLES.len() - 1] = failed.failure.message();
    write_row(&row, out)
}

fn row(entry: &Entry<'_>) -> [String; TITLES.len()] {
    let (estimate, facts) = (&entry.estimate, &entry.facts);
    let (input, output) = (estimate.input(), estimate.output());
    let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    let [min, expected, max] = amounts(&estimate.cost().total);
    let [min_of_all, expected_of_all, max_of_all] = amounts(&estimate.cost_of_all().total);
    let uncounted = input.uncounted().iter().map(|one| one.path.as_str());
    let warnings = entry.warnings.iter().map(|warning| warning.message.as_str());
    [
        formula_free(&facts.place.to_string()),
        formula_free(facts.custom_id.as_deref().unwrap_or_default()),
        formula_free(estimate.name()),
        formula_free(estimate.model().name()),
        estimate.tier().to_string(),
        input.tokens().to_string(),
        input.label().to_string(),
        input.min().to_string(),
        number(input.max()),
        estimate.cached().to_string(),
        number(output.expected),
        number(output.max),
        min,
        expected,
        max,
        estimate.requests().to_string(),
        min_of_all,
        expected_of_all,
        max_of_all,
        "USD".to_owned(),
        estimate.fit().verdict().to_string(),
        formula_free(&uncounted.collect::<Vec<_>>().join("; ")),
        formula_free(&warnings.collect::<Vec<_>>().join("; ")),
        String::new(),
    ]
}

fn amounts(range: &CostRange) -> [String; 3] {
    let dollars = |amount: Option<Usd>| amount.map(|amount| amount.amount().to_string()).unwrap_or_default();
    [dollars(Some(range.min)), dollars(range.expected), dollars(range.max)]
}
