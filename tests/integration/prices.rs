//! The built-in table, and tables layered over it.

use std::fs;

use gpt_cost::catalog::{Field, Kind};
use gpt_cost::{Catalog, Date, Request, Terms, Tier};
use proptest::prelude::*;

fn day(year: i16, month: i8, day: i8) -> Date {
    Date::new(year, month, day).unwrap()
}

/// The prices in the article that this project started from, per thousand tokens as in the article.
#[test]
fn the_articles_prices_are_in_the_table_to_the_digit() {
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
        let model = catalog.model(name).unwrap().resolve(day(2026, 11, 24)).unwrap().model;
        let price = model.price(day(2024, 3, 1), Tier::Standard, 100).unwrap();
        let amount = |field| price.rate(field).unwrap().amount().to_string();
        assert_eq!(
            (price.per().as_str(), amount(Field::Input), amount(Field::Output)),
            ("1K", input.into(), output.into()),
            "{name}"
        );
    }
}

#[test]
fn the_articles_limits_are_in_the_table() {
    let catalog = Catalog::builtin();
    let limits =
        [("gpt-3.5-turbo", 4_096), ("gpt-4", 8_192), ("gpt-3.5-turbo-0125", 16_385), ("gpt-4-turbo-preview", 128_000)];
    for (name, context) in limits {
        assert_eq!(
            catalog.model(name).unwrap().resolve(day(2024, 3, 1)).unwrap().model.context(),
            Some(context),
            "{name}"
        );
    }
}

/// The compiled table equals the file when it is read: no row, date or digit differs.
#[test]
fn the_built_in_table_equals_the_file() {
    let mut catalog = Catalog::builtin();
    let source = fs::read_to_string("pricing.toml").unwrap();
    // An exact copy is not parsed; a copy with one more line is.
    catalog.add_layer("built-in", &source).unwrap();
    catalog.add_layer("built-in", &format!("{source}\n# the same\n")).unwrap();
    let layers: Vec<_> = catalog.layers().collect();
    assert_eq!(layers.len(), 3);
    assert!(layers[0] == layers[1] && layers[0] == layers[2]);
}

/// Only the changed parts of an edited copy are parsed. The result is the same as that of parsing all of it, problems
/// included.
#[test]
fn an_edited_copy_is_read_like_any_table() {
    let source = fs::read_to_string("pricing.toml").unwrap();
    let section = |name: &str| {
        let from = source.find(&format!("[model.\"{name}\"]")).unwrap();
        let to = source[from..].find("\n[").map_or(source.len(), |end| from + end + 1);
        &source[from..to]
    };
    let (gpt_4, gpt_5) = (section("gpt-4"), section("gpt-5"));
    let row = "price = { per = \"1M\", input = \"1\", output = \"2\" }\n";
    let edits = [
        source.replacen(gpt_4, &gpt_4.replacen("input = \"", "input = \"4", 1), 1),
        source.replacen(gpt_4, "", 1),
        source.replacen(gpt_4, &format!("# a comment\n\n{gpt_4}"), 1),
        source.replacen(gpt_4, &format!("{gpt_5}{gpt_4}"), 1),
        source.replacen(
            gpt_5,
            &format!("[model.\"ours\"]\nencoding = \"o200k_base\"\ncounting = \"gpt-5\"\n{row}\n{gpt_5}"),
            1,
        ),
        source.replacen(gpt_5, &format!("[model.\"ours\"]\nencoding = \"o200k_base\"\n{row}\n{gpt_5}"), 1),
        source.replacen(
            gpt_5,
            &format!("[model.\"x\"]\nalso = [\"gpt-4\"]\nencoding = \"unknown\"\n{row}\n{gpt_5}"),
            1,
        ),
        source.replacen("[alias]\n", "[alias]\n\"gpt-4\" = [ { from = 2024-01-01, to = \"gpt-5\" } ]\n", 1),
        source.replacen("[alias]\n", "[alias]\n\"mine\" = [ { from = 2024-01-01, to = \"gpt-5\" } ]\n", 1),
        source.replacen("schema  = 1", "schema  = 2", 1),
        source.replacen("per = \"1K\"", "per = \"1Q\"", 1),
        source.replacen("[model.\"gpt-4\"]", "[model.\"gpt-4]", 1),
        source.replace('\n', "\r\n"),
        source.lines().take(700).map(|line| format!("{line}\n")).collect(),
    ];
    for (index, edit) in edits.iter().enumerate() {
        assert!(*edit != source, "{index}");
        let read = |text: &str| {
            let mut catalog = Catalog::builtin();
            let read = catalog.add_layer("pricing.toml", text);
            let layer = catalog.layers().next_back().unwrap().clone();
            read.map(|()| layer).map_err(|error| error.problems().to_vec())
        };
        // A table that contains a multi-line string is always parsed as a whole.
        let whole = read(&format!("{edit}\n# \"\"\"\n"));
        assert!(read(edit) == whole, "{index}");
    }
}

#[test]
fn every_built_in_model_can_be_counted_and_priced() {
    let catalog = Catalog::builtin();
    let request = Request::from_text(b"Hi").unwrap();
    let models = catalog.layers().next().unwrap().models();
    assert!(models.len() > 50);
    let is_priced_by_usage = |model: &gpt_cost::catalog::Model| {
        model.encoding().is_none() || model.prices().is_empty() || model.kind() == Kind::Realtime
    };
    for model in models.iter().filter(|model| !is_priced_by_usage(model)) {
        let estimate = catalog.model(model.name()).unwrap().estimate(&request, &Terms::on(day(2026, 11, 24)));
        let estimate = estimate.unwrap_or_else(|error| panic!("{}: {error}", model.name()));
        assert!(estimate.price().rate(Field::Input).is_some(), "{}", model.name());
    }
}

#[test]
fn an_alias_is_the_model_of_the_day() {
    let catalog = Catalog::builtin();
    let alias = catalog.model("gpt-4o").unwrap();
    assert_eq!(alias.resolve(day(2024, 6, 1)).unwrap().model.name(), "gpt-4o-2024-05-13");
    assert_eq!(alias.resolve(day(2024, 10, 2)).unwrap().model.name(), "gpt-4o-2024-08-06");
    let error = alias.resolve(day(2024, 5, 12)).unwrap_err();
    assert!(error.is_unknown_model());
    assert_eq!(error.to_string(), "`gpt-4o` did not exist on 2024-05-12 (available since 2024-05-13)");
}

