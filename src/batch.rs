//! The rules of the Batch API, for the lines of a file before it is sent.
//!
//! The limits are those of OpenAI's reference for `POST /v1/batches` (November 2026): a file has at most 50,000 requests and
//! 200 MB, all to one endpoint; batches of embeddings have at most 50,000 inputs in all their requests. Batches of several
//! models are refused when they are validated.

use std::collections::HashMap;

use serde::Deserialize;

use crate::error::{Error, Problem};
use crate::estimate::{Fit, Verdict};
use crate::money::grouped;
use crate::names::names;
use crate::request::{Api, Input, Request};
use crate::source::Document;

/// The most requests of a file.
pub const MAX_REQUESTS: u64 = 50_000;
/// The most bytes of a file.
pub const MAX_BYTES: u64 = 200_000_000;
/// The most inputs of all requests of a file together, if they are for embeddings.
pub const MAX_EMBEDDING_INPUTS: u64 = 50_000;

names! {
    /// A rule of the Batch API.
    pub enum Rule {
        /// A line is an object with `custom_id`, `method`, `url` and `body`, and its body is a request.
        Line = "line",
        /// Each `custom_id` is a text that no other line of the file has.
        CustomId = "custom_id",
        /// The `method` is `POST`.
        Method = "method",
        /// The `url` is that of an endpoint.
        Url = "url",
        /// All lines have the same `url`.
        OneUrl = "one_url",
        /// The body names a model.
        Model = "model",
        /// All bodies name the same model.
        OneModel = "one_model",
        /// The request fits its model's limits.
        Fit = "fit",
        /// At most [`MAX_REQUESTS`].
        Requests = "requests",
        /// At most [`MAX_BYTES`].
        Size = "size",
        /// At most [`MAX_EMBEDDING_INPUTS`].
        EmbeddingInputs = "embedding_inputs",
    }
}

impl Rule {
    /// Returns whether the rule is about all lines of a file together: parts of the file can each hold to it.
    pub const fn is_of_all_lines(self) -> bool {
        matches!(self, Rule::OneUrl | Rule::OneModel | Rule::Requests | Rule::Size | Rule::EmbeddingInputs)
    }
}

/// Returns the number of inputs of a request, if it is for embeddings.
pub fn embedding_inputs(request: &Request) -> u64 {
    match (request.api(), request.input()) {
        (Some(Api::Embeddings), Input::Prompts(prompts)) => prompts.len() as u64,
        _ => 0,
    }
}

/// A rule that a line breaks, or the file as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Broken {
    /// The line, from 1; `None` for the file as a whole.
    pub line: Option<usize>,
    /// The rule.
    pub rule: Rule,
    /// What is wrong, in words without any text of the request.
    pub message: String,
}

/// A line of a batch: what the rules are about, without its texts.
#[derive(Clone, Debug)]
pub struct Line {
    number: usize,
    /// `None` if it is no object.
    fields: Option<Fields>,
    request: std::result::Result<Facts, String>,
}

#[derive(Clone, Debug)]
struct Fields {
    custom_id: Option<String>,
    is_post: bool,
    /// The URL, if it is that of an endpoint.
    url: Option<String>,
}

/// What the rules are about in a request.
#[derive(Clone, Debug)]
struct Facts {
    model: Option<String>,
    embedding_inputs: u64,
    /// The limits of its model that it exceeds, in words.
    exceeded: Option<String>,
}

impl Line {
    /// Returns the line that a document is. `request` is what was read of it, and `fit` whether it fits its model's limits,
    /// if that is known.
    pub fn new(document: &Document<'_>, request: Result<&Request, &Error>, fit: Option<&Fit>) -> Line {
        /// The fields of a line, in which any can be missing or of another type.
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Read {
            custom_id: serde_json::Value,
            method: serde_json::Value,
            url: serde_json::Value,
        }
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        let fields = serde_json::from_slice::<Read>(document.bytes()).ok().map(|read| Fields {
            custom_id: text(&read.custom_id).filter(|id| !id.is_empty()),
            is_post: read.method.as_str() == Some("POST"),
            url: text(&read.url).filter(|url| endpoint(url).is_some()),
        });
        let exceeded = fit.filter(|fit| fit.verdict() == Verdict::Exceeds).map(|fit| {
            let exceeded: Vec<String> = fit.exceeded().iter().map(ToString::to_string).collect();
            exceeded.join("; ")
        });
        let facts = |request: &Request| Facts {
            model: request.model().map(str::to_owned),
            embedding_inputs: embedding_inputs(request),
            exceeded,
        };
        Line { number: document.first_line(), fields, request: request.map(facts).map_err(message) }
    }

    /// Returns the number of the line, from 1.
    pub fn number(&self) -> usize {
        self.number
    }
}

