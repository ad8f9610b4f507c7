//! Recorded HTTP traffic: the cassettes of VCR for Python and for Ruby, and HAR files. Each interaction with an endpoint
//! whose requests are counted is a request, and its answer has the usage that the API billed. Headers are never read.

mod body;
#[cfg(feature = "formats")]
mod coded;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use self::body::Inflatable;
use super::keys::Keys;
use super::lines::Lines;
use super::{Document, Place};
use crate::error::{self, Error, Problem, Result};
use crate::request::{Api, Format};

/// The most bytes of a file. One of 153 MB is read in less than a second, with 300 MB of memory.
const MAX_SIZE: usize = 200_000_000;

/// The most interactions of a file. A million empty ones are read in ten seconds, with 1.6 GB of memory.
const MAX_INTERACTIONS: usize = 100_000;

/// Returns the requests of recorded traffic; `None` if the text is something else. Traffic without such requests is one
/// document, which is invalid.
pub(super) fn documents<'a>(whole: &Document<'a>, text: &'a [u8]) -> Option<Vec<Document<'a>>> {
    let text = std::str::from_utf8(super::without_mark(text)).ok().filter(|_| whole.format.is_none())?;
    let interactions = match interactions(text)? {
        Ok(interactions) => interactions,
        Err(error) => {
            let is_other_traffic = error.is_not_request();
            return Some(vec![Document { invalid: Some(error), is_other_traffic, ..whole.clone() }]);
        }
    };
    let document = |one: Interaction<'a>| {
        let (bytes, invalid) = match one.body {
            Ok(bytes) => (bytes, None),
            Err(error) => (Cow::default(), Some(error)),
        };
        let format = Some(Format::Body(one.api));
        let place = Place::element(&whole.place.file, one.index);
        Document { format, invalid, answer: Some(one.answer), ..whole.one_of_many(place, bytes, one.line) }
    };
    Some(interactions.into_iter().map(document).collect())
}

/// A recorded request to an endpoint that is counted, and its answer.
#[derive(Clone, Debug)]
struct Interaction<'a> {
    /// Its index among all interactions of the file.
    index: usize,
    /// The line of the text on which it begins, from 1.
    line: usize,
    api: Api,
    /// The body of the request as JSON text, which is not checked yet.
    body: Result<Cow<'a, [u8]>>,
    answer: Answer<'a>,
}

/// The answer to a recorded request, decoded only when its usage is needed.
#[derive(Clone, Debug)]
pub(super) struct Answer<'a> {
    is_success: bool,
    /// The `response` of the file.
    text: Option<Cow<'a, str>>,
}

/// Returns the interactions of a file with endpoints that are counted, without repeated attempts; `None` if the text is
/// not recorded traffic.
///
/// # Errors
///
/// A text of more than [`MAX_SIZE`] bytes or with more than [`MAX_INTERACTIONS`], and recorded traffic without a request to such an endpoint.
fn interactions(text: &str) -> Option<Result<Vec<Interaction<'_>>>> {
    // Most files end here, without being parsed.
    if !["interactions\"", "\"entries\""].iter().any(|key| text.contains(key)) {
        return None;
    }
    if text.len() > MAX_SIZE {
        return is_begin_of_traffic(text).then(|| Err(too_large(text.len())));
    }
    let List { first: recorded, length } = serde_json::from_str::<File<'_>>(text).ok()?.interactions()?;
    if length > MAX_INTERACTIONS {
        return Exchange::read(recorded.first()?.get()).map(|_| Err(too_many(length)));
    }
    let exchanges: Vec<_> = recorded.iter().map(|raw| Exchange::read(raw.get())).collect();
    if !exchanges.is_empty() && exchanges.iter().all(Option::is_none) {
        return None;
    }
    let (mut found, mut lines, mut inflatable) = (Vec::new(), Lines::new(text), Inflatable::default());
    for (index, (raw, exchange)) in recorded.iter().zip(&exchanges).enumerate() {
        let line = lines.line_of(raw.get());
        let Some((target, exchange)) = exchange else { continue };
        found.extend(exchange.interaction(target, index, line, &mut inflatable));
    }
    Some(match found.is_empty() {
        true => Err(without_requests(recorded.len())),
        false => Ok(without_attempts(found)),
    })
}

