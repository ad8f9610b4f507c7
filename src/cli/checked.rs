//! The requests of a project, each with the findings of its budgets.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::thread;

use gpt_cost::budget::{Baseline, Budget, CostBounds, Entry, Finding, Level};
use gpt_cost::request::{Api, Format, Warning};
use gpt_cost::source::{Document, InputFormat, Place, Template, Within, distinct, documents};
use gpt_cost::{Estimate, Request, TokenCount};

use serde::Serialize;

use super::exit::Failure;
use super::files::{hash, printable};
use super::input::Reading;
use super::project::{Project, ProjectFile, Tree};
use super::values::Values;
use super::{input, terms};

/// Budgets, with the files that they apply to.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    pub(super) budgets: Vec<Budget>,
    pub(super) files: Vec<Budgeted>,
    /// The files with the values of each budget's templates.
    pub(super) values: Vec<Result<Vec<ProjectFile>, Failure>>,
}

/// A file, or the prompts at a pointer in it, and the indexes of their budgets.
#[derive(Clone, Debug)]
pub(super) struct Budgeted {
    pub(super) file: ProjectFile,
    pub(super) pointer: Option<String>,
    pub(super) budgets: Vec<usize>,
}

impl Budgeted {
    /// Returns a file of the only budget.
    pub(super) fn whole(file: ProjectFile) -> Budgeted {
        Budgeted { file, pointer: None, budgets: vec![0] }
    }

    /// Returns its name, with the pointer.
    pub(super) fn name(&self) -> String {
        self.pointer.as_ref().map_or(self.file.name.clone(), |pointer| format!("{}#{pointer}", self.file.name))
    }

    /// Returns whether the request at a place is one of it.
    pub(super) fn has(&self, place: &Place) -> bool {
        let is_named = matches!(place.within, Within::Pointer(_));
        place.file == self.file.name && is_named == self.pointer.is_some()
    }
}

impl Selection {
    /// Returns the selection of files for one budget, whose templates have no values.
    pub(super) fn of(budget: Budget, files: impl IntoIterator<Item = Budgeted>) -> Selection {
        Selection { budgets: vec![budget], files: files.into_iter().collect(), values: vec![Ok(Vec::new())] }
    }

    /// Returns the names of all files that are read.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.all_files().map(|file| file.name.as_str())
    }

    /// Returns the paths of all files that are read.
    pub(super) fn paths(&self) -> impl Iterator<Item = PathBuf> {
        self.all_files().map(|file| file.path.clone())
    }

    fn all_files(&self) -> impl Iterator<Item = &ProjectFile> {
        self.files.iter().map(|one| &one.file).chain(self.values.iter().flatten().flatten())
    }
}

/// A request of a project, and the verdicts of its budgets.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) place: Place,
    pub(super) custom_id: Option<String>,
    /// The format it was read as.
    pub(super) format: Option<Format>,
    /// The number of identical requests of its file, of which it is the first.
    pub(super) times: u32,
    /// Whether it is certainly a request: many other files also have a key `input` or `prompt`, but no `model`.
    pub(super) is_certain: bool,
    /// The line to look at, from 1: that of the error, or that of the largest component of a request with findings.
    pub(super) line: usize,
    /// Why the request or its file cannot be read. There are no verdicts then.
    pub(super) failure: Option<Failure>,
    /// In the order of the budgets.
    pub(super) verdicts: Vec<Verdict>,
}

/// The verdict of one budget on a request.
#[derive(Debug)]
pub(super) struct Verdict {
    /// The budget's index.
    pub(super) budget: usize,
    pub(super) outcome: Result<Measured, Failure>,
    /// The baseline's entry of the request, at today's prices.
    pub(super) before: Option<Entry>,
    /// The worst first.
    pub(super) findings: Vec<Finding>,
}

