//! The input of a request: a conversation of messages, calls, results and images, or prompts.

use super::{Audio, File, Image};
use crate::names::names;

/// The input of a request.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Input {
    /// A conversation.
    Conversation(Vec<Item>),
    /// Independent prompts, without any framing.
    Prompts(Vec<Prompt>),
    /// Plain text: one user message for a chat model, the prompt itself for other models.
    Text(String),
}

/// One entry of a conversation.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Item {
    /// A message, with the calls in it.
    Message(Message),
    /// A call that is an item of its own, as in the Responses API.
    Call(Call),
    /// The result of a call.
    Result(CallResult),
    /// A reasoning item.
    Reasoning(Reasoning),
    /// A compaction by the server, which replaces all earlier items.
    Compaction(Compaction),
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Message {
    /// The role of the message's author.
    pub role: Role,
    /// The author's name, to distinguish authors of the same role.
    pub name: Option<String>,
    /// The content.
    pub content: Vec<Part>,
    /// The model's calls of tools.
    pub calls: Vec<Call>,
    /// The model's call of a function: the form of calls until November 2023.
    pub function_call: Option<Call>,
    /// The path of the message in its JSON text, such as `messages[3]`.
    pub path: String,
}

impl Message {
    /// Returns a message of text. With [`Role::Tool`], it is the result of an unknown call: [`CallResult::new`] names
    /// the call.
    ///
    /// ```
    /// use gpt_cost::request::{ImageSize, Message, Role};
    ///
    /// let message = Message::new(Role::User, "What is this?").image(ImageSize { width: 640, height: 480 });
    /// assert_eq!(message.content.len(), 2);
    /// ```
    pub fn new(role: Role, text: impl Into<String>) -> Message {
        let content = vec![Part::Text(text.into())];
        Message { role, name: None, content, calls: Vec::new(), function_call: None, path: String::new() }
    }

    /// Sets the name of the message's author.
    ///
    /// ```
    /// use gpt_cost::request::{Message, Role};
    ///
    /// assert_eq!(Message::new(Role::User, "Hello!").name("ann").name.as_deref(), Some("ann"));
    /// ```
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Message {
        Message { name: Some(name.into()), ..self }
    }

    /// Appends text to the content. Adjacent texts are joined, as the model reads them.
    ///
    /// ```
    /// use gpt_cost::request::{Message, Role};
    ///
    /// assert_eq!(Message::new(Role::User, "Good ").text("morning"), Message::new(Role::User, "Good morning"));
    /// ```
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Message {
        add_text(&mut self.content, text.into());
        self
    }

    /// Appends an image, or an [`ImageSize`](super::ImageSize), to the content.
    ///
    /// ```
    /// use gpt_cost::request::{Detail, Image, ImageSize, Message, Role};
    ///
    /// let image = Image::new(ImageSize { width: 640, height: 480 }).detail(Detail::Low);
    /// assert_eq!(Message::new(Role::User, "What is this?").image(image).content.len(), 2);
    /// ```
    #[must_use]
    pub fn image(mut self, image: impl Into<Image>) -> Message {
        self.content.push(Part::Image(image.into()));
        self
    }

    /// Appends audio to the content.
    ///
    /// ```
    /// use gpt_cost::request::{Audio, Message, Role};
    ///
    /// let message = Message::new(Role::User, "Who speaks?").audio(Audio::from_base64("T2dnUw=="));
    /// assert_eq!(message.content.len(), 2);
    /// ```
    #[must_use]
    pub fn audio(mut self, audio: Audio) -> Message {
        self.content.push(Part::Audio(audio));
        self
    }

    /// Appends a file to the content.
    ///
    /// ```
    /// use gpt_cost::request::{File, Message, Role};
    ///
    /// assert_eq!(Message::new(Role::User, "Summarize it.").file(File::new(12_000)).content.len(), 2);
    /// ```
    #[must_use]
    pub fn file(mut self, file: File) -> Message {
        self.content.push(Part::File(file));
        self
    }

    /// Appends an image by its URL: see [`Image::from_url`].
    ///
    /// ```
    /// use gpt_cost::request::{Message, Role};
    ///
    /// let message = Message::new(Role::User, "What is this?").image_url("https://example.com/cat.png");
    /// assert_eq!(message.content.len(), 2);
    /// ```
    #[must_use]
    pub fn image_url(self, url: &str) -> Message {
        self.image(Image::from_url(url))
    }

    /// Adds a call by the assistant to the message. A message with only calls has the text `""`.
    ///
    /// ```
    /// use gpt_cost::request::{Call, Message, Role};
    ///
    /// let message = Message::new(Role::Assistant, "").call(Call::new("call_1", "weather", r#"{"city": "Oslo"}"#));
    /// assert_eq!(message.calls[0].name, "weather");
    /// ```
    #[must_use]
    pub fn call(mut self, call: Call) -> Message {
        self.calls.push(call);
        self
    }
}

