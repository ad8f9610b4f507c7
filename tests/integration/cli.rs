//! The command line: the cases in `tests/cmd`, the README's examples, and what neither can express.
//!
//! `TRYCMD=overwrite cargo test` writes the current output of the commands into the cases.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Runs the cases in a copy with a repository's root above it, so that no other `pricing.toml` is found. Their prices
/// are those of `tests/cmd/pinned.toml` or of a table of their own, not the built-in ones.
#[test]
fn cases() {
    let root = repository("cases");
    copy(Path::new("tests/cmd"), &root);
    let cases = trycmd::TestCases::new();
    cases.env("XDG_CONFIG_HOME", root.join("nobody's").display().to_string());
    cases.case(root.join("*.trycmd")).run();
    if std::env::var("TRYCMD").is_ok_and(|mode| mode == "overwrite") {
        for case in fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()) {
            if case.extension().is_some_and(|ending| ending == "trycmd") {
                fs::copy(&case, Path::new("tests/cmd").join(case.file_name().unwrap())).unwrap();
            }
        }
    }
}

/// Arguments are constructed late, and groups of them must not bring a description of their own into the command's help.
#[test]
fn commands_have_the_descriptions_that_the_list_of_commands_shows() {
    assert!(commands_described(&[]) >= 20);
}

/// Asserts it for the commands below this one; returns how many there are.
fn commands_described(command: &[&str]) -> usize {
    let help = help(command);
    let Some((_, list)) = help.split_once("\nCommands:\n") else { return 0 };
    let commands = list.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.trim().split_once("  "));
    commands.filter(|(name, _)| *name != "help").fold(0, |count, (name, description)| {
        let command = [command, &[name]].concat();
        assert!(self::help(&command).starts_with(description.trim()), "{command:?}: {description}");
        count + 1 + commands_described(&command)
    })
}

fn help(command: &[&str]) -> String {
    String::from_utf8(run(Path::new("."), &[command, &["--help"]].concat(), b"").stdout).unwrap()
}

