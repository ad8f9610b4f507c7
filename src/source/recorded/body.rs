//! The bodies of recorded requests and responses: as text, as the value that the text was parsed into, as base64, and
//! compressed.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

#[cfg(feature = "formats")]
use super::coded::{from_base64, from_gzip};

/// The number of bytes that compressed bodies can still have when they are decompressed.
#[derive(Debug)]
pub(super) struct Inflatable(usize);

impl Default for Inflatable {
    /// Returns the most of a file: 100 MB. A request of the largest context has about five million bytes.
    fn default() -> Inflatable {
        Inflatable(100_000_000)
    }
}

/// Returns the bytes of the body of a request or a response; `None` if it was not recorded.
///
/// # Errors
///
/// Why it cannot be decoded, in words.
pub(super) fn read<'t>(message: &'t str, inflatable: &mut Inflatable) -> Result<Option<Cow<'t, [u8]>>, &'static str> {
    let message: Message<'t> = serde_json::from_str(message).map_err(|_| INVALID)?;
    if let Some(parsed) = message.parsed_body.map(RawValue::get).filter(|text| text.starts_with(['{', '['])) {
        return Ok(Some(Cow::Borrowed(parsed.as_bytes())));
    }
    let Some(content) = message.body.or(message.content) else { return Ok(None) };
    let Some(bytes) = decode(content.get())?.filter(|bytes| !bytes.is_empty()) else { return Ok(None) };
    match bytes.starts_with(&[0x1f, 0x8b]) {
        true => inflatable.inflate(&bytes).map(|bytes| Some(Cow::Owned(bytes))),
        false => Ok(Some(Cow::Owned(bytes))),
    }
}

const INVALID: &str = "the recorded body is not valid: expected a text, or an object with one";

/// The fields of a request or a response that have its body.
#[derive(Deserialize)]
struct Message<'t> {
    /// Of VCR: a text, or an object with the text as `string` or `base64_string`.
    #[serde(borrow)]
    body: Option<&'t RawValue>,
    /// Of serializers that write JSON as a value of their own format.
    #[serde(borrow)]
    parsed_body: Option<&'t RawValue>,
    /// Of HAR.
    #[serde(borrow, alias = "postData")]
    content: Option<&'t RawValue>,
}

/// The object that has the text of a body.
#[derive(Deserialize)]
struct Wrapped<'t> {
    #[serde(borrow)]
    string: Option<&'t RawValue>,
    base64_string: Option<String>,
    text: Option<String>,
    encoding: Option<String>,
}

fn decode(content: &str) -> Result<Option<Vec<u8>>, &'static str> {
    match content.as_bytes().first() {
        Some(b'"') => serde_json::from_str::<String>(content).map(|text| Some(text.into_bytes())).map_err(|_| INVALID),
        Some(b'{') => {
            let wrapped: Wrapped<'_> = serde_json::from_str(content).map_err(|_| INVALID)?;
            let is_base64 = wrapped.encoding.is_some_and(|encoding| encoding.eq_ignore_ascii_case("base64"));
            match (wrapped.base64_string, wrapped.string, wrapped.text) {
                (Some(text), ..) => from_base64(&text).map(Some),
                (None, Some(inner), _) => decode_inner(inner.get()),
                (None, None, Some(text)) if is_base64 => from_base64(&text).map(Some),
                (None, None, text) => Ok(text.map(String::into_bytes)),
            }
        }
        _ => Ok(None),
    }
}

/// Decodes the `string` of an object, which can be binary: an object with `base64_string`, and no deeper.
fn decode_inner(content: &str) -> Result<Option<Vec<u8>>, &'static str> {
    #[derive(Deserialize)]
    struct Binary {
        base64_string: String,
    }
    match serde_json::from_str::<Binary>(content) {
        Ok(Binary { base64_string }) => from_base64(&base64_string).map(Some),
        Err(_) if content.starts_with('{') => Ok(None),
        Err(_) => decode(content),
    }
}

impl Inflatable {
    /// Decompresses gzip. A body that is too large halves the rest: many such bodies take no longer than two, and
    /// others are still read.
    fn inflate(&mut self, bytes: &[u8]) -> Result<Vec<u8>, &'static str> {
        let inflated = from_gzip(bytes, self.0 + 1)?;
        if inflated.len() > self.0 {
            self.0 /= 2;
            return Err("the recorded body is too large: the file has more than 100 MB when it is decompressed");
        }
        self.0 -= inflated.len();
        Ok(inflated)
    }
}

#[cfg(not(feature = "formats"))]
const NOT_BUILT: &str =
    "the recorded body is encoded: this build was made without the feature `formats`, which decodes it";

#[cfg(not(feature = "formats"))]
fn from_base64(_: &str) -> Result<Vec<u8>, &'static str> {
    Err(NOT_BUILT)
}

#[cfg(not(feature = "formats"))]
fn from_gzip(_: &[u8], _: usize) -> Result<Vec<u8>, &'static str> {
    Err(NOT_BUILT)
}
