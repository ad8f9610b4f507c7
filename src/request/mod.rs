//! Bytes → a [`Request`], whatever format they were in. Knows no tokens.

mod chat;
mod json;

use crate::error::{self, Error, Problem, Result};

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
    pub(crate) input: Input,
    pub(crate) model: Option<String>,
    pub(crate) output_limit: Option<OutputLimit>,
    pub(crate) choices: u64,
    pub(crate) service_tier: Option<String>,
    pub(crate) uncounted: Vec<Uncounted>,
    pub(crate) warnings: Vec<Warning>,
}

/// What the model reads.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Input {
    /// A conversation.
    Messages(Vec<Message>),
    /// Plain text: one user message for a chat model, the prompt itself for the others.
    Text(String),
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// Which of those who have the role speaks, where the request says so.
    pub name: Option<String>,
    /// The text, in the runs that the model reads as one piece each: adjacent text parts are one run, and something else
    /// between them, such as an image, begins a new one.
    pub text: Vec<String>,
    /// Where the message stands in its JSON text, such as `messages[3]`.
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

/// Something of the request that costs no tokens, and that its author should know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// Where it stands in the JSON text; empty for the request as a whole.
    pub path: String,
    /// What there is to know.
    pub message: String,
}

impl Warning {
    /// Makes a warning about what stands at `path`; an empty path is the request as a whole.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Warning {
        Warning { path: path.into(), message: message.into() }
    }
}

impl Request {
    /// Reads a request from JSON: an array of messages, or an object with `messages`, as Chat Completions takes it.
    ///
    /// # Errors
    ///
    /// Bytes that are not UTF-8 or not JSON, and JSON that is no request; the error names the line, or the JSON path, and
    /// never shows any text of the request.
    pub fn from_json(bytes: &[u8]) -> Result<Request> {
        let text = utf8(bytes)?;
        if text.trim().is_empty() {
            return Err(empty());
        }
        chat::read(json::parse(text)?)
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

    /// Returns the model that the request names.
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// Returns the most tokens of one answer that the request asks for.
    pub fn output_limit(&self) -> Option<&OutputLimit> {
        self.output_limit.as_ref()
    }

    /// Returns how many answers the request asks for: `n`, 1 unless it says otherwise.
    pub fn choices(&self) -> u64 {
        self.choices
    }

    /// Returns the service tier that the request asks for.
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
            input,
            model: None,
            output_limit: None,
            choices: 1,
            service_tier: None,
            uncounted: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

/// Returns the bytes as text, without a byte order mark before it.
fn utf8(bytes: &[u8]) -> Result<&str> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let problem =
            Problem::new(format!("not UTF-8: the byte at offset {} does not belong there", error.valid_up_to()));
        Error::new(error::Kind::Request, problem.with_hint("save it as UTF-8"))
    })
}

fn empty() -> Error {
    let problem = Problem::new("it is empty")
        .with_hint("expected a JSON array of messages, an object with `messages`, or a prompt as text");
    Error::new(error::Kind::Request, problem)
}
