//! The lines of values: of the parts of a JSON text, and of a JSON text whose values are on given lines, so that the lines of
//! another notation are those of its JSON text.

/// The lines on which parts of a text begin.
pub(super) struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Lines<'t> {
        Lines { text, at: 0, line: 1 }
    }

    /// Returns the line, from 1, on which a part of the text begins. No part begins before the one that was asked for last.
    pub(super) fn line_of(&mut self, part: &'t str) -> usize {
        let begin = part.as_ptr() as usize - self.text.as_ptr() as usize;
        self.line += self.text.as_bytes()[self.at..begin].iter().filter(|byte| **byte == b'\n').count();
        self.at = begin;
        self.line
    }
}

/// A JSON text that is written value by value.
#[derive(Debug)]
pub(super) struct Writer {
    text: String,
    line: usize,
}

impl Writer {
    /// Returns an empty text that begins on a line of the source, from 1.
    pub(super) fn new(first_line: usize) -> Writer {
        Writer { text: String::new(), line: first_line }
    }

    /// Breaks lines until the current one is `line`. A line that is already written stays behind: what belongs there is
    /// written on the current line.
    pub(super) fn go_to(&mut self, line: usize) {
        while self.line < line {
            self.text.push('\n');
            self.line += 1;
        }
    }

    /// Writes JSON without line breaks.
    pub(super) fn push(&mut self, json: &str) {
        self.text.push_str(json);
    }

    /// Returns the text.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// Returns a text as a JSON string, on one line.
pub(super) fn string(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|char| char < ' ' || char == '"' || char == '\\') {
        json.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => json.push_str("\\\""),
            b'\\' => json.push_str("\\\\"),
            b'\n' => json.push_str("\\n"),
            b'\r' => json.push_str("\\r"),
            b'\t' => json.push_str("\\t"),
            control => json.push_str(&format!("\\u{control:04x}")),
        }
        rest = &rest[at + 1..];
    }
    json.push_str(rest);
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use super::{Writer, string};

    #[test]
    fn strings_are_on_one_line() {
        for text in ["", "a", "a\nb\r\n\t\"\\", "\u{0}\u{1f}\u{7f}\u{85}\u{2028}é😀"] {
            let json = string(text);
            assert!(!json.contains('\n'), "{json}");
            assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), text);
        }
    }

    #[test]
    fn values_are_on_their_lines_unless_these_are_written() {
        let mut writer = Writer::new(2);
        for (line, json) in [(2, "["), (4, "1,"), (3, "2"), (5, "]")] {
            writer.go_to(line);
            writer.push(json);
        }
        assert_eq!(writer.finish(), "[\n\n1,2\n]");
    }
}
