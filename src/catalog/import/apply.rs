//! Adds the rows of a plan to the text of a price table, and keeps everything else in it.

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Plan;
use crate::catalog::model::{Model, PriceRow};
use crate::catalog::{Catalog, Resolved, file, write};
use crate::error::{self, Error, Problem, Result};

impl Plan {
    /// Returns the text of a price table with the plan's rows added: to the model's own table, if `source` has one,
    /// else to a copy of the model's table in `catalog`. `origin` names the text in errors, and `provenance` becomes a
    /// comment on the origin of the rows. `checked` is the day on which a person compared the imported table with the
    /// vendor's prices. Without it, the models keep their day, and a new one has the day that the imported table gives.
    ///
    /// # Errors
    ///
    /// A text that is not a valid table, one whose prices are not written as a list to which rows can be added, and a
    /// model that has a row from the same day already.
    pub fn apply(
        &self,
        catalog: &Catalog,
        origin: &str,
        source: &str,
        provenance: &str,
        checked: Option<Date>,
    ) -> Result<String> {
        let mut text = source.to_owned();
        if text.trim().is_empty() {
            text = format!("schema = {}\n", file::SCHEMA);
        }
        for (name, rows) in &self.rows {
            check_days(catalog, origin, name, rows)?;
            text = match has_table(&text, name) {
                true => insert(&text, name, rows, provenance).ok_or_else(|| unchangeable(origin, name))?,
                false => append(text, catalog, name, rows, provenance),
            };
            if let Some(checked) = checked {
                text = set_checked(&text, name, checked).ok_or_else(|| unchangeable(origin, name))?;
            }
        }
        for model in self.models.values() {
            text = append_table(text, model, checked.or(model.checked()), provenance);
        }
        // The result must read back, with the rows in it.
        let mut check = catalog.clone();
        check.add_layer(origin, &text)?;
        for (name, rows) in &self.rows {
            let is_there = |row: &PriceRow, model: &Model| {
                model.prices().iter().any(|one| PriceRow { line: row.line, ..one.clone() } == *row)
            };
            if !check.row(name).is_some_and(|found| rows.iter().all(|row| is_there(row, found.model))) {
                return Err(unchangeable(origin, name));
            }
        }
        Ok(text)
    }
}

/// Checks that the model has no row of a tier from the same day, such as that of an import from another table.
fn check_days(catalog: &Catalog, origin: &str, name: &str, rows: &[PriceRow]) -> Result<()> {
    let Some(found) = catalog.row(name) else { return Ok(()) };
    let is_same = |row: &PriceRow| found.model.prices().iter().any(|old| (old.tier, old.from) == (row.tier, row.from));
    let Some(from) = rows.iter().find(|row| is_same(row)).and_then(PriceRow::from) else { return Ok(()) };
    let problem = Problem::new(format!("{origin}: `{name}` already has a price from {from}"));
    let hint = "pass --as-of with the first day of the imported price, or remove the row that has it";
    Err(Error::new(error::Kind::PriceTable, problem.with_hint(hint)))
}

/// Sets the day of the model's own check.
fn set_checked(text: &str, name: &str, checked: Date) -> Option<String> {
    let tree = DeTable::parse(text).ok()?;
    let table = table(&tree, name)?;
    Some(match table.get("checked") {
        Some(old) => format!("{}{checked}{}", &text[..old.span().start], &text[old.span().end..]),
        None => {
            let end = table.get("price")?.span().end;
            let end = text[end..].find('\n').map_or(text.len(), |line| end + line);
            format!("{}\n{:10} = {checked}{}", &text[..end], "checked", &text[end..])
        }
    })
}

fn has_table(source: &str, name: &str) -> bool {
    DeTable::parse(source).is_ok_and(|tree| table(&tree, name).is_some())
}

fn unchangeable(origin: &str, name: &str) -> Error {
    let problem =
        Problem::new(format!("{origin}: the rows of `{name}` are not written as a list, so none can be added"));
    let hint = "write price = [ { per = …, … }, … ], or import into another table";
    Error::new(error::Kind::PriceTable, problem.with_hint(hint))
}

fn table<'t, 'i>(tree: &'t Spanned<DeTable<'i>>, name: &str) -> Option<&'t DeTable<'i>> {
    let DeValue::Table(models) = tree.get_ref().get("model")?.get_ref() else { return None };
    match models.get(name)?.get_ref() {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

/// Appends a copy of the model's table with the rows added. The day of its check does not change, since nobody has
/// compared its other rows.
fn append(text: String, catalog: &Catalog, name: &str, rows: &[PriceRow], provenance: &str) -> String {
    let Some(Resolved { layer, model }) = catalog.row(name) else { return text };
    let prices: Vec<PriceRow> = model.prices().iter().chain(rows).cloned().collect();
    let checked = model.checked().or(layer.checked());
    append_table(text, &Model { prices: prices.into(), ..model.clone() }, checked, provenance)
}

/// Appends the table of a model.
fn append_table(mut text: String, model: &Model, checked: Option<Date>, provenance: &str) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&format!("\n# {provenance}\n{}", write::table(model, checked)));
    text
}

/// Appends rows to the list of the model's prices; a single row becomes a list.
fn insert(text: &str, name: &str, rows: &[PriceRow], provenance: &str) -> Option<String> {
    let tree = DeTable::parse(text).ok()?;
    let price = table(&tree, name)?.get("price")?;
    let span = price.span();
    let written = text.get(span.clone())?;
    let new: String = rows.iter().map(|row| format!("  {},  # {provenance}\n", write::row(row))).collect();
    let list = match price.get_ref() {
        DeValue::Table(_) if written.starts_with('{') => format!("[\n  {written},\n{new}]"),
        DeValue::Array(array) if written.starts_with('[') && written.ends_with(']') => {
            let last = array.iter().last()?.span().end - span.start;
            let (before, after) = (&written[..last], &written[last..written.len() - 1]);
            // A comma in a comment does not count.
            let has_comma = after.lines().any(|line| line.split('#').next().unwrap_or_default().contains(','));
            let comma = if has_comma { "" } else { "," };
            let line = if after.trim_end_matches([' ', '\t']).ends_with('\n') { "" } else { "\n" };
            format!("{before}{comma}{}{line}{new}]", after.trim_end_matches([' ', '\t']))
        }
        _ => return None,
    };
    Some(format!("{}{list}{}", &text[..span.start], &text[span.end..]))
}
