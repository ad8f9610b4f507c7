//! Many requests in one pass: a source of any size is read in blocks, which can be worked on in parallel. Memory does not
//! grow with the source.
//!
//! A source with a JSON value on each line has many blocks, each of about 1 MB of whole lines. Any other source is one
//! block, and so is one that is smaller than that.
//!
//! ```
//! use gpt_cost::bulk::Blocks;
//! use gpt_cost::source::Document;
//! use gpt_cost::{Catalog, Date, TokenCount};
//!
//! # let log = "{\"model\": \"gpt-4.1\", \"input\": \"Why is the sky blue?\"}\nnot JSON\n".as_bytes();
//! let (catalog, day) = (Catalog::builtin(), Date::new(2026, 11, 23)?);
//! let count = |document: &Document<'_>| -> gpt_cost::Result<TokenCount> {
//!     let request = document.request()?;
//!     catalog.model(request.model().unwrap_or("gpt-4.1"))?.count(&request, day)
//! };
//! let (mut tokens, mut failed) = (0, Vec::new());
//! // `log` is a file or any other reader.
//! Blocks::new("log.jsonl", log).map_in_parallel(
//!     |block| block.documents().iter().map(count).collect::<Vec<_>>(),
//!     |counts| -> std::io::Result<()> {
//!         for count in counts? {
//!             match count {
//!                 Ok(count) => tokens += count.tokens(),
//!                 Err(error) => failed.push(error.to_string()),
//!             }
//!         }
//!         Ok(())
//!     },
//! )?;
//! assert_eq!((tokens, failed.len()), (13, 1));
//! assert!(failed[0].starts_with("log.jsonl:2:2: not valid JSON"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod parallel;

use std::io::{self, Read};
use std::sync::Arc;

use memchr::{memchr, memrchr};

use crate::error::{self, Error, Problem};
use crate::money::grouped;
use crate::source::{self, Document, InputFormat, documents};

/// The size of a block in bytes, unless a line is longer.
const BLOCK: usize = source::HEAD;

/// The largest request in bytes, unless [`Blocks::max_request`] sets another.
///
/// The API takes 50 MB of images in a request (OpenAI's guide to images, November 2026), and no model has a context window
/// whose text is as large.
pub const MAX_REQUEST: usize = 64_000_000;

/// The largest source in bytes that is not read line by line: it is read into memory.
pub const MAX_WHOLE: u64 = 2_000_000_000;

/// The blocks of a source, in its order: see the [module](self).
///
/// As an iterator, it reads on the thread that asks for the next block; [`Blocks::map_in_parallel`] uses all
/// processors.
///
/// ```
/// use gpt_cost::bulk::Blocks;
///
/// let lines = "{\"input\": \"Hi\"}\n\n{\"input\": \"Hello\"}\n";
/// let mut places = Vec::new();
/// for block in Blocks::new("log.jsonl", lines.as_bytes()) {
///     places.extend(block?.documents().iter().map(|document| document.place().to_string()));
/// }
/// assert_eq!(places, ["log.jsonl:1", "log.jsonl:3"]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Blocks<R> {
    name: Arc<str>,
    input: R,
    format: InputFormat,
    max_request: usize,
    state: State,
    /// What was read behind the last line of the last block.
    rest: Vec<u8>,
    /// The number of the next line, from 1.
    line: usize,
    /// The number of the lines before it that are not blank.
    documents: usize,
    /// The number of bytes that were read.
    read: u64,
}

/// How far the source is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Not yet: it is unknown whether it has many blocks.
    Start,
    /// Within a source that has a request on each line.
    Lines,
    /// To its end, or to an error.
    End,
}

/// A part of a source: whole lines, or all of it.
#[derive(Clone, Debug)]
pub struct Block {
    name: Arc<str>,
    format: InputFormat,
    max_request: usize,
    documents_before: usize,
    size: u64,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    /// The whole source.
    Whole(Vec<u8>),
    /// Some of its lines; the first has this number.
    Lines(usize, Vec<u8>),
    /// The line with this number, which is too long, and its length in bytes.
    LongLine(usize, u64),
}

