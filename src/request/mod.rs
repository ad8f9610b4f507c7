//! Requests: read from JSON or text of any format, or built without JSON.

mod audio;
mod base64;
mod body;
mod builder;
mod chat;
mod content;
mod conversation;
mod file;
mod format;
mod github;
mod image;
mod notes;
mod placeholders;
mod prompts;
mod repeated;
mod responses;
mod tool;
mod tree;

use std::borrow::Cow;
use std::sync::Arc;

pub use self::audio::{Audio, AudioLength};
pub use self::builder::RequestBuilder;
pub use self::conversation::{Call, CallResult, Compaction, Input, Item, Message, Part, Prompt, Reasoning, Role};
pub use self::file::File;
pub(crate) use self::format::recording;
pub use self::format::{Api, Format};
pub use self::image::{Detail, Image, ImageSize};
pub use self::placeholders::Placeholder;
use self::placeholders::Placeholders;
pub use self::tool::{AnswerSchema, BuiltIn, CustomTool, Tool, ToolChoice};

/// A request to a model, independent of the format in which it was written.
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
    /// The endpoint; `None` if the format does not determine it.
    pub(crate) api: Option<Api>,
    pub(crate) custom_id: Option<String>,
    pub(crate) input: Input,
    /// The role of the message that a plain text is.
    pub(crate) text_role: Role,
    /// Shared by requests with the same tools, if there are several.
    pub(crate) tools: Arc<Vec<Tool>>,
    pub(crate) custom_tools: Vec<CustomTool>,
    pub(crate) built_in: Vec<BuiltIn>,
    /// The paths of the web searches of past answers.
    pub(crate) past_searches: Vec<String>,
    pub(crate) tool_choice: ToolChoice,
    /// Whether the model may call several tools at once.
    pub(crate) parallel_calls: bool,
    /// Whether the server stores the request and its response; so it does unless the request says otherwise.
    pub(crate) is_stored: bool,
    /// Whether the model is shown its reasoning of all turns, not only of the last one.
    pub(crate) all_reasoning: bool,
    /// Shared like the tools.
    pub(crate) answer: Option<Arc<AnswerSchema>>,
    /// The text after the completion that a legacy request asks for.
    pub(crate) suffix: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) output_limit: Option<OutputLimit>,
    /// Whether the requested answer is audio.
    pub(crate) audio_output: bool,
    pub(crate) choices: u64,
    pub(crate) service_tier: Option<String>,
    pub(crate) placeholders: Placeholders,
    /// Whether its texts have values of a template.
    pub(crate) is_filled: bool,
    pub(crate) uncounted: Vec<Uncounted>,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) unproven: Vec<Unproven>,
}

/// A field that is assumed to cost nothing, although few recorded requests have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unproven {
    /// The name under which its evidence is collected.
    pub(crate) feature: &'static str,
    /// Its length in bytes: it has no more tokens.
    pub(crate) length: usize,
}

/// The request's limit on the tokens of one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputLimit {
    /// The number of tokens.
    pub tokens: u64,
    /// The field that sets it, such as `max_tokens`.
    pub field: &'static str,
}

/// A part of the request whose tokens are not counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Uncounted {
    /// The path in the JSON text, such as `messages[3].content[1]`.
    pub path: String,
    /// The kind of the part, and the reason why it is not counted.
    pub reason: String,
    /// Whether it is the text of a file: [`Request::assume_file_tokens`] sets its tokens.
    pub lacks_file_tokens: bool,
}

impl Uncounted {
    pub(crate) fn new(path: impl Into<String>, reason: impl Into<String>) -> Uncounted {
        Uncounted { path: path.into(), reason: reason.into(), lacks_file_tokens: false }
    }
}

/// A note for the author of the request about something that costs no tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// The path in the JSON text; empty for the request as a whole.
    pub path: String,
    /// The note.
    pub message: String,
    /// Whether it is about an image of unknown size: [`Request::assume_image_size`] sets the size.
    pub lacks_image_size: bool,
}

impl Warning {
    /// Returns a warning about the value at `path`; an empty path is the request as a whole.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Warning {
        Warning { path: path.into(), message: message.into(), lacks_image_size: false }
    }
}

impl Request {
    /// Returns the input.
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

    /// Returns the endpoint of the request; `None` for plain text.
    pub fn api(&self) -> Option<Api> {
        self.api
    }

    /// Returns the tools that the model may call.
    pub fn tools(&self) -> &[Tool] {
        &self.tools
    }

    /// Sets the role of the message that a plain text is with a chat model; without this call, the user's. Requests of
    /// other formats have their roles.
    pub fn set_text_role(&mut self, role: Role) {
        self.text_role = role;
    }

    /// Returns the role of the message that a plain text is with a chat model; `None` for requests of other formats.
    pub fn text_role(&self) -> Option<Role> {
        matches!(self.input, Input::Text(_)).then_some(self.text_role)
    }

