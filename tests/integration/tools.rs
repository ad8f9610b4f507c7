//! What is not tokens: the prices of tools and of models by the minute, in tables, bills and estimates.

use gpt_cost::catalog::{Measure, Unit};
use gpt_cost::money::Uplift;
use gpt_cost::usage::Response;
use gpt_cost::{Catalog, Date, Request, Terms, Tier};

/// A tool with two prices for a call, one for its models, and a later one for all; and a model by the minute.
const TABLE: &str = r#"
schema = 1
[tool."lookup"]
also = ["lookup_old"]
note = "of our own"
price = [
  { per = "1K calls", amount = "3.00" },
  { per = "1K calls", amount = "7.50", models = ["gpt-4*"] },
  { per = "call", amount = "0.02", models = ["gpt-4.1"], input_tokens = 500 },
  { per = "1K calls", from = 2027-01-01, until = 2027-06-30, amount = "4.00" },
]
[tool."room"]
price = [
  { per = "20 minutes", variant = "small", amount = "0.05" },
  { per = "20 minutes", variant = "large", amount = "0.20" },
]
[model."ears"]
kind = "audio"
encoding = "unknown"
price = { per = "minute", amount = "0.012" }
"#;

fn day(year: i16, month: i8, day: i8) -> Date {
    Date::constant(year, month, day)
}

fn catalog() -> Catalog {
    let mut catalog = Catalog::builtin();
    catalog.add_layer("tools.toml", TABLE).unwrap();
    catalog
}

/// Returns the price of a call of a tool by a model, or nothing.
fn call_price(catalog: &Catalog, tool: &str, model: &str, day: Date) -> String {
    let model = catalog.model(model).unwrap().resolve(day).unwrap().model;
    catalog.tool(tool).unwrap().tool.call_price(model, day).map(|row| row.to_string()).unwrap_or_default()
}

#[test]
fn the_row_that_names_the_model_most_closely_on_the_day_is_the_price() {
    let catalog = catalog();
    let price = |model, on| call_price(&catalog, "lookup", model, on);
    assert_eq!(price("o3", day(2026, 11, 24)), "$3.00 / 1K calls");
    assert_eq!(price("gpt-4o", day(2026, 11, 24)), "$7.50 / 1K calls");
    assert_eq!(price("gpt-4.1", day(2026, 11, 24)), "$0.02 / call");
    assert_eq!(price("gpt-4.1", day(2027, 1, 1)), "$4.00 / 1K calls", "a newer sheet replaces the whole older one");
    assert_eq!(call_price(&catalog, "lookup_old", "o3", day(2026, 11, 24)), "$3.00 / 1K calls");
    assert_eq!(call_price(&catalog, "room", "o3", day(2026, 11, 24)), "", "it is not priced by the call");
    assert_eq!(call_price(&catalog, "web_search", "o3", day(2025, 9, 30)), "", "the earlier price is unknown");
    assert_eq!(call_price(&catalog, "web_search_preview", "gpt-5-chat-latest", day(2026, 1, 1)), "$25.00 / 1K calls");
}

#[test]
fn the_two_small_models_are_billed_a_fixed_number_of_tokens_for_a_search() {
    let catalog = Catalog::builtin();
    let tokens = |model: &str| {
        let model = catalog.model(model).unwrap().resolve(day(2026, 11, 24)).unwrap().model;
        catalog.tool("web_search").unwrap().tool.call_price(model, day(2026, 11, 24)).unwrap().input_tokens()
    };
    assert_eq!(
        ["gpt-4o-mini", "gpt-4.1-mini", "gpt-4.1", "gpt-5-mini"].map(tokens),
        [Some(8_000), Some(8_000), None, None]
    );
}

