//! The classes of characters in the split patterns, from tables that the build script writes.

/// The class of a character in the split patterns. The numbers are those of `build/classes.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Class(u8);

impl Class {
    /// `\p{Lu}` and `\p{Lt}`.
    pub(super) const UPPER: Class = Class(1);
    /// `\p{Ll}`.
    pub(super) const LOWER: Class = Class(2);
    /// `\p{M}`.
    pub(super) const MARK: Class = Class(4);
    /// `\p{N}`.
    pub(super) const NUMBER: Class = Class(5);
    /// `\s`.
    pub(super) const SPACE: Class = Class(6);
    /// No character: the end of the text.
    pub(super) const END: Class = Class(7);

    /// Returns whether it is a class of letters: upper or title case, lower case, or neither (`\p{Lm}`, `\p{Lo}`: 3).
    #[inline]
    pub(super) fn is_letter(self) -> bool {
        self.is_in(0b0000_1110)
    }

    /// Returns whether an upper-case run matches it: `\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}`.
    #[inline]
    pub(super) fn is_upper_like(self) -> bool {
        self.is_in(0b0001_1010)
    }

    /// Returns whether a lower-case run matches it: `\p{Ll}\p{Lm}\p{Lo}\p{M}`.
    #[inline]
    pub(super) fn is_lower_like(self) -> bool {
        self.is_in(0b0001_1100)
    }

    /// Returns whether it is neither letter, number nor white space: `[^\s\p{L}\p{N}]`, which includes marks.
    #[inline]
    pub(super) fn is_other(self) -> bool {
        self.is_in(0b0001_0001)
    }

    /// Returns whether the bit of this class is set.
    #[inline]
    fn is_in(self, classes: u8) -> bool {
        classes >> self.0 & 1 == 1
    }
}

/// The number of the block of each 256 code points.
static BLOCKS: &[u8; 0x1100] = include_bytes!(concat!(env!("OUT_DIR"), "/class_blocks"));

/// The classes of the 256 code points of each distinct block.
static CLASSES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/classes"));

/// The classes of ASCII: the beginning of the first block.
static ASCII: &[u8; 0x80] = match CLASSES.first_chunk() {
    Some(classes) => classes,
    None => panic!("the first block has 256 classes"),
};

/// For each first byte of a character of three bytes, a bit for each second byte with which all characters are caseless
/// letters: most blocks of Chinese, Japanese and Korean.
static CASELESS: [u64; 16] = {
    let mut blocks = [0; 16];
    let mut block = 0;
    while block < 1 << 10 {
        let mut letters = 0;
        while letters < 64 && class_of(block << 6 | letters).0 == CASELESS_LETTER {
            letters += 1;
        }
        if letters == 64 {
            blocks[(block >> 6) as usize] |= 1 << (block & 0x3f);
        }
        block += 1;
    }
    blocks
};

/// The class of `\p{Lm}` and `\p{Lo}`.
const CASELESS_LETTER: u8 = 3;

/// Returns the end of the run of characters of three bytes from `at` on that are in blocks of caseless letters. A longer
/// run of caseless letters may begin at `at`.
#[inline]
pub(super) fn caseless_run(text: &[u8], mut at: usize) -> usize {
    while let Some([first, second, _]) = text.get(at..).and_then(|rest| rest.first_chunk::<3>()) {
        if first & 0xf0 != 0xe0 || CASELESS[usize::from(first & 0x0f)] >> (second & 0x3f) & 1 == 0 {
            break;
        }
        at += 3;
    }
    at
}

/// Returns the class of the character that begins at `at`, and its length in bytes; at the end, [`Class::END`] and 0.
///
/// `text` is UTF-8, and `at` one of its boundaries.
#[inline(always)]
pub(super) fn class_at(text: &[u8], at: usize) -> (Class, usize) {
    match text.get(at) {
        None => (Class::END, 0),
        Some(&byte) if byte < 0x80 => (Class(ASCII[usize::from(byte)]), 1),
        Some(&byte) => {
            let (code_point, length) = decode(text, at, byte);
            (class_of(code_point), length)
        }
    }
}

const fn class_of(code_point: u32) -> Class {
    // Beyond the last code point, which only broken text has, the class is that of the first.
    let code_point = if code_point < 0x11_0000 { code_point } else { 0 };
    let block = BLOCKS[(code_point >> 8) as usize];
    Class(CLASSES[(block as usize) << 8 | (code_point & 0xff) as usize])
}

/// Decodes a character of two to four bytes, the first of which is `first`.
#[inline]
fn decode(text: &[u8], at: usize, first: u8) -> (u32, usize) {
    let next = |offset: usize| u32::from(text.get(at + offset).copied().unwrap_or(0) & 0x3f);
    let first = u32::from(first);
    match first {
        ..0xe0 => ((first & 0x1f) << 6 | next(1), 2),
        0xe0..0xf0 => ((first & 0x0f) << 12 | next(1) << 6 | next(2), 3),
        _ => ((first & 0x07) << 18 | next(1) << 12 | next(2) << 6 | next(3), 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FNV-1a over the class of each code point. It changes when the oracle's regex engine changes its version of
    /// Unicode: then check what changed, and set the new value.
    const UNICODE_16: u64 = 8_204_185_199_770_942_020;

    #[test]
    fn the_classes_are_those_of_unicode_16() {
        let fold =
            |hash: u64, code_point| (hash ^ u64::from(class_of(code_point).0)).wrapping_mul(0x0000_0100_0000_01b3);
        assert_eq!((0..0x11_0000).fold(0xcbf2_9ce4_8422_2325, fold), UNICODE_16);
    }

    #[test]
    fn every_character_is_decoded() {
        for char in (0..0x11_0000).filter_map(char::from_u32) {
            let text = char.to_string();
            let expected = if char.is_ascii() { 1 } else { char.len_utf8() };
            assert_eq!(class_at(text.as_bytes(), 0), (class_of(char as u32), expected), "{char:?}");
        }
    }
}
