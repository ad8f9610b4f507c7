//! The texts of messages: excerpts of the corpora.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use crate::random::Random;

/// A kind of text, and in how many of a hundred messages it is used.
struct Kind {
    corpus: &'static str,
    sample: &'static str,
    percent: usize,
    tasks: &'static [&'static str],
}

const KINDS: [Kind; 5] = [
    Kind {
        corpus: "english",
        sample: "prose",
        percent: 60,
        tasks: &[
            "Summarize the following text in three sentences.",
            "Which questions does this text answer? List at most five.",
            "Rewrite this for readers who are new to the subject, and keep all facts.",
            "Classify the text below by subject and by tone.",
        ],
    },
    Kind {
        corpus: "code",
        sample: "code",
        percent: 15,
        tasks: &["Explain what this code does.", "Find the bugs in this code, the most serious first."],
    },
    Kind {
        corpus: "json",
        sample: "json",
        percent: 10,
        tasks: &["Describe this record in one sentence.", "Which fields of this data are missing or inconsistent?"],
    },
    Kind {
        corpus: "cjk",
        sample: "cjk",
        percent: 10,
        tasks: &["Translate the following into English.", "请用三句话总结下面的内容。", "次の文章を要約してください。"],
    },
    Kind {
        corpus: "multi",
        sample: "mixed",
        percent: 5,
        tasks: &["Name the language of each part.", "Translate the following into English."],
    },
];

/// The bytes of a message, without its task.
const SHORTEST: usize = 200;
const LONGEST: usize = 6_000;

/// The corpora, in the order of [`KINDS`].
pub struct Texts(Vec<String>);

impl Texts {
    pub fn read() -> io::Result<Self> {
        KINDS.iter().map(read).collect::<io::Result<_>>().map(Self)
    }

    /// Returns the text of a message: a task, and one to four excerpts of one kind.
    ///
    /// The length is the least of five random numbers from 200 to 6,000, so the median is 950 bytes and the mean 1,170.
    pub fn message(&self, random: &mut Random) -> String {
        let length = (0..5).map(|_| random.between(SHORTEST, LONGEST)).min().unwrap_or(SHORTEST);
        let (kind, corpus) = self.pick(random);
        let excerpts = random.between(1, 4);
        let mut text = String::from(*random.pick(kind.tasks));
        for _ in 0..excerpts {
            text.push_str("\n\n");
            text.push_str(excerpt(corpus, length / excerpts, random));
        }
        text
    }

    fn pick(&self, random: &mut Random) -> (&'static Kind, &str) {
        let mut percent = random.below(100);
        for (kind, corpus) in KINDS.iter().zip(&self.0) {
            if percent < kind.percent {
                return (kind, corpus);
            }
            percent -= kind.percent;
        }
        unreachable!("the percents add up to 100")
    }
}

/// Returns about `length` bytes from a random place, or the whole corpus if it is shorter.
fn excerpt<'a>(corpus: &'a str, length: usize, random: &mut Random) -> &'a str {
    let start = corpus.floor_char_boundary(random.below(corpus.len().saturating_sub(length)));
    &corpus[start..corpus.floor_char_boundary(start + length)]
}

fn read(kind: &Kind) -> io::Result<String> {
    let path = match env::var_os("GPT_COST_CORPORA") {
        Some(folder) => PathBuf::from(folder).join(kind.corpus).with_extension("txt"),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").join(kind.sample).with_extension("txt"),
    };
    fs::read_to_string(&path).map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
}
