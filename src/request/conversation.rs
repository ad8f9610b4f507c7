//! What a request has for the model to read: a conversation with its messages, calls and images, or prompts; and the tools beside it.

use crate::json;

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
