//! The JSON documents, each as a type: keys in a fixed order, amounts as decimal strings, no floats. The schemas in
//! `docs/schemas` are generated from these types.

pub(in crate::cli) mod actual;
pub(in crate::cli) mod batch;
pub(in crate::cli) mod check;
pub(in crate::cli) mod count;
pub(in crate::cli) mod diff;
pub(in crate::cli) mod estimate;
pub(in crate::cli) mod models;
pub(in crate::cli) mod pricing;
#[cfg(test)]
mod schemas;
pub(in crate::cli) mod verify;

use std::io::{self, Write};

use gpt_cost::accounting::{ComponentKind, Family};
use gpt_cost::batch::Rule;
use gpt_cost::budget::{Changed, Level};
use gpt_cost::catalog::{Field, Kind, Layer, Measure, Model, PriceRow, Unit, UnitPrice};
use gpt_cost::money::{Per, Usd};
use gpt_cost::request::{Uncounted, Warning};
use gpt_cost::source::Place;
use gpt_cost::usage::{ChargeKind, ToolKind};
use gpt_cost::{Date, Label, Tier, TokenCount, Verdict};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

#[cfg(test)]
pub(in crate::cli) use self::schemas::all as schemas;
use crate::cli::exit::Failure;
use crate::cli::input::Failed;

/// The version of all documents. It changes if a field is renamed, removed or given another meaning, not if one is
/// added.
const SCHEMA: u32 = 1;

/// Writes a document, indented.
pub(in crate::cli) fn write(document: impl Serialize, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Versioned { schema: SCHEMA, document })?;
    writeln!(out)
}

/// How a list of requests is written while it is empty.
const NO_REQUESTS: &str = "\"requests\": []";

/// Writes a document whose requests follow, up to the first of them.
fn write_start(document: impl Serialize, out: &mut impl Write) -> io::Result<()> {
    let text = text(document)?;
    let (start, _) = text.split_once(NO_REQUESTS).unwrap_or_default();
    write!(out, "{start}\"requests\": [")
}

/// Writes one of the requests of a document, with the comma before it.
fn write_element(request: impl Serialize, out: &mut impl Write) -> io::Result<()> {
    let text = serde_json::to_string_pretty(&request)?;
    // A line break in a text is escaped, so each one is of the document.
    write!(out, ",\n    {}", text.replace('\n', "\n    "))
}

/// Writes what follows the requests of a document.
fn write_end(document: impl Serialize, is_empty: bool, out: &mut impl Write) -> io::Result<()> {
    let text = text(document)?;
    let (_, end) = text.split_once(NO_REQUESTS).unwrap_or_default();
    write!(out, "{}]{end}", if is_empty { "" } else { "\n  " })
}

fn text(document: impl Serialize) -> io::Result<String> {
    let mut text = Vec::new();
    write(document, &mut text)?;
    String::from_utf8(text).map_err(io::Error::other)
}

/// Writes a document as a line of JSON Lines.
pub(in crate::cli) fn write_line(document: impl Serialize, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Versioned { schema: SCHEMA, document })?;
    writeln!(out)
}

/// A document with the version of its format. The first key of the document is its kind.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Versioned<T> {
    /// The version of the format.
    #[cfg_attr(test, schemars(extend("const" = 1)))]
    schema: u32,
    #[serde(flatten)]
    document: T,
}

/// A number of tokens with its range.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Tokens {
    tokens: u64,
    /// The smallest possible number.
    min: u64,
    /// The largest possible number; null if not everything is counted.
    max: Option<u64>,
    label: Name<Label>,
}

impl From<&TokenCount> for Tokens {
    fn from(count: &TokenCount) -> Tokens {
        Tokens { tokens: count.tokens(), min: count.min(), max: count.max(), label: Name(count.label()) }
    }
}

/// A component of the input. Together, the components are the input.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Component<'a> {
    component: Name<ComponentKind>,
    /// The JSON path of what the tokens are for; empty for the request as a whole.
    path: &'a str,
    tokens: u64,
    /// The maximum error of the count in tokens.
    bound: u64,
}

