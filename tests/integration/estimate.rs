//! Counting, limits and cost ranges on small requests, which need no recorded usage.

use gpt_cost::estimate::Exceeded;
use gpt_cost::{Catalog, Date, Encoding, Estimate, Label, Request, Terms, Tier, TokenCount, Verdict};

use crate::budgets::PINNED;

const SYSTEM: &str = "You are a patient teacher of botany. Answer briefly.";
const QUESTION: &str = "Why do the leaves of a beech stay on all winter?";
const ANSWER: &str = "The botanists call it marcescence: the tree does not seal off the stalks in autumn.";
const MORE: &str = "Is that good for the tree?";

/// Returns the label of a count, and the number of tokens by which it can be less.
fn label_and_slack(count: &TokenCount) -> (Label, u64) {
    (count.label(), count.tokens() - count.min())
}

fn day() -> Date {
    Date::new(2026, 11, 24).unwrap()
}

fn count(model: &str, json: &str) -> (u64, (Label, u64)) {
    let request = Request::from_json(json.as_bytes()).unwrap();
    let count = Catalog::builtin().model(model).unwrap().count(&request, day()).unwrap();
    (count.tokens(), label_and_slack(&count))
}

fn tokens(encoding: Encoding, texts: &[&str]) -> u64 {
    texts.iter().map(|text| encoding.count(text) as u64).sum()
}

fn with_estimate(model: &str, json: &str, terms: Terms, check: impl FnOnce(Estimate<'_>)) {
    let request = Request::from_json(json.as_bytes()).unwrap();
    let mut catalog = Catalog::builtin();
    catalog.add_layer("pinned.toml", PINNED).unwrap();
    check(catalog.model(model).unwrap().estimate(&request, &terms).unwrap());
}

/// The framing of each family: the tokens that open the answer, frame a message, and are added to a past answer.
#[test]
fn messages_are_billed_by_the_rules_of_their_family() {
    let (cl100k, o200k) = (Encoding::Cl100kBase, Encoding::O200kBase);
    let exact = (Label::Exact, 0);
    let families = [
        ("gpt-3.5-turbo-0301", cl100k, 3, 5, 0, (Label::Estimate, 1)),
        ("gpt-4", cl100k, 3, 4, 0, exact),
        ("gpt-3.5-turbo-0125", cl100k, 3, 4, 0, exact),
        ("gpt-4-turbo", cl100k, 3, 4, 0, exact),
        ("gpt-4o", o200k, 3, 4, 0, exact),
        ("gpt-4.1-nano", o200k, 3, 4, 0, exact),
        ("o3", o200k, 2, 4, 0, (Label::Estimate, 1)),
        ("o4-mini", o200k, 2, 4, 2, (Label::Estimate, 1)),
        ("gpt-5", o200k, 2, 4, 2, exact),
        ("gpt-5.6-luna", o200k, 2, 4, 2, (Label::Estimate, 1)),
        ("gpt-6-sol", o200k, 2, 4, 2, (Label::Estimate, 18)),
    ];
    let json = format!(
        r#"[{{"role": "system", "content": "{SYSTEM}"}}, {{"role": "user", "content": "{QUESTION}"}},
            {{"role": "assistant", "content": "{ANSWER}"}}, {{"role": "user", "content": "{MORE}"}}]"#
    );
    for (model, encoding, reply, message, past_answer, exactness) in families {
        let expected = tokens(encoding, &[SYSTEM, QUESTION, ANSWER, MORE]) + reply + 4 * message + past_answer;
        assert_eq!(count(model, &json), (expected, exactness), "{model}");
    }
}

