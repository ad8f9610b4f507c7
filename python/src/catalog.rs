//! Price tables, and the models in them.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use gpt_cost::catalog::{Field, Layer, Model as LibraryModel, PriceRow, UnitPrice};
use gpt_cost::{Date, Tier};
use pyo3::exceptions::{PyOSError, PyTypeError};
use pyo3::prelude::*;

use crate::errors::Failure;
use crate::record::record;
use crate::values::{Day, Dollars, Rates};

/// The built-in table, which is compiled in.
static BUILT_IN: LazyLock<gpt_cost::Catalog> = LazyLock::new(gpt_cost::Catalog::builtin);

/// The known models, with their limits and prices: the built-in table and the tables over it, the last of which wins.
///
/// Reading tables takes longer than an estimate: make a catalog once, and pass it as `pricing`.
///
/// >>> import gpt_cost
/// >>> catalog = gpt_cost.Catalog.from_text('''
/// ... schema = 1
/// ... [model."gpt-4o"]
/// ... encoding = "o200k_base"
/// ... context = 128_000
/// ... price = { per = "1M", input = "2.00", output = "8.00" }
/// ... ''', "contract.toml")
/// >>> gpt_cost.estimate("Why is the sky blue?", "gpt-4o", as_of="2026-11-23", pricing=catalog).price.origin
/// 'contract.toml'
#[pyclass(frozen, module = "gpt_cost")]
pub(crate) struct Catalog(gpt_cost::Catalog);

#[pymethods]
impl Catalog {
    /// Returns the catalog of the built-in table and the given files, in their order; without `built_in`, of the files
    /// alone, so that later versions of the program do not change it.
    #[new]
    #[pyo3(signature = (*files, built_in=true))]
    fn new(py: Python<'_>, files: Vec<PathBuf>, built_in: bool) -> PyResult<Catalog> {
        let read = || -> Result<Catalog, Failure> {
            let mut texts = Vec::with_capacity(files.len());
            for file in &files {
                texts.push((file.display().to_string(), read_text(file)?));
            }
            Catalog::of_texts(&texts, built_in)
        };
        py.detach(read).map_err(|failure| failure.raise(py))
    }

    /// Returns the catalog of the built-in table and the table in `text`; `origin` names it in results and errors.
    #[staticmethod]
    #[pyo3(signature = (text, origin="pricing.toml", *, built_in=true))]
    fn from_text(py: Python<'_>, text: String, origin: &str, built_in: bool) -> PyResult<Catalog> {
        Catalog::of_texts(&[(origin.to_owned(), text)], built_in).map_err(|failure| failure.raise(py))
    }

    /// Returns the models, and each alias with the model that it resolves to on the day, today by default.
    #[pyo3(signature = (*, as_of=None))]
    fn models(&self, as_of: Option<Day>) -> Vec<Model> {
        models(&self.0, as_of.unwrap_or_else(Day::today).0)
    }

    /// Returns the model of a name on the day, today by default.
    ///
    /// >>> import datetime
    /// >>> import gpt_cost
    /// >>> model = gpt_cost.Catalog().model("gpt-4o", as_of=datetime.date(2026, 11, 23))
    /// >>> model.encoding, model.context, model.price.rates["input"], model.price.per
    /// ('o200k_base', 128000, Decimal('2.5'), '1M')
    #[pyo3(signature = (name, *, as_of=None))]
    fn model(&self, py: Python<'_>, name: &str, as_of: Option<Day>) -> PyResult<Model> {
        let day = as_of.unwrap_or_else(Day::today).0;
        let found = self.0.model(name).and_then(|model| model.resolve(day));
        let found = found.map_err(|error| Failure::from(error).raise(py))?;
        Ok(Model::new(name, found.layer, found.model, day))
    }

    /// Returns the price tables: files, and `built-in`.
    #[getter]
    fn origins(&self) -> Vec<&str> {
        self.0.layers().map(Layer::origin).collect()
    }

