//! Parts of a request whose tokens follow from something else than text: unknown fields of tools, audio, files, and
//! the tools of the API's own.

use gpt_cost::request::{Audio, File, Message, RequestBuilder, Role};
use gpt_cost::{Cached, Catalog, Date, Encoding, Label, Request, Terms, TokenCount};
use rust_decimal::Decimal;

const DAY: &str = "2026-11-24";

fn read(json: &str) -> Request {
    Request::from_json(json.as_bytes()).unwrap()
}

fn count_of(model: &str, day: &str, request: &Request) -> TokenCount {
    let day: Date = day.parse().unwrap();
    Catalog::builtin().model(model).unwrap().count(request, day).unwrap()
}

fn count(model: &str, json: &str) -> TokenCount {
    count_of(model, DAY, &read(json))
}

/// Returns by how many tokens the billed number can be lower and higher than a count.
fn slack(count: &TokenCount) -> (u64, Option<u64>) {
    (count.tokens() - count.min(), count.max().map(|max| max - count.tokens()))
}

#[test]
fn unknown_fields_of_a_tool_widen_the_bound() {
    let body = |beside: &str, inside: &str| {
        format!(
            r#"{{"messages": [{{"role": "user", "content": "Hi"}}], "tools": [{{"type": "function"{beside}, "function":
            {{"name": "f", "description": "Opens the door."{inside}}}}}]}}"#
        )
    };
    let plain = count("gpt-4o", &body("", ""));
    for (beside, inside) in
        [("", r#", "strict": true"#), (r#", "cache_control": {"type": "x"}"#, ""), ("", r#", "x": null"#)]
    {
        assert_eq!(count("gpt-4o", &body(beside, inside)), plain, "{beside}{inside}");
    }
    // No recorded request to a model of 2023 has one, so all of its tokens are in question.
    let plain = count("gpt-4", &body("", ""));
    for (beside, inside) in [(r#", "key": "door""#, ""), ("", r#", "key": "door""#)] {
        let wider = count("gpt-4", &body(beside, inside));
        assert_eq!((wider.tokens(), wider.label()), (plain.tokens(), Label::Estimate), "{beside}{inside}");
        assert_eq!(slack(&wider).0, slack(&plain).0 + Encoding::Cl100kBase.count("\"key\": \"door\"") as u64);
    }
}

#[test]
fn a_built_request_keeps_the_unknown_fields_of_its_tools() {
    let request = read(
        r#"{"messages": [{"role": "user", "content": "Hi"}], "tools": [{"type": "function", "function":
        {"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "string"}}}, "owner": "me"}}]}"#,
    );
    let built = request.tools().iter().cloned().fold(Request::builder(), RequestBuilder::tool);
    let built = built.message(Message::new(Role::User, "Hi")).build().unwrap();
    assert_eq!(count_of("gpt-4o", DAY, &built), count_of("gpt-4o", DAY, &request));
}

#[test]
fn a_tool_that_is_loaded_later_is_perhaps_not_shown() {
    let tools = |fields: &str| {
        let json = format!(
            r#"{{"input": "Hi", "tools": [{{"type": "function", "name": "open", "description": "Opens the door."{fields}}}]}}"#
        );
        count("gpt-5", &json)
    };
    let (plain, deferred) = (tools(""), tools(r#", "defer_loading": true"#));
    assert_eq!(deferred.tokens(), plain.tokens());
    let of_tool = plain.breakdown().iter().find(|part| part.path == "tools[0]").unwrap().tokens;
    assert!(slack(&deferred).0 >= slack(&plain).0 + of_tool, "{deferred:?}");
}

/// Returns the base64 of a WAV file of 1,000 bytes a second, with the given number of bytes of samples.
fn wav(samples: usize) -> String {
    let format =
        [&16u32.to_le_bytes()[..], &[1, 0, 1, 0], &1_000u32.to_le_bytes(), &1_000u32.to_le_bytes(), &[1, 0, 8, 0]];
    let size = (samples as u32).to_le_bytes();
    base64(&[b"RIFF\0\0\0\0WAVEfmt ", format.concat().as_slice(), b"data", &size, &vec![128; samples]].concat())
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = |three: &[u8]| {
        let bits = three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        (0..4).map(move |at| DIGITS[(bits >> (18 - 6 * at) & 63) as usize] as char).collect::<String>()
    };
    bytes.chunks(3).map(digits).collect()
}

fn spoken(data: &str) -> String {
    format!(
        r#"{{"messages": [{{"role": "user", "content": [{{"type": "text", "text": "Hi"}},
        {{"type": "input_audio", "input_audio": {{"data": "{data}", "format": "wav"}}}}]}}]}}"#
    )
}