#[test]
fn a_long_context_re_rates_the_whole_request_above_its_threshold_and_not_at_it() {
    let catalog = Catalog::builtin();
    let model = catalog.model("gpt-5.4").unwrap().resolve(day(2026, 11, 24)).unwrap().model;
    let input = |tokens| {
        model.price(day(2026, 11, 24), Tier::Standard, tokens).unwrap().rate(Field::Input).unwrap().amount().to_string()
    };
    assert_eq!((input(272_000), input(272_001)), ("$2.50".to_owned(), "$5.00".to_owned()));
}

#[test]
fn a_past_day_has_the_prices_of_that_day() {
    let catalog = Catalog::builtin();
    let model = catalog.model("o3").unwrap().resolve(day(2026, 11, 24)).unwrap().model;
    let input = |day| model.price(day, Tier::Standard, 1).unwrap().rate(Field::Input).unwrap().amount().to_string();
    assert_eq!((input(day(2025, 6, 9)), input(day(2025, 6, 10))), ("$10.00".to_owned(), "$2.00".to_owned()));
}

/// Returns the dollars of a field per unit of the row that prices an input of `tokens`; `None` if there is no row.
fn rate(name: &str, day: Date, tier: Tier, tokens: u64, field: Field) -> Option<String> {
    let catalog = Catalog::builtin();
    let model = catalog.model(name).unwrap().resolve(day).unwrap().model;
    model
        .price(day, tier, tokens)
        .map(|row| row.rate(field).map_or("none".to_owned(), |rate| rate.amount().to_string()))
}

/// OpenAI has announced that ultrafast costs six times the standard price from 2027-03-01 on, after three times.
#[test]
fn an_announced_price_applies_from_its_day() {
    let rates = |day| [1_000, 272_001].map(|tokens| rate("gpt-6.2-sol", day, Tier::Ultrafast, tokens, Field::Output));
    let dollars = |amounts: [&str; 2]| amounts.map(|amount| Some(amount.to_owned()));
    assert_eq!(rates(day(2027, 2, 28)), dollars(["$30.00", "$45.00"]));
    assert_eq!(rates(day(2027, 3, 1)), dollars(["$60.00", "$90.00"]));
    assert_eq!(rate("gpt-6.2-sol", day(2027, 3, 1), Tier::Flex, 1, Field::Input), None, "there is no flex");
}

/// Tiers that no page of OpenAI lists have no price, though one other table gives them that of a group of names.
#[test]
fn tiers_that_only_a_grouping_gave_have_no_price() {
    for (name, tier, amount) in [
        ("gpt-5-codex", Tier::Flex, None),
        ("gpt-5.1-codex", Tier::Batch, None),
        ("gpt-5.1-codex", Tier::Priority, Some("$2.50")),
        ("gpt-5.2-chat-latest", Tier::Priority, None),
        ("gpt-4o-mini-search-preview", Tier::Priority, None),
        ("gpt-4o-mini-search-preview", Tier::Batch, Some("$0.075")),
    ] {
        let found = rate(name, day(2026, 6, 1), tier, 1, Field::Input);
        assert_eq!(found.as_deref(), amount, "{name} {tier}");
    }
}

#[test]
fn old_snapshots_keep_the_prices_of_their_time() {
    let launch = "gpt-4o-realtime-preview-2024-10-01";
    let audio = |name, day| [Field::AudioIn, Field::AudioCached].map(|field| rate(name, day, Tier::Standard, 1, field));
    let dollars = |amounts: [&str; 2]| amounts.map(|amount| Some(amount.to_owned()));
    assert_eq!(audio(launch, day(2025, 9, 1)), dollars(["$100.00", "$20.00"]));
    assert_eq!(audio("gpt-4o-realtime-preview", day(2024, 12, 16)), dollars(["$100.00", "$20.00"]));
    assert_eq!(audio("gpt-4o-realtime-preview", day(2025, 3, 1)), dollars(["$40.00", "$2.50"]));
    assert_eq!(rate("davinci", day(2022, 8, 31), Tier::Standard, 1, Field::Input), None);
    assert_eq!(rate("davinci", day(2022, 9, 1), Tier::Standard, 1, Field::Input).as_deref(), Some("$20.00"));
}

/// A model that was shut down has a successor, which no table shuts down.
#[test]
fn models_that_were_shut_down_have_a_successor() {
    let catalog = Catalog::builtin();
    let models = catalog.models();
    for model in models.iter().map(|found| found.model) {
        // No source names a successor of the models that make videos.
        let has_successor = model.kind() != Kind::Video;
        if has_successor && model.shutdown().is_some_and(|shutdown| shutdown <= day(2026, 11, 24)) {
            assert!(model.successor().is_some(), "{} has no successor", model.name());
        }
        let Some(name) = model.successor() else { continue };
        assert!(model.shutdown().is_some(), "{} is not shut down", model.name());
        let successor = catalog.model(name).unwrap().resolve(day(2026, 11, 24)).unwrap().model;
        assert_eq!(successor.shutdown(), None, "the successor of {} is shut down itself", model.name());
    }
}

#[test]
fn a_price_after_its_last_announced_day_has_a_note() {
    let catalog = Catalog::builtin();
    let request = Request::from_text(b"Hi").unwrap();
    let notes = |name: &str, on: Date, tier| {
        let estimate = catalog.model(name).unwrap().estimate(&request, &Terms::on(on).tier(tier)).unwrap();
        let notes = estimate.warnings().iter().map(|one| one.message.clone());
        notes.filter(|note| note.contains("known only until")).collect::<Vec<_>>()
    };
    let note = ["the price of gpt-5.6-sol is known only until 2026-11-21"];
    assert_eq!(notes("gpt-5.6-sol", day(2026, 11, 21), Tier::Standard), [""; 0]);
    assert_eq!(notes("gpt-5.6-sol", day(2026, 11, 22), Tier::Standard), note);
    assert_eq!(notes("gpt-5.6", day(2026, 11, 24), Tier::Flex), note);
    assert_eq!(notes("gpt-5.6-terra", day(2026, 11, 24), Tier::Standard), [""; 0]);
}

