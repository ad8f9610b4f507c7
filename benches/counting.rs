//! The speed of counting prose, code, JSON, CJK and other scripts.
//!
//! The texts are those of the folder that `GPT_COST_CORPORA` names (`english.txt`, `code.txt`, `json.txt`, `cjk.txt`,
//! `multi.txt`), or else our own small samples. Each count is checked against the oracle before it is timed.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::{env, fs};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gpt_cost::Encoding;

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

criterion_group!(benches, counting);
criterion_main!(benches);
