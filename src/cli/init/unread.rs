//! What looks like prompts and is not read.

use crate::cli::files::printable;
use crate::cli::project::ProjectFile;
use crate::cli::report::plural;

/// The endings of programs.
const CODE: [&str; 12] = ["cs", "go", "java", "js", "jsx", "kt", "php", "py", "rb", "rs", "ts", "tsx"];

/// The endings of formats that are not supported yet, and their names.
const FORMATS: [(&str, &str); 3] = [("prompty", "of Prompty"), ("prompt", "of Dotprompt"), ("baml", "of BAML")];

/// The most files that a note names.
const MAX: usize = 5;

/// Returns a note for each kind of files that look like prompts and are not read.
pub(super) fn notes(all: &[ProjectFile]) -> Vec<String> {
    let of_ending = |ending: &str| all.iter().filter(|file| has_ending(file, ending)).collect();
    let code = all.iter().filter(|file| is_code(&file.name)).collect();
    let kinds = FORMATS.iter().map(|(ending, kind)| (*kind, of_ending(ending)));
    let kinds = kinds.chain([("of code, in which the prompts are not read", code)]);
    kinds.filter_map(|(kind, files): (&str, Vec<&ProjectFile>)| note(kind, &files)).collect()
}

fn note(kind: &str, files: &[&ProjectFile]) -> Option<String> {
    if files.is_empty() {
        return None;
    }
    let names: Vec<String> = files.iter().take(MAX).map(|file| printable(&file.name)).collect();
    let more = files.len().saturating_sub(MAX);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    Some(format!("skipped: {} {kind}: {}{more}", plural(files.len(), "file"), names.join(", ")))
}

fn has_ending(file: &ProjectFile, ending: &str) -> bool {
    file.name.rsplit_once('.').is_some_and(|(_, own)| own.eq_ignore_ascii_case(ending))
}

/// Returns whether a name is that of code with prompts, such as `prompts.py`; not a test.
fn is_code(name: &str) -> bool {
    let lower = name.to_lowercase();
    let file = lower.rsplit('/').next().unwrap_or_default();
    let Some((stem, ending)) = file.rsplit_once('.') else { return false };
    let is_test = lower.split(['/', '_', '.']).any(|word| ["test", "tests", "__tests__", "spec"].contains(&word));
    let is_named = ["prompt", "prompts"].iter().any(|word| stem.split(['_', '-', '.']).any(|part| part == *word));
    CODE.contains(&ending) && is_named && !is_test
}

#[cfg(test)]
mod tests {
    use super::is_code;

    #[test]
    fn code_with_prompts_is_recognized_by_its_name() {
        for name in ["prompts.py", "src/prompts.ts", "app/system_prompt.py", "a/prompt-library.js"] {
            assert!(is_code(name), "{name}");
        }
        for name in ["prompts.md", "tests/prompts.py", "a/prompt.test.ts", "prompter.py", "main.py"] {
            assert!(!is_code(name), "{name}");
        }
    }
}
