//! The endpoints, the formats of requests, and the detection of the format from the fields of a JSON text.

use std::fmt;

use super::{ImageSize, Input, Request, chat, github, prompts, responses, tree};
use crate::error::{self, Error, Problem, Result};
use crate::json::{self, Path, Value};
use crate::names::names;

names! {
    /// An endpoint of the API, by the end of its URL.
    pub enum Api {
        /// `POST /v1/chat/completions`.
        ChatCompletions = "chat/completions",
        /// `POST /v1/responses`.
        Responses = "responses",
        /// `POST /v1/responses/compact`.
        Compact = "responses/compact",
        /// `POST /v1/completions`.
        Completions = "completions",
        /// `POST /v1/embeddings`.
        Embeddings = "embeddings",
    }
}

impl Api {
    /// Returns the endpoint of a URL.
    fn from_url(url: &str) -> Option<Api> {
        url.rsplit("/v1/").next()?.parse().ok()
    }
}

/// The format of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// The body of a request to this endpoint.
    Body(Api),
    /// A line of a Batch file: `custom_id`, `method`, `url` and `body`.
    BatchLine,
    /// A request with its response or usage: `request`, and `response` or `usage`.
    Recording,
    /// A prompt file of GitHub Models, `x.prompt.yml`: `messages` with `modelParameters`, `testData` or other fields of its
    /// own.
    GitHub,
    /// An array of messages of Chat Completions.
    Messages,
    /// An array of input items of Responses.
    Items,
    /// Plain text.
    Text,
}

impl Format {
    /// Returns the name of the format in options and reports, such as `chat` for a body of Chat Completions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Format::Body(Api::ChatCompletions) => "chat",
            Format::Body(Api::Responses) => "responses",
            Format::Body(Api::Compact) => "compact",
            Format::Body(Api::Completions) => "completions",
            Format::Body(Api::Embeddings) => "embeddings",
            Format::BatchLine => "batch",
            Format::Recording => "recording",
            Format::GitHub => "github",
            Format::Messages => "messages",
            Format::Items => "items",
            Format::Text => "text",
        }
    }
}

/// Writes the format in words, such as `Chat Completions body`.
impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Body(Api::ChatCompletions) => "Chat Completions body",
            Format::Body(Api::Responses) => "Responses body",
            Format::Body(Api::Compact) => "body to compact",
            Format::Body(Api::Completions) => "Completions body",
            Format::Body(Api::Embeddings) => "Embeddings body",
            Format::BatchLine => "Batch line",
            Format::Recording => "recording",
            Format::GitHub => "GitHub Models prompt",
            Format::Messages => "messages",
            Format::Items => "input items",
            Format::Text => "text",
        })
    }
}

impl Request {
    /// Reads a request from JSON of any format: a body of Chat Completions, Responses, the legacy Completions or
    /// Embeddings, a line of a Batch file, a prompt file of GitHub Models, or an array of messages or of input items. The fields decide which.
    ///
    /// # Errors
    ///
    /// Bytes that are not UTF-8 or not JSON, and JSON that is not a request. The error names the line or the JSON path,
    /// and never contains text of the request.
    pub fn from_json(bytes: &[u8]) -> Result<Request> {
        Request::read(parse(bytes)?, None, &Path::Top)
    }

    /// Reads a request of a known format.
    ///
    /// # Errors
    ///
    /// As [`Request::from_json`], and JSON of another format.
    ///
    /// ```
    /// use gpt_cost::Request;
    /// use gpt_cost::request::{Api, Format};
    ///
    /// let body = br#"{"input": "a text"}"#;
    /// assert_eq!(Request::from_json(body)?.api(), Some(Api::Responses));
    /// let request = Request::from_json_as(body, Format::Body(Api::Embeddings))?;
    /// assert_eq!(request.api(), Some(Api::Embeddings));
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    pub fn from_json_as(bytes: &[u8], format: Format) -> Result<Request> {
        match format {
            Format::Text => Request::from_text(bytes),
            format => Request::read(parse(bytes)?, Some(format), &Path::Top),
        }
    }

    /// Reads a request from a JSON value, by the same rules as [`Request::from_json`].
    ///
    /// Tools and schemas are counted in the order of the value's keys. `serde_json` sorts the keys of its objects,
    /// unless the build enables its feature `preserve_order`. The count is that of the value's own JSON text: if the
    /// request is sent with its keys in another order, tools and schemas can have some tokens more or fewer, even if
    /// the count is labelled exact.
    ///
    /// # Errors
    ///
    /// A value that is not a request, and one of more than 127 levels, the most that [`Request::from_json`] reads. The
    /// error names the JSON path and never contains text of the request.
    ///
    /// ```
    /// use gpt_cost::Request;
    /// use serde_json::json;
    ///
    /// let request = Request::from_value(&json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello!"}]}))?;
    /// assert_eq!(request.model(), Some("gpt-4o"));
    /// let error = Request::from_value(&json!([{"role": "user"}])).unwrap_err();
    /// assert_eq!(error.to_string(), "[0]: the field `content` is missing");
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    pub fn from_value(value: &serde_json::Value) -> Result<Request> {
        Request::read(tree::checked(tree::borrowed(value))?, None, &Path::Top)
    }

