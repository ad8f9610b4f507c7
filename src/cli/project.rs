//! A project: its `gpt-cost.toml`, its price tables, its prompts, and what each of them uses and costs.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use ignore::WalkBuilder;
use ignore::overrides::{Override, OverrideBuilder};
use sha2::{Digest, Sha256};

use super::args::{ProjectArgs, RequestArgs, TableArgs};
use super::exit::Failure;
use super::files::{self, shown};
use super::prices::{self, OwnTable};
use super::{day, input, terms};
use crate::budget::{Baseline, Budget, Config, CostBounds, Entry, Finding, Level};
use crate::request::{Api, Format, ImageSize, Warning};
use crate::source::{Document, InputFormat, Place, documents};
use crate::{Catalog, Date, Estimate, Request, TokenCount};

/// The names of a configuration, of which the first that is there counts.
const CONFIG_NAMES: [&str; 2] = ["gpt-cost.toml", ".gpt-cost.toml"];

/// Where a baseline is if the configuration does not say so.
const BASELINE: &str = "gpt-cost-baseline.json";

/// A project, and what its commands need of it.
#[derive(Clone, Debug)]
pub(super) struct Project {
    /// The folder to which names of files are relative: that of the configuration, or the current one.
    pub(super) root: PathBuf,
    /// The configuration's name, as reports show it.
    pub(super) config_name: Option<String>,
    pub(super) config: Config,
    pub(super) catalog: Catalog,
    /// The day of the prices.
    pub(super) day: Date,
    /// The day on which it is asked: `--as-of`, or today. Retirement goes by it, whatever day the configuration pins.
    pub(super) today: Date,
    pub(super) baseline: PathBuf,
    pub(super) model: Option<String>,
    /// The size of images that a request does not say.
    pub(super) image_size: Option<ImageSize>,
}

/// A file of a project.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ProjectFile {
    /// The name that reports show: relative to the project, with `/` between its parts.
    pub(super) name: String,
    pub(super) path: PathBuf,
}

/// A file, and the budgets that it is in, by their indexes.
#[derive(Clone, Debug)]
pub(super) struct Budgeted {
    pub(super) file: ProjectFile,
    pub(super) budgets: Vec<usize>,
}

/// Splits off what is something else than a request, such as a `package.json` beside prompts: where gpt-cost itself looked for files, it is no
/// failure.
pub(super) fn without_others(checked: Vec<Checked>) -> (Vec<Checked>, Vec<Checked>) {
    checked.into_iter().partition(|one| one.is_sure && !one.failure.as_ref().is_some_and(Failure::is_not_request))
}

/// Returns what was not taken, and why, in words: the first ones and how many more there are.
pub(super) fn list_others(others: &[Checked]) -> String {
    const MOST: usize = 5;
    let why = |one: &Checked| match one.failures().first() {
        _ if !one.is_sure => "`input` or `prompt` without a model: perhaps not a request".to_owned(),
        Some(failure) => failure.message(),
        None => String::new(),
    };
    let named = others.iter().take(MOST).map(|one| format!("{} ({})", shown(&one.place.to_string()), why(one)));
    let more = others.len().saturating_sub(MOST);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}", named.collect::<Vec<_>>().join(", "))
}

/// A request of a project, and what its budgets say of it.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) place: Place,
    pub(super) custom_id: Option<String>,
    /// As what it was read.
    pub(super) format: Option<Format>,
    /// Whether it is surely a request: `input` or `prompt` without a model is in many other files, too.
    pub(super) is_sure: bool,
    /// The line of the file to look at, from 1: where it is wrong, or what uses the most tokens of a request with findings.
    pub(super) line: usize,
    /// Why the request, or its file, is not read. Then no budget says anything of it.
    pub(super) failure: Option<Failure>,
    /// In the order of the budgets.
    pub(super) verdicts: Vec<Verdict>,
}

