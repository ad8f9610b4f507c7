//! JUnit's XML: a suite for each budget, a case for each request.

use std::io::{self, Write};

use super::{CheckReport, text};
use crate::budget::{Finding, Level};

pub(super) fn write(report: &CheckReport<'_>, out: &mut impl Write) -> io::Result<()> {
    let (failures, errors) = (failures(report, None), errors(report, None));
    let tests = report.requests.len() + report.budgets.iter().filter(|budget| !budget.findings.is_empty()).count();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"gpt-cost\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">")?;
    for budget in &report.budgets {
        write_suite(report, &budget.name, out)?;
    }
    writeln!(out, "</testsuites>")
}

fn write_suite(report: &CheckReport<'_>, name: &str, out: &mut impl Write) -> io::Result<()> {
    let cases: Vec<_> = report.requests.iter().filter(|one| one.budget == name).collect();
    let whole: Vec<_> = report.budgets.iter().filter(|one| one.name == name && !one.findings.is_empty()).collect();
    writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">",
        escaped(name),
        cases.len() + whole.len(),
        failures(report, Some(name)),
        errors(report, Some(name))
    )?;
    for one in cases {
        let error = one.outcome.as_ref().err();
        let texts = texts(&one.findings, &one.budget, one.message.as_deref(), report.warn_only);
        write_case(&one.name, name, error.map(String::as_str), &texts, out)?;
    }
    for budget in whole {
        let texts = texts(&budget.findings, &budget.name, budget.message.as_deref(), report.warn_only);
        write_case("all requests", name, None, &texts, out)?;
    }
    writeln!(out, "  </testsuite>")
}

fn is_failure(finding: &Finding, warn_only: bool) -> bool {
    finding.level >= Level::Exceeded && !(warn_only && finding.level == Level::Exceeded)
}

fn texts(findings: &[Finding], budget: &str, message: Option<&str>, warn_only: bool) -> Vec<(&'static str, String)> {
    let failures = findings.iter().filter(|finding| is_failure(finding, warn_only));
    failures.map(|finding| (finding.rule, text(finding, budget, message))).collect()
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
    // One failure a case: what reads JUnit's files expects no more.
    if let Some((rule, first)) = failures.first() {
        let all: Vec<String> = failures.iter().map(|(_, text)| escaped(text)).collect();
        writeln!(out, "      <failure type=\"{rule}\" message=\"{}\">{}</failure>", escaped(first), all.join("\n"))?;
    }
    writeln!(out, "    </testcase>")
}

fn failures(report: &CheckReport<'_>, budget: Option<&str>) -> usize {
    let is_of = |name: &str| budget.is_none_or(|budget| budget == name);
    let fails = |findings: &[Finding]| findings.iter().any(|finding| is_failure(finding, report.warn_only));
    report.requests.iter().filter(|one| is_of(&one.budget) && fails(&one.findings)).count()
        + report.budgets.iter().filter(|one| is_of(&one.name) && fails(&one.findings)).count()
}

fn errors(report: &CheckReport<'_>, budget: Option<&str>) -> usize {
    report
        .requests
        .iter()
        .filter(|one| budget.is_none_or(|budget| budget == one.budget) && one.outcome.is_err())
        .count()
}

/// Returns a text as XML has it; what XML cannot have at all is replaced.
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
