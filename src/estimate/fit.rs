//! Whether a request fits the limits of its model.

use std::fmt;

use super::Terms;
use crate::accounting::TokenCount;
use crate::catalog::{Kind, Model};
use crate::money::grouped;
use crate::names::names;
use crate::request::{Input, Request};

/// The most inputs of a request to the Embeddings API, and the most tokens of all of them together, by its reference.
const MAX_INPUTS: u64 = 2_048;
const MAX_INPUT_TOKENS: u64 = 300_000;

/// Whether a request fits the limits of its model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    verdict: Verdict,
    largest: u64,
    context: Option<u64>,
    left: Option<u64>,
    exceeded: Vec<Exceeded>,
}

names! {
    /// Whether a request fits the model's limits.
    pub enum Verdict {
        /// No known limit is exceeded.
        Fits = "fits",
        /// At least one limit is exceeded: the API refuses such a request, or cannot give the output that is expected
        /// of it.
        Exceeds = "exceeds",
        /// It cannot be determined: something was not counted, the bound of a count crosses a limit, or the limits are
        /// unknown.
        Unknown = "unknown",
    }
}

/// A limit that is exceeded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exceeded {
    /// The input exceeds the model's maximum.
    Input {
        /// The fewest tokens of the input.
        tokens: u64,
        /// The model's maximum.
        limit: u64,
    },
    /// Input and output together exceed the context window.
    Context {
        /// The fewest tokens of the input.
        input: u64,
        /// The requested output tokens; 1 if the request sets no limit, since an answer has at least one; 0 for an
        /// embedding, which has no output.
        output: u64,
        /// The context window.
        limit: u64,
    },
    /// A request to the Embeddings API exceeds a limit of the API.
    Request {
        /// What the API limits.
        what: RequestLimit,
        /// The number found, at least.
        found: u64,
        /// The API's maximum.
        limit: u64,
    },
    /// The requested output exceeds the model's maximum.
    Output {
        /// The requested output tokens of one answer.
        tokens: u64,
        /// The model's maximum.
        limit: u64,
    },
}

/// A limit of the Embeddings API on a whole request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestLimit {
    /// The number of inputs.
    Inputs,
    /// The tokens of all inputs together.
    Tokens,
}

impl fmt::Display for RequestLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RequestLimit::Inputs => "inputs",
            RequestLimit::Tokens => "tokens of all inputs together",
        })
    }
}

impl Fit {
    /// Returns the verdict.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Returns the tokens of the largest input: the whole input, except for embeddings and completions with several
    /// inputs, each of which has the whole context window.
    pub fn largest_input(&self) -> u64 {
        self.largest
    }

    /// Returns the context window, if it is known.
    pub fn context(&self) -> Option<u64> {
        self.context
    }

    /// Returns how many tokens of the context window the input leaves for output; an upper bound if something of the
    /// input was not counted.
    pub fn left(&self) -> Option<u64> {
        self.left
    }

    /// Returns the limits that are exceeded for certain.
    pub fn exceeded(&self) -> &[Exceeded] {
        &self.exceeded
    }
}

impl Exceeded {
    /// Returns the name of the limit: `max_input`, `context`, `max_output`, `inputs` or `request_tokens`.
    pub fn limit(&self) -> &'static str {
        match self {
            Exceeded::Input { .. } => "max_input",
            Exceeded::Context { .. } => "context",
            Exceeded::Output { .. } => "max_output",
            Exceeded::Request { what: RequestLimit::Inputs, .. } => "inputs",
            Exceeded::Request { what: RequestLimit::Tokens, .. } => "request_tokens",
        }
    }

    /// Returns what the request has or asks for: tokens, or a number of inputs.
    pub fn found(&self) -> u64 {
        match *self {
            Exceeded::Input { tokens, .. } | Exceeded::Output { tokens, .. } => tokens,
            Exceeded::Context { input, output, .. } => input.saturating_add(output),
            Exceeded::Request { found, .. } => found,
        }
    }

    /// Returns what the limit allows, in the unit of [`found`](Exceeded::found).
    pub fn allowed(&self) -> u64 {
        match *self {
            Exceeded::Input { limit, .. }
            | Exceeded::Output { limit, .. }
            | Exceeded::Context { limit, .. }
            | Exceeded::Request { limit, .. } => limit,
        }
    }
}

/// Shows what exceeds which limit, and by how much.
impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Exceeded::Input { tokens, limit } => {
                let (tokens, limit, over) = (grouped(tokens), grouped(limit), grouped(tokens - limit));
                write!(f, "the input of {tokens} tokens exceeds the model's maximum of {limit} by {over}")
            }
            Exceeded::Context { input, output, limit } => {
                let over = grouped(input.saturating_add(output) - limit);
                let (input, limit) = (grouped(input), grouped(limit));
                match output {
                    0 => write!(f, "an input of {input} tokens exceeds the context window of {limit} by {over}"),
                    output => write!(
                        f,
                        "{input} tokens of input and {} of output exceed the context window of {limit} by {over}",
                        grouped(output)
                    ),
                }
            }
            Exceeded::Request { what, found, limit } => {
                let (found, limit, over) = (grouped(found), grouped(limit), grouped(found - limit));
                write!(f, "{found} {what} exceed the maximum of {limit} per request by {over}")
            }
            Exceeded::Output { tokens, limit } => {
                let (tokens, limit, over) = (grouped(tokens), grouped(limit), grouped(tokens - limit));
                write!(f, "the output of {tokens} tokens exceeds the model's maximum of {limit} by {over}")
            }
        }
    }
}

