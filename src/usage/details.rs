//! Reads a `usage` with its breakdowns. A breakdown that is not understood is an error: its tokens are never billed as
//! text.

use rust_decimal::Decimal;

use super::Usage;
use crate::error::{Error, Problem, Result};
use crate::json::{Path, Value};
use crate::money::grouped;

/// The names of a breakdown. Realtime and transcription have the singular.
const INPUT_DETAILS: &[&str] = &["prompt_tokens_details", "input_tokens_details", "input_token_details"];
const OUTPUT_DETAILS: &[&str] = &["completion_tokens_details", "output_tokens_details", "output_token_details"];

/// What the output is if its usage has no breakdown.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Output {
    Text,
    Audio,
    Images,
}

/// Reads a usage.
pub(super) fn usage(value: &Value<'_>, path: &Path<'_>, output_is: Output) -> Result<Usage> {
    let whole = Numbers { value, path };
    let either = |one, other| Ok::<_, Error>(whole.get(one)?.or(whole.get(other)?));
    let Some(input) = either("prompt_tokens", "input_tokens")? else {
        return Err(path.error("expected `prompt_tokens` or `input_tokens`, found neither"));
    };
    let output = either("completion_tokens", "output_tokens")?.unwrap_or(0);
    check_details(value, path)?;
    let usage = match details(value, INPUT_DETAILS) {
        Some((key, details)) => read_input(input, &Numbers { value: details, path: &path.key(key) })?,
        None => Usage::new(input, 0),
    };
    match details(value, OUTPUT_DETAILS) {
        Some((key, details)) => {
            read_output(Usage { output, ..usage }, &Numbers { value: details, path: &path.key(key) }, output_is)
        }
        None => Ok(unbroken(Usage { output, ..usage }, output_is)),
    }
}

/// Checks that no breakdown has another name.
fn check_details(usage: &Value<'_>, path: &Path<'_>) -> Result<()> {
    let Value::Object(fields) = usage else { return Ok(()) };
    let is_known = |key: &str| INPUT_DETAILS.contains(&key) || OUTPUT_DETAILS.contains(&key);
    let is_breakdown = |key: &str| key.ends_with("_tokens_details") || key.ends_with("_token_details");
    let unknown = fields.iter().filter(|(key, _)| is_breakdown(key) && !is_known(key));
    unknown.into_iter().try_for_each(|(key, value)| check_zero(value, &path.key(key)))
}

/// Returns the breakdown under one of its names.
fn details<'v, 'a>(value: &'v Value<'a>, keys: &[&'static str]) -> Option<(&'static str, &'v Value<'a>)> {
    keys.iter().find_map(|key| Some((*key, value.get(key).filter(|details| **details != Value::Null)?)))
}

/// Returns the seconds of a usage that is a duration and not tokens, from their digits as written.
pub(super) fn seconds(usage: &Value<'_>, path: &Path<'_>) -> Result<Option<Decimal>> {
    /// A nanosecond is more precise than any bill.
    const MAX_DECIMALS: u32 = 9;
    if usage.get("type").and_then(Value::as_str) != Some("duration") {
        return Ok(None);
    }
    let seconds = match usage.get("seconds") {
        Some(Value::Number(seconds)) => Decimal::from_str_exact(&seconds.to_string()).ok(),
        _ => None,
    };
    let seconds = seconds.filter(|seconds| !seconds.is_sign_negative() && seconds.scale() <= MAX_DECIMALS);
    match seconds.filter(|seconds| *seconds <= Decimal::from(u32::MAX)) {
        Some(seconds) => Ok(Some(seconds)),
        None => Err(path.key("seconds").error("expected a number of seconds")),
    }
}

/// The numbers of an object.
struct Numbers<'v, 'a, 'p> {
    value: &'v Value<'a>,
    path: &'p Path<'p>,
}

impl<'v, 'a> Numbers<'v, 'a, '_> {
    fn get(&self, key: &str) -> Result<Option<u64>> {
        match self.value.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) if number.as_u64().is_some() => Ok(number.as_u64()),
            Some(other) => Err(self.path.key(key).expected("a whole number of tokens", other)),
        }
    }

    fn get_or_zero(&self, key: &str) -> Result<u64> {
        Ok(self.get(key)?.unwrap_or(0))
    }

    /// Checks that the object has no field beside the known ones, except zeros.
    fn check_known(&self, known: &[&str]) -> Result<()> {
        let Value::Object(fields) = self.value else { return Err(self.path.expected("an object", self.value)) };
        for (key, value) in fields.iter().filter(|(key, _)| !known.contains(&key.as_ref())) {
            check_zero(value, &self.path.key(key))?;
        }
        Ok(())
    }

    /// Checks that parts add up to a whole.
    fn check_sum(&self, parts: &[u64], names: &str, whole: u64, of: &str) -> Result<()> {
        let sum = parts.iter().fold(0, |sum: u64, part| sum.saturating_add(*part));
        if sum == whole {
            return Ok(());
        }
        Err(self.path.error(format!("{} {names} tokens are not the {} {of} tokens", grouped(sum), grouped(whole))))
    }
}

