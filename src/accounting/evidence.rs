//! The evidence for each rule: how often recorded requests agree with it, and the days on which rules changed.

use jiff::civil::Date;

mod table;

use self::table::TABLE;

/// How often recorded requests that have a feature agree with its rule, without those that were evidently edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Evidence {
    /// The recorded cases that have the feature.
    pub cases: u32,
    /// Those that are billed as counted, or whose error is ascribed to another feature.
    pub agreeing: u32,
    /// The projects that recorded them.
    pub projects: u32,
    /// The error that 99.5% of the cases do not exceed, in tokens.
    pub error: u64,
}

impl Evidence {
    /// Returns evidence from its figures: the cases, those that agree, the projects, and the error of 99.5%.
    pub const fn new(cases: u32, agreeing: u32, projects: u32, error: u64) -> Evidence {
        Evidence { cases, agreeing, projects, error }
    }

    /// Returns whether it proves the rule: at least 99.5% of at least 30 cases of at least 3 projects agree.
    pub fn is_proof(&self) -> bool {
        self.proves(30)
    }

    fn proves(&self, cases: u32) -> bool {
        let agrees = u64::from(self.agreeing) * 1_000 >= u64::from(self.cases) * 995;
        agrees && self.cases >= cases && self.projects >= 3
    }
}

/// Something in a request that decides how certain its count is: a schema keyword in its place, a kind of choice, the
/// detail of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Feature {
    /// Its name, such as `tools: default (null) in a property`.
    pub name: String,
    /// The class of requests: evidence is collected for each class apart.
    pub class: Class,
    /// The evidence for its rule in the class; `None` if no recorded request has it.
    pub evidence: Option<Evidence>,
    /// For a feature of a schema, the evidence in all classes whose models are shown schemas in the same way.
    pub alike: Option<Evidence>,
    /// The tokens that are in question if its rule is wrong. 0 for a rule that is proved, where they are not counted, and
    /// for one that states a range itself.
    pub in_question: u64,
}

/// A class of requests that are counted by the same rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Class {
    /// The endpoint.
    pub api: &'static str,
    /// The family of models, or the encoding.
    pub family: &'static str,
}

impl Class {
    /// All classes whose models are shown schemas as models since gpt-4-turbo are.
    pub const ALIKE: Class = Class { api: "any", family: "since gpt-4-turbo" };

    /// Returns whether the class is one of [`Class::ALIKE`].
    pub fn is_alike(&self) -> bool {
        const FAMILIES: [&str; 5] = ["gpt-4-turbo", "gpt-5", "gpt-5.4", "gpt-audio", "o-series"];
        FAMILIES.contains(&self.family)
    }
}

impl Feature {
    /// Returns whether its rule is proved, so that it leaves a count exact: by the evidence in the class, or by at least 10
    /// cases in the class, all of which agree, and 100 in the classes that are alike.
    pub fn is_proved(&self) -> bool {
        let (own, alike) = (self.evidence, self.alike);
        let agree_all = own.is_some_and(|own| own.cases >= 10 && own.agreeing == own.cases);
        own.is_some_and(|own| own.is_proof()) || agree_all && alike.is_some_and(|alike| alike.proves(100))
    }

    /// Returns the bound of the error that it brings into a count: that of 99.5% of the cases, and no more than what is
    /// in question.
    pub fn bound(&self) -> u64 {
        let in_question = self.in_question.max(1);
        match self.evidence.or(self.alike) {
            _ if self.is_proved() => 0,
            Some(evidence) => evidence.error.clamp(1, in_question),
            None => in_question,
        }
    }
}

/// Returns the bound of the error of a count with these features: the largest bound of those that recordings have, and
/// all that the others put in question.
pub fn bound(features: &[Feature]) -> u64 {
    let is_recorded = |feature: &&Feature| feature.evidence.or(feature.alike).is_some();
    let recorded = features.iter().filter(is_recorded).map(Feature::bound).max().unwrap_or(0);
    let others = features.iter().filter(|feature| !is_recorded(feature)).map(Feature::bound);
    others.fold(recorded, u64::saturating_add)
}

/// The evidence for one feature in a class.
struct Row {
    feature: &'static str,
    evidence: Evidence,
}

