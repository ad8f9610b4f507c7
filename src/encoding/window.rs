//! The pre-tokenizers, 64 bytes at a time: the classes of ASCII become bit masks, and arithmetic on the masks finds
//! where pieces begin, without a branch for each piece.
//!
//! A window begins where a piece does. What masks cannot decide, such as the class of a character beyond ASCII, ends
//! the window early: the scanners of `split.rs` find one piece, and the next window begins after it.

use super::cpu::Vectors;
use super::split::Pattern;

/// The number of bytes of a window.
pub(super) const WINDOW: usize = 64;

/// The classes of the bytes of a window, the first in the lowest bit. Bytes beyond ASCII are in none of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Masks {
    /// `A` to `Z`.
    upper: u64,
    /// `a` to `z`.
    lower: u64,
    /// `0` to `9`.
    number: u64,
    /// White space, newlines included.
    white: u64,
    /// `\r` and `\n`.
    newline: u64,
    /// The plain space.
    space: u64,
    apostrophe: u64,
    slash: u64,
    /// The bytes of the window up to the first that is not ASCII, or not of the text.
    known: u64,
}

/// Where pieces begin in a window.
pub(super) struct Starts {
    /// The starts that are certain; more may follow the last of them.
    pub(super) bits: u64,
    /// Whether the whole window is known, so that the next one begins at the last of them.
    pub(super) whole: bool,
}

impl Starts {
    /// Nothing but the start of the window.
    pub(super) const NONE: Starts = Starts { bits: 1, whole: false };
}

/// Returns where pieces begin in the window at the beginning of `text`, with which a piece begins.
#[inline(always)]
pub(super) fn starts<P: Pattern, V: Vectors>(vectors: V, text: &[u8]) -> Starts {
    // At least two ASCII characters: a window that ends at once gains nothing.
    if !P::IN_WINDOWS || text[0] >= 0x80 || text.get(1).is_some_and(|byte| *byte >= 0x80) {
        return Starts::NONE;
    }
    P::starts(&at_front(vectors, text))
}

/// Returns the masks of the beginning of `text`, which may be shorter than a window.
#[inline(always)]
fn at_front<V: Vectors>(vectors: V, text: &[u8]) -> Masks {
    if let Some(window) = text.first_chunk() {
        return vectors.masks(window);
    }
    let mut window = [0; WINDOW];
    window[..text.len()].copy_from_slice(text);
    let masks = vectors.masks(&window);
    Masks { known: masks.known & below(text.len() as u32), ..masks }
}

impl Masks {
    /// Returns where the pieces of cl100k_base begin.
    #[inline(always)]
    pub(super) fn cl100k_starts(&self) -> Starts {
        let other = self.other();
        let absorbed = flood(self.newline, self.newline & other << 1);
        let others = self.other_starts(other);
        let words = self.letter_starts(others);
        // A contraction at the start of a piece has one or two letters, and ends where a word would continue.
        let letters = self.letters();
        let unclear = self.apostrophe & others & letters >> 1 & letters >> 2;
        let known = if unclear == 0 { self.known } else { self.known & (unclear ^ (unclear - 1)) };
        self.starts(others | words | self.white_starts(absorbed), known)
    }

    /// Returns where the pieces of o200k_base begin.
    #[inline(always)]
    pub(super) fn o200k_starts(&self) -> Starts {
        let other = self.other();
        let absorbed = self.newlines_and_slashes(self.newline & other << 1);
        let others = self.other_starts(other & !absorbed);
        let words = self.letter_starts(others) | self.upper & self.lower << 1;
        // A contraction is the end of a word: an apostrophe after a letter starts a piece unless a letter follows, too.
        let letters = self.letters();
        let unclear = self.apostrophe & letters << 1 & !((self.known & !letters) >> 1);
        let known = if unclear == 0 { self.known } else { self.known & (unclear ^ (unclear - 1)) & !unclear };
        self.starts(others | words | self.white_starts(absorbed), known)
    }

    /// Returns the runs of newlines and slashes that begin at one of `starts`, each a newline after an other character.
    #[inline(always)]
    fn newlines_and_slashes(&self, mut starts: u64) -> u64 {
        let run = self.newline | self.slash;
        if starts & self.slash << 1 == 0 {
            return flood(run, starts);
        }
        // Some starts may be inside the run of an earlier one.
        let mut runs = 0;
        while starts != 0 {
            runs |= flood(run, starts & starts.wrapping_neg());
            starts &= !runs;
        }
        runs
    }

    fn letters(&self) -> u64 {
        self.upper | self.lower
    }

    /// Returns the characters that are neither letters, numbers nor white space.
    #[inline(always)]
    fn other(&self) -> u64 {
        self.known & !(self.letters() | self.number | self.white)
    }