/// Returns whether a text that is too large to be parsed begins like recorded traffic.
fn is_begin_of_traffic(text: &str) -> bool {
    const BEGIN: usize = 1 << 10;
    let begin = &text.as_bytes()[..BEGIN.min(text.len())];
    let has = |key: &str| begin.windows(key.len()).any(|window| window == key.as_bytes());
    has("interactions\"") || has("\"log\"")
}

const ONLY_REQUESTS: &str = "export only the requests to the API";

fn too_large(size: usize) -> Error {
    let [size, most] = [size, MAX_SIZE].map(|bytes| bytes.div_ceil(1_000_000));
    let problem = Problem::new(format!("recorded traffic of {size} MB is too large, at most {most} MB"));
    Error::new(error::Kind::Request, problem.with_hint(ONLY_REQUESTS))
}

fn too_many(interactions: usize) -> Error {
    let problem =
        Problem::new(format!("recorded traffic of {interactions} interactions is too large, at most 100,000"));
    Error::new(error::Kind::Request, problem.with_hint(ONLY_REQUESTS))
}

fn without_requests(interactions: usize) -> Error {
    let message = match interactions {
        0 => "it has no recorded requests".to_owned(),
        1 => "its recorded request goes to no endpoint that is counted".to_owned(),
        many => format!("none of its {many} recorded requests goes to an endpoint that is counted"),
    };
    let hint = "counted are POST requests to chat/completions, responses, completions and embeddings, on any host";
    Error::new(error::Kind::NotRequest, Problem::new(message).with_hint(hint))
}

/// Leaves out attempts that failed, if another attempt has the same body: one that was answered, or an earlier one.
fn without_attempts(found: Vec<Interaction<'_>>) -> Vec<Interaction<'_>> {
    let key = |one: &Interaction<'_>| Some((one.api, one.body.as_ref().ok()?.to_vec()));
    let (answered, failed): (Vec<_>, Vec<_>) = found.into_iter().partition(|one| one.answer.is_success);
    if failed.is_empty() {
        return answered;
    }
    let mut seen: HashSet<_> = answered.iter().filter_map(key).collect();
    let failed = failed.into_iter().filter(|one| key(one).is_none_or(|key| seen.insert(key)));
    let mut kept: Vec<_> = failed.collect();
    kept.extend(answered);
    kept.sort_by_key(|one| one.index);
    kept
}

/// The top of a file of recorded traffic.
#[derive(Deserialize)]
struct File<'t> {
    /// Of VCR for Python.
    #[serde(borrow)]
    interactions: Option<List<'t>>,
    /// Of VCR for Ruby.
    #[serde(borrow)]
    http_interactions: Option<List<'t>>,
    /// Of HAR.
    #[serde(borrow)]
    log: Option<Log<'t>>,
}

#[derive(Deserialize)]
struct Log<'t> {
    #[serde(borrow)]
    entries: Option<List<'t>>,
}

/// The elements of an array, of which no more than [`MAX_INTERACTIONS`] are kept.
struct List<'t> {
    first: Vec<&'t RawValue>,
    length: usize,
}

impl<'de: 't, 't> Deserialize<'de> for List<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<List<'t>, D::Error> {
        deserializer.deserialize_seq(ListVisitor)
    }
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = List<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<List<'de>, A::Error> {
        let mut list = List { first: Vec::new(), length: 0 };
        while let Some(element) = seq.next_element()? {
            list.length += 1;
            if list.length <= MAX_INTERACTIONS {
                list.first.push(element);
            }
        }
        Ok(list)
    }
}

impl<'t> File<'t> {
    fn interactions(self) -> Option<List<'t>> {
        self.interactions.or(self.http_interactions).or(self.log.and_then(|log| log.entries))
    }
}

/// A request of any kind, and its answer.
#[derive(Deserialize)]
struct Exchange<'t> {
    #[serde(borrow)]
    request: &'t RawValue,
    #[serde(borrow)]
    response: Option<&'t RawValue>,
}

/// The first line of a request.
#[derive(Deserialize)]
struct Target {
    method: String,
    #[serde(alias = "url")]
    uri: String,
}

impl<'t> Exchange<'t> {
    /// Reads an interaction; `None` if it is something else.
    fn read(text: &'t str) -> Option<(Target, Exchange<'t>)> {
        let exchange: Exchange<'t> = serde_json::from_str(text).ok()?;
        Some((serde_json::from_str(exchange.request.get()).ok()?, exchange))
    }