/// The usage and cost of a request on the terms of a budget.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) entry: Entry,
    /// The tokens of the input, without their breakdown.
    pub(super) input: TokenCount,
    pub(super) cost: CostBounds,
    pub(super) warnings: Vec<Warning>,
    /// The component of the input with the most tokens; `None` for a text, which has only one.
    pub(super) largest: Option<LargestComponent>,
    /// The line of the largest component.
    line: usize,
}

/// What a budget finds about a request: its usage and cost, and the findings.
type Outcome = Result<(Measured, Vec<Finding>), Failure>;

/// A budget with its index and the rows of its values.
#[derive(Clone, Copy)]
struct Applied<'b> {
    index: usize,
    budget: &'b Budget,
    values: &'b Result<Vec<Values>, Failure>,
}

/// A component of the input.
#[derive(Debug)]
pub(super) struct LargestComponent {
    pub(super) path: String,
    pub(super) tokens: u64,
}

impl Checked {
    fn new(place: Place, document: &Document<'_>, times: u32, request: &Request) -> Checked {
        Checked {
            place,
            custom_id: request.custom_id().map(str::to_owned),
            format: Some(request.format()),
            times,
            is_certain: is_certainly_a_request(request),
            line: document.first_line(),
            failure: None,
            verdicts: Vec::new(),
        }
    }

    /// Returns a request or a file that cannot be read.
    fn unreadable(place: Place, line: usize, failure: Failure) -> Checked {
        Checked {
            place,
            custom_id: None,
            format: None,
            times: 1,
            is_certain: true,
            line,
            failure: Some(failure),
            verdicts: Vec::new(),
        }
    }

    /// Returns the verdict of a budget.
    pub(super) fn verdict_of(&self, budget: usize) -> Option<&Verdict> {
        self.verdicts.iter().find(|verdict| verdict.budget == budget)
    }

    /// Returns the worst level of its verdicts.
    pub(super) fn level(&self) -> Option<Level> {
        let failed = self.failure.is_some().then_some(Level::Unknown);
        failed.max(self.verdicts.iter().filter_map(Verdict::level).max())
    }

    /// Returns all failures to read, count or price the request, each once.
    pub(super) fn failures(&self) -> Vec<&Failure> {
        let mut failures: Vec<&Failure> = self.failure.iter().collect();
        for failure in self.verdicts.iter().filter_map(|verdict| verdict.outcome.as_ref().err()) {
            if failures.iter().all(|one| one.message() != failure.message()) {
                failures.push(failure);
            }
        }
        failures
    }

    /// Returns the usage and cost on the terms of the budget with the highest cost.
    pub(super) fn measured(&self) -> Option<&Measured> {
        // `max_by_key` returns the last maximum: reversed, the first budget wins.
        self.verdicts.iter().rev().filter_map(Verdict::measured).max_by_key(|measured| measured.entry.cost)
    }

    /// Adds findings of a budget, and sets the line that they point to.
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
    /// Returns the usage and cost, if the request can be counted and priced.
    pub(super) fn measured(&self) -> Option<&Measured> {
        self.outcome.as_ref().ok()
    }

    /// Returns the worst level of its findings.
    pub(super) fn level(&self) -> Option<Level> {
        self.outcome.is_err().then_some(Level::Unknown).max(worst(&self.findings))
    }
}

/// The number of requests with each verdict.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Tally {
    pub(super) within: u64,
    /// Near a limit.
    pub(super) warning: u64,
    /// Over a limit.
    pub(super) exceeded: u64,
    /// Cannot be read, counted, priced or decided.
    pub(super) unknown: u64,
}

impl Tally {
    pub(super) fn add(&mut self, level: Option<Level>, times: u32) {
        let requests = match level {
            None => &mut self.within,
            Some(Level::Warning) => &mut self.warning,
            Some(Level::Exceeded) => &mut self.exceeded,
            Some(_) => &mut self.unknown,
        };
        *requests += u64::from(times);
    }
}

