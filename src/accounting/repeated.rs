//! The token counts of texts that are met again, such as the system prompt in each line of a Batch file.
//!
//! Of a text that is met for the first time, only a fingerprint is noted. The second time, the text and its count are
//! kept, and from then on it is compared with the kept one, byte by byte, which costs much less than counting it: equal
//! fingerprints of different texts cost time and never change a count. A text that is met once is not copied.

use std::cell::RefCell;

use crate::encoding::Encoding;

/// The shortest text that is kept: a shorter one is counted almost as fast as it is found.
const SHORTEST: usize = 128;

/// The most bytes of all texts that a thread keeps. One more text, and all are forgotten.
const MOST_BYTES: usize = 2 << 20;

/// The number of texts that a thread keeps at most. A text has one possible slot, which the latest text occupies.
const SLOTS: usize = 256;

/// The number of fingerprints, one for each place that a text can have among them: 4 KiB for each thread.
const FINGERPRINTS: usize = 1 << 10;

thread_local! {
    static MEMORY: RefCell<Memory> = const { RefCell::new(Memory::new()) };
}

/// Returns the number of tokens of `text`, as [`Encoding::count`] does.
pub(super) fn count(encoding: Encoding, text: &str) -> u64 {
    if !(SHORTEST..=MOST_BYTES).contains(&text.len()) {
        return encoding.count(text) as u64;
    }
    // A thread that ends has no memory any more.
    let recalled = MEMORY.try_with(|memory| memory.borrow_mut().count(encoding, text));
    recalled.unwrap_or_else(|_| encoding.count(text) as u64)
}

/// The memory of a thread.
struct Memory {
    /// The fingerprints of the texts that were met last; 0 where there is none.
    met: [u32; FINGERPRINTS],
    /// Empty, or [`SLOTS`].
    kept: Vec<Option<Kept>>,
    /// The bytes of the kept texts.
    bytes: usize,
}

/// A text that was met twice, and its count.
struct Kept {
    encoding: Encoding,
    text: Box<str>,
    tokens: u64,
}

impl Memory {
    const fn new() -> Memory {
        Memory { met: [0; FINGERPRINTS], kept: Vec::new(), bytes: 0 }
    }

    fn count(&mut self, encoding: Encoding, text: &str) -> u64 {
        let hash = hash(encoding, text.as_bytes());
        let slot = hash as usize % SLOTS;
        match self.kept.get(slot) {
            Some(Some(kept)) if kept.encoding == encoding && *kept.text == *text => return kept.tokens,
            _ => {}
        }
        let tokens = encoding.count(text) as u64;
        let fingerprint = (hash >> 32) as u32 | 1;
        let met = &mut self.met[(hash >> 16) as usize % FINGERPRINTS];
        if std::mem::replace(met, fingerprint) == fingerprint {
            self.keep(slot, Kept { encoding, text: text.into(), tokens });
        }
        tokens
    }

    fn keep(&mut self, slot: usize, kept: Kept) {
        let replaced = self.kept.get(slot).and_then(Option::as_ref).map_or(0, |kept| kept.text.len());
        if self.kept.is_empty() || self.bytes - replaced + kept.text.len() > MOST_BYTES {
            self.kept.clear();
            self.kept.resize_with(SLOTS, || None);
            self.bytes = 0;
        } else {
            self.bytes -= replaced;
        }
        self.bytes += kept.text.len();
        self.kept[slot] = Some(kept);
    }
}

/// Returns a hash of the length of a text and of some of its words, so that its cost does not depend on the length.
fn hash(encoding: Encoding, text: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    /// The number of words: at both ends, and at equal distances between them.
    const WORDS: usize = 8;
    let last = text.len().saturating_sub(8);
    let seed = (text.len() as u64) << 8 | encoding as u64;
    let hash = (0..WORDS).fold(seed, |hash, index| {
        let word = text[last * index / (WORDS - 1)..].first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
        (hash.rotate_left(23) ^ word).wrapping_mul(FACTOR)
    });
    (hash ^ hash >> 32).wrapping_mul(FACTOR)
}

#[cfg(all(test, feature = "encodings"))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(memory: &mut Memory, encoding: Encoding, text: &str) {
        assert_eq!(memory.count(encoding, text), encoding.count(text) as u64, "{encoding} {text}");
        let kept: usize = memory.kept.iter().flatten().map(|kept| kept.text.len()).sum();
        assert_eq!(memory.bytes, kept);
        assert!(kept <= MOST_BYTES);
    }

    /// A text of words that tokenizers merge in different ways.
    fn text(words: usize, seed: usize) -> String {
        (0..words).map(|word| ["lorem ", "ipsum ", "dolor, ", "\n\n", "4321 "][word * seed % 5]).collect()
    }

    #[test]
    fn a_text_is_kept_when_it_is_met_again() {
        let (mut memory, text) = (Memory::new(), text(100, 1));
        check(&mut memory, Encoding::O200kBase, &text);
        assert!(memory.kept.is_empty(), "nothing is allocated");
        for encoding in [Encoding::O200kBase, Encoding::Cl100kBase, Encoding::O200kBase, Encoding::Cl100kBase] {
            check(&mut memory, encoding, &text);
        }
        assert_eq!(memory.kept.iter().flatten().count(), 2, "one for each encoding");
        memory.kept.iter_mut().flatten().for_each(|kept| kept.tokens += 1);
        let wrong = Encoding::O200kBase.count(&text) as u64 + 1;
        assert_eq!(memory.count(Encoding::O200kBase, &text), wrong, "it is not counted again");
    }

    #[test]
    fn texts_with_the_same_hash_are_distinguished() {
        let texts = ["xx", "yy", "1 "].map(|middle| {
            let mut text = "a ".repeat(500);
            text.replace_range(500..502, middle);
            text
        });
        let mut memory = Memory::new();
        for text in texts.iter().chain(&texts).chain(&texts) {
            assert_eq!(hash(Encoding::O200kBase, text.as_bytes()), hash(Encoding::O200kBase, texts[0].as_bytes()));
            check(&mut memory, Encoding::O200kBase, text);
        }
    }

    #[test]
    fn the_kept_texts_are_bounded_in_number_and_bytes() {
        let mut memory = Memory::new();
        for index in 0..2 * SLOTS {
            let text = text(30, index) + &index.to_string();
            (0..3).for_each(|_| check(&mut memory, Encoding::O200kBase, &text));
        }
        assert!(memory.kept.iter().flatten().count() <= SLOTS);
        for index in 0..12 {
            let text = index.to_string() + &"a ".repeat(MOST_BYTES / 10);
            (0..3).for_each(|_| check(&mut memory, Encoding::O200kBase, &text));
        }
        let longest = "a".repeat(MOST_BYTES);
        (0..3).for_each(|_| check(&mut memory, Encoding::Cl100kBase, &longest));
        let longer = longest + "a";
        assert_eq!((0..3).map(|_| count(Encoding::Cl100kBase, &longer)).min(), Some(longer.len() as u64 / 8 + 1));
    }

    proptest! {
        #[test]
        fn counts_are_those_of_the_encoding(
            texts in prop::collection::vec(".{0,300}", 1..8),
            order in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..40),
        ) {
            for (text, encoding) in order {
                let (text, encoding) = (text.get(&texts), *encoding.get(Encoding::ALL));
                prop_assert_eq!(count(encoding, text), encoding.count(text) as u64);
            }
        }
    }
}
