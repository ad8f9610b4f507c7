//! The words of the command line, checked before any file is opened.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, Styles, TypedValueParser};
use clap::{Parser, Subcommand, ValueEnum};

use crate::budget::Increase;
use crate::catalog::Kind;
use crate::catalog::import::ImportFormat;
use crate::request::{Api, Format, ImageSize};
use crate::{Cached, Date, Encoding, Tier, Usd, source};

const STYLES: Styles = Styles::styled();

/// Estimate what a request to an OpenAI model will cost before you send it: tokens, limits, exact price
#[derive(Debug, Parser)]
#[command(name = "gpt-cost", version, styles = STYLES, arg_required_else_help = true)]
#[command(after_help = "\
Exit codes:
  0  success, also with warnings
  1  a limit is exceeded, or a price is older than --max-age (the report is printed first)
  2  an error: usage, input, configuration, an unknown model or price")]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Estimate(EstimateArgs),
    Count(CountArgs),
    Actual(ActualArgs),
    Verify(VerifyArgs),
    Check(CheckArgs),
    #[command(subcommand)]
    Baseline(BaselineCommand),
    Diff(DiffArgs),
    Init(InitArgs),
    Schema(SchemaArgs),
    #[command(subcommand)]
    Models(ModelsCommand),
    #[command(subcommand)]
    Pricing(PricingCommand),
}

/// Estimate a request's tokens, its price, and whether it fits the model's limits
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost estimate prompt.json --model gpt-4
  gpt-cost estimate prompt.json -o 500             with 500 tokens of output expected
  gpt-cost estimate prompt.json --tier batch --cached 80% --requests 1000
  gpt-cost estimate batch.jsonl other.json         one line per request, and the total
  gpt-cost estimate notes.txt -m gpt-5-mini        text is counted as one user message
  gpt-cost estimate - -m gpt-4o --format json < prompt.json

A file is read as JSON if its name ends in .json, .jsonl or .ndjson, or if it starts with { followed by \" or }, or with [ followed by { or ]. \
JSON can be a Chat Completions, Responses, Completions or Embeddings body, a Batch line, an array of messages or input items, or a \
recording, with one request per file or per line; JSON that does not parse is an error. Anything else is a text prompt.

Prices come from the built-in table, overridden by your own pricing.toml (in $XDG_CONFIG_HOME/gpt-cost or your platform's settings folder), \
then by the nearest pricing.toml between the current folder and the repository root, then by each --pricing FILE.")]
pub(super) struct EstimateArgs {
    #[command(flatten)]
    pub(super) request: RequestArgs,

    /// Expected output tokens per request, all choices together
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32))]
    pub(super) output_tokens: Option<u32>,

    /// Service tier [default: the tier the request asks for]
    #[arg(long, value_name = "TIER", value_parser = tier)]
    pub(super) tier: Option<Tier>,

    /// Input read from the prompt cache: a number of tokens, or a percentage such as 80%
    #[arg(long, value_name = "N|N%", value_parser = cached)]
    pub(super) cached: Option<Cached>,

    /// Number of times the request is sent
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) requests: u32,

    /// Exit with code 1 if the price was last checked longer ago than this, such as 90d or 12w
    #[arg(long, value_name = "AGE", value_parser = days)]
    pub(super) max_age: Option<i32>,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: ReportFormat,
}

/// Count the tokens of a request or of a text
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost count prompt.json --model gpt-4            input tokens as the API bills them
  gpt-cost count batch.jsonl --quiet                  only the sum over all requests
  gpt-cost count notes.txt --encoding o200k_base      the text itself, without a message around it
  git diff | gpt-cost count - --encoding o200k_base --quiet")]
pub(super) struct CountArgs {
    #[command(flatten)]
    pub(super) request: RequestArgs,

    /// Count the raw text of the file with this encoding, whatever the file contains
    #[arg(short, long, value_name = "NAME", conflicts_with_all = ["model", "as_of", "pricing", "input_format"])]
    #[arg(value_parser = encodings())]
    pub(super) encoding: Option<Encoding>,

    /// Print only the number; if it is not exact, standard error says so
    #[arg(short, long)]
    pub(super) quiet: bool,

