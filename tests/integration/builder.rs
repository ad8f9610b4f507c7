//! Requests from the builder equal those that are read from the same JSON text.

use gpt_cost::request::{
    AnswerSchema, Call, CallResult, CustomTool, Detail, Image, ImageSize, Input, Item, Message, RequestBuilder, Role,
    Tool, ToolChoice,
};
use gpt_cost::{Catalog, Date, Request};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// Models of each generation of counting rules.
const MODELS: &[&str] = &["gpt-3.5-turbo-0125", "gpt-4-0613", "gpt-4o", "gpt-4.1-mini", "gpt-5", "o1", "o4-mini"];

proptest! {
    #[test]
    fn a_built_request_equals_the_one_read_from_the_same_json(
        turns in proptest::collection::vec(turn(), 1..6),
        settings in settings(),
        tools in proptest::collection::vec(tool(), 0..3),
        model in select(MODELS),
    ) {
        let (mut builder, mut messages) = (Request::builder().model(model), Vec::new());
        for turn in &turns {
            builder = turn.add(builder, &mut messages);
        }
        let mut body = json!({"model": model, "messages": messages});
        builder = settings.add(builder, &mut body);
        if !tools.is_empty() {
            body["tools"] = tools.iter().map(ToolOf::json).collect();
        }
        let built = tools.iter().fold(builder, |builder, tool| tool.add(builder)).build().unwrap();
        let read = Request::from_json(body.to_string().as_bytes()).unwrap();
        prop_assert_eq!(&built, &read);
        prop_assert_eq!(&Request::from_value(&body).unwrap(), &read);
        let catalog = Catalog::builtin();
        let day = Date::new(2026, 11, 24).unwrap();
        let count = |request| catalog.model(model).unwrap().count(request, day).unwrap();
        prop_assert_eq!(count(&built), count(&read));
    }
}

/// One turn of a conversation.
#[derive(Clone, Debug)]
enum Turn {
    Message { role: Role, name: Option<String>, text: String, images: Vec<(ImageOf, Option<String>)> },
    Calls { text: String, calls: Vec<(String, String)>, results: Vec<String> },
}

/// An image, built from its size or from a data URL, and in JSON always by the URL.
#[derive(Clone, Debug)]
struct ImageOf {
    size: ImageSize,
    detail: Option<(Detail, &'static str)>,
    by_url: bool,
}

#[derive(Clone, Debug)]
struct Settings {
    max_output_tokens: Option<u32>,
    choices: Option<u32>,
    service_tier: Option<&'static str>,
    tool_choice: Option<(ToolChoice, Value)>,
    parallel_tool_calls: Option<bool>,
    answer: Option<(Value, Option<String>)>,
}

#[derive(Clone, Debug)]
enum ToolOf {
    Function(String, String, Value),
    Custom(String, Option<String>),
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "\\PC{0,30}", 1 => Just("<|endoftext|> \"\\\n".to_owned())]
}

fn image() -> impl Strategy<Value = ImageOf> {
    let details =
        [(Detail::Auto, "auto"), (Detail::Low, "low"), (Detail::High, "high"), (Detail::Original, "original")];
    (1..3_000u32, 1..3_000u32, option::of(select(details.to_vec())), any::<bool>())
        .prop_map(|(width, height, detail, by_url)| ImageOf { size: ImageSize { width, height }, detail, by_url })
}

fn turn() -> impl Strategy<Value = Turn> {
    let role = select(&[Role::System, Role::Developer, Role::User, Role::Assistant, Role::Function][..]);
    let images = proptest::collection::vec((image(), option::of(text())), 0..3);
    let message = (role, option::of("[a-z]{1,8}"), text(), images)
        .prop_map(|(role, name, text, images)| Turn::Message { role, name, text, images });
    let arguments = select(&["{}", r#"{"city": "Oslo"}"#, "no JSON", ""][..]).prop_map(str::to_owned);
    let calls = proptest::collection::vec(("[a-z_]{1,12}", arguments), 1..3);
    let calls = (text(), calls, proptest::collection::vec(text(), 0..3))
        .prop_map(|(text, calls, results)| Turn::Calls { text, calls, results });
    prop_oneof![message, calls]
}

fn settings() -> impl Strategy<Value = Settings> {
    let choices = [
        (ToolChoice::Auto, json!("auto")),
        (ToolChoice::None, json!("none")),
        (ToolChoice::Required, json!("required")),
        (ToolChoice::Named("f".to_owned()), json!({"type": "function", "function": {"name": "f"}})),
    ];
    let numbers = (option::of(1..=u32::MAX), option::of(1..=128u32), option::of(select(&["flex", "priority"][..])));
    let tools = (option::of(select(choices.to_vec())), option::of(any::<bool>()));
    (numbers, tools, option::of((schema(), option::of(text())))).prop_map(
        |((max_output_tokens, choices, service_tier), (tool_choice, parallel_tool_calls), answer)| Settings {
            max_output_tokens,
            choices,
            service_tier,
            tool_choice,
            parallel_tool_calls,
            answer,
        },
    )
}

fn tool() -> impl Strategy<Value = ToolOf> {
    let parameters = prop_oneof![4 => schema(), 1 => Just(Value::Null)];
    let function =
        ("[a-z_]{1,12}", text(), parameters).prop_map(|(name, text, schema)| ToolOf::Function(name, text, schema));
    let custom = ("[a-z_]{1,12}", option::of(text())).prop_map(|(name, grammar)| ToolOf::Custom(name, grammar));
    prop_oneof![4 => function, 1 => custom]
}

fn schema() -> impl Strategy<Value = Value> {
    let leaf = (select(&["string", "integer", "boolean"][..]), text())
        .prop_map(|(kind, description)| json!({"type": kind, "description": description}));
    let value = leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|items| json!({"type": "array", "items": items})),
            proptest::collection::btree_map("[a-z]{1,6}", inner, 0..3)
                .prop_map(|properties| json!({"type": "object", "properties": properties})),
        ]
    });
    proptest::collection::btree_map("[a-z]{1,6}", value, 0..4)
        .prop_map(|properties| json!({"type": "object", "properties": properties, "required": ["a"]}))
}

