//! What differs between two catalogues.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{Field, Tier};
use super::model::{Model, PriceRow};
use super::{AliasTarget, Catalog, Resolved};
use crate::money::Per;

/// One thing in which two catalogues differ.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The model, or the alias.
    pub name: String,
    /// What of it, such as `context`, or `batch input from 2026-07-30`; empty for the model as a whole.
    pub what: String,
    /// What the one catalogue has; `None` where it has nothing.
    pub old: Option<String>,
    /// What the other has.
    pub new: Option<String>,
}

/// A price by its conditions, and a fact by its name.
type Facts = BTreeMap<(u8, String), String>;

impl Catalog {
    /// Returns in what `other` differs from this catalogue, model by model. Prices are compared for a million tokens, however they are
    /// written.
    ///
    /// ```
    /// use gpt_cost::Catalog;
    ///
    /// assert!(Catalog::builtin().differences(&Catalog::builtin()).is_empty());
    /// ```
    pub fn differences(&self, other: &Catalog) -> Vec<Difference> {
        let [old, new] = [self, other].map(Catalog::facts);
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        names.into_iter().flat_map(|name| compare(name, old.get(name), new.get(name))).collect()
    }

    fn facts(&self) -> BTreeMap<String, Facts> {
        let models = self.models().into_iter().map(|Resolved { model, .. }| (model.name().to_owned(), facts(model)));
        let aliases = self.aliases().into_iter().map(|alias| {
            let target = |one: &AliasTarget| ((1, format!("from {}", one.from())), one.model().to_owned());
            (alias.name.to_string(), alias.targets.iter().map(target).collect())
        });
        models.chain(aliases).collect()
    }
}

fn compare(name: &str, old: Option<&Facts>, new: Option<&Facts>) -> Vec<Difference> {
    let difference = |what: &str, old: Option<&str>, new: Option<&str>| Difference {
        name: name.to_owned(),
        what: what.to_owned(),
        old: old.map(str::to_owned),
        new: new.map(str::to_owned),
    };
    let (Some(old), Some(new)) = (old, new) else {
        return vec![difference("", old.map(|_| "there"), new.map(|_| "there"))];
    };
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let differs = keys.into_iter().filter(|key| old.get(*key) != new.get(*key));
    differs.map(|key| difference(&key.1, old.get(key).map(String::as_str), new.get(key).map(String::as_str))).collect()
}

fn facts(model: &Model) -> Facts {
    let counting: Vec<String> = model
        .counting
        .iter()
        .map(|one| match one.from {
            Some(from) => format!("{} from {from}", one.family),
            None => one.family.to_string(),
        })
        .collect();
    let also: Vec<&str> = model.also().collect();
    let facts = [
        ("kind", Some(model.kind().to_string())),
        ("encoding", model.encoding().map(|encoding| encoding.as_str().to_owned())),
        ("counting", Some(counting.join(", ")).filter(|text| !text.is_empty())),
        ("image", model.image().map(super::write::image)),
        ("also", Some(also.join(", ")).filter(|text| !text.is_empty())),
    ];
    let facts = facts.into_iter().filter_map(|(name, value)| Some(((0, name.to_owned()), value?)));
    // Where the facts are from, and when they were checked, is no difference of the model.
    let is_about_it = |key: &str| !matches!(key, "source" | "checked" | "note");
    let simple = model.facts().filter(|(key, _)| is_about_it(key));
    let facts = facts.chain(simple.map(|(key, fact)| ((0, key.to_owned()), fact.to_string())));
    facts.chain(model.prices().iter().flat_map(amounts)).collect()
}

fn amounts(row: &PriceRow) -> impl Iterator<Item = ((u8, String), String)> {
    let mut when = String::new();
    if row.above() > 0 {
        when.push_str(&format!(" above {}", crate::money::grouped(row.above())));
    }
    if let Some(from) = row.from() {
        when.push_str(&format!(" from {from}"));
    }
    let tier = if row.tier() == Tier::Standard { String::new() } else { format!("{} ", row.tier().as_str()) };
    Field::ALL.iter().filter_map(move |field| {
        let amount = row.rate(*field)?.amount_per(Per::Million);
        Some(((1, format!("{tier}{}{when}", field.as_str())), format!("{amount} / 1M")))
    })
}
