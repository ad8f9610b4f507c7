//! `pricing.toml`: its fields, and the rules of a valid file.
//!
//! The build script includes this file, so that the built-in table is read and checked by the same code as a user's
//! own; it uses nothing of the crate that the build script does not include. All problems of a file are reported at
//! once, each with its place.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use rust_decimal::Decimal;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::Date;

use super::fields::{Fields, Largest, Name, Problem, as_table, name_of_key, rows};
use super::terms::{Field, ImageRule, Kind, Tier};
use super::units::{ToolEntry, UnitEntry, check_period, check_tools, is_unit_row, read_model_rows, read_tool};
use crate::money::Per;

/// The version of the file's format that this code reads.
pub const SCHEMA: &str = "1";

/// A price table as it is in its file.
#[derive(Debug)]
pub struct File {
    /// The day on which a person last compared the file with the vendor's prices.
    pub checked: Option<Date>,
    pub models: Vec<ModelEntry>,
    pub tools: Vec<ToolEntry>,
    pub aliases: Vec<AliasEntry>,
}

/// One `[model."…"]` table.
#[derive(Debug)]
pub struct ModelEntry {
    pub name: Name,
    pub kind: Option<Kind>,
    pub encoding: Option<Name>,
    pub counting: Vec<CountingEntry>,
    pub facts: FactEntries,
    pub image: Option<ImageRule>,
    pub also: Vec<Name>,
    pub prices: Vec<PriceEntry>,
    /// The rows of a price that is not for tokens.
    pub unit_prices: Vec<UnitEntry>,
}

/// Lists the facts of a model that are one value each: their keys in the file, their kinds, and the docs of their
/// accessors. A new fact is a line here.
macro_rules! model_facts {
    ($make:ident) => {
        $make! {
            /// Returns the context window: the most tokens of input and output together.
            context: tokens,
            /// Returns the larger context window, if two are documented and [`Model::context`] is the stricter one.
            larger_context: tokens,
            /// Returns the most tokens of input, if that is less than the context window.
            max_input: tokens,
            /// Returns the most tokens of output of one answer.
            max_output: tokens,
            /// Returns the day on which the model was released.
            released: date,
            /// Returns the day on which the model is shut down.
            shutdown: date,
            /// Returns the model that its vendor recommends instead.
            successor: text,
            /// Returns the source of the facts.
            source: text,
            /// Returns the day of the row's own check, if it differs from the table's.
            checked: date,
            /// Returns a note for users of the row.
            note: text,
        }
    };
}
pub(crate) use model_facts;

macro_rules! entry_type {
    (tokens) => { Option<u64> };
    (date) => { Option<Date> };
    (text) => { Option<String> };
}

