//! The report of `diff` in all output formats.

use std::io::{self, Write};

use gpt_cost::budget::{Change, Changed, Entry, Spend};
use gpt_cost::money::grouped;
use gpt_cost::source::{Place, Within};
use gpt_cost::{Decimal, Usd};

use super::grid::{Cell, write_grid, write_line};
use super::{MAX_COMMENT_BYTES, documents, lines_within, markdown_cell, output_hint, plural};
use crate::cli::args::DiffFormat;
use crate::cli::exit::Failure;
use crate::cli::files::printable;
use crate::cli::project::Project;

/// The difference between two sides.
pub(in crate::cli) struct Difference {
    /// The name of the old side.
    pub(in crate::cli) base: String,
    /// The name of the new side.
    pub(in crate::cli) head: String,
    pub(in crate::cli) changes: Vec<Change>,
    pub(in crate::cli) broken: Vec<Broken>,
    pub(in crate::cli) total: Total,
    pub(in crate::cli) month: Option<Month>,
}

/// A request or a file that cannot be read, counted or priced.
pub(in crate::cli) struct Broken {
    pub(in crate::cli) side: &'static str,
    pub(in crate::cli) place: Place,
    pub(in crate::cli) line: usize,
    pub(in crate::cli) failure: Failure,
}

/// Writes the report.
pub(in crate::cli) fn write(
    project: &Project,
    difference: &Difference,
    format: DiffFormat,
    out: &mut impl Write,
) -> io::Result<()> {
    match format {
        DiffFormat::Table => write_table(project, difference, out),
        DiffFormat::Json => documents::write(documents::diff::Document::new(project, difference), out),
        DiffFormat::Markdown => write_markdown(project, difference, out),
    }
}

impl Difference {
    /// Returns the requests that changed, the largest change of cost first.
    pub(in crate::cli) fn changed(&self) -> Vec<&Change> {
        self.changes.iter().filter(|change| change.is_any()).collect()
    }

    /// Returns the number of changed and unchanged requests, as a text.
    fn summary(&self) -> String {
        let changed = self.changed().len();
        format!("{} changed, {} unchanged", plural(changed, "request"), grouped((self.changes.len() - changed) as u64))
    }

    /// Returns a hint to set the expected output, if a cost is based on the maximum output.
    fn output_hint(&self) -> Option<&'static str> {
        output_hint(self.changes.iter().filter(|change| change.is_any()).filter_map(|change| change.new.as_ref()))
    }
}

/// The cost of all requests together.
pub(in crate::cli) struct Total {
    pub(in crate::cli) old: Spend,
    pub(in crate::cli) new: Spend,
    pub(in crate::cli) prompt: Usd,
    pub(in crate::cli) config: Usd,
    pub(in crate::cli) price: Usd,
}

/// The cost of a month, of the requests whose budgets set `monthly_requests`.
pub(in crate::cli) struct Month {
    pub(in crate::cli) old: Usd,
    pub(in crate::cli) new: Usd,
}

impl Month {
    pub(in crate::cli) fn new(changes: &[Change], times: impl Fn(&Change) -> Option<u64>) -> Option<Month> {
        let mut month = None;
        for (change, times) in changes.iter().filter_map(|change| Some((change, times(change)?))) {
            let cost = |entry: &Option<Entry>| entry.as_ref().map_or(Usd::ZERO, |entry| entry.cost * times);
            let sum = month.get_or_insert(Month { old: Usd::ZERO, new: Usd::ZERO });
            (sum.old, sum.new) = (sum.old + cost(&change.old), sum.new + cost(&change.new));
        }
        month
    }

    /// Returns both costs and their difference, as a text.
    fn text(&self) -> String {
        format!("per month: {} → {} ({})", self.old, self.new, signed(self.new - self.old))
    }
}

