//! The edge cases of the command line: one reader for all commands, requests identified across versions, errors with
//! their places.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::budgets::{DAY, commit, git, gpt_cost, json, prompt, repository, text, write};

const BODY: &str = r#"{"model":"gpt-4.1","messages":[{"role":"user","content":"Hi"}]}"#;

/// Returns a line of a Batch file.
fn line(custom_id: &str, content: &str) -> String {
    let body =
        format!(r#"{{"model":"gpt-4o-mini","messages":[{{"role":"user","content":"{content}"}}],"max_tokens":10}}"#);
    format!(r#"{{"custom_id":"{custom_id}","method":"POST","url":"/v1/chat/completions","body":{body}}}"#)
}

fn with_input(root: &Path, args: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gpt-cost"));
    command.current_dir(root).env("XDG_CONFIG_HOME", root.join("nobody's")).args(args);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// A check has the note of a price that is past its last announced day, as a table and as JSON.
#[test]
fn a_check_notes_a_price_after_its_last_announced_day() {
    let root = repository("edges-until");
    write(&root, "request.json", &BODY.replace("gpt-4.1", "promo"));
    write(
        &root,
        "gpt-cost.toml",
        "[[budget]]\nname = \"all\"\npaths = [\"request.json\"]\nmax_cost_per_request = \"1.00\"\n",
    );
    let table = |until: &str| {
        format!(
            "schema = 1\n[model.\"promo\"]\nencoding = \"o200k_base\"\ncounting = \"gpt-5\"\ncontext = 9_000\n\
             price = {{ per = \"1M\", until = {until}, input = \"2\", output = \"6\" }}\n"
        )
    };
    let note = "the price of promo is known only until 2026-11-23";
    for format in ["table", "json"] {
        write(&root, "pricing.toml", &table("2026-11-23"));
        let report = text(&gpt_cost(&root, &["check", "--format", format]).stdout);
        assert!(report.contains(note), "{report}");
        write(&root, "pricing.toml", &table(DAY));
        let report = text(&gpt_cost(&root, &["check", "--format", format]).stdout);
        assert!(report.contains("request.json") && !report.contains("known only"), "{report}");
    }
}

/// A table is imported from standard input, and a new model has the day of the check that a person states.
#[test]
fn a_table_is_imported_from_standard_input() {
    let root = repository("edges-import");
    let table = r#"{"gpt-7": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 3e-06,
        "output_cost_per_token": 9e-06, "input_cost_per_second": 1}}"#;
    let args = ["pricing", "import", "--from", "litellm", "-", "--as-of", DAY, "--checked", "2026-11-20", "--yes"];
    let output = with_input(&root, &args, table);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = text(&output.stdout);
    assert!(report.contains("\n  1 new model, with assumed rules: gpt-7 (chat)\n"), "{report}");
    assert!(report.contains("\n  1 key of prices ignored: input_cost_per_second (1)\n"), "{report}");
    let written = std::fs::read_to_string(root.join("pricing.toml")).unwrap();
    assert!(written.contains("# imported 2026-11-24 from litellm stdin, sha256 "), "{written}");
    assert!(written.contains("\nchecked    = 2026-11-20\n"), "{written}");
    // A note of our own that explains the difference is shown with it.
    let table = r#"{"gpt-4o-transcribe": {"litellm_provider": "openai", "input_cost_per_audio_token": 2.5e-06}}"#;
    let output = with_input(&root, &["pricing", "import", "--from", "litellm", "-", "--as-of", DAY], table);
    let note = "\n  note on gpt-4o-transcribe: audio costs 6.00 by OpenAI's cookbook";
    assert!(text(&output.stdout).contains(note), "{output:?}");
    write(&root, "prompt.txt", "Why is the sky blue?");
    let estimate =
        json(&gpt_cost(&root, &["estimate", "prompt.txt", "-m", "gpt-7", "--as-of", DAY, "--format", "json"]));
    let request = &estimate["requests"][0];
    assert_eq!((&request["model"], &request["input_tokens"]["label"]), (&"gpt-7".into(), &"estimate".into()));
}

/// Returns the places of the requests in a file as a command reads it, each with the format and the tokens.
fn read_by_estimate(root: &Path, name: &str) -> Vec<(String, String, u64)> {
    let report = json(&gpt_cost(root, &["estimate", name, "--format", "json"]));
    let request = |one: &serde_json::Value| {
        let tokens = one["input_tokens"]["tokens"].as_u64().unwrap();
        (one["name"].as_str().unwrap().to_owned(), one["format"].as_str().unwrap().to_owned(), tokens)
    };
    report["requests"].as_array().unwrap().iter().map(request).collect()
}

fn read_by_check(root: &Path, name: &str) -> Vec<(String, String, u64)> {
    let report = json(&gpt_cost(root, &["check", name, "--max-cost", "1", "--format", "json"]));
    let request = |one: &serde_json::Value| {
        let tokens = one["budgets"][0]["input_tokens"]["tokens"].as_u64().unwrap();
        (one["name"].as_str().unwrap().to_owned(), one["format"].as_str().unwrap().to_owned(), tokens)
    };
    let mut requests: Vec<_> = report["requests"].as_array().unwrap().iter().map(request).collect();
    requests.sort();
    requests
}

#[test]
fn every_command_reads_a_file_by_the_same_rules() {
    let root = repository("alike");
    let two = format!("{BODY}\n\n{BODY}\n");
    let indented = "{\n  \"model\": \"gpt-4.1\",\n  \"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]\n}\n";
    let array = format!("[\n{BODY},\n{BODY}]");
    for (name, content, places) in [
        ("a.txt", BODY, vec!["a.txt"]),
        ("a.JSON", BODY, vec!["a.JSON"]),
        ("noext", BODY, vec!["noext"]),
        ("two.json", &two, vec!["two.json:1", "two.json:3"]),
        ("two.txt", &two, vec!["two.txt:1", "two.txt:3"]),
        ("x.jsonl", indented, vec!["x.jsonl"]),
        ("array.json", &array, vec!["array.json#/0", "array.json#/1"]),
    ] {
        write(&root, name, content);
        let expected: Vec<_> = places.iter().map(|place| ((*place).to_owned(), "chat".to_owned(), 8)).collect();
        assert_eq!(read_by_estimate(&root, name), expected, "{name}");
        assert_eq!(read_by_check(&root, name), expected, "{name}");
        let count = gpt_cost(&root, &["count", name, "--quiet"]);
        assert_eq!(text(&count.stdout), format!("{}\n", 8 * places.len()), "{name}");
    }
    // The same request in a file with another ending is no change.
    let changes = json(&gpt_cost(&root, &["diff", "a.txt", "x.jsonl", "--format", "json"]));
    assert_eq!((&changes["unchanged"], changes["changes"].as_array().unwrap().len()), (&1.into(), 0));
}

/// With several files, the report lists the failures, and each message names the file and the line.
#[test]
fn failures_are_in_the_report_with_their_lines() {
    let root = repository("failed");
    let bad = ["{\"model\":\"nope-9\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}", "{\"messages\": 5}"];
    write(&root, "many.jsonl", &[BODY, bad[0], bad[1]].join("\n"));
    let output = gpt_cost(&root, &["estimate", "many.jsonl", "gone.json", "--format", "json"]);
    assert_eq!(output.status.code(), Some(2));
    let report = json(&output);
    let failed: Vec<_> = report["failed"].as_array().unwrap().iter().map(|one| (&one["name"], &one["line"])).collect();
    assert_eq!(
        failed,
        [(&"many.jsonl:2".into(), &2.into()), (&"many.jsonl:3".into(), &3.into()), (&"gone.json".into(), &1.into())]
    );
    let errors = text(&output.stderr);
    assert!(errors.contains("error: many.jsonl:2: unknown model `nope-9`\n"), "{errors}");
    assert!(
        errors.contains("error: many.jsonl:3: messages: expected an array of messages, found a number\n"),
        "{errors}"
    );
    let table = text(&gpt_cost(&root, &["estimate", "many.jsonl", "gone.json"]).stdout);
    assert!(table.contains("failed: many.jsonl:2: unknown model `nope-9`\n"), "{table}");
    assert!(table.contains("failed: gone.json: no such file\n"), "{table}");
    let retired = BODY.replace("gpt-4.1", "gpt-4");
    write(&root, "retired.jsonl", &[retired.as_str(), &retired, BODY].join("\n"));
    let table = text(&gpt_cost(&root, &["estimate", "retired.jsonl", "--as-of", DAY]).stdout);
    let warning = "retired.jsonl:1 and 1 more: gpt-4 was shut down on 2026-10-23; use gpt-5.6-sol instead\n";
    assert!(table.contains(&format!("warning: {warning}")), "{table}");
}

#[test]
fn check_suggests_models_as_estimate_does() {
    let root = repository("suggest");
    write(&root, "p.json", &BODY.replace("gpt-4.1", "gpt-4.1-mni"));
    write(&root, "q.json", &BODY.replace("gpt-4.1", "gpt-3.5"));
    write(&root, "gpt-cost.toml", "[[budget]]\nname = \"b\"\npaths = [\"*.json\"]\nmax_input_tokens = 100\n");
    let output = text(&gpt_cost(&root, &["check"]).stdout);
    assert!(output.contains("unknown model `gpt-4.1-mni`\n           did you mean `gpt-4.1-mini`"), "{output}");
    assert!(output.contains("unknown model `gpt-3.5`\n           did you mean `gpt-3.5-turbo`"), "{output}");
}

#[test]
fn a_new_first_line_of_a_file_changes_no_other_request() {
    let root = repository("identity");
    write(&root, "gpt-cost.toml", "[[budget]]\nname = \"b\"\npaths = [\"*.jsonl\"]\nmax_increase = \"10%\"\n");
    let old = [line("", "one"), line("", "a longer one, with more words in it"), line("", "three")];
    write(&root, "many.jsonl", &old.join("\n"));
    assert_eq!(gpt_cost(&root, &["baseline", "write"]).status.code(), Some(0));
    commit(&root);
    write(&root, "many.jsonl", &[&[line("", "a new one that is at the top")], &old[..]].concat().join("\n"));
    let output = gpt_cost(&root, &["check"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let changes = json(&gpt_cost(&root, &["diff", "HEAD", "--format", "json"]));
    let found: Vec<_> =
        changes["changes"].as_array().unwrap().iter().map(|one| (&one["name"], &one["changed"])).collect();
    assert_eq!(found, [(&"many.jsonl:1".into(), &"added".into())], "{changes}");
    assert_eq!(changes["unchanged"], 3);
    // A request that grew is compared with its old version, wherever it is now.
    let grown =
        line("", "a longer one, with more words in it, and then more and more of them until it is over ten percent");
    write(&root, "many.jsonl", &[line("", "new"), old[0].clone(), grown, old[2].clone()].join("\n"));
    let output = gpt_cost(&root, &["check"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stdout).contains("many.jsonl:3"), "{output:?}");
    // A renamed file is identified by its content.
    git(&root, &["checkout", "--quiet", "--", "many.jsonl"]);
    git(&root, &["mv", "many.jsonl", "renamed.jsonl"]);
    let changes = json(&gpt_cost(&root, &["diff", "HEAD", "--format", "json"]));
    assert_eq!((changes["changes"].as_array().unwrap().len(), &changes["unchanged"]), (0, &3.into()), "{changes}");
}

/// Every command uses the batch tier for Batch lines, and reports name them by `custom_id`.
#[test]
fn a_batch_line_costs_the_batch_tier_in_every_command() {
    let root = repository("batch");
    write(&root, "b.jsonl", &[line("first", "one"), line("second", "two")].join("\n"));
    write(
        &root,
        "gpt-cost.toml",
        "[[budget]]\nname = \"b\"\npaths = [\"*.jsonl\"]\nmax_cost_per_request = \"0.0000036\"\n",
    );
    let report = json(&gpt_cost(&root, &["estimate", "b.jsonl", "--as-of", DAY, "--format", "json"]));
    let first = &report["requests"][0];
    assert_eq!((&first["custom_id"], &first["tier"]), (&"first".into(), &"batch".into()));
    assert_eq!(first["cost"]["total"]["max"], "0.0000036");
    assert_eq!(gpt_cost(&root, &["check"]).status.code(), Some(0));
    assert_eq!(gpt_cost(&root, &["baseline", "write"]).status.code(), Some(0));
    let baseline = fs::read_to_string(root.join("gpt-cost-baseline.json")).unwrap();
    assert_eq!(baseline.matches("\"tier\":\"batch\"").count(), 2, "{baseline}");
    assert!(baseline.contains("\"custom_id\":\"second\""), "{baseline}");
    let standard =
        json(&gpt_cost(&root, &["estimate", "b.jsonl", "--as-of", DAY, "--tier", "standard", "--format", "json"]));
    assert_eq!(standard["requests"][0]["cost"]["total"]["max"], "0.0000072");
}

/// Audio has its own price, on both sides.
#[test]
fn audio_on_an_unchanged_tree_is_no_change() {
    let root = repository("audio");
    write(&root, "gpt-cost.toml", "[[budget]]\nname = \"b\"\npaths = [\"*.json\"]\noutput_tokens = 1000\n");
    // A WAV file of one second.
    let audio = r#"{"model":"gpt-audio","modalities":["text","audio"],"messages":[{"role":"user","content":[{"type":"input_audio",
        "input_audio":{"format":"wav","data":"UklGRgAAAABXQVZFZm10IBAAAAABAAEAEAAAABAAAAABAAgAZGF0YRAAAACAgICAgICAgICAgICAgICA"}}]}]}"#;
    write(&root, "p.json", audio);
    assert_eq!(gpt_cost(&root, &["baseline", "write"]).status.code(), Some(0));
    let changes = json(&gpt_cost(&root, &["diff", "gpt-cost-baseline.json", "--format", "json"]));
    let total = &changes["total"];
    assert_eq!((&total["by_prompt"], &total["by_price"], &changes["unchanged"]), (&"0".into(), &"0".into(), &1.into()));
    // 11 tokens of text, 10 of audio, and 1,000 of audio in the answer.
    assert_eq!(total["old"], "0.0643475");
}

