//! Reading TOML with all problems at once, each with its place, its line and what to do. Price tables and configurations stand on it.

mod diagnostic;
pub(crate) mod fields;

use jiff::civil::Date;

pub(crate) use self::diagnostic::Lines;

/// Returns the day as the rest of the program writes it. The TOML reader has checked that it exists.
pub(crate) fn civil(day: toml::value::Date) -> Date {
    Date::constant(day.year as i16, day.month as i8, day.day as i8)
}
