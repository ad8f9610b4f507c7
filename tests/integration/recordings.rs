//! `gpt_cost::verify` and `gpt-cost verify`: recordings that are no evidence, bills that depend on the answer, and
//! models that only the responses name. Beside each recording that a rule names stands one that it must not name.

use gpt_cost::verify::{Edit, Recording, Recordings, Report};
use gpt_cost::{Catalog, Date};
use serde_json::{Value, json};

use crate::budgets::{gpt_cost, repository, text, write};

/// 2026-05-01, after the months in which bills depended on the answer.
const TIME: i64 = 1_777_600_000;

/// 2025-12-01, in those months.
const DIVIDED: i64 = 1_764_600_000;

fn report(recordings: &[Value]) -> Report {
    let mut collected = Recordings::default();
    for (index, recording) in recordings.iter().enumerate() {
        let recording = Recording::from_json(recording.to_string().as_bytes()).unwrap();
        collected.add(&Catalog::builtin(), &recording, &format!("r:{index}"), Date::constant(2026, 11, 24));
    }
    collected.report()
}

/// Returns how each recording was edited, by its index.
fn edits(recordings: &[Value]) -> Vec<(usize, Edit)> {
    let index = |place: &str| place.trim_start_matches("r:").parse().unwrap();
    report(recordings).edited.iter().map(|edited| (index(&edited.place), edited.edit)).collect()
}

fn chat(content: impl Into<Value>, response: Value) -> Value {
    json!({"request": {"model": "gpt-4o", "messages": [{"role": "user", "content": content.into()}]}, "response": response})
}

fn answered(id: &str, created: i64, input: u64) -> Value {
    json!({"id": id, "model": "gpt-4o-2024-08-06", "created": created, "choices": [{"message": {"content": "Fine"}}],
        "usage": {"prompt_tokens": input, "completion_tokens": 1}})
}

const ID: &str = "chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012";
const OTHER_ID: &str = "chatcmpl-210zYxWvUtSrQpOnMlKjIhGfEdCbA";

#[test]
fn a_mark_is_a_reason() {
    let mut marked = chat("Hello", answered(ID, TIME, 8));
    marked["suspect"] = json!("a placeholder");
    let mut unmarked = chat("Hello", answered(OTHER_ID, TIME, 8));
    unmarked["suspect"] = Value::Null;
    assert_eq!(edits(&[marked, unmarked]), [(0, Edit::Marked)]);
}

#[test]
fn one_response_belongs_to_one_request() {
    let [hello, long] = ["Hello", "Hello, and how are you today?"];
    let shared = [chat(hello, answered(ID, TIME, 8)), chat(long, answered(ID, TIME, 8))];
    // All of them are named, and no score has one.
    assert_eq!(edits(&shared), [(0, Edit::SharedResponse), (1, Edit::SharedResponse)]);
    assert_eq!(report(&shared).total.cases, 0);
    // A repeated recording, and another id.
    let repeated = [chat(hello, answered(ID, TIME, 8)), chat(hello, answered(ID, TIME, 8))];
    assert_eq!(edits(&repeated), []);
    assert_eq!(edits(&[chat(hello, answered(ID, TIME, 8)), chat(long, answered(OTHER_ID, TIME, 8))]), []);
    // Without an id: the time, the model, the answer and the usage.
    let without_id = |content: &str, created: i64| {
        let mut response = answered(ID, created, 8);
        response.as_object_mut().unwrap().remove("id");
        chat(content, response)
    };
    assert_eq!(edits(&[without_id(hello, TIME), without_id(long, TIME)]).len(), 2);
    assert_eq!(edits(&[without_id(hello, TIME), without_id(long, TIME + 1)]), []);
    assert_eq!(edits(&[chat(hello, answered("", TIME, 8)), chat(long, answered("", TIME + 1, 8))]), []);
    // An image of unknown size is a range: it can be the one that another request has with its size.
    let image =
        |url: &str| json!([{"type": "text", "text": "Hello"}, {"type": "image_url", "image_url": {"url": url}}]);
    let unknown = chat(image("https://example.com/a.png"), answered(ID, TIME, 263));
    let mut known = chat(image("https://example.com/b.png"), answered(ID, TIME, 263));
    known["images"] = json!([{"w": 64, "h": 64}]);
    assert_eq!(edits(&[unknown, known]), []);
}

