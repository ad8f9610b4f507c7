//! Counts and estimates of columns of Arrow data.

mod capsule;
mod column;
mod parallel;
mod rows;
mod texts;

use std::collections::BTreeMap;

use gpt_cost::request::ImageSize;
use gpt_cost::{Request, Terms};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::PyString;

pub(crate) use self::column::{Column, EstimateColumn};
use self::rows::{Counts, EstimateRow, Estimates, Outcome, Rows};
use self::texts::Texts;
use crate::catalog::Tables;
use crate::encoding;
use crate::errors::Failure;
use crate::functions::{model_of, with_options};
use crate::values::{CachedArgument, Day, ImageSizeArgument, TierArgument, UpliftArgument};

/// Returns the number of tokens of each text of a column: a column of `int64`.
///
/// `texts` is Arrow data: a column of pyarrow, Polars, DuckDB or any package with the PyCapsule interface, of strings or
/// of bytes in UTF-8. The texts are not copied, and are counted by several threads while other Python threads run. Texts
/// that a dictionary encodes are counted once each.
///
/// Each text is counted alone, as `encoding_for_model(model).count(text)` does it; `encoding` is an encoding or its name,
/// in place of a model. A null stays null. A text that is not UTF-8 is null, with the reason in `errors` of the result, or
/// else raises an exception with `on_error="raise"`.
///
/// >>> import pyarrow
/// >>> import gpt_cost
/// >>> gpt_cost.count_column(pyarrow.array(["hello world", None, ""]), "gpt-5-mini").to_pyarrow().to_pylist()
/// [2, None, 0]
#[pyfunction]
#[pyo3(signature = (texts, /, model=None, *, encoding=None, on_error=OnError::Null, threads=None, pricing=None),
       text_signature = "(texts, /, model=None, *, encoding=None, on_error='null', threads=None, pricing=None)")]
pub(crate) fn count_column(
    py: Python<'_>,
    texts: &Bound<'_, PyAny>,
    model: Option<&str>,
    encoding: Option<&Bound<'_, PyAny>>,
    on_error: OnError,
    threads: Option<usize>,
    pricing: Option<Tables>,
) -> PyResult<Column> {
    let encoding = match (model, encoding) {
        (Some(model), None) => encoding::of_model(py, model, &pricing.unwrap_or(Tables::BuiltIn))?,
        (None, Some(encoding)) => encoding::of_argument(encoding)?,
        _ => return Err(PyTypeError::new_err("expected either a model or an encoding")),
    };
    let count = |text: &[u8]| Ok(i64::try_from(encoding.0.count(utf8(text)?)).unwrap_or(i64::MAX));
    let (counts, errors) = computed::<Counts>(texts, on_error, threads, count)?.finish();
    Ok(Column::new(counts, errors))
}

/// Returns the estimate of each request of a column: a column of structs with `input_tokens`, `label`, `cost_min`,
/// `cost_expected`, `cost_max` and `error`. The costs are `decimal128(38, 12)`, exact to the last digit.
///
/// `requests` is Arrow data, as for `count_column`: each row is the JSON text of a request, such as the body of a Chat
/// Completions or Responses call, a line of a Batch file, or an array of messages. With `format="text"`, each row is a
/// text: one user message for a chat model, and the prompt itself for other models. `model` overrides the models that the
/// requests name. The other arguments are those of `estimate`.
///
/// The fields of a null are all null. A row that cannot be read or priced has its reason in `error`, and raises an exception
/// with `on_error="raise"`. An unknown `model` always raises one.
///
/// >>> import pyarrow
/// >>> import gpt_cost
/// >>> prompts = pyarrow.array(["Why is the sky blue?", "Why is the sea blue?"])
/// >>> estimates = gpt_cost.estimate_column(prompts, "gpt-5-mini", format="text", tier="batch", output_tokens=500,
/// ...                                      as_of="2026-11-23")
/// >>> table = pyarrow.table(estimates)
/// >>> table["input_tokens"].to_pylist(), sum(table["cost_expected"].to_pylist())
/// ([12, 12], Decimal('0.001003000000'))
#[pyfunction]
#[pyo3(signature = (requests, /, model=None, *, format=RowFormat::Json, output_tokens=None, tier=None,
                    cached=CachedArgument::NONE, as_of=None, pricing=None, tool_calls=None, uplift=None, image_size=None,
                    file_tokens=None, on_error=OnError::Null, threads=None),
       text_signature = "(requests, /, model=None, *, format='json', output_tokens=None, tier=None, cached=0, as_of=None, \
                         pricing=None, tool_calls=None, uplift=None, image_size=None, file_tokens=None, \
                         on_error='null', threads=None)")]