    /// Reads a request from the tree of its JSON text, in the given format or in one that the fields decide.
    pub(crate) fn read(value: Value<'_>, format: Option<Format>, path: &Path<'_>) -> Result<Request> {
        match (format, value) {
            (None, Value::Array(values)) if are_tools(&values) => {
                Err(not_request(path, "this is a list of tools, not a request: a body has it as `tools`"))
            }
            (None, Value::Array(values))
                if !values.is_empty() && !values.iter().any(|one| matches!(one, Value::Object(_))) =>
            {
                Err(not_request(path, "expected an array of messages or of input items, found no object in it"))
            }
            (None, Value::Array(values)) if responses::is_items(&values) => responses::read_items(values, path),
            (None | Some(Format::Messages), Value::Array(values)) => chat::read_messages(values, path),
            (None, Value::Object(fields)) => object(fields, path),
            (None, other) => Err(path.expected("a request, or an array of messages", &other)),
            (Some(Format::Body(api)), Value::Object(fields)) => body_of(api, fields, path),
            (Some(Format::BatchLine), Value::Object(fields)) => batch_line(fields, path),
            (Some(Format::Recording), Value::Object(fields)) => recording(fields, path),
            (Some(Format::GitHub), Value::Object(fields)) => github::read(fields, path),
            (Some(Format::Items), Value::Array(values)) => responses::read_items(values, path),
            (Some(Format::Messages | Format::Items), other) => Err(path.expected("an array", &other)),
            (Some(format), other) => Err(path.expected(&format!("an object ({format})"), &other)),
        }
    }

    /// Returns a request of plain text: one user message for a chat model, the prompt itself for other models.
    ///
    /// # Errors
    ///
    /// Bytes that are not UTF-8, and an empty text.
    pub fn from_text(bytes: &[u8]) -> Result<Request> {
        match utf8(bytes)? {
            "" => Err(empty()),
            text => Ok(Request::new(Input::Text(text.to_owned()))),
        }
    }
}

/// Reads a body, a line of a Batch file or a recording: the fields decide which.
fn object(fields: json::Fields<'_>, path: &Path<'_>) -> Result<Request> {
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    if let (Some(Value::Object(_)), Some(Value::String(_))) = (field("body"), field("url")) {
        return batch_line(fields, path);
    }
    let is_recorded = field("response").or(field("usage")).is_some();
    if is_recorded && matches!(field("request"), Some(Value::Object(_) | Value::Array(_))) {
        return recording(fields, path);
    }
    if field("preferred_output").is_some() {
        return Err(not_request(path, "this is an example for fine-tuning, not a request"));
    }
    if github::is_prompt(&fields) {
        return github::read(fields, path);
    }
    let api = match (field("messages"), field("input"), field("prompt")) {
        (Some(_), ..) => Api::ChatCompletions,
        (_, Some(input), _)
            if is_embedding(input, field("model"), field("encoding_format").or(field("dimensions"))) =>
        {
            Api::Embeddings
        }
        (_, Some(_), _) => Api::Responses,
        // A prompt stored on the server has an id; other tools use this key for other objects.
        (_, None, Some(prompt @ Value::Object(_))) if prompt.get("id").is_some() => Api::Responses,
        (_, None, Some(Value::Object(_))) => {
            return Err(not_request(path, "its `prompt` is an object without an `id`: not one of the Responses API"));
        }
        (_, None, Some(_)) => Api::Completions,
        _ if is_response(&fields) => return Err(not_request(path, "this is a response, not a request")),
        _ if field("instructions").or(field("previous_response_id")).is_some() => Api::Responses,
        _ if field("body").is_some() => {
            return Err(path.error("the field `url` is missing; a Batch line has it beside `body`"));
        }
        _ if field("request").is_some() => {
            let message = "expected a request, found an object around one; a recording has `response` or `usage`, too";
            return Err(not_request(path, message));
        }
        _ => {
            let message = "expected an object with `messages`, `input` or `prompt`, found none of them";
            return Err(not_request(path, message));
        }
    };
    body_of(api, fields, path)
}

/// Returns the error that the value is not a request.
fn not_request(path: &Path<'_>, message: &str) -> Error {
    path.error(message).with_kind(error::Kind::NotRequest)
}

/// Returns whether an array is a list of tools, and not of messages or items.
fn are_tools(values: &[Value<'_>]) -> bool {
    let is_tool = |value: &Value<'_>| {
        let has = |name: &str| value.get(name).is_some();
        let is_function = value.get("type").and_then(Value::as_str) == Some("function");
        let has_schema = has("name") && (has("parameters") || has("input_schema"));
        !has("role") && !has("call_id") && (is_function || has_schema)
    };
    !values.is_empty() && values.iter().all(is_tool)
}

