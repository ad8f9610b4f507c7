//! Mustache: variables with escaping, sections, partials, comments and other delimiters. Our own code, since no renderer
//! has a limit of steps: nested sections of a list multiply.

use serde_json::Value;

use super::{MAX_BYTES, MAX_STEPS, Rendered, Source, TOO_LONG, placeholder};
use crate::cli::exit::Failure;
use crate::cli::values::Values;

/// The most levels of sections and of partials in each other.
const MAX_LEVELS: usize = 64;

impl Source<'_> {
    /// Renders a template of Mustache. A variable without a value stays a placeholder. Without any values, a template that
    /// needs some is returned with its tags.
    pub(super) fn mustache(&self, values: &Values, is_empty: bool) -> Result<Rendered, Failure> {
        let nodes = parse(self.text).map_err(|wrong| self.failure(wrong.at, wrong.message))?;
        if is_empty && nodes.iter().any(|node| !matches!(node, Node::Text(_))) {
            return Ok(Rendered { text: self.without_comments("{{!", "}}"), has_placeholders: true });
        }
        let context = Value::Object(values.values.clone());
        let mut renderer = Renderer { source: self, rendered: Rendered::default(), steps: 0 };
        renderer.render(&nodes, &mut vec![&context], 0).map_err(|message| self.failure(0, message))?;
        Ok(renderer.rendered)
    }
}

enum Node {
    Text(String),
    Variable { name: String, is_escaped: bool },
    Section { name: String, is_inverted: bool, nodes: Vec<Node> },
    Partial { name: String, indent: String },
}

impl Node {
    /// Returns the name that rendering the node looks up, or nothing.
    fn name(&self) -> &str {
        match self {
            Node::Text(_) => "",
            Node::Variable { name, .. } | Node::Section { name, .. } | Node::Partial { name, .. } => name,
        }
    }
}

struct Renderer<'s> {
    source: &'s Source<'s>,
    rendered: Rendered,
    steps: u64,
}

impl Renderer<'_> {
    fn render(&mut self, nodes: &[Node], contexts: &mut Vec<&Value>, levels: usize) -> Result<(), String> {
        for node in nodes {
            self.step(node.name().len())?;
            match node {
                Node::Text(text) => self.push(text)?,
                Node::Variable { name, is_escaped } => self.variable(name, *is_escaped, contexts)?,
                Node::Section { name, is_inverted, nodes } => {
                    let value = lookup(name, contexts).unwrap_or(&Value::Null);
                    self.section(value, *is_inverted, nodes, contexts, levels)?;
                }
                Node::Partial { name, indent } => {
                    let nodes = self.partial(name, indent, levels)?;
                    self.render(&nodes, contexts, levels + 1)?;
                }
            }
        }
        Ok(())
    }

    /// Counts a step, and another one for each 64 bytes that it reads.
    fn step(&mut self, bytes: usize) -> Result<(), String> {
        self.steps += 1 + bytes as u64 / 64;
        match self.steps > MAX_STEPS {
            true => Err("the template takes too many steps".to_owned()),
            false => Ok(()),
        }
    }

    fn push(&mut self, text: &str) -> Result<(), String> {
        if self.rendered.text.len() + text.len() > MAX_BYTES {
            return Err(TOO_LONG.to_owned());
        }
        self.rendered.text.push_str(text);
        Ok(())
    }

    fn variable(&mut self, name: &str, is_escaped: bool, contexts: &[&Value]) -> Result<(), String> {
        match lookup(name, contexts) {
            Some(Value::String(text)) if is_escaped => self.push(&escaped(text)),
            Some(Value::String(text)) => self.push(text),
            Some(Value::Null) => Ok(()),
            Some(value @ (Value::Bool(_) | Value::Number(_))) => self.push(&value.to_string()),
            Some(Value::Array(_) | Value::Object(_)) => Err(format!("the value of `{name}` is not a text")),
            None => {
                self.rendered.has_placeholders = true;
                self.push(&placeholder(name))
            }
        }
    }

    fn section<'v>(
        &mut self,
        value: &'v Value,
        is_inverted: bool,
        nodes: &[Node],
        contexts: &mut Vec<&'v Value>,
        levels: usize,
    ) -> Result<(), String> {
        let items = match value {
            Value::Null | Value::Bool(false) => &[],
            Value::Array(items) => items.as_slice(),
            other => std::slice::from_ref(other),
        };
        if is_inverted {
            return if items.is_empty() { self.render(nodes, contexts, levels) } else { Ok(()) };
        }
        for item in items {
            self.steps += 1;
            contexts.push(item);
            self.render(nodes, contexts, levels)?;
            contexts.pop();
        }
        Ok(())
    }

    fn partial(&mut self, name: &str, indent: &str, levels: usize) -> Result<Vec<Node>, String> {
        if levels == MAX_LEVELS {
            return Err(format!("partials include each other more than {MAX_LEVELS} levels deep"));
        }
        let text = [name.to_owned(), format!("{name}.mustache")].iter().find_map(|name| self.source.included(name));
        let text = text.ok_or("it includes a partial that is not in its folder, below, or above in the project")?;
        let lines = text.matches('\n').count() + 1;
        if text.len() + lines * indent.len() > MAX_BYTES {
            return Err(TOO_LONG.to_owned());
        }
        self.step(text.len() + lines * indent.len())?;
        let indented: String = text.split_inclusive('\n').map(|line| format!("{indent}{line}")).collect();
        parse(&indented).map_err(|wrong| format!("a partial is not a template of Mustache: {}", wrong.message))
    }
}

