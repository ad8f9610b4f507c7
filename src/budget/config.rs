//! The reader of `gpt-cost.toml`: its fields and their validation. All problems are found at once, each with its place.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rust_decimal::Decimal;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Increase, Level, Limits};
use crate::catalog::Tier;
use crate::error::{self, Result};
use crate::estimate::Cached;
use crate::names::names;
use crate::request::{ImageSize, Role};
use crate::source::Template;
use crate::toml::fields::{Fields, Largest, Problem, as_table, parse, rows};
use crate::toml::{Lines, civil};

/// The contents of a `gpt-cost.toml`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// The default model of requests and budgets that name none.
    pub model: Option<String>,
    /// The price tables.
    pub pricing: Option<PriceTables>,
    /// The expected hash of all price tables together; a different one is a warning.
    pub pricing_lock: Option<String>,
    /// The day of the prices.
    pub as_of: Option<Date>,
    /// The file of the baseline.
    pub baseline: Option<String>,
    /// Whether budgets use the user's own price table.
    pub user_prices: bool,
    /// Whether a note is printed if the prices were checked long ago; `None` if the file does not set it, which is yes.
    pub stale_note: Option<bool>,
    /// The default service tier.
    pub tier: Option<Tier>,
    /// The default number of expected output tokens of a request.
    pub output_tokens: Option<u32>,
    /// The default part of an input that is read from the prompt cache.
    pub cached: Option<Cached>,
    /// The size of images of unknown size.
    pub image_size: Option<ImageSize>,
    /// The tokens of the text of each file.
    pub file_tokens: Option<u32>,
    /// The budgets, in the order of the file.
    pub budgets: Vec<Budget>,
}

/// A price table that a configuration names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PriceTables {
    /// The file, relative to the configuration.
    pub file: String,
    /// Whether it is the only table, without even the built-in one.
    pub only: bool,
}

/// One `[[budget]]`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Budget {
    /// The line of the file on which the budget begins, from 1.
    pub line: usize,
    /// Its name.
    pub name: String,
    /// Globs of the requests' files, relative to the configuration; those that begin with `!` exclude files.
    pub paths: Vec<String>,
    /// Whether it is allowed that no file matches.
    pub allow_empty: bool,
    /// The model of requests that name none.
    pub model: Option<String>,
    /// The service tier.
    pub tier: Option<Tier>,
    /// The number of expected output tokens of a request.
    pub output_tokens: Option<u32>,
    /// The part of an input that is read from the prompt cache.
    pub cached: Option<Cached>,
    /// The role of text files; `None` is what the name of each says.
    pub role: Option<Role>,
    /// The language of templates; `None` is what the name of each file says.
    pub template: Option<Template>,
    /// Globs of the files with the values of templates, relative to the configuration: each prompt with placeholders is
    /// one request for each row of the files.
    pub vars: Vec<String>,
    /// The assumed number of tokens of the values of a template's placeholders, by their names.
    pub var_tokens: BTreeMap<String, u64>,
    /// The treatment of requests that are not in the baseline.
    pub new_requests: NewRequests,
    /// The limits of its requests.
    pub limits: Limits,
    /// The message to show when a limit is exceeded.
    pub message: Option<String>,
}

impl Budget {
    /// Returns a budget of this name that has no paths and limits nothing.
    pub fn new(name: impl Into<String>) -> Budget {
        Budget { name: name.into(), ..Budget::default() }
    }
}

/// The most that a budget can allow.
const MAX_LIMIT: Largest =
    Largest { amount: Decimal::from_parts(0xd4a5_1000, 0xe8, 0, false, 0), in_words: "a trillion dollars", hint: None };

names! {
    /// The treatment of a request that is not in the baseline.
    #[derive(Default)]
    pub enum NewRequests {
        /// It is allowed.
        Allow = "allow",
        /// It is a warning.
        #[default]
        Warn = "warn",
        /// It fails, as if it exceeded a limit.
        Fail = "fail",
    }
}

impl NewRequests {
    /// Returns the level of the finding, or `None` if there is no finding.
    pub const fn level(self) -> Option<Level> {
        match self {
            NewRequests::Allow => None,
            NewRequests::Warn => Some(Level::Warning),
            NewRequests::Fail => Some(Level::Exceeded),
        }
    }
}

/// The keys at the top of the file, and those of a budget.
pub(crate) const KEYS: &[&str] = &[
    "model",
    "pricing",
    "pricing_lock",
    "as_of",
    "tier",
    "output_tokens",
    "cached",
    "baseline",
    "user_prices",
    "stale_note",
    "image_size",
    "file_tokens",
    "budget",
];
pub(crate) const BUDGET_KEYS: &[&str] = &[
    "name",
    "paths",
    "allow_empty",
    "model",
    "tier",
    "output_tokens",
    "cached",
    "max_cost_per_request",
    "max_input_cost",
    "max_input_tokens",
    "max_total_tokens",
    "min_context_left",
    "max_cost_all_requests",
    "monthly_requests",
    "max_monthly_cost",
    "max_increase",
    "allow_uncounted",
    "role",
    "template",
    "vars",
    "var_tokens",
    "new_requests",
    "fail_on_shutdown",
    "warn_at",
    "message",
];

