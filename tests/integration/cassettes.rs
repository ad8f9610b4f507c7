//! Recorded traffic: VCR cassettes of Python and Ruby and HAR files, through `estimate`, `count` and `verify`.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use gpt_cost::source::{Document, InputFormat, documents};
use gpt_cost::verify::Recording;
use serde_json::{Value, json};

use crate::budgets::{PINNED, gpt_cost, json, repository, text, write};

const URL: &str = "https://api.openai.com/v1/chat/completions";

/// A request of 8 tokens, as gpt-4o counts them.
const BODY: &str = r#"{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}"#;

const ANSWER: &str = r#"{"id": "chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012", "model": "gpt-4o-2024-08-06", "created": 1777600000, "choices": [], "usage": {"prompt_tokens": 8, "completion_tokens": 1}}"#;

fn gzip(text: &str) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    STANDARD.encode(encoder.finish().unwrap())
}

fn exchange(url: &str, body: impl Into<Value>, status: u16, answer: impl Into<Value>) -> Value {
    json!({"request": {"method": "POST", "uri": url, "headers": {"authorization": ["Bearer sk-secret"]}, "body": body.into()},
        "response": {"status": {"code": status, "message": ""}, "headers": {}, "body": {"string": answer.into()}}})
}

fn cassette(interactions: &[Value]) -> String {
    json!({"interactions": interactions, "version": 1}).to_string()
}

/// Returns each document's place, first line and input tokens by its recording.
fn billed(name: &str, text: &str) -> Vec<(String, usize, Option<u64>)> {
    let documents = documents(name, text.as_bytes(), InputFormat::Auto);
    let input = |document: &Document<'_>| {
        assert_eq!(document.request().unwrap().model(), Some("gpt-4o"), "{}", document.place());
        let recording = Recording::from_json(&document.recording()?).unwrap();
        assert_eq!(recording.request.unwrap().model(), Some("gpt-4o"));
        Some(recording.usage.input)
    };
    documents.iter().map(|one| (one.place().to_string(), one.first_line(), input(one))).collect()
}

fn one(place: &str, line: usize, input: u64) -> Vec<(String, usize, Option<u64>)> {
    vec![(place.to_owned(), line, Some(input))]
}

#[test]
fn cassettes_of_python() {
    let yaml = format!(
        "interactions:
- request:
    body: '{BODY}'
    headers:
      authorization:
      - Bearer sk-secret
    method: POST
    uri: {URL}
  response:
    body:
      string: '{ANSWER}'
    headers:
      content-type:
      - application/json
    status:
      code: 200
      message: OK
version: 1
"
    );
    assert_eq!(billed("a.yaml", &yaml), one("a.yaml#/0", 2, 8));
    let packed = gzip(ANSWER);
    let (first, rest) = packed.split_at(60);
    let binary = yaml.replace(&format!("'{ANSWER}'"), &format!("!!binary |\n        {first}\n        {rest}"));
    assert!(binary.contains("!!binary"));
    assert_eq!(billed("a.yml", &binary), one("a.yml#/0", 2, 8));
    let parsed = yaml
        .replace(&format!("body: '{BODY}'"), &format!("parsed_body: {BODY}"))
        .replace(&format!("body:\n      string: '{ANSWER}'"), &format!("parsed_body: {ANSWER}"));
    assert_eq!(parsed.matches("parsed_body").count(), 2);
    assert_eq!(billed("a.yaml", &parsed), one("a.yaml#/0", 2, 8));
    assert_eq!(billed("a.json", &cassette(&[exchange(URL, BODY, 200, ANSWER)])), one("a.json#/0", 1, 8));
}

#[test]
fn cassettes_of_ruby() {
    let packed = gzip(ANSWER);
    let yaml = format!(
        "---
http_interactions:
- request:
    method: post
    uri: {URL}
    body:
      encoding: UTF-8
      string: '{BODY}'
    headers: {{}}
  response:
    status:
      code: 200
      message: OK
    headers: {{}}
    body:
      encoding: ASCII-8BIT
      base64_string: |
        {packed}
  recorded_at: Fri, 01 May 2026 01:46:40 GMT
recorded_with: VCR 6.3.1
"
    );
    assert_eq!(billed("a.yml", &yaml), one("a.yml#/0", 3, 8));
    let interaction = json!({"request": {"method": "post", "uri": URL, "body": {"encoding": "UTF-8", "base64_string": STANDARD.encode(BODY)}},
        "response": {"status": {"code": 200}, "body": {"encoding": "UTF-8", "string": ANSWER}}});
    let json = json!({"http_interactions": [interaction], "recorded_with": "VCR 6.3.1"}).to_string();
    assert_eq!(billed("a.json", &json), one("a.json#/0", 1, 8));
}