    /// Show the tokens of each message, tool, image and schema, and of the framing
    #[arg(long, conflicts_with_all = ["quiet", "encoding"])]
    pub(super) breakdown: bool,
}

/// Price a response from its `usage`
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost actual response.json
  curl … | gpt-cost actual - --format json

Model, day and service tier are read from the response; options override them. Cached input, cache writes and audio are charged at their \
own rates, each token once.")]
pub(super) struct ActualArgs {
    /// Response to price: a file, or - for standard input
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,

    /// Model [default: the model named in the response]
    #[arg(short, long, value_name = "NAME")]
    pub(super) model: Option<String>,

    /// Date of the prices, YYYY-MM-DD [default: the response's date, else today (UTC)]
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(super) as_of: Option<Date>,

    /// Service tier [default: the response's tier]
    #[arg(long, value_name = "TIER", value_parser = tier)]
    pub(super) tier: Option<Tier>,

    /// Price table that overrides the others; can be repeated, the last one wins
    #[arg(long, value_name = "FILE")]
    pub(super) pricing: Vec<PathBuf>,

    /// Ignore every pricing.toml except those given with --pricing
    #[arg(long)]
    pub(super) no_config: bool,

    /// Exit with code 1 if the price was last checked longer ago than this, such as 90d or 12w
    #[arg(long, value_name = "AGE", value_parser = days)]
    pub(super) max_age: Option<i32>,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: ReportFormat,
}

/// Compare gpt-cost's counts with the usage the API reported for recorded requests
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost verify recorded.jsonl
  gpt-cost verify recorded.jsonl --worst 10 --format json

A recording is a JSON object with `request` and `response`, one per line, or one object or array of them in a .json file. Only the request and \
its date are used for counting. No request text is printed.")]
pub(super) struct VerifyArgs {
    /// Recordings: files, or - for standard input
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,

    /// List the N largest errors
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) worst: usize,

    /// Exit with code 1 if a smaller percentage of the counted cases is exact
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u64).range(0..=100))]
    pub(super) min_exact: Option<u64>,

    /// Price table that overrides the others; can be repeated, the last one wins
    #[arg(long, value_name = "FILE")]
    pub(super) pricing: Vec<PathBuf>,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: ReportFormat,
}

/// The requests, the model and the day.
#[derive(Debug, Parser)]
pub(super) struct RequestArgs {
    /// Requests: files, or - for standard input; a file can contain one request per line
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,

    /// Model [default: the model named in the request, else in gpt-cost.toml]
    #[arg(short, long, value_name = "NAME")]
    pub(super) model: Option<String>,

    #[command(flatten)]
    pub(super) tables: TableArgs,

    /// Input format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) input_format: InputFormat,

    /// Ignore gpt-cost.toml and every pricing.toml except those given with --pricing
    #[arg(long)]
    pub(super) no_config: bool,

    /// Count `{{ name }}` and other template tags as literal text
    #[arg(long)]
    pub(super) literal: bool,

    /// Size of images whose size is unknown, such as images given by URL (never fetched)
    #[arg(long, value_name = "WxH", value_parser = image_size)]
    pub(super) image_size: Option<ImageSize>,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// A table for people
    #[default]
    Table,
    /// JSON for programs, with amounts as decimal strings
    Json,
}

/// How a file is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum InputFormat {
    /// Detect from the file name and the first characters
    #[default]
    Auto,
    /// Any of the JSON formats below, detected from its fields
    Json,
    /// Chat Completions body
    Chat,
    /// Responses body
    Responses,
    /// Responses body for compaction
    Compact,
    /// Legacy Completions body
    Completions,
    /// Embeddings body
    Embeddings,
    /// Batch line
    Batch,
    /// Request with its response or usage
    Recording,
    /// Array of Chat Completions messages
    Messages,
    /// Array of Responses input items
    Items,
    /// Plain text
    Text,
}

