//! Merging as in the textbook, of up to 32 bytes: the lowest rank among all neighbours is found again and again, by
//! vectors, and four pieces are merged side by side.
//!
//! If two neighbours together are a token, they are the halves of its last merge: the merges up to now that were inside
//! of its bytes are those that its bytes alone would have had, and alone they become the token by its last merge. So it is
//! enough to look up the last merges of all tokens.
//!
//! A merge needs the ranks of two new pairs, the next minimum needs both, and the next merge needs the minimum. So one
//! piece alone leaves the processor waiting most of the time, and the steps of the others fill the gaps.

use std::marker::PhantomData;
use std::ops::Range;

use super::Coding;
use super::cpu::{self, Vectors};
use super::layout::{NO_TOKEN, NONE};
use super::vocab::{Character, Sought};

/// The number of pieces that are merged side by side.
pub(super) const SIDE_BY_SIDE: usize = 4;

/// The bits of a position in the key of a union.
const POSITION_BITS: u32 = 6;
const POSITIONS: u32 = 1 << POSITION_BITS;

/// The tokens of a piece of up to 8 `M` bytes, while it is merged and afterwards.
#[derive(Clone, Copy)]
pub(super) struct Scan<const M: usize> {
    /// A bit for the start of each token, and one for the end of the last.
    starts: u64,
    /// The rank of the token at each start, behind one entry for what is before the piece. Twice as many as can be
    /// used, so that an index without a token needs no branch.
    ranks: [[[u32; 8]; M]; 2],
}

/// Merges each of the first `count` pieces of `text`, which have up to 8 `M` bytes, and none of which needs to be a token.
#[inline]
pub(super) fn side_by_side<C: Coding, const M: usize, const N: usize>(
    text: &[u8],
    pieces: [Range<usize>; N],
    count: usize,
) -> [Scan<M>; N] {
    cpu::run(SideBySide::<C, M, N> { text, pieces, count, coding: PhantomData })
}

struct SideBySide<'a, C, const M: usize, const N: usize> {
    text: &'a [u8],
    pieces: [Range<usize>; N],
    count: usize,
    coding: PhantomData<C>,
}

impl<C: Coding, const M: usize, const N: usize> cpu::Kernel for SideBySide<'_, C, M, N> {
    type Output = [Scan<M>; N];

    #[inline(always)]
    fn run<V: Vectors>(self, vectors: V) -> [Scan<M>; N] {
        let mut scans = [const { Scan::NOTHING }; N];
        let mut unions = [[vectors.eight([NONE; 8]); M]; N];
        for ((scan, unions), piece) in scans.iter_mut().zip(&mut unions).zip(self.pieces).take(self.count) {
            *unions = scan.begin::<C>(self.text, piece).map(|eight| vectors.eight(eight));
        }
        // First the next merge of each piece, whose unions are then on their way from memory at the same time. A piece
        // without one leaves.
        let mut merges = [const { Merge::NONE }; N];
        let mut lanes: [usize; N] = std::array::from_fn(|lane| lane);
        let mut count = self.count.min(N);
        while count > 0 {
            for lane in lanes[..count].iter().map(|lane| lane % N) {
                merges[lane] = scans[lane].merge_next::<C, V>(vectors, &unions[lane]);
            }
            let mut staying = 0;
            for index in 0..count {
                let lane = lanes[index] % N;
                merges[lane].unite::<C, V, M>(vectors, &mut unions[lane]);
                lanes[staying % N] = lane;
                staying += usize::from(merges[lane].is_some);
            }
            count = staying.min(N);
        }
        scans
    }
}

impl<const M: usize> Scan<M> {
    const NOTHING: Scan<M> = Scan { starts: 1, ranks: [[[NO_TOKEN; 8]; M]; 2] };

    /// Returns a bit for the start of each token, and one for the end of the last.
    #[inline(always)]
    pub(super) fn starts(&self) -> u64 {
        self.starts
    }

    /// Returns the number of tokens.
    #[inline(always)]
    pub(super) fn count(&self) -> usize {
        self.starts.count_ones() as usize - 1
    }

    /// Returns the tokens from the start `from` on: the rank and the length of each.
    #[inline]
    pub(super) fn tokens(&self, from: u32) -> impl Iterator<Item = (u32, u32)> {
        let mut rest = self.starts >> from << from;
        let mut start = pop_lowest(&mut rest);
        std::iter::from_fn(move || {
            let end = pop_lowest(&mut rest);
            let token = (end < 64).then(|| (self.rank(start), end - start));
            start = end;
            token
        })
    }

    /// Returns the ranks of the first tokens, and others behind them if they are fewer, without a branch for each.
    #[inline(always)]
    pub(super) fn first_ranks<const FIRST: usize>(&self) -> [u32; FIRST] {
        let mut rest = self.starts;
        std::array::from_fn(|_| self.rank(pop_lowest(&mut rest)))
    }

    /// Returns the ranks of the tokens that start from `from` on, and before `to`.
    #[inline(always)]
    pub(super) fn ranks(&self, from: u32, to: u32) -> impl Iterator<Item = u32> {
        let mut rest = self.starts >> from << from & ((1 << to) - 1);
        std::iter::from_fn(move || (rest != 0).then(|| self.rank(pop_lowest(&mut rest))))
    }

    #[inline(always)]
    fn rank(&self, start: u32) -> u32 {
        self.ranks.as_flattened().as_flattened()[(start as usize + 1) % (16 * M)]
    }

    #[inline(always)]
    fn set_rank(&mut self, start: u32, rank: u32) {
        self.ranks.as_flattened_mut().as_flattened_mut()[(start as usize + 1) % (16 * M)] = rank;
    }

