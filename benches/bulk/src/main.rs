//! Writes a file for the Batch API with about the given number of megabytes to standard output.
//!
//! ```text
//! cargo run --release --manifest-path benches/bulk/Cargo.toml -- 1000 > batch.jsonl
//! ```
//!
//! The same size and the same corpora give the same bytes, and a smaller file is the beginning of a larger one.
//! `GPT_COST_CORPORA` names the folder of texts; without it the samples of `benches/samples` are used, which are so
//! small that the messages repeat them.

mod json;
mod random;
mod requests;
mod texts;

use std::env;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::process::ExitCode;

use requests::Requests;
use texts::Texts;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let megabytes = match &arguments[..] {
        [megabytes] => megabytes.parse::<u64>().ok(),
        _ => None,
    };
    let Some(megabytes) = megabytes else {
        eprintln!("usage: gpt-cost-bulk MEGABYTES > FILE");
        return ExitCode::from(2);
    };
    match write(megabytes * 1_000_000) {
        Ok(()) => ExitCode::SUCCESS,
        // `| head` has read enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Writes lines until there are at least the given number of bytes.
fn write(bytes: u64) -> io::Result<()> {
    let texts = Texts::read()?;
    let mut requests = Requests::new(&texts);
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let mut written = 0;
    while written < bytes {
        let line = requests.next_line();
        out.write_all(line.as_bytes())?;
        written += line.len() as u64;
    }
    out.flush()
}
