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

/// What a request to an OpenAI model will cost, before it is sent: tokens, limits, exact price.
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

/// Tell a request's tokens, whether it fits the model's limits, and its price
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost estimate prompt.json --model gpt-4
  gpt-cost estimate prompt.json -o 500             adds what 500 tokens of output cost
  gpt-cost estimate prompt.json --tier batch --cached 80% --requests 1000
  gpt-cost estimate batch.jsonl other.json         a line for each request, and their total
  gpt-cost estimate notes.txt -m gpt-5-mini        text is one message of the user's
  gpt-cost estimate - -m gpt-4o --format json < prompt.json

A file is JSON if its name ends with .json, .jsonl or .ndjson, or if it begins with { and then \" or }, or with [ and then { or ]. It is a \
body of Chat Completions, Responses, Completions or Embeddings, a line of a Batch file, an array of messages or of input items, or a \
recording; it parses, or it is an error. It can have a request on each line. Anything else is a prompt as text.

Prices are the built-in ones. Laid over them are your own pricing.toml (in $XDG_CONFIG_HOME/gpt-cost, or where your platform keeps \
settings), the nearest pricing.toml from the current folder up to the repository's root, and each --pricing FILE.")]
pub(super) struct EstimateArgs {
    #[command(flatten)]
    pub(super) request: RequestArgs,

    /// How many tokens of output to expect, all answers of a request together
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32))]
    pub(super) output_tokens: Option<u32>,

    /// The service tier; without it, the one that the request asks for
    #[arg(long, value_name = "TIER", value_parser = tier)]
    pub(super) tier: Option<Tier>,

    /// How much of the input is read from the prompt cache: tokens, or a share such as 80%
    #[arg(long, value_name = "N|N%", value_parser = cached)]
    pub(super) cached: Option<Cached>,

    /// How many times the request is sent
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) requests: u32,

    /// Fail with exit code 1 if the price was last checked longer ago than this, such as 90d or 12w
    #[arg(long, value_name = "AGE", value_parser = days)]
    pub(super) max_age: Option<i32>,

    /// How to write the report
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: ReportFormat,
}

/// Tell a request's tokens alone, or those of a text
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost count prompt.json --model gpt-4            what the API bills for the input
  gpt-cost count batch.jsonl --quiet                  the sum of all of its requests
  gpt-cost count notes.txt --encoding o200k_base      the tokens of the text itself, without any message around it
  git diff | gpt-cost count - --encoding o200k_base --quiet")]
pub(super) struct CountArgs {
    #[command(flatten)]
    pub(super) request: RequestArgs,

    /// Count the file's own text, whatever it is, with this encoding
    #[arg(short, long, value_name = "NAME", conflicts_with_all = ["model", "as_of", "pricing", "input_format"])]
    #[arg(value_parser = encodings())]
    pub(super) encoding: Option<Encoding>,

    /// Print the bare number; what is not exact is said on standard error
    #[arg(short, long)]
    pub(super) quiet: bool,

    /// Show the components of the input: each message, tool, image and schema, and the framing
    #[arg(long, conflicts_with_all = ["quiet", "encoding"])]
    pub(super) breakdown: bool,
}

/// Tell what a real response cost, from its `usage`
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost actual response.json
  curl … | gpt-cost actual - --format json

The response says which model answered, on which day and at which tier; what is said here goes before it. Cached input, cache \
writes and audio are charged at their own rates, each token once.")]
pub(super) struct ActualArgs {
    /// The response: a file, or - for standard input
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,

    /// The model; without it, the one that the response names
    #[arg(short, long, value_name = "NAME")]
    pub(super) model: Option<String>,

    /// The day whose prices hold, as YYYY-MM-DD; without it, the response's own, else today (UTC)
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(super) as_of: Option<Date>,

    /// The service tier; without it, the response's own
    #[arg(long, value_name = "TIER", value_parser = tier)]
    pub(super) tier: Option<Tier>,

    /// A price table to lay over the others; the last one wins
    #[arg(long, value_name = "FILE")]
    pub(super) pricing: Vec<PathBuf>,

    /// Use no pricing.toml but what --pricing names
    #[arg(long)]
    pub(super) no_config: bool,

