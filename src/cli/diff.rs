//! `gpt-cost diff`: what changed, by the prompts and by prices.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use rust_decimal::Decimal;

use super::args::{DiffArgs, DiffFormat};
use super::exit::{Failure, Outcome, Stop};
use super::input::shown;
use super::project::{self, Checked, Project, holds_prompts, in_parallel, read};
use super::report::markdown_cell;
use super::report::plural;
use super::report::table::{Cell, write_grid};
use super::{baseline, git, note, prices};
use crate::Catalog;
use crate::budget::{Baseline, Budget, Change, Changed, Entry};
use crate::money::{Usd, grouped};

/// Runs the command.
pub(super) fn run(args: &DiffArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let project = Project::open(&args.project)?;
    let (base, head) = sides(&project, args)?;
    let (base, head) = one_name(base, head);
    let changes = base.changes(&head, &project.catalog, project.day);
    let total = Total::of(&changes);
    match args.format {
        DiffFormat::Table => write_table(args, &changes, &total, out)?,
        DiffFormat::Json => writeln!(out, "{:#}", json(&project, &changes, &total))?,
        DiffFormat::Markdown => write_markdown(args, &changes, &total, out)?,
    }
    out.flush()?;
    Ok(
        if args
            .max_increase
            .is_some_and(|most| most.is_exceeded((total.old, total.old_tokens), (total.new, total.new_tokens)))
        {
            Outcome::Exceeded
        } else {
            Outcome::Fine
        },
    )
}

/// Returns what both sides take. `A..B` names both of them at once; without a head, it is the working tree.
fn sides(project: &Project, args: &DiffArgs) -> Result<(Baseline, Baseline), Failure> {
    let exists = Path::new(&args.base).exists();
    let range = git::Range::parse(&args.base).filter(|_| !exists);
    if let Some(range) = range {
        if args.head.is_some() {
            return Err(Failure::new(format!("`{}` names both sides already", shown(&args.base))));
        }
        let base = match range.is_from_merge_base {
            true => side(project, &git::merge_base(&project.root, range.base, range.head)?)?,
            false => side(project, range.base)?,
        };
        return Ok((base, side(project, range.head)?));
    }
    let base = side(project, &args.base)?;
    let head = match &args.head {
        Some(head) => side(project, head)?,
        None if exists && project.config.budgets.is_empty() => {
            return Err(Failure::new("there is nothing to compare with: no gpt-cost.toml").hint("name the other side"));
        }
        None => project::baseline(project, &known(baseline::all(project)?)),
    };
    Ok((base, head))
}

/// Returns what one side takes: a baseline or a saved report, a prompt or a folder of them, or a revision.
fn side(project: &Project, side: &str) -> Result<Baseline, Failure> {
    let path = Path::new(side);
    if path.is_file() {
        let source = prices::read(path, &shown(side))?;
        if let Some(baseline) = saved(&source) {
            return Ok(baseline);
        }
        let root = path.parent().unwrap_or_else(|| Path::new(""));
        let name = project::name_of(Path::new(path.file_name().unwrap_or_default()));
        let checked = project.check(&name, &read(root, &name), &default_budget(project), None);
        return Ok(project::baseline(project, &known(checked)));
    }
    if path.is_dir() {
        let folder = Project { root: path.to_owned(), ..project.clone() };
        let names: Vec<String> = folder.files().into_iter().filter(|name| holds_prompts(name)).collect();
        let budget = default_budget(project);
        let checked = in_parallel(&names, |name| folder.check(name, &read(&folder.root, name), &budget, None));
        return Ok(project::baseline(&folder, &known(checked.into_iter().flatten().collect())));
    }
    revision(project, &git::resolve(&project.root, side)?)
}

fn default_budget(project: &Project) -> Budget {
    Budget { name: "diff".to_owned(), model: project.config.model.clone(), ..Budget::default() }
}

/// Returns the requests that could be told of; of the others, a note says why not.
fn known(checked: Vec<Checked>) -> Vec<Checked> {
    let (known, failed): (Vec<Checked>, Vec<Checked>) = checked.into_iter().partition(|one| one.outcome.is_ok());
    for one in &failed {
        note(&format!("{}: left out: {}", shown(&one.name), one.outcome.as_ref().err().map_or("", String::as_str)));
    }
    known
}

/// Reads a baseline, or what `check --format json` wrote.
fn saved(source: &str) -> Option<Baseline> {
    if let Ok(baseline) = Baseline::from_json(source) {
        return Some(baseline);
    }
    let report: serde_json::Value = serde_json::from_str(source).ok()?;
    if report["kind"] != "check" {
        return None;
    }
    let entry = |one: &serde_json::Value| {
        let taken = &one["baseline"];
        Some((one["name"].as_str()?.to_owned(), taken.clone()))
    };
    let requests: BTreeMap<String, serde_json::Value> =
        report["requests"].as_array()?.iter().filter(|one| !one["baseline"].is_null()).filter_map(entry).collect();
    let baseline = serde_json::json!({
        "schema": 1, "as_of": report["as_of"], "pricing": report["pricing_hash"], "requests": requests,
    });
    Baseline::from_json(&baseline.to_string()).ok()
}

