//! The `gpt-cost count` command: counts tokens, without prices.

use std::io::Write;

use gpt_cost::accounting::{Component, Feature};
use gpt_cost::money::grouped;
use gpt_cost::request::{Format, Warning};
use gpt_cost::source::Place;
use gpt_cost::{Encoding, Label, Request, TokenCount};

use super::args::{CountArgs, ReportFormat};
use super::exit::{Failure, Outcome, Stop};
use super::input::{Failed, Source};
use super::project::Project;
use super::report::documents::{self, Day, FromConfig};
use super::report::grid::{Cell, write_grid};
use super::report::remarks::{NOTE, identical, remark};
use super::report::{FILE_TOKENS, IMAGE_SIZE, evidence, label, plural, read_as};
use super::{files, input, note, printable};

/// A request, or a text, and its tokens.
pub(super) struct Counted {
    pub(super) place: Place,
    /// The line of the file on which it begins, from 1.
    pub(super) line: usize,
    pub(super) custom_id: Option<String>,
    pub(super) format: Format,
    /// Whether its texts have values of a template.
    pub(super) is_filled: bool,
    /// The number of requests in the file that are identical to it, itself included.
    pub(super) times: u32,
    /// `None` for raw text counted with `--encoding`.
    pub(super) model: Option<ModelName>,
    pub(super) encoding: Option<Encoding>,
    pub(super) count: TokenCount,
    /// The warnings of the request and the notes of the count.
    pub(super) warnings: Vec<Warning>,
    /// Whether --image-size would make the count more precise.
    lacks_image_size: bool,
}

/// A model name as given, and the model that it resolves to.
pub(super) struct ModelName {
    pub(super) name: String,
    pub(super) resolved: String,
}

/// Runs the command. A request that cannot be read or counted does not stop the others.
pub(super) fn run(args: &CountArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    match args.encoding {
        Some(encoding) => count_texts(args, encoding, out),
        None => count_requests(args, out),
    }
}

fn count_texts(args: &CountArgs, encoding: Encoding, out: &mut impl Write) -> Result<Outcome, Stop> {
    let (mut counted, mut failed) = (Vec::new(), Vec::new());
    for path in &args.request.files {
        let name = files::name(path);
        match files::read(path).and_then(|bytes| files::text(&name, bytes)) {
            Ok(text) => counted.push(count_text(name, &text, encoding)),
            Err(failure) => failed.push(Failed { place: Place::file(name), line: 1, failure }),
        }
    }
    write(args, &Counts { day: None, from_config: None, counted, failed }, out)
}

fn count_text(name: String, text: &str, encoding: Encoding) -> Counted {
    // A byte order mark is not part of the text, as in every other format.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Counted {
        place: Place::file(name),
        line: 1,
        custom_id: None,
        format: Format::Text,
        is_filled: false,
        times: 1,
        model: None,
        encoding: Some(encoding),
        count: TokenCount::exact(encoding.count(text) as u64),
        warnings: Vec::new(),
        lacks_image_size: false,
    }
}

fn count_requests(args: &CountArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let mut project = Project::discover(&args.request.tables, args.request.no_config)?;
    project.image_size = args.request.image_size.or(project.image_size);
    project.file_tokens = args.request.file_tokens.or(project.file_tokens);
    let (mut counted, mut failed, mut requests) = (Vec::new(), Vec::new(), Vec::new());
    for source in input::read_all(&args.request)? {
        let result = source.and_then(|mut source| {
            project.assume_sizes(&mut source.request);
            let one = count_request(args, &project, &source).map_err(|failure| source.failed(failure))?;
            Ok((one, source.request))
        });
        match result {
            Ok((one, request)) => {
                counted.push(one);
                requests.push(request);
            }
            Err(one) => failed.push(one),
        }
    }
    let settings = from_config(args, &project, &requests);
    write(args, &Counts { day: Some(Day(project.day)), from_config: settings, counted, failed }, out)
}

fn count_request(args: &CountArgs, project: &Project, source: &Source) -> Result<Counted, Failure> {
    let (name, warnings) = source.model(args.request.model.as_deref(), &project.config)?;
    let day = project.day;
    let found = project
        .catalog
        .model(&name)
        .and_then(|model| Ok((model.remark(), model.resolve(day)?.model, model.count(&source.request, day)?)));
    let (remark_on_name, model, count) = found.map_err(|error| Failure::from_error(&error.in_file(&source.place)))?;
    let name_warning = remark_on_name.map(|text| Warning::new("model", text));
    let request_warnings = source.request.warnings().iter().chain(count.notes()).cloned();
    let warnings = name_warning.into_iter().chain(warnings).chain(request_warnings).collect();
    Ok(Counted {
        place: source.place.clone(),
        line: source.line,
        custom_id: source.request.custom_id().map(str::to_owned),
        format: source.request.format(),
        is_filled: source.request.is_filled(),
        times: source.times,
        encoding: model.encoding(),
        model: Some(ModelName { name, resolved: model.name().to_owned() }),
        lacks_image_size: count.notes().iter().any(|note| note.lacks_image_size),
        count,
        warnings,
    })
}

