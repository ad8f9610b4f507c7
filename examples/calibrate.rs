//! Computes the evidence for the counting rules from recorded requests, and how well the bounds hold on projects that
//! the evidence does not include.
//!
//! ```text
//! cargo run --release --example calibrate -- FOLDER…          print the figures
//! cargo run --release --example calibrate -- --write FOLDER…  also write the table that the crate compiles
//! ```

#![expect(clippy::print_stdout, reason = "an example prints its results")]

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use gpt_cost::calibration::{CrossValidation, Observations, Table, percentile};
use gpt_cost::verify::Recording;
use gpt_cost::{Catalog, Date};

/// The day of recordings that have none of their own.
const TODAY: Date = Date::constant(2026, 11, 24);

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/accounting/evidence/table.rs");

fn main() -> Result<(), Box<dyn Error>> {
    let (options, folders): (Vec<String>, Vec<String>) = env::args().skip(1).partition(|word| word.starts_with("--"));
    if folders.is_empty() {
        println!("usage: cargo run --release --example calibrate -- [--write] FOLDER…");
        return Ok(());
    }
    let catalog = Catalog::builtin();
    let mut all = Observations::default();
    for file in recordings(&folders)? {
        for (index, line) in fs::read_to_string(&file)?.lines().enumerate() {
            let recording = Recording::from_json(line.as_bytes())?;
            let place = format!("{}:{}", file.display(), index + 1);
            all.add(&catalog, &recording, &place, TODAY);
        }
    }
    let (places, observations) = all.finish();
    let table = Table::new(observations.iter());
    let validation = CrossValidation::new(&observations);
    println!("{} observations, {} features", validation.cases, table.rows().count());
    println!("with each project left out in turn:");
    println!("  outside of the bound: {} ({:.2}%)", validation.outside, percent(validation.outside, validation.cases));
    println!("  called exact: {} ({:.1}%)", validation.exact, percent(validation.exact, validation.cases));
    println!("  of them wrong: {} ({:.2}%)", validation.wrong, percent(validation.wrong, validation.exact));
    for (what, numbers) in [("bounds of the others", &validation.bounds), ("widths of open counts", &validation.open)] {
        let at = |percent| percentile(numbers, percent).unwrap_or(0);
        println!("  {what}: {}, median {}, 95th percentile {} tokens", numbers.len(), at(50), at(95));
    }
    for index in &validation.misses {
        let one = &observations[*index];
        println!("    {}  {:+} of {} tokens", places[*index], one.tokens as i64 - one.billed as i64, one.billed);
    }
    if options.iter().any(|option| option == "--write") {
        fs::write(TABLE, source(&table)?)?;
    }
    Ok(())
}

/// Returns the files of recordings in the folders, at any depth.
fn recordings(folders: &[String]) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    fn add(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
        entries.sort();
        for entry in entries {
            if entry.is_dir() {
                add(&entry, files)?;
            } else if entry.extension().is_some_and(|extension| extension == "jsonl")
                && !entry.ends_with("synthetic.jsonl")
            {
                files.push(entry);
            }
        }
        Ok(())
    }
    let mut files = Vec::new();
    folders.iter().try_for_each(|folder| add(Path::new(folder), &mut files))?;
    Ok(files)
}

fn percent(part: usize, whole: usize) -> f64 {
    part as f64 * 100.0 / whole.max(1) as f64
}

/// Returns the source code of the table.
fn source(table: &Table) -> Result<String, std::fmt::Error> {
    let mut text =
        "//! Written by `cargo run --release --example calibrate -- --write FOLDER…`.\n\nuse super::{Class, Row, row};\n\n"
            .to_owned();
    text.push_str("#[rustfmt::skip]\npub(super) const TABLE: &[(Class, &[Row])] = &[\n");
    let rows: Vec<_> = table.rows().collect();
    for rows in rows.chunk_by(|(one, ..), (other, ..)| one == other) {
        let class = rows[0].0;
        writeln!(text, "    (Class {{ api: {:?}, family: {:?} }}, &[", class.api, class.family)?;
        for (_, name, evidence) in rows {
            let (cases, agreeing, projects) = (evidence.cases, evidence.agreeing, evidence.projects);
            writeln!(text, "        row({name:?}, {cases}, {agreeing}, {projects}, {}),", evidence.error)?;
        }
        text.push_str("    ]),\n");
    }
    text.push_str("];\n");
    Ok(text)
}
