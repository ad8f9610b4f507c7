//! Reads the requests that the command line names: files and standard input.

use std::borrow::Cow;
use std::path::Path;

use gpt_cost::budget::Config;
use gpt_cost::request::Warning;
use gpt_cost::source::{Document, InputFormat, Place, distinct, documents};
use gpt_cost::usage::Response;
use gpt_cost::{Error, Request};

use super::args::{RequestArgs, Template, VarTokens};
use super::exit::Failure;
use super::values::Values;
use super::{files, template};

/// A request and its place.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) place: Place,
    /// The line of the file on which it begins, from 1.
    pub(super) line: usize,
    pub(super) request: Request,
    /// The number of requests in the file that are identical to it, itself included.
    pub(super) times: u32,
}

/// A request or a file that cannot be read, counted or priced.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) place: Place,
    pub(super) line: usize,
    pub(super) failure: Failure,
}

impl Source {
    /// Returns the `requested` model, else the request's own, else that of `gpt-cost.toml`. A conflict between the
    /// first two is a warning.
    pub(super) fn model(&self, requested: Option<&str>, config: &Config) -> Result<(String, Vec<Warning>), Failure> {
        match (requested, self.request.model()) {
            (Some(requested), Some(own)) if requested != own => {
                let message = format!("the request names {}; {requested} is used instead", files::printable(own));
                Ok((requested.to_owned(), vec![Warning::new("model", message)]))
            }
            (Some(name), _) | (None, Some(name)) => Ok((name.to_owned(), Vec::new())),
            (None, None) => match &config.model {
                Some(name) => Ok((name.clone(), Vec::new())),
                None => Err(Failure::missing_model(&self.place, "it names no model")
                    .hint("pass --model NAME, such as --model gpt-4o")),
            },
        }
    }

    /// Returns a failure of this request.
    pub(super) fn failed(&self, failure: Failure) -> Failed {
        Failed { place: self.place.clone(), line: self.line, failure }
    }
}

/// Reads the requests of the files that the command line names; `-` is standard input. A template has a request for each
/// set of values. Returns a failure for each request that cannot be read.
///
/// # Errors
///
/// Values of templates that cannot be read.
pub(super) fn read_all(args: &RequestArgs) -> Result<Vec<Result<Source, Failed>>, Failure> {
    let values = Values::read_all(&args.template)?;
    let mut is_stdin_read = false;
    let mut sources = Vec::new();
    for path in &args.files {
        if files::is_standard(path) && std::mem::replace(&mut is_stdin_read, true) {
            let place = Place::file(files::name(path));
            let failure = Failure::at(&place, "standard input can only be read once, but is named twice");
            sources.push(Err(Failed { place, line: 1, failure }));
        } else {
            sources.extend(read(path, args, &values));
        }
    }
    Ok(sources)
}

fn read(path: &Path, args: &RequestArgs, values: &[Values]) -> Vec<Result<Source, Failed>> {
    let name = files::name(path);
    let bytes = match files::read(path) {
        Ok(bytes) => bytes,
        Err(failure) => {
            let failure = match path.is_dir() {
                true => failure.hint("gpt-cost check FOLDER checks all prompts of a folder"),
                false => failure,
            };
            return vec![Err(Failed { place: Place::file(name), line: 1, failure })];
        }
    };
    let documents = distinct(documents(&name, &bytes, args.input_format.into()));
    // A request that is one of many in its file is literal: it has no placeholders for values.
    let none = [Values::default()];
    let values_of = |document: &Document<'_>| match document.is_whole() {
        true if !args.literal && values.iter().all(Values::is_absent) => Cow::Owned(own_values(document)),
        true => Cow::Borrowed(values),
        false => Cow::Borrowed(none.as_slice()),
    };
    let read = |(document, times): &(Document<'_>, u32)| -> Vec<_> {
        values_of(document).iter().map(|values| source(document, *times, args, values)).collect()
    };
    documents.iter().flat_map(read).collect()
}

/// Returns the values that a document itself has for its placeholders, or none.
fn own_values(document: &Document<'_>) -> Vec<Values> {
    let samples = document.samples();
    if samples.is_empty() {
        return vec![Values::default()];
    }
    samples.into_iter().map(|(source, values)| Values { source: Some(source), values }).collect()
}

fn source(document: &Document<'_>, times: u32, args: &RequestArgs, values: &Values) -> Result<Source, Failed> {
    let line = document.first_line();
    let place = match &values.source {
        Some(source) => document.place().clone().with_values(source),
        None => document.place().clone(),
    };
    let format = args.input_format.into();
    let read = match values.is_empty() || args.literal {
        true => request(document, format, args.literal),
        false => filled(document, format, args.template.language, values),
    };
    match read {
        Ok(mut request) => {
            for VarTokens { name, tokens } in &args.template.var_tokens {
                request.set_placeholder_tokens(name, *tokens);
            }
            Ok(Source { place, line, request, times })
        }
        Err(failure) => Err(Failed { line: failure.line().unwrap_or(line), place, failure }),
    }
}

/// Reads the request of a template that is filled with values.
fn filled(
    document: &Document<'_>,
    format: InputFormat,
    language: Option<Template>,
    values: &Values,
) -> Result<Request, Failure> {
    match template::language(language, &document.place().file) {
        Template::Braces => document.prompt_with(&values.texts()).map_err(|error| with_hint(document, format, &error)),
        language => template::render(document, language, values),
    }
}

/// Reads a request, with the template variables of a prompt file unless its text is `literal`. Failures have a hint.
pub(super) fn request(document: &Document<'_>, format: InputFormat, literal: bool) -> Result<Request, Failure> {
    let request = if literal { document.request() } else { document.prompt() };
    request.map_err(|error| with_hint(document, format, &error))
}

fn with_hint(document: &Document<'_>, format: InputFormat, error: &Error) -> Failure {
    let failure = Failure::from_error(error);
    if document.unread().is_some() {
        return failure.with_hint("--input-format text counts it as plain text");
    }
    if Response::from_json(document.bytes()).is_ok() {
        return failure.hint("gpt-cost actual prices a response by its usage");
    }
    let is_detected = format == InputFormat::Auto && document.is_json() && !document.is_recorded();
    match is_detected && !document.is_named_json() {
        true => failure.hint("it starts like JSON; if it is a text prompt, pass --input-format text"),
        false => failure,
    }
}
