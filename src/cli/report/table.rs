//! The report for people.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::{Entry, IMAGE_SIZE, Report, formats, grouped_remarks, label, plural, remark, remarks};
use crate::catalog::{Field, Kind, PriceRow};
use crate::cli::files::shown;
use crate::money::grouped;
use crate::{Band, Cost, Estimate, Fit, Label, TokenCount, Usd, Verdict};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// Writes the report.
pub(in crate::cli) fn write(report: &Report<'_>, out: &mut impl Write) -> io::Result<()> {
    match (report.entries.as_slice(), report.failed) {
        ([one], []) => write_entry(report, one, out),
        (many, _) => write_many(report, many, out),
    }?;
    match &report.from_config {
        Some((name, said)) => writeln!(out, "\n  {DIM}from {}: {}{DIM:#}", shown(name), said.join(", ")),
        None => Ok(()),
    }
}

/// Writes a line for each request, and their total.
fn write_many(report: &Report<'_>, entries: &[Entry<'_>], out: &mut impl Write) -> io::Result<()> {
    let tables: Vec<&str> = report.layers.iter().map(|layer| layer.origin()).collect();
    let requests = plural(entries.len(), "request");
    let formats = formats(entries.iter().map(|entry| entry.request.format()));
    let formats = if formats.is_empty() { formats } else { format!(" ({formats})") };
    let (day, tables) = (report.day, tables.join(", "));
    writeln!(out, "{BOLD}{requests}{BOLD:#}{formats}  {DIM}as of {day}, prices by {tables}{DIM:#}\n")?;
    let total: Cost = entries.iter().map(|entry| entry.estimate.cost_of_all()).sum();
    let tokens: TokenCount = entries.iter().map(|entry| entry.estimate.input().times(entry.estimate.requests())).sum();
    let digits = amounts(&total.total).map(Usd::decimals).max().unwrap_or(2) as usize;
    let money = |amount: Usd| format!("{amount:.digits$}");
    let expects = total.total.expected.is_some();
    let mut rows = vec![vec![
        Cell::heading("request"),
        Cell::heading("model"),
        Cell::title("input"),
        Cell::heading(""),
        Cell::title("cost"),
        Cell::title(if expects { "expected" } else { "" }),
        Cell::heading(""),
    ]];
    let expected = |cost: &Cost| Cell::right(cost.total.expected.filter(|_| expects).map(money).unwrap_or_default());
    for entry in entries {
        let (estimate, cost) = (entry.estimate, entry.estimate.cost_of_all());
        let fits = match estimate.fit().verdict() {
            Verdict::Fits => Cell::plain(""),
            Verdict::Exceeds => Cell::styled("does not fit", RED),
            Verdict::Unknown => Cell::styled("fit unknown", YELLOW),
        };
        let times =
            if estimate.requests() > 1 { format!(" × {}", grouped(estimate.requests())) } else { String::new() };
        rows.push(vec![
            Cell::plain(format!("{}{times}", shown(&entry.place.to_string()))),
            Cell::plain(estimate.name()),
            Cell::right(grouped(estimate.input().tokens())),
            Cell::plain(label(estimate.input())),
            Cell::right(range(&cost.total, money)),
            expected(&cost),
            fits,
        ]);
    }
    rows.push(vec![
        Cell::styled("total", BOLD),
        Cell::plain(""),
        Cell::right(grouped(tokens.tokens())),
        Cell::plain(label(&tokens)),
        Cell::right(range(&total.total, money)),
        expected(&total),
        Cell::plain(""),
    ]);
    write_grid(&rows, out)?;
    write_remarks(report, out)?;
    for (index, one) in report.failed.iter().enumerate() {
        let before = if index == 0 { "\n" } else { "" };
        let place = shown(&one.place.to_string());
        writeln!(out, "{before}  {RED}failed{RED:#}: {place}: {}", one.failure.message())?;
    }
    Ok(())
}

/// Writes what there is to know of the requests, each remark once with the requests that it is about.
fn write_remarks(report: &Report<'_>, out: &mut impl Write) -> io::Result<()> {
    let remarks: Vec<_> = report
        .entries
        .iter()
        .map(|entry| (entry.place.to_string(), remarks(entry.estimate.input(), entry.warnings)))
        .collect();
    write_grouped(remarks.iter().map(|(place, remarks)| (place.clone(), remarks.as_slice())), out)
}