impl Total {
    pub(in crate::cli) fn new<'c>(changes: impl Iterator<Item = &'c Change> + Clone) -> Total {
        Total {
            old: changes.clone().filter_map(|change| change.old.as_ref()).map(Entry::spend).sum(),
            new: changes.clone().filter_map(|change| change.new.as_ref()).map(Entry::spend).sum(),
            prompt: changes.clone().map(|change| change.prompt).sum(),
            config: changes.clone().map(|change| change.config).sum(),
            price: changes.map(|change| change.price).sum(),
        }
    }
}

fn signed(amount: Usd) -> String {
    match amount.amount() {
        zero if zero.is_zero() => "–".to_owned(),
        increase if increase.is_sign_positive() => format!("+{amount}"),
        _ => amount.to_string(),
    }
}

fn percent(old: Usd, new: Usd) -> String {
    let increase = (new - old).amount() * Decimal::ONE_HUNDRED;
    match increase.checked_div(old.amount()) {
        Some(percent) if percent.is_zero() => "–".to_owned(),
        Some(percent) if percent.round_dp(1).is_zero() => {
            format!("{}<0.1%", if percent.is_sign_negative() { "-" } else { "+" })
        }
        Some(percent) => format!("{:+.1}%", percent.round_dp(1)),
        None => "new".to_owned(),
    }
}

/// Returns a cell for each column of a change.
fn cells(change: &Change) -> [String; 8] {
    let cost = |entry: &Option<Entry>| entry.as_ref().map_or("–".to_owned(), |entry| entry.cost.to_string());
    let tokens = |entry: &Option<Entry>| entry.as_ref().map_or("–".to_owned(), |entry| grouped(entry.usage.input));
    let name = printable(&change.place.to_string());
    let name = match (&change.changed, &change.old_place) {
        (Changed::Renamed, Some(old)) => format!("{} → {name}", printable(&old.to_string())),
        _ => name,
    };
    let name = match (&change.old, &change.new) {
        (Some(old), Some(new)) if old.model != new.model => {
            format!("{name} ({} → {})", printable(&old.model), printable(&new.model))
        }
        _ => name,
    };
    [
        name,
        format!("{} → {}", tokens(&change.old), tokens(&change.new)),
        cost(&change.old),
        cost(&change.new),
        signed(change.prompt),
        signed(change.config),
        signed(change.price),
        match (&change.old, &change.new) {
            (Some(old), Some(new)) => percent(old.cost, new.cost),
            _ => change.changed.as_str().to_owned(),
        },
    ]
}

fn total_cells(name: &str, total: &Total) -> [String; 8] {
    [
        name.to_owned(),
        format!("{} → {}", grouped(total.old.input_tokens), grouped(total.new.input_tokens)),
        total.old.cost.to_string(),
        total.new.cost.to_string(),
        signed(total.prompt),
        signed(total.config),
        signed(total.price),
        percent(total.old.cost, total.new.cost),
    ]
}

const TITLES: [&str; 8] = ["request", "input tokens", "old", "new", "by prompt", "by config", "by prices", "change"];

impl Total {
    /// Returns the titles or cells of a row without the columns of causes that changed nothing.
    fn select<T>(&self, row: [T; 8]) -> Vec<T> {
        let causes = [&self.prompt, &self.config, &self.price].map(|cause| !cause.amount().is_zero());
        let shown = [&[true; 4], &causes[..], &[true]].concat();
        row.into_iter().zip(shown).filter(|(_, is_shown)| *is_shown).map(|(cell, _)| cell).collect()
    }
}

fn write_table(project: &Project, difference: &Difference, out: &mut impl Write) -> io::Result<()> {
    let Difference { base, head, .. } = difference;
    write_line(&[Cell::plain(format!("{base} → {head}")), Cell::plain(project.prices())], out)?;
    writeln!(out)?;
    let (changed, total) = (difference.changed(), &difference.total);
    let mut titles = TITLES.map(Cell::title);
    titles[0] = Cell::heading(TITLES[0]);
    for (title, rank) in titles.iter_mut().zip([0, 0, 4, 0, 1, 2, 3, 0]) {
        *title = title.clone().rank(rank);
    }
    let mut rows = vec![total.select(titles)];
    let line = |cells: [String; 8]| {
        let mut cells = total.select(cells).into_iter();
        let name = cells.next().map(Cell::plain);
        name.into_iter().chain(cells.map(Cell::right)).collect::<Vec<Cell>>()
    };
    rows.extend(changed.iter().map(|change| line(cells(change))));
    rows.push(line(total_cells("total", total)));
    write_grid(&rows, out)?;
    writeln!(out, "\n  {}", difference.summary())?;
    if let Some(month) = &difference.month {
        writeln!(out, "  {}", month.text())?;
    }
    for broken in &difference.broken {
        writeln!(out, "  broken in {}: {}", difference.side_name(broken), broken.text())?;
    }
    if let Some(hint) = difference.output_hint() {
        writeln!(out)?;
        write_grid(&[vec![Cell::heading(hint)]], out)?;
    }
    Ok(())
}

