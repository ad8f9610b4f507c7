//! Streams of events: the text of server-sent events, or events as JSON. The last event of a response has its usage.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use super::Response;
use super::file::{Outcome, Reported};
use super::tool::{self, ToolKind};
use crate::error::{self, Error, Problem};
use crate::json::{self, Path, Value};
use crate::place::Place;

/// Returns whether a text is a stream of server-sent events, which is not read line by line: an event has several lines.
pub fn is_event_stream(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let first = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).find(|line| !line.is_empty());
    first.is_some_and(|line| {
        ["data:", "event:", "id:", "retry:", ":"].iter().any(|field| line.starts_with(field.as_bytes()))
    })
}

/// Adds the responses of a stream of server-sent events.
pub(super) fn read(bytes: &[u8], streams: &mut Streams<Reported>) {
    for (line, text) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        let Some(data) = text.trim_ascii().strip_prefix(b"data:").map(<[u8]>::trim_ascii) else { continue };
        match data {
            b"" => {}
            b"[DONE]" => streams.close(),
            data => match std::str::from_utf8(data).map_err(error::not_utf8).and_then(json::parse) {
                Ok(event) => streams.add(Event::read(line, &event)),
                Err(error) => streams.push_outcome(line, Outcome::Unreadable(error)),
            },
        }
    }
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

/// An event of a stream, on a line of its own: see [`Streams`].
#[derive(Clone, Debug)]
pub struct Event {
    line: usize,
    /// The id of its response.
    id: Option<String>,
    is_chat: bool,
    is_transcription: bool,
    /// The models of the session, if the event describes it.
    session: Session,
    tool_calls: BTreeMap<ToolKind, u64>,
    /// How the response ended, if this event ends it.
    outcome: Option<Outcome>,
}

/// The models of a Realtime session, which its responses do not name.
#[derive(Clone, Debug, Default)]
struct Session {
    model: Option<String>,
    transcription: Option<String>,
}

impl Event {
    pub(super) fn read(line: usize, event: &Value<'_>) -> Event {
        let inner = event.get("response").unwrap_or(event);
        let kind = event.get("type").and_then(Value::as_str);
        Event {
            line,
            id: inner.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned),
            is_chat: event.get("type").is_none(),
            is_transcription: kind == Some("conversation.item.input_audio_transcription.completed"),
            session: event.get("session").map(Session::read).unwrap_or_default(),
            tool_calls: tool::calls(inner),
            outcome: outcome(event, inner),
        }
    }

    /// Returns the same event with a change to the error of a response that cannot be read.
    pub(super) fn map_error(self, change: impl FnOnce(Error) -> Error) -> Event {
        Event { outcome: self.outcome.map(|outcome| outcome.map_error(change)), ..self }
    }
}

/// Returns how a response ended, if this event ends it.
fn outcome(event: &Value<'_>, inner: &Value<'_>) -> Option<Outcome> {
    if matches!(inner.get("usage"), Some(Value::Object(_))) {
        return Some(Outcome::of(Response::read(event, &Path::Top)));
    }
    match inner.get("status").and_then(Value::as_str) {
        Some(status @ ("failed" | "cancelled")) => Some(Outcome::Failed(format!("its status is {status}"))),
        _ => None,
    }
}

impl Session {
    fn read(session: &Value<'_>) -> Session {
        let model = |value: Option<&Value<'_>>| Some(value?.get("model")?.as_str()?.to_owned());
        let input = session.get("audio").and_then(|audio| audio.get("input"));
        let transcription = input.and_then(|input| input.get("transcription"));
        Session {
            model: model(Some(session)),
            transcription: model(transcription.or(session.get("input_audio_transcription"))),
        }
    }

    /// Sets the models that a later event has.
    fn update(&mut self, later: Session) {
        self.model = later.model.or(self.model.take());
        self.transcription = later.transcription.or(self.transcription.take());
    }

