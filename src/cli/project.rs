//! A project: its `gpt-cost.toml`, its price tables, its prompts, and what each of them takes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io, thread};

use ignore::WalkBuilder;
use ignore::overrides::{Override, OverrideBuilder};
use sha2::{Digest, Sha256};

use super::args::{ProjectArgs, TableArgs};
use super::exit::Failure;
use super::input::{read_file, shown};
use super::{day, note, prices, report, terms};
use crate::budget::{Baseline, Budget, Config, Entry, Finding, Level};
use crate::money::Usd;
use crate::request::line_of;
use crate::{Catalog, Date, Estimate, Request};

/// The names of a configuration, of which the first that is there counts.
const CONFIG_NAMES: [&str; 2] = ["gpt-cost.toml", ".gpt-cost.toml"];

/// Where a baseline is if the configuration does not say so.
const BASELINE: &str = "gpt-cost-baseline.json";

/// What files of prompts end with.
const ENDINGS: [&str; 3] = ["json", "jsonl", "txt"];

/// A project, and what its commands need of it.
#[derive(Clone, Debug)]
pub(super) struct Project {
    /// The folder to which names of files are relative: that of the configuration, or the current one.
    pub(super) root: PathBuf,
    /// The configuration's name, as reports show it.
    pub(super) config_name: Option<String>,
    pub(super) config: Config,
    pub(super) catalog: Catalog,
    pub(super) day: Date,
    pub(super) baseline: PathBuf,
    pub(super) model: Option<String>,
}

/// A request of the project's, held against a budget.
#[derive(Debug)]
pub(super) struct Checked {
    /// The file, relative to the project, with `:LINE` behind it for a line of a JSONL file.
    pub(super) name: String,
    /// The file alone.
    pub(super) file: String,
    /// The line of the file that weighs most, from 1.
    pub(super) line: usize,
    pub(super) budget: String,
    pub(super) message: Option<String>,
    pub(super) outcome: Result<Taken, String>,
    pub(super) findings: Vec<Finding>,
}

/// What a request takes.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) entry: Entry,
    pub(super) label: String,
    pub(super) exactness: &'static str,
    pub(super) bound: u64,
    /// The least and, where it is known, the most that it costs.
    pub(super) least: Usd,
    pub(super) most: Option<Usd>,
}

impl Checked {
    /// Returns a request of which nothing is told yet but why.
    fn untold(name: &str, file: &str, line: usize, budget: &Budget, why: String) -> Checked {
        Checked {
            name: name.to_owned(),
            file: file.to_owned(),
            line,
            budget: budget.name.clone(),
            message: budget.message.clone(),
            outcome: Err(why),
            findings: Vec::new(),
        }
    }

    /// Returns the word that reports have for what its limits say.
    pub(super) fn verdict(&self) -> &'static str {
        match (&self.outcome, worst(&self.findings)) {
            (Err(_), _) => "unknown",
            (Ok(_), None) => "within",
            (Ok(_), Some(level)) => level.word(),
        }
    }
}

impl Project {
    /// Returns the project around the current folder, for commands on single requests.
    pub(super) fn around(tables: &TableArgs) -> Result<Project, Failure> {
        Project::open(&ProjectArgs { config: None, model: None, baseline: None, tables: tables.clone() })
    }

    /// Reads the configuration, where there is one, and the price tables.
    pub(super) fn open(args: &ProjectArgs) -> Result<Project, Failure> {
        let here = std::env::current_dir()
            .map_err(|error| Failure::new(format!("the current folder cannot be read: {error}")))?;
        let (root, config_name, config) = match find_config(args.config.as_deref(), &here)? {
            Some((root, name)) => {
                let source = prices::read(&root.join(Path::new(&name).file_name().unwrap_or_default()), &name)?;
                let config = Config::read(&name, &source).map_err(|error| Failure::of(&error))?;
                (root, Some(name), config)
            }
            None => (here, None, Config::default()),
        };
        let catalog = catalog(&root, &config, &args.tables.pricing)?;
        let day = day(args.tables.as_of.or(config.as_of));
        let baseline = args.baseline.clone();
        let baseline = baseline.unwrap_or_else(|| root.join(config.baseline.as_deref().unwrap_or(BASELINE)));
        let project = Project { root, config_name, config, catalog, day, baseline, model: args.model.clone() };
        if let Some(lock) = &project.config.pricing_lock {
            let now = project.pricing_hash();
            if now != *lock {
                note(&format!("the price tables are not those of pricing_lock: {lock} then, {now} now"));
            }
        }
        Ok(project)
    }

