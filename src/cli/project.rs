//! A project: its configuration, price tables, baseline and files.

mod files;
mod tree;

use std::fs;
use std::path::{Path, PathBuf};

use gpt_cost::budget::{Budget, Config};
use gpt_cost::money::grouped;
use gpt_cost::request::ImageSize;
use gpt_cost::{Catalog, Date, Request};

pub(super) use self::files::{Ignored, NameKind, ProjectFile, is_of_prompts, name_kind, name_of, read, walk};
pub(super) use self::tree::Tree;

use super::args::{ProjectArgs, RequestArgs, TableArgs};
use super::day;
use super::exit::Failure;
use super::files::{hash, name, printable, read_text};
use super::prices::{self, UserTable};

/// The file names of a configuration; the first that exists is used.
const CONFIG_NAMES: [&str; 2] = ["gpt-cost.toml", ".gpt-cost.toml"];

/// The default file name of a baseline.
const BASELINE: &str = "gpt-cost-baseline.json";

/// A project, with the options of the command line applied.
#[derive(Clone, Debug)]
pub(super) struct Project {
    /// The folder that file names are relative to: that of the configuration, or the current one.
    pub(super) root: PathBuf,
    /// Where the files are that templates include.
    pub(super) tree: Tree,
    /// The name of the configuration in reports.
    pub(super) config_name: Option<String>,
    pub(super) config: Config,
    pub(super) catalog: Catalog,
    /// The day of the prices.
    pub(super) day: Date,
    /// `--as-of`, or today. Retirement is checked on this day, even if the configuration pins another `as_of`.
    pub(super) today: Date,
    pub(super) baseline: PathBuf,
    pub(super) model: Option<String>,
    /// The size of images whose size is unknown.
    pub(super) image_size: Option<ImageSize>,
    /// The tokens of the text of each file.
    pub(super) file_tokens: Option<u32>,
}

impl Project {
    /// Returns the project of the current folder, with the user's own price table, for commands on single requests.
    pub(super) fn discover(tables: &TableArgs, no_config: bool) -> Result<Project, Failure> {
        let args = ProjectArgs { config: None, model: None, baseline: None, user_prices: true, tables: tables.clone() };
        if no_config {
            let catalog = prices::without_discovery(&tables.pricing)?;
            return Project::new(&args, current_folder()?, None, Config::default(), catalog);
        }
        Project::open(&args)
    }

    /// Returns the project of the command line or the current folder: reads its configuration and its price tables.
    pub(super) fn open(args: &ProjectArgs) -> Result<Project, Failure> {
        let here = current_folder()?;
        let (root, config_name, config) = match find_config(args.config.as_deref(), &here)? {
            Some((root, name)) => {
                let source = read_text(&root.join(Path::new(&name).file_name().unwrap_or_default()), &name)?;
                let config = Config::read(&name, &source).map_err(|error| Failure::from_error(&error))?;
                (root, Some(name), config)
            }
            None => (here, None, Config::default()),
        };
        let user = if args.user_prices || config.user_prices { UserTable::Use } else { UserTable::Ignore };
        let catalog = catalog(&root, &config, &args.tables.pricing, user)?;
        Project::new(args, root, config_name, config, catalog)
    }

    fn new(
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
        let (image_size, file_tokens) = (config.image_size, config.file_tokens);
        let model = args.model.clone();
        let tree = Tree::Folder(root.clone());
        Ok(Project { root, tree, config_name, config, catalog, day, today, baseline, model, image_size, file_tokens })
    }

    /// Prints a note if the prices were checked long before `day`, unless the configuration turns it off.
    pub(super) fn note_age(&self, day: Date) {
        if self.config.stale_note != Some(false) {
            prices::note_age(&self.catalog, day);
        }
    }

    /// Returns a message if the hash of the price tables differs from `pricing_lock`.
    pub(super) fn lock_mismatch(&self) -> Option<String> {
        let (lock, now) = (self.config.pricing_lock.as_ref()?, self.pricing_hash());
        (now != *lock).then(|| format!("the price tables do not match pricing_lock: expected {lock}, found {now}"))
    }