macro_rules! entries {
    ($($(#[$doc:meta])* $name:ident: $kind:ident,)*) => {
        /// The facts of a model, as they are in the file.
        #[derive(Debug)]
        pub struct FactEntries { $(pub $name: entry_type!($kind),)* }

        const FACT_KEYS: &[&str] = &[$(stringify!($name),)*];

        impl FactEntries {
            fn read(fields: &mut Fields<'_, '_, '_>) -> FactEntries {
                FactEntries { $($name: fields.$kind(stringify!($name)),)* }
            }
        }
    };
}
model_facts!(entries);

/// The family of counting rules that is in effect from a day on.
#[derive(Debug)]
pub struct CountingEntry {
    pub from: Option<Date>,
    pub family: Name,
}

/// One row of a `price`: one complete price.
#[derive(Debug)]
pub struct PriceEntry {
    pub span: Range<usize>,
    pub per: Per,
    pub from: Option<Date>,
    /// The last day for which the price is announced, if it is.
    pub until: Option<Date>,
    pub tier: Tier,
    pub above: u64,
    /// In the order of [`Field::ALL`].
    pub amounts: [Option<Decimal>; Field::ALL.len()],
}

/// One `"name" = "model"` or `"name" = [ … ]` of the `[alias]` table.
#[derive(Debug)]
pub struct AliasEntry {
    pub name: Name,
    /// Oldest first.
    pub targets: Vec<TargetEntry>,
}

/// One row of an alias: the model to which it resolves from a day on.
#[derive(Debug)]
pub struct TargetEntry {
    /// `None` if it always does.
    pub from: Option<Date>,
    pub model: Name,
}

/// The encoding of a model whose requests cannot be counted.
pub const UNKNOWN_ENCODING: &str = "unknown";

/// The maximum price of one unit of tokens. The most expensive price on record is $600 per million tokens.
const MAX_PRICE: Largest = Largest {
    amount: Decimal::from_parts(10_000, 0, 0, false, 0),
    in_words: "$10000 per unit",
    hint: Some("check the row's `per`"),
};

const FILE_KEYS: &[&str] = &["schema", "checked", "model", "tool", "alias"];
/// The keys of a model beside those of [`model_facts`].
const MODEL_KEYS: &[&str] = &["kind", "encoding", "counting", "image", "also", "price"];
const COUNTING_KEYS: &[&str] = &["from", "family"];
const IMAGE_KEYS: &[&str] = &["base", "tile", "patch", "chat"];
const ALIAS_KEYS: &[&str] = &["from", "to"];
const PRICE_KEYS: &[&str] = &[
    "per",
    "from",
    "until",
    "tier",
    "above",
    "input",
    "cached",
    "write",
    "write_long",
    "output",
    "audio_in",
    "audio_out",
    "audio_cached",
    "image_in",
    "image_cached",
    "image_out",
];

/// A TOML text as a tree.
pub type Tree<'s> = Spanned<DeTable<'s>>;

/// Returns whether a file is a price table of gpt-cost: it has the key `schema`.
pub fn is_price_table(tree: &Tree<'_>) -> bool {
    tree.get_ref().contains_key("schema")
}

/// Reads the valid parts of a price table, and all of its problems.
pub fn read(tree: &Tree<'_>) -> (File, Vec<Problem>) {
    let mut problems = Vec::new();
    let file = read_file(tree, &mut problems);
    check_names(&file, &mut problems);
    check_tools(&file.tools, &mut problems);
    (file, problems)
}

fn read_file(tree: &Spanned<DeTable<'_>>, problems: &mut Vec<Problem>) -> File {
    check_schema(tree.get_ref(), problems);
    let mut fields = Fields::new(tree.get_ref(), tree.span(), FILE_KEYS, problems);
    let checked = fields.date("checked");
    let models = fields.table("model");
    let tools = fields.table("tool");
    let aliases = fields.table("alias");
    File {
        checked,
        models: entries(models, problems, |name, value, problems| {
            let table = as_table(value, "a table of the model's facts", problems)?;
            Some(read_model(name, table, value.span(), problems))
        }),
        tools: entries(tools, problems, read_tool),
        aliases: entries(aliases, problems, read_alias),
    }
}

/// Checks that the file is of the format that this code reads.
fn check_schema(table: &DeTable<'_>, problems: &mut Vec<Problem>) {
    match table.get("schema").map(|value| (value.get_ref(), value.span())) {
        Some((DeValue::Integer(version), _)) if version.as_str() == SCHEMA => {}
        Some((_, span)) => problems.push(Problem {
            span,
            message: format!("this version of gpt-cost reads price tables with schema = {SCHEMA}"),
            hint: Some("a newer gpt-cost may read it".to_owned()),
        }),
        None => problems.push(Problem {
            span: 0..0,
            message: "the key `schema` is missing".to_owned(),
            hint: Some(format!("put `schema = {SCHEMA}` on the first line")),
        }),
    }
}

/// Reads the value of each name of a table, in the order of the file.
fn entries<'t, 'i, T>(
    table: Option<&'t DeTable<'i>>,
    problems: &mut Vec<Problem>,
    read: impl Fn(Name, &'t Spanned<DeValue<'i>>, &mut Vec<Problem>) -> Option<T>,
) -> Vec<T> {
    let mut entries: Vec<_> = table.into_iter().flatten().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    entries.into_iter().filter_map(|(name, value)| read(name_of_key(name), value, problems)).collect()
}

fn read_model(name: Name, table: &DeTable<'_>, span: Range<usize>, problems: &mut Vec<Problem>) -> ModelEntry {
    let name_span = name.span.clone();
    let keys = [MODEL_KEYS, FACT_KEYS].concat();
    let mut fields = Fields::new(table, span, &keys, problems);
    let mut model = ModelEntry {
        name,
        kind: fields.word("kind", Kind::ALL, Kind::as_str),
        encoding: fields.name("encoding"),
        counting: Vec::new(),
        facts: FactEntries::read(&mut fields),
        image: None,
        also: fields.names("also"),
        prices: Vec::new(),
        unit_prices: Vec::new(),
    };
    let [counting, image, price] = ["counting", "image", "price"].map(|key| table.get(key));
    model.counting = counting.map(|value| read_counting(value, problems)).unwrap_or_default();
    model.image = image.and_then(|value| read_image(value, problems));
    match price {
        Some(value) if is_by_unit(value) => model.unit_prices = read_model_rows(value, problems),
        Some(value) => model.prices = read_prices(value, needed_prices(model.kind), problems),
        None if model.kind == Some(Kind::OpenWeight) => {}
        None => problems.push(Problem {
            span: name_span,
            message: format!("model `{}` has no price", model.name.text),
            hint: Some(r#"add one, such as price = { per = "1M", input = "2.50", output = "10.00" }"#.to_owned()),
        }),
    }
    check_sheets(&model, problems);
    check_facts(&model, problems);
    model
}

/// Returns whether a price is for units, such as minutes, and not for tokens.
fn is_by_unit(price: &Spanned<DeValue<'_>>) -> bool {
    match price.get_ref() {
        DeValue::Array(rows) => rows.iter().any(is_unit_row),
        _ => is_unit_row(price),
    }
}

/// Reads `counting = "family"`, or its dated form, `counting = [ { from = …, family = "…" }, … ]`.
fn read_counting(value: &Spanned<DeValue<'_>>, problems: &mut Vec<Problem>) -> Vec<CountingEntry> {
    if let DeValue::String(text) = value.get_ref() {
        let family = Name { text: text.to_string(), span: value.span() };
        return vec![CountingEntry { from: None, family }];
    }
    let read = |row: &Spanned<DeValue<'_>>, problems: &mut Vec<Problem>| {
        let table = as_table(row, "{ from = DATE, family = \"…\" }", problems)?;
        let mut fields = Fields::new(table, row.span(), COUNTING_KEYS, problems);
        let from = fields.date("from");
        let family = fields.required_name("family")?;
        Some(CountingEntry { from, family })
    };
    rows(value, "a family's name, or a list of { from = DATE, family = \"…\" }", problems, read)
}

fn read_image(value: &Spanned<DeValue<'_>>, problems: &mut Vec<Problem>) -> Option<ImageRule> {
    let expected = r#"{ base = 85, tile = 170 } or { patch = "1.62" }"#;
    let table = as_table(value, expected, problems)?;
    let mut fields = Fields::new(table, value.span(), IMAGE_KEYS, problems);
    let (base, tile, factor) = (fields.tokens("base"), fields.tokens("tile"), fields.dollars("patch", &MAX_PRICE));
    let chat = fields.tokens("chat");
    match (base, tile, factor) {
        (Some(base), Some(tile), None) if chat.is_none() => Some(ImageRule::Tiles { base, tile }),
        (None, None, Some(factor)) => Some(ImageRule::Patches { factor, chat: chat.unwrap_or(0) }),
        _ => {
            problems.push(Problem::new(value.span(), format!("image: expected {expected}")));
            None
        }
    }
}

/// Reads the rows of a `price`, each of which must have the `needed` prices.
fn read_prices(value: &Spanned<DeValue<'_>>, needed: &[Field], problems: &mut Vec<Problem>) -> Vec<PriceEntry> {
    let expected = r#"a row such as { per = "1M", input = "2.50", output = "10.00" }"#;
    let read = |row: &Spanned<DeValue<'_>>, problems: &mut Vec<Problem>| {
        let table = as_table(row, expected, problems)?;
        let mut fields = Fields::new(table, row.span(), PRICE_KEYS, problems);
        let per = fields.word("per", Per::ALL, Per::as_str);
        if per.is_none() && !table.contains_key("per") {
            fields
                .missing("per", r#"set the number of tokens that the row's prices are for: per = "1K" or per = "1M""#);
        }
        for field in needed.iter().map(|field| field.as_str()).filter(|field| !table.contains_key(*field)) {
            let hint = format!("one row is one complete price: add {field} = \"…\"");
            fields.problem(row.span(), format!("the row has no price for {field}"), hint);
        }
        Some(PriceEntry {
            span: row.span(),
            from: fields.date("from"),
            until: fields.date("until"),
            tier: fields.word_or("tier", Tier::ALL, Tier::as_str, |name| name.parse().ok()).unwrap_or(Tier::Standard),
            above: fields.tokens("above").unwrap_or(0),
            amounts: std::array::from_fn(|field| fields.dollars(Field::ALL[field].as_str(), &MAX_PRICE)),
            per: per?,
        })
    };
    if matches!(value.get_ref(), DeValue::Table(_)) {
        return read(value, problems).into_iter().collect();
    }
    rows(value, expected, problems, read)
}

/// Returns the prices that each row of a model of this kind must have.
pub(crate) fn needed_prices(kind: Option<Kind>) -> &'static [Field] {
    match kind {
        Some(Kind::Embedding | Kind::Moderation) => &[Field::Input],
        Some(Kind::Image) => &[Field::Input, Field::ImageOut],
        Some(_) => &[Field::Input, Field::Output],
        // It depends on the layers below; the reader of layers checks it.
        None => &[Field::Input],
    }
}

fn read_alias(name: Name, value: &Spanned<DeValue<'_>>, problems: &mut Vec<Problem>) -> Option<AliasEntry> {
    let expected = r#"the name of a model, or a list such as [ { from = 2024-01-25, to = "gpt-4-0125-preview" } ]"#;
    if let DeValue::String(text) = value.get_ref() {
        let model = Name { text: text.to_string(), span: value.span() };
        return Some(AliasEntry { name, targets: vec![TargetEntry { from: None, model }] });
    }
    let read = |row: &Spanned<DeValue<'_>>, problems: &mut Vec<Problem>| {
        let table = as_table(row, expected, problems)?;
        let mut fields = Fields::new(table, row.span(), ALIAS_KEYS, problems);
        let from = fields.date("from");
        if !table.contains_key("from") {
            fields.missing("from", "add the first day on which the alias resolves to the model");
        }
        let model = fields.required_name("to")?;
        Some(TargetEntry { from: Some(from?), model })
    };
    let mut targets = rows(value, expected, problems, read);
    targets.sort_by_key(|target| target.from);
    for pair in targets.windows(2).filter(|pair| pair[0].from == pair[1].from) {
        problems.push(Problem::new(
            pair[1].model.span.clone(),
            format!(
                "alias `{}` has two targets from {}",
                name.text,
                pair[0].from.map(|from| from.to_string()).unwrap_or_default()
            ),
        ));
    }
    Some(AliasEntry { name, targets })
}

