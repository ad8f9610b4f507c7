//! The document of `verify`.

use std::collections::BTreeMap;

use gpt_cost::verify::{
    Edited as ReportEdited, Miss as ReportMiss, Report, Score as ReportScore, UnknownModel as ReportUnknownModel,
    Unproved as ReportUnproved,
};
use serde::Serialize;

use super::{Dollars, Evidence};
use crate::cli::verify::Found;

/// Counts compared with the `usage` of recorded responses. Output of `gpt-cost verify --format json`.
#[derive(Serialize)]
#[serde(tag = "kind", rename = "verify")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Document<'a> {
    /// The number of files with recordings.
    files: u64,
    recordings: u64,
    /// The number of requests of recorded traffic without a usage.
    without_bill: u64,
    /// The number of requests and recordings that cannot be read.
    unreadable: u64,
    /// All recordings, counted for the model that the request names.
    total: Score,
    /// All recordings, counted for the model that the response names.
    with_reported_model: Score,
    endpoints: BTreeMap<&'a str, Score>,
    models: BTreeMap<&'a str, Score>,
    features: BTreeMap<&'a str, Score>,
    projects: BTreeMap<&'a str, Score>,
    /// The mean over projects of the percentage of exact counts, as a decimal number.
    mean_over_projects: Option<String>,
    spent: Spent,
    /// The counts with the largest errors.
    worst: Vec<Miss<'a>>,
    /// The recordings that were edited after they were made; they are in no score.
    edited: Vec<Edited<'a>>,
    /// The features that keep counts from being exact, with the most frequent first.
    unproved: Vec<Unproved<'a>>,
    /// The unknown models of requests whose responses name a known one.
    unknown_models: Vec<UnknownModel<'a>>,
}

impl<'a> Document<'a> {
    pub(in crate::cli) fn new(report: &'a Report, found: Found, worst: usize) -> Document<'a> {
        let scores = |scores: &'a BTreeMap<String, ReportScore>| {
            scores.iter().map(|(name, score)| (name.as_str(), score.into())).collect()
        };
        let Found { files, recordings, without_bill, unreadable, .. } = found;
        Document {
            files,
            recordings,
            without_bill,
            unreadable,
            total: (&report.total).into(),
            with_reported_model: (&report.with_reported_model).into(),
            endpoints: scores(&report.endpoints),
            models: scores(&report.models),
            features: scores(&report.features),
            projects: scores(&report.projects),
            mean_over_projects: report.mean_over_projects().map(|mean| decimal(mean.exact_share)),
            spent: Spent {
                priced: report.spent.priced,
                total: Dollars(report.spent.total),
                unpriced: report.spent.unpriced,
            },
            worst: report.worst(worst).into_iter().map(Miss::from).collect(),
            edited: report.edited.iter().map(Edited::from).collect(),
            unproved: report.unproved.iter().map(Unproved::from).collect(),
            unknown_models: report.unknown_models.iter().map(UnknownModel::from).collect(),
        }
    }
}

/// The precision of the counts of a group of recordings.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Score {
    cases: u64,
    counted: u64,
    exact: u64,
    /// The counts that are off by more than their bound.
    outside_bound: u64,
    /// The counts that are a range, such as that of an image of unknown size.
    between: u64,
    /// The counts that are a range which does not contain the billed number.
    outside_ends: u64,
    /// The cases whose billed number depends on the answer, such as on the number of parallel calls in it.
    by_answer: u64,
    /// Those of them whose range does not contain the billed number.
    outside_by_answer: u64,
    not_counted: u64,
    /// The percentage of the counted cases that are exact, as a decimal number.
    exact_percent: Option<String>,
    /// The mean error of the counted cases in tokens, as a decimal number.
    mean_error: Option<String>,
}

impl From<&ReportScore> for Score {
    fn from(score: &ReportScore) -> Score {
        Score {
            cases: score.cases,
            counted: score.counted,
            exact: score.exact,
            outside_bound: score.outside_bound,
            between: score.between,
            outside_ends: score.outside_ends,
            by_answer: score.by_answer,
            outside_by_answer: score.outside_by_answer,
            not_counted: score.not_counted,
            exact_percent: score.exact_share().map(decimal),
            mean_error: score.mean_error().map(decimal),
        }
    }
}

/// The cost of the responses by their usage.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Spent {
    /// The number of responses with a price.
    priced: u64,
    total: Dollars,
    /// The number of responses without one.
    unpriced: u64,
}

/// A count that differs from the billed number.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Miss<'a> {
    place: &'a str,
    /// The count minus the billed number of tokens.
    error: i64,
    billed: u64,
}

impl<'a> From<&'a ReportMiss> for Miss<'a> {
    fn from(miss: &'a ReportMiss) -> Miss<'a> {
        Miss { place: &miss.place, error: miss.error, billed: miss.billed }
    }
}

/// A recording that was edited after it was made.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Edited<'a> {
    place: &'a str,
    /// How it was edited, such as `shared_response`.
    edit: &'static str,
    /// The same in words.
    reason: &'static str,
}

impl<'a> From<&'a ReportEdited> for Edited<'a> {
    fn from(edited: &'a ReportEdited) -> Edited<'a> {
        Edited { place: &edited.place, edit: edited.edit.as_str(), reason: edited.edit.reason() }
    }
}

/// A feature of requests that keeps counts from being exact.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Unproved<'a> {
    feature: &'a str,
    api: &'static str,
    /// The family of counting rules, or the encoding.
    family: &'static str,
    cases: u64,
    /// The cases whose count equals the billed number.
    exact: u64,
    /// The evidence in the collection from which the rules come; null if no recording there has the feature.
    evidence: Option<Evidence>,
}

impl<'a> From<&'a ReportUnproved> for Unproved<'a> {
    fn from(one: &'a ReportUnproved) -> Unproved<'a> {
        Unproved {
            feature: &one.name,
            api: one.class.api,
            family: one.class.family,
            cases: one.cases,
            exact: one.exact,
            evidence: one.evidence.map(Evidence::from),
        }
    }
}

/// A model that is in no table, such as the name of a deployment.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct UnknownModel<'a> {
    /// The name in the requests.
    name: &'a str,
    /// The known models that its responses name, the most frequent first.
    reported_models: &'a [String],
    /// The number of responses that name them.
    responses: u64,
}

impl<'a> From<&'a ReportUnknownModel> for UnknownModel<'a> {
    fn from(model: &'a ReportUnknownModel) -> UnknownModel<'a> {
        UnknownModel { name: &model.name, reported_models: &model.reported_models, responses: model.responses }
    }
}

/// Returns hundredths as a decimal number.
fn decimal(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
