//! The scores of many recordings, and what is listed beside them.

use std::collections::BTreeMap;

use super::score::Verdict;
use super::{Case, Edit, Edited, Score};
use crate::Usd;
use crate::accounting::{Class, Evidence, Feature};

/// The scores of many recordings. Those that were edited are in none of them.
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
    /// The recordings that were edited after they were made.
    pub edited: Vec<Edited>,
    /// The features that keep counts from being exact, with the most frequent first.
    pub unproved: Vec<Unproved>,
    /// The unknown models of requests whose responses name a known one, sorted by name.
    pub unknown_models: Vec<UnknownModel>,
}

/// A feature of requests that keeps counts from being exact: too few recordings of the crate's collection have it, or too
/// few of these agree with its rule.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unproved {
    /// Its name.
    pub name: String,
    /// The class of requests.
    pub class: Class,
    /// The evidence in the crate's collection; `None` if no recording there has it.
    pub evidence: Option<Evidence>,
    /// The counted cases that have it.
    pub cases: u64,
    /// Those of them whose count equals the billed usage.
    pub exact: u64,
}

/// A model that is in no table, such as the name of a deployment, and the models that its responses name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownModel {
    /// The name in the requests.
    pub name: String,
    /// The known models that the responses name, the most frequent first.
    pub reported_models: Vec<String>,
    /// The number of responses that name them.
    pub responses: u64,
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

impl Report {
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

    /// Returns the number of edited recordings by how they were edited.
    pub fn edits(&self) -> BTreeMap<Edit, u64> {
        let mut edits = BTreeMap::new();
        for edited in &self.edited {
            *edits.entry(edited.edit).or_default() += 1;
        }
        edits
    }

    pub(super) fn add(&mut self, case: &Case, edit: Option<Edit>) {
        // Sorting the keys of a request does not change what its response cost.
        if matches!(edit, None | Some(Edit::SortedKeys)) {
            self.spent.add(case.cost);
        }
        if let Some(edit) = edit {
            return self.edited.push(Edited { place: case.place.clone(), edit });
        }
        let verdict = case.verdict;
        if let Verdict::Counted { error, .. } = verdict {
            case.unproved.iter().for_each(|feature| self.add_unproved(feature, error == 0));
        }
        self.total.add(verdict);
        self.with_reported_model.add(case.with_reported_model);
        self.endpoints.entry(case.endpoint.to_owned()).or_default().add(verdict);
        self.models.entry(case.model.clone()).or_default().add(verdict);
        for feature in &case.features {
            self.features.entry(feature.clone()).or_default().add(verdict);
        }
        if let Some(project) = &case.project {
            self.projects.entry(project.clone()).or_default().add(verdict);
        }
        if let Verdict::Counted { error, .. } = verdict
            && error != 0
        {
            self.misses.push(Miss { place: case.place.clone(), error, billed: case.billed });
        }
    }
}

impl Report {
    fn add_unproved(&mut self, feature: &Feature, is_exact: bool) {
        let known = self.unproved.iter_mut().find(|one| one.name == feature.name && one.class == feature.class);
        match known {
            Some(known) => {
                known.cases += 1;
                known.exact += u64::from(is_exact);
            }
            None => self.unproved.push(Unproved {
                name: feature.name.clone(),
                class: feature.class,
                evidence: feature.evidence,
                cases: 1,
                exact: u64::from(is_exact),
            }),
        }
    }

    pub(super) fn sort(&mut self) {
        self.unproved.sort_by(|one, other| {
            other.cases.cmp(&one.cases).then_with(|| (one.class, &one.name).cmp(&(other.class, &other.name)))
        });
    }
}

impl Spent {
    fn add(&mut self, cost: Option<Usd>) {
        match cost {
            Some(cost) => {
                self.priced += 1;
                self.total += cost;
            }
            None => self.unpriced += 1,
        }
    }
}
