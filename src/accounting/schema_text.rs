//! The text in which models since late 2023 are shown their tools: a namespace in the style of TypeScript.
//!
//! OpenAI has not published it; the models repeat it when asked, and the billed usage agrees with it.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write;

use super::features::{Features, Place};
use super::json_text::{COMPACT, SPACED_UNICODE, float_text, quoted, text_of};
use crate::json::Value;
use crate::request::Tool;

/// The maximum depth of objects and arrays that are shown, since references can be cyclic.
const MAX_DEPTH: usize = 8;

/// The maximum nesting of types, unions included.
const MAX_NESTING: usize = 64;

/// The maximum number of references between a tool's schema and a type in it: one reference more is shown as `any`. 49
/// of 49 recorded cases in which it matters, of one project.
const MAX_REFERENCES: usize = 2;

/// The maximum number of bytes shown of a tool: references can be used twice at each level, and double the text each
/// time.
const MAX_BYTES: usize = 1 << 20;

/// How a list of types is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TypeLists {
    /// Until 2026, as a union whose members repeat the description.
    Repeated,
    /// Since some day between 2026-03-14 and 2026-08-02, on one line.
    Joined,
}

impl TypeLists {
    /// Returns the other way to show them.
    pub(super) fn other(self) -> TypeLists {
        match self {
            TypeLists::Repeated => TypeLists::Joined,
            TypeLists::Joined => TypeLists::Repeated,
        }
    }
}

/// How tools are shown, where that depends on the day or is not known for sure.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) lists: TypeLists,
    pub(super) depth: Depth,
}

/// How much of a schema is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Without objects that have no properties, and with references up to [`MAX_REFERENCES`], as the recorded requests
    /// to models of Turbo were.
    Trimmed,
    /// The same, with objects up to [`MAX_OBJECTS`] levels: what was left out can have been too deep, since no
    /// recording has an object that deep without references.
    Shallow,
    /// Everything.
    Full,
}

/// The deepest recorded nesting of objects: 23 cases of 2 projects.
const MAX_OBJECTS: usize = 3;

impl Style {
    fn references(self) -> usize {
        match self.depth {
            Depth::Trimmed | Depth::Shallow => MAX_REFERENCES,
            Depth::Full => MAX_DEPTH,
        }
    }
}

/// The text in which a model is shown its tools.
pub(super) struct ToolsText<'t> {
    pub(super) text: String,
    /// The offset in the text at which each tool ends.
    pub(super) ends: Vec<usize>,
    /// The features of the schemas that were met.
    pub(super) features: Features<'t>,
}

/// Returns the text of all tools.
pub(super) fn render(tools: &[Tool], style: Style) -> ToolsText<'_> {
    let mut text = "namespace functions {\n\n".to_owned();
    let mut ends = Vec::new();
    let mut features = Features::default();
    for tool in tools {
        features.of_tool(tool);
        let definitions = ["$defs", "definitions"].map(|key| match tool.parameters.as_ref().and_then(|p| p.get(key)) {
            Some(Value::Object(fields)) => fields,
            _ => const { &Vec::new() },
        });
        let mut renderer = Renderer { definitions, style, left: MAX_BYTES, nesting: 0, objects: 0, features };
        text.push_str(&renderer.function(tool));
        features = renderer.features;
        text.push_str("\n\n");
        ends.push(text.len());
    }
    text.push_str("} // namespace functions");
    ToolsText { text, ends, features }
}

fn has_enum_or_items<'v>(get: impl Fn(&str) -> Option<&'v Value<'static>>) -> bool {
    get("enum").is_some() || get("items").is_some()
}

/// Returns whether a tool has a list of types.
pub(super) fn have_type_lists(tools: &[Tool]) -> bool {
    any_object(tools, |object| matches!(object.get("type"), Some(Value::Array(_))))
}

/// Returns whether an object of the tools' schemas, at any depth, is of a kind.
fn any_object(tools: &[Tool], is: impl Fn(&Value<'static>) -> bool) -> bool {
    fn any(value: &Value<'static>, is: &impl Fn(&Value<'static>) -> bool) -> bool {
        match value {
            Value::Object(fields) => is(value) || fields.iter().any(|(_, value)| any(value, is)),
            Value::Array(values) => values.iter().any(|value| any(value, is)),
            _ => false,
        }
    }
    tools.iter().filter_map(|tool| tool.parameters.as_ref()).any(|parameters| any(parameters, &is))
}

