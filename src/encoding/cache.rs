//! The tokens of the pieces that were merged last: a cache for each thread and encoding, bounded, and small until it
//! pays.

use super::layout::{RANK_BITS, Slot, long_hash};

/// The fewest lines of a cache are a page of memory or some.
const FEWEST_BITS: u32 = 8;

/// A cache grows this many times when half of its lines were written.
const GROWTH_BITS: u32 = 2;

/// What is known of a piece: the number of its tokens, and their ranks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    pub(super) count: usize,
    pub(super) ranks: RankList,
}

/// The ranks of up to seven tokens, one after the other from the lowest bit on, and then a bit; 0 for ranks that are not
/// known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RankList(u128);

impl RankList {
    const MOST: usize = 7;

    /// Returns the list of these ranks, or one that is not known if they are too many.
    pub(super) fn new(ranks: impl Iterator<Item = u32>) -> RankList {
        let (mut list, mut bits) = (0, 0);
        for rank in ranks {
            if bits == RankList::MOST as u32 * RANK_BITS {
                return RankList(0);
            }
            list |= u128::from(rank) << bits;
            bits += RANK_BITS;
        }
        RankList(list | 1 << bits)
    }

    pub(super) fn one(rank: u32) -> RankList {
        RankList(u128::from(rank) | 1 << RANK_BITS)
    }

    fn is_known(self) -> bool {
        self.0 != 0
    }

    /// Writes the ranks, and zeros behind them; returns `false` if they are not known.
    #[inline(always)]
    pub(super) fn write(self, out: &mut [u32]) -> bool {
        let Some(out) = out.first_chunk_mut::<{ RankList::MOST }>() else { return false };
        for (index, out) in (0..).zip(out) {
            *out = (self.0 >> (index * RANK_BITS)) as u32 & ((1 << RANK_BITS) - 1);
        }
        self.is_known()
    }
}

/// The key of a piece of a certain length.
pub(super) trait Key: Copy + Default {
    /// The most lines of a cache are two to the power of this.
    const MOST_BITS: u32;

    fn hash(self) -> u64;
    fn has_key(&self, key: Self) -> bool;
    fn tokens(&self) -> usize;
    fn with_tokens(self, tokens: usize) -> Self;
    fn is_free(self) -> bool;
}

/// A cache of pieces. Two neighbouring lines are possible for a piece: the latest takes the first, and moves what was
/// there to the second.
pub(super) struct Cache<K> {
    lines: Vec<K>,
    /// Empty, or as many as `lines`.
    ranks: Vec<RankList>,
    /// The lines written since the cache grew.
    written: usize,
}

impl<K: Key> Cache<K> {
    pub(super) const fn new() -> Cache<K> {
        Cache { lines: Vec::new(), ranks: Vec::new(), written: 0 }
    }

    /// Returns what is known of the piece with this key; with `RANKS`, only if the ranks are.
    #[inline(always)]
    pub(super) fn find<const RANKS: bool>(&self, key: K) -> Option<Found> {
        let pair = self.pair(key);
        let [first, second] = self.lines.as_chunks::<2>().0.get(pair)?;
        let is_second = !first.has_key(key);
        let line = if is_second { second } else { first };
        if !line.has_key(key) {
            return None;
        }
        let mut found = Found { count: line.tokens(), ranks: RankList::default() };
        if RANKS {
            found.ranks = self.ranks.as_chunks::<2>().0.get(pair)?[usize::from(is_second)];
            if !found.ranks.is_known() && found.count <= RankList::MOST {
                return None;
            }
        }
        Some(found)
    }

    /// Remembers the piece with this key.
    #[inline]
    pub(super) fn insert(&mut self, key: K, found: Found) {
        if self.written >= self.lines.len() / 2 && self.lines.len() < 1 << K::MOST_BITS {
            self.grow();
        }
        self.put(key.with_tokens(found.count), found.ranks);
    }

    #[inline(always)]
    fn pair(&self, key: K) -> usize {
        // No lines have no index.
        (key.hash() >> 40) as usize & (self.lines.len() / 2).wrapping_sub(1)
    }

    #[cold]
    fn grow(&mut self) {
        let bits = match self.lines.len() {
            0 => FEWEST_BITS,
            lines => (lines.ilog2() + GROWTH_BITS).min(K::MOST_BITS),
        };
        let lines = std::mem::replace(&mut self.lines, vec![K::default(); 1 << bits]);
        let ranks = std::mem::take(&mut self.ranks);
        self.written = 0;
        for (index, line) in lines.into_iter().enumerate().filter(|(_, line)| !line.is_free()) {
            self.put(line, ranks.get(index).copied().unwrap_or_default());
        }
    }

    /// Writes a line; there are some.
    #[inline(always)]
    fn put(&mut self, line: K, ranks: RankList) {
        self.written += 1;
        let pair = self.pair(line);
        let [first, second] = &mut self.lines.as_chunks_mut::<2>().0[pair];
        *second = std::mem::replace(first, line);
        if ranks.is_known() && self.ranks.is_empty() {
            self.ranks = vec![RankList::default(); self.lines.len()];
        }
        if let Some([first, second]) = self.ranks.as_chunks_mut::<2>().0.get_mut(pair) {
            *second = std::mem::replace(first, ranks);
        }
    }
}

/// The number of tokens is the value of the slot.
impl Key for Slot {
    /// 2 MiB, and as much for the ranks. Novels have 27,000 different words that are no token.
    const MOST_BITS: u32 = 17;

    #[inline(always)]
    fn hash(self) -> u64 {
        self.key_alone().hash()
    }

    #[inline(always)]
    fn has_key(&self, key: Slot) -> bool {
        Slot::has_key(*self, key)
    }

    #[inline(always)]
    fn tokens(&self) -> usize {
        self.value() as usize
    }

    #[inline(always)]
    fn with_tokens(self, tokens: usize) -> Slot {
        self.with_value(tokens as u32)
    }

    fn is_free(self) -> bool {
        self == Slot::default()
    }
}

/// A piece of more than [`INLINE`] and up to 32 bytes.
#[derive(Clone, Copy, Default)]
pub(super) struct Wide {
    low: u128,
    high: u128,
    length: u32,
    tokens: u32,
}

impl Wide {
    /// The longest piece with such a key.
    pub(super) const LONGEST: usize = 32;

    /// Returns the key of the first `length` bytes of the 32 that are given.
    #[inline(always)]
    pub(super) fn new(low: u128, high: u128, length: usize) -> Wide {
        let mask = |bytes: usize| u128::MAX.checked_shr(128 - 8 * bytes as u32).unwrap_or(0);
        let (low, high) = (low & mask(length.min(16)), high & mask(length.saturating_sub(16)));
        Wide { low, high, length: length as u32, tokens: 0 }
    }
}

impl Key for Wide {
    /// 1.5 MiB, and a third of that for the ranks.
    const MOST_BITS: u32 = 15;

    #[inline(always)]
    fn hash(self) -> u64 {
        let folded = |half: u128| (half as u64).rotate_left(29) ^ (half >> 64) as u64;
        long_hash(folded(self.low), folded(self.high), self.length as usize)
    }

    #[inline(always)]
    fn has_key(&self, key: Wide) -> bool {
        self.low == key.low && self.high == key.high && self.length == key.length
    }

    #[inline(always)]
    fn tokens(&self) -> usize {
        self.tokens as usize
    }

    #[inline(always)]
    fn with_tokens(self, tokens: usize) -> Wide {
        Wide { tokens: tokens as u32, ..self }
    }

    fn is_free(self) -> bool {
        self.length == 0
    }
}
