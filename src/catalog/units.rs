//! The prices of `pricing.toml` that are not for tokens: the `[tool.NAME]` sections, and models that are priced by the
//! minute, by the character or by the second.
//!
//! The build script includes this file too.

use std::collections::BTreeSet;
use std::ops::Range;

use rust_decimal::Decimal;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::Date;

use super::fields::{Fields, Largest, Name, Problem, as_table, rows};
use super::terms::{Measure, Unit};

/// One `[tool.NAME]` table.
#[derive(Debug)]
pub struct ToolEntry {
    pub name: Name,
    pub also: Vec<Name>,
    pub prices: Vec<UnitEntry>,
    pub source: Option<String>,
    pub checked: Option<Date>,
    pub note: Option<String>,
}

/// One row of a `price` that is not for tokens.
#[derive(Debug)]
pub struct UnitEntry {
    pub span: Range<usize>,
    pub unit: Unit,
    pub from: Option<Date>,
    pub until: Option<Date>,
    /// The models that the row is for, each a name or a pattern with one `*`; all if empty.
    pub models: Vec<Name>,
    /// What distinguishes the row from others, such as the size of a container.
    pub variant: Option<String>,
    pub amount: Decimal,
    /// The number of input tokens that each call is billed in addition.
    pub input_tokens: Option<u64>,
    pub note: Option<String>,
}

const TOOL_KEYS: &[&str] = &["also", "price", "source", "checked", "note"];
const TOOL_ROW_KEYS: &[&str] = &["per", "from", "until", "models", "variant", "amount", "input_tokens", "note"];
const MODEL_ROW_KEYS: &[&str] = &["per", "from", "until", "variant", "amount", "note"];

/// The maximum price of one unit. The most expensive one on record is $30.
const MAX_PRICE: Largest = Largest {
    amount: Decimal::from_parts(10_000, 0, 0, false, 0),
    in_words: "$10000 per unit",
    hint: Some("check the row's `per`"),
};

const EXPECTED: &str = r#"a row such as { per = "1K calls", amount = "10.00" }"#;

/// Reads the table of a tool.
pub fn read_tool(name: Name, value: &Spanned<DeValue<'_>>, problems: &mut Vec<Problem>) -> Option<ToolEntry> {
    let table = as_table(value, "a table of the tool's prices", problems)?;
    let mut fields = Fields::new(table, value.span(), TOOL_KEYS, problems);
    let (also, source) = (fields.names("also"), fields.text("source"));
    let (checked, note) = (fields.date("checked"), fields.text("note"));
    let prices = match table.get("price") {
        Some(value) => read_rows(value, TOOL_ROW_KEYS, problems),
        None => {
            problems.push(Problem {
                span: name.span.clone(),
                message: format!("tool `{}` has no price", name.text),
                hint: Some(r#"add one, such as price = { per = "1K calls", amount = "10.00" }"#.to_owned()),
            });
            Vec::new()
        }
    };
    Some(ToolEntry { name, also, prices, source, checked, note })
}

/// Returns whether a row of a model's price is not for tokens.
pub fn is_unit_row(row: &Spanned<DeValue<'_>>) -> bool {
    let DeValue::Table(table) = row.get_ref() else { return false };
    let has_unit = matches!(table.get("per").map(Spanned::get_ref), Some(DeValue::String(per)) if is_unit(per));
    has_unit || table.contains_key("amount")
}

fn is_unit(name: &str) -> bool {
    Unit::ALL.iter().any(|unit| unit.as_str() == name)
}

/// Reads the row or the rows of a model's price that is not for tokens.
pub fn read_model_rows(value: &Spanned<DeValue<'_>>, problems: &mut Vec<Problem>) -> Vec<UnitEntry> {
    read_rows(value, MODEL_ROW_KEYS, problems)
}

fn read_rows(value: &Spanned<DeValue<'_>>, keys: &[&str], problems: &mut Vec<Problem>) -> Vec<UnitEntry> {
    let read = |row: &Spanned<DeValue<'_>>, problems: &mut Vec<Problem>| {
        let table = as_table(row, EXPECTED, problems)?;
        read_row(table, row.span(), keys, problems)
    };
    let entries = match value.get_ref() {
        DeValue::Table(_) => read(value, problems).into_iter().collect(),
        _ => rows(value, EXPECTED, problems, read),
    };
    check_rows(&entries, problems);
    entries
}

fn read_row(table: &DeTable<'_>, span: Range<usize>, keys: &[&str], problems: &mut Vec<Problem>) -> Option<UnitEntry> {
    let mut fields = Fields::new(table, span.clone(), keys, problems);
    let unit = fields.word("per", Unit::ALL, Unit::as_str);
    if !table.contains_key("per") {
        fields.missing("per", r#"set what the amount is for, such as per = "1K calls" or per = "minute""#);
    }
    let amount = fields.dollars("amount", &MAX_PRICE);
    if !table.contains_key("amount") {
        fields.missing("amount", r#"add the price in dollars, such as amount = "10.00""#);
    }
    let entry = UnitEntry {
        span: span.clone(),
        from: fields.date("from"),
        until: fields.date("until"),
        models: fields.names("models"),
        variant: fields.text("variant"),
        input_tokens: fields.tokens("input_tokens"),
        note: fields.text("note"),
        amount: amount?,
        unit: unit?,
    };
    if entry.input_tokens.is_some() && entry.unit.measure() != Measure::Calls {
        let hint = "write the price per call, or leave out input_tokens".to_owned();
        fields.problem(
            span,
            "`input_tokens` are those of a call, and the row is not priced by the call".to_owned(),
            hint,
        );
    }
    for model in entry.models.iter().filter(|model| model.text.matches('*').count() > 1) {
        let hint = "split it into several patterns".to_owned();
        fields.problem(model.span.clone(), format!("the pattern `{}` has more than one `*`", model.text), hint);
    }
    Some(entry)
}

/// Checks that no two rows have the same conditions, and that no row ends before it begins.
fn check_rows(rows: &[UnitEntry], problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for row in rows {
        check_period(row.from, row.until, &row.span, problems);
        let mut models: Vec<&str> = row.models.iter().map(|model| model.text.as_str()).collect();
        if models.is_empty() {
            models.push("");
        }
        models.retain(|model| !seen.insert((row.from, row.unit.measure(), row.variant.as_deref(), *model)));
        if !models.is_empty() {
            problems.push(Problem {
                span: row.span.clone(),
                message: "two rows have the same `from`, `variant` and model".to_owned(),
                hint: Some("give the newer one a later `from`, or remove one".to_owned()),
            });
        }
    }
}

/// Checks that a row does not end before it begins.
pub fn check_period(from: Option<Date>, until: Option<Date>, span: &Range<usize>, problems: &mut Vec<Problem>) {
    if until.zip(from).is_some_and(|(until, from)| until < from) {
        problems.push(Problem {
            span: span.clone(),
            message: "the row's `until` is before its `from`".to_owned(),
            hint: Some("`until` is the last day for which the price is announced".to_owned()),
        });
    }
}

/// Checks that the names of tools are unique.
pub fn check_tools(tools: &[ToolEntry], problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for name in tools.iter().flat_map(|tool| std::iter::once(&tool.name).chain(&tool.also)) {
        if name.text.trim().is_empty() {
            problems.push(Problem::new(name.span.clone(), "a name is empty".to_owned()));
        } else if !seen.insert(name.text.as_str()) {
            problems.push(Problem::new(name.span.clone(), format!("duplicate tool `{}`", name.text)));
        }
    }
}
