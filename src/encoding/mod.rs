//! Encodings: text to tokens, and tokens to text, byte for byte as OpenAI's tokenizers do.

#![cfg_attr(
    not(feature = "encodings"),
    allow(dead_code, unused_macros, reason = "each encoding leaves out what only others use")
)]

mod cache;
mod char_class;
mod cpu;
mod layout;
mod merge;
#[cfg(all(test, feature = "encodings"))]
mod naive;
mod parallel;
mod pieces;
mod scan;
mod split;
mod tokens;
mod vocab;
mod window;

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::str::FromStr;

use self::split::Pattern;
pub use self::tokens::{Token, Tokens};
use self::vocab::Ranks;

/// Defines the encodings by a table with a row for each, newest first. A row has the number by which encodings are
/// sorted, and by which the cache distinguishes them; the name; the feature of the crate; and then either the split
/// pattern and the vocabulary, with the rank `below` which all its tokens are, or the encoding that it is `like`.
macro_rules! encodings {
    (
        $(#[$enum_attribute:meta])*
        pub enum $Encoding:ident {$(
            $(#[$attribute:meta])*
            $Variant:ident = $number:literal, $name:literal, feature $feature:literal,
            $(pattern $Pattern:ident, vocabulary $VOCABULARY:ident $(below $below:literal)?)?
            $(like $Like:ident)?;
        )*}
    ) => {
        $(#[$enum_attribute])*
        pub enum $Encoding {$(
            $(#[$attribute])*
            #[cfg(feature = $feature)]
            $Variant = $number,
        )*}

        impl $Encoding {
            /// All encodings, newest first.
            pub const ALL: &[$Encoding] = &[$(
                #[cfg(feature = $feature)]
                $Encoding::$Variant,
            )*];

            /// Returns the name that OpenAI gives the encoding, such as `cl100k_base`.
            pub const fn as_str(self) -> &'static str {
                match self {$(
                    #[cfg(feature = $feature)]
                    $Encoding::$Variant => $name,
                )*}
            }

            fn tables(self) -> Tables {
                match self {$(
                    #[cfg(feature = $feature)]
                    $Encoding::$Variant => Tables::new::<codings::$Variant>(),
                )*}
            }
        }

        /// A type for each encoding.
        mod codings {
            $(
                $(
                    #[cfg(feature = $feature)]
                    pub(super) struct $Variant;

                    #[cfg(feature = $feature)]
                    impl super::Coding for $Variant {
                        type Pattern = super::split::$Pattern;
                        const RANKS: super::Ranks = super::Ranks::all(&super::vocab::$VOCABULARY)$(.below($below))?;
                        const ID: u8 = $number;
                    }
                )?
                $(
                    #[cfg(feature = $feature)]
                    pub(super) type $Variant = $Like;
                )?
            )*
        }
    };
}

encodings! {
    /// A byte-pair encoding of OpenAI's: how text becomes tokens. Each needs the crate's feature of the same name.
    ///
    /// A special token in a text, such as `<|endoftext|>`, is ordinary text: text never becomes a special token.
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
        /// `o200k_harmony`: the open-weight models gpt-oss. Its ordinary tokens are those of `o200k_base`; only its
        /// special tokens differ, and text never becomes one.
        O200kHarmony = 2, "o200k_harmony", feature "o200k_base", like O200kBase;
        /// `o200k_base`: gpt-4o and all chat models since.
        O200kBase = 1, "o200k_base", feature "o200k_base", pattern O200k, vocabulary O200K;
        /// `cl100k_base`: gpt-3.5-turbo, gpt-4, gpt-4-turbo and the embeddings from text-embedding-ada-002 on.
        Cl100kBase = 0, "cl100k_base", feature "cl100k_base", pattern Cl100k, vocabulary CL100K;
        /// `p50k_base`: text-davinci-002, text-davinci-003 and the code models of 2021 and 2022.
        P50kBase = 3, "p50k_base", feature "p50k_base", pattern P50k, vocabulary P50K;
        // p50k_base has all its tokens, and adds runs of spaces.
        /// `r50k_base`: the GPT-3 models of 2020 (davinci, curie, babbage, ada).
        R50kBase = 4, "r50k_base", feature "r50k_base", pattern P50k, vocabulary P50K below 50_256;
    }
}

impl Encoding {
    /// Reads the encoding's tables, and takes the memory in which this thread remembers pieces, so that the first texts
    /// are counted as fast as later ones.
    ///
    /// Nothing requires it: the tables are part of the program, and what a text needs of them is read from the file when
    /// it is first needed; a thread takes its memory, up to 6 MB for each encoding, as it meets pieces that are no token.
    /// Both take some milliseconds in all. A service can call it in each thread before the first request.
    ///
    /// ```
    /// gpt_cost::Encoding::O200kBase.preload();
    /// ```
    pub fn preload(self) {
        (self.tables().preload)();
    }

    /// Returns the number of tokens of `text`, special tokens counted as ordinary text.
    ///
    /// Exact: equal to the number of tokens of OpenAI's tokenizer. The time is linear in the length of any `text`.
    ///
    /// ```
    /// assert_eq!(gpt_cost::Encoding::Cl100kBase.count("hello world"), 2);
    /// ```
    pub fn count(self, text: &str) -> usize {
        self.count_up_to(text, usize::MAX).unwrap_or(usize::MAX)
    }

    /// Returns the number of tokens of one large `text`, counted on up to `threads` threads.
    ///
    /// The text is cut after line breaks where each encoding begins a new piece, so the count is exact. Texts without
    /// such places, or of less than half a megabyte, are counted on the calling thread alone.
    ///
    /// ```
    /// # use std::num::NonZero;
    /// let text = "One line, and another.\n".repeat(100_000);
    /// let encoding = gpt_cost::Encoding::O200kBase;
    /// assert_eq!(encoding.count_in_parallel(&text, NonZero::new(2).unwrap()), encoding.count(&text));
    /// ```
    pub fn count_in_parallel(self, text: &str, threads: NonZeroUsize) -> usize {
        parallel::count(self, text, threads)
    }

    /// Returns the number of tokens of `text` if it is at most `limit`, else `None`. Stops as soon as the count exceeds
    /// `limit`.
    ///
    /// ```
    /// let encoding = gpt_cost::Encoding::Cl100kBase;
    /// assert_eq!(encoding.count_up_to("hello world", 2), Some(2));
    /// assert_eq!(encoding.count_up_to("hello world", 1), None);
    /// ```
    pub fn count_up_to(self, text: &str, limit: usize) -> Option<usize> {
        let tables = self.tables();
        if text.len() / tables.ranks.longest() > limit {
            return None;
        }
        (tables.count)(text, limit)
    }

    /// Returns the tokens of `text`, special tokens encoded as ordinary text.
    pub fn encode(self, text: &str) -> Vec<u32> {
        (self.tables().encode)(text)
    }

    /// Returns an iterator over the tokens of `text`, each with its range in `text`.
    ///
    /// ```
    /// let text = "hello world";
    /// let parts: Vec<&str> = gpt_cost::Encoding::Cl100kBase.tokens(text).map(|token| &text[token.range]).collect();
    /// assert_eq!(parts, ["hello", " world"]);
    /// ```
    pub fn tokens(self, text: &str) -> Tokens<'_> {
        Tokens::new(self, text)
    }

    /// Returns the longest prefix of `text` with at most `limit` tokens; it ends on a character boundary.
    ///
    /// It can have fewer than `limit` tokens, where the next character needs more tokens than are left. It is the
    /// longest unless it ends inside a single piece of more than 2,048 bytes, such as a run of letters: there, a longer
    /// prefix that is split differently can be missed.
    ///
    /// ```
    /// let encoding = gpt_cost::Encoding::Cl100kBase;
    /// assert_eq!(encoding.truncate("hello, world", 2), "hello,");
    /// assert_eq!(encoding.truncate("🦀", 1), "");
    /// ```
    pub fn truncate(self, text: &str, limit: usize) -> &str {
        &text[..tokens::longest_prefix(self, text, limit)]
    }

    /// Returns the bytes of `tokens`; they are not always UTF-8, since a token can end inside a character.
    ///
    /// # Errors
    ///
    /// The first of `tokens` that is not an ordinary token of this encoding; special tokens are not.
    pub fn decode(self, tokens: &[u32]) -> Result<Vec<u8>, UnknownToken> {
        let ranks = self.tables().ranks;
        let mut bytes = Vec::new();
        for token in tokens.iter().copied() {
            bytes.extend_from_slice(ranks.token(token).ok_or(UnknownToken { token, encoding: self })?);
        }
        Ok(bytes)
    }

    /// Returns the text of `tokens`.
    ///
    /// # Errors
    ///
    /// A token that is not in this encoding, or tokens whose bytes together are not UTF-8.
    ///
    /// ```
    /// use gpt_cost::Encoding;
    ///
    /// assert_eq!(Encoding::Cl100kBase.decode_text(&[15339, 1917])?, "hello world");
    /// assert!(Encoding::Cl100kBase.decode_text(&[9468]).is_err_and(|error| error.is_broken_text()));
    /// # Ok::<(), gpt_cost::encoding::DecodeError>(())
    /// ```
    pub fn decode_text(self, tokens: &[u32]) -> Result<String, DecodeError> {
        let bytes = self.decode(tokens).map_err(|error| DecodeError(Reason::UnknownToken(error)))?;
        String::from_utf8(bytes).map_err(|error| DecodeError(Reason::BrokenText(error.utf8_error().valid_up_to())))
    }

    /// Returns the encoding with this name.
    pub(crate) const fn from_name(name: &str) -> Option<Encoding> {
        let mut index = 0;
        while index < Encoding::ALL.len() {
            if is_same(Encoding::ALL[index].as_str(), name) {
                return Some(Encoding::ALL[index]);
            }
            index += 1;
        }
        None
    }

    /// Returns the end of the piece that begins at `start`, which is a boundary of `text` before its end.
    fn piece_end(self, text: &[u8], start: usize) -> usize {
        (self.tables().piece_end)(text, start)
    }

    /// Adds the tokens of the piece at `range` to `tokens`, each with its end in the text.
    fn merge_piece(self, text: &[u8], range: Range<usize>, tokens: &mut Ends) {
        (self.tables().merge_piece)(text, range, tokens);
    }
}

/// Returns whether two texts are equal. `==` on `str` is not `const`.
const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut index = 0;
    while index < one.len() && index < other.len() && one[index] == other[index] {
        index += 1;
    }
    index == one.len() && index == other.len()
}

