//! Prompts, values and recordings that are made to break their readers: each is an error that names the file, soon, and
//! contains none of its text.

use std::path::Path;

use gpt_cost::source::{InputFormat, distinct, documents, prompts_at};
use gpt_cost::usage;
use gpt_cost::verify::Recording;
use proptest::prelude::*;
use serde_json::json;

use crate::budgets::{PINNED, gpt_cost, repository, text, write};

const BODY: &str = r#"{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}"#;

/// Returns the error of a command, whose exit code is 2.
fn error(root: &Path, args: &[&str]) -> String {
    let output = gpt_cost(root, args);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {error}");
    assert!(!error.contains("secret"), "{error}");
    error
}

#[test]
fn bombs_of_jinja_are_errors() {
    let root = repository("hostile-jinja");
    write(&root, "values.json", r#"{"o": {"a": 1}, "s": "secret"}"#);
    let nested = |value: &str, levels: usize, end: &str| {
        format!(
            "{{% set ns = namespace(x=[s]) %}}{{% for i in range({levels}) %}}{{% set ns.x = {value} %}}{{% endfor %}}{end}"
        )
    };
    let steps = "the template takes too many steps";
    let (deep, long) = ("a value is nested deeper than 1,000 levels", "it renders more than 100 MB");
    for (template, expected) in [
        (nested("[ns.x, ns.x]", 60, "{{ ns.x }}"), steps),
        (nested("[ns.x, ns.x]", 60, "{{ ns.x | tojson }}"), steps),
        (nested("[ns.x]", 90_000, "{{ ns.x }}"), deep),
        (nested("{'a': ns.x}", 90_000, "{{ ns.x | tojson }}"), deep),
        (nested("ns", 1, "{{ ns }}"), deep),
        (nested("[ns]", 1, "{{ ns | tojson }}"), deep),
        (nested("ns.x ~ ns.x", 60, "{{ ns.x }}"), steps),
        ("{{ (\"\\n\" * 10000000) | indent(\"a\" * 1000000, true, true) }}".to_owned(), long),
        ("{{ (\"\\n\" * 1000000) | indent(1000, true, true) }}".to_owned(), long),
        ("{{ ([1] * 1000000) | tojson(indent=100) }}".to_owned(), long),
        ("{{ \"{:10000000000}\".format(1) }}".to_owned(), steps),
        ("{{ (\"{0}\" * 100000).format(\"a\" * 1000000) }}".to_owned(), steps),
        ("{{ (\"a\" * 1000000).strip(\"b\" * 1000000 ~ \"a\") }}".to_owned(), steps),
        ("{{ (\"a\" * 1000000) | trim(\"b\" * 1000000 ~ \"a\") }}".to_owned(), steps),
        (format!("{{{{ 1{} }}}}", "~1".repeat(30_000)), "more than 20,000 operators that join texts"),
        ("{% secret %}".to_owned(), "not a template of Jinja: unknown statement\n"),
        ("{{ range(10 ** 12) }}".to_owned(), "range has too many elements"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}".to_owned(), "recursion limit exceeded"),
        ("x".repeat(1_000_001), "a template of Jinja can have at most 400 KB"),
    ] {
        write(&root, "a.j2", &template);
        let error = error(&root, &["count", "a.j2", "-m", "gpt-4o", "--vars", "values.json"]);
        let shown = &template[..template.len().min(200)];
        assert!(error.starts_with("error: a.j2") && error.contains(expected), "{shown}: {error}");
    }
}

/// Each operator is a level of the recursion by which minijinja compiles a template.
#[test]
fn long_chains_of_operators_do_not_overflow_the_stack() {
    let root = repository("hostile-chains");
    write(&root, "values.json", r#"{"o": {}, "x": 1}"#);
    for (begin, level, end, levels) in [
        ("{{ ", "-", "x }}", 30_000),
        ("{{ ", "not ", "1 }}", 10_000),
        ("{{ x", "*x", " }}", 10_000),
        ("{{ o", ".a", " }}", 60_000),
        ("{{ x", "|abs", " }}", 60_000),
        ("{% if x %}", "{%elif x%}", "{% endif %}", 20_000),
        ("{{ ", "1 if x else ", "1 }}", 20_000),
        ("{{ ", "(", "", 900_000),
    ] {
        write(&root, "a.j2", &format!("Hi {begin}{}{end}", level.repeat(levels)));
        let output = gpt_cost(&root, &["count", "a.j2", "-m", "gpt-4o", "--vars", "values.json"]);
        assert!(matches!(output.status.code(), Some(0 | 2)), "{level}: {output:?}");
    }
}

#[test]
fn bombs_of_mustache_are_errors() {
    let root = repository("hostile-mustache");
    write(&root, "values.json", &json!({"list": vec![1; 1000], "o": {}}).to_string());
    write(&root, "comment.mustache", &format!("{{{{! {} }}}}", "x".repeat(100_000)));
    write(&root, "lines.mustache", &"a\n".repeat(1000));
    let count = ["count", "a.mustache", "-m", "gpt-4o", "--vars", "values.json"];
    for (template, expected) in [
        ("{{#list}}{{#list}}{{> comment}}{{/list}}{{/list}}".to_owned(), "the template takes too many steps"),
        (format!("{}{{{{> lines}}}}\n", " ".repeat(900_000)), "it renders more than 100 MB"),
    ] {
        write(&root, "a.mustache", &template);
        let error = error(&root, &count);
        assert!(error.starts_with("error: a.mustache:1: ") && error.contains(expected), "{error}");
    }
    // Many tags on one line.
    write(&root, "a.mustache", &"é{{#o}}😀{{/o}}".repeat(40_000));
    assert_eq!(gpt_cost(&root, &count).status.code(), Some(0));
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_included() {
    let root = repository("hostile-pipe");
    let made = std::process::Command::new("mkfifo").arg(root.join("pipe.j2")).status();
    if !made.is_ok_and(|status| status.success()) {
        return;
    }
    for (name, template) in [("a.j2", "{% include \"pipe.j2\" %}"), ("a.mustache", "{{> pipe.j2}}")] {
        write(&root, name, template);
        assert!(error(&root, &["count", name, "-m", "gpt-4o", "--var", "x=1"]).contains("it includes a "));
    }
}

#[test]
fn rows_of_values_are_limited() {
    let root = repository("hostile-rows");
    write(&root, "a.md", "Hi {{ name }}");
    write(
        &root,
        "gpt-cost.toml",
        "model = \"gpt-4o\"\n[[budget]]\nname = \"p\"\npaths = [\"a.md\"]\nmax_input_tokens = 60\nvars = [\"vars/*\"]\n",
    );
    for (name, rows) in [
        ("vars/rows.csv", format!("name\n{}", "secret\n".repeat(100_001))),
        ("vars/rows.jsonl", "{\"name\": \"secret\"}\n".repeat(100_001)),
        ("vars/rows.json", format!("[{}{{}}]", "{},".repeat(1_000_000))),
    ] {
        write(&root, name, &rows);
        let expected = format!(
            "error: {name}: more than 100,000 rows of values, each of which is a request\nhint: use fewer rows, such as a sample of them\n"
        );
        assert_eq!(error(&root, &["count", "a.md", "--vars", name]), expected);
        let checked = gpt_cost(&root, &["check"]);
        assert_eq!(checked.status.code(), Some(2));
        assert!(text(&checked.stdout).contains("more than 100,000 rows of values"), "{checked:?}");
        std::fs::remove_file(root.join(name)).unwrap();
    }
    let rows = "- {name: x}\n".repeat(50_000);
    let prompt =
        format!("model: openai/gpt-4o\nmessages: [{{role: user, content: 'Hi {{{{name}}}}'}}]\ntestData:\n{rows}");
    write(&root, "a.prompt.yml", &prompt);
    let expected =
        "error: a.prompt.yml: its 50,000 rows of values would read more than 1 GB, the template once for each row\n";
    assert!(error(&root, &["count", "a.prompt.yml"]).starts_with(expected));
    // The size of a file is known before it is read: this one has a gigabyte of nothing.
    std::fs::File::create(root.join("vars/rows.csv")).unwrap().set_len(1 << 30).unwrap();
    let expected = "error: vars/rows.csv: a file of values can have at most 100 MB\n";
    assert_eq!(error(&root, &["count", "a.md", "--vars", "vars/rows.csv"]), expected);
    assert!(text(&gpt_cost(&root, &["check"]).stdout).contains("a file of values can have at most 100 MB"));
}

#[test]
fn many_documents_and_interactions_are_errors() {
    let message = |name: &str, text: &str| {
        let documents = documents(name, text.as_bytes(), InputFormat::Auto);
        assert_eq!(documents.len(), 1, "{name}");
        documents[0].request().unwrap_err().to_string()
    };
    let many = message("a.yaml", &"--- 1\n".repeat(100_001));
    assert_eq!(many, "a.yaml:100001:5: more than 100,000 documents");
    let large = message("a.toml", &format!("a = [{}]", "1,".repeat(5_000_000)));
    assert_eq!(large, "a.toml: a TOML file can have at most 10 MB");
    let interaction = r#"{"request": {"method": "GET", "uri": "x"}}, "#.repeat(100_000);
    let many = message("a.json", &format!("{{\"interactions\": [{interaction} {{}}]}}"));
    assert_eq!(many, "a.json: recorded traffic of 100001 interactions is too large, at most 100,000");
    let other = message("a.json", &format!("{{\"interactions\": [{}1]}}", "1,".repeat(1_000_000)));
    assert_eq!(other, "a.json: expected an object with `messages`, `input` or `prompt`, found none of them");
}

#[test]
fn a_pointer_to_many_texts_is_read_once() {
    let json = format!("{{\"a\": [\n{}\"x\"]}}", "\"x\",\n".repeat(100_000));
    let prompts = prompts_at("a.json", json.as_bytes(), "/a/*");
    let last = prompts.last().unwrap();
    assert_eq!(
        (prompts.len(), last.first_line(), last.place().to_string()),
        (100_001, 100_002, "a.json#/a/100000".into())
    );
    for pointer in ["/", "//", "/~", "/*/*/*/*", "/a/*/*", "/a~1", ""] {
        assert_eq!(prompts_at("a.json", b"{\"a\": {\"b\": 1}}", pointer).len(), 1, "{pointer}");
    }
}

/// The tier of another provider has no price, but the count can be compared.
#[test]
fn recordings_of_other_tiers_are_compared_and_not_priced() {
    let root = repository("hostile-tiers");
    write(&root, "pricing.toml", PINNED);
    let answer = json!({"id": "chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012", "model": "gpt-4o-2024-08-06", "created": 1_777_600_000,
        "choices": [], "service_tier": "on_demand", "usage": {"prompt_tokens": 8, "completion_tokens": 1}});
    let body: serde_json::Value = serde_json::from_str(BODY).unwrap();
    write(&root, "a.json", &json!({"request": body, "response": answer}).to_string());
    let output = gpt_cost(&root, &["verify", "a.json", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report["recordings"], &report["unreadable"], &report["total"]["exact"]),
        (&json!(1), &json!(0), &json!(1))
    );
    let shown = text(&gpt_cost(&root, &["verify", "a.json"]).stdout);
    assert!(shown.contains("(responses: 0; without a price: 1)"), "{shown}");
    assert!(error(&root, &["actual", "a.json"]).contains("unknown service tier"));
}

#[test]
fn verify_names_the_files_that_it_cannot_read() {
    let root = repository("hostile-verify");
    let request = json!({"method": "POST", "uri": "https://api.openai.com/v1/chat/completions", "body": "{secret"});
    let cassette = json!({"interactions": [{"request": request}]}).to_string();
    for index in 0..7 {
        write(&root, &format!("{index}.json"), &cassette);
    }
    let error = error(&root, &["verify", "."]);
    assert!(
        error.contains("note: 4.json has 1 recorded request that cannot be read: gpt-cost verify 4.json shows why\n")
    );
    assert!(error.contains("note: 2 files more have recorded requests that cannot be read\n"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Any text, whatever its name, is read or is an error.
    #[test]
    fn no_file_panics(
        name in "a\\.(json|jsonl|har|yaml|toml|md|md\\.j2|txt|prompt\\.yml)",
        text in "(---\n|[\\[\\]{}:,'\"\n *&|>#/=-]|a: |- |<<: |\"(messages|interactions|request|response|log|entries|body|role|content|usage|testData|uri|method)\": ?|messages:|model|\\[\\[messages\\]\\]\n|1|é|\\{\"role\": \"user\", \"content\": \"x\"\\}){0,40}",
        pointer in "(/(\\*|~|~0|~1|a|0|messages)){0,3}",
    ) {
        for document in &distinct(documents(&name, text.as_bytes(), InputFormat::Auto)) {
            let _ = (document.0.request(), document.0.prompt(), document.0.samples(), document.0.line_of("messages[0]"));
            let _ = document.0.recording().map(|recording| Recording::from_json(&recording).map_err(|error| error.to_string()));
        }
        for document in &prompts_at(&name, text.as_bytes(), &pointer) {
            let _ = document.prompt();
        }
        let _ = usage::responses(&name, text.as_bytes());
    }
}
