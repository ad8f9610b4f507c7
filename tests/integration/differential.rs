//! Prices compared with those of genai-prices, by its own calculator: each rate, and random usages.
//!
//! Both tables have sources in common, so that agreement shows that no row was copied or computed wrongly, not that the
//! API bills so. Where they differ, the reason is in [`DIFFERENCES`]; any other difference fails. Models that
//! genai-prices does not know are not compared, and neither are prices that our table does not have.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use genai_prices::{Calculator, ErrorKind, PriceRequest, UsageKey};
use gpt_cost::catalog::{Field, Model};
use gpt_cost::usage::Usage;
use gpt_cost::{Catalog, Date, Tier};
use rust_decimal::Decimal;

/// A day on which both tables have prices of all tiers: genai-prices has no tiers before 2026-10-14.
const DAY: Date = Date::constant(2026, 11, 24);

/// A known difference. It applies to models by the names that are looked up or the names of their rows.
struct Known {
    models: &'static [&'static str],
    tier: Tier,
    /// The first day on which both tables agree, if they do now.
    before: Option<Date>,
    /// The components whose rates differ; none means all.
    fields: &'static [Field],
    reason: &'static str,
}

/// The differences; those with a number are of the comparison of 2026-11-24 with both litellm and genai-prices.
const DIFFERENCES: &[Known] = &[
    Known {
        models: &["gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "o3", "o4-mini", "ft:gpt-4o-mini-2024-07-18"],
        tier: Tier::Batch,
        before: None,
        fields: &[Field::Cached],
        reason: "D1: OpenAI's FAQ on caching: no discount on the Batch API, on the models of its time",
    },
    Known {
        models: &["ft:gpt-4o-2024-08-06", "ft:gpt-4o-2024-11-20", "ft:gpt-4o-mini-2024-07-18"],
        tier: Tier::Standard,
        before: None,
        fields: &[Field::Cached],
        reason: "D2: openai.com/index/api-prompt-caching has the prices that genai-prices lacks",
    },
    Known {
        models: &["o3"],
        tier: Tier::Standard,
        before: Some(Date::constant(2025, 6, 10)),
        fields: &[Field::Cached],
        reason: "D3: genai-prices has the later price of cached input for the days before",
    },
    Known {
        models: &["gpt-4o-realtime-preview-2024-10-01"],
        tier: Tier::Standard,
        before: None,
        fields: &[Field::AudioIn, Field::AudioCached, Field::AudioOut],
        reason: "D14: genai-prices has the prices of the later snapshots for the first one",
    },
    Known {
        models: &[
            "gpt-4o-audio-preview-2024-10-01",
            "gpt-4o-audio-preview-2024-12-17",
            "gpt-4o-audio-preview-2025-06-03",
            "gpt-4o-mini-audio-preview",
        ],
        tier: Tier::Standard,
        before: None,
        fields: &[Field::AudioIn, Field::AudioOut],
        reason: "genai-prices has no price of audio",
    },
    Known {
        models: &[
            "babbage-002",
            "davinci-002",
            "gpt-4.5-preview",
            "gpt-4o-search-preview",
            "text-embedding-3-large",
            "text-embedding-3-small",
            "text-embedding-ada-002",
            // By this name alone: gpt-image-1.5 has them.
            "chatgpt-image-latest",
        ],
        tier: Tier::Batch,
        before: None,
        fields: &[],
        reason: "genai-prices has no batch prices",
    },
    Known {
        models: &["gpt-6-astra", "gpt-6.1-sol"],
        tier: Tier::Ultrafast,
        before: None,
        fields: &[],
        reason: "genai-prices has no ultrafast prices",
    },
    Known {
        models: &["gpt-6-luna"],
        tier: Tier::Decisions,
        before: None,
        fields: &[Field::Cached, Field::Write, Field::Output],
        reason: "genai-prices does not know the Decisions API, whose output is free",
    },
    Known {
        models: &["gpt-3.5-turbo"],
        tier: Tier::Standard,
        before: Some(Date::constant(2024, 2, 16)),
        fields: &[],
        reason: "genai-prices has no earlier prices",
    },
    Known {
        models: &["gpt-3.5-turbo-0301", "text-embedding-ada-002"],
        tier: Tier::Standard,
        before: Some(Date::constant(2023, 6, 13)),
        fields: &[],
        reason: "genai-prices has no earlier prices",
    },
    Known {
        models: &["ft:gpt-3.5-turbo-0613"],
        tier: Tier::Standard,
        before: Some(Date::constant(2023, 11, 6)),
        fields: &[],
        reason: "genai-prices has no earlier prices",
    },
    Known {
        models: &["o1-mini"],
        tier: Tier::Standard,
        before: Some(Date::constant(2025, 1, 31)),
        fields: &[],
        reason: "genai-prices has no earlier prices",
    },
];

/// A name of a model that both tables know, on a day, at a tier.
struct Case<'c> {
    name: String,
    model: &'c Model,
    day: Date,
    tier: Tier,
}

