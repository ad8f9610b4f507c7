//! Counting and encoding: the pieces of a text, some hundred at a time.
//!
//! Most pieces are whole tokens. So all pieces are looked up in the vocabulary, without a branch that depends on one of
//! them, and the few that are no token are counted afterwards: from the cache, or else by merging. `ARCHITECTURE.md`, "The
//! way of a piece", has the whole, and what each part brings.

use std::cell::Cell;
use std::hint;
use std::marker::PhantomData;
use std::ops::Range;

use super::Coding;
use super::cache::{Cache, Found, Key, RankList, Recent, Wide};
use super::cpu::{self, Kernel, Vectors};
use super::layout::{INLINE, Slot};
use super::merge::{Merger, Segments};
use super::scan::{SIDE_BY_SIDE, side_by_side};
use super::split::Pattern;
use super::vocab::load;
use super::window::{self, WINDOW};

/// The number of pieces that are looked up together, unless the text ends before.
const TOGETHER: usize = MOST - WINDOW;

/// The most that there can be together: the last window has as many as bytes. A power of two, so that a remainder is a
/// mask.
const MOST: usize = 512;

/// The number of tokens that are collected before they are added to the result: more than twice [`MOST`].
const OUT: usize = 2_048;

/// The number of ranks that are copied at once, of which the last may be too many: more than most pieces in a row that are
/// tokens.
const ROW: usize = 32;

/// The number of pieces that wait until they are merged: enough to find some of the same length.
const PENDING: usize = 64;

/// What a thread keeps from one text to the next.
struct Memory {
    pieces: Box<Pieces>,
    /// For each encoding.
    known: [Known; 5],
}

/// Some consecutive pieces of a text.
struct Pieces {
    /// The start of each, and the end of the last.
    bounds: [usize; MOST + 9],
    count: usize,
    /// The end of a piece of which only the first segments are among these pieces.
    divided: usize,
    /// The indexes of those that are no short token.
    missing: [u16; MOST],
    missing_count: usize,
    /// The key of each of them, and a place where it may be.
    keys: [Slot; MOST],
    places: [u32; MOST],
    /// The rank of each that is a short token.
    ranks: [u32; MOST + ROW],
    /// Where a slot goes that is not to be kept, since a branch would cost more than the store.
    unread: Slot,
    /// Tokens on their way to the caller.
    out: [u32; OUT],
}

/// The pieces of an encoding that a thread has merged.
struct Known {
    recent: Recent,
    short: Remembered<Slot, 2>,
    wide: Remembered<Wide, 4>,
    merger: Merger,
    parts: Parts,
}

/// The pieces of up to 8 `M` bytes that were merged, and those that are to be merged next.
struct Remembered<K, const M: usize> {
    cache: Cache<K>,
    /// Each with its index in [`Parts::list`].
    pending: Vec<(Range<usize>, usize)>,
    /// For each of them, its length, bits of its hash, and its index: pieces of similar lengths are merged side by side,
    /// and equal ones once.
    order: Vec<u64>,
}

thread_local! {
    static MEMORY: Cell<Option<Box<Memory>>> = const { Cell::new(None) };
}

/// Calls `use_it` with the memory of this thread, or with a new one where there is none, such as in a thread that ends.
fn with_memory<T>(use_it: impl FnOnce(&mut Memory) -> T) -> T {
    let mut memory = MEMORY.try_with(Cell::take).ok().flatten().unwrap_or_else(|| Box::new(Memory::new()));
    let result = use_it(&mut memory);
    // In a thread that ends, the memory is dropped.
    let _ = MEMORY.try_with(|kept| kept.set(Some(memory)));
    result
}

/// Returns the number of tokens, unless it is more than `limit`.
pub(super) fn count<C: Coding>(text: &str, limit: usize) -> Option<usize> {
    with_memory(|memory| cpu::run(Counting::<C> { memory, text: text.as_bytes(), limit, coding: PhantomData }))
}

/// Reads the tables, and takes all memory of this thread.
pub(super) fn preload<C: Coding>() {
    C::RANKS.preload();
    with_memory(|memory| {
        let known = &mut memory.known[usize::from(C::ID)];
        known.recent.grow_whole();
        known.short.cache.grow_whole();
        known.wide.cache.grow_whole();
    });
}

/// Returns the tokens.
pub(super) fn encode<C: Coding>(text: &str) -> Vec<u32> {
    with_memory(|memory| cpu::run(Encoding::<C> { memory, text: text.as_bytes(), coding: PhantomData }))
}

