//! Arrow's PyCapsule interface: arrays of other packages in, our arrays out, without copying them. The only `unsafe` of the
//! package.
#![expect(unsafe_code, reason = "the interface is C pointers in capsules")]

use std::ffi::CStr;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi, to_ffi};
use arrow_array::ffi_stream::{ArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchIterator, StructArray, make_array};
use arrow_schema::ArrowError;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyCapsuleMethods, PyTuple};

const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";
const STREAM: &CStr = c"arrow_array_stream";

/// Returns the arrays of an object with `__arrow_c_array__` or `__arrow_c_stream__`. Other threads run while they are
/// read, since reading can run a query.
pub(crate) fn arrays(value: &Bound<'_, PyAny>) -> PyResult<Vec<ArrayRef>> {
    let py = value.py();
    if let Ok(method) = value.getattr("__arrow_c_array__") {
        let capsules = method.call0()?;
        let capsules = capsules.cast::<PyTuple>()?;
        let (schema, array) = (capsules.get_item(0)?, capsules.get_item(1)?);
        let data = take_array(schema.cast()?, array.cast()?)?;
        return Ok(vec![data]);
    }
    let Ok(method) = value.getattr("__arrow_c_stream__") else {
        let message = "expected a column of Arrow data, such as a pyarrow.Array or a polars.Series";
        return Err(PyTypeError::new_err(message));
    };
    let mut reader = take_stream(method.call0()?.cast()?)?;
    py.detach(|| reader.by_ref().collect::<Result<_, _>>()).map_err(|error| exception(&error))
}

fn take_array(schema: &Bound<'_, PyCapsule>, array: &Bound<'_, PyCapsule>) -> PyResult<ArrayRef> {
    let (schema, array) = (schema.pointer_checked(Some(SCHEMA))?, array.pointer_checked(Some(ARRAY))?);
    // SAFETY: by their names, which are checked, the capsules contain these structs, which their producer initialized and
    // which nothing else uses while this thread is attached to the interpreter. Taking them leaves released structs, so
    // that the capsules do not release them again.
    let (schema, array) =
        unsafe { (FFI_ArrowSchema::from_raw(schema.as_ptr().cast()), FFI_ArrowArray::from_raw(array.as_ptr().cast())) };
    if array.is_released() {
        return Err(PyValueError::new_err("the Arrow data was already read"));
    }
    // SAFETY: the producer of the capsules promises that the array is as the schema describes it.
    let data = unsafe { from_ffi(array, &schema) };
    Ok(make_array(data.map_err(|error| exception(&error))?))
}

fn take_stream(stream: &Bound<'_, PyCapsule>) -> PyResult<ArrayStreamReader> {
    let stream = stream.pointer_checked(Some(STREAM))?;
    // SAFETY: as in `take_array`; a stream that was already taken has no `release`, and `try_new` refuses it.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(stream.as_ptr().cast()) };
    ArrayStreamReader::try_new(stream).map_err(|error| exception(&error))
}

/// Returns the capsules of a schema and an array. What a consumer does not take, the capsules release.
pub(crate) fn to_capsules<'py>(
    py: Python<'py>,
    array: &dyn Array,
) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
    let (array, schema) = to_ffi(&array.to_data()).map_err(|error| exception(&error))?;
    Ok((PyCapsule::new_with_value(py, schema, SCHEMA)?, PyCapsule::new_with_value(py, array, ARRAY)?))
}

/// Returns the capsule of the schema of an array.
pub(crate) fn to_schema<'py>(py: Python<'py>, array: &dyn Array) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(array.data_type()).map_err(|error| exception(&error))?;
    PyCapsule::new_with_value(py, schema, SCHEMA)
}

/// Returns the capsule of a stream with one table, whose columns are the fields of a struct.
pub(crate) fn to_stream<'py>(py: Python<'py>, table: &StructArray) -> PyResult<Bound<'py, PyCapsule>> {
    let table = RecordBatch::from(table.clone());
    let schema = table.schema();
    let stream = FFI_ArrowArrayStream::new(Box::new(RecordBatchIterator::new([Ok(table)], schema)));
    PyCapsule::new_with_value(py, stream, STREAM)
}

/// Returns an error of a producer as an exception.
fn exception(error: &ArrowError) -> PyErr {
    PyValueError::new_err(format!("the Arrow data cannot be read: {error}"))
}
