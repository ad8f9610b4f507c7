//! The example of `docs/ci`: its repository, and the scripts that its CI systems run.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::budgets::{DAY, commit, git, gpt_cost, json, repository, text, write};
use crate::cli::copy;

const SUPPORT: &str = "prompts/support.json";

/// Returns a copy of the example as a repository: `main` has the example, and a branch `change` is checked out.
fn example(name: &str) -> PathBuf {
    let root = repository(name);
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ci/example"), &root);
    commit(&root);
    git(&root, &["checkout", "--quiet", "-b", "change"]);
    root
}

/// Makes the support prompt longer.
fn lengthen(root: &Path, words: usize) {
    let prompt = fs::read_to_string(root.join(SUPPORT)).unwrap();
    let longer = prompt.replace("Be brief and kind.", &format!("Be brief and kind.{}", " Be polite.".repeat(words)));
    assert_ne!(prompt, longer);
    write(root, SUPPORT, &longer);
    commit(root);
}

/// A CI runner: the command, and a fake `gh` that stores one comment.
struct Runner {
    root: PathBuf,
}

impl Runner {
    fn new(root: &Path) -> Runner {
        let root = root.to_owned();
        let gh = "#!/bin/sh\necho \"$@\" >> \"$GH/log\"\n\
                  for word in \"$@\"; do case \"$word\" in body=@*) cp \"${word#body=@}\" \"$GH/comment.md\"; exit;; esac; done\n\
                  if [ -f \"$GH/comment.md\" ]; then echo 42; echo 43; fi\n";
        fs::create_dir_all(root.join(".git/tools")).unwrap();
        fs::write(root.join(".git/tools/gh"), gh).unwrap();
        fs::set_permissions(root.join(".git/tools/gh"), fs::Permissions::from_mode(0o755)).unwrap();
        Runner { root }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(".git/tools").join(name)
    }

    fn command(&self, words: &[&str]) -> Command {
        let binary = Path::new(env!("CARGO_BIN_EXE_gpt-cost")).parent().unwrap().display().to_string();
        let mut command = Command::new("bash");
        command.current_dir(&self.root).args(words);
        let path = format!("{binary}:{}:{}", self.path("").display(), std::env::var("PATH").unwrap());
        command.env("PATH", path).env("GH", self.path("")).env("XDG_CONFIG_HOME", self.path("nobody's"));
        command
    }

