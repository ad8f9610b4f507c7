//! `gpt-cost check`: prompts against their budgets.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use super::args::{CheckArgs, CheckFormat};
use super::exit::{Failure, Outcome, Stop};
use super::input::shown;
use super::project::{Checked, Project, holds_prompts, in_parallel, name_of, read, replace, worst};
use super::report::check::{BudgetLine, CheckReport, write};
use crate::budget::{Baseline, Budget, Level, Limits};
use crate::money::Usd;

/// Runs the command.
pub(super) fn run(args: &CheckArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let project = Project::open(&args.project)?;
    let budgets = budgets(args, &project)?;
    let report = check(&project, &budgets, args)?;
    write(&report, args.format, out)?;
    out.flush()?;
    for file in &args.out {
        save(&report, file.format, &file.path)?;
    }
    if args.step_summary {
        step_summary(&report)?;
    }
    Ok(match report.worst() {
        Some(Level::Unknown) => Outcome::NotTold,
        Some(Level::Exceeded) if !args.warn_only => Outcome::Exceeded,
        _ => Outcome::Fine,
    })
}

/// A budget, and the names of the files that it is for.
type Wanted = (Budget, Vec<String>);

/// Returns the budgets to check, each with its files: those of the configuration, or the one that the command line gives.
fn budgets(args: &CheckArgs, project: &Project) -> Result<Vec<Wanted>, Failure> {
    let limits = Limits {
        max_cost_per_request: args.max_cost,
        max_input_cost: args.max_input_cost,
        max_input_tokens: args.max_input_tokens,
        max_increase: args.max_increase,
        ..Limits::default()
    };
    let given = limits != Limits::default();
    if project.config.budgets.is_empty() {
        if !given {
            let failure = Failure::new("there is nothing to check: no gpt-cost.toml with a [[budget]], and no limit");
            return Err(failure.hint("run gpt-cost init, or give a limit such as --max-cost 0.05"));
        }
        let budget = Budget {
            name: "command line".to_owned(),
            model: project.config.model.clone(),
            output_tokens: args.output_tokens,
            limits,
            ..Budget::default()
        };
        return Ok(vec![(budget, named_files(args, project)?)]);
    }
    let names = project.files();
    let within = prefixes(args, project)?;
    let mut wanted = Vec::new();
    for budget in &project.config.budgets {
        let files = project.of_budget(budget, &names)?;
        if files.is_empty() && !budget.allow_empty {
            let name = project.config_name.as_deref().unwrap_or("gpt-cost.toml");
            let message = format!("{name}:{}: budget `{}`: no file matches its paths", budget.line, budget.name);
            return Err(Failure::new(message).hint("correct the globs, or say allow_empty = true"));
        }
        let is_within = |name: &&str| within.is_empty() || within.iter().any(|path| is_under(name, path));
        let files = files.into_iter().filter(is_within).map(str::to_owned).collect();
        let output_tokens = budget.output_tokens.or(args.output_tokens);
        // A limit of the command line goes before the budget's own.
        let limits = Limits {
            max_cost_per_request: limits.max_cost_per_request.or(budget.limits.max_cost_per_request),
            max_input_cost: limits.max_input_cost.or(budget.limits.max_input_cost),
            max_input_tokens: limits.max_input_tokens.or(budget.limits.max_input_tokens),
            max_increase: limits.max_increase.or(budget.limits.max_increase),
            ..budget.limits.clone()
        };
        wanted.push((Budget { output_tokens, limits, ..budget.clone() }, files));
    }
    Ok(wanted)
}

fn is_under(name: &str, path: &str) -> bool {
    path.is_empty() || name == path || name.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
}

/// Returns the paths of the command line, relative to the project.
fn prefixes(args: &CheckArgs, project: &Project) -> Result<Vec<String>, Failure> {
    let root = fs::canonicalize(&project.root).unwrap_or_else(|_| project.root.clone());
    let relative = |path: &std::path::PathBuf| {
        let name = shown(&path.display().to_string());
        let whole = fs::canonicalize(path).map_err(|_| Failure::new(format!("{name}: there is no such file")))?;
        let inside =
            whole.strip_prefix(&root).map_err(|_| Failure::new(format!("{name}: it is outside of the project")))?;
        Ok(name_of(inside))
    };
    args.paths.iter().map(relative).collect()
}

