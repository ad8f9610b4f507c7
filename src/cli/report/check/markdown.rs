//! Markdown for a pull request comment, with a hidden marker by which it is found and updated.

use std::io::{self, Write};

use gpt_cost::TokenCount;
use gpt_cost::budget::{CostBounds, Level};
use gpt_cost::money::grouped;

use super::{CheckReport, MOST_EXPENSIVE, upper_bound};
use crate::cli::report::remarks::times;
use crate::cli::report::{MAX_COMMENT_BYTES, lines_within, markdown_cell, plural, tokens_in_words};

pub(super) fn write(report: &CheckReport<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "<!-- gpt-cost check -->")?;
    let verdict = match report.worst() {
        None => "all within budget",
        Some(Level::Warning) => "within budget, with warnings",
        Some(Level::Exceeded) => "over budget",
        Some(_) => "some requests could not be checked",
    };
    writeln!(out, "### Prompt budgets: {verdict}\n")?;
    let issues = report.issues();
    if !issues.is_empty() {
        writeln!(out, "| | file | issue |\n| --- | --- | --- |")?;
    }
    let rows = issues.iter().map(|issue| {
        let place = format!("{}:{}", issue.file, issue.line);
        format!("| {} | {} | {} |", issue.level.as_str(), markdown_cell(&place), markdown_cell(&issue.text))
    });
    let (rows, more) = lines_within(MAX_COMMENT_BYTES, rows);
    rows.iter().try_for_each(|row| writeln!(out, "{row}"))?;
    if more > 0 {
        writeln!(out, "| | | and {} more |", grouped(more as u64))?;
    }
    if !issues.is_empty() {
        writeln!(out)?;
    }
    write_most_expensive(report, out)?;
    writeln!(out, "\n{}\n\n{}", report.summary(), markdown_cell(&report.project.prices()))
}

/// Writes the most expensive requests and the total of all requests.
fn write_most_expensive(report: &CheckReport<'_>, out: &mut impl Write) -> io::Result<()> {
    let requests = report.most_expensive();
    if requests.is_empty() {
        return Ok(());
    }
    let total = report.total();
    let month = if total.month.is_some() { " per month |" } else { "" };
    writeln!(out, "| most expensive | input tokens | at most |{month}")?;
    writeln!(out, "| :--- | ---: | ---: |{}", if month.is_empty() { "" } else { " ---: |" })?;
    let row = |name: String, input: &TokenCount, cost: CostBounds, monthly: Option<CostBounds>| {
        let tokens = tokens_in_words(input);
        let monthly = monthly.map(upper_bound).unwrap_or_default();
        let monthly = if month.is_empty() { String::new() } else { format!(" {monthly} |") };
        format!("| {name} | {tokens} | {} |{monthly}", upper_bound(cost))
    };
    for one in requests.iter().take(MOST_EXPENSIVE) {
        let Some(measured) = one.measured() else { continue };
        let name = format!("{}{}", markdown_cell(&one.place.to_string()), times(one.times.into()));
        writeln!(out, "{}", row(name, &measured.input, measured.cost, report.request_monthly_cost(one)))?;
    }
    if requests.len() > MOST_EXPENSIVE {
        writeln!(
            out,
            "| and {} more | | |{}",
            requests.len() - MOST_EXPENSIVE,
            if month.is_empty() { "" } else { " |" }
        )?;
    }
    let all = format!("**total, {}**", plural(total.requests, "request"));
    writeln!(out, "{}", row(all, &total.input, total.cost, total.month))?;
    match report.output_hint() {
        Some(hint) => writeln!(out, "\n{}", markdown_cell(hint)),
        None => Ok(()),
    }
}
