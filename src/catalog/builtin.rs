//! The built-in table: `pricing.toml` at the root of the repository, read and checked by the build script, and compiled
//! into constants, so that starting up parses nothing.

use std::borrow::Cow;

use jiff::civil::date;
use rust_decimal::Decimal;

use super::model::{Facts, FamilySince, Model, PriceRow};
use super::terms::{ImageRule, Kind, Tier, Unit};
use super::tool::{Tool, UnitPrice};
use super::{Alias, AliasTarget, Layer};
use crate::accounting::Family;
use crate::encoding::Encoding;
use crate::money::{Per, Rate};

/// The text of the built-in table. A file that is a copy of it is not parsed.
pub(super) const SOURCE: &str = include_str!("../../pricing.toml");

include!(concat!(env!("OUT_DIR"), "/prices.rs"));