    /// Fail with exit code 1 if the price was last checked longer ago than this, such as 90d or 12w
    #[arg(long, value_name = "AGE", value_parser = days)]
    pub(super) max_age: Option<i32>,

    /// How to write the report
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: ReportFormat,
}

/// Check our counts against recorded bills
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost verify recorded.jsonl
  gpt-cost verify recorded.jsonl --worst 10 --format json

A recording is a JSON object on a line of its own with `request` and `response`, as they were sent; a file that is named .json has one, \
or an array of them. Counts are made from the request and its day alone; the second column has the model that the response names. No \
text of a request is shown.")]
pub(super) struct VerifyArgs {
    /// The recordings: files, or - for standard input
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,

    /// Show so many of the largest misses
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) worst: usize,

    /// Fail with exit code 1 if fewer of the counted cases are exact, in percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u64).range(0..=100))]
    pub(super) min_exact: Option<u64>,

    /// A price table to lay over the others; the last one wins
    #[arg(long, value_name = "FILE")]
    pub(super) pricing: Vec<PathBuf>,

    /// How to write the report
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: ReportFormat,
}

/// Which request, as which model takes it on which day.
#[derive(Debug, Parser)]
pub(super) struct RequestArgs {
    /// The requests: files, or - for standard input; a file may have one on each of its lines
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,

    /// The model; without it, the one that the request names
    #[arg(short, long, value_name = "NAME")]
    pub(super) model: Option<String>,

    #[command(flatten)]
    pub(super) tables: TableArgs,

    /// How to read the file
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) input_format: InputFormat,

    /// Use no gpt-cost.toml and no pricing.toml but what --pricing names
    #[arg(long)]
    pub(super) no_config: bool,

    /// Count `{{ name }}` and the like as text, not as holes of a template
    #[arg(long)]
    pub(super) literal: bool,

    /// The size of images that the request does not tell, such as those behind a URL; none is ever fetched
    #[arg(long, value_name = "WxH", value_parser = image_size)]
    pub(super) image_size: Option<ImageSize>,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// For people
    #[default]
    Table,
    /// For programs: one shape, decimal strings
    Json,
}

/// How a file is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum InputFormat {
    /// By the ending of the name and the first two characters
    #[default]
    Auto,
    /// JSON of any of the formats below, which its fields decide
    Json,
    /// A body of Chat Completions
    Chat,
    /// A body of Responses
    Responses,
    /// A body of Responses, to compact the conversation
    Compact,
    /// A body of the legacy Completions
    Completions,
    /// A body of Embeddings
    Embeddings,
    /// A line of a Batch file
    Batch,
    /// A request with the response that it got, or its usage
    Recording,
    /// An array of messages of Chat Completions
    Messages,
    /// An array of input items of Responses
    Items,
    /// A prompt
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

/// Check prompts against their budgets: for CI
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost check                                     all budgets of gpt-cost.toml
  gpt-cost check prompts/support.json                those that this file is in
  gpt-cost check prompts --max-cost 0.05 -m gpt-4.1  without a gpt-cost.toml
  gpt-cost check --quiet                             what needs attention alone
  gpt-cost check --format github --out sarif:gpt-cost.sarif

Exit codes:
  0  all within their budgets
  1  a budget is exceeded (all that are, are reported first)
  2  something cannot be read, priced or decided, and is listed; the others are still checked; or nothing is checked")]
pub(super) struct CheckArgs {
    /// Files and folders, or - for standard input; without them, all that the budgets name
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,

    /// The most that a request may cost, in dollars
    #[arg(long, value_name = "DOLLARS", value_parser = dollars)]
    pub(super) max_cost: Option<Usd>,

    /// The most that the input of a request may cost, in dollars
    #[arg(long, value_name = "DOLLARS", value_parser = dollars)]
    pub(super) max_input_cost: Option<Usd>,

    /// The most tokens of input of a request
    #[arg(long, value_name = "N")]
    pub(super) max_input_tokens: Option<u64>,

    /// How much more a request may cost or have than in the baseline: 10%, $0.002 or "500 tokens"
    #[arg(long, value_name = "INCREASE", value_parser = increase)]
    pub(super) max_increase: Option<Increase>,

    /// Report what is exceeded, and exit with 0
    #[arg(long)]
    pub(super) warn_only: bool,

