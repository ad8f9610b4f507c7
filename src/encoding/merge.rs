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
//! border there, too. So a long segment is scanned in parts that overlap ([`each_scan`]): where two scans have a token in
//! common, the tokens of the first up to it and those of the second from it on are a sequence of valid pairs. Where
//! scans have none in common, another scan is tried whose first token is a valid pair with one of the scan before
//! ([`is_valid_pair`]). Where none is, the tokens are found from left to right ([`Merger::append`]): the next token is
//! the longest that makes a valid pair with the last one. Where none does, the place is a dead end, at which no token of
//! the whole ends: the last token must be shorter, and the search never comes back to the place. Each place is tried
//! once, so the time is linear.

use std::marker::PhantomData;
use std::ops::Range;

use super::layout::NONE;
use super::scan::{SIDE_BY_SIDE, Scan, side_by_side};
use super::vocab::Character;
use super::{Coding, Ends};

/// The most bytes that are merged as in the textbook, in time quadratic in their number.
pub(super) const SCAN: usize = 32;

/// The number of bytes from the beginning of a scan to the next one. The tokens of the bytes that both have may be cut
/// off in one of them.
const STRIDE: usize = 20;

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

/// The characters of a piece, each by its end and whether that is a border that no merge crosses.
pub(super) struct Segments<'a, C> {
    text: &'a [u8],
    at: usize,
    character: Option<Character>,
    coding: PhantomData<C>,
}

impl<'a, C: Coding> Segments<'a, C> {
    /// Returns those of the piece from `at` to the end of `text`.
    pub(super) fn new(text: &'a [u8], at: usize) -> Self {
        let character = (at < text.len()).then(|| Character::at(text, at));
        Segments { text, at, character, coding: PhantomData }
    }
}

impl<C: Coding> Iterator for Segments<'_, C> {
    type Item = (usize, bool);

    #[inline(always)]
    fn next(&mut self) -> Option<(usize, bool)> {
        let before = self.character?;
        self.at += before.length;
        self.character = (self.at < self.text.len()).then(|| Character::at(self.text, self.at));
        Some((self.at, self.character.is_none_or(|after| !C::RANKS.crosses(before, after))))
    }
}

/// Adds the tokens of the piece at `range` to `tokens`, each with its end in the text.
pub(super) fn merge_piece<C: Coding>(text: &[u8], range: Range<usize>, tokens: &mut Ends) {
    if let Some(rank) = C::RANKS.rank(text, range.start, range.end) {
        tokens.push((rank, range.end));
        return;
    }
    let mut end = range.start;
    tokens.extend(Merger::default().merge::<C>(text, range).iter().map(|token| {
        end += token.length as usize;
        (token.rank, end)
    }));
}

impl Merger {
    /// Returns the tokens of the piece of `text` in `range`. The piece is not a token itself, unless it has several
    /// characters.
    pub(super) fn merge<C: Coding>(&mut self, text: &[u8], range: Range<usize>) -> &[Token] {
        self.tokens.clear();
        let piece = &text[range.clone()];
        if self.merge_repeated::<C>(piece) {
            return &self.tokens;
        }
        if piece.is_ascii() {
            self.merge_segment::<C>(text, range);
            return &self.tokens;
        }
        let mut start = range.start;
        for (end, _) in Segments::<C>::new(&text[..range.end], start).filter(|(_, is_border)| *is_border) {
            match C::RANKS.rank(text, start, end) {
                Some(rank) => self.tokens.push(Token { rank, length: (end - start) as u32 }),
                None => self.merge_segment::<C>(text, start..end),
            }
            start = end;
        }
        &self.tokens
    }

    /// Adds the tokens of a segment.
    fn merge_segment<C: Coding>(&mut self, text: &[u8], range: Range<usize>) {
        match range.len() {
            ..=SCAN => {
                let [scan] = side_by_side::<C, 4, 1>(text, [range], 1);
                self.tokens.extend(scan.tokens(0).map(|(rank, length)| Token { rank, length }));
            }
            _ => self.merge_long::<C>(text, range),
        }
    }

