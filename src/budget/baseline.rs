//! Baselines: the usage and the cost of requests at one time, and what changed since: prompts, configuration or prices.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Spend;
use super::pairing::pairs;
use crate::catalog::{Catalog, Tier};
use crate::error::{self, Error, Problem, Result};
use crate::estimate::Estimate;
use crate::money::Usd;
use crate::names::names;
use crate::source::{Place, Within};
use crate::usage::Usage;

/// The version of the file's format.
const SCHEMA: u32 = 1;

/// What the file says it is.
const KIND: &str = "baseline";

/// The usage and the cost of requests at one time, by their places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Baseline {
    /// The day of the prices.
    pub as_of: Option<Date>,
    /// A hash of the price tables.
    pub pricing: String,
    /// The usage and the cost of each request.
    pub requests: BTreeMap<Place, Entry>,
}

/// The usage and the cost of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The `custom_id` of a line of a Batch file.
    pub custom_id: Option<String>,
    /// The model's name, as the request or the configuration writes it.
    pub model: String,
    /// The tokens: the counted input, and the expected output, or else the maximum output.
    pub usage: Usage,
    /// The service tier.
    pub tier: Tier,
    /// The cost of that usage.
    pub cost: Usd,
    /// The cost of its input.
    pub input_cost: Usd,
    /// Whether the output is the expected one, and not the maximum.
    pub expects_output: bool,
    /// Whether it can cost more: something was not counted, or the maximum output is unknown.
    pub at_least: bool,
    /// A hash of the request, which identifies it in another file or on another line.
    pub content: String,
}

impl Default for Entry {
    fn default() -> Entry {
        Entry {
            custom_id: None,
            model: String::new(),
            usage: Usage::default(),
            tier: Tier::Standard,
            cost: Usd::ZERO,
            input_cost: Usd::ZERO,
            expects_output: false,
            at_least: false,
            content: String::new(),
        }
    }
}

impl Entry {
    /// Returns the request as a baseline writes it.
    pub fn record(&self, place: &Place) -> Record {
        Record::new(place, self)
    }

    /// Returns the entry of an estimated request; `content` is a hash of the request.
    pub fn from_estimate(estimate: &Estimate<'_>, custom_id: Option<&str>, content: String) -> Entry {
        let usage = estimate.usage();
        Entry {
            custom_id: custom_id.map(str::to_owned),
            model: estimate.name().to_owned(),
            usage,
            tier: estimate.tier(),
            cost: estimate.price().cost(&usage).unwrap_or(estimate.cost().total.min),
            input_cost: estimate.price().cost(&usage.without_output()).unwrap_or(estimate.cost().input.min),
            expects_output: estimate.output().expected.is_some(),
            at_least: estimate.cost().most().is_none(),
            content,
        }
    }

    /// Returns the entry with the model, the tier and the expected output of another entry.
    fn configured_as(&self, other: &Entry) -> Entry {
        let expects = self.expects_output || other.expects_output;
        let output = if expects { other.usage } else { self.usage };
        let usage = Usage { output: output.output, audio_output: output.audio_output, ..self.usage };
        Entry { model: other.model.clone(), tier: other.tier, usage, ..self.clone() }
    }

    /// Returns the cost and the number of input tokens.
    pub fn spend(&self) -> Spend {
        Spend { cost: self.cost, input_tokens: self.usage.input }
    }

    /// Returns the same entry at the prices of a catalogue on a day; `None` if it has no price there.
    pub fn repriced(&self, catalog: &Catalog, day: Date) -> Option<Entry> {
        let model = catalog.model(&self.model).ok()?.resolve(day).ok()?.model;
        let row = model.price(day, self.tier, self.usage.input)?;
        let (cost, input_cost) = (row.cost(&self.usage)?, row.cost(&self.usage.without_output())?);
        Some(Entry { cost, input_cost, ..self.clone() })
    }
}

names! {
    /// The kind of a request's change.
    pub enum Changed {
        /// The request is new.
        Added = "added",
        /// The request was removed.
        Removed = "removed",
        /// The request is in another file, perhaps with another text.
        Renamed = "renamed",
        /// The request is in both versions.
        Kept = "changed",
    }
}

/// The usage and the cost of one request in two versions. The change of its cost is the sum of the changes by prices,
/// by its configuration and by its prompt: `old + price + config + prompt = new`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The new place.
    pub place: Place,
    /// The old place, if it was different.
    pub old_place: Option<Place>,
    /// The kind of the change.
    pub changed: Changed,
    /// The old usage and cost.
    pub old: Option<Entry>,
    /// The new usage and cost.
    pub new: Option<Entry>,
    /// The change of the cost by the prompt, at the new prices and with the new configuration. The whole cost of a new
    /// request.
    pub prompt: Usd,
    /// The change of the cost by the model, the tier or the expected output, for the old prompt at the new prices.
    pub config: Usd,
    /// The change of the cost by prices, for the old prompt.
    pub price: Usd,
}

