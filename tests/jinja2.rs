//! Jinja templates of our own, compared with what the Jinja2 of Python renders. Reported as ignored without it:
//! `GPT_COST_PYTHON` names the Python to use, by default `python3`.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test may panic, and explains why it is ignored")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use libtest_mimic::{Arguments, Trial};

const SCRIPT: &str = "import json, sys, jinja2
values, templates = json.load(sys.stdin)
environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
print(json.dumps([environment.from_string(text).render(values) for text in templates]))";

const TEMPLATES: &[&str] = &[
    "Hi {{ name }}\n",
    "Hi {{ name }}\n\n",
    "{{ n }} {{ half }} {{ yes }} {{ none }} {{ not yes }} {{ n / 2 }} {{ n // 2 }} {{ n % 2 }} {{ 2 ** n }}",
    "{% if n > 2 and yes %}more{% elif n %}some{% else %}none{% endif %}\n",
    "{% for w in words %}\n- {{ loop.index }}. {{ w }}\n{% endfor %}\nend\n",
    "{%- for w in words -%}\n  {{ w }},\n{%- endfor -%}\n end",
    "{% for w in words if w != 'b' %}{{ w }}{% else %}nothing{% endfor %}",
    "{# a note\n of two lines #}\ntext\n",
    "{{ user.name }} {{ user['tags'][1] }} {{ user.tags | join(', ') }} {{ words | length }}",
    "{{ text | upper }}{{ text | trim }}|{{ text | title }}|{{ 'abc' | capitalize }}|{{ text | replace('one', '1') }}",
    "{{ words | slice(2) | list }} {{ words | first }}{{ words | last }}{{ words[::-1] }}{{ words | sort(reverse=true) | join }}",
    "{{ rows | map(attribute='k') | join('-') }} {{ rows | selectattr('v', 'equalto', 1) | list | length }}",
    "{{ missing | default('nobody') }} {{ missing is defined }} {{ name is string }} {{ n is odd }}",
    "{% set total = 0 %}{% set ns = namespace(total=0) %}{% for r in rows %}{% set ns.total = ns.total + r.v %}{% endfor %}{{ ns.total }}",
    "{% macro item(text, mark='*') -%}\n{{ mark }} {{ text }}\n{%- endmacro %}{{ item('a') }}{{ item('b', mark='-') }}",
    "{% raw %}{{ not rendered }}{% endraw %} {{ '{{' }}",
    "{{ user }} {{ words }} {{ user | tojson }}",
    "{% for k, v in user.items() %}{{ k }}={{ v }};{% endfor %}",
    "{% filter upper %}shout {{ name }}{% endfilter %}",
    "{{ text | indent(4) }}{{ 'x' ~ n ~ 'y' }}{{ \"%s-%d\" | format(name, n) }}",
    "{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ words | batch(2) | list }}",
    "a {%+ if yes %}b{% endif %} c\n{% if yes -%}   d   {%- endif %}\n",
    "{{ 'a' if n == 3 else 'b' }}{{ 1 < 2 < 3 }}{{ n in [1, 3] }}{{ [1, 2] + [3] }}",
    "{{ rows | tojson }} {{ user | tojson(indent=2) }} {{ 'é<\"\\u2026🎉' | tojson }}",
    "{{ 'a b'.split(' ') }} {{ name.lower() }} {{ name.startswith('A') }} {{ ' x '.strip() }} {{ user.get('none', 'no') }}",
    "{{ text | indent(2, true) }}{{ 'a\n\nb' | indent(width='> ', blank=true) }}",
    "{{ 'a longer text here' | truncate(length=10) }} {{ words | list | unique | join }} {{ n | round(1) }} {{ half | round }}",
    "{% for w in words %}{{ loop.first }}{{ loop.last }}{{ loop.cycle('o', 'e') }}{{ loop.revindex }}{% endfor %}",
    "{{ rows | groupby('v') | length }} {{ rows | sum(attribute='v') }} {{ words | reverse | list }} {{ [3, 1] | min }}",
    "{{ name | e }} {{ name | safe }} {{ '<b>' | striptags }} {{ 'a b c' | wordcount }}",
];

fn main() -> ExitCode {
    let has_jinja2 = python("import jinja2", "").is_some();
    if !has_jinja2 {
        eprintln!("no Python with Jinja2 is there: templates are not compared with it");
    }
    let trial = Trial::test("templates_render_as_jinja2_renders_them", || {
        compare();
        Ok(())
    });
    libtest_mimic::run(&Arguments::from_args(), vec![trial.with_ignored_flag(!has_jinja2)]).exit_code()
}

fn compare() {
    let values = serde_json::json!({
        "name": "Ann <&>", "n": 3, "half": 0.5, "yes": true, "none": null, "words": ["a", "b", "c"], "text": "one two\nthree\n",
        "user": {"name": "Bob", "tags": ["x", "y"]}, "rows": [{"k": "q1", "v": 1}, {"k": "q2", "v": 2}, {"k": "q3", "v": 1}],
    });
    let rendered = python(SCRIPT, &serde_json::json!([values, TEMPLATES]).to_string()).expect("Jinja2 renders them");
    let rendered: Vec<String> = serde_json::from_str(&rendered).expect("a JSON array of texts");
    assert_eq!(rendered.len(), TEMPLATES.len());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("jinja2");
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("values.json", &values.to_string());
    let differs = |(template, rendered): (&&str, String)| {
        write("a.j2", template);
        write("rendered.txt", &rendered);
        let counted = count(&folder, &["a.j2", "--vars", "values.json"]);
        let expected = count(&folder, &["rendered.txt", "--literal", "--input-format", "text"]);
        (counted != expected).then(|| format!("{template} is {rendered:?}, {expected:?}, not {counted:?}"))
    };
    let different: Vec<String> = TEMPLATES.iter().zip(rendered).filter_map(differs).collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// Runs a script; `None` if there is no Python or it fails.
fn python(script: &str, input: &str) -> Option<String> {
    let python = std::env::var("GPT_COST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut command = Command::new(python);
    command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    // A script that fails ends before it reads.
    let _ = child.stdin.take()?.write_all(input.as_bytes());
    let output = child.wait_with_output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok())?
}

/// Returns what `count` prints.
fn count(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gpt-cost"));
    let options = ["count", "--quiet", "--no-config", "-m", "gpt-4o"];
    let output = command.current_dir(folder).args(options).args(args).output().unwrap();
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}
