//! Token counts: what the API bills for the input of a request, by the rules of a model's family.

mod built_in;
mod chat;
mod evidence;
mod family;
mod features;
mod images;
mod json_text;
mod media;
mod repeated;
mod responses;
mod schema_text;
mod schema_text_2023;
mod section;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::iter::Sum;

use jiff::civil::Date;

pub use self::evidence::{Class, Evidence, Feature, bound};
pub(crate) use self::evidence::{DIVIDED_FROM, DIVIDED_UNTIL, evidence};
pub use self::family::Family;
pub(crate) use self::images::ImageRule;
use self::section::Section;
use crate::encoding::Encoding;
use crate::json::Value;
use crate::money::grouped;
use crate::names::names;
use crate::request::{Api, Input, Part, Prompt, Request, Tool, Uncounted, Warning};

/// The number of tokens that the API bills for a request's input, and how certain it is.
///
/// The true number lies between [`TokenCount::min`] and [`TokenCount::max`]; if something was not counted, there is no
/// maximum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenCount {
    tokens: u64,
    /// By how many tokens the true number can be lower.
    fewer: u64,
    /// By how many tokens it can be higher, beside what was not counted.
    more: u64,
    /// How many of the tokens are audio, and the bound of their error.
    audio: u64,
    audio_bound: u64,
    breakdown: Vec<Component>,
    features: Vec<Feature>,
    uncounted: Vec<Uncounted>,
    notes: Vec<Warning>,
}

/// A component of a request's input, and its tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Component {
    /// The kind of the component.
    pub kind: ComponentKind,
    /// Its JSON path, such as `messages[3]`; empty for what is not in the request.
    pub path: String,
    /// Its tokens.
    pub tokens: u64,
    /// The bound of what the component itself leaves open, up or down, such as the size of an image. That of its rules is
    /// in [`TokenCount::features`].
    pub bound: u64,
}

names! {
    /// The kind of a component of the input.
    pub enum ComponentKind {
        /// Tokens that are not in the request, such as those that open the answer.
        Framing = "framing",
        /// A message, with its frame, its name and its text.
        Message = "message",
        /// An image.
        Image = "image",
        /// Audio, with its frame.
        Audio = "audio",
        /// A file, with its frame.
        File = "file",
        /// Tool calls, with their frame.
        Calls = "calls",
        /// The result of a tool call.
        Result = "result",
        /// A reasoning item.
        Reasoning = "reasoning",
        /// A conversation that the server compacted.
        Compaction = "compaction",
        /// The definition of a tool.
        Tool = "tool",
        /// The frame of the tool definitions, and the tool choice.
        Tools = "tools",
        /// The schema of the answer.
        Schema = "schema",
        /// A prompt, which has no frame.
        Prompt = "prompt",
        /// The value of a placeholder in a template, by its given size.
        Value = "value",
    }
}

names! {
    /// How certain a count is.
    pub enum Label {
        /// The number that the API bills: recorded requests prove the rule of each of its features (see
        /// [`Feature::is_proved`]).
        Exact = "exact",
        /// A number with a minimum and a maximum, from the errors of the rules on recorded requests, or from what is
        /// unknown of a component.
        Estimate = "estimate",
        /// Fewer tokens than the API bills, since something was not counted.
        AtLeast = "at_least",
        /// Nothing of the request was counted.
        NotCounted = "not_counted",
    }
}

impl TokenCount {
    /// Returns the exact count of a text that an encoding alone decides.
    pub fn exact(tokens: u64) -> TokenCount {
        TokenCount { tokens, ..TokenCount::new(Vec::new()) }
    }

    /// Returns the number of tokens of all that was counted.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// Returns how certain the number is.
    pub fn label(&self) -> Label {
        match (self.uncounted.is_empty(), self.tokens, self.fewer.max(self.more)) {
            (false, 0, _) => Label::NotCounted,
            (false, ..) => Label::AtLeast,
            (true, _, 0) => Label::Exact,
            (true, ..) => Label::Estimate,
        }
    }

    /// Returns the fewest tokens that the API can bill; at least 1 if anything was counted.
    pub fn min(&self) -> u64 {
        self.tokens.saturating_sub(self.fewer).max(u64::from(self.tokens > 0))
    }

    /// Returns the most tokens that the API can bill, or `None` if something was not counted.
    pub fn max(&self) -> Option<u64> {
        self.uncounted.is_empty().then(|| self.tokens.saturating_add(self.more))
    }

