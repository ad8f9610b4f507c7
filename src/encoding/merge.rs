//! Byte-pair merging of one piece: the pair whose union has the lowest rank is merged first, the leftmost of equals, until no two
//! neighbours are a token together. Three facts make it fast.
//!
//! *A border that no merge crosses cuts the piece.* The first merge across a border joins two parts that meet there, so some token has
//! its last merge at such a border. Where no token has ([`Vocabulary::crosses`]), the two sides are merged each for itself. Most characters
//! of most scripts stand alone like that.
//!
//! *A character that is a token is merged first*, if no token's last merge at its borders has a part of it: any merge with more than it
//! has a higher rank than its own merges, since a token's halves have lower ranks than it.
//!
//! *Tokens are the merge of their bytes if, and only if, each two neighbours are the merge of theirs.* For look at the first merge of
//! the whole that would cross a border between two of the tokens: up to it all merges were inside of tokens, the same ones in the same
//! order as when the two neighbours alone are merged, so it would cross there, too. So a long segment is scanned a part at a time, and
//! where two parts meet, [`go_together`] is all that must hold. Where it does not, the tokens are found from left to right
//! ([`Merger::append`]): the next one is the longest that goes with the last one. Where none does, no token of the whole ends here: the
//! last one must be shorter, and no other way leads here again. Each place is tried once, so the time is linear.

use std::ops::Range;

use super::cpu;
use super::layout::NONE;
use super::vocab::{Character, Vocabulary};

/// The most bytes that are merged by the textbook, whose time is their square.
const SCAN: usize = 32;

/// How many bytes at the end of a scan are scanned again with what follows them, since tokens there may be cut off.
const MARGIN: usize = 10;

/// The tokens of a piece, and what it takes to find them: kept from piece to piece, so that few pieces allocate.
#[derive(Default)]
pub(super) struct Merger {
    tokens: Vec<Token>,
    /// A bit for each place at which no token of the whole ends.
    dead: Vec<u64>,
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
pub(super) fn each_segment(vocabulary: &Vocabulary, piece: &[u8], mut segment: impl FnMut(Range<usize>, usize)) {
    let mut start = 0;
    let mut at = 0;
    let mut character = Character::at(piece, 0);
    loop {
        let next = at + character.length;
        let behind = (next < piece.len()).then(|| Character::at(piece, next));
        if behind.is_none_or(|behind| !vocabulary.crosses(character, behind)) {
            segment(start..next, if start == at { vocabulary.tokens_of(character) } else { 0 });
            start = next;
        }
        let Some(behind) = behind else { return };
        (at, character) = (next, behind);
    }
}

impl Merger {
    /// Returns the tokens of the piece of `text` in `range`, which is no token itself unless it is of several characters. Tokens of rank
    /// `below` and above do not exist.
    pub(super) fn merge(&mut self, vocabulary: &Vocabulary, below: u32, text: &[u8], range: Range<usize>) -> &[Token] {
        self.tokens.clear();
        let piece = &text[range.clone()];
        if self.repeated(vocabulary, below, piece) {
            return &self.tokens;
        }
        if piece.is_ascii() {
            self.merge_segment(vocabulary, below, text, range);
            return &self.tokens;
        }
        each_segment(vocabulary, piece, |segment, _| {
            let segment = range.start + segment.start..range.start + segment.end;
            match vocabulary.rank(text, segment.start, segment.end) {
                rank if rank < below => self.tokens.push(Token { rank, length: segment.len() as u32 }),
                _ => self.merge_segment(vocabulary, below, text, segment),
            }
        });
        &self.tokens
    }

    /// Returns the number of tokens of a segment of `text` that is not known to be a token.
    pub(super) fn count_segment(
        &mut self,
        vocabulary: &Vocabulary,
        below: u32,
        text: &[u8],
        range: Range<usize>,
    ) -> usize {
        self.tokens.clear();
        if !self.repeated(vocabulary, below, &text[range.clone()]) {
            self.merge_segment(vocabulary, below, text, range);
        }
        self.tokens.len()
    }

