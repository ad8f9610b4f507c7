//! `gpt-cost baseline`: what requests take now, for later comparison.

use std::io::Write;

use super::args::{BaselineCommand, BaselineShowArgs, BaselineWriteArgs, TableArgs};
use super::check::read_baseline;
use super::exit::{Failure, Outcome, Stop};
use super::input::shown;
use super::note;
use super::project::{self, Checked, Project, in_parallel, read, replace};
use super::report::plural;
use super::report::table::{Cell, write_grid};
use crate::budget::Budget;
use crate::money::grouped;

/// Runs the command.
pub(super) fn run(command: &BaselineCommand, out: &mut impl Write) -> Result<Outcome, Stop> {
    let outcome = match command {
        BaselineCommand::Write(args) => write(args)?,
        BaselineCommand::Show(args) => show(args, out)?,
    };
    out.flush()?;
    Ok(outcome)
}

fn write(args: &BaselineWriteArgs) -> Result<Outcome, Failure> {
    let project = Project::open(&args.project)?;
    let checked = all(&project)?;
    let path = args.out.clone().unwrap_or_else(|| project.baseline.clone());
    let name = shown(&path.strip_prefix(&project.root).unwrap_or(&path).display().to_string());
    let failed: Vec<&Checked> = checked.iter().filter(|one| one.outcome.is_err()).collect();
    for one in &failed {
        let message = one.outcome.as_ref().err().map_or("", String::as_str);
        super::tell(&Failure::new(format!("{}: {message}", shown(&one.name))));
    }
    let baseline = project::baseline(&project, &checked);
    replace(&path, baseline.to_json().as_bytes()).map_err(|error| Failure::new(format!("{name}: {error}")))?;
    note(&format!("wrote {name}: {}", plural(baseline.requests.len(), "request")));
    Ok(if failed.is_empty() { Outcome::Fine } else { Outcome::NotTold })
}

/// Returns what each request of all budgets takes, each file once, by the first budget that it is in.
pub(super) fn all(project: &Project) -> Result<Vec<Checked>, Failure> {
    let names = project.files();
    let mut wanted: Vec<(&Budget, &str)> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for budget in &project.config.budgets {
        let files = project.of_budget(budget, &names)?;
        wanted.extend(files.into_iter().filter(|name| seen.insert(*name)).map(|name| (budget, name)));
    }
    if project.config.budgets.is_empty() {
        let failure = Failure::new("there is no gpt-cost.toml with a [[budget]], so no request is known");
        return Err(failure.hint("run gpt-cost init"));
    }
    let check = |(budget, name): &(&Budget, &str)| project.check(name, &read(&project.root, name), budget, None);
    Ok(in_parallel(&wanted, check).into_iter().flatten().collect())
}

fn show(args: &BaselineShowArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let path = match &args.file {
        Some(file) => file.clone(),
        None => Project::around(&TableArgs::default())?.baseline,
    };
    let baseline = read_baseline(&path)?;
    let as_of = baseline.as_of.map(|day| day.to_string()).unwrap_or_default();
    writeln!(out, "{}  as of {as_of}  price tables {}\n", shown(&path.display().to_string()), baseline.pricing)?;
    let mut rows = vec![vec![
        Cell::heading("request"),
        Cell::heading("model"),
        Cell::title("input"),
        Cell::title("output"),
        Cell::title("cost"),
    ]];
    for (name, entry) in &baseline.requests {
        let least = if entry.at_least { "at least " } else { "" };
        rows.push(vec![
            Cell::plain(shown(name)),
            Cell::plain(entry.model.as_str()),
            Cell::right(grouped(entry.usage.input)),
            Cell::right(grouped(entry.usage.output)),
            Cell::right(format!("{least}{}", entry.cost)),
        ]);
    }
    write_grid(&rows, out)?;
    Ok(Outcome::Fine)
}
