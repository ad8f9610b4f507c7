//! The `gpt-cost check` command: checks prompts against their budgets.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use gpt_cost::budget::{Baseline, Budget, CostBounds, Finding, Level};
use gpt_cost::source::Place;

use super::args::{CheckArgs, CheckFormat};
use super::checked::{self, Budgeted, Checked, Selection, Tally, worst};
use super::exit::{Failure, Outcome, Stop};
use super::files::{self, printable};
use super::project::{self, Ignored, Project, ProjectFile, name_kind, name_of};
use super::report::check::{BudgetReport, CheckReport, write};
use super::report::grid::{Cell, write_grid};
use super::report::{formats, plural};
use super::{input, note};

/// Runs the command.
pub(super) fn run(args: &CheckArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let mut project = Project::open(&args.project)?;
    project.image_size = args.image_size.or(project.image_size);
    project.file_tokens = args.file_tokens.or(project.file_tokens);
    let plan = plan(args, &project)?;
    if args.list {
        return list(&project, &plan, out);
    }
    let to_stdout = check_outputs(args, &project, &plan.selection)?;
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
    if !args.quiet {
        project.note_age(project.day);
    }
    Ok(match report.worst() {
        Some(Level::Unknown) => Outcome::Error,
        Some(Level::Exceeded) if !args.warn_only => Outcome::Exceeded,
        _ => Outcome::Success,
    })
}

/// Checks that no output overwrites another output or an input. Returns whether an output goes to standard output and
/// replaces the table there.
fn check_outputs(args: &CheckArgs, project: &Project, selection: &Selection) -> Result<bool, Failure> {
    let outputs = || args.out.iter().map(|out| out.path.as_path());
    let to_stdout = outputs().any(files::is_standard);
    if to_stdout && args.format.is_some() {
        let failure = Failure::new("--format and --out would both write to standard output");
        return Err(failure.hint("omit --format, or name a file in --out"));
    }
    let inputs = selection.paths().chain(project.own_files(&args.project.tables.pricing));
    files::check_outputs(outputs(), inputs)?;
    Ok(to_stdout)
}

/// The budgets and files to check.
struct Plan {
    selection: Selection,
    /// The indexes of budgets without files.
    empty: Vec<(usize, Failure)>,
    /// The files that were found in a folder instead of named; those that are not requests are skipped.
    found: BTreeSet<String>,
    /// The indexes of budgets of which only some files are checked. Their sums are not checked.
    partial: BTreeSet<usize>,
}

/// Returns the budgets to check and their files: the budgets of the configuration, or else one with the limits of the
/// command line.
///
/// # Errors
///
/// Returns a failure if there is nothing to check.
fn plan(args: &CheckArgs, project: &Project) -> Result<Plan, Failure> {
    let plan = match project.config.budgets.is_empty() {
        true => plan_from_limits(args, project)?,
        false => plan_from_config(args, project)?,
    };
    let Selection { budgets, files, .. } = &plan.selection;
    let may_be_empty = args.paths.is_empty() && budgets.iter().any(|budget| budget.allow_empty);
    if files.is_empty() && plan.empty.is_empty() && !may_be_empty {
        return Err(nothing_to_check(match args.paths.is_empty() {
            true => "no prompt was found",
            false => "none of the paths matches a budget",
        }));
    }
    Ok(plan)
}

fn nothing_to_check(reason: &str) -> Failure {
    Failure::new(format!("nothing to check: {reason}"))
        .hint("gpt-cost check --list shows which files are checked, and why others are not")
}

fn plan_from_limits(args: &CheckArgs, project: &Project) -> Result<Plan, Failure> {
    let mut budget = Budget::new("command line");
    override_limits(&mut budget, args);
    if !budget.limits.has_any() {
        return Err(match &project.config_name {
            Some(name) => Failure::at(name, "it has no [[budget]], and no limit was given")
                .hint("add a [[budget]] to it, or give a limit such as --max-cost 0.05"),
            None => Failure::new("nothing to check: no gpt-cost.toml, and no limit was given")
                .hint("run gpt-cost init, or give a limit such as --max-cost 0.05"),
        });
    }
    budget.model.clone_from(&project.config.model);
    let (files, found) = named_files(args, project)?;
    let selection = Selection::of(budget, files);
    Ok(Plan { selection, empty: Vec::new(), found, partial: BTreeSet::new() })
}

