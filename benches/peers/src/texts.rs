//! The texts: those of the corpora or our own samples, those that are derived from them, and random ones.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use crate::derived::{chat, markdown};
use crate::minified::minified;

#[derive(Clone, Copy)]
pub enum Texts {
    /// A file, cut into texts of about [`CUT`] bytes.
    File(File),
    /// What is derived from files, cut in the same way.
    Derived(Derived),
    /// The given number of bytes from the beginning of the prose.
    Beginning(usize),
    /// Characters of a text, chosen at random, until there are enough megabytes.
    Random(&'static str),
    /// Characters of a range, chosen in the same way.
    RandomOf(char, char),
}

/// A file of the corpora, and the sample that replaces it.
#[derive(Clone, Copy)]
pub struct File {
    corpus: &'static str,
    sample: &'static str,
}

pub const PROSE: File = File { corpus: "english", sample: "prose" };
pub const CODE: File = File { corpus: "code", sample: "code" };
pub const JSON: File = File { corpus: "json", sample: "json" };
pub const CJK: File = File { corpus: "cjk", sample: "cjk" };
pub const SCRIPTS: File = File { corpus: "multi", sample: "mixed" };
pub const LOGS: File = File { corpus: "logs", sample: "logs" };

#[derive(Clone, Copy)]
pub enum Derived {
    Chat,
    Markdown,
    Minified,
}

/// Names the folder of the corpora; without it, the samples are used.
pub const CORPORA: &str = "GPT_COST_CORPORA";

const CUT: usize = 4_000;
const MEGABYTE: usize = 1_000_000;

impl Texts {
    /// Returns the texts; random ones are one text of the given number of megabytes.
    pub fn read(self, megabytes: usize) -> io::Result<Vec<String>> {
        match self {
            Self::File(file) => Ok(cut(&file.read()?, b'\n', || CUT)),
            Self::Derived(Derived::Chat) => {
                let sources = [PROSE.read()?, CJK.read()?, SCRIPTS.read()?, CODE.read()?];
                Ok(cut(&chat(&sources), b'\n', || CUT))
            }
            Self::Derived(Derived::Markdown) => Ok(cut(&markdown(&PROSE.read()?, &CODE.read()?), b'\n', || CUT)),
            // It has no lines.
            Self::Derived(Derived::Minified) => Ok(cut(&minified(&CODE.read()?), b';', || CUT)),
            Self::Beginning(length) => {
                let mut text = PROSE.read()?;
                text.truncate(text.floor_char_boundary(length));
                Ok(vec![text])
            }
            Self::Random(characters) => Ok(vec![random(&characters.chars().collect::<Vec<_>>(), megabytes)]),
            Self::RandomOf(first, last) => Ok(vec![random(&(first..=last).collect::<Vec<_>>(), megabytes)]),
        }
    }
}

impl File {
    fn read(self) -> io::Result<String> {
        let path = match env::var_os(CORPORA) {
            Some(folder) => PathBuf::from(folder).join(self.corpus),
            None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").join(self.sample),
        };
        let path = path.with_extension("txt");
        fs::read_to_string(&path).map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
    }
}

/// Cuts after the first such byte that follows the given number of bytes.
pub fn cut(mut text: &str, after: u8, mut bytes: impl FnMut() -> usize) -> Vec<String> {
    let mut texts = Vec::new();
    loop {
        let least = bytes();
        let Some(end) = text.as_bytes().get(least..).and_then(|rest| rest.iter().position(|byte| *byte == after))
        else {
            break;
        };
        let (head, rest) = text.split_at(least + end + 1);
        texts.push(head.to_owned());
        text = rest;
    }
    if !text.is_empty() {
        texts.push(text.to_owned());
    }
    texts
}

/// Megabytes of the characters, the same at each call.
fn random(characters: &[char], megabytes: usize) -> String {
    let mut numbers = Numbers::default();
    let mut text = String::with_capacity(megabytes * MEGABYTE + 4);
    while text.len() < megabytes * MEGABYTE {
        text.push(characters[numbers.below(characters.len())]);
    }
    text
}

/// Numbers that look random and are the same in each process: xorshift64.
pub struct Numbers(u64);

impl Default for Numbers {
    fn default() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl Numbers {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }
}
