//! A model's name → how it counts, its limits, its prices: the built-in table, with the user's own laid over it.

mod builtin;
mod copied;
mod diff;
mod file;
#[cfg(feature = "import")]
pub mod import;
mod model;
mod names;
mod nearest;
mod slips;
mod write;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::civil::Date;

use self::builtin::BUILTIN;
pub use self::diff::Difference;
pub use self::file::{Field, ImageRule, Kind, Tier};
pub use self::model::{Fact, FamilySince, Model, PriceRow};
use self::model::{Facts, List, Text};
use self::names::ReadAs;
use crate::accounting::Family;
use crate::encoding::Encoding;
use crate::error::{self, Error, Problem, Result};
use crate::money::{Per, Rate};
use crate::toml::{Lines, civil, fields};

/// The models that are known, with their limits and prices: the built-in table and the layers over it, the last of which wins.
///
/// ```
/// use gpt_cost::{Catalog, Date};
///
/// let mut catalog = Catalog::builtin();
/// catalog.add_layer(
///     "pricing.toml",
///     r#"
///     schema = 1
///     [model."gpt-4"]
///     encoding = "cl100k_base"
///     context = 8_192
///     price = { per = "1K", input = "0.02", output = "0.04" }
///     "#,
/// )?;
/// let found = catalog.model("gpt-4")?.resolve(Date::new(2026, 11, 23)?)?;
/// assert_eq!((found.layer.origin(), found.model.context()), ("pricing.toml", Some(8_192)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Catalog {
    layers: Vec<Cow<'static, Layer>>,
    /// Prices of added tables that are about a thousand times off.
    suspicious: Vec<Problem>,
}

/// One price table: the built-in one, or a file's.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    origin: Text,
    checked: Option<Date>,
    models: List<Model>,
    /// All names of rows, sorted, each with the index of its model.
    names: List<(Text, u32)>,
    /// Sorted by name.
    aliases: List<Alias>,
}

/// A name that borrows everything from the model at which it pointed on the day.
#[derive(Clone, Debug, PartialEq)]
pub struct Alias {
    name: Text,
    targets: List<AliasTarget>,
}

/// A model at which an alias points, and since when.
#[derive(Clone, Debug, PartialEq)]
pub struct AliasTarget {
    from: Date,
    model: Text,
}

impl AliasTarget {
    /// Returns the first day on which the alias pointed at the model.
    pub fn from(&self) -> Date {
        self.from
    }

    /// Returns the name of the model's row.
    pub fn model(&self) -> &str {
        &self.model
    }
}

/// A model's row, and the table that it is in.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Resolved<'c> {
    /// The table.
    pub layer: &'c Layer,
    /// The row.
    pub model: &'c Model,
}

impl Alias {
    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the models at which it has pointed, oldest first.
    pub fn targets(&self) -> &[AliasTarget] {
        &self.targets
    }
}

/// A model's name that the catalog knows. What it stands for can depend on the day: see [`ModelRef::resolve`].
#[derive(Clone, Debug)]
pub struct ModelRef<'c> {
    catalog: &'c Catalog,
    name: String,
    /// The rules that it took to find it.
    read_as: Vec<ReadAs>,
    found: Found<'c>,
}