/// Returns whether a schema of a tool nests objects more than [`MAX_OBJECTS`] levels, or can do so by references.
pub(super) fn are_deep(tools: &[Tool]) -> bool {
    fn is_deep(value: &Value<'_>, objects: usize) -> bool {
        match value {
            Value::Object(fields) => fields.iter().any(|(key, value)| match key.as_ref() {
                "$ref" => true,
                "properties" => objects == MAX_OBJECTS || is_deep(value, objects + 1),
                _ => is_deep(value, objects),
            }),
            Value::Array(values) => values.iter().any(|value| is_deep(value, objects)),
            _ => false,
        }
    }
    tools.iter().filter_map(|tool| tool.parameters.as_ref()).any(|parameters| is_deep(parameters, 0))
}

/// Returns whether a schema of a tool has something that [`Depth::Trimmed`] can leave out: a reference, or an object
/// without properties.
pub(super) fn can_be_trimmed(tools: &[Tool]) -> bool {
    any_object(tools, |object| {
        let is_object = object.get("type").and_then(Value::as_str) == Some("object");
        let has_properties =
            matches!(object.get("properties"), Some(properties) if *properties != Value::Object(Vec::new()));
        is_object && !has_properties || object.get("$ref").is_some()
    })
}

type Definitions = Vec<(Cow<'static, str>, Value<'static>)>;

struct Renderer<'t> {
    /// The definitions to which references in the tool's schema resolve.
    definitions: [&'t Definitions; 2],
    style: Style,
    /// The number of bytes that may still be shown.
    left: usize,
    nesting: usize,
    /// The number of objects around the current type.
    objects: usize,
    features: Features<'t>,
}

/// A schema merged with the targets of its references.
#[derive(Clone)]
struct Schema<'t> {
    fields: Vec<(&'t str, &'t Value<'static>)>,
    /// The type that replaces a list of types.
    only: Option<&'t str>,
    /// The number of references between the tool's schema and this one.
    references: usize,
    place: Place,
    /// The value itself, before its references were followed.
    value: &'t Value<'static>,
}

impl<'t> Schema<'t> {
    fn get(&self, key: &str) -> Option<&'t Value<'static>> {
        self.fields.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
    }

    fn text(&self, key: &str) -> Option<&'t str> {
        self.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    fn kind(&self) -> Option<&'t str> {
        self.only.or_else(|| self.get("type").and_then(Value::as_str))
    }

    fn properties(&self) -> &'t [(Cow<'static, str>, Value<'static>)] {
        match self.get("properties") {
            Some(Value::Object(fields)) => fields,
            _ => &[],
        }
    }
}

impl<'t> Renderer<'t> {
    fn function(&mut self, tool: &'t Tool) -> String {
        let mut text = String::new();
        tool.description.iter().for_each(|description| text.push_str(&comment(description)));
        let schema = tool.parameters.as_ref().map(|parameters| self.resolve(parameters, Place::Parameters, 0));
        match schema.filter(|schema| !schema.properties().is_empty()) {
            None => write_to(&mut text, format_args!("type {} = () => any;", tool.name)),
            Some(schema) => {
                let doc = doc(&schema);
                let object = self.object(&schema, 0);
                let separator = if doc.is_empty() { "" } else { "\n" };
                let doc = doc.trim_end_matches('\n');
                write_to(&mut text, format_args!("type {} = (_: {doc}{separator}{object}) => any;", tool.name));
            }
        }
        text
    }

