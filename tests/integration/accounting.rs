//! The rules of counting, each on a small request: the tokens that are added to the texts, and their label.

use gpt_cost::request::ImageSize;
use gpt_cost::{Catalog, Date, Encoding, Label, Request, TokenCount};

const DAY: &str = "2026-11-24";

/// Returns the label of a count, and the number of tokens by which it can be less.
fn label_and_slack(count: &TokenCount) -> (Label, u64) {
    (count.label(), count.tokens() - count.min())
}

fn count_on(model: &str, day: &str, json: &str) -> TokenCount {
    let request = Request::from_json(json.as_bytes()).unwrap();
    let day: Date = day.parse().unwrap();
    let count = Catalog::builtin().model(model).unwrap().count(&request, day).unwrap();
    assert_eq!(
        count.breakdown().iter().map(|share| share.tokens).sum::<u64>(),
        count.tokens(),
        "the shares are the total"
    );
    count
}

fn count(model: &str, json: &str) -> u64 {
    count_on(model, DAY, json).tokens()
}

fn n(text: &str) -> u64 {
    Encoding::O200kBase.count(text) as u64
}

const TOOL: &str = r#"{"type": "function", "function": {"name": "get_weather", "description": "Tells the weather.", "parameters": {
    "type": "object", "required": ["city"], "properties": {
        "city": {"type": "string", "description": "The city."},
        "unit": {"type": "string", "enum": ["c", "f"]},
        "days": {"type": "integer", "minimum": 1, "default": 3},
        "places": {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "number"}}}},
        "when": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}}}"#;

/// The text in which the model is shown the tool, written out by hand.
const SHOWN: &str = "namespace functions {\n\n// Tells the weather.\ntype get_weather = (_: {\n// The city.\ncity: string,\nunit?: \"c\" | \"f\",\n\
    days?: integer, // minimum: 1.0, default: 3\nplaces?: { x?: number }[],\nwhen?: string | null,\n}) => any;\n\n} // namespace functions";

fn with_tool(messages: &str, more: &str) -> String {
    format!(r#"{{"messages": [{messages}], "tools": [{TOOL}]{more}}}"#)
}

#[test]
fn tools_are_shown_as_a_namespace() {
    let shown = SHOWN;
    let plain = r#"{"role": "user", "content": "Hello"}"#;
    let with_system = r#"{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hello"}"#;
    let [alone, led] = [plain, with_system].map(|messages| count("gpt-4o", &format!("[{messages}]")));
    assert_eq!(count("gpt-4o", &with_tool(plain, "")) - alone, n(shown) + 9);
    assert_eq!(count("gpt-4o", &with_tool(with_system, "")) - led, n(shown) + 6);
    // A full stop is one token with the blank line after it.
    let stopped = with_system.replace("Be brief", "Be brief.");
    let led = count("gpt-4o", &format!("[{stopped}]"));
    assert_eq!(count("gpt-4o", &with_tool(&stopped, "")) - led, n(shown) + 5);
    let [alone, tooled] = [format!("[{plain}]"), with_tool(plain, "")].map(|request| count("gpt-5", &request));
    assert_eq!(tooled - alone, n(shown) + 91);
    let choice = with_tool(plain, r#", "tool_choice": {"type": "function", "function": {"name": "get_weather"}}"#);
    assert_eq!(count("gpt-4o", &choice) - count("gpt-4o", &with_tool(plain, "")), 6 + n("functions.get_weather"));
}

/// Returns the request with one tool of these parameters.
fn with_parameters(parameters: &str) -> String {
    format!(
        r#"{{"messages": [{{"role": "user", "content": "Hello"}}], "tools": [{{"type": "function", "function": {{"name": "book",
            "parameters": {parameters}}}}}]}}"#
    )
}