/// Returns the value of a name: its first part is looked up from the innermost context outwards, the others in the value
/// that is found.
fn lookup<'v>(name: &str, contexts: &[&'v Value]) -> Option<&'v Value> {
    if name == "." {
        return contexts.last().copied();
    }
    let mut parts = name.split('.');
    let first = parts.next()?;
    let found = contexts.iter().rev().find_map(|context| context.get(first))?;
    parts.try_fold(found, |value, part| value.get(part))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// What is wrong with a template, and at which byte.
struct Wrong {
    at: usize,
    message: &'static str,
}

/// A section that is not closed yet.
struct Open {
    name: String,
    is_inverted: bool,
    at: usize,
    nodes: Vec<Node>,
}

fn parse(text: &str) -> Result<Vec<Node>, Wrong> {
    let (mut delimiters, mut at) = (("{{".to_owned(), "}}".to_owned()), 0);
    let mut nodes = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    while let Some(start) = text[at..].find(&delimiters.0).map(|found| at + found) {
        let tag = tag(text, start, &delimiters)?;
        let line = if tag.is_standalone_kind() { standalone(text, start, tag.end) } else { None };
        let (begin, end) = line.unwrap_or((start, tag.end));
        nodes.push(Node::Text(text[at..begin].to_owned()));
        at = end;
        match tag.mark {
            '!' => {}
            '=' => delimiters = new_delimiters(&tag.name).ok_or(Wrong { at: start, message: "not two delimiters" })?,
            '#' | '^' if open.len() == MAX_LEVELS => {
                return Err(Wrong { at: start, message: "sections are nested more than 64 levels deep" });
            }
            mark @ ('#' | '^') => {
                let nodes = std::mem::take(&mut nodes);
                open.push(Open { name: tag.name, is_inverted: mark == '^', at: start, nodes });
            }
            '/' => {
                let closed = open.pop().filter(|open| open.name == tag.name);
                let closed = closed.ok_or(Wrong { at: start, message: "this tag closes no open section" })?;
                let inner = std::mem::replace(&mut nodes, closed.nodes);
                nodes.push(Node::Section { name: closed.name, is_inverted: closed.is_inverted, nodes: inner });
            }
            '>' => nodes
                .push(Node::Partial { name: tag.name, indent: line.map_or("", |_| &text[begin..start]).to_owned() }),
            mark => nodes.push(Node::Variable { name: tag.name, is_escaped: mark != '&' }),
        }
    }
    if let Some(Open { at, .. }) = open.pop() {
        return Err(Wrong { at, message: "this section is not closed" });
    }
    nodes.push(Node::Text(text[at..].to_owned()));
    nodes.retain(|node| !matches!(node, Node::Text(text) if text.is_empty()));
    Ok(nodes)
}

struct Tag {
    /// What the tag begins with: one of `! = # ^ / > &`, or a space for a variable.
    mark: char,
    name: String,
    end: usize,
}

impl Tag {
    /// Returns whether a tag of this kind removes its line if nothing else is on it.
    fn is_standalone_kind(&self) -> bool {
        !matches!(self.mark, '&' | ' ')
    }
}

/// Reads the tag that begins at a byte.
fn tag(text: &str, start: usize, (open, close): &(String, String)) -> Result<Tag, Wrong> {
    let inside = start + open.len();
    let rest = &text[inside..];
    let mark = rest.chars().next().filter(|char| "!=#^/>&{".contains(*char)).unwrap_or(' ');
    let (mark, close) = match mark {
        '{' => ('&', format!("}}{close}")),
        '=' => ('=', format!("={close}")),
        mark => (mark, close.clone()),
    };
    let skipped = usize::from(rest.starts_with(['!', '=', '#', '^', '/', '>', '&', '{']));
    let length = rest[skipped..].find(&close).ok_or(Wrong { at: start, message: "this tag is not closed" })?;
    let name = rest[skipped..skipped + length].trim().to_owned();
    Ok(Tag { mark, name, end: inside + skipped + length + close.len() })
}