impl<R: Read> Blocks<R> {
    /// Returns the blocks of a source. Its name decides the format, as for [`documents`].
    pub fn new(name: impl Into<Arc<str>>, input: R) -> Blocks<R> {
        let (name, format, max_request) = (name.into(), InputFormat::Auto, MAX_REQUEST);
        Blocks {
            name,
            input,
            format,
            max_request,
            state: State::Start,
            rest: Vec::new(),
            line: 1,
            documents: 0,
            read: 0,
        }
    }

    /// Sets the format in which the source is read.
    #[must_use]
    pub fn format(self, format: InputFormat) -> Blocks<R> {
        Blocks { format, ..self }
    }

    /// Sets the largest size in bytes of a request that is JSON; a larger one is an error of its own, and the next ones are
    /// read.
    #[must_use]
    pub fn max_request(self, bytes: usize) -> Blocks<R> {
        Blocks { max_request: bytes, ..self }
    }

    /// Reads the beginning, and decides whether the source has a request on each line.
    fn start(&mut self) -> io::Result<Content> {
        let mut bytes = Vec::new();
        let mut is_ended = self.read(&mut bytes, BLOCK)?;
        let is_json = source::is_json(&self.name, &bytes, self.format);
        let mut has_second_line = source::has_second_line(&bytes);
        while is_json && !is_ended && !has_second_line && bytes.len() <= self.max_request {
            let more = bytes.len();
            is_ended = self.read(&mut bytes, more)?;
            has_second_line = source::has_second_line(&bytes);
        }
        // A first line without an end is too long as a request; an array can have many.
        let has_lines = match has_second_line {
            true => source::has_lines(&bytes),
            false => bytes.trim_ascii_start().first() != Some(&b'['),
        };
        if is_json && !is_ended && has_lines {
            let mark = bytes.len() - source::without_mark(&bytes).len();
            bytes.drain(..mark);
            (self.rest, self.state) = (bytes, State::Lines);
            return self.lines();
        }
        self.state = State::End;
        let limit = MAX_WHOLE + 1 - (bytes.len() as u64).min(MAX_WHOLE);
        self.read += self.input.by_ref().take(limit).read_to_end(&mut bytes)? as u64;
        if bytes.len() as u64 > MAX_WHOLE {
            let message = format!("too large: more than {} MB, without a request on each line", MAX_WHOLE / 1_000_000);
            return Err(io::Error::other(message));
        }
        Ok(Content::Whole(bytes))
    }

    /// Returns the next lines: about a block of them, but at least one.
    fn lines(&mut self) -> io::Result<Content> {
        let mut bytes = std::mem::take(&mut self.rest);
        loop {
            let is_ended = bytes.len() < BLOCK && {
                let more = BLOCK - bytes.len();
                self.read(&mut bytes, more)?
            };
            let last_end = memrchr(b'\n', &bytes);
            match last_end {
                _ if is_ended => self.state = State::End,
                Some(end) => {
                    self.rest.extend_from_slice(&bytes[end + 1..]);
                    bytes.truncate(end + 1);
                }
                None if bytes.len() > self.max_request => return self.skip_line(bytes),
                None => {
                    let more = bytes.len();
                    if self.read(&mut bytes, more)? {
                        self.state = State::End;
                    } else {
                        continue;
                    }
                }
            }
            let first = self.line;
            let (lines, documents) = source::count_lines(&bytes);
            (self.line, self.documents) = (self.line + lines, self.documents + documents);
            return Ok(Content::Lines(first, bytes));
        }
    }

    /// Reads to the end of a line that is too long, of which these bytes were read.
    fn skip_line(&mut self, mut bytes: Vec<u8>) -> io::Result<Content> {
        let mut length = bytes.len() as u64;
        loop {
            bytes.clear();
            let is_ended = self.read(&mut bytes, BLOCK)?;
            match memchr(b'\n', &bytes) {
                Some(end) => {
                    length += end as u64;
                    self.rest.extend_from_slice(&bytes[end + 1..]);
                }
                None if is_ended => {
                    length += bytes.len() as u64;
                    self.state = State::End;
                }
                None => {
                    length += bytes.len() as u64;
                    continue;
                }
            }
            self.line += 1;
            self.documents += 1;
            return Ok(Content::LongLine(self.line - 1, length));
        }
    }

    /// Reads this many bytes more, and returns whether the source ended before.
    fn read(&mut self, bytes: &mut Vec<u8>, more: usize) -> io::Result<bool> {
        bytes.reserve(more);
        let read = self.input.by_ref().take(more as u64).read_to_end(bytes)?;
        self.read += read as u64;
        Ok(read < more)
    }
}

