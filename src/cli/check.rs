//! `gpt-cost check`: prompts against their budgets.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use gpt_cost::budget::{Baseline, Budget, CostBounds, Finding, Level};
use gpt_cost::source::Place;

use super::args::{CheckArgs, CheckFormat};
use super::checked::{self, Budgeted, Checked, Tally, worst};
use super::exit::{Failure, Outcome, Stop};
use super::files::{self, shown};
use super::note;
use super::project::{self, Ignored, Project, ProjectFile, holds_prompts, name_of};
use super::report::check::{BudgetReport, CheckReport, write};
use super::report::grid::{Cell, write_grid};
use super::report::{formats, plural};

/// Runs the command.
pub(super) fn run(args: &CheckArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let mut project = Project::open(&args.project)?;
    project.image_size = args.image_size.or(project.image_size);
    let plan = plan(args, &project)?;
    if args.list {
        return list(&project, &plan, out);
    }
    let to_stdout = check_outputs(args, &project, &plan.files)?;
    let report = check(&project, plan, args)?;
    if !to_stdout {
        write(&report, args.format.unwrap_or_default(), out)?;
        out.flush()?;
    }
    for file in &args.out {
        save(&report, file.format, &file.path)?;
    }
    if args.step_summary {
        step_summary(&report)?;
    }
    Ok(match report.worst() {
        Some(Level::Unknown) => Outcome::Error,
        Some(Level::Exceeded) if !args.warn_only => Outcome::Exceeded,
        _ => Outcome::Success,
    })
}

/// Checks that no output is written over another one or over an input. Returns whether an output goes to standard output, in place of the
/// report for people.
fn check_outputs(args: &CheckArgs, project: &Project, files: &[Budgeted]) -> Result<bool, Failure> {
    let outputs = || args.out.iter().map(|out| out.path.as_path());
    let to_stdout = outputs().any(files::is_standard);
    if to_stdout && args.format.is_some() {
        let failure = Failure::new("--format and --out would both write to standard output");
        return Err(failure.hint("leave out --format, or name a file"));
    }
    let inputs = files.iter().map(|one| one.file.path.clone()).chain(project.own_files(&args.project.tables.pricing));
    files::check_outputs(outputs(), inputs)?;
    Ok(to_stdout)
}

/// What is to be checked.
struct Plan {
    budgets: Vec<Budget>,
    files: Vec<Budgeted>,
    /// Budgets without files, by their indexes.
    empty: Vec<(usize, Failure)>,
    /// The files that were found in a folder, not named: what is no request there is left out.
    found: BTreeSet<String>,
    /// The budgets of which only some files are checked, so that nothing can be said of their sums.
    partial: BTreeSet<usize>,
}

/// Returns the budgets to check, and their files: those of the configuration, or the one that the command line gives. Checking nothing is a
/// failure.
fn plan(args: &CheckArgs, project: &Project) -> Result<Plan, Failure> {
    let plan = match project.config.budgets.is_empty() {
        true => plan_of_limits(args, project)?,
        false => plan_of_config(args, project)?,
    };
    let may_be_empty = args.paths.is_empty() && plan.budgets.iter().any(|budget| budget.allow_empty);
    if plan.files.is_empty() && plan.empty.is_empty() && !may_be_empty {
        return Err(nothing_to_check(match args.paths.is_empty() {
            true => "no prompt was found",
            false => "none of the paths is a prompt in a budget",
        }));
    }
    Ok(plan)
}

fn nothing_to_check(why: &str) -> Failure {
    Failure::new(format!("there is nothing to check: {why}"))
        .hint("gpt-cost check --list shows which files are looked at, and why others are not")
}

fn plan_of_limits(args: &CheckArgs, project: &Project) -> Result<Plan, Failure> {
    let mut budget = Budget::new("command line");
    override_limits(&mut budget, args);
    if !budget.limits.has_any() {
        return Err(match &project.config_name {
            Some(name) => Failure::at(name, "there is no [[budget]] in it, and no limit was given")
                .hint("add a [[budget]] to it, or give a limit such as --max-cost 0.05"),
            None => Failure::new("there is nothing to check: no gpt-cost.toml, and no limit was given")
                .hint("run gpt-cost init, or give a limit such as --max-cost 0.05"),
        });
    }
    budget.model.clone_from(&project.config.model);
    let (files, found) = named_files(args, project)?;
    let files = files.into_iter().map(|file| Budgeted { file, budgets: vec![0] });
    Ok(Plan { budgets: vec![budget], files: files.collect(), empty: Vec::new(), found, partial: BTreeSet::new() })
}

