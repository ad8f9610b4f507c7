//! The command `gpt-cost`.
fn main() {}
