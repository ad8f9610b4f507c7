//! The table for people.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use gpt_cost::catalog::{Field, Kind, PriceRow, UnitPrice};
use gpt_cost::estimate::OfferedTool;
use gpt_cost::money::grouped;
use gpt_cost::{Cost, CostRange, Estimate, Fit, Label, Tier, Usd, Verdict};

use super::{Entry, FromConfig, Part, Report};
use crate::cli::files::printable;
use crate::cli::report::grid::{Cell, write_grid, write_line};
use crate::cli::report::listing::{Listing, MAX_LISTED};
use crate::cli::report::remarks::{DOES_NOT_FIT, NOTE, identical, remark, times};
use crate::cli::report::{FILE_TOKENS, IMAGE_SIZE, label, plural, read_as};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// Writes the report.
pub(super) fn write(report: &Report<'_>, from_config: Option<&FromConfig>, out: &mut impl Write) -> io::Result<()> {
    match (report.part.listing.entries.as_slice(), report.part.listing.failed) {
        ([one], 0) => write_entry(report, one, out),
        _ => write_many(report, out),
    }?;
    match from_config {
        Some((name, settings)) => writeln!(out, "\n  {DIM}from {}: {}{DIM:#}", printable(name), settings.join(", ")),
        None => Ok(()),
    }
}

/// Writes a row for each request, or the summary of many, and their remarks.
fn write_many(report: &Report<'_>, out: &mut impl Write) -> io::Result<()> {
    let Listing { totals, failed, failures, .. } = &report.part.listing;
    let requests = plural(totals.items, "request");
    let formats = totals.formats.in_words();
    write_line(&[Cell::styled(requests, BOLD), Cell::plain(formats), Cell::styled(report.frame.prices(), DIM)], out)?;
    writeln!(out)?;
    match totals.items > MAX_LISTED && !report.frame.each {
        true => {
            totals.write(out)?;
            writeln!(out, "\n  --each lists all requests")
        }
        false => write_each(report, out),
    }?;
    totals.remarks.write(out)?;
    for (index, one) in failures.iter().enumerate() {
        let before = if index == 0 { "\n" } else { "" };
        let place = printable(&one.place.to_string());
        writeln!(out, "{before}  {RED}failed{RED:#}: {place}: {}", one.failure.message())?;
    }
    if let more @ 1.. = failed - failures.len() {
        writeln!(out, "  and {} more that failed", grouped(more as u64))?;
    }
    write_hints(&report.part, out)
}