    /// Puts the tokens of a segment behind those that are there.
    fn merge_segment(&mut self, vocabulary: &Vocabulary, below: u32, text: &[u8], range: Range<usize>) {
        match range.len() {
            0..17 => cpu::run(Scan::<'_, 16> { vocabulary, below, text, range, tokens: &mut self.tokens }),
            17..=SCAN => cpu::run(Scan::<'_, SCAN> { vocabulary, below, text, range, tokens: &mut self.tokens }),
            _ => self.scan_by_parts(vocabulary, below, text, range),
        }
    }

    /// Merges more than [`SCAN`] bytes, so many at a time: where two scans meet, their tokens must go together.
    fn scan_by_parts(&mut self, vocabulary: &Vocabulary, below: u32, text: &[u8], range: Range<usize>) {
        let first = self.tokens.len();
        let mut at = range.start;
        loop {
            let end = range.end.min(at + SCAN);
            let before = self.tokens.len();
            cpu::run(Scan::<'_, SCAN> { vocabulary, below, text, range: at..end, tokens: &mut self.tokens });
            let meets = |left, right| go_together(vocabulary, below, text, at, left, right);
            if before > first && !meets(self.tokens[before - 1], self.tokens[before]) {
                self.tokens.truncate(first);
                return self.append(vocabulary, below, &text[range]);
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

    /// Puts the tokens of `piece` behind those that are there, which are no part of it.
    fn append(&mut self, vocabulary: &Vocabulary, below: u32, piece: &[u8]) {
        self.dead.clear();
        let first = self.tokens.len();
        let mut at = 0;
        let mut lengths = vocabulary.lengths(piece, 0);
        while at < piece.len() {
            let last = self.tokens[first..].last().copied();
            let next = lengths.by_ref().find_map(|length| {
                let rank = vocabulary.unlikely_rank(piece, at, at + length);
                let token = Token { rank, length: length as u32 };
                let fits = rank < below
                    && !self.is_dead(at + length)
                    && last.is_none_or(|last| go_together(vocabulary, below, piece, at, last, token));
                fits.then_some(token)
            });
            if let Some(token) = next {
                self.tokens.push(token);
                at += token.length as usize;
                lengths = vocabulary.lengths(piece, at.min(piece.len() - 1));
                continue;
            }
            // There is always a way, if only by single bytes.
            let Some(token) = self.tokens.pop() else { return };
            self.kill(at, piece.len());
            at -= token.length as usize;
            lengths = vocabulary.lengths(piece, at).below(token.length as usize);
        }
    }

    #[inline]
    fn is_dead(&self, at: usize) -> bool {
        self.dead.get(at / 64).is_some_and(|bits| bits >> (at % 64) & 1 == 1)
    }

    #[cold]
    fn kill(&mut self, at: usize, length: usize) {
        self.dead.resize(length / 64 + 1, 0);
        self.dead[at / 64] |= 1 << (at % 64);
    }

    /// Merges a piece that is one byte over and over, such as a run of spaces: once the same token follows itself, it always does.
    /// Returns `false`, and leaves the tokens alone, where the piece is something else.
    fn repeated(&mut self, vocabulary: &Vocabulary, below: u32, piece: &[u8]) -> bool {
        if !is_repeated(piece) {
            return false;
        }
        let mut sample = Merger::default();
        sample.append(vocabulary, below, &piece[..SAMPLE]);
        let token = sample.tokens[0];
        let twice = sample.tokens[1] == token;
        // The tail begins with one more of the token, which proves its border.
        let whole = (piece.len() - SAMPLE) / token.length as usize;
        sample = Merger::default();
        sample.append(vocabulary, below, &piece[whole * token.length as usize..]);
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
fn first_parts(vocabulary: &Vocabulary, piece: &[u8]) -> u64 {
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
        let behind = (next < piece.len()).then(|| Character::at(piece, next));
        let cut = before.is_some_and(|before| vocabulary.crosses_inside(before, character))
            || behind.is_some_and(|behind| vocabulary.crosses_inside(character, behind));
        if character.length > 1 && !cut && vocabulary.tokens_of(character) == 1 {
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

/// Merges up to `N` bytes by the textbook: looks for the lowest rank among all neighbours, again and again. The tokens go behind those
/// that are there.
struct Scan<'a, const N: usize> {
    vocabulary: &'a Vocabulary,
    below: u32,
    text: &'a [u8],
    range: Range<usize>,
    tokens: &'a mut Vec<Token>,
}

impl<const N: usize> cpu::Kernel for Scan<'_, N> {
    #[inline(always)]
    fn run(self) {
        let Scan { vocabulary, below, text, range, tokens } = self;
        let length = range.len();
        let piece = &text[range.clone()];
        // A bit for the start of each part, and one for the end of the last.
        let mut starts = first_parts(vocabulary, piece);
        // For each part, by its start, what it and the next are together: the rank and the start, so that the least is the first of the
        // lowest rank.
        let mut unions = [NONE; N];
        let mut ranks = [NONE; N];
        let key = |rank: u32, start: usize| if rank < below { rank << 5 | start as u32 } else { NONE };
        let union = |start, end| key(vocabulary.unlikely_rank(text, range.start + start, range.start + end), start);
        if starts == (2 << length) - 1 {
            for (start, pair) in piece.windows(2).enumerate() {
                unions[start % N] = key(vocabulary.pair(pair[0], pair[1]), start);
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
            ranks[at % N] = lowest >> 5;
            let mut behind = starts & (u64::MAX << (at + 1));
            let joined = next_of(&mut behind);
            let end = next_of(&mut behind);
            starts ^= 1 << joined;
            unions[joined % N] = NONE;
            unions[at % N] = if end < length { union(at, next_of(&mut behind)) } else { NONE };
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
            let rank = match ranks[start % N] {
                NONE if end - start == 1 => vocabulary.single(piece[start]),
                NONE => vocabulary.rank(text, range.start + start, range.start + end),
                rank => rank,
            };
            tokens.push(Token { rank, length: (end - start) as u32 });
            start = end;
        }
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
fn go_together(vocabulary: &Vocabulary, below: u32, text: &[u8], border: usize, left: Token, right: Token) -> bool {
    let (mut left, mut right, mut limit) = (left, right, NONE);
    loop {
        let union = vocabulary.unlikely_rank(text, border - left.length as usize, border + right.length as usize);
        if union < limit.min(below) {
            return false;
        }
        // Single bytes have the lowest ranks, so where the later one is a byte, both are.
        if left.rank > right.rank {
            if left.length == 1 {
                return true;
            }
            limit = left.rank;
            let length = left.length - vocabulary.left_half(left.rank);
            left = Token { rank: vocabulary.rank(text, border - length as usize, border), length };
        } else {
            if right.length == 1 {
                return true;
            }
            limit = right.rank + 1;
            let length = vocabulary.left_half(right.rank);
            right = Token { rank: vocabulary.rank(text, border, border + length as usize), length };
        }
    }
}

#[cfg(all(test, feature = "encodings"))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::encoding::naive;
    use crate::encoding::vocab::{CL100K, O200K, P50K};

    fn agrees(vocabulary: &Vocabulary, below: u32, piece: &[u8]) -> Result<(), TestCaseError> {
        let mut end = 0;
        let mut merger = Merger::default();
        let ends = merger.merge(vocabulary, below, piece, 0..piece.len()).iter().map(|token| {
            end += token.length;
            end
        });
        prop_assert_eq!(ends.collect::<Vec<u32>>(), naive::merge(vocabulary, below, piece));
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
            for (vocabulary, below) in [(&CL100K, u32::MAX), (&O200K, u32::MAX), (&P50K, u32::MAX), (&P50K, 50_256)] {
                agrees(vocabulary, below, &piece)?;
            }
        }
    }

    #[test]
    fn a_byte_over_and_over_is_merged_as_the_textbook_does() {
        for byte in [b' ', b'a', b'=', b'\n', b'-', b'0', 0xe4] {
            for length in [1_025, 1_500, 2_047] {
                for vocabulary in [&CL100K, &O200K, &P50K] {
                    agrees(vocabulary, u32::MAX, &vec![byte; length]).expect("the textbook's tokens");
                }
            }
        }
    }

    #[test]
    fn every_token_is_the_merge_of_its_own_bytes() {
        for vocabulary in [&CL100K, &O200K, &P50K] {
            for rank in (0..200_000).filter(|rank| !vocabulary.token(*rank).is_empty()) {
                let token = vocabulary.token(rank);
                let expected = Token { rank, length: token.len() as u32 };
                assert_eq!(
                    Merger::default().merge(vocabulary, u32::MAX, token, 0..token.len()),
                    [expected],
                    "{token:?}"
                );
            }
        }
    }

    #[test]
    fn every_token_is_found_by_its_bytes() {
        for vocabulary in [&CL100K, &O200K, &P50K] {
            for rank in (0..200_000).filter(|rank| !vocabulary.token(*rank).is_empty()) {
                let token = vocabulary.token(rank);
                assert_eq!(vocabulary.rank(token, 0, token.len()), rank);
            }
        }
    }

    /// What the proofs at the head of this file rest on.
    #[test]
    fn a_token_has_a_higher_rank_than_its_halves() {
        for vocabulary in [&CL100K, &O200K, &P50K] {
            for rank in (0..200_000).filter(|rank| vocabulary.token(*rank).len() > 1) {
                let token = vocabulary.token(rank);
                let left = vocabulary.left_half(rank) as usize;
                let halves = [vocabulary.rank(token, 0, left), vocabulary.rank(token, left, token.len())];
                assert!(halves.iter().all(|half| *half < rank), "{rank}: {halves:?}");
            }
        }
    }

    #[test]
    fn no_token_crosses_a_border_that_none_crosses() {
        for vocabulary in [&CL100K, &O200K, &P50K] {
            let tokens = (0..200_000).map(|rank| vocabulary.token(rank)).filter(|token| token.len() > 1);
            for token in tokens.filter(|token| std::str::from_utf8(token).is_ok()) {
                let mut segments = 0;
                each_segment(vocabulary, token, |_, _| segments += 1);
                assert_eq!(segments, 1, "{token:?}");
            }
        }
    }
}