/// Returns the name of the verdict for the worst level of a request.
pub(super) fn verdict_name(level: Option<Level>) -> &'static str {
    level.map_or("within", Level::as_str)
}

impl Project {
    /// Returns the budgets of the configuration with those of the files that they apply to.
    pub(super) fn select(&self, files: &[ProjectFile]) -> Result<Selection, Failure> {
        let mut budgeted: BTreeMap<(&ProjectFile, Option<String>), Vec<usize>> = BTreeMap::new();
        for (index, budget) in self.config.budgets.iter().enumerate() {
            for paths in self.paths(budget)? {
                for file in files.iter().filter(|file| paths.matches(&file.name)) {
                    budgeted.entry((file, paths.pointer.clone())).or_default().push(index);
                }
            }
        }
        let one =
            |((file, pointer), budgets): ((&ProjectFile, _), _)| Budgeted { file: file.clone(), pointer, budgets };
        Ok(Selection {
            budgets: self.config.budgets.clone(),
            files: budgeted.into_iter().map(one).collect(),
            values: self.config.budgets.iter().map(|budget| self.values_files(budget, files)).collect(),
        })
    }

    /// Checks all requests of the files against their budgets. `read` returns the bytes of a file.
    pub(super) fn check<'b>(
        &self,
        selection: &Selection,
        read: impl Fn(&ProjectFile) -> Result<Cow<'b, [u8]>, Failure> + Sync,
    ) -> Vec<Checked> {
        let values: Vec<_> = selection.values.iter().map(|files| values_of(files, &self.tree, &read)).collect();
        let budgets: Vec<Applied<'_>> = (0..)
            .zip(selection.budgets.iter().zip(&values))
            .map(|(index, (budget, values))| Applied { index, budget, values })
            .collect();
        let checked = map_in_parallel(&selection.files, |Budgeted { file, pointer, budgets: indexes }| {
            let budgets: Vec<Applied<'_>> = indexes.iter().map(|index| budgets[*index]).collect();
            match read(file) {
                Ok(bytes) => self.check_file(&file.name, pointer.as_deref(), &bytes, &budgets),
                Err(failure) => vec![Checked::unreadable(Place::file(&file.name), 1, failure)],
            }
        });
        checked.into_iter().flatten().collect()
    }

    /// Checks all requests of one file. Baselines and reports that gpt-cost wrote have none, and nor has the traffic of other
    /// APIs.
    fn check_file(&self, name: &str, pointer: Option<&str>, bytes: &[u8], budgets: &[Applied<'_>]) -> Vec<Checked> {
        let documents = match pointer {
            Some(pointer) => input::at_pointer(name, bytes, pointer, InputFormat::Auto),
            None => documents(name, bytes, InputFormat::Auto),
        };
        let documents = distinct(documents);
        documents.iter().flat_map(|(document, times)| self.check_document(document, *times, budgets)).collect()
    }

    /// Checks a document: one request, or for budgets with values of its template one for each of their rows.
    fn check_document(&self, document: &Document<'_>, times: u32, budgets: &[Applied<'_>]) -> Vec<Checked> {
        let request = match input::request(document, InputFormat::Auto, false) {
            Ok(request) => request,
            Err(_) if document.is_own() || document.is_other_traffic() => return Vec::new(),
            Err(failure) => {
                let line = failure.line().unwrap_or(document.first_line());
                return vec![Checked::unreadable(document.place().clone(), line, failure)];
            }
        };
        let mut checked: Vec<Checked> = Vec::new();
        // The index of the request with each row of values.
        let mut indexes: HashMap<Option<String>, usize> = HashMap::new();
        for applied in budgets {
            for (source, outcome) in self.outcomes(document, &request, applied) {
                let at = *indexes.entry(source).or_insert_with_key(|source| {
                    let place = match source {
                        Some(source) => document.place().clone().with_values(source),
                        None => document.place().clone(),
                    };
                    checked.push(Checked::new(place, document, times, &request));
                    checked.len() - 1
                });
                let (outcome, findings) = match outcome {
                    Ok((measured, findings)) => (Ok(measured), findings),
                    Err(failure) => (Err(failure), Vec::new()),
                };
                let one = &mut checked[at];
                one.verdicts.push(Verdict { budget: applied.index, outcome, before: None, findings: Vec::new() });
                one.add(applied.index, findings);
            }
        }
        checked
    }

    /// Returns what a budget finds about a document's request: once, or for each row of the budget's values, with the row's
    /// place.
    fn outcomes(
        &self,
        document: &Document<'_>,
        request: &Request,
        applied: &Applied<'_>,
    ) -> Vec<(Option<String>, Outcome)> {
        let budget = applied.budget;
        let rows = match applied.values {
            Err(failure) => return vec![(None, Err(failure.clone()))],
            _ if !takes_values(document, request, budget) => Cow::Owned(vec![Values::default()]),
            Ok(rows) if rows.is_empty() => Cow::Owned(input::own_values(document)),
            Ok(rows) => Cow::Borrowed(rows.as_slice()),
        };
        if let Err(failure) = Values::check_rows(document, rows.len()) {
            return vec![(None, Err(failure))];
        }
        let outcome = |values: &Values| {
            let request = self.request(document, request, budget, values)?;
            self.measure(document, &request, budget)
        };
        rows.iter().map(|values| (values.source.clone(), outcome(values))).collect()
    }

    /// Returns the request as a budget reads it, with these values of its template.
    fn request<'r>(
        &self,
        document: &Document<'_>,
        request: &'r Request,
        budget: &Budget,
        values: &Values,
    ) -> Result<Cow<'r, Request>, Failure> {
        let is_plain = language(document, budget) == Template::Braces && request.placeholders().is_empty();
        let request = match is_plain && budget.role.is_none() {
            true => Cow::Borrowed(request),
            false => {
                let (template, role, sizes) = (budget.template, budget.role, &budget.var_tokens);
                let format = InputFormat::Auto;
                Cow::Owned(input::prompt(
                    document,
                    &Reading { format, template, role, values, sizes, tree: &self.tree },
                )?)
            }
        };
        if self.image_size.is_none() && self.file_tokens.is_none() {
            return Ok(request);
        }
        let mut request = request.into_owned();
        self.assume_sizes(&mut request);
        Ok(Cow::Owned(request))
    }

    /// Returns the usage and cost of a request on the terms of a budget, and the budget's findings.
    fn measure(&self, document: &Document<'_>, request: &Request, budget: &Budget) -> Outcome {
        let model = self.model.as_deref().or(request.model()).or(budget.model.as_deref()).ok_or_else(|| {
            Failure::at(document.place(), "neither it nor its budget names a model")
                .hint("set model = \"NAME\" in gpt-cost.toml, or pass --model NAME")
        })?;
        let terms = terms(self.day, budget.tier, budget.output_tokens, budget.cached).today(self.today);
        let estimate = self.catalog.model(model).and_then(|model| model.estimate(request, &terms));
        let estimate = estimate.map_err(|error| Failure::from_error(&document.locate(error)))?;
        let mut findings = budget.limits.check(&estimate);
        findings.extend(budget.limits.check_shutdown(&estimate, self.today));
        let mut measured = measured(document, request, &estimate);
        // A finding is not repeated as a warning.
        measured.warnings.retain(|warning| findings.iter().all(|finding| finding.message != warning.message));
        Ok((measured, findings))
    }
}

