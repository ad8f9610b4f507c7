//! The features of a request: what the counting rules met in it, which decides how certain the count is.

use std::borrow::Cow;
use std::fmt;

use super::json_text::{SPACED_UNICODE, text_of};
use crate::json::Value;
use crate::request::{AnswerSchema, Tool};

/// The place of a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Tool,
    /// The schema of a function's parameters.
    Parameters,
    Property,
    Items,
    /// A member of `anyOf`, `oneOf` or `allOf`.
    Union,
    /// The values of an object with any keys: `additionalProperties`.
    Values,
}

impl Place {
    fn as_str(self) -> &'static str {
        match self {
            Place::Tool => "a tool",
            Place::Parameters => "parameters",
            Place::Property => "a property",
            Place::Items => "items",
            Place::Union => "a union",
            Place::Values => "additionalProperties",
        }
    }
}

/// A feature of a schema: a keyword or a type, the kind of its value, and its place, where these decide how it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SchemaFeature<'t> {
    what: &'t str,
    kind: &'static str,
    place: Option<Place>,
}

impl fmt::Display for SchemaFeature<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)?;
        if !self.kind.is_empty() {
            write!(f, " ({})", self.kind)?;
        }
        self.place.map_or(Ok(()), |place| write!(f, " in {}", place.as_str()))
    }
}

/// What of a request is in question if the rule for a feature is wrong.
#[derive(Clone, Copy)]
pub(super) enum Question<'t> {
    Value(&'t Value<'static>),
    Field(&'t str, &'t Value<'static>),
    Text(&'t str),
}

impl Question<'_> {
    /// Returns its tokens.
    pub(super) fn tokens(self, count: impl Fn(&str) -> u64) -> u64 {
        match self {
            Question::Value(value) => count(&text_of(value, SPACED_UNICODE)),
            Question::Field(key, value) => count(&format!("\"{key}\": {}", text_of(value, SPACED_UNICODE))),
            Question::Text(text) => count(text),
        }
    }
}

/// The features of schemas, each as often as it was met, with what is in question.
#[derive(Default)]
pub(super) struct Features<'t> {
    met: Vec<(SchemaFeature<'t>, Question<'t>)>,
}

/// The keywords of JSON Schema.
const KEYWORDS: &[&str] = &[
    "$anchor",
    "$comment",
    "$defs",
    "$id",
    "$ref",
    "$schema",
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "default",
    "definitions",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "deprecated",
    "description",
    "discriminator",
    "else",
    "enum",
    "example",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "if",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "nullable",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "readOnly",
    "required",
    "then",
    "title",
    "type",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
    "writeOnly",
];

/// The keywords that are shown alike, or not at all, in every place.
const PLACELESS: &[&str] = &["$defs", "$schema", "definitions", "items", "properties", "required"];

impl<'t> Features<'t> {
    /// Returns the features in the order of their names, each with all that is in question.
    pub(super) fn groups(&mut self) -> impl Iterator<Item = &[(SchemaFeature<'t>, Question<'t>)]> {
        self.met.sort_by_key(|(feature, _)| *feature);
        self.met.chunk_by(|one, other| one.0 == other.0)
    }

    /// Adds a feature of the shape in which a schema is shown.
    pub(super) fn shape(
        &mut self,
        what: &'static str,
        kind: &'static str,
        place: impl Into<Option<Place>>,
        of: &'t Value<'static>,
    ) {
        self.add(what, kind, place, Question::Value(of));
    }

    /// Adds the feature that types nest this deep.
    pub(super) fn depth(&mut self, what: &'static str, depth: usize, of: &'t Value<'static>) {
        const DEPTHS: [&str; 8] = ["1 deep", "2 deep", "3 deep", "4 deep", "5 deep", "6 deep", "7 deep", "8 deep"];
        let kind = DEPTHS.get(depth.saturating_sub(1)).unwrap_or(&"deeper than 8");
        self.shape(what, kind, None, of);
    }

    /// Adds the features of a tool, without those of its schema.
    pub(super) fn of_tool(&mut self, tool: &'t Tool) {
        let name = Question::Text(&tool.name);
        match &tool.description {
            None => self.add("description", "none", Place::Tool, name),
            Some(text) => self.of_description(text, Place::Tool),
        }
        if !is_identifier(&tool.name) {
            self.add("name", "no identifier", Place::Tool, name);
        }
        for (key, value) in &tool.unknown {
            self.add("an unknown field", "", Place::Tool, Question::Field(key, value));
        }
        match &tool.parameters {
            None => self.add("parameters", "none", Place::Tool, name),
            Some(parameters) if parameters.get("type").and_then(Value::as_str) != Some("object") => {
                self.shape("parameters", "not of the type object", Place::Tool, parameters);
            }
            Some(_) => {}
        }
    }

    /// Adds the features of a property's name.
    pub(super) fn of_key(&mut self, key: &'t str, value: &'t Value<'static>) {
        if !is_identifier(key) {
            self.add("name", "no identifier", Place::Property, Question::Field(key, value));
        }
    }

