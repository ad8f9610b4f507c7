//! Checks a request against limits on its cost and its tokens, and prints each finding.
//!
//! `cargo run --example budget`

#![expect(clippy::print_stdout, reason = "an example prints its results")]

use std::error::Error;

use gpt_cost::budget::{Level, Limits};
use gpt_cost::{Catalog, Date, Request, Terms};

fn main() -> Result<(), Box<dyn Error>> {
    let request = Request::from_json(
        br#"{
            "model": "gpt-4o",
            "max_completion_tokens": 4000,
            "messages": [
                {"role": "system", "content": "You summarize letters in three sentences."},
                {"role": "user", "content": "Dear all, the garden opens on Saturday. Bring gloves, and a cake if you can."}
            ]
        }"#,
    )?;
    let terms = Terms::on(Date::new(2026, 11, 23)?);
    let catalog = Catalog::builtin();
    let estimate = catalog.model("gpt-4o")?.estimate(&request, &terms)?;

    // Two cents for one request, and at most 10,000 tokens of input. Nothing else is limited.
    let limits = Limits::default().max_cost_per_request("0.02".parse()?).max_input_tokens(10_000);

    // 4,000 tokens of output are over budget; the input is within its limit, so there is no finding about it.
    let findings = limits.check(&estimate);
    for finding in &findings {
        println!("{}: {}", finding.rule, finding.message);
        if let Some(hint) = &finding.hint {
            println!("  hint: {hint}");
        }
    }
    assert_eq!(findings.len(), 1);
    assert_eq!((findings[0].rule, findings[0].level), ("max_cost_per_request", Level::Exceeded));

    // With an expected output of 100 tokens, the limits are compared with the expected cost.
    let estimate = catalog.model("gpt-4o")?.estimate(&request, &terms.output_tokens(100))?;
    assert!(limits.check(&estimate).is_empty());
    println!("with 100 tokens of output: within the limits");
    Ok(())
}
