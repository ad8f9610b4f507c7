//! Format strings of Python.

use super::{Rendered, Source, placeholder};
use crate::cli::exit::Failure;
use crate::cli::values::Values;

impl Source<'_> {
    /// Fills a format string of Python: `{name}` is a value, `{{` and `}}` are braces. A conversion or a format after the
    /// name is ignored.
    pub(super) fn format_string(&self, values: &Values) -> Result<Rendered, Failure> {
        let (texts, text) = (values.texts(), self.text);
        let (mut rendered, mut at) = (Rendered::default(), 0);
        while let Some(brace) = text[at..].find(['{', '}']).map(|found| at + found) {
            rendered.text.push_str(&text[at..brace]);
            let (rest, brace_text) = (&text[brace + 1..], &text[brace..=brace]);
            if rest.starts_with(brace_text) {
                rendered.text.push_str(brace_text);
                at = brace + 2;
                continue;
            }
            let end = rest.find('}').filter(|_| brace_text == "{");
            let Some(end) = end else { return Err(self.failure(brace, "a brace is not closed or not doubled")) };
            let name = rest[..end].split([':', '!']).next().unwrap_or_default().trim();
            if name.is_empty() || name.starts_with(|char: char| char.is_ascii_digit()) {
                return Err(self.failure(brace, "a placeholder without a name has no value"));
            }
            match texts.get(name) {
                Some(value) => rendered.text.push_str(value),
                None => {
                    rendered.text.push_str(&placeholder(name));
                    rendered.has_placeholders = true;
                }
            }
            at = brace + 2 + end;
        }
        rendered.text.push_str(&text[at..]);
        Ok(rendered)
    }
}
