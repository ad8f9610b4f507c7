//! The `gpt-cost models` command: lists the known models, and shows the details of one.

use std::cmp::Reverse;
use std::io::Write;

use gpt_cost::catalog::{AliasTarget, Fact, Field, Layer, Model, ModelRef, PriceRow, Resolved, UnitPrice};
use gpt_cost::money::{Per, Usd, grouped};
use gpt_cost::{Date, Tier};

use super::args::{ListFormat, ModelsCommand, ModelsListArgs, ModelsShowArgs, ReportFormat, SortBy};
use super::exit::{Failure, Outcome, Stop};
use super::printable;
use super::project::Project;
use super::report::grid::{Cell, write_grid};
use super::report::units::unit_rows;
use super::report::{documents, plural};

/// Runs the command.
pub(super) fn run(command: &ModelsCommand, out: &mut impl Write) -> Result<Outcome, Stop> {
    match command {
        ModelsCommand::List(args) => list(args, out)?,
        ModelsCommand::Show(args) => show(args, out)?,
    }
    out.flush()?;
    Ok(Outcome::Success)
}

fn list(args: &ModelsListArgs, out: &mut impl Write) -> Result<(), Stop> {
    let Project { catalog, day, .. } = Project::discover(&args.tables, false)?;
    let rows = catalog.models().into_iter().map(|found| (found.model.name(), found.layer, found.model));
    // Each alias has a line of its own, with the model that it resolves to on the day.
    let aliases = catalog.aliases().into_iter().filter_map(|alias| {
        let found = catalog.model(alias.name()).and_then(|name| name.resolve(day)).ok()?;
        Some((alias.name(), found.layer, found.model))
    });
    let mut lines: Vec<Line<'_>> = rows
        .chain(aliases)
        .filter(|(name, _, model)| is_listed(args, name, model, day))
        .map(|(name, layer, model)| Line { name, layer, model, price: model.price(day, args.tier, 0) })
        .filter(|line| line.price.is_some() || (line.model.prices().is_empty() && args.tier == Tier::Standard))
        .filter(|line| {
            args.max_price.is_none_or(|max| line.amount(Field::Input).is_some_and(|price| price.amount() <= max))
        })
        .collect();
    if let (Some(name), true) = (&args.name, lines.is_empty()) {
        let available = if args.all { "" } else { "available " };
        let failure = Failure::new(format!("no {available}model matches `{}`", printable(name)));
        return Err(match args.all {
            true => failure.into(),
            false => failure.hint("--all also lists models that were shut down or are not released yet").into(),
        });
    }
    match args.sort {
        None => {}
        Some(SortBy::Name) => lines.sort_by_key(|line| line.name),
        Some(SortBy::Price) => {
            lines.sort_by_key(|line| (line.amount(Field::Input).is_none(), line.amount(Field::Input)))
        }
        Some(SortBy::Context) => lines.sort_by_key(|line| Reverse(line.model.context())),
        Some(SortBy::Released) => lines.sort_by_key(|line| Reverse(line.model.released())),
    }
    match args.format {
        ListFormat::Table => {
            let tables: Vec<&str> = catalog.layers().map(Layer::origin).collect();
            write_list(&lines, args.tier, day, &tables.join(", "), out)
        }
        ListFormat::Json => Ok(documents::write(documents::models::List::new(&lines, args.tier, day), out)?),
        ListFormat::Csv => write_csv(&lines, day, out),
    }
}

fn is_listed(args: &ModelsListArgs, name: &str, model: &Model, day: Date) -> bool {
    let is_available =
        model.shutdown().is_none_or(|end| day < end) && model.released().is_none_or(|first| first <= day);
    let is_alias = name != model.name();
    let also = model.also().filter(|_| !is_alias);
    let is_match =
        args.name.as_ref().is_none_or(|pattern| std::iter::once(name).chain(also).any(|name| matches(pattern, name)));
    (args.all || is_available)
        && is_match
        && args.kind.is_none_or(|kind| model.kind() == kind)
        && args.min_context.is_none_or(|min| model.context().is_some_and(|context| context >= min))
}

