//! Finds the prompts of a repository, and groups them into budgets.

use std::collections::{BTreeMap, BTreeSet};

use gpt_cost::budget::Budget;
use gpt_cost::source::{Document, InputFormat, Template, documents, prompts_at};

use super::globs::{self, cover, of_siblings, parent};
use super::model::Model;
use super::{named, values};
use crate::cli::checked::{Budgeted, Checked, Selection, Verdict, describe_skipped, partition_requests};
use crate::cli::exit::Failure;
use crate::cli::project::{self, NameKind, Project, ProjectFile, name_kind};
use crate::cli::report::plural;

/// The prompts of a repository.
pub(super) struct Found {
    pub(super) groups: Vec<Group>,
    /// What was seen and is in no group.
    pub(super) notes: Vec<String>,
    /// Whether any request names no model.
    pub(super) lacks_model: bool,
}

/// The prompts of one budget.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) paths: Vec<String>,
    /// The language of their templates, if it is not what their names say.
    pub(super) template: Option<Template>,
    /// The files with values for their placeholders.
    pub(super) vars: Vec<String>,
    /// The placeholders of their templates.
    pub(super) placeholders: BTreeSet<String>,
    pub(super) checked: Vec<Checked>,
}

impl Group {
    /// Returns the number of requests.
    pub(super) fn requests(&self) -> usize {
        self.checked.iter().map(|one| one.times as usize).sum()
    }
}

/// Finds the prompts of a repository. Those that name no model are counted for `model`.
pub(super) fn groups(project: &Project, all: &[ProjectFile], model: &Model) -> Result<Found, Failure> {
    let finder = Finder { project, all, model };
    let candidates = all.iter().filter(|file| name_kind(&file.name).is_some());
    let files: Vec<Budgeted> = candidates.map(|file| Budgeted::whole(file.clone())).collect();
    let (requests, others) = partition_requests(finder.check(&files, &Budget::new("init")));
    let (requests, unreadable): (Vec<_>, Vec<_>) = requests.into_iter().partition(is_measured);
    let bad: BTreeSet<&str> = unreadable.iter().map(|one| one.place.file.as_str()).collect();
    let is_recorded = |one: &Checked| name_kind(&one.place.file) == Some(NameKind::Recording);
    let good = |one: &Checked| !bad.contains(one.place.file.as_str());
    let (recorded, prompts): (Vec<_>, Vec<_>) = requests.into_iter().filter(good).partition(is_recorded);
    let named = finder.named(&others);
    let mut groups = finder.of_folders(&prompts)?;
    groups.extend(finder.of_names(&named)?);
    groups.extend(finder.of_recordings(&recorded, &bad)?);
    let taken: BTreeSet<&str> = named.iter().map(|one| one.file.name.as_str()).collect();
    let others: Vec<Checked> = others.into_iter().filter(|one| !taken.contains(one.place.file.as_str())).collect();
    let lacks_model = groups.iter().any(|(_, facts)| facts.lacks_model);
    let groups = groups.into_iter().map(|(group, _)| group).collect();
    Ok(Found { groups, notes: notes(&others, unreadable), lacks_model })
}

fn notes(others: &[Checked], unreadable: Vec<Checked>) -> Vec<String> {
    let (recorded, prompts): (Vec<_>, Vec<_>) =
        unreadable.into_iter().partition(|one| name_kind(&one.place.file) == Some(NameKind::Recording));
    let mut notes = Vec::new();
    if !others.is_empty() {
        notes.push(format!("skipped: {}", describe_skipped(others)));
    }
    if !prompts.is_empty() {
        notes.push(format!("skipped, because they cannot be counted: {}", describe_skipped(&prompts)));
    }
    if !recorded.is_empty() {
        let files: BTreeSet<&str> = recorded.iter().map(|one| one.place.file.as_str()).collect();
        let (requests, files) = (plural(recorded.len(), "recorded request"), plural(files.len(), "file"));
        notes.push(format!(
            "skipped: {requests} in {files} that cannot be counted, such as {}; gpt-cost verify shows what can",
            describe_skipped(&recorded[..1])
        ));
    }
    notes
}

/// What the texts of prompts show.
#[derive(Debug, Default)]
struct Facts {
    placeholders: BTreeSet<String>,
    is_jinja: bool,
    lacks_model: bool,
}

struct Finder<'f> {
    project: &'f Project,
    all: &'f [ProjectFile],
    model: &'f Model,
}

