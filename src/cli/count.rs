//! The `gpt-cost count` command: counts the tokens of requests and of texts.

use std::io::Write;
use std::ops::ControlFlow;

use gpt_cost::request::Warning;
use gpt_cost::source::Place;
use gpt_cost::{Encoding, TokenCount};

use super::args::{CountArgs, CountFormat};
use super::exit::{Failure, Outcome, Stop};
use super::files;
use super::input::{Facts, Failed, Pass, Source};
use super::output::{Output, Rows};
use super::project::Project;
use super::report::count::{Counted, Frame, ModelName, Report};
use super::report::documents::Day;

/// Runs the command. A request that cannot be read or counted does not stop the others.
pub(super) fn run(args: &CountArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    match args.encoding {
        Some(encoding) => count_texts(args, encoding, out),
        None => count_requests(args, out),
    }
}

fn count_texts(args: &CountArgs, encoding: Encoding, out: &mut impl Write) -> Result<Outcome, Stop> {
    let mut output = open(args, out)?;
    if args.output.resume {
        return Err(Failure::new("--resume is for requests; a text is counted at once").into());
    }
    let mut report = Report::new(frame(args, None), false);
    for path in &args.request.files {
        let name = files::name(path);
        let counted = match files::read(path).and_then(|bytes| files::text(&name, bytes)) {
            Ok(text) => Ok(count_text(name, &text, encoding)),
            Err(failure) => Err(Failed { place: Place::file(name), line: 1, failure }),
        };
        report.append(report.frame.part([counted].into_iter()), &mut output)?;
        output.commit()?;
    }
    finish(report, None, output)
}

fn count_text(name: String, text: &str, encoding: Encoding) -> Counted {
    // A byte order mark is not part of the text, as in every other format.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Counted {
        facts: Facts::of_text(Place::file(name)),
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
    let frame = frame(args, Some(Day(project.day)));
    let mut output = open(args, out)?;
    let mut report = Report::new(frame, output.resumed.has_rows());
    let pass = Pass {
        args: &args.request,
        skip: output.resumed.requests,
        shows_progress: !args.quiet && output.leaves_room_for_progress(),
    };
    pass.run(
        |sources| frame.part(sources.into_iter().map(|source| count_request(args, &project, source?))),
        |mut part| {
            output.resumed.remove_last(&mut part.rows, part.first_row)?;
            report.append(part, &mut output)?;
            output.commit()?;
            let is_enough = frame.fail_fast && report.part.failed > 0;
            Ok(if is_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        },
    )?;
    output.resumed.check_end()?;
    let settings = match report.part.totals.items {
        0 => Vec::new(),
        _ => project.settings_used(&args.request, report.part.lacks_model),
    };
    let from_config = project.config_name.clone().filter(|_| !settings.is_empty()).map(|name| (name, settings));
    finish(report, from_config.as_ref(), output)
}

fn open<'w>(args: &CountArgs, out: &'w mut impl Write) -> Result<Output<'w>, Failure> {
    let rows = match args.format() {
        CountFormat::Jsonl => Some(Rows::Jsonl),
        CountFormat::Csv => Some(Rows::Csv),
        CountFormat::Table | CountFormat::Json => None,
    };
    Output::open(&args.output, &args.request.files, rows, out)
}

fn frame(args: &CountArgs, day: Option<Day>) -> Frame {
    let CountArgs { quiet, breakdown, each, .. } = *args;
    Frame { format: args.format(), day, quiet, breakdown, each, fail_fast: args.request.fail_fast }
}

fn finish(
    mut report: Report,
    from_config: Option<&(String, Vec<String>)>,
    mut output: Output<'_>,
) -> Result<Outcome, Stop> {
    report.finish(from_config, &mut output)?;
    let resumed = output.finish(&report.part)?;
    report.part.print_failures();
    Ok(if report.part.failed + resumed.failed > 0 { Outcome::Error } else { Outcome::Success })
}

fn count_request(args: &CountArgs, project: &Project, mut source: Source) -> Result<Counted, Failed> {
    project.assume_sizes(&mut source.request);
    let model = source.model(args.request.model.as_deref(), &project.config);
    let (name, warnings) = model.map_err(|failure| source.failed(failure))?;
    let day = project.day;
    let found = project
        .catalog
        .model(&name)
        .and_then(|model| Ok((model.remark(), model.resolve(day)?.model, model.count(&source.request, day)?)));
    let (remark_on_name, model, count) =
        found.map_err(|error| source.failed(Failure::from_error(&error.in_file(&source.place))))?;
    let name_warning = remark_on_name.map(|text| Warning::new("model", text));
    let request_warnings = source.request.warnings().iter().chain(count.notes()).cloned();
    let warnings = name_warning.into_iter().chain(warnings).chain(request_warnings).collect();
    Ok(Counted {
        facts: source.into_facts(),
        encoding: model.encoding(),
        model: Some(ModelName { name, resolved: model.name().to_owned() }),
        lacks_image_size: count.notes().iter().any(|note| note.lacks_image_size),
        count,
        warnings,
    })
}