impl Turn {
    fn add(&self, mut builder: RequestBuilder, messages: &mut Vec<Value>) -> RequestBuilder {
        match self {
            Turn::Message { role, name, text, images } => {
                let mut message = Message::new(*role, text);
                let mut parts = vec![json!({"type": "text", "text": text})];
                for (image, after) in images {
                    message = message.image(image.built());
                    parts.push(image.json());
                    if let Some(text) = after {
                        message = message.text(text);
                        parts.push(json!({"type": "text", "text": text}));
                    }
                }
                let content = if images.is_empty() { json!(text) } else { Value::Array(parts) };
                let mut json = json!({"role": role.as_str(), "content": content});
                if let Some(name) = name {
                    message = message.name(name);
                    json["name"] = json!(name);
                }
                messages.push(json);
                builder.message(message)
            }
            Turn::Calls { text, calls, results } => {
                let mut message = Message::new(Role::Assistant, text);
                let mut tool_calls = Vec::new();
                for (index, (name, arguments)) in calls.iter().enumerate() {
                    let id = format!("call_{index}");
                    message = message.call(Call::new(&id, name, arguments));
                    tool_calls.push(
                        json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}),
                    );
                }
                messages.push(json!({"role": "assistant", "content": text, "tool_calls": tool_calls}));
                builder = builder.message(message);
                for (index, text) in results.iter().enumerate() {
                    let id = format!("call_{index}");
                    messages.push(json!({"role": "tool", "tool_call_id": id, "content": text}));
                    builder = builder.message(CallResult::new(id, text));
                }
                builder
            }
        }
    }
}

impl ImageOf {
    fn built(&self) -> Image {
        let image = if self.by_url { Image::from_url(&self.url()) } else { self.size.into() };
        self.detail.map_or(image.clone(), |(detail, _)| image.detail(detail))
    }

    fn json(&self) -> Value {
        let mut image = json!({"url": self.url()});
        if let Some((_, detail)) = self.detail {
            image["detail"] = json!(detail);
        }
        json!({"type": "image_url", "image_url": image})
    }

    /// Returns the data URL of the header of a PNG: 24 bytes, 32 characters of base64.
    fn url(&self) -> String {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let (width, height) = (self.size.width.to_be_bytes(), self.size.height.to_be_bytes());
        let header = [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &width, &height].concat();
        let digits = header.chunks_exact(3).flat_map(|bytes| {
            let bits = bytes.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte));
            [18, 12, 6, 0].map(|shift| char::from(DIGITS[bits >> shift & 63]))
        });
        format!("data:image/png;base64,{}", digits.collect::<String>())
    }
}

impl Settings {
    fn add(&self, mut builder: RequestBuilder, body: &mut Value) -> RequestBuilder {
        if let Some(tokens) = self.max_output_tokens {
            builder = builder.max_output_tokens(tokens);
            body["max_completion_tokens"] = json!(tokens);
        }
        if let Some(choices) = self.choices {
            builder = builder.choices(choices);
            body["n"] = json!(choices);
        }
        if let Some(tier) = self.service_tier {
            builder = builder.service_tier(tier);
            body["service_tier"] = json!(tier);
        }
        if let Some((choice, json)) = &self.tool_choice {
            builder = builder.tool_choice(choice.clone());
            body["tool_choice"] = json.clone();
        }
        if let Some(is_allowed) = self.parallel_tool_calls {
            builder = builder.parallel_tool_calls(is_allowed);
            body["parallel_tool_calls"] = json!(is_allowed);
        }
        if let Some((schema, description)) = &self.answer {
            let mut answer = AnswerSchema::new("answer", schema.clone());
            let mut json = json!({"name": "answer", "schema": schema, "strict": true});
            if let Some(description) = description {
                answer = answer.description(description);
                json["description"] = json!(description);
            }
            builder = builder.answer_schema(answer);
            body["response_format"] = json!({"type": "json_schema", "json_schema": json});
        }
        builder
    }
}

