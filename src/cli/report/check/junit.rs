//! JUnit XML, with a suite for each budget and a case for each request.

use std::io::{self, Write};

use gpt_cost::budget::{Finding, Level};

use super::{BudgetReport, CheckReport, text};
use crate::cli::checked::{Checked, Measured, Verdict};
use crate::cli::exit::Failure;

/// A budget with its requests, or the files that cannot be read, or the price tables.
struct Suite<'r> {
    name: &'r str,
    cases: Vec<Case<'r>>,
}

struct Case<'r> {
    name: String,
    error: Option<String>,
    failures: Vec<(&'static str, String)>,
    suite: &'r str,
}

pub(super) fn write(report: &CheckReport<'_>, out: &mut impl Write) -> io::Result<()> {
    let suites: Vec<Suite<'_>> = unreadable(report).into_iter().chain(lock(report)).chain(budgets(report)).collect();
    let all = || suites.iter().flat_map(|suite| &suite.cases);
    let (failures, errors) =
        (all().filter(|case| case.is_failure()).count(), all().filter(|case| case.is_error()).count());
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    let tests = all().count();
    writeln!(out, "<testsuites name=\"gpt-cost\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">")?;
    for suite in &suites {
        write_suite(suite, out)?;
    }
    writeln!(out, "</testsuites>")
}

/// Returns the suite of files that cannot be read, which have no verdict of a budget.
fn unreadable<'r>(report: &'r CheckReport<'_>) -> Option<Suite<'r>> {
    const NAME: &str = "unreadable";
    let case = |one: &'r Checked| {
        let error = Some(one.failure.as_ref()?.message());
        Some(Case { name: one.place.to_string(), error, failures: Vec::new(), suite: NAME })
    };
    let cases: Vec<Case<'_>> = report.requests.iter().filter_map(case).collect();
    (!cases.is_empty()).then_some(Suite { name: NAME, cases })
}

/// Returns the suite of price tables that do not match `pricing_lock`.
fn lock<'r>(report: &'r CheckReport<'_>) -> Option<Suite<'r>> {
    let finding = report.lock.as_ref()?;
    let failures = if report.warn_only { Vec::new() } else { vec![(finding.rule, finding.message.clone())] };
    let suite = "price tables";
    Some(Suite { name: suite, cases: vec![Case { name: finding.rule.to_owned(), error: None, failures, suite }] })
}

fn budgets<'r>(report: &'r CheckReport<'_>) -> impl Iterator<Item = Suite<'r>> {
    report.budgets.iter().enumerate().map(|(index, budget_report)| {
        let BudgetReport { budget, findings, .. } = budget_report;
        let name = budget.name.as_str();
        let texts = |findings: &[Finding], measured: Option<&Measured>| {
            let failures = findings.iter().filter(|finding| is_failure(finding, report.warn_only));
            failures.map(|finding| (finding.rule, text(finding, measured, budget))).collect::<Vec<_>>()
        };
        let verdict = |one: &'r Checked| Some((one, one.verdicts.iter().find(|verdict| verdict.budget == index)?));
        let case = |(one, verdict): (&'r Checked, &'r Verdict)| Case {
            name: one.place.to_string(),
            error: verdict.outcome.as_ref().err().map(Failure::message),
            failures: texts(&verdict.findings, verdict.measured()),
            suite: name,
        };
        let mut cases: Vec<Case<'_>> = report.requests.iter().filter_map(verdict).map(case).collect();
        if let Some(failure) = &budget_report.failure {
            let error = Some(failure.message());
            cases.push(Case { name: "all requests".to_owned(), error, failures: Vec::new(), suite: name });
        }
        if !findings.is_empty() {
            cases.push(Case {
                name: "all requests".to_owned(),
                error: None,
                failures: texts(findings, None),
                suite: name,
            });
        }
        Suite { name, cases }
    })
}

impl Case<'_> {
    fn is_error(&self) -> bool {
        self.error.is_some()
    }

    fn is_failure(&self) -> bool {
        !self.failures.is_empty()
    }
}

fn write_suite(suite: &Suite<'_>, out: &mut impl Write) -> io::Result<()> {
    let cases = &suite.cases;
    writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">",
        escaped(suite.name),
        cases.len(),
        cases.iter().filter(|case| case.is_failure()).count(),
        cases.iter().filter(|case| case.is_error()).count(),
    )?;
    for case in cases {
        write_case(&case.name, case.suite, case.error.as_deref(), &case.failures, out)?;
    }
    writeln!(out, "  </testsuite>")
}

fn is_failure(finding: &Finding, warn_only: bool) -> bool {
    finding.level >= Level::Exceeded && !(warn_only && finding.level == Level::Exceeded)
}

fn write_case(
    name: &str,
    class: &str,
    error: Option<&str>,
    failures: &[(&str, String)],
    out: &mut impl Write,
) -> io::Result<()> {
    let (name, class) = (escaped(name), escaped(class));
    if error.is_none() && failures.is_empty() {
        return writeln!(out, "    <testcase name=\"{name}\" classname=\"{class}\"/>");
    }
    writeln!(out, "    <testcase name=\"{name}\" classname=\"{class}\">")?;
    if let Some(error) = error {
        writeln!(out, "      <error message=\"{}\"/>", escaped(error))?;
    }
    // Readers of JUnit XML expect at most one failure per case.
    if let Some((rule, first)) = failures.first() {
        let all: Vec<String> = failures.iter().map(|(_, text)| escaped(text)).collect();
        writeln!(out, "      <failure type=\"{rule}\" message=\"{}\">{}</failure>", escaped(first), all.join("\n"))?;
    }
    writeln!(out, "    </testcase>")
}

/// Escapes a text for XML; characters that XML does not allow are replaced.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            char if char.is_control() || matches!(char, '\u{fffe}' | '\u{ffff}') => {
                out.push(char::REPLACEMENT_CHARACTER)
            }
            char => out.push(char),
        }
    }
    out
}
