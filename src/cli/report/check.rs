//! The report of `check` in all output formats.

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

/// The result of `check`.
pub(in crate::cli) struct CheckReport<'p> {
    pub(in crate::cli) project: &'p Project,
    /// Each request once, the worst first.
    pub(in crate::cli) requests: Vec<Checked>,
    pub(in crate::cli) budgets: Vec<BudgetReport>,
    /// Set if the price tables do not match `pricing_lock`.
    pub(in crate::cli) lock: Option<Finding>,
    /// The requests of the baseline that no longer exist.
    pub(in crate::cli) stale: Vec<Place>,
    pub(in crate::cli) warn_only: bool,
    /// Whether the table contains only findings.
    pub(in crate::cli) quiet: bool,
}

/// A budget, and its findings about all of its requests together.
pub(in crate::cli) struct BudgetReport {
    pub(in crate::cli) budget: Budget,
    /// The number of its requests.
    pub(in crate::cli) requests: usize,
    pub(in crate::cli) findings: Vec<Finding>,
    /// Why it has no requests.
    pub(in crate::cli) failure: Option<Failure>,
}

/// The usage and cost of several requests together, without those that cannot be counted or priced.
pub(in crate::cli) struct Total {
    pub(in crate::cli) requests: usize,
    pub(in crate::cli) input: TokenCount,
    pub(in crate::cli) cost: CostBounds,
    /// The cost of a month, of the requests whose budgets set `monthly_requests`.
    pub(in crate::cli) month: Option<CostBounds>,
}

impl Total {
    /// Returns the total of requests, each with the number of times that it is in its file and its cost in a month.
    fn new<'m>(requests: impl Iterator<Item = (&'m Measured, u32, Option<CostBounds>)>) -> Total {
        let requests: Vec<_> = requests.map(|(measured, times, month)| (measured, u64::from(times), month)).collect();
        let months = requests.iter().filter_map(|(_, times, month)| Some(month.as_ref()?.times(*times)));
        let months: Vec<CostBounds> = months.collect();
        Total {
            requests: requests.iter().map(|(_, times, _)| *times as usize).sum(),
            input: requests.iter().map(|(measured, times, _)| measured.input.times(*times)).sum(),
            cost: requests.iter().map(|(measured, times, _)| measured.cost.times(*times)).sum(),
            month: (!months.is_empty()).then(|| months.into_iter().sum()),
        }
    }
}

/// Maximum number of requests that reports list as the most expensive ones.
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

/// An error or a finding with its place.
pub(super) struct Issue<'r> {
    pub(super) file: &'r str,
    /// The path of the file relative to the repository root.
    pub(super) path: String,
    /// From 1.
    pub(super) line: usize,
    pub(super) rule: &'static str,
    pub(super) level: Level,
    pub(super) text: String,
}

impl Issue<'_> {
    /// Returns the level as GitHub and SARIF name it.
    pub(super) fn severity(&self, warn_only: bool) -> &'static str {
        if warn_only || self.level == Level::Warning { "warning" } else { "error" }
    }
}

/// The rule for requests that cannot be read, counted or priced.
pub(super) const UNREADABLE: &str = "unreadable";

