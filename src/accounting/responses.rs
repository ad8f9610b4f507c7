//! Counts the input of a request as the Responses API bills it: messages as in Chat Completions, tools and schemas as
//! sections of their own, calls and results one by one.

use super::chat::tool_uses;
use super::evidence;
use super::family::{Generation, Rules};
use super::json_text::{self, COMPACT_UNICODE};
use super::{ComponentKind, Counting, Tally, TokenCount, chat};
use crate::request::{
    Api, Call, CallResult, Compaction, Input, Item, Message, Part, Reasoning, Request, Role, ToolChoice,
};

/// Counts a request.
pub(super) fn count(request: &Request, counting: Counting) -> TokenCount {
    let Input::Conversation(items) = &request.input else { return chat::count(request, counting) };
    let Some(rules) = counting.family.rules().filter(|_| counting.family.generation() != Generation::Search) else {
        return chat::count(request, counting);
    };
    let mut tally = Tally::new(request, counting);
    tally.framing(rules, request);
    tally.items(rules, request, items);
    tally.sections(request);
    tally.built_in(request);
    tally.widen_bounds(request, items);
    tally.finish()
}

/// The tokens that an id adds to a call, or not: that depends on how the server stored it, which the request does not
/// show.
const STORED_CALL: u64 = 3;

impl Tally {
    fn framing(&mut self, rules: &Rules, request: &Request) {
        // gpt-4-0613 opens the answer with one token less than in Chat Completions: 2 of 2 recorded cases.
        let reply = if self.counting.family.generation() == Generation::Of2023 { 2 } else { rules.reply };
        self.count.component(ComponentKind::Framing, "", reply, 0);
        if self.is_launch() {
            // In the API's first month, hidden text was billed; with tools, that of the tool for parallel calls, too.
            let hidden = match (request.tools.is_empty(), request.parallel_calls) {
                // The API did not exist before this day.
                _ if self.counting.day < evidence::LAUNCH_FROM => 0,
                (true, _) => 18,
                (false, true) => 216,
                (false, false) => 21,
            };
            self.count.component(ComponentKind::Framing, "", hidden, 0);
        }
        if self.counting.family.generation() == Generation::Turbo && self.counting.day < evidence::SETTLED_FROM {
            self.met("the first weeks of the Responses API", 216);
        }
        if request.api == Some(Api::Compact) {
            // The prompt that asks the model to compact the conversation.
            self.met("the prompt for compaction", 93);
            self.count.component(ComponentKind::Framing, "", 93, 0);
        }
    }

    fn is_launch(&self) -> bool {
        self.counting.family.generation() == Generation::Turbo && self.counting.day < evidence::LAUNCH_UNTIL
    }

    fn items(&mut self, rules: &Rules, request: &Request, items: &[Item]) {
        let is_question = |item: &Item| matches!(item, Item::Message(message) if message.role == Role::User);
        let turn = items.iter().rposition(is_question).unwrap_or(0);
        let mut index = 0;
        if let Some(last) = items.iter().rposition(|item| matches!(item, Item::Compaction(_))) {
            self.before_compaction(rules, &items[..last]);
            index = last;
        }
        while let Some(item) = items.get(index) {
            index += 1;
            match item {
                Item::Message(message) => {
                    if index >= 2 && is_answer(item) && is_answer(&items[index - 2]) {
                        self.met("past answers in a row", 6);
                    }
                    self.entry(rules, message);
                }
                // The model is shown its reasoning until the next user message.
                Item::Reasoning(reasoning) if index <= turn && !request.all_reasoning => {
                    let tokens = self.reasoning_tokens(reasoning).unwrap_or(8);
                    self.met("reasoning of an earlier turn", tokens);
                }
                Item::Reasoning(reasoning) => self.reasoning(reasoning),
                Item::Compaction(compaction) => self.compaction(compaction),
                Item::Result(result) => self.result(result),
                Item::Call(call) => {
                    let run: Vec<&Call> = items[index - 1..].iter().map_while(as_call).collect();
                    if self.counting.family.is_gpt_54_or_later() && run.len() > 1 {
                        index += run.len() - 1;
                        self.calls_at_once(&run);
                        continue;
                    }
                    let beside = index >= 2 && as_call(&items[index - 2]).is_some() || run.len() > 1;
                    self.call(call, beside);
                }
            }
        }
    }

