//! `gpt-cost init` and `gpt-cost schema`: a configuration to start from, and what can stand in it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;

use super::args::{InitArgs, Schema, SchemaArgs, TableArgs};
use super::exit::{Failure, Outcome, Stop};
use super::input::shown;
use super::note;
use super::project::{Checked, Project, holds_prompts, in_parallel, read};
use super::report::plural;
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
    Ok(Outcome::Fine)
}

/// Writes a configuration with a budget for each folder that has prompts.
pub(super) fn run(args: &InitArgs) -> Result<Outcome, Stop> {
    let name = shown(&args.file.display().to_string());
    if args.file.exists() {
        return Err(Failure::new(format!("{name} is there already, and is left as it is"))
            .hint("name another file")
            .into());
    }
    let project = Project { model: args.model.clone(), ..Project::around(&TableArgs::default())? };
    let names: Vec<String> =
        project.files().into_iter().filter(|name| holds_prompts(name) && !name.ends_with(".txt")).collect();
    let budget = Budget { name: "init".to_owned(), ..Budget::default() };
    let checked = in_parallel(&names, |name| project.check(name, &read(&project.root, name), &budget, None));
    let mut folders: BTreeMap<String, Vec<Checked>> = BTreeMap::new();
    for one in checked.into_iter().flatten().filter(is_prompt) {
        let folder = one.file.rsplit_once('/').map_or("", |(folder, _)| folder);
        folders.entry(folder.to_owned()).or_default().push(one);
    }
    let found: usize = folders.values().map(Vec::len).sum();
    let text = configuration(args.model.as_deref(), &folders);
    let file = fs::File::options().write(true).create_new(true).open(&args.file);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Failure::new(format!("{name}: {error}")))?;
    note(&format!(
        "wrote {name} with {} found here: correct its limits, then run gpt-cost check",
        plural(found, "request")
    ));
    Ok(Outcome::Fine)
}

/// Whether a file holds a request: one that can be told of, or that only lacks a model.
fn is_prompt(one: &Checked) -> bool {
    one.outcome.is_ok() || one.outcome.as_ref().is_err_and(|error| error.contains("names no model"))
}

fn configuration(model: Option<&str>, folders: &BTreeMap<String, Vec<Checked>>) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut out = String::from(
        "# What the prompts of this repository may cost. `gpt-cost check` holds them against it.\n\
         #\n\
         # A budget is for the files that its globs take, as in .gitignore; those that begin with ! take away. It limits the most\n\
         # that a request can take: with output_tokens, what is expected of it, else with the most that it allows.\n\n",
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
        let taken = || requests.iter().filter_map(|one| one.outcome.as_ref().ok());
        let tokens = taken().map(|taken| taken.entry.usage.input).max().unwrap_or(0);
        let dearest = taken().map(|taken| taken.most.unwrap_or(taken.least)).max().unwrap_or(Usd::ZERO);
        let (name, glob) =
            if folder.is_empty() { ("prompts", "/*".to_owned()) } else { (folder.as_str(), format!("{folder}/*")) };
        let mut endings: Vec<&str> = requests.iter().filter_map(|one| one.file.rsplit('.').next()).collect();
        endings.sort_unstable();
        endings.dedup();
        let paths: Vec<String> = endings.iter().map(|ending| quoted(&format!("{glob}.{ending}"))).collect();
        out.push_str(&format!(
            "\n[[budget]]\nname             = {}\npaths            = [{}]\n",
            quoted(name),
            paths.join(", ")
        ));
        out.push_str("# output_tokens  = 500  # what is expected; without it, the most that a request allows counts\n");
        // A fifth more than the largest has now, so that it can breathe.
        out.push_str(&format!("max_input_tokens = {}  # the largest has {tokens}\n", (tokens + tokens / 5).max(1)));
        out.push_str(&format!("# max_cost_per_request = \"0.05\"  # the dearest can cost {dearest}\n"));
        out.push_str("# max_increase   = \"10%\"  # against the baseline: gpt-cost baseline write\n");
    }
    out
}
