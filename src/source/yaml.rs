//! YAML as JSON: each document becomes a JSON text whose values are on the lines that they have in the YAML text; those
//! of block scalars, on the lines on which their texts begin.
//!
//! The events of the parser become a small tree in which an alias shares the node of its anchor, so that memory is
//! linear in the text; what the aliases stand for is counted before it is written.

mod input;
mod scalar;

use std::collections::HashMap;
use std::rc::Rc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Tag};

use self::input::{Ahead, LimitedInput};
use self::scalar::ScalarTag;
use super::lines::{self, Writer};
use super::notation::Translated;
use crate::error::{self, Error, Problem, Result};

/// The deepest nesting of a document, aliases resolved. JSON is limited to 127 levels.
const MAX_LEVELS: usize = 100;
/// The most values of a document, and the most bytes of its JSON, aliases resolved: beyond, it is one by mistake.
const MAX_VALUES: usize = 1_000_000;
const MAX_BYTES: usize = 100_000_000;
/// The most documents of a file, each of which is a request.
const MAX_DOCUMENTS: usize = 100_000;

/// Returns the JSON texts of the documents of a YAML text. Documents without any content are left out.
///
/// # Errors
///
/// A text that is not valid YAML, that has no JSON, or that is beyond the limits. The error has the line and the column
/// and contains no text of the file.
pub(super) fn to_json(text: &str) -> Result<Vec<Translated>> {
    if text.len() > MAX_BYTES {
        return Err(Error::new(error::Kind::Request, Problem::new("a YAML file can have at most 100 MB")));
    }
    let (mut reader, ahead) = (Reader::default(), Ahead::default());
    for event in Parser::new(LimitedInput::new(text, ahead.clone())) {
        if ahead.is_too_far() {
            let at = event.map_or_else(|error| *error.marker(), |(_, span)| span.start);
            return Err(refused(at, "a collection in brackets or a quoted text with more than 1,000,000 marks"));
        }
        ahead.reset();
        let (event, span) = event.map_err(|error| syntax(&error))?;
        reader.read(event, span.start)?;
    }
    let is_only = reader.documents.len() == 1;
    let translate = |root: &Child| {
        let first_line = if is_only { 1 } else { root.line };
        let mut writer = Writer::new(first_line);
        write(root, &mut writer);
        Translated { json: writer.finish(), first_line }
    };
    Ok(reader.documents.iter().map(translate).collect())
}

/// A value, shared by its aliases.
#[derive(Debug)]
struct Node {
    content: Content,
    /// The levels of nesting in it: 0 for a scalar.
    levels: usize,
    size: Size,
}

#[derive(Debug)]
enum Content {
    /// Its JSON.
    Scalar(String),
    Sequence(Vec<Child>),
    Mapping(Vec<Field>),
}

/// A value on a line.
#[derive(Clone, Debug)]
struct Child {
    line: usize,
    node: Rc<Node>,
}

#[derive(Clone, Debug)]
struct Key {
    /// Its JSON, a string.
    json: Rc<str>,
    mark: Marker,
    /// Whether it is `<<`, which merges other mappings.
    is_merge: bool,
}

#[derive(Clone, Debug)]
struct Field {
    key: Key,
    value: Child,
    /// Whether it is from another mapping.
    is_merged: bool,
}

/// The size of a value as JSON, aliases resolved.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    values: usize,
    bytes: usize,
}

/// A collection whose end is not read yet.
#[derive(Debug)]
struct Open {
    start: Marker,
    anchor: usize,
    /// The size of all that comes before it.
    before: Size,
    levels: usize,
    content: OpenContent,
}

#[derive(Debug)]
enum OpenContent {
    Sequence(Vec<Child>),
    Mapping(Vec<Field>, Option<Key>),
}

/// The reader of the parser's events.
#[derive(Debug, Default)]
struct Reader {
    /// The nodes of the document's anchors; none of a collection whose end is not read yet.
    anchors: HashMap<usize, Option<Rc<Node>>>,
    open: Vec<Open>,
    /// The size of the document up to here.
    size: Size,
    documents: Vec<Child>,
}