/// Returns whether a request of a file that was found, not named, is certainly a request.
fn is_certainly_a_request(request: &Request) -> bool {
    match request.format() {
        Format::Body(Api::Responses | Api::Compact | Api::Completions | Api::Embeddings) => request.model().is_some(),
        _ => true,
    }
}

/// Returns the language of a document's template.
fn language(document: &Document<'_>, budget: &Budget) -> Template {
    budget.template.unwrap_or_else(|| Template::of_file(&document.place().file))
}

/// Returns whether a document is a template, which has a request for each row of values.
fn takes_values(document: &Document<'_>, request: &Request, budget: &Budget) -> bool {
    let is_template = match language(document, budget) {
        Template::None => false,
        Template::Fstring => true,
        _ => !request.placeholders().is_empty(),
    };
    document.is_whole() && is_template
}

/// Reads the rows of files with values.
fn values_of<'b>(
    files: &Result<Vec<ProjectFile>, Failure>,
    tree: &Tree,
    read: impl Fn(&ProjectFile) -> Result<Cow<'b, [u8]>, Failure>,
) -> Result<Vec<Values>, Failure> {
    let mut rows = Vec::new();
    for file in files.as_ref().map_err(Clone::clone)? {
        if matches!(tree, Tree::Folder(_)) {
            Values::check_size(&file.name, &file.path)?;
        }
        rows.extend(Values::rows(&file.name, read(file)?.into_owned())?);
    }
    Ok(rows)
}

