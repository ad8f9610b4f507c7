//! For spreadsheets: a row for each request.

use std::io::{self, Write};

use super::CheckReport;
use crate::money::Usd;

pub(super) fn write(report: &CheckReport<'_>, out: &mut impl Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "name",
        "line",
        "budget",
        "verdict",
        "model",
        "input_tokens",
        "exactness",
        "bound",
        "cost_min",
        "cost_max",
        "why",
    ])?;
    for one in &report.requests {
        let dollars = |amount: Usd| amount.amount().to_string();
        let why: Vec<&str> = one.findings.iter().map(|finding| finding.message.as_str()).collect();
        let taken = one.outcome.as_ref().ok();
        csv.write_record([
            formula_free(&one.name),
            one.line.to_string(),
            formula_free(&one.budget),
            one.verdict().to_owned(),
            taken.map(|taken| formula_free(&taken.entry.model)).unwrap_or_default(),
            taken.map(|taken| taken.entry.usage.input.to_string()).unwrap_or_default(),
            taken.map(|taken| taken.exactness.to_owned()).unwrap_or_default(),
            taken.map(|taken| taken.bound.to_string()).unwrap_or_default(),
            taken.map(|taken| dollars(taken.least)).unwrap_or_default(),
            taken.and_then(|taken| taken.most).map(dollars).unwrap_or_default(),
            one.outcome.as_ref().err().cloned().unwrap_or_else(|| why.join("; ")),
        ])?;
    }
    csv.flush()
}

/// A spreadsheet would run what begins like a formula.
fn formula_free(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}
