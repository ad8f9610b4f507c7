//! Writes the vocabularies of `tiktoken-rs` as tables for lookups at run time.
//!
//! A vocabulary becomes these blobs:
//! - `short` and `short_seeds`: slots that contain the tokens of up to 13 bytes, each at the place of a perfect hash;
//! - `merges` and `merge_seeds`: the last merge of each token, in the same way;
//! - `long`: an index of the longer ones, by hash;
//! - `pairs`: the ranks of the tokens of two bytes;
//! - `bytes`, `token_lengths` and `offsets`: all tokens one after the other, by rank, the length of each, and where
//!   each group of 16 begins;
//! - `splits`: the length of the left half of each token's last merge;
//! - `lengths` and `long_lengths`: the lengths of the tokens that begin with the same bytes.

use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs, io};

use tiktoken_rs::CoreBPE;

use crate::layout::{
    BORDER_BITS, GROUP, INLINE, LENGTHS_BITS, LONG_LENGTHS_BITS, NO_TOKEN, NONE, PREFIX, SEED_BITS, Slot, border_bit,
    filter_bit, lengths_slot, long_hash, long_lengths_slot, pair, pair_hash, place, seed_slot, utf8_length,
};

/// The expected facts of a vocabulary; any difference fails the build.
struct Expected {
    name: &'static str,
    /// The crate's features that need it.
    features: &'static [&'static str],
    load: fn() -> &'static CoreBPE,
    /// One more than the highest rank.
    ranks: u32,
    /// Ranks below it that are not ordinary tokens.
    reserved: &'static [u32],
    /// FNV-1a over each rank and its bytes.
    hash: u64,
}

/// r50k_base needs no tables: its tokens are those of p50k_base with ranks below 50,256.
const VOCABULARIES: [Expected; 3] = [
    Expected {
        name: "cl100k",
        features: &["CL100K_BASE"],
        load: tiktoken_rs::cl100k_base_singleton,
        ranks: 100_256,
        reserved: &[],
        hash: 0x21c0_8d5e_50b8_a036,
    },
    Expected {
        name: "o200k",
        features: &["O200K_BASE"],
        load: tiktoken_rs::o200k_base_singleton,
        ranks: 199_998,
        reserved: &[],
        hash: 0x9f437a89c8443bf6,
    },
    Expected {
        name: "p50k",
        features: &["P50K_BASE", "R50K_BASE"],
        load: tiktoken_rs::p50k_base_singleton,
        ranks: 50_281,
        reserved: &[50_256],
        hash: 0x9caa626ee8e4710c,
    },
];

/// Writes the blobs of the vocabularies of the enabled features, and the source that includes them.
pub fn write(out: &Path) -> io::Result<()> {
    let mut source = String::new();
    let is_on = |feature: &&str| env::var_os(format!("CARGO_FEATURE_{feature}")).is_some();
    for expected in VOCABULARIES.iter().filter(|expected| expected.features.iter().any(is_on)) {
        let tokens = load(expected);
        source.push_str(&write_tables(out, expected.name, &tokens)?);
    }
    fs::write(out.join("vocabularies.rs"), source)
}