impl Reader {
    fn read(&mut self, event: Event<'_>, start: Marker) -> Result<()> {
        match event {
            Event::DocumentStart(_) => {
                self.anchors.clear();
                self.size = Size::default();
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag.as_deref(), start),
            Event::Alias(anchor) => self.alias(anchor, start),
            Event::SequenceStart(anchor, tag) => {
                self.begin(OpenContent::Sequence(Vec::new()), anchor, tag.as_deref(), start)
            }
            Event::MappingStart(anchor, tag) => {
                self.begin(OpenContent::Mapping(Vec::new(), None), anchor, tag.as_deref(), start)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        start: Marker,
    ) -> Result<()> {
        let is_plain = style == ScalarStyle::Plain;
        if self.open.is_empty() && is_plain && text.is_empty() && tag.is_none() && anchor == 0 {
            return Ok(());
        }
        let json = match tag {
            Some(tag) => scalar::tagged(text, scalar_tag(tag).ok_or_else(|| unknown_tag(start))?),
            None if is_plain => scalar::plain(text),
            None => Ok(lines::string(text)),
        };
        let json = json.map_err(|message| invalid(start, message))?;
        let size = Size { values: 1, bytes: json.len() + 1 };
        self.grow(size, start)?;
        let is_merge = is_plain && tag.is_none() && text == "<<";
        let node = Rc::new(Node { content: Content::Scalar(json), levels: 0, size });
        if anchor != 0 {
            self.anchors.insert(anchor, Some(Rc::clone(&node)));
        }
        self.attach(node, start, is_merge)
    }

    fn alias(&mut self, anchor: usize, start: Marker) -> Result<()> {
        let node = match self.anchors.get(&anchor) {
            Some(Some(node)) => Rc::clone(node),
            Some(None) => return Err(invalid(start, "an alias of a value that contains it")),
            None => return Err(invalid(start, "an alias without an anchor before it")),
        };
        self.grow(node.size, start)?;
        self.attach(node, start, false)
    }

    fn begin(&mut self, content: OpenContent, anchor: usize, tag: Option<&Tag>, start: Marker) -> Result<()> {
        let own = if matches!(content, OpenContent::Sequence(_)) { "seq" } else { "map" };
        if tag.is_some_and(|tag| core_tag(tag).is_none_or(|name| name != own && name != "!")) {
            return Err(unknown_tag(start));
        }
        if self.open.len() >= MAX_LEVELS {
            return Err(too_deep(start));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, None);
        }
        let before = self.size;
        self.grow(Size { values: 1, bytes: 3 }, start)?;
        self.open.push(Open { start, anchor, before, levels: 1, content });
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let content = match open.content {
            OpenContent::Sequence(values) => Content::Sequence(values),
            OpenContent::Mapping(fields, _) => Content::Mapping(resolved(fields)?),
        };
        let size = Size { values: self.size.values - open.before.values, bytes: self.size.bytes - open.before.bytes };
        let node = Rc::new(Node { content, levels: open.levels, size });
        if open.anchor != 0 {
            self.anchors.insert(open.anchor, Some(Rc::clone(&node)));
        }
        self.attach(node, open.start, false)
    }

    /// Adds to the size of the document, or returns the error that it is beyond a limit.
    fn grow(&mut self, size: Size, start: Marker) -> Result<()> {
        self.size.values += size.values;
        self.size.bytes += size.bytes;
        if self.size.values > MAX_VALUES {
            return Err(refused(start, "more than 1,000,000 values, aliases resolved"));
        }
        if self.size.bytes > MAX_BYTES {
            return Err(refused(start, "more than 100 MB of JSON, aliases resolved"));
        }
        Ok(())
    }

    /// Adds a value to the collection that it is in, or ends the document with it.
    fn attach(&mut self, node: Rc<Node>, start: Marker, is_merge: bool) -> Result<()> {
        let levels = self.open.len();
        let Some(open) = self.open.last_mut() else {
            if self.documents.len() == MAX_DOCUMENTS {
                return Err(refused(start, "more than 100,000 documents"));
            }
            self.documents.push(Child { line: start.line(), node });
            return Ok(());
        };
        if levels + node.levels > MAX_LEVELS {
            return Err(too_deep(start));
        }
        open.levels = open.levels.max(node.levels + 1);
        let child = Child { line: start.line(), node };
        match &mut open.content {
            OpenContent::Sequence(values) => values.push(child),
            OpenContent::Mapping(fields, key) => match key.take() {
                None => *key = Some(Key { json: key_json(&child.node, start)?, mark: start, is_merge }),
                Some(key) if key.is_merge => merge(fields, &key, &child.node)?,
                Some(key) => fields.push(Field { key, value: child, is_merged: false }),
            },
        }
        Ok(())
    }
}

/// Returns the JSON string of a key: a scalar that is not a string becomes one.
fn key_json(node: &Node, start: Marker) -> Result<Rc<str>> {
    match &node.content {
        Content::Scalar(json) if json.starts_with('"') => Ok(json.as_str().into()),
        Content::Scalar(json) if !json.starts_with('{') => Ok(format!("\"{json}\"").into()),
        _ => Err(refused(start, "a key that is not a plain value has no JSON")),
    }
}

/// Adds the fields of the mappings that a key `<<` names, on the key's line.
fn merge(fields: &mut Vec<Field>, key: &Key, node: &Node) -> Result<()> {
    let mut add = |node: &Node| {
        let Content::Mapping(merged) = &node.content else {
            return Err(invalid(key.mark, "the value of << is not a mapping or a sequence of mappings"));
        };
        let from = |field: &Field| Field {
            key: Key { json: Rc::clone(&field.key.json), mark: key.mark, is_merge: false },
            value: Child { line: key.mark.line(), node: Rc::clone(&field.value.node) },
            is_merged: true,
        };
        fields.extend(merged.iter().map(from));
        Ok(())
    };
    match &node.content {
        Content::Sequence(nodes) => nodes.iter().try_for_each(|child| add(&child.node)),
        _ => add(node),
    }
}

/// Returns the fields of a mapping without those that its own or earlier ones replace.
///
/// # Errors
///
/// An own field that is a duplicate.
fn resolved(mut fields: Vec<Field>) -> Result<Vec<Field>> {
    let mut order: Vec<usize> = (0..fields.len()).collect();
    order.sort_by_key(|index| (&*fields[*index].key.json, fields[*index].is_merged, *index));
    let mut is_replaced = vec![false; fields.len()];
    for pair in order.windows(2) {
        let (first, second) = (&fields[pair[0]], &fields[pair[1]]);
        if first.key.json != second.key.json {
            continue;
        }
        if !second.is_merged {
            return Err(invalid(second.key.mark, "duplicate key"));
        }
        is_replaced[pair[1]] = true;
    }
    let mut is_replaced = is_replaced.into_iter();
    fields.retain(|_| !is_replaced.next().unwrap_or_default());
    Ok(fields)
}

/// Writes a value on its line. The nesting is limited, and so is the recursion.
fn write(child: &Child, writer: &mut Writer) {
    writer.go_to(child.line);
    match &child.node.content {
        Content::Scalar(json) => writer.push(json),
        Content::Sequence(values) => {
            writer.push("[");
            for (index, value) in values.iter().enumerate() {
                writer.push(if index == 0 { "" } else { "," });
                write(value, writer);
            }
            writer.push("]");
        }
        Content::Mapping(fields) => {
            writer.push("{");
            for (index, field) in fields.iter().enumerate() {
                writer.push(if index == 0 { "" } else { "," });
                writer.go_to(field.key.mark.line());
                writer.push(&field.key.json);
                writer.push(":");
                write(&field.value, writer);
            }
            writer.push("}");
        }
    }
}

/// Returns the name of a core tag, or `!`; `None` for any other tag.
fn core_tag(tag: &Tag) -> Option<&str> {
    match (tag.handle.as_str(), tag.suffix.as_str()) {
        ("tag:yaml.org,2002:", name) => Some(name),
        ("", "!") => Some("!"),
        ("", verbatim) => verbatim.strip_prefix("tag:yaml.org,2002:"),
        // Ruby's YAML writes bytes so.
        ("!", "binary") => Some("binary"),
        _ => None,
    }
}

fn scalar_tag(tag: &Tag) -> Option<ScalarTag> {
    Some(match core_tag(tag)? {
        "str" | "!" => ScalarTag::Str,
        "int" => ScalarTag::Int,
        "float" => ScalarTag::Float,
        "bool" => ScalarTag::Bool,
        "null" => ScalarTag::Null,
        "binary" => ScalarTag::Binary,
        _ => return None,
    })
}

/// Returns the error of the parser. Its message is a fixed text, but for one that shows a character of the file.
fn syntax(error: &ScanError) -> Error {
    let message = match error.info() {
        "recursion limit exceeded" => return too_deep(*error.marker()),
        "while parsing node, found unknown anchor" => "an alias without an anchor before it",
        info if info.starts_with("unexpected character") => "no value begins with this character; quote it",
        info => info,
    };
    invalid(*error.marker(), message)
}

fn invalid(at: Marker, message: &str) -> Error {
    refused(at, format!("not valid YAML: {message}"))
}

fn too_deep(at: Marker) -> Error {
    refused(at, "nested deeper than 100 levels")
}

fn unknown_tag(at: Marker) -> Error {
    let hint =
        "only !!str, !!int, !!float, !!bool, !!null, !!binary, !!seq and !!map are read, each for its kind of value";
    let problem = Problem::new("the tag of this value is not supported").at_line(at.line(), at.col() + 1);
    Error::new(error::Kind::Request, problem.with_hint(hint))
}

fn refused(at: Marker, message: impl Into<String>) -> Error {
    Error::new(error::Kind::Request, Problem::new(message).at_line(at.line(), at.col() + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns the JSON of a text with one document.
    fn json(text: &str) -> String {
        let texts = to_json(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(texts.len(), 1, "{text:?}");
        serde_json::from_str::<serde::de::IgnoredAny>(&texts[0].json).expect(text);
        texts[0].json.clone()
    }

    fn error(text: &str) -> String {
        to_json(text).expect_err(text).to_string()
    }

    #[test]
    fn each_value_is_on_its_line() {
        for (yaml, expected) in [
            ("a: 1", "{\"a\":1}"),
            (
                "# note\na: 1\n\nb:\n  - x\n  - y: {z: 2,\n     w: 3}\n",
                "\n{\"a\":1,\n\n\"b\":\n[\"x\",\n{\"y\":{\"z\":2,\n\"w\":3}}]}",
            ),
            ("a: |\n  x\n  y\nb: 1", "{\"a\":\n\"x\\ny\\n\",\n\n\"b\":1}"),
            ("a:\n  'x\n\n  y'\nb:\nc: ", "{\"a\":\n\"x\\ny\",\n\n\n\"b\":null,\n\"c\":null}"),
            ("a: &x\n  b: 1\nc: *x\nd:\n  *x\n", "{\"a\":{\n\"b\":1},\n\"c\":{\"b\":1},\n\"d\":\n{\"b\":1}}"),
            ("a: 1\r\nb: 2\r\n", "{\"a\":1,\n\"b\":2}"),
            ("- [a, b]\n- {c: d}\n- \"e\"", "[[\"a\",\"b\"],\n{\"c\":\"d\"},\n\"e\"]"),
            ("1: a\ntrue: b\n~: c\n0x10: d", "{\"1\":\"a\",\n\"true\":\"b\",\n\"null\":\"c\",\n\"16\":\"d\"}"),
        ] {
            assert_eq!(json(yaml), expected, "{yaml}");
        }
    }

    #[test]
    fn block_scalars_keep_the_newlines_that_yaml_defines() {
        for (yaml, expected) in [
            ("a: |\n  x\n   y\n\n  z\n\n", "x\n y\n\nz\n"),
            ("a: |-\n  x\n  y\n\n", "x\ny"),
            ("a: |+\n  x\n\n\n", "x\n\n\n"),
            ("a: >\n  x\n  y\n\n  z\n   w\n", "x y\nz\n w\n"),
            ("a: >-\n  x\n  y\n", "x y"),
            ("a: >+\n  x\n  y\n\n", "x y\n\n"),
            ("a: |2\n   x\n  y\n", " x\ny\n"),
            ("a: |\r\n  x\r\n  y\r\n", "x\ny\n"),
            // JavaScript's js-yaml ends it with a newline, too; Python's PyYAML does not.
            ("a: |\n  no newline at the end", "no newline at the end\n"),
            ("a: x\n  y\n\n  z", "x y\nz"),
            ("a: \"x\\ty\\u00e9 \\\n  z\"", "x\tyé z"),
            ("a: 'it''s'", "it's"),
            ("a: |\n  # no comment\n  b: c\n", "# no comment\nb: c\n"),
        ] {
            let value: serde_json::Value = serde_json::from_str(&json(yaml)).expect(yaml);
            assert_eq!(value, serde_json::json!({"a": expected}), "{yaml}");
        }
    }

    #[test]
    fn tags_are_those_of_the_core_schema() {
        for (yaml, expected) in [
            ("a: !!str 5", "{\"a\":\"5\"}"),
            ("a: ! 5", "{\"a\":\"5\"}"),
            ("a: !!int \"5\"", "{\"a\":5}"),
            ("a: !<tag:yaml.org,2002:str> 5", "{\"a\":\"5\"}"),
            ("a: !!map {b: !!seq [!!null ~]}", "{\"a\":{\"b\":[null]}}"),
            ("a: !!binary aGk=", "{\"a\":{\"base64_string\":\"aGk=\"}}"),
            ("a: !binary |-\n  aG\n  k=", "{\"a\":{\"base64_string\":\"aGk=\"}}"),
            ("a: \"5\"", "{\"a\":\"5\"}"),
            ("a: &x 5\nb: *x", "{\"a\":5,\n\"b\":5}"),
        ] {
            assert_eq!(json(yaml), expected, "{yaml}");
        }
        for yaml in
            ["a: !Ref x", "a: !!python/name:os.system x", "a: !!set {x}", "a: !!seq {}", "a: !!map []", "a: !x []"]
        {
            assert_eq!(error(yaml), "line 1, column 4: the tag of this value is not supported", "{yaml}");
        }
        assert_eq!(error("\n  a: !!int x"), "line 2, column 6: not valid YAML: the value is not one of its tag !!int");
    }

    #[test]
    fn merge_keys_add_fields_that_the_mapping_has_not() {
        let anchors = "x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\n";
        for (yaml, expected) in [
            ("z: {<<: *x, b: 9}", "{\"a\":1,\"b\":9}"),
            ("z: {b: 9, <<: *x}", "{\"b\":9,\"a\":1}"),
            ("z: {<<: [*x, *y]}", "{\"a\":1,\"b\":2,\"c\":4}"),
            ("z: {<<: {<<: *y, b: 5}, d: 6}", "{\"c\":4,\"b\":5,\"d\":6}"),
            ("z: {\"<<\": *x}", "{\"<<\":{\"a\":1,\"b\":2}}"),
        ] {
            let whole = json(&format!("{anchors}{yaml}"));
            assert_eq!(whole.lines().last(), Some(format!("\"z\":{expected}}}").as_str()), "{yaml}");
        }
        let message = "line 1, column 2: not valid YAML: the value of << is not a mapping or a sequence of mappings";
        assert_eq!(error("{<<: 1}"), message);
        assert_eq!(error("{<<: [1]}"), message);
    }

    #[test]
    fn documents_have_their_own_lines_and_anchors() {
        let texts = to_json("---\n---\n# note\na: 1\n---\n- 2\n...\n---\n").expect("YAML");
        let found: Vec<_> = texts.iter().map(|text| (text.json.as_str(), text.first_line)).collect();
        assert_eq!(found, [("{\"a\":1}", 4), ("[2]", 6)]);
        assert!(to_json("").expect("nothing").is_empty());
        assert!(to_json("# note\n").expect("nothing").is_empty());
        assert_eq!(json("--- 5\n"), "5");
        assert_eq!(
            error("a: &x 1\n---\nb: *x"),
            "line 3, column 4: not valid YAML: an alias without an anchor before it"
        );
    }

    #[test]
    fn errors_have_the_place_and_no_text() {
        for (yaml, expected) in [
            ("a: 1\nb: 2\na: 3", "line 3, column 1: not valid YAML: duplicate key"),
            ("a: 1\n\"a\": 3", "line 2, column 1: not valid YAML: duplicate key"),
            ("[a]: 1", "line 1, column 1: a key that is not a plain value has no JSON"),
            ("? {a: 1}\n: 2", "line 1, column 3: a key that is not a plain value has no JSON"),
            ("a: .nan", "line 1, column 4: not valid YAML: infinity and NaN have no JSON"),
            ("a: *secret", "line 1, column 4: not valid YAML: an alias without an anchor before it"),
            ("a: &x [*x]", "line 1, column 8: not valid YAML: an alias of a value that contains it"),
            ("a: @secret", "line 1, column 4: not valid YAML: no value begins with this character; quote it"),
            ("a: [1, 2", "line 2, column 1: not valid YAML: while parsing a flow sequence, expected ',' or ']'"),
            (
                "a: \"secret",
                "line 1, column 4: not valid YAML: while scanning a quoted scalar, found unexpected end of stream",
            ),
            ("a: b: c", "line 1, column 5: not valid YAML: mapping values are not allowed in this context"),
        ] {
            let found = error(yaml);
            assert!(!found.contains("secret"), "{found}");
            assert_eq!(found, expected, "{yaml}");
        }
    }

    #[test]
    fn nesting_is_limited_also_through_aliases() {
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        assert_eq!(json(&nested(100)), nested(100));
        for text in [nested(101), nested(200), nested(100_000), "- ".repeat(100_000), "? ".repeat(100_000)] {
            assert!(error(&text).ends_with("nested deeper than 100 levels"));
        }
        let half = format!("a: &x {}\nb: {}*x{}", nested(60), "[".repeat(39), "]".repeat(39));
        assert!(to_json(&half).is_ok());
        let deep = format!("a: &x {}\nb: {}*x{}", nested(60), "[".repeat(40), "]".repeat(40));
        assert_eq!(error(&deep), "line 2, column 44: nested deeper than 100 levels");
    }

    #[test]
    fn aliases_cannot_make_a_text_large() {
        let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..=20 {
            let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
            laughs.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        assert_eq!(error(&laughs), "line 7, column 10: more than 1,000,000 values, aliases resolved");
        let long = format!("a: &a {}\nb: [{}]", "x".repeat(1_000_000), vec!["*a"; 100].join(", "));
        assert!(error(&long).ends_with("more than 100 MB of JSON, aliases resolved"));
        let merged = format!("a: &a {{b: 1, c: 2}}\nd: [{}]", vec!["{<<: *a}"; 300_000].join(", "));
        assert!(error(&merged).ends_with("more than 1,000,000 values, aliases resolved"));
        for unit in ["a,", "[],", "{},", "\"\" ", "[a]:", "? a ", "&a x,", ":"] {
            assert!(to_json(&format!("[{}", unit.repeat(1_100_000))).is_err(), "{unit}");
        }
        let many = format!("[{}a]", "a,".repeat(1_100_000));
        assert!(error(&many).ends_with("a collection in brackets or a quoted text with more than 1,000,000 marks"));
        let longer = " ".repeat(MAX_BYTES + 1);
        assert_eq!(error(&longer), "a YAML file can have at most 100 MB");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Any text is JSON or an error.
        #[test]
        fn no_text_panics(text in "\\PC{0,60}", yamlish in "([-?:,\\[\\]{}#&*!|>'\"%@` \n\t~ab01.<]|- |: |\\? |---\n|\\.\\.\\.\n|&a |\\*a |<<: |!!str |!!int ){0,40}") {
            for text in [text, yamlish] {
                for text in to_json(&text).unwrap_or_default() {
                    prop_assert!(serde_json::from_str::<serde_json::Value>(&text.json).is_ok(), "{}", text.json);
                }
            }
        }

        /// What serde_json writes is the same in YAML.
        #[test]
        fn json_is_yaml(texts in prop::collection::vec("\\PC{0,20}", 0..5), number in any::<i64>(), float in -1e300..1e300) {
            let value = serde_json::json!({"texts": texts, "numbers": [number, float], "none": null, "nested": [{"a": [true]}]});
            let read: serde_json::Value = serde_json::from_str(&json(&value.to_string())).expect("JSON");
            prop_assert_eq!(read, value);
        }
    }
}