/// Returns whether an object without `messages`, `input` and `prompt` is a response of the API.
fn is_response(fields: &json::Fields<'_>) -> bool {
    let has = |name: &str| fields.iter().any(|(key, _)| key == name);
    has("choices") || has("usage") || (has("output") && has("status")) || (has("response") && has("custom_id"))
}

/// Returns whether `input` is that of an Embeddings body: an array of texts or of tokens, or text with an embedding
/// model or with `own_field`, a field that only the Embeddings API has.
fn is_embedding(input: &Value<'_>, model: Option<&Value<'_>>, own_field: Option<&Value<'_>>) -> bool {
    match input {
        Value::Array(values) if !values.is_empty() => values.iter().all(|value| !matches!(value, Value::Object(_))),
        _ => own_field.is_some() || model.and_then(Value::as_str).is_some_and(|model| model.contains("embedding")),
    }
}

/// Reads the body of a request to this endpoint.
fn body_of(api: Api, fields: json::Fields<'_>, path: &Path<'_>) -> Result<Request> {
    const ANY_OF: [&str; 4] = ["input", "instructions", "previous_response_id", "prompt"];
    let has = |names: &[&str]| fields.iter().any(|(key, _)| names.contains(&key.as_ref()));
    let request = match api {
        Api::ChatCompletions if !has(&["messages"]) => return Err(path.error("the field `messages` is missing")),
        Api::ChatCompletions => chat::read_body(fields, path)?,
        Api::Responses | Api::Compact if !has(&ANY_OF) => return Err(path.error("the field `input` is missing")),
        Api::Responses | Api::Compact => responses::read_body(fields, path)?,
        Api::Completions | Api::Embeddings => prompts::read_body(fields, api, path)?,
    };
    Ok(Request { format: Format::Body(api), api: Some(api), ..request })
}

/// Reads a line of a Batch file: a body, and the URL of its endpoint.
fn batch_line(fields: json::Fields<'_>, path: &Path<'_>) -> Result<Request> {
    let (mut custom_id, mut url, mut body) = (None, None, None);
    for (key, value) in json::unique(fields, path)? {
        match (key.as_ref(), value) {
            ("custom_id", Value::String(text)) => custom_id = Some(text.into_owned()),
            ("url", Value::String(text)) => url = Some(text),
            ("url", other) => return Err(path.key("url").expected("a string", &other)),
            ("body", Value::Object(fields)) => body = Some(fields),
            ("body", other) => return Err(path.key("body").expected("an object", &other)),
            _ => {}
        }
    }
    let url = url.ok_or_else(|| path.error("the field `url` is missing"))?;
    let body = body.ok_or_else(|| path.error("the field `body` is missing"))?;
    let Some(api) = Api::from_url(&url) else {
        return Err(path.key("url").error("requests to this endpoint are not counted"));
    };
    let request = body_of(api, body, &path.key("body"))?;
    Ok(Request { format: Format::BatchLine, custom_id, service_tier: Some("batch".to_owned()), ..request })
}

/// Reads the request of a recording, which also has the response or its usage, and perhaps the endpoint and the sizes
/// of the images.
pub(crate) fn recording(fields: json::Fields<'_>, path: &Path<'_>) -> Result<Request> {
    let (mut request, mut is_compact, mut sizes) = (None, false, Vec::new());
    for (key, value) in json::unique(fields, path)? {
        match (key.as_ref(), value) {
            ("request", value) => request = Some(value),
            ("endpoint", value) => is_compact = value.as_str() == Some(Api::Compact.as_str()),
            ("images", Value::Array(images)) => sizes = images.iter().map(size_of).collect(),
            _ => {}
        }
    }
    let request = request.ok_or_else(|| path.error("the field `request` is missing"))?;
    let mut request = Request::read(request, None, &path.key("request"))?;
    request.format = Format::Recording;
    if is_compact {
        request.api = Some(Api::Compact);
    }
    request.set_image_sizes(sizes);
    Ok(request)
}

fn size_of(image: &Value<'_>) -> Option<ImageSize> {
    let side = |key| match image.get(key) {
        Some(Value::Number(number)) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
        _ => None,
    };
    Some(ImageSize { width: side("w")?, height: side("h")? })
}

fn parse(bytes: &[u8]) -> Result<Value<'_>> {
    let text = utf8(bytes)?;
    if text.trim().is_empty() {
        return Err(empty());
    }
    json::parse(text)
}

/// Returns the bytes as text, without a leading byte order mark.
fn utf8(bytes: &[u8]) -> Result<&str> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(error::not_utf8)
}

fn empty() -> Error {
    let problem = Problem::new("it is empty")
        .with_hint("expected a JSON array of messages, an object with `messages`, or a prompt as text");
    Error::new(error::Kind::Request, problem)
}
