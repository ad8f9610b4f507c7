//! Estimates: the tokens of a request, its cost on given terms, and whether it fits the model's limits.

mod cost;
mod fit;
mod terms;
mod tools;

use jiff::civil::Date;

pub use self::cost::{Cost, CostRange, ValueRange};
use self::cost::{Rows, cached, cost, input_usage};
pub use self::fit::{Exceeded, Fit, RequestLimit, Verdict};
use self::fit::{Windows, between_limits, fit, window};
pub use self::terms::{Cached, Terms};
pub use self::tools::OfferedTool;
use crate::accounting::{self, Counting, Family, TokenCount};
use crate::catalog::{self, Field, Kind, Layer, Model, ModelRef, PriceRow, Tier};
use crate::error::{self, Error, Problem, Result};
use crate::money::{Uplift, grouped};
use crate::request::{Input, OutputLimit, Request, Warning};
use crate::usage::Usage;

/// What a request will cost, and whether it fits the model's limits.
#[derive(Clone, Debug)]
pub struct Estimate<'c> {
    name: String,
    day: Date,
    layer: &'c Layer,
    model: &'c Model,
    tier: Tier,
    price: &'c PriceRow,
    input: TokenCount,
    cached: u64,
    output: ValueRange<u64>,
    output_limit: Option<OutputLimit>,
    audio_output: bool,
    cost: Cost,
    requests: u64,
    fit: Fit,
    tools: Vec<OfferedTool<'c>>,
    uplift: Uplift,
    warnings: Vec<Warning>,
}