    /// Sets the initial tokens. Returns, for the start of each, the rank of its union with the next one and the start
    /// below it, so that the least is the first of the lowest rank; [`NONE`] where there is no union.
    #[inline(always)]
    fn begin<C: Coding>(&mut self, text: &[u8], range: Range<usize>) -> [[u32; 8]; M] {
        let piece = &text[range.clone()];
        let length = piece.len();
        self.starts = 1 << length | ((1 << length) - 1);
        for (at, byte) in piece.iter().enumerate() {
            self.set_rank(at as u32, C::RANKS.single(*byte));
        }
        if !piece.is_ascii() {
            return self.begin_with_characters::<C>(text, range);
        }
        let mut unions = [[NONE; 8]; M];
        let pairs = piece.windows(2).zip(0..);
        for (union, (pair, at)) in unions.as_flattened_mut().iter_mut().zip(pairs) {
            *union = union_key(C::RANKS.pair(pair[0], pair[1]), at);
        }
        unions
    }

    /// Makes a token of each character that is merged before any other merge at its borders.
    #[inline]
    fn begin_with_characters<C: Coding>(&mut self, text: &[u8], range: Range<usize>) -> [[u32; 8]; M] {
        self.starts = first_parts::<C>(text, range.clone());
        let mut unions = [[NONE; 8]; M];
        let mut rest = self.starts & (self.starts - 1);
        let (mut start, mut before) = (0, None);
        while rest != 0 {
            let end = pop_lowest(&mut rest);
            if end - start > 1 {
                let (from, to) = (range.start + start as usize, range.start + end as usize);
                self.set_rank(start, C::RANKS.rank_of_token(text, from, to));
            }
            if let Some(before) = before {
                let rank = C::RANKS.merge(self.rank(before), self.rank(start));
                unions.as_flattened_mut()[before as usize % (8 * M)] = union_key(rank, before);
            }
            before = Some(start);
            start = end;
        }
        unions
    }

    /// Makes the next merge. Without one, it changes nothing that matters.
    #[inline(always)]
    fn merge_next<C: Coding, V: Vectors>(&mut self, vectors: V, unions: &[V::Eight; M]) -> Merge {
        let least = vectors.least(unions);
        let (rank, at) = (least >> POSITION_BITS, least % POSITIONS);
        let above = self.starts & u64::MAX << 1 << at;
        let end = (above & above.wrapping_sub(1)).trailing_zeros();
        // One less than the first start where there is no start before.
        let before = 63u32.wrapping_sub((self.starts & ((1 << at) - 1)).leading_zeros());
        self.starts &= !(above & above.wrapping_neg());
        let with_next = C::RANKS.seek_merge(vectors, rank, self.rank(end));
        let with_last = C::RANKS.seek_merge(vectors, self.rank(before), rank);
        self.set_rank(at, rank);
        Merge { at, joined: above.trailing_zeros(), before, with_next, with_last, is_some: least != NONE }
    }
}

/// A merge that was made, of the token at `at` with the one at `joined`, and the unions of the result with its neighbours.
#[derive(Clone, Copy)]
struct Merge {
    at: u32,
    joined: u32,
    /// The start of the token before.
    before: u32,
    with_next: Sought,
    with_last: Sought,
    is_some: bool,
}

impl Merge {
    const NONE: Merge =
        Merge { at: 0, joined: 0, before: 0, with_next: Sought::NONE, with_last: Sought::NONE, is_some: false };

    /// Sets the unions that the merge changes.
    #[inline(always)]
    fn unite<C: Coding, V: Vectors, const M: usize>(&self, vectors: V, unions: &mut [V::Eight; M]) {
        let (with_next, with_last) = (C::RANKS.sought(self.with_next), C::RANKS.sought(self.with_last));
        vectors.set(unions, self.joined, NONE);
        vectors.set(unions, self.at, union_key(with_next, self.at));
        vectors.set(unions, self.before, union_key(with_last, self.before));
    }
}

/// Returns a number that orders unions by their ranks, and unions of one rank by their starts.
#[inline(always)]
fn union_key(rank: u32, start: u32) -> u32 {
    if rank == NONE { NONE } else { rank << POSITION_BITS | start }
}

/// Returns a bit for the start of each initial part of the piece `text[range]`, and one for its end. A part is a byte, or a
/// character that is a token and of which no merge at its borders has only a part.
///
/// Such a character is merged before it is merged with anything else: any such merge has a higher rank.
#[inline]
fn first_parts<C: Coding>(text: &[u8], range: Range<usize>) -> u64 {
    let end = 1 << range.len();
    let mut parts = end | (end - 1);
    let mut at = range.start;
    let mut before = None;
    while at < range.end {
        let character = Character::before(text, at, range.end);
        let next = at + character.length;
        let after = (next < range.end).then(|| Character::before(text, next, range.end));
        let is_divided = before.is_some_and(|before| C::RANKS.crosses_inside(before, character))
            || after.is_some_and(|after| C::RANKS.crosses_inside(character, after));
        if character.length > 1 && !is_divided && C::RANKS.tokens_of(character) == 1 {
            parts &= !((1 << (next - range.start)) - (2 << (at - range.start)));
        }
        (at, before) = (next, Some(character));
    }
    parts
}

/// Clears the lowest bit and returns its place, 64 if there is none.
#[inline(always)]
fn pop_lowest(bits: &mut u64) -> u32 {
    let place = bits.trailing_zeros();
    *bits &= bits.wrapping_sub(1);
    place
}
