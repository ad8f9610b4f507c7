//! Texts that are put together from the corpora, the same in each process.

use std::fmt::Write;

use crate::texts::{Numbers, cut};

/// The most bytes of a derived text; smaller sources give a shorter one.
const MOST: usize = 2_000_000;

/// Returns a transcript: each turn is an excerpt of 100 to 2,000 bytes from the next of the sources, and no excerpt occurs
/// twice.
pub fn chat(sources: &[String]) -> String {
    let mut numbers = Numbers::default();
    let excerpts: Vec<Vec<String>> =
        sources.iter().map(|source| cut(source, b'\n', || 100 + numbers.below(1_900))).collect();
    let turns = excerpts.iter().map(Vec::len).min().unwrap_or_default();
    let mut text = String::new();
    let mut roles = ["user", "assistant"].iter().cycle();
    for turn in 0..turns {
        for (excerpts, role) in excerpts.iter().zip(&mut roles) {
            // From the whole source, also if it has more excerpts than there are turns.
            let excerpt = &excerpts[turn * excerpts.len() / turns];
            let _ = write!(text, "{role}:\n{}\n\n", excerpt.trim_end());
        }
        if text.len() > MOST {
            break;
        }
    }
    text
}

/// Returns a document of sections, each with a heading, a paragraph with a link, emphasis and code, a list, a fenced
/// excerpt of the code, and a table or a quotation.
pub fn markdown(prose: &str, code: &str) -> String {
    let sentences = sentences(prose);
    let mut sentences = sentences.iter().map(Vec::as_slice);
    let excerpts = cut(code, b'\n', || 600);
    let mut excerpts = excerpts.iter();
    let mut numbers = Numbers::default();
    let mut text = String::new();
    while text.len() < MOST {
        let Some(first) = sentences.next() else { break };
        let heading = &first[..first.len().min(5)];
        let _ = write!(text, "{} {}\n\n", "#".repeat(1 + numbers.below(3)), heading.join(" "));
        let paragraph: Vec<String> = sentences.by_ref().take(3).map(|words| formatted(words, &mut numbers)).collect();
        let _ = write!(text, "{}\n\n", paragraph.join(" "));
        let is_numbered = numbers.below(3) == 0;
        for (item, words) in sentences.by_ref().take(3).enumerate() {
            let bullet = if is_numbered { format!("{}.", item + 1) } else { "-".to_owned() };
            let _ = writeln!(text, "{bullet} {}", formatted(words, &mut numbers));
        }
        if let Some(excerpt) = excerpts.next() {
            let _ = write!(text, "\n```{}\n{}\n```\n\n", language(excerpt), excerpt.trim_end());
        }
        if numbers.below(2) == 0 {
            sentences.by_ref().take(2).for_each(|words| text += &format!("> {}\n", words.join(" ")));
        } else {
            text += "| Name | Value | Notes |\n|------|------:|:------|\n";
            for words in sentences.by_ref().take(3) {
                let (name, notes) = words.split_at(words.len().min(2));
                let _ = writeln!(text, "| {} | {} | {} |", name.join(" "), numbers.below(1_000), notes.join(" "));
            }
        }
        text.push('\n');
    }
    text
}

/// The words of each sentence, with one space between them.
fn sentences(prose: &str) -> Vec<Vec<&str>> {
    let words: Vec<&str> = prose.split_whitespace().collect();
    words.split_inclusive(|word| word.ends_with(['.', '!', '?'])).map(<[&str]>::to_vec).collect()
}

/// Makes one word of the sentence a link, emphasis or code.
fn formatted(words: &[&str], numbers: &mut Numbers) -> String {
    let chosen = numbers.below(words.len());
    let word = words[chosen];
    let format = match numbers.below(4) {
        0 => format!("[{word}](https://example.org/docs/{}.html#section-{})", word.to_lowercase(), numbers.below(100)),
        1 => format!("**{word}**"),
        2 => format!("*{word}*"),
        _ => format!("`{word}`"),
    };
    let (before, after) = (words[..chosen].iter(), words[chosen + 1..].iter());
    before.chain([&&*format]).chain(after).copied().collect::<Vec<_>>().join(" ")
}

/// The language of a fenced excerpt, as its words suggest.
fn language(code: &str) -> &'static str {
    let signs = [("def ", "python"), ("fn ", "rust"), ("const ", "js"), ("#define", "c")];
    signs.iter().find(|(sign, _)| code.contains(sign)).map_or("", |(_, language)| language)
}

#[cfg(test)]
mod tests {
    use super::{chat, markdown};

    const PROSE: &str = include_str!("../../samples/prose.txt");
    const CODE: &str = include_str!("../../samples/code.txt");

    #[test]
    fn sources_take_turns() {
        let sources = ["one\n".repeat(2_000), "two\n".repeat(2_000), "three\n".repeat(2_000)];
        let text = chat(&sources);
        assert!(text.starts_with("user:\none\none\n"), "{text}");
        for turn in ["\n\nassistant:\ntwo\n", "\n\nuser:\nthree\n", "\n\nassistant:\none\n"] {
            assert!(text.contains(turn), "{turn}");
        }
    }

    #[test]
    fn markdown_has_all_elements() {
        let text = markdown(&PROSE.repeat(20), &CODE.repeat(20));
        for element in ["\n### ", "](https://", "\n- ", "\n2. ", "\n```rust\n", "\n> ", "\n| Name |", " **", " `"] {
            assert!(text.contains(element), "{element}");
        }
    }
}