#[test]
fn schemas_are_shown_by_the_rules_of_other_projects() {
    let plain = count("gpt-4o", r#"[{"role": "user", "content": "Hello"}]"#);
    let leg = r##""$defs": {"Trip": {"title": "Trip", "type": "object", "properties": {"leg": {"$ref": "#/$defs/Leg"}}},
        "Leg": {"type": "object", "properties": {"hotel": {"$ref": "#/$defs/Hotel"}}},
        "Hotel": {"type": "object", "properties": {"stars": {"type": "integer"}}}}"##;
    let cases = [
        // An object without properties is not shown: neither as a property nor in a union.
        (
            r#"{"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "object", "description": "Gone."},
                "c": {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}, {"type": "null"}]}}}"#
                .to_owned(),
            "{ a?: string, c?: string | null }",
        ),
        // A reference in a reference is shown, and one more is `any`.
        (
            format!(r##"{{"type": "object", "properties": {{"trip": {{"$ref": "#/$defs/Trip"}}}}, {leg}}}"##),
            "{\n// Trip\ntrip?: { leg?: { hotel?: any } },\n}",
        ),
        // `allOf` is shown as a union.
        (
            format!(r##"{{"type": "object", "properties": {{"trip": {{"allOf": [{{"$ref": "#/$defs/Trip"}}]}}}}, {leg}}}"##),
            "{\ntrip?:\n// Trip\n | { leg?: { hotel?: any } }\n,\n}",
        ),
        // Examples are comments after the description.
        (
            r#"{"type": "object", "properties": {"a": {"type": "string", "description": "A town.", "examples": ["Bern", {"b": 1}]}}}"#
                .to_owned(),
            "{\n// A town.\n// Examples:\n// - \"Bern\"\n// - {\"b\": 1}\na?: string,\n}",
        ),
    ];
    for (parameters, shown) in cases {
        let text = format!("namespace functions {{\n\ntype book = (_: {shown}) => any;\n\n}} // namespace functions");
        assert_eq!(count("gpt-4o", &with_parameters(&parameters)) - plain, n(&text) + 9, "{shown}");
    }
}

/// Where no recording shows how much of a schema a model is shown, the bound is what is in question.
#[test]
fn a_deep_schema_on_a_model_without_recordings_of_it_is_an_estimate() {
    let flat = r#"{"type": "object", "properties": {"a": {"type": "string"}}}"#;
    let open = r#"{"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "object", "description": "An open object."}}}"#;
    let [flat, open] = [flat, open].map(|parameters| count_on("gpt-5", DAY, &with_parameters(parameters)));
    assert_eq!(flat.tokens(), open.tokens(), "not shown, as on gpt-4o");
    assert_eq!(open.label(), Label::Estimate);
    let row = n("// An open object.\nb?: object,\n");
    assert!(open.max().unwrap() >= open.tokens() + row, "{open:?}");
}

