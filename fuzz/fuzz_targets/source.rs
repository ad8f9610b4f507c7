//! A file of any name and bytes is read, or is an error: requests, prompts, samples, recordings and responses.
#![no_main]

use gpt_cost::source::{InputFormat, distinct, documents, prompts_at};
use gpt_cost::usage;
use gpt_cost::verify::Recording;
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 8] = ["a.json", "a.jsonl", "a.har", "a.yaml", "a.toml", "a.md", "a.md.j2", "a.txt"];

fuzz_target!(|input: (usize, &str, &[u8])| {
    let (name, pointer, bytes) = input;
    let name = NAMES[name % NAMES.len()];
    for (document, _) in &distinct(documents(name, bytes, InputFormat::Auto)) {
        let _ = (document.request(), document.prompt(), document.samples(), document.line_of("messages[0]"));
        let _ = document.recording().map(|recording| Recording::from_json(&recording));
    }
    for document in &prompts_at(name, bytes, pointer) {
        let _ = document.prompt();
    }
    let _ = usage::responses(name, bytes);
});
