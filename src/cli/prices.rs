//! The price tables of a run: built-in < the project's `pricing.toml` < each `--pricing FILE`.

use std::io;
use std::path::{Path, PathBuf};

use super::exit::Failure;
use super::input::read_file;
use super::note;
use crate::Catalog;

const FILE_NAME: &str = "pricing.toml";

/// Returns the built-in catalogue with the project's table, found from the current folder up, and the `given` ones over it.
pub(super) fn catalog(given: &[PathBuf]) -> Result<Catalog, Failure> {
    let mut catalog = Catalog::builtin();
    if let Some((name, source)) = discover()? {
        catalog.add_layer(&name, &source).map_err(|error| Failure::of(&error))?;
    }
    for path in given {
        let name = path.display().to_string();
        let source = read(path, &name)?;
        catalog.add_layer(&name, &source).map_err(|error| Failure::of(&error))?;
    }
    Ok(catalog)
}

/// Finds the nearest `pricing.toml` that is a price table, from the current folder up to the repository's root. Where there is no
/// repository, only the current folder is looked at: what lies above it may be anybody's. One that is no price table of ours is
/// passed over with a note.
fn discover() -> Result<Option<(String, String)>, Failure> {
    let here =
        std::env::current_dir().map_err(|error| Failure::new(format!("the current folder cannot be read: {error}")))?;
    let root = here.ancestors().position(|folder| folder.join(".git").exists()).unwrap_or(0);
    for (level, folder) in here.ancestors().take(root + 1).enumerate() {
        let path = folder.join(FILE_NAME);
        if path.is_file() {
            let name = format!("{}{FILE_NAME}", "../".repeat(level));
            let source = read(&path, &name)?;
            if Catalog::is_price_table(&name, &source).map_err(|error| Failure::of(&error))? {
                return Ok(Some((name, source)));
            }
            note(&format!("{name} has no key `schema`, so it is no price table of gpt-cost, and is not used"));
        }
    }
    Ok(None)
}

fn read(path: &Path, name: &str) -> Result<String, Failure> {
    let text = |bytes| String::from_utf8(bytes).map_err(|_| io::Error::other("not UTF-8"));
    read_file(path).and_then(text).map_err(|error| Failure::new(format!("{name}: {error}")))
}