/// Returns the bytes of the token of each rank; empty for reserved ranks.
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
    let (short, short_seeds) = short_table(tokens);
    let splits = splits(tokens);
    let (merges, merge_seeds) = merge_table(tokens, &splits);
    let (long, long_bits) = long_table(tokens);
    let mut offsets = Vec::new();
    let mut offset = 0;
    for group in tokens.chunks(GROUP) {
        offsets.push(offset);
        offset += group.iter().map(|token| token.len() as u32).sum::<u32>();
    }
    let lengths = lengths(tokens);
    let blob = |kind: &str, bytes: Vec<u8>| fs::write(out.join(format!("{name}.{kind}")), bytes);
    blob("short", short)?;
    blob("short_seeds", short_seeds)?;
    blob("merges", merges)?;
    blob("merge_seeds", merge_seeds)?;
    blob("long", long.iter().flat_map(|rank| rank.to_le_bytes()).collect())?;
    blob("bytes", tokens.concat())?;
    blob("token_lengths", tokens.iter().map(|token| token.len() as u8).collect())?;
    blob("offsets", offsets.iter().flat_map(|offset| offset.to_le_bytes()).collect())?;
    blob("lengths", lengths.iter().flat_map(|lengths| lengths.to_le_bytes()).collect())?;
    blob("long_lengths", long_lengths(tokens))?;
    blob("pairs", pairs(tokens).iter().flat_map(|rank| rank.to_le_bytes()).collect())?;
    let [borders, partial_borders] = borders(tokens, &splits);
    blob("splits", splits.clone())?;
    blob("borders", borders)?;
    blob("partial_borders", partial_borders)?;
    blob("characters", characters(tokens))?;
    let singles: Vec<u32> = (0..=255u8).map(|byte| rank_of(tokens, &[byte])).collect();
    let mut source = String::new();
    let write = |source: &mut String| {
        writeln!(source, "pub(super) static {}: Vocabulary = Vocabulary {{", name.to_uppercase())?;
        for kind in ["short", "short_seeds", "merges", "merge_seeds", "long", "pairs", "offsets", "lengths"] {
            writeln!(source, "    {kind}: &aligned!(concat!(env!(\"OUT_DIR\"), \"/{name}.{kind}\")),")?;
        }
        for kind in ["bytes", "token_lengths", "splits", "long_lengths", "borders", "partial_borders", "characters"] {
            writeln!(source, "    {kind}: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.{kind}\")),")?;
        }
        writeln!(source, "    singles: {singles:?},")?;
        writeln!(source, "    long_bits: {long_bits},")?;
        writeln!(source, "    longest: {},", tokens.iter().map(Vec::len).max().unwrap_or(0))?;
        writeln!(source, "}};")
    };
    write(&mut source).map_err(io::Error::other)?;
    Ok(source)
}

/// A perfect hash: each of some keys has a place of its own in a table.
struct PerfectHash {
    /// The number that each key's hash is moved by, for all keys whose hashes begin with the same bits.
    seeds: Vec<u16>,
    /// The place of each key.
    places: Vec<usize>,
    /// The number of places, of which 8% stay free.
    size: usize,
}

/// How many of the first keys belong together.
const FREQUENT: usize = 1 << 14;

/// Returns the number of seeds that are tried for places where the keys belong. More bring little; in builds for tests,
/// trying many takes longer than it saves.
fn seeds_tried() -> u16 {
    if std::env::var_os("PROFILE").is_some_and(|profile| profile == "release") { 1 << 11 } else { 1 << 4 }
}

impl PerfectHash {
    /// Finds the seeds for keys with these hashes. Keys that share a seed are placed together, the largest groups first,
    /// while there is the most room.
    ///
    /// The first keys are those of the lowest ranks, which are the most frequent. They get the first places, as far as the
    /// seeds allow: the processor then needs fewer cache lines for most texts.
    fn new(hashes: &[u64]) -> PerfectHash {
        let size = hashes.len() * 100 / 92 + 1;
        let mut groups = vec![Vec::new(); 1 << SEED_BITS];
        for (key, hash) in hashes.iter().enumerate() {
            groups[seed_slot(*hash)].push(key);
        }
        let mut order: Vec<usize> = (0..groups.len()).collect();
        order.sort_by_key(|group| (std::cmp::Reverse(groups[*group].len()), groups[*group].first().copied()));
        let first_places = FREQUENT * size / hashes.len();
        let mut is_taken = vec![false; size];
        let mut hash = PerfectHash { seeds: vec![0; groups.len()], places: vec![0; hashes.len()], size };
        let mut places = Vec::new();
        let tried = seeds_tried();
        for group in order {
            let keys = &groups[group];
            let fits = |_: usize, place: usize| !is_taken[place];
            let belongs = |key: usize, place: usize| (key < FREQUENT) == (place < first_places) && !is_taken[place];
            let seed = (0..tried)
                .find(|seed| find_places(keys, hashes, *seed, size, belongs, &mut places))
                .or_else(|| (0..=u16::MAX).find(|seed| find_places(keys, hashes, *seed, size, fits, &mut places)))
                .expect("some seed has free places for the keys of a group");
            hash.seeds[group] = seed;
            for (key, place) in keys.iter().zip(places.iter().copied()) {
                is_taken[place] = true;
                hash.places[*key] = place;
            }
        }
        hash
    }
}