    /// Returns the way from the repository's root to the project, with a `/` at its end, or nothing: CI systems name files from there.
    pub(super) fn prefix(&self) -> String {
        let folder = fs::canonicalize(&self.root).unwrap_or_else(|_| self.root.clone());
        let root = folder.ancestors().find(|folder| folder.join(".git").exists());
        let way = root.and_then(|root| folder.strip_prefix(root).ok()).map(name_of).unwrap_or_default();
        if way.is_empty() { way } else { format!("{way}/") }
    }

    /// Returns a hash of all price tables together.
    pub(super) fn pricing_hash(&self) -> String {
        hash(self.catalog.to_toml().as_bytes())
    }

    /// Returns the names of all files of the project, sorted, as .gitignore lets them be seen. Links to folders are not followed.
    pub(super) fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = WalkBuilder::new(&self.root)
            .require_git(false)
            .sort_by_file_name(std::cmp::Ord::cmp)
            .build()
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
            .filter_map(|entry| Some(name_of(entry.path().strip_prefix(&self.root).ok()?)))
            .collect();
        names.sort();
        names
    }

    /// Returns those of the names that a budget's globs take.
    pub(super) fn of_budget<'n>(&self, budget: &Budget, names: &'n [String]) -> Result<Vec<&'n str>, Failure> {
        let globs = self.globs(budget)?;
        Ok(names.iter().map(String::as_str).filter(|name| globs.matched(name, false).is_whitelist()).collect())
    }

    fn globs(&self, budget: &Budget) -> Result<Override, Failure> {
        let mut builder = OverrideBuilder::new(&self.root);
        let name = self.config_name.as_deref().unwrap_or("--config");
        let wrong = |error: ignore::Error| {
            Failure::new(format!("{name}:{}: budget `{}`: paths: {error}", budget.line, budget.name))
        };
        for glob in &budget.paths {
            builder.add(glob.strip_prefix("./").unwrap_or(glob)).map_err(wrong)?;
        }
        builder.build().map_err(wrong)
    }

    /// Returns what each request of a file takes, held against a budget.
    pub(super) fn check(
        &self,
        name: &str,
        bytes: &io::Result<Vec<u8>>,
        budget: &Budget,
        before: Option<&Baseline>,
    ) -> Vec<Checked> {
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => return vec![Checked::untold(name, name, 1, budget, error.to_string())],
        };
        let text = String::from_utf8_lossy(bytes);
        if !name.ends_with(".jsonl") {
            return vec![self.check_one(name, name, 1, &text, bytes, budget, before)];
        }
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        lines
            .map(|(at, line)| {
                self.check_one(name, &format!("{name}:{}", at + 1), at + 1, line, line.as_bytes(), budget, before)
            })
            .collect()
    }

    #[expect(clippy::too_many_arguments, reason = "a request, where it is from, and what it is held against")]
    fn check_one(
        &self,
        file: &str,
        name: &str,
        first_line: usize,
        text: &str,
        bytes: &[u8],
        budget: &Budget,
        before: Option<&Baseline>,
    ) -> Checked {
        let mut checked = Checked::untold(name, file, first_line, budget, String::new());
        let is_json = file.ends_with(".json") || file.ends_with(".jsonl");
        let request = if is_json { Request::from_json(bytes) } else { Request::from_text(bytes) };
        let request = match request {
            Ok(request) => request,
            Err(error) => {
                let line = error.problems().first().and_then(|problem| problem.line());
                checked.line = line.map_or(first_line, |(line, _)| first_line + line - 1);
                checked.outcome = Err(error.to_string());
                return checked;
            }
        };
        let model = self.model.as_deref().or(request.model()).or(budget.model.as_deref());
        let Some(model) = model.map(str::to_owned) else {
            checked.outcome = Err("it names no model, and neither does its budget".to_owned());
            return checked;
        };
        let estimate = self.catalog.model(&model).and_then(|model| {
            model.estimate(&request, &terms(self.day, budget.tier, budget.output_tokens, budget.cached))
        });
        match estimate {
            Ok(estimate) => {
                let entry = Entry::of(&estimate, hash(bytes));
                checked.findings =
                    budget.limits.check(&estimate, &request, before.and_then(|before| before.requests.get(name)));
                checked.findings.sort_by(|one, other| other.level.cmp(&one.level).then(other.excess.cmp(&one.excess)));
                if is_json && !checked.findings.is_empty() {
                    checked.line = first_line + heaviest_line(&estimate, text) - 1;
                }
                checked.outcome = Ok(taken(&estimate, entry));
            }
            Err(error) => checked.outcome = Err(error.to_string()),
        }
        checked
    }
}

