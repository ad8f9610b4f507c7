//! What a command found, in the formats that people and programs read.

pub(super) mod check;
pub(super) mod grid;
pub(super) mod json;
pub(super) mod table;

use std::collections::HashMap;

use gpt_cost::catalog::Layer;
use gpt_cost::money::grouped;
use gpt_cost::request::{Format, Warning};
use gpt_cost::source::Place;
use gpt_cost::{Date, Estimate, Label, Request, TokenCount};

use super::input::Failed;

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

/// Returns as many of the first lines as there are bytes for, and how many more there are.
pub(super) fn up_to(bytes: usize, lines: impl Iterator<Item = String>) -> (Vec<String>, usize) {
    let (mut kept, mut size, mut more) = (Vec::new(), 0, 0);
    for line in lines {
        size += line.len() + 1;
        if size <= bytes {
            kept.push(line);
        } else {
            more += 1;
        }
    }
    (kept, more)
}

/// Returns a remark with its place; one without is about the request as a whole.
pub(super) fn remark(path: &str, text: &str) -> String {
    if path.is_empty() { text.to_owned() } else { format!("{path}: {text}") }
}

/// Returns what to do where the cost of a request is that of the most output that it allows.
pub(super) fn output_hint<'e>(mut requests: impl Iterator<Item = &'e gpt_cost::budget::Entry>) -> Option<&'static str> {
    requests.any(|entry| !entry.expects_output && entry.usage.output > 0).then_some(
        "costs include the most output that each request allows; output_tokens in gpt-cost.toml or --output-tokens N \
         gives the expected output",
    )
}

/// What to do about images of unknown size.
pub(super) const IMAGE_SIZE: &str = "--image-size WxH gives the size of images that the request does not say";

/// The word of reports for a part that is not counted.
pub(super) const NOT_COUNTED: &str = "not counted";

/// Returns what there is to know of a request, each with the word that reports have for it.
pub(super) fn remarks(input: &TokenCount, warnings: &[Warning]) -> Vec<(&'static str, String)> {
    let uncounted = input.uncounted().iter().map(|one| (NOT_COUNTED, remark(&one.path, &one.reason)));
    uncounted.chain(warnings.iter().map(|one| ("warning", remark(&one.path, &one.message)))).collect()
}

/// Groups remarks that are the same of several requests: each with the first request's name and how many more there are.
pub(super) fn grouped_remarks<'r>(
    remarks: impl Iterator<Item = (String, &'r [(&'static str, String)])>,
) -> Vec<(&'r (&'static str, String), String, usize)> {
    let mut groups: Vec<(&(&'static str, String), String, usize)> = Vec::new();
    let mut places: HashMap<&(&'static str, String), usize> = HashMap::new();
    for (name, of_request) in remarks {
        for remark in of_request {
            match places.get(remark) {
                Some(place) => groups[*place].2 += 1,
                None => {
                    places.insert(remark, groups.len());
                    groups.push((remark, name.clone(), 0));
                }
            }
        }
    }
    groups
}

/// The estimates of a run.
pub(super) struct Report<'a> {
    pub(super) day: Date,
    pub(super) layers: Vec<&'a Layer>,
    /// The configuration, and what of it has a part in the estimates.
    pub(super) from_config: Option<(String, Vec<String>)>,
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
