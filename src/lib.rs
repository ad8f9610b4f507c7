//! What a request to an OpenAI model will cost, known before it is sent.

pub mod encoding;

pub use encoding::Encoding;