    /// Counts the messages that a compaction does not replace: those that the model did not write. Those that it wrote
    /// only widen the bound: in 2 of 3 recorded cases they were not billed, and in the third, which the server had
    /// compacted on its own, some were.
    fn before_compaction(&mut self, rules: &Rules, items: &[Item]) {
        for item in items {
            match item {
                Item::Message(message) if message.role == Role::Assistant => {
                    let tokens = self.content(&message.content);
                    self.count.add(0, tokens + rules.message);
                }
                Item::Message(message) => self.entry(rules, message),
                _ => {}
            }
        }
    }

    fn entry(&mut self, rules: &Rules, message: &Message) {
        // A message with an empty list of parts is not billed: 16 of 16 recorded cases, of one project.
        if message.content.is_empty() {
            self.met("a message with an empty list of parts", rules.message);
            return;
        }
        let mut tokens = rules.message + self.content(&message.content);
        self.met("messages", 4);
        if message.role == Role::Assistant {
            tokens += rules.past_answer;
            self.met("a past answer", 2);
        }
        // A message of images alone costs one token more if images are billed by patches: 13 recorded cases of 2
        // projects.
        let only_images =
            !message.content.is_empty() && message.content.iter().all(|part| matches!(part, Part::Image(_)));
        if only_images && matches!(self.counting.image, Some(super::ImageRule::Patches { .. })) {
            tokens += 1;
            self.met("a message of images alone", 1);
        }
        self.count.component(ComponentKind::Message, &message.path, tokens, 0);
    }

    fn call(&mut self, call: &Call, beside_another: bool) {
        let arguments = match self.counting.family.is_gpt_54_or_later() {
            // Written again, without spaces.
            true => {
                let shown = self.arguments(call);
                self.text_tokens(&shown)
            }
            false => self.text_tokens(&call.arguments),
        };
        let mut tokens =
            self.counting.family.call_frame() + 2 * self.text_tokens(&format!(".{}", call.name)) + arguments;
        self.met("a call", 20);
        let (mut fewer, mut more) = (0, 0);
        // A call stored on the server costs 3 tokens more, unless it was made in parallel with others.
        let made_alone = !(self.counting.family.generation() == Generation::Turbo && beside_another);
        if call.is_stored && made_alone && !self.is_launch() {
            // Not in a request that is not stored itself: 2 of 2 recorded cases of one project.
            if self.is_stored {
                tokens += STORED_CALL;
                fewer = STORED_CALL;
            } else {
                more = STORED_CALL;
            }
            self.met("a call with an id", 0);
        }
        if beside_another {
            self.met("calls beside one another", 3);
        }
        if call.is_custom {
            self.met("a call of a custom tool", tokens);
        }
        self.count.component_between(ComponentKind::Calls, &call.path, tokens, fewer, more);
    }

    /// Counts parallel calls that the model made as one call of `multi_tool_use.parallel`.
    fn calls_at_once(&mut self, calls: &[&Call]) {
        let uses = json_text::text_of(&tool_uses(calls.iter().copied()), COMPACT_UNICODE);
        let names: u64 = calls.iter().map(|call| 6 + self.text_tokens(&format!("functions.{}", call.name))).sum();
        let stored = STORED_CALL * calls.iter().filter(|call| call.is_stored).count() as u64;
        let (added, more) = if self.is_stored { (stored, 0) } else { (0, stored) };
        let tokens = 12 + self.text_tokens("multi_tool_use.parallel") + self.text_tokens(&uses) + names + added;
        self.met("parallel calls", 12 + 6 * calls.len() as u64);
        self.count.component_between(ComponentKind::Calls, &calls[0].path, tokens, added, more);
    }

    fn result(&mut self, result: &CallResult) {
        let tokens = self.content(&result.content);
        self.count.component(ComponentKind::Result, &result.path, tokens, 0);
    }

    /// Counts encrypted reasoning by its length: 0.203 tokens per byte minus 125 (138 since gpt-5.4), at least 8, fitted
    /// to 174 recorded requests of 3 projects. With each project left out of the fit in turn, no case was outside the
    /// bound.
    fn reasoning(&mut self, reasoning: &Reasoning) {
        let Some(tokens) = self.reasoning_tokens(reasoning) else {
            return self.count.not_counted(&reasoning.path, "reasoning that is stored on the server");
        };
        let bound = if reasoning.has_summary { tokens * 7 / 10 + 40 } else { tokens * 3 / 8 + 20 };
        self.met("encrypted reasoning", 0);
        self.count.component(ComponentKind::Reasoning, &reasoning.path, tokens, bound);
    }

