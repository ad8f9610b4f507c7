//! Reads the requests that the command line names: files and standard input.

use std::path::Path;

use gpt_cost::Request;
use gpt_cost::budget::Config;
use gpt_cost::request::Warning;
use gpt_cost::source::{Document, InputFormat, Place, documents};
use gpt_cost::usage::Response;

use super::args::RequestArgs;
use super::exit::Failure;
use super::files;

/// A request and its place.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) place: Place,
    /// The line of the file on which it begins, from 1.
    pub(super) line: usize,
    pub(super) request: Request,
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

/// Reads the requests of the files that the command line names; `-` is standard input. Returns a failure for each
/// request that cannot be read.
pub(super) fn read_all(args: &RequestArgs) -> Vec<Result<Source, Failed>> {
    let mut is_stdin_read = false;
    let mut sources = Vec::new();
    for path in &args.files {
        if files::is_standard(path) && std::mem::replace(&mut is_stdin_read, true) {
            let place = Place::file(files::name(path));
            let failure = Failure::at(&place, "standard input can only be read once, but is named twice");
            sources.push(Err(Failed { place, line: 1, failure }));
        } else {
            sources.extend(read(path, args));
        }
    }
    sources
}

fn read(path: &Path, args: &RequestArgs) -> Vec<Result<Source, Failed>> {
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
    let format = args.input_format.into();
    documents(&name, &bytes, format).iter().map(|document| source(document, format, args)).collect()
}

fn source(document: &Document<'_>, format: InputFormat, args: &RequestArgs) -> Result<Source, Failed> {
    let (place, line) = (document.place().clone(), document.first_line());
    match request(document, format, args.literal) {
        Ok(request) => Ok(Source { place, line, request }),
        Err(failure) => Err(Failed { line: failure.line().unwrap_or(line), place, failure }),
    }
}

/// Reads a request, with the template variables of a prompt file unless its text is `literal`. Failures have a hint.
pub(super) fn request(document: &Document<'_>, format: InputFormat, literal: bool) -> Result<Request, Failure> {
    let request = if literal { document.request() } else { document.prompt() };
    request.map_err(|error| {
        let failure = Failure::from_error(&error);
        if document.unread().is_some() {
            return failure.with_hint("--input-format text counts it as plain text");
        }
        if Response::from_json(document.bytes()).is_ok() {
            return failure.hint("gpt-cost actual prices a response by its usage");
        }
        match format == InputFormat::Auto && document.is_json() && !document.is_named_json() {
            true => failure.hint("it starts like JSON; if it is a text prompt, pass --input-format text"),
            false => failure,
        }
    })
}