/// What a name leads to.
#[derive(Clone, Copy, Debug)]
enum Found<'c> {
    Row(Resolved<'c>),
    Alias(&'c Alias),
}

impl Catalog {
    /// Returns the built-in table alone. It is part of the program: nothing is read or parsed.
    pub fn builtin() -> Catalog {
        Catalog { layers: vec![Cow::Borrowed(&BUILTIN)], suspicious: Vec::new() }
    }

    /// Returns the catalogue of the price table `source` alone, without the built-in one: what a later version of the program has built in
    /// changes nothing of it.
    ///
    /// # Errors
    ///
    /// All problems of the table, each with its line.
    pub fn only(origin: &str, source: &str) -> Result<Catalog> {
        let mut catalog = Catalog { layers: Vec::new(), suspicious: Vec::new() };
        catalog.add_layer(origin, source)?;
        Ok(catalog)
    }

    /// Lays the price table `source` over what is there: its models and aliases win, whole. `origin` names it in reports
    /// and errors.
    ///
    /// A row may leave out `kind` and `counting` where the tables below it know a model of the same name.
    ///
    /// # Errors
    ///
    /// All problems of the table, each with its line.
    pub fn add_layer(&mut self, origin: &str, source: &str) -> Result<()> {
        let (layer, suspicious) = match self.copied_layer(origin, source) {
            Some(layer) => layer,
            None => {
                let lines = Lines::new(source);
                self.read_layer(origin, &parse(origin, source, &lines)?, &lines)?
            }
        };
        self.layers.push(Cow::Owned(layer));
        self.suspicious.extend(suspicious);
        Ok(())
    }

    /// Lays the price table `source` over what is there, as [`Catalog::add_layer`] does, if it is meant as one of ours: it has the key `schema`.
    /// Returns whether it is.
    ///
    /// # Errors
    ///
    /// The problems of a text that is not TOML, and all problems of a price table.
    pub fn add_if_price_table(&mut self, origin: &str, source: &str) -> Result<bool> {
        let (layer, suspicious) = match self.copied_layer(origin, source) {
            Some(layer) => layer,
            None => {
                let lines = Lines::new(source);
                let tree = parse(origin, source, &lines)?;
                if !file::is_price_table(&tree) {
                    return Ok(false);
                }
                self.read_layer(origin, &tree, &lines)?
            }
        };
        self.layers.push(Cow::Owned(layer));
        self.suspicious.extend(suspicious);
        Ok(true)
    }

    /// Reads a layer that is the built-in one, or an edited copy of it, of which only what differs is parsed; `None` where it is neither, or
    /// has problems, which a whole reading reports.
    fn copied_layer(&self, origin: &str, source: &str) -> Option<(Layer, Vec<Problem>)> {
        if source == builtin::SOURCE {
            return Some((Layer { origin: origin.to_owned().into(), ..BUILTIN.clone() }, Vec::new()));
        }
        // Rows can lean on what the tables below know of a model, and aliases on their rows.
        let is_over_builtin = matches!(self.layers.first(), Some(Cow::Borrowed(_)));
        let copied = copied::compare(source).filter(|_| is_over_builtin)?;
        let lines = Lines::new(&copied.rest);
        let tree = parse(origin, &copied.rest, &lines).ok()?;
        let (layer, suspicious) = self.read_layer(origin, &tree, &lines).ok()?;
        Some((copied.add_to(layer)?, suspicious))
    }

    /// Reads a layer that is to lie over this catalogue, and what is suspicious in it.
    fn read_layer(&self, origin: &str, tree: &file::Tree<'_>, lines: &Lines<'_>) -> Result<(Layer, Vec<Problem>)> {
        let (file, problems) = file::read(tree);
        let suspicious = slips::of(self, &file);
        let mut reader = Reader { below: self, lines, problems };
        let layer = reader.layer(origin, file);
        let Reader { problems, .. } = reader;
        if !problems.is_empty() {
            // Prices that are off may be why it is not valid.
            let all = problems.into_iter().chain(suspicious).collect();
            return Err(lines.errors(error::Kind::PriceTable, origin, all));
        }
        let suspicious = match suspicious.is_empty() {
            true => Vec::new(),
            false => lines.errors(error::Kind::PriceTable, origin, suspicious).problems().to_vec(),
        };
        Ok((layer, suspicious))
    }

    /// Checks the price table `source` as [`Catalog::add_layer`] does, and for slips that a table can have and still be valid: prices that are
    /// about a thousand times off.
    ///
    /// # Errors
    ///
    /// All problems of the table, each with its line.
    pub fn check(&self, origin: &str, source: &str) -> Result<()> {
        let lines = Lines::new(source);
        match self.read_layer(origin, &parse(origin, source, &lines)?, &lines)? {
            (_, suspicious) if suspicious.is_empty() => Ok(()),
            (_, suspicious) => Err(Error::with_problems(error::Kind::PriceTable, suspicious)),
        }
    }

    /// Returns the prices of added tables that are about a thousand times off, each with its place: what [`Catalog::check`] finds of them.
    pub fn suspicious(&self) -> &[Problem] {
        &self.suspicious
    }

    /// Returns the model, or the alias, of that name. A name that no table has may be one that a provider writes in another way, a
    /// fine-tuned model, or a dated snapshot without a row: [`ModelRef::remark`] says by which rule it was read.
    ///
    /// # Errors
    ///
    /// An unknown name, with the nearest known ones: nothing is guessed.
    ///
    /// ```
    /// let catalog = gpt_cost::Catalog::builtin();
    /// let remark = catalog.model("openai/gpt-4o")?.remark();
    /// assert_eq!(remark.as_deref(), Some("`openai/gpt-4o` is read as `gpt-4o`: the provider's prefix is left out"));
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    pub fn model(&self, name: &str) -> Result<ModelRef<'_>> {
        let of = |found, read_as| ModelRef { catalog: self, name: name.to_owned(), read_as, found };
        if let Some(found) = self.find(name) {
            return Ok(of(found, Vec::new()));
        }
        // Names of models are short; what is longer is none.
        let read_as = (name.len() < 256).then(|| names::read_as(name, |name| self.find(name).is_some())).flatten();
        let found = read_as.as_ref().and_then(|steps| self.find(&steps.last()?.name));
        found.zip(read_as).map(|(found, read_as)| of(found, read_as)).ok_or_else(|| self.unknown(name))
    }

    /// Returns the layers, the one that wins last.
    pub fn layers(&self) -> impl DoubleEndedIterator<Item = &Layer> + ExactSizeIterator {
        self.layers.iter().map(|layer| &**layer)
    }

    /// Returns each model once, with the table whose row wins, in the order of the tables. A model that a later table names as something else
    /// is not among them.
    pub fn models(&self) -> Vec<Resolved<'_>> {
        let mut models: Vec<Resolved<'_>> = Vec::new();
        for (index, layer) in self.layers().enumerate() {
            let wins = |model: &&Model| !self.has_after(index, model.name());
            models.extend(layer.models().iter().filter(wins).map(|model| Resolved { layer, model }));
        }
        // A model that a later table only changes keeps its place.
        let mut places = BTreeMap::new();
        for model in self.layers().flat_map(Layer::models) {
            let place = places.len();
            places.entry(model.name()).or_insert(place);
        }
        models.sort_by_key(|one| places.get(one.model.name()));
        models
    }

    /// Returns each name that points at models by the day, as the last table has it, sorted by name.
    pub fn aliases(&self) -> Vec<&Alias> {
        let of_layer = |(index, layer): (usize, _)| {
            let layer: &Layer = layer;
            layer.aliases.iter().filter(move |alias| !self.has_after(index, &alias.name))
        };
        let mut aliases: Vec<&Alias> = self.layers().enumerate().flat_map(of_layer).collect();
        aliases.sort_by(|one, other| one.name.cmp(&other.name));
        aliases
    }

    /// Returns whether a table after the one at `index` has a row or an alias of this name.
    fn has_after(&self, index: usize, name: &str) -> bool {
        self.layers().skip(index + 1).any(|layer| layer.find(name).is_some())
    }

    fn find<'c>(&'c self, name: &str) -> Option<Found<'c>> {
        self.layers().rev().find_map(|layer| layer.find(name))
    }

    fn row<'c>(&'c self, name: &str) -> Option<Resolved<'c>> {
        self.layers().rev().find_map(|layer| layer.row(name).map(|model| Resolved { layer, model }))
    }

    fn unknown(&self, name: &str) -> Error {
        let known: BTreeSet<&str> = self.layers().flat_map(Layer::names).collect();
        let near = nearest::nearest(name, known);
        let hint = match near.as_slice() {
            [] if names::vendor(name).is_some() => format!(
                "no exact tokenizer of {}'s is built in; with a row for it in a pricing.toml, its responses can be priced by their usage",
                names::vendor(name).unwrap_or_default()
            ),
            [] => "add a row for it to a pricing.toml, or name the model whose rules and prices it shares".to_owned(),
            near => {
                format!("did you mean {}?", near.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
            }
        };
        let problem = Problem::new(format!("unknown model `{}`", error::shown(name)));
        Error::new(error::Kind::UnknownModel, problem.with_hint(hint))
    }
}

