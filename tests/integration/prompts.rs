//! Prompt files of YAML, TOML, Markdown with front matter and GitHub Models.

use std::path::Path;

use gpt_cost::Request;
use gpt_cost::request::Format;
use gpt_cost::source::{Document, InputFormat, documents};

use crate::budgets::{gpt_cost, json, repository, text, write};

const JSON: &str = r#"{"model": "gpt-4o", "max_tokens": 50, "messages": [{"role": "system",
    "content": "You are kind.\nAnswer in one line.\n"}, {"role": "user", "content": "Hi {{ name }}"}]}"#;

const YAML: &str = "# A prompt.\nmodel: &model gpt-4o\nmax_tokens: 50\n\nmessages:\n  - role: system\n    content: |\n      \
                    You are kind.\n      Answer in one line.\n  - {role: user, content: 'Hi {{ name }}'}\n";

const TOML: &str = "model = 'gpt-4o'\nmax_tokens = 50\n\n[[messages]]\nrole = 'system'\ncontent = '''\nYou are \
                    kind.\nAnswer in one line.\n'''\n\n[[messages]]\nrole = 'user'\ncontent = 'Hi {{ name }}'\n";

const GITHUB: &str = r#"name: Greeter
description: Greets people
model: openai/gpt-4o
modelParameters:
  maxTokens: 50
  temperature: 0.5
messages:
  - role: system
    content: |
      You are kind.
      Answer in one line.
  - role: user
    content: Hi {{ name }}
testData:
  - name: Ann
    expected: Hi
  - name: a person whose name is long
evaluators:
  - name: Is short
    string: {contains: Hi}
"#;

fn read<'a>(name: &str, text: &'a str) -> Vec<Document<'a>> {
    documents(name, text.as_bytes(), InputFormat::Auto)
}

fn requests(root: &Path, args: &[&str]) -> Vec<(String, u64)> {
    let output = gpt_cost(root, &[&["count"], args, &["--format", "json"]].concat());
    let report = json(&output);
    let request = |one: &serde_json::Value| {
        (one["name"].as_str().unwrap().to_owned(), one["input_tokens"]["max"].as_u64().unwrap_or_default())
    };
    report["requests"].as_array().unwrap().iter().map(request).collect()
}

fn error(root: &Path, args: &[&str]) -> String {
    let output = gpt_cost(root, &[&["estimate", "-m", "gpt-4o"], args].concat());
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    text(&output.stderr)
}

#[test]
fn yaml_and_toml_are_the_same_requests_as_json() {
    let expected = read("a.json", JSON)[0].prompt().unwrap();
    for (name, text) in [("a.yaml", YAML), ("p/a.YML", YAML), ("a.toml", TOML), ("a.yaml", JSON)] {
        let documents = read(name, text);
        assert_eq!(documents.len(), 1);
        assert_eq!(documents[0].place().to_string(), name);
        assert_eq!(documents[0].prompt().unwrap(), expected, "{name}");
        assert!(documents[0].is_json() && documents[0].is_named_json() && documents[0].samples().is_empty());
    }
    let forced = documents("a.yaml", YAML.as_bytes(), InputFormat::As(Format::Text));
    assert_eq!(forced[0].request().unwrap(), Request::from_text(YAML.as_bytes()).unwrap(), "as text if asked for");
    let root = repository("notations");
    for (name, text) in [("a.json", JSON), ("a.yaml", YAML), ("a.toml", TOML)] {
        write(&root, name, text);
        let counted = requests(&root, &[name, "--var", "name=Ann"]);
        assert_eq!(counted, [(name.to_owned(), requests(&root, &["a.json", "--var", "name=Ann"])[0].1)]);
    }
}

