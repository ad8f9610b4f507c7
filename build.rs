//! Compiles `pricing.toml`, the vocabularies and Unicode's classes into static tables, so that the program parses
//! nothing when it starts.

#[path = "build/classes.rs"]
mod classes;
#[path = "src/toml/fields.rs"]
#[expect(dead_code, reason = "configurations have fields that price tables do not have")]
mod fields;
#[path = "src/catalog/file.rs"]
#[expect(dead_code, reason = "the library uses what the build script does not, and documents it")]
mod file;
#[path = "src/encoding/layout.rs"]
#[expect(dead_code, reason = "the build script writes what the program reads")]
mod layout;
#[path = "src/money/per.rs"]
mod money;
#[path = "src/names.rs"]
#[expect(dead_code, reason = "the build script reads no parts of an error")]
mod names;
#[path = "build/prices.rs"]
mod prices;
#[path = "src/catalog/terms.rs"]
#[expect(dead_code, reason = "the build script writes the values and reads few of them")]
mod terms;
#[path = "src/catalog/units.rs"]
mod units;
#[path = "build/vocabulary.rs"]
mod vocabulary;

use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/encoding/layout.rs");
    println!("cargo::rerun-if-changed=src/toml/fields.rs");
    println!("cargo::rerun-if-changed=src/catalog/file.rs");
    println!("cargo::rerun-if-changed=src/catalog/terms.rs");
    println!("cargo::rerun-if-changed=src/catalog/units.rs");
    println!("cargo::rerun-if-changed=src/money/per.rs");
    println!("cargo::rerun-if-changed=src/names.rs");
    println!("cargo::rerun-if-changed=pricing.toml");
    let out = env::var_os("OUT_DIR").expect("cargo names OUT_DIR");
    let source = fs::read_to_string("pricing.toml").expect("pricing.toml is in the package");
    fs::write(Path::new(&out).join("prices.rs"), prices::compile(&source)).expect("OUT_DIR can be written");
    classes::write(Path::new(&out)).expect("OUT_DIR can be written");
    vocabulary::write(Path::new(&out)).expect("OUT_DIR can be written");
}
