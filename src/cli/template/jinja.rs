//! Jinja, as Jinja2 renders it.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::thread;

use gpt_cost::source::Place;
use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, Template, UndefinedBehavior, escape_formatter};
use minijinja_contrib::{filters, globals, pycompat};
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use super::{MAX_BYTES, MAX_STEPS, Rendered, Source, TOO_LONG};
use crate::cli::exit::Failure;
use crate::cli::files;
use crate::cli::values::Values;

/// The most bytes of a template or of one that it includes: what is longer is values. A chain of operators takes a time that
/// grows with the square of its length.
const MAX_TEMPLATE: usize = 400_000;

/// The bytes of the stack, of which only what is used becomes memory. Measured without optimization, the deepest template
/// of [`MAX_TEMPLATE`] bytes needs 150 MB, and the deepest value that [`MAX_STEPS`] can build 270 MB.
const STACK: usize = 1 << 29;

/// The deepest nesting of a value that is printed.
const MAX_LEVELS: usize = 1_000;

/// The most characters that are stripped from a text, and the widest field of a format: no more are meant.
const MAX_CHARS: usize = 1_000;

/// The most `~` and `+` of a template: minijinja joins constants when it compiles, without counting steps, in a time that
/// grows with the square of their number.
const MAX_JOINS: usize = 20_000;

