//! Remarks on requests in reports: warnings, and what is not counted.

use std::collections::HashMap;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use gpt_cost::TokenCount;
use gpt_cost::money::grouped;
use gpt_cost::request::Warning;

use super::plural;
use crate::cli::files::printable;

/// The kind of a remark on a request that exceeds a limit of its model.
pub(in crate::cli) const DOES_NOT_FIT: &str = "does not fit";

/// The kind of a remark on a component that is not counted.
pub(in crate::cli) const NOT_COUNTED: &str = "not counted";

/// The kind of a remark that is no warning.
pub(in crate::cli) const NOTE: &str = "note";

const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// Returns what follows the name of a request that is sent several times.
pub(in crate::cli) fn times(requests: u64) -> String {
    if requests > 1 { format!(" × {}", grouped(requests)) } else { String::new() }
}

/// Returns the remark on a request that is several times in its file.
pub(in crate::cli) fn identical(times: u32) -> Option<String> {
    (times > 1).then(|| format!("{} identical requests", grouped(times.into())))
}

/// Returns a remark with its path; an empty path is the request as a whole.
pub(in crate::cli) fn remark(path: &str, text: &str) -> String {
    if path.is_empty() { text.to_owned() } else { format!("{path}: {text}") }
}

/// Writes each remark once, with the first of its requests and the number of the others.
pub(in crate::cli) fn write_grouped<'r>(
    remarks: impl Iterator<Item = (String, &'r [(&'static str, String)])>,
    out: &mut impl Write,
) -> io::Result<()> {
    /// Maximum number of remarks to show; JSON has them all.
    const MAX: usize = 20;
    let remarks = grouped_remarks(remarks);
    let others = remarks.len().saturating_sub(MAX);
    for (index, ((kind, text), place, more)) in remarks.into_iter().take(MAX).enumerate() {
        let before = if index == 0 { "\n" } else { "" };
        let more = if more == 0 { String::new() } else { format!(" and {} more", grouped(more as u64)) };
        let style = if *kind == DOES_NOT_FIT { RED } else { YELLOW };
        writeln!(out, "{before}  {style}{kind}{style:#}: {}{more}: {text}", printable(&place))?;
    }
    if others > 0 {
        writeln!(out, "  and {} more: --format json shows all", plural(others, "remark"))?;
    }
    Ok(())
}

/// Returns the remarks on a request, each as its kind and its text.
pub(in crate::cli) fn remarks(input: &TokenCount, warnings: &[Warning]) -> Vec<(&'static str, String)> {
    let uncounted = input.uncounted().iter().map(|one| (NOT_COUNTED, remark(&one.path, &one.reason)));
    uncounted.chain(warnings.iter().map(|one| ("warning", remark(&one.path, &one.message)))).collect()
}

/// Groups the same remarks on several requests. Returns each with the name of the first request and the number of the
/// others.
pub(in crate::cli) fn grouped_remarks<'r>(
    remarks: impl Iterator<Item = (String, &'r [(&'static str, String)])>,
) -> Vec<(&'r (&'static str, String), String, usize)> {
    let mut groups: Vec<(&(&'static str, String), String, usize)> = Vec::new();
    let mut places: HashMap<&(&'static str, String), usize> = HashMap::new();
    for (name, remarks) in remarks {
        for remark in remarks {
            match places.get(remark) {
                Some(place) => groups[*place].2 += 1,
                None => {
                    places.insert(remark, groups.len());
                    groups.push((remark, name.clone(), 0));
                }
            }
        }
    }
    groups
}
