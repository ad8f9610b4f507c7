//! What responses cost together: in total, by model and day, and by their size. It does not grow with their number.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use gpt_cost::catalog::Measure;
use gpt_cost::money::grouped;
use gpt_cost::usage::ToolKind;
use gpt_cost::{Date, Decimal, Usd};

use super::Priced;
use crate::cli::files::printable;
use crate::cli::report::grid::{Cell, write_grid};
use crate::cli::report::listing::Sums;
use crate::cli::report::totals::histogram;
use crate::cli::report::totals::sizes::{self, Distribution, Largest};

/// What was billed for responses.
#[derive(Debug, Default)]
pub(in crate::cli) struct Billed<'a> {
    pub(in crate::cli) total: Sum,
    /// The sums by model, as the responses name it, and day.
    by_model_and_day: BTreeMap<String, BTreeMap<Date, Sum>>,
    /// The number of requests that failed, so that nothing was billed.
    pub(in crate::cli) not_billed: usize,
    /// The number of the first ones, which are in no report.
    skipped: usize,
    sizes: Sizes,
    /// That a price was announced only until an earlier day.
    pub(in crate::cli) notices: BTreeSet<String>,
    /// The note of each model in the table.
    pub(in crate::cli) notes: BTreeMap<&'a str, &'a str>,
    /// Remarks on the names of models.
    pub(in crate::cli) remarks: BTreeSet<String>,
    /// The day on which the price of each model was last checked, by its name and its table.
    pub(in crate::cli) checked: BTreeMap<(&'a str, &'a str), Option<Date>>,
    /// The last day of a response.
    pub(in crate::cli) newest: Option<Date>,
}

/// The sum of some responses.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Sum {
    pub(in crate::cli) responses: usize,
    pub(in crate::cli) input: u64,
    pub(in crate::cli) cached: u64,
    pub(in crate::cli) output: u64,
    /// The cost, without that of the unpriced calls.
    pub(in crate::cli) cost: Usd,
    /// Calls of built-in tools.
    pub(in crate::cli) tool_calls: BTreeMap<ToolKind, u64>,
    /// Quantities that are not tokens, and their cost, which is in `cost`.
    pub(in crate::cli) units: BTreeMap<(&'static str, Measure), (Decimal, Usd)>,
    /// The cost of generated images, which is in `cost`.
    pub(in crate::cli) images: Usd,
    /// Calls whose price is unknown, with the reason.
    pub(in crate::cli) unpriced: BTreeMap<(ToolKind, String), u64>,
}

/// How large responses are.
#[derive(Debug, Default)]
struct Sizes {
    input: Distribution<u64>,
    output: Distribution<u64>,
    costs: Distribution<Usd>,
    largest: Largest<Large>,
}

#[derive(Debug)]
struct Large {
    name: String,
    input: u64,
    output: u64,
    cost: Usd,
}

impl<'a> Billed<'a> {
    /// Adds a response.
    pub(super) fn add(&mut self, priced: &Priced<'a>) {
        self.total.add(priced);
        let days = match self.by_model_and_day.get_mut(&priced.model) {
            Some(days) => days,
            None => self.by_model_and_day.entry(priced.model.clone()).or_default(),
        };
        days.entry(priced.day).or_default().add(priced);
        self.sizes.add(priced);
        self.notices.extend(priced.price_notice());
        if let Some(remark) = &priced.remark
            && !self.remarks.contains(remark)
        {
            self.remarks.insert(remark.clone());
        }
        let (model, layer) = (priced.resolved.model, priced.resolved.layer);
        if let Some(note) = model.note() {
            self.notes.insert(model.name(), note);
        }
        self.checked.entry((model.name(), layer.origin())).or_insert_with(|| model.checked().or(layer.checked()));
        self.newest = self.newest.max(Some(priced.day));
    }

    /// Leaves this many responses out of the number.
    pub(super) fn skip(&mut self, responses: usize) {
        self.skipped += responses;
    }

    /// Returns the sums by model, as the responses name it, and day.
    pub(in crate::cli) fn by_model_and_day(&self) -> impl Iterator<Item = ((&str, Date), &Sum)> {
        self.by_model_and_day
            .iter()
            .flat_map(|(model, days)| days.iter().map(move |(day, sum)| ((model.as_str(), *day), sum)))
    }

