//! Templates with values: what each language renders, where values come from, and the limits.

use std::collections::BTreeMap;

use gpt_cost::{Catalog, Label, Request};
use proptest::prelude::*;

use crate::budgets::{commit, gpt_cost, json, repository, text, write};

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

#[test]
fn a_value_that_no_prompt_uses_is_noted() {
    let root = repository("unused");
    write(&root, "a.md", "Hi {{ name }}");
    let output = gpt_cost(&root, &["estimate", "a.md", "-m", "gpt-4o", "--var", "name=Ann", "--var", "nmae=Ann"]);
    assert_eq!(text(&output.stderr), "note: --var nmae: no prompt has this name\n");
    assert!(text(&output.stdout).starts_with("a.md  text with values  gpt-4o"), "{output:?}");
    let report = json(&gpt_cost(&root, &["count", "a.md", "-m", "gpt-4o", "--format", "json"]));
    assert_eq!(report["requests"][0]["is_filled"], false);
    // A template that is included can use it.
    write(&root, "part.j2", "Hi {{ name }}");
    write(&root, "a.j2", "{% include 'part.j2' %}");
    let output = gpt_cost(&root, &["count", "a.j2", "-m", "gpt-4o", "--var", "name=Ann"]);
    assert_eq!(text(&output.stderr), "");
    assert!(text(&output.stdout).contains("text with values"), "{output:?}");
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
        ("a\n{{ nobody }}", "p/a.j2:2: it uses `nobody`, without a value"),
        ("{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}", "p/a.j2:1: "),
        ("{{ \"abc\" * 1000000000 }}", "p/a.j2:1: "),
        (
            "{% include \"../outside.txt\" %}",
            "it includes a template that is not in its folder, below, or above in the project",
        ),
        ("{% include \"a.j2\" %}", "p/a.j2:1: "),
        ("{{ x | shout }}", "filter shout is unknown: those that a program adds are not known"),
        ("{{ debug() }}", "debug"),
        ("{% for i in range(3) %}{{ nobody }}{% endfor %}", "it uses `nobody`, without a value"),
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
    write(&root, "a.txt", "Say {}");
    assert!(count(&root, &args).unwrap_err().contains("a.txt:1: a placeholder without a name has no value"));
    write(&root, "a.txt", "Say\n{");
    assert!(count(&root, &args).unwrap_err().contains("a.txt:2: a brace is not closed or not doubled"));
}