#[test]
fn lines_are_those_of_the_file() {
    for (name, text, lines) in [("a.yaml", YAML, [6, 8, 10]), ("a.toml", TOML, [4, 6, 11])] {
        let document = &read(name, text)[0];
        let paths = ["messages[0]", "messages[0].content", "messages[1]"];
        assert_eq!(paths.map(|path| document.line_of(path)), lines, "{name}");
    }
    let wrong = "messages:\n  - role: user\n    content: Hi\n---\nmodel: x\n\nmessages: 5\n";
    let documents = read("a.yaml", wrong);
    assert_eq!((documents[1].first_line(), documents[1].line_of("messages")), (5, 7));
    let error = documents[1].request().unwrap_err();
    assert_eq!(error.to_string(), "a.yaml#/1: messages: expected an array of messages, found a number");
}

#[test]
fn a_file_can_have_many_requests() {
    let root = repository("many");
    let body = "messages: [{role: user, content: Hi}]\n";
    write(&root, "documents.yaml", &format!("{body}---\n{body}---\n"));
    write(&root, "array.yaml", &format!("- {body}- {body}"));
    write(&root, "one.yaml", body);
    let count = requests(&root, &["one.yaml", "-m", "gpt-4o"])[0].1;
    for name in ["documents.yaml", "array.yaml"] {
        let expected = [(format!("{name}#/0"), count), (format!("{name}#/1"), count)];
        assert_eq!(requests(&root, &[name, "-m", "gpt-4o"]), expected);
    }
    let messages = "- {role: user, content: Hi}\n";
    write(&root, "messages.yaml", messages);
    assert_eq!(requests(&root, &["messages.yaml", "-m", "gpt-4o"]), [("messages.yaml".to_owned(), count)]);
}

#[test]
fn errors_have_the_file_and_the_line_and_no_text() {
    let root = repository("errors");
    for (name, content, expected) in [
        (
            "a.yaml",
            "messages:\n- role: user\n  content: *secret\n",
            "a.yaml:3:12: not valid YAML: an alias without an anchor before it\n",
        ),
        ("a.yaml", "messages:\n- role: user\n  role: secret\n", "a.yaml:3:3: not valid YAML: duplicate key\n"),
        ("a.yaml", "messages: !secret []\n", "a.yaml:1:11: the tag of this value is not supported\n"),
        ("a.yaml", "secret\n", "a.yaml: expected a request, or an array of messages, found a string\n"),
        ("a.yaml", "# secret\n", "a.yaml: it is empty\n"),
        (
            "a.yaml",
            "system: secret\n",
            "a.yaml: expected an object with `messages`, `input` or `prompt`, found none of them\n",
        ),
        ("a.yaml", "messages:\n- role: user\n  content: 5\n", "a.yaml: messages[0].content: expected "),
        ("a.toml", "messages = 5\nmodel = secret\n", "a.toml:2:9: not valid TOML: "),
        (
            "a.toml",
            "a = 'secret'\n",
            "a.toml: expected an object with `messages`, `input` or `prompt`, found none of them\n",
        ),
    ] {
        write(&root, name, content);
        let error = error(&root, &[name]);
        assert!(error.starts_with(&format!("error: {expected}")), "{error}");
        assert!(!error.contains("secret") && !error.contains("starts like JSON"), "{error}");
    }
    std::fs::write(root.join("a.yaml"), b"a: \xff").unwrap();
    assert!(error(&root, &["a.yaml"]).starts_with("error: a.yaml: invalid UTF-8 at byte 3\n"));
    let laughs =
        (1..20).map(|level| format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 9].join(",")));
    write(&root, "a.yaml", &format!("a0: &a0 [x]\n{}", laughs.collect::<String>()));
    assert!(error(&root, &["a.yaml"]).contains(": more than 1,000,000 values, aliases resolved"));
}

