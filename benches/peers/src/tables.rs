//! The tables.

use std::io::{self, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::{env, iter, thread};

use crate::cases::{CASES, Case, Unit};
use crate::cells::{Cell, Outcome, run_threads};
use crate::options::{Options, Table};
use crate::peers::{PEERS, Task};
use crate::texts::CORPORA;

/// Processes of which the best one counts: more where each is short.
const TRIES: usize = 3;
const TRIES_OF_START: usize = 25;
const TRIES_OF_THREADS: usize = 9;

const ENCODINGS: [&str; 2] = ["cl100k_base", "o200k_base"];

/// The megabytes of the worst cases in the table "linear".
const SIZES: [usize; 2] = [1, 10];

pub fn print_table(out: &mut impl Write, table: Table, options: &Options) -> io::Result<()> {
    match table {
        Table::Count => print_peers(out, Task::Count, options),
        Table::Encode => print_peers(out, Task::Encode, options),
        Table::Linear => print_linear(out, options),
        Table::Threads => print_threads(out),
    }
}

/// A row of the tables "count" and "encode", once for each encoding.
struct Row<'a> {
    name: String,
    case: &'a Case,
    folder: Option<&'a Path>,
}

fn print_peers(out: &mut impl Write, task: Task, options: &Options) -> io::Result<()> {
    write!(out, "| {} | encoding |", task.as_str())?;
    PEERS.iter().try_for_each(|peer| write!(out, " {} |", peer.name))?;
    writeln!(out, " ratio |\n|---|---|{}---|", "---|".repeat(PEERS.len()))?;
    let folders = folders();
    for row in rows(&folders).filter(|row| options.select(&row.name)) {
        for encoding in ENCODINGS {
            let outcomes = best_of_each(task, encoding, &row);
            print_row(out, &row, encoding, &outcomes)?;
        }
    }
    Ok(())
}

/// The folder of the corpora, or none for the samples, and its second part, if it has one.
fn folders() -> (Option<PathBuf>, Option<PathBuf>) {
    let folder = env::var_os(CORPORA).map(PathBuf::from);
    let part2 = folder.as_ref().map(|folder| folder.join("part2")).filter(|part2| part2.is_dir());
    (folder, part2)
}

fn rows((folder, part2): &(Option<PathBuf>, Option<PathBuf>)) -> impl Iterator<Item = Row<'_>> {
    let first = CASES.iter().map(|case| Row { name: case.name.to_owned(), case, folder: folder.as_deref() });
    let second = part2.iter().flat_map(|part2| {
        let cases = CASES.iter().filter(|case| case.is_of_corpora());
        cases.map(|case| Row { name: format!("{}, part2", case.name), case, folder: Some(part2) })
    });
    first.chain(second)
}

/// Returns the best outcome of each peer. The peers take turns, so that a slower minute of the machine slows all of them.
fn best_of_each(task: Task, encoding: &str, row: &Row) -> [Option<Outcome>; PEERS.len()] {
    let tries = if row.case.unit == Unit::Process { TRIES_OF_START } else { TRIES };
    let mut best = [None; PEERS.len()];
    for _ in 0..tries {
        for (peer, best) in PEERS.iter().zip(&mut best) {
            let has_failed = matches!(best, Some(Outcome::TooSlow | Outcome::Panicked));
            if has_failed || row.case.unit == Unit::Process && !peer.has_vocabulary {
                continue;
            }
            let outcome = Cell { task, peer, encoding, case: row.case, folder: row.folder, megabytes: 1 }.run();
            *best = Some(best.map_or(outcome, |best| best.best(outcome)));
        }
    }
    best
}

