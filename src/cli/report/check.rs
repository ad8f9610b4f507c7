//! The report of `check`, in each of its formats.

mod csv;
mod github;
mod junit;
mod markdown;
mod sarif;
mod table;

use std::io::{self, Write};

use gpt_cost::TokenCount;
use gpt_cost::budget::{Budget, CostBounds, Finding, Level};
use gpt_cost::money::grouped;
use gpt_cost::source::Place;

use super::remarks::remark;
use super::{documents, output_hint, plural};
use crate::cli::args::CheckFormat;
use crate::cli::checked::{Checked, Measured, Tally, Verdict};
use crate::cli::exit::Failure;
use crate::cli::project::Project;

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
    /// Whether the table has findings alone.
    pub(in crate::cli) quiet: bool,
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

/// What requests use and cost together: each of those that can be measured, once.
pub(in crate::cli) struct Total {
    pub(in crate::cli) requests: usize,
    pub(in crate::cli) input: TokenCount,
    pub(in crate::cli) cost: CostBounds,
    /// The cost of a month, of the requests whose budgets say how often they are sent.
    pub(in crate::cli) month: Option<CostBounds>,
}

impl Total {
    fn of<'m>(requests: impl Iterator<Item = (&'m Measured, Option<CostBounds>)>) -> Total {
        let requests: Vec<_> = requests.collect();
        let months: Vec<CostBounds> = requests.iter().filter_map(|(_, month)| *month).collect();
        Total {
            requests: requests.len(),
            input: requests.iter().map(|(measured, _)| measured.input.clone()).sum(),
            cost: requests.iter().map(|(measured, _)| measured.cost).sum(),
            month: (!months.is_empty()).then(|| months.into_iter().sum()),
        }
    }
}

/// The most requests that reports list as the most expensive ones.
const MOST_EXPENSIVE: usize = 10;

/// Writes the report.
pub(in crate::cli) fn write(report: &CheckReport<'_>, format: CheckFormat, out: &mut impl Write) -> io::Result<()> {
    match format {
        CheckFormat::Table => table::write(report, out),
        CheckFormat::Json => documents::write(documents::check::Document::new(report), out),
        CheckFormat::Jsonl => documents::check::lines(report).try_for_each(|line| documents::write_line(line, out)),
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
                let texts = verdict.findings.iter().map(|finding| (finding, text(finding, verdict.measured(), budget)));
                issues.extend(texts.map(|(finding, text)| issue(finding.rule, finding.level, text)));
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
                text: text(finding, None, budget),
            }));
        }
        issues
    }
}

impl CheckReport<'_> {
    /// Returns the requests that can be measured, the most expensive first.
    fn most_expensive(&self) -> Vec<&Checked> {
        let cost = |one: &Checked| one.measured().map(|measured| measured.entry.cost);
        let mut requests: Vec<&Checked> = self.requests.iter().filter(|one| one.measured().is_some()).collect();
        requests.sort_by(|one, other| cost(other).cmp(&cost(one)).then_with(|| one.place.cmp(&other.place)));
        requests
    }

    /// Returns what a request costs in a month on the terms of a budget that says how often it is sent.
    pub(in crate::cli) fn month(&self, verdict: &Verdict) -> Option<CostBounds> {
        let times = self.budgets[verdict.budget].budget.limits.monthly_requests?;
        Some(verdict.measured()?.cost.times(times))
    }

    /// Returns what a request costs in a month, by the first of its budgets that says how often it is sent.
    fn month_of(&self, one: &Checked) -> Option<CostBounds> {
        one.verdicts.iter().find_map(|verdict| self.month(verdict))
    }

    /// Returns what all requests use and cost, each by the budget on whose terms it costs most.
    pub(in crate::cli) fn total(&self) -> Total {
        Total::of(self.requests.iter().filter_map(|one| Some((one.measured()?, self.month_of(one)))))
    }

    /// Returns what the requests of a budget use and cost.
    pub(in crate::cli) fn total_of(&self, budget: usize) -> Total {
        let verdicts = self.requests.iter().flat_map(|one| &one.verdicts).filter(|verdict| verdict.budget == budget);
        Total::of(verdicts.filter_map(|verdict| Some((verdict.measured()?, self.month(verdict)))))
    }

    /// Returns what to do where the cost of a request is that of the most output that it allows.
    fn output_hint(&self) -> Option<&'static str> {
        output_hint(self.requests.iter().filter_map(|one| Some(&one.measured()?.entry)))
    }

    /// Returns how many requests there are at each level, in words.
    fn summary(&self) -> String {
        let Tally { within, warning, exceeded, unknown } = self.tally();
        let mut parts = vec![format!("{} within budget", grouped(within))];
        for (requests, text) in [(warning, "with a warning"), (exceeded, "over a limit"), (unknown, "unknown")] {
            if requests > 0 {
                parts.push(format!("{} {text}", grouped(requests)));
            }
        }
        let only = if self.warn_only { "; --warn-only: no failure" } else { "" };
        format!("{}: {}{only}", plural(self.requests.len(), "request"), parts.join(", "))
    }
}

/// Returns an upper end as reports show it; where there is none, the lower one.
fn at_most(cost: CostBounds) -> String {
    cost.most.map_or_else(|| format!("≥ {}", cost.known), |most| most.to_string())
}

/// Returns a finding in words, with what it is about and the budget's own words.
fn text(finding: &Finding, measured: Option<&Measured>, budget: &Budget) -> String {
    let detail = measured.and_then(|measured| detail(finding, measured));
    let more = [detail, finding.hint.clone(), budget.message.clone()].into_iter().flatten();
    let more: String = more.map(|text| format!(" — {text}")).collect();
    format!("{} (budget `{}`, {}){more}", finding.message, budget.name, finding.rule)
}

/// Returns what is most of an amount that a limit is for, or what of it is not counted.
fn detail(finding: &Finding, measured: &Measured) -> Option<String> {
    let usage = &measured.entry.usage;
    let output_cost = measured.entry.cost - measured.entry.input_cost;
    let is_output = match (finding.level, finding.rule) {
        (Level::Unknown, _) => return not_counted(measured),
        (_, "max_cost_per_request") => output_cost > measured.entry.input_cost,
        (_, "max_total_tokens") => usage.output > usage.input,
        (_, "max_input_cost" | "max_input_tokens" | "max_increase" | "min_context_left") => false,
        (_, "fit") if usage.input > usage.output => false,
        _ => return None,
    };
    if is_output {
        return Some(format!("most of it is output: {} tokens, {output_cost}", grouped(usage.output)));
    }
    let part = measured.largest.as_ref()?;
    let (tokens, all) = (grouped(part.tokens), grouped(usage.input));
    Some(format!("the largest part of the input is {}: {tokens} of {all} tokens", part.path))
}

/// Names the parts that are not counted: the first ones and how many more there are.
fn not_counted(measured: &Measured) -> Option<String> {
    const MOST: usize = 3;
    let parts = measured.input.uncounted();
    let named: Vec<String> = parts.iter().take(MOST).map(|one| remark(&one.path, &one.reason)).collect();
    let more = match parts.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    (!named.is_empty()).then(|| format!("not counted: {}{more}", named.join("; ")))
}
