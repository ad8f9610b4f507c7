//! Many responses in one pass: `actual` over logs larger than a block, and reports that are whole or resumed.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use gpt_cost::bulk::Blocks;
use gpt_cost::source::InputFormat;
use gpt_cost::usage::{Found, Outcome, Reported, Streams, responses, responses_of};
use serde_json::Value;

use crate::budgets::{gpt_cost, json, repository, text, write};

/// Returns a response on a line of a log, of about 800 bytes.
fn line(index: usize) -> String {
    let (model, words) =
        (if index.is_multiple_of(3) { "gpt-4o" } else { "gpt-4o-mini" }, "a word, ".repeat(index * 7 % 160));
    format!(
        r#"{{"id": "r{index}", "object": "chat.completion", "created": {}, "model": "{model}", "choices": [{{"message": {{"content": "{words}"}}}}], "usage": {{"prompt_tokens": {}, "completion_tokens": {}}}}}"#,
        1_760_000_000 + index * 60,
        index * 37 % 5000 + 1,
        index * 11 % 900,
    )
}

fn lines(numbers: std::ops::Range<usize>) -> String {
    numbers.map(|index| line(index) + "\n").collect()
}

/// Returns the events of responses, whose last event is 3,000 lines after the first: more than a block.
fn events(responses: usize) -> String {
    let apart = 3000;
    let padding = "x".repeat(300);
    let mut all = String::new();
    for index in 0..responses + apart {
        if index < responses {
            all += &match index % 4 {
                0 => format!(
                    r#"{{"id": "c{index}", "object": "chat.completion.chunk", "model": "gpt-4o", "choices": [{{"delta": {{"content": "{padding}", "annotations": [{{"type": "url_citation"}}]}}}}], "usage": null}}"#
                ),
                1 => line(index),
                _ => format!(
                    r#"{{"type": "response.created", "response": {{"id": "e{index}", "usage": null, "output": "{padding}"}}}}"#
                ),
            };
            all += "\n";
        }
        if let Some(index) = index.checked_sub(apart) {
            let end = match index % 4 {
                0 => format!(
                    r#"{{"id": "c{index}", "object": "chat.completion.chunk", "model": "gpt-4o", "choices": [], "usage": {{"prompt_tokens": {index}}}}}"#
                ),
                1 => continue,
                2 => format!(
                    r#"{{"type": "response.failed", "response": {{"id": "e{index}", "status": "failed", "usage": null}}}}"#
                ),
                // One in eight has no end.
                _ if index % 8 == 7 => continue,
                _ => format!(
                    r#"{{"type": "response.completed", "response": {{"id": "e{index}", "model": "gpt-4o", "usage": {{"input_tokens": {index}, "output_tokens": 1}}}}}}"#
                ),
            };
            all += &(end + "\n");
        }
    }
    all
}

fn described(one: &Reported) -> String {
    let outcome = match &one.outcome {
        Outcome::Response(response) => format!("{} {:?}", response.usage.input, response.tool_calls),
        Outcome::Failed(reason) => reason.clone(),
        Outcome::Unreadable(error) => error.to_string(),
    };
    format!("{}: {outcome}", one.place)
}

