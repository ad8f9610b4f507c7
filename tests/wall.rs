//! The wall around the command line: `src/cli` is compiled here as a crate of its own, so that it builds only while it uses the
//! library's public API alone.

#![allow(dead_code, unused_imports, reason = "the unit tests of the command line are the library's")]

#[path = "../src/cli/mod.rs"]
mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(["gpt-cost", "--version"].map(Into::into))
}