fn plan_of_config(args: &CheckArgs, project: &Project) -> Result<Plan, Failure> {
    if args.paths.iter().any(|path| files::is_standard(path)) {
        return Err(Failure::new("standard input is in no budget of gpt-cost.toml")
            .hint("give limits in a folder without one, or check a file"));
    }
    let models = project.config.budgets.iter().map(|budget| (project.place_of(budget), budget.model.as_ref()));
    let name = project.config_name.clone().unwrap_or_default();
    for (place, model) in [(name, project.config.model.as_ref())].into_iter().chain(models) {
        if let Some(Err(error)) = model.map(|model| project.catalog.model(model)) {
            return Err(Failure::of(&error.in_file(&Place::file(place))));
        }
    }
    let names = project.files(Ignored::LeftOut);
    let within = args.paths.iter().map(|path| inside(project, path)).collect::<Result<Vec<String>, Failure>>()?;
    let is_within = |name: &str| within.is_empty() || within.iter().any(|path| is_under(name, path));
    let mut files = matching(project, &names)?;
    let empty = empty_budgets(project, &files)?;
    let uncovered = within.iter().filter(|path| !files.iter().any(|one| is_under(&one.file.name, path)));
    for path in uncovered {
        note(&format!("{}: no file there is in a budget", shown(path)));
    }
    let left_out = files.iter().filter(|one| !is_within(&one.file.name));
    let partial: BTreeSet<usize> = left_out.flat_map(|one| one.budgets.iter().copied()).collect();
    files.retain(|one| is_within(&one.file.name));
    let mut budgets = project.config.budgets.clone();
    budgets.iter_mut().for_each(|budget| override_limits(budget, args));
    let empty = if within.is_empty() { empty } else { Vec::new() };
    Ok(Plan { budgets, files, empty, found: BTreeSet::new(), partial })
}

/// Sets what the command line gives: its limits go before the budget's own, its output tokens only where the budget has none.
fn override_limits(budget: &mut Budget, args: &CheckArgs) {
    budget.output_tokens = budget.output_tokens.or(args.output_tokens);
    budget.tier = args.tier.or(budget.tier);
    budget.cached = args.cached.or(budget.cached);
    let limits = &mut budget.limits;
    limits.max_cost_per_request = args.max_cost.or(limits.max_cost_per_request);
    limits.max_input_cost = args.max_input_cost.or(limits.max_input_cost);
    limits.max_input_tokens = args.max_input_tokens.or(limits.max_input_tokens);
    limits.max_increase = args.max_increase.or(limits.max_increase);
    limits.allow_uncounted |= args.allow_uncounted;
}

/// Returns the budgets that no file is in and that may not be empty, each with the reason.
pub(super) fn empty_budgets(project: &Project, files: &[Budgeted]) -> Result<Vec<(usize, Failure)>, Failure> {
    let mut failures = Vec::new();
    for (index, budget) in project.config.budgets.iter().enumerate().filter(|(_, budget)| !budget.allow_empty) {
        if files.iter().all(|one| !one.budgets.contains(&index)) {
            failures.push((index, empty(project, budget)?));
        }
    }
    Ok(failures)
}

/// Returns the files that the budgets of the configuration match, each with its budgets.
pub(super) fn matching(project: &Project, files: &[ProjectFile]) -> Result<Vec<Budgeted>, Failure> {
    let mut budgeted: BTreeMap<&ProjectFile, Vec<usize>> = BTreeMap::new();
    for (index, budget) in project.config.budgets.iter().enumerate() {
        let is_match = project.matcher(budget)?;
        for file in files.iter().filter(|file| is_match(&file.name)) {
            budgeted.entry(file).or_default().push(index);
        }
    }
    Ok(budgeted.into_iter().map(|(file, budgets)| Budgeted { file: file.clone(), budgets }).collect())
}

