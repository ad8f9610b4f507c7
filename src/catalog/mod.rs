//! Models: their names, counting rules, limits and prices, from the built-in table and the layers over it.

mod builtin;
mod copied;
mod diff;
mod file;
#[cfg(feature = "import")]
pub mod import;
mod layer;
mod model;
mod names;
mod nearest;
mod read;
mod terms;
mod tool;
mod unit_errors;
mod units;
mod write;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use self::builtin::BUILTIN;
pub use self::diff::Difference;
pub use self::layer::{Alias, AliasTarget, Layer};
pub use self::model::{Fact, FamilySince, Model, PriceRow};
use self::names::ReadAs;
use self::read::parse;
pub use self::terms::{Field, ImageRule, Kind, Measure, Tier, Unit};
pub use self::tool::{ResolvedTool, Tool, UnitPrice};
use crate::error::{self, Error, Problem, Result};
use crate::toml::{Lines, fields};

/// The known models, with their limits and prices: the built-in table and the layers over it, the last of which wins.
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

/// A model's row, and the table that contains it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Resolved<'c> {
    /// The table.
    pub layer: &'c Layer,
    /// The row.
    pub model: &'c Model,
}

/// A model's name that the catalog knows. The model to which it resolves can depend on the day: see
/// [`ModelRef::resolve`].
#[derive(Clone, Debug)]
pub struct ModelRef<'c> {
    catalog: &'c Catalog,
    name: String,
    /// The steps by which the name was read as another one.
    read_as: Vec<ReadAs>,
    found: Found<'c>,
}