/// Returns whether a pattern matches a name: `*` matches any text, and a pattern without it any part of the name.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
    let Some((first, rest)) = pattern.split_once('*') else { return name.contains(&pattern) };
    let Some(mut name) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match name.find(part) {
            Some(at) => name = &name[at + part.len()..],
            None => return false,
        }
    }
    name.ends_with(last)
}

/// A model or an alias, and the price row in effect.
#[derive(Clone, Copy)]
pub(super) struct Line<'c> {
    /// The name of the model or alias.
    pub(super) name: &'c str,
    pub(super) layer: &'c Layer,
    pub(super) model: &'c Model,
    pub(super) price: Option<&'c PriceRow>,
}

impl Line<'_> {
    /// Returns the price of a million tokens.
    fn amount(&self, field: Field) -> Option<Usd> {
        self.price?.rate(field).map(|rate| rate.amount_per(Per::Million))
    }

    fn encoding(&self) -> &'static str {
        self.model.encoding().map_or("unknown", |encoding| encoding.as_str())
    }

    /// Returns the name, followed by the model that an alias resolves to.
    fn full_name(&self) -> String {
        let model = self.model.name();
        if self.name == model { self.name.to_owned() } else { format!("{} → {model}", self.name) }
    }

    /// Returns the release or shutdown date, if one of them limits the use of the model, and the last day of a price
    /// that is not known on `day`.
    fn state(&self, day: Date) -> String {
        let of_model = match (self.model.shutdown(), self.model.released()) {
            (Some(last), _) if last <= day => Some(format!("shut down {last}")),
            (_, Some(first)) if first > day => Some(format!("from {first}")),
            (Some(last), _) => Some(format!("until {last}")),
            _ => None,
        };
        let uncertain = self.price.filter(|row| row.is_uncertain(day)).and_then(PriceRow::until);
        let of_price = uncertain.map(|until| format!("price known until {until}"));
        let by_unit = unit_prices(self.model, day);
        by_unit.into_iter().chain(of_model).chain(of_price).collect::<Vec<_>>().join("; ")
    }
}