/// What one budget says of a request.
#[derive(Debug)]
pub(super) struct Verdict {
    /// The budget's index.
    pub(super) budget: usize,
    pub(super) outcome: Result<Measured, Failure>,
    /// What the baseline has of the request, at today's prices.
    pub(super) before: Option<Entry>,
    /// The worst first.
    pub(super) findings: Vec<Finding>,
}

/// What a request uses and costs on the terms of a budget.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) entry: Entry,
    /// The tokens of the input, without what has which of them.
    pub(super) input: TokenCount,
    pub(super) cost: CostBounds,
    pub(super) warnings: Vec<Warning>,
    /// The part of the input that uses the most tokens; none in a text, which is one part.
    pub(super) heaviest: Option<Part>,
    /// The line to look at: that of the heaviest part.
    line: usize,
}

/// A part of the input.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) path: String,
    pub(super) tokens: u64,
}

impl Checked {
    /// Returns a request, or a file, that cannot be read.
    fn unreadable(place: Place, line: usize, failure: Failure) -> Checked {
        Checked {
            place,
            custom_id: None,
            format: None,
            is_sure: true,
            line,
            failure: Some(failure),
            verdicts: Vec::new(),
        }
    }

    /// Returns the worst that is said of the request.
    pub(super) fn level(&self) -> Option<Level> {
        let failed = self.failure.is_some().then_some(Level::Unknown);
        failed.max(self.verdicts.iter().filter_map(Verdict::level).max())
    }

    /// Returns all failures: of reading it, or of counting and pricing it, each once.
    pub(super) fn failures(&self) -> Vec<&Failure> {
        let mut failures: Vec<&Failure> = self.failure.iter().collect();
        for failure in self.verdicts.iter().filter_map(|verdict| verdict.outcome.as_ref().err()) {
            if failures.iter().all(|one| one.message() != failure.message()) {
                failures.push(failure);
            }
        }
        failures
    }

    /// Returns what it uses and costs on the terms on which it costs most.
    pub(super) fn measured(&self) -> Option<&Measured> {
        // The first of those that cost the same.
        self.verdicts.iter().rev().filter_map(Verdict::measured).max_by_key(|measured| measured.entry.cost)
    }

    /// Adds findings of a budget's, and points at the line that they are about.
    pub(super) fn add(&mut self, budget: usize, findings: impl IntoIterator<Item = Finding>) {
        let Some(verdict) = self.verdicts.iter_mut().find(|verdict| verdict.budget == budget) else { return };
        verdict.findings.extend(findings);
        verdict.findings.sort_by(|one, other| other.level.cmp(&one.level).then(other.excess.cmp(&one.excess)));
        if let (Ok(measured), false) = (&verdict.outcome, verdict.findings.is_empty()) {
            self.line = measured.line;
        }
    }
}

impl Verdict {
    /// Returns what the request uses and costs, where it can be counted and priced.
    pub(super) fn measured(&self) -> Option<&Measured> {
        self.outcome.as_ref().ok()
    }

    /// Returns the worst that the budget says.
    pub(super) fn level(&self) -> Option<Level> {
        self.outcome.is_err().then_some(Level::Unknown).max(worst(&self.findings))
    }
}

/// Returns the word that reports have for the worst that is said of a request.
pub(super) fn word(level: Option<Level>) -> &'static str {
    level.map_or("within", Level::as_str)
}

impl Project {
    /// Returns the project around the current folder, for commands on single requests: the user's own table has a part in it.
    pub(super) fn around(tables: &TableArgs, no_config: bool) -> Result<Project, Failure> {
        let args = ProjectArgs { config: None, model: None, baseline: None, user_prices: true, tables: tables.clone() };
        if no_config {
            let catalog = prices::bare(&tables.pricing)?;
            return Project::with(&args, current_folder()?, None, Config::default(), catalog);
        }
        Project::open(&args)
    }

