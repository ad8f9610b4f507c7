//! Byte-pair merging of one piece: the pair whose union has the lowest rank is merged first, the leftmost of equals, until no two
//! neighbours are a token together.
//!
//! Three ways lead to the same tokens:
//! - [`scan`], for up to [`SCAN`] bytes: look for the lowest rank among all neighbours, again and again. No allocation.
//! - [`heap`], for more: n log n whatever the bytes are.
//! - [`windows`], for long pieces: merge a window, and then the next one, beginning with the last token of what is there. This
//!   rests on one fact: *tokens are the merge of their bytes if, and only if, each two neighbours are the merge of theirs*. For
//!   look at the first merge of the whole that would cross a border between two of the tokens: up to it all merges were inside of
//!   tokens, the same ones in the same order as when the two neighbours alone are merged, so it would cross there, too. So where the
//!   first token of a window is the last one of what is there, the border is right; where it is not, the window begins earlier.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::layout::NONE;
use super::vocab::Vocabulary;

/// The most bytes that are merged by [`scan`]. Above it, the square of the length costs more than a heap.
const SCAN: usize = 64;

/// How many new bytes a window takes in: half of [`SCAN`], so that it and a token before it fit into one.
const STEP: usize = 32;

/// Puts the ends of the tokens of `piece` behind what is in `ends`, as offsets in the piece.
///
/// Tokens of rank `below` and above do not exist.
pub(super) fn merge(vocabulary: &Vocabulary, below: u32, piece: &[u8], ends: &mut Vec<u32>) {
    match piece.len() {
        ..=SCAN => scan(vocabulary, below, piece, 0, |end| ends.push(end)),
        _ => long(vocabulary, below, piece, ends),
    }
}

/// Returns the number of tokens of `piece`.
pub(super) fn count(vocabulary: &Vocabulary, below: u32, piece: &[u8]) -> usize {
    if piece.len() <= SCAN {
        let mut count = 0;
        scan(vocabulary, below, piece, 0, |_| count += 1);
        return count;
    }
    let mut ends = Vec::new();
    long(vocabulary, below, piece, &mut ends);
    ends.len()
}

fn long(vocabulary: &Vocabulary, below: u32, piece: &[u8], ends: &mut Vec<u32>) {
    let first = ends.len();
    if !repeated(vocabulary, below, piece, ends) && !windows(vocabulary, below, piece, ends) {
        ends.truncate(first);
        heap(vocabulary, below, piece, 0, ends);
    }
}

/// Merges up to [`SCAN`] bytes, and tells the end of each token, `offset` added.
fn scan(vocabulary: &Vocabulary, below: u32, piece: &[u8], offset: usize, mut tell: impl FnMut(u32)) {
    // Behind the bytes there is room for the widest load of a token.
    let mut bytes = [0; SCAN + 16];
    bytes[..piece.len()].copy_from_slice(piece);
    let rank = |start: u8, end: u8| match vocabulary.rank(&bytes, usize::from(start), usize::from(end)) {
        rank if rank < below => rank,
        _ => NONE,
    };
    // The parts begin at `starts`, the last of which is the end; `ranks` are those of each part and the next together.
    let mut starts = [0u8; SCAN + 1];
    let mut ranks = [NONE; SCAN + 1];
    let mut parts = piece.len();
    for (index, start) in starts.iter_mut().enumerate() {
        *start = index as u8;
    }
    for index in 0..parts.saturating_sub(1) {
        ranks[index] = rank(starts[index], starts[index + 2]);
    }
    while parts > 1 {
        let (index, lowest) = lowest(&ranks[..parts - 1]);
        if lowest == NONE {
            break;
        }
        starts.copy_within(index + 2..=parts, index + 1);
        ranks.copy_within(index + 1..parts - 1, index);
        parts -= 1;
        ranks[parts - 1] = NONE;
        if index + 1 < parts {
            ranks[index] = rank(starts[index], starts[index + 2]);
        }
        if index > 0 {
            ranks[index - 1] = rank(starts[index - 1], starts[index + 1]);
        }
    }
    starts[1..=parts].iter().for_each(|end| tell(offset as u32 + u32::from(*end)));
}

