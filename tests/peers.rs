//! Imports the real tables of other projects from the folder that `GPT_COST_PEERS` names, which
//! `docs/ci/prices.sh fetch FOLDER` fills. They are not part of the repository: without the folder, the tests are
//! ignored.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test may panic, and explains why it is ignored")]

use std::fs;
use std::path::{Path, PathBuf};

use gpt_cost::catalog::Field;
use gpt_cost::catalog::import::{ImportFormat, Imported};
use gpt_cost::{Catalog, Date, Tier};
use libtest_mimic::{Arguments, Failed, Trial};

const DAY: Date = Date::constant(2026, 11, 24);

/// The files, their formats, and the least number of names of OpenAI's models in each: that of 2026-11-24, rounded
/// down.
const FILES: [(&str, ImportFormat, usize); 2] =
    [("genai-prices.json", ImportFormat::GenaiPrices, 200), ("litellm.json", ImportFormat::Litellm, 150)];

fn main() {
    let folder = std::env::var_os("GPT_COST_PEERS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("GPT_COST_PEERS is not set: the tests with real tables of other projects are ignored");
    }
    let trial = |(file, format, names): (&'static str, ImportFormat, usize)| {
        let path = folder.clone().unwrap_or_default().join(file);
        let test = format!("{}_is_imported_once", format.as_str().replace('-', "_"));
        Trial::test(test, move || import(&path, format, names)).with_ignored_flag(folder.is_none())
    };
    libtest_mimic::run(&Arguments::from_args(), FILES.into_iter().map(trial).collect()).exit();
}

/// Imports a file over the built-in table, and over one with a price of its own, and then once more.
fn import(path: &Path, format: ImportFormat, names: usize) -> Result<(), Failed> {
    let imported = Imported::read(format, &fs::read_to_string(path)?)?;
    let models: Vec<&str> = imported.models().collect();
    assert!(models.len() >= names, "{} names", models.len());
    assert!(models.contains(&"gpt-4.1") && models.contains(&"text-embedding-3-small"), "{models:?}");
    let ours = "schema = 1\n\n[model.\"gpt-4.1\"]\nencoding = \"o200k_base\"\ncounting = \"gpt-4-turbo\"\n\
                price = { per = \"1M\", input = \"7.00\", output = \"21.00\" }\n";
    for target in ["", ours] {
        let mut catalog = Catalog::builtin();
        if !target.is_empty() {
            catalog.add_layer("ours.toml", target)?;
        }
        let plan = catalog.plan_import(&imported, DAY);
        assert!(plan.changes.iter().all(|change| !change.is_suspicious), "{:?}", plan.changes);
        let written = plan.apply(&catalog, "ours.toml", target, "imported by a test", None)?;
        Catalog::builtin().check("ours.toml", &written)?;
        let mut after = Catalog::builtin();
        after.add_layer("ours.toml", &written)?;
        let again = after.plan_import(&imported, DAY);
        assert!(again.is_empty(), "{:?} {:?}", again.changes, again.new);
        if !target.is_empty() {
            let model = after.model("gpt-4.1")?.resolve(DAY)?.model;
            let input = |day| model.price(day, Tier::Standard, 1).unwrap().rate(Field::Input).unwrap().to_string();
            assert_eq!(input(DAY.yesterday()?), "$7.00 per 1M", "the old price still applies to earlier days");
            assert_eq!(input(DAY), "$2.00 per 1M");
        }
    }
    Ok(())
}
