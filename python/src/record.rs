//! The macro for results: structs whose fields are the attributes of a Python class and the keys of its JSON.

/// Defines a Python class without a constructor: its attributes are the fields, and it has `to_dict`, `to_json`,
/// equality and a `repr` of the fields in brackets after `repr`. Further methods follow in braces.
macro_rules! record {
    (
        $(#[$meta:meta])*
        struct $Name:ident {$(
            $(#[$field_meta:meta])*
            $field:ident: $type:ty,
        )*}
        repr [$($shown:ident),*]
        $(methods { $($methods:tt)* })?
    ) => {
        $(#[$meta])*
        #[pyo3::pyclass(frozen, eq, get_all, module = "gpt_cost")]
        #[derive(Clone, Debug, PartialEq, serde::Serialize)]
        pub(crate) struct $Name {$(
            $(#[$field_meta])*
            pub(crate) $field: $type,
        )*}

        #[pyo3::pymethods]
        impl $Name {
            /// Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`.
            fn to_dict<'py>(&self, py: pyo3::Python<'py>) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::PyAny>> {
                crate::record::to_dict(py, self)
            }

            /// Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`.
            fn to_json(&self) -> pyo3::PyResult<String> {
                crate::record::to_json(self)
            }

            fn __repr__(this: &pyo3::Bound<'_, Self>) -> pyo3::PyResult<String> {
                crate::record::repr(this.as_any(), stringify!($Name), &[$(stringify!($shown)),*])
            }

            $($($methods)*)?
        }
    };
}

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyAnyMethods;
pub(crate) use record;
use serde::Serialize;

/// Returns the JSON text of a record.
pub(crate) fn to_json(record: &impl Serialize) -> PyResult<String> {
    serde_json::to_string(record).map_err(|error| PyRuntimeError::new_err(error.to_string()))
}

/// Returns the JSON of a record as Python's `json` reads it.
pub(crate) fn to_dict<'py>(py: Python<'py>, record: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?.call_method1("loads", (to_json(record)?,))
}

/// Returns the name of the class with some of its attributes, such as `Tokens(tokens=13, label='exact')`.
pub(crate) fn repr(record: &Bound<'_, PyAny>, name: &str, shown: &[&str]) -> PyResult<String> {
    let field = |field: &&str| Ok(format!("{field}={}", record.getattr(*field)?.repr()?));
    let fields = shown.iter().map(field).collect::<PyResult<Vec<String>>>()?;
    Ok(format!("{name}({})", fields.join(", ")))
}