    /// Reads the configuration, where there is one, and the price tables.
    pub(super) fn open(args: &ProjectArgs) -> Result<Project, Failure> {
        let here = current_folder()?;
        let (root, config_name, config) = match find_config(args.config.as_deref(), &here)? {
            Some((root, name)) => {
                let source = files::read_text(&root.join(Path::new(&name).file_name().unwrap_or_default()), &name)?;
                let config = Config::read(&name, &source).map_err(|error| Failure::of(&error))?;
                (root, Some(name), config)
            }
            None => (here, None, Config::default()),
        };
        let own = if args.user_prices || config.user_prices { OwnTable::Used } else { OwnTable::LeftOut };
        let catalog = catalog(&root, &config, &args.tables.pricing, own)?;
        Project::with(args, root, config_name, config, catalog)
    }

    fn with(
        args: &ProjectArgs,
        root: PathBuf,
        config_name: Option<String>,
        config: Config,
        catalog: Catalog,
    ) -> Result<Project, Failure> {
        let today = day(args.tables.as_of);
        let day = args.tables.as_of.or(config.as_of).unwrap_or(today);
        let baseline = args.baseline.clone();
        let baseline = baseline.unwrap_or_else(|| root.join(config.baseline.as_deref().unwrap_or(BASELINE)));
        let image_size = config.image_size;
        let model = args.model.clone();
        Ok(Project { root, config_name, config, catalog, day, today, baseline, model, image_size })
    }

    /// Returns what is wrong where the price tables are not those that `pricing_lock` names.
    pub(super) fn wrong_lock(&self) -> Option<String> {
        let (lock, now) = (self.config.pricing_lock.as_ref()?, self.pricing_hash());
        (now != *lock).then(|| format!("the price tables are not those of pricing_lock: {lock} then, {now} now"))
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

    /// Returns the name of a file of the project's, as messages show it: relative to the project where it is inside.
    pub(super) fn shown(&self, path: &Path) -> String {
        shown(&path.strip_prefix(&self.root).unwrap_or(path).display().to_string())
    }

    /// Returns the files that the project itself is: its configuration, its baseline and its price tables, with the `given` ones.
    pub(super) fn own_files(&self, given: &[PathBuf]) -> Vec<PathBuf> {
        let config = self.config_name.as_ref().map(|name| self.root.join(name.rsplit('/').next().unwrap_or(name)));
        let pricing = self.config.pricing.as_ref().map(|pricing| self.root.join(&pricing.file));
        let found = prices::candidates().unwrap_or_default().into_iter().map(|(path, _)| path);
        let own = [config, pricing, Some(self.baseline.clone())].into_iter().flatten();
        own.chain(found).chain(given.iter().cloned()).collect()
    }

    /// Returns the day and the price tables that reports go by, in words.
    pub(super) fn prices(&self) -> String {
        let layers: Vec<&str> = self.catalog.layers().map(|layer| layer.origin()).collect();
        format!("as of {}, prices by {} ({})", self.day, layers.join(", "), self.pricing_hash())
    }

    /// Takes images whose size is unknown to have that of the command line or the configuration.
    pub(super) fn assume_image_size(&self, request: &mut Request) {
        if let Some(size) = self.image_size {
            request.assume_image_size(size);
        }
    }

    /// Returns what the configuration says of how these requests are read and which prices they have, in words, but for what the command line
    /// says itself.
    pub(super) fn said_of_requests<'r>(
        &self,
        args: &RequestArgs,
        requests: impl IntoIterator<Item = &'r Request>,
    ) -> Vec<String> {
        let config = &self.config;
        let (model, size) = (config.model.as_ref(), config.image_size);
        let names_none = requests.into_iter().any(|request| request.model().is_none());
        let said = [
            model.filter(|_| args.model.is_none() && names_none).map(|model| format!("model {model}")),
            config.as_of.filter(|_| args.tables.as_of.is_none()).map(|day| format!("as_of {day}")),
            config.pricing.as_ref().map(|pricing| format!("prices {}", shown(&pricing.file))),
            size.filter(|_| args.image_size.is_none()).map(|size| format!("image_size {}x{}", size.width, size.height)),
        ];
        said.into_iter().flatten().collect()
    }