/// Returns the place and the value of the lowest rank, the first of equals.
#[inline]
fn lowest(ranks: &[u32]) -> (usize, u32) {
    let lowest = ranks.iter().copied().min().unwrap_or(NONE);
    (ranks.iter().position(|rank| *rank == lowest).unwrap_or(0), lowest)
}

/// Merges any number of bytes in n log n, and puts the end of each token, `offset` added, behind what is in `ends`.
fn heap(vocabulary: &Vocabulary, below: u32, piece: &[u8], offset: usize, ends: &mut Vec<u32>) {
    let length = piece.len();
    // A part is known by where it begins: `next` is where the next one does, `previous` where the one before it does.
    let mut next: Vec<u32> = (1..=length as u32).collect();
    let mut previous: Vec<u32> = (0..length as u32).map(|start| start.wrapping_sub(1)).collect();
    let union = |start: u32, next: &[u32]| -> Option<(u32, u32)> {
        let middle = next[start as usize];
        let end = *next.get(middle as usize)?;
        let rank = vocabulary.rank(piece, start as usize, end as usize);
        (rank < below).then_some((rank, end))
    };
    let mut candidates: BinaryHeap<Reverse<(u32, u32, u32)>> = (0..length as u32)
        .filter_map(|start| union(start, &next).map(|(rank, end)| Reverse((rank, start, end))))
        .collect();
    while let Some(Reverse((_, start, end))) = candidates.pop() {
        // A candidate is stale once one of its two parts has become part of another: `next` of a part that is gone is 0.
        let middle = next[start as usize];
        if middle == 0 || middle as usize >= length || next[middle as usize] != end {
            continue;
        }
        next[start as usize] = end;
        next[middle as usize] = 0;
        if let Some(after) = previous.get_mut(end as usize) {
            *after = start;
        }
        let before = previous[start as usize];
        for start in [Some(start), (before != u32::MAX).then_some(before)].into_iter().flatten() {
            if let Some((rank, end)) = union(start, &next) {
                candidates.push(Reverse((rank, start, end)));
            }
        }
    }
    let mut start = 0;
    while start < length {
        start = next[start] as usize;
        ends.push((offset + start) as u32);
    }
}

/// Merges a long piece window by window. Returns `false` where windows would have to go back too far: then what is in `ends` is of no
/// use.
fn windows(vocabulary: &Vocabulary, below: u32, piece: &[u8], ends: &mut Vec<u32>) -> bool {
    let first = ends.len();
    let start_of = |ends: &[u32], token: usize| if token > first { ends[token - 1] as usize } else { 0 };
    let mut window: Vec<u32> = Vec::new();
    let (mut end, mut back, mut work) = (STEP.min(piece.len()), 0, 0);
    loop {
        // The window begins with the last token, or so many tokens earlier as it took until the first one stood.
        let kept = ends.len().saturating_sub(back + 1).max(first);
        let start = start_of(ends, kept);
        window.clear();
        merge_window(vocabulary, below, &piece[start..end], start, &mut window);
        work += end - start;
        let stands = kept == first && back > 0 || ends.get(kept).is_none_or(|token| window.first() == Some(token));
        if !stands {
            // Work that grows faster than the piece means that nothing settles.
            if work > 8 * end + 4096 {
                return false;
            }
            back = 2 * back + 1;
            continue;
        }
        ends.truncate(kept);
        ends.append(&mut window);
        if end == piece.len() {
            return true;
        }
        back = 0;
        end = (end + STEP).min(piece.len());
    }
}

fn merge_window(vocabulary: &Vocabulary, below: u32, bytes: &[u8], offset: usize, ends: &mut Vec<u32>) {
    match bytes.len() {
        ..=SCAN => scan(vocabulary, below, bytes, offset, |end| ends.push(end)),
        _ => heap(vocabulary, below, bytes, offset, ends),
    }
}

