//! A Markdown table for a comment or a page, with a row for each request.

use std::io::{self, Write};

use gpt_cost::money::grouped;
use gpt_cost::{Cost, Verdict};

use super::{Entry, FromConfig, Report};
use crate::cli::report::listing::Listing;
use crate::cli::report::remarks::times;
use crate::cli::report::{MAX_COMMENT_BYTES, lines_within, markdown_cell, plural, tokens_in_words};

/// The most rows that can be shown: each has at least this many bytes.
pub(super) const MAX_ROWS: usize = MAX_COMMENT_BYTES / "| a | gpt-4 | 1 | $0 | |".len();

pub(super) fn write(report: &Report<'_>, from_config: Option<&FromConfig>, out: &mut impl Write) -> io::Result<()> {
    let Listing { entries, totals, failed, failures, .. } = &report.part.listing;
    let total = totals.all.cost.unwrap_or_else(|| [].into_iter().sum());
    let has_expected = total.total.expected.is_some();
    writeln!(out, "| request | model | input tokens |{} at most | |", if has_expected { " expected |" } else { "" })?;
    writeln!(out, "| :--- | :--- | ---: |{} ---: | :--- |", if has_expected { " ---: |" } else { "" })?;
    let row = |cells: [String; 3], cost: &Cost, remarks: &str| {
        let [name, model, tokens] = cells;
        let expected = cost.total.expected.map(|amount| amount.to_string()).unwrap_or_default();
        let expected = if has_expected { format!(" {expected} |") } else { String::new() };
        let max = cost.total.max.map_or_else(|| format!("≥ {}", cost.total.min), |amount| amount.to_string());
        format!("| {name} | {model} | {tokens} |{expected} {max} | {remarks} |")
    };
    let rows = entries.iter().map(|entry| {
        let estimate = &entry.estimate;
        let name = format!("{}{}", markdown_cell(&entry.facts.place.to_string()), times(estimate.requests()));
        let cells = [name, markdown_cell(estimate.name()), tokens_in_words(estimate.input())];
        row(cells, &estimate.cost_of_all(), &markdown_cell(&notes(entry)))
    });
    let failed_rows = failures.iter().map(|failed| {
        let name = markdown_cell(&failed.place.to_string());
        let empty = if has_expected { " | |" } else { " |" };
        format!("| {name} | | |{empty} failed: {} |", markdown_cell(&failed.failure.message()))
    });
    let (rows, _) = lines_within(MAX_COMMENT_BYTES, rows.chain(failed_rows));
    let more = totals.items + failed - rows.len();
    rows.iter().try_for_each(|row| writeln!(out, "{row}"))?;
    if more > 0 {
        writeln!(out, "| and {} more | | |{} | |", grouped(more as u64), if has_expected { " |" } else { "" })?;
    }
    if totals.items > 1 {
        let name = format!("**total, {}**", plural(totals.items, "request"));
        writeln!(out, "{}", row([name, String::new(), tokens_in_words(&totals.all.tokens)], &total, ""))?;
    }
    writeln!(out, "\n{}", markdown_cell(&report.frame.prices()))?;
    match from_config {
        Some((file, settings)) => {
            let from = format!("from {file}: {}", settings.join(", "));
            writeln!(out, "\n{}", markdown_cell(&from))
        }
        None => Ok(()),
    }
}

/// Returns the remarks on a request and its fit, in one line.
fn notes(entry: &Entry<'_>) -> String {
    let fit = entry.estimate.fit();
    let unknown = (fit.verdict() == Verdict::Unknown).then(|| "fit unknown".to_owned());
    let exceeded = fit.exceeded().iter().map(|exceeded| format!("does not fit: {exceeded}"));
    let remarks = entry.remarks().map(|(kind, text)| format!("{kind}: {text}"));
    unknown.into_iter().chain(exceeded).chain(remarks).collect::<Vec<_>>().join("; ")
}