    fn reasoning_tokens(&self, reasoning: &Reasoning) -> Option<u64> {
        let bytes = reasoning.encrypted? as u64 * 3 / 4;
        let envelope = if self.counting.family.is_gpt_54_or_later() { 138 } else { 125 };
        Some((bytes.saturating_mul(203) / 1_000).saturating_sub(envelope).max(8))
    }

    /// Counts an encrypted conversation by its length: 0.09 tokens per character plus 20, fitted to 9 recorded requests
    /// of one project.
    fn compaction(&mut self, compaction: &Compaction) {
        let tokens = (compaction.encrypted as u64).saturating_mul(9) / 100 + 20;
        self.met("a compaction", 0);
        self.count.component(ComponentKind::Compaction, &compaction.path, tokens, tokens / 5 + 20);
    }

    /// Counts the tools and the schema of the answer, which are always sections of their own.
    fn sections(&mut self, request: &Request) {
        let generation = self.counting.family.generation();
        let tools = &request.tools;
        if let Some(answer) = &request.answer {
            let frame = if generation == Generation::Turbo { 5 } else { 4 };
            let shown = self.shown_answer(answer);
            self.answer(answer, &shown, shown.frame + frame);
        }
        if tools.is_empty() {
            return;
        }
        let mut frame = match generation {
            Generation::Of2023 => 3,
            _ => self.counting.family.responses_tools_frame(),
        };
        if generation == Generation::Gpt5 && tools[0].description.is_none() {
            frame -= 1;
            self.met("a first tool without a description", 1);
        }
        let shown = self.shown_tools(tools);
        self.tools(tools, &shown, frame);
        if generation == Generation::Gpt5 && !request.parallel_calls {
            self.met("parallel_tool_calls: false", 78);
            self.count.component(ComponentKind::Tools, "parallel_tool_calls", 78, 0);
        }
        self.responses_choice(request);
    }

    /// Widens the bound where the billed usage is known to depend on something that is not in the request.
    fn widen_bounds(&mut self, request: &Request, items: &[Item]) {
        let day = self.counting.day;
        let has = |kind| self.count.breakdown.iter().any(|part| part.kind == kind);
        match self.counting.family.generation() {
            Generation::Turbo | Generation::Gpt5 | Generation::Reasoning
                if (evidence::DIVIDED_FROM..evidence::DIVIDED_UNTIL).contains(&day) && !request.tools.is_empty() =>
            {
                // With as many as four calls in the reply, three quarters of the input were not billed.
                self.count.add_between(0, self.count.tokens - self.count.tokens / 4, 0);
            }
            Generation::Gpt5 if has(ComponentKind::Image) && items.iter().any(|item| as_call(item).is_some()) => {
                self.met("calls beside images", 2);
                self.count.component(ComponentKind::Framing, "", 2, 0);
            }
            _ => {}
        }
    }

    fn responses_choice(&mut self, request: &Request) {
        match &request.tool_choice {
            ToolChoice::Auto => {}
            ToolChoice::None => self.met("the choice none", 2),
            ToolChoice::Required => self.met("the choice required", 2),
            ToolChoice::Named(_) => self.met("a named choice", 8),
        }
        if !matches!(self.counting.family.generation(), Generation::Turbo | Generation::Of2023) {
            return;
        }
        let tokens = match (&request.tool_choice, request.tools.as_slice()) {
            (ToolChoice::None, _) => 1,
            // Requiring the only tool is billed like naming it: 16 of 16 recorded cases from 5 projects.
            (ToolChoice::Required, [tool]) => 6 + self.text_tokens(&format!("functions.{}", tool.name)),
            (ToolChoice::Named(name), _) => 6 + self.text_tokens(&format!("functions.{name}")),
            _ => return,
        };
        self.count.component(ComponentKind::Tools, "tool_choice", tokens, 0);
    }
}

fn is_answer(item: &Item) -> bool {
    matches!(item, Item::Message(message) if message.role == Role::Assistant)
}

fn as_call(item: &Item) -> Option<&Call> {
    match item {
        Item::Call(call) => Some(call),
        _ => None,
    }
}