/// Returns what the requests of a revision take: those of the budgets in a commit, by its own price tables; all prompts of a folder of it.
fn revision(project: &Project, tree: &git::Named) -> Result<Baseline, Failure> {
    let files = git::files(&project.root, tree)?;
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    let mut wanted: BTreeMap<&str, Budget> = BTreeMap::new();
    let then = match tree {
        git::Named::Commit(commit) => Project { catalog: tables(project, commit, &files)?, ..project.clone() },
        _ => project.clone(),
    };
    if matches!(tree, git::Named::Commit(_)) {
        for budget in &project.config.budgets {
            for name in project.of_budget(budget, &names)? {
                wanted.entry(name).or_insert_with(|| budget.clone());
            }
        }
    }
    if project.config.budgets.is_empty() || !matches!(tree, git::Named::Commit(_)) {
        let is_one = matches!(tree, git::Named::File(_));
        let prompts = names.iter().map(String::as_str).filter(|name| is_one || holds_prompts(name));
        wanted.extend(prompts.map(|name| (name, default_budget(project))));
    }
    let blobs: Vec<&git::File> = files.iter().filter(|file| wanted.contains_key(file.name.as_str())).collect();
    let contents = git::contents(&project.root, &files, &blobs)?;
    let contents: Vec<_> = contents.into_iter().map(|(file, bytes)| (file.name.as_str(), Ok(bytes))).collect();
    let check = |(name, bytes): &(&str, io::Result<Vec<u8>>)| match wanted.get(name) {
        Some(budget) => then.check(name, bytes, budget, None),
        None => Vec::new(),
    };
    let checked = in_parallel(&contents, check);
    Ok(project::baseline(&then, &known(checked.into_iter().flatten().collect())))
}

/// Returns the catalogue of a commit: its own price table in the place of today's.
fn tables(project: &Project, commit: &str, files: &[git::File]) -> Result<Catalog, Failure> {
    let pricing = project.config.pricing.as_ref();
    let (name, is_only) = pricing.map_or(("pricing.toml", false), |pricing| (pricing.file.as_str(), pricing.only));
    let Some(file) = files.iter().find(|file| file.name == name) else {
        return Ok(if is_only { project.catalog.clone() } else { Catalog::builtin() });
    };
    let bytes = git::contents(&project.root, files, &[file])?.pop().map(|(_, bytes)| bytes).unwrap_or_default();
    let source = String::from_utf8_lossy(&bytes);
    let origin = format!("{name} at {}", &commit[..commit.len().min(8)]);
    let failure = |error| Failure::of(&error);
    if is_only {
        return Catalog::only(&origin, &source).map_err(failure);
    }
    let mut catalog = Catalog::builtin();
    if Catalog::is_price_table(&origin, &source).map_err(failure)? {
        catalog.add_layer(&origin, &source).map_err(failure)?;
    }
    Ok(catalog)
}

/// Two prompts that are compared with each other are one, whatever their files are called.
fn one_name(mut base: Baseline, head: Baseline) -> (Baseline, Baseline) {
    if base.requests.len() == 1
        && head.requests.len() == 1
        && let (Some(name), Some((_, entry))) = (head.requests.keys().next(), base.requests.pop_first())
    {
        base.requests.insert(name.clone(), entry);
    }
    (base, head)
}

/// What all requests take together.
struct Total {
    old: Usd,
    new: Usd,
    prompt: Usd,
    price: Usd,
    old_tokens: u64,
    new_tokens: u64,
}

impl Total {
    fn of(changes: &[Change]) -> Total {
        let cost =
            |entry: fn(&Change) -> Option<&Entry>| changes.iter().filter_map(entry).map(|entry| entry.cost).sum();
        let tokens = |entry: fn(&Change) -> Option<&Entry>| {
            changes.iter().filter_map(entry).map(|entry| entry.usage.input).sum()
        };
        Total {
            old: cost(|change| change.old.as_ref()),
            new: cost(|change| change.new.as_ref()),
            prompt: changes.iter().map(|change| change.prompt).sum(),
            price: changes.iter().map(|change| change.price).sum(),
            old_tokens: tokens(|change| change.old.as_ref()),
            new_tokens: tokens(|change| change.new.as_ref()),
        }
    }
}

fn signed(amount: Usd) -> String {
    match amount.amount() {
        zero if zero.is_zero() => "–".to_owned(),
        more if more.is_sign_positive() => format!("+{amount}"),
        _ => amount.to_string(),
    }
}

fn percent(old: Usd, new: Usd) -> String {
    let more = (new.amount() - old.amount()) * Decimal::ONE_HUNDRED;
    match more.checked_div(old.amount()) {
        Some(percent) if !percent.is_zero() => format!("{:+.1}%", percent.round_dp(1)),
        Some(_) => "–".to_owned(),
        None => "new".to_owned(),
    }
}

