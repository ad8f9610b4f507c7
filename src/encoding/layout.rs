//! How the tables of a vocabulary lie in the binary: what the build script writes and the program reads.
//!
//! This file names nothing of the crate, since the build script includes it too.

/// The longest token, in bytes, that lies in a slot whole. 13 bytes, 4 bits of length and 18 bits of rank leave two bits free.
pub const INLINE: usize = 13;

/// Slots of 16 bytes in a bucket: one cache line.
pub const BUCKET: usize = 4;

/// What stands for "no token" in tables of ranks.
pub const NONE: u32 = u32::MAX;

/// The bits of a slot that hold the token's bytes and its length.
pub const KEY: u128 = (1 << 108) - 1;

/// The bit of a bucket's last slot that says that a token which belongs here lies in a later bucket.
pub const SPILLED: u128 = 1 << 127;

const LENGTH_SHIFT: u32 = 104;
const RANK_SHIFT: u32 = 108;

/// The ranks that a slot can hold.
const MAX_RANK: u32 = (1 << 18) - 1;

/// Returns the key of a token of `length` bytes, at most [`INLINE`], that `bytes` begin with, in the order of the text.
#[inline]
pub const fn key(bytes: u128, length: usize) -> u128 {
    (bytes & ((1 << (8 * length)) - 1)) | ((length as u128) << LENGTH_SHIFT)
}

/// Returns the slot of a token.
#[cfg_attr(not(test), allow(dead_code))]
pub const fn slot(key: u128, rank: u32) -> u128 {
    key | ((rank as u128) << RANK_SHIFT)
}

/// Returns the rank that a slot holds.
#[inline]
pub const fn rank(slot: u128) -> u32 {
    ((slot >> RANK_SHIFT) as u32) & MAX_RANK
}

/// Returns the bucket, of `1 << bits`, in which a key belongs.
#[inline]
pub const fn bucket(key: u128, bits: u32) -> usize {
    let low = key as u64 ^ 0x9e37_79b9_7f4a_7c15;
    let high = (key >> 64) as u64 ^ 0xd1b5_4a32_d192_ed03;
    let product = low as u128 * high as u128;
    let mixed = (product as u64 ^ (product >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> (64 - bits)) as usize
}

/// Returns where, in a table of `1 << bits`, to begin to look for a token longer than [`INLINE`].
pub const fn long_slot(bytes: &[u8], bits: u32) -> usize {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut index = 0;
    while index < bytes.len() {
        hash = (hash ^ bytes[index] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        index += 1;
    }
    (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - bits)) as usize
}