/// Returns why no file matches the globs of a budget.
fn empty(project: &Project, budget: &Budget) -> Result<Failure, Failure> {
    let failure = Failure::at(project.place_of(budget), "no file matches its paths");
    let is_match = project.matcher(budget)?;
    let all = project.files(Ignored::Included);
    let ignored = all.iter().find(|file| !file.name.starts_with(".git/") && is_match(&file.name));
    Ok(match ignored {
        Some(file) => failure.hint(&format!(
            "{} matches, but is hidden or ignored by .gitignore: such files are not read",
            shown(&file.name)
        )),
        None => failure.hint("correct the globs, or say allow_empty = true"),
    })
}

fn is_under(name: &str, path: &str) -> bool {
    path.is_empty() || name == path || name.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
}

/// Returns the name of a path inside of the project. A link is itself, not where it leads.
fn inside(project: &Project, path: &Path) -> Result<String, Failure> {
    let name = files::name(path);
    let missing = || Failure::at(&name, "there is no such file");
    if !path.exists() {
        return Err(missing());
    }
    let root = fs::canonicalize(&project.root).unwrap_or_else(|_| project.root.clone());
    let whole = match (path.parent(), path.file_name()) {
        (Some(parent), Some(last)) => {
            let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            fs::canonicalize(parent).map(|parent| parent.join(last))
        }
        _ => fs::canonicalize(path),
    };
    let whole = whole.map_err(|_| missing())?;
    match whole.strip_prefix(&root) {
        Ok(inside) => Ok(name_of(inside)),
        Err(_) => {
            let config = project.config_name.as_deref().unwrap_or("gpt-cost.toml");
            let failure = Failure::at(
                &name,
                format!("it is outside of the folder of {config}, whose budgets are for files in it"),
            );
            Err(failure
                .hint("run gpt-cost in a folder without gpt-cost.toml, and give a limit such as --max-cost 0.05"))
        }
    }
}

/// Returns the files that the command line names, and those of prompts in the folders that it names.
/// The names of those that were found, not named, come second.
fn named_files(args: &CheckArgs, project: &Project) -> Result<(Vec<ProjectFile>, BTreeSet<String>), Failure> {
    let here = [PathBuf::from(".")];
    let paths = if args.paths.is_empty() { &here[..] } else { &args.paths };
    let (mut named, mut found) = (Vec::new(), BTreeSet::new());
    for path in paths {
        let name = files::name(path);
        if path.is_dir() {
            let prompts = prompts_in(project, path);
            found.extend(prompts.iter().map(|file| file.name.clone()));
            named.extend(prompts);
        } else if files::is_standard(path) || path.exists() {
            named.push(ProjectFile { name: name.strip_prefix("./").unwrap_or(&name).to_owned(), path: path.clone() });
        } else {
            return Err(Failure::at(name, "there is no such file"));
        }
    }
    named.sort();
    named.dedup();
    Ok((named, found))
}

/// Returns the files of prompts in a folder. A note names how many others there are.
fn prompts_in(project: &Project, folder: &Path) -> Vec<ProjectFile> {
    let (root, prefix) = match name_of(folder.strip_prefix(".").unwrap_or(folder)) {
        name if name.is_empty() => (project.root.clone(), String::new()),
        name => (folder.to_owned(), format!("{}/", name.trim_end_matches('/'))),
    };
    let all = Project { root, ..project.clone() }.files(Ignored::LeftOut);
    let (prompts, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|file| holds_prompts(&file.name));
    if !others.is_empty() && !prefix.is_empty() {
        let others = plural(others.len(), "other file");
        note(&format!("{}: {others} not read; name a file to check it, whatever its ending", shown(&prefix)));
    }
    let named = |file: ProjectFile| ProjectFile { name: format!("{prefix}{}", file.name), ..file };
    prompts.into_iter().map(named).collect()
}