/// Returns a cell for each column of a change.
fn cells(change: &Change) -> [String; 7] {
    let cost = |entry: &Option<Entry>| entry.as_ref().map_or("–".to_owned(), |entry| entry.cost.to_string());
    let tokens = |entry: &Option<Entry>| entry.as_ref().map_or("–".to_owned(), |entry| grouped(entry.usage.input));
    let name = match (&change.changed, &change.old_name) {
        (Changed::Renamed, Some(old)) => format!("{} → {}", shown(old), shown(&change.name)),
        (Changed::Added | Changed::Removed, _) => format!("{} ({})", shown(&change.name), change.changed.word()),
        _ => shown(&change.name),
    };
    [
        name,
        format!("{} → {}", tokens(&change.old), tokens(&change.new)),
        cost(&change.old),
        cost(&change.new),
        signed(change.prompt),
        signed(change.price),
        match (&change.old, &change.new) {
            (Some(old), Some(new)) => percent(old.cost, new.cost),
            _ => String::new(),
        },
    ]
}

fn total_cells(total: &Total) -> [String; 7] {
    [
        "total".to_owned(),
        format!("{} → {}", grouped(total.old_tokens), grouped(total.new_tokens)),
        total.old.to_string(),
        total.new.to_string(),
        signed(total.prompt),
        signed(total.price),
        percent(total.old, total.new),
    ]
}

const TITLES: [&str; 7] = ["request", "input tokens", "was", "is", "by the prompt", "by prices", "change"];

fn write_table(args: &DiffArgs, changes: &[Change], total: &Total, out: &mut impl Write) -> Result<(), Stop> {
    writeln!(out, "{} → {}\n", shown(&args.base), args.head.as_deref().map_or("the working tree".to_owned(), shown))?;
    let changed: Vec<&Change> = changes.iter().filter(|change| change.is_any()).collect();
    let mut rows = vec![TITLES.map(Cell::title).to_vec()];
    rows[0][0] = Cell::heading(TITLES[0]);
    let line = |cells: [String; 7]| {
        let mut cells = cells.into_iter();
        let name = cells.next().map(Cell::plain);
        name.into_iter().chain(cells.map(Cell::right)).collect::<Vec<Cell>>()
    };
    rows.extend(changed.iter().map(|change| line(cells(change))));
    rows.push(line(total_cells(total)));
    write_grid(&rows, out)?;
    let same = changes.len() - changed.len();
    Ok(writeln!(out, "\n  {} changed, {same} unchanged", plural(changed.len(), "request"))?)
}

fn write_markdown(args: &DiffArgs, changes: &[Change], total: &Total, out: &mut impl Write) -> Result<(), Stop> {
    let changed: Vec<&Change> = changes.iter().filter(|change| change.is_any()).collect();
    // By this line, whoever writes the comment finds the one to update.
    writeln!(out, "<!-- gpt-cost diff -->")?;
    writeln!(out, "### What the prompts cost: {} → {} ({})\n", total.old, total.new, percent(total.old, total.new))?;
    if changed.is_empty() {
        return Ok(writeln!(out, "No request costs more or less than on {}.", markdown_cell(&args.base))?);
    }
    writeln!(out, "| {} |\n| :--- |{}", TITLES.join(" | "), " ---: |".repeat(TITLES.len() - 1))?;
    for cells in changed.iter().map(|change| cells(change)).chain([total_cells(total)]) {
        let cells = cells.map(|cell| markdown_cell(&cell));
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    Ok(writeln!(out, "\n{} changed, {} unchanged.", plural(changed.len(), "request"), changes.len() - changed.len())?)
}

fn json(project: &Project, changes: &[Change], total: &Total) -> serde_json::Value {
    let dollars = |amount: Usd| amount.amount().to_string();
    let side = |entry: &Option<Entry>| {
        entry.as_ref().map(|entry| {
            serde_json::json!({
                "model": entry.model,
                "input_tokens": entry.usage.input,
                "output_tokens": entry.usage.output,
                "cost": dollars(entry.cost),
                "at_least": entry.at_least,
            })
        })
    };
    let change = |change: &Change| {
        serde_json::json!({
            "name": change.name,
            "old_name": change.old_name,
            "changed": change.changed.word(),
            "old": side(&change.old),
            "new": side(&change.new),
            "by_prompt": dollars(change.prompt),
            "by_price": dollars(change.price),
        })
    };
    serde_json::json!({
        "schema": 1,
        "kind": "diff",
        "as_of": project.day.to_string(),
        "changes": changes.iter().filter(|one| one.is_any()).map(change).collect::<Vec<_>>(),
        "unchanged": changes.iter().filter(|one| !one.is_any()).count(),
        "total": {
            "old": dollars(total.old),
            "new": dollars(total.new),
            "by_prompt": dollars(total.prompt),
            "by_price": dollars(total.price),
            "old_input_tokens": total.old_tokens,
            "new_input_tokens": total.new_tokens,
        },
    })
}
