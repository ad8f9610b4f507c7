//! The `gpt-cost init` command: writes a starter configuration for the prompts that it finds.

mod configuration;
mod find;
mod globs;
mod model;
mod named;
mod unread;
mod values;

use self::model::Model;
use super::args::{InitArgs, TableArgs};
use super::exit::{Failure, Outcome, Stop};
use super::project::{Ignored, Project};
use super::report::plural;
use super::{files, note};

/// Runs the command: writes a configuration with a budget for each folder with prompts.
pub(super) fn run(args: &InitArgs) -> Result<Outcome, Stop> {
    let project = Project::discover(&TableArgs::default(), false)?;
    let all = project.files(Ignored::Skip);
    let model = match &args.model {
        Some(name) => {
            project.catalog.model(name).map_err(|error| Failure::from_error(&error))?;
            Model::Given(name.clone())
        }
        None => Model::of_repository(&project, &all),
    };
    let found = find::groups(&project, &all, &model)?;
    let model = Some(&model).filter(|model| found.lacks_model || matches!(model, Model::Given(_)));
    files::create(&args.file, configuration::text(model, &found.groups).as_bytes())?;
    found.notes.iter().for_each(|text| note(text));
    unread::notes(&all).iter().for_each(|text| note(text));
    let name = if files::is_standard(&args.file) { "a configuration".to_owned() } else { files::name(&args.file) };
    note(&match found.groups.iter().map(|group| group.requests()).sum() {
        0 => format!("wrote {name}: no prompts were found; add their paths to a [[budget]]"),
        requests => {
            let requests = plural(requests, "request");
            format!("wrote {name}: {requests} found, limited to 20% more than they use now; next, run gpt-cost check")
        }
    });
    if let Some(reason) = model.filter(|_| found.lacks_model).and_then(Model::reason) {
        note(&reason);
    }
    Ok(Outcome::Success)
}