fn har(content: Value) -> String {
    let entry = json!({"startedDateTime": "2026-05-01T01:46:40Z",
        "request": {"method": "POST", "url": URL, "postData": {"mimeType": "application/json", "text": BODY}},
        "response": {"status": 200, "content": content}});
    let page = json!({"request": {"method": "GET", "url": "https://example.com/"}, "response": {"status": 200, "content": {}}});
    serde_json::to_string_pretty(&json!({"log": {"version": "1.2", "entries": [page, entry]}})).unwrap()
}

#[test]
fn har_files() {
    for content in [
        json!({"mimeType": "application/json", "text": ANSWER}),
        json!({"mimeType": "application/json", "text": STANDARD.encode(ANSWER), "encoding": "base64"}),
        json!({"mimeType": "application/json", "text": gzip(ANSWER), "encoding": "base64"}),
    ] {
        let found = billed("a.HAR", &har(content));
        assert_eq!(found, one("a.HAR#/1", found[0].1, 8));
        assert!(found[0].1 > 5, "the line of the second entry");
    }
    assert_eq!(billed("a.har", &har(json!({"text": "<html>"})))[0].2, None);
}

#[test]
fn a_deployment_of_azure_is_the_model() {
    let url = "https://my.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-06-01";
    let body = BODY.replace("\"model\": \"gpt-4o\", ", "");
    assert_eq!(billed("a.json", &cassette(&[exchange(url, body, 200, ANSWER)])), one("a.json#/0", 1, 8));
}

#[test]
fn streams_have_their_usage_in_the_last_event() {
    let chat = format!("data: {{\"choices\": [], \"usage\": null}}\n\ndata: {ANSWER}\n\ndata: [DONE]\n\n");
    assert_eq!(billed("a.json", &cassette(&[exchange(URL, BODY, 200, chat)])), one("a.json#/0", 1, 8));
    let request = r#"{"model": "gpt-4o", "input": "Hello", "stream": true}"#;
    let response = r#"{"id": "resp_1", "model": "gpt-4o-2024-08-06", "created_at": 1777600000, "output": [], "usage": {"input_tokens": 8, "output_tokens": 1}}"#;
    let events = format!(
        "event: response.created\ndata: {{\"type\": \"response.created\", \"response\": {{\"usage\": null}}}}\n\nevent: response.completed\ndata: {{\"type\": \"response.completed\", \"response\": {response}}}\n\n"
    );
    let url = "http://localhost/v1/responses";
    assert_eq!(billed("a.json", &cassette(&[exchange(url, request, 200, events)])), one("a.json#/0", 1, 8));
    let without_usage = "data: {\"choices\": []}\n\ndata: [DONE]\n\n";
    assert_eq!(billed("a.json", &cassette(&[exchange(URL, BODY, 200, without_usage)]))[0].2, None);
}

/// A cassette with a retry, two more identical requests, one to another API and one of another body.
fn busy() -> String {
    cassette(&[
        exchange(URL, BODY, 429, "{\"error\": {}}"),
        exchange(URL, BODY, 200, ANSWER),
        exchange("https://api.anthropic.com/v1/messages", BODY, 200, ANSWER),
        exchange(URL, BODY, 200, ANSWER),
        exchange(URL, BODY.replace("Hello", "Hello, world"), 500, "<html>"),
        exchange(URL, BODY, 200, ANSWER),
    ])
}

