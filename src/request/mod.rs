//! Bytes → a [`Request`], whatever format they were in. Knows no tokens.

mod chat;
mod content;
mod holes;
mod image;
mod notes;
mod prompts;
mod responses;
mod tool;

use std::borrow::Cow;
use std::fmt;

pub use self::holes::Hole;
use self::holes::Holes;
use crate::error::{self, Error, Problem, Result};
use crate::json::{self, Path, Value};

/// What is sent to a model, free of the format in which it was written.
///
/// ```
/// use gpt_cost::Request;
///
/// let request = Request::from_json(br#"{"model": "gpt-4", "messages": [{"role": "user", "content": "Hello!"}]}"#)?;
/// assert_eq!(request.model(), Some("gpt-4"));
/// # Ok::<(), gpt_cost::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The format in which it was written.
    pub(crate) format: Format,
    /// The API that takes it; `None` where the format says nothing.
    pub(crate) api: Option<Api>,
    pub(crate) custom_id: Option<String>,
    pub(crate) input: Input,
    pub(crate) tools: Vec<Tool>,
    pub(crate) custom_tools: Vec<CustomTool>,
    pub(crate) built_in: Vec<BuiltIn>,
    pub(crate) tool_choice: ToolChoice,
    /// Whether the model may call several tools at once.
    pub(crate) parallel_calls: bool,
    /// Whether the model is shown its reasoning of all turns, not of the last alone.
    pub(crate) all_reasoning: bool,
    pub(crate) answer: Option<AnswerSchema>,
    /// What follows the place that a legacy completion fills.
    pub(crate) suffix: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) output_limit: Option<OutputLimit>,
    /// Whether the answer is to be spoken.
    pub(crate) audio_output: bool,
    pub(crate) choices: u64,
    pub(crate) service_tier: Option<String>,
    pub(crate) holes: Holes,
    pub(crate) uncounted: Vec<Uncounted>,
    pub(crate) warnings: Vec<Warning>,
}

/// Which of the API's endpoints takes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Api {
    /// `POST /v1/chat/completions`.
    ChatCompletions,
    /// `POST /v1/responses`.
    Responses,
    /// `POST /v1/responses/compact`.
    Compact,
    /// `POST /v1/completions`.
    Completions,
    /// `POST /v1/embeddings`.
    Embeddings,
}

impl Api {
    /// All endpoints.
    pub const ALL: &[Api] = &[Api::ChatCompletions, Api::Responses, Api::Compact, Api::Completions, Api::Embeddings];

    /// Returns the end of the endpoint's URL, such as `chat/completions`.
    pub fn name(self) -> &'static str {
        match self {
            Api::ChatCompletions => "chat/completions",
            Api::Responses => "responses",
            Api::Compact => "responses/compact",
            Api::Completions => "completions",
            Api::Embeddings => "embeddings",
        }
    }

    /// Returns the endpoint whose URL ends so.
    fn of_url(url: &str) -> Option<Api> {
        let name = url.rsplit("/v1/").next()?;
        Api::ALL.iter().copied().find(|api| api.name() == name)
    }
}

/// In which format a request was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// The body of a request to this endpoint.
    Body(Api),
    /// A line of a Batch file: `custom_id`, `method`, `url` and `body`.
    BatchLine,
    /// A request with the response that it got, or its usage: `request`, and `response` or `usage`.
    Recording,
    /// An array of messages of Chat Completions.
    Messages,
    /// An array of input items of Responses.
    Items,
    /// Plain text.
    Text,
}

impl Format {
    /// Returns the word for the format in options and reports, such as `chat` for a body of Chat Completions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Format::Body(Api::ChatCompletions) => "chat",
            Format::Body(Api::Responses) => "responses",
            Format::Body(Api::Compact) => "compact",
            Format::Body(Api::Completions) => "completions",
            Format::Body(Api::Embeddings) => "embeddings",
            Format::BatchLine => "batch",
            Format::Recording => "recording",
            Format::Messages => "messages",
            Format::Items => "items",
            Format::Text => "text",
        }
    }
}

