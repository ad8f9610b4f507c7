//! The `usage` of a real response, and what it costs.

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

use crate::catalog::{Field, ModelRef, Tier};
use crate::error::{self, Error, Problem, Result};
use crate::json::{self, Path, Value};
use crate::money::{Rate, Usd, grouped};

/// The tokens that the API billed, as a response tells them.
///
/// The parts are parts of their whole: cached tokens are input tokens, and reasoning tokens are output tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// All input tokens.
    pub input: u64,
    /// Those of them that were read from the prompt cache.
    pub cached: u64,
    /// Those of them that were written to the prompt cache.
    pub written: u64,
    /// Those of them that are audio.
    pub audio_input: u64,
    /// All output tokens.
    pub output: u64,
    /// Those of them that nobody sees, since the model thought with them. They cost what other output costs.
    pub reasoning: u64,
    /// Those of them that are audio.
    pub audio_output: u64,
}

/// What a response tells of its price.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The model that answered.
    pub model: Option<String>,
    /// The day on which it answered, in UTC.
    pub day: Option<Date>,
    /// The service tier that it was billed at, where that is another than the standard one.
    pub tier: Option<Tier>,
    /// What was billed.
    pub usage: Usage,
}

/// The price of a response, rate by rate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bill {
    /// What each rate charges; together, each token once.
    pub charges: Vec<Charge>,
    /// The sum.
    pub total: Usd,
}

/// Tokens at one rate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Charge {
    /// What they are, such as `cached input`.
    pub what: &'static str,
    /// How many there are.
    pub tokens: u64,
    /// What a thousand or a million of them cost.
    pub rate: Rate,
    /// What they cost.
    pub cost: Usd,
}

impl Response {
    /// Reads a response of Chat Completions, Responses, Completions or Embeddings; one of the Batch API, too.
    ///
    /// # Errors
    ///
    /// Bytes that are no JSON, JSON without `usage`, and numbers that contradict each other, such as more cached tokens than input.
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
        let text = std::str::from_utf8(bytes).map_err(|_| unreadable(Problem::new("not UTF-8")))?;
        Response::read(&json::parse(text)?, &Path::Top)
    }

    /// Reads a response from the tree of its JSON text.
    pub(crate) fn read(value: &Value<'_>, path: &Path<'_>) -> Result<Response> {
        // A line of a Batch file's results has the response inside.
        if let Some(body) = value.get("response").and_then(|response| response.get("body")) {
            return Response { tier: Some(Tier::Batch), ..Response::read(body, &path.key("body"))? }.checked(path);
        }
        // The last event of a stream of the Responses API has it inside, too.
        if let Some(inner) = value.get("response").filter(|inner| inner.get("usage").is_some()) {
            return Response::read(inner, &path.key("response"));
        }
        let usage = match value.get("usage") {
            Some(usage @ Value::Object(_)) => read_usage(usage, &path.key("usage"))?,
            _ => {
                return Err(path.error(
                    "the field `usage` is missing; a streamed answer has it with stream_options.include_usage",
                ));
            }
        };
        let created = value.get("created").or(value.get("created_at"));
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let tier = text("service_tier").and_then(Tier::from_word);
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

impl Usage {
    /// Returns what is wrong with the numbers, where parts are more than their whole.
    fn contradiction(&self) -> Option<String> {
        let parts = self.cached.saturating_add(self.written).saturating_add(self.audio_input);
        if parts > self.input {
            let (parts, input) = (grouped(parts), grouped(self.input));
            return Some(format!("{parts} cached, written and audio tokens are more than the {input} of input"));
        }
        let part = self.reasoning.max(self.audio_output);
        (part > self.output).then(|| {
            format!("{} reasoning or audio tokens are more than the {} of output", grouped(part), grouped(self.output))
        })
    }
}

/// Returns the day of a time in seconds since 1970.
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
        return Err(path.error("neither `prompt_tokens` nor `input_tokens` is there"));
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

fn unreadable(problem: Problem) -> Error {
    Error::new(error::Kind::Request, problem)
}

impl ModelRef<'_> {
    /// Returns what `usage` costs with this model, on `day`, at `tier`: each token once, at its own rate. Cached input without a price of its
    /// own costs what input costs.
    ///
    /// # Errors
    ///
    /// An alias that stood for no model on the day, a day or tier without a price, and audio without a price of its own: what is not known is
    /// never guessed and never zero. And a usage that contradicts itself, such as one with more cached tokens than input.
    ///
    /// ```
    /// use gpt_cost::{Catalog, Date, Tier, usage::Usage};
    ///
    /// let mut usage = Usage::default();
    /// (usage.input, usage.cached, usage.output) = (1_200, 1_000, 50);
    /// let day = Date::new(2026, 11, 23)?;
    /// let bill = Catalog::builtin().model("gpt-4o-2024-08-06")?.bill(&usage, day, Tier::Standard)?;
    /// assert_eq!(bill.total.to_string(), "$0.00225");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bill(&self, usage: &Usage, day: Date, tier: Tier) -> Result<Bill> {
        let (_, model) = self.on(day)?;
        let missing = |what: &str| {
            let problem = Problem::new(format!("`{}` has no {} price for {what} on {day}", model.name(), tier.word()));
            Error::new(error::Kind::MissingPrice, problem)
        };
        if let Some(message) = usage.contradiction() {
            return Err(unreadable(Problem::new(message)));
        }
        let row = model.price(day, tier, usage.input).ok_or_else(|| missing("so much input"))?;
        let text_input = usage.input - usage.cached - usage.written - usage.audio_input;
        let text_output = usage.output - usage.audio_output;
        let parts = [
            ("input", text_input, row.rate(Field::Input)),
            ("cached input", usage.cached, row.rate(Field::Cached).or(row.rate(Field::Input))),
            ("cache writes", usage.written, row.rate(Field::Write).or(row.rate(Field::Input))),
            ("audio input", usage.audio_input, row.rate(Field::AudioIn)),
            ("output", text_output, row.rate(Field::Output)),
            ("audio output", usage.audio_output, row.rate(Field::AudioOut)),
        ];
        let mut charges = Vec::new();
        for (what, tokens, rate) in parts.into_iter().filter(|(_, tokens, _)| *tokens > 0) {
            let rate = rate.ok_or_else(|| missing(what))?;
            charges.push(Charge { what, tokens, rate, cost: rate.cost(tokens) });
        }
        Ok(Bill { total: charges.iter().map(|charge| charge.cost).sum(), charges })
    }
}
