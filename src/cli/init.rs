//! `gpt-cost init` and `gpt-cost schema`: a configuration to start from, and what can stand in it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use rust_decimal::{Decimal, RoundingStrategy};

use super::args::{InitArgs, Schema, SchemaArgs, TableArgs};
use super::exit::{Failure, Outcome, Stop};
use super::project::{self, Budgeted, Checked, Ignored, Project, Verdict, holds_prompts, list_others, without_others};
use super::report::plural;
use super::{files, note};
use crate::budget::Budget;
use crate::money::Usd;

/// The JSON schemas, as they are published.
const CONFIG_SCHEMA: &str = include_str!("../../docs/schemas/gpt-cost.schema.json");
const CHECK_SCHEMA: &str = include_str!("../../docs/schemas/check.schema.json");

/// Prints a schema.
pub(super) fn schema(args: &SchemaArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    out.write_all(match args.what {
        Schema::Config => CONFIG_SCHEMA.as_bytes(),
        Schema::Check => CHECK_SCHEMA.as_bytes(),
    })?;
    out.flush()?;
    Ok(Outcome::Success)
}

/// Writes a configuration with a budget for each folder that has prompts.
pub(super) fn run(args: &InitArgs) -> Result<Outcome, Stop> {
    let project = Project { model: args.model.clone(), ..Project::around(&TableArgs::default(), false)? };
    if let Some(model) = &args.model {
        project.catalog.model(model).map_err(|error| Failure::of(&error))?;
    }
    let budget = Budget { name: "init".to_owned(), ..Budget::default() };
    let prompts = project.files(Ignored::LeftOut).into_iter().filter(|file| holds_prompts(&file.name));
    let prompts: Vec<Budgeted> = prompts.map(|file| Budgeted { file, budgets: vec![0] }).collect();
    let checked = project.check(&prompts, &[budget], project::read);
    let (checked, others) = without_others(checked);
    let (checked, broken): (Vec<Checked>, Vec<Checked>) = checked.into_iter().partition(is_prompt);
    for (others, why) in [(&others, "not taken"), (&broken, "not taken, since they cannot be measured")] {
        if !others.is_empty() {
            note(&format!("{why}: {}", list_others(others)));
        }
    }
    let mut folders: BTreeMap<String, Vec<Checked>> = BTreeMap::new();
    for one in checked {
        let folder = one.place.file.rsplit_once('/').map_or("", |(folder, _)| folder);
        folders.entry(folder.to_owned()).or_default().push(one);
    }
    let found: usize = folders.values().map(Vec::len).sum();
    let lacks_model = folders.values().flatten().any(|one| one.failures().iter().any(|one| one.is_missing_model()));
    let left_out: BTreeSet<String> = others.iter().chain(&broken).map(|one| one.place.file.clone()).collect();
    files::create(&args.file, configuration(args.model.as_deref(), &folders, &left_out).as_bytes())?;
    let name = if files::is_standard(&args.file) { "a configuration".to_owned() } else { files::name(&args.file) };
    note(&match found {
        0 => format!("wrote {name}: no prompts were found here; name their files in a [[budget]]"),
        _ => {
            let next = if lacks_model { "name a model in it for those without one, then run" } else { "next, run" };
            let found = plural(found, "request");
            format!(
                "wrote {name} with {found} found here, limited to what they use now and a fifth more; {next} gpt-cost check"
            )
        }
    });
    Ok(Outcome::Success)
}

/// Whether a file has a request: one that can be measured, or that only lacks a known model.
fn is_prompt(one: &Checked) -> bool {
    let is_measured = |verdict: &Verdict| match &verdict.outcome {
        Ok(_) => true,
        Err(failure) => failure.is_missing_model(),
    };
    one.failure.is_none() && one.verdicts.iter().all(is_measured)
}

fn configuration(model: Option<&str>, folders: &BTreeMap<String, Vec<Checked>>, left_out: &BTreeSet<String>) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut out = String::from(
        "# What the prompts of this repository may cost. `gpt-cost check` compares them with it.\n\
         #\n\
         # A budget is for the files that its globs match, as in .gitignore; those that begin with ! take away. It limits the most\n\
         # that a request can use: with output_tokens, what is expected of it, else the most that it allows.\n\n",
    );
    match model {
        Some(model) => out.push_str(&format!("model = {}  # of requests that name none\n", quoted(model))),
        None => out.push_str("# model = \"gpt-4.1\"  # of requests that name none\n"),
    }
    out.push_str("# as_of = 2026-11-24  # the day whose prices hold; today without it\n");
    out.push_str(
        "# pricing = { file = \"pricing.toml\", only = true }  # these prices, whatever gpt-cost has built in\n",
    );
    if folders.is_empty() {
        out.push_str("\n# [[budget]]\n# name = \"prompts\"\n# paths = [\"prompts/**/*.json\"]\n# max_cost_per_request = \"0.05\"\n");
    }
    for (folder, requests) in folders {
        let measured =
            || requests.iter().flat_map(|one| &one.verdicts).filter_map(|verdict| verdict.outcome.as_ref().ok());
        let tokens = measured().map(|measured| measured.entry.usage.input).max();
        let cost = measured().map(|measured| measured.cost.most.unwrap_or(measured.cost.least)).max();
        let (name, glob) =
            if folder.is_empty() { ("prompts", "/*".to_owned()) } else { (folder.as_str(), format!("{folder}/*")) };
        let mut endings: Vec<&str> = requests.iter().filter_map(|one| one.place.file.rsplit('.').next()).collect();
        endings.sort_unstable();
        endings.dedup();
        // A glob, unless it would match what is not taken.
        let is_of = |name: &str, ending: &str| {
            let (of_folder, file) = name.rsplit_once('/').unwrap_or(("", name));
            of_folder == folder && file.rsplit('.').next() == Some(ending)
        };
        let mut paths = Vec::new();
        for ending in endings {
            if left_out.iter().any(|name| is_of(name, ending)) {
                let names = requests.iter().map(|one| one.place.file.as_str()).filter(|name| is_of(name, ending));
                let names: BTreeSet<String> = names.map(|name| quoted(&format!("/{name}"))).collect();
                paths.extend(names);
            } else {
                paths.push(quoted(&format!("{glob}.{ending}")));
            }
        }
        out.push_str(&format!(
            "\n[[budget]]\nname             = {}\npaths            = [{}]\n",
            quoted(name),
            paths.join(", ")
        ));
        out.push_str("# output_tokens  = 500  # what is expected; without it, the most that a request allows counts\n");
        // A fifth more than the largest has now, so that it can breathe.
        match tokens {
            Some(tokens) => out.push_str(&format!(
                "max_input_tokens = {}  # the largest has {tokens}\n",
                tokens.saturating_add(tokens / 5).clamp(1, u64::from(u32::MAX))
            )),
            None => out.push_str("# max_input_tokens = 4_000  # no model is known yet\n"),
        }
        if let Some(cost) = cost {
            let limit = with_margin(cost);
            out.push_str(&format!("# max_cost_per_request = \"{limit}\"  # the most expensive can cost {cost}\n"));
        }
        out.push_str("# max_increase   = \"10%\"  # since the baseline: gpt-cost baseline write\n");
    }
    out
}

/// Returns a cost and a fifth more, rounded up to two digits.
fn with_margin(cost: Usd) -> Decimal {
    let more = cost.amount() * Decimal::new(12, 1);
    let rounded = more.round_sf_with_strategy(2, RoundingStrategy::AwayFromZero).unwrap_or(more);
    rounded.max(Decimal::new(1, 9)).normalize()
}
