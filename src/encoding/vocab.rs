//! The vocabularies: static tables that the build script writes, probed where they lie. Nothing is parsed or built at run time, and
//! only the pages that are touched are read.

use super::layout::{BUCKET, INLINE, KEY, NONE, SPILLED, bucket, key, long_slot, rank};

/// The tables of one vocabulary; `build/vocabulary.rs` says what each of them holds.
pub(super) struct Vocabulary {
    short: &'static Aligned<[u8]>,
    long: &'static Aligned<[u8]>,
    ends: &'static Aligned<[u8]>,
    pairs: &'static Aligned<[u8]>,
    bytes: &'static [u8],
    singles: [u32; 256],
    bucket_bits: u32,
    long_bits: u32,
    longest: usize,
}

/// Bytes that begin on a cache line, so that a bucket is one.
#[repr(C, align(64))]
struct Aligned<B: ?Sized>(B);

macro_rules! aligned {
    ($path:expr) => {
        Aligned(*include_bytes!($path))
    };
}

include!(concat!(env!("OUT_DIR"), "/vocabularies.rs"));

impl Vocabulary {
    /// Returns the rank of the token `text[start..end]`, or [`NONE`]. That the text goes on behind the token makes it faster.
    #[inline]
    pub(super) fn rank(&self, text: &[u8], start: usize, end: usize) -> u32 {
        match end - start {
            1 => self.singles[usize::from(text[start])],
            2 => self.pair(text[start], text[start + 1]),
            length if length <= INLINE => self.short_rank(key(load(text, start), length)),
            length if length <= self.longest => self.long_rank(&text[start..end]),
            _ => NONE,
        }
    }

    /// Returns the rank of a token of two bytes, or [`NONE`].
    #[inline]
    pub(super) fn pair(&self, first: u8, second: u8) -> u32 {
        number(&self.pairs.0, usize::from(u16::from_le_bytes([first, second])))
    }

    /// Returns the bytes of the token of that rank; empty for a rank that has none.
    pub(super) fn token(&self, rank: u32) -> &'static [u8] {
        let rank = rank as usize;
        if rank + 1 >= self.ends.0.len() / 4 {
            return &[];
        }
        &self.bytes[number(&self.ends.0, rank) as usize..number(&self.ends.0, rank + 1) as usize]
    }

    #[inline]
    fn short_rank(&self, key: u128) -> u32 {
        let (buckets, _) = self.short.0.as_chunks::<{ BUCKET * 16 }>();
        let mut at = bucket(key, self.bucket_bits);
        loop {
            let (slots, _) = buckets[at].as_chunks::<16>();
            for slot in slots.iter().map(|slot| u128::from_le_bytes(*slot)) {
                if slot & KEY == key {
                    return rank(slot);
                }
            }
            if u128::from_le_bytes(slots[BUCKET - 1]) & SPILLED == 0 {
                return NONE;
            }
            at = (at + 1) & (buckets.len() - 1);
        }
    }

    fn long_rank(&self, token: &[u8]) -> u32 {
        let mut at = long_slot(token, self.long_bits);
        loop {
            match number(&self.long.0, at) {
                NONE => return NONE,
                rank if self.token(rank) == token => return rank,
                _ => at = (at + 1) & ((1 << self.long_bits) - 1),
            }
        }
    }
}

/// Returns 16 bytes of the text from `at` on, in its order, with zeros behind its end.
#[inline]
fn load(text: &[u8], at: usize) -> u128 {
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
