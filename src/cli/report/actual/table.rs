//! The table for people.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use gpt_cost::money::grouped;
use gpt_cost::usage::Charge;
use gpt_cost::{Date, Tier, Usd};

use super::{Billed, Part, Priced, Report, Sum, calls_in_words};
use crate::cli::files::printable;
use crate::cli::report::grid::{Cell, write_grid, write_line};
use crate::cli::report::listing::{Listing, MAX_LISTED};
use crate::cli::report::plural;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// Maximum number of lines about requests that were not billed; JSON has them all.
pub(super) const MAX_NOT_BILLED: usize = 20;

/// Writes the report: the charges of a single response, or a table of several.
pub(super) fn write(report: &Report<'_>, out: &mut impl Write) -> io::Result<()> {
    match report.part.listing.entries.as_slice() {
        [one] if report.part.number_of_rows() == 1 && !report.frame.each => write_one(one, out),
        _ => write_many(report, out),
    }
}

fn write_one(priced: &Priced<'_>, out: &mut impl Write) -> io::Result<()> {
    let Priced { place, model, resolved, day, tier, response, bill, .. } = priced;
    let row = resolved.model.name();
    let resolves_to = if model == row { String::new() } else { format!(" → {row}") };
    let tier = if *tier == Tier::Standard { String::new() } else { format!(", {tier} tier") };
    let (name, model) = (printable(&place.to_string()), printable(model));
    writeln!(out, "{name}  {model}{resolves_to}{tier}  as of {day}\n")?;
    let costs = bill.charges.iter().map(|charge| charge.cost).chain(bill.units.iter().map(|unit| unit.cost));
    let images = bill.images.iter().flat_map(|images| images.charges.iter().map(|charge| charge.cost));
    let costs = costs.chain(images).chain(bill.uplift.map(|(_, cost)| cost)).chain([bill.total]);
    let digits = costs.map(|cost| cost.decimals()).max().unwrap_or(2) as usize;
    let tokens = if bill.charges.is_empty() { "" } else { "tokens" };
    let mut rows = vec![["", tokens, "rate", "cost"].map(Cell::title).to_vec()];
    let row = |charge: &Charge, name: String| {
        let rate = format!("{} / {}", charge.rate.amount(), charge.rate.per());
        let cost = format!("{:.digits$}", charge.cost);
        let [tokens, rate, cost] = [grouped(charge.tokens), rate, cost].map(Cell::right);
        vec![Cell::plain(name), tokens, rate, cost]
    };
    rows.extend(bill.charges.iter().map(|charge| row(charge, charge.kind.in_words())));
    if let Some(images) = &bill.images {
        let name = |charge: &Charge| format!("{} of {}", charge.kind.in_words(), printable(&images.model));
        rows.extend(images.charges.iter().map(|charge| row(charge, name(charge))));
    }
    if let Some((uplift, cost)) = bill.uplift {
        let [uplift, cost] = [uplift.to_string(), format!("{cost:.digits$}")].map(Cell::right);
        rows.push(vec![Cell::plain("uplift"), Cell::plain(""), uplift, cost]);
    }
    for unit in &bill.units {
        let [quantity, rate, cost] =
            [unit.in_words(), unit.price.to_string(), format!("{:.digits$}", unit.cost)].map(Cell::right);
        rows.push(vec![Cell::plain(unit.name), quantity, rate, cost]);
    }
    let sum = Sum::of(priced);
    let total = money(&sum, digits);
    rows.push(vec![Cell::plain("total"), Cell::plain(""), Cell::plain(""), Cell::right(total)]);
    write_grid(&rows, out)?;
    if response.usage.reasoning > 0 {
        writeln!(out, "\n  output includes {} reasoning tokens", grouped(response.usage.reasoning))?;
    }
    write_unpriced(&sum, out)?;
    writeln!(out, "\n  price: {}", resolved.layer.origin())?;
    if let Some(notice) = priced.price_notice() {
        writeln!(out, "  note: {notice}")?;
    }
    match resolved.model.note() {
        Some(note) => writeln!(out, "  note: {note}"),
        None => Ok(()),
    }
}

/// Writes a row for each model and day, or for each response, the total, and how large many responses are.
fn write_many(report: &Report<'_>, out: &mut impl Write) -> io::Result<()> {
    let Listing { totals, failed, failures, .. } = &report.part.listing;
    let origins: Vec<&str> = report.frame.layers.iter().map(|layer| layer.origin()).collect();
    let prices = format!("prices from {}", origins.join(", "));
    let title = plural(totals.total.responses, "response");
    write_line(&[Cell::styled(title, BOLD), Cell::styled(prices, DIM)], out)?;
    writeln!(out)?;
    write_grid(&rows(report), out)?;
    write_units(&totals.total, out)?;
    write_unpriced(&totals.total, out)?;
    if totals.total.responses > MAX_LISTED && !report.frame.each {
        totals.write_sizes(out)?;
    }
    write_notes(totals, out)?;
    write_not_billed(&report.part, out)?;
    for (index, one) in failures.iter().enumerate() {
        let before = if index == 0 { "\n" } else { "" };
        let place = printable(&one.place.to_string());
        writeln!(out, "{before}  {RED}failed{RED:#}: {place}: {}", one.failure.message())?;
    }
    match failed - failures.len() {
        0 => Ok(()),
        more => writeln!(out, "  and {} more that failed", grouped(more as u64)),
    }
}

