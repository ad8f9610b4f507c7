//! Any text is encoded to the oracle's tokens, in all encodings.
#![no_main]

use gpt_cost::Encoding;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for (encoding, oracle) in [
        (Encoding::Cl100kBase, tiktoken_rs::cl100k_base_singleton()),
        (Encoding::O200kBase, tiktoken_rs::o200k_base_singleton()),
        (Encoding::P50kBase, tiktoken_rs::p50k_base_singleton()),
        (Encoding::R50kBase, tiktoken_rs::r50k_base_singleton()),
    ] {
        assert_eq!(encoding.encode(text), oracle.encode_ordinary(text), "{encoding}");
    }
});