    /// Writes the tables of sizes.
    pub(super) fn write_sizes(&self, out: &mut impl Write) -> io::Result<()> {
        let Sizes { input, output, costs, largest } = &self.sizes;
        let rows =
            [sizes::titles("one response"), input.row("input tokens"), output.row("output tokens"), costs.row("cost")];
        writeln!(out)?;
        write_grid(&rows, out)?;
        writeln!(out)?;
        write_grid(&histogram::rows(input, "responses"), out)?;
        writeln!(out)?;
        let titles =
            vec![Cell::heading("most expensive"), Cell::title("input"), Cell::title("output"), Cell::title("cost")];
        let row = |one: &Large| {
            let [input, output] = [one.input, one.output].map(|tokens| Cell::right(grouped(tokens)));
            vec![Cell::plain(printable(&one.name)), input, output, Cell::right(one.cost.to_string())]
        };
        let rows: Vec<Vec<Cell>> = std::iter::once(titles).chain(largest.iter().map(row)).collect();
        write_grid(&rows, out)?;
        writeln!(out, "\n  --each lists all responses")
    }
}

impl Sums for Billed<'_> {
    fn items(&self) -> usize {
        self.total.responses + self.not_billed - self.skipped
    }

    fn append(&mut self, later: Self) {
        self.total.append(&later.total);
        for (model, days) in later.by_model_and_day {
            let known = self.by_model_and_day.entry(model).or_default();
            days.into_iter().for_each(|(day, sum)| known.entry(day).or_default().append(&sum));
        }
        self.not_billed += later.not_billed;
        self.skipped += later.skipped;
        self.sizes.append(later.sizes);
        self.notices.extend(later.notices);
        self.notes.extend(later.notes);
        self.remarks.extend(later.remarks);
        self.checked.extend(later.checked);
        self.newest = self.newest.max(later.newest);
    }
}

impl Sum {
    /// Returns the numbers of one response.
    pub(super) fn of(priced: &Priced<'_>) -> Sum {
        let mut sum = Sum::default();
        sum.add(priced);
        sum
    }

    fn add(&mut self, priced: &Priced<'_>) {
        let usage = &priced.response.usage;
        self.responses += 1;
        self.input = self.input.saturating_add(usage.input);
        self.cached = self.cached.saturating_add(usage.cached);
        self.output = self.output.saturating_add(usage.output);
        self.cost += priced.bill.total;
        for (kind, calls) in &priced.response.tool_calls {
            self.add_calls(*kind, *calls);
        }
        self.images += priced.bill.images.as_ref().map_or(Usd::ZERO, |images| images.cost);
        for unit in &priced.bill.units {
            self.add_unit((unit.name, unit.price.unit().measure()), unit.quantity, unit.cost);
        }
        for one in &priced.bill.unpriced {
            self.add_unpriced((one.tool, one.reason.clone()), one.calls);
        }
    }

    fn append(&mut self, other: &Sum) {
        self.responses += other.responses;
        self.input = self.input.saturating_add(other.input);
        self.cached = self.cached.saturating_add(other.cached);
        self.output = self.output.saturating_add(other.output);
        self.cost += other.cost;
        self.images += other.images;
        other.tool_calls.iter().for_each(|(kind, calls)| self.add_calls(*kind, *calls));
        other.units.iter().for_each(|(unit, (quantity, cost))| self.add_unit(*unit, *quantity, *cost));
        other.unpriced.iter().for_each(|(reason, calls)| self.add_unpriced(reason.clone(), *calls));
    }

    fn add_calls(&mut self, kind: ToolKind, calls: u64) {
        let sum = self.tool_calls.entry(kind).or_default();
        *sum = sum.saturating_add(calls);
    }

    fn add_unit(&mut self, unit: (&'static str, Measure), more: Decimal, more_cost: Usd) {
        let (quantity, cost) = self.units.entry(unit).or_default();
        *quantity = quantity.saturating_add(more);
        *cost += more_cost;
    }

    fn add_unpriced(&mut self, reason: (ToolKind, String), calls: u64) {
        let sum = self.unpriced.entry(reason).or_default();
        *sum = sum.saturating_add(calls);
    }
}

impl Sizes {
    fn add(&mut self, priced: &Priced<'_>) {
        let (usage, cost) = (&priced.response.usage, priced.bill.total);
        let (input, output) = (usage.input, usage.output);
        self.input.add(input, 1);
        self.output.add(output, 1);
        self.costs.add(cost, 1);
        let name = || Large { name: priced.place.to_string(), input, output, cost };
        self.largest.add((cost, input), name);
    }

    fn append(&mut self, later: Sizes) {
        self.input.append(later.input);
        self.output.append(later.output);
        self.costs.append(later.costs);
        self.largest.append(later.largest);
    }
}
