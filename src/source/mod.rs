//! The reader of files: bytes and a name become requests, each with its place. Every command uses it. It does no I/O,
//! so that a file, standard input and a file of a git revision are read by the same rules.
//!
//! - A file whose name ends with `.json`, `.jsonl`, `.ndjson` or `.har`, in any case, is JSON, or an error.
//! - Any other text is JSON if it begins with `{` and then `"` or `}`, or with `[` and then `{` or `]`, white space
//!   ignored. If it does not parse, that is an error: it is never read as text instead.
//! - A file whose name ends with `.yaml` or `.yml` is YAML, and one with `.toml` is TOML. They are read as JSON with the
//!   same values on the same lines. Each document of YAML is a request. YAML needs the crate's feature `formats`.
//! - Markdown can have front matter, which is not part of its text: only `model` and the output limits of it are read,
//!   with the feature `formats`.
//! - The endings `.gz` and `.zst` are left out of names; the bytes are what is in the file.
//! - Everything else is text, and so is a Jinja template, whose name ends with `.j2`, `.jinja` or `.jinja2`. Known formats
//!   that are not supported yet, such as BAML, are an error.
//! - Recorded traffic, as JSON or YAML, has a request for each interaction with an endpoint that is counted: VCR
//!   cassettes and HAR files (`.har`, which is JSON). Bodies as base64 or gzip need the feature `formats`, too.
//! - JSON has a request on each line if its first line is a complete value and more lines follow, or if all lines of its
//!   first 1 MB begin with `{`, or all with `[`. An array of bodies, of Batch lines or of recordings has a request in each element.
//!
//! ```
//! use gpt_cost::source::{InputFormat, documents};
//!
//! let lines = br#"{"messages": [{"role": "user", "content": "Hi"}]}
//! {"messages": [{"role": "user", "content": "Hello"}], "model": 4}"#;
//! let documents = documents("log.jsonl", lines, InputFormat::Auto);
//! assert_eq!(documents[0].place().to_string(), "log.jsonl:1");
//! assert!(documents[0].request().is_ok());
//! assert_eq!(documents[1].request().unwrap_err().to_string(), "log.jsonl:2: model: expected a string, found a number");
//! ```

mod distinct;
mod field;
mod front_matter;
mod jsonl;
mod keys;
mod lines;
mod notation;
mod pointer;
mod recorded;
mod template;
mod toml_text;
mod unread;
#[cfg(feature = "formats")]
mod yaml;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Map;
use serde_json::value::RawValue;

pub use self::distinct::distinct;
use self::front_matter::FrontMatter;
pub(crate) use self::jsonl::{HEAD, count_lines, has_lines, has_second_line};
use self::keys::Keys;
use self::lines::Lines;
use self::notation::Translated;
pub use self::pointer::prompts_at;
use self::recorded::Answer;
pub use self::template::Template;
use crate::error::{self, Error, Problem, Result};
pub use crate::place::{Place, Within};
use crate::request::{self, Format, Request};

/// The format in which to read a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum InputFormat {
    /// By its name and its first characters.
    #[default]
    Auto,
    /// As JSON of any format; its fields decide which.
    Json,
    /// As this format.
    As(Format),
}

impl InputFormat {
    /// Returns the format in which each request is read, if its fields do not decide that.
    fn forced(self) -> Option<Format> {
        match self {
            InputFormat::As(format) => Some(format),
            InputFormat::Auto | InputFormat::Json => None,
        }
    }
}

/// The text of one request, or of a similar document, such as a response.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    place: Place,
    /// Its text: JSON if the source is YAML or TOML.
    bytes: Cow<'a, [u8]>,
    is_json: bool,
    format: Option<Format>,
    /// The format of the text, if it is one that is not supported yet.
    unread: Option<&'static str>,
    /// Why the document has no JSON text: it is YAML, TOML or recorded traffic that cannot be read, or it is too large.
    invalid: Option<Error>,
    /// The front matter that was cut off the text.
    front_matter: Option<FrontMatter>,
    /// The line of the source on which the text begins, from 1.
    first_line: usize,
    /// The path of the field that has the text, if the document is one.
    field: Option<String>,
    /// The answer to a request of recorded traffic.
    answer: Option<Answer<'a>>,
    /// Whether it is recorded traffic without a request to an endpoint that is counted.
    is_other_traffic: bool,
}

