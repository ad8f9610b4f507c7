//! Other work on the machine: a process that streams through memory on another processor while the tables are measured.

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::{env, hint, thread};

/// The argument with which this program calls itself to be the load.
pub const STREAM: &str = "--stream";

/// Much more than any cache: 512 MB of words of eight bytes.
const WORDS: usize = 512_000_000 / 8;

/// The process; it ends when this value is dropped, and also if this program is killed, since it then has no input.
pub struct Load(Child);

impl Load {
    /// Returns when the process streams.
    pub fn start(processor: usize) -> io::Result<Self> {
        let child = Command::new("taskset")
            .args(["-c", &processor.to_string()])
            .arg(env::current_exe()?)
            .arg(STREAM)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let child = child.map_err(|error| io::Error::other(format!("taskset, which --load needs: {error}")))?;
        let mut load = Self(child);
        let mut ready = String::new();
        if let Some(output) = load.0.stdout.take() {
            BufReader::new(output).read_line(&mut ready)?;
        }
        load.check()?;
        if ready.is_empty() { Err(ended()) } else { Ok(load) }
    }

    /// # Errors
    ///
    /// If the process no longer runs.
    pub fn check(&mut self) -> io::Result<()> {
        if self.0.try_wait()?.is_some() { Err(ended()) } else { Ok(()) }
    }
}

fn ended() -> io::Error {
    io::Error::other("the load ended too early")
}

impl Drop for Load {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads and writes each word of the buffer again and again, until the input ends.
pub fn stream() -> io::Result<()> {
    let mut words = vec![1_u64; WORDS];
    thread::spawn(move || {
        loop {
            words.iter_mut().for_each(|word| *word = word.wrapping_add(1));
            hint::black_box(&mut words);
        }
    });
    println!("ready");
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
