//! Prints the tables of `benches/README.md`: our counting and encoding beside that of the peers, in one run.
//!
//! ```text
//! taskset -c 1 cargo run --release --manifest-path benches/peers/Cargo.toml
//! ```
//!
//! Each cell is the median of several processes, and the ratio the median of their ratios. `GPT_COST_CORPORA` names the
//! folder of texts; without it the samples of `benches/samples` are used, which are too small for figures to be quoted.
//!
//! `--table NAME` prints only that table, `--load PROCESSOR` measures while another process streams through memory there,
//! and other words select the rows whose names contain one of them.

mod cases;
mod cells;
mod derived;
mod load;
mod minified;
mod options;
mod peers;
mod rounds;
mod tables;
mod texts;
mod timing;

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use cells::{MEASURE, MEASURE_THREADS, measure, measure_threads};
use load::{Load, STREAM, stream};
use options::Options;
use tables::print_table;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [MEASURE, task, peer, encoding, case, megabytes] => measure(task, peer, encoding, case, megabytes),
        [MEASURE_THREADS, encoding, threads] => measure_threads(encoding, threads),
        [STREAM] => stream(),
        _ => Options::parse(&arguments).and_then(|options| print_tables(&options)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn print_tables(options: &Options) -> io::Result<()> {
    let mut load = options.load.map(Load::start).transpose()?;
    let mut out = io::stdout().lock();
    for (number, table) in options.tables.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        print_table(&mut out, *table, options)?;
        load.as_mut().map_or(Ok(()), Load::check)?;
    }
    Ok(())
}
