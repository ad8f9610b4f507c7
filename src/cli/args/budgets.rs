//! The arguments of the commands that work on a project: `check`, `baseline`, `diff`, `init` and `schema`.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use gpt_cost::budget::Increase;
use gpt_cost::request::ImageSize;
use gpt_cost::{Cached, Tier, Usd};

use super::TableArgs;
use super::values::{cached, dollars, image_size, increase, out_file, schemas, tier};
use crate::cli::schema::Schema;

#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost check                                     all budgets in gpt-cost.toml
  gpt-cost check prompts/support.json                only the budgets of this file
  gpt-cost check prompts --max-cost 0.05 -m gpt-4.1  without a gpt-cost.toml
  gpt-cost check --quiet                             only what needs attention
  gpt-cost check --format github --out sarif:gpt-cost.sarif

Exit codes:
  0  everything is within budget
  1  a budget is exceeded
  2  a request could not be read, priced or decided (the rest is still checked), or there was nothing to check")]
pub(in crate::cli) struct CheckArgs {
    /// Files and folders, or - for standard input [default: all files that the budgets match]
    #[arg(value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,

    /// Maximum cost of a request, in dollars
    #[arg(long, value_name = "DOLLARS", value_parser = dollars)]
    pub(in crate::cli) max_cost: Option<Usd>,

    /// Maximum cost of a request's input, in dollars
    #[arg(long, value_name = "DOLLARS", value_parser = dollars)]
    pub(in crate::cli) max_input_cost: Option<Usd>,

    /// Maximum input tokens of a request
    #[arg(long, value_name = "N")]
    pub(in crate::cli) max_input_tokens: Option<u64>,

    /// Maximum increase over the baseline: 10%, $0.002 or "500 tokens"
    #[arg(long, value_name = "INCREASE", value_parser = increase)]
    pub(in crate::cli) max_increase: Option<Increase>,

    /// Report exceeded budgets, but exit with code 0
    #[arg(long)]
    pub(in crate::cli) warn_only: bool,

    /// Expected output tokens of requests whose budget does not set output_tokens
    #[arg(short, long, value_name = "N")]
    pub(in crate::cli) output_tokens: Option<u32>,

    /// Service tier, overriding requests and budgets
    #[arg(long, value_name = "TIER", value_parser = tier)]
    pub(in crate::cli) tier: Option<Tier>,

    /// Input read from the prompt cache: a number of tokens, or a percentage such as 80%
    #[arg(long, value_name = "N|N%", value_parser = cached)]
    pub(in crate::cli) cached: Option<Cached>,

    /// Size of images whose size is unknown, such as images given by URL
    #[arg(long, value_name = "WxH", value_parser = image_size)]
    pub(in crate::cli) image_size: Option<ImageSize>,

    /// Tokens of the text of each file, such as a PDF: files are not read
    #[arg(long, value_name = "N")]
    pub(in crate::cli) file_tokens: Option<u32>,

    /// Check only what can be counted, and count the rest as zero
    #[arg(long)]
    pub(in crate::cli) allow_uncounted: bool,

    #[command(flatten)]
    pub(in crate::cli) project: ProjectArgs,

    /// Output format [default: table]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(in crate::cli) format: Option<CheckFormat>,

    /// Also write the report to a file, such as json:report.json; can be repeated; - replaces the table on standard
    /// output
    #[arg(long, value_name = "FORMAT:FILE", value_parser = out_file)]
    pub(in crate::cli) out: Vec<OutFile>,

    /// List which files are checked, in which format and by which budgets, and why others are not; check nothing
    #[arg(long, conflicts_with_all = ["format", "out", "step_summary"])]
    pub(in crate::cli) list: bool,

    /// Print only what needs attention, and nothing if everything is within budget
    #[arg(short, long, conflicts_with_all = ["format", "list"])]
    pub(in crate::cli) quiet: bool,

    /// Append the report as Markdown to the file named by $GITHUB_STEP_SUMMARY, if it is set
    #[arg(long)]
    pub(in crate::cli) step_summary: bool,
}

/// Record what requests use and cost now, to compare with later
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(in crate::cli) enum BaselineCommand {
    /// Write the current usage and cost of all budgeted requests
    Write(BaselineWriteArgs),
    /// Show a baseline
    Show(BaselineShowArgs),
}

