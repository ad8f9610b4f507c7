//! Prints what each step of counting a file for the Batch API costs alone, in seconds, on one processor.
//!
//! ```text
//! cargo run --release --manifest-path benches/bulk/Cargo.toml --features bounds --bin bounds -- FILE
//! ```
//!
//! Reading: the lines of the file, one by one. JSON: each line parsed, of which only the texts of messages are kept.
//! Counting: the tokens of these texts.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use gpt_cost::Encoding;
use serde::Deserialize;

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    body: Body<'a>,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    messages: Vec<Message<'a>>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    content: Cow<'a, str>,
}

fn main() -> ExitCode {
    let file = std::env::args().nth(1).ok_or_else(|| io::Error::other("usage: bounds FILE"));
    match file.and_then(|file| measure(&file)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn measure(file: &str) -> io::Result<()> {
    let (mut reading, mut json, mut counting) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut tokens = 0;
    let mut lines = BufReader::with_capacity(1 << 20, File::open(file)?);
    let mut line = Vec::new();
    loop {
        line.clear();
        let start = Instant::now();
        if lines.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let read = Instant::now();
        let request: Line = serde_json::from_slice(&line)?;
        let parsed = Instant::now();
        tokens += request.body.messages.iter().map(|one| Encoding::O200kBase.count(&one.content)).sum::<usize>();
        reading += read - start;
        json += parsed - read;
        counting += parsed.elapsed();
    }
    println!(
        "{{\"reading\": {}, \"JSON\": {}, \"counting\": {}, \"tokens\": {tokens}}}",
        reading.as_secs_f64(),
        json.as_secs_f64(),
        counting.as_secs_f64()
    );
    Ok(())
}
