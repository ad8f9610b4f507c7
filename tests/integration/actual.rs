//! What `actual` reads and charges: one response of each shape of the API, in words and numbers of our own, on prices
//! per million tokens that make each sum easy to check by hand.

use gpt_cost::money::Uplift;
use gpt_cost::usage::{Outcome, Response, ToolKind, responses};
use gpt_cost::{Catalog, Date, Tier};
use proptest::prelude::*;

/// A model with every price, one without prices of images, and one with batch prices.
const PRICES: &str = r#"
schema = 1
[model."all"]
kind = "realtime"
encoding = "unknown"
price = { per = "1M", input = "4", cached = "0.4", write = "5", write_long = "8", output = "16", audio_in = "32", audio_cached = "0.5", audio_out = "64", image_in = "6", image_cached = "0.6", image_out = "40" }
[model."ears"]
kind = "audio"
encoding = "unknown"
price = { per = "minute", amount = "0.012" }
[model."text"]
encoding = "o200k_base"
counting = "gpt-5"
price = [
  { per = "1M", input = "4", cached = "0.4", output = "16" },
  { per = "1M", tier = "batch", input = "2", cached = "0.2", output = "8" },
]
"#;

/// Returns the charges of a response and their sum, such as `input 5, output 1: $0.000036`, or the error.
fn bill(model: &str, response: &str) -> String {
    let mut catalog = Catalog::builtin();
    catalog.add_layer("prices", PRICES).unwrap();
    let response = match Response::from_json(response.as_bytes()) {
        Ok(response) => response,
        Err(error) => return error.to_string(),
    };
    let (day, tier) = (Date::constant(2026, 11, 24), response.tier.unwrap_or(Tier::Standard));
    match catalog.model(model).unwrap().bill_response(&response, day, tier, Uplift::NONE) {
        Ok(bill) => {
            let charges = bill.charges.iter().map(|charge| format!("{} {}", charge.kind, charge.tokens));
            let units = bill.units.iter().map(|unit| format!("{} {}", unit.name, unit.in_words()));
            format!("{}: {}", charges.chain(units).collect::<Vec<_>>().join(", "), bill.total)
        }
        Err(error) => error.to_string(),
    }
}

fn usage(usage: &str) -> String {
    format!(r#"{{"model": "all", "usage": {usage}}}"#)
}

#[test]
fn chat_completions_with_cache_and_reasoning() {
    let response = usage(
        r#"{"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1050,
        "prompt_tokens_details": {"cached_tokens": 400, "cache_write_tokens": 100, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 20, "accepted_prediction_tokens": 5,
            "rejected_prediction_tokens": 3, "audio_tokens": 0}}"#,
    );
    // 500 × 4 + 400 × 0.4 + 100 × 5 + 50 × 16 = 3,460
    assert_eq!(bill("all", &response), "input 500, cached_input 400, cache_writes 100, output 50: $0.00346");
}

#[test]
fn chat_completions_with_audio() {
    let response = usage(
        r#"{"prompt_tokens": 300, "completion_tokens": 90,
        "prompt_tokens_details": {"text_tokens": 100, "audio_tokens": 200, "image_tokens": 0, "cached_tokens": 0},
        "completion_tokens_details": {"text_tokens": 30, "audio_tokens": 60, "reasoning_tokens": 0}}"#,
    );
    // 100 × 4 + 200 × 32 + 30 × 16 + 60 × 64 = 11,120
    assert_eq!(bill("all", &response), "input 100, audio_input 200, output 30, audio_output 60: $0.01112");
}

