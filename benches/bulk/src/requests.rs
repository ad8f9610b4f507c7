//! The lines of the file: requests of one job, as a program writes them.

use crate::json::{self, Escapes};
use crate::random::Random;
use crate::texts::Texts;

const URL: &str = "/v1/chat/completions";
const MODEL: &str = "gpt-4o-mini";

/// The system prompt of all requests, about 1.5 KB.
const SYSTEM: &str = include_str!("system.txt");

/// The response format of a third of the requests, as `json.dumps` writes it. Its schema is that of a Pydantic model,
/// with titles, as OpenAI's Python library writes it.
const RESPONSE_FORMAT: &str = include_str!("response_format.json");

/// Tools, one in each line, as `json.dumps` and `openai.pydantic_function_tool` write them.
const TOOLS: &str = include_str!("tools.jsonl");

/// The lines, without end.
pub struct Requests<'a> {
    texts: &'a Texts,
    random: Random,
    number: u64,
    /// The body of the last line, which one in a hundred lines repeats.
    body: String,
}

impl<'a> Requests<'a> {
    pub fn new(texts: &'a Texts) -> Self {
        Self { texts, random: Random::new(), number: 0, body: String::new() }
    }

    /// Returns the next line, with its line feed.
    pub fn next_line(&mut self) -> String {
        self.number += 1;
        if self.body.is_empty() || !self.random.one_in(100) {
            self.body = self.new_body();
        }
        let (number, body) = (self.number, &self.body);
        format!(
            "{{\"custom_id\": \"request-{number:06}\", \"method\": \"POST\", \"url\": \"{URL}\", \"body\": {body}}}\n"
        )
    }

    fn new_body(&mut self) -> String {
        let random = &mut self.random;
        let escapes = if random.one_in(2) { Escapes::Ascii } else { Escapes::Unicode };
        let mut body = format!("{{\"model\": \"{MODEL}\", \"messages\": [");
        push_message(&mut body, "system", SYSTEM.trim_end(), escapes);
        // A question, or one in twenty a conversation of two to four questions with the answers between them.
        let questions = if random.one_in(20) { random.between(2, 4) } else { 1 };
        for turn in 0..2 * questions - 1 {
            let role = if turn % 2 == 0 { "user" } else { "assistant" };
            body.push_str(", ");
            push_message(&mut body, role, &self.texts.message(random), escapes);
        }
        body.push_str("], \"temperature\": 0.2, \"max_tokens\": ");
        body.push_str(random.pick::<&str>(&["256", "512", "1024"]));
        if random.one_in(3) {
            body.push_str(", \"response_format\": ");
            body.push_str(RESPONSE_FORMAT.trim_end());
        }
        if random.one_in(10) {
            let tools: Vec<&str> = TOOLS.lines().take(random.between(3, 6)).collect();
            body.push_str(", \"tools\": [");
            body.push_str(&tools.join(", "));
            body.push(']');
        }
        body.push('}');
        body
    }
}

fn push_message(body: &mut String, role: &str, content: &str, escapes: Escapes) {
    body.push_str("{\"role\": \"");
    body.push_str(role);
    body.push_str("\", \"content\": ");
    json::push_string(body, content, escapes);
    body.push('}');
}
