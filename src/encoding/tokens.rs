//! The iterator over the tokens of a text, and the longest prefix of at most n tokens.

use std::collections::VecDeque;
use std::ops::Range;

use super::Encoding;
use super::char_class::{Class, class_at};

/// A token of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Token {
    /// The token's id, as [`Encoding::encode`] returns it.
    pub id: u32,
    /// Its byte range in the text; it can begin and end inside a character.
    pub range: Range<usize>,
}

/// The tokens of a text, from [`Encoding::tokens`].
#[derive(Clone, Debug)]
pub struct Tokens<'t> {
    encoding: Encoding,
    text: &'t [u8],
    /// The tokens of the current piece in reverse order: their ids and ends.
    piece: Vec<(u32, usize)>,
    /// The start of the next token.
    at: usize,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(encoding: Encoding, text: &'t str) -> Tokens<'t> {
        Tokens { encoding, text: text.as_bytes(), piece: Vec::new(), at: 0 }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        if self.piece.is_empty() && self.at < self.text.len() {
            let end = self.encoding.piece_end(self.text, self.at);
            self.encoding.merge_piece(self.text, self.at..end, &mut self.piece);
            self.piece.reverse();
        }
        let (id, end) = self.piece.pop()?;
        let start = std::mem::replace(&mut self.at, end);
        Some(Token { id, range: start..end })
    }
}

impl std::iter::FusedIterator for Tokens<'_> {}

/// The number of pieces before the end of the prefix whose ends can depend on the text after it: a run of white space
/// before a word is up to three pieces, the last of which includes the word.
const PIECES_BACK: usize = 4;

/// The number of bytes beyond the last prefix that fits after which the search ends: twice the longest token of any
/// vocabulary, 128 spaces. A text's last token is at most that long, and the text before it has fewer tokens.
const BEYOND: usize = 256;

/// A piece longer than this is not counted again for each possible end.
const LONG: usize = 2_048;

/// Returns the length in bytes of the longest prefix of `text` with at most `limit` tokens.
pub(super) fn longest_prefix(encoding: Encoding, text: &str, limit: usize) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut count) = (0, 0);
    let mut before: VecDeque<(usize, usize)> = VecDeque::with_capacity(PIECES_BACK + 1);
    let mut piece = Vec::new();
    while at < bytes.len() {
        let end = encoding.piece_end(bytes, at);
        piece.clear();
        encoding.merge_piece(bytes, at..end, &mut piece);
        if count + piece.len() > limit {
            let (stable, stable_count) = before.front().copied().unwrap_or((at, count));
            let fits = |end: usize| stable_count + encoding.count(&text[stable..end]) <= limit;
            return match end - at {
                ..=LONG => last_fitting_end(text, at, last_relevant_end(bytes, end), fits),
                _ => end_inside(encoding, text, at..end, &piece, limit - count, fits),
            };
        }
        if before.len() == PIECES_BACK {
            before.pop_front();
        }
        before.push_back((at, count));
        count += piece.len();
        at = end;
    }
    bytes.len()
}

/// Returns the greatest character boundary from `from` to `to` at which a prefix that ends there fits, `from` if there
/// is none.
fn last_fitting_end(text: &str, from: usize, to: usize, mut fits: impl FnMut(usize) -> bool) -> usize {
    let mut longest = from;
    for end in (from + 1..=to).filter(|end| text.is_char_boundary(*end)) {
        if end - longest > BEYOND {
            break;
        }
        if fits(end) {
            longest = end;
        }
    }
    longest
}

/// Returns the last place where the end of a prefix can change the piece that ends at `end`: after the white space that
/// follows, and one character more.
fn last_relevant_end(bytes: &[u8], mut end: usize) -> usize {
    loop {
        let (class, length) = class_at(bytes, end);
        end += length;
        if class != Class::SPACE {
            return end;
        }
    }
}

/// Returns the end of the prefix inside a long piece, near the end of its token number `limit`.
///
/// Tokens that are a valid pair with their neighbour stay when later ones are removed. So it is enough to merge from
/// one of them on, as long as the merge begins with that token. The shorter piece can be split differently, so `fits`
/// decides.
fn end_inside(
    encoding: Encoding,
    text: &str,
    piece: Range<usize>,
    tokens: &[(u32, usize)],
    limit: usize,
    fits: impl Fn(usize) -> bool,
) -> usize {
    let start_of = |token: usize| if token == 0 { piece.start } else { tokens[token - 1].1 };
    let border = start_of(limit);
    let kept = (0..limit).rev().find(|token| border - start_of(*token) >= BEYOND).unwrap_or(0);
    let mut tail = Vec::new();
    let mut may_fit = |end: usize| {
        if end <= border {
            return true;
        }
        tail.clear();
        encoding.merge_piece(text.as_bytes(), start_of(kept)..end, &mut tail);
        (kept == 0 || tail.first() == tokens.get(kept)) && kept + tail.len() <= limit
    };
    let from = (piece.start..=border).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(piece.start);
    let longest = last_fitting_end(text, from, piece.end, &mut may_fit);
    let mut ends = (piece.start + 1..=longest).rev().filter(|end| text.is_char_boundary(*end));
    ends.find(|end| may_fit(*end) && fits(*end)).unwrap_or(piece.start)
}
