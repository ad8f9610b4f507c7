//! The `gpt-cost diff` command: splits a change of cost by prompts, configuration and prices.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gpt_cost::Catalog;
use gpt_cost::budget::{Baseline, Budget, Change, Changed, Config, Entry};
use gpt_cost::source::{InputFormat, Place, documents};
use rust_decimal::Decimal;

use super::args::DiffArgs;
use super::checked::{self, Budgeted, Checked, Selection};
use super::exit::{Failure, Outcome, Stop};
use super::files::{self, printable};
use super::project::{self, Ignored, Project, ProjectFile, Tree, name_kind};
use super::report::diff::{Broken, Difference, Month, Total};
use super::{baseline, git, note, report};

/// One side of a comparison.
struct Side {
    baseline: Baseline,
    /// The requests and files that cannot be read, counted or priced.
    broken: Vec<Broken>,
    /// The name of the file, if the side is a single file.
    file: Option<String>,
    /// The requests with today's configuration and prices. Empty if the side has today's configuration, or no files.
    as_today: Baseline,
    /// How often each request is sent in a month, if its budget sets `monthly_requests`.
    monthly: BTreeMap<Place, u64>,
}

/// Runs the command.
pub(super) fn run(args: &DiffArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let project = Project::open(&args.project)?;
    let (base, head) = read_sides(&project, args)?;
    let difference = Difference::new(base, head, names(args), &project);
    report::diff::write(&project, &difference, args.format, out)?;
    out.flush()?;
    if !args.quiet {
        project.note_age(project.day);
    }
    for broken in &difference.broken {
        super::print(&broken.failure);
    }
    let total = &difference.total;
    Ok(match args.max_increase {
        _ if !difference.broken.is_empty() => Outcome::Error,
        Some(increase) if increase.is_exceeded(total.old, total.new) => Outcome::Exceeded,
        _ => Outcome::Success,
    })
}

impl Difference {
    fn new(base: Side, head: Side, names: (String, String), project: &Project) -> Difference {
        let (old, between, new) = match (base.file, &head.file) {
            (Some(_), Some(file)) => (with_file(base.baseline, file), with_file(base.as_today, file), head.baseline),
            _ => (base.baseline, base.as_today, head.baseline),
        };
        let broken: Vec<Broken> = base.broken.into_iter().chain(head.broken).collect();
        let mut changes = old.changes(&new, &between, &project.catalog, project.day);
        // A file that cannot be read on one side is neither added nor removed.
        let is_broken = |change: &Change| broken.iter().any(|one| one.place.file == change.place.file);
        changes.retain(|change| !(matches!(change.changed, Changed::Added | Changed::Removed) && is_broken(change)));
        // The largest first.
        changes.sort_by_key(|change| std::cmp::Reverse(size(change)));
        let times = |change: &Change| {
            let old = change.old_place.as_ref().unwrap_or(&change.place);
            head.monthly.get(&change.place).or(base.monthly.get(old)).copied()
        };
        let (total, month) = (Total::new(changes.iter()), Month::new(&changes, times));
        Difference { base: names.0, head: names.1, total, month, changes, broken }
    }
}

/// Returns by how much the cost of a request changed, up or down.
fn size(change: &Change) -> Decimal {
    let cost = |entry: &Option<Entry>| entry.as_ref().map_or(Decimal::ZERO, |entry| entry.cost.amount());
    (cost(&change.new) - cost(&change.old)).abs()
}

/// Returns a baseline with all requests in `file`: two files are compared with each other whatever their names.
fn with_file(baseline: Baseline, file: &str) -> Baseline {
    let requests = baseline.requests.into_iter();
    let mut renamed = Baseline::default();
    (renamed.as_of, renamed.pricing) = (baseline.as_of, baseline.pricing);
    renamed.requests = requests.map(|(place, entry)| (place.with_file(file), entry)).collect();
    renamed
}

/// Returns the git range of `A..B` or `A...B`; `None` if a path of that name exists.
fn range(args: &DiffArgs) -> Option<git::Range<'_>> {
    git::Range::parse(&args.base).filter(|_| !Path::new(&args.base).exists())
}

/// Returns the base and the head. Without a head, it is the working tree.
fn read_sides(project: &Project, args: &DiffArgs) -> Result<(Side, Side), Failure> {
    if let Some(range) = range(args) {
        if args.head.is_some() {
            return Err(Failure::new(format!("`{}` names both sides already", printable(&args.base))));
        }
        let base = match range.is_from_merge_base {
            true => read_side(project, "base", &git::merge_base(&project.root, range.base, range.head)?)?,
            false => read_side(project, "base", range.base)?,
        };
        return Ok((base, read_side(project, "head", range.head)?));
    }
    let base = read_side(project, "base", &args.base)?;
    let head = match &args.head {
        Some(head) => read_side(project, "head", head)?,
        None if Path::new(&args.base).exists() && project.config.budgets.is_empty() => {
            return Err(Failure::new("nothing to compare with: no gpt-cost.toml").hint("name the new side as well"));
        }
        None => Side::new(project, "head", baseline::check_all(project)?, &project.config.budgets),
    };
    Ok((base, head))
}

