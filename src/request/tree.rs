//! Converts a `serde_json::Value` of the caller to the tree that the readers read.

use std::borrow::Cow;

use crate::error::{self, Error, Problem, Result};
use crate::json::Value;

/// The most levels of arrays and objects, as in the parser of JSON texts.
const MOST_LEVELS: usize = 127;

/// Returns the tree of a value, with borrowed texts. It is truncated below more levels than [`checked`] allows.
pub(super) fn borrowed(value: &serde_json::Value) -> Value<'_> {
    tree(value, Cow::Borrowed, MOST_LEVELS + 1)
}

/// Returns the tree of a value, with owned texts. It is truncated below more levels than [`checked`] allows.
pub(super) fn owned(value: &serde_json::Value) -> Value<'static> {
    tree(value, |text| Cow::Owned(text.to_owned()), MOST_LEVELS + 1)
}

/// Returns the tree, or the error that it has too many levels. A truncated tree always has.
pub(super) fn checked(value: Value<'_>) -> Result<Value<'_>> {
    match levels(&value) {
        0..=MOST_LEVELS => Ok(value),
        _ => {
            let message = format!("arrays and objects are nested more than {MOST_LEVELS} levels deep");
            Err(Error::new(error::Kind::Request, Problem::new(message)))
        }
    }
}

fn tree<'v, 't>(value: &'v serde_json::Value, text: fn(&'v str) -> Cow<'t, str>, levels: usize) -> Value<'t> {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => Value::Number(number.clone()),
        serde_json::Value::String(value) => Value::String(text(value)),
        // Recursion ends here, however deep the value is.
        serde_json::Value::Array(_) | serde_json::Value::Object(_) if levels == 0 => Value::Null,
        serde_json::Value::Array(values) => {
            Value::Array(values.iter().map(|value| tree(value, text, levels - 1)).collect())
        }
        serde_json::Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, value)| (text(key), tree(value, text, levels - 1))).collect())
        }
    }
}

fn levels(value: &Value<'_>) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(levels).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.iter().map(|(_, value)| levels(value)).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use crate::Request;

    #[test]
    fn values_and_texts_have_the_same_limit_of_levels() {
        for (levels, is_read) in [(100, true), (125, true), (126, false), (127, false), (1_000, false)] {
            // Two more levels are around it: the array of messages, and the message.
            let deep = (0..levels).fold(serde_json::Value::Null, |inner, _| serde_json::Value::Array(vec![inner]));
            let value = serde_json::json!([{"role": "user", "content": "a", "extra": deep}]);
            assert_eq!(Request::from_value(&value).is_ok(), is_read, "{levels}");
            assert_eq!(Request::from_json(value.to_string().as_bytes()).is_ok(), is_read, "{levels}");
        }
    }
}
