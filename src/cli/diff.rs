//! `gpt-cost diff`: what changed, by the prompts and by prices.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use gpt_cost::Catalog;
use gpt_cost::budget::{Baseline, Budget, Change, Changed, Config, Entry, Spend};
use gpt_cost::money::{Usd, grouped};
use gpt_cost::source::{InputFormat, Place, documents};
use rust_decimal::Decimal;

use super::args::{DiffArgs, DiffFormat};
use super::checked::{self, Budgeted, Checked};
use super::exit::{Failure, Outcome, Stop};
use super::files::{self, shown};
use super::project::{self, Ignored, Project, ProjectFile, holds_prompts};
use super::report::grid::{Cell, write_grid, write_line};
use super::report::{markdown_cell, output_hint, plural, up_to};
use super::{baseline, check, git, note};

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

/// A request, or a file, that cannot be read, counted or priced.
struct Broken {
    side: &'static str,
    place: Place,
    line: usize,
    failure: Failure,
}

/// What differs between both sides.
struct Difference {
    changes: Vec<Change>,
    broken: Vec<Broken>,
    total: Total,
    month: Option<Month>,
}

/// Runs the command.
pub(super) fn run(args: &DiffArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let project = Project::open(&args.project)?;
    let (base, head) = sides(&project, args)?;
    let difference = Difference::of(base, head, &project);
    match args.format {
        DiffFormat::Table => write_table(args, &project, &difference, out)?,
        DiffFormat::Json => writeln!(out, "{:#}", json(&project, &difference))?,
        DiffFormat::Markdown => write_markdown(args, &project, &difference, out)?,
    }
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
    fn of(base: Side, head: Side, project: &Project) -> Difference {
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
        Difference { total: Total::of(changes.iter()), month: Month::of(&changes, times), changes, broken }
    }

    /// Returns the requests that changed, the largest change of a cost first.
    fn changed(&self) -> Vec<&Change> {
        self.changes.iter().filter(|change| change.is_any()).collect()
    }

    /// Returns how many requests changed, in words.
    fn summary(&self) -> String {
        let changed = self.changed().len();
        format!("{} changed, {} unchanged", plural(changed, "request"), grouped((self.changes.len() - changed) as u64))
    }

    /// Returns what to do where the cost of a request is that of the most output that it allows.
    fn output_hint(&self) -> Option<&'static str> {
        output_hint(self.changes.iter().filter(|change| change.is_any()).filter_map(|change| change.new.as_ref()))
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
    if report["kind"].is_null() {
        return Baseline::from_json(source).map_err(failure);
    }
    if report["kind"] != "check" {
        return Err(Failure::at(name, "it is a report of another kind: only those of check can be compared"));
    }
    let entry = |one: &serde_json::Value| {
        let current =
            one["budgets"].as_array()?.iter().map(|verdict| &verdict["current"]).find(|one| !one.is_null())?;
        Some((one["name"].as_str()?.to_owned(), current.clone()))
    };
    let requests = report["requests"].as_array().map(Vec::as_slice).unwrap_or_default();
    let requests: BTreeMap<String, serde_json::Value> = requests.iter().filter_map(entry).collect();
    let baseline = serde_json::json!({
        "schema": report["schema"], "as_of": report["as_of"], "pricing": report["pricing_hash"], "requests": requests,
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

/// What all requests together cost.
struct Total {
    old: Spend,
    new: Spend,
    prompt: Usd,
    config: Usd,
    price: Usd,
}

/// What all requests cost in a month, of those whose budgets say how often they are sent.
struct Month {
    old: Usd,
    new: Usd,
}

impl Month {
    fn of(changes: &[Change], times: impl Fn(&Change) -> Option<u64>) -> Option<Month> {
        let mut month = None;
        for (change, times) in changes.iter().filter_map(|change| Some((change, times(change)?))) {
            let cost = |entry: &Option<Entry>| entry.as_ref().map_or(Usd::ZERO, |entry| entry.cost * times);
            let sum = month.get_or_insert(Month { old: Usd::ZERO, new: Usd::ZERO });
            (sum.old, sum.new) = (sum.old + cost(&change.old), sum.new + cost(&change.new));
        }
        month
    }

    /// Returns the month in words.
    fn text(&self) -> String {
        let more = self.new - self.old;
        format!("a month: {} → {} ({})", self.old, self.new, signed(more))
    }
}

impl Total {
    fn of<'c>(changes: impl Iterator<Item = &'c Change> + Clone) -> Total {
        Total {
            old: changes.clone().filter_map(|change| change.old.as_ref()).map(Entry::spend).sum(),
            new: changes.clone().filter_map(|change| change.new.as_ref()).map(Entry::spend).sum(),
            prompt: changes.clone().map(|change| change.prompt).sum(),
            config: changes.clone().map(|change| change.config).sum(),
            price: changes.map(|change| change.price).sum(),
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
    let more = (new - old).amount() * Decimal::ONE_HUNDRED;
    match more.checked_div(old.amount()) {
        Some(percent) if percent.is_zero() => "–".to_owned(),
        Some(percent) if percent.round_dp(1).is_zero() => {
            format!("{}<0.1%", if percent.is_sign_negative() { "-" } else { "+" })
        }
        Some(percent) => format!("{:+.1}%", percent.round_dp(1)),
        None => "new".to_owned(),
    }
}

/// Returns a cell for each column of a change.
fn cells(change: &Change) -> [String; 8] {
    let cost = |entry: &Option<Entry>| entry.as_ref().map_or("–".to_owned(), |entry| entry.cost.to_string());
    let tokens = |entry: &Option<Entry>| entry.as_ref().map_or("–".to_owned(), |entry| grouped(entry.usage.input));
    let name = shown(&change.place.to_string());
    let name = match (&change.changed, &change.old_place) {
        (Changed::Renamed, Some(old)) => format!("{} → {name}", shown(&old.to_string())),
        _ => name,
    };
    let name = match (&change.old, &change.new) {
        (Some(old), Some(new)) if old.model != new.model => {
            format!("{name} ({} → {})", shown(&old.model), shown(&new.model))
        }
        _ => name,
    };
    [
        name,
        format!("{} → {}", tokens(&change.old), tokens(&change.new)),
        cost(&change.old),
        cost(&change.new),
        signed(change.prompt),
        signed(change.config),
        signed(change.price),
        match (&change.old, &change.new) {
            (Some(old), Some(new)) => percent(old.cost, new.cost),
            _ => change.changed.as_str().to_owned(),
        },
    ]
}

fn total_cells(name: &str, total: &Total) -> [String; 8] {
    [
        name.to_owned(),
        format!("{} → {}", grouped(total.old.input_tokens), grouped(total.new.input_tokens)),
        total.old.cost.to_string(),
        total.new.cost.to_string(),
        signed(total.prompt),
        signed(total.config),
        signed(total.price),
        percent(total.old.cost, total.new.cost),
    ]
}

const TITLES: [&str; 8] = ["request", "input tokens", "was", "is", "by prompt", "by config", "by prices", "change"];

impl Total {
    /// Returns the titles or the cells of a row without the causes that changed nothing.
    fn select<T>(&self, row: [T; 8]) -> Vec<T> {
        let causes = [&self.prompt, &self.config, &self.price].map(|cause| !cause.amount().is_zero());
        let shown = [&[true; 4], &causes[..], &[true]].concat();
        row.into_iter().zip(shown).filter(|(_, is_shown)| *is_shown).map(|(cell, _)| cell).collect()
    }
}

fn write_table(args: &DiffArgs, project: &Project, difference: &Difference, out: &mut impl Write) -> Result<(), Stop> {
    let (base, head) = names(args);
    write_line(&[Cell::plain(format!("{base} → {head}")), Cell::plain(project.prices())], out)?;
    writeln!(out)?;
    let (changed, total) = (difference.changed(), &difference.total);
    let mut titles = TITLES.map(Cell::title);
    titles[0] = Cell::heading(TITLES[0]);
    for (title, rank) in titles.iter_mut().zip([0, 0, 4, 0, 1, 2, 3, 0]) {
        *title = title.clone().rank(rank);
    }
    let mut rows = vec![total.select(titles)];
    let line = |cells: [String; 8]| {
        let mut cells = total.select(cells).into_iter();
        let name = cells.next().map(Cell::plain);
        name.into_iter().chain(cells.map(Cell::right)).collect::<Vec<Cell>>()
    };
    rows.extend(changed.iter().map(|change| line(cells(change))));
    rows.push(line(total_cells("total", total)));
    write_grid(&rows, out)?;
    writeln!(out, "\n  {}", difference.summary())?;
    if let Some(month) = &difference.month {
        writeln!(out, "  {}", month.text())?;
    }
    for broken in &difference.broken {
        writeln!(out, "  broken in {}: {}", side_name(broken, &base, &head), broken.text())?;
    }
    if let Some(hint) = difference.output_hint() {
        writeln!(out)?;
        write_grid(&[vec![Cell::heading(hint)]], out)?;
    }
    Ok(())
}

/// Returns what reports call the two sides.
fn names(args: &DiffArgs) -> (String, String) {
    match range(args) {
        Some(range) => (shown(range.base), shown(range.head)),
        None => (shown(&args.base), args.head.as_deref().map_or("the working tree".to_owned(), shown)),
    }
}

fn side_name<'n>(broken: &Broken, base: &'n str, head: &'n str) -> &'n str {
    if broken.side == "base" { base } else { head }
}

impl Broken {
    /// Returns the place and what is wrong.
    fn text(&self) -> String {
        let place = if self.place.line.is_some() {
            shown(&self.place.to_string())
        } else {
            format!("{}:{}", shown(&self.place.to_string()), self.line)
        };
        format!("{place}: {}", self.failure.message())
    }
}

/// The most bytes of the rows of a comment: GitHub takes 65,536 characters in all.
const MOST_ROWS: usize = 50_000;

/// The most bytes of a comment that are about broken files.
const MOST_BROKEN: usize = 10_000;

fn write_markdown(
    args: &DiffArgs,
    project: &Project,
    difference: &Difference,
    out: &mut impl Write,
) -> Result<(), Stop> {
    let (changed, total) = (difference.changed(), &difference.total);
    // By the beginning of this line, whoever writes the comment finds the one to update; with nothing new, none is written.
    let is_same = changed.is_empty() && difference.broken.is_empty();
    writeln!(out, "<!-- gpt-cost diff{} -->", if is_same { ": no change" } else { "" })?;
    let (old, new) = (total.old.cost, total.new.cost);
    writeln!(out, "### Prompt costs: {old} → {new} ({})\n", percent(old, new))?;
    if let Some(month) = &difference.month {
        writeln!(out, "{}\n", month.text())?;
    }
    let (base, head) = names(args);
    let broken = difference.broken.iter().map(|broken| {
        let side = markdown_cell(side_name(broken, &base, &head));
        format!("- **broken** in {side}: {}", markdown_cell(&broken.text()))
    });
    let (broken, more) = up_to(MOST_BROKEN, broken);
    broken.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    if more > 0 {
        writeln!(out, "- and {} more", grouped(more as u64))?;
    }
    if !broken.is_empty() {
        writeln!(out)?;
    }
    if changed.is_empty() {
        writeln!(out, "No request costs more or less than in {}.", markdown_cell(&base))?;
    } else {
        write_markdown_table(&changed, total, out)?;
    }
    writeln!(out, "\n{}.", difference.summary())?;
    if let Some(hint) = difference.output_hint() {
        writeln!(out, "\n{}", markdown_cell(hint))?;
    }
    Ok(writeln!(out, "\n{}", markdown_cell(&project.prices()))?)
}

/// Writes the changes, those that there is no room for in one row, and the total.
fn write_markdown_table(changed: &[&Change], total: &Total, out: &mut impl Write) -> Result<(), Stop> {
    let titles = total.select(TITLES);
    writeln!(out, "| {} |\n| :--- |{}", titles.join(" | "), " ---: |".repeat(titles.len() - 1))?;
    let row = |cells: [String; 8]| {
        let cells: Vec<String> = total.select(cells).iter().map(|cell| markdown_cell(cell)).collect();
        format!("| {} |", cells.join(" | "))
    };
    let (rows, more) = up_to(MOST_ROWS, changed.iter().map(|change| row(cells(change))));
    rows.iter().try_for_each(|row| writeln!(out, "{row}"))?;
    if more > 0 {
        let rest = Total::of(changed[rows.len()..].iter().copied());
        writeln!(out, "{}", row(total_cells(&format!("and {} more", grouped(more as u64)), &rest)))?;
    }
    Ok(writeln!(out, "{}", row(total_cells("total", total)))?)
}

fn json(project: &Project, difference: &Difference) -> serde_json::Value {
    let dollars = |amount: Usd| amount.amount().to_string();
    let side = |entry: &Option<Entry>| {
        entry.as_ref().map(|entry| {
            serde_json::json!({
                "model": entry.model,
                "tier": entry.tier.as_str(),
                "input_tokens": entry.usage.input,
                "output_tokens": entry.usage.output,
                "cost": dollars(entry.cost),
                "at_least": entry.at_least,
            })
        })
    };
    let change = |change: &&Change| {
        serde_json::json!({
            "name": change.place.to_string(),
            "old_name": change.old_place.as_ref().map(Place::to_string),
            "custom_id": change.new.as_ref().or(change.old.as_ref()).and_then(|entry| entry.custom_id.as_deref()),
            "changed": if change.changed == Changed::Kept { "changed" } else { change.changed.as_str() },
            "old": side(&change.old),
            "new": side(&change.new),
            "by_prompt": dollars(change.prompt),
            "by_config": dollars(change.config),
            "by_price": dollars(change.price),
        })
    };
    let broken = |broken: &Broken| {
        serde_json::json!({
            "side": broken.side,
            "name": broken.place.to_string(),
            "file": broken.place.file,
            "line": broken.line,
            "error": broken.failure.message(),
            "hint": broken.failure.advice(),
        })
    };
    let (changed, total) = (difference.changed(), &difference.total);
    serde_json::json!({
        "schema": 1,
        "kind": "diff",
        "as_of": project.day.to_string(),
        "pricing": project.catalog.layers().map(|layer| layer.origin()).collect::<Vec<_>>(),
        "pricing_hash": project.pricing_hash(),
        "changes": changed.iter().map(change).collect::<Vec<_>>(),
        "unchanged": difference.changes.len() - changed.len(),
        "broken": difference.broken.iter().map(broken).collect::<Vec<_>>(),
        "month": difference.month.as_ref().map(|month| {
            serde_json::json!({"old": dollars(month.old), "new": dollars(month.new)})
        }),
        "total": {
            "old": dollars(total.old.cost),
            "new": dollars(total.new.cost),
            "by_prompt": dollars(total.prompt),
            "by_config": dollars(total.config),
            "by_price": dollars(total.price),
            "old_input_tokens": total.old.input_tokens,
            "new_input_tokens": total.new.input_tokens,
        },
    })
}