    /// Adds the tokens of more than [`SCAN`] bytes.
    fn merge_long<C: Coding>(&mut self, text: &[u8], range: Range<usize>) {
        let first = self.tokens.len();
        let met = each_scan::<C>(text, range.clone(), |scan, from, to| {
            let mut at = from;
            let tokens = scan.tokens(from).map(|(rank, length)| Token { rank, length });
            self.tokens.extend(tokens.take_while(|token| {
                at += token.length;
                at <= to
            }));
        });
        if !met {
            self.tokens.truncate(first);
            self.append::<C>(&text[range]);
        }
    }

    /// Adds the ranks of the tokens of a segment of `text` of more than [`SCAN`] bytes.
    pub(super) fn encode_long<C: Coding>(&mut self, text: &[u8], range: Range<usize>, ranks: &mut Vec<u32>) {
        self.tokens.clear();
        let first = ranks.len();
        if !self.merge_repeated::<C>(&text[range.clone()]) {
            if each_scan::<C>(text, range.clone(), |scan, from, to| ranks.extend(scan.ranks(from, to))) {
                return;
            }
            ranks.truncate(first);
            self.append::<C>(&text[range]);
        }
        ranks.extend(self.tokens.iter().map(|token| token.rank));
    }

    /// Returns the number of tokens of a segment of `text` of more than [`SCAN`] bytes.
    pub(super) fn count_long<C: Coding>(&mut self, text: &[u8], range: Range<usize>) -> usize {
        self.tokens.clear();
        if self.merge_repeated::<C>(&text[range.clone()]) {
            return self.tokens.len();
        }
        let mut count = 0;
        let met = each_scan::<C>(text, range.clone(), |scan, from, to| {
            count += (scan.starts() >> from << from & ((1 << to) - 1)).count_ones() as usize;
        });
        if !met {
            self.append::<C>(&text[range]);
            count = self.tokens.len();
        }
        count
    }