    /// Adds the features of one schema of a tool, without those of the schemas in it.
    pub(super) fn of_schema(&mut self, fields: &'t [(Cow<'static, str>, Value<'static>)], place: Place) {
        for (key, value) in fields {
            let question = Question::Field(key, value);
            match (key.as_ref(), value) {
                ("description", Value::String(text)) => self.of_description(text, place),
                ("type", Value::String(_)) => self.add("type", type_name(value), None, question),
                ("type", Value::Array(_)) => {
                    self.add("type", "a list", place, question);
                    let others = fields.iter().filter(|(other, _)| other != "type" && is_keyword(other));
                    for (key, value) in others {
                        self.add(key, "beside a list of types", None, Question::Field(key, value));
                    }
                }
                ("enum", Value::Array(values)) => self.add("enum", kinds(values), place, question),
                ("additionalProperties", Value::Bool(false)) => self.add(key, "false", None, question),
                ("default" | "const" | "additionalProperties", value) => self.add(key, kind(value), place, question),
                ("properties", Value::Object(properties)) if properties.is_empty() => {
                    self.add(key, "empty", place, question);
                }
                (key, _) if PLACELESS.contains(&key) => self.add(key, "", None, question),
                (key, _) if is_keyword(key) => self.add(key, "", place, question),
                _ => self.add("a keyword that JSON Schema does not have", "", None, question),
            }
        }
        if fields.is_empty() {
            self.add("an empty schema", "", place, Question::Text("{}"));
        }
    }

    /// Adds the features of the schema of an answer, which is shown as JSON without some keywords.
    pub(super) fn of_answer(&mut self, answer: &'t AnswerSchema) {
        if let Some(text) = &answer.description {
            self.of_description(text, Place::Tool);
        }
        if matches!(&answer.schema, Value::Object(fields) if fields.last().is_some_and(|(key, _)| key == "$defs")) {
            self.shape("$defs", "at the end", None, &answer.schema);
        }
        self.keywords(&answer.schema);
    }

    fn keywords(&mut self, schema: &'t Value<'static>) {
        let Value::Object(fields) = schema else { return };
        for (key, value) in fields {
            let question = Question::Field(key, value);
            self.add(
                if is_keyword(key) { key } else { "a keyword that JSON Schema does not have" },
                "",
                None,
                question,
            );
            match (key.as_ref(), value) {
                ("properties" | "$defs" | "definitions", Value::Object(schemas)) => {
                    if schemas.iter().any(|(key, _)| !key.is_ascii()) {
                        self.add("a text", "not ASCII", None, question);
                    }
                    schemas.iter().for_each(|(_, schema)| self.keywords(schema));
                }
                ("anyOf" | "allOf" | "oneOf", Value::Array(schemas)) => {
                    schemas.iter().for_each(|schema| self.keywords(schema));
                }
                ("items" | "additionalProperties", schema) => self.keywords(schema),
                ("enum", Value::Array(values)) => self.add("enum", kinds(values), None, question),
                (_, Value::String(text)) if !text.is_ascii() => self.add("a text", "not ASCII", None, question),
                (_, value) if kind(value) == "a fraction" => self.add("a number", "a fraction", None, question),
                _ => {}
            }
        }
    }

    fn of_description(&mut self, text: &'t str, place: Place) {
        let trimmed = text.trim();
        let kind = match trimmed.lines().count() {
            0 => "empty",
            1 => "",
            _ if trimmed.lines().any(|line| line.trim().is_empty()) => "blank lines",
            _ => "lines",
        };
        self.add("description", kind, place, Question::Text(text));
    }

    fn add(&mut self, what: &'t str, kind: &'static str, place: impl Into<Option<Place>>, question: Question<'t>) {
        self.met.push((SchemaFeature { what, kind, place: place.into() }, question));
    }
}

fn is_keyword(key: &str) -> bool {
    KEYWORDS.binary_search(&key).is_ok()
}

fn type_name(value: &Value<'_>) -> &'static str {
    let known = ["array", "boolean", "integer", "null", "number", "object", "string"];
    known.into_iter().find(|known| value.as_str() == Some(known)).unwrap_or("another")
}

fn kind(value: &Value<'_>) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(true) => "true",
        Value::Bool(false) => "false",
        Value::Number(number) if number.to_string().contains(['.', 'e', 'E']) => "a fraction",
        Value::Number(_) => "a number",
        Value::String(text) if text.is_ascii() => "a string",
        Value::String(_) => "a string, not ASCII",
        Value::Array(values) if values.is_empty() => "an empty array",
        Value::Array(_) => "an array",
        Value::Object(fields) if fields.is_empty() => "an empty object",
        Value::Object(_) => "an object",
    }
}

fn kinds(values: &[Value<'_>]) -> &'static str {
    let is_all = |wanted: &str| values.iter().all(|value| kind(value) == wanted);
    match values {
        [] => "nothing",
        _ if is_all("a string") => "strings",
        _ if is_all("a number") => "numbers",
        _ => "several kinds",
    }
}

fn is_identifier(text: &str) -> bool {
    text.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keywords_are_in_order() {
        assert!(KEYWORDS.is_sorted());
    }
}