/// Merges a piece that is one byte over and over, such as a run of spaces: once the same token follows itself, it always does. Returns
/// `false`, and leaves `ends` alone, where the piece is something else.
fn repeated(vocabulary: &Vocabulary, below: u32, piece: &[u8], ends: &mut Vec<u32>) -> bool {
    /// More than twice the longest token of any vocabulary, 128 spaces.
    const SAMPLE: usize = 512;
    if piece.len() <= 2 * SAMPLE || piece.iter().any(|byte| *byte != piece[0]) {
        return false;
    }
    let mut sample = Vec::new();
    heap(vocabulary, below, &piece[..SAMPLE], 0, &mut sample);
    let token = sample[0] as usize;
    if sample[1] as usize != 2 * token {
        return false;
    }
    // The tail begins with one more of the token, which proves its border.
    let whole = (piece.len() - SAMPLE) / token;
    let mut tail = Vec::new();
    heap(vocabulary, below, &piece[whole * token..], 0, &mut tail);
    if tail[0] as usize != token {
        return false;
    }
    ends.extend((1..=whole).map(|count| (count * token) as u32));
    ends.extend(tail.iter().map(|end| (whole * token) as u32 + end));
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::encoding::naive;
    use crate::encoding::vocab::{CL100K, O200K, P50K};

    fn all_agree(vocabulary: &Vocabulary, below: u32, piece: &[u8]) -> Result<(), TestCaseError> {
        let expected = naive::merge(vocabulary, below, piece);
        let mut ends = Vec::new();
        merge(vocabulary, below, piece, &mut ends);
        prop_assert_eq!(&ends, &expected);
        prop_assert_eq!(count(vocabulary, below, piece), expected.len());
        ends.clear();
        heap(vocabulary, below, piece, 0, &mut ends);
        prop_assert_eq!(&ends, &expected);
        ends.clear();
        if windows(vocabulary, below, piece, &mut ends) {
            prop_assert_eq!(&ends, &expected);
        }
        Ok(())
    }

    /// Pieces that merge much: few different bytes, words, runs.
    fn pieces() -> impl Strategy<Value = Vec<u8>> {
        let bytes =
            |of: &'static str, most| proptest::collection::vec(proptest::sample::select(of.as_bytes()), 1..most);
        prop_oneof![
            proptest::collection::vec(any::<u8>(), 1..200),
            bytes("ab", 300),
            bytes("aeinorst", 300),
            bytes(" ", 700),
            bytes("  \n\t", 300),
            bytes("=-*#", 300),
            bytes("0123456789abcdef", 300),
            "(the|and|tion|ing|qu|zx|X){1,60}".prop_map(String::into_bytes),
            "[一-龥]{1,40}".prop_map(String::into_bytes),
        ]
    }

    proptest! {
        #[test]
        fn all_ways_lead_to_the_textbooks_tokens(piece in pieces()) {
            for (vocabulary, below) in [(&CL100K, u32::MAX), (&O200K, u32::MAX), (&P50K, u32::MAX), (&P50K, 50_256)] {
                all_agree(vocabulary, below, &piece)?;
            }
        }
    }

    #[test]
    fn a_byte_over_and_over_is_merged_as_the_textbook_does() {
        for byte in [b' ', b'a', b'=', b'\n', b'-', b'0', 0xe4] {
            for length in [1_025, 1_500, 2_047] {
                let piece = vec![byte; length];
                for vocabulary in [&CL100K, &O200K, &P50K] {
                    let mut ends = Vec::new();
                    repeated(vocabulary, u32::MAX, &piece, &mut ends);
                    assert!(ends.is_empty() || ends == naive::merge(vocabulary, u32::MAX, &piece), "{byte} {length}");
                }
            }
        }
    }

    #[test]
    fn every_token_is_the_merge_of_its_own_bytes() {
        for vocabulary in [&CL100K, &O200K, &P50K] {
            let mut ends = Vec::new();
            for token in (0..200_000).map(|rank| vocabulary.token(rank)).filter(|token| !token.is_empty()) {
                ends.clear();
                heap(vocabulary, u32::MAX, token, 0, &mut ends);
                assert_eq!(ends, [token.len() as u32], "{token:?}");
            }
        }
    }

    #[test]
    fn every_token_is_found_by_its_bytes() {
        for vocabulary in [&CL100K, &O200K, &P50K] {
            for rank in (0..200_000).filter(|rank| !vocabulary.token(*rank).is_empty()) {
                let token = vocabulary.token(rank);
                assert_eq!(vocabulary.rank(token, 0, token.len()), rank);
            }
        }
    }
}