#[test]
fn identical_requests_are_shown_once() {
    let root = repository("cassettes-identical");
    write(&root, "pricing.toml", PINNED);
    write(&root, "a.json", &busy());
    let document = json(&gpt_cost(&root, &["count", "a.json", "--format", "json"]));
    let shown = |document: &Value, key: &str| -> Vec<Value> {
        document["requests"].as_array().unwrap().iter().map(|one| one[key].clone()).collect()
    };
    assert_eq!(shown(&document, "name"), ["a.json#/1", "a.json#/4"]);
    assert_eq!(shown(&document, "identical_requests"), [3, 1]);
    assert_eq!(document["total"]["requests"], 4);
    // Three of 8 tokens, and one of 10.
    assert_eq!(document["total"]["input_tokens"]["tokens"], 34);
    let document = json(&gpt_cost(&root, &["estimate", "a.json", "--requests", "10", "--format", "json"]));
    assert_eq!(
        (shown(&document, "identical_requests"), shown(&document, "requests")),
        (vec![json!(3), json!(1)], vec![json!(30), json!(10)])
    );
    assert_eq!(document["total"]["requests"], 40);
    for command in ["count", "estimate"] {
        let output = text(&gpt_cost(&root, &[command, "a.json"]).stdout);
        assert!(output.contains("3 identical requests"), "{output}");
        assert!(!output.contains("secret"), "{output}");
    }
    let quiet = gpt_cost(&root, &["count", "a.json", "--quiet"]);
    assert_eq!(text(&quiet.stdout), "34\n");
    let most = gpt_cost(&root, &["estimate", "a.json", "--requests", "4294967295"]);
    assert!(text(&most.stderr).contains("error: a.json#/1: too many requests"), "{most:?}");
}

#[test]
fn broken_bodies_are_errors_with_their_places() {
    let root = repository("cassettes-broken");
    write(&root, "pricing.toml", PINNED);
    let bodies = [
        json!("{\"secret\": nothing"),
        json!({"base64_string": "secret!"}),
        json!({"base64_string": "H4sIAAAAAAAAAw=="}),
        Value::Null,
        json!(BODY),
        json!("{}"),
    ];
    let interactions: Vec<Value> = bodies.into_iter().map(|body| exchange(URL, body, 200, ANSWER)).collect();
    write(&root, "a.json", &cassette(&interactions));
    let output = gpt_cost(&root, &["count", "a.json", "--quiet"]);
    let expected = "\
error: a.json#/0: not valid JSON: expected ident
error: a.json#/1: the recorded body is not valid base64
error: a.json#/2: the recorded body is not valid gzip
error: a.json#/3: the body of the request is not in the recording
error: a.json#/5: the field `messages` is missing
";
    assert_eq!((text(&output.stderr).as_str(), output.status.code()), (expected, Some(2)));
    let verified = gpt_cost(&root, &["verify", "a.json", "--format", "json"]);
    assert_eq!(verified.status.code(), Some(2));
    let document = json(&verified);
    assert_eq!((&document["recordings"], &document["unreadable"]), (&json!(2), &json!(4)));
    assert_eq!(document["total"]["exact"], 1);
}

#[test]
fn compressed_bodies_are_limited() {
    let bomb = json!({"base64_string": gzip(&" ".repeat(100_000_001))});
    let body = json!({"base64_string": gzip(BODY)});
    let bodies = [bomb.clone(), bomb.clone(), bomb, body].map(|body| exchange(URL, body, 200, ANSWER));
    let cassette = cassette(&bodies);
    let found = documents("a.json", cassette.as_bytes(), InputFormat::Auto);
    let messages: Vec<String> = found
        .iter()
        .map(|document| {
            document.request().map_or_else(|error| error.to_string(), |request| request.model().unwrap().to_owned())
        })
        .collect();
    let too_large = |index: usize| {
        format!(
            "a.json#/{index}: the recorded body is too large: the file has more than 100 MB when it is decompressed"
        )
    };
    assert_eq!(messages, [too_large(0), too_large(1), too_large(2), "gpt-4o".to_owned()]);
}

#[test]
fn files_without_requests_that_are_counted() {
    let root = repository("cassettes-other");
    let other = exchange("https://api.anthropic.com/v1/messages", "secret", 200, "{}");
    write(&root, "a.json", &cassette(&vec![other; 200]));
    for command in ["estimate", "count", "verify"] {
        let output = gpt_cost(&root, &[command, "a.json"]);
        let expected = "\
error: a.json: none of its 200 recorded requests goes to an endpoint that is counted
hint: counted are POST requests to chat/completions, responses, completions and embeddings, on any host
";
        assert_eq!((text(&output.stderr).as_str(), output.status.code()), (expected, Some(2)), "{command}");
    }
}

