//! The textbook version of merging: slow and obvious, to hold the others against.

use super::vocab::Vocabulary;

/// Returns the ends of the tokens of `piece`: the neighbours whose union has the lowest rank are merged first, the leftmost of equals.
pub(super) fn merge(vocabulary: &Vocabulary, below: u32, piece: &[u8]) -> Vec<u32> {
    let mut ends: Vec<usize> = (1..=piece.len()).collect();
    loop {
        let start = |token: usize| if token == 0 { 0 } else { ends[token - 1] };
        let union = |token: usize| (vocabulary.rank(piece, start(token), ends[token + 1]), token);
        let lowest = (0..ends.len().saturating_sub(1)).map(union).filter(|(rank, _)| *rank < below).min();
        match lowest {
            Some((_, token)) => ends.remove(token),
            None => return ends.into_iter().map(|end| end as u32).collect(),
        };
    }
}
