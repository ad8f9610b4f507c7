//! The `gpt-cost actual` command: prices responses from their `usage`.

use std::io::Write;
use std::ops::ControlFlow;

use gpt_cost::Tier;
use gpt_cost::source::{Document, InputFormat, Place, Within};
use gpt_cost::usage::{self, Event, Found, Outcome as Ended, Reported, Streams};

use super::args::{ActualArgs, ActualFormat, TableArgs};
use super::exit::{Failure, Outcome, Stop};
use super::input::{Failed, FilePass, Input, Step};
use super::output::{Output, Resumed, Rows};
use super::project::Project;
use super::report::actual::{Frame, NotBilled, Part, Priced, Report, Row};
use super::{note, prices};

/// Runs the command. A response that cannot be read or priced does not stop the others.
pub(super) fn run(args: &ActualArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let tables = TableArgs { as_of: args.as_of, pricing: args.pricing.clone() };
    let project = Project::discover(&tables, args.no_config)?;
    let format = args.format();
    let mut output = Output::open(&args.output, &args.files, rows(format), out)?;
    let layers = project.catalog.layers().collect();
    let frame = Frame { format, layers, each: args.each, fail_fast: args.read.fail_fast };
    let mut report = Report::new(frame.clone(), output.resumed.has_rows());
    let reader = Reader { args, project: &project, frame: &frame };
    let pass = FilePass {
        paths: &args.files,
        args: &args.read,
        format: InputFormat::Json,
        shows_progress: !args.quiet && output.leaves_room_for_progress(),
        folder_hint: "no file in it is named .json, .jsonl, .ndjson or .har",
    };
    let (mut streams, mut skip) = (Streams::new(""), output.resumed.requests);
    pass.run(
        |input| reader.pieces(input),
        |step| {
            match step {
                Step::Start(name) => streams = Streams::new(name),
                Step::Block(pieces) => pieces.into_iter().for_each(|piece| match piece {
                    Piece::Part(line, part) => streams.push(line, Item::Part(part)),
                    Piece::Event(event) => streams.add(event),
                }),
                Step::End => streams.finish(),
            }
            for item in streams.ready() {
                let mut part = match item {
                    Item::Part(part) => *part,
                    Item::Reported(reported) => frame.part([reader.price(*reported)].into_iter()),
                };
                // An earlier run wrote the first rows. They are made again, because events are read in their order.
                skip -= part.skip(skip);
                output.resumed.remove_last(&mut part.listing.rows, part.listing.first_row)?;
                report.append(part, &mut output)?;
                if frame.fail_fast && report.part.listing.failed > 0 {
                    output.commit()?;
                    return Ok(ControlFlow::Break(()));
                }
            }
            output.commit()?;
            Ok(ControlFlow::Continue(()))
        },
    )?;
    output.resumed.check_end()?;
    let part = &report.part;
    part.listing.totals.remarks.iter().for_each(|remark| note(remark));
    // If the only response failed, the table is omitted: its error is on standard error. Programs always get a document.
    if format != ActualFormat::Table || part.number_of_rows() > 1 || part.listing.failed == 0 {
        report.finish(&mut output)?;
    }
    let resumed = output.finish(&report.part.listing)?;
    finish(args, &project, &report.part, &resumed)
}

/// Returns how the rows of a format are written, if it has a row for each response.
fn rows(format: ActualFormat) -> Option<Rows> {
    match format {
        ActualFormat::Jsonl => Some(Rows::Jsonl),
        ActualFormat::Csv => Some(Rows::Csv),
        ActualFormat::Table | ActualFormat::Json => None,
    }
}

/// Prints what belongs on standard error, and returns how the command ends.
fn finish(args: &ActualArgs, project: &Project, part: &Part<'_>, resumed: &Resumed) -> Result<Outcome, Stop> {
    let mut outcome = Outcome::Success;
    for ((model, _), checked) in &part.listing.totals.checked {
        if prices::check_age(model, *checked, super::day(None), args.max_age)? != Outcome::Success {
            outcome = Outcome::Exceeded;
        }
    }
    if let Some(newest) = part.listing.totals.newest
        && !args.quiet
        && args.max_age.is_none()
    {
        project.note_age(newest);
    }
    part.listing.print_failures();
    Ok(if part.listing.failed + resumed.failed > 0 { Outcome::Error } else { outcome })
}

/// What is read of a block, in its order.
enum Piece<'p> {
    /// Responses, which end on this line.
    Part(usize, Box<Part<'p>>),
    Event(Event),
}

