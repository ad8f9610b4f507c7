//! One large text on several threads: it is cut where every encoding begins a new piece, whatever is before and behind.

use std::num::NonZeroUsize;
use std::thread;

use super::Encoding;

/// The fewest bytes that are worth a thread.
const FEWEST: usize = 1 << 18;

/// Returns the number of tokens of `text`, counted by up to `threads` threads.
pub(super) fn count(encoding: Encoding, text: &str, threads: NonZeroUsize) -> usize {
    let parts = parts(text, threads.get().min(text.len() / FEWEST));
    let Some((first, others)) = parts.split_first() else { return 0 };
    thread::scope(|scope| {
        let others: Vec<_> = others.iter().map(|part| scope.spawn(|| encoding.count(part))).collect();
        let first = encoding.count(first);
        others
            .into_iter()
            .map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .sum::<usize>()
            + first
    })
}

/// Cuts the text into about so many parts of about the same length; into fewer where it has no place to be cut.
fn parts(text: &str, count: usize) -> Vec<&str> {
    let (mut parts, mut start) = (Vec::new(), 0);
    for part in 1..count {
        let least = text.len() / count * part;
        if let Some(end) = cut(text.as_bytes(), least.max(start)) {
            parts.push(&text[start..end]);
            start = end;
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Returns the next place behind `from` where the text can be cut: after the line break between a visible ASCII character
/// and an ASCII letter.
///
/// No alternative of any split pattern matches a line break and a letter, so a piece begins with the letter. The piece
/// before it ends with the line break, which is the only white space there, as it does at the end of a text.
fn cut(text: &[u8], from: usize) -> Option<usize> {
    let is_place = |bytes: &[u8]| matches!(bytes, [before, b'\n', after] if before.is_ascii_graphic() && after.is_ascii_alphabetic());
    Some(from + text.get(from..)?.windows(3).position(is_place)? + 2)
}

#[cfg(all(test, feature = "encodings"))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_tokens_of_the_parts_are_those_of_the_text(text in "([a-zA-Z'.,/0-9 ]{0,9}[\\n\\r \\t']{0,4}){0,40}", from in 0..60usize) {
            let Some(end) = cut(text.as_bytes(), from) else { return Ok(()) };
            for encoding in Encoding::ALL {
                let tokens = [encoding.encode(&text[..end]), encoding.encode(&text[end..])].concat();
                prop_assert_eq!(tokens, encoding.encode(&text));
            }
        }
    }

    #[test]
    fn large_texts_are_counted_on_several_threads() {
        let lines: String =
            (0..40_000).map(|line| format!("Line {line} isn't like the others;\n  it's longer.\n")).collect();
        for (text, most) in [(lines.as_str(), 3), (&lines[..FEWEST], 1), (&"a".repeat(4 * FEWEST), 1), ("", 1)] {
            assert!((1..=most).contains(&parts(text, 3.min(text.len() / FEWEST)).len()));
            for threads in [1, 2, 3, 100] {
                let threads = NonZeroUsize::new(threads).expect("not zero");
                assert_eq!(count(Encoding::Cl100kBase, text, threads), Encoding::Cl100kBase.count(text));
            }
        }
        assert_eq!(parts(&lines, 3).len(), 3);
    }
}
