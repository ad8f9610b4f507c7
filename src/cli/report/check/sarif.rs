//! SARIF 2.1.0, for code scanning.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::CheckReport;

pub(super) fn document(report: &CheckReport<'_>) -> Value {
    let issues = report.issues();
    let rules: BTreeSet<&str> = issues.iter().map(|issue| issue.rule).collect();
    let rules: Vec<Value> = rules
        .into_iter()
        .map(|rule| json!({"id": rule, "shortDescription": {"text": rule.replace('_', " ")}}))
        .collect();
    let results: Vec<Value> = issues
        .iter()
        .map(|issue| {
            json!({
                "ruleId": issue.rule,
                "level": issue.severity(report.warn_only),
                "message": {"text": issue.text},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": uri(&issue.path)},
                    "region": {"startLine": issue.line},
                }}],
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "gpt-cost",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "results": results,
        }],
    })
}

/// Percent-encodes a path as a relative URI: all bytes except letters, digits, `-._~` and `/`.
fn uri(name: &str) -> String {
    name.bytes()
        .map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
