//! A service estimates what a request can cost before it is sent, and refuses one that is too expensive.
//!
//! `cargo run --example before_a_request`

#![expect(clippy::print_stdout, reason = "an example prints its results")]

use std::error::Error;

use gpt_cost::request::{Message, Role, Tool};
use gpt_cost::{Catalog, Date, Request, Terms, Usd};
use serde_json::json;

const MODEL: &str = "gpt-4o";

fn main() -> Result<(), Box<dyn Error>> {
    // The service has the messages so far, and a tool that it offers to the model.
    let history = vec![
        Message::new(Role::System, "You are the assistant of a travel agency."),
        Message::new(Role::User, "Which trains go from Oslo to Bergen tomorrow morning?"),
    ];
    let parameters = json!({
        "type": "object",
        "properties": {"from": {"type": "string"}, "to": {"type": "string"}, "day": {"type": "string"}},
        "required": ["from", "to", "day"]
    });
    let tool = Tool::function("find_trains", "Finds the trains of a day.", parameters);

    // One cent is enough for an answer of 500 tokens, but not for one of 5,000.
    let limit = "0.01".parse::<Usd>()?;
    assert!(is_affordable(&history, &tool, 500, limit)?);
    assert!(!is_affordable(&history, &tool, 5_000, limit)?);
    Ok(())
}

/// Returns whether a request with these messages costs at most `limit`, whatever the model answers.
fn is_affordable(history: &[Message], tool: &Tool, output: u32, limit: Usd) -> Result<bool, Box<dyn Error>> {
    let request = Request::builder()
        .model(MODEL)
        .messages(history.to_vec())
        .tool(tool.clone())
        .max_output_tokens(output)
        .build()?;

    // The library reads no clock: the day of the prices is an argument.
    let terms = Terms::on(Date::new(2026, 11, 23)?);
    let catalog = Catalog::builtin();
    let estimate = catalog.model(MODEL)?.estimate(&request, &terms)?;

    // If the cost has no known maximum, such as with an image of unknown size, the request is refused, too.
    let cost = estimate.cost().total;
    let is_affordable = cost.max.is_some_and(|max| max <= limit);
    let most = cost.max.map_or("an unknown amount".to_owned(), |max| max.to_string());
    println!("{} tokens of input, at most {output} of output: {} to {most}", estimate.input().tokens(), cost.min);
    println!("limit {limit}: {}", if is_affordable { "send it" } else { "refuse it" });
    Ok(is_affordable)
}
