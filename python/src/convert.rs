//! Python objects → the JSON text that a client sends for them.
//!
//! The text is written in the order of the keys, which the count of tools and schemas depends on; a
//! `serde_json::Value` would sort them.

use gpt_cost::bulk::MAX_REQUEST;
use gpt_cost::money::grouped;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple, PyType};

use crate::errors::Failure;
use crate::values::text;

/// The most levels of arrays and objects, as in the library's reader of JSON.
const MOST_LEVELS: usize = 127;

/// A JSON text that is being written.
#[derive(Default)]
pub(crate) struct Writer {
    json: Vec<u8>,
}

/// Why a value was not written.
#[derive(Debug)]
pub(crate) enum Unwritten {
    /// It stands for an absent value, such as `openai.omit`.
    Omitted,
    /// It is not a value of JSON, or one of the values in it is not; the path begins at it.
    Failed(Failure),
    /// The request as a whole is too large: no path says more.
    TooLarge(String),
}

impl From<PyErr> for Unwritten {
    fn from(error: PyErr) -> Unwritten {
        Unwritten::Failed(Failure::Python(error))
    }
}

impl Unwritten {
    /// Returns the failure of a value inside of another: its path begins with `step`, a key or an index in brackets.
    fn below(self, step: &str) -> Unwritten {
        match self {
            Unwritten::Failed(Failure::Request { path, message, hint }) => {
                let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
                Unwritten::Failed(Failure::Request { path: format!("{step}{dot}{path}"), message, hint })
            }
            other => other,
        }
    }
}

type Written = Result<(), Unwritten>;

impl Writer {
    /// Returns the JSON text.
    pub(crate) fn into_json(self) -> Vec<u8> {
        self.json
    }

    /// Writes a value with at most 127 levels of arrays and objects: numbers, texts, lists and dicts, and objects that
    /// become these: pydantic models, dataclasses, mappings and sequences.
    pub(crate) fn value(&mut self, value: &Bound<'_, PyAny>) -> Written {
        self.write(value, MOST_LEVELS)
    }

    /// Writes the fields of a dict into the object that was written last, or begins one. A field that `write_argument`
    /// has written, of which it returns `true`, is not written again.
    pub(crate) fn add_fields(
        &mut self,
        fields: &Bound<'_, PyDict>,
        write_argument: impl Fn(&mut Writer, &str, &Bound<'_, PyAny>) -> Result<bool, Failure>,
    ) -> Written {
        match self.json.pop() {
            Some(b'}') if self.json.last() != Some(&b'{') => self.json.push(b','),
            Some(b'}') => {}
            _ => self.json.push(b'{'),
        }
        for (key, value) in entries(fields) {
            let key = key_of(&key)?;
            if !write_argument(self, &key, &value).map_err(Unwritten::Failed)? {
                self.field(&key, &value, MOST_LEVELS - 1)?;
            }
        }
        self.close(b'}');
        Ok(())
    }

    /// Writes a field of an object, with a comma after it, unless its value is omitted.
    fn field(&mut self, key: &str, value: &Bound<'_, PyAny>, levels: usize) -> Written {
        let start = self.json.len();
        self.string(key);
        self.json.push(b':');
        match self.write(value, levels) {
            Ok(()) => self.json.push(b','),
            Err(Unwritten::Omitted) => self.json.truncate(start),
            Err(unwritten) => return Err(unwritten.below(key)),
        }
        Ok(())
    }

    /// Writes JSON text as it is.
    pub(crate) fn raw(&mut self, json: &str) {
        self.json.extend_from_slice(json.as_bytes());
    }

    fn write(&mut self, value: &Bound<'_, PyAny>, levels: usize) -> Written {
        if self.json.len() > MAX_REQUEST {
            let most = grouped(MAX_REQUEST as u64);
            return Err(Unwritten::TooLarge(format!("the request has more than {most} bytes")));
        }
        if let Ok(string) = value.cast::<PyString>() {
            self.string(&text(string).map_err(failed)?);
        } else if let Ok(dict) = value.cast::<PyDict>() {
            self.dict(dict, inner(levels)?)?;
        } else if let Ok(list) = value.cast::<PyList>() {
            self.array(list.iter(), inner(levels)?)?;
        } else if value.is_none() {
            self.raw("null");
        } else if let Ok(value) = value.cast::<PyBool>() {
            self.raw(if value.is_true() { "true" } else { "false" });
        } else if value.is_instance_of::<PyInt>() {
            self.integer(value)?;
        } else if value.is_instance_of::<PyFloat>() {
            self.float(value.extract()?)?;
        } else if let Ok(tuple) = value.cast::<PyTuple>() {
            self.array(tuple.iter(), inner(levels)?)?;
        } else {
            self.object(value, levels)?;
        }
        Ok(())
    }

    fn string(&mut self, text: &str) {
        // Writing into memory does not fail.
        let _ = serde_json::to_writer(&mut self.json, text);
    }

    fn integer(&mut self, value: &Bound<'_, PyAny>) -> Written {
        match value.extract::<i64>() {
            Ok(number) => self.raw(&number.to_string()),
            // `int` of an enum's value, whose `str` is its name.
            Err(_) => {
                let digits = value.py().get_type::<PyInt>().call_method1("__repr__", (value,))?;
                self.raw(&digits.extract::<String>()?);
            }
        }
        Ok(())
    }

    fn float(&mut self, number: f64) -> Written {
        if !number.is_finite() {
            return Err(failed("expected a finite number"));
        }
        let _ = serde_json::to_writer(&mut self.json, &number);
        Ok(())
    }

    fn array<'py>(&mut self, values: impl Iterator<Item = Bound<'py, PyAny>>, levels: usize) -> Written {
        self.json.push(b'[');
        for (index, value) in values.enumerate() {
            match self.write(&value, levels) {
                Ok(()) => self.json.push(b','),
                Err(Unwritten::Omitted) => {}
                Err(unwritten) => return Err(unwritten.below(&format!("[{index}]"))),
            }
        }
        self.close(b']');
        Ok(())
    }

