//! Placeholders: the places in a prompt file that a template fills with values, such as `{{ name }}`.
//!
//! A placeholder is `{{ name }}`, `{{ name.field }}`, either with filters, `{{#…}}` … `{{/…}}`, `{{> …}}` or `{%
//! keyword … %}` with a keyword of Jinja, outside of code spans and fenced blocks, and not after `$`. `{name}` and
//! `${name}` are text.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::{Input, Item, Part, Request};

/// The keywords of Jinja, and whether each begins a block that an `end…` tag closes.
const KEYWORDS: &[(&str, bool)] = &[
    ("autoescape", true),
    ("block", true),
    ("call", true),
    ("do", false),
    ("elif", false),
    ("else", false),
    ("extends", false),
    ("filter", true),
    ("for", true),
    ("from", false),
    ("if", true),
    ("import", false),
    ("include", false),
    ("macro", true),
    ("raw", true),
    ("set", false),
    ("with", true),
];

/// A place that a template fills with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Placeholder {
    /// The name of the value, or of the block or partial, such as `#items`.
    pub name: String,
    /// The path of its text in the JSON text; empty for a text file.
    pub path: String,
    /// The assumed number of tokens of its value, if one was set.
    pub tokens: Option<u64>,
}

/// The placeholders of a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Placeholders {
    pub(crate) placeholders: Vec<Placeholder>,
    /// The texts around placeholders, without the placeholders: the text that a value can merge with, and the text of
    /// blocks, which can be left out. No token crosses the begin or the end of such a text, whatever the values
    /// are.
    pub(crate) borders: Vec<String>,
}

impl Request {
    /// Finds the placeholders of templates in the request's texts, such as `{{ name }}`. Their tokens are not counted:
    /// the count is that of the texts around them. Without this call, all text is literal.
    ///
    /// ```
    /// use gpt_cost::Request;
    ///
    /// let mut request = Request::from_text(b"Translate {{ text }} into {{ language }}.")?;
    /// request.find_placeholders();
    /// let names: Vec<&str> = request.placeholders().iter().map(|placeholder| placeholder.name.as_str()).collect();
    /// assert_eq!(names, ["text", "language"]);
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    pub fn find_placeholders(&mut self) {
        self.fill(&BTreeMap::new());
    }

    /// Fills the placeholders of the request's texts with values, by their names, each as it is: a value is not a
    /// template itself. Placeholders without a value remain, and so do those with a filter, as [`Request::find_placeholders`] finds them. Returns the
    /// names of the values that were used.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// use gpt_cost::Request;
    ///
    /// let mut request = Request::from_text(b"Translate {{ text }} into {{ language }}.")?;
    /// let values = BTreeMap::from([("text".to_owned(), "{{ Hi }}".to_owned())]);
    /// assert_eq!(request.fill(&values), ["text"]);
    /// assert_eq!(request.placeholders()[0].name, "language");
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    pub fn fill(&mut self, values: &BTreeMap<String, String>) -> Vec<String> {
        let mut found = Filling { values, used: BTreeSet::new(), left: Placeholders::default() };
        match &mut self.input {
            Input::Text(text) => found.take_from(text, ""),
            Input::Prompts(prompts) => {
                for prompt in prompts {
                    if let Some(text) = &mut prompt.text {
                        found.take_from(text, &prompt.path);
                    }
                }
            }
            Input::Conversation(items) => {
                for item in items {
                    let (content, path) = match item {
                        Item::Message(message) => (&mut message.content, &message.path),
                        Item::Result(result) => (&mut result.content, &result.path),
                        _ => continue,
                    };
                    for part in content {
                        if let Part::Text(text) = part {
                            found.take_from(text, path);
                        }
                    }
                }
            }
        }
        self.is_filled |= !found.used.is_empty();
        self.placeholders = found.left;
        found.used.into_iter().map(str::to_owned).collect()
    }

    /// Returns the placeholders that [`Request::find_placeholders`] found, in the order of the text.
    pub fn placeholders(&self) -> &[Placeholder] {
        &self.placeholders.placeholders
    }