    /// Returns where runs of `other` begin a piece: not after a space, which is then part of the piece.
    #[inline(always)]
    fn other_starts(&self, other: u64) -> u64 {
        other & !(other << 1) & !(self.space << 1)
    }

    /// Returns where runs of letters begin a piece: not after white space or a single other character, which is then
    /// part of the piece.
    #[inline(always)]
    fn letter_starts(&self, others: u64) -> u64 {
        let letters = self.letters();
        letters & !(letters << 1 | (self.white & !self.newline) << 1 | others << 1)
    }

    /// Returns where pieces of numbers begin: every third digit of a run.
    #[inline(always)]
    fn number_starts(&self) -> u64 {
        let number = self.number;
        let mut starts = number & !(number << 1);
        let after_three = number & number << 1 & number << 2 & number << 3;
        let mut next = starts << 3 & after_three;
        while next != 0 {
            starts |= next;
            next = next << 3 & after_three;
        }
        starts
    }

    /// Returns where pieces of white space begin. White space in `absorbed` is part of the piece before it.
    ///
    /// A run has up to three pieces: up to its last newline; from there up to its last character; and its last
    /// character, with which the next word may begin.
    #[inline(always)]
    fn white_starts(&self, absorbed: u64) -> u64 {
        let white = self.white & !absorbed;
        let blank = white & !self.newline;
        let firsts = white & !(white << 1);
        let lasts = blank & !(white >> 1);
        let mut after_newline = blank & (white & self.newline) << 1;
        // Some of these blanks belong to a newline after them.
        if (blank.wrapping_add(after_newline)) & !blank & self.newline != 0 {
            let mut rest = after_newline;
            while rest != 0 {
                let start = rest & rest.wrapping_neg();
                if blank.wrapping_add(start) & !blank & self.newline != 0 {
                    after_newline &= !start;
                }
                rest &= rest - 1;
            }
        }
        firsts | lasts | after_newline
    }

    /// Returns those of `starts`, and of the starts of numbers, that are certain. Of white space at the end of the
    /// known bytes, which may continue, only the first start is.
    #[inline(always)]
    fn starts(&self, starts: u64, known: u64) -> Starts {
        let starts = (starts | self.number_starts()) & known;
        let sure = below(64 - (known & !self.white).leading_zeros());
        let trailing = starts & !sure;
        Starts { bits: starts & sure | trailing & trailing.wrapping_neg(), whole: known == u64::MAX }
    }
}

/// Returns a mask of the given number of lowest bits, up to 64.
#[inline(always)]
fn below(bits: u32) -> u64 {
    u64::MAX.checked_shr(64 - bits).unwrap_or(0)
}

/// Returns the runs of bits of `run` that begin at `starts`, each of which is the first bit of a run.
#[inline(always)]
fn flood(run: u64, starts: u64) -> u64 {
    run & !run.wrapping_add(starts)
}

/// Masks on any processor, from 8 bytes at a time.
pub(super) mod scalar {
    use super::{Masks, WINDOW, below};

    /// The classes of each byte: bit 0 of byte `n` is set if it is of class `n`.
    static CLASSES: [u64; 256] = {
        let mut classes = [0; 256];
        let mut byte = 0;
        while byte < 0x80 {
            let character = byte as u8;
            let members = [
                character.is_ascii_uppercase(),
                character.is_ascii_lowercase(),
                character.is_ascii_digit(),
                matches!(character, b'\t'..=b'\r' | b' '),
                matches!(character, b'\n' | b'\r'),
                character == b' ',
                character == b'\'',
                character == b'/',
            ];
            let mut class = 0;
            while class < members.len() {
                classes[byte] |= (members[class] as u64) << (8 * class);
                class += 1;
            }
            byte += 1;
        }
        classes
    };

    #[inline]
    pub(in crate::encoding) fn masks(window: &[u8; WINDOW]) -> Masks {
        let words = window.as_chunks::<8>().0;
        let mut classes = [0; 8];
        let mut ascii = 64;
        for (index, bytes) in words.iter().enumerate().rev() {
            // Each byte of the word is the mask of one class for these eight bytes.
            classes[index] = (0..8).fold(0, |classes, bit| classes | CLASSES[usize::from(bytes[bit])] << bit);
            let beyond = u64::from_le_bytes(*bytes) & 0x8080_8080_8080_8080;
            if beyond != 0 {
                ascii = 8 * index as u32 + beyond.trailing_zeros() / 8;
            }
        }
        let [upper, lower, number, white, newline, space, apostrophe, slash] = transposed(classes);
        Masks { upper, lower, number, white, newline, space, apostrophe, slash, known: below(ascii) }
    }

