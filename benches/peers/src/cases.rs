//! What is counted.

use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs, io};

pub struct Case {
    pub name: &'static str,
    pub unit: Unit,
    texts: Texts,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Each text once, in megabytes per second.
    Fresh,
    /// All texts again and again, in megabytes per second.
    Repeated,
    /// One text again and again, in nanoseconds.
    Message,
    /// The whole process, in milliseconds.
    Process,
}

#[derive(Clone, Copy)]
enum Texts {
    /// A file of the corpora or of our own samples, cut into texts of about [`CUT`] bytes.
    File { corpus: &'static str, sample: &'static str },
    /// The given number of bytes from the beginning of the prose.
    Beginning(usize),
    /// Characters of a text, chosen at random, until there is a megabyte.
    Random(&'static str),
    /// Characters of a range, chosen in the same way.
    RandomOf(char, char),
}

const CUT: usize = 4_000;
const MEGABYTE: usize = 1_000_000;

const fn file(name: &'static str, unit: Unit, corpus: &'static str, sample: &'static str) -> Case {
    Case { name, unit, texts: Texts::File { corpus, sample } }
}

const fn worst(name: &'static str, characters: &'static str) -> Case {
    Case { name, unit: Unit::Fresh, texts: Texts::Random(characters) }
}

pub const CASES: [Case; 22] = [
    file("fresh: prose", Unit::Fresh, "english", "prose"),
    file("fresh: code", Unit::Fresh, "code", "code"),
    file("fresh: JSON", Unit::Fresh, "json", "json"),
    file("fresh: CJK", Unit::Fresh, "cjk", "cjk"),
    file("fresh: thirty scripts", Unit::Fresh, "multi", "mixed"),
    file("repeated: prose", Unit::Repeated, "english", "prose"),
    file("repeated: CJK", Unit::Repeated, "cjk", "cjk"),
    Case { name: "message of 100 bytes", unit: Unit::Message, texts: Texts::Beginning(100) },
    Case { name: "message of 1,000 bytes", unit: Unit::Message, texts: Texts::Beginning(1_000) },
    Case { name: "start: process that counts 100 bytes", unit: Unit::Process, texts: Texts::Beginning(100) },
    worst("1 MB: one letter", "a"),
    worst("1 MB: spaces", " "),
    worst("1 MB: newlines", "\n"),
    worst("1 MB: random letters", "abcdefghijklmnopqrstuvwxyz"),
    worst("1 MB: punctuation", "!\"#$%&()*+,-./:;<=>?@[]^_{|}~"),
    worst("1 MB: base64", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
    worst("1 MB: digits", "0123456789"),
    Case { name: "1 MB: CJK, no space", unit: Unit::Fresh, texts: Texts::RandomOf('\u{4e00}', '\u{9000}') },
    worst("1 MB: white space, mixed", " \t\r\n\u{a0}\u{3000}"),
    worst("1 MB: two letters", "ab"),
    worst("1 MB: emoji", "🙂🚀❤\u{fe0f}\u{200d}👩🔬"),
    worst("1 MB: apostrophes", "'sdtlve"),
];

impl Case {
    pub fn texts(&self) -> io::Result<Vec<String>> {
        match self.texts {
            Texts::File { corpus, sample } => Ok(cut(&read(corpus, sample)?)),
            Texts::Beginning(length) => {
                let mut text = read("english", "prose")?;
                text.truncate(text.floor_char_boundary(length));
                Ok(vec![text])
            }
            Texts::Random(characters) => Ok(vec![random(&characters.chars().collect::<Vec<_>>())]),
            Texts::RandomOf(first, last) => Ok(vec![random(&(first..=last).collect::<Vec<_>>())]),
        }
    }

    /// Returns the seconds that one pass over the texts took, and their tokens.
    pub fn time(&self, texts: &[String], count: &dyn Fn(&str) -> usize) -> (f64, usize) {
        let pass = || {
            let started = Instant::now();
            let tokens = texts.iter().map(|text| count(text)).sum();
            (started.elapsed().as_secs_f64(), tokens)
        };
        match self.unit {
            Unit::Fresh | Unit::Process => pass(),
            Unit::Repeated => (0..5).map(|_| pass()).min_by(|one, other| one.0.total_cmp(&other.0)).unwrap_or_default(),
            Unit::Message => {
                // The clock takes longer to read than such a message to count: a thousand at a time.
                let many = || {
                    let started = Instant::now();
                    let tokens = (0..1_000).map(|_| count(std::hint::black_box(&texts[0]))).sum::<usize>();
                    (started.elapsed().as_secs_f64() / 1e3, tokens / 1_000)
                };
                (0..10).map(|_| many()).min_by(|one, other| one.0.total_cmp(&other.0)).unwrap_or_default()
            }
        }
    }

    pub fn show(&self, seconds: f64) -> String {
        match self.unit {
            Unit::Message => format!("{:.0} ns", seconds * 1e9),
            Unit::Process => format!("{:.2} ms", seconds * 1e3),
            Unit::Fresh | Unit::Repeated => {
                let bytes: usize = self.texts().unwrap_or_default().iter().map(String::len).sum();
                let rate = bytes as f64 / seconds / 1e6;
                if rate < 10.0 { format!("{rate:.1} MB/s") } else { format!("{rate:.0} MB/s") }
            }
        }
    }
}

fn read(corpus: &str, sample: &str) -> io::Result<String> {
    let path = match env::var_os("GPT_COST_CORPORA") {
        Some(folder) => PathBuf::from(folder).join(corpus).with_extension("txt"),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").join(sample).with_extension("txt"),
    };
    fs::read_to_string(path)
}

/// Cuts before the first line that begins after each [`CUT`] bytes.
fn cut(mut text: &str) -> Vec<String> {
    let mut texts = Vec::new();
    while let Some(end) = text.as_bytes().get(CUT..).and_then(|rest| rest.iter().position(|byte| *byte == b'\n')) {
        let (head, rest) = text.split_at(CUT + end + 1);
        texts.push(head.to_owned());
        text = rest;
    }
    texts.push(text.to_owned());
    texts
}

/// A megabyte of the characters, the same at each call.
fn random(characters: &[char]) -> String {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut text = String::with_capacity(MEGABYTE + 4);
    while text.len() < MEGABYTE {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.push(characters[(state >> 11) as usize % characters.len()]);
    }
    text
}