#[test]
fn standard_input_is_read_like_a_file() {
    let root = repository("stdin");
    let json = run(&root, &["estimate", "-", "--model", "gpt-4.1"], br#"[{"role": "user", "content": "Hi"}]"#);
    let text = run(&root, &["estimate", "-", "--model", "gpt-4.1"], b"Hi");
    assert_eq!(json.status.code(), Some(0));
    let (json, text) = (String::from_utf8(json.stdout).unwrap(), String::from_utf8(text.stdout).unwrap());
    let (json_title, json_rest) = json.split_once("  as of ").unwrap();
    let (text_title, text_rest) = text.split_once("  as of ").unwrap();
    assert_eq!(json_title, "stdin  messages  gpt-4.1 (o200k_base)");
    assert_eq!(text_title, "stdin  text  gpt-4.1 (o200k_base)");
    assert_eq!(json_rest, text_rest);
}

#[test]
fn a_closed_pipe_is_a_success() {
    let root = repository("pipe");
    fs::write(root.join("prompt.txt"), "Hi").unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command(&root, &["estimate", "prompt.txt", "--model", "gpt-4.1"]).stdout(writer).output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), b"".as_slice()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let root = repository("full");
    fs::write(root.join("prompt.txt"), "Hi").unwrap();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = command(&root, &["estimate", "prompt.txt", "--model", "gpt-4.1"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: cannot write the report: "));
}

#[test]
fn without_as_of_the_prices_are_those_of_today() {
    let root = repository("today");
    let today = jiff::Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let output = run(&root, &["estimate", "-", "--model", "gpt-4.1", "--format", "json"], b"Hi");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let tomorrow = today.tomorrow().unwrap();
    assert!([today, tomorrow].iter().any(|day| report["as_of"] == day.to_string()), "{}", report["as_of"]);
}

#[test]
fn a_table_is_found_up_to_the_root_of_the_repository_and_no_further() {
    let root = repository("discovery");
    let inside = root.join("one/two");
    fs::create_dir_all(&inside).unwrap();
    let table = |input: &str| {
        format!(
            "schema = 1\n[model.\"gpt-4.1\"]\nencoding = \"o200k_base\"\nprice = {{ per = \"1M\", input = \"{input}\", output = \"8\" }}\n"
        )
    };
    fs::write(root.parent().unwrap().join("pricing.toml"), table("100")).unwrap();
    let origin = |folder: &Path| {
        let output = run(folder, &["estimate", "-", "--model", "gpt-4.1", "--quiet", "--format", "json"], b"Hi");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (
            report["requests"][0]["price"]["origin"].as_str().unwrap().to_owned(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    assert_eq!(origin(&inside), ("built-in".to_owned(), String::new()), "not above the root");
    fs::write(root.join("pricing.toml"), table("7")).unwrap();
    assert_eq!(origin(&inside).0, "../../pricing.toml");
    fs::write(root.join("one/pricing.toml"), "[tool]\nname = \"another\"\n").unwrap();
    let note = "note: ../pricing.toml is ignored: without a key `schema`, it is not a price table of gpt-cost\n";
    assert_eq!(origin(&inside), ("../../pricing.toml".to_owned(), note.to_owned()));
    fs::remove_file(root.parent().unwrap().join("pricing.toml")).unwrap();
}

#[test]
fn a_table_of_the_project_that_is_not_toml_is_an_error() {
    let root = repository("broken");
    fs::write(root.join("pricing.toml"), "schema = 1\nchecked = yesterday\n").unwrap();
    let output = run(&root, &["estimate", "-", "--model", "gpt-4.1"], b"Hi");
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with("error: pricing.toml:2:11: "), "{error}");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), b"".as_slice()));
}

#[test]
fn without_a_repository_only_the_current_folder_is_searched() {
    let root = std::env::temp_dir().join(format!("gpt-cost-{}", std::process::id()));
    let inside = root.join("inside");
    fs::create_dir_all(&inside).unwrap();
    // The prices of the cases, so that a new price changes no README.
    fs::copy("tests/cmd/pinned.toml", root.join("pricing.toml")).unwrap();
    let origin = |folder: &Path| {
        let output = run(folder, &["estimate", "-", "--model", "gpt-4.1", "--format", "json"], b"Hi");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        report["requests"][0]["price"]["origin"].as_str().unwrap().to_owned()
    };
    assert_eq!((origin(&root).as_str(), origin(&inside).as_str()), ("pricing.toml", "built-in"));
    fs::remove_dir_all(root).unwrap();
}

#[test]
fn the_same_input_table_and_day_give_the_same_bytes() {
    let args = ["estimate", "examples/extract.json", "--as-of", "2026-11-24", "--format", "json", "-o", "50"];
    let once = run(Path::new("."), &args, b"");
    assert_eq!(once.status.code(), Some(0));
    assert_eq!(once.stdout, run(Path::new("."), &args, b"").stdout);
}

#[test]
fn editing_a_price_in_a_copied_table_changes_the_cost() {
    let root = repository("edit");
    fs::write(root.join("prompt.txt"), "Hi").unwrap();
    let table = fs::read_to_string("pricing.toml").unwrap();
    let (before, row) = table.split_once("[model.\"gpt-4\"]").unwrap();
    let (keys, price) = row.split_once("input = \"").unwrap();
    let (_, rest) = price.split_once('"').unwrap();
    fs::write(root.join("pricing.toml"), format!("{before}[model.\"gpt-4\"]{keys}input = 0.05{rest}")).unwrap();
    let args = ["estimate", "prompt.txt", "--model", "gpt-4", "--as-of", "2026-11-24", "--format", "json"];
    let report: serde_json::Value = serde_json::from_slice(&run(&root, &args, b"").stdout).unwrap();
    let request = &report["requests"][0];
    assert_eq!((&request["input_tokens"]["tokens"], &request["price"]["origin"]), (&8.into(), &"pricing.toml".into()));
    assert_eq!(request["cost"]["input"]["max"], "0.0004");
}

/// The README's console blocks are run unchanged, but for a fixed day.
#[test]
fn the_readme_shows_what_the_commands_print() {
    let readme = fs::read_to_string("README.md").unwrap();
    let root = repository("readme");
    copy(Path::new("examples"), &root.join("examples"));
    // The prices of the cases, so that a new price changes no README.
    fs::copy("tests/cmd/pinned.toml", root.join("pricing.toml")).unwrap();
    let mut commands = 0;
    for block in readme.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
        let mut lines = block.lines();
        let typed = lines.next().unwrap();
        let Some(words) = typed.strip_prefix("$ gpt-cost ").or(typed.strip_prefix("$ cargo run --release -- ")) else {
            continue;
        };
        let mut words: Vec<&str> = words.split(' ').collect();
        words.extend(["--as-of", "2026-11-24"]);
        let output = run(&root, &words, b"");
        let shown = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        let expected: String = lines.map(|line| format!("{line}\n")).collect();
        assert_eq!(shown.trim_end(), expected.trim_end(), "{typed}");
        assert_eq!(output.status.code(), Some(0), "{typed}");
        commands += 1;
    }
    assert!(commands >= 3, "the README shows {commands} commands");
    let retired = "$ gpt-cost estimate examples/prompt.json --model gpt-4\n";
    assert!(readme.contains(retired), "the command of a retired model is still an example");
}

/// Makes an empty folder that looks like the root of a repository.
fn repository(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(name);
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(root.join(".git")).unwrap();
    root
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gpt-cost"));
    command.current_dir(folder).env("XDG_CONFIG_HOME", folder.join("nobody's"));
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(folder: &Path, args: &[&str], input: &[u8]) -> Output {
    let mut child = command(folder, args).spawn().unwrap();
    // A command that fails before it reads closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}