    /// Returns all files of the project, sorted by name. Links to files are files; links to folders are not followed.
    pub(super) fn files(&self, ignored: Ignored) -> Vec<ProjectFile> {
        let is_file = |entry: &ignore::DirEntry| match entry.file_type() {
            Some(kind) if kind.is_symlink() => fs::metadata(entry.path()).is_ok_and(|data| data.is_file()),
            kind => kind.is_some_and(|kind| kind.is_file()),
        };
        let mut files: Vec<ProjectFile> = WalkBuilder::new(&self.root)
            .standard_filters(ignored == Ignored::LeftOut)
            .require_git(false)
            .build()
            .filter_map(Result::ok)
            .filter(is_file)
            // A baseline has no prompts, and may be written over.
            .filter(|entry| entry.path() != self.baseline)
            .filter_map(|entry| {
                let name = name_of(entry.path().strip_prefix(&self.root).ok()?);
                Some(ProjectFile { name, path: entry.into_path() })
            })
            .collect();
        files.sort();
        files
    }

    /// Returns whether a name is one of those that a budget's globs match.
    pub(super) fn matcher(&self, budget: &Budget) -> Result<impl Fn(&str) -> bool + use<>, Failure> {
        let globs = self.globs(budget)?;
        Ok(move |name: &str| globs.matched(name, false).is_whitelist())
    }

    fn globs(&self, budget: &Budget) -> Result<Override, Failure> {
        let mut builder = OverrideBuilder::new(&self.root);
        let wrong = |error: ignore::Error| Failure::at(self.place_of(budget), format!("paths: {error}"));
        for glob in &budget.paths {
            builder.add(glob.strip_prefix("./").unwrap_or(glob)).map_err(wrong)?;
        }
        builder.build().map_err(wrong)
    }

    /// Returns where a budget is: the configuration, the line and the name.
    pub(super) fn place_of(&self, budget: &Budget) -> String {
        let name = self.config_name.as_deref().unwrap_or("gpt-cost.toml");
        format!("{name}:{}: budget `{}`", budget.line, budget.name)
    }