    /// Runs the action's script; its log of `gh` and its summary are of this run alone.
    fn action(&self, args: &str, more: &[(&str, &str)]) -> Output {
        for name in ["log", "summary.md", "output"] {
            let _ = fs::remove_file(self.path(name));
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ci/action.sh");
        let mut command = self.command(&[&script.display().to_string()]);
        command.env("ARGS", format!("--as-of {DAY} {args}")).env("DIFF_BASE", "main").env("COMMENT", "true");
        command.env("PULL_REQUEST", "7").env("GITHUB_REPOSITORY", "somebody/something");
        command.env("GITHUB_OUTPUT", self.path("output")).env("GITHUB_STEP_SUMMARY", self.path("summary.md"));
        command.envs(more.iter().copied()).output().unwrap()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }
}

#[test]
fn the_example_is_within_its_budgets_and_its_baseline_is_up_to_date() {
    let root = example("ci-example");
    let output = gpt_cost(&root, &["check"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = text(&output.stdout);
    assert!(report.contains("2 requests: 2 within budget") && report.contains("per month"), "{report}");
    let difference = json(&gpt_cost(&root, &["diff", "gpt-cost-baseline.json", "--format", "json"]));
    assert_eq!(difference["changes"], serde_json::json!([]), "gpt-cost baseline write, in docs/ci/example");
}

#[test]
fn a_comment_is_created_updated_and_cleared() {
    let root = example("ci-comment");
    let runner = Runner::new(&root);
    let output = runner.action("", &[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(runner.read("comment.md"), "", "nothing changed, so nothing is said");
    assert!(runner.read("summary.md").contains("### Prompt budgets: all within budget"));
    assert_eq!(runner.read("output"), "exit-code=0\n");

    lengthen(&root, 150);
    let output = runner.action("", &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let annotations = text(&output.stdout);
    assert!(
        annotations.starts_with("::error file=prompts/support.json,line=5,title=gpt-cost%3A max_increase::"),
        "{annotations}"
    );
    assert!(annotations.contains("the largest component of the input is messages[0]"), "{annotations}");
    let comment = runner.read("comment.md");
    assert!(comment.starts_with("<!-- gpt-cost diff -->\n### Prompt costs: $"), "{comment}");
    assert!(comment.contains("| prompts/support.json | 61 → 511 |") && comment.contains("per month: $"), "{comment}");
    assert!(!comment.contains("polite"), "no text of a prompt: {comment}");
    assert!(runner.read("log").contains("api --silent repos/somebody/something/issues/7/comments --field"));
    assert!(runner.read("summary.md").contains("### Prompt costs: "));

    git(&root, &["revert", "--no-edit", "HEAD"]);
    let output = runner.action("", &[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let cleared = runner.read("comment.md");
    assert!(cleared.starts_with("<!-- gpt-cost diff: no change -->\n"), "{cleared}");
    assert!(cleared.contains("No request costs more or less than in main."), "{cleared}");
    assert!(runner.read("log").contains("--method PATCH repos/somebody/something/issues/comments/42 "));

    write(&root, SUPPORT, "{\"model\": ");
    commit(&root);
    assert_eq!(runner.action("", &[]).status.code(), Some(2));
    let broken = runner.read("comment.md");
    assert!(broken.starts_with("<!-- gpt-cost diff -->\n"), "{broken}");
    assert!(broken.contains("- **broken** in HEAD: prompts/support.json:1: not valid JSON"), "{broken}");
}

#[test]
fn later_changes_of_main_are_not_changes_of_the_branch() {
    let root = example("ci-behind");
    let runner = Runner::new(&root);
    git(&root, &["checkout", "--quiet", "main"]);
    lengthen(&root, 10);
    git(&root, &["checkout", "--quiet", "change"]);
    assert_eq!(runner.action("", &[]).status.code(), Some(0));
    assert_eq!(runner.read("comment.md"), "");
}

#[test]
fn the_arguments_of_the_action_are_split_at_quotes_and_never_run_as_commands() {
    let root = example("ci-arguments");
    let runner = Runner::new(&root);
    lengthen(&root, 150);
    let code = |args: &str| runner.action(args, &[("COMMENT", "false")]).status.code().unwrap();
    assert_eq!((code("--max-increase \"500 tokens\""), code("--max-increase '300 tokens'")), (0, 1));
    assert_eq!(code("--max-increase 1% --warn-only"), 0);
    let output = runner.action("--max-increase \"500 tokens", &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stdout).contains("::error::gpt-cost: the quotes of args do not match"), "{output:?}");
    assert_eq!(code("$(touch hacked) ; touch hacked `touch hacked`"), 2);
    assert!(!root.join("hacked").exists());
    assert_eq!(runner.action("", &[("WARN_ONLY", "true")]).status.code(), Some(0));
}

/// Runs the lines of GitLab's job in order, as its runner does, without the installation.
#[test]
fn the_gitlab_job_compares_even_if_the_check_fails() {
    let root = example("ci-gitlab");
    let runner = Runner::new(&root);
    let job = fs::read_to_string(root.join(".gitlab-ci.yml")).unwrap();
    let script = job.split("script:\n").nth(1).unwrap().split("  artifacts:").next().unwrap();
    let lines =
        script.lines().filter_map(|line| line.trim().strip_prefix("- ")).filter(|line| !line.starts_with("cargo"));
    let script: Vec<&str> = ["set -eo pipefail"].into_iter().chain(lines).collect();
    assert_eq!(script.len(), 5, "{script:?}");
    let run = || {
        let mut command = runner.command(&["-c", &script.join("\n")]);
        command.env("CI_MERGE_REQUEST_DIFF_BASE_SHA", "main").output().unwrap()
    };
    assert_eq!(run().status.code(), Some(0));
    lengthen(&root, 150);
    let output = run();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let log = text(&output.stdout);
    assert!(log.contains("exceeded max_increase") && log.contains("main → the working tree"), "{log}");
    let report = fs::read(root.join("gpt-cost.xml")).unwrap();
    assert_eq!(junit_parser::from_reader(report.as_slice()).unwrap().failures, 1);
}

/// A copy of what the weekly update of the prices needs, on `main` of a repository with a remote: the price table of one
/// model, the models that the sources have, and two sources; `gh` prints the file that is named after its command.
fn updated(name: &str) -> Runner {
    let root = repository(name);
    let runner = Runner::new(&root);
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ci");
    fs::create_dir_all(root.join("docs/ci")).unwrap();
    for file in ["prices.sh", "lost_models.py"] {
        fs::copy(ours.join(file), root.join("docs/ci").join(file)).unwrap();
    }
    write(&root, "docs/ci/known-models.txt", "genai-prices ours\nlitellm ours\n");
    write(
        &root,
        "pricing.toml",
        "schema = 1\n[model.\"ours\"]\nencoding = \"o200k_base\"\ncounting = \"gpt-5\"\n\
         price = { per = \"1M\", input = \"3.00\", output = \"9.00\" }\n",
    );
    let gh = "#!/bin/sh\necho \"$@\" >> \"$GH/log\"\ncat \"$GH/$1-$2\" 2> /dev/null || true\n";
    fs::write(runner.path("gh"), gh).unwrap();
    commit(&root);
    let remote = runner.path("remote").display().to_string();
    git(&root, &["init", "--quiet", "--bare", &remote]);
    git(&root, &["remote", "add", "origin", &remote]);
    let litellm = |input: &str| {
        format!(
            r#"{{"ours": {{"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": {input}, "output_cost_per_token": 9e-6}}}}"#
        )
    };
    let genai = r#"[{"id": "openai", "models": [{"id": "ours", "match": {"equals": "ours"}, "prices": {"input_mtok": 2.5, "output_mtok": 9}}]}]"#;
    fs::create_dir_all(runner.path("sources")).unwrap();
    fs::write(runner.path("sources/litellm.json"), litellm("3.0e-6")).unwrap();
    fs::write(runner.path("sources/genai-prices.json"), genai).unwrap();
    runner
}

/// Returns whether there is a Python that reads TOML.
fn has_python() -> bool {
    Command::new("python3").args(["-c", "import tomllib"]).output().is_ok_and(|output| output.status.success())
}

/// Runs a step of the weekly update.
fn update(runner: &Runner, step: &str) -> Output {
    runner.command(&["docs/ci/prices.sh", step, &runner.path("sources").display().to_string()]).output().unwrap()
}

#[test]
fn the_weekly_update_proposes_the_prices_of_the_sources() {
    if !has_python() {
        return;
    }
    let runner = updated("ci-prices");
    let output = update(&runner, "propose");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = runner.read("sources/text.md");
    assert!(report.contains("### genai-prices\n\n```text\n") && report.contains("### All differences"), "{report}");
    assert!(report.contains("$3.00  →  $2.50"), "{report}");
    // The other source contradicts the first one, and is refused.
    assert!(report.contains("$2.50  →  $3.00") && report.contains("nothing was written"), "{report}");
    assert!(fs::read_to_string(runner.root.join("pricing.toml")).unwrap().contains("input = \"2.50\""));

    let output = update(&runner, "pull-request");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(runner.read("log").contains("pr create --head prices --title Prices of litellm and genai-prices"));
    git(&runner.root, &["fetch", "--quiet", "origin", "prices"]);
    // A later run updates the pull request.
    fs::write(runner.path("pr-list"), "7\n").unwrap();
    write(&runner.root, "docs/ci/known-models.txt", "genai-prices ours\n");
    assert_eq!(update(&runner, "pull-request").status.code(), Some(0));
    assert!(runner.read("log").contains("pr edit prices --body-file"));
    // Without a difference, there is none.
    let output = update(&runner, "pull-request");
    assert_eq!(text(&output.stdout), "no differences\n");
}

#[test]
fn the_weekly_update_fails_if_a_source_lost_a_model() {
    if !has_python() {
        return;
    }
    let runner = updated("ci-lost");
    fs::write(runner.path("sources/litellm.json"), r#"{"another": {"litellm_provider": "openai"}}"#).unwrap();
    let output = update(&runner, "propose");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(text(&output.stdout), "::error::a source no longer has a model of pricing.toml: litellm ours\n");
    assert_eq!(fs::read_to_string(runner.root.join("docs/ci/known-models.txt")).unwrap().lines().count(), 2);
    // A model that was shut down may be missing.
    let table = fs::read_to_string(runner.root.join("pricing.toml")).unwrap();
    write(&runner.root, "pricing.toml", &format!("{table}shutdown = 2026-01-31\n"));
    assert_eq!(update(&runner, "propose").status.code(), Some(0));
}

#[test]
fn an_update_that_has_not_succeeded_for_8_days_is_an_issue() {
    let runner = updated("ci-watch");
    let watch = |last: &str, open: &str| {
        let _ = fs::remove_file(runner.path("log"));
        fs::write(runner.path("run-list"), last).unwrap();
        fs::write(runner.path("issue-list"), open).unwrap();
        let output = update(&runner, "watch");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        runner.read("log").contains("issue create --title The weekly update of the prices does not run")
    };
    let ago = |hours: i64| {
        let now = jiff::Timestamp::now().as_second();
        format!("{}\n", jiff::Timestamp::from_second(now - hours * 3_600).unwrap())
    };
    assert!(!watch(&ago(7 * 24), "") && !watch(&ago(8 * 24 - 1), ""));
    assert!(watch(&ago(8 * 24 + 1), "") && watch("", ""));
    assert!(!watch(&ago(30 * 24), "12\n"), "one issue is enough");
}

/// The hook runs for each ending that a budget may name.
#[test]
fn the_hook_runs_for_all_text_files() {
    let hook = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml")).unwrap();
    assert!(hook.contains("types: [text]") && !hook.contains("files:"), "{hook}");
}

#[test]
fn the_largest_changes_fit_into_a_comment() {
    let root = repository("ci-large");
    write(&root, "gpt-cost.toml", "[[budget]]\nname = \"all\"\npaths = [\"**/*.json\"]\noutput_tokens = 10\n");
    let prompt = |number: usize, words: usize| {
        let name = format!("prompts/a-folder-with-a-long-name/another-one/a-prompt-with-a-long-name-{number:04}.json");
        let content = "word ".repeat(words);
        write(
            &root,
            &name,
            &format!(r#"{{"model": "gpt-4.1", "messages": [{{"role": "user", "content": "{content}"}}]}}"#),
        );
    };
    (0..2_000).for_each(|number| prompt(number, 1));
    commit(&root);
    (0..2_000).for_each(|number| prompt(number, 2 + number / 100));
    prompt(1_234, 5_000);
    let broken = |number: usize| write(&root, &format!("broken/a-file-that-is-broken-{number}.json"), "{");
    (0..500).for_each(broken);
    let output = gpt_cost(&root, &["diff", "HEAD", "--format", "markdown"]);
    assert_eq!(output.status.code(), Some(2));
    let comment = text(&output.stdout);
    assert!(comment.len() < 65_536 && comment.len() > 50_000, "{}", comment.len());
    let rows: Vec<&str> = comment.lines().filter(|line| line.starts_with("| ")).collect();
    assert!(
        rows[2].starts_with("| prompts/a-folder-with-a-long-name/another-one/a-prompt-with-a-long-name-1234.json |"),
        "{}",
        rows[2]
    );
    let (rest, total) = (rows[rows.len() - 2], rows[rows.len() - 1]);
    assert!(rest.starts_with("| and 1,") && rest.contains(" more | "), "{rest}");
    assert!(total.starts_with("| total | "), "{total}");
    assert!(comment.contains("- and 4") && comment.contains("2,000 requests changed, 0 unchanged."), "{comment}");
    // The shown changes and the summarized ones together are all changes.
    let changed = |row: &str| {
        row.split(" | ").nth(4).unwrap().trim_start_matches(['+', '$']).parse::<rust_decimal::Decimal>().unwrap()
    };
    let sum: rust_decimal::Decimal = rows[2..rows.len() - 1].iter().map(|row| changed(row)).sum();
    assert_eq!(sum, changed(total));
}
