//! The table for people.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use gpt_cost::TokenCount;
use gpt_cost::budget::{Budget, CostBounds, Finding, Level};
use gpt_cost::money::grouped;

use super::{BudgetReport, CheckReport, MOST_EXPENSIVE, Total, detail, upper_bound, within};
use crate::cli::checked::{Checked, Measured, Verdict, verdict_name};
use crate::cli::files::printable;
use crate::cli::report::grid::{Cell, write_grid, write_line};
use crate::cli::report::remarks::{NOT_COUNTED, Remarks, remarks, times};
use crate::cli::report::{formats, label, plural};

const DIM: Style = Style::new().dimmed();

pub(super) fn write(report: &CheckReport<'_>, out: &mut impl Write) -> io::Result<()> {
    if report.quiet {
        return write_issues(report, out);
    }
    let config = config_name(report);
    let formats = formats(report.requests.iter().filter_map(|one| one.format));
    write_line(&[Cell::plain(config), Cell::plain(formats), Cell::styled(report.project.prices(), DIM)], out)?;
    write_issues(report, out)?;
    write_most_expensive(report, out)?;
    write_remarks(report, out)?;
    writeln!(out, "\n{}", report.summary())
}

fn config_name<'r>(report: &'r CheckReport<'_>) -> &'r str {
    report.project.config_name.as_deref().unwrap_or("no gpt-cost.toml")
}

/// Writes errors and findings: those of requests, the worst first, of budgets and of the price tables.
fn write_issues(report: &CheckReport<'_>, out: &mut impl Write) -> io::Result<()> {
    for one in report.requests.iter().filter(|one| one.level().is_some()) {
        write_request(report, one, out)?;
    }
    for BudgetReport { budget, requests, findings, failure } in &report.budgets {
        if let Some(failure) = failure {
            let red = AnsiColor::Red.on_default().bold();
            writeln!(out, "\nbudget `{}`\n  {red}error{red:#}    {}", printable(&budget.name), failure.message())?;
            if let Some(hint) = failure.hint_text() {
                writeln!(out, "           {hint}")?;
            }
        }
        if !findings.is_empty() {
            writeln!(out, "\n{} of budget `{}` together", plural(*requests, "request"), printable(&budget.name))?;
            write_findings(findings, None, budget, out)?;
        }
    }
    if let Some(lock) = &report.lock {
        writeln!(out, "\n{}", config_name(report))?;
        write_findings(std::slice::from_ref(lock), None, &Budget::default(), out)?;
    }
    Ok(())
}

/// Writes remarks on requests, budgets and the baseline.
fn write_remarks(report: &CheckReport<'_>, out: &mut impl Write) -> io::Result<()> {
    let mut all = Remarks::default();
    for one in &report.requests {
        let Some(measured) = one.verdicts.iter().find_map(Verdict::measured) else { continue };
        // The findings of an unknown verdict already show what is not counted.
        let is_shown = |kind| kind != NOT_COUNTED || one.level() != Some(Level::Unknown);
        let remarks = remarks(&measured.input, &measured.warnings);
        for remark in remarks.into_iter().filter(|(kind, _)| is_shown(*kind)) {
            all.add(remark, || one.place.to_string());
        }
    }
    all.write(out)?;
    let no_limit = report.budgets.iter().filter(|one| !one.budget.limits.has_any() && one.failure.is_none());
    for one in no_limit {
        writeln!(
            out,
            "\n  budget `{}` has no limits: only fit and retirement are checked",
            printable(&one.budget.name)
        )?;
    }
    if let [first, others @ ..] = report.stale.as_slice() {
        let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        let first = printable(&first.to_string());
        writeln!(out, "\n  in the baseline, but no longer found: {first}{more}; gpt-cost baseline write removes them")?;
    }
    Ok(())
}

fn write_request(report: &CheckReport<'_>, one: &Checked, out: &mut impl Write) -> io::Result<()> {
    let (bold, red) = (Style::new().bold(), AnsiColor::Red.on_default().bold());
    write!(out, "\n{bold}{}:{}{bold:#}", printable(&one.place.file), one.line)?;
    if let Some(within) = within(&one.place) {
        write!(out, "  {DIM}{}{DIM:#}", printable(&within))?;
    }
    if let Some(format) = one.format {
        write!(out, "  {DIM}{format}{DIM:#}")?;
    }
    if let Some(id) = &one.custom_id {
        write!(out, "  {DIM}{}{DIM:#}", printable(id))?;
    }
    writeln!(out)?;
    for failure in one.failures() {
        writeln!(out, "  {red}error{red:#}    {}", failure.message())?;
        if let Some(hint) = failure.hint_text() {
            writeln!(out, "           {hint}")?;
        }
    }
    let several = one.verdicts.len() > 1;
    for verdict in one.verdicts.iter().filter(|verdict| !verdict.findings.is_empty()) {
        let Ok(measured) = &verdict.outcome else { continue };
        let budget = &report.budgets[verdict.budget].budget;
        let budget_name = if several { format!(", budget `{}`", printable(&budget.name)) } else { String::new() };
        let (model, tokens) = (&measured.entry.model, grouped(measured.entry.usage.input));
        writeln!(out, "  {DIM}{model}, {tokens} input tokens, {}{budget_name}{DIM:#}", label(&measured.input))?;
        write_findings(&verdict.findings, Some(measured), budget, out)?;
    }
    Ok(())
}

