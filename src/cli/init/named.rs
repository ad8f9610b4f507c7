//! Prompts under names: the texts of a file of YAML, TOML or JSON that is no request itself.

use std::collections::BTreeSet;

use gpt_cost::source::prompts_at;
use serde_json::Value;

use crate::cli::project::is_of_prompts;

/// The least length of a text that is a prompt whatever its name is, in bytes and in words.
const MIN_BYTES: usize = 80;
const MIN_WORDS: usize = 12;

/// The most levels of names above a text, and the most pointers of a file: one with more has other data.
const MAX_LEVELS: usize = 4;
const MAX_POINTERS: usize = 40;

/// Names of texts that are about a prompt.
const ABOUT: [&str; 9] = ["about", "comment", "description", "help", "license", "notes", "summary", "title", "url"];

/// Returns JSON pointers that reach the prompts of a file and nothing else; none if the file's name is not that of prompts.
pub(super) fn pointers(name: &str, bytes: &[u8]) -> Vec<String> {
    let lower = name.to_lowercase();
    let is_named = lower.rsplit('/').take(2).any(is_of_prompts);
    let is_notation = ["json", "toml", "yaml", "yml"].contains(&lower.rsplit('.').next().unwrap_or_default());
    if !is_named || !is_notation {
        return Vec::new();
    }
    let top = prompts_at(name, bytes, "");
    let Some(value) = top.first().and_then(|top| serde_json::from_slice::<Value>(top.bytes()).ok()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    collect(&value, &mut Vec::new(), &mut found);
    let pointers = joined(&value, &found);
    if pointers.len() > MAX_POINTERS { Vec::new() } else { pointers }
}

/// Collects the paths of the texts that are prompts.
fn collect(value: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match value {
        Value::Object(fields) if path.len() < MAX_LEVELS => {
            for (key, value) in fields {
                path.push(key.clone());
                collect(value, path, found);
                path.pop();
            }
        }
        Value::String(text) if is_prompt(path.last().map_or("", String::as_str), text) => found.push(path.clone()),
        _ => {}
    }
}

fn is_prompt(key: &str, text: &str) -> bool {
    let key = key.to_lowercase();
    let is_long = text.len() >= MIN_BYTES && text.split_whitespace().count() >= MIN_WORDS;
    let is_named = key == "user" || is_of_prompts(&key);
    !text.trim().is_empty() && !ABOUT.contains(&key.as_str()) && (is_long || is_named)
}

/// Returns the pointers of paths. Where all values with the same last name are prompts, the first name is `*`.
fn joined(top: &Value, paths: &[Vec<String>]) -> Vec<String> {
    let of =
        |path: &[String]| path.iter().map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1"))).collect();
    let mut pointers = BTreeSet::new();
    for path in paths {
        let (_, rest) = path.split_first().map_or((None, [].as_slice()), |(first, rest)| (Some(first), rest));
        let alike = paths.iter().filter(|other| other.get(1..) == Some(rest)).count();
        let all =
            top.as_object().into_iter().flatten().filter(|(_, value)| reach(value, rest).is_some_and(Value::is_string));
        let is_joined = alike > 1 && all.count() == alike;
        let mut pointer: String = of(if is_joined { rest } else { path });
        if is_joined {
            pointer.insert_str(0, "/*");
        }
        pointers.insert(pointer);
    }
    pointers.into_iter().collect()
}

fn reach<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, key| value.as_object()?.get(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_reach_texts_that_are_prompts() {
        let long = "You are an expert who can solve any task with the tools that you were given, step by step.";
        let yaml = format!(
            "version: 1\nsupport:\n  system: {long}\n  user: Hi {{{{name}}}}\nsales:\n  system: {long}\n  description: {long}\n"
        );
        assert_eq!(pointers("prompts.yaml", yaml.as_bytes()), ["/*/system", "/support/user"]);
        assert_eq!(pointers("config.yaml", yaml.as_bytes()), [""; 0], "the name is not that of prompts");
        let json = format!(r#"{{"a": "{long}", "b": "{long}", "n": 1}}"#);
        assert_eq!(pointers("prompts/x.json", json.as_bytes()), ["/*"]);
        let toml = format!("[review]\nsystem = '{long}'\n[review.more]\nnote = 'short'\n");
        assert_eq!(pointers("review_prompts.toml", toml.as_bytes()), ["/review/system"]);
        assert_eq!(pointers("prompts.yaml", b"a: [unclosed"), [""; 0]);
    }
}