/// Returns the components of a count.
fn breakdown(count: &TokenCount) -> Vec<Component<'_>> {
    let components = count.breakdown().iter();
    components
        .map(|one| Component { component: Name(one.kind), path: &one.path, tokens: one.tokens, bound: one.bound })
        .collect()
}

/// How often recorded requests that have a feature agree with its rule.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Evidence {
    cases: u32,
    /// The cases that are billed as counted, or whose error has another cause.
    agreeing: u32,
    projects: u32,
    /// The error that 99.5% of the cases do not exceed, in tokens.
    error: u64,
}

impl From<gpt_cost::accounting::Evidence> for Evidence {
    fn from(evidence: gpt_cost::accounting::Evidence) -> Evidence {
        let gpt_cost::accounting::Evidence { cases, agreeing, projects, error, .. } = evidence;
        Evidence { cases, agreeing, projects, error }
    }
}

/// A feature of a request whose rule too few recorded requests prove, so that its count is an estimate.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Unproved<'a> {
    feature: &'a str,
    /// The maximum error that it brings into the count in tokens.
    bound: u64,
    /// The evidence for requests to such a model; null if no recording has the feature.
    evidence: Option<Evidence>,
}

/// Returns the features of a count that keep it from being exact.
fn unproved(count: &TokenCount) -> Vec<Unproved<'_>> {
    count
        .unproved()
        .map(|one| Unproved { feature: &one.name, bound: one.bound(), evidence: one.evidence.map(Evidence::from) })
        .collect()
}

/// A remark on a component of a request.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Remark<'a> {
    /// The JSON path; empty for the request as a whole.
    path: &'a str,
    message: &'a str,
}

/// Returns what is not counted, with the reasons.
fn uncounted(components: &[Uncounted]) -> Vec<Remark<'_>> {
    components.iter().map(|one| Remark { path: &one.path, message: &one.reason }).collect()
}

fn remarks<'a>(warnings: impl IntoIterator<Item = &'a Warning>) -> Vec<Remark<'a>> {
    warnings.into_iter().map(|one| Remark { path: &one.path, message: &one.message }).collect()
}

/// A request that cannot be read, counted or priced. It is not part of any total.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct FailedRequest<'a> {
    /// The file, followed by `:LINE` or `#/INDEX` if it has several requests.
    name: String,
    file: &'a str,
    /// The line to look at, from 1.
    line: usize,
    error: String,
    hint: Option<&'a str>,
}

impl<'a> FailedRequest<'a> {
    fn new(place: &'a Place, line: usize, failure: &'a Failure) -> FailedRequest<'a> {
        FailedRequest {
            name: place.to_string(),
            file: &place.file,
            line,
            error: failure.message(),
            hint: failure.hint_text(),
        }
    }
}

impl<'a> From<&'a Failed> for FailedRequest<'a> {
    fn from(failed: &'a Failed) -> FailedRequest<'a> {
        FailedRequest::new(&failed.place, failed.line, &failed.failure)
    }
}

/// The settings of gpt-cost.toml that the result depends on.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct FromConfig<'a> {
    pub(in crate::cli) file: &'a str,
    pub(in crate::cli) settings: &'a [String],
}

/// A price table.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Table<'a> {
    /// The file, or `built-in`.
    origin: &'a str,
    /// The day on which its prices were last checked.
    checked: Option<Day>,
}

/// Returns the price tables; for each model, the last one that has it is used.
fn tables<'a>(layers: impl IntoIterator<Item = &'a Layer>) -> Vec<Table<'a>> {
    let table = |layer: &'a Layer| Table { origin: layer.origin(), checked: layer.checked().map(Day) };
    layers.into_iter().map(table).collect()
}

