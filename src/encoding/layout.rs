//! The binary layout of a vocabulary's tables, which the build script writes and the program reads.
//!
//! This file uses nothing of the crate, since the build script includes it too.

/// The length of the longest token, in bytes, that fits into a slot. 13 bytes, 4 bits of length and 18 bits of rank
/// leave two bits free.
pub const INLINE: usize = 13;

/// The value for "no token" in tables of ranks.
pub const NONE: u32 = u32::MAX;

/// A slot: a key, which is of the bytes of a token and their number, and the rank. A free slot is sixteen zeros.
///
/// A key has the first eight bytes, and, from the lowest bit on, the next five and the number; both are combined with
/// [`MIXED`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slot {
    pub low: u64,
    pub high: u64,
}

const LENGTH_SHIFT: u32 = 40;
/// The bit of [`Slot::high`] at which the value of a key begins, which is the rank of a token.
pub const VALUE_SHIFT: u32 = 44;

/// The number of bits of a rank.
pub const RANK_BITS: u32 = 18;

/// Bits that keys are combined with, so that a hash of few bytes is as good as that of many. They are not those of any
/// number of bytes, so that no key is zero.
const MIXED: [u64; 2] = [0x9e37_79b9_7f4a_7c15, NOT_A_LENGTH << LENGTH_SHIFT | 0x32_d192_ed03];
const NOT_A_LENGTH: u64 = 14;

/// The keys of no bytes, by their length: the masks of the bytes, and the bits that are combined with them.
const KEYS: [[u64; 3]; INLINE + 2] = {
    let mut keys = [[0; 3]; INLINE + 2];
    let mut length = 0;
    while length <= INLINE {
        let mask = (1u128 << (8 * length)) - 1;
        keys[length] = [mask as u64, (mask >> 64) as u64, (length as u64) << LENGTH_SHIFT ^ MIXED[1]];
        length += 1;
    }
    keys[INLINE + 1] = [0, 0, TOO_LONG << LENGTH_SHIFT ^ MIXED[1]];
    keys
};

/// The length in the key of what is longer than [`INLINE`]: no token has this key.
const TOO_LONG: u64 = 15;

impl Slot {
    /// Returns the key of the first `length` bytes of the 16 `bytes`. What is longer than [`INLINE`] has a key that no
    /// token has.
    #[inline(always)]
    pub const fn key(bytes: u128, length: usize) -> Slot {
        let [low, high, length] = KEYS[if length > INLINE { INLINE + 1 } else { length }];
        Slot { low: bytes as u64 & low ^ MIXED[0], high: (bytes >> 64) as u64 & high ^ length }
    }

    /// Returns the slot of this key with a value of 20 bits.
    #[inline(always)]
    pub const fn with_value(self, value: u32) -> Slot {
        Slot { low: self.low, high: self.high | (value as u64) << VALUE_SHIFT }
    }

    /// Returns the key of the slot.
    pub const fn key_alone(self) -> Slot {
        Slot { low: self.low, high: self.high & ((1 << VALUE_SHIFT) - 1) }
    }

    /// Returns whether the slot has this key, whatever its value.
    #[inline(always)]
    pub const fn has_key(self, key: Slot) -> bool {
        (self.low ^ key.low) | (self.high ^ key.high) << (64 - VALUE_SHIFT) == 0
    }

    /// Returns a hash of the key.
    #[inline(always)]
    pub const fn hash(self) -> u64 {
        folded(self.low, self.high)
    }

    /// Returns the value in the slot.
    #[inline(always)]
    pub const fn value(self) -> u32 {
        (self.high >> VALUE_SHIFT) as u32
    }
}

/// Returns the two halves of the product, one over the other: each bit depends on many of both numbers.
#[inline(always)]
const fn folded(one: u64, other: u64) -> u64 {
    let product = one as u128 * other as u128;
    product as u64 ^ (product >> 64) as u64
}

/// The bit at which the two tokens begin in an entry of the table of merges. Below it is the rank of the token that
/// they become.
pub const PAIR_SHIFT: u32 = 64 - 2 * RANK_BITS;

/// The rank of what is beside the first and the last token of a piece: no merge has it.
pub const NO_TOKEN: u32 = (1 << RANK_BITS) - 1;

/// Returns the key of a merge: the ranks of its two tokens.
#[inline(always)]
pub const fn pair(left: u32, right: u32) -> u64 {
    ((left as u64) << RANK_BITS | right as u64) << PAIR_SHIFT
}

/// Returns a hash of the key of a merge.
#[inline(always)]
pub const fn pair_hash(pair: u64) -> u64 {
    folded(pair ^ 0xd1b5_4a32_d192_ed03, 0x9e37_79b9_7f4a_7c15)
}

/// The number of bits of an index into the seeds of a perfect hash.
pub const SEED_BITS: u32 = 15;

/// Returns the index of a key's seed. The build script chooses the seeds such that each key has a place of its own.
#[inline(always)]
pub const fn seed_slot(hash: u64) -> usize {
    (hash >> 32) as usize % (1 << SEED_BITS)
}

/// Returns the bit beside the seed of a merge that is set for each merge with this hash: five of six hashes of no merge
/// have one that is not set.
#[inline(always)]
pub const fn filter_bit(hash: u64) -> u32 {
    1 << (16 + (hash >> 60))
}

/// Returns the place of a key in a table of `places`.
#[inline(always)]
pub const fn place(hash: u64, seed: u16, places: usize) -> usize {
    let mixed = (hash as u32).wrapping_mul(2 * seed as u32 + 1);
    ((mixed as u64 * places as u64) >> 32) as usize
}

/// The length from which on tokens are in the table of [`lengths_slot`].
pub const PREFIX: usize = 3;

/// The number of bits of an index into the table of lengths, and into that of long lengths.
pub const LENGTHS_BITS: u32 = 16;
pub const LONG_LENGTHS_BITS: u32 = 14;

/// Returns the index of the lengths of the tokens that begin with the first [`PREFIX`] of these bytes.
#[inline(always)]
pub const fn lengths_slot(bytes: u64) -> usize {
    ((bytes << 40).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - LENGTHS_BITS)) as usize
}

/// Returns the index of the greatest length of the tokens longer than [`INLINE`] that begin with these eight bytes.
#[inline(always)]
pub const fn long_lengths_slot(bytes: u64) -> usize {
    (bytes.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - LONG_LENGTHS_BITS)) as usize
}

/// The number of tokens in a group. The offset of the group's first byte is stored; the lengths of its tokens are added
/// to it.
pub const GROUP: usize = 16;

/// Returns a hash of the bytes of a token longer than [`INLINE`], from its first and last eight and its length.
#[inline(always)]
pub const fn long_hash(first: u64, last: u64, length: usize) -> u64 {
    folded(first ^ 0x9e37_79b9_7f4a_7c15, last.rotate_left(length as u32) ^ 0xd1b5_4a32_d192_ed03)
}

/// The number of bits of an index into the table of [`border_bit`].
pub const BORDER_BITS: u32 = 20;

/// Returns the bit of the border between two characters, each given as its bytes of UTF-8, the first the lowest.
#[inline(always)]
pub const fn border_bit(before: u32, after: u32) -> usize {
    let both = (before as u64) << 32 | after as u64;
    let mixed = (both ^ both >> 29).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> (64 - BORDER_BITS)) as usize
}

/// Returns the number of bytes of a character that begins with this byte; 1 for a byte with which none begins.
#[inline(always)]
pub const fn utf8_length(first: u8) -> usize {
    match first {
        0xc2..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf5 => 4,
        _ => 1,
    }
}
