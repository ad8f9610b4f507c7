//! Compares our token ids with those of tiktoken-rs on random text, for all encodings, and with those of bpe-openai
//! where tiktoken-rs panics.
//!
//! ```text
//! cargo run --release --manifest-path benches/peers/Cargo.toml --bin agree -- BYTES [SEED]
//! ```
//!
//! Stops at the first text on which they differ, and prints it.

use std::panic;
use std::process::ExitCode;

use gpt_cost::Encoding;
use tiktoken_rs::CoreBPE;

/// What the split patterns treat apart; each text draws from here, too.
const ODD: &[&str] = &[
    "'",
    "'s",
    "'S",
    "'\u{17f}",
    "'re",
    "'VE",
    "'ll",
    "'lL",
    "''s",
    "\u{17f}",
    "\u{212a}",
    " ",
    "  ",
    "   ",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    " \n",
    "\u{b}",
    "\u{85}",
    "\u{a0}",
    "\u{1680}",
    "\u{2028}",
    "\u{2029}",
    "\u{3000}",
    "\u{200b}",
    "\u{200d}",
    "\u{feff}",
    "\0",
    "/",
    "//",
    "?!",
    "...",
    "----",
    "====",
    "a",
    "Z",
    "ab",
    "AB",
    "aB",
    "The",
    "\u{1c5}",
    "\u{2b0}",
    "\u{aa}",
    "中",
    "ー",
    "한",
    "ش",
    "ा",
    "\u{301}",
    "\u{20e3}",
    "\u{fe0f}",
    "1",
    "12",
    "1234",
    "٣",
    "½",
    "Ⅷ",
    "²",
    "👩\u{200d}🔬",
    "🇳🇴",
    "é",
    "e\u{301}",
    "İ",
    "\u{378}",
    "\u{e000}",
    "\u{10ffff}",
    "<|endoftext|>",
    "<|im_start|>",
    "{\"",
    "\":",
    "\\n",
    "https://",
    "ing",
    "tion",
    "ization",
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (Some(Ok(bytes)), seed) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: agree BYTES [SEED]");
        return ExitCode::FAILURE;
    };
    let mut random = Random(seed.and_then(Result::ok).unwrap_or(1).wrapping_mul(2).wrapping_add(1));
    panic::set_hook(Box::new(|_| {}));
    let (mut compared, mut texts, mut panics) = (0, 0, 0);
    while compared < bytes {
        let text = text(&mut random);
        for (encoding, oracle) in encodings() {
            let ours = encoding.encode(&text);
            let theirs = panic::catch_unwind(|| oracle.encode_ordinary(&text)).ok().or_else(|| {
                panics += 1;
                bpe_openai_tokens(encoding, &text)
            });
            let agrees = theirs.is_none_or(|theirs| theirs == ours)
                && encoding.count(&text) == ours.len()
                && encoding.tokens(&text).map(|token| token.id).eq(ours.iter().copied())
                && encoding.decode(&ours).is_ok_and(|bytes| bytes == text.as_bytes());
            if !agrees {
                println!("{encoding} differs on {text:?}");
                return ExitCode::FAILURE;
            }
        }
        compared += text.len() as u64;
        texts += 1;
    }
    println!("no difference in {compared} bytes of {texts} texts, in any encoding; the oracle panicked {panics} times");
    ExitCode::SUCCESS
}

fn encodings() -> [(Encoding, &'static CoreBPE); 4] {
    [
        (Encoding::Cl100kBase, tiktoken_rs::cl100k_base_singleton()),
        (Encoding::O200kBase, tiktoken_rs::o200k_base_singleton()),
        (Encoding::P50kBase, tiktoken_rs::p50k_base_singleton()),
        (Encoding::R50kBase, tiktoken_rs::r50k_base_singleton()),
    ]
}

fn bpe_openai_tokens(encoding: Encoding, text: &str) -> Option<Vec<u32>> {
    match encoding {
        Encoding::Cl100kBase => Some(bpe_openai::cl100k_base().encode(text)),
        Encoding::O200kBase => Some(bpe_openai::o200k_base().encode(text)),
        _ => None,
    }
}

/// Returns a text of up to some kilobytes: parts of one to five kinds, drawn anew for each text.
fn text(random: &mut Random) -> String {
    let length = 1 << random.below(13);
    let kinds: Vec<u64> = (0..=random.below(5)).map(|_| random.below(9)).collect();
    let mut text = String::new();
    while text.len() < length {
        let kind = kinds[random.below(kinds.len() as u64) as usize];
        push(random, kind, &mut text);
    }
    text
}

fn push(random: &mut Random, kind: u64, text: &mut String) {
    match kind {
        0 => text.push_str(ODD[random.below(ODD.len() as u64) as usize]),
        1 => text.push(random.char(0, 0x80)),
        2 => text.push(random.char(0x80, 0x3000)),
        3 => text.push(random.char(0x3000, 0xffff)),
        4 => text.push(random.char(0, 0x11_0000)),
        5 => text.push_str(&random.token()),
        6 => {
            let (char, times) = (random.char(0x20, 0x7f), random.below(200));
            (0..times).for_each(|_| text.push(char));
        }
        7 => {
            text.push(' ');
            (0..random.below(12)).for_each(|_| text.push(random.char(0x61, 0x7b)));
        }
        _ => (0..random.below(6)).for_each(|_| text.push([' ', '\n', '\t', '\r', '\u{a0}'][random.below(5) as usize])),
    }
}

/// Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    fn char(&mut self, from: u32, to: u32) -> char {
        let code_point = from + self.below(u64::from(to - from)) as u32;
        char::from_u32(code_point).unwrap_or('\u{d7ff}')
    }

    /// Returns the text of some token, so that long tokens meet in all ways.
    fn token(&mut self) -> String {
        let token = self.below(199_998) as u32;
        let bytes = Encoding::O200kBase.decode(&[token]).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
