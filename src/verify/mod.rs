//! Verification: counts compared with the usage that the API billed for recorded requests.
//!
//! [`Recordings`] collects them, one [`Recording`] at a time, and [`Recordings::report`] scores them all: some edited
//! recordings show only beside others.

mod answer;
mod edited;
mod recording;
mod report;
mod score;

use std::collections::BTreeMap;

use jiff::civil::Date;

pub(crate) use self::answer::divides_bill;
pub use self::edited::{Edit, Edited};
use self::edited::{OneTile, Signs};
pub use self::recording::Recording;
pub use self::report::{Miss, ProjectMean, Report, Spent, UnknownModel, Unproved};
pub use self::score::Score;
use self::score::Verdict;
use crate::accounting::Feature;
use crate::catalog::Catalog;
use crate::request::Api;
use crate::{Request, TokenCount, Usd};

/// Recordings to compare. Of each, only what the report needs is kept: no request and no response.
///
/// ```
/// use gpt_cost::verify::{Recording, Recordings};
/// use gpt_cost::{Catalog, Date};
///
/// let recording = Recording::from_json(br#"{
///     "request": {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]},
///     "response": {"model": "gpt-4o-2024-08-06", "created": 1760000000, "usage": {"prompt_tokens": 8}}}"#)?;
/// let mut recordings = Recordings::default();
/// recordings.add(&Catalog::builtin(), &recording, "recorded.jsonl:1", Date::constant(2026, 11, 24));
/// assert_eq!(recordings.report().total.exact, 1);
/// # Ok::<(), gpt_cost::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Recordings {
    cases: Vec<Case>,
    /// The unknown models of requests, with the models that their responses name and how often.
    unknown: BTreeMap<String, BTreeMap<String, u64>>,
}

/// What the report needs of a recording.
#[derive(Clone, Debug)]
struct Case {
    place: String,
    endpoint: &'static str,
    model: String,
    features: Vec<String>,
    project: Option<String>,
    billed: u64,
    /// The verdict on the count for the model that the request names.
    verdict: Verdict,
    /// The verdict on the count for the model that the response names.
    with_reported_model: Verdict,
    /// The features that keep the count from being exact.
    unproved: Vec<Feature>,
    /// The cost by the usage; `None` if it has no price.
    cost: Option<Usd>,
    signs: Signs,
}

impl Recordings {
    /// Adds a recording. `place` identifies it in the report; `today` is its day if it has none of its own.
    pub fn add(&mut self, catalog: &Catalog, recording: &Recording, place: &str, today: Date) {
        let request = recording.request.as_ref().ok();
        let own = request.and_then(Request::model);
        let reported = recording.reported_model.as_deref();
        let day = recording.day.unwrap_or(today);
        let named = recording.model();
        let hindsight = reported.or(own);
        let counted = count(catalog, recording, named, day);
        let by_answer = answer::divides_bill(recording);
        let verdict_on = |count: Option<&TokenCount>| Verdict::new(count, recording.usage.input, by_answer);
        let verdict = verdict_on(counted.as_ref());
        let with_reported_model = match hindsight == named {
            true => verdict,
            false => verdict_on(count(catalog, recording, hindsight, day).as_ref()),
        };
        let bill = |name| catalog.model(name).ok()?.bill(&recording.usage, day, recording.tier?).ok();
        self.cases.push(Case {
            place: place.to_owned(),
            endpoint: request.and_then(Request::api).map_or("unknown", Api::as_str),
            model: named.unwrap_or("none").to_owned(),
            features: features(recording, counted.as_ref()),
            project: recording.project.clone(),
            billed: recording.usage.input,
            verdict,
            with_reported_model,
            unproved: counted.iter().flat_map(TokenCount::unproved).cloned().collect(),
            cost: hindsight.and_then(|name| Some(bill(name)?.total)),
            signs: Signs {
                edit: [
                    recording.edit,
                    edited::too_old(catalog, recording),
                    edited::is_of_other_model(catalog, recording),
                ]
                .into_iter()
                .flatten()
                .min(),
                response: recording.response,
                // A count that is only a range does not show which of two requests is another one.
                tokens: counted.as_ref().filter(|_| verdict.is_counted()).map(TokenCount::tokens),
                images: counted.as_ref().and_then(|count| OneTile::new(catalog, recording, count, named?, day)),
            },
        });
        self.note_unknown(catalog, own, reported);
    }

    /// Scores all recordings that were added.
    pub fn report(&self) -> Report {
        let signs: Vec<&Signs> = self.cases.iter().map(|case| &case.signs).collect();
        let mut report = Report { unknown_models: self.unknown_models(), ..Report::default() };
        for (case, edit) in self.cases.iter().zip(edited::settle(&signs)) {
            report.add(case, edit);
        }
        report.sort();
        report
    }

    fn note_unknown(&mut self, catalog: &Catalog, own: Option<&str>, reported: Option<&str>) {
        if let (Some(own), Some(reported)) = (own, reported)
            && catalog.model(own).is_err()
            && catalog.model(reported).is_ok()
        {
            *self.unknown.entry(own.to_owned()).or_default().entry(reported.to_owned()).or_default() += 1;
        }
    }

    fn unknown_models(&self) -> Vec<UnknownModel> {
        let unknown = |(name, reported): (&String, &BTreeMap<String, u64>)| {
            let mut by_frequency: Vec<(&String, &u64)> = reported.iter().collect();
            by_frequency.sort_by_key(|(_, responses)| std::cmp::Reverse(**responses));
            let reported_models = by_frequency.into_iter().map(|(model, _)| model.clone()).collect();
            UnknownModel { name: name.clone(), reported_models, responses: reported.values().sum() }
        };
        self.unknown.iter().map(unknown).collect()
    }
}

fn count(catalog: &Catalog, recording: &Recording, model: Option<&str>, day: Date) -> Option<TokenCount> {
    let request = recording.request.as_ref().ok()?;
    catalog.model(model?).and_then(|model| model.count(request, day)).ok()
}

/// Returns the features of the request: those that its recording lists, else the kinds of its components.
fn features(recording: &Recording, count: Option<&TokenCount>) -> Vec<String> {
    if !recording.features.is_empty() {
        return recording.features.clone();
    }
    let mut features: Vec<String> =
        count.iter().flat_map(|count| count.breakdown()).map(|part| part.kind.as_str().to_owned()).collect();
    features.sort_unstable();
    features.dedup();
    features
}
