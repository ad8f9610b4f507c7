//! Scalars of YAML as JSON, by the core schema of YAML 1.2: `yes` and `on` are strings.

use std::borrow::Cow;

use crate::source::lines;

/// The core tags of a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScalarTag {
    /// `!!str`, or `!`.
    Str,
    /// `!!int`.
    Int,
    /// `!!float`.
    Float,
    /// `!!bool`.
    Bool,
    /// `!!null`.
    Null,
    /// `!!binary`, and Ruby's `!binary`.
    Binary,
}

/// Returns the JSON of a scalar without a tag, or what is wrong with it.
pub(super) fn plain(text: &str) -> Result<String, &'static str> {
    if let Some(json) = null(text).or_else(|| bool(text)) {
        return Ok(json.to_owned());
    }
    Ok(number(text)?.map_or_else(|| lines::string(text), Cow::into_owned))
}

/// Returns the JSON of a scalar with a tag, or what is wrong with it.
pub(super) fn tagged(text: &str, tag: ScalarTag) -> Result<String, &'static str> {
    match tag {
        ScalarTag::Str => Ok(lines::string(text)),
        ScalarTag::Null => null(text).map(str::to_owned).ok_or("the value is not one of its tag !!null"),
        ScalarTag::Bool => bool(text).map(str::to_owned).ok_or("the value is not one of its tag !!bool"),
        ScalarTag::Int if !is_integer(text) => Err("the value is not one of its tag !!int"),
        ScalarTag::Int => Ok(number(text)?.unwrap_or_default().into_owned()),
        ScalarTag::Float => number(text)?.map(Cow::into_owned).ok_or("the value is not one of its tag !!float"),
        ScalarTag::Binary => binary(text),
    }
}

fn null(text: &str) -> Option<&'static str> {
    matches!(text, "" | "~" | "null" | "Null" | "NULL").then_some("null")
}

fn bool(text: &str) -> Option<&'static str> {
    match text {
        "true" | "True" | "TRUE" => Some("true"),
        "false" | "False" | "FALSE" => Some("false"),
        _ => None,
    }
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    is_digits(digits) || in_base(text).is_some()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the digits and the base of `0x1F` and `0o17`.
fn in_base(text: &str) -> Option<(&str, u32)> {
    let (digits, base) = match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (text.strip_prefix("0o")?, 8),
    };
    (!digits.is_empty() && digits.chars().all(|char| char.is_digit(base))).then_some((digits, base))
}

/// Returns the JSON of a number, with its digits as they are written where they are valid in JSON; `None` for a text
/// that is no number.
fn number(text: &str) -> Result<Option<Cow<'_, str>>, &'static str> {
    const TOO_LARGE: &str = "the number is too large";
    if !text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+' | '.')) {
        return Ok(None);
    }
    if let Some((digits, base)) = in_base(text) {
        let value = u64::from_str_radix(digits, base).map_err(|_| TOO_LARGE)?;
        return Ok(Some(value.to_string().into()));
    }
    let (sign, size) = match text.strip_prefix('-') {
        Some(size) => ("-", size),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if matches!(size, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err("infinity and NaN have no JSON");
    }
    let (mantissa, exponent) = size.split_once(['e', 'E']).map_or((size, None), |(first, last)| (first, Some(last)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(first, last)| (first, Some(last)));
    let is_number = match fraction {
        Some(fraction) if whole.is_empty() => is_digits(fraction),
        Some(fraction) => is_digits(whole) && (fraction.is_empty() || is_digits(fraction)),
        None => is_digits(whole),
    };
    let has_exponent = exponent.is_none_or(|digits| is_digits(digits.strip_prefix(['-', '+']).unwrap_or(digits)));
    if !is_number || !has_exponent {
        return Ok(None);
    }
    if text.parse::<f64>().is_ok_and(f64::is_infinite) {
        return Err(TOO_LARGE);
    }
    let is_json = fraction != Some("") && (whole == "0" || !whole.is_empty() && !whole.starts_with('0'));
    if is_json && !text.starts_with('+') {
        return Ok(Some(text.into()));
    }
    let whole = whole.trim_start_matches('0');
    let mut json = format!("{sign}{}", if whole.is_empty() { "0" } else { whole });
    if let Some(fraction) = fraction {
        json.push('.');
        json.push_str(if fraction.is_empty() { "0" } else { fraction });
    }
    if let Some(exponent) = exponent {
        json.push('e');
        json.push_str(exponent);
    }
    Ok(Some(json.into()))
}

/// Returns bytes as the object that recorded requests have for them, `{"base64_string": …}`.
fn binary(text: &str) -> Result<String, &'static str> {
    let base64: String = text.chars().filter(|char| !char.is_ascii_whitespace()).collect();
    let is_base64 = |char: char| char.is_ascii_alphanumeric() || matches!(char, '+' | '/' | '=');
    match base64.chars().all(is_base64) {
        true => Ok(format!("{{\"base64_string\":\"{base64}\"}}")),
        false => Err("the value is not one of its tag !!binary"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_those_of_the_core_schema() {
        for (text, json) in [
            ("", "null"),
            ("~", "null"),
            ("NULL", "null"),
            ("nULL", "\"nULL\""),
            ("True", "true"),
            ("yes", "\"yes\""),
            ("on", "\"on\""),
            ("0", "0"),
            ("-0", "-0"),
            ("007", "7"),
            ("+5", "5"),
            ("1_000", "\"1_000\""),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("0b11", "\"0b11\""),
            ("-0x1F", "\"-0x1F\""),
            ("0.70", "0.70"),
            ("1e3", "1e3"),
            ("1.5E+02", "1.5E+02"),
            ("1.", "1.0"),
            (".5", "0.5"),
            ("-.5e3", "-0.5e3"),
            ("00.1", "0.1"),
            (".", "\".\""),
            ("+", "\"+\""),
            ("-", "\"-\""),
            ("1e", "\"1e\""),
            ("1e5.0", "\"1e5.0\""),
            ("1.2.3", "\"1.2.3\""),
            ("2024-05-13", "\"2024-05-13\""),
            ("12:30", "\"12:30\""),
            ("18446744073709551616", "18446744073709551616"),
        ] {
            assert_eq!(plain(text).as_deref(), Ok(json), "{text}");
            serde_json::from_str::<serde_json::Value>(json).expect(text);
        }
        for text in [".inf", "-.INF", "+.Inf", ".nan", "1e999", "0xFFFFFFFFFFFFFFFFF"] {
            assert!(plain(text).is_err(), "{text}");
        }
    }

    #[test]
    fn tags_decide_what_a_scalar_is() {
        for (tag, text, json) in [
            (ScalarTag::Str, "5", Some("\"5\"")),
            (ScalarTag::Str, "", Some("\"\"")),
            (ScalarTag::Int, "0x1F", Some("31")),
            (ScalarTag::Int, "1.5", None),
            (ScalarTag::Float, "1", Some("1")),
            (ScalarTag::Float, "x", None),
            (ScalarTag::Bool, "true", Some("true")),
            (ScalarTag::Bool, "yes", None),
            (ScalarTag::Null, "~", Some("null")),
            (ScalarTag::Null, "0", None),
            (ScalarTag::Binary, "aGkg\n dGhlcmU=\n", Some("{\"base64_string\":\"aGkgdGhlcmU=\"}")),
            (ScalarTag::Binary, "a\"b", None),
        ] {
            assert_eq!(tagged(text, tag).ok().as_deref(), json, "{tag:?} {text}");
        }
    }
}
