//! The `gpt-cost init` command: writes a starter configuration.

use std::collections::{BTreeMap, BTreeSet};

use gpt_cost::budget::Budget;
use gpt_cost::money::Usd;
use rust_decimal::{Decimal, RoundingStrategy};

use super::args::{InitArgs, TableArgs};
use super::checked::{Checked, Selection, Verdict, describe_skipped, partition_requests};
use super::exit::{Failure, Outcome, Stop};
use super::project::{self, Ignored, Project, is_prompt_name};
use super::report::plural;
use super::{files, note};

/// Runs the command: writes a configuration with a budget for each folder with prompts.
pub(super) fn run(args: &InitArgs) -> Result<Outcome, Stop> {
    let project = Project { model: args.model.clone(), ..Project::discover(&TableArgs::default(), false)? };
    if let Some(model) = &args.model {
        project.catalog.model(model).map_err(|error| Failure::from_error(&error))?;
    }
    let budget = Budget::new("init");
    let all = project.files(Ignored::Skip);
    let prompts = all.iter().filter(|file| is_prompt_name(&file.name)).cloned();
    let checked = project.check(&Selection::of(budget, prompts), project::read);
    let (checked, others) = partition_requests(checked);
    let (checked, unreadable): (Vec<Checked>, Vec<Checked>) = checked.into_iter().partition(is_prompt);
    for (skipped, message) in [(&others, "skipped"), (&unreadable, "skipped, because they cannot be counted")] {
        if !skipped.is_empty() {
            note(&format!("{message}: {}", describe_skipped(skipped)));
        }
    }
    let found = checked.len();
    let lacks_model = checked.iter().flat_map(Checked::failures).any(Failure::is_missing_model);
    let included: BTreeSet<&str> = checked.iter().map(|one| one.place.file.as_str()).collect();
    let others: Vec<&str> = all.iter().map(|file| file.name.as_str()).filter(|name| !included.contains(name)).collect();
    let groups: Vec<Group<'_>> = groups(&checked);
    let paths: Vec<Vec<String>> =
        groups.iter().map(|group| group.paths(&project, &others)).collect::<Result<_, _>>()?;
    files::create(&args.file, configuration(args.model.as_deref(), &groups, &paths).as_bytes())?;
    let name = if files::is_standard(&args.file) { "a configuration".to_owned() } else { files::name(&args.file) };
    note(&match found {
        0 => format!("wrote {name}: no prompts were found; add their paths to a [[budget]]"),
        _ => {
            let next = if lacks_model { "set a model for those without one, then run" } else { "next, run" };
            let found = plural(found, "request");
            format!("wrote {name}: {found} found, limited to 20% more than they use now; {next} gpt-cost check")
        }
    });
    Ok(Outcome::Success)
}

/// Returns whether a request can be counted and priced, or only lacks a model.
fn is_prompt(one: &Checked) -> bool {
    let is_measured = |verdict: &Verdict| match &verdict.outcome {
        Ok(_) => true,
        Err(failure) => failure.is_missing_model(),
    };
    one.failure.is_none() && one.verdicts.iter().all(is_measured)
}

/// The fewest sibling folders that share a budget.
const MIN_SIBLINGS: usize = 4;

/// The prompts of one budget.
struct Group<'c> {
    /// Their common folder.
    folder: String,
    requests: Vec<&'c Checked>,
}

/// Groups prompts by folder. At least [`MIN_SIBLINGS`] sibling folders with prompts are one group.
fn groups(checked: &[Checked]) -> Vec<Group<'_>> {
    let parent = |path: &str| path.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned();
    let folder = |one: &Checked| parent(&one.place.file);
    let mut siblings: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for folder in checked.iter().map(folder).filter(|folder| !folder.is_empty()) {
        siblings.entry(parent(&folder)).or_default().insert(folder);
    }
    let mut groups: BTreeMap<String, Vec<&Checked>> = BTreeMap::new();
    for one in checked {
        let own = folder(one);
        let above = parent(&own);
        let is_one_group = |siblings: &BTreeSet<String>| siblings.len() >= MIN_SIBLINGS;
        let is_joined = !own.is_empty() && siblings.get(&above).is_some_and(is_one_group);
        groups.entry(if is_joined { above } else { own }).or_default().push(one);
    }
    groups.into_iter().map(|(folder, requests)| Group { folder, requests }).collect()
}

