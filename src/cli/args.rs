//! The command-line arguments, validated before any file is opened.
//!
//! Only the arguments of the command that is run are constructed (`defer`): all of them would take a fifth of a short run.
//! So a command is described at its variant, and groups of arguments have no doc comments, which clap would show instead.

mod budgets;
mod prices;
mod values;

use std::path::PathBuf;

use clap::builder::Styles;
use clap::{Parser, Subcommand, ValueEnum};
use gpt_cost::money::Uplift;
use gpt_cost::request::{Api, Format, ImageSize};
use gpt_cost::source::Template;
use gpt_cost::{Cached, Date, Encoding, Tier, source};

pub(super) use self::budgets::*;
pub(super) use self::prices::*;
use self::values::{
    cached, day, days, encodings, image_size, size, templates, tier, tool_calls, uplift, var, var_tokens,
};

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
#[command(defer = true)]
pub(super) enum Command {
    /// Estimate a request's tokens, its price, and whether it fits the model's limits
    Estimate(EstimateArgs),
    /// Count the tokens of a request or of a text
    Count(CountArgs),
    /// Price a response from its `usage`
    Actual(ActualArgs),
    /// Compare gpt-cost's counts with the usage the API reported for recorded requests
    Verify(VerifyArgs),
    #[command(subcommand)]
    Batch(BatchCommand),
    /// Check prompts against their budgets, for example in CI
    Check(CheckArgs),
    #[command(subcommand)]
    Baseline(BaselineCommand),
    /// Show what changed the cost: prompts, configuration and prices
    Diff(DiffArgs),
    /// Write a starter gpt-cost.toml for the prompts found here
    Init(InitArgs),
    /// Print the JSON Schema of a file or report format
    Schema(SchemaArgs),
    #[command(subcommand)]
    Models(ModelsCommand),
    #[command(subcommand)]
    Pricing(PricingCommand),
}

#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost estimate prompt.json --model gpt-4
  gpt-cost estimate prompt.json -o 500             with 500 tokens of output expected
  gpt-cost estimate prompt.json --tier batch --cached 80% --requests 1000
  gpt-cost estimate prompt.json --tool-calls web_search=2 --uplift 10%
  gpt-cost estimate batch.jsonl other.json         one line per request, and the total; a summary of more than 50
  gpt-cost estimate logs/ --field request.body --out costs.jsonl
  gpt-cost estimate notes.txt -m gpt-5-mini        text is counted as one message
  gpt-cost estimate prompt.md -m gpt-4o --vars rows.csv
  gpt-cost estimate 'prompts.yaml#/*/system' -m gpt-4o
  gpt-cost estimate - -m gpt-4o --format json < prompt.json

A file is read as JSON if its name ends in .json, .jsonl, .ndjson or .har, or if it starts with { followed by \" or }, \
or with [ followed by { or ]; JSON that does not parse is an error. A name that ends in .yaml, .yml or .toml is YAML or \
TOML, which are read as JSON with the same values. Such a file can be a Chat Completions, Responses, Completions or \
Embeddings body, a Batch line, an array of messages or input items, a recording, a prompt file of GitHub Models, a VCR \
cassette or a HAR file, with one request or many. Anything else is a text prompt, which can be a template.

Prices come from the built-in table, overridden by your own pricing.toml (in $XDG_CONFIG_HOME/gpt-cost or your \
platform's settings folder), then by the nearest pricing.toml between the current folder and the repository root, then \
by each --pricing FILE.")]
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

    /// Expected calls per request of a tool that it offers, such as web_search=2; can be repeated
    #[arg(long, value_name = "TOOL=N", value_parser = tool_calls)]
    pub(super) tool_calls: Vec<(String, u32)>,

    /// Percentage by which token prices are higher, such as 10% for data residency, or lower, such as --uplift=-30%
    #[arg(long, value_name = "PERCENT", value_parser = uplift, default_value = "0%", hide_default_value = true)]
    #[arg(allow_hyphen_values = true)]
    pub(super) uplift: Uplift,

    /// List each request in the table, also if there are more than 50
    #[arg(long)]
    pub(super) each: bool,

    /// Number of times the request is sent
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) requests: u32,

    /// Omit the note that prices were checked long ago, and the progress of a long pass
    #[arg(short, long)]
    pub(super) quiet: bool,

    /// Exit with code 1 if the price was last checked longer ago than this, such as 90d or 12w
    #[arg(long, value_name = "AGE", value_parser = days)]
    pub(super) max_age: Option<i32>,

    /// Output format [default: table, or that of the ending of --out]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(super) format: Option<EstimateFormat>,

    #[command(flatten)]
    pub(super) output: OutArgs,
}

