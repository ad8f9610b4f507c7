//! Counts the tokens of a text, and of a request, which has some more tokens around its texts.
//!
//! `cargo run --example count_tokens`

#![expect(clippy::print_stdout, reason = "an example prints its results")]

use std::error::Error;

use gpt_cost::request::{Message, Role};
use gpt_cost::{Catalog, Date, Encoding, Label, Request};

const TEXT: &str = "Why is the sky blue?";

fn main() -> Result<(), Box<dyn Error>> {
    // The tokens of a text depend on the encoding alone: no model, no day, no prices.
    let encoding: Encoding = "o200k_base".parse()?;
    println!("{} tokens of text with {}", encoding.count(TEXT), encoding.as_str());
    assert_eq!(encoding.count(TEXT), 6);

    // Each token is a part of the text.
    let tokens: Vec<u32> = encoding.encode(TEXT);
    assert_eq!(encoding.decode(&tokens)?, TEXT.as_bytes());
    assert_eq!(encoding.truncate(TEXT, 3), "Why is the");

    // The count of a request is what the API bills: the tokens of its texts, and those that separate its messages.
    let request = Request::builder().message(Message::new(Role::User, TEXT)).build()?;
    let catalog = Catalog::builtin();
    let count = catalog.model("gpt-4.1")?.count(&request, Date::new(2026, 11, 23)?)?;
    println!("{} tokens of input for gpt-4.1, from {} to {:?}", count.tokens(), count.min(), count.max());
    assert_eq!((count.tokens(), count.label()), (13, Label::Exact));
    Ok(())
}
