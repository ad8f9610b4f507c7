//! A light tree of JSON: strings are borrowed if they have no escapes, and keys keep their order. Errors name the path
//! to a value.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::error::{self, Error, Problem};

/// The fields of an object, in their order.
pub(crate) type Fields<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

/// One JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    String(Cow<'a, str>),
    Array(Vec<Value<'a>>),
    Object(Fields<'a>),
}

/// Parses a whole JSON text. Nesting is limited to 128 levels, the parser's own limit.
pub(crate) fn parse(text: &str) -> Result<Value<'_>, Error> {
    serde_json::from_str(text).map_err(|error| invalid(text, error))
}

/// Returns the error of a text that is not valid JSON, with its place and, if the text looks like another notation, a
/// hint.
fn invalid(text: &str, error: serde_json::Error) -> Error {
    let (line, column) = (error.line(), error.column());
    let whole = error.to_string();
    let message = whole.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&whole);
    let message = match message {
        "unexpected end of hex escape" => "half of a surrogate pair in a \\u escape",
        "key must be a string" => "expected a key in double quotes",
        other => other,
    };
    let mut problem = Problem::new(format!("not valid JSON: {message}")).at_line(line.max(1), column.max(1));
    let around =
        text.lines().nth(line.saturating_sub(1)).and_then(|line| line.split_at_checked(column.saturating_sub(1)));
    if let Some(hint) = around.and_then(|(before, rest)| hint(before, rest)) {
        problem = problem.with_hint(hint);
    }
    Error::new(error::Kind::Request, problem).caused_by(error)
}

/// Returns a hint for a line that continues with `rest` where JSON was expected.
fn hint(before: &str, rest: &str) -> Option<&'static str> {
    match rest.as_bytes().first()? {
        b'\'' | b'T' | b'F' | b'N' => Some("it looks like Python: json.dumps writes it as JSON"),
        b'/' | b'#' => Some("JSON has no comments: remove them"),
        b'{' | b'%' if before.ends_with('{') => Some("it looks like a template: fill it in first"),
        _ => None,
    }
}

impl<'a> Value<'a> {
    /// Returns the JSON type with its article, for messages, which never show the value itself.
    pub(crate) fn type_with_article(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        }
    }

    /// Returns the field with this name, if the value is an object that has one.
    pub(crate) fn get(&self, key: &str) -> Option<&Value<'a>> {
        let Value::Object(fields) = self else { return None };
        fields.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns whether both values have the same text, white space and escapes apart. Unlike `==`, it distinguishes 0.0
    /// from -0.0.
    pub(crate) fn is_same(&self, other: &Value<'_>) -> bool {
        let bits = |number: &serde_json::Number| number.as_f64().map(f64::to_bits);
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(one), Value::Bool(other)) => one == other,
            (Value::Number(one), Value::Number(other)) => one == other && bits(one) == bits(other),
            (Value::String(one), Value::String(other)) => one == other,
            (Value::Array(one), Value::Array(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.is_same(other))
            }
            (Value::Object(one), Value::Object(other)) => {
                let mut pairs = one.iter().zip(other);
                one.len() == other.len() && pairs.all(|(one, other)| one.0 == other.0 && one.1.is_same(&other.1))
            }
            _ => false,
        }
    }

    /// Returns the value with owned strings, or the error that a field is a duplicate.
    pub(crate) fn into_owned(self, path: &Path<'_>) -> Result<Value<'static>, Error> {
        Ok(match self {
            Value::Null => Value::Null,
            Value::Bool(value) => Value::Bool(value),
            Value::Number(number) => Value::Number(number),
            Value::String(text) => Value::String(Cow::Owned(text.into_owned())),
            Value::Array(values) => {
                let own = |(index, value): (usize, Value<'_>)| value.into_owned(&path.index(index));
                Value::Array(values.into_iter().enumerate().map(own).collect::<Result<_, _>>()?)
            }
            Value::Object(fields) => {
                let own = |(key, value): (Cow<'_, str>, Value<'_>)| {
                    let value = value.into_owned(&path.key(&key))?;
                    Ok((Cow::Owned(key.into_owned()), value))
                };
                Value::Object(unique(fields, path)?.into_iter().map(own).collect::<Result<_, Error>>()?)
            }
        })
    }

    /// Returns whether the value is null or an empty array, which the API treats as absent.
    pub(crate) fn is_null_or_empty(&self) -> bool {
        match self {
            Value::Null => true,
            Value::Array(values) => values.is_empty(),
            _ => false,
        }
    }
}

/// Returns the fields of an object, or the error that one is a duplicate: JSON does not define which of them counts.
pub(crate) fn unique<'a>(fields: Fields<'a>, path: &Path<'_>) -> Result<Fields<'a>, Error> {
    /// Up to this many keys, comparing all pairs costs less than sorting.
    const FEW: usize = 12;
    let is_unique =
        |(index, (key, _)): (usize, &(Cow<'_, str>, Value<'_>))| fields[..index].iter().all(|(other, _)| other != key);
    if fields.len() <= FEW && fields.iter().enumerate().all(is_unique) {
        return Ok(fields);
    }
    let mut keys: Vec<&str> = fields.iter().map(|(key, _)| key.as_ref()).collect();
    keys.sort_unstable();
    match keys.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(path.key(pair[0]).error("duplicate field")),
        None => Ok(fields),
    }
}

/// The path to a value from the top of its text. It is on the stack, and formatted only for messages.
#[derive(Clone, Copy)]
pub(crate) enum Path<'p> {
    Top,
    Key(&'p Path<'p>, &'p str),
    Index(&'p Path<'p>, usize),
}

