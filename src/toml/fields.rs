//! The typed fields of one table of a TOML text. Each problem is noted with its place.
//!
//! This file uses nothing of the crate, since the build script includes it too, with the reader of price tables.

use std::borrow::Cow;
use std::ops::Range;

use rust_decimal::Decimal;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::Date;

/// The most digits after an amount's point. With them, the cost of the most tokens that a request can have, 128 answers
/// of 2³² each, and the sum of two such costs, fit into the 28 digits of a `Decimal`.
const MAX_DECIMALS: u32 = 9;

/// The largest amount of money that a field allows.
pub struct Largest {
    pub amount: Decimal,
    /// The amount, as messages write it.
    pub in_words: &'static str,
    /// The hint for a larger one.
    pub hint: Option<&'static str>,
}

/// A name, with its place in the file.
#[derive(Debug, Clone)]
pub struct Name {
    pub text: String,
    pub span: Range<usize>,
}

/// A problem at one place of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    pub span: Range<usize>,
    pub message: String,
    pub hint: Option<String>,
}

impl Problem {
    pub fn new(span: Range<usize>, message: String) -> Problem {
        Problem { span, message, hint: None }
    }
}

/// Reads the fields of one table, and notes the problems of each.
pub struct Fields<'t, 'i, 'p> {
    table: &'t DeTable<'i>,
    span: Range<usize>,
    problems: &'p mut Vec<Problem>,
}

impl<'t, 'i, 'p> Fields<'t, 'i, 'p> {
    pub fn new(
        table: &'t DeTable<'i>,
        span: Range<usize>,
        known: &[&str],
        problems: &'p mut Vec<Problem>,
    ) -> Fields<'t, 'i, 'p> {
        for key in table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let hint = match nearest(key.get_ref(), known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("expected one of {}", known.join(", ")),
            };
            let message = format!("unknown key `{}`", key.get_ref());
            problems.push(Problem { span: key.span(), message, hint: Some(hint) });
        }
        Fields { table, span, problems }
    }

    pub fn missing(&mut self, key: &str, hint: &str) {
        self.problem(self.span.clone(), format!("the key `{key}` is missing"), hint.to_owned());
    }

    pub fn problem(&mut self, span: Range<usize>, message: String, hint: String) {
        self.problems.push(Problem { span, message, hint: Some(hint) });
    }

    pub fn table(&mut self, key: &str) -> Option<&'t DeTable<'i>> {
        as_table(self.table.get(key)?, &format!("a table, [{key}.\"…\"]"), self.problems)
    }

    pub fn text(&mut self, key: &str) -> Option<String> {
        self.name(key).map(|name| name.text)
    }

    pub fn name(&mut self, key: &str) -> Option<Name> {
        self.read(key, "a string", None, as_name)
    }

    /// Reads a string; if the value is not one, the problem has this hint.
    pub fn name_with_hint(&mut self, key: &str, hint: &str) -> Option<Name> {
        self.read(key, "a string", Some(hint), as_name)
    }

    pub fn required_name(&mut self, key: &str) -> Option<Name> {
        if !self.table.contains_key(key) {
            self.missing(key, "add it, as a string");
        }
        self.name(key)
    }

    pub fn names(&mut self, key: &str) -> Vec<Name> {
        let Some(value) = self.table.get(key) else { return Vec::new() };
        rows(value, "a list of names", self.problems, |row, problems| match row.get_ref() {
            DeValue::String(text) => Some(Name { text: text.to_string(), span: row.span() }),
            other => {
                problems.push(Problem::new(row.span(), format!("expected a name, found {}", type_with_article(other))));
                None
            }
        })
    }

    pub fn word<T: Copy>(&mut self, key: &str, known: &[T], word: impl Fn(T) -> &'static str) -> Option<T> {
        self.word_or(key, known, word, |_| None)
    }

    /// Reads one of the `known` words, or another word that `other` maps to one of them.
    pub fn word_or<T: Copy>(
        &mut self,
        key: &str,
        known: &[T],
        word: impl Fn(T) -> &'static str,
        other: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let name = self.name(key)?;
        let found = known.iter().copied().find(|known| word(*known) == name.text).or_else(|| other(&name.text));
        if found.is_none() {
            let words = || known.iter().map(|known| word(*known));
            let all: Vec<String> = words().map(|word| format!("\"{word}\"")).collect();
            let hint = match nearest(&name.text, words()) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("write one of {}", all.join(", ")),
            };
            let message = format!("unknown {key} \"{}\"", name.text);
            self.problems.push(Problem { span: name.span, message, hint: Some(hint) });
        }
        found
    }

    pub fn date(&mut self, key: &str) -> Option<Date> {
        self.read(key, "a date such as 2024-01-25, without quotes", None, |value| match value.get_ref() {
            DeValue::Datetime(datetime) if datetime.time.is_none() => datetime.date,
            _ => None,
        })
    }

    pub fn tokens(&mut self, key: &str) -> Option<u64> {
        let expected = format!("a whole number of tokens from 1 to {}", u32::MAX);
        self.read(key, &expected, None, |value| match value.get_ref() {
            DeValue::Integer(number) => {
                u32::from_str_radix(number.as_str(), number.radix()).ok().filter(|tokens| *tokens > 0)
            }
            _ => None,
        })
        .map(u64::from)
    }

    pub fn flag(&mut self, key: &str) -> Option<bool> {
        self.read(key, "true or false", None, |value| match value.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            _ => None,
        })
    }

    /// Reads an amount of money, no more than `most`, from its digits as they are written: it is never a binary
    /// fraction.
    pub fn dollars(&mut self, key: &str, most: &Largest) -> Option<Decimal> {
        let value = self.table.get(key)?;
        let digits: Cow<'_, str> = match value.get_ref() {
            DeValue::String(text) => text.as_ref().into(),
            DeValue::Float(number) => number.as_str().into(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().into(),
            other => {
                let message = format!("{key}: expected an amount such as \"0.03\", found {}", type_with_article(other));
                self.problems.push(Problem::new(value.span(), message));
                return None;
            }
        };
        match amount(digits.strip_prefix('$').unwrap_or(&digits), most) {
            Ok(amount) => Some(amount),
            Err((message, hint)) => {
                let hint = hint.map(str::to_owned);
                self.problems.push(Problem { span: value.span(), message: format!("{key}: {message}"), hint });
                None
            }
        }
    }

    fn read<T>(
        &mut self,
        key: &str,
        expected: &str,
        hint: Option<&str>,
        read: impl FnOnce(&'t Spanned<DeValue<'i>>) -> Option<T>,
    ) -> Option<T> {
        let value = self.table.get(key)?;
        let read = read(value);
        if read.is_none() {
            let message = format!("{key}: expected {expected}, found {}", type_with_article(value.get_ref()));
            self.problems.push(Problem { hint: hint.map(str::to_owned), ..Problem::new(value.span(), message) });
        }
        read
    }
}

