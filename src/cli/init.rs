//! `gpt-cost init`: a configuration to start from.

use std::collections::{BTreeMap, BTreeSet};

use gpt_cost::budget::Budget;
use gpt_cost::money::Usd;
use rust_decimal::{Decimal, RoundingStrategy};

use super::args::{InitArgs, TableArgs};
use super::checked::{Budgeted, Checked, Verdict, list_others, without_others};
use super::exit::{Failure, Outcome, Stop};
use super::project::{self, Ignored, Project, holds_prompts};
use super::report::plural;
use super::{files, note};

/// Writes a configuration with a budget for each folder that has prompts.
pub(super) fn run(args: &InitArgs) -> Result<Outcome, Stop> {
    let project = Project { model: args.model.clone(), ..Project::around(&TableArgs::default(), false)? };
    if let Some(model) = &args.model {
        project.catalog.model(model).map_err(|error| Failure::of(&error))?;
    }
    let budget = Budget::new("init");
    let all = project.files(Ignored::LeftOut);
    let prompts = all.iter().filter(|file| holds_prompts(&file.name)).cloned();
    let prompts: Vec<Budgeted> = prompts.map(|file| Budgeted { file, budgets: vec![0] }).collect();
    let checked = project.check(&prompts, &[budget], project::read);
    let (checked, others) = without_others(checked);
    let (checked, broken): (Vec<Checked>, Vec<Checked>) = checked.into_iter().partition(is_prompt);
    for (others, why) in [(&others, "not taken"), (&broken, "not taken, since they cannot be measured")] {
        if !others.is_empty() {
            note(&format!("{why}: {}", list_others(others)));
        }
    }
    let found = checked.len();
    let lacks_model = checked.iter().flat_map(Checked::failures).any(Failure::is_missing_model);
    let taken: BTreeSet<&str> = checked.iter().map(|one| one.place.file.as_str()).collect();
    let others: Vec<&str> = all.iter().map(|file| file.name.as_str()).filter(|name| !taken.contains(name)).collect();
    let groups: Vec<Group<'_>> = groups(&checked);
    let paths: Vec<Vec<String>> =
        groups.iter().map(|group| group.paths(&project, &others)).collect::<Result<_, _>>()?;
    files::create(&args.file, configuration(args.model.as_deref(), &groups, &paths).as_bytes())?;
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

/// Prompts that have one budget.
struct Group<'c> {
    /// The folder of all of them.
    folder: String,
    requests: Vec<&'c Checked>,
}

/// Groups prompts by their folder; folders that have many sisters with prompts are one group.
fn groups(checked: &[Checked]) -> Vec<Group<'_>> {
    /// The fewest sisters that have a budget together.
    const SISTERS: usize = 4;
    let parent = |path: &str| path.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned();
    let folder = |one: &Checked| parent(&one.place.file);
    let mut sisters: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for folder in checked.iter().map(folder).filter(|folder| !folder.is_empty()) {
        sisters.entry(parent(&folder)).or_default().insert(folder);
    }
    let mut groups: BTreeMap<String, Vec<&Checked>> = BTreeMap::new();
    for one in checked {
        let own = folder(one);
        let above = parent(&own);
        let is_together = !own.is_empty() && sisters.get(&above).is_some_and(|sisters| sisters.len() >= SISTERS);
        groups.entry(if is_together { above } else { own }).or_default().push(one);
    }
    groups.into_iter().map(|(folder, requests)| Group { folder, requests }).collect()
}

impl Group<'_> {
    /// Returns globs that match the group's files and none of the `others`; where there are none, the files themselves.
    fn paths(&self, project: &Project, others: &[&str]) -> Result<Vec<String>, Failure> {
        let files: BTreeSet<&str> = self.requests.iter().map(|one| one.place.file.as_str()).collect();
        let mut by_glob: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for file in files {
            by_glob.entry(self.glob(file)).or_default().push(file);
        }
        let mut paths = Vec::new();
        for (glob, files) in by_glob {
            let mut budget = Budget::new("init");
            budget.paths = vec![glob.clone()];
            let matches = project.matcher(&budget)?;
            match others.iter().any(|other| matches(other)) {
                true => paths.extend(files.iter().map(|file| format!("/{}", literal(file)))),
                false => paths.push(glob),
            }
        }
        Ok(paths)
    }

    /// Returns a glob for a file: of its ending in the group's folder, of its name in the folders below.
    fn glob(&self, file: &str) -> String {
        let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
        let start = literal(&self.folder);
        match name.rsplit_once('.') {
            _ if folder != self.folder => format!("{start}/*/{}", literal(name)),
            Some((_, ending)) => format!("{start}/*.{}", literal(ending)),
            None => format!("{start}/{}", literal(name)),
        }
    }
}

/// Returns a text as a glob that matches it alone.
fn literal(text: &str) -> String {
    let mut glob = String::new();
    for char in text.chars() {
        if "*?[]{}\\!".contains(char) {
            glob.push('\\');
        }
        glob.push(char);
    }
    glob
}

fn configuration(model: Option<&str>, groups: &[Group<'_>], paths: &[Vec<String>]) -> String {
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
    if groups.is_empty() {
        out.push_str("\n# [[budget]]\n# name = \"prompts\"\n# paths = [\"prompts/**/*.json\"]\n# max_cost_per_request = \"0.05\"\n");
    }
    for (group, paths) in groups.iter().zip(paths) {
        let measured =
            || group.requests.iter().flat_map(|one| &one.verdicts).filter_map(|verdict| verdict.outcome.as_ref().ok());
        let tokens = measured().map(|one| one.input.max().unwrap_or(one.input.tokens())).max();
        let cost = measured().map(|measured| measured.cost.known).max();
        let name = if group.folder.is_empty() { "prompts" } else { group.folder.as_str() };
        let paths: Vec<String> = paths.iter().map(|path| quoted(path)).collect();
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
        if measured().any(|one| one.input.max().is_none()) {
            out.push_str("allow_uncounted  = true  # not all is counted, such as the values of templates: see check\n");
            out.push_str("# var_tokens     = { name = 500 }  # the size of the value of {{ name }}, instead\n");
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
