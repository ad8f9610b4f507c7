//! The command line: parses arguments, reads files and the clock, and writes reports. It uses only the library's
//! public API.

mod actual;
mod args;
mod baseline;
mod batch;
mod check;
mod checked;
mod count;
mod diff;
mod estimate;
mod exit;
mod files;
mod git;
mod init;
mod input;
mod interrupt;
mod models;
mod output;
mod prices;
mod pricing;
mod progress;
mod project;
mod report;
mod schema;
mod template;
mod values;
mod verify;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use gpt_cost::{Cached, Date, Terms, Tier};
use jiff::{Timestamp, tz::TimeZone};

use self::args::{Args, Command};
use self::exit::{Failure, Outcome, Stop};
use self::files::printable;

/// Runs the command `gpt-cost` with the arguments of a process, program name first, and returns its exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    match Args::try_parse_from(args) {
        Ok(args) => finish(command(&args)).into(),
        Err(usage) => {
            // A failed write is ignored: there is no other stream to report it on.
            let _ = usage.print();
            if usage.use_stderr() { Outcome::Error } else { Outcome::Success }.into()
        }
    }
}

/// Returns each JSON document's name and schema.
#[cfg(test)]
pub(crate) fn schemas() -> Vec<(&'static str, schemars::Schema)> {
    report::documents::schemas()
}

fn command(args: &Args) -> Result<Outcome, Stop> {
    match &args.command {
        Command::Estimate(args) => estimate::run(args, &mut anstream::stdout().lock()),
        Command::Count(args) => count::run(args, &mut anstream::stdout().lock()),
        Command::Actual(args) => actual::run(args, &mut anstream::stdout().lock()),
        Command::Batch(command) => batch::run(command, &mut anstream::stdout().lock()),
        Command::Verify(args) => verify::run(args, &mut anstream::stdout().lock()),
        Command::Check(args) => check::run(args, &mut anstream::stdout().lock()),
        Command::Baseline(command) => baseline::run(command, &mut anstream::stdout().lock()),
        Command::Diff(args) => diff::run(args, &mut anstream::stdout().lock()),
        Command::Init(args) => init::run(args),
        Command::Schema(args) => schema::run(args, &mut anstream::stdout().lock()),
        Command::Models(command) => models::run(command, &mut anstream::stdout().lock()),
        Command::Pricing(command) => pricing::run(command, &mut anstream::stdout().lock()),
    }
}

fn finish(result: Result<Outcome, Stop>) -> Outcome {
    match result {
        Ok(outcome) => outcome,
        Err(Stop::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Outcome::Success,
        Err(Stop::Write(error)) => print(&Failure::new(format!("cannot write the report: {error}"))),
        Err(Stop::Failure(failure)) => print(&failure),
    }
}

/// Prints a failure on standard error.
fn print(failure: &Failure) -> Outcome {
    let _ = write!(anstream::stderr().lock(), "{failure}");
    Outcome::Error
}

/// Returns the requested day, else today in UTC. The clock is read only here.
fn day(requested: Option<Date>) -> Date {
    requested.unwrap_or_else(|| Timestamp::now().to_zoned_datetime(TimeZone::UTC).date())
}

/// Returns the terms of requests sent on `day`; options that are `None` keep their defaults.
fn terms(day: Date, tier: Option<Tier>, output_tokens: Option<u32>, cached: Option<Cached>) -> Terms {
    let mut terms = Terms::on(day);
    if let Some(tier) = tier {
        terms = terms.tier(tier);
    }
    if let Some(tokens) = output_tokens {
        terms = terms.output_tokens(tokens);
    }
    if let Some(cached) = cached {
        terms = terms.cached(cached);
    }
    terms
}

/// Prints a note on standard error.
fn note(message: &str) {
    let bold = anstyle::Style::new().bold();
    let _ = writeln!(anstream::stderr().lock(), "{bold}note{bold:#}: {message}");
}
