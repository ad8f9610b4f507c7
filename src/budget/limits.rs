//! Limits, and what they find.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{CostBounds, Entry, Finding, Increase, Level, Spend};
use crate::estimate::{Estimate, Verdict};
use crate::money::{Usd, grouped};

/// The limits of one request, and of all requests of a budget together. Nothing is limited unless it is set.
///
/// ```
/// use gpt_cost::budget::{Level, Limits};
/// use gpt_cost::{Catalog, Date, Request, Terms};
///
/// let limits = Limits::default().max_cost_per_request("0.02".parse()?).max_input_tokens(10_000);
///
/// let request = Request::from_text(b"Why is the sky blue?")?;
/// let catalog = Catalog::builtin();
/// let estimate = catalog.model("gpt-4o")?.estimate(&request, &Terms::on(Date::new(2026, 11, 23)?))?;
/// let findings = limits.check(&estimate);
/// // 16,384 tokens of output are allowed, and too expensive; the input is within its limit.
/// assert_eq!(findings.len(), 1);
/// assert_eq!((findings[0].rule, findings[0].level), ("max_cost_per_request", Level::Exceeded));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// The most that one request may cost, with its expected output, or else with the most output that it allows.
    pub max_cost_per_request: Option<Usd>,
    /// The most that the input of one request may cost.
    pub max_input_cost: Option<Usd>,
    /// The most input tokens of one request.
    pub max_input_tokens: Option<u64>,
    /// The most input and output tokens of one request together.
    pub max_total_tokens: Option<u64>,
    /// The fewest tokens of the context window that the input must leave.
    pub min_context_left: Option<u64>,
    /// The most that all requests of the budget may cost together, each sent once.
    pub max_cost_all_requests: Option<Usd>,
    /// The number of times that each request is sent in a month.
    pub monthly_requests: Option<u64>,
    /// The most that all requests may cost in a month.
    pub max_monthly_cost: Option<Usd>,
    /// The most that a request may grow since the baseline.
    pub max_increase: Option<Increase>,
    /// Whether parts of a request that are not counted are treated as free.
    pub allow_uncounted: bool,
    /// The percentage of a limit from which on there is a warning.
    pub warn_at: Option<Decimal>,
    /// The number of days before a model's shutdown from which on a request fails.
    pub fail_on_shutdown: Option<i32>,
}

/// Setters, chained from [`Limits::default`], which limits nothing.
impl Limits {
    /// Limits the cost of one request, with its expected output, or else with the most output that it allows.
    #[must_use]
    pub fn max_cost_per_request(self, dollars: Usd) -> Limits {
        Limits { max_cost_per_request: Some(dollars), ..self }
    }

    /// Limits the cost of the input of one request.
    #[must_use]
    pub fn max_input_cost(self, dollars: Usd) -> Limits {
        Limits { max_input_cost: Some(dollars), ..self }
    }

    /// Limits the input tokens of one request.
    #[must_use]
    pub fn max_input_tokens(self, tokens: u64) -> Limits {
        Limits { max_input_tokens: Some(tokens), ..self }
    }

    /// Limits the input and output tokens of one request together.
    #[must_use]
    pub fn max_total_tokens(self, tokens: u64) -> Limits {
        Limits { max_total_tokens: Some(tokens), ..self }
    }

    /// Sets the fewest tokens of the context window that the input must leave.
    #[must_use]
    pub fn min_context_left(self, tokens: u64) -> Limits {
        Limits { min_context_left: Some(tokens), ..self }
    }

    /// Limits the cost of all requests of the budget together, each sent once.
    #[must_use]
    pub fn max_cost_all_requests(self, dollars: Usd) -> Limits {
        Limits { max_cost_all_requests: Some(dollars), ..self }
    }

    /// Sets the number of times that each request is sent in a month, for [`Limits::max_monthly_cost`].
    #[must_use]
    pub fn monthly_requests(self, requests: u64) -> Limits {
        Limits { monthly_requests: Some(requests), ..self }
    }

    /// Limits the cost of all requests in a month, each sent [`Limits::monthly_requests`] times.
    #[must_use]
    pub fn max_monthly_cost(self, dollars: Usd) -> Limits {
        Limits { max_monthly_cost: Some(dollars), ..self }
    }

