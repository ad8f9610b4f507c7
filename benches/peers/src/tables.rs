//! The tables.

use std::io::{self, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::{env, iter, thread};

use crate::cases::{CASES, Case, Unit};
use crate::cells::{Cell, Outcome, run_threads};
use crate::options::{Options, Table};
use crate::peers::{PEERS, Task};
use crate::rounds::{OURS, Rounds};
use crate::texts::CORPORA;

/// Processes of which the best one counts, where we are alone.
const TRIES: usize = 3;
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
            print_row(out, &row, encoding, &Rounds::run(task, encoding, row.case, row.folder))?;
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

/// Prints the row: tokens that are not ours are marked.
///
/// # Errors
///
/// If a peer that is known to be exact does not agree with us.
fn print_row(out: &mut impl Write, row: &Row, encoding: &str, rounds: &Rounds) -> io::Result<()> {
    write!(out, "| {} | {} |", row.name, encoding.trim_end_matches("_base"))?;
    for (index, peer) in PEERS.iter().enumerate() {
        let outcome = rounds.outcome(index);
        let Some(Outcome::Done(figure)) = outcome else {
            write!(out, " {} |", outcome.map_or("–".to_owned(), show))?;
            continue;
        };
        let agrees = rounds.agrees(index);
        if !agrees && peer.exact {
            let (name, found, ours) = (&row.name, figure.tokens, rounds.outcome(OURS));
            return Err(io::Error::other(format!("{name}, {encoding}: {} finds {found:?}, we {ours:?}", peer.name)));
        }
        let shown = row.case.unit.show(figure.seconds, figure.bytes);
        write!(out, " {shown}{} |", if agrees { "" } else { " ≠" })?;
    }
    match rounds.ratio() {
        Some(ratio) => writeln!(out, " {ratio:.2} |")?,
        None => writeln!(out, " |")?,
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
