//! CSV for spreadsheets, with a row for each request and budget.

use std::io::{self, Write};

use gpt_cost::money::Usd;

use super::{BudgetReport, CheckReport};
use crate::cli::checked::{Checked, Verdict, verdict_name, worst};
use crate::cli::report::formula_free;

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
        "cost_expected",
        "cost_max",
        "monthly_cost_max",
        "largest_component",
        "largest_component_tokens",
        "not_counted",
        "why",
    ])?;
    for one in &report.requests {
        if let Some(failure) = &one.failure {
            let mut row = vec![formula_free(&one.place.to_string()), one.line.to_string(), String::new()];
            row.extend([verdict_name(one.level()).to_owned()].into_iter().chain(vec![String::new(); 12]));
            row.push(failure.message());
            csv.write_record(row)?;
        }
        for verdict in &one.verdicts {
            csv.write_record(row(report, one, verdict))?;
        }
    }
    for BudgetReport { budget, findings, .. } in report.budgets.iter().filter(|one| !one.findings.is_empty()) {
        let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
        let mut row = vec![String::new(), budget.line.max(1).to_string(), formula_free(&budget.name)];
        row.push(verdict_name(worst(findings)).to_owned());
        row.extend(vec![String::new(); 12]);
        row.push(messages.join("; "));
        csv.write_record(row)?;
    }
    csv.flush()
}

fn row(report: &CheckReport<'_>, one: &Checked, verdict: &Verdict) -> [String; 17] {
    let dollars = |amount: Usd| amount.amount().to_string();
    let findings: Vec<&str> = verdict.findings.iter().map(|finding| finding.message.as_str()).collect();
    let measured = verdict.measured();
    let largest = measured.and_then(|measured| measured.largest.as_ref());
    [
        formula_free(&one.place.to_string()),
        one.line.to_string(),
        formula_free(&report.budgets[verdict.budget].budget.name),
        verdict_name(verdict.level()).to_owned(),
        measured.map(|measured| formula_free(&measured.entry.model)).unwrap_or_default(),
        measured.map(|measured| measured.entry.usage.input.to_string()).unwrap_or_default(),
        measured.map(|measured| measured.input.label().to_string()).unwrap_or_default(),
        measured.map(|measured| measured.input.min().to_string()).unwrap_or_default(),
        measured.and_then(|measured| measured.input.max()).map(|max| max.to_string()).unwrap_or_default(),
        measured.map(|measured| dollars(measured.cost.least)).unwrap_or_default(),
        measured.filter(|one| one.entry.expects_output).map(|one| dollars(one.entry.cost)).unwrap_or_default(),
        measured.and_then(|measured| measured.cost.most).map(dollars).unwrap_or_default(),
        report.verdict_monthly_cost(verdict).and_then(|month| month.most).map(dollars).unwrap_or_default(),
        largest.map(|largest| formula_free(&largest.path)).unwrap_or_default(),
        largest.map(|largest| largest.tokens.to_string()).unwrap_or_default(),
        measured
            .map(|measured| measured.input.uncounted())
            .unwrap_or_default()
            .iter()
            .map(|one| one.path.as_str())
            .collect::<Vec<_>>()
            .join("; "),
        verdict.outcome.as_ref().err().map_or_else(|| findings.join("; "), |failure| failure.message()),
    ]
}
