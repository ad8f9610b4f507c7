//! `init`: the configuration that it proposes for repositories with prompts of all kinds, and that `check` accepts it.

use std::fs;
use std::path::Path;

use crate::budgets::{gpt_cost, repository, text, write};

const LONG: &str =
    "You are an expert who answers questions of customers, step by step, in the language that they write in.";

/// Runs `init`, and returns the configuration with the notes. `check` accepts the configuration.
fn init(root: &Path) -> (String, String) {
    let output = gpt_cost(root, &["init"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let config = fs::read_to_string(root.join("gpt-cost.toml")).unwrap();
    let check = gpt_cost(root, &["check"]);
    assert_eq!(check.status.code(), Some(0), "{config}\n{}{}", text(&check.stdout), text(&check.stderr));
    (config, text(&output.stderr))
}

fn cassette(uri: &str, model: &str) -> String {
    format!(
        "interactions:\n- request:\n    body: '{{\"model\": \"{model}\", \"messages\": [{{\"role\": \"user\", \"content\": \"Hi\"}}]}}'\n    \
         method: POST\n    uri: {uri}\n  response:\n    body:\n      string: '{{}}'\n    status:\n      code: 200\nversion: 1\n"
    )
}

#[test]
fn texts_with_placeholders_get_the_values_that_are_there() {
    let root = repository("init-values");
    write(&root, "prompts/system.md", LONG);
    write(&root, "prompts/answer.md", "Answer {{ question }} of {{ customer.name }}.");
    write(&root, "fixtures/one.json", r#"{"question": "How much is it?", "customer": {"name": "Ann"}}"#);
    write(&root, "fixtures/other.json", r#"{"question": "How much is it?"}"#);
    write(&root, "app.py", "client.create(model=\"gpt-4.1-mini\")");
    write(&root, "more.py", "MODEL = 'gpt-4.1-mini'\nOTHER = 'gpt-4o'\n");
    write(&root, "src/prompts.ts", "export const PROMPT = `Hi`;");
    let (config, notes) = init(&root);
    assert!(config.contains("model = \"gpt-4.1-mini\"  # for requests that name none; the one"), "{config}");
    assert!(config.contains("vars             = [\"/fixtures/one.json\"]"), "{config}");
    assert!(!config.contains("allow_uncounted"), "all is counted: {config}");
    assert!(notes.contains("1 file of code, in which the prompts are not read: src/prompts.ts"), "{notes}");
    assert!(notes.contains("gpt-4.1-mini, which the most files name (2)"), "{notes}");
    let report = text(&gpt_cost(&root, &["check"]).stdout);
    assert!(report.contains("prompts/answer.md#fixtures/one.json") && report.contains("exact"), "{report}");
}

#[test]
fn placeholders_without_values_are_named() {
    let root = repository("init-sizes");
    write(&root, "prompts/answer.md", "Answer {{ question }} of {{ customer.name }}.");
    let (config, notes) = init(&root);
    assert!(
        config.contains("model = \"gpt-5.4-mini\"  # for requests that name none: an assumption, change it"),
        "{config}"
    );
    assert!(notes.contains("an assumption"), "{notes}");
    assert!(config.contains("# var_tokens     = { \"customer.name\" = 500, question = 500 }"), "{config}");
    let sized = config.replace("# var_tokens", "var_tokens").replace("allow_uncounted", "# allow_uncounted");
    write(&root, "gpt-cost.toml", &sized.replace("max_input_tokens", "# max_input_tokens"));
    assert_eq!(gpt_cost(&root, &["check"]).status.code(), Some(0), "{sized}");
}

#[test]
fn prompts_under_names_are_reached_by_pointers() {
    let root = repository("init-names");
    let yaml = format!("version: 1\nsupport:\n  system: {LONG}\nsales:\n  system: {LONG}\n  description: {LONG}\n");
    write(&root, "prompts.yaml", &yaml);
    write(
        &root,
        "settings/review_prompts.toml",
        &format!("[review]\nsystem = '{LONG}{{% if x %}}more{{% endif %}}'\n"),
    );
    write(&root, "settings/config.toml", &format!("[review]\nsystem = '{LONG}'\n"));
    let (config, notes) = init(&root);
    assert!(config.contains("paths            = [\"/prompts.yaml#/*/system\"]"), "{config}");
    let toml = "paths            = [\"/settings/review_prompts.toml#/review/system\"]\ntemplate         = \"jinja\"";
    assert!(config.contains(toml) && !config.contains("config.toml"), "{config}");
    assert!(!notes.contains("prompts.yaml"), "it is not skipped: {notes}");
}

#[test]
fn recordings_are_covered_by_globs_without_those_of_other_models() {
    let root = repository("init-recordings");
    let openai = "https://api.openai.com/v1/chat/completions";
    write(&root, "tests/cassettes/a/one.yaml", &cassette(openai, "gpt-4o"));
    write(&root, "tests/cassettes/a/other_api.yaml", &cassette("https://example.com/v1/search", "x"));
    write(&root, "tests/cassettes/b/two.yaml", &cassette(openai, "gpt-4o"));
    write(&root, "tests/cassettes/b/three.yaml", &cassette(openai, "llama-4"));
    let (config, notes) = init(&root);
    let paths = "paths            = [\"/tests/cassettes/a/*.yaml\", \"/tests/cassettes/b/two.yaml\"]";
    assert!(config.contains(paths), "{config}");
    assert!(config.contains("name             = \"tests/cassettes recordings\""), "{config}");
    assert!(
        notes.contains("1 recorded request in 1 file that cannot be counted, such as tests/cassettes/b/three.yaml#/0"),
        "{notes}"
    );
    assert!(notes.contains("2 requests found"), "{notes}");
    assert!(config.contains("# model = "), "all requests name theirs: {config}");
}

#[test]
fn what_looks_like_a_prompt_and_is_none_is_left_out() {
    let root = repository("init-noise");
    write(&root, "docs/api/format_prompt.md", LONG);
    write(&root, "web/templates/note.md", "{{ Content }}");
    write(&root, "roles/web/templates/nginx.conf.j2", "server {{ name }};");
    write(&root, "a/chat.prompty", "---\nname: x\n---\nsystem:\nHi\n");
    write(&root, "tests/prompts.py", "PROMPT = 'Hi'");
    let output = gpt_cost(&root, &["init"]);
    let notes = text(&output.stderr);
    assert!(notes.contains("no prompts were found"), "{notes}");
    assert!(notes.contains("skipped: 1 file of Prompty: a/chat.prompty") && !notes.contains("of code"), "{notes}");
}