#[test]
fn each_side_of_a_difference_has_its_own_configuration() {
    let root = repository("sides");
    let config = |model: &str| {
        format!("model = \"{model}\"\n[[budget]]\nname = \"b\"\npaths = [\"*.txt\"]\noutput_tokens = 300\n")
    };
    write(&root, "gpt-cost.toml", &config("gpt-4.1"));
    write(&root, "p.txt", "Hello there");
    commit(&root);
    write(&root, "gpt-cost.toml", &config("gpt-5.5-pro"));
    let changes = json(&gpt_cost(&root, &["diff", "HEAD", "--format", "json"]));
    let change = &changes["changes"][0];
    assert_eq!((&change["old"]["model"], &change["new"]["model"]), (&"gpt-4.1".into(), &"gpt-5.5-pro".into()));
    assert_eq!((&change["by_prompt"], &change["by_price"]), (&"0".into(), &"0".into()), "{change}");
    let number = |value: &serde_json::Value| value.as_str().unwrap().parse::<rust_decimal::Decimal>().unwrap();
    assert_eq!(number(&change["by_config"]), number(&change["new"]["cost"]) - number(&change["old"]["cost"]));
    let table = text(&gpt_cost(&root, &["diff", "HEAD"]).stdout);
    assert!(table.contains("p.txt (gpt-4.1 → gpt-5.5-pro)"), "{table}");
    // The change by the prompt itself, with the new configuration.
    write(&root, "p.txt", "Hello there, how are you today?");
    let changes = json(&gpt_cost(&root, &["diff", "HEAD", "--format", "json"]));
    let both = &changes["changes"][0];
    assert!(number(&both["by_prompt"]) > 0.into() && both["by_config"] == change["by_config"], "{both}");
    write(&root, "p.txt", "Hello there");
    // The monthly cost, if the budget has `monthly_requests`.
    write(
        &root,
        "gpt-cost.toml",
        &format!("{}monthly_requests = 1000\nmax_monthly_cost = \"1000\"\n", config("gpt-4.1")),
    );
    let table = text(&gpt_cost(&root, &["diff", "HEAD"]).stdout);
    assert!(table.contains("  per month: $2.418 → $2.418 (–)"), "{table}");
    // An unreadable one is a note, and the current one is used.
    write(&root, "gpt-cost.toml", "[[budget]]\nnam = 1\n");
    commit(&root);
    write(&root, "gpt-cost.toml", &config("gpt-4.1"));
    let output = gpt_cost(&root, &["diff", "HEAD", "--format", "json"]);
    assert_eq!((output.status.code(), &json(&output)["unchanged"]), (Some(0), &1.into()));
    assert!(text(&output.stderr).contains("using today's configuration for"), "{output:?}");
}