impl Config {
    /// Reads a `gpt-cost.toml`; `origin` names it in errors.
    ///
    /// # Errors
    ///
    /// All problems of the file, each with its line.
    ///
    /// ```
    /// use gpt_cost::budget::Config;
    ///
    /// let config = Config::read("gpt-cost.toml", r#"
    ///     model = "gpt-4.1"
    ///     [[budget]]
    ///     name = "support"
    ///     paths = ["prompts/*.json"]
    ///     max_cost_per_request = "0.05"
    /// "#)?;
    /// assert_eq!(config.budgets[0].name, "support");
    /// # Ok::<(), gpt_cost::Error>(())
    /// ```
    pub fn read(origin: &str, source: &str) -> Result<Config> {
        let lines = Lines::new(source);
        let invalid = |problems| lines.errors(error::Kind::Config, origin, problems);
        let tree = parse(source).map_err(invalid)?;
        let mut problems = Vec::new();
        let config = read_config(&tree, &lines, &mut problems);
        if problems.is_empty() { Ok(config) } else { Err(invalid(problems)) }
    }
}

fn read_config(tree: &Spanned<DeTable<'_>>, lines: &Lines<'_>, problems: &mut Vec<Problem>) -> Config {
    let table = tree.get_ref();
    let mut fields = Fields::new(table, tree.span(), KEYS, problems);
    let mut config = Config {
        model: fields.text("model"),
        pricing: None,
        pricing_lock: fields.text("pricing_lock"),
        as_of: fields.date("as_of").map(civil),
        baseline: fields.text("baseline"),
        user_prices: fields.flag("user_prices").unwrap_or(false),
        stale_note: fields.flag("stale_note"),
        tier: None,
        output_tokens: None,
        cached: None,
        image_size: parsed(&mut fields, "image_size", "a width and a height in pixels", "1024x768", ImageSize::parse),
        file_tokens: fields.tokens("file_tokens").map(|tokens| tokens as u32),
        budgets: Vec::new(),
    };
    let defaults = Budget {
        model: config.model.clone(),
        tier: fields.word_or("tier", Tier::ALL, Tier::as_str, |name| name.parse().ok()),
        output_tokens: fields.tokens("output_tokens").map(|tokens| tokens as u32),
        ..Budget::default()
    };
    let cached = table.get("cached").and_then(|value| read_cached(value, problems));
    let defaults = Budget { cached, ..defaults };
    (config.tier, config.output_tokens, config.cached) = (defaults.tier, defaults.output_tokens, defaults.cached);
    config.pricing = table.get("pricing").and_then(|value| read_pricing(value, problems));
    if let Some(budgets) = table.get("budget") {
        let read = |value: &Spanned<DeValue<'_>>, problems: &mut Vec<Problem>| {
            let table = as_table(value, "a table, [[budget]]", problems)?;
            Some(read_budget(table, value, &defaults, lines, problems))
        };
        config.budgets = rows(budgets, "budgets, each a [[budget]]", problems, read);
        check_names(budgets, problems);
    }
    config
}

/// Checks that no two budgets have the same name: reports identify budgets by their names.
fn check_names(budgets: &Spanned<DeValue<'_>>, problems: &mut Vec<Problem>) {
    let DeValue::Array(budgets) = budgets.get_ref() else { return };
    let names = budgets.iter().filter_map(|budget| match budget.get_ref() {
        DeValue::Table(table) => table.get("name"),
        _ => None,
    });
    let mut seen = BTreeSet::new();
    for name in names {
        if let DeValue::String(text) = name.get_ref()
            && !seen.insert(text.as_ref())
        {
            let hint = Some("give each budget a name of its own".to_owned());
            problems.push(Problem { span: name.span(), message: format!("two budgets are named \"{text}\""), hint });
        }
    }
}

fn read_pricing(value: &Spanned<DeValue<'_>>, problems: &mut Vec<Problem>) -> Option<PriceTables> {
    if let DeValue::String(file) = value.get_ref() {
        return Some(PriceTables { file: file.to_string(), only: false });
    }
    let table = as_table(value, "a file's name, or { file = \"…\", only = true }", problems)?;
    let mut fields = Fields::new(table, value.span(), &["file", "only"], problems);
    let file = fields.required_name("file")?.text;
    Some(PriceTables { file, only: fields.flag("only").unwrap_or(false) })
}

/// Reads the sizes of values by the names of their placeholders, such as `{ document = 4_000 }`.
fn read_sizes(value: &Spanned<DeValue<'_>>, problems: &mut Vec<Problem>) -> BTreeMap<String, u64> {
    let Some(table) = as_table(value, "sizes in tokens, such as { document = 4_000 }", problems) else {
        return BTreeMap::new();
    };
    let names: Vec<&str> = table.keys().map(|key| key.get_ref().as_ref()).collect();
    let mut fields = Fields::new(table, value.span(), &names, problems);
    names.iter().filter_map(|name| Some(((*name).to_owned(), fields.tokens(name)?))).collect()
}

