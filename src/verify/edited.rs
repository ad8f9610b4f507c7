//! Recordings that were edited after they were made: their usage is no evidence for their request.
//!
//! The rules know only what the API can answer, and no text, file or project.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};

use jiff::civil::Date;

use super::Recording;
use super::recording::Body;
use crate::accounting::{ComponentKind, TokenCount};
use crate::catalog::{Catalog, ImageRule};
use crate::json::Value;
use crate::names::names;
use crate::request::{Api, Image, Input, Item, Part, Request};

names! {
    /// How a recording was evidently edited. If several apply, the first is reported.
    pub enum Edit {
        /// The recording has the field `suspect`.
        Marked = "marked",
        /// The response is older than the model or the endpoint.
        TooOld = "too_old",
        /// The response has ids that the API does not make.
        MadeUpIds = "made_up_ids",
        /// The response names a model of another provider.
        OtherModel = "other_model",
        /// The same response is recorded with requests of different counts.
        SharedResponse = "shared_response",
        /// The billed images are not those of the request.
        OtherImages = "other_images",
        /// All keys of the request are sorted, so the order of the properties in its schemas is lost.
        SortedKeys = "sorted_keys",
    }
}

impl Edit {
    /// Returns the reason in plain English, as a heading.
    pub const fn reason(self) -> &'static str {
        match self {
            Edit::Marked => "marked as suspect",
            Edit::TooOld => "the response is older than the model or the endpoint",
            Edit::MadeUpIds => "the response has ids that the API does not make",
            Edit::OtherModel => "the response names a model of another provider",
            Edit::SharedResponse => "one response for different requests",
            Edit::OtherImages => "the images are not those that were sent",
            Edit::SortedKeys => "the keys of the request were sorted",
        }
    }
}

/// A recording that is in no score.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Edited {
    /// The place of the recording, such as `recorded.jsonl:17`.
    pub place: String,
    /// How it was edited.
    pub edit: Edit,
}

/// Returns whether the response is of another provider's model, such as `moonshotai/kimi-k2`, although OpenAI has the model of
/// the request.
pub(super) fn is_of_other_model(catalog: &Catalog, recording: &Recording) -> Option<Edit> {
    let own = recording.request.as_ref().ok().and_then(Request::model)?;
    let reported = recording.reported_model.as_deref()?;
    let (provider, _) = reported.split_once('/')?;
    let is_other = provider != "openai" && catalog.model(own).is_ok() && catalog.model(reported).is_err();
    is_other.then_some(Edit::OtherModel)
}

/// What shows that a recording was edited, alone or beside others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signs {
    /// How it was edited, if that shows in the recording alone.
    pub(super) edit: Option<Edit>,
    /// The identity of the response.
    pub(super) response: Option<u64>,
    /// The count of the request, if it is one number.
    pub(super) tokens: Option<u64>,
    pub(super) images: Option<OneTile>,
}

/// Returns how each recording was edited.
pub(super) fn settle(signs: &[&Signs]) -> Vec<Option<Edit>> {
    // The least and the greatest count of the requests of each response.
    let mut counts: HashMap<u64, (u64, u64)> = HashMap::new();
    let mut images: BTreeMap<(u64, u64), i64> = BTreeMap::new();
    for sign in signs {
        if let (Some(response), Some(tokens)) = (sign.response, sign.tokens) {
            let (least, most) = counts.entry(response).or_insert((tokens, tokens));
            (*least, *most) = (tokens.min(*least), tokens.max(*most));
        }
        if let Some(one) = &sign.images {
            *images.entry(one.rule).or_default() += if one.is_billed_as_counted { 1 } else { -1 };
        }
    }
    let is_shared = |response: &u64| counts.get(response).is_some_and(|(least, most)| least < most);
    // If most recordings disagree with the rule for images, it is the rule that is wrong.
    let are_others = |one: &OneTile| !one.is_billed_as_counted && images.get(&one.rule).is_some_and(|sum| *sum > 0);
    let settle = |sign: &&Signs| {
        let shared = sign.response.as_ref().is_some_and(is_shared).then_some(Edit::SharedResponse);
        let others = sign.images.as_ref().is_some_and(are_others).then_some(Edit::OtherImages);
        [sign.edit, shared, others].into_iter().flatten().min()
    };
    signs.iter().map(settle).collect()
}