    /// Adds the tokens of `piece`, from left to right.
    fn append<C: Coding>(&mut self, piece: &[u8]) {
        self.dead_ends.clear();
        let first = self.tokens.len();
        let mut at = 0;
        let mut lengths = C::RANKS.lengths(piece, 0);
        while at < piece.len() {
            let last = self.tokens[first..].last().copied();
            let next = lengths.by_ref().find_map(|length| {
                let rank = C::RANKS.rank(piece, at, at + length)?;
                let token = Token { rank, length: length as u32 };
                let fits = !self.is_dead_end(at + length)
                    && last.is_none_or(|last| is_valid_pair::<C>(piece, at, last, token));
                fits.then_some(token)
            });
            if let Some(token) = next {
                self.tokens.push(token);
                at += token.length as usize;
                lengths = C::RANKS.lengths(piece, at.min(piece.len() - 1));
                continue;
            }
            // Some sequence of tokens is valid, so this is never the first place.
            let Some(token) = self.tokens.pop() else { return };
            self.mark_dead_end(at, piece.len());
            at -= token.length as usize;
            lengths = C::RANKS.lengths(piece, at).below(token.length as usize);
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
    fn merge_repeated<C: Coding>(&mut self, piece: &[u8]) -> bool {
        if !is_repeated(piece) {
            return false;
        }
        let mut sample = Merger::default();
        sample.append::<C>(&piece[..SAMPLE]);
        let token = sample.tokens[0];
        let twice = sample.tokens[1] == token;
        // The tail begins with the same token, which proves the border before it.
        let whole = (piece.len() - SAMPLE) / token.length as usize;
        sample = Merger::default();
        sample.append::<C>(&piece[whole * token.length as usize..]);
        if !twice || sample.tokens[0] != token {
            return false;
        }
        self.tokens.resize(whole, token);
        self.tokens.append(&mut sample.tokens);
        true
    }
}

/// Scans more than [`SCAN`] bytes, each [`STRIDE`] bytes anew, and calls `take` with each scan and the range of its bytes
/// whose tokens are those of the whole.
///
/// Two scans meet at a token that both have: each two neighbours up to it are a valid pair in the first scan, and from
/// it on in the second one. If they have none, some scans from other places are tried. Returns `false` if none meets.
#[inline]
fn each_scan<C: Coding>(text: &[u8], range: Range<usize>, mut take: impl FnMut(&Scan<4>, u32, u32)) -> bool {
    let window = |start: usize| range.end.min(start)..range.end.min(start + SCAN);
    let mut at = range.start;
    let mut last: Option<(Scan<4>, u32)> = None;
    'groups: loop {
        let needed = 1 + (range.end - at).saturating_sub(SCAN).div_ceil(STRIDE);
        let windows = std::array::from_fn(|index| window(at + index * STRIDE));
        let scans = side_by_side::<C, 4, SIDE_BY_SIDE>(text, windows, needed);
        for scan in scans {
            let mut from = 0;
            if let Some((before, before_from)) = last {
                let Some(meeting) = meeting(before.starts() >> STRIDE, scan.starts()) else {
                    let start = at - STRIDE;
                    let Some((end, scan)) = other_scan::<C>(text, &range, start, &before) else { return false };
                    take(&before, before_from, end);
                    at = start + end as usize;
                    if window(at).end == range.end {
                        take(&scan, 0, (range.end - at) as u32);
                        return true;
                    }
                    last = Some((scan, 0));
                    at += STRIDE;
                    continue 'groups;
                };
                take(&before, before_from, STRIDE as u32 + meeting);
                from = meeting;
            }
            if window(at).end == range.end {
                take(&scan, from, (range.end - at) as u32);
                return true;
            }
            last = Some((scan, from));
            at += STRIDE;
        }
    }
}

/// Returns a scan that begins where a token of `before` ends, a scan from `start` on, and whose first token is a valid
/// pair with that one; and the end of that token.
#[cold]
fn other_scan<C: Coding>(text: &[u8], range: &Range<usize>, start: usize, before: &Scan<4>) -> Option<(u32, Scan<4>)> {
    let mut end = 0;
    let ends: Vec<(u32, Token)> = before
        .tokens(0)
        .map(|(rank, length)| {
            end += length;
            (end, Token { rank, length })
        })
        .filter(|(end, _)| (STRIDE / 2..SCAN).contains(&(*end as usize)))
        .collect();
    ends.into_iter().rev().find_map(|(end, token)| {
        let at = start + end as usize;
        let piece = at..range.end.min(at + SCAN);
        let [scan] = side_by_side::<C, 4, 1>(text, [piece], 1);
        let (rank, length) = scan.tokens(0).next()?;
        is_valid_pair::<C>(text, at, token, Token { rank, length }).then_some((end, scan))
    })
}

/// Returns the start of a token that two scans have, both given by the starts of their tokens in the bytes that both
/// have; the starts of the second may go on.
fn meeting(before: u64, after: u64) -> Option<u32> {
    let (both, mut either) = (before & after, before | after);
    let mut start = None;
    for _ in 0..=(SCAN - STRIDE) {
        let at = either.trailing_zeros();
        if at > (SCAN - STRIDE) as u32 {
            return None;
        }
        either &= either - 1;
        if both >> at & 1 == 0 {
            start = None;
        } else if start.is_some() {
            return start;
        } else {
            start = Some(at);
        }
    }
    None
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
fn is_valid_pair<C: Coding>(text: &[u8], border: usize, left: Token, right: Token) -> bool {
    let (mut left, mut right, mut limit) = (left, right, NONE);
    loop {
        if C::RANKS.merge(left.rank, right.rank) < limit {
            return false;
        }
        // Single bytes have the lowest ranks: if the token of higher rank is a byte, both are.
        if left.rank > right.rank {
            if left.length == 1 {
                return true;
            }
            limit = left.rank;
            let length = left.length - C::RANKS.left_half(left.rank);
            left = Token { rank: C::RANKS.rank_of_token(text, border - length as usize, border), length };
        } else {
            if right.length == 1 {
                return true;
            }
            limit = right.rank + 1;
            let length = C::RANKS.left_half(right.rank);
            right = Token { rank: C::RANKS.rank_of_token(text, border, border + length as usize), length };
        }
    }
}

#[cfg(all(test, feature = "encodings"))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::encoding::codings::{Cl100kBase, O200kBase, P50kBase, R50kBase};
    use crate::encoding::naive;
    use crate::encoding::vocab::Ranks;

    const ALL: [Ranks; 4] = [Cl100kBase::RANKS, O200kBase::RANKS, P50kBase::RANKS, R50kBase::RANKS];

    /// Returns the tokens of the encoding, each with its rank.
    fn tokens(ranks: Ranks) -> impl Iterator<Item = (u32, &'static [u8])> {
        (0..200_000).filter_map(move |rank| Some((rank, ranks.token(rank)?)))
    }

    fn agrees<C: Coding>(piece: &[u8]) -> Result<(), TestCaseError> {
        let mut end = 0;
        let mut merger = Merger::default();
        let ends = merger.merge::<C>(piece, 0..piece.len()).iter().map(|token| {
            end += token.length;
            end
        });
        let ends: Vec<u32> = ends.collect();
        prop_assert_eq!(&ends, &naive::merge(C::RANKS, piece));
        if piece.len() > SCAN {
            prop_assert_eq!(merger.count_long::<C>(piece, 0..piece.len()), ends.len());
        }
        Ok(())
    }

    fn all_agree(piece: &[u8]) -> Result<(), TestCaseError> {
        agrees::<Cl100kBase>(piece)?;
        agrees::<O200kBase>(piece)?;
        agrees::<P50kBase>(piece)?;
        agrees::<R50kBase>(piece)
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
            all_agree(&piece)?;
        }
    }

