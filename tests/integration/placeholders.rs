//! Placeholders of templates: the count of a text with placeholders, and how each command uses it.

use gpt_cost::{Catalog, Label, Request, TokenCount};
use proptest::prelude::*;

use crate::budgets::{gpt_cost, json, repository, text, write};

const MODELS: [&str; 2] = ["gpt-4", "gpt-4.1"];

fn count(model: &str, request: &Request) -> TokenCount {
    Catalog::builtin().model(model).unwrap().count(request, "2026-11-24".parse().unwrap()).unwrap()
}

/// Pieces of text that split patterns and merges distinguish.
fn literal() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just(" the".to_owned()),
        Just(" order's".to_owned()),
        Just("ing".to_owned()),
        Just("12345".to_owned()),
        Just("'".to_owned()),
        Just("  ".to_owned()),
        Just("\n\n".to_owned()),
        Just("...".to_owned()),
        Just("中文".to_owned()),
        Just("\u{301}".to_owned()),
        Just(" A".to_owned()),
        "[ a-zA-Z0-9.,]{0,6}",
    ];
    prop::collection::vec(part, 0..5).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("GPT_COST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2_000)
    ))]

    /// No value makes the count less than the minimum. With sizes, none makes it more than the maximum.
    #[test]
    fn the_count_of_a_filled_template_is_in_the_range(
        parts in prop::collection::vec((literal(), literal()), 1..4),
        last in literal(),
    ) {
        let (mut template, mut filled) = (String::new(), String::new());
        for (index, (literal, value)) in parts.iter().enumerate() {
            template.push_str(&format!("{literal}{{{{ v{index} }}}}"));
            filled.push_str(literal);
            filled.push_str(value);
        }
        template.push_str(&last);
        filled.push_str(&last);
        prop_assume!(!filled.is_empty());
        for model in MODELS {
            let mut request = Request::from_text(template.as_bytes()).unwrap();
            request.find_placeholders();
            prop_assume!(request.placeholders().len() == parts.len());
            let open = count(model, &request);
            prop_assert_eq!(open.max(), None);
            let truth = count(model, &Request::from_text(filled.as_bytes()).unwrap()).tokens();
            prop_assert!(open.min() <= truth, "{} {template:?} {filled:?}: {} > {truth}", model, open.min());
            let encoding = Catalog::builtin().model(model).unwrap().resolve("2026-11-24".parse().unwrap()).unwrap().model.encoding();
            for (index, (_, value)) in parts.iter().enumerate() {
                request.set_placeholder_tokens(&format!("v{index}"), encoding.unwrap().count(value) as u64);
            }
            let sized = count(model, &request);
            prop_assert_eq!(sized.label(), Label::Estimate);
            prop_assert!(sized.min() <= truth && truth <= sized.max().unwrap(), "{template:?} {filled:?}: {truth} {sized:?}");
        }
    }
}

#[test]
fn a_prompt_file_with_placeholders_has_a_minimum_count() {
    let root = repository("placeholders");
    write(&root, "p.md", "Summarize this document in one sentence:\n\n{{ document }}\n");
    let body = r#"{"model":"gpt-4.1","messages":[{"role":"user","content":"Summarize: {{document}} and ${x}"}],"max_tokens":10}"#;
    write(&root, "p.json", body);
    for file in ["p.md", "p.json"] {
        let report = json(&gpt_cost(&root, &["estimate", file, "-m", "gpt-4.1", "--format", "json"]));
        let request = &report["requests"][0];
        assert_eq!(request["input_tokens"]["label"], "at_least", "{file}");
        assert!(request["not_counted"].to_string().contains("the value of `document`"), "{report}");
        let literal = json(&gpt_cost(&root, &["estimate", file, "-m", "gpt-4.1", "--literal", "--format", "json"]));
        assert_eq!(literal["requests"][0]["input_tokens"]["label"], "exact", "{file}");
    }
    write(&root, "blocks.md", "{% if a %}b{% endif %} {{#items}}c{{/items}} {{> footer}}");
    let report = text(&gpt_cost(&root, &["estimate", "blocks.md", "-m", "gpt-4.1"]).stdout);
    for name in ["{% if %}", "{{#items}}", "{{>footer}}"] {
        assert!(report.contains(&format!("the output of `{name}`")), "{report}");
    }
    // Captured traffic is literal, and so are requests of the library.
    write(&root, "log.jsonl", &format!("{body}\n{body}\n"));
    write(&root, "array.json", &format!("[{body}]"));
    for file in ["log.jsonl", "array.json"] {
        let report = json(&gpt_cost(&root, &["estimate", file, "--format", "json"]));
        assert_eq!(report["requests"][0]["input_tokens"]["label"], "exact", "{file}");
    }
    assert_eq!(count("gpt-4.1", &Request::from_json(body.as_bytes()).unwrap()).label(), Label::Exact);
}

#[test]
fn check_decides_on_placeholders_if_it_can() {
    let root = repository("check-placeholders");
    write(&root, "p.md", &format!("{}\n{{{{ document }}}} and {{{{question}}}}\n", "some words ".repeat(50)));
    let check = |more: &str| {
        write(
            &root,
            "gpt-cost.toml",
            &format!("model = \"gpt-4.1\"\n[[budget]]\nname = \"b\"\npaths = [\"p.md\"]\n{more}\n"),
        );
        let output = gpt_cost(&root, &["check"]);
        (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
    };
    let (code, output) = check("max_input_tokens = 50");
    assert_eq!(code, 1, "the fixed part is too much: {output}");
    let (code, output) = check("max_input_tokens = 5000");
    assert_eq!(code, 2, "{output}");
    for (more, expected) in [
        ("max_input_tokens = 5000\nallow_uncounted = true", 0),
        ("max_input_tokens = 5000\ntemplate = \"none\"", 0),
        ("max_input_tokens = 5000\nvar_tokens = { document = 4_000, question = 30 }", 0),
        ("max_input_tokens = 5000\nvar_tokens = { document = 4_990, question = 30 }", 1),
        ("max_input_tokens = 5000\nvar_tokens = { document = 4_000 }", 2),
        ("max_input_tokens = 5000\nvar_tokens = { document = 0 }", 2),
        ("max_input_tokens = 5000\nvar_tokens = 5", 2),
    ] {
        let (code, output) = check(more);
        assert_eq!(code, expected, "{more}: {output}");
    }
    // An increase is computed from the fixed parts.
    check("max_increase = \"10%\"");
    assert_eq!(gpt_cost(&root, &["baseline", "write"]).status.code(), Some(0));
    assert_eq!(check("max_increase = \"10%\"").0, 0);
    write(&root, "p.md", &format!("{}\n{{{{ document }}}}\n", "some words ".repeat(80)));
    assert_eq!(check("max_increase = \"50 tokens\"").0, 1);
}