impl Source<'_> {
    /// Renders a template of Jinja. Without any values, a template that needs some is returned with its tags.
    ///
    /// minijinja compiles and prints by recursion, one level for an operator or a nested value, so that it needs a stack
    /// of its own.
    pub(super) fn jinja(&self, values: &Values, is_empty: bool) -> Result<Rendered, Failure> {
        if self.text.len() > MAX_TEMPLATE {
            return Err(Failure::at(self.place, "a template of Jinja can have at most 400 KB"));
        }
        let failure = || Failure::at(self.place, "the template cannot be rendered: there is no memory for its stack");
        thread::scope(|scope| {
            let thread = thread::Builder::new().stack_size(STACK);
            let thread = thread.spawn_scoped(scope, || self.jinja_in_thread(values, is_empty));
            thread.map_err(|_| failure())?.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    fn jinja_in_thread(&self, values: &Values, is_empty: bool) -> Result<Rendered, Failure> {
        if self.text.matches(['~', '+']).count() > MAX_JOINS && self.text.contains("{{") {
            let message = "the template has more than 20,000 operators that join texts";
            return Err(Failure::at(self.place, message).hint("give texts such as tables as values"));
        }
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
        environment.set_loader(move |name| match tree.included(&file, name) {
            Some(text) if text.len() > MAX_TEMPLATE => {
                Err(Error::new(ErrorKind::SyntaxError, "an included template has more than 400 KB"))
            }
            text => Ok(text),
        });
        environment.set_unknown_method_callback(method);
        environment.set_formatter(|out, state, value| {
            check_size(value)?;
            escape_formatter(out, state, value)
        });
        environment.add_filter("filesizeformat", filters::filesizeformat);
        environment.add_filter("indent", indent);
        environment.add_filter("striptags", filters::striptags);
        environment.add_filter("tojson", tojson);
        environment.add_filter("trim", trim);
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
    let added = (text.matches('\n').count() + 1).saturating_mul(indention.len());
    if text.len().saturating_add(added) > MAX_BYTES {
        return Err(ErrorKind::WriteFailure.into());
    }
    let mut indented = String::with_capacity(text.len() + added);
    for (index, line) in text.split('\n').enumerate() {
        let is_indented = if index == 0 { first == Some(true) } else { blank == Some(true) || !line.is_empty() };
        indented.push_str(if index == 0 { "" } else { "\n" });
        indented.push_str(if is_indented { &indention } else { "" });
        indented.push_str(line);
    }
    Ok(indented)
}

/// Calls a method of Python. Those whose time or result minijinja does not count as steps are checked first.
fn method(state: &mut State<'_, '_>, value: &Value, name: &str, args: &[Value]) -> Result<Value, Error> {
    match (name, value.as_str()) {
        ("strip" | "lstrip" | "rstrip", Some(_)) => check_chars(args.first().and_then(Value::as_str))?,
        ("format", Some(format)) => check_format(format, args)?,
        _ => {}
    }
    pycompat::unknown_method_callback(state, value, name, args)
}

/// Strips white space or other characters from both ends of a text.
fn trim(text: &str, chars: Option<&str>) -> Result<String, Error> {
    check_chars(chars)?;
    Ok(match chars {
        Some(chars) => text.trim_matches(|char| chars.contains(char)).to_owned(),
        None => text.trim().to_owned(),
    })
}

/// Checks the characters that are stripped from a text, each of which is compared with each of them.
fn check_chars(chars: Option<&str>) -> Result<(), Error> {
    match chars {
        Some(chars) if chars.len() > MAX_CHARS => Err(ErrorKind::OutOfFuel.into()),
        _ => Ok(()),
    }
}

/// Checks that what `str.format` returns is not too long: each of its fields can be all arguments, or as wide as it says.
fn check_format(format: &str, args: &[Value]) -> Result<(), Error> {
    let mut left = MAX_BYTES;
    args.iter().try_for_each(|arg| charge(arg, 0, &mut left))?;
    let fields = || format.split('{').skip(1);
    let is_wide = |field: &str| {
        let specification = field.split('}').next().unwrap_or_default();
        let numbers = specification.split(|char: char| !char.is_ascii_digit());
        let mut widths = numbers.filter(|number| !number.is_empty()).map(str::parse::<usize>);
        widths.any(|width| !width.is_ok_and(|width| width <= MAX_CHARS))
    };
    let longest = (MAX_BYTES - left + MAX_CHARS).saturating_mul(fields().count());
    match longest > MAX_BYTES || fields().any(is_wide) {
        true => Err(ErrorKind::OutOfFuel.into()),
        false => Ok(()),
    }
}

/// Checks that a value can be printed: one that contains itself or shared values has no end.
fn check_size(value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Seq | ValueKind::Map => charge(value, 0, &mut MAX_BYTES.clone()),
        _ => Ok(()),
    }
}

/// Takes the size of a value from the bytes that are left.
fn charge(value: &Value, level: usize, left: &mut usize) -> Result<(), Error> {
    const OTHER: usize = 16;
    let size = value.as_str().map_or(OTHER, str::len);
    *left = left.checked_sub(size).ok_or_else(|| Error::from(ErrorKind::OutOfFuel))?;
    if level == MAX_LEVELS {
        return Err(Error::new(ErrorKind::InvalidOperation, TOO_DEEP));
    }
    match value.kind() {
        ValueKind::Seq => value.try_iter()?.try_for_each(|value| charge(&value, level + 1, left)),
        ValueKind::Map => value.try_iter()?.try_for_each(|key| {
            charge(&key, level + 1, left)?;
            charge(&value.get_item(&key)?, level + 1, left)
        }),
        _ => Ok(()),
    }
}

/// Writes a value as JSON with sorted keys, as Python's `json.dumps` does, and safe for HTML, as Jinja does.
fn tojson(value: &Value, indent: Option<usize>, kwargs: Kwargs) -> Result<String, Error> {
    let indent = indent.map_or_else(|| kwargs.get::<Option<usize>>("indent"), |indent| Ok(Some(indent)))?;
    kwargs.assert_all_used()?;
    let invalid = |error: serde_json::Error| {
        Error::new(ErrorKind::InvalidOperation, "a value that JSON cannot have").with_source(error)
    };
    check_size(value)?;
    let value = serde_json::to_value(value).map_err(invalid)?;
    let mut json = Limited { text: Vec::new() };
    let written = match indent {
        Some(width) => {
            let spaces = " ".repeat(width.min(100));
            value.serialize(&mut Serializer::with_formatter(&mut json, PrettyFormatter::with_indent(spaces.as_bytes())))
        }
        None => value.serialize(&mut Serializer::with_formatter(&mut json, Spaced)),
    };
    written.map_err(|error| Error::from(ErrorKind::WriteFailure).with_source(error))?;
    let mut safe = String::with_capacity(json.text.len());
    for char in String::from_utf8_lossy(&json.text).chars() {
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

const TOO_DEEP: &str = "a value is nested deeper than 1,000 levels";

/// The details of errors that have no text of the template and are clearer than their kinds.
const FIXED: [&str; 5] = [
    TOO_DEEP,
    "range has too many elements",
    "recursion limit exceeded",
    "repeated sequence is too large",
    "repeated string is too large",
];

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
            let what = if detail.is_empty() { error.kind().to_string() } else { detail.to_owned() };
            format!("{what}: those that a program adds are not known, nor a few of Jinja itself")
        }
        ErrorKind::WriteFailure => TOO_LONG.to_owned(),
        // The parser repeats the word.
        ErrorKind::SyntaxError if detail.starts_with("unknown statement") => {
            "not a template of Jinja: unknown statement".to_owned()
        }
        ErrorKind::SyntaxError => format!("not a template of Jinja: {detail}"),
        _ if FIXED.contains(&detail) => format!("the template cannot be rendered: {detail}"),
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
