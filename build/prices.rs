//! Compiles `pricing.toml` to the Rust source of the constant `BUILTIN`.
//!
//! A few hundred rows compile in no time, and the compiler checks the types of the values.

use std::fmt::Write;

use rust_decimal::Decimal;
use toml::value::Date;

use crate::fields;
use crate::file::{self, CountingEntry, FactEntries, File, ModelEntry, PriceEntry, TargetEntry};
use crate::terms::{ImageRule, Kind};
use crate::units::{ToolEntry, UnitEntry};

/// Returns the source of the built-in layer.
///
/// # Panics
///
/// With the file's problems, which fails the build.
pub fn compile(source: &str) -> String {
    let read = fields::parse(source).and_then(|tree| match file::read(&tree) {
        (file, problems) if problems.is_empty() => Ok(file),
        (_, problems) => Err(problems),
    });
    let file = read.unwrap_or_else(|problems| {
        let lines: Vec<String> = problems
            .iter()
            .map(|problem| format!("pricing.toml:{}: {}", line(source, problem.span.start), problem.message))
            .collect();
        panic!("{}", lines.join("\n"));
    });
    let mut out =
        String::from("pub(super) static BUILTIN: Layer = Layer {\n    origin: Cow::Borrowed(\"built-in\"),\n");
    write_layer(&mut out, source, &file).expect("writing to a string does not fail");
    out.push_str("};\n");
    out
}

fn write_layer(out: &mut String, source: &str, file: &File) -> std::fmt::Result {
    writeln!(out, "    checked: {},", date(&file.checked))?;
    writeln!(out, "    models: Cow::Borrowed(&[")?;
    for model in &file.models {
        write_model(out, source, model)?;
    }
    writeln!(out, "    ]),\n    names: Cow::Borrowed(&[")?;
    for (name, index) in names(file) {
        writeln!(out, "        (Cow::Borrowed({name:?}), {index}),")?;
    }
    writeln!(out, "    ]),\n    tools: Cow::Borrowed(&[")?;
    for tool in &file.tools {
        write_tool(out, source, tool)?;
    }
    writeln!(out, "    ]),\n    aliases: Cow::Borrowed(&[")?;
    let mut aliases: Vec<_> = file.aliases.iter().collect();
    aliases.sort_by_key(|alias| &alias.name.text);
    for alias in aliases {
        let target = |target: &TargetEntry| {
            format!("AliasTarget {{ from: {}, model: Cow::Borrowed({:?}) }}", date(&target.from), target.model.text)
        };
        let targets: Vec<String> = alias.targets.iter().map(target).collect();
        let name = &alias.name.text;
        writeln!(
            out,
            "        Alias {{ name: Cow::Borrowed({name:?}), targets: Cow::Borrowed(&[{}]) }},",
            targets.join(", ")
        )?;
    }
    writeln!(out, "    ]),")
}

/// Returns all names of rows, sorted, each with the index of its model.
fn names(file: &File) -> Vec<(&str, usize)> {
    let of_model = |(index, model)| names_of(model).map(move |name| (name, index));
    let mut names: Vec<(&str, usize)> = file.models.iter().enumerate().flat_map(of_model).collect();
    names.sort_unstable();
    names
}

fn names_of(model: &ModelEntry) -> impl Iterator<Item = &str> {
    std::iter::once(&model.name).chain(&model.also).map(|name| name.text.as_str())
}

fn write_model(out: &mut String, source: &str, model: &ModelEntry) -> std::fmt::Result {
    // None where its feature is off.
    let encoding =
        model.encoding.as_ref().map_or("None".to_owned(), |name| format!("Encoding::from_name({:?})", name.text));
    let counting: Vec<String> = model.counting.iter().map(counting).collect();
    writeln!(out, "        Model {{")?;
    writeln!(out, "            line: {},", line(source, model.name.span.start))?;
    writeln!(out, "            name: Cow::Borrowed({:?}),", model.name.text)?;
    writeln!(out, "            kind: Kind::{:?},", model.kind.unwrap_or(Kind::Chat))?;
    writeln!(out, "            encoding: {encoding},")?;
    writeln!(out, "            counting: Cow::Borrowed(&[{}]),", counting.join(", "))?;
    writeln!(out, "            image: {},", option(model.image.map(image)))?;
    writeln!(out, "            facts: Facts {{ {} }},", facts(&model.facts))?;
    let mut also: Vec<String> = model.also.iter().map(|name| format!("Cow::Borrowed({:?})", name.text)).collect();
    also.sort();
    writeln!(out, "            also: Cow::Borrowed(&[{}]),", also.join(", "))?;
    writeln!(out, "            prices: Cow::Borrowed(&[")?;
    for row in &model.prices {
        write_row(out, source, row)?;
    }
    let units: Vec<String> = model.unit_prices.iter().map(|row| unit_price(source, row)).collect();
    writeln!(out, "            ]),\n            unit_prices: Cow::Borrowed(&[{}]),\n        }},", units.join(", "))
}