    /// Limits the growth of a request since the baseline.
    #[must_use]
    pub fn max_increase(self, increase: Increase) -> Limits {
        Limits { max_increase: Some(increase), ..self }
    }

    /// Sets whether parts of a request that are not counted are treated as free.
    #[must_use]
    pub fn allow_uncounted(self, allowed: bool) -> Limits {
        Limits { allow_uncounted: allowed, ..self }
    }

    /// Sets the percentage of a limit from which on there is a warning.
    #[must_use]
    pub fn warn_at(self, percent: Decimal) -> Limits {
        Limits { warn_at: Some(percent), ..self }
    }

    /// Sets the number of days before a model's shutdown from which on a request fails.
    #[must_use]
    pub fn fail_on_shutdown(self, days: i32) -> Limits {
        Limits { fail_on_shutdown: Some(days), ..self }
    }
}

/// An amount that can be limited.
trait Amount: Copy + PartialOrd {
    fn number(self) -> Decimal;
    fn minus(self, other: Self) -> Self;
    fn shown(self) -> String;
}

impl Amount for u64 {
    fn number(self) -> Decimal {
        self.into()
    }

    fn minus(self, other: u64) -> u64 {
        self.saturating_sub(other)
    }

    fn shown(self) -> String {
        format!("{} token{}", grouped(self), if self == 1 { "" } else { "s" })
    }
}

impl Amount for Usd {
    fn number(self) -> Decimal {
        self.amount()
    }

    fn minus(self, other: Usd) -> Usd {
        self - other
    }

    fn shown(self) -> String {
        self.to_string()
    }
}

/// An amount and its limit: what messages call it, its maximum, and the part of the maximum that is known.
struct Gate<'g, A> {
    rule: &'static str,
    what: &'g str,
    found: Option<A>,
    known: A,
    /// Whether the count is a range, so that the amount is at its upper end.
    is_range: bool,
    limit: Option<A>,
    hint: Option<String>,
}

impl Limits {
    /// Returns whether anything is limited.
    pub fn has_any(&self) -> bool {
        let others = Limits { allow_uncounted: self.allow_uncounted, warn_at: self.warn_at, ..Limits::default() };
        Limits { monthly_requests: None, ..self.clone() } != others
    }

    /// Returns the findings about one request: none if it is within the limits.
    ///
    /// Limits are compared with the most that the request can use: with its expected output, if there is one, else with
    /// the most that it allows. [`Limits::check_increase`] compares with a baseline.
    pub fn check(&self, estimate: &Estimate<'_>) -> Vec<Finding> {
        let (input, cost) = (estimate.input(), estimate.cost());
        let output = estimate.output().expected.or(estimate.output().max);
        let is_range = input.max().is_some_and(|max| max > input.min());
        let total_tokens = input.max().zip(output).map(|(input, output)| input.saturating_add(output));
        let open_end = (estimate.output_limit().is_none() && estimate.output().expected.is_none()).then(|| {
            "the request does not limit its output: set max_completion_tokens (max_output_tokens in Responses), or give the \
             expected output with output_tokens"
                .to_owned()
        });
        let mut findings = Vec::new();
        self.gate(
            &mut findings,
            Gate {
                rule: "max_cost_per_request",
                what: "the request costs",
                found: cost.most(),
                known: cost.known(),
                is_range,
                limit: self.max_cost_per_request,
                hint: open_end.clone(),
            },
        );
        self.gate(
            &mut findings,
            Gate {
                rule: "max_input_cost",
                what: "the input costs",
                found: cost.input.max,
                known: cost.input.min,
                is_range,
                limit: self.max_input_cost,
                hint: None,
            },
        );
        self.gate(
            &mut findings,
            Gate {
                rule: "max_input_tokens",
                what: "the input has",
                found: input.max(),
                known: input.min(),
                is_range,
                limit: self.max_input_tokens,
                hint: None,
            },
        );
        self.gate(
            &mut findings,
            Gate {
                rule: "max_total_tokens",
                what: "input and output have",
                found: total_tokens,
                known: input.min().saturating_add(output.unwrap_or(0)),
                is_range,
                limit: self.max_total_tokens,
                hint: open_end,
            },
        );
        self.context_left(&mut findings, estimate);
        findings.extend(fit(estimate));
        findings.extend(unknown_fit(estimate));
        findings
    }

