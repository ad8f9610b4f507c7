//! Writes a conversation as the tree of a body of Chat Completions, which [`super::chat`] reads.

use std::borrow::Cow;

use super::{AnswerSchema, Call, CallResult, CustomTool, Detail, Image, Item, Message, Part, Tool, ToolChoice};
use crate::error::Result;
use crate::json::{Path, Value};

/// Returns the tree of a message. JSON has no fields for the sizes of images, audio and files: these parts are added to
/// `media`.
pub(super) fn message(item: Item, media: &mut Vec<Part>, path: &Path<'_>) -> Result<Value<'static>> {
    match item {
        Item::Message(Message { role, name, content, calls, function_call, .. }) => Ok(object([
            ("role", Some(text(role.as_str()))),
            ("name", name.map(text)),
            ("content", Some(parts(content, media))),
            ("tool_calls", (!calls.is_empty()).then(|| Value::Array(calls.into_iter().map(tool_call).collect()))),
            ("function_call", function_call.map(function)),
        ])),
        Item::Result(CallResult { call, content, .. }) => Ok(object([
            ("role", Some(text("tool"))),
            ("tool_call_id", call.map(text)),
            ("content", Some(parts(content, media))),
        ])),
        Item::Call(_) | Item::Reasoning(_) | Item::Compaction(_) => {
            Err(path.error("expected a message or the result of a call, found an item of the Responses API"))
        }
    }
}

/// Returns the tree of a function that the model may call.
pub(super) fn tool(Tool { name, description, parameters, unknown, .. }: Tool) -> Value<'static> {
    let known = [("name", Some(text(name))), ("description", description.map(text)), ("parameters", parameters)];
    let known = known.into_iter().filter_map(|(key, value)| Some((Cow::Borrowed(key), value?)));
    let unknown = unknown.into_iter().map(|(key, value)| (Cow::Owned(key), value));
    let function = Value::Object(known.chain(unknown).collect());
    object([("type", Some(text("function"))), ("function", Some(function))])
}

/// Returns the tree of a custom tool.
pub(super) fn custom_tool(CustomTool { name, description, grammar, .. }: CustomTool) -> Value<'static> {
    let definition = grammar.map(|grammar| object([("definition", Some(text(grammar)))]));
    let format = definition.map(|grammar| object([("type", Some(text("grammar"))), ("grammar", Some(grammar))]));
    let fields = [("name", Some(text(name))), ("description", description.map(text)), ("format", format)];
    object([("type", Some(text("custom"))), ("custom", Some(object(fields)))])
}

/// Returns the tree of a choice of tools.
pub(super) fn tool_choice(choice: ToolChoice) -> Value<'static> {
    match choice {
        ToolChoice::Auto => text("auto"),
        ToolChoice::None => text("none"),
        ToolChoice::Required => text("required"),
        ToolChoice::Named(name) => {
            object([("type", Some(text("function"))), ("function", Some(object([("name", Some(text(name)))])))])
        }
    }
}

/// Returns the tree of the response format with this schema.
pub(super) fn response_format(AnswerSchema { name, description, schema, .. }: AnswerSchema) -> Value<'static> {
    let fields = [("name", Some(text(name))), ("description", description.map(text)), ("schema", Some(schema))];
    object([("type", Some(text("json_schema"))), ("json_schema", Some(object(fields)))])
}

/// Returns the tree of a text.
pub(super) fn text(text: impl Into<Cow<'static, str>>) -> Value<'static> {
    Value::String(text.into())
}

/// Returns whether a part is an image, audio or a file.
pub(super) fn is_medium(part: &Part) -> bool {
    matches!(part, Part::Image(_) | Part::Audio(_) | Part::File(_))
}

fn parts(mut content: Vec<Part>, media: &mut Vec<Part>) -> Value<'static> {
    match content.as_mut_slice() {
        [] => Value::Null,
        [Part::Text(only)] => text(std::mem::take(only)),
        _ => Value::Array(content.into_iter().map(|one| part(one, media)).collect()),
    }
}

fn part(part: Part, media: &mut Vec<Part>) -> Value<'static> {
    if is_medium(&part) {
        media.push(part.clone());
    }
    match part {
        Part::Text(value) => object([("type", Some(text("text"))), ("text", Some(text(value)))]),
        Part::Image(Image { detail, .. }) => {
            let detail = (detail != Detail::Auto).then(|| text(detail.as_str()));
            let image = object([("url", Some(text(""))), ("detail", detail)]);
            object([("type", Some(text("image_url"))), ("image_url", Some(image))])
        }
        Part::Audio(_) => object([("type", Some(text("input_audio")))]),
        Part::File(_) => object([("type", Some(text("file")))]),
        // The reader does not know this type, and reads it as a part that is not counted.
        Part::Uncounted => object([("type", Some(text("uncounted")))]),
    }
}

fn tool_call(mut call: Call) -> Value<'static> {
    let id = call.id.take().map(text);
    match call.is_custom {
        true => {
            let fields = [("name", Some(text(call.name))), ("input", Some(text(call.arguments)))];
            object([("id", id), ("type", Some(text("custom"))), ("custom", Some(object(fields)))])
        }
        false => object([("id", id), ("type", Some(text("function"))), ("function", Some(function(call)))]),
    }
}

fn function(call: Call) -> Value<'static> {
    object([("name", Some(text(call.name))), ("arguments", Some(text(call.arguments)))])
}

/// Returns an object with the fields that have a value.
fn object<const N: usize>(fields: [(&'static str, Option<Value<'static>>); N]) -> Value<'static> {
    Value::Object(fields.into_iter().filter_map(|(key, value)| Some((Cow::Borrowed(key), value?))).collect())
}
