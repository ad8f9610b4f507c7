//! Formats of prompts that are not supported yet: counting their text as a prompt would be wrong.

/// The endings of names, and their formats.
const ENDINGS: &[(&str, &str)] =
    &[("prompty", "Prompty"), ("prompt", "Dotprompt"), ("baml", "BAML"), ("ipynb", "a notebook")];

/// Returns the unsupported format of a text, by the ending of its name. Markdown with front matter is unsupported without
/// the feature `formats`, which reads it.
pub(super) fn format(name: &str, bytes: &[u8]) -> Option<&'static str> {
    let ending = name.rsplit(['/', '\\']).next()?.rsplit_once('.')?.1.to_ascii_lowercase();
    let has_front_matter = || {
        let text = std::str::from_utf8(super::without_mark(bytes)).unwrap_or_default();
        super::front_matter::split(name, text).is_some()
    };
    if !cfg!(feature = "formats") && has_front_matter() {
        return Some("Markdown with front matter");
    }
    ENDINGS.iter().find(|(known, _)| *known == ending).map(|(_, format)| *format)
}

#[cfg(test)]
mod tests {
    use super::format;

    #[test]
    fn unsupported_formats_are_detected_by_their_names() {
        for (name, text, expected) in [
            ("a.yaml", "a: 1", None),
            ("a.PROMPTY", "", Some("Prompty")),
            ("a.md", "# Hi\n---\n", None),
            ("a.txt", "---\na\n---\n", None),
            ("yaml", "a: 1", None),
        ] {
            assert_eq!(format(name, text.as_bytes()), expected, "{name}");
        }
    }
}
