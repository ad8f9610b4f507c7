//! Comma-separated values: `id,per,input,cached,output,from`, and more columns.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{ImportFormat, Imported, Row, decimal};
use crate::catalog::terms::{Field, Tier};
use crate::error::{self, Error, Problem, Result};
use crate::money::Per;

pub(super) fn read(text: &str) -> Result<Imported> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| super::unreadable(ImportFormat::Csv, error))?.clone();
    let columns: Vec<Column> = headers.iter().map(Column::from_name).collect::<Result<_>>()?;
    for needed in ["id", "per"] {
        if !headers.iter().any(|name| name == needed) {
            return Err(wrong(1, format!("the column `{needed}` is missing")));
        }
    }
    let mut imported = Imported::default();
    for record in reader.records() {
        let record = record.map_err(|error| super::unreadable(ImportFormat::Csv, error))?;
        let line = record.position().map_or(0, |position| position.line() as usize);
        let (name, row) = row(&columns, &record, line)?;
        imported.push(&name, row);
    }
    Ok(imported)
}

enum Column {
    Id,
    Per,
    From,
    Tier,
    Above,
    Amount(Field),
}

impl Column {
    fn from_name(name: &str) -> Result<Column> {
        Ok(match name {
            "id" => Column::Id,
            "per" => Column::Per,
            "from" => Column::From,
            "tier" => Column::Tier,
            "above" => Column::Above,
            _ => {
                let unknown = |_| {
                    let words: Vec<&str> = Field::ALL.iter().map(|field| field.as_str()).collect();
                    let hint = format!("the known columns are id, per, from, tier, above, {}", words.join(", "));
                    wrong(1, format!("unknown column `{}`", error::shown(name))).with_hint(hint)
                };
                Column::Amount(name.parse().map_err(unknown)?)
            }
        })
    }
}

fn row(columns: &[Column], record: &csv::StringRecord, line: usize) -> Result<(String, Row)> {
    let mut row = Row { from: None, tier: Tier::Standard, above: 0, amounts: [None; Field::ALL.len()] };
    let (mut name, mut factor, mut amounts) = (String::new(), None, Vec::new());
    for (column, value) in columns.iter().zip(record).filter(|(_, value)| !value.is_empty()) {
        let expected = |what: &str| wrong(line, format!("expected {what}, found `{}`", error::shown(value)));
        match column {
            Column::Id => value.clone_into(&mut name),
            Column::Per => match value.parse() {
                Ok(Per::Thousand) => factor = Some(Decimal::ONE_THOUSAND),
                Ok(Per::Million) => factor = Some(Decimal::ONE),
                Err(_) => return Err(expected("1K or 1M")),
            },
            Column::From => row.from = Some(value.parse::<Date>().map_err(|_| expected("a date such as 2026-12-01"))?),
            Column::Tier => row.tier = value.parse().map_err(|_| expected("a service tier"))?,
            Column::Above => row.above = value.parse().map_err(|_| expected("a whole number of tokens"))?,
            Column::Amount(field) => amounts.push((*field, value)),
        }
    }
    let factor = factor.ok_or_else(|| wrong(line, "the row has no per, the number of tokens: 1K or 1M"))?;
    for (field, value) in amounts {
        let message = || format!("{}: `{}` is not an amount of dollars", field.as_str(), error::shown(value));
        row.amounts[field as usize] = Some(decimal(value, factor).ok_or_else(|| wrong(line, message()))?);
    }
    if name.is_empty() { Err(wrong(line, "the row has no id")) } else { Ok((name, row)) }
}

fn wrong(line: usize, message: impl Into<String>) -> Error {
    Error::new(error::Kind::PriceTable, Problem::new(message).at_line(line, 1))
}
