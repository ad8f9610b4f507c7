//! The `usage` of a real response, and the pricing rule: what a price row charges for a usage.

mod charge;
mod response;

pub use self::charge::{Bill, Charge, ChargeKind};
pub use self::response::Response;
pub(crate) use self::response::day_of;
use crate::money::grouped;

/// The tokens of a request and its answer, as a response reports what the API billed.
///
/// Cached, written and audio input tokens are among the input tokens; reasoning and audio output tokens are among the
/// output tokens.
///
/// ```
/// use gpt_cost::usage::Usage;
///
/// let usage = Usage::new(1_200, 50).cached(1_000);
/// assert_eq!((usage.input, usage.cached, usage.output), (1_200, 1_000, 50));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// All input tokens.
    pub input: u64,
    /// The input tokens that were read from the prompt cache.
    pub cached: u64,
    /// The input tokens that were written to the prompt cache.
    pub written: u64,
    /// The input tokens that are audio.
    pub audio_input: u64,
    /// All output tokens.
    pub output: u64,
    /// The output tokens of hidden reasoning. They cost what other output costs.
    pub reasoning: u64,
    /// The output tokens that are audio.
    pub audio_output: u64,
}

impl Usage {
    /// Returns the usage of the given numbers of input and output tokens: text that is neither cached nor written to
    /// the cache.
    pub fn new(input: u64, output: u64) -> Usage {
        Usage { input, output, ..Usage::default() }
    }

    /// Sets how many of the input tokens were read from the prompt cache.
    #[must_use]
    pub fn cached(self, cached: u64) -> Usage {
        Usage { cached, ..self }
    }

    /// Sets how many of the input tokens were written to the prompt cache.
    #[must_use]
    pub fn written(self, written: u64) -> Usage {
        Usage { written, ..self }
    }

    /// Sets how many of the input tokens are audio.
    #[must_use]
    pub fn audio_input(self, audio_input: u64) -> Usage {
        Usage { audio_input, ..self }
    }

    /// Sets how many of the output tokens are reasoning.
    #[must_use]
    pub fn reasoning(self, reasoning: u64) -> Usage {
        Usage { reasoning, ..self }
    }

    /// Sets how many of the output tokens are audio.
    #[must_use]
    pub fn audio_output(self, audio_output: u64) -> Usage {
        Usage { audio_output, ..self }
    }

    /// Returns the usage of an output that is all audio or all text.
    pub(crate) fn output_alone(output: u64, is_audio: bool) -> Usage {
        Usage::new(0, output).audio_output(if is_audio { output } else { 0 })
    }

    /// Returns the usage without its output.
    pub(crate) fn without_output(&self) -> Usage {
        Usage { output: 0, reasoning: 0, audio_output: 0, ..*self }
    }

    /// Returns what is wrong with the numbers: components that add up to more than the input or the output.
    pub(crate) fn contradiction(&self) -> Option<String> {
        let parts = self.cached.saturating_add(self.written).saturating_add(self.audio_input);
        if parts > self.input {
            let (parts, input) = (grouped(parts), grouped(self.input));
            return Some(format!("{parts} cached, written and audio tokens exceed the {input} input tokens"));
        }
        let part = self.reasoning.max(self.audio_output);
        (part > self.output).then(|| {
            format!("{} reasoning or audio tokens exceed the {} output tokens", grouped(part), grouped(self.output))
        })
    }
}