#[test]
fn front_matter_is_not_part_of_the_prompt() {
    let root = repository("front");
    write(&root, "a.md", "---\ntitle: x\nmodel: gpt-4o-mini\nmax_tokens: 20\n---\nHi {{ name }}\n---\n");
    write(&root, "plain.txt", "Hi Ann\n---\n");
    let plain = requests(&root, &["plain.txt", "-m", "gpt-4o-mini"])[0].1;
    let report = json(&gpt_cost(&root, &["estimate", "a.md", "--format", "json"]));
    let request = &report["requests"][0];
    assert_eq!((&request["model"], &request["output_tokens"]["max"]), (&"gpt-4o-mini".into(), &20.into()), "{request}");
    assert_eq!(requests(&root, &["a.md", "--var", "name=Ann"])[0].1, plain);
    write(&root, "a.md.j2", "---\nmodel: gpt-4o-mini\n---\nHi {{ name | title }}\n---\n\n");
    assert_eq!(requests(&root, &["a.md.j2", "--var", "name=ann"])[0].1, plain);
    write(&root, "a.md.j2", "---\nmodel: gpt-4o-mini\n---\nHi\n{{ nobody }}");
    assert!(error(&root, &["a.md.j2", "--var", "name=ann"]).contains("a.md.j2:5: "), "the line of the file");
    write(&root, "a.md", "---\nmodel: a: b\n---\nHi Ann\n---\n");
    let output = gpt_cost(&root, &["estimate", "a.md", "-m", "gpt-4o-mini"]);
    let shown = text(&output.stdout) + &text(&output.stderr);
    assert!(shown.contains("the front matter is not valid YAML; nothing of it is read"), "{shown}");
    assert_eq!(requests(&root, &["a.md", "-m", "gpt-4o-mini"])[0].1, plain);
    write(&root, "a.md", "---\nmodel: gpt-4o\n---\n");
    assert!(error(&root, &["a.md"]).starts_with("error: a.md: it is empty\n"));
    // A horizontal rule is text.
    write(&root, "rule.md", "---\nHi\n---\n");
    write(&root, "rule.txt", "---\nHi\n---\n");
    assert_eq!(requests(&root, &["rule.md", "-m", "gpt-4o"])[0].1, requests(&root, &["rule.txt", "-m", "gpt-4o"])[0].1);
}

#[test]
fn prompts_of_github_models_are_filled_with_their_test_data() {
    let root = repository("github");
    write(&root, "a.prompt.yml", GITHUB);
    write(&root, "body.json", JSON);
    let body = |name: &str| requests(&root, &["body.json", "--var", &format!("name={name}")])[0].1;
    let expected = [
        ("a.prompt.yml#testData/0".to_owned(), body("Ann")),
        ("a.prompt.yml#testData/1".to_owned(), body("a person whose name is long")),
    ];
    assert_eq!(requests(&root, &["a.prompt.yml"]), expected);
    assert_eq!(requests(&root, &["a.prompt.yml", "--var", "name=Bob"]), [("a.prompt.yml".to_owned(), body("Bob"))]);
    let report = json(&gpt_cost(&root, &["estimate", "a.prompt.yml", "--format", "json"]));
    let request = &report["requests"][0];
    assert_eq!((&request["model"], &request["format"]), (&"gpt-4o".into(), &"github".into()), "{request}");
    assert_eq!((&request["input_tokens"]["label"], &request["output_tokens"]["max"]), (&"exact".into(), &50.into()));
    assert_eq!(requests(&root, &["a.prompt.yml", "--literal"])[0].0, "a.prompt.yml");
    // Without rows, the placeholders are listed.
    write(&root, "b.prompt.yml", GITHUB.split("testData").next().unwrap());
    let report = json(&gpt_cost(&root, &["estimate", "b.prompt.yml", "--format", "json"]));
    assert_eq!(report["requests"][0]["not_counted"][0]["message"], "the value of `name`");
    // Another provider's model is unknown.
    write(&root, "c.prompt.yml", &GITHUB.replace("openai/gpt-4o", "meta/llama-4"));
    let output = gpt_cost(&root, &["estimate", "c.prompt.yml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("meta/llama-4"), "{output:?}");
}

#[test]
fn answer_schemas_of_github_models_are_those_of_a_body() {
    let root = repository("schema");
    let schema = r#"{"name": "place", "strict": true, "schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": false}}"#;
    let messages = "messages:\n  - {role: user, content: Where is it?}\nmodel: openai/gpt-4o\n";
    write(&root, "a.prompt.yml", &format!("{messages}responseFormat: json_schema\njsonSchema: |-\n  {schema}\n"));
    let body = format!(
        r#"{{"model": "gpt-4o", "messages": [{{"role": "user", "content": "Where is it?"}}],
            "response_format": {{"type": "json_schema", "json_schema": {schema}}}}}"#
    );
    write(&root, "body.json", &body);
    assert_eq!(requests(&root, &["a.prompt.yml"])[0].1, requests(&root, &["body.json"])[0].1);
    write(&root, "a.prompt.yml", &format!("{messages}responseFormat: json_schema\njsonSchema: '{{secret'\n"));
    let expected = "error: a.prompt.yml: jsonSchema: expected a schema as JSON text, found invalid JSON\n";
    assert_eq!(error(&root, &["a.prompt.yml"]), expected);
}

