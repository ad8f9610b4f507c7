//! The findings of `check`: fit, shutdowns, increases, nothing to check, and the same on every machine.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::budgets::{DAY, PINNED, gpt_cost, json, prompt, repository, text, write};

fn budget(more: &str) -> String {
    format!("[[budget]]\nname = \"b\"\npaths = [\"*.json\"]\n{more}\n")
}

fn check(root: &Path, config: &str) -> (i32, String) {
    write(root, "gpt-cost.toml", config);
    let output = gpt_cost(root, &["check"]);
    (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
}

fn request(model: &str, content: &str, more: &str) -> String {
    format!(r#"{{"model": "{model}", "messages": [{{"role": "user", "content": "{content}"}}]{more}}}"#)
}

#[test]
fn a_request_that_does_not_fit_fails() {
    let root = repository("fit");
    write(&root, "p.json", &request("gpt-4o", "Hi", r#", "max_tokens": 16385"#));
    let (code, output) = check(&root, &budget(""));
    assert_eq!(code, 1, "{output}");
    assert!(
        output.contains(
            "exceeded fit: it does not fit: the output of 16,385 tokens exceeds the model's maximum of 16,384 by 1"
        ),
        "{output}"
    );
    write(&root, "p.json", &request("gpt-4", &"a ".repeat(9_000), ""));
    let (code, output) = check(&root, &budget("max_input_tokens = 100_000"));
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("exceed the context window of 8,192"), "{output}");
}

#[test]
fn a_shutdown_warns_and_fails_if_configured() {
    let root = repository("retired");
    write(&root, "p.json", &request("gpt-4", "Hi", r#", "max_tokens": 10"#));
    let (code, output) = check(&root, &budget("max_input_tokens = 100"));
    assert_eq!(code, 0, "{output}");
    assert!(output.contains("warning  shutdown: gpt-4 was shut down on 2026-10-23"), "{output}");
    assert_eq!(check(&root, &budget("fail_on_shutdown = \"0d\"")).0, 1);
    // gpt-5 shuts down on 2026-12-11, 17 days later; gpt-4.1 on 2027-01-14, 51 days later.
    write(&root, "p.json", &request("gpt-5", "Hi", r#", "max_completion_tokens": 10"#));
    let (code, output) = check(&root, &budget("max_input_tokens = 100"));
    assert_eq!(code, 0, "{output}");
    assert!(output.contains("warning  shutdown: gpt-5 shuts down on 2026-12-11, in 17 days"), "{output}");
    assert_eq!(
        (check(&root, &budget("fail_on_shutdown = \"16d\"")).0, check(&root, &budget("fail_on_shutdown = \"17d\"")).0),
        (0, 1)
    );
    write(&root, "p.json", &prompt(5));
    let (code, output) = check(&root, &budget("fail_on_shutdown = \"60d\""));
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("gpt-4.1 shuts down on 2027-01-14, in 51 days"), "{output}");
    assert_eq!(check(&root, &budget("fail_on_shutdown = \"60\"")).0, 2);
    // The configuration's day pins prices; the day of the run decides on shutdowns.
    write(&root, "p.json", &request("gpt-4", "Hi", r#", "max_tokens": 10"#));
    write(&root, "gpt-cost.toml", &format!("as_of = 2026-01-01\n{}", budget("fail_on_shutdown = \"0d\"")));
    let output = plain(&root, &["check"], None);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stdout).contains("as of 2026-01-01"), "{output:?}");
    let output = plain(&root, &["check", "--as-of", "2026-01-01"], None);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

/// Runs a command without `--as-of`, with the user's own settings in a folder.
fn plain(root: &Path, args: &[&str], settings: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gpt-cost"));
    let settings = settings.map_or(root.join("nobody's"), Path::to_owned);
    command.current_dir(root).env("XDG_CONFIG_HOME", settings).args(args).output().unwrap()
}

#[test]
fn an_increase_is_of_the_input_or_of_the_expected_total() {
    let root = repository("increase");
    // Without a limit, the maximum output dwarfs the prompt: only the input is compared.
    let open = |words: usize| request("gpt-4o", &"word ".repeat(words), "");
    write(&root, "p.json", &open(10));
    write(&root, "gpt-cost.toml", &budget("max_increase = \"10%\""));
    assert_eq!(gpt_cost(&root, &["baseline", "write"]).status.code(), Some(0));
    assert_eq!(check(&root, &budget("max_increase = \"10%\"")).0, 0);
    write(&root, "p.json", &open(2_000));
    let (code, output) = check(&root, &budget("max_increase = \"10%\""));
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("exceeded max_increase: it grew from $"), "{output}");
    // A change of the expected output counts, too.
    write(&root, "p.json", &open(10));
    let (code, output) = check(&root, &budget("output_tokens = 3000\nmax_increase = \"10%\""));
    assert_eq!(code, 0, "no output was expected before, and the maximum was 16,384: {output}");
    write(&root, "gpt-cost.toml", &budget("output_tokens = 300\nmax_increase = \"10%\""));
    assert_eq!(gpt_cost(&root, &["baseline", "write"]).status.code(), Some(0));
    assert_eq!(check(&root, &budget("output_tokens = 3000\nmax_increase = \"10%\"")).0, 1);
    // A change of the vendor's price does not count.
    let table = "schema = 1\n[model.\"gpt-4o\"]\nencoding = \"o200k_base\"\ncontext = 128_000\nprice = { per = \"1M\", input = \"250\", output = \"1000\" }\n";
    write(&root, "pricing.toml", table);
    assert_eq!(check(&root, &budget("output_tokens = 300\nmax_increase = \"10%\"")).0, 0);
}

#[test]
fn new_and_stale_requests_are_shown() {
    let root = repository("new");
    write(&root, "a.json", &prompt(5));
    let config = |more: &str| budget(&format!("max_increase = \"10%\"\n{more}"));
    write(&root, "gpt-cost.toml", &config(""));
    assert_eq!(gpt_cost(&root, &["baseline", "write"]).status.code(), Some(0));
    fs::remove_file(root.join("a.json")).unwrap();
    write(&root, "b.json", &prompt(600));
    let (code, output) = check(&root, &config(""));
    assert_eq!(code, 0, "{output}");
    assert!(output.contains("warning  new_requests: it is not in the baseline"), "{output}");
    assert!(
        output.contains("in the baseline, but no longer found: a.json; gpt-cost baseline write removes them"),
        "{output}"
    );
    assert_eq!(check(&root, &config("new_requests = \"fail\"")).0, 1);
    let (code, output) = check(&root, &config("new_requests = \"allow\""));
    assert!(code == 0 && !output.contains("new_requests"), "{output}");
    assert_eq!(check(&root, &config("new_requests = \"maybe\"")).0, 2);
}

#[test]
fn checking_nothing_is_an_error_and_an_empty_budget_does_not_stop_the_others() {
    let root = repository("nothing");
    write(&root, "a.json", &prompt(5));
    write(&root, "data/b.json", &prompt(5));
    let two = "[[budget]]\nname = \"none\"\npaths = [\"nowhere/*\"]\n[[budget]]\nname = \"b\"\npaths = [\"a.json\"]\nmax_input_tokens = 1\n";
    let (code, output) = check(&root, two);
    assert_eq!(code, 2, "{output}");
    assert!(output.contains("budget `none`\n  error    no file matches its paths"), "{output}");
    assert!(output.contains("exceeded max_input_tokens"), "the other is checked: {output}");
    write(&root, "gpt-cost.toml", "[[budget]]\nname = \"b\"\npaths = [\"/a.json\"]\nmax_input_tokens = 100\n");
    let output = gpt_cost(&root, &["check", "data"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("none of the paths matches a budget"), "{output:?}");
    let output = gpt_cost(&root, &["check", "a.json", "data"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text(&output.stderr).contains("note: data: no file matches a budget"), "{output:?}");
    // A folder without prompts, and limits from the command line.
    fs::create_dir_all(root.join("other/empty")).unwrap();
    fs::remove_file(root.join("gpt-cost.toml")).unwrap();
    write(&root, "other/notes.csv", "a,b\n");
    let output = gpt_cost(&root.join("other"), &["check", "--max-cost", "1"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    // A budget without a limit is reported.
    let (code, output) = check(&root, "[[budget]]\nname = \"b\"\npaths = [\"/a.json\"]\n");
    assert_eq!(code, 0);
    assert!(output.contains("budget `b` has no limits: only fit and retirement are checked"), "{output}");
    let output = text(&gpt_cost(&root, &["check", "--list"]).stdout);
    assert!(output.contains("a.json") && output.contains("1 × Chat Completions body  b"), "{output}");
    assert!(output.contains("data/b.json") && output.contains("in no budget"), "{output}");
}

#[test]
fn budgets_have_the_same_findings_on_every_machine() {
    let root = repository("machines");
    let settings = root.join("settings");
    write(
        &root,
        "settings/gpt-cost/pricing.toml",
        "schema = 1\n[model.\"gpt-4.1\"]\nencoding = \"o200k_base\"\ncontext = 1_000_000\nprice = { per = \"1M\", input = \"2000\", output = \"8000\" }\n",
    );
    write(&root, "p.json", &prompt(5));
    write(&root, "gpt-cost.toml", &budget("max_cost_per_request = \"0.01\""));
    let run = |args: &[&str]| plain(&root, &[args, &["--as-of", DAY]].concat(), Some(&settings));
    assert_eq!(run(&["check"]).status.code(), Some(0));
    assert_eq!(run(&["check", "--user-prices"]).status.code(), Some(1));
    let table = text(&run(&["check", "--user-prices"]).stdout);
    assert!(table.contains("settings/gpt-cost/pricing.toml"), "the layers are named: {table}");
    assert!(text(&run(&["estimate", "p.json"]).stdout).contains("$2,000.00 in"));
    assert!(text(&run(&["estimate", "p.json", "--no-config"]).stdout).contains("built-in"));
    let usage = r#"{"prompt_tokens": 10, "completion_tokens": 0}"#;
    write(&root, "response.txt", &format!(r#"{{"model": "gpt-4.1", "choices": [], "usage": {usage}}}"#));
    let actual = |more: &[&str]| text(&run(&[&["actual", "response.txt"], more].concat()).stdout);
    assert!(actual(&[]).contains("$2,000.00") && actual(&["--no-config"]).contains("$2.00"), "{}", actual(&[]));
    write(&root, "gpt-cost.toml", &format!("user_prices = true\n{}", budget("max_cost_per_request = \"0.01\"")));
    assert_eq!(run(&["check"]).status.code(), Some(1));
    // An invalid table of the user's own breaks no check.
    write(&root, "settings/gpt-cost/pricing.toml", "schema = ");
    write(&root, "gpt-cost.toml", &budget("max_cost_per_request = \"0.01\""));
    assert_eq!(run(&["check"]).status.code(), Some(0));
}

#[test]
fn an_estimate_uses_the_configuration_and_shows_it() {
    let root = repository("says");
    write(&root, "p.json", r#"[{"role": "user", "content": "Hi"}]"#);
    write(&root, "gpt-cost.toml", "model = \"gpt-4.1\"\nas_of = 2026-05-01\ntier = \"batch\"\noutput_tokens = 20\n");
    let output = text(&gpt_cost(&root, &["estimate", "p.json"]).stdout);
    assert!(output.contains("with 20 out") && output.contains("batch tier"), "{output}");
    assert!(
        output.contains("from gpt-cost.toml: model gpt-4.1, as_of 2026-05-01, tier batch, output_tokens 20"),
        "{output}"
    );
    let report = json(&gpt_cost(&root, &["estimate", "p.json", "--tier", "standard", "-o", "5", "--format", "json"]));
    assert_eq!(report["from_config"]["settings"], serde_json::json!(["model gpt-4.1", "as_of 2026-05-01"]));
    let output = gpt_cost(&root, &["estimate", "p.json", "--no-config"]);
    assert!(text(&output.stderr).contains("it names no model"), "{output:?}");
}

/// All warnings of `estimate` are in `check`, too, each once.
#[test]
fn check_shows_the_warnings_of_requests() {
    let root = repository("remarks");
    let unknown = r#", "max_tokens": 10, "shiny_new_field": 1"#;
    write(&root, "a.json", &request("gpt-4.1-mini", "Hi", unknown));
    write(&root, "b.json", &request("gpt-4.1-mini", "Hi there", unknown));
    let (code, output) = check(&root, &budget("max_input_tokens = 100"));
    assert_eq!(code, 0, "{output}");
    assert!(output.contains("warning: a.json and 1 more: shiny_new_field: unknown field"), "{output}");
}

/// Unsupported formats are an error if they are named, and skipped and listed if they are found in a folder.
#[test]
fn unsupported_formats_are_reported() {
    let root = repository("unread");
    write(&root, "p/prompts.prompty", "system: You are kind.\n");
    write(&root, "p/ok.json", &prompt(5));
    write(&root, "p/package.json", "{\"name\": \"x\"}");
    let name = "p/prompts.prompty";
    for args in [&["estimate", name, "-m", "gpt-4o"][..], &["count", name, "-m", "gpt-4o"]] {
        let output = gpt_cost(&root, args);
        assert_eq!(output.status.code(), Some(2));
        let expected =
            "error: p/prompts.prompty: Prompty is not read yet\nhint: --input-format text counts it as plain text\n";
        assert_eq!(text(&output.stderr), expected);
    }
    let output = gpt_cost(&root, &["estimate", name, "-m", "gpt-4o", "--input-format", "text"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(gpt_cost(&root, &["check", name, "--max-cost", "1", "-m", "gpt-4o"]).status.code(), Some(2));
    let output = gpt_cost(&root, &["check", "p", "--max-cost", "1", "-m", "gpt-4o"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let notes = text(&output.stderr);
    assert!(notes.contains("skipped: p/package.json (expected an object with `messages`"), "{notes}");
    assert!(notes.contains("p/: 1 other file skipped"), "{notes}");
    let cassette = format!("interactions:\n{}", "- request:\n    body: x\n".repeat(100));
    write(&root, "cassette.yaml", &cassette);
    let output = gpt_cost(&root, &["verify", "cassette.yaml"]);
    assert!(text(&output.stderr).starts_with("error: cassette.yaml: "), "{output:?}");
    write(&root, "tools.json", r#"[{"type": "function", "function": {"name": "f"}}]"#);
    let output = gpt_cost(&root, &["estimate", "tools.json", "-m", "gpt-4o"]);
    assert!(text(&output.stderr).contains("this is a list of tools, not a request"), "{output:?}");
    write(&root, "tools.json", r#"[{"name": "f", "description": "d", "input_schema": {}}]"#);
    let output = gpt_cost(&root, &["estimate", "tools.json", "-m", "gpt-4o"]);
    assert!(text(&output.stderr).contains("this is a list of tools, not a request"), "{output:?}");
    write(&root, "wrapped.json", r#"{"request": {"messages": []}}"#);
    let output = gpt_cost(&root, &["estimate", "wrapped.json", "-m", "gpt-4o"]);
    assert!(text(&output.stderr).contains("found an object around one"), "{output:?}");
}

/// Lines that end with an answer are examples for fine-tuning, unless the format is forced; a single body may end with
/// an answer.
#[test]
fn examples_for_fine_tuning_are_reported_as_such() {
    let root = repository("fine-tuning");
    let one = r#"{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}"#;
    let preferred = r#"{"input": {"messages": []}, "preferred_output": [], "non_preferred_output": []}"#;
    write(&root, "train.jsonl", &format!("{one}\n{one}\n"));
    write(&root, "preferred.jsonl", &format!("{preferred}\n{preferred}\n"));
    write(&root, "one.json", one);
    let run = |file: &str, more: &[&str]| gpt_cost(&root, &[&["estimate", file, "-m", "gpt-4o"], more].concat());
    for file in ["train.jsonl", "preferred.jsonl"] {
        let output = run(file, &[]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains("an example for fine-tuning, not a request"), "{output:?}");
    }
    assert_eq!(run("train.jsonl", &["--input-format", "chat"]).status.code(), Some(0));
    assert_eq!(run("one.json", &[]).status.code(), Some(0));
}

/// The next step that `init` suggests works, even next to files that are not prompts.
#[test]
fn init_uses_only_prompts_and_lists_the_other_files() {
    let root = repository("init-lists");
    write(&root, "app/chat.json", &prompt(5));
    write(&root, "app/package.json", "{\"name\": \"x\"}");
    write(&root, "app/broken.json", "{");
    write(&root, "system_prompt.txt", "You are kind.");
    write(&root, "README.md", "# A project");
    let output = gpt_cost(&root, &["init", "-m", "gpt-4.1-mini"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let notes = text(&output.stderr);
    assert!(notes.contains("note: skipped: app/package.json (expected an object with"), "{notes}");
    assert!(notes.contains("app/broken.json (not valid JSON"), "{notes}");
    assert!(notes.contains("wrote gpt-cost.toml: 2 requests found"), "{notes}");
    let config = fs::read_to_string(root.join("gpt-cost.toml")).unwrap();
    assert!(config.contains("[\"/app/chat.json\"]") && config.contains("[\"/*.txt\"]"), "{config}");
    let output = gpt_cost(&root, &["check"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

/// The options that a check shares with an estimate, and the configured size of images.
#[test]
fn a_check_has_the_terms_of_an_estimate() {
    let root = repository("terms");
    let image = r#"{"model": "gpt-4o", "max_tokens": 10, "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]}]}"#;
    write(&root, "p.json", image);
    let check = |args: &[&str]| gpt_cost(&root, &[&["check", "p.json"], args].concat()).status.code().unwrap();
    // Between 85 and 1,445 tokens, so that the limits decide.
    assert_eq!(
        (
            check(&["--max-input-tokens", "1500"]),
            check(&["--max-input-tokens", "1000"]),
            check(&["--max-input-tokens", "80"])
        ),
        (0, 1, 1)
    );
    assert_eq!(check(&["--max-input-tokens", "1000", "--image-size", "1024x1024"]), 0);
    write(&root, "gpt-cost.toml", &format!("image_size = \"1024x1024\"\n{}", budget("max_input_tokens = 1000")));
    assert_eq!(check(&[]), 0);
    fs::remove_file(root.join("gpt-cost.toml")).unwrap();
    write(
        &root,
        "p.json",
        r#"{"model": "gpt-4.1", "input": "Hi", "previous_response_id": "x", "max_output_tokens": 10}"#,
    );
    assert_eq!((check(&["--max-cost", "1"]), check(&["--max-cost", "1", "--allow-uncounted"])), (2, 0));
    let output = text(&gpt_cost(&root, &["check", "p.json", "--max-cost", "1"]).stdout);
    assert!(output.contains("           not counted: previous_response_id: "), "{output}");
    // 200 tokens of output at 8 dollars a million, and half of it in a batch.
    write(&root, "p.json", &request("gpt-4.1", "Hi", r#", "max_tokens": 200"#));
    assert_eq!((check(&["--max-cost", "0.001"]), check(&["--max-cost", "0.001", "--tier", "batch"])), (1, 0));
    let long = request("gpt-4.1", &" a".repeat(5_000), r#", "max_tokens": 1"#);
    write(&root, "p.json", &long);
    assert_eq!(
        (check(&["--max-input-cost", "0.005"]), check(&["--max-input-cost", "0.005", "--cached", "90%"])),
        (1, 0)
    );
}

/// The limit of a sum is not checked for only some of the files; an exceeded sum is in every format.
#[test]
fn sums_include_all_files_and_are_in_every_format() {
    let root = repository("sums");
    write(&root, "a.json", &prompt(50));
    write(&root, "b.json", &prompt(5));
    write(&root, "gpt-cost.toml", &budget("max_cost_all_requests = \"0.00025\""));
    for format in ["table", "json", "jsonl", "csv", "markdown", "github", "sarif", "junit"] {
        let output = gpt_cost(&root, &["check", "--format", format]);
        assert_eq!(output.status.code(), Some(1), "{format}");
        assert!(text(&output.stdout).contains("all requests together cost"), "{format}: {output:?}");
    }
    let output = gpt_cost(&root, &["check", "b.json"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stderr).contains("its sum is not checked, because only some of its files are"), "{output:?}");
}

/// Notes for the author of a request or of a table are shown once, where they apply.
#[test]
fn notes_are_shown_where_they_apply() {
    let root = repository("notes");
    write(&root, "p.json", &request("gpt-5.4", "Hi", ""));
    let notes =
        |args: &[&str]| text(&gpt_cost(&root, &[&["estimate", "p.json", "--as-of", DAY], args].concat()).stdout);
    assert!(!notes(&[]).contains("perhaps a rounded"), "{}", notes(&[]));
    assert!(notes(&["--tier", "batch"]).contains("batch, flex: cached is the page's 0.13, perhaps a rounded 0.125"));
    // A price with a unit error is noted if it is used.
    write(
        &root,
        "off.toml",
        "schema = 1\n[model.\"gpt-4.1\"]\nencoding = \"o200k_base\"\nprice = { per = \"1K\", input = \"2.00\", output = \"8.00\" }\n",
    );
    let output = gpt_cost(&root, &["estimate", "p.json", "--pricing", "off.toml"]);
    assert!(text(&output.stderr).starts_with("note: suspicious price: off.toml:4:9: "), "{output:?}");
    // One note for a model, however many requests it has.
    write(&root, "many.jsonl", &format!("{}\n", request("gpt-4.1", "Hi", "")).repeat(20));
    write(&root, "pinned.toml", PINNED);
    let args = ["estimate", "many.jsonl", "--pricing", "pinned.toml", "--max-age", "1d", "--as-of", DAY];
    let output = gpt_cost(&root, &args);
    assert_eq!((output.status.code(), text(&output.stderr).lines().count()), (Some(1), 1), "{output:?}");
    write(&root, "p.json", &request("o3", "Hi", r#", "max_tokens": 10"#));
    assert!(notes(&[]).contains("max_tokens: o3 refuses it: set max_completion_tokens instead"), "{}", notes(&[]));
    write(&root, "bom.txt", "\u{feff}Hi");
    let bare = |args: &[&str]| text(&gpt_cost(&root, &[&["count", "bom.txt", "--quiet"], args].concat()).stdout);
    assert_eq!((bare(&["--encoding", "o200k_base"]), bare(&["-m", "gpt-4.1"])), ("1\n".to_owned(), "8\n".to_owned()));
    write(&root, "gpt-cost.toml", &format!("model = \"gpt-9.9\"\n{}", budget("max_input_tokens = 100")));
    let output = gpt_cost(&root, &["check"]);
    assert!(text(&output.stderr).starts_with("error: gpt-cost.toml: unknown model `gpt-9.9`"), "{output:?}");
}

/// Each input of an embedding has its own context window, without output.
#[test]
fn each_input_of_an_embedding_fits_separately() {
    let root = repository("embeddings-fit");
    let body = |words: usize| {
        let words = "a ".repeat(words);
        serde_json::json!({"model": "text-embedding-3-small", "input": [words, words]}).to_string()
    };
    write(&root, "fits.json", &body(5_000));
    write(&root, "over.json", &body(9_000));
    let output = gpt_cost(&root, &["estimate", "fits.json", "-o", "100", "--as-of", "2026-05-01"]);
    let table = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{table}");
    assert!(table.contains("context  5,001 of 8,192 (61%), 3,191 left  fits"), "{table}");
    let output = gpt_cost(&root, &["estimate", "over.json", "-o", "100", "--as-of", "2026-05-01"]);
    let table = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{table}");
    assert!(table.contains("an input of 9,001 tokens exceeds the context window of 8,192 by 809"), "{table}");
}

/// A count that can be on either side of the context window is undecided.
#[test]
fn an_estimate_across_the_context_window_is_undecided() {
    let root = repository("across");
    let image = r#"{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}"#;
    let words = "a ".repeat(127_500);
    let body = format!(
        r#"{{"model": "gpt-4o", "max_tokens": 10, "messages": [{{"role": "user", "content": [{{"type": "text", "text": "{words}"}}, {image}]}}]}}"#
    );
    write(&root, "p.json", &body);
    let (code, output) = check(&root, &budget("max_cost_per_request = \"10\""));
    assert_eq!(code, 2, "{output}");
    assert!(output.contains("whether it fits is unknown: 127,"), "{output}");
}