fn measured(document: &Document<'_>, request: &Request, estimate: &Estimate<'_>) -> Measured {
    let largest = estimate.input().breakdown().iter().filter(|one| !one.path.is_empty()).max_by_key(|one| one.tokens);
    Measured {
        entry: Entry::from_estimate(estimate, request.custom_id(), hash(document.bytes().trim_ascii())),
        input: estimate.input().times(1),
        cost: CostBounds::from_cost(estimate.cost()),
        warnings: estimate.warnings().to_vec(),
        line: largest.map_or(document.first_line(), |one| document.line_of(&one.path)),
        largest: largest.map(|one| LargestComponent { path: one.path.clone(), tokens: one.tokens }),
    }
}

/// Returns the result of `work` for each item, in the order of the items. Uses one thread per processor, at most 8.
pub(super) fn map_in_parallel<'i, T: Sync, R: Send>(items: &'i [T], work: impl Fn(&'i T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(8);
    if threads == 1 || items.len() < 32 {
        return items.iter().map(work).collect();
    }
    let work = &work;
    let chunk = items.len().div_ceil(threads);
    thread::scope(|scope| {
        let threads: Vec<_> =
            items.chunks(chunk).map(|chunk| scope.spawn(move || chunk.iter().map(work).collect::<Vec<R>>())).collect();
        let joined = threads.into_iter().map(|one| one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.flatten().collect()
    })
}

/// Returns a baseline of the requests that can be counted and priced, each on the terms of its first budget.
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

/// Returns the requests, then the files that are something else, such as a `package.json` next to prompts. Such a file
/// is not a failure if gpt-cost found it and nobody named it.
pub(super) fn partition_requests(checked: Vec<Checked>) -> (Vec<Checked>, Vec<Checked>) {
    checked.into_iter().partition(|one| one.is_certain && !one.failure.as_ref().is_some_and(Failure::is_not_request))
}

/// Returns a text that names the first skipped files, those with the same reason together, and how many more there are.
pub(super) fn describe_skipped(others: &[Checked]) -> String {
    const MAX: usize = 6;
    let reason = |one: &Checked| match one.failures().first() {
        _ if !one.is_certain => "`input` or `prompt` without a model: perhaps not a request".to_owned(),
        Some(failure) => failure.message(),
        None => String::new(),
    };
    let mut by_reason: Vec<(String, Vec<String>)> = Vec::new();
    for one in others.iter().take(MAX) {
        let (reason, name) = (reason(one), printable(&one.place.to_string()));
        match by_reason.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(name),
            None => by_reason.push((reason, vec![name])),
        }
    }
    let named = by_reason.into_iter().map(|(reason, names)| format!("{} ({reason})", names.join(", ")));
    let more = others.len().saturating_sub(MAX);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}", named.collect::<Vec<_>>().join(", "))
}
