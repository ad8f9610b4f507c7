//! The wall around the command line: `src/cli` is compiled here as a crate of its own, so that `cargo test` builds only while the
//! command line uses the library's public API alone.

// Nothing uses it, so that the compiler checks it and then leaves it out.
#![allow(dead_code)]

#[path = "../../src/cli/mod.rs"]
mod cli;
