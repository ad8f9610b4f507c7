//! For programs: `{schema, kind, as_of, pricing, requests: […], budgets: […], tally}`, decimal strings.

use serde_json::{Value, json};

use super::CheckReport;
use crate::budget::Finding;
use crate::cli::project::Checked;
use crate::money::Usd;

pub(super) fn document(report: &CheckReport<'_>) -> Value {
    let layers = report
        .project
        .catalog
        .layers()
        .map(|layer| json!({"origin": layer.origin(), "checked": layer.checked().map(|day| day.to_string())}));
    json!({
        "schema": 1,
        "kind": "check",
        "as_of": report.project.day.to_string(),
        "pricing": layers.collect::<Vec<_>>(),
        "pricing_hash": report.project.pricing_hash(),
        "requests": report.requests.iter().map(request).collect::<Vec<_>>(),
        "budgets": report.budgets.iter().map(|budget| json!({
            "name": budget.name,
            "line": budget.line,
            "requests": budget.requests,
            "findings": budget.findings.iter().map(finding).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "tally": report.tally(),
        "warn_only": report.warn_only,
    })
}

pub(super) fn request(one: &Checked) -> Value {
    let dollars = |amount: Usd| amount.amount().to_string();
    let mut json = json!({
        "name": one.name,
        "file": one.file,
        "line": one.line,
        "budget": one.budget,
        "error": one.outcome.as_ref().err(),
        "findings": one.findings.iter().map(finding).collect::<Vec<_>>(),
    });
    if let Ok(taken) = &one.outcome {
        let entry = &taken.entry;
        json["model"] = entry.model.as_str().into();
        json["input_tokens"] = json!({"count": entry.usage.input, "exactness": taken.exactness, "bound": taken.bound});
        json["cost"] = json!({
            "min": dollars(taken.least),
            "max": taken.most.map(dollars),
        });
        json["baseline"] = json!({
            "model": entry.model,
            "input_tokens": entry.usage.input,
            "cached_tokens": entry.usage.cached,
            "tier": if entry.tier == crate::Tier::Standard { "" } else { entry.tier.word() },
            "output_tokens": entry.usage.output,
            "cost": dollars(entry.cost),
            "at_least": entry.at_least,
            "content": entry.content,
        });
    }
    json
}

fn finding(finding: &Finding) -> Value {
    json!({
        "rule": finding.rule,
        "level": finding.level.word(),
        "excess_percent": finding.excess.round_dp(1).normalize().to_string(),
        "message": finding.message,
        "hint": finding.hint,
    })
}