impl CheckReport<'_> {
    /// Returns all issues: those of requests, the worst first, then those of the price tables and of budgets.
    pub(super) fn issues(&self) -> Vec<Issue<'_>> {
        let mut issues = Vec::new();
        let prefix = self.project.prefix();
        for one in &self.requests {
            let issue = |rule, level, text| {
                let file = one.place.file.as_str();
                let text = within(&one.place).map(|within| format!("{within}: {text}")).unwrap_or(text);
                Issue { file, path: format!("{prefix}{file}"), line: one.line, rule, level, text }
            };
            for failure in one.failures() {
                let hint = failure.hint_text().map(|hint| format!(" — {hint}")).unwrap_or_default();
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
        let config_issue = |line: usize, rule, level, text| Issue {
            file: config,
            path: format!("{prefix}{config}"),
            line: line.max(1),
            rule,
            level,
            text,
        };
        if let Some(finding) = &self.lock {
            let hint = finding.hint.as_ref().map(|hint| format!(" — {hint}")).unwrap_or_default();
            issues.push(config_issue(1, finding.rule, finding.level, format!("{}{hint}", finding.message)));
        }
        for BudgetReport { budget, findings, failure, .. } in &self.budgets {
            if let Some(failure) = failure {
                let hint = failure.hint_text().map(|hint| format!(" — {hint}")).unwrap_or_default();
                let text = format!("budget `{}`: {}{hint}", budget.name, failure.message());
                issues.push(config_issue(budget.line, UNREADABLE, Level::Unknown, text));
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
    /// Returns the requests that can be counted and priced, the most expensive first.
    fn most_expensive(&self) -> Vec<&Checked> {
        let cost = |one: &Checked| one.measured().map(|measured| measured.entry.cost);
        let mut requests: Vec<&Checked> = self.requests.iter().filter(|one| one.measured().is_some()).collect();
        requests.sort_by(|one, other| cost(other).cmp(&cost(one)).then_with(|| one.place.cmp(&other.place)));
        requests
    }

    /// Returns the cost of a request in a month, if the budget of the verdict sets `monthly_requests`.
    pub(in crate::cli) fn verdict_monthly_cost(&self, verdict: &Verdict) -> Option<CostBounds> {
        let times = self.budgets[verdict.budget].budget.limits.monthly_requests?;
        Some(verdict.measured()?.cost.times(times))
    }

    /// Returns the cost of a request in a month, by the first of its budgets that sets `monthly_requests`.
    fn request_monthly_cost(&self, one: &Checked) -> Option<CostBounds> {
        one.verdicts.iter().find_map(|verdict| self.verdict_monthly_cost(verdict))
    }

    /// Returns the usage and cost of all requests, each on the terms of the budget with the highest cost.
    pub(in crate::cli) fn total(&self) -> Total {
        let measured = |one| Some((Checked::measured(one)?, one.times, self.request_monthly_cost(one)));
        Total::new(self.requests.iter().filter_map(measured))
    }

    /// Returns the usage and cost of the requests of a budget.
    pub(in crate::cli) fn budget_total(&self, budget: usize) -> Total {
        let verdicts = self.requests.iter().filter_map(|one| Some((one.verdict_of(budget)?, one.times)));
        let measured = verdicts.filter_map(|(verdict, times)| Some((verdict.measured()?, times, verdict)));
        Total::new(measured.map(|(measured, times, verdict)| (measured, times, self.verdict_monthly_cost(verdict))))
    }

    /// Returns the number of requests, each as often as it is in its file.
    fn count(&self) -> usize {
        self.requests.iter().map(|one| one.times as usize).sum()
    }

    /// Returns a hint to set the expected output, if a cost is based on the maximum output.
    fn output_hint(&self) -> Option<&'static str> {
        output_hint(self.requests.iter().filter_map(|one| Some(&one.measured()?.entry)))
    }

    /// Returns the number of requests with each verdict, as a text.
    fn summary(&self) -> String {
        let Tally { within, warning, exceeded, unknown } = self.tally();
        let mut counts = vec![format!("{} within budget", grouped(within))];
        for (requests, text) in [(warning, "with a warning"), (exceeded, "over a limit"), (unknown, "unknown")] {
            if requests > 0 {
                counts.push(format!("{} {text}", grouped(requests)));
            }
        }
        let warn_only = if self.warn_only { "; --warn-only: no failure" } else { "" };
        format!("{}: {}{warn_only}", plural(self.count(), "request"), counts.join(", "))
    }
}

/// Returns where a request is in its file, if the line alone does not say it: its pointer, and the values of its template.
fn within(place: &Place) -> Option<String> {
    let whole = place.to_string();
    let within = whole.strip_prefix(&place.file)?.strip_prefix('#')?;
    Some(within.to_owned())
}

/// Returns the upper end of a cost, or `≥` and what is known of it if there is none.
fn upper_bound(cost: CostBounds) -> String {
    cost.most.map_or_else(|| format!("≥ {}", cost.known), |most| most.to_string())
}

/// Returns a finding with its detail, its hint and the message of the budget.
fn text(finding: &Finding, measured: Option<&Measured>, budget: &Budget) -> String {
    let detail = measured.and_then(|measured| detail(finding, measured));
    let notes = [detail, finding.hint.clone(), budget.message.clone()].into_iter().flatten();
    let notes: String = notes.map(|text| format!(" — {text}")).collect();
    format!("{} (budget `{}`, {}){notes}", finding.message, budget.name, finding.rule)
}

/// Returns the main cause of an exceeded limit, or what is not counted if the verdict is unknown.
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
    let largest = measured.largest.as_ref()?;
    let (tokens, all) = (grouped(largest.tokens), grouped(usage.input));
    Some(format!("the largest component of the input is {}: {tokens} of {all} tokens", largest.path))
}

/// Returns a text that names the first components that are not counted, and how many more there are.
fn not_counted(measured: &Measured) -> Option<String> {
    const MAX: usize = 3;
    let uncounted = measured.input.uncounted();
    let named: Vec<String> = uncounted.iter().take(MAX).map(|one| remark(&one.path, &one.reason)).collect();
    let more = match uncounted.len().saturating_sub(MAX) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    (!named.is_empty()).then(|| format!("not counted: {}{more}", named.join("; ")))
}