    /// Marks a text that was rendered with values of a template: its count is that of these values.
    pub fn set_filled(&mut self) {
        self.is_filled = true;
    }

    /// Returns whether the request's texts have values of a template, as [`Request::fill`] and [`Request::set_filled`] note.
    pub fn is_filled(&self) -> bool {
        self.is_filled
    }

    /// Sets the sizes of the images, in the order of the request. `None` keeps the size that the request has.
    pub fn set_image_sizes(&mut self, sizes: impl IntoIterator<Item = Option<ImageSize>>) {
        for (image, size) in self.images_mut().zip(sizes) {
            image.size = size.or(image.size);
        }
    }

    /// Sets the size of all images of unknown size, such as those given by a URL.
    pub fn assume_image_size(&mut self, size: ImageSize) {
        self.images_mut().for_each(|image| image.size = image.size.or(Some(size)));
    }

    /// Sets the tokens of all files whose text is not in the request or is not read, and which have none yet.
    pub fn assume_file_tokens(&mut self, tokens: u64) {
        for part in self.parts_mut() {
            if let Part::File(file) = part {
                file.tokens = file.tokens.or(Some(tokens));
            }
        }
    }

    fn images_mut(&mut self) -> impl Iterator<Item = &mut Image> {
        self.parts_mut().filter_map(|part| match part {
            Part::Image(image) => Some(image),
            _ => None,
        })
    }

    /// Sets what JSON has no field for, from the images, audio and files of a built request, in their order.
    fn restore_media(&mut self, media: Vec<Part>) {
        for pair in self.parts_mut().filter(|part| body::is_medium(part)).zip(media) {
            match pair {
                (Part::Image(image), Part::Image(built)) => image.size = built.size.or(image.size),
                (Part::Audio(audio), Part::Audio(built)) => audio.length = built.length,
                (Part::File(file), Part::File(built)) => {
                    (file.tokens, file.is_inline_pdf) = (built.tokens, built.is_inline_pdf);
                }
                _ => {}
            }
        }
    }

    /// Returns the parts of all contents.
    fn parts_mut(&mut self) -> impl Iterator<Item = &mut Part> {
        let items = match &mut self.input {
            Input::Conversation(items) => items.as_mut_slice(),
            _ => &mut [],
        };
        let contents = items.iter_mut().filter_map(|item| match item {
            Item::Message(message) => Some(&mut message.content),
            Item::Result(result) => Some(&mut result.content),
            _ => None,
        });
        contents.flatten()
    }

    /// Returns the model that the request names.
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// Returns whether the request can be an example for fine-tuning: a conversation without a model that ends with an
    /// answer.
    pub(crate) fn has_its_answer(&self) -> bool {
        let Input::Conversation(items) = &self.input else { return false };
        let is_answer = |item: &Item| matches!(item, Item::Message(message) if message.role == Role::Assistant);
        let is_body = self.format == Format::Body(Api::ChatCompletions);
        is_body && self.model.is_none() && self.output_limit.is_none() && items.last().is_some_and(is_answer)
    }

    /// Returns the request's limit on the tokens of one answer.
    pub fn output_limit(&self) -> Option<&OutputLimit> {
        self.output_limit.as_ref()
    }

    /// Returns whether the request asks for audio output, which has its own price.
    pub fn audio_output(&self) -> bool {
        self.audio_output
    }

    /// Returns the number of answers that the request asks for: `n`, 1 by default.
    pub fn choices(&self) -> u64 {
        self.choices
    }

    /// Returns the requested service tier, in the API's words; `batch` for a line of a Batch file, which always has
    /// that tier.
    pub fn service_tier(&self) -> Option<&str> {
        self.service_tier.as_deref()
    }

    /// Returns the parts of the request whose tokens are counted with no model, in the order of the text.
    /// [`TokenCount::uncounted`](crate::TokenCount::uncounted) has those of a model.
    pub fn uncounted(&self) -> &[Uncounted] {
        &self.uncounted
    }

    /// Returns the notes for the author of the request.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    fn new(input: Input) -> Request {
        Request {
            format: Format::Text,
            api: None,
            custom_id: None,
            input,
            text_role: Role::User,
            tools: Arc::default(),
            custom_tools: Vec::new(),
            built_in: Vec::new(),
            past_searches: Vec::new(),
            tool_choice: ToolChoice::Auto,
            parallel_calls: true,
            is_stored: true,
            all_reasoning: false,
            answer: None,
            suffix: None,
            model: None,
            output_limit: None,
            audio_output: false,
            choices: 1,
            service_tier: None,
            placeholders: Placeholders::default(),
            is_filled: false,
            uncounted: Vec::new(),
            warnings: Vec::new(),
            unproven: Vec::new(),
        }
    }
}

/// Returns the line, from 1, on which the value at a path such as `messages[3].content` begins in a JSON text; `None`
/// if there is no such value.
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