const fn row(feature: &'static str, cases: u32, agreeing: u32, projects: u32, error: u64) -> Row {
    Row { feature, evidence: Evidence { cases, agreeing, projects, error } }
}

/// Returns the evidence for all features: the class, the name of the feature, and the figures.
pub(crate) fn evidence() -> impl Iterator<Item = (Class, &'static str, Evidence)> {
    TABLE.iter().flat_map(|(class, rows)| rows.iter().map(|row| (*class, row.feature, row.evidence)))
}

/// Returns a feature with the evidence for it. `in_question` is called only where it decides the bound.
pub(super) fn weigh(class: Class, name: String, in_question: impl FnOnce() -> u64, is_thorough: bool) -> Feature {
    let alike = if class.is_alike() { find(Class::ALIKE, &name) } else { None };
    let feature = Feature { evidence: find(class, &name), name, class, alike, in_question: 0 };
    let is_needed = is_thorough || !feature.is_proved();
    Feature { in_question: if is_needed { in_question() } else { 0 }, ..feature }
}

fn find(class: Class, feature: &str) -> Option<Evidence> {
    let (_, rows) = TABLE[TABLE.binary_search_by_key(&class, |(class, _)| *class).ok()?];
    let row = &rows[rows.binary_search_by_key(&feature, |row| row.feature).ok()?];
    Some(row.evidence)
}

/// Until this day, lists of types were certainly shown as unions that repeat the description: 27 of 27 recorded cases.
/// On 2026-08-02 they were shown on one line: 2 of 2. The day of the change is unknown.
pub(super) const LISTS_REPEATED_UNTIL: Date = Date::constant(2026, 3, 15);
pub(super) const LISTS_JOINED_FROM: Date = Date::constant(2026, 5, 1);

/// Until about these days, requiring a call cost 2 tokens: with o200k_base, and with cl100k_base.
pub(super) const REQUIRED_COST_UNTIL_O200K: Date = Date::constant(2024, 10, 16);
pub(super) const REQUIRED_COST_UNTIL_CL100K: Date = Date::constant(2024, 11, 12);

/// Until about this day, results of parallel calls were shown with escapes for non-ASCII characters: 25 of 26 recorded
/// cases up to 2026-03-03. From 2026-03-12 on they are shown unescaped: 13 of 13.
pub(super) const RESULTS_ESCAPED_UNTIL: Date = Date::constant(2026, 3, 8);

/// Until about this day, requests with images had no separate message for what is put before the others: 16 of 16
/// recorded cases up to 2025-06, from 4 projects; 2 of 2 from 2025-07-18 on have one.
pub(super) const BESIDE_IMAGES_UNTIL: Date = Date::constant(2025, 7, 1);

/// The day of the first recording with the hidden text of the Responses API's first month; the API was announced on the
/// day after.
pub(super) const LAUNCH_FROM: Date = Date::constant(2025, 3, 10);

/// The last recording with that text is of 2025-03-28, and the first without it of 2025-03-31.
pub(super) const LAUNCH_UNTIL: Date = Date::constant(2025, 3, 30);

/// The day from which on recorded requests are billed as later ones are. Shortly before it, some were billed 3 tokens
/// more with tools, and nothing for a schema.
pub(super) const SETTLED_FROM: Date = Date::constant(2025, 4, 16);

/// Between these days, the Responses API divided the billed input by the number of parallel calls in the answer, and
/// billed several messages in some other way: of 42 recorded answers with several calls or messages, none was billed by
/// the request alone. That number is unknown before the answer.
pub(crate) const DIVIDED_FROM: Date = Date::constant(2025, 9, 1);
pub(crate) const DIVIDED_UNTIL: Date = Date::constant(2026, 2, 10);

/// Until about this day, Chat Completions billed images to gpt-5.4 one token more: 9 of 9 recorded cases of 2026-04,
/// and none of 2026-05-29 and later.
pub(super) const ONE_MORE_UNTIL: Date = Date::constant(2026, 5, 1);

#[cfg(test)]
mod tests {
    use super::*;

    /// So classes and features are in the order that the search needs.
    #[test]
    fn all_evidence_is_found() {
        assert!(!TABLE.is_empty());
        for (class, feature, evidence) in evidence() {
            assert_eq!(find(class, feature), Some(evidence), "{class:?} {feature}");
        }
    }
}
