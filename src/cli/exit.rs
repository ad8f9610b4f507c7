//! How a command ends: the exit codes, and what is said of a failure.

use std::fmt;
use std::io;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

use crate::{Error, Problem};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All is well: exit code 0. A reader that closed the pipe is well, too.
    Fine,
    /// A limit is exceeded: exit code 1, after the report.
    Exceeded,
    /// It could not be told: exit code 2.
    NotTold,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> ExitCode {
        ExitCode::from(match outcome {
            Outcome::Fine => 0,
            Outcome::Exceeded => 1,
            Outcome::NotTold => 2,
        })
    }
}

/// Why a command stopped before its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// Something could not be told.
    Failure(Failure),
    /// The report could not be written.
    Write(io::Error),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Stop {
        Stop::Failure(failure)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Write(error)
    }
}

/// What could not be told, ready to be shown.
#[derive(Debug)]
pub(super) struct Failure {
    errors: Vec<Shown>,
}

#[derive(Debug)]
struct Shown {
    message: String,
    excerpt: Option<String>,
    hint: Option<String>,
}

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Failure {
        Failure { errors: vec![Shown { message: message.into(), excerpt: None, hint: None }] }
    }

    /// Makes a failure of an error of the library.
    pub(super) fn of(error: &Error) -> Failure {
        Failure { errors: error.problems().iter().map(|problem| Shown::of(problem, problem.to_string())).collect() }
    }

    /// Makes a failure of an error that is about a file which the library was not told.
    pub(super) fn in_file(file: &str, error: &Error) -> Failure {
        let shown = |problem: &Problem| {
            let text = match problem.line() {
                Some((line, column)) => format!("{file}:{line}:{column}: {}", problem.message()),
                None => format!("{file}: {problem}"),
            };
            Shown::of(problem, text)
        };
        Failure { errors: error.problems().iter().map(shown).collect() }
    }

    /// Makes a failure of an error that is about one line of a file.
    pub(super) fn in_line(file: &str, line: usize, error: &Error) -> Failure {
        let shown = |problem: &Problem| {
            let text = match problem.line() {
                Some((_, column)) => format!("{file}:{line}:{column}: {}", problem.message()),
                None => format!("{file}:{line}: {problem}"),
            };
            Shown::of(problem, text)
        };
        Failure { errors: error.problems().iter().map(shown).collect() }
    }

    /// Adds what to do, unless that was said already.
    pub(super) fn hint(mut self, hint: &str) -> Failure {
        if let Some(last) = self.errors.last_mut() {
            last.hint.get_or_insert_with(|| hint.to_owned());
        }
        self
    }
}

impl Shown {
    fn of(problem: &Problem, message: String) -> Shown {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Shown { message, excerpt: owned(problem.excerpt()), hint: owned(problem.hint()) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (red, bold) = (AnsiColor::Red.on_default().bold(), Style::new().bold());
        for error in &self.errors {
            writeln!(f, "{red}error{red:#}: {}", error.message)?;
            if let Some(excerpt) = &error.excerpt {
                writeln!(f, "{excerpt}")?;
            }
            if let Some(hint) = &error.hint {
                writeln!(f, "{bold}hint{bold:#}: {hint}")?;
            }
        }
        Ok(())
    }
}