struct Counting<'a, C> {
    memory: &'a mut Memory,
    text: &'a [u8],
    limit: usize,
    coding: PhantomData<C>,
}

impl<C: Coding> Kernel for Counting<'_, C> {
    type Output = Option<usize>;

    #[inline(always)]
    fn run<V: Vectors>(self, vectors: V) -> Option<usize> {
        let Memory { pieces, known } = self.memory;
        let known = &mut known[usize::from(C::ID)];
        let (mut at, mut count) = (0, 0);
        pieces.divided = 0;
        while at < self.text.len() {
            at = pieces.split::<C, V>(vectors, self.text, at);
            vectors.run(LookUp::<C, false> { pieces, recent: &mut known.recent, text: self.text, coding: PhantomData });
            count += pieces.count - pieces.missing_count;
            if pieces.missing_count > 0 {
                count += known.count_missing::<C, V, false>(vectors, self.text, pieces, self.limit)?;
            }
            if count > self.limit {
                return None;
            }
        }
        Some(count)
    }
}

struct Encoding<'a, C> {
    memory: &'a mut Memory,
    text: &'a [u8],
    coding: PhantomData<C>,
}

impl<C: Coding> Kernel for Encoding<'_, C> {
    type Output = Vec<u32>;

    #[inline(always)]
    fn run<V: Vectors>(self, vectors: V) -> Vec<u32> {
        let Memory { pieces, known } = self.memory;
        let known = &mut known[usize::from(C::ID)];
        // Enough for most texts: tokens of two bytes in short ones, and of four in long ones.
        let length = self.text.len();
        let mut tokens = Vec::with_capacity((length / 2).min(1 << 16).max(length / 4));
        let mut at = 0;
        pieces.divided = 0;
        while at < self.text.len() {
            at = pieces.split::<C, V>(vectors, self.text, at);
            vectors.run(LookUp::<C, true> { pieces, recent: &mut known.recent, text: self.text, coding: PhantomData });
            if pieces.missing_count > 0 {
                let _ = known.count_missing::<C, V, true>(vectors, self.text, pieces, usize::MAX);
            }
            known.emit::<C>(self.text, pieces, &mut tokens);
        }
        tokens
    }
}

impl Memory {
    fn new() -> Memory {
        // The default of a box is made in its place; `Box::new` would copy 25 KB.
        Memory { pieces: Box::default(), known: std::array::from_fn(|_| Known::new()) }
    }
}

impl Default for Pieces {
    #[inline(always)]
    fn default() -> Pieces {
        Pieces {
            bounds: [0; MOST + 9],
            count: 0,
            divided: 0,
            missing: [0; MOST],
            missing_count: 0,
            keys: [Slot::default(); MOST],
            places: [0; MOST],
            ranks: [0; MOST + ROW],
            unread: Slot::default(),
            out: [0; OUT],
        }
    }
}

impl Pieces {
    /// Finds the next pieces from `at` on, and returns the end of the last. Of long pieces beyond ASCII, each segment is a
    /// piece here.
    #[inline(always)]
    fn split<C: Coding, V: Vectors>(&mut self, vectors: V, text: &[u8], mut at: usize) -> usize {
        let mut count = 0;
        self.bounds[0] = at;
        while count < TOGETHER && at < text.len() {
            if at < self.divided {
                count = self.divide::<C>(&text[..self.divided], at, count);
                at = self.bounds[count];
                continue;
            }
            let starts = window::starts::<C::Pattern, V>(vectors, &text[at..]);
            // The first bit is the start of the window.
            let bits = starts.bits & !1;
            let found = bits.count_ones() as usize;
            write_places(&mut self.bounds[count + 1..], at, bits, found);
            count += found;
            at = self.bounds[count];
            if found > 0 && starts.whole {
                continue;
            }
            let end = C::Pattern::piece_end(text, at);
            if end - at > INLINE && !text[at..end].is_ascii() {
                self.divided = end;
                continue;
            }
            at = end;
            count += 1;
            self.bounds[count] = at;
        }
        self.count = count;
        at
    }

    /// Adds the segments of the piece from `at` to the end of `text`, as many as there is space for; returns the number of
    /// pieces.
    #[inline]
    fn divide<C: Coding>(&mut self, text: &[u8], at: usize, mut count: usize) -> usize {
        for (end, is_border) in Segments::<C>::new(text, at) {
            self.bounds[count + 1] = end;
            count += usize::from(is_border);
            if count == TOGETHER {
                break;
            }
        }
        count
    }
}

