//! The `usage` of a real response, and the pricing rule: what a price row charges for a usage.

mod calls;
mod charge;
mod details;
mod file;
mod response;
mod stream;
mod tool;

pub use self::calls::{ImageCharges, UnitCharge, UnpricedCalls};
pub use self::charge::{Bill, Charge, ChargeKind};
pub use self::file::{Found, Outcome, Reported, responses, responses_of};
pub(crate) use self::response::day_of;
pub use self::response::{GeneratedImages, Response};
pub use self::stream::{Event, Streams, is_event_stream};
pub use self::tool::ToolKind;
pub(crate) use self::tool::searches_by_preview;
use crate::money::grouped;

/// The tokens of a request and its answer, as a response reports what the API billed.
///
/// Cached, written, audio and image input tokens are among the input tokens; reasoning, audio and image output tokens
/// are among the output tokens. Cached audio is among both the cached and the audio input tokens, and cached images
/// likewise.
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
    /// Those of the written tokens that are kept for 12 hours.
    pub written_long: u64,
    /// The input tokens that are audio, cached or not.
    pub audio_input: u64,
    /// The audio input tokens that were read from the prompt cache.
    pub cached_audio: u64,
    /// The input tokens that are images, cached or not.
    pub image_input: u64,
    /// The image input tokens that were read from the prompt cache.
    pub cached_images: u64,
    /// Whether some cached or written tokens may be audio or images, and the response does not report how many.
    pub has_unknown_cache: bool,
    /// All output tokens.
    pub output: u64,
    /// The output tokens of hidden reasoning. They cost what other output costs.
    pub reasoning: u64,
    /// The output tokens that are audio.
    pub audio_output: u64,
    /// The output tokens that are images.
    pub image_output: u64,
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

    /// Sets how many of the written tokens are kept for 12 hours.
    #[must_use]
    pub fn written_long(self, written_long: u64) -> Usage {
        Usage { written_long, ..self }
    }

    /// Sets how many of the input tokens are audio, cached or not.
    #[must_use]
    pub fn audio_input(self, audio_input: u64) -> Usage {
        Usage { audio_input, ..self }
    }

    /// Sets how many of the cached tokens are audio.
    #[must_use]
    pub fn cached_audio(self, cached_audio: u64) -> Usage {
        Usage { cached_audio, ..self }
    }

    /// Sets how many of the input tokens are images, cached or not.
    #[must_use]
    pub fn image_input(self, image_input: u64) -> Usage {
        Usage { image_input, ..self }
    }

    /// Sets how many of the cached tokens are images.
    #[must_use]
    pub fn cached_images(self, cached_images: u64) -> Usage {
        Usage { cached_images, ..self }
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

    /// Sets how many of the output tokens are images.
    #[must_use]
    pub fn image_output(self, image_output: u64) -> Usage {
        Usage { image_output, ..self }
    }

    /// Returns the usage of an output that is all audio or all text.
    pub(crate) fn output_alone(output: u64, is_audio: bool) -> Usage {
        Usage::new(0, output).audio_output(if is_audio { output } else { 0 })
    }

    /// Returns the usage without its output.
    pub(crate) fn without_output(&self) -> Usage {
        Usage { output: 0, reasoning: 0, audio_output: 0, image_output: 0, ..*self }
    }

    /// Returns what is wrong with the numbers: components that add up to more than the input or the output.
    pub(crate) fn contradiction(&self) -> Option<String> {
        let exceeds = |part: u64, name: &str, whole: u64, of: &str| {
            (part > whole).then(|| format!("{} {name} tokens exceed the {} {of} tokens", grouped(part), grouped(whole)))
        };
        let sum = |parts: &[u64]| parts.iter().fold(0, |sum: u64, part| sum.saturating_add(*part));
        let uncached = |all: u64, cached: u64| all.saturating_sub(cached);
        let [audio, images] =
            [uncached(self.audio_input, self.cached_audio), uncached(self.image_input, self.cached_images)];
        // Where the response does not report what was cached, audio and images can be among the cached tokens.
        let (input, name) = match (self.has_unknown_cache, self.image_input) {
            (true, _) => (sum(&[self.cached, self.written]), "cached and written"),
            (false, 0) => (sum(&[self.cached, self.written, audio]), "cached, written and audio"),
            (false, _) => (sum(&[self.cached, self.written, audio, images]), "cached, written, audio and image"),
        };
        let output = sum(&[self.audio_output, self.image_output]);
        exceeds(input, name, self.input, "input")
            .or_else(|| exceeds(sum(&[self.audio_input, self.image_input]), "audio and image", self.input, "input"))
            .or_else(|| exceeds(self.cached_audio, "cached audio", self.audio_input, "audio input"))
            .or_else(|| exceeds(self.cached_images, "cached image", self.image_input, "image input"))
            .or_else(|| {
                exceeds(sum(&[self.cached_audio, self.cached_images]), "cached audio and image", self.cached, "cached")
            })
            .or_else(|| exceeds(self.written_long, "12-hour cache write", self.written, "cache write"))
            .or_else(|| exceeds(self.reasoning.max(output), "reasoning or audio", self.output, "output"))
    }
}