impl Layer {
    /// Returns where the table is from: `built-in`, or the name that it was added with.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns the day on which a person last compared the table with what the vendor charges.
    pub fn checked(&self) -> Option<Date> {
        self.checked
    }

    /// Returns the models that have a row in the table, in its order.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    fn find(&self, name: &str) -> Option<Found<'_>> {
        let alias = || self.aliases.binary_search_by(|alias| alias.name.as_ref().cmp(name)).ok();
        let row = self.row(name).map(|model| Found::Row(Resolved { layer: self, model }));
        row.or_else(|| alias().map(|index| Found::Alias(&self.aliases[index])))
    }

    fn row(&self, name: &str) -> Option<&Model> {
        let index = self.names.binary_search_by(|(known, _)| known.as_ref().cmp(name)).ok()?;
        Some(&self.models[self.names[index].1 as usize])
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|(name, _)| name).chain(self.aliases.iter().map(|alias| &alias.name)).map(Cow::as_ref)
    }
}

impl<'c> ModelRef<'c> {
    /// Returns the name as it was asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the alias that the name is, if it is one.
    pub fn alias(&self) -> Option<&'c Alias> {
        match self.found {
            Found::Alias(alias) => Some(alias),
            Found::Row(_) => None,
        }
    }

    /// Returns by which rule the name was read as another one, or `None` where a table has it.
    pub fn remark(&self) -> Option<String> {
        let last = self.read_as.last()?;
        let rules: Vec<&str> = self.read_as.iter().map(|step| step.rule).collect();
        Some(format!("`{}` is read as `{}`: {}", self.name, last.name, rules.join("; ")))
    }

    /// Returns the model that the name stands for on `day`, and the table that its row is in.
    ///
    /// # Errors
    ///
    /// An alias that pointed nowhere yet on that day.
    pub fn resolve(&self, day: Date) -> Result<Resolved<'c>> {
        let alias = match self.found {
            Found::Row(found) => return Ok(found),
            Found::Alias(alias) => alias,
        };
        let target = alias.targets.iter().rev().find(|target| target.from <= day);
        target.and_then(|target| self.catalog.row(&target.model)).ok_or_else(|| {
            let since = alias.targets.first().map(|first| format!(" (available since {})", first.from));
            let message = format!("`{}` did not exist on {day}{}", self.name, since.unwrap_or_default());
            Error::new(error::Kind::UnknownModel, Problem::new(message))
        })
    }
}

