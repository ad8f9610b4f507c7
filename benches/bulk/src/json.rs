//! JSON text as Python's `json.dumps` writes it, which writes most files for the Batch API.

use std::fmt::Write;

/// What becomes of characters that are not ASCII.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Escapes {
    /// `\u` escapes, as `json.dumps(value)` writes them.
    Ascii,
    /// The characters themselves, as `json.dumps(value, ensure_ascii=False)` writes them.
    Unicode,
}

/// Appends `text` in quotes to `out`.
pub fn push_string(out: &mut String, text: &str, escapes: Escapes) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(character),
            _ if escapes == Escapes::Ascii || character < ' ' => push_escaped(out, character),
            _ => out.push(character),
        }
    }
    out.push('"');
}

/// Appends the `\u` escapes of a character: two, if it has two UTF-16 code units.
fn push_escaped(out: &mut String, character: char) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        write!(out, "\\u{unit:04x}").expect("a String accepts all text");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected text is what Python 3.11 writes.
    #[test]
    fn strings_are_those_of_python() {
        let text = "a\"b\\c\n\r\t\u{8}\u{c}\u{1}\u{7f}é界🙂/";
        let mut out = String::new();
        push_string(&mut out, text, Escapes::Ascii);
        assert_eq!(out, r#""a\"b\\c\n\r\t\b\f\u0001\u007f\u00e9\u754c\ud83d\ude42/""#);
        out.clear();
        push_string(&mut out, text, Escapes::Unicode);
        assert_eq!(out, "\"a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0001\u{7f}é界🙂/\"");
    }
}
