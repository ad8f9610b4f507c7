//! Reads the requests that the command line names: files, folders and standard input.

mod paths;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use gpt_cost::budget::Config;
use gpt_cost::bulk::{Block, Blocks};
use gpt_cost::request::{Format, OutputLimit, Role, Warning};
use gpt_cost::source::{Document, InputFormat, Place, Template, distinct, documents, prompts_at};
use gpt_cost::usage::Response;
use gpt_cost::{Error, Request};

use self::paths::paths;
use super::args::RequestArgs;
use super::exit::{Failure, Stop};
use super::project::Tree;
use super::values::Values;
use super::{files, interrupt, note, template};

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

/// What reports show of a request beside its count and its cost.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) place: Place,
    /// The line of the file on which it begins, from 1.
    pub(super) line: usize,
    pub(super) custom_id: Option<String>,
    pub(super) format: Format,
    /// Whether its texts have values of a template.
    pub(super) is_filled: bool,
    /// The number of requests in the file that are identical to it, itself included.
    pub(super) times: u32,
    pub(super) choices: u64,
    pub(super) output_limit: Option<OutputLimit>,
    /// Whether it names no model itself.
    pub(super) lacks_model: bool,
}

impl Facts {
    /// Returns the facts of a raw text.
    pub(super) fn of_text(place: Place) -> Facts {
        Facts {
            place,
            line: 1,
            custom_id: None,
            format: Format::Text,
            is_filled: false,
            times: 1,
            choices: 1,
            output_limit: None,
            lacks_model: false,
        }
    }
}

/// A request or a file that cannot be read, counted or priced.
#[derive(Clone, Debug)]
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

    /// Returns the facts that reports show, without the texts of the request.
    pub(super) fn into_facts(self) -> Facts {
        let Source { place, line, request, times } = self;
        Facts {
            place,
            line,
            custom_id: request.custom_id().map(str::to_owned),
            format: request.format(),
            is_filled: request.is_filled(),
            times,
            choices: request.choices(),
            output_limit: request.output_limit().cloned(),
            lacks_model: request.model().is_none(),
        }
    }

    /// Returns a failure of this request.
    pub(super) fn failed(&self, failure: Failure) -> Failed {
        Failed { place: self.place.clone(), line: self.line, failure }
    }
}

/// A pass over the requests of the files that the command line names.
pub(super) struct Pass<'a> {
    pub(super) args: &'a RequestArgs,
    /// The number of requests at the beginning that are left out.
    pub(super) skip: usize,
    /// Whether progress is shown, if the pass takes long.
    pub(super) shows_progress: bool,
}

/// Whether a pass goes on: `Break` ends it.
pub(super) type Next = Result<ControlFlow<()>, Stop>;

impl Pass<'_> {
    /// Reads the requests, and calls `work` with those of each block of a file and `deliver` with its results, in the order
    /// of the requests: see [`Blocks::map_in_parallel`]. A template has a request for each set of values. There is a
    /// failure for each request that cannot be read.
    ///
    /// # Errors
    ///
    /// Those of `deliver`, and values of templates that cannot be read.
    pub(super) fn run<T: Send>(
        &self,
        work: impl Fn(Vec<Result<Source, Failed>>) -> T + Sync,
        mut deliver: impl FnMut(T) -> Next,
    ) -> Result<(), Stop> {
        let reader = Reader::new(self.args)?;
        let mut is_stdin_read = false;
        // The requests of earlier files.
        let mut before = 0;
        for (path, pointer) in paths(&self.args.files) {
            let name = files::name(&path);
            let failed = |failure| vec![Err(Failed { place: Place::file(&name), line: 1, failure })];
            let is_twice = files::is_standard(&path) && std::mem::replace(&mut is_stdin_read, true);
            let opened = match is_twice {
                true => Err(Failure::at(&name, "standard input can only be read once, but is named twice")),
                false => files::open(&path, self.shows_progress),
            };
            let (file, mut progress) = match opened {
                Ok(opened) => opened,
                Err(failure) => {
                    before += 1;
                    let failure = if path.is_dir() { failure.hint(NO_JSON_IN_FOLDER) } else { failure };
                    if before > self.skip && deliver(work(failed(failure)))?.is_break() {
                        return Ok(());
                    }
                    continue;
                }
            };
            let blocks = Blocks::new(name.as_str(), file).format(self.args.input_format.into());
            let skip = self.skip.saturating_sub(before);
            let (mut read, mut blocks_read) = (0, 0);
            let ended = blocks.max_request(self.args.max_line).map_in_parallel(
                |block| {
                    let skip = skip.saturating_sub(block.documents_before());
                    let (requests, sources) = reader.sources(&name, &block, pointer.as_deref(), skip);
                    (requests, work(sources))
                },
                |result| {
                    let (requests, result) = match result {
                        Ok(result) => result,
                        Err(error) => (1, work(failed(Failure::at(&name, files::message(&error))))),
                    };
                    (read, blocks_read) = (read + requests, blocks_read + 1);
                    if blocks_read == 2 {
                        interrupt::wait_for_lines();
                    }
                    progress.show(read);
                    match deliver(result) {
                        Ok(ControlFlow::Continue(())) => Ok(()),
                        Ok(ControlFlow::Break(())) => Err(None),
                        Err(stop) => Err(Some(stop)),
                    }
                },
            );
            match ended {
                Ok(()) => before += read,
                Err(None) => return Ok(()),
                Err(Some(stop)) => return Err(stop),
            }
        }
        reader.note_unused();
        Ok(())
    }
}