/// Returns the name of the configuration and its settings that the counts depend on.
fn from_config(args: &CountArgs, project: &Project, requests: &[Request]) -> Option<(String, Vec<String>)> {
    let settings = match requests.is_empty() {
        true => Vec::new(),
        false => project.settings_used(&args.request, requests),
    };
    project.config_name.clone().filter(|_| !settings.is_empty()).map(|name| (name, settings))
}

/// The counts of a run.
struct Counts {
    /// The day of the counting rules and aliases; `None` for raw text counted with `--encoding`.
    day: Option<Day>,
    from_config: Option<(String, Vec<String>)>,
    counted: Vec<Counted>,
    failed: Vec<Failed>,
}

fn write(args: &CountArgs, counts: &Counts, out: &mut impl Write) -> Result<Outcome, Stop> {
    match args.format {
        ReportFormat::Json => {
            let from_config = counts.from_config.as_ref().map(|(file, settings)| FromConfig { file, settings });
            let Counts { day, counted, failed, .. } = counts;
            documents::write(documents::count::Document::new(*day, from_config, counted, failed), out)?;
        }
        ReportFormat::Table if args.quiet => write_number(counts, out)?,
        ReportFormat::Table => write_table(args, counts, out)?,
    }
    out.flush()?;
    let mut outcome = Outcome::Success;
    for one in &counts.failed {
        outcome = super::print(&one.failure);
    }
    Ok(outcome)
}

/// Writes only the number. Notes on standard error report counts that are not exact.
fn write_number(counts: &Counts, out: &mut impl Write) -> std::io::Result<()> {
    for Counted { place, count, .. } in &counts.counted {
        match count.label() {
            Label::Exact => {}
            Label::Estimate => note(&format!("{place}: the count is an estimate, {}", label(count))),
            _ => note(&format!("{place}: the count is a minimum, because not everything is counted")),
        }
    }
    // A partial sum could be mistaken for the total.
    if counts.failed.is_empty() {
        writeln!(out, "{}", counts.sum().tokens())?;
    }
    Ok(())
}

fn write_table(args: &CountArgs, counts: &Counts, out: &mut impl Write) -> std::io::Result<()> {
    for one in &counts.counted {
        write_counted(one, counts.day, args.breakdown, out)?;
    }
    if counts.counted.len() + counts.failed.len() > 1 {
        let failed = match counts.failed.len() {
            0 => String::new(),
            failed => format!(", without {} that failed", plural(failed, "request")),
        };
        let sum = counts.sum();
        writeln!(out, "total  {} tokens, {}{failed}", grouped(sum.tokens()), label(&sum))?;
    }
    if let Some((file, settings)) = &counts.from_config {
        writeln!(out, "  from {}: {}", printable(file), settings.join(", "))?;
    }
    Ok(())
}

impl Counts {
    fn sum(&self) -> TokenCount {
        sum(&self.counted)
    }
}

/// Returns the tokens of all requests, each as often as it is in its file.
pub(super) fn sum(counted: &[Counted]) -> TokenCount {
    counted.iter().map(|one| one.count.times(one.times.into())).sum()
}

fn write_counted(one: &Counted, day: Option<Day>, with_breakdown: bool, out: &mut impl Write) -> std::io::Result<()> {
    let Counted { place, count, .. } = one;
    let encoding = one.encoding.map_or("unknown encoding", Encoding::as_str);
    let read_as = match (&one.model, day) {
        (Some(model), Some(Day(day))) => {
            format!("{}  {} ({encoding})  as of {day}", read_as(one.format, one.is_filled), model.name)
        }
        _ => encoding.to_owned(),
    };
    writeln!(out, "{place}  {read_as}  {} tokens, {}", grouped(count.tokens()), label(count))?;
    if let Some(text) = identical(one.times) {
        writeln!(out, "  {NOTE}: {text}")?;
    }
    if with_breakdown {
        write_grid(&breakdown(count), out)?;
        write_grid(&unproved(count), out)?;
    }
    for one in count.uncounted() {
        writeln!(out, "  not counted: {}", remark(&one.path, &one.reason))?;
    }
    for warning in &one.warnings {
        writeln!(out, "  warning: {}", remark(&warning.path, &warning.message))?;
    }
    if one.lacks_image_size {
        writeln!(out, "  hint: {IMAGE_SIZE}")?;
    }
    if count.uncounted().iter().any(|one| one.lacks_file_tokens) {
        writeln!(out, "  hint: {FILE_TOKENS}")?;
    }
    Ok(())
}

/// Returns a row for each rule that too few recordings prove.
fn unproved(count: &TokenCount) -> Vec<Vec<Cell>> {
    let row = |one: &Feature| {
        let why = match (one.evidence, one.alike) {
            (None, Some(_)) => "not recorded with such a model".to_owned(),
            (own, _) => evidence(own),
        };
        vec![Cell::right(format!("± {}", grouped(one.bound()))), Cell::plain(one.name.as_str()), Cell::plain(why)]
    };
    count.unproved().map(row).collect()
}

/// Returns a row for each component of the count.
fn breakdown(count: &TokenCount) -> Vec<Vec<Cell>> {
    let row = |one: &Component| {
        let bound = if one.bound == 0 { String::new() } else { format!("± {}", grouped(one.bound)) };
        let tokens = Cell::right(grouped(one.tokens));
        vec![tokens, Cell::plain(bound), Cell::plain(one.kind.as_str()), Cell::plain(one.path.as_str())]
    };
    count.breakdown().iter().map(row).collect()
}
