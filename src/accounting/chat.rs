//! Counts the input of a request as Chat Completions bills it.

use std::collections::HashMap;

use super::evidence;
use super::family::{Generation, Rules};
use super::json_text::{self, COMPACT_UNICODE, SPACED, SPACED_UNICODE};
use super::section::Section;
use super::{ComponentKind, Counting, Family, Tally, TokenCount, has_text, text_of};
use crate::json::{self, Value};
use crate::request::{AnswerSchema, Call, CallResult, Input, Item, Message, Part, Request, Role, ToolChoice};

/// Counts a request.
pub(super) fn count(request: &Request, counting: Counting) -> TokenCount {
    let mut tally = Tally::new(request, counting);
    let Some(rules) = counting.family.rules() else {
        tally.hidden(request);
        return tally.finish();
    };
    if counting.family == Family::SearchPreview {
        // A search adds no input with these models: 3 of 3 recorded cases with the field are billed like the others.
        tally.count.uncounted.retain(|one| !one.path.ends_with("web_search_options"));
    }
    tally.count.component(ComponentKind::Framing, "", rules.reply, 0);
    match &request.input {
        Input::Text(text) => tally.plain(rules, "", request.text_role, None, &[Part::Text(text.clone())]),
        Input::Conversation(items) => tally.conversation(rules, request, items),
        Input::Prompts(_) => {}
    }
    tally.appendix(rules, request);
    let custom = request.custom_tools.iter().map(|tool| (&tool.path, "a custom tool: no recorded request has one"));
    let built_in = request
        .built_in
        .iter()
        .map(|tool| (&tool.path, "a built-in tool: the text that it shows the model is unknown"));
    for (path, reason) in custom.chain(built_in) {
        tally.count.not_counted(path, reason);
    }
    tally.finish()
}

impl Tally {
    /// Counts the visible text, which is a lower bound: its frame is part of the hidden text.
    fn hidden(&mut self, request: &Request) {
        let reason = match self.counting.family {
            Family::GptOss => "each server of an open-weight model frames messages in its own way",
            _ => "the model reads a hidden text in addition to the request",
        };
        self.count.not_counted("", reason);
        match &request.input {
            Input::Text(text) => {
                let tokens = self.text_tokens(text);
                self.count.component(ComponentKind::Message, "", tokens, 0);
            }
            Input::Conversation(items) => {
                for item in items {
                    let (path, content) = match item {
                        Item::Message(message) => (&message.path, &message.content),
                        Item::Result(result) => (&result.path, &result.content),
                        Item::Call(_) | Item::Reasoning(_) | Item::Compaction(_) => continue,
                    };
                    let tokens = self.content(content);
                    self.count.component(ComponentKind::Message, path, tokens, 0);
                }
            }
            Input::Prompts(_) => {}
        }
    }

    fn conversation(&mut self, rules: &Rules, request: &Request, items: &[Item]) {
        let mut items = items.iter().peekable();
        let mut follows_call = false;
        while let Some(item) = items.next() {
            let after_call = std::mem::replace(&mut follows_call, is_function_call(item));
            match item {
                Item::Message(message) if !message.calls.is_empty() => {
                    let mut results = Vec::new();
                    let answers = |result: &CallResult| message.calls.iter().any(|call| call.id == result.call);
                    while let Some(Item::Result(result)) =
                        items.next_if(|item| matches!(item, Item::Result(result) if answers(result)))
                    {
                        results.push(result);
                    }
                    self.calls(rules, message, results);
                }
                Item::Message(message) => self.message(rules, request, message, after_call),
                Item::Result(result) => {
                    let tokens = self.content(&result.content);
                    self.count.component(ComponentKind::Result, &result.path, tokens, 0);
                    self.count.not_counted(&result.path, "the frame of a result that does not follow its call");
                }
                Item::Call(call) => self.count.not_counted(&call.path, "a call outside of a message"),
                Item::Reasoning(_) => {}
                Item::Compaction(compaction) => {
                    self.count.not_counted(
                        &compaction.path,
                        "a compacted conversation, which this model bills in another way",
                    );
                }
            }
        }
    }

    fn message(&mut self, rules: &Rules, request: &Request, message: &Message, after_call: bool) {
        match (&message.function_call, message.role) {
            (Some(call), _) => self.function_call(message, call),
            (None, Role::Function) => self.function_result(message, after_call),
            _ => self.plain(rules, &message.path, message.role, message.name.as_deref(), &message.content),
        }
        if let (Role::Assistant, Some(answer), None) = (message.role, &request.answer, &message.function_call) {
            // A past answer is shown with the name of its schema.
            let name = self.text_tokens(&answer.name);
            self.met("a past answer with a schema", 2 + name);
            self.count.component(ComponentKind::Schema, &message.path, 2 + name, 0);
        }
    }