    /// Reads all requests of the files, and returns what each uses and what its budgets' limits say of it. `read` gives the bytes of a file.
    pub(super) fn check<'b>(
        &self,
        files: &[Budgeted],
        budgets: &[Budget],
        read: impl Fn(&ProjectFile) -> Result<Cow<'b, [u8]>, Failure> + Sync,
    ) -> Vec<Checked> {
        let checked = in_parallel(files, |Budgeted { file, budgets: of_file }| {
            let of_file: Vec<(usize, &Budget)> = of_file.iter().map(|index| (*index, &budgets[*index])).collect();
            match read(file) {
                Ok(bytes) => self.check_file(&file.name, &bytes, &of_file),
                Err(failure) => vec![Checked::unreadable(Place::file(&file.name), 1, failure)],
            }
        });
        checked.into_iter().flatten().collect()
    }

    /// Reads all requests of one file. Files that gpt-cost writes itself have none.
    fn check_file(&self, name: &str, bytes: &[u8], budgets: &[(usize, &Budget)]) -> Vec<Checked> {
        let documents = documents(name, bytes, InputFormat::Auto);
        documents.iter().filter_map(|document| self.check_document(document, budgets)).collect()
    }

    fn check_document(&self, document: &Document<'_>, budgets: &[(usize, &Budget)]) -> Option<Checked> {
        let place = document.place().clone();
        let read = |literal| {
            let mut request = input::request(document, InputFormat::Auto, literal)?;
            self.assume_image_size(&mut request);
            Ok::<Request, Failure>(request)
        };
        let request = match read(false) {
            Ok(request) => request,
            Err(_) if document.is_own() => return None,
            Err(failure) => {
                let line = failure.line().unwrap_or(document.first_line());
                return Some(Checked::unreadable(place, line, failure));
            }
        };
        let mut checked = Checked {
            place,
            custom_id: request.custom_id().map(str::to_owned),
            format: Some(request.format()),
            is_sure: is_surely_a_request(&request),
            line: document.first_line(),
            failure: None,
            verdicts: Vec::new(),
        };
        for (index, budget) in budgets {
            let measured = match budget.literal && !request.holes().is_empty() {
                true => read(true).and_then(|literal| self.measure(document, &literal, budget)),
                false => self.measure(document, &with_sizes(&request, budget), budget),
            };
            let (outcome, findings) = match measured {
                Ok((measured, findings)) => (Ok(measured), findings),
                Err(failure) => (Err(failure), Vec::new()),
            };
            checked.verdicts.push(Verdict { budget: *index, outcome, before: None, findings: Vec::new() });
            checked.add(*index, findings);
        }
        Some(checked)
    }

    /// Returns what a request uses and costs on the terms of a budget, and what its limits say.
    fn measure(
        &self,
        document: &Document<'_>,
        request: &Request,
        budget: &Budget,
    ) -> Result<(Measured, Vec<Finding>), Failure> {
        let model = self.model.as_deref().or(request.model()).or(budget.model.as_deref()).ok_or_else(|| {
            Failure::missing_model(document.place(), "it names no model, and neither does its budget")
                .hint("say model = \"NAME\" in gpt-cost.toml, or --model NAME")
        })?;
        let terms = terms(self.day, budget.tier, budget.output_tokens, budget.cached).today(self.today);
        let estimate = self.catalog.model(model).and_then(|model| model.estimate(request, &terms));
        let estimate = estimate.map_err(|error| Failure::of(&document.locate(error)))?;
        let mut findings = budget.limits.check(&estimate);
        findings.extend(budget.limits.check_shutdown(&estimate, self.today));
        let mut measured = measured(document, request, &estimate);
        // What is a finding is not repeated as a warning.
        measured.warnings.retain(|warning| findings.iter().all(|finding| finding.message != warning.message));
        Ok((measured, findings))
    }
}

/// Whether a file is a request for sure, where nobody said that it is one.
fn is_surely_a_request(request: &Request) -> bool {
    match request.format() {
        Format::Body(Api::Responses | Api::Compact | Api::Completions | Api::Embeddings) => request.model().is_some(),
        _ => true,
    }
}

/// Returns the request with the sizes of values that a budget says.
fn with_sizes<'r>(request: &'r Request, budget: &Budget) -> Cow<'r, Request> {
    if request.holes().is_empty() || budget.var_tokens.is_empty() {
        return Cow::Borrowed(request);
    }
    let mut sized = request.clone();
    for (name, tokens) in &budget.var_tokens {
        sized.set_hole_tokens(name, *tokens);
    }
    Cow::Owned(sized)
}

/// What becomes of files that .gitignore names, and of hidden ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ignored {
    LeftOut,
    Included,
}

fn measured(document: &Document<'_>, request: &Request, estimate: &Estimate<'_>) -> Measured {
    let heaviest =
        estimate.input().breakdown().iter().filter(|part| !part.path.is_empty()).max_by_key(|part| part.tokens);
    Measured {
        entry: Entry::from_estimate(estimate, request.custom_id(), hash(document.bytes().trim_ascii())),
        input: estimate.input().times(1),
        cost: CostBounds::from_cost(estimate.cost()),
        warnings: estimate.warnings().to_vec(),
        line: heaviest.map_or(document.first_line(), |part| document.line_of(&part.path)),
        heaviest: heaviest.map(|part| Part { path: part.path.clone(), tokens: part.tokens }),
    }
}

/// Does a piece of work for each item, on as many threads as there are processors; the results are in the order of the items.
fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
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

/// Reads a file of a project.
pub(super) fn read(file: &ProjectFile) -> Result<Cow<'static, [u8]>, Failure> {
    match files::is_standard(&file.path) {
        true => files::read(&file.path).map(Cow::Owned),
        false => match files::read_file(&file.path) {
            Ok(bytes) => Ok(Cow::Owned(bytes)),
            Err(error) => Err(Failure::at(shown(&file.name), error.to_string())),
        },
    }
}

