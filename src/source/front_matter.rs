//! The front matter of Markdown: YAML between two lines `---` at the top of a file, which is not part of the prompt.

use super::Template;
#[cfg(feature = "formats")]
use crate::request::Warning;
use crate::request::{OutputLimit, Request};

/// The fields that limit the output; the first of them that is set counts.
#[cfg(feature = "formats")]
const OUTPUT_LIMITS: [&str; 3] = ["max_completion_tokens", "max_output_tokens", "max_tokens"];

/// A Markdown text, and its front matter.
#[derive(Debug, PartialEq)]
pub(super) struct Split<'t> {
    pub(super) front_matter: &'t str,
    /// All after the line that ends the front matter.
    pub(super) text: &'t str,
    /// The line of the file on which the text begins, from 1.
    pub(super) first_line: usize,
}

/// What is read of a front matter: the model and the output limit.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct FrontMatter {
    model: Option<String>,
    output_limit: Option<OutputLimit>,
    is_invalid: bool,
}

/// Splits a Markdown file that begins with front matter: a line `---`, a first line such as `model: x`, and another line
/// `---`. A text that begins with a horizontal rule has none.
pub(super) fn split<'t>(name: &str, text: &'t str) -> Option<Split<'t>> {
    if !is_markdown(name) {
        return None;
    }
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().filter(|line| is_mark(line))?;
    let mut end = first.len();
    for (line, number) in lines.zip(2..) {
        let begin = end;
        end += line.len();
        if is_mark(line) {
            let front_matter = &text[first.len()..begin];
            let is_yaml = front_matter.lines().find(|line| !line.trim().is_empty()).is_some_and(begins_with_key);
            return is_yaml.then(|| Split { front_matter, text: &text[end..], first_line: number + 1 });
        }
    }
    None
}

/// Returns whether a name is one of Markdown, or of a Jinja template of Markdown.
fn is_markdown(name: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let name = if Template::of_file(name) == Template::Braces { name } else { stem };
    super::has_ending(name, &["md", "markdown", "mdx"])
}

fn is_mark(line: &str) -> bool {
    line.trim_end() == "---"
}

/// Returns whether a line begins with a word and a colon.
fn begins_with_key(line: &str) -> bool {
    let is_word = |char: char| char.is_alphanumeric() || "_-".contains(char);
    line.split_once(':').is_some_and(|(key, _)| !key.is_empty() && key.chars().all(is_word))
}

impl FrontMatter {
    /// Reads the front matter: `model`, if it is a string, and the output limits, if they are numbers.
    #[cfg(feature = "formats")]
    pub(super) fn read(text: &str) -> FrontMatter {
        use serde_json::Value;

        let Ok(texts) = super::yaml::to_json(text) else { return FrontMatter { is_invalid: true, ..Self::default() } };
        let value = texts.first().and_then(|text| serde_json::from_str::<Value>(&text.json).ok()).unwrap_or_default();
        let limit = |field: &'static str| {
            let tokens = value[field].as_u64().filter(|tokens| (1..=u64::from(u32::MAX)).contains(tokens))?;
            Some(OutputLimit { tokens, field })
        };
        FrontMatter {
            model: value["model"].as_str().map(str::to_owned),
            output_limit: OUTPUT_LIMITS.into_iter().find_map(limit),
            is_invalid: false,
        }
    }

    /// Returns the request with the model and the output limit, and with a warning if the front matter is not valid.
    pub(super) fn apply(&self, mut request: Request) -> Request {
        request.model.clone_from(&self.model);
        request.output_limit.clone_from(&self.output_limit);
        #[cfg(feature = "formats")]
        if self.is_invalid {
            request.warnings.push(Warning::new("", "the front matter is not valid YAML; nothing of it is read"));
        }
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts<'t>(name: &str, text: &'t str) -> Option<(&'t str, &'t str, usize)> {
        split(name, text).map(|split| (split.front_matter, split.text, split.first_line))
    }

    #[test]
    fn front_matter_is_between_two_lines_at_the_top() {
        for name in ["a.md", "a.MD", "p/a.markdown", "a.mdx", "a.md.j2", "a.md.jinja"] {
            let found = parts(name, "---\nmodel: x\n---\n\nHi\n---\n");
            assert_eq!(found, Some(("model: x\n", "\nHi\n---\n", 4)), "{name}");
        }
        assert_eq!(parts("a.md", "--- \r\n\r\na-b_1:\r\n---\r\nHi"), Some(("\r\na-b_1:\r\n", "Hi", 5)));
        assert_eq!(parts("a.md", "---\na: 1\n---"), Some(("a: 1\n", "", 4)));
        for text in [
            "---\nno end",
            "# a\n---\nb: 1\n---\n",
            "---\nA sentence: yes.\n---\n",
            "---\n---\n",
            "",
            "---\n- a: 1\n---\n",
        ] {
            assert_eq!(parts("a.md", text), None, "{text}");
        }
        for name in ["a.txt", "a.j2", "md", "a.md/b"] {
            assert_eq!(parts(name, "---\nmodel: x\n---\nHi"), None, "{name}");
        }
    }

    #[cfg(feature = "formats")]
    #[test]
    fn only_the_model_and_the_output_limits_are_read() {
        let read = |text: &str| {
            let front = FrontMatter::read(text);
            (front.model, front.output_limit.map(|limit| (limit.field, limit.tokens)), front.is_invalid)
        };
        assert_eq!(
            read("model: gpt-4o\nmax_tokens: 5\ntitle: x"),
            (Some("gpt-4o".into()), Some(("max_tokens", 5)), false)
        );
        assert_eq!(read("max_tokens: 5\nmax_completion_tokens: 6"), (None, Some(("max_completion_tokens", 6)), false));
        assert_eq!(read("max_output_tokens: 7\nmodel: {a: 1}"), (None, Some(("max_output_tokens", 7)), false));
        assert_eq!(read("max_tokens: many\nmodel: 4"), (None, None, false));
        assert_eq!(read("max_tokens: 0"), (None, None, false));
        assert_eq!(read("a: b: c"), (None, None, true));
    }
}