/// Returns the rows of JSON Lines.
fn rows(output: &[u8]) -> Vec<Value> {
    text(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn events_are_collected_across_blocks() {
    let log = events(9000);
    assert!(log.len() > 3_000_000, "{}", log.len());
    let (mut streams, mut found, mut blocks) = (Streams::<Reported>::new("log.jsonl"), Vec::new(), 0);
    for block in Blocks::new("log.jsonl", log.as_bytes()).format(InputFormat::Json) {
        blocks += 1;
        for document in block.unwrap().documents() {
            match responses_of(&document) {
                Found::Responses(found) => found.into_iter().for_each(|one| streams.push(one.line, one)),
                Found::Event(event) => streams.add(event),
            }
        }
        found.extend(streams.ready());
    }
    assert!(blocks > 3 && found.len() > 1000, "{blocks} blocks, {} before the end", found.len());
    streams.finish();
    found.extend(streams.ready());
    let whole = responses("log.jsonl", log.as_bytes());
    assert_eq!(whole.len(), 9000);
    // Those without an end are the last ones.
    let (ended, unfinished): (Vec<_>, Vec<_>) =
        found.iter().map(described).partition(|one| !one.contains("the stream ends without"));
    let expected: Vec<_> = whole.iter().map(described).filter(|one| !one.contains("the stream ends without")).collect();
    assert_eq!(ended, expected);
    assert_eq!(unfinished.len(), 9000 / 8);
    assert!(ended.iter().any(|one| one.contains("WebSearch")));

    let root = repository("actual-events");
    write(&root, "log.jsonl", &log);
    let output = gpt_cost(&root, &["actual", "log.jsonl", "--format", "jsonl"]);
    assert_eq!(output.status.code(), Some(2));
    let rows = rows(&output.stdout);
    let names: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    let places: Vec<String> = found.iter().map(|one| one.place.to_string()).collect();
    assert_eq!(names, places);
    let of_kind = |kind: &str| rows.iter().filter(|row| row["kind"] == kind).count();
    assert_eq!((of_kind("actual-not-billed"), of_kind("actual-failure")), (2250, 1125));
}

/// A response is over when no event of it comes for long, so that memory does not grow.
#[test]
fn streams_end_long_after_their_last_event() {
    let usage = |id: &str, input: usize| {
        format!(
            r#"{{"id": "{id}", "object": "chat.completion.chunk", "choices": [], "usage": {{"prompt_tokens": {input}}}}}"#
        )
    };
    let other = "{\"type\": \"ping.pong\"}\n";
    let found = |between: usize| {
        let log = format!("{}\n{}{}\n", usage("a", 1), other.repeat(between), usage("a", 2));
        responses("f", log.as_bytes()).iter().map(described).collect::<Vec<_>>()
    };
    assert_eq!(found(9_998), ["f:10000: 2 {}"]);
    assert_eq!(found(10_000), ["f:1: 1 {}", "f:10002: 2 {}"]);
    let begun = r#"{"id": "a", "object": "chat.completion.chunk", "choices": []}"#;
    let late = |between: usize| {
        responses("f", format!("{begun}\n{}{}\n", other.repeat(between), usage("a", 2)).as_bytes()).len()
    };
    assert_eq!((late(99_998), late(100_001)), (1, 2));
}

#[test]
fn a_log_has_the_results_of_its_lines_in_their_order() {
    let root = repository("actual-order");
    let batch = |id: usize, response: &str| format!("{{\"custom_id\": \"b{id}\", \"response\": {response}}}\n");
    let failed = batch(1, r#"{"status_code": 429, "body": {"error": {"code": "rate_limit_exceeded"}}}"#);
    let log = [
        &lines(0..2000),
        "not JSON\n",
        &failed,
        &lines(2000..4000),
        "{\"model\": \"gpt-9\", \"usage\": {\"prompt_tokens\": 1}}\n",
        &line(1),
    ]
    .concat();
    write(&root, "log.jsonl", &log);
    let output = gpt_cost(&root, &["actual", "log.jsonl", "--format", "jsonl"]);
    assert_eq!(output.status.code(), Some(2));
    let rows = rows(&output.stdout);
    let names: Vec<String> = rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, (1..=4004).map(|line| format!("log.jsonl:{line}")).collect::<Vec<_>>());
    assert_eq!(rows[2000]["kind"], "actual-failure");
    assert_eq!((&rows[2001]["kind"], &rows[2001]["custom_id"]), (&"actual-not-billed".into(), &"b1".into()));
    assert!(text(&output.stderr).contains("error: log.jsonl:4003: unknown model `gpt-9`"), "{output:?}");

    let document = json(&gpt_cost(&root, &["actual", "log.jsonl", "--format", "json"]));
    let responses = document["responses"].as_array().unwrap();
    assert_eq!(responses.len(), 4001);
    for (row, response) in rows.iter().filter(|row| row["kind"] == "actual-response").zip(responses) {
        assert_eq!((&row["name"], &row["charges"]), (&response["name"], &response["charges"]));
    }
    assert_eq!(
        (document["not_billed"].as_array().unwrap().len(), document["failed"].as_array().unwrap().len()),
        (1, 2)
    );
    // The lines in files smaller than a block have the same sum.
    for part in 0..8 {
        write(&root, &format!("parts/{part}.jsonl"), &lines(part * 500..(part + 1) * 500));
    }
    write(&root, "parts/8.jsonl", &line(1));
    let parts = json(&gpt_cost(&root, &["actual", "parts", "--format", "json"]));
    assert_eq!((&parts["total"], &parts["by_model_and_day"]), (&document["total"], &document["by_model_and_day"]));
    assert_eq!(
        gpt_cost(&root, &["actual", "parts/*.jsonl", "--format", "json"]).stdout,
        gpt_cost(&root, &["actual", "parts", "--format", "json"]).stdout
    );

    let stopped = gpt_cost(&root, &["actual", "log.jsonl", "--format", "jsonl", "--fail-fast"]);
    assert_eq!((stopped.status.code(), self::rows(&stopped.stdout).len()), (Some(2), 2001));
}

#[test]
fn the_table_has_the_sizes_of_many_responses() {
    let root = repository("actual-sizes");
    write(&root, "log.jsonl", &lines(0..3000));
    let table = text(&gpt_cost(&root, &["actual", "log.jsonl"]).stdout);
    for expected in ["3,000 responses", "one response", "p95", "output tokens", "most expensive", "██", "--each lists"]
    {
        assert!(table.contains(expected), "{expected}: {table}");
    }
    let each = text(&gpt_cost(&root, &["actual", "log.jsonl", "--each"]).stdout);
    assert!(each.lines().count() > 3000 && !each.contains("p95"));
    write(&root, "bad.jsonl", &format!("{}{}", lines(0..2), "{\"a\": 1}\n".repeat(3000)));
    let output = gpt_cost(&root, &["actual", "bad.jsonl"]);
    let errors = text(&output.stderr);
    assert_eq!((output.status.code(), errors.matches("error: ").count()), (Some(2), 50));
    assert!(errors.contains("2,950 requests more failed"), "{errors}");
    assert!(text(&output.stdout).contains("and 2,950 more that failed"));
}

#[test]
fn a_field_has_the_response_and_pointers_are_refused() {
    let root = repository("actual-field");
    let log: String =
        (0..20).map(|index| format!("{{\"at\": 1, \"response\": {{\"body\": {}}}}}\n", line(index))).collect();
    write(&root, "log.jsonl", &log);
    write(&root, "plain.jsonl", &lines(0..20));
    let total =
        |args: &[&str]| json(&gpt_cost(&root, &[&["actual"], args, &["--format", "json"]].concat()))["total"].clone();
    let plain = total(&["plain.jsonl"]);
    assert_eq!(total(&["log.jsonl", "--field", "response.body"]), plain);
    assert_ne!(total(&["log.jsonl"]), plain, "a line of a batch has the batch price");
    let output = gpt_cost(&root, &["actual", "plain.jsonl", "--field", "a.b"]);
    assert!(text(&output.stderr).contains("error: plain.jsonl:1: a.b: there is no such field"), "{output:?}");
    let output = gpt_cost(&root, &["actual", "plain.jsonl#/0", "missing.json"]);
    let errors = text(&output.stderr);
    assert!(
        errors.contains("responses have no names to point to") && errors.contains("missing.json: no such file"),
        "{errors}"
    );
    let long = format!("{}\n{{\"x\": \"{}\"}}\n", line(1), "x".repeat(2_000_000));
    write(&root, "long.jsonl", &long);
    let output = gpt_cost(&root, &["actual", "long.jsonl", "--max-line", "1MB"]);
    assert!(text(&output.stderr).contains("--max-line SIZE sets another limit"), "{output:?}");
}

#[test]
fn a_report_is_resumed_to_the_same_bytes() {
    let root = repository("actual-resume");
    write(&root, "log.jsonl", &format!("{}not JSON\n{}", lines(0..2000), lines(2000..3000)));
    write(&root, "events.jsonl", &events(3100));
    let inputs = ["actual", "log.jsonl", "missing.json", "events.jsonl"];
    for name in ["r.jsonl", "r.csv"] {
        let expected = gpt_cost(&root, &[&inputs[..], &["--out", name]].concat());
        assert_eq!(expected.status.code(), Some(2));
        assert!(text(&expected.stderr).contains("6,102 requests"), "{}", text(&expected.stderr));
        let whole = fs::read(root.join(name)).unwrap();
        let summary = text(&expected.stderr).lines().find(|line| line.contains("6,102")).unwrap().to_owned();
        let part = root.join(format!("{name}.part"));
        for length in [0, 5, 900, whole.len() / 3, whole.len() / 2, whole.len() * 9 / 10, whole.len() - 1, whole.len()]
        {
            fs::write(&part, &whole[..length]).unwrap();
            let resumed = gpt_cost(&root, &[&inputs[..], &["--out", name, "--resume"]].concat());
            assert_eq!(resumed.status.code(), Some(2), "{name} {length}: {}", text(&resumed.stderr));
            assert!(fs::read(root.join(name)).unwrap() == whole, "{name} {length}");
            assert!(text(&resumed.stderr).contains(&summary), "{name} {length}: {}", text(&resumed.stderr));
        }
        let rows: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').take(40).collect();
        fs::write(&part, rows.concat()).unwrap();
        let other = gpt_cost(&root, &[&inputs[..], &["-m", "gpt-4", "--out", name, "--resume"]].concat());
        assert!(text(&other.stderr).contains("not those of these requests and arguments"), "{other:?}");
        assert_eq!(fs::read(&part).unwrap(), rows.concat());
    }
    let output = gpt_cost(&root, &["actual", "log.jsonl", "--out", "x.json", "--resume"]);
    assert!(text(&output.stderr).contains("this format has none"), "{output:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_file() {
    let root = repository("actual-memory");
    let part = lines(0..30_000);
    for (name, part) in [("responses", part), ("events", events(20_000))] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gpt-cost"));
        command.current_dir(&root).args(["actual", "-"]).env("NO_COLOR", "1");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        (0..6).for_each(|_| input.write_all(part.as_bytes()).unwrap());
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let kilobytes: u64 = peak.trim().trim_end_matches(" kB").trim().parse().unwrap();
        drop(input);
        assert!(text(&child.wait_with_output().unwrap().stdout).contains("most expensive"));
        assert!(kilobytes < 100_000, "{name}: {kilobytes} KB for {} MB", part.len() * 6 / 1_000_000);
    }
}
