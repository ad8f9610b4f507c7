//! The text of the configuration.

use std::fmt::Write;

use gpt_cost::money::Usd;
use rust_decimal::{Decimal, RoundingStrategy};

use super::find::Group;
use super::model::Model;
use crate::cli::checked::{Measured, Verdict};

/// The most placeholders whose sizes the text proposes.
const MAX_SIZES: usize = 6;

const HEAD: &str = "\
# The budgets of the prompts in this repository, for gpt-cost check.
#
# A budget applies to the files that its globs match, as in .gitignore; globs that begin with ! exclude files.
# Its limits apply to the input and the expected output of a request (output_tokens). Without an expected
# output, they apply to the maximum output that the request allows.

";

/// Returns the text of a configuration with a budget for each group. `model` is that of requests that name none.
pub(super) fn text(model: Option<&Model>, groups: &[Group]) -> String {
    let mut out = String::from(HEAD);
    out.push_str(&match model {
        Some(model @ Model::Given(name)) | Some(model @ Model::Named { name, .. }) => {
            let about = if matches!(model, Model::Given(_)) { "" } else { "; the one that this repository names most" };
            format!("model = {}  # for requests that name none{about}\n", quoted(name))
        }
        Some(Model::Assumed) => {
            format!(
                "model = {}  # for requests that name none: an assumption, change it\n",
                quoted(Model::Assumed.name())
            )
        }
        None => "# model = \"gpt-5.4-mini\"  # for requests that name none\n".to_owned(),
    });
    out.push_str("# as_of = 2026-11-24  # date of the prices; default: today\n");
    out.push_str("# pricing = { file = \"pricing.toml\", only = true }  # instead of the built-in prices\n");
    if groups.is_empty() {
        out.push_str(
            "\n# [[budget]]\n# name = \"prompts\"\n# paths = [\"prompts/**/*.json\"]\n# max_cost_per_request = \"0.05\"\n",
        );
    }
    groups.iter().for_each(|group| out.push_str(&budget(group)));
    out
}

fn budget(group: &Group) -> String {
    let measured = || group.checked.iter().flat_map(|one| &one.verdicts).filter_map(Verdict::measured);
    let mut out = format!("\n[[budget]]\nname             = {}\n", quoted(&group.name));
    line(&mut out, &format!("paths            = {}", list(&group.paths)));
    if let Some(template) = group.template {
        line(&mut out, &format!("template         = {}  # its texts have tags of it", quoted(template.as_str())));
    }
    if !group.vars.is_empty() {
        line(&mut out, &format!("vars             = {}  # values for the placeholders", list(&group.vars)));
    }
    line(&mut out, "# output_tokens  = 500  # expected output; default: the maximum that a request allows");
    // 20% more than the largest uses now, so that small edits pass.
    if let Some(tokens) = measured().map(most_tokens).max() {
        let limit = tokens.saturating_add(tokens / 5).clamp(1, u64::from(u32::MAX));
        line(&mut out, &format!("max_input_tokens = {limit}  # the largest request has {tokens}"));
    }
    if measured().any(|one| one.input.max().is_none()) {
        line(&mut out, "allow_uncounted  = true  # gpt-cost check shows what is not counted");
        if let Some(sizes) = sizes(group) {
            let literal = "template = \"none\" if the tags are text";
            line(&mut out, &format!("# var_tokens     = {sizes}  # or set the sizes of the values; {literal}"));
        }
    }
    if let Some(cost) = measured().map(|measured| measured.cost.known).max() {
        let limit = with_margin(cost);
        line(
            &mut out,
            &format!("# max_cost_per_request = \"{limit}\"  # the most expensive request costs up to {cost}"),
        );
    }
    line(&mut out, "# max_increase   = \"10%\"  # over the baseline of gpt-cost baseline write");
    out
}

fn line(out: &mut String, text: &str) {
    let _ = writeln!(out, "{text}");
}

fn most_tokens(measured: &Measured) -> u64 {
    measured.input.max().unwrap_or(measured.input.tokens())
}

/// Returns sizes of the placeholders, such as `{ name = 500 }`, if there are any.
fn sizes(group: &Group) -> Option<String> {
    let names = group.placeholders.iter().filter(|name| !name.starts_with(['#', '^', '>']));
    let sizes: Vec<String> = names.take(MAX_SIZES).map(|name| format!("{} = 500", key(name))).collect();
    (!sizes.is_empty()).then(|| format!("{{ {} }}", sizes.join(", ")))
}

/// Returns a key of TOML.
fn key(name: &str) -> String {
    let is_bare = |char: char| char.is_ascii_alphanumeric() || "-_".contains(char);
    if name.chars().all(is_bare) { name.to_owned() } else { quoted(name) }
}

/// Returns a list of texts; a long one has a line for each.
fn list(texts: &[String]) -> String {
    const MAX_WIDTH: usize = 100;
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    let one_line = texts.join(", ");
    if one_line.len() <= MAX_WIDTH { format!("[{one_line}]") } else { format!("[\n    {},\n]", texts.join(",\n    ")) }
}

/// Returns a string of JSON, which is one of TOML, too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Returns 120% of a cost, rounded up to two significant digits.
fn with_margin(cost: Usd) -> Decimal {
    let limit = cost.amount() * Decimal::new(12, 1);
    let rounded = limit.round_sf_with_strategy(2, RoundingStrategy::AwayFromZero).unwrap_or(limit);
    rounded.max(Decimal::new(1, 9)).normalize()
}
