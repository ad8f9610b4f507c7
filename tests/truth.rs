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

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use gpt_cost::calibration::{CrossValidation, Observations, Table, percentile};
use gpt_cost::verify::{Recording, Recordings, Report, Score};
use gpt_cost::{Catalog, Date};
use libtest_mimic::{Arguments, Failed, Trial};

/// The figures that no change may make worse: the least number of counted cases, the least number of them exact to the
/// token, and the greatest number outside of their range.
const FLOORS: [Floor; 15] = [
    Floor { file: "chat-completions", feature: None, counted: 4_432, exact: 4_399, outside: 2 },
    Floor { file: "chat-completions", feature: Some("plain"), counted: 2_211, exact: 2_210, outside: 0 },
    Floor { file: "chat-completions", feature: Some("tools"), counted: 1_587, exact: 1_575, outside: 1 },
    Floor { file: "chat-completions", feature: Some("parallel-tool-calls"), counted: 114, exact: 114, outside: 0 },
    Floor { file: "chat-completions", feature: Some("json_schema"), counted: 344, exact: 334, outside: 2 },
    Floor { file: "chat-completions", feature: Some("image-base64"), counted: 165, exact: 154, outside: 2 },
    Floor { file: "responses", feature: None, counted: 1_510, exact: 1_293, outside: 2 },
    Floor { file: "responses-compact", feature: None, counted: 8, exact: 8, outside: 0 },
    Floor { file: "completions", feature: None, counted: 67, exact: 65, outside: 2 },
    Floor { file: "embeddings", feature: None, counted: 264, exact: 262, outside: 1 },
    Floor { file: "part2/chat-completions", feature: None, counted: 1_449, exact: 1_440, outside: 2 },
    Floor { file: "part2/responses", feature: None, counted: 849, exact: 814, outside: 1 },
    Floor { file: "part3/chat-completions", feature: None, counted: 618, exact: 615, outside: 0 },
    Floor { file: "part3/chat-completions", feature: Some("tools"), counted: 176, exact: 176, outside: 0 },
    Floor { file: "part3/responses", feature: None, counted: 141, exact: 121, outside: 6 },
];

/// The day of recordings that have none of their own.
const TODAY: Date = Date::constant(2026, 11, 24);

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
    let of_evidence = folder.clone();
    let trials = vec![
        Trial::test("recorded_requests_are_billed_as_counted", move || recorded_bills(&folder)),
        Trial::test("the_evidence_is_that_of_the_recordings", move || evidence(&of_evidence)),
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
                recordings.add(&Catalog::builtin(), &recording, &place, TODAY);
            }
            if is_countable(&recording) {
                all_countable.add(&Catalog::builtin(), &recording, &place, TODAY);
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
    assert!(mean >= 9_700, "the mean over projects");
    for (feature, percent) in [("tools", 97), ("json_schema", 96)] {
        let score = all_countable.features[feature];
        show(&format!("countable: {feature}"), &score);
        assert!(score.exact * 100 >= score.counted * percent, "{feature}: {score:?}");
    }
    // The counts of images of unknown size are in their ranges.
    assert!(all.total.between >= 200 && all.total.outside_ends <= 2, "{:?}", all.total);
    // Most of those whose bill depends on the answer, too.
    assert!(all.total.by_answer >= 40 && all.total.outside_by_answer <= 5, "{:?}", all.total);
    // Fewer than 0.2% are outside of the stated range.
    assert!(all.total.outside_bound * 500 < all.total.counted, "{:?}", all.total);
    Ok(())
}

/// Compares the table of evidence that the crate is built with with the recordings, and tries the bounds on each
/// project's recordings with the evidence of all others.
fn evidence(folder: &Path) -> Result<(), Failed> {
    let catalog = Catalog::builtin();
    let mut all = Observations::default();
    for name in FILES {
        for (index, line) in BufReader::new(File::open(folder.join(format!("{name}.jsonl")))?).lines().enumerate() {
            let recording = Recording::from_json(line?.as_bytes()).unwrap();
            let place = format!("{name}.jsonl:{}", index + 1);
            all.add(&catalog, &recording, &place, TODAY);
        }
    }
    let (_, observations) = all.finish();
    let validation = CrossValidation::new(&observations);
    println!(
        "with each project left out: {} cases, {} outside, {} called exact, {} of them wrong",
        validation.cases, validation.outside, validation.exact, validation.wrong
    );
    assert!(validation.outside * 1_000 < validation.cases * 5, "less than 0.5% are outside of their bound");
    assert!(validation.wrong * 1_000 < validation.exact * 3, "less than 0.3% of the exact are wrong");
    assert!(validation.exact * 100 >= validation.cases * 60, "60% are called exact");
    assert!(percentile(&validation.bounds, 50) <= Some(4), "the median of the other bounds");
    assert!(
        Table::new(observations.iter()) == Table::builtin(),
        "write the table of evidence anew: cargo run --release --example calibrate -- --write FOLDER"
    );
    Ok(())
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