fn plan_from_config(args: &CheckArgs, project: &Project) -> Result<Plan, Failure> {
    if args.paths.iter().any(|path| files::is_standard(path)) {
        return Err(Failure::new("standard input cannot be checked against the budgets of gpt-cost.toml")
            .hint("check a file, or run it with a limit in a folder without a gpt-cost.toml"));
    }
    let models = project.config.budgets.iter().map(|budget| (project.place_of(budget), budget.model.as_ref()));
    let name = project.config_name.clone().unwrap_or_default();
    for (place, model) in [(name, project.config.model.as_ref())].into_iter().chain(models) {
        if let Some(Err(error)) = model.map(|model| project.catalog.model(model)) {
            return Err(Failure::from_error(&error.in_file(&Place::file(place))));
        }
    }
    let names = project.files(Ignored::Skip);
    let mut within = Vec::new();
    for path in &args.paths {
        let (path, pointer) = input::split_pointer(path);
        within.push((name_in_project(project, &path)?, pointer));
    }
    let is_one = |one: &Budgeted, (path, pointer): &(String, Option<String>)| {
        is_inside(&one.file.name, path) && (pointer.is_none() || *pointer == one.pointer)
    };
    let is_within = |one: &Budgeted| within.is_empty() || within.iter().any(|path| is_one(one, path));
    let mut selection = project.select(&names)?;
    let empty = empty_budgets(project, &selection.files)?;
    let uncovered = within.iter().filter(|path| !selection.files.iter().any(|one| is_one(one, path)));
    for (path, _) in uncovered {
        note(&format!("{}: no file matches a budget", printable(path)));
    }
    let unchecked = selection.files.iter().filter(|one| !is_within(one));
    let partial: BTreeSet<usize> = unchecked.flat_map(|one| one.budgets.iter().copied()).collect();
    selection.files.retain(is_within);
    selection.budgets.iter_mut().for_each(|budget| override_limits(budget, args));
    let empty = if within.is_empty() { empty } else { Vec::new() };
    Ok(Plan { selection, empty, found: BTreeSet::new(), partial })
}

/// Applies the options of the command line to a budget. They override its own settings, except for `output_tokens`.
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

/// Returns the indexes of budgets without files that do not set `allow_empty`, each with the reason.
pub(super) fn empty_budgets(project: &Project, files: &[Budgeted]) -> Result<Vec<(usize, Failure)>, Failure> {
    let mut failures = Vec::new();
    for (index, budget) in project.config.budgets.iter().enumerate().filter(|(_, budget)| !budget.allow_empty) {
        if files.iter().all(|one| !one.budgets.contains(&index)) {
            failures.push((index, no_match(project, budget)?));
        }
    }
    Ok(failures)
}

/// Returns why no file matches the globs of a budget.
fn no_match(project: &Project, budget: &Budget) -> Result<Failure, Failure> {
    let failure = Failure::at(project.place_of(budget), "no file matches its paths");
    let paths = project.paths(budget)?;
    let all = project.files(Ignored::Include);
    let is_match = |name: &str| !name.starts_with(".git/") && paths.iter().any(|paths| paths.matches(name));
    let ignored = all.iter().find(|file| is_match(&file.name));
    Ok(match ignored {
        Some(file) => {
            failure.hint(&format!("{} matches, but is hidden or ignored by .gitignore", printable(&file.name)))
        }
        None => failure.hint("correct the globs, or set allow_empty = true"),
    })
}

fn is_inside(name: &str, path: &str) -> bool {
    path.is_empty() || name == path || name.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
}

/// Returns the name of a path relative to the project. A link in its last component is not followed.
fn name_in_project(project: &Project, path: &Path) -> Result<String, Failure> {
    let name = files::name(path);
    let missing = || Failure::at(&name, "no such file");
    if !path.exists() {
        return Err(missing());
    }
    let root = fs::canonicalize(&project.root).unwrap_or_else(|_| project.root.clone());
    let absolute = match (path.parent(), path.file_name()) {
        (Some(parent), Some(last)) => {
            let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            fs::canonicalize(parent).map(|parent| parent.join(last))
        }
        _ => fs::canonicalize(path),
    };
    let absolute = absolute.map_err(|_| missing())?;
    match absolute.strip_prefix(&root) {
        Ok(relative) => Ok(name_of(relative)),
        Err(_) => {
            let config = project.config_name.as_deref().unwrap_or("gpt-cost.toml");
            let failure = Failure::at(&name, format!("it is outside the folder of {config}"));
            Err(failure.hint("run gpt-cost in a folder without a gpt-cost.toml, with a limit such as --max-cost 0.05"))
        }
    }
}

