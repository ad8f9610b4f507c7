//! Merging as in the textbook: slow and simple, for tests to compare with.

use super::vocab::Ranks;

/// Returns the ends of the tokens of `piece`: the neighbours whose union has the lowest rank are merged first, the
/// leftmost of equals.
pub(super) fn merge(ranks: Ranks, piece: &[u8]) -> Vec<u32> {
    let mut ends: Vec<usize> = (1..=piece.len()).collect();
    loop {
        let start = |token: usize| if token == 0 { 0 } else { ends[token - 1] };
        let union = |token: usize| Some((ranks.rank(piece, start(token), ends[token + 1])?, token));
        match (0..ends.len().saturating_sub(1)).filter_map(union).min() {
            Some((_, token)) => ends.remove(token),
            None => return ends.into_iter().map(|end| end as u32).collect(),
        };
    }
}
