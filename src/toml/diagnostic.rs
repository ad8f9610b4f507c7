//! Problems in a TOML text: their lines, each with carets below the place.

use super::fields;
use crate::error::{self, Error, Problem};

/// A text, and the starts of its lines.
pub(crate) struct Lines<'s> {
    source: &'s str,
    starts: Vec<usize>,
}

impl<'s> Lines<'s> {
    pub(crate) fn new(source: &'s str) -> Lines<'s> {
        let after_newlines = source.match_indices('\n').map(|(at, _)| at + 1);
        Lines { source, starts: std::iter::once(0).chain(after_newlines).collect() }
    }

    /// Returns the error of an invalid text: its first twenty problems in the order of the text, and the number of the
    /// others. `origin` names the text.
    pub(crate) fn errors(&self, kind: error::Kind, origin: &str, mut problems: Vec<fields::Problem>) -> Error {
        const MOST: usize = 20;
        problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
        let more = problems.len().saturating_sub(MOST);
        let mut located: Vec<Problem> =
            problems.into_iter().take(MOST).map(|problem| self.locate(origin, problem)).collect();
        if more > 0 {
            located.push(Problem { file: Some(origin.to_owned()), ..Problem::new(format!("{more} more problems")) });
        }
        Error::with_problems(kind, located)
    }

    /// Returns the line of a byte, from 1.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }

    /// Returns the line and the column, in characters and both from 1, of a byte.
    pub(crate) fn place(&self, offset: usize) -> (usize, usize) {
        let line = self.line(offset);
        let before = self.source.get(self.starts[line - 1]..offset).unwrap_or_default();
        (line, before.chars().count() + 1)
    }

    /// Returns the problem with its place, and the line itself with carets below it.
    fn locate(&self, origin: &str, problem: fields::Problem) -> Problem {
        let (line, column) = self.place(problem.span.start);
        let meant = self.source.get(problem.span.clone()).and_then(|meant| meant.lines().next()).unwrap_or_default();
        Problem {
            file: Some(origin.to_owned()),
            position: Some(crate::error::Position { line, column }),
            path: None,
            message: problem.message,
            excerpt: Some(self.excerpt(line, column, meant.chars().count())),
            hint: problem.hint,
        }
    }

    /// Returns the line with carets below `length` characters from `column` on; of a long line, only the characters
    /// around them.
    fn excerpt(&self, line: usize, column: usize, length: usize) -> String {
        const BEFORE: usize = 100;
        const MOST: usize = 160;
        let text = self.source[self.starts[line - 1]..].lines().next().unwrap_or_default();
        let skipped = (column - 1).saturating_sub(BEFORE);
        let shown: String = text.chars().skip(skipped).take(MOST).collect();
        let blank = |char: char| if char == '\t' { '\t' } else { ' ' };
        let before: String = shown.chars().take(column - 1 - skipped).map(blank).collect();
        let carets = "^".repeat(length.clamp(1, MOST - before.chars().count().min(MOST - 1)));
        let margin = " ".repeat(line.to_string().len());
        format!("{margin} |\n{line} | {shown}\n{margin} | {before}{carets}")
    }
}