#[test]
fn audio_is_a_token_for_each_tenth_of_a_second() {
    let silent = count("gpt-audio", r#"{"messages": [{"role": "user", "content": "Hi"}]}"#);
    for (samples, tenths) in [(740, 7), (135, 1), (5_000, 50)] {
        let count = count("gpt-audio", &spoken(&wav(samples)));
        assert_eq!(count.tokens(), silent.tokens() + 4 + tenths);
        assert_eq!((count.audio_tokens(), count.label()), (tenths, Label::Estimate));
        let (fewer, more) = slack(&silent);
        assert_eq!(slack(&count), (fewer + 1, more.map(|more| more + 1)));
    }
}

#[test]
fn audio_that_is_not_counted_has_a_reason() {
    let reason = |model: &str, json: &str| {
        let count = count(model, json);
        assert_eq!((count.label(), count.uncounted().len()), (Label::AtLeast, 1));
        count.uncounted()[0].reason.clone()
    };
    assert_eq!(reason("gpt-4o", &spoken(&wav(100))), "audio, which this model does not take");
    let unreadable = "audio of unknown length: its data is not a readable WAV or MP3 file";
    assert_eq!(reason("gpt-audio", &spoken("T2dnUw==")), unreadable);
    let responses =
        spoken(&wav(100)).replace("messages", "input").replace("\"text\", \"text\"", "\"input_text\", \"text\"");
    let unrecorded = "audio in the Responses API: no recorded request shows how it is billed";
    assert_eq!(reason("gpt-audio", &responses), unrecorded);
}

#[test]
fn audio_has_its_own_price() {
    let terms = Terms::on(DAY.parse().unwrap()).output_tokens(0);
    let (catalog, request) = (Catalog::builtin(), read(&spoken(&wav(10_000))));
    let estimate = catalog.model("gpt-audio").unwrap().estimate(&request, &terms).unwrap();
    let text = estimate.input().tokens() - 100;
    // $2.50 per million tokens of text and $32.00 per million of audio.
    let cost = |text: u64, audio: u64| {
        format!("${}", (Decimal::from(text * 250 + audio * 3_200) / Decimal::from(100_000_000u64)).normalize())
    };
    let input = estimate.cost().input;
    assert_eq!(input.expected.unwrap().to_string(), cost(text, 100));
    assert_eq!(input.min.to_string(), cost(text, 99));
    assert_eq!(input.max.unwrap().to_string(), cost(text, 101));
    assert_eq!((estimate.usage().input, estimate.usage().audio_input), (text + 100, 100));
    // Audio is not read from the prompt cache.
    let cached = terms.cached(Cached::Tokens(1_000_000));
    let long = read(&spoken(&wav(500_000)));
    let usage = catalog.model("gpt-audio").unwrap().estimate(&long, &cached).unwrap().usage();
    assert_eq!((usage.cached, usage.audio_input), (usage.input - 5_000, 5_000));
}

#[test]
fn audio_without_a_price_has_no_cost() {
    let mut catalog = Catalog::builtin();
    let table = "schema = 1\n[model.\"gpt-audio\"]\nencoding = \"o200k_base\"\nprice = { per = \"1M\", input = \"1\", output = \"1\" }\n";
    catalog.add_layer("own", table).unwrap();
    let terms = Terms::on(DAY.parse().unwrap()).output_tokens(0);
    let estimate = catalog.model("gpt-audio").unwrap().estimate(&read(&spoken(&wav(740))), &terms).unwrap();
    assert_eq!((estimate.cost().input.expected, estimate.cost().input.max), (None, None));
    let warnings: Vec<&str> = estimate.warnings().iter().map(|warning| warning.message.as_str()).collect();
    assert!(warnings.contains(&"gpt-audio has no standard price for audio input"), "{warnings:?}");
}

#[test]
fn a_built_request_keeps_its_audio_and_files() {
    let message = Message::new(Role::User, "Hi").audio(Audio::from_base64(&wav(740))).file(File::new(1_000));
    let built = Request::builder().message(message).build().unwrap();
    let count = count_of("gpt-audio", DAY, &built);
    assert_eq!(count.tokens(), 3 + 4 + 1 + (4 + 7) + (216 + 1_000));
    let again = built.input().clone();
    let gpt_cost::request::Input::Conversation(items) = again else { panic!("{again:?}") };
    assert_eq!(count_of("gpt-audio", DAY, &Request::builder().messages(items).build().unwrap()), count);
}

#[test]
fn files_count_the_tokens_that_are_given_for_them() {
    let file = r#"{"type": "file", "file": {"file_id": "file-1"}}"#;
    let pdf = r#"{"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}}"#;
    let chat = |parts: &[&str]| format!(r#"{{"messages": [{{"role": "user", "content": [{}]}}]}}"#, parts.join(", "));
    let with = |json: &str, day: &str| {
        let mut request = read(json);
        request.assume_file_tokens(1_000);
        count_of("gpt-4o", day, &request)
    };
    let one = with(&chat(&[file]), "2025-10-01");
    assert_eq!((one.tokens(), one.label(), slack(&one)), (7 + 1_000 + 216, Label::Estimate, (4, Some(2))));
    assert_eq!(slack(&with(&chat(&[pdf]), DAY)), (4, Some(781)), "longer frames since 2026-03");
    let two = with(&chat(&[file, pdf]), "2025-10-01");
    assert_eq!((two.tokens(), slack(&two)), (7 + 2_000 + 216 + 22, (9, Some(198))));
    let early = with(&chat(&[file]), "2025-06-01");
    assert_eq!((early.tokens(), early.min()), (one.tokens(), 7), "some files were not billed");
    let item = r#"{"input": [{"role": "user", "content": [{"type": "input_file", "file_url": "https://example.com/a.pdf"}]}]}"#;
    let item = with(item, DAY);
    assert_eq!((item.tokens(), slack(&item)), (7 + 1_000 + 4, (6, Some(19))));
}

#[test]
fn files_without_tokens_are_not_counted() {
    let chat = |data: &str| {
        let json =
            format!(r#"{{"messages": [{{"role": "user", "content": [{{"type": "file", "file": {{{data}}}}}]}}]}}"#);
        let count = count("gpt-4o", &json);
        assert_eq!((count.tokens(), count.label()), (7 + 212, Label::AtLeast));
        assert!(count.uncounted()[0].lacks_file_tokens);
        count.uncounted()[0].reason.clone()
    };
    assert_eq!(chat(r#""file_id": "file-1""#), "a file: the text in it is billed, and is not read");
    let pdf = "a PDF: the text in it is billed and is not read, and its pages do not bound it";
    assert_eq!(chat(r#""file_data": "JVBERi0=""#), pdf);
    assert_eq!(chat(r#""file_data": "data:application/pdf;base64,AAAA""#), pdf);
}

#[test]
fn built_in_tools_count_what_a_response_without_their_calls_costs() {
    let tool =
        |model: &str, kind: &str| count(model, &format!(r#"{{"input": "Hi", "tools": [{{"type": "{kind}"}}]}}"#));
    for (model, kind, tokens) in [
        ("gpt-4.1", "web_search", 294),
        ("gpt-5", "web_search", 4_295),
        ("gpt-5.2", "web_search_preview", 4_295),
        ("o4-mini", "web_search", 0),
        ("gpt-4o", "code_interpreter", 139),
        ("gpt-5", "code_interpreter", 0),
        ("gpt-5", "image_generation", 342),
        ("gpt-4o", "image_generation", 0),
        ("gpt-4.1", "file_search", 0),
        ("gpt-4.1", "mcp", 0),
        ("gpt-5.4", "tool_search", 0),
        ("gpt-5.4", "shell", 0),
        ("gpt-5.4", "teleport", 0),
    ] {
        let plain = count(model, r#"{"input": "Hi"}"#);
        let count = tool(model, kind);
        assert_eq!((count.tokens(), count.label()), (plain.tokens() + tokens, Label::AtLeast), "{model} {kind}");
        assert_eq!(count.uncounted().len(), 1, "{model} {kind}");
    }
    let computer = tool("computer-use-preview", "computer_use_preview");
    assert_eq!((computer.tokens(), computer.label()), (3 + 4 + 1 + 484, Label::Estimate));
}

#[test]
fn a_past_web_search_costs_little() {
    let body = |tools: &str| {
        let json = format!(
            r#"{{"input": [{{"role": "user", "content": "Hi"}}, {{"type": "web_search_call", "id": "ws_1", "status": "completed"}},
            {{"role": "assistant", "content": "Hello"}}, {{"role": "user", "content": "More"}}], "tools": [{tools}]}}"#
        );
        count("gpt-4.1", &json)
    };
    let searching = body(r#"{"type": "web_search_preview"}"#);
    assert_eq!((searching.tokens(), searching.label()), (3 + 3 * (4 + 1) + 294 + 26, Label::Estimate));
    assert!(slack(&searching).0 >= 26 && slack(&searching).1 >= Some(26), "{searching:?}");
    assert_eq!(body("").uncounted()[0].path, "input[1]");
}
