//! Chat Completions: an array of messages, or a body that has them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::json::{Path, Value};
use super::{Input, Message, OutputLimit, Request, Role, Uncounted, Warning};
use crate::error::{Error, Result};

/// Fields of a body that cost no input tokens, by OpenAI's API reference and the recorded bills: cases that differ only in
/// them are billed alike. (`tool_choice` and `function_call` say something beside tools alone, which are named as not counted.)
const FREE_FIELDS: &[&str] = &[
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "metadata",
    "parallel_tool_calls",
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
    "tool_choice",
    "function_call",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
];

/// Fields of a body that cost tokens or money which are not counted yet, and why.
const UNCOUNTED_FIELDS: &[(&str, &str)] = &[
    ("audio", "audio output is not counted yet"),
    ("functions", "function definitions are not counted yet"),
    ("moderation", "what moderation adds is not known"),
    ("prediction", "rejected tokens of a predicted output are billed, and are not known before"),
    ("tools", "tool definitions are not counted yet"),
    ("web_search_options", "what a web search adds is not known before"),
];

/// Fields of a message that cost nothing: what the API's own answers carry back, and the link from a result to its call.
const FREE_MESSAGE_FIELDS: &[&str] = &["annotations", "parsed", "tool_call_id"];

/// Fields of a message that cost tokens which are not counted yet, and why.
const UNCOUNTED_MESSAGE_FIELDS: &[(&str, &str)] = &[
    ("audio", "audio is not counted yet"),
    ("function_call", "function calls are not counted yet"),
    ("refusal", "a refusal beside the content is not counted yet"),
    ("tool_calls", "tool calls are not counted yet"),
];

/// Fields of a text part that cost nothing.
const FREE_PART_FIELDS: &[&str] = &["prompt_cache_breakpoint"];

/// Types of content parts that are not counted yet, and why.
const UNCOUNTED_PARTS: &[(&str, &str)] = &[
    ("file", "files are not counted yet"),
    ("image_url", "images are not counted yet"),
    ("input_audio", "audio is not counted yet"),
];

/// The most answers that the API takes as `n`, by its reference.
const MAX_CHOICES: u64 = 128;

/// Reads a request from the tree of its JSON text.
pub(super) fn read(value: Value<'_>) -> Result<Request> {
    let mut reader = Reader::default();
    match value {
        Value::Array(messages) => reader.messages(messages, &Path::Top)?,
        Value::Object(fields) => reader.body(fields)?,
        other => return Err(Path::Top.expected("an array of messages, or an object with `messages`", &other)),
    }
    Ok(reader.finish())
}

#[derive(Default)]
struct Reader {
    messages: Option<Vec<Message>>,
    model: Option<String>,
    max_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
    choices: Option<u64>,
    service_tier: Option<String>,
    json_mode: bool,
    uncounted: Vec<Uncounted>,
    /// Fields that the API does not know: where each name was met first, and how often.
    unknown: BTreeMap<String, (String, usize)>,
}

impl Reader {
    fn body(&mut self, fields: Vec<(Cow<'_, str>, Value<'_>)>) -> Result<()> {
        if !fields.iter().any(|(key, _)| key == "messages") {
            return Err(not_a_body(&fields));
        }
        for (key, value) in unique(fields, &Path::Top)? {
            let path = Path::Top.key(&key);
            match key.as_ref() {
                "messages" => match value {
                    Value::Array(messages) => self.messages(messages, &path)?,
                    other => return Err(path.expected("an array of messages", &other)),
                },
                "model" => self.model = text(value, &path)?,
                "max_tokens" => self.max_tokens = whole_number(&value, u64::from(u32::MAX), &path)?,
                "max_completion_tokens" => {
                    self.max_completion_tokens = whole_number(&value, u64::from(u32::MAX), &path)?
                }
                "n" => self.choices = whole_number(&value, MAX_CHOICES, &path)?,
                "service_tier" => self.service_tier = text(value, &path)?,
                "response_format" => self.response_format(value, &path)?,
                "modalities" => self.modalities(value, &path),
                key if FREE_FIELDS.contains(&key) => {}
                _ => self.other_field(UNCOUNTED_FIELDS, &value, &path),
            }
        }
        Ok(())
    }

    fn messages(&mut self, messages: Vec<Value<'_>>, path: &Path<'_>) -> Result<()> {
        if messages.is_empty() {
            return Err(path.error("there are no messages; a request needs at least one"));
        }
        let read = |(index, message)| self.message(message, &path.index(index));
        self.messages = Some(messages.into_iter().enumerate().map(read).collect::<Result<_>>()?);
        Ok(())
    }