/// Looks up all pieces; with `RANKS`, it keeps the ranks of those that are tokens.
struct LookUp<'a, C, const RANKS: bool> {
    pieces: &'a mut Pieces,
    recent: &'a mut Recent,
    text: &'a [u8],
    coding: PhantomData<C>,
}

impl<C: Coding, const RANKS: bool> Kernel for LookUp<'_, C, RANKS> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self, vectors: V) {
        let Self { pieces, recent, text, .. } = self;
        let count = pieces.count.min(MOST);
        let slots = recent.slots();
        let mut missing = 0;
        let mut note = |index: usize, bytes: u128, length: usize| {
            let key = Slot::key(bytes, length);
            let slot = slots[Recent::index(slots, key)];
            if RANKS {
                pieces.ranks[index] = slot.value();
            }
            pieces.missing[missing % MOST] = index as u16;
            pieces.keys[missing % MOST] = key;
            missing += usize::from(!slot.has_key(key));
        };
        let mut index = 0;
        let mut start = pieces.bounds[0];
        while index < count
            && let Some(bytes) = text.get(start..start + 16).and_then(<[u8]>::first_chunk)
        {
            let end = pieces.bounds[index + 1];
            note(index, u128::from_le_bytes(*bytes), end - start);
            (index, start) = (index + 1, end);
        }
        // The last ones are nearer to the end of the text.
        for index in index..count {
            let end = pieces.bounds[index + 1];
            note(index, load(text, start), end - start);
            start = end;
        }
        let candidates = missing.min(MOST);
        for (key, place) in pieces.keys[..candidates].iter().zip(&mut pieces.places) {
            *place = C::RANKS.place(*key) as u32;
            C::RANKS.prefetch(vectors, *place as usize);
        }
        let mut missing = 0;
        for candidate in 0..candidates {
            let (index, key) = (pieces.missing[candidate], pieces.keys[candidate]);
            let slot = C::RANKS.slot_at(pieces.places[candidate] as usize);
            if RANKS {
                pieces.ranks[usize::from(index) % MOST] = slot.value();
            }
            let is_token = slot.has_key(key);
            // A branch would often be guessed wrongly.
            let recent = &mut slots[Recent::index(slots, key)];
            *hint::select_unpredictable(is_token, recent, &mut pieces.unread) = slot;
            pieces.missing[missing % MOST] = index;
            pieces.keys[missing % MOST] = key;
            missing += usize::from(!is_token);
        }
        pieces.missing_count = missing;
        recent.add_written(candidates - missing);
    }
}

/// Writes the place of each bit behind `base`; eight at a time, of which the last may be garbage.
#[inline(always)]
fn write_places(places: &mut [usize], base: usize, mut bits: u64, count: usize) {
    for places in places.as_chunks_mut::<8>().0.iter_mut().take(count.div_ceil(8)) {
        for place in places {
            *place = base + bits.trailing_zeros() as usize;
            bits &= bits.wrapping_sub(1);
        }
    }
}

impl Known {
    fn new() -> Known {
        Known {
            recent: Recent::default(),
            short: Remembered::new(),
            wide: Remembered::new(),
            merger: Merger::default(),
            parts: Parts::default(),
        }
    }

    /// Returns the number of tokens of the missing pieces, unless a single one has more than `limit`. With `RANKS`, it
    /// finds the tokens themselves, in `parts`.
    #[inline(never)]
    fn count_missing<C: Coding, V: Vectors, const RANKS: bool>(
        &mut self,
        vectors: V,
        text: &[u8],
        pieces: &mut Pieces,
        limit: usize,
    ) -> Option<usize> {
        let missing = &pieces.missing[..pieces.missing_count];
        // The places in the vocabulary are of no more use.
        for ((piece, key), place) in missing.iter().zip(&pieces.keys).zip(&mut pieces.places) {
            let index = usize::from(*piece) % MOST;
            let range = pieces.bounds[index]..pieces.bounds[index + 1];
            *place = if range.len() <= INLINE {
                self.short.cache.prefetch(vectors, *key)
            } else if range.len() <= Wide::LONGEST {
                self.wide.cache.prefetch(vectors, Wide::of(text, &range))
            } else {
                0
            } as u32;
        }
        let mut count = 0;
        for ((piece, key), place) in missing.iter().copied().zip(&pieces.keys).zip(&pieces.places) {
            let index = usize::from(piece) % MOST;
            let range = pieces.bounds[index]..pieces.bounds[index + 1];
            if range.len() <= INLINE {
                count += match self.short.cache.find::<RANKS>(*place as usize, *key) {
                    Some(found) => self.parts.add::<RANKS>(piece, found),
                    None => self.short.wait::<C, RANKS>(text, piece, range, *key, &mut self.parts),
                };
                continue;
            }
            // It has at least this number of tokens.
            if range.len() / C::RANKS.longest() > limit {
                self.short.forget_pending();
                self.wide.forget_pending();
                self.parts.merged = 0;
                return None;
            }
            count += self.add_long::<C, RANKS>(text, piece, range, *place as usize);
        }
        self.short.merge::<C, RANKS>(text, &mut self.parts);
        self.wide.merge::<C, RANKS>(text, &mut self.parts);
        Some(count + std::mem::take(&mut self.parts.merged))
    }