fn new_delimiters(text: &str) -> Option<(String, String)> {
    let mut words = text.split_whitespace();
    let pair = (words.next()?.to_owned(), words.next()?.to_owned());
    words.next().is_none().then_some(pair)
}

/// Returns the begin and the end of the line of a tag that nothing else is on.
///
/// Reads only the blanks around the tag: a line can have many tags.
fn standalone(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let is_blank = |char: char| char != '\n' && char.is_whitespace();
    let begin = text[..start].trim_end_matches(is_blank).len();
    let rest = text[end..].trim_start_matches(is_blank);
    let is_alone = (begin == 0 || text[..begin].ends_with('\n')) && (rest.is_empty() || rest.starts_with('\n'));
    is_alone.then(|| (begin, text.len() - rest.len() + usize::from(!rest.is_empty())))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use gpt_cost::source::Place;
    use serde_json::json;

    use super::*;
    use crate::cli::project::Tree;

    fn render(text: &str, values: &Value) -> Result<String, String> {
        let (place, tree) = (Place::file("a.mustache"), Tree::Folder(PathBuf::from("no such folder")));
        let source = Source { text, place: &place, first_line: 1, tree: &tree };
        let values = Values { source: None, values: values.as_object().expect("an object").clone() };
        let rendered = source.mustache(&values, false).map_err(|failure| failure.message())?;
        assert_eq!(rendered.has_placeholders, rendered.text.contains("{{ "), "{text}");
        Ok(rendered.text)
    }

    #[test]
    fn tags_are_rendered_as_the_specification_says() {
        let values = json!({
            "name": "<A & \"B\">", "n": 1.50, "yes": true, "no": false, "none": null, "list": [1, 2], "empty": [],
            "user": {"name": "Ann", "tags": [{"t": "x"}, {"t": "y"}]},
        });
        for (text, expected) in [
            ("{{name}} {{{name}}} {{& name }}", "&lt;A &amp; &quot;B&quot;&gt; <A & \"B\"> <A & \"B\">"),
            ("{{n}}{{none}}{{yes}}", "1.5true"),
            ("{{#list}}[{{.}}]{{/list}}{{^list}}none{{/list}}", "[1][2]"),
            ("{{#empty}}a{{/empty}}{{^empty}}b{{/empty}}{{^no}}c{{/no}}{{#unknown}}d{{/unknown}}", "bc"),
            (
                "{{user.name}}: {{#user}}{{name}}{{#tags}} {{t}} of {{name}}{{/tags}}{{/user}}",
                "Ann: Ann x of Ann y of Ann",
            ),
            ("a\n  {{#yes}}\n  b\n  {{/yes}}  \nc\n", "a\n  b\nc\n"),
            ("a\r\n{{! a comment\n of two lines }}\r\nb {{! here }} c", "a\r\nb  c"),
            ("{{=<% %>=}}\n<% n %> {{n}} <%={{ }}=%>{{n}}", "1.5 {{n}} 1.5"),
            ("  {{#yes}} {{/yes}}\n", "   \n"),
            ("Hi {{who}}, {{user.age}}", "Hi {{ who }}, {{ user.age }}"),
        ] {
            assert_eq!(render(text, &values), Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn errors_name_what_is_wrong() {
        let values = json!({"list": vec![1; 1000], "object": {}});
        let nested = format!("{}{}", "{{#list}}".repeat(6), "{{/list}}".repeat(6));
        let deep = "{{#object}}".repeat(100_000);
        for (text, expected) in [
            ("a {{b", "this tag is not closed"),
            ("{{#a}}", "this section is not closed"),
            ("{{/a}}", "this tag closes no open section"),
            ("{{#a}}{{/b}}", "this tag closes no open section"),
            ("{{=<%=}}", "not two delimiters"),
            ("{{list}}", "the value of `list` is not a text"),
            ("{{> part}}", "it includes a partial that is not in its folder, below, or above in the project"),
            (&nested, "the template takes too many steps"),
            (&deep, "sections are nested more than 64 levels deep"),
        ] {
            assert_eq!(render(text, &values), Err(expected.to_owned()), "{}", &text[..text.len().min(80)]);
        }
    }
}