#[test]
fn verify_finds_the_recordings_of_a_folder() {
    let root = repository("cassettes-folder");
    write(&root, "pricing.toml", PINNED);
    write(&root, "tests/busy.json", &busy());
    write(
        &root,
        "tests/a.har",
        &har(json!({"text": ANSWER.replace("\"prompt_tokens\": 8", "\"prompt_tokens\": 9").replace("012", "013")})),
    );
    write(
        &root,
        "tests/lines.jsonl",
        &format!("{{\"request\": {BODY}, \"response\": {ANSWER}}}\n{{\"request\": 1}}\n"),
    );
    write(&root, "tests/other.json", &cassette(&[exchange("https://example.com/v1/messages", "{}", 200, ANSWER)]));
    write(&root, "tests/broken.json", "{\"interactions\": [");
    write(&root, "tests/broken.yaml", "interactions: [\n");
    write(&root, "tests/request.json", BODY);
    write(
        &root,
        "tests/cassettes/b.yaml",
        &format!(
            "interactions:\n- request: {{method: POST, uri: '{URL}', body: '{BODY}'}}\n  response: {{parsed_body: {ANSWER}}}\n"
        ),
    );
    write(&root, "tests/notes.txt", "\"request\" \"usage\"");
    write(&root, "tests/response.json", ANSWER);
    write(&root, "tests/half.json", &cassette(&[exchange(URL, Value::Null, 200, ANSWER)]));
    write(&root, ".gitignore", "ignored\n");
    write(&root, "ignored/busy.json", &busy());
    for folder in [".", "tests"] {
        let output = gpt_cost(&root, &["verify", folder, "--worst", "1"]);
        let table = text(&output.stdout);
        let note = "note: tests/half.json has 1 recorded request that cannot be read: gpt-cost verify tests/half.json shows why\n";
        assert_eq!((text(&output.stderr).as_str(), output.status.code()), (note, Some(0)));
        let headline = "5 of 6 counts equal the billed tokens; 6 recordings in 4 files; 1 recorded request has no usage; 1 cannot be read\n\n";
        assert!(table.starts_with(headline), "{table}");
        assert!(table.ends_with("  tests/a.har#/1  -1 of 9 tokens\n"), "{table}");
    }
    let document = json(&gpt_cost(&root, &["verify", ".", "--format", "json"]));
    let figures = ["files", "recordings", "without_bill", "unreadable"].map(|key| document[key].as_u64().unwrap());
    assert_eq!(figures, [4, 6, 1, 1]);
    assert_eq!(gpt_cost(&root, &["verify", ".", "--min-exact", "90"]).status.code(), Some(1));
}

#[test]
fn recorded_answers_have_their_cost() {
    let found = gpt_cost::usage::responses("a.json", busy().as_bytes());
    let input = |one: &gpt_cost::usage::Reported| match &one.outcome {
        gpt_cost::usage::Outcome::Response(response) => Some(response.usage.input),
        _ => None,
    };
    let found: Vec<_> = found.iter().map(|one| (one.place.to_string(), input(one))).collect();
    let place = |index: usize| format!("a.json#/{index}");
    assert_eq!(found, [(place(1), Some(8)), (place(3), Some(8)), (place(4), None), (place(5), Some(8))]);
}

#[test]
fn nothing_to_verify_is_an_error() {
    let root = repository("cassettes-nothing");
    write(&root, "empty/request.json", BODY);
    write(&root, "unbilled/a.json", &cassette(&[exchange(URL, BODY, 500, ""), exchange(URL, BODY, 502, "")]));
    let hint = "hint: a recording is a request with the response that has its usage\n";
    for (path, message) in [
        ("empty", "no recordings in it"),
        ("unbilled", "its recorded request has no usage"),
        ("unbilled/a.json", "its recorded request has no usage"),
    ] {
        let output = gpt_cost(&root, &["verify", path]);
        let expected = format!("error: {path}: {message}\n{hint}");
        assert_eq!((text(&output.stderr), text(&output.stdout)), (expected, String::new()));
        assert_eq!(output.status.code(), Some(2));
    }
}
