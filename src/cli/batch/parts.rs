//! The parts of a file that can each be sent as a batch.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use gpt_cost::Request;
use gpt_cost::batch::{MAX_BYTES, MAX_EMBEDDING_INPUTS, MAX_REQUESTS, embedding_inputs};
use gpt_cost::money::grouped;
use gpt_cost::request::Api;
use tempfile::NamedTempFile;

use crate::cli::exit::Failure;
use crate::cli::report::plural;
use crate::cli::{files, note};

/// The valid lines of a file, by endpoint and model, in temporary files of the folder until all are there.
pub(super) struct Parts {
    folder: PathBuf,
    groups: BTreeMap<(Option<Api>, String), Vec<Part>>,
}

/// A line that can be sent, and what decides in which part.
pub(super) struct Sent {
    line: Vec<u8>,
    api: Option<Api>,
    model: String,
    embedding_inputs: u64,
}

/// The lines of one batch.
struct Part {
    file: BufWriter<NamedTempFile>,
    bytes: u64,
    requests: u64,
    embedding_inputs: u64,
}

impl Sent {
    pub(super) fn new(line: &[u8], request: &Request) -> Sent {
        Sent {
            line: [line.trim_ascii(), b"\n"].concat(),
            api: request.api(),
            model: request.model().unwrap_or_default().to_owned(),
            embedding_inputs: embedding_inputs(request),
        }
    }
}

impl Parts {
    /// Returns the parts of a folder, which is created.
    pub(super) fn new(folder: &Path) -> Result<Parts, Failure> {
        std::fs::create_dir_all(folder).map_err(|error| {
            Failure::at(files::name(folder), format!("cannot be created: {}", files::message(&error)))
        })?;
        Ok(Parts { folder: folder.to_owned(), groups: BTreeMap::new() })
    }

    /// Adds a line to the part of its endpoint and model that has room for it.
    pub(super) fn add(&mut self, sent: &Sent) -> Result<(), Failure> {
        let parts = self.groups.entry((sent.api, sent.model.clone())).or_default();
        if parts.last().is_none_or(|part| !part.has_room(sent)) {
            let file = files::temporary_in(&self.folder).map_err(|error| not_written(&self.folder, &error))?;
            parts.push(Part { file: BufWriter::new(file), bytes: 0, requests: 0, embedding_inputs: 0 });
        }
        let Some(part) = parts.last_mut() else { return Ok(()) };
        part.bytes += sent.line.len() as u64;
        part.requests += 1;
        part.embedding_inputs += sent.embedding_inputs;
        part.file.write_all(&sent.line).map_err(|error| not_written(&self.folder, &error))
    }

    /// Gives each part its name, such as `requests.chat-completions.gpt-4o.001.jsonl`. If a file has one of the names, no
    /// part is written.
    pub(super) fn finish(self, original: &Path) -> Result<(), Failure> {
        let stem = original.file_stem().map_or("batch".to_owned(), |stem| stem.to_string_lossy().into_owned());
        let mut named = Vec::new();
        for ((api, model), parts) in self.groups {
            let endpoint = api.map(|api| api.as_str().replace('/', "-")).unwrap_or_default();
            for (number, part) in (1..).zip(parts) {
                let name = format!("{stem}.{endpoint}.{}.{number:03}.jsonl", file_name(&model));
                named.push((self.folder.join(name), part));
            }
        }
        if let Some((path, _)) = named.iter().find(|(path, _)| path.symlink_metadata().is_ok()) {
            let failure = Failure::at(files::name(path), "file already exists; no part was written");
            return Err(failure.hint("name another folder"));
        }
        for (path, part) in named {
            let (requests, bytes) = (plural(part.requests as usize, "request"), grouped(part.bytes));
            let file = part.file.into_inner().map_err(|error| not_written(&path, error.error()))?;
            let written = file.as_file().sync_data().and_then(|()| Ok(file.persist_noclobber(&path)?));
            written.map_err(|error| not_written(&path, &error))?;
            note(&format!("wrote {}: {requests}, {bytes} bytes", files::name(&path)));
        }
        Ok(())
    }
}

impl Part {
    fn has_room(&self, sent: &Sent) -> bool {
        self.requests < MAX_REQUESTS
            && self.bytes + sent.line.len() as u64 <= MAX_BYTES
            && self.embedding_inputs + sent.embedding_inputs <= MAX_EMBEDDING_INPUTS
    }
}

fn not_written(path: &Path, error: &std::io::Error) -> Failure {
    files::not_written(&files::name(path), error)
}

/// Returns the name of a model as a part of a file's name.
fn file_name(model: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "-._".contains(char);
    model.chars().map(|char| if is_plain(char) { char } else { '-' }).collect()
}
