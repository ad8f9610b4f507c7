//! The built-in table, and tables laid over it.

use std::fs;

use gpt_cost::catalog::{Field, Kind};
use gpt_cost::{Catalog, Date, Request, Terms, Tier};
use proptest::prelude::*;

fn day(year: i16, month: i8, day: i8) -> Date {
    Date::new(year, month, day).unwrap()
}

/// The rows of the article that this project started from, as it gives them: per thousand tokens.
#[test]
fn the_articles_rows_are_there_to_the_digit() {
    let rows = [
        ("gpt-4-0125-preview", "$0.01", "$0.03"),
        ("gpt-4-1106-preview", "$0.01", "$0.03"),
        ("gpt-4-1106-vision-preview", "$0.01", "$0.03"),
        ("gpt-4", "$0.03", "$0.06"),
        ("gpt-4-32k", "$0.06", "$0.12"),
        ("gpt-3.5-turbo-0125", "$0.0005", "$0.0015"),
        ("gpt-3.5-turbo-instruct", "$0.0015", "$0.002"),
    ];
    let catalog = Catalog::builtin();
    for (name, input, output) in rows {
        let (_, model) = catalog.model(name).unwrap().on(day(2026, 11, 24)).unwrap();
        let price = model.price(day(2024, 3, 1), Tier::Standard, 100).unwrap();
        let amount = |field| price.rate(field).unwrap().amount().to_string();
        assert_eq!(
            (price.per().word(), amount(Field::Input), amount(Field::Output)),
            ("1K", input.into(), output.into()),
            "{name}"
        );
    }
}

#[test]
fn the_articles_limits_are_there() {
    let catalog = Catalog::builtin();
    let limits =
        [("gpt-3.5-turbo", 4_096), ("gpt-4", 8_192), ("gpt-3.5-turbo-0125", 16_385), ("gpt-4-turbo-preview", 128_000)];
    for (name, context) in limits {
        assert_eq!(catalog.model(name).unwrap().on(day(2024, 3, 1)).unwrap().1.context(), Some(context), "{name}");
    }
}

/// The compiled table is what reading the file gives: no row, date or digit differs.
#[test]
fn the_built_in_table_is_the_file() {
    let mut catalog = Catalog::builtin();
    catalog.add_layer("built-in", &fs::read_to_string("pricing.toml").unwrap()).unwrap();
    let layers: Vec<_> = catalog.layers().collect();
    assert_eq!(layers.len(), 2);
    assert_eq!(layers[0], layers[1]);
}

#[test]
fn every_built_in_model_can_be_counted_and_priced() {
    let catalog = Catalog::builtin();
    let request = Request::from_text(b"Hi").unwrap();
    let models = catalog.layers().next().unwrap().models();
    assert!(models.len() > 50);
    for model in models {
        let estimate = catalog.model(model.name()).unwrap().estimate(&request, &Terms::on(day(2026, 11, 24)));
        let estimate = estimate.unwrap_or_else(|error| panic!("{}: {error}", model.name()));
        assert!(estimate.price().rate(Field::Input).is_some(), "{}", model.name());
        assert!(model.context().is_some() && model.kind() != Kind::Audio, "{}", model.name());
    }
}

#[test]
fn an_alias_is_what_it_pointed_at_on_the_day() {
    let catalog = Catalog::builtin();
    let alias = catalog.model("gpt-4o").unwrap();
    assert_eq!(alias.on(day(2024, 6, 1)).unwrap().1.name(), "gpt-4o-2024-05-13");
    assert_eq!(alias.on(day(2024, 10, 2)).unwrap().1.name(), "gpt-4o-2024-08-06");
    let error = alias.on(day(2024, 5, 12)).unwrap_err();
    assert!(error.is_unknown_model());
    assert_eq!(error.to_string(), "`gpt-4o` stood for no model on 2024-05-12; it does since 2024-05-13");
}

