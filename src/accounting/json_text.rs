//! JSON as models are shown it: as Python's `json` module writes it.

use std::borrow::Cow;

use crate::json::Value;

/// The text between the items of arrays and objects, and after keys.
#[derive(Clone, Copy)]
pub(super) struct Separators {
    item: &'static str,
    colon: &'static str,
    /// Whether non-ASCII characters are escaped.
    ascii: bool,
}

/// Without spaces.
pub(super) const COMPACT: Separators = Separators { item: ",", colon: ":", ascii: true };
/// Without spaces, and with non-ASCII characters unescaped.
pub(super) const COMPACT_UNICODE: Separators = Separators { ascii: false, ..COMPACT };
/// With a space after each.
pub(super) const SPACED: Separators = Separators { item: ", ", colon: ": ", ascii: true };
/// With a space after each, and with non-ASCII characters unescaped.
pub(super) const SPACED_UNICODE: Separators = Separators { ascii: false, ..SPACED };

/// Returns the text of a JSON value with these separators.
pub(super) fn text_of(value: &Value<'_>, separators: Separators) -> String {
    let mut text = String::new();
    write(value, separators, &mut text);
    text
}

/// Appends the text of a JSON value with these separators to `out`.
pub(super) fn write(value: &Value<'_>, separators: Separators, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => out.push_str(&number_text(number)),
        Value::String(text) => write_string(text, separators.ascii, out),
        Value::Array(values) => {
            out.push('[');
            for (index, value) in values.iter().enumerate() {
                out.push_str(if index > 0 { separators.item } else { "" });
                write(value, separators, out);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            for (index, (key, value)) in fields.iter().enumerate() {
                out.push_str(if index > 0 { separators.item } else { "" });
                write_string(key, separators.ascii, out);
                out.push_str(separators.colon);
                write(value, separators, out);
            }
            out.push('}');
        }
    }
}

/// Returns a text as a JSON string, quoted and escaped.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::new();
    write_string(text, false, &mut out);
    out
}

fn write_string(text: &str, ascii: bool, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other if ascii && !other.is_ascii() => {
                let mut units = [0; 2];
                other.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Returns a number as Python writes it.
fn number_text(number: &serde_json::Number) -> Cow<'static, str> {
    match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (None, None, Some(float)) => Cow::Owned(float_text(float)),
        _ => Cow::Owned(number.to_string()),
    }
}

/// Returns a floating-point number as Python writes it: `1.0`, `1e-05`, `1e+16`.
pub(super) fn float_text(float: f64) -> String {
    let magnitude = float.abs();
    if magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        let text = format!("{float:e}");
        let Some((digits, exponent)) = text.split_once('e') else { return text };
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    format!("{float:?}")
}