impl From<InputFormat> for source::InputFormat {
    fn from(format: InputFormat) -> source::InputFormat {
        source::InputFormat::As(match format {
            InputFormat::Auto => return source::InputFormat::Auto,
            InputFormat::Json => return source::InputFormat::Json,
            InputFormat::Chat => Format::Body(Api::ChatCompletions),
            InputFormat::Responses => Format::Body(Api::Responses),
            InputFormat::Compact => Format::Body(Api::Compact),
            InputFormat::Completions => Format::Body(Api::Completions),
            InputFormat::Embeddings => Format::Body(Api::Embeddings),
            InputFormat::Batch => Format::BatchLine,
            InputFormat::Recording => Format::Recording,
            InputFormat::Messages => Format::Messages,
            InputFormat::Items => Format::Items,
            InputFormat::Text => Format::Text,
        })
    }
}

/// Check prompts against their budgets, for example in CI
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
  2  something could not be read, priced or decided (the rest is still checked), or there was nothing to check")]
pub(super) struct CheckArgs {
    /// Files and folders, or - for standard input [default: all files that the budgets match]
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,

    /// Maximum cost of a request, in dollars
    #[arg(long, value_name = "DOLLARS", value_parser = dollars)]
    pub(super) max_cost: Option<Usd>,

    /// Maximum cost of a request's input, in dollars
    #[arg(long, value_name = "DOLLARS", value_parser = dollars)]
    pub(super) max_input_cost: Option<Usd>,

    /// Maximum input tokens of a request
    #[arg(long, value_name = "N")]
    pub(super) max_input_tokens: Option<u64>,

    /// Maximum increase over the baseline: 10%, $0.002 or "500 tokens"
    #[arg(long, value_name = "INCREASE", value_parser = increase)]
    pub(super) max_increase: Option<Increase>,

    /// Report exceeded budgets, but exit with code 0
    #[arg(long)]
    pub(super) warn_only: bool,

    /// Expected output tokens of requests whose budget does not set output_tokens
    #[arg(short, long, value_name = "N")]
    pub(super) output_tokens: Option<u32>,

    /// Service tier, overriding requests and budgets
    #[arg(long, value_name = "TIER", value_parser = tier)]
    pub(super) tier: Option<Tier>,

    /// Input read from the prompt cache: a number of tokens, or a percentage such as 80%
    #[arg(long, value_name = "N|N%", value_parser = cached)]
    pub(super) cached: Option<Cached>,

    /// Size of images whose size is unknown, such as images given by URL
    #[arg(long, value_name = "WxH", value_parser = image_size)]
    pub(super) image_size: Option<ImageSize>,

    /// Check only what can be counted, and treat the rest as free
    #[arg(long)]
    pub(super) allow_uncounted: bool,

    #[command(flatten)]
    pub(super) project: ProjectArgs,

    /// Output format [default: table]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(super) format: Option<CheckFormat>,

    /// Also write the report to a file, such as json:report.json; can be repeated; - writes to standard output instead of the table
    #[arg(long, value_name = "FORMAT:FILE", value_parser = out_file)]
    pub(super) out: Vec<OutFile>,

    /// List which files are checked, in which format and by which budgets, and why others are not; check nothing
    #[arg(long, conflicts_with_all = ["format", "out", "step_summary"])]
    pub(super) list: bool,

    /// Print only what needs attention, and nothing if everything is within budget
    #[arg(short, long, conflicts_with_all = ["format", "list"])]
    pub(super) quiet: bool,

    /// Append the report as Markdown to the file named by $GITHUB_STEP_SUMMARY, if it is set
    #[arg(long)]
    pub(super) step_summary: bool,
}

/// Record what requests use and cost now, to compare with later
#[derive(Debug, Subcommand)]
pub(super) enum BaselineCommand {
    /// Write the current usage and cost of all budgeted requests
    Write(BaselineWriteArgs),
    /// Show a baseline
    Show(BaselineShowArgs),
}

#[derive(Debug, Parser)]
pub(super) struct BaselineWriteArgs {
    /// Output file [default: the baseline named in gpt-cost.toml, else gpt-cost-baseline.json next to it]
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,

    #[command(flatten)]
    pub(super) project: ProjectArgs,
}

#[derive(Debug, Parser)]
pub(super) struct BaselineShowArgs {
    /// Baseline [default: that of gpt-cost.toml]
    #[arg(value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
}

