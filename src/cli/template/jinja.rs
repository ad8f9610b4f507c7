//! Jinja, as Jinja2 renders it.

use std::collections::BTreeSet;
use std::io::{self, Write};

use gpt_cost::source::Place;
use minijinja::value::{Kwargs, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Template, UndefinedBehavior};
use minijinja_contrib::{filters, globals, pycompat};
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use super::{MAX_BYTES, MAX_STEPS, Rendered, Source};
use crate::cli::exit::Failure;
use crate::cli::files;
use crate::cli::values::Values;

impl Source<'_> {
    /// Renders a template of Jinja. Without any values, a template that needs some is returned with its tags.
    pub(super) fn jinja(&self, values: &Values, is_empty: bool) -> Result<Rendered, Failure> {
        let environment = self.environment();
        let failure = |error: &minijinja::Error, missing: &[String]| {
            let place = match error.line() {
                Some(line) if error.name() == Some(&self.place.file) => {
                    Place::line(&self.place.file, self.first_line + line - 1)
                }
                _ => self.place.clone(),
            };
            Failure::at(&place, describe(error, missing))
        };
        let template = environment.template_from_named_str(&self.place.file, self.text);
        let template = template.map_err(|error| failure(&error, &[]))?;
        let missing = missing(&environment, &template, values);
        if is_empty && !missing.is_empty() {
            // As Jinja renders it: without comments and the last line break.
            let text = self.without_comments("{#", "#}");
            let text = text.strip_suffix('\n').map(str::to_owned).unwrap_or(text);
            return Ok(Rendered { text, has_placeholders: true });
        }
        let mut rendered = Limited { text: Vec::new() };
        let values = minijinja::Value::from(minijinja::value::Serde(&values.values));
        template.render_captured_to(values, &mut rendered).map_err(|error| failure(&error, &missing))?;
        Ok(Rendered { text: files::text(&self.place.file, rendered.text)?, has_placeholders: false })
    }

    fn environment(&self) -> Environment<'static> {
        let (tree, file) = (self.tree.clone(), self.place.file.clone());
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(MAX_STEPS));
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_loader(move |name| Ok(tree.included(&file, name)));
        environment.set_unknown_method_callback(pycompat::unknown_method_callback);
        environment.add_filter("filesizeformat", filters::filesizeformat);
        environment.add_filter("indent", indent);
        environment.add_filter("striptags", filters::striptags);
        environment.add_filter("tojson", tojson);
        environment.add_filter("truncate", filters::truncate);
        environment.add_filter("wordcount", filters::wordcount);
        // Jinja2 has no such function.
        environment.remove_global("debug");
        environment.add_function("cycler", globals::cycler);
        environment.add_function("joiner", globals::joiner);
        environment
    }
}

/// Indents the lines of a text, the last line break included: minijinja's own filter drops it.
fn indent(
    text: &str,
    width: Option<Value>,
    first: Option<bool>,
    blank: Option<bool>,
    kwargs: Kwargs,
) -> Result<String, Error> {
    let width = width.map_or_else(|| kwargs.get::<Option<Value>>("width"), |width| Ok(Some(width)))?;
    let first = first.map_or_else(|| kwargs.get::<Option<bool>>("first"), |first| Ok(Some(first)))?;
    let blank = blank.map_or_else(|| kwargs.get::<Option<bool>>("blank"), |blank| Ok(Some(blank)))?;
    kwargs.assert_all_used()?;
    let indention = match width.as_ref().and_then(Value::as_str) {
        Some(text) => text.to_owned(),
        None => " ".repeat(width.and_then(|width| width.as_usize()).unwrap_or(4).min(1_000)),
    };
    let lines = text.split('\n').enumerate().map(|(index, line)| {
        let is_indented = if index == 0 { first == Some(true) } else { blank == Some(true) || !line.is_empty() };
        if is_indented { format!("{indention}{line}") } else { line.to_owned() }
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// Writes a value as JSON with sorted keys, as Python's `json.dumps` does, and safe for HTML, as Jinja does.
fn tojson(value: &Value, indent: Option<usize>, kwargs: Kwargs) -> Result<String, Error> {
    let indent = indent.map_or_else(|| kwargs.get::<Option<usize>>("indent"), |indent| Ok(Some(indent)))?;
    kwargs.assert_all_used()?;
    let invalid = |error: serde_json::Error| {
        Error::new(ErrorKind::InvalidOperation, "a value that JSON cannot have").with_source(error)
    };
    let value = serde_json::to_value(value).map_err(invalid)?;
    let mut json = Vec::new();
    let written = match indent {
        Some(width) => {
            let spaces = " ".repeat(width.min(100));
            value.serialize(&mut Serializer::with_formatter(&mut json, PrettyFormatter::with_indent(spaces.as_bytes())))
        }
        None => value.serialize(&mut Serializer::with_formatter(&mut json, Spaced)),
    };
    written.map_err(invalid)?;
    let mut safe = String::with_capacity(json.len());
    for char in String::from_utf8_lossy(&json).chars() {
        match char {
            '<' | '>' | '&' | '\'' => safe.push_str(&format!("\\u{:04x}", char as u32)),
            char if char.is_ascii() => safe.push(char),
            char => {
                let mut units = [0; 2];
                char.encode_utf16(&mut units).iter().for_each(|unit| safe.push_str(&format!("\\u{unit:04x}")));
            }
        }
    }
    Ok(safe)
}

/// A space after each comma and colon.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, is_first: bool) -> io::Result<()> {
        if is_first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, is_first: bool) -> io::Result<()> {
        if is_first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

/// Returns the names that a template uses and that have no value.
fn missing(environment: &Environment<'_>, template: &Template<'_, '_>, values: &Values) -> Vec<String> {
    let used: BTreeSet<String> = template.undeclared_variables(false).into_iter().collect();
    let is_global = |name: &String| environment.globals().any(|(global, _)| global == name);
    used.into_iter().filter(|name| !values.values.contains_key(name) && !is_global(name)).collect()
}

/// Returns what was wrong, in words that hold no text of the template except for the names of missing values.
fn describe(error: &minijinja::Error, missing: &[String]) -> String {
    let detail = error.detail().unwrap_or_default();
    match error.kind() {
        ErrorKind::UndefinedError => {
            let names: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
            let what = if names.is_empty() { "a value that is not given".to_owned() } else { names.join(", ") };
            format!("it uses {what}, without a value; pass --var NAME=VALUE or --vars FILE")
        }
        ErrorKind::OutOfFuel => "the template takes too many steps".to_owned(),
        ErrorKind::TemplateNotFound => {
            "it includes a template that is not in its folder, below, or above in the project; nothing else is read"
                .to_owned()
        }
        ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction | ErrorKind::UnknownMethod => {
            format!("{detail}: those that a program adds are not known, nor a few of Jinja itself")
        }
        ErrorKind::WriteFailure => "it renders more than 100 MB".to_owned(),
        ErrorKind::SyntaxError => format!("not a template of Jinja: {detail}"),
        kind => format!("the template cannot be rendered: {kind}"),
    }
}

/// A writer that fails beyond the most that a template may render.
struct Limited {
    text: Vec<u8>,
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.len() + bytes.len() > MAX_BYTES {
            return Err(io::Error::other("too long"));
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
