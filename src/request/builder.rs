//! Requests without JSON: what a builder holds becomes the tree of a body, and is read by the one reader.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{AnswerSchema, Api, CustomTool, Format, Item, Request, Tool, ToolChoice, body, tree};
use crate::error::Result;
use crate::json::{Path, Value};

/// A request of Chat Completions that is put together piece by piece.
///
/// It is counted exactly as the JSON text of the same request. A setting that is set again has the last value; messages and tools are added.
///
/// ```
/// use gpt_cost::request::{Call, CallResult, Message, Role, Tool};
/// use gpt_cost::{Catalog, Date, Request};
/// use serde_json::json;
///
/// let parameters = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
/// let request = Request::builder()
///     .model("gpt-4o")
///     .tool(Tool::function("weather", "The weather in a city, now.", parameters))
///     .message(Message::new(Role::System, "You answer in one sentence."))
///     .message(Message::new(Role::User, "Do I need a coat in Oslo?"))
///     .message(Message::new(Role::Assistant, "").call(Call::new("call_1", "weather", r#"{"city": "Oslo"}"#)))
///     .message(CallResult::new("call_1", "3 °C, light snow"))
///     .max_output_tokens(100)
///     .build()?;
/// let count = Catalog::builtin().model("gpt-4o")?.count(&request, Date::new(2026, 11, 23)?)?;
/// assert_eq!(count.tokens(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder is no request until `build` is called"]
pub struct RequestBuilder {
    messages: Vec<Item>,
    tools: Vec<Value<'static>>,
    /// The other fields of the body.
    fields: BTreeMap<&'static str, Value<'static>>,
}

impl Request {
    /// Returns a builder of a request of Chat Completions, without messages.
    ///
    /// ```
    /// use gpt_cost::Request;
    /// use gpt_cost::request::{Message, Role};
    ///
    /// let request = Request::builder().model("gpt-4o").message(Message::new(Role::User, "Hello!")).build()?;
    /// let json = br#"{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello!"}]}"#;
    /// assert_eq!(request, Request::from_json(json)?);
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    pub fn builder() -> RequestBuilder {
        RequestBuilder::default()
    }
}

impl RequestBuilder {
    /// Sets the model that the request names.
    pub fn model(self, name: impl Into<String>) -> RequestBuilder {
        self.field("model", body::text(name.into()))
    }

    /// Adds a [`Message`](super::Message), or the [`CallResult`](super::CallResult) of a tool.
    pub fn message(mut self, message: impl Into<Item>) -> RequestBuilder {
        self.messages.push(message.into());
        self
    }

    /// Adds messages in their order; messages and results in one array are [`Item`]s.
    ///
    /// The items of a request that was read can be added, too. What [`Request::uncounted`] names beside them is no part of them.
    ///
    /// ```
    /// use gpt_cost::Request;
    /// use gpt_cost::request::{Message, Role};
    ///
    /// let history = [Message::new(Role::User, "Hello!"), Message::new(Role::Assistant, "Good morning!")];
    /// let request = Request::builder().messages(history).message(Message::new(Role::User, "How are you?")).build()?;
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    pub fn messages<M: Into<Item>>(mut self, messages: impl IntoIterator<Item = M>) -> RequestBuilder {
        self.messages.extend(messages.into_iter().map(Into::into));
        self
    }

    /// Adds a function that the model may call.
    pub fn tool(mut self, tool: Tool) -> RequestBuilder {
        self.tools.push(body::tool(tool));
        self
    }

    /// Adds functions that the model may call, in their order.
    pub fn tools(mut self, tools: impl IntoIterator<Item = Tool>) -> RequestBuilder {
        self.tools.extend(tools.into_iter().map(body::tool));
        self
    }

    /// Adds a tool that the model calls with free text.
    pub fn custom_tool(mut self, tool: CustomTool) -> RequestBuilder {
        self.tools.push(body::custom_tool(tool));
        self
    }

    /// Sets which tools the model must call: `tool_choice`. Without it, [`ToolChoice::Auto`].
    pub fn tool_choice(self, choice: ToolChoice) -> RequestBuilder {
        self.field("tool_choice", body::tool_choice(choice))
    }

    /// Sets whether the model may call several tools at once: `parallel_tool_calls`. Without it, it may.
    pub fn parallel_tool_calls(self, is_allowed: bool) -> RequestBuilder {
        self.field("parallel_tool_calls", Value::Bool(is_allowed))
    }

    /// Sets the schema that the answer must follow: `response_format`.
    pub fn answer_schema(self, schema: AnswerSchema) -> RequestBuilder {
        self.field("response_format", body::response_format(schema))
    }

    /// Sets the most tokens of one answer: `max_completion_tokens`, at least 1.
    pub fn max_output_tokens(self, tokens: u32) -> RequestBuilder {
        self.field("max_completion_tokens", Value::Number(tokens.into()))
    }

    /// Sets how many answers the request asks for: `n`, from 1 to 128. Without it, 1.
    pub fn choices(self, choices: u32) -> RequestBuilder {
        self.field("n", Value::Number(choices.into()))
    }

    /// Sets the service tier, in the API's words, such as `flex`: `service_tier`.
    pub fn service_tier(self, tier: impl Into<String>) -> RequestBuilder {
        self.field("service_tier", body::text(tier.into()))
    }

    /// Returns the request.
    ///
    /// # Errors
    ///
    /// As [`Request::from_json`] has them for the same request: no messages, a number out of its range, a schema that is nested too deep; and an
    /// [`Item`] that only the Responses API has. The error names the JSON path, such as `messages[3]`.
    ///
    /// ```
    /// use gpt_cost::Request;
    ///
    /// let error = Request::builder().model("gpt-4o").build().unwrap_err();
    /// assert_eq!(error.to_string(), "messages: there are no messages; a request needs at least one");
    /// ```
    pub fn build(self) -> Result<Request> {
        let mut sizes = Vec::new();
        let path = Path::Top.key("messages");
        let message = |(index, item)| body::message(item, &mut sizes, &path.index(index));
        let messages = self.messages.into_iter().enumerate().map(message).collect::<Result<_>>()?;
        let lists = [("messages", messages), ("tools", self.tools)].map(|(key, values)| (key, Value::Array(values)));
        let fields = self.fields.into_iter().chain(lists).map(|(key, value)| (Cow::Borrowed(key), value)).collect();
        let body = tree::checked(Value::Object(fields))?;
        let mut request = Request::read(body, Some(Format::Body(Api::ChatCompletions)), &Path::Top)?;
        request.set_image_sizes(sizes);
        Ok(request)
    }

    fn field(mut self, key: &'static str, value: Value<'static>) -> RequestBuilder {
        self.fields.insert(key, value);
        self
    }
}
