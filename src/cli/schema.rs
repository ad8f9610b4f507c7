//! The `gpt-cost schema` command: prints the JSON Schemas of the configuration, the baseline and the reports.

use std::io::Write;

use super::args::{SchemaArgs, SchemaName};
use super::exit::{Outcome, Stop};
use super::report::grid::{Cell, write_grid};

/// A published schema.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) name: &'static str,
    /// The file or the report that has this format.
    about: &'static str,
    text: &'static str,
}

macro_rules! schemas {
    ($($name:literal: $about:literal,)*) => {
        &[$(Schema {
            name: $name,
            about: $about,
            text: include_str!(concat!("../../docs/schemas/", $name, ".schema.json")),
        },)*]
    };
}

/// All schemas. The schema of the configuration is written by hand; the others are generated from the types.
pub(super) const SCHEMAS: &[Schema] = schemas! {
    "config": "gpt-cost.toml",
    "baseline": "gpt-cost-baseline.json",
    "actual": "actual --format json",
    "batch": "batch check --format json",
    "check": "check --format json",
    "check-line": "a line of check --format jsonl",
    "count": "count --format json",
    "count-line": "a line of count --format jsonl",
    "diff": "diff --format json",
    "estimate": "estimate --format json",
    "estimate-line": "a line of estimate --format jsonl",
    "model": "models show --format json",
    "models": "models list --format json",
    "pricing": "pricing show --format json",
    "pricing-diff": "pricing diff --format json",
    "verify": "verify --format json",
};

/// Runs the command: prints a schema, or the list of all.
pub(super) fn run(args: &SchemaArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    match args.name {
        SchemaName::One(schema) => out.write_all(schema.text.as_bytes())?,
        SchemaName::List => {
            let row = |schema: &Schema| vec![Cell::plain(schema.name), Cell::plain(schema.about)];
            write_grid(&SCHEMAS.iter().map(row).collect::<Vec<_>>(), out)?;
        }
    }
    out.flush()?;
    Ok(Outcome::Success)
}
