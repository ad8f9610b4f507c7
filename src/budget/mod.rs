//! Budgets: limits on the costs of requests, their verdicts on estimates, and changes since a baseline.

mod baseline;
mod config;
mod cost;
mod finding;
mod increase;
mod limits;
mod pairing;

#[cfg(all(test, feature = "cli"))]
pub(crate) use self::baseline::schema;
pub use self::baseline::{Baseline, Change, Changed, Entry, Record};
pub use self::config::{Budget, Config, NewRequests, PriceTables};
pub use self::cost::CostBounds;
pub use self::finding::{Finding, Level};
pub use self::increase::{Increase, Spend};
pub use self::limits::Limits;
