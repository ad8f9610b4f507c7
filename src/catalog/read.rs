//! Reads a file's entries into a layer, and checks them against the layers below it.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::civil::Date;

use super::layer::{Alias, AliasTarget, Layer, names_of};
use super::model::{Facts, FamilySince, List, Model, PriceRow, Text};
use super::terms::{Field, Kind};
use super::tool::{Tool, UnitPrice};
use super::units::{ToolEntry, UnitEntry};
use super::{Catalog, Found, file, unit_errors};
use crate::accounting::Family;
use crate::encoding::Encoding;
use crate::error::{self, Problem, Result};
use crate::money::Rate;
use crate::toml::{Lines, civil, fields};

pub(super) fn parse<'s>(origin: &str, source: &'s str, lines: &Lines<'_>) -> Result<file::Tree<'s>> {
    fields::parse(source).map_err(|problems| lines.errors(error::Kind::PriceTable, origin, problems))
}

impl Catalog {
    /// Reads a layer to be added to this catalog, and its suspicious prices.
    pub(super) fn read_layer(
        &self,
        origin: &str,
        tree: &file::Tree<'_>,
        lines: &Lines<'_>,
    ) -> Result<(Layer, Vec<Problem>)> {
        let (file, problems) = file::read(tree);
        let suspicious = unit_errors::suspicious_prices(self, &file);
        let mut reader = Reader { below: self, lines, problems };
        let layer = reader.layer(origin, file);
        let Reader { problems, .. } = reader;
        if !problems.is_empty() {
            // Suspicious prices may be why it is not valid.
            let all = problems.into_iter().chain(suspicious).collect();
            return Err(lines.errors(error::Kind::PriceTable, origin, all));
        }
        let suspicious = match suspicious.is_empty() {
            true => Vec::new(),
            false => lines.errors(error::Kind::PriceTable, origin, suspicious).problems().to_vec(),
        };
        Ok((layer, suspicious))
    }
}

/// Turns a file's entries into a layer, and collects the problems with names that the layers below it or the program do
/// not know.
struct Reader<'a> {
    below: &'a Catalog,
    lines: &'a Lines<'a>,
    problems: Vec<fields::Problem>,
}

impl<'a> Reader<'a> {
    fn layer(&mut self, origin: &str, file: file::File) -> Layer {
        let models: Vec<Model> = file.models.into_iter().map(|entry| self.model(entry)).collect();
        let names = names_of(&models);
        let aliases: BTreeSet<String> = file.aliases.iter().map(|alias| alias.name.text.clone()).collect();
        let is_row = |name: &str| names.binary_search_by(|(row, _)| row.as_ref().cmp(name)).is_ok();
        // An alias that refers to another one is reported already.
        let is_known = |name: &str| is_row(name) || aliases.contains(name);
        let mut aliases: Vec<Alias> = file.aliases.into_iter().map(|entry| self.alias(entry, is_known)).collect();
        aliases.sort_by(|one, other| one.name.cmp(&other.name));
        Layer {
            origin: origin.to_owned().into(),
            checked: file.checked.map(civil),
            models: models.into(),
            names: names.into(),
            tools: file.tools.into_iter().map(|entry| self.tool(entry)).collect(),
            aliases: aliases.into(),
        }
    }

    fn model(&mut self, entry: file::ModelEntry) -> Model {
        let known = self.known(&entry.name.text);
        let kind = entry.kind.or(known.map(Model::kind)).unwrap_or(Kind::Chat);
        self.check_output(&entry, kind);
        let encoding = match &entry.encoding {
            Some(name) if name.text == file::UNKNOWN_ENCODING => None,
            Some(name) => self.encoding(name),
            None => {
                let hint = "the models since gpt-4o use \"o200k_base\", gpt-4 and gpt-3.5 \"cl100k_base\"; \
                            write \"unknown\" to price usage alone";
                self.problem(&entry.name.span, format!("model `{}` has no `encoding`", entry.name.text), hint);
                None
            }
        };
        let counting = self.counting(&entry, kind, known);
        let mut also: Vec<Text> = entry.also.iter().map(|name| name.text.clone().into()).collect();
        also.sort();
        Model {
            line: self.lines.line(entry.name.span.start) as u32,
            name: entry.name.text.into(),
            kind,
            encoding,
            counting,
            image: entry.image,
            facts: Facts::read(entry.facts),
            also: also.into(),
            prices: entry.prices.iter().map(|row| self.price(row)).collect(),
            unit_prices: entry.unit_prices.into_iter().map(|row| self.unit_price(row)).collect(),
        }
    }

