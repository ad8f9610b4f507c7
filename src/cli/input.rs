//! The requests that a command line names: files and standard input, read by the one reader.

use std::path::Path;

use gpt_cost::Request;
use gpt_cost::budget::Config;
use gpt_cost::request::Warning;
use gpt_cost::source::{Document, InputFormat, Place, documents};
use gpt_cost::usage::Response;

use super::args::RequestArgs;
use super::exit::Failure;
use super::files;

/// A request, and where it is.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) place: Place,
    /// The line of the file on which it begins, from 1.
    pub(super) line: usize,
    pub(super) request: Request,
}

/// A request, or a file, that cannot be read, counted or priced.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) place: Place,
    pub(super) line: usize,
    pub(super) failure: Failure,
}

impl Source {
    /// Returns the model that was named, else the request's own, else the one of `gpt-cost.toml`; a conflict of the first two is a warning.
    pub(super) fn model(&self, named: Option<&str>, config: &Config) -> Result<(String, Vec<Warning>), Failure> {
        match (named, self.request.model()) {
            (Some(named), Some(own)) if named != own => {
                let message = format!("the request names {}; this is the estimate for {named}", files::shown(own));
                Ok((named.to_owned(), vec![Warning::new("model", message)]))
            }
            (Some(name), _) | (None, Some(name)) => Ok((name.to_owned(), Vec::new())),
            (None, None) => match &config.model {
                Some(name) => Ok((name.clone(), Vec::new())),
                None => Err(Failure::missing_model(&self.place, "it names no model")
                    .hint("name one with --model NAME, such as --model gpt-4o")),
            },
        }
    }

    /// Returns a failure of this request's.
    pub(super) fn failed(&self, failure: Failure) -> Failed {
        Failed { place: self.place.clone(), line: self.line, failure }
    }
}

/// Reads the requests in the files that are named; `-` is standard input. What is wrong with one does not stop the others.
pub(super) fn read_all(args: &RequestArgs) -> Vec<Result<Source, Failed>> {
    let mut is_read = false;
    let mut sources = Vec::new();
    for path in &args.files {
        if files::is_standard(path) && std::mem::replace(&mut is_read, true) {
            let place = Place::file(files::name(path));
            let failure = Failure::at(&place, "standard input is named twice, and can be read once");
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
                true => failure.hint("gpt-cost check FOLDER reads all prompts of a folder"),
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

/// Reads a request, with the holes of a prompt file unless its text is `literal`; a failure has what to do about it.
pub(super) fn request(document: &Document<'_>, format: InputFormat, literal: bool) -> Result<Request, Failure> {
    let request = if literal { document.request() } else { document.prompt() };
    request.map_err(|error| {
        let failure = Failure::of(&error);
        if document.unread().is_some() {
            return failure.with_hint("--input-format text counts it as plain text");
        }
        if Response::from_json(document.bytes()).is_ok() {
            return failure.hint("gpt-cost actual prices a response by its usage");
        }
        match format == InputFormat::Auto && document.is_json() && !document.is_named_json() {
            true => failure.hint("it begins like JSON; if it is a prompt, say --input-format text"),
            false => failure,
        }
    })
}
