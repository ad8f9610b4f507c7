//! The encodings against the oracle, tiktoken-rs: token by token.
//!
//! `GPT_COST_CASES=N` sets how many random texts each property tries, 256 by default;
//! `cargo test --release encoding -- --ignored` is the long run.

use gpt_cost::Encoding;
use proptest::prelude::*;
use proptest::test_runner::Config;
use tiktoken_rs::CoreBPE;

pub(crate) fn oracle(encoding: Encoding) -> &'static CoreBPE {
    match encoding {
        Encoding::Cl100kBase => tiktoken_rs::cl100k_base_singleton(),
        Encoding::O200kBase => tiktoken_rs::o200k_base_singleton(),
        Encoding::O200kHarmony => tiktoken_rs::o200k_harmony_singleton(),
        Encoding::P50kBase => tiktoken_rs::p50k_base_singleton(),
        _ => tiktoken_rs::r50k_base_singleton(),
    }
}

fn agrees(text: &str) {
    for encoding in Encoding::ALL.iter().copied() {
        let expected = oracle(encoding).encode_ordinary(text);
        assert_eq!(encoding.encode(text), expected, "{encoding}: {text:?}");
        assert_eq!(encoding.count(text), expected.len(), "{encoding}: {text:?}");
        assert_eq!(encoding.decode(&expected).unwrap(), text.as_bytes());
        assert_eq!(encoding.count_up_to(text, expected.len()), Some(expected.len()));
        if !expected.is_empty() {
            assert_eq!(encoding.count_up_to(text, expected.len() - 1), None);
        }
    }
}

fn config() -> Config {
    let cases = std::env::var("GPT_COST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(256);
    Config { cases, ..Config::default() }
}

/// The characters that the split patterns distinguish, and their neighbours.
const ODD: &[&str] = &[
    "'",
    "'s",
    "'S",
    "'\u{17f}",
    "'t",
    "'re",
    "'RE",
    "'vE",
    "'ll",
    "'lL",
    "'d",
    "'m",
    "'x",
    "''s",
    "\u{17f}",
    "k",
    "\u{212a}",
    " ",
    "  ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\u{b}",
    "\u{c}",
    "\u{85}",
    "\u{a0}",
    "\u{1680}",
    "\u{2003}",
    "\u{2028}",
    "\u{2029}",
    "\u{202f}",
    "\u{205f}",
    "\u{3000}",
    "\u{200b}",
    "\u{200d}",
    "\u{feff}",
    "\0",
    "/",
    "//",
    "!",
    "?!",
    ".",
    "...",
    "-",
    "_",
    "#",
    "a",
    "Z",
    "ab",
    "AB",
    "Ab",
    "aB",
    "the",
    "The",
    "THE",
    "\u{1c5}",
    "\u{2b0}",
    "\u{aa}",
    "中",
    "あ",
    "ア",
    "ー",
    "한",
    "ش",
    "ा",
    "\u{301}",
    "\u{308}",
    "\u{20e3}",
    "\u{fe0f}",
    "1",
    "12",
    "123",
    "1234",
    "٣",
    "४",
    "½",
    "Ⅷ",
    "一",
    "²",
    "👩",
    "👩\u{200d}🔬",
    "🇳🇴",
    "😀",
    "é",
    "e\u{301}",
    "É",
    "ß",
    "İ",
    "\u{378}",
    "\u{e000}",
    "\u{10ffff}",
    "<|endoftext|>",
    "<|im_start|>",
    "<|fim_prefix|>",
    "=",
    "==",
    "{",
    "}",
    "\"",
    "\\n",
    "https://",
    "ing",
    "tion",
];

fn edge_characters() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(ODD), 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_text_is_encoded_as_the_oracle_does(text in "\\PC{0,60}|(?s:.){0,60}") {
        agrees(&text);
    }

    #[test]
    fn adjacent_edge_characters_are_encoded_as_the_oracle_does(text in edge_characters()) {
        agrees(&text);
    }

    #[test]
    fn both_parts_of_a_divided_text_are_encoded_as_the_oracle_does(text in edge_characters(), cut in 0usize..60) {
        let cut = text.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(0);
        agrees(&text[..cut]);
        agrees(&text[cut..]);
    }
}

#[test]
fn every_code_point_is_encoded_as_the_oracle_does() {
    // In a debug build every seventh one; all of them in the long run.
    each_code_point(if cfg!(debug_assertions) { 7 } else { 1 });
}

/// Each one alone, between letters, after a space, before an apostrophe, and twice.
fn each_code_point(step: usize) {
    for char in (0..=0x10_ffff).step_by(step).filter_map(char::from_u32) {
        let text = format!("{char} a{char}b A{char}B  {char}{char}'s 1{char}2\n{char}/");
        for encoding in [Encoding::Cl100kBase, Encoding::O200kBase, Encoding::R50kBase] {
            assert_eq!(encoding.encode(&text), oracle(encoding).encode_ordinary(&text), "{encoding}: {char:?}");
        }
    }
}

#[test]
fn pairs_of_edge_characters_are_encoded_as_the_oracle_does() {
    for one in ODD {
        for other in ODD {
            let text = format!("{one}{other}");
            for encoding in Encoding::ALL.iter().copied() {
                assert_eq!(encoding.encode(&text), oracle(encoding).encode_ordinary(&text), "{encoding}: {text:?}");
            }
        }
    }
}

#[test]
fn the_samples_are_encoded_as_the_oracle_does() {
    for sample in ["prose", "code", "json", "cjk", "mixed"] {
        agrees(&std::fs::read_to_string(format!("benches/samples/{sample}.txt")).unwrap());
    }
}

/// The oracle needs minutes for such a text, or panics: the tokens are compared with the count and, decoded, with the
/// text.
#[test]
fn one_hundred_kilobytes_of_one_character_or_pair_are_encoded() {
    let texts = [" ", "a", "\n", "=", "ab", "中", "9", " \n", "🙂", "A", "\u{301}"]
        .map(|part| part.repeat(100_000 / part.len()));
    for text in texts {
        for encoding in Encoding::ALL.iter().copied() {
            let tokens = encoding.encode(&text);
            assert_eq!(encoding.decode(&tokens).unwrap(), text.as_bytes());
            assert_eq!(encoding.count(&text), tokens.len());
        }
    }
}

#[test]
fn a_token_that_an_encoding_does_not_have_is_an_error() {
    let unknown = [
        (Encoding::Cl100kBase, 100_256),
        (Encoding::O200kBase, 199_998),
        (Encoding::P50kBase, 50_256),
        (Encoding::R50kBase, 50_257),
    ];
    for (encoding, token) in unknown {
        let error = encoding.decode(&[0, token, u32::MAX]).unwrap_err();
        assert_eq!(error.to_string(), format!("token {token} is not in {encoding}"));
    }
}
