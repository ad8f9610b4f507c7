//! The prompt files of GitHub Models, `x.prompt.yml`: a conversation with the fields of a Chat Completions body under
//! other names, and rows of values for its placeholders.

use std::borrow::Cow;
use std::sync::Arc;

use super::notes::whole_number;
use super::{AnswerSchema, Format, Request, chat, tool};
use crate::error::Result;
use crate::json::{self, Fields, Path, Value, unique};

/// The fields that only such a file has: one of them, beside `messages`, makes an object one.
const OWN_FIELDS: &[&str] = &["modelParameters", "testData", "evaluators", "jsonSchema", "responseFormat"];

/// The output limits of `modelParameters`, and their names in a body. Its other fields cost nothing.
const OUTPUT_LIMITS: &[(&str, &str)] = &[("maxTokens", "max_tokens"), ("maxCompletionTokens", "max_completion_tokens")];

/// Returns whether the fields are those of a prompt file of GitHub Models.
pub(super) fn is_prompt(fields: &Fields<'_>) -> bool {
    let has = |name: &str| fields.iter().any(|(key, _)| key == name);
    has("messages") && OWN_FIELDS.iter().any(|name| has(name))
}

/// Reads a prompt file. The rows of its `testData` are not filled in.
pub(super) fn read(fields: Fields<'_>, path: &Path<'_>) -> Result<Request> {
    let (mut body, mut format, mut schema) = (Fields::new(), Value::Null, Value::Null);
    for (key, value) in unique(fields, path)? {
        match (key.as_ref(), value) {
            ("name" | "description" | "evaluators", _) => {}
            ("testData", value) => check_rows(&value, &path.key("testData"))?,
            ("modelParameters", value) => add_limits(value, &path.key("modelParameters"), &mut body)?,
            ("responseFormat", value) => format = value,
            ("jsonSchema", value) => schema = value,
            ("model", Value::String(model)) => {
                let own = model.strip_prefix("openai/").unwrap_or(&model).to_owned();
                body.push((key, Value::String(own.into())));
            }
            (_, value) => body.push((key, value)),
        }
    }
    if !body.iter().any(|(key, _)| key == "messages") {
        return Err(path.error("the field `messages` is missing"));
    }
    let is_schema = format.as_str() == Some("json_schema");
    match format {
        Value::Null => {}
        Value::String(_) if is_schema => {}
        Value::String(kind) => {
            body.push(field("response_format", Value::Object(vec![field("type", Value::String(kind))])))
        }
        Value::Object(_) => body.push(field("response_format", format)),
        other => return Err(path.key("responseFormat").expected("a string", &other)),
    }
    let request = chat::read_body(body, path)?;
    let answer = if is_schema { Some(answer_schema(schema, path)?) } else { request.answer };
    Ok(Request { format: Format::GitHub, answer, ..request })
}

fn field<'a>(name: &'static str, value: Value<'a>) -> (Cow<'a, str>, Value<'a>) {
    (Cow::Borrowed(name), value)
}

/// Adds the output limits of the model's parameters to a body.
fn add_limits<'a>(parameters: Value<'a>, path: &Path<'_>, body: &mut Fields<'a>) -> Result<()> {
    let fields = match parameters {
        Value::Null => return Ok(()),
        Value::Object(fields) => unique(fields, path)?,
        other => return Err(path.expected("an object", &other)),
    };
    for (key, value) in fields {
        if let Some((own, name)) = OUTPUT_LIMITS.iter().find(|(own, _)| *own == key) {
            whole_number(&value, u64::from(u32::MAX), &path.key(own))?;
            body.push(field(name, value));
        }
    }
    Ok(())
}

/// Reads the schema of the answer: an object, or its JSON as a string.
fn answer_schema(schema: Value<'_>, path: &Path<'_>) -> Result<Arc<AnswerSchema>> {
    let path = path.key("jsonSchema");
    match schema {
        Value::Null => Err(path.error("the field is missing; `responseFormat: json_schema` needs it")),
        Value::String(text) => {
            let schema =
                json::parse(&text).map_err(|_| path.error("expected a schema as JSON text, found invalid JSON"))?;
            tool::read_schema(schema, &path)
        }
        schema => tool::read_schema(schema, &path),
    }
}