const NO_JSON_IN_FOLDER: &str =
    "no file in it is named .json, .jsonl, .ndjson or .har; gpt-cost check FOLDER checks all prompts";

/// Reads the requests of blocks.
struct Reader<'a> {
    args: &'a RequestArgs,
    values: Vec<Values>,
    sizes: BTreeMap<String, u64>,
    /// The names of values that are in no prompt.
    unused: Mutex<BTreeSet<&'a str>>,
    /// Whether any request was read.
    has_read: AtomicBool,
}

impl<'a> Reader<'a> {
    fn new(args: &'a RequestArgs) -> Result<Reader<'a>, Failure> {
        let values = Values::read_all(&args.template)?;
        let sizes = args.template.var_tokens.iter().map(|size| (size.name.clone(), size.tokens)).collect();
        let unused = args.template.vars.iter().map(|var| var.name.as_str()).collect();
        Ok(Reader { args, values, sizes, unused: Mutex::new(unused), has_read: AtomicBool::new(false) })
    }

    /// Returns the number of requests of a block of a file, or of the prompts at a pointer in it, and those behind the first
    /// `skip`.
    fn sources(
        &self,
        name: &str,
        block: &Block,
        pointer: Option<&str>,
        skip: usize,
    ) -> (usize, Vec<Result<Source, Failed>>) {
        let (requests, sources) = match block.whole() {
            Some(bytes) => {
                self.mark_used(bytes);
                let documents = match pointer {
                    Some(pointer) => at_pointer(name, bytes, pointer, self.args.input_format.into()),
                    None => self.documents(block),
                };
                let documents = distinct(documents);
                let of_document = |(document, times): &(Document<'_>, u32)| self.of_document(document, *times);
                let mut sources: Vec<_> = documents.iter().flat_map(of_document).collect();
                (sources.len(), sources.split_off(skip.min(sources.len())))
            }
            None if pointer.is_some() => {
                let failure = Failure::at(name, "a file with a request on each line has no pointers");
                (1, vec![Err(Failed { place: Place::file(name), line: 1, failure })])
            }
            // Captured traffic is literal: it has no placeholders for values.
            None => {
                let (none, documents) = (Values::default(), self.documents(block));
                let sources = documents.iter().skip(skip).map(|document| self.source(document, 1, &none));
                (documents.len(), sources.collect())
            }
        };
        if sources.iter().any(Result::is_ok) {
            self.has_read.store(true, Ordering::Relaxed);
        }
        (requests, sources)
    }

    /// Returns the documents of a block: those that the field has which the arguments name.
    fn documents<'b>(&self, block: &'b Block) -> Vec<Document<'b>> {
        match &self.args.field {
            Some(field) => block.documents().into_iter().map(|document| document.at_field(field)).collect(),
            None => block.documents(),
        }
    }

    /// Returns the requests of a document: one, or for a template one for each set of values.
    fn of_document(&self, document: &Document<'_>, times: u32) -> Vec<Result<Source, Failed>> {
        let none = [Values::default()];
        let values = match document.is_whole() {
            true if template(self.args) != Some(Template::None) && self.values.iter().all(Values::is_absent) => {
                Cow::Owned(own_values(document))
            }
            true => Cow::Borrowed(self.values.as_slice()),
            // A request that is one of many in its file is literal: it has no placeholders for values.
            false => Cow::Borrowed(none.as_slice()),
        };
        match Values::check_rows(document, values.len()) {
            Ok(()) => values.iter().map(|values| self.source(document, times, values)).collect(),
            Err(failure) => {
                vec![Err(Failed { place: document.place().clone(), line: document.first_line(), failure })]
            }
        }
    }

    fn source(&self, document: &Document<'_>, times: u32, values: &Values) -> Result<Source, Failed> {
        let line = document.first_line();
        let place = match &values.source {
            Some(source) => document.place().clone().with_values(source),
            None => document.place().clone(),
        };
        let reading = Reading {
            format: self.args.input_format.into(),
            template: template(self.args),
            role: None,
            values,
            sizes: &self.sizes,
            tree: &Tree::Folder(PathBuf::new()),
        };
        match prompt(document, &reading) {
            Ok(request) => Ok(Source { place, line, request, times }),
            Err(failure) => Err(Failed { line: failure.line().unwrap_or(line), place, failure }),
        }
    }

    /// Marks the names of values that occur in a file.
    fn mark_used(&self, bytes: &[u8]) {
        let mut unused = self.unused.lock().unwrap_or_else(PoisonError::into_inner);
        if unused.is_empty() {
            return;
        }
        let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        // A template that is included can use them.
        let includes = has("include") || has("{{>");
        unused.retain(|name| !includes && !has(name.split('.').next().unwrap_or(name)));
    }

    fn note_unused(&self) {
        let unused = self.unused.lock().unwrap_or_else(PoisonError::into_inner);
        for name in unused.iter().filter(|_| self.has_read.load(Ordering::Relaxed)) {
            note(&format!("--var {}: no prompt has this name", files::printable(name)));
        }
    }
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
    if error.is_too_large() {
        return failure.hint("--max-line SIZE sets another limit");
    }
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