/// A keyword that few recordings have can be off by a little, and one that none has by all of its tokens.
#[test]
fn keywords_without_recordings_widen_the_bound() {
    let on = |model: &str, parameters: String| count_on(model, DAY, &with_parameters(&parameters));
    let count = |more: &str| {
        on("gpt-4o", format!(r#"{{"type": "object", "properties": {{"a": {{"type": "string"{more}}}}}}}"#))
    };
    assert_eq!(count("").label(), Label::Exact);
    assert_eq!(count(r#", "title": "A""#).label(), Label::Exact);
    let rare = count(r#", "format": "date""#);
    assert_eq!(rare.label(), Label::Estimate);
    assert!(rare.max().unwrap() <= rare.tokens() + n(r#""format": "date""#));
    let unknown = count(r#", "pattern": "^[a-z]+$""#);
    assert_eq!(
        (unknown.label(), unknown.max().unwrap() - unknown.tokens()),
        (Label::Estimate, n(r#""pattern": "^[a-z]+$""#))
    );
    let reasons: Vec<&str> =
        unknown.features().iter().filter(|one| !one.is_proved()).map(|one| one.name.as_str()).collect();
    assert_eq!(reasons, ["tools: pattern in a property"]);
    // The name of a property is no keyword.
    let named = r#"{"type": "object", "properties": {"pattern": {"type": "string"}}}"#;
    assert_eq!(on("gpt-4o", named.to_owned()).label(), Label::Exact);
}

/// No recording has an object four levels deep without references, and references that deep were not shown.
#[test]
fn a_deep_object_is_shown_or_not() {
    let parameters = |inner: &str| {
        format!(
            r#"{{"type": "object", "properties": {{"a": {{"type": "object", "properties": {{"b": {{"type": "object",
            "properties": {{"c": {inner}}}}}}}}}}}}}"#
        )
    };
    let deep = r#"{"type": "object", "properties": {"d": {"type": "string", "description": "A note far below."}}}"#;
    let [flat, deep] = [r#"{}"#, deep].map(|inner| count_on("gpt-4o", DAY, &with_parameters(&parameters(inner))));
    assert!(deep.tokens() > flat.tokens() + 8 && deep.min() <= flat.tokens(), "{flat:?} {deep:?}");
}

/// No recording has a tool of Responses that is nested as in Chat Completions, so all of it is in question.
#[test]
fn tools_of_an_unusual_form_are_estimates() {
    let function = r#""name": "book", "description": "Books a trip.", "parameters": {"type": "object", "properties": {"to": {"type": "string"}}}"#;
    let flat = format!(r#"{{"model": "gpt-5.4", "input": "Hi", "tools": [{{"type": "function", {function}}}]}}"#);
    let nested = format!(
        r#"{{"model": "gpt-5.4", "input": "Hi", "tools": [{{"type": "function", "function": {{{function}}}}}]}}"#
    );
    let [flat, nested] = [flat, nested].map(|request| count_on("gpt-5.4", DAY, &request));
    assert_eq!((flat.label(), nested.label()), (Label::Exact, Label::Estimate));
    assert_eq!(nested.tokens(), flat.tokens());
    assert!(
        nested.tokens() - nested.min() >= n("// Books a trip.\ntype book = (_: { to?: string }) => any;"),
        "{nested:?}"
    );
    let untyped = with_parameters(r#"{"properties": {"to": {"type": "string"}}}"#);
    assert_eq!(count_on("gpt-5", DAY, &untyped).label(), Label::Estimate);
}

#[test]
fn tools_of_2023_are_shown_in_the_old_format() {
    let old = r#"{"messages": [{"role": "user", "content": "Hello"}], "functions": [{"name": "f", "description": "Does it.",
        "parameters": {"type": "object", "required": ["a"], "properties": {
            "a": {"type": "integer", "description": "One."},
            "b": {"type": "object", "properties": {"c": {"type": "string", "description": "hidden"}}},
            "d": {"type": "object"}}}}]}"#;
    let shown = "namespace functions {\n\n// Does it.\ntype f = (_: {\n// One.\na: number,\nb?: {\n  c?: string,\n},\n}) => any;\n\n} // namespace functions";
    let expected = 3 + 4 + Encoding::Cl100kBase.count("Hello") as u64 + Encoding::Cl100kBase.count(shown) as u64 + 9;
    let count = count_on("gpt-4-0613", DAY, old);
    assert_eq!((count.tokens(), label_and_slack(&count)), (expected, (Label::Estimate, 1)));
}

