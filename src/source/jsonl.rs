//! Texts with a JSON value on each line.

use memchr::memchr;

use super::without_mark;

/// The number of bytes that decide whether a text has a value on each line, beside its first line: a stream is not read
/// further.
pub(crate) const HEAD: usize = 1 << 20;

/// Returns whether a text has a JSON value on each line: its first line is a complete value and more follow, or all lines
/// that begin in its first [`HEAD`] bytes begin with `{`, or all with `[`.
pub(crate) fn has_lines(text: &[u8]) -> bool {
    let text = without_mark(text);
    let mut lines = Lines::new(text, 1);
    let Some(Line { bytes: first, .. }) = lines.next() else { return false };
    if is_blank(lines.text) {
        return false;
    }
    let read = text.len() - lines.text.len();
    lines.text = &lines.text[..HEAD.saturating_sub(read).min(lines.text.len())];
    let begin = |line: &[u8]| line.trim_ascii_start().first().copied();
    let is_value = || serde_json::from_slice::<serde::de::IgnoredAny>(first).is_ok();
    is_value() || matches!(begin(first), Some(b'{' | b'[')) && lines.all(|line| begin(line.bytes) == begin(first))
}

/// Returns whether the first line of a text is complete, and a second one has begun.
pub(crate) fn has_second_line(text: &[u8]) -> bool {
    let mut lines = Lines::new(without_mark(text), 1);
    lines.next().is_some() && !is_blank(lines.text)
}

/// Returns the number of lines of a text, and of those that are not blank.
pub(crate) fn count_lines(text: &[u8]) -> (usize, usize) {
    let mut lines = Lines::new(text, 0);
    let documents = lines.by_ref().count();
    (lines.number, documents)
}

fn is_blank(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_whitespace)
}

/// A line of a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    /// Its number, from 1.
    pub(crate) number: usize,
    /// Its bytes, without the `\n`.
    pub(crate) bytes: &'a [u8],
}

/// The lines of a text that are not blank.
#[derive(Clone, Debug)]
pub(crate) struct Lines<'a> {
    number: usize,
    text: &'a [u8],
}

impl<'a> Lines<'a> {
    /// Returns the lines of a text whose first line has this number.
    pub(crate) fn new(text: &'a [u8], number: usize) -> Lines<'a> {
        Lines { number, text }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        while !self.text.is_empty() {
            let (bytes, rest) = match memchr(b'\n', self.text) {
                Some(end) => (&self.text[..end], &self.text[end + 1..]),
                None => (self.text, &[][..]),
            };
            let line = Line { number: self.number, bytes };
            (self.number, self.text) = (self.number + 1, rest);
            if !is_blank(bytes) {
                return Some(line);
            }
        }
        None
    }
}
