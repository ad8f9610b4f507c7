//! For a comment on a pull request, with a hidden mark by which it is found and updated.

use std::io::{self, Write};

use super::CheckReport;
use crate::budget::Level;
use crate::cli::report::{markdown_cell, plural};

/// The most rows: a comment has a limited length.
const MOST: usize = 50;

pub(super) fn write(report: &CheckReport<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "<!-- gpt-cost check -->")?;
    let tally = report.tally();
    let count = |word| tally.get(word).copied().unwrap_or(0);
    let verdict = match report.worst() {
        None => "all within budget",
        Some(Level::Warning) => "within budget, with warnings",
        Some(Level::Exceeded) => "over budget",
        Some(_) => "not all can be checked",
    };
    writeln!(out, "### Prompt budgets: {verdict}\n")?;
    let issues = report.issues();
    if !issues.is_empty() {
        writeln!(out, "| | file | what |\n| --- | --- | --- |")?;
    }
    for issue in issues.iter().take(MOST) {
        let place = format!("{}:{}", issue.file, issue.line);
        writeln!(out, "| {} | {} | {} |", issue.level.word(), markdown_cell(&place), markdown_cell(&issue.text))?;
    }
    if issues.len() > MOST {
        writeln!(out, "\nand {} more", issues.len() - MOST)?;
    }
    writeln!(
        out,
        "\n{}: {} within budget, {} with a warning, {} over a limit, {} unknown. Prices as of {}.",
        plural(report.requests.len(), "request"),
        count("within"),
        count("warning"),
        count("exceeded"),
        count("unknown"),
        report.project.day
    )
}
