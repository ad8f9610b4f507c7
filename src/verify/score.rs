//! Scores: how many counts equal the billed usage.

use crate::TokenCount;

/// How counts compare with the billed usage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Score {
    /// The recordings that were not edited.
    pub cases: u64,
    /// The cases whose count is exact or has an error bound.
    pub counted: u64,
    /// The cases whose count is only a range, such as that of an image of unknown size. They are not among the counted.
    pub between: u64,
    /// The cases whose billed usage is outside that range.
    pub outside_ends: u64,
    /// The cases whose billed usage depends on the answer: for some months, the Responses API divided it by the number
    /// of parallel calls. They are not among the counted.
    pub by_answer: u64,
    /// Those of them whose billed usage is outside the range of the count.
    pub outside_by_answer: u64,
    /// The counted cases whose count equals the billed usage.
    pub exact: u64,
    /// The counted cases whose billed usage is outside the stated bound.
    pub outside_bound: u64,
    /// The cases of which something is not counted, or whose model is unknown.
    pub not_counted: u64,
    /// The sum of the absolute errors of the counted cases, in tokens.
    pub error: u64,
}

impl Score {
    /// Returns the share of counted cases that are exact, in hundredths of a percent; `None` if no case was counted.
    pub fn exact_share(&self) -> Option<u64> {
        (self.exact * 10_000).checked_div(self.counted)
    }

    /// Returns the mean absolute error of the counted cases, in hundredths of a token; `None` if no case was counted.
    pub fn mean_error(&self) -> Option<u64> {
        self.error.saturating_mul(100).checked_div(self.counted)
    }

    pub(super) fn add(&mut self, verdict: Verdict) {
        self.cases += 1;
        match verdict {
            Verdict::NotCounted => self.not_counted += 1,
            Verdict::Between { is_inside } => {
                self.between += 1;
                self.outside_ends += u64::from(!is_inside);
            }
            Verdict::ByAnswer { is_inside } => {
                self.by_answer += 1;
                self.outside_by_answer += u64::from(!is_inside);
            }
            Verdict::Counted { error, is_inside } => {
                self.counted += 1;
                self.exact += u64::from(error == 0);
                self.outside_bound += u64::from(!is_inside);
                self.error = self.error.saturating_add(error.unsigned_abs());
            }
        }
    }
}

/// How one count compares with the billed usage.
#[derive(Clone, Copy, Debug)]
pub(super) enum Verdict {
    NotCounted,
    Between { is_inside: bool },
    ByAnswer { is_inside: bool },
    Counted { error: i64, is_inside: bool },
}

impl Verdict {
    pub(super) fn new(count: Option<&TokenCount>, billed: u64, by_answer: bool) -> Verdict {
        let Some((count, max)) = count.and_then(|count| count.max().map(|max| (count, max))) else {
            return Verdict::NotCounted;
        };
        let is_inside = (count.min()..=max).contains(&billed);
        if count.notes().iter().any(|note| note.lacks_image_size) {
            return Verdict::Between { is_inside };
        }
        if by_answer {
            return Verdict::ByAnswer { is_inside };
        }
        let error = i64::try_from(count.tokens()).unwrap_or(i64::MAX).saturating_sub_unsigned(billed);
        Verdict::Counted { error, is_inside }
    }

    /// Returns whether the count is one number for the request.
    pub(super) fn is_counted(self) -> bool {
        matches!(self, Verdict::Counted { .. } | Verdict::ByAnswer { .. })
    }
}