#[test]
fn developer_is_billed_as_system() {
    for model in ["gpt-4o", "gpt-5", "o3"] {
        let json = |role: &str| format!(r#"[{{"role": "{role}", "content": "{SYSTEM}"}}]"#);
        assert_eq!(count(model, &json("developer")), count(model, &json("system")));
    }
}

#[test]
fn text_parts_are_joined_before_they_become_tokens() {
    let parts = r#"[{"role": "user", "content": [{"type": "text", "text": "inter"}, {"type": "text", "text": "national law"}]}]"#;
    let whole = r#"[{"role": "user", "content": "international law"}]"#;
    assert_eq!(count("gpt-4o", parts), count("gpt-4o", whole));
    assert_ne!(
        tokens(Encoding::O200kBase, &["inter", "national law"]),
        tokens(Encoding::O200kBase, &["international law"])
    );
}

#[test]
fn an_image_separates_the_texts_around_it_and_counts_at_least_the_minimum() {
    let json = r#"[{"role": "user", "content": [
        {"type": "text", "text": "inter"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "text", "text": "national law"}]}]"#;
    let expected = tokens(Encoding::O200kBase, &["inter", "national law"]) + 7;
    assert_eq!(count("gpt-4o", json), (expected + 85, (Label::Estimate, 1)));
}

#[test]
fn a_name_adds_its_tokens_and_is_an_estimate() {
    let named =
        |role: &str, name: &str| format!(r#"[{{"role": "{role}", "name": "{name}", "content": "{QUESTION}"}}]"#);
    let plain = tokens(Encoding::Cl100kBase, &[QUESTION]) + 7;
    let estimate = (Label::Estimate, 1);
    let name = |name| tokens(Encoding::Cl100kBase, &[name]);
    assert_eq!(count("gpt-4", &named("system", "example_user")), (plain + name("example_user") + 1, estimate));
    assert_eq!(
        count("gpt-4", &named("user", "user_proxy")),
        (plain + name("user_proxy"), estimate),
        "the role's own word"
    );
    let old = plain + 1 + name("example_user") - 1;
    let (tokens, (label, _)) = count("gpt-3.5-turbo-0301", &named("system", "example_user"));
    assert_eq!((tokens, label), (old, Label::Estimate));
}

#[test]
fn a_past_answer_without_text_adds_no_channel() {
    let json = r#"[{"role": "assistant", "content": ""}]"#;
    assert_eq!(count("gpt-5", json), (6, (Label::Exact, 0)));
}

#[test]
fn search_models_count_the_text_alone() {
    let json = format!(r#"[{{"role": "user", "content": "{QUESTION}"}}]"#);
    let expected = tokens(Encoding::O200kBase, &[QUESTION]);
    assert_eq!(count("gpt-4o-search-preview", &json), (expected, (Label::Estimate, 1)));
}

#[test]
fn models_with_hidden_text_are_not_counted() {
    let request = Request::from_text(b"Hi").unwrap();
    let count = Catalog::builtin().model("o1-preview").unwrap().count(&request, day()).unwrap();
    assert_eq!(
        (count.tokens(), count.max(), count.uncounted().len()),
        (1, None, 1),
        "the text that is seen is the least"
    );
}

#[test]
fn special_tokens_in_a_text_are_ordinary_text() {
    let json = r#"[{"role": "user", "content": "<|endoftext|>"}]"#;
    assert!(count("gpt-4", json).0 > 8);
}

#[test]
fn text_is_one_message_of_a_chat_model_and_the_prompt_of_a_completion_model() {
    let catalog = Catalog::builtin();
    let request = Request::from_text(QUESTION.as_bytes()).unwrap();
    let count = |model: &str| catalog.model(model).unwrap().count(&request, day()).unwrap().tokens();
    assert_eq!(count("gpt-4"), tokens(Encoding::Cl100kBase, &[QUESTION]) + 7);
    assert_eq!(count("gpt-3.5-turbo-instruct"), tokens(Encoding::Cl100kBase, &[QUESTION]));
    let short =
        catalog.model("gpt-3.5-turbo-instruct").unwrap().count(&Request::from_text(b"Hi").unwrap(), day()).unwrap();
    assert_eq!((short.min(), short.tokens(), short.max()), (1, 1, Some(2)), "a bound does not reach down to nothing");
}

#[test]
fn the_family_of_a_name_can_depend_on_the_day() {
    let request = Request::from_text(QUESTION.as_bytes()).unwrap();
    let count = |year, month| {
        let day = Date::new(year, month, 1).unwrap();
        Catalog::builtin().model("gpt-3.5-turbo").unwrap().count(&request, day).unwrap().tokens()
    };
    assert_eq!(count(2023, 4), count(2024, 4) + 1);
}

#[test]
fn the_range_is_from_no_output_to_the_most_that_the_request_allows() {
    let json = r#"{"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 100, "n": 3}"#;
    with_estimate("gpt-4", json, Terms::on(day()).output_tokens(60), |estimate| {
        assert_eq!(estimate.input().tokens(), 8);
        assert_eq!(
            (estimate.output().min, estimate.output().expected, estimate.output().max),
            (0, Some(60), Some(300))
        );
        let total = estimate.cost().total;
        let shown = [Some(total.min), total.expected, total.max].map(|amount| amount.unwrap().to_string());
        assert_eq!(shown, ["$0.00024", "$0.00384", "$0.01824"]);
    });
}

#[test]
fn without_an_output_limit_the_model_or_its_context_sets_the_most() {
    with_estimate("gpt-4", r#"[{"role": "user", "content": "Hi"}]"#, Terms::on(day()), |estimate| {
        assert_eq!((estimate.output().max, estimate.fit().left()), (Some(8_184), Some(8_184)));
    });
    with_estimate("gpt-4o", r#"[{"role": "user", "content": "Hi"}]"#, Terms::on(day()), |estimate| {
        assert_eq!((estimate.output().max, estimate.fit().left()), (Some(16_384), Some(127_992)));
    });
}

