//! The functions of the package.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::process::ExitCode;

use gpt_cost::money::Uplift;
use gpt_cost::request::Warning;
use gpt_cost::usage::Response;
use gpt_cost::{Request, Terms, Tier};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::actual::Actual;
use crate::catalog::{self, Model, Tables};
use crate::count::{TokenCount, breakdown, remarks, uncounted, unproved};
use crate::encoding::{self, Encoding, Text, detached};
use crate::errors::Failure;
use crate::estimate::{Estimate, budget_exceeded, over_budget};
use crate::request::Body;
use crate::values::{CachedArgument, Day, Dollars, ImageSizeArgument, TierArgument, UpliftArgument};

/// Returns what a request will cost, and whether it fits the model's limits.
///
/// `request` is what the methods of the `openai` package take: a list of messages or input items, or all arguments as a
/// dict. Other keyword arguments are fields of the request, as in `client.chat.completions.create(**request)`. A text is
/// one user message for a chat model, and the prompt itself for other models. `model` overrides the model that the request
/// names.
///
/// >>> import gpt_cost
/// >>> request = {"model": "gpt-4o-mini", "max_tokens": 300,
/// ...            "messages": [{"role": "system", "content": "You answer in one sentence."},
/// ...                         {"role": "user", "content": "Why is the sky blue?"}]}
/// >>> estimate = gpt_cost.estimate(**request, output_tokens=40, as_of="2026-11-23")
/// >>> estimate.tokens, estimate.cost.total.expected, estimate.cost.total.max
/// (23, Decimal('0.00002745'), Decimal('0.00018345'))
/// >>> estimate == gpt_cost.estimate(request, output_tokens=40, as_of="2026-11-23")
/// True
///
/// `output_tokens` is the expected output, `cached` the input that is read from the prompt cache, in tokens or as
/// `"80%"`, `requests` the number of times that the request is sent, and `as_of` the day of the prices, today in UTC by
/// default. `tool_calls` has the expected calls of each tool that the API runs. `pricing` is a path, a list of paths, or
/// a `Catalog`.
///
/// With `max_cost`, an estimate that can cost more, or whose maximum is unknown, is an error. The cost of all requests is
/// compared with it: the maximum of the input, with the expected output, or else with the most output that the request
/// allows.
///
/// >>> try:
/// ...     gpt_cost.estimate(request, max_cost="0.0001", as_of="2026-11-23")
/// ... except gpt_cost.BudgetExceeded as error:
/// ...     print(error)
/// the request costs $0.00018345, $0.0001 allowed: $0.00008345 too much (83.4%)
#[pyfunction]
#[pyo3(
    signature = (request=None, /, model=None, *, output_tokens=None, tier=None, cached=CachedArgument::NONE, requests=1,
                 as_of=None, pricing=None, max_cost=None, tool_calls=None, uplift=None, image_size=None,
                 file_tokens=None, **fields),
    text_signature = "(request=None, /, model=None, *, output_tokens=None, tier=None, cached=0, requests=1, as_of=None, \
                      pricing=None, max_cost=None, tool_calls=None, uplift=None, image_size=None, file_tokens=None, \
                      **fields)"
)]
#[expect(clippy::too_many_arguments, reason = "Python's keyword arguments")]
pub(crate) fn estimate(
    py: Python<'_>,
    request: Option<&Bound<'_, PyAny>>,
    model: Option<String>,
    output_tokens: Option<u32>,
    tier: Option<TierArgument>,
    cached: CachedArgument,
    requests: u32,
    as_of: Option<Day>,
    pricing: Option<Tables>,
    max_cost: Option<Dollars>,
    tool_calls: Option<BTreeMap<String, u32>>,
    uplift: Option<UpliftArgument>,
    image_size: Option<ImageSizeArgument>,
    file_tokens: Option<u64>,
    fields: Option<&Bound<'_, PyDict>>,
) -> PyResult<Estimate> {
    let day = as_of.unwrap_or_else(Day::today).0;
    let terms = Terms::on(day).cached(cached.0).requests(requests);
    let terms = with_options(terms, output_tokens, tier, tool_calls, uplift);
    let body = Body::new(request, model.as_deref(), fields).map_err(|failure| failure.raise(py))?;
    let tables = pricing.unwrap_or(Tables::BuiltIn);
    let estimated = detached(py, body.len(), || -> Result<_, Failure> {
        let request = read(&body, image_size, file_tokens)?;
        let (name, conflict) = model_of(model.as_deref(), request.model())?;
        let estimate = tables.get().model(name)?.estimate(&request, &terms)?;
        let finding = max_cost.and_then(|limit| Some((over_budget(&estimate, limit.0)?, limit)));
        let warnings = remarks(conflict.iter().chain(estimate.warnings()));
        Ok((Estimate::new(&request, &estimate, warnings), finding))
    });
    match estimated.map_err(|failure| failure.raise(py))? {
        (estimate, None) => Ok(estimate),
        (estimate, Some((finding, limit))) => Err(budget_exceeded(py, &finding, estimate, limit.0)),
    }
}