    /// Returns the path of the project relative to the repository root, with a `/` at its end, or an empty text if they
    /// are the same. CI systems need paths relative to the repository root.
    pub(super) fn prefix(&self) -> String {
        let folder = fs::canonicalize(&self.root).unwrap_or_else(|_| self.root.clone());
        let root = folder.ancestors().find(|folder| folder.join(".git").exists());
        let path = root.and_then(|root| folder.strip_prefix(root).ok()).map(name_of).unwrap_or_default();
        if path.is_empty() { path } else { format!("{path}/") }
    }

    /// Returns a hash of all price tables together.
    pub(super) fn pricing_hash(&self) -> String {
        hash(self.catalog.to_toml().as_bytes())
    }

    /// Returns the name of a file in messages, relative to the project if it is inside.
    pub(super) fn display_name(&self, path: &Path) -> String {
        printable(&path.strip_prefix(&self.root).unwrap_or(path).display().to_string())
    }

    /// Returns the files that define the project: its configuration, its baseline and its price tables, with the
    /// `given` ones.
    pub(super) fn own_files(&self, given: &[PathBuf]) -> Vec<PathBuf> {
        let config = self.config_name.as_ref().map(|name| self.root.join(name.rsplit('/').next().unwrap_or(name)));
        let pricing = self.config.pricing.as_ref().map(|pricing| self.root.join(&pricing.file));
        let found = prices::candidates().unwrap_or_default().into_iter().map(|(path, _)| path);
        let own = [config, pricing, Some(self.baseline.clone())].into_iter().flatten();
        own.chain(found).chain(given.iter().cloned()).collect()
    }

    /// Returns the day and the price tables as a text for reports.
    pub(super) fn prices(&self) -> String {
        let layers: Vec<&str> = self.catalog.layers().map(|layer| layer.origin()).collect();
        format!("as of {}, prices from {} ({})", self.day, layers.join(", "), self.pricing_hash())
    }

    /// Sets the size of images whose size is unknown, and the tokens of files, to those of the command line or the
    /// configuration, if any.
    pub(super) fn assume_sizes(&self, request: &mut Request) {
        if let Some(size) = self.image_size {
            request.assume_image_size(size);
        }
        if let Some(tokens) = self.file_tokens {
            request.assume_file_tokens(tokens.into());
        }
    }

    /// Returns the settings of the configuration that affect requests and that no option overrides, as texts for reports.
    /// The model is one of them if a request names none.
    pub(super) fn settings_used(&self, args: &RequestArgs, lacks_model: bool) -> Vec<String> {
        let config = &self.config;
        let (model, size, file) = (config.model.as_ref(), config.image_size, config.file_tokens);
        let settings = [
            model.filter(|_| args.model.is_none() && lacks_model).map(|model| format!("model {model}")),
            config.as_of.filter(|_| args.tables.as_of.is_none()).map(|day| format!("as_of {day}")),
            config.pricing.as_ref().map(|pricing| format!("prices {}", printable(&pricing.file))),
            size.filter(|_| args.image_size.is_none()).map(|size| format!("image_size {}x{}", size.width, size.height)),
            file.filter(|_| args.file_tokens.is_none()).map(|tokens| format!("file_tokens {}", grouped(tokens.into()))),
        ];
        settings.into_iter().flatten().collect()
    }

    /// Returns the place of a budget in messages: file, line and name.
    pub(super) fn place_of(&self, budget: &Budget) -> String {
        let name = self.config_name.as_deref().unwrap_or("gpt-cost.toml");
        format!("{name}:{}: budget `{}`", budget.line, budget.name)
    }
}

fn current_folder() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|error| Failure::new(format!("cannot read the current folder: {error}")))
}

/// Returns the folder and the name of the `requested` configuration, else of the nearest one.
fn find_config(requested: Option<&Path>, here: &Path) -> Result<Option<(PathBuf, String)>, Failure> {
    if let Some(path) = requested {
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

/// Returns the price tables of the configuration, overridden by the `given` ones.
fn catalog(root: &Path, config: &Config, given: &[PathBuf], user: UserTable) -> Result<Catalog, Failure> {
    let Some(pricing) = &config.pricing else { return prices::catalog(given, user) };
    let own = root.join(&pricing.file);
    if pricing.only {
        return prices::single_table(&own, &pricing.file, given);
    }
    let mut catalog = prices::catalog(&[], user)?;
    prices::add_table(&mut catalog, &own, &pricing.file)?;
    prices::add_tables(&mut catalog, given)?;
    Ok(catalog)
}
