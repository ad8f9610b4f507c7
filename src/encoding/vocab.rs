//! The vocabularies: static tables that the build script writes. Nothing is parsed or built at run time, and only the
//! pages that a lookup touches are read.

use std::hint;

use super::cpu::Vectors;
use super::layout::{
    BORDER_BITS, GROUP, INLINE, NONE, PAIR_SHIFT, PREFIX, SEED_BITS, Slot, border_bit, filter_bit, lengths_slot,
    long_hash, long_lengths_slot, pair, pair_hash, place, seed_slot, utf8_length,
};

/// The tables of one vocabulary; `build/vocabulary.rs` documents what each contains.
pub(super) struct Vocabulary {
    short: &'static Aligned<[u8]>,
    /// Two bytes for each.
    short_seeds: &'static Aligned<[u8; 2 << SEED_BITS]>,
    merges: &'static Aligned<[u8]>,
    /// Four bytes for each: the seed, and bits of the hashes that some merge has.
    merge_seeds: &'static Aligned<[u8; 4 << SEED_BITS]>,
    long: &'static Aligned<[u8]>,
    pairs: &'static Aligned<[u8]>,
    offsets: &'static Aligned<[u8]>,
    lengths: &'static Aligned<[u8]>,
    bytes: &'static [u8],
    token_lengths: &'static [u8],
    splits: &'static [u8],
    long_lengths: &'static [u8],
    borders: &'static [u8; 1 << (BORDER_BITS - 3)],
    partial_borders: &'static [u8; 1 << 13],
    characters: &'static [u8; 1 << 14],
    singles: [u32; 256],
    long_bits: u32,
    longest: usize,
}

/// Bytes that begin on a cache line, so that no entry is in two of them.
#[repr(C, align(64))]
struct Aligned<B: ?Sized>(B);

macro_rules! aligned {
    ($path:expr) => {
        Aligned(*include_bytes!($path))
    };
}

include!(concat!(env!("OUT_DIR"), "/vocabularies.rs"));

/// The tokens of an encoding, by their ranks: the tables of a vocabulary, and the rank below which its tokens are the
/// encoding's.
///
/// Only this type knows that limit: to all others, a token of a higher rank does not exist.
#[derive(Clone, Copy)]
pub(super) struct Ranks {
    tables: &'static Vocabulary,
    /// The encoding has the ranks below this one.
    below: u32,
}

impl Ranks {
    /// Returns all tokens of the vocabulary.
    pub(super) const fn all(tables: &'static Vocabulary) -> Ranks {
        Ranks { tables, below: NONE }
    }

    /// Returns only the tokens with a rank below `below`.
    pub(super) const fn below(self, below: u32) -> Ranks {
        Ranks { below, ..self }
    }

    /// Returns the rank if the encoding has it; no encoding has the rank [`NONE`].
    #[inline(always)]
    fn known(self, rank: u32) -> Option<u32> {
        if rank < self.below { Some(rank) } else { None }
    }

    /// Reads a byte of each cache line of the tables.
    pub(super) fn preload(self) {
        const LINE: usize = 64;
        let Vocabulary { short, short_seeds, merges, merge_seeds, long, pairs, borders, .. } = self.tables;
        let Vocabulary { offsets, lengths, bytes, token_lengths, characters, partial_borders, .. } = self.tables;
        let tables: [&[u8]; 13] = [
            &short.0,
            &short_seeds.0,
            &merges.0,
            &merge_seeds.0,
            &long.0,
            &pairs.0,
            *borders,
            &offsets.0,
            &lengths.0,
            bytes,
            token_lengths,
            *characters,
            *partial_borders,
        ];
        let bytes = tables.into_iter().flat_map(|table| table.iter().step_by(LINE));
        std::hint::black_box(bytes.fold(0, |sum: u8, byte| sum.wrapping_add(*byte)));
    }

    /// Returns the rank of the token `text[start..end]`. It is faster where the text continues after the token.
    #[inline(always)]
    pub(super) fn rank(self, text: &[u8], start: usize, end: usize) -> Option<u32> {
        self.known(self.tables.rank(text, start, end))
    }