/// Returns the tokens that the API bills for the input of a request. The arguments are those of `estimate`.
///
/// This is the count of a request, with the tokens that separate its messages; that of a text alone is
/// `encoding_for_model(model).count(text)`.
///
/// >>> import gpt_cost
/// >>> count = gpt_cost.count([{"role": "user", "content": "Why is the sky blue?"}], "gpt-4.1", as_of="2026-11-23")
/// >>> count.tokens, count.label
/// (13, 'exact')
/// >>> gpt_cost.encoding_for_model("gpt-4.1").count("Why is the sky blue?")
/// 6
#[pyfunction]
#[pyo3(signature = (request=None, /, model=None, *, as_of=None, pricing=None, image_size=None, file_tokens=None, **fields))]
#[expect(clippy::too_many_arguments, reason = "Python's keyword arguments")]
pub(crate) fn count(
    py: Python<'_>,
    request: Option<&Bound<'_, PyAny>>,
    model: Option<String>,
    as_of: Option<Day>,
    pricing: Option<Tables>,
    image_size: Option<ImageSizeArgument>,
    file_tokens: Option<u64>,
    fields: Option<&Bound<'_, PyDict>>,
) -> PyResult<TokenCount> {
    let day = as_of.unwrap_or_else(Day::today).0;
    let body = Body::new(request, model.as_deref(), fields).map_err(|failure| failure.raise(py))?;
    let tables = pricing.unwrap_or(Tables::BuiltIn);
    let counted = detached(py, body.len(), || -> Result<_, Failure> {
        let request = read(&body, image_size, file_tokens)?;
        let (name, conflict) = model_of(model.as_deref(), request.model())?;
        let found = tables.get().model(name)?;
        let (count, resolved) = (found.count(&request, day)?, found.resolve(day)?);
        let remark = found.remark().map(|remark| Warning::new("model", remark));
        Ok(TokenCount {
            as_of: Day(day),
            format: request.format().as_str(),
            model: name.to_owned(),
            resolved_model: resolved.model.name().to_owned(),
            encoding: resolved.model.encoding().map(|encoding| encoding.as_str()),
            input_tokens: (&count).into(),
            breakdown: breakdown(&count),
            unproved: unproved(&count),
            not_counted: uncounted(count.uncounted()),
            warnings: remarks(conflict.iter().chain(request.warnings()).chain(&remark).chain(count.notes())),
        })
    });
    counted.map_err(|failure| failure.raise(py))
}