impl From<Message> for Item {
    fn from(message: Message) -> Item {
        Item::Message(message)
    }
}

/// Appends text to a content, joined with the text at its end.
pub(super) fn add_text(content: &mut Vec<Part>, text: String) {
    match content.last_mut() {
        Some(Part::Text(run)) => run.push_str(&text),
        _ => content.push(Part::Text(text)),
    }
}

/// A part of a content.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// Text; adjacent text parts are joined, as the model reads them.
    Text(String),
    /// An image.
    Image(Image),
    /// Audio.
    Audio(Audio),
    /// A file.
    File(File),
    /// A part that is not counted: [`Request::uncounted`](super::Request::uncounted) names it.
    Uncounted,
}

/// A call of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// The id by which its result refers to it.
    pub id: Option<String>,
    /// The function's name.
    pub name: String,
    /// Its arguments: the text of a JSON object, unless the model made a mistake; free text for a
    /// [`CustomTool`](super::CustomTool).
    pub arguments: String,
    /// Whether it is a call of a [`CustomTool`](super::CustomTool).
    pub is_custom: bool,
    /// Whether it is an item stored on the server, with an id of its own.
    pub is_stored: bool,
    /// The path in its JSON text.
    pub path: String,
}

impl Call {
    /// Returns a call of a function. Its result refers to it by `id`; `arguments` is the text of a JSON object, as the
    /// model wrote it.
    ///
    /// ```
    /// use gpt_cost::request::Call;
    ///
    /// let call = Call::new("call_1", "weather", r#"{"city": "Oslo"}"#);
    /// assert_eq!(call.id.as_deref(), Some("call_1"));
    /// ```
    pub fn new(id: impl Into<String>, name: impl Into<String>, arguments: impl Into<String>) -> Call {
        let (id, name, arguments) = (Some(id.into()), name.into(), arguments.into());
        Call { id, name, arguments, is_custom: false, is_stored: false, path: String::new() }
    }
}

/// The result of a call of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallResult {
    /// The [`Call::id`] of the call.
    pub call: Option<String>,
    /// The content.
    pub content: Vec<Part>,
    /// The path in its JSON text.
    pub path: String,
}

impl CallResult {
    /// Returns the result of the call with this [`Call::id`].
    ///
    /// ```
    /// use gpt_cost::request::CallResult;
    ///
    /// assert_eq!(CallResult::new("call_1", "3 °C").call.as_deref(), Some("call_1"));
    /// ```
    pub fn new(call: impl Into<String>, text: impl Into<String>) -> CallResult {
        CallResult { call: Some(call.into()), content: vec![Part::Text(text.into())], path: String::new() }
    }

    /// Appends text to the content. Adjacent texts are joined, as the model reads them.
    ///
    /// ```
    /// use gpt_cost::request::CallResult;
    ///
    /// assert_eq!(CallResult::new("call_1", "3").text(" °C"), CallResult::new("call_1", "3 °C"));
    /// ```
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> CallResult {
        add_text(&mut self.content, text.into());
        self
    }

    /// Appends an image, or an [`ImageSize`](super::ImageSize), to the content.
    ///
    /// ```
    /// use gpt_cost::request::{CallResult, ImageSize};
    ///
    /// let result = CallResult::new("call_1", "the map").image(ImageSize { width: 640, height: 480 });
    /// assert_eq!(result.content.len(), 2);
    /// ```
    #[must_use]
    pub fn image(mut self, image: impl Into<Image>) -> CallResult {
        self.content.push(Part::Image(image.into()));
        self
    }
}

impl From<CallResult> for Item {
    fn from(result: CallResult) -> Item {
        Item::Result(result)
    }
}

/// A reasoning item.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reasoning {
    /// The number of characters of its encrypted content, in base64; `None` if the content is not in the request.
    pub encrypted: Option<usize>,
    /// Whether it has a summary.
    pub has_summary: bool,
    /// The path in its JSON text.
    pub path: String,
}

/// A conversation that the server compacted, encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compaction {
    /// The number of characters of its encrypted content, in base64.
    pub encrypted: usize,
    /// The path in its JSON text.
    pub path: String,
}

/// A prompt: text, or tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prompt {
    /// The text; `None` if the request has tokens instead.
    pub text: Option<String>,
    /// The number of tokens in the request, 0 for a text.
    pub tokens: u64,
    /// The path in its JSON text.
    pub path: String,
}

names! {
    /// The role of a message's author.
    pub enum Role {
        /// Instructions, as models before the o-series name them.
        System = "system",
        /// Instructions, as models since the o-series name them. They are billed as `system`.
        Developer = "developer",
        /// The user.
        User = "user",
        /// The model.
        Assistant = "assistant",
        /// The result of a tool.
        Tool = "tool",
        /// The result of a function: the form of `tool` until November 2023.
        Function = "function",
    }
}
