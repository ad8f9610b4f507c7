//! What a thread found last in an encoding: the tokens of the pieces that were merged, and the slots of short tokens.
//! Both are bounded, and small until they pay.

use std::ops::Range;

use super::cpu::Vectors;
use super::layout::{RANK_BITS, Slot, long_hash};
use super::vocab::load;

/// The fewest pairs of lines: some KiB.
const FEWEST_BITS: u32 = 6;

/// A cache grows this many times when half of its lines were written.
const GROWTH_BITS: u32 = 2;

/// What is known of a piece: the number of its tokens, and their ranks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    pub(super) count: usize,
    pub(super) ranks: RankList,
}

/// The ranks of up to seven tokens, one after the other from the lowest bit on, and the highest bit; 0 for ranks that are
/// not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RankList(u128);

impl RankList {
    pub(super) const MOST: usize = 7;
    const KNOWN: u128 = 1 << 127;

    /// Returns the list of the first `count` of these ranks, or one that is not known if they are too many.
    #[inline(always)]
    pub(super) fn new(ranks: [u32; RankList::MOST], count: usize) -> RankList {
        if count > RankList::MOST {
            return RankList(0);
        }
        // Half of it each, which is faster than one after the other.
        let [a, b, c, d, e, f, g] = ranks.map(u64::from);
        let low = a | b << RANK_BITS | c << (2 * RANK_BITS) | d << (3 * RANK_BITS);
        let high = d >> (64 - 3 * RANK_BITS) | (e | f << RANK_BITS | g << (2 * RANK_BITS)) << (4 * RANK_BITS - 64);
        RankList(u128::from(low) | u128::from(high) << 64 | RankList::KNOWN)
    }

    pub(super) fn one(rank: u32) -> RankList {
        RankList(u128::from(rank) | RankList::KNOWN)
    }

    #[inline(always)]
    pub(super) fn is_known(self) -> bool {
        self.0 != 0
    }

    /// Writes the ranks, and others behind them.
    #[inline(always)]
    pub(super) fn write(self, out: &mut [u32; RankList::MOST]) {
        for (index, out) in (0..).zip(out) {
            *out = (self.0 >> (index * RANK_BITS)) as u32 & ((1 << RANK_BITS) - 1);
        }
    }
}

/// The key of a piece of a certain length.
pub(super) trait Key: Copy + Default {
    /// The most pairs of lines of a cache are two to the power of this.
    const MOST_BITS: u32;

    /// Returns the key of `text[range]`.
    fn of(text: &[u8], range: &Range<usize>) -> Self;
    fn hash(self) -> u64;
    fn has_key(&self, key: Self) -> bool;
    fn tokens(&self) -> usize;
    fn with_tokens(self, tokens: usize) -> Self;
    fn is_free(self) -> bool;
}

/// A cache of pieces. Two neighbouring lines are possible for a piece: the latest takes the first, and moves what was
/// there to the second.
pub(super) struct Cache<K> {
    pairs: Vec<Pair<K>>,
    /// The lines written since the cache grew.
    written: usize,
}

/// Two lines: with short keys, as much as the processor brings nearer at once.
#[derive(Clone, Copy, Default)]
#[repr(align(64))]
struct Pair<K>([Line<K>; 2]);

/// A piece and the number of its tokens, and their ranks if they are known.
#[derive(Clone, Copy, Default)]
struct Line<K> {
    key: K,
    ranks: RankList,
}

impl<K: Key> Cache<K> {
    pub(super) const fn new() -> Cache<K> {
        Cache { pairs: Vec::new(), written: 0 }
    }

    /// Returns [`Cache::index`], and brings the lines there nearer.
    #[inline(always)]
    pub(super) fn prefetch<V: Vectors>(&self, vectors: V, key: K) -> usize {
        let index = self.index(key);
        if let Some(Pair([first, second])) = self.pairs.get(index) {
            vectors.prefetch(first);
            if size_of::<Pair<K>>() > 64 {
                vectors.prefetch(second);
            }
        }
        index
    }

    /// Returns what is known of the piece with this key, whose lines are at `index`; with `RANKS`, only if the ranks are.
    #[inline(always)]
    pub(super) fn find<const RANKS: bool>(&self, index: usize, key: K) -> Option<Found> {
        let Pair([first, second]) = self.pairs.get(index)?;
        let line = if first.key.has_key(key) { first } else { second };
        let is_known = line.key.has_key(key) & (!RANKS | line.ranks.is_known());
        is_known.then(|| Found { count: line.key.tokens(), ranks: line.ranks })
    }