#[test]
fn mustache_is_escaped_and_has_partials() {
    let root = repository("mustache");
    write(&root, "p/a.mustache", "Hi {{name}} and {{{name}}}\n  {{> shared/list}}\n");
    write(&root, "shared/list.mustache", "{{#items}}\n- {{.}}\n{{/items}}\n");
    write(&root, "values.json", r#"{"name": "A & B", "items": ["x", "y"]}"#);
    let rendered = "Hi A &amp; B and A & B\n  - x\n  - y\n";
    assert_eq!(count(&root, &["p/a.mustache", "--vars", "values.json"]), Ok(literal(&root, rendered)));
    let output = gpt_cost(&root, &["count", "p/a.mustache", "-m", "gpt-4o", "--var", "items=z", "--format", "json"]);
    assert_eq!(json(&output)["requests"][0]["not_counted"][0]["message"], "the value of `name`", "it is named");
}

/// `--var user.name=…` is the field of a value, in every language; a filter is not one of braces.
#[test]
fn values_have_fields_and_braces_have_no_filters() {
    let root = repository("fields");
    for (name, template) in
        [("a.md", "Hi {{ user.name }}"), ("a.j2", "Hi {{ user.name }}"), ("a.mustache", "Hi {{user.name}}")]
    {
        write(&root, name, template);
        assert_eq!(count(&root, &[name, "--var", "user.name=Ann"]), Ok(literal(&root, "Hi Ann")), "{name}");
    }
    write(&root, "a.md", "Hi {{ name | upper }}");
    let output = gpt_cost(&root, &["count", "a.md", "-m", "gpt-4o", "--var", "name=Ann", "--format", "json"]);
    assert_eq!(json(&output)["requests"][0]["not_counted"][0]["message"], "the value of `name`");
}

/// In each language, a value can have a size instead.
#[test]
fn sizes_and_values_go_together() {
    let root = repository("sizes-and-values");
    for (name, template) in [
        ("a.md", "Say {{ name }}: {{ document }}"),
        ("a.j2", "Say {{ name }}: {{ document }}"),
        ("a.mustache", "Say {{ name }}: {{{ document }}}"),
    ] {
        write(&root, name, template);
        let sized = ["count", name, "-m", "gpt-4o", "--var-tokens", "document=500", "--format", "json"];
        let request = &json(&gpt_cost(&root, &[&sized[..], &["--var", "name=Ann"]].concat()))["requests"][0];
        assert_eq!(request["input_tokens"]["label"], "estimate", "{name}");
        let min = request["input_tokens"]["min"].as_u64().unwrap();
        assert!((505..=515).contains(&min), "{name}: {request}");
        // The value wins, and with all of them the count is exact.
        let filled = ["--var", "name=Ann", "--var", "document=Hi"];
        let request = &json(&gpt_cost(&root, &[&sized[..], &filled[..]].concat()))["requests"][0];
        assert_eq!(request["input_tokens"]["label"], "exact", "{name}");
    }
    for name in ["a.j2", "a.mustache"] {
        let error = count(&root, &[name, "--var-tokens", "document=5", "--var", "name={{ x }}"]).unwrap_err();
        assert!(error.contains("a value has template syntax"), "{error}");
    }
}

/// Without values, the count is that of the text that Jinja would leave.
#[test]
fn a_jinja_template_without_values_has_no_comments() {
    let root = repository("jinja-empty");
    write(&root, "a.j2", "Hello{# a note #} there\n");
    assert_eq!(count(&root, &["a.j2"]), Ok(literal(&root, "Hello there")), "no value is needed");
    write(&root, "a.j2", "Hello{# a note #} there {{ name }}\n");
    let output = gpt_cost(&root, &["count", "a.j2", "-m", "gpt-4o", "--format", "json"]);
    let request = &json(&output)["requests"][0];
    assert_eq!(request["not_counted"][0]["message"], "the value of `name`");
    assert!(request["input_tokens"]["tokens"].as_u64().unwrap() <= literal(&root, "Hello there "), "{request}");
}

#[test]
fn includes_are_looked_up_above_in_the_project_and_nowhere_else() {
    let root = repository("includes");
    write(&root, "project/prompts/shared/head.j2", "You are {{ role }}.");
    write(&root, "project/prompts/support/a.j2", "{% include \"shared/head.j2\" %} Help.");
    write(&root, "outside.j2", "a secret");
    let project = root.join("project");
    let rendered = literal(&project, "You are kind. Help.");
    assert_eq!(count(&project, &["prompts/support/a.j2", "--var", "role=kind"]), Ok(rendered));
    // The folder of the command does not matter.
    assert_eq!(count(&project.join("prompts/support"), &["a.j2", "--var", "role=kind"]), Ok(rendered));
    // A configuration is the end of a project.
    write(&root, "project/prompts/support/gpt-cost.toml", "");
    let error = count(&project, &["prompts/support/a.j2", "--var", "role=kind"]).unwrap_err();
    assert!(error.contains("nothing else is read"), "{error}");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(root.join("outside.j2"), project.join("prompts/link.j2")).unwrap();
        write(&root, "project/prompts/b.j2", "{% include \"link.j2\" %}");
        write(&root, "project/gpt-cost.toml", "");
        let error = count(&project, &["prompts/b.j2"]).unwrap_err();
        assert!(error.contains("nothing else is read") && !error.contains("secret"), "{error}");
    }
}