impl EstimateArgs {
    /// Returns the output format.
    pub(super) fn format(&self) -> EstimateFormat {
        self.format.or_else(|| self.output.format()).unwrap_or_default()
    }
}

#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost count prompt.json --model gpt-4            input tokens as the API bills them
  gpt-cost count batch.jsonl --quiet                  only the sum over all requests
  gpt-cost count 'logs/**/*.jsonl.gz' --format csv
  gpt-cost count notes.txt --encoding o200k_base      the text itself, without a message around it
  git diff | gpt-cost count - --encoding o200k_base --quiet")]
pub(super) struct CountArgs {
    #[command(flatten)]
    pub(super) request: RequestArgs,

    /// Count the raw text of the file with this encoding, whatever the file contains
    #[arg(short, long, value_name = "NAME", conflicts_with_all = ["model", "as_of", "pricing", "input_format"])]
    #[arg(value_parser = encodings())]
    pub(super) encoding: Option<Encoding>,

    /// Print only the number, with a note on standard error if it is not exact
    #[arg(short, long)]
    pub(super) quiet: bool,

    /// Show the tokens of each message, tool, image and schema, and of the framing
    #[arg(long, conflicts_with_all = ["quiet", "encoding"])]
    pub(super) breakdown: bool,

    /// List each request in the table, also if there are more than 50
    #[arg(long, conflicts_with = "quiet")]
    pub(super) each: bool,

    /// Output format; JSON always has the breakdown [default: table, or that of the ending of --out]
    #[arg(long, value_name = "FORMAT", value_enum, conflicts_with = "quiet")]
    pub(super) format: Option<CountFormat>,

    #[command(flatten)]
    pub(super) output: OutArgs,
}

impl CountArgs {
    /// Returns the output format.
    pub(super) fn format(&self) -> CountFormat {
        self.format.or_else(|| self.output.format()).unwrap_or_default()
    }
}

// The file of a report.
#[derive(Debug, Parser)]
pub(super) struct OutArgs {
    /// Write the report to this file, which is FILE.part until it is whole
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,

    /// Go on from the FILE.part that an earlier run left, with the same arguments; needs rows: jsonl or csv
    #[arg(long, requires = "out")]
    pub(super) resume: bool,
}

impl OutArgs {
    /// Returns the format that the ending of the file names.
    fn format<F: ValueEnum>(&self) -> Option<F> {
        let ending = self.out.as_ref()?.extension()?.to_str()?;
        let name = match ending.to_ascii_lowercase().as_str() {
            "ndjson" => "jsonl".to_owned(),
            "md" => "markdown".to_owned(),
            other => other.to_owned(),
        };
        F::from_str(&name, true).ok()
    }
}

#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost actual response.json
  curl … | gpt-cost actual - --format json
  gpt-cost actual batch_output.jsonl stream.txt     one line per model and day, and the total
  gpt-cost actual log.jsonl --each                  one line per response, and the total
  gpt-cost actual logs/ --field response.body --out costs.jsonl

A file is a response, a JSON array of responses, a file with a response or an event on each line, the output file of a \
batch, the text of a stream (data: …), or recorded HTTP traffic: a VCR cassette or a HAR file. Responses are those of Chat Completions, Responses, Completions, Embeddings, \
Realtime, transcription, speech and images.

Model, day and service tier are read from the response; options override them. Cached input, cache writes, audio and \
images are charged at their own rates, each token once, and calls of built-in tools and audio by the minute at the \
prices of the table; the report names calls whose price is unknown. A response that cannot be priced is reported, the others are added up, and the exit code is 2.")]
pub(super) struct ActualArgs {
    /// Responses to price: files, folders of JSON files, globs, or - for standard input; a file can contain many
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,

    /// Print one line per response, not one per model and day
    #[arg(long)]
    pub(super) each: bool,

