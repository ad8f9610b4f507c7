//! The Python package `gpt_cost`: the library's public API with Python's types, and the command `gpt-cost`.

mod actual;
mod catalog;
mod columns;
mod convert;
mod count;
mod encoding;
mod errors;
mod estimate;
mod functions;
mod record;
mod request;
mod values;

use pyo3::prelude::*;

/// Tokens, limits and prices of OpenAI requests before they are sent.
#[pymodule(gil_used = false)]
fn _gpt_cost(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    errors::add(module)?;
    module.add_class::<catalog::Catalog>()?;
    module.add_class::<encoding::Encoding>()?;
    module.add_class::<catalog::Model>()?;
    module.add_class::<catalog::Price>()?;
    module.add_class::<catalog::UnitRow>()?;
    module.add_class::<estimate::Estimate>()?;
    module.add_class::<estimate::Amounts>()?;
    module.add_class::<estimate::Cost>()?;
    module.add_class::<estimate::Exceeding>()?;
    module.add_class::<estimate::Fit>()?;
    module.add_class::<estimate::Limit>()?;
    module.add_class::<estimate::Output>()?;
    module.add_class::<estimate::Tool>()?;
    module.add_class::<count::TokenCount>()?;
    module.add_class::<count::Component>()?;
    module.add_class::<count::Evidence>()?;
    module.add_class::<count::Remark>()?;
    module.add_class::<count::Tokens>()?;
    module.add_class::<count::Unproved>()?;
    module.add_class::<actual::Actual>()?;
    module.add_class::<actual::Charge>()?;
    module.add_class::<actual::ImageCharges>()?;
    module.add_class::<actual::UnitCharge>()?;
    module.add_class::<actual::UnpricedCalls>()?;
    module.add_class::<actual::Uplift>()?;
    module.add_class::<columns::Column>()?;
    module.add_class::<columns::EstimateColumn>()?;
    module.add_function(wrap_pyfunction!(functions::estimate, module)?)?;
    module.add_function(wrap_pyfunction!(functions::count, module)?)?;
    module.add_function(wrap_pyfunction!(functions::actual, module)?)?;
    module.add_function(wrap_pyfunction!(functions::models, module)?)?;
    module.add_function(wrap_pyfunction!(functions::get_encoding, module)?)?;
    module.add_function(wrap_pyfunction!(functions::encoding_for_model, module)?)?;
    module.add_function(wrap_pyfunction!(functions::encode, module)?)?;
    module.add_function(wrap_pyfunction!(functions::decode, module)?)?;
    module.add_function(wrap_pyfunction!(functions::truncate, module)?)?;
    module.add_function(wrap_pyfunction!(columns::count_column, module)?)?;
    module.add_function(wrap_pyfunction!(columns::estimate_column, module)?)?;
    module.add_function(wrap_pyfunction!(functions::run_command, module)?)
}
