//! The pricing rule: a price row charges each component of a usage once, at its own rate. Estimates, bills and
//! baselines all use it.

use std::fmt;

use jiff::civil::Date;

use super::{ImageCharges, UnitCharge, UnpricedCalls, Usage};
use crate::catalog::{Field, ModelRef, PriceRow, Tier};
use crate::error::{self, Error, Problem, Result};
use crate::money::{Rate, Uplift, Usd, grouped};
use crate::names::names;

names! {
    /// A component of a usage: the tokens with one rate. The components add up to all tokens, each counted once.
    pub enum ChargeKind {
        /// Input text that is neither read from the prompt cache nor written to it.
        Input = "input",
        /// Input text that is read from the prompt cache.
        CachedInput = "cached_input",
        /// Input that is written to the prompt cache for 30 minutes.
        CacheWrites = "cache_writes",
        /// Input that is written to the prompt cache for 12 hours.
        LongCacheWrites = "long_cache_writes",
        /// Audio input that is not read from the prompt cache.
        AudioInput = "audio_input",
        /// Audio input that is read from the prompt cache.
        CachedAudioInput = "cached_audio_input",
        /// Image input that is not read from the prompt cache.
        ImageInput = "image_input",
        /// Image input that is read from the prompt cache.
        CachedImageInput = "cached_image_input",
        /// Output text, reasoning included.
        Output = "output",
        /// Audio output.
        AudioOutput = "audio_output",
        /// Image output.
        ImageOutput = "image_output",
    }
}

impl ChargeKind {
    /// Returns the name with spaces, for people.
    pub fn in_words(self) -> String {
        self.as_str().replace('_', " ")
    }

    /// Returns the tokens of this component in a usage.
    fn tokens(self, usage: &Usage) -> u64 {
        let [audio, images] = [(usage.audio_input, usage.cached_audio), (usage.image_input, usage.cached_images)]
            .map(|(all, cached)| all.saturating_sub(cached));
        let less = |all: u64, parts: &[u64]| parts.iter().fold(all, |left, part| left.saturating_sub(*part));
        match self {
            ChargeKind::Input => less(usage.input, &[usage.cached, usage.written, audio, images]),
            ChargeKind::CachedInput => less(usage.cached, &[usage.cached_audio, usage.cached_images]),
            ChargeKind::CacheWrites => less(usage.written, &[usage.written_long]),
            ChargeKind::LongCacheWrites => usage.written_long,
            ChargeKind::AudioInput => audio,
            ChargeKind::CachedAudioInput => usage.cached_audio,
            ChargeKind::ImageInput => images,
            ChargeKind::CachedImageInput => usage.cached_images,
            ChargeKind::Output => less(usage.output, &[usage.audio_output, usage.image_output]),
            ChargeKind::AudioOutput => usage.audio_output,
            ChargeKind::ImageOutput => usage.image_output,
        }
    }

    /// Returns the rate of the component. Cached text and cache writes for 30 minutes without a rate of their own cost
    /// as much as input; audio, writes for 12 hours and output of images have no such fallback. Images of input are
    /// charged apart only if the row has a price for them ([`PriceRow::charges_images`]).
    fn rate(self, row: &PriceRow) -> Option<Rate> {
        match self {
            ChargeKind::Input => row.rate(Field::Input),
            ChargeKind::CachedInput => row.rate(Field::Cached).or(row.rate(Field::Input)),
            ChargeKind::CacheWrites => row.rate(Field::Write).or(row.rate(Field::Input)),
            ChargeKind::LongCacheWrites => row.rate(Field::WriteLong),
            ChargeKind::AudioInput => row.rate(Field::AudioIn),
            ChargeKind::CachedAudioInput => row.rate(Field::AudioCached),
            ChargeKind::ImageInput => row.rate(Field::ImageIn),
            ChargeKind::CachedImageInput => row.rate(Field::ImageCached),
            ChargeKind::Output => row.rate(Field::Output),
            ChargeKind::AudioOutput => row.rate(Field::AudioOut),
            ChargeKind::ImageOutput => row.rate(Field::ImageOut),
        }
    }
}

/// The cost of a response, charge by charge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bill {
    /// The charges for tokens, which count each token once.
    pub charges: Vec<Charge>,
    /// The uplift on the charges for tokens, and what it costs.
    pub uplift: Option<(Uplift, Usd)>,
    /// The charges for what is not tokens, such as the calls of tools.
    pub units: Vec<UnitCharge>,
    /// The charges for images that a tool generated, and the model that did.
    pub images: Option<ImageCharges>,
    /// The calls of tools without a known price, which are not in the total.
    pub unpriced: Vec<UnpricedCalls>,
    /// The sum of the charges.
    pub total: Usd,
}

/// Tokens at one rate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Charge {
    /// The component.
    pub kind: ChargeKind,
    /// The number of tokens.
    pub tokens: u64,
    /// Their price per thousand or million.
    pub rate: Rate,
    /// Their cost.
    pub cost: Usd,
}

