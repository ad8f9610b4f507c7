//! TOML as JSON: a JSON text whose values are on the lines that they have in the TOML text, unless a table continues after
//! another one. Dates become strings.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::lines::{self, Writer};
use super::notation::Translated;
use crate::error::{self, Error, Problem, Result};
use crate::toml::Lines;

/// The deepest nesting of a document. JSON is limited to 127 levels.
const MAX_LEVELS: usize = 100;
/// The parser needs up to 75 bytes of memory for each byte.
const MAX_BYTES: usize = 10_000_000;

/// Returns the JSON text of a TOML text.
///
/// # Errors
///
/// A text that is not valid TOML, that has no JSON, or that is beyond the limits. The error has the line and the column
/// and contains no text of the file.
pub(super) fn to_json(text: &str) -> Result<Translated> {
    if text.len() > MAX_BYTES {
        return Err(Error::new(error::Kind::Request, Problem::new("a TOML file can have at most 10 MB")));
    }
    let mut writing = Writing { text, lines: Lines::new(text), writer: Writer::new(1) };
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        writing.refused(at, format!("not valid TOML: {}", error.message()))
    })?;
    writing.table(table.get_ref(), 1)?;
    Ok(Translated { json: writing.writer.finish(), first_line: 1 })
}

struct Writing<'t> {
    text: &'t str,
    lines: Lines<'t>,
    writer: Writer,
}

impl Writing<'_> {
    fn table(&mut self, table: &DeTable<'_>, level: usize) -> Result<()> {
        let mut fields: Vec<_> = table.iter().collect();
        fields.sort_by_key(|(key, _)| key.span().start);
        self.writer.push("{");
        for (index, (key, value)) in fields.into_iter().enumerate() {
            self.writer.push(if index == 0 { "" } else { "," });
            self.writer.go_to(self.lines.line(key.span().start));
            self.writer.push(&lines::string(key.get_ref()));
            self.writer.push(":");
            self.value(value, key.span().start, level)?;
        }
        self.writer.push("}");
        Ok(())
    }

    /// Writes a value in a collection of this level. `key` is the place of its key.
    fn value(&mut self, value: &Spanned<DeValue<'_>>, key: usize, level: usize) -> Result<()> {
        let span = value.span();
        self.writer.go_to(self.lines.line(span.start.max(key)));
        let is_collection = matches!(value.get_ref(), DeValue::Array(_) | DeValue::Table(_));
        if is_collection && level >= MAX_LEVELS {
            return Err(self.refused(span.start.max(key), "nested deeper than 100 levels"));
        }
        match value.get_ref() {
            DeValue::String(text) => self.writer.push(&lines::string(text)),
            DeValue::Boolean(value) => self.writer.push(if *value { "true" } else { "false" }),
            DeValue::Integer(number) => {
                let json = integer(number.as_str(), number.radix());
                self.number(json.ok_or("the number is too large"), span.start)?;
            }
            DeValue::Float(number) => self.number(float(number.as_str()), span.start)?,
            DeValue::Datetime(_) => self.writer.push(&lines::string(self.text.get(span).unwrap_or_default())),
            DeValue::Array(values) => {
                self.writer.push("[");
                for (index, value) in values.iter().enumerate() {
                    self.writer.push(if index == 0 { "" } else { "," });
                    self.value(value, key, level + 1)?;
                }
                self.writer.push("]");
            }
            DeValue::Table(table) => self.table(table, level + 1)?,
        }
        Ok(())
    }

    fn number(&mut self, json: std::result::Result<Cow<'_, str>, &'static str>, at: usize) -> Result<()> {
        let json = json.map_err(|message| self.refused(at, message))?;
        self.writer.push(&json);
        Ok(())
    }

    fn refused(&self, at: usize, message: impl Into<String>) -> Error {
        let (line, column) = self.lines.place(at);
        Error::new(error::Kind::Request, Problem::new(message).at_line(line, column))
    }
}

/// Returns the JSON of an integer, without its underscores; `None` if it has more than 64 bits and another base than 10.
fn integer(digits: &str, base: u32) -> Option<Cow<'_, str>> {
    match base {
        10 => Some(digits.strip_prefix('+').unwrap_or(digits).into()),
        base => u64::from_str_radix(digits, base).ok().map(|value| value.to_string().into()),
    }
}

