//! For people.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::CheckReport;
use crate::budget::{Finding, Level};
use crate::cli::input::shown;
use crate::cli::project::Checked;
use crate::cli::report::plural;
use crate::cli::report::table::{Cell, write_grid};
use crate::money::grouped;

const DIM: Style = Style::new().dimmed();

pub(super) fn write(report: &CheckReport<'_>, out: &mut impl Write) -> io::Result<()> {
    let config = report.project.config_name.as_deref().unwrap_or("no gpt-cost.toml");
    writeln!(
        out,
        "{config}  {DIM}as of {}, price tables {}{DIM:#}",
        report.project.day,
        report.project.pricing_hash()
    )?;
    for one in report.requests.iter().filter(|one| one.outcome.is_err() || !one.findings.is_empty()) {
        write_request(one, out)?;
    }
    for budget in report.budgets.iter().filter(|budget| !budget.findings.is_empty()) {
        writeln!(out, "\ntogether, {} of budget `{}`", plural(budget.requests, "request"), shown(&budget.name))?;
        write_findings(&budget.findings, budget.message.as_deref(), out)?;
    }
    write_fine(report, out)?;
    let tally = report.tally();
    let count = |word| tally.get(word).copied().unwrap_or(0);
    let mut parts = vec![format!("{} within budget", grouped(count("within") as u64))];
    for (word, text) in
        [("warning", "near a limit"), ("exceeded", "over a limit"), ("unknown", "that cannot be told of")]
    {
        if count(word) > 0 {
            parts.push(format!("{} {text}", grouped(count(word) as u64)));
        }
    }
    let only = if report.warn_only { "; --warn-only: no failure" } else { "" };
    writeln!(out, "\n{}: {}{only}", plural(report.requests.len(), "request"), parts.join(", "))
}

fn write_request(one: &Checked, out: &mut impl Write) -> io::Result<()> {
    let bold = Style::new().bold();
    write!(out, "\n{bold}{}:{}{bold:#}", shown(&one.file), one.line)?;
    match &one.outcome {
        Ok(taken) => writeln!(
            out,
            "  {DIM}{}, {} tokens of input, {}{DIM:#}",
            taken.entry.model,
            grouped(taken.entry.usage.input),
            taken.label
        )?,
        Err(error) => {
            let red = AnsiColor::Red.on_default().bold();
            writeln!(out, "\n  {red}error{red:#}    {error}")?;
        }
    }
    write_findings(&one.findings, one.message.as_deref(), out)
}

fn write_findings(findings: &[Finding], message: Option<&str>, out: &mut impl Write) -> io::Result<()> {
    for finding in findings {
        let (word, style) = match finding.level {
            Level::Warning => ("warning", AnsiColor::Yellow.on_default()),
            Level::Exceeded => ("exceeded", AnsiColor::Red.on_default().bold()),
            Level::Unknown => ("unknown", AnsiColor::Red.on_default()),
        };
        writeln!(out, "  {style}{word:8}{style:#} {}: {}", finding.rule, finding.message)?;
        if let Some(hint) = &finding.hint {
            writeln!(out, "           {hint}")?;
        }
    }
    match message.filter(|_| !findings.is_empty()) {
        Some(message) => writeln!(out, "           {}", shown(message)),
        None => Ok(()),
    }
}

/// Lists the requests within their budgets, the dearest first, unless there are many.
fn write_fine(report: &CheckReport<'_>, out: &mut impl Write) -> io::Result<()> {
    const MOST: usize = 20;
    let mut fine: Vec<&Checked> =
        report.requests.iter().filter(|one| one.outcome.is_ok() && one.findings.is_empty()).collect();
    fine.sort_by(|one, other| {
        let cost = |checked: &Checked| checked.outcome.as_ref().ok().map(|taken| taken.entry.cost);
        cost(other).cmp(&cost(one)).then_with(|| one.name.cmp(&other.name))
    });
    if fine.is_empty() {
        return Ok(());
    }
    let mut rows = vec![vec![
        Cell::heading("within budget"),
        Cell::title("input"),
        Cell::heading(""),
        Cell::title("at most"),
        Cell::heading("budget"),
    ]];
    for one in fine.iter().take(MOST) {
        let Ok(taken) = &one.outcome else { continue };
        rows.push(vec![
            Cell::plain(shown(&one.name)),
            Cell::right(grouped(taken.entry.usage.input)),
            Cell::plain(taken.label.as_str()),
            Cell::right(taken.most.map_or("–".to_owned(), |most| most.to_string())),
            Cell::plain(shown(&one.budget)),
        ]);
    }
    writeln!(out)?;
    write_grid(&rows, out)?;
    match fine.len().saturating_sub(MOST) {
        0 => Ok(()),
        more => writeln!(out, "  and {} more", grouped(more as u64)),
    }
}
