//! What is counted or encoded.

use crate::texts::{CJK, CODE, Derived, File, JSON, LOGS, PROSE, SCRIPTS, Texts};

pub struct Case {
    pub name: &'static str,
    pub unit: Unit,
    pub texts: Texts,
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

const fn fresh(name: &'static str, file: File) -> Case {
    Case { name, unit: Unit::Fresh, texts: Texts::File(file) }
}

const fn derived(name: &'static str, derived: Derived) -> Case {
    Case { name, unit: Unit::Fresh, texts: Texts::Derived(derived) }
}

const fn repeated(name: &'static str, file: File) -> Case {
    Case { name, unit: Unit::Repeated, texts: Texts::File(file) }
}

const fn worst(name: &'static str, characters: &'static str) -> Case {
    Case { name, unit: Unit::Fresh, texts: Texts::Random(characters) }
}

pub const CASES: [Case; 26] = [
    fresh("fresh: prose", PROSE),
    fresh("fresh: code", CODE),
    fresh("fresh: JSON", JSON),
    fresh("fresh: logs", LOGS),
    derived("fresh: Markdown", Derived::Markdown),
    derived("fresh: minified JavaScript", Derived::Minified),
    fresh("fresh: CJK", CJK),
    fresh("fresh: thirty scripts", SCRIPTS),
    derived("fresh: chat, mixed languages", Derived::Chat),
    repeated("repeated: prose", PROSE),
    repeated("repeated: CJK", CJK),
    Case { name: "message of 100 bytes", unit: Unit::Message, texts: Texts::Beginning(100) },
    Case { name: "message of 1,000 bytes", unit: Unit::Message, texts: Texts::Beginning(1_000) },
    Case { name: "start: process, 100 bytes", unit: Unit::Process, texts: Texts::Beginning(100) },
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
    /// Returns the name without the size, if the case is one of the worst.
    pub fn worst(&self) -> Option<&'static str> {
        self.name.strip_prefix("1 MB: ")
    }

    /// Whether the corpora are all that it measures.
    pub fn is_of_corpora(&self) -> bool {
        matches!(self.texts, Texts::File(_) | Texts::Derived(_))
    }
}

impl Unit {
    pub fn show(self, seconds: f64, bytes: usize) -> String {
        let rate = bytes as f64 / seconds / 1e6;
        match self {
            Self::Message => format!("{:.0} ns", seconds * 1e9),
            Self::Process => format!("{:.2} ms", seconds * 1e3),
            Self::Fresh | Self::Repeated if rate < 10.0 => format!("{rate:.1} MB/s"),
            Self::Fresh | Self::Repeated => format!("{rate:.0} MB/s"),
        }
    }
}
