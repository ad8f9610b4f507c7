//! The speed of counting prose, code, JSON, CJK and other scripts, and that of estimating lines of a batch, with parts that
//! all lines have and with parts of their own: the difference is what the caches for repeated parts bring.
//!
//! The texts are those of the folder that `GPT_COST_CORPORA` names (`english.txt`, `code.txt`, `json.txt`, `cjk.txt`,
//! `multi.txt`), or else our own small samples. Each count is checked against the oracle before it is timed.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::{env, fs};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gpt_cost::{Catalog, Date, Encoding, Request, Terms};
use serde_json::json;

/// The name of each text here, and in the folder of corpora.
const TEXTS: [(&str, &str); 5] =
    [("prose", "english"), ("code", "code"), ("json", "json"), ("cjk", "cjk"), ("mixed", "multi")];

fn counting(criterion: &mut Criterion) {
    for (name, text) in TEXTS.map(|(sample, corpus)| (sample, read(sample, corpus))) {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(text.len() as u64));
        for encoding in Encoding::ALL.iter().copied() {
            let expected = oracle(encoding).count_ordinary(&text);
            assert_eq!(encoding.count(&text), expected, "{name}, {encoding}");
            group.bench_function(BenchmarkId::from_parameter(encoding), |bencher| {
                bencher.iter(|| encoding.count(black_box(&text)));
            });
        }
        group.finish();
    }
}

/// The bytes of the system prompt of a line, and of the user's message.
const PARTS: (usize, usize) = (1_500, 1_000);

fn batch_lines(criterion: &mut Criterion) {
    let text = read("prose", "english");
    let (system, user) = PARTS;
    let chars: Vec<char> = text.chars().take(40 * (system + user)).collect();
    let part = |start: usize, length: usize| chars.iter().cycle().skip(start).take(length).collect::<String>();
    let line = |index: usize, of_system: usize| {
        let tool = |name: String| {
            let parameters =
                json!({"type": "object", "properties": {name.clone(): {"type": "string", "description": name}}});
            json!({"type": "function", "function": {"name": name, "parameters": parameters}})
        };
        let messages = json!([
            {"role": "system", "content": part(of_system * 977, system)},
            {"role": "user", "content": part(index * 1009, user)},
        ]);
        let tools = [tool(format!("find_{of_system}")), tool(format!("send_{of_system}"))];
        json!({"model": "gpt-4o-mini", "messages": messages, "tools": tools}).to_string()
    };
    let catalog = Catalog::builtin();
    let model = catalog.model("gpt-4o-mini").unwrap();
    let terms = Terms::on(Date::new(2026, 11, 23).unwrap());
    let tokens = |line: &String| {
        let request = Request::from_json(line.as_bytes()).unwrap();
        model.estimate(&request, &terms).unwrap().input().tokens()
    };
    let mut group = criterion.benchmark_group("lines of a batch");
    for (name, lines) in [
        ("the same system prompt and tools", (0..500).map(|index| line(index, 0)).collect::<Vec<_>>()),
        ("their own system prompts and tools", (0..500).map(|index| line(index, index + 1)).collect()),
    ] {
        // What is met again has the count that it had at first.
        let first: Vec<u64> = lines.iter().map(tokens).collect();
        assert_eq!(lines.iter().map(tokens).collect::<Vec<_>>(), first, "{name}");
        group.throughput(Throughput::Bytes(lines.iter().map(|line| line.len() as u64).sum()));
        group.bench_function(name, |bencher| {
            bencher.iter(|| lines.iter().map(|line| tokens(black_box(line))).sum::<u64>())
        });
    }
    group.finish();
}

fn read(sample: &str, corpus: &str) -> String {
    let corpora = env::var_os("GPT_COST_CORPORA").map(PathBuf::from);
    let path = match corpora {
        Some(folder) => folder.join(corpus).with_extension("txt"),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/samples").join(sample).with_extension("txt"),
    };
    fs::read_to_string(path).unwrap()
}

fn oracle(encoding: Encoding) -> &'static tiktoken_rs::CoreBPE {
    match encoding.as_str() {
        "cl100k_base" => tiktoken_rs::cl100k_base_singleton(),
        "o200k_base" => tiktoken_rs::o200k_base_singleton(),
        "o200k_harmony" => tiktoken_rs::o200k_harmony_singleton(),
        "p50k_base" => tiktoken_rs::p50k_base_singleton(),
        _ => tiktoken_rs::r50k_base_singleton(),
    }
}

criterion_group!(benches, counting, batch_lines);
criterion_main!(benches);