    /// Remembers the piece with this key.
    #[inline]
    pub(super) fn insert(&mut self, key: K, found: Found) {
        if self.written >= self.pairs.len() && self.pairs.len() < 1 << K::MOST_BITS {
            self.grow(match self.pairs.len() {
                0 => FEWEST_BITS,
                pairs => (pairs.ilog2() + GROWTH_BITS).min(K::MOST_BITS),
            });
        }
        self.put(Line { key: key.with_tokens(found.count), ranks: found.ranks });
    }

    /// Takes all the memory that it ever takes.
    pub(super) fn grow_whole(&mut self) {
        if self.pairs.len() < 1 << K::MOST_BITS {
            self.grow(K::MOST_BITS);
        }
    }

    /// Returns the index of the pair of lines that are possible for this key.
    #[inline(always)]
    fn index(&self, key: K) -> usize {
        // No lines have no index.
        (key.hash() >> 32) as usize & self.pairs.len().wrapping_sub(1)
    }

    #[cold]
    fn grow(&mut self, bits: u32) {
        let pairs = std::mem::replace(&mut self.pairs, vec![Pair::default(); 1 << bits]);
        self.written = 0;
        for Pair([first, second]) in pairs {
            for line in [second, first].into_iter().filter(|line| !line.key.is_free()) {
                self.put(line);
            }
        }
    }

    /// Writes a line; there are some.
    #[inline(always)]
    fn put(&mut self, line: Line<K>) {
        self.written += 1;
        let index = self.index(line.key);
        let Pair([first, second]) = &mut self.pairs[index];
        *second = std::mem::replace(first, line);
    }
}

/// The short tokens that were found last: a copy of some slots of the vocabulary which is small enough to stay near the
/// processor.
#[derive(Default)]
pub(super) struct Recent {
    slots: Vec<Slot>,
    /// The slots written since there are as many.
    written: usize,
}

impl Recent {
    /// 4 KB, for a few short texts.
    const FEWEST: usize = 1 << 8;
    /// 64 KB.
    const MOST: usize = 1 << 12;

    /// Returns the slots, of which there are some; takes more memory before if it pays.
    #[inline]
    pub(super) fn slots(&mut self) -> &mut [Slot] {
        if self.written >= self.slots.len() {
            self.grow_to(if self.slots.is_empty() { Recent::FEWEST } else { Recent::MOST });
        }
        &mut self.slots
    }

    /// Returns the index of the only one of the slots that may have this key.
    #[inline(always)]
    pub(super) fn index(slots: &[Slot], key: Slot) -> usize {
        (key.hash() >> 20) as usize & (slots.len() - 1)
    }

    /// Notes that so many of the slots were written.
    pub(super) fn add_written(&mut self, slots: usize) {
        self.written += slots;
    }

    /// Takes all the memory that it ever takes.
    pub(super) fn grow_whole(&mut self) {
        self.grow_to(Recent::MOST);
    }

    /// What was found before is then found again in the vocabulary.
    fn grow_to(&mut self, slots: usize) {
        if self.slots.len() < slots {
            *self = Recent { slots: vec![Slot::default(); slots], written: 0 };
        }
    }
}

/// The number of tokens is the value of the slot.
impl Key for Slot {
    /// 4 MiB. Novels have 27,000 different words that are no token.
    const MOST_BITS: u32 = 16;

    #[inline(always)]
    fn of(text: &[u8], range: &Range<usize>) -> Slot {
        Slot::key(load(text, range.start), range.len())
    }

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
}

impl Key for Wide {
    /// 2 MiB.
    const MOST_BITS: u32 = 14;

    #[inline(always)]
    fn of(text: &[u8], range: &Range<usize>) -> Wide {
        let (low, high) = (load(text, range.start), load(text, range.end.min(range.start + 16)));
        let mask = |bytes: usize| u128::MAX.checked_shr(128 - 8 * bytes as u32).unwrap_or(0);
        let (low, high) = (low & mask(range.len().min(16)), high & mask(range.len().saturating_sub(16)));
        Wide { low, high, length: range.len() as u32, tokens: 0 }
    }

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
