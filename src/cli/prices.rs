//! The price tables of a run: built-in < the user's own `pricing.toml` < the project's < each `--pricing FILE`; and how old they may be.

use std::path::{Path, PathBuf};

use gpt_cost::{Catalog, Date};

use super::exit::{Failure, Outcome};
use super::{files, note};

const FILE_NAME: &str = "pricing.toml";

/// Whether the user's own table has a part in a command: in what budgets say, only where that is asked for, so that they say the same on every
/// machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OwnTable {
    Used,
    LeftOut,
}

/// Returns the built-in catalogue with the user's own table, the project's, found from the current folder up, and the `given` ones over it.
pub(super) fn catalog(given: &[PathBuf], own: OwnTable) -> Result<Catalog, Failure> {
    let mut catalog = Catalog::builtin();
    if let Some((name, source)) = if own == OwnTable::Used { users_own()? } else { None } {
        catalog.add_layer(&name, &source).map_err(|error| Failure::of(&error))?;
    }
    discover(&mut catalog)?;
    lay(&mut catalog, given)?;
    note_suspicious(&catalog);
    Ok(catalog)
}

/// Returns the built-in catalogue with the `given` tables over it, whatever files of settings there are.
pub(super) fn bare(given: &[PathBuf]) -> Result<Catalog, Failure> {
    let mut catalog = Catalog::builtin();
    lay(&mut catalog, given)?;
    note_suspicious(&catalog);
    Ok(catalog)
}

/// Notes prices that are about a thousand times off.
pub(super) fn note_suspicious(catalog: &Catalog) {
    for problem in catalog.suspicious() {
        note(&format!("suspicious price: {problem}"));
    }
}

/// Returns the catalogue of one table, which reports call `name`, with the `given` ones over it and none below.
pub(super) fn only(path: &Path, name: &str, given: &[PathBuf]) -> Result<Catalog, Failure> {
    let source = files::read_text(path, name)?;
    let mut catalog = Catalog::only(name, &source).map_err(|error| Failure::of(&error))?;
    lay(&mut catalog, given)?;
    Ok(catalog)
}

/// Lays tables over a catalogue; the last one wins.
pub(super) fn lay(catalog: &mut Catalog, given: &[PathBuf]) -> Result<(), Failure> {
    given.iter().try_for_each(|path| lay_one(catalog, path, &files::name(path)))
}

/// Lays a table, which reports call `name`, over a catalogue.
pub(super) fn lay_one(catalog: &mut Catalog, path: &Path, name: &str) -> Result<(), Failure> {
    let source = files::read_text(path, name)?;
    catalog.add_layer(name, &source).map_err(|error| Failure::of(&error))
}

/// Says that a price is older than it may be, if it is.
pub(super) fn check_age(
    model: &str,
    checked: Option<Date>,
    day: Date,
    max_age: Option<i32>,
) -> Result<Outcome, Failure> {
    let Some(most) = max_age else { return Ok(Outcome::Success) };
    let Some(checked) = checked else {
        let failure = Failure::new(format!("the age of the price of {model} is unknown: its table has no `checked`"));
        return Err(failure.hint("add checked = DATE, the day on which a person last compared it"));
    };
    let age = (day - checked).get_days();
    if age <= most {
        return Ok(Outcome::Success);
    }
    note(&format!(
        "the price of {model} was last checked on {checked}, {age} days before {day}: more than {most} days"
    ));
    Ok(Outcome::Exceeded)
}

/// Reads the user's own table: `gpt-cost/pricing.toml` in `$XDG_CONFIG_HOME`, or where the platform keeps settings.
fn users_own() -> Result<Option<(String, String)>, Failure> {
    let named = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let Some(path) = named.or_else(dirs::config_dir).map(|folder| folder.join("gpt-cost").join(FILE_NAME)) else {
        return Ok(None);
    };
    if !path.is_file() {
        return Ok(None);
    }
    let name = path.display().to_string();
    let source = files::read_text(&path, &name)?;
    Ok(Some((name, source)))
}

/// Lays the nearest `pricing.toml` that is a price table over the catalogue, from the current folder up to the repository's root. Where there
/// is no repository, only the current folder is looked at: what lies above it may be anybody's. One that is not a price table of ours is
/// passed over with a note.
fn discover(catalog: &mut Catalog) -> Result<(), Failure> {
    for (path, name) in candidates()? {
        let source = files::read_text(&path, &name)?;
        if catalog.add_if_price_table(&name, &source).map_err(|error| Failure::of(&error))? {
            return Ok(());
        }
        note(&format!("{name} has no key `schema`: it is not a price table of gpt-cost, and is not used"));
    }
    Ok(())
}

/// Returns the files `pricing.toml` up to the repository's root, the nearest first, each with the name that reports show.
pub(super) fn candidates() -> Result<Vec<(PathBuf, String)>, Failure> {
    let here =
        std::env::current_dir().map_err(|error| Failure::new(format!("the current folder cannot be read: {error}")))?;
    let paths = up_to_root(&here).map(|(level, folder)| (folder.join(FILE_NAME), format!("{level}{FILE_NAME}")));
    Ok(paths.filter(|(path, _)| path.is_file()).collect())
}

/// Returns the folders from this one up to the repository's root, or this one alone where there is no repository, each with the way to it: as
/// many `../` as it takes.
pub(super) fn up_to_root(here: &Path) -> impl Iterator<Item = (String, &Path)> {
    let root = here.ancestors().position(|folder| folder.join(".git").exists()).unwrap_or(0);
    here.ancestors().take(root + 1).enumerate().map(|(level, folder)| ("../".repeat(level), folder))
}