    /// Sets the assumed number of tokens of the values of placeholders with this name. Returns whether there is such a
    /// placeholder.
    pub fn set_placeholder_tokens(&mut self, name: &str, tokens: u64) -> bool {
        let mut is_there = false;
        for placeholder in self.placeholders.placeholders.iter_mut().filter(|placeholder| placeholder.name == name) {
            (placeholder.tokens, is_there) = (Some(tokens), true);
        }
        is_there
    }
}

/// The filling of a request's placeholders.
struct Filling<'v> {
    values: &'v BTreeMap<String, String>,
    /// The names of the values that were used.
    used: BTreeSet<&'v str>,
    left: Placeholders,
}

impl Filling<'_> {
    /// Fills the placeholders of a text that have a value, and takes the others out.
    fn take_from(&mut self, text: &mut String, path: &str) {
        let tags = tags(text);
        if tags.is_empty() {
            return;
        }
        let (mut filled, mut left, mut end) = (String::with_capacity(text.len()), Vec::new(), 0);
        for tag in tags {
            filled.push_str(&text[end..tag.range.start]);
            end = tag.range.end;
            match self.values.get_key_value(&tag.name).filter(|_| !tag.is_begin && !tag.is_end && !tag.has_filter) {
                Some((name, value)) => {
                    self.used.insert(name);
                    filled.push_str(value);
                }
                None => {
                    let begin = filled.len();
                    filled.push_str(&text[tag.range.clone()]);
                    left.push(Tag { range: begin..filled.len(), ..tag });
                }
            }
        }
        filled.push_str(&text[end..]);
        *text = filled;
        self.left.take_from(text, &left, path);
    }
}

impl Placeholders {
    /// Removes the placeholders from a text and notes them.
    fn take_from(&mut self, text: &mut String, tags: &[Tag], path: &str) {
        if tags.is_empty() {
            return;
        }
        let placeholders = tags.iter().filter(|tag| !tag.is_end);
        self.placeholders.extend(placeholders.map(|tag| Placeholder {
            name: tag.name.clone(),
            path: path.to_owned(),
            tokens: None,
        }));
        self.note_borders(text, tags);
        let mut empty = String::with_capacity(text.len());
        let mut end = 0;
        for tag in tags {
            empty.push_str(&text[end..tag.range.start]);
            end = tag.range.end;
        }
        empty.push_str(&text[end..]);
        *text = empty;
    }

    /// Notes the borders of a text: each from the last place before a placeholder that no token crosses, to the first
    /// such place after it. All text in a block is part of a border.
    fn note_borders(&mut self, text: &str, tags: &[Tag]) {
        let mut border = String::new();
        let (mut depth, mut end) = (0usize, 0);
        let last = tags.len();
        for index in 0..=last {
            let begin = tags.get(index).map_or(text.len(), |tag| tag.range.start);
            let literal = &text[end..begin];
            let stable = if depth == 0 { stable_range(literal, index == 0, index == last) } else { None };
            match stable {
                Some((first, second)) => {
                    border.push_str(&literal[..first]);
                    if index > 0 {
                        self.borders.push(std::mem::take(&mut border));
                    }
                    border = literal[second..].to_owned();
                }
                None => border.push_str(literal),
            }
            if let Some(tag) = tags.get(index) {
                end = tag.range.end;
                depth = (depth + usize::from(tag.is_begin)).saturating_sub(usize::from(tag.is_end));
            }
        }
        if !border.is_empty() {
            self.borders.push(border);
        }
    }
}

/// Returns the begin and the end of the part of a literal text that no adjacent value can change: the ends of the text
/// if there is no placeholder, else the first and the last space between a character that is not a space and a letter.
/// All split patterns end a piece there.
fn stable_range(literal: &str, is_first: bool, is_last: bool) -> Option<(usize, usize)> {
    let bytes = literal.as_bytes();
    let is_stable =
        |at: &usize| bytes[*at] == b' ' && bytes[at + 1].is_ascii_alphabetic() && !is_space_before(literal, *at);
    let mut places = (1..bytes.len().saturating_sub(1)).filter(is_stable);
    let first = if is_first { Some(0) } else { places.clone().next() };
    let last = if is_last { Some(literal.len()) } else { places.next_back() };
    first.zip(last).filter(|(first, last)| first <= last)
}