    /// Returns the transposed matrix of bytes: the first word has the first bytes of all `words`, the second their
    /// second bytes, …
    #[inline(always)]
    fn transposed(mut words: [u64; 8]) -> [u64; 8] {
        for (distance, mask) in [(4, 0xffff_ffff), (2, 0x0000_ffff_0000_ffff), (1, 0x00ff_00ff_00ff_00ff)] {
            for first in (0..8).filter(|first| first & distance == 0) {
                let second = first + distance;
                let swapped = (words[first] >> (8 * distance) ^ words[second]) & mask;
                words[second] ^= swapped;
                words[first] ^= swapped << (8 * distance);
            }
        }
        words
    }
}

/// Masks on a processor with AVX2, from 32 bytes at a time.
#[cfg(target_arch = "x86_64")]
pub(super) mod avx2 {
    use std::arch::x86_64::*;

    use super::{Masks, WINDOW, below};
    use crate::encoding::cpu::{Avx2, with_avx2};

    with_avx2! {
        #[inline]
        pub(in crate::encoding) fn masks(_: Avx2, window: &[u8; WINDOW]) -> Masks {
            let halves = window.as_chunks::<32>().0;
            let halves = [load(&halves[0]), load(&halves[1])];
            let mask = |matching: &dyn Fn(__m256i) -> __m256i| {
                let [low, high] = halves.map(|half| _mm256_movemask_epi8(matching(half)) as u32);
                opaque(u64::from(low) | u64::from(high) << 32)
            };
            let newline = mask(&|half| _mm256_or_si256(equal(half, b'\n'), equal(half, b'\r')));
            let space = mask(&|half| equal(half, b' '));
            Masks {
                upper: mask(&|half| between(half, b'A', b'Z')),
                lower: mask(&|half| between(half, b'a', b'z')),
                number: mask(&|half| between(half, b'0', b'9')),
                white: space | mask(&|half| between(half, b'\t', b'\r')),
                newline,
                space,
                apostrophe: mask(&|half| equal(half, b'\'')),
                slash: mask(&|half| equal(half, b'/')),
                known: below(mask(&|half| half).trailing_zeros()),
            }
        }
    }

    /// Returns the mask, of which LLVM does not know whence it comes: otherwise it computes with single bits of vectors
    /// instead of integers, with ten times as many instructions.
    #[inline(always)]
    fn opaque(mut mask: u64) -> u64 {
        #[expect(unsafe_code, reason = "no safe function hides a value from LLVM without a trip to memory")]
        // SAFETY: the assembly is empty.
        unsafe {
            std::arch::asm!("/* {0} */", inout(reg) mask, options(pure, nomem, nostack, preserves_flags));
        }
        mask
    }

    with_avx2! {
        #[inline]
        fn load(bytes: &[u8; 32]) -> __m256i {
            let word = |index: usize| i64::from_le_bytes(bytes.as_chunks().0[index]);
            _mm256_set_epi64x(word(3), word(2), word(1), word(0))
        }
    }

    with_avx2! {
        /// Returns the bytes equal to `byte`.
        #[inline]
        fn equal(bytes: __m256i, byte: u8) -> __m256i {
            _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte as i8))
        }
    }

    with_avx2! {
        /// Returns the bytes from `first` to `last`, both ASCII.
        #[inline]
        fn between(bytes: __m256i, first: u8, last: u8) -> __m256i {
            // The comparison is signed, so the range is moved to the upper end of the signed numbers.
            let moved = _mm256_add_epi8(bytes, _mm256_set1_epi8((0x7f - last) as i8));
            _mm256_cmpgt_epi8(moved, _mm256_set1_epi8((0x7f - (last - first)) as i8 - 1))
        }
    }
}