fn write_tool(out: &mut String, source: &str, tool: &ToolEntry) -> std::fmt::Result {
    let mut also: Vec<String> = tool.also.iter().map(|name| format!("Cow::Borrowed({:?})", name.text)).collect();
    also.sort();
    let prices: Vec<String> = tool.prices.iter().map(|row| unit_price(source, row)).collect();
    write!(out, "        Tool {{ line: {}, ", line(source, tool.name.span.start))?;
    write!(out, "name: Cow::Borrowed({:?}), also: Cow::Borrowed(&[{}]), ", tool.name.text, also.join(", "))?;
    write!(out, "source: {}, checked: {}, ", text(&tool.source), date(&tool.checked))?;
    writeln!(out, "note: {}, prices: Cow::Borrowed(&[{}]) }},", text(&tool.note), prices.join(", "))
}

fn unit_price(source: &str, row: &UnitEntry) -> String {
    let models: Vec<String> = row.models.iter().map(|name| format!("Cow::Borrowed({:?})", name.text)).collect();
    format!(
        "UnitPrice {{ line: {}, unit: Unit::{:?}, from: {}, until: {}, models: Cow::Borrowed(&[{}]), variant: {}, \
         amount: {}, input_tokens: {:?}, note: {} }}",
        line(source, row.span.start),
        row.unit,
        date(&row.from),
        date(&row.until),
        models.join(", "),
        text(&row.variant),
        decimal(row.amount),
        row.input_tokens,
        text(&row.note)
    )
}

macro_rules! literals {
    ($($(#[$doc:meta])* $name:ident: $kind:ident,)*) => {
        /// Returns the fields of the facts as source.
        fn facts(facts: &FactEntries) -> String {
            [$(format!("{}: {}", stringify!($name), $kind(&facts.$name)),)*].join(", ")
        }
    };
}
file::model_facts!(literals);

fn tokens(tokens: &Option<u64>) -> String {
    format!("{tokens:?}")
}

fn text(text: &Option<String>) -> String {
    option(text.as_ref().map(|text| format!("Cow::Borrowed({text:?})")))
}

fn write_row(out: &mut String, source: &str, row: &PriceEntry) -> std::fmt::Result {
    let per = format!("Per::{:?}", row.per);
    let rate = |amount: &Option<Decimal>| option(amount.map(|amount| format!("Rate::new({}, {per})", decimal(amount))));
    let rates: Vec<String> = row.amounts.iter().map(rate).collect();
    write!(out, "                PriceRow {{ line: {}, per: {per}, ", line(source, row.span.start))?;
    write!(out, "from: {}, until: {}, ", date(&row.from), date(&row.until))?;
    write!(out, "tier: Tier::{:?}, above: {}, ", row.tier, row.above)?;
    writeln!(out, "rates: [{}] }},", rates.join(", "))
}

fn counting(entry: &CountingEntry) -> String {
    format!(
        "FamilySince {{ from: {}, family: Family::from_name({:?}).unwrap() }}",
        date(&entry.from),
        entry.family.text
    )
}

fn image(rule: ImageRule) -> String {
    match rule {
        ImageRule::Tiles { base, tile } => format!("ImageRule::Tiles {{ base: {base}, tile: {tile} }}"),
        ImageRule::Patches { factor, chat } => {
            format!("ImageRule::Patches {{ factor: {}, chat: {chat} }}", decimal(factor))
        }
    }
}

fn decimal(amount: Decimal) -> String {
    let parts = amount.unpack();
    format!("Decimal::from_parts({}, {}, {}, false, {})", parts.lo, parts.mid, parts.hi, parts.scale)
}

fn day(day: Date) -> String {
    format!("date({}, {}, {})", day.year, day.month, day.day)
}

fn date(date: &Option<Date>) -> String {
    option(date.map(day))
}

fn option(source: Option<String>) -> String {
    match source {
        Some(source) => format!("Some({source})"),
        None => "None".to_owned(),
    }
}

fn line(source: &str, offset: usize) -> usize {
    source[..offset].matches('\n').count() + 1
}