/// Returns the line of what weighs most in the request, else the first.
fn heaviest_line(estimate: &Estimate<'_>, text: &str) -> usize {
    let shares = estimate.input().shares().iter().filter(|share| !share.path.is_empty());
    let heaviest = shares.max_by_key(|share| share.tokens);
    heaviest.and_then(|share| line_of(text, &share.path)).unwrap_or(1)
}

fn taken(estimate: &Estimate<'_>, entry: Entry) -> Taken {
    let sure = estimate.input().exactness();
    let (exactness, bound) = report::exactness(sure);
    let (least, most) = (estimate.cost().total.min, estimate.cost().most());
    Taken { entry, label: report::label(sure), exactness, bound, least, most }
}

/// Does a piece of work for each item, on as many threads as there are processors; the results are in the order of the items.
pub(super) fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(8);
    if threads == 1 || items.len() < 32 {
        return items.iter().map(work).collect();
    }
    let work = &work;
    let chunk = items.len().div_ceil(threads);
    thread::scope(|scope| {
        let running: Vec<_> =
            items.chunks(chunk).map(|chunk| scope.spawn(move || chunk.iter().map(work).collect::<Vec<R>>())).collect();
        let joined = running.into_iter().map(|one| one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.flatten().collect()
    })
}

/// Reads a file of the project.
pub(super) fn read(root: &Path, name: &str) -> io::Result<Vec<u8>> {
    read_file(&root.join(name))
}

/// Returns whether a file can hold prompts, by its name.
pub(super) fn holds_prompts(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ENDINGS.iter().any(|one| ending == *one))
}

/// Returns a baseline of what the requests took that could be told.
pub(super) fn baseline(project: &Project, checked: &[Checked]) -> Baseline {
    let taken = checked.iter().filter_map(|one| Some((one.name.clone(), one.outcome.as_ref().ok()?.entry.clone())));
    Baseline { as_of: Some(project.day), pricing: project.pricing_hash(), requests: taken.collect::<BTreeMap<_, _>>() }
}

/// Returns the worst level of any finding.
pub(super) fn worst(findings: &[Finding]) -> Option<Level> {
    findings.iter().map(|finding| finding.level).max()
}

/// Returns the SHA-256 of bytes, in hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns a hash of bytes, in sixteen digits: enough to tell files of a project apart.
pub(super) fn hash(bytes: &[u8]) -> String {
    sha256(bytes)[..16].to_owned()
}

/// Returns a path with `/` between its parts, on every platform, and without what could move a cursor.
pub(super) fn name_of(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

fn find_config(named: Option<&Path>, here: &Path) -> Result<Option<(PathBuf, String)>, Failure> {
    if let Some(path) = named {
        let folder = here.join(path).parent().map_or_else(|| here.to_owned(), Path::to_owned);
        return Ok(Some((folder, shown(&path.display().to_string()))));
    }
    for (level, folder) in prices::up_to_root(here) {
        if let Some(name) = CONFIG_NAMES.iter().find(|name| folder.join(name).is_file()) {
            return Ok(Some((folder.to_owned(), format!("{level}{name}"))));
        }
    }
    Ok(None)
}

/// Returns the catalogue that the configuration asks for, with the `given` tables over it.
fn catalog(root: &Path, config: &Config, given: &[PathBuf]) -> Result<Catalog, Failure> {
    let Some(pricing) = &config.pricing else { return prices::catalog(given) };
    let own = root.join(&pricing.file);
    match pricing.only {
        true => prices::only(&own, given),
        false => prices::catalog(&[&[own], given].concat()),
    }
}

/// Writes a file as a whole or not at all.
pub(super) fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = fs::write(&part, text).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}