    /// Sets the model of a response that names none.
    fn complete(&self, is_transcription: bool, response: &mut Response) {
        if response.model.is_none() {
            response.model.clone_from(if is_transcription { &self.transcription } else { &self.model });
        }
    }
}

/// The responses of a file with an event on each line, which is read in blocks: the events of one response can be in
/// several. A file can have whole responses, too; what is pushed keeps its place among them.
///
/// A response ends with its last event that has a usage, and is at the line of that event. It is over when no other such
/// event is on the next 10,000 lines; what follows waits for it. A response without a usage is an error once no event of it
/// is on 100,000 lines, or the file ends; nothing waits for that. So memory does not grow with the file, and the size of
/// the blocks changes nothing.
///
/// ```
/// use gpt_cost::bulk::Blocks;
/// use gpt_cost::source::InputFormat;
/// use gpt_cost::usage::{Found, Reported, Streams, responses_of};
///
/// let log = r#"{"type": "response.created", "response": {"id": "r", "usage": null}}
/// {"type": "response.completed", "response": {"id": "r", "usage": {"input_tokens": 9}}}
/// {"model": "gpt-4.1", "usage": {"prompt_tokens": 7}}"#;
/// let (mut streams, mut places) = (Streams::<Reported>::new("log.jsonl"), Vec::new());
/// for block in Blocks::new("log.jsonl", log.as_bytes()).format(InputFormat::Json) {
///     for document in block?.documents() {
///         match responses_of(&document) {
///             Found::Responses(found) => found.into_iter().for_each(|one| streams.push(one.line, one)),
///             Found::Event(event) => streams.add(event),
///         }
///     }
///     places.extend(streams.ready().map(|one| one.place.to_string()));
/// }
/// streams.finish();
/// places.extend(streams.ready().map(|one| one.place.to_string()));
/// assert_eq!(places, ["log.jsonl:2", "log.jsonl:3"]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Streams<T> {
    name: String,
    /// What is not returned yet, in its order.
    queue: VecDeque<Slot<T>>,
    /// The number of slots at its front that wait for nothing.
    settled: usize,
    /// The responses that have begun, by their ids.
    open: HashMap<Arc<str>, Open>,
    /// Those without a usage, by the line of the last event.
    unfinished: BTreeMap<usize, Arc<str>>,
    session: Session,
    /// The last line.
    line: usize,
    is_empty: bool,
}

/// How many lines after the event that has the usage are searched for another one: some servers repeat the usage in each
/// chunk. More than that are not between two chunks of a response.
const LINES_AFTER_USAGE: usize = 10_000;

/// How many lines are between two events of a response at most.
const LINES_BETWEEN: usize = 100_000;

#[derive(Debug)]
enum Slot<T> {
    Ready(T),
    /// The response with this id, if this is still the line of its end.
    Response(usize, Arc<str>),
    Void,
}

/// A response that has begun.
#[derive(Debug)]
struct Open {
    /// The line of the last event, or of the last one with a usage.
    line: usize,
    is_chat: bool,
    /// The calls of built-in tools that show in its events; the event with the usage of a chat has none.
    tool_calls: BTreeMap<ToolKind, u64>,
    outcome: Option<Outcome>,
}

impl<T: From<Reported>> Streams<T> {
    /// Returns the responses of a file of this name, none of which is read yet.
    pub fn new(name: impl Into<String>) -> Streams<T> {
        Streams {
            name: name.into(),
            queue: VecDeque::new(),
            settled: 0,
            open: HashMap::new(),
            unfinished: BTreeMap::new(),
            session: Session::default(),
            line: 0,
            is_empty: true,
        }
    }

    /// Adds what is not an event, such as a whole response, and ends on this line.
    pub fn push(&mut self, line: usize, item: T) {
        self.line = line;
        self.push_ready(item);
        self.settle(LINES_AFTER_USAGE);
    }

