//! The pre-tokenizers: text → pieces, by hand-written scanners with the exact semantics of the split patterns.
//!
//! A pattern is a list of alternatives, tried in order where the last piece ended. Each can backtrack to at most one
//! place, which the comments name. All three patterns match at least one character anywhere, so the pieces cover the
//! text.

use super::char_class::{Class, caseless_run, class_at};
use super::window::{Masks, Starts};

/// How an encoding splits text.
pub(super) trait Pattern {
    /// Whether [`Pattern::starts`] finds the pieces in a window.
    const IN_WINDOWS: bool;

    /// Returns where pieces begin in a window that begins with a piece.
    fn starts(masks: &Masks) -> Starts;

    /// Returns the end of the piece that begins at `start`, which is a boundary of `text` before its end.
    fn piece_end(text: &[u8], start: usize) -> usize;
}

/// `'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s`
pub(super) struct Cl100k;

impl Pattern for Cl100k {
    const IN_WINDOWS: bool = true;

    #[inline(always)]
    fn starts(masks: &Masks) -> Starts {
        masks.cl100k_starts()
    }

    #[inline]
    fn piece_end(text: &[u8], start: usize) -> usize {
        let (class, length) = class_at(text, start);
        let next = start + length;
        if class.is_letter() {
            return letters(text, next);
        }
        if class == Class::NUMBER {
            return numbers(text, next, 2);
        }
        if text[start] == b'\''
            && let Some(end) = contraction(text, start, true)
        {
            return end;
        }
        if !is_newline(text[start]) {
            let end = letters(text, next);
            if end > next {
                return end;
            }
        }
        if class == Class::SPACE {
            return match spaced_others(text, start, next) {
                Some(end) => bytes(text, end, is_newline),
                None => Spaces::at(text, start).end_of_text_first(text),
            };
        }
        bytes(text, run(text, next, Class::is_other), is_newline)
    }
}

/// ```text
/// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
/// |[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
/// |\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
/// ```
pub(super) struct O200k;

impl Pattern for O200k {
    const IN_WINDOWS: bool = true;

    #[inline(always)]
    fn starts(masks: &Masks) -> Starts {
        masks.o200k_starts()
    }

    #[inline]
    fn piece_end(text: &[u8], start: usize) -> usize {
        let (class, length) = class_at(text, start);
        let next = start + length;
        if class == Class::NUMBER {
            return numbers(text, next, 2);
        }
        let word = match class {
            _ if class.is_letter() => word(text, start),
            // A mark is the one character before a word, or else the word's own beginning.
            Class::MARK => lower_word(text, next).or_else(|| lower_word(text, start)),
            _ if is_newline(text[start]) => None,
            _ => word(text, next),
        };
        if let Some(end) = word {
            return contraction(text, end, true).unwrap_or(end);
        }
        if class == Class::SPACE {
            return match spaced_others(text, start, next) {
                Some(end) => bytes(text, end, is_newline_or_slash),
                None => Spaces::at(text, start).newlines_first(text),
            };
        }
        bytes(text, run(text, next, Class::is_other), is_newline_or_slash)
    }
}

/// `'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s`, of p50k_base and r50k_base.
pub(super) struct P50k;

impl Pattern for P50k {
    const IN_WINDOWS: bool = false;

    fn starts(_: &Masks) -> Starts {
        Starts::NONE
    }

    #[inline]
    fn piece_end(text: &[u8], start: usize) -> usize {
        if text[start] == b'\''
            && let Some(end) = contraction(text, start, false)
        {
            return end;
        }
        let from = if text[start] == b' ' { start + 1 } else { start };
        let (class, length) = class_at(text, from);
        let next = from + length;
        match class {
            _ if class.is_letter() => letters(text, next),
            Class::NUMBER => numbers(text, next, usize::MAX),
            _ if class.is_other() => run(text, next, Class::is_other),
            _ => Spaces::at(text, start).plain(text),
        }
    }
}

/// Returns the end of the run of characters from `at` on whose class matches `is`.
#[inline]
fn run(text: &[u8], mut at: usize, is: impl Fn(Class) -> bool) -> usize {
    loop {
        let (class, length) = class_at(text, at);
        if !is(class) {
            return at;
        }
        at += length;
    }
}

/// Returns the end of the run of letters from `at` on.
#[inline]
fn letters(text: &[u8], mut at: usize) -> usize {
    loop {
        at += ascii_run(text, at, ANY_CASE);
        loop {
            match text.get(at) {
                Some(0x80..) => {}
                Some(byte) if byte.is_ascii_alphabetic() => break,
                _ => return at,
            }
            at = caseless_run(text, at);
            let (class, length) = class_at(text, at);
            if !class.is_letter() {
                return at;
            }
            at += length;
        }
    }
}

/// The bits that are set in each byte before it is compared with `a` to `z`: the bit in which the cases differ, or
/// none.
const ANY_CASE: u64 = 0x2020_2020_2020_2020;
const LOWER_CASE: u64 = 0;