    fn __repr__(&self) -> String {
        format!("Catalog({})", self.origins().join(", "))
    }
}

impl Catalog {
    fn of_texts(texts: &[(String, String)], built_in: bool) -> Result<Catalog, Failure> {
        let (mut catalog, rest) = match texts {
            _ if built_in => (gpt_cost::Catalog::builtin(), texts),
            [(origin, text), rest @ ..] => (gpt_cost::Catalog::only(origin, text)?, rest),
            [] => {
                let error = PyTypeError::new_err("a catalog without the built-in table needs a file");
                return Err(Failure::Python(error));
            }
        };
        for (origin, text) in rest {
            catalog.add_layer(origin, text)?;
        }
        Ok(Catalog(catalog))
    }
}

fn read_text(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| {
        // With three arguments, `OSError` becomes the class of the number, such as `FileNotFoundError`.
        let text = error.to_string();
        Failure::Python(match error.raw_os_error() {
            Some(number) => PyOSError::new_err((number, text, file.to_owned())),
            None => PyOSError::new_err(format!("{}: {text}", file.display())),
        })
    })
}

/// The price tables of a call.
pub(crate) enum Tables {
    BuiltIn,
    Catalog(Py<Catalog>),
}

impl Tables {
    /// Returns the catalog.
    pub(crate) fn get(&self) -> &gpt_cost::Catalog {
        match self {
            Tables::BuiltIn => &BUILT_IN,
            Tables::Catalog(catalog) => &catalog.get().0,
        }
    }
}

/// Reads `pricing`: a catalog, a file, or files, each over the ones before it.
impl<'py> FromPyObject<'_, 'py> for Tables {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Tables> {
        if let Ok(catalog) = value.cast::<Catalog>() {
            return Ok(Tables::Catalog(catalog.to_owned().unbind()));
        }
        let files = match value.extract::<PathBuf>() {
            Ok(file) => vec![file],
            Err(_) => value.extract::<Vec<PathBuf>>().map_err(|_| {
                PyTypeError::new_err("pricing: expected a path, a list of paths, or a gpt_cost.Catalog")
            })?,
        };
        let py = value.py();
        Ok(Tables::Catalog(Py::new(py, Catalog::new(py, files, true)?)?))
    }
}

record! {
    /// A row of a price table.
    struct Price {
        /// The price table: a file, or `built-in`.
        origin: String,
        /// The line of the row in it, from 1.
        line: u32,
        /// The day on which the price was last checked.
        checked: Option<Day>,
        /// The number of tokens that the rates are for: `1K` or `1M`.
        per: &'static str,
        /// The service tier.
        tier: &'static str,
        /// The first day of the price; `None` if it has no start date.
        #[serde(rename = "from")]
        from_: Option<Day>,
        /// The last day for which the price was announced; after it, the price is uncertain. `None` if it has no known
        /// end.
        until: Option<Day>,
        /// The price applies to requests with more input tokens than this.
        above: Option<u64>,
        /// The rates in US dollars, such as those of `input` and `output`.
        rates: Rates,
    }
    repr [origin, line, per, tier, rates]
}

impl Price {
    /// Returns the record of a row.
    pub(crate) fn new(layer: &Layer, model: &LibraryModel, row: &PriceRow) -> Price {
        let rate = |field: &Field| Some((field.as_str(), Dollars(row.rate(*field)?.amount())));
        Price {
            origin: layer.origin().to_owned(),
            line: row.line(),
            checked: model.checked().or(layer.checked()).map(Day),
            per: row.per().as_str(),
            tier: row.tier().as_str(),
            from_: row.from().map(Day),
            until: row.until().map(Day),
            above: (row.above() > 0).then_some(row.above()),
            rates: Rates(Field::ALL.iter().filter_map(rate).collect()),
        }
    }
}