    /// Returns the rank of `text[start..end]`, which is known to be a token.
    #[inline(always)]
    pub(super) fn rank_of_token(self, text: &[u8], start: usize, end: usize) -> u32 {
        self.tables.rank(text, start, end)
    }

    /// Returns the place of the slot that has this key, if the key is a token's.
    #[inline(always)]
    pub(super) fn place(self, key: Slot) -> usize {
        self.tables.place(key)
    }

    #[inline(always)]
    pub(super) fn prefetch<V: Vectors>(self, vectors: V, place: usize) {
        if let Some(slot) = self.tables.short.0.as_chunks::<16>().0.get(place) {
            vectors.prefetch(slot);
        }
    }

    /// Returns the slot at a place. A token of a rank that the encoding does not have is in no slot.
    #[inline(always)]
    pub(super) fn slot_at(self, place: usize) -> Slot {
        let slot = self.tables.slot_at(place);
        match self.below {
            NONE => slot,
            below if slot.value() < below => slot,
            _ => Slot { low: 0, high: 0 },
        }
    }

    /// Returns the rank of the token that two neighbours become, or [`NONE`]; each is given by its rank.
    #[inline(always)]
    pub(super) fn merge(self, left: u32, right: u32) -> u32 {
        self.sought(self.tables.seek_merge(left, right))
    }

    /// Returns what [`Ranks::sought`] needs to return [`Ranks::merge`], and brings it nearer.
    #[inline(always)]
    pub(super) fn seek_merge<V: Vectors>(self, vectors: V, left: u32, right: u32) -> Sought {
        let sought = self.tables.seek_merge(left, right);
        if let Some(entry) = self.tables.merges.0.as_chunks::<8>().0.get(sought.place as usize) {
            vectors.prefetch(entry);
        }
        sought
    }

    #[inline(always)]
    pub(super) fn sought(self, merge: Sought) -> u32 {
        let rank = self.tables.sought(merge);
        if rank < self.below { rank } else { NONE }
    }

    /// Returns the rank of the token of one byte.
    #[inline]
    pub(super) fn single(self, byte: u8) -> u32 {
        self.tables.singles[usize::from(byte)]
    }

    /// Returns the rank of the token of two bytes, or [`NONE`].
    #[inline(always)]
    pub(super) fn pair(self, first: u8, second: u8) -> u32 {
        let rank = number(&self.tables.pairs.0, usize::from(u16::from_le_bytes([first, second])));
        if rank < self.below { rank } else { NONE }
    }

    /// Returns the bytes of the token with this rank.
    #[inline]
    pub(super) fn token(self, rank: u32) -> Option<&'static [u8]> {
        let token = self.tables.token(self.known(rank)?);
        if token.is_empty() { None } else { Some(token) }
    }

    /// Returns the length of the longest token, in bytes.
    #[inline(always)]
    pub(super) fn longest(self) -> usize {
        self.tables.longest
    }

    /// Returns the length of the left half of the last merge of the token with this rank; 0 for a byte.
    #[inline]
    pub(super) fn left_half(self, rank: u32) -> u32 {
        u32::from(self.tables.splits[rank as usize])
    }

    /// Returns the lengths that a token from `at` on can have, up to the end of the text.
    #[inline]
    pub(super) fn lengths(self, text: &[u8], at: usize) -> Lengths {
        let left = text.len() - at;
        let bytes = load(text, at) as u64;
        let table = self.tables.lengths_at(bytes);
        let longest = if table >> 15 == 1 { self.tables.longest_at(bytes) } else { 0 };
        // Bit 0 is the length 1, since every byte is a token, and bit 1 the length 2, which is always tried.
        let short = u32::from(table & 0x7fff) << (PREFIX - 1) | 0b11;
        let within = u32::MAX >> (32 - left.min(INLINE));
        Lengths { short: short & within, long: longest.min(left) }
    }

    /// Returns whether some token may have its last merge between these characters. If not, no merge crosses the
    /// border.
    #[inline(always)]
    pub(super) fn crosses(self, before: Character, after: Character) -> bool {
        bit(self.tables.borders, border_bit(before.bytes, after.bytes))
            || self.crosses_inside(before, after)
            || after.is_continuation()
    }

    /// Returns whether a merge may cross this border with only a part of one of the characters.
    #[inline(always)]
    pub(super) fn crosses_inside(self, before: Character, after: Character) -> bool {
        let last = before.bytes >> (8 * (before.length - 1));
        bit(self.tables.partial_borders, (last & 0xff | (after.bytes & 0xff) << 8) as usize)
    }

    /// Returns the number of tokens of the character alone; 0 for some rare characters, and for a byte that is not a
    /// character.
    #[inline(always)]
    pub(super) fn tokens_of(self, character: Character) -> usize {
        let [a, b, c, _] = character.bytes.to_le_bytes().map(|byte| usize::from(byte & 0x3f));
        let code_point = match character.length {
            1 => return usize::from(character.bytes < 0x80),
            2 => (a & 0x1f) << 6 | b,
            3 => (a & 0x0f) << 12 | b << 6 | c,
            _ => return 0,
        };
        usize::from(self.tables.characters[code_point / 4] >> (code_point % 4 * 2) & 3)
    }
}

