//! The arguments of `estimate` and `count` → a request of the library.

use gpt_cost::Request;
use gpt_cost::request::Format;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};

use crate::convert::{Unwritten, Writer};
use crate::errors::Failure;
use crate::values::text;

/// Fields of Chat Completions that the Responses API does not have.
const CHAT_FIELDS: [&str; 18] = [
    "max_tokens",
    "max_completion_tokens",
    "response_format",
    "reasoning_effort",
    "verbosity",
    "n",
    "stop",
    "seed",
    "logit_bias",
    "logprobs",
    "functions",
    "function_call",
    "modalities",
    "audio",
    "prediction",
    "frequency_penalty",
    "presence_penalty",
    "web_search_options",
];

/// Fields of the Responses API that Chat Completions does not have.
const RESPONSES_FIELDS: [&str; 11] = [
    "instructions",
    "max_output_tokens",
    "text",
    "text_format",
    "reasoning",
    "previous_response_id",
    "conversation",
    "truncation",
    "include",
    "background",
    "max_tool_calls",
];

/// Arguments of the methods of the `openai` package that are not sent in the body.
const NOT_SENT: [&str; 3] = ["extra_headers", "extra_query", "timeout"];

/// What was passed as a request, as bytes that need no Python to be read.
pub(crate) enum Body {
    /// A text.
    Text(String),
    /// The JSON text of a body, or of an array of messages or items.
    Json(Vec<u8>),
}

impl Body {
    /// Returns the body of a request: a dict, a list of messages or items, a text, or an object that becomes one of
    /// these, with the fields of `fields` added. A body without a model has that of the arguments, since it can decide
    /// the endpoint.
    pub(crate) fn new(
        request: Option<&Bound<'_, PyAny>>,
        model: Option<&str>,
        fields: Option<&Bound<'_, PyDict>>,
    ) -> Result<Body, Failure> {
        let fields = fields.filter(|fields| !fields.is_empty());
        let Some(request) = request.filter(|request| !request.is_none()) else {
            let hint = "pass messages, a request as a dict, or its fields: estimate(messages, model=\"gpt-4o\")";
            let fields = fields.ok_or_else(|| Failure::request("there is no request", Some(hint)))?;
            return Ok(Body::Json(of_fields(with_model(model, fields)?, fields)?.into_json()));
        };
        if let Ok(string) = request.cast::<PyString>() {
            let text = text(string).map_err(|message| Failure::request(message, None))?;
            return match fields {
                None => Ok(Body::Text(text.to_string())),
                Some(_) => Err(Failure::request(
                    "a text has no further fields",
                    Some("pass it as messages=[…], input=… or prompt=…"),
                )),
            };
        }
        let mut writer = Writer::default();
        if let Ok(dict) = request.cast::<PyDict>() {
            writer = of_fields(with_model(model, dict)?, dict)?;
        } else if is_list_of_prompts(request) {
            // Only Embeddings and Completions take a list of texts or tokens.
            writer.raw("{\"input\":");
            written(writer.value(request))?;
            writer.raw("}");
        } else {
            written(writer.value(request))?;
        }
        match fields {
            Some(fields) => with_fields(writer, fields),
            None => Ok(Body::Json(writer.into_json())),
        }
    }

    /// Returns the bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Body::Text(text) => text.as_bytes(),
            Body::Json(json) => json,
        }
    }

    /// Returns the number of bytes.
    pub(crate) fn len(&self) -> usize {
        self.bytes().len()
    }

    /// Reads the request.
    pub(crate) fn request(&self) -> Result<Request, Failure> {
        Ok(match self {
            Body::Text(text) => Request::from_text(text.as_bytes())?,
            Body::Json(json) => Request::from_json(json)?,
        })
    }
}

/// Returns the body of a list or an object with further fields.
fn with_fields(writer: Writer, fields: &Bound<'_, PyDict>) -> Result<Body, Failure> {
    let json = writer.into_json();
    let mut writer = Writer::default();
    match json.first() {
        Some(b'[') => {
            writer.raw(if is_input(&json, fields)? { "{\"input\":" } else { "{\"messages\":" });
            writer.raw(&String::from_utf8_lossy(&json));
            writer.raw("}");
        }
        _ => writer.raw(&String::from_utf8_lossy(&json)),
    }
    Ok(Body::Json(of_fields(writer, fields)?.into_json()))
}

