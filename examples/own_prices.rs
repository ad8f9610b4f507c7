//! Estimates costs with your own prices, such as those of a contract: a table that is layered over the built-in one.
//!
//! `cargo run --example own_prices`

#![expect(clippy::print_stdout, reason = "an example prints its results")]

use std::error::Error;

use gpt_cost::request::{Message, Role};
use gpt_cost::{Catalog, Date, Request, Terms};

/// A price table, as `gpt-cost pricing init` writes one. A model replaces the built-in one of the same name as a whole;
/// only `kind` and `counting` of a known model can be left out.
const PRICES: &str = r#"
schema = 1

[model."gpt-4o"]
encoding = "o200k_base"
context = 128_000
max_output = 16_384
price = { per = "1M", input = "2.00", output = "8.00" }
"#;

fn main() -> Result<(), Box<dyn Error>> {
    let request = Request::builder().message(Message::new(Role::User, "Why is the sky blue?")).build()?;
    let terms = Terms::on(Date::new(2026, 11, 23)?).output_tokens(500);

    let mut catalog = Catalog::builtin();
    let list = catalog.model("gpt-4o")?.estimate(&request, &terms)?.cost().total.expected;
    // The name is that of the file, or of any other source of the table: errors and reports show it.
    catalog.add_layer("contract.toml", PRICES)?;
    let model = catalog.model("gpt-4o")?;
    let estimate = model.estimate(&request, &terms)?;
    let own = estimate.cost().total.expected;

    let (list, own) = list.zip(own).ok_or("the expected output is known")?;
    println!("list price {list}, own price {own}, from {}", estimate.layer().origin());
    assert!(own < list);
    assert_eq!((own.to_string(), estimate.layer().origin()), ("$0.004026".to_owned(), "contract.toml"));

    // The error of an invalid table lists all of its problems, each with its line.
    let error = catalog.add_layer("broken.toml", "schema = 1\n[model.\"gpt-4o\"]\nprice = {}").err();
    let error = error.ok_or("the table has no encoding and no price")?;
    assert!(error.is_price_table());
    for problem in error.problems() {
        println!("{problem}");
    }
    Ok(())
}