/// Returns the files that the command line names and the prompts in the folders that it names, followed by the names of
/// the files that were found in a folder.
fn named_files(args: &CheckArgs, project: &Project) -> Result<(Vec<Budgeted>, BTreeSet<String>), Failure> {
    let here = [PathBuf::from(".")];
    let paths = if args.paths.is_empty() { &here[..] } else { &args.paths };
    let (mut named, mut found) = (Vec::new(), BTreeSet::new());
    for path in paths {
        let (path, pointer) = input::split_pointer(path);
        let name = files::name(&path);
        if path.is_dir() {
            let prompts = prompts_in(project, &path);
            found.extend(prompts.iter().map(|file| file.name.clone()));
            named.extend(prompts.into_iter().map(|file| (file, None)));
        } else if files::is_standard(&path) || path.exists() {
            let name = name.strip_prefix("./").unwrap_or(&name).to_owned();
            named.push((ProjectFile { name, path }, pointer));
        } else {
            return Err(Failure::at(name, "no such file"));
        }
    }
    named.sort();
    named.dedup();
    let named = named.into_iter().map(|(file, pointer)| Budgeted { pointer, ..Budgeted::whole(file) });
    Ok((named.collect(), found))
}

/// Returns the prompt files in a folder. A note reports how many other files it has.
fn prompts_in(project: &Project, folder: &Path) -> Vec<ProjectFile> {
    let (root, prefix) = match name_of(folder.strip_prefix(".").unwrap_or(folder)) {
        name if name.is_empty() => (project.root.clone(), String::new()),
        name => (folder.to_owned(), format!("{}/", name.trim_end_matches('/'))),
    };
    let all = Project { root, ..project.clone() }.files(Ignored::Skip);
    // The name of the folder is part of what a name says.
    let is_prompt = |file: &ProjectFile| name_kind(&format!("{prefix}{}", file.name)).is_some();
    let (prompts, others): (Vec<_>, Vec<_>) = all.into_iter().partition(is_prompt);
    if !others.is_empty() && !prefix.is_empty() {
        let others = plural(others.len(), "other file");
        note(&format!("{}: {others} skipped; name a file to check it, whatever its extension", printable(&prefix)));
    }
    let prefixed = |file: ProjectFile| ProjectFile { name: format!("{prefix}{}", file.name), ..file };
    prompts.into_iter().map(prefixed).collect()
}

/// Lists the files of a project: the format and the budgets of each, or why it is not checked.
fn list(project: &Project, plan: &Plan, out: &mut impl Write) -> Result<Outcome, Stop> {
    let titles = ["file", "read as", "budgets", ""];
    let mut rows = vec![titles.map(Cell::heading).to_vec()];
    let Selection { budgets, files, .. } = &plan.selection;
    let checked = project.check(&plan.selection, project::read);
    for one in files {
        let requests = || checked.iter().filter(|checked| one.has(&checked.place));
        let budgets: Vec<&str> = one.budgets.iter().map(|index| budgets[*index].name.as_str()).collect();
        let reason = match requests().find_map(|checked| checked.failure.as_ref()) {
            Some(failure) => failure.message(),
            None if requests().next().is_none() => "written by gpt-cost, or traffic of other APIs".to_owned(),
            None => String::new(),
        };
        rows.push(vec![
            Cell::plain(printable(&one.name())),
            Cell::plain(formats(requests().filter_map(|checked| checked.format))),
            Cell::plain(printable(&budgets.join(", "))),
            Cell::plain(reason),
        ]);
    }
    let checked: BTreeSet<&str> = files.iter().map(|one| one.file.name.as_str()).collect();
    let others = project.files(Ignored::Skip).into_iter().filter(|file| !checked.contains(file.name.as_str()));
    let reason = if project.config.budgets.is_empty() { "not named like a prompt" } else { "in no budget" };
    rows.extend(
        others.map(|file| {
            vec![Cell::plain(printable(&file.name)), Cell::plain(""), Cell::plain(""), Cell::plain(reason)]
        }),
    );
    write_grid(&rows, out)?;
    out.flush()?;
    for (_, failure) in &plan.empty {
        super::print(failure);
    }
    Ok(if plan.empty.is_empty() { Outcome::Success } else { Outcome::Error })
}

