//! Formats of prompts that are not supported yet: counting their text as a prompt would be wrong.

/// The endings of names, and their formats.
const ENDINGS: &[(&str, &str)] = &[
    ("prompty", "Prompty"),
    ("prompt", "Dotprompt"),
    ("baml", "BAML"),
    #[cfg(not(feature = "formats"))]
    ("har", "HAR"),
    ("ipynb", "a notebook"),
];

/// Returns the unsupported format of a text, by the ending of its name. Markdown is unsupported if it begins with front
/// matter.
pub(super) fn format(name: &str, bytes: &[u8]) -> Option<&'static str> {
    let ending = name.rsplit(['/', '\\']).next()?.rsplit_once('.')?.1.to_ascii_lowercase();
    if ["md", "markdown", "mdx"].contains(&ending.as_str()) {
        return has_front_matter(bytes).then_some("Markdown with front matter");
    }
    ENDINGS.iter().find(|(known, _)| *known == ending).map(|(_, format)| *format)
}

/// Returns whether a text begins with a line `---` and has another one later.
fn has_front_matter(bytes: &[u8]) -> bool {
    let mut lines = super::without_mark(bytes).split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    lines.next() == Some(b"---") && lines.any(|line| line == b"---")
}

#[cfg(test)]
mod tests {
    use super::format;

    #[test]
    fn unsupported_formats_are_detected_by_their_names() {
        for (name, text, expected) in [
            ("a.yaml", "a: 1", None),
            ("a.PROMPTY", "", Some("Prompty")),
            ("a.md", "---\nmodel: x\n---\nHi", Some("Markdown with front matter")),
            ("a.md", "---\r\nmodel: x\r\n---\r\nHi", Some("Markdown with front matter")),
            ("a.md", "# Hi\n---\n", None),
            ("a.md", "---\nno end", None),
            ("a.txt", "---\na\n---\n", None),
            ("yaml", "a: 1", None),
        ] {
            assert_eq!(format(name, text.as_bytes()), expected, "{name}");
        }
    }
}
