//! The integration tests, in one binary, so that it links once.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod accounting;
mod actual;
mod api;
mod batch;
mod budgets;
mod builder;
mod bulk;
mod cassettes;
mod ci;
mod cli;
mod compressed;
mod differential;
mod documents;
mod edges;
mod encoding;
mod estimate;
mod hostile;
mod init;
mod media;
mod outputs;
mod placeholders;
mod prices;
mod prompts;
mod recordings;
mod reports;
mod request;
mod synthetic;
mod templates;
mod tokens;
mod tools;
mod verdicts;
mod walls;
