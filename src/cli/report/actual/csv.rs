//! CSV for spreadsheets, with a row for each response.

use std::io::{self, Write};

use super::{NotBilled, Priced, calls_in_words};
use crate::cli::input::Failed;
use crate::cli::report::{formula_free, write_row};

const TITLES: [&str; 15] = [
    "name",
    "custom_id",
    "model",
    "resolved_model",
    "tier",
    "as_of",
    "input_tokens",
    "cached_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cost",
    "currency",
    "not_priced",
    "not_billed",
    "error",
];

/// Writes the titles of the columns.
pub(super) fn write_titles(out: &mut impl Write) -> io::Result<()> {
    write_row(&TITLES, out)
}

/// Writes the row of a request that was not billed.
pub(super) fn write_not_billed(one: &NotBilled, out: &mut impl Write) -> io::Result<()> {
    let mut row = [const { String::new() }; TITLES.len()];
    row[0] = formula_free(&one.place.to_string());
    row[1] = formula_free(one.custom_id.as_deref().unwrap_or_default());
    row[13].clone_from(&one.reason);
    write_row(&row, out)
}

/// Writes the row of a response that failed.
pub(super) fn write_failed(failed: &Failed, out: &mut impl Write) -> io::Result<()> {
    let mut row = [const { String::new() }; TITLES.len()];
    row[0] = formula_free(&failed.place.to_string());
    row[14] = formula_free(&failed.failure.message());
    write_row(&row, out)
}

/// Writes the row of a response.
pub(super) fn write_priced(priced: &Priced<'_>, out: &mut impl Write) -> io::Result<()> {
    write_row(&row(priced), out)
}

fn row(priced: &Priced<'_>) -> [String; TITLES.len()] {
    let (usage, bill) = (&priced.response.usage, &priced.bill);
    [
        formula_free(&priced.place.to_string()),
        formula_free(priced.custom_id.as_deref().unwrap_or_default()),
        formula_free(&priced.model),
        formula_free(priced.resolved.model.name()),
        priced.tier.to_string(),
        priced.day.to_string(),
        usage.input.to_string(),
        usage.cached.to_string(),
        usage.output.to_string(),
        usage.reasoning.to_string(),
        bill.total.amount().to_string(),
        "USD".to_owned(),
        bill.unpriced.iter().map(|one| calls_in_words(one.tool, one.calls)).collect::<Vec<_>>().join(", "),
        String::new(),
        String::new(),
    ]
}
