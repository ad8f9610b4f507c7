//! CSV for spreadsheets, with a row for each response.

use std::io::{self, Write};

use super::{Priced, Report, calls_in_words};
use crate::cli::report::formula_free;

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

/// Writes the report.
pub(in crate::cli) fn write(report: &Report<'_>, out: &mut impl Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(TITLES)?;
    for priced in &report.responses {
        csv.write_record(row(priced))?;
    }
    for one in &report.not_billed {
        let mut row = [const { String::new() }; TITLES.len()];
        row[0] = formula_free(&one.place.to_string());
        row[1] = formula_free(one.custom_id.as_deref().unwrap_or_default());
        row[13].clone_from(&one.reason);
        csv.write_record(row)?;
    }
    for failed in &report.failed {
        let mut row = [const { String::new() }; TITLES.len()];
        row[0] = formula_free(&failed.place.to_string());
        row[14] = formula_free(&failed.failure.message());
        csv.write_record(row)?;
    }
    csv.flush()
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
