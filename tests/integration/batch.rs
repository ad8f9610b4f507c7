//! `batch check`: each rule of the Batch API, the two prices, and the parts of a file.

use std::fs;
use std::path::Path;

use crate::budgets::{gpt_cost, json, repository, text, write};

fn line(id: &str, url: &str, body: &str) -> String {
    format!(r#"{{"custom_id": "{id}", "method": "POST", "url": "{url}", "body": {body}}}"#)
}

fn chat(id: &str, model: &str) -> String {
    let body =
        format!(r#"{{"model": "{model}", "max_tokens": 10, "messages": [{{"role": "user", "content": "Hi"}}]}}"#);
    line(id, "/v1/chat/completions", &body)
}

/// Returns the exit code and the rules that are broken, each with its line.
fn check(root: &Path, lines: &[String]) -> (i32, Vec<(Option<u64>, String)>) {
    write(root, "batch.jsonl", &(lines.join("\n") + "\n"));
    let output = gpt_cost(root, &["batch", "check", "batch.jsonl", "--format", "json"]);
    let report = json(&output);
    let broken = report["broken"].as_array().unwrap_or_else(|| panic!("{output:?}"));
    let rule = |one: &serde_json::Value| (one["line"].as_u64(), one["rule"].as_str().unwrap().to_owned());
    (output.status.code().unwrap(), broken.iter().map(rule).collect())
}

#[test]
fn each_rule_names_the_line_that_breaks_it() {
    let root = repository("batch-rules");
    let good = || chat("good", "gpt-4o-mini");
    assert_eq!(check(&root, &[good(), chat("other", "gpt-4o-mini")]), (0, vec![]));
    let long = format!(
        r#"{{"model": "gpt-4o-mini", "messages": [{{"role": "user", "content": "{}"}}]}}"#,
        "word ".repeat(140_000)
    );
    for (other, rules) in [
        ("not JSON".to_owned(), vec!["line"]),
        (chat("good", "gpt-4o-mini"), vec!["custom_id"]),
        (chat("", "gpt-4o-mini"), vec!["custom_id"]),
        (chat("2", "gpt-4o-mini").replace("POST", "GET"), vec!["method"]),
        (chat("2", "gpt-4o-mini").replace("/v1/chat", "/v2/chat"), vec!["url"]),
        (
            chat("2", "gpt-4o-mini").replace("/v1/chat/completions", "https://api.openai.com/v1/chat/completions"),
            vec!["url"],
        ),
        (line("2", "/v1/responses", r#"{"model": "gpt-4o-mini", "input": "Hi"}"#), vec!["one_url"]),
        (chat("2", "gpt-4o"), vec!["one_model"]),
        (chat("2", "gpt-4o-mini").replace(r#""model": "gpt-4o-mini", "#, ""), vec!["model"]),
        (line("2", "/v1/chat/completions", r#"{"model": "gpt-4o-mini"}"#), vec!["line"]),
        (line("2", "/v1/chat/completions", &long), vec!["fit"]),
        (r#"{"custom_id": 5, "url": "x"}"#.to_owned(), vec!["custom_id", "method", "url"]),
    ] {
        let expected = rules.into_iter().map(|rule| (Some(2), rule.to_owned())).collect();
        assert_eq!(check(&root, &[good(), other.clone()]), (1, expected), "{}", &other[..other.len().min(200)]);
    }
}

#[test]
fn a_file_has_its_limits() {
    let root = repository("batch-limits");
    let lines: Vec<String> = (0..50_001).map(|index| chat(&index.to_string(), "gpt-4o-mini")).collect();
    assert_eq!(check(&root, &lines), (1, vec![(None, "requests".to_owned())]));
    let inputs = |id: &str, inputs: usize| {
        let texts = vec!["\"a\""; inputs].join(",");
        line(id, "/v1/embeddings", &format!(r#"{{"model": "text-embedding-3-small", "input": [{texts}]}}"#))
    };
    let lines: Vec<String> = (0..26).map(|index| inputs(&index.to_string(), 2_000)).collect();
    assert_eq!(check(&root, &lines[..25]), (0, vec![]));
    assert_eq!(check(&root, &lines), (1, vec![(None, "embedding_inputs".to_owned())]));
}

#[test]
fn the_batch_tier_is_compared_with_the_standard_one() {
    let root = repository("batch-prices");
    write(&root, "batch.jsonl", &(chat("1", "gpt-4o-mini") + "\n" + &chat("2", "gpt-4o-mini")));
    let report = json(&gpt_cost(&root, &["batch", "check", "batch.jsonl", "--format", "json"]));
    let estimate = |tier: &str| {
        let args = ["estimate", "batch.jsonl", "--tier", tier, "--format", "json"];
        let total = json(&gpt_cost(&root, &args));
        total["total"]["cost"]["total"]["max"].as_str().unwrap_or_else(|| panic!("{total}")).to_owned()
    };
    for (field, tier) in [("batch_cost", "batch"), ("standard_cost", "standard")] {
        assert_eq!(report[field]["max"].as_str().unwrap(), estimate(tier), "{tier}");
    }
    assert_eq!((&report["requests"], &report["model"]), (&2.into(), &"gpt-4o-mini".into()));
    let table = text(&gpt_cost(&root, &["batch", "check", "batch.jsonl"]).stdout);
    assert!(table.starts_with("batch.jsonl  2 requests to /v1/chat/completions  gpt-4o-mini  as of"), "{table}");
    assert!(table.contains("2 lines: all hold to the rules of the Batch API"), "{table}");
}

#[test]
fn a_request_without_a_price_is_an_error_and_the_others_are_checked() {
    let root = repository("batch-unknown");
    write(&root, "batch.jsonl", &(chat("1", "gpt-4o-mini") + "\n" + &chat("2", "gpt-unknown")));
    let output = gpt_cost(&root, &["batch", "check", "batch.jsonl"]);
    assert_eq!(output.status.code(), Some(2));
    let table = text(&output.stdout);
    assert!(table.contains("line 2: not priced: unknown model `gpt-unknown`"), "{table}");
    assert!(table.contains("line 2: body.model: not the model of line 1; a batch has one"), "{table}");
}

#[test]
fn parts_hold_to_the_rules_and_have_all_valid_lines() {
    let root = repository("batch-split");
    let mut lines: Vec<String> = (0..50_003).map(|index| chat(&index.to_string(), "gpt-4o-mini")).collect();
    lines.insert(7, chat("a", "gpt-4o"));
    lines.insert(9, line("b", "/v1/responses", r#"{"model": "gpt-4o", "input": "Hi"}"#));
    lines.insert(11, chat("0", "gpt-4o-mini"));
    write(&root, "in/batch.jsonl", &lines.join("\r\n"));
    let output = gpt_cost(&root, &["batch", "check", "in/batch.jsonl", "--split", "parts"]);
    let table = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "the duplicate: {table}");
    assert!(
        table.contains("line 12: custom_id: line 1 has the same") && table.contains("1 of 50,006 lines cannot be sent"),
        "{table}"
    );
    let mut names: Vec<String> = fs::read_dir(root.join("parts"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "batch.chat-completions.gpt-4o-mini.001.jsonl",
            "batch.chat-completions.gpt-4o-mini.002.jsonl",
            "batch.chat-completions.gpt-4o.001.jsonl",
            "batch.responses.gpt-4o.001.jsonl",
        ]
    );
    let mut written = Vec::new();
    for name in &names {
        let part = format!("parts/{name}");
        assert_eq!(gpt_cost(&root, &["batch", "check", &part]).status.code(), Some(0), "{name}");
        written.extend(fs::read_to_string(root.join(&part)).unwrap().lines().map(str::to_owned));
    }
    lines.remove(11);
    written.sort();
    lines.sort();
    assert!(written == lines, "each valid line is in one part, as it was");
    let again = gpt_cost(&root, &["batch", "check", "in/batch.jsonl", "--split", "parts"]);
    assert_eq!(again.status.code(), Some(2), "files that are there are not overwritten");
}

/// More than 50 requests are a summary for people, and each request for programs.
#[test]
fn many_requests_are_a_summary() {
    let root = repository("summary");
    let line = |index: usize| {
        let model = if index < 40 { "gpt-4o-mini" } else { "gpt-4o" };
        let text = "word ".repeat(index + 1);
        let body = format!(
            r#"{{"model": "{model}", "max_tokens": 10, "messages": [{{"role": "user", "content": "{text}"}}]}}"#
        );
        line(&index.to_string(), "/v1/chat/completions", &body)
    };
    let lines: Vec<String> = (0..100).map(line).collect();
    write(&root, "few.jsonl", &lines[..50].join("\n"));
    write(&root, "many.jsonl", &lines.join("\n"));
    let table = |args: &[&str]| text(&gpt_cost(&root, &[&["estimate"], args].concat()).stdout);
    assert_eq!(table(&["few.jsonl"]).matches("few.jsonl:").count(), 50);
    assert_eq!(table(&["many.jsonl", "--each"]).matches("many.jsonl:").count(), 100);
    let summary = table(&["many.jsonl"]);
    assert_eq!(summary.matches("many.jsonl:").count(), 5, "{summary}");
    let rows: Vec<Vec<&str>> = summary.lines().map(|line| line.split_whitespace().collect()).collect();
    let row = |name: &str| rows.iter().find(|row| row.first() == Some(&name)).unwrap_or_else(|| panic!("{summary}"));
    assert_eq!((row("gpt-4o-mini")[1], row("gpt-4o")[1], row("total")[1]), ("40", "60", "100"));
    // Each text is a token longer than the one before; the frame is 7 tokens and the space at the end one.
    let total = json(&gpt_cost(&root, &["estimate", "many.jsonl", "--format", "json"]));
    let tokens = |index: usize| total["requests"][index]["input_tokens"]["tokens"].to_string();
    assert_eq!(row("input")[2..], [tokens(49), tokens(94), tokens(98), tokens(99)], "{summary}");
    assert_eq!(total["requests"].as_array().unwrap().len(), 100);
    let most = |index: usize| total["requests"][index]["cost"]["total"]["max"].as_str().unwrap().to_owned();
    let costs = rows.iter().find(|row| row.starts_with(&["cost,", "at", "most"])).unwrap();
    assert_eq!(costs.last().unwrap().trim_start_matches('$'), most(99), "{summary}");
    assert!(summary.contains("many.jsonl:100") && summary.contains("--each lists all requests"), "{summary}");
}
