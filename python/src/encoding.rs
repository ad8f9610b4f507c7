//! The tokenizers alone: text to tokens, and tokens to text.

use std::hash::{DefaultHasher, Hash, Hasher};

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyBytes, PyString};

use crate::catalog::Tables;
use crate::errors::{Failure, TokenizerError, with_attributes};
use crate::values::{Day, text};

/// The size of a text from which on other threads run while it is counted, in bytes: below it, counting is as fast as
/// letting them run.
const LARGE: usize = 4_096;

/// A byte-pair encoding of OpenAI's: how text becomes tokens.
///
/// A special token in a text, such as `<|endoftext|>`, is ordinary text: text never becomes a special token.
///
/// >>> import gpt_cost
/// >>> encoding = gpt_cost.encoding_for_model("gpt-4o")
/// >>> encoding.count("hello world")
/// 2
/// >>> encoding.decode(encoding.encode("hello world"))
/// 'hello world'
#[pyclass(frozen, eq, module = "gpt_cost")]
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Encoding(pub(crate) gpt_cost::Encoding);

#[pymethods]
impl Encoding {
    /// The name that OpenAI gives the encoding, such as `o200k_base`.
    #[getter]
    fn name(&self) -> &'static str {
        self.0.as_str()
    }

    /// Returns the number of tokens of `text`. Other threads run while a large text is counted.
    ///
    /// >>> import gpt_cost
    /// >>> gpt_cost.get_encoding("cl100k_base").count("hello world")
    /// 2
    fn count(&self, py: Python<'_>, text: Text) -> usize {
        detached(py, text.0.len(), || self.0.count(&text.0))
    }

    /// Returns the number of tokens of `text` if it is at most `limit`, else `None`. Stops as soon as the count exceeds
    /// `limit`.
    ///
    /// >>> import gpt_cost
    /// >>> encoding = gpt_cost.get_encoding("cl100k_base")
    /// >>> encoding.count_up_to("hello world", 2), encoding.count_up_to("hello world", 1)
    /// (2, None)
    fn count_up_to(&self, py: Python<'_>, text: Text, limit: usize) -> Option<usize> {
        detached(py, text.0.len(), || self.0.count_up_to(&text.0, limit))
    }

    /// Returns the number of tokens of each text.
    fn count_batch(&self, py: Python<'_>, texts: Vec<Text>) -> Vec<usize> {
        py.detach(|| texts.iter().map(|text| self.0.count(&text.0)).collect())
    }

    /// Returns the tokens of `text`, special tokens encoded as ordinary text.
    ///
    /// >>> import gpt_cost
    /// >>> gpt_cost.get_encoding("cl100k_base").encode("hello world")
    /// [15339, 1917]
    fn encode(&self, py: Python<'_>, text: Text) -> Vec<u32> {
        detached(py, text.0.len(), || self.0.encode(&text.0))
    }

    /// Returns the tokens of each text.
    fn encode_batch(&self, py: Python<'_>, texts: Vec<Text>) -> Vec<Vec<u32>> {
        py.detach(|| texts.iter().map(|text| self.0.encode(&text.0)).collect())
    }

    /// Returns the bytes of `tokens`; they are not always UTF-8, since a token can end inside a character.
    fn decode_bytes<'py>(&self, py: Python<'py>, tokens: Vec<u32>) -> PyResult<Bound<'py, PyBytes>> {
        match self.0.decode(&tokens) {
            Ok(bytes) => Ok(PyBytes::new(py, &bytes)),
            Err(error) => Err(tokenizer_error(py, error.to_string())),
        }
    }

    /// Returns the text of `tokens`. `errors` is that of `bytes.decode`: what happens to bytes that are not UTF-8.
    ///
    /// >>> import gpt_cost
    /// >>> gpt_cost.get_encoding("cl100k_base").decode([15339, 1917])
    /// 'hello world'
    #[pyo3(signature = (tokens, errors="replace"))]
    pub(crate) fn decode<'py>(&self, py: Python<'py>, tokens: Vec<u32>, errors: &str) -> PyResult<Bound<'py, PyAny>> {
        self.decode_bytes(py, tokens)?.call_method1("decode", ("utf-8", errors))
    }

    /// Returns the longest prefix of `text` with at most `limit` tokens; it ends on a character boundary.
    ///
    /// >>> import gpt_cost
    /// >>> gpt_cost.get_encoding("cl100k_base").truncate("hello, world", 2)
    /// 'hello,'
    fn truncate(&self, py: Python<'_>, text: Text, limit: usize) -> String {
        detached(py, text.0.len(), || self.0.truncate(&text.0, limit).to_owned())
    }

    fn __repr__(&self) -> String {
        format!("Encoding('{}')", self.0)
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        hasher.finish()
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (&'static str,))> {
        Ok((py.import("gpt_cost")?.getattr("get_encoding")?, (self.0.as_str(),)))
    }
}

/// Returns the result of `work` on this number of bytes; other threads run during large work.
pub(crate) fn detached<T: Send>(py: Python<'_>, bytes: usize, work: impl FnOnce() -> T + Send) -> T {
    if bytes < LARGE { work() } else { py.detach(work) }
}

/// Returns the encoding of a name, as OpenAI gives it.
pub(crate) fn of_name(name: &str) -> PyResult<Encoding> {
    name.parse()
        .map(Encoding)
        .map_err(|error: gpt_cost::encoding::UnknownEncoding| PyValueError::new_err(error.to_string()))
}

/// Returns the encoding of a model today.
pub(crate) fn of_model(py: Python<'_>, name: &str, tables: &Tables) -> PyResult<Encoding> {
    let found = tables.get().model(name).and_then(|model| model.resolve(Day::today().0));
    let found = found.map_err(|error| Failure::from(error).raise(py))?;
    let unknown = || tokenizer_error(py, format!("no exact tokenizer of `{name}` is built in"));
    found.model.encoding().map(Encoding).ok_or_else(unknown)
}

/// Returns the encoding of an argument: an encoding, or the name of one or of a model.
pub(crate) fn of_argument(value: &Bound<'_, PyAny>) -> PyResult<Encoding> {
    if let Ok(encoding) = value.cast::<Encoding>() {
        return Ok(*encoding.get());
    }
    let Ok(name) = value.extract::<PyBackedStr>() else {
        return Err(PyTypeError::new_err("expected an encoding, or the name of an encoding or a model"));
    };
    match name.parse() {
        Ok(encoding) => Ok(Encoding(encoding)),
        Err(_) => of_model(value.py(), &name, &Tables::BuiltIn),
    }
}

fn tokenizer_error(py: Python<'_>, message: String) -> PyErr {
    with_attributes(py, TokenizerError::new_err(message.clone()), vec![message], None, None)
}

/// A text whose error shows nothing of it.
pub(crate) struct Text(pub(crate) PyBackedStr);

impl<'py> FromPyObject<'_, 'py> for Text {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Text> {
        let Ok(string) = value.cast::<PyString>() else {
            return Err(PyTypeError::new_err("expected a text"));
        };
        text(&string).map(Text).map_err(PyValueError::new_err)
    }
}