    /// Adds a piece of more than [`INLINE`] bytes: of ASCII, or one segment. If it is remembered, it is at `place`.
    fn add_long<C: Coding, const RANKS: bool>(
        &mut self,
        text: &[u8],
        piece: u16,
        range: Range<usize>,
        place: usize,
    ) -> usize {
        let key = (range.len() <= Wide::LONGEST).then(|| Wide::of(text, &range));
        if let Some(found) = key.and_then(|key| self.wide.cache.find::<RANKS>(place, key)) {
            return self.parts.add::<RANKS>(piece, found);
        }
        if let Some(rank) = C::RANKS.rank(text, range.start, range.end) {
            let found = Found { count: 1, ranks: RankList::one(rank) };
            if let Some(key) = key {
                self.wide.cache.insert(key, found);
            }
            return self.parts.add::<RANKS>(piece, found);
        }
        match key {
            Some(key) => self.wide.wait::<C, RANKS>(text, piece, range, key, &mut self.parts),
            None if RANKS => self.parts.add::<RANKS>(piece, Found::default()),
            None => self.merger.count_long::<C>(text, range),
        }
    }

    /// Adds the tokens of all pieces to `tokens`.
    #[inline(never)]
    fn emit<C: Coding>(&mut self, text: &[u8], pieces: &mut Pieces, tokens: &mut Vec<u32>) {
        let (mut used, mut next) = (0, 0);
        for part in self.parts.list.drain(..) {
            let piece = usize::from(part.piece);
            if used > OUT / 2 {
                tokens.extend_from_slice(&pieces.out[..used]);
                used = 0;
            }
            // At least once: to look whether there is none costs more than to copy none.
            loop {
                pieces.out[used..used + ROW].copy_from_slice(&pieces.ranks[next..next + ROW]);
                let copied = (piece - next).min(ROW);
                next += copied;
                used += copied;
                if next == piece {
                    break;
                }
            }
            next = piece + 1;
            let count = part.count as usize;
            if let Some(out) = pieces.out[used..].first_chunk_mut()
                && part.ranks.is_known()
            {
                part.ranks.write(out);
                used += count;
                continue;
            }
            tokens.extend_from_slice(&pieces.out[..used]);
            used = 0;
            match part.count {
                0 => self.merger.encode_long::<C>(text, pieces.bounds[piece]..pieces.bounds[next], tokens),
                _ => tokens.extend_from_slice(&self.parts.many[part.many as usize..][..count]),
            }
        }
        self.parts.many.clear();
        tokens.extend_from_slice(&pieces.out[..used]);
        if next < pieces.count {
            tokens.extend_from_slice(&pieces.ranks[next..pieces.count]);
        }
    }
}

/// The pieces that are no short token.
#[derive(Default)]
struct Parts {
    list: Vec<Part>,
    /// The ranks of those with more tokens than a [`RankList`] has.
    many: Vec<u32>,
    /// The number of tokens of those that were merged since the last ones were counted.
    merged: usize,
}

/// A piece that is no short token, and its tokens; none where it is long, and not merged yet.
struct Part {
    ranks: RankList,
    count: u32,
    /// Where its ranks begin in [`Parts::many`], if a list has too few.
    many: u32,
    piece: u16,
}

impl Parts {
    /// Adds a piece, whose tokens are found, or are to be; returns their number.
    #[inline(always)]
    fn add<const RANKS: bool>(&mut self, piece: u16, Found { count, ranks }: Found) -> usize {
        if RANKS {
            self.list.push(Part { ranks, count: count as u32, many: 0, piece });
        }
        count
    }
}

