//! What an earlier process wrote of a report.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};

use serde::Deserialize;

use crate::cli::exit::Failure;

/// How the rows of a report are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Rows {
    /// A line of JSON for each request.
    Jsonl,
    /// A record of CSV for each request, behind the titles. The last field is the error.
    Csv,
}

/// What is there of a report. Its last row is made once more, and compared: other inputs or arguments would go on with
/// another report.
#[derive(Debug, Default)]
pub(in crate::cli) struct Resumed {
    /// The number of requests before the last row.
    pub(in crate::cli) requests: usize,
    /// The number of them that failed.
    pub(in crate::cli) failed: usize,
    /// Whether one of them exceeds a limit of its model.
    pub(in crate::cli) exceeds: bool,
    last: Option<Row>,
    /// The length of all whole rows in bytes.
    pub(super) length: u64,
}

#[derive(Debug)]
struct Row {
    bytes: Vec<u8>,
    is_failure: bool,
    exceeds: bool,
}

/// The fields of a line that decide how the command ends.
#[derive(Deserialize)]
struct Line<'a> {
    kind: &'a str,
    fit: Option<Fit<'a>>,
}

#[derive(Deserialize)]
struct Fit<'a> {
    verdict: &'a str,
}

impl Resumed {
    /// Reads the rows of a report. What follows the last whole one is not part of it.
    pub(super) fn read(file: &File, rows: Rows) -> io::Result<Resumed> {
        let mut file = BufReader::new(file);
        match rows {
            Rows::Jsonl => Resumed::read_lines(&mut file),
            Rows::Csv => Resumed::read_records(&mut file),
        }
    }

    fn read_lines(file: &mut impl BufRead) -> io::Result<Resumed> {
        let (mut resumed, mut line) = (Resumed::default(), Vec::new());
        loop {
            line.clear();
            file.read_until(b'\n', &mut line)?;
            let row = serde_json::from_slice::<Line<'_>>(&line).ok().filter(|_| line.ends_with(b"\n"));
            let Some(row) = row else { return Ok(resumed) };
            let is_failure = row.kind.ends_with("-failure");
            let exceeds = row.fit.is_some_and(|fit| fit.verdict == "exceeds");
            resumed.add(&line, is_failure, exceeds);
        }
    }

    fn read_records(file: &mut (impl BufRead + Seek)) -> io::Result<Resumed> {
        file.seek(SeekFrom::End(-1)).or_else(|_| file.seek(SeekFrom::Start(0)))?;
        let ends_with_record = file.fill_buf()?.first() == Some(&b'\n');
        let size = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(0))?;
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(file);
        let (mut resumed, mut record) = (Resumed::default(), csv::StringRecord::new());
        let mut titles: Option<csv::StringRecord> = None;
        while reader.read_record(&mut record).is_ok_and(|is_there| is_there) {
            let end = reader.position().byte();
            let is_whole = end < size || ends_with_record;
            if !is_whole || titles.as_ref().is_some_and(|titles| titles.len() != record.len()) {
                break;
            }
            let row = record_bytes(&record)?;
            match &titles {
                None => {
                    resumed.length = row.len() as u64;
                    titles = Some(record.clone());
                }
                Some(titles) => {
                    let index = |title: &str| titles.iter().position(|one| one == title);
                    let field = |title: &str| index(title).and_then(|index| record.get(index));
                    let is_failure = field("error").is_some_and(|error| !error.is_empty());
                    resumed.add(&row, is_failure, field("fit") == Some("exceeds"));
                }
            }
        }
        Ok(resumed)
    }

    fn add(&mut self, row: &[u8], is_failure: bool, exceeds: bool) {
        if let Some(last) = self.last.take() {
            self.requests += 1;
            self.failed += usize::from(last.is_failure);
            self.exceeds |= last.exceeds;
        }
        self.length += row.len() as u64;
        self.last = Some(Row { bytes: row.to_owned(), is_failure, exceeds });
    }

    /// Returns whether there was any row.
    pub(in crate::cli) fn has_rows(&self) -> bool {
        self.last.is_some()
    }

    /// Removes the row of the last request from the rows that were made now, the first of which has this length.
    ///
    /// # Errors
    ///
    /// The row is another one.
    pub(in crate::cli) fn remove_last(&mut self, rows: &mut Vec<u8>, first: usize) -> Result<(), Failure> {
        match &self.last {
            Some(last) if first > 0 && last.bytes != rows[..first] => Err(other_report()),
            Some(_) if first > 0 => {
                rows.drain(..first);
                self.last = None;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Checks, at the end, that all rows are those of requests.
    pub(in crate::cli) fn check_end(&self) -> Result<(), Failure> {
        if self.last.is_none() { Ok(()) } else { Err(other_report()) }
    }
}

fn other_report() -> Failure {
    Failure::new(
        "the rows that an earlier run wrote are not those of these requests and arguments; nothing was changed",
    )
    .hint("remove the file that ends in .part to start again")
}

/// Returns a record as it was written.
fn record_bytes(record: &csv::StringRecord) -> io::Result<Vec<u8>> {
    let mut row = Vec::new();
    csv::Writer::from_writer(&mut row).write_record(record)?;
    Ok(row)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn rows_that_are_not_whole_are_cut_off() {
        let line = "{\"kind\": \"estimate-request\", \"fit\": {\"verdict\": \"exceeds\"}}\n";
        let failure = "{\"kind\": \"estimate-failure\"}\n";
        let whole = format!("{line}{failure}");
        for end in ["", "{", "{\"kind\": \"estimate-request\"}", "{\"kind\":\n"] {
            let text = format!("{whole}{end}");
            let resumed = Resumed::read_lines(&mut text.as_bytes()).expect("memory");
            assert_eq!((resumed.requests, resumed.failed, resumed.exceeds), (1, 0, true), "{end}");
            assert_eq!(resumed.length, whole.len() as u64);
            assert_eq!(resumed.last.expect("a row").bytes, failure.as_bytes());
        }
        let whole = "name,fit,error\na.jsonl:1,fits,\n\"a,\nb\",,\"a \"\"bad\"\" line\"\n";
        for end in ["", "a.jsonl", "a.jsonl:3,fi", "\"a.jsonl:3,fits,", "\"a.jsonl\n"] {
            let text = format!("{whole}{end}");
            let resumed = Resumed::read_records(&mut Cursor::new(text.as_bytes())).expect("memory");
            assert_eq!((resumed.requests, resumed.failed, resumed.exceeds), (1, 0, false), "{end}");
            assert!(resumed.last.as_ref().is_some_and(|last| last.is_failure));
            assert_eq!(resumed.length, whole.len() as u64);
        }
        let resumed = Resumed::read_records(&mut Cursor::new("name,er")).expect("memory");
        assert_eq!((resumed.has_rows(), resumed.length), (false, 0));
    }
}