fn write_findings(
    findings: &[Finding],
    measured: Option<&Measured>,
    budget: &Budget,
    out: &mut impl Write,
) -> io::Result<()> {
    // A detail or hint that several findings share is printed once.
    let mut printed: Vec<String> = Vec::new();
    for finding in findings {
        let style = match finding.level {
            Level::Warning => AnsiColor::Yellow.on_default(),
            Level::Exceeded => AnsiColor::Red.on_default().bold(),
            _ => AnsiColor::Red.on_default(),
        };
        let level = finding.level.as_str();
        writeln!(out, "  {style}{level:8}{style:#} {}: {}", finding.rule, finding.message)?;
        let detail = measured.and_then(|measured| detail(finding, measured));
        for text in detail.into_iter().chain(finding.hint.clone()) {
            if !printed.contains(&text) {
                writeln!(out, "           {text}")?;
                printed.push(text);
            }
        }
    }
    match &budget.message {
        Some(message) => writeln!(out, "           {}", printable(message)),
        None => Ok(()),
    }
}

/// Writes the most expensive requests and the totals.
fn write_most_expensive(report: &CheckReport<'_>, out: &mut impl Write) -> io::Result<()> {
    let requests = report.most_expensive();
    if requests.is_empty() {
        return Ok(());
    }
    let total = report.total();
    let month = if total.month.is_some() { "per month" } else { "" };
    let mut rows = vec![vec![
        Cell::heading("most expensive"),
        Cell::title("input"),
        Cell::heading(""),
        Cell::title("at most"),
        Cell::title(month),
        Cell::heading(""),
        Cell::heading("budget").rank(1),
    ]];
    for one in requests.iter().take(MOST_EXPENSIVE) {
        let Some(measured) = one.measured() else { continue };
        let budgets = one.verdicts.iter().map(|verdict| printable(&report.budgets[verdict.budget].budget.name));
        let mut row = amounts(
            format!("{}{}", printable(&one.place.to_string()), times(one.times.into())),
            &measured.input,
            measured.cost,
            report.request_monthly_cost(one),
        );
        row.push(Cell::plain(if one.level().is_some() { verdict_name(one.level()) } else { "" }));
        row.push(Cell::plain(budgets.collect::<Vec<_>>().join(", ")));
        rows.push(row);
    }
    if requests.len() > MOST_EXPENSIVE {
        rows.push(vec![Cell::plain(format!("and {} more", grouped((requests.len() - MOST_EXPENSIVE) as u64)))]);
    }
    let title = |name: &str, total: &Total, requests| match total.requests == requests {
        true => format!("{name}, {}", plural(requests, "request")),
        false => format!("{name}, {} of {}", grouped(total.requests as u64), plural(requests, "request")),
    };
    if report.budgets.len() > 1 {
        for (index, one) in report.budgets.iter().enumerate() {
            let total = report.budget_total(index);
            let title = title(&format!("`{}`", printable(&one.budget.name)), &total, one.requests);
            rows.push(amounts(title, &total.input, total.cost, total.month));
        }
    }
    let title = title("total", &total, report.count());
    rows.push(amounts(title, &total.input, total.cost, total.month));
    writeln!(out)?;
    write_grid(&rows, out)?;
    match report.output_hint() {
        Some(hint) => {
            writeln!(out)?;
            write_grid(&[vec![Cell::heading(hint)]], out)
        }
        None => Ok(()),
    }
}

/// Returns the cells for the usage and cost of one request or several.
fn amounts(name: String, input: &TokenCount, cost: CostBounds, month: Option<CostBounds>) -> Vec<Cell> {
    vec![
        Cell::plain(name),
        Cell::right(grouped(input.tokens())),
        Cell::plain(label(input)),
        Cell::right(upper_bound(cost)),
        Cell::right(month.map(upper_bound).unwrap_or_default()),
    ]
}
