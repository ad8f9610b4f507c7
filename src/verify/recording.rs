//! A recorded request with its response, read from JSON.

use jiff::civil::Date;

use super::answer;
use super::edited::{self, Edit};
use crate::error::{self, Result};
use crate::json::{self, Path, Value};
use crate::request;
use crate::usage::{Response, Usage, day_of};
use crate::{Request, Tier};

/// A request that was sent, and the usage that the API billed for it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Recording {
    /// The request, or the error of reading it.
    pub request: Result<Request>,
    /// The model that the response names.
    pub reported_model: Option<String>,
    /// The day of the response.
    pub day: Option<Date>,
    /// The billed usage; the count of the request is compared with its input.
    pub usage: Usage,
    /// The service tier at which it was billed; `None` if it has no price, such as a tier of another provider.
    pub tier: Option<Tier>,
    /// The features that the request uses, as the recording lists them.
    pub features: Vec<String>,
    /// The project that recorded it.
    pub project: Option<String>,
    /// How it was edited after it was made, if that shows in the recording alone.
    pub edit: Option<Edit>,
    /// The number of calls or of messages in the answer, whichever is larger; `None` if the recording has no answer of
    /// the Responses API.
    pub parallel_outputs: Option<usize>,
    /// A hash of what identifies the response: its id, or else its time, model, answer and usage.
    pub(super) response: Option<u64>,
}

impl Recording {
    /// Returns the model for which the request is counted: the one that it names. If the day is unknown, so is the model
    /// to which an alias resolves, and it is the one that the response names.
    pub fn model(&self) -> Option<&str> {
        let own = self.request.as_ref().ok().and_then(Request::model);
        let reported = self.reported_model.as_deref();
        if self.day.is_some() { own.or(reported) } else { reported.or(own) }
    }

    /// Reads a recording: an object with `request` and `response`, or one with `request`, `usage` and optionally
    /// `response_model`, `created`, `completion` (the answer: `choices` or `output` of the response), `endpoint`,
    /// `images` (their sizes), `tags`, `source_repo` and `suspect`.
    ///
    /// # Errors
    ///
    /// Text that is not JSON, or JSON of another shape.
    pub fn from_json(bytes: &[u8]) -> Result<Recording> {
        let value = json::parse(std::str::from_utf8(bytes).map_err(error::not_utf8)?)?;
        let Some(request) = value.get("request") else {
            return Err(Path::Top.error("the field `request` is missing"));
        };
        let (response, unknown_tier) = match value.get("response") {
            Some(response) => Response::read_any_tier(response, &Path::Top.key("response"))?,
            None => Response::read_any_tier(&value, &Path::Top)?,
        };
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let tags = match value.get("tags") {
            Some(Value::Array(tags)) => tags.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let is_suspect = value.get("suspect").is_some_and(|mark| !matches!(mark, Value::Null | Value::Bool(false)));
        let body = body(&value);
        let edits = [
            (is_suspect, Edit::Marked),
            (edited::has_made_up_ids(body.id, body.answer), Edit::MadeUpIds),
            (edited::has_sorted_keys(request), Edit::SortedKeys),
        ];
        let recording = Recording {
            request: Err(Path::Top.error("expected an object")),
            reported_model: text("response_model").or(response.model),
            day: value.get("created").and_then(day_of).or(response.day),
            usage: response.usage,
            tier: unknown_tier.is_none().then_some(response.tier.unwrap_or(Tier::Standard)),
            features: tags,
            project: text("source_repo"),
            edit: edits.into_iter().find(|(is_so, _)| *is_so).map(|(_, edit)| edit),
            parallel_outputs: match body.answer {
                Some(Value::Array(output)) if !body.has_choices => Some(answer::parallel_outputs(output)),
                _ => None,
            },
            response: edited::identity(&body),
        };
        let Value::Object(fields) = value else { return Ok(recording) };
        Ok(Recording { request: request::recording(fields, &Path::Top), ..recording })
    }
}

/// The fields of a response that identify it.
#[derive(Clone, Copy)]
pub(super) struct Body<'v, 'j> {
    pub(super) id: Option<&'v str>,
    pub(super) created: Option<&'v Value<'j>>,
    pub(super) model: Option<&'v str>,
    pub(super) usage: Option<&'v Value<'j>>,
    /// The choices, the output, or the text of the answer.
    pub(super) answer: Option<&'v Value<'j>>,
    /// Whether the answer is one of Chat Completions or Completions.
    has_choices: bool,
}

/// Returns the response of a recording, without what a batch or a stream wraps it in.
fn body<'v, 'j>(recording: &'v Value<'j>) -> Body<'v, 'j> {
    let mut response = recording.get("response").unwrap_or(recording);
    while let Some(inner) = response.get("response").filter(|_| response.get("usage").is_none()) {
        response = inner.get("body").unwrap_or(inner);
    }
    let is_flat = recording.get("response").is_none();
    let choices = response.get("choices");
    let answer = choices.or(response.get("output")).or(response.get("completion").filter(|_| is_flat));
    let is_choice = |answer: &Value<'_>| match answer {
        Value::Array(items) => items.iter().any(|item| item.get("type").is_none()),
        _ => false,
    };
    Body {
        // Beside the request, `id` is that of the recording.
        id: response.get("id").and_then(Value::as_str).filter(|id| !is_flat && !id.is_empty()),
        created: response.get("created").or(response.get("created_at")),
        model: response.get("model").or(response.get("response_model")).and_then(Value::as_str),
        usage: response.get("usage"),
        answer: answer.filter(|answer| !answer.is_null_or_empty()),
        has_choices: choices.is_some() || answer.is_some_and(is_choice),
    }
}