/// Returns the number of ASCII letters from `at` on. It looks at eight at a time: most words are one step, without a
/// branch that depends on their length.
#[inline(always)]
fn ascii_run(text: &[u8], at: usize, fold: u64) -> usize {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let mut length = 0;
    while let Some(bytes) = text.get(at + length..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*bytes);
        let low = (word | fold) & !HIGH;
        // In each byte, adding 0x80 less `a`, or 0x80 less the byte after `z`, sets the high bit of bytes from there on.
        let from_a = low + 0x1f1f_1f1f_1f1f_1f1f;
        let after_z = low + 0x0505_0505_0505_0505;
        let others = !(from_a & !after_z & !word) & HIGH;
        if others != 0 {
            return length + others.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    let is_letter = |byte: &&u8| (**byte | fold as u8).is_ascii_lowercase();
    length + text.get(at + length..).unwrap_or_default().iter().take_while(is_letter).count()
}

/// Returns the end of the run of bytes from `at` on that match `is`.
#[inline]
fn bytes(text: &[u8], mut at: usize, is: impl Fn(u8) -> bool) -> usize {
    while text.get(at).is_some_and(|byte| is(*byte)) {
        at += 1;
    }
    at
}

fn is_newline(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

fn is_newline_or_slash(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | b'/')
}

/// Returns the end of at most `more` number characters from `at` on.
#[inline]
fn numbers(text: &[u8], mut at: usize, more: usize) -> usize {
    for _ in 0..more {
        match class_at(text, at) {
            (Class::NUMBER, length) => at += length,
            _ => break,
        }
    }
    at
}

/// Returns the end of ` [^\s\p{L}\p{N}]+` at `start`: a plain space, and then no letters, numbers or spaces.
#[inline]
fn spaced_others(text: &[u8], start: usize, next: usize) -> Option<usize> {
    if text[start] != b' ' {
        return None;
    }
    let end = run(text, next, Class::is_other);
    (end > next).then_some(end)
}

/// Returns the end of `'s`, `'d`, `'m`, `'t`, `'ll`, `'ve` or `'re` at `at`. With `fold`, it matches either case, and
/// also U+017F, the long s, which folds to s.
#[inline]
fn contraction(text: &[u8], at: usize, fold: bool) -> Option<usize> {
    if text.get(at) != Some(&b'\'') {
        return None;
    }
    let letter = |offset: usize| {
        let byte = text.get(at + offset).copied().unwrap_or(0);
        if fold { byte.to_ascii_lowercase() } else { byte }
    };
    match (letter(1), letter(2)) {
        (b's' | b'd' | b'm' | b't', _) => Some(at + 2),
        (b'l', b'l') | (b'v' | b'r', b'e') => Some(at + 3),
        (0xc5, 0xbf) if fold => Some(at + 3),
        _ => None,
    }
}

/// Returns the end of the first two alternatives of [`O200k`], without the optional character before and contraction
/// after them.
#[inline]
fn word(text: &[u8], start: usize) -> Option<usize> {
    lower_word(text, start).or_else(|| {
        // If the first alternative fails, the run contains no character that a lower-case run could match.
        let end = run(text, start, Class::is_upper_like);
        (end > start).then_some(end)
    })
}

/// Returns the end of `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+`: an upper-case run and a lower-case
/// run.
///
/// The upper-case run is greedy. If no lower-case letter follows, it backtracks to the last character that both runs
/// match, which is then the whole lower-case run.
#[inline]
fn lower_word(text: &[u8], start: usize) -> Option<usize> {
    // Most words are ASCII, with at most their first letter in upper case.
    let from = start + usize::from(text.get(start).is_some_and(u8::is_ascii_uppercase));
    let end = from + ascii_run(text, from, LOWER_CASE);
    if end > from && text.get(end).is_none_or(u8::is_ascii) {
        return Some(end);
    }
    let (mut at, mut last_of_both) = (start, None);
    loop {
        let end = caseless_run(text, at);
        if end > at {
            (at, last_of_both) = (end, Some(end));
        }
        let (class, length) = class_at(text, at);
        if class == Class::LOWER {
            return Some(run(text, at + length, Class::is_lower_like));
        }
        if !class.is_upper_like() {
            return last_of_both;
        }
        at += length;
        if class != Class::UPPER {
            last_of_both = Some(at);
        }
    }
}

/// A run of white space.
struct Spaces {
    start: usize,
    end: usize,
    /// The start of its last character.
    last: usize,
    /// The end of its last newline, if it has one.
    newline: Option<usize>,
}

impl Spaces {
    fn at(text: &[u8], start: usize) -> Spaces {
        let mut spaces = Spaces { start, end: start, last: start, newline: None };
        loop {
            let (class, length) = class_at(text, spaces.end);
            if class != Class::SPACE {
                return spaces;
            }
            spaces.last = spaces.end;
            spaces.end += length;
            if is_newline(text[spaces.last]) {
                spaces.newline = Some(spaces.end);
            }
        }
    }

    /// `\s++$|\s*[\r\n]|\s+(?!\S)|\s`
    fn end_of_text_first(&self, text: &[u8]) -> usize {
        match self.newline {
            Some(newline) if self.end < text.len() => newline,
            _ => self.plain(text),
        }
    }

    /// `\s*[\r\n]+|\s+(?!\S)|\s+`
    fn newlines_first(&self, text: &[u8]) -> usize {
        self.newline.unwrap_or_else(|| self.plain(text))
    }

    /// `\s++$|\s+(?!\S)|\s`: the whole run at the end of the text; else all but the last character, which belongs to
    /// the next piece; else its only character.
    fn plain(&self, text: &[u8]) -> usize {
        if self.end == text.len() || self.last == self.start { self.end } else { self.last }
    }
}
