//! A reader of TOML that finds all problems at once, each with its place, its line and a hint. Price tables and
//! configurations use it.

mod diagnostic;
pub(crate) mod fields;

use jiff::civil::Date;

pub(crate) use self::diagnostic::Lines;

/// Returns the day as the type that the rest of the program uses. The TOML parser has checked that it exists.
pub(crate) fn civil(day: toml::value::Date) -> Date {
    Date::constant(day.year as i16, day.month as i8, day.day as i8)
}