    /// Returns a finding about the model's shutdown as of `today`: a warning if it was shut down, or will be soon. With
    /// [`Limits::fail_on_shutdown`], the limit is exceeded if the shutdown is at most that number of days away.
    pub fn check_shutdown(&self, estimate: &Estimate<'_>, today: Date) -> Option<Finding> {
        let shutdown = estimate.model().shutdown()?;
        let is_within = self.fail_on_shutdown.is_some_and(|within| (shutdown - today).get_days() <= within);
        let level = if is_within { Level::Exceeded } else { Level::Warning };
        let message = match estimate.model().shutdown_notice(today) {
            Some(notice) => notice,
            None if is_within => estimate.model().shutdown_at(shutdown, today),
            None => return None,
        };
        Some(Finding::new("shutdown", level, message))
    }

    /// Returns the finding that a request grew by more than `max_increase`, or `None`. Percentages and dollars are
    /// compared with the growth of the input's cost and, if an output is expected, of the total: exceeding either is a
    /// finding. Both entries must be at the same prices.
    pub fn check_increase(&self, now: &Entry, before: &Entry) -> Option<Finding> {
        let limit = self.max_increase?;
        let input = |entry: &Entry| Spend { cost: entry.input_cost, input_tokens: entry.usage.input };
        let has_total = now.expects_output || before.expects_output;
        let (percent, shown) = match limit {
            Increase::Tokens(_) if limit.is_exceeded(input(before), input(now)) => {
                let (old, new) = (before.usage.input, now.usage.input);
                (excess(new.into(), old.into()), format!("{} to {} tokens of input", grouped(old), grouped(new)))
            }
            Increase::Tokens(_) => return None,
            _ if limit.is_exceeded(input(before), input(now)) => {
                let (old, new) = (before.input_cost, now.input_cost);
                (excess(new.amount(), old.amount()), format!("{old} to {new} for its input"))
            }
            _ if has_total && limit.is_exceeded(before.spend(), now.spend()) => {
                (excess(now.cost.amount(), before.cost.amount()), format!("{} to {}", before.cost, now.cost))
            }
            _ => return None,
        };
        let more = match shown_percent(percent, "baseline") {
            Some(percent) if percent.ends_with('%') => format!(", {percent} more than in the baseline"),
            Some(times) => format!(", {times}"),
            None => String::new(),
        };
        let message = format!("it grew from {shown}{more}; {limit} more allowed");
        Some(Finding { rule: "max_increase", level: Level::Exceeded, excess: percent, message, hint: None })
    }

    /// Returns the findings about all requests of a budget together.
    pub fn check_all(&self, costs: &[CostBounds]) -> Vec<Finding> {
        let sum: CostBounds = costs.iter().copied().sum();
        let mut findings = Vec::new();
        self.gate(
            &mut findings,
            Gate {
                rule: "max_cost_all_requests",
                what: "all requests together cost",
                found: sum.most,
                known: sum.known,
                is_range: false,
                limit: self.max_cost_all_requests,
                hint: None,
            },
        );
        let month = sum.times(self.monthly_requests.unwrap_or(1));
        self.gate(
            &mut findings,
            Gate {
                rule: "max_monthly_cost",
                what: "a month costs",
                found: month.most,
                known: month.known,
                is_range: false,
                limit: self.max_monthly_cost,
                hint: None,
            },
        );
        findings
    }

