//! The evidence for each rule: how often recorded requests agree with it, and the days on which rules changed.

use jiff::civil::Date;

use super::family::{Family, Generation};
use super::images::ImageRule;
use crate::request::ToolChoice;

/// How a rule compares with the billed usage of recorded requests, without those that were evidently edited afterwards.
#[derive(Debug)]
pub(super) struct Evidence {
    /// The cases that depend on the rule.
    pub cases: u32,
    /// The cases in which it gives exactly the billed tokens.
    pub exact: u32,
    /// The projects that recorded them.
    pub projects: u32,
    /// The largest error of the others, in tokens, without the most extreme 0.5%; for a rule with too few cases, the
    /// largest error of similar rules.
    pub error: u64,
}

impl Evidence {
    /// Returns the bound of the error for each use of the rule: 0 if it agrees with at least 99.5% of at least 30 cases
    /// from at least 3 projects, and otherwise its largest error, at least 1.
    pub(super) fn bound(&self) -> u64 {
        let agrees = u64::from(self.exact) * 1000 >= u64::from(self.cases) * 995;
        if agrees && self.cases >= 30 && self.projects >= 3 { 0 } else { self.error.max(1) }
    }
}

/// Until this day, lists of types were certainly shown as unions that repeat the description: 27 of 27 recorded cases.
/// On 2026-08-02 they were shown on one line: 2 of 2. The day of the change is unknown.
pub(super) const LISTS_REPEATED_UNTIL: Date = Date::constant(2026, 3, 15);
pub(super) const LISTS_JOINED_FROM: Date = Date::constant(2026, 5, 1);

/// Until about these days, requiring a call cost 2 tokens: with o200k_base, and with cl100k_base.
pub(super) const REQUIRED_COST_UNTIL_O200K: Date = Date::constant(2024, 10, 16);
pub(super) const REQUIRED_COST_UNTIL_CL100K: Date = Date::constant(2024, 11, 12);

/// Until about this day, results of parallel calls were shown with escapes for non-ASCII characters: 25 of 26 recorded
/// cases up to 2026-03-03. From 2026-03-12 on they are shown unescaped: 13 of 13.
pub(super) const RESULTS_ESCAPED_UNTIL: Date = Date::constant(2026, 3, 8);

/// Until about this day, requests with images had no separate message for what is put before the others: 16 of 16
/// recorded cases up to 2025-06, from 4 projects; 2 of 2 from 2025-07-18 on have one.
pub(super) const BESIDE_IMAGES_UNTIL: Date = Date::constant(2025, 7, 1);

/// The day of the first recording with the hidden text of the Responses API's first month; the API was announced on the
/// day after.
pub(super) const LAUNCH_FROM: Date = Date::constant(2025, 3, 10);

/// The end of the first month of the Responses API.
pub(super) const LAUNCH_UNTIL: Date = Date::constant(2025, 4, 1);

/// Between these days, the Responses API divided the billed input by the number of parallel calls in the reply: 12 of
/// 12 recorded cases with up to 4 calls. That number is unknown before the reply.
pub(super) const DIVIDED_FROM: Date = Date::constant(2025, 9, 1);
pub(super) const DIVIDED_UNTIL: Date = Date::constant(2026, 2, 10);

/// Until about this day, Chat Completions billed images to gpt-5.4 one token more: 9 of 9 recorded cases of 2026-04,
/// and none of 2026-05-29 and later.
pub(super) const ONE_MORE_UNTIL: Date = Date::constant(2026, 5, 1);

// The evidence below is for the rules on tools, calls, schemas and images, counted on the recordings of 2023-04 to
// 2026-08 that contain no other estimate. The error is that of 99.5% of the cases; the few beyond it look edited or are
// unexplained.

/// Hidden text of the first month: 18, 21 and 216 tokens. Some requests that are dated in that month were billed
/// without it.
pub(super) const LAUNCH: Evidence = Evidence { cases: 24, exact: 17, projects: 3, error: 18 };

/// The name of the schema, repeated for each past answer.
pub(super) const SCHEMA_TURNS: Evidence = Evidence { cases: 24, exact: 23, projects: 4, error: 1 };

