//! A project: its `gpt-cost.toml`, its price tables, its baseline and its files.

mod files;

use std::fs;
use std::path::{Path, PathBuf};

use gpt_cost::budget::{Budget, Config};
use gpt_cost::request::ImageSize;
use gpt_cost::{Catalog, Date, Request};

pub(super) use self::files::{Ignored, ProjectFile, holds_prompts, name_of, read};

use super::args::{ProjectArgs, RequestArgs, TableArgs};
use super::day;
use super::exit::Failure;
use super::files::{hash, name, read_text, shown};
use super::prices::{self, OwnTable};

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
                let source = read_text(&root.join(Path::new(&name).file_name().unwrap_or_default()), &name)?;
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

    /// Returns the settings of the configuration that decide how these requests are read and priced, in words; options of the command line
    /// override them.
    pub(super) fn settings_used<'r>(
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

    /// Returns where a budget is: the configuration, the line and the name.
    pub(super) fn place_of(&self, budget: &Budget) -> String {
        let name = self.config_name.as_deref().unwrap_or("gpt-cost.toml");
        format!("{name}:{}: budget `{}`", budget.line, budget.name)
    }
}

fn current_folder() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|error| Failure::new(format!("the current folder cannot be read: {error}")))
}

fn find_config(named: Option<&Path>, here: &Path) -> Result<Option<(PathBuf, String)>, Failure> {
    if let Some(path) = named {
        let folder = here.join(path).parent().map_or_else(|| here.to_owned(), Path::to_owned);
        return Ok(Some((folder, name(path))));
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
