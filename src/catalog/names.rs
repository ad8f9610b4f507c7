//! The rules by which a name that is in no table is read as one that is. All of them are listed here, and the output
//! shows which was used; no name ever matches as a prefix of another.

use jiff::civil::Date;

/// The prefixes that providers put before OpenAI's own name of a model.
const PREFIXES: &[&str] = &["openrouter/openai/", "openai/", "azure_ai/", "azure/", "openai:", "azure:"];

/// The beginnings of the names of other vendors' models, and the vendors.
const OTHER_VENDORS: &[(&str, &str)] = &[
    ("claude", "Anthropic"),
    ("codestral", "Mistral"),
    ("command", "Cohere"),
    ("deepseek", "DeepSeek"),
    ("gemini", "Google"),
    ("gemma", "Google"),
    ("glm", "Zhipu"),
    ("grok", "xAI"),
    ("kimi", "Moonshot"),
    ("llama", "Meta"),
    ("magistral", "Mistral"),
    ("ministral", "Mistral"),
    ("mistral", "Mistral"),
    ("mixtral", "Mistral"),
    ("nova", "Amazon"),
    ("phi", "Microsoft"),
    ("qwen", "Alibaba"),
];

/// A name that a rule derives from another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReadAs {
    pub(super) name: String,
    /// The rule, in words.
    pub(super) rule: &'static str,
}

/// Returns the steps by which the rules derive a known name from `name`, the known name last; `None` if there are none.
///
/// In this order: a provider's prefix is left out; Azure's `gpt-35` is `gpt-3.5`, and its `…-chat` is `…-chat-latest`;
/// a fine-tuned model's name ends before the colon that follows its base; and a dated snapshot without a row of its own
/// is the model without the date.
pub(super) fn read_as(name: &str, is_known: impl Fn(&str) -> bool) -> Option<Vec<ReadAs>> {
    let rules: [fn(&str) -> Option<ReadAs>; 5] = [without_prefix, azure_35, azure_chat, fine_tuned, snapshot];
    let (mut name, mut taken) = (name.to_owned(), Vec::new());
    for rule in rules {
        if let Some(step) = rule(&name) {
            name.clone_from(&step.name);
            taken.push(step);
            if is_known(&name) {
                return Some(taken);
            }
        }
    }
    None
}

/// Returns the vendor of the model of that name, if it is another one than OpenAI.
pub(super) fn vendor(name: &str) -> Option<&'static str> {
    let name = name.rsplit('/').next().unwrap_or(name).to_lowercase();
    OTHER_VENDORS.iter().find(|(begin, _)| name.starts_with(begin)).map(|(_, vendor)| *vendor)
}

fn without_prefix(name: &str) -> Option<ReadAs> {
    let rest = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix))?;
    Some(ReadAs { name: rest.to_owned(), rule: "the provider's prefix is left out" })
}

fn azure_35(name: &str) -> Option<ReadAs> {
    let (before, rest) = name.split_once("gpt-35-")?;
    let plain = before.is_empty() || before == "ft:";
    plain.then(|| ReadAs { name: format!("{before}gpt-3.5-{rest}"), rule: "it is Azure's spelling" })
}

fn azure_chat(name: &str) -> Option<ReadAs> {
    let is_chat = name.starts_with("gpt-5") && name.ends_with("-chat");
    is_chat.then(|| ReadAs { name: format!("{name}-latest"), rule: "it is Azure's name" })
}

fn fine_tuned(name: &str) -> Option<ReadAs> {
    let (base, _) = name.strip_prefix("ft:")?.split_once(':')?;
    Some(ReadAs { name: format!("ft:{base}"), rule: "it is fine-tuned, and priced as all models of its base are" })
}

fn snapshot(name: &str) -> Option<ReadAs> {
    let (base, _) = without_date(name)?;
    Some(ReadAs { name: base.to_owned(), rule: "the snapshot has no row of its own" })
}

/// Returns a name split before the date at its end, such as `-2024-05-13`, or `-0613` for a month and a day.
pub(super) fn without_date(name: &str) -> Option<(&str, &str)> {
    let ends = |length, is_date: fn(&str) -> bool| {
        let (base, end) = split_at_end(name, length)?;
        (!base.is_empty() && end.strip_prefix('-').is_some_and(is_date)).then_some((base, end))
    };
    ends("-2024-05-13".len(), |date| date.parse::<Date>().is_ok()).or_else(|| ends("-0613".len(), is_month_and_day))
}

fn split_at_end(name: &str, length: usize) -> Option<(&str, &str)> {
    name.split_at_checked(name.len().checked_sub(length)?)
}

fn is_month_and_day(digits: &str) -> bool {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let (month, day) = digits.split_at(2);
    let number = |digits: &str| digits.parse::<i8>().ok();
    // A leap year, since the year is unknown.
    number(month).zip(number(day)).is_some_and(|(month, day)| Date::new(2024, month, day).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str) -> Option<String> {
        let known = ["gpt-4o", "gpt-3.5-turbo", "gpt-5.2-chat-latest", "ft:gpt-4o-2024-08-06", "gpt-4o-2024-08-06"];
        Some(read_as(name, |name| known.contains(&name))?.pop()?.name)
    }

    #[test]
    fn each_rule_leads_to_a_known_name() {
        for (name, read_as) in [
            ("openai/gpt-4o", "gpt-4o"),
            ("openrouter/openai/gpt-4o", "gpt-4o"),
            ("azure/gpt-35-turbo", "gpt-3.5-turbo"),
            ("gpt-35-turbo-0125", "gpt-3.5-turbo"),
            ("gpt-5.2-chat", "gpt-5.2-chat-latest"),
            ("ft:gpt-4o-2024-08-06:org:name:id", "ft:gpt-4o-2024-08-06"),
            ("ft:gpt-4o-2024-08-06:org::id", "ft:gpt-4o-2024-08-06"),
            ("gpt-4o-2029-02-28", "gpt-4o"),
            ("gpt-4o-0229", "gpt-4o"),
        ] {
            assert_eq!(read(name).as_deref(), Some(read_as), "{name}");
        }
    }

    #[test]
    fn no_name_is_the_beginning_of_another_one() {
        for name in [
            "gpt-4o-mini",
            "gpt-4o-2029-02-30",
            "gpt-4o-1301",
            "gpt-4o-+1+1",
            "gpt-4o2024-05-13",
            "gpt-4",
            "openai/",
            "ft:gpt-4o:org",
            "-0613",
            "gpt-4oü613",
            "gpt-4o-1ü2",
            "",
            "anthropic/gpt-4o",
        ] {
            assert_eq!(read(name), None, "{name}");
        }
    }

    #[test]
    fn other_vendors_are_known_by_their_names() {
        assert_eq!(vendor("anthropic/claude-opus-5"), Some("Anthropic"));
        assert_eq!(vendor("Llama-4"), Some("Meta"));
        assert_eq!(vendor("gpt-4o"), None);
    }
}
