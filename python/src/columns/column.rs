//! The columns that are returned.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, StringArray, StructArray};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict};

use super::capsule;

/// A column of Arrow data with a row for each row that was passed. It is read through the PyCapsule interface, without a
/// copy: by `polars.Series(column)`, `pyarrow.array(column)`, and others.
#[pyclass(frozen, subclass, module = "gpt_cost")]
pub(crate) struct Column {
    array: ArrayRef,
    errors: Option<StringArray>,
}

#[pymethods]
impl Column {
    /// A column with the reason why a row is bad, and null for the other rows.
    #[getter]
    fn errors(&self) -> Column {
        let nulls = || StringArray::new_null(self.array.len());
        Column { array: Arc::new(self.errors.clone().unwrap_or_else(nulls)), errors: None }
    }

    /// Returns the column as a `pyarrow.Array`, without a copy. The package `pyarrow` must be installed.
    fn to_pyarrow<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        this.py().import("pyarrow")?.call_method1("array", (this,))
    }

    /// Returns the capsule of the type of the column.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::to_schema(py, &self.array)
    }

    /// Returns the capsules of the type and the data of the column.
    #[pyo3(signature = (requested_schema=None, **options))]
    #[expect(unused_variables, reason = "a column has the one type; the interface allows that")]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        capsule::to_capsules(py, &self.array)
    }

    fn __len__(&self) -> usize {
        self.array.len()
    }

    fn __repr__(&self) -> String {
        let bad = self.errors.as_ref().map_or(0, |errors| errors.len() - errors.null_count());
        format!("<gpt_cost.Column: {} rows of {}, {bad} bad>", self.array.len(), kind(&self.array))
    }
}

impl Column {
    /// Returns a column with the reasons of its bad rows.
    pub(crate) fn new(array: ArrayRef, errors: StringArray) -> Column {
        Column { array, errors: Some(errors) }
    }
}

/// Returns the type in a word.
fn kind(array: &dyn Array) -> String {
    match array.data_type() {
        arrow_schema::DataType::Struct(_) => "struct".to_owned(),
        other => other.to_string().to_lowercase(),
    }
}

/// A column of structs, which is a table, too: `polars.DataFrame(estimates)`, `pyarrow.table(estimates)`, and
/// `duckdb.sql("FROM estimates")` have the fields as their columns.
#[pyclass(frozen, extends = Column, module = "gpt_cost")]
pub(crate) struct EstimateColumn {
    table: StructArray,
}

#[pymethods]
impl EstimateColumn {
    /// Returns the capsule of a stream with the fields of the structs as columns.
    #[pyo3(signature = (requested_schema=None, **options))]
    #[expect(unused_variables, reason = "a column has the one type; the interface allows that")]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::to_stream(py, &self.table)
    }
}

impl EstimateColumn {
    /// Returns a column of structs that has the reasons of its bad rows.
    pub(crate) fn new(table: StructArray, errors: StringArray) -> PyClassInitializer<EstimateColumn> {
        let column = Column::new(Arc::new(table.clone()), errors);
        PyClassInitializer::from(column).add_subclass(EstimateColumn { table })
    }
}