impl Finder<'_> {
    fn check(&self, files: &[Budgeted], budget: &Budget) -> Vec<Checked> {
        let mut budget = budget.clone();
        budget.model = Some(self.model.name().to_owned());
        let values = vec![self.project.values_files(&budget, self.all)];
        self.project.check(&Selection { budgets: vec![budget], files: files.to_vec(), values }, project::read)
    }

    /// Returns the prompts under names of files that are no requests.
    fn named(&self, others: &[Checked]) -> Vec<Budgeted> {
        let names: BTreeSet<&str> = others.iter().map(|one| one.place.file.as_str()).collect();
        let mut found = Vec::new();
        for file in self.all.iter().filter(|file| names.contains(file.name.as_str())) {
            let Ok(bytes) = project::read(file) else { continue };
            let pointers = named::pointers(&file.name, &bytes);
            found.extend(
                pointers
                    .into_iter()
                    .map(|pointer| Budgeted { pointer: Some(pointer), ..Budgeted::whole(file.clone()) }),
            );
        }
        found
    }

    /// Returns a group for each folder with prompts; several sibling folders are one group.
    fn of_folders(&self, prompts: &[Checked]) -> Result<Vec<(Group, Facts)>, Failure> {
        let files: BTreeSet<&str> = prompts.iter().map(|one| one.place.file.as_str()).collect();
        let others = self.other_names(&files);
        let mut groups = Vec::new();
        for (folder, files) in of_siblings(&files) {
            let paths = globs::of_group(self.project, &folder, &files, &others)?;
            let name = if folder.is_empty() { "prompts".to_owned() } else { folder };
            let files: Vec<Budgeted> = self.files(&files).map(Budgeted::whole).collect();
            groups.extend(self.group(name, paths, &files));
        }
        Ok(groups)
    }

    /// Returns a group for each folder with files of prompts under names.
    fn of_names(&self, named: &[Budgeted]) -> Result<Vec<(Group, Facts)>, Failure> {
        let mut by_folder: BTreeMap<String, Vec<Budgeted>> = BTreeMap::new();
        for one in named {
            let folder = parent(&one.file.name);
            by_folder.entry(folder.to_owned()).or_default().push(one.clone());
        }
        let group = |(folder, named): (String, Vec<Budgeted>)| {
            let name = if folder.is_empty() { "prompts by name".to_owned() } else { format!("{folder} by name") };
            let path = |one: &Budgeted| {
                format!("/{}#{}", globs::literal(&one.file.name), one.pointer.as_deref().unwrap_or_default())
            };
            let paths = named.iter().map(path).collect();
            self.group(name, paths, &named)
        };
        Ok(by_folder.into_iter().filter_map(group).collect())
    }

    /// Returns a group for each folder of cassettes or HAR files.
    fn of_recordings(&self, recorded: &[Checked], bad: &BTreeSet<&str>) -> Result<Vec<(Group, Facts)>, Failure> {
        let mut by_root: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for one in recorded {
            let file = one.place.file.as_str();
            by_root.entry(globs::root_of_recordings(file)).or_default().insert(file);
        }
        let group = |(root, files): (&str, BTreeSet<&str>)| {
            let paths = cover(root, &files, bad);
            let name = if root.is_empty() { "recordings".to_owned() } else { format!("{root} recordings") };
            let files: Vec<Budgeted> = self.files(&files).map(Budgeted::whole).collect();
            self.group(name, paths, &files)
        };
        Ok(by_root.into_iter().filter_map(group).collect())
    }

    /// Returns a group of prompts with what they use, with the values that the repository has for their placeholders.
    fn group(&self, name: String, paths: Vec<String>, files: &[Budgeted]) -> Option<(Group, Facts)> {
        let facts = self.facts(files);
        let by_names = files.iter().all(|one| Template::of_file(&one.file.name) == Template::Braces);
        let template = Some(Template::Jinja).filter(|_| by_names && facts.is_jinja);
        let vars = values::files_for(&facts.placeholders, files, self.all);
        let mut budget = Budget::new(name.as_str());
        (budget.template, budget.vars) = (template, vars.clone());
        let mut checked = self.check(files, &budget);
        checked.retain(is_measured);
        let placeholders = facts.placeholders.clone();
        (!checked.is_empty()).then_some((Group { name, paths, template, vars, placeholders, checked }, facts))
    }

    fn facts(&self, files: &[Budgeted]) -> Facts {
        let mut facts = Facts::default();
        for one in files {
            let Ok(bytes) = project::read(&one.file) else { continue };
            let documents = match &one.pointer {
                Some(pointer) => prompts_at(&one.file.name, &bytes, pointer),
                None => documents(&one.file.name, &bytes, InputFormat::Auto),
            };
            documents.iter().for_each(|document| facts.add(document));
        }
        facts
    }

    /// Returns the files with these names.
    fn files(&self, names: &BTreeSet<&str>) -> impl Iterator<Item = ProjectFile> {
        self.all.iter().filter(|file| names.contains(file.name.as_str())).cloned()
    }

    /// Returns the names of all other files.
    fn other_names(&self, names: &BTreeSet<&str>) -> Vec<&str> {
        self.all.iter().map(|file| file.name.as_str()).filter(|name| !names.contains(name)).collect()
    }
}

impl Facts {
    fn add(&mut self, document: &Document<'_>) {
        let Ok(request) = document.prompt() else { return };
        self.lacks_model |= request.model().is_none();
        for placeholder in request.placeholders() {
            match placeholder.name.starts_with("% ") {
                true => self.is_jinja = true,
                false => drop(self.placeholders.insert(placeholder.name.clone())),
            }
        }
    }
}

/// Returns whether a request can be counted and priced.
fn is_measured(one: &Checked) -> bool {
    one.failure.is_none() && one.verdicts.iter().all(|verdict: &Verdict| verdict.outcome.is_ok())
}
