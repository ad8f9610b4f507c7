//! Renders the templates of prompt files with values.

use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use gpt_cost::Request;
use gpt_cost::source::{Document, Place};
use minijinja::{Environment, ErrorKind, UndefinedBehavior};

use super::args::Template;
use super::exit::Failure;
use super::files;
use super::values::Values;

/// The most steps of a template, and the most bytes that it may render: a template that needs more is one by mistake.
const MAX_STEPS: u64 = 5_000_000;
const MAX_BYTES: usize = 100_000_000;

/// Returns the language of a file's template: as asked for, or by the ending of its name.
pub(super) fn language(asked: Option<Template>, name: &str) -> Template {
    let is_jinja = [".j2", ".jinja", ".jinja2"].iter().any(|ending| name.to_ascii_lowercase().ends_with(ending));
    asked.unwrap_or(if is_jinja { Template::Jinja } else { Template::Braces })
}

/// Reads the request of a text that is a template of Jinja or a format string of Python, with the values filled in.
pub(super) fn render(document: &Document<'_>, language: Template, values: &Values) -> Result<Request, Failure> {
    let place = document.place();
    if document.is_json() {
        let message = format!("a template of {} must be a text; JSON can only have {{{{ name }}}}", language.as_str());
        return Err(Failure::at(place, message));
    }
    let text = files::text(&place.file, document.bytes().to_vec())?;
    let rendered = match language {
        Template::Jinja => jinja(&text, document, values)?,
        _ => {
            format_string(&text, values).map_err(|(at, message)| Failure::at(at_line(document, &text, at), message))?
        }
    };
    document.rendered(rendered).map_err(|error| Failure::from_error(&error))
}

fn at_line(document: &Document<'_>, text: &str, at: usize) -> Place {
    Place::line(&document.place().file, document.first_line() + text[..at].matches('\n').count())
}

fn jinja(text: &str, document: &Document<'_>, values: &Values) -> Result<String, Failure> {
    let place = document.place();
    let folder = Path::new(&place.file).parent().unwrap_or(Path::new("")).to_owned();
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(MAX_STEPS));
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_loader(move |name| Ok(included(&folder, name)));
    let failure = |error: &minijinja::Error| {
        let place = match error.line() {
            Some(line) if error.name() == Some(&place.file) => {
                Place::line(&place.file, document.first_line() + line - 1)
            }
            _ => place.clone(),
        };
        Failure::at(&place, describe(error))
    };
    let template = environment.template_from_named_str(&place.file, text).map_err(|error| failure(&error))?;
    let mut rendered = Limited { text: Vec::new() };
    let values = minijinja::Value::from(minijinja::value::Serde(&values.values));
    template.render_captured_to(values, &mut rendered).map_err(|error| failure(&error))?;
    files::text(&place.file, rendered.text)
}

/// Returns the text of an included template: a file beside the template or below its folder.
fn included(folder: &Path, name: &str) -> Option<String> {
    let is_inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let (path, folder) = (folder.join(name), if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    // Not through a link that leaves the folder.
    let real = |path: &Path| path.canonicalize().ok();
    let inside: PathBuf =
        real(&path).filter(|_| is_inside).filter(|path| real(folder).is_some_and(|folder| path.starts_with(folder)))?;
    files::read_text(&inside, name).ok()
}

/// Returns what was wrong, in words that hold no text of the template.
fn describe(error: &minijinja::Error) -> String {
    let detail = error.detail().unwrap_or_default();
    match error.kind() {
        ErrorKind::UndefinedError => {
            "it uses a value that is not given; pass --var NAME=VALUE or --vars FILE".to_owned()
        }
        ErrorKind::OutOfFuel => "the template takes too many steps".to_owned(),
        ErrorKind::TemplateNotFound => {
            "it includes a template that is not in its folder or below; nothing outside is read".to_owned()
        }
        ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction | ErrorKind::UnknownMethod => {
            format!("{detail}: only the filters, tests and functions of Jinja itself are known")
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

/// Fills a format string of Python: `{name}` is a value, `{{` and `}}` are braces. Returns the place and the message of
/// what is wrong.
fn format_string(text: &str, values: &Values) -> Result<String, (usize, String)> {
    let texts = values.texts();
    let (mut filled, mut at) = (String::with_capacity(text.len()), 0);
    while let Some(brace) = text[at..].find(['{', '}']).map(|found| at + found) {
        filled.push_str(&text[at..brace]);
        let (rest, brace_text) = (&text[brace + 1..], &text[brace..=brace]);
        if rest.starts_with(brace_text) {
            filled.push_str(brace_text);
            at = brace + 2;
            continue;
        }
        let end = rest.find('}').filter(|_| brace_text == "{");
        let Some(end) = end else { return Err((brace, "a brace is not closed or not doubled".to_owned())) };
        let name = rest[..end].split([':', '!']).next().unwrap_or_default().trim();
        match texts.get(name) {
            Some(value) => filled.push_str(value),
            None => {
                return Err((brace, "a placeholder has no value; pass --var NAME=VALUE or --vars FILE".to_owned()));
            }
        }
        at = brace + 2 + end;
    }
    filled.push_str(&text[at..]);
    Ok(filled)
}
