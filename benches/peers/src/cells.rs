//! One cell of a table: a process of its own, so that nothing is warm that a case does not warm, and a peer that panics or
//! needs longer than [`PATIENCE`] costs only its cell.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::time::{Duration, Instant};
use std::{env, thread};

use gpt_cost::Encoding;

use crate::cases::{CASES, Case, Unit};
use crate::peers::{PEERS, Peer, Task};
use crate::texts::{CORPORA, PROSE, Texts};
use crate::timing::Tokens;

/// How long a cell may take, the peer's loading included.
const PATIENCE: Duration = Duration::from_secs(10);

/// The arguments with which this program calls itself to measure one cell.
pub const MEASURE: &str = "--measure";
pub const MEASURE_THREADS: &str = "--measure-threads";

pub struct Cell<'a> {
    pub task: Task,
    pub peer: &'a Peer,
    pub encoding: &'a str,
    pub case: &'a Case,
    /// The folder of the corpora; without it, the samples.
    pub folder: Option<&'a Path>,
    /// The size of a random text.
    pub megabytes: usize,
}

#[derive(Clone, Copy, Debug)]
pub enum Outcome {
    Done(Figure),
    TooSlow,
    Panicked,
}

#[derive(Clone, Copy, Debug)]
pub struct Figure {
    pub seconds: f64,
    pub bytes: usize,
    pub tokens: Tokens,
}

impl Cell<'_> {
    /// Measures the cell in a process of its own.
    pub fn run(&self) -> Outcome {
        let Self { task, peer, encoding, case, folder, megabytes } = self;
        let arguments = [MEASURE, task.as_str(), peer.name, encoding, case.name, &megabytes.to_string()];
        run(&arguments, *folder, case.unit == Unit::Process)
    }
}

/// Measures the counting of fresh prose by the given number of threads, in a process of its own.
pub fn run_threads(encoding: &str, threads: usize, folder: Option<&Path>) -> Outcome {
    run(&[MEASURE_THREADS, encoding, &threads.to_string()], folder, false)
}

impl Outcome {
    pub const fn figure(&self) -> Option<Figure> {
        match self {
            Self::Done(figure) => Some(*figure),
            Self::TooSlow | Self::Panicked => None,
        }
    }

    /// Returns the better of two tries; one failure is enough to fail.
    pub fn best(self, other: Self) -> Self {
        match (self, other) {
            (Self::Done(one), Self::Done(other)) => Self::Done(if other.seconds < one.seconds { other } else { one }),
            (Self::Done(_), failed) | (failed, _) => failed,
        }
    }
}

fn run(arguments: &[&str], folder: Option<&Path>, is_whole_process: bool) -> Outcome {
    let program = env::current_exe().expect("this program has a path");
    let mut command = Command::new(program);
    if let Some(folder) = folder {
        command.env(CORPORA, folder);
    }
    let started = Instant::now();
    let child = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = child.expect("this program can call itself");
    let mut pipe = child.stdout.take().expect("the output is piped");
    if !is_whole_process {
        while child.try_wait().expect("a child can be waited for").is_none() {
            if started.elapsed() > PATIENCE {
                let _ = child.kill();
                let _ = child.wait();
                return Outcome::TooSlow;
            }
            thread::sleep(Duration::from_millis(2));
        }
    }
    let succeeded = child.wait().expect("a child can be waited for").success();
    let whole_process = started.elapsed().as_secs_f64();
    let mut output = String::new();
    pipe.read_to_string(&mut output).expect("the output is text");
    match Figure::parse(&output) {
        Some(figure) if succeeded && is_whole_process => Outcome::Done(Figure { seconds: whole_process, ..figure }),
        Some(figure) if succeeded => Outcome::Done(figure),
        _ => Outcome::Panicked,
    }
}

/// Measures one cell here, and prints its figure.
pub fn measure(task: &str, peer: &str, encoding: &str, case: &str, megabytes: &str) -> io::Result<()> {
    let unknown = || io::Error::other("no such cell");
    let task = Task::from_name(task).ok_or_else(unknown)?;
    let peer = PEERS.iter().find(|known| known.name == peer).ok_or_else(unknown)?;
    let case = CASES.iter().find(|known| known.name == case).ok_or_else(unknown)?;
    let texts = case.texts.read(megabytes.parse().map_err(io::Error::other)?)?;
    let work = (peer.load)(task, encoding);
    if case.unit != Unit::Process {
        // Whatever a peer loads or sets up at its first use is not part of the figure. Our tables are pages of this
        // program, which are otherwise read when they are first needed.
        let _ = encoding.parse().map(Encoding::preload);
        Unit::Fresh.time(&["What is set up at the first use is set up now.".to_owned()], &work);
    }
    let (seconds, tokens) = case.unit.time(&texts, &work);
    Figure { seconds, bytes: bytes(&texts), tokens }.print();
    Ok(())
}

/// Measures the counting of fresh prose by the given number of threads here, and prints the figure. Each thread has texts
/// of its own: every second one, so that one thread has as many as each of two.
pub fn measure_threads(encoding: &str, threads: &str) -> io::Result<()> {
    let encoding: Encoding = encoding.parse().map_err(io::Error::other)?;
    let threads: usize = threads.parse().map_err(io::Error::other)?;
    let all = Texts::File(PROSE).read(0)?;
    let texts: Vec<Vec<String>> =
        (0..threads).map(|first| all.iter().skip(first).step_by(2).cloned().collect()).collect();
    encoding.preload();
    encoding.count("What is set up at the first use is set up now.");
    let barrier = Barrier::new(threads);
    let count = |texts: &[String]| texts.iter().map(|text| encoding.count(text)).sum::<usize>();
    let results: Vec<(Instant, usize, Instant)> = thread::scope(|scope| {
        let timed = |texts| {
            barrier.wait();
            let started = Instant::now();
            (started, count(texts), Instant::now())
        };
        let handles: Vec<_> = texts.iter().map(|texts| scope.spawn(move || timed(texts))).collect();
        handles.into_iter().map(|handle| handle.join().expect("counting does not panic")).collect()
    });
    let started = results.iter().map(|result| result.0).min();
    let ended = results.iter().map(|result| result.2).max();
    let seconds = ended.zip(started).map_or(0.0, |(ended, started)| (ended - started).as_secs_f64());
    let number = results.iter().map(|result| result.1).sum();
    let expected = texts.iter().map(|texts| count(texts)).sum::<usize>();
    assert_eq!(number, expected, "threads and one thread count the same tokens");
    Figure { seconds, bytes: texts.iter().map(|texts| bytes(texts)).sum(), tokens: Tokens { number, hash: 0 } }.print();
    Ok(())
}

fn bytes(texts: &[String]) -> usize {
    texts.iter().map(String::len).sum()
}

impl Figure {
    fn print(self) {
        let Self { seconds, bytes, tokens: Tokens { number, hash } } = self;
        println!("{seconds} {bytes} {number} {hash}");
    }

    fn parse(line: &str) -> Option<Self> {
        let [seconds, bytes, number, hash] = line.split_whitespace().collect::<Vec<_>>()[..] else { return None };
        let tokens = Tokens { number: number.parse().ok()?, hash: hash.parse().ok()? };
        Some(Self { seconds: seconds.parse().ok()?, bytes: bytes.parse().ok()?, tokens })
    }
}
