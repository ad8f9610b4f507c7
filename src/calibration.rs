//! Calibration: the evidence for the counting rules, computed from recorded requests.
//!
//! The table that the crate compiles comes from here: `cargo run --release --example calibrate -- FOLDER` writes it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::civil::Date;

use crate::accounting::{self, Class, Evidence, Feature};
use crate::catalog::Catalog;
use crate::verify::{self, Recording, Recordings};

/// A recorded request, as the counting rules met it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Observation {
    /// The project that recorded it.
    pub project: String,
    /// Its features, each with the tokens that are in question if its rule is wrong.
    pub features: Vec<Feature>,
    /// The count.
    pub tokens: u64,
    /// The fewest tokens, by what the rules leave open themselves, such as the size of an image.
    pub min: u64,
    /// The most tokens, likewise.
    pub max: u64,
    /// The billed tokens.
    pub billed: u64,
}

impl Observation {
    /// Observes a recording, counted from the request and its day alone; without a day, with the model that the response
    /// names. Returns `None` if it is not counted, or if its bill depends on the answer.
    pub fn new(catalog: &Catalog, recording: &Recording, today: Date) -> Option<Observation> {
        let request = recording.request.as_ref().ok().filter(|_| !verify::divides_bill(recording))?;
        let count = catalog.model(recording.model()?).ok()?.observe(request, recording.day.unwrap_or(today)).ok()?;
        Some(Observation {
            project: recording.project.clone().unwrap_or_default(),
            features: count.features().to_vec(),
            tokens: count.tokens(),
            min: count.min(),
            max: count.max()?,
            billed: recording.usage.input,
        })
    }

    /// Returns by how many tokens the bill is outside of what the rules leave open.
    fn excess(&self) -> u64 {
        self.min.saturating_sub(self.billed).max(self.billed.saturating_sub(self.max))
    }

    /// Returns whether it says something of its features' rules: not if the bill differs from the count, within what the
    /// rules leave open.
    fn is_telling(&self) -> bool {
        self.tokens == self.billed || self.excess() > 0
    }
}

/// Recordings to observe.
#[derive(Clone, Debug, Default)]
pub struct Observations {
    recordings: Recordings,
    observed: Vec<(String, Observation)>,
}

impl Observations {
    /// Adds a recording. `place` identifies it; `today` is its day if it has none of its own.
    pub fn add(&mut self, catalog: &Catalog, recording: &Recording, place: &str, today: Date) {
        self.recordings.add(catalog, recording, place, today);
        self.observed.extend(Observation::new(catalog, recording, today).map(|one| (place.to_owned(), one)));
    }

    /// Returns the places and the observations of the recordings that are counted and were not edited.
    pub fn finish(mut self) -> (Vec<String>, Vec<Observation>) {
        let edited: HashSet<String> = self.recordings.report().edited.into_iter().map(|one| one.place).collect();
        self.observed.retain(|(place, _)| !edited.contains(place));
        self.observed.into_iter().unzip()
    }
}

/// The evidence for each feature, from observations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    rows: BTreeMap<(Class, String), Evidence>,
}

#[derive(Default)]
struct Support<'o> {
    cases: u32,
    /// The cases with an error, whatever its cause.
    misses: u32,
    projects: BTreeSet<&'o str>,
    /// The errors that are ascribed to the feature.
    errors: Vec<u64>,
}