fn is_space_before(text: &str, at: usize) -> bool {
    text[..at].chars().next_back().is_none_or(char::is_whitespace)
}

/// A tag of a template.
struct Tag {
    range: Range<usize>,
    name: String,
    /// Whether filters change its value.
    has_filter: bool,
    /// Whether it begins or ends a block.
    is_begin: bool,
    is_end: bool,
}

/// Finds the tags of a text.
fn tags(text: &str) -> Vec<Tag> {
    let code = code(text);
    let is_code = |at: usize| code.iter().any(|range| range.contains(&at));
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(begin) = text[at..].find('{').map(|found| at + found) {
        at = begin + 1;
        if text[..begin].ends_with('$') || is_code(begin) {
            // In `${{`, neither brace begins a placeholder.
            at += usize::from(text[at..].starts_with('{'));
            continue;
        }
        if let Some(tag) = tag(text, begin) {
            at = tag.range.end;
            tags.push(tag);
        }
    }
    tags
}

/// Reads the tag that begins at a byte, if there is one.
fn tag(text: &str, begin: usize) -> Option<Tag> {
    let rest = &text[begin..];
    let (inner, length) = if let Some(inside) = rest.strip_prefix("{%") {
        let end = inside.find("%}")?;
        (inside[..end].trim_matches(['-', '+']).trim(), end + 4)
    } else if let Some(inside) = rest.strip_prefix("{{{") {
        let end = inside.find("}}}")?;
        (inside[..end].trim(), end + 6)
    } else {
        let inside = rest.strip_prefix("{{")?;
        let end = inside.find("}}")?;
        (inside[..end].trim_matches(['-', '~']).trim(), end + 4)
    };
    let range = begin..begin + length;
    if inner.contains('\n') && inner.len() > 200 {
        return None;
    }
    if rest.starts_with("{%") {
        let keyword: String = inner.chars().take_while(char::is_ascii_alphabetic).collect();
        let open = keyword.strip_prefix("end").unwrap_or(&keyword);
        let (_, is_block) = KEYWORDS.iter().find(|(known, _)| *known == open)?;
        let is_end = open.len() < keyword.len();
        return Some(Tag {
            range,
            name: format!("% {keyword}"),
            has_filter: false,
            is_begin: *is_block && !is_end,
            is_end,
        });
    }
    let (mark, name) = match inner.chars().next()? {
        mark @ ('#' | '^' | '/' | '>') => (Some(mark), inner[1..].trim()),
        _ => (None, inner),
    };
    match mark {
        Some('/') => Some(Tag { range, name: String::new(), has_filter: false, is_begin: false, is_end: true }),
        Some(mark) => {
            let name = name.split_whitespace().next().filter(|name| is_name(name))?;
            Some(Tag { range, name: format!("{mark}{name}"), has_filter: false, is_begin: mark != '>', is_end: false })
        }
        None => {
            let (name, has_filter) = name.split_once('|').map_or((name, false), |(name, _)| (name.trim(), true));
            is_name(name).then(|| Tag { range, name: name.to_owned(), has_filter, is_begin: false, is_end: false })
        }
    }
}

/// Returns whether a text is a name, or several names joined by dots.
fn is_name(text: &str) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|char: char| char.is_alphabetic() || char == '_' || char == '@')
            && word.chars().skip(1).all(|char| char.is_alphanumeric() || "_-/[]".contains(char))
    };
    text.len() <= 80
        && text.split('.').enumerate().all(|(index, word)| {
            is_word(word) || (index > 0 && !word.is_empty() && word.chars().all(|char| char.is_ascii_digit()))
        })
}

