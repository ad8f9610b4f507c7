//! Byte-pair merging of one piece: the pair whose union has the lowest rank is merged first, the leftmost of equals, until no two
//! neighbours are a token together. Three facts make it fast.
//!
//! *A border that no merge crosses cuts the piece.* The first merge across a border joins two parts that meet there, so some token has
//! its last merge at such a border. Where no token has ([`Ranks::crosses`]), the two sides are merged each for itself. Most characters
//! of most scripts are separate like that.
//!
//! *A character that is a token is merged first*, if no token's last merge at its borders has a part of it: any merge with more than it
//! has a higher rank than its own merges, since a token's halves have lower ranks than it.
//!
//! *Tokens are the merge of their bytes if, and only if, each two neighbours are the merge of theirs*: a valid pair. For look at the
//! first merge of the whole that would cross a border between two of the tokens: up to it all merges were inside of tokens, the same
//! ones in the same order as when the two neighbours alone are merged, so it would cross there, too. So a long segment is scanned a part
//! at a time, and it is enough that the tokens where two parts meet are a valid pair ([`is_valid_pair`]). Where they are not, the tokens
//! are found from left to right ([`Merger::append`]): the next one is the longest that makes a valid pair with the last one. Where none
//! does, the place is a dead end, at which no token of the whole ends: the last token must be shorter, and no other way leads here again.
//! Each place is tried once, so the time is linear.

use std::ops::Range;

use super::cpu;
use super::layout::NONE;
use super::vocab::{Character, Ranks};

/// The most bytes that are merged by the textbook, whose time is their square.
const SCAN: usize = 32;

/// How many bytes at the end of a scan are scanned again with what follows them, since tokens there may be cut off.
const MARGIN: usize = 10;

/// The tokens of a piece, and what it takes to find them: kept from piece to piece, so that few pieces allocate.
#[derive(Default)]
pub(super) struct Merger {
    tokens: Vec<Token>,
    /// A bit for each place at which no token of the whole ends.
    dead_ends: Vec<u64>,
}

/// A token of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) rank: u32,
    pub(super) length: u32,
}

/// Calls `segment` with the ranges into which borders that no merge crosses divide `piece`, and with the number of their tokens where
/// the range is a single character, 0 otherwise.
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
    /// Returns the tokens of the piece of `text` in `range`, which is no token itself unless it is of several characters.
    pub(super) fn merge(&mut self, ranks: Ranks, text: &[u8], range: Range<usize>) -> &[Token] {
        self.tokens.clear();
        let piece = &text[range.clone()];
        if self.repeated(ranks, piece) {
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
        if !self.repeated(ranks, &text[range.clone()]) {
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

    /// Merges more than [`SCAN`] bytes, that number at a time: where two scans meet, their tokens must be a valid pair.
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
            // The first token stays, whatever its length.
            let sure = at + SCAN - MARGIN;
            let mut keep = before;
            while keep == before || self.tokens.get(keep).is_some_and(|token| at + token.length as usize <= sure) {
                at += self.tokens[keep].length as usize;
                keep += 1;
            }
            self.tokens.truncate(keep);
        }
    }

    /// Adds the tokens of `piece`, of which none is there yet.
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
            // There is always a way, if only by single bytes.
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

    /// Merges a piece that is one byte over and over, such as a run of spaces: once the same token follows itself, it always does.
    /// Returns `false`, and leaves the tokens alone, where the piece is something else.
    fn repeated(&mut self, ranks: Ranks, piece: &[u8]) -> bool {
        if !is_repeated(piece) {
            return false;
        }
        let mut sample = Merger::default();
        sample.append(ranks, &piece[..SAMPLE]);
        let token = sample.tokens[0];
        let twice = sample.tokens[1] == token;
        // The tail begins with one more of the token, which proves its border.
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

/// Returns a bit for each part of `piece` to begin with, and one for its end: a byte, or a character that is a token and at whose
/// borders no merge has a part of it.
///
/// Such a character is merged before anything is merged with it: all that could be has a higher rank.
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
        let cut = before.is_some_and(|before| ranks.crosses_inside(before, character))
            || after.is_some_and(|after| ranks.crosses_inside(character, after));
        if character.length > 1 && !cut && ranks.tokens_of(character) == 1 {
            parts &= !((1 << next) - (2 << at));
        }
        (at, before) = (next, Some(character));
    }
    parts
}