#[test]
fn a_response_is_not_older_than_its_model_or_its_endpoint() {
    // 2024-01-01; gpt-4o was released in May of that year.
    let old = chat("Hello", answered(ID, 1_704_067_200, 8));
    assert_eq!(edits(&[old, chat("Hello", answered(OTHER_ID, TIME, 8))]), [(0, Edit::TooOld)]);
    let responses = |created: i64| {
        json!({"request": {"model": "gpt-4o", "input": "Hello"},
            "response": {"model": "gpt-4o-2024-08-06", "created_at": created, "output": [], "usage": {"input_tokens": 8}}})
    };
    // 2025-03-01 and 2025-04-15.
    assert_eq!(edits(&[responses(1_740_800_000), responses(1_744_700_000)]), [(0, Edit::TooOld)]);
}

#[test]
fn ids_of_a_response_are_those_of_the_api() {
    let calling = |id: &str, call: &str| {
        let mut response = answered(id, TIME, 8);
        response["choices"][0]["message"]["tool_calls"] = json!([{"id": call, "type": "function"}]);
        chat("Hello", response)
    };
    let real = "call_AbCdEfGhIjKlMnOpQrStUvWx";
    assert_eq!(edits(&[calling(ID, "call_1"), calling(OTHER_ID, real)]), [(0, Edit::MadeUpIds)]);
    assert_eq!(
        edits(&[calling("chatcmpl-123", real), calling(OTHER_ID, "another_servers_id")]),
        [(0, Edit::MadeUpIds)]
    );
    // Clients may choose the ids of past calls.
    let mut past = chat("Hello", answered(ID, TIME, 30));
    let messages = past["request"]["messages"].as_array_mut().unwrap();
    let call = json!({"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    messages.push(json!({"role": "assistant", "content": null, "tool_calls": [call]}));
    messages.push(json!({"role": "tool", "tool_call_id": "call_1", "content": "1"}));
    assert_eq!(edits(&[past]), []);
}

#[test]
fn a_response_of_another_provider_is_none_of_the_request() {
    let answered_by = |id: &str, model: &str| {
        let mut response = answered(id, TIME, 8);
        response["model"] = json!(model);
        chat("Hello", response)
    };
    let found = edits(&[answered_by(ID, "moonshotai/kimi-k2"), answered_by(OTHER_ID, "openai/gpt-4o-2024-08-06")]);
    assert_eq!(found, [(0, Edit::OtherModel)]);
}

#[test]
fn small_images_are_one_tile_each() {
    let with_image = |id: &str, input: u64, side: u32| {
        let content = json!([{"type": "text", "text": "Hello"}, {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]);
        let mut recording = chat(content, answered(id, TIME, input));
        recording["images"] = json!([{"w": side, "h": side}]);
        recording
    };
    let ids: Vec<String> = (0..4).map(|index| format!("chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz{index}")).collect();
    let others = [with_image(&ids[0], 263, 64), with_image(&ids[1], 263, 512), with_image(&ids[2], 433, 64)];
    assert_eq!(edits(&others), [(2, Edit::OtherImages)]);
    // A large image is more tiles, text that is off by a few tokens is a miss, and servers can leave images out.
    for control in [with_image(&ids[3], 773, 513), with_image(&ids[3], 265, 64), with_image(&ids[3], 8, 64)] {
        assert_eq!(edits(&[others[0].clone(), others[1].clone(), control]), []);
    }
    // If most images are billed otherwise, it is the rule that is wrong.
    assert_eq!(edits(&[with_image(&ids[0], 433, 64), with_image(&ids[1], 433, 64)]), []);
}

#[test]
fn sorted_keys_lose_the_order_of_properties() {
    // serde_json writes the keys of its own values sorted; the other order is written by hand.
    let response = answered(ID, TIME, 60).to_string();
    let tool = |function: &str| {
        format!(
            r#"{{"request": {{"messages": [{{"content": "Hello", "role": "user"}}], "model": "gpt-4o", "tools": [{{{function}, "type": "function"}}]}}, "response": {response}}}"#
        )
    };
    let edit = |body: String| Recording::from_json(body.as_bytes()).unwrap().edit;
    let schema = r#""parameters": {"properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["a"], "type": "object"}"#;
    let sorted = tool(&format!(r#""function": {{"description": "Does it.", "name": "f", {schema}}}"#));
    assert_eq!(edit(sorted), Some(Edit::SortedKeys));
    let as_sent = tool(&format!(r#""function": {{"name": "f", "description": "Does it.", {schema}}}"#));
    assert_eq!(edit(as_sent), None);
    // One property has no order.
    let one = tool(
        &format!(r#""function": {{"description": "Does it.", "name": "f", {schema}}}"#)
            .replace(r#", "b": {"type": "string"}"#, ""),
    );
    assert_eq!(edit(one), None);
    // Nor has a request without a schema.
    let plain = r#"{"request": {"max_tokens": 5, "messages": [{"content": "Hello", "name": "A", "role": "user"}, {"content": "Hello", "name": "B", "role": "user"}], "model": "gpt-4o"}, "response": RESPONSE}"#;
    assert_eq!(edit(plain.replace("RESPONSE", &response)), None);
}

fn with_tools(created: i64, input: u64, output: Value) -> Value {
    let tool = json!({"type": "function", "name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "string"}}}});
    let mut response = json!({"model": "gpt-4o-2024-08-06", "created_at": created, "usage": {"input_tokens": input}});
    if !output.is_null() {
        response["output"] = output;
    }
    json!({"request": {"model": "gpt-4o", "input": "Hello", "tools": [tool]}, "response": response})
}

#[test]
fn a_divided_bill_depends_on_the_answer() {
    let call = json!({"type": "function_call", "name": "f", "arguments": "{}"});
    let [one, two] = [json!([call]), json!([call, call])];
    let tokens = report(&[with_tools(TIME, 1, one.clone())]).misses[0].error as u64 + 1;
    let divided = report(&[with_tools(DIVIDED, tokens / 2, two.clone())]).total;
    assert_eq!((divided.by_answer, divided.outside_by_answer, divided.counted), (1, 0, 0));
    let outside = report(&[with_tools(DIVIDED, tokens * 2, two.clone())]).total;
    assert_eq!((outside.by_answer, outside.outside_by_answer), (1, 1));
    // One call, and several calls at another time.
    for (created, output) in [(DIVIDED, one), (TIME, two)] {
        let score = report(&[with_tools(created, tokens, output)]).total;
        assert_eq!((score.by_answer, score.counted, score.exact), (0, 1, 1));
    }
    // Without the answer, the request could have had several calls.
    assert_eq!(report(&[with_tools(DIVIDED, tokens, Value::Null)]).total.by_answer, 1);
    assert_eq!(report(&[with_tools(TIME, tokens, Value::Null)]).total.by_answer, 0);
}

#[test]
fn the_output_names_reasons_and_deployments() {
    let root = repository("recordings");
    let deployed = |id: &str, model: &str| {
        let mut recording = chat("Hello", answered(id, TIME, 8));
        recording["request"]["model"] = json!(model);
        recording.to_string()
    };
    let made_up = chat("Hello", answered("chatcmpl-123", TIME, 8)).to_string();
    let lines = [deployed(ID, "my-\"own\" deployment"), deployed(OTHER_ID, "gpt-4o"), made_up];
    write(&root, "recorded.jsonl", &lines.join("\n"));
    let output = text(&gpt_cost(&root, &["verify", "recorded.jsonl", "--worst", "5"]).stdout);
    let end = "
  edited recordings, in no score: 1
  1  the response has ids that the API does not make
  recorded.jsonl:3  the response has ids that the API does not make

  my-\"own\" deployment is not a known model; its responses name gpt-4o-2024-08-06
  add it to a price table under [alias]: \"my-\\\"own\\\" deployment\" = \"gpt-4o-2024-08-06\"
";
    assert!(output.ends_with(end), "{output}");
    let json = text(&gpt_cost(&root, &["verify", "recorded.jsonl", "--format", "json"]).stdout);
    let report: Value = serde_json::from_str(&json).unwrap();
    let reason = "the response has ids that the API does not make";
    assert_eq!(report["edited"], json!([{"place": "recorded.jsonl:3", "edit": "made_up_ids", "reason": reason}]));
    let model = json!({"name": "my-\"own\" deployment", "reported_models": ["gpt-4o-2024-08-06"], "responses": 1});
    assert_eq!(report["unknown_models"], json!([model]));
    // The suggested line is an alias that counts them.
    write(&root, "pricing.toml", "schema = 1\n[alias]\n\"my-\\\"own\\\" deployment\" = \"gpt-4o-2024-08-06\"\n");
    let output = text(&gpt_cost(&root, &["verify", "recorded.jsonl"]).stdout);
    assert!(!output.contains("is not a known model"), "{output}");
}
