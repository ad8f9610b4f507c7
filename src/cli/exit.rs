//! How a command ends: its exit code, and the failure it prints.

use std::fmt;
use std::io;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use gpt_cost::{Error, Position, Problem};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Exit code 0, also when the reader of the output closed the pipe.
    Success,
    /// Exit code 1: a limit is exceeded. The report is printed first.
    Exceeded,
    /// Exit code 2: invalid usage, input or configuration, or an unknown model or price.
    Error,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> ExitCode {
        ExitCode::from(match outcome {
            Outcome::Success => 0,
            Outcome::Exceeded => 1,
            Outcome::Error => 2,
        })
    }
}

/// Why a command stopped early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The command failed.
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

/// One or more errors, ready to print.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    errors: Vec<Shown>,
    is_not_request: bool,
}

#[derive(Clone, Debug)]
struct Shown {
    /// The file, or the file with line and column.
    place: Option<String>,
    line: Option<usize>,
    message: String,
    excerpt: Option<String>,
    hint: Option<String>,
}

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Failure {
        let shown = Shown { place: None, line: None, message: message.into(), excerpt: None, hint: None };
        Failure { errors: vec![shown], is_not_request: false }
    }

    /// Returns a failure at a place, such as `prompt.json` or `batch.jsonl:3`.
    pub(super) fn at(place: impl fmt::Display, message: impl Into<String>) -> Failure {
        let mut failure = Failure::new(message);
        failure.errors[0].place = Some(place.to_string());
        failure
    }

    /// Returns the failure for an error of the library. Hints that name commands are added here, because the library
    /// does not know the command line.
    pub(super) fn from_error(error: &Error) -> Failure {
        let errors = error.problems().iter().map(Shown::from_problem).collect();
        let failure = Failure { errors, is_not_request: error.is_not_request() };
        match error.is_no_tokenizer() {
            true => failure.with_hint("its requests cannot be counted; gpt-cost actual prices its responses"),
            false => failure,
        }
    }

    /// Returns whether the input is valid but not a request.
    pub(super) fn is_not_request(&self) -> bool {
        self.is_not_request
    }

    /// Adds a hint, unless there is one already.
    pub(super) fn hint(mut self, hint: &str) -> Failure {
        if let Some(last) = self.errors.last_mut() {
            last.hint.get_or_insert_with(|| hint.to_owned());
        }
        self
    }

    /// Sets the hint, and replaces an earlier one.
    pub(super) fn with_hint(mut self, hint: &str) -> Failure {
        if let Some(last) = self.errors.last_mut() {
            last.hint = Some(hint.to_owned());
        }
        self
    }

    /// Returns the message on one line, without its place, which reports show separately.
    pub(super) fn message(&self) -> String {
        let messages: Vec<&str> = self.errors.iter().map(|error| error.message.as_str()).collect();
        messages.join("; ")
    }

    /// Returns the hint, if there is one.
    pub(super) fn hint_text(&self) -> Option<&str> {
        self.errors.last()?.hint.as_deref()
    }

    /// Returns the line of the file, if it is known.
    pub(super) fn line(&self) -> Option<usize> {
        self.errors.first()?.line
    }
}

impl Shown {
    fn from_problem(problem: &Problem) -> Shown {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let place = match (problem.file(), problem.position()) {
            (Some(file), Some(Position { line, column, .. })) => Some(format!("{file}:{line}:{column}")),
            (Some(file), None) => Some(file.to_owned()),
            (None, Some(Position { line, column, .. })) => Some(format!("line {line}, column {column}")),
            (None, None) => None,
        };
        let path = problem.path().map(|path| format!("{path}: ")).unwrap_or_default();
        Shown {
            place,
            line: problem.position().map(|position| position.line),
            message: format!("{path}{}", problem.message()),
            excerpt: owned(problem.excerpt()),
            hint: owned(problem.hint()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (red, bold) = (AnsiColor::Red.on_default().bold(), Style::new().bold());
        for error in &self.errors {
            let place = error.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
            writeln!(f, "{red}error{red:#}: {place}{}", error.message)?;
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