/// Returns what a response costs, by its usage: a response of the `openai` package, a dict, or JSON text.
///
/// `model`, `tier` and `as_of` override those of the response; a response without a day is priced as of today.
///
/// >>> import gpt_cost
/// >>> response = {"model": "gpt-4o-2024-08-06", "created": 1740000000,
/// ...             "usage": {"prompt_tokens": 1200, "completion_tokens": 50,
/// ...                       "prompt_tokens_details": {"cached_tokens": 1000}}}
/// >>> actual = gpt_cost.actual(response)
/// >>> actual.cost, actual.cached_tokens
/// (Decimal('0.00225'), 1000)
#[pyfunction]
#[pyo3(signature = (response, /, *, model=None, tier=None, as_of=None, pricing=None, uplift=None))]
pub(crate) fn actual(
    py: Python<'_>,
    response: &Bound<'_, PyAny>,
    model: Option<String>,
    tier: Option<TierArgument>,
    as_of: Option<Day>,
    pricing: Option<Tables>,
    uplift: Option<UpliftArgument>,
) -> PyResult<Actual> {
    let body = match response.cast::<PyString>() {
        Ok(_) => Body::Text(response.extract()?),
        Err(_) => Body::new(Some(response), None, None).map_err(|failure| failure.raise(py))?,
    };
    let tables = pricing.unwrap_or(Tables::BuiltIn);
    let uplift = uplift.map_or(Uplift::NONE, |uplift| uplift.0);
    let priced = detached(py, body.len(), || -> Result<_, Failure> {
        let response = Response::from_json(body.bytes())?;
        let name = model.as_deref().or(response.model.as_deref());
        let name = name.ok_or_else(|| Failure::request("the response names no model", Some("pass model=…")))?;
        let day = as_of.map(|day| day.0).or(response.day).unwrap_or_else(|| Day::today().0);
        let tier = tier.map(|tier| tier.0).or(response.tier).unwrap_or(Tier::Standard);
        let found = tables.get().model(name)?;
        let bill = found.bill_response(&response, day, tier, uplift)?;
        Ok(Actual::new(name, found.resolve(day)?, &response, &bill, day, tier))
    });
    priced.map_err(|failure| failure.raise(py))
}

/// Returns the known models, then each alias with the model that it resolves to on the day, today by default.
///
/// >>> import gpt_cost
/// >>> [model.name for model in gpt_cost.models() if model.name.startswith("text-embedding-3")]
/// ['text-embedding-3-small', 'text-embedding-3-large']
#[pyfunction]
#[pyo3(signature = (*, as_of=None, pricing=None))]
pub(crate) fn models(as_of: Option<Day>, pricing: Option<Tables>) -> Vec<Model> {
    catalog::models(pricing.unwrap_or(Tables::BuiltIn).get(), as_of.unwrap_or_else(Day::today).0)
}

/// Returns the encoding of a name, such as `o200k_base`.
///
/// >>> import gpt_cost
/// >>> gpt_cost.get_encoding("o200k_base")
/// Encoding('o200k_base')
#[pyfunction]
pub(crate) fn get_encoding(name: &str) -> PyResult<Encoding> {
    encoding::of_name(name)
}

/// Returns the encoding of a model.
///
/// >>> import gpt_cost
/// >>> gpt_cost.encoding_for_model("gpt-4")
/// Encoding('cl100k_base')
#[pyfunction]
#[pyo3(signature = (model, *, pricing=None))]
pub(crate) fn encoding_for_model(py: Python<'_>, model: &str, pricing: Option<Tables>) -> PyResult<Encoding> {
    encoding::of_model(py, model, &pricing.unwrap_or(Tables::BuiltIn))
}

/// Returns the tokens of a text. `encoding` is an encoding, or the name of an encoding or a model.
///
/// >>> import gpt_cost
/// >>> gpt_cost.encode("hello world", "gpt-4")
/// [15339, 1917]
#[pyfunction]
pub(crate) fn encode(py: Python<'_>, text: Text, encoding: &Bound<'_, PyAny>) -> PyResult<Vec<u32>> {
    let encoding = encoding::of_argument(encoding)?;
    Ok(detached(py, text.0.len(), || encoding.0.encode(&text.0)))
}

