//! The words after the command, read before anything is measured.

use std::io;

/// What the words after the command select.
pub struct Options {
    pub tables: Vec<Table>,
    /// The processor on which [`crate::load::Load`] runs.
    pub load: Option<usize>,
    /// Words that the name of a row contains; all rows if there are none.
    words: Vec<String>,
}

#[derive(Clone, Copy)]
pub enum Table {
    /// Counts, beside those of the peers.
    Count,
    /// Token ids, beside those of the peers.
    Encode,
    /// The worst cases in two sizes, gpt-cost alone.
    Linear,
    /// One thread and two, gpt-cost alone.
    Threads,
}

const USAGE: &str = "usage: gpt-cost-peers [--table count|encode|linear|threads]… [--load PROCESSOR] [WORD]…";

impl Options {
    pub fn parse(arguments: &[String]) -> io::Result<Self> {
        let mut options = Self { tables: Vec::new(), load: None, words: Vec::new() };
        let mut arguments = arguments.iter().map(String::as_str);
        while let Some(argument) = arguments.next() {
            match argument {
                "--table" => options.tables.push(table(arguments.next())?),
                "--load" => {
                    let processor = arguments.next().and_then(|number| number.parse().ok());
                    options.load = Some(processor.ok_or_else(|| wrong("--load needs the number of a processor"))?);
                }
                unknown if unknown.starts_with("--") => return Err(wrong(&format!("unknown option {unknown}"))),
                word => options.words.push(word.to_owned()),
            }
        }
        if options.tables.is_empty() {
            options.tables = vec![Table::Count, Table::Encode];
        }
        Ok(options)
    }

    pub fn select(&self, name: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| name.contains(&**word))
    }
}

fn table(name: Option<&str>) -> io::Result<Table> {
    match name {
        Some("count") => Ok(Table::Count),
        Some("encode") => Ok(Table::Encode),
        Some("linear") => Ok(Table::Linear),
        Some("threads") => Ok(Table::Threads),
        Some(unknown) => Err(wrong(&format!("unknown table {unknown}"))),
        None => Err(wrong("--table needs the name of a table")),
    }
}

fn wrong(problem: &str) -> io::Error {
    io::Error::other(format!("{problem}\n{USAGE}"))
}
