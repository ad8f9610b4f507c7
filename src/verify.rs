//! Verification: counts compared with the usage that the API billed for recorded requests.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::catalog::Catalog;
use crate::error::{self, Result};
use crate::json::{self, Path, Value};
use crate::request::{self, Api};
use crate::usage::{Response, Usage, day_of};
use crate::{Request, Tier, TokenCount, Usd};

/// A request that was sent, and the usage that the API billed for it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Recording {
    /// The request, or the error of reading it.
    pub request: Result<Request>,
    /// The model that the response names.
    pub reported_model: Option<String>,
    /// The day of the response.
    pub day: Option<Date>,
    /// The billed usage; the count of the request is compared with its input.
    pub usage: Usage,
    /// The service tier at which it was billed.
    pub tier: Tier,
    /// The features that the request uses, as the recording lists them.
    pub features: Vec<String>,
    /// The project that recorded it.
    pub project: Option<String>,
    /// Whether the recording was evidently edited afterwards, so that it is no evidence.
    pub is_suspect: bool,
}

impl Recording {
    /// Reads a recording: an object with `request` and `response`, or one with `request`, `usage` and optionally
    /// `response_model`, `created`, `endpoint`, `images` (their sizes), `tags`, `source_repo` and `suspect`.
    ///
    /// # Errors
    ///
    /// Text that is not JSON, or JSON of another shape.
    pub fn from_json(bytes: &[u8]) -> Result<Recording> {
        let value = json::parse(std::str::from_utf8(bytes).map_err(error::not_utf8)?)?;
        if value.get("request").is_none() {
            return Err(Path::Top.error("the field `request` is missing"));
        }
        let response = match value.get("response") {
            Some(response) => Response::read(response, &Path::Top.key("response"))?,
            None => Response::read(&value, &Path::Top)?,
        };
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let tags = match value.get("tags") {
            Some(Value::Array(tags)) => tags.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let recording = Recording {
            request: Err(Path::Top.error("expected an object")),
            reported_model: text("response_model").or(response.model),
            day: value.get("created").and_then(day_of).or(response.day),
            usage: response.usage,
            tier: response.tier.unwrap_or(Tier::Standard),
            features: tags,
            project: text("source_repo"),
            is_suspect: value
                .get("suspect")
                .is_some_and(|suspect| !matches!(suspect, Value::Null | Value::Bool(false))),
        };
        let Value::Object(fields) = value else { return Ok(recording) };
        Ok(Recording { request: request::recording(fields, &Path::Top), ..recording })
    }
}

/// How counts compare with the billed usage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Score {
    /// The recordings that are not suspect.
    pub cases: u64,
    /// The cases whose count is exact or has an error bound.
    pub counted: u64,
    /// The cases whose count is only a range, such as that of an image of unknown size. They are not among the counted.
    pub between: u64,
    /// The cases whose billed usage is outside that range.
    pub outside_ends: u64,
    /// The counted cases whose count equals the billed usage.
    pub exact: u64,
    /// The counted cases whose billed usage is outside the stated bound.
    pub outside_bound: u64,
    /// The cases of which something is not counted, or whose model is unknown.
    pub not_counted: u64,
    /// The suspect recordings, which no other number includes.
    pub suspect: u64,
    /// The sum of the absolute errors of the counted cases, in tokens.
    pub error: u64,
}

impl Score {
    /// Returns the share of counted cases that are exact, in hundredths of a percent; `None` if no case was counted.
    pub fn exact_share(&self) -> Option<u64> {
        (self.exact * 10_000).checked_div(self.counted)
    }

    /// Returns the mean absolute error of the counted cases, in hundredths of a token; `None` if no case was counted.
    pub fn mean_error(&self) -> Option<u64> {
        self.error.saturating_mul(100).checked_div(self.counted)
    }

    fn add(&mut self, verdict: &Verdict) {
        self.cases += 1;
        match *verdict {
            Verdict::NotCounted => self.not_counted += 1,
            Verdict::Between { is_inside } => {
                self.between += 1;
                self.outside_ends += u64::from(!is_inside);
            }
            Verdict::Counted { error, is_inside } => {
                self.counted += 1;
                self.exact += u64::from(error == 0);
                self.outside_bound += u64::from(!is_inside);
                self.error = self.error.saturating_add(error.unsigned_abs());
            }
        }
    }
}

/// The mean of the projects' shares of exact cases: each project counts once, however many cases it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProjectMean {
    /// The mean, in hundredths of a percent.
    pub exact_share: u64,
    /// The number of projects.
    pub projects: usize,
}

/// The cost of responses, from their `usage` and the prices of their day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spent {
    /// The number of responses that have a price.
    pub priced: u64,
    /// Their total cost.
    pub total: Usd,
    /// The number of responses whose model, tier, day or kind of token has no price.
    pub unpriced: u64,
}