/// Images without a price of their own are input, cached or not. With one, it matters which tokens were cached.
#[test]
fn chat_completions_with_images() {
    let with = |cached: u64| {
        usage(&format!(
            r#"{{"prompt_tokens": 500, "completion_tokens": 0,
            "prompt_tokens_details": {{"text_tokens": 200, "image_tokens": 300, "cached_tokens": {cached}}}}}"#
        ))
    };
    // 400 × 4 + 100 × 0.4 = 1,640
    assert_eq!(bill("text", &with(100)), "input 400, cached_input 100: $0.00164");
    // 200 × 4 + 300 × 6 = 2,600
    assert_eq!(bill("all", &with(0)), "input 200, image_input 300: $0.0026");
    // 200 × 0.4 + 300 × 0.6 = 260
    assert_eq!(bill("all", &with(500)), "cached_input 200, cached_image_input 300: $0.00026");
    assert_eq!(
        bill("all", &with(100)),
        "the usage does not report how many of its cached tokens are text, audio and images, which have different prices"
    );
    assert_eq!(bill("text", &with(501)), "usage: 501 cached and written tokens exceed the 500 input tokens");
}

#[test]
fn responses_with_writes_for_12_hours() {
    let with = |details: &str| {
        usage(&format!(
            r#"{{"input_tokens": 2000, "output_tokens": 10, "total_tokens": 2010,
            "input_tokens_details": {{"cached_tokens": 500, "cache_write_tokens": 300,
                "cache_write_tokens_details": {details}}},
            "output_tokens_details": {{"reasoning_tokens": 4}}}}"#
        ))
    };
    // 1,200 × 4 + 500 × 0.4 + 100 × 5 + 200 × 8 + 10 × 16 = 7,260
    let expected = "input 1200, cached_input 500, cache_writes 100, long_cache_writes 200, output 10: $0.00726";
    assert_eq!(bill("all", &with(r#"{"ttl_12h_tokens": 200, "ttl_30m_tokens": 100}"#)), expected);
    assert_eq!(bill("all", &with(r#"{"ttl_12h_tokens": 200}"#)), expected);
    assert_eq!(
        bill("text", &with(r#"{"ttl_12h_tokens": 200, "ttl_30m_tokens": 100}"#)),
        "`text` has no standard price for long cache writes on 2026-11-24"
    );
    let path = "usage.input_tokens_details.cache_write_tokens_details";
    assert_eq!(
        bill("all", &with(r#"{"ttl_12h_tokens": 200, "ttl_30m_tokens": 0}"#)),
        format!("{path}: 200 12-hour and 30-minute tokens are not the 300 cache write tokens")
    );
    assert_eq!(
        bill("all", &with(r#"{"ttl_12h_tokens": 0, "ttl_30m_tokens": 299, "ttl_90d_tokens": 1}"#)),
        format!("{path}.ttl_90d_tokens: these tokens are of an unknown kind, and their price is unknown")
    );
}

#[test]
fn the_end_of_a_realtime_response() {
    let response = r#"{"type": "response.done", "event_id": "e", "response": {"id": "r", "status": "completed",
        "usage": {"total_tokens": 1200, "input_tokens": 1000, "output_tokens": 200,
            "input_token_details": {"text_tokens": 300, "audio_tokens": 600, "image_tokens": 100, "cached_tokens": 550,
                "cached_tokens_details": {"text_tokens": 100, "audio_tokens": 400, "image_tokens": 50}},
            "output_token_details": {"text_tokens": 50, "audio_tokens": 150}}}}"#;
    // 200 × 4 + 100 × 0.4 + 200 × 32 + 400 × 0.5 + 50 × 6 + 50 × 0.6 + 50 × 16 + 150 × 64 = 18,170
    assert_eq!(
        bill("all", response),
        "input 200, cached_input 100, audio_input 200, cached_audio_input 400, image_input 50, \
         cached_image_input 50, output 50, audio_output 150: $0.01817"
    );
    assert_eq!(
        bill("all", &response.replace("\"audio_tokens\": 400", "\"audio_tokens\": 399")),
        "response.usage.input_token_details.cached_tokens_details: 549 text, audio and image tokens are not the 550 \
         cached tokens"
    );
    assert_eq!(
        bill("all", &response.replace("\"text_tokens\": 300", "\"text_tokens\": 200")),
        "response.usage.input_token_details: 900 text, audio and image tokens are not the 1,000 input tokens"
    );
    assert_eq!(
        bill("all", &response.replace("\"audio_tokens\": 150", "\"audio_tokens\": 149")),
        "response.usage.output_token_details: 199 text, audio and image tokens are not the 200 output tokens"
    );
    let more_cached = response.replace("550", "700").replace("\"audio_tokens\": 400", "\"audio_tokens\": 550");
    let more_cached = more_cached.replace("\"audio_tokens\": 600", "\"audio_tokens\": 500").replace("300", "400");
    assert_eq!(bill("all", &more_cached), "response.usage: 550 cached audio tokens exceed the 500 audio input tokens");
}

/// The first Realtime models did not report what was cached: it is known only if nothing or everything was.
#[test]
fn cached_tokens_of_an_unknown_kind() {
    let with = |text: u64, audio: u64, cached: u64| {
        usage(&format!(
            r#"{{"input_tokens": 100, "output_tokens": 0,
            "input_token_details": {{"text_tokens": {text}, "audio_tokens": {audio}, "cached_tokens": {cached}}}}}"#
        ))
    };
    let unknown = "the usage does not report how many of its cached tokens are text, audio and images, which have different prices";
    assert_eq!(bill("all", &with(40, 60, 30)), unknown);
    assert_eq!(bill("all", &with(100, 0, 30)), "input 70, cached_input 30: $0.000292");
    assert_eq!(bill("all", &with(40, 60, 100)), "cached_input 40, cached_audio_input 60: $0.000046");
    assert_eq!(bill("all", &with(40, 60, 0)), "input 40, audio_input 60: $0.00208");
    assert_eq!(
        bill("text", &with(40, 60, 100)),
        "`text` has no standard price for cached audio input on 2026-11-24",
        "an unknown price is not zero"
    );
}

#[test]
fn transcriptions_by_tokens() {
    let usage = r#"{"type": "tokens", "total_tokens": 120, "input_tokens": 100, "output_tokens": 20,
        "input_token_details": {"text_tokens": 10, "audio_tokens": 90}}"#;
    // 10 × 4 + 90 × 32 + 20 × 16 = 3,240
    let expected = "input 10, audio_input 90, output 20: $0.00324";
    for before in [
        r#""text": "Good morning.""#,
        r#""type": "transcript.text.done", "text": "Good morning.""#,
        r#""type": "conversation.item.input_audio_transcription.completed", "transcript": "Good morning.""#,
        r#""task": "transcribe", "duration": 2.5, "segments": []"#,
    ] {
        assert_eq!(bill("all", &format!(r#"{{{before}, "usage": {usage}}}"#)), expected);
    }
}

#[test]
fn transcriptions_by_the_minute_are_priced_by_their_seconds() {
    let response = r#"{"text": "Good morning.", "usage": {"type": "duration", "seconds": 12.5}}"#;
    // 12.5 × 0.012 / 60
    assert_eq!(bill("ears", response), "audio 12.5 seconds: $0.0025");
    assert_eq!(bill("all", response), "`all` has no price by the minute on 2026-11-24");
    assert_eq!(
        bill("ears", r#"{"usage": {"input_tokens": 1}}"#),
        "`ears` has no price for tokens: it costs $0.012 / minute"
    );
    for seconds in ["-1", "null", "\"12\"", "1e12"] {
        let response = format!(r#"{{"usage": {{"type": "duration", "seconds": {seconds}}}}}"#);
        assert_eq!(bill("ears", &response), "usage.seconds: expected a number of seconds");
    }
}

#[test]
fn speech_is_audio_output() {
    let response =
        r#"{"type": "speech.audio.done", "usage": {"input_tokens": 20, "output_tokens": 300, "total_tokens": 320}}"#;
    // 20 × 4 + 300 × 64 = 19,280
    assert_eq!(bill("all", response), "input 20, audio_output 300: $0.01928");
}

/// An output of images without a breakdown is images; with one, its text costs what text costs.
#[test]
fn generated_images_are_not_billed_as_text() {
    let usage = r#"{"total_tokens": 1150, "input_tokens": 150, "output_tokens": 1000,
        "input_tokens_details": {"text_tokens": 50, "image_tokens": 100}"#;
    let details = r#", "output_tokens_details": {"image_tokens": 900, "text_tokens": 100}"#;
    for (before, details) in [
        (r#""created": 1790000000, "data": [{"b64_json": "AAAA"}]"#, ""),
        (r#""created": 1790000000, "data": [{"url": "https://example.com/a.png"}]"#, ""),
        (r#""created": 1790000000, "data": [{"b64_json": "AAAA"}]"#, details),
        (r#""type": "image_generation.completed", "b64_json": "AAAA""#, ""),
        (r#""type": "image_edit.completed", "b64_json": "AAAA""#, ""),
    ] {
        let response = format!(r#"{{{before}, "usage": {usage}{details}}}}}"#);
        let expected = match details.is_empty() {
            // 50 × 4 + 100 × 6 + 1,000 × 40 = 40,800
            true => "input 50, image_input 100, image_output 1000: $0.0408",
            // 50 × 4 + 100 × 6 + 100 × 16 + 900 × 40 = 38,400
            false => "input 50, image_input 100, output 100, image_output 900: $0.0384",
        };
        assert_eq!(bill("all", &response), expected);
        // Images of input are text where they have no price of their own; images of output have no price then.
        assert_eq!(bill("text", &response), "`text` has no standard price for image output on 2026-11-24");
    }
}

/// The built-in rows of models that make images, with a breakdown of all that they can charge.
#[test]
fn models_that_make_images_charge_them_at_their_own_prices() {
    let with = |output: &str| {
        usage(&format!(
            r#"{{"input_tokens": 370, "output_tokens": 1096,
            "input_tokens_details": {{"text_tokens": 70, "image_tokens": 300, "cached_tokens": 120,
                "cached_tokens_details": {{"text_tokens": 20, "image_tokens": 100}}}},
            "output_tokens_details": {output}}}"#
        ))
    };
    let input = "input 50, cached_input 20, image_input 200, cached_image_input 100";
    let images = with(r#"{"image_tokens": 1096, "text_tokens": 0}"#);
    // 50 × 5 + 20 × 1.25 + 200 × 8 + 100 × 2 + 1,096 × 30 = 34,955
    assert_eq!(bill("gpt-image-2", &images), format!("{input}, image_output 1096: $0.034955"));
    // 50 × 5 + 20 × 1.25 + 200 × 10 + 100 × 2.50 + 1,096 × 40 = 46,365
    assert_eq!(bill("gpt-image-1", &images), format!("{input}, image_output 1096: $0.046365"));
    let batch = images.replacen('{', r#"{"service_tier": "batch", "#, 1);
    // 50 × 2.50 + 20 × 0.625 + 200 × 4 + 100 × 1 + 1,096 × 15 = 17,477.5
    assert_eq!(bill("gpt-image-2.5-flare", &batch), format!("{input}, image_output 1096: $0.0174775"));
    let both = with(r#"{"image_tokens": 1056, "text_tokens": 40}"#);
    // 50 × 5 + 20 × 1.25 + 200 × 8 + 100 × 2 + 40 × 10 + 1,056 × 32 = 36,267
    assert_eq!(bill("chatgpt-image-latest", &both), format!("{input}, output 40, image_output 1056: $0.036267"));
    assert_eq!(bill("gpt-image-2", &both), "`gpt-image-2` has no standard price for output on 2026-11-24");
}

#[test]
fn embeddings_and_completions() {
    let embeddings = r#"{"object": "list", "data": [{"object": "embedding", "embedding": [0.5]}], "model": "text",
        "usage": {"prompt_tokens": 500, "total_tokens": 500}}"#;
    assert_eq!(bill("text", embeddings), "input 500: $0.002");
    let completion = r#"{"object": "text_completion", "choices": [{"text": "!"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}}"#;
    // 5 × 4 + 7 × 16 = 132
    assert_eq!(bill("text", completion), "input 5, output 7: $0.000132");
}

#[test]
fn responses_with_prices_of_their_own_are_refused() {
    let usage = r#""usage": {"input_tokens": 5, "output_tokens": 1}"#;
    let decision = format!(r#"{{"model": "text", "answers": [{{"type": "score", "score": 1.5}}], {usage}}}"#);
    assert_eq!(bill("text", &decision), "`text` has no decisions price");
    // 5 × 0.1 = 0.5, and the output is free.
    assert_eq!(bill("gpt-6-luna", &decision), "input 5, output 1: $0.0000005");
    assert_eq!(
        bill("gpt-6-luna", &format!(r#"{{"response": {{"body": {decision}}}}}"#)),
        "response.body: the price of the Decisions API in a batch is in no table"
    );
    assert_eq!(
        bill("text", &format!(r#"{{"object": "batch", "model": "text", {usage}}}"#)),
        "this is a batch, whose usage is the sum of its requests: the price can depend on each"
    );
    assert_eq!(
        bill("text", &format!(r#"{{"data": [], "svg_usage": {{"output_tokens": 3}}, {usage}}}"#)),
        "svg_usage: the price of this usage is in no table"
    );
    assert_eq!(
        bill("text", r#"{"error": {"message": "no", "code": "x"}}"#),
        "the request failed, so that no usage was billed"
    );
}

/// Zeros of an unknown kind are no tokens; other numbers have an unknown price.
#[test]
fn unknown_kinds_of_tokens_are_never_text() {
    let unknown = "these tokens are of an unknown kind, and their price is unknown";
    for (details, path) in [
        (r#""prompt_tokens_details": {"video_tokens": 7}"#, "usage.prompt_tokens_details.video_tokens"),
        (
            r#""prompt_tokens_details": {"cached_tokens": 2, "cached_tokens_details": {"video_tokens": 2}}"#,
            "usage.prompt_tokens_details.cached_tokens_details.video_tokens",
        ),
        (r#""prompt_tokens_details": {"more": {"a": [0, 1]}}"#, "usage.prompt_tokens_details.more.a[1]"),
        (r#""completion_tokens_details": {"tool_tokens": 3}"#, "usage.completion_tokens_details.tool_tokens"),
        (r#""side_tokens_details": {"text_tokens": 3}"#, "usage.side_tokens_details.text_tokens"),
    ] {
        let response = usage(&format!(r#"{{"prompt_tokens": 10, "completion_tokens": 4, {details}}}"#));
        assert_eq!(bill("all", &response), format!("{path}: {unknown}"));
        let zero = response.replace(" 7}", " 0}").replace(": 3}", ": 0}").replace(" 1]", " 0]");
        let zero = zero.replace(r#""cached_tokens": 2, "#, r#""cached_tokens": 0, "#).replace(" 2}", " 0}");
        assert_eq!(bill("all", &zero), "input 10, output 4: $0.000104", "{zero}");
    }
    assert_eq!(
        bill("all", &usage(r#"{"prompt_tokens": 1, "prompt_tokens_details": [3]}"#)),
        "usage.prompt_tokens_details: expected an object, found an array"
    );
}

#[test]
fn a_line_of_a_batch_is_billed_at_the_batch_price() {
    let line = r#"{"id": "b", "custom_id": "one", "error": null, "response": {"status_code": 200, "body": {"model": "text",
        "created": 1790000000, "service_tier": "default", "usage": {"prompt_tokens": 30, "completion_tokens": 10}}}}"#;
    // 30 × 2 + 10 × 8 = 140
    assert_eq!(bill("text", line), "input 30, output 10: $0.00014");
    assert_eq!(
        bill("text", &line.replace("\"prompt_tokens\": 30", "\"prompt_tokens\": true")),
        "response.body.usage.prompt_tokens: expected a whole number of tokens, found a boolean"
    );
}

#[test]
fn calls_of_built_in_tools_are_counted() {
    let output = r#"[{"type": "web_search_call", "action": {"type": "search"}}, {"type": "web_search_call",
        "action": {"type": "open_page"}}, {"type": "web_search_call"}, {"type": "file_search_call"},
        {"type": "code_interpreter_call"}, {"type": "image_generation_call"}, {"type": "function_call"},
        {"type": "shell_call", "environment": {"type": "local"}},
        {"type": "shell_call", "environment": {"type": "container_reference"}}, {"type": "message"}]"#;
    let read = |more: &str| {
        let response = format!(r#"{{"model": "text", "usage": {{"input_tokens": 5, "output_tokens": 1}}{more}}}"#);
        Response::from_json(response.as_bytes()).unwrap().tool_calls.into_iter().collect::<Vec<_>>()
    };
    let others = [
        (ToolKind::FileSearch, 1),
        (ToolKind::CodeInterpreter, 1),
        (ToolKind::HostedShell, 1),
        (ToolKind::ImageGeneration, 1),
    ];
    let searches = |calls: u64| [&[(ToolKind::WebSearch, calls)][..], &others].concat();
    assert_eq!(read(&format!(r#", "output": {output}"#)), searches(2));
    // The API's own count is what it bills.
    let reported = |searches: u64| format!(r#", "tool_usage": {{"web_search": {{"num_requests": {searches}}}}}"#);
    assert_eq!(read(&format!(r#", "output": {output}{}"#, reported(1))), searches(1));
    assert_eq!(read(&format!(r#", "output": {output}{}"#, reported(0))), others);
    assert_eq!(read(r#", "tool_usage": {"image_gen": {"total_tokens": 90}}"#), [(ToolKind::ImageGeneration, 1)]);
    assert_eq!(read(r#", "tool_usage": {"image_gen": {"total_tokens": 0}}"#), []);
    let sources = r#", "choices": [{"message": {"annotations": [{"type": "url_citation"}]}}]"#;
    assert_eq!(read(sources), [(ToolKind::WebSearch, 1)]);
    assert_eq!(read(r#", "choices": [{"message": {"annotations": []}}]"#), []);
}

/// The responses of a Realtime session name no model: the session does, and another one for transcriptions.
#[test]
fn the_models_of_a_session() {
    let usage = r#""usage": {"input_tokens": 6, "output_tokens": 1}"#;
    let transcribed = format!(r#"{{"type": "conversation.item.input_audio_transcription.completed", {usage}}}"#);
    let done = format!(r#"{{"type": "response.done", "response": {{"id": "r", {usage}}}}}"#);
    for transcription in [
        r#""audio": {"input": {"transcription": {"model": "hears"}}}"#,
        r#""input_audio_transcription": {"model": "hears"}"#,
    ] {
        let created = format!(r#"{{"type": "session.created", "session": {{"model": "speaks", {transcription}}}}}"#);
        let session = [created.as_str(), &transcribed, &done].join("\n");
        let models: Vec<_> = responses("f", session.as_bytes())
            .into_iter()
            .map(|one| match one.outcome {
                Outcome::Response(response) => response.model.unwrap(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(models, ["hears", "speaks"]);
    }
}

#[test]
fn searches_show_in_the_chunks_of_a_chat() {
    let chunk = |rest: &str| format!(r#"data: {{"id": "x", "object": "chat.completion.chunk", {rest}}}"#);
    let stream = [
        chunk(r#""choices": [{"delta": {"annotations": [{"type": "url_citation"}]}}]"#),
        chunk(r#""choices": [{"delta": {"content": "."}}]"#),
        chunk(r#""choices": [], "usage": {"prompt_tokens": 3}"#),
    ];
    let [one] = <[_; 1]>::try_from(responses("f", stream.join("\n").as_bytes())).unwrap();
    let Outcome::Response(response) = one.outcome else { panic!("a response") };
    assert_eq!(response.tool_calls.into_iter().collect::<Vec<_>>(), [(ToolKind::WebSearch, 1)]);
}

/// Returns the places of a file's responses with their input tokens, or with why there are none.
fn found(text: &str) -> Vec<String> {
    let one = |outcome: Outcome| match outcome {
        Outcome::Response(response) => response.usage.input.to_string(),
        Outcome::Failed(reason) => format!("failed: {reason}"),
        Outcome::Unreadable(error) => error.to_string(),
    };
    responses("f", text.as_bytes())
        .into_iter()
        .map(|reported| match &reported.outcome {
            Outcome::Unreadable(_) => one(reported.outcome),
            _ => format!("{} {}", reported.place, one(reported.outcome)),
        })
        .collect()
}

#[test]
fn files_with_several_responses() {
    let one = |input: u64| format!(r#"{{"model": "text", "usage": {{"prompt_tokens": {input}}}}}"#);
    assert_eq!(found(&one(3)), ["f 3"]);
    assert_eq!(found(&format!("{}\n\n{}\n", one(3), one(4))), ["f:1 3", "f:3 4"]);
    assert_eq!(found(&format!("[{},\n{}]", one(3), one(4))), ["f#/0 3", "f#/1 4"]);
    assert_eq!(
        found(&format!("{}\n{{\"model\": \"text\"}}\nnonsense\n{}", one(3), one(4))),
        [
            "f:1 3",
            "f:2: the field `usage` is missing; a streamed response has it if its request sets \
             stream_options.include_usage",
            "f:3:2: not valid JSON: expected ident",
            "f:4 4"
        ]
    );
}

#[test]
fn the_output_and_error_files_of_a_batch() {
    let text = r#"{"id": "1", "custom_id": "a", "response": {"status_code": 200, "body": {"model": "text", "usage": {"prompt_tokens": 3}}}, "error": null}
{"id": "2", "custom_id": "b", "response": {"status_code": 429, "body": {"error": {"code": "rate_limit_exceeded", "message": "too fast"}}}, "error": null}
{"id": "3", "custom_id": "c", "response": null, "error": {"code": "batch_expired", "message": "too late"}}
{"id": "4", "custom_id": "d", "response": {"status_code": 500, "body": {"error": {"code": "Some text of a prompt"}}}}"#;
    assert_eq!(
        found(text),
        ["f:1 3", "f:2 failed: status 429, rate_limit_exceeded", "f:3 failed: batch_expired", "f:4 failed: status 500"]
    );
    let array = format!("[{}]", text.replace('\n', ","));
    assert_eq!(found(&array)[1..3], ["f#/1 failed: status 429, rate_limit_exceeded", "f#/2 failed: batch_expired"]);
    let ids: Vec<_> = responses("f", text.as_bytes()).into_iter().map(|one| one.custom_id.unwrap()).collect();
    assert_eq!(ids, ["a", "b", "c", "d"]);
}

#[test]
fn streams_have_the_usage_at_the_end() {
    let chunk = |id: &str, usage: &str| {
        format!(
            r#"data: {{"id": "{id}", "object": "chat.completion.chunk", "model": "text", "choices": [], "usage": {usage}}}"#
        )
    };
    let usage = |input: u64| format!(r#"{{"prompt_tokens": {input}}}"#);
    let chat = [chunk("x", "null"), chunk("x", "null"), chunk("x", &usage(9)), "data: [DONE]".to_owned()].join("\n\n");
    assert_eq!(found(&chat), ["f:5 9"]);
    // Some servers repeat the usage in each chunk: the last one is the sum.
    let repeated = [chunk("x", &usage(8)), chunk("x", &usage(9)), chunk("y", &usage(2))].join("\n");
    assert_eq!(found(&repeated), ["f:2 9", "f:3 2"]);
    assert_eq!(found(&format!("{chat}\n\n{chat}")), ["f:5 9", "f:13 9"]);
    let cut = chunk("x", "null");
    assert_eq!(
        found(&cut),
        [
            "f:1: the stream ends without a usage; set stream_options: {\"include_usage\": true} in the request to get one"
        ]
    );
    assert_eq!(found("data: {"), ["f:1:1: not valid JSON: EOF while parsing an object"]);
    assert_eq!(found("event: ping\ndata: {\"type\": \"ping.pong\"}\n"), ["f: no event has a usage"]);
}

#[test]
fn streams_of_events() {
    let created = r#"{"type": "response.created", "response": {"id": "r", "status": "in_progress", "usage": null}}"#;
    let delta = r#"{"type": "response.output_text.delta", "item_id": "m", "delta": "Hi"}"#;
    let completed = r#"{"type": "response.completed", "response": {"id": "r", "status": "completed", "model": "text", "usage": {"input_tokens": 6, "output_tokens": 1}}}"#;
    let sse = |events: &[&str]| events.iter().map(|event| format!("event: e\ndata: {event}\n\n")).collect::<String>();
    assert_eq!(found(&sse(&[created, delta, completed])), ["f:8 6"]);
    assert_eq!(
        found(&sse(&[created, delta])),
        ["f:2: the stream ends without an event that has the usage, such as response.completed"]
    );
    let failed = r#"{"type": "response.failed", "response": {"id": "r", "status": "failed", "usage": null}}"#;
    assert_eq!(found(&sse(&[created, failed])), ["f:5 failed: its status is failed"]);
    assert_eq!(found(&[created, delta, completed].join("\n")), ["f:3 6"], "events as JSON Lines");
    // A Realtime session has several responses, and events after the last one.
    let done = completed.replace("response.completed", "response.done");
    let second = done.replace("\"r\"", "\"s\"").replace(": 6,", ": 7,");
    let session = [
        r#"{"type": "session.created", "session": {"id": "q"}}"#,
        &done,
        &second,
        r#"{"type": "rate_limits.updated"}"#,
    ];
    assert_eq!(found(&session.join("\n")), ["f:2 6", "f:3 7"]);
    let speech = r#"{"type": "speech.audio.done", "usage": {"input_tokens": 4, "output_tokens": 8}}"#;
    assert_eq!(found(&sse(&[r#"{"type": "speech.audio.delta", "audio": "AA"}"#, speech])), ["f:5 4"]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is cached, the charges count each token once.
    #[test]
    fn each_token_is_charged_once(cached in proptest::array::uniform3(0u64..1_000_000), uncached in proptest::array::uniform3(0u64..1_000_000), output in proptest::array::uniform2(0u64..1_000_000)) {
        let [text, audio, images] = [0, 1, 2].map(|kind| cached[kind] + uncached[kind]);
        let (input, all_cached, all_output) = (text + audio + images, cached.iter().sum::<u64>(), output[0] + output[1]);
        let [cached_text, cached_audio, cached_images] = cached;
        let [output_text, output_audio] = output;
        let response = usage(&format!(
            r#"{{"input_tokens": {input}, "output_tokens": {all_output}, "input_token_details": {{"text_tokens": {text},
            "audio_tokens": {audio}, "image_tokens": {images}, "cached_tokens": {all_cached}, "cached_tokens_details": {{
            "text_tokens": {cached_text}, "audio_tokens": {cached_audio}, "image_tokens": {cached_images}}}}},
            "output_token_details": {{"text_tokens": {output_text}, "audio_tokens": {output_audio}}}}}"#
        ));
        let mut catalog = Catalog::builtin();
        catalog.add_layer("prices", PRICES).unwrap();
        let usage = Response::from_json(response.as_bytes()).unwrap().usage;
        let bill = catalog.model("all").unwrap().bill(&usage, Date::constant(2026, 11, 24), Tier::Standard).unwrap();
        prop_assert_eq!(bill.charges.iter().map(|charge| charge.tokens).sum::<u64>(), input + all_output);
    }

    /// Any file has at least one result, and no file causes a panic.
    #[test]
    fn any_file_is_read(pieces in proptest::collection::vec(prop_oneof![
        Just("data: "), Just("\n"), Just("[DONE]"), Just("{\"usage\": {\"prompt_tokens\": 1}}"), Just("["), Just("]"), Just(","),
        Just("{\"custom_id\": \"a\", \"response\": null}"), Just("{\"type\": \"a.b\", \"response\": {\"id\": \"r\"}}"),
        Just("{\"id\": \"x\", \"object\": \"chat.completion.chunk\"}"), Just("\u{feff}"), Just("\""), Just("{"), Just("}"),
    ], 0..12)) {
        prop_assert!(!found(&pieces.concat()).is_empty());
    }
}
