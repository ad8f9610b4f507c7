//! Tools, the choice among them, calls, and the schema of an answer, which the formats write alike.

use super::notes::{Notes, kind, missing, text};
use super::{AnswerSchema, BuiltIn, Call, CustomTool, Request, Tool, ToolChoice};
use crate::error::Result;
use crate::json::{Path, Value};

/// Reads the array `tools` into the request. In Chat Completions, a function is an object of its own in its tool; in Responses, it is the
/// tool.
pub(super) fn read_all(value: Value<'_>, path: &Path<'_>, request: &mut Request) -> Result<()> {
    let values = match value {
        Value::Null => return Ok(()),
        Value::Array(values) => values,
        other => return Err(path.expected("an array of tools", &other)),
    };
    for (index, value) in values.into_iter().enumerate() {
        let path = path.index(index);
        let kind = kind(&value, &path)?.unwrap_or("function").to_owned();
        let Value::Object(mut fields) = value else {
            return Err(path.expected("a tool, such as {\"type\": \"function\", …}", &value));
        };
        let inner = fields.iter().position(|(key, _)| *key == kind).map(|at| fields.swap_remove(at).1);
        let path_inside = if inner.is_some() { path.key(&kind) } else { path };
        let definition = inner.unwrap_or(Value::Object(fields));
        match kind.as_str() {
            "function" => request.tools.push(read(definition, &path_inside)?),
            "custom" => request.custom_tools.push(read_custom(&definition, &path_inside)?),
            _ => request.built_in.push(BuiltIn { kind, path: path.to_string() }),
        }
    }
    Ok(())
}

/// Reads a custom tool. Its grammar stands in `format`, in Chat Completions one object deeper.
fn read_custom(value: &Value<'_>, path: &Path<'_>) -> Result<CustomTool> {
    let string = |value: Option<&Value<'_>>, key: &str| match value.and_then(|value| value.get(key)) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone().into_owned())),
        Some(other) => Err(path.key(key).expected("a string", other)),
    };
    let format = value.get("format");
    Ok(CustomTool {
        name: string(Some(value), "name")?.ok_or_else(|| missing("name", path))?,
        description: string(Some(value), "description")?,
        grammar: string(format.and_then(|format| format.get("grammar")).or(format), "definition")?,
        path: path.to_string(),
    })
}

/// Reads the array `functions`: what `tools` was until November 2023.
pub(super) fn read_functions(value: Value<'_>, path: &Path<'_>) -> Result<Vec<Tool>> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(values) => {
            values.into_iter().enumerate().map(|(index, value)| read(value, &path.index(index))).collect()
        }
        other => Err(path.expected("an array of functions", &other)),
    }
}

fn read(value: Value<'_>, path: &Path<'_>) -> Result<Tool> {
    let Value::Object(fields) = value.into_owned(path)? else {
        return Err(path.error("expected a function, such as {\"name\": \"…\", \"parameters\": {…}}"));
    };
    let (mut name, mut description, mut parameters) = (None, None, None);
    for (key, value) in fields {
        match key.as_ref() {
            "name" => name = text(value, &path.key("name"))?,
            "description" => description = text(value, &path.key("description"))?,
            "parameters" => parameters = (value != Value::Null).then_some(value),
            _ => {}
        }
    }
    let name = name.ok_or_else(|| missing("name", path))?;
    Ok(Tool { name, description: description.filter(|text| !text.is_empty()), parameters, path: path.to_string() })
}

/// Reads `tool_choice` or `function_call`.
pub(super) fn read_choice(value: &Value<'_>) -> ToolChoice {
    match value {
        Value::String(word) => match word.as_ref() {
            "none" => ToolChoice::None,
            "required" | "any" => ToolChoice::Required,
            _ => ToolChoice::Auto,
        },
        Value::Object(_) if value.get("type").and_then(Value::as_str) == Some("allowed_tools") => ToolChoice::Auto,
        Value::Object(_) => {
            let name = value.get("function").and_then(|function| function.get("name")).or(value.get("name"));
            name.and_then(Value::as_str).map_or(ToolChoice::Auto, |name| ToolChoice::Named(name.to_owned()))
        }
        _ => ToolChoice::Auto,
    }
}

/// Reads a message's `tool_calls`.
pub(super) fn read_calls(value: Value<'_>, path: &Path<'_>, notes: &mut Notes) -> Result<Vec<Call>> {
    let values = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(values) => values,
        other => return Err(path.expected("an array of calls", &other)),
    };
    let mut calls = Vec::new();
    for (index, value) in values.into_iter().enumerate() {
        let path = path.index(index);
        match (kind(&value, &path)?, value.get("function")) {
            (None | Some("function"), Some(function)) => {
                let mut call = read_call(function, &path.key("function"))?;
                call.id = value.get("id").and_then(Value::as_str).map(str::to_owned);
                calls.push(call);
            }
            (None | Some("function"), None) => return Err(missing("function", &path)),
            _ => notes.uncounted(&path, "a call of a tool that is no function"),
        }
    }
    Ok(calls)
}

/// Reads a call's name and arguments.
pub(super) fn read_call(value: &Value<'_>, path: &Path<'_>) -> Result<Call> {
    call(value, "arguments", path)
}

/// Reads a call of a custom tool: its name and input.
pub(super) fn read_custom_call(value: &Value<'_>, path: &Path<'_>) -> Result<Call> {
    Ok(Call { is_custom: true, ..call(value, "input", path)? })
}

fn call(value: &Value<'_>, field: &str, path: &Path<'_>) -> Result<Call> {
    let name = match value.get("name") {
        Some(Value::String(name)) => name.clone().into_owned(),
        Some(other) => return Err(path.key("name").expected("a string", other)),
        None => return Err(missing("name", path)),
    };
    let arguments = match value.get(field) {
        Some(Value::String(arguments)) => arguments.clone().into_owned(),
        None | Some(Value::Null) => String::new(),
        Some(other) => return Err(path.key(field).expected("a string", other)),
    };
    Ok(Call { id: None, name, arguments, is_custom: false, is_stored: false, path: path.to_string() })
}

/// Reads the schema of an answer: an object with `name`, `schema` and perhaps `description`.
pub(super) fn read_schema(value: Value<'_>, path: &Path<'_>) -> Result<AnswerSchema> {
    let value = value.into_owned(path)?;
    let Value::Object(fields) = value else { return Err(path.expected("an object", &value)) };
    let (mut name, mut description, mut schema) = (None, None, Value::Object(Vec::new()));
    for (key, value) in fields {
        match (key.as_ref(), value) {
            ("name", value) => name = text(value, &path.key("name"))?,
            ("description", value) => description = text(value, &path.key("description"))?,
            ("schema", value @ Value::Object(_)) => schema = value,
            _ => {}
        }
    }
    let description = description.filter(|text| !text.is_empty());
    Ok(AnswerSchema { name: name.unwrap_or_default(), description, schema, path: path.to_string() })
}
