//! The `gpt-cost baseline` command: records what requests use and cost now, for later comparison.

use std::io::Write;

use gpt_cost::money::grouped;

use super::args::{BaselineCommand, BaselineShowArgs, BaselineWriteArgs, TableArgs};
use super::check::{empty_budgets, read_baseline};
use super::checked::{self, Checked, Selection};
use super::exit::{Failure, Outcome, Stop};
use super::files::{self, printable};
use super::note;
use super::project::{self, Ignored, Project};
use super::report::grid::{Cell, write_grid};
use super::report::plural;

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
    let selection = select(&project)?;
    let path = args.out.clone().unwrap_or_else(|| project.baseline.clone());
    let own = project.own_files(&args.project.tables.pricing).into_iter().filter(|own| *own != project.baseline);
    files::check_outputs([path.as_path()], selection.paths().chain(own))?;
    let checked = project.check(&selection, project::read);
    let mut outcome = Outcome::Success;
    let empty = empty_budgets(&project, &selection.files)?;
    for failure in checked.iter().flat_map(Checked::failures).chain(empty.iter().map(|(_, failure)| failure)) {
        outcome = super::print(failure);
    }
    let baseline = checked::baseline(&project, &checked);
    files::write(&path, baseline.to_json().as_bytes())?;
    let name = if files::is_standard(&path) { "the baseline".to_owned() } else { project.display_name(&path) };
    note(&format!("wrote {name}: {}", plural(baseline.requests.len(), "request")));
    Ok(outcome)
}

/// Checks each request of all budgets, each file once and against the first budget that matches it.
pub(super) fn check_all(project: &Project) -> Result<Vec<Checked>, Failure> {
    Ok(project.check(&select(project)?, project::read))
}

/// Returns each file of all budgets with the first budget that matches it.
fn select(project: &Project) -> Result<Selection, Failure> {
    if project.config.budgets.is_empty() {
        let failure = Failure::new("no gpt-cost.toml with a [[budget]] was found");
        return Err(failure.hint("run gpt-cost init"));
    }
    let mut selection = project.select(&project.files(Ignored::Skip))?;
    selection.files.iter_mut().for_each(|one| one.budgets.truncate(1));
    Ok(selection)
}

fn show(args: &BaselineShowArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let (path, name) = match &args.file {
        Some(file) => (file.clone(), files::name(file)),
        None => {
            let project = Project::discover(&TableArgs::default(), false)?;
            (project.baseline.clone(), project.display_name(&project.baseline))
        }
    };
    if args.file.is_none() && !path.is_file() {
        return Err(Failure::at(name, "no such file").hint("run gpt-cost baseline write to create it").into());
    }
    let baseline = read_baseline(&path, &name)?;
    let as_of = baseline.as_of.map(|day| day.to_string()).unwrap_or_default();
    writeln!(out, "{name}  as of {as_of}  price tables {}\n", baseline.pricing)?;
    let mut rows = vec![vec![
        Cell::heading("request"),
        Cell::heading("model"),
        Cell::title("input"),
        Cell::title("output"),
        Cell::title("cost"),
    ]];
    for (place, entry) in &baseline.requests {
        let at_least = if entry.at_least { "at least " } else { "" };
        rows.push(vec![
            Cell::plain(printable(&place.to_string())),
            Cell::plain(entry.model.as_str()),
            Cell::right(grouped(entry.usage.input)),
            Cell::right(grouped(entry.usage.output)),
            Cell::right(format!("{at_least}{}", entry.cost)),
        ]);
    }
    write_grid(&rows, out)?;
    Ok(Outcome::Success)
}