#[test]
fn the_newer_field_of_two_output_limits_is_used() {
    let json = r#"{"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 10, "max_completion_tokens": 20}"#;
    with_estimate("gpt-5", json, Terms::on(day()), |estimate| {
        assert_eq!(estimate.output().max, Some(20));
        let of_limits = estimate.warnings().iter().filter(|warning| warning.path == "max_tokens");
        assert_eq!(of_limits.count(), 1);
    });
}

#[test]
fn uncounted_parts_leave_no_maximum_and_no_verdict() {
    let json =
        r#"{"messages": [{"role": "user", "content": "Hi"}], "tools": [{"type": "web_search"}], "max_tokens": 10}"#;
    with_estimate("gpt-4o", json, Terms::on(day()).output_tokens(5), |estimate| {
        let total = estimate.cost().total;
        assert_eq!((total.min.to_string().as_str(), total.expected, total.max), ("$0.00002", None, None));
        assert_eq!(estimate.fit().verdict(), Verdict::Unknown);
    });
}

/// At the edge: as many tokens as fit, and one more.
#[test]
fn a_request_fits_up_to_the_last_token() {
    let body = |output| format!(r#"{{"messages": [{{"role": "user", "content": "Hi"}}], "max_tokens": {output}}}"#);
    with_estimate("gpt-4", &body(8_184), Terms::on(day()), |estimate| {
        assert_eq!(estimate.fit().verdict(), Verdict::Fits);
    });
    with_estimate("gpt-4", &body(8_185), Terms::on(day()), |estimate| {
        let over = Exceeded::Context { input: 8, output: 8_185, limit: 8_192 };
        assert_eq!((estimate.fit().verdict(), estimate.fit().exceeded()), (Verdict::Exceeds, [over].as_slice()));
    });
}

#[test]
fn an_input_that_leaves_no_room_for_an_answer_does_not_fit() {
    let text = " a".repeat(8_192 - 7);
    let request = Request::from_text(text.as_bytes()).unwrap();
    let catalog = Catalog::builtin();
    let estimate = catalog.model("gpt-4").unwrap().estimate(&request, &Terms::on(day())).unwrap();
    assert_eq!((estimate.input().tokens(), estimate.fit().verdict()), (8_192, Verdict::Exceeds));
}

#[test]
fn a_count_range_across_a_limit_leaves_no_verdict() {
    let json = r#"{"messages": [{"role": "user", "name": "ann", "content": "Hi"}], "max_tokens": OUT}"#;
    let counted = count("gpt-4", &json.replace("OUT", "1")).0;
    let verdict = |output: u64| {
        let mut verdict = None;
        let json = json.replace("OUT", &output.to_string());
        with_estimate("gpt-4", &json, Terms::on(day()), |estimate| verdict = Some(estimate.fit().verdict()));
        verdict.unwrap()
    };
    assert_eq!(verdict(8_192 - counted - 1), Verdict::Fits);
    assert_eq!(verdict(8_192 - counted), Verdict::Unknown);
    assert_eq!(verdict(8_192 - counted + 1), Verdict::Unknown);
    assert_eq!(verdict(8_192 - counted + 2), Verdict::Exceeds);
}

#[test]
fn the_tier_of_the_terms_overrides_that_of_the_request() {
    let json = r#"{"messages": [{"role": "user", "content": "Hi"}], "service_tier": "flex"}"#;
    with_estimate("gpt-5", json, Terms::on(day()), |estimate| assert_eq!(estimate.tier(), Tier::Flex));
    with_estimate("gpt-5", json, Terms::on(day()).tier(Tier::Priority), |estimate| {
        let of_tiers = estimate.warnings().iter().filter(|warning| warning.path == "service_tier");
        assert_eq!((estimate.tier(), of_tiers.count()), (Tier::Priority, 1));
    });
    with_estimate("gpt-5", &json.replace("flex", "auto"), Terms::on(day()), |estimate| {
        assert_eq!(estimate.tier(), Tier::Standard);
    });
}

/// The rows of a table can be such that more input costs less; the minimum is still the lower end.
#[test]
fn a_count_range_across_two_rows_has_a_cost_range_over_both() {
    let mut catalog = Catalog::builtin();
    let table = r#"
        schema = 1
        [model."cliff"]
        encoding = "o200k_base"
        counting = "gpt-6"
        context = 1000
        price = [
          { per = "1M", input = "10", output = "1" },
          { per = "1M", above = 8, input = "1", output = "100" },
        ]"#;
    catalog.add_layer("cliff", table).unwrap();
    let request = Request::from_text(b"Hi").unwrap();
    let estimate = catalog.model("cliff").unwrap().estimate(&request, &Terms::on(day()).output_tokens(5)).unwrap();
    assert_eq!((estimate.input().min(), estimate.input().tokens(), estimate.input().max()), (3, 7, Some(11)));
    let (input, output) = (estimate.cost().input, estimate.cost().output);
    let shown = [input.min, input.expected.unwrap(), input.max.unwrap()].map(|amount| amount.to_string());
    assert_eq!(shown, ["$0.000003", "$0.00007", "$0.00011"]);
    assert_eq!(output.expected.unwrap().to_string(), "$0.000005", "at the row of the count");
    assert_eq!(output.max.unwrap().to_string(), "$0.0997", "at the dearest row of the bound");
}

/// The API's words for tiers, in a request, a response and on their own.
#[test]
fn service_tiers_are_named_as_in_the_api() {
    use gpt_cost::Tier;
    use gpt_cost::usage::Response;

    let estimate = |word: &str| {
        let json = format!(r#"{{"messages": [{{"role": "user", "content": "Hi"}}], "service_tier": "{word}"}}"#);
        let request = Request::from_json(json.as_bytes()).unwrap();
        let catalog = Catalog::builtin();
        let estimate = catalog.model("gpt-5.4").unwrap().estimate(&request, &Terms::on(day()));
        estimate.map(|estimate| estimate.tier()).map_err(|error| error.to_string())
    };
    let response = |word: &str| {
        let json = format!(r#"{{"model": "gpt-5.4", "service_tier": "{word}", "usage": {{"prompt_tokens": 1}}}}"#);
        Response::from_json(json.as_bytes()).map(|response| response.tier).map_err(|error| error.to_string())
    };
    let known = [
        ("auto", None),
        ("default", Some(Tier::Standard)),
        ("flex", Some(Tier::Flex)),
        ("priority", Some(Tier::Priority)),
        ("fast", Some(Tier::Priority)),
        ("ultrafast", Some(Tier::Ultrafast)),
    ];
    for (word, tier) in known {
        assert_eq!((Tier::from_api(word), response(word)), (Ok(tier), Ok(tier)), "{word}");
    }
    assert_eq!((estimate("fast"), estimate("auto")), (Ok(Tier::Priority), Ok(Tier::Standard)));
    let unknown =
        "service_tier: unknown service tier, expected auto, default, flex, priority, fast, ultrafast, batch or scale";
    let scale = "service_tier: the tier `scale` is paid in advance and has no price per token";
    for (word, error) in [("training", unknown), ("express", unknown), ("", unknown), ("scale", scale)] {
        assert_eq!((estimate(word), response(word)), (Err(error.to_owned()), Err(error.to_owned())), "{word}");
    }
}

#[test]
fn a_batch_line_costs_the_batch_tier_unless_a_tier_is_set() {
    use gpt_cost::Tier;

    let line = br#"{"custom_id": "a", "method": "POST", "url": "/v1/chat/completions",
        "body": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 10}}"#;
    let request = Request::from_json(line).unwrap();
    let catalog = Catalog::builtin();
    let estimate = |terms: Terms| {
        let estimate = catalog.model("gpt-4o-mini").unwrap().estimate(&request, &terms).unwrap();
        (estimate.tier(), estimate.cost().total.max.unwrap().to_string())
    };
    assert_eq!(estimate(Terms::on(day())), (Tier::Batch, "$0.0000036".to_owned()));
    assert_eq!(estimate(Terms::on(day()).tier(Tier::Standard)), (Tier::Standard, "$0.0000072".to_owned()));
}

/// An estimate and a baseline price a usage by the same rule: on the same day, by the same table, nothing changes.
#[test]
fn an_unchanged_request_has_no_change_of_price() {
    use gpt_cost::budget::{Baseline, Entry};
    use gpt_cost::source::Place;
    use gpt_cost::{Cached, Tier};

    let catalog = Catalog::builtin();
    let texts = [
        r#"{"messages": [{"role": "user", "content": "Hi there"}], "max_tokens": 500}"#,
        r#"{"messages": [{"role": "user", "content": "Hi"}], "modalities": ["text", "audio"], "max_tokens": 500}"#,
        r#"{"input": "a text"}"#,
    ];
    let mut compared = 0;
    for text in texts {
        let request = Request::from_json(text.as_bytes()).unwrap();
        for model in catalog.models().into_iter().map(|found| found.model) {
            for tier in Tier::ALL {
                let terms = Terms::on(day()).tier(*tier).cached(Cached::Tokens(3));
                let Ok(estimate) = catalog.model(model.name()).unwrap().estimate(&request, &terms) else { continue };
                let mut baseline = Baseline::default();
                baseline
                    .requests
                    .insert(Place::file("p.json"), Entry::from_estimate(&estimate, None, "content".to_owned()));
                let changes = baseline.changes(&baseline, &Baseline::default(), &catalog, day());
                assert!(!changes[0].is_any());
                let parts = (changes[0].prompt.amount(), changes[0].price.amount());
                assert_eq!(parts, (0.into(), 0.into()), "{} {tier:?} {text}", model.name());
                compared += 1;
            }
        }
    }
    assert!(compared > 300, "{compared} estimates");
}

#[test]
fn extreme_numbers_do_not_overflow() {
    let most = u32::MAX.to_string();
    let json = format!(r#"{{"messages": [{{"role": "user", "content": "Hi"}}], "max_tokens": {most}, "n": 128}}"#);
    with_estimate("gpt-4-32k", &json, Terms::on(day()).output_tokens(u32::MAX), |estimate| {
        assert_eq!(estimate.fit().verdict(), Verdict::Exceeds);
        assert_eq!(estimate.cost().output.max.unwrap().to_string(), "$65,970,697.6512");
    });
}

/// Each input to the Embeddings API has its own limit, and the request has other limits.
#[test]
fn limits_of_embeddings_and_prompts_are_per_input() {
    let body = |input: &[String]| serde_json::json!({"model": "text-embedding-3-small", "input": input}).to_string();
    let fit = |inputs: &[String]| {
        let mut found = None;
        with_estimate("text-embedding-3-small", &body(inputs), Terms::on(day()), |estimate| {
            let exceeded: Vec<String> = estimate.fit().exceeded().iter().map(ToString::to_string).collect();
            assert_eq!(estimate.cost().total.expected, estimate.cost().input.expected, "an embedding costs its input");
            found = Some((estimate.fit().verdict(), exceeded));
        });
        found.unwrap()
    };
    let text = |tokens: usize| " a".repeat(tokens);
    assert_eq!(fit(&vec![text(2_000); 10]), (Verdict::Fits, vec![]));
    let (verdict, exceeded) = fit(&[text(10), text(8_300)]);
    assert_eq!(verdict, Verdict::Exceeds);
    assert!(exceeded[0].contains("an input of 8,300 tokens exceeds the context window of"), "{exceeded:?}");
    let (_, exceeded) = fit(&vec![text(1); 3_000]);
    assert_eq!(exceeded, ["3,000 inputs exceed the maximum of 2,048 per request by 952"]);
    let (_, exceeded) = fit(&vec![text(8_000); 40]);
    assert_eq!(exceeded, ["320,000 tokens of all inputs together exceed the maximum of 300,000 per request by 20,000"]);

    // Each prompt of a completion has its own context.
    let body = serde_json::json!({"model": "gpt-3.5-turbo-instruct", "prompt": [text(3_000), text(3_000)]}).to_string();
    with_estimate("gpt-3.5-turbo-instruct", &body, Terms::on(day()), |estimate| {
        assert_eq!(estimate.fit().verdict(), Verdict::Fits);
        assert_eq!(estimate.output().max, Some(2 * (4_096 - 3_000)));
    });
}

/// Between the stricter and the larger documented limit a request fits with a warning; above the larger it does not
/// fit.
#[test]
fn a_model_with_two_documented_limits_warns_between_them() {
    let verdict = |tokens: usize| {
        let mut found = None;
        let json = serde_json::json!([{"role": "user", "content": " a".repeat(tokens)}]).to_string();
        with_estimate("gpt-3.5-turbo", &json, Terms::on(day()), |estimate| {
            let warns = estimate
                .warnings()
                .iter()
                .any(|one| one.message.contains("stricter documented context window of 4,096"));
            found = Some((estimate.fit().verdict(), warns, estimate.output().max));
        });
        found.unwrap()
    };
    assert_eq!(verdict(1_000), (Verdict::Fits, false, Some(4_096 - 1_007)));
    assert_eq!(verdict(5_000), (Verdict::Fits, true, Some(16_385 - 5_007)));
    assert_eq!(verdict(16_400).0, Verdict::Exceeds);
}

/// An expected output above the request's own limit is reduced to it.
#[test]
fn expected_output_is_no_more_than_the_request_allows() {
    let json = r#"{"messages": [{"role": "user", "content": "Hi"}], "max_completion_tokens": 200, "n": 2}"#;
    with_estimate("gpt-4.1", json, Terms::on(day()).output_tokens(1_000), |estimate| {
        assert_eq!((estimate.output().expected, estimate.output().max), (Some(400), Some(400)));
        assert_eq!(estimate.cost().total.expected, estimate.cost().total.max);
        assert!(
            estimate.warnings()[0]
                .message
                .contains("the expected output of 1,000 tokens exceeds this limit; 400 tokens are used")
        );
        assert_eq!(estimate.fit().verdict(), Verdict::Fits);
    });
}

/// Uncounted input does not change the price of the output.
#[test]
fn known_output_keeps_its_price_despite_uncounted_input() {
    let json = r#"{"input": "Hi", "previous_response_id": "x", "max_output_tokens": 300}"#;
    with_estimate("gpt-4.1", json, Terms::on(day()), |estimate| {
        assert_eq!((estimate.input().label(), estimate.cost().input.max), (Label::AtLeast, None));
        assert_eq!(estimate.cost().output.max.unwrap().to_string(), "$0.0024");
        assert_eq!(estimate.cost().total.max, None);
    });
    // If there is another price above a number of tokens, the higher one can apply.
    with_estimate("gpt-5.4", json, Terms::on(day()), |estimate| {
        let rows: Vec<_> = estimate.model().sheet(day(), Tier::Standard).collect();
        let most = rows.iter().map(|row| row.rate(gpt_cost::catalog::Field::Output).unwrap().cost(300)).max();
        assert_eq!((estimate.cost().output.max, rows.len()), (most, 2));
    });
}
