//! Families of models and the rules by which each bills: numbers, with their evidence.

use crate::names::names;

names! {
    /// Models that bill a request by the same rules.
    pub enum Family {
        /// gpt-3.5-turbo-0301 alone, the first chat model.
        Gpt35Turbo0301 = "gpt-3.5-turbo-0301",
        /// The models of 2023: gpt-3.5-turbo-0613, gpt-4-0314, gpt-4-0613, gpt-4-32k.
        Gpt4 = "gpt-4-0613",
        /// From gpt-3.5-turbo-1106 and gpt-4-turbo on: gpt-4o, gpt-4.1, gpt-4.5, gpt-5-chat-latest.
        Gpt4Turbo = "gpt-4-turbo",
        /// gpt-audio, gpt-4o-audio-preview and computer-use-preview, which count like gpt-4o, as far as the few
        /// recorded requests show.
        GptAudio = "gpt-audio",
        /// The reasoning models o1, o3 and o3-mini.
        O1 = "o1",
        /// o4-mini, whose past answers contain the name of their channel, like those of gpt-5.
        O4Mini = "o4-mini",
        /// gpt-5 to gpt-5.3.
        Gpt5 = "gpt-5",
        /// gpt-5.4 to gpt-5.6, which frame calls in another way.
        Gpt54 = "gpt-5.4",
        /// gpt-6 and later models, assumed to count like gpt-5, without a recorded request.
        Gpt6 = "gpt-6",
        /// gpt-4o-search-preview and gpt-4o-mini-search-preview.
        SearchPreview = "search-preview",
        /// o1-preview and o1-mini, which read a hidden text in addition to the request.
        O1Preview = "o1-preview",
        /// The open-weight models, whose messages each server frames in its own way.
        GptOss = "gpt-oss",
    }
}

impl Family {
    /// Returns the family of that name.
    pub const fn from_name(name: &str) -> Option<Family> {
        let mut index = 0;
        while index < Family::ALL.len() {
            if are_equal(Family::ALL[index].as_str(), name) {
                return Some(Family::ALL[index]);
            }
            index += 1;
        }
        None
    }

    /// Returns the rules of the family, or `None` if it bills hidden text in addition to the request.
    pub(super) fn rules(self) -> Option<&'static Rules> {
        match self {
            Family::Gpt35Turbo0301 => Some(&GPT_35_TURBO_0301),
            Family::Gpt4 => Some(&GPT_4),
            Family::Gpt4Turbo => Some(&GPT_4_TURBO),
            Family::GptAudio => Some(&GPT_AUDIO),
            Family::O1 => Some(&O1),
            Family::O4Mini => Some(&O4_MINI),
            Family::Gpt5 | Family::Gpt54 => Some(&GPT_5),
            Family::Gpt6 => Some(&GPT_6),
            Family::SearchPreview => Some(&SEARCH_PREVIEW),
            Family::O1Preview | Family::GptOss => None,
        }
    }

    /// Returns the generation, which decides how tools, calls and schemas are shown.
    pub(super) fn generation(self) -> Generation {
        match self {
            Family::Gpt35Turbo0301 | Family::Gpt4 => Generation::Of2023,
            Family::Gpt4Turbo | Family::GptAudio => Generation::Turbo,
            Family::O1 | Family::O4Mini | Family::O1Preview => Generation::Reasoning,
            Family::Gpt5 | Family::Gpt54 | Family::Gpt6 | Family::GptOss => Generation::Gpt5,
            Family::SearchPreview => Generation::Search,
        }
    }

    /// Returns the name of the class in which evidence is collected: the family, or several that are alike.
    pub(super) fn class(self) -> &'static str {
        match self {
            Family::O1 | Family::O4Mini => "o-series",
            other => other.as_str(),
        }
    }

    /// Returns the number of tokens that frame a call and its result in the Responses API, beside those of its name:
    /// 148 of 148 recorded cases with calls that have no ids.
    pub(super) fn call_frame(self) -> u64 {
        match self.generation() {
            _ if self.is_gpt_54_or_later() => 20,
            Generation::Gpt5 | Generation::Reasoning => 17,
            _ => 11,
        }
    }

    /// Returns whether the Responses API shows calls as it does since gpt-5.4: several of one step as one.
    pub(super) fn is_gpt_54_or_later(self) -> bool {
        matches!(self, Family::Gpt54 | Family::Gpt6)
    }

    /// Returns the number of tokens that frame the text of the tools in the Responses API.
    pub(super) fn responses_tools_frame(self) -> i64 {
        match self.generation() {
            Generation::Gpt5 => 9,
            Generation::Reasoning => 6,
            _ => 3,
        }
    }
}