#[test]
fn a_table_replaces_a_whole_tool() {
    let mut catalog = catalog();
    catalog.add_layer("more.toml", "schema = 1\n[tool.lookup]\nprice = { per = \"call\", amount = \"1\" }").unwrap();
    let found = catalog.tool("lookup").unwrap();
    assert_eq!((found.layer.origin(), found.tool.line(), found.tool.prices().len()), ("more.toml", 2, 1));
    let tools: Vec<&str> = catalog.tools().iter().map(|found| found.tool.name()).collect();
    let builtin = ["web_search", "web_search_preview", "file_search", "file_storage", "container"];
    assert_eq!(tools, [&builtin[..], &["lookup", "room"]].concat());
    assert!(catalog.tool("container").unwrap().layer.origin() == "built-in");
}

#[test]
fn an_exported_table_has_the_same_tools_and_unit_prices() {
    let catalog = catalog();
    let text = catalog.to_toml();
    let exported = Catalog::only("exported", &text).unwrap();
    assert!(catalog.differences(&exported).is_empty());
    assert!(text.contains(r#"{ per = "call", models = ["gpt-4.1"], amount = "0.02", input_tokens = 500 }"#));
    assert!(text.contains(r#"price      = { per = "minute", amount = "0.012" }"#));
}

#[test]
fn differences_name_the_tool_and_the_conditions_of_the_row() {
    let changed = TABLE.replace("\"7.50\"", "\"8.00\"").replace("[tool.\"room\"]", "[tool.\"hall\"]");
    let changed = changed.replace("\"0.012\"", "\"0.013\"");
    let new = Catalog::only("new", &changed).unwrap();
    let old = Catalog::only("old", TABLE).unwrap();
    let differences = old.differences(&new);
    let shown: Vec<String> = differences
        .iter()
        .map(|one| format!("{} {} {:?} {:?}", one.name, one.what, one.old.as_deref(), one.new.as_deref()))
        .collect();
    assert_eq!(
        shown,
        [
            r#"ears price Some("$0.012 / minute") Some("$0.013 / minute")"#,
            r#"tool.hall  None Some("there")"#,
            r#"tool.lookup price for gpt-4* Some("$7.50 / 1K calls") Some("$8.00 / 1K calls")"#,
            r#"tool.room  Some("there") None"#,
        ]
    );
}

#[test]
fn a_model_by_the_minute_has_no_price_for_tokens() {
    let catalog = catalog();
    let ears = catalog.model("ears").unwrap().resolve(day(2026, 11, 24)).unwrap().model;
    let price = ears.unit_price(day(2026, 11, 24), Measure::Seconds).unwrap();
    assert_eq!((price.unit(), price.cost(90.into()).to_string()), (Unit::Minute, "$0.018".to_owned()));
    assert!(ears.unit_price(day(2026, 11, 24), Measure::Characters).is_none());
    let usage = gpt_cost::usage::Usage::new(10, 0);
    let error = catalog.model("ears").unwrap().bill(&usage, day(2026, 11, 24), Tier::Standard).unwrap_err();
    assert_eq!(error.to_string(), "`ears` has no price for tokens: it costs $0.012 / minute");
}

#[test]
fn a_third_of_a_price_is_rounded_and_nothing_else_is() {
    let cost = |amount: &str, quantity: &str, size| {
        let amount: gpt_cost::Usd = amount.parse().unwrap();
        amount.for_quantity(quantity.parse().unwrap(), size).to_string()
    };
    assert_eq!(cost("0.017", "3", 60), "$0.00085");
    assert_eq!(cost("0.017", "1", 60), "$0.000283333333");
    assert_eq!(cost("0.034", "1", 60), "$0.000566666667");
    assert_eq!(cost("0.000000001", "0.000001", 1_000_000), "$0.00");
    assert_eq!(cost("0.006", "0.5", 60), "$0.00005");
    assert_eq!(cost("0.10", "2.5", 1), "$0.25");
}

#[test]
fn every_problem_of_a_tool_has_its_place() {
    let table = "schema = 1\n[tool.a]\nprice = [\n  { per = \"1K call\", amount = \"1\" },\n  { per = \"minute\", amount = \"1\", input_tokens = 8 },\n  { per = \"call\", amount = \"-1\" },\n  { amount = \"1\", models = [\"a*b*\"], per = \"call\" },\n  { per = \"call\", amount = \"1\" },\n  { per = \"call\", amount = \"2\" },\n]\n[tool.b]\nalso = [\"a\"]\n";
    let error = Catalog::only("t", table).unwrap_err();
    let shown: Vec<String> =
        error.problems().iter().map(|one| one.to_string().lines().next().unwrap().to_owned()).collect();
    assert_eq!(
        shown,
        [
            "t:4:11: unknown per \"1K call\"",
            "t:5:3: `input_tokens` are those of a call, and the row is not priced by the call",
            "t:6:28: amount: a price cannot be negative: -1",
            "t:7:29: the pattern `a*b*` has more than one `*`",
            "t:9:3: two rows have the same `from`, `variant` and model",
            "t:11:7: tool `b` has no price",
            "t:12:9: duplicate tool `a`",
        ]
    );
}

/// Returns the charges for tools, the calls without a price, and the total of a response.
fn bill(model: &str, response: &str, uplift: &str) -> (Vec<String>, Vec<String>, String) {
    let response = Response::from_json(response.as_bytes()).unwrap();
    let (catalog, uplift) = (catalog(), Uplift::parse(uplift).unwrap());
    let on = day(2026, 11, 24);
    let bill = catalog.model(model).unwrap().bill_response(&response, on, Tier::Standard, uplift).unwrap();
    let units = bill.units.iter().map(|unit| format!("{} {} {} {}", unit.name, unit.in_words(), unit.price, unit.cost));
    let unpriced = bill.unpriced.iter().map(|one| format!("{} {}: {}", one.calls, one.tool, one.reason));
    (units.collect(), unpriced.collect(), bill.total.to_string())
}

/// 2,000 tokens at $2 and 500 at $8 per million are $0.008; three items, of which opening a page is free.
const SEARCHED: &str = r#"{"usage": {"input_tokens": 2000, "output_tokens": 500}, "tools": [{"type": "TOOL"}],
    "output": [{"type": "web_search_call", "action": {"type": "search"}},
        {"type": "web_search_call", "action": {"type": "open_page"}},
        {"type": "file_search_call"}, {"type": "file_search_call"}]}"#;

#[test]
fn calls_of_tools_are_in_the_bill_at_the_price_of_their_version() {
    let new = bill("gpt-4.1", &SEARCHED.replace("TOOL", "web_search"), "0%");
    assert_eq!(
        new,
        (
            vec![
                "web_search 1 call $10.00 / 1K calls $0.01".to_owned(),
                "file_search 2 calls $2.50 / 1K calls $0.005".to_owned()
            ],
            vec![],
            "$0.023".to_owned()
        )
    );
    let preview = bill("gpt-4.1", &SEARCHED.replace("TOOL", "web_search_preview_2025_03_11"), "0%");
    assert_eq!(
        (preview.0[0].as_str(), preview.2.as_str()),
        ("web_search_preview 1 call $25.00 / 1K calls $0.025", "$0.038")
    );
}

#[test]
fn the_count_of_the_api_is_used_and_an_uplift_is_on_tokens_alone() {
    let response = r#"{"usage": {"input_tokens": 2000, "output_tokens": 500},
        "tool_usage": {"web_search": {"num_requests": 3}}, "output": [{"type": "web_search_call"}]}"#;
    // 0.008 × 1.1 + 3 × 0.01
    assert_eq!(bill("gpt-4.1", response, "10%").2, "$0.0388");
    // 0.008 × 0.7 + 3 × 0.01
    assert_eq!(bill("gpt-4.1", response, "-30%").2, "$0.0356");
}

#[test]
fn what_has_no_price_is_not_in_the_total_and_has_a_reason() {
    let response = r#"{"usage": {"input_tokens": 2000, "output_tokens": 500},
        "output": [{"type": "code_interpreter_call"}, {"type": "image_generation_call"}]}"#;
    let (units, unpriced, total) = bill("gpt-4.1", response, "0%");
    assert_eq!((units.len(), total.as_str()), (0, "$0.008"));
    assert_eq!(
        unpriced,
        [
            "1 code_interpreter: its containers cost from $0.03 / 20 minutes with 1 GB, and the response does not report the minutes",
            "1 image_generation: its images are billed as tokens of an image model, which the response does not report",
        ]
    );
    let early = r#"{"usage": {"input_tokens": 1}, "tool_usage": {"web_search": {"num_requests": 1}}}"#;
    let response = Response::from_json(early.as_bytes()).unwrap();
    let model = Catalog::builtin();
    let bill = model.model("gpt-4.1").unwrap().bill_response(&response, day(2025, 9, 1), Tier::Standard, Uplift::NONE);
    let reason = bill.unwrap().unpriced.remove(0).reason;
    assert_eq!(reason, "no table has its price for gpt-4.1 on 2025-09-01");
}

#[test]
fn an_uplift_is_a_percentage() {
    let parse = |text| Uplift::parse(text).map(|uplift| uplift.to_string());
    assert_eq!(parse("10%").as_deref(), Some("+10%"));
    assert_eq!(parse("-30%").as_deref(), Some("-30%"));
    assert_eq!(parse("2.50%").as_deref(), Some("+2.5%"));
    for wrong in ["10", "-100%", "1001%", "0.00001%", "x%", "%"] {
        assert_eq!(Uplift::parse(wrong), None, "{wrong}");
    }
}

const ASKED: &str = r#"{"input": "What is new?", "max_output_tokens": 1000,
    "tools": [{"type": "web_search"}, {"type": "web_search"}, {"type": "code_interpreter", "container": {"type": "auto"}},
        {"type": "mcp", "server_label": "ours"}]}"#;

