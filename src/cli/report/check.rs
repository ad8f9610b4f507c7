//! The report of `check`, in each of its formats.

mod csv;
mod github;
mod json;
mod junit;
mod markdown;
mod sarif;
mod table;

use std::io::{self, Write};

use crate::budget::{Finding, Level};
use crate::cli::args::CheckFormat;
use crate::cli::project::{Checked, Project};

/// All that `check` found.
pub(in crate::cli) struct CheckReport<'p> {
    pub(in crate::cli) project: &'p Project,
    /// The worst first.
    pub(in crate::cli) requests: Vec<Checked>,
    pub(in crate::cli) budgets: Vec<BudgetLine>,
    pub(in crate::cli) warn_only: bool,
}

/// What the limits of a budget say of all of its requests together.
pub(in crate::cli) struct BudgetLine {
    pub(in crate::cli) name: String,
    /// The line of the configuration on which it begins; 0 for the command line's.
    pub(in crate::cli) line: usize,
    pub(in crate::cli) requests: usize,
    pub(in crate::cli) findings: Vec<Finding>,
    pub(in crate::cli) message: Option<String>,
}

/// Writes the report.
pub(in crate::cli) fn write(report: &CheckReport<'_>, format: CheckFormat, out: &mut impl Write) -> io::Result<()> {
    match format {
        CheckFormat::Table => table::write(report, out),
        CheckFormat::Json => writeln!(out, "{:#}", json::document(report)),
        CheckFormat::Jsonl => report.requests.iter().try_for_each(|one| writeln!(out, "{}", json::request(one))),
        CheckFormat::Csv => csv::write(report, out),
        CheckFormat::Markdown => markdown::write(report, out),
        CheckFormat::Github => github::write(report, out),
        CheckFormat::Sarif => writeln!(out, "{:#}", sarif::document(report)),
        CheckFormat::Junit => junit::write(report, out),
    }
}

/// Something that a person must look at: where, which rule, how bad, what.
pub(super) struct Issue<'r> {
    pub(super) file: &'r str,
    /// The file, named from the root of the repository.
    pub(super) path: String,
    /// From 1.
    pub(super) line: usize,
    pub(super) rule: &'static str,
    pub(super) level: Level,
    pub(super) text: String,
}

impl Issue<'_> {
    /// Returns the word that GitHub and SARIF have for how bad it is.
    pub(super) fn severity(&self, warn_only: bool) -> &'static str {
        if warn_only || self.level == Level::Warning { "warning" } else { "error" }
    }
}

/// What stands for a file that could not be read, counted or priced.
pub(super) const UNTOLD: &str = "cannot_be_told";

impl CheckReport<'_> {
    /// Returns all that a person must look at: of requests, the worst first, then of budgets as a whole.
    pub(super) fn issues(&self) -> Vec<Issue<'_>> {
        let mut issues = Vec::new();
        let prefix = self.project.prefix();
        let path = |file: &str| format!("{prefix}{file}");
        for one in &self.requests {
            if let Err(error) = &one.outcome {
                let text = format!("it could not be told what the request takes: {error}");
                let path = path(&one.file);
                issues.push(Issue { file: &one.file, path, line: one.line, rule: UNTOLD, level: Level::Unknown, text });
            }
            issues.extend(one.findings.iter().map(|finding| Issue {
                file: &one.file,
                path: path(&one.file),
                line: one.line,
                rule: finding.rule,
                level: finding.level,
                text: text(finding, &one.budget, one.message.as_deref()),
            }));
        }
        let config = self.project.config_name.as_deref().unwrap_or("gpt-cost.toml");
        let config = config.rsplit('/').next().unwrap_or(config);
        for budget in &self.budgets {
            issues.extend(budget.findings.iter().map(|finding| Issue {
                file: config,
                path: path(config),
                line: budget.line.max(1),
                rule: finding.rule,
                level: finding.level,
                text: text(finding, &budget.name, budget.message.as_deref()),
            }));
        }
        // A file of several budgets that cannot be told of is one thing to look at.
        issues.dedup_by(|one, other| {
            (&one.path, one.line, one.rule, &one.text) == (&other.path, other.line, other.rule, &other.text)
        });
        issues
    }
}

/// Returns a finding in words, with the budget's own.
fn text(finding: &Finding, budget: &str, message: Option<&str>) -> String {
    let hint = finding.hint.as_ref().map(|hint| format!(" — {hint}")).unwrap_or_default();
    let message = message.map(|message| format!(" — {message}")).unwrap_or_default();
    format!("{} (budget `{budget}`, {}){hint}{message}", finding.message, finding.rule)
}
