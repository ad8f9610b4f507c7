//! Parts of a request whose tokens follow from something else than text: unknown fields of tools, audio, files, and
//! the tools of the API's own.

use gpt_cost::request::{Message, RequestBuilder, Role};
use gpt_cost::{Catalog, Date, Encoding, Label, Request, TokenCount};

const DAY: &str = "2026-11-24";

fn read(json: &str) -> Request {
    Request::from_json(json.as_bytes()).unwrap()
}

fn count_of(model: &str, day: &str, request: &Request) -> TokenCount {
    let day: Date = day.parse().unwrap();
    Catalog::builtin().model(model).unwrap().count(request, day).unwrap()
}

fn count(model: &str, json: &str) -> TokenCount {
    count_of(model, DAY, &read(json))
}

/// Returns by how many tokens the billed number can be lower and higher than a count.
fn slack(count: &TokenCount) -> (u64, Option<u64>) {
    (count.tokens() - count.min(), count.max().map(|max| max - count.tokens()))
}

#[test]
fn unknown_fields_of_a_tool_widen_the_bound() {
    let body = |beside: &str, inside: &str| {
        format!(
            r#"{{"messages": [{{"role": "user", "content": "Hi"}}], "tools": [{{"type": "function"{beside}, "function":
            {{"name": "f", "description": "Opens the door."{inside}}}}}]}}"#
        )
    };
    let plain = count("gpt-4o", &body("", ""));
    for (beside, inside) in
        [("", r#", "strict": true"#), (r#", "cache_control": {"type": "x"}"#, ""), ("", r#", "x": null"#)]
    {
        assert_eq!(count("gpt-4o", &body(beside, inside)), plain, "{beside}{inside}");
    }
    for (beside, inside) in [(r#", "key": "door""#, ""), ("", r#", "key": "door""#)] {
        let wider = count("gpt-4o", &body(beside, inside));
        assert_eq!((wider.tokens(), wider.label()), (plain.tokens(), Label::Estimate), "{beside}{inside}");
        let of_field = Encoding::O200kBase.count("\"key\": \"door\"") as u64;
        assert_eq!(slack(&wider).0, slack(&plain).0 + of_field);
    }
}

#[test]
fn a_built_request_keeps_the_unknown_fields_of_its_tools() {
    let request = read(
        r#"{"messages": [{"role": "user", "content": "Hi"}], "tools": [{"type": "function", "function":
        {"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "string"}}}, "owner": "me"}}]}"#,
    );
    let built = request.tools().iter().cloned().fold(Request::builder(), RequestBuilder::tool);
    let built = built.message(Message::new(Role::User, "Hi")).build().unwrap();
    assert_eq!(count_of("gpt-4o", DAY, &built), count_of("gpt-4o", DAY, &request));
}

#[test]
fn a_tool_that_is_loaded_later_is_perhaps_not_shown() {
    let tools = |fields: &str| {
        let json = format!(
            r#"{{"input": "Hi", "tools": [{{"type": "function", "name": "open", "description": "Opens the door."{fields}}}]}}"#
        );
        count("gpt-5", &json)
    };
    let (plain, deferred) = (tools(""), tools(r#", "defer_loading": true"#));
    assert_eq!(deferred.tokens(), plain.tokens());
    let of_tool = plain.breakdown().iter().find(|part| part.path == "tools[0]").unwrap().tokens;
    assert!(slack(&deferred).0 >= slack(&plain).0 + of_tool, "{deferred:?}");
}
