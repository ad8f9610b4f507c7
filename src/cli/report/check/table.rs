//! For people.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::{BudgetReport, CheckReport};
use crate::budget::{Budget, Finding, Level};
use crate::cli::files::shown;
use crate::cli::project::Checked;
use crate::cli::report::table::{Cell, write_grid, write_grouped};
use crate::cli::report::{formats, label, plural};
use crate::money::grouped;

const DIM: Style = Style::new().dimmed();

pub(super) fn write(report: &CheckReport<'_>, out: &mut impl Write) -> io::Result<()> {
    let config = report.project.config_name.as_deref().unwrap_or("no gpt-cost.toml");
    let formats = formats(report.requests.iter().filter_map(|one| one.format));
    let formats = if formats.is_empty() { formats } else { format!("  {formats}") };
    writeln!(out, "{config}{formats}  {DIM}{}{DIM:#}", report.project.prices())?;
    for one in report.requests.iter().filter(|one| one.level().is_some()) {
        write_request(report, one, out)?;
    }
    for BudgetReport { budget, requests, findings, failure } in &report.budgets {
        if let Some(failure) = failure {
            let red = AnsiColor::Red.on_default().bold();
            writeln!(out, "\nbudget `{}`\n  {red}error{red:#}    {}", shown(&budget.name), failure.message())?;
            if let Some(hint) = failure.advice() {
                writeln!(out, "           {hint}")?;
            }
        }
        if !findings.is_empty() {
            writeln!(out, "\n{} of budget `{}` together", plural(*requests, "request"), shown(&budget.name))?;
            write_findings(findings, budget, out)?;
        }
    }
    if let Some(lock) = &report.lock {
        writeln!(out, "\n{config}")?;
        write_findings(std::slice::from_ref(lock), &Budget::default(), out)?;
    }
    write_fine(report, out)?;
    let remarks = report.requests.iter().filter_map(|one| {
        let measured = one.verdicts.iter().find_map(|verdict| verdict.outcome.as_ref().ok())?;
        Some((one.place.to_string(), measured.remarks.as_slice()))
    });
    write_grouped(remarks, out)?;
    let no_limit = report.budgets.iter().filter(|one| !one.budget.limits.has_any() && one.failure.is_none());
    for one in no_limit {
        writeln!(out, "\n  budget `{}` has no limit: only fit and retirement are checked", shown(&one.budget.name))?;
    }
    if !report.stale.is_empty() {
        let first = shown(&report.stale[0].to_string());
        let more =
            if report.stale.len() == 1 { String::new() } else { format!(" and {} more", report.stale.len() - 1) };
        writeln!(out, "\n  in the baseline, but gone: {first}{more}; gpt-cost baseline write leaves them out")?;
    }
    let tally = report.tally();
    let count = |word| tally.get(word).copied().unwrap_or(0);
    let mut parts = vec![format!("{} within budget", grouped(count("within") as u64))];
    for (word, text) in [("warning", "with a warning"), ("exceeded", "over a limit"), ("unknown", "unknown")] {
        if count(word) > 0 {
            parts.push(format!("{} {text}", grouped(count(word) as u64)));
        }
    }
    let only = if report.warn_only { "; --warn-only: no failure" } else { "" };
    writeln!(out, "\n{}: {}{only}", plural(report.requests.len(), "request"), parts.join(", "))
}

fn write_request(report: &CheckReport<'_>, one: &Checked, out: &mut impl Write) -> io::Result<()> {
    let (bold, red) = (Style::new().bold(), AnsiColor::Red.on_default().bold());
    write!(out, "\n{bold}{}:{}{bold:#}", shown(&one.place.file), one.line)?;
    if let Some(format) = one.format {
        write!(out, "  {DIM}{format}{DIM:#}")?;
    }
    if let Some(id) = &one.custom_id {
        write!(out, "  {DIM}{}{DIM:#}", shown(id))?;
    }
    writeln!(out)?;
    for failure in one.failures() {
        writeln!(out, "  {red}error{red:#}    {}", failure.message())?;
        if let Some(hint) = failure.advice() {
            writeln!(out, "           {hint}")?;
        }
    }
    let several = one.verdicts.len() > 1;
    for verdict in one.verdicts.iter().filter(|verdict| !verdict.findings.is_empty()) {
        let Ok(measured) = &verdict.outcome else { continue };
        let budget = &report.budgets[verdict.budget].budget;
        let of_budget = if several { format!(", budget `{}`", shown(&budget.name)) } else { String::new() };
        let (model, tokens) = (&measured.entry.model, grouped(measured.entry.usage.input));
        writeln!(out, "  {DIM}{model}, {tokens} tokens of input, {}{of_budget}{DIM:#}", label(&measured.input))?;
        write_findings(&verdict.findings, budget, out)?;
    }
    Ok(())
}

fn write_findings(findings: &[Finding], budget: &Budget, out: &mut impl Write) -> io::Result<()> {
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
    match &budget.message {
        Some(message) => writeln!(out, "           {}", shown(message)),
        None => Ok(()),
    }
}

/// Lists the requests within their budgets, the most expensive first, unless there are many.
fn write_fine(report: &CheckReport<'_>, out: &mut impl Write) -> io::Result<()> {
    const MOST: usize = 20;
    // Each request by the terms on which it costs most.
    let measured = |one: &Checked| {
        let measured = one.verdicts.iter().filter_map(|verdict| verdict.outcome.as_ref().ok());
        measured.max_by_key(|measured| measured.entry.cost).map(|measured| measured.entry.cost)
    };
    let mut fine: Vec<&Checked> = report.requests.iter().filter(|one| one.level().is_none()).collect();
    fine.sort_by(|one, other| measured(other).cmp(&measured(one)).then_with(|| one.place.cmp(&other.place)));
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
        for (index, verdict) in one.verdicts.iter().enumerate() {
            let Ok(measured) = &verdict.outcome else { continue };
            let name = if index == 0 { shown(&one.place.to_string()) } else { String::new() };
            rows.push(vec![
                Cell::plain(name),
                Cell::right(grouped(measured.entry.usage.input)),
                Cell::plain(label(&measured.input)),
                Cell::right(measured.cost.most.map_or("–".to_owned(), |most| most.to_string())),
                Cell::plain(shown(&report.budgets[verdict.budget].budget.name)),
            ]);
        }
    }
    writeln!(out)?;
    write_grid(&rows, out)?;
    match fine.len().saturating_sub(MOST) {
        0 => Ok(()),
        more => writeln!(out, "  and {} more", grouped(more as u64)),
    }
}