    /// How many tokens of output to expect of a request that no budget says it of
    #[arg(short, long, value_name = "N")]
    pub(super) output_tokens: Option<u32>,

    /// The service tier, whatever requests and budgets name
    #[arg(long, value_name = "TIER", value_parser = tier)]
    pub(super) tier: Option<Tier>,

    /// How much of the input is read from the prompt cache: tokens, or a share such as 80%
    #[arg(long, value_name = "N|N%", value_parser = cached)]
    pub(super) cached: Option<Cached>,

    /// The size of images that a request does not say, such as those behind a URL
    #[arg(long, value_name = "WxH", value_parser = image_size)]
    pub(super) image_size: Option<ImageSize>,

    /// Compare what is counted with the limits, and take what is not counted to be free
    #[arg(long)]
    pub(super) allow_uncounted: bool,

    #[command(flatten)]
    pub(super) project: ProjectArgs,

    /// How to write the report; table by default
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(super) format: Option<CheckFormat>,

    /// Write the report also to a file, such as json:report.json, any number of times; - is standard output, in place of the table
    #[arg(long, value_name = "FORMAT:FILE", value_parser = out_file)]
    pub(super) out: Vec<OutFile>,

    /// List the files that are looked at, as what and by which budgets, and why others are not; check nothing
    #[arg(long, conflicts_with_all = ["format", "out", "step_summary"])]
    pub(super) list: bool,

    /// Print what needs attention alone, and nothing where all is within budget
    #[arg(short, long, conflicts_with_all = ["format", "list"])]
    pub(super) quiet: bool,

    /// Add the report as markdown to the file that $GITHUB_STEP_SUMMARY names, if it does
    #[arg(long)]
    pub(super) step_summary: bool,
}

/// Write and show what requests take now, for later comparison
#[derive(Debug, Subcommand)]
pub(super) enum BaselineCommand {
    /// Write what the requests of all budgets take now
    Write(BaselineWriteArgs),
    /// Show what the requests took when the baseline was written
    Show(BaselineShowArgs),
}

#[derive(Debug, Parser)]
pub(super) struct BaselineWriteArgs {
    /// Where to write it; without this, where gpt-cost.toml says, else gpt-cost-baseline.json beside it
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,

    #[command(flatten)]
    pub(super) project: ProjectArgs,
}

#[derive(Debug, Parser)]
pub(super) struct BaselineShowArgs {
    /// The baseline; without it, that of gpt-cost.toml
    #[arg(value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
}

/// Tell what changed: by the prompts, and by prices
#[derive(Debug, Parser)]
#[command(after_help = "\
Each side is a baseline, a saved report of `check`, a prompt or a folder of them, or a revision in git, which is read without checking \
anything out. The change of a cost is split into that of the prompt, both at today's prices, and that of prices, for the prompt as it was.

Examples:
  gpt-cost diff main                               main against the working tree
  gpt-cost diff HEAD~3 HEAD                        the same as HEAD~3..HEAD
  gpt-cost diff main...                            what this branch changed since it left main
  gpt-cost diff main:prompts prompts               a folder of a revision
  gpt-cost diff gpt-cost-baseline.json --format markdown
  gpt-cost diff old.json new.json -m gpt-4.1")]
pub(super) struct DiffArgs {
    /// What it was
    #[arg(value_name = "BASE")]
    pub(super) base: String,

    /// What it is; without it, the working tree
    #[arg(value_name = "HEAD")]
    pub(super) head: Option<String>,

    /// Fail with exit code 1 if the total grew by more: 10%, $0.002 or "500 tokens"
    #[arg(long, value_name = "INCREASE", value_parser = increase)]
    pub(super) max_increase: Option<Increase>,

    #[command(flatten)]
    pub(super) project: ProjectArgs,

    /// How to write it
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: DiffFormat,
}

/// Write a gpt-cost.toml to start from, with the prompts that are found here
#[derive(Debug, Parser)]
pub(super) struct InitArgs {
    /// Where to write it; a file that is there is left as it is
    #[arg(value_name = "FILE", default_value = "gpt-cost.toml")]
    pub(super) file: PathBuf,

    /// The model of prompts that name none
    #[arg(short, long, value_name = "NAME")]
    pub(super) model: Option<String>,
}