#[cfg(all(test, feature = "encodings"))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::encoding::Coding;
    use crate::encoding::codings::{Cl100kBase, O200kBase};
    #[cfg(target_arch = "x86_64")]
    use crate::encoding::cpu::Avx2;
    use crate::encoding::cpu::Scalar;
    use crate::encoding::layout::INLINE;
    use crate::encoding::merge::Segments;
    use crate::encoding::pieces::ends;

    /// Returns the ends of all pieces, and of the segments of long ones beyond ASCII.
    fn scanned_ends<C: Coding>(text: &[u8]) -> Vec<usize> {
        let mut ends = vec![0];
        while ends[ends.len() - 1] < text.len() {
            let start = ends[ends.len() - 1];
            let end = C::Pattern::piece_end(text, start);
            if end - start > INLINE && !text[start..end].is_ascii() {
                let borders = Segments::<C>::new(&text[..end], start).filter(|(_, is_border)| *is_border);
                ends.extend(borders.map(|(end, _)| end));
            } else {
                ends.push(end);
            }
        }
        ends.split_off(1)
    }

    /// Asserts that windows, with this processor's masks and with scalar ones, find the pieces that the scanners find.
    fn assert_agreement_for<C: Coding>(text: &str) {
        let bytes = text.as_bytes();
        let expected = scanned_ends::<C>(bytes);
        assert_eq!(ends::<C, _>(Scalar, bytes), expected, "scalar: {text:?}");
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = Avx2::detect() {
            assert_eq!(ends::<C, _>(avx2, bytes), expected, "AVX2: {text:?}");
        }
    }

    fn assert_agreement(text: &str) {
        assert_agreement_for::<Cl100kBase>(text);
        assert_agreement_for::<O200kBase>(text);
    }

    /// Returns the masks by their definition.
    fn defined_masks(window: &[u8; WINDOW]) -> Masks {
        let mask = |is: fn(u8) -> bool| (0..WINDOW).fold(0, |mask, bit| mask | u64::from(is(window[bit])) << bit);
        Masks {
            upper: mask(|byte| byte.is_ascii_uppercase()),
            lower: mask(|byte| byte.is_ascii_lowercase()),
            number: mask(|byte| byte.is_ascii_digit()),
            white: mask(|byte| byte.is_ascii() && char::from(byte).is_whitespace()),
            newline: mask(|byte| matches!(byte, b'\n' | b'\r')),
            space: mask(|byte| byte == b' '),
            apostrophe: mask(|byte| byte == b'\''),
            slash: mask(|byte| byte == b'/'),
            known: below(window.iter().take_while(|byte| byte.is_ascii()).count() as u32),
        }
    }

    /// Asserts that scalar masks are as defined, and so are this processor's.
    fn assert_masks(window: &[u8; WINDOW]) {
        let expected = defined_masks(window);
        assert_eq!(Scalar.masks(window), expected, "scalar: {window:?}");
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = Avx2::detect() {
            assert_eq!(avx2.masks(window), expected, "AVX2: {window:?}");
        }
    }

    /// Texts of characters that matter to the patterns, long enough for several windows.
    fn texts() -> impl Strategy<Value = String> {
        let parts = |choices: &'static [&'static str], most| {
            proptest::collection::vec(proptest::sample::select(choices), 1..most).prop_map(|parts| parts.concat())
        };
        prop_oneof![
            parts(
                &["a", "B", " ", "  ", "\n", "\r", "\t", ".", "/", "'", "1", "22", "'s", "'re", "é", "\u{3000}"],
                120
            ),
            parts(&["a", "B", "it", " ", "'", "'s", "'LL", "'ve", "\n", "'\u{17f}"], 120),
            parts(&[" ", "\n", "\r", "\t", ".", "/", "\u{a0}", "x"], 150),
            parts(&["0", "1234", " ", "x", "."], 80),
            parts(&["the ", "The", " quick", "HTTPServer", "camelCase", "don't ", ", ", ".\n\n    ", "(x)", "42"], 60),
            "[ -~\n\r\t]{0,300}",
        ]
    }

    proptest! {
        #[test]
        fn windows_find_the_same_pieces_as_scanners(text in texts()) {
            assert_agreement(&text);
        }

        #[test]
        fn masks_of_any_bytes_are_as_defined(
            bytes in proptest::collection::vec(any::<u8>(), WINDOW),
            ascii in proptest::collection::vec(0..0x80u8, WINDOW),
            from in 0..=WINDOW,
        ) {
            assert_masks(bytes.first_chunk().expect("a whole window"));
            // Most windows of arbitrary bytes end at once.
            let mixed: Vec<u8> = ascii[..from].iter().chain(&bytes[from..]).copied().collect();
            assert_masks(mixed.first_chunk().expect("a whole window"));
        }
    }

    #[test]
    fn windows_agree_with_scanners_on_all_texts_of_five_characters() {
        const CHARACTERS: [char; 12] = ['a', 'B', 's', '\'', ' ', '\t', '\n', '\r', '/', '.', '1', 'é'];
        for number in 0..CHARACTERS.len().pow(5) {
            let text: String =
                (0..5).map(|place| CHARACTERS[number / CHARACTERS.len().pow(place) % CHARACTERS.len()]).collect();
            assert_agreement(&text);
        }
    }

    #[test]
    fn masks_of_every_byte_at_every_place_are_as_defined() {
        for byte in 0..=0xff {
            for place in 0..WINDOW {
                let mut window = [b'x'; WINDOW];
                window[place] = byte;
                assert_masks(&window);
            }
        }
    }
}
