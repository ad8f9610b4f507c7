//! For spreadsheets: a row for each request and budget.

use std::io::{self, Write};

use super::{BudgetReport, CheckReport};
use crate::cli::project::{Checked, Verdict, word, worst};
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
        "label",
        "input_min",
        "input_max",
        "cost_min",
        "cost_max",
        "why",
    ])?;
    for one in &report.requests {
        if let Some(failure) = &one.failure {
            let mut row = vec![formula_free(&one.place.to_string()), one.line.to_string(), String::new()];
            row.extend([word(one.level()).to_owned()].into_iter().chain(vec![String::new(); 7]));
            row.push(failure.message());
            csv.write_record(row)?;
        }
        for verdict in &one.verdicts {
            csv.write_record(row(report, one, verdict))?;
        }
    }
    for BudgetReport { budget, findings, .. } in report.budgets.iter().filter(|one| !one.findings.is_empty()) {
        let why: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
        let mut row = vec![String::new(), budget.line.max(1).to_string(), formula_free(&budget.name)];
        row.push(word(worst(findings)).to_owned());
        row.extend(vec![String::new(); 7]);
        row.push(why.join("; "));
        csv.write_record(row)?;
    }
    csv.flush()
}

fn row(report: &CheckReport<'_>, one: &Checked, verdict: &Verdict) -> [String; 12] {
    let dollars = |amount: Usd| amount.amount().to_string();
    let findings: Vec<&str> = verdict.findings.iter().map(|finding| finding.message.as_str()).collect();
    let measured = verdict.outcome.as_ref().ok();
    [
        formula_free(&one.place.to_string()),
        one.line.to_string(),
        formula_free(&report.budgets[verdict.budget].budget.name),
        word(verdict.level()).to_owned(),
        measured.map(|measured| formula_free(&measured.entry.model)).unwrap_or_default(),
        measured.map(|measured| measured.entry.usage.input.to_string()).unwrap_or_default(),
        measured.map(|measured| measured.input.label().to_string()).unwrap_or_default(),
        measured.map(|measured| measured.input.min().to_string()).unwrap_or_default(),
        measured.and_then(|measured| measured.input.max()).map(|max| max.to_string()).unwrap_or_default(),
        measured.map(|measured| dollars(measured.cost.least)).unwrap_or_default(),
        measured.and_then(|measured| measured.cost.most).map(dollars).unwrap_or_default(),
        verdict.outcome.as_ref().err().map_or_else(|| findings.join("; "), |failure| failure.message()),
    ]
}

/// A spreadsheet would run what begins like a formula.
fn formula_free(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}