/// Writes each remark once, with the first request that it is about and how many more there are.
pub(in crate::cli) fn write_grouped<'r>(
    remarks: impl Iterator<Item = (String, &'r [(&'static str, String)])>,
    out: &mut impl Write,
) -> io::Result<()> {
    /// The most that a person reads.
    const MOST: usize = 20;
    let remarks = grouped_remarks(remarks);
    let others = remarks.len().saturating_sub(MOST);
    for (index, ((what, text), place, more)) in remarks.into_iter().take(MOST).enumerate() {
        let before = if index == 0 { "\n" } else { "" };
        let more = if more == 0 { String::new() } else { format!(" and {} more", grouped(more as u64)) };
        writeln!(out, "{before}  {YELLOW}{what}{YELLOW:#}: {}{more}: {text}", shown(&place))?;
    }
    if others > 0 {
        writeln!(out, "  and {} more: --format json has them", plural(others, "remark"))?;
    }
    Ok(())
}

fn write_entry(report: &Report<'_>, entry: &Entry<'_>, out: &mut impl Write) -> io::Result<()> {
    let estimate = entry.estimate;
    let (place, format) = (shown(&entry.place.to_string()), entry.request.format());
    writeln!(out, "{BOLD}{place}{BOLD:#}  {format}  {}  {DIM}as of {}{DIM:#}", model(estimate), report.day)?;
    writeln!(out)?;
    write_grid(&costs(entry), out)?;
    writeln!(out)?;
    write_grid(&facts(estimate), out)?;
    for exceeded in estimate.fit().exceeded() {
        writeln!(out, "  {RED}limit{RED:#}    {exceeded}")?;
    }
    let uncounted = estimate.input().uncounted();
    if !uncounted.is_empty() {
        writeln!(out, "\n  {YELLOW}not counted{YELLOW:#}: the input and the cost are at least what stands above")?;
        let row = |path: &str, reason: &str| {
            let path = if path.is_empty() { "the request" } else { path };
            vec![Cell::plain(format!("  {path}")), Cell::plain(reason)]
        };
        write_grid(&uncounted.iter().map(|one| row(&one.path, &one.reason)).collect::<Vec<_>>(), out)?;
    }
    if !entry.warnings.is_empty() {
        writeln!(out)?;
    }
    for warning in entry.warnings {
        writeln!(out, "  {YELLOW}warning{YELLOW:#}: {}", remark(&warning.path, &warning.message))?;
    }
    if entry.warnings.iter().any(|warning| warning.lacks_image_size) {
        writeln!(out, "  hint: {IMAGE_SIZE}")?;
    }
    Ok(())
}

/// Returns the model's name, the row that it stands for where that is another, its encoding, and a tier that is not standard.
fn model(estimate: &Estimate<'_>) -> String {
    let (name, model) = (estimate.name(), estimate.model());
    let stands_for = if name == model.name() { String::new() } else { format!(" → {}", model.name()) };
    let tier = match estimate.tier() {
        crate::Tier::Standard => String::new(),
        tier => format!(", {} tier", tier.word()),
    };
    let encoding = model.encoding().map_or("unknown encoding", |encoding| encoding.name());
    format!("{BOLD}{name}{BOLD:#}{stands_for} ({encoding}{tier})")
}

/// Returns the rows for input, output and total. All amounts have as many digits as the one that needs the most.
fn costs(entry: &Entry<'_>) -> Vec<Vec<Cell>> {
    let (estimate, cost) = (entry.estimate, entry.estimate.cost());
    let (input, output) = (estimate.input(), estimate.output());
    let all = estimate.cost_of_all().total;
    let digits = [&cost.input, &cost.output, &cost.total, &all].into_iter().flat_map(amounts).map(Usd::decimals).max();
    let money =
        |band: &Band<Usd>| Cell::right(range(band, |amount| format!("{amount:.*}", digits.unwrap_or(2) as usize)));
    let expected = |band: &Band<Usd>| {
        Cell::right(
            band.expected.map(|amount| format!("{amount:.*}", digits.unwrap_or(2) as usize)).unwrap_or_default(),
        )
    };
    let sure = if input.label() == Label::Exact { GREEN } else { YELLOW };
    let label = Cell::styled(label(input), sure);
    let tokens = Band { min: output.min, expected: None, max: output.max };
    let mut rows = vec![
        vec![Cell::plain("input"), Cell::right(grouped(input.tokens())), label, money(&cost.input)],
        vec![
            Cell::plain("output"),
            Cell::right(range(&tokens, grouped)),
            Cell::plain(limit(entry)),
            money(&cost.output),
        ],
        vec![Cell::styled("total", BOLD), Cell::plain(""), Cell::plain(""), money(&cost.total)],
    ];
    if estimate.cached() > 0 {
        let of_it = [Cell::right(grouped(estimate.cached())), Cell::plain("of the input")];
        rows.insert(1, std::iter::once(Cell::plain("  cached")).chain(of_it).collect());
    }
    if estimate.requests() > 1 {
        let times = Cell::plain(format!("× {}", grouped(estimate.requests())));
        rows.push(vec![times, Cell::plain(""), Cell::plain("requests"), money(&all)]);
    }
    let mut header = ["", "tokens", "", "cost"].map(Cell::title).to_vec();
    if let Some(tokens) = output.expected {
        header.push(Cell::title(&format!("with {} out", grouped(tokens))));
        let mut column = [&cost.input, &cost.output, &cost.total, &all].map(expected).to_vec();
        if estimate.cached() > 0 {
            column.insert(1, Cell::plain(""));
            rows[1].push(Cell::plain(""));
        }
        rows.iter_mut().zip(column).for_each(|(row, cell)| row.push(cell));
    }
    rows.insert(0, header);
    rows
}