    /// Model [default: the model named in the response]
    #[arg(short, long, value_name = "NAME")]
    pub(super) model: Option<String>,

    /// Date of the prices, YYYY-MM-DD [default: the response's date, else today (UTC)]
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(super) as_of: Option<Date>,

    /// Service tier [default: the response's tier]
    #[arg(long, value_name = "TIER", value_parser = tier)]
    pub(super) tier: Option<Tier>,

    /// Percentage by which token prices are higher, such as 10% for data residency, or lower, such as --uplift=-30%
    #[arg(long, value_name = "PERCENT", value_parser = uplift, default_value = "0%", hide_default_value = true)]
    #[arg(allow_hyphen_values = true)]
    pub(super) uplift: Uplift,

    /// Price table that overrides the others; can be repeated, the last one wins
    #[arg(long, value_name = "FILE")]
    pub(super) pricing: Vec<PathBuf>,

    /// Ignore every pricing.toml except those given with --pricing
    #[arg(long)]
    pub(super) no_config: bool,

    /// Omit the note that prices were checked long ago, and the progress of a long pass
    #[arg(short, long)]
    pub(super) quiet: bool,

    /// Exit with code 1 if the price was last checked longer ago than this, such as 90d or 12w
    #[arg(long, value_name = "AGE", value_parser = days)]
    pub(super) max_age: Option<i32>,

    #[command(flatten)]
    pub(super) read: ReadArgs,

    /// Output format [default: table, or that of the ending of --out]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(super) format: Option<ActualFormat>,

    #[command(flatten)]
    pub(super) output: OutArgs,
}

impl ActualArgs {
    /// Returns the output format.
    pub(super) fn format(&self) -> ActualFormat {
        self.format.or_else(|| self.output.format()).unwrap_or_default()
    }
}

#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost verify recorded.jsonl
  gpt-cost verify .                                all recordings in a folder, except in hidden and ignored files
  gpt-cost verify recorded.jsonl --worst 10 --format json

A recording is a JSON object with `request` and `response`, one per line, or one object or array of them in a .json \
file, or an interaction of recorded HTTP traffic: a VCR cassette or a HAR file. Only the request and its date are used \
for counting. No request text is printed.

Recordings that were edited after they were made are in no score: the report has the reasons, and --worst lists \
them. Cases whose bill depends on the answer are counted apart.")]
pub(super) struct VerifyArgs {
    /// Recordings: files, folders, or - for standard input
    #[arg(value_name = "PATH", required = true)]
    pub(super) files: Vec<PathBuf>,

    /// List the N largest errors, and the first N recordings that were edited
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

// The requests, and how to read them.
#[derive(Debug, Parser)]
pub(super) struct RequestArgs {
    /// Requests: files, folders of JSON files, globs, or - for standard input; a file can contain many, and file#/pointer
    /// names prompts in it, such as 'prompts.yaml#/*/system'
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

    /// Count `{{ name }}` and other template tags as literal text, like --template none
    #[arg(long)]
    pub(super) literal: bool,

    #[command(flatten)]
    pub(super) template: TemplateArgs,

    /// Size of images whose size is unknown, such as images given by URL (never fetched)
    #[arg(long, value_name = "WxH", value_parser = image_size)]
    pub(super) image_size: Option<ImageSize>,

    /// Tokens of the text of each file, such as a PDF: files are not read
    #[arg(long, value_name = "N")]
    pub(super) file_tokens: Option<u32>,

    #[command(flatten)]
    pub(super) read: ReadArgs,
}

// How to read files of many requests or responses.
#[derive(Debug, Parser)]
pub(super) struct ReadArgs {
    /// Read the value of this field of each line or document, such as request.body: logs wrap requests and responses
    #[arg(long, value_name = "PATH")]
    pub(super) field: Option<String>,

    /// Largest request or response in JSON, such as 200MB; a larger one is an error, and the next ones are read
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "64MB")]
    pub(super) max_line: usize,

    /// Stop at the first one that cannot be read, counted or priced
    #[arg(long)]
    pub(super) fail_fast: bool,
}