/// Returns the code of a Markdown text: fenced blocks, and spans on one line.
fn code(text: &str) -> Vec<Range<usize>> {
    let mut code = Vec::new();
    let mut fence: Option<(usize, char)> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        let mark = ['`', '~'].into_iter().find(|mark| trimmed.chars().take_while(|char| char == mark).count() >= 3);
        match (fence, mark) {
            (None, Some(mark)) => fence = Some((start, mark)),
            (Some((begin, open)), Some(mark)) if open == mark => {
                code.push(begin..start + line.len());
                fence = None;
            }
            (Some(_), _) => {}
            (None, None) => spans(line, start, &mut code),
        }
        start += line.len();
    }
    if let Some((begin, _)) = fence {
        code.push(begin..text.len());
    }
    code
}

/// Adds the code spans of a line: from a run of backticks to the next run of the same length.
fn spans(line: &str, start: usize, code: &mut Vec<Range<usize>>) {
    let ticks = |at: usize| line[at..].bytes().take_while(|byte| *byte == b'`').count();
    let mut at = 0;
    while let Some(begin) = line[at..].find('`').map(|found| at + found) {
        let length = ticks(begin);
        let mut close = begin + length;
        while let Some(next) = line[close..].find('`').map(|found| close + found) {
            if ticks(next) == length {
                code.push(start + begin..start + next + length);
                break;
            }
            close = next + ticks(next);
        }
        at = code.last().filter(|last| last.start == start + begin).map_or(begin + length, |last| last.end - start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        tags(text).into_iter().filter(|tag| !tag.is_end).map(|tag| tag.name).collect()
    }

    #[test]
    fn tags_of_templates_are_placeholders() {
        assert_eq!(
            names("Hi {{ name }}, {{user.name}}, {{{raw}}}, {{ x | upper }}"),
            ["name", "user.name", "raw", "x"]
        );
        assert_eq!(names("{{#items}}{{.}}{{/items}} {{> footer}} {{^none}}x{{/none}}"), ["#items", ">footer", "^none"]);
        assert_eq!(
            names("{% if a %}b{% else %}c{% endif %}{%- for x in y -%}{{ x }}{% endfor %}"),
            ["% if", "% else", "% for", "x"]
        );
        assert_eq!(names("{{ größe }} {{ items.0.name }}"), ["größe", "items.0.name"]);
    }

    #[test]
    fn code_and_other_braces_are_text() {
        for text in [
            "{name}",
            "${name}",
            "${{ github.ref }}",
            "a `{{ name }}` b",
            "a ``{{ name }} ` `` b",
            "```\n{{ name }}\n```\n",
            "~~~jinja\n{% if a %}\n",
            "{{ a + b }}",
            "{{}}",
            "{{ \"text\" }}",
            "{% sometimes %}",
            "{{ name",
            "\\frac{{a} {b}}",
            "{ {name} }",
        ] {
            assert_eq!(names(text), [""; 0], "{text}");
        }
        assert_eq!(names("`a` {{ b }} `c"), ["b"]);
        assert_eq!(names("```\ncode\n```\n{{ after }}"), ["after"]);
    }

    #[test]
    fn borders_are_the_texts_that_a_value_can_merge_with() {
        let borders = |text: &str| {
            let (mut placeholders, mut text) = (Placeholders::default(), text.to_owned());
            let found = tags(&text);
            placeholders.take_from(&mut text, &found, "");
            (text, placeholders.borders)
        };
        let (text, found) = borders("You are a {{ kind }} assistant of ours.");
        assert_eq!((text.as_str(), found), ("You are a  assistant of ours.", vec![" a  assistant".to_owned()]));
        let (_, found) = borders("One two {{a}}{{b}} three four and {{c}} five six");
        assert_eq!(found, [" two  three", " and  five"]);
        let (_, found) = borders("Start here {% if a %}maybe this{% endif %} and then on");
        assert_eq!(found, [" here maybe this and"]);
        let (_, found) = borders("{{a}}x{{b}}");
        assert_eq!(found, ["x"]);
    }
}