record! {
    /// A row of a price that is not for tokens.
    struct UnitRow {
        /// What the amount is for, such as `minute`.
        per: &'static str,
        /// The amount in US dollars.
        amount: Dollars,
        /// The first day of the price; `None` if it has no start date.
        #[serde(rename = "from")]
        from_: Option<Day>,
        /// The last day for which the price was announced.
        until: Option<Day>,
        /// What distinguishes the price from others.
        variant: Option<String>,
        /// A note on the price.
        note: Option<String>,
    }
    repr [amount, per]
}

impl From<&UnitPrice> for UnitRow {
    fn from(row: &UnitPrice) -> UnitRow {
        UnitRow {
            per: row.unit().as_str(),
            amount: Dollars(row.amount()),
            from_: row.from().map(Day),
            until: row.until().map(Day),
            variant: row.variant().map(str::to_owned),
            note: row.note().map(str::to_owned),
        }
    }
}

record! {
    /// A model, or an alias. What is unknown is `None`.
    struct Model {
        /// The name of the model or alias.
        name: String,
        /// The model that the name resolves to.
        resolved_model: String,
        /// Other names of the model.
        also: Vec<String>,
        /// What the model is for, such as `chat` or `embedding`.
        kind: &'static str,
        /// The name of its encoding.
        encoding: Option<&'static str>,
        /// The family of counting rules on the day.
        counting: Option<&'static str>,
        /// The maximum tokens of input and output together.
        context: Option<u64>,
        /// The larger context window, if two are documented and `context` is the stricter one.
        larger_context: Option<u64>,
        /// The maximum input tokens, if that is less than the context window.
        max_input: Option<u64>,
        /// The maximum output tokens of one answer.
        max_output: Option<u64>,
        /// The day on which the model was released.
        released: Option<Day>,
        /// The first day on which the model is shut down.
        shutdown: Option<Day>,
        /// The model that its vendor recommends instead.
        successor: Option<String>,
        /// The source of the facts.
        source: Option<String>,
        /// The day on which the facts were last checked.
        checked: Option<Day>,
        /// A remark on the model.
        note: Option<String>,
        /// The standard price of a short request.
        price: Option<Price>,
        /// The prices that are not for tokens, such as those by the minute.
        unit_prices: Vec<UnitRow>,
        /// The price table: a file, or `built-in`.
        origin: String,
        /// The line of the model in it, from 1.
        line: u32,
    }
    repr [name, resolved_model, kind, encoding, context]
}

impl Model {
    fn new(name: &str, layer: &Layer, model: &LibraryModel, day: Date) -> Model {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Model {
            name: name.to_owned(),
            resolved_model: model.name().to_owned(),
            also: model.also().map(str::to_owned).collect(),
            kind: model.kind().as_str(),
            encoding: model.encoding().map(|encoding| encoding.as_str()),
            counting: model.family(day).map(|family| family.as_str()),
            context: model.context(),
            larger_context: model.larger_context(),
            max_input: model.max_input(),
            max_output: model.max_output(),
            released: model.released().map(Day),
            shutdown: model.shutdown().map(Day),
            successor: text(model.successor()),
            source: text(model.source()),
            checked: model.checked().or(layer.checked()).map(Day),
            note: text(model.note()),
            price: model.price(day, Tier::Standard, 0).map(|row| Price::new(layer, model, row)),
            unit_prices: model.unit_sheet(day).map(UnitRow::from).collect(),
            origin: layer.origin().to_owned(),
            line: model.line(),
        }
    }
}

/// Returns the models of a catalog, then each alias with the model that it resolves to on the day.
pub(crate) fn models(catalog: &gpt_cost::Catalog, day: Date) -> Vec<Model> {
    let rows = catalog.models().into_iter().map(|found| Model::new(found.model.name(), found.layer, found.model, day));
    let aliases = catalog.aliases().into_iter().filter_map(|alias| {
        let found = catalog.model(alias.name()).and_then(|name| name.resolve(day)).ok()?;
        Some(Model::new(alias.name(), found.layer, found.model, day))
    });
    rows.chain(aliases).collect()
}
