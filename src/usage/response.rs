//! Reads a real response: the model that answered, the day, the tier and the billed usage.

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

use super::Usage;
use crate::catalog::Tier;
use crate::error::{self, Error, Result};
use crate::json::{self, Path, Value};

/// The facts of a response that determine its price.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The model that answered.
    pub model: Option<String>,
    /// The day of the response, in UTC.
    pub day: Option<Date>,
    /// The service tier at which it was billed; `None` if the response does not name one.
    pub tier: Option<Tier>,
    /// The billed usage.
    pub usage: Usage,
}

impl Response {
    /// Reads a response of Chat Completions, Responses, Completions or Embeddings, or a line of a Batch API result
    /// file.
    ///
    /// # Errors
    ///
    /// Bytes that are not JSON, JSON without `usage`, and numbers that contradict each other, such as more cached
    /// tokens than input.
    ///
    /// ```
    /// use gpt_cost::usage::Response;
    ///
    /// let body = br#"{"model": "gpt-4o-2024-08-06", "created": 1740000000,
    ///     "usage": {"prompt_tokens": 1200, "completion_tokens": 50, "prompt_tokens_details": {"cached_tokens": 1024}}}"#;
    /// let response = Response::from_json(body)?;
    /// assert_eq!((response.usage.input, response.usage.cached), (1200, 1024));
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    pub fn from_json(bytes: &[u8]) -> Result<Response> {
        let text = std::str::from_utf8(bytes).map_err(error::not_utf8);
        let response = text.and_then(|text| Response::read(&json::parse(text)?, &Path::Top));
        response.map_err(|error| error.with_kind(error::Kind::Usage))
    }

    /// Reads a response from the tree of its JSON text.
    pub(crate) fn read(value: &Value<'_>, path: &Path<'_>) -> Result<Response> {
        // A line of a Batch API result file wraps the response.
        if let Some(body) = value.get("response").and_then(|response| response.get("body")) {
            return Response { tier: Some(Tier::Batch), ..Response::read(body, &path.key("body"))? }.checked(path);
        }
        // So does the last event of a Responses API stream.
        if let Some(inner) = value.get("response").filter(|inner| inner.get("usage").is_some()) {
            return Response::read(inner, &path.key("response"));
        }
        let usage = match value.get("usage") {
            Some(usage @ Value::Object(_)) => read_usage(usage, &path.key("usage"))?,
            _ => {
                return Err(path.error(
                    "the field `usage` is missing; a streamed response has it if its request sets \
                     stream_options.include_usage",
                ));
            }
        };
        let created = value.get("created").or(value.get("created_at"));
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let tier = match text("service_tier") {
            Some(word) => Tier::from_api(word).map_err(|message| path.key("service_tier").error(message))?,
            None => None,
        };
        let model = text("model").map(str::to_owned);
        Response { model, day: created.and_then(day_of), tier, usage }.checked(path)
    }

    fn checked(self, path: &Path<'_>) -> Result<Response> {
        match self.usage.contradiction() {
            Some(message) => Err(path.key("usage").error(message)),
            None => Ok(self),
        }
    }
}

/// Returns the UTC day of a Unix time in seconds.
pub(crate) fn day_of(seconds: &Value<'_>) -> Option<Date> {
    let Value::Number(seconds) = seconds else { return None };
    let seconds = seconds.as_i64().or(seconds.as_f64().map(|seconds| seconds as i64))?;
    Some(Timestamp::from_second(seconds).ok()?.to_zoned_datetime(TimeZone::UTC).date())
}

fn read_usage(value: &Value<'_>, path: &Path<'_>) -> Result<Usage> {
    let number = |value: Option<&Value<'_>>, key: &str| match value.and_then(|value| value.get(key)) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) if number.as_u64().is_some() => Ok(number.as_u64()),
        Some(other) => Err(path.key(key).expected("a whole number of tokens", other)),
    };
    let either = |one, other| Ok::<_, Error>(number(Some(value), one)?.or(number(Some(value), other)?));
    let Some(input) = either("prompt_tokens", "input_tokens")? else {
        return Err(path.error("expected `prompt_tokens` or `input_tokens`, found neither"));
    };
    let inside = value.get("prompt_tokens_details").or(value.get("input_tokens_details"));
    let outside = value.get("completion_tokens_details").or(value.get("output_tokens_details"));
    let part = |details, key| Ok::<_, Error>(number(details, key)?.unwrap_or(0));
    Ok(Usage {
        input,
        cached: part(inside, "cached_tokens")?,
        written: part(inside, "cache_write_tokens")?,
        audio_input: part(inside, "audio_tokens")?,
        output: either("completion_tokens", "output_tokens")?.unwrap_or(0),
        reasoning: part(outside, "reasoning_tokens")?,
        audio_output: part(outside, "audio_tokens")?,
    })
}
