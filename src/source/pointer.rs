//! The prompts of a source that keeps many of them under names, reached by a JSON pointer.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::lines::Lines;
use super::notation::{self, Translated};
use super::{Document, Place, without_mark};
use crate::error::{self, Error, Problem, Result};
use crate::json;

/// Returns the prompts at a JSON pointer in a source of JSON, YAML or TOML: at least one, which may be an error. A part `*` of
/// the pointer is any name or index. A text is a prompt in text, whose role is that of its name, and anything else is a
/// request as in a file of its own.
///
/// ```
/// use gpt_cost::source::prompts_at;
///
/// let toml = b"[support]\nsystem = 'You help {{ name }}.'\n[sales]\nsystem = 'You sell.'\n";
/// let prompts = prompts_at("prompts.toml", toml, "/*/system");
/// assert_eq!(prompts[0].place().to_string(), "prompts.toml#/support/system");
/// assert_eq!(prompts[0].prompt()?.placeholders()[0].name, "name");
/// # Ok::<(), gpt_cost::Error>(())
/// ```
pub fn prompts_at(name: &str, bytes: &[u8], pointer: &str) -> Vec<Document<'static>> {
    read(name, bytes, pointer).unwrap_or_else(|error| {
        let document = Document::new(Place::pointer(name, pointer), Cow::Borrowed(b""), true);
        vec![Document { invalid: Some(error), ..document }]
    })
}

fn read(name: &str, bytes: &[u8], pointer: &str) -> Result<Vec<Document<'static>>> {
    let text = match notation::translate(name, bytes) {
        Some(translated) => only(translated?)?,
        None if super::is_named_json(name) || super::begins_like_json(bytes) => {
            std::str::from_utf8(without_mark(bytes)).map_err(error::not_utf8)?.to_owned()
        }
        None => {
            let problem = Problem::new("a pointer needs a file of JSON, YAML or TOML");
            return Err(Error::new(error::Kind::Request, problem));
        }
    };
    let Ok(top) = serde_json::from_str::<&RawValue>(&text) else { return json::parse(&text).map(|_| Vec::new()) };
    let parts: Vec<String> =
        pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    let mut found = Vec::new();
    collect(top, &parts, String::new(), &mut found);
    let mut lines = Lines::new(&text);
    let documents = found.into_iter().filter_map(|(pointer, value)| {
        let line = lines.line_of(value.get());
        document(name, line, pointer, value)
    });
    let documents: Vec<_> = documents.collect();
    match documents.is_empty() {
        true => {
            let problem = Problem::new("there is no prompt at this pointer")
                .with_hint("it is the names from the top to the text, such as #/support/system; * is any name");
            Err(Error::new(error::Kind::Request, problem))
        }
        false => Ok(documents),
    }
}

/// Returns the only document of a source.
fn only(mut translated: Vec<Translated>) -> Result<String> {
    match (translated.pop(), translated.is_empty()) {
        (Some(only), true) => Ok(only.json),
        _ => Err(Error::new(error::Kind::Request, Problem::new("a pointer needs a file with one document of YAML"))),
    }
}

/// Collects the values at the rest of a pointer, each with its own pointer.
fn collect<'t>(value: &'t RawValue, parts: &[String], pointer: String, found: &mut Vec<(String, &'t RawValue)>) {
    let Some((part, rest)) = parts.split_first() else { return found.push((pointer, value)) };
    for (key, value) in children(value) {
        if part == "*" || *part == key {
            let key = key.replace('~', "~0").replace('/', "~1");
            collect(value, rest, format!("{pointer}/{key}"), found);
        }
    }
}

/// Returns the values of an object or an array, each with its name or index.
pub(super) fn children(value: &RawValue) -> Vec<(String, &RawValue)> {
    match value.get().as_bytes().first() {
        Some(b'{') => serde_json::from_str::<Fields<'_>>(value.get()).map(|fields| fields.0).unwrap_or_default(),
        Some(b'[') => {
            let values: Vec<&RawValue> = serde_json::from_str(value.get()).unwrap_or_default();
            values.into_iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the document of a value that can be a prompt: a text, an object or an array.
fn document(name: &str, first_line: usize, pointer: String, value: &RawValue) -> Option<Document<'static>> {
    let json = value.get();
    let (bytes, is_json) = match json.as_bytes().first()? {
        b'"' => (serde_json::from_str::<String>(json).ok()?, false),
        b'{' | b'[' => (json.to_owned(), true),
        _ => return None,
    };
    let document = Document::new(Place::pointer(name, pointer), Cow::Owned(bytes.into_bytes()), is_json);
    Some(Document { first_line, ..document })
}

/// The fields of an object, in their order.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Fields<'de>, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Fields<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Fields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, text: &str, pointer: &str) -> Vec<String> {
        let shown = |one: &Document<'_>| match one.prompt() {
            Ok(request) => format!("{} {} {:?}", one.place(), one.first_line(), request.text_role()),
            Err(error) => error.to_string(),
        };
        prompts_at(name, text.as_bytes(), pointer).iter().map(shown).collect()
    }

    #[test]
    fn a_pointer_reaches_texts_and_requests() {
        let toml = "a = 1\n[one]\nsystem = 'Hi'\nuser = 'You'\n[two]\nsystem = '''\nlong\n'''\n";
        let system = ["p.toml#/one/system 3 Some(System)", "p.toml#/two/system 6 Some(System)"];
        assert_eq!(found("p.toml", toml, "/*/system"), system);
        assert_eq!(found("p.toml", toml, "/one/user"), ["p.toml#/one/user 4 Some(User)"]);
        let json = r#"{"list": [{"messages": [{"role": "user", "content": "Hi"}]}], "a/b": "text"}"#;
        assert_eq!(found("p.json", json, "/list/0"), ["p.json#/list/0 1 None"]);
        assert_eq!(found("p.json", json, "/list/*"), ["p.json#/list/0 1 None"]);
        assert_eq!(found("p.json", json, "/a~1b"), ["p.json#/a~1b 1 Some(User)"]);
    }

    #[test]
    fn errors_name_the_pointer() {
        let nothing = ["p.json#/b: there is no prompt at this pointer"];
        assert_eq!(found("p.json", r#"{"a": 1}"#, "/b"), nothing);
        assert_eq!(found("p.json", "{", "/b").len(), 1);
        assert!(found("p.json", "{", "/b")[0].contains("not valid JSON"), "{:?}", found("p.json", "{", "/b"));
        assert!(found("p.toml", "a = ", "/b")[0].starts_with("p.toml"), "{:?}", found("p.toml", "a = ", "/b"));
    }
}