    fn dict(&mut self, dict: &Bound<'_, PyDict>, levels: usize) -> Written {
        self.json.push(b'{');
        for (key, value) in entries(dict) {
            self.field(&key_of(&key)?, &value, levels)?;
        }
        self.close(b'}');
        Ok(())
    }

    /// Ends an array or an object, and removes the comma after its last value.
    fn close(&mut self, bracket: u8) {
        if self.json.last() == Some(&b',') {
            self.json.pop();
        }
        self.json.push(bracket);
    }

    /// Writes an object that is not of JSON's own types.
    fn object(&mut self, value: &Bound<'_, PyAny>, levels: usize) -> Written {
        let kind = value.get_type();
        if value.is_instance_of::<PyType>() {
            return Err(unexpected(&kind));
        }
        if is_omitted(&kind) {
            return Err(Unwritten::Omitted);
        }
        if let Some(json) = pydantic_json(value)? {
            self.raw(&json);
            return Ok(());
        }
        if kind.hasattr("__dataclass_fields__")? {
            let fields = kind.getattr("__dataclass_fields__")?.cast_into::<PyDict>().map_err(PyErr::from)?;
            let dict = PyDict::new(value.py());
            fields.keys().iter().try_for_each(|key| dict.set_item(&key, value.getattr(key.cast::<PyString>()?)?))?;
            return self.dict(&dict, inner(levels)?);
        }
        if is_of(value, "Mapping")? {
            let dict = PyDict::new(value.py());
            for key in value.try_iter()? {
                let key = key?;
                dict.set_item(&key, value.get_item(&key)?)?;
            }
            return self.dict(&dict, inner(levels)?);
        }
        if is_of(value, "Sequence")? && !kind.hasattr("decode")? && !kind.hasattr("tobytes")? {
            let values = value.try_iter()?.collect::<PyResult<Vec<_>>>()?;
            return self.array(values.into_iter(), inner(levels)?);
        }
        Err(unexpected(&kind))
    }
}

/// Returns the entries of a dict as they are now: code of objects in it, which writing runs, can change the dict.
fn entries<'py>(dict: &Bound<'py, PyDict>) -> Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    dict.iter().collect()
}

/// Returns the text of a key.
fn key_of(key: &Bound<'_, PyAny>) -> Result<pyo3::pybacked::PyBackedStr, Unwritten> {
    let key = key.cast::<PyString>().map_err(|_| failed("expected text as the key of a dict"))?;
    text(key).map_err(failed)
}

/// Returns the levels that are left inside of an array or an object.
fn inner(levels: usize) -> Result<usize, Unwritten> {
    levels.checked_sub(1).ok_or_else(|| {
        let message =
            format!("arrays and objects are nested more than {MOST_LEVELS} levels deep, or contain themselves");
        Unwritten::TooLarge(message)
    })
}

/// Returns the JSON that a pydantic model sends, or `None` for any other object.
///
/// It has the fields that are set, under the names that the API uses; `openai` leaves out those of `__api_exclude__`,
/// which are not the API's.
fn pydantic_json(value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    let kwargs = PyDict::new(value.py());
    kwargs.set_item("exclude_unset", true)?;
    kwargs.set_item("by_alias", true)?;
    if let Some(excluded) = value.getattr_opt("__api_exclude__")? {
        kwargs.set_item("exclude", excluded)?;
    }
    if let Some(dump) = value.getattr_opt("model_dump_json")? {
        kwargs.set_item("warnings", false)?;
        return Ok(Some(dump.call((), Some(&kwargs))?.extract()?));
    }
    // Version 1 of pydantic.
    match value.getattr_opt("__fields__")? {
        Some(_) => Ok(Some(value.call_method("json", (), Some(&kwargs))?.extract()?)),
        None => Ok(None),
    }
}

/// Returns whether a value of this type stands for an absent argument of the `openai` package.
fn is_omitted(kind: &Bound<'_, PyType>) -> bool {
    let is_name = kind.name().is_ok_and(|name| name == "NotGiven" || name == "Omit");
    is_name && kind.module().is_ok_and(|module| module.to_string().starts_with("openai"))
}

/// Returns whether a value is of an abstract class of `collections.abc`.
fn is_of(value: &Bound<'_, PyAny>, class: &str) -> PyResult<bool> {
    static ABC: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let abc = ABC.get_or_try_init(value.py(), || value.py().import("collections.abc").map(Bound::unbind))?;
    value.is_instance(&abc.bind(value.py()).getattr(class)?)
}

fn unexpected(kind: &Bound<'_, PyType>) -> Unwritten {
    let name = kind.name().map_or_else(|_| "unknown".to_owned(), |name| name.to_string());
    failed(format!("expected a value of JSON, found an object of the type `{name}`"))
}

fn failed(message: impl Into<String>) -> Unwritten {
    Unwritten::Failed(Failure::request(message, None))
}
