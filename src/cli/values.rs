//! The values of templates: of the command line, and of files of JSON, JSON Lines and CSV.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use gpt_cost::money::grouped;
use gpt_cost::source::{Document, Place};
use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::args::{TemplateArgs, Var};
use super::exit::Failure;
use super::files;

/// The largest file of values, in bytes: all of it is read into memory.
const MAX_BYTES: usize = 100_000_000;

/// The most rows of values. Each is a request: a hundred thousand take a second and 240 MB, of which a million need ten
/// times as much.
const MAX_ROWS: usize = 100_000;

/// The most bytes of a template, times its rows: each row reads the whole template.
const MAX_READ: usize = 1_000_000_000;

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
            let name = files::name(path);
            Values::check_size(&name, path)?;
            all.extend(Values::rows(&name, files::read(path)?)?);
            if all.len() > MAX_ROWS {
                return Err(too_many(Place::file(&name)));
            }
        }
        for values in &mut all {
            values.values.extend(own.clone());
        }
        Ok(all)
    }

    /// Checks the size of a file of values before it is read.
    pub(super) fn check_size(name: &str, path: &Path) -> Result<(), Failure> {
        match fs::metadata(path).is_ok_and(|metadata| metadata.len() > MAX_BYTES as u64) {
            true => Err(too_large(name)),
            false => Ok(()),
        }
    }

    /// Checks that a document with this number of rows of values can be read once for each of them.
    pub(super) fn check_rows(document: &Document<'_>, rows: usize) -> Result<(), Failure> {
        if rows > MAX_ROWS {
            return Err(too_many(document.place()));
        }
        if rows > 1 && document.bytes().len().saturating_mul(rows) > MAX_READ {
            let rows = grouped(rows as u64);
            let message =
                format!("its {rows} rows of values would read more than 1 GB, the template once for each row");
            return Err(Failure::at(document.place(), message).hint("use fewer rows, such as a sample of them"));
        }
        Ok(())
    }

    /// Reads the rows of a file of values: JSON Lines and CSV by the ending of its name, else JSON.
    pub(super) fn rows(name: &str, bytes: Vec<u8>) -> Result<Vec<Values>, Failure> {
        if bytes.len() > MAX_BYTES {
            return Err(too_large(name));
        }
        let text = files::text(name, bytes)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let rows = match ending(name).as_str() {
            "csv" => csv_rows(text, name)?,
            "jsonl" | "ndjson" => json_lines(text, name)?,
            _ => json_rows(text, name)?,
        };
        match rows.len() {
            0 => Err(Failure::at(Place::file(name), "it has no rows, so there are no values")),
            rows if rows > MAX_ROWS => Err(too_many(Place::file(name))),
            _ => Ok(rows),
        }
    }

    /// Returns whether no option gave any.
    pub(super) fn is_absent(&self) -> bool {
        self.source.is_none() && self.values.is_empty()
    }

    /// Returns the values as texts, by names such as `user.name`. Lists and null have no text.
    pub(super) fn texts(&self) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::new();
        self.values.iter().for_each(|(name, value)| add_texts(name, value, &mut texts));
        texts
    }

    /// Returns the same values; those of names such as `user.name` are also fields of `user`.
    pub(super) fn with_fields(&self) -> Values {
        let mut values = self.clone();
        for (name, value) in &self.values {
            if let (true, Value::String(text)) = (name.contains('.'), value) {
                values.insert_default(name, text);
            }
        }
        values
    }

    /// Sets the value of a name such as `user.name`, unless it has one.
    pub(super) fn insert_default(&mut self, name: &str, value: &str) {
        let (mut fields, mut rest) = (&mut self.values, name);
        while let Some((first, inner)) = rest.split_once('.') {
            let object = fields.entry(first).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(object) = object else { return };
            (fields, rest) = (object, inner);
        }
        fields.entry(rest).or_insert_with(|| Value::String(value.to_owned()));
    }
}

fn too_large(name: &str) -> Failure {
    Failure::at(Place::file(name), "a file of values can have at most 100 MB")
}

fn too_many(place: impl fmt::Display) -> Failure {
    let message = format!("more than {} rows of values, each of which is a request", grouped(MAX_ROWS as u64));
    Failure::at(place, message).hint("use fewer rows, such as a sample of them")
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

fn ending(name: &str) -> String {
    Path::new(files::name_of_content(name))
        .extension()
        .map(|ending| ending.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default()
}

fn json_rows(text: &str, name: &str) -> Result<Vec<Values>, Failure> {
    let place = Place::file(name);
    let invalid = |error| Failure::at(&place, format!("not valid JSON: {error}"));
    if !text.trim_ascii_start().starts_with('[') {
        return match serde_json::from_str(text).map_err(invalid)? {
            Value::Object(values) => Ok(vec![Values { source: Some(name.to_owned()), values }]),
            _ => Err(Failure::at(&place, "expected an object with a value for each placeholder, or an array of them")),
        };
    }
    let Rows(rows) = serde_json::from_str(text).map_err(invalid)?;
    if rows.len() > MAX_ROWS {
        return Err(too_many(&place));
    }
    let row = |(index, text): (usize, &RawValue)| {
        let place = Place::element(name, index);
        let value = serde_json::from_str(text.get());
        row(value.map_err(|error| Failure::at(&place, format!("not valid JSON: {error}")))?, place)
    };
    rows.into_iter().enumerate().map(row).collect()
}

/// The elements of an array, at most one more than a file may have.
struct Rows<'t>(Vec<&'t RawValue>);

impl<'de> Deserialize<'de> for Rows<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Rows<'de>, D::Error> {
        deserializer.deserialize_seq(RowsVisitor)
    }
}

struct RowsVisitor;

impl<'de> Visitor<'de> for RowsVisitor {
    type Value = Rows<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Rows<'de>, A::Error> {
        let mut rows = Vec::new();
        while rows.len() <= MAX_ROWS
            && let Some(row) = seq.next_element()?
        {
            rows.push(row);
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Rows(rows))
    }
}

fn json_lines(text: &str, name: &str) -> Result<Vec<Values>, Failure> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()).take(MAX_ROWS + 1);
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
    for record in reader.records().take(MAX_ROWS + 1) {
        let record = record.map_err(wrong)?;
        let line = record.position().map_or(1, |position| position.line() as usize);
        let field = |(name, value): (&str, &str)| (name.to_owned(), Value::String(value.to_owned()));
        let values = header.iter().zip(record.iter()).map(field).collect();
        rows.push(Values { source: Some(Place::line(name, line).to_string()), values });
    }
    Ok(rows)
}