#[test]
fn a_price_ends_on_its_last_day_or_later() {
    let table = |from: &str| {
        format!(
            "schema = 1\n[model.\"m\"]\nencoding = \"o200k_base\"\ncounting = \"gpt-5\"\nprice = [\n  {{ per = \"1M\", input = \"3\", output = \"9\" }},\n  \
             {{ per = \"1M\", from = {from}, until = 2026-05-31, input = \"2\", output = \"6\" }},\n]\n"
        )
    };
    let error = Catalog::builtin().add_layer("mine.toml", &table("2026-06-01")).unwrap_err();
    assert_eq!(error.problems()[0].message(), "the row's `until` is before its `from`");
    let mut catalog = Catalog::builtin();
    catalog.add_layer("mine.toml", &table("2026-05-31")).unwrap();
    let model = catalog.model("m").unwrap().resolve(day(2026, 6, 1)).unwrap().model;
    // The row still applies afterwards: the price before it does not return.
    let row = model.price(day(2026, 6, 1), Tier::Standard, 1).unwrap();
    assert_eq!(row.rate(Field::Input).unwrap().amount().to_string(), "$2.00");
    assert!(row.is_uncertain(day(2026, 6, 1)) && !row.is_uncertain(day(2026, 5, 31)));
    // It is written, and is a difference.
    let written = catalog.to_toml();
    assert!(written.contains("from = 2026-05-31, until = 2026-05-31, input"), "{written}");
    let mut longer = Catalog::builtin();
    longer.add_layer("mine.toml", &table("2026-05-31").replace("until = 2026-05-31", "until = 2026-07-31")).unwrap();
    let differences = catalog.differences(&longer);
    assert_eq!(differences.len(), 1);
    assert_eq!(
        (differences[0].what.as_str(), differences[0].old.as_deref()),
        ("until from 2026-05-31", Some("2026-05-31"))
    );
}