/// What belongs to the report next.
enum Item<'p> {
    Part(Box<Part<'p>>),
    /// A response of which there were events.
    Reported(Box<Reported>),
}

impl From<Reported> for Item<'_> {
    fn from(reported: Reported) -> Self {
        Item::Reported(Box::new(reported))
    }
}

/// Reads and prices responses.
struct Reader<'r, 'p> {
    args: &'r ActualArgs,
    project: &'p Project,
    frame: &'r Frame<'p>,
}

impl<'p> Reader<'_, 'p> {
    fn pieces(&self, Input { name, pointer, content }: Input<'_>) -> Vec<Piece<'p>> {
        let failed = |failure| Row::Failed(Failed { place: Place::file(name), line: 1, failure });
        let block = match content {
            // Once for a file of many blocks.
            Ok(block) if pointer.is_some() && block.documents_before() > 0 => return Vec::new(),
            Ok(_) if pointer.is_some() => {
                let failure = Failure::at(name, "responses have no names to point to");
                return vec![self.piece(1, vec![failed(failure.hint("--field PATH reads a field of each line"))])];
            }
            Ok(block) => block,
            Err(failure) => return vec![self.piece(1, vec![failed(failure)])],
        };
        if let Some(bytes) = block.whole().filter(|bytes| usage::is_event_stream(bytes)) {
            let rows = usage::responses(name, bytes).into_iter().map(|one| self.price(one)).collect();
            return vec![self.piece(1, rows)];
        }
        let (mut pieces, mut rows, mut line) = (Vec::new(), Vec::new(), 0);
        for document in self.args.read.documents(&block) {
            match usage::responses_of(&document) {
                Found::Responses(found) => {
                    line = document.first_line();
                    rows.extend(found.into_iter().map(|one| self.row(one, &document)));
                }
                Found::Event(event) => {
                    if !rows.is_empty() {
                        pieces.push(self.piece(line, std::mem::take(&mut rows)));
                    }
                    pieces.push(Piece::Event(event));
                }
            }
        }
        if !rows.is_empty() {
            pieces.push(self.piece(line, rows));
        }
        pieces
    }

    fn piece(&self, line: usize, rows: Vec<Row<'p>>) -> Piece<'p> {
        Piece::Part(line, Box::new(self.frame.part(rows.into_iter())))
    }

    /// Prices a response of a document. Failures have a hint.
    fn row(&self, reported: Reported, document: &Document<'_>) -> Row<'p> {
        let is_whole = reported.place.within == Within::Whole;
        match self.price(reported) {
            Row::Failed(failed) if is_whole && document.request().is_ok() => {
                let failure = failed.failure.hint("this is a request: gpt-cost estimate prices it before it is sent");
                Row::Failed(Failed { failure, ..failed })
            }
            row => row,
        }
    }

    fn price(&self, reported: Reported) -> Row<'p> {
        let Reported { place, line, custom_id, outcome, .. } = reported;
        match outcome {
            Ended::Response(response) => match self.priced(&place, custom_id, *response) {
                Ok(priced) => Row::Priced(Box::new(priced)),
                Err(failure) => Row::Failed(Failed { place, line, failure }),
            },
            Ended::Failed(reason) => Row::NotBilled(NotBilled { place, custom_id, reason }),
            Ended::Unreadable(error) => {
                let failure = Failure::from_error(&error);
                let failure = match error.is_too_large() {
                    true => failure.hint("--max-line SIZE sets another limit"),
                    false => failure,
                };
                Row::Failed(Failed { place, line: failure.line().unwrap_or(line), failure })
            }
        }
    }

    fn priced(
        &self,
        place: &Place,
        custom_id: Option<String>,
        response: usage::Response,
    ) -> Result<Priced<'p>, Failure> {
        let args = self.args;
        let Some(model) = args.model.clone().or(response.model.clone()) else {
            let example = if response.seconds.is_some() { "whisper-1" } else { "gpt-4o" };
            let hint = format!("pass --model NAME, such as --model {example}");
            return Err(Failure::at(place, "it names no model").hint(&hint));
        };
        let day = args.as_of.or(response.day).unwrap_or(self.project.today);
        let tier = args.tier.or(response.tier).unwrap_or(Tier::Standard);
        let priced = self.project.catalog.model(&model).and_then(|found| {
            Ok((found.remark(), found.resolve(day)?, found.bill_response(&response, day, tier, args.uplift)?))
        });
        let (remark, resolved, bill) = priced.map_err(|error| Failure::from_error(&error.in_file(place)))?;
        Ok(Priced { place: place.clone(), custom_id, model, remark, resolved, day, tier, response, bill })
    }
}