    /// Returns the interaction if the request is one to an endpoint that is counted.
    fn interaction(
        &self,
        target: &Target,
        index: usize,
        line: usize,
        inflatable: &mut Inflatable,
    ) -> Option<Interaction<'t>> {
        if !target.method.eq_ignore_ascii_case("post") {
            return None;
        }
        let path = target.uri.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        let api = endpoint(path)?;
        let body = body::read(self.request.get(), inflatable);
        let body = body.and_then(|body| body.ok_or("the body of the request is not in the recording"));
        let body = body.map_err(|reason| Error::new(error::Kind::Request, Problem::new(reason)));
        let body = body.map(|body| deployment(path).and_then(|name| with_model(&body, name)).unwrap_or(body));
        let answer = Answer {
            is_success: self.response.is_none_or(|response| is_success(response.get())),
            text: self.response.map(|response| Cow::Borrowed(response.get())),
        };
        Some(Interaction { index, line, api, body, answer })
    }
}

/// Returns the endpoint of a URL without its query. The host, and what the path begins with, are those of any server.
fn endpoint(path: &str) -> Option<Api> {
    let ends_with = |api: &Api| path.strip_suffix(api.as_str()).is_some_and(|before| before.ends_with('/'));
    // `chat/completions` ends with the name of another endpoint.
    Api::ALL.iter().copied().filter(ends_with).max_by_key(|api| api.as_str().len())
}

/// Returns the name of the deployment in a URL of Azure.
fn deployment(path: &str) -> Option<&str> {
    let after = path.split_once("/deployments/")?.1;
    after.split('/').next().filter(|name| !name.is_empty())
}

/// Returns a body that names no model with this one.
fn with_model<'a>(body: &[u8], model: &str) -> Option<Cow<'a, [u8]>> {
    let text = std::str::from_utf8(body).ok()?;
    if Keys::from_object(text)?.has("model") {
        return None;
    }
    let fields = text.trim_ascii_start().strip_prefix('{')?;
    let comma = if fields.trim_ascii_start().starts_with('}') { "" } else { ", " };
    Some(Cow::Owned(format!("{{\"model\": {}{comma}{fields}", serde_json::Value::from(model)).into_bytes()))
}

/// Returns whether a response has a status of success, or none.
fn is_success(response: &str) -> bool {
    #[derive(Deserialize)]
    struct Response {
        status: Option<Status>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Status {
        Code(i64),
        Object { code: i64 },
        Other(serde::de::IgnoredAny),
    }
    match serde_json::from_str(response) {
        Ok(Response { status: Some(Status::Code(code) | Status::Object { code }) }) => (200..300).contains(&code),
        Ok(_) => true,
        Err(_) => false,
    }
}

impl Answer<'_> {
    /// Returns the JSON text of the response that has the usage: the whole response, or the last event of a stream.
    pub(super) fn with_usage(&self) -> Option<String> {
        let response = self.text.as_ref().filter(|_| self.is_success)?;
        let body = body::read(response, &mut Inflatable::default()).ok()??;
        let text = std::str::from_utf8(super::without_mark(&body)).ok()?;
        if text.trim_ascii_start().starts_with('{') {
            return billed(text).map(str::to_owned);
        }
        let events = text.lines().filter_map(|line| line.strip_prefix("data:"));
        events.rev().find_map(|event| billed(event.trim_ascii())).map(str::to_owned)
    }

    /// Returns the same answer with a copy of its text.
    pub(super) fn into_owned(self) -> Answer<'static> {
        Answer { is_success: self.is_success, text: self.text.map(|text| Cow::Owned(text.into_owned())) }
    }
}

