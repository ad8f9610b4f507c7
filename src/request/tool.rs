//! Tools, the choice of tools, calls, and the schema of an answer, which all formats share.

use std::borrow::Cow;
use std::sync::Arc;

use super::notes::{Notes, kind, missing, text};
use super::{Call, Request, repeated, tree};
use crate::error::Result;
use crate::json::{Path, Value};

/// The fields of a function, beside those that the model is shown, that cost nothing. `strict` has been in thousands of
/// recorded requests that are counted exactly.
const FREE_FIELDS: &[&str] = &["cache_control", "strict", "type"];

/// A tool that the model may call.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Tool {
    /// The function's name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// The JSON schema of its arguments.
    pub(crate) parameters: Option<Value<'static>>,
    /// The fields that are not known: whether the model is shown them is not known either.
    pub(crate) unknown: Vec<(String, Value<'static>)>,
    /// The path in its JSON text, such as `tools[0].function`.
    pub path: String,
}

impl Tool {
    /// Returns a function that the model may call. `parameters` is the JSON schema of its arguments; null for a
    /// function without any.
    ///
    /// The schema is counted in the order of the value's keys: see [`Request::from_value`].
    ///
    /// ```
    /// use gpt_cost::request::Tool;
    /// use serde_json::json;
    ///
    /// let parameters = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    /// let tool = Tool::function("weather", "The weather in a city, now.", parameters);
    /// assert_eq!(tool.name, "weather");
    /// ```
    pub fn function(name: impl Into<String>, description: impl Into<String>, parameters: serde_json::Value) -> Tool {
        let description = Some(description.into()).filter(|text| !text.is_empty());
        let parameters = (!parameters.is_null()).then(|| tree::owned(&parameters));
        Tool { name: name.into(), description, parameters, unknown: Vec::new(), path: String::new() }
    }
}

/// A custom tool: the model calls it with free text, which a grammar can restrict.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CustomTool {
    /// The tool's name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// The grammar of its input.
    pub grammar: Option<String>,
    /// The path in its JSON text, such as `tools[0]`.
    pub path: String,
}

impl CustomTool {
    /// Returns a custom tool without a grammar.
    ///
    /// ```
    /// use gpt_cost::request::CustomTool;
    ///
    /// let tool = CustomTool::new("shell", "Runs a command.");
    /// assert_eq!((tool.name.as_str(), tool.grammar), ("shell", None));
    /// ```
    pub fn new(name: impl Into<String>, description: impl Into<String>) -> CustomTool {
        let description = Some(description.into()).filter(|text| !text.is_empty());
        CustomTool { name: name.into(), description, grammar: None, path: String::new() }
    }

    /// Sets the grammar of the tool's input.
    ///
    /// ```
    /// use gpt_cost::request::CustomTool;
    ///
    /// let tool = CustomTool::new("adder", "Adds.").grammar("start: NUMBER \"+\" NUMBER");
    /// assert!(tool.grammar.is_some());
    /// ```
    #[must_use]
    pub fn grammar(self, definition: impl Into<String>) -> CustomTool {
        CustomTool { grammar: Some(definition.into()), ..self }
    }
}

/// A tool of OpenAI's own.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BuiltIn {
    /// Its type, such as `web_search_preview`.
    pub kind: String,
    /// The path in its JSON text, such as `tools[0]`.
    pub path: String,
}

/// The tools that the model must call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ToolChoice {
    /// Any tools, or none.
    Auto,
    /// No tool.
    None,
    /// At least one tool.
    Required,
    /// The tool with this name.
    Named(String),
}

/// The schema that an answer must follow.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AnswerSchema {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// The JSON schema.
    pub(crate) schema: Value<'static>,
    /// The path in its JSON text.
    pub path: String,
}

impl AnswerSchema {
    /// Returns the schema of an answer. It is counted in the order of the value's keys: see [`Request::from_value`].
    ///
    /// ```
    /// use gpt_cost::request::AnswerSchema;
    /// use serde_json::json;
    ///
    /// let schema = AnswerSchema::new("city", json!({"type": "object", "properties": {"name": {"type": "string"}}}));
    /// assert_eq!(schema.name, "city");
    /// ```
    pub fn new(name: impl Into<String>, schema: serde_json::Value) -> AnswerSchema {
        AnswerSchema { name: name.into(), description: None, schema: tree::owned(&schema), path: String::new() }
    }