#[test]
fn calls_and_results_are_one_exchange() {
    let call = |id: &str| {
        format!(
            r#"{{"id": "{id}", "type": "function", "function": {{"name": "f", "arguments": "{{\"a\":  \"é\"}}"}}}}"#
        )
    };
    let hello = r#"{"role": "user", "content": "Hello"}"#;
    let one = format!(
        r#"[{hello}, {{"role": "assistant", "content": null, "tool_calls": [{}]}},
            {{"role": "tool", "tool_call_id": "1", "content": "fine"}}]"#,
        call("1")
    );
    let base = count("gpt-4o", &format!("[{hello}]"));
    let framed = n("f") + n("functions.f") + n(r#"{"a":"é"}"#) + n("fine");
    assert_eq!(count("gpt-4o", &one) - base, 12 + framed);
    assert_eq!(count("gpt-5", &one) - count("gpt-5", &format!("[{hello}]")), 18 + framed);
    let two = format!(
        r#"[{hello}, {{"role": "assistant", "content": null, "tool_calls": [{}, {}]}},
            {{"role": "tool", "tool_call_id": "2", "content": "{{\"b\": 2}}"}}, {{"role": "tool", "tool_call_id": "1", "content": "fine é"}}]"#,
        call("1"),
        call("2")
    );
    let uses = r#"{"tool_uses":[{"recipient_name":"functions.f","parameters":{"a":"é"}},{"recipient_name":"functions.f","parameters":{"a":"é"}}]}"#;
    assert_eq!(count("gpt-4o", &two) - base, 20 + n(uses) + n(r#"["fine é", {"b": 2}]"#));
    // Until the spring of 2026, results were escaped.
    let before = count_on("gpt-4o", "2026-01-10", &two).tokens();
    assert_eq!(before - base, 20 + n(uses) + n(r#"["fine \u00e9", {"b": 2}]"#));
}

#[test]
fn the_schema_of_the_answer_is_shown_without_validation_keywords() {
    let schema = r#"{"messages": [{"role": "user", "content": "Hello"}], "response_format": {"type": "json_schema", "json_schema": {
        "name": "answer", "strict": true, "schema": {"type": "object", "additionalProperties": false, "required": ["a"],
        "properties": {"a": {"type": "string", "minLength": 2, "description": "ä"}, "required": {"type": "null"}}}}}}"#;
    let shown = "## answer\n\n{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"description\":\"\\u00e4\"},\"required\":{\"type\":\"null\"}}}";
    let base = count("gpt-4o", r#"[{"role": "user", "content": "Hello"}]"#);
    assert_eq!(count("gpt-4o", schema) - base, n(shown) + 4 + 4 + 2 + n("answer"));
    let base = count("gpt-5", r#"[{"role": "user", "content": "Hello"}]"#);
    assert_eq!(count("gpt-5", schema) - base, n(shown) + 4 + 4);
    let responses = r#"{"input": "Hello", "text": {"format": {"type": "json_schema", "name": "answer", "schema": {"type": "object",
        "properties": {"a": {"type": "string", "description": "ä"}, "required": {"type": "null"}}}}}}"#;
    assert_eq!(count("gpt-5", responses), 2 + 4 + n("Hello") + n(shown) + 4);
}

