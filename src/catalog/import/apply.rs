//! Adds the rows of a plan to the text of a price table, and keeps everything else in it.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Plan;
use crate::catalog::model::{Model, PriceRow};
use crate::catalog::{Catalog, Resolved, file, write};
use crate::error::{self, Error, Problem, Result};

impl Plan {
    /// Returns the text of a price table with the plan's rows added: to the model's own table, if `source` has one,
    /// else to a copy of the model's table in `catalog`. `origin` names the text in errors, and `provenance` becomes a
    /// comment on the origin of the rows.
    ///
    /// # Errors
    ///
    /// A text that is not a valid table, or one whose prices are not written as a list to which rows can be added.
    pub fn apply(&self, catalog: &Catalog, origin: &str, source: &str, provenance: &str) -> Result<String> {
        let mut text = source.to_owned();
        if text.trim().is_empty() {
            text = format!("schema = {}\n", file::SCHEMA);
        }
        for (name, rows) in &self.rows {
            text = match has_table(&text, name) {
                true => insert(&text, name, rows, provenance).ok_or_else(|| unchangeable(origin, name))?,
                false => append(text, catalog, name, rows, provenance),
            };
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
fn append(mut text: String, catalog: &Catalog, name: &str, rows: &[PriceRow], provenance: &str) -> String {
    let Some(Resolved { layer, model }) = catalog.row(name) else { return text };
    let prices: Vec<PriceRow> = model.prices().iter().chain(rows).cloned().collect();
    let checked = model.checked().or(layer.checked());
    let copy = Model { prices: prices.into(), ..model.clone() };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&format!("\n# {provenance}\n{}", write::table(&copy, checked)));
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
