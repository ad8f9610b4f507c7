//! Budgets: `check`, `baseline`, `diff` and `init` on temporary repositories, and the formats for CI systems.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub(crate) const DAY: &str = "2026-11-24";

/// A price table for tests whose numbers are not those of the built-in one: editing that one changes nothing in them.
pub(crate) const PINNED: &str = include_str!("../cmd/pinned.toml");

/// Returns the folder of a new repository without any files.
pub(crate) fn repository(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("budgets").join(name);
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(&root).unwrap();
    git(&root, &["init", "--quiet", "--initial-branch", "main"]);
    root
}

pub(crate) fn git(root: &Path, args: &[&str]) {
    let me = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false"];
    let output = Command::new("git").current_dir(root).args(me).args(args).output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

pub(crate) fn commit(root: &Path) {
    git(root, &["add", "--all"]);
    git(root, &["commit", "--quiet", "--allow-empty", "--message", "a change"]);
}

pub(crate) fn write(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

pub(crate) fn gpt_cost(root: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gpt-cost"));
    command.current_dir(root).env("XDG_CONFIG_HOME", root.join("nobody's"));
    let words = match args {
        ["baseline", "write", ..] => 2,
        ["check" | "diff", ..] => 1,
        _ => 0,
    };
    command.args(&args[..words]);
    if words > 0 {
        command.args(["--as-of", DAY]);
    }
    command.args(&args[words..]);
    command.output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub(crate) fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

/// Returns a prompt with the given number of words, on several lines.
pub(crate) fn prompt(words: usize) -> String {
    let words = " word".repeat(words);
    format!(
        "{{\n  \"model\": \"gpt-4.1\",\n  \"messages\": [\n    {{\"role\": \"system\", \"content\": \"Be brief.\"}},\n    {{\"role\": \"user\", \"content\": \"{words}\"}}\n  ],\n  \"max_tokens\": 10\n}}\n"
    )
}

const CONFIG: &str = "[[budget]]\nname = \"all\"\npaths = [\"prompts/**/*.json\"]\nmax_input_tokens = 100\n";

#[test]
fn diff_separates_changes_of_prompts_and_of_prices() {
    let root = repository("diff");
    write(&root, "gpt-cost.toml", CONFIG);
    write(&root, "prompts/same.json", &prompt(5));
    write(&root, "prompts/grows.json", &prompt(10));
    write(&root, "prompts/moves.json", &prompt(20));
    write(&root, "prompts/goes.json", &prompt(30));
    commit(&root);
    git(&root, &["checkout", "--quiet", "-b", "branch"]);
    write(&root, "prompts/grows.json", &prompt(14));
    write(&root, "prompts/new.json", &prompt(3));
    git(&root, &["mv", "prompts/moves.json", "prompts/moved.json"]);
    fs::remove_file(root.join("prompts/goes.json")).unwrap();
    commit(&root);
    let output = gpt_cost(&root, &["diff", "main", "branch", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = json(&output);
    let names: Vec<(&str, &str)> = report["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (change["name"].as_str().unwrap(), change["changed"].as_str().unwrap()))
        .collect();
    assert_eq!(
        names,
        [("prompts/goes.json", "removed"), ("prompts/new.json", "added"), ("prompts/grows.json", "changed")],
        "the largest change of a cost first"
    );
    let grows = &report["changes"][2];
    // Four words more, at two dollars a million tokens.
    assert_eq!((grows["by_prompt"].as_str(), grows["by_price"].as_str()), (Some("0.000008"), Some("0")));
    assert_eq!(report["unchanged"], 2, "an unchanged file under another name is no change");

    // A price that the branch changes, read from git, and a merge.
    git(&root, &["checkout", "--quiet", "main"]);
    let price = "schema = 1\n[model.\"gpt-4.1\"]\nencoding = \"o200k_base\"\nprice = { per = \"1M\", input = \"4\", output = \"8\" }\n";
    write(&root, "pricing.toml", price);
    commit(&root);
    git(&root, &["merge", "--quiet", "--no-edit", "branch"]);
    let report = json(&gpt_cost(&root, &["diff", "branch", "--format", "json"]));
    let same = report["changes"].as_array().unwrap().iter().find(|one| one["name"] == "prompts/same.json").unwrap();
    assert_eq!((same["name"].as_str(), same["by_prompt"].as_str()), (Some("prompts/same.json"), Some("0")));
    let tokens = same["old"]["input_tokens"].as_u64().unwrap();
    let doubled = rust_decimal::Decimal::from(tokens * 2) / rust_decimal::Decimal::from(1_000_000);
    assert_eq!(same["by_price"].as_str().unwrap(), doubled.normalize().to_string());
    let total = &report["total"];
    let number = |key: &str| total[key].as_str().unwrap().parse::<rust_decimal::Decimal>().unwrap();
    assert_eq!(number("old") + number("by_prompt") + number("by_config") + number("by_price"), number("new"));

    let output = gpt_cost(&root, &["diff", "branch", "--max-increase", "1%"]);
    assert_eq!(output.status.code(), Some(1));
    let output = gpt_cost(&root, &["diff", "--", "--upload-pack=x"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("is not a file, a folder or a revision in git"), "{output:?}");
}

/// Returns standard error of a `diff` that fails.
fn diff_error(root: &Path, args: &[&str]) -> String {
    let output = gpt_cost(root, &[&["diff"], args].concat());
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    text(&output.stderr)
}

#[test]
fn a_missing_git_object_is_an_error_that_names_the_file() {
    let root = repository("missing");
    write(&root, "gpt-cost.toml", CONFIG);
    // More data than the buffer of a pipe comes after the missing object.
    for index in 0..32 {
        write(&root, &format!("prompts/{index:02}.json"), &prompt(3_000 + index));
    }
    commit(&root);
    let hash = Command::new("git").current_dir(&root).args(["rev-parse", "HEAD:prompts/00.json"]).output().unwrap();
    let hash = text(&hash.stdout);
    let (folder, name) = hash.trim().split_at(2);
    fs::remove_file(root.join(".git/objects").join(folder).join(name)).unwrap();
    let error = diff_error(&root, &["HEAD", "HEAD"]);
    assert!(error.starts_with("error: prompts/00.json: missing from the git repository\n"), "{error}");
}

#[test]
fn each_reason_for_an_unreadable_revision_has_its_own_message() {
    let root = repository("reasons");
    write(&root, "gpt-cost.toml", CONFIG);
    write(&root, "prompts/a.json", &prompt(5));
    let error = diff_error(&root, &["main"]);
    assert!(error.contains("`main` is not a file or a folder, and the git repository has no commits yet"), "{error}");
    commit(&root);
    commit(&root);
    let error = diff_error(&root, &["nope"]);
    assert_eq!(error, "error: `nope` is not a file, a folder or a revision in git\n");

    let shallow = root.join("shallow");
    let from = format!("file://{}", root.display());
    git(&root, &["clone", "--quiet", "--depth", "1", &from, "shallow"]);
    let error = diff_error(&shallow, &["HEAD~1"]);
    assert!(error.contains("hint: this is a shallow clone: fetch more with git fetch --unshallow"), "{error}");

    let outside = std::env::temp_dir().join(format!("gpt-cost-outside-{}", std::process::id()));
    fs::create_dir_all(&outside).unwrap();
    fs::write(outside.join("gpt-cost.toml"), CONFIG).unwrap();
    let error = diff_error(&outside, &["main"]);
    assert_eq!(error, "error: `main` is not a file or a folder, and this is not a git repository\n");
    fs::remove_dir_all(outside).unwrap();

    let binary = env!("CARGO_BIN_EXE_gpt-cost");
    let output =
        Command::new(binary).current_dir(&root).args(["diff", "main"]).env("PATH", "/nowhere").output().unwrap();
    assert_eq!(text(&output.stderr).lines().next(), Some("error: git is not installed"));
}

#[test]
fn diff_accepts_ranges_and_folders_of_revisions() {
    let root = repository("ranges");
    write(&root, "gpt-cost.toml", CONFIG);
    write(&root, "prompts/a.json", &prompt(5));
    commit(&root);
    git(&root, &["checkout", "--quiet", "-b", "branch"]);
    write(&root, "prompts/b.json", &prompt(6));
    commit(&root);
    git(&root, &["checkout", "--quiet", "main"]);
    write(&root, "prompts/a.json", &prompt(50));
    commit(&root);
    git(&root, &["checkout", "--quiet", "branch"]);
    let names = |args: &[&str]| {
        let report = json(&gpt_cost(&root, &[&["diff", "--format", "json"], args].concat()));
        let changes = report["changes"].as_array().unwrap().clone();
        changes.iter().map(|change| change["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&["main..branch"]), ["prompts/b.json", "prompts/a.json"]);
    assert_eq!(names(&["main..."]), ["prompts/b.json"], "what the branch itself changed");
    assert_eq!(names(&["main:prompts", "prompts"]), ["b.json", "a.json"]);
    assert_eq!(names(&["main:prompts/a.json", "main~1:prompts/a.json"]), ["a.json"]);
    assert!(diff_error(&root, &["main..branch", "main"]).contains("names both sides already"));
}

#[test]
fn a_baseline_merges_and_requests_are_compared_with_it() {
    let root = repository("baseline");
    write(&root, "gpt-cost.toml", &format!("{CONFIG}max_increase = \"10%\"\n"));
    write(&root, "prompts/a.json", &prompt(40));
    let output = gpt_cost(&root, &["check"]);
    assert_eq!(output.status.code(), Some(2), "without a baseline");
    assert!(text(&output.stderr).contains("hint: run gpt-cost baseline write to create it"), "{output:?}");
    assert_eq!(gpt_cost(&root, &["baseline", "write"]).status.code(), Some(0));
    let first = fs::read_to_string(root.join("gpt-cost-baseline.json")).unwrap();
    assert_eq!(first.lines().filter(|line| line.contains("prompts/a.json")).count(), 1);
    assert!(!first.contains("word"), "no text of a prompt");
    assert_eq!(gpt_cost(&root, &["check"]).status.code(), Some(0));
    assert!(text(&gpt_cost(&root, &["baseline", "show"]).stdout).contains("prompts/a.json"));
    // A new request has no increase.
    write(&root, "prompts/b.json", &prompt(80));
    assert_eq!(gpt_cost(&root, &["check"]).status.code(), Some(0));
    write(&root, "prompts/a.json", &prompt(60));
    let output = gpt_cost(&root, &["check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("max_increase: it grew from "), "{output:?}");
    write(&root, "gpt-cost-baseline.json", "{\"schema\": 2}");
    assert_eq!(gpt_cost(&root, &["check"]).status.code(), Some(2));
    for (from, to, message) in [
        ("\"as_of\": \"2026-11-24\"", "\"as_of\": \"yesterday\"", "as_of: expected a day such as 2026-11-24"),
        ("\"cost\":\"0.", "\"cost\":\"O.", "].cost: expected a decimal number, such as \"0.05\""),
        ("\"kind\": \"baseline\"", "\"kind\": \"base\"", "kind: expected \"baseline\""),
        ("\"schema\": 1", "\"schema\": 99", "schema: this version of gpt-cost reads baselines with schema 1"),
        ("\"requests\": {", "<<<<<<< HEAD", ":6:3: not a baseline: key must be a string"),
    ] {
        assert!(first.contains(from), "{first}");
        write(&root, "gpt-cost-baseline.json", &first.replacen(from, to, 1));
        for command in [&["check"][..], &["baseline", "show"]] {
            let output = gpt_cost(&root, command);
            assert_eq!(output.status.code(), Some(2), "{command:?} {to}");
            assert!(text(&output.stderr).contains(message), "{output:?}");
        }
    }
}

#[test]
fn each_limit_has_a_finding() {
    let root = repository("limits");
    write(&root, "p.json", &prompt(50));
    let verdict = |limits: &str| {
        write(&root, "gpt-cost.toml", &format!("[[budget]]\nname = \"b\"\npaths = [\"p.json\"]\n{limits}\n"));
        let output = gpt_cost(&root, &["check"]);
        (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
    };
    // 64 tokens of input and 10 of output, at 2 and 8 dollars a million: $0.000128 and $0.00008.
    for (limits, code) in [
        ("max_cost_per_request = \"0.000208\"", 0),
        ("max_cost_per_request = \"0.000207\"", 1),
        ("max_cost_per_request = 0.000207", 1),
        ("output_tokens = 5\nmax_cost_per_request = \"0.000168\"", 0),
        ("max_input_cost = \"$0.000128\"", 0),
        ("max_input_cost = \"0.000127\"", 1),
        ("max_input_tokens = 64", 0),
        ("max_input_tokens = 63", 1),
        ("max_total_tokens = 74", 0),
        ("max_total_tokens = 73", 1),
        ("min_context_left = 1_047_512", 0),
        ("min_context_left = 1_047_513", 1),
        ("max_cost_all_requests = \"0.000208\"", 0),
        ("max_cost_all_requests = \"0.0002\"", 1),
        ("monthly_requests = 1000\nmax_monthly_cost = \"0.208\"", 0),
        ("monthly_requests = 1000\nmax_monthly_cost = \"0.2\"", 1),
        ("max_input_tokens = 70\nwarn_at = \"90%\"", 0),
        ("tier = \"batch\"\nmax_cost_per_request = \"0.000104\"", 0),
        ("cached = \"100%\"\nmax_input_cost = \"0.000032\"", 1),
        ("cached = \"100%\"\nmax_input_cost = \"0.000128\"", 0),
        ("max_monthly_cost = \"1\"", 2),
        ("max_inptu_tokens = 1", 2),
        ("max_increase = \"10\"", 2),
        ("max_input_tokens = 0", 2),
    ] {
        let (found, output) = verdict(limits);
        assert_eq!(found, code, "{limits}: {output}");
    }
    assert!(
        verdict("max_input_tokens = 70\nwarn_at = \"90%\"")
            .1
            .contains("warning  max_input_tokens: the input has 64 tokens of 70 tokens allowed")
    );
    let (_, output) = verdict("max_inptu_tokens = 1");
    assert!(
        output.contains("gpt-cost.toml:4:1: unknown key `max_inptu_tokens`")
            && output.contains("hint: did you mean `max_input_tokens`?"),
        "{output}"
    );
    assert!(output.contains("^^^^^^^^^^^^^^^^"), "{output}");
}

#[test]
fn uncounted_parts_leave_limits_undecided_unless_allowed() {
    let root = repository("uncounted");
    write(&root, "p.json", r#"{"model": "gpt-4.1", "input": "Hi", "previous_response_id": "x"}"#);
    let check = |more: &str| {
        write(
            &root,
            "gpt-cost.toml",
            &format!("[[budget]]\nname = \"b\"\npaths = [\"*.json\"]\nmax_input_tokens = 100\n{more}\n"),
        );
        gpt_cost(&root, &["check"]).status.code()
    };
    assert_eq!((check(""), check("allow_uncounted = true")), (Some(2), Some(0)));
}

#[test]
fn globs_can_exclude_files_and_ignored_files_are_not_read() {
    let root = repository("globs");
    write(&root, ".gitignore", "secret/\n");
    for name in ["a/x.json", "a/old/y.json", "secret/z.json", "b.json"] {
        write(&root, name, &prompt(5));
    }
    let names = |paths: &str, more: &str| {
        write(&root, "gpt-cost.toml", &format!("[[budget]]\nname = \"b\"\npaths = {paths}\n{more}\n"));
        let output = gpt_cost(&root, &["check", "--format", "jsonl"]);
        let lines = text(&output.stdout);
        let name =
            |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["name"].as_str().unwrap().to_owned();
        (lines.lines().map(name).collect::<Vec<_>>(), output.status.code().unwrap())
    };
    assert_eq!(names("[\"**/*.json\"]", ""), (vec!["a/old/y.json".into(), "a/x.json".into(), "b.json".into()], 0));
    assert_eq!(names("[\"a/**\", \"!a/old/**\"]", ""), (vec!["a/x.json".into()], 0));
    assert_eq!(names("[\"./b.json\"]", ""), (vec!["b.json".into()], 0));
    assert_eq!(names("[\"nothing/*\"]", ""), (vec![], 2));
    assert_eq!(names("[\"nothing/*\"]", "allow_empty = true"), (vec![], 0));
    assert_eq!(names("[\"a[\"]", "").1, 2);
}

#[test]
fn every_format_is_valid_for_its_readers() {
    let root = repository("formats");
    write(
        &root,
        "gpt-cost.toml",
        &format!(
            "{CONFIG}message = \"<ask> & you | will\"\n[[budget]]\nname = \"sum\"\npaths = [\"prompts/b.json\"]\nmax_cost_all_requests = \"0.00001\"\n"
        ),
    );
    write(&root, "prompts/a.json", &prompt(500));
    write(&root, "prompts/b.json", &prompt(5));
    write(&root, "prompts/c.json", "{");
    let report = |format: &str| text(&gpt_cost(&root, &["check", "--format", format]).stdout);

    let instance: serde_json::Value = serde_json::from_str(&report("json")).unwrap();
    assert_eq!(instance["tally"], serde_json::json!({"within": 1, "warning": 0, "exceeded": 1, "unknown": 1}));

    let sarif: serde_sarif::sarif::Sarif = serde_json::from_str(&report("sarif")).unwrap();
    let results = sarif.runs[0].results.as_ref().unwrap();
    assert_eq!(results.len(), 3);
    let rules: Vec<&str> = results.iter().filter_map(|result| result.rule_id.as_deref()).collect();
    assert_eq!(rules, ["unreadable", "max_input_tokens", "max_cost_all_requests"]);

    let junit = junit_parser::from_reader(report("junit").as_bytes()).unwrap();
    assert_eq!((junit.tests, junit.failures, junit.errors), (5, 2, 1));
    assert_eq!(junit.suites.iter().map(|suite| suite.cases.len()).sum::<usize>(), 5);

    let github = report("github");
    assert!(github.lines().all(|line| line.starts_with("::error file=")), "{github}");
    assert!(
        github.contains("file=prompts/a.json,line=5,title=gpt-cost%3A max_input_tokens::the input has 514 tokens"),
        "{github}"
    );
    let markdown = report("markdown");
    assert!(
        markdown.starts_with("<!-- gpt-cost check -->\n") && markdown.contains("&lt;ask&gt; &amp; you \\| will"),
        "{markdown}"
    );
    assert_eq!(report("csv").lines().count(), 6, "with a row for the sum of a budget");
    assert_eq!(report("jsonl").lines().count(), 4);
    for format in ["table", "json", "jsonl", "csv", "markdown", "github", "sarif", "junit"] {
        assert_eq!(report(format), report(format), "the same bytes");
        assert!(!report(format).contains("word word"), "no text of a prompt");
    }

    let output = gpt_cost(&root, &["check", "--out", "json:r.json", "--out", "sarif:out.sarif", "--warn-only"]);
    assert_eq!(output.status.code(), Some(2), "a file that cannot be told of is no warning");
    assert_eq!(fs::read_to_string(root.join("out.sarif")).unwrap().lines().next(), Some("{"));
    let saved = gpt_cost(&root, &["diff", "r.json", "--format", "json"]);
    assert_eq!(json(&saved)["changes"], serde_json::json!([]), "a saved report is a side of a difference");
    let output = gpt_cost(&root, &["check", "--out", "json:no/such/folder.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!root.join("no").exists());
}

#[cfg(unix)]
#[test]
fn hostile_file_names_and_links_are_escaped() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let root = repository("hostile");
    write(&root, "gpt-cost.toml", "[[budget]]\nname = \"b\"\npaths = [\"p/**\"]\nmax_input_tokens = 1\n");
    for name in ["p/a b.json", "p/new\nline.json", "p/x::error::y.json", "p/a,b%.json", "p/<b>|.json", "p/-x.json"] {
        write(&root, name, &prompt(2));
    }
    fs::write(root.join("p").join(OsStr::from_bytes(b"\xff.json")), prompt(2)).unwrap();
    std::os::unix::fs::symlink(&root, root.join("p/loop")).unwrap();
    std::os::unix::fs::symlink("nowhere", root.join("p/dangling.json")).unwrap();
    for format in ["table", "github", "markdown", "junit", "sarif", "csv", "json"] {
        let output = gpt_cost(&root, &["check", "--format", format]);
        assert!(matches!(output.status.code(), Some(1 | 2)), "{output:?}");
        let report = text(&output.stdout);
        assert!(!report.contains("new\nline") || format == "csv", "{report}");
        match format {
            "github" => assert!(report.lines().all(|line| line.starts_with("::error file=p/")), "{report}"),
            "junit" => drop(junit_parser::from_reader(report.as_bytes()).unwrap()),
            "sarif" => drop(serde_json::from_str::<serde_sarif::sarif::Sarif>(&report).unwrap()),
            _ => {}
        }
    }
    commit(&root);
    assert_eq!(gpt_cost(&root, &["diff", "HEAD"]).status.code(), Some(0));
}

#[test]
fn a_thousand_budgets_are_read_and_checked() {
    let root = repository("many");
    let budget = |index: usize| {
        format!("[[budget]]\nname = \"b{index}\"\npaths = [\"p.json\"]\nmax_input_tokens = {}\n", 14 + index % 2)
    };
    write(&root, "gpt-cost.toml", &(0..1_000).map(budget).collect::<String>());
    write(&root, "p.json", &prompt(1));
    let report = json(&gpt_cost(&root, &["check", "--format", "json"]));
    assert_eq!((&report["tally"]["within"], &report["tally"]["exceeded"]), (&0.into(), &1.into()), "one request");
    let verdicts = report["requests"][0]["budgets"].as_array().unwrap();
    let exceeded = verdicts.iter().filter(|verdict| verdict["verdict"] == "exceeded").count();
    assert_eq!((verdicts.len(), exceeded), (1_000, 500));
}

#[test]
fn tables_can_be_pinned_and_locked() {
    let root = repository("pinned");
    write(&root, "p.json", &prompt(5));
    let config = |more: &str| {
        write(&root, "gpt-cost.toml", &format!("{more}\n[[budget]]\nname = \"b\"\npaths = [\"p.json\"]\n"))
    };
    let table = "schema = 1\n[model.\"gpt-4.1\"]\nencoding = \"o200k_base\"\ncounting = \"gpt-4-turbo\"\ncontext = 1000\nprice = { per = \"1M\", input = \"7\", output = \"9\" }\n";
    write(&root, "prices.toml", table);
    config("pricing = { file = \"prices.toml\", only = true }");
    let report = json(&gpt_cost(&root, &["check", "--format", "json"]));
    assert_eq!(report["pricing"].as_array().unwrap().len(), 1, "the built-in table has no part in it");
    let hash = report["pricing_hash"].as_str().unwrap().to_owned();
    config(&format!("pricing = {{ file = \"prices.toml\", only = true }}\npricing_lock = \"{hash}\""));
    assert_eq!(text(&gpt_cost(&root, &["check"]).stderr), "");
    write(&root, "prices.toml", &table.replace('7', "8"));
    let output = gpt_cost(&root, &["check"]);
    assert_eq!(output.status.code(), Some(1), "other prices than those that are locked");
    assert!(text(&output.stdout).contains("exceeded pricing_lock: the price tables do not match pricing_lock"));
    for format in ["json", "markdown", "github", "sarif", "junit"] {
        let report = text(&gpt_cost(&root, &["check", "--format", format]).stdout);
        assert!(report.contains("the price tables do not match"), "{format}: {report}");
    }
}

#[test]
fn annotations_name_files_from_the_root_of_the_repository() {
    let root = repository("nested");
    write(
        &root,
        "one/gpt-cost.toml",
        "[[budget]]\nname = \"b\"\npaths = [\"two/*.json\"]\nmax_input_tokens = 1\nmax_cost_all_requests = \"0\"\n",
    );
    write(&root, "one/two/p.json", &prompt(2));
    for folder in ["one", "one/two"] {
        let report = text(&gpt_cost(&root.join(folder), &["check", "--format", "github"]).stdout);
        let files: Vec<&str> = report.lines().map(|line| line.split(',').next().unwrap()).collect();
        assert_eq!(files, ["::error file=one/two/p.json", "::error file=one/gpt-cost.toml"], "{report}");
    }
}

#[test]
fn single_requests_use_the_configuration_too() {
    let root = repository("single");
    write(&root, "p.json", r#"[{"role": "user", "content": "Hi"}]"#);
    write(&root, "gpt-cost.toml", "model = \"gpt-4.1\"\nas_of = 2026-05-01\n");
    let report = json(&gpt_cost(&root, &["estimate", "p.json", "--format", "json"]));
    assert_eq!(
        (report["requests"][0]["model"].as_str(), report["as_of"].as_str()),
        (Some("gpt-4.1"), Some("2026-05-01"))
    );
    let report = json(&gpt_cost(&root, &["estimate", "p.json", "-m", "gpt-4o", "--as-of", DAY, "--format", "json"]));
    assert_eq!((report["requests"][0]["model"].as_str(), report["as_of"].as_str()), (Some("gpt-4o"), Some(DAY)));
    let count = text(&gpt_cost(&root, &["count", "p.json"]).stdout);
    assert!(count.contains("\n  from gpt-cost.toml: model gpt-4.1, as_of 2026-05-01\n"), "{count}");
}

#[test]
fn every_command_uses_the_configured_size_of_images() {
    let root = repository("image-size");
    let image = r#"{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}"#;
    write(&root, "p.json", &format!(r#"[{{"role": "user", "content": [{image}]}}]"#));
    let budget = "[[budget]]\nname = \"b\"\npaths = [\"p.json\"]\nmax_input_tokens = 10_000\n";
    write(&root, "gpt-cost.toml", &format!("model = \"gpt-4o\"\nimage_size = \"512x512\"\n{budget}"));
    let tokens = |tokens: &serde_json::Value| tokens["tokens"].as_u64().unwrap();
    let estimate = json(&gpt_cost(&root, &["estimate", "p.json", "--format", "json"]));
    let check = json(&gpt_cost(&root, &["check", "--format", "json"]));
    let expected = tokens(&estimate["requests"][0]["input_tokens"]);
    assert_eq!(tokens(&check["requests"][0]["budgets"][0]["input_tokens"]), expected, "{check}");
    let count = text(&gpt_cost(&root, &["count", "p.json", "--quiet"]).stdout);
    assert_eq!(count.trim(), expected.to_string());
    let table = text(&gpt_cost(&root, &["estimate", "p.json"]).stdout);
    assert!(table.contains("image_size 512x512"), "{table}");
    let larger = gpt_cost(&root, &["count", "p.json", "--quiet", "--image-size", "2048x2048"]);
    assert_ne!(text(&larger.stdout).trim(), expected.to_string());
}

#[test]
fn every_command_uses_the_configured_tokens_of_files() {
    let root = repository("file-tokens");
    let file = r#"{"type": "file", "file": {"file_id": "file-1"}}"#;
    write(&root, "p.json", &format!(r#"[{{"role": "user", "content": [{file}]}}]"#));
    let budget = "[[budget]]\nname = \"b\"\npaths = [\"p.json\"]\nmax_input_tokens = 10_000\n";
    write(&root, "gpt-cost.toml", &format!("model = \"gpt-4o\"\n{budget}"));
    let table = text(&gpt_cost(&root, &["estimate", "p.json"]).stdout);
    assert!(table.contains("hint: --file-tokens N sets the tokens of the text of each file"), "{table}");
    assert_eq!(gpt_cost(&root, &["check"]).status.code(), Some(2), "the file is not counted");
    assert_eq!(gpt_cost(&root, &["check", "--file-tokens", "2000"]).status.code(), Some(0));
    assert_eq!(gpt_cost(&root, &["check", "--file-tokens", "20000"]).status.code(), Some(1));
    write(&root, "gpt-cost.toml", &format!("model = \"gpt-4o\"\nfile_tokens = 2_000\n{budget}"));
    assert_eq!(gpt_cost(&root, &["check"]).status.code(), Some(0));
    let count = |arguments: &[&str]| text(&gpt_cost(&root, arguments).stdout).trim().to_owned();
    assert_eq!(count(&["count", "p.json", "--quiet"]), (3 + 4 + 216 + 2_000).to_string());
    assert_eq!(count(&["count", "p.json", "--quiet", "--file-tokens", "3000"]), (3 + 4 + 216 + 3_000).to_string());
    let table = text(&gpt_cost(&root, &["estimate", "p.json"]).stdout);
    assert!(table.contains("file_tokens 2,000") && !table.contains("hint: --file-tokens"), "{table}");
}

#[test]
fn init_writes_a_configuration_for_the_existing_prompts() {
    let root = repository("init");
    write(&root, "prompts/a.json", &prompt(40));
    write(&root, "prompts/b.json", &prompt(4));
    write(&root, "package.json", "{\"name\": \"x\"}");
    let output = gpt_cost(&root, &["init"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let config = fs::read_to_string(root.join("gpt-cost.toml")).unwrap();
    assert!(config.contains("paths            = [\"prompts/*.json\"]") && !config.contains("package"), "{config}");
    assert_eq!(gpt_cost(&root, &["check"]).status.code(), Some(0));
    assert_eq!(gpt_cost(&root, &["init"]).status.code(), Some(2), "what is there is left as it is");
}

#[test]
fn without_a_configuration_limits_are_arguments() {
    let root = repository("words");
    write(&root, "a.json", &prompt(5));
    write(&root, "b.jsonl", &format!("{}\n\n{}\n", prompt(5).replace('\n', ""), prompt(60).replace('\n', "")));
    assert_eq!(gpt_cost(&root, &["check"]).status.code(), Some(2));
    let output = gpt_cost(&root, &["check", "b.jsonl", "--max-input-tokens", "30"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("b.jsonl:3"), "{output:?}");
    assert_eq!(gpt_cost(&root, &["check", "--max-cost", "1"]).status.code(), Some(0));
    assert_eq!(gpt_cost(&root, &["check", "nowhere.json", "--max-cost", "1"]).status.code(), Some(2));
}