#[test]
fn prompts_under_names_are_checked_and_named_by_their_pointers() {
    let root = repository("pointers");
    write(
        &root,
        "p/prompts.yaml",
        "one:\n  system: |\n    You are kind.\n  user: Hi {{ name }}\ntwo:\n  system: Short.\n",
    );
    write(&root, "p/prompts.md", "text");
    let names: Vec<String> =
        requests(&root, &["p/prompts.yaml#/*/system", "-m", "gpt-4o"]).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["p/prompts.yaml#/one/system", "p/prompts.yaml#/two/system"]);
    let message = error(&root, &["p/prompts.md#/x"]);
    assert!(message.starts_with("error: p/prompts.md#/x: a pointer needs a file of JSON, YAML or TOML"), "{message}");
    let message = error(&root, &["p/prompts.yaml#/three"]);
    assert!(message.contains("p/prompts.yaml#/three: there is no prompt at this pointer"), "{message}");
    // With limits, and with a configuration.
    let check = |args: &[&str]| {
        let output = gpt_cost(&root, &[&["check", "-m", "gpt-4o"], args].concat());
        (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
    };
    let (code, report) = check(&["p/prompts.yaml#/one/system", "--max-input-tokens", "5"]);
    assert!(code == 1 && report.contains("p/prompts.yaml:3  /one/system"), "{code} {report}");
    let budget =
        "[[budget]]\nname = \"b\"\npaths = [\"p/*.yaml#/*/system\", \"!p/other.yaml\"]\nmax_input_tokens = 20\n";
    write(&root, "gpt-cost.toml", budget);
    write(&root, "p/other.yaml", "a: 1\n");
    let (code, report) = check(&[]);
    assert!(code == 0 && report.contains("2 requests: 2 within budget"), "{code} {report}");
    assert_eq!(check(&["p/prompts.yaml#/*/system"]).0, 0);
    assert_eq!(check(&["p/prompts.yaml#/one/system"]).0, 2, "it is not a path of the budget");
    let (_, list) = check(&["--list"]);
    assert!(list.contains("p/prompts.yaml#/*/system  2 × text") && list.contains("p/other.yaml"), "{list}");
}

#[test]
fn a_request_can_be_named_as_reports_name_it() {
    let root = repository("named");
    write(
        &root,
        "a.yaml",
        "- {model: gpt-4o, messages: [{role: user, content: Hi}]}\n- {model: gpt-4o, input: Hello}\n",
    );
    let all = requests(&root, &["a.yaml"]);
    assert_eq!(requests(&root, &["a.yaml#/1"]), all[1..]);
    // The name of a prompt of GitHub Models decides.
    write(&root, "a.prompt.yml", "name: x\nmodel: openai/gpt-4o\nmessages:\n  - {role: user, content: Hi}\n");
    let report = json(&gpt_cost(&root, &["estimate", "a.prompt.yml", "--format", "json"]));
    let request = &report["requests"][0];
    assert_eq!((&request["format"], &request["warnings"]), (&"github".into(), &serde_json::json!([])), "{request}");
}