impl Difference {
    fn side_name(&self, broken: &Broken) -> &str {
        if broken.side == "base" { &self.base } else { &self.head }
    }
}

impl Broken {
    /// Returns the place and the message.
    fn text(&self) -> String {
        let place = if matches!(self.place.within, Within::Line(_)) {
            printable(&self.place.to_string())
        } else {
            format!("{}:{}", printable(&self.place.to_string()), self.line)
        };
        format!("{place}: {}", self.failure.message())
    }
}

/// Maximum size in bytes of the lines about broken files.
const MAX_BROKEN_BYTES: usize = 10_000;

fn write_markdown(project: &Project, difference: &Difference, out: &mut impl Write) -> io::Result<()> {
    let (changed, total) = (difference.changed(), &difference.total);
    // The workflow that writes the comment finds the one to update by the start of this line. Without a change, it
    // writes none.
    let is_same = changed.is_empty() && difference.broken.is_empty();
    writeln!(out, "<!-- gpt-cost diff{} -->", if is_same { ": no change" } else { "" })?;
    let (old, new) = (total.old.cost, total.new.cost);
    writeln!(out, "### Prompt costs: {old} → {new} ({})\n", percent(old, new))?;
    if let Some(month) = &difference.month {
        writeln!(out, "{}\n", month.text())?;
    }
    let broken = difference.broken.iter().map(|broken| {
        let side = markdown_cell(difference.side_name(broken));
        format!("- **broken** in {side}: {}", markdown_cell(&broken.text()))
    });
    let (broken, more) = lines_within(MAX_BROKEN_BYTES, broken);
    broken.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    if more > 0 {
        writeln!(out, "- and {} more", grouped(more as u64))?;
    }
    if !broken.is_empty() {
        writeln!(out)?;
    }
    if changed.is_empty() {
        writeln!(out, "No request costs more or less than in {}.", markdown_cell(&difference.base))?;
    } else {
        write_markdown_table(&changed, total, out)?;
    }
    writeln!(out, "\n{}.", difference.summary())?;
    if let Some(hint) = difference.output_hint() {
        writeln!(out, "\n{}", markdown_cell(hint))?;
    }
    writeln!(out, "\n{}", markdown_cell(&project.prices()))
}

/// Writes the changes and the total. Changes that do not fit into a comment are summed in one row.
fn write_markdown_table(changed: &[&Change], total: &Total, out: &mut impl Write) -> io::Result<()> {
    let titles = total.select(TITLES);
    writeln!(out, "| {} |\n| :--- |{}", titles.join(" | "), " ---: |".repeat(titles.len() - 1))?;
    let row = |cells: [String; 8]| {
        let cells: Vec<String> = total.select(cells).iter().map(|cell| markdown_cell(cell)).collect();
        format!("| {} |", cells.join(" | "))
    };
    let (rows, more) = lines_within(MAX_COMMENT_BYTES, changed.iter().map(|change| row(cells(change))));
    rows.iter().try_for_each(|row| writeln!(out, "{row}"))?;
    if more > 0 {
        let rest = Total::new(changed[rows.len()..].iter().copied());
        writeln!(out, "{}", row(total_cells(&format!("and {} more", grouped(more as u64)), &rest)))?;
    }
    writeln!(out, "{}", row(total_cells("total", total)))
}
