//! The vocabularies of `tiktoken-rs` → tables that are ready to be probed.
//!
//! A vocabulary becomes five blobs: `short` (buckets of slots, tokens of up to 13 bytes inside them), `long` (an index of the
//! longer ones, by hash), `bytes` and `ends` (all tokens one after the other, by rank), and `pairs` (the ranks of the tokens of
//! two bytes).

use std::fmt::Write;
use std::path::Path;
use std::{fs, io};

use tiktoken_rs::CoreBPE;

use crate::layout::{BUCKET, INLINE, NONE, SPILLED, bucket, key, long_slot, slot};

/// What is expected of a vocabulary; anything else fails the build.
struct Expected {
    name: &'static str,
    load: fn() -> &'static CoreBPE,
    /// One more than the highest rank.
    ranks: u32,
    /// Ranks below it that are no ordinary token.
    reserved: &'static [u32],
    /// FNV-1a over each rank and its bytes.
    hash: u64,
}

/// r50k_base has no tables of its own: its tokens are those of p50k_base with ranks below 50,256.
const VOCABULARIES: [Expected; 3] = [
    Expected {
        name: "cl100k",
        load: tiktoken_rs::cl100k_base_singleton,
        ranks: 100_256,
        reserved: &[],
        hash: 0x21c0_8d5e_50b8_a036,
    },
    Expected {
        name: "o200k",
        load: tiktoken_rs::o200k_base_singleton,
        ranks: 199_998,
        reserved: &[],
        hash: 0x9f437a89c8443bf6,
    },
    Expected {
        name: "p50k",
        load: tiktoken_rs::p50k_base_singleton,
        ranks: 50_281,
        reserved: &[50_256],
        hash: 0x9caa626ee8e4710c,
    },
];

/// Writes the blobs of all vocabularies and the source that names them.
pub fn write(out: &Path) -> io::Result<()> {
    let mut source = String::new();
    for expected in &VOCABULARIES {
        let tokens = load(expected);
        source.push_str(&write_tables(out, expected.name, &tokens)?);
    }
    fs::write(out.join("vocabularies.rs"), source)
}

/// Returns the bytes of each rank; empty for those that are reserved.
fn load(expected: &Expected) -> Vec<Vec<u8>> {
    let vocabulary = (expected.load)();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut tokens = Vec::new();
    for rank in 0..expected.ranks {
        if expected.reserved.contains(&rank) {
            tokens.push(Vec::new());
            continue;
        }
        let bytes = vocabulary.decode_bytes(&[rank]).unwrap_or_default();
        assert!(!bytes.is_empty(), "{} has no token of rank {rank}", expected.name);
        for byte in rank.to_le_bytes().iter().chain(&bytes) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        tokens.push(bytes);
    }
    assert_eq!(hash, expected.hash, "the vocabulary {} is not the one that was checked: {hash:#018x}", expected.name);
    tokens
}

fn write_tables(out: &Path, name: &str, tokens: &[Vec<u8>]) -> io::Result<String> {
    let (short, bucket_bits) = short_table(tokens);
    let (long, long_bits) = long_table(tokens);
    let mut ends = vec![0u32];
    for token in tokens {
        ends.push(ends[ends.len() - 1] + token.len() as u32);
    }
    let blob = |kind: &str, bytes: Vec<u8>| fs::write(out.join(format!("{name}.{kind}")), bytes);
    blob("short", short.iter().flat_map(|slot| slot.to_le_bytes()).collect())?;
    blob("long", long.iter().flat_map(|rank| rank.to_le_bytes()).collect())?;
    blob("bytes", tokens.concat())?;
    blob("ends", ends.iter().flat_map(|end| end.to_le_bytes()).collect())?;
    blob("pairs", pairs(tokens).iter().flat_map(|rank| rank.to_le_bytes()).collect())?;
    let singles: Vec<u32> = (0..=255u8).map(|byte| rank_of(tokens, &[byte])).collect();
    let mut source = String::new();
    let write = |source: &mut String| {
        writeln!(source, "pub(super) static {}: Vocabulary = Vocabulary {{", name.to_uppercase())?;
        for kind in ["short", "long", "ends", "pairs"] {
            writeln!(source, "    {kind}: &aligned!(concat!(env!(\"OUT_DIR\"), \"/{name}.{kind}\")),")?;
        }
        writeln!(source, "    bytes: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.bytes\")),")?;
        writeln!(source, "    singles: {singles:?},")?;
        writeln!(source, "    bucket_bits: {bucket_bits},\n    long_bits: {long_bits},")?;
        writeln!(source, "    longest: {},", tokens.iter().map(Vec::len).max().unwrap_or(0))?;
        writeln!(source, "}};")
    };
    write(&mut source).map_err(io::Error::other)?;
    Ok(source)
}

/// Fills buckets of slots, at most 77% full.
fn short_table(tokens: &[Vec<u8>]) -> (Vec<u128>, u32) {
    let short: Vec<(u32, &Vec<u8>)> =
        (0..).zip(tokens).filter(|(_, token)| (1..=INLINE).contains(&token.len())).collect();
    let bits = (short.len() * 100 / 77 / BUCKET).next_power_of_two().ilog2();
    let mut slots = vec![0u128; BUCKET << bits];
    for (rank, token) in short {
        let mut bytes = [0; 16];
        bytes[..token.len()].copy_from_slice(token);
        let key = key(u128::from_le_bytes(bytes), token.len());
        let mut at = bucket(key, bits);
        loop {
            let line = &mut slots[at * BUCKET..(at + 1) * BUCKET];
            if let Some(free) = line.iter_mut().find(|slot| **slot & !SPILLED == 0) {
                *free |= slot(key, rank);
                break;
            }
            line[BUCKET - 1] |= SPILLED;
            at = (at + 1) & ((1 << bits) - 1);
        }
    }
    (slots, bits)
}

fn long_table(tokens: &[Vec<u8>]) -> (Vec<u32>, u32) {
    let long: Vec<(u32, &Vec<u8>)> = (0..).zip(tokens).filter(|(_, token)| token.len() > INLINE).collect();
    let bits = (long.len() * 2).next_power_of_two().ilog2();
    let mut slots = vec![NONE; 1 << bits];
    for (rank, token) in long {
        let mut at = long_slot(token, bits);
        while slots[at] != NONE {
            at = (at + 1) & ((1 << bits) - 1);
        }
        slots[at] = rank;
    }
    (slots, bits)
}

/// Returns the rank of each token of two bytes, by `first | second << 8`.
fn pairs(tokens: &[Vec<u8>]) -> Vec<u32> {
    let mut pairs = vec![NONE; 1 << 16];
    for (rank, token) in (0..).zip(tokens) {
        if let [first, second] = token[..] {
            pairs[usize::from(u16::from_le_bytes([first, second]))] = rank;
        }
    }
    pairs
}

fn rank_of(tokens: &[Vec<u8>], bytes: &[u8]) -> u32 {
    tokens.iter().position(|token| token == bytes).map_or(NONE, |rank| rank as u32)
}