#[test]
fn models_that_make_images_have_a_price_of_images() {
    let price = |name, tier, field| rate(name, day(2026, 11, 24), tier, 1, field);
    assert_eq!(price("gpt-image-2", Tier::Standard, Field::ImageOut).as_deref(), Some("$30.00"));
    assert_eq!(price("gpt-image-2.5-flare-2026-09-08", Tier::Batch, Field::ImageIn).as_deref(), Some("$4.00"));
    assert_eq!(price("chatgpt-image-latest", Tier::Standard, Field::Output).as_deref(), Some("$10.00"));
    assert_eq!(price("gpt-image-2", Tier::Standard, Field::Output).as_deref(), Some("none"));
    let catalog = Catalog::builtin();
    assert_eq!(catalog.model("gpt-image-1").unwrap().resolve(day(2026, 6, 1)).unwrap().model.kind(), Kind::Image);
    let table = "schema = 1\n[model.\"m\"]\nkind = \"image\"\nencoding = \"unknown\"\nprice = { per = \"1M\", input = \"1\", output = \"2\" }\n";
    let error = Catalog::builtin().add_layer("mine.toml", table).unwrap_err();
    assert_eq!(error.problems()[0].message(), "the row has no price for image_out");
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
fn a_layer_replaces_whole_models() {
    let mut catalog = Catalog::builtin();
    let table = |price: &str| {
        format!(
            "schema = 1\n[model.\"gpt-4o-mini\"]\nencoding = \"o200k_base\"\nprice = {{ per = \"1M\", input = \"{price}\", output = \"1\" }}\n"
        )
    };
    catalog.add_layer("one", &table("7")).unwrap();
    catalog.add_layer("two", &table("8")).unwrap();
    let found = catalog.model("gpt-4o-mini").unwrap().resolve(day(2026, 11, 24)).unwrap();
    let (layer, model) = (found.layer, found.model);
    assert_eq!((layer.origin(), model.context(), model.max_output()), ("two", None, None), "whole rows");
    assert!(model.family(day(2026, 11, 24)).is_some(), "how it counts is known from below");
    assert_eq!(catalog.model("gpt-4.1").unwrap().resolve(day(2026, 11, 24)).unwrap().layer.origin(), "built-in");
}

/// The names of Azure deployments: an alias can be a plain name, also that of an alias of the built-in table.
#[test]
fn an_alias_without_a_day_always_resolves() {
    let mut catalog = Catalog::builtin();
    let table = "schema = 1\n[alias]\n\"my-deployment\" = \"gpt-4o\"\n\"my-mini\" = \"gpt-4o-mini\"\n";
    catalog.add_layer("mine", table).unwrap();
    let resolved = |catalog: &Catalog, name: &str, day| {
        catalog.model(name).unwrap().resolve(day).map(|found| found.model.name().to_owned())
    };
    assert_eq!(resolved(&catalog, "my-mini", day(2024, 8, 1)).unwrap(), "gpt-4o-mini");
    assert_eq!(resolved(&catalog, "my-deployment", day(2024, 6, 1)).unwrap(), "gpt-4o-2024-05-13");
    assert_eq!(resolved(&catalog, "my-deployment", day(2024, 10, 2)).unwrap(), "gpt-4o-2024-08-06");
    let error = resolved(&catalog, "my-deployment", day(2024, 5, 12)).unwrap_err();
    assert!(error.to_string().contains("`my-deployment` did not exist on 2024-05-12"), "{error}");
    // Written and read again, it is the same.
    let written = catalog.to_toml();
    assert!(written.contains("\"my-deployment\" = \"gpt-4o\"\n"), "{written}");
    let again = Catalog::only("written", &written).unwrap();
    assert_eq!(resolved(&again, "my-deployment", day(2024, 10, 2)).unwrap(), "gpt-4o-2024-08-06");
    assert_eq!(again.to_toml(), written);
    let unknown = Catalog::builtin().add_layer("mine", "schema = 1\n[alias]\na = \"gpt-nobody\"\n").unwrap_err();
    assert!(unknown.to_string().contains("alias `a` refers to `gpt-nobody`, which has no row"), "{unknown}");
}

/// Aliases of two tables that refer to each other have no model, and do not hang.
#[test]
fn aliases_of_two_tables_in_a_circle_have_no_model() {
    let row = "encoding = \"o200k_base\"\ncounting = \"gpt-4-turbo\"\nprice = { per = \"1M\", input = \"1\", output = \"1\" }\n";
    let mut catalog = Catalog::builtin();
    catalog.add_layer("first", &format!("schema = 1\n[model.b]\n{row}[alias]\na = \"b\"\n")).unwrap();
    catalog.add_layer("second", "schema = 1\n[alias]\nb = \"a\"\n").unwrap();
    let error = catalog.model("a").unwrap().resolve(day(2026, 1, 1)).unwrap_err();
    assert!(error.is_unknown_model(), "{error}");
}

#[test]
fn a_model_over_an_alias_counts_as_the_alias_does() {
    let mut catalog = Catalog::builtin();
    let row = "encoding = \"o200k_base\"\nprice = { per = \"1M\", input = \"7\", output = \"8\" }";
    catalog.add_layer("mine", &format!("schema = 1\n[model.\"gpt-4o\"]\n{row}\n")).unwrap();
    let found = catalog.model("gpt-4o").unwrap().resolve(day(2026, 11, 24)).unwrap();
    let (layer, model) = (found.layer, found.model);
    assert_eq!((layer.origin(), model.family(day(2026, 11, 24)).unwrap().as_str()), ("mine", "gpt-4-turbo"));
}

#[test]
fn a_model_over_an_embedding_needs_no_output_price() {
    let mut catalog = Catalog::builtin();
    let row = "encoding = \"cl100k_base\"\nprice = { per = \"1M\", input = \"7\" }";
    let table = |kind: &str| format!("schema = 1\n[model.\"vector\"]\n{kind}{row}\n");
    catalog.add_layer("one", &table("kind = \"embedding\"\n")).unwrap();
    catalog.add_layer("two", &table("")).unwrap();
    let error = Catalog::builtin().add_layer("chat", &table("counting = \"gpt-5\"\n")).unwrap_err();
    assert_eq!(error.problems()[0].message(), "the row has no price for output");
}

/// OpenAI lists no priority price of gpt-5.4 for long contexts: the price for shorter ones is not used instead.
#[test]
fn a_tier_without_a_row_for_long_contexts_has_no_price_for_them() {
    let catalog = Catalog::builtin();
    let model = catalog.model("gpt-5.4").unwrap().resolve(day(2026, 11, 24)).unwrap().model;
    assert!(model.price(day(2026, 11, 24), Tier::Priority, 272_000).is_some());
    assert!(model.price(day(2026, 11, 24), Tier::Priority, 272_001).is_none());
    let request = Request::from_text(" a".repeat(272_010).as_bytes()).unwrap();
    let terms = Terms::on(day(2026, 11, 24)).tier(Tier::Priority);
    let error = catalog.model("gpt-5.4").unwrap().estimate(&request, &terms).unwrap_err();
    assert_eq!(error.to_string(), "`gpt-5.4` has no known priority price for an input of 272,016 tokens");
}

#[test]
fn errors_of_huge_tables_and_names_are_short() {
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
fn only_near_matches_are_suggested() {
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
    fn no_change_of_a_few_bytes_crashes_reading_or_pricing(
        place in 0usize..200_000, byte in 32u8..127, tokens in any::<u64>()
    ) {
        let table = fs::read_to_string("pricing.toml").unwrap();
        let mut bytes = table.into_bytes();
        let place = place % bytes.len();
        bytes[place] = byte;
        if let Ok(text) = String::from_utf8(bytes) {
            let mut catalog = Catalog::builtin();
            if catalog.add_layer("fuzz", &text).is_ok() {
                price_everything(&catalog, tokens);
            }
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
        let model = catalog.model("m").unwrap().resolve(day(2026, 11, 24)).unwrap().model;
        let rate = model.price(day(2026, 11, 24), Tier::Standard, tokens).unwrap().rate(Field::Input).unwrap();
        prop_assert!(rate.cost(tokens) <= rate.cost(tokens + 1));
        prop_assert_eq!(rate.cost(tokens).amount() * rust_decimal::Decimal::from(1000), (amount * rust_decimal::Decimal::from(tokens)).normalize());
    }
}

/// Five hundred random usages of the researched models, each priced from the researched facts and by the catalogue.
#[test]
fn random_usages_cost_what_the_researched_facts_say() {
    use gpt_cost::usage::Usage;
    use rust_decimal::Decimal;

    let facts: serde_json::Value =
        serde_json::from_str(&fs::read_to_string("tests/prices/openai_models.json").unwrap()).unwrap();
    let facts = facts.as_array().unwrap();
    let catalog = Catalog::builtin();
    let mut random = Random(7);
    let mut priced = 0;
    while priced < 500 {
        let model = &facts[random.below(facts.len() as u64) as usize];
        let name = model["id"].as_str().unwrap();
        let (day, tier, sheet) = conditions(model, &mut random);
        let long = &model["prices"][format!("{}_long_context", tier.as_str())];
        let step = &model["prices"]["standard_long_context"]["threshold"];
        let mut usage = Usage::default();
        usage.input = match step.as_u64() {
            Some(threshold) => [threshold, threshold + 1, 1_000][random.below(3) as usize],
            None => random.below(1_000_000),
        };
        let is_long = step.as_u64().is_some_and(|threshold| usage.input > threshold);
        if is_long && long.is_null() {
            let bill = catalog.model(name).unwrap().bill(&usage, day, tier);
            assert!(bill.unwrap_err().is_missing_price(), "{name}: no long context at the {} tier", tier.as_str());
            continue;
        }
        // The facts have prices of long contexts only for today.
        let rates = if is_long && day == self::day(2026, 11, 24) { &long["per_1m"] } else { &sheet };
        if is_long && day != self::day(2026, 11, 24) {
            continue;
        }
        let rate = |name: &str| rates[name].as_str().map(|amount| amount.parse::<Decimal>().unwrap());
        if rate("cached_input").is_some() {
            usage.cached = random.below(usage.input + 1);
        }
        if rate("output").is_some() {
            usage.output = random.below(100_000);
        }
        if rate("audio_input").is_some() {
            usage.audio_input = random.below(usage.input - usage.cached + 1);
        }
        if rate("audio_output").is_some() {
            usage.audio_output = random.below(usage.output + 1);
        }
        let parts = [
            (usage.input - usage.cached - usage.audio_input, "input"),
            (usage.cached, "cached_input"),
            (usage.audio_input, "audio_input"),
            (usage.output - usage.audio_output, "output"),
            (usage.audio_output, "audio_output"),
        ];
        let cost = |(tokens, name): (u64, &str)| {
            Decimal::from(tokens) * rate(name).unwrap_or_default() / Decimal::from(1_000_000)
        };
        let expected: Decimal = parts.into_iter().map(cost).sum();
        let bill = catalog.model(name).unwrap().bill(&usage, day, tier);
        let bill = bill.unwrap_or_else(|error| panic!("{name} on {day}, {}: {error}", tier.as_str()));
        assert_eq!(bill.total.amount(), expected.normalize(), "{name} on {day}, {}: {usage:?}", tier.as_str());
        priced += 1;
    }
}

/// Prices a usage by every model and tier on some days: there may be no price, but never a panic.
fn price_everything(catalog: &Catalog, tokens: u64) {
    use gpt_cost::usage::Usage;
    let usage = Usage::new(tokens, tokens).cached(tokens / 3).audio_output(tokens / 7);
    let wrong = Usage::new(1, tokens).cached(u64::MAX);
    assert!(catalog.models().iter().all(|found| {
        let model = found.model;
        catalog.model(model.name()).unwrap().bill(&wrong, day(2026, 11, 24), Tier::Standard).is_err()
    }));
    let names: Vec<String> = catalog.models().iter().map(|found| found.model.name().to_owned()).collect();
    for name in names {
        let model = catalog.model(&name).unwrap();
        for tier in Tier::ALL {
            for day in [day(2023, 1, 1), day(2026, 11, 24), day(2040, 1, 1)] {
                let _ = model.bill(&usage, day, *tier);
            }
        }
    }
}

/// Returns a day and a tier for which the facts have a price, and that price.
fn conditions(model: &serde_json::Value, random: &mut Random) -> (Date, Tier, serde_json::Value) {
    let today = day(2026, 11, 24);
    let history = model["price_history"].as_array().cloned().unwrap_or_default();
    if !history.is_empty() && random.below(2) == 0 {
        let past = &history[random.below(history.len() as u64) as usize];
        let from: Date = past["from"].as_str().unwrap().parse().unwrap();
        return (from, Tier::Standard, past["per_1m"].clone());
    }
    let tiers: Vec<Tier> =
        Tier::ALL.iter().copied().filter(|tier| !model["prices"][tier.as_str()]["per_1m"].is_null()).collect();
    let tier = tiers[random.below(tiers.len() as u64) as usize];
    (today, tier, model["prices"][tier.as_str()]["per_1m"].clone())
}

/// Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

#[test]
fn an_exported_table_reads_back_as_the_same() {
    let mut catalog = Catalog::builtin();
    let mine = "schema = 1\n[model.\"gpt-4o\"]\nencoding = \"o200k_base\"\nprice = { per = \"1M\", input = \"7\", output = \"8\" }\n\
                [alias]\n\"gpt-4\" = [ { from = 2023-01-01, to = \"gpt-4.1\" } ]\n\"odd \\\"name\\\"\" = [ { from = 2023-01-01, to = \"gpt-4.1\" } ]\n";
    catalog.add_layer("mine", mine).unwrap();
    let exported = catalog.to_toml();
    let mut read = Catalog::builtin();
    read.add_layer("exported", &exported).unwrap();
    assert_eq!(catalog.differences(&read), []);
    assert_eq!(read.to_toml(), exported);
}

#[test]
fn unit_errors_are_found_with_their_lines() {
    let check = |rows: &str| {
        let table = format!("schema = 1\n{rows}");
        let problems = Catalog::builtin().check("mine.toml", &table).map_err(|error| error.problems().to_vec());
        problems.err().unwrap_or_default().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let model = |name: &str, price: &str| {
        format!("[model.\"{name}\"]\nencoding = \"o200k_base\"\ncounting = \"gpt-5\"\nprice = {price}\n")
    };
    let row = |per: &str, input: &str| format!("{{ per = \"{per}\", input = \"{input}\", output = \"{input}\" }}");
    assert_eq!(check(&model("gpt-4.1", &row("1M", "2.10"))), [""; 0]);
    assert_eq!(
        check(&model("gpt-4.1", &row("1K", "2.10"))),
        ["mine.toml:5:9: an input of a million tokens would cost $2,100.00, but the table below has $2.00"]
    );
    let later = row("1M", "0.002").replace("per", "from = 2027-01-01, per");
    assert_eq!(
        check(&model("mine", &format!("[{}, {later}]", row("1M", "2")))),
        ["mine.toml:5:53: an input of a million tokens would cost $0.002, but another row of the model has $2.00"]
    );
    let siblings =
        [model("mine-2026-01-01", &row("1K", "0.002")), model("mine-2026-05-01", &row("1M", "0.002"))].concat();
    assert_eq!(
        check(&siblings),
        ["mine.toml:9:9: an input of a million tokens would cost $0.002, but `mine-2026-01-01` has $2.00"]
    );
    assert_eq!(
        check(&model("mine", &row("1K", "2.50"))),
        ["mine.toml:5:9: an input of a million tokens would cost $2,500.00, but models cost $0.005 to $1,000.00"]
    );
}

mod import {
    use super::*;
    use gpt_cost::catalog::import::{ImportFormat, Imported, Plan};

    fn plan(format: ImportFormat, text: &str) -> Plan {
        Catalog::builtin().plan_import(&Imported::read(format, text).unwrap(), day(2026, 11, 24))
    }

    fn changes(plan: &Plan) -> Vec<String> {
        let change = |one: &gpt_cost::catalog::import::Change| {
            let old = one.old.map_or("none".to_owned(), |old| old.to_string());
            format!(
                "{} {} {} {} {}: {old} to {}",
                one.model,
                one.from,
                one.tier.as_str(),
                one.above,
                one.field.as_str(),
                one.new
            )
        };
        plan.changes.iter().map(change).collect()
    }

    #[test]
    fn litellm_prices_per_token_are_read_exactly() {
        let table = r#"{
            "sample_spec": "a text",
            "gpt-5.4": {"litellm_provider": "openai", "input_cost_per_token": 2.5e-06, "cache_read_input_token_cost": 2.5e-07,
                "output_cost_per_token": 1.6e-05, "input_cost_per_token_above_272k_tokens": 0.0000051, "input_cost_per_token_flex": 1.25e-06},
            "azure/gpt-5.4": {"litellm_provider": "azure", "input_cost_per_token": 1},
            "text-embedding-3-small": {"litellm_provider": "openai", "input_cost_per_token": 2e-08, "output_cost_per_token": 0.0},
            "nobody-knows": {"litellm_provider": "openai", "input_cost_per_token": 1e-06}}"#;
        let plan = plan(ImportFormat::Litellm, table);
        assert_eq!(
            changes(&plan),
            [
                "gpt-5.4 2026-11-24 standard 0 output: $15.00 to $16.00",
                "gpt-5.4 2026-11-24 standard 272000 input: $5.00 to $5.10",
            ]
        );
        // Without a mode, it is unknown what the model is for.
        assert_eq!((plan.unknown.as_slice(), plan.new.len()), (["nobody-knows".to_owned()].as_slice(), 0));
    }

    /// A new model has the limits and dates of the other table, and its count is never exact.
    #[test]
    fn a_model_that_no_table_knows_is_added_with_assumed_rules() {
        let table = r#"{
            "gpt-7": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 3e-06, "output_cost_per_token": 1.2e-05,
                "input_cost_per_token_batches": 1.5e-06, "output_cost_per_token_flex": 6e-06, "input_cost_per_token_decisions": 1e-07,
                "max_input_tokens": 900000, "max_output_tokens": 100000, "deprecation_date": "2028-05-01", "successor_model": "gpt-8"},
            "gpt-image-9": {"litellm_provider": "openai", "mode": "image_generation", "input_cost_per_token": 5e-06,
                "output_cost_per_image_token": 2.8e-05, "input_cost_per_image": 0.02},
            "gpt-0": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06,
                "deprecation_date": "2026-11-24"},
            "gpt-live-9": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_second": 0.01}}"#;
        let imported = Imported::read(ImportFormat::Litellm, table).unwrap();
        let ignored =
            [("input_cost_per_image", 1), ("input_cost_per_second", 1), ("input_cost_per_token_decisions", 1)];
        assert_eq!(imported.ignored().collect::<Vec<_>>(), ignored);
        let today = day(2026, 11, 24);
        let catalog = Catalog::builtin();
        let plan = catalog.plan_import(&imported, today);
        let new: Vec<_> = plan.new.iter().map(|one| (one.name.as_str(), one.kind)).collect();
        assert_eq!(new, [("gpt-7", Kind::Chat), ("gpt-image-9", Kind::Image)]);
        assert_eq!(
            (plan.shut_down.as_slice(), plan.unknown.as_slice()),
            (["gpt-0".to_owned()].as_slice(), [].as_slice())
        );
        assert!(changes(&plan).contains(&"gpt-7 2026-11-24 standard 0 output: none to $12.00".to_owned()));
        let written = plan.apply(&catalog, "new.toml", "", "from a test", None).unwrap();
        let mut with = Catalog::builtin();
        with.add_layer("new.toml", &written).unwrap();
        let model = with.model("gpt-7").unwrap().resolve(today).unwrap().model;
        assert_eq!((model.max_input(), model.max_output(), model.context()), (Some(900_000), Some(100_000), None));
        assert_eq!((model.shutdown(), model.successor()), (Some(day(2028, 5, 1)), Some("gpt-8")));
        assert_eq!(model.checked(), None, "nobody has checked it");
        // The tiers have no price for all of the tokens.
        assert_eq!(model.tiers().collect::<Vec<_>>(), [Tier::Standard]);
        for text in ["Hi", "A longer text, with more words."] {
            let estimate =
                with.model("gpt-7").unwrap().estimate(&Request::from_text(text.as_bytes()).unwrap(), &Terms::on(today));
            let estimate = estimate.unwrap();
            assert_eq!(estimate.input().label(), gpt_cost::accounting::Label::Estimate);
            assert!(
                estimate.warnings().iter().any(|one| one.message.contains("are assumed")),
                "{:?}",
                estimate.warnings()
            );
        }
        let image = with.model("gpt-image-9").unwrap().resolve(today).unwrap().model;
        assert_eq!(image.encoding(), None, "it is priced by its usage alone");
        assert!(with.plan_import(&imported, today).is_empty(), "it is known now");
    }

    /// A table that is older than ours has prices of before a change: they are marked. Models that were shut down are
    /// left out, and names are resolved by the rules.
    #[test]
    fn prices_of_an_older_table_are_marked() {
        let csv = "id,per,input,output\ngpt-5.6-luna,1M,1,6\ngpt-5.6-terra,1M,1.9,11\ngpt-4-0613,1M,25,50\n\
                   gpt-6.1-sol-2026-09-29,1M,2.1,10\ngpt-5.6,1M,3.5,20\n";
        let plan = plan(ImportFormat::Csv, csv);
        let marked = |change: &gpt_cost::catalog::import::Change| (change.model.clone(), change.earlier.flatten());
        let models: std::collections::BTreeSet<_> = plan.changes.iter().map(marked).collect();
        let expected = [
            ("gpt-5.6-luna".to_owned(), Some(day(2026, 7, 9))),
            ("gpt-5.6-sol".to_owned(), None),
            ("gpt-5.6-terra".to_owned(), None),
            ("gpt-6.1-sol".to_owned(), None),
        ];
        assert_eq!(models.into_iter().collect::<Vec<_>>(), expected);
        assert_eq!(plan.shut_down, ["gpt-4-0613"]);
        assert!(plan.unknown.is_empty() && plan.new.is_empty());
    }

    #[test]
    fn models_dev_has_limits_long_contexts_and_a_fast_mode() {
        let table = r#"{"anthropic": {"models": {"claude": {"cost": {"input": 1, "output": 2}}}}, "openai": {"models": {
            "gpt-5.4": {"cost": {"input": 2.5, "output": 15, "cache_read": 0.2, "reasoning": 15, "tiers": [
                    {"input": 5, "output": 24, "tier": {"size": 272000, "type": "context"}}]},
                "experimental": {"modes": {"fast": {"cost": {"input": 5.5, "output": 30}}}}},
            "gpt-3.5-turbo-instruct": {"cost": {"input": 9, "output": 9}},
            "gpt-7": {"cost": {"input": 1.1, "cache_read": 0, "output": 4, "video": 3}, "limit": {"context": 300000, "output": 400000},
                "modalities": {"output": ["text"]}, "release_date": "2026-11-20"},
            "text-embedding-9": {"cost": {"input": 0.03, "output": 0}, "limit": {"context": 9000, "output": 2000},
                "modalities": {"output": ["text"]}, "family": "text-embedding"},
            "gpt-video": {"cost": {"input": 1, "output": 2}, "modalities": {"output": ["video"]}}}}}"#;
        let imported = Imported::read(ImportFormat::ModelsDev, table).unwrap();
        assert_eq!(imported.ignored().collect::<Vec<_>>(), [("video", 1)]);
        let catalog = Catalog::builtin();
        let plan = catalog.plan_import(&imported, day(2026, 11, 24));
        let of_gpt_54 = changes(&plan).into_iter().filter(|change| change.starts_with("gpt-5.4"));
        assert_eq!(
            of_gpt_54.collect::<Vec<_>>(),
            [
                "gpt-5.4 2026-11-24 standard 0 cached: $0.25 to $0.20",
                "gpt-5.4 2026-11-24 standard 272000 output: $22.50 to $24.00",
                "gpt-5.4 2026-11-24 priority 0 input: $5.00 to $5.50",
            ]
        );
        assert_eq!(plan.unknown, ["gpt-video"]);
        let written = plan.apply(&catalog, "new.toml", "", "from a test", Some(day(2026, 11, 23))).unwrap();
        let mut with = Catalog::builtin();
        with.add_layer("new.toml", &written).unwrap();
        let model = with.model("gpt-7").unwrap().resolve(day(2026, 11, 24)).unwrap().model;
        assert_eq!(
            (model.context(), model.max_output()),
            (Some(300_000), None),
            "no output is larger than the context"
        );
        assert_eq!((model.released(), model.checked()), (Some(day(2026, 11, 20)), Some(day(2026, 11, 23))));
        let row = model.price(day(2026, 11, 24), Tier::Standard, 1).unwrap();
        assert_eq!(row.rate(Field::Cached), None, "reading from the cache is never free");
        let model = with.model("text-embedding-9").unwrap().resolve(day(2026, 11, 24)).unwrap().model;
        assert_eq!((model.kind(), model.max_output(), model.encoding()), (Kind::Embedding, None, None));
        let error = Imported::read(ImportFormat::ModelsDev, "{}").unwrap_err();
        assert!(error.to_string().contains("it has no provider openai"), "{error}");
    }

    /// The day of the check is what a person states, or the day in the other table; never today by itself.
    #[test]
    fn the_day_of_the_check_is_given() {
        let target = "schema = 1\n[model.\"gpt-4.1\"]\nencoding = \"o200k_base\"\nprice = { per = \"1M\", input = \"3\", output = \"9\" }\n\
                      [model.\"o3\"]\nencoding = \"o200k_base\"\nchecked = 2026-01-01\nprice = [ { per = \"1M\", input = \"3\", output = \"9\" } ]\n";
        let mut catalog = Catalog::builtin();
        catalog.add_layer("ours.toml", target).unwrap();
        let imported =
            Imported::read(ImportFormat::Csv, "id,per,input,output\ngpt-4.1,1M,2,8\no3,1M,2,8\ngpt-5.4,1M,2,8\n");
        let plan = catalog.plan_import(&imported.unwrap(), day(2026, 11, 24));
        let checked = |given: Option<Date>| {
            let written = plan.apply(&catalog, "ours.toml", target, "from a test", given).unwrap();
            let mut with = Catalog::builtin();
            with.add_layer("ours.toml", &written).unwrap();
            ["gpt-4.1", "o3", "gpt-5.4"]
                .map(|name| with.model(name).unwrap().resolve(day(2026, 11, 24)).unwrap().model.checked())
        };
        assert_eq!(checked(None), [None, Some(day(2026, 1, 1)), Some(day(2026, 11, 14))]);
        assert_eq!(checked(Some(day(2026, 11, 20))), [Some(day(2026, 11, 20)); 3]);
    }

    /// A price from the same day cannot be added twice.
    #[test]
    fn a_second_price_from_the_same_day_is_an_error_with_a_hint() {
        let target = "schema = 1\n[model.\"gpt-4.1\"]\nencoding = \"o200k_base\"\nprice = [\n  { per = \"1M\", from = 2026-11-24, input = \"3\", output = \"9\" },\n]\n";
        let mut catalog = Catalog::builtin();
        catalog.add_layer("ours.toml", target).unwrap();
        let imported = Imported::read(ImportFormat::Csv, "id,per,input,output\ngpt-4.1,1M,2,8\n").unwrap();
        let plan = catalog.plan_import(&imported, day(2026, 11, 24));
        let error = plan.apply(&catalog, "ours.toml", target, "from a test", None).unwrap_err();
        assert_eq!(error.to_string(), "ours.toml: `gpt-4.1` already has a price from 2026-11-24");
        assert!(error.problems()[0].hint().unwrap().starts_with("pass --as-of"));
    }

    #[test]
    fn genai_prices_has_the_price_of_images_and_the_day_of_the_check() {
        let table = r#"[{"id": "openai", "models": [
            {"id": "gpt-image-2", "prices_checked": "2026-10-14", "prices": {"input_mtok": 5, "output_mtok": 31, "input_image_mtok": 8}},
            {"id": "gpt-5.4", "prices": {"input_mtok": 2.5, "web_searches_kcount": 10}}]}]"#;
        let imported = Imported::read(ImportFormat::GenaiPrices, table).unwrap();
        assert_eq!(imported.ignored().collect::<Vec<_>>(), [("web_searches_kcount", 1)]);
        assert_eq!(
            changes(&plan(ImportFormat::GenaiPrices, table)),
            ["gpt-image-2 2026-11-24 standard 0 image_out: $30.00 to $31.00"]
        );
    }

    #[test]
    fn genai_prices_has_history_tiers_and_future_days() {
        let table = r#"[{"id": "anthropic", "models": [{"id": "claude"}]}, {"id": "openai", "models": [
            {"id": "o3", "match": {"or": [{"equals": "o3-2025-04-16"}, {"regex": "^o3-x"}]},
             "prices": [{"prices": {"input_mtok": 10, "output_mtok": 40}},
                        {"constraint": {"start_date": "2025-06-10"}, "prices": {"input_mtok": 2, "output_mtok": 8}},
                        {"constraint": {"start_date": "2027-01-01"}, "prices": {"input_mtok": 1.5, "output_mtok": 6}}],
             "price_variants": [{"when": {"service_tier": "default"}, "prices": {}},
                                {"when": {"service_tier": "flex"}, "prices": {"input_mtok": 0.9}, "constraint": {"start_date": "2026-10-12"}},
                                {"when": {"service_tier": "flex", "processing": "batch"}, "prices": {"input_mtok": 0.1}}]},
            {"id": "gpt-5.4", "prices": {"input_mtok": {"base": 2.5, "tiers": [{"start": 272000, "price": 6}]}, "output_mtok": 15}}]}]"#;
        assert_eq!(
            changes(&plan(ImportFormat::GenaiPrices, table)),
            [
                "gpt-5.4 2026-11-24 standard 272000 input: $5.00 to $6.00",
                "gpt-5.4 2026-11-24 standard 272000 output: $22.50 to $15.00",
                "o3 2027-01-01 standard 0 input: $2.00 to $1.50",
                "o3 2027-01-01 standard 0 output: $8.00 to $6.00",
                "o3 2026-11-24 flex 0 input: $1.00 to $0.90",
            ]
        );
    }

    #[test]
    fn rows_are_added_and_none_is_changed() {
        let target = "schema = 1\n# ours\n[model.\"gpt-4.1\"]\nencoding = \"o200k_base\"\nprice = [\n  { per = \"1M\", input = \"3\", output = \"9\" } # a, comment\n]\n\n\
                      [model.\"gpt-4o-mini\"]\nencoding = \"o200k_base\"\nprice = { per = \"1K\", input = \"0.0002\", output = \"0.0006\" }\n\
                      [alias]\n\"x\" = [ { from = 2026-01-01, to = \"gpt-4.1\" } ]\n";
        let mut catalog = Catalog::builtin();
        catalog.add_layer("ours.toml", target).unwrap();
        let csv = "id,per,tier,above,input,output,from\ngpt-4.1,1M,,,2,8,\ngpt-4o-mini,1K,,,0.0001,0.0004,2027-01-01\no3,1M,flex,,0.9,4,\n";
        let imported = Imported::read(ImportFormat::Csv, csv).unwrap();
        let today = day(2026, 11, 24);
        let plan = catalog.plan_import(&imported, today);
        let written = plan.apply(&catalog, "ours.toml", target, "from a test", None).unwrap();
        assert!(written.contains(
            "price = [\n  { per = \"1M\", input = \"3\", output = \"9\" }, # a, comment\n  { per = \"1M\", from = 2026-11-24, input = \"2.00\", output = \"8.00\" },  # from a test\n]"
        ), "{written}");
        assert!(written.contains(
            "price = [\n  { per = \"1K\", input = \"0.0002\", output = \"0.0006\" },\n  { per = \"1M\", from = 2027-01-01, input = \"0.10\", output = \"0.40\" },  # from a test\n]\n[alias]"
        ), "{written}");
        assert!(written.contains("# from a test\n[model.\"o3\"]\nalso       = [\"o3-2025-04-16\"]\n"), "{written}");
        let mut again = Catalog::builtin();
        again.add_layer("ours.toml", &written).unwrap();
        let price = |name: &str, day: Date, tier| {
            let model = again.model(name).unwrap().resolve(day).unwrap().model;
            model.price(day, tier, 1).unwrap().rate(Field::Input).unwrap().amount().to_string()
        };
        assert_eq!(price("gpt-4.1", day(2026, 11, 23), Tier::Standard), "$3.00", "the past is as it was");
        assert_eq!(price("gpt-4.1", today, Tier::Standard), "$2.00");
        assert_eq!(price("o3", today, Tier::Flex), "$0.90");
        assert_eq!(price("o3", today, Tier::Standard), "$2.00");
        assert!(again.plan_import(&imported, today).is_empty(), "what was added is no difference any more");
    }

    #[test]
    fn a_unit_error_is_marked() {
        let plan = plan(ImportFormat::Csv, "id,per,input,output\ngpt-4.1,1K,2,8\n");
        assert!(plan.changes.iter().all(|change| change.is_suspicious) && plan.changes.len() == 2);
    }
}

