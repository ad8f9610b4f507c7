//! What a limit finds.

use rust_decimal::Decimal;

use crate::names::names;

names! {
    /// The verdict of a limit on a request.
    pub enum Level {
        /// The amount is close to the limit.
        Warning = "warning",
        /// The amount exceeds the limit.
        Exceeded = "exceeded",
        /// It cannot be determined.
        Unknown = "unknown",
    }
}

/// A limit that a request, or all requests of a budget together, exceed or nearly exceed, or for which that is unknown.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// The limit's name in the configuration.
    pub rule: &'static str,
    /// The verdict.
    pub level: Level,
    /// The percentage of the limit by which it is exceeded, to sort by: the worst is the greatest. `Decimal::MAX` for a
    /// limit of zero.
    pub excess: Decimal,
    /// The amount found and the amount allowed, in words.
    pub message: String,
    /// What to do about it, if that is known.
    pub hint: Option<String>,
}

impl Finding {
    /// Returns a finding of `rule`, with no excess and no hint.
    pub fn new(rule: &'static str, level: Level, message: impl Into<String>) -> Finding {
        Finding { rule, level, excess: Decimal::ZERO, message: message.into(), hint: None }
    }

    /// Returns the finding with what to do about it.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Finding {
        Finding { hint: Some(hint.into()), ..self }
    }
}
