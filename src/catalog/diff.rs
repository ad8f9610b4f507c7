//! The differences between two catalogs.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Model, PriceRow};
use super::terms::{Field, Tier};
use super::tool::{Tool, UnitPrice};
use super::{AliasTarget, Catalog, Resolved};
use crate::money::Per;

/// A difference between two catalogs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The name of the model or alias.
    pub name: String,
    /// The fact or the price, such as `context`, or `batch input from 2026-07-30`; empty for the model as a whole.
    pub what: String,
    /// Its value in the first catalog; `None` if it has none.
    pub old: Option<String>,
    /// Its value in the other catalog.
    pub new: Option<String>,
}

/// A price by its conditions, and a fact by its name.
type Facts = BTreeMap<(u8, String), String>;

impl Catalog {
    /// Returns the differences of `other` from this catalog, model by model. Prices are compared per million tokens,
    /// whatever their unit.
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
            let since = |one: &AliasTarget| one.from().map_or("always".to_owned(), |from| format!("from {from}"));
            let target = |one: &AliasTarget| ((1, since(one)), one.model().to_owned());
            (alias.name.to_string(), alias.targets.iter().map(target).collect())
        });
        let tools = self.tools().into_iter().map(|found| (format!("tool.{}", found.tool.name()), of_tool(found.tool)));
        models.chain(aliases).chain(tools).collect()
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
    // The source of the facts and the day of their check are not differences of the model.
    let is_of_model = |key: &str| !matches!(key, "source" | "checked" | "note");
    let simple = model.facts().filter(|(key, _)| is_of_model(key));
    let facts = facts.chain(simple.map(|(key, fact)| ((0, key.to_owned()), fact.to_string())));
    let prices = model.prices().iter().flat_map(amounts).chain(model.unit_prices().iter().flat_map(unit_amounts));
    facts.chain(prices).collect()
}

fn of_tool(tool: &Tool) -> Facts {
    let also: Vec<&str> = tool.also().collect();
    let also = (!also.is_empty()).then(|| ((0, "also".to_owned()), also.join(", ")));
    also.into_iter().chain(tool.prices().iter().flat_map(unit_amounts)).collect()
}

/// Returns the amount and the other values of a row that is not for tokens, each with the row's conditions.
fn unit_amounts(row: &UnitPrice) -> impl Iterator<Item = ((u8, String), String)> {
    let mut when = row.variant().map(|variant| format!(" for {variant}")).unwrap_or_default();
    let models: Vec<&str> = row.models().collect();
    if !models.is_empty() {
        when.push_str(&format!(" for {}", models.join(", ")));
    }
    if let Some(from) = row.from() {
        when.push_str(&format!(" from {from}"));
    }
    let amount = ((1, format!("price{when}")), row.to_string());
    let tokens = row.input_tokens().map(|tokens| ((1, format!("input_tokens{when}")), crate::money::grouped(tokens)));
    let until = row.until().map(|until| ((1, format!("until{when}")), until.to_string()));
    std::iter::once(amount).chain(tokens).chain(until)
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
    let until = row.until().map(|until| ((1, format!("{tier}until{when}")), until.to_string()));
    let amounts = Field::ALL.iter().filter_map(move |field| {
        let amount = row.rate(*field)?.amount_per(Per::Million);
        Some(((1, format!("{tier}{}{when}", field.as_str())), format!("{amount} / 1M")))
    });
    amounts.chain(until)
}