/// Shows the format as people call it, such as `Chat Completions body`.
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
            Format::Messages => "messages",
            Format::Items => "input items",
            Format::Text => "text",
        })
    }
}

/// What the model reads.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Input {
    /// A conversation.
    Conversation(Vec<Item>),
    /// Prompts without any framing, each for itself.
    Prompts(Vec<Prompt>),
    /// Plain text: one user message for a chat model, the prompt itself for the others.
    Text(String),
}

/// One entry of a conversation.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Item {
    /// A message, with the calls that the model made in it.
    Message(Message),
    /// A call that is an entry of its own, as the Responses API has it.
    Call(Call),
    /// What a tool answered to a call.
    Result(CallResult),
    /// What the model thought before.
    Reasoning(Reasoning),
    /// What the server made of all that was said before: it stands for it.
    Compaction(Compaction),
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// Which of those who have the role speaks, where the request says so.
    pub name: Option<String>,
    /// What is said.
    pub content: Vec<Part>,
    /// The tools that the model called.
    pub calls: Vec<Call>,
    /// The function that the model called: what calls were until November 2023.
    pub function_call: Option<Call>,
    /// Where the message stands in its JSON text, such as `messages[3]`.
    pub path: String,
}

/// A part of a content.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// Text that the model reads as one: adjacent text parts are joined.
    Text(String),
    /// An image.
    Image(Image),
    /// Something that is not counted, which [`Request::uncounted`] names.
    Uncounted,
}

/// An image, of which its size matters alone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Image {
    /// Its size, where its data are in the request and tell it.
    pub size: Option<ImageSize>,
    /// How closely the model looks at it.
    pub detail: Detail,
    /// Where it stands in its JSON text.
    pub path: String,
}

/// The size of an image, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageSize {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

impl ImageSize {
    /// Reads a size such as `1024x768`; `None` for any other text.
    ///
    /// ```
    /// use gpt_cost::request::ImageSize;
    ///
    /// assert_eq!(ImageSize::parse("1024x768"), Some(ImageSize { width: 1024, height: 768 }));
    /// assert_eq!(ImageSize::parse("0x768"), None);
    /// ```
    pub fn parse(text: &str) -> Option<ImageSize> {
        let (width, height) = text.split_once(['x', '×'])?;
        let size = ImageSize { width: width.parse().ok()?, height: height.parse().ok()? };
        (size.width > 0 && size.height > 0).then_some(size)
    }
}

/// How closely a model looks at an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Detail {
    /// As the model decides; billed as high.
    Auto,
    /// At a small version of it.
    Low,
    /// At all of it.
    High,
    /// At all of it, without making it smaller.
    Original,
}

/// A tool that the model may call.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Tool {
    /// The function's name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The JSON schema of its arguments.
    pub(crate) parameters: Option<json::Value<'static>>,
    /// Where it stands in its JSON text, such as `tools[0].function`.
    pub path: String,
}

/// A tool that the model calls with free text, of which a grammar may tell the form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CustomTool {
    /// The tool's name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The grammar that its input follows.
    pub grammar: Option<String>,
    /// Where it stands in its JSON text, such as `tools[0]`.
    pub path: String,
}

/// A tool of OpenAI's own.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BuiltIn {
    /// Which one, such as `web_search_preview`.
    pub kind: String,
    /// Where it stands in its JSON text, such as `tools[0]`.
    pub path: String,
}

/// Which tools the model must call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ToolChoice {
    /// Any, or none.
    Auto,
    /// None.
    None,
    /// At least one.
    Required,
    /// The one of this name.
    Named(String),
}

/// A call of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// What its result names it by.
    pub id: Option<String>,
    /// The function.
    pub name: String,
    /// Its arguments: the text of a JSON object, if the model made no mistake; free text for a [`CustomTool`].
    pub arguments: String,
    /// Whether it is a call of a [`CustomTool`].
    pub is_custom: bool,
    /// Whether it is an item that the server keeps, with an id of its own.
    pub is_stored: bool,
    /// Where it stands in its JSON text.
    pub path: String,
}

