//! The notes of the readers of requests, and readers of single fields.

use std::collections::BTreeMap;

use super::{Request, Uncounted, Unproven, Warning};
use crate::error::{Error, Result};
use crate::json::{Path, Value};

/// The parts of a request that are not counted, and the notes for its author.
#[derive(Default)]
pub(super) struct Notes {
    uncounted: Vec<Uncounted>,
    warnings: Vec<Warning>,
    /// Unknown fields by their names: the first path of each, and the number of times that it occurs.
    unknown: BTreeMap<String, (String, usize)>,
    unproven: Vec<Unproven>,
}

impl Notes {
    /// Notes a field that is not read: as not counted if it is known to cost, as unknown otherwise. Null and an empty
    /// array are ignored, but not an empty object: it enables a web search.
    pub(super) fn other_field(&mut self, costly: &[(&str, &str)], value: &Value<'_>, path: &Path<'_>) {
        let Path::Key(_, key) = path else { return };
        match costly.iter().find(|(known, _)| known == key) {
            Some(_) if value.is_null_or_empty() => {}
            Some((_, reason)) => self.uncounted(path, *reason),
            None => {
                self.unknown.entry((*key).to_owned()).or_insert_with(|| (path.to_string(), 0)).1 += 1;
                self.unproven("an unknown field", key.len() + length(value));
            }
        }
    }

    /// Notes a field that is assumed to cost nothing, although few recorded requests have it.
    pub(super) fn unproven(&mut self, feature: &'static str, length: usize) {
        self.unproven.push(Unproven { feature, length });
    }

    pub(super) fn uncounted(&mut self, path: &Path<'_>, reason: impl Into<String>) {
        self.uncounted.push(Uncounted::new(path.to_string(), reason));
    }

    pub(super) fn warning(&mut self, path: &str, message: &str) {
        self.warnings.push(Warning::new(path, message));
    }

    /// Returns a request with the notes.
    pub(super) fn finish(self, request: Request) -> Request {
        let unknown = self.unknown.into_values().map(unknown_field);
        let warnings = unknown.chain(self.warnings).collect();
        Request { uncounted: self.uncounted, warnings, unproven: self.unproven, ..request }
    }
}

/// Returns the length of a value's JSON text in bytes, without quotes and separators.
pub(super) fn length(value: &Value<'_>) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 4,
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(length).sum(),
        Value::Object(fields) => fields.iter().map(|(key, value)| key.len() + length(value)).sum(),
    }
}

fn unknown_field((first, times): (String, usize)) -> Warning {
    let more = match times {
        1 => String::new(),
        times => format!(" (and {} more like it)", times - 1),
    };
    Warning::new(first, format!("unknown field{more}, assumed to cost nothing"))
}

/// Reads a string, or null.
pub(super) fn text(value: Value<'_>, path: &Path<'_>) -> Result<Option<String>> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.into_owned())),
        other => Err(path.expected("a string", &other)),
    }
}

/// Reads a whole number from 1 to `most`, or null.
pub(super) fn whole_number(value: &Value<'_>, most: u64, path: &Path<'_>) -> Result<Option<u64>> {
    match value {
        Value::Null => Ok(None),
        Value::Number(number) => match number.as_u64().filter(|number| (1..=most).contains(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(path.error(format!("expected a whole number from 1 to {most}, found {number}"))),
        },
        other => Err(path.expected(&format!("a whole number from 1 to {most}"), other)),
    }
}

/// Returns the text of the field `type` of an object.
pub(super) fn kind<'v>(value: &'v Value<'_>, path: &Path<'_>) -> Result<Option<&'v str>> {
    match value.get("type") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(kind)) => Ok(Some(kind)),
        Some(other) => Err(path.key("type").expected("a string", other)),
    }
}

/// Returns the error that a field is missing.
pub(super) fn missing(field: &str, path: &Path<'_>) -> Error {
    path.error(format!("the field `{field}` is missing"))
}
