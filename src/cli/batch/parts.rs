//! The parts of a file that can each be sent as a batch.

use std::collections::BTreeMap;
use std::path::Path;

use gpt_cost::Request;
use gpt_cost::batch::{MAX_BYTES, MAX_EMBEDDING_INPUTS, MAX_REQUESTS, embedding_inputs};
use gpt_cost::money::grouped;
use gpt_cost::request::Api;

use crate::cli::exit::Failure;
use crate::cli::report::plural;
use crate::cli::{files, note};

/// The valid lines of a file, by endpoint and model.
#[derive(Default)]
pub(super) struct Parts {
    groups: BTreeMap<(Option<Api>, String), Vec<Part>>,
}

/// The lines of one batch.
#[derive(Default)]
struct Part {
    lines: Vec<u8>,
    requests: u64,
    embedding_inputs: u64,
}

impl Parts {
    /// Adds a line to the part of its endpoint and model that has room for it.
    pub(super) fn add(&mut self, line: &[u8], request: &Request) {
        let inputs = embedding_inputs(request);
        let line = line.trim_ascii();
        let key = (request.api(), request.model().unwrap_or_default().to_owned());
        let parts = self.groups.entry(key).or_default();
        if parts.last().is_none_or(|part| !part.has_room(line, inputs)) {
            parts.push(Part::default());
        }
        if let Some(part) = parts.last_mut() {
            part.lines.extend_from_slice(line);
            part.lines.push(b'\n');
            part.requests += 1;
            part.embedding_inputs += inputs;
        }
    }

    /// Writes each part as a file in a folder, which is created. A file that is there is an error.
    pub(super) fn write(self, folder: &Path, original: &Path) -> Result<(), Failure> {
        std::fs::create_dir_all(folder)
            .map_err(|error| Failure::at(files::name(folder), format!("cannot be created: {error}")))?;
        let stem = original.file_stem().map_or("batch".to_owned(), |stem| stem.to_string_lossy().into_owned());
        for ((api, model), parts) in self.groups {
            let endpoint = api.map(|api| api.as_str().replace('/', "-")).unwrap_or_default();
            for (number, part) in (1..).zip(parts) {
                let path = folder.join(format!("{stem}.{endpoint}.{}.{number:03}.jsonl", file_name(&model)));
                files::create(&path, &part.lines)?;
                let (requests, bytes) = (plural(part.requests as usize, "request"), part.lines.len() as u64);
                note(&format!("wrote {}: {requests}, {} bytes", files::name(&path), grouped(bytes)));
            }
        }
        Ok(())
    }
}

impl Part {
    fn has_room(&self, line: &[u8], inputs: u64) -> bool {
        self.requests < MAX_REQUESTS
            && (self.lines.len() + line.len() + 1) as u64 <= MAX_BYTES
            && self.embedding_inputs + inputs <= MAX_EMBEDDING_INPUTS
    }
}

/// Returns the name of a model as a part of a file's name.
fn file_name(model: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "-._".contains(char);
    model.chars().map(|char| if is_plain(char) { char } else { '-' }).collect()
}
