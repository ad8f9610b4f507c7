//! The responses of a file: one, a JSON array, a response on each line, the output file of a batch, or a stream.

use super::Response;
use super::stream::{self, Event, Streams};
use crate::error::{self, Error, Result};
use crate::json::{self, Path, Value};
use crate::place::Place;
use crate::source::{Document, InputFormat, documents};

/// What a file reports about one request, and where.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reported {
    /// The file, and the line or the element.
    pub place: Place,
    /// The line of the file on which it begins, from 1.
    pub line: usize,
    /// The id that a line of a batch has.
    pub custom_id: Option<String>,
    /// What is reported.
    pub outcome: Outcome,
}

/// How a request ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It was answered and billed.
    Response(Box<Response>),
    /// The API reports that it failed, for this reason. It was not billed.
    Failed(String),
    /// Its response cannot be read.
    Unreadable(Error),
}

impl Outcome {
    pub(super) fn of(response: Result<Response>) -> Outcome {
        match response {
            Ok(response) => Outcome::Response(Box::new(response)),
            Err(error) => Outcome::Unreadable(error.with_kind(error::Kind::Usage)),
        }
    }

    /// Returns the same outcome with a change to the error of a response that cannot be read.
    pub(super) fn map_error(self, change: impl FnOnce(Error) -> Error) -> Outcome {
        match self {
            Outcome::Unreadable(error) => Outcome::Unreadable(change(error)),
            other => other,
        }
    }
}

/// Returns the responses of a file, in its order: at least one, which may be an error. The file is a response, a JSON
/// array of responses, a file with a response or an event on each line, the output or error file of a batch, or the
/// text of a stream of server-sent events. Events without a usage are skipped.
///
/// ```
/// use gpt_cost::usage::{Outcome, responses};
///
/// let stream = br#"
/// data: {"id": "a", "object": "chat.completion.chunk", "model": "gpt-4o", "choices": [{}], "usage": null}
///
/// data: {"id": "a", "object": "chat.completion.chunk", "model": "gpt-4o", "choices": [], "usage": {"prompt_tokens": 9}}
///
/// data: [DONE]
/// "#;
/// let found = responses("stream.txt", stream);
/// let [one] = found.as_slice() else { panic!("one response") };
/// assert_eq!(one.place.to_string(), "stream.txt:4");
/// assert!(matches!(&one.outcome, Outcome::Response(response) if response.usage.input == 9));
/// ```
pub fn responses(name: &str, bytes: &[u8]) -> Vec<Reported> {
    let mut streams = Streams::<Reported>::new(name);
    if stream::is_event_stream(bytes) {
        stream::read(bytes, &mut streams);
    } else {
        for document in documents(name, bytes, InputFormat::Json) {
            match responses_of(&document) {
                Found::Responses(found) => found.into_iter().for_each(|one| streams.push(one.line, one)),
                Found::Event(event) => streams.add(event),
            }
        }
    }
    streams.finish();
    let mut found: Vec<Reported> = streams.ready().collect();
    found.sort_by_key(|one| one.line);
    found
}

/// What a document of a file reports.
#[derive(Clone, Debug)]
pub enum Found {
    /// Its responses: one, or the elements of an array.
    Responses(Vec<Reported>),
    /// It is an event of a stream, on a line of its own. [`Streams`] collects the events of a response.
    Event(Event),
}

/// Returns the responses of a document of a file, read as [`InputFormat::Json`]: those of [`responses`], for files that are
/// read in [blocks](crate::bulk). A stream of server-sent events is one text, and has no such documents.
pub fn responses_of(document: &Document<'_>) -> Found {
    let (place, line) = (document.place().clone(), document.first_line());
    let located = |one: Reported| {
        let place = one.place.clone();
        one.map_error(|error| document.locate_at(error, &place))
    };
    let read = |place: Place, value: &Value<'_>| located(read(place, line, value));
    if document.is_recorded() {
        return Found::Responses(vec![located(Reported::new(place, line, recorded(document)))]);
    }
    match parse(document) {
        Ok(Value::Array(elements)) => {
            let element = |(index, value)| match place.is_line() {
                true => read(place.clone(), value),
                false => read(Place::element(place.file.clone(), index), value),
            };
            Found::Responses(elements.iter().enumerate().map(element).collect())
        }
        // A file with one event is that event.
        Ok(value) if place.is_line() && stream::is_event(&value) => {
            Found::Event(Event::read(line, &value).map_error(|error| document.locate(error)))
        }
        Ok(value) => Found::Responses(vec![read(place, &value)]),
        Err(error) => Found::Responses(vec![located(Reported::new(place, line, Outcome::Unreadable(error)))]),
    }
}

