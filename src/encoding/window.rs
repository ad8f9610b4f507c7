//! The pre-tokenizers, 64 bytes at a time: the classes of ASCII become bit masks, and arithmetic on the masks finds where pieces
//! begin, without a branch for each piece.
//!
//! A window begins where a piece does. What masks cannot decide, such as the class of a character beyond ASCII, ends the window
//! early: the scanners of `split.rs` take one piece, and the next window begins after it.

use std::ops::ControlFlow;

#[cfg(target_arch = "x86_64")]
use super::cpu::Avx2;
use super::split::Pattern;

/// How many bytes a window has.
const WINDOW: usize = 64;

/// The classes of the bytes of a window, the first in the lowest bit. Bytes beyond ASCII are in none of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Masks {
    /// `A` to `Z`.
    upper: u64,
    /// `a` to `z`.
    lower: u64,
    /// `0` to `9`.
    number: u64,
    /// White space, newlines among it.
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
    /// The starts up to one, after which there may be more.
    bits: u64,
    /// Whether the whole window is known, so that the next one begins at the last of them.
    whole: bool,
}

impl Starts {
    /// Nothing but the start of the window.
    pub(super) const NONE: Starts = Starts { bits: 1, whole: false };
}

/// Calls `pieces` with the start of the first of some pieces and the ends of all of them, from the start to the end of `text`, until it
/// breaks.
#[inline]
pub(super) fn each_pieces<P: Pattern, B>(
    text: &[u8],
    mut pieces: impl FnMut(usize, &[usize]) -> ControlFlow<B>,
) -> ControlFlow<B> {
    #[cfg(target_arch = "x86_64")]
    if P::IN_WINDOWS
        && let Some(avx2) = Avx2::detect()
    {
        #[expect(unsafe_code, reason = "the function uses features of the processor")]
        // SAFETY: `avx2` is the proof that the processor has the features with which the function is compiled.
        return unsafe { avx2::each_pieces::<P, B>(avx2, text, pieces) };
    }
    // With detection off, scalar windows ran at 1.18 to 1.49 times the speed of the scanners on English, code and JSON, and at 0.95 to 0.97 times
    // on CJK and mixed scripts, where few windows are ASCII (one x86-64 machine, 2026-11-25; not measured on aarch64).
    if P::IN_WINDOWS {
        return each_pieces_by::<P, B>(text, scalar::masks, pieces);
    }
    let mut at = 0;
    while at < text.len() {
        let end = P::piece_end(text, at);
        pieces(at, &[end])?;
        at = end;
    }
    ControlFlow::Continue(())
}

/// Does what [`each_pieces`] does, by the masks that `masks` returns.
#[inline(always)]
fn each_pieces_by<P: Pattern, B>(
    text: &[u8],
    masks: impl Fn(&[u8; WINDOW]) -> Masks,
    mut pieces: impl FnMut(usize, &[usize]) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let mut ends = [0; WINDOW];
    let mut at = 0;
    while at < text.len() {
        let start = at;
        let mut count = 0;
        let mut whole = false;
        // Two characters of ASCII at least: a window that ends at once is worth nothing.
        if text[start] < 0x80 && text.get(start + 1).is_none_or(u8::is_ascii) {
            let starts = P::starts(&at_front(&text[start..], &masks));
            whole = starts.whole;
            // The first bit is the start of the window.
            let mut bits = starts.bits & !1;
            while bits != 0 {
                ends[count % WINDOW] = start + bits.trailing_zeros() as usize;
                count += 1;
                bits &= bits - 1;
            }
            if count > 0 {
                at = ends[count - 1];
            }
        }
        if count == 0 || !whole {
            at = P::piece_end(text, at);
            ends[count % WINDOW] = at;
            count += 1;
        }
        pieces(start, &ends[..count])?;
    }
    ControlFlow::Continue(())
}

