//! One price table: its models, their names, and its aliases.

use std::borrow::Cow;

use jiff::civil::Date;

use super::model::{List, Model, Text};
use super::tool::Tool;
use super::{Found, Resolved};

/// One price table: the built-in one, or a file's.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    pub(super) origin: Text,
    pub(super) checked: Option<Date>,
    pub(super) models: List<Model>,
    /// All names of rows, sorted, each with the index of its model.
    pub(super) names: List<(Text, u32)>,
    /// In the order of the file.
    pub(super) tools: List<Tool>,
    /// Sorted by name.
    pub(super) aliases: List<Alias>,
}

/// A name without a row of its own, which resolves to another model depending on the day.
#[derive(Clone, Debug, PartialEq)]
pub struct Alias {
    pub(super) name: Text,
    pub(super) targets: List<AliasTarget>,
}

/// A model to which an alias resolves, and the first day on which it does.
#[derive(Clone, Debug, PartialEq)]
pub struct AliasTarget {
    pub(super) from: Option<Date>,
    pub(super) model: Text,
}

impl AliasTarget {
    /// Returns the first day on which the alias resolves to the model; `None` if it always does.
    pub fn from(&self) -> Option<Date> {
        self.from
    }

    /// Returns whether the alias resolves to the model, or to a later one, on `day`.
    pub(super) fn is_in_effect(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day)
    }

    /// Returns the name of the model, or of an alias of a layer below.
    pub fn model(&self) -> &str {
        &self.model
    }
}

impl Alias {
    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the models to which it has resolved, oldest first.
    pub fn targets(&self) -> &[AliasTarget] {
        &self.targets
    }
}

impl Layer {
    /// Returns the origin of the table: `built-in`, or the name with which it was added.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns the day on which a person last compared the table with the vendor's prices.
    pub fn checked(&self) -> Option<Date> {
        self.checked
    }

    /// Returns the models that have a row in the table, in the order of the file.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// Returns the tools that have prices in the table, in the order of the file.
    pub fn tools(&self) -> &[Tool] {
        &self.tools
    }

    pub(super) fn find(&self, name: &str) -> Option<Found<'_>> {
        let alias = || self.aliases.binary_search_by(|alias| alias.name.as_ref().cmp(name)).ok();
        let row = self.row(name).map(|model| Found::Row(Resolved { layer: self, model }));
        row.or_else(|| alias().map(|index| Found::Alias(&self.aliases[index])))
    }

    pub(super) fn row(&self, name: &str) -> Option<&Model> {
        let index = self.names.binary_search_by(|(known, _)| known.as_ref().cmp(name)).ok()?;
        Some(&self.models[self.names[index].1 as usize])
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|(name, _)| name).chain(self.aliases.iter().map(|alias| &alias.name)).map(Cow::as_ref)
    }
}

/// Returns all names of rows, sorted, each with the index of its model.
pub(super) fn names_of(models: &[Model]) -> Vec<(Text, u32)> {
    let of_model = |(index, model): (usize, &Model)| {
        let names: Vec<Text> = model.also.iter().chain([&model.name]).cloned().collect();
        names.into_iter().map(move |name| (name, index as u32))
    };
    let mut names: Vec<(Text, u32)> = models.iter().enumerate().flat_map(of_model).collect();
    names.sort();
    names
}