/// Finds the places of the keys with this seed; returns whether all fit, and are different.
fn find_places(
    keys: &[usize],
    hashes: &[u64],
    seed: u16,
    size: usize,
    fits: impl Fn(usize, usize) -> bool,
    places: &mut Vec<usize>,
) -> bool {
    places.clear();
    for key in keys.iter().copied() {
        let place = place(hashes[key], seed, size);
        if !fits(key, place) || places.contains(&place) {
            return false;
        }
        places.push(place);
    }
    true
}

/// Returns the slots of the tokens of up to [`INLINE`] bytes, and the seeds of their places.
fn short_table(tokens: &[Vec<u8>]) -> (Vec<u8>, Vec<u8>) {
    let short: Vec<Slot> = (0..)
        .zip(tokens)
        .filter(|(_, token)| (1..=INLINE).contains(&token.len()))
        .map(|(rank, token)| {
            let mut bytes = [0; 16];
            bytes[..token.len()].copy_from_slice(token);
            Slot::key(u128::from_le_bytes(bytes), token.len()).with_value(rank)
        })
        .collect();
    let keys: Vec<u64> = short.iter().map(|slot| slot.key_alone().hash()).collect();
    let hash = PerfectHash::new(&keys);
    let mut slots = vec![[0; 2]; hash.size];
    for (slot, place) in short.iter().zip(&hash.places) {
        slots[*place] = [slot.low, slot.high];
    }
    let seeds = hash.seeds.iter().flat_map(|seed| seed.to_le_bytes()).collect();
    (slots.concat().iter().flat_map(|word| word.to_le_bytes()).collect(), seeds)
}

/// Returns the last merge of each token, and the seeds of their places: the ranks of two tokens and of what they become.
fn merge_table(tokens: &[Vec<u8>], splits: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let ranks = ranks_of(tokens);
    let merge = |((rank, token), split): ((u32, &Vec<u8>), &u8)| {
        let (left, right) = token.split_at(usize::from(*split));
        (!left.is_empty()).then(|| (pair(ranks[left], ranks[right]), rank))
    };
    let merges: Vec<(u64, u32)> = (0..).zip(tokens).zip(splits).filter_map(merge).collect();
    let hashes: Vec<u64> = merges.iter().map(|(pair, _)| pair_hash(*pair)).collect();
    let hash = PerfectHash::new(&hashes);
    // No merge has this key, and no key that is looked up is like it.
    let free = pair(NO_TOKEN - 1, NO_TOKEN - 1);
    let mut entries = vec![free; hash.size];
    for ((pair, rank), place) in merges.iter().zip(&hash.places) {
        entries[*place] = pair | u64::from(*rank);
    }
    let mut seeds: Vec<u32> = hash.seeds.iter().copied().map(u32::from).collect();
    for hash in hashes {
        seeds[seed_slot(hash)] |= filter_bit(hash);
    }
    (
        entries.iter().flat_map(|entry| entry.to_le_bytes()).collect(),
        seeds.iter().flat_map(|seed| seed.to_le_bytes()).collect(),
    )
}

/// Returns a table of the ranks of the tokens longer than [`INLINE`], in open addressing, half of it free.
fn long_table(tokens: &[Vec<u8>]) -> (Vec<u32>, u32) {
    let long: Vec<(u32, &Vec<u8>)> = (0..).zip(tokens).filter(|(_, token)| token.len() > INLINE).collect();
    let bits = (long.len() * 2).next_power_of_two().ilog2();
    let mut slots = vec![NONE; 1 << bits];
    for (rank, token) in long {
        let hash = long_hash(first_bytes(token), first_bytes(&token[token.len() - 8..]), token.len());
        let mut at = (hash >> (64 - bits)) as usize;
        while slots[at] != NONE {
            at = (at + 1) & ((1 << bits) - 1);
        }
        slots[at] = rank;
    }
    (slots, bits)
}

