//! What requests took at one time, and what changed since: the prompts, or the prices.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, Tier};
use crate::error::{self, Error, Problem, Result};
use crate::estimate::Estimate;
use crate::money::Usd;
use crate::usage::Usage;

/// The version of the file's format.
const SCHEMA: u32 = 1;

/// What requests took at one time, by the name of the file that each is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Baseline {
    /// The day whose prices held.
    pub as_of: Option<Date>,
    /// A hash of the price tables.
    pub pricing: String,
    /// What each request took.
    pub requests: BTreeMap<String, Entry>,
}

/// What one request took.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The model, as it was asked for.
    pub model: String,
    /// The tokens: of the input, those that were counted; of the output, those that are expected, else the most that there can be.
    pub usage: Usage,
    /// The service tier.
    pub tier: Tier,
    /// What that usage costs.
    pub cost: Usd,
    /// Whether it can cost more: something was not counted, or the most output is unknown.
    pub at_least: bool,
    /// A hash of the request, by which a renamed file is known.
    pub content: String,
}

impl Entry {
    /// Returns what an estimate says that a request takes; `content` is a hash of it.
    pub fn of(estimate: &Estimate<'_>, content: String) -> Entry {
        let usage = estimate.usage();
        Entry {
            model: estimate.name().to_owned(),
            usage,
            tier: estimate.tier(),
            cost: estimate.price().cost(&usage).unwrap_or(estimate.cost().total.min),
            at_least: estimate.cost().most().is_none(),
            content,
        }
    }

    /// Returns what the same tokens cost by another table, or on another day; `None` where it has no price.
    fn cost_by(&self, catalog: &Catalog, day: Date) -> Option<Usd> {
        let (_, model) = catalog.model(&self.model).ok()?.on(day).ok()?;
        model.price(day, self.tier, self.usage.input)?.cost(&self.usage)
    }
}

/// How what a request takes changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Changed {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has another name, and perhaps another text.
    Renamed,
    /// It is there on both sides.
    Kept,
}

impl Changed {
    /// Returns the word that reports have for it.
    pub fn word(self) -> &'static str {
        match self {
            Changed::Added => "added",
            Changed::Removed => "removed",
            Changed::Renamed => "renamed",
            Changed::Kept => "kept",
        }
    }
}

/// What one request takes on both sides. The change of its cost is that of its prompt and that of prices: `old + prompt + price = new`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The file's name, as it is now.
    pub name: String,
    /// The name that it had, where that was another.
    pub old_name: Option<String>,
    /// How it changed.
    pub changed: Changed,
    /// What it took.
    pub old: Option<Entry>,
    /// What it takes.
    pub new: Option<Entry>,
    /// What the change of the prompt costs, at today's prices. A new request is all prompt.
    pub prompt: Usd,
    /// What the change of prices costs, for the prompt as it was.
    pub price: Usd,
}

impl Change {
    /// Returns whether tokens or cost differ.
    pub fn is_any(&self) -> bool {
        let takes = |entry: &Entry| (entry.usage, entry.cost);
        self.changed != Changed::Kept || self.old.as_ref().map(takes) != self.new.as_ref().map(takes)
    }
}

impl Baseline {
    /// Returns what changed from this baseline to another one, by file. What requests of the past would cost now is told by `catalog` on `day`.
    pub fn changes(&self, new: &Baseline, catalog: &Catalog, day: Date) -> Vec<Change> {
        let mut gone: BTreeMap<&str, &Entry> = self
            .requests
            .iter()
            .filter(|(name, _)| !new.requests.contains_key(*name))
            .map(|(name, entry)| (name.as_str(), entry))
            .collect();
        let mut changes = Vec::new();
        for (name, entry) in &new.requests {
            let (old_name, old) = match self.requests.get(name) {
                Some(old) => (None, Some(old.clone())),
                None => {
                    let same = gone.iter().find(|(_, old)| old.content == entry.content && !entry.content.is_empty());
                    let same = same.map(|(name, old)| ((*name).to_owned(), (*old).clone()));
                    if let Some((name, _)) = &same {
                        gone.remove(name.as_str());
                    }
                    same.map_or((None, None), |(name, old)| (Some(name), Some(old)))
                }
            };
            let changed = match (&old_name, &old) {
                (Some(_), _) => Changed::Renamed,
                (None, None) => Changed::Added,
                (None, Some(_)) => Changed::Kept,
            };
            let before = old.as_ref().map_or(Usd::ZERO, |old| old.cost);
            // Without a price for it now, all of the change is the prompt's.
            let repriced = old.as_ref().and_then(|old| old.cost_by(catalog, day));
            let repriced = repriced.unwrap_or(before);
            changes.push(Change {
                name: name.clone(),
                old_name,
                changed,
                old,
                new: Some(entry.clone()),
                prompt: less(entry.cost, repriced),
                price: less(repriced, before),
            });
        }
        changes.extend(gone.into_iter().map(|(name, old)| Change {
            name: name.to_owned(),
            old_name: None,
            changed: Changed::Removed,
            old: Some(old.clone()),
            new: None,
            prompt: less(Usd::ZERO, old.cost),
            price: Usd::ZERO,
        }));
        changes.sort_by(|one, other| one.name.cmp(&other.name));
        changes
    }