impl<'c> ModelRef<'c> {
    /// Returns the number of tokens that the API bills for the input of `request`, sent to this model on `day`.
    ///
    /// # Errors
    ///
    /// An alias that did not exist on the day, and a model that does not take such a request.
    ///
    /// ```
    /// use gpt_cost::{Catalog, Date, Label, Request};
    ///
    /// let request = Request::from_json(br#"[{"role": "user", "content": "Why is the sky blue?"}]"#)?;
    /// let count = Catalog::builtin().model("gpt-4.1")?.count(&request, Date::new(2026, 11, 23)?)?;
    /// assert_eq!((count.tokens(), count.label()), (13, Label::Exact));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn count(&self, request: &Request, day: Date) -> Result<TokenCount> {
        count(self.resolve(day)?.model, self.name(), request, day, false)
    }

    /// Counts the tokens without the bounds of the features, which state what is in question.
    pub(crate) fn observe(&self, request: &Request, day: Date) -> Result<TokenCount> {
        count(self.resolve(day)?.model, self.name(), request, day, true)
    }

    /// Returns the estimate of `request` with this model: its tokens, its cost, and whether it fits. Does no I/O, and
    /// reads no clock and no environment.
    ///
    /// The model that the request names is ignored.
    ///
    /// # Errors
    ///
    /// An alias that did not exist on the day, a model that does not take such a request, and a day or tier without a
    /// price: an unknown price is never guessed and never zero.
    ///
    /// ```
    /// use gpt_cost::{Catalog, Date, Request, Terms};
    ///
    /// let catalog = Catalog::builtin();
    /// let request = Request::from_json(br#"[{"role": "user", "content": "Why is the sky blue?"}]"#)?;
    /// let terms = Terms::on(Date::new(2026, 11, 23)?).output_tokens(500);
    /// let estimate = catalog.model("gpt-4.1")?.estimate(&request, &terms)?;
    /// assert_eq!(estimate.input().tokens(), 13);
    /// assert_eq!(estimate.cost().total.expected.unwrap().to_string(), "$0.004026");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn estimate(&self, request: &Request, terms: &Terms) -> Result<Estimate<'c>> {
        self.estimate_with(request, terms, |model| count(model, self.name(), request, terms.day, false))
    }

    /// Estimates a request whose input was counted before: that of an earlier estimate of the same request for the same
    /// model on the same day, such as at another tier.
    ///
    /// # Errors
    ///
    /// Those of [`ModelRef::estimate`], but for counting.
    pub fn estimate_counted(&self, request: &Request, terms: &Terms, input: TokenCount) -> Result<Estimate<'c>> {
        self.estimate_with(request, terms, |_| Ok(input))
    }

    fn estimate_with(
        &self,
        request: &Request,
        terms: &Terms,
        input: impl FnOnce(&'c Model) -> Result<TokenCount>,
    ) -> Result<Estimate<'c>> {
        let crate::catalog::Resolved { layer, model } = self.resolve(terms.day)?;
        let mut warnings = request.warnings.clone();
        warnings.extend(self.remark().map(|remark| Warning::new("model", remark)));
        let tier = tier(request, terms, &mut warnings)?;
        let input = input(model)?;
        let price = |tokens| model.priced(terms.day, tier, tokens);
        let row = price(input.tokens())?;
        let mut rows = vec![price(input.min())?, row];
        match input.max() {
            Some(most) => rows.push(price(most)?),
            // The maximum is unknown, so any of the rows above can apply.
            None => rows.extend(model.priced_above(terms.day, tier, row)?),
        }
        rows.dedup_by(|one, other| std::ptr::eq(*one, *other));
        let rows = Rows { counted: row, any: rows };
        let output = output(model, request, &input, terms, &mut warnings);
        let fit = fit(model, request, &input, terms);
        let between = between_limits(model, request, &input, terms);
        warnings.extend(between.map(|message| Warning::new("", message)));
        let cached = cached(&input, row, terms, &mut warnings);
        if input.audio_tokens() > 0 && row.rate(Field::AudioIn).is_none() {
            let message = format!("{} has no {} price for audio input", model.name(), tier.as_str());
            warnings.push(Warning::new("", message));
        }
        let tools = tools::offered(self.catalog(), model, row, request, terms, &mut warnings)?;
        let of_tools = tools.iter().map(|tool| tool.cost).sum();
        warnings.extend(input.notes().iter().cloned());
        warnings.extend(model.price_notice(row, terms.day).map(|notice| Warning::new("", notice)));
        warnings.extend(remarks(model, tier, terms.today.unwrap_or(terms.day)));
        warnings.extend(refused_limit(model, request, terms.day));
        Ok(Estimate {
            name: self.name().to_owned(),
            day: terms.day,
            layer,
            model,
            tier,
            price: row,
            cost: cost(&rows, request, &input, cached, &output, (of_tools, terms.uplift)),
            cached: input_usage(input.tokens(), input.audio_tokens(), cached).cached,
            requests: terms.requests,
            input,
            output,
            output_limit: request.output_limit.clone(),
            audio_output: request.audio_output,
            fit,
            tools,
            uplift: terms.uplift,
            warnings,
        })
    }
}

impl<'c> Estimate<'c> {
    /// Returns the model's name as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the day of the terms.
    pub fn day(&self) -> Date {
        self.day
    }