fn read_cached(value: &Spanned<DeValue<'_>>, problems: &mut Vec<Problem>) -> Option<Cached> {
    let cached = match value.get_ref() {
        DeValue::String(text) => Cached::parse(text),
        DeValue::Integer(number) => Cached::parse(number.as_str()),
        _ => None,
    };
    if cached.is_none() {
        let message = "cached: expected a number of tokens, or a share such as \"80%\"".to_owned();
        problems.push(Problem::new(value.span(), message));
    }
    cached
}

fn read_budget(
    table: &DeTable<'_>,
    value: &Spanned<DeValue<'_>>,
    defaults: &Budget,
    lines: &Lines<'_>,
    problems: &mut Vec<Problem>,
) -> Budget {
    let mut fields = Fields::new(table, value.span(), BUDGET_KEYS, problems);
    let name = fields.required_name("name").map(|name| name.text).unwrap_or_default();
    if !table.contains_key("paths") {
        fields.missing("paths", "add the files of the budget, such as paths = [\"prompts/**/*.json\"]");
    }
    let paths = fields.names("paths").into_iter().map(|name| name.text).collect();
    let dollars = |amount: Option<Decimal>| amount.map(Into::into);
    let limits = Limits {
        max_cost_per_request: dollars(fields.dollars("max_cost_per_request", &MAX_LIMIT)),
        max_input_cost: dollars(fields.dollars("max_input_cost", &MAX_LIMIT)),
        max_input_tokens: fields.tokens("max_input_tokens"),
        max_total_tokens: fields.tokens("max_total_tokens"),
        min_context_left: fields.tokens("min_context_left"),
        max_cost_all_requests: dollars(fields.dollars("max_cost_all_requests", &MAX_LIMIT)),
        monthly_requests: fields.tokens("monthly_requests"),
        max_monthly_cost: dollars(fields.dollars("max_monthly_cost", &MAX_LIMIT)),
        max_increase: None,
        allow_uncounted: fields.flag("allow_uncounted").unwrap_or(false),
        warn_at: None,
        fail_on_shutdown: None,
    };
    let mut budget = Budget {
        line: lines.line(value.span().start),
        name,
        paths,
        allow_empty: fields.flag("allow_empty").unwrap_or(false),
        model: fields.text("model").or_else(|| defaults.model.clone()),
        tier: fields.word_or("tier", Tier::ALL, Tier::as_str, |name| name.parse().ok()).or(defaults.tier),
        output_tokens: fields.tokens("output_tokens").map(|tokens| tokens as u32).or(defaults.output_tokens),
        cached: None,
        role: fields.word("role", &[Role::System, Role::Developer, Role::User], Role::as_str),
        template: fields.word("template", Template::ALL, Template::as_str),
        vars: fields.names("vars").into_iter().map(|name| name.text).collect(),
        var_tokens: BTreeMap::new(),
        new_requests: fields.word("new_requests", NewRequests::ALL, NewRequests::as_str).unwrap_or_default(),
        limits,
        message: fields.text("message"),
    };
    if budget.limits.max_monthly_cost.is_some() && budget.limits.monthly_requests.is_none() {
        fields.missing("monthly_requests", "add the number of times that each request is sent in a month");
    }
    budget.limits.max_increase =
        parsed(&mut fields, "max_increase", "\"10%\", \"$0.002\" or \"500 tokens\"", "10%", Increase::parse);
    budget.limits.warn_at = parsed(&mut fields, "warn_at", "a share of the limit from 0% to 100%", "80%", |text| {
        match Cached::parse(text) {
            Some(Cached::Percent(percent)) => Some(percent),
            _ => None,
        }
    });
    budget.limits.fail_on_shutdown =
        parsed(&mut fields, "fail_on_shutdown", "a number of days, or \"0d\" for the day itself", "60d", |text| {
            text.strip_suffix('d')?.parse::<u16>().ok().map(i32::from)
        });
    budget.var_tokens = table.get("var_tokens").map(|value| read_sizes(value, problems)).unwrap_or_default();
    budget.cached = match table.get("cached") {
        Some(value) => read_cached(value, problems),
        None => defaults.cached,
    };
    budget
}

fn parsed<T>(
    fields: &mut Fields<'_, '_, '_>,
    key: &str,
    expected: &str,
    example: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let hint = format!("write {key} = \"{example}\"");
    let name = fields.name_with_hint(key, &hint)?;
    let value = parse(&name.text);
    if value.is_none() {
        fields.problem(name.span, format!("{key}: expected {expected}"), hint);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published schema has exactly the keys that the reader knows.
    #[test]
    fn the_schema_has_every_key() {
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../docs/schemas/config.schema.json")).expect("JSON");
        let keys = |value: &serde_json::Value| {
            let mut keys: Vec<String> = value["properties"].as_object().expect("an object").keys().cloned().collect();
            keys.sort();
            keys
        };
        let sorted = |keys: &[&str]| {
            let mut keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            keys.sort();
            keys
        };
        assert_eq!(keys(&schema), sorted(KEYS));
        assert_eq!(keys(&schema["properties"]["budget"]["items"]), sorted(BUDGET_KEYS));
    }
}
