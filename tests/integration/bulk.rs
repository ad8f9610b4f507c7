//! Many requests in one pass: streams, their faults, and reports that are whole or resumed.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use serde_json::Value;

use crate::budgets::{gpt_cost, json, repository, text, write};

/// Returns a line of a batch with a text of its own.
fn line(index: usize) -> String {
    let words = "a word and another one, ".repeat(index * 37 % 60);
    format!(
        r#"{{"custom_id": "r{index}", "method": "POST", "url": "/v1/chat/completions", "body": {{"model": "gpt-4o-mini", "max_tokens": 100, "messages": [{{"role": "system", "content": "You are brief."}}, {{"role": "user", "content": "{index} {words}"}}]}}}}"#
    )
}

/// Returns lines of about 0.9 MB for each thousand.
fn lines(number: usize) -> String {
    (0..number).map(|index| line(index) + "\n").collect()
}

fn start(root: &Path, args: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gpt-cost"));
    command.current_dir(root).args(args).env("NO_COLOR", "1");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Returns the rows of JSON Lines.
fn rows(output: &[u8]) -> Vec<Value> {
    text(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn names(rows: &[Value]) -> Vec<String> {
    rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_stream_has_the_results_of_its_lines_in_their_order() {
    let root = repository("bulk-order");
    write(&root, "all.jsonl", &lines(4000));
    let rows = rows(&gpt_cost(&root, &["estimate", "all.jsonl", "--format", "jsonl"]).stdout);
    assert_eq!(names(&rows), (1..=4000).map(|line| format!("all.jsonl:{line}")).collect::<Vec<_>>());
    // A few lines alone are no stream.
    for index in [0, 1, 1200, 3999] {
        write(&root, "one.jsonl", &format!("{}\n{}\n", line(index), line(index)));
        let one = json(&gpt_cost(&root, &["estimate", "one.jsonl", "--format", "json"]));
        for field in ["custom_id", "input_tokens", "cost", "fit", "breakdown"] {
            assert_eq!(rows[index][field], one["requests"][0][field], "{index} {field}");
        }
    }
    let document = json(&gpt_cost(&root, &["estimate", "all.jsonl", "--format", "json"]));
    assert_eq!(document["requests"].as_array().unwrap().len(), 4000);
    let tokens = rows.iter().map(|row| row["input_tokens"]["tokens"].as_u64().unwrap()).sum::<u64>();
    assert_eq!(document["total"]["input_tokens"]["tokens"], tokens);
    let csv = text(&gpt_cost(&root, &["estimate", "all.jsonl", "--format", "csv"]).stdout);
    assert_eq!(csv.lines().count(), 4001);
    let counted = self::rows(&gpt_cost(&root, &["count", "all.jsonl", "--format", "jsonl"]).stdout);
    assert!(counted.iter().zip(&rows).all(|(one, other)| one["input_tokens"] == other["input_tokens"]));
    let sum = text(&gpt_cost(&root, &["count", "all.jsonl", "--quiet"]).stdout);
    assert_eq!(sum.trim(), tokens.to_string());
}

#[test]
fn the_summary_has_models_sizes_and_the_largest() {
    let root = repository("bulk-summary");
    write(&root, "all.jsonl", &lines(2000));
    let output = gpt_cost(&root, &["estimate", "all.jsonl"]);
    let table = text(&output.stdout);
    for expected in ["2,000 requests", "gpt-4o-mini", "p50", "most expensive", "200 … 499", "██", "--each lists"]
    {
        assert!(table.contains(expected), "{expected}: {table}");
    }
    let listed = text(&gpt_cost(&root, &["estimate", "all.jsonl", "--each"]).stdout);
    assert!(listed.lines().count() > 2000);
    let counted = text(&gpt_cost(&root, &["count", "all.jsonl"]).stdout);
    for expected in ["gpt-4o-mini", "largest", "total  "] {
        assert!(counted.contains(expected), "{expected}: {counted}");
    }
    assert!(!counted.contains('$'), "{counted}");
}

#[test]
fn bad_lines_are_reported_in_their_place_and_the_others_go_on() {
    let root = repository("bulk-bad");
    let mut all = lines(3000).into_bytes();
    all.extend(b"{\"body\": \xff}\n\r\n\nnot JSON\n");
    all.extend(line(1).into_bytes());
    all.extend(b"\r\n{\"custom_id\": \"x\", \"method\": \"POST\", \"url\": \"/v1/responses\", \"body\": {\"model\": \"gpt-9\", \"input\": \"Hi\"}}");
    let bytes = ["\u{feff}".as_bytes(), &all].concat();
    fs::write(root.join("bad.jsonl"), bytes).unwrap();
    let output = gpt_cost(&root, &["estimate", "bad.jsonl", "--format", "jsonl"]);
    assert_eq!(output.status.code(), Some(2));
    let rows = rows(&output.stdout);
    assert_eq!(rows.len(), 3004);
    let failed: Vec<(u64, &str)> = rows
        .iter()
        .filter(|row| row["kind"] == "estimate-failure")
        .map(|row| (row["line"].as_u64().unwrap(), row["error"].as_str().unwrap()))
        .collect();
    assert_eq!(failed.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3001, 3004, 3006], "{failed:?}");
    assert!(failed[0].1.contains("UTF-8") && failed[1].1.contains("not valid JSON"), "{failed:?}");
    assert_eq!(names(&rows)[3002], "bad.jsonl:3005");
    let errors = text(&output.stderr);
    assert!(errors.contains("bad.jsonl:3006: unknown model `gpt-9`"), "{errors}");
    assert!(!errors.contains("word"), "no text of a prompt: {errors}");

    let output = gpt_cost(&root, &["estimate", "bad.jsonl", "--format", "jsonl", "--fail-fast"]);
    assert_eq!(output.status.code(), Some(2));
    let stopped = self::rows(&output.stdout);
    assert_eq!((stopped.len(), stopped.last().unwrap()["line"].as_u64()), (3001, Some(3001)));
    let document = json(&gpt_cost(&root, &["count", "bad.jsonl", "--format", "json", "--fail-fast"]));
    assert_eq!(
        (document["requests"].as_array().unwrap().len(), document["failed"].as_array().unwrap().len()),
        (3000, 1)
    );
}

#[test]
fn many_failures_are_listed_once_and_counted() {
    let root = repository("bulk-failures");
    write(&root, "bad.jsonl", &format!("{}{}", lines(3), "{\"a\": 1}\n".repeat(3000)));
    let output = gpt_cost(&root, &["estimate", "bad.jsonl"]);
    let errors = text(&output.stderr);
    assert_eq!((output.status.code(), errors.matches("error: ").count()), (Some(2), 50));
    assert!(errors.contains("note: 2,950 requests more failed"), "{errors}");
    assert!(text(&output.stdout).contains("and 2,950 more that failed"));
}

#[test]
fn a_line_that_is_too_long_is_an_error_of_its_own() {
    let root = repository("bulk-long");
    let long = format!("{{\"model\": \"gpt-4o\", \"input\": \"{}\"}}\n", "x".repeat(3_000_000));
    write(&root, "long.jsonl", &format!("{}{long}{}\n", lines(2), line(2)));
    let output = gpt_cost(&root, &["estimate", "long.jsonl", "--format", "jsonl", "--max-line", "2MB"]);
    let rows = rows(&output.stdout);
    assert_eq!(names(&rows), ["long.jsonl:1", "long.jsonl:2", "long.jsonl:3", "long.jsonl:4"]);
    assert_eq!(rows[2]["error"], "request is too large: 3,000,032 bytes, at most 2,000,000");
    assert!(rows[2]["hint"].as_str().unwrap().contains("--max-line"), "{}", rows[2]);
    let output = gpt_cost(&root, &["count", "long.jsonl", "--max-line", "4MB", "--quiet"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for wrong in ["0", "x", "5TB", "-1"] {
        assert_eq!(gpt_cost(&root, &["count", "long.jsonl", "--max-line", wrong]).status.code(), Some(2), "{wrong}");
    }
    // A bomb: one line without an end.
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(b"{\"input\": \"").unwrap();
    (0..200).for_each(|_| bomb.write_all(&[b' '; 1_000_000]).unwrap());
    fs::write(root.join("bomb.jsonl.gz"), bomb.finish().unwrap()).unwrap();
    let output = gpt_cost(&root, &["estimate", "bomb.jsonl.gz"]);
    assert!(text(&output.stderr).contains("request is too large: 200,000,011 bytes, at most 64,000,000"), "{output:?}");
}

#[test]
fn compressed_streams_end_with_an_error_where_they_are_cut_off() {
    let root = repository("bulk-cut");
    let all = lines(3000);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(all.as_bytes()).unwrap();
    let zstd = compress_to_vec(all.as_bytes(), CompressionLevel::Fastest);
    for (name, bytes, format) in [("all.jsonl.gz", gzip.finish().unwrap(), "gzip"), ("all.jsonl.zst", zstd, "zstd")] {
        fs::write(root.join(name), &bytes).unwrap();
        let whole = gpt_cost(&root, &["estimate", name, "--format", "jsonl"]);
        assert_eq!((whole.status.code(), rows(&whole.stdout).len()), (Some(0), 3000), "{name}");
        // Two members, one after the other.
        fs::write(root.join(name), [bytes.as_slice(), &bytes].concat()).unwrap();
        assert_eq!(rows(&gpt_cost(&root, &["estimate", name, "--format", "jsonl"]).stdout).len(), 6000, "{name}");
        fs::write(root.join(name), &bytes[..bytes.len() - bytes.len() / 8]).unwrap();
        let cut = gpt_cost(&root, &["estimate", name, "--format", "jsonl"]);
        let found = rows(&cut.stdout);
        assert_eq!(cut.status.code(), Some(2));
        assert!(found.len() > 1000 && found.len() < 3000, "{name}: {}", found.len());
        let last = found.last().unwrap();
        assert_eq!(last["error"], format!("not valid {format}: it is damaged, or its end is missing"));
        assert_eq!(found[..found.len() - 1], rows(&whole.stdout)[..found.len() - 1]);
        // From standard input, too.
        let mut child = start(&root, &["count", "-", "--format", "jsonl"]);
        child.stdin.take().unwrap().write_all(&bytes).unwrap();
        assert_eq!(rows(&child.wait_with_output().unwrap().stdout).len(), 3000);
    }
}

#[test]
fn folders_globs_and_standard_input_are_read() {
    let root = repository("bulk-paths");
    write(&root, "logs/a/one.jsonl", &lines(2));
    write(&root, "logs/two.NDJSON", &lines(3));
    write(&root, "logs/notes.txt", "not a request");
    write(&root, "logs/.hidden.jsonl", &lines(1));
    write(&root, ".gitignore", "logs/\n");
    let found = |argument: &str| names(&rows(&gpt_cost(&root, &["estimate", argument, "--format", "jsonl"]).stdout));
    let all =
        ["logs/a/one.jsonl:1", "logs/a/one.jsonl:2", "logs/two.NDJSON:1", "logs/two.NDJSON:2", "logs/two.NDJSON:3"];
    assert_eq!(found("logs"), all);
    assert_eq!(found("logs/**/*.jsonl"), all[..2]);
    assert_eq!(found("logs/*.ND*"), all[2..]);
    assert!(found("logs/*.gz")[0].contains("logs/*.gz"));
    let output = gpt_cost(&root, &["estimate", "logs/*.gz"]);
    assert!(text(&output.stderr).contains("error: logs/*.gz: no such file"), "{output:?}");
}

#[test]
fn a_field_has_the_request() {
    let root = repository("bulk-field");
    let wrapped = |body: &str| format!("{{\"time\": 7, \"request\": {{\"body\": {body}}}}}\n");
    let body = r#"{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}"#;
    let as_text = Value::from(body).to_string();
    write(
        &root,
        "log.jsonl",
        &[wrapped(body), wrapped(&as_text), wrapped("{\"messages\": 1}"), "{}\n".to_owned()].concat(),
    );
    let output = gpt_cost(&root, &["estimate", "log.jsonl", "--field", "request.body", "--format", "jsonl"]);
    let rows = rows(&output.stdout);
    assert_eq!(rows[0]["input_tokens"]["tokens"], 8);
    assert_eq!(rows[0]["input_tokens"], rows[1]["input_tokens"]);
    assert_eq!(rows[2]["error"], "request.body.messages: expected an array of messages, found a number");
    assert_eq!(rows[3]["error"], "request.body: there is no such field");
}

#[test]
fn a_report_in_a_file_is_whole_or_not_there() {
    let root = repository("bulk-out");
    write(&root, "all.jsonl", &lines(2500));
    let run = |args: &[&str]| gpt_cost(&root, &[&["estimate", "all.jsonl"], args].concat());
    let output = run(&["--out", "all.out.jsonl"]);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(0), ""));
    assert!(text(&output.stderr).contains("note: all.out.jsonl: 2,500 requests, 0 failed"), "{output:?}");
    let whole = fs::read(root.join("all.out.jsonl")).unwrap();
    assert_eq!(whole, run(&["--format", "jsonl"]).stdout);
    assert!(!root.join("all.out.jsonl.part").exists());
    for (name, format) in [("a.csv", "csv"), ("a.json", "json"), ("a.md", "markdown"), ("a.txt", "table")] {
        assert_eq!(run(&["--out", name]).status.code(), Some(0));
        assert_eq!(fs::read(root.join(name)).unwrap(), run(&["--format", format]).stdout, "{name}");
    }
    for (args, message) in [
        (&["--out", "all.jsonl"][..], "error: all.jsonl: this input would be overwritten"),
        (&["--out", "missing/x.jsonl"], "missing/x.jsonl.part: cannot write: no such folder"),
        (&["--out", "x.json", "--resume"], "--resume goes on behind the last row, and this format has none"),
        (&["--resume"], "--out <FILE>"),
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text(&output.stderr).contains(message), "{args:?}: {}", text(&output.stderr));
    }
}

#[test]
fn a_report_is_resumed_behind_its_last_whole_row() {
    let root = repository("bulk-resume");
    write(&root, "one.json", &line(7));
    write(&root, "all.jsonl", &format!("{}not JSON\n{}", lines(1500), lines(1000)));
    write(&root, "array.json", &format!("[{},{}]", line(1), line(2)));
    let inputs = ["estimate", "one.json", "missing.json", "all.jsonl", "array.json"];
    for name in ["r.jsonl", "r.csv"] {
        let expected = gpt_cost(&root, &[&inputs[..], &["--out", name]].concat());
        assert_eq!(expected.status.code(), Some(2));
        let whole = fs::read(root.join(name)).unwrap();
        fs::remove_file(root.join(name)).unwrap();
        let part = root.join(format!("{name}.part"));
        for length in [0, 5, 600, 2000, whole.len() / 2, whole.len() - 700, whole.len() - 1, whole.len()] {
            fs::write(&part, &whole[..length]).unwrap();
            let left = gpt_cost(&root, &[&inputs[..], &["--out", name]].concat());
            assert!(text(&left.stderr).contains("an earlier run left this file; it was not changed"), "{left:?}");
            assert_eq!(fs::read(&part).unwrap().len(), length);
            let resumed = gpt_cost(&root, &[&inputs[..], &["--out", name, "--resume"]].concat());
            assert_eq!(resumed.status.code(), Some(2), "{name} {length}: {}", text(&resumed.stderr));
            assert_eq!(fs::read(root.join(name)).unwrap(), whole, "{name} {length}");
            assert!(text(&resumed.stderr).contains("2,505 requests, 2 failed"), "{}", text(&resumed.stderr));
        }
        // Another model, and other inputs, would go on with another report.
        for args in [&[&inputs[..], &["-m", "gpt-4"]].concat()[..], &inputs[..2], &["estimate", "array.json"]] {
            let rows: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').take(40).collect();
            fs::write(&part, rows.concat()).unwrap();
            let other = gpt_cost(&root, &[args, &["--out", name, "--resume"]].concat());
            assert!(text(&other.stderr).contains("not those of these requests and arguments"), "{args:?}: {other:?}");
            assert_eq!(fs::read(&part).unwrap(), rows.concat(), "{args:?}");
        }
        fs::remove_file(part).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn killed_processes_are_resumed_to_the_same_bytes() {
    let root = repository("bulk-kill");
    write(&root, "all.jsonl", &lines(12_000));
    let whole = gpt_cost(&root, &["estimate", "all.jsonl", "--format", "jsonl"]).stdout;
    let mut kills = 0;
    for wait in (0u64..).map(|round| 3 + round * 7919 % 83) {
        let mut child = start(&root, &["estimate", "all.jsonl", "--out", "r.jsonl", "--resume"]);
        thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            break;
        }
        kills += 1;
        assert!(kills < 500, "it never ends");
    }
    assert_eq!(fs::read(root.join("r.jsonl")).unwrap(), whole, "after {kills} kills");
    assert!(kills > 1, "{kills}");
}

#[cfg(unix)]
#[test]
fn a_signal_leaves_whole_lines() {
    let root = repository("bulk-signal");
    write(&root, "all.jsonl", &lines(30_000));
    for signal in ["INT", "TERM"] {
        let child = start(&root, &["estimate", "all.jsonl", "--out", "r.jsonl"]);
        let part = root.join("r.jsonl.part");
        while fs::metadata(&part).map_or(0, |data| data.len()) < 1_000_000 {
            thread::sleep(Duration::from_millis(1));
        }
        Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{signal}: {output:?}");
        let left = fs::read(&part).unwrap();
        assert!(left.ends_with(b"\n") && !rows(&left).is_empty());
        fs::remove_file(part).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_an_error_and_leaves_whole_lines() {
    let root = repository("bulk-full");
    write(&root, "all.jsonl", &lines(4000));
    let run = |script: &str| -> Output {
        let mut command = Command::new("bash");
        command.current_dir(&root).args(["-c", script]).env("GPT_COST", env!("CARGO_BIN_EXE_gpt-cost"));
        command.env("NO_COLOR", "1").output().unwrap()
    };
    // A limit on the size of files, as a full disk on every machine.
    let limited = run("trap '' XFSZ; ulimit -f 4000; \"$GPT_COST\" estimate all.jsonl --out r.jsonl");
    check_full(&root.join("r.jsonl.part"), &limited);
    let resumed = gpt_cost(&root, &["estimate", "all.jsonl", "--out", "r.jsonl", "--resume"]);
    assert_eq!(resumed.status.code(), Some(0), "{resumed:?}");
    let whole = gpt_cost(&root, &["estimate", "all.jsonl", "--format", "jsonl"]).stdout;
    assert_eq!(fs::read(root.join("r.jsonl")).unwrap(), whole);
    let device = run("\"$GPT_COST\" estimate all.jsonl --format jsonl > /dev/full");
    assert_eq!(device.status.code(), Some(2));
    assert!(text(&device.stderr).contains("cannot write the report"), "{device:?}");
    // A small disk, where this user may mount one.
    let mount = "mkdir disk && mount -t tmpfs -o size=4m none disk";
    let script = format!(
        "{mount} || exit 77; \"$GPT_COST\" estimate all.jsonl --out disk/r.jsonl; code=$?; cp disk/r.jsonl.part kept; exit $code"
    );
    let small = run(&format!("unshare --map-root-user --mount bash -c '{script}' || exit $?"));
    if matches!(small.status.code(), Some(77 | 1 | 126 | 127)) && !text(&small.stderr).contains("gpt-cost") {
        eprintln!("no small disk here: {}", text(&small.stderr));
        return;
    }
    check_full(&root.join("kept"), &small);
    assert!(text(&small.stderr).contains("the disk is full"), "{small:?}");
}

#[cfg(unix)]
fn check_full(part: &Path, output: &Output) {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let errors = text(&output.stderr);
    assert!(
        errors.contains("r.jsonl.part: cannot write: ") && errors.contains("hint: its lines are whole"),
        "{errors}"
    );
    let left = fs::read(part).unwrap();
    assert!(left.ends_with(b"\n") && !rows(&left).is_empty());
}

#[test]
fn a_reader_that_closes_ends_the_pass() {
    let root = repository("bulk-closed");
    write(&root, "all.jsonl", &lines(20_000));
    let mut child = start(&root, &["estimate", "all.jsonl", "--format", "jsonl"]);
    let mut first = [0; 1000];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
}

#[test]
fn a_file_that_grows_or_vanishes_is_read_to_where_it_ends() {
    let root = repository("bulk-grows");
    let path = root.join("growing.jsonl");
    write(&root, "growing.jsonl", &lines(3000));
    let writer: thread::JoinHandle<PathBuf> = {
        let mut file = File::options().append(true).open(&path).unwrap();
        let path = path.clone();
        thread::spawn(move || {
            for index in 0..200 {
                file.write_all((line(index) + "\n").as_bytes()).unwrap();
                thread::sleep(Duration::from_millis(1));
            }
            path
        })
    };
    let output = gpt_cost(&root, &["estimate", "growing.jsonl", "--format", "jsonl"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let found = rows(&output.stdout);
    assert!((3000..=3200).contains(&found.len()), "{}", found.len());
    let path = writer.join().unwrap();
    let child = start(&root, &["count", "growing.jsonl", "--format", "jsonl"]);
    if cfg!(unix) {
        // Whether it is open by then or not: all of it, or an error that names it.
        fs::remove_file(path).unwrap();
        let output = child.wait_with_output().unwrap();
        let found = rows(&output.stdout);
        assert!(found.len() == 3200 || found[0]["error"] == "no such file", "{output:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_file() {
    let root = repository("bulk-memory");
    let mut child = start(&root, &["estimate", "-"]);
    let mut input = child.stdin.take().unwrap();
    let part = lines(10_000);
    (0..6).for_each(|_| input.write_all(part.as_bytes()).unwrap());
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kilobytes: u64 = peak.trim().trim_end_matches(" kB").trim().parse().unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(text(&output.stdout).starts_with("60,000 requests"), "{}", text(&output.stdout));
    assert!(kilobytes < 100_000, "{kilobytes} KB for {} MB", part.len() * 6 / 1_000_000);
}
