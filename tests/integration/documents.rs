//! The JSON documents of every command, validated against the schemas that `gpt-cost schema` prints.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::budgets::{DAY, commit, gpt_cost, prompt, repository, text, write};

/// A project with requests of every verdict, a baseline and a revision to compare with.
fn project(name: &str) -> PathBuf {
    let root = repository(name);
    let config = "as_of = 2026-11-24\n[[budget]]\nname = \"all\"\npaths = [\"prompts/**\"]\noutput_tokens = 20\nmax_input_tokens = 100\n\
                  max_cost_per_request = \"0.01\"\nmax_increase = \"10%\"\nmonthly_requests = 1000\nmax_monthly_cost = \"0.01\"\nwarn_at = \"10%\"\n";
    write(&root, "gpt-cost.toml", config);
    write(&root, "prompts/a.json", &prompt(20));
    write(&root, "prompts/gone.json", &prompt(7));
    write(&root, "prompts/broken.json", &prompt(9));
    assert_eq!(gpt_cost(&root, &["baseline", "write"]).status.code(), Some(0));
    commit(&root);
    std::fs::remove_file(root.join("prompts/gone.json")).unwrap();
    write(&root, "prompts/a.json", &prompt(200));
    write(&root, "prompts/broken.json", "{");
    write(&root, "prompts/new.md", "Summarize {{ document }} in one sentence.\n");
    let line = |id: &str, url: &str| {
        format!(
            r#"{{"custom_id":"{id}","method":"POST","url":"/v1/chat/completions","body":{{"model":"gpt-4o","messages":[{{"role":"user","content":[{{"type":"text","text":"Hi"}},{{"type":"image_url","image_url":{{"url":"{url}"}}}}]}}],"max_tokens":9}}}}"#
        )
    };
    let image = "https://example.com/a.png";
    write(&root, "prompts/batch.jsonl", &format!("{}\n{}\n", line("first", image), line("second", image)));
    write(&root, "too-long.json", &prompt(1_050_000));
    write(&root, "stored.json", r#"{"model": "gpt-4.1", "input": "Hi", "previous_response_id": "x"}"#);
    write(&root, "model.md", "Answer in one sentence.\n");
    let usage = r#"{"prompt_tokens":1200,"completion_tokens":50,"prompt_tokens_details":{"cached_tokens":1024},"completion_tokens_details":{"reasoning_tokens":20}}"#;
    let response = format!(r#"{{"model":"gpt-4o-2024-08-06","created":1760000000,"usage":{usage}}}"#);
    write(&root, "response.json", &response);
    let request = r#"{"model":"gpt-4o-2024-08-06","messages":[{"role":"user","content":"Hi"}]}"#;
    let recording = format!(r#"{{"project":"mine","request":{request},"response":{response}}}"#);
    write(&root, "recorded.jsonl", &format!("{recording}\n{recording}\n"));
    let prices = "schema = 1\nchecked = 2026-11-20\n[model.\"gpt-4o\"]\nencoding = \"o200k_base\"\ncontext = 1000\n\
                  price = { per = \"1K\", input = \"0.123456789\", output = \"1\" }\n";
    write(&root, "prices.toml", prices);
    root
}

fn schema(root: &Path, name: &str) -> jsonschema::Validator {
    let output = gpt_cost(root, &["schema", name]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    jsonschema::validator_for(&serde_json::from_slice(&output.stdout).unwrap()).unwrap()
}

/// Asserts that a document has the schema of its kind, says so with its first keys, and has no float in it.
fn assert_valid(root: &Path, name: &str, kind: &str, document: &str) -> Value {
    let start: String = document.chars().filter(|char| !char.is_whitespace()).take(200).collect();
    assert!(start.starts_with(&format!("{{\"schema\":1,\"kind\":\"{kind}\",")), "{name}: {start}");
    let value: Value = serde_json::from_str(document).unwrap_or_else(|error| panic!("{name}: {error}"));
    let problems: Vec<String> =
        schema(root, name).iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(problems, [""; 0], "{name}: {value}");
    assert_no_floats(&value);
    value
}

fn assert_no_floats(value: &Value) {
    match value {
        Value::Number(number) => assert!(!number.is_f64(), "{number}"),
        Value::Array(values) => values.iter().for_each(assert_no_floats),
        Value::Object(fields) => fields.values().for_each(assert_no_floats),
        _ => {}
    }
}

#[test]
fn every_document_has_its_schema() {
    let root = project("documents");
    let batch = "prompts/batch.jsonl";
    let estimate = ["estimate", "prompts/a.json", batch, "too-long.json", "stored.json", "prompts/broken.json"];
    let runs: &[(&str, &[&str])] = &[
        ("estimate", &[&estimate[..], &["--requests", "3", "--cached", "50%", "-o", "5"]].concat()),
        ("estimate", &["estimate", "prompts/broken.json"]),
        ("estimate", &["estimate", "model.md", "-m", "gpt-4o", "--no-config", "--pricing", "prices.toml"]),
        ("count", &["count", "prompts/a.json", batch, "stored.json", "prompts/broken.json"]),
        ("count", &["count", "prompts/new.md", "missing.txt", "--encoding", "o200k_base"]),
        ("batch", &["batch", "check", batch]),
        ("batch", &["batch", "check", "recorded.jsonl"]),
        ("actual", &["actual", "response.json"]),
        ("actual", &["actual", "response.json", "recorded.jsonl", "prompts/a.json"]),
        ("check", &["check"]),
        ("check", &["check", "prompts/a.json"]),
        ("diff", &["diff", "HEAD"]),
        ("diff", &["diff", "gpt-cost-baseline.json"]),
        ("models", &["models", "list", "--all"]),
        ("models", &["models", "list", "4o", "--tier", "batch"]),
        ("model", &["models", "show", "gpt-4o"]),
        ("model", &["models", "show", "gpt-5.6-sol"]),
        ("model", &["models", "show", "openai/gpt-4"]),
        ("pricing", &["pricing", "show"]),
        ("pricing", &["pricing", "show", "gpt-4o", "--pricing", "prices.toml"]),
        ("pricing-diff", &["pricing", "diff", "built-in", "prices.toml"]),
        ("verify", &["verify", "recorded.jsonl"]),
    ];
    for (kind, args) in runs {
        let output = gpt_cost(&root, &[args, &["--format", "json"][..]].concat());
        assert_valid(&root, kind, kind, &text(&output.stdout));
    }
    let baseline = std::fs::read_to_string(root.join("gpt-cost-baseline.json")).unwrap();
    assert_valid(&root, "baseline", "baseline", &baseline);
}

#[test]
fn every_line_has_its_schema() {
    let root = project("lines");
    let args = ["estimate", "prompts/batch.jsonl", "stored.json", "prompts/broken.json", "--format", "jsonl"];
    let output = gpt_cost(&root, &args);
    assert_eq!(output.status.code(), Some(2));
    let lines = text(&output.stdout);
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 4);
    for line in &lines[..3] {
        assert_valid(&root, "estimate-line", "estimate-request", line);
    }
    let first: Value = serde_json::from_str(lines[0]).unwrap();
    assert_eq!((&first["custom_id"], &first["name"]), (&"first".into(), &"prompts/batch.jsonl:1".into()));
    let failed = assert_valid(&root, "estimate-line", "estimate-failure", lines[3]);
    assert_eq!(failed["name"], "prompts/broken.json");

    let lines = text(&gpt_cost(&root, &["check", "--format", "jsonl"]).stdout);
    let (requests, budgets): (Vec<&str>, Vec<&str>) = lines.lines().partition(|line| line.contains("check-request"));
    assert_eq!((requests.len(), budgets.len()), (5, 1), "{lines}");
    requests.iter().for_each(|line| drop(assert_valid(&root, "check-line", "check-request", line)));
    budgets.iter().for_each(|line| drop(assert_valid(&root, "check-line", "check-budget", line)));
}

/// A schema that everything passes would be of no use.
#[test]
fn a_schema_refuses_what_is_no_document_of_its_kind() {
    let root = project("refused");
    let output = gpt_cost(&root, &["estimate", "prompts/a.json", "--format", "json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let validator = schema(&root, "estimate");
    assert!(validator.is_valid(&document));
    let edits: [(&str, Value); 6] = [
        ("/schema", 2.into()),
        ("/kind", "check".into()),
        ("/requests/0/input_tokens/tokens", 1.5.into()),
        ("/requests/0/input_tokens/label", "sure".into()),
        ("/requests/0/cost/total/min", 0.25.into()),
        ("/total", Value::Null),
    ];
    for (path, value) in edits {
        let mut edited = document.clone();
        *edited.pointer_mut(path).unwrap() = value;
        assert!(!validator.is_valid(&edited), "{path}");
    }
}

#[test]
fn the_list_names_every_schema() {
    let root = repository("schema-list");
    let list = text(&gpt_cost(&root, &["schema", "list"]).stdout);
    let names: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names.len(), 16, "{list}");
    for name in names {
        let schema: Value = serde_json::from_slice(&gpt_cost(&root, &["schema", name]).stdout).unwrap();
        jsonschema::validator_for(&schema).unwrap();
        assert!(schema["title"].is_string() && schema["description"].is_string(), "{name}");
    }
}

#[test]
fn estimates_are_csv_and_markdown_too() {
    let root = project("estimates");
    let files = ["prompts/a.json", "prompts/batch.jsonl", "too-long.json", "stored.json", "prompts/broken.json"];
    let run =
        |format: &str| text(&gpt_cost(&root, &[&["estimate"][..], &files, &["--format", format]].concat()).stdout);
    let csv_text = run("csv");
    let mut reader = csv::Reader::from_reader(csv_text.as_bytes());
    let titles = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let cell = |row: usize, title: &str| {
        let column = titles.iter().position(|one| one == title).unwrap_or_else(|| panic!("{title}"));
        rows[row][column].to_owned()
    };
    assert_eq!(rows.len(), 6);
    let json: Value = serde_json::from_str(&run("json")).unwrap();
    for (row, request) in json["requests"].as_array().unwrap().iter().enumerate() {
        let number = |value: &Value| if value.is_null() { String::new() } else { value.to_string() };
        let amount = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        assert_eq!(cell(row, "name"), amount(&request["name"]));
        assert_eq!(cell(row, "custom_id"), amount(&request["custom_id"]));
        assert_eq!(cell(row, "input_tokens"), number(&request["input_tokens"]["tokens"]));
        assert_eq!(cell(row, "input_max"), number(&request["input_tokens"]["max"]));
        assert_eq!(cell(row, "label"), amount(&request["input_tokens"]["label"]));
        assert_eq!(cell(row, "cost_min"), amount(&request["cost"]["total"]["min"]));
        assert_eq!(cell(row, "cost_max"), amount(&request["cost"]["total"]["max"]));
        assert_eq!(cell(row, "fit"), amount(&request["fit"]["verdict"]));
    }
    assert_eq!(cell(4, "not_counted"), "previous_response_id");
    assert!(cell(5, "error").contains("not valid JSON"), "{csv_text}");

    let markdown = run("markdown");
    let table: Vec<&str> = markdown.lines().filter(|line| line.starts_with('|')).collect();
    let columns = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(table.iter().all(|line| columns(line) == columns(table[0])), "{markdown}");
    assert!(markdown.contains("| prompts/broken.json | | | | failed: not valid JSON"), "{markdown}");
    assert!(markdown.contains("does not fit: "), "{markdown}");
    assert!(markdown.contains("**total, 5 requests**"), "{markdown}");
    assert!(markdown.contains(&format!("as of {DAY}, prices from built-in")), "{markdown}");
}
