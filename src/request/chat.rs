//! The reader of Chat Completions: an array of messages, or a body.

use std::sync::Arc;

use super::notes::{Notes, kind, missing, text, whole_number};
use super::{
    Api, Call, CallResult, Format, Input, Item, Message, OutputLimit, Part, Request, Role, ToolChoice, content, tool,
};
use crate::error::Result;
use crate::json::{Fields, Path, Value, unique};
use crate::names::UnknownName;

/// The fields of a body that cost no input tokens, by OpenAI's API reference and the recorded usage: cases that differ
/// only in these fields have the same number of input tokens.
const FREE_FIELDS: &[&str] = &[
    "audio",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "metadata",
    "moderation",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "safety_identifier",
    "seed",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
];

/// The fields of a body whose tokens or costs are not counted, and the reasons.
const UNCOUNTED_FIELDS: &[(&str, &str)] = &[
    ("prediction", "rejected tokens of a predicted output are billed, and are unknown in advance"),
    ("web_search_options", "the tokens that a web search adds are unknown in advance"),
];

/// The fields of a message that cost nothing. They are fields of the API's own answers.
const FREE_MESSAGE_FIELDS: &[&str] = &["annotations", "parsed"];

/// The fields of a message whose tokens are not counted, and the reasons.
const UNCOUNTED_MESSAGE_FIELDS: &[(&str, &str)] =
    &[("audio", "audio is not counted"), ("refusal", "a refusal beside the content is not counted")];

/// The greatest `n` that the API accepts, by its reference.
const MAX_CHOICES: u64 = 128;

/// Reads the body of a request.
pub(super) fn read_body(fields: Fields<'_>, path: &Path<'_>) -> Result<Request> {
    let mut reader = Reader::default();
    reader.body(fields, path)?;
    Ok(reader.finish())
}

/// Reads an array of messages.
pub(super) fn read_messages(messages: Vec<Value<'_>>, path: &Path<'_>) -> Result<Request> {
    let mut reader = Reader::default();
    reader.messages(messages, path)?;
    Ok(Request { format: Format::Messages, ..reader.finish() })
}

struct Reader {
    items: Vec<Item>,
    request: Request,
    max_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
    json_mode: bool,
    notes: Notes,
}

impl Default for Reader {
    fn default() -> Reader {
        let request = Request { api: Some(Api::ChatCompletions), ..Request::new(Input::Conversation(Vec::new())) };
        let notes = Notes::default();
        Reader { items: Vec::new(), request, max_tokens: None, max_completion_tokens: None, json_mode: false, notes }
    }
}

impl Reader {
    fn body(&mut self, fields: Fields<'_>, path: &Path<'_>) -> Result<()> {
        for (key, value) in unique(fields, path)? {
            let path = path.key(&key);
            let request = &mut self.request;
            match key.as_ref() {
                "messages" => match value {
                    Value::Array(messages) => self.messages(messages, &path)?,
                    other => return Err(path.expected("an array of messages", &other)),
                },
                "model" => request.model = text(value, &path)?,
                "max_tokens" => self.max_tokens = whole_number(&value, u64::from(u32::MAX), &path)?,
                "max_completion_tokens" => {
                    self.max_completion_tokens = whole_number(&value, u64::from(u32::MAX), &path)?
                }
                "n" => request.choices = whole_number(&value, MAX_CHOICES, &path)?.unwrap_or(1),
                "service_tier" => request.service_tier = text(value, &path)?,
                "response_format" => self.response_format(value, &path)?,
                "modalities" => request.audio_output = has_word(&value, "audio"),
                "tools" => tool::read_all(value, &path)?.add_to(request),
                "functions" => Arc::make_mut(&mut request.tools).extend(tool::read_functions(value, &path)?),
                "tool_choice" | "function_call" => match tool::read_choice(&value) {
                    ToolChoice::Auto => {}
                    choice => request.tool_choice = choice,
                },
                "parallel_tool_calls" => request.parallel_calls = value != Value::Bool(false),
                key if FREE_FIELDS.contains(&key) => {}
                _ => self.notes.other_field(UNCOUNTED_FIELDS, &value, &path),
            }
        }
        Ok(())
    }

    fn messages(&mut self, messages: Vec<Value<'_>>, path: &Path<'_>) -> Result<()> {
        if messages.is_empty() {
            return Err(path.error("there are no messages; a request needs at least one"));
        }
        for (index, message) in messages.into_iter().enumerate() {
            let item = self.message(message, &path.index(index))?;
            self.items.push(item);
        }
        Ok(())
    }