impl Case<'_> {
    /// Returns the known differences of the case, by their index.
    fn known(&self) -> impl Iterator<Item = usize> {
        let is_of = |one: &Known| {
            one.models.iter().any(|name| *name == self.name || *name == self.model.name())
                && one.tier == self.tier
                && one.before.is_none_or(|before| self.day < before)
        };
        (0..DIFFERENCES.len()).filter(move |index| is_of(&DIFFERENCES[*index]))
    }

    /// Returns whether the rate of a component is known to differ.
    fn differs_in(&self, field: Field) -> bool {
        self.known().any(|index| {
            let fields = DIFFERENCES[index].fields;
            fields.is_empty() || fields.contains(&field)
        })
    }

    /// Returns whether our row has a rate for a component that genai-prices can have, too.
    fn has(&self, field: Field, input: u64) -> bool {
        let Some(row) = self.model.price(self.day, self.tier, input) else { return false };
        match field {
            // Without a rate of their own, they cost what input costs.
            Field::Cached | Field::Write => true,
            Field::WriteLong => false,
            field => row.rate(field).is_some(),
        }
    }
}

/// Returns the cases: each name on [`DAY`] at each tier, and at the standard tier on each day on which a price changed,
/// and the day before.
fn cases(catalog: &Catalog) -> Vec<Case<'_>> {
    let rows = catalog.models().into_iter().flat_map(|found| {
        let names = [found.model.name()].into_iter().chain(found.model.also());
        names.map(move |name| (name.to_owned(), found.model)).collect::<Vec<_>>()
    });
    let aliases = catalog.aliases().into_iter().filter_map(|alias| {
        let found = catalog.model(alias.name()).unwrap().resolve(DAY).ok()?;
        Some((alias.name().to_owned(), found.model))
    });
    let mut cases = Vec::new();
    for (name, model) in rows.chain(aliases) {
        if theirs(&name, DAY, Tier::Standard, &Usage::new(1, 0)).is_none() {
            continue;
        }
        let mut days: BTreeSet<(Date, Tier)> = model.tiers().map(|tier| (DAY, tier)).collect();
        // What an alias was before is another model.
        let has_history = catalog.model(&name).unwrap().alias().is_none();
        for row in model.prices().iter().filter(|row| has_history && row.tier() == Tier::Standard) {
            let from = row.from().into_iter().filter(|from| *from <= DAY);
            days.extend(from.flat_map(|from| [from.yesterday().unwrap(), from]).map(|day| (day, Tier::Standard)));
        }
        let of_name = |(day, tier)| Case { name: name.clone(), model, day, tier };
        cases.extend(days.into_iter().map(of_name));
    }
    cases
}

#[test]
fn each_rate_is_that_of_genai_prices() {
    let catalog = Catalog::builtin();
    let (mut compared, mut used, mut unexpected) = (0, BTreeSet::new(), Vec::new());
    for case in cases(&catalog) {
        // Below and above the number of tokens at which prices change.
        for input in [100_000, 300_000] {
            for field in Field::ALL.iter().copied().filter(|field| case.has(*field, input)) {
                let usage = usage_of(field, input);
                let Some(own) = ours(case.model, case.day, case.tier, &usage) else { continue };
                let other = theirs(&case.name, case.day, case.tier, &usage).unwrap();
                compared += 1;
                if own == other {
                    continue;
                }
                if case.differs_in(field) {
                    used.extend(case.known());
                } else {
                    let Case { name, day, tier, .. } = &case;
                    unexpected.push(format!("{name} {day} {tier} {field} {input}: ours {own}, genai-prices {other}"));
                }
            }
        }
    }
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
    assert!(compared >= 3_000, "{compared}");
    let unused = (0..DIFFERENCES.len()).filter(|index| !used.contains(index));
    let unused: Vec<&str> = unused.map(|index| DIFFERENCES[index].reason).collect();
    assert!(unused.is_empty(), "these differences are gone: {unused:?}");
}

/// Random usages, with all components that do not differ. GPT_COST_USAGES sets their number, 5,000 by default.
#[test]
fn random_usages_cost_what_genai_prices_computes() {
    let number = std::env::var("GPT_COST_USAGES").map_or(5_000, |number| number.parse().unwrap());
    let catalog = Catalog::builtin();
    let cases = cases(&catalog);
    let mut random = Random(20_261_124);
    let mut compared = 0;
    while compared < number {
        let case = &cases[random.up_to(cases.len() as u64 - 1) as usize];
        let input = match random.up_to(3) {
            0 => random.up_to(2_000),
            1 => random.up_to(1_000_000),
            2 => 272_000 + random.up_to(1),
            _ => random.up_to(272_000),
        };
        // A tier without a price for long inputs is not compared: ours is unknown then, theirs is that of short ones.
        if case.differs_in(Field::Input) || !case.has(Field::Input, input) {
            continue;
        }
        let usage = random_usage(case, input, &mut random);
        let own = ours(case.model, case.day, case.tier, &usage).unwrap();
        let other = theirs(&case.name, case.day, case.tier, &usage).unwrap();
        let Case { name, day, tier, .. } = case;
        // Theirs is binary: less than a billionth of a dollar is rounding.
        assert!((own - other).abs() < Decimal::new(1, 9), "{name} {day} {tier} {usage:?}: ours {own}, theirs {other}");
        compared += 1;
    }
}

