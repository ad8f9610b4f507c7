//! The place of a request.

use std::fmt;

/// The place of a request: its source and, in a source with several requests, the line or the element of an array.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Place {
    /// The name of the source.
    pub file: String,
    /// The line of the request, from 1, in a source with a request on each line.
    pub line: Option<usize>,
    /// The index of the request, from 0, in a source that is an array of requests.
    pub index: Option<usize>,
    /// The source of the values of a template, such as `fixtures/1.json` or `rows.jsonl:2`.
    pub values: Option<String>,
}

impl Place {
    /// Returns the place of the only request of a source.
    pub fn file(file: impl Into<String>) -> Place {
        Place { file: file.into(), ..Place::default() }
    }

    /// Returns the place of the request on a line.
    pub fn line(file: impl Into<String>, line: usize) -> Place {
        Place { line: Some(line), ..Place::file(file) }
    }

    /// Returns the place of the request that is an element of an array.
    pub fn element(file: impl Into<String>, index: usize) -> Place {
        Place { index: Some(index), ..Place::file(file) }
    }

    /// Returns the same place, of a template filled with the values of a source.
    pub fn with_values(self, values: impl Into<String>) -> Place {
        Place { values: Some(values.into()), ..self }
    }

    /// Returns the same place in another file.
    pub fn with_file(self, file: impl Into<String>) -> Place {
        Place { file: file.into(), ..self }
    }
}

/// Writes the place as `prompt.json`, `batch.jsonl:3`, with the JSON pointer of an element `requests.json#/0`, or with the
/// source of a template's values `prompt.md#fixtures/1.json`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        match (self.line, self.index) {
            (Some(line), _) => write!(f, ":{line}"),
            (None, Some(index)) => write!(f, "#/{index}"),
            (None, None) => Ok(()),
        }?;
        self.values.as_ref().map_or(Ok(()), |values| write!(f, "#{values}"))
    }
}
