//! Tables that are edited copies of the built-in one, such as the output of `gpt-cost pricing export` or a copy of
//! `pricing.toml`: sections that are the same byte for byte are taken from the built-in table, and only the others are
//! parsed.

use std::collections::{BTreeSet, HashMap};

use super::builtin::{BUILTIN, SOURCE};
use super::layer::{Layer, names_of};
use super::model::{List, Model, PriceRow, Text};
use super::tool::UnitPrice;

/// The minimum number of copied sections; with fewer, the whole table is parsed.
const MIN_SECTIONS: usize = 16;

/// A price table without the sections that are copies.
pub(super) struct Copied {
    /// The text, with an empty line for each line of a copy, so that all lines keep their numbers.
    pub(super) rest: String,
    /// The index of each copied model in the built-in table, and the line on which its section begins.
    models: Vec<(usize, u32)>,
}

/// A `[model."…"]` with all that follows it up to the next header.
struct Section<'s> {
    header: &'s str,
    text: &'s str,
    start: usize,
    line: usize,
}

/// Compares a table with the built-in one; `None` if there is little to copy, or the text contains strings that a
/// search by lines cannot handle.
pub(super) fn compare(source: &str) -> Option<Copied> {
    let has_long_strings = |text: &str| text.contains("\"\"\"") || text.contains("'''");
    if source.len() < SOURCE.len() / 8 || has_long_strings(source) {
        return None;
    }
    let builtin: HashMap<&str, (usize, &str)> =
        sections(SOURCE).into_iter().enumerate().map(|(index, one)| (one.header, (index, one.text))).collect();
    let mut copied = Copied { rest: String::with_capacity(source.len() / 8), models: Vec::new() };
    let (mut end, mut seen) = (0, BTreeSet::new());
    for section in sections(source) {
        let Some((index, text)) = builtin.get(section.header) else { continue };
        // A second section of one name is an error, which the parser finds.
        if *text != section.text || !seen.insert(*index) {
            continue;
        }
        copied.rest.push_str(&source[end..section.start]);
        copied.rest.extend(section.text.bytes().filter(|byte| *byte == b'\n').map(|_| '\n'));
        copied.models.push((*index, section.line as u32));
        end = section.start + section.text.len();
    }
    copied.rest.push_str(&source[end..]);
    (copied.models.len() >= MIN_SECTIONS).then_some(copied)
}

/// Returns the sections of models, in their order.
fn sections(source: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut open: Option<(usize, usize, &str)> = None;
    let mut start = 0;
    let mut close = |open: &mut Option<(usize, usize, &str)>, end: usize| {
        if let Some((start, line, header)) = open.take() {
            sections.push(Section {
                header: &source[start..start + header.len()],
                text: &source[start..end],
                start,
                line,
            });
        }
    };
    for (index, line) in source.split_inclusive('\n').enumerate() {
        if line.starts_with('[') {
            close(&mut open, start);
            let header = line.trim_end();
            if header.starts_with("[model.\"") && header.ends_with("\"]") {
                open = Some((start, index + 1, header));
            }
        }
        start += line.len();
    }
    close(&mut open, start);
    sections
}

impl Copied {
    /// Adds the copies to a layer that was read from the rest; `None` if a name is duplicate, which parsing the whole
    /// table reports.
    pub(super) fn add_to(self, layer: Layer) -> Option<Layer> {
        let mut models: Vec<Model> = layer.models.to_vec();
        models.extend(self.models.iter().map(|(index, line)| {
            let model = &BUILTIN.models[*index];
            let unit_price = |row: &UnitPrice| UnitPrice { line: row.line - model.line + *line, ..row.clone() };
            let unit_prices = model.unit_prices.iter().map(unit_price).collect();
            Model { line: *line, prices: prices_at(model, *line), unit_prices, ..model.clone() }
        }));
        models.sort_by_key(|model| model.line);
        let names = names_of(&models);
        let is_duplicate = names.windows(2).any(|pair| pair[0].0 == pair[1].0);
        let is_alias = |name: &Text| layer.aliases.binary_search_by(|alias| alias.name.cmp(name)).is_ok();
        if is_duplicate || names.iter().any(|(name, _)| is_alias(name)) {
            return None;
        }
        Some(Layer { models: models.into(), names: names.into(), ..layer })
    }
}

/// Returns the prices of a built-in model, with the lines of a section that begins on `line`.
fn prices_at(model: &Model, line: u32) -> List<PriceRow> {
    if line == model.line {
        return model.prices.clone();
    }
    let row = |row: &PriceRow| PriceRow { line: row.line - model.line + line, ..row.clone() };
    model.prices.iter().map(row).collect()
}
