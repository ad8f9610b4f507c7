//! Counts the tools of the Responses API's own, as far as recordings show what is billed for them.
//!
//! A tool that the server runs can be called many times in one response, and each result is billed as input: for such a
//! tool there is only a least number of tokens, that of a response without a call.

use super::evidence;
use super::family::Generation;
use super::{ComponentKind, Tally};
use crate::request::{BuiltIn, CustomTool, Request, ToolChoice};

/// The middle of what a past web search was billed in a request that can search: nothing in 6 of 16 recorded requests of
/// 3 projects, 27 to 52 tokens in the others.
const PAST_SEARCH: u64 = 26;

impl Tally {
    /// Counts the built-in and custom tools, and the past calls of built-in tools.
    pub(super) fn built_in(&mut self, request: &Request) {
        let others = !request.tools.is_empty() || !request.built_in.is_empty() || request.custom_tools.len() > 1;
        for tool in &request.custom_tools {
            self.custom_tool(tool, others);
        }
        let is_required = matches!(request.tool_choice, ToolChoice::Required | ToolChoice::Named(_));
        if is_required && !request.built_in.is_empty() {
            self.met("a required choice beside built-in tools", 8);
        }
        for tool in &request.built_in {
            self.built_in_tool(tool);
        }
        let can_search = request.built_in.iter().any(|tool| tool.kind.starts_with("web_search"));
        for path in &request.past_searches {
            if can_search {
                self.count.component(ComponentKind::Calls, path, PAST_SEARCH, PAST_SEARCH);
            } else {
                self.count
                    .not_counted(path, "a past web search in a request that cannot search: no recorded one has it");
            }
        }
    }

    fn built_in_tool(&mut self, tool: &BuiltIn) {
        if self.counting.day < evidence::LAUNCH_FROM {
            return self.count.not_counted(&tool.path, "a built-in tool, on a day before the API had any");
        }
        let generation = self.counting.family.generation();
        match (tool.kind.as_str(), generation) {
            ("web_search_preview" | "web_search_preview_2025_03_11", Generation::Turbo) => {
                self.known_tool(tool, "the tool web_search_preview", 294);
            }
            ("apply_patch", _) => self.known_tool(tool, "the tool apply_patch", 623),
            // The client runs it, so that a response ends with its call. Only displays of 1024 by 768 are recorded.
            ("computer_use_preview", Generation::Turbo) => {
                self.known_tool(tool, "the tool computer_use_preview", 484);
            }
            (kind, _) => {
                let (least, reason) = uncounted_tool(kind, generation);
                if least > 0 {
                    self.count.component(ComponentKind::Tool, &tool.path, least, 0);
                }
                self.count.not_counted(&tool.path, reason);
            }
        }
    }

    fn known_tool(&mut self, tool: &BuiltIn, feature: &'static str, tokens: u64) {
        self.met(feature, tokens);
        self.count.component(ComponentKind::Tool, &tool.path, tokens, 0);
    }

    /// Counts a custom tool, which is called with free text: its name, description and grammar, and the rest of what
    /// the models since gpt-5 were billed for it.
    fn custom_tool(&mut self, tool: &CustomTool, beside_others: bool) {
        if self.counting.family.generation() != Generation::Gpt5 {
            return self.count.not_counted(&tool.path, "a custom tool: how this model is shown one is unknown");
        }
        let own = self.text_tokens(&tool.name) + tool.description.as_ref().map_or(0, |text| self.text_tokens(text));
        let frame = match &tool.grammar {
            None => 38,
            Some(grammar) => 71 + self.text_tokens(grammar),
        };
        self.met(if tool.grammar.is_some() { "a custom tool with a grammar" } else { "a custom tool" }, frame);
        if beside_others {
            // The frame is shared.
            self.met("a custom tool beside others", frame.min(38));
        }
        self.count.component(ComponentKind::Tool, &tool.path, own + frame, 0);
    }
}

/// Returns the fewest tokens of a tool that is not counted, and the reason. What recorded requests were billed for it:
///
/// - Web searches, gpt-4o and gpt-4.1: 294 in 7 requests without a new one, 321 to 342 in 8 since 2026-04, with a past
///   one each; 16,300 to 17,200 more in 31 of 33 with one, and 7,800 to 8,200 more in 6 of 6 of gpt-4o-mini.
/// - Web searches, gpt-5: 4,295 to 4,483 in 4 requests without one; 3,700 to 9,000 more in 43 of 43 with one, and as much
///   as 188,600 with eight.
/// - Web searches, o4-mini: 3,438 to 6,857 in 4 requests with one, and none without.
/// - Code interpreter, gpt-4o and gpt-4.1: 139 in one request without a run, 182 to 151,600 in 21 with runs. gpt-5: 692 to
///   5,716 in 18, all with runs, one of them past.
/// - Image generation, gpt-5: 342 and 345 in 4 requests without an image, 456 to 3,159 in 18 with one, some of them past.
///   gpt-4o and gpt-4.1: 378 to 3,195, all with an image.
fn uncounted_tool(kind: &str, generation: Generation) -> (u64, &'static str) {
    let is_search = kind.starts_with("web_search");
    match (kind, generation) {
        (_, Generation::Turbo) if is_search => {
            (294, "web searches: each adds 7,800 to 17,200 tokens, and the model can make several")
        }
        (_, Generation::Gpt5) if is_search => {
            (4_295, "web searches: each adds 3,700 to 9,000 tokens, and the model can make several")
        }
        _ if is_search => (0, "web searches: what they add is unknown, and the model can make several"),
        ("code_interpreter", Generation::Turbo) => {
            (139, "runs of the code interpreter: each adds its code and its output")
        }
        ("code_interpreter", _) => (0, "the code interpreter: each run adds its code and its output"),
        ("image_generation", Generation::Gpt5) => {
            (342, "the generation of images: each adds tokens that depend on the image")
        }
        ("image_generation", _) => (0, "the generation of images: each adds tokens that depend on the image"),
        ("file_search", _) => (0, "file search: what it finds on the server is billed"),
        ("mcp", _) => (0, "an MCP server: its list of tools, which the model is shown, is not in the request"),
        ("tool_search", _) => (0, "tool search: the tools that it finds are shown to the model"),
        ("shell" | "local_shell", _) => (0, "a shell: the text that shows it to the model is unknown"),
        _ => (0, "a built-in tool: the text that it shows the model is unknown"),
    }
}