    /// Returns how many of the tokens are audio, which has a price of its own.
    pub fn audio_tokens(&self) -> u64 {
        self.audio
    }

    /// Returns the fewest and the most tokens of the audio that was counted.
    pub(crate) fn audio_range(&self) -> (u64, u64) {
        (self.audio.saturating_sub(self.audio_bound), self.audio.saturating_add(self.audio_bound))
    }

    /// Returns notes on the count, such as which component is only a range.
    pub fn notes(&self) -> &[Warning] {
        &self.notes
    }

    /// Returns what was not counted, with its place and the reason.
    pub fn uncounted(&self) -> &[Uncounted] {
        &self.uncounted
    }

    /// Returns the components of the input, in the order of the request; they add up to the count. A sum of counts has
    /// none.
    pub fn breakdown(&self) -> &[Component] {
        &self.breakdown
    }

    /// Returns the features of the request, whose evidence decides how certain the count is. A sum of counts has none.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// Returns the features that keep the count from being exact.
    pub fn unproved(&self) -> impl Iterator<Item = &Feature> {
        self.features.iter().filter(|feature| !feature.is_proved())
    }

    /// Returns the count of the given number of identical requests, without a breakdown.
    pub fn times(&self, requests: u64) -> TokenCount {
        TokenCount {
            tokens: self.tokens.saturating_mul(requests),
            fewer: self.fewer.saturating_mul(requests),
            more: self.more.saturating_mul(requests),
            audio: self.audio.saturating_mul(requests),
            audio_bound: self.audio_bound.saturating_mul(requests),
            breakdown: Vec::new(),
            features: Vec::new(),
            uncounted: self.uncounted.clone(),
            notes: self.notes.clone(),
        }
    }

    fn new(uncounted: Vec<Uncounted>) -> TokenCount {
        let (breakdown, features, notes) = (Vec::new(), Vec::new(), Vec::new());
        let (tokens, fewer, more, audio, audio_bound) = (0, 0, 0, 0, 0);
        TokenCount { tokens, fewer, more, audio, audio_bound, breakdown, features, uncounted, notes }
    }

    fn add(&mut self, tokens: u64, bound: u64) {
        self.add_between(tokens, bound, bound);
    }

    /// Adds tokens whose true number can be lower by `fewer` or higher by `more`.
    fn add_between(&mut self, tokens: u64, fewer: u64, more: u64) {
        self.tokens = self.tokens.saturating_add(tokens);
        self.fewer = self.fewer.saturating_add(fewer);
        self.more = self.more.saturating_add(more);
    }
}

/// Adds the tokens and their bounds; the sum has the weakest label of all counts, and that of no counts is exact. It has no
/// notes, and of what is not counted only the first.
impl Sum for TokenCount {
    fn sum<I: Iterator<Item = TokenCount>>(counts: I) -> TokenCount {
        let mut sum = TokenCount::new(Vec::new());
        for count in counts {
            sum.add_between(count.tokens, count.fewer, count.more);
            sum.audio = sum.audio.saturating_add(count.audio);
            sum.audio_bound = sum.audio_bound.saturating_add(count.audio_bound);
            if sum.uncounted.is_empty() {
                sum.uncounted.extend(count.uncounted.into_iter().next());
            }
        }
        sum
    }
}

/// What the count of a request depends on, beside the request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Counting {
    pub(crate) encoding: Encoding,
    pub(crate) family: Family,
    /// How images are billed, if that is known.
    pub(crate) image: Option<ImageRule>,
    pub(crate) day: Date,
    /// Whether each feature states what is in question, as calibration needs; else those alone that no recording has.
    pub(crate) is_thorough: bool,
}

/// Counts the input of a request to a chat model. Plain text is one user message.
pub(crate) fn count_chat(request: &Request, counting: Counting) -> TokenCount {
    let mut count = match request.api {
        Some(Api::Responses | Api::Compact) => responses::count(request, counting),
        _ => chat::count(request, counting),
    };
    count.placeholders(request, counting.encoding);
    count
}