/// Whether a file is one of prompts by its name, where gpt-cost itself looks for them: JSON, and text of which the name or the folder says that it
/// is a prompt. A README and the like are none, wherever they are.
pub(super) fn holds_prompts(name: &str) -> bool {
    const NEVER: [&str; 6] = ["readme", "changelog", "license", "licence", "contributing", "requirements"];
    const WORDS: [&str; 6] = ["prompt", "prompts", "system", "instructions", "template", "templates"];
    let path = Path::new(name);
    let lower =
        |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().to_lowercase()).unwrap_or_default();
    let is_separator = |char: char| !char.is_alphanumeric();
    let has_word = |text: &str| text.split(is_separator).any(|word| WORDS.contains(&word));
    let (stem, folder) = (lower(path.file_stem()), lower(path.parent().and_then(Path::file_name)));
    let is_about = stem.split(is_separator).next().is_some_and(|word| NEVER.contains(&word));
    match lower(path.extension()).as_str() {
        "json" | "jsonl" | "ndjson" => true,
        "txt" | "md" => !is_about && (has_word(&stem) || has_word(&folder)),
        _ => false,
    }
}

/// Returns a baseline of the requests that can be measured, each by the first budget that it is in.
pub(super) fn baseline(project: &Project, checked: &[Checked]) -> Baseline {
    let mut baseline = Baseline::default();
    (baseline.as_of, baseline.pricing) = (Some(project.day), project.pricing_hash());
    for one in checked {
        if let Some(measured) = one.verdicts.iter().find_map(|verdict| verdict.outcome.as_ref().ok()) {
            baseline.requests.insert(one.place.clone(), measured.entry.clone());
        }
    }
    baseline
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

/// Returns a path with `/` between its parts, on every platform.
pub(super) fn name_of(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

fn current_folder() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|error| Failure::new(format!("the current folder cannot be read: {error}")))
}

fn find_config(named: Option<&Path>, here: &Path) -> Result<Option<(PathBuf, String)>, Failure> {
    if let Some(path) = named {
        let folder = here.join(path).parent().map_or_else(|| here.to_owned(), Path::to_owned);
        return Ok(Some((folder, files::name(path))));
    }
    for (level, folder) in prices::up_to_root(here) {
        if let Some(name) = CONFIG_NAMES.iter().find(|name| folder.join(name).is_file()) {
            return Ok(Some((folder.to_owned(), format!("{level}{name}"))));
        }
    }
    Ok(None)
}

/// Returns the catalogue that the configuration asks for, with the `given` tables over it.
fn catalog(root: &Path, config: &Config, given: &[PathBuf], users: OwnTable) -> Result<Catalog, Failure> {
    let Some(pricing) = &config.pricing else { return prices::catalog(given, users) };
    let own = root.join(&pricing.file);
    if pricing.only {
        return prices::only(&own, &pricing.file, given);
    }
    let mut catalog = prices::catalog(&[], users)?;
    prices::lay_one(&mut catalog, &own, &pricing.file)?;
    prices::lay(&mut catalog, given)?;
    Ok(catalog)
}

#[cfg(test)]
mod tests {
    use super::holds_prompts;

    #[test]
    fn names_of_prompts() {
        for name in
            ["a.json", "a/b.JSONL", "prompts/support.md", "system_prompt.txt", "x/Templates/a.txt", "my-system.md"]
        {
            assert!(holds_prompts(name), "{name}");
        }
        for name in [
            "README.md",
            "prompts/README.md",
            "prompts/readme_template.md",
            "templates/LICENSE.txt",
            "prompts/requirements.txt",
            "notes.txt",
            "a/prompts/b/c.md",
            "prompt",
            "prompt.yaml",
            "systems.md",
        ] {
            assert!(!holds_prompts(name), "{name}");
        }
    }
}
