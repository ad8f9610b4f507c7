//! Reads a real response: the model that answered, the day, the tier and the billed usage.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use rust_decimal::Decimal;

use super::Usage;
use super::details::{self, Output};
use super::tool::{self, ToolKind};
use crate::catalog::Tier;
use crate::error::{self, Error, Problem, Result};
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
    /// The seconds of audio, if they are billed instead of tokens; the usage is then empty.
    pub seconds: Option<Decimal>,
    /// The number of calls of each built-in tool. They cost more than the usage.
    pub tool_calls: BTreeMap<ToolKind, u64>,
    /// The images that a tool of the API generated, if the response reports their tokens.
    pub images: Option<GeneratedImages>,
}

/// Images that the tool `image_generation` generated: tokens of another model.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GeneratedImages {
    /// The model that generated them, if the response repeats the tool.
    pub model: Option<String>,
    /// Its usage.
    pub usage: Usage,
}

impl Response {
    /// Reads a response of Chat Completions, Responses, Completions, Embeddings, Realtime, transcription, speech or
    /// images; an event of a stream that has its usage; or a line of a Batch API result file.
    ///
    /// # Errors
    ///
    /// Bytes that are not JSON, JSON without `usage`, numbers that contradict each other, such as more cached tokens
    /// than input, tokens of an unknown kind, and responses whose prices are in no table.
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
        let (response, unknown_tier) = Response::read_any_tier(value, path)?;
        unknown_tier.map_or(Ok(response), Err)
    }

    /// Reads a response also if its tier has no price, such as one of another provider; returns the error of that tier.
    pub(crate) fn read_any_tier(value: &Value<'_>, path: &Path<'_>) -> Result<(Response, Option<Error>)> {
        // A line of a Batch API result file wraps the response.
        if let Some(body) = value.get("response").and_then(|response| response.get("body")) {
            let outer = path.key("response");
            let path = outer.key("body");
            if is_decision(body) {
                return Err(path.error("the price of the Decisions API in a batch is in no table"));
            }
            let (response, unknown_tier) = Response::read_any_tier(body, &path)?;
            return Ok((Response { tier: Some(Tier::Batch), ..response }, unknown_tier));
        }
        // So does the last event of a stream of the Responses API, and the end of a response in a Realtime session.
        if let Some(inner) = value.get("response").filter(|inner| inner.get("usage").is_some()) {
            return Response::read_any_tier(inner, &path.key("response"));
        }
        let Some(usage @ Value::Object(_)) = value.get("usage") else { return Err(without_usage(value, path)) };
        check_prices(value, path)?;
        let path_of_usage = path.key("usage");
        let seconds = details::seconds(usage, &path_of_usage)?;
        let usage = match seconds {
            Some(_) => Usage::default(),
            None => details::usage(usage, &path_of_usage, output_without_breakdown(value))?,
        };
        let created = value.get("created").or(value.get("created_at"));
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let tier = match text("service_tier") {
            _ if is_decision(value) => Ok(Some(Tier::Decisions)),
            Some(word) => Tier::from_api(word).map_err(|message| path.key("service_tier").error(message)),
            None => Ok(None),
        };
        let (tier, unknown_tier) = tier.map_or_else(|error| (None, Some(error)), |tier| (tier, None));
        // Recordings name the model that answered beside that of the request.
        let model = text("model").or(text("response_model")).map(str::to_owned);
        let (tool_calls, images) = (tool::calls(value), generated_images(value, path)?);
        let response = Response { model, day: created.and_then(day_of), tier, usage, seconds, tool_calls, images };
        Ok((response.checked(path)?, unknown_tier))
    }

    fn checked(self, path: &Path<'_>) -> Result<Response> {
        match self.usage.contradiction() {
            Some(message) => Err(path.key("usage").error(message)),
            None => Ok(self),
        }
    }
}

/// Reads the tokens of generated images, which `tool_usage` reports.
fn generated_images(value: &Value<'_>, path: &Path<'_>) -> Result<Option<GeneratedImages>> {
    let usage = value.get("tool_usage").and_then(|usage| usage.get("image_gen"));
    let Some(usage) = usage.filter(|usage| usage.get("input_tokens").is_some()) else { return Ok(None) };
    let outer = path.key("tool_usage");
    let usage = details::usage(usage, &outer.key("image_gen"), Output::Images)?;
    let tools = match value.get("tools") {
        Some(Value::Array(tools)) => tools.as_slice(),
        _ => &[],
    };
    let text = |tool: &Value<'_>, key: &str| tool.get(key).and_then(Value::as_str).map(str::to_owned);
    let generator = tools.iter().find(|tool| text(tool, "type").as_deref() == Some(ToolKind::ImageGeneration.as_str()));
    let model = generator.and_then(|tool| text(tool, "model"));
    Ok((usage != Usage::default()).then_some(GeneratedImages { model, usage }))
}

/// Returns the error of a response without a usage.
fn without_usage(value: &Value<'_>, path: &Path<'_>) -> Error {
    if matches!(value.get("error"), Some(Value::Object(_))) {
        return path.error("the request failed, so that no usage was billed");
    }
    path.error(
        "the field `usage` is missing; a streamed response has it if its request sets stream_options.include_usage",
    )
}

/// Checks that a response is priced by the usual rows of its model.
fn check_prices(value: &Value<'_>, path: &Path<'_>) -> Result<()> {
    let refused = |message: &str, hint: &str| {
        Err(Error::new(error::Kind::Usage, Problem::new(message).at_path(path).with_hint(hint)))
    };
    if value.get("object").and_then(Value::as_str) == Some("batch") {
        return refused(
            "this is a batch, whose usage is the sum of its requests: the price can depend on each",
            "price its output file instead",
        );
    }
    if value.get("svg_usage").is_some_and(|usage| *usage != Value::Null) {
        return Err(path.key("svg_usage").error("the price of this usage is in no table"));
    }
    Ok(())
}

/// Returns whether this is a response of the Decisions API, which has prices of its own.
fn is_decision(value: &Value<'_>) -> bool {
    matches!(value.get("answers"), Some(Value::Array(_)))
}

/// Returns what the output of a response is if its usage has no breakdown.
fn output_without_breakdown(value: &Value<'_>) -> Output {
    let first = match value.get("data") {
        Some(Value::Array(data)) => data.first(),
        _ => None,
    };
    match value.get("type").and_then(Value::as_str) {
        Some("speech.audio.done") => Output::Audio,
        Some("image_generation.completed" | "image_edit.completed") => Output::Images,
        _ if first.is_some_and(|image| image.get("b64_json").or(image.get("url")).is_some()) => Output::Images,
        _ => Output::Text,
    }
}

/// Returns the UTC day of a Unix time in seconds.
pub(crate) fn day_of(seconds: &Value<'_>) -> Option<Date> {
    let Value::Number(seconds) = seconds else { return None };
    let seconds = seconds.as_i64().or(seconds.as_f64().map(|seconds| seconds as i64))?;
    Some(Timestamp::from_second(seconds).ok()?.to_zoned_datetime(TimeZone::UTC).date())
}
