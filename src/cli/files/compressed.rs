//! Files that are compressed with gzip or zstd: they are read as what is in them.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// The most bytes that a file can have when it is decompressed into memory.
const MAX_BYTES: u64 = 2_000_000_000;

/// Returns a reader of what is in a file: it is decompressed if its first bytes are those of gzip or zstd.
///
/// # Errors
///
/// Those of the file. Compressed bytes that are damaged or that end too early are errors of the reader.
pub(in crate::cli) fn reader(mut file: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    let mut start = Vec::new();
    file.by_ref().take(4).read_to_end(&mut start)?;
    let is_gzip = start.starts_with(&[0x1f, 0x8b]);
    let is_zstd = start == [0x28, 0xb5, 0x2f, 0xfd];
    let file = Cursor::new(start).chain(file);
    Ok(match (is_gzip, is_zstd) {
        (true, _) => Box::new(Gzip(MultiGzDecoder::new(BufReader::new(file)))),
        (_, true) => Box::new(Zstd { file: BufReader::new(file), frame: FrameDecoder::new() }),
        _ => Box::new(file),
    })
}

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
    if !matches!(bytes.as_slice(), [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..]) {
        return Ok(bytes);
    }
    let mut text = Vec::new();
    reader(Cursor::new(bytes))?.take(most + 1).read_to_end(&mut text)?;
    if text.len() as u64 > most {
        let message = format!("too large: more than {} MB when it is decompressed", most / 1_000_000);
        return Err(io::Error::other(message));
    }
    Ok(text)
}

/// What is in a file of gzip, all members of it.
struct Gzip<R>(MultiGzDecoder<R>);

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        self.0.read(bytes).map_err(|error| match error.kind() {
            InvalidData | InvalidInput | UnexpectedEof => damaged("gzip"),
            _ => error,
        })
    }
}

/// What is in a file of zstd, all frames of it.
struct Zstd<R> {
    file: R,
    frame: FrameDecoder,
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        while self.frame.can_collect() == 0 {
            if !self.frame.is_finished() {
                let next_block = BlockDecodingStrategy::UptoBlocks(1);
                self.frame.decode_blocks(&mut self.file, next_block).map_err(|_| damaged("zstd"))?;
            } else if self.file.fill_buf()?.is_empty() {
                return Ok(0);
            } else {
                self.next_frame()?;
            }
        }
        self.frame.read(bytes)
    }
}

impl<R: BufRead> Zstd<R> {
    fn next_frame(&mut self) -> io::Result<()> {
        match self.frame.init(&mut self.file) {
            Ok(()) => Ok(()),
            // A frame of other data, such as an index.
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                io::copy(&mut self.file.by_ref().take(length.into()), &mut io::sink()).map(drop)
            }
            Err(_) => Err(damaged("zstd")),
        }
    }
}

fn damaged(format: &str) -> io::Error {
    io::Error::other(format!("not valid {format}: it is damaged, or its end is missing"))
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