impl<K: Key, const M: usize> Remembered<K, M> {
    const fn new() -> Self {
        Remembered { cache: Cache::new(), pending: Vec::new(), order: Vec::new() }
    }

    /// Adds a piece that is to be merged; returns 0, since its tokens are counted when it is.
    #[inline]
    fn wait<C: Coding, const RANKS: bool>(
        &mut self,
        text: &[u8],
        piece: u16,
        range: Range<usize>,
        key: K,
        parts: &mut Parts,
    ) -> usize {
        let bits = key.hash() >> 16 << 8;
        self.order.push((range.len() as u64) << 56 | bits | self.pending.len() as u64);
        self.pending.push((range, parts.list.len()));
        let count = parts.add::<RANKS>(piece, Found::default());
        if self.pending.len() == PENDING {
            self.merge::<C, RANKS>(text, parts);
        }
        count
    }

    /// Merges the pending pieces, and remembers their tokens.
    #[inline(never)]
    fn merge<C: Coding, const RANKS: bool>(&mut self, text: &[u8], parts: &mut Parts) {
        self.order.sort_unstable();
        let pending = &self.pending;
        let piece = |order: u64| &pending[order as usize % PENDING];
        let is_same = |one: &u64, other: &u64| {
            one >> 8 == other >> 8 && text[piece(*one).0.clone()] == text[piece(*other).0.clone()]
        };
        let mut equals = self.order.chunk_by(is_same);
        loop {
            let group: [&[u64]; SIDE_BY_SIDE] = std::array::from_fn(|_| equals.next().unwrap_or_default());
            let count = group.iter().take_while(|equals| !equals.is_empty()).count();
            if count == 0 {
                break;
            }
            let pieces =
                std::array::from_fn(|index| group[index].first().map_or(0..0, |first| piece(*first).0.clone()));
            let scans = side_by_side::<C, M, SIDE_BY_SIDE>(text, pieces, count);
            for (equals, scan) in group.iter().zip(&scans).take(count) {
                let range = &piece(equals[0]).0;
                let mut found = Found { count: scan.count(), ranks: RankList::default() };
                parts.merged += found.count * equals.len();
                if RANKS {
                    found.ranks = RankList::new(scan.first_ranks(), found.count);
                    let many = parts.many.len();
                    if !found.ranks.is_known() {
                        parts.many.extend(scan.ranks(0, range.len() as u32));
                    }
                    for equal in *equals {
                        let part = &mut parts.list[piece(*equal).1];
                        (part.ranks, part.count, part.many) = (found.ranks, found.count as u32, many as u32);
                    }
                }
                // Where the ranks are too many to remember, only a count is worth it.
                if !RANKS || found.ranks.is_known() {
                    self.cache.insert(K::of(text, range), found);
                }
            }
        }
        self.forget_pending();
    }

    fn forget_pending(&mut self) {
        self.pending.clear();
        self.order.clear();
    }
}

/// Returns the ends of all pieces of `text`.
#[cfg(all(test, feature = "encodings"))]
pub(super) fn ends<C: Coding, V: Vectors>(vectors: V, text: &[u8]) -> Vec<usize> {
    let mut memory = Memory::new();
    let (mut ends, mut at) = (Vec::new(), 0);
    while at < text.len() {
        at = memory.pieces.split::<C, V>(vectors, text, at);
        ends.extend_from_slice(&memory.pieces.bounds[1..=memory.pieces.count]);
    }
    ends
}