    /// Follows references, of which `references` lead to the value already; fields beside a reference override those of
    /// its target.
    fn resolve(&mut self, value: &'t Value<'static>, place: Place, references: usize) -> Schema<'t> {
        let whole = value;
        let mut fields: Vec<(&str, &Value<'static>)> = Vec::new();
        let (mut value, mut references) = (value, references);
        while let Value::Object(own) = value {
            self.features.of_schema(own, place);
            for (key, value) in own {
                if key != "$ref" && !fields.iter().any(|(known, _)| known == key) {
                    fields.push((key, value));
                }
            }
            let target = value.get("$ref").and_then(Value::as_str).and_then(|reference| self.definition(reference));
            let Some(target) = target.filter(|_| references < self.style.references()) else {
                if value.get("$ref").is_some() {
                    self.features.shape("a reference", "not followed", None, value);
                }
                break;
            };
            references += 1;
            self.features.depth("references", references, target);
            value = target;
        }
        Schema { fields, only: None, references, place, value: whole }
    }

    fn definition(&self, reference: &str) -> Option<&'t Value<'static>> {
        let name = reference.rsplit('/').next()?;
        self.definitions.iter().flat_map(|fields| fields.iter()).find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Returns the text of a type; that of a union of several lines begins with a line break.
    fn type_of(&mut self, schema: &Schema<'t>, depth: usize) -> String {
        if schema.fields.is_empty() || depth > MAX_DEPTH || self.nesting > MAX_NESTING || self.left == 0 {
            return "any".to_owned();
        }
        self.nesting += 1;
        let text = self.type_text(schema, depth);
        self.nesting -= 1;
        self.left = self.left.saturating_sub(text.len());
        text
    }

    fn type_text(&mut self, schema: &Schema<'t>, depth: usize) -> String {
        for key in ["anyOf", "oneOf", "allOf"] {
            if let Some(Value::Array(members)) = schema.get(key) {
                let members: Vec<Schema<'t>> =
                    members.iter().map(|member| self.resolve(member, Place::Union, schema.references)).collect();
                return self.union(schema, members, false, depth);
            }
        }
        if let (None, Some(Value::Array(kinds))) = (schema.only, schema.get("type")) {
            return self.list(schema, kinds, depth);
        }
        if schema.only == Some("array") {
            return self.array(schema, depth);
        }
        if let Some(value) = schema.get("const") {
            return text_of(value, SPACED_UNICODE);
        }
        if let Some(Value::Array(values)) = schema.get("enum") {
            let values: Vec<String> = values.iter().map(|value| text_of(value, SPACED_UNICODE)).collect();
            return values.join(" | ");
        }
        match schema.kind() {
            Some(kind @ ("string" | "integer" | "number" | "boolean" | "null")) => kind.to_owned(),
            Some("array") => self.array(schema, depth),
            Some("object") => self.object(schema, depth + 1),
            _ if schema.get("properties").is_some() => self.object(schema, depth + 1),
            _ => "any".to_owned(),
        }
    }

    /// Returns the text of a list of types: a union of the same schema with each of them.
    fn list(&mut self, schema: &Schema<'t>, kinds: &'t [Value<'static>], depth: usize) -> String {
        let mut schema = schema.clone();
        if self.style.lists == TypeLists::Joined {
            schema.fields.retain(|(key, _)| !matches!(*key, "title" | "description"));
        }
        let member = |kind: &'t Value<'static>| Schema { only: kind.as_str(), ..schema.clone() };
        let members: Vec<Schema<'t>> = kinds.iter().map(member).collect();
        // Beside `enum` or `items`, each member has a line of its own: 7 of 7 recorded cases, all of one schema.
        let has_lines = has_enum_or_items(|key| schema.get(key));
        self.union(&schema, members, has_lines, depth)
    }

    fn array(&mut self, schema: &Schema<'t>, depth: usize) -> String {
        let Some(items) = schema.get("items") else {
            self.features.shape("an array", "without items", None, schema.value);
            return "any[]".to_owned();
        };
        let items = self.resolve(items, Place::Items, schema.references);
        let (doc, text) = (doc(&items), self.type_of(&items, depth + 1));
        if !doc.is_empty() || text.contains('\n') {
            let kind = if text.contains('\n') { "lines" } else { "items with a comment" };
            self.features.shape("an array", kind, None, schema.value);
            return format!("Array<\n{doc}{}\n>", text.trim_matches('\n'));
        }
        if text.contains(" | ") { format!("Array<{text}>") } else { format!("{text}[]") }
    }

    /// Returns the text of a union; `has_lines` gives each member a line of its own in any case.
    fn union(&mut self, of: &Schema<'t>, mut members: Vec<Schema<'t>>, has_lines: bool, depth: usize) -> String {
        for member in members.iter().filter(|member| self.style.depth != Depth::Full && is_empty_object(member)) {
            self.features.shape("an object without properties", "", Place::Union, member.value);
        }
        if members.iter().any(|member| !self.is_nothing(member)) {
            members.retain(|member| !self.is_nothing(member));
        }
        let mut docs = Vec::new();
        let mut types = Vec::new();
        for member in &members {
            let constraints = constraints(member);
            let more = if constraints.is_empty() { String::new() } else { format!("// {}\n", constraints.join(", ")) };
            docs.push(doc(member) + &more);
            types.push(self.type_of(member, depth));
        }
        if !has_lines && docs.iter().all(String::is_empty) && !types.iter().any(|text| text.contains('\n')) {
            self.features.shape("a union", "one line", of.place, of.value);
            return types.join(" | ");
        }
        self.features.shape("a union", "lines", of.place, of.value);
        let mut text = "\n".to_owned();
        for (doc, member) in docs.iter().zip(&types) {
            write_to(&mut text, format_args!("{doc} | {member}\n"));
        }
        text
    }

    fn object(&mut self, schema: &Schema<'t>, depth: usize) -> String {
        let additional = schema.get("additionalProperties");
        let open = matches!(additional, Some(Value::Bool(true) | Value::Object(_)));
        if schema.properties().is_empty() && !open {
            self.features.shape("an object without properties", "shown", schema.place, schema.value);
            return "object".to_owned();
        }
        if self.style.depth == Depth::Shallow && self.objects >= MAX_OBJECTS {
            return "any".to_owned();
        }
        self.objects += 1;
        self.features.depth("objects", self.objects, schema.value);
        let text = self.fields(schema, additional.filter(|_| open), depth);
        self.objects -= 1;
        text
    }

    /// Returns the text of an object with properties, or with values of any name.
    fn fields(&mut self, schema: &Schema<'t>, others: Option<&'t Value<'static>>, depth: usize) -> String {
        let required: Vec<&str> = match schema.get("required") {
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let required: HashSet<&str> = required.into_iter().collect();
        let mut rows = Vec::new();
        for (key, value) in schema.properties() {
            self.features.of_key(key, value);
            let value = self.resolve(value, Place::Property, schema.references);
            if self.is_nothing(&value) {
                self.features.shape("an object without properties", "", Place::Property, value.value);
            } else {
                rows.push(self.property(key, required.contains(key.as_ref()), &value, depth));
            }
        }
        if let Some(value) = others {
            let kind = match value {
                Value::Object(fields) if !fields.is_empty() => {
                    let schema = self.resolve(value, Place::Values, schema.references);
                    self.type_of(&schema, depth)
                }
                _ => "any".to_owned(),
            };
            rows.push(Row { before: String::new(), text: format!("[k: string]: {kind}"), after: String::new() });
        }
        if rows.iter().all(|row| row.before.is_empty() && row.after.is_empty() && !row.text.contains('\n')) {
            let rows: Vec<String> = rows.into_iter().map(|row| row.text).collect();
            self.features.shape("an object", "one line", schema.place, schema.value);
            return format!("{{ {} }}", rows.join(", "));
        }
        self.features.shape("an object", "lines", schema.place, schema.value);
        let mut text = "{\n".to_owned();
        for Row { before, text: row, after } in rows {
            write_to(&mut text, format_args!("{before}{row},{after}\n"));
        }
        text + "}"
    }

    /// Returns whether a schema is an object without properties, which models are not shown: a property of that type is
    /// left out, and so is a member of a union. 38 of 38 recorded cases in which it matters, of one project.
    fn is_nothing(&self, schema: &Schema<'_>) -> bool {
        self.style.depth != Depth::Full && is_empty_object(schema)
    }

    fn property(&mut self, key: &str, is_required: bool, schema: &Schema<'t>, depth: usize) -> Row {
        let (mut before, kind) = (doc(schema), self.type_of(schema, depth));
        let mut remarks = constraints(schema);
        if let Some(default) = schema.get("default") {
            remarks.push(format!("default: {}", text_of(default, SPACED_UNICODE)));
        }
        let mut after = String::new();
        match remarks.is_empty() {
            true => {}
            false if kind.contains('\n') => {
                self.features.shape("a remark", "beside lines", None, schema.value);
                write_to(&mut before, format_args!("// {}\n", remarks.join(", ")))
            }
            false => after = format!(" // {}", remarks.join(", ")),
        }
        let mark = if is_required { "" } else { "?" };
        let space = if kind.starts_with('\n') { "" } else { " " };
        Row { before, text: format!("{key}{mark}:{space}{kind}"), after }
    }
}

fn is_empty_object(schema: &Schema<'_>) -> bool {
    schema.kind() == Some("object") && schema.properties().is_empty()
}

/// The lines that show one property.
struct Row {
    before: String,
    text: String,
    after: String,
}

/// Returns the title and the description as comments.
fn doc(schema: &Schema<'_>) -> String {
    let mut text = String::new();
    if let Some(title) = schema.text("title") {
        write_to(&mut text, format_args!("// {title}\n"));
    }
    let description = schema.text("description").map(comment).unwrap_or_default();
    if !text.is_empty() && !description.is_empty() {
        text.push_str("//\n");
    }
    text.push_str(&description);
    text + &examples(schema)
}

/// Returns the examples as comments, a line for each: 15 of 15 recorded cases, of one project.
fn examples(schema: &Schema<'_>) -> String {
    let Some(Value::Array(examples)) = schema.get("examples") else { return String::new() };
    let lines = examples.iter().map(|example| format!("// - {}\n", text_of(example, SPACED_UNICODE)));
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("// Examples:\n{lines}") }
}

/// Returns a text as comments: `//` and each line trimmed, without blank lines at its ends. 18 of 18 recorded cases in
/// which it matters, from 2 projects.
pub(super) fn comment(text: &str) -> String {
    let mut comment = String::new();
    for line in text.trim().lines().map(str::trim) {
        comment.push_str(if line.is_empty() { "//" } else { "// " });
        comment.push_str(line);
        comment.push('\n');
    }
    comment
}

/// Returns the minimum and maximum of a number, and the format of a string.
fn constraints(schema: &Schema<'_>) -> Vec<String> {
    let bound = |key: &str| match schema.get(key) {
        Some(Value::Number(number)) => number.as_f64().map(|number| format!("{key}: {}", float_text(number))),
        _ => None,
    };
    let bounds = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"].into_iter().filter_map(bound);
    bounds.chain(schema.text("format").map(|format| format!("format: {}", quoted(format)))).collect()
}

fn write_to(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = text.write_fmt(what);
}

/// Returns the text in which a model is shown the schema that its answer must follow.
pub(super) fn answer(schema: &crate::request::AnswerSchema) -> String {
    let mut text = format!("## {}\n\n", schema.name);
    schema.description.iter().for_each(|description| text.push_str(&comment(description)));
    text.push_str(&text_of(&without_checks(&schema.schema, Level::Schema), COMPACT));
    text
}

/// Keys of a schema that the model is not shown.
const HIDDEN: &[&str] = &[
    "$schema",
    "additionalProperties",
    "default",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "required",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Schema,
    /// An object whose keys are names, not keywords of JSON Schema.
    Names,
    /// A value that is shown as it is.
    Value,
}

fn without_checks(value: &Value<'static>, place: Level) -> Value<'static> {
    match value {
        Value::Object(fields) if place != Level::Value => {
            let shown = fields.iter().filter(|(key, _)| place == Level::Names || !HIDDEN.contains(&key.as_ref()));
            let inside = |key: &str, value: &Value<'_>| match (place, key, value) {
                (Level::Schema, "properties" | "$defs" | "definitions", Value::Object(_)) => Level::Names,
                (Level::Schema, "enum" | "const", _) => Level::Value,
                _ => Level::Schema,
            };
            let field = |(key, value): &(Cow<'static, str>, Value<'static>)| {
                (key.clone(), without_checks(value, inside(key, value)))
            };
            Value::Object(shown.map(field).collect())
        }
        Value::Array(values) if place != Level::Value => {
            Value::Array(values.iter().map(|value| without_checks(value, Level::Schema)).collect())
        }
        other => other.clone(),
    }
}
