//! Files that are compressed with gzip or zstd: they are read as what is in them.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;

/// The most bytes that a file can have when it is decompressed: it is read into memory.
const MAX_BYTES: u64 = 2_000_000_000;

/// Returns the bytes of a file, decompressed if they are gzip or zstd, by their first bytes.
///
/// # Errors
///
/// Compressed bytes that are damaged, that end too early, or that are more than [`MAX_BYTES`].
pub(in crate::cli) fn decompressed(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    decompressed_up_to(bytes, MAX_BYTES)
}

/// Returns the name of a file without the ending of compression.
pub(in crate::cli) fn name_of_content(name: &str) -> &str {
    let stem = |ending: &str| {
        name.len()
            .checked_sub(ending.len())
            .filter(|at| name.get(*at..).is_some_and(|end| end.eq_ignore_ascii_case(ending)))
    };
    [".gz", ".zst"].iter().find_map(|ending| stem(ending)).map_or(name, |end| &name[..end])
}

fn decompressed_up_to(bytes: Vec<u8>, most: u64) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    match bytes.as_slice() {
        [0x1f, 0x8b, ..] => {
            let read = MultiGzDecoder::new(bytes.as_slice()).take(most + 1).read_to_end(&mut text);
            read.map_err(|_| io::Error::other("not valid gzip: it is damaged, or its end is missing"))?;
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => zstd(&bytes, most, &mut text)?,
        _ => return Ok(bytes),
    }
    if text.len() as u64 > most {
        let message = format!("too large: more than {} MB when it is decompressed", most / 1_000_000);
        return Err(io::Error::other(message));
    }
    Ok(text)
}

/// Decompresses all frames, up to one byte more than `most`.
fn zstd(mut bytes: &[u8], most: u64, text: &mut Vec<u8>) -> io::Result<()> {
    let damaged = || io::Error::other("not valid zstd: it is damaged, or its end is missing");
    while !bytes.is_empty() {
        let left = (most + 1).saturating_sub(text.len() as u64);
        let decoder = StreamingDecoder::new(&mut bytes).map_err(|_| damaged())?;
        decoder.take(left).read_to_end(text).map_err(|_| damaged())?;
        if text.len() as u64 > most {
            return Ok(());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn compressed_bytes_are_what_is_in_them() {
        let text = "a line of text\n".repeat(10_000).into_bytes();
        let zstd = compress_to_vec(text.as_slice(), CompressionLevel::Fastest);
        for compressed in [gzip(&text), zstd] {
            let twice = [compressed.as_slice(), compressed.as_slice()].concat();
            assert_eq!(decompressed(compressed.clone()).expect("valid"), text);
            assert_eq!(decompressed(twice).expect("two members").len(), 2 * text.len());
            assert_eq!(decompressed_up_to(compressed.clone(), text.len() as u64).expect("the most").len(), text.len());
            let bomb = decompressed_up_to(compressed.clone(), text.len() as u64 - 1).expect_err("one too many");
            assert!(bomb.to_string().starts_with("too large"), "{bomb}");
            for end in [4, 10, compressed.len() / 2, compressed.len() - 1] {
                let error = decompressed(compressed[..end].to_vec()).expect_err("cut off");
                assert!(error.to_string().contains("its end is missing"), "{end}: {error}");
            }
        }
        assert_eq!(decompressed(b"plain".to_vec()).expect("as it is"), b"plain");
        assert_eq!(decompressed(Vec::new()).expect("as it is"), b"");
    }

    #[test]
    fn names_lose_the_ending_of_compression() {
        for (name, expected) in
            [("a.jsonl.gz", "a.jsonl"), ("a.ZST", "a"), ("a.json", "a.json"), ("gz", "gz"), ("ü.gz", "ü")]
        {
            assert_eq!(name_of_content(name), expected);
        }
    }
}
