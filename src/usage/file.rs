//! The responses of a file: one, a JSON array, a response on each line, the output file of a batch, or a stream.

use super::Response;
use super::stream::{self, Events};
use crate::error::{self, Error, Problem, Result};
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
    let mut found = match stream::is_stream(bytes) {
        true => located(name, stream::responses(bytes)),
        false => read_documents(name, bytes),
    };
    if found.is_empty() {
        let problem = Problem::new("no event has a usage")
            .with_hint("a response that is streamed has its usage in the last event, if its request asks for it");
        let error = Error::new(error::Kind::Usage, problem);
        found.push(Reported::new(Place::file(name), 1, Outcome::Unreadable(error)));
    }
    for Reported { place, line, outcome, .. } in &mut found {
        if let Outcome::Unreadable(error) = outcome {
            *error = error.clone().at(place, *line);
        }
    }
    found
}

impl Reported {
    fn new(place: Place, line: usize, outcome: Outcome) -> Reported {
        Reported { place, line, custom_id: None, outcome }
    }
}

/// Returns the responses of a stream with their places.
fn located(name: &str, found: Vec<(usize, Outcome)>) -> Vec<Reported> {
    found.into_iter().map(|(line, outcome)| Reported::new(Place::line(name, line), line, outcome)).collect()
}

fn read_documents(name: &str, bytes: &[u8]) -> Vec<Reported> {
    let (mut found, mut events) = (Vec::new(), Events::default());
    for document in documents(name, bytes, InputFormat::Json) {
        let (place, line) = (document.place().clone(), document.first_line());
        if document.is_recorded() {
            found.push(Reported::new(place, line, recorded(&document)));
            continue;
        }
        match parse(&document) {
            Ok(Value::Array(elements)) => {
                let element = |(index, value): (usize, &Value<'_>)| {
                    let place = if place.is_line() { place.clone() } else { Place::element(name, index) };
                    read(place, line, value)
                };
                found.extend(elements.iter().enumerate().map(element));
            }
            // A file with one event is that event.
            Ok(value) if place.is_line() && stream::is_event(&value) => events.add(line, &value),
            Ok(value) => found.push(read(place, line, &value)),
            Err(error) => found.push(Reported::new(place, line, Outcome::Unreadable(error))),
        }
    }
    found.extend(located(name, events.finish()));
    found.sort_by_key(|one| one.line);
    found
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
        return Err(error.clone().with_kind(error::Kind::Usage));
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
