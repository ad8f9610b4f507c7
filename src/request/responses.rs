//! The reader of the Responses API: `instructions`, and `input` as text or as items.

use super::chat::read_role;
use super::notes::{Notes, kind, length, missing, text, whole_number};
use super::{
    Api, Call, CallResult, Compaction, Format, Input, Item, Message, OutputLimit, Part, Reasoning, Request, Role,
    content, tool,
};
use crate::error::Result;
use crate::json::{Fields, Path, Value, unique};

/// The fields of a body that cost no input tokens, by OpenAI's API reference and the recorded usage.
const FREE_FIELDS: &[&str] = &[
    "background",
    "include",
    "max_tool_calls",
    "metadata",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "stream",
    "stream_options",
    "temperature",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

/// The fields of a body that are assumed to cost nothing, although few recorded requests have them.
const UNPROVEN_FIELDS: &[(&str, &str)] =
    &[("context_management", "the field context_management"), ("moderation", "the field moderation")];

/// The fields of a body whose tokens are not counted, and the reasons.
const UNCOUNTED_FIELDS: &[(&str, &str)] = &[
    ("conversation", "a conversation stored on the server is billed, and is not in the request"),
    ("previous_response_id", "previous responses are billed, and are not in the request"),
    ("prompt", "a prompt stored on the server is billed, and is not in the request"),
];

/// Reads the body of a request.
pub(super) fn read_body(fields: Fields<'_>, path: &Path<'_>) -> Result<Request> {
    let mut reader = Reader::new();
    reader.body(fields, path)?;
    Ok(reader.finish())
}

/// Reads an array of input items.
pub(super) fn read_items(items: Vec<Value<'_>>, path: &Path<'_>) -> Result<Request> {
    let mut reader = Reader::new();
    reader.items(items, path)?;
    Ok(Request { format: Format::Items, ..reader.finish() })
}

/// Returns whether an array is one of input items, which Chat Completions would not accept.
pub(super) fn is_items(values: &[Value<'_>]) -> bool {
    let parts = |value: &Value<'_>| match value.get("content") {
        Some(Value::Array(parts)) => parts.iter().any(|part| {
            let kind = part.get("type").and_then(Value::as_str);
            kind.is_some_and(|kind| kind.starts_with("input_") || kind == "output_text")
        }),
        _ => false,
    };
    values.iter().any(|value| (value.get("type").is_some() && value.get("role").is_none()) || parts(value))
}

struct Reader {
    instructions: Option<Item>,
    items: Vec<Item>,
    request: Request,
    notes: Notes,
}

impl Reader {
    fn new() -> Reader {
        let request = Request { api: Some(Api::Responses), ..Request::new(Input::Conversation(Vec::new())) };
        Reader { instructions: None, items: Vec::new(), request, notes: Notes::default() }
    }

    fn body(&mut self, fields: Fields<'_>, path: &Path<'_>) -> Result<()> {
        for (key, value) in unique(fields, path)? {
            let path = path.key(&key);
            let request = &mut self.request;
            match key.as_ref() {
                "input" => match value {
                    Value::String(text) => self.items.push(message(Role::User, text.into_owned(), &path)),
                    Value::Array(items) => self.items(items, &path)?,
                    Value::Null => {}
                    other => return Err(path.expected("text, or an array of items", &other)),
                },
                "instructions" => match text(value, &path)? {
                    Some(text) if !text.is_empty() => self.instructions = Some(message(Role::System, text, &path)),
                    _ => {}
                },
                "model" => request.model = text(value, &path)?,
                "max_output_tokens" => {
                    let tokens = whole_number(&value, u64::from(u32::MAX), &path)?;
                    request.output_limit = tokens.map(|tokens| OutputLimit { tokens, field: "max_output_tokens" });
                }
                "service_tier" => request.service_tier = text(value, &path)?,
                "text" => self.format(value, &path)?,
                "tools" => tool::read_all(value, &path)?.add_to(request),
                "tool_choice" => request.tool_choice = tool::read_choice(&value),
                "store" => request.is_stored = value != Value::Bool(false),
                "parallel_tool_calls" => request.parallel_calls = value != Value::Bool(false),
                "reasoning" => self.reasoning(&value, &path),
                key if FREE_FIELDS.contains(&key) => {}
                key => match UNPROVEN_FIELDS.iter().find(|(known, _)| *known == key) {
                    Some((_, feature)) => self.notes.unproven(feature, length(&value)),
                    None => self.notes.other_field(UNCOUNTED_FIELDS, &value, &path),
                },
            }
        }
        Ok(())
    }

    fn items(&mut self, items: Vec<Value<'_>>, path: &Path<'_>) -> Result<()> {
        for (index, value) in items.into_iter().enumerate() {
            self.item(value, &path.index(index))?;
        }
        Ok(())
    }

    fn item(&mut self, value: Value<'_>, path: &Path<'_>) -> Result<()> {
        let value = match value {
            Value::Object(fields) => Value::Object(unique(fields, path)?),
            other => return Err(path.expected("an item, such as {\"role\": \"user\", \"content\": \"…\"}", &other)),
        };
        let item = match kind(&value, path)? {
            None | Some("message") => self.message(value, path)?,
            Some("function_call") => stored_call(tool::read_call(&value, path)?, &value),
            Some("custom_tool_call") => stored_call(tool::read_custom_call(&value, path)?, &value),
            Some("function_call_output" | "custom_tool_call_output") => self.output(value, path)?,
            Some("reasoning") => {
                let encrypted = value.get("encrypted_content").and_then(Value::as_str).map(encrypted_length);
                let has_summary = matches!(value.get("summary"), Some(Value::Array(parts)) if !parts.is_empty());
                Item::Reasoning(Reasoning { encrypted, has_summary, path: path.to_string() })
            }
            Some("compaction") => match value.get("encrypted_content").and_then(Value::as_str) {
                Some(text) => {
                    Item::Compaction(Compaction { encrypted: encrypted_length(text), path: path.to_string() })
                }
                None => return self.other(path, "a compacted conversation that is stored on the server"),
            },
            Some("web_search_call") => {
                self.request.past_searches.push(path.to_string());
                return Ok(());
            }
            Some(_) => return self.other(path, "an item of a built-in tool, or of unknown type"),
        };
        self.items.push(item);
        Ok(())
    }

    fn other(&mut self, path: &Path<'_>, reason: &str) -> Result<()> {
        self.notes.uncounted(path, reason);
        Ok(())
    }

    fn message(&mut self, value: Value<'_>, path: &Path<'_>) -> Result<Item> {
        let Value::Object(fields) = value else { return Err(path.expected("an item", &value)) };
        let (mut role, mut content) = (None, None);
        for (key, value) in fields {
            let path = path.key(&key);
            match key.as_ref() {
                "role" => role = Some(read_role(value, &path)?),
                "content" => content = Some(content::read(value, &path, &mut self.notes)?),
                "type" | "id" | "status" | "phase" => {}
                _ => self.notes.other_field(&[], &value, &path),
            }
        }
        let role = role.ok_or_else(|| missing("role", path))?;
        let content = content.ok_or_else(|| missing("content", path))?;
        let (name, calls, function_call, path) = (None, Vec::new(), None, path.to_string());
        Ok(Item::Message(Message { role, name, content, calls, function_call, path }))
    }

    fn output(&mut self, value: Value<'_>, path: &Path<'_>) -> Result<Item> {
        let call = value.get("call_id").and_then(Value::as_str).map(str::to_owned);
        let Value::Object(fields) = value else { return Err(path.expected("an item", &value)) };
        let output = fields.into_iter().find(|(key, _)| key == "output");
        let (_, output) = output.ok_or_else(|| missing("output", path))?;
        let content = content::read(output, &path.key("output"), &mut self.notes)?;
        Ok(Item::Result(CallResult { call, content, path: path.to_string() }))
    }

    fn format(&mut self, value: Value<'_>, path: &Path<'_>) -> Result<()> {
        let Value::Object(fields) = value else { return Ok(()) };
        let Some((_, format)) = fields.into_iter().find(|(key, _)| key == "format") else { return Ok(()) };
        let path = path.key("format");
        match kind(&format, &path)? {
            None | Some("text" | "json_object") => {}
            Some("json_schema") => self.request.answer = Some(tool::read_schema(format, &path)?),
            Some(_) => self.notes.uncounted(&path, "a format of unknown type"),
        }
        Ok(())
    }

    fn reasoning(&mut self, value: &Value<'_>, path: &Path<'_>) {
        self.request.all_reasoning = value.get("context").and_then(Value::as_str) == Some("all_turns");
        if value.get("mode").and_then(Value::as_str) == Some("pro") {
            self.notes
                .uncounted(&path.key("mode"), "the mode `pro`: 1,514 to 1,531 tokens more in 5 of 5 recorded requests");
        }
    }

    fn finish(self) -> Request {
        let items = self.instructions.into_iter().chain(self.items).collect();
        self.notes.finish(Request { input: Input::Conversation(items), ..self.request })
    }
}

fn message(role: Role, text: String, path: &Path<'_>) -> Item {
    let content = vec![Part::Text(text)];
    let (name, calls, function_call, path) = (None, Vec::new(), None, path.to_string());
    Item::Message(Message { role, name, content, calls, function_call, path })
}

/// Returns a call with the id by which its result refers to it, and whether it is stored on the server.
fn stored_call(call: Call, value: &Value<'_>) -> Item {
    let id = value.get("call_id").and_then(Value::as_str).map(str::to_owned);
    let is_stored = matches!(value.get("id"), Some(Value::String(_)));
    Item::Call(Call { id, is_stored, ..call })
}

/// Returns the length of an encrypted text, in characters. A recording may contain only the length.
fn encrypted_length(text: &str) -> usize {
    text.strip_prefix("elided;chars=").and_then(|length| length.parse().ok()).unwrap_or(text.len())
}
