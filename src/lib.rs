//! The cost of a request to an OpenAI model, before it is sent: its number of tokens, whether it fits the model's
//! limits, and its price to the exact decimal.
//!
//! ```
//! use gpt_cost::{Catalog, Date, Request, Terms, Verdict};
//!
//! let body = br#"{
//!     "model": "gpt-4o-mini",
//!     "max_tokens": 300,
//!     "messages": [
//!         {"role": "system", "content": "You answer in one sentence."},
//!         {"role": "user", "content": "Why is the sky blue?"}
//!     ]
//! }"#;
//! let catalog = Catalog::builtin();
//! let request = Request::from_json(body)?;
//! let terms = Terms::on(Date::new(2026, 11, 23)?).output_tokens(40);
//! let estimate = catalog.model("gpt-4o-mini")?.estimate(&request, &terms)?;
//!
//! assert_eq!(estimate.input().tokens(), 23);
//! assert_eq!(estimate.cost().total.expected.unwrap().to_string(), "$0.00002745");
//! assert_eq!(estimate.cost().total.max.unwrap().to_string(), "$0.00018345");
//! assert_eq!(estimate.fit().verdict(), Verdict::Fits);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The library opens no file and reads no clock and no environment: bytes, readers, days and price tables are arguments. Money is
//! always decimal, every count is labelled exact or estimated, and an unknown price or model is an error: never a
//! guess, never zero.
//!
//! # Tour
//!
//! A [`Request`] is read from JSON ([`Request::from_json`]), taken from a `serde_json::Value`
//! ([`Request::from_value`]) or built without JSON ([`Request::builder`]). A [`Catalog`] has the models: the built-in
//! price table, and tables of your own over it. [`Catalog::model`] finds one by its name, and from there:
//!
//! - [`estimate`](catalog::ModelRef::estimate) returns an [`Estimate`]: the tokens of the input as a [`TokenCount`] with
//!   its label, bound and breakdown, the range of the [`Cost`], and the [`Fit`] with the model's limits;
//! - [`count`](catalog::ModelRef::count) returns the [`TokenCount`] alone;
//! - [`bill`](catalog::ModelRef::bill) prices the [`usage::Usage`] of a response that the API returned.
//!
//! [`budget`] compares estimates with limits and with a baseline, as `gpt-cost check` does in CI. [`encoding`] has the
//! tokenizers alone: `Encoding::Cl100kBase.count("hello world")`. [`source`] reads files of requests in every format
//! that the command line reads, [`bulk`] reads millions of them in one pass, and [`verify`] compares counts with recorded usage. Every error is an [`Error`].
//!
//! Complete programs are in `examples/`: before a request, a budget, counting only, a price table of one's own.
//!
//! # Crate features
//!
//! | feature | default | |
//! |---|---|---|
//! | `cli` | yes | the command `gpt-cost` and all that only it needs, among it `formats` and `import` |
//! | `encodings` | yes | all encodings |
//! | `cl100k_base`, `o200k_base`, `p50k_base`, `r50k_base` | | one encoding and its tables: 4 MB, 7 MB (with `o200k_harmony`), and 2 MB for the last two together |
//! | `formats` | | reading YAML, the front matter of Markdown, and encoded bodies of recorded traffic: [`source::documents`] |
//! | `import` | | reading the price tables of other projects: [`catalog::import`] |
//! | `serde` | | [`Usd`] as decimal strings, in and out |
//!
//! A library needs `default-features = false, features = ["encodings"]`, or only the encodings of its models. Without an
//! encoding, usage can be priced and nothing can be counted.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(any(feature = "cl100k_base", feature = "o200k_base", feature = "p50k_base", feature = "r50k_base")),
    allow(
        dead_code,
        unreachable_code,
        unused_mut,
        unused_variables,
        reason = "without an encoding, nothing can be counted"
    )
)]

// The command line names the library as any other crate does: `tests/wall` compiles it outside of this crate.
#[cfg(feature = "cli")]
extern crate self as gpt_cost;

pub mod accounting;
pub mod batch;
pub mod budget;
pub mod bulk;
pub mod calibration;
pub mod catalog;
#[cfg(feature = "cli")]
pub mod cli;
pub mod encoding;
mod error;
pub mod estimate;
mod json;
pub mod money;
mod names;
mod place;
pub mod request;
#[cfg(all(test, feature = "cli"))]
mod schemas;
pub mod source;
mod toml;
pub mod usage;
pub mod verify;

/// A day of the calendar, of [jiff](https://docs.rs/jiff).
pub use jiff::civil::Date;
/// A decimal number, of [rust_decimal](https://docs.rs/rust_decimal).
pub use rust_decimal::Decimal;

pub use self::accounting::{Label, TokenCount};
pub use self::catalog::{Catalog, Tier};
pub use self::encoding::Encoding;
pub use self::error::{Error, Position, Problem, Result};
pub use self::estimate::{Cached, Cost, CostRange, Estimate, Fit, Terms, Verdict};
pub use self::money::Usd;
pub use self::names::UnknownName;
pub use self::request::Request;

/// Runs the README's library example as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;
