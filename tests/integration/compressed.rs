//! Files compressed with gzip and zstd: every command reads them as what is in them.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use crate::budgets::{commit, gpt_cost, json, repository, text, write};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Writes a file and its compressed copies.
fn write_all(root: &Path, name: &str, content: &str) {
    write(root, name, content);
    fs::write(root.join(format!("{name}.gz")), gzip(content.as_bytes())).unwrap();
    let zstd = compress_to_vec(content.as_bytes(), CompressionLevel::Fastest);
    fs::write(root.join(format!("{name}.zst")), zstd).unwrap();
}

#[test]
fn compressed_files_are_read_by_every_command() {
    let root = repository("compressed");
    let line = |id: &str| {
        format!(
            r#"{{"custom_id": "{id}", "method": "POST", "url": "/v1/chat/completions", "body": {{"model": "gpt-4o", "messages": [{{"role": "user", "content": "Hi {id}"}}]}}}}"#
        )
    };
    write_all(&root, "batch.jsonl", &format!("{}\n{}\n", line("a"), line("b")));
    write_all(&root, "a.yaml", "model: gpt-4o\nmessages:\n  - {role: user, content: 'Hi {{ name }}'}\n");
    write_all(&root, "rows.csv", "name\nAnn\nBob\n");
    let request = r#"{"model":"gpt-4o-2024-08-06","messages":[{"role":"user","content":"Hi"}]}"#;
    let response =
        r#"{"model":"gpt-4o-2024-08-06","created":1760000000,"usage":{"prompt_tokens":8,"completion_tokens":1}}"#;
    write_all(&root, "recorded.jsonl", &format!("{{\"request\":{request},\"response\":{response}}}\n"));
    for args in [
        &["estimate", "batch.jsonl"][..],
        &["count", "a.yaml", "--vars", "rows.csv"],
        &["batch", "check", "batch.jsonl"],
        &["actual", "recorded.jsonl"],
        &["verify", "recorded.jsonl"],
    ] {
        let run = |ending: &str| {
            let named = |arg: &&str| if arg.contains('.') { format!("{arg}{ending}") } else { (*arg).to_owned() };
            let args: Vec<String> = args.iter().map(named).collect();
            let args: Vec<&str> = args.iter().map(String::as_str).chain(["--format", "json"]).collect();
            let output = gpt_cost(&root, &args);
            assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output.stderr));
            json(&output).to_string().replace(ending, "")
        };
        let plain = json(&gpt_cost(&root, &[args, &["--format", "json"][..]].concat())).to_string();
        assert_eq!(run(".gz"), plain, "{args:?}");
        assert_eq!(run(".zst"), plain, "{args:?}");
    }
}

#[test]
fn verify_finds_compressed_recordings_in_a_folder() {
    let root = repository("compressed-folder");
    let request = r#"{"model":"gpt-4o-2024-08-06","messages":[{"role":"user","content":"Hi"}]}"#;
    let response =
        r#"{"model":"gpt-4o-2024-08-06","created":1760000000,"usage":{"prompt_tokens":8,"completion_tokens":1}}"#;
    let recording = format!("{{\"request\":{request},\"response\":{response}}}\n");
    fs::write(root.join("recorded.jsonl.gz"), gzip(recording.as_bytes())).unwrap();
    let output = gpt_cost(&root, &["verify", "."]);
    assert!(text(&output.stdout).starts_with("1 of 1 counts equal the billed tokens"), "{output:?}");
}

#[test]
fn a_revision_is_read_as_the_working_tree_is() {
    let root = repository("compressed-revision");
    write(&root, "gpt-cost.toml", "[[budget]]\nname = \"b\"\npaths = [\"p/*.gz\"]\nmax_input_tokens = 1000\n");
    let body = |words: usize| {
        let text = "word ".repeat(words);
        gzip(format!(r#"{{"model": "gpt-4o", "messages": [{{"role": "user", "content": "{text}"}}]}}"#).as_bytes())
    };
    fs::create_dir_all(root.join("p")).unwrap();
    fs::write(root.join("p/a.json.gz"), body(10)).unwrap();
    assert_eq!(gpt_cost(&root, &["check"]).status.code(), Some(0));
    commit(&root);
    fs::write(root.join("p/a.json.gz"), body(20)).unwrap();
    let difference = json(&gpt_cost(&root, &["diff", "HEAD", "--format", "json"]));
    let change = &difference["changes"][0];
    assert_eq!(
        (&change["old"]["input_tokens"], &change["new"]["input_tokens"]),
        (&18.into(), &28.into()),
        "{difference}"
    );
}

#[test]
fn damaged_files_are_errors_and_nothing_of_them_is_counted() {
    let root = repository("compressed-damaged");
    write_all(&root, "a.jsonl", &"{\"model\": \"gpt-4o\", \"input\": \"Hi\"}\n".repeat(1000));
    for (name, format) in [("a.jsonl.gz", "gzip"), ("a.jsonl.zst", "zstd")] {
        let bytes = fs::read(root.join(name)).unwrap();
        for end in [5, bytes.len() / 2, bytes.len() - 1] {
            fs::write(root.join(name), &bytes[..end]).unwrap();
            let output = gpt_cost(&root, &["estimate", name]);
            assert_eq!(output.status.code(), Some(2), "{name} {end}");
            let expected = format!("error: {name}: not valid {format}: it is damaged, or its end is missing\n");
            assert_eq!(text(&output.stderr), expected, "{end}");
            assert_eq!(text(&output.stdout), "", "{end}");
        }
    }
}
