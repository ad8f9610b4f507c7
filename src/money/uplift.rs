//! A percentage by which all token prices are higher or lower.

use std::fmt;

use rust_decimal::Decimal;

use super::Usd;

/// A percentage by which the prices of tokens are higher, such as 10% for data residency, or lower, such as -30% for a
/// completion window of 2 hours.
///
/// ```
/// use gpt_cost::money::Uplift;
///
/// let uplift = Uplift::parse("10%").unwrap();
/// assert_eq!(uplift.apply("0.025".parse()?).to_string(), "$0.0275");
/// # Ok::<(), gpt_cost::money::InvalidAmount>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uplift(Decimal);

impl Uplift {
    /// Prices as they are in the table.
    pub const NONE: Uplift = Uplift(Decimal::ZERO);

    /// Reads a percentage such as `10%` or `-30%`, with at most 4 decimal places, above -100% and up to 1000%; `None` if
    /// the text is none.
    pub fn parse(text: &str) -> Option<Uplift> {
        let percent = Decimal::from_str_exact(text.strip_suffix('%')?).ok()?.normalize();
        let is_valid = percent > -Decimal::ONE_HUNDRED && percent <= Decimal::ONE_THOUSAND && percent.scale() <= 4;
        is_valid.then_some(Uplift(percent))
    }

    /// Returns the percentage.
    pub fn percent(self) -> Decimal {
        self.0
    }

    /// Returns whether prices stay as they are.
    pub fn is_none(self) -> bool {
        self.0.is_zero()
    }

    /// Returns a cost with the uplift, exactly.
    pub fn apply(self, cost: Usd) -> Usd {
        cost + self.of(cost)
    }

    /// Returns the uplift of a cost alone, exactly.
    pub fn of(self, cost: Usd) -> Usd {
        cost.for_quantity(self.0, 100)
    }
}

/// Shows the percentage with its sign, such as `+10%`.
impl fmt::Display for Uplift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}%", if self.0.is_sign_negative() { "" } else { "+" }, self.0)
    }
}