/// A count that differs from the billed usage.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Miss {
    /// The place of the recording, such as `recorded.jsonl:17`.
    pub place: String,
    /// Our count minus the billed input tokens.
    pub error: i64,
    /// The billed input tokens.
    pub billed: u64,
}

/// The scores of many recordings.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// All cases, counted from the request and its day alone: with the model that the request names.
    pub total: Score,
    /// All cases, counted with the model that the response names.
    pub with_reported_model: Score,
    /// By the endpoint.
    pub endpoints: BTreeMap<String, Score>,
    /// By the model that the request names.
    pub models: BTreeMap<String, Score>,
    /// By the features that the request uses.
    pub features: BTreeMap<String, Score>,
    /// By the project that recorded the request.
    pub projects: BTreeMap<String, Score>,
    /// The cost of the responses.
    pub spent: Spent,
    /// The counts that differ from the billed usage.
    pub misses: Vec<Miss>,
}

enum Verdict {
    NotCounted,
    Between { is_inside: bool },
    Counted { error: i64, is_inside: bool },
}

impl Report {
    /// Scores one recording. `place` identifies it among the [`Report::misses`]; `today` is its day if it has none of
    /// its own.
    pub fn add(&mut self, catalog: &Catalog, recording: &Recording, place: &str, today: Date) {
        if recording.is_suspect {
            self.total.suspect += 1;
            self.with_reported_model.suspect += 1;
            return;
        }
        let request = recording.request.as_ref().ok();
        let own = request.and_then(Request::model);
        let reported = recording.reported_model.as_deref();
        let day = recording.day.unwrap_or(today);
        // If the day is unknown, so is the model to which an alias resolves.
        let named = if recording.day.is_some() { own.or(reported) } else { reported.or(own) };
        let hindsight = reported.or(own);
        let counted = count(catalog, recording, named, day);
        let verdict = verdict(counted.as_ref(), recording.usage.input);
        if hindsight == named {
            self.with_reported_model.add(&verdict);
        } else {
            let counted = count(catalog, recording, hindsight, day);
            self.with_reported_model.add(&self::verdict(counted.as_ref(), recording.usage.input));
        }
        self.total.add(&verdict);
        self.spent.add(catalog, recording, hindsight, day);
        let endpoint = request.and_then(Request::api).map_or("unknown", Api::as_str);
        self.endpoints.entry(endpoint.to_owned()).or_default().add(&verdict);
        self.models.entry(named.unwrap_or("none").to_owned()).or_default().add(&verdict);
        for feature in features(recording, counted.as_ref()) {
            self.features.entry(feature).or_default().add(&verdict);
        }
        if let Some(project) = &recording.project {
            self.projects.entry(project.clone()).or_default().add(&verdict);
        }
        if let Verdict::Counted { error, .. } = verdict
            && error != 0
        {
            self.misses.push(Miss { place: place.to_owned(), error, billed: recording.usage.input });
        }
    }

    /// Returns the mean over the projects with at least 5 counted cases; `None` if there is no such project.
    pub fn mean_over_projects(&self) -> Option<ProjectMean> {
        let shares: Vec<u64> =
            self.projects.values().filter(|score| score.counted >= 5).filter_map(Score::exact_share).collect();
        let exact_share = shares.iter().sum::<u64>().checked_div(shares.len() as u64)?;
        Some(ProjectMean { exact_share, projects: shares.len() })
    }

    /// Returns at most `limit` misses, the largest first.
    pub fn worst(&self, limit: usize) -> Vec<&Miss> {
        let mut misses: Vec<&Miss> = self.misses.iter().collect();
        misses.sort_by(|one, other| {
            other.error.unsigned_abs().cmp(&one.error.unsigned_abs()).then_with(|| one.place.cmp(&other.place))
        });
        misses.truncate(limit);
        misses
    }
}

impl Spent {
    fn add(&mut self, catalog: &Catalog, recording: &Recording, model: Option<&str>, day: Date) {
        let bill = |name| catalog.model(name).and_then(|model| model.bill(&recording.usage, day, recording.tier));
        match model.map(bill) {
            Some(Ok(bill)) => {
                self.priced += 1;
                self.total += bill.total;
            }
            _ => self.unpriced += 1,
        }
    }
}

fn count(catalog: &Catalog, recording: &Recording, model: Option<&str>, day: Date) -> Option<TokenCount> {
    let request = recording.request.as_ref().ok()?;
    catalog.model(model?).and_then(|model| model.count(request, day)).ok()
}

fn verdict(count: Option<&TokenCount>, billed: u64) -> Verdict {
    let Some((count, max)) = count.and_then(|count| count.max().map(|max| (count, max))) else {
        return Verdict::NotCounted;
    };
    let is_inside = (count.min()..=max).contains(&billed);
    if count.notes().iter().any(|note| note.lacks_image_size) {
        return Verdict::Between { is_inside };
    }
    let error = i64::try_from(count.tokens()).unwrap_or(i64::MAX).saturating_sub_unsigned(billed);
    Verdict::Counted { error, is_inside }
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
