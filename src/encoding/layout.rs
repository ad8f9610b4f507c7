//! The binary layout of a vocabulary's tables, which the build script writes and the program reads.
//!
//! This file uses nothing of the crate, since the build script includes it too.

/// The length of the longest token, in bytes, that fits into a slot. 13 bytes, 4 bits of length and 18 bits of rank
/// leave two bits free.
pub const INLINE: usize = 13;

/// The number of slots of 16 bytes in a bucket, which is one cache line.
pub const BUCKET: usize = 4;

/// The value for "no token" in tables of ranks.
pub const NONE: u32 = u32::MAX;

/// A slot: the first eight bytes of a token, and, from the lowest bit on, the next five, its length and its rank. A
/// free slot is sixteen zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub low: u64,
    pub high: u64,
}

/// The bits of [`Slot::high`] that are part of the key.
pub const KEY: u64 = (1 << RANK_SHIFT) - 1;

/// The bit of a bucket's last [`Slot::high`] that is set if a token of this bucket is in a later one.
pub const SPILLED: u64 = 1 << 63;

const LENGTH_SHIFT: u32 = 40;
/// The bit of [`Slot::high`] at which the rank begins.
pub const RANK_SHIFT: u32 = 44;

/// The highest rank that fits into a slot.
const MAX_RANK: u64 = (1 << 18) - 1;

/// The masks of the bytes of a key, by its length.
const MASKS: [(u64, u64); 16] = {
    let mut masks = [(0, 0); 16];
    let mut length = 0;
    while length < 16 {
        let mask = (1u128 << (8 * length)) - 1;
        masks[length] = (mask as u64, (mask >> 64) as u64);
        length += 1;
    }
    masks
};

impl Slot {
    /// Returns the key of the token that is the first `length` bytes, from 1 to [`INLINE`], of the 16 `bytes`.
    #[inline(always)]
    pub const fn key(bytes: u128, length: usize) -> Slot {
        let (low, high) = MASKS[length];
        Slot { low: bytes as u64 & low, high: (bytes >> 64) as u64 & high | (length as u64) << LENGTH_SHIFT }
    }

    /// Returns a hash of the key, from all bits of one product: the highest bits choose the bucket, the lowest the
    /// place in the filter.
    #[inline(always)]
    pub const fn hash(self) -> u64 {
        let product = (self.low ^ 0x9e37_79b9_7f4a_7c15) as u128 * (self.high ^ 0xd1b5_4a32_d192_ed03) as u128;
        product as u64 ^ (product >> 64) as u64
    }

    /// Returns the index of the bucket of the key.
    #[inline(always)]
    pub const fn bucket(self, buckets: usize) -> usize {
        ((self.hash() as u128 * buckets as u128) >> 64) as usize
    }

    /// Returns the rank in the slot.
    #[inline(always)]
    pub const fn rank(self) -> u32 {
        (self.high >> RANK_SHIFT & MAX_RANK) as u32
    }
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

/// Returns the index, in a table of `1 << bits`, at which the search for a token longer than [`INLINE`] begins.
pub const fn long_slot(bytes: &[u8], bits: u32) -> usize {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut index = 0;
    while index < bytes.len() {
        hash = (hash ^ bytes[index] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        index += 1;
    }
    (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - bits)) as usize
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