impl<R: Read> Iterator for Blocks<R> {
    type Item = io::Result<Block>;

    fn next(&mut self) -> Option<io::Result<Block>> {
        let (documents_before, bytes_before) = (self.documents, self.read - self.rest.len() as u64);
        let content = match self.state {
            State::Start => self.start(),
            State::Lines => self.lines(),
            State::End => return None,
        };
        if content.is_err() {
            self.state = State::End;
        }
        let block = |content| Block {
            name: Arc::clone(&self.name),
            format: self.format,
            max_request: self.max_request,
            documents_before,
            size: self.read - self.rest.len() as u64 - bytes_before,
            content,
        };
        Some(content.map(block))
    }
}

impl Block {
    /// Returns the documents of the block, each of which may be an error.
    pub fn documents(&self) -> Vec<Document<'_>> {
        let mut found = match &self.content {
            Content::Whole(bytes) => documents(&self.name, bytes, self.format),
            Content::Lines(first, text) => source::lines(&self.name, text, *first, self.format).collect(),
            Content::LongLine(number, length) => {
                let error = too_large(*length, self.max_request);
                vec![Document::unreadable_line(&self.name, *number, error)]
            }
        };
        for document in found.iter_mut().filter(|one| one.is_json() && one.bytes().len() > self.max_request) {
            document.refuse(too_large(document.bytes().len() as u64, self.max_request));
        }
        found
    }

    /// Returns the number of documents in the blocks before this one.
    pub fn documents_before(&self) -> usize {
        self.documents_before
    }

    /// Returns the size of the block in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the bytes of the whole source, if the block is all of it.
    pub fn whole(&self) -> Option<&[u8]> {
        match &self.content {
            Content::Whole(bytes) => Some(bytes),
            Content::Lines(..) | Content::LongLine(..) => None,
        }
    }
}

