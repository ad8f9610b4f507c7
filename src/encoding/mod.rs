//! Text → tokens. Knows no models, no prices and no JSON.

use std::fmt;
use std::str::FromStr;

/// A byte-pair encoding of OpenAI's: how text becomes tokens.
///
/// Special tokens in a text, such as `<|endoftext|>`, are ordinary text: what a user writes never becomes one.
///
/// ```
/// use gpt_cost::Encoding;
///
/// let encoding = Encoding::Cl100kBase;
/// assert_eq!(encoding.count("hello world"), 2);
/// assert_eq!(encoding.encode("hello world"), [15339, 1917]);
/// assert_eq!(encoding.decode(&[15339, 1917])?, b"hello world");
/// # Ok::<(), gpt_cost::encoding::UnknownToken>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Encoding {
    /// `cl100k_base`: gpt-3.5-turbo, gpt-4, gpt-4-turbo and the embeddings from text-embedding-ada-002 on.
    Cl100kBase,
    /// `o200k_base`: gpt-4o and all chat models since.
    O200kBase,
    /// `p50k_base`: text-davinci-002, text-davinci-003 and the code models of 2021 and 2022.
    P50kBase,
    /// `r50k_base`: the GPT-3 models of 2020 (davinci, curie, babbage, ada).
    R50kBase,
}

impl Encoding {
    /// All encodings, newest first.
    pub const ALL: &[Encoding] = &[Encoding::O200kBase, Encoding::Cl100kBase, Encoding::P50kBase, Encoding::R50kBase];

    /// Returns the number of tokens of `text`, special tokens counted as ordinary text.
    pub fn count(self, text: &str) -> usize {
        self.engine().count_ordinary(text)
    }

    /// Returns the number of tokens of `text` if it is at most `limit`, and `None` as soon as it is known to be more.
    pub fn count_up_to(self, text: &str, limit: usize) -> Option<usize> {
        let count = self.count(text);
        (count <= limit).then_some(count)
    }

    /// Returns the tokens of `text`, special tokens encoded as ordinary text.
    pub fn encode(self, text: &str) -> Vec<u32> {
        self.engine().encode_ordinary(text)
    }

    /// Returns the bytes that `tokens` stand for; they need not be UTF-8, since a token can end inside a character.
    ///
    /// # Errors
    ///
    /// The first of `tokens` that this encoding does not have.
    pub fn decode(self, tokens: &[u32]) -> Result<Vec<u8>, UnknownToken> {
        self.engine().decode_bytes(tokens).map_err(|error| UnknownToken { token: error.token, encoding: self })
    }

    /// Returns the name that OpenAI gives the encoding, such as `cl100k_base`.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Cl100kBase => "cl100k_base",
            Encoding::O200kBase => "o200k_base",
            Encoding::P50kBase => "p50k_base",
            Encoding::R50kBase => "r50k_base",
        }
    }

    /// Returns the encoding of that name.
    pub(crate) const fn named(name: &str) -> Option<Encoding> {
        match name.as_bytes() {
            b"cl100k_base" => Some(Encoding::Cl100kBase),
            b"o200k_base" => Some(Encoding::O200kBase),
            b"p50k_base" => Some(Encoding::P50kBase),
            b"r50k_base" => Some(Encoding::R50kBase),
            _ => None,
        }
    }

    fn engine(self) -> &'static tiktoken_rs::CoreBPE {
        match self {
            Encoding::Cl100kBase => tiktoken_rs::cl100k_base_singleton(),
            Encoding::O200kBase => tiktoken_rs::o200k_base_singleton(),
            Encoding::P50kBase => tiktoken_rs::p50k_base_singleton(),
            Encoding::R50kBase => tiktoken_rs::r50k_base_singleton(),
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    /// Reads an encoding's name, as [`Encoding::name`] gives it.
    fn from_str(name: &str) -> Result<Encoding, UnknownEncoding> {
        Encoding::ALL
            .iter()
            .copied()
            .find(|encoding| encoding.name() == name)
            .ok_or_else(|| UnknownEncoding(name.to_owned()))
    }
}

/// A name that no encoding has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownEncoding(String);

impl fmt::Display for UnknownEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<&str> = Encoding::ALL.iter().map(|encoding| encoding.name()).collect();
        write!(f, "unknown encoding `{}`, expected one of {}", self.0, known.join(", "))
    }
}

impl std::error::Error for UnknownEncoding {}

/// A token id that an encoding does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownToken {
    token: u32,
    encoding: Encoding,
}

impl fmt::Display for UnknownToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "token {} is not in {}", self.token, self.encoding)
    }
}

impl std::error::Error for UnknownToken {}