    fn plain(&mut self, rules: &Rules, path: &str, role: Role, name: Option<&str>, content: &[Part]) {
        let mut tokens = rules.message + self.content(content);
        self.met("messages", 4);
        if let Some(name) = name {
            let name = self.name(rules, role, name);
            self.met("the name of a message's author", name + 1);
            tokens += name;
        }
        if role == Role::Assistant && has_text(content) {
            self.met("a past answer", 2);
            tokens += rules.past_answer;
        }
        self.count.component(ComponentKind::Message, path, tokens, 0);
    }

    fn name(&self, rules: &Rules, role: Role, name: &str) -> u64 {
        let parting = if rules.name > 0 && name.starts_with(role.as_str()) { 0 } else { rules.name };
        self.text_tokens(name).saturating_add_signed(parting)
    }

    /// Counts the calls of a message and their results, which the model is shown as one exchange.
    fn calls(&mut self, rules: &Rules, message: &Message, results: Vec<&CallResult>) {
        let generation = self.counting.family.generation();
        let mut tokens = message.name.as_ref().map_or(0, |name| self.text_tokens(name));
        self.met(if message.calls.len() == 1 { "a call" } else { "parallel calls" }, 20);
        if message.name.is_some() {
            self.met("a name beside calls", tokens + 1);
        }
        if results.is_empty() {
            self.met("calls without results", 12);
        }
        if has_text(&message.content) {
            tokens += 4 + self.content(&message.content) + rules.past_answer;
            self.met("text beside calls", 4);
        } else if message.content.is_empty() {
            self.met("no content beside calls", 1);
        }
        let arguments: Vec<String> = message.calls.iter().map(|call| self.arguments(call)).collect();
        let channel = rules.call_channel;
        match message.calls.as_slice() {
            [call] if results.is_empty() => {
                tokens += 7 + self.text_tokens(&call.name) + self.text_tokens(&arguments[0])
            }
            [call] => {
                let named = self.text_tokens(&call.name) + self.text_tokens(&format!("functions.{}", call.name));
                tokens += named
                    + match generation {
                        // 15 of 15 recorded cases: the frame is shorter, and the arguments are shown as they are.
                        Generation::Of2023 => 9 + self.text_tokens(&call.arguments),
                        _ => 12 + channel + self.text_tokens(&arguments[0]),
                    };
            }
            calls => tokens += 20 + channel + self.text_tokens(&parallel(calls)),
        }
        self.count.component(ComponentKind::Calls, &message.path, tokens, 0);
        if message.calls.len() == 1 {
            for result in results {
                let before = self.count.tokens;
                let tokens = self.content(&result.content);
                // An image in a result is not always billed, or not in full: 5 of 5 recorded cases.
                let images = self.count.tokens - before;
                self.count.component(ComponentKind::Result, &result.path, tokens, images);
            }
            return;
        }
        let order: HashMap<_, _> = message.calls.iter().enumerate().map(|(index, call)| (&call.id, index)).collect();
        let mut ordered = results.clone();
        ordered.sort_by_key(|result| order.get(&result.call));
        // All results of parallel calls are one list.
        let texts: Vec<String> = ordered.iter().map(|result| text_of(&result.content)).collect();
        let values = texts.iter().map(|text| {
            if !text.is_ascii() {
                self.met("results of parallel calls that are not ASCII", self.text_tokens(text));
            }
            let value = json::parse(text);
            let is_json = value.is_ok();
            self.met(
                if is_json { "results of parallel calls in JSON" } else { "results of parallel calls in text" },
                4,
            );
            value.unwrap_or(Value::String(text.into()))
        });
        let list = Value::Array(values.collect());
        let separators = if self.counting.day < evidence::RESULTS_ESCAPED_UNTIL { SPACED } else { SPACED_UNICODE };
        let list = json_text::text_of(&list, separators);
        let tokens = self.text_tokens(&list);
        let path = results.first().map_or(message.path.as_str(), |result| result.path.as_str());
        self.count.component(ComponentKind::Result, path, tokens, 0);
        if results.iter().any(|result| result.content.iter().any(|part| !matches!(part, Part::Text(_)))) {
            self.count.not_counted(path, "images, audio or files in the results of parallel calls");
        }
    }

