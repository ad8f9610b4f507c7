//! The range of a cost, as limits compare it.

use std::iter::Sum;

use crate::estimate::Cost;
use crate::money::Usd;

/// The range of a request's cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostBounds {
    /// The minimum.
    pub least: Usd,
    /// The part of the maximum that is known: the maximum is at least this.
    pub known: Usd,
    /// The maximum, with the expected output, or else with the most that is allowed; `None` if something is not
    /// counted.
    pub most: Option<Usd>,
}

impl CostBounds {
    /// Returns the bounds of an estimate's cost.
    pub fn from_cost(cost: &Cost) -> CostBounds {
        CostBounds { least: cost.total.min, known: cost.known(), most: cost.most() }
    }

    /// Returns the cost of the given number of equal requests.
    pub fn times(self, requests: u64) -> CostBounds {
        CostBounds {
            least: self.least * requests,
            known: self.known * requests,
            most: self.most.map(|most| most * requests),
        }
    }
}

/// The sum has a maximum if all have one.
impl Sum for CostBounds {
    fn sum<I: Iterator<Item = CostBounds>>(costs: I) -> CostBounds {
        let none = CostBounds { least: Usd::ZERO, known: Usd::ZERO, most: Some(Usd::ZERO) };
        costs.fold(none, |sum, one| CostBounds {
            least: sum.least + one.least,
            known: sum.known + one.known,
            most: sum.most.zip(one.most).map(|(sum, one)| sum + one),
        })
    }
}