    fn gate<A: Amount>(&self, findings: &mut Vec<Finding>, gate: Gate<'_, A>) {
        let Some(limit) = gate.limit else { return };
        let found = gate.found.or(self.allow_uncounted.then_some(gate.known));
        let over = |found: A| excess(found.number(), limit.number());
        let up_to = if gate.is_range { " up to" } else { "" };
        let (level, excess, message) = match found {
            Some(found) if found > limit => {
                let (percent, by) = (over(found), found.minus(limit).shown());
                let share = shown_percent(percent, "limit").map(|share| format!(" ({share})")).unwrap_or_default();
                let (found, limit) = (found.shown(), limit.shown());
                (
                    Level::Exceeded,
                    percent,
                    format!("{}{up_to} {found}, {limit} allowed: {by} too much{share}", gate.what),
                )
            }
            None if gate.known > limit => {
                let message = format!("{} at least {}, {} allowed", gate.what, gate.known.shown(), limit.shown());
                (Level::Exceeded, over(gate.known), message)
            }
            None => {
                let message = format!(
                    "{} at least {} of {} allowed, and not everything is counted",
                    gate.what,
                    gate.known.shown(),
                    limit.shown()
                );
                (Level::Unknown, Decimal::ZERO, message)
            }
            Some(found) if self.is_near(found.number(), limit.number()) => {
                let message = format!("{}{up_to} {} of {} allowed", gate.what, found.shown(), limit.shown());
                (Level::Warning, over(found), message)
            }
            Some(_) => return,
        };
        let hint = match level {
            Level::Exceeded => gate.hint,
            Level::Unknown => Some(
                "give sizes or values (var_tokens, vars, file_tokens), or set allow_uncounted = true to compare only what is \
                 counted"
                    .to_owned(),
            ),
            Level::Warning => None,
        };
        findings.push(Finding { rule: gate.rule, level, excess, message, hint });
    }

    fn is_near(&self, found: Decimal, limit: Decimal) -> bool {
        let nears = |percent: Decimal| found.checked_mul(Decimal::ONE_HUNDRED).zip(limit.checked_mul(percent));
        self.warn_at.and_then(nears).is_some_and(|(found, from)| found >= from)
    }

    fn context_left(&self, findings: &mut Vec<Finding>, estimate: &Estimate<'_>) {
        let Some(least) = self.min_context_left else { return };
        let mut push = |level, excess, message| {
            findings.push(Finding { rule: "min_context_left", level, excess, message, hint: None });
        };
        let Some(context) = estimate.fit().context() else {
            return push(Level::Unknown, Decimal::ZERO, "the model's context window is not known".to_owned());
        };
        let most = estimate.input().max().or(self.allow_uncounted.then_some(estimate.input().tokens()));
        let left = context.saturating_sub(most.unwrap_or(estimate.input().min()));
        let shown = format!("the input leaves {} of the context window, {} required", left.shown(), least.shown());
        match most {
            _ if left < least => push(Level::Exceeded, excess(least.into(), left.max(1).into()), shown),
            None => push(Level::Unknown, Decimal::ZERO, format!("{shown}, and not everything is counted")),
            Some(_) => {}
        }
    }
}

/// Returns a finding if the count can be on either side of the context window. A count without a maximum is left to the
/// limits.
fn unknown_fit(estimate: &Estimate<'_>) -> Option<Finding> {
    let context = estimate.fit().context().filter(|_| estimate.fit().verdict() == Verdict::Unknown)?;
    let (least, most) = (grouped(estimate.input().min()), grouped(estimate.input().max()?));
    let message = format!("whether it fits is unknown: {least} … {most} tokens of input of {}", grouped(context));
    Some(Finding::new("fit", Level::Unknown, message))
}

/// Returns a finding for each limit of the model that the request certainly exceeds.
fn fit(estimate: &Estimate<'_>) -> impl Iterator<Item = Finding> {
    let finding = |exceeded| Finding::new("fit", Level::Exceeded, format!("it does not fit: {exceeded}"));
    estimate.fit().exceeded().iter().map(finding)
}

/// Returns the percentage by which an amount exceeds a limit; `Decimal::MAX` for a limit of zero.
fn excess(found: Decimal, limit: Decimal) -> Decimal {
    let more = (found - limit).checked_mul(Decimal::ONE_HUNDRED);
    more.and_then(|more| more.checked_div(limit)).unwrap_or(Decimal::MAX)
}

/// Returns the excess in words: in percent, or as a multiple of the other amount; `None` if it is infinite.
fn shown_percent(percent: Decimal, other: &str) -> Option<String> {
    if percent == Decimal::MAX {
        return None;
    }
    // Less than ten times the other amount.
    if percent < Decimal::from(900) {
        return Some(format!("{}%", percent.round_dp(1).normalize()));
    }
    let times = (percent / Decimal::ONE_HUNDRED + Decimal::ONE).round();
    let times = u64::try_from(times).map_or_else(|_| times.to_string(), grouped);
    Some(format!("{times} times the {other}"))
}
