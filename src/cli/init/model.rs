//! The model of prompts that name none: the one that the repository names most.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use gpt_cost::catalog::Kind;
use gpt_cost::money::grouped;

use crate::cli::project::{self, Project, ProjectFile};

/// The model if the repository names none.
const ASSUMED: &str = "gpt-5.4-mini";

/// The endings of the files that are read, and their largest size.
const ENDINGS: [&str; 21] = [
    "cs", "env", "go", "java", "js", "json", "jsx", "kt", "mjs", "php", "py", "rb", "rs", "scala", "sh", "swift",
    "toml", "ts", "tsx", "yaml", "yml",
];
const MAX_SIZE: u64 = 300_000;

/// The most models that a file names that uses one: a file with more is a list of models.
const MAX_NAMES: usize = 6;

/// The model of prompts that name none.
#[derive(Debug)]
pub(super) enum Model {
    Given(String),
    /// The model that the most files name.
    Named {
        name: String,
        files: u64,
    },
    /// No file names a model.
    Assumed,
}

impl Model {
    /// Returns the model that the most files of a repository name. Models that are shut down do not count.
    pub(super) fn of_repository(project: &Project, all: &[ProjectFile]) -> Model {
        let mut files: BTreeMap<String, u64> = BTreeMap::new();
        for file in all.iter().filter(|file| ENDINGS.contains(&file.name.rsplit('.').next().unwrap_or_default())) {
            if fs::metadata(&file.path).is_ok_and(|data| data.len() > MAX_SIZE) {
                continue;
            }
            let Ok(bytes) = project::read(file) else { continue };
            let names = names(&String::from_utf8_lossy(&bytes), project);
            if names.len() <= MAX_NAMES {
                names.into_iter().for_each(|name| *files.entry(name).or_default() += 1);
            }
        }
        let most = files.into_iter().max_by(|one, other| one.1.cmp(&other.1).then_with(|| other.0.cmp(&one.0)));
        most.map_or(Model::Assumed, |(name, files)| Model::Named { name, files })
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Model::Given(name) | Model::Named { name, .. } => name,
            Model::Assumed => ASSUMED,
        }
    }

    /// Returns a text that says why it is this model.
    pub(super) fn reason(&self) -> Option<String> {
        match self {
            Model::Given(_) => None,
            Model::Named { name, files: 1 } => Some(format!(
                "prompts that name no model are counted for {name}, which 1 file names; change `model` if they are for another one"
            )),
            Model::Named { name, files } => Some(format!(
                "prompts that name no model are counted for {name}, which the most files name ({}); change `model` if they are \
                 for another one",
                grouped(*files)
            )),
            Model::Assumed => Some(format!(
                "the prompts name no model, and no file does: they are counted for {ASSUMED}, an assumption; change `model`"
            )),
        }
    }
}

/// Returns the names of chat models in a text.
fn names(text: &str, project: &Project) -> BTreeSet<String> {
    let is_part = |char: char| char.is_ascii_alphanumeric() || "-._".contains(char);
    let is_model = |name: &str| {
        let begins = ["gpt-", "chatgpt-", "o1", "o3", "o4-"].iter().any(|begin| name.starts_with(begin));
        let model = begins.then(|| project.catalog.model(name).ok()).flatten();
        model.and_then(|model| model.resolve(project.today).ok()).is_some_and(|found| {
            let model = found.model;
            model.kind() == Kind::Chat && model.shutdown().is_none_or(|day| day > project.today)
        })
    };
    // Only in quotes: a bare `o1` can be anything.
    let quoted = text.split(['"', '\'', '`']).skip(1).flat_map(|part| part.strip_prefix("openai/").or(Some(part)));
    let plain = text.lines().filter_map(|line| line.trim().strip_prefix("model:").map(str::trim));
    let candidates =
        quoted.chain(plain).filter(|name| name.len() <= 60 && name.chars().all(is_part) && !name.is_empty());
    candidates.filter(|name| is_model(name)).map(str::to_owned).collect()
}