#[test]
fn names_are_resolved_by_rules_and_never_by_prefix() {
    let catalog = Catalog::builtin();
    let row = |name: &str| catalog.model(name).unwrap().resolve(day(2026, 11, 24)).unwrap().model.name().to_owned();
    assert_eq!(row("azure/gpt-35-turbo-16k"), "gpt-3.5-turbo-16k");
    assert_eq!(row("ft:gpt-4.1-mini-2025-04-14:acme::abc"), "ft:gpt-4.1-mini-2025-04-14");
    assert_eq!(row("openai/gpt-4o-mini-2031-01-01"), "gpt-4o-mini");
    for name in ["gpt-4o-minimal", "gpt-4.1-turbo", "ft:gpt-6:acme::abc", "o3-ultra"] {
        assert!(catalog.model(name).unwrap_err().is_unknown_model(), "{name}");
    }
}

#[test]
fn cached_input_and_many_requests_are_priced() {
    use gpt_cost::Cached;
    let mut catalog = Catalog::builtin();
    catalog.add_layer("pinned.toml", crate::budgets::PINNED).unwrap();
    let request = Request::from_text(" a".repeat(1_993).as_bytes()).unwrap();
    let estimate = |name: &str, terms: Terms| catalog.model(name).unwrap().estimate(&request, &terms).unwrap();
    let on = || Terms::on(day(2026, 11, 24)).output_tokens(0);
    let plain = estimate("gpt-4o-2024-08-06", on());
    assert_eq!((plain.input().tokens(), plain.cost().input.min.to_string()), (2_000, "$0.005".to_owned()));
    let half = estimate("gpt-4o-2024-08-06", on().cached(Cached::Percent("50".parse().unwrap())).requests(3));
    assert_eq!((half.cached(), half.cost().input.min.to_string()), (1_000, "$0.00375".to_owned()));
    assert_eq!(half.cost_of_all().total.expected.unwrap().to_string(), "$0.01125");
    let all = estimate("gpt-4o-2024-08-06", on().cached(Cached::Tokens(1_000_000)));
    assert_eq!((all.cached(), all.cost().input.min.to_string()), (2_000, "$0.0025".to_owned()));
    let unpriced = estimate("gpt-4", on().cached(Cached::Tokens(500)));
    assert_eq!(unpriced.cost().input.min, estimate("gpt-4", on()).cost().input.min, "no cached price is the input's");
    assert!(unpriced.warnings().iter().any(|one| one.message.contains("no price for cached input")));
    // No part of a short input is cached.
    let short = Request::from_text(" a".repeat(900).as_bytes()).unwrap();
    let terms = on().cached(Cached::Tokens(500));
    let short = catalog.model("gpt-4o-2024-08-06").unwrap().estimate(&short, &terms).unwrap();
    assert_eq!(short.cached(), 0);
    assert!(
        short.warnings().iter().any(|one| one.message.starts_with("inputs of fewer than 1,024 tokens are not cached"))
    );
}