/// Returns the text of tokens. `encoding` is an encoding, or the name of an encoding or a model.
///
/// >>> import gpt_cost
/// >>> gpt_cost.decode([15339, 1917], "gpt-4")
/// 'hello world'
#[pyfunction]
#[pyo3(signature = (tokens, encoding, errors="replace"))]
pub(crate) fn decode<'py>(
    py: Python<'py>,
    tokens: Vec<u32>,
    encoding: &Bound<'py, PyAny>,
    errors: &str,
) -> PyResult<Bound<'py, PyAny>> {
    encoding::of_argument(encoding)?.decode(py, tokens, errors)
}

/// Returns the longest prefix of a text with at most `limit` tokens. `encoding` is an encoding, or the name of an
/// encoding or a model.
///
/// >>> import gpt_cost
/// >>> gpt_cost.truncate("Why is the sky blue?", 3, "gpt-4.1")
/// 'Why is the'
#[pyfunction]
pub(crate) fn truncate(py: Python<'_>, text: Text, limit: usize, encoding: &Bound<'_, PyAny>) -> PyResult<String> {
    let encoding = encoding::of_argument(encoding)?;
    Ok(detached(py, text.0.len(), || encoding.0.truncate(&text.0, limit).to_owned()))
}

/// Runs the command `gpt-cost` with these arguments, program name first, and returns its exit code. From then on, Ctrl-C
/// ends the process at once.
#[pyfunction]
pub(crate) fn run_command(py: Python<'_>, arguments: Vec<OsString>) -> PyResult<u8> {
    // Python's own handler would run only after the command. `_signal` is `signal` without its enums, which take 3 ms to
    // make: more than the command needs.
    let signal = py.import("_signal").or_else(|_| py.import("signal"))?;
    signal.call_method1("signal", (signal.getattr("SIGINT")?, signal.getattr("SIG_DFL")?))?;
    let code = py.detach(|| gpt_cost::cli::run(arguments));
    // The standard library returns no number for an `ExitCode`.
    Ok((0..=u8::MAX).find(|number| ExitCode::from(*number) == code).unwrap_or(2))
}

/// Returns terms with the options that are given.
pub(crate) fn with_options(
    mut terms: Terms,
    output_tokens: Option<u32>,
    tier: Option<TierArgument>,
    tool_calls: Option<BTreeMap<String, u32>>,
    uplift: Option<UpliftArgument>,
) -> Terms {
    if let Some(tier) = tier {
        terms = terms.tier(tier.0);
    }
    if let Some(tokens) = output_tokens {
        terms = terms.output_tokens(tokens);
    }
    if let Some(uplift) = uplift {
        terms = terms.uplift(uplift.0);
    }
    for (tool, calls) in tool_calls.into_iter().flatten() {
        terms = terms.tool_calls(tool, calls);
    }
    terms
}

fn read(body: &Body, image_size: Option<ImageSizeArgument>, file_tokens: Option<u64>) -> Result<Request, Failure> {
    let mut request = body.request()?;
    if let Some(size) = image_size {
        request.assume_image_size(size.0);
    }
    if let Some(tokens) = file_tokens {
        request.assume_file_tokens(tokens);
    }
    Ok(request)
}

/// Returns the model of the arguments, or else that of the request. A conflict between the two is a warning.
pub(crate) fn model_of<'m>(
    argument: Option<&'m str>,
    own: Option<&'m str>,
) -> Result<(&'m str, Option<Warning>), Failure> {
    let conflict = argument.zip(own).filter(|(argument, own)| argument != own).map(|(argument, own)| {
        Warning::new("model", format!("the request names {}; {argument} is used instead", own.escape_debug()))
    });
    let missing = || Failure::request("the request names no model", Some("pass model=…, such as model=\"gpt-4o\""));
    Ok((argument.or(own).ok_or_else(missing)?, conflict))
}
