//! The contents and the layout of reports: widths, totals, failures with their reasons, and the same numbers in every
//! format.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use crate::budgets::{DAY, PINNED, gpt_cost, json, repository, text, write};

fn request(model: &str, content: &str, more: &str) -> String {
    format!(
        r#"{{"model": "{model}", "messages": [{{"role": "system", "content": "Be brief."}}, {{"role": "user", "content": "{content}"}}]{more}}}"#
    )
}

/// Returns a project with requests within, over and undecided, and with long and wide names.
fn project(name: &str) -> std::path::PathBuf {
    let root = repository(name);
    write(
        &root,
        "gpt-cost.toml",
        "[[budget]]\nname = \"support\"\npaths = [\"prompts/**\"]\noutput_tokens = 100\nmax_input_tokens = 200\n\
         max_cost_per_request = \"0.002\"\nmonthly_requests = 1_000\nmax_monthly_cost = \"2.50\"\nwarn_at = \"90%\"\n",
    );
    write(&root, "prompts/short.json", &request("gpt-4.1", "Why?", ""));
    write(&root, "prompts/日本語のプロンプト.json", &request("gpt-4.1-mini", "Why is it so?", ""));
    let long = "word ".repeat(300);
    write(
        &root,
        "prompts/a-folder-with-a-long-name/and-another-one/a-prompt-with-a-long-name.json",
        &request("gpt-4.1", &long, ""),
    );
    write(&root, "prompts/stored.json", r#"{"model": "gpt-4.1", "input": "Hi", "previous_response_id": "x"}"#);
    root
}

fn run_within(columns: Option<&str>, root: &Path, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gpt-cost"));
    command.current_dir(root).env("XDG_CONFIG_HOME", root.join("nobody's")).env_remove("COLUMNS").args(args);
    command.envs(columns.map(|columns| ("COLUMNS", columns)));
    text(&command.output().unwrap().stdout)
}

/// Returns the lines of tables: those that are indented, without prose.
fn table_lines(report: &str) -> Vec<&str> {
    let is_prose = |line: &str| {
        ["warning", "limit ", "not counted", "does not fit", "exceeded", "unknown", "failed", "hint"]
            .iter()
            .any(|word| line.trim_start().starts_with(word))
    };
    report.lines().filter(|line| line.starts_with("  ") && !line.starts_with("      ") && !is_prose(line)).collect()
}

#[test]
fn tables_fit_the_width() {
    let root = project("reports-width");
    let names = [
        "prompts/short.json",
        "prompts/日本語のプロンプト.json",
        "prompts/a-folder-with-a-long-name/and-another-one/a-prompt-with-a-long-name.json",
    ];
    let estimate =
        [&["estimate"], &names[..], &["--tier", "batch", "--cached", "50%", "-o", "100", "--as-of", DAY]].concat();
    let commands: [&[&str]; 6] = [
        &["check", "--as-of", DAY],
        &["check", "--list"],
        &estimate,
        &["estimate", "prompts/short.json", "-o", "1000", "--tier", "batch", "--as-of", DAY],
        &["models", "list", "--all", "--as-of", DAY],
        &["models", "show", "gpt-5.6-sol", "--as-of", DAY],
    ];
    for args in commands {
        for (columns, width) in [(None, 80), (Some("120"), 120)] {
            let report = run_within(columns, &root, args);
            let lines = table_lines(&report);
            assert!(lines.len() > 3, "{report}");
            for line in lines {
                // A name that is wider itself has a line of its own.
                assert!(
                    line.width() <= width
                        || line.trim().contains("/a-prompt-with-a-long-name.json") && !line.trim().contains("  "),
                    "{args:?}: {line}"
                );
            }
        }
    }
    let narrow = run_within(None, &root, &estimate);
    assert!(narrow.contains("  not shown in 80 columns: model"), "{narrow}");
    let wide = run_within(Some("200"), &root, &estimate);
    assert!(wide.contains("gpt-4.1-mini  batch") && !wide.contains("not shown"), "{wide}");
    // The columns line up, however wide the characters are.
    let ends: Vec<usize> = wide
        .lines()
        .filter(|line| line.starts_with("  prompts/"))
        .map(|line| line.split("  exact").next().unwrap().width())
        .collect();
    assert!(ends.len() == 3 && ends.iter().all(|end| *end == ends[0]), "{ends:?}\n{wide}");
}

#[test]
fn a_table_of_several_requests_shows_why_one_does_not_fit() {
    let root = repository("reports-fit");
    write(&root, "a.json", &request("gpt-4o", "Hi", r#", "max_tokens": 16385"#));
    write(&root, "b.json", &request("gpt-4o", &" a".repeat(3_000), ""));
    let output =
        gpt_cost(&root, &["estimate", "a.json", "b.json", "--tier", "priority", "--cached", "50%", "--as-of", DAY]);
    assert_eq!(output.status.code(), Some(1));
    let report = text(&output.stdout);
    assert!(
        report
            .contains("  does not fit: a.json: the output of 16,385 tokens exceeds the model's maximum of 16,384 by 1"),
        "{report}"
    );
    assert!(report.contains("priority") && report.contains("1,507"), "the tier and the cached tokens: {report}");
    assert!(report.contains("hint: --output-tokens N adds the expected cost"), "{report}");
    let report = text(&gpt_cost(&root, &["estimate", "a.json", "b.json", "-o", "10", "--as-of", DAY]).stdout);
    assert!(!report.contains("--output-tokens N"), "{report}");
    let (expected, most) = (report.find("expected").unwrap(), report.find("at most").unwrap());
    assert!(expected < most, "what is expected stands first: {report}");
    let report = text(&gpt_cost(&root, &["estimate", "b.json", "-o", "10", "--as-of", DAY]).stdout);
    assert!(report.find("with 10 out").unwrap() < report.find("at most").unwrap(), "{report}");
}

#[test]
fn a_note_about_a_model_is_shown_once_for_all_requests() {
    let root = repository("reports-notes");
    (0..50).for_each(|number| write(&root, &format!("{number}.json"), &request("gpt-4", "Hi", "")));
    let names: Vec<String> = (0..50).map(|number| format!("{number}.json")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    write(&root, "pricing.toml", PINNED);
    let output = gpt_cost(&root, &[&["estimate"], &names[..], &["--as-of", DAY, "--max-age", "1d"]].concat());
    let report = text(&output.stdout);
    assert_eq!(report.matches("gpt-4 was shut down").count(), 1, "{report}");
    assert!(report.contains("0.json and 49 more: gpt-4 was shut down on 2026-10-23"), "{report}");
    assert_eq!(text(&output.stderr).matches("last checked").count(), 1, "{output:?}");
}

#[test]
fn a_passing_check_shows_totals_monthly_costs_and_the_most_expensive() {
    let root = repository("reports-well");
    write(
        &root,
        "gpt-cost.toml",
        "[[budget]]\nname = \"b\"\npaths = [\"*.json\"]\noutput_tokens = 100\nmax_cost_per_request = \"0.01\"\nmonthly_requests = 1000\n",
    );
    (0..12).for_each(|number| {
        write(&root, &format!("{number:02}.json"), &request("gpt-4.1", &" a".repeat(number * 10), ""))
    });
    let output = gpt_cost(&root, &["check"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = text(&output.stdout);
    let first = report.lines().find(|line| line.starts_with("  11.json")).unwrap();
    // 124 tokens at 2 dollars and 100 at 8 dollars a million, a thousand times a month.
    assert_eq!(first, "  11.json               124  exact  $0.001048     $1.048    b");
    assert!(report.contains("  and 2 more\n") && !report.contains("  01.json"), "{report}");
    assert!(report.contains("  total, 12 requests    828  exact  $0.011256    $11.256\n"), "{report}");
    assert!(!report.contains("set the expected"), "it is given: {report}");
    let markdown = text(&gpt_cost(&root, &["check", "--format", "markdown"]).stdout);
    assert!(
        markdown.contains(
            "### Prompt budgets: all within budget\n\n| most expensive | input tokens | at most | per month |"
        ),
        "{markdown}"
    );
    assert!(markdown.contains("| **total, 12 requests** | 828 | $0.011256 | $11.256 |"), "{markdown}");
    assert_eq!(text(&gpt_cost(&root, &["check", "--quiet"]).stdout), "");
    let report = json(&gpt_cost(&root, &["check", "--format", "json"]));
    let budget = &report["budgets"][0];
    assert_eq!(budget["limits"], json!({"max_cost_per_request": "0.01", "monthly_requests": 1000}));
    assert_eq!(budget["total"], report["total"]);
    assert_eq!(report["total"]["cost"]["max"], "0.011256");
    assert_eq!(report["total"]["monthly_cost"]["max"], "11.256");
}

#[test]
fn every_format_has_the_same_words_and_numbers() {
    let root = project("reports-formats");
    let report = |format: &str| text(&gpt_cost(&root, &["check", "--format", format]).stdout);
    let long = "prompts/a-folder-with-a-long-name/and-another-one/a-prompt-with-a-long-name.json";
    let over = "the input has 315 tokens, 200 tokens allowed: 115 tokens too much (57.5%)";
    let detail = "the largest component of the input is messages[1]: 305 of 315 tokens";
    let encoded_over = "the input has 315 tokens, 200 tokens allowed: 115 tokens too much (57.5%25)";
    let unknown = "the input has at least 8 tokens of 200 tokens allowed, and not everything is counted";
    let stored = "not counted: previous_response_id: ";
    for format in ["table", "markdown", "github", "sarif", "junit"] {
        let plain = report(format).replace('\\', "");
        // GitHub's commands have an escape for a percent sign.
        let over = if format == "github" { encoded_over } else { over };
        for words in [over, detail, unknown, stored, "max_input_tokens", long] {
            assert!(plain.contains(words), "{format} lacks {words}: {plain}");
        }
        // Undecided findings are before exceeded ones.
        let places = (plain.find("at least 8 tokens").unwrap(), plain.find("has 315 tokens").unwrap());
        assert!(places.0 < places.1, "{format}");
    }
    let json: Value = serde_json::from_str(&report("json")).unwrap();
    let of = |name: &str| {
        let requests = json["requests"].as_array().unwrap();
        requests.iter().find(|one| one["name"] == name).unwrap()["budgets"][0].clone()
    };
    assert_eq!(of(long)["largest_component"], json!({"path": "messages[1]", "tokens": 305}));
    assert_eq!(of(long)["findings"][0]["message"], over);
    assert_eq!(of("prompts/stored.json")["not_counted"][0]["path"], "previous_response_id");
    assert_eq!(json["budgets"][0]["findings"][0]["rule"], "max_monthly_cost");
    // Of what is not counted whole, the same number is in JSON as in the table.
    assert_eq!(json["total"]["monthly_cost"], json!({"min": "0.6856", "known": "3.2456", "max": null}));
    assert!(report("table").contains("≥ $3.2456"));
    for format in ["csv", "jsonl"] {
        let plain = report(format);
        for words in [over, "max_monthly_cost", "messages[1]", "previous_response_id"] {
            // CSV has no rules.
            assert!(
                plain.contains(words) || format == "csv" && words == "max_monthly_cost",
                "{format} lacks {words}: {plain}"
            );
        }
        assert!(plain.contains("a month costs at least $3.2456, $2.50 allowed"), "the sum is in {format}: {plain}");
    }
    let quiet = text(&gpt_cost(&root, &["check", "--quiet"]).stdout);
    assert!(quiet.contains(over) && !quiet.contains("most expensive") && !quiet.contains("requests:"), "{quiet}");
    let both = gpt_cost(&root, &["check", "--quiet", "--format", "json"]);
    assert_eq!(both.status.code(), Some(2), "{both:?}");
}

/// JSON has no floats: amounts and shares are strings.
#[test]
fn no_document_has_a_float() {
    fn floats(value: &Value) -> Vec<String> {
        match value {
            Value::Number(number) if number.is_f64() => vec![number.to_string()],
            Value::Array(values) => values.iter().flat_map(floats).collect(),
            Value::Object(fields) => fields.values().flat_map(floats).collect(),
            _ => Vec::new(),
        }
    }
    let root = project("reports-floats");
    let recorded = format!(
        r#"{{"request": {}, "response": {{"model": "gpt-4o", "usage": {{"prompt_tokens": 10, "completion_tokens": 1}}}}}}"#,
        request("gpt-4o", "Hi", "")
    );
    write(&root, "recorded.jsonl", &recorded);
    write(
        &root,
        "response.json",
        r#"{"model": "gpt-4o", "choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 1}}"#,
    );
    let commands: [&[&str]; 8] = [
        &["estimate", "prompts/short.json", "-o", "7"],
        &["check"],
        &["diff", "prompts/short.json", "prompts/stored.json"],
        &["verify", "recorded.jsonl"],
        &["actual", "response.json"],
        &["models", "list"],
        &["models", "show", "gpt-4o"],
        &["pricing", "show"],
    ];
    for args in commands {
        let report = json(&gpt_cost(&root, &[args, &["--format", "json"]].concat()));
        assert_eq!(floats(&report), [""; 0], "{args:?}");
    }
}

/// If the count is a range, a limit is compared with its upper end, and the message has `up to`.
#[test]
fn a_finding_on_a_range_is_worded_up_to() {
    let root = repository("reports-range");
    write(&root, "pricing.toml", PINNED);
    let image = r#"[{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]"#;
    write(
        &root,
        "p.json",
        &format!(r#"{{"model": "gpt-4o", "max_tokens": 10, "messages": [{{"role": "user", "content": {image}}}]}}"#),
    );
    let output = gpt_cost(&root, &["check", "p.json", "--max-input-tokens", "1000", "--max-cost", "0.003"]);
    let report = text(&output.stdout);
    assert!(report.contains("gpt-4o, 92 input tokens, 91 … 1,453\n"), "{report}");
    assert!(report.contains("exceeded max_input_tokens: the input has up to 1,453 tokens, 1,000 tokens allowed: 453 tokens too much (45.3%)"), "{report}");
    assert!(
        report.contains("exceeded max_cost_per_request: the request costs up to $0.0037325, $0.003 allowed"),
        "{report}"
    );
}

/// Percentages of nothing and of very much are not printed as such.
#[test]
fn amounts_are_shown_as_people_write_them() {
    let root = repository("reports-amounts");
    write(
        &root,
        "gpt-cost.toml",
        "[[budget]]\nname = \"b\"\npaths = [\"*.json\"]\nmax_input_tokens = 1\nmax_cost_per_request = \"0\"\nmax_increase = \"10%\"\n",
    );
    write(&root, "p.json", &request("gpt-4.1", "Hi", r#", "max_tokens": 1"#));
    assert_eq!(gpt_cost(&root, &["baseline", "write"]).status.code(), Some(0));
    write(&root, "p.json", &request("gpt-4.1", &" a".repeat(9_000), r#", "max_tokens": 1"#));
    let report = text(&gpt_cost(&root, &["check"]).stdout);
    assert!(report.contains("max_input_tokens: the input has 9,014 tokens, 1 token allowed: 9,013 tokens too much (9,014 times the limit)"), "{report}");
    assert!(
        report.contains("max_cost_per_request: the request costs $0.018036, $0 allowed: $0.018036 too much\n")
            || report.contains("$0.00 allowed: $0.018036 too much\n"),
        "{report}"
    );
    assert!(
        report.contains("it grew from $0.00003 to $0.018028 for its input, 601 times the baseline; 10% more allowed"),
        "{report}"
    );
    let json = json(&gpt_cost(&root, &["check", "--format", "json"]));
    let excess = |rule: &str| {
        let findings = json["requests"][0]["budgets"][0]["findings"].as_array().unwrap().clone();
        findings.into_iter().find(|finding| finding["rule"] == rule).unwrap()["excess_percent"].clone()
    };
    assert_eq!(excess("max_cost_per_request"), Value::Null);
    // A change of less than a thousandth is neither nothing nor "+0.0%".
    write(&root, "q.json", &request("gpt-4.1", &" a".repeat(9_001), r#", "max_tokens": 1"#));
    let difference = text(&gpt_cost(&root, &["diff", "p.json", "q.json"]).stdout);
    assert!(difference.contains("+<0.1%") && !difference.contains("0.0%"), "{difference}");
}

/// Hints fit the value.
#[test]
fn hints_about_quotes_are_only_for_values_without_quotes() {
    let root = repository("reports-hints");
    let errors = |value: &str| {
        write(
            &root,
            "gpt-cost.toml",
            &format!("[[budget]]\nname = \"b\"\npaths = [\"*.json\"]\nmax_increase = {value}\n"),
        );
        text(&gpt_cost(&root, &["check"]).stderr)
    };
    for value in ["\"10\"", "\"-10%\"", "10"] {
        assert!(errors(value).contains("hint: write max_increase = \"10%\"\n"), "{value}: {}", errors(value));
    }
}

#[test]
fn verify_shows_why_it_fails() {
    let root = repository("reports-verify");
    let recorded = format!(
        r#"{{"request": {}, "response": {{"model": "gpt-4o", "usage": {{"prompt_tokens": 10, "completion_tokens": 1}}}}}}"#,
        request("gpt-4o", "Hi", "")
    );
    write(&root, "recorded.jsonl", &recorded);
    let output = gpt_cost(&root, &["verify", "recorded.jsonl", "--min-exact", "98"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stderr), "note: 0.00% of the counted cases are exact, less than --min-exact 98%\n");
    assert!(text(&output.stdout).contains("outside: the count is off by more than its bound"), "{output:?}");
}

#[test]
fn an_unknown_model_name_is_an_error() {
    let root = repository("reports-models");
    for format in ["table", "json", "csv"] {
        let output = gpt_cost(&root, &["models", "list", "nope", "--format", format]);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(
            text(&output.stderr),
            "error: no available model matches `nope`\nhint: --all also lists models that were shut down or are not released yet\n"
        );
    }
    // The project's copy of a table has no alias twice.
    write(&root, "pricing.toml", &std::fs::read_to_string("pricing.toml").unwrap());
    let csv = text(&gpt_cost(&root, &["models", "list", "gpt-5.6", "--format", "csv", "--as-of", DAY]).stdout);
    assert_eq!(csv.lines().filter(|line| line.starts_with("gpt-5.6,")).count(), 1, "{csv}");
}

/// All commands use the price tables of a repository's configuration.
#[test]
fn every_command_uses_the_tables_of_the_configuration() {
    let root = repository("reports-tables");
    write(&root, "gpt-cost.toml", "as_of = 2026-01-01\npricing = { file = \"ours.toml\", only = true }\n");
    write(
        &root,
        "ours.toml",
        "schema = 1\n[model.\"ours\"]\nencoding = \"o200k_base\"\ncounting = \"gpt-4-turbo\"\ncontext = 1000\nprice = { per = \"1M\", input = \"3\", output = \"12\" }\n",
    );
    write(&root, "p.json", &request("ours", "Hi", ""));
    write(
        &root,
        "response.json",
        r#"{"model": "ours", "choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 0}}"#,
    );
    let commands: [&[&str]; 6] = [
        &["estimate", "p.json"],
        &["models", "list"],
        &["models", "show", "ours"],
        &["pricing", "show"],
        &["pricing", "export"],
        &["actual", "response.json"],
    ];
    for args in commands {
        let report = text(&gpt_cost(&root, args).stdout);
        assert!(report.contains("ours") && !report.contains("gpt-4o"), "{args:?}: {report}");
    }
    let list = text(&gpt_cost(&root, &["models", "list"]).stdout);
    assert!(list.contains("1 model as of 2026-01-01, from ours.toml"), "{list}");
}

/// An import compares only some prices of a model: the date of the others stays.
#[test]
fn an_import_does_not_mark_the_model_as_checked() {
    let root = repository("reports-import");
    write(&root, "theirs.csv", "id,per,input,cached,output\ngpt-4o,1M,2.00,1.00,8.00\n");
    write(&root, "pinned.toml", PINNED);
    let import = ["pricing", "import", "--from", "csv", "theirs.csv", "--pricing", "pinned.toml", "--yes"];
    let output = gpt_cost(&root, &[&import[..], &["--as-of", DAY]].concat());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let table = std::fs::read_to_string(root.join("pricing.toml")).unwrap();
    let checked: Vec<&str> = table.lines().filter(|line| line.starts_with("checked")).collect();
    assert_eq!(checked, ["checked    = 2026-11-14"], "{table}");
    assert!(table.contains("# imported 2026-11-24 from csv theirs.csv"), "{table}");
}