fn too_large(bytes: u64, most: usize) -> Error {
    let message = format!("too large: {} bytes, at most {}", grouped(bytes), grouped(most as u64));
    Error::new(error::Kind::TooLarge, Problem::new(message))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A reader that returns as many bytes at a time as a pipe might.
    struct Trickle<'a> {
        bytes: &'a [u8],
        calls: usize,
    }

    impl Read for Trickle<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.calls += 1;
            let length = (self.calls * 7919 % 40_000 + 1).min(self.bytes.len()).min(into.len());
            into[..length].copy_from_slice(&self.bytes[..length]);
            self.bytes = &self.bytes[length..];
            Ok(length)
        }
    }

    fn line(index: usize) -> String {
        format!("{{\"input\": \"{}\", \"model\": \"gpt-4o\"}}", "a word ".repeat(index * 31 % 700))
    }

    /// About 6 MB of lines, some of which are blank.
    fn lines(separator: &str) -> String {
        (0..2500)
            .map(|index| format!("{}{separator}{}", line(index), if index % 9 == 0 { separator } else { "" }))
            .collect()
    }

    fn found(blocks: impl Iterator<Item = io::Result<Block>>) -> Vec<String> {
        let blocks = blocks.map(|block| block.expect("memory"));
        blocks.flat_map(|block| described(&block)).collect()
    }

    fn described(block: &Block) -> Vec<String> {
        block
            .documents()
            .iter()
            .map(|document| match document.request() {
                Ok(_) => format!("{} {}", document.place(), document.bytes().len()),
                Err(error) => error.to_string(),
            })
            .collect()
    }

    fn in_one(text: &str) -> Vec<String> {
        let described = documents("a.jsonl", text.as_bytes(), InputFormat::Auto);
        described.iter().map(|one| format!("{} {}", one.place(), one.bytes().len())).collect()
    }

    #[test]
    fn blocks_have_the_documents_of_the_whole_source() {
        let plain = lines("\n");
        for text in [plain.clone(), lines("\r\n"), format!("\u{feff}{plain}"), plain.trim_end().to_owned()] {
            let expected = in_one(&text);
            assert_eq!(expected.len(), 2500);
            assert_eq!(found(Blocks::new("a.jsonl", text.as_bytes())), expected);
            let size: u64 = Blocks::new("a.jsonl", text.as_bytes()).map(|block| block.expect("memory").size()).sum();
            assert_eq!(size, text.len() as u64);
            assert_eq!(found(Blocks::new("a.jsonl", Trickle { bytes: text.as_bytes(), calls: 0 })), expected);
            let (mut all, mut blocks) = (Vec::new(), 0);
            let deliver = |part: io::Result<Vec<String>>| -> io::Result<()> {
                blocks += 1;
                all.extend(part?);
                Ok(())
            };
            Blocks::new("a.jsonl", text.as_bytes())
                .map_in_parallel(|block| described(&block), deliver)
                .expect("memory");
            assert!(blocks > 4, "{blocks}");
            assert_eq!(all, expected);
        }
    }

    #[test]
    fn other_sources_are_one_block() {
        let array = format!("[\n{}\n]", vec![line(3); 9000].join(",\n"));
        for (name, text) in
            [("a.json", array.as_str()), ("a.txt", &"prose\n".repeat(400_000)), ("a.jsonl", "{}\n{}"), ("a", "")]
        {
            let blocks: Vec<Block> = Blocks::new(name, text.as_bytes()).map(|block| block.expect("memory")).collect();
            assert_eq!(blocks.len(), 1, "{name}");
            assert_eq!(blocks[0].whole(), Some(text.as_bytes()));
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_an_error_and_the_next_ones_are_read() {
        let long = format!("{{\"input\": \"{}\"}}", "x".repeat(3_000_000));
        let short = line(1);
        let message = "too large: 3,000,013 bytes, at most 2,000,000";
        for (text, line) in [
            (format!("{long}\n{short}\n"), 1),
            (format!("{short}\n{long}\n{short}"), 2),
            (format!("{short}\n{long}"), 2),
            (format!("{}{long}\r\n{short}\n", lines("\n")), 2779),
        ] {
            let blocks = || Blocks::new("a.jsonl", text.as_bytes()).max_request(2_000_000);
            assert_eq!(blocks().map(|block| block.expect("memory").size()).sum::<u64>(), text.len() as u64);
            let found = found(blocks());
            assert_eq!(found.len(), in_one(&text).len());
            let errors: Vec<_> = found.iter().filter(|one| one.contains("too large")).collect();
            let carriage_return = if text.contains('\r') { message.replace("013", "014") } else { message.to_owned() };
            assert_eq!(errors, [&format!("a.jsonl:{line}: {carriage_return}")]);
        }
        let whole = format!("{{\n{}", &long[1..]);
        assert_eq!(
            found(Blocks::new("a.json", whole.as_bytes()).max_request(2_000_000)),
            [format!("a.json: {}", message.replace("013", "014"))]
        );
    }

    #[test]
    fn an_error_of_the_reader_is_the_last_result() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("unplugged"))
            }
        }
        let text = lines("\n");
        let mut results = Vec::new();
        let deliver = |result: io::Result<usize>| {
            results.push(result.map_err(|error| error.to_string()));
            Ok::<_, io::Error>(())
        };
        let blocks = Blocks::new("a.jsonl", text.as_bytes().chain(Failing));
        blocks.map_in_parallel(|block| block.documents().len(), deliver).expect("delivered");
        assert_eq!(results.pop(), Some(Err("unplugged".to_owned())));
        assert!(results.len() > 3 && results.iter().all(Result::is_ok));
    }

    #[test]
    fn the_first_error_of_the_receiver_ends_the_pass() {
        let text = lines("\n").repeat(20);
        let worked = AtomicUsize::new(0);
        let work = |_| worked.fetch_add(1, Ordering::Relaxed);
        let stopped = Blocks::new("a.jsonl", text.as_bytes()).map_in_parallel(work, |_| Err("enough"));
        assert_eq!(stopped, Err("enough"));
        assert!(worked.load(Ordering::Relaxed) < 80, "it went on to the end");
    }

    #[test]
    fn a_panic_in_a_thread_is_one_of_the_caller() {
        let text = lines("\n");
        let panicked = std::panic::catch_unwind(|| {
            let work = |_| -> usize { panic!("a bug") };
            Blocks::new("a.jsonl", text.as_bytes()).map_in_parallel(work, |_| Ok::<_, io::Error>(()))
        });
        assert!(panicked.is_err());
    }
}
