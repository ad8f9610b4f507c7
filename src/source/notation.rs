//! Notations other than JSON with the same values. They are read as JSON text, in which each value is on the line that it
//! has in the source.

use super::{begins_like_json, has_ending, toml_text, without_mark};
use crate::error::{self, Result};

/// The JSON text of a document of another notation.
#[derive(Debug)]
pub(super) struct Translated {
    pub(super) json: String,
    /// The line of the source on which the JSON text begins, from 1.
    pub(super) first_line: usize,
}

/// A notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notation {
    Toml,
    Yaml,
}

/// Returns the JSON texts of the documents of a source: one, or any number if it is YAML. `None` for a source that is in no
/// such notation by its name, or is JSON whatever its name.
pub(super) fn translate(name: &str, bytes: &[u8]) -> Option<Result<Vec<Translated>>> {
    let notation = Notation::from_name(name).filter(|_| !is_json_text(bytes))?;
    Some(notation.to_json(bytes))
}

/// Returns whether a name is that of a source in such a notation.
pub(super) fn is_named(name: &str) -> bool {
    Notation::from_name(name).is_some()
}

impl Notation {
    fn from_name(name: &str) -> Option<Notation> {
        let notations = [(Notation::Toml, ["toml"].as_slice()), (Notation::Yaml, &["yaml", "yml"])];
        notations.into_iter().find(|(_, endings)| has_ending(name, endings)).map(|(notation, _)| notation)
    }

    fn to_json(self, bytes: &[u8]) -> Result<Vec<Translated>> {
        let text = std::str::from_utf8(without_mark(bytes)).map_err(error::not_utf8)?;
        match self {
            Notation::Toml => Ok(vec![toml_text::to_json(text)?]),
            Notation::Yaml => yaml_to_json(text),
        }
    }
}

#[cfg(feature = "formats")]
fn yaml_to_json(text: &str) -> Result<Vec<Translated>> {
    super::yaml::to_json(text)
}

#[cfg(not(feature = "formats"))]
fn yaml_to_json(_: &str) -> Result<Vec<Translated>> {
    use crate::error::{Error, Problem};

    let problem = Problem::new("this build does not read YAML").with_hint("build gpt-cost with its feature `formats`");
    Err(Error::new(error::Kind::NotRequest, problem))
}

/// Returns whether a text is one JSON value or several.
fn is_json_text(bytes: &[u8]) -> bool {
    let values = || serde_json::Deserializer::from_slice(without_mark(bytes)).into_iter::<serde::de::IgnoredAny>();
    begins_like_json(bytes) && values().all(|value| value.is_ok())
}
