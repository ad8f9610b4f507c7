//! Requests without JSON: the builder writes the tree of a body, which the reader of Chat Completions reads.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{AnswerSchema, Api, CustomTool, Format, Item, Request, Tool, ToolChoice, body, tree};
use crate::error::Result;
use crate::json::{Path, Value};

/// A builder of a request of Chat Completions.
///
/// The request has the same count as the JSON text of the same request. The last value of a setting counts; messages
/// and tools are added.
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
/// assert_eq!(count.tokens(), 85);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder makes no request until `build` is called"]
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
    ///
    /// ```
    /// use gpt_cost::Request;
    /// use gpt_cost::request::{Message, Role};
    ///
    /// let hello = Request::builder().message(Message::new(Role::User, "Hello!"));
    /// assert_eq!(hello.model("gpt-4o").build()?.model(), Some("gpt-4o"));
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    pub fn model(self, name: impl Into<String>) -> RequestBuilder {
        self.field("model", body::text(name.into()))
    }

    /// Adds a [`Message`](super::Message), or the [`CallResult`](super::CallResult) of a tool.
    ///
    /// ```
    /// use gpt_cost::Request;
    /// use gpt_cost::request::{Call, CallResult, Message, Role};
    ///
    /// let request = Request::builder()
    ///     .message(Message::new(Role::User, "Do I need a coat in Oslo?"))
    ///     .message(Message::new(Role::Assistant, "").call(Call::new("call_1", "weather", r#"{"city": "Oslo"}"#)))
    ///     .message(CallResult::new("call_1", "3 °C, light snow"))
    ///     .build()?;
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    pub fn message(mut self, message: impl Into<Item>) -> RequestBuilder {
        self.messages.push(message.into());
        self
    }

    /// Adds messages in their order; messages and results in one array are [`Item`]s.
    ///
    /// They can be the items of a request that was read. The parts that [`Request::uncounted`] names outside of the
    /// items are not added.
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
    ///
    /// ```
    /// use gpt_cost::Request;
    /// use gpt_cost::request::{Message, Role, Tool};
    ///
    /// let hello = Request::builder().message(Message::new(Role::User, "Hello!"));
    /// let tool = Tool::function("now", "The time of day.", serde_json::Value::Null);
    /// assert_eq!(hello.tool(tool).build()?.tools()[0].name, "now");
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    pub fn tool(mut self, tool: Tool) -> RequestBuilder {
        self.tools.push(body::tool(tool));
        self
    }

    /// Adds functions that the model may call, in their order.
    ///
    /// ```
    /// use gpt_cost::Request;
    /// use gpt_cost::request::{Message, Role, Tool};
    ///
    /// let hello = Request::builder().message(Message::new(Role::User, "Hello!"));
    /// let tools = ["sunrise", "sunset"].map(|name| Tool::function(name, "", serde_json::Value::Null));
    /// assert_eq!(hello.tools(tools).build()?.tools().len(), 2);
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    pub fn tools(mut self, tools: impl IntoIterator<Item = Tool>) -> RequestBuilder {
        self.tools.extend(tools.into_iter().map(body::tool));
        self
    }

    /// Adds a custom tool, which the model calls with free text.
    ///
    /// ```
    /// use gpt_cost::Request;
    /// use gpt_cost::request::{Message, Role, CustomTool};
    ///
    /// let hello = Request::builder().message(Message::new(Role::User, "Hello!"));
    /// let request = hello.custom_tool(CustomTool::new("shell", "Runs a command.")).build()?;
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    pub fn custom_tool(mut self, tool: CustomTool) -> RequestBuilder {
        self.tools.push(body::custom_tool(tool));
        self
    }

    /// Sets which tools the model must call: `tool_choice`. The default is [`ToolChoice::Auto`].
    ///
    /// ```
    /// use gpt_cost::Request;
    /// use gpt_cost::request::{Message, Role, Tool, ToolChoice};
    ///
    /// let hello = Request::builder().message(Message::new(Role::User, "Hello!"));
    /// let tool = Tool::function("now", "The time of day.", serde_json::Value::Null);
    /// let request = hello.tool(tool).tool_choice(ToolChoice::Named("now".to_owned())).build()?;
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    pub fn tool_choice(self, choice: ToolChoice) -> RequestBuilder {
        self.field("tool_choice", body::tool_choice(choice))
    }

    /// Sets whether the model may call several tools at once: `parallel_tool_calls`. The default is `true`.
    ///
    /// ```
    /// use gpt_cost::Request;
    /// use gpt_cost::request::{Message, Role, Tool};
    ///
    /// let hello = Request::builder().message(Message::new(Role::User, "Hello!"));
    /// let tool = Tool::function("now", "The time of day.", serde_json::Value::Null);
    /// let request = hello.tool(tool).parallel_tool_calls(false).build()?;
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    pub fn parallel_tool_calls(self, is_allowed: bool) -> RequestBuilder {
        self.field("parallel_tool_calls", Value::Bool(is_allowed))
    }

    /// Sets the schema that the answer must follow: `response_format`.
    ///
    /// ```
    /// use gpt_cost::Request;
    /// use gpt_cost::request::{Message, Role, AnswerSchema};
    ///
    /// let hello = Request::builder().message(Message::new(Role::User, "Hello!"));
    /// let schema = serde_json::json!({"type": "object", "properties": {"greeting": {"type": "string"}}});
    /// let request = hello.answer_schema(AnswerSchema::new("answer", schema)).build()?;
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    pub fn answer_schema(self, schema: AnswerSchema) -> RequestBuilder {
        self.field("response_format", body::response_format(schema))
    }

    /// Limits the tokens of one answer: `max_completion_tokens`, at least 1.
    ///
    /// ```
    /// use gpt_cost::Request;
    /// use gpt_cost::request::{Message, Role};
    ///
    /// let hello = Request::builder().message(Message::new(Role::User, "Hello!"));
    /// assert_eq!(hello.max_output_tokens(300).build()?.output_limit().map(|limit| limit.tokens), Some(300));
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    pub fn max_output_tokens(self, tokens: u32) -> RequestBuilder {
        self.field("max_completion_tokens", Value::Number(tokens.into()))
    }

    /// Sets the number of answers: `n`, from 1 to 128. The default is 1.
    ///
    /// ```
    /// use gpt_cost::Request;
    /// use gpt_cost::request::{Message, Role};
    ///
    /// let hello = Request::builder().message(Message::new(Role::User, "Hello!"));
    /// assert_eq!(hello.choices(3).build()?.choices(), 3);
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    pub fn choices(self, choices: u32) -> RequestBuilder {
        self.field("n", Value::Number(choices.into()))
    }

    /// Sets the service tier, in the API's words, such as `flex`: `service_tier`.
    ///
    /// ```
    /// use gpt_cost::Request;
    /// use gpt_cost::request::{Message, Role};
    ///
    /// let hello = Request::builder().message(Message::new(Role::User, "Hello!"));
    /// assert_eq!(hello.service_tier("flex").build()?.service_tier(), Some("flex"));
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    pub fn service_tier(self, tier: impl Into<String>) -> RequestBuilder {
        self.field("service_tier", body::text(tier.into()))
    }

    /// Returns the request.
    ///
    /// # Errors
    ///
    /// Those of [`Request::from_json`] for the same request: no messages, a number out of its range, a schema that is
    /// nested too deep. Also an [`Item`] that only the Responses API has. The error names the JSON path, such as
    /// `messages[3]`.
    ///
    /// ```
    /// use gpt_cost::Request;
    ///
    /// let error = Request::builder().model("gpt-4o").build().unwrap_err();
    /// assert_eq!(error.to_string(), "messages: there are no messages; a request needs at least one");
    /// ```
    pub fn build(self) -> Result<Request> {
        let mut media = Vec::new();
        let path = Path::Top.key("messages");
        let message = |(index, item)| body::message(item, &mut media, &path.index(index));
        let messages = self.messages.into_iter().enumerate().map(message).collect::<Result<_>>()?;
        let lists = [("messages", messages), ("tools", self.tools)].map(|(key, values)| (key, Value::Array(values)));
        let fields = self.fields.into_iter().chain(lists).map(|(key, value)| (Cow::Borrowed(key), value)).collect();
        let body = tree::checked(Value::Object(fields))?;
        let mut request = Request::read(body, Some(Format::Body(Api::ChatCompletions)), &Path::Top)?;
        request.restore_media(media);
        Ok(request)
    }

    fn field(mut self, key: &'static str, value: Value<'static>) -> RequestBuilder {
        self.fields.insert(key, value);
        self
    }
}
