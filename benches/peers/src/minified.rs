//! Text like minified JavaScript, from the code of the corpora: no comments, indentation, line ends or needless spaces, and
//! names of one or two letters for variables. It looks like such a file, but does not run.
//!
//! Languages with braces are minified as they are. Python, of which one of the corpora almost entirely consists, first gets
//! the braces, parentheses, semicolons and keywords of JavaScript.

use std::collections::{HashMap, HashSet};

use crate::texts::cut;

pub fn minified(code: &str) -> String {
    // A piece has one language and its own names, as a file has.
    cut(code, b'\n', || 4_000).iter().map(|piece| minify(piece)).collect()
}

fn minify(piece: &str) -> String {
    let language = Language::of(piece);
    let tokens = tokens(without_end_of_comment(piece), language);
    let names = short_names(&tokens);
    let mut output = Output { text: String::new(), names, language };
    match language {
        Language::Braces => output.push_statements(&tokens),
        Language::Python => output.push_blocks(&tokens),
    }
    output.text
}

/// A piece can begin in a comment.
fn without_end_of_comment(piece: &str) -> &str {
    match piece.split_once("*/") {
        Some((comment, rest)) if !comment.contains("/*") => rest,
        _ => piece,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    Braces,
    Python,
}

impl Language {
    /// A quarter of the lines of a language with braces end in one or in a semicolon, or are of a comment.
    fn of(piece: &str) -> Self {
        let lines = || piece.lines().map(str::trim).filter(|line| !line.is_empty());
        let has_sign = |line: &&str| line.ends_with(['{', '}', ';']) || line.starts_with(['*', '/']);
        if 4 * lines().filter(has_sign).count() >= lines().count() { Self::Braces } else { Self::Python }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    /// With its quotes.
    Literal(&'a str),
    Mark(&'a str),
    /// The end of a line, and the white space at the beginning of the next one.
    Line(usize),
}

fn tokens(mut code: &str, language: Language) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    while let Some(first) = code.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        let (length, token) = if let Some(length) = comment(code, language) {
            (length, None)
        } else if first == '\n' {
            let length = 1 + code[1..].len() - code[1..].trim_start_matches([' ', '\t']).len();
            (length, Some(Token::Line(length - 1)))
        } else if is_word(first) {
            let length = code.find(|c| !is_word(c)).unwrap_or(code.len());
            (length, Some(Token::Word(&code[..length])))
        } else if let Some(length) = literal(code) {
            (length, Some(Token::Literal(&code[..length])))
        } else {
            let length = first.len_utf8();
            (length, (!first.is_whitespace()).then(|| Token::Mark(&code[..length])))
        };
        tokens.extend(token);
        code = &code[length..];
    }
    tokens
}

/// The length of a comment, of a line of the preprocessor or of a text in triple quotes at the beginning.
fn comment(code: &str, language: Language) -> Option<usize> {
    let until = |start: usize, end: &str| code[start..].find(end).map_or(code.len(), |found| start + found);
    match language {
        Language::Braces if code.starts_with("//") || code.starts_with('#') => Some(until(1, "\n")),
        Language::Braces if code.starts_with("/*") => Some(code.len().min(until(2, "*/") + 2)),
        Language::Python if code.starts_with('#') => Some(until(1, "\n")),
        Language::Python => {
            let quotes = ["\"\"\"", "'''"].into_iter().find(|quotes| code.starts_with(quotes))?;
            Some(code.len().min(until(3, quotes) + 3))
        }
        Language::Braces => None,
    }
}

/// The length of a literal in quotes at the beginning, if it ends in its line. A single quote of Rust's often does not.
fn literal(code: &str) -> Option<usize> {
    let quote = code.chars().next().filter(|first| matches!(first, '"' | '\'' | '`'))?;
    let mut is_escaped = false;
    for (at, c) in code.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '\n' => return None,
            _ if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Short names for what is assigned or declared in the piece, except after a dot.
fn short_names<'a>(tokens: &[Token<'a>]) -> HashMap<&'a str, String> {
    const KEYWORDS: [&str; 12] =
        ["self", "this", "let", "const", "var", "mut", "function", "def", "fn", "static", "struct", "type"];
    let mut before = Token::Line(0);
    let mut declared = HashSet::new();
    let mut names = HashMap::new();
    for window in tokens.windows(3) {
        let [Token::Word(name), next, after] = *window else {
            before = window[0];
            continue;
        };
        let is_assigned = next == Token::Mark("=") && after != Token::Mark("=");
        let is_declared = matches!(before, Token::Word("let" | "const" | "var" | "mut" | "function" | "for" | "int"));
        let is_name = name.starts_with(|c: char| c.is_alphabetic()) && !KEYWORDS.contains(&name);
        if (is_assigned || is_declared) && before != Token::Mark(".") && is_name && declared.insert(name) {
            names.insert(name, short_name(names.len()));
        }
        before = window[0];
    }
    names
}

/// The given one of the names a, b, … z, aa, ba, ….
fn short_name(mut number: usize) -> String {
    let mut name = String::new();
    loop {
        name.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
        if number == 0 {
            return name;
        }
        number -= 1;
    }
}

struct Output<'a> {
    text: String,
    names: HashMap<&'a str, String>,
    language: Language,
}

