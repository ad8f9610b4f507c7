//! The `usage` of a real response, and the pricing rule: what a price row charges for a usage.

mod charge;
mod response;

pub use self::charge::{Bill, Charge, ChargeKind};
pub use self::response::Response;
pub(crate) use self::response::day_of;
use crate::money::grouped;

/// The tokens that the API billed, as a response reports them.
///
/// The parts are parts of their whole: cached tokens are input tokens, and reasoning tokens are output tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// All input tokens.
    pub input: u64,
    /// Those of them that were read from the prompt cache.
    pub cached: u64,
    /// Those of them that were written to the prompt cache.
    pub written: u64,
    /// Those of them that are audio.
    pub audio_input: u64,
    /// All output tokens.
    pub output: u64,
    /// Those of them that nobody sees, since the model thought with them. They cost what other output costs.
    pub reasoning: u64,
    /// Those of them that are audio.
    pub audio_output: u64,
}

impl Usage {
    /// Returns the usage of an input, of which so many tokens are cached.
    pub(crate) fn of_input(input: u64, cached: u64) -> Usage {
        Usage { input, cached, ..Usage::default() }
    }

    /// Returns the usage without its output.
    pub(crate) fn input_alone(&self) -> Usage {
        Usage { output: 0, reasoning: 0, audio_output: 0, ..*self }
    }

    /// Returns the usage of an output: of speech alone, or of text alone.
    pub(crate) fn of_output(output: u64, is_audio: bool) -> Usage {
        Usage { output, audio_output: if is_audio { output } else { 0 }, ..Usage::default() }
    }

    /// Returns what is wrong with the numbers, where parts are more than their whole.
    pub(crate) fn contradiction(&self) -> Option<String> {
        let parts = self.cached.saturating_add(self.written).saturating_add(self.audio_input);
        if parts > self.input {
            let (parts, input) = (grouped(parts), grouped(self.input));
            return Some(format!("{parts} cached, written and audio tokens are more than the {input} of input"));
        }
        let part = self.reasoning.max(self.audio_output);
        (part > self.output).then(|| {
            format!("{} reasoning or audio tokens are more than the {} of output", grouped(part), grouped(self.output))
        })
    }
}