impl Table {
    /// Computes the evidence. An error is ascribed to one feature of its case: of those that can make so much of a
    /// difference, the one that has the largest share of cases with an error, or else the fewest cases.
    pub fn new<'o>(observations: impl Iterator<Item = &'o Observation> + Clone) -> Table {
        let mut supports: BTreeMap<(Class, &str), Support<'_>> = BTreeMap::new();
        let telling = observations.filter(|one| one.is_telling());
        for one in telling.clone() {
            for key in keys(one) {
                let support = supports.entry(key).or_default();
                support.cases += 1;
                support.misses += u32::from(one.excess() > 0);
                support.projects.insert(&one.project);
            }
        }
        for one in telling.filter(|one| one.excess() > 0) {
            let suspicion = |feature: &&Feature| {
                let Support { cases, misses, .. } = &supports[&(feature.class, feature.name.as_str())];
                let can_be = feature.in_question >= one.excess();
                (can_be, misses * 1_000 / cases, Reverse(*cases))
            };
            let Some(cause) = one.features.iter().max_by_key(suspicion) else { continue };
            for key in [Some(cause.class), cause.class.is_alike().then_some(Class::ALIKE)].into_iter().flatten() {
                if let Some(support) = supports.get_mut(&(key, cause.name.as_str())) {
                    support.errors.push(one.excess());
                }
            }
        }
        let rows = supports.into_iter().map(|((class, name), support)| ((class, name.to_owned()), support.evidence()));
        Table { rows: rows.collect() }
    }

    /// Returns the table that the crate is built with.
    pub fn builtin() -> Table {
        let row = |(class, feature, evidence): (Class, &str, Evidence)| ((class, feature.to_owned()), evidence);
        Table { rows: accounting::evidence().map(row).collect() }
    }

    /// Returns the rows in the order of class and name.
    pub fn rows(&self) -> impl Iterator<Item = (Class, &str, Evidence)> {
        self.rows.iter().map(|((class, name), evidence)| (*class, name.as_str(), *evidence))
    }

    /// Returns the bound of an observation's count by this evidence.
    pub fn bound(&self, observation: &Observation) -> u64 {
        let features: Vec<Feature> = observation.features.iter().map(|feature| self.weigh(feature)).collect();
        accounting::bound(&features)
    }

    fn weigh(&self, feature: &Feature) -> Feature {
        let find = |class: Class| self.rows.get(&(class, feature.name.clone())).copied();
        let alike = if feature.class.is_alike() { find(Class::ALIKE) } else { None };
        Feature { evidence: find(feature.class), alike, ..feature.clone() }
    }
}

impl Support<'_> {
    fn evidence(mut self) -> Evidence {
        self.errors.sort_unstable();
        let beyond = self.cases as usize * 5 / 1_000;
        let error = self.errors.iter().rev().nth(beyond).copied().unwrap_or(0);
        Evidence::new(self.cases, self.cases - self.errors.len() as u32, self.projects.len() as u32, error)
    }
}

/// Returns the classes and names under which an observation's features are evidence.
fn keys(observation: &Observation) -> impl Iterator<Item = (Class, &str)> {
    observation.features.iter().flat_map(|feature| {
        let is_schema = feature.name.starts_with("tools:") || feature.name.starts_with("answer:");
        let alike = (is_schema && feature.class.is_alike()).then_some(Class::ALIKE);
        [Some(feature.class), alike].into_iter().flatten().map(|class| (class, feature.name.as_str()))
    })
}

/// How well bounds hold on requests of projects that their evidence does not include.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CrossValidation {
    /// The observations.
    pub cases: usize,
    /// Those whose bill is outside of the count's bounds.
    pub outside: usize,
    /// Those whose count is called exact.
    pub exact: usize,
    /// Those of them that are billed otherwise.
    pub wrong: usize,
    /// The bounds of the others that come from the evidence alone, in ascending order.
    pub bounds: Vec<u64>,
    /// The widths of those of which the rules themselves leave something open, such as the size of an image: from the
    /// fewest to the most tokens, in ascending order.
    pub open: Vec<u64>,
    /// The indices of the observations that are outside.
    pub misses: Vec<usize>,
}

impl CrossValidation {
    /// Tries the bounds on each project's observations, with the evidence of all other projects.
    pub fn new(observations: &[Observation]) -> CrossValidation {
        let mut validation = CrossValidation { cases: observations.len(), ..CrossValidation::default() };
        let projects: BTreeSet<&str> = observations.iter().map(|one| one.project.as_str()).collect();
        for project in projects {
            let table = Table::new(observations.iter().filter(|one| one.project != project));
            for (index, one) in observations.iter().enumerate().filter(|(_, one)| one.project == project) {
                validation.add(index, one, table.bound(one));
            }
        }
        validation.bounds.sort_unstable();
        validation.open.sort_unstable();
        validation.misses.sort_unstable();
        validation
    }

    fn add(&mut self, index: usize, observation: &Observation, bound: u64) {
        let is_outside = observation.excess() > bound;
        match (observation.max - observation.min, bound) {
            (0, 0) => {
                self.exact += 1;
                self.wrong += usize::from(is_outside);
            }
            (0, bound) => self.bounds.push(bound),
            (open, bound) => self.open.push(open + 2 * bound),
        }
        if is_outside {
            self.outside += 1;
            self.misses.push(index);
        }
    }
}

/// Returns the number that this percentage of the sorted numbers do not exceed.
pub fn percentile(sorted: &[u64], percent: usize) -> Option<u64> {
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied()
}