/// Returns the text of the object that has a usage: the given one, or the response of an event.
fn billed(text: &str) -> Option<&str> {
    #[derive(Deserialize)]
    struct Billed<'t> {
        #[serde(borrow)]
        usage: Option<&'t RawValue>,
        #[serde(borrow)]
        response: Option<&'t RawValue>,
    }
    let one: Billed<'_> = serde_json::from_str(text).ok()?;
    if one.usage.is_some_and(|usage| usage.get().starts_with('{')) {
        return Some(text);
    }
    let response = one.response?.get();
    let inner: Billed<'_> = serde_json::from_str(response).ok()?;
    inner.usage.is_some_and(|usage| usage.get().starts_with('{')).then_some(response)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const URL: &str = "https://api.openai.com/v1/chat/completions";
    const BODY: &str = r#"{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]}"#;

    fn exchange(url: &str, body: &Value, status: u16, answer: &Value) -> Value {
        let status = json!({"code": status, "message": ""});
        json!({"request": {"method": "POST", "uri": url, "headers": {"authorization": ["sk-1"]}, "body": body},
            "response": {"status": status, "headers": {}, "body": {"string": answer}}})
    }

    fn cassette(interactions: &[Value]) -> String {
        json!({"interactions": interactions, "version": 1}).to_string()
    }

    /// Returns the only interaction of a cassette.
    fn only(text: &str) -> Interaction<'_> {
        let mut found = interactions(text).expect("recorded traffic").expect("a request");
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    fn error(text: &str) -> String {
        match interactions(text).expect("recorded traffic") {
            Ok(mut found) => found.remove(0).body.expect_err("a broken body").to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_path_of_a_url_decides() {
        for (path, expected) in [
            ("https://api.openai.com/v1/chat/completions", Some(Api::ChatCompletions)),
            ("https://my.openai.azure.com/openai/deployments/x/chat/completions", Some(Api::ChatCompletions)),
            ("http://localhost:8080/proxy/v1/responses", Some(Api::Responses)),
            ("https://api.openai.com/v1/responses/compact", Some(Api::Compact)),
            ("https://api.openai.com/v1/completions", Some(Api::Completions)),
            ("https://api.openai.com/v1/embeddings", Some(Api::Embeddings)),
            ("https://api.openai.com/v1/responses/resp_1/cancel", None),
            ("https://api.openai.com/v1/my-responses", None),
            ("https://api.openai.com/v1/files", None),
            ("https://api.anthropic.com/v1/messages", None),
            ("", None),
        ] {
            assert_eq!(endpoint(path), expected, "{path}");
        }
        let text = cassette(&[exchange(&format!("{URL}/?api-version=1#a"), &json!(BODY), 200, &Value::Null)]);
        assert_eq!(only(&text).api, Api::ChatCompletions);
    }

    #[test]
    fn other_json_is_not_recorded_traffic() {
        for text in [
            r#"{"messages": []}"#,
            r#"{"interactions": [{"a": 1}]}"#,
            r#"{"interactions": 4}"#,
            r#"{"log": {"entries": [1]}}"#,
            r#"{"log": "entries", "messages": "\"entries\""}"#,
            r#"["interactions"]"#,
            r#"{"interactions": ["#,
        ] {
            assert!(interactions(text).is_none(), "{text}");
        }
    }

    #[cfg(feature = "formats")]
    #[test]
    fn bodies_are_decoded() {
        // printf '%s' BODY | gzip | base64, in two lines as Ruby writes it.
        let packed =
            "H4sIAAAAAAACA6tWys1PSc1RslJKLyjRNclX0lHKTS0uTkxPLVayiq5WKsrPSQVKlhanFgGlkvPzSlLzSoACHplKtbG1AG5gVaQ+AAAA";
        let lines = format!("{}\n{}\n", &packed[..60], packed[60..].trim_end_matches('='));
        let plain = "eyJtb2RlbCI6ImdwdC00byIsIm1lc3NhZ2VzIjpbeyJyb2xlIjoidXNlciIsImNvbnRlbnQiOiJIaSJ9XX0=";
        for body in [
            json!(BODY),
            json!({"string": BODY}),
            json!({"encoding": "UTF-8", "string": BODY}),
            json!({"base64_string": plain}),
            json!({"string": {"base64_string": plain}}),
            json!({"mimeType": "application/json", "text": plain, "encoding": "base64"}),
            json!({"mimeType": "application/json", "text": BODY}),
            json!({"base64_string": lines}),
        ] {
            let text = cassette(&[exchange(URL, &body, 200, &Value::Null)]);
            assert_eq!(only(&text).body.expect("a body"), BODY.as_bytes(), "{body}");
        }
    }

    #[cfg(feature = "formats")]
    #[test]
    fn broken_bodies_are_errors_without_their_text() {
        let missing = "the body of the request is not in the recording";
        for (body, expected) in [
            (Value::Null, missing),
            (json!(""), missing),
            (json!({"string": {"secret": 1}}), missing),
            (json!({"string": {"string": {"string": "secret"}}}), missing),
            (json!({"base64_string": "secret!"}), "the recorded body is not valid base64"),
            (json!({"base64_string": "H4sIAAAAAAAAAw=="}), "the recorded body is not valid gzip"),
            (json!({"base64_string": 1}), "the recorded body is not valid: expected a text, or an object with one"),
        ] {
            assert_eq!(error(&cassette(&[exchange(URL, &body, 200, &Value::Null)])), expected, "{body}");
        }
    }

    #[test]
    fn a_deployment_is_the_model_of_a_body_without_one() {
        let url = "https://my.openai.azure.com/openai/deployments/my-gpt/chat/completions?api-version=2024-06-01";
        for (body, expected) in [
            (r#" {"messages":[]}"#, r#"{"model": "my-gpt", "messages":[]}"#),
            ("{}", r#"{"model": "my-gpt"}"#),
            (BODY, BODY),
            ("not JSON", "not JSON"),
        ] {
            let text = cassette(&[exchange(url, &json!(body), 200, &Value::Null)]);
            assert_eq!(only(&text).body.expect("a body"), expected.as_bytes());
        }
    }

    #[test]
    fn failed_attempts_are_left_out() {
        let exchange = |body: &str, status| exchange(URL, &json!(body), status, &json!("{}"));
        let other = BODY.replace("Hi", "Hello");
        let interactions_of = [exchange(BODY, 429), exchange(BODY, 200), exchange(&other, 500), exchange(&other, 503)];
        let text = cassette(&interactions_of);
        let found = interactions(&text).expect("recorded traffic").expect("requests");
        assert_eq!(
            found.iter().map(|one| (one.index, one.answer.is_success)).collect::<Vec<_>>(),
            [(1, true), (2, false)]
        );
        // Answered requests are all kept: each has its own usage.
        let text = cassette(&[exchange(BODY, 200), exchange(BODY, 201), exchange(BODY, 400)]);
        assert_eq!(interactions(&text).expect("recorded traffic").expect("requests").len(), 2);
    }

    #[test]
    fn the_answer_is_the_last_event_with_a_usage() {
        let usage = r#""usage":{"prompt_tokens":8}"#;
        let whole = format!("{{{usage}}}");
        let inner = format!(r#"{{"id":"resp_1",{usage}}}"#);
        let chat = format!("data: {{\"usage\":null}}\n\ndata: {whole}\r\n\ndata: [DONE]\n\n");
        let responses = format!(
            "event: response.created\ndata: {{\"response\":{{\"usage\":null}}}}\n\nevent: response.completed\ndata: {{\"response\":{inner}}}\n\n"
        );
        for (answer, status, expected) in [
            (whole.as_str(), 200, Some(whole.as_str())),
            (&chat, 200, Some(&whole)),
            (&responses, 200, Some(&inner)),
            (&whole, 500, None),
            ("data: {}\n\ndata: [DONE]", 200, None),
            ("{\"usage\": null}", 200, None),
            ("<html>", 200, None),
            ("", 200, None),
        ] {
            let text = cassette(&[exchange(URL, &json!(BODY), status, &json!(answer))]);
            assert_eq!(only(&text).answer.with_usage().as_deref(), expected, "{answer}");
        }
    }

    #[test]
    fn files_without_requests_that_are_counted_have_a_reason() {
        let other = exchange("https://api.anthropic.com/v1/messages", &json!("{}"), 200, &Value::Null);
        let get = json!({"request": {"method": "GET", "uri": URL}, "response": {}});
        for (interactions, expected) in [
            (vec![], "it has no recorded requests"),
            (vec![other.clone()], "its recorded request goes to no endpoint that is counted"),
            (vec![other, get], "none of its 2 recorded requests goes to an endpoint that is counted"),
        ] {
            assert_eq!(error(&cassette(&interactions)), expected);
        }
    }

    #[test]
    fn interactions_of_every_tool_have_their_lines() {
        let request = |rest: &str| format!("{{\"method\": \"POST\", {rest}, \"url\": \"{URL}\"}}");
        let body = request(&format!("\"parsed_body\": {BODY}"));
        let post = request(&format!("\"postData\": {{\"text\": {}}}", json!(BODY)));
        for (text, is_borrowed) in [
            (format!("{{\"http_interactions\": [\n\n{{\"request\": {body}}}]}}"), true),
            (format!("{{\"log\": {{\n\"entries\": [\n{{\"request\": {post}}}]}}}}"), false),
        ] {
            let one = only(&text);
            assert_eq!((one.index, one.line), (0, 3));
            let body = one.body.expect("a body");
            assert_eq!((body.as_ref(), matches!(body, Cow::Borrowed(_))), (BODY.as_bytes(), is_borrowed));
        }
    }
}
