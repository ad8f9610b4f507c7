//! Values on the border to Python: dollars as `decimal.Decimal`, days as `datetime.date`, and the arguments of functions.

use gpt_cost::money::Uplift;
use gpt_cost::request::ImageSize;
use gpt_cost::{Cached, Date, Decimal, Tier, Usd};
use jiff::{Timestamp, tz::TimeZone};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyInt, PyString, PyType};
use serde::{Serialize, Serializer};

/// An amount of US dollars: a `decimal.Decimal`, made from the decimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct Dollars(pub(crate) Usd);

impl<'py> IntoPyObject<'py> for Dollars {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        decimal(py, self.0.amount())
    }
}

/// Returns a number as a `decimal.Decimal`.
fn decimal(py: Python<'_>, number: Decimal) -> PyResult<Bound<'_, PyAny>> {
    // Importing `decimal` takes longer than importing this package, so it is done when an amount is first read.
    static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    DECIMAL.import(py, "decimal", "Decimal")?.call1((number.to_string(),))
}

/// A number that is not of dollars: a `decimal.Decimal`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Number(pub(crate) Decimal);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.normalize())
    }
}

impl<'py> IntoPyObject<'py> for Number {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        decimal(py, self.0.normalize())
    }
}

/// Reads a limit on a cost: a `Decimal`, an `int`, a text such as `"$0.05"`, or a `float`, as it is printed.
impl<'py> FromPyObject<'_, 'py> for Dollars {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Dollars> {
        let text = value.str()?.extract::<PyBackedStr>()?;
        let scientific = || Decimal::from_scientific(&text).ok().map(Usd::from);
        match text.parse().ok().or_else(scientific) {
            Some(dollars) if !value.is_instance_of::<PyBool>() => Ok(Dollars(dollars)),
            _ => Err(PyValueError::new_err("expected an amount of dollars, such as \"0.05\"")),
        }
    }
}

/// A day: a `datetime.date`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Day(pub(crate) Date);

impl Day {
    /// Returns today in UTC.
    pub(crate) fn today() -> Day {
        Day(Timestamp::now().to_zoned_datetime(TimeZone::UTC).date())
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'py> IntoPyObject<'py> for Day {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        static DATE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        DATE.import(py, "datetime", "date")?.call1((self.0.year(), self.0.month(), self.0.day()))
    }
}

/// Reads a `datetime.date`, or a text such as `"2026-11-23"`.
impl<'py> FromPyObject<'_, 'py> for Day {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Day> {
        let expected = || PyValueError::new_err("expected a day: a datetime.date, or a text such as \"2026-11-23\"");
        if let Ok(text) = value.extract::<PyBackedStr>() {
            return text.parse::<Date>().map(Day).map_err(|_| expected());
        }
        let number = |name: &str| value.getattr(name).map_err(|_| expected());
        let (year, month, day) = (number("year")?.extract()?, number("month")?.extract()?, number("day")?.extract()?);
        Date::new(year, month, day).map(Day).map_err(|_| expected())
    }
}

/// How much of the input is read from the prompt cache: a number of tokens, or a text such as `"80%"`.
#[derive(Clone, Copy)]
pub(crate) struct CachedArgument(pub(crate) Cached);

impl CachedArgument {
    /// Nothing is.
    pub(crate) const NONE: CachedArgument = CachedArgument(Cached::Tokens(0));
}

impl<'py> FromPyObject<'_, 'py> for CachedArgument {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<CachedArgument> {
        if value.is_instance_of::<PyInt>() && !value.is_instance_of::<PyBool>() {
            return Ok(CachedArgument(Cached::Tokens(value.extract()?)));
        }
        let text = value.extract::<PyBackedStr>().ok();
        let cached = text.and_then(|text| Cached::parse(&text));
        cached.map(CachedArgument).ok_or_else(|| {
            PyValueError::new_err("cached: expected a number of tokens such as 1000, or a percentage such as \"80%\"")
        })
    }
}

/// Defines an argument that is the name of something, with the error of another text.
macro_rules! text_argument {
    ($(#[$meta:meta])* $Name:ident($type:ty), $parse:expr, $expected:literal) => {
        $(#[$meta])*
        pub(crate) struct $Name(pub(crate) $type);

        impl<'py> FromPyObject<'_, 'py> for $Name {
            type Error = PyErr;

            fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<$Name> {
                let text = value.str()?.extract::<PyBackedStr>()?;
                $parse(&*text).map($Name).ok_or_else(|| PyValueError::new_err($expected))
            }
        }
    };
}

text_argument! {
    /// The percentage by which the prices of tokens are higher, such as `"10%"`.
    UpliftArgument(Uplift), Uplift::parse, "uplift: expected a percentage, such as \"10%\""
}

text_argument! {
    /// The size of images of unknown size, such as `"1024x768"`.
    ImageSizeArgument(ImageSize), ImageSize::parse, "image_size: expected a size in pixels, such as \"1024x768\""
}

/// A service tier by its name.
#[derive(Clone, Copy)]
pub(crate) struct TierArgument(pub(crate) Tier);

impl<'py> FromPyObject<'_, 'py> for TierArgument {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<TierArgument> {
        let Ok(text) = value.extract::<PyBackedStr>() else {
            return Err(PyTypeError::new_err("tier: expected the name of a service tier, such as \"batch\""));
        };
        text.parse().map(TierArgument).map_err(|error: gpt_cost::UnknownName| {
            PyValueError::new_err(format!("unknown tier, expected one of {}", error.expected().join(", ")))
        })
    }
}

/// The rates of a price row: a dict of dollars.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rates(pub(crate) Vec<(&'static str, Dollars)>);

impl Serialize for Rates {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

impl<'py> IntoPyObject<'py> for Rates {
    type Target = PyDict;
    type Output = Bound<'py, PyDict>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let rates = PyDict::new(py);
        self.0.into_iter().try_for_each(|(field, dollars)| rates.set_item(field, dollars))?;
        Ok(rates)
    }
}

/// Returns the text of a Python string; the error shows nothing of it.
pub(crate) fn text(value: &Bound<'_, PyString>) -> Result<PyBackedStr, &'static str> {
    value.extract().map_err(|_: PyErr| "the text has half of a surrogate pair")
}