fn check_rows(rows: &Value<'_>, path: &Path<'_>) -> Result<()> {
    match rows {
        Value::Null => Ok(()),
        Value::Array(rows) => rows.iter().enumerate().try_for_each(|(index, row)| match row {
            Value::Object(_) => Ok(()),
            other => Err(path.index(index).expected("an object with a value for each placeholder", other)),
        }),
        other => Err(path.expected("an array", other)),
    }
}

#[cfg(test)]
mod tests {
    use crate::Request;
    use crate::request::{Api, Format};

    const MESSAGES: &str = r#""messages": [{"role": "user", "content": "Hi {{name}}, answer in JSON"}]"#;

    fn read(fields: &str) -> crate::error::Result<Request> {
        Request::from_json(format!("{{{MESSAGES}, {fields}}}").as_bytes())
    }

    #[test]
    fn its_fields_are_those_of_a_body() {
        let schema = r#"{"name": "a", "strict": true, "schema": {"type": "object", "properties": {}}}"#;
        let text = serde_json::to_string(schema).expect("a string");
        for (own, of_body) in [
            (r#""evaluators": [], "name": "x", "description": "y""#.to_owned(), r#""model": null"#.to_owned()),
            (r#""model": "openai/gpt-4o", "testData": null"#.to_owned(), r#""model": "gpt-4o""#.to_owned()),
            (r#""modelParameters": {"maxTokens": 5, "topP": 1}"#.to_owned(), r#""max_tokens": 5"#.to_owned()),
            (r#""modelParameters": {"maxCompletionTokens": 5}"#.to_owned(), r#""max_completion_tokens": 5"#.to_owned()),
            (
                r#""responseFormat": "json_object""#.to_owned(),
                r#""response_format": {"type": "json_object"}"#.to_owned(),
            ),
            (r#""responseFormat": "text""#.to_owned(), r#""response_format": {"type": "text"}"#.to_owned()),
            (r#""jsonSchema": "never read""#.to_owned(), r#""model": null"#.to_owned()),
        ] {
            let (own, of_body) = (read(&own).expect(&own), read(&of_body).expect(&of_body));
            assert_eq!((own.format(), of_body.format()), (Format::GitHub, Format::Body(Api::ChatCompletions)));
            assert_eq!(Request { format: of_body.format(), ..own }, of_body);
        }
        let of_body = read(&format!(r#""response_format": {{"type": "json_schema", "json_schema": {schema}}}"#));
        let of_body = of_body.expect("a body");
        for own in [
            format!(r#""responseFormat": "json_schema", "jsonSchema": {text}"#),
            format!(r#""responseFormat": "json_schema", "jsonSchema": {schema}"#),
            format!(r#""responseFormat": {{"type": "json_schema", "json_schema": {schema}}}"#),
        ] {
            let answer = read(&own).expect(&own).answer.expect("a schema");
            let expected = of_body.answer.as_ref().expect("a schema");
            assert_eq!((&answer.name, &answer.schema), (&expected.name, &expected.schema), "{own}");
        }
    }

    #[test]
    fn errors_have_its_own_paths() {
        for (fields, expected) in [
            (r#""modelParameters": 5"#, "modelParameters: expected an object, found a number"),
            (r#""testData": {}"#, "testData: expected an array, found an object"),
            (
                r#""testData": [{}, 1]"#,
                "testData[1]: expected an object with a value for each placeholder, found a number",
            ),
            (r#""responseFormat": 5"#, "responseFormat: expected a string, found a number"),
            (
                r#""responseFormat": "json_schema""#,
                "jsonSchema: the field is missing; `responseFormat: json_schema` needs it",
            ),
            (
                r#""responseFormat": "json_schema", "jsonSchema": "secret""#,
                "jsonSchema: expected a schema as JSON text, found invalid JSON",
            ),
        ] {
            assert_eq!(read(fields).expect_err(fields).to_string(), expected);
        }
        let error = read(r#""modelParameters": {"maxTokens": "many"}"#).expect_err("a text");
        assert!(error.to_string().starts_with("modelParameters.maxTokens: "), "{error}");
        let error = Request::from_json_as(br#"{"testData": []}"#, Format::GitHub).expect_err("no messages");
        assert_eq!(error.to_string(), "the field `messages` is missing");
    }
}
