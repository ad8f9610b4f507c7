//! The integration tests, in one binary, so that it links once.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod accounting;
mod budgets;
mod cli;
mod encoding;
mod estimate;
mod prices;
mod request;
mod tokens;
