//! Dollars and prices per token or another unit: the only arithmetic on money, decimal and exact. No amount is
//! rounded, except thirds, which no decimal is equal to, and where statistics ask for it.

mod per;
mod uplift;

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Neg, Sub};
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};

pub use self::per::Per;
pub use self::uplift::Uplift;

/// An amount of US dollars, exact.
///
/// ```
/// use gpt_cost::money::{Per, Rate};
///
/// let rate = Rate::new("0.0005".parse()?, Per::Thousand);
/// assert_eq!(rate.cost(1_234).to_string(), "$0.000617");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usd(Decimal);

impl Usd {
    /// No money.
    pub const ZERO: Usd = Usd(Decimal::ZERO);

    /// Returns the amount as a decimal number of dollars, without trailing zeros.
    pub fn amount(self) -> Decimal {
        self.0.normalize()
    }

    /// Returns what `quantity` costs if this is the price of `size` of it, exactly where the result is a finite decimal.
    /// Thirds, such as the price of one second where it is for a minute, are rounded to 12 decimal places.
    ///
    /// ```
    /// use gpt_cost::{Decimal, Usd};
    ///
    /// let minute: Usd = "0.006".parse()?;
    /// assert_eq!(minute.for_quantity(Decimal::from(90), 60).to_string(), "$0.009");
    /// # Ok::<(), gpt_cost::money::InvalidAmount>(())
    /// ```
    pub fn for_quantity(self, quantity: Decimal, size: u32) -> Usd {
        /// A price has at most 9 decimal places and a quantity at most 6, so that a finite quotient has at most 20.
        const FINITE: u32 = 20;
        let product = self.0.normalize().checked_mul(quantity.normalize());
        let Some(quotient) = product.and_then(|product| product.checked_div(Decimal::from(size))) else {
            return Usd(Decimal::MAX);
        };
        Usd(if quotient.normalize().scale() <= FINITE { quotient } else { quotient.round_dp(12) })
    }

    /// Returns the amount rounded up to a number of significant digits, for statistics of many amounts.
    ///
    /// ```
    /// let cost: gpt_cost::Usd = "0.00123412".parse()?;
    /// assert_eq!(cost.rounded_up(4).to_string(), "$0.001235");
    /// # Ok::<(), gpt_cost::money::InvalidAmount>(())
    /// ```
    #[must_use]
    pub fn rounded_up(self, digits: u32) -> Usd {
        Usd(self.0.round_sf_with_strategy(digits, RoundingStrategy::AwayFromZero).unwrap_or(self.0))
    }

    /// Returns the number of decimal places needed to show the amount in full, at least 2.
    pub fn decimals(self) -> u32 {
        self.amount().scale().max(2)
    }
}

impl From<Decimal> for Usd {
    fn from(dollars: Decimal) -> Usd {
        Usd(dollars)
    }
}

/// Reads an amount such as `0.05` or `$0.05`, exactly.
///
/// ```
/// use gpt_cost::Usd;
///
/// assert_eq!("$0.05".parse::<Usd>()?, "0.050".parse()?);
/// assert!("5 cents".parse::<Usd>().is_err());
/// # Ok::<(), gpt_cost::money::InvalidAmount>(())
/// ```
impl FromStr for Usd {
    type Err = InvalidAmount;

    fn from_str(text: &str) -> Result<Usd, InvalidAmount> {
        let digits = text.strip_prefix('$').unwrap_or(text);
        Decimal::from_str_exact(digits).map(Usd).map_err(|_| InvalidAmount)
    }
}

/// The error of a text that is not an amount of dollars, or has more digits than a [`Decimal`] can represent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidAmount;

impl fmt::Display for InvalidAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected an amount of dollars, such as 0.05")
    }
}

impl std::error::Error for InvalidAmount {}

impl Add for Usd {
    type Output = Usd;

    fn add(self, other: Usd) -> Usd {
        Usd(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Usd {
    fn add_assign(&mut self, other: Usd) {
        *self = *self + other;
    }
}

/// Returns the difference, which may be negative.
impl Sub for Usd {
    type Output = Usd;

    fn sub(self, other: Usd) -> Usd {
        Usd(self.0.saturating_sub(other.0))
    }
}

impl Neg for Usd {
    type Output = Usd;

    fn neg(self) -> Usd {
        Usd(-self.0)
    }
}

/// Writes a decimal string such as `"0.05"`, exactly.
#[cfg(feature = "serde")]
impl serde::Serialize for Usd {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.amount())
    }
}

/// Reads a decimal string such as `"0.05"`, exactly.
#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Usd {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Usd, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Multiplies exactly, and saturates at [`Decimal::MAX`].
impl Mul<u64> for Usd {
    type Output = Usd;

    fn mul(self, times: u64) -> Usd {
        Usd(self.0.checked_mul(Decimal::from(times)).unwrap_or(Decimal::MAX))
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Usd>>(amounts: I) -> Usd {
        amounts.fold(Usd::ZERO, Usd::add)
    }
}

/// Shows the amount in full, such as `$0.0005`. A precision, as in `{:.6}`, is the minimum number of decimal places, so
/// that a column of amounts lines up; no digit is cut off.
impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = f.precision().unwrap_or(0).max(self.decimals() as usize);
        let text = format!("{:.decimals$}", self.amount().abs());
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, "00"));
        let sign = if self.amount() < Decimal::ZERO { "-" } else { "" };
        write!(f, "{sign}${}.{fraction}", group(whole))
    }
}