    /// Returns the model to which the name resolves.
    pub fn model(&self) -> &'c Model {
        self.model
    }

    /// Returns the price table that contains the model's row.
    pub fn layer(&self) -> &'c Layer {
        self.layer
    }

    /// Returns the day on which a person last compared the price with the vendor's.
    pub fn checked(&self) -> Option<Date> {
        self.model.checked().or(self.layer.checked())
    }

    /// Returns the service tier.
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// Returns the row that priced the request.
    pub fn price(&self) -> &'c PriceRow {
        self.price
    }

    /// Returns the tokens of the input.
    pub fn input(&self) -> &TokenCount {
        &self.input
    }

    /// Returns the tokens of the output, all answers together.
    pub fn output(&self) -> &ValueRange<u64> {
        &self.output
    }

    /// Returns the limit that the request itself sets for one answer.
    pub fn output_limit(&self) -> Option<&OutputLimit> {
        self.output_limit.as_ref()
    }

    /// Returns the usage that budgets compare with their limits: the counted input, and the expected output or else its
    /// maximum.
    pub fn usage(&self) -> Usage {
        let output = self.output.expected.or(self.output.max).unwrap_or(0);
        let output = Usage::output_alone(output, self.audio_output);
        let input = Usage { input: self.input.tokens(), ..output }.audio_input(self.input.audio_tokens());
        input.cached(self.cached)
    }

    /// Returns the number of input tokens that are assumed to be read from the prompt cache.
    pub fn cached(&self) -> u64 {
        self.cached
    }

    /// Returns the cost of one request.
    pub fn cost(&self) -> &Cost {
        &self.cost
    }

    /// Returns how many times the request is sent.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// Returns the cost of all requests.
    pub fn cost_of_all(&self) -> Cost {
        self.cost.times(self.requests)
    }

    /// Returns the tools that the request offers and that are billed beside its tokens.
    pub fn tools(&self) -> &[OfferedTool<'c>] {
        &self.tools
    }

    /// Returns the uplift on the prices of tokens, which is in the cost.
    pub fn uplift(&self) -> Uplift {
        self.uplift
    }

    /// Returns whether the request fits the model's limits.
    pub fn fit(&self) -> &Fit {
        &self.fit
    }

    /// Returns the warnings for the author of the request.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

/// Returns the tier of the terms, else the one that the request names, else the standard one.
fn tier(request: &Request, terms: &Terms, warnings: &mut Vec<Warning>) -> Result<Tier> {
    let wrong = |message| Error::new(error::Kind::Request, Problem::new(message).at_path("service_tier"));
    let asked = request.service_tier().map(Tier::from_api).transpose().map_err(wrong)?.flatten();
    if let (Some(asked), Some(set)) = (asked, terms.tier)
        && asked != set
    {
        let message = format!("the request sets {}; it is priced as {}", asked.as_str(), set.as_str());
        warnings.push(Warning::new("service_tier", message));
    }
    Ok(terms.tier.or(asked).unwrap_or(Tier::Standard))
}

fn count(model: &Model, name: &str, request: &Request, day: Date, is_thorough: bool) -> Result<TokenCount> {
    let wrong = |message: String| Error::new(error::Kind::WrongModel, Problem::new(message));
    let Some(encoding) = model.encoding() else {
        let or_off = if cfg!(feature = "encodings") { "" } else { ", or its feature is off" };
        let problem = Problem::new(format!("no exact tokenizer of `{name}` is built in{or_off}"));
        let hint = "its requests cannot be counted; its responses can be priced by their usage";
        return Err(Error::new(error::Kind::NoTokenizer, problem.with_hint(hint)));
    };
    let takes = |what: &str, hint: &str| {
        let problem = Problem::new(format!("`{name}` takes {what}")).with_hint(hint);
        Err(Error::new(error::Kind::WrongModel, problem))
    };
    match (model.kind(), &request.input) {
        (Kind::Chat | Kind::Audio | Kind::OpenWeight, Input::Prompts(_)) => {
            takes("messages, not prompts", "name a model for completions or embeddings")
        }
        (Kind::Chat | Kind::Audio | Kind::OpenWeight, _) => match model.family(day) {
            Some(family) => {
                let image = model.image().map(image_rule);
                Ok(accounting::count_chat(request, Counting { encoding, family, image, day, is_thorough }))
            }
            None => Err(wrong(format!("no counting rules are known for `{name}` on {day}"))),
        },
        (kind @ (Kind::Completion | Kind::Embedding), _) => {
            match accounting::count_prompts(request, encoding, kind == Kind::Embedding, is_thorough) {
                Some(count) => Ok(count),
                None => takes("text, not messages", "name a chat model, or send the text"),
            }
        }
        (kind, _) => Err(wrong(format!("`{name}` is of the kind {}, whose requests are not counted", kind.as_str()))),
    }
}

