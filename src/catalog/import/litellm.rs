//! litellm's table: an object of models, dollars per token, tiers and long contexts as suffixes of the keys.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::value::RawValue;

use super::{Facts, ImportFormat, Imported, Row, decimal, unreadable};
use crate::catalog::terms::{Field, Kind, Tier};
use crate::error::Result;

type Fields<'t> = BTreeMap<&'t str, &'t RawValue>;

const FIELDS: &[(&str, Field)] = &[
    ("cache_creation_input_token_cost_above_12hr", Field::WriteLong),
    ("cache_creation_input_token_cost", Field::Write),
    ("cache_read_input_audio_token_cost", Field::AudioCached),
    ("cache_read_input_image_token_cost", Field::ImageCached),
    ("cache_read_input_token_cost", Field::Cached),
    ("input_cost_per_audio_token", Field::AudioIn),
    ("input_cost_per_image_token", Field::ImageIn),
    ("input_cost_per_token", Field::Input),
    ("output_cost_per_audio_token", Field::AudioOut),
    ("output_cost_per_image_token", Field::ImageOut),
    ("output_cost_per_token", Field::Output),
];

const TIERS: &[(&str, Tier)] =
    &[("_batches", Tier::Batch), ("_flex", Tier::Flex), ("_priority", Tier::Priority), ("_ultrafast", Tier::Ultrafast)];

const MILLION: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

pub(super) fn read(text: &str) -> Result<Imported> {
    let wrong = |error| unreadable(ImportFormat::Litellm, error);
    let models: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(wrong)?;
    let mut imported = Imported::default();
    for (name, fields) in models {
        let Ok(fields) = serde_json::from_str::<Fields<'_>>(fields.get()) else { continue };
        let provider = fields.get("litellm_provider").map_or("", |provider| provider.get().trim_matches('"'));
        if matches!(provider, "openai" | "text-completion-openai") {
            let name = name.strip_prefix("openai/").unwrap_or(&name);
            for key in fields.keys().filter(|key| is_price(key) && meaning(key).is_none()) {
                imported.ignore(key);
            }
            rows(&fields).into_iter().for_each(|row| imported.push(name, row));
            imported.facts.insert(name.to_owned(), facts(&fields));
        }
    }
    Ok(imported)
}

/// Returns whether a key has a price, or a factor of prices.
fn is_price(key: &str) -> bool {
    key.contains("_cost") || key.contains("_multiplier")
}

/// Returns what the table says about a model. Its number of input tokens is the whole context window for some models, so
/// it is the limit of the input, which is never more than that.
fn facts(fields: &Fields<'_>) -> Facts {
    let text = |key: &str| fields.get(key).map(|value| value.get().trim_matches('"'));
    let tokens = |key: &str| text(key)?.parse().ok();
    Facts {
        kind: text("mode").and_then(kind),
        context: None,
        max_input: tokens("max_input_tokens"),
        max_output: tokens("max_output_tokens"),
        released: None,
        shutdown: text("deprecation_date").and_then(|day| day.parse().ok()),
        successor: text("successor_model").map(str::to_owned),
        checked: None,
    }
}

fn kind(mode: &str) -> Option<Kind> {
    Some(match mode {
        "chat" | "responses" => Kind::Chat,
        "completion" => Kind::Completion,
        "embedding" => Kind::Embedding,
        "image_generation" => Kind::Image,
        "audio_transcription" | "audio_speech" => Kind::Audio,
        "realtime" => Kind::Realtime,
        "moderation" => Kind::Moderation,
        _ => return None,
    })
}

fn rows(fields: &Fields<'_>) -> Vec<Row> {
    let mut rows: BTreeMap<(Tier, u64), [Option<Decimal>; Field::ALL.len()]> = BTreeMap::new();
    for (key, value) in fields {
        if let Some((tier, above, field)) = meaning(key) {
            rows.entry((tier, above)).or_default()[field as usize] = decimal(value.get(), MILLION);
        }
    }
    rows.into_iter().map(|((tier, above), amounts)| Row { from: None, tier, above, amounts }).collect()
}

/// Returns the tier, the threshold and the field of a key such as `input_cost_per_token_above_272k_tokens_flex`.
fn meaning(key: &str) -> Option<(Tier, u64, Field)> {
    let (key, tier) = TIERS
        .iter()
        .find_map(|(suffix, tier)| key.strip_suffix(suffix).map(|key| (key, *tier)))
        .unwrap_or((key, Tier::Standard));
    let (key, above) = match key.strip_suffix("k_tokens").and_then(|key| key.rsplit_once("_above_")) {
        Some((key, thousands)) => (key, thousands.parse::<u64>().ok()?.checked_mul(1_000)?),
        None => (key, 0),
    };
    let field = FIELDS.iter().find(|(name, _)| *name == key)?.1;
    Some((tier, above, field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_of_keys_have_a_meaning() {
        let long = "cache_creation_input_token_cost_above_12hr_above_272k_tokens_flex";
        assert_eq!(meaning(long), Some((Tier::Flex, 272_000, Field::WriteLong)));
        assert_eq!(meaning("input_cost_per_token_batches"), Some((Tier::Batch, 0, Field::Input)));
        assert_eq!(meaning("output_cost_per_token"), Some((Tier::Standard, 0, Field::Output)));
        for key in ["max_tokens", "input_cost_per_token_decisions", "output_cost_per_second", "k_tokens", ""] {
            assert_eq!(meaning(key), None, "{key}");
        }
    }
}
