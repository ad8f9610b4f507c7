//! Byte-pair merging of one piece: the pair whose union has the lowest rank is merged first, the leftmost of equals, until no two
//! neighbours are a token together.
//!
//! That is how short pieces are merged, see [`SCAN`]. Longer ones are merged from left to right, one token after the other. This
//! rests on one fact: *tokens are the merge of their bytes if, and only if, each two neighbours are the merge of theirs.* For look at
//! the first merge of the whole that would cross a border between two of the tokens: up to it all merges were inside of tokens, the
//! same ones in the same order as when the two neighbours alone are merged, so it would cross there, too.
//!
//! So the tokens up to any place are known as soon as neighbours go together, and are the only ones: the next one is the longest that
//! goes with the last one. Where none does, no token of the whole ends here: the last one must be shorter, and no other way leads here
//! again. Each place is tried once, so the time is linear.

use super::layout::NONE;
use super::vocab::Vocabulary;

/// The most bytes that are merged by the textbook, whose time is their square. Of 8, 16, 32 and 64, this was the fastest with code,
/// JSON and base64, and within a tenth of the fastest with all other corpora.
const SCAN: usize = 32;

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

impl Merger {
    /// Returns the tokens of `piece`. Those of rank `below` and above do not exist.
    pub(super) fn merge(&mut self, vocabulary: &Vocabulary, below: u32, piece: &[u8]) -> &[Token] {
        self.tokens.clear();
        self.dead.clear();
        if piece.len() <= SCAN {
            self.scan(vocabulary, below, piece);
        } else if !self.repeated(vocabulary, below, piece) {
            self.append(vocabulary, below, piece);
        }
        &self.tokens
    }

    /// Merges up to [`SCAN`] bytes by the textbook: looks for the lowest rank among all neighbours, again and again.
    fn scan(&mut self, vocabulary: &Vocabulary, below: u32, piece: &[u8]) {
        // Behind the bytes there is room for the widest load of a token.
        let mut bytes = [0; SCAN + 16];
        bytes[..piece.len()].copy_from_slice(piece);
        let rank = |start: u8, end: u8| match vocabulary.unlikely_rank(&bytes, usize::from(start), usize::from(end)) {
            rank if rank < below => rank,
            _ => NONE,
        };
        // The parts begin at `starts`, the last of which is the end; `ranks` are those of each part and the next together.
        let mut starts: [u8; SCAN + 1] = std::array::from_fn(|index| index as u8);
        let mut ranks = [NONE; SCAN + 1];
        let mut parts = piece.len();
        for (index, union) in ranks.iter_mut().enumerate().take(parts.saturating_sub(1)) {
            *union = rank(starts[index], starts[index + 2]);
        }
        while parts > 1 {
            let (index, lowest) = lowest(&ranks[..parts - 1]);
            if lowest == NONE {
                break;
            }
            starts.copy_within(index + 2..=parts, index + 1);
            ranks.copy_within(index + 1..parts - 1, index);
            parts -= 1;
            if index + 1 < parts {
                ranks[index] = rank(starts[index], starts[index + 2]);
            }
            if index > 0 {
                ranks[index - 1] = rank(starts[index - 1], starts[index + 1]);
            }
        }
        self.tokens.extend(starts[..=parts].windows(2).map(|borders| {
            let [start, end] = [borders[0], borders[1]].map(usize::from);
            Token { rank: vocabulary.rank(&bytes, start, end), length: (end - start) as u32 }
        }));
    }

    /// Puts the tokens of `piece` behind those that are there, which are no part of it.
    fn append(&mut self, vocabulary: &Vocabulary, below: u32, piece: &[u8]) {
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
        /// More than three times the longest token of any vocabulary, 128 spaces.
        const SAMPLE: usize = 512;
        if piece.len() <= 2 * SAMPLE || piece.iter().any(|byte| *byte != piece[0]) {
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

/// Returns the place and the value of the lowest rank, the first of equals.
#[inline]
fn lowest(ranks: &[u32]) -> (usize, u32) {
    let lowest = ranks.iter().copied().min().unwrap_or(NONE);
    (ranks.iter().position(|rank| *rank == lowest).unwrap_or(0), lowest)
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
            let split = vocabulary.split(left.rank);
            left = Token { rank: split.right, length: left.length - split.left_length as u32 };
        } else {
            if right.length == 1 {
                return true;
            }
            limit = right.rank + 1;
            let split = vocabulary.split(right.rank);
            right = Token { rank: split.left, length: split.left_length as u32 };
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::encoding::naive;
    use crate::encoding::vocab::{CL100K, O200K, P50K};

    fn agrees(vocabulary: &Vocabulary, below: u32, piece: &[u8]) -> Result<(), TestCaseError> {
        let mut end = 0;
        let mut merger = Merger::default();
        let ends = merger.merge(vocabulary, below, piece).iter().map(|token| {
            end += token.length;
            end
        });
        prop_assert_eq!(ends.collect::<Vec<u32>>(), naive::merge(vocabulary, below, piece));
        Ok(())
    }

    /// Pieces that merge much: few different bytes, words, runs.
    fn pieces() -> impl Strategy<Value = Vec<u8>> {
        let bytes =
            |of: &'static str, most| proptest::collection::vec(proptest::sample::select(of.as_bytes()), 1..most);
        prop_oneof![
            proptest::collection::vec(any::<u8>(), 1..200),
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
                assert_eq!(Merger::default().merge(vocabulary, u32::MAX, token), [expected], "{token:?}");
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
}