/// Takes the lowest bit away, and returns its place.
#[inline(always)]
fn next_of(bits: &mut u64) -> usize {
    let place = bits.trailing_zeros() as usize;
    *bits &= bits.wrapping_sub(1);
    place
}

/// Merges up to `N` bytes by the textbook: looks for the lowest rank among all neighbours, again and again, and adds the tokens.
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
        // For each part, by its start, what it and the next are together: the rank and the start, so that the least is the first of the
        // lowest rank.
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
            let mut middle = next_of(&mut rest);
            while middle < length {
                let end = next_of(&mut rest);
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
            let joined = next_of(&mut after);
            let end = next_of(&mut after);
            starts ^= 1 << joined;
            unions[joined % N] = NONE;
            unions[at % N] = if end < length { union(at, next_of(&mut after)) } else { NONE };
            let before = starts & ((1 << at) - 1);
            if before != 0 {
                let start = before.ilog2() as usize;
                unions[start % N] = union(start, end);
            }
        }
        let mut rest = starts & (starts - 1);
        let mut start = 0;
        while rest != 0 {
            let end = next_of(&mut rest);
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

/// Returns a number that is the lower, the lower the rank of a union is, and of equals the lower, the earlier it starts.
#[inline(always)]
fn union_key(rank: Option<u32>, start: usize) -> u32 {
    match rank {
        Some(rank) => rank << 5 | start as u32,
        None => NONE,
    }
}

/// More than three times the longest token of any vocabulary, 128 spaces.
const SAMPLE: usize = 512;

/// Returns whether a long piece is one byte over and over.
#[inline]
pub(super) fn is_repeated(piece: &[u8]) -> bool {
    piece.len() > 2 * SAMPLE && piece.iter().all(|byte| *byte == piece[0])
}

/// Returns whether two tokens that meet at `border` are the merge of their bytes.
///
/// Backwards in time: of the two, the one with the higher rank was merged last. Before that, its half at the border was there in its
/// place; and if that half and the other token were a token of lower rank together, they would have been merged instead. Of equal
/// ranks, the left merge comes first.
#[inline]
fn is_valid_pair(ranks: Ranks, text: &[u8], border: usize, left: Token, right: Token) -> bool {
    let (mut left, mut right, mut limit) = (left, right, NONE);
    loop {
        let union = ranks.unlikely_rank(text, border - left.length as usize, border + right.length as usize);
        if union.is_some_and(|union| union < limit) {
            return false;
        }
        // Single bytes have the lowest ranks, so where the later one is a byte, both are.
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

    /// The tokens of the encoding, each with its rank.
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

    /// Parts of texts, which may begin and end inside of a character.
    fn cut(texts: &'static str) -> impl Strategy<Value = Vec<u8>> {
        (texts, 0..4usize, 0..4usize).prop_map(|(text, start, end)| {
            let start = start.min(text.len() - 1);
            text.as_bytes()[start..text.len().saturating_sub(end).max(start + 1)].to_vec()
        })
    }

    /// Pieces that merge much: few different bytes, words, runs.
    fn pieces() -> impl Strategy<Value = Vec<u8>> {
        let bytes =
            |of: &'static str, most| proptest::collection::vec(proptest::sample::select(of.as_bytes()), 1..most);
        prop_oneof![
            cut("\\PC{1,60}"),
            cut("[ a-zа-я一-龥あ-ん😀-😎é\\-=]{1,60}"),
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
        fn the_tokens_are_the_textbooks(piece in pieces()) {
            for ranks in [CL100K, O200K, P50K, R50K] {
                agrees(ranks, &piece)?;
            }
        }
    }

    #[test]
    fn a_byte_over_and_over_is_merged_as_the_textbook_does() {
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

    /// What the proofs at the head of this file rest on.
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
    fn no_token_crosses_a_border_that_none_crosses() {
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