impl Output<'_> {
    /// Writes a language with braces, with semicolons where only the end of a line separates statements.
    fn push_statements(&mut self, tokens: &[Token]) {
        for (at, token) in tokens.iter().enumerate() {
            match token {
                Token::Line(_) => {
                    let continues = |next: &Token| match next {
                        Token::Mark(mark) => !matches!(*mark, "(" | "[" | "@" | "_"),
                        Token::Literal(_) | Token::Word(_) => false,
                        Token::Line(_) => true,
                    };
                    if self.ends_operand() && !tokens.get(at + 1).is_none_or(continues) {
                        self.text.push(';');
                    }
                }
                token => self.push(*token),
            }
        }
        self.end_statement();
    }

    /// Writes Python with braces for its blocks.
    fn push_blocks(&mut self, tokens: &[Token]) {
        let mut blocks: Vec<usize> = Vec::new();
        let mut indent = 0;
        for line in logical_lines(tokens) {
            if let Some(Token::Line(new)) = line.first() {
                indent = *new;
            }
            let words: Vec<Token> = line.iter().filter(|token| !matches!(token, Token::Line(_))).copied().collect();
            if words.is_empty() {
                continue;
            }
            while blocks.last().is_some_and(|block| *block >= indent) {
                blocks.pop();
                self.text.push('}');
            }
            let is_header = words.len() > 1 && words.last() == Some(&Token::Mark(":"));
            if is_header {
                self.push_header(&words[..words.len() - 1]);
                self.text.push('{');
                blocks.push(indent);
            } else {
                words.iter().for_each(|token| self.push(*token));
                self.end_statement();
            }
        }
        blocks.iter().for_each(|_| self.text.push('}'));
    }

    fn push_header(&mut self, words: &[Token]) {
        let (first, rest) = (words[0], &words[1..]);
        self.push(first);
        let is_condition = matches!(first, Token::Word("if" | "elif" | "while" | "for" | "with" | "except"));
        if is_condition && !rest.is_empty() {
            self.text += if first == Token::Word("for") { "(let " } else { "(" };
            for token in rest {
                let is_in = first == Token::Word("for") && *token == Token::Word("in");
                self.push(if is_in { Token::Word("of") } else { *token });
            }
            self.text.push(')');
        } else {
            rest.iter().for_each(|token| self.push(*token));
        }
    }

    fn push(&mut self, token: Token) {
        let text = match token {
            Token::Line(_) => return,
            Token::Literal(text) | Token::Mark(text) => text,
            Token::Word(word) if self.text.ends_with('.') => word,
            Token::Word(word) => match self.names.get(word) {
                Some(short) => &short.clone(),
                None if self.language == Language::Python => keyword(word),
                None => word,
            },
        };
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        if self.text.ends_with(is_word) && text.starts_with(is_word) {
            self.text.push(' ');
        }
        self.text += text;
    }

    /// Whether a statement can end here.
    fn ends_operand(&self) -> bool {
        self.text.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | ')' | ']' | '"' | '\'' | '`'))
    }

    fn end_statement(&mut self) {
        if !self.text.ends_with([';', '{', '}']) && !self.text.is_empty() {
            self.text.push(';');
        }
    }
}

/// The word of JavaScript for one of Python.
fn keyword(word: &str) -> &str {
    match word {
        "self" => "this",
        "None" => "null",
        "True" => "!0",
        "False" => "!1",
        "and" => "&&",
        "or" => "||",
        "not" => "!",
        "is" => "===",
        "elif" => "else if",
        "def" => "function",
        "raise" => "throw",
        "except" => "catch",
        _ => word,
    }
}

/// The lines of Python, each with the line end before it, cut only where no bracket is open.
fn logical_lines<'a, 'b>(tokens: &'b [Token<'a>]) -> impl Iterator<Item = &'b [Token<'a>]> {
    let mut depth = 0_usize;
    let ends: Vec<usize> = (0..tokens.len())
        .filter(|at| {
            match tokens[*at] {
                Token::Mark("(" | "[" | "{") => depth += 1,
                Token::Mark(")" | "]" | "}") => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && matches!(tokens[*at], Token::Line(_)) && *at > 0
        })
        .chain([tokens.len()])
        .collect();
    let mut start = 0;
    ends.into_iter().map(move |end| &tokens[std::mem::replace(&mut start, end)..end])
}

#[cfg(test)]
mod tests {
    use super::minified;

    #[test]
    fn braces_are_kept() {
        let code =
            " * a comment */\nconst total = (items) => {\n\tlet sum = 0 // none\n\treturn sum + items.sum;\n};\n";
        assert_eq!(minified(code), "const a=(items)=>{let b=0;return b+items.sum;};");
    }

    #[test]
    fn python_gets_braces() {
        let code = "def total(self, items):\n    \"\"\"Adds.\"\"\"\n    sum = 0\n    for item in items:  # all\n        \
                    sum += self.value(\n            item)\n    return sum if not None else True\n\nx = 1\n";
        let expected =
            "function total(this,items){a=0;for(let b of items){a+=this.value(b);}return a if!null else!0;}c=1;";
        assert_eq!(minified(code), expected);
    }

    #[test]
    fn samples_have_one_line() {
        let text = minified(include_str!("../../samples/code.txt"));
        assert!(!text.contains(['\n', '\t']) && text.contains("){") && text.len() > 1_000, "{text}");
    }
}