/// Writes a row for each request, and their total.
fn write_each(report: &Report<'_>, out: &mut impl Write) -> io::Result<()> {
    let Listing { entries, totals, .. } = &report.part.listing;
    let (total, tokens) = (totals.all.cost.unwrap_or_else(|| [].into_iter().sum()), &totals.all.tokens);
    let digits = amounts(&total.total).map(Usd::decimals).max().unwrap_or(2) as usize;
    let money = |amount: Usd| format!("{amount:.digits$}");
    let has = |column: fn(&Estimate<'_>) -> bool| entries.iter().any(|entry| column(&entry.estimate));
    let columns = Columns {
        tier: has(|estimate| estimate.tier() != Tier::Standard),
        cached: has(|estimate| estimate.cached() > 0),
        expected: total.total.expected.is_some(),
    };
    let mut rows = vec![columns.select([
        Cell::heading("request"),
        Cell::heading("model").rank(2),
        Cell::heading("tier").rank(1),
        Cell::title("input"),
        Cell::heading(""),
        Cell::title("cached").rank(1),
        Cell::title("expected"),
        Cell::title("at most"),
        Cell::heading(""),
    ])];
    let expected = |cost: &Cost| Cell::right(cost.total.expected.map(money).unwrap_or_default());
    let max = |cost: &Cost| cost.total.max.map_or_else(|| format!("≥ {}", money(cost.total.min)), money);
    for entry in entries {
        let (estimate, cost) = (&entry.estimate, entry.estimate.cost_of_all());
        let fits = match estimate.fit().verdict() {
            Verdict::Fits => Cell::plain(""),
            Verdict::Exceeds => Cell::styled(DOES_NOT_FIT, RED),
            _ => Cell::styled("fit unknown", YELLOW),
        };
        let cached = estimate.cached();
        rows.push(columns.select([
            Cell::plain(format!("{}{}", printable(&entry.facts.place.to_string()), times(estimate.requests()))),
            Cell::plain(estimate.name()),
            Cell::plain(estimate.tier().as_str()),
            Cell::right(grouped(estimate.input().tokens())),
            Cell::plain(label(estimate.input())),
            Cell::right(if cached == 0 { "–".to_owned() } else { grouped(cached) }),
            expected(&cost),
            Cell::right(max(&cost)),
            fits,
        ]));
    }
    rows.push(columns.select([
        Cell::styled("total", BOLD),
        Cell::plain(""),
        Cell::plain(""),
        Cell::right(grouped(tokens.tokens())),
        Cell::plain(label(tokens)),
        Cell::plain(""),
        expected(&total),
        Cell::right(max(&total)),
        Cell::plain(""),
    ]));
    write_grid(&rows, out)
}

/// The optional columns of the table of several requests.
struct Columns {
    tier: bool,
    cached: bool,
    expected: bool,
}

impl Columns {
    /// Returns the cells of a row that are shown.
    fn select(&self, cells: [Cell; 9]) -> Vec<Cell> {
        let shown = [true, true, self.tier, true, true, self.cached, self.expected, true, true];
        cells.into_iter().zip(shown).filter(|(_, is_shown)| *is_shown).map(|(cell, _)| cell).collect()
    }
}

/// Writes hints to set the calls of tools and the expected output, if a request has none.
fn write_hints(part: &Part<'_>, out: &mut impl Write) -> io::Result<()> {
    if let Some(tool) = &part.uncalled {
        writeln!(out, "\n  {DIM}hint: --tool-calls {tool}=N adds the cost of N calls{DIM:#}")?;
    }
    match part.lacks_expected {
        true => {
            writeln!(out, "\n  {DIM}hint: --output-tokens N adds the expected cost, with N output tokens{DIM:#}")
        }
        false => Ok(()),
    }
}

fn write_entry(report: &Report<'_>, entry: &Entry<'_>, out: &mut impl Write) -> io::Result<()> {
    let Entry { facts, estimate, warnings } = entry;
    let place = printable(&facts.place.to_string());
    let format = read_as(facts.format, facts.is_filled);
    let day = Cell::styled(format!("as of {}", report.frame.day), DIM);
    write_line(&[Cell::styled(place, BOLD), Cell::plain(format), Cell::plain(model(estimate)), day], out)?;
    writeln!(out)?;
    write_grid(&costs(entry), out)?;
    writeln!(out)?;
    write_grid(&context_and_prices(estimate), out)?;
    for exceeded in estimate.fit().exceeded() {
        writeln!(out, "  {RED}limit{RED:#}    {exceeded}")?;
    }
    if let Some(text) = identical(facts.times) {
        writeln!(out, "\n  {NOTE}: {text}")?;
    }
    let uncounted = estimate.input().uncounted();
    if !uncounted.is_empty() {
        writeln!(out, "\n  {YELLOW}not counted{YELLOW:#}: the input and the cost are at least the amounts above")?;
        let row = |path: &str, reason: &str| {
            let path = if path.is_empty() { "the request" } else { path };
            vec![Cell::plain(format!("  {path}")), Cell::plain(reason)]
        };
        write_grid(&uncounted.iter().map(|one| row(&one.path, &one.reason)).collect::<Vec<_>>(), out)?;
    }
    if !warnings.is_empty() {
        writeln!(out)?;
    }
    for warning in warnings {
        writeln!(out, "  {YELLOW}warning{YELLOW:#}: {}", remark(&warning.path, &warning.message))?;
    }
    if warnings.iter().any(|warning| warning.lacks_image_size) {
        writeln!(out, "  hint: {IMAGE_SIZE}")?;
    }
    if uncounted.iter().any(|one| one.lacks_file_tokens) {
        writeln!(out, "  hint: {FILE_TOKENS}")?;
    }
    write_hints(&report.part, out)
}

/// Returns the model name, the model that it resolves to if that has another name, the encoding, and the tier unless it
/// is standard.
fn model(estimate: &Estimate<'_>) -> String {
    let (name, model) = (estimate.name(), estimate.model());
    let resolves_to = if name == model.name() { String::new() } else { format!(" → {}", model.name()) };
    let tier = match estimate.tier() {
        Tier::Standard => String::new(),
        tier => format!(", {} tier", tier.as_str()),
    };
    let encoding = model.encoding().map_or("unknown encoding", |encoding| encoding.as_str());
    format!("{name}{resolves_to} ({encoding}{tier})")
}

/// Returns the rows for input, output and total. All amounts have the same number of decimals.
fn costs(entry: &Entry<'_>) -> Vec<Vec<Cell>> {
    let (estimate, cost) = (&entry.estimate, entry.estimate.cost());
    let (input, output) = (estimate.input(), estimate.output());
    let all = estimate.cost_of_all().total;
    let digits = [&cost.input, &cost.output, &cost.total, &all].into_iter().flat_map(amounts);
    let digits = digits.chain(estimate.tools().iter().map(|tool| tool.cost)).map(Usd::decimals).max();
    let digits = digits.unwrap_or(2) as usize;
    let amount = |amount: Usd| if amount == Usd::ZERO { "$0".to_owned() } else { format!("{amount:.digits$}") };
    // With an expected cost, the range is replaced by two columns: the expected cost and the maximum.
    let has_expected = output.expected.is_some();
    let money = |cost: &CostRange| {
        Cell::right(match has_expected {
            true => cost.max.map_or_else(|| format!("{} or more", amount(cost.min)), amount),
            false => range(cost.min, cost.max, amount),
        })
    };
    let expected = |cost: &CostRange| Cell::right(cost.expected.map(amount).unwrap_or_default());
    let style = if input.label() == Label::Exact { GREEN } else { YELLOW };
    let label = Cell::styled(label(input), style);
    let mut rows = vec![
        vec![Cell::plain("input"), Cell::right(grouped(input.tokens())), label, money(&cost.input)],
        vec![
            Cell::plain("output"),
            Cell::right(range(output.min, output.max, grouped)),
            Cell::plain(limit(entry)),
            money(&cost.output),
        ],
        vec![Cell::styled("total", BOLD), Cell::plain(""), Cell::plain(""), money(&cost.total)],
    ];
    if estimate.cached() > 0 {
        let cached = Cell::right(grouped(estimate.cached()));
        rows.insert(1, vec![Cell::plain("  cached"), cached, Cell::plain("of the input")]);
    }
    let called: Vec<&OfferedTool<'_>> = estimate.tools().iter().filter(|tool| tool.calls.is_some()).collect();
    let before_total = rows.len() - 1;
    for (index, tool) in called.iter().enumerate() {
        let calls = tool.calls.unwrap_or_default();
        let tokens = tool.price.and_then(UnitPrice::input_tokens);
        let tokens = tokens.map(|tokens| format!(", {} input tokens each", grouped(tokens))).unwrap_or_default();
        let calls_of = format!("{}{tokens}", if calls == 1 { "call" } else { "calls" });
        let cells = [
            Cell::plain(tool.name),
            Cell::right(grouped(calls)),
            Cell::plain(calls_of),
            Cell::right(amount(tool.cost)),
        ];
        rows.insert(before_total + index, cells.into());
    }
    if estimate.requests() > 1 {
        let times = Cell::plain(format!("× {}", grouped(estimate.requests())));
        rows.push(vec![times, Cell::plain(""), Cell::plain("requests"), money(&all)]);
    }
    let mut header = ["", "tokens", "", if has_expected { "at most" } else { "cost" }].map(Cell::title).to_vec();
    if let Some(tokens) = output.expected {
        const PLACE: usize = 3;
        header.insert(PLACE, Cell::title(&format!("with {} out", grouped(tokens))));
        let mut column = [&cost.input, &cost.output, &cost.total, &all].map(expected).to_vec();
        if estimate.cached() > 0 {
            column.insert(1, Cell::plain(""));
        }
        let before_total = column.len() - 2;
        for (index, tool) in called.iter().enumerate() {
            column.insert(before_total + index, Cell::right(amount(tool.cost)));
        }
        for (row, cell) in rows.iter_mut().zip(column) {
            row.insert(PLACE.min(row.len()), cell);
        }
    }
    rows.insert(0, header);
    rows
}

/// Returns what limits the output.
fn limit(entry: &Entry<'_>) -> String {
    let (model, facts) = (entry.estimate.model(), &entry.facts);
    let times = match facts.choices {
        1 => String::new(),
        choices => format!(" × {choices}"),
    };
    let is_context = entry.estimate.fit().left().is_some_and(|left| model.max_output().is_none_or(|max| left < max));
    let limit = match &facts.output_limit {
        _ if model.kind() == Kind::Embedding => return String::new(),
        Some(limit) => limit.field,
        None if is_context => "left in the context",
        None if model.max_output().is_some() => "the model's maximum",
        None => "unknown limit",
    };
    format!("{limit}{times}")
}

/// Returns the rows for the context and the prices.
fn context_and_prices(estimate: &Estimate<'_>) -> Vec<Vec<Cell>> {
    let fit = estimate.fit();
    let verdict = match fit.verdict() {
        Verdict::Fits => Cell::styled("fits", GREEN),
        Verdict::Exceeds => Cell::styled("does not fit", RED),
        _ => Cell::styled("unknown", YELLOW),
    };
    let uplift = match estimate.uplift() {
        uplift if uplift.is_none() => String::new(),
        uplift => format!(", {uplift}"),
    };
    let origin = match estimate.checked() {
        Some(checked) => format!("{}, checked {checked}", estimate.layer().origin()),
        None => format!("{}, never checked", estimate.layer().origin()),
    };
    vec![
        vec![Cell::plain("context"), Cell::plain(context(fit)), verdict],
        vec![
            Cell::plain("prices"),
            Cell::plain(format!("{}{uplift}", prices(estimate.price()))),
            Cell::styled(origin, DIM),
        ],
    ]
}

fn context(fit: &Fit) -> String {
    let tokens = fit.largest_input();
    let (Some(context), Some(left)) = (fit.context(), fit.left()) else { return "unknown".to_owned() };
    let share = match u128::from(tokens) * 100 / u128::from(context.max(1)) {
        0 if tokens > 0 => "<1".to_owned(),
        share => share.to_string(),
    };
    format!("{} of {} ({share}%), {} left", grouped(tokens), grouped(context), grouped(left))
}

fn prices(row: &PriceRow) -> String {
    let amount = |field, name| row.rate(field).map(|rate| format!("{} {name}", rate.amount()));
    let amounts: Vec<String> =
        [amount(Field::Input, "in"), amount(Field::Output, "out")].into_iter().flatten().collect();
    let above = if row.above() > 0 { format!(", above {} in", grouped(row.above())) } else { String::new() };
    format!("{} per {}{above}", amounts.join(", "), row.per().as_str())
}

fn amounts(range: &CostRange) -> impl Iterator<Item = Usd> {
    [Some(range.min), range.expected, range.max].into_iter().flatten()
}

/// Returns a range as `1 … 2`, as `1` if both ends are the same, or as `1 or more` if there is no upper end.
fn range<T: Copy + PartialEq>(min: T, max: Option<T>, show: impl Fn(T) -> String) -> String {
    match max {
        Some(max) if max == min => show(max),
        Some(max) => format!("{} … {}", show(min), show(max)),
        None => format!("{} or more", show(min)),
    }
}
