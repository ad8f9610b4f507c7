//! The sections that tools and the schema of an answer are for the model, counted, and those of a thread that are met
//! again.
//!
//! The readers of requests share tools and schemas that were read before from equal JSON. Their sections are kept, and
//! found again by the address of what is shared. Those of a request alone are not.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::{Arc, Weak};

use super::evidence;
use super::family::Generation;
use super::features::Features;
use super::schema_text::{self, Depth, Style, ToolsText, TypeLists};
use super::{Counting, Feature, Tally, schema_text_2023};
use crate::request::{AnswerSchema, Api, Tool};

/// The number of sections that a thread keeps.
const MOST: usize = 16;

/// The tokens and the features of the text in which a model is shown tools or the schema of an answer.
pub(super) struct Section {
    /// The tokens of each tool: those that begin in its text.
    pub(super) tools: Vec<u64>,
    /// The tokens before the first tool and after the last one; of a schema, those of the whole text.
    pub(super) frame: u64,
    /// By how many tokens the number can be lower or higher, if the tools are shown in another way.
    pub(super) fewer: u64,
    pub(super) more: u64,
    pub(super) features: Vec<Feature>,
}

/// A section, and what it depends on.
struct Kept {
    subject: Subject,
    counting: Counting,
    api: Option<Api>,
    section: Rc<Section>,
}

/// What a section shows. A weak pointer keeps its address from being used again, but not its content.
enum Subject {
    Tools(Weak<Vec<Tool>>),
    Answer(Weak<AnswerSchema>),
}

impl Subject {
    /// Returns whether it is the same object in memory.
    fn is(&self, other: &Subject) -> bool {
        match (self, other) {
            (Subject::Tools(one), Subject::Tools(other)) => Weak::ptr_eq(one, other),
            (Subject::Answer(one), Subject::Answer(other)) => Weak::ptr_eq(one, other),
            _ => false,
        }
    }
}

thread_local! {
    /// The sections that were counted last, the latest at the end.
    static KEPT: Cell<Vec<Kept>> = const { Cell::new(Vec::new()) };
}

impl Tally {
    /// Returns the section of the tools.
    pub(super) fn shown_tools(&self, tools: &Arc<Vec<Tool>>) -> Rc<Section> {
        let is_shared = Arc::strong_count(tools) > 1;
        self.kept(is_shared.then(|| Subject::Tools(Arc::downgrade(tools))), || {
            match self.counting.family.generation() {
                Generation::Of2023 => self.tools_section(schema_text_2023::render(tools)),
                _ => self.namespace(tools),
            }
        })
    }

    /// Returns the section of the schema of an answer.
    pub(super) fn shown_answer(&self, answer: &Arc<AnswerSchema>) -> Rc<Section> {
        let is_shared = Arc::strong_count(answer) > 1;
        self.kept(is_shared.then(|| Subject::Answer(Arc::downgrade(answer))), || {
            let mut features = Features::default();
            features.of_answer(answer);
            let frame = self.text_tokens(&schema_text::answer(answer));
            Section { tools: Vec::new(), frame, fewer: 0, more: 0, features: self.weighed("answer", features) }
        })
    }

    /// Returns the section that is kept for what is shared, or else the one that `count` returns.
    fn kept(&self, shared: Option<Subject>, count: impl FnOnce() -> Section) -> Rc<Section> {
        let Some(subject) = shared else { return Rc::new(count()) };
        // In a thread that ends, there is nothing.
        let mut all = KEPT.try_with(Cell::take).unwrap_or_default();
        let (counting, api) = (self.counting, self.api);
        let is_it = |one: &Kept| one.subject.is(&subject) && one.counting == counting && one.api == api;
        let section = match all.iter().position(is_it) {
            Some(index) => all[index].section.clone(),
            None => {
                let section = Rc::new(count());
                if all.len() == MOST {
                    all.remove(0);
                }
                all.push(Kept { subject, counting, api, section: section.clone() });
                section
            }
        };
        let _ = KEPT.try_with(|kept| kept.set(all));
        section
    }