#[test]
fn each_tool_that_a_request_offers_has_a_remark_with_its_price() {
    let catalog = Catalog::builtin();
    let request = Request::from_json(ASKED.as_bytes()).unwrap();
    let remarks = |model: &str, on| {
        let estimate = catalog.model(model).unwrap().estimate(&request, &Terms::on(on)).unwrap();
        assert_eq!(estimate.cost().tools.to_string(), "$0.00");
        let warnings = estimate.warnings().iter().filter(|warning| warning.message.contains("not in the cost"));
        warnings.map(|one| format!("{}: {}", one.path, one.message)).collect::<Vec<_>>()
    };
    let container = "tools[2]: a container of code_interpreter costs $0.03 / 20 minutes (1 GB), $0.12 / 20 minutes (4 GB), $0.48 / 20 minutes (16 GB), $1.92 / 20 minutes (64 GB), which is not in the cost";
    assert_eq!(
        remarks("gpt-4.1", day(2026, 11, 24)),
        ["tools[0]: each call of web_search costs $0.01, which is not in the cost", container]
    );
    assert_eq!(
        remarks("gpt-4.1-mini", day(2026, 11, 24))[0],
        "tools[0]: each call of web_search costs $0.01, and 8,000 input tokens, which are not in the cost"
    );
    assert_eq!(
        remarks("gpt-4.1", day(2025, 9, 1)),
        [
            "tools[0]: the price of web_search is unknown for gpt-4.1 on 2025-09-01, and not in the cost",
            "tools[2]: the price of container is unknown for gpt-4.1 on 2025-09-01, and not in the cost"
        ]
    );
}