    /// Returns a call's arguments as models are shown them: JSON without spaces, or unchanged if they are not JSON. Adds
    /// the features of what that changes.
    pub(super) fn arguments(&mut self, call: &Call) -> String {
        let sent = &call.arguments;
        if !sent.is_ascii() {
            self.met("arguments that are not ASCII", self.text_tokens(sent));
        }
        let Ok(value) = json::parse(sent) else {
            self.met("arguments that are not JSON", self.text_tokens(sent));
            return sent.clone();
        };
        let shown = json_text::text_of(&value, COMPACT_UNICODE);
        if shown != *sent {
            let (one, other) = (self.text_tokens(sent), self.text_tokens(&shown));
            self.met("arguments that are written again", one.abs_diff(other).max(1));
        }
        shown
    }

    fn function_call(&mut self, message: &Message, call: &Call) {
        let shown = self.arguments(call);
        let arguments = match self.counting.family.generation() {
            Generation::Of2023 => self.text_tokens(&call.arguments),
            _ => self.text_tokens(&shown),
        };
        let tokens = 7 + self.content(&message.content) + self.text_tokens(&call.name) + arguments;
        self.met("function_call in a message", 10);
        self.count.component(ComponentKind::Calls, &message.path, tokens, 0);
    }

    fn function_result(&mut self, message: &Message, after_call: bool) {
        let name = message.name.as_deref().unwrap_or_default();
        let framed = match self.counting.family.generation() {
            Generation::Of2023 => 3 + self.text_tokens(name),
            // Without a call before it, the frame is shorter: 15 of 15 recorded messages of one project.
            _ => (if after_call { 5 } else { 2 }) + self.text_tokens(&format!("functions.{name}")),
        };
        let tokens = framed + self.content(&message.content);
        self.met(if after_call { "the role function" } else { "the role function without a call" }, framed);
        self.count.component(ComponentKind::Result, &message.path, tokens, 0);
    }

    /// Counts what is appended to the system message, or put into a message of its own: the tools, and the schema of
    /// the answer.
    fn appendix(&mut self, rules: &Rules, request: &Request) {
        let (tools, answer) = (&request.tools, &request.answer);
        if tools.is_empty() && answer.is_none() {
            return;
        }
        if self.counting.family == Family::SearchPreview {
            // One recorded case with a schema was billed 23 tokens more than its text.
            let path = answer.as_ref().map_or("tools", |answer| answer.path.as_str());
            return self.count.not_counted(path, "how search models are shown tools and schemas is unknown");
        }
        let system = system_text(&request.input);
        let generation = self.counting.family.generation();
        if generation == Generation::Of2023 {
            let frame = system.as_ref().map_or(9, |system| 6 + self.join(system));
            if !tools.is_empty() {
                let shown = self.shown_tools(tools);
                self.tools(tools, &shown, frame);
                self.choice(request);
            }
            if let Some(answer) = answer {
                self.count.not_counted(&answer.path, "the schema of the answer, which models of 2023 do not support");
            }
            return;
        }
        // Punctuation at the end of the system message can merge with the blank line after it into one token.
        let join = system.as_ref().map(|system| match generation {
            // White space at its end is not shown before an appendix: 7 of 7 recorded cases.
            Generation::Gpt5 => {
                let shown = system.trim_end();
                self.join(shown) + self.text_tokens(shown) as i64 - self.text_tokens(system) as i64
            }
            _ => self.join(system),
        });
        match join {
            None => self.met("an appendix without a system message", 4),
            Some(0) => self.met("an appendix to a system message", 4),
            Some(_) => self.met("an appendix that merges with a system message", 2),
        }
        let mut frame = rules.appendix(join, !tools.is_empty());
        let beside_images = self.counting.day < evidence::BESIDE_IMAGES_UNTIL && has_images(&request.input);
        if join.is_none() && generation == Generation::Turbo && beside_images {
            // No separate message was put before the others.
            frame -= 4;
            self.met("an appendix beside images", 4);
        }
        let tools_are_empty = tools.is_empty();
        if let Some(answer) = answer {
            let name = self.text_tokens(&answer.name) as i64;
            let primes = generation == Generation::Turbo && tools.is_empty();
            let shown = self.shown_answer(answer);
            let text = shown.frame as i64;
            let both = i64::from(generation == Generation::Turbo && !tools.is_empty());
            let tokens = text + 4 + both + if primes { 2 + name } else { 0 } + if tools.is_empty() { frame } else { 0 };
            self.answer(answer, &shown, tokens.max(0) as u64);
            if !tools_are_empty {
                self.met("a schema of the answer beside tools", 2 + name as u64);
            }
        }
        if !tools.is_empty() {
            frame += rules.tools;
            if generation == Generation::Gpt5 && tools[0].description.is_none() {
                frame -= 1;
                self.met("a first tool without a description", 1);
            }
            let shown = self.shown_tools(tools);
            self.tools(tools, &shown, frame);
            self.choice(request);
        }
    }

