//! Writes a catalog as the text of a price table, which reads back as the same catalog.

use std::fmt::Write;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::file;
use super::model::{Fact, FamilySince, Model, PriceRow};
use super::terms::{Field, ImageRule, Kind, Tier};
use super::tool::{Tool, UnitPrice};
use super::{AliasTarget, Catalog, Layer, Resolved, ResolvedTool};

impl Catalog {
    /// Returns the effective table as one file: each model and alias as the last layer has it, in the order of the
    /// layers.
    ///
    /// ```
    /// use gpt_cost::Catalog;
    ///
    /// let mut catalog = Catalog::builtin();
    /// catalog.add_layer("exported", &Catalog::builtin().to_toml())?;
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    pub fn to_toml(&self) -> String {
        let mut out = format!("schema  = {}\n", file::SCHEMA);
        // The oldest day, so that no table looks newer than it is; models checked later have a day of their own.
        let checked = self.layers().filter_map(Layer::checked).min();
        if let Some(checked) = checked {
            let _ = writeln!(out, "checked = {checked}");
        }
        for Resolved { layer, model } in self.models() {
            let own = model.checked().or(layer.checked().filter(|own| Some(*own) != checked));
            out.push('\n');
            out.push_str(&table(model, own));
        }
        for ResolvedTool { layer, tool } in self.tools() {
            let own = tool.checked().or(layer.checked().filter(|own| Some(*own) != checked));
            out.push('\n');
            out.push_str(&tool_table(tool, own));
        }
        let aliases = self.aliases();
        if !aliases.is_empty() {
            out.push_str("\n[alias]\n");
        }
        for alias in aliases {
            let target = |target: &AliasTarget| match target.from() {
                Some(from) => format!("{{ from = {from}, to = {} }}", quoted(target.model())),
                None => quoted(target.model()),
            };
            let targets: Vec<String> = alias.targets.iter().map(target).collect();
            let targets = match alias.targets.as_ref() {
                [one] if one.from().is_none() => targets.concat(),
                _ => format!("[ {} ]", targets.join(", ")),
            };
            let _ = writeln!(out, "{} = {targets}", quoted(&alias.name));
        }
        out
    }
}

/// Returns the table of a model; `checked` is the day of its own check.
pub(super) fn table(model: &Model, checked: Option<Date>) -> String {
    let mut out = format!("[model.{}]\n", quoted(model.name()));
    let mut line = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = writeln!(out, "{key:10} = {value}");
        }
    };
    let names: Vec<String> = model.also().map(quoted).collect();
    line("also", (!names.is_empty()).then(|| format!("[{}]", names.join(", "))));
    line("kind", (model.kind() != Kind::Chat).then(|| quoted(model.kind().as_str())));
    line("encoding", Some(quoted(model.encoding().map_or(file::UNKNOWN_ENCODING, |encoding| encoding.as_str()))));
    line("counting", counting(model));
    // The day of the check is an argument, since it can be that of the whole table.
    let facts = model.facts().filter(|(key, _)| *key != "checked");
    let (limits, others): (Vec<_>, Vec<_>) = facts.partition(|(_, fact)| matches!(fact, Fact::Tokens(_)));
    limits.into_iter().for_each(|(key, limit)| line(key, Some(value(limit))));
    line("image", model.image().map(image));
    line("price", price(model.prices(), row).or_else(|| price(model.unit_prices(), unit_row)));
    others.into_iter().for_each(|(key, fact)| line(key, Some(value(fact))));
    line("checked", checked.map(|date| date.to_string()));
    out
}

/// Returns the table of a tool; `checked` is the day of its own check.
fn tool_table(tool: &Tool, checked: Option<Date>) -> String {
    let mut out = format!("[tool.{}]\n", quoted(tool.name()));
    let mut line = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = writeln!(out, "{key:10} = {value}");
        }
    };
    let names: Vec<String> = tool.also().map(quoted).collect();
    line("also", (!names.is_empty()).then(|| format!("[{}]", names.join(", "))));
    line("price", price(tool.prices(), unit_row));
    line("source", tool.source().map(quoted));
    line("checked", checked.map(|date| date.to_string()));
    line("note", tool.note().map(quoted));
    out
}