    /// Counts the tools as models since late 2023 are shown them.
    fn namespace(&self, tools: &[Tool]) -> Section {
        let style = style(self.counting);
        let shown = schema_text::render(tools, style);
        let (mut fewer, mut more) = (0u64, 0u64);
        for other in self.other_styles(tools, style) {
            let other = schema_text::render(tools, other).text;
            if other != shown.text {
                let (tokens, other) = (self.text_tokens(&shown.text), self.text_tokens(&other));
                fewer = fewer.saturating_add(tokens.saturating_sub(other));
                more = more.saturating_add(other.saturating_sub(tokens));
            }
        }
        Section { fewer, more, ..self.tools_section(shown) }
    }

    /// Counts the text in which the model is shown its tools. Each token belongs to the tool in which it begins; the
    /// tokens before the first tool and after the last belong to the frame.
    fn tools_section(&self, shown: ToolsText<'_>) -> Section {
        let ToolsText { text, ends, features } = shown;
        let mut tools = vec![0u64; ends.len()];
        let (mut tool, mut frame) = (0, 0);
        for token in self.counting.encoding.tokens(&text) {
            while tool < ends.len() && token.range.start >= ends[tool] {
                tool += 1;
            }
            match tools.get_mut(tool) {
                Some(tokens) => *tokens += 1,
                None => frame += 1,
            }
        }
        Section { tools, frame, fewer: 0, more: 0, features: self.weighed("tools", features) }
    }

    /// Returns the features of schemas with the evidence for them.
    fn weighed(&self, section: &str, mut features: Features<'_>) -> Vec<Feature> {
        let class = self.class();
        let mut weighed = Vec::new();
        for group in features.groups() {
            let name = format!("{section}: {}", group[0].0);
            let in_question = || group.iter().map(|(_, question)| question.tokens(|text| self.text_tokens(text))).sum();
            weighed.push(evidence::weigh(class, name, in_question, self.counting.is_thorough));
        }
        weighed
    }

    /// Returns other ways to show the tools that are possible: lists of types on days on which either way
    /// can be in effect, and how deep a schema is shown, which recordings do not decide for every model.
    fn other_styles(&self, tools: &[Tool], style: Style) -> Vec<Style> {
        let mut styles = Vec::new();
        if self.counting.day >= evidence::LISTS_REPEATED_UNTIL && schema_text::have_type_lists(tools) {
            styles.push(Style { lists: style.lists.other(), ..style });
        }
        if schema_text::are_deep(tools) {
            styles.push(Style { depth: Depth::Shallow, ..style });
        }
        if self.counting.family.generation() != Generation::Turbo && schema_text::can_be_trimmed(tools) {
            styles.push(Style { depth: Depth::Full, ..style });
        }
        styles
    }
}

/// Returns how tools are shown on the day.
fn style(counting: Counting) -> Style {
    let lists = if counting.day < evidence::LISTS_JOINED_FROM { TypeLists::Repeated } else { TypeLists::Joined };
    Style { lists, depth: Depth::Trimmed }
}

#[cfg(all(test, feature = "encodings"))]
mod tests {
    use super::*;
    use crate::accounting::{Family, TokenCount, count_chat};
    use crate::encoding::Encoding;
    use crate::request::Request;
    use jiff::civil::Date;

