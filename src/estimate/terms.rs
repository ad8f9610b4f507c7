//! The terms on which a request is sent: the day, the tier, the expected output, the cached input, the calls of tools,
//! the number of requests.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::catalog::{ResolvedTool, Tier};
use crate::money::Uplift;

/// The terms on which a request is sent. The day determines prices, and the models to which aliases resolve; the rest
/// has defaults.
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
    pub(super) tool_calls: BTreeMap<String, u64>,
    pub(super) uplift: Uplift,
}

/// How much of an input is read from the prompt cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cached {
    /// A number of tokens, at most the whole input.
    Tokens(u64),
    /// A percentage of the input from 0 to 100, rounded down to whole tokens.
    Percent(Decimal),
}

impl Cached {
    /// Reads a number of tokens such as `1000`, or a percentage such as `80%`; `None` if the text is neither.
    ///
    /// ```
    /// use gpt_cost::Cached;
    ///
    /// assert_eq!(Cached::parse("1_000"), Some(Cached::Tokens(1_000)));
    /// assert_eq!(Cached::parse("80%").map(|cached| cached.tokens(50)), Some(40));
    /// assert_eq!(Cached::parse("101%"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Cached> {
        let Some(percent) = text.strip_suffix('%') else {
            return text.replace('_', "").parse::<u32>().ok().map(|tokens| Cached::Tokens(tokens.into()));
        };
        let percent = Decimal::from_str_exact(percent).ok()?;
        (!percent.is_sign_negative() && percent <= Decimal::ONE_HUNDRED).then_some(Cached::Percent(percent))
    }

    /// Returns the number of cached tokens of an input of the given number of tokens.
    pub fn tokens(self, input: u64) -> u64 {
        match self {
            Cached::Tokens(cached) => cached.min(input),
            Cached::Percent(percent) => {
                let cached = Decimal::from(input).checked_mul(percent).map(|product| product / Decimal::ONE_HUNDRED);
                cached.and_then(|cached| cached.trunc().to_u64()).unwrap_or(0).min(input)
            }
        }
    }
}

impl Terms {
    /// Returns the terms of requests sent on `day`.
    pub fn on(day: Date) -> Terms {
        Terms {
            day,
            today: None,
            tier: None,
            output_tokens: None,
            cached: Cached::Tokens(0),
            requests: 1,
            tool_calls: BTreeMap::new(),
            uplift: Uplift::NONE,
        }
    }

    /// Sets today's date, if it differs from the day of the prices. Warnings about a model's release and shutdown are
    /// as of this date.
    pub fn today(self, today: Date) -> Terms {
        Terms { today: Some(today), ..self }
    }

    /// Sets the service tier, which overrides the request's own. Without it, a request gets the tier that it names, and
    /// [`Tier::Standard`] if it names none.
    pub fn tier(self, tier: Tier) -> Terms {
        Terms { tier: Some(tier), ..self }
    }

    /// Sets the expected output tokens of one request, all of its answers together.
    pub fn output_tokens(self, tokens: u32) -> Terms {
        Terms { output_tokens: Some(tokens.into()), ..self }
    }

    /// Sets how much of the input is read from the prompt cache. It counts towards the thresholds of long contexts, and
    /// costs as much as other input if the model has no price for it.
    pub fn cached(self, cached: Cached) -> Terms {
        Terms { cached, ..self }
    }

    /// Sets how often one request calls a tool that it offers, such as `web_search`. Their cost, and that of the input
    /// tokens that each call is billed if their number is fixed, is then in every amount of the estimate.
    ///
    /// ```
    /// use gpt_cost::{Catalog, Date, Request, Terms};
    ///
    /// let body = br#"{"input": "News?", "tools": [{"type": "web_search"}]}"#;
    /// let terms = Terms::on(Date::new(2026, 11, 23)?).tool_calls("web_search", 2);
    /// let catalog = Catalog::builtin();
    /// let estimate = catalog.model("gpt-4.1-mini")?.estimate(&Request::from_json(body)?, &terms)?;
    /// // 2 calls at $10 / 1K, and 16,000 tokens at $0.40 / 1M.
    /// assert_eq!(estimate.cost().tools.to_string(), "$0.0264");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn tool_calls(mut self, tool: impl Into<String>, calls: u32) -> Terms {
        self.tool_calls.insert(tool.into(), calls.into());
        self
    }

    /// Sets the percentage by which the prices of tokens are higher or lower than the table's, such as 10% for data
    /// residency. Tools have no uplift.
    ///
    /// ```
    /// use gpt_cost::money::Uplift;
    /// use gpt_cost::{Catalog, Date, Request, Terms};
    ///
    /// let request = Request::from_json(br#"[{"role": "user", "content": "Why is the sky blue?"}]"#)?;
    /// let uplift = Uplift::parse("10%").unwrap();
    /// let terms = Terms::on(Date::new(2026, 11, 23)?).output_tokens(500).uplift(uplift);
    /// let catalog = Catalog::builtin();
    /// let estimate = catalog.model("gpt-4.1")?.estimate(&request, &terms)?;
    /// // 13 tokens at $2 / 1M and 500 at $8 / 1M are $0.004026.
    /// assert_eq!(estimate.cost().total.expected.unwrap().to_string(), "$0.0044286");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn uplift(self, uplift: Uplift) -> Terms {
        Terms { uplift, ..self }
    }

    /// Returns the number of calls of a tool, by any of its names.
    pub(super) fn calls_of(&self, found: &ResolvedTool<'_>) -> Option<u64> {
        let names = std::iter::once(found.tool.name()).chain(found.tool.also());
        names.filter_map(|name| self.tool_calls.get(name)).next().copied()
    }

    /// Sets how many times the request is sent; the default is 1.
    pub fn requests(self, requests: u32) -> Terms {
        Terms { requests: requests.into(), ..self }
    }
}