impl Side {
    fn new(project: &Project, side: &'static str, checked: Vec<Checked>, budgets: &[Budget]) -> Side {
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

/// Reads a side: a baseline, a saved report, a prompt, a folder of prompts, or a git revision.
fn read_side(project: &Project, which: &'static str, side: &str) -> Result<Side, Failure> {
    let path = Path::new(side);
    if path.is_file() {
        let name = project::name_of(Path::new(path.file_name().unwrap_or_default()));
        let bytes = files::read(path)?;
        if is_baseline(project, path, &name, &bytes) {
            let text = files::text(&printable(side), bytes)?;
            let baseline = read_saved(&text, &printable(side))?;
            return Ok(Side { baseline, ..Side::new(project, which, Vec::new(), &[]) });
        }
        let file = ProjectFile { name: name.clone(), path: path.to_owned() };
        let checked = check_all(project, vec![file], |_| Ok(Cow::Borrowed(bytes.as_slice())));
        return Ok(Side { file: Some(name), ..Side::new(project, which, checked, &[]) });
    }
    if path.is_dir() {
        let folder = Project { root: path.to_owned(), tree: Tree::Folder(path.to_owned()), ..project.clone() };
        let prompts = folder.files(Ignored::Skip).into_iter().filter(|file| name_kind(&file.name).is_some()).collect();
        return Ok(Side::new(project, which, check_all(&folder, prompts, project::read), &[]));
    }
    read_revision(project, which, &git::resolve(&project.root, side)?)
}

/// Checks files against a budget without limits.
fn check_all<'b>(
    project: &Project,
    files: Vec<ProjectFile>,
    read: impl Fn(&ProjectFile) -> Result<Cow<'b, [u8]>, Failure> + Sync,
) -> Vec<Checked> {
    project.check(&Selection::of(unlimited_budget(project), files.into_iter().map(Budgeted::whole)), read)
}

/// Returns a budget without limits, with the project's model.
fn unlimited_budget(project: &Project) -> Budget {
    let mut budget = Budget::new("diff");
    budget.model.clone_from(&project.config.model);
    budget
}

/// Returns whether a file is a baseline or a report of gpt-cost, even if it is invalid.
fn is_baseline(project: &Project, path: &Path, name: &str, bytes: &[u8]) -> bool {
    let is_the_baseline = || match (path.canonicalize(), project.baseline.canonicalize()) {
        (Ok(path), Ok(baseline)) => path == baseline,
        _ => false,
    };
    let documents = documents(name, bytes, InputFormat::Auto);
    is_the_baseline() || matches!(documents.as_slice(), [one] if one.is_own())
}

/// Reads a baseline, or a report of `check --format json`.
fn read_saved(source: &str, name: &str) -> Result<Baseline, Failure> {
    let failure = |error: gpt_cost::Error| Failure::from_error(&error.in_file(&Place::file(name)));
    let report: serde_json::Value = serde_json::from_str(source).unwrap_or_default();
    match report["kind"].as_str() {
        Some("check") => {}
        None | Some("baseline") => return Baseline::from_json(source).map_err(failure),
        Some(_) => {
            return Err(Failure::at(name, "expected a baseline or a report of gpt-cost check, found another report"));
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
        "schema": report["schema"],
        "kind": "baseline",
        "as_of": report["as_of"],
        "pricing": report["pricing_hash"],
        "requests": requests,
    });
    Baseline::from_json(&baseline.to_string()).map_err(failure)
}

/// Reads the requests of a revision. Those of a commit are selected and priced by its own configuration and price
/// tables; of a folder in a commit, all prompts are read.
fn read_revision(project: &Project, which: &'static str, tree: &git::Object) -> Result<Side, Failure> {
    let files = git::files(&project.root, tree)?;
    let then = match tree {
        git::Object::Commit(commit) => project_at_commit(project, commit, &files)?,
        _ => project.clone(),
    };
    let all: Vec<ProjectFile> =
        files.iter().map(|file| ProjectFile { name: file.name.clone(), path: PathBuf::new() }).collect();
    let selection = select(&then, tree, &all)?;
    // The same with today's configuration, if that differs.
    let today = match then.config == project.config {
        true => None,
        false => Some(select(project, tree, &all)?),
    };
    let names: BTreeSet<&str> =
        [Some(&selection), today.as_ref()].into_iter().flatten().flat_map(Selection::names).collect();
    let requested: Vec<&git::File> = files.iter().filter(|file| names.contains(file.name.as_str())).collect();
    let contents = git::contents(&project.root, &files, &requested)?.into_iter().map(|(file, bytes)| {
        // What cannot be decompressed is an error to the reader, too.
        let bytes = files::decompressed(bytes.clone()).unwrap_or(bytes);
        (file, bytes)
    });
    let contents: Vec<_> = contents.collect();
    let contents: BTreeMap<&str, &[u8]> =
        contents.iter().map(|(file, bytes)| (file.name.as_str(), bytes.as_slice())).collect();
    // A link to a target outside the revision has no contents.
    let has_contents = |one: &Budgeted| contents.contains_key(one.file.name.as_str());
    let there = Tree::Revision { folder: project.root.clone(), files: Arc::new(files.clone()) };
    let check = |project: &Project, selection: &Selection| {
        let mut selection = selection.clone();
        selection.files.retain(has_contents);
        let project = Project { tree: there.clone(), ..project.clone() };
        project.check(&selection, |file| match contents.get(file.name.as_str()) {
            Some(bytes) => Ok(Cow::Borrowed(*bytes)),
            None => Err(Failure::at(printable(&file.name), "it is a link to a target outside the revision")),
        })
    };
    let mut side = Side::new(&then, which, check(&then, &selection), &selection.budgets);
    if let Some(selection) = today {
        side.as_today = checked::baseline(project, &check(project, &selection));
    }
    if matches!(tree, git::Object::File(_)) {
        side.file = files.first().map(|file| file.name.clone());
    }
    Ok(side)
}

/// Returns the budgets of a project, and the files of a tree that match them. A folder or a file of a revision, and a
/// project without budgets, get one budget without limits for all prompts.
fn select(project: &Project, tree: &git::Object, files: &[ProjectFile]) -> Result<Selection, Failure> {
    if matches!(tree, git::Object::Commit(_)) && !project.config.budgets.is_empty() {
        return project.select(files);
    }
    let is_one = matches!(tree, git::Object::File(_));
    let prompts = files.iter().filter(|file| is_one || name_kind(&file.name).is_some()).cloned();
    Ok(Selection::of(unlimited_budget(project), prompts.map(Budgeted::whole)))
}

/// Returns the project with the configuration and the price tables of a commit. A configuration that cannot be read
/// there is replaced by today's, with a note.
fn project_at_commit(project: &Project, commit: &str, files: &[git::File]) -> Result<Project, Failure> {
    let short = &commit[..commit.len().min(8)];
    let mut then = project.clone();
    let config_name = project.config_name.as_deref().map(|name| name.rsplit('/').next().unwrap_or(name));
    if let Some((name, source)) = config_name.map(|name| read_text(project, files, name)).transpose()?.flatten() {
        let origin = format!("{name} at {short}");
        match Config::read(&origin, &source) {
            Ok(config) => then.config = config,
            Err(error) => note(&format!("{error}; using today's configuration for {short}")),
        }
    }
    then.catalog = catalog_at_commit(&then, short, files)?;
    Ok(then)
}

/// Returns the name and text of a file of a commit, if it exists there.
fn read_text(project: &Project, files: &[git::File], name: &str) -> Result<Option<(String, String)>, Failure> {
    let Some(file) = files.iter().find(|file| file.name == name) else { return Ok(None) };
    let bytes = git::contents(&project.root, files, &[file])?.pop().map(|(_, bytes)| bytes).unwrap_or_default();
    Ok(Some((name.to_owned(), String::from_utf8_lossy(&bytes).into_owned())))
}

/// Returns the price tables of a commit, which replace today's.
fn catalog_at_commit(then: &Project, short: &str, files: &[git::File]) -> Result<Catalog, Failure> {
    let pricing = then.config.pricing.as_ref();
    let (name, is_only) = pricing.map_or(("pricing.toml", false), |pricing| (pricing.file.as_str(), pricing.only));
    let Some((_, source)) = read_text(then, files, name)? else {
        return Ok(if is_only { then.catalog.clone() } else { Catalog::builtin() });
    };
    let origin = format!("{name} at {short}");
    let failure = |error| Failure::from_error(&error);
    if is_only {
        return Catalog::only(&origin, &source).map_err(failure);
    }
    let mut catalog = Catalog::builtin();
    catalog.add_if_price_table(&origin, &source).map_err(failure)?;
    Ok(catalog)
}

/// Returns the names of both sides, as reports show them.
fn names(args: &DiffArgs) -> (String, String) {
    match range(args) {
        Some(range) => (printable(range.base), printable(range.head)),
        None => (printable(&args.base), args.head.as_deref().map_or("the working tree".to_owned(), printable)),
    }
}
