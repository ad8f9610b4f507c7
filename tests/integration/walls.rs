//! The walls of `ARCHITECTURE.md`: which module of the library uses which, and what none of them does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Each module with those that it uses, which come before it: there are no cycles.
const USES: &[(&str, &[&str])] = &[
    ("names", &[]),
    ("place", &[]),
    ("encoding", &[]),
    ("error", &["place"]),
    ("json", &["error"]),
    ("toml", &["error"]),
    ("money", &["names"]),
    ("request", &["error", "json", "names"]),
    ("source", &["error", "json", "names", "place", "request", "toml"]),
    ("accounting", &["encoding", "json", "money", "names", "request"]),
    ("catalog", &["accounting", "encoding", "error", "money", "names", "toml"]),
    ("usage", &["catalog", "error", "json", "money", "names", "place", "source"]),
    ("estimate", &["accounting", "catalog", "error", "money", "names", "request", "usage"]),
    ("bulk", &["error", "money", "source"]),
    ("batch", &["error", "estimate", "money", "names", "request", "source"]),
    ("budget", &["catalog", "error", "estimate", "money", "names", "request", "source", "toml", "usage"]),
    ("verify", &["accounting", "catalog", "error", "json", "money", "names", "request", "usage"]),
    ("calibration", &["accounting", "catalog", "verify"]),
];

/// The items at the root of the crate, with the module that each is from.
const ROOT: &[(&str, &str)] =
    &[("Request", "request"), ("Tier", "catalog"), ("TokenCount", "accounting"), ("Usd", "money")];

#[test]
fn modules_use_only_those_below_them() {
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (module, code) in library() {
        let names = used.entry(module.clone()).or_default();
        names.extend(crate_names(&code).into_iter().filter(|name| *name != module));
    }
    let stated = |(module, uses): &(&str, &[&str])| {
        (module.to_string(), uses.iter().map(ToString::to_string).collect::<BTreeSet<String>>())
    };
    assert_eq!(used, USES.iter().map(stated).collect(), "left: the code, right: the stated walls");
    for (index, (module, uses)) in USES.iter().enumerate() {
        let below: Vec<&str> = USES[..index].iter().map(|(name, _)| *name).collect();
        assert!(uses.iter().all(|name| below.contains(name)), "{module} uses a module that comes after it");
    }
}

#[test]
fn accounting_knows_no_prices() {
    for (_, code) in library().into_iter().filter(|(module, _)| module == "accounting") {
        let of_money: Vec<&str> = code.split("crate::money::").skip(1).collect();
        assert!(
            of_money.iter().all(|rest| rest.starts_with("grouped;")),
            "accounting uses more of money than `grouped`"
        );
    }
}

#[test]
fn the_library_does_no_io_and_reads_no_clock() {
    let forbidden = ["std::fs", "std::env", "std::net", "std::io", "std::process", "std::time", "::now()", "println!"];
    for (module, code) in library() {
        let of_traits = match module.as_str() {
            // Bodies are decompressed from memory, by a trait of `std::io`.
            "source" => "use std::io::Read;",
            // Blocks are read from any reader that the caller has.
            "bulk" => "use std::io::{self, Read};",
            _ => "",
        };
        let code = code.replace(of_traits, "");
        let found: Vec<&&str> = forbidden.iter().filter(|word| code.contains(**word)).collect();
        assert!(found.is_empty(), "{module}: {found:?}");
    }
}

#[test]
fn no_float_touches_money() {
    for (module, code) in library() {
        // Distances of names are no money.
        if ["money", "usage", "estimate", "budget", "toml"].contains(&module.as_str()) {
            let is_float = |line: &str| line.contains("f64") && !line.contains("seconds.as_f64()");
            assert!(!code.lines().any(is_float), "{module} has a float");
        }
    }
}

/// Returns the code of each file of the library without comments and tests, with its module.
fn library() -> Vec<(String, String)> {
    let mut files = Vec::new();
    collect(Path::new("src"), &mut files);
    assert!(files.len() > 60, "the sources are there");
    let of_module = |path: String| {
        let module = path.trim_start_matches("src/").split('/').next()?.trim_end_matches(".rs").to_owned();
        let is_outside = ["lib", "main", "cli", "schemas"].contains(&module.as_str());
        (!is_outside).then(|| (module, code(&path)))
    };
    files.into_iter().filter_map(of_module).collect()
}

fn collect(folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.path() {
            path if path.is_dir() => collect(&path, files),
            path => files.push(path.to_str().unwrap().replace('\\', "/")),
        }
    }
}

fn code(path: &str) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    text.lines().filter(is_code).map(|line| format!("{line}\n")).collect()
}

/// Returns the modules that the code names with `crate::…`, also in groups such as `crate::{Request, Tier}`.
fn crate_names(code: &str) -> Vec<String> {
    let module_of = |name: &str| {
        let of_root = ROOT.iter().find(|(item, _)| *item == name).map(|(_, module)| *module);
        of_root.unwrap_or(name).to_owned()
    };
    let mut names = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let list = match rest.strip_prefix('{') {
            Some(group) => group.split('}').next().unwrap(),
            None => rest.split(|char: char| !char.is_alphanumeric() && char != '_').next().unwrap(),
        };
        names.extend(list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(module_of));
    }
    names
}
