//! The arguments of `models` and `pricing`.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use gpt_cost::Tier;
use gpt_cost::catalog::Kind;
use gpt_cost::catalog::import::ImportFormat;

use super::values::{import_formats, kinds, tier};
use super::{ReportFormat, TableArgs};

/// Show the known models
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(in crate::cli) enum ModelsCommand {
    /// List models with their limits and their prices per million tokens
    List(ModelsListArgs),
    /// Show everything known about a model: names, limits, rules, dates and prices
    Show(ModelsShowArgs),
}

#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost models list                            models that are available today
  gpt-cost models list gpt-5 --sort price
  gpt-cost models list '*-mini*' --min-context 200000 --max-price 0.50 --format csv")]
pub(in crate::cli) struct ModelsListArgs {
    /// Part of the name, or a pattern in which * matches any text
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: Option<String>,

    /// Only models whose input costs at most this much per million tokens
    #[arg(long, value_name = "DOLLARS")]
    pub(in crate::cli) max_price: Option<rust_decimal::Decimal>,

    /// Only models with at least this context window
    #[arg(long, value_name = "TOKENS")]
    pub(in crate::cli) min_context: Option<u64>,

    /// Only models of this kind
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    pub(in crate::cli) kind: Option<Kind>,

    /// Service tier whose prices are listed; models without that tier are omitted
    #[arg(long, value_name = "TIER", value_parser = tier, default_value = "standard")]
    pub(in crate::cli) tier: Tier,

    /// Sort order [default: the order of the price table]
    #[arg(long, value_name = "BY", value_enum)]
    pub(in crate::cli) sort: Option<SortBy>,

    /// Include models that were shut down or are not released yet
    #[arg(long)]
    pub(in crate::cli) all: bool,

    #[command(flatten)]
    pub(in crate::cli) tables: TableArgs,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(in crate::cli) format: ListFormat,
}

#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost models show gpt-4o
  gpt-cost models show ft:gpt-4o-mini-2024-07-18:my-org::abc123 --format json")]
pub(in crate::cli) struct ModelsShowArgs {
    /// Model
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: String,

    #[command(flatten)]
    pub(in crate::cli) tables: TableArgs,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(in crate::cli) format: ReportFormat,
}

/// Show, validate, create, update and compare price tables
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(in crate::cli) enum PricingCommand {
    /// Show the prices in effect, each with its file and line
    Show(PricingShowArgs),
    /// Validate price tables, and list every problem with its line
    Validate(PricingValidateArgs),
    /// Write a starter price table with comments
    Init(PricingInitArgs),
    /// Write the effective prices of all tables as one file
    Export(PricingExportArgs),
    /// Add prices from another project's table as dated rows
    Import(PricingImportArgs),
    /// Compare two price tables
    Diff(PricingDiffArgs),
}

#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost pricing show gpt-5.4
  gpt-cost pricing show --pricing ours.toml --as-of 2027-01-01")]
pub(in crate::cli) struct PricingShowArgs {
    /// Model [default: all]
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: Option<String>,

    /// Only prices after the last day for which they were announced
    #[arg(long)]
    pub(in crate::cli) stale: bool,

    #[command(flatten)]
    pub(in crate::cli) tables: TableArgs,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(in crate::cli) format: ReportFormat,
}

#[derive(Debug, Parser)]
#[command(after_help = "\
Exits with code 2 if there is a problem. Besides invalid tables, this finds prices that are off by a factor of about a \
thousand, such as a price per thousand tokens in a row per million.")]
pub(in crate::cli) struct PricingValidateArgs {
    /// Price tables
    #[arg(value_name = "FILE", required = true)]
    pub(in crate::cli) files: Vec<PathBuf>,
}

#[derive(Debug, Parser)]
pub(in crate::cli) struct PricingInitArgs {
    /// Output file; an existing file is never overwritten
    #[arg(value_name = "FILE", default_value = "pricing.toml")]
    pub(in crate::cli) file: PathBuf,
}

#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost pricing export --out prices-2026.toml
  gpt-cost estimate prompt.json --pricing prices-2026.toml")]
pub(in crate::cli) struct PricingExportArgs {
    /// Output file, or - for standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(in crate::cli) out: PathBuf,

    /// Price table that overrides the others; can be repeated, the last one wins
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) pricing: Vec<PathBuf>,
}

#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost pricing import --from litellm model_prices_and_context_window.json
  gpt-cost pricing import --from csv ours.csv --into pricing.toml --yes
  gpt-cost pricing import --from litellm - --model 'gpt-7*' --yes < model_prices_and_context_window.json

Nothing is downloaded: FILE is a local file, such as litellm's model_prices_and_context_window.json, data/prices.json of \
genai-prices or api.json of models.dev. The differences are shown; --yes adds them to --into as rows that take effect \
on --as-of. Existing rows are never changed or removed. The columns of a CSV file are id, per (1K or 1M), input, cached, \
output, any other price of a pricing.toml row, tier, above and from.

A model that no table has is added if the file says what it is for (litellm and models.dev do). Its encoding and counting \
rules are assumed, so its counts are estimates; a model that is not for chat is priced by its usage alone. Models that \
were shut down are skipped. A price that an earlier row of the model has is refused: the file is probably older than the \
table.")]
pub(in crate::cli) struct PricingImportArgs {
    /// Format of the table
    #[arg(long = "from", value_name = "FORMAT", value_parser = import_formats())]
    pub(in crate::cli) from: ImportFormat,

    /// Table to import; - for standard input
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,

    /// Only models whose name contains this, or matches it with * for any text
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) model: Option<String>,

    /// Price table to add to; created if missing
    #[arg(long, value_name = "FILE", default_value = "pricing.toml")]
    pub(in crate::cli) into: PathBuf,

    /// Write the rows; without this, only show the differences
    #[arg(long)]
    pub(in crate::cli) yes: bool,

    /// The day on which you compared the table with the vendor's prices [default: the day in the table, if it has one]
    #[arg(long, value_name = "DATE")]
    pub(in crate::cli) checked: Option<gpt_cost::Date>,

    /// Also write prices that are off by a factor of about a thousand, and those of an earlier row of the model
    #[arg(long)]
    pub(in crate::cli) force: bool,

    #[command(flatten)]
    pub(in crate::cli) tables: TableArgs,
}

#[derive(Debug, Parser)]
#[command(after_help = "\
Each side is a file on top of the built-in table, or `built-in`. The exit code is 0 whether they differ or not.

Examples:
  gpt-cost pricing diff built-in pricing.toml
  gpt-cost pricing diff prices-2025.toml prices-2026.toml --format json")]
pub(in crate::cli) struct PricingDiffArgs {
    /// Old table
    #[arg(value_name = "A")]
    pub(in crate::cli) old: PathBuf,

    /// New table
    #[arg(value_name = "B")]
    pub(in crate::cli) new: PathBuf,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(in crate::cli) format: ReportFormat,
}

/// The output formats of `models list`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ListFormat {
    /// A table for people
    #[default]
    Table,
    /// JSON for programs, with amounts as decimal strings
    Json,
    /// CSV for spreadsheets
    Csv,
}

/// The sort orders of `models list`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum SortBy {
    /// Name
    Name,
    /// Input price, cheapest first
    Price,
    /// Context window, largest first
    Context,
    /// Release date, newest first
    Released,
}