    const TOOLS: [&str; 4] = [
        r#"{"name": "a", "description": "Does it.", "parameters": {"type": "object", "properties": {"x": {
            "type": ["string", "null"], "default": 0.5}, "y": {"type": "object"}}}}"#,
        r##"{"name": "a", "parameters": {"type": "object", "properties": {"x": {"$ref": "#/$defs/x"}}, "$defs": {"x": {
            "type": "object", "properties": {"é": {"enum": ["a", 1]}}}}}}"##,
        r#"{"name": "b", "description": "Does it.\n\nNot that.", "strict": true, "parameters": {}}"#,
        r#"{"name": "c", "unheard_of": {"a": 1}}"#,
    ];

    const SCHEMAS: [&str; 3] = [
        r#"{"type": "object", "properties": {"x": {"type": "string", "description": "It."}}, "required": ["x"]}"#,
        r#"{"type": "object", "properties": {"é": {"type": "number", "multipleOf": 0.1, "x-unheard": 1}}}"#,
        "{}",
    ];

    /// Returns bodies of both endpoints with each pair of tools and each schema.
    fn bodies() -> Vec<String> {
        let mut bodies = Vec::new();
        for (index, one) in TOOLS.iter().enumerate() {
            for other in &TOOLS[index..] {
                let function = |tool: &str| format!(r#"{{"type": "function", "function": {tool}}}"#);
                let chat = [one, other].map(|tool| function(tool)).join(", ");
                let schema = SCHEMAS[index % SCHEMAS.len()];
                let messages = r#"[{"role": "system", "content": "Help."}, {"role": "user", "content": "Hi"}]"#;
                bodies.push(format!(
                    r#"{{"messages": {messages}, "tools": [{chat}], "response_format": {{"type": "json_schema",
                    "json_schema": {{"name": "it", "schema": {schema}}}}}}}"#
                ));
                bodies.push(format!(
                    r#"{{"input": {messages}, "tools": [{chat}], "text": {{"format": {{"type": "json_schema", "name": "it",
                    "schema": {schema}}}}}}}"#
                ));
            }
        }
        bodies
    }

    fn count(body: &str, counting: Counting) -> TokenCount {
        count_chat(&Request::from_json(body.as_bytes()).expect(body), counting)
    }

    #[test]
    fn counts_are_those_of_a_thread_that_kept_nothing() {
        let days = [Date::constant(2025, 1, 1), Date::constant(2026, 4, 1), Date::constant(2026, 11, 1)];
        let counting =
            |family, encoding, day, is_thorough| Counting { encoding, family, image: None, day, is_thorough };
        for body in bodies() {
            for family in [Family::Gpt4, Family::Gpt4Turbo, Family::Gpt5, Family::O1] {
                for encoding in [Encoding::Cl100kBase, Encoding::O200kBase] {
                    for (day, is_thorough) in days.into_iter().zip([false, true, false]) {
                        let counting = counting(family, encoding, day, is_thorough);
                        let anew = std::thread::scope(|scope| scope.spawn(|| count(&body, counting)).join());
                        let anew = anew.expect("no panic");
                        (0..3).for_each(|_| assert_eq!(count(&body, counting), anew, "{counting:?} {body}"));
                    }
                }
            }
        }
        let kept = KEPT.take();
        assert_eq!(kept.len(), MOST);
        assert!(kept.iter().all(|one| match &one.subject {
            Subject::Tools(tools) => tools.strong_count() <= 1,
            Subject::Answer(answer) => answer.strong_count() <= 1,
        }));
    }

    #[test]
    fn the_sections_of_a_request_alone_are_not_kept() {
        let day = Date::constant(2026, 11, 1);
        let (encoding, family) = (Encoding::O200kBase, Family::Gpt4Turbo);
        let kept = std::thread::scope(|scope| {
            let count = || {
                let body = &bodies()[0];
                (0..2).for_each(|_| {
                    drop(count(body, Counting { encoding, family, image: None, day, is_thorough: false }))
                });
                let kept = KEPT.take().len();
                count(body, Counting { encoding, family, image: None, day, is_thorough: false });
                (kept, KEPT.take().len())
            };
            scope.spawn(count).join().expect("no panic")
        });
        assert_eq!(kept, (2, 2), "the second request has the tools and the schema that are kept");
    }
}
