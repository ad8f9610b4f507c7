//! What the model reads: a conversation with its messages, calls, results and images, or prompts.

use super::Image;
use crate::names::names;

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

impl Message {
    /// Makes a message of text. [`Role::Tool`] makes the result of an unknown call: [`CallResult::new`] names the call.
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

    /// Adds text after the content so far. Text after text is one text, as the model reads it.
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

    /// Adds an image, or an [`ImageSize`](super::ImageSize), after the content so far.
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

    /// Adds an image by its URL: see [`Image::from_url`].
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

    /// Adds a call that the assistant made in the message. A message with calls alone has the text `""`.
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

/// Adds text to a content, where it ends in text to that.
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
    /// Text that the model reads as one: adjacent text parts are joined.
    Text(String),
    /// An image.
    Image(Image),
    /// Something that is not counted, which [`Request::uncounted`](super::Request::uncounted) names.
    Uncounted,
}

/// A call of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// What its result names it by.
    pub id: Option<String>,
    /// The function.
    pub name: String,
    /// Its arguments: the text of a JSON object, if the model made no mistake; free text for a [`CustomTool`](super::CustomTool).
    pub arguments: String,
    /// Whether it is a call of a [`CustomTool`](super::CustomTool).
    pub is_custom: bool,
    /// Whether it is an item that the server keeps, with an id of its own.
    pub is_stored: bool,
    /// Where it stands in its JSON text.
    pub path: String,
}

impl Call {
    /// Makes a call of a function. `id` is the name that its result has for it, `arguments` the text that the model wrote: that of a JSON object.
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

impl CallResult {
    /// Makes the result of the call with this [`Call::id`].
    ///
    /// ```
    /// use gpt_cost::request::CallResult;
    ///
    /// assert_eq!(CallResult::new("call_1", "3 °C").call.as_deref(), Some("call_1"));
    /// ```
    pub fn new(call: impl Into<String>, text: impl Into<String>) -> CallResult {
        CallResult { call: Some(call.into()), content: vec![Part::Text(text.into())], path: String::new() }
    }

    /// Adds text after the content so far. Text after text is one text, as the model reads it.
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

    /// Adds an image, or an [`ImageSize`](super::ImageSize), after the content so far.
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
        /// The result of a function: what `tool` was until November 2023.
        Function = "function",
    }
}
