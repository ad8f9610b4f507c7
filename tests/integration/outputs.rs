//! Output files: written as a whole or not at all, devices and pipes directly, and never over an input.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::process::Command;

use crate::budgets::{gpt_cost, prompt, repository, text, write};

fn check(root: &std::path::Path, more: &[&str]) -> std::process::Output {
    gpt_cost(root, &[&["check", "p.json", "--max-cost", "1"], more].concat())
}

#[test]
fn a_file_is_replaced_through_links_and_keeps_its_mode() {
    let root = repository("replace");
    write(&root, "p.json", &prompt(5));
    write(&root, "real.json", "old");
    fs::set_permissions(root.join("real.json"), fs::Permissions::from_mode(0o600)).unwrap();
    symlink("real.json", root.join("link.json")).unwrap();
    symlink("later.json", root.join("dangling.json")).unwrap();
    for name in ["link.json", "dangling.json"] {
        assert_eq!(check(&root, &["--out", &format!("json:{name}")]).status.code(), Some(0));
        assert!(fs::symlink_metadata(root.join(name)).unwrap().is_symlink(), "{name}");
    }
    for name in ["real.json", "later.json"] {
        assert!(
            fs::read_to_string(root.join(name)).unwrap().starts_with("{\n  \"schema\": 1,\n  \"kind\": \"check\""),
            "{name}"
        );
    }
    assert_eq!(fs::metadata(root.join("real.json")).unwrap().permissions().mode() & 0o777, 0o600);
    let names: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().contains(".part")), "{names:?}");
}

#[test]
fn devices_and_pipes_are_written_directly() {
    let root = repository("devices");
    write(&root, "p.json", &prompt(5));
    let output = check(&root, &["--out", "json:/dev/full"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stderr), "error: /dev/full: cannot write: the disk is full\n");
    assert!(fs::metadata("/dev/full").unwrap().file_type().is_char_device());
    assert!(Command::new("mkfifo").arg(root.join("pipe")).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = root.join("pipe");
        move || fs::read_to_string(pipe).unwrap()
    });
    assert_eq!(check(&root, &["--out", "csv:pipe"]).status.code(), Some(0));
    assert!(reader.join().unwrap().starts_with("name,line,budget"));
    assert!(fs::metadata(root.join("pipe")).unwrap().file_type().is_fifo());
    let output = check(&root, &["--out", "csv:-"]);
    assert!(text(&output.stdout).starts_with("name,line,budget") && !root.join("-").exists(), "{output:?}");
    let output = check(&root, &["--out", "csv:/dev/stdout"]);
    assert!(text(&output.stdout).contains("within budget\nname,line,budget"), "{output:?}");
}

#[test]
fn nothing_is_written_over_an_input_or_twice() {
    let root = repository("over");
    write(&root, "p.json", &prompt(5));
    symlink("p.json", root.join("other-name.json")).unwrap();
    for (more, message) in [
        (&["--out", "json:p.json"][..], "p.json: this input would be overwritten"),
        (&["--out", "json:./other-name.json"], "this input would be overwritten"),
        (&["--out", "json:x", "--out", "csv:./x"], "two outputs would be written to this file"),
        (&["--out", "json:-", "--out", "csv:-"], "standard output: two outputs would be written to this file"),
        (&["--out", "json:-", "--format", "csv"], "--format and --out would both write to standard output"),
    ] {
        let output = check(&root, more);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{more:?}");
        assert!(text(&output.stderr).contains(message), "{output:?}");
    }
    assert_eq!(fs::read_to_string(root.join("p.json")).unwrap(), prompt(5));
    assert!(!root.join("x").exists());
    write(&root, "gpt-cost.toml", "[[budget]]\nname = \"b\"\npaths = [\"p.json\"]\n");
    for name in ["p.json", "gpt-cost.toml"] {
        assert_eq!(gpt_cost(&root, &["baseline", "write", "--out", name]).status.code(), Some(2), "{name}");
        assert_eq!(gpt_cost(&root, &["check", "--out", &format!("json:{name}")]).status.code(), Some(2), "{name}");
    }
    write(&root, "t.csv", "id,per,input,output\ngpt-4,1M,1,2\n");
    let output = gpt_cost(&root, &["pricing", "import", "--from", "csv", "t.csv", "--into", "t.csv", "--yes"]);
    assert!(text(&output.stderr).contains("t.csv: this input would be overwritten"), "{output:?}");
}

/// If nothing can be written, no new file remains, and an existing one is unchanged.
#[test]
fn a_full_disk_leaves_nothing_behind() {
    let root = repository("full");
    write(&root, "p.json", &prompt(5));
    write(&root, "gpt-cost.toml", "[[budget]]\nname = \"b\"\npaths = [\"p.json\"]\n");
    write(&root, "gpt-cost-baseline.json", "old");
    let binary = env!("CARGO_BIN_EXE_gpt-cost");
    for args in
        ["init x.toml", "pricing init", "baseline write", "pricing export --out y.toml", "check --out json:z.json"]
    {
        // A limit on the size of files, with its signal ignored, acts like a full disk.
        let script = format!("trap '' XFSZ; ulimit -f 0; exec '{binary}' {args} 2>&1 | cat");
        let output = Command::new("sh").current_dir(&root).args(["-c", &script]).output().unwrap();
        assert!(text(&output.stdout).contains("cannot write: "), "{args}: {output:?}");
    }
    let mut names: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [".git", "gpt-cost-baseline.json", "gpt-cost.toml", "p.json"]);
    assert_eq!(fs::read_to_string(root.join("gpt-cost-baseline.json")).unwrap(), "old");
}

#[test]
fn init_does_not_overwrite_files() {
    let root = repository("there");
    write(&root, "x.toml", "mine");
    for args in [&["init", "x.toml"][..], &["pricing", "init", "x.toml"]] {
        let output = gpt_cost(&root, args);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(
            text(&output.stderr),
            "error: x.toml: file already exists; it was not changed\nhint: name another file\n"
        );
    }
    assert_eq!(fs::read_to_string(root.join("x.toml")).unwrap(), "mine");
    let output = gpt_cost(&root, &["pricing", "init", "-"]);
    assert!(text(&output.stdout).contains("schema") && !root.join("-").exists());
    assert_eq!(gpt_cost(&root, &["pricing", "export", "--out", "all.toml"]).status.code(), Some(0));
    assert!(fs::read_to_string(root.join("all.toml")).unwrap().contains("[model.\"gpt-4\"]"));
}