#[test]
fn the_responses_api_has_sections_and_items() {
    let tool = TOOL.replace(r#""function": {"#, "");
    let tool = tool.strip_suffix('}').unwrap();
    let shown = SHOWN;
    let request = |more: &str| {
        format!(
            r#"{{"instructions": "Be brief", "input": [{{"role": "user", "content": "Hello"}}{more}], "tools": [{tool}]}}"#
        )
    };
    let framed = |model: u64| 4 + n("Be brief") + 4 + n("Hello") + n(shown) + model;
    assert_eq!(count("gpt-4o", &request("")), 3 + framed(3));
    assert_eq!(count("gpt-5", &request("")), 2 + framed(9));
    let call = r#", {"type": "function_call", "call_id": "1", "name": "get_weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "1", "output": "fine"}"#;
    let called = 2 * n(".get_weather") + n("{}") + n("fine");
    assert_eq!(count("gpt-4o", &request(call)) - count("gpt-4o", &request("")), 11 + called);
    assert_eq!(count("gpt-5", &request(call)) - count("gpt-5", &request("")), 17 + called);
    assert_eq!(count("gpt-5.4", &request(call)) - count("gpt-5.4", &request("")), 20 + called);
}

#[test]
fn reasoning_is_free_after_its_turn() {
    let reasoning = format!(r#"{{"type": "reasoning", "summary": [], "encrypted_content": "{}"}}"#, "a".repeat(4_000));
    let before = format!(r#"{{"input": [{reasoning}, {{"role": "user", "content": "Hello"}}]}}"#);
    assert_eq!(count("gpt-5", &before), 2 + 4 + n("Hello"));
    let after = format!(r#"{{"input": [{{"role": "user", "content": "Hello"}}, {reasoning}]}}"#);
    let count = count_on("gpt-5", DAY, &after);
    assert_eq!(count.tokens(), 2 + 4 + n("Hello") + 3_000 * 203 / 1_000 - 125);
    assert!(matches!(label_and_slack(&count), (Label::Estimate, fewer) if fewer > 100));
}

#[test]
fn images_are_billed_by_their_size() {
    let image = r#"[{"role": "user", "content": [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]}]"#;
    let unknown = count_on("gpt-4o", DAY, image);
    assert_eq!((unknown.tokens() - 7 - n("Look"), unknown.label()), (85, Label::Estimate), "the smallest");
    assert_eq!(
        (unknown.tokens() - unknown.min(), unknown.max().unwrap() - unknown.tokens()),
        (1, 1_360 + 1),
        "the largest"
    );
    assert!(unknown.notes()[0].lacks_image_size);
    let mut request = Request::from_json(image.as_bytes()).unwrap();
    request.assume_image_size(ImageSize { width: 1_024, height: 1_024 });
    let count =
        |model| Catalog::builtin().model(model).unwrap().count(&request, DAY.parse().unwrap()).unwrap().tokens();
    assert_eq!(count("gpt-4o"), 3 + 4 + n("Look") + 765);
    assert_eq!(count("gpt-4.1-mini"), 3 + 4 + n("Look") + 1_659 + 1);
    // A GIF of 300 by 200 pixels, in the request itself.
    let inline = image.replace("https://example.com/a.png", "data:image/gif;base64,R0lGODlhLAHIAA==");
    assert_eq!(self::count("gpt-4o", &inline), 3 + 4 + n("Look") + 255);
    assert_eq!(
        self::count("gpt-4o", &inline.replace("\"url\"", "\"detail\": \"low\", \"url\"")),
        3 + 4 + n("Look") + 85
    );
}

#[test]
fn embeddings_and_completions_count_their_texts_alone() {
    assert_eq!(
        count("text-embedding-3-small", r#"{"model": "text-embedding-3-small", "input": ["hello world", ""]}"#),
        3
    );
    assert_eq!(count("text-embedding-3-small", r#"{"model": "text-embedding-3-small", "input": [1, 2, 3]}"#), 3);
    assert_eq!(
        count("gpt-3.5-turbo-instruct", r#"{"prompt": ["hello world", [5, 6]], "suffix": "bye"}"#),
        2 + 1 + 2 + 1
    );
}

#[test]
fn a_batch_line_counts_as_its_body() {
    let line = r#"{"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}}"#;
    assert_eq!(count("gpt-4o", line), 3 + 4 + n("Hello"));
    let error = Request::from_json(line.replace("\"Hello\"", "7").as_bytes()).unwrap_err();
    assert_eq!(
        error.problems()[0].to_string(),
        "body.messages[0].content: expected a string, null or an array of parts, found a number"
    );
}

#[test]
fn cyclic_doubling_and_invalid_schemas_are_counted_or_refused() {
    let wrap = |parameters: &str| {
        format!(
            r#"{{"messages": [{{"role": "user", "content": "x"}}], "tools": [{{"type": "function", "function": {{"name": "f", "parameters": {parameters}}}}}]}}"#
        )
    };
    // Cyclic references, by every keyword that can have one.
    let round = r##"{"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "array", "items": {"$ref": "#/$defs/a"}},
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}}]}}}"##;
    // References that double the text at each level.
    let level = |index: usize| {
        format!(
            r##""d{index}": {{"type": "object", "properties": {{"a": {{"$ref": "#/$defs/d{0}"}}, "b": {{"$ref": "#/$defs/d{0}"}}}}}}"##,
            index + 1
        )
    };
    let double = format!(
        r##"{{"type": "object", "properties": {{"a": {{"$ref": "#/$defs/d0"}}}}, "$defs": {{{}}}}}"##,
        (0..100).map(level).collect::<Vec<_>>().join(",")
    );
    let property = |index: usize| format!(r#""p{index}": {{"type": "string", "description": "one of many"}}"#);
    let many = format!(
        r#"{{"type": "object", "properties": {{{}}}}}"#,
        (0..5_000).map(property).collect::<Vec<_>>().join(",")
    );
    for parameters in [round, &double, &many, "7", "[]", "{}", r#"{"properties": 7}"#, r#"{"type": ["object", 7]}"#] {
        for model in ["gpt-4o", "gpt-4-0613", "gpt-5"] {
            assert!(count(model, &wrap(parameters)) > 10);
        }
    }
    let deep = wrap(&format!("{}7{}", "[".repeat(10_000), "]".repeat(10_000)));
    assert!(Request::from_json(deep.as_bytes()).unwrap_err().is_request());
    let twice = wrap(r#"{"properties": {"a": {}, "a": {}}}"#);
    let error = Request::from_json(twice.as_bytes()).unwrap_err();
    assert_eq!(error.problems()[0].to_string(), "tools[0].function.parameters.properties.a: duplicate field");
}

#[test]
fn the_size_of_fifty_megabytes_of_base64_is_read_from_the_header() {
    let image = format!("R0lGODlhLAHIAA{}", "A".repeat(50_000_000));
    let request = format!(
        r#"[{{"role": "user", "content": [{{"type": "image_url", "image_url": {{"url": "data:image/gif;base64,{image}"}}}}]}}]"#
    );
    assert_eq!(count("gpt-4o", &request), 3 + 4 + 255);
}

#[test]
fn a_compaction_replaces_the_items_before_it() {
    let item = format!(r#"{{"type": "compaction", "encrypted_content": "{}"}}"#, "A".repeat(2_000));
    let question = r#"{"role": "user", "content": "And now?"}"#;
    let answer = r#"{"role": "assistant", "content": "It is the capital of France."}"#;
    let items = |items: &[&str]| count_on("gpt-4.1", DAY, &format!(r#"{{"input": [{}]}}"#, items.join(", ")));
    let [alone, shortened, behind_answer] =
        [items(&[question]), items(&[&item, question]), items(&[answer, &item, question])];
    assert_eq!(shortened.tokens() - alone.tokens(), 2_000 * 9 / 100 + 20);
    assert_eq!(shortened.tokens(), behind_answer.tokens());
    assert!(behind_answer.max() > shortened.max(), "the answer may be billed");
}

#[test]
fn compacting_adds_its_own_prompt() {
    use gpt_cost::request::{Api, Format};
    let body = br#"{"input": [{"role": "user", "content": "Hello"}]}"#;
    let catalog = Catalog::builtin();
    let day = DAY.parse().unwrap();
    let [plain, compact] = [Api::Responses, Api::Compact].map(|api| {
        let request = Request::from_json_as(body, Format::Body(api)).unwrap();
        catalog.model("gpt-4o").unwrap().count(&request, day).unwrap().tokens()
    });
    assert_eq!(compact - plain, 93);
}

#[test]
fn custom_tools_are_estimates_on_models_since_gpt_5_and_not_counted_on_others() {
    let body = r#"{"input": "Hello", "tools": [{"type": "custom", "name": "run_sql", "description": "Runs a query.",
        "format": {"type": "grammar", "syntax": "regex", "definition": "SELECT .*"}}]}"#;
    let alone = count("gpt-5", r#"{"input": "Hello"}"#);
    let counted = count_on("gpt-5", DAY, body);
    assert_eq!(counted.tokens() - alone, 71 + n("run_sql") + n("Runs a query.") + n("SELECT .*"));
    assert!(matches!(label_and_slack(&counted), (Label::Estimate, 4)), "{:?}", label_and_slack(&counted));
    assert!(matches!(label_and_slack(&count_on("gpt-4o", DAY, body)), (Label::AtLeast, _)));
}
