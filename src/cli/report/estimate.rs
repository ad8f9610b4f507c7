//! The report of `estimate` in all output formats.

mod csv;
mod markdown;
mod summary;
mod table;

use std::io::{self, Write};

use gpt_cost::catalog::Layer;
use gpt_cost::request::Warning;
use gpt_cost::source::Place;
use gpt_cost::{Cost, Date, Estimate, Request, TokenCount};

use super::{documents, remarks};
use crate::cli::args::EstimateFormat;
use crate::cli::input::Failed;

/// Writes the report.
pub(in crate::cli) fn write(report: &Report<'_>, format: EstimateFormat, out: &mut impl Write) -> io::Result<()> {
    match format {
        EstimateFormat::Table => table::write(report, out),
        EstimateFormat::Json => documents::write(documents::estimate::Document::new(report), out),
        EstimateFormat::Jsonl => {
            documents::estimate::lines(report).try_for_each(|line| documents::write_line(line, out))
        }
        EstimateFormat::Csv => csv::write(report, out),
        EstimateFormat::Markdown => markdown::write(report, out),
    }
}

/// The estimates of a run.
pub(in crate::cli) struct Report<'a> {
    pub(in crate::cli) day: Date,
    pub(in crate::cli) layers: Vec<&'a Layer>,
    /// The name of the configuration and its settings that the estimates depend on.
    pub(in crate::cli) from_config: Option<(String, Vec<String>)>,
    pub(in crate::cli) entries: Vec<Entry<'a>>,
    /// Whether the table lists each request, however many there are.
    pub(in crate::cli) each: bool,
    /// The requests that cannot be read, counted or priced.
    pub(in crate::cli) failed: &'a [Failed],
}

impl Report<'_> {
    /// Returns the input tokens of all requests, each as often as it is sent, with the weakest of their labels and the
    /// sum of their bounds.
    pub(in crate::cli) fn tokens(&self) -> TokenCount {
        self.entries.iter().map(|entry| entry.estimate.input().times(entry.estimate.requests())).sum()
    }

    /// Returns the cost of all requests, each as often as it is sent.
    pub(in crate::cli) fn cost(&self) -> Cost {
        self.entries.iter().map(|entry| entry.estimate.cost_of_all()).sum()
    }

    /// Returns the day and the price tables, in words.
    fn prices(&self) -> String {
        let tables: Vec<&str> = self.layers.iter().map(|layer| layer.origin()).collect();
        format!("as of {}, prices from {}", self.day, tables.join(", "))
    }
}

/// The estimate of one request.
pub(in crate::cli) struct Entry<'a> {
    pub(in crate::cli) place: &'a Place,
    /// The line of the file on which the request begins, from 1.
    pub(in crate::cli) line: usize,
    pub(in crate::cli) request: &'a Request,
    /// The number of requests in the file that are identical to it, itself included.
    pub(in crate::cli) times: u32,
    pub(in crate::cli) estimate: &'a Estimate<'a>,
    pub(in crate::cli) warnings: &'a [Warning],
}

impl Entry<'_> {
    /// Returns the remarks on the request, each as its kind and its text.
    fn remarks(&self) -> Vec<(&'static str, String)> {
        let identical = remarks::identical(self.times).map(|text| (remarks::NOTE, text));
        identical.into_iter().chain(remarks::remarks(self.estimate.input(), self.warnings)).collect()
    }
}