/// Prints the row: tokens that are not ours are marked, and the ratio is to the best peer whose tokens are right.
///
/// # Errors
///
/// If a peer that is known to be exact does not agree with us.
fn print_row(out: &mut impl Write, row: &Row, encoding: &str, outcomes: &[Option<Outcome>]) -> io::Result<()> {
    let ours = outcomes[0];
    let mut best: Option<f64> = None;
    write!(out, "| {} | {} |", row.name, encoding.trim_end_matches("_base"))?;
    for (peer, outcome) in PEERS.iter().zip(outcomes) {
        let figure = match outcome {
            Some(Outcome::Done(figure)) => figure,
            Some(Outcome::TooSlow) => {
                write!(out, " > 10 s |")?;
                continue;
            }
            Some(Outcome::Panicked) => {
                write!(out, " panic |")?;
                continue;
            }
            None => {
                write!(out, " – |")?;
                continue;
            }
        };
        let agrees = matches!(ours, Some(Outcome::Done(ours)) if ours.tokens == figure.tokens);
        if !agrees && peer.exact {
            let (name, found) = (&row.name, figure.tokens);
            return Err(io::Error::other(format!("{name}, {encoding}: {} finds {found:?}, we {ours:?}", peer.name)));
        }
        if agrees && peer.name != PEERS[0].name {
            best = Some(best.map_or(figure.seconds, |best| best.min(figure.seconds)));
        }
        let shown = row.case.unit.show(figure.seconds, figure.bytes);
        write!(out, " {shown}{} |", if agrees { "" } else { " ≠" })?;
    }
    match (ours, best) {
        (Some(Outcome::Done(ours)), Some(best)) => writeln!(out, " {:.2} |", best / ours.seconds)?,
        _ => writeln!(out, " |")?,
    }
    out.flush()
}

/// Prints the speed of gpt-cost on each of the worst cases, in each size.
fn print_linear(out: &mut impl Write, options: &Options) -> io::Result<()> {
    let tasks = [Task::Count, Task::Encode];
    write!(out, "| one text | encoding |")?;
    for (task, size) in tasks.iter().flat_map(|task| SIZES.map(|size| (task, size))) {
        write!(out, " {}, {size} MB |", task.as_str())?;
    }
    writeln!(out, "\n|---|---|{}", "---|".repeat(tasks.len() * SIZES.len()))?;
    for case in CASES.iter().filter(|case| options.select(case.name)) {
        let Some(name) = case.worst() else { continue };
        for encoding in ENCODINGS {
            write!(out, "| {name} | {} |", encoding.trim_end_matches("_base"))?;
            for (task, megabytes) in tasks.iter().flat_map(|task| SIZES.map(|size| (*task, size))) {
                let cell = Cell { task, peer: &PEERS[0], encoding, case, folder: None, megabytes };
                write!(out, " {} |", show(best_of(TRIES, || cell.run())))?;
                out.flush()?;
            }
            writeln!(out)?;
        }
    }
    Ok(())
}

/// Prints the throughput of one thread and of two, and the ratio.
///
/// # Errors
///
/// If this process may use only one processor.
fn print_threads(out: &mut impl Write) -> io::Result<()> {
    if thread::available_parallelism().is_ok_and(|processors| processors < NonZero::new(2).expect("not zero")) {
        return Err(io::Error::other("the table \"threads\" needs two processors"));
    }
    writeln!(out, "| fresh prose | 1 thread | 2 threads | ratio |\n|---|---|---|---|")?;
    let (folder, _) = folders();
    for encoding in ENCODINGS {
        let [one, two] =
            [1, 2].map(|threads| best_of(TRIES_OF_THREADS, || run_threads(encoding, threads, folder.as_deref())));
        write!(out, "| {} | {} | {} |", encoding.trim_end_matches("_base"), show(one), show(two))?;
        match (one, two) {
            (Outcome::Done(one), Outcome::Done(two)) => {
                writeln!(out, " {:.2} |", two.bytes as f64 / two.seconds / (one.bytes as f64 / one.seconds))?;
            }
            _ => writeln!(out, " |")?,
        }
    }
    out.flush()
}

fn best_of(tries: usize, run: impl Fn() -> Outcome) -> Outcome {
    iter::repeat_with(&run).take(tries - 1).fold(run(), Outcome::best)
}

fn show(outcome: Outcome) -> String {
    match outcome {
        Outcome::Done(figure) => Unit::Fresh.show(figure.seconds, figure.bytes),
        Outcome::TooSlow => "> 10 s".to_owned(),
        Outcome::Panicked => "panic".to_owned(),
    }
}
