//! Byte-pair merging of one piece: the pair whose union has the lowest rank is merged first, the leftmost of equals,
//! until no two neighbours together are a token. Three facts make it fast.
//!
//! *A border that no merge crosses divides the piece.* The first merge across a border joins two parts that meet there,
//! so some token has its last merge at that border. Where no token has ([`Ranks::crosses`]), the two sides are merged
//! separately. Between most characters of most scripts, no merge crosses the border.
//!
//! *A character that is a token is merged first*, if no token's last merge at its borders has a part of it: a merge
//! with more than the character has a higher rank than the character's own merges, since a token's halves have lower
//! ranks than the token.
//!
//! *A sequence of tokens is the merge of its bytes if, and only if, each two neighbours are the merge of their bytes*:
//! a valid pair. Consider the first merge of the whole that crosses a border between two of the tokens. Up to it, all
//! merges were inside tokens, in the same order as when the two neighbours are merged alone, so it would cross the
//! border there, too. So a long segment is scanned a part at a time, and it is enough that the tokens where two parts
//! meet are a valid pair ([`is_valid_pair`]). Where they are not, the tokens are found from left to right
//! ([`Merger::append`]): the next token is the longest that makes a valid pair with the last one. Where none does, the
//! place is a dead end, at which no token of the whole ends: the last token must be shorter, and the search never comes
//! back to the place. Each place is tried once, so the time is linear.

use std::ops::Range;

use super::cpu;
use super::layout::NONE;
use super::vocab::{Character, Ranks};

/// The most bytes that are merged as in the textbook, in time quadratic in their number.
const SCAN: usize = 32;

/// The number of bytes at the end of a scan that are scanned again with the bytes after them, since tokens there may be
/// cut off.
const MARGIN: usize = 10;

/// The tokens of a piece, and the state of the search for them. It is reused for many pieces, so that few pieces
/// allocate.
#[derive(Default)]
pub(super) struct Merger {
    tokens: Vec<Token>,
    /// A bit for each place where no token of the whole ends.
    dead_ends: Vec<u64>,
}

/// A token of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) rank: u32,
    pub(super) length: u32,
}

/// Calls `segment` with each range between borders of `piece` that no merge crosses, and with the number of its tokens
/// if the range is a single character, 0 otherwise.
#[inline]
pub(super) fn each_segment(ranks: Ranks, piece: &[u8], mut segment: impl FnMut(Range<usize>, usize)) {
    let mut start = 0;
    let mut at = 0;
    let mut character = Character::at(piece, 0);
    loop {
        let next = at + character.length;
        let after = (next < piece.len()).then(|| Character::at(piece, next));
        if after.is_none_or(|after| !ranks.crosses(character, after)) {
            segment(start..next, if start == at { ranks.tokens_of(character) } else { 0 });
            start = next;
        }
        let Some(after) = after else { return };
        (at, character) = (next, after);
    }
}

impl Merger {
    /// Returns the tokens of the piece of `text` in `range`. The piece is not a token itself, unless it has several
    /// characters.
    pub(super) fn merge(&mut self, ranks: Ranks, text: &[u8], range: Range<usize>) -> &[Token] {
        self.tokens.clear();
        let piece = &text[range.clone()];
        if self.merge_repeated(ranks, piece) {
            return &self.tokens;
        }
        if piece.is_ascii() {
            self.merge_segment(ranks, text, range);
            return &self.tokens;
        }
        each_segment(ranks, piece, |segment, _| {
            let segment = range.start + segment.start..range.start + segment.end;
            match ranks.rank(text, segment.start, segment.end) {
                Some(rank) => self.tokens.push(Token { rank, length: segment.len() as u32 }),
                None => self.merge_segment(ranks, text, segment),
            }
        });
        &self.tokens
    }

    /// Returns the number of tokens of a segment of `text` that is not known to be a token.
    pub(super) fn count_segment(&mut self, ranks: Ranks, text: &[u8], range: Range<usize>) -> usize {
        self.tokens.clear();
        if !self.merge_repeated(ranks, &text[range.clone()]) {
            self.merge_segment(ranks, text, range);
        }
        self.tokens.len()
    }

