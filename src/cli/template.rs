//! Renders the templates of prompt files with values.

mod fstring;
mod jinja;
mod mustache;

use std::ops::Range;

use gpt_cost::Request;
use gpt_cost::source::{Document, Place, Template};
use serde_json::Value;

use super::exit::Failure;
use super::files;
use super::input::{self, Reading};
use super::project::Tree;

/// The most steps of a template, and the most bytes that it may render: a template that needs more is one by mistake.
const MAX_STEPS: u64 = 5_000_000;
const MAX_BYTES: usize = 100_000_000;
const TOO_LONG: &str = "it renders more than 100 MB";

/// A template in a language of its own.
struct Source<'s> {
    text: &'s str,
    place: &'s Place,
    /// The line of the file on which the text begins, from 1.
    first_line: usize,
    /// Where templates that it includes are read from.
    tree: &'s Tree,
}

/// The text that a template was rendered to.
#[derive(Debug, Default)]
struct Rendered {
    text: String,
    /// Whether it has placeholders of values that are not given, each as `{{ name }}`.
    has_placeholders: bool,
}

/// Reads the request of a text that is a template in a language of its own, with the values filled in. Without any values,
/// a template that needs some has placeholders.
pub(super) fn render(document: &Document<'_>, language: Template, reading: &Reading<'_>) -> Result<Request, Failure> {
    let is_empty = reading.values.values.is_empty();
    if document.is_json() || !document.is_whole() {
        return match is_empty {
            true => input::request(document, reading.format, false),
            false => {
                let message = format!("a template of {language} must be a text; JSON can only have {{{{ name }}}}");
                Err(Failure::at(document.place(), message))
            }
        };
    }
    let text = files::text(&document.place().file, document.bytes().to_vec())?;
    let source = Source { text: &text, place: document.place(), first_line: document.first_line(), tree: reading.tree };
    let mut values = reading.values.with_fields();
    // A value that has a size instead is its own placeholder, which rendering leaves in the text.
    let without_sizes = values.values.clone();
    for name in reading.sizes.keys() {
        values.insert_default(name, &placeholder(name));
    }
    let has_sizes = values.values != without_sizes;
    let mut rendered = match language {
        Template::Jinja => source.jinja(&values, is_empty)?,
        Template::Mustache => source.mustache(&values, is_empty)?,
        _ => source.format_string(&values)?,
    };
    rendered.has_placeholders |= has_sizes;
    if rendered.has_placeholders && reading.values.values.values().any(has_tag) {
        let message = "a value has template syntax, which cannot be distinguished from placeholders without a value";
        return Err(Failure::at(document.place(), message).hint("give all values"));
    }
    let mut request = document.rendered(rendered.text).map_err(|error| Failure::from_error(&error))?;
    if rendered.has_placeholders {
        request.find_placeholders();
    }
    if !is_empty {
        request.set_filled();
    }
    Ok(request)
}

fn placeholder(name: &str) -> String {
    format!("{{{{ {name} }}}}")
}

/// Returns whether a text in a value looks like a tag of a template.
fn has_tag(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("{{") || text.contains("{%"),
        Value::Array(values) => values.iter().any(has_tag),
        Value::Object(fields) => fields.values().any(has_tag),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

impl Source<'_> {
    /// Returns the failure at a byte of the text.
    fn failure(&self, at: usize, message: impl Into<String>) -> Failure {
        let line = self.first_line + self.text[..at].matches('\n').count();
        Failure::at(Place::line(&self.place.file, line), message)
    }

    /// Returns the text of a template that this one includes.
    fn included(&self, name: &str) -> Option<String> {
        self.tree.included(&self.place.file, name)
    }

    /// Returns the text without comments, which are from one mark to another.
    fn without_comments(&self, begin: &str, end: &str) -> String {
        let (mut rest, mut text) = (self.text, String::with_capacity(self.text.len()));
        while let Some(comment) = comment(rest, begin, end) {
            text.push_str(&rest[..comment.start]);
            rest = &rest[comment.end..];
        }
        text + rest
    }
}

fn comment(text: &str, begin: &str, end: &str) -> Option<Range<usize>> {
    let start = text.find(begin)?;
    let length = text[start..].find(end)? + end.len();
    Some(start..start + length)
}