impl Reported {
    pub(super) fn new(place: Place, line: usize, outcome: Outcome) -> Reported {
        Reported { place, line, custom_id: None, outcome }
    }

    /// Returns what is reported on a line of a file.
    pub(super) fn on_line(name: &str, line: usize, outcome: Outcome) -> Reported {
        let place = Place::line(name, line);
        Reported::new(place.clone(), line, outcome).map_error(|error| error.at(&place, line))
    }

    /// Returns the same with a change to the error of a response that cannot be read.
    fn map_error(self, change: impl FnOnce(Error) -> Error) -> Reported {
        Reported { outcome: self.outcome.map_error(change), ..self }
    }
}

/// Returns the answer to a request of recorded traffic.
fn recorded(document: &Document<'_>) -> Outcome {
    let Some(recording) = document.recording() else {
        return Outcome::Failed("it was recorded without a usage".to_owned());
    };
    let value = std::str::from_utf8(&recording).map_err(error::not_utf8).and_then(json::parse);
    Outcome::of(value.and_then(|value| match value.get("response") {
        Some(response) => Response::read(response, &Path::Top.key("response")),
        None => Response::read(&value, &Path::Top),
    }))
}

fn parse<'a>(document: &'a Document<'_>) -> Result<Value<'a>> {
    if let Some(error) = document.invalid() {
        let is_too_large = error.is_too_large();
        return Err(if is_too_large { error.clone() } else { error.clone().with_kind(error::Kind::Usage) });
    }
    let text = std::str::from_utf8(document.bytes()).map_err(error::not_utf8);
    let text = text.map(|text| text.strip_prefix('\u{feff}').unwrap_or(text));
    text.and_then(json::parse).map_err(|error| error.with_kind(error::Kind::Usage))
}

fn read(place: Place, line: usize, value: &Value<'_>) -> Reported {
    let custom_id = value.get("custom_id").and_then(Value::as_str).map(str::to_owned);
    let outcome = match custom_id.as_ref().and_then(|_| failure(value)) {
        Some(reason) => Outcome::Failed(reason),
        None => Outcome::of(Response::read(value, &Path::Top)),
    };
    Reported { custom_id, ..Reported::new(place, line, outcome) }
}

/// Returns why a request of a batch failed, if it did: its status, and the API's code for the error.
fn failure(line: &Value<'_>) -> Option<String> {
    let response = line.get("response");
    let body = response.and_then(|response| response.get("body"));
    if matches!(body.and_then(|body| body.get("usage")), Some(Value::Object(_))) {
        return None;
    }
    let status = match response.and_then(|response| response.get("status_code")) {
        Some(Value::Number(status)) => status.as_u64().filter(|status| *status != 200),
        _ => None,
    };
    let error = [line.get("error"), body.and_then(|body| body.get("error"))].into_iter().flatten();
    let code = error.clone().find_map(|error| error.get("code").or(error.get("type"))?.as_str());
    // A code is a plain word; anything else could be text of the request.
    let is_word = |code: &&str| code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let code = code.filter(is_word);
    match (status, code) {
        (Some(status), Some(code)) => Some(format!("status {status}, {code}")),
        (Some(status), None) => Some(format!("status {status}")),
        (None, Some(code)) => Some(code.to_owned()),
        (None, None) => error.into_iter().any(|error| *error != Value::Null).then(|| "an error".to_owned()),
    }
}