impl Group<'_> {
    /// Returns globs that match the files of the group and none of the `others`, or else the names of the files.
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
            let globs = project.paths(&budget)?;
            match others.iter().any(|other| globs.iter().any(|globs| globs.matches(other))) {
                true => paths.extend(files.iter().map(|file| format!("/{}", literal(file)))),
                false => paths.push(glob),
            }
        }
        Ok(paths)
    }

    /// Returns a glob for a file: one of its extension in the group's folder, one of its name in the folders below.
    fn glob(&self, file: &str) -> String {
        let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
        let start = literal(&self.folder);
        match name.rsplit_once('.') {
            _ if folder != self.folder => format!("{start}/*/{}", literal(name)),
            Some((_, extension)) => format!("{start}/*.{}", literal(extension)),
            None => format!("{start}/{}", literal(name)),
        }
    }
}

/// Returns a glob that matches only this text.
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
        "# The budgets of the prompts in this repository, for gpt-cost check.\n\
         #\n\
         # A budget applies to the files that its globs match, as in .gitignore; globs that begin with ! exclude files.\n\
         # Its limits apply to the input and the expected output of a request (output_tokens). Without an expected\n\
         # output, they apply to the maximum output that the request allows.\n\n",
    );
    match model {
        Some(model) => out.push_str(&format!("model = {}  # for requests that name none\n", quoted(model))),
        None => out.push_str("# model = \"gpt-4.1\"  # for requests that name none\n"),
    }
    out.push_str("# as_of = 2026-11-24  # date of the prices; default: today\n");
    out.push_str("# pricing = { file = \"pricing.toml\", only = true }  # instead of the built-in prices\n");
    if groups.is_empty() {
        out.push_str(
            "\n# [[budget]]\n# name = \"prompts\"\n# paths = [\"prompts/**/*.json\"]\n# max_cost_per_request = \"0.05\"\n",
        );
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
        out.push_str("# output_tokens  = 500  # expected output; default: the maximum that a request allows\n");
        // 20% more than the largest uses now, so that small edits pass.
        match tokens {
            Some(tokens) => out.push_str(&format!(
                "max_input_tokens = {}  # the largest request has {tokens}\n",
                tokens.saturating_add(tokens / 5).clamp(1, u64::from(u32::MAX))
            )),
            None => out.push_str("# max_input_tokens = 4_000  # cannot be measured without a model\n"),
        }
        if measured().any(|one| one.input.max().is_none()) {
            out.push_str("allow_uncounted  = true  # gpt-cost check shows what is not counted, such as {{ name }}\n");
            out.push_str("# var_tokens     = { name = 500 }  # or set the size of {{ name }}\n");
        }
        if let Some(cost) = cost {
            let limit = with_margin(cost);
            out.push_str(&format!(
                "# max_cost_per_request = \"{limit}\"  # the most expensive request costs up to {cost}\n"
            ));
        }
        out.push_str("# max_increase   = \"10%\"  # over the baseline of gpt-cost baseline write\n");
    }
    out
}

/// Returns 120% of a cost, rounded up to two significant digits.
fn with_margin(cost: Usd) -> Decimal {
    let limit = cost.amount() * Decimal::new(12, 1);
    let rounded = limit.round_sf_with_strategy(2, RoundingStrategy::AwayFromZero).unwrap_or(limit);
    rounded.max(Decimal::new(1, 9)).normalize()
}
