//! The memory of a thread: the buffers of the merger, and the number of tokens of the pieces that it merged last.

use std::cell::Cell;
use std::ops::Range;

use super::merge::{Merger, each_segment, is_repeated};
use super::vocab::Ranks;

/// Lines of 32 bytes: 256 KiB for each thread that merges, a quarter of a core's second-level cache.
const LINES: usize = 1 << LINES_BITS;
const LINES_BITS: u32 = 13;

/// The longest piece that is cached: a line less the three bytes for its length, encoding and number of tokens.
const LONGEST: usize = 29;

const TOKENS: usize = 29;
const ENCODING: usize = 30;
const LENGTH: usize = 31;

type Line = [u8; 32];

/// The memory of a thread. Nothing is allocated before the first piece of several tokens.
#[derive(Default)]
pub(super) struct Memory {
    merger: Merger,
    /// Empty, or [`LINES`]. A piece has one possible line, which the latest piece occupies.
    lines: Vec<Line>,
}

thread_local! {
    static MEMORY: Cell<Option<Box<Memory>>> = const { Cell::new(None) };
}

/// Calls `count` with the memory of this thread, or with a new one where there is none, such as in a thread that ends.
pub(super) fn with<T>(count: impl FnOnce(&mut Memory) -> T) -> T {
    let mut memory = MEMORY.try_with(Cell::take).ok().flatten().unwrap_or_default();
    let counted = count(&mut memory);
    // In a thread that ends, the memory is dropped.
    let _ = MEMORY.try_with(|kept| kept.set(Some(memory)));
    counted
}

impl Memory {
    /// Returns the number of tokens of the piece of `text` in `range`, which is not known to be a token. Each
    /// encoding's `ranks` have their own `id`.
    #[inline]
    pub(super) fn count(&mut self, id: u8, ranks: Ranks, text: &[u8], range: Range<usize>) -> usize {
        let piece = &text[range.clone()];
        if piece.is_ascii() || is_repeated(piece) {
            return self.recall(id, piece, |merger| merger.count_segment(ranks, text, range));
        }
        let mut count = 0;
        each_segment(ranks, piece, |segment, tokens| {
            count += tokens;
            if tokens > 0 {
                return;
            }
            let segment = range.start + segment.start..range.start + segment.end;
            count += match ranks.rank(text, segment.start, segment.end) {
                Some(_) => 1,
                None => self.recall(id, &text[segment.clone()], |merger| merger.count_segment(ranks, text, segment)),
            };
        });
        count
    }

    /// Returns the number of tokens of `piece`, from the cache or else from `merge`.
    #[inline]
    fn recall(&mut self, id: u8, piece: &[u8], merge: impl FnOnce(&mut Merger) -> usize) -> usize {
        if piece.len() > LONGEST {
            return merge(&mut self.merger);
        }
        if self.lines.is_empty() {
            self.lines = vec![[0; 32]; LINES];
        }
        let line = &mut self.lines[place(id, piece)];
        if line[LENGTH] == piece.len() as u8 && line[ENCODING] == id && line[..piece.len()] == *piece {
            return usize::from(line[TOKENS]);
        }
        // It fits into a byte: a piece has at most as many tokens as bytes.
        let tokens = merge(&mut self.merger);
        line[..piece.len()].copy_from_slice(piece);
        (line[TOKENS], line[ENCODING], line[LENGTH]) = (tokens as u8, id, piece.len() as u8);
        tokens
    }
}

/// Returns the index of a piece's line: a hash of all its bytes.
#[inline]
fn place(id: u8, piece: &[u8]) -> usize {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, rest) = piece.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let seed = u64::from(id) << 8 | piece.len() as u64;
    let mix = |hash: u64, word: u64| (hash.rotate_left(23) ^ word).wrapping_mul(FACTOR);
    let hash = words.iter().fold(seed, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let hash = mix(hash, u64::from_le_bytes(last));
    ((hash ^ hash >> 32).wrapping_mul(FACTOR) >> (64 - LINES_BITS)) as usize
}

#[cfg(all(test, feature = "encodings"))]
mod tests {
    use super::*;
    use crate::encoding::vocab;

    const CL100K: Ranks = Ranks::all(&vocab::CL100K);
    const P50K: Ranks = Ranks::all(&vocab::P50K);
    const R50K: Ranks = P50K.below(50_256);

    #[test]
    fn pieces_that_evict_each_other_are_counted_right() {
        let pieces: Vec<String> = (0..3 * LINES).map(|number| format!("piece-{number}-of-many")).collect();
        let mut memory = Memory::default();
        for _ in 0..2 {
            for piece in &pieces {
                for (id, ranks) in [(0, CL100K), (1, P50K), (2, R50K)] {
                    let expected = Merger::default().merge(ranks, piece.as_bytes(), 0..piece.len()).len();
                    assert_eq!(memory.count(id, ranks, piece.as_bytes(), 0..piece.len()), expected);
                }
            }
        }
    }

    #[test]
    fn the_longest_cached_piece_is_compared_to_its_last_byte() {
        let mut memory = Memory::default();
        for last in ["x", "y"] {
            let piece = "!".repeat(LONGEST - 1) + last;
            let expected = Merger::default().merge(CL100K, piece.as_bytes(), 0..piece.len()).len();
            assert_eq!([memory.count(0, CL100K, piece.as_bytes(), 0..piece.len()); 2], [expected; 2]);
        }
    }
}