fn image_rule(rule: catalog::ImageRule) -> accounting::ImageRule {
    match rule {
        catalog::ImageRule::Tiles { base, tile } => accounting::ImageRule::Tiles { base, tile },
        catalog::ImageRule::Patches { factor, chat } => accounting::ImageRule::Patches { factor, chat },
    }
}

/// Returns the range of the output: from 0 to the maximum that the request allows, or else that the model and its
/// context window leave. The expected output is at most the request's own limit.
fn output(
    model: &Model,
    request: &Request,
    input: &TokenCount,
    terms: &Terms,
    warnings: &mut Vec<Warning>,
) -> ValueRange<u64> {
    if model.kind() == Kind::Embedding {
        return ValueRange { min: 0, expected: Some(0), max: Some(0) };
    }
    let asked = request.output_limit().map(|limit| limit.tokens.saturating_mul(request.choices()));
    let max = asked.or_else(|| most_output(model, request, input));
    let mut expected = terms.output_tokens;
    if let (Some(tokens), Some(most), Some(limit)) = (expected, asked, request.output_limit())
        && tokens > most
    {
        let (tokens, most_shown) = (grouped(tokens), grouped(most));
        let message =
            format!("the expected output of {tokens} tokens exceeds this limit; {most_shown} tokens are used instead");
        warnings.push(Warning::new(limit.field, message));
        expected = Some(most);
    }
    ValueRange { min: 0, expected, max }
}

/// Returns the maximum output of a request that sets no limit: each answer has what its prompt leaves of the context
/// window.
fn most_output(model: &Model, request: &Request, input: &TokenCount) -> Option<u64> {
    let least = Windows::new(request, input, input.min());
    let left = |tokens: u64| {
        let left = window(model, tokens).map(|context| context.saturating_sub(tokens));
        [left, model.max_output()].into_iter().flatten().min()
    };
    if least.windows == 1 {
        return Some(left(least.all)?.saturating_mul(request.choices()));
    }
    let answers = request.choices() / least.windows.max(1);
    let of_prompts = input.breakdown().iter().map(|share| left(share.tokens));
    Some(of_prompts.sum::<Option<u64>>()?.saturating_mul(answers))
}

/// Returns warnings about the model: its release, its shutdown, and the note of its row.
fn remarks(model: &Model, tier: Tier, day: Date) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |message| warnings.push(Warning::new("", message));
    let name = model.name();
    if let Some(released) = model.released().filter(|released| *released > day) {
        warn(format!("{name} was released on {released}, after {day}"));
    }
    if let Some(notice) = model.shutdown_notice(day) {
        warn(notice);
    }
    for note in model.note().into_iter().flat_map(|note| note.split("; ")).filter(|note| applies_to(note, tier)) {
        warn(format!("{name}: {note}"));
    }
    warnings
}

/// Returns whether a sentence of a model's note applies to a tier: those that begin with names of tiers, such as
/// `batch, flex: …`, apply to these alone.
fn applies_to(note: &str, tier: Tier) -> bool {
    let Some((tiers, _)) = note.split_once(": ") else { return true };
    let tiers: Option<Vec<Tier>> = tiers
        .split([',', ' '])
        .filter(|word| !word.is_empty() && *word != "and")
        .map(|name| name.parse().ok())
        .collect();
    tiers.is_none_or(|tiers| tiers.is_empty() || tiers.contains(&tier))
}

/// Returns the warning that a model refuses the field that limits the output: the o-series takes
/// `max_completion_tokens` alone.
fn refused_limit(model: &Model, request: &Request, day: Date) -> Option<Warning> {
    let is_o_series = matches!(model.family(day)?, Family::O1 | Family::O4Mini | Family::O1Preview);
    let limit = request.output_limit().filter(|limit| is_o_series && limit.field == "max_tokens")?;
    Some(Warning::new(limit.field, format!("{} refuses it: set max_completion_tokens instead", model.name())))
}