    /// Adds the tokens of a segment.
    fn merge_segment(&mut self, ranks: Ranks, text: &[u8], range: Range<usize>) {
        match range.len() {
            0..17 => cpu::run(Scan::<'_, 16> { ranks, text, range, tokens: &mut self.tokens }),
            17..=SCAN => cpu::run(Scan::<'_, SCAN> { ranks, text, range, tokens: &mut self.tokens }),
            _ => self.scan_by_parts(ranks, text, range),
        }
    }

    /// Merges more than [`SCAN`] bytes, [`SCAN`] at a time: where two scans meet, their tokens must be a valid pair.
    fn scan_by_parts(&mut self, ranks: Ranks, text: &[u8], range: Range<usize>) {
        let first = self.tokens.len();
        let mut at = range.start;
        loop {
            let end = range.end.min(at + SCAN);
            let before = self.tokens.len();
            cpu::run(Scan::<'_, SCAN> { ranks, text, range: at..end, tokens: &mut self.tokens });
            let meets = |left, right| is_valid_pair(ranks, text, at, left, right);
            if before > first && !meets(self.tokens[before - 1], self.tokens[before]) {
                self.tokens.truncate(first);
                return self.append(ranks, &text[range]);
            }
            if end == range.end {
                return;
            }
            // The first token is kept, whatever its length.
            let sure = at + SCAN - MARGIN;
            let mut keep = before;
            while keep == before || self.tokens.get(keep).is_some_and(|token| at + token.length as usize <= sure) {
                at += self.tokens[keep].length as usize;
                keep += 1;
            }
            self.tokens.truncate(keep);
        }
    }

    /// Adds the tokens of `piece`, from left to right.
    fn append(&mut self, ranks: Ranks, piece: &[u8]) {
        self.dead_ends.clear();
        let first = self.tokens.len();
        let mut at = 0;
        let mut lengths = ranks.lengths(piece, 0);
        while at < piece.len() {
            let last = self.tokens[first..].last().copied();
            let next = lengths.by_ref().find_map(|length| {
                let rank = ranks.unlikely_rank(piece, at, at + length)?;
                let token = Token { rank, length: length as u32 };
                let fits = !self.is_dead_end(at + length)
                    && last.is_none_or(|last| is_valid_pair(ranks, piece, at, last, token));
                fits.then_some(token)
            });
            if let Some(token) = next {
                self.tokens.push(token);
                at += token.length as usize;
                lengths = ranks.lengths(piece, at.min(piece.len() - 1));
                continue;
            }
            // Some sequence of tokens is valid, so this is never the first place.
            let Some(token) = self.tokens.pop() else { return };
            self.mark_dead_end(at, piece.len());
            at -= token.length as usize;
            lengths = ranks.lengths(piece, at).below(token.length as usize);
        }
    }

    #[inline]
    fn is_dead_end(&self, at: usize) -> bool {
        self.dead_ends.get(at / 64).is_some_and(|bits| bits >> (at % 64) & 1 == 1)
    }

    #[cold]
    fn mark_dead_end(&mut self, at: usize, length: usize) {
        self.dead_ends.resize(length / 64 + 1, 0);
        self.dead_ends[at / 64] |= 1 << (at % 64);
    }

    /// Merges a piece of one repeated byte, such as a run of spaces: once a token follows itself, it always does.
    /// Returns `false`, and leaves the tokens unchanged, if the piece is anything else.
    fn merge_repeated(&mut self, ranks: Ranks, piece: &[u8]) -> bool {
        if !is_repeated(piece) {
            return false;
        }
        let mut sample = Merger::default();
        sample.append(ranks, &piece[..SAMPLE]);
        let token = sample.tokens[0];
        let twice = sample.tokens[1] == token;
        // The tail begins with the same token, which proves the border before it.
        let whole = (piece.len() - SAMPLE) / token.length as usize;
        sample = Merger::default();
        sample.append(ranks, &piece[whole * token.length as usize..]);
        if !twice || sample.tokens[0] != token {
            return false;
        }
        self.tokens.resize(whole, token);
        self.tokens.append(&mut sample.tokens);
        true
    }
}

/// Returns a bit for the start of each initial part of `piece`, and one for its end. A part is a byte, or a character
/// that is a token and of which no merge at its borders has only a part.
///
/// Such a character is merged before it is merged with anything else: any such merge has a higher rank.
#[inline]
fn first_parts(ranks: Ranks, piece: &[u8]) -> u64 {
    let end = 1 << piece.len();
    let mut parts = end | (end - 1);
    if piece.is_ascii() {
        return parts;
    }
    let mut at = 0;
    let mut before = None;
    while at < piece.len() {
        let character = Character::at(piece, at);
        let next = at + character.length;
        let after = (next < piece.len()).then(|| Character::at(piece, next));
        let is_divided = before.is_some_and(|before| ranks.crosses_inside(before, character))
            || after.is_some_and(|after| ranks.crosses_inside(character, after));
        if character.length > 1 && !is_divided && ranks.tokens_of(character) == 1 {
            parts &= !((1 << next) - (2 << at));
        }
        (at, before) = (next, Some(character));
    }
    parts
}

/// Clears the lowest bit and returns its place.
#[inline(always)]
fn pop_lowest(bits: &mut u64) -> usize {
    let place = bits.trailing_zeros() as usize;
    *bits &= bits.wrapping_sub(1);
    place
}

/// Merges up to `N` bytes as in the textbook: finds the lowest rank among all neighbours, again and again, and adds the
/// tokens.
struct Scan<'a, const N: usize> {
    ranks: Ranks,
    text: &'a [u8],
    range: Range<usize>,
    tokens: &'a mut Vec<Token>,
}

impl<const N: usize> cpu::Kernel for Scan<'_, N> {
    #[inline(always)]
    fn run(self) {
        let Scan { ranks, text, range, tokens } = self;
        let length = range.len();
        let (text, piece) = (&text[range.start..], &text[range]);
        // A bit for the start of each part, and one for the end of the last.
        let mut starts = first_parts(ranks, piece);
        // For the start of each part, the rank of its union with the next part, and the start, so that the least is the
        // first of the lowest rank.
        let mut unions = [NONE; N];
        let mut merged = [NONE; N];
        let union = |start, end| union_key(ranks.unlikely_rank(text, start, end), start);
        if starts == (2 << length) - 1 {
            for (start, pair) in piece.windows(2).enumerate() {
                unions[start % N] = union_key(ranks.pair(pair[0], pair[1]), start);
            }
        } else {
            let mut rest = starts & (starts - 1);
            let mut start = 0;
            let mut middle = pop_lowest(&mut rest);
            while middle < length {
                let end = pop_lowest(&mut rest);
                unions[start % N] = union(start, end);
                (start, middle) = (middle, end);
            }
        }
        loop {
            let lowest = unions.iter().copied().min().unwrap_or(NONE);
            if lowest == NONE {
                break;
            }
            let at = lowest as usize % 32;
            merged[at % N] = lowest >> 5;
            let mut after = starts & (u64::MAX << (at + 1));
            let joined = pop_lowest(&mut after);
            let end = pop_lowest(&mut after);
            starts ^= 1 << joined;
            unions[joined % N] = NONE;
            unions[at % N] = if end < length { union(at, pop_lowest(&mut after)) } else { NONE };
            let before = starts & ((1 << at) - 1);
            if before != 0 {
                let start = before.ilog2() as usize;
                unions[start % N] = union(start, end);
            }
        }
        let mut rest = starts & (starts - 1);
        let mut start = 0;
        while rest != 0 {
            let end = pop_lowest(&mut rest);
            let rank = match merged[start % N] {
                NONE if end - start == 1 => ranks.single(piece[start]),
                NONE => ranks.rank_of_token(text, start, end),
                rank => rank,
            };
            tokens.push(Token { rank, length: (end - start) as u32 });
            start = end;
        }
    }
}

/// Returns a number that orders unions by their ranks, and unions of one rank by their starts.
#[inline(always)]
fn union_key(rank: Option<u32>, start: usize) -> u32 {
    match rank {
        Some(rank) => rank << 5 | start as u32,
        None => NONE,
    }
}

/// The number of bytes of a sample: more than three times the longest token of any vocabulary, 128 spaces.
const SAMPLE: usize = 512;

/// Returns whether a piece is long and of one repeated byte.
#[inline]
pub(super) fn is_repeated(piece: &[u8]) -> bool {
    piece.len() > 2 * SAMPLE && piece.iter().all(|byte| *byte == piece[0])
}

/// Returns whether two tokens that meet at `border` are the merge of their bytes.
///
/// It undoes the merges: of the two tokens, the one with the higher rank was merged last. Before that merge, its half
/// at the border was the neighbour of the other token; if their union is a token of lower rank, they would have been
/// merged instead. Of equal ranks, the left merge comes first.
#[inline]
fn is_valid_pair(ranks: Ranks, text: &[u8], border: usize, left: Token, right: Token) -> bool {
    let (mut left, mut right, mut limit) = (left, right, NONE);
    loop {
        let union = ranks.unlikely_rank(text, border - left.length as usize, border + right.length as usize);
        if union.is_some_and(|union| union < limit) {
            return false;
        }
        // Single bytes have the lowest ranks: if the token of higher rank is a byte, both are.
        if left.rank > right.rank {
            if left.length == 1 {
                return true;
            }
            limit = left.rank;
            let length = left.length - ranks.left_half(left.rank);
            left = Token { rank: ranks.rank_of_token(text, border - length as usize, border), length };
        } else {
            if right.length == 1 {
                return true;
            }
            limit = right.rank + 1;
            let length = ranks.left_half(right.rank);
            right = Token { rank: ranks.rank_of_token(text, border, border + length as usize), length };
        }
    }
}

#[cfg(all(test, feature = "encodings"))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::encoding::{naive, vocab};

