//! The notes of the readers of requests, and readers of single fields.

use std::collections::BTreeMap;

use super::{Uncounted, Warning};
use crate::error::{Error, Result};
use crate::json::{Path, Value};

/// The parts of a request that are not counted, and the notes for its author.
#[derive(Default)]
pub(super) struct Notes {
    uncounted: Vec<Uncounted>,
    warnings: Vec<Warning>,
    /// Unknown fields by their names: the first path of each, and the number of times that it occurs.
    unknown: BTreeMap<String, (String, usize)>,
}

impl Notes {
    /// Notes a field that is not read: as not counted if it is known to cost, as unknown otherwise. Null and an empty
    /// array are ignored, but not an empty object: it enables a web search.
    pub(super) fn other_field(&mut self, costly: &[(&str, &str)], value: &Value<'_>, path: &Path<'_>) {
        let Path::Key(_, key) = path else { return };
        match costly.iter().find(|(known, _)| known == key) {
            Some(_) if value.is_null_or_empty() => {}
            Some((_, reason)) => self.uncounted(path, *reason),
            None => self.unknown.entry((*key).to_owned()).or_insert_with(|| (path.to_string(), 0)).1 += 1,
        }
    }

    pub(super) fn uncounted(&mut self, path: &Path<'_>, reason: impl Into<String>) {
        self.uncounted.push(Uncounted::new(path.to_string(), reason));
    }

    pub(super) fn warning(&mut self, path: &str, message: &str) {
        self.warnings.push(Warning::new(path, message));
    }

    /// Returns the notes.
    pub(super) fn finish(self) -> (Vec<Uncounted>, Vec<Warning>) {
        let unknown = self.unknown.into_values().map(unknown_field);
        (self.uncounted, unknown.chain(self.warnings).collect())
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