impl Change {
    /// Returns whether the request is new or removed, or its model, its tier, its usage or its cost differs. A move to
    /// another file alone is no change.
    pub fn is_any(&self) -> bool {
        let facts = |entry: &Entry| (entry.model.clone(), entry.usage, entry.tier, entry.cost);
        self.old.as_ref().map(facts) != self.new.as_ref().map(facts)
    }

    fn new(
        place: &Place,
        new: &Entry,
        old: Option<(&Place, &Entry)>,
        between: Option<&Entry>,
        catalog: &Catalog,
        day: Date,
    ) -> Change {
        let changed = match old {
            None => Changed::Added,
            Some((old, _)) if old.file != place.file => Changed::Renamed,
            Some(_) => Changed::Kept,
        };
        let before = old.map_or(Usd::ZERO, |(_, old)| old.cost);
        // If it has no price now, no part of the change is by prices.
        let repriced = old.and_then(|(_, old)| old.repriced(catalog, day)).map_or(before, |old| old.cost);
        let configured = match (between, old) {
            (Some(between), _) => between.cost,
            (None, Some((_, old))) => old.configured_as(new).repriced(catalog, day).map_or(repriced, |old| old.cost),
            (None, None) => repriced,
        };
        Change {
            place: place.clone(),
            old_place: old.map(|(old, _)| old.clone()).filter(|old| old != place),
            changed,
            old: old.map(|(_, old)| old.clone()),
            new: Some(new.clone()),
            prompt: new.cost - configured,
            config: configured - repriced,
            price: repriced - before,
        }
    }

    fn removed(place: &Place, old: &Entry) -> Change {
        Change {
            place: place.clone(),
            old_place: None,
            changed: Changed::Removed,
            old: Some(old.clone()),
            new: None,
            prompt: -old.cost,
            config: Usd::ZERO,
            price: Usd::ZERO,
        }
    }
}

impl Baseline {
    /// Returns the entry in this baseline of each request of `now` that was in it. Requests are identified in a file of
    /// several by their `custom_id`, their content or their neighbours; in a renamed file by their content.
    pub fn before<'b>(&'b self, now: &'b Baseline) -> BTreeMap<&'b Place, &'b Entry> {
        pairs(&self.requests, &now.requests).into_iter().map(|(new, old)| (new, &self.requests[old])).collect()
    }

    /// Returns the requests of this baseline that are not in `now`.
    pub fn gone<'b>(&'b self, now: &Baseline) -> Vec<&'b Place> {
        self.unpaired(&pairs(&self.requests, &now.requests)).collect()
    }

    /// Returns the requests of this baseline that are paired with no other request.
    fn unpaired<'b>(&'b self, pairs: &BTreeMap<&Place, &Place>) -> impl Iterator<Item = &'b Place> + use<'b> {
        let kept: BTreeSet<Place> = pairs.values().map(|place| (*place).clone()).collect();
        self.requests.keys().filter(move |place| !kept.contains(place))
    }

    /// Returns the changes from this baseline to a new one, in the order of the places. `catalog` and `day` give the
    /// new prices of old requests. `between` has the old requests as the new configuration counts them, at the new
    /// prices; a request that is not in it is assumed to keep its number of input tokens.
    pub fn changes(&self, new: &Baseline, between: &Baseline, catalog: &Catalog, day: Date) -> Vec<Change> {
        let pairs = pairs(&self.requests, &new.requests);
        let change = |(place, entry): (&Place, &Entry)| {
            let old = pairs.get(place).map(|old| (*old, &self.requests[*old]));
            let between = old.and_then(|(place, _)| between.requests.get(place));
            Change::new(place, entry, old, between, catalog, day)
        };
        let mut changes: Vec<Change> = new.requests.iter().map(change).collect();
        changes.extend(self.unpaired(&pairs).map(|place| Change::removed(place, &self.requests[place])));
        changes.sort_by(|one, other| one.place.cmp(&other.place));
        changes
    }

    /// Returns the baseline as JSON with a line for each request, sorted by name, so that changes of different files
    /// merge in git.
    pub fn to_json(&self) -> String {
        let text = |value: &str| serde_json::Value::from(value).to_string();
        let mut out = format!("{{\n  \"schema\": {SCHEMA},\n  \"kind\": \"{KIND}\",\n");
        let as_of = self.as_of.map(|day| day.to_string()).unwrap_or_default();
        out.push_str(&format!(
            "  \"as_of\": {},\n  \"pricing\": {},\n  \"requests\": {{",
            text(&as_of),
            text(&self.pricing)
        ));
        for (index, (place, entry)) in self.requests.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            // Strings, numbers and booleans always have a JSON text.
            let line = serde_json::to_string(&entry.record(place)).unwrap_or_default();
            out.push_str(&format!("{comma}\n    {}: {line}", text(&place.to_string())));
        }
        out.push_str("\n  }\n}\n");
        out
    }

    /// Reads a baseline that [`Baseline::to_json`] wrote.
    ///
    /// # Errors
    ///
    /// Text that is not a baseline, with the line.
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
        if file.kind != KIND {
            return Err(wrong(format!("expected \"{KIND}\""), "kind".into()));
        }
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
            let place = line.place(&name);
            let entry = line.entry().map_err(|(key, message)| wrong(message, format!("requests[\"{name}\"].{key}")))?;
            requests.insert(place, entry);
        }
        Ok(Baseline { as_of, pricing: file.pricing, requests })
    }
}