    const CL100K: Ranks = Ranks::all(&vocab::CL100K);
    const O200K: Ranks = Ranks::all(&vocab::O200K);
    const P50K: Ranks = Ranks::all(&vocab::P50K);
    const R50K: Ranks = P50K.below(50_256);

    /// Returns the tokens of the encoding, each with its rank.
    fn tokens(ranks: Ranks) -> impl Iterator<Item = (u32, &'static [u8])> {
        (0..200_000).filter_map(move |rank| Some((rank, ranks.token(rank)?)))
    }

    fn agrees(ranks: Ranks, piece: &[u8]) -> Result<(), TestCaseError> {
        let mut end = 0;
        let mut merger = Merger::default();
        let ends = merger.merge(ranks, piece, 0..piece.len()).iter().map(|token| {
            end += token.length;
            end
        });
        prop_assert_eq!(ends.collect::<Vec<u32>>(), naive::merge(ranks, piece));
        Ok(())
    }

    /// Parts of texts, which may begin and end inside a character.
    fn parts_of(texts: &'static str) -> impl Strategy<Value = Vec<u8>> {
        (texts, 0..4usize, 0..4usize).prop_map(|(text, start, end)| {
            let start = start.min(text.len() - 1);
            text.as_bytes()[start..text.len().saturating_sub(end).max(start + 1)].to_vec()
        })
    }