/// Print the JSON schema of a file
#[derive(Debug, Parser)]
pub(super) struct SchemaArgs {
    /// Of which file
    #[arg(value_name = "WHAT", value_enum)]
    pub(super) what: Schema,
}

/// A file that has a JSON schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Schema {
    /// gpt-cost.toml
    Config,
    /// What `check --format json` writes
    Check,
}

/// The project, its prices and the day.
#[derive(Debug, Parser)]
pub(super) struct ProjectArgs {
    /// The configuration; without this, the nearest gpt-cost.toml or .gpt-cost.toml up to the repository's root
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// The model, whatever requests and budgets name
    #[arg(short, long, value_name = "NAME")]
    pub(super) model: Option<String>,

    /// The baseline to compare with; without this, that of gpt-cost.toml
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,

    /// Use your own price table, too; without this, the result is the same on every machine
    #[arg(long)]
    pub(super) user_prices: bool,

    #[command(flatten)]
    pub(super) tables: TableArgs,
}

/// How the report of `check` is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    /// For people
    #[default]
    Table,
    /// For programs: one shape, decimal strings
    Json,
    /// A line of JSON for each request
    Jsonl,
    /// Comma-separated, for spreadsheets
    Csv,
    /// For a comment on a pull request
    Markdown,
    /// Annotations of GitHub Actions
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit's XML, which most CI systems read
    Junit,
}

/// How the report of `diff` is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum DiffFormat {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
    /// For a comment on a pull request
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

/// Tell which models are known, and what is known of them
#[derive(Debug, Subcommand)]
pub(super) enum ModelsCommand {
    List(ModelsListArgs),
    Show(ModelsShowArgs),
}

/// List the models, with their limits and prices for a million tokens
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost models list                            those that answer today
  gpt-cost models list gpt-5 --sort price
  gpt-cost models list '*-mini*' --min-context 200000 --max-price 0.50 --format csv")]
pub(super) struct ModelsListArgs {
    /// A part of the name, or the whole name with * for any text
    #[arg(value_name = "NAME")]
    pub(super) name: Option<String>,

    /// Only models whose input costs at most so many dollars for a million tokens
    #[arg(long, value_name = "DOLLARS")]
    pub(super) max_price: Option<rust_decimal::Decimal>,

    /// Only models with a context window of at least so many tokens
    #[arg(long, value_name = "TOKENS")]
    pub(super) min_context: Option<u64>,

    /// Only models of this kind
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    pub(super) kind: Option<Kind>,

    /// The service tier whose prices are shown; models without one are left out
    #[arg(long, value_name = "TIER", value_parser = tier, default_value = "standard")]
    pub(super) tier: Tier,

    /// By what to sort; without it, the order of the price table
    #[arg(long, value_name = "BY", value_enum)]
    pub(super) sort: Option<SortBy>,

    /// Also models that were shut down, and those that are not out yet
    #[arg(long)]
    pub(super) all: bool,

    #[command(flatten)]
    pub(super) tables: TableArgs,

    /// How to write the list
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: ListFormat,
}

/// Tell all that is known of a model: names, limits, rules, days, every row of its price
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost models show gpt-4o
  gpt-cost models show ft:gpt-4o-mini-2024-07-18:my-org::abc123 --format json")]
pub(super) struct ModelsShowArgs {
    /// The model
    #[arg(value_name = "NAME")]
    pub(super) name: String,

    #[command(flatten)]
    pub(super) tables: TableArgs,

    /// How to write it
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: ReportFormat,
}

/// Show, check, write, refresh and compare price tables
#[derive(Debug, Subcommand)]
pub(super) enum PricingCommand {
    Show(PricingShowArgs),
    Validate(PricingValidateArgs),
    Init(PricingInitArgs),
    Export(PricingExportArgs),
    Import(PricingImportArgs),
    Diff(PricingDiffArgs),
}

/// Show the prices that hold, each with the file and the line that it is from
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost pricing show gpt-5.4
  gpt-cost pricing show --pricing ours.toml --as-of 2027-01-01")]
pub(super) struct PricingShowArgs {
    /// A model; without it, all
    #[arg(value_name = "NAME")]
    pub(super) name: Option<String>,

    #[command(flatten)]
    pub(super) tables: TableArgs,