/// Counts prompts, which the model reads without a frame; `None` for a conversation.
pub(crate) fn count_prompts(
    request: &Request,
    encoding: Encoding,
    is_embedding: bool,
    is_thorough: bool,
) -> Option<TokenCount> {
    let text = |text: &String| vec![Prompt { text: Some(text.clone()), tokens: 0, path: String::new() }];
    let prompts = match &request.input {
        Input::Text(prompt) => text(prompt),
        Input::Prompts(prompts) => prompts.clone(),
        Input::Conversation(_) => return None,
    };
    let mut count = TokenCount::new(request.uncounted.clone());
    // An empty text is embedded as one token: 2 of 2 recorded cases.
    let least = u64::from(is_embedding);
    // The suffix is billed with each prompt: 1 of 1 recorded cases.
    let suffix = request.suffix.as_ref().map_or(0, |suffix| repeated::count(encoding, suffix));
    for prompt in prompts {
        let tokens = prompt.text.as_ref().map_or(prompt.tokens, |text| repeated::count(encoding, text));
        count.component(ComponentKind::Prompt, &prompt.path, tokens.max(least).saturating_add(suffix), 0);
    }
    let class = Class { api: if is_embedding { "embeddings" } else { "completions" }, family: encoding.as_str() };
    let mut features = BTreeMap::from([(Cow::Borrowed("a prompt"), 1)]);
    for field in &request.unproven {
        *features.entry(field.feature.into()).or_default() += field.length as u64;
    }
    count.weigh(features, class, is_thorough);
    count.placeholders(request, encoding);
    Some(count)
}

impl TokenCount {
    /// Adds features, and widens the bound by what the evidence of all features leaves open.
    fn weigh(&mut self, features: BTreeMap<Cow<'static, str>, u64>, class: Class, is_thorough: bool) {
        let feature = |(name, in_question): (Cow<'static, str>, u64)| {
            evidence::weigh(class, name.into_owned(), || in_question, is_thorough)
        };
        self.features.extend(features.into_iter().map(feature));
        if !is_thorough {
            self.add(0, bound(&self.features));
        }
    }

    fn component(&mut self, kind: ComponentKind, path: &str, tokens: u64, bound: u64) {
        self.component_between(kind, path, tokens, bound, bound);
    }

    /// Adds a component whose true number can be lower by `fewer` or higher by `more`.
    fn component_between(&mut self, kind: ComponentKind, path: &str, tokens: u64, fewer: u64, more: u64) {
        self.add_between(tokens, fewer, more);
        self.breakdown.push(Component { kind, path: path.to_owned(), tokens, bound: fewer.max(more) });
    }

    /// Accounts for the placeholders of a template: the texts around a placeholder can have fewer tokens with a value
    /// between them, and the value's own tokens are known if its size is given.
    fn placeholders(&mut self, request: &Request, encoding: Encoding) {
        /// The bound of the error of a value's count beside other text: 300,000 random templates and values needed 2.
        const VALUE_BOUND: u64 = 3;
        let borders: u64 = request.placeholders.borders.iter().map(|border| encoding.count(border) as u64).sum();
        let sizes = request.placeholders().iter().filter_map(|placeholder| Some((placeholder, placeholder.tokens?)));
        let values = VALUE_BOUND.saturating_mul(sizes.clone().count() as u64);
        self.add_between(0, borders.saturating_add(values), borders.saturating_add(values));
        for (placeholder, tokens) in sizes {
            self.component(ComponentKind::Value, &placeholder.path, tokens, 0);
        }
        for placeholder in request.placeholders().iter().filter(|placeholder| placeholder.tokens.is_none()) {
            self.not_counted(&placeholder.path, placeholder_in_words(&placeholder.name));
        }
    }

    fn not_counted(&mut self, path: &str, reason: impl Into<String>) {
        self.uncounted.push(Uncounted::new(path, reason));
    }
}

/// A count in progress.
struct Tally {
    counting: Counting,
    api: Option<Api>,
    /// Whether the server stores the request and its response.
    is_stored: bool,
    count: TokenCount,
    /// The features that were met, beside those of schemas, with the tokens in question.
    features: BTreeMap<Cow<'static, str>, u64>,
}

impl Tally {
    fn new(request: &Request, counting: Counting) -> Tally {
        let (api, is_stored) = (request.api, request.is_stored);
        let count = TokenCount::new(request.uncounted.clone());
        let mut tally = Tally { counting, api, is_stored, count, features: BTreeMap::new() };
        for field in &request.unproven {
            tally.met(field.feature, field.length as u64);
        }
        tally
    }

    /// Adds a feature that was met, with the tokens that are in question if its rule is wrong.
    fn met(&mut self, feature: impl Into<Cow<'static, str>>, in_question: u64) {
        let tokens = self.features.entry(feature.into()).or_default();
        *tokens = tokens.saturating_add(in_question);
    }

