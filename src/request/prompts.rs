//! The readers of the legacy Completions API and the Embeddings API: prompts, as text or as tokens.

use super::notes::{Notes, missing, text, whole_number};
use super::{Api, Input, OutputLimit, Prompt, Request};
use crate::error::Result;
use crate::json::{Fields, Path, Value, unique};

/// The fields of either body that cost no input tokens.
const FREE_FIELDS: &[&str] = &[
    "dimensions",
    "echo",
    "encoding_format",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "presence_penalty",
    "seed",
    "stop",
    "stream",
    "stream_options",
    "temperature",
    "top_p",
    "user",
];

/// The greatest `n` or `best_of` that the API accepts, by its reference.
const MAX_CHOICES: u64 = 128;

/// Reads a body whose prompts are the field `prompts`.
pub(super) fn read_body(fields: Fields<'_>, api: Api, path: &Path<'_>) -> Result<Request> {
    let field = if api == Api::Embeddings { "input" } else { "prompt" };
    let mut request = Request { api: Some(api), ..Request::new(Input::Prompts(Vec::new())) };
    let (mut prompts, mut suffix, mut best_of) = (None, None, None);
    let mut notes = Notes::default();
    for (key, value) in unique(fields, path)? {
        let path = path.key(&key);
        match key.as_ref() {
            key if key == field => prompts = Some(read_prompts(value, &path)?),
            "model" => request.model = text(value, &path)?,
            "suffix" => suffix = text(value, &path)?,
            "max_tokens" => {
                let tokens = whole_number(&value, u64::from(u32::MAX), &path)?;
                request.output_limit = tokens.map(|tokens| OutputLimit { tokens, field: "max_tokens" });
            }
            "n" => request.choices = whole_number(&value, MAX_CHOICES, &path)?.unwrap_or(1),
            "best_of" => best_of = whole_number(&value, MAX_CHOICES, &path)?,
            "service_tier" => request.service_tier = text(value, &path)?,
            key if FREE_FIELDS.contains(&key) => {}
            _ => notes.other_field(&[], &value, &path),
        }
    }
    let prompts = prompts.ok_or_else(|| missing(field, path))?;
    // Each prompt has this number of answers, and all are billed, also those that `best_of` drops.
    request.choices = request.choices.max(best_of.unwrap_or(1)).saturating_mul(prompts.len() as u64);
    Ok(notes.finish(Request { input: Input::Prompts(prompts), suffix, ..request }))
}

/// Reads text, an array of texts, an array of tokens, or an array of such arrays.
fn read_prompts(value: Value<'_>, path: &Path<'_>) -> Result<Vec<Prompt>> {
    let values = match value {
        Value::String(text) => {
            return Ok(vec![Prompt { text: Some(text.into_owned()), tokens: 0, path: path.to_string() }]);
        }
        Value::Array(values) if values.is_empty() => {
            return Err(path.error("there are no prompts; a request needs at least one"));
        }
        Value::Array(values) => values,
        other => return Err(path.expected("text, or an array of texts or of tokens", &other)),
    };
    if values.iter().all(|value| matches!(value, Value::Number(_))) {
        return Ok(vec![Prompt { text: None, tokens: values.len() as u64, path: path.to_string() }]);
    }
    let read = |(index, value)| {
        let path = path.index(index);
        let (text, tokens) = match value {
            Value::String(text) => (Some(text.into_owned()), 0),
            Value::Array(tokens) if tokens.iter().all(|token| matches!(token, Value::Number(_))) => {
                (None, tokens.len() as u64)
            }
            other => return Err(path.expected("a text, or an array of tokens", &other)),
        };
        Ok(Prompt { text, tokens, path: path.to_string() })
    };
    values.into_iter().enumerate().map(read).collect()
}