    /// How to write them
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: ReportFormat,
}

/// Check price tables: everything that is wrong, each with its line
#[derive(Debug, Parser)]
#[command(after_help = "\
Exit code 2 if anything is wrong. Beside what makes a table invalid, prices that are about a thousand times off are found: a price for a \
thousand tokens in a row for a million, or the other way round.")]
pub(super) struct PricingValidateArgs {
    /// The tables
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
}

/// Write a price table to start from, with comments
#[derive(Debug, Parser)]
pub(super) struct PricingInitArgs {
    /// Where to write it; a file that is there is left as it is
    #[arg(value_name = "FILE", default_value = "pricing.toml")]
    pub(super) file: PathBuf,
}

/// Write the table that holds, of all layers, as one file
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost pricing export --out prices-2026.toml
  gpt-cost estimate prompt.json --pricing prices-2026.toml")]
pub(super) struct PricingExportArgs {
    /// Where to write it; standard output by default
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(super) out: PathBuf,

    /// A price table to lay over the others; the last one wins
    #[arg(long, value_name = "FILE")]
    pub(super) pricing: Vec<PathBuf>,
}

/// Add what another project's price table says otherwise, as rows with a date
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost pricing import --from litellm model_prices_and_context_window.json
  gpt-cost pricing import --from csv ours.csv --into pricing.toml --yes

Nothing is fetched: FILE is one that you have, such as litellm's model_prices_and_context_window.json, or data/prices.json of the crate \
genai-prices. The differences are shown; with --yes they are added to --into as rows that hold from --as-of on. No row that is there is \
changed or removed. The columns of a CSV file are id, per (1K or 1M), input, cached, output, and any other name of our rows, tier, above \
and from.")]
pub(super) struct PricingImportArgs {
    /// The table's format
    #[arg(long = "from", value_name = "FORMAT", value_parser = import_formats())]
    pub(super) from: ImportFormat,

    /// The table
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,

    /// Only models whose name has this part, or is this with * for any text
    #[arg(long, value_name = "NAME")]
    pub(super) model: Option<String>,

    /// The price table to add to; it is made if it is not there
    #[arg(long, value_name = "FILE", default_value = "pricing.toml")]
    pub(super) into: PathBuf,

    /// Write it; without this, the differences are only shown
    #[arg(long)]
    pub(super) yes: bool,

    /// Write also amounts that are about a thousand times off
    #[arg(long)]
    pub(super) force: bool,

    #[command(flatten)]
    pub(super) tables: TableArgs,
}

/// Tell in what two price tables differ
#[derive(Debug, Parser)]
#[command(after_help = "\
Each is a file, laid over the built-in table, or `built-in` itself. Exit code 0 whether they differ or not.

Examples:
  gpt-cost pricing diff built-in pricing.toml
  gpt-cost pricing diff prices-2025.toml prices-2026.toml --format json")]
pub(super) struct PricingDiffArgs {
    /// The one table
    #[arg(value_name = "A")]
    pub(super) old: PathBuf,

    /// The other
    #[arg(value_name = "B")]
    pub(super) new: PathBuf,

    /// How to write the differences
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: ReportFormat,
}

/// Which prices, on which day.
#[derive(Clone, Debug, Default, Parser)]
pub(super) struct TableArgs {
    /// The day whose prices and aliases hold, as YYYY-MM-DD; today (UTC) by default
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(super) as_of: Option<Date>,

    /// A price table to lay over the others; the last one wins
    #[arg(long, value_name = "FILE")]
    pub(super) pricing: Vec<PathBuf>,
}

/// How a list is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// For people
    #[default]
    Table,
    /// For programs: one shape, decimal strings
    Json,
    /// Comma-separated, for spreadsheets
    Csv,
}

/// By what models are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SortBy {
    /// The name
    Name,
    /// The price of the input, the cheapest first
    Price,
    /// The context window, the largest first
    Context,
    /// The day on which it came out, the newest first
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
    let names = Encoding::ALL.iter().map(|encoding| encoding.name());
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Encoding>())
}

fn day(text: &str) -> Result<Date, &'static str> {
    let day = text.parse().ok().filter(|_| text.len() == "YYYY-MM-DD".len());
    day.ok_or("expected a day that exists, as YYYY-MM-DD")
}