/// What a tool answered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallResult {
    /// The [`Call::id`] that it answers.
    pub call: Option<String>,
    /// The answer.
    pub content: Vec<Part>,
    /// Where it stands in its JSON text.
    pub path: String,
}

/// What a model thought.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reasoning {
    /// How many characters of base64 it has, encrypted; `None` where it is not in the request.
    pub encrypted: Option<usize>,
    /// Whether a summary stands beside it.
    pub has_summary: bool,
    /// Where it stands in its JSON text.
    pub path: String,
}

/// A conversation that the server made shorter, encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compaction {
    /// How many characters of base64 it has.
    pub encrypted: usize,
    /// Where it stands in its JSON text.
    pub path: String,
}

/// The schema that an answer must follow.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AnswerSchema {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The JSON schema.
    pub(crate) schema: json::Value<'static>,
    /// Where it stands in its JSON text.
    pub path: String,
}

/// A prompt: text, or tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prompt {
    /// The text, unless the request gives tokens.
    pub text: Option<String>,
    /// How many tokens the request gives.
    pub tokens: u64,
    /// Where it stands in its JSON text.
    pub path: String,
}

/// Who speaks in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// The instructions, as models until the o-series name them.
    System,
    /// The instructions, as models since the o-series name them. They are billed as `system`.
    Developer,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// The result of a tool.
    Tool,
    /// The result of a function: what `tool` was until November 2023.
    Function,
}

impl Role {
    /// All roles, in the order in which people meet them.
    pub const ALL: &[Role] = &[Role::System, Role::Developer, Role::User, Role::Assistant, Role::Tool, Role::Function];

    /// Returns the role as requests write it.
    pub fn name(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::Developer => "developer",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
            Role::Function => "function",
        }
    }
}

/// The most tokens of one answer that the request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputLimit {
    /// The number of tokens.
    pub tokens: u64,
    /// The field that sets it, such as `max_tokens`.
    pub field: &'static str,
}

/// Something of the request that costs tokens which are not counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Uncounted {
    /// Where it stands in the JSON text, such as `messages[3].content[1]`.
    pub path: String,
    /// What it is, and why it is not counted.
    pub reason: String,
}

impl Uncounted {
    pub(crate) fn new(path: impl Into<String>, reason: impl Into<String>) -> Uncounted {
        Uncounted { path: path.into(), reason: reason.into() }
    }
}

/// Something of the request that costs no tokens, and that its author should know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// Where it stands in the JSON text; empty for the request as a whole.
    pub path: String,
    /// What there is to know.
    pub message: String,
    /// Whether it is about an image of which only the size is missing: [`Request::assume_image_size`] sets it.
    pub lacks_image_size: bool,
}

impl Warning {
    /// Makes a warning about what stands at `path`; an empty path is the request as a whole.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Warning {
        Warning { path: path.into(), message: message.into(), lacks_image_size: false }
    }
}

impl Request {
    /// Reads a request from JSON, whatever its format: a body of Chat Completions, Responses, the legacy Completions or Embeddings, a
    /// line of a Batch file, or an array of messages or of input items. The fields tell which.
    ///
    /// # Errors
    ///
    /// Bytes that are not UTF-8 or not JSON, and JSON that is no request; the error names the line, or the JSON path, and
    /// never shows any text of the request.
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

