//! On which terms a request is sent: the day, the tier, the expected output, what is cached, and how often.

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::catalog::Tier;

/// On which terms a request is sent: the day decides on prices and on what an alias stands for; the rest has defaults.
///
/// ```
/// use gpt_cost::{Date, Terms, Tier};
///
/// let terms = Terms::on(Date::new(2026, 11, 23)?).tier(Tier::Batch).output_tokens(500);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Terms {
    pub(super) day: Date,
    pub(super) today: Option<Date>,
    pub(super) tier: Option<Tier>,
    pub(super) output_tokens: Option<u64>,
    pub(super) cached: Cached,
    pub(super) requests: u64,
}

/// How much of an input is read from the prompt cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cached {
    /// So many tokens, and no more than there are.
    Tokens(u64),
    /// So many hundredths of all tokens, rounded down to whole tokens; no more than 100.
    Percent(Decimal),
}

impl Cached {
    /// Reads a number of tokens such as `1000`, or a share such as `80%`; `None` if it is neither.
    ///
    /// ```
    /// use gpt_cost::Cached;
    ///
    /// assert_eq!(Cached::parse("1_000"), Some(Cached::Tokens(1_000)));
    /// assert_eq!(Cached::parse("80%").map(|cached| cached.of(50)), Some(40));
    /// assert_eq!(Cached::parse("101%"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Cached> {
        let Some(percent) = text.strip_suffix('%') else {
            return text.replace('_', "").parse::<u32>().ok().map(|tokens| Cached::Tokens(tokens.into()));
        };
        let percent = Decimal::from_str_exact(percent).ok()?;
        (!percent.is_sign_negative() && percent <= Decimal::ONE_HUNDRED).then_some(Cached::Percent(percent))
    }

    /// Returns how many of so many tokens are cached.
    pub fn of(self, tokens: u64) -> u64 {
        match self {
            Cached::Tokens(cached) => cached.min(tokens),
            Cached::Percent(percent) => {
                let cached = Decimal::from(tokens).checked_mul(percent).map(|part| part / Decimal::ONE_HUNDRED);
                cached.and_then(|cached| cached.trunc().to_u64()).unwrap_or(0).min(tokens)
            }
        }
    }
}

impl Terms {
    /// Makes terms for requests sent on `day`.
    pub fn on(day: Date) -> Terms {
        Terms { day, today: None, tier: None, output_tokens: None, cached: Cached::Tokens(0), requests: 1 }
    }

    /// Sets the day on which it is asked, where that is another one than the day of the prices: what is said of a model's first and last days goes
    /// by it.
    pub fn today(self, today: Date) -> Terms {
        Terms { today: Some(today), ..self }
    }

    /// Sets the service tier, whatever the request itself asks for. Without it, a request gets the tier that it asks for, and
    /// [`Tier::Standard`] if it asks for none.
    pub fn tier(self, tier: Tier) -> Terms {
        Terms { tier: Some(tier), ..self }
    }

    /// Sets how many tokens of output are expected of one request, all of its answers together.
    pub fn output_tokens(self, tokens: u32) -> Terms {
        Terms { output_tokens: Some(tokens.into()), ..self }
    }

    /// Sets how much of the input is read from the prompt cache. It counts as input for long contexts, and costs what input costs where
    /// the model has no price for it.
    pub fn cached(self, cached: Cached) -> Terms {
        Terms { cached, ..self }
    }

    /// Sets how many times the request is sent; 1 where it is not set.
    pub fn requests(self, requests: u32) -> Terms {
        Terms { requests: requests.into(), ..self }
    }
}
