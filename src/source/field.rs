//! Requests that are a field of a document: logs wrap them.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::pointer::children;
use super::{Document, begins_like_json, without_mark};
use crate::error::{self, Error, Problem, Result};
use crate::json;

impl<'a> Document<'a> {
    /// Returns the document that is a field of this one, by the names to it, such as `request.body`; an index is the name
    /// of an element. A text in which there is JSON is read as that JSON, and any other text as a prompt.
    ///
    /// ```
    /// use gpt_cost::source::{InputFormat, documents};
    ///
    /// let line = br#"{"time": 1, "request": {"body": "{\"model\": \"gpt-4o\", \"input\": \"Hi\"}"}}"#;
    /// let document = documents("log.jsonl", line, InputFormat::Auto).remove(0).at_field("request.body");
    /// assert_eq!(document.request()?.model(), Some("gpt-4o"));
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    #[must_use]
    pub fn at_field(self, path: &str) -> Document<'a> {
        if self.invalid.is_some() {
            return self;
        }
        let found = match &self.bytes {
            Cow::Borrowed(bytes) => value_at(bytes, path),
            Cow::Owned(bytes) => {
                value_at(bytes, path).map(|(value, is_json)| (Cow::Owned(value.into_owned()), is_json))
            }
        };
        let document = Document { field: Some(path.to_owned()), is_json: true, ..self };
        match found {
            Ok((bytes, is_json)) => Document { bytes, is_json, ..document },
            Err(error) => Document { invalid: Some(error), ..document },
        }
    }
}

/// Returns the text of the value at a path, and whether it is JSON.
fn value_at<'t>(bytes: &'t [u8], path: &str) -> Result<(Cow<'t, [u8]>, bool)> {
    let text = std::str::from_utf8(without_mark(bytes)).map_err(error::not_utf8)?;
    let Ok(mut value) = serde_json::from_str::<&RawValue>(text) else {
        // Its error has the place.
        json::parse(text)?;
        return Err(missing("there is no such field"));
    };
    for name in path.split('.') {
        let child = children(value).into_iter().find(|(key, _)| key == name);
        (_, value) = child.ok_or_else(|| missing("there is no such field"))?;
    }
    let json = value.get();
    match json.as_bytes().first() {
        Some(b'"') => {
            let text: String = serde_json::from_str(json).map_err(|_| missing("the text is not valid"))?;
            let is_json = begins_like_json(text.as_bytes());
            Ok((Cow::Owned(text.into_bytes()), is_json))
        }
        Some(b'{' | b'[') => Ok((Cow::Borrowed(json.as_bytes()), true)),
        _ => Err(missing("expected a request, found neither an object nor a text")),
    }
}

fn missing(message: &str) -> Error {
    Error::new(error::Kind::Request, Problem::new(message))
}

#[cfg(test)]
mod tests {
    use super::super::{InputFormat, documents};

    #[test]
    fn errors_name_the_field_and_the_line() {
        let text = "{\"a\": {\"b\": {\"messages\": 1}}}\n{\"a\": 1}\n{\n{\"a\": {\"b\": \"{\\\"input\\\": \"}}\n{\"a\": {\"b\": \"prose\"}}";
        let found: Vec<String> = documents("log.jsonl", text.as_bytes(), InputFormat::Auto)
            .into_iter()
            .map(|document| match document.at_field("a.b").request() {
                Ok(request) => request.format().to_string(),
                Err(error) => error.to_string(),
            })
            .collect();
        assert_eq!(
            found,
            [
                "log.jsonl:1: a.b.messages: expected an array, found a number",
                "log.jsonl:2: a.b: there is no such field",
                "log.jsonl:3: a.b: not valid JSON: EOF while parsing an object",
                "log.jsonl:4: a.b: not valid JSON: EOF while parsing a value",
                "text",
            ]
        );
    }

    #[test]
    fn elements_are_named_by_their_index() {
        let text = br#"{"calls": [{"input": "Hi"}, {"input": "Hello"}]}"#;
        let document = documents("a.json", text, InputFormat::Auto).remove(0).at_field("calls.1");
        assert_eq!(document.bytes(), br#"{"input": "Hello"}"#);
    }
}