pub(super) const CALLS_WITH_TEXT: Evidence = Evidence { cases: 4, exact: 4, projects: 3, error: 2 };

/// `function_call` and the role `function`, of 2023.
pub(super) const FUNCTIONS: Evidence = Evidence { cases: 7, exact: 7, projects: 2, error: 2 };

pub(super) const TOOLS_2023: Evidence = Evidence { cases: 124, exact: 117, projects: 7, error: 1 };
const TOOLS_TURBO: Evidence = Evidence { cases: 1_217, exact: 1_190, projects: 26, error: 4 };
const TOOLS_GPT_5: Evidence = Evidence { cases: 372, exact: 371, projects: 7, error: 0 };
const TOOLS_REASONING: Evidence = Evidence { cases: 17, exact: 17, projects: 2, error: 1 };

/// With unions or references in a schema.
const UNIONS_GPT_5: Evidence = Evidence { cases: 6, exact: 5, projects: 3, error: 7 };

pub(super) fn tools(generation: Generation, has_unions: bool) -> &'static Evidence {
    match generation {
        Generation::Of2023 => &TOOLS_2023,
        Generation::Gpt5 if has_unions => &UNIONS_GPT_5,
        Generation::Gpt5 => &TOOLS_GPT_5,
        Generation::Reasoning => &TOOLS_REASONING,
        Generation::Turbo | Generation::Search => &TOOLS_TURBO,
    }
}

/// The cases of Turbo do not include the twelve whose input was divided, nor those that look edited.
const RESPONSES_TOOLS_TURBO: Evidence = Evidence { cases: 305, exact: 296, projects: 14, error: 3 };

/// gpt-5 to gpt-5.3: on some days, the server billed 3 tokens more for the same requests; four more cases have a
/// divided input.
const RESPONSES_TOOLS_GPT_5: Evidence = Evidence { cases: 229, exact: 208, projects: 11, error: 3 };
const RESPONSES_TOOLS_GPT_54: Evidence = Evidence { cases: 265, exact: 264, projects: 7, error: 0 };
const RESPONSES_TOOLS_REASONING: Evidence = Evidence { cases: 14, exact: 14, projects: 2, error: 1 };

pub(super) fn responses_tools(family: Family, has_unions: bool) -> &'static Evidence {
    match family.generation() {
        Generation::Gpt5 if has_unions => &UNIONS_GPT_5,
        Generation::Gpt5 if family.is_gpt_54_or_later() => &RESPONSES_TOOLS_GPT_54,
        Generation::Gpt5 => &RESPONSES_TOOLS_GPT_5,
        Generation::Reasoning => &RESPONSES_TOOLS_REASONING,
        _ => &RESPONSES_TOOLS_TURBO,
    }
}

/// Eight of the twelve misses are one project's requests of one day, billed 6 tokens more.
const SCHEMA_TURBO: Evidence = Evidence { cases: 301, exact: 289, projects: 12, error: 6 };
const SCHEMA_LATER: Evidence = Evidence { cases: 53, exact: 52, projects: 5, error: 1 };

pub(super) fn schema(generation: Generation) -> &'static Evidence {
    if generation == Generation::Turbo { &SCHEMA_TURBO } else { &SCHEMA_LATER }
}

/// Two schemas whose last key is `$defs` were billed one token less.
const RESPONSES_SCHEMA_TURBO: Evidence = Evidence { cases: 67, exact: 63, projects: 10, error: 1 };
const RESPONSES_SCHEMA_LATER: Evidence = Evidence { cases: 76, exact: 76, projects: 5, error: 0 };

pub(super) fn responses_schema(generation: Generation) -> &'static Evidence {
    if generation == Generation::Turbo { &RESPONSES_SCHEMA_TURBO } else { &RESPONSES_SCHEMA_LATER }
}

