//! Requests that are several times in their file.

use std::collections::HashMap;

use super::Document;
use crate::request::Format;

/// Returns each document once, with the number of times that it was sent: requests of recorded traffic with the same
/// endpoint and the same body are one, in the place of the first. Other documents are not compared.
///
/// ```
/// use gpt_cost::source::{InputFormat, distinct, documents};
///
/// let request = r#"{"request": {"method": "POST", "uri": "https://api.openai.com/v1/responses",
///     "body": "{\"model\": \"gpt-4o\", \"input\": \"Hi\"}"}}"#;
/// let cassette = format!(r#"{{"interactions": [{request}, {request}]}}"#);
/// let documents = distinct(documents("cassette.json", cassette.as_bytes(), InputFormat::Auto));
/// assert_eq!((documents.len(), documents[0].1), (1, 2));
/// assert_eq!(documents[0].0.place().to_string(), "cassette.json#/0");
/// ```
pub fn distinct<'a>(documents: Vec<Document<'a>>) -> Vec<(Document<'a>, u32)> {
    let mut first: HashMap<(Option<&'static str>, &[u8]), usize> = HashMap::new();
    let (mut times, mut is_kept) = (Vec::new(), Vec::new());
    for document in &documents {
        let is_comparable = document.is_recorded() && document.invalid.is_none();
        let key = (document.format.map(Format::as_str), document.bytes.as_ref());
        let place = if is_comparable { *first.entry(key).or_insert(times.len()) } else { times.len() };
        is_kept.push(place == times.len());
        match times.get_mut(place) {
            Some(times) => *times += 1,
            None => times.push(1),
        }
    }
    let kept = documents.into_iter().zip(is_kept).filter_map(|(document, is_kept)| is_kept.then_some(document));
    kept.zip(times).collect()
}