    /// Pieces with many merges: few different bytes, words, runs.
    fn pieces() -> impl Strategy<Value = Vec<u8>> {
        let bytes = |choices: &'static str, most| {
            proptest::collection::vec(proptest::sample::select(choices.as_bytes()), 1..most)
        };
        prop_oneof![
            parts_of("\\PC{1,60}"),
            parts_of("[ a-zа-я一-龥あ-ん😀-😎é\\-=]{1,60}"),
            bytes("ab", 300),
            bytes("aeinorst", 300),
            bytes(" ", 700),
            bytes("  \n\t", 300),
            bytes("=-*#", 300),
            bytes("0123456789abcdef", 300),
            "(the|and|tion|ing|qu|zx|X){1,60}".prop_map(String::into_bytes),
            "[一-龥]{1,40}".prop_map(String::into_bytes),
        ]
    }

    proptest! {
        #[test]
        fn tokens_are_those_of_the_textbook(piece in pieces()) {
            for ranks in [CL100K, O200K, P50K, R50K] {
                agrees(ranks, &piece)?;
            }
        }
    }

    #[test]
    fn a_repeated_byte_is_merged_as_in_the_textbook() {
        for byte in [b' ', b'a', b'=', b'\n', b'-', b'0', 0xe4] {
            for length in [1_025, 1_500, 2_047] {
                for ranks in [CL100K, O200K, P50K, R50K] {
                    agrees(ranks, &vec![byte; length]).expect("the textbook's tokens");
                }
            }
        }
    }

    #[test]
    fn every_token_is_the_merge_of_its_own_bytes() {
        for ranks in [CL100K, O200K, P50K, R50K] {
            for (rank, token) in tokens(ranks) {
                let expected = Token { rank, length: token.len() as u32 };
                assert_eq!(Merger::default().merge(ranks, token, 0..token.len()), [expected], "{token:?}");
            }
        }
    }

    #[test]
    fn every_token_is_found_by_its_bytes() {
        for ranks in [CL100K, O200K, P50K, R50K] {
            for (rank, token) in tokens(ranks) {
                assert_eq!(ranks.rank(token, 0, token.len()), Some(rank));
            }
        }
    }

    /// The proofs at the top of this file rely on it.
    #[test]
    fn a_token_has_a_higher_rank_than_its_halves() {
        for ranks in [CL100K, O200K, P50K, R50K] {
            for (rank, token) in tokens(ranks).filter(|(_, token)| token.len() > 1) {
                let left = ranks.left_half(rank) as usize;
                let halves = [ranks.rank(token, 0, left), ranks.rank(token, left, token.len())];
                assert!(halves.iter().all(|half| half.is_some_and(|half| half < rank)), "{rank}: {halves:?}");
            }
        }
    }

    #[test]
    fn no_token_contains_a_border_that_no_merge_crosses() {
        for ranks in [CL100K, O200K, P50K, R50K] {
            let tokens = tokens(ranks).map(|(_, token)| token).filter(|token| token.len() > 1);
            for token in tokens.filter(|token| std::str::from_utf8(token).is_ok()) {
                let mut segments = 0;
                each_segment(ranks, token, |_, _| segments += 1);
                assert_eq!(segments, 1, "{token:?}");
            }
        }
    }
}
