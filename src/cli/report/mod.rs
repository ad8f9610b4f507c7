//! The reports of the commands, in formats for people and programs.

pub(super) mod actual;
pub(super) mod check;
pub(super) mod count;
pub(super) mod diff;
pub(super) mod documents;
pub(super) mod estimate;
pub(super) mod grid;
pub(super) mod listing;
pub(super) mod remarks;
pub(super) mod totals;
pub(super) mod units;

use std::io::{self, Write};

use gpt_cost::accounting::Evidence;
use gpt_cost::money::grouped;
use gpt_cost::request::Format;
use gpt_cost::{Label, TokenCount};

/// Returns the precision of a count as a short text: `exact`, `± 4`, `85 … 1,445`, `at least`.
pub(super) fn label(count: &TokenCount) -> String {
    match (count.label(), count.max()) {
        (Label::Estimate, Some(max)) => {
            let (fewer, more) = (count.tokens() - count.min(), max - count.tokens());
            // A small count cannot be off by its whole bound downwards: it is at least 1.
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

/// Returns a number and its noun, such as `1 model` or `2 models`.
pub(super) fn plural(number: usize, thing: &str) -> String {
    format!("{} {thing}{}", grouped(number as u64), if number == 1 { "" } else { "s" })
}

/// Returns how many recordings have a feature, and how many agree with its rule.
pub(super) fn evidence(evidence: Option<Evidence>) -> String {
    let Some(Evidence { cases, agreeing, projects, .. }) = evidence else { return "not recorded".to_owned() };
    let (agreeing, cases) = (grouped(agreeing.into()), grouped(cases.into()));
    format!("{agreeing} of {cases} recorded cases, {}", plural(projects as usize, "project"))
}

/// How many requests have each format.
#[derive(Debug, Default)]
pub(super) struct Formats(Vec<(Format, usize)>);

impl Formats {
    /// Adds this many requests of a format.
    pub(super) fn add(&mut self, format: Format, requests: usize) {
        match self.0.iter_mut().find(|(known, _)| *known == format) {
            Some((_, count)) => *count += requests,
            None => self.0.push((format, requests)),
        }
    }

    /// Adds those of other requests.
    pub(super) fn append(&mut self, others: Formats) {
        others.0.into_iter().for_each(|(format, requests)| self.add(format, requests));
    }

    /// Returns the numbers in words, such as `2 × Batch line, 1 × text`.
    pub(super) fn in_words(&self) -> String {
        let mut counts = self.0.clone();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let texts = counts.iter().map(|(format, count)| format!("{} × {format}", grouped(*count as u64)));
        texts.collect::<Vec<_>>().join(", ")
    }
}

/// Returns how many requests have each format, such as `2 × Batch line, 1 × text`.
pub(super) fn formats(formats: impl Iterator<Item = Format>) -> String {
    let mut found = Formats::default();
    formats.for_each(|format| found.add(format, 1));
    found.in_words()
}

/// Returns what a request was read as, such as `text with values`.
pub(super) fn read_as(format: Format, is_filled: bool) -> String {
    if is_filled { format!("{format} with values") } else { format.to_string() }
}

/// Escapes a text for a cell of a Markdown table, so that it is shown literally.
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

/// Returns the first lines that fit into the given number of bytes, and the number of the others.
pub(super) fn lines_within(bytes: usize, lines: impl Iterator<Item = String>) -> (Vec<String>, usize) {
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

/// Returns a hint to set the expected output, if a cost is based on the maximum output.
pub(super) fn output_hint<'e>(mut requests: impl Iterator<Item = &'e gpt_cost::budget::Entry>) -> Option<&'static str> {
    requests.any(|entry| !entry.expects_output && entry.usage.output > 0).then_some(
        "costs include the maximum output that each request allows; set the expected output with output_tokens in \
         gpt-cost.toml or --output-tokens N",
    )
}

/// The hint for images of unknown size.
pub(super) const IMAGE_SIZE: &str = "--image-size WxH sets the size of images whose size is unknown";

/// The hint for files without tokens.
pub(super) const FILE_TOKENS: &str = "--file-tokens N sets the tokens of the text of each file";

/// Maximum size in bytes of the rows of a Markdown report: GitHub accepts 65,536 characters in a comment.
pub(super) const MAX_COMMENT_BYTES: usize = 50_000;

/// Returns a number of tokens, with its label if it is not exact: `1,234`, `152 (141 … 1,523)`.
pub(super) fn tokens_in_words(count: &TokenCount) -> String {
    match count.label() {
        Label::Exact => grouped(count.tokens()),
        _ => format!("{} ({})", grouped(count.tokens()), label(count)),
    }
}

/// Returns a text as a cell of a CSV file that spreadsheets do not read as a formula.
pub(super) fn formula_free(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

/// Writes a row of CSV.
fn write_row(row: &[impl AsRef<[u8]>], out: &mut impl Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(row)?;
    csv.flush()
}
