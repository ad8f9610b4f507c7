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

/// Reads the request that is named; `-` is standard input.
pub(super) fn read(args: &RequestArgs) -> Result<Source, Failure> {
    let (path, format) = (args.file.as_path(), args.input_format);
    let (name, bytes) = read_bytes(path)?;
    let by_name =
        path.extension().is_some_and(|ending| ["json", "jsonl"].iter().any(|json| ending.eq_ignore_ascii_case(json)));
    let request = match forced(format) {
        Some(format) => Request::from_json_as(&bytes, format),
        None if format == InputFormat::Text => Request::from_text(&bytes),
        None if format == InputFormat::Json || by_name || begins_like_json(&bytes) => Request::from_json(&bytes),
        None => Request::from_text(&bytes),
    };
    let mut request = request.map_err(|error| {
        let failure = Failure::in_file(&name, &error);
        match format == InputFormat::Auto && !by_name && begins_like_json(&bytes) {
            true => failure.hint("it begins like JSON; if it is a prompt, say --input-format text"),
            false => failure,
        }
    })?;
    if let Some(size) = args.image_size {
        request.assume_image_size(size);
    }
    Ok(Source { name, request })
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
