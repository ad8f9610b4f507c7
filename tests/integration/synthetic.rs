//! Requests in our own words, one or more for each rule that recorded requests have shown, with the billed tokens that the rule
//! gives.

use gpt_cost::request::{Api, Format};
use gpt_cost::{Catalog, Date, Request};
use serde_json::Value;

#[test]
fn each_rule_gives_the_billed_tokens() {
    let catalog = Catalog::builtin();
    let mut cases = 0;
    for line in include_str!("../synthetic.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let day: Date = case["as_of"].as_str().unwrap().parse().unwrap();
        let api = if case["endpoint"] == "responses" { Api::Responses } else { Api::ChatCompletions };
        let body = case["request"].to_string();
        let request = Request::from_json_as(body.as_bytes(), Format::Body(api)).unwrap();
        let count = catalog.model(request.model().unwrap()).unwrap().count(&request, day).unwrap();
        let expected = case["expected"].as_u64().unwrap();
        assert_eq!(count.tokens(), expected, "{}: {}: {body}", case["rule"], case["note"]);
        if case["rule"].as_str().unwrap().starts_with("8 ") {
            assert!(count.min() <= expected / 4, "{}: the bound reaches down to a quarter: {count:?}", case["rule"]);
        }
        cases += 1;
    }
    assert_eq!(cases, 31);
}
