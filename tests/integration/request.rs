//! Arbitrary requests: they are read or rejected, and never crash.

use gpt_cost::request::{Input, Item, Part};
use gpt_cost::{Catalog, Date, Request};
use proptest::prelude::*;

proptest! {
    #[test]
    fn no_bytes_crash_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Request::from_json(&bytes);
        let _ = Request::from_text(&bytes);
    }

    #[test]
    fn no_json_crashes_the_reader_and_errors_show_no_text(value in json(), secret in "[a-z]{12}") {
        let text = value.replace("SECRET", &secret);
        if let Err(error) = Request::from_json(text.as_bytes()) {
            prop_assert!(!format!("{error} {error:?}").contains(&secret), "{error:?}");
        }
    }

    #[test]
    fn a_text_is_counted_as_a_message_with_it(text in "\\PC{1,80}") {
        let json = serde_json::json!([{"role": "user", "content": text}]).to_string();
        let day = Date::new(2026, 11, 24).unwrap();
        let catalog = Catalog::builtin();
        let count = |request: Request| catalog.model("gpt-4o").unwrap().count(&request, day).unwrap().tokens();
        prop_assert_eq!(
            count(Request::from_json(json.as_bytes()).unwrap()),
            count(Request::from_text(text.as_bytes()).unwrap())
        );
    }
}

/// JSON in the shape of a request, with values of wrong types.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("-1.5e300".to_owned()),
        Just("\"SECRET and more\"".to_owned()),
        Just("\"user\"".to_owned()),
        Just("\"text\"".to_owned()),
    ];
    let key = prop_oneof![
        Just("messages"),
        Just("role"),
        Just("content"),
        Just("type"),
        Just("text"),
        Just("name"),
        Just("model"),
        Just("max_tokens"),
        Just("n"),
        Just("tools"),
        Just("response_format"),
        Just("service_tier"),
        Just("modalities"),
    ];
    leaf.prop_recursive(5, 40, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|values| format!("[{}]", values.join(","))),
            proptest::collection::vec((key.clone(), inner), 0..4).prop_map(|fields| {
                let fields: Vec<String> = fields.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

#[test]
fn all_roles_and_all_shapes_of_content_are_read() {
    let json = br#"[
        {"role": "system", "content": "a"}, {"role": "developer", "content": ["b", {"type": "text", "text": "c"}]},
        {"role": "user", "content": null, "name": "ann"}, {"role": "assistant", "content": [{"type": "refusal", "refusal": "d"}]},
        {"role": "tool", "tool_call_id": "1", "content": "e"}, {"role": "function", "name": "f", "content": "g"}]"#;
    let request = Request::from_json(json).unwrap();
    let Input::Conversation(items) = request.input() else { panic!("a conversation") };
    let text = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        _ => panic!("a text"),
    };
    let item = |item: &Item| match item {
        Item::Message(message) => (message.role.as_str(), message.content.iter().map(text).collect::<String>()),
        Item::Result(result) => ("tool", result.content.iter().map(text).collect()),
        _ => panic!("a message or a result"),
    };
    let expected =
        [("system", "a"), ("developer", "bc"), ("user", ""), ("assistant", "d"), ("tool", "e"), ("function", "g")];
    let items: Vec<(&str, String)> = items.iter().map(item).collect();
    assert_eq!(items, expected.map(|(role, text)| (role, text.to_owned())));
    assert!(request.uncounted().is_empty());
}

#[test]
fn every_field_that_costs_tokens_is_named() {
    let json = br#"{"messages": [{"role": "assistant", "content": "a", "audio": {"id": "x"}, "refusal": "no",
        "tool_calls": [{"type": "custom", "custom": {"name": "x"}}]},
        {"role": "user", "content": [{"type": "file"}, {"type": "input_audio"}, {"type": "hologram"}]}],
        "tools": [{"type": "web_search"}], "audio": {"voice": "x"}, "prediction": {"type": "content"},
        "web_search_options": {}, "modalities": ["text", "audio"], "response_format": {"type": "grammar"}}"#;
    let request = Request::from_json(json).unwrap();
    let mut uncounted: Vec<&str> = request.uncounted().iter().map(|one| one.path.as_str()).collect();
    uncounted.sort_unstable();
    let expected = [
        "messages[0].audio",
        "messages[0].refusal",
        "messages[0].tool_calls[0]",
        "messages[1].content[2]",
        "prediction",
        "response_format",
        "web_search_options",
    ];
    assert_eq!(uncounted, expected);
}

