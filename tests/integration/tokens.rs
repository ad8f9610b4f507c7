//! The iterator over tokens, prefixes of n tokens, and decoding to text.

use gpt_cost::Encoding;
use proptest::prelude::*;

use crate::encoding::oracle;

/// Texts that are hard to truncate: white space before words, contractions, characters of many tokens, mixed case
/// within words, slashes after punctuation.
fn texts() -> impl Strategy<Value = String> {
    const PARTS: &[&str] = &[
        " ",
        "  ",
        "\n",
        "\r\n",
        "\t",
        "\u{a0}",
        "\u{3000}",
        "'s",
        "'ll",
        "'L",
        "'",
        "the",
        "ABC",
        "ab",
        "中",
        "中B",
        "\u{301}",
        "🙂",
        "👩\u{200d}🔬",
        "12",
        "1234",
        "...",
        "//",
        "=",
        "ization",
        "\0",
        "é",
    ];
    proptest::collection::vec(proptest::sample::select(PARTS), 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn tokens_are_those_of_encode_and_adjacent(text in texts()) {
        for encoding in Encoding::ALL.iter().copied() {
            let tokens: Vec<_> = encoding.tokens(&text).collect();
            let ids: Vec<u32> = tokens.iter().map(|token| token.id).collect();
            prop_assert_eq!(&ids, &encoding.encode(&text));
            let mut at = 0;
            for token in tokens {
                prop_assert_eq!(token.range.start, at);
                prop_assert_eq!(&encoding.decode(&[token.id]).unwrap()[..], &text.as_bytes()[token.range.clone()]);
                at = token.range.end;
            }
            prop_assert_eq!(at, text.len());
        }
    }

    #[test]
    fn truncate_returns_the_longest_prefix_that_fits(text in texts()) {
        for encoding in Encoding::ALL.iter().copied() {
            for limit in 0..=encoding.count(&text) {
                let fits = |end: &usize| encoding.count(&text[..*end]) <= limit;
                let longest = (0..=text.len()).rev().filter(|end| text.is_char_boundary(*end)).find(fits);
                prop_assert_eq!(encoding.truncate(&text, limit), &text[..longest.unwrap()], "{}, {}", encoding, limit);
            }
        }
    }
}

#[test]
fn a_long_piece_is_truncated_near_the_limit() {
    for part in ["a", "ab", "A中B", " ", "\n ", "=", "中", "🙂", "qzx", "\u{301}", "...\n/"] {
        let text = part.repeat(20_000 / part.len());
        for encoding in Encoding::ALL.iter().copied() {
            let tokens: Vec<_> = encoding.tokens(&text).collect();
            for limit in [0, 1, 7, tokens.len() / 2, tokens.len() - 1] {
                let prefix = encoding.truncate(&text, limit);
                assert!(encoding.count(prefix) <= limit, "{encoding}, {part:?}, {limit}");
                let own = text.floor_char_boundary(tokens[limit].range.start);
                assert!(prefix.len() + 256 >= own, "{encoding}, {part:?}, {limit}: {} of {own}", prefix.len());
            }
            assert_eq!(encoding.truncate(&text, tokens.len()), text);
        }
    }
}

#[test]
fn ten_million_of_one_character_exceed_a_limit_of_a_thousand_tokens() {
    let text = "a".repeat(10_000_000);
    for encoding in Encoding::ALL.iter().copied() {
        assert_eq!(encoding.count_up_to(&text, 1_000), None, "{encoding}");
    }
}

#[test]
fn every_token_that_is_text_round_trips() {
    // The number of ranks, and the number of texts among them that the pattern splits: such a token is never the
    // encoding of its own text.
    let expected = [
        (Encoding::Cl100kBase, 100_256, 0),
        (Encoding::O200kBase, 199_998, 12),
        (Encoding::P50kBase, 50_281, 0),
        (Encoding::R50kBase, 50_256, 0),
    ];
    for (encoding, tokens, split) in expected {
        let mut others = 0;
        for token in (0..tokens).filter(|token| encoding != Encoding::P50kBase || *token != 50_256) {
            let Ok(text) = encoding.decode_text(&[token]) else { continue };
            match encoding.encode(&text)[..] {
                [only] => assert_eq!(only, token),
                ref several => {
                    assert_eq!(several, oracle(encoding).encode_ordinary(&text), "{encoding}: {text:?}");
                    others += 1;
                }
            }
            assert_eq!(encoding.decode_text(&encoding.encode(&text)).unwrap(), text);
        }
        assert_eq!(others, split, "{encoding}");
    }
}

#[test]
fn tokens_that_are_not_text_are_errors() {
    let unknown = Encoding::Cl100kBase.decode_text(&[15339, 100_256]).unwrap_err();
    assert!(unknown.is_unknown_token() && !unknown.is_broken_text());
    assert_eq!(unknown.to_string(), "token 100256 is not in cl100k_base");
    let broken = Encoding::Cl100kBase.decode_text(&[15339, 9468]).unwrap_err();
    assert!(broken.is_broken_text() && !broken.is_unknown_token());
    assert_eq!(broken.to_string(), "the tokens are not UTF-8 from byte 5 on");
}