    /// Adds the next event.
    pub fn add(&mut self, event: Event) {
        self.line = event.line;
        self.settle(LINES_AFTER_USAGE);
        self.give_up(LINES_BETWEEN);
        let Event { line, id, is_chat, is_transcription, session, tool_calls, mut outcome } = event;
        self.session.update(session);
        if let Some(Outcome::Response(response)) = &mut outcome {
            self.session.complete(is_transcription, response);
        }
        let Some(id) = id else { return outcome.into_iter().for_each(|outcome| self.push_outcome(line, outcome)) };
        let id: Arc<str> = id.into();
        let new = || Open { line, is_chat, tool_calls: BTreeMap::new(), outcome: None };
        let open = self.open.entry(Arc::clone(&id)).or_insert_with(new);
        open.tool_calls.extend(tool_calls);
        if open.outcome.is_some() && outcome.is_none() {
            return;
        }
        if open.outcome.is_none() {
            self.unfinished.remove(&open.line);
        }
        match &outcome {
            Some(_) => self.queue.push_back(Slot::Response(line, id)),
            None => drop(self.unfinished.insert(line, id)),
        }
        (open.line, open.outcome) = (line, outcome);
    }

    /// Ends all responses: the file is read. There is at least one result, which may be an error.
    pub fn finish(&mut self) {
        self.close();
        if self.is_empty {
            let problem = Problem::new("no event has a usage")
                .with_hint("a response that is streamed has its usage in the last event, if its request asks for it");
            let error = Error::new(error::Kind::Usage, problem);
            let place = Place::file(&self.name);
            let error = error.at(&place, 1);
            self.push_ready(Reported::new(place, 1, Outcome::Unreadable(error)).into());
            self.settle(0);
        }
    }

    /// Returns what waits for no later event, in the order of the file, each once.
    pub fn ready(&mut self) -> impl Iterator<Item = T> {
        std::iter::from_fn(|| {
            while self.settled > 0 {
                self.settled -= 1;
                if let Some(Slot::Ready(item)) = self.queue.pop_front() {
                    return Some(item);
                }
            }
            None
        })
    }

    /// Ends the responses that have begun: the next event with the same id is of another one.
    fn close(&mut self) {
        self.line = usize::MAX;
        self.settle(0);
        self.give_up(0);
        self.settle(0);
    }

    /// Ends the responses whose usage is more than this many lines before the last line.
    fn settle(&mut self, lines: usize) {
        while let Some(slot) = self.queue.get_mut(self.settled) {
            if let Slot::Response(line, id) = slot {
                if self.line - *line <= lines {
                    return;
                }
                let is_end = self.open.get(id).is_some_and(|open| open.line == *line);
                let ended = if is_end { self.open.remove(id) } else { None };
                *slot = match ended {
                    Some(open) => {
                        self.is_empty = false;
                        Slot::Ready(open.reported(&self.name).into())
                    }
                    None => Slot::Void,
                };
            }
            self.settled += 1;
        }
    }

    /// Ends the responses without a usage whose last event is more than this many lines before the last line.
    fn give_up(&mut self, lines: usize) {
        while let Some(first) = self.unfinished.first_entry().filter(|first| self.line - first.key() > lines) {
            if let Some(open) = self.open.remove(&first.remove()) {
                let reported = open.reported(&self.name);
                self.push_ready(reported.into());
            }
        }
    }

    fn push_outcome(&mut self, line: usize, outcome: Outcome) {
        self.push_ready(Reported::on_line(&self.name, line, outcome).into());
    }

    fn push_ready(&mut self, item: T) {
        self.is_empty = false;
        self.queue.push_back(Slot::Ready(item));
    }
}

impl Open {
    fn reported(self, name: &str) -> Reported {
        let Open { line, is_chat, tool_calls, outcome } = self;
        let mut outcome = outcome.unwrap_or_else(|| Outcome::Unreadable(without_usage(is_chat)));
        if let Outcome::Response(response) = &mut outcome {
            response.tool_calls = tool_calls;
        }
        Reported::on_line(name, line, outcome)
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