impl ToolOf {
    fn add(&self, builder: RequestBuilder) -> RequestBuilder {
        match self {
            ToolOf::Function(name, text, parameters) => builder.tool(Tool::function(name, text, parameters.clone())),
            ToolOf::Custom(name, None) => builder.custom_tool(CustomTool::new(name, "Free text.")),
            ToolOf::Custom(name, Some(grammar)) => {
                builder.custom_tool(CustomTool::new(name, "Free text.").grammar(grammar))
            }
        }
    }

    fn json(&self) -> Value {
        match self {
            ToolOf::Function(name, text, parameters) => {
                json!({"type": "function", "function": {"name": name, "description": text, "parameters": parameters}})
            }
            ToolOf::Custom(name, None) => {
                json!({"type": "custom", "custom": {"name": name, "description": "Free text."}})
            }
            ToolOf::Custom(name, Some(grammar)) => {
                let format = json!({"type": "grammar", "grammar": {"syntax": "lark", "definition": grammar}});
                json!({"type": "custom", "custom": {"name": name, "description": "Free text.", "format": format}})
            }
        }
    }
}

#[test]
fn errors_are_those_of_the_reader() {
    let hello = || Request::builder().message(Message::new(Role::User, "Hello!"));
    let deep = (0..200).fold(Value::Null, |inner, _| json!([inner]));
    for (builder, message) in [
        (Request::builder().model("gpt-4o"), "messages: there are no messages; a request needs at least one"),
        (hello().choices(0), "n: expected a whole number from 1 to 128, found 0"),
        (hello().choices(129), "n: expected a whole number from 1 to 128, found 129"),
        (hello().max_output_tokens(0), "max_completion_tokens: expected a whole number from 1 to 4294967295, found 0"),
        (hello().tool(Tool::function("f", "", deep)), "arrays and objects are nested more than 127 levels deep"),
    ] {
        let error = builder.build().unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(error.is_request());
    }
}

#[test]
fn items_of_the_responses_api_are_refused() {
    let json = br#"{"input": [{"role": "user", "content": "a"}, {"type": "function_call", "call_id": "1", "name": "f", "arguments": ""}]}"#;
    let request = Request::from_json(json).unwrap();
    let Input::Conversation(items) = request.input() else { panic!("a conversation") };
    let error = Request::builder().messages(items.clone()).build().unwrap_err();
    let message = "messages[1]: expected a message or the result of a call, found an item of the Responses API";
    assert_eq!(error.to_string(), message);
}

#[test]
fn a_conversation_that_was_read_can_be_continued() {
    let json = br#"[{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "hologram"}]},
        {"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "custom", "custom": {"name": "x", "input": ""}}]},
        {"role": "assistant", "content": null, "function_call": {"name": "f", "arguments": "{}"}}]"#;
    let read = Request::from_json(json).unwrap();
    let Input::Conversation(items) = read.input() else { panic!("a conversation") };
    let built = Request::builder().messages(items.clone()).message(Message::new(Role::User, "b")).build().unwrap();
    let uncounted: Vec<&str> = built.uncounted().iter().map(|one| one.path.as_str()).collect();
    // The call of a custom tool is in `uncounted` of the request that was read, not in the message.
    assert_eq!(uncounted, ["messages[0].content[1]"]);
    let Input::Conversation(items) = built.input() else { panic!("a conversation") };
    assert!(matches!(&items[2], Item::Message(message) if message.function_call.is_some()));
    assert_eq!(items.len(), 4);
}

#[test]
fn an_image_without_a_known_size_is_not_counted_until_it_has_one() {
    let message = Message::new(Role::User, "What is this?").image_url("https://example.com/cat.png");
    let mut request = Request::builder().message(message).build().unwrap();
    let url = json!({"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}});
    let content = json!([{"type": "text", "text": "What is this?"}, url]);
    let json = json!({"messages": [{"role": "user", "content": content}]});
    assert_eq!(request, Request::from_json(json.to_string().as_bytes()).unwrap());
    let day = Date::new(2026, 11, 24).unwrap();
    let tokens = |request: &Request| Catalog::builtin().model("gpt-4o").unwrap().count(request, day).unwrap().tokens();
    let without = tokens(&request);
    request.assume_image_size(ImageSize { width: 512, height: 512 });
    assert!(tokens(&request) > without);
}

#[test]
fn the_result_of_an_unnamed_call_is_a_message_of_a_tool() {
    let built = Request::builder().message(Message::new(Role::Tool, "3 °C")).build().unwrap();
    let read = Request::from_value(&json!({"messages": [{"role": "tool", "content": "3 °C"}]})).unwrap();
    assert_eq!(built, read);
}
