//! How a command ends: the exit codes, and what is printed of a failure.

use std::fmt;
use std::io;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use gpt_cost::{Error, Position, Problem};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All is well: exit code 0. A reader that closed the pipe is well, too.
    Success,
    /// A limit is exceeded: exit code 1, after the report.
    Exceeded,
    /// Usage, input, configuration, an unknown model or price: exit code 2.
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

/// Why a command stopped before its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// What it was asked for could not be done.
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

/// What could not be done, ready to be shown.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    errors: Vec<Shown>,
    is_missing_model: bool,
    is_not_request: bool,
}

#[derive(Clone, Debug)]
struct Shown {
    /// The file, or the file and the line.
    place: Option<String>,
    line: Option<usize>,
    message: String,
    excerpt: Option<String>,
    hint: Option<String>,
}

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Failure {
        let shown = Shown { place: None, line: None, message: message.into(), excerpt: None, hint: None };
        Failure { errors: vec![shown], is_missing_model: false, is_not_request: false }
    }

    /// Makes a failure of something at a place, such as `prompt.json` or `batch.jsonl:3`.
    pub(super) fn at(place: impl fmt::Display, message: impl Into<String>) -> Failure {
        let mut failure = Failure::new(message);
        failure.errors[0].place = Some(place.to_string());
        failure
    }

    /// Makes the failure of a request that names no model, where nothing else names one.
    pub(super) fn missing_model(place: impl fmt::Display, message: &str) -> Failure {
        Failure { is_missing_model: true, ..Failure::at(place, message) }
    }

    /// Makes a failure of an error of the library. Hints that name commands are added here: the library knows none.
    pub(super) fn of(error: &Error) -> Failure {
        let errors = error.problems().iter().map(Shown::of).collect();
        let failure = Failure { errors, is_missing_model: false, is_not_request: error.is_not_request() };
        match error.is_no_tokenizer() {
            true => failure.with_hint("its requests cannot be counted; gpt-cost actual prices its responses"),
            false => failure,
        }
    }

    /// Whether a request lacks a model and nothing else is known to be wrong with it.
    pub(super) fn is_missing_model(&self) -> bool {
        self.is_missing_model
    }

    /// Whether what was read is something else than a request.
    pub(super) fn is_not_request(&self) -> bool {
        self.is_not_request
    }

    /// Adds what to do, unless that was said already.
    pub(super) fn hint(mut self, hint: &str) -> Failure {
        if let Some(last) = self.errors.last_mut() {
            last.hint.get_or_insert_with(|| hint.to_owned());
        }
        self
    }

    /// Sets what to do, whatever was said before.
    pub(super) fn with_hint(mut self, hint: &str) -> Failure {
        if let Some(last) = self.errors.last_mut() {
            last.hint = Some(hint.to_owned());
        }
        self
    }

    /// Returns what is wrong, on one line and without its place, which reports show on their own.
    pub(super) fn message(&self) -> String {
        let messages: Vec<&str> = self.errors.iter().map(|error| error.message.as_str()).collect();
        messages.join("; ")
    }

    /// Returns what to do, where that is known.
    pub(super) fn advice(&self) -> Option<&str> {
        self.errors.last()?.hint.as_deref()
    }

    /// Returns the line of the file, where it is known.
    pub(super) fn line(&self) -> Option<usize> {
        self.errors.first()?.line
    }
}

impl Shown {
    fn of(problem: &Problem) -> Shown {
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
