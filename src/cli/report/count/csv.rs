//! CSV for spreadsheets, with a row for each request, also for those that failed.

use std::io::{self, Write};

use super::Counted;
use crate::cli::input::Failed;
use crate::cli::report::{formula_free, write_row};

const TITLES: [&str; 12] = [
    "name",
    "custom_id",
    "model",
    "resolved_model",
    "encoding",
    "input_tokens",
    "label",
    "input_min",
    "input_max",
    "not_counted",
    "warnings",
    "error",
];

/// Writes the row of titles.
pub(super) fn write_titles(out: &mut impl Write) -> io::Result<()> {
    write_row(&TITLES, out)
}

pub(super) fn write_counted(counted: &Counted, out: &mut impl Write) -> io::Result<()> {
    let Counted { facts, model, encoding, count, warnings, .. } = counted;
    let uncounted: Vec<&str> = count.uncounted().iter().map(|one| one.path.as_str()).collect();
    let warnings: Vec<&str> = warnings.iter().map(|warning| warning.message.as_str()).collect();
    let row: [String; TITLES.len()] = [
        formula_free(&facts.place.to_string()),
        formula_free(facts.custom_id.as_deref().unwrap_or_default()),
        formula_free(model.as_ref().map_or("", |model| &model.name)),
        formula_free(model.as_ref().map_or("", |model| &model.resolved)),
        encoding.map_or("", |encoding| encoding.as_str()).to_owned(),
        count.tokens().to_string(),
        count.label().to_string(),
        count.min().to_string(),
        count.max().map(|max| max.to_string()).unwrap_or_default(),
        formula_free(&uncounted.join("; ")),
        formula_free(&warnings.join("; ")),
        String::new(),
    ];
    write_row(&row, out)
}

/// Writes the row of a request that failed: its name and the error.
pub(super) fn write_failed(failed: &Failed, out: &mut impl Write) -> io::Result<()> {
    let mut row = [const { String::new() }; TITLES.len()];
    row[0] = formula_free(&failed.place.to_string());
    row[TITLES.len() - 1] = failed.failure.message();
    write_row(&row, out)
}