/// A file of a batch, line by line.
///
/// ```
/// use gpt_cost::batch::{Batch, Line, Rule};
/// use gpt_cost::source::{InputFormat, documents};
///
/// let line = r#"{"custom_id": "1", "method": "POST", "url": "/v1/responses", "body": {"model": "gpt-4o", "input": "Hi"}}"#;
/// let text = format!("{line}\n{line}\n");
/// let mut batch = Batch::default();
/// let broken: Vec<_> = documents("batch.jsonl", text.as_bytes(), InputFormat::Auto)
///     .iter()
///     .flat_map(|document| batch.add(&Line::new(document, document.request().as_ref(), None)))
///     .collect();
/// assert_eq!((broken[0].line, broken[0].rule), (Some(2), Rule::CustomId));
/// assert_eq!(broken[0].message, "custom_id: line 1 has the same");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Batch {
    requests: u64,
    embedding_inputs: u64,
    /// The line of each `custom_id`.
    ids: HashMap<String, usize>,
    url: Option<(String, usize)>,
    model: Option<(String, usize)>,
}

impl Batch {
    /// Adds a line, and returns the rules that it breaks.
    pub fn add(&mut self, line: &Line) -> Vec<Broken> {
        self.requests += 1;
        let mut broken = Breaking { line: line.number, found: Vec::new() };
        let Some(fields) = &line.fields else {
            broken.add(Rule::Line, "expected an object with custom_id, method, url and body");
            return broken.found;
        };
        self.check_custom_id(fields.custom_id.as_deref(), &mut broken);
        if !fields.is_post {
            broken.add(Rule::Method, "method: expected \"POST\"");
        }
        self.check_url(fields.url.as_deref(), &mut broken);
        match &line.request {
            Ok(facts) => self.check_request(facts, &mut broken),
            Err(message) if fields.url.is_some() => broken.add(Rule::Line, message),
            // What is wrong with the URL is said already.
            Err(_) => {}
        }
        broken.found
    }

    /// Returns the rules that the file as a whole, of this many bytes, breaks.
    pub fn finish(&self, bytes: u64) -> Vec<Broken> {
        let limits = [
            (Rule::Requests, self.requests, MAX_REQUESTS, "requests"),
            (Rule::Size, bytes, MAX_BYTES, "bytes"),
            (Rule::EmbeddingInputs, self.embedding_inputs, MAX_EMBEDDING_INPUTS, "inputs of embeddings"),
        ];
        let broken = |(rule, found, most, what): (Rule, u64, u64, &str)| {
            let message = format!("{} {what}, at most {}", grouped(found), grouped(most));
            (found > most).then_some(Broken { line: None, rule, message })
        };
        limits.into_iter().filter_map(broken).collect()
    }

    /// Returns the number of lines.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// Returns the URL of the first line that has a valid one.
    pub fn url(&self) -> Option<&str> {
        self.url.as_ref().map(|(url, _)| url.as_str())
    }

    /// Returns the model of the first line that names one.
    pub fn model(&self) -> Option<&str> {
        self.model.as_ref().map(|(model, _)| model.as_str())
    }

    fn check_custom_id(&mut self, id: Option<&str>, broken: &mut Breaking) {
        let Some(id) = id else {
            return broken.add(Rule::CustomId, "custom_id: expected a text that no other line has");
        };
        match self.ids.get(id) {
            Some(first) => broken.add(Rule::CustomId, format!("custom_id: line {first} has the same")),
            None => drop(self.ids.insert(id.to_owned(), broken.line)),
        }
    }

    fn check_url(&mut self, url: Option<&str>, broken: &mut Breaking) {
        let Some(url) = url else {
            let endpoints: Vec<String> = ENDPOINTS.iter().map(|api| format!("/v1/{api}")).collect();
            return broken.add(Rule::Url, format!("url: expected one of {}", endpoints.join(", ")));
        };
        let (first, line) = self.url.get_or_insert_with(|| (url.to_owned(), broken.line));
        if first != url {
            broken.add(Rule::OneUrl, format!("url: it is {url}, and that of line {line} is {first}; a batch has one"));
        }
    }

    fn check_request(&mut self, request: &Facts, broken: &mut Breaking) {
        match &request.model {
            None => broken.add(Rule::Model, "body.model: the request names no model"),
            Some(model) => {
                let (first, line) = self.model.get_or_insert_with(|| (model.clone(), broken.line));
                if first != model {
                    broken.add(Rule::OneModel, format!("body.model: not the model of line {line}; a batch has one"));
                }
            }
        }
        self.embedding_inputs += request.embedding_inputs;
        if let Some(exceeded) = &request.exceeded {
            broken.add(Rule::Fit, exceeded);
        }
    }
}

/// The endpoints of batches whose requests are counted.
const ENDPOINTS: [Api; 4] = [Api::ChatCompletions, Api::Responses, Api::Completions, Api::Embeddings];

fn endpoint(url: &str) -> Option<Api> {
    let api = url.strip_prefix("/v1/")?.parse().ok()?;
    ENDPOINTS.contains(&api).then_some(api)
}

/// Returns what was wrong with a line, without its place.
fn message(error: &Error) -> String {
    let problem = |problem: &Problem| match problem.path() {
        Some(path) => format!("{path}: {}", problem.message()),
        None => problem.message().to_owned(),
    };
    error.problems().iter().map(problem).collect::<Vec<_>>().join("; ")
}

/// The rules that one line breaks.
struct Breaking {
    line: usize,
    found: Vec<Broken>,
}

impl Breaking {
    fn add(&mut self, rule: Rule, message: impl Into<String>) {
        self.found.push(Broken { line: Some(self.line), rule, message: message.into() });
    }
}
