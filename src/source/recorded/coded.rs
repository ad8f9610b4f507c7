//! Bodies as base64 and compressed.

use std::io::Read;

use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};
use flate2::read::MultiGzDecoder;

/// Decodes base64, also in lines and without padding.
///
/// # Errors
///
/// A text that is not base64, in words.
pub(super) fn from_base64(text: &str) -> Result<Vec<u8>, &'static str> {
    const CONFIG: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const ENGINE: GeneralPurpose = GeneralPurpose::new(&STANDARD, CONFIG);
    let text: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    ENGINE.decode(text).map_err(|_| "the recorded body is not valid base64")
}

/// Decompresses gzip, up to this number of bytes.
///
/// # Errors
///
/// Bytes that are not gzip, in words.
pub(super) fn from_gzip(bytes: &[u8], most: usize) -> Result<Vec<u8>, &'static str> {
    let mut inflated = Vec::new();
    let read = MultiGzDecoder::new(bytes).take(most as u64).read_to_end(&mut inflated);
    read.map(|_| inflated).map_err(|_| "the recorded body is not valid gzip")
}