/// Lists the files of a project: as what each is read and by which budgets, or why it is not.
fn list(project: &Project, plan: &Plan, out: &mut impl Write) -> Result<Outcome, Stop> {
    let titles = ["file", "read as", "budgets", ""];
    let mut rows = vec![titles.map(Cell::heading).to_vec()];
    let checked = project.check(&plan.files, &plan.budgets, project::read);
    for one in &plan.files {
        let of_file = || checked.iter().filter(|checked| checked.place.file == one.file.name);
        let budgets: Vec<&str> = one.budgets.iter().map(|index| plan.budgets[*index].name.as_str()).collect();
        let why = match of_file().find_map(|checked| checked.failure.as_ref()) {
            Some(failure) => failure.message(),
            None if of_file().next().is_none() => "written by gpt-cost".to_owned(),
            None => String::new(),
        };
        rows.push(vec![
            Cell::plain(shown(&one.file.name)),
            Cell::plain(formats(of_file().filter_map(|checked| checked.format))),
            Cell::plain(shown(&budgets.join(", "))),
            Cell::plain(why),
        ]);
    }
    let taken: BTreeSet<&str> = plan.files.iter().map(|one| one.file.name.as_str()).collect();
    let others = project.files(Ignored::LeftOut).into_iter().filter(|file| !taken.contains(file.name.as_str()));
    let why = if project.config.budgets.is_empty() { "not a prompt by its name" } else { "in no budget" };
    rows.extend(
        others.map(|file| vec![Cell::plain(shown(&file.name)), Cell::plain(""), Cell::plain(""), Cell::plain(why)]),
    );
    write_grid(&rows, out)?;
    out.flush()?;
    for (_, failure) in &plan.empty {
        super::print(failure);
    }
    Ok(if plan.empty.is_empty() { Outcome::Success } else { Outcome::Error })
}

fn check<'p>(project: &'p Project, plan: Plan, args: &CheckArgs) -> Result<CheckReport<'p>, Failure> {
    let Plan { budgets, files, mut empty, found, partial } = plan;
    let needs_baseline = budgets.iter().any(|budget| budget.limits.max_increase.is_some());
    let before = if needs_baseline { Some(baseline_of(project)?) } else { None };
    let requests = project.check(&files, &budgets, project::read);
    let (named, others) = requests.into_iter().partition(|one: &Checked| !found.contains(&one.place.file));
    let (prompts, others) = checked::without_others(others);
    let mut requests: Vec<Checked> = Vec::into_iter(named).chain(prompts).collect();
    if !others.is_empty() {
        note(&format!("not read: {}", checked::list_others(&others)));
    }
    if requests.is_empty() && !others.is_empty() {
        return Err(nothing_to_check("no prompt was found"));
    }
    let stale = match &before {
        Some(before) => compare(project, &mut requests, &budgets, before, args.paths.is_empty()),
        None => Vec::new(),
    };
    let budgets = budgets.into_iter().enumerate().map(|(index, budget)| {
        let verdicts = || requests.iter().flat_map(|one| &one.verdicts).filter(|verdict| verdict.budget == index);
        let costs: Vec<CostBounds> =
            verdicts().filter_map(|verdict| Some(verdict.outcome.as_ref().ok()?.cost)).collect();
        let failure = empty.iter().position(|(budget, _)| *budget == index).map(|place| empty.swap_remove(place).1);
        let has_sum = budget.limits.max_cost_all_requests.or(budget.limits.max_monthly_cost).is_some();
        let findings = if partial.contains(&index) { Vec::new() } else { budget.limits.check_all(&costs) };
        if has_sum && partial.contains(&index) {
            note(&format!("budget `{}`: only some of its files are checked, so its sum is not", shown(&budget.name)));
        }
        BudgetReport { requests: verdicts().count(), findings, failure, budget }
    });
    let budgets = budgets.collect();
    // The worst first: what cannot be read or priced, then what is exceeded by most, then in the order of the files.
    requests.sort_by(|one, other| {
        let weight = |checked: &Checked| {
            let findings = checked.verdicts.iter().flat_map(|verdict| &verdict.findings);
            (checked.level(), findings.map(|finding| finding.excess).max())
        };
        weight(other).cmp(&weight(one)).then_with(|| one.place.cmp(&other.place))
    });
    let lock = project.wrong_lock().map(|message| {
        Finding::new("pricing_lock", Level::Exceeded, message)
            .hint("compare the tables, then write the new hash into gpt-cost.toml")
    });
    Ok(CheckReport { project, requests, budgets, lock, stale, warn_only: args.warn_only, quiet: args.quiet })
}