/// Returns the masks of the first bytes of `text`, which may be fewer than a window has.
#[inline(always)]
fn at_front(text: &[u8], masks: impl Fn(&[u8; WINDOW]) -> Masks) -> Masks {
    if let Some(window) = text.first_chunk() {
        return masks(window);
    }
    let mut window = [0; WINDOW];
    window[..text.len()].copy_from_slice(text);
    let masks = masks(&window);
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
        // A contraction at the start of a piece ends where a word would go on: it has one or two letters.
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

    /// Returns those runs of newlines and slashes that begin at one of `starts`, all of which are newlines after something else.
    #[inline(always)]
    fn newlines_and_slashes(&self, mut starts: u64) -> u64 {
        let run = self.newline | self.slash;
        if starts & self.slash << 1 == 0 {
            return flood(run, starts);
        }
        // Some of the starts may be in the run of another.
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

    /// Returns what is neither letter, number nor white space.
    #[inline(always)]
    fn other(&self) -> u64 {
        self.known & !(self.letters() | self.number | self.white)
    }

    /// Returns where runs of `other` begin a piece: not after a space, which they take along.
    #[inline(always)]
    fn other_starts(&self, other: u64) -> u64 {
        other & !(other << 1) & !(self.space << 1)
    }

    /// Returns where runs of letters begin a piece: not after white space or a single other character, which they take along.
    #[inline(always)]
    fn letter_starts(&self, others: u64) -> u64 {
        let letters = self.letters();
        letters & !(letters << 1 | (self.white & !self.newline) << 1 | others << 1)
    }

    /// Returns where pieces of numbers begin: each three of a run.
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

    /// Returns where pieces of white space begin. What `absorbed` has is part of what is before it.
    ///
    /// A run is a piece up to its last newline; what is after that, up to the last character; and the last character, which may take
    /// along what follows.
    #[inline(always)]
    fn white_starts(&self, absorbed: u64) -> u64 {
        let white = self.white & !absorbed;
        let blank = white & !self.newline;
        let firsts = white & !(white << 1);
        let lasts = blank & !(white >> 1);
        let mut after_newline = blank & (white & self.newline) << 1;
        // Those blanks belong to a newline that follows them.
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

    /// Returns those of `starts`, and of numbers, that are sure: of white space that may go on after what is known, the first one.
    #[inline(always)]
    fn starts(&self, starts: u64, known: u64) -> Starts {
        let starts = (starts | self.number_starts()) & known;
        let sure = below(64 - (known & !self.white).leading_zeros());
        let trailing = starts & !sure;
        Starts { bits: starts & sure | trailing & trailing.wrapping_neg(), whole: known == u64::MAX }
    }
}

/// Returns the lowest bits, as many as are asked for, up to 64.
#[inline(always)]
fn below(bits: u32) -> u64 {
    u64::MAX.checked_shr(64 - bits).unwrap_or(0)
}

/// Returns those runs of bits of `run` that begin at one of `starts`, all of which are such beginnings.
#[inline(always)]
fn flood(run: u64, starts: u64) -> u64 {
    run & !run.wrapping_add(starts)
}

/// Masks on any processor, from 8 bytes at a time.
mod scalar {
    use super::{Masks, WINDOW, below};

    /// For each byte its classes: bit 0 of the byte `n` is set for the class of number `n`.
    static CLASSES: [u64; 256] = {
        let mut classes = [0; 256];
        let mut byte = 0;
        while byte < 0x80 {
            let of = byte as u8;
            let members = [
                of.is_ascii_uppercase(),
                of.is_ascii_lowercase(),
                of.is_ascii_digit(),
                matches!(of, b'\t'..=b'\r' | b' '),
                matches!(of, b'\n' | b'\r'),
                of == b' ',
                of == b'\'',
                of == b'/',
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
    pub(super) fn masks(window: &[u8; WINDOW]) -> Masks {
        let words = window.as_chunks::<8>().0;
        let mut classes = [0; 8];
        let mut ascii = 64;
        for (index, bytes) in words.iter().enumerate().rev() {
            // Byte by byte, the masks of these eight bytes.
            classes[index] = (0..8).fold(0, |classes, bit| classes | CLASSES[usize::from(bytes[bit])] << bit);
            let beyond = u64::from_le_bytes(*bytes) & 0x8080_8080_8080_8080;
            if beyond != 0 {
                ascii = 8 * index as u32 + beyond.trailing_zeros() / 8;
            }
        }
        let [upper, lower, number, white, newline, space, apostrophe, slash] = transposed(classes);
        Masks { upper, lower, number, white, newline, space, apostrophe, slash, known: below(ascii) }
    }

    /// Returns words of which the first has the first bytes of all `words`, the second their second bytes, and so on.
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
mod avx2 {
    use std::arch::x86_64::*;
    use std::ops::ControlFlow;

    use super::{Masks, Pattern, WINDOW, below, each_pieces_by};
    use crate::encoding::cpu::{Avx2, with_avx2};

    with_avx2! {
        pub(super) fn each_pieces<P: Pattern, B>(
            _: Avx2,
            text: &[u8],
            pieces: impl FnMut(usize, &[usize]) -> ControlFlow<B>,
        ) -> ControlFlow<B> {
            each_pieces_by::<P, B>(text, |window| masks(window), pieces)
        }
    }

    with_avx2! {
        // Inlined, LLVM works on single bits of vectors where numbers should be: three times as many instructions.
        #[inline(never)]
        fn masks(window: &[u8; WINDOW]) -> Masks {
            let halves = window.as_chunks::<32>().0;
            let halves = [load(&halves[0]), load(&halves[1])];
            let mask = |of: &dyn Fn(__m256i) -> __m256i| {
                let [low, high] = halves.map(|half| _mm256_movemask_epi8(of(half)) as u32);
                u64::from(low) | u64::from(high) << 32
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

    with_avx2! {
        #[inline]
        fn load(bytes: &[u8; 32]) -> __m256i {
            let word = |index: usize| i64::from_le_bytes(bytes.as_chunks().0[index]);
            _mm256_set_epi64x(word(3), word(2), word(1), word(0))
        }
    }

    with_avx2! {
        /// Returns which bytes are `byte`.
        #[inline]
        fn equal(bytes: __m256i, byte: u8) -> __m256i {
            _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte as i8))
        }
    }

    with_avx2! {
        /// Returns which bytes are from `first` to `last`, both ASCII.
        #[inline]
        fn between(bytes: __m256i, first: u8, last: u8) -> __m256i {
            // Comparisons are of signed numbers: the range is moved to their upper end.
            let moved = _mm256_add_epi8(bytes, _mm256_set1_epi8((0x7f - last) as i8));
            _mm256_cmpgt_epi8(moved, _mm256_set1_epi8((0x7f - (last - first)) as i8 - 1))
        }
    }
}

#[cfg(all(test, feature = "encodings"))]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;

    use super::*;
    use crate::encoding::split::{Cl100k, O200k};

    /// Returns the ends of the pieces that `each` gives.
    fn ends(each: impl FnOnce(&mut dyn FnMut(usize, &[usize]) -> ControlFlow<()>) -> ControlFlow<()>) -> Vec<usize> {
        let mut all = Vec::new();
        let mut at = 0;
        let flow = each(&mut |start, ends| {
            assert_eq!(start, at);
            all.extend_from_slice(ends);
            at = ends[ends.len() - 1];
            ControlFlow::Continue(())
        });
        assert!(flow.is_continue());
        all
    }

    fn scanned_ends<P: Pattern>(text: &[u8]) -> Vec<usize> {
        let mut ends = vec![0];
        while ends[ends.len() - 1] < text.len() {
            ends.push(P::piece_end(text, ends[ends.len() - 1]));
        }
        ends.split_off(1)
    }

    /// Windows, as this processor has them and by scalar masks, have the pieces of the scanners.
    fn agrees_for<P: Pattern>(text: &str) {
        let bytes = text.as_bytes();
        let expected = scanned_ends::<P>(bytes);
        assert_eq!(ends(|pieces| each_pieces::<P, ()>(bytes, pieces)), expected, "as chosen: {text:?}");
        assert_eq!(ends(|pieces| each_pieces_by::<P, ()>(bytes, scalar::masks, pieces)), expected, "scalar: {text:?}");
    }

    fn agrees(text: &str) {
        agrees_for::<Cl100k>(text);
        agrees_for::<O200k>(text);
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

    thread_local! {
        static RECORDED: Cell<Option<Masks>> = const { Cell::new(None) };
    }

    /// A pattern that records the masks of the last window, and has one piece.
    struct Recorder;

    impl Pattern for Recorder {
        const IN_WINDOWS: bool = true;

        fn starts(masks: &Masks) -> Starts {
            RECORDED.set(Some(*masks));
            Starts::NONE
        }

        fn piece_end(text: &[u8], _: usize) -> usize {
            text.len()
        }
    }

    /// Scalar masks, and those that this processor has for a window that begins with two characters of ASCII, are as defined.
    fn masks_agree(window: &[u8; WINDOW]) {
        let expected = defined_masks(window);
        assert_eq!(scalar::masks(window), expected, "scalar: {window:?}");
        RECORDED.set(None);
        let flow = each_pieces::<Recorder, ()>(window, |_, _| ControlFlow::Continue(()));
        assert!(flow.is_continue());
        if let Some(masks) = RECORDED.take() {
            assert_eq!(masks, expected, "as chosen: {window:?}");
        }
    }

    /// Texts of what matters to the patterns, long enough for several windows.
    fn texts() -> impl Strategy<Value = String> {
        let parts = |of: &'static [&'static str], most| {
            proptest::collection::vec(proptest::sample::select(of), 1..most).prop_map(|parts| parts.concat())
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
        fn windows_have_the_pieces_of_the_scanners(text in texts()) {
            agrees(&text);
        }

        #[test]
        fn masks_of_any_bytes_are_as_defined(
            bytes in proptest::collection::vec(any::<u8>(), WINDOW),
            ascii in proptest::collection::vec(0..0x80u8, WINDOW),
            from in 0..=WINDOW,
        ) {
            masks_agree(bytes.first_chunk().expect("a whole window"));
            // Most windows of any bytes end at once.
            let mixed: Vec<u8> = ascii[..from].iter().chain(&bytes[from..]).copied().collect();
            masks_agree(mixed.first_chunk().expect("a whole window"));
        }
    }

    #[test]
    fn all_short_texts_of_unlike_characters_agree() {
        const CHARACTERS: [char; 12] = ['a', 'B', 's', '\'', ' ', '\t', '\n', '\r', '/', '.', '1', 'é'];
        for number in 0..CHARACTERS.len().pow(5) {
            let text: String =
                (0..5).map(|place| CHARACTERS[number / CHARACTERS.len().pow(place) % CHARACTERS.len()]).collect();
            agrees(&text);
        }
    }

    #[test]
    fn masks_of_every_byte_at_every_place_are_as_defined() {
        for byte in 0..=0xff {
            for place in 0..WINDOW {
                let mut window = [b'x'; WINDOW];
                window[place] = byte;
                masks_agree(&window);
            }
        }
    }
}