// The values of templates.
#[derive(Debug, Default, Parser)]
pub(super) struct TemplateArgs {
    /// Value of a template's placeholder, or NAME=@FILE for the text of a file; can be repeated
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = var)]
    pub(super) vars: Vec<Var>,

    /// Values of placeholders: JSON, JSON Lines or CSV, with a request for each row; can be repeated
    #[arg(long = "vars", value_name = "FILE")]
    pub(super) vars_files: Vec<PathBuf>,

    /// Tokens of the value of a placeholder that has none; can be repeated
    #[arg(long, value_name = "NAME=N", value_parser = var_tokens)]
    pub(super) var_tokens: Vec<VarTokens>,

    /// Language of templates [default: jinja for .j2, .jinja and .jinja2, mustache for .mustache, else braces]
    #[arg(long = "template", value_name = "LANGUAGE", value_parser = templates(), conflicts_with = "literal")]
    pub(super) language: Option<Template>,
}

/// The value of a placeholder.
#[derive(Clone, Debug)]
pub(super) struct Var {
    pub(super) name: String,
    pub(super) value: String,
    /// The file that has the value.
    pub(super) file: Option<PathBuf>,
}

/// The size of a placeholder's value.
#[derive(Clone, Debug)]
pub(super) struct VarTokens {
    pub(super) name: String,
    pub(super) tokens: u64,
}

/// Check a file for the Batch API before you send it
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(super) enum BatchCommand {
    /// Check the rules of the Batch API, and compare the price with that of the standard tier
    Check(BatchCheckArgs),
}

#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost batch check requests.jsonl
  gpt-cost batch check requests.jsonl --split parts  a file for each endpoint and model, within the limits

Rules: at most 50,000 requests and 200 MB a file, one endpoint and one model, a unique custom_id on each line, at most \
50,000 inputs of embeddings, and bodies that fit their model's limits.

Exit codes:
  0  all lines hold to the rules
  1  a line or the file breaks a rule
  2  a valid request cannot be counted or priced, such as one for an unknown model")]
pub(super) struct BatchCheckArgs {
    /// File with a request on each line, or - for standard input
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,

    /// Write the valid lines to files in this folder, each of which can be sent as a batch
    #[arg(long, value_name = "DIR")]
    pub(super) split: Option<PathBuf>,

    /// Expected output tokens per request, all choices together
    #[arg(short, long, value_name = "N")]
    pub(super) output_tokens: Option<u32>,

    /// List all lines that break a rule, not only the first ones
    #[arg(long)]
    pub(super) all: bool,

    /// Omit the progress of a long pass
    #[arg(short, long)]
    pub(super) quiet: bool,

    #[command(flatten)]
    pub(super) tables: TableArgs,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: ReportFormat,
}

/// The output formats of `estimate`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum EstimateFormat {
    /// A table for people
    #[default]
    Table,
    /// JSON for programs, with amounts as decimal strings
    Json,
    /// One line of JSON per request
    Jsonl,
    /// CSV for spreadsheets
    Csv,
    /// Markdown for a comment or a page
    Markdown,
}

/// The output formats of `count`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum CountFormat {
    /// A table for people
    #[default]
    Table,
    /// JSON for programs
    Json,
    /// One line of JSON per request
    Jsonl,
    /// CSV for spreadsheets
    Csv,
}

/// The output formats of `actual`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ActualFormat {
    /// A table for people
    #[default]
    Table,
    /// JSON for programs, with amounts as decimal strings
    Json,
    /// One line of JSON per response
    Jsonl,
    /// CSV for spreadsheets, with a row per response
    Csv,
}

/// The output formats of most commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// A table for people
    #[default]
    Table,
    /// JSON for programs, with amounts as decimal strings
    Json,
}

/// The input formats.
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
    /// Prompt file of GitHub Models
    Github,
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
            InputFormat::Github => Format::GitHub,
            InputFormat::Messages => Format::Messages,
            InputFormat::Items => Format::Items,
            InputFormat::Text => Format::Text,
        })
    }
}

// The price tables and the date of the prices.
#[derive(Clone, Debug, Default, Parser)]
pub(super) struct TableArgs {
    /// Date of the prices and aliases, YYYY-MM-DD [default: as_of in gpt-cost.toml, else today (UTC)]
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(super) as_of: Option<Date>,

    /// Price table that overrides the others; can be repeated, the last one wins
    #[arg(long, value_name = "FILE")]
    pub(super) pricing: Vec<PathBuf>,
}
