//! Streams of events: the text of server-sent events, or events as JSON. The last event of a response has its usage.

use std::collections::HashMap;

use super::Response;
use super::file::Outcome;
use crate::error::{self, Error, Problem};
use crate::json::{self, Path, Value};

/// Returns whether a text is a stream of server-sent events.
pub(super) fn is_stream(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let first = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).find(|line| !line.is_empty());
    first.is_some_and(|line| {
        ["data:", "event:", "id:", "retry:", ":"].iter().any(|field| line.starts_with(field.as_bytes()))
    })
}

/// Returns the responses of a stream of server-sent events, each with the line of the event that has its usage.
pub(super) fn responses(bytes: &[u8]) -> Vec<(usize, Outcome)> {
    let mut events = Events::default();
    for (line, text) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        let Some(data) = text.trim_ascii().strip_prefix(b"data:").map(<[u8]>::trim_ascii) else { continue };
        match data {
            b"" => {}
            b"[DONE]" => events.close(),
            data => match std::str::from_utf8(data).map_err(error::not_utf8).and_then(json::parse) {
                Ok(event) => events.add(line, &event),
                Err(error) => events.found.push((line, Outcome::Unreadable(error))),
            },
        }
    }
    events.finish()
}

/// Returns whether a JSON value is an event or a chunk of a stream, and not a whole response.
pub(super) fn is_event(value: &Value<'_>) -> bool {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    // The names of events are such as `response.done`; a usage has a `type`, too, but is inside.
    text("type").is_some_and(|name| name.contains('.') || name == "error") || is_chunk(value)
}

fn is_chunk(value: &Value<'_>) -> bool {
    match value.get("object").and_then(Value::as_str) {
        Some("chat.completion.chunk") => true,
        // The chunks of Completions are called as a whole response is, and end with `finish_reason` or the usage.
        Some("text_completion") => value.get("usage").is_none_or(|usage| *usage == Value::Null),
        _ => false,
    }
}

/// The responses of a stream, event by event.
#[derive(Default)]
pub(super) struct Events {
    /// The responses that have begun, by their ids, in their order.
    open: Vec<Open>,
    places: HashMap<String, usize>,
    found: Vec<(usize, Outcome)>,
}

/// A response that has begun.
struct Open {
    /// The line of the last event.
    line: usize,
    is_chat: bool,
    outcome: Option<Outcome>,
}

impl Events {
    pub(super) fn add(&mut self, line: usize, event: &Value<'_>) {
        let inner = event.get("response").unwrap_or(event);
        let id = inner.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        let has_usage = matches!(inner.get("usage"), Some(Value::Object(_)));
        let status = inner.get("status").and_then(Value::as_str);
        let outcome = match status {
            _ if has_usage => Some(Outcome::of(Response::read(event, &Path::Top))),
            Some(status @ ("failed" | "cancelled")) => Some(Outcome::Failed(format!("its status is {status}"))),
            _ => None,
        };
        match (id, outcome) {
            (Some(id), outcome) => {
                let place = *self.places.entry(id.to_owned()).or_insert(self.open.len());
                if place == self.open.len() {
                    let is_chat = event.get("type").is_none();
                    self.open.push(Open { line, is_chat, outcome: None });
                }
                let open = &mut self.open[place];
                if outcome.is_some() || open.outcome.is_none() {
                    open.line = line;
                    open.outcome = outcome;
                }
            }
            (None, Some(outcome)) => self.found.push((line, outcome)),
            (None, None) => {}
        }
    }

    /// Ends the responses that have begun: the next event with the same id is of another one.
    fn close(&mut self) {
        self.places.clear();
        for Open { line, is_chat, outcome } in self.open.drain(..) {
            self.found.push((line, outcome.unwrap_or_else(|| Outcome::Unreadable(without_usage(is_chat)))));
        }
    }

    /// Returns the responses, each with its line.
    pub(super) fn finish(mut self) -> Vec<(usize, Outcome)> {
        self.close();
        self.found.sort_by_key(|(line, _)| *line);
        self.found
    }
}

/// Returns the error of a stream that ends without a usage.
fn without_usage(is_chat: bool) -> Error {
    let message = match is_chat {
        true => {
            "the stream ends without a usage; set stream_options: {\"include_usage\": true} in the request to get one"
        }
        false => "the stream ends without an event that has the usage, such as response.completed",
    };
    Error::new(error::Kind::Usage, Problem::new(message))
}