/// A row of a price table.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Price<'a> {
    /// The price table: a file, or `built-in`.
    origin: &'a str,
    /// The line of the row in it, from 1.
    line: u32,
    /// The day on which the price was last checked.
    checked: Option<Day>,
    /// The number of tokens that the rates are for.
    per: Name<Per>,
    tier: Name<Tier>,
    /// The first day of the price; null if it has no start date.
    from: Option<Day>,
    /// The last day for which the price was announced; after it, the price is uncertain. Null if it has no known end.
    until: Option<Day>,
    /// The price applies to requests with more input tokens than this.
    above: Option<u64>,
    rates: Rates<'a>,
}

impl<'a> Price<'a> {
    fn new(layer: &'a Layer, model: &Model, row: &'a PriceRow) -> Price<'a> {
        Price {
            origin: layer.origin(),
            line: row.line(),
            checked: model.checked().or(layer.checked()).map(Day),
            per: Name(row.per()),
            tier: Name(row.tier()),
            from: row.from().map(Day),
            until: row.until().map(Day),
            above: (row.above() > 0).then_some(row.above()),
            rates: Rates(row),
        }
    }
}

/// A row of a price that is not for tokens.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct UnitRow<'a> {
    /// The price table: a file, or `built-in`.
    origin: &'a str,
    /// The line of the row in it, from 1.
    line: u32,
    /// The day on which the price was last checked.
    checked: Option<Day>,
    /// What the amount is for.
    per: Name<Unit>,
    amount: Dollars,
    /// The first day of the price; null if it has no start date.
    from: Option<Day>,
    /// The last day for which the price was announced; after it, the price is uncertain. Null if it has no known end.
    until: Option<Day>,
    /// The models that the price is for, each a name or a pattern with one `*`; empty if it is for all.
    models: Vec<&'a str>,
    /// What distinguishes the price from others, such as the size of a container.
    variant: Option<&'a str>,
    /// The input tokens that each call is billed in addition, if they are fixed.
    input_tokens: Option<u64>,
    note: Option<&'a str>,
}

impl<'a> UnitRow<'a> {
    fn new(layer: &'a Layer, checked: Option<Date>, row: &'a UnitPrice) -> UnitRow<'a> {
        UnitRow {
            origin: layer.origin(),
            line: row.line(),
            checked: checked.or(layer.checked()).map(Day),
            per: Name(row.unit()),
            amount: Dollars(row.amount()),
            from: row.from().map(Day),
            until: row.until().map(Day),
            models: row.models().collect(),
            variant: row.variant(),
            input_tokens: row.input_tokens(),
            note: row.note(),
        }
    }
}

/// The rates that a price row has, in US dollars.
struct Rates<'a>(&'a PriceRow);

impl Serialize for Rates<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for field in Field::ALL {
            if let Some(rate) = self.0.rate(*field) {
                map.serialize_entry(field.as_str(), &Dollars(rate.amount()))?;
            }
        }
        map.end()
    }
}

/// An amount in US dollars.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Dollars(pub(in crate::cli) Usd);

impl Serialize for Dollars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.amount())
    }
}

/// A day.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Day(pub(in crate::cli) Date);

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A value that has a name.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Name<T>(pub(in crate::cli) T);

impl<T: Named> Serialize for Name<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

/// An enum whose values have names.
trait Named: Copy + 'static {
    #[cfg(test)]
    const TITLE: &str;
    #[cfg(test)]
    const VALUES: &[Self];

    fn name(self) -> &'static str;
}

macro_rules! named {
    ($($type:ident),* $(,)?) => {$(
        impl Named for $type {
            #[cfg(test)]
            const TITLE: &str = stringify!($type);
            #[cfg(test)]
            const VALUES: &[$type] = $type::ALL;

            fn name(self) -> &'static str {
                self.as_str()
            }
        }
    )*};
}

named!(
    Changed,
    ChargeKind,
    ComponentKind,
    Family,
    Kind,
    Label,
    Level,
    Measure,
    Per,
    Rule,
    Tier,
    ToolKind,
    Unit,
    Verdict
);