#[test]
fn an_unreadable_file_is_neither_removed_nor_added() {
    let root = repository("broken");
    write(&root, "gpt-cost.toml", "[[budget]]\nname = \"b\"\npaths = [\"p/*.json\"]\nmax_input_tokens = 100\n");
    write(&root, "p/a.json", &prompt(5));
    write(&root, "p/b.json", &prompt(6));
    commit(&root);
    write(&root, "p/a.json", "{\n\"messages\": [");
    for (args, side) in [(&["diff", "HEAD"][..], "head"), (&["diff", "p", "HEAD:p"], "base")] {
        let output = gpt_cost(&root, &[args, &["--format", "json"]].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let report = json(&output);
        assert_eq!((report["changes"].as_array().unwrap().len(), &report["unchanged"]), (0, &1.into()), "{report}");
        let broken = &report["failed"][0];
        assert_eq!((broken["side"].as_str(), &broken["line"]), (Some(side), &2.into()), "{report}");
        let markdown = text(&gpt_cost(&root, &[args, &["--format", "markdown"]].concat()).stdout);
        assert!(markdown.contains("a.json:2: not valid JSON: EOF while parsing a list"), "{markdown}");
    }
    write(&root, "p/a.json", &prompt(5).replace("gpt-4.1", "nobody-1"));
    let output = gpt_cost(&root, &["diff", "HEAD"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stdout).contains("broken in the working tree: p/a.json:1: unknown model `nobody-1`"),
        "{output:?}"
    );
}

#[test]
fn a_damaged_baseline_is_an_error_and_never_a_prompt() {
    let root = repository("damaged");
    write(&root, "gpt-cost.toml", "[[budget]]\nname = \"b\"\npaths = [\"p.json\"]\nmax_input_tokens = 100\n");
    write(&root, "p.json", &prompt(5));
    assert_eq!(gpt_cost(&root, &["baseline", "write"]).status.code(), Some(0));
    let whole = fs::read_to_string(root.join("gpt-cost-baseline.json")).unwrap();
    for (name, damaged) in [
        ("gpt-cost-baseline.json", format!("<<<<<<< ours\n{whole}>>>>>>> theirs\n")),
        ("gpt-cost-baseline.json", "garbage".to_owned()),
        ("old.json", "{\"schema\": 99}".to_owned()),
        ("old.json", whole.replace("\"as_of\": \"2026-11-24\"", "\"as_of\": \"yesterday\"")),
        ("old.json", "{\"schema\": 1, \"kind\": \"diff\"}".to_owned()),
    ] {
        write(&root, name, &damaged);
        let output = gpt_cost(&root, &["diff", name]);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{damaged}");
        assert!(text(&output.stderr).starts_with(&format!("error: {name}")), "{output:?}");
    }
}

/// Files that gpt-cost writes are not prompts, even if a glob matches them.
#[test]
fn files_that_gpt_cost_writes_are_not_prompts() {
    let root = repository("own");
    write(&root, "gpt-cost.toml", "[[budget]]\nname = \"b\"\npaths = [\"**/*.json\"]\nmax_input_tokens = 100\n");
    write(&root, "p.json", &prompt(5));
    assert_eq!(gpt_cost(&root, &["baseline", "write"]).status.code(), Some(0));
    assert_eq!(gpt_cost(&root, &["check", "--out", "json:gpt-cost.json"]).status.code(), Some(0));
    let report = json(&gpt_cost(&root, &["check", "--format", "json"]));
    assert_eq!((report["requests"].as_array().unwrap().len(), &report["tally"]["within"]), (1, &1.into()));
}

#[test]
fn two_budgets_with_the_same_name_are_an_error() {
    let root = repository("names");
    write(&root, "p.json", &prompt(5));
    let budget = "[[budget]]\nname = \"x\"\npaths = [\"p.json\"]\nmax_input_tokens = 100\n";
    write(&root, "gpt-cost.toml", &format!("{budget}{budget}"));
    let output = gpt_cost(&root, &["check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).starts_with("error: gpt-cost.toml:6:8: two budgets are named \"x\"\n"), "{output:?}");
}

#[cfg(unix)]
#[test]
fn links_hidden_files_and_unusual_names_are_read_or_reported() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let root = repository("links");
    write(&root, "elsewhere/a.json", &prompt(5));
    fs::create_dir_all(root.join("p")).unwrap();
    std::os::unix::fs::symlink("../elsewhere/a.json", root.join("p/link.json")).unwrap();
    fs::write(root.join("p").join(OsStr::from_bytes(b"\xff.json")), prompt(2)).unwrap();
    write(&root, "gpt-cost.toml", "[[budget]]\nname = \"b\"\npaths = [\"p/*.json\"]\nmax_input_tokens = 100\n");
    let report = json(&gpt_cost(&root, &["check", "--format", "json"]));
    assert_eq!((report["requests"].as_array().unwrap().len(), &report["tally"]["within"]), (2, &2.into()), "{report}");
    // A link is treated in git as in the working tree.
    commit(&root);
    let changes = json(&gpt_cost(&root, &["diff", "HEAD", "--format", "json"]));
    assert_eq!((changes["changes"].as_array().unwrap().len(), &changes["unchanged"]), (0, &2.into()), "{changes}");

    write(&root, ".gitignore", "p/\n");
    let output = gpt_cost(&root, &["check"]);
    assert_eq!(output.status.code(), Some(2));
    let expected = "budget `b`\n  error    no file matches its paths\n           p/link.json matches, but is hidden or ignored by .gitignore\n";
    assert!(text(&output.stdout).contains(expected), "{output:?}");
}