/// Returns the rows of the table: its titles, the responses or their sums, and the total.
fn rows(report: &Report<'_>) -> Vec<Vec<Cell>> {
    let (each, Listing { entries, totals, .. }) = (report.frame.each, &report.part.listing);
    let titles = match each {
        true => {
            let has_tier = entries.iter().any(|one| one.tier != Tier::Standard);
            let tier = Cell::heading(if has_tier { "tier" } else { "" }).rank(2);
            vec![Cell::heading("response"), Cell::heading("model").rank(1), Cell::heading("day").rank(4), tier]
        }
        false => vec![Cell::heading("model"), Cell::heading("day"), Cell::title("responses")],
    };
    let mut sums: Vec<(Vec<Cell>, Sum)> = match each {
        true => entries.iter().map(of_response).collect(),
        false => totals.by_model_and_day().map(of_group).collect(),
    };
    let (total, mut last) = (totals.total.clone(), vec![Cell::plain(""); titles.len()]);
    last[0] = Cell::styled("total", BOLD);
    if !each {
        last[2] = Cell::right(grouped(total.responses as u64));
    }
    sums.push((last, total));
    let digits = sums.iter().map(|(_, sum)| sum.cost.decimals()).max().unwrap_or(2) as usize;
    let numbers = [Cell::title("input"), Cell::title("cached").rank(3), Cell::title("output"), Cell::title("cost")];
    let row = |(names, sum): (Vec<Cell>, Sum)| {
        let cached = if sum.cached == 0 { "–".to_owned() } else { grouped(sum.cached) };
        let cost = money(&sum, digits);
        let numbers = [grouped(sum.input), cached, grouped(sum.output), cost].map(Cell::right);
        names.into_iter().chain(numbers).collect()
    };
    std::iter::once(titles.into_iter().chain(numbers).collect()).chain(sums.into_iter().map(row)).collect()
}

/// Returns the names and the numbers of one response.
fn of_response(priced: &Priced<'_>) -> (Vec<Cell>, Sum) {
    let tier = if priced.tier == Tier::Standard { "" } else { priced.tier.as_str() };
    let names =
        [printable(&priced.place.to_string()), printable(&priced.model), priced.day.to_string(), tier.to_owned()];
    (names.map(Cell::plain).to_vec(), Sum::of(priced))
}

/// Returns the names and the numbers of the responses of a model on a day.
fn of_group(((model, day), sum): ((&str, Date), &Sum)) -> (Vec<Cell>, Sum) {
    let responses = Cell::right(grouped(sum.responses as u64));
    (vec![Cell::plain(printable(model)), Cell::plain(day.to_string()), responses], sum.clone())
}

/// Returns the cost, which is a minimum if there are calls without a known price.
fn money(sum: &Sum, digits: usize) -> String {
    format!("{}{:.digits$}", if sum.unpriced.is_empty() { "" } else { "≥ " }, sum.cost)
}

/// Writes what is in the cost beside tokens.
fn write_units(sum: &Sum, out: &mut impl Write) -> io::Result<()> {
    if sum.images > Usd::ZERO {
        writeln!(out, "\n  including {} for generated images", sum.images)?;
    }
    for (index, ((name, measure), (quantity, cost))) in sum.units.iter().enumerate() {
        let before = if index == 0 { "\n" } else { "" };
        writeln!(out, "{before}  including {cost} for {name} ({measure}: {})", quantity.normalize())?;
    }
    Ok(())
}

fn write_unpriced(sum: &Sum, out: &mut impl Write) -> io::Result<()> {
    for (index, ((tool, reason), calls)) in sum.unpriced.iter().enumerate() {
        let before = if index == 0 { "\n" } else { "" };
        writeln!(out, "{before}  {YELLOW}at least{YELLOW:#}: {}: {reason}", calls_in_words(*tool, *calls))?;
    }
    Ok(())
}

/// Writes once each that a price was announced only until an earlier day, and the note of each model.
fn write_notes(totals: &Billed<'_>, out: &mut impl Write) -> io::Result<()> {
    let notes = totals.notes.iter().map(|(model, note)| format!("{model}: {note}"));
    for (index, note) in totals.notices.iter().cloned().chain(notes).enumerate() {
        let before = if index == 0 { "\n" } else { "" };
        writeln!(out, "{before}  note: {note}")?;
    }
    Ok(())
}

fn write_not_billed(part: &Part<'_>, out: &mut impl Write) -> io::Result<()> {
    let (all, listed) = (part.listing.totals.not_billed, &part.not_billed);
    if all == 0 {
        return Ok(());
    }
    writeln!(out, "\n  not billed, because the API reports an error: {}", plural(all, "request"))?;
    for one in listed {
        let id = one.custom_id.as_ref().map(|id| format!(" ({})", printable(id))).unwrap_or_default();
        writeln!(out, "  {}{id}: {}", printable(&one.place.to_string()), one.reason)?;
    }
    match all - listed.len() {
        0 => Ok(()),
        more => writeln!(out, "  and {} more: --format json shows all", grouped(more as u64)),
    }
}
