//! The `gpt-cost actual` command: prices responses from their `usage`.

use std::collections::{BTreeSet, HashMap};
use std::io::Write;
use std::path::Path;

use gpt_cost::Tier;
use gpt_cost::source::{InputFormat, Place, Within, documents};
use gpt_cost::usage::{self, Outcome as Ended, Reported, Response};

use super::args::{ActualArgs, ActualFormat, TableArgs};
use super::exit::{Failure, Outcome, Stop};
use super::input::Failed;
use super::project::Project;
use super::report::actual::{NotBilled, Priced, Report};
use super::report::{actual, documents};
use super::{files, note, prices};

/// Runs the command.
pub(super) fn run(args: &ActualArgs, out: &mut impl Write) -> Result<Outcome, Stop> {
    let mut read = Read::default();
    for path in &args.files {
        read.file(path)?;
    }
    let tables = TableArgs { as_of: args.as_of, pricing: args.pricing.clone() };
    let project = Project::discover(&tables, args.no_config)?;
    let report = report(args, &project, read);
    // A single response without a price has no report.
    if let ([], [], [one]) = (report.responses.as_slice(), report.not_billed.as_slice(), report.failed.as_slice()) {
        return Err(one.failure.clone().into());
    }
    match args.format {
        ActualFormat::Table => actual::table::write(&report, args.each, out)?,
        ActualFormat::Json => documents::write(documents::actual::Document::new(&report), out)?,
        ActualFormat::Csv => actual::csv::write(&report, out)?,
    }
    out.flush()?;
    let is_old = check_ages(&report, args.max_age)?;
    if let Some(newest) = report.responses.iter().map(|priced| priced.day).max()
        && !args.quiet
        && args.max_age.is_none()
    {
        project.note_age(newest);
    }
    Ok(if report.failed.is_empty() { is_old } else { Outcome::Error })
}

/// What the files report.
#[derive(Default)]
struct Read {
    answers: Vec<Answer>,
    not_billed: Vec<NotBilled>,
    failed: Vec<Failed>,
}

/// A response that is not priced yet.
struct Answer {
    place: Place,
    line: usize,
    custom_id: Option<String>,
    response: Response,
}

impl Read {
    fn file(&mut self, path: &Path) -> Result<(), Failure> {
        let (name, bytes) = (files::name(path), files::read(path)?);
        for Reported { place, line, custom_id, outcome, .. } in usage::responses(&name, &bytes) {
            match outcome {
                Ended::Response(response) => {
                    self.answers.push(Answer { place, line, custom_id, response: *response });
                }
                Ended::Failed(reason) => self.not_billed.push(NotBilled { place, custom_id, reason }),
                Ended::Unreadable(error) => {
                    let failure = Failure::from_error(&error);
                    let is_whole = place.within == Within::Whole;
                    let failure = match is_whole && is_request(&name, &bytes) {
                        true => failure.hint("this is a request: gpt-cost estimate prices it before it is sent"),
                        false => failure,
                    };
                    self.failed.push(Failed { place, line: failure.line().unwrap_or(line), failure });
                }
            }
        }
        Ok(())
    }
}

fn is_request(name: &str, bytes: &[u8]) -> bool {
    documents(name, bytes, InputFormat::Json).iter().all(|document| document.request().is_ok())
}

fn report<'p>(args: &ActualArgs, project: &'p Project, read: Read) -> Report<'p> {
    let Read { answers, not_billed, mut failed } = read;
    let mut remarks = BTreeSet::new();
    let mut responses = Vec::with_capacity(answers.len());
    for answer in answers {
        let (place, line) = (answer.place.clone(), answer.line);
        match price(args, project, answer, &mut remarks) {
            Ok(priced) => responses.push(priced),
            Err(failure) => failed.push(Failed { place, line, failure }),
        }
    }
    remarks.iter().for_each(|remark| note(remark));
    let order: HashMap<String, usize> = args.files.iter().map(|path| files::name(path)).zip(0..).collect();
    failed.sort_by_key(|one| (order.get(&one.place.file).copied(), one.line));
    Report { responses, not_billed, failed, layers: project.catalog.layers().collect() }
}

fn price<'p>(
    args: &ActualArgs,
    project: &'p Project,
    answer: Answer,
    remarks: &mut BTreeSet<String>,
) -> Result<Priced<'p>, Failure> {
    let Answer { place, custom_id, response, .. } = answer;
    let Some(model) = args.model.clone().or(response.model.clone()) else {
        let example = if response.seconds.is_some() { "whisper-1" } else { "gpt-4o" };
        let hint = format!("pass --model NAME, such as --model {example}");
        return Err(Failure::at(place, "it names no model").hint(&hint));
    };
    let day = args.as_of.or(response.day).unwrap_or(project.today);
    let tier = args.tier.or(response.tier).unwrap_or(Tier::Standard);
    let priced = project.catalog.model(&model).and_then(|found| {
        remarks.extend(found.remark());
        Ok((found.resolve(day)?, found.bill_response(&response, day, tier, args.uplift)?))
    });
    let (resolved, bill) = priced.map_err(|error| Failure::from_error(&error.in_file(&place)))?;
    Ok(Priced { place, custom_id, model, resolved, day, tier, response, bill })
}

/// Checks the age of the price of each model.
fn check_ages(report: &Report<'_>, max_age: Option<i32>) -> Result<Outcome, Failure> {
    let mut checked = BTreeSet::new();
    let mut outcome = Outcome::Success;
    for Priced { resolved, .. } in &report.responses {
        let model = resolved.model;
        if checked.insert((model.name(), resolved.layer.origin())) {
            let day = model.checked().or(resolved.layer.checked());
            if prices::check_age(model.name(), day, super::day(None), max_age)? != Outcome::Success {
                outcome = Outcome::Exceeded;
            }
        }
    }
    Ok(outcome)
}