/// Returns the schema of the file.
#[cfg(all(test, feature = "cli"))]
pub(crate) fn schema() -> schemars::Schema {
    let generator = schemars::generate::SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<File>();
    schema.insert("title".to_owned(), "gpt-cost baseline".into());
    schema
}

/// The requests of a project, and what each uses and costs on a day. Written by `gpt-cost baseline write`.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct File {
    /// The version of the format.
    #[cfg_attr(test, schemars(extend("const" = SCHEMA)))]
    schema: u32,
    #[cfg_attr(test, schemars(extend("const" = KIND)))]
    kind: String,
    /// The day of the prices and aliases.
    as_of: String,
    /// The hash of all price tables together.
    pricing: String,
    /// Each request by its name: the file, followed by `:LINE`, `#/INDEX` or `#/POINTER` if it has several requests, and by
    /// `#VALUES` if it is a template with values.
    requests: BTreeMap<String, Record>,
}

/// A request as a baseline writes it: what it uses and costs, without its name.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Record {
    /// The request's line or index, in a file with several requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
    /// The request's JSON pointer, in a file with prompts under names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    /// The file, and the row in it, of the values of a template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    values: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    custom_id: Option<String>,
    model: String,
    input_tokens: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    cached_tokens: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    audio_input_tokens: u64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    tier: String,
    output_tokens: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    audio_output_tokens: u64,
    cost: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input_cost: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    expects_output: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    at_least: bool,
    content: String,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Record {
    /// Returns the entry, or the key with an invalid value and the message.
    fn entry(self) -> std::result::Result<Entry, (&'static str, String)> {
        let dollars = |key: &'static str, text: &str| {
            let wrong = |_| (key, "expected a decimal number, such as \"0.05\"".to_owned());
            Decimal::from_str_exact(text).map_err(wrong)
        };
        let cost = dollars("cost", &self.cost)?;
        let tier = match self.tier.as_str() {
            "" => Tier::Standard,
            word => word.parse().map_err(|_| ("tier", "unknown service tier".to_owned()))?,
        };
        let usage = Usage {
            input: self.input_tokens,
            cached: self.cached_tokens,
            audio_input: self.audio_input_tokens,
            output: self.output_tokens,
            audio_output: self.audio_output_tokens,
            ..Usage::default()
        };
        if let Some(message) = usage.contradiction() {
            return Err(("input_tokens", message));
        }
        let input_cost = match &self.input_cost {
            Some(cost) => dollars("input_cost", cost)?,
            None => cost,
        };
        let Record { custom_id, model, expects_output, at_least, content, .. } = self;
        let (cost, input_cost) = (cost.into(), input_cost.into());
        Ok(Entry { custom_id, model, usage, tier, cost, input_cost, expects_output, at_least, content })
    }

    /// Returns the place with this name.
    fn place(&self, name: &str) -> Place {
        let within = match (self.line, self.index, &self.pointer) {
            (Some(line), ..) => Within::Line(line),
            (_, Some(index), _) => Within::Element(index),
            (_, _, Some(pointer)) => Within::Pointer(pointer.clone()),
            _ => Within::Whole,
        };
        let place = Place { within, values: self.values.clone(), ..Place::default() };
        let file = name.strip_suffix(&place.to_string()).unwrap_or(name).to_owned();
        Place { file, ..place }
    }

    fn new(place: &Place, entry: &Entry) -> Record {
        let (mut line, mut index, mut pointer) = (None, None, None);
        match &place.within {
            Within::Whole => {}
            Within::Line(at) => line = Some(*at),
            Within::Element(at) => index = Some(*at),
            Within::Pointer(at) => pointer = Some(at.clone()),
        }
        Record {
            line,
            index,
            pointer,
            values: place.values.clone(),
            custom_id: entry.custom_id.clone(),
            model: entry.model.clone(),
            input_tokens: entry.usage.input,
            cached_tokens: entry.usage.cached,
            audio_input_tokens: entry.usage.audio_input,
            tier: if entry.tier == Tier::Standard { String::new() } else { entry.tier.as_str().to_owned() },
            output_tokens: entry.usage.output,
            audio_output_tokens: entry.usage.audio_output,
            cost: entry.cost.amount().to_string(),
            input_cost: Some(entry.input_cost.amount().to_string()),
            expects_output: entry.expects_output,
            at_least: entry.at_least,
            content: entry.content.clone(),
        }
    }
}