#[derive(Debug, Parser)]
pub(in crate::cli) struct BaselineWriteArgs {
    /// Output file [default: the baseline named in gpt-cost.toml, else gpt-cost-baseline.json next to it]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,

    #[command(flatten)]
    pub(in crate::cli) project: ProjectArgs,
}

#[derive(Debug, Parser)]
pub(in crate::cli) struct BaselineShowArgs {
    /// Baseline [default: the one named in gpt-cost.toml, else gpt-cost-baseline.json next to it]
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: Option<PathBuf>,
}

#[derive(Debug, Parser)]
#[command(after_help = "\
Each side is a baseline, a saved `check` report, a prompt, a folder of prompts, or a git revision, which is read \
without checking it out. Each change is split into the part caused by the prompt, by the configuration and by prices.

Examples:
  gpt-cost diff main                               main and the working tree
  gpt-cost diff HEAD~3 HEAD                        the same as HEAD~3..HEAD
  gpt-cost diff main...                            what this branch changed since it left main
  gpt-cost diff main:prompts prompts               a folder of a revision
  gpt-cost diff gpt-cost-baseline.json --format markdown
  gpt-cost diff old.json new.json -m gpt-4.1")]
pub(in crate::cli) struct DiffArgs {
    /// The old side
    #[arg(value_name = "BASE")]
    pub(in crate::cli) base: String,

    /// The new side [default: the working tree]
    #[arg(value_name = "HEAD")]
    pub(in crate::cli) head: Option<String>,

    /// Exit with code 1 if the total grew by more than this: 10%, $0.002 or "500 tokens"
    #[arg(long, value_name = "INCREASE", value_parser = increase)]
    pub(in crate::cli) max_increase: Option<Increase>,

    #[command(flatten)]
    pub(in crate::cli) project: ProjectArgs,

    /// Omit the note that prices were checked long ago
    #[arg(short, long)]
    pub(in crate::cli) quiet: bool,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(in crate::cli) format: DiffFormat,
}

#[derive(Debug, Parser)]
pub(in crate::cli) struct InitArgs {
    /// Output file; an existing file is never overwritten
    #[arg(value_name = "FILE", default_value = "gpt-cost.toml")]
    pub(in crate::cli) file: PathBuf,

    /// Model of prompts that do not name one [default: the one that the most files name]
    #[arg(short, long, value_name = "NAME")]
    pub(in crate::cli) model: Option<String>,
}

#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost schema list                             all formats
  gpt-cost schema estimate > estimate.schema.json")]
pub(in crate::cli) struct SchemaArgs {
    /// Format, or list
    #[arg(value_name = "NAME", value_parser = schemas())]
    pub(in crate::cli) name: SchemaName,
}

/// The argument of `schema`: one schema, or the list of all.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) enum SchemaName {
    List,
    One(&'static Schema),
}

// The project: its configuration, model, baseline and prices.
#[derive(Debug, Parser)]
pub(in crate::cli) struct ProjectArgs {
    /// Configuration [default: the nearest gpt-cost.toml or .gpt-cost.toml up to the repository root]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,

    /// Model, overriding requests and budgets
    #[arg(short, long, value_name = "NAME")]
    pub(in crate::cli) model: Option<String>,

    /// Baseline to compare with [default: the one named in gpt-cost.toml, else gpt-cost-baseline.json next to it]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) baseline: Option<PathBuf>,

    /// Also use your personal price table (results can then differ between machines)
    #[arg(long)]
    pub(in crate::cli) user_prices: bool,

    #[command(flatten)]
    pub(in crate::cli) tables: TableArgs,
}

/// The output formats of `check`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum CheckFormat {
    /// A table for people
    #[default]
    Table,
    /// JSON for programs, with amounts as decimal strings
    Json,
    /// One line of JSON per request
    Jsonl,
    /// CSV for spreadsheets
    Csv,
    /// Markdown for a pull request comment
    Markdown,
    /// GitHub Actions annotations
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, which most CI systems read
    Junit,
}

/// The output formats of `diff`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum DiffFormat {
    /// A table for people
    #[default]
    Table,
    /// JSON for programs, with amounts as decimal strings
    Json,
    /// Markdown for a pull request comment
    Markdown,
}

/// A file to write a report to.
#[derive(Clone, Debug)]
pub(in crate::cli) struct OutFile {
    pub(in crate::cli) format: CheckFormat,
    pub(in crate::cli) path: PathBuf,
}
