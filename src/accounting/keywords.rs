//! The keywords of tools' schemas: which of them recorded requests have, and what those that few or none have put in
//! question.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::family::Generation;
use super::json_text::{SPACED_UNICODE, text_of};
use crate::json::Value;
use crate::request::Tool;

/// The keywords of a generation that recorded requests have.
struct Recorded {
    /// In at least 30 exact cases of at least 3 projects.
    well: &'static [&'static str],
    /// In fewer.
    rarely: &'static [&'static str],
}

/// Counted on the recordings of the models since late 2023, which are shown schemas by the same renderer;
/// `tests/truth.rs` compares the two. The rarest of the first is `default` (104 cases of 10 projects), the most frequent of the second
/// `strict` (238 cases of 2 projects). `definitions` is the older name of `$defs`.
const SINCE_2023: Recorded = Recorded {
    well: &[
        "$defs",
        "$ref",
        "$schema",
        "additionalProperties",
        "anyOf",
        "default",
        "definitions",
        "description",
        "enum",
        "items",
        "properties",
        "required",
        "title",
        "type",
    ],
    rarely: &["allOf", "examples", "format", "gte", "lte", "maximum", "minimum", "strict"],
};

const OF_2023: Recorded = Recorded {
    well: &["description", "properties", "required", "title", "type"],
    rarely: &["$defs", "$ref", "additionalProperties", "anyOf", "default", "definitions", "enum", "items"],
};

/// Returns by how many tokens the count of the tools can be off because of their keywords: one for each keyword that is
/// recorded, but rarely, and all tokens of those that no recording has.
pub(super) fn bound(tools: &[Tool], generation: Generation, count: impl Fn(&str) -> u64) -> u64 {
    let recorded = if generation == Generation::Of2023 { &OF_2023 } else { &SINCE_2023 };
    let mut rare = BTreeSet::new();
    let mut tokens = 0u64;
    for parameters in tools.iter().filter_map(|tool| tool.parameters.as_ref()) {
        each(parameters, &mut |key, value| {
            if recorded.rarely.contains(&key) {
                rare.insert(key.to_owned());
            } else if !recorded.well.contains(&key) {
                tokens = tokens.saturating_add(count(&format!("\"{key}\": {}", text_of(value, SPACED_UNICODE))));
            }
        });
    }
    tokens.saturating_add(rare.len() as u64)
}

/// Calls `found` with each keyword of a schema and of the schemas in it.
fn each(schema: &Value<'static>, found: &mut impl FnMut(&str, &Value<'static>)) {
    let Value::Object(fields) = schema else { return };
    for (key, value) in fields {
        found(key, value);
        match (key.as_ref(), value) {
            ("properties" | "$defs" | "definitions", Value::Object(schemas)) => {
                schemas.iter().for_each(|(_, schema): &(Cow<'_, str>, _)| each(schema, found));
            }
            ("anyOf" | "allOf", Value::Array(schemas)) => schemas.iter().for_each(|schema| each(schema, found)),
            ("items" | "additionalProperties", schema) => each(schema, found),
            _ => {}
        }
    }
}