    fn message(&mut self, value: Value<'_>, path: &Path<'_>) -> Result<Message> {
        let Value::Object(fields) = value else {
            return Err(path.expected("a message, such as {\"role\": \"user\", \"content\": \"…\"}", &value));
        };
        let (mut role, mut name, mut content) = (None, None, None);
        for (key, value) in unique(fields, path)? {
            let path = path.key(&key);
            match key.as_ref() {
                "role" => role = Some(read_role(value, &path)?),
                "name" => name = text(value, &path)?,
                "content" => content = Some(self.content(value, &path)?),
                key if FREE_MESSAGE_FIELDS.contains(&key) => {}
                _ => self.other_field(UNCOUNTED_MESSAGE_FIELDS, &value, &path),
            }
        }
        let role = role.ok_or_else(|| path.error("the field `role` is missing"))?;
        if content.is_none() && role != Role::Assistant {
            return Err(path.error("the field `content` is missing"));
        }
        if matches!(role, Role::Tool | Role::Function) {
            self.uncounted(path, format!("{} results are not counted yet", role.name()));
        }
        let text = content.unwrap_or_default();
        Ok(Message { role, name, text, path: path.to_string() })
    }

    /// Reads a message's content as its runs of text.
    fn content(&mut self, value: Value<'_>, path: &Path<'_>) -> Result<Vec<String>> {
        let parts = match value {
            Value::Null => return Ok(Vec::new()),
            Value::String(text) => return Ok(vec![text.into_owned()]),
            Value::Array(parts) => parts,
            other => return Err(path.expected("a string, null or an array of parts", &other)),
        };
        let mut runs = vec![String::new()];
        for (index, part) in parts.into_iter().enumerate() {
            match (self.part(part, &path.index(index))?, runs.last_mut()) {
                (Some(text), Some(run)) => run.push_str(&text),
                _ => runs.push(String::new()),
            }
        }
        Ok(runs)
    }

    /// Returns the text of a part, or `None` for one of another kind, which is noted.
    fn part<'a>(&mut self, value: Value<'a>, path: &Path<'_>) -> Result<Option<Cow<'a, str>>> {
        let fields = match value {
            Value::String(text) => return Ok(Some(text)),
            Value::Object(fields) => unique(fields, path)?,
            other => return Err(path.expected("a part, such as {\"type\": \"text\", \"text\": \"…\"}", &other)),
        };
        let kind = match fields.iter().find(|(key, _)| key == "type") {
            Some((_, Value::String(kind))) => kind.clone(),
            Some((_, other)) => return Err(path.key("type").expected("a string", other)),
            None => return Err(path.error("the field `type` is missing")),
        };
        let text_field = match kind.as_ref() {
            "text" => "text",
            "refusal" => "refusal",
            kind => {
                let known = UNCOUNTED_PARTS.iter().find(|(known, _)| *known == kind);
                self.uncounted(
                    path,
                    known.map_or("a part of unknown type".to_owned(), |(_, reason)| (*reason).to_owned()),
                );
                return Ok(None);
            }
        };
        let mut found = None;
        for (key, value) in fields {
            match value {
                _ if key == "type" || FREE_PART_FIELDS.contains(&key.as_ref()) => {}
                Value::String(text) if key == text_field => found = Some(text),
                other if key == text_field => return Err(path.key(text_field).expected("a string", &other)),
                other => self.other_field(&[], &other, &path.key(&key)),
            }
        }
        found.map(Some).ok_or_else(|| path.error(format!("the field `{text_field}` is missing")))
    }

    fn response_format(&mut self, value: Value<'_>, path: &Path<'_>) -> Result<()> {
        let fields = match value {
            Value::Null => return Ok(()),
            Value::Object(fields) => fields,
            other => return Err(path.expected("an object", &other)),
        };
        match fields.iter().find(|(key, _)| key == "type").map(|(_, kind)| kind) {
            Some(Value::String(kind)) if kind == "text" => {}
            Some(Value::String(kind)) if kind == "json_object" => self.json_mode = true,
            Some(Value::String(kind)) if kind == "json_schema" => {
                self.uncounted(&path.key("json_schema"), "the schema of the answer is not counted yet");
            }
            Some(Value::String(_)) => self.uncounted(path, "a response format of unknown type"),
            Some(other) => return Err(path.key("type").expected("a string", other)),
            None => return Err(path.error("the field `type` is missing")),
        }
        Ok(())
    }

    fn modalities(&mut self, value: Value<'_>, path: &Path<'_>) {
        let only_text = |value: &Value<'_>| matches!(value, Value::String(kind) if kind == "text");
        if !value.says_nothing() && !matches!(&value, Value::Array(kinds) if kinds.iter().all(only_text)) {
            self.uncounted(path, "output other than text is not counted yet");
        }
    }