fn ranks_of(tokens: &[Vec<u8>]) -> HashMap<&[u8], u32> {
    (0..).zip(tokens).map(|(rank, token)| (token.as_slice(), rank)).collect()
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

/// Returns the length of the left half of each token's last merge; 0 for a token of one byte, which has none.
fn splits(tokens: &[Vec<u8>]) -> Vec<u8> {
    let ranks = ranks_of(tokens);
    let left_half = |token: &Vec<u8>| match merged(token, &ranks, 2)[..] {
        [left, _] => left as u8,
        _ => 0,
    };
    tokens.iter().map(left_half).collect()
}

/// Merges bytes as in the textbook until at most `parts` are left; returns their ends.
fn merged(bytes: &[u8], ranks: &HashMap<&[u8], u32>, parts: usize) -> Vec<usize> {
    let mut ends: Vec<usize> = (1..=bytes.len()).collect();
    while ends.len() > parts {
        let start = |part: usize| if part == 0 { 0 } else { ends[part - 1] };
        let union = |part: usize| Some((*ranks.get(&bytes[start(part)..ends[part + 1]])?, part));
        let Some((_, part)) = (0..ends.len() - 1).filter_map(union).min() else { break };
        ends.remove(part);
    }
    ends
}

/// Returns, for each index of [`lengths_slot`], a bit for each length from [`PREFIX`] to [`INLINE`] of its tokens, and
/// the highest bit if one is longer.
fn lengths(tokens: &[Vec<u8>]) -> Vec<u16> {
    let mut lengths = vec![0; 1 << LENGTHS_BITS];
    for token in tokens.iter().filter(|token| token.len() >= PREFIX) {
        let bit = if token.len() > INLINE { 15 } else { token.len() - PREFIX };
        lengths[lengths_slot(first_bytes(token))] |= 1u16 << bit;
    }
    lengths
}

/// Returns, for each index of [`long_lengths_slot`], the greatest length of its tokens that are longer than [`INLINE`].
fn long_lengths(tokens: &[Vec<u8>]) -> Vec<u8> {
    let mut lengths = vec![0; 1 << LONG_LENGTHS_BITS];
    for token in tokens.iter().filter(|token| token.len() > INLINE) {
        let longest = &mut lengths[long_lengths_slot(first_bytes(token))];
        *longest = (*longest).max(token.len() as u8);
    }
    lengths
}

/// Returns two tables of bits: the borders between characters that some merge crosses.
///
/// The first merge across a border joins two parts that meet at it, so the border is that of a token's last merge. The
/// first table has a bit for each two whole characters that meet in this way. The second has a bit for each two bytes,
/// the last before the border and the first after it, where the token has only a part of one of the characters at the
/// border.
fn borders(tokens: &[Vec<u8>], splits: &[u8]) -> [Vec<u8>; 2] {
    let (mut whole, mut partial) = (vec![0u8; 1 << (BORDER_BITS - 3)], vec![0u8; 1 << 13]);
    for (token, split) in tokens.iter().zip(splits).filter(|(token, _)| token.len() > 1) {
        let (left, right) = token.split_at(usize::from(*split));
        let (last, first) = (left[left.len() - 1], right[0]);
        if is_continuation(first) {
            // A border inside a character.
            continue;
        }
        let last_start = (0..left.len()).rev().take(4).find(|at| !is_continuation(left[*at]));
        let before = last_start.map(|at| &left[at..]).filter(|bytes| bytes.len() == utf8_length(bytes[0]));
        let after =
            right.get(..utf8_length(first)).filter(|bytes| bytes[1..].iter().all(|byte| is_continuation(*byte)));
        let (table, bit) = match (before, after) {
            (Some(before), Some(after)) => (&mut whole, border_bit(number(before), number(after))),
            _ => (&mut partial, usize::from(u16::from_le_bytes([last, first]))),
        };
        table[bit / 8] |= 1 << (bit % 8);
    }
    [whole, partial]
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// Returns up to four bytes as a number, the first the lowest.
fn number(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// Returns the number of tokens of each of the first 65,536 code points alone, up to 3, in two bits; 0 for one that is
/// not a character.
fn characters(tokens: &[Vec<u8>]) -> Vec<u8> {
    let ranks = ranks_of(tokens);
    let mut table = vec![0u8; 1 << 14];
    for character in (0..0x1_0000).filter_map(char::from_u32) {
        let place = character as usize;
        let mut bytes = [0; 4];
        let count = merged(character.encode_utf8(&mut bytes).as_bytes(), &ranks, 1).len();
        table[place / 4] |= (count as u8) << (place % 4 * 2);
    }
    table
}

/// Returns the first eight bytes, or as many as there are, as a number, the first the lowest.
fn first_bytes(token: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let length = token.len().min(8);
    bytes[..length].copy_from_slice(&token[..length]);
    u64::from_le_bytes(bytes)
}

fn rank_of(tokens: &[Vec<u8>], bytes: &[u8]) -> u32 {
    tokens.iter().position(|token| token == bytes).map_or(NONE, |rank| rank as u32)
}