#[test]
fn a_long_context_re_rates_the_whole_request_above_its_threshold_and_not_at_it() {
    let catalog = Catalog::builtin();
    let (_, model) = catalog.model("gpt-5.4").unwrap().on(day(2026, 11, 24)).unwrap();
    let input = |tokens| {
        model.price(day(2026, 11, 24), Tier::Standard, tokens).unwrap().rate(Field::Input).unwrap().amount().to_string()
    };
    assert_eq!((input(272_000), input(272_001)), ("$2.50".to_owned(), "$5.00".to_owned()));
}

#[test]
fn a_row_of_the_past_prices_the_past() {
    let catalog = Catalog::builtin();
    let (_, model) = catalog.model("o3").unwrap().on(day(2026, 11, 24)).unwrap();
    let input = |day| model.price(day, Tier::Standard, 1).unwrap().rate(Field::Input).unwrap().amount().to_string();
    assert_eq!((input(day(2025, 6, 9)), input(day(2025, 6, 10))), ("$10.00".to_owned(), "$2.00".to_owned()));
}

#[test]
fn an_unknown_price_is_an_error_and_never_zero() {
    let catalog = Catalog::builtin();
    let request = Request::from_text(b"Hi").unwrap();
    let terms = Terms::on(day(2026, 11, 24)).tier(Tier::Flex);
    let error = catalog.model("gpt-4").unwrap().estimate(&request, &terms).unwrap_err();
    assert!(error.is_missing_price());
    assert_eq!(error.to_string(), "`gpt-4` has no flex price");
}

#[test]
fn layers_win_per_model_and_whole_rows() {
    let mut catalog = Catalog::builtin();
    let table = |price: &str| {
        format!(
            "schema = 1\n[model.\"gpt-4o-mini\"]\nencoding = \"o200k_base\"\nprice = {{ per = \"1M\", input = \"{price}\", output = \"1\" }}\n"
        )
    };
    catalog.add_layer("one", &table("7")).unwrap();
    catalog.add_layer("two", &table("8")).unwrap();
    let (layer, model) = catalog.model("gpt-4o-mini").unwrap().on(day(2026, 11, 24)).unwrap();
    assert_eq!((layer.origin(), model.context(), model.max_output()), ("two", None, None), "whole rows");
    assert!(model.family(day(2026, 11, 24)).is_some(), "how it counts is known from below");
    assert_eq!(catalog.model("gpt-4.1").unwrap().on(day(2026, 11, 24)).unwrap().0.origin(), "built-in");
}

#[test]
fn a_row_over_an_alias_knows_how_the_model_counts_that_it_points_at() {
    let mut catalog = Catalog::builtin();
    let row = "encoding = \"o200k_base\"\nprice = { per = \"1M\", input = \"7\", output = \"8\" }";
    catalog.add_layer("mine", &format!("schema = 1\n[model.\"gpt-4o\"]\n{row}\n")).unwrap();
    let (layer, model) = catalog.model("gpt-4o").unwrap().on(day(2026, 11, 24)).unwrap();
    assert_eq!((layer.origin(), model.family(day(2026, 11, 24)).unwrap().name()), ("mine", "gpt-4-turbo"));
}

#[test]
fn a_row_over_an_embedding_needs_no_price_for_output() {
    let mut catalog = Catalog::builtin();
    let row = "encoding = \"cl100k_base\"\nprice = { per = \"1M\", input = \"7\" }";
    let table = |kind: &str| format!("schema = 1\n[model.\"vector\"]\n{kind}{row}\n");
    catalog.add_layer("one", &table("kind = \"embedding\"\n")).unwrap();
    catalog.add_layer("two", &table("")).unwrap();
    let error = Catalog::builtin().add_layer("chat", &table("counting = \"gpt-5\"\n")).unwrap_err();
    assert_eq!(error.problems()[0].message(), "the row has no price for output");
}

