//! Our counts against the bills of recorded requests, which the folder that `GPT_COST_TRUTH` names holds. They are not ours to
//! copy; where the folder is not at hand, the tests say that they are ignored.
//!
//! `GPT_COST_TRUTH=… cargo test --test truth -- --nocapture` prints the figures.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test may panic, and tells its figures"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use gpt_cost::{Catalog, Date, Exactness, Request};
use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;
use serde_json::value::RawValue;

fn main() {
    let folder = std::env::var_os("GPT_COST_TRUTH").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("GPT_COST_TRUTH is not set: the tests against recorded requests are ignored");
    }
    let ignored = folder.is_none();
    let plain = move || plain_chat(&folder.unwrap_or_default());
    let trials = vec![Trial::test("plain_chat_requests_are_billed_as_counted", plain).with_ignored_flag(ignored)];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// What stands before a project's name among the keys of the scores.
const PROJECT: &str = "project ";

/// The figures that `src/accounting/family.rs` gives as the evidence for each family's framing.
const FRAMING: [(&str, u32, u32); 3] = [("gpt-4-0613", 185, 185), ("gpt-4-turbo", 1790, 1790), ("gpt-5", 173, 173)];

/// One recorded request and what was billed for it.
#[derive(Deserialize)]
struct Case {
    source_repo: String,
    request: Box<RawValue>,
    created: Option<i64>,
    usage: Usage,
    tags: BTreeSet<String>,
    suspect: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: u64,
}

#[derive(Default)]
struct Score {
    cases: u32,
    exact: u32,
    /// Not counted, or the model is not known.
    uncounted: u32,
    /// Said to be exact, and was not.
    wrong: u32,
    /// Outside of the bound that was stated.
    outside: u32,
    projects: BTreeSet<String>,
}

/// Text only, from the request and its day alone. At least 98% must be exact, and what is said must hold for 99.5%.
fn plain_chat(folder: &Path) -> Result<(), Failed> {
    let catalog = Catalog::builtin();
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    let lines = BufReader::new(File::open(folder.join("chat-completions.jsonl"))?).lines();
    for line in lines {
        let line = line?;
        let case: Case = serde_json::from_str(&line)?;
        if case.suspect.is_some() || !case.tags.contains("plain") || !case.request.get().contains("\"messages\"") {
            continue;
        }
        let family = add(&mut scores, "all", &case, &catalog);
        add(&mut scores, &family, &case, &catalog);
        add(&mut scores, &format!("{PROJECT}{}", case.source_repo), &case, &catalog);
    }
    println!(
        "{:24} {:>6} {:>6} {:>8} {:>10} {:>6} {:>8}",
        "family", "cases", "exact", "exact %", "uncounted", "wrong", "outside"
    );
    for (family, score) in scores.iter().filter(|(key, _)| !key.starts_with(PROJECT)) {
        let percent = 100.0 * f64::from(score.exact) / f64::from(score.cases);
        println!(
            "{family:24} {:>6} {:>6} {percent:>7.2}% {:>10} {:>6} {:>8}",
            score.cases, score.exact, score.uncounted, score.wrong, score.outside
        );
    }
    let projects = scores.iter().filter(|(key, score)| key.starts_with(PROJECT) && score.cases >= 5);
    let shares: Vec<f64> = projects.map(|(_, score)| 100.0 * f64::from(score.exact) / f64::from(score.cases)).collect();
    println!(
        "mean over {} projects with at least 5 cases: {:.2}%",
        shares.len(),
        shares.iter().sum::<f64>() / shares.len() as f64
    );
    let all = &scores["all"];
    assert!(all.cases > 2_000 && all.projects.len() > 20, "the recorded cases are not all there");
    assert!(f64::from(all.exact) >= 0.98 * f64::from(all.cases), "{} of {} exact", all.exact, all.cases);
    assert_eq!(all.wrong + all.outside, 0, "what is said must hold");
    for (family, cases, exact) in FRAMING {
        let counted = scores[family].cases - scores[family].uncounted;
        assert_eq!((counted, scores[family].exact), (cases, exact), "the evidence for {family} in the code");
    }
    Ok(())
}

/// Scores one case under `key`; returns the name of its family.
fn add(scores: &mut BTreeMap<String, Score>, key: &str, case: &Case, catalog: &Catalog) -> String {
    // A few recordings do not say when they were made.
    let created = jiff::Timestamp::from_second(case.created.unwrap_or(1_790_000_000)).unwrap();
    let day = created.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let score = scores.entry(key.to_owned()).or_default();
    score.cases += 1;
    score.projects.insert(case.source_repo.clone());
    let request = Request::from_json(case.request.get().as_bytes()).unwrap();
    let name = request.model().unwrap_or("none in the request").to_owned();
    let Ok((family, count)) = counted(catalog, &name, &request, day) else {
        score.uncounted += 1;
        return "unknown model".to_owned();
    };
    match count.exactness() {
        _ if count.tokens() == case.usage.prompt_tokens && count.max().is_some() => score.exact += 1,
        Exactness::Exact => score.wrong += 1,
        Exactness::Estimate { .. } if count.max() < Some(case.usage.prompt_tokens) => score.outside += 1,
        Exactness::Estimate { .. } if count.min() > case.usage.prompt_tokens => score.outside += 1,
        Exactness::Estimate { .. } => {}
        _ => {
            score.uncounted += 1;
            score.outside += u32::from(count.min() > case.usage.prompt_tokens);
        }
    }
    family
}

fn counted(
    catalog: &Catalog,
    name: &str,
    request: &Request,
    day: Date,
) -> gpt_cost::Result<(String, gpt_cost::TokenCount)> {
    let model = catalog.model(name)?;
    let family = model.on(day)?.1.family(day).map_or("text", |family| family.name());
    Ok((family.to_owned(), model.count(request, day)?))
}