/// Returns the documents of a source: one, or one for each line, each element of an array or each document of YAML.
pub fn documents<'a>(name: &str, bytes: &'a [u8], format: InputFormat) -> Vec<Document<'a>> {
    let forced = format.forced();
    if forced != Some(Format::Text)
        && let Some(texts) = notation::translate(name, bytes)
    {
        return translated(name, texts, forced);
    }
    let is_json = is_json(name, bytes, format);
    let unread = if format == InputFormat::Auto && !is_json { unread::format(name, bytes) } else { None };
    let whole = Document { format: forced, unread, ..Document::new(Place::file(name), Cow::Borrowed(bytes), is_json) };
    if !is_json {
        return vec![if format == InputFormat::Auto { without_front_matter(whole) } else { whole }];
    }
    if has_lines(bytes) {
        return lines(name, without_mark(bytes), 1, format).collect();
    }
    if let Some(recorded) = recorded::documents(&whole, bytes) {
        return recorded;
    }
    match elements(bytes, forced) {
        Some(elements) => {
            let element =
                |(index, (line, bytes))| whole.one_of_many(Place::element(name, index), Cow::Borrowed(bytes), line);
            elements.into_iter().enumerate().map(element).collect()
        }
        None => vec![whole],
    }
}

/// Returns the documents of lines of a source that has a JSON value on each line; the first of the lines has this number.
pub(crate) fn lines<'a>(
    name: &str,
    text: &'a [u8],
    number: usize,
    format: InputFormat,
) -> impl Iterator<Item = Document<'a>> {
    let format = format.forced();
    jsonl::Lines::new(text, number).map(move |line| {
        let place = Place::line(name, line.number);
        Document { format, first_line: line.number, ..Document::new(place, Cow::Borrowed(line.bytes), true) }
    })
}

/// Returns whether a source is read as JSON, by its name and the first characters of its text.
pub(crate) fn is_json(name: &str, text: &[u8], format: InputFormat) -> bool {
    match format {
        InputFormat::Auto => is_named_json(name) || !is_named_template(name) && begins_like_json(text),
        InputFormat::Json => true,
        InputFormat::As(format) => format != Format::Text,
    }
}