/// Families that show tools, calls and schemas in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generation {
    Of2023,
    Turbo,
    Reasoning,
    Gpt5,
    /// Shows nothing but text.
    Search,
}

const fn are_equal(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut index = 0;
    while index < one.len() && index < other.len() && one[index] == other[index] {
        index += 1;
    }
    index == one.len() && index == other.len()
}

/// How a family bills the framing of messages.
#[derive(Debug)]
pub(super) struct Rules {
    /// The tokens that open the answer, once for each request.
    pub reply: u64,
    /// The frame of each message: `<|im_start|>`, the role, a line break, `<|im_end|>` in the models of 2023.
    pub message: u64,
    /// Added for each past answer that has text: the name of its channel.
    pub past_answer: u64,
    /// Added for a message's name, beside the name's own tokens. Can be negative.
    pub name: i64,
    /// The frame of the tools' text in Chat Completions, beside [`Rules::appendix`].
    pub tools: i64,
    /// The name of the channel of a past call.
    pub call_channel: u64,
    /// The frame of an appendix that is a message of its own, without a system message.
    pub alone: i64,
    /// The frame of an appendix to the system message.
    pub after_system: i64,
    /// Added to the frame if there are tools.
    pub with_tools: i64,
}

impl Rules {
    /// Returns the frame of what is appended to the system message. `join` is the change of the count where its end
    /// merges with the appendix; `None` without a system message.
    pub(super) fn appendix(&self, join: Option<i64>, has_tools: bool) -> i64 {
        let frame = join.map_or(self.alone, |join| self.after_system + join);
        frame + if has_tools { self.with_tools } else { 0 }
    }
}

/// The one miss is a request of April 2023, billed one token less.
const GPT_35_TURBO_0301: Rules = Rules {
    reply: 3,
    message: 5,
    past_answer: 0,
    name: -1,
    tools: 5,
    call_channel: 0,
    alone: 4,
    after_system: 1,
    with_tools: 0,
};

const GPT_4: Rules = Rules {
    reply: 3,
    message: 4,
    past_answer: 0,
    name: 1,
    tools: 5,
    call_channel: 0,
    alone: 4,
    after_system: 1,
    with_tools: 0,
};

const GPT_4_TURBO: Rules = Rules {
    reply: 3,
    message: 4,
    past_answer: 0,
    name: 1,
    tools: 5,
    call_channel: 0,
    alone: 4,
    after_system: 1,
    with_tools: 0,
};

/// Text alone, without tools; the two misses were billed one token less. With tools, the choice `required` costs 2 or 3
/// more than elsewhere, and the choice `none` 4: that is within the bounds of tools and choices together with this one.
const GPT_AUDIO: Rules = Rules { ..GPT_4_TURBO };

/// Past answers were recorded with o3-mini alone, which adds nothing; o4-mini adds 2.
const O1: Rules = Rules {
    reply: 2,
    message: 4,
    past_answer: 0,
    name: 1,
    tools: 6,
    call_channel: 0,
    alone: 4,
    after_system: 4,
    with_tools: 0,
};

const O4_MINI: Rules = Rules {
    reply: 2,
    message: 4,
    past_answer: 2,
    name: 1,
    tools: 6,
    call_channel: 6,
    alone: 4,
    after_system: 4,
    with_tools: 0,
};

const GPT_5: Rules = Rules {
    reply: 2,
    message: 4,
    past_answer: 2,
    name: 1,
    tools: 86,
    call_channel: 6,
    alone: 4,
    after_system: 4,
    with_tools: 1,
};

/// No request to a gpt-6 model is recorded. The rules are those of gpt-5, and the bound is all that they add, so it
/// covers entirely different framing. It does not cover another tokenizer, of which the note in the price table warns.
const GPT_6: Rules = Rules { ..GPT_5 };

/// The text alone is billed. All cases agree, and all have one message; the frame of other models would be 4.
const SEARCH_PREVIEW: Rules = Rules {
    reply: 0,
    message: 0,
    past_answer: 0,
    name: 1,
    tools: 5,
    call_channel: 0,
    alone: 4,
    after_system: 1,
    with_tools: 0,
};