fn as_name(value: &Spanned<DeValue<'_>>) -> Option<Name> {
    match value.get_ref() {
        DeValue::String(text) => Some(Name { text: text.to_string(), span: value.span() }),
        _ => None,
    }
}

/// Returns the decimal that `digits` write, or a message and a hint.
fn amount(digits: &str, most: &Largest) -> Result<Decimal, (String, Option<&'static str>)> {
    let parsed = match digits.contains(['e', 'E']) {
        true => Decimal::from_scientific(digits),
        false => Decimal::from_str_exact(digits),
    };
    let Ok(amount) = parsed else {
        let is_number = digits.chars().all(|char| char.is_ascii_digit() || char == '.');
        if is_number && digits.len() > MAX_DECIMALS as usize && digits.matches('.').count() <= 1 {
            return Err((
                format!("{digits} has more than {MAX_DECIMALS} digits after the point, or is too large"),
                None,
            ));
        }
        return Err((format!("`{digits}` is not a decimal number"), Some("write dollars as digits, such as \"0.03\"")));
    };
    let amount = amount.normalize();
    if amount.is_sign_negative() && !amount.is_zero() {
        return Err((format!("a price cannot be negative: {digits}"), None));
    }
    if amount > most.amount {
        return Err((format!("{digits} is more than {}", most.in_words), most.hint));
    }
    if amount.scale() > MAX_DECIMALS {
        return Err((format!("{digits} has more than {MAX_DECIMALS} digits after the point"), None));
    }
    Ok(amount)
}

/// Parses a TOML text.
///
/// # Errors
///
/// All problems of a text that is not valid TOML.
pub fn parse(source: &str) -> Result<Spanned<DeTable<'_>>, Vec<Problem>> {
    let (tree, errors) = DeTable::parse_recoverable(source);
    if errors.is_empty() {
        return Ok(tree);
    }
    let problem = |error: toml::de::Error| Problem::new(error.span().unwrap_or(0..0), error.message().to_owned());
    Err(errors.into_iter().map(problem).collect())
}

pub fn as_table<'t, 'i>(
    value: &'t Spanned<DeValue<'i>>,
    expected: &str,
    problems: &mut Vec<Problem>,
) -> Option<&'t DeTable<'i>> {
    match value.get_ref() {
        DeValue::Table(table) => Some(table),
        other => {
            problems
                .push(Problem::new(value.span(), format!("expected {expected}, found {}", type_with_article(other))));
            None
        }
    }
}

/// Reads each row of a list.
pub fn rows<'t, 'i, T>(
    value: &'t Spanned<DeValue<'i>>,
    expected: &str,
    problems: &mut Vec<Problem>,
    read: impl Fn(&'t Spanned<DeValue<'i>>, &mut Vec<Problem>) -> Option<T>,
) -> Vec<T> {
    let DeValue::Array(array) = value.get_ref() else {
        problems.push(Problem::new(
            value.span(),
            format!("expected {expected}, found {}", type_with_article(value.get_ref())),
        ));
        return Vec::new();
    };
    if array.is_empty() {
        problems.push(Problem::new(value.span(), format!("expected {expected}, found an empty list")));
    }
    array.iter().filter_map(|row| read(row, problems)).collect()
}

pub fn name_of_key(key: &Spanned<Cow<'_, str>>) -> Name {
    Name { text: key.get_ref().to_string(), span: key.span() }
}

/// Returns the TOML type of `value` with its article.
fn type_with_article(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// Returns the most similar of the `known` names, if it is similar enough to `name`.
fn nearest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let scored = known.map(|known| (strsim::jaro_winkler(name, known), known));
    let (score, nearest) = scored.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (score > 0.8).then_some(nearest)
}
