//! The growth that a limit allows.

use std::fmt;
use std::iter::Sum;

use rust_decimal::Decimal;

use crate::money::{Usd, grouped};

/// The most that a request may grow, in cost or in input tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Increase {
    /// A percentage of the old cost.
    Percent(Decimal),
    /// An amount of dollars.
    Dollars(Usd),
    /// A number of input tokens.
    Tokens(u64),
}

impl Increase {
    /// Parses `10%`, `$0.002` or `500 tokens`; returns `None` for anything else.
    ///
    /// ```
    /// use gpt_cost::budget::Increase;
    ///
    /// assert_eq!(Increase::parse("500 tokens"), Some(Increase::Tokens(500)));
    /// assert_eq!(Increase::parse("500"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Increase> {
        let text = text.trim();
        let decimal = |digits: &str| {
            Decimal::from_str_exact(digits.trim())
                .ok()
                .filter(|number| !number.is_sign_negative() && number.scale() <= 9)
        };
        if let Some(percent) = text.strip_suffix('%') {
            return decimal(percent).filter(|percent| *percent <= Decimal::from(1_000_000)).map(Increase::Percent);
        }
        if let Some(dollars) = text.strip_prefix('$') {
            return decimal(dollars).map(|dollars| Increase::Dollars(dollars.into()));
        }
        let tokens = text.strip_suffix("tokens")?.trim().replace('_', "");
        tokens.parse::<u32>().ok().map(|tokens| Increase::Tokens(tokens.into()))
    }
}

impl Increase {
    /// Returns whether the growth from `old` to `new` is more than this.
    pub fn is_exceeded(self, old: Spend, new: Spend) -> bool {
        let (more, tokens_more) = ((new.cost - old.cost).amount(), new.input_tokens.saturating_sub(old.input_tokens));
        let old = old.cost.amount();
        match self {
            Increase::Tokens(tokens) => tokens_more > tokens,
            Increase::Dollars(dollars) => more > dollars.amount(),
            Increase::Percent(percent) => {
                more > old.checked_mul(percent).unwrap_or(Decimal::MAX) / Decimal::ONE_HUNDRED
            }
        }
    }
}

/// Writes the increase as a configuration does.
impl fmt::Display for Increase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Increase::Percent(percent) => write!(f, "{}%", percent.normalize()),
            Increase::Dollars(dollars) => dollars.fmt(f),
            Increase::Tokens(tokens) => write!(f, "{} token{}", grouped(*tokens), if *tokens == 1 { "" } else { "s" }),
        }
    }
}

/// The cost and the input tokens of a request, or of several together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spend {
    /// The cost.
    pub cost: Usd,
    /// The number of input tokens.
    pub input_tokens: u64,
}

impl Sum for Spend {
    fn sum<I: Iterator<Item = Spend>>(spends: I) -> Spend {
        spends.fold(Spend::default(), |sum, one| Spend {
            cost: sum.cost + one.cost,
            input_tokens: sum.input_tokens.saturating_add(one.input_tokens),
        })
    }
}
