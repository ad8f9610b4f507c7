//! Prints the table of `benches/README.md`: our counting beside that of the peers, in one run.
//!
//! ```text
//! taskset -c 1 cargo run --release --manifest-path benches/peers/Cargo.toml
//! ```
//!
//! Each cell is a process of its own, so that nothing is warm that a case does not warm, and a peer that panics or
//! needs longer than [`PATIENCE`] costs only its cell. The best of several processes counts. `GPT_COST_CORPORA` names
//! the folder of texts; without it the samples of `benches/samples` are used, which are too small for figures to be
//! quoted.
//!
//! Words after the command select the cases whose names contain one of them.

mod cases;
mod peers;

use std::env;
use std::io::{self, Read, Write};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use cases::{CASES, Case, Unit};
use peers::PEERS;

/// How long a cell may take, the peer's loading included.
const PATIENCE: Duration = Duration::from_secs(10);

/// Processes of which the best one counts: more where each is short.
const TRIES: usize = 3;
const TRIES_OF_START: usize = 25;

/// The argument with which this program calls itself to measure one cell.
const MEASURE: &str = "--measure";

const ENCODINGS: [&str; 2] = ["cl100k_base", "o200k_base"];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [MEASURE, peer, encoding, case] => measure(peer, encoding, case),
        _ => print_table(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn print_table(wanted: &[String]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    write!(out, "| case | encoding |")?;
    PEERS.iter().try_for_each(|peer| write!(out, " {} |", peer.name))?;
    writeln!(out, " ratio |\n|---|---|{}---|", "---|".repeat(PEERS.len()))?;
    for case in CASES.iter().filter(|case| wanted.is_empty() || wanted.iter().any(|word| case.name.contains(&**word))) {
        for encoding in ENCODINGS {
            let cells: Vec<Cell> = PEERS.iter().map(|peer| best_of(peer.name, encoding, case)).collect();
            print_row(&mut out, case, encoding, &cells)?;
        }
    }
    Ok(())
}

/// Prints the row: a count that is not ours is marked, and the ratio is to the best peer whose count is right.
///
/// # Panics
///
/// If a peer that is known to be exact does not agree with us.
fn print_row(out: &mut impl Write, case: &Case, encoding: &str, cells: &[Cell]) -> io::Result<()> {
    let ours = &cells[0];
    let mut best: Option<f64> = None;
    write!(out, "| {} | {} |", case.name, encoding.trim_end_matches("_base"))?;
    for (peer, cell) in PEERS.iter().zip(cells) {
        if case.unit == Unit::Process && !peer.has_vocabulary {
            write!(out, " – |")?;
            continue;
        }
        let Cell::Done { seconds, tokens } = cell else {
            write!(out, " {} |", if matches!(cell, Cell::TooSlow) { "> 10 s" } else { "panic" })?;
            continue;
        };
        let agrees = matches!(ours, Cell::Done { tokens: our_tokens, .. } if our_tokens == tokens);
        assert!(agrees || !peer.exact, "{}, {encoding}: {} counts {tokens} tokens, we {ours:?}", case.name, peer.name);
        if agrees && peer.name != PEERS[0].name {
            best = Some(best.map_or(*seconds, |best| best.min(*seconds)));
        }
        write!(out, " {}{} |", case.show(*seconds), if agrees { "" } else { " ≠" })?;
    }
    match (ours, best) {
        (Cell::Done { seconds, .. }, Some(best)) => writeln!(out, " {:.2} |", best / seconds)?,
        _ => writeln!(out, " |")?,
    }
    out.flush()
}

#[derive(Debug)]
enum Cell {
    Done { seconds: f64, tokens: usize },
    TooSlow,
    Panicked,
}

fn best_of(peer: &str, encoding: &str, case: &Case) -> Cell {
    let tries = if case.unit == Unit::Process { TRIES_OF_START } else { TRIES };
    let mut best = Cell::Panicked;
    for _ in 0..tries {
        match (run(peer, encoding, case), &best) {
            (Cell::Done { seconds, .. }, Cell::Done { seconds: least, .. }) if seconds >= *least => {}
            (done @ Cell::Done { .. }, _) => best = done,
            (failed, _) => return failed,
        }
    }
    best
}

/// Measures one cell in a process of its own.
fn run(peer: &str, encoding: &str, case: &Case) -> Cell {
    let started = Instant::now();
    let child = env::current_exe().and_then(|program| {
        Command::new(program)
            .args([MEASURE, peer, encoding, case.name])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
    });
    let mut child = child.expect("this program can call itself");
    let mut pipe = child.stdout.take().expect("the output is piped");
    if case.unit != Unit::Process {
        while child.try_wait().expect("a child can be waited for").is_none() {
            if started.elapsed() > PATIENCE {
                let _ = child.kill();
                let _ = child.wait();
                return Cell::TooSlow;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    let succeeded = child.wait().expect("a child can be waited for").success();
    let whole_process = started.elapsed().as_secs_f64();
    let mut output = String::new();
    pipe.read_to_string(&mut output).expect("the output is text");
    match output.split_once(' ').map(|(seconds, tokens)| (seconds.parse(), tokens.trim().parse())) {
        Some((Ok(seconds), Ok(tokens))) if succeeded => {
            Cell::Done { seconds: if case.unit == Unit::Process { whole_process } else { seconds }, tokens }
        }
        _ => Cell::Panicked,
    }
}

/// Prints the seconds of one cell and the tokens that were counted.
fn measure(peer: &str, encoding: &str, case: &str) -> io::Result<()> {
    let unknown = || io::Error::other("no such cell");
    let case = CASES.iter().find(|known| known.name == case).ok_or_else(unknown)?;
    let peer = PEERS.iter().find(|known| known.name == peer).ok_or_else(unknown)?;
    let texts = case.texts()?;
    let count = (peer.load)(encoding);
    if case.unit == Unit::Process {
        let tokens: usize = texts.iter().map(|text| count(text)).sum();
        println!("0 {tokens}");
        return Ok(());
    }
    // Whatever a peer sets up at its first use is not part of the figure.
    count("What is set up at the first use is set up now.");
    let (seconds, tokens) = case.time(&texts, &*count);
    println!("{seconds} {tokens}");
    Ok(())
}
