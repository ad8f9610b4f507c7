//! Suggests known names for an unknown one.

/// The longest name that is compared, twice the longest name of a model: comparing takes time in proportion to the
/// product of both lengths.
const MAX_LENGTH: usize = 80;

/// The maximum number of names that are returned.
const MAX_NAMES: usize = 3;

/// Returns up to three of the `known` names that `name` most likely means, the likeliest first: those that differ by a
/// few letters, and those that begin with it. None is of another generation, which may cost ten times as much.
pub(super) fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Vec<&'k str> {
    if name.len() > MAX_LENGTH {
        return Vec::new();
    }
    let name = name.to_lowercase();
    let generation = generation(&name);
    let is_other =
        |known: &str| generation.is_some() && self::generation(known).is_some_and(|one| Some(one) != generation);
    let score = |known: &'k str| {
        let is_longer = known.strip_prefix(&name).is_some_and(|rest| rest.starts_with('-'));
        let likeness = strsim::normalized_damerau_levenshtein(&name, known);
        (if is_longer { likeness.max(0.9) } else { likeness }, known)
    };
    let mut scored: Vec<(f64, &str)> = known.into_iter().filter(|known| !is_other(known)).map(score).collect();
    scored.retain(|(score, _)| *score >= 0.6);
    scored.sort_by(|(one, left), (other, right)| {
        other.total_cmp(one).then_with(|| left.len().cmp(&right.len())).then_with(|| left.cmp(right))
    });
    let best = scored.first().map_or(1.0, |(score, _)| *score);
    scored.retain(|(score, _)| *score > best - 0.1);
    scored.truncate(MAX_NAMES);
    scored.into_iter().map(|(_, name)| name).collect()
}

/// Returns the first number of a name without its point, such as `35` of `gpt-3.5-turbo`; `None` if there is none, or
/// it ends in its point.
fn generation(name: &str) -> Option<String> {
    let from = name.find(|char: char| char.is_ascii_digit())?;
    let number: String = name[from..].chars().take_while(|char| char.is_ascii_digit() || *char == '.').collect();
    (!number.ends_with('.')).then(|| number.replace('.', ""))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    const KNOWN: [&str; 8] = [
        "gpt-3.5-turbo",
        "gpt-3.5-turbo-0125",
        "gpt-4",
        "gpt-4.1",
        "gpt-4.1-mini",
        "gpt-5.5",
        "gpt-5.5-pro",
        "text-embedding-3-small",
    ];

    #[test]
    fn a_suggestion_is_never_of_another_generation() {
        assert_eq!(nearest("gpt-3.5", KNOWN), ["gpt-3.5-turbo", "gpt-3.5-turbo-0125"]);
        assert_eq!(nearest("gpt-35-turbo", KNOWN)[0], "gpt-3.5-turbo");
        assert_eq!(nearest("GPT4", KNOWN)[0], "gpt-4");
        assert_eq!(nearest("gpt-4.1-mni", KNOWN)[0], "gpt-4.1-mini");
        assert_eq!(nearest("gpt-41-mini", KNOWN)[0], "gpt-4.1-mini");
        assert_eq!(nearest("gpt-4.l-mini", KNOWN)[0], "gpt-4.1-mini");
        assert_eq!(nearest("gpt-6.5", KNOWN), [""; 0]);
        assert_eq!(nearest("text-embeding-small", KNOWN), ["text-embedding-3-small"]);
        assert_eq!(nearest(&"gpt".repeat(100), KNOWN), [""; 0]);
    }
}
