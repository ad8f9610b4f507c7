//! The parser's input, with a limit on what the parser reads ahead.
//!
//! A collection in brackets can turn out to be a key, so that the parser keeps all tokens of it before it returns the
//! first event: 175 bytes for each byte of `[a,a,a,…`, which are 17 GB for 100 MB.

use std::cell::Cell;
use std::rc::Rc;

use saphyr_parser::input::SkipTabs;
use saphyr_parser::{Input, StrInput};

/// The most marks, such as commas and brackets, between two events: about 350 MB of tokens.
const MAX_MARKS: usize = 1_000_000;

/// A text that ends where the parser reads too far ahead.
pub(super) struct LimitedInput<'t> {
    text: StrInput<'t>,
    ahead: Ahead,
}

/// The number of marks that the parser has read since its last event.
#[derive(Clone, Debug, Default)]
pub(super) struct Ahead(Rc<Cell<usize>>);

impl Ahead {
    /// Notes an event.
    pub(super) fn reset(&self) {
        self.0.set(0);
    }

    /// Returns whether the text was cut off.
    pub(super) fn is_too_far(&self) -> bool {
        self.0.get() > MAX_MARKS
    }
}

impl<'t> LimitedInput<'t> {
    pub(super) fn new(text: &'t str, ahead: Ahead) -> LimitedInput<'t> {
        LimitedInput { text: StrInput::new(text), ahead }
    }

    fn note(&mut self) {
        if !matches!(self.text.peek(), ',' | ':' | '[' | ']' | '{' | '}' | '"' | '\'' | '?' | '*' | '&' | '!') {
            return;
        }
        self.ahead.0.set(self.ahead.0.get() + 1);
        if self.ahead.is_too_far() {
            self.text = StrInput::new("");
            self.text.lookahead(self.text.bufmaxlen());
        }
    }
}

impl Input for LimitedInput<'_> {
    fn lookahead(&mut self, count: usize) {
        self.text.lookahead(count);
    }

    fn buflen(&self) -> usize {
        self.text.buflen()
    }

    fn bufmaxlen(&self) -> usize {
        self.text.bufmaxlen()
    }

    fn raw_read_ch(&mut self) -> char {
        self.text.raw_read_ch()
    }

    fn raw_read_non_breakz_ch(&mut self) -> Option<char> {
        self.text.raw_read_non_breakz_ch()
    }

    fn skip(&mut self) {
        self.note();
        self.text.skip();
    }

    fn skip_n(&mut self, count: usize) {
        self.note();
        self.text.skip_n(count);
    }

    fn peek(&self) -> char {
        self.text.peek()
    }

    fn peek_nth(&self, n: usize) -> char {
        self.text.peek_nth(n)
    }

    fn peek_opt(&self) -> Option<char> {
        self.text.peek_opt()
    }

    fn skip_ws_to_eol(&mut self, skip_tabs: SkipTabs) -> (usize, Result<SkipTabs, &'static str>) {
        self.text.skip_ws_to_eol(skip_tabs)
    }

    fn next_can_be_plain_scalar(&self, in_flow: bool) -> bool {
        self.text.next_can_be_plain_scalar(in_flow)
    }

    fn skip_while_non_breakz(&mut self) -> usize {
        self.text.skip_while_non_breakz()
    }

    fn skip_while_blank(&mut self) -> usize {
        self.text.skip_while_blank()
    }

    fn fetch_while_is_alpha(&mut self, out: &mut String) -> usize {
        self.text.fetch_while_is_alpha(out)
    }

    fn fetch_while_is_yaml_non_space(&mut self, out: &mut String) -> usize {
        self.text.fetch_while_is_yaml_non_space(out)
    }
}