/// Tokens, each with its end in the text.
type Ends = Vec<(u32, usize)>;

/// The tokens of an encoding, and its compiled functions.
struct Tables {
    ranks: Ranks,
    piece_end: fn(&[u8], usize) -> usize,
    count: fn(&str, usize) -> Option<usize>,
    encode: fn(&str) -> Vec<u32>,
    preload: fn(),
    merge_piece: fn(&[u8], Range<usize>, &mut Ends),
}

impl Tables {
    fn new<C: Coding>() -> Tables {
        Tables {
            ranks: C::RANKS,
            piece_end: C::Pattern::piece_end,
            count: pieces::count::<C>,
            encode: pieces::encode::<C>,
            preload: pieces::preload::<C>,
            merge_piece: merge::merge_piece::<C>,
        }
    }
}

/// An encoding as a type, so that its code is compiled with the addresses of its tables as constants.
trait Coding {
    type Pattern: Pattern;
    const RANKS: Ranks;
    /// The number by which the cache distinguishes encodings.
    const ID: u8;
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    /// Parses an encoding's name, as [`Encoding::as_str`] returns it.
    fn from_str(name: &str) -> Result<Encoding, UnknownEncoding> {
        Encoding::from_name(name).ok_or_else(|| UnknownEncoding(name.to_owned()))
    }
}

/// The error of a name that is not an encoding's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownEncoding(String);

impl fmt::Display for UnknownEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<&str> = Encoding::ALL.iter().map(|encoding| encoding.as_str()).collect();
        write!(f, "unknown encoding `{}`, expected one of {}", self.0, known.join(", "))
    }
}

impl std::error::Error for UnknownEncoding {}

/// The error of a token id that is not in an encoding.
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

/// The error of tokens that cannot be decoded to text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError(Reason);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    UnknownToken(UnknownToken),
    /// The bytes are valid UTF-8 up to this one.
    BrokenText(usize),
}

impl DecodeError {
    /// Returns whether a token is not in the encoding.
    pub fn is_unknown_token(&self) -> bool {
        matches!(self.0, Reason::UnknownToken(_))
    }

    /// Returns whether the tokens' bytes are not UTF-8, such as when they end inside a character.
    pub fn is_broken_text(&self) -> bool {
        matches!(self.0, Reason::BrokenText(_))
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::UnknownToken(error) => error.fmt(f),
            Reason::BrokenText(valid) => write!(f, "the tokens are not UTF-8 from byte {valid} on"),
        }
    }
}

impl std::error::Error for DecodeError {}