/// Returns whether an array is the input of the Responses API, by the fields beside it or else by its items.
fn is_input(json: &[u8], fields: &Bound<'_, PyDict>) -> Result<bool, Failure> {
    let has = |names: &[&str]| -> Result<bool, Failure> {
        for name in names {
            if fields.contains(*name)? {
                return Ok(true);
            }
        }
        Ok(false)
    };
    match (has(&CHAT_FIELDS)?, has(&RESPONSES_FIELDS)?) {
        (true, true) => Err(Failure::request(
            "some fields are of Chat Completions, and some of the Responses API",
            Some("pass the list as messages=… or input=…"),
        )),
        (is_chat, is_responses) if is_chat || is_responses => Ok(is_responses),
        _ => Ok(Request::from_json(json)?.format() == Format::Items),
    }
}

/// Returns whether a value is a list of texts or tokens.
fn is_list_of_prompts(request: &Bound<'_, PyAny>) -> bool {
    let first = match (request.cast::<PyList>(), request.cast::<PyTuple>()) {
        (Ok(list), _) => list.get_item(0).ok(),
        (_, Ok(tuple)) => tuple.get_item(0).ok(),
        _ => None,
    };
    let is_tokens = |first: &Bound<'_, PyAny>| first.cast::<PyList>().is_ok() || first.extract::<u32>().is_ok();
    first.is_some_and(|first| first.cast::<PyString>().is_ok() || is_tokens(&first))
}

/// Returns an object with the model, unless the fields name one or there is none.
fn with_model(model: Option<&str>, fields: &Bound<'_, PyDict>) -> Result<Writer, Failure> {
    let mut writer = Writer::default();
    if let Some(model) = model.filter(|_| fields.contains("model").is_ok_and(|has_model| !has_model)) {
        let object = PyDict::new(fields.py());
        object.set_item("model", model)?;
        written(writer.value(&object))?;
    }
    Ok(writer)
}

/// Writes the arguments of a method of the `openai` package as the fields of the body that it sends.
fn of_fields(mut writer: Writer, fields: &Bound<'_, PyDict>) -> Result<Writer, Failure> {
    written(writer.add_fields(fields, argument))?;
    if let Some(extra) = fields.get_item("extra_body")?.filter(|extra| !extra.is_none()) {
        let extra = extra.cast::<PyDict>().map_err(|_| Failure::Request {
            path: "extra_body".to_owned(),
            message: "expected a dict".to_owned(),
            hint: None,
        })?;
        written(writer.add_fields(extra, |_, _, _| Ok(false)))?;
    }
    Ok(writer)
}

/// Writes an argument that is sent differently from what it is; returns whether it is one.
fn argument(writer: &mut Writer, name: &str, value: &Bound<'_, PyAny>) -> Result<bool, Failure> {
    match name {
        "extra_body" => Ok(true),
        name if NOT_SENT.contains(&name) => Ok(true),
        "response_format" | "text_format" if value.is_instance_of::<PyType>() => {
            let schema = schema_of(name, value)?;
            writer.raw(&match name {
                "response_format" => {
                    format!("\"response_format\":{{\"type\":\"json_schema\",\"json_schema\":{{{schema}}}}},")
                }
                // In the Responses API, the fields of the schema are beside its type.
                _ => format!("\"text\":{{\"format\":{{\"type\":\"json_schema\",{schema}}}}},"),
            });
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Returns the name and the schema of a class, as `openai` sends them: the fields of a JSON object.
fn schema_of(name: &str, class: &Bound<'_, PyAny>) -> Result<String, Failure> {
    let failure = |hint| Failure::Request {
        path: name.to_owned(),
        message: "no schema can be made of this class".to_owned(),
        hint: Some(hint),
    };
    let openai = class.py().import("openai");
    let openai = openai.map_err(|_| failure("install the package `openai`, which makes it, or pass the schema"))?;
    let tool = openai.call_method1("pydantic_function_tool", (class,));
    let tool = tool.map_err(|_| failure("pass a subclass of pydantic.BaseModel, or the schema"))?;
    let function = tool.get_item("function")?;
    let format = PyDict::new(class.py());
    format.set_item("name", class.getattr("__name__")?)?;
    format.set_item("schema", function.get_item("parameters")?)?;
    format.set_item("strict", true)?;
    let mut writer = Writer::default();
    written(writer.value(&format))?;
    let json = writer.into_json();
    let fields = json.strip_prefix(b"{").and_then(|json| json.strip_suffix(b"}")).unwrap_or(&json);
    Ok(String::from_utf8_lossy(fields).into_owned())
}

/// Returns the result of writing a whole request, which cannot be omitted.
fn written(result: Result<(), Unwritten>) -> Result<(), Failure> {
    match result {
        Ok(()) => Ok(()),
        Err(Unwritten::Omitted) => Err(Failure::request("there is no request", None)),
        Err(Unwritten::Failed(failure)) => Err(failure),
        Err(Unwritten::TooLarge(message)) => Err(Failure::request(message, None)),
    }
}