/// Shows a charge such as `1,000 tokens of cached input at $1.25 per 1M: $0.00125`.
impl fmt::Display for Charge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tokens of {} at {}: {}", grouped(self.tokens), self.kind.in_words(), self.rate, self.cost)
    }
}

impl PriceRow {
    /// Returns the charges for a usage, one for each component that has tokens.
    ///
    /// # Errors
    ///
    /// The first component that has tokens but no rate: an unknown price is never zero.
    pub fn charges(&self, usage: &Usage) -> std::result::Result<Vec<Charge>, ChargeKind> {
        self.each_charge(usage).collect()
    }

    /// Returns the cost of a usage; `None` if a component has tokens but no rate, or if the price depends on the kind of
    /// the cached tokens and that is unknown.
    ///
    /// ```
    /// use gpt_cost::{Catalog, Date, Tier, usage::Usage};
    ///
    /// let catalog = Catalog::builtin();
    /// let day = Date::new(2026, 11, 23)?;
    /// let model = catalog.model("gpt-4o-2024-08-06")?.resolve(day)?.model;
    /// let usage = Usage::new(1_000, 100);
    /// let row = model.price(day, Tier::Standard, usage.input).unwrap();
    /// assert_eq!(row.cost(&usage).unwrap().to_string(), "$0.0035");
    /// assert_eq!(row.cost(&usage.audio_output(100)), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cost(&self, usage: &Usage) -> Option<Usd> {
        if self.needs_cache_breakdown(usage) {
            return None;
        }
        self.each_charge(usage).map(|charge| charge.ok().map(|charge| charge.cost)).sum()
    }

    /// Returns whether images of input have a price of their own. Otherwise they are ordinary input, cached or not.
    fn charges_images(&self) -> bool {
        self.rate(Field::ImageIn).is_some() || self.rate(Field::ImageCached).is_some()
    }

    /// Returns the usage as the row charges it: without images of input, if they are ordinary input.
    fn charged(&self, usage: &Usage) -> Usage {
        match self.charges_images() {
            true => *usage,
            false => Usage { image_input: 0, cached_images: 0, ..*usage },
        }
    }

    /// Returns whether the row has different prices for cached tokens whose kind is unknown.
    fn needs_cache_breakdown(&self, usage: &Usage) -> bool {
        let charged = self.charged(usage);
        charged.has_unknown_cache && charged.audio_input.saturating_add(charged.image_input) > 0
    }

    fn each_charge(&self, usage: &Usage) -> impl Iterator<Item = std::result::Result<Charge, ChargeKind>> {
        let usage = self.charged(usage);
        let tokens = move |kind: ChargeKind| (kind, kind.tokens(&usage));
        ChargeKind::ALL.iter().copied().map(tokens).filter(|(_, tokens)| *tokens > 0).map(|(kind, tokens)| {
            let rate = kind.rate(self).ok_or(kind)?;
            Ok(Charge { kind, tokens, rate, cost: rate.cost(tokens) })
        })
    }
}

impl ModelRef<'_> {
    /// Returns the cost of `usage` with this model on `day` at `tier`, each token counted once at its own rate. Cached
    /// input without a price of its own costs as much as other input.
    ///
    /// # Errors
    ///
    /// An alias that did not exist on the day, a day or tier without a price, audio or output images without a price of
    /// their own (an unknown price is never guessed and never zero), a usage that contradicts itself, such as one with
    /// more cached tokens than input, and one that does not report whether its cached tokens are text or audio.
    ///
    /// ```
    /// use gpt_cost::{Catalog, Date, Tier, usage::Usage};
    ///
    /// let usage = Usage::new(1_200, 50).cached(1_000);
    /// let day = Date::new(2026, 11, 23)?;
    /// let bill = Catalog::builtin().model("gpt-4o-2024-08-06")?.bill(&usage, day, Tier::Standard)?;
    /// assert_eq!(bill.charges[1].to_string(), "1,000 tokens of cached input at $1.25 per 1M: $0.00125");
    /// assert_eq!(bill.total.to_string(), "$0.00225");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bill(&self, usage: &Usage, day: Date, tier: Tier) -> Result<Bill> {
        let model = self.resolve(day)?.model;
        if let Some(message) = usage.contradiction() {
            return Err(Error::new(error::Kind::Usage, Problem::new(message)));
        }
        let row = model.priced(day, tier, usage.input)?;
        if row.needs_cache_breakdown(usage) {
            let message = "the usage does not report how many of its cached tokens are text, audio and images, which \
                           have different prices";
            return Err(Error::new(error::Kind::Usage, Problem::new(message)));
        }
        let charges = row.charges(usage).map_err(|component| {
            let (name, tier, component) = (model.name(), tier.as_str(), component.in_words());
            let problem = Problem::new(format!("`{name}` has no {tier} price for {component} on {day}"));
            Error::new(error::Kind::MissingPrice, problem)
        })?;
        Ok(Bill { total: charges.iter().map(|charge| charge.cost).sum(), charges, ..Bill::default() })
    }
}