/// Returns the files that the command line names, and those in the folders that it names.
fn named_files(args: &CheckArgs, project: &Project) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    let all = project.files();
    let paths = if args.paths.is_empty() { vec![String::new()] } else { prefixes(args, project)? };
    for path in paths {
        if !path.is_empty() && project.root.join(&path).is_file() {
            names.push(path);
        } else {
            let baseline = project.baseline.strip_prefix(&project.root).map(name_of).unwrap_or_default();
            let is_prompt = |name: &&String| is_under(name, &path) && holds_prompts(name) && **name != baseline;
            names.extend(all.iter().filter(is_prompt).cloned());
        }
    }
    names.sort();
    names.dedup();
    Ok(names)
}

fn check<'p>(project: &'p Project, budgets: &[Wanted], args: &CheckArgs) -> Result<CheckReport<'p>, Failure> {
    let needs_baseline = budgets.iter().any(|(budget, _)| budget.limits.max_increase.is_some());
    let before = if needs_baseline { Some(read_baseline(&project.baseline)?) } else { None };
    let mut requests: Vec<Checked> = Vec::new();
    let mut lines = Vec::new();
    for (budget, files) in budgets {
        let checked =
            in_parallel(files, |name| project.check(name, &read(&project.root, name), budget, before.as_ref()));
        let checked: Vec<Checked> = checked.into_iter().flatten().collect();
        let costs: Vec<(Option<Usd>, Usd)> =
            checked.iter().filter_map(|one| one.outcome.as_ref().ok()).map(|taken| (taken.most, taken.least)).collect();
        lines.push(BudgetLine {
            name: budget.name.clone(),
            line: budget.line,
            requests: checked.len(),
            findings: budget.limits.check_all(&costs),
            message: budget.message.clone(),
        });
        requests.extend(checked);
    }
    // The worst first: what could not be told, then what is exceeded by most, then by name.
    requests.sort_by(|one, other| {
        let weight = |checked: &Checked| {
            let excess = checked.findings.first().map(|finding| finding.excess).unwrap_or_default();
            (checked.outcome.is_err(), worst(&checked.findings), excess)
        };
        weight(other).cmp(&weight(one)).then_with(|| one.name.cmp(&other.name))
    });
    Ok(CheckReport { project, requests, budgets: lines, warn_only: args.warn_only })
}

/// Reads the baseline of a project.
pub(super) fn read_baseline(path: &Path) -> Result<Baseline, Failure> {
    let name = shown(&path.display().to_string());
    if !path.is_file() {
        let failure = Failure::new(format!("{name}: there is no baseline, and max_increase needs one"));
        return Err(failure.hint("write one with gpt-cost baseline write, and commit it"));
    }
    let source = super::prices::read(path, &name)?;
    Baseline::from_json(&source).map_err(|error| Failure::in_file(&name, &error))
}

fn save(report: &CheckReport<'_>, format: CheckFormat, path: &Path) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    let name = shown(&path.display().to_string());
    let written = write(report, format, &mut anstream::StripStream::new(&mut bytes));
    written.and_then(|()| replace(path, &bytes)).map_err(|error| Failure::new(format!("{name}: {error}")))
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
    /// Returns the worst that any limit says, or that a file cannot be told of.
    pub(super) fn worst(&self) -> Option<Level> {
        let failed = self.requests.iter().any(|one| one.outcome.is_err()).then_some(Level::Unknown);
        let of_requests = self.requests.iter().filter_map(|one| worst(&one.findings)).max();
        let of_budgets = self.budgets.iter().filter_map(|one| worst(&one.findings)).max();
        failed.max(of_requests).max(of_budgets)
    }

    /// Returns how many requests are at each level: within their budgets, near to a limit, over one, and such of which it cannot be told.
    pub(super) fn tally(&self) -> BTreeMap<&'static str, usize> {
        let mut tally = BTreeMap::from([("within", 0), ("warning", 0), ("exceeded", 0), ("unknown", 0)]);
        for one in &self.requests {
            *tally.entry(one.verdict()).or_default() += 1;
        }
        tally
    }
}