    /// Reads a request from the tree of its JSON text, in a format that is known or not.
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
            (Some(Format::Items), Value::Array(values)) => responses::read_items(values, path),
            (Some(Format::Messages | Format::Items), other) => Err(path.expected("an array", &other)),
            (Some(format), other) => Err(path.expected(&format!("an object ({format})"), &other)),
        }
    }

    /// Makes a request of plain text: one user message for a chat model, the prompt itself for the others.
    ///
    /// # Errors
    ///
    /// Bytes that are not UTF-8, and no bytes at all.
    pub fn from_text(bytes: &[u8]) -> Result<Request> {
        match utf8(bytes)? {
            "" => Err(empty()),
            text => Ok(Request::new(Input::Text(text.to_owned()))),
        }
    }

    /// Returns what the model reads.
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// Returns the format in which the request was written.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Returns the `custom_id` of a line of a Batch file.
    pub fn custom_id(&self) -> Option<&str> {
        self.custom_id.as_deref()
    }

    /// Returns the API's endpoint that takes the request, `None` for plain text.
    pub fn api(&self) -> Option<Api> {
        self.api
    }

    /// Returns the tools that the model may call.
    pub fn tools(&self) -> &[Tool] {
        &self.tools
    }

    /// Sets the size of each image in the order of the request, whatever it tells of them itself; `None` leaves it.
    pub fn set_image_sizes(&mut self, sizes: impl IntoIterator<Item = Option<ImageSize>>) {
        for (image, size) in self.images_mut().zip(sizes) {
            image.size = size.or(image.size);
        }
    }

    /// Sets the size of all images of which the request does not tell it, such as those behind a URL.
    pub fn assume_image_size(&mut self, size: ImageSize) {
        self.images_mut().for_each(|image| image.size = image.size.or(Some(size)));
    }

    fn images_mut(&mut self) -> impl Iterator<Item = &mut Image> {
        let items = match &mut self.input {
            Input::Conversation(items) => items.as_mut_slice(),
            _ => &mut [],
        };
        let contents = items.iter_mut().filter_map(|item| match item {
            Item::Message(message) => Some(&mut message.content),
            Item::Result(result) => Some(&mut result.content),
            _ => None,
        });
        contents.flatten().filter_map(|part| match part {
            Part::Image(image) => Some(image),
            _ => None,
        })
    }

    /// Returns the model that the request names.
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// Whether the request can be an example for fine-tuning: a conversation for no model, with the answer at its end.
    pub(crate) fn has_its_answer(&self) -> bool {
        let Input::Conversation(items) = &self.input else { return false };
        let is_answer = |item: &Item| matches!(item, Item::Message(message) if message.role == Role::Assistant);
        let is_body = self.format == Format::Body(Api::ChatCompletions);
        is_body && self.model.is_none() && self.output_limit.is_none() && items.last().is_some_and(is_answer)
    }

    /// Returns the most tokens of one answer that the request asks for.
    pub fn output_limit(&self) -> Option<&OutputLimit> {
        self.output_limit.as_ref()
    }

    /// Whether the request asks for speech: its tokens have a price of their own.
    pub fn audio_output(&self) -> bool {
        self.audio_output
    }

    /// Returns how many answers the request asks for: `n`, 1 unless it says otherwise.
    pub fn choices(&self) -> u64 {
        self.choices
    }

    /// Returns the service tier that the request asks for, in the API's words; `batch` for a line of a Batch file, which can be sent no other way.
    pub fn service_tier(&self) -> Option<&str> {
        self.service_tier.as_deref()
    }

    /// Returns what of the request costs tokens that are not counted, in the order of the text.
    pub fn uncounted(&self) -> &[Uncounted] {
        &self.uncounted
    }

    /// Returns what the author of the request should know.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    fn new(input: Input) -> Request {
        Request {
            format: Format::Text,
            api: None,
            custom_id: None,
            input,
            tools: Vec::new(),
            custom_tools: Vec::new(),
            built_in: Vec::new(),
            tool_choice: ToolChoice::Auto,
            parallel_calls: true,
            all_reasoning: false,
            answer: None,
            suffix: None,
            model: None,
            output_limit: None,
            audio_output: false,
            choices: 1,
            service_tier: None,
            holes: Holes::default(),
            uncounted: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

/// Returns the line, from 1, on which the value at a path such as `messages[3].content` begins in a JSON text; `None` where there is none.
///
/// ```
/// use gpt_cost::request::line_of;
///
/// let json = "{\n  \"messages\": [\n    {\"role\": \"user\"}\n  ]\n}";
/// assert_eq!(line_of(json, "messages[0].role"), Some(3));
/// assert_eq!(line_of(json, "messages[1]"), None);
/// ```
pub fn line_of(json: &str, path: &str) -> Option<usize> {
    use serde_json::value::RawValue;
    use std::collections::BTreeMap;

    let mut value: &RawValue = serde_json::from_str(json).ok()?;
    for step in path.split(['.', '[']).filter(|step| !step.is_empty()) {
        value = match step.strip_suffix(']') {
            Some(index) => {
                serde_json::from_str::<Vec<&RawValue>>(value.get()).ok()?.get(index.parse::<usize>().ok()?)?
            }
            None => serde_json::from_str::<BTreeMap<Cow<'_, str>, &RawValue>>(value.get()).ok()?.get(step)?,
        };
    }
    let offset = (value.get().as_ptr() as usize).checked_sub(json.as_ptr() as usize)?;
    Some(json.get(..offset)?.matches('\n').count() + 1)
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
    let api = match (field("messages"), field("input"), field("prompt")) {
        (Some(_), ..) => Api::ChatCompletions,
        (_, Some(input), _)
            if is_embedding(input, field("model"), field("encoding_format").or(field("dimensions"))) =>
        {
            Api::Embeddings
        }
        (_, Some(_), _) => Api::Responses,
        // A prompt that the server keeps has an id; other tools keep other objects under this name.
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

/// Returns the error that something else than a request is there.
fn not_request(path: &Path<'_>, message: &str) -> Error {
    path.error(message).about(error::Kind::NotRequest)
}

/// Whether an array is a list of tools, and none of messages or items.
fn are_tools(values: &[Value<'_>]) -> bool {
    let is_tool = |value: &Value<'_>| {
        let has = |name: &str| value.get(name).is_some();
        let is_function = value.get("type").and_then(Value::as_str) == Some("function");
        let has_schema = has("name") && (has("parameters") || has("input_schema"));
        !has("role") && !has("call_id") && (is_function || has_schema)
    };
    !values.is_empty() && values.iter().all(is_tool)
}

/// Whether an object without `messages`, `input` and `prompt` is what the API answers.
fn is_response(fields: &json::Fields<'_>) -> bool {
    let has = |name: &str| fields.iter().any(|(key, _)| key == name);
    has("choices") || has("usage") || (has("output") && has("status")) || (has("response") && has("custom_id"))
}

/// Whether `input` is what the Embeddings API takes: an array of texts or of tokens, or text for such a model.
fn is_embedding(input: &Value<'_>, model: Option<&Value<'_>>, only_there: Option<&Value<'_>>) -> bool {
    match input {
        Value::Array(values) if !values.is_empty() => values.iter().all(|value| !matches!(value, Value::Object(_))),
        _ => only_there.is_some() || model.and_then(Value::as_str).is_some_and(|model| model.contains("embedding")),
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

/// Reads a line of a Batch file: a body, and the URL of the endpoint that takes it.
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
    let Some(api) = Api::of_url(&url) else {
        return Err(path.key("url").error("requests to this endpoint are not counted"));
    };
    let request = body_of(api, body, &path.key("body"))?;
    Ok(Request { format: Format::BatchLine, custom_id, service_tier: Some("batch".to_owned()), ..request })
}

/// Reads the request of a recording, which has the response or its usage beside it, and perhaps the endpoint and the sizes of its images.
pub(crate) fn recording(fields: json::Fields<'_>, path: &Path<'_>) -> Result<Request> {
    let (mut request, mut is_compact, mut sizes) = (None, false, Vec::new());
    for (key, value) in json::unique(fields, path)? {
        match (key.as_ref(), value) {
            ("request", value) => request = Some(value),
            ("endpoint", value) => is_compact = value.as_str() == Some(Api::Compact.name()),
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

/// Returns the bytes as text, without a byte order mark before it.
fn utf8(bytes: &[u8]) -> Result<&str> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(error::not_utf8)
}

fn empty() -> Error {
    let problem = Problem::new("it is empty")
        .with_hint("expected a JSON array of messages, an object with `messages`, or a prompt as text");
    Error::new(error::Kind::Request, problem)
}