/// Show what changed the cost: prompts, configuration and prices
#[derive(Debug, Parser)]
#[command(after_help = "\
Each side is a baseline, a saved `check` report, a prompt, a folder of prompts, or a git revision, which is read without checking it out. Each \
change is split into the part caused by the prompt, by the configuration and by prices.

Examples:
  gpt-cost diff main                               main and the working tree
  gpt-cost diff HEAD~3 HEAD                        the same as HEAD~3..HEAD
  gpt-cost diff main...                            what this branch changed since it left main
  gpt-cost diff main:prompts prompts               a folder of a revision
  gpt-cost diff gpt-cost-baseline.json --format markdown
  gpt-cost diff old.json new.json -m gpt-4.1")]
pub(super) struct DiffArgs {
    /// The old side
    #[arg(value_name = "BASE")]
    pub(super) base: String,

    /// The new side [default: the working tree]
    #[arg(value_name = "HEAD")]
    pub(super) head: Option<String>,

    /// Exit with code 1 if the total grew by more than this: 10%, $0.002 or "500 tokens"
    #[arg(long, value_name = "INCREASE", value_parser = increase)]
    pub(super) max_increase: Option<Increase>,

    #[command(flatten)]
    pub(super) project: ProjectArgs,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: DiffFormat,
}

/// Write a starter gpt-cost.toml for the prompts found here
#[derive(Debug, Parser)]
pub(super) struct InitArgs {
    /// Output file; an existing file is never overwritten
    #[arg(value_name = "FILE", default_value = "gpt-cost.toml")]
    pub(super) file: PathBuf,

    /// Model of prompts that do not name one
    #[arg(short, long, value_name = "NAME")]
    pub(super) model: Option<String>,
}

/// Print the JSON Schema of a file format
#[derive(Debug, Parser)]
pub(super) struct SchemaArgs {
    /// File format
    #[arg(value_name = "WHAT", value_enum)]
    pub(super) what: Schema,
}

/// A file format with a JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Schema {
    /// gpt-cost.toml
    Config,
    /// The output of `check --format json`
    Check,
}

/// The project, its prices and the day.
#[derive(Debug, Parser)]
pub(super) struct ProjectArgs {
    /// Configuration [default: the nearest gpt-cost.toml or .gpt-cost.toml up to the repository root]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// Model, overriding requests and budgets
    #[arg(short, long, value_name = "NAME")]
    pub(super) model: Option<String>,

    /// Baseline to compare with [default: that of gpt-cost.toml]
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,

    /// Also use your personal price table (results can then differ between machines)
    #[arg(long)]
    pub(super) user_prices: bool,

    #[command(flatten)]
    pub(super) tables: TableArgs,
}

/// How the report of `check` is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
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

/// How the report of `diff` is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum DiffFormat {
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
pub(super) struct OutFile {
    pub(super) format: CheckFormat,
    pub(super) path: PathBuf,
}

fn out_file(text: &str) -> Result<OutFile, String> {
    let wrong = || "expected a format and a file, such as json:report.json".to_owned();
    let (format, path) = text.split_once(':').filter(|(_, path)| !path.is_empty()).ok_or_else(wrong)?;
    let format = CheckFormat::from_str(format, false).map_err(|_| format!("unknown format `{format}`"))?;
    Ok(OutFile { format, path: path.into() })
}

fn dollars(text: &str) -> Result<Usd, &'static str> {
    let amount = text.parse().ok().filter(|amount| *amount >= Usd::ZERO);
    amount.ok_or("expected an amount of dollars, such as 0.05")
}

fn increase(text: &str) -> Result<Increase, &'static str> {
    Increase::parse(text).ok_or("expected 10%, $0.002 or \"500 tokens\"")
}

/// Show the known models
#[derive(Debug, Subcommand)]
pub(super) enum ModelsCommand {
    List(ModelsListArgs),
    Show(ModelsShowArgs),
}

/// List models with their limits and their prices per million tokens
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost models list                            models that are available today
  gpt-cost models list gpt-5 --sort price
  gpt-cost models list '*-mini*' --min-context 200000 --max-price 0.50 --format csv")]