    /// Returns the model of that name in the layers below; for an alias, its newest target.
    fn known(&self, name: &str) -> Option<&'a Model> {
        match self.below.find(name)? {
            Found::Row(found) => Some(found.model),
            Found::Alias(alias) => self.below.follow(alias, Date::MAX).map(|found| found.model),
        }
    }

    /// Checks that each row has a price for output if the model has output, by the kind in its own table or the layers
    /// below.
    fn check_output(&mut self, entry: &file::ModelEntry, kind: Kind) {
        if entry.kind.is_some() || matches!(kind, Kind::Embedding | Kind::Image | Kind::Moderation | Kind::OpenWeight) {
            return;
        }
        for row in entry.prices.iter().filter(|row| row.amounts[Field::Output as usize].is_none()) {
            let hint = "one row is one complete price: add output = \"…\"";
            self.problem(&row.span, "the row has no price for output".to_owned(), hint);
        }
    }

    fn encoding(&mut self, name: &fields::Name) -> Option<Encoding> {
        let encoding = Encoding::from_name(&name.text);
        if encoding.is_none() {
            let known: Vec<&str> = Encoding::ALL.iter().map(|encoding| encoding.as_str()).collect();
            self.problem(
                &name.span,
                format!("unknown encoding \"{}\"", name.text),
                &format!("write one of {}, or {}", known.join(", "), file::UNKNOWN_ENCODING),
            );
        }
        encoding
    }

    fn counting(&mut self, entry: &file::ModelEntry, kind: Kind, known: Option<&Model>) -> List<FamilySince> {
        let families: Vec<&str> = Family::ALL.iter().map(|family| family.as_str()).collect();
        if entry.counting.is_empty() {
            if let Some(known) = known {
                return known.counting.clone();
            }
            if matches!(kind, Kind::Chat | Kind::OpenWeight) && !is_unknown(entry) {
                let hint = format!("name the family of counting rules that it follows, one of {}", families.join(", "));
                self.problem(&entry.name.span, format!("model `{}` has no `counting`", entry.name.text), &hint);
            }
        }
        let mut counting = Vec::new();
        for row in &entry.counting {
            match Family::from_name(&row.family.text) {
                Some(family) => counting.push(FamilySince { from: row.from.map(civil), family }),
                None => {
                    let message = format!("unknown family of counting rules \"{}\"", row.family.text);
                    self.problem(&row.family.span, message, &format!("write one of {}", families.join(", ")));
                }
            }
        }
        counting.into()
    }

    fn price(&self, row: &file::PriceEntry) -> PriceRow {
        PriceRow {
            line: self.lines.line(row.span.start) as u32,
            per: row.per,
            from: row.from.map(civil),
            until: row.until.map(civil),
            tier: row.tier,
            above: row.above,
            rates: row.amounts.map(|amount| amount.map(|amount| Rate::new(amount, row.per))),
        }
    }

    fn tool(&self, entry: ToolEntry) -> Tool {
        let mut also: Vec<Text> = entry.also.into_iter().map(|name| name.text.into()).collect();
        also.sort();
        Tool {
            line: self.lines.line(entry.name.span.start) as u32,
            name: entry.name.text.into(),
            also: also.into(),
            prices: entry.prices.into_iter().map(|row| self.unit_price(row)).collect(),
            source: entry.source.map(Text::from),
            checked: entry.checked.map(civil),
            note: entry.note.map(Text::from),
        }
    }

    fn unit_price(&self, row: UnitEntry) -> UnitPrice {
        UnitPrice {
            line: self.lines.line(row.span.start) as u32,
            unit: row.unit,
            from: row.from.map(civil),
            until: row.until.map(civil),
            models: row.models.into_iter().map(|name| name.text.into()).collect(),
            variant: row.variant.map(Text::from),
            amount: row.amount,
            input_tokens: row.input_tokens,
            note: row.note.map(Text::from),
        }
    }

    fn alias(&mut self, entry: file::AliasEntry, is_known: impl Fn(&str) -> bool) -> Alias {
        for target in entry.targets.iter().map(|target| &target.model) {
            if !is_known(&target.text) && self.below.find(&target.text).is_none() {
                let message = format!("alias `{}` refers to `{}`, which has no row", entry.name.text, target.text);
                self.problem(&target.span, message, "add a row for it, or correct the name");
            }
        }
        let targets = entry
            .targets
            .into_iter()
            .map(|target| AliasTarget { from: target.from.map(civil), model: target.model.text.into() })
            .collect();
        Alias { name: entry.name.text.into(), targets }
    }

    fn problem(&mut self, span: &Range<usize>, message: String, hint: &str) {
        self.problems.push(fields::Problem { span: span.clone(), message, hint: Some(hint.to_owned()) });
    }
}

/// Returns whether the model's encoding is given as unknown, so that its text cannot be counted.
fn is_unknown(entry: &file::ModelEntry) -> bool {
    entry.encoding.as_ref().is_some_and(|name| name.text == file::UNKNOWN_ENCODING)
}
