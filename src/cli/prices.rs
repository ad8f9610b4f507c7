//! The price tables of a run, and the age of their prices. Later tables override earlier ones: built-in, the user's
//! `pricing.toml`, the project's, each `--pricing FILE`.

use std::path::{Path, PathBuf};

use gpt_cost::{Catalog, Date};

use super::exit::{Failure, Outcome};
use super::{files, note};

const FILE_NAME: &str = "pricing.toml";

/// The age in days up to which prices have no note. In 2026, OpenAI has released a model or changed a price in most
/// months, so that a table of 45 days ago probably lacks something.
const OLD: i32 = 45;

/// Whether a command uses the user's own price table. Budgets ignore it by default, so that their verdicts are the same
/// on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UserTable {
    Use,
    Ignore,
}

/// Returns the built-in price table, overridden by the user's own table, the project's and the `given` ones.
pub(super) fn catalog(given: &[PathBuf], user: UserTable) -> Result<Catalog, Failure> {
    let mut catalog = Catalog::builtin();
    if let Some((name, source)) = if user == UserTable::Use { user_table()? } else { None } {
        catalog.add_layer(&name, &source).map_err(|error| Failure::from_error(&error))?;
    }
    discover(&mut catalog)?;
    add_tables(&mut catalog, given)?;
    note_suspicious(&catalog);
    Ok(catalog)
}

/// Returns the built-in price table, overridden only by the `given` ones.
pub(super) fn without_discovery(given: &[PathBuf]) -> Result<Catalog, Failure> {
    let mut catalog = Catalog::builtin();
    add_tables(&mut catalog, given)?;
    note_suspicious(&catalog);
    Ok(catalog)
}

/// Prints a note for each price that is off by a factor of about a thousand.
pub(super) fn note_suspicious(catalog: &Catalog) {
    for problem in catalog.suspicious() {
        note(&format!("suspicious price: {problem}"));
    }
}

/// Returns the catalogue of one price table, `name` in reports, overridden by the `given` ones. Without the built-in
/// table.
pub(super) fn single_table(path: &Path, name: &str, given: &[PathBuf]) -> Result<Catalog, Failure> {
    let source = files::read_text(path, name)?;
    let mut catalog = Catalog::only(name, &source).map_err(|error| Failure::from_error(&error))?;
    add_tables(&mut catalog, given)?;
    Ok(catalog)
}

/// Adds price tables to a catalogue. Each overrides those before it.
pub(super) fn add_tables(catalog: &mut Catalog, given: &[PathBuf]) -> Result<(), Failure> {
    given.iter().try_for_each(|path| add_table(catalog, path, &files::name(path)))
}

/// Adds a price table, `name` in reports, which overrides those before it.
pub(super) fn add_table(catalog: &mut Catalog, path: &Path, name: &str) -> Result<(), Failure> {
    let source = files::read_text(path, name)?;
    catalog.add_layer(name, &source).map_err(|error| Failure::from_error(&error))
}

/// Returns [`Outcome::Exceeded`], and prints a note, if a price was last checked more than `max_age` days before `day`.
pub(super) fn check_age(
    model: &str,
    checked: Option<Date>,
    day: Date,
    max_age: Option<i32>,
) -> Result<Outcome, Failure> {
    let Some(max_age) = max_age else { return Ok(Outcome::Success) };
    let Some(checked) = checked else {
        let failure =
            Failure::new(format!("the age of the price of {model} is unknown: its table has no date `checked`"));
        return Err(failure.hint("add checked = DATE, the date on which you last checked the prices"));
    };
    let age = (day - checked).get_days();
    if age <= max_age {
        return Ok(Outcome::Success);
    }
    note(&format!(
        "the price of {model} was last checked on {checked}, {age} days before {day}: more than {max_age} days"
    ));
    Ok(Outcome::Exceeded)
}

/// Prints a note if prices are in use that were last checked more than [`OLD`] days before `day`, the day of the
/// prices.
pub(super) fn note_age(catalog: &Catalog, day: Date) {
    let age = |checked: Date| (day - checked).get_days();
    if catalog.layers().filter_map(|layer| layer.checked()).all(|checked| age(checked) <= OLD) {
        return;
    }
    // A table whose models are all in later tables is not in use.
    let used = catalog.models().into_iter().filter_map(|found| Some((found.layer.checked()?, found.layer.origin())));
    let Some((checked, origin)) = used.min().filter(|(checked, _)| age(*checked) > OLD) else { return };
    let (origin, advice) = match origin {
        "built-in" => (String::new(), "update gpt-cost, or pass a newer table with --pricing"),
        origin => (format!(" of {origin}"), "compare them with the vendor's, and set the table's `checked`"),
    };
    let days = age(checked);
    note(&format!(
        "prices{origin} were checked on {checked}, {days} days before {day}; {advice} (--quiet omits this note)"
    ));
}

/// Returns the name and text of the user's own table, if it exists: `gpt-cost/pricing.toml` in `$XDG_CONFIG_HOME` or
/// the platform's settings folder.
fn user_table() -> Result<Option<(String, String)>, Failure> {
    let xdg = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let Some(path) = xdg.or_else(dirs::config_dir).map(|folder| folder.join("gpt-cost").join(FILE_NAME)) else {
        return Ok(None);
    };
    if !path.is_file() {
        return Ok(None);
    }
    let name = path.display().to_string();
    let source = files::read_text(&path, &name)?;
    Ok(Some((name, source)))
}

/// Adds the nearest `pricing.toml` between the current folder and the repository root. Without a repository, only the
/// current folder is searched, because other users may own the folders above. A `pricing.toml` of another program is
/// skipped with a note.
fn discover(catalog: &mut Catalog) -> Result<(), Failure> {
    for (path, name) in candidates()? {
        let source = files::read_text(&path, &name)?;
        if catalog.add_if_price_table(&name, &source).map_err(|error| Failure::from_error(&error))? {
            return Ok(());
        }
        note(&format!("{name} is ignored: without a key `schema`, it is not a price table of gpt-cost"));
    }
    Ok(())
}

/// Returns each `pricing.toml` up to the repository root, the nearest first, with its name in reports.
pub(super) fn candidates() -> Result<Vec<(PathBuf, String)>, Failure> {
    let here =
        std::env::current_dir().map_err(|error| Failure::new(format!("cannot read the current folder: {error}")))?;
    let paths = up_to_root(&here).map(|(level, folder)| (folder.join(FILE_NAME), format!("{level}{FILE_NAME}")));
    Ok(paths.filter(|(path, _)| path.is_file()).collect())
}

/// Returns the folders from `here` up to the repository root, each with its path relative to `here`, such as `../`.
/// Without a repository, returns only `here`.
pub(super) fn up_to_root(here: &Path) -> impl Iterator<Item = (String, &Path)> {
    let root = here.ancestors().position(|folder| folder.join(".git").exists()).unwrap_or(0);
    here.ancestors().take(root + 1).enumerate().map(|(level, folder)| ("../".repeat(level), folder))
}
