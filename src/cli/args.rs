//! The words of the command line, checked before any file is opened.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, Styles, TypedValueParser};
use clap::{Parser, Subcommand, ValueEnum};

use crate::request::ImageSize;
use crate::{Date, Encoding, Tier};

const STYLES: Styles = Styles::styled();

/// What a request to an OpenAI model will cost, before it is sent: tokens, limits, exact price.
#[derive(Debug, Parser)]
#[command(name = "gpt-cost", version, styles = STYLES, arg_required_else_help = true)]
#[command(after_help = "\
Exit codes:
  0  fine
  1  a limit is exceeded (the report is printed first)
  2  it could not be told: usage, input, unknown model or price")]
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
}

/// Tell a request's tokens, whether it fits the model's limits, and its price
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost estimate prompt.json --model gpt-4
  gpt-cost estimate prompt.json -o 500             adds what 500 tokens of output cost
  gpt-cost estimate notes.txt -m gpt-5-mini        text is one message of the user's
  gpt-cost estimate - -m gpt-4o --format json < prompt.json

What is JSON: a file named .json, or one that begins with { or [. It is a body of Chat Completions, Responses, Completions or \
Embeddings, a line of a Batch file, or an array of messages or of input items; it parses, or it is an error. Anything else is a \
prompt as text.

Prices are the built-in ones. The nearest pricing.toml, from the current folder up to the repository's root, is laid over them, \
and over that each --pricing FILE.")]
pub(super) struct EstimateArgs {
    #[command(flatten)]
    pub(super) request: RequestArgs,

    /// How many tokens of output to expect, all answers of a request together
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32))]
    pub(super) output_tokens: Option<u32>,

    /// The service tier; without it, the one that the request asks for
    #[arg(long, value_name = "TIER", value_parser = tiers())]
    pub(super) tier: Option<Tier>,

    /// How to write the report
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: ReportFormat,
}

/// Tell a request's tokens alone, or those of a text
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  gpt-cost count prompt.json --model gpt-4            what the API bills for the input
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

    /// Show what has which part of the tokens: each message, tool, image and schema, and the framing
    #[arg(long, conflicts_with_all = ["quiet", "encoding"])]
    pub(super) parts: bool,
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
    #[arg(long, value_name = "TIER", value_parser = tiers())]
    pub(super) tier: Option<Tier>,

    /// A price table to lay over the others; the last one wins
    #[arg(long, value_name = "FILE")]
    pub(super) pricing: Vec<PathBuf>,

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
    /// The request: a file, or - for standard input
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,

    /// The model; without it, the one that the request names
    #[arg(short, long, value_name = "NAME")]
    pub(super) model: Option<String>,

    /// The day whose prices and aliases hold, as YYYY-MM-DD; today (UTC) by default
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(super) as_of: Option<Date>,

    /// A price table to lay over the others; the last one wins
    #[arg(long, value_name = "FILE")]
    pub(super) pricing: Vec<PathBuf>,

    /// How to read the file
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) input_format: InputFormat,

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
    /// JSON if it is named .json or begins with { or [, else text
    #[default]
    Auto,
    /// JSON of any of the formats below, told apart by its fields
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
    /// An array of messages of Chat Completions
    Messages,
    /// An array of input items of Responses
    Items,
    /// A prompt
    Text,
}

fn image_size(text: &str) -> Result<ImageSize, &'static str> {
    let sides =
        text.split_once(['x', '×']).and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    match sides {
        Some((width, height)) if width > 0 && height > 0 => Ok(ImageSize { width, height }),
        _ => Err("expected a width and a height in pixels, such as 1024x768"),
    }
}

fn tiers() -> impl TypedValueParser<Value = Tier> {
    let tiers = Tier::ALL.iter().filter(|tier| **tier != Tier::Training).map(|tier| tier.word());
    PossibleValuesParser::new(tiers).try_map(|word| Tier::from_word(&word).ok_or("unknown tier"))
}

fn encodings() -> impl TypedValueParser<Value = Encoding> {
    let names = Encoding::ALL.iter().map(|encoding| encoding.name());
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Encoding>())
}

fn day(text: &str) -> Result<Date, &'static str> {
    let day = text.parse().ok().filter(|_| text.len() == "YYYY-MM-DD".len());
    day.ok_or("expected a day that exists, as YYYY-MM-DD")
}
