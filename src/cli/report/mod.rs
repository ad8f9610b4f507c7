//! What a command found, in the formats that people and programs read.

pub(super) mod check;
pub(super) mod diff;
pub(super) mod documents;
pub(super) mod estimate;
pub(super) mod grid;
pub(super) mod remarks;

use gpt_cost::money::grouped;
use gpt_cost::request::Format;
use gpt_cost::{Label, TokenCount};

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
        (label, _) => label.as_str().replace('_', " "),
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

/// Returns what to do where the cost of a request is that of the most output that it allows.
pub(super) fn output_hint<'e>(mut requests: impl Iterator<Item = &'e gpt_cost::budget::Entry>) -> Option<&'static str> {
    requests.any(|entry| !entry.expects_output && entry.usage.output > 0).then_some(
        "costs include the most output that each request allows; output_tokens in gpt-cost.toml or --output-tokens N \
         gives the expected output",
    )
}

/// What to do about images of unknown size.
pub(super) const IMAGE_SIZE: &str = "--image-size WxH gives the size of images that the request does not say";

/// Returns a text as a cell of a CSV file that no spreadsheet takes for a formula.
pub(super) fn formula_free(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}