fn write_list(lines: &[Line<'_>], tier: Tier, day: Date, tables: &str, out: &mut impl Write) -> Result<(), Stop> {
    let mut rows = vec![vec![
        Cell::heading("model"),
        Cell::title("context"),
        Cell::title("max output").rank(2),
        Cell::title("input"),
        Cell::title("cached").rank(1),
        Cell::title("output"),
        Cell::heading("encoding").rank(3),
        Cell::heading(""),
    ]];
    let decimals = |field| lines.iter().filter_map(|line| line.amount(field)).map(Usd::decimals).max().unwrap_or(2);
    let digits = [Field::Input, Field::Cached, Field::Output].map(|field| decimals(field) as usize);
    for line in lines {
        let tokens = |tokens: Option<u64>| Cell::right(tokens.map_or("–".to_owned(), grouped));
        let money = |field, digits: usize| {
            Cell::right(line.amount(field).map_or("–".to_owned(), |amount| format!("{amount:.digits$}")))
        };
        rows.push(vec![
            Cell::plain(line.full_name()),
            tokens(line.model.context()),
            tokens(line.model.max_output()),
            money(Field::Input, digits[0]),
            money(Field::Cached, digits[1]),
            money(Field::Output, digits[2]),
            Cell::plain(line.encoding()),
            Cell::plain(line.state(day)),
        ]);
    }
    write_grid(&rows, out)?;
    let tier = if tier == Tier::Standard { String::new() } else { format!(" at the {} tier", tier.as_str()) };
    Ok(writeln!(
        out,
        "\n  {} as of {day}, from {tables}; prices{tier} are per million tokens",
        plural(lines.len(), "model")
    )?)
}

fn write_csv(lines: &[Line<'_>], day: Date, out: &mut impl Write) -> Result<(), Stop> {
    let mut csv = csv::Writer::from_writer(out);
    let titles = [
        "name",
        "kind",
        "encoding",
        "counting",
        "context",
        "max_input",
        "max_output",
        "released",
        "shutdown",
        "per",
        "input",
        "cached",
        "output",
        "origin",
        "line",
    ];
    let wrong = |error: csv::Error| Stop::Write(std::io::Error::other(error));
    csv.write_record(titles).map_err(wrong)?;
    for line in lines {
        let model = line.model;
        let date = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        let tokens = |tokens: Option<u64>| tokens.map(|tokens| tokens.to_string()).unwrap_or_default();
        let amount = |field| line.amount(field).map(|amount| amount.amount().to_string()).unwrap_or_default();
        csv.write_record([
            line.name,
            model.kind().as_str(),
            model.encoding().map_or("", |encoding| encoding.as_str()),
            model.family(day).map_or("", |family| family.as_str()),
            &tokens(model.context()),
            &tokens(model.max_input()),
            &tokens(model.max_output()),
            &date(model.released()),
            &date(model.shutdown()),
            Per::Million.as_str(),
            &amount(Field::Input),
            &amount(Field::Cached),
            &amount(Field::Output),
            line.layer.origin(),
            &model.line().to_string(),
        ])
        .map_err(wrong)?;
    }
    Ok(csv.flush()?)
}

fn show(args: &ModelsShowArgs, out: &mut impl Write) -> Result<(), Stop> {
    let Project { catalog, day, .. } = Project::discover(&args.tables, false)?;
    let found = catalog.model(&args.name).and_then(|name| Ok((name.resolve(day)?, name)));
    let (Resolved { layer, model, .. }, name) = found.map_err(|error| Failure::from_error(&error))?;
    match args.format {
        ReportFormat::Table => write_model(&name, layer, model, day, out),
        ReportFormat::Json => {
            let line = Line { name: model.name(), layer, model, price: model.price(day, Tier::Standard, 0) };
            Ok(documents::write(documents::models::One::new(&name, &line, day), out)?)
        }
    }
}

/// Returns the prices of a model that are not for tokens, such as `$0.006 / minute`.
fn unit_prices(model: &Model, day: Date) -> Option<String> {
    let prices: Vec<String> = model.unit_sheet(day).map(UnitPrice::with_variant).collect();
    Some(prices.join(", ")).filter(|prices| !prices.is_empty())
}

/// Returns whether a price row is in effect on a day.
pub(super) fn is_in_effect(model: &Model, row: &PriceRow, day: Date) -> bool {
    model.sheet(day, row.tier()).any(|one| one == row)
}

/// Returns a notice that a price in effect on `day` is known only until an earlier day.
pub(super) fn price_notice(model: &Model, day: Date) -> Option<String> {
    let in_effect = model.prices().iter().filter(|row| is_in_effect(model, row, day));
    in_effect.filter_map(|row| model.price_notice(row, day)).next()
}

fn write_model(name: &ModelRef<'_>, layer: &Layer, model: &Model, day: Date, out: &mut impl Write) -> Result<(), Stop> {
    let resolves_to = if name.name() == model.name() { String::new() } else { format!(" → {}", model.name()) };
    writeln!(out, "{}{resolves_to}  as of {day}\n", printable(name.name()))?;
    write_grid(&facts(name, layer, model), out)?;
    if !model.unit_prices().is_empty() {
        writeln!(out)?;
        let in_effect: Vec<_> = model.unit_sheet(day).collect();
        write_grid(&unit_rows(layer, model.unit_prices(), &in_effect, |_| true), out)?;
        return Ok(writeln!(out, "\n  ● in effect on {day}")?);
    }
    if model.prices().is_empty() {
        return Ok(writeln!(out, "\n  no price: its operator sets one")?);
    }
    writeln!(out)?;
    write_grid(&price_rows(layer, model, day, |_| true), out)?;
    writeln!(out, "\n  ● in effect on {day}; prices are per million tokens")?;
    if let Some(notice) = price_notice(model, day) {
        writeln!(out, "  note: {notice}")?;
    }
    if model.prices().iter().any(|row| row.rate(Field::WriteLong).is_some()) {
        let legend = "write, write_long: input written to the prompt cache for 30 minutes, for 12 hours";
        write_grid(&[vec![Cell::heading(legend)]], out)?;
    }
    Ok(())
}

fn facts(name: &ModelRef<'_>, layer: &Layer, model: &Model) -> Vec<Vec<Cell>> {
    let also: Vec<&str> = model.also().collect();
    let counting: Vec<String> = model
        .counting()
        .iter()
        .map(|one| match one.from {
            Some(from) => format!("{} since {from}", one.family),
            None => one.family.to_string(),
        })
        .collect();
    let alias = name.alias().map(|alias| {
        let target = |target: &AliasTarget| match target.from() {
            Some(from) => format!("{} since {from}", target.model()),
            None => target.model().to_owned(),
        };
        alias.targets().iter().map(target).collect::<Vec<_>>().join(", ")
    });
    let image = model.image().map(|rule| rule.to_string());
    let joined = |list: Vec<String>| Some(list.join(", ")).filter(|text| !text.is_empty());
    let facts = [
        ("read as", name.remark()),
        ("alias of", alias),
        ("other names", joined(also.into_iter().map(str::to_owned).collect())),
        ("kind", Some(model.kind().as_str().to_owned())),
        ("encoding", Some(model.encoding().map_or("unknown".to_owned(), |encoding| encoding.as_str().to_owned()))),
        ("counts as", joined(counting)),
        ("images", image),
    ];
    let mut facts: Vec<(String, Option<String>)> =
        facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    facts.extend(model.facts().filter(|(key, _)| *key != "checked").map(|(key, fact)| {
        let unit = if matches!(fact, Fact::Tokens(_)) { " tokens" } else { "" };
        (key.replace('_', " "), Some(format!("{fact}{unit}")))
    }));
    facts.push(("checked".to_owned(), model.checked().or(layer.checked()).map(|day| day.to_string())));
    facts.push(("table".to_owned(), Some(format!("{}, line {}", layer.origin(), model.line()))));
    let row = |(name, value): (String, Option<String>)| Some(vec![Cell::heading(&name), Cell::plain(value?)]);
    facts.into_iter().filter_map(row).collect()
}

/// Returns the titles and a row for each price row that `is_shown`, with a column for each field that the model has.
pub(super) fn price_rows(
    layer: &Layer,
    model: &Model,
    day: Date,
    is_shown: impl Fn(&PriceRow) -> bool,
) -> Vec<Vec<Cell>> {
    let has = |field: &&Field| model.prices().iter().any(|row| row.rate(**field).is_some());
    let fields: Vec<Field> = Field::ALL.iter().filter(has).copied().collect();
    let has_until = model.prices().iter().any(|row| row.until().is_some());
    let mut titles = vec![Cell::plain(""), Cell::heading("tier"), Cell::heading("from")];
    titles.extend(has_until.then(|| Cell::heading("until")));
    titles.push(Cell::title("above"));
    let is_common = |field: &Field| matches!(field, Field::Input | Field::Cached | Field::Output);
    titles.extend(fields.iter().map(|field| Cell::title(field.as_str()).rank(if is_common(field) { 0 } else { 2 })));
    titles.push(Cell::heading("table").rank(3));
    let mut rows = vec![titles];
    for price in model.prices().iter().filter(|row| is_shown(row)) {
        let above = if price.above() > 0 { grouped(price.above()) } else { String::new() };
        let mut row = vec![
            Cell::plain(if is_in_effect(model, price, day) { "●" } else { "" }),
            Cell::plain(price.tier().as_str()),
            Cell::plain(price.from().map(|from| from.to_string()).unwrap_or_default()),
        ];
        row.extend(has_until.then(|| Cell::plain(price.until().map(|until| until.to_string()).unwrap_or_default())));
        row.push(Cell::right(above));
        for field in &fields {
            let amount = price.rate(*field).map(|rate| rate.amount_per(Per::Million).to_string());
            row.push(Cell::right(amount.unwrap_or_else(|| "–".to_owned())));
        }
        row.push(Cell::plain(format!("{}:{}", layer.origin(), price.line())));
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_matches_any_text() {
        for (pattern, name) in [
            ("4o", "gpt-4o-mini"),
            ("GPT-4", "gpt-4"),
            ("gpt-*-mini", "gpt-5-mini"),
            ("*", ""),
            ("*4*o*", "gpt-4-turbo"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("gpt-*-mini", "gpt-5-mini-2025"), ("gpt-4*", "my-gpt-4"), ("a*a", "a"), ("x", "")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