    /// Adds the schema of an answer, with the given number of tokens.
    pub(super) fn answer(&mut self, answer: &AnswerSchema, shown: &Section, tokens: u64) {
        self.met("a schema of the answer", tokens);
        self.count.features.extend(shown.features.iter().cloned());
        self.count.component(ComponentKind::Schema, &answer.path, tokens, 0);
    }

    /// Returns by how many tokens the count changes where the end of the system message merges with the blank line
    /// after it.
    fn join(&self, system: &str) -> i64 {
        self.text_tokens(&format!("{system}\n\n#")) as i64 - self.text_tokens(system) as i64 - 2
    }

    /// Counts the tokens that the tool choice adds.
    fn choice(&mut self, request: &Request) {
        let generation = self.counting.family.generation();
        if matches!(generation, Generation::Gpt5 | Generation::Reasoning) {
            return;
        }
        let tokens = match &request.tool_choice {
            ToolChoice::Auto => 0,
            ToolChoice::None => 1,
            ToolChoice::Required if self.required_costs() => 2,
            ToolChoice::Required => 0,
            ToolChoice::Named(name) if generation == Generation::Of2023 => 4 + self.text_tokens(name),
            ToolChoice::Named(name) => 6 + self.text_tokens(&format!("functions.{name}")),
        };
        match &request.tool_choice {
            ToolChoice::Auto => {}
            ToolChoice::None => self.met("the choice none", 2),
            ToolChoice::Required => self.met("the choice required", 2),
            ToolChoice::Named(_) => self.met("a named choice", tokens),
        }
        if tokens > 0 {
            self.count.component(ComponentKind::Tools, "tool_choice", tokens, 0);
        }
    }

    /// Returns whether requiring a call costs tokens: always on the models of 2023 and on gpt-audio, and on others
    /// until a day that depends on their encoding.
    fn required_costs(&self) -> bool {
        let family = self.counting.family;
        let is_always = family.generation() == Generation::Of2023 || family == Family::GptAudio;
        let is_o200k = self.counting.encoding.as_str().starts_with("o200k");
        let until = if is_o200k { evidence::REQUIRED_COST_UNTIL_O200K } else { evidence::REQUIRED_COST_UNTIL_CL100K };
        is_always || self.counting.day < until
    }
}

/// Returns the text of the first message, if it is a system message.
fn system_text(input: &Input) -> Option<String> {
    let Input::Conversation(items) = input else { return None };
    match items.first() {
        Some(Item::Message(message)) if matches!(message.role, Role::System | Role::Developer) => {
            Some(text_of(&message.content))
        }
        _ => None,
    }
}

fn is_function_call(item: &Item) -> bool {
    matches!(item, Item::Message(message) if message.function_call.is_some())
}

fn has_images(input: &Input) -> bool {
    let Input::Conversation(items) = input else { return false };
    let is_image = |part: &Part| matches!(part, Part::Image(_));
    items.iter().any(|item| matches!(item, Item::Message(message) if message.content.iter().any(is_image)))
}

/// Returns the arguments of the one call in which a model makes several calls in parallel.
fn parallel(calls: &[Call]) -> String {
    json_text::text_of(&tool_uses(calls.iter()), COMPACT_UNICODE)
}

/// Returns the arguments of `multi_tool_use.parallel` that make these calls.
pub(super) fn tool_uses<'c>(calls: impl Iterator<Item = &'c Call>) -> Value<'c> {
    let field = |key: &'static str, value: Value<'c>| (key.into(), value);
    let call = |call: &'c Call| {
        let parameters = value_of(&call.arguments);
        let name = Value::String(format!("functions.{}", call.name).into());
        Value::Object(vec![field("recipient_name", name), field("parameters", parameters)])
    };
    Value::Object(vec![field("tool_uses", Value::Array(calls.map(call).collect()))])
}

/// Returns a text parsed as JSON, or as a JSON string if it is not JSON.
fn value_of(text: &str) -> Value<'_> {
    json::parse(text).unwrap_or(Value::String(text.into()))
}