    /// Sets the description.
    ///
    /// ```
    /// use gpt_cost::request::AnswerSchema;
    /// use serde_json::json;
    ///
    /// let schema = AnswerSchema::new("city", json!({"type": "object"})).description("A city.");
    /// assert_eq!(schema.description.as_deref(), Some("A city."));
    /// ```
    #[must_use]
    pub fn description(self, description: impl Into<String>) -> AnswerSchema {
        AnswerSchema { description: Some(description.into()), ..self }
    }
}

/// The tools of all kinds.
#[derive(Clone, Default)]
pub(super) struct Tools {
    functions: Arc<Vec<Tool>>,
    custom: Vec<CustomTool>,
    built_in: Vec<BuiltIn>,
}

impl Tools {
    /// Adds the tools to those of a request.
    pub(super) fn add_to(self, request: &mut Request) {
        if request.tools.is_empty() {
            request.tools = self.functions;
        } else {
            Arc::make_mut(&mut request.tools).extend(self.functions.iter().cloned());
        }
        request.custom_tools.extend(self.custom);
        request.built_in.extend(self.built_in);
    }
}

/// Reads the array `tools`. In Chat Completions, a function is an object of its own in its tool; in Responses, it is the
/// tool.
pub(super) fn read_all(value: Value<'_>, path: &Path<'_>) -> Result<Tools> {
    match value {
        Value::Null => Ok(Tools::default()),
        Value::Array(_) => repeated::tools(value, path, |value| read_tools(value, path)),
        other => Err(path.expected("an array of tools", &other)),
    }
}

fn read_tools(value: Value<'_>, path: &Path<'_>) -> Result<Tools> {
    let Value::Array(values) = value else { return Ok(Tools::default()) };
    let (mut functions, mut custom, mut built_in) = (Vec::new(), Vec::new(), Vec::new());
    for (index, value) in values.into_iter().enumerate() {
        let path = path.index(index);
        let kind = kind(&value, &path)?.unwrap_or("function").to_owned();
        let Value::Object(mut fields) = value else {
            return Err(path.expected("a tool, such as {\"type\": \"function\", …}", &value));
        };
        let inner = fields.iter().position(|(key, _)| *key == kind).map(|at| fields.swap_remove(at).1);
        let path_inside = if inner.is_some() { path.key(&kind) } else { path };
        let (definition, beside) = match inner {
            Some(definition) => (definition, fields),
            None => (Value::Object(fields), Vec::new()),
        };
        match kind.as_str() {
            "function" => {
                let mut tool = read(definition, &path_inside)?;
                if let Value::Object(fields) = Value::Object(beside).into_owned(&path)? {
                    tool.unknown.extend(fields.into_iter().filter_map(unknown));
                }
                functions.push(tool);
            }
            "custom" => custom.push(read_custom(&definition, &path_inside)?),
            _ => built_in.push(BuiltIn { kind, path: path.to_string() }),
        }
    }
    Ok(Tools { functions: Arc::new(functions), custom, built_in })
}

/// Reads a custom tool. Its grammar is in `format`, in Chat Completions one object deeper.
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

/// Reads the array `functions`: the form of `tools` until November 2023.
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
    let (mut name, mut description, mut parameters, mut others) = (None, None, None, Vec::new());
    for (key, value) in fields {
        match key.as_ref() {
            "name" => name = text(value, &path.key("name"))?,
            "description" => description = text(value, &path.key("description"))?,
            "parameters" => parameters = (value != Value::Null).then_some(value),
            _ => others.extend(unknown((key, value))),
        }
    }
    let name = name.ok_or_else(|| missing("name", path))?;
    let description = description.filter(|text| !text.is_empty());
    Ok(Tool { name, description, parameters, unknown: others, path: path.to_string() })
}

/// Returns a field of a function, or of the object around it, if it is not one of those that are known to cost nothing
/// and is not empty.
fn unknown((key, value): (Cow<'static, str>, Value<'static>)) -> Option<(String, Value<'static>)> {
    let is_free = FREE_FIELDS.contains(&key.as_ref()) || value.is_null_or_empty();
    (!is_free).then(|| (key.into_owned(), value))
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
pub(super) fn read_schema(value: Value<'_>, path: &Path<'_>) -> Result<Arc<AnswerSchema>> {
    repeated::answer(value, path, |value| read_answer(value, path))
}

fn read_answer(value: Value<'_>, path: &Path<'_>) -> Result<AnswerSchema> {
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
