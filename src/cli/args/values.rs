//! Parsers for the values of arguments.

use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use gpt_cost::budget::Increase;
use gpt_cost::catalog::Kind;
use gpt_cost::catalog::import::ImportFormat;
use gpt_cost::money::Uplift;
use gpt_cost::request::ImageSize;
use gpt_cost::source::Template;
use gpt_cost::{Cached, Date, Encoding, Tier, Usd};

use super::budgets::{CheckFormat, OutFile, SchemaName};
use super::{Var, VarTokens};
use crate::cli::schema::SCHEMAS;

pub(super) fn out_file(text: &str) -> Result<OutFile, String> {
    let expected = || "expected a format and a file, such as json:report.json".to_owned();
    let (format, path) = text.split_once(':').filter(|(_, path)| !path.is_empty()).ok_or_else(expected)?;
    let format = CheckFormat::from_str(format, false).map_err(|_| format!("unknown format `{format}`"))?;
    Ok(OutFile { format, path: path.into() })
}

pub(super) fn var(text: &str) -> Result<Var, &'static str> {
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or("expected NAME=VALUE")?;
    let file = value.strip_prefix('@').map(PathBuf::from);
    Ok(Var { name: name.to_owned(), value: value.to_owned(), file })
}

pub(super) fn var_tokens(text: &str) -> Result<VarTokens, &'static str> {
    let expected = "expected a name and a number of tokens, such as document=4000";
    let (name, tokens) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or(expected)?;
    let tokens = tokens.parse::<u32>().map_err(|_| expected)?;
    Ok(VarTokens { name: name.to_owned(), tokens: u64::from(tokens) })
}

pub(super) fn dollars(text: &str) -> Result<Usd, &'static str> {
    let amount = text.parse().ok().filter(|amount| *amount >= Usd::ZERO);
    amount.ok_or("expected an amount in dollars, such as 0.05")
}

pub(super) fn increase(text: &str) -> Result<Increase, &'static str> {
    Increase::parse(text).ok_or("expected 10%, $0.002 or \"500 tokens\"")
}

pub(super) fn cached(text: &str) -> Result<Cached, &'static str> {
    Cached::parse(text).ok_or("expected a number of tokens, or a percentage from 0% to 100%")
}

pub(super) fn tool_calls(text: &str) -> Result<(String, u32), &'static str> {
    let (tool, calls) = text.split_once('=').filter(|(tool, _)| !tool.is_empty()).unwrap_or_default();
    let calls = calls.parse().map_err(|_| "expected a tool and a number of calls, such as web_search=2")?;
    Ok((tool.to_owned(), calls))
}

pub(super) fn uplift(text: &str) -> Result<Uplift, &'static str> {
    Uplift::parse(text).ok_or("expected a percentage such as 10% or -30%")
}

pub(super) fn days(text: &str) -> Result<i32, &'static str> {
    let expected = "expected a number of days or weeks, such as 90d or 12w";
    let (number, days) = match (text.strip_suffix('d'), text.strip_suffix('w')) {
        (Some(number), _) => (number, 1),
        (_, Some(number)) => (number, 7),
        _ => return Err(expected),
    };
    number.parse::<u16>().map(|number| i32::from(number) * days).map_err(|_| expected)
}

pub(super) fn kinds() -> impl TypedValueParser<Value = Kind> {
    let names = Kind::ALL.iter().map(|kind| kind.as_str());
    PossibleValuesParser::new(names)
        .try_map(|name| Kind::ALL.iter().copied().find(|kind| kind.as_str() == name).ok_or("unknown kind"))
}

pub(super) fn templates() -> impl TypedValueParser<Value = Template> {
    let about = |template: Template| match template {
        Template::Braces => "{{ name }} is replaced by the value as it is",
        Template::Jinja => "Jinja, as Jinja2 renders it",
        Template::Mustache => "Mustache, with its escaping",
        Template::Fstring => "{name}, as Python's str.format fills it",
        _ => "No template: all text is literal",
    };
    let value = |template: &Template| PossibleValue::new(template.as_str()).help(about(*template));
    PossibleValuesParser::new(Template::ALL.iter().map(value)).try_map(|name| name.parse::<Template>())
}

pub(super) fn import_formats() -> impl TypedValueParser<Value = ImportFormat> {
    PossibleValuesParser::new(ImportFormat::ALL.iter().map(|format| format.as_str()))
        .try_map(|name| name.parse::<ImportFormat>())
}

/// Parses a size in bytes, such as `200MB`; KB, MB and GB are powers of a thousand.
pub(super) fn size(text: &str) -> Result<usize, &'static str> {
    let digits = text.trim_end_matches(|char: char| char.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => Some(1),
        "KB" => Some(1_000),
        "MB" => Some(1_000_000),
        "GB" => Some(1_000_000_000),
        _ => None,
    };
    let size = digits.parse::<usize>().ok().zip(unit).and_then(|(number, unit)| number.checked_mul(unit));
    size.filter(|size| *size > 0).ok_or("expected a size in bytes, such as 500KB or 200MB")
}

pub(super) fn image_size(text: &str) -> Result<ImageSize, &'static str> {
    ImageSize::parse(text).ok_or("expected a width and a height in pixels, such as 1024x768")
}

/// Parses a service tier as the API or a price table names it. `auto` is an error: the project's settings at OpenAI
/// decide what it is.
pub(super) fn tier(text: &str) -> Result<Tier, String> {
    match Tier::from_api(text)? {
        Some(tier) => Ok(tier),
        None => Err("it depends on your project's settings at OpenAI; omit it, or name the tier".to_owned()),
    }
}

pub(super) fn encodings() -> impl TypedValueParser<Value = Encoding> {
    let names = Encoding::ALL.iter().map(|encoding| encoding.as_str());
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Encoding>())
}

pub(super) fn day(text: &str) -> Result<Date, &'static str> {
    let day = text.parse().ok().filter(|_| text.len() == "YYYY-MM-DD".len());
    day.ok_or("expected a valid date, as YYYY-MM-DD")
}

pub(super) fn schemas() -> impl TypedValueParser<Value = SchemaName> {
    PossibleValuesParser::new(std::iter::once("list").chain(SCHEMAS.iter().map(|schema| schema.name))).map(|name| {
        match SCHEMAS.iter().find(|schema| schema.name == name) {
            Some(schema) => SchemaName::One(schema),
            None => SchemaName::List,
        }
    })
}
