//! The library's only error type.

use std::fmt;
use std::sync::Arc;

use crate::place::Place;

/// An error of the library: one problem or several, each with its place.
///
/// It is opaque: callers branch on its predicates, and [`Error::problems`] returns everything to show to a person. It
/// never contains text of a prompt.
///
/// ```
/// use gpt_cost::Catalog;
///
/// let error = Catalog::builtin().model("gpt4").unwrap_err();
/// assert!(error.is_unknown_model());
/// assert_eq!(error.to_string(), "unknown model `gpt4`");
/// ```
#[derive(Clone, Debug)]
pub struct Error {
    kind: Kind,
    problems: Vec<Problem>,
    cause: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
}

/// One problem, with its place and a hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub(crate) file: Option<String>,
    pub(crate) position: Option<Position>,
    pub(crate) path: Option<String>,
    pub(crate) message: String,
    pub(crate) excerpt: Option<String>,
    pub(crate) hint: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Request,
    NotRequest,
    TooLarge,
    UnknownModel,
    WrongModel,
    MissingPrice,
    NoTokenizer,
    PriceTable,
    Config,
    Baseline,
    Usage,
}

/// The result of a function of this library that can fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(kind: Kind, problem: Problem) -> Error {
        Error { kind, problems: vec![problem], cause: None }
    }

    /// Adds the error that caused this one.
    pub(crate) fn caused_by(self, cause: impl std::error::Error + Send + Sync + 'static) -> Error {
        Error { cause: Some(Arc::new(cause)), ..self }
    }

    /// Returns the same error with another kind.
    pub(crate) fn with_kind(self, kind: Kind) -> Error {
        Error { kind, ..self }
    }

    /// Adds the place to problems that name no file. `first_line` is the line of the file on which the text begins that
    /// was read.
    pub(crate) fn at(mut self, place: &Place, first_line: usize) -> Error {
        for problem in self.problems.iter_mut().filter(|problem| problem.file.is_none()) {
            match &mut problem.position {
                Some(position) => {
                    position.line = (position.line + first_line).saturating_sub(1);
                    problem.file = Some(place.file.clone());
                }
                None => problem.file = Some(place.to_string()),
            }
        }
        self
    }

    /// Adds the place to problems that name no file.
    ///
    /// ```
    /// use gpt_cost::{budget::Baseline, source::Place};
    ///
    /// let error = Baseline::from_json("{").unwrap_err().in_file(&Place::file("old.json"));
    /// assert_eq!(error.to_string(), "old.json:1:1: not a baseline: EOF while parsing an object");
    /// ```
    #[must_use]
    pub fn in_file(self, place: &Place) -> Error {
        self.at(place, 1)
    }

    /// Removes the positions of problems, which are in a text that is only a part of the file.
    pub(crate) fn without_positions(mut self) -> Error {
        self.problems.iter_mut().for_each(|problem| problem.position = None);
        self
    }

    /// Adds the path of the value that the error is about before the paths of its problems.
    pub(crate) fn within(mut self, path: &str) -> Error {
        for problem in &mut self.problems {
            problem.path = Some(match problem.path.take() {
                Some(inner) if inner.starts_with('[') => format!("{path}{inner}"),
                Some(inner) => format!("{path}.{inner}"),
                None => path.to_owned(),
            });
        }
        self
    }

    /// Adds a hint to the last problem.
    #[cfg(feature = "import")]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Error {
        if let Some(last) = self.problems.last_mut() {
            last.hint = Some(hint.into());
        }
        self
    }

    pub(crate) fn with_problems(kind: Kind, problems: Vec<Problem>) -> Error {
        Error { kind, problems, cause: None }
    }

    /// Returns the problems: one, or, for a price table or a configuration, all that were found.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Returns whether a request cannot be read.
    pub fn is_request(&self) -> bool {
        matches!(self.kind, Kind::Request | Kind::NotRequest | Kind::TooLarge)
    }

    /// Returns whether a request is larger than [`Blocks::max_request`](crate::bulk::Blocks::max_request).
    pub fn is_too_large(&self) -> bool {
        self.kind == Kind::TooLarge
    }

    /// Returns whether the input is not a request, but a response, for example, or of a format that is not supported
    /// yet.
    pub fn is_not_request(&self) -> bool {
        self.kind == Kind::NotRequest
    }

    /// Returns whether the model is in no price table.
    pub fn is_unknown_model(&self) -> bool {
        self.kind == Kind::UnknownModel
    }

    /// Returns whether the model does not accept such a request, such as messages for a completion model.
    pub fn is_wrong_model(&self) -> bool {
        self.kind == Kind::WrongModel
    }

    /// Returns whether the model has no price on the day or for the tier.
    pub fn is_missing_price(&self) -> bool {
        self.kind == Kind::MissingPrice
    }

    /// Returns whether the model's tokenizer is unknown, so that its requests cannot be counted. The usage of its
    /// responses can still be priced.
    pub fn is_no_tokenizer(&self) -> bool {
        self.kind == Kind::NoTokenizer
    }

    /// Returns whether a price table is invalid.
    pub fn is_price_table(&self) -> bool {
        self.kind == Kind::PriceTable
    }

    /// Returns whether a `gpt-cost.toml` is invalid.
    pub fn is_config(&self) -> bool {
        self.kind == Kind::Config
    }

    /// Returns whether a baseline is invalid.
    pub fn is_baseline(&self) -> bool {
        self.kind == Kind::Baseline
    }

    /// Returns whether a response has no readable usage, or one that contradicts itself.
    pub fn is_usage(&self) -> bool {
        self.kind == Kind::Usage
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((first, rest)) = self.problems.split_first() else { return f.write_str("unknown error") };
        first.fmt(f)?;
        match rest.len() {
            0 => Ok(()),
            more => write!(f, " (and {more} more)"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn std::error::Error + 'static))
    }
}

impl Problem {
    pub(crate) fn new(message: impl Into<String>) -> Problem {
        Problem { file: None, position: None, path: None, message: message.into(), excerpt: None, hint: None }
    }

    pub(crate) fn with_hint(self, hint: impl Into<String>) -> Problem {
        Problem { hint: Some(hint.into()), ..self }
    }

    pub(crate) fn at_line(self, line: usize, column: usize) -> Problem {
        Problem { position: Some(Position { line, column }), ..self }
    }

    pub(crate) fn at_path(self, path: impl fmt::Display) -> Problem {
        Problem { path: Some(path.to_string()).filter(|path| !path.is_empty()), ..self }
    }

    /// Returns the message, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the name of the file, if it is known; with `:LINE` after it in a file with a request on each line.
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// Returns the line and the column, if they are known.
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// Returns the path in a JSON text, such as `messages[3].content`, if it is known.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// Returns the line of a price table or a configuration, with carets below the place.
    pub fn excerpt(&self) -> Option<&str> {
        self.excerpt.as_deref()
    }

    /// Returns a hint on what to do, if there is one.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

/// Returns the error of bytes that are not UTF-8.
pub(crate) fn not_utf8(error: std::str::Utf8Error) -> Error {
    let problem = Problem::new(format!("invalid UTF-8 at byte {}", error.valid_up_to()));
    Error::new(Kind::Request, problem.with_hint("save it as UTF-8")).caused_by(error)
}

/// Returns a name from the input in a form that can be shown: control characters replaced, and shortened to 64
/// characters.
pub(crate) fn shown(name: &str) -> String {
    const MOST: usize = 64;
    let plain = name.chars().take(MOST).map(|char| if char.is_control() { '\u{fffd}' } else { char });
    plain.chain((name.chars().count() > MOST).then_some('…')).collect()
}

/// Writes the place and the message on one line: `pricing.toml:12:9: unknown key`, `messages[3].role: …`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.position) {
            (Some(file), Some(Position { line, column })) => write!(f, "{file}:{line}:{column}: ")?,
            (Some(file), None) => write!(f, "{file}: ")?,
            (None, Some(Position { line, column })) => write!(f, "line {line}, column {column}: ")?,
            (None, None) => {}
        }
        if let Some(path) = &self.path {
            write!(f, "{path}: ")?;
        }
        f.write_str(&self.message)
    }
}