/// Lookups in the tables, whichever of the ranks an encoding has.
impl Vocabulary {
    /// Returns the rank of the token `text[start..end]`, or [`NONE`].
    #[inline(always)]
    fn rank(&self, text: &[u8], start: usize, end: usize) -> u32 {
        let length = end - start;
        if length > INLINE {
            return self.long_rank(&text[start..end]);
        }
        let key = Slot::key(load(text, start), length);
        let slot = self.slot_at(self.place(key));
        if slot.has_key(key) { slot.value() } else { NONE }
    }

    #[inline(always)]
    fn place(&self, key: Slot) -> usize {
        let hash = key.hash();
        let seed = u16::from_le_bytes(self.short_seeds.0.as_chunks().0[seed_slot(hash)]);
        place(hash, seed, self.short.0.len() / 16)
    }

    #[inline(always)]
    fn slot_at(&self, place: usize) -> Slot {
        let words = self.short.0.as_chunks::<16>().0[place].as_chunks::<8>().0;
        Slot { low: u64::from_le_bytes(words[0]), high: u64::from_le_bytes(words[1]) }
    }

    #[inline(always)]
    fn seek_merge(&self, left: u32, right: u32) -> Sought {
        let key = pair(left, right);
        let hash = pair_hash(key);
        let seed = u32::from_le_bytes(self.merge_seeds.0.as_chunks().0[seed_slot(hash)]);
        // What is certainly no merge is looked for at one place, which is near, instead of all over the table.
        let possible = usize::from(seed & filter_bit(hash) != 0);
        Sought { key, place: (place(hash, seed as u16, self.merges.0.len() / 8) * possible) as u32 }
    }

    #[inline(always)]
    fn sought(&self, merge: Sought) -> u32 {
        let differs = u64::from_le_bytes(self.merges.0.as_chunks().0[merge.place as usize]) ^ merge.key;
        // A branch would often be guessed wrongly, which is noticed only when the entry has come from memory.
        hint::select_unpredictable(differs >> PAIR_SHIFT == 0, differs as u32, NONE)
    }

    #[inline]
    fn lengths_at(&self, bytes: u64) -> u16 {
        u16::from_le_bytes(self.lengths.0.as_chunks::<2>().0[lengths_slot(bytes)])
    }

    #[inline]
    fn longest_at(&self, bytes: u64) -> usize {
        usize::from(self.long_lengths[long_lengths_slot(bytes)])
    }