#[test]
fn empty_fields_are_neither_counted_nor_named() {
    let json = br#"{"messages": [{"role": "user", "content": "a", "tool_calls": [], "refusal": null}], "tools": [],
        "functions": null, "max_tokens": null, "response_format": null, "modalities": ["text"], "temperature": 0.5}"#;
    let request = Request::from_json(json).unwrap();
    assert_eq!((request.uncounted().len(), request.warnings().len()), (0, 0));
}

#[test]
fn each_unknown_field_is_a_warning() {
    let json =
        br#"{"colour": "red", "messages": [{"role": "user", "content": "a", "mood": "x"}, {"role": "user", "content":
        [{"type": "text", "text": "b", "cache_control": {"type": "ephemeral"}}], "mood": "y"}]}"#;
    let request = Request::from_json(json).unwrap();
    let paths: Vec<&str> = request.warnings().iter().map(|warning| warning.path.as_str()).collect();
    assert_eq!(paths, ["messages[1].content[0].cache_control", "colour", "messages[0].mood"]);
    assert!(request.warnings()[2].message.contains("1 more"));
}

#[test]
fn a_duplicate_field_is_an_error() {
    let message = |json: &str| Request::from_json(json.as_bytes()).unwrap_err().to_string();
    let twice = "duplicate field";
    assert_eq!(message(r#"{"messages": [], "messages": []}"#), format!("messages: {twice}"));
    assert_eq!(message(r#"[{"role": "user", "content": "a", "content": "b"}]"#), format!("[0].content: {twice}"));
}

#[test]
fn a_key_that_may_be_a_prompt_is_not_shown() {
    let json = br#"{"messages": [{"role": "user", "content": "a", "my secret prompt: hello": 1}]}"#;
    let request = Request::from_json(json).unwrap();
    assert_eq!(request.warnings()[0].path, "messages[0][\u{2026}]");
}

#[test]
fn json_mode_without_the_word_is_a_warning() {
    let warnings = |text: &str| {
        let json = serde_json::json!({"messages": [{"role": "user", "content": text}], "response_format": {"type": "json_object"}});
        Request::from_json(json.to_string().as_bytes()).unwrap().warnings().len()
    };
    assert_eq!((warnings("Answer in jSoN."), warnings("Answer me.")), (0, 1));
}

#[test]
fn a_given_format_is_the_only_one_accepted() {
    use gpt_cost::request::{Api, Format};
    let line = br#"{"custom_id": "1", "method": "POST", "url": "/v1/responses/compact", "body": {"input": "Hello"}}"#;
    assert_eq!(Request::from_json_as(line, Format::BatchLine).unwrap().api(), Some(Api::Compact));
    for (json, format, message) in [
        (
            r#"[{"role": "user", "content": "Hi"}]"#,
            Format::Body(Api::ChatCompletions),
            "expected an object (Chat Completions body), found an array",
        ),
        (r#"{"messages": []}"#, Format::Body(Api::Responses), "the field `input` is missing"),
        (r#"{"input": []}"#, Format::Body(Api::ChatCompletions), "the field `messages` is missing"),
        (r#"{"url": "/v1/chat/completions", "body": {}}"#, Format::BatchLine, "body: the field `messages` is missing"),
        (r#"{"messages": []}"#, Format::Messages, "expected an array, found an object"),
        (r#"{"input": []}"#, Format::Items, "expected an array, found an object"),
        (r#"{"body": {}}"#, Format::BatchLine, "the field `url` is missing"),
        (r#"{"url": "/v1/files", "body": {}}"#, Format::BatchLine, "requests to this endpoint are not counted"),
    ] {
        let error = Request::from_json_as(json.as_bytes(), format).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn text_that_is_nearly_json_has_a_hint() {
    for (text, message, hint) in [
        ("{'role': 1}", "line 1, column 2: not valid JSON: expected a key in double quotes", "it looks like Python"),
        ("[{\"a\": None}]", "line 1, column 8: not valid JSON: expected value", "it looks like Python"),
        ("[\n  // a comment\n]", "line 2, column 3: not valid JSON: expected value", "JSON has no comments"),
        (
            "{\"a\": {{b}}}",
            "line 1, column 8: not valid JSON: expected a key in double quotes",
            "it looks like a template",
        ),
    ] {
        let error = Request::from_json(text.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), message, "{text}");
        assert!(error.problems()[0].hint().is_some_and(|found| found.starts_with(hint)), "{text}: {error:?}");
        assert!(std::error::Error::source(&error).is_some_and(|cause| cause.is::<serde_json::Error>()), "{text}");
    }
    let open = Request::from_json(b"[\n").unwrap_err();
    assert_eq!(open.to_string(), "line 2, column 1: not valid JSON: EOF while parsing a list", "columns are from 1");
}