    /// Returns the class of requests for which evidence is collected: the endpoint, and the family or its like.
    fn class(&self) -> Class {
        let api = match self.api {
            Some(Api::Responses | Api::Compact) => "responses",
            _ => "chat",
        };
        Class { api, family: self.counting.family.class() }
    }

    /// Returns the count, with the bound that its features give it.
    fn finish(mut self) -> TokenCount {
        let class = self.class();
        self.count.weigh(self.features, class, self.counting.is_thorough);
        self.count
    }

    /// Returns the number of tokens of a text.
    fn text_tokens(&self, text: &str) -> u64 {
        repeated::count(self.counting.encoding, text)
    }

    /// Returns the number of tokens of a content's texts, and adds its images, audio and files as components of their
    /// own. Adjacent text parts are one text: 65 of 65 recorded cases with several parts, from 9 projects.
    fn content(&mut self, content: &[Part]) -> u64 {
        let mut tokens = 0;
        for part in content {
            match part {
                Part::Text(text) => tokens += self.text_tokens(text),
                Part::Image(image) => self.image(image),
                Part::Audio(audio) => self.audio(audio),
                Part::File(file) => self.file(file),
                Part::Uncounted => {}
            }
        }
        tokens
    }

    fn image(&mut self, image: &crate::request::Image) {
        let Some(rule) = self.counting.image else {
            return self.count.not_counted(&image.path, "how this model bills images is unknown");
        };
        let more = self.chat_surcharge(rule);
        // A surcharge that was seen for one size may apply to that size alone.
        let bound = if more > 1 { more } else { 0 };
        match images::count(image, rule) {
            Some(tokens) => {
                self.met(rule.feature(image.detail), tokens);
                self.count.component(ComponentKind::Image, &image.path, tokens + more, bound);
            }
            None => {
                self.met("an image of unknown size", 0);
                let (least, most) = images::range(image.detail, rule);
                let (least, most) = (least + more, most + more);
                let above = most.saturating_sub(least).saturating_add(bound);
                self.count.component_between(ComponentKind::Image, &image.path, least, bound, above);
                let (least, most) = (grouped(least), grouped(most));
                let note = format!("an image of unknown size: {least} … {most} tokens");
                self.count.notes.push(Warning { lacks_image_size: true, ..Warning::new(&image.path, note) });
            }
        }
    }

    /// Returns by how many tokens an image costs more in Chat Completions than in Responses.
    fn chat_surcharge(&self, rule: ImageRule) -> u64 {
        match (self.api, rule) {
            (Some(Api::ChatCompletions), ImageRule::Patches { .. })
                if self.counting.family == Family::Gpt54 && self.counting.day < evidence::ONE_MORE_UNTIL =>
            {
                1
            }
            (Some(Api::ChatCompletions), ImageRule::Patches { chat, .. }) => chat,
            _ => 0,
        }
    }

    /// Adds the tools, with a frame of the given number of tokens beside those of their text.
    fn tools(&mut self, tools: &[Tool], shown: &Section, frame: i64) {
        self.count.add_between(0, shown.fewer, shown.more);
        for (tool, tokens) in tools.iter().zip(shown.tools.iter().copied()) {
            if self.api == Some(Api::Responses) && tool.path.ends_with(".function") {
                self.met("a tool that is nested as in Chat Completions", tokens);
            }
            if tool.unknown.iter().any(|(key, value)| key == "defer_loading" && *value == Value::Bool(true)) {
                // It is perhaps not shown at all.
                self.met("a tool that is loaded later", tokens);
            }
            self.count.component(ComponentKind::Tool, &tool.path, tokens, 0);
        }
        let frame = (shown.frame as i64 + frame).max(0) as u64;
        self.met("tools", frame);
        self.count.features.extend(shown.features.iter().cloned());
        self.count.component(ComponentKind::Tools, "tools", frame, 0);
    }
}

/// Returns the text parts of a content, joined.
fn text_of(content: &[Part]) -> String {
    let texts = content.iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// Returns whether a content has any text.
fn has_text(content: &[Part]) -> bool {
    content.iter().any(|part| matches!(part, Part::Text(text) if !text.is_empty()))
}

/// Returns what cannot be counted of a placeholder of this name, in words.
fn placeholder_in_words(name: &str) -> String {
    match name.chars().next() {
        Some('%') => format!("the output of `{{{name} %}}`"),
        Some('#' | '^' | '>') => format!("the output of `{{{{{name}}}}}`"),
        _ => format!("the value of `{name}`"),
    }
}
