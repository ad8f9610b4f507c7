//! The values of templates: of the command line, and of files of JSON, JSON Lines and CSV.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gpt_cost::source::Place;
use serde_json::{Map, Value};

use super::args::{TemplateArgs, Var};
use super::exit::Failure;
use super::files;

/// The largest file of values, in bytes: all of it is read into memory.
const MAX_BYTES: u64 = 100_000_000;

/// The values for one rendering of a template.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    /// The file and row that they come from; `None` for those of the command line alone.
    pub(super) source: Option<String>,
    pub(super) values: Map<String, Value>,
}

impl Values {
    /// Reads the values that the arguments name: one set for each row of the files, and one if there is no file. Those of
    /// `--var` are in each set, and override the others.
    pub(super) fn read_all(args: &TemplateArgs) -> Result<Vec<Values>, Failure> {
        let mut own = Map::new();
        for var in &args.vars {
            own.insert(var.name.clone(), Value::String(text_of(var)?));
        }
        if args.vars_files.is_empty() {
            return Ok(vec![Values { source: None, values: own }]);
        }
        let mut all = Vec::new();
        for path in &args.vars_files {
            all.extend(rows(path)?);
        }
        for values in &mut all {
            values.values.extend(own.clone());
        }
        Ok(all)
    }

    /// Returns whether there are any.
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Returns whether no option gave any.
    pub(super) fn is_absent(&self) -> bool {
        self.source.is_none() && self.is_empty()
    }

    /// Returns the values as texts, by names such as `user.name`. Lists and null have no text.
    pub(super) fn texts(&self) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::new();
        self.values.iter().for_each(|(name, value)| add_texts(name, value, &mut texts));
        texts
    }
}

fn add_texts(name: &str, value: &Value, texts: &mut BTreeMap<String, String>) {
    match value {
        Value::String(text) => drop(texts.insert(name.to_owned(), text.clone())),
        Value::Number(_) | Value::Bool(_) => drop(texts.insert(name.to_owned(), value.to_string())),
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| add_texts(&format!("{name}.{key}"), value, texts));
        }
        Value::Null | Value::Array(_) => {}
    }
}

fn text_of(var: &Var) -> Result<String, Failure> {
    match &var.file {
        None => Ok(var.value.clone()),
        Some(path) => files::read_text(path, &files::name(path)),
    }
}

/// Reads the rows of a file of values.
fn rows(path: &PathBuf) -> Result<Vec<Values>, Failure> {
    let name = files::name(path);
    if fs::metadata(path).is_ok_and(|metadata| metadata.len() > MAX_BYTES) {
        return Err(Failure::at(Place::file(&name), "a file of values can have at most 100 MB"));
    }
    let text = files::read_text(path, &name)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let rows = match ending(path).as_str() {
        "csv" => csv_rows(text, &name)?,
        "jsonl" | "ndjson" => json_lines(text, &name)?,
        _ => json_rows(text, &name)?,
    };
    match rows.is_empty() {
        true => Err(Failure::at(Place::file(&name), "it has no rows, so there are no values")),
        false => Ok(rows),
    }
}

fn ending(path: &Path) -> String {
    path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase()).unwrap_or_default()
}

fn json_rows(text: &str, name: &str) -> Result<Vec<Values>, Failure> {
    let place = Place::file(name);
    let value = serde_json::from_str(text).map_err(|error| Failure::at(&place, format!("not valid JSON: {error}")))?;
    match value {
        Value::Object(values) => Ok(vec![Values { source: Some(name.to_owned()), values }]),
        Value::Array(rows) => {
            let row = |(index, value)| row(value, Place::element(name, index));
            rows.into_iter().enumerate().map(row).collect()
        }
        _ => Err(Failure::at(&place, "expected an object with a value for each placeholder, or an array of them")),
    }
}

fn json_lines(text: &str, name: &str) -> Result<Vec<Values>, Failure> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let read = |(number, line): (usize, &str)| {
        let place = Place::line(name, number);
        match serde_json::from_str(line) {
            Ok(value) => row(value, place),
            Err(error) => Err(Failure::at(&place, format!("not valid JSON: {error}"))),
        }
    };
    lines.map(read).collect()
}

fn row(value: Value, place: Place) -> Result<Values, Failure> {
    match value {
        Value::Object(values) => Ok(Values { source: Some(place.to_string()), values }),
        _ => Err(Failure::at(&place, "expected an object with a value for each placeholder")),
    }
}

fn csv_rows(text: &str, name: &str) -> Result<Vec<Values>, Failure> {
    let wrong = |error: csv::Error| {
        let line = error.position().map_or(1, |position| position.line() as usize);
        Failure::at(Place::line(name, line), "this row has another number of fields than the first one")
    };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(wrong)?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        let line = record.position().map_or(1, |position| position.line() as usize);
        let field = |(name, value): (&str, &str)| (name.to_owned(), Value::String(value.to_owned()));
        let values = header.iter().zip(record.iter()).map(field).collect();
        rows.push(Values { source: Some(Place::line(name, line).to_string()), values });
    }
    Ok(rows)
}