pub(super) struct ModelsListArgs {
    /// Part of the name, or a pattern in which * matches any text
    #[arg(value_name = "NAME")]
    pub(super) name: Option<String>,

    /// Only models whose input costs at most this much per million tokens
    #[arg(long, value_name = "DOLLARS")]
    pub(super) max_price: Option<rust_decimal::Decimal>,

    /// Only models with at least this context window
    #[arg(long, value_name = "TOKENS")]
    pub(super) min_context: Option<u64>,

    /// Only models of this kind
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    pub(super) kind: Option<Kind>,

    /// Service tier whose prices are listed; models without that tier are left out
    #[arg(long, value_name = "TIER", value_parser = tier, default_value = "standard")]
    pub(super) tier: Tier,

    /// Sort order [default: the order of the price table]
    #[arg(long, value_name = "BY", value_enum)]
    pub(super) sort: Option<SortBy>,

    /// Include models that were shut down or are not released yet
    #[arg(long)]
    pub(super) all: bool,

    #[command(flatten)]
    pub(super) tables: TableArgs,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: ListFormat,
}

/// Show everything known about a model: names, limits, rules, dates and prices
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost models show gpt-4o
  gpt-cost models show ft:gpt-4o-mini-2024-07-18:my-org::abc123 --format json")]
pub(super) struct ModelsShowArgs {
    /// Model
    #[arg(value_name = "NAME")]
    pub(super) name: String,

    #[command(flatten)]
    pub(super) tables: TableArgs,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: ReportFormat,
}

/// Show, validate, create, update and compare price tables
#[derive(Debug, Subcommand)]
pub(super) enum PricingCommand {
    Show(PricingShowArgs),
    Validate(PricingValidateArgs),
    Init(PricingInitArgs),
    Export(PricingExportArgs),
    Import(PricingImportArgs),
    Diff(PricingDiffArgs),
}

/// Show the prices in effect, each with its file and line
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost pricing show gpt-5.4
  gpt-cost pricing show --pricing ours.toml --as-of 2027-01-01")]
pub(super) struct PricingShowArgs {
    /// Model [default: all]
    #[arg(value_name = "NAME")]
    pub(super) name: Option<String>,

    #[command(flatten)]
    pub(super) tables: TableArgs,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: ReportFormat,
}

/// Validate price tables, and list every problem with its line
#[derive(Debug, Parser)]
#[command(after_help = "\
Exits with code 2 if there is a problem. Besides invalid tables, this finds prices that are off by a factor of about a thousand, such as a \
price per thousand tokens in a row per million.")]
pub(super) struct PricingValidateArgs {
    /// Price tables
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
}

/// Write a starter price table with comments
#[derive(Debug, Parser)]
pub(super) struct PricingInitArgs {
    /// Output file; an existing file is never overwritten
    #[arg(value_name = "FILE", default_value = "pricing.toml")]
    pub(super) file: PathBuf,
}

/// Write the effective prices of all tables as one file
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost pricing export --out prices-2026.toml
  gpt-cost estimate prompt.json --pricing prices-2026.toml")]
pub(super) struct PricingExportArgs {
    /// Output file, or - for standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(super) out: PathBuf,

    /// Price table that overrides the others; can be repeated, the last one wins
    #[arg(long, value_name = "FILE")]
    pub(super) pricing: Vec<PathBuf>,
}

/// Add prices from another project's table as dated rows
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost pricing import --from litellm model_prices_and_context_window.json
  gpt-cost pricing import --from csv ours.csv --into pricing.toml --yes

Nothing is downloaded: FILE is a local file, such as litellm's model_prices_and_context_window.json or data/prices.json of genai-prices. The \
differences are shown; --yes adds them to --into as rows that take effect on --as-of. Existing rows are never changed or removed. The \
columns of a CSV file are id, per (1K or 1M), input, cached, output, any other price of a pricing.toml row, tier, above and from.")]
pub(super) struct PricingImportArgs {
    /// Format of the table
    #[arg(long = "from", value_name = "FORMAT", value_parser = import_formats())]
    pub(super) from: ImportFormat,

    /// Table to import
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,

    /// Only models whose name contains this, or matches it with * for any text
    #[arg(long, value_name = "NAME")]
    pub(super) model: Option<String>,