/// OpenAI lists no priority price of gpt-5.4 for long contexts: the one for shorter ones is not taken instead.
#[test]
fn a_tier_has_no_price_where_its_rows_do_not_reach() {
    let catalog = Catalog::builtin();
    let (_, model) = catalog.model("gpt-5.4").unwrap().on(day(2026, 11, 24)).unwrap();
    assert!(model.price(day(2026, 11, 24), Tier::Priority, 272_000).is_some());
    assert!(model.price(day(2026, 11, 24), Tier::Priority, 272_001).is_none());
    let request = Request::from_text(" a".repeat(272_010).as_bytes()).unwrap();
    let terms = Terms::on(day(2026, 11, 24)).tier(Tier::Priority);
    let error = catalog.model("gpt-5.4").unwrap().estimate(&request, &terms).unwrap_err();
    assert_eq!(error.to_string(), "`gpt-5.4` has no known priority price for an input of 272,016 tokens");
}

#[test]
fn hostile_tables_and_names_take_no_time() {
    let rows: String = (0..20_000).map(|index| format!("k{index} = 1\n")).collect();
    let error = Catalog::builtin().add_layer("keys", &format!("schema = 1\n{rows}")).unwrap_err();
    assert_eq!(error.problems().len(), 21);
    assert_eq!(error.problems()[20].to_string(), "keys: 19980 more problems");
    let one_line = format!("schema = 1\n[alias]\na = [ {} ]", "{ from = 1 }, ".repeat(4_000));
    let error = Catalog::builtin().add_layer("line", &one_line).unwrap_err();
    assert!(error.problems().iter().all(|problem| problem.excerpt().is_none_or(|excerpt| excerpt.len() < 1_000)));
    let error = Catalog::builtin().model(&"a".repeat(10_000_000)).unwrap_err();
    assert!(error.to_string().len() < 100);
}

#[test]
fn near_matches_are_named_and_far_ones_are_not() {
    let catalog = Catalog::builtin();
    let hint = |name: &str| catalog.model(name).unwrap_err().problems()[0].hint().unwrap_or_default().to_owned();
    assert!(hint("gpt-4.1-minni").contains("`gpt-4.1-mini`"));
    assert!(hint("GPT-4O").contains("`gpt-4o`"));
    assert!(!hint("claude-opus").contains("did you mean"));
}

proptest! {
    #[test]
    fn no_text_crashes_the_reader_of_tables(text in "\\PC{0,200}") {
        let _ = Catalog::builtin().add_layer("fuzz", &text);
    }

    #[test]
    fn no_change_of_a_few_bytes_crashes_the_reader_of_tables(place in 0usize..20_000, byte in 32u8..127) {
        let table = fs::read_to_string("pricing.toml").unwrap();
        let mut bytes = table.into_bytes();
        let place = place % bytes.len();
        bytes[place] = byte;
        if let Ok(text) = String::from_utf8(bytes) {
            let _ = Catalog::builtin().add_layer("fuzz", &text);
        }
    }

    /// Any table that is valid prices any usage without a panic, and more tokens of a row never cost less.
    #[test]
    fn cost_grows_with_tokens(digits in 0u64..=1_000_000_000, scale in 0u32..=9, tokens in 0u64..=u64::from(u32::MAX) * 128) {
        let amount = rust_decimal::Decimal::from_i128_with_scale(i128::from(digits), scale);
        prop_assume!(amount <= 10_000.into());
        let table = format!(
            "schema = 1\n[model.\"m\"]\nencoding = \"o200k_base\"\ncounting = \"gpt-5\"\nprice = {{ per = \"1K\", input = {amount}, output = \"{amount}\" }}\n"
        );
        let mut catalog = Catalog::builtin();
        catalog.add_layer("table", &table).unwrap();
        let (_, model) = catalog.model("m").unwrap().on(day(2026, 11, 24)).unwrap();
        let rate = model.price(day(2026, 11, 24), Tier::Standard, tokens).unwrap().rate(Field::Input).unwrap();
        prop_assert!(rate.cost(tokens) <= rate.cost(tokens + 1));
        prop_assert_eq!(rate.cost(tokens).amount() * rust_decimal::Decimal::from(1000), (amount * rust_decimal::Decimal::from(tokens)).normalize());
    }
}
