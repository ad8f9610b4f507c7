//! Errors of the library as Python exceptions, with the same texts.

use gpt_cost::Problem;
use pyo3::create_exception;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

create_exception!(gpt_cost, Error, PyValueError, "The base of all errors of gpt_cost.");
create_exception!(
    gpt_cost,
    RequestError,
    Error,
    "A request cannot be read. `path` is the place in it, if it is known."
);
create_exception!(gpt_cost, UnknownModelError, Error, "A model is in no price table. `hint` has the nearest names.");
create_exception!(gpt_cost, WrongModelError, Error, "A model does not take such a request.");
create_exception!(gpt_cost, TokenizerError, Error, "The tokenizer of a model, or a token, is unknown.");
create_exception!(gpt_cost, MissingPriceError, Error, "A model has no price on the day or for the tier.");
create_exception!(gpt_cost, PriceTableError, Error, "A price table is invalid. `problems` has all that were found.");
create_exception!(gpt_cost, UsageError, Error, "A response has no readable usage, or one that contradicts itself.");
create_exception!(
    gpt_cost,
    BudgetExceeded,
    Error,
    "A request can cost more than `max_cost`, or its maximum is unknown. `estimate` is its estimate."
);

/// Adds the exceptions to the module.
pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("Error", py.get_type::<Error>())?;
    module.add("RequestError", py.get_type::<RequestError>())?;
    module.add("UnknownModelError", py.get_type::<UnknownModelError>())?;
    module.add("WrongModelError", py.get_type::<WrongModelError>())?;
    module.add("TokenizerError", py.get_type::<TokenizerError>())?;
    module.add("MissingPriceError", py.get_type::<MissingPriceError>())?;
    module.add("PriceTableError", py.get_type::<PriceTableError>())?;
    module.add("UsageError", py.get_type::<UsageError>())?;
    module.add("BudgetExceeded", py.get_type::<BudgetExceeded>())
}

/// A failure that is not an exception yet, so that it can be made while other threads run.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An error of the library.
    Library(gpt_cost::Error),
    /// A problem of the request that the library does not see.
    Request {
        /// The place in the request; empty for all of it.
        path: String,
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: Option<&'static str>,
    },
    /// An exception that Python code raised.
    Python(PyErr),
}

impl From<gpt_cost::Error> for Failure {
    fn from(error: gpt_cost::Error) -> Failure {
        Failure::Library(error)
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Failure {
        Failure::Python(error)
    }
}

impl Failure {
    /// Returns the failure of a request as a whole.
    pub(crate) fn request(message: impl Into<String>, hint: Option<&'static str>) -> Failure {
        Failure::Request { path: String::new(), message: message.into(), hint }
    }

    /// Returns what is wrong in one line, without hints and excerpts.
    pub(crate) fn reason(&self) -> String {
        match self {
            Failure::Library(error) => error.problems().iter().map(Problem::to_string).collect::<Vec<_>>().join("; "),
            Failure::Request { path, message, .. } if path.is_empty() => message.clone(),
            Failure::Request { path, message, .. } => format!("{path}: {message}"),
            Failure::Python(error) => error.to_string(),
        }
    }

    /// Returns the exception.
    pub(crate) fn raise(self, py: Python<'_>) -> PyErr {
        match self {
            Failure::Library(error) => of_library(py, &error),
            Failure::Python(error) => error,
            Failure::Request { path, message, hint } => {
                let place = if path.is_empty() { String::new() } else { format!("{path}: ") };
                let line = format!("{place}{message}");
                let path = (!path.is_empty()).then_some(path);
                let error = RequestError::new_err(with_hint(line.clone(), hint));
                with_attributes(py, error, vec![line], path, hint)
            }
        }
    }
}

fn of_library(py: Python<'_>, error: &gpt_cost::Error) -> PyErr {
    let problems = error.problems();
    let text = problems.iter().map(in_full).collect::<Vec<_>>().join("\n");
    let exception = match () {
        () if error.is_request() => RequestError::new_err(text),
        () if error.is_unknown_model() => UnknownModelError::new_err(text),
        () if error.is_wrong_model() => WrongModelError::new_err(text),
        () if error.is_no_tokenizer() => TokenizerError::new_err(text),
        () if error.is_missing_price() => MissingPriceError::new_err(text),
        () if error.is_price_table() => PriceTableError::new_err(text),
        () if error.is_usage() => UsageError::new_err(text),
        () => Error::new_err(text),
    };
    let path = problems.first().and_then(Problem::path).map(str::to_owned);
    let hint = problems.last().and_then(Problem::hint);
    with_attributes(py, exception, problems.iter().map(Problem::to_string).collect(), path, hint)
}

/// Returns a problem with its excerpt and its hint, on lines of their own.
fn in_full(problem: &Problem) -> String {
    let excerpt = problem.excerpt().map(|excerpt| format!("\n{excerpt}")).unwrap_or_default();
    with_hint(format!("{problem}{excerpt}"), problem.hint())
}

fn with_hint(text: String, hint: Option<&str>) -> String {
    match hint {
        Some(hint) => format!("{text}\nhint: {hint}"),
        None => text,
    }
}

/// Sets the attributes of an exception.
pub(crate) fn with_attributes(
    py: Python<'_>,
    error: PyErr,
    problems: Vec<String>,
    path: Option<String>,
    hint: Option<&str>,
) -> PyErr {
    let value = error.value(py);
    let set = value.setattr("problems", problems);
    let set = set.and_then(|()| value.setattr("path", path)).and_then(|()| value.setattr("hint", hint));
    set.err().unwrap_or(error)
}