    /// Notes a field that is not read: as not counted where it is known to cost, as unknown otherwise. Null and an empty array say
    /// nothing; an empty object can: it is how a web search is switched on.
    fn other_field(&mut self, costly: &[(&str, &str)], value: &Value<'_>, path: &Path<'_>) {
        let Path::Key(_, key) = path else { return };
        match costly.iter().find(|(known, _)| known == key) {
            Some(_) if value.says_nothing() => {}
            Some((_, reason)) => self.uncounted(path, *reason),
            None => self.unknown.entry((*key).to_owned()).or_insert_with(|| (path.to_string(), 0)).1 += 1,
        }
    }

    fn uncounted(&mut self, path: &Path<'_>, reason: impl Into<String>) {
        self.uncounted.push(Uncounted { path: path.to_string(), reason: reason.into() });
    }

    fn finish(self) -> Request {
        let messages = self.messages.unwrap_or_default();
        let mut warnings: Vec<Warning> = self.unknown.into_values().map(unknown_field).collect();
        if self.json_mode && !mentions_json(&messages) {
            warnings.push(Warning {
                path: "response_format".to_owned(),
                message: "JSON mode, but no message says \"JSON\": the API refuses such a request".to_owned(),
            });
        }
        if self.max_tokens.is_some() && self.max_completion_tokens.is_some() {
            warnings.push(Warning {
                path: "max_tokens".to_owned(),
                message: "max_completion_tokens is set too, and is the one that is used here".to_owned(),
            });
        }
        let limit = |tokens: Option<u64>, field| tokens.map(|tokens| OutputLimit { tokens, field });
        let completion = limit(self.max_completion_tokens, "max_completion_tokens");
        Request {
            input: Input::Messages(messages),
            model: self.model,
            output_limit: completion.or(limit(self.max_tokens, "max_tokens")),
            choices: self.choices.unwrap_or(1),
            service_tier: self.service_tier,
            uncounted: self.uncounted,
            warnings,
        }
    }
}

/// Returns the fields of an object, or the error that one stands in it twice: which of them counts is anybody's guess.
fn unique<'a>(fields: Vec<(Cow<'a, str>, Value<'a>)>, path: &Path<'_>) -> Result<Vec<(Cow<'a, str>, Value<'a>)>> {
    let mut keys: Vec<&str> = fields.iter().map(|(key, _)| key.as_ref()).collect();
    keys.sort_unstable();
    match keys.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(path.key(pair[0]).error("the field stands there twice")),
        None => Ok(fields),
    }
}

/// Says which kind of body an object without `messages` seems to be, from the names of its fields.
fn not_a_body(fields: &[(Cow<'_, str>, Value<'_>)]) -> Error {
    let has = |name: &str| fields.iter().any(|(key, _)| key == name);
    let looks = match () {
        () if has("input") => "; a body of the Responses or the Embeddings API is not read yet",
        () if has("prompt") => "; a body of the Completions API is not read yet",
        () if has("body") && has("url") => "; a line of a Batch file is not read yet",
        () => "",
    };
    Path::Top
        .error(format!("expected an array of messages, or an object with `messages`, found an object without{looks}"))
}

fn read_role(value: Value<'_>, path: &Path<'_>) -> Result<Role> {
    let Value::String(name) = value else { return Err(path.expected("a role", &value)) };
    let role = Role::ALL.iter().copied().find(|role| role.name() == name);
    role.ok_or_else(|| {
        let known: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
        // A role is one short word; anything longer may be a prompt in the wrong place, and is not shown.
        let word = name.len() <= 24 && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
        let shown = if word { format!(" `{name}`") } else { String::new() };
        path.error(format!("unknown role{shown}, expected one of {}", known.join(", ")))
    })
}

fn text(value: Value<'_>, path: &Path<'_>) -> Result<Option<String>> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.into_owned())),
        other => Err(path.expected("a string", &other)),
    }
}

/// Reads a whole number from 1 to `most`, or null.
fn whole_number(value: &Value<'_>, most: u64, path: &Path<'_>) -> Result<Option<u64>> {
    match value {
        Value::Null => Ok(None),
        Value::Number(number) => match number.as_u64().filter(|number| (1..=most).contains(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(path.error(format!("expected a whole number from 1 to {most}, found {number}"))),
        },
        other => Err(path.expected(&format!("a whole number from 1 to {most}"), other)),
    }
}

fn unknown_field((first, times): (String, usize)) -> Warning {
    let more = match times {
        1 => String::new(),
        times => format!(" (and {} more like it)", times - 1),
    };
    Warning { path: first, message: format!("the API knows no such field{more}; it is taken to cost nothing") }
}

/// Whether any message says "JSON", in whatever case: the API refuses JSON mode otherwise.
fn mentions_json(messages: &[Message]) -> bool {
    let says = |text: &String| text.as_bytes().windows(4).any(|word| word.eq_ignore_ascii_case(b"json"));
    messages.iter().any(|message| message.text.iter().any(says))
}