    /// Returns the bytes of the token with this rank; empty for a rank without a token.
    fn token(&self, rank: u32) -> &'static [u8] {
        let rank = rank as usize;
        let Some(length) = self.token_lengths.get(rank).copied().map(usize::from) else { return &[] };
        let group = rank / GROUP;
        let before = self.token_lengths[group * GROUP..rank].iter().map(|length| usize::from(*length)).sum::<usize>();
        let start = number(&self.offsets.0, group) as usize + before;
        &self.bytes[start..start + length]
    }

    /// Returns the rank of a token longer than [`INLINE`], or [`NONE`].
    #[inline]
    fn long_rank(&self, token: &[u8]) -> u32 {
        let (Some(first), Some(last)) = (token.first_chunk(), token.last_chunk()) else { return NONE };
        let hash = long_hash(u64::from_le_bytes(*first), u64::from_le_bytes(*last), token.len());
        let mut at = (hash >> (64 - self.long_bits)) as usize;
        loop {
            match number(&self.long.0, at) {
                NONE => return NONE,
                rank if self.token(rank) == token => return rank,
                _ => at = (at + 1) & ((1 << self.long_bits) - 1),
            }
        }
    }
}

/// A merge that is looked up: its key, and its place in the table if it is one.
#[derive(Clone, Copy)]
pub(super) struct Sought {
    key: u64,
    place: u32,
}

impl Sought {
    pub(super) const NONE: Sought = Sought { key: 0, place: 0 };
}

/// A character by its bytes, the first the lowest, or a byte that is not part of a whole character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Character {
    bytes: u32,
    pub(super) length: usize,
}

impl Character {
    /// Returns whether it is a continuation byte of UTF-8.
    #[inline(always)]
    fn is_continuation(self) -> bool {
        self.bytes & 0xc0 == 0x80
    }

    /// Returns the character at `at`, which is before the end of `bytes`.
    #[inline(always)]
    pub(super) fn at(bytes: &[u8], at: usize) -> Character {
        Character::before(bytes, at, bytes.len())
    }

    /// Returns the character at `at`, which is before `end`. It is faster where the text continues after `end`.
    #[inline(always)]
    pub(super) fn before(text: &[u8], at: usize, end: usize) -> Character {
        let first = text[at];
        let length = utf8_length(first);
        if first < 0x80 || at + length > end {
            return Character { bytes: u32::from(first), length: 1 };
        }
        let word = match text[at..].first_chunk::<4>() {
            Some(word) => u32::from_le_bytes(*word),
            None => text[at..at + length].iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte)),
        };
        Character { bytes: word & u32::MAX >> (32 - 8 * length), length }
    }
}

#[inline(always)]
fn bit(table: &[u8], bit: usize) -> bool {
    table[bit / 8] >> (bit % 8) & 1 == 1
}

/// An iterator over the lengths that a token can have, from the greatest down.
pub(super) struct Lengths {
    /// A bit for each length from 1 to [`INLINE`].
    short: u32,
    /// The greatest of the longer lengths, all of which are tried.
    long: usize,
}

impl Lengths {
    /// Returns only the lengths below `length`.
    pub(super) fn below(mut self, length: usize) -> Lengths {
        self.long = self.long.min(length.saturating_sub(1));
        if length <= INLINE {
            self.short &= (1 << (length - 1)) - 1;
        }
        self
    }
}

impl Iterator for Lengths {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.long > INLINE {
            self.long -= 1;
            return Some(self.long + 1);
        }
        if self.short == 0 {
            return None;
        }
        let bit = self.short.ilog2();
        self.short &= !(1 << bit);
        Some(bit as usize + 1)
    }
}

/// Returns 16 bytes of the text from `at` on, the first the lowest, with zeros after its end.
#[inline(always)]
pub(super) fn load(text: &[u8], at: usize) -> u128 {
    match text[at..].first_chunk::<16>() {
        Some(bytes) => u128::from_le_bytes(*bytes),
        None => {
            let mut bytes = [0; 16];
            bytes[..text.len() - at].copy_from_slice(&text[at..]);
            u128::from_le_bytes(bytes)
        }
    }
}

#[inline]
fn number(table: &[u8], index: usize) -> u32 {
    u32::from_le_bytes(table.as_chunks::<4>().0[index])
}