/// The inputs that have a context window each: a whole conversation, or each of several prompts.
#[derive(Clone, Copy)]
pub(super) struct Windows {
    /// The tokens of the largest input.
    pub(super) largest: u64,
    /// The tokens of all inputs.
    pub(super) all: u64,
    /// The number of inputs.
    pub(super) windows: u64,
}

impl Windows {
    /// Returns the windows of a request whose input is counted as `tokens`. The error of the largest input is at most
    /// that of all.
    pub(super) fn new(request: &Request, input: &TokenCount, tokens: u64) -> Windows {
        let Input::Prompts(prompts) = request.input() else {
            return Windows { largest: tokens, all: tokens, windows: 1 };
        };
        let largest = input.breakdown().iter().map(|share| share.tokens).max().unwrap_or(tokens);
        let largest = largest.saturating_add(tokens).saturating_sub(input.tokens());
        Windows { largest, all: tokens, windows: prompts.len() as u64 }
    }
}

pub(super) fn fit(model: &Model, request: &Request, input: &TokenCount, terms: &Terms) -> Fit {
    let exceeded_at = |tokens| exceeded(model, request, Windows::new(request, input, tokens), terms);
    let exceeded = exceeded_at(input.min());
    let certainly_fits = input.max().is_some_and(|most| exceeded_at(most).is_empty());
    let verdict = match () {
        () if !exceeded.is_empty() => Verdict::Exceeds,
        () if certainly_fits && model.context().is_some() => Verdict::Fits,
        () => Verdict::Unknown,
    };
    let largest = Windows::new(request, input, input.tokens()).largest;
    let left = window(model, largest).map(|context| context.saturating_sub(largest));
    Fit { verdict, largest, context: window(model, largest), left, exceeded }
}

/// Returns the context window for an input of the given number of tokens: the stricter documented one, or the larger
/// one if the input exceeds the stricter.
pub(super) fn window(model: &Model, input: u64) -> Option<u64> {
    let context = model.context()?;
    Some(model.larger_context().filter(|_| input > context).unwrap_or(context))
}

/// Returns a warning if a request is between two documented limits.
pub(super) fn between_limits(model: &Model, request: &Request, input: &TokenCount, terms: &Terms) -> Option<String> {
    let (context, larger) = (model.context()?, model.larger_context()?);
    let most = input.max().unwrap_or(input.tokens());
    let needed = Windows::new(request, input, most).largest.saturating_add(output(model, request, terms));
    (needed > context && needed <= larger).then(|| {
        let (needed, context, larger) = (grouped(needed), grouped(context), grouped(larger));
        format!(
            "{needed} tokens exceed the stricter documented context window of {context}; the larger one is {larger}"
        )
    })
}

/// Returns the requested output tokens of one answer; 1 if the request sets no limit, since an answer has at least one.
/// An embedding has no output.
fn output(model: &Model, request: &Request, terms: &Terms) -> u64 {
    if model.kind() == Kind::Embedding {
        return 0;
    }
    let asked = request.output_limit().map(|limit| limit.tokens);
    let expected = terms.output_tokens.map(|tokens| tokens.div_ceil(request.choices()));
    asked.or(expected).unwrap_or(1)
}

/// Returns the limits that an input of the given number of tokens exceeds. One answer is compared with them: each has
/// the whole window.
fn exceeded(model: &Model, request: &Request, input: Windows, terms: &Terms) -> Vec<Exceeded> {
    let output = output(model, request, terms);
    let mut exceeded = Vec::new();
    if let Some(limit) = model.max_input().filter(|limit| input.largest > *limit) {
        exceeded.push(Exceeded::Input { tokens: input.largest, limit });
    }
    if let Some(limit) = model.max_output().filter(|limit| output > *limit) {
        exceeded.push(Exceeded::Output { tokens: output, limit });
    }
    let context = model.larger_context().or(model.context());
    if let Some(limit) = context.filter(|limit| input.largest.saturating_add(output) > *limit) {
        exceeded.push(Exceeded::Context { input: input.largest, output, limit });
    }
    if model.kind() == Kind::Embedding {
        let limits =
            [(RequestLimit::Inputs, input.windows, MAX_INPUTS), (RequestLimit::Tokens, input.all, MAX_INPUT_TOKENS)];
        let over = limits.into_iter().filter(|(_, found, limit)| found > limit);
        exceeded.extend(over.map(|(what, found, limit)| Exceeded::Request { what, found, limit }));
    }
    exceeded
}
