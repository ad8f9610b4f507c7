//! `gpt-cost diff`: what changed, by the prompts and by prices.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use gpt_cost::Catalog;
use gpt_cost::budget::{Baseline, Budget, Change, Changed, Config, Entry};
use gpt_cost::source::{InputFormat, Place, documents};
use rust_decimal::Decimal;

use super::args::DiffArgs;
use super::checked::{self, Budgeted, Checked};
use super::exit::{Failure, Outcome, Stop};
use super::files::{self, shown};
use super::project::{self, Ignored, Project, ProjectFile, holds_prompts};
use super::report::diff::{Broken, Difference, Month, Total};
use super::{baseline, check, git, note, report};

/// One side of a difference.
struct Side {
    baseline: Baseline,
    /// What cannot be read, counted or priced on this side.
    broken: Vec<Broken>,
    /// The name of the file, where the side is one.
    file: Option<String>,
    /// The requests of the side by today's configuration and prices, where these are others and its files are at hand.
    as_today: Baseline,
    /// How often each request is sent in a month, where its budget says it.
    monthly: BTreeMap<Place, u64>,
}

/// Runs the command.
pub(super) fn run(args: &DiffArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let project = Project::open(&args.project)?;
    let (base, head) = sides(&project, args)?;
    let difference = Difference::new(base, head, names(args), &project);
    report::diff::write(&project, &difference, args.format, out)?;
    out.flush()?;
    for broken in &difference.broken {
        super::print(&broken.failure);
    }
    let total = &difference.total;
    Ok(match args.max_increase {
        _ if !difference.broken.is_empty() => Outcome::Error,
        Some(most) if most.is_exceeded(total.old, total.new) => Outcome::Exceeded,
        _ => Outcome::Success,
    })
}

impl Difference {
    fn new(base: Side, head: Side, names: (String, String), project: &Project) -> Difference {
        let (old, between, new) = match (base.file, &head.file) {
            (Some(_), Some(file)) => (in_file(base.baseline, file), in_file(base.as_today, file), head.baseline),
            _ => (base.baseline, base.as_today, head.baseline),
        };
        let broken: Vec<Broken> = base.broken.into_iter().chain(head.broken).collect();
        let mut changes = old.changes(&new, &between, &project.catalog, project.day);
        // What is broken on one side is neither new nor gone.
        let is_broken = |change: &Change| broken.iter().any(|one| one.place.file == change.place.file);
        changes.retain(|change| !(matches!(change.changed, Changed::Added | Changed::Removed) && is_broken(change)));
        // The largest first.
        changes.sort_by_key(|change| std::cmp::Reverse(size(change)));
        let times = |change: &Change| {
            let old = change.old_place.as_ref().unwrap_or(&change.place);
            head.monthly.get(&change.place).or(base.monthly.get(old)).copied()
        };
        let (total, month) = (Total::of(changes.iter()), Month::of(&changes, times));
        Difference { base: names.0, head: names.1, total, month, changes, broken }
    }
}

/// Returns by how much the cost of a request changed, up or down.
fn size(change: &Change) -> Decimal {
    let cost = |entry: &Option<Entry>| entry.as_ref().map_or(Decimal::ZERO, |entry| entry.cost.amount());
    (cost(&change.new) - cost(&change.old)).abs()
}

/// Two files that are compared with each other are one, whatever they are called.
fn in_file(baseline: Baseline, file: &str) -> Baseline {
    let requests = baseline.requests.into_iter();
    let mut renamed = Baseline::default();
    (renamed.as_of, renamed.pricing) = (baseline.as_of, baseline.pricing);
    renamed.requests = requests.map(|(place, entry)| (place.with_file(file), entry)).collect();
    renamed
}

/// Returns the range that names both sides at once; a path of that name is a path.
fn range(args: &DiffArgs) -> Option<git::Range<'_>> {
    git::Range::parse(&args.base).filter(|_| !Path::new(&args.base).exists())
}

/// Returns both sides. `A..B` names both of them at once; without a head, it is the working tree.
fn sides(project: &Project, args: &DiffArgs) -> Result<(Side, Side), Failure> {
    if let Some(range) = range(args) {
        if args.head.is_some() {
            return Err(Failure::new(format!("`{}` names both sides already", shown(&args.base))));
        }
        let base = match range.is_from_merge_base {
            true => side(project, "base", &git::merge_base(&project.root, range.base, range.head)?)?,
            false => side(project, "base", range.base)?,
        };
        return Ok((base, side(project, "head", range.head)?));
    }
    let base = side(project, "base", &args.base)?;
    let head = match &args.head {
        Some(head) => side(project, "head", head)?,
        None if Path::new(&args.base).exists() && project.config.budgets.is_empty() => {
            return Err(Failure::new("there is nothing to compare with: no gpt-cost.toml").hint("name the other side"));
        }
        None => Side::of(project, "head", baseline::all(project)?, &project.config.budgets),
    };
    Ok((base, head))
}