/// Returns a text without its front matter, if it is Markdown that has one.
#[cfg(feature = "formats")]
fn without_front_matter(document: Document<'_>) -> Document<'_> {
    let Cow::Borrowed(bytes) = document.bytes else { return document };
    let text = std::str::from_utf8(without_mark(bytes)).ok();
    let Some(split) = text.and_then(|text| front_matter::split(&document.place.file, text)) else { return document };
    Document {
        bytes: Cow::Borrowed(split.text.as_bytes()),
        front_matter: Some(FrontMatter::read(split.front_matter)),
        first_line: split.first_line,
        ..document
    }
}

#[cfg(not(feature = "formats"))]
fn without_front_matter(document: Document<'_>) -> Document<'_> {
    document
}

/// Returns the documents of a source of another notation: one, or one for each document of YAML or each element of an
/// array of requests.
fn translated(name: &str, texts: Result<Vec<Translated>>, forced: Option<Format>) -> Vec<Document<'static>> {
    let whole = Document { format: forced, ..Document::new(Place::file(name), Cow::Borrowed(b""), true) };
    let mut texts = match texts {
        Ok(texts) => texts,
        Err(error) => return vec![Document { invalid: Some(error), ..whole }],
    };
    if texts.len() > 1 {
        let document = |(index, text): (usize, Translated)| {
            whole.one_of_many(Place::element(name, index), Cow::Owned(text.json.into_bytes()), text.first_line)
        };
        return texts.into_iter().enumerate().map(document).collect();
    }
    let json = texts.pop().map(|text| text.json).unwrap_or_default();
    if let Some(recorded) = recorded::documents(&whole, json.as_bytes()) {
        return recorded.into_iter().map(Document::into_owned).collect();
    }
    match elements(json.as_bytes(), forced) {
        Some(elements) => {
            let element = |(index, (line, bytes)): (usize, (usize, &[u8]))| {
                whole.one_of_many(Place::element(name, index), Cow::Owned(bytes.to_vec()), line)
            };
            elements.into_iter().enumerate().map(element).collect()
        }
        None => vec![Document { bytes: Cow::Owned(json.into_bytes()), ..whole }],
    }
}

/// Returns whether the ending of a name is one of JSON.
fn is_named_json(name: &str) -> bool {
    has_ending(name, &["json", "jsonl", "ndjson", "har"])
}

/// Returns whether the ending of a name is one of Jinja templates of texts; `body.json.j2` is one of JSON.
fn is_named_template(name: &str) -> bool {
    Template::of_file(name) == Template::Jinja && !name.rsplit_once('.').is_some_and(|(stem, _)| is_named_json(stem))
}

/// Returns a name without the ending of a compressed file: its bytes are what is in it.
fn without_compression(name: &str) -> &str {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    if ["gz", "zst"].iter().any(|known| ending.eq_ignore_ascii_case(known)) { stem } else { name }
}

fn has_ending(name: &str, endings: &[&str]) -> bool {
    let ending = without_compression(name)
        .rsplit(['/', '\\'])
        .next()
        .and_then(|name| name.rsplit_once('.'))
        .map(|(_, ending)| ending);
    ending.is_some_and(|ending| endings.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// Returns whether a text begins like JSON that can be a request. Templates that begin with `{{` or `{%` do not, nor
/// does Markdown that begins with a link.
fn begins_like_json(bytes: &[u8]) -> bool {
    let mut first = without_mark(bytes).iter().filter(|byte| !byte.is_ascii_whitespace());
    matches!((first.next(), first.next()), (Some(b'{'), Some(b'"' | b'}')) | (Some(b'['), Some(b'{' | b']')))
}

/// Returns a text without its byte order mark.
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes)
}

/// Returns the elements of an array of requests, each with the line on which it begins; `None` for anything else, such
/// as an array of messages.
fn elements(bytes: &[u8], forced: Option<Format>) -> Option<Vec<(usize, &[u8])>> {
    // In these formats, the array itself is the request.
    if matches!(forced, Some(Format::Messages | Format::Items)) {
        return None;
    }
    let text = std::str::from_utf8(without_mark(bytes)).ok()?;
    if !text.trim_ascii_start().starts_with('[') || !Keys::from_first_element(text)?.is_request() {
        return None;
    }
    let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    let mut lines = Lines::new(text);
    let texts = elements.into_iter().map(RawValue::get);
    Some(texts.map(|text| (lines.line_of(text), text.as_bytes())).collect())
}

impl<'a> Document<'a> {
    fn new(place: Place, bytes: Cow<'a, [u8]>, is_json: bool) -> Document<'a> {
        let (format, unread, invalid, front_matter, answer) = (None, None, None, None, None);
        let is_other_traffic = false;
        Document {
            place,
            bytes,
            is_json,
            format,
            unread,
            invalid,
            front_matter,
            first_line: 1,
            field: None,
            answer,
            is_other_traffic,
        }
    }

    /// Returns the place of the document.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Returns the document of a line that was not read.
    pub(crate) fn unreadable_line(name: &str, line: usize, error: Error) -> Document<'a> {
        let document = Document::new(Place::line(name, line), Cow::Borrowed(b""), true);
        Document { first_line: line, invalid: Some(error), ..document }
    }

    /// Makes the document an error.
    pub(crate) fn refuse(&mut self, error: Error) {
        self.invalid = Some(error);
    }

    /// Returns the same document with the text of one of many requests in its source.
    fn one_of_many(&self, place: Place, bytes: Cow<'a, [u8]>, first_line: usize) -> Document<'a> {
        let (format, unread) = (self.format, self.unread);
        Document { format, unread, first_line, ..Document::new(place, bytes, self.is_json) }
    }

    /// Returns the same document with a copy of its text.
    fn into_owned(self) -> Document<'static> {
        let (bytes, answer) = (Cow::Owned(self.bytes.into_owned()), self.answer.map(Answer::into_owned));
        let Document { place, is_json, format, unread, invalid, front_matter, first_line, field, .. } = self;
        let is_other_traffic = self.is_other_traffic;
        Document {
            place,
            bytes,
            is_json,
            format,
            unread,
            invalid,
            front_matter,
            first_line,
            field,
            answer,
            is_other_traffic,
        }
    }

    /// Returns the document's bytes. Those of a request of recorded traffic are its body; those of YAML and TOML are its
    /// JSON text, in which each value is on the line that it has in the source.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns why the document has no JSON text: it is YAML, TOML or recorded traffic that cannot be read, or it is larger
    /// than [`Blocks::max_request`](crate::bulk::Blocks::max_request). The error has no file yet: see [`Document::locate`].
    pub fn invalid(&self) -> Option<&Error> {
        self.invalid.as_ref()
    }

    /// Returns whether the document is a request of recorded traffic: of a cassette or of a HAR file.
    pub fn is_recorded(&self) -> bool {
        self.answer.is_some()
    }

    /// Returns whether the document is recorded traffic in which no request goes to an endpoint that is counted.
    pub fn is_other_traffic(&self) -> bool {
        self.is_other_traffic
    }

    /// Returns the JSON text for [`Recording::from_json`](crate::verify::Recording::from_json): of recorded traffic, the
    /// request with the response that has its usage; of any other JSON, the document itself. `None` if the request was
    /// recorded without a usage, and for text.
    pub fn recording(&self) -> Option<Cow<'_, [u8]>> {
        if !self.is_json || self.invalid.is_some() {
            return None;
        }
        if let (Some(answer), Some(Format::Body(api))) = (&self.answer, self.format) {
            let response = answer.with_usage()?;
            let mut text = format!("{{\"endpoint\": \"{}\", \"response\": {response}, \"request\": ", api.as_str());
            text.push_str(std::str::from_utf8(&self.bytes).ok()?);
            text.push('}');
            return Some(Cow::Owned(text.into_bytes()));
        }
        Some(Cow::Borrowed(&self.bytes))
    }

    /// Returns whether the document is the whole source, and not one of many in it.
    pub fn is_whole(&self) -> bool {
        !matches!(self.place.within, Within::Line(_) | Within::Element(_))
    }

    /// Returns the line of the source on which the document begins, from 1.
    pub fn first_line(&self) -> usize {
        self.first_line
    }

    /// Reads the request.
    ///
    /// # Errors
    ///
    /// Those of [`Request::from_json`] and [`Request::from_text`], with the document's place.
    pub fn request(&self) -> Result<Request> {
        if let Some(error) = &self.invalid {
            return Err(self.locate(error.clone()));
        }
        if let Some(format) = self.unread {
            let message = format!("{format} is not read yet");
            return Err(self.not_request(message, "read it as plain text to count it as it is"));
        }
        let request = match self.format {
            Some(format) => Request::from_json_as(&self.bytes, format),
            None if self.is_json && self.is_github() => Request::from_json_as(&self.bytes, Format::GitHub),
            None if self.is_json => Request::from_json(&self.bytes),
            None => Request::from_text(&self.bytes).map(|request| self.complete(request)),
        };
        let request = request.map_err(|error| self.locate(error))?;
        if self.format.is_none() && self.place.is_line() && request.has_its_answer() {
            let message = "this line has no model and ends with the answer: an example for fine-tuning, not a request";
            return Err(self.not_request(message, "read it as a Chat Completions body to count it"));
        }
        Ok(request)
    }

    /// Returns the request of a text that the document, a template, was rendered to. It has the model and the output limit
    /// of the document's front matter.
    ///
    /// # Errors
    ///
    /// Those of [`Request::from_text`], with the document's place.
    pub fn rendered(&self, text: String) -> Result<Request> {
        let request = Request::from_text(text.as_bytes()).map_err(|error| self.locate(error))?;
        Ok(self.complete(request))
    }

    /// Adds to the request of a text what its file says of it: the role, and what its front matter has.
    fn complete(&self, mut request: Request) -> Request {
        let name = match &self.place.within {
            Within::Pointer(pointer) => pointer,
            _ => &self.place.file,
        };
        request.set_text_role(template::role(name));
        match &self.front_matter {
            Some(front_matter) => front_matter.apply(request),
            None => request,
        }
    }

    /// Returns whether the name is that of a prompt of GitHub Models, and the text can be one.
    fn is_github(&self) -> bool {
        let name = self.place.file.to_ascii_lowercase();
        let is_named = name.ends_with(".prompt.yml") || name.ends_with(".prompt.yaml");
        if !is_named {
            return false;
        }
        let text = std::str::from_utf8(&self.bytes).ok();
        text.and_then(Keys::from_object).is_some_and(|keys| keys.has("messages"))
    }

    fn not_request(&self, message: impl Into<String>, hint: &str) -> Error {
        self.locate(Error::new(error::Kind::NotRequest, Problem::new(message).with_hint(hint)))
    }

    /// Reads the request of a prompt file, whose texts, messages and bodies can have placeholders of a template, such as
    /// `{{ name }}`. A document that is one of many is captured traffic, and so is a Batch line or a recording: its
    /// text is literal.
    ///
    /// # Errors
    ///
    /// Those of [`Document::request`].
    pub fn prompt(&self) -> Result<Request> {
        self.prompt_with(&BTreeMap::new())
    }

    /// Reads the request of a prompt file like [`Document::prompt`], and fills placeholders with values, by their names:
    /// see [`Request::fill`].
    ///
    /// # Errors
    ///
    /// Those of [`Document::request`].
    pub fn prompt_with(&self, values: &BTreeMap<String, String>) -> Result<Request> {
        let mut request = self.request()?;
        let is_prompt = matches!(request.format(), Format::Text | Format::Messages | Format::Body(_) | Format::GitHub);
        if self.is_whole() && is_prompt {
            request.fill(values);
        }
        Ok(request)
    }

    /// Returns the values of placeholders that the document itself has, with their names: the rows of `testData` of a
    /// prompt file of GitHub Models, such as `testData/0`. Other documents have none.
    pub fn samples(&self) -> Vec<(String, Map<String, serde_json::Value>)> {
        let is_prompt = self.is_json && self.is_whole() && matches!(self.format, None | Some(Format::GitHub));
        let text = std::str::from_utf8(without_mark(&self.bytes)).ok().filter(|_| is_prompt);
        let Some(text) = text.filter(|text| Keys::from_object(text).is_some_and(|keys| keys.has_samples())) else {
            return Vec::new();
        };
        let rows = match serde_json::from_str::<Map<String, serde_json::Value>>(text) {
            Ok(mut fields) => fields.remove("testData"),
            Err(_) => None,
        };
        let Some(serde_json::Value::Array(rows)) = rows else { return Vec::new() };
        let named = |(index, row)| match row {
            serde_json::Value::Object(values) => Some((format!("testData/{index}"), values)),
            _ => None,
        };
        rows.into_iter().enumerate().filter_map(named).collect()
    }

    /// Adds the document's place to an error without one: the name of the source, and the line.
    pub fn locate(&self, error: Error) -> Error {
        self.locate_at(error, &self.place)
    }

    /// Adds a place in the document to an error without one.
    pub(crate) fn locate_at(&self, error: Error, place: &Place) -> Error {
        // The text of a body is only a part of the file.
        let is_part = self.is_recorded() || self.field.is_some();
        let error = if is_part { error.without_positions() } else { error };
        let error = match &self.field {
            Some(field) => error.within(field),
            None => error,
        };
        error.at(place, self.first_line)
    }

    /// Returns the line of the source, from 1, on which the value at a path such as `messages[3].content` begins; the
    /// document's first line if there is no such value, and in recorded traffic.
    pub fn line_of(&self, path: &str) -> usize {
        let is_located = self.is_json && !self.is_recorded() && self.field.is_none() && !path.is_empty();
        let text = std::str::from_utf8(without_mark(&self.bytes)).ok().filter(|_| is_located);
        let line = text.and_then(|text| request::line_of(text, path));
        line.map_or(self.first_line, |line| self.first_line + line - 1)
    }

    /// Returns the name of the document's format if it is one that is not supported yet, such as BAML.
    pub fn unread(&self) -> Option<&'static str> {
        self.unread
    }

    /// Returns whether the document is read as JSON.
    pub fn is_json(&self) -> bool {
        self.is_json
    }

    /// Returns whether the ending of the source's name is one of JSON, or of a notation that is read as JSON.
    pub fn is_named_json(&self) -> bool {
        is_named_json(&self.place.file) || notation::is_named(&self.place.file)
    }

    /// Returns whether the document is a file that gpt-cost writes, such as a baseline or a report, and not a request.
    pub fn is_own(&self) -> bool {
        let text = std::str::from_utf8(without_mark(&self.bytes)).ok().filter(|_| self.is_json);
        text.and_then(Keys::from_object).is_some_and(|keys| keys.is_own())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(name: &str, text: &str) -> Vec<String> {
        let documents = documents(name, text.as_bytes(), InputFormat::Auto);
        documents
            .iter()
            .map(|document| format!("{} {}", document.place(), if document.is_json { "JSON" } else { "text" }))
            .collect()
    }

    #[test]
    fn the_ending_or_the_first_two_characters_decide_whether_it_is_json() {
        for (name, text, expected) in [
            ("a.json", "Hi", "JSON"),
            ("a.JSON", "Hi", "JSON"),
            ("a.NdJson", "Hi", "JSON"),
            ("a.txt", "{\"a\": 1}", "JSON"),
            ("a", " \n{ }", "JSON"),
            ("a.md", "\u{feff}[ {\"role\": 1}]", "JSON"),
            ("a.md", "[]", "JSON"),
            ("a.md", "[a link](https://example.com)", "text"),
            ("a.txt", "{{ name }}, hello", "text"),
            ("a.j2", "{% if a %}b{% endif %}", "text"),
            ("a.txt", "{name}", "text"),
            ("json", "Hi", "text"),
            ("a.json/b", "Hi", "text"),
            ("", "", "text"),
        ] {
            assert_eq!(places(name, text), [format!("{name} {expected}")], "{name} {text}");
        }
    }

    #[test]
    fn the_content_decides_whether_each_line_is_a_request() {
        let two = "{\"messages\": []}\n\n{\"messages\": []}\r\n";
        for name in ["a.jsonl", "a.json", "a", "a.txt"] {
            assert_eq!(places(name, two), [format!("{name}:1 JSON"), format!("{name}:3 JSON")]);
        }
        for one in ["{\n  \"messages\": []\n}", "{\"messages\": []}\n", "[\n{\"role\": \"user\"},\n{}\n]", "{\n", "[\n"]
        {
            assert_eq!(places("a.jsonl", one), ["a.jsonl JSON"], "{one}");
        }
        let broken = "{\"messages\": [\n{\"messages\": []}\n";
        assert_eq!(places("a.jsonl", broken), ["a.jsonl:1 JSON", "a.jsonl:2 JSON"], "a broken first line");
        let broken = "{\"messages\": []}\nnot JSON";
        assert_eq!(places("a.jsonl", broken), ["a.jsonl:1 JSON", "a.jsonl:2 JSON"], "a broken second line");
    }

    #[test]
    fn an_array_of_requests_has_one_in_each_element() {
        let array = "[\n  {\"model\": \"gpt-4\", \"messages\": []},\n  {}]";
        let documents = documents("a.json", array.as_bytes(), InputFormat::Auto);
        let found: Vec<_> = documents.iter().map(|one| (one.place().to_string(), one.first_line())).collect();
        assert_eq!(found, [("a.json#/0".to_owned(), 2), ("a.json#/1".to_owned(), 3)]);
        let error = documents[0].request().expect_err("no messages");
        assert_eq!(error.to_string(), "a.json#/0: messages: there are no messages; a request needs at least one");
        for one in
            ["[{\"role\": \"user\"}]", "[{\"type\": \"custom_tool_call\", \"input\": \"x\"}]", "[]", "[1]", "[[]]"]
        {
            assert_eq!(places("a.json", one), ["a.json JSON"], "{one}");
        }
    }

    #[cfg(not(feature = "formats"))]
    #[test]
    fn yaml_needs_the_feature_formats() {
        let error = documents("a.yaml", b"messages: []", InputFormat::Auto)[0].request().expect_err("YAML");
        assert_eq!(error.to_string(), "a.yaml: this build does not read YAML");
        assert_eq!(error.problems()[0].hint(), Some("build gpt-cost with its feature `formats`"));
        let error = documents("a.md", b"---\nmodel: x\n---\nHi", InputFormat::Auto)[0].request().expect_err("YAML");
        assert_eq!(error.to_string(), "a.md: Markdown with front matter is not read yet");
        assert!(documents("a.json", b"{}", InputFormat::Auto)[0].invalid().is_none());
    }

    #[test]
    fn json_in_a_file_of_another_notation_is_read_as_it_is() {
        for (name, text, expected) in [
            ("a.yaml", "{\"input\": \"x\"}", "a.yaml JSON"),
            ("a.toml", "{\"input\": \"x\"}", "a.toml JSON"),
            ("a.toml", "input = 'x'", "a.toml JSON"),
        ] {
            assert_eq!(places(name, text), [expected]);
            assert!(documents(name, text.as_bytes(), InputFormat::Auto)[0].request().is_ok(), "{text}");
        }
        assert_eq!(places("a.yml", "{\"input\": 1}\n{\"input\": 2}"), ["a.yml:1 JSON", "a.yml:2 JSON"]);
    }

    #[test]
    fn lines_are_counted_from_the_top_of_the_source() {
        let text = "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}\n{\"messages\": 1}";
        let found = documents("a.jsonl", text.as_bytes(), InputFormat::Auto);
        assert_eq!(found[1].line_of("messages"), 2);
        let whole = documents("a.json", b"{\n\"messages\": 1}", InputFormat::Auto);
        assert_eq!((whole[0].line_of("messages"), whole[0].line_of("nothing")), (2, 1));
    }
}
