//! For programs: `{schema, kind, as_of, pricing, requests: […], budgets: […], tally}`, decimal strings.

use serde_json::{Value, json};

use super::{BudgetReport, CheckReport};
use crate::Tier;
use crate::budget::{Entry, Finding};
use crate::cli::project::{Checked, Verdict, word};
use crate::money::Usd;
use crate::source::Place;

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
        "requests": report.requests.iter().map(|one| request(report, one)).collect::<Vec<_>>(),
        "findings": report.lock.iter().map(finding).collect::<Vec<_>>(),
        "stale": report.stale.iter().map(|place| place.to_string()).collect::<Vec<_>>(),
        "budgets": report.budgets.iter().map(budget).collect::<Vec<_>>(),
        "tally": report.tally(),
        "warn_only": report.warn_only,
    })
}

pub(super) fn budget(one: &BudgetReport) -> Value {
    json!({
        "name": one.budget.name,
        "line": one.budget.line,
        "requests": one.requests,
        "error": one.failure.as_ref().map(|failure| failure.message()),
        "hint": one.failure.as_ref().and_then(|failure| failure.advice()),
        "findings": one.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

pub(super) fn request(report: &CheckReport<'_>, one: &Checked) -> Value {
    json!({
        "name": one.place.to_string(),
        "file": one.place.file,
        "line": one.line,
        "custom_id": one.custom_id,
        "format": one.format.map(|format| format.as_str()),
        "verdict": word(one.level()),
        "error": one.failure.as_ref().map(|failure| failure.message()),
        "hint": one.failure.as_ref().and_then(|failure| failure.advice()),
        "budgets": one.verdicts.iter().map(|verdict| of_budget(report, one, verdict)).collect::<Vec<_>>(),
    })
}

fn of_budget(report: &CheckReport<'_>, one: &Checked, verdict: &Verdict) -> Value {
    let failure = verdict.outcome.as_ref().err();
    let mut json = json!({
        "budget": report.budgets[verdict.budget].budget.name,
        "verdict": word(verdict.level()),
        "error": failure.map(|failure| failure.message()),
        "hint": failure.and_then(|failure| failure.advice()),
        "findings": verdict.findings.iter().map(finding).collect::<Vec<_>>(),
    });
    if let Ok(measured) = &verdict.outcome {
        let entry = &measured.entry;
        json["model"] = entry.model.as_str().into();
        let input = &measured.input;
        json["input_tokens"] = json!({
            "tokens": input.tokens(),
            "min": input.min(),
            "max": input.max(),
            "label": input.label().as_str(),
        });
        json["cost"] = json!({"min": dollars(measured.cost.least), "max": measured.cost.most.map(dollars)});
        json["current"] = current(&one.place, entry);
        json["baseline"] = verdict.before.as_ref().map(|before| current(&one.place, before)).into();
        let remarks = measured.remarks.iter().map(|(kind, text)| json!({"kind": kind, "message": text}));
        json["remarks"] = remarks.collect();
    }
    json
}

/// Returns what a baseline would have of the request.
fn current(place: &Place, entry: &Entry) -> Value {
    let mut json = json!({
        "model": entry.model,
        "input_tokens": entry.usage.input,
        "cached_tokens": entry.usage.cached,
        "tier": if entry.tier == Tier::Standard { "" } else { entry.tier.word() },
        "output_tokens": entry.usage.output,
        "audio_output_tokens": entry.usage.audio_output,
        "cost": dollars(entry.cost),
        "input_cost": dollars(entry.input_cost),
        "expects_output": entry.expects_output,
        "at_least": entry.at_least,
        "content": entry.content,
    });
    let of_many = [
        ("line", place.line.map(Value::from)),
        ("index", place.index.map(Value::from)),
        ("custom_id", entry.custom_id.clone().map(Value::from)),
    ];
    for (key, value) in of_many {
        if let Some(value) = value {
            json[key] = value;
        }
    }
    json
}

fn dollars(amount: Usd) -> String {
    amount.amount().to_string()
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