impl Side {
    fn of(project: &Project, side: &'static str, checked: Vec<Checked>, budgets: &[Budget]) -> Side {
        let baseline = checked::baseline(project, &checked);
        let times = |one: &Checked| {
            let mut budgets = one.verdicts.iter().filter_map(|verdict| budgets.get(verdict.budget));
            Some((one.place.clone(), budgets.find_map(|budget| budget.limits.monthly_requests)?))
        };
        let monthly = checked.iter().filter_map(times).collect();
        let broken = |one: Checked| {
            let failure = (*one.failures().first()?).clone();
            Some(Broken { side, line: failure.line().unwrap_or(one.line), place: one.place, failure })
        };
        let broken = checked.into_iter().filter_map(broken).collect();
        Side { baseline, broken, file: None, as_today: Baseline::default(), monthly }
    }
}

/// Returns a side: a baseline or a saved report, a prompt or a folder of them, or a revision.
fn side(project: &Project, which: &'static str, side: &str) -> Result<Side, Failure> {
    let path = Path::new(side);
    if path.is_file() {
        let name = project::name_of(Path::new(path.file_name().unwrap_or_default()));
        let bytes = files::read(path)?;
        if is_baseline(project, path, &name, &bytes) {
            let text = files::text(&shown(side), bytes)?;
            let baseline = saved(&text, &shown(side))?;
            return Ok(Side { baseline, ..Side::of(project, which, Vec::new(), &[]) });
        }
        let file = ProjectFile { name: name.clone(), path: path.to_owned() };
        let checked = check_all(project, vec![file], |_| Ok(Cow::Borrowed(bytes.as_slice())));
        return Ok(Side { file: Some(name), ..Side::of(project, which, checked, &[]) });
    }
    if path.is_dir() {
        let folder = Project { root: path.to_owned(), ..project.clone() };
        let prompts = folder.files(Ignored::LeftOut).into_iter().filter(|file| holds_prompts(&file.name)).collect();
        return Ok(Side::of(project, which, check_all(project, prompts, project::read), &[]));
    }
    revision(project, which, &git::resolve(&project.root, side)?)
}

/// Checks files against a budget without limits.
fn check_all<'b>(
    project: &Project,
    files: Vec<ProjectFile>,
    read: impl Fn(&ProjectFile) -> Result<Cow<'b, [u8]>, Failure> + Sync,
) -> Vec<Checked> {
    let budget = without_limits(project);
    let files: Vec<Budgeted> = files.into_iter().map(|file| Budgeted { file, budgets: vec![0] }).collect();
    project.check(&files, &[budget], read)
}

/// Returns a budget that limits nothing, with the project's model.
fn without_limits(project: &Project) -> Budget {
    let mut budget = Budget::new("diff");
    budget.model.clone_from(&project.config.model);
    budget
}

/// Whether a file is a baseline or a report of ours, whole or damaged, and no prompt.
fn is_baseline(project: &Project, path: &Path, name: &str, bytes: &[u8]) -> bool {
    let is_the_baseline = || match (path.canonicalize(), project.baseline.canonicalize()) {
        (Ok(path), Ok(baseline)) => path == baseline,
        _ => false,
    };
    let documents = documents(name, bytes, InputFormat::Auto);
    is_the_baseline() || matches!(documents.as_slice(), [one] if one.is_own())
}

/// Reads a baseline, or what `check --format json` wrote.
fn saved(source: &str, name: &str) -> Result<Baseline, Failure> {
    let failure = |error: gpt_cost::Error| Failure::of(&error.in_file(&Place::file(name)));
    let report: serde_json::Value = serde_json::from_str(source).unwrap_or_default();
    match report["kind"].as_str() {
        Some("check") => {}
        None | Some("baseline") => return Baseline::from_json(source).map_err(failure),
        Some(_) => {
            return Err(Failure::at(name, "it is a report of another kind: only those of check can be compared"));
        }
    }
    let entry = |one: &serde_json::Value| {
        let current =
            one["budgets"].as_array()?.iter().map(|verdict| &verdict["current"]).find(|one| !one.is_null())?;
        Some((one["name"].as_str()?.to_owned(), current.clone()))
    };
    let requests = report["requests"].as_array().map(Vec::as_slice).unwrap_or_default();
    let requests: BTreeMap<String, serde_json::Value> = requests.iter().filter_map(entry).collect();
    let baseline = serde_json::json!({
        "schema": report["schema"], "kind": "baseline", "as_of": report["as_of"], "pricing": report["pricing_hash"], "requests": requests,
    });
    Baseline::from_json(&baseline.to_string()).map_err(failure)
}

