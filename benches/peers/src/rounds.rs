//! The rounds of a row: the peers take turns, so that a slower minute of the machine slows all of them, and the ratio of
//! two peers is the median of their ratios in the rounds. On a machine with neighbours a cell differs by half from one
//! minute to the next; the median of seven ratios differs by a few percent.

use std::path::Path;

use crate::cases::{Case, Unit};
use crate::cells::{Cell, Figure, Outcome};
use crate::peers::{PEERS, Task};

/// How often each peer runs, how often those that are at least half as fast as the fastest, and how often all of them if
/// the process is short.
const ROUNDS: usize = 3;
const ROUNDS_OF_THE_FASTEST: usize = 7;
const ROUNDS_OF_START: usize = 25;

/// We are the first of the peers.
pub const OURS: usize = 0;

/// The outcomes of each peer, one for each round. A peer that fails runs no more.
pub struct Rounds([Vec<Outcome>; PEERS.len()]);

impl Rounds {
    pub fn run(task: Task, encoding: &str, case: &Case, folder: Option<&Path>) -> Self {
        let is_start = case.unit == Unit::Process;
        let mut peers: Vec<usize> = (0..PEERS.len()).filter(|peer| PEERS[*peer].has_vocabulary || !is_start).collect();
        let mut rounds = Self([const { Vec::new() }; PEERS.len()]);
        for round in 0..if is_start { ROUNDS_OF_START } else { ROUNDS_OF_THE_FASTEST } {
            if round == ROUNDS && !is_start {
                let fastest = rounds.fastest();
                peers.retain(|peer| *peer == OURS || rounds.seconds(*peer) <= 2.0 * fastest);
            }
            for &peer in &peers {
                if !rounds.has_failed(peer) {
                    let cell = Cell { task, peer: &PEERS[peer], encoding, case, folder, megabytes: 1 };
                    rounds.0[peer].push(cell.run());
                }
            }
        }
        rounds
    }

    /// Returns the median of the peer's figures, the failure if it failed, or none if it did not run.
    pub fn outcome(&self, peer: usize) -> Option<Outcome> {
        let outcomes = &self.0[peer];
        if self.has_failed(peer) {
            return outcomes.last().copied();
        }
        let mut figures: Vec<Figure> = outcomes.iter().filter_map(Outcome::figure).collect();
        figures.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
        figures.get(figures.len() / 2).copied().map(Outcome::Done)
    }

    /// Returns whether the peer's tokens are ours, in all rounds.
    pub fn agrees(&self, peer: usize) -> bool {
        let tokens = |peer: usize| self.0[peer].iter().map(|outcome| outcome.figure().map(|figure| figure.tokens));
        let ours = tokens(OURS).next().flatten();
        ours.is_some() && tokens(OURS).chain(tokens(peer)).all(|tokens| tokens == ours)
    }

    /// Returns our speed divided by that of the fastest peer with our tokens, or none if there is no such peer.
    pub fn ratio(&self) -> Option<f64> {
        let ratios = self.rivals().filter_map(|peer| self.ratio_to(peer));
        ratios.min_by(f64::total_cmp)
    }

    fn ratio_to(&self, peer: usize) -> Option<f64> {
        let in_rounds = self.0[OURS].iter().zip(&self.0[peer]);
        let ratio = |(ours, theirs): (&Outcome, &Outcome)| Some(theirs.figure()?.seconds / ours.figure()?.seconds);
        let mut ratios: Vec<f64> = in_rounds.filter_map(ratio).collect();
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied()
    }

    fn rivals(&self) -> impl Iterator<Item = usize> {
        (0..PEERS.len()).filter(|peer| *peer != OURS && !self.has_failed(*peer) && self.agrees(*peer))
    }

    fn fastest(&self) -> f64 {
        self.rivals().map(|peer| self.seconds(peer)).fold(f64::INFINITY, f64::min)
    }

    fn seconds(&self, peer: usize) -> f64 {
        self.outcome(peer).as_ref().and_then(Outcome::figure).map_or(f64::INFINITY, |figure| figure.seconds)
    }

    fn has_failed(&self, peer: usize) -> bool {
        self.0[peer].iter().any(|outcome| outcome.figure().is_none())
    }
}