/// Returns the identity of a response: its id, or else its time, model, answer and usage. `None` if it has no id and no
/// answer or time, since it could then equal another one by accident.
pub(super) fn identity(body: &Body<'_, '_>) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    match (body.id, body.created, body.answer) {
        (Some(id), ..) => id.hash(&mut hasher),
        (None, Some(created), Some(answer)) => {
            body.model.hash(&mut hasher);
            [Some(created), Some(answer), body.usage].into_iter().flatten().for_each(|value| hash(value, &mut hasher));
        }
        _ => return None,
    }
    Some(hasher.finish())
}

fn hash(value: &Value<'_>, hasher: &mut DefaultHasher) {
    value.type_with_article().hash(hasher);
    match value {
        Value::Null => {}
        Value::Bool(value) => value.hash(hasher),
        Value::Number(number) => number.hash(hasher),
        Value::String(text) => text.hash(hasher),
        Value::Array(values) => {
            values.len().hash(hasher);
            values.iter().for_each(|value| hash(value, hasher));
        }
        Value::Object(fields) => {
            fields.len().hash(hasher);
            fields.iter().for_each(|(key, value)| {
                key.hash(hasher);
                hash(value, hasher);
            });
        }
    }
}

/// The days on which endpoints opened, by OpenAI's changelog. The first recording of Responses is of the day before its
/// announcement.
const OPENED: [(Api, Date); 2] =
    [(Api::ChatCompletions, Date::constant(2023, 3, 1)), (Api::Responses, Date::constant(2025, 3, 10))];

/// Returns [`Edit::TooOld`] if the response is older than the endpoint, or than the model that the request or the
/// response names.
pub(super) fn too_old(catalog: &Catalog, recording: &Recording) -> Option<Edit> {
    let day = recording.day?;
    let request = recording.request.as_ref().ok();
    let api = request.and_then(Request::api);
    let opened = OPENED.iter().find(|(endpoint, _)| Some(*endpoint) == api).map(|(_, opened)| *opened);
    let models = [request.and_then(Request::model), recording.reported_model.as_deref()];
    let released = models.into_iter().flatten().filter_map(|name| {
        let model = catalog.model(name).ok()?;
        model.resolve(day).ok()?.model.released()
    });
    opened.into_iter().chain(released).any(|first| day < first).then_some(Edit::TooOld)
}

/// The prefixes of the ids that the API makes.
const ID_PREFIXES: [&str; 20] = [
    "apc", "audio", "call", "chatcmpl", "ci", "cmp", "cmpl", "ctc", "cu", "fc", "fs", "ig", "mcp", "mcpl", "mcpr",
    "msg", "resp", "rs", "tsc", "ws",
];

/// The shortest ids after their prefix: those of calls and of Chat Completions have 24 characters and more in all
/// recordings, those of items and responses 32 and more.
const SHORTEST_ID: usize = 16;

/// Returns whether a response has ids that are too short to be the API's, such as `call_1`. The ids in a request prove
/// nothing: clients may choose them.
pub(super) fn has_made_up_ids(id: Option<&str>, answer: Option<&Value<'_>>) -> bool {
    id.is_some_and(is_made_up) || answer.is_some_and(has_made_up_id)
}

fn has_made_up_id(value: &Value<'_>) -> bool {
    match value {
        Value::Array(values) => values.iter().any(has_made_up_id),
        Value::Object(fields) => fields.iter().any(|(key, value)| match value {
            Value::String(id) => matches!(key.as_ref(), "id" | "call_id") && is_made_up(id),
            inner => has_made_up_id(inner),
        }),
        _ => false,
    }
}