/// What a name refers to.
#[derive(Clone, Copy, Debug)]
enum Found<'c> {
    Row(Resolved<'c>),
    Alias(&'c Alias),
}

impl Catalog {
    /// Returns the catalog of the built-in table alone, which is compiled in: nothing is read or parsed.
    pub fn builtin() -> Catalog {
        Catalog { layers: vec![Cow::Borrowed(&BUILTIN)], suspicious: Vec::new() }
    }

    /// Returns the catalog of the price table `source` alone, without the built-in one, so that later versions of the
    /// program do not change it.
    ///
    /// # Errors
    ///
    /// All problems of the table, each with its line.
    pub fn only(origin: &str, source: &str) -> Result<Catalog> {
        let mut catalog = Catalog { layers: Vec::new(), suspicious: Vec::new() };
        catalog.add_layer(origin, source)?;
        Ok(catalog)
    }

    /// Adds the price table `source` as the last layer: each of its models and aliases replaces an earlier one of that
    /// name as a whole. `origin` names the table in reports and errors.
    ///
    /// A row may leave out `kind` and `counting` if the layers below have a model of the same name.
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

    /// Adds `source` as [`Catalog::add_layer`] does if it is a price table of gpt-cost, which has the key `schema`.
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

    /// Reads a layer that is the built-in one, or an edited copy of it, of which only what differs is parsed; `None` if
    /// it is neither, or has problems, which parsing all of it reports.
    fn copied_layer(&self, origin: &str, source: &str) -> Option<(Layer, Vec<Problem>)> {
        if source == builtin::SOURCE {
            return Some((Layer { origin: origin.to_owned().into(), ..BUILTIN.clone() }, Vec::new()));
        }
        // Rows can depend on the models of the layers below, and aliases on their rows.
        let is_over_builtin = matches!(self.layers.first(), Some(Cow::Borrowed(_)));
        let copied = copied::compare(source).filter(|_| is_over_builtin)?;
        let lines = Lines::new(&copied.rest);
        let tree = parse(origin, &copied.rest, &lines).ok()?;
        let (layer, suspicious) = self.read_layer(origin, &tree, &lines).ok()?;
        Some((copied.add_to(layer)?, suspicious))
    }

    /// Checks the price table `source` as [`Catalog::add_layer`] does, and for suspicious prices, which a valid table
    /// can contain: those that are about a thousand times off.
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

    /// Returns the suspicious prices of added tables, each with its place, as [`Catalog::check`] finds them.
    pub fn suspicious(&self) -> &[Problem] {
        &self.suspicious
    }

    /// Returns the model or alias of the given name. A name that is in no table can be a provider's spelling, a
    /// fine-tuned model, or a dated snapshot without a row: [`ModelRef::remark`] shows the rule by which it was read.
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
        let model_ref = |found, read_as| ModelRef { catalog: self, name: name.to_owned(), read_as, found };
        if let Some(found) = self.find(name) {
            return Ok(model_ref(found, Vec::new()));
        }
        // No model has so long a name.
        let read_as = (name.len() < 256).then(|| names::read_as(name, |name| self.find(name).is_some())).flatten();
        let found = read_as.as_ref().and_then(|steps| self.find(&steps.last()?.name));
        found.zip(read_as).map(|(found, read_as)| model_ref(found, read_as)).ok_or_else(|| self.unknown(name))
    }

    /// Returns the layers; the last one wins.
    pub fn layers(&self) -> impl DoubleEndedIterator<Item = &Layer> + ExactSizeIterator {
        self.layers.iter().map(|layer| &**layer)
    }

    /// Returns each model once, with the layer whose row wins, in the order of the layers. A model whose name a later
    /// layer gives to something else is left out.
    pub fn models(&self) -> Vec<Resolved<'_>> {
        let mut models: Vec<Resolved<'_>> = Vec::new();
        for (index, layer) in self.layers().enumerate() {
            let wins = |model: &&Model| !self.has_after(index, model.name());
            models.extend(layer.models().iter().filter(wins).map(|model| Resolved { layer, model }));
        }
        // A model that a later layer replaces keeps its place.
        let mut places = BTreeMap::new();
        for model in self.layers().flat_map(Layer::models) {
            let place = places.len();
            places.entry(model.name()).or_insert(place);
        }
        models.sort_by_key(|one| places.get(one.model.name()));
        models
    }

    /// Returns each alias, as the last layer defines it, sorted by name.
    pub fn aliases(&self) -> Vec<&Alias> {
        let of_layer = |(index, layer): (usize, _)| {
            let layer: &Layer = layer;
            layer.aliases.iter().filter(move |alias| !self.has_after(index, &alias.name))
        };
        let mut aliases: Vec<&Alias> = self.layers().enumerate().flat_map(of_layer).collect();
        aliases.sort_by(|one, other| one.name.cmp(&other.name));
        aliases
    }

    /// Returns whether a layer after the one at `index` has a row or an alias of this name.
    fn has_after(&self, index: usize, name: &str) -> bool {
        self.layers().skip(index + 1).any(|layer| layer.find(name).is_some())
    }

    fn find<'c>(&'c self, name: &str) -> Option<Found<'c>> {
        self.layers().rev().find_map(|layer| layer.find(name))
    }

    /// Returns the model to which an alias resolves on `day`, if need be by an alias of another layer.
    fn follow<'c>(&'c self, alias: &'c Alias, day: Date) -> Option<Resolved<'c>> {
        /// Aliases of different layers can refer to each other.
        const MAX_ALIASES: usize = 8;
        let mut alias = alias;
        for _ in 0..MAX_ALIASES {
            let target = alias.targets.iter().rfind(|target| target.is_in_effect(day))?;
            match self.find(&target.model)? {
                Found::Row(found) => return Some(found),
                Found::Alias(next) => alias = next,
            }
        }
        None
    }

    fn row<'c>(&'c self, name: &str) -> Option<Resolved<'c>> {
        self.layers().rev().find_map(|layer| layer.row(name).map(|model| Resolved { layer, model }))
    }

    fn unknown(&self, name: &str) -> Error {
        let known: BTreeSet<&str> = self.layers().flat_map(Layer::names).collect();
        let near = nearest::nearest(name, known);
        let hint = match near.as_slice() {
            [] if names::vendor(name).is_some() => format!(
                "no exact tokenizer for {} models is built in; with a row for it in a pricing.toml, its responses can \
                 be priced by their usage",
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

impl<'c> ModelRef<'c> {
    /// Returns the name as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the catalog that has the name.
    pub(crate) fn catalog(&self) -> &'c Catalog {
        self.catalog
    }

    /// Returns the alias, if the name is one.
    pub fn alias(&self) -> Option<&'c Alias> {
        match self.found {
            Found::Alias(alias) => Some(alias),
            Found::Row(_) => None,
        }
    }

    /// Returns the rule by which the name was read as another one, or `None` if a table has the name.
    pub fn remark(&self) -> Option<String> {
        let last = self.read_as.last()?;
        let rules: Vec<&str> = self.read_as.iter().map(|step| step.rule).collect();
        Some(format!("`{}` is read as `{}`: {}", self.name, last.name, rules.join("; ")))
    }

    /// Returns the model to which the name resolves on `day`, and the table that contains its row.
    ///
    /// # Errors
    ///
    /// An alias that did not exist yet on that day.
    pub fn resolve(&self, day: Date) -> Result<Resolved<'c>> {
        let alias = match self.found {
            Found::Row(found) => return Ok(found),
            Found::Alias(alias) => alias,
        };
        self.catalog.follow(alias, day).ok_or_else(|| {
            let first = alias.targets.first().and_then(AliasTarget::from);
            let since = first.map(|first| format!(" (available since {first})"));
            let message = format!("`{}` did not exist on {day}{}", self.name, since.unwrap_or_default());
            Error::new(error::Kind::UnknownModel, Problem::new(message))
        })
    }
}
