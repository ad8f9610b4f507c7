//! The rows of prices that are not for tokens: those of tools, and of models that are priced by the minute or the
//! character.

use gpt_cost::Date;
use gpt_cost::catalog::{Layer, UnitPrice};
use gpt_cost::money::grouped;

use super::grid::Cell;

/// Returns the titles and a row for each price that `is_shown`. Those of `in_effect` have a mark.
pub(in crate::cli) fn unit_rows<'p>(
    layer: &Layer,
    prices: &'p [UnitPrice],
    in_effect: &[&UnitPrice],
    is_shown: impl Fn(&UnitPrice) -> bool,
) -> Vec<Vec<Cell>> {
    let shown: Vec<&'p UnitPrice> = prices.iter().filter(|row| is_shown(row)).collect();
    let has = |column: fn(&UnitPrice) -> bool| prices.iter().any(column);
    let has_from = has(|row| row.from().is_some());
    let has_until = has(|row| row.until().is_some());
    let has_conditions = has(|row| row.variant().is_some() || row.models().next().is_some());
    let has_notes = has(|row| row.note().is_some() || row.input_tokens().is_some());
    let mut titles = vec![Cell::plain("")];
    titles.extend(has_from.then(|| Cell::heading("from")));
    titles.extend(has_until.then(|| Cell::heading("until")));
    titles.extend(has_conditions.then(|| Cell::heading("for")));
    titles.push(Cell::heading("price"));
    titles.extend(has_notes.then(|| Cell::heading("")));
    titles.push(Cell::heading("table").rank(3));
    let day = |day: Option<Date>| Cell::plain(day.map(|day| day.to_string()).unwrap_or_default());
    let row = |row: &UnitPrice| {
        let mut cells = vec![Cell::plain(if in_effect.contains(&row) { "●" } else { "" })];
        cells.extend(has_from.then(|| day(row.from())));
        cells.extend(has_until.then(|| day(row.until())));
        cells.extend(has_conditions.then(|| Cell::plain(conditions(row))));
        cells.push(Cell::plain(row.to_string()));
        cells.extend(has_notes.then(|| Cell::plain(notes(row))));
        cells.push(Cell::plain(format!("{}:{}", layer.origin(), row.line())));
        cells
    };
    std::iter::once(titles).chain(shown.into_iter().map(row)).collect()
}

/// Returns the variant and the models of a row.
fn conditions(row: &UnitPrice) -> String {
    let models: Vec<&str> = row.models().collect();
    let models = Some(models.join(", ")).filter(|models| !models.is_empty());
    row.variant().map(str::to_owned).into_iter().chain(models).collect::<Vec<_>>().join("; ")
}

fn notes(row: &UnitPrice) -> String {
    let tokens = row.input_tokens().map(|tokens| format!("and {} input tokens a call", grouped(tokens)));
    tokens.into_iter().chain(row.note().map(str::to_owned)).collect::<Vec<_>>().join("; ")
}