/// Checks that a field of unknown meaning has no tokens.
fn check_zero(value: &Value<'_>, path: &Path<'_>) -> Result<()> {
    match value {
        Value::Number(number) if number.to_string().contains(|digit: char| ('1'..='9').contains(&digit)) => {
            let problem = Problem::new("these tokens are of an unknown kind, and their price is unknown").at_path(path);
            Err(Error::new(crate::error::Kind::Usage, problem.with_hint("a newer gpt-cost may know it")))
        }
        Value::Object(fields) => fields.iter().try_for_each(|(key, value)| check_zero(value, &path.key(key))),
        Value::Array(values) => {
            values.iter().enumerate().try_for_each(|(index, value)| check_zero(value, &path.index(index)))
        }
        _ => Ok(()),
    }
}

fn read_input(input: u64, details: &Numbers<'_, '_, '_>) -> Result<Usage> {
    details.check_known(&[
        "text_tokens",
        "audio_tokens",
        "image_tokens",
        "cached_tokens",
        "cached_tokens_details",
        "cache_write_tokens",
        "cache_write_tokens_details",
    ])?;
    let usage = Usage::new(input, 0)
        .audio_input(details.get_or_zero("audio_tokens")?)
        .image_input(details.get_or_zero("image_tokens")?)
        .written(details.get_or_zero("cache_write_tokens")?);
    if let Some(text) = details.get("text_tokens")? {
        let kinds = [text, usage.audio_input, usage.image_input];
        // A response whose breakdown is all zeros has none.
        if kinds != [0; 3] {
            details.check_sum(&kinds, "text, audio and image", input, "input")?;
        }
    }
    read_cached(read_written(usage, details)?, details)
}

fn read_written(usage: Usage, details: &Numbers<'_, '_, '_>) -> Result<Usage> {
    let Some(value) = details.value.get("cache_write_tokens_details").filter(|value| **value != Value::Null) else {
        return Ok(usage);
    };
    let written = Numbers { value, path: &details.path.key("cache_write_tokens_details") };
    written.check_known(&["ttl_12h_tokens", "ttl_30m_tokens"])?;
    let (long, short) = (written.get_or_zero("ttl_12h_tokens")?, written.get("ttl_30m_tokens")?);
    match short {
        Some(short) => written.check_sum(&[long, short], "12-hour and 30-minute", usage.written, "cache write")?,
        None if long > usage.written => written.check_sum(&[long], "12-hour", usage.written, "cache write")?,
        None => {}
    }
    Ok(usage.written_long(long))
}

/// Reads the cached tokens. Without a breakdown, what they are is known if all input is text, all of it is cached, or
/// none is.
fn read_cached(usage: Usage, details: &Numbers<'_, '_, '_>) -> Result<Usage> {
    let cached = details.get("cached_tokens")?;
    let Usage { input, written, audio_input, image_input, .. } = usage;
    let value = details.value.get("cached_tokens_details").filter(|value| **value != Value::Null);
    let Some(value) = value.filter(|value| !matches!(value, Value::Object(fields) if fields.is_empty())) else {
        let usage = usage.cached(cached.unwrap_or(0));
        let has_kinds = audio_input > 0 || image_input > 0;
        return Ok(match usage.cached {
            cached if cached == input => usage.cached_audio(audio_input).cached_images(image_input),
            0 if written == 0 => usage,
            _ => Usage { has_unknown_cache: has_kinds, ..usage },
        });
    };
    let kinds = Numbers { value, path: &details.path.key("cached_tokens_details") };
    kinds.check_known(&["text_tokens", "audio_tokens", "image_tokens"])?;
    let [text, audio, images] =
        [kinds.get_or_zero("text_tokens")?, kinds.get_or_zero("audio_tokens")?, kinds.get_or_zero("image_tokens")?];
    let sum = text.saturating_add(audio).saturating_add(images);
    kinds.check_sum(&[sum], "text, audio and image", cached.unwrap_or(sum), "cached")?;
    let has_kinds = audio_input > audio || image_input > images;
    let usage = usage.cached(sum).cached_audio(audio).cached_images(images);
    // What is written to the cache has no breakdown by kind.
    Ok(Usage { has_unknown_cache: written > 0 && has_kinds, ..usage })
}

fn read_output(usage: Usage, details: &Numbers<'_, '_, '_>, output_is: Output) -> Result<Usage> {
    details.check_known(&[
        "text_tokens",
        "audio_tokens",
        "image_tokens",
        "reasoning_tokens",
        // Both are among the output tokens, and cost what they cost.
        "accepted_prediction_tokens",
        "rejected_prediction_tokens",
    ])?;
    let text = details.get("text_tokens")?;
    let audio = details.get_or_zero("audio_tokens")?;
    let images = details.get_or_zero("image_tokens")?;
    let usage = usage.reasoning(details.get_or_zero("reasoning_tokens")?);
    if text.is_none() && audio == 0 && images == 0 {
        return Ok(unbroken(usage, output_is));
    }
    let usage = usage.audio_output(audio).image_output(images);
    if let Some(text) = text.filter(|text| [*text, audio, images] != [0; 3]) {
        // No document says whether text includes reasoning.
        let with_reasoning = text.saturating_add(usage.reasoning).saturating_add(audio).saturating_add(images);
        if with_reasoning != usage.output {
            details.check_sum(&[text, audio, images], "text, audio and image", usage.output, "output")?;
        }
    }
    Ok(usage)
}

/// Returns the usage of an output without a breakdown.
fn unbroken(usage: Usage, output_is: Output) -> Usage {
    match output_is {
        Output::Text => usage,
        Output::Audio => usage.audio_output(usage.output),
        Output::Images => usage.image_output(usage.output),
    }
}