#[test]
fn folders_standard_input_and_paths_elsewhere_are_checked() {
    let root = repository("paths");
    write(&root, "a/prompts/x.json", &prompt(5));
    write(&root, "a/prompts/y.csv", "a: b\n");
    write(&root, "b/empty.txt", "x");
    let output = with_input(&root, &["check", "-", "--max-input-tokens", "100"], &prompt(5));
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("\n  stdin "), "{output:?}");
    let output = gpt_cost(&root.join("b"), &["check", "../a/prompts", "--max-input-tokens", "100"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text(&output.stdout).contains("../a/prompts/x.json"), "{output:?}");
    assert!(text(&output.stderr).contains("../a/prompts/: 1 other file skipped"), "{output:?}");
    write(&root, "b/gpt-cost.toml", "[[budget]]\nname = \"b\"\npaths = [\"*\"]\nmax_input_tokens = 100\n");
    let output = gpt_cost(&root.join("b"), &["check", "../a/prompts"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("it is outside the folder of gpt-cost.toml"), "{output:?}");
    assert!(text(&output.stderr).contains("hint: "), "{output:?}");
    let output = gpt_cost(&root, &["verify", "nowhere.jsonl"]);
    assert_eq!(text(&output.stderr), "error: nowhere.jsonl: no such file\n");
}

#[test]
fn inputs_that_are_not_requests_are_named() {
    let root = repository("something");
    let response = r#"{"id":"x","model":"gpt-4o","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}}"#;
    let broken_image = r#"{"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}"#;
    fs::create_dir(root.join("folder")).unwrap();
    for (command, content, message) in [
        (
            "estimate",
            response,
            "error: x.json: this is a response, not a request\nhint: gpt-cost actual prices a response",
        ),
        ("actual", BODY, "hint: this is a request: gpt-cost estimate prices it before it is sent\n"),
        (
            "estimate",
            r#"{"request": {"messages": []}}"#,
            "error: x.json: expected a request, found an object around one",
        ),
        (
            "estimate",
            r#"{"body": {"messages": []}}"#,
            "error: x.json: the field `url` is missing; a Batch line has it beside `body`\n",
        ),
        ("estimate", "{'messages': []}", "hint: it looks like Python: json.dumps writes it as JSON\n"),
        ("estimate", "[ // none\n]", "hint: JSON has no comments: remove them\n"),
        ("estimate", "{\"x\": 1}", "expected an object with `messages`, `input` or `prompt`, found none of them\n"),
        (
            "estimate",
            r#"{"model":"text-embedding-3-small","input":[]}"#,
            "error: x.json: input: there are no prompts; a request needs at least one\n",
        ),
        ("estimate", "[\"\\ud800\"]", "not valid JSON: half of a surrogate pair in a \\u escape\n"),
    ] {
        write(&root, "x.json", content);
        let output = gpt_cost(&root, &[command, "x.json"]);
        assert_eq!(output.status.code(), Some(2), "{content}");
        assert!(text(&output.stderr).contains(message), "{output:?}");
    }
    write(&root, "x.json", broken_image);
    let output = text(&gpt_cost(&root, &["estimate", "x.json"]).stdout);
    assert!(output.contains("its data is not a readable PNG, JPEG, GIF or WebP image"), "{output}");
    let output = gpt_cost(&root, &["estimate", "folder"]);
    assert!(
        text(&output.stderr).contains("hint: no file in it is named .json, .jsonl, .ndjson or .har; gpt-cost check"),
        "{output:?}"
    );
    let output = with_input(&root, &["estimate", "-", "-"], BODY);
    assert!(text(&output.stderr).contains("standard input can only be read once, but is named twice"), "{output:?}");
    let output = gpt_cost(&root, &["baseline", "show", "nosuch.json"]);
    assert_eq!(text(&output.stderr), "error: nosuch.json: no such file\n");
    write(
        &root,
        "long.toml",
        "schema = 1\n[model.\"gpt-4\"]\nencoding = \"cl100k_base\"\nprice = { per = \"1K\", input = \"0.123456789012345678901234567890123456\", output = \"1\" }\n",
    );
    let output = gpt_cost(&root, &["pricing", "validate", "long.toml"]);
    assert!(text(&output.stderr).contains("has more than 9 digits after the point"), "{output:?}");
}

/// The published schema rejects the configurations that the command rejects.
#[test]
fn the_schema_of_the_configuration_is_as_strict_as_the_tool() {
    let schema: serde_json::Value =
        serde_json::from_slice(&gpt_cost(Path::new("."), &["schema", "config"]).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let is_valid = |more: serde_json::Value| {
        let mut budget = serde_json::json!({"name": "b", "paths": ["*.json"]});
        budget.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        validator.is_valid(&serde_json::json!({"budget": [budget]}))
    };
    assert!(is_valid(serde_json::json!({"warn_at": "80%"})) && is_valid(serde_json::json!({"warn_at": "100%"})));
    assert!(!is_valid(serde_json::json!({"warn_at": "180%"})));
    assert!(!is_valid(serde_json::json!({"max_monthly_cost": "1"})));
    assert!(is_valid(serde_json::json!({"max_monthly_cost": "1", "monthly_requests": 10})));
}

#[test]
fn check_accepts_the_configuration_that_init_writes() {
    let root = repository("init-edges");
    let output = gpt_cost(&root, &["init", "-m", "nope"]);
    assert_eq!(output.status.code(), Some(2), "an unknown model");
    assert!(!root.join("gpt-cost.toml").exists());
    let output = gpt_cost(&root, &["init", "none.toml"]);
    assert!(text(&output.stderr).contains("no prompts were found"), "{output:?}");
    let output = gpt_cost(&root, &["check", "--config", "none.toml"]);
    assert!(text(&output.stderr).contains("error: none.toml: it has no [[budget]]"), "{output:?}");
    write(&root, "prompts/a.json", &prompt(40));
    write(&root, "prompts/b.md", "You are a helpful assistant.");
    write(&root, "README.md", "# Not a prompt");
    assert_eq!(gpt_cost(&root, &["init", "-m", "gpt-4.1-mini"]).status.code(), Some(0));
    let config = fs::read_to_string(root.join("gpt-cost.toml")).unwrap();
    assert!(config.contains("paths            = [\"prompts/*.json\", \"prompts/*.md\"]"), "{config}");
    // The commented-out limits pass, too: each is above the current maximum cost of the prompts.
    write(&root, "gpt-cost.toml", &config.replace("# max_cost_per_request", "max_cost_per_request"));
    let output = gpt_cost(&root, &["check"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn an_imported_price_of_an_alias_is_added_to_its_model() {
    let root = repository("import-alias");
    write(&root, "prices.csv", "id,per,input,cached,output\ngpt-4o,1M,2.00,1.00,8.00\n");
    let output = gpt_cost(&root, &["pricing", "import", "--from", "csv", "prices.csv", "--as-of", DAY]);
    let report = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(report.contains("1 name read; 3 differences in 1 model"), "{report}");
    assert!(report.contains("gpt-4o-2024-08-06"), "{report}");
}