    #[test]
    fn a_repeated_byte_is_merged_as_in_the_textbook() {
        for byte in [b' ', b'a', b'=', b'\n', b'-', b'0', 0xe4] {
            for length in [1_025, 1_500, 2_047] {
                all_agree(&vec![byte; length]).expect("the textbook's tokens");
            }
        }
    }

    #[test]
    fn every_token_is_the_merge_of_its_own_bytes() {
        fn assert_it<C: Coding>() {
            for (rank, token) in tokens(C::RANKS) {
                let expected = Token { rank, length: token.len() as u32 };
                assert_eq!(Merger::default().merge::<C>(token, 0..token.len()), [expected], "{token:?}");
            }
        }
        assert_it::<Cl100kBase>();
        assert_it::<O200kBase>();
        assert_it::<P50kBase>();
        assert_it::<R50kBase>();
    }

    #[test]
    fn every_token_is_found_by_its_bytes() {
        for ranks in ALL {
            for (rank, token) in tokens(ranks) {
                assert_eq!(ranks.rank(token, 0, token.len()), Some(rank));
            }
        }
    }

    /// The proofs at the top of this file rely on it.
    #[test]
    fn a_token_has_a_higher_rank_than_its_halves() {
        for ranks in ALL {
            for (rank, token) in tokens(ranks).filter(|(_, token)| token.len() > 1) {
                let left = ranks.left_half(rank) as usize;
                let halves = [ranks.rank(token, 0, left), ranks.rank(token, left, token.len())];
                assert!(halves.iter().all(|half| half.is_some_and(|half| half < rank)), "{rank}: {halves:?}");
            }
        }
    }

    #[test]
    fn no_token_contains_a_border_that_no_merge_crosses() {
        fn assert_it<C: Coding>() {
            let tokens = tokens(C::RANKS).map(|(_, token)| token).filter(|token| token.len() > 1);
            for token in tokens.filter(|token| std::str::from_utf8(token).is_ok()) {
                let segments = Segments::<C>::new(token, 0).filter(|(_, is_border)| *is_border).count();
                assert_eq!(segments, 1, "{token:?}");
            }
        }
        assert_it::<Cl100kBase>();
        assert_it::<O200kBase>();
        assert_it::<P50kBase>();
        assert_it::<R50kBase>();
    }
}