#[cfg(all(test, feature = "encodings"))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::encoding::codings::{Cl100kBase, O200kBase, P50kBase, R50kBase};
    #[cfg(target_arch = "x86_64")]
    use crate::encoding::cpu::Avx2;
    use crate::encoding::cpu::Scalar;
    use crate::encoding::naive;

    /// Returns the tokens of `text`, merged as in the textbook.
    fn textbook<C: Coding>(text: &[u8]) -> Vec<u32> {
        let (mut tokens, mut at) = (Vec::new(), 0);
        while at < text.len() {
            let piece = &text[at..C::Pattern::piece_end(text, at)];
            let mut start = 0;
            for end in naive::merge(C::RANKS, piece) {
                tokens.push(C::RANKS.rank_of_token(piece, start, end as usize));
                start = end as usize;
            }
            at += piece.len();
        }
        tokens
    }

    /// Asserts that a memory, which may know pieces already, counts and encodes as expected with these vectors.
    fn assert_with<C: Coding, V: Vectors>(vectors: V, memory: &mut Memory, text: &[u8], expected: &[u32]) {
        let counting =
            |memory: &mut Memory, limit| Counting::<C> { memory, text, limit, coding: PhantomData }.run(vectors);
        assert_eq!(counting(memory, expected.len()), Some(expected.len()));
        if let Some(less) = expected.len().checked_sub(1) {
            assert_eq!(counting(memory, less), None);
        }
        assert_eq!(Encoding::<C> { memory, text, coding: PhantomData }.run(vectors), expected);
    }

    fn assert_textbook<C: Coding>(memory: &mut Memory, text: &str) {
        let expected = textbook::<C>(text.as_bytes());
        assert_with::<C, _>(Scalar, memory, text.as_bytes(), &expected);
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = Avx2::detect() {
            assert_with::<C, _>(avx2, &mut Memory::new(), text.as_bytes(), &expected);
            assert_with::<C, _>(avx2, memory, text.as_bytes(), &expected);
        }
    }

    /// Asserts it for all encodings, which share one memory.
    fn assert_all(memory: &mut Memory, text: &str) {
        assert_textbook::<Cl100kBase>(memory, text);
        assert_textbook::<O200kBase>(memory, text);
        assert_textbook::<P50kBase>(memory, text);
        assert_textbook::<R50kBase>(memory, text);
    }

    /// Words of many kinds, so that short, wide and long pieces, tokens and none, are side by side.
    fn texts() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            "[a-zA-Z]{1,45}",
            "[ \\n\\t]{1,40}",
            " [a-z]{1,9}",
            "[0-9]{1,9}",
            "[!-/:-@]{1,40}",
            "[а-яё]{1,30}",
            "[一-龥あ-ん]{1,30}",
            "[😀-😎é\u{200d}ا-ي]{1,20}",
            Just(" the implementation of internationalization".to_owned()),
        ];
        proptest::collection::vec(part, 1..60).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn tokens_are_those_of_the_textbook(texts in proptest::collection::vec(texts(), 1..4)) {
            let mut memory = Memory::new();
            for text in &texts {
                assert_all(&mut memory, text);
            }
        }
    }

    #[test]
    fn a_count_that_stops_early_leaves_nothing_for_the_next_text() {
        let mut memory = Memory::new();
        let text = format!("{} {}", "Xyzzyq Qwrtzp ".repeat(100), "ab".repeat(100_000));
        let counting =
            Counting::<Cl100kBase> { memory: &mut memory, text: text.as_bytes(), limit: 1_100, coding: PhantomData };
        assert_eq!(counting.run(Scalar), None);
        assert_textbook::<Cl100kBase>(&mut memory, " Vwxyzzk");
        assert_textbook::<Cl100kBase>(&mut memory, "");
    }

    /// Some 30,000 tokens, of which the slots for those that were found last have room for a few.
    #[test]
    fn tokens_that_evict_each_other_are_found() {
        let mut memory = Memory::new();
        let token = |rank: u32| String::from_utf8(Cl100kBase::RANKS.token(rank)?.to_vec()).ok();
        let text: String = (0..100_000).step_by(3).filter_map(token).collect();
        assert_textbook::<Cl100kBase>(&mut memory, &text);
        assert_textbook::<Cl100kBase>(&mut memory, &text.chars().rev().collect::<String>());
    }

    /// More pieces than a cache has lines, of each width, so that all lines are taken again and again.
    #[test]
    fn pieces_that_evict_each_other_are_counted_right() {
        let mut memory = Memory::new();
        for width in [6, 15] {
            let texts: Vec<String> = (0..600u64)
                .map(|text| {
                    let words = (0..500).map(|word| {
                        let number = (text * 500 + word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                        format!(
                            " {}",
                            &format!("q{number:016x}").replace(|digit: char| digit.is_ascii_digit(), "z")[..width]
                        )
                    });
                    words.collect()
                })
                .collect();
            for text in texts.iter().chain(&texts[..3]) {
                let expected = super::count::<Cl100kBase>(text, usize::MAX).expect("no limit");
                let encoded = super::encode::<Cl100kBase>(text);
                assert_eq!(encoded.len(), expected);
                assert_with::<Cl100kBase, _>(Scalar, &mut memory, text.as_bytes(), &encoded);
            }
            assert_textbook::<Cl100kBase>(&mut memory, &texts[7]);
        }
    }
}