/// If writing to the prompt cache costs more than reading, the maximum assumes that all input is written, and no bill
/// is above it.
#[test]
fn cache_writes_are_in_the_range() {
    use gpt_cost::Cached;
    use gpt_cost::usage::Usage;
    let catalog = Catalog::builtin();
    let request = Request::from_text(" a".repeat(5_000).as_bytes()).unwrap();
    let model = catalog.model("gpt-5.6-sol").unwrap();
    let terms = Terms::on(day(2026, 11, 24)).output_tokens(100);
    let estimate = model.estimate(&request, &terms).unwrap();
    let input = estimate.input().max().unwrap();
    let bill = |written: u64, cached: u64| {
        let usage = Usage::new(input, 0).written(written).cached(cached);
        model.bill(&usage, day(2026, 11, 24), Tier::Standard).unwrap().total
    };
    assert_eq!(estimate.cost().input.max.unwrap(), bill(input, 0));
    assert!(bill(input, 0) > bill(0, 0));
    let half = model.estimate(&request, &terms.clone().cached(Cached::Tokens(2_000))).unwrap();
    assert_eq!(half.cost().input.max.unwrap(), bill(input - 2_000, 2_000));
    let short = model.estimate(&Request::from_text(b"Hi").unwrap(), &terms).unwrap();
    let price = short.price().rate(gpt_cost::catalog::Field::Input).unwrap();
    assert_eq!(short.cost().input.max.unwrap(), price.cost(short.input().max().unwrap()), "too short to be written");
}