fn parse<'s>(origin: &str, source: &'s str, lines: &Lines<'_>) -> Result<file::Tree<'s>> {
    fields::parse(source).map_err(|problems| lines.errors(error::Kind::PriceTable, origin, problems))
}

/// Turns a file's entries into a layer, noting what the tables below it and the rest of the program do not know.
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
        // An alias that points at another one is a problem already.
        let is_known = |name: &str| is_row(name) || aliases.contains(name);
        let mut aliases: Vec<Alias> = file.aliases.into_iter().map(|entry| self.alias(entry, is_known)).collect();
        aliases.sort_by(|one, other| one.name.cmp(&other.name));
        Layer {
            origin: origin.to_owned().into(),
            checked: file.checked.map(civil),
            models: models.into(),
            names: names.into(),
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
                let hint = "the models since gpt-4o use \"o200k_base\", gpt-4 and gpt-3.5 \"cl100k_base\"; write \"unknown\" to price \
                            usage alone";
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
        }
    }

    /// Returns what the tables below know of that name; of an alias, where it points now.
    fn known(&self, name: &str) -> Option<&'a Model> {
        match self.below.find(name)? {
            Found::Row(found) => Some(found.model),
            Found::Alias(alias) => self.below.row(&alias.targets.last()?.model).map(|found| found.model),
        }
    }

    /// Checks that each row has a price for output where the model has output, as its table or the ones below say.
    fn check_output(&mut self, entry: &file::ModelEntry, kind: Kind) {
        if entry.kind.is_some() || matches!(kind, Kind::Embedding | Kind::Moderation | Kind::OpenWeight) {
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
        let per = match row.per {
            file::Unit::Thousand => Per::Thousand,
            file::Unit::Million => Per::Million,
        };
        PriceRow {
            line: self.lines.line(row.span.start) as u32,
            per,
            from: row.from.map(civil),
            tier: row.tier,
            above: row.above,
            rates: row.amounts.map(|amount| amount.map(|amount| Rate::new(amount, per))),
        }
    }

    fn alias(&mut self, entry: file::AliasEntry, is_known: impl Fn(&str) -> bool) -> Alias {
        for (_, target) in &entry.targets {
            if !is_known(&target.text) && self.below.row(&target.text).is_none() {
                let message = format!("alias `{}` points at `{}`, which has no row", entry.name.text, target.text);
                self.problem(&target.span, message, "add a row for it, or correct the name");
            }
        }
        let targets = entry
            .targets
            .into_iter()
            .map(|(from, target)| AliasTarget { from: civil(from), model: target.text.into() })
            .collect();
        Alias { name: entry.name.text.into(), targets }
    }

    fn problem(&mut self, span: &Range<usize>, message: String, hint: &str) {
        self.problems.push(fields::Problem { span: span.clone(), message, hint: Some(hint.to_owned()) });
    }
}

/// Returns all names of rows, sorted, each with the index of its model.
fn names_of(models: &[Model]) -> Vec<(Text, u32)> {
    let of_model = |(index, model): (usize, &Model)| {
        let names: Vec<Text> = model.also.iter().chain([&model.name]).cloned().collect();
        names.into_iter().map(move |name| (name, index as u32))
    };
    let mut names: Vec<(Text, u32)> = models.iter().enumerate().flat_map(of_model).collect();
    names.sort();
    names
}

/// Whether the row says that the model's text cannot be counted.
fn is_unknown(entry: &file::ModelEntry) -> bool {
    entry.encoding.as_ref().is_some_and(|name| name.text == file::UNKNOWN_ENCODING)
}
