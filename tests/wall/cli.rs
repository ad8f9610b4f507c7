//! The wall around the command line: `src/cli` is compiled here as a crate of its own, so that `cargo test` builds only while the
//! command line uses the library's public API alone.

#[path = "../../src/cli/mod.rs"]
pub mod cli;
