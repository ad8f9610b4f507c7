//! Templates with values: what each language renders, where values come from, and the limits.

use std::collections::BTreeMap;

use gpt_cost::{Catalog, Label, Request};
use proptest::prelude::*;

use crate::budgets::{gpt_cost, json, repository, text, write};

/// Returns the number that `count --quiet` prints.
fn count(root: &std::path::Path, args: &[&str]) -> Result<u64, String> {
    let output = gpt_cost(root, &[&["count", "--quiet", "-m", "gpt-4o"], args].concat());
    match output.status.success() {
        true => Ok(text(&output.stdout).trim().parse().unwrap()),
        false => Err(text(&output.stderr)),
    }
}

/// Returns the count of a text as it is.
fn literal(root: &std::path::Path, rendered: &str) -> u64 {
    write(root, "rendered.txt", rendered);
    count(root, &["rendered.txt", "--literal", "--input-format", "text"]).unwrap()
}

#[test]
fn values_fill_braces_as_they_are() {
    let root = repository("braces");
    write(&root, "a.md", "You are {{ role }} of {{company.name}}.\n{{ question }}\n");
    write(&root, "question.txt", "Is {{ role }} a word?");
    write(&root, "company.json", r#"{"company": {"name": "A & B"}, "role": "nobody", "other": [1]}"#);
    let values = ["a.md", "--vars", "company.json", "--var", "role=clerk", "--var", "question=@question.txt"];
    let rendered = "You are clerk of A & B.\nIs {{ role }} a word?\n";
    assert_eq!(count(&root, &values), Ok(literal(&root, rendered)), "a value is no template, and --var wins");
    let output = gpt_cost(&root, &[&["count", "-m", "gpt-4o", "--format", "json"], &values[..]].concat());
    let request = &json(&output)["requests"][0];
    assert_eq!((&request["name"], &request["input_tokens"]["label"]), (&"a.md#company.json".into(), &"exact".into()));
    // JSON is filled in its texts.
    write(&root, "body.json", r#"{"messages": [{"role": "user", "content": "Hi {{ name }}"}]}"#);
    write(&root, "filled.json", r#"{"messages": [{"role": "user", "content": "Hi \"Ann\""}]}"#);
    assert_eq!(count(&root, &["body.json", "--var", "name=\"Ann\""]), count(&root, &["filled.json"]));
}

#[test]
fn a_placeholder_has_a_value_or_a_size_or_is_named() {
    let root = repository("sizes");
    write(&root, "a.md", "Translate {{ text }} into {{ language }}.");
    let output = gpt_cost(&root, &["count", "a.md", "-m", "gpt-4o", "--var", "language=Dutch", "--format", "json"]);
    let request = &json(&output)["requests"][0];
    assert_eq!(request["input_tokens"]["label"], "at_least");
    assert_eq!(request["not_counted"][0]["message"], "the value of `text`");
    let sized = ["count", "a.md", "-m", "gpt-4o", "--var", "language=Dutch", "--var-tokens", "text=500"];
    let request = &json(&gpt_cost(&root, &[&sized[..], &["--format", "json"]].concat()))["requests"][0];
    assert_eq!(request["input_tokens"]["label"], "estimate");
    assert!(request["input_tokens"]["min"].as_u64().unwrap() >= 500, "{request}");
}

#[test]
fn rows_are_a_request_each() {
    let root = repository("rows");
    write(&root, "a.md", "Hi {{ name }}");
    write(&root, "rows.csv", "name,age\n\"Ann, or so\",3\nBob,4\n");
    write(&root, "rows.jsonl", "{\"name\": \"Ann\"}\n\n{\"name\": 5}\n");
    write(&root, "rows.json", r#"[{"name": "Ann"}, {"name": true}]"#);
    let names = |vars: &str| {
        let output = gpt_cost(&root, &["estimate", "a.md", "-m", "gpt-4o", "--vars", vars, "--format", "json"]);
        let names = json(&output)["requests"].as_array().unwrap().iter().map(|one| one["name"].to_string()).collect();
        let names: Vec<String> = names;
        names.join(" ")
    };
    assert_eq!(names("rows.csv"), "\"a.md#rows.csv:2\" \"a.md#rows.csv:3\"");
    assert_eq!(names("rows.jsonl"), "\"a.md#rows.jsonl:1\" \"a.md#rows.jsonl:3\"");
    assert_eq!(names("rows.json"), "\"a.md#rows.json#/0\" \"a.md#rows.json#/1\"");
    for (name, content, expected) in [
        ("bad.csv", "a,b\n1\n", "bad.csv:2: this row has another number of fields than the first one"),
        ("bad.jsonl", "{}\n[]\n", "bad.jsonl:2: expected an object with a value for each placeholder"),
        ("bad.json", "3", "bad.json: expected an object with a value for each placeholder, or an array of them"),
        ("none.jsonl", "\n", "none.jsonl: it has no rows, so there are no values"),
    ] {
        write(&root, name, content);
        let error = count(&root, &["a.md", "--vars", name]).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

/// Requests that are one of many in a file are what is sent: values do not multiply them.
#[test]
fn requests_on_lines_have_no_placeholders() {
    let root = repository("lines");
    let line = r#"{"messages": [{"role": "user", "content": "Hi {{ name }}"}]}"#;
    write(&root, "a.jsonl", &format!("{line}\n{line}\n"));
    write(&root, "rows.csv", "name\nAnn\nBob\nCid\n");
    let output = gpt_cost(&root, &["count", "a.jsonl", "-m", "gpt-4o", "--vars", "rows.csv", "--format", "json"]);
    let names: Vec<String> =
        json(&output)["requests"].as_array().unwrap().iter().map(|one| one["name"].to_string()).collect();
    assert_eq!(names, ["\"a.jsonl:1\"", "\"a.jsonl:2\""]);
}

#[test]
fn jinja_renders_as_jinja2_does() {
    let root = repository("jinja");
    write(&root, "values.json", r#"{"items": [{"n": "a"}, {"n": "<b>"}], "name": "{{ x }}", "none": null, "t": true}"#);
    write(&root, "part.j2", "[{{ name }}]");
    for (template, rendered) in [
        ("{% for item in items %}\n- {{ item.n }}\n{% endfor %}\nend\n", "\n- a\n\n- <b>\n\nend"),
        ("{%- for item in items -%}\n- {{ item.n }}\n{%- endfor %}\nend\n\n", "- a- <b>\nend\n"),
        ("{# note #}{{ name }}{{ none }}", "{{ x }}None"),
        ("{{ items | length }} {{ items[0].n | upper }} {{ t }}", "2 A True"),
        ("{% include \"part.j2\" %}", "[{{ x }}]"),
        ("[{\"a\": {{ t }}}]", "[{\"a\": True}]"),
        ("{% raw %}{{ name }}{% endraw %}", "{{ name }}"),
        ("{% macro f(a) %}<{{ a }}>{% endmacro %}{{ f(1) }}", "<1>"),
    ] {
        write(&root, "a.j2", template);
        let counted = count(&root, &["a.j2", "--vars", "values.json"]);
        assert_eq!(counted, Ok(literal(&root, rendered)), "{template}");
    }
}

#[test]
fn templates_have_limits() {
    let root = repository("limits");
    write(&root, "outside.txt", "a secret");
    for (template, expected) in [
        ("a\n{{ nobody }}", "p/a.j2:2: it uses a value that is not given"),
        ("{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}", "p/a.j2:1: "),
        ("{{ \"abc\" * 1000000000 }}", "p/a.j2:1: "),
        ("{% include \"../outside.txt\" %}", "it includes a template that is not in its folder or below"),
        ("{% include \"a.j2\" %}", "p/a.j2:1: "),
        ("{{ x | shout }}", "only the filters, tests and functions of Jinja itself are known"),
        ("{% if %}", "not a template of Jinja"),
    ] {
        write(&root, "p/a.j2", template);
        let error = count(&root, &["p/a.j2", "--var", "x=1"]).unwrap_err();
        assert!(error.contains(expected), "{template}: {error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn format_strings_are_read_only_where_asked_for() {
    let root = repository("fstring");
    write(&root, "a.txt", "Say {name:>10} and {{name}}.");
    let args = ["a.txt", "--template", "fstring", "--var", "name=Ann"];
    assert_eq!(count(&root, &args), Ok(literal(&root, "Say Ann and {name}.")));
    write(&root, "a.txt", "Say\n{who}");
    assert!(count(&root, &args).unwrap_err().contains("a.txt:2: a placeholder has no value"));
    write(&root, "a.txt", "Say {");
    assert!(count(&root, &args).unwrap_err().contains("a brace is not closed or not doubled"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// A filled template is counted as its text is, whatever the values hold.
    #[test]
    fn filled_placeholders_are_their_values(before in "[ -~]{0,12}", value in "[ -~]{0,12}", after in "[a-z {}]{0,12}") {
        prop_assume!(!before.contains(['{', '`', '$', '~']) && !after.contains("{{") && !after.contains("}}"));
        let template = format!("{before}{{{{ name }}}}{after}.");
        let mut request = Request::from_text(template.as_bytes()).unwrap();
        request.fill(&BTreeMap::from([("name".to_owned(), value.clone())]));
        let whole = Request::from_text(format!("{before}{value}{after}.").as_bytes()).unwrap();
        let count = |request| Catalog::builtin().model("gpt-4o").unwrap().count(request, "2026-11-24".parse().unwrap()).unwrap();
        prop_assert!(request.placeholders().is_empty());
        prop_assert_eq!(count(&request).tokens(), count(&whole).tokens());
        prop_assert_eq!(count(&request).label(), Label::Exact);
    }
}