impl<'p> Path<'p> {
    pub(crate) fn key(&'p self, key: &'p str) -> Path<'p> {
        Path::Key(self, key)
    }

    pub(crate) fn index(&'p self, index: usize) -> Path<'p> {
        Path::Index(self, index)
    }

    /// Returns the error that the value at this path is not of the expected type.
    pub(crate) fn expected(&self, expected: &str, found: &Value<'_>) -> Error {
        self.error(format!("expected {expected}, found {}", found.type_with_article()))
    }

    pub(crate) fn error(&self, message: impl Into<String>) -> Error {
        Error::new(error::Kind::Request, Problem::new(message).at_path(self))
    }
}

/// Writes the path as `messages[3].content`. A key that is not a plain word may be text of a prompt, and is not
/// written.
impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Top => Ok(()),
            Path::Index(above, index) => write!(f, "{above}[{index}]"),
            Path::Key(above, key) => {
                above.fmt(f)?;
                let is_of_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-$".contains(&byte);
                match (above, (1..=40).contains(&key.len()) && key.bytes().all(is_of_word)) {
                    (_, false) => f.write_str("[…]"),
                    (Path::Top, true) => f.write_str(key),
                    (_, true) => write!(f, ".{key}"),
                }
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value<'de>, D::Error> {
        deserializer.deserialize_any(Tree)
    }
}

struct Tree;

impl<'de> Visitor<'de> for Tree {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value<'de>, E> {
        Ok(serde_json::Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::String(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value<'de>, E> {
        Ok(Value::String(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value<'de>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some((key, value)) = map.next_entry::<Key<'de>, Value<'de>>()? {
            // If another crate of the build enables serde_json's `arbitrary_precision`, a number is such an object.
            if let ("$serde_json::private::Number", Value::String(digits)) = (key.0.as_ref(), &value) {
                return Ok(digits.parse().map_or(Value::Null, Value::Number));
            }
            fields.push((key.0, value));
        }
        Ok(Value::Object(fields))
    }
}

/// A key, borrowed if it has no escapes: serde always deserializes a `Cow` as owned.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Key<'de>, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Borrowed(key)))
    }

    fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Owned(key.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_without_escapes_are_borrowed_and_keys_keep_their_order() {
        let Ok(Value::Object(fields)) = parse(r#"{"b": "plain", "a": "es\ncaped"}"#) else { panic!("an object") };
        assert_eq!(fields.iter().map(|(key, _)| key.as_ref()).collect::<Vec<_>>(), ["b", "a"]);
        assert!(matches!(&fields[0].1, Value::String(Cow::Borrowed("plain"))));
        assert!(matches!(&fields[1].1, Value::String(Cow::Owned(text)) if text == "es\ncaped"));
    }

    #[test]
    fn a_path_is_written_as_people_write_it() {
        let messages = Path::Top.key("messages");
        let message = messages.index(3);
        assert_eq!(message.key("content").index(1).key("type").to_string(), "messages[3].content[1].type");
        assert_eq!(Path::Top.key("a key").to_string(), "[…]");
        assert_eq!(Path::Top.index(0).key("role").to_string(), "[0].role");
    }

    #[test]
    fn values_are_the_same_if_their_texts_are() {
        let texts = [
            "null",
            "true",
            "false",
            "0",
            "0.0",
            "-0.0",
            "1",
            "1.0",
            "\"\"",
            "\"a\"",
            "[]",
            "[1]",
            "[1, 1]",
            "[[1]]",
            "{}",
            r#"{"a": 1}"#,
            r#"{"a": 1.0}"#,
            r#"{"b": 1}"#,
            r#"{"a": 1, "b": 2}"#,
            r#"{"b": 2, "a": 1}"#,
        ];
        for (index, one) in texts.iter().enumerate() {
            for (at, other) in texts.iter().enumerate() {
                let (one, other) = (parse(one).expect(one), parse(other).expect(other));
                assert_eq!(one.is_same(&other), index == at, "{one:?} {other:?}");
            }
        }
        assert!(
            parse(r#"{ "\u0061": "\n" }"#)
                .is_ok_and(|one| one.is_same(&Value::Object(vec![("a".into(), Value::String("\n".into()))])))
        );
    }

    #[test]
    fn the_first_duplicate_in_the_order_of_the_alphabet_is_an_error() {
        for keys in ["bacab", "zzyy", "abcdefghijklmnopqrstuvwxyzb", "abcabc"] {
            let fields: Fields<'_> = keys.chars().map(|key| (Cow::Owned(key.to_string()), Value::Null)).collect();
            let is_duplicate = |key: &char| keys.matches(*key).count() > 1;
            let first = keys.chars().filter(is_duplicate).min().expect("a duplicate");
            let error = unique(fields, &Path::Top.key("body")).expect_err("a duplicate");
            assert_eq!(error.to_string(), format!("body.{first}: duplicate field"));
        }
        for count in 0..30 {
            let fields: Fields<'_> = (0..count).map(|key| (Cow::Owned(key.to_string()), Value::Null)).collect();
            assert_eq!(unique(fields.clone(), &Path::Top).expect("no duplicate"), fields);
        }
    }

    #[test]
    fn hostile_nesting_is_an_error() {
        let error = parse(&"[".repeat(100_000)).expect_err("too deep");
        assert!(error.is_request());
        assert_eq!(error.problems()[0].message(), "not valid JSON: recursion limit exceeded");
    }
}
