//! Compares the counts with the billed usage of recorded requests in the folder that `GPT_COST_TRUTH` names. The
//! recordings cannot be distributed with the crate: without the folder, the test is ignored.
//!
//! `GPT_COST_TRUTH=… cargo test --test truth -- --nocapture` prints the figures, as `gpt-cost verify` does.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test may panic, and prints its figures"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use gpt_cost::accounting::Family;
use gpt_cost::verify::{Edit, Recording, Recordings, Report, Score};
use gpt_cost::{Catalog, Date, Request};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

/// The figures that no change may make worse: the least number of counted cases, the least number of them exact to the
/// token, and the greatest number outside of their range.
const FLOORS: [Floor; 15] = [
    Floor { file: "chat-completions", feature: None, counted: 4_419, exact: 4_390, outside: 6 },
    Floor { file: "chat-completions", feature: Some("plain"), counted: 2_211, exact: 2_210, outside: 0 },
    Floor { file: "chat-completions", feature: Some("tools"), counted: 1_587, exact: 1_575, outside: 1 },
    Floor { file: "chat-completions", feature: Some("parallel-tool-calls"), counted: 114, exact: 114, outside: 0 },
    Floor { file: "chat-completions", feature: Some("json_schema"), counted: 344, exact: 334, outside: 2 },
    Floor { file: "chat-completions", feature: Some("image-base64"), counted: 165, exact: 154, outside: 2 },
    Floor { file: "responses", feature: None, counted: 1_509, exact: 1_292, outside: 10 },
    Floor { file: "responses-compact", feature: None, counted: 8, exact: 8, outside: 0 },
    Floor { file: "completions", feature: None, counted: 67, exact: 65, outside: 0 },
    Floor { file: "embeddings", feature: None, counted: 264, exact: 262, outside: 1 },
    Floor { file: "part2/chat-completions", feature: None, counted: 1_445, exact: 1_438, outside: 3 },
    Floor { file: "part2/responses", feature: None, counted: 847, exact: 812, outside: 0 },
    Floor { file: "part3/chat-completions", feature: None, counted: 618, exact: 615, outside: 0 },
    Floor { file: "part3/chat-completions", feature: Some("tools"), counted: 176, exact: 176, outside: 0 },
    Floor { file: "part3/responses", feature: None, counted: 141, exact: 121, outside: 6 },
];

/// The recordings: those that the rules were fitted to first, and two parts of other projects.
const FILES: [&str; 12] = [
    "chat-completions",
    "responses",
    "responses-compact",
    "completions",
    "embeddings",
    "part2/chat-completions",
    "part2/responses",
    "part2/completions",
    "part2/embeddings",
    "part3/chat-completions",
    "part3/responses",
    "part3/embeddings",
];

struct Floor {
    file: &'static str,
    feature: Option<&'static str>,
    counted: u64,
    exact: u64,
    outside: u64,
}

fn main() {
    let folder = std::env::var_os("GPT_COST_TRUTH").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("GPT_COST_TRUTH is not set: the tests against recorded requests are ignored");
    }
    let ignored = folder.is_none();
    let folder = folder.unwrap_or_default();
    let of_keywords = folder.clone();
    let trials = vec![
        Trial::test("recorded_requests_are_billed_as_counted", move || recorded_bills(&folder)),
        Trial::test("bounds_of_keywords_follow_the_recordings", move || keywords(&of_keywords)),
    ];
    let trials = trials.into_iter().map(|trial| trial.with_ignored_flag(ignored)).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn recorded_bills(folder: &Path) -> Result<(), Failed> {
    let (mut all, mut all_countable) = (Recordings::default(), Recordings::default());
    for name in FILES {
        let mut recordings = Recordings::default();
        for (index, line) in BufReader::new(File::open(folder.join(format!("{name}.jsonl")))?).lines().enumerate() {
            let recording = Recording::from_json(line?.as_bytes()).unwrap();
            let place = format!("{name}.jsonl:{}", index + 1);
            for recordings in [&mut recordings, &mut all] {
                recordings.add(&Catalog::builtin(), &recording, &place, Date::constant(2026, 11, 24));
            }
            if is_countable(&recording) {
                all_countable.add(&Catalog::builtin(), &recording, &place, Date::constant(2026, 11, 24));
            }
        }
        let report = recordings.report();
        show(name, &report.total);
        show_edits(&report);
        for floor in FLOORS.iter().filter(|floor| floor.file == name) {
            let score = floor.feature.map_or(&report.total, |feature| &report.features[feature]);
            let at = format!("{name} {}: {score:?}", floor.feature.unwrap_or("all"));
            assert!(score.counted >= floor.counted && score.exact >= floor.exact, "{at}");
            assert!(score.outside_bound <= floor.outside, "{at}");
        }
    }
    let (all, all_countable) = (all.report(), all_countable.report());
    show("all", &all.total);
    show_edits(&all);
    for (endpoint, score) in &all_countable.endpoints {
        show(&format!("countable: {endpoint}"), score);
    }
    let mean = all_countable.mean_over_projects().unwrap();
    let (mean, projects) = (mean.exact_share, mean.projects);
    let score = all_countable.total;
    assert!(score.counted * 100 >= score.cases * 99, "{score:?}");
    for (endpoint, percent) in [("chat/completions", 99), ("responses", 97), ("embeddings", 99), ("completions", 95)] {
        let score = all_countable.endpoints[endpoint];
        assert!(score.exact * 100 >= score.counted * percent, "{endpoint}: {score:?}");
    }
    println!("mean over {projects} projects: {}.{:02}%", mean / 100, mean % 100);
    assert!(mean >= 9_650, "the mean over projects");
    // The counts of images of unknown size are in their ranges.
    assert!(all.total.between >= 200 && all.total.outside_ends <= 2, "{:?}", all.total);
    // Most of those whose bill depends on the answer, too.
    assert!(all.total.by_answer >= 40 && all.total.outside_by_answer <= 2, "{:?}", all.total);
    // Fewer than 0.3% are outside of the stated range.
    assert!(all.total.outside_bound * 333 < all.total.counted, "{:?}", all.total);
    Ok(())
}

