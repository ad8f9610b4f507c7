//! The calls of built-in tools in a response, which cost more than its tokens.

use std::collections::BTreeMap;

use crate::json::Value;
use crate::names::names;

names! {
    /// A built-in tool of the API whose calls cost more than the tokens of the response.
    pub enum ToolKind {
        /// Searches of the web.
        WebSearch = "web_search",
        /// Searches of the web by the tool's earlier version, which has another price.
        WebSearchPreview = "web_search_preview",
        /// Searches of uploaded files.
        FileSearch = "file_search",
        /// Code that runs in a container.
        CodeInterpreter = "code_interpreter",
        /// Commands that run in a container.
        HostedShell = "hosted_shell",
        /// Images that another model generates.
        ImageGeneration = "image_generation",
    }
}

impl ToolKind {
    /// Returns the tool of an output item, if its call costs anything. Opening a page that a search found does not, and
    /// a shell on the caller's own machine does not.
    fn of_item(item: &Value<'_>) -> Option<ToolKind> {
        let inner = |key: &str| item.get(key).and_then(|value| value.get("type")).and_then(Value::as_str);
        Some(match item.get("type").and_then(Value::as_str)? {
            "web_search_call" => match inner("action") {
                Some("open_page" | "find" | "find_in_page") => return None,
                _ => ToolKind::WebSearch,
            },
            "file_search_call" => ToolKind::FileSearch,
            "code_interpreter_call" => ToolKind::CodeInterpreter,
            "shell_call" if inner("environment").is_some_and(|kind| kind != "local") => ToolKind::HostedShell,
            "image_generation_call" => ToolKind::ImageGeneration,
            _ => return None,
        })
    }
}

/// Returns the number of calls of each built-in tool. `tool_usage`, the API's own count, is used instead of the items
/// where there is one.
pub(super) fn calls(response: &Value<'_>) -> BTreeMap<ToolKind, u64> {
    let mut calls = BTreeMap::new();
    let search = search_tool(response);
    for item in array(response.get("output")) {
        if let Some(kind) = ToolKind::of_item(item) {
            let kind = if kind == ToolKind::WebSearch { search } else { kind };
            *calls.entry(kind).or_insert(0) += 1;
        }
    }
    // A search of Chat Completions shows only in the sources of the answer.
    let has_sources = |choice: &Value<'_>| {
        let message = choice.get("message").or(choice.get("delta"));
        !array(message.and_then(|message| message.get("annotations"))).is_empty()
    };
    if array(response.get("choices")).iter().any(has_sources) {
        calls.insert(search, 1);
    }
    let reported = |tool: &str, key: &str| {
        let Value::Number(number) = response.get("tool_usage")?.get(tool)?.get(key)? else { return None };
        number.as_u64()
    };
    if let Some(searches) = reported("web_search", "num_requests") {
        calls.insert(search, searches);
    }
    if reported("image_gen", "total_tokens").is_some_and(|tokens| tokens > 0) {
        calls.entry(ToolKind::ImageGeneration).or_insert(1);
    }
    calls.retain(|_, number| *number > 0);
    calls
}

/// Returns the version of the web search that a response used, by the tools of its request, which it repeats, or by its
/// model. The items of both are the same.
fn search_tool(response: &Value<'_>) -> ToolKind {
    let kinds = array(response.get("tools")).iter().filter_map(|tool| tool.get("type").and_then(Value::as_str));
    let searches: Vec<&str> = kinds.filter(|kind| kind.starts_with("web_search")).collect();
    let is_preview = |kind: &&str| kind.starts_with("web_search_preview");
    let by_model = || response.get("model").and_then(Value::as_str).is_some_and(searches_by_preview);
    match searches.is_empty() {
        true if by_model() => ToolKind::WebSearchPreview,
        false if searches.iter().all(is_preview) => ToolKind::WebSearchPreview,
        _ => ToolKind::WebSearch,
    }
}

/// Returns whether a model searches on its own, at the price of the preview, such as gpt-4o-search-preview.
pub(crate) fn searches_by_preview(model: &str) -> bool {
    model.contains("-search-preview")
}

fn array<'v, 'a>(value: Option<&'v Value<'a>>) -> &'v [Value<'a>] {
    match value {
        Some(Value::Array(values)) => values,
        _ => &[],
    }
}