/// Writes a project with one budget for `prompts/`, with these keys.
fn project(root: &std::path::Path, keys: &str) {
    let budget = "model = \"gpt-4o\"\n[[budget]]\nname = \"p\"\npaths = [\"prompts/*\"]\nmax_input_tokens = 60\n";
    write(root, "gpt-cost.toml", &format!("{budget}{keys}\n"));
}

#[test]
fn a_budget_has_a_request_for_each_row_of_its_values() {
    let root = repository("budget-vars");
    project(&root, "vars = [\"fixtures/*\"]");
    write(&root, "prompts/a.md", "Hi {{ name }}");
    write(&root, "prompts/fixed.md", "Hello");
    write(&root, "prompts/b.j2", "Dear {{ name | upper }}\n");
    write(&root, "fixtures/1.json", r#"{"name": "Ann"}"#);
    write(&root, "fixtures/more.csv", "name\nBob\n\"a very long name, of more than one word\"\n");
    let output = gpt_cost(&root, &["check", "--format", "json"]);
    let report = json(&output);
    let found: Vec<(String, u64)> = report["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let usage = &one["budgets"][0]["current"]["input_tokens"];
            (one["name"].as_str().unwrap().to_owned(), usage.as_u64().unwrap_or_else(|| panic!("{one}")))
        })
        .collect();
    let mut expected = Vec::new();
    for (name, greeting) in [("prompts/a.md", "Hi"), ("prompts/b.j2", "Dear")] {
        for (row, value) in [
            ("fixtures/1.json", "Ann"),
            ("fixtures/more.csv:2", "Bob"),
            ("fixtures/more.csv:3", "a very long name, of more than one word"),
        ] {
            let value = if greeting == "Dear" { value.to_uppercase() } else { value.to_owned() };
            expected.push((format!("{name}#{row}"), literal(&root, &format!("{greeting} {value}"))));
        }
    }
    expected.push(("prompts/fixed.md".to_owned(), literal(&root, "Hello")));
    assert_eq!(found, expected, "{}", text(&output.stderr));

    // A baseline has a row for each, and a difference is that of the values of each side.
    assert_eq!(gpt_cost(&root, &["baseline", "write"]).status.code(), Some(0));
    commit(&root);
    write(&root, "fixtures/1.json", r#"{"name": "Ann, and someone else"}"#);
    let difference = json(&gpt_cost(&root, &["diff", "HEAD", "--format", "json"]));
    let mut changed: Vec<&str> =
        difference["changes"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    changed.sort_unstable();
    assert_eq!(changed, ["prompts/a.md#fixtures/1.json", "prompts/b.j2#fixtures/1.json"], "{difference}");
}

#[test]
fn problems_of_values_are_those_of_their_budget() {
    let root = repository("budget-vars-problems");
    write(&root, "prompts/a.md", "Hi {{ name }}");
    let check = |keys: &str| {
        project(&root, keys);
        let output = gpt_cost(&root, &["check"]);
        (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
    };
    let (code, output) = check("vars = [\"nowhere/*.json\"]");
    assert!(code == 2 && output.contains("no file matches its vars"), "{code} {output}");
    write(&root, "fixtures/1.json", "[1]");
    let (code, output) = check("vars = [\"fixtures/*.json\"]");
    assert!(code == 2 && output.contains("expected an object with a value for each placeholder"), "{code} {output}");
    for (keys, expected) in [
        ("template = \"jina\"", "did you mean \"jinja\"?"),
        ("role = \"tool\"", "write one of \"system\", \"developer\", \"user\""),
        ("vars = \"a\"", "vars"),
    ] {
        let (code, output) = check(keys);
        assert!(code == 2 && output.contains(expected), "{keys}: {code} {output}");
    }
    write(&root, "fixtures/1.json", "{\"name\": \"Ann\"}");
    assert_eq!(check("vars = [\"fixtures/*.json\"]\nrole = \"system\"").0, 0);
    // Python's format strings, where asked for.
    write(&root, "prompts/a.md", "Hi {name}, {{x}}");
    assert_eq!(check("vars = [\"fixtures/*.json\"]\ntemplate = \"fstring\"").0, 0);
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