/// Compares the bound of each keyword of a tool's schema with the recordings that have it: none from 30 exact cases of 3
/// projects on, one token if there are fewer, all of its tokens if there is none. The models of 2023 are left out, since
/// they are shown schemas in another way.
fn keywords(folder: &Path) -> Result<(), Failed> {
    let catalog = Catalog::builtin();
    let mut recorded: BTreeMap<String, (u64, BTreeSet<String>)> = BTreeMap::new();
    for name in FILES.into_iter().filter(|name| name.ends_with("chat-completions") || name.ends_with("responses")) {
        for line in BufReader::new(File::open(folder.join(format!("{name}.jsonl")))?).lines() {
            let line = line?;
            let recording = Recording::from_json(line.as_bytes()).unwrap();
            let (Ok(request), Some(day)) = (&recording.request, recording.day) else { continue };
            let model = request.model().and_then(|name| catalog.model(name).ok());
            let family =
                model.as_ref().and_then(|model| model.resolve(day).ok()).and_then(|found| found.model.family(day));
            let is_exact = model
                .and_then(|model| model.count(request, day).ok())
                .is_some_and(|count| count.uncounted().is_empty() && count.tokens() == recording.usage.input);
            if recording.edit == Some(Edit::Marked)
                || !is_exact
                || matches!(family, Some(Family::Gpt35Turbo0301 | Family::Gpt4))
            {
                continue;
            }
            let body: Value = serde_json::from_str(&line).unwrap();
            let mut found = BTreeSet::new();
            for tool in body["request"]["tools"].as_array().into_iter().flatten() {
                let function = tool.get("function").unwrap_or(tool);
                collect_keywords(&function["parameters"], &mut found);
            }
            for keyword in found {
                let (cases, projects) = recorded.entry(keyword).or_default();
                *cases += 1;
                projects.extend(recording.project.clone());
            }
        }
    }
    for (keyword, (cases, projects)) in &recorded {
        println!("{keyword:22} {cases:5} exact cases of {} projects", projects.len());
    }
    let bound = |keyword: &str, value: &str| {
        let body = format!(
            r#"{{"model": "gpt-5", "messages": [{{"role": "user", "content": "Hi"}}], "tools": [{{"type": "function", "function":
                {{"name": "f", "parameters": {{"type": "object", "properties": {{"a": {{"type": "string", "{keyword}": {value}}}}}}}}}}}]}}"#
        );
        let request = Request::from_json(body.as_bytes()).unwrap();
        let count = catalog.model("gpt-5").unwrap().count(&request, Date::constant(2026, 1, 10)).unwrap();
        count.max().unwrap() - count.tokens()
    };
    for (keyword, value) in [
        ("title", r#""A""#),
        ("description", r#""A""#),
        ("default", r#""a""#),
        ("enum", r#"["a"]"#),
        ("$schema", r#""a""#),
        ("strict", "true"),
        ("format", r#""date""#),
        ("minimum", "1"),
        ("maximum", "1"),
        ("const", r#""a""#),
        ("examples", r#"["a"]"#),
        ("pattern", r#""a""#),
        ("minLength", "1"),
        ("not", "{}"),
    ] {
        let (cases, projects) = recorded.get(keyword).map_or((0, 0), |(cases, projects)| (*cases, projects.len()));
        let bound = bound(keyword, value);
        let is_right = match (cases, projects) {
            (30.., 3..) => bound == 0,
            (1.., _) => bound == 1,
            _ => bound > 1,
        };
        assert!(is_right, "{keyword}: a bound of {bound} with {cases} exact cases of {projects} projects");
    }
    Ok(())
}

fn collect_keywords(schema: &Value, found: &mut BTreeSet<String>) {
    let Some(fields) = schema.as_object() else { return };
    for (key, value) in fields {
        found.insert(key.clone());
        match (key.as_str(), value) {
            ("properties" | "$defs" | "definitions", Value::Object(schemas)) => {
                schemas.values().for_each(|schema| collect_keywords(schema, found));
            }
            ("anyOf" | "allOf", Value::Array(schemas)) => {
                schemas.iter().for_each(|schema| collect_keywords(schema, found));
            }
            ("items" | "additionalProperties", schema) => collect_keywords(schema, found),
            _ => {}
        }
    }
}

/// Returns whether a case is countable by the recordings' README: the request contains everything that is billed, in a
/// form that is not the vendor's secret.
fn is_countable(recording: &Recording) -> bool {
    const HIDDEN: [&str; 8] =
        ["audio", "file", "image-file_id", "image-url", "item:", "prompt-template", "reasoning-items", "server-state"];
    let model = recording.reported_model.as_deref().unwrap_or_default();
    let is_hidden = |tag: &String| tag.starts_with("builtin:") || HIDDEN.iter().any(|hidden| tag.starts_with(hidden));
    !recording.features.iter().any(is_hidden) && !model.starts_with("o1-preview") && !model.starts_with("o1-mini")
}

fn show(name: &str, score: &Score) {
    let share = score.exact_share().unwrap_or(0);
    println!("{name:20} {score:?} {}.{:02}%", share / 100, share % 100);
}

fn show_edits(report: &Report) {
    for (edit, cases) in report.edits() {
        println!("    {cases:4} edited: {}", edit.reason());
    }
}