/// Adds what `max_increase` says of requests that the baseline has, both sides at today's prices, and what becomes of those that it lacks.
/// Returns the entries of the baseline that no request is.
fn compare(
    project: &Project,
    requests: &mut [Checked],
    budgets: &[Budget],
    before: &Baseline,
    is_whole: bool,
) -> Vec<Place> {
    let now = checked::baseline(project, requests);
    let pairs = before.before(&now);
    for one in requests {
        let old = pairs.get(&one.place).copied();
        let old = old.map(|old| old.repriced(&project.catalog, project.day).unwrap_or_else(|| old.clone()));
        let findings = one.verdicts.iter().filter_map(|verdict| {
            let (budget, measured) = (&budgets[verdict.budget], verdict.outcome.as_ref().ok()?);
            budget.limits.max_increase?;
            let finding = match &old {
                Some(old) => budget.limits.check_increase(&measured.entry, old)?,
                None => {
                    let message = "it is not in the baseline, so there is nothing to compare it with";
                    Finding::new("new_requests", budget.new_requests.level()?, message)
                        .hint("gpt-cost baseline write adds it")
                }
            };
            Some((verdict.budget, finding))
        });
        for (budget, finding) in findings.collect::<Vec<_>>() {
            one.add(budget, [finding]);
        }
        one.verdicts.iter_mut().for_each(|verdict| verdict.before.clone_from(&old));
    }
    if is_whole { before.gone(&now).into_iter().cloned().collect() } else { Vec::new() }
}

/// Reads the baseline of a project, which `max_increase` needs.
fn baseline_of(project: &Project) -> Result<Baseline, Failure> {
    let name = project.shown(&project.baseline);
    if !project.baseline.is_file() {
        let failure = Failure::at(name, "there is no baseline, and max_increase needs one");
        return Err(failure.hint("write one with gpt-cost baseline write, and commit it"));
    }
    read_baseline(&project.baseline, &name)
}

/// Reads a baseline.
pub(super) fn read_baseline(path: &Path, name: &str) -> Result<Baseline, Failure> {
    let source = files::read_text(path, name)?;
    Baseline::from_json(&source).map_err(|error| Failure::of(&error.in_file(&Place::file(name))))
}

fn save(report: &CheckReport<'_>, format: CheckFormat, path: &Path) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    // Writing to memory does not fail.
    let written = write(report, format, &mut anstream::StripStream::new(&mut bytes));
    written.map_err(|error| Failure::at(files::name(path), error.to_string()))?;
    files::write(path, &bytes)
}

/// Adds the report to the summary of a step of GitHub Actions.
fn step_summary(report: &CheckReport<'_>) -> Result<(), Failure> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else { return Ok(()) };
    let mut bytes = Vec::new();
    let written = write(report, CheckFormat::Markdown, &mut bytes).and_then(|()| {
        fs::File::options().append(true).create(true).open(&path).and_then(|mut file| file.write_all(&bytes))
    });
    written.map_err(|error| Failure::new(format!("the summary of the step cannot be written: {error}")))
}

impl CheckReport<'_> {
    /// Returns the worst that is said of any request, or of a budget as a whole.
    pub(super) fn worst(&self) -> Option<Level> {
        let of_requests = self.requests.iter().filter_map(Checked::level).max();
        let of_budget = |one: &BudgetReport| one.failure.is_some().then_some(Level::Unknown).max(worst(&one.findings));
        let of_lock = self.lock.as_ref().map(|finding| finding.level);
        of_requests.max(of_lock).max(self.budgets.iter().filter_map(of_budget).max())
    }

    /// Returns the number of requests with each verdict.
    pub(super) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        self.requests.iter().for_each(|one| tally.add(one.level()));
        tally
    }
}