/// Checks that each tier and day has one row without `above`, that no two rows have the same conditions, and that no row
/// ends before it begins.
fn check_sheets(model: &ModelEntry, problems: &mut Vec<Problem>) {
    for row in &model.prices {
        check_period(row.from, row.until, &row.span, problems);
    }
    let mut sheets: BTreeMap<(Tier, Option<Date>), Vec<&PriceEntry>> = BTreeMap::new();
    for row in &model.prices {
        sheets.entry((row.tier, row.from)).or_default().push(row);
    }
    for sheet in sheets.values_mut() {
        sheet.sort_by_key(|row| (row.above, row.span.start));
        if sheet[0].above > 0 {
            problems.push(Problem {
                span: sheet[0].span.clone(),
                message: "the price of fewer tokens is missing".to_owned(),
                hint: Some("add the row of the same tier and `from` that has no `above`".to_owned()),
            });
        }
        for pair in sheet.windows(2).filter(|pair| pair[0].above == pair[1].above) {
            problems.push(Problem {
                span: pair[1].span.clone(),
                message: "two rows have the same tier, `from` and `above`".to_owned(),
                hint: Some("give the newer one a later `from`, or remove one".to_owned()),
            });
        }
    }
}

/// Checks that no limit exceeds the context window, and that there is one family of counting rules on each day.
fn check_facts(model: &ModelEntry, problems: &mut Vec<Problem>) {
    if model.facts.larger_context.is_some_and(|larger| model.facts.context.is_none_or(|context| larger <= context)) {
        let message = format!("model `{}`: larger_context is not larger than the context", model.name.text);
        problems.push(Problem::new(model.name.span.clone(), message));
    }
    let context = model.facts.context.unwrap_or(u64::MAX);
    for (name, limit) in [("max_input", model.facts.max_input), ("max_output", model.facts.max_output)] {
        if limit.is_some_and(|limit| limit > context) {
            let message = format!("model `{}`: {name} is more than the context", model.name.text);
            problems.push(Problem::new(model.name.span.clone(), message));
        }
    }
    let mut seen = BTreeSet::new();
    for row in model.counting.iter().filter(|row| !seen.insert(row.from)) {
        let message = "two families of counting rules start on the same day".to_owned();
        problems.push(Problem::new(row.family.span.clone(), message));
    }
}