fn check<'p>(project: &'p Project, plan: Plan, args: &CheckArgs) -> Result<CheckReport<'p>, Failure> {
    let Plan { selection, mut empty, found, partial } = plan;
    let requests = project.check(&selection, project::read);
    let budgets = selection.budgets;
    let needs_baseline = budgets.iter().any(|budget| budget.limits.max_increase.is_some());
    let before = if needs_baseline { Some(read_project_baseline(project)?) } else { None };
    let (named, others) = requests.into_iter().partition(|one: &Checked| !found.contains(&one.place.file));
    let (prompts, others) = checked::partition_requests(others);
    let mut requests: Vec<Checked> = Vec::into_iter(named).chain(prompts).collect();
    if !others.is_empty() {
        note(&format!("skipped: {}", checked::describe_skipped(&others)));
    }
    if requests.is_empty() && !others.is_empty() {
        return Err(nothing_to_check("no prompt was found"));
    }
    let stale = match &before {
        Some(before) => compare(project, &mut requests, &budgets, before, args.paths.is_empty()),
        None => Vec::new(),
    };
    let budgets = budgets.into_iter().enumerate().map(|(index, budget)| {
        // Each as often as it is in its file.
        let verdicts = || {
            let verdicts = requests.iter().filter_map(|one| Some((one.verdict_of(index)?, one.times)));
            verdicts.flat_map(|(verdict, times)| std::iter::repeat_n(verdict, times as usize))
        };
        let costs: Vec<CostBounds> =
            verdicts().filter_map(|verdict| Some(verdict.outcome.as_ref().ok()?.cost)).collect();
        let failure = empty.iter().position(|(budget, _)| *budget == index).map(|place| empty.swap_remove(place).1);
        let has_sum = budget.limits.max_cost_all_requests.or(budget.limits.max_monthly_cost).is_some();
        let findings = if partial.contains(&index) { Vec::new() } else { budget.limits.check_all(&costs) };
        if has_sum && partial.contains(&index) {
            note(&format!(
                "budget `{}`: its sum is not checked, because only some of its files are",
                printable(&budget.name)
            ));
        }
        BudgetReport { requests: verdicts().count(), findings, failure, budget }
    });
    let budgets = budgets.collect();
    // The worst first: requests that cannot be read or priced, then by how much a limit is exceeded, then by place.
    requests.sort_by(|one, other| {
        let severity = |checked: &Checked| {
            let findings = checked.verdicts.iter().flat_map(|verdict| &verdict.findings);
            (checked.level(), findings.map(|finding| finding.excess).max())
        };
        severity(other).cmp(&severity(one)).then_with(|| one.place.cmp(&other.place))
    });
    let lock = project.lock_mismatch().map(|message| {
        Finding::new("pricing_lock", Level::Exceeded, message)
            .hint("compare the tables, then update the hash in gpt-cost.toml")
    });
    Ok(CheckReport { project, requests, budgets, lock, stale, warn_only: args.warn_only, quiet: args.quiet })
}

/// Adds the findings of `max_increase`, with both sides at today's prices, and those of `new_requests` for requests
/// that the baseline lacks. Returns the entries of the baseline that match no request.
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
                    let message = "it is not in the baseline";
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

/// Reads the baseline of a project.
fn read_project_baseline(project: &Project) -> Result<Baseline, Failure> {
    let name = project.display_name(&project.baseline);
    if !project.baseline.is_file() {
        let failure = Failure::at(name, "no such file, and max_increase needs a baseline");
        return Err(failure.hint("run gpt-cost baseline write to create it, and commit it"));
    }
    read_baseline(&project.baseline, &name)
}

/// Reads a baseline.
pub(super) fn read_baseline(path: &Path, name: &str) -> Result<Baseline, Failure> {
    let source = files::read_text(path, name)?;
    Baseline::from_json(&source).map_err(|error| Failure::from_error(&error.in_file(&Place::file(name))))
}

fn save(report: &CheckReport<'_>, format: CheckFormat, path: &Path) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    // Writing to memory does not fail.
    let written = write(report, format, &mut anstream::StripStream::new(&mut bytes));
    written.map_err(|error| Failure::at(files::name(path), error.to_string()))?;
    files::write(path, &bytes)
}

/// Appends the report to the step summary of GitHub Actions.
fn step_summary(report: &CheckReport<'_>) -> Result<(), Failure> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else { return Ok(()) };
    let mut bytes = Vec::new();
    let written = write(report, CheckFormat::Markdown, &mut bytes).and_then(|()| {
        fs::File::options().append(true).create(true).open(&path).and_then(|mut file| file.write_all(&bytes))
    });
    written.map_err(|error| Failure::new(format!("cannot write the step summary: {error}")))
}

impl CheckReport<'_> {
    /// Returns the worst level of any request, budget or price table.
    pub(super) fn worst(&self) -> Option<Level> {
        let requests = self.requests.iter().filter_map(Checked::level).max();
        let budget_level =
            |one: &BudgetReport| one.failure.is_some().then_some(Level::Unknown).max(worst(&one.findings));
        let lock = self.lock.as_ref().map(|finding| finding.level);
        requests.max(lock).max(self.budgets.iter().filter_map(budget_level).max())
    }

    /// Returns the number of requests with each verdict.
    pub(super) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        self.requests.iter().for_each(|one| tally.add(one.level(), one.times));
        tally
    }
}