    fn message(&mut self, value: Value<'_>, path: &Path<'_>) -> Result<Item> {
        let Value::Object(fields) = value else {
            return Err(path.expected("a message, such as {\"role\": \"user\", \"content\": \"…\"}", &value));
        };
        let (mut role, mut name, mut content, mut call_id) = (None, None, None, None);
        let (mut calls, mut function_call) = (Vec::new(), None);
        for (key, value) in unique(fields, path)? {
            let path = path.key(&key);
            match key.as_ref() {
                "role" => role = Some(read_role(value, &path)?),
                "name" => name = text(value, &path)?,
                "content" => content = Some(content::read(value, &path, &mut self.notes)?),
                "tool_calls" => calls = tool::read_calls(value, &path, &mut self.notes)?,
                "function_call" if value != Value::Null => function_call = Some(tool::read_call(&value, &path)?),
                "function_call" => {}
                "tool_call_id" => call_id = text(value, &path)?,
                key if FREE_MESSAGE_FIELDS.contains(&key) => {}
                _ => self.notes.other_field(UNCOUNTED_MESSAGE_FIELDS, &value, &path),
            }
        }
        let role = role.ok_or_else(|| missing("role", path))?;
        if content.is_none() && role != Role::Assistant {
            return Err(missing("content", path));
        }
        let (content, path) = (content.unwrap_or_default(), path.to_string());
        if role == Role::Tool {
            return Ok(Item::Result(CallResult { call: call_id, content, path }));
        }
        let function_call: Option<Call> = function_call;
        Ok(Item::Message(Message { role, name, content, calls, function_call, path }))
    }

    fn response_format(&mut self, value: Value<'_>, path: &Path<'_>) -> Result<()> {
        if value == Value::Null {
            return Ok(());
        }
        let Value::Object(_) = value else { return Err(path.expected("an object", &value)) };
        match kind(&value, path)? {
            Some("text") => {}
            Some("json_object") => self.json_mode = true,
            Some("json_schema") => {
                let Value::Object(fields) = value else { return Ok(()) };
                let schema = fields.into_iter().find(|(key, _)| key == "json_schema");
                let (_, schema) = schema.ok_or_else(|| missing("json_schema", path))?;
                self.request.answer = Some(tool::read_schema(schema, &path.key("json_schema"))?);
            }
            Some(_) => self.notes.uncounted(path, "a response format of unknown type"),
            None => return Err(missing("type", path)),
        }
        Ok(())
    }

    fn finish(mut self) -> Request {
        if self.json_mode && !mentions_json(&self.items) {
            self.notes.warning(
                "response_format",
                "JSON mode, but no message contains \"JSON\": the API refuses such a request",
            );
        }
        if self.max_tokens.is_some() && self.max_completion_tokens.is_some() {
            self.notes.warning("max_tokens", "max_completion_tokens is set, too, and is used instead");
        }
        let limit = |tokens: Option<u64>, field| tokens.map(|tokens| OutputLimit { tokens, field });
        let completion = limit(self.max_completion_tokens, "max_completion_tokens");
        self.notes.finish(Request {
            input: Input::Conversation(self.items),
            output_limit: completion.or(limit(self.max_tokens, "max_tokens")),
            ..self.request
        })
    }
}

/// Reads a role by its name.
pub(super) fn read_role(value: Value<'_>, path: &Path<'_>) -> Result<Role> {
    let Value::String(name) = value else { return Err(path.expected("a role", &value)) };
    // The name can be a prompt in the wrong place: the message does not show it.
    name.parse().map_err(|error: UnknownName| {
        path.error(format!("unknown role, expected one of {}", error.expected().join(", ")))
    })
}

/// Returns whether any message contains "JSON", in any case: the API refuses JSON mode otherwise.
fn mentions_json(items: &[Item]) -> bool {
    let mentions = |part: &Part| match part {
        Part::Text(text) => text.as_bytes().windows(4).any(|word| word.eq_ignore_ascii_case(b"json")),
        _ => false,
    };
    items.iter().any(|item| match item {
        Item::Message(message) => message.content.iter().any(mentions),
        Item::Result(result) => result.content.iter().any(mentions),
        _ => false,
    })
}

/// Returns whether an array contains this string.
fn has_word(value: &Value<'_>, word: &str) -> bool {
    matches!(value, Value::Array(words) if words.iter().any(|one| one.as_str() == Some(word)))
}
