//! Reads the requests that the command line names: files and standard input.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use gpt_cost::budget::Config;
use gpt_cost::request::{Role, Warning};
use gpt_cost::source::{Document, InputFormat, Place, Template, distinct, documents, prompts_at};
use gpt_cost::usage::Response;
use gpt_cost::{Error, Request};

use super::args::RequestArgs;
use super::exit::Failure;
use super::project::Tree;
use super::values::Values;
use super::{files, note, template};

/// How a prompt is read: the language of its template, and what fills it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading<'r> {
    pub(super) format: InputFormat,
    /// The language of a template; `None` is what the name of the file says.
    pub(super) template: Option<Template>,
    /// The role of a text; `None` is what the name of the file says.
    pub(super) role: Option<Role>,
    pub(super) values: &'r Values,
    /// The tokens of values that are not given, by the names of their placeholders.
    pub(super) sizes: &'r BTreeMap<String, u64>,
    /// Where the files are that a template includes.
    pub(super) tree: &'r Tree,
}

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
                None => {
                    Err(Failure::at(&self.place, "it names no model").hint("pass --model NAME, such as --model gpt-4o"))
                }
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
    let mut unused: BTreeSet<&str> = args.template.vars.iter().map(|var| var.name.as_str()).collect();
    for path in &args.files {
        if files::is_standard(path) && std::mem::replace(&mut is_stdin_read, true) {
            let place = Place::file(files::name(path));
            let failure = Failure::at(&place, "standard input can only be read once, but is named twice");
            sources.push(Err(Failed { place, line: 1, failure }));
        } else {
            sources.extend(read(path, args, &values, &mut unused));
        }
    }
    for name in unused.into_iter().filter(|_| sources.iter().any(Result::is_ok)) {
        note(&format!("--var {}: no prompt has this name", files::printable(name)));
    }
    Ok(sources)
}

/// Reads a file. The names of values that occur in it are no longer `unused`.
fn read(
    path: &Path,
    args: &RequestArgs,
    values: &[Values],
    unused: &mut BTreeSet<&str>,
) -> Vec<Result<Source, Failed>> {
    let (path, pointer) = split_pointer(path);
    let (path, name) = (path.as_path(), files::name(&path));
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
    let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    // A template that is included can use them.
    let includes = has("include") || has("{{>");
    unused.retain(|name| !includes && !has(name.split('.').next().unwrap_or(name)));
    let format = args.input_format.into();
    let documents = match pointer {
        Some(pointer) => at_pointer(&name, &bytes, &pointer, format),
        None => documents(&name, &bytes, format),
    };
    let sizes = args.template.var_tokens.iter().map(|size| (size.name.clone(), size.tokens)).collect();
    // A request that is one of many in its file is literal: it has no placeholders for values.
    let none = [Values::default()];
    let values_of = |document: &Document<'_>| match document.is_whole() {
        true if template(args) != Some(Template::None) && values.iter().all(Values::is_absent) => {
            Cow::Owned(own_values(document))
        }
        true => Cow::Borrowed(values),
        false => Cow::Borrowed(none.as_slice()),
    };
    let read = |(document, times): &(Document<'_>, u32)| -> Vec<_> {
        let source = |values| Ok(Source { times: *times, ..source(document, args, values, &sizes)? });
        let values = values_of(document);
        match Values::check_rows(document, values.len()) {
            Ok(()) => values.iter().map(source).collect(),
            Err(failure) => {
                vec![Err(Failed { place: document.place().clone(), line: document.first_line(), failure })]
            }
        }
    };
    distinct(documents).iter().flat_map(read).collect()
}

/// Returns the prompts at a pointer, or the request that reports name so, such as that of a recording.
pub(super) fn at_pointer<'b>(name: &str, bytes: &'b [u8], pointer: &str, format: InputFormat) -> Vec<Document<'b>> {
    let is_named = |document: &Document<'_>| document.place().to_string() == format!("{name}#{pointer}");
    let mut named = documents(name, bytes, format);
    named.retain(is_named);
    if named.is_empty() { prompts_at(name, bytes, pointer) } else { named }
}

/// Splits `prompts.yaml#/support/system` into the file and the pointer, unless there is a file of that name.
pub(super) fn split_pointer(path: &Path) -> (PathBuf, Option<String>) {
    let split = path.to_str().and_then(|text| text.split_once("#/")).filter(|_| !path.exists());
    match split {
        Some((file, pointer)) => (PathBuf::from(file), Some(format!("/{pointer}"))),
        None => (path.to_owned(), None),
    }
}

/// Returns the values that a document itself has for its placeholders, or none.
pub(super) fn own_values(document: &Document<'_>) -> Vec<Values> {
    let samples = document.samples();
    if samples.is_empty() {
        return vec![Values::default()];
    }
    samples.into_iter().map(|(source, values)| Values { source: Some(source), values }).collect()
}

/// Returns the language of templates that the arguments name.
fn template(args: &RequestArgs) -> Option<Template> {
    if args.literal { Some(Template::None) } else { args.template.language }
}

fn source(
    document: &Document<'_>,
    args: &RequestArgs,
    values: &Values,
    sizes: &BTreeMap<String, u64>,
) -> Result<Source, Failed> {
    let line = document.first_line();
    let place = match &values.source {
        Some(source) => document.place().clone().with_values(source),
        None => document.place().clone(),
    };
    let reading = Reading {
        format: args.input_format.into(),
        template: template(args),
        role: None,
        values,
        sizes,
        tree: &Tree::Folder(PathBuf::new()),
    };
    match prompt(document, &reading) {
        Ok(request) => Ok(Source { place, line, request, times: 1 }),
        Err(failure) => Err(Failed { line: failure.line().unwrap_or(line), place, failure }),
    }
}

/// Reads a prompt: fills its template with values, and sets the sizes of the values that are not given. Failures have a
/// hint.
pub(super) fn prompt(document: &Document<'_>, reading: &Reading<'_>) -> Result<Request, Failure> {
    let language = reading.template.unwrap_or_else(|| Template::of_file(&document.place().file));
    let mut request = match language {
        Template::None => request(document, reading.format, true)?,
        Template::Braces => document
            .prompt_with(&reading.values.texts())
            .map_err(|error| with_hint(document, reading.format, &error))?,
        language => template::render(document, language, reading)?,
    };
    if let Some(role) = reading.role {
        request.set_text_role(role);
    }
    for (name, tokens) in reading.sizes {
        request.set_placeholder_tokens(name, *tokens);
    }
    Ok(request)
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