/// Returns the JSON of a float, without its underscores.
fn float(digits: &str) -> std::result::Result<Cow<'_, str>, &'static str> {
    if digits.ends_with("inf") || digits.ends_with("nan") {
        return Err("infinity and NaN have no JSON");
    }
    match digits.parse::<f64>().is_ok_and(f64::is_finite) {
        true => Ok(digits.strip_prefix('+').unwrap_or(digits).into()),
        false => Err("the number is too large"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::to_json;

    fn json(text: &str) -> String {
        let json = to_json(text).unwrap_or_else(|error| panic!("{text:?}: {error}")).json;
        serde_json::from_str::<serde::de::IgnoredAny>(&json).expect(text);
        json
    }

    #[test]
    fn each_value_is_on_its_line_and_in_its_order() {
        for (toml, expected) in [
            ("", "{}"),
            ("# note\nb = 1\na = 'x'", "{\n\"b\":1,\n\"a\":\"x\"}"),
            ("b = [\n  1,\n  {y = 2, x = 3},\n]", "{\"b\":[\n1,\n{\"y\":2,\"x\":3}]}"),
            ("a = \"\"\"\nx\ny\n\"\"\"\nb = 1", "{\"a\":\"x\\ny\\n\",\n\n\n\n\"b\":1}"),
            (
                "[[messages]]\nrole = 'system'\n\n[[messages]]\nrole = 'user'",
                "{\"messages\":[{\n\"role\":\"system\"},\n\n{\n\"role\":\"user\"}]}",
            ),
            ("[b.c]\nx = 1\n[a]\ny = 2", "{\"b\":{\"c\":{\n\"x\":1}},\n\"a\":{\n\"y\":2}}"),
            ("a.b = 1\na.c = 2", "{\"a\":{\"b\":1,\n\"c\":2}}"),
            ("[a]\nx = 1\n[b]\ny = 2\n[a.c]\nz = 3", "{\"a\":{\n\"x\":1,\n\n\n\"c\":{\n\"z\":3}},\"b\":{\"y\":2}}"),
            ("a = 2024-05-13\nb = 07:30:00", "{\"a\":\"2024-05-13\",\n\"b\":\"07:30:00\"}"),
            (
                "a = 1_000\nb = +5\nc = 0x1F\nd = 0.70\ne = +1e3",
                "{\"a\":1000,\n\"b\":5,\n\"c\":31,\n\"d\":0.70,\n\"e\":1e3}",
            ),
            ("a = true\r\nb = false\r\n", "{\"a\":true,\n\"b\":false}"),
        ] {
            assert_eq!(json(toml), expected, "{toml}");
        }
    }

    #[test]
    fn errors_have_the_place_and_no_text() {
        for (toml, expected) in [
            ("a = 1\na = 'secret'", "line 2, column 1: not valid TOML: duplicate key"),
            ("a = secret", "line 1, column 5: not valid TOML: string values must be quoted, expected literal string"),
            ("a = inf", "line 1, column 5: infinity and NaN have no JSON"),
            ("a = 1e999", "line 1, column 5: the number is too large"),
            ("a = 'secret", "line 1, column 12: not valid TOML: invalid literal string, expected `'`"),
        ] {
            let error = to_json(toml).expect_err(toml).to_string();
            assert!(!error.contains("secret"), "{error}");
            assert_eq!(error, expected, "{toml}");
        }
    }

    #[test]
    fn nesting_is_limited() {
        let path = vec!["a"; 70].join(".");
        for deep in [format!("[{path}]\n{path} = 1"), format!("a = {}1{}", "[".repeat(100_000), "]".repeat(100_000))] {
            to_json(&deep).expect_err("too deep");
        }
        to_json(&vec!["a"; 100_000].join(".")).expect_err("too deep");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        /// Any text is JSON or an error.
        #[test]
        fn no_text_panics(text in "([-=.,\\[\\]{}#'\" \n\tab01+e_]|a = |\\[a\\]\n|\\[\\[b\\]\\]\n|\"\"\"|'''|inf|0x){0,40}") {
            if let Ok(text) = to_json(&text) {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&text.json).is_ok(), "{}", text.json);
            }
        }
    }
}
