//! Streams of events: the text of server-sent events, or events as JSON. The last event of a response has its usage.

use std::collections::{BTreeMap, HashMap};

use super::Response;
use super::file::Outcome;
use super::tool::{self, ToolKind};
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
    session: Session,
}

/// A response that has begun.
struct Open {
    /// The line of the last event.
    line: usize,
    is_chat: bool,
    /// The calls of built-in tools that show in its events; the event with the usage of a chat has none.
    tool_calls: BTreeMap<ToolKind, u64>,
    outcome: Option<Outcome>,
}

/// The models of a Realtime session, which its responses do not name.
#[derive(Default)]
struct Session {
    model: Option<String>,
    transcription: Option<String>,
}

impl Session {
    /// Reads the models, if the event describes the session.
    fn read(&mut self, event: &Value<'_>) {
        let Some(session) = event.get("session") else { return };
        let model = |value: Option<&Value<'_>>| Some(value?.get("model")?.as_str()?.to_owned());
        let input = session.get("audio").and_then(|audio| audio.get("input"));
        let transcription = input.and_then(|input| input.get("transcription"));
        self.model = model(Some(session)).or(self.model.take());
        self.transcription =
            model(transcription.or(session.get("input_audio_transcription"))).or(self.transcription.take());
    }

    /// Sets the model of a response that names none.
    fn complete(&self, event: &Value<'_>, response: &mut Response) {
        let model = match event.get("type").and_then(Value::as_str) {
            Some("conversation.item.input_audio_transcription.completed") => &self.transcription,
            _ => &self.model,
        };
        if response.model.is_none() {
            response.model.clone_from(model);
        }
    }
}

impl Events {
    pub(super) fn add(&mut self, line: usize, event: &Value<'_>) {
        self.session.read(event);
        let inner = event.get("response").unwrap_or(event);
        let id = inner.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        match (id, self.outcome(event, inner)) {
            (Some(id), outcome) => {
                let place = *self.places.entry(id.to_owned()).or_insert(self.open.len());
                if place == self.open.len() {
                    let is_chat = event.get("type").is_none();
                    self.open.push(Open { line, is_chat, tool_calls: BTreeMap::new(), outcome: None });
                }
                let open = &mut self.open[place];
                open.tool_calls.extend(tool::calls(inner));
                if outcome.is_some() || open.outcome.is_none() {
                    open.line = line;
                    open.outcome = outcome;
                }
            }
            (None, Some(outcome)) => self.found.push((line, outcome)),
            (None, None) => {}
        }
    }

    /// Returns how a response ended, if this event ends it.
    fn outcome(&self, event: &Value<'_>, inner: &Value<'_>) -> Option<Outcome> {
        if matches!(inner.get("usage"), Some(Value::Object(_))) {
            let mut response = Response::read(event, &Path::Top);
            if let Ok(response) = &mut response {
                self.session.complete(event, response);
            }
            return Some(Outcome::of(response));
        }
        match inner.get("status").and_then(Value::as_str) {
            Some(status @ ("failed" | "cancelled")) => Some(Outcome::Failed(format!("its status is {status}"))),
            _ => None,
        }
    }

    /// Ends the responses that have begun: the next event with the same id is of another one.
    fn close(&mut self) {
        self.places.clear();
        for Open { line, is_chat, tool_calls, outcome } in self.open.drain(..) {
            let mut outcome = outcome.unwrap_or_else(|| Outcome::Unreadable(without_usage(is_chat)));
            if let Outcome::Response(response) = &mut outcome {
                response.tool_calls = tool_calls;
            }
            self.found.push((line, outcome));
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