/// Says what sets the most that the output can be.
fn limit(entry: &Entry<'_>) -> String {
    let (model, request) = (entry.estimate.model(), entry.request);
    let times = match request.choices() {
        1 => String::new(),
        choices => format!(" × {choices}"),
    };
    let by_context = entry.estimate.fit().left().is_some_and(|left| model.max_output().is_none_or(|most| left < most));
    let by = match request.output_limit() {
        _ if model.kind() == Kind::Embedding => return String::new(),
        Some(limit) => limit.field,
        None if by_context => "what the context leaves",
        None if model.max_output().is_some() => "the model's maximum",
        None => "no limit known",
    };
    format!("{by}{times}")
}

/// Returns the rows for the context and the prices.
fn facts(estimate: &Estimate<'_>) -> Vec<Vec<Cell>> {
    let fit = estimate.fit();
    let verdict = match fit.verdict() {
        Verdict::Fits => Cell::styled("fits", GREEN),
        Verdict::Exceeds => Cell::styled("does not fit", RED),
        Verdict::Unknown => Cell::styled("unknown", YELLOW),
    };
    let origin = match estimate.checked() {
        Some(checked) => format!("{}, checked {checked}", estimate.layer().origin()),
        None => format!("{}, no date of a check", estimate.layer().origin()),
    };
    vec![
        vec![Cell::plain("context"), Cell::plain(context(fit)), verdict],
        vec![Cell::plain("prices"), Cell::plain(prices(estimate.price())), Cell::styled(origin, DIM)],
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
    format!("{} per {}{above}", amounts.join(", "), row.per().word())
}

fn amounts(band: &Band<Usd>) -> impl Iterator<Item = Usd> {
    [Some(band.min), band.expected, band.max].into_iter().flatten()
}

/// Shows a band as `a … b`, as `a` where both ends are the same, and as `a or more` where there is no upper end.
fn range<T: Copy + PartialEq>(band: &Band<T>, show: impl Fn(T) -> String) -> String {
    match band.max {
        Some(max) if max == band.min => show(max),
        Some(max) => format!("{} … {}", show(band.min), show(max)),
        None => format!("{} or more", show(band.min)),
    }
}

/// One cell of a grid.
#[derive(Clone)]
pub(in crate::cli) struct Cell {
    text: String,
    style: Style,
    right: bool,
}

impl Cell {
    pub(in crate::cli) fn plain(text: impl Into<String>) -> Cell {
        Cell::styled(text, Style::new())
    }

    fn styled(text: impl Into<String>, style: Style) -> Cell {
        Cell { text: text.into(), style, right: false }
    }

    pub(in crate::cli) fn title(text: &str) -> Cell {
        Cell { style: DIM, ..Cell::right(text) }
    }

    /// The title of a column of text.
    pub(in crate::cli) fn heading(text: &str) -> Cell {
        Cell { right: false, ..Cell::title(text) }
    }

    pub(in crate::cli) fn right(text: impl Into<String>) -> Cell {
        Cell { right: true, ..Cell::plain(text) }
    }
}

/// Writes rows with their columns aligned, no space at the end of a line. All that stands in a grid is narrow text.
pub(in crate::cli) fn write_grid(rows: &[Vec<Cell>], out: &mut impl Write) -> io::Result<()> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.text.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    for row in rows {
        let Some(last) = row.iter().rposition(|cell| !cell.text.is_empty()) else {
            writeln!(out)?;
            continue;
        };
        for (index, (cell, width)) in row.iter().zip(&widths).take(last + 1).enumerate() {
            let padding = " ".repeat(width - cell.text.chars().count());
            let (before, after) = if cell.right { (padding.as_str(), "") } else { ("", padding.as_str()) };
            let after = if index == last { "" } else { after };
            let style = if cell.text.is_empty() { Style::new() } else { cell.style };
            write!(out, "  {before}{style}{}{style:#}{after}", cell.text)?;
        }
        writeln!(out)?;
    }
    Ok(())
}