/// Returns a row of a price that is not for tokens, as an inline table.
fn unit_row(row: &UnitPrice) -> String {
    let mut parts = vec![format!("per = {}", quoted(row.unit().as_str()))];
    parts.extend(row.from().map(|from| format!("from = {from}")));
    parts.extend(row.until().map(|until| format!("until = {until}")));
    let models: Vec<String> = row.models().map(quoted).collect();
    parts.extend((!models.is_empty()).then(|| format!("models = [{}]", models.join(", "))));
    parts.extend(row.variant().map(|variant| format!("variant = {}", quoted(variant))));
    parts.push(format!("amount = \"{}\"", amount(row.amount().amount())));
    parts.extend(row.input_tokens().map(|tokens| format!("input_tokens = {}", underscored(tokens))));
    parts.extend(row.note().map(|note| format!("note = {}", quoted(note))));
    format!("{{ {} }}", parts.join(", "))
}

/// Returns a fact as a TOML value.
fn value(fact: Fact<'_>) -> String {
    match fact {
        Fact::Tokens(tokens) => underscored(tokens),
        Fact::Date(date) => date.to_string(),
        Fact::Text(text) => quoted(text),
    }
}

/// Returns a row of a price, as an inline table.
pub(super) fn row(row: &PriceRow) -> String {
    let mut parts = vec![format!("per = \"{}\"", row.per().as_str())];
    parts.extend(row.from().map(|from| format!("from = {from}")));
    parts.extend(row.until().map(|until| format!("until = {until}")));
    parts.extend((row.tier() != Tier::Standard).then(|| format!("tier = \"{}\"", row.tier().as_str())));
    parts.extend((row.above() > 0).then(|| format!("above = {}", underscored(row.above()))));
    for field in Field::ALL {
        parts.extend(
            row.rate(*field).map(|rate| format!("{} = \"{}\"", field.as_str(), amount(rate.amount().amount()))),
        );
    }
    format!("{{ {} }}", parts.join(", "))
}

/// Returns an amount in full, with at least two decimal places.
fn amount(amount: Decimal) -> String {
    let digits = amount.normalize().scale().max(2) as usize;
    format!("{:.digits$}", amount.normalize())
}

fn counting(model: &Model) -> Option<String> {
    match model.counting.as_ref() {
        [] => None,
        [FamilySince { from: None, family }] => Some(quoted(family.as_str())),
        dated => {
            let entry = |one: &FamilySince| {
                let from = one.from.map(|from| format!("from = {from}, ")).unwrap_or_default();
                format!("{{ {from}family = {} }}", quoted(one.family.as_str()))
            };
            Some(format!("[{}]", dated.iter().map(entry).collect::<Vec<_>>().join(", ")))
        }
    }
}

fn price<R>(rows: &[R], row: impl Fn(&R) -> String) -> Option<String> {
    match rows {
        [] => None,
        [one] => Some(row(one)),
        rows => Some(format!("[\n{}]", rows.iter().map(|one| format!("  {},\n", row(one))).collect::<String>())),
    }
}

pub(super) fn image(rule: ImageRule) -> String {
    match rule {
        ImageRule::Tiles { base, tile } => format!("{{ base = {}, tile = {} }}", underscored(base), underscored(tile)),
        ImageRule::Patches { factor, chat: 0 } => format!("{{ patch = \"{factor}\" }}"),
        ImageRule::Patches { factor, chat } => format!("{{ patch = \"{factor}\", chat = {chat} }}"),
    }
}

fn underscored(number: u64) -> String {
    crate::money::grouped(number).replace(',', "_")
}

/// Returns a text as a TOML string.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            char if char.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(char));
            }
            char => out.push(char),
        }
    }
    out.push('"');
    out
}