/// Returns the requests of a revision: those of the budgets in a commit, by its own configuration and price tables; all prompts of a folder of
/// it.
fn revision(project: &Project, which: &'static str, tree: &git::Named) -> Result<Side, Failure> {
    let files = git::files(&project.root, tree)?;
    let then = match tree {
        git::Named::Commit(commit) => at_commit(project, commit, &files)?,
        _ => project.clone(),
    };
    let all: Vec<ProjectFile> =
        files.iter().map(|file| ProjectFile { name: file.name.clone(), path: PathBuf::new() }).collect();
    let (budgets, budgeted) = wanted(&then, tree, &all)?;
    // By today's configuration, where it is another one.
    let today = match then.config == project.config {
        true => None,
        false => Some(wanted(project, tree, &all)?),
    };
    let of_today = today.iter().flat_map(|(_, budgeted)| budgeted);
    let names: BTreeSet<&str> = budgeted.iter().chain(of_today).map(|one| one.file.name.as_str()).collect();
    let wanted: Vec<&git::File> = files.iter().filter(|file| names.contains(file.name.as_str())).collect();
    let contents = git::contents(&project.root, &files, &wanted)?;
    let contents: BTreeMap<&str, &[u8]> =
        contents.iter().map(|(file, bytes)| (file.name.as_str(), bytes.as_slice())).collect();
    // A link that leads out of the revision has no contents there.
    let is_there = |one: &Budgeted| contents.contains_key(one.file.name.as_str());
    let check = |project: &Project, mut budgeted: Vec<Budgeted>, budgets: &[Budget]| {
        budgeted.retain(is_there);
        project.check(&budgeted, budgets, |file| Ok(Cow::Borrowed(contents[file.name.as_str()])))
    };
    let mut side = Side::of(&then, which, check(&then, budgeted, &budgets), &budgets);
    if let Some((budgets, budgeted)) = today {
        side.as_today = checked::baseline(project, &check(project, budgeted, &budgets));
    }
    if matches!(tree, git::Named::File(_)) {
        side.file = files.first().map(|file| file.name.clone());
    }
    Ok(side)
}

/// Returns the budgets of a project, and the files of a tree that are in them; for a folder or a file of a revision, and where there are none, one
/// budget without limits for all prompts.
fn wanted(
    project: &Project,
    tree: &git::Named,
    files: &[ProjectFile],
) -> Result<(Vec<Budget>, Vec<Budgeted>), Failure> {
    if matches!(tree, git::Named::Commit(_)) && !project.config.budgets.is_empty() {
        return Ok((project.config.budgets.clone(), check::matching(project, files)?));
    }
    let is_one = matches!(tree, git::Named::File(_));
    let prompts = files.iter().filter(|file| is_one || holds_prompts(&file.name)).cloned();
    let budget = without_limits(project);
    Ok((vec![budget], prompts.map(|file| Budgeted { file, budgets: vec![0] }).collect()))
}

/// Returns the project as it was at a commit: its configuration and its price tables. What cannot be read there is as it is now, with a
/// warning.
fn at_commit(project: &Project, commit: &str, files: &[git::File]) -> Result<Project, Failure> {
    let short = &commit[..commit.len().min(8)];
    let mut then = project.clone();
    let config_name = project.config_name.as_deref().map(|name| name.rsplit('/').next().unwrap_or(name));
    if let Some((name, source)) = config_name.map(|name| text_of(project, files, name)).transpose()?.flatten() {
        let origin = format!("{name} at {short}");
        match Config::read(&origin, &source) {
            Ok(config) => then.config = config,
            Err(error) => note(&format!("{error}; the configuration of today is used for {short}")),
        }
    }
    then.catalog = tables(&then, short, files)?;
    Ok(then)
}

/// Returns the text of a file of a commit, with its name.
fn text_of(project: &Project, files: &[git::File], name: &str) -> Result<Option<(String, String)>, Failure> {
    let Some(file) = files.iter().find(|file| file.name == name) else { return Ok(None) };
    let bytes = git::contents(&project.root, files, &[file])?.pop().map(|(_, bytes)| bytes).unwrap_or_default();
    Ok(Some((name.to_owned(), String::from_utf8_lossy(&bytes).into_owned())))
}

/// Returns the catalogue of a commit: its own price table in the place of today's.
fn tables(then: &Project, short: &str, files: &[git::File]) -> Result<Catalog, Failure> {
    let pricing = then.config.pricing.as_ref();
    let (name, is_only) = pricing.map_or(("pricing.toml", false), |pricing| (pricing.file.as_str(), pricing.only));
    let Some((_, source)) = text_of(then, files, name)? else {
        return Ok(if is_only { then.catalog.clone() } else { Catalog::builtin() });
    };
    let origin = format!("{name} at {short}");
    let failure = |error| Failure::of(&error);
    if is_only {
        return Catalog::only(&origin, &source).map_err(failure);
    }
    let mut catalog = Catalog::builtin();
    catalog.add_if_price_table(&origin, &source).map_err(failure)?;
    Ok(catalog)
}

/// Returns what reports call the two sides.
fn names(args: &DiffArgs) -> (String, String) {
    match range(args) {
        Some(range) => (shown(range.base), shown(range.head)),
        None => (shown(&args.base), args.head.as_deref().map_or("the working tree".to_owned(), shown)),
    }
}