#[test]
fn the_calls_of_the_terms_are_in_every_amount() {
    let catalog = Catalog::builtin();
    let request = Request::from_json(ASKED.as_bytes()).unwrap();
    let terms = Terms::on(day(2026, 11, 24)).output_tokens(500).requests(3);
    let estimate = |model: &str, terms: &Terms| catalog.model(model).unwrap().estimate(&request, terms).unwrap();
    let (without, with) =
        (estimate("gpt-4.1", &terms), estimate("gpt-4.1", &terms.clone().tool_calls("web_search", 2)));
    let difference = |one: gpt_cost::Usd, other: gpt_cost::Usd| (one - other).to_string();
    assert_eq!(difference(with.cost().total.min, without.cost().total.min), "$0.02");
    assert_eq!(difference(with.cost().known(), without.cost().known()), "$0.02");
    assert_eq!(difference(with.cost_of_all().total.min, without.cost_of_all().total.min), "$0.06");
    assert_eq!(with.cost_of_all().tools.to_string(), "$0.06");
    assert_eq!(with.cost().input, without.cost().input);
    // 2 calls are $0.02; 16,000 tokens at $0.15 per million are $0.0024, and $0.00264 with 10% more.
    let uplift = Uplift::parse("10%").unwrap();
    let small = estimate("gpt-4o-mini", &terms.clone().tool_calls("web_search", 2).uplift(uplift));
    assert_eq!(small.cost().tools.to_string(), "$0.02264");
    // 500 tokens at $0.60 per million are $0.0003.
    assert_eq!(small.cost().output.expected.unwrap().to_string(), "$0.00033");
}