#[expect(clippy::too_many_arguments, reason = "Python's keyword arguments")]
pub(crate) fn estimate_column<'py>(
    py: Python<'py>,
    requests: &Bound<'py, PyAny>,
    model: Option<&str>,
    format: RowFormat,
    output_tokens: Option<u32>,
    tier: Option<TierArgument>,
    cached: CachedArgument,
    as_of: Option<Day>,
    pricing: Option<Tables>,
    tool_calls: Option<BTreeMap<String, u32>>,
    uplift: Option<UpliftArgument>,
    image_size: Option<ImageSizeArgument>,
    file_tokens: Option<u64>,
    on_error: OnError,
    threads: Option<usize>,
) -> PyResult<Bound<'py, EstimateColumn>> {
    let day = as_of.unwrap_or_else(Day::today).0;
    let image_size = image_size.map(|size| size.0);
    let terms = with_options(Terms::on(day).cached(cached.0), output_tokens, tier, tool_calls, uplift);
    let tables = pricing.unwrap_or(Tables::BuiltIn);
    let catalog = tables.get();
    // A wrong name is an error of the call, not of each row.
    let found = model.map(|name| catalog.model(name).and_then(|model| model.resolve(day).map(|_| model)));
    let found = found.transpose().map_err(|error| Failure::from(error).raise(py))?;
    let estimate = |row: &[u8]| -> Result<EstimateRow, Failure> {
        let request = format.read(row, image_size, file_tokens)?;
        match &found {
            Some(model) => EstimateRow::new(&model.estimate(&request, &terms)?),
            None => EstimateRow::new(&catalog.model(model_of(None, request.model())?.0)?.estimate(&request, &terms)?),
        }
    };
    let (estimates, errors) = computed::<Estimates>(requests, on_error, threads, estimate)?.finish();
    Bound::new(py, EstimateColumn::new(estimates, errors))
}

/// What happens with a bad row.
#[derive(Clone, Copy)]
pub(crate) enum OnError {
    /// It is null, with a reason.
    Null,
    /// It raises an exception.
    Raise,
}

impl<'py> FromPyObject<'_, 'py> for OnError {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<OnError> {
        match &*name(&value, "on_error")? {
            "null" => Ok(OnError::Null),
            "raise" => Ok(OnError::Raise),
            _ => Err(PyValueError::new_err("on_error: expected \"null\" or \"raise\"")),
        }
    }
}

/// What a row of requests is.
#[derive(Clone, Copy)]
pub(crate) enum RowFormat {
    /// JSON text.
    Json,
    /// A prompt.
    Text,
}

impl<'py> FromPyObject<'_, 'py> for RowFormat {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<RowFormat> {
        match &*name(&value, "format")? {
            "json" => Ok(RowFormat::Json),
            "text" => Ok(RowFormat::Text),
            _ => Err(PyValueError::new_err("format: expected \"json\" or \"text\"")),
        }
    }
}

impl RowFormat {
    /// Reads the request of a row.
    fn read(self, row: &[u8], image_size: Option<ImageSize>, file_tokens: Option<u64>) -> Result<Request, Failure> {
        let mut request = match self {
            RowFormat::Json => Request::from_json(row)?,
            RowFormat::Text => Request::from_text(row)?,
        };
        if let Some(size) = image_size {
            request.assume_image_size(size);
        }
        if let Some(tokens) = file_tokens {
            request.assume_file_tokens(tokens);
        }
        Ok(request)
    }
}

/// Returns the text of an argument that is a name.
fn name(value: &Borrowed<'_, '_, PyAny>, argument: &str) -> PyResult<PyBackedStr> {
    let string = value.cast::<PyString>();
    let string = string.map_err(|_| PyTypeError::new_err(format!("{argument}: expected a text")))?;
    string.extract()
}

/// Returns the text of a row; the error shows nothing of it.
fn utf8(text: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(text)
        .map_err(|error| Failure::request(format!("invalid UTF-8 at byte {}", error.valid_up_to()), None))
}

/// Returns the results of `work` for each row of a column.
fn computed<R: Rows + Send>(
    column: &Bound<'_, PyAny>,
    on_error: OnError,
    threads: Option<usize>,
    work: impl Fn(&[u8]) -> Result<R::Row, Failure> + Sync,
) -> PyResult<R> {
    let py = column.py();
    let arrays = capsule::arrays(column)?;
    let mut rows = R::default();
    let mut before = 0;
    for array in &arrays {
        let texts = Texts::new(array)?;
        let appended = py.detach(|| {
            let work = |text: &[u8]| -> Outcome<R::Row> { work(text).map_err(Box::new) };
            append(&mut rows, &texts, parallel::map(&texts.texts, threads, work), on_error)
        });
        appended.map_err(|(row, failure)| of_row(py, before + row, *failure))?;
        before += array.len();
    }
    Ok(rows)
}

/// Appends the results of the rows of an array; an error is the first bad row, if it is to raise an exception.
fn append<R: Rows>(
    rows: &mut R,
    texts: &Texts<'_>,
    mut results: Vec<Option<Outcome<R::Row>>>,
    on_error: OnError,
) -> Result<(), (usize, Box<Failure>)> {
    if let OnError::Raise = on_error {
        let bad = texts.rows(&results).position(|result| matches!(result, Some(Err(_))));
        if let Some(row) = bad {
            let text = texts.text_of(row);
            if let Some(Some(Err(failure))) = text.and_then(|text| results.get_mut(text)).map(Option::take) {
                return Err((row, failure));
            }
        }
    }
    for result in texts.rows(&results) {
        match result {
            None => rows.append(None, None),
            Some(Ok(row)) => rows.append(Some(row), None),
            Some(Err(failure)) => rows.append(None, Some(&failure.reason())),
        }
    }
    Ok(())
}

/// Returns the exception of a bad row, counted from 0: its text begins with the row, which is also its attribute `row`.
fn of_row(py: Python<'_>, row: usize, failure: Failure) -> PyErr {
    let error = failure.raise(py);
    let value = error.value(py);
    let text = value.str().map(|text| format!("row {row}: {text}"));
    let set = text.and_then(|text| value.setattr("args", (text,))).and_then(|()| value.setattr("row", row));
    set.err().unwrap_or(error)
}