/// Without the cases whose tools are miscounted, or that have an image in a result.
const ONE_CALL_TURBO: Evidence = Evidence { cases: 540, exact: 538, projects: 16, error: 0 };
const ONE_CALL_GPT_5: Evidence = Evidence { cases: 214, exact: 214, projects: 7, error: 0 };
const ONE_CALL_REASONING: Evidence = Evidence { cases: 6, exact: 6, projects: 2, error: 6 };
const PARALLEL_CALLS: Evidence = Evidence { cases: 126, exact: 124, projects: 13, error: 3 };

pub(super) fn calls(generation: Generation, calls: usize) -> &'static Evidence {
    match generation {
        _ if calls > 1 => &PARALLEL_CALLS,
        Generation::Reasoning => &ONE_CALL_REASONING,
        Generation::Gpt5 => &ONE_CALL_GPT_5,
        _ => &ONE_CALL_TURBO,
    }
}

/// Calls without ids, and without reasoning before them.
pub(super) const RESPONSES_CALLS: Evidence = Evidence { cases: 148, exact: 148, projects: 6, error: 0 };

/// The tokens that an id adds depend on how the server stored the call, which the request does not show.
pub(super) const STORED_CALLS: Evidence = Evidence { cases: 54, exact: 50, projects: 6, error: 3 };

pub(super) const CALLS_AT_ONCE: Evidence = Evidence { cases: 3, exact: 3, projects: 1, error: 3 };

/// `parallel_tool_calls: false` with tools on gpt-5 in the Responses API.
pub(super) const ONE_CALL: Evidence = Evidence { cases: 6, exact: 2, projects: 1, error: 5 };

const NAMED: Evidence = Evidence { cases: 235, exact: 225, projects: 12, error: 1 };
const REQUIRED: Evidence = Evidence { cases: 72, exact: 71, projects: 11, error: 2 };
const NONE: Evidence = Evidence { cases: 19, exact: 19, projects: 4, error: 1 };

pub(super) fn choice(choice: &ToolChoice) -> &'static Evidence {
    match choice {
        ToolChoice::Named(_) => &NAMED,
        ToolChoice::Required => &REQUIRED,
        ToolChoice::None | ToolChoice::Auto => &NONE,
    }
}

/// Only the choice of one tool costs tokens: by its name, or by requiring the only one.
pub(super) const RESPONSES_NAMED: Evidence = Evidence { cases: 19, exact: 19, projects: 6, error: 1 };

/// Tiles: without recordings whose image was evidently inserted later. Patches: since 2026, some models bill one token
/// less.
const TILES: Evidence = Evidence { cases: 128, exact: 127, projects: 12, error: 1 };
const PATCHES: Evidence = Evidence { cases: 140, exact: 118, projects: 8, error: 1 };

/// In requests with images, calls cost two tokens more in the Responses API with gpt-5.
pub(super) const CALLS_BESIDE_IMAGES: Evidence = Evidence { cases: 9, exact: 8, projects: 3, error: 3 };

/// The tool `web_search_preview` with the models of Turbo, whether it searches or not: its results are not billed as
/// input. The misses were required to call it, and were billed 2, 4 and 8 tokens more.
pub(super) const WEB_SEARCH_PREVIEW: Evidence = Evidence { cases: 20, exact: 17, projects: 6, error: 8 };

/// The prompt of `POST /v1/responses/compact`, with gpt-4o, gpt-4o-mini and gpt-4.1.
pub(super) const COMPACT: Evidence = Evidence { cases: 8, exact: 8, projects: 2, error: 2 };

/// Tools that are called with free text. A required choice costs up to two tokens more, the form of the grammar up to
/// three.
pub(super) const CUSTOM_TOOLS: Evidence = Evidence { cases: 12, exact: 4, projects: 3, error: 4 };

pub(super) const CUSTOM_CALLS: Evidence = Evidence { cases: 3, exact: 1, projects: 1, error: 5 };

/// The tool `apply_patch`, with gpt-5.1 and gpt-5.4.
pub(super) const APPLY_PATCH: Evidence = Evidence { cases: 9, exact: 9, projects: 2, error: 2 };

pub(super) fn image_bound(rule: ImageRule) -> u64 {
    match rule {
        ImageRule::Tiles { .. } => TILES.bound(),
        ImageRule::Patches { .. } => PATCHES.bound(),
    }
}
