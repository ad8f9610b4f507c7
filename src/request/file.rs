//! Files in a message. Their content is not read.

/// A file: in the request itself, stored on the server, or given by a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct File {
    /// The tokens of the text in it, if they were set: see
    /// [`Request::assume_file_tokens`](super::Request::assume_file_tokens).
    pub tokens: Option<u64>,
    /// Whether it is a PDF in the request itself.
    pub is_inline_pdf: bool,
    /// The path in its JSON text.
    pub path: String,
}

impl File {
    /// Returns a file whose text has this number of tokens.
    ///
    /// ```
    /// use gpt_cost::request::{File, Message, Role};
    ///
    /// let message = Message::new(Role::User, "Summarize it.").file(File::new(12_000));
    /// assert_eq!(message.content.len(), 2);
    /// ```
    pub fn new(tokens: u64) -> File {
        File { tokens: Some(tokens), is_inline_pdf: false, path: String::new() }
    }
}

/// Returns whether the data of a file, in base64 with or without a media type, is a PDF.
pub(super) fn is_pdf(data: &str) -> bool {
    let (head, data) = data.split_once(',').unwrap_or(("", data));
    // `%PDF` in base64.
    head.starts_with("data:application/pdf") || data.starts_with("JVBER")
}
