//! Where a request is.

use std::fmt;

/// Where a request is: its source, and the line or the element of an array where the source has several.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Place {
    /// The name of the source.
    pub file: String,
    /// The line on which the request is, from 1, where the source has a request on each line.
    pub line: Option<usize>,
    /// The element that is the request, from 0, where the source is an array of requests.
    pub index: Option<usize>,
}

impl Place {
    /// Returns the place of the only request of a source.
    pub fn file(file: impl Into<String>) -> Place {
        Place { file: file.into(), line: None, index: None }
    }

    /// Returns the place of the request on a line.
    pub fn line(file: impl Into<String>, line: usize) -> Place {
        Place { line: Some(line), ..Place::file(file) }
    }

    /// Returns the place of the request that is an element of an array.
    pub fn element(file: impl Into<String>, index: usize) -> Place {
        Place { index: Some(index), ..Place::file(file) }
    }

    /// Returns the same place in a file of another name.
    pub fn with_file(self, file: impl Into<String>) -> Place {
        Place { file: file.into(), ..self }
    }
}

/// Shows the place as `prompt.json`, `batch.jsonl:3`, or, with the JSON pointer of an element, `requests.json#/0`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        match (self.line, self.index) {
            (Some(line), _) => write!(f, ":{line}"),
            (None, Some(index)) => write!(f, "#/{index}"),
            (None, None) => Ok(()),
        }
    }
}