fn random_usage(case: &Case<'_>, input: u64, random: &mut Random) -> Usage {
    let has = |field| case.has(field, input) && !case.differs_in(field);
    let mut part = |field: Field, of: u64| if has(field) { random.up_to(of) } else { 0 };
    let audio = part(Field::AudioIn, input / 2);
    let images = part(Field::ImageIn, input / 2);
    let text = input - audio - images;
    let cached_audio = part(Field::AudioCached, audio);
    let cached_images = part(Field::ImageCached, images);
    let cached = part(Field::Cached, text);
    let written = if audio + images == 0 { part(Field::Write, text - cached) } else { 0 };
    let text_output = part(Field::Output, 50_000);
    let audio_output = part(Field::AudioOut, 50_000);
    let image_output = part(Field::ImageOut, 50_000);
    Usage::new(input, text_output + audio_output + image_output)
        .cached(cached + cached_audio + cached_images)
        .cached_audio(cached_audio)
        .cached_images(cached_images)
        .written(written)
        .audio_input(audio)
        .image_input(images)
        .audio_output(audio_output)
        .image_output(image_output)
}

/// SplitMix64: the same numbers on every machine.
struct Random(u64);

impl Random {
    /// Returns a number from 0 to `most`.
    fn up_to(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % (most + 1)
    }
}

/// Returns the cost by genai-prices in dollars, rounded to twelve places; `None` if it does not know the model.
fn theirs(name: &str, day: Date, tier: Tier, usage: &Usage) -> Option<Decimal> {
    let numbers = [
        (UsageKey::INPUT_TOKENS, usage.input),
        (UsageKey::CACHE_READ_TOKENS, usage.cached),
        (UsageKey::CACHE_WRITE_TOKENS, usage.written),
        (UsageKey::INPUT_AUDIO_TOKENS, usage.audio_input),
        (UsageKey::CACHE_AUDIO_READ_TOKENS, usage.cached_audio),
        (UsageKey::INPUT_IMAGE_TOKENS, usage.image_input),
        (UsageKey::CACHE_IMAGE_READ_TOKENS, usage.cached_images),
        (UsageKey::OUTPUT_TOKENS, usage.output),
        (UsageKey::OUTPUT_AUDIO_TOKENS, usage.audio_output),
        (UsageKey::OUTPUT_IMAGE_TOKENS, usage.image_output),
    ];
    // Where cached tokens can be of several kinds, it also wants the zeros.
    let kinds = [
        (usage.audio_input, UsageKey::CACHE_AUDIO_READ_TOKENS),
        (usage.image_input, UsageKey::CACHE_IMAGE_READ_TOKENS),
    ];
    let is_wanted = |key: &UsageKey| usage.cached > 0 && kinds.iter().any(|(tokens, kind)| *tokens > 0 && kind == key);
    let numbers = numbers.into_iter().filter(|(key, tokens)| *tokens > 0 || is_wanted(key));
    let usage: genai_prices::Usage = numbers.map(|(key, tokens)| (key, tokens as f64)).collect();
    let days = (day - Date::constant(1970, 1, 1)).get_days();
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(days as u64 * 86_400 + 43_200);
    let request = PriceRequest::new(name, &usage).with_provider_id("openai").with_timestamp(at);
    let request = match tier {
        Tier::Batch => request.with_price_context("processing", "batch"),
        Tier::Standard => request,
        tier => request.with_price_context("service_tier", tier.as_str()),
    };
    let price = match Calculator::bundled().calculate(&request) {
        Ok(price) => price,
        Err(error) if error.kind() == ErrorKind::ModelNotFound => return None,
        Err(error) => panic!("{name} {day} {tier} {usage:?}: {error}"),
    };
    assert_eq!((price.provider_id.as_str(), price.warnings.as_slice()), ("openai", [].as_slice()), "{name}");
    Some(Decimal::from_f64_retain(price.total_price).unwrap().round_dp(12))
}

/// Returns the cost by our table.
fn ours(model: &Model, day: Date, tier: Tier, usage: &Usage) -> Option<Decimal> {
    Some(model.price(day, tier, usage.input)?.cost(usage)?.amount())
}

/// Returns a usage in which `input` tokens are of one component, or one with as many tokens of output of it.
fn usage_of(field: Field, input: u64) -> Usage {
    let usage = Usage::new(input, 0);
    match field {
        Field::Input => usage,
        Field::Cached => usage.cached(input),
        Field::Write => usage.written(input),
        Field::Output => Usage::new(input, input),
        Field::AudioIn => usage.audio_input(input),
        Field::AudioCached => usage.cached(input).audio_input(input).cached_audio(input),
        Field::AudioOut => Usage::new(input, input).audio_output(input),
        Field::ImageIn => usage.image_input(input),
        Field::ImageCached => usage.cached(input).image_input(input).cached_images(input),
        Field::ImageOut => Usage::new(input, input).image_output(input),
        field => panic!("genai-prices has no {field}"),
    }
}
