//! The report of `check`, in each of its formats.

mod csv;
mod github;
mod json;
mod junit;
mod markdown;
mod sarif;
mod table;

use std::io::{self, Write};

use crate::budget::{Budget, Finding, Level};
use crate::cli::args::CheckFormat;
use crate::cli::exit::Failure;
use crate::cli::project::{Checked, Project};
use crate::source::Place;

/// All that `check` found.
pub(in crate::cli) struct CheckReport<'p> {
    pub(in crate::cli) project: &'p Project,
    /// Each request once, the worst first.
    pub(in crate::cli) requests: Vec<Checked>,
    pub(in crate::cli) budgets: Vec<BudgetReport>,
    /// What is wrong where the price tables are not those that the configuration names.
    pub(in crate::cli) lock: Option<Finding>,
    /// Requests of the baseline that are gone.
    pub(in crate::cli) stale: Vec<Place>,
    pub(in crate::cli) warn_only: bool,
}

/// A budget, and what its limits say of all of its requests together.
pub(in crate::cli) struct BudgetReport {
    pub(in crate::cli) budget: Budget,
    /// How many requests it is for.
    pub(in crate::cli) requests: usize,
    pub(in crate::cli) findings: Vec<Finding>,
    /// Why it has no requests.
    pub(in crate::cli) failure: Option<Failure>,
}

/// Writes the report.
pub(in crate::cli) fn write(report: &CheckReport<'_>, format: CheckFormat, out: &mut impl Write) -> io::Result<()> {
    match format {
        CheckFormat::Table => table::write(report, out),
        CheckFormat::Json => writeln!(out, "{:#}", json::document(report)),
        CheckFormat::Jsonl => {
            report.requests.iter().try_for_each(|one| writeln!(out, "{}", json::request(report, one)))?;
            let of_all = report.budgets.iter().filter(|one| !one.findings.is_empty());
            of_all.map(json::budget).try_for_each(|one| writeln!(out, "{one}"))
        }
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

/// The rule of what cannot be read, counted or priced.
pub(super) const UNREADABLE: &str = "unreadable";

impl CheckReport<'_> {
    /// Returns all that a person must look at: of requests, the worst first, then of budgets as a whole.
    pub(super) fn issues(&self) -> Vec<Issue<'_>> {
        let mut issues = Vec::new();
        let prefix = self.project.prefix();
        for one in &self.requests {
            let issue = |rule, level, text| {
                let file = one.place.file.as_str();
                Issue { file, path: format!("{prefix}{file}"), line: one.line, rule, level, text }
            };
            for failure in one.failures() {
                let hint = failure.advice().map(|hint| format!(" — {hint}")).unwrap_or_default();
                issues.push(issue(UNREADABLE, Level::Unknown, format!("{}{hint}", failure.message())));
            }
            for verdict in &one.verdicts {
                let budget = &self.budgets[verdict.budget].budget;
                let findings = verdict.findings.iter();
                issues.extend(findings.map(|finding| issue(finding.rule, finding.level, text(finding, budget))));
            }
        }
        let config = self.project.config_name.as_deref().unwrap_or("gpt-cost.toml");
        let config = config.rsplit('/').next().unwrap_or(config);
        let of_config = |line: usize, rule, level, text| Issue {
            file: config,
            path: format!("{prefix}{config}"),
            line: line.max(1),
            rule,
            level,
            text,
        };
        if let Some(finding) = &self.lock {
            let hint = finding.hint.as_ref().map(|hint| format!(" — {hint}")).unwrap_or_default();
            issues.push(of_config(1, finding.rule, finding.level, format!("{}{hint}", finding.message)));
        }
        for BudgetReport { budget, findings, failure, .. } in &self.budgets {
            if let Some(failure) = failure {
                let hint = failure.advice().map(|hint| format!(" — {hint}")).unwrap_or_default();
                let text = format!("budget `{}`: {}{hint}", budget.name, failure.message());
                issues.push(of_config(budget.line, UNREADABLE, Level::Unknown, text));
            }
            issues.extend(findings.iter().map(|finding| Issue {
                file: config,
                path: format!("{prefix}{config}"),
                line: budget.line.max(1),
                rule: finding.rule,
                level: finding.level,
                text: text(finding, budget),
            }));
        }
        issues
    }
}

/// Returns a finding in words, with the budget's own.
fn text(finding: &Finding, budget: &Budget) -> String {
    let hint = finding.hint.as_ref().map(|hint| format!(" — {hint}")).unwrap_or_default();
    let message = budget.message.as_ref().map(|message| format!(" — {message}")).unwrap_or_default();
    format!("{} (budget `{}`, {}){hint}{message}", finding.message, budget.name, finding.rule)
}