    /// Price table to add to; created if missing
    #[arg(long, value_name = "FILE", default_value = "pricing.toml")]
    pub(super) into: PathBuf,

    /// Write the rows; without this, only show the differences
    #[arg(long)]
    pub(super) yes: bool,

    /// Also write prices that are off by a factor of about a thousand
    #[arg(long)]
    pub(super) force: bool,

    #[command(flatten)]
    pub(super) tables: TableArgs,
}

/// Compare two price tables
#[derive(Debug, Parser)]
#[command(after_help = "\
Each side is a file on top of the built-in table, or `built-in`. The exit code is 0 whether they differ or not.

Examples:
  gpt-cost pricing diff built-in pricing.toml
  gpt-cost pricing diff prices-2025.toml prices-2026.toml --format json")]
pub(super) struct PricingDiffArgs {
    /// Old table
    #[arg(value_name = "A")]
    pub(super) old: PathBuf,

    /// New table
    #[arg(value_name = "B")]
    pub(super) new: PathBuf,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: ReportFormat,
}

/// Which prices, on which day.
#[derive(Clone, Debug, Default, Parser)]
pub(super) struct TableArgs {
    /// Date of the prices and aliases, YYYY-MM-DD [default: as_of in gpt-cost.toml, else today (UTC)]
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(super) as_of: Option<Date>,

    /// Price table that overrides the others; can be repeated, the last one wins
    #[arg(long, value_name = "FILE")]
    pub(super) pricing: Vec<PathBuf>,
}

/// How a list is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// A table for people
    #[default]
    Table,
    /// JSON for programs, with amounts as decimal strings
    Json,
    /// CSV for spreadsheets
    Csv,
}

/// By what models are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SortBy {
    /// Name
    Name,
    /// Input price, cheapest first
    Price,
    /// Context window, largest first
    Context,
    /// Release date, newest first
    Released,
}

fn cached(text: &str) -> Result<Cached, &'static str> {
    Cached::parse(text).ok_or("expected a number of tokens, or a share from 0% to 100%")
}

fn days(text: &str) -> Result<i32, &'static str> {
    let wrong = "expected a number of days or weeks, such as 90d or 12w";
    let (number, days) = match (text.strip_suffix('d'), text.strip_suffix('w')) {
        (Some(number), _) => (number, 1),
        (_, Some(number)) => (number, 7),
        _ => return Err(wrong),
    };
    number.parse::<u16>().map(|number| i32::from(number) * days).map_err(|_| wrong)
}

fn kinds() -> impl TypedValueParser<Value = Kind> {
    let words = Kind::ALL.iter().map(|kind| kind.as_str());
    PossibleValuesParser::new(words)
        .try_map(|word| Kind::ALL.iter().copied().find(|kind| kind.as_str() == word).ok_or("unknown kind"))
}

fn import_formats() -> impl TypedValueParser<Value = ImportFormat> {
    const ALL: [ImportFormat; 3] = [ImportFormat::GenaiPrices, ImportFormat::Litellm, ImportFormat::Csv];
    PossibleValuesParser::new(ALL.map(ImportFormat::as_str))
        .try_map(|word| ALL.into_iter().find(|format| format.as_str() == word).ok_or("unknown format"))
}

fn image_size(text: &str) -> Result<ImageSize, &'static str> {
    ImageSize::parse(text).ok_or("expected a width and a height in pixels, such as 1024x768")
}

/// Reads a service tier in the words of the API or of price tables.
fn tier(text: &str) -> Result<Tier, String> {
    match Tier::from_api(text)? {
        Some(tier) => Ok(tier),
        None => Err("it is a setting at OpenAI; leave it out, or name the tier".to_owned()),
    }
}

fn encodings() -> impl TypedValueParser<Value = Encoding> {
    let names = Encoding::ALL.iter().map(|encoding| encoding.as_str());
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Encoding>())
}

fn day(text: &str) -> Result<Date, &'static str> {
    let day = text.parse().ok().filter(|_| text.len() == "YYYY-MM-DD".len());
    day.ok_or("expected a day that exists, as YYYY-MM-DD")
}