    /// Writes the baseline: a line for each request, sorted by name, so that changes of different files merge in git.
    pub fn to_json(&self) -> String {
        let text = |value: &str| serde_json::Value::from(value).to_string();
        let mut out = format!("{{\n  \"schema\": {SCHEMA},\n");
        let as_of = self.as_of.map(|day| day.to_string()).unwrap_or_default();
        out.push_str(&format!(
            "  \"as_of\": {},\n  \"pricing\": {},\n  \"requests\": {{",
            text(&as_of),
            text(&self.pricing)
        ));
        for (index, (name, entry)) in self.requests.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let line = serde_json::to_string(&Line::of(entry)).unwrap_or_default();
            out.push_str(&format!("{comma}\n    {}: {line}", text(name)));
        }
        out.push_str("\n  }\n}\n");
        out
    }

    /// Reads what [`Baseline::to_json`] wrote.
    ///
    /// # Errors
    ///
    /// Text that is none, with the line.
    pub fn from_json(text: &str) -> Result<Baseline> {
        let file: File = serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line().max(1), error.column().max(1));
            let message = error.to_string();
            let message = message.strip_suffix(&format!(" at line {} column {}", error.line(), error.column()));
            let problem = Problem::new(format!("not a baseline: {}", message.unwrap_or("not valid JSON")));
            Error::new(error::Kind::Baseline, problem.at_line(line, column)).caused_by(error)
        })?;
        let wrong =
            |message: String, path: String| Error::new(error::Kind::Baseline, Problem::new(message).at_path(path));
        if file.schema != SCHEMA {
            return Err(wrong(
                format!("this version of gpt-cost reads baselines with schema {SCHEMA}"),
                "schema".into(),
            ));
        }
        let as_of = match file.as_of.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|_| wrong("expected a day such as 2026-11-24".into(), "as_of".into()))?),
        };
        let mut requests = BTreeMap::new();
        for (name, line) in file.requests {
            let entry = line.entry().map_err(|(key, message)| wrong(message, format!("requests[\"{name}\"].{key}")))?;
            requests.insert(name, entry);
        }
        Ok(Baseline { as_of, pricing: file.pricing, requests })
    }
}

/// Returns a difference; it may be negative.
fn less(one: Usd, other: Usd) -> Usd {
    (one.amount() - other.amount()).into()
}

#[derive(Deserialize)]
struct File {
    schema: u32,
    as_of: String,
    pricing: String,
    requests: BTreeMap<String, Line>,
}

#[derive(Deserialize, Serialize)]
struct Line {
    model: String,
    input_tokens: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    cached_tokens: u64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    tier: String,
    output_tokens: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    audio_output_tokens: u64,
    cost: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    at_least: bool,
    content: String,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Line {
    /// Returns the entry, or the key whose value is wrong and what is wrong with it.
    fn entry(self) -> std::result::Result<Entry, (&'static str, String)> {
        let cost = Decimal::from_str_exact(&self.cost);
        let cost = cost.map_err(|_| ("cost", "expected a decimal number, such as \"0.05\"".to_owned()))?;
        let tier = match self.tier.as_str() {
            "" => Tier::Standard,
            word => Tier::from_word(word).ok_or_else(|| ("tier", "unknown service tier".to_owned()))?,
        };
        let usage = Usage {
            input: self.input_tokens,
            cached: self.cached_tokens,
            output: self.output_tokens,
            audio_output: self.audio_output_tokens,
            ..Usage::default()
        };
        if let Some(message) = usage.contradiction() {
            return Err(("input_tokens", message));
        }
        let Line { model, at_least, content, .. } = self;
        Ok(Entry { model, usage, tier, cost: cost.into(), at_least, content })
    }

    fn of(entry: &Entry) -> Line {
        Line {
            model: entry.model.clone(),
            input_tokens: entry.usage.input,
            cached_tokens: entry.usage.cached,
            tier: if entry.tier == Tier::Standard { String::new() } else { entry.tier.word().to_owned() },
            output_tokens: entry.usage.output,
            audio_output_tokens: entry.usage.audio_output,
            cost: entry.cost.amount().to_string(),
            at_least: entry.at_least,
            content: entry.content.clone(),
        }
    }
}