/// Checks that names are unique, and that no alias refers to itself through others.
fn check_names(file: &File, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    let rows = file.models.iter().flat_map(|model| std::iter::once(&model.name).chain(&model.also));
    for name in rows.chain(file.aliases.iter().map(|alias| &alias.name)) {
        if name.text.trim().is_empty() {
            problems.push(Problem::new(name.span.clone(), "a name is empty".to_owned()));
        } else if !seen.insert(name.text.as_str()) {
            problems.push(Problem::new(name.span.clone(), format!("duplicate name `{}`", name.text)));
        }
    }
    let aliases: BTreeMap<&str, &AliasEntry> =
        file.aliases.iter().map(|alias| (alias.name.text.as_str(), alias)).collect();
    for alias in &file.aliases {
        let targets = alias.targets.iter().map(|target| &target.model);
        problems.extend(targets.filter(|target| leads_to(&aliases, target, &alias.name)).map(|target| Problem {
            span: target.span.clone(),
            message: format!("alias `{}` refers to itself through `{}`", alias.name.text, target.text),
            hint: Some("refer to a model that has a row".to_owned()),
        }));
    }
}

/// Returns whether a name is that of an alias, or leads to it through other aliases.
fn leads_to(aliases: &BTreeMap<&str, &AliasEntry>, from: &Name, alias: &Name) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![from.text.as_str()];
    while let Some(name) = open.pop() {
        if name == alias.text {
            return true;
        }
        let targets = aliases.get(name).filter(|_| seen.insert(name)).map(|found| found.targets.iter());
        open.extend(targets.into_iter().flatten().map(|target| target.model.text.as_str()));
    }
    false
}