#[test]
fn calls_of_the_terms_without_a_price_are_an_error() {
    let catalog = Catalog::builtin();
    let estimate = |body: &str, tool: &str| {
        let request = Request::from_json(body.as_bytes()).unwrap();
        let terms = Terms::on(day(2026, 11, 24)).tool_calls(tool, 1);
        catalog.model("gpt-4.1").unwrap().estimate(&request, &terms)
    };
    assert_eq!(estimate(ASKED, "web_serch").unwrap_err().to_string(), "unknown tool `web_serch`");
    let error = estimate(ASKED, "container").unwrap_err();
    assert_eq!(error.to_string(), "`gpt-4.1` has no price for a call of container on 2026-11-24");
    assert!(error.problems()[0].hint().unwrap().starts_with("its prices are $0.03 / 20 minutes (1 GB), "));
    let other = estimate(ASKED, "file_search").unwrap();
    let message = "the request does not offer file_search: its calls are not in the cost";
    assert!(other.warnings().iter().any(|warning| warning.message == message));
    assert_eq!(other.cost().tools.to_string(), "$0.00");
}

/// 3,000 tokens of images at $40, 200 of text at $5, for the model that the response names; with an uplift of 10%.
#[test]
fn generated_images_are_tokens_of_their_own_model() {
    let body = |tools: &str| {
        format!(
            r#"{{"model": "gpt-5", "usage": {{"input_tokens": 0, "output_tokens": 0}}, "tools": [{tools}],
            "output": [{{"type": "image_generation_call"}}], "tool_usage": {{"image_gen": {{"input_tokens": 200,
            "input_tokens_details": {{"text_tokens": 200, "image_tokens": 0}}, "output_tokens": 3000,
            "output_tokens_details": {{"image_tokens": 3000, "text_tokens": 0}}, "total_tokens": 3200}}}}}}"#
        )
    };
    let bill = |tools: &str, uplift: &str| {
        let response = Response::from_json(body(tools).as_bytes()).unwrap();
        let catalog = catalog();
        let model = catalog.model("gpt-5").unwrap();
        model.bill_response(&response, day(2026, 9, 1), Tier::Standard, Uplift::parse(uplift).unwrap()).unwrap()
    };
    let named = r#"{"type": "image_generation", "model": "gpt-image-1"}"#;
    let plain = bill(named, "0%");
    let images = plain.images.unwrap();
    assert_eq!((images.model.as_str(), images.cost.to_string().as_str()), ("gpt-image-1", "$0.121"));
    assert_eq!((plain.total.to_string().as_str(), plain.unpriced.len()), ("$0.121", 0));
    assert_eq!(bill(named, "10%").total.to_string(), "$0.1331");
    let unnamed = bill(r#"{"type": "image_generation"}"#, "0%");
    assert_eq!(unnamed.unpriced[0].reason, "the response does not name the model that generated its images");
}
