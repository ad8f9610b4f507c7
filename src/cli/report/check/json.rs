//! For programs: `{schema, kind, as_of, pricing, requests: […], budgets: […], total, tally}`, decimal strings.

use gpt_cost::budget::{CostBounds, Entry, Finding, Limits};
use gpt_cost::money::Usd;
use gpt_cost::source::Place;
use gpt_cost::{Tier, TokenCount};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::{CheckReport, Total};
use crate::cli::checked::{Checked, Verdict, word};

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
        "budgets": (0..report.budgets.len()).map(|index| budget(report, index)).collect::<Vec<_>>(),
        "total": total(&report.total()),
        "tally": report.tally(),
        "warn_only": report.warn_only,
    })
}

pub(super) fn budget(report: &CheckReport<'_>, index: usize) -> Value {
    let one = &report.budgets[index];
    json!({
        "name": one.budget.name,
        "line": one.budget.line,
        "requests": one.requests,
        "limits": limits(&one.budget.limits),
        "total": total(&report.total_of(index)),
        "error": one.failure.as_ref().map(|failure| failure.message()),
        "hint": one.failure.as_ref().and_then(|failure| failure.advice()),
        "findings": one.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

/// Returns the limits that are set, as the configuration writes them.
fn limits(limits: &Limits) -> Value {
    let Limits { monthly_requests, max_increase, allow_uncounted, warn_at, fail_on_shutdown, .. } = limits;
    let dollars = |amount: Option<Usd>| amount.map(dollars).map(Value::from);
    let tokens = |tokens: Option<u64>| tokens.map(Value::from);
    let set = [
        ("max_cost_per_request", dollars(limits.max_cost_per_request)),
        ("max_input_cost", dollars(limits.max_input_cost)),
        ("max_input_tokens", tokens(limits.max_input_tokens)),
        ("max_total_tokens", tokens(limits.max_total_tokens)),
        ("min_context_left", tokens(limits.min_context_left)),
        ("max_cost_all_requests", dollars(limits.max_cost_all_requests)),
        ("monthly_requests", tokens(*monthly_requests)),
        ("max_monthly_cost", dollars(limits.max_monthly_cost)),
        ("max_increase", max_increase.map(|increase| increase.to_string().into())),
        ("allow_uncounted", allow_uncounted.then_some(Value::Bool(true))),
        ("warn_at", warn_at.map(|share| format!("{}%", share.normalize()).into())),
        ("fail_on_shutdown", fail_on_shutdown.map(|days| format!("{days}d").into())),
    ];
    set.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<Map<_, _>>().into()
}

fn total(total: &Total) -> Value {
    json!({
        "requests": total.requests,
        "input_tokens": tokens(&total.input),
        "cost": cost(total.cost),
        "monthly_cost": total.month.map(cost),
    })
}

fn tokens(count: &TokenCount) -> Value {
    json!({"tokens": count.tokens(), "min": count.min(), "max": count.max(), "label": count.label().as_str()})
}

fn cost(cost: CostBounds) -> Value {
    json!({"min": dollars(cost.least), "at_least": dollars(cost.known), "max": cost.most.map(dollars)})
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
        json["input_tokens"] = tokens(&measured.input);
        json["cost"] = cost(measured.cost);
        json["cost"]["expected"] = entry.expects_output.then(|| dollars(entry.cost)).into();
        json["monthly_cost"] = report.month(verdict).map(cost).into();
        json["current"] = current(&one.place, entry);
        json["baseline"] = verdict.before.as_ref().map(|before| current(&one.place, before)).into();
        json["heaviest"] =
            measured.heaviest.as_ref().map(|part| json!({"path": part.path, "tokens": part.tokens})).into();
        let text = |path: &str, text: &str| json!({"path": path, "text": text});
        json["not_counted"] = measured.input.uncounted().iter().map(|one| text(&one.path, &one.reason)).collect();
        json["warnings"] = measured.warnings.iter().map(|one| text(&one.path, &one.message)).collect();
    }
    json
}

/// Returns what a baseline would have of the request.
fn current(place: &Place, entry: &Entry) -> Value {
    let mut json = json!({
        "model": entry.model,
        "input_tokens": entry.usage.input,
        "cached_tokens": entry.usage.cached,
        "tier": if entry.tier == Tier::Standard { "" } else { entry.tier.as_str() },
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
        "level": finding.level.as_str(),
        "excess_percent": (finding.excess < Decimal::MAX).then(|| finding.excess.round_dp(1).normalize().to_string()),
        "message": finding.message,
        "hint": finding.hint,
    })
}
