//! The place of a request.

use std::fmt;

/// The place of a request: its source, and where it is in a source with several.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Place {
    /// The name of the source.
    pub file: String,
    /// Where the request is in the source.
    pub within: Within,
    /// The source of the values of a template, such as `fixtures/1.json` or `rows.jsonl:2`.
    pub values: Option<String>,
}

/// Where a request is in its source.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Within {
    /// It is the whole source.
    #[default]
    Whole,
    /// On this line, from 1, of a source with a request on each line.
    Line(usize),
    /// The element with this index, from 0, of a source with a list of requests.
    Element(usize),
    /// At this JSON pointer, such as `/support/system`, in a source with prompts under names.
    Pointer(String),
}

impl Place {
    /// Returns the place of the only request of a source.
    pub fn file(file: impl Into<String>) -> Place {
        Place { file: file.into(), ..Place::default() }
    }

    /// Returns the place of the request on a line.
    pub fn line(file: impl Into<String>, line: usize) -> Place {
        Place { within: Within::Line(line), ..Place::file(file) }
    }

    /// Returns the place of the request that is an element of an array.
    pub fn element(file: impl Into<String>, index: usize) -> Place {
        Place { within: Within::Element(index), ..Place::file(file) }
    }

    /// Returns the place of the prompt at a JSON pointer, such as `/support/system`.
    pub fn pointer(file: impl Into<String>, pointer: impl Into<String>) -> Place {
        Place { within: Within::Pointer(pointer.into()), ..Place::file(file) }
    }

    /// Returns the same place, of a template filled with the values of a source.
    pub fn with_values(self, values: impl Into<String>) -> Place {
        Place { values: Some(values.into()), ..self }
    }

    /// Returns the same place in another file.
    pub fn with_file(self, file: impl Into<String>) -> Place {
        Place { file: file.into(), ..self }
    }

    /// Returns whether the request is on a line of its source.
    pub(crate) fn is_line(&self) -> bool {
        matches!(self.within, Within::Line(_))
    }
}

/// Writes the place as `prompt.json`, `batch.jsonl:3`, with a JSON pointer `requests.json#/0` or
/// `prompts.yaml#/support/system`, and with the source of a template's values `prompt.md#fixtures/1.json`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        match &self.within {
            Within::Whole => Ok(()),
            Within::Line(line) => write!(f, ":{line}"),
            Within::Element(index) => write!(f, "#/{index}"),
            Within::Pointer(pointer) => write!(f, "#{pointer}"),
        }?;
        self.values.as_ref().map_or(Ok(()), |values| write!(f, "#{values}"))
    }
}
