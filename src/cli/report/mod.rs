//! What a command found, in the formats that people and programs read.

pub(super) mod check;
pub(super) mod json;
pub(super) mod table;

use super::input::Failed;
use crate::catalog::Layer;
use crate::money::grouped;
use crate::request::{Format, Warning};
use crate::source::Place;
use crate::{Date, Estimate, Label, Request, TokenCount};

/// Returns how sure a count is, in few words: `exact`, `± 4`, `85 … 1,445`, `at least`.
pub(super) fn label(count: &TokenCount) -> String {
    match (count.label(), count.max()) {
        (Label::Estimate, Some(max)) => {
            let (fewer, more) = (count.tokens() - count.min(), max - count.tokens());
            // Small counts cannot be off by as much downwards.
            let is_even = fewer == more || (fewer < more && count.min() <= 1);
            match is_even {
                true => format!("± {}", grouped(more)),
                false => format!("{} … {}", grouped(count.min()), grouped(max)),
            }
        }
        (Label::AtLeast, _) if count.min() < count.tokens() => format!("at least {}", grouped(count.min())),
        (label, _) => label.as_str().to_owned(),
    }
}

/// Returns so many things, in words: `1 model`, `2 models`.
pub(super) fn plural(number: usize, thing: &str) -> String {
    format!("{} {thing}{}", grouped(number as u64), if number == 1 { "" } else { "s" })
}

/// Returns as what requests were read, in words: `2 × Batch line, 1 × text`.
pub(super) fn formats(formats: impl Iterator<Item = Format>) -> String {
    let mut counts: Vec<(Format, usize)> = Vec::new();
    for format in formats {
        match counts.iter_mut().find(|(known, _)| *known == format) {
            Some((_, count)) => *count += 1,
            None => counts.push((format, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let words = counts.iter().map(|(format, count)| format!("{} × {format}", grouped(*count as u64)));
    words.collect::<Vec<_>>().join(", ")
}

/// Returns a text as a cell of a markdown table: nothing in it ends the cell, or is anything but text.
pub(super) fn markdown_cell(text: &str) -> String {
    let mut out = String::new();
    for char in text.chars() {
        match char {
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '@' => out.extend(['\\', char]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            char if char.is_control() => out.push(' '),
            char => out.push(char),
        }
    }
    out
}

/// Returns a remark with its place; one without is about the request as a whole.
pub(super) fn remark(path: &str, text: &str) -> String {
    if path.is_empty() { text.to_owned() } else { format!("{path}: {text}") }
}

/// What to do about images of unknown size.
pub(super) const IMAGE_SIZE: &str = "--image-size WxH gives the size of images that the request does not say";

/// The estimates of a run.
pub(super) struct Report<'a> {
    pub(super) day: Date,
    pub(super) layers: Vec<&'a Layer>,
    pub(super) entries: Vec<Entry<'a>>,
    /// What cannot be read, counted or priced.
    pub(super) failed: &'a [Failed],
}

/// The estimate of one request.
pub(super) struct Entry<'a> {
    pub(super) place: &'a Place,
    /// The line of the file on which the request begins, from 1.
    pub(super) line: usize,
    pub(super) request: &'a Request,
    pub(super) estimate: &'a Estimate<'a>,
    pub(super) warnings: &'a [Warning],
}
