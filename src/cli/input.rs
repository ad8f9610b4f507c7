//! Files and standard input → requests.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use super::args::{InputFormat, RequestArgs};
use super::exit::Failure;
use crate::budget::Config;
use crate::request::{Api, Format, Warning};
use crate::{Error, Request};

/// A request, and the name by which reports call where it is from.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) request: Request,
}

impl Source {
    /// Returns the model that was named, else the request's own, else the one of `gpt-cost.toml`; a conflict of the first two is a warning.
    pub(super) fn model(&self, named: Option<&str>, config: &Config) -> Result<(String, Vec<Warning>), Failure> {
        match (named, self.request.model()) {
            (Some(named), Some(own)) if named != own => {
                let message = format!("the request names {}; this is the estimate for {named}", shown(own));
                Ok((named.to_owned(), vec![Warning::new("model", message)]))
            }
            (Some(name), _) | (None, Some(name)) => Ok((name.to_owned(), Vec::new())),
            (None, None) if config.model.is_some() => Ok((config.model.clone().unwrap_or_default(), Vec::new())),
            (None, None) => {
                let failure = Failure::new(format!("{}: it names no model", self.name));
                Err(failure.hint("say which with --model NAME, such as --model gpt-4o"))
            }
        }
    }

    /// Returns the failure that an error is, with the file's name where it is about the request.
    pub(super) fn failure(&self, error: &Error) -> Failure {
        if error.is_request() { Failure::in_file(&self.name, error) } else { Failure::of(error) }
    }
}

/// Reads the requests in the files that are named; `-` is standard input. What is wrong with one does not stop the others.
pub(super) fn read_all(args: &RequestArgs) -> Vec<Result<Source, Failure>> {
    args.files.iter().flat_map(|path| read(path, args)).collect()
}

/// Reads the request in a file, or those of a file with one on each line.
fn read(path: &Path, args: &RequestArgs) -> Vec<Result<Source, Failure>> {
    let (name, bytes) = match read_bytes(path) {
        Ok(read) => read,
        Err(failure) => return vec![Err(failure)],
    };
    let by_name =
        path.extension().is_some_and(|ending| ["json", "jsonl"].iter().any(|json| ending.eq_ignore_ascii_case(json)));
    let is_json = match args.input_format {
        InputFormat::Text => false,
        InputFormat::Auto => by_name || begins_like_json(&bytes),
        _ => true,
    };
    let lines = if is_json { json_lines(&bytes) } else { Vec::new() };
    if lines.len() > 1 {
        let read = |(line, bytes): (usize, &[u8])| {
            let request = parse(bytes, true, args).map_err(|error| Failure::in_line(&name, line, &error))?;
            Ok(Source { name: format!("{name}:{line}"), request })
        };
        return lines.into_iter().map(read).collect();
    }
    let request = parse(&bytes, is_json, args).map_err(|error| {
        let failure = Failure::in_file(&name, &error);
        match is_json && args.input_format == InputFormat::Auto && !by_name {
            true => failure.hint("it begins like JSON; if it is a prompt, say --input-format text"),
            false => failure,
        }
    });
    vec![request.map(|request| Source { name, request })]
}

/// Returns the lines of a file that has a JSON text on each, with their numbers: its first line is one, and there are more.
fn json_lines(bytes: &[u8]) -> Vec<(usize, &[u8])> {
    let lines = (1..).zip(bytes.split(|byte| *byte == b'\n')).filter(|(_, line)| !line.trim_ascii().is_empty());
    let lines: Vec<(usize, &[u8])> = lines.collect();
    let first = lines.first().map_or(&b""[..], |(_, line)| line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line));
    let is_whole = serde_json::from_slice::<serde::de::IgnoredAny>(first).is_ok();
    if is_whole { lines } else { Vec::new() }
}

fn parse(bytes: &[u8], is_json: bool, args: &RequestArgs) -> Result<Request, Error> {
    let mut request = match forced(args.input_format) {
        Some(format) => Request::from_json_as(bytes, format),
        None if is_json => Request::from_json(bytes),
        None => Request::from_text(bytes),
    }?;
    if let Some(size) = args.image_size {
        request.assume_image_size(size);
    }
    Ok(request)
}

/// Returns the format that is said to be the file's, where it is one of JSON.
fn forced(format: InputFormat) -> Option<Format> {
    Some(match format {
        InputFormat::Auto | InputFormat::Json | InputFormat::Text => return None,
        InputFormat::Chat => Format::Body(Api::ChatCompletions),
        InputFormat::Responses => Format::Body(Api::Responses),
        InputFormat::Compact => Format::Body(Api::Compact),
        InputFormat::Completions => Format::Body(Api::Completions),
        InputFormat::Embeddings => Format::Body(Api::Embeddings),
        InputFormat::Batch => Format::BatchLine,
        InputFormat::Messages => Format::Messages,
        InputFormat::Items => Format::Items,
    })
}

/// Reads the text in `path` as it is; `-` is standard input.
pub(super) fn read_text(path: &Path) -> Result<(String, String), Failure> {
    let (name, bytes) = read_bytes(path)?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok((name, text)),
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            let failure = Failure::new(format!("{name}: not UTF-8: the byte at offset {offset} does not belong there"));
            Err(failure.hint("save it as UTF-8"))
        }
    }
}

pub(super) fn read_bytes(path: &Path) -> Result<(String, Vec<u8>), Failure> {
    let stdin = path == Path::new("-");
    let name = if stdin { "stdin".to_owned() } else { shown(&path.display().to_string()) };
    let bytes = if stdin { read_stdin() } else { read_file(path) };
    let bytes = bytes.map_err(|error| Failure::new(format!("{name}: {error}")))?;
    Ok((name, bytes))
}

/// Returns a name as it can be shown: what would move the cursor or colour the terminal is replaced.
pub(super) fn shown(name: &str) -> String {
    name.chars().map(|char| if char.is_control() { char::REPLACEMENT_CHARACTER } else { char }).collect()
}

fn read_stdin() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a file; errors are in plain words, the same on every platform.
pub(super) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let plain = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => io::Error::other("there is no such file"),
        io::ErrorKind::PermissionDenied => io::Error::other("it may not be read: permission denied"),
        _ => error,
    };
    if fs::metadata(path).map_err(plain)?.is_dir() {
        return Err(io::Error::other("it is a directory, expected a file"));
    }
    fs::read(path).map_err(plain)
}

fn begins_like_json(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'['))
}