/// A price: dollars for a thousand or a million tokens, shown as `$2.50 per 1M`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    amount: Decimal,
    per: Per,
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} per {}", self.amount(), self.per)
    }
}

impl Rate {
    /// Returns the rate of `amount` dollars for a thousand or a million tokens.
    pub const fn new(amount: Decimal, per: Per) -> Rate {
        Rate { amount, per }
    }

    /// Returns the dollars for a thousand or a million tokens, as the price table gives them.
    pub fn amount(self) -> Usd {
        Usd(self.amount)
    }

    /// Returns the number of tokens that the amount is for.
    pub fn per(self) -> Per {
        self.per
    }

    /// Returns the dollars converted to the unit `per`.
    ///
    /// ```
    /// use gpt_cost::money::{Per, Rate};
    ///
    /// assert_eq!(Rate::new("0.0005".parse()?, Per::Thousand).amount_per(Per::Million).to_string(), "$0.50");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn amount_per(self, per: Per) -> Usd {
        self.cost(match per {
            Per::Thousand => 1_000,
            Per::Million => 1_000_000,
        })
    }

    /// Returns the exact cost of the given number of tokens.
    ///
    /// No valid price table and request exceed what a [`Decimal`] can represent; beyond that, the cost saturates at
    /// [`Decimal::MAX`].
    pub fn cost(self, tokens: u64) -> Usd {
        let shift = match self.per {
            Per::Thousand => 3,
            Per::Million => 6,
        };
        let amount = self.amount.normalize();
        let digits = amount.mantissa().checked_mul(i128::from(tokens));
        let cost = digits.and_then(|digits| Decimal::try_from_i128_with_scale(digits, amount.scale() + shift).ok());
        Usd(cost.unwrap_or(Decimal::MAX))
    }
}

/// Returns a number with a comma between groups of three digits.
///
/// ```
/// assert_eq!(gpt_cost::money::grouped(1_047_576), "1,047,576");
/// ```
pub fn grouped(number: u64) -> String {
    group(&number.to_string())
}

fn group(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(amount: &str, per: Per) -> Rate {
        Rate::new(Decimal::from_str_exact(amount).expect("a decimal"), per)
    }

    #[test]
    fn a_cost_is_exact_to_the_last_digit() {
        assert_eq!(rate("0.03", Per::Thousand).cost(1_234).to_string(), "$0.03702");
        assert_eq!(rate("0.075", Per::Million).cost(1).to_string(), "$0.000000075");
        assert_eq!(rate("0.0020", Per::Thousand), rate("0.002", Per::Thousand));
        assert_eq!(rate("600", Per::Million).cost(3_000_000).to_string(), "$1,800.00");
    }

    #[test]
    fn both_units_give_the_same_cost() {
        for tokens in [0, 1, 999, 1_000, 1_000_001] {
            assert_eq!(rate("0.0005", Per::Thousand).cost(tokens), rate("0.5", Per::Million).cost(tokens));
        }
    }

    #[test]
    fn money_is_shown_in_full_and_lines_up() {
        let amount = Usd(Decimal::from_str_exact("1234567.5").expect("a decimal"));
        assert_eq!(amount.to_string(), "$1,234,567.50");
        assert_eq!(format!("{amount:.6}"), "$1,234,567.500000");
        let small = Usd(Decimal::from_str_exact("0.000000075").expect("a decimal"));
        assert_eq!(format!("{small:.2}"), "$0.000000075");
        assert_eq!(Usd::ZERO.to_string(), "$0.00");
        assert_eq!(Usd::from(Decimal::from(-100)).to_string(), "-$100.00");
    }

    #[test]
    fn amounts_are_added_and_subtracted() {
        let amount = |text: &str| text.parse::<Usd>().expect("an amount");
        let mut sum = amount("0.1");
        sum += amount("$0.2");
        assert_eq!((sum, sum - amount("0.4"), -sum), (amount("0.3"), amount("-0.1"), amount("-0.3")));
        assert_eq!(rate("2.50", Per::Million).to_string(), "$2.50 per 1M");
        assert_eq!("0.1.2".parse::<Usd>(), Err(InvalidAmount));
    }

    #[cfg(feature = "serde")]
    #[test]
    fn amounts_are_strings_in_json() {
        let amount: Usd = serde_json::from_str("\"0.000000075\"").expect("an amount");
        assert_eq!(serde_json::to_string(&amount).expect("JSON"), "\"0.000000075\"");
        assert!(serde_json::from_str::<Usd>("0.5").is_err(), "a number would have passed through a float");
    }

    #[test]
    fn the_largest_valid_price_of_the_most_tokens_is_exact() {
        let most = u64::from(u32::MAX) * 128;
        let cost = rate("10000.000000001", Per::Thousand).cost(most);
        assert_eq!(cost.amount().to_string(), "5497558137600.54975581376");
    }
}