fn is_made_up(id: &str) -> bool {
    let parts = id.split_once('_').or_else(|| id.split_once('-'));
    parts.is_some_and(|(prefix, rest)| ID_PREFIXES.contains(&prefix) && rest.len() < SHORTEST_ID)
}

/// The fewest objects of at least [`WIDE`] keys that are sorted in all by no accident.
const WIDE_OBJECTS: usize = 3;
const WIDE: usize = 3;

/// Returns whether all objects of a request with a schema have sorted keys, and an order of properties that can be lost.
pub(super) fn has_sorted_keys(request: &Value<'_>) -> bool {
    let answer = [("response_format", "json_schema"), ("text", "format")];
    let schemas = ["tools", "functions"].into_iter().filter_map(|key| request.get(key));
    let mut schemas = schemas.chain(answer.into_iter().filter_map(|(key, inner)| request.get(key)?.get(inner)));
    let mut wide = 0;
    schemas.any(has_several_properties) && are_sorted(request, &mut wide) && wide >= WIDE_OBJECTS
}

fn has_several_properties(schema: &Value<'_>) -> bool {
    match schema {
        Value::Array(values) => values.iter().any(has_several_properties),
        Value::Object(fields) => fields.iter().any(|(key, value)| {
            matches!(value, Value::Object(properties) if key == "properties" && properties.len() > 1)
                || has_several_properties(value)
        }),
        _ => false,
    }
}

/// Returns whether the keys of all objects are sorted, and counts the wide ones.
fn are_sorted(value: &Value<'_>, wide: &mut usize) -> bool {
    match value {
        Value::Array(values) => values.iter().all(|value| are_sorted(value, wide)),
        Value::Object(fields) => {
            *wide += usize::from(fields.len() >= WIDE);
            fields.is_sorted_by(|(one, _), (next, _)| one <= next)
                && fields.iter().all(|(_, value)| are_sorted(value, wide))
        }
        _ => true,
    }
}

/// A request of messages alone whose images fit into one tile each: their tokens are the same whatever they show.
#[derive(Clone, Copy, Debug)]
pub(super) struct OneTile {
    /// The base and the tile of the model's rule for images.
    rule: (u64, u64),
    is_billed_as_counted: bool,
}

/// The side of a tile in pixels.
const TILE: u32 = 512;

impl OneTile {
    pub(super) fn new(
        catalog: &Catalog,
        recording: &Recording,
        count: &TokenCount,
        model: &str,
        day: Date,
    ) -> Option<OneTile> {
        let ImageRule::Tiles { base, tile } = catalog.model(model).ok()?.resolve(day).ok()?.model.image()? else {
            return None;
        };
        let are_messages =
            |kind| matches!(kind, ComponentKind::Framing | ComponentKind::Message | ComponentKind::Image);
        if count.max().is_none() || !count.breakdown().iter().all(|part| are_messages(part.kind)) {
            return None;
        }
        if !fit_into_tiles(recording.request.as_ref().ok()?) {
            return None;
        }
        let images = count.breakdown().iter().filter(|part| part.kind == ComponentKind::Image);
        let images: u64 = images.map(|part| part.tokens).sum();
        let text = count.tokens() - images;
        let billed = recording.usage.input;
        // A tenth is far less than a tile, and more than what the text can be off by. Some servers do not bill images
        // at all.
        let is_billed_as_counted = billed == text || count.tokens().abs_diff(billed) <= images / 10;
        Some(OneTile { rule: (base, tile), is_billed_as_counted })
    }
}

/// Returns whether the request has images, all of a known size of one tile.
fn fit_into_tiles(request: &Request) -> bool {
    let Input::Conversation(items) = request.input() else { return false };
    let images = items.iter().filter_map(|item| match item {
        Item::Message(message) => Some(&message.content),
        _ => None,
    });
    let mut images = images.flatten().filter_map(|part| match part {
        Part::Image(image) => Some(image),
        _ => None,
    });
    let is_small = |image: &Image| image.size.is_some_and(|size| size.width <= TILE && size.height <= TILE);
    images.next().is_some_and(is_small) && images.all(is_small)
}
