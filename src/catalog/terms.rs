//! The terms of price tables: kinds of models, service tiers, what a price is for, and how images become tokens.
//!
//! The build script includes this file, which uses nothing of the crate but the macro for enums with names.

use rust_decimal::Decimal;

use crate::names::names;

names! {
    /// What a model is for. It determines the form of a request and the prices that a row must have.
    pub enum Kind {
        /// Messages in, a message out.
        Chat = "chat",
        /// Text in, text out.
        Completion = "completion",
        /// Text in, a vector out: there is no price for output.
        Embedding = "embedding",
        /// Speech in or out, in addition to text.
        Audio = "audio",
        /// A session of speech and text.
        Realtime = "realtime",
        /// Text and images in, images out.
        Image = "image",
        /// Text and images in, a video out.
        Video = "video",
        /// Text or images in, a verdict out.
        Moderation = "moderation",
        /// A chat model that anybody can run: its vendor has no price for it.
        OpenWeight = "open-weight",
    }
}

names! {
    /// The service tier of a request: how fast the answer is promised, and at which price.
    ///
    /// ```
    /// use gpt_cost::Tier;
    ///
    /// assert_eq!("fast".parse(), Ok(Tier::Priority));
    /// ```
    pub enum Tier {
        /// The tier of a request that names none. Requests call it `default`.
        Standard = "standard" | "default",
        /// Within a day, through the Batch API.
        Batch = "batch",
        /// Cheaper and slower, subject to capacity.
        Flex = "flex",
        /// Ahead of the others. The API has called it `fast` since 2026-07-30.
        Priority = "priority" | "fast",
        /// Ahead of `priority`.
        Ultrafast = "ultrafast",
        /// The Decisions API, which has prices of its own: its output is free.
        Decisions = "decisions",
        /// Tokens of a training file, for fine-tuning.
        Training = "training",
    }
}

names! {
    /// What a price is for.
    pub enum Field {
        /// Input tokens.
        Input = "input",
        /// Input tokens read from the prompt cache.
        Cached = "cached",
        /// Input tokens written to the prompt cache for 30 minutes.
        Write = "write",
        /// Input tokens written to the prompt cache for 12 hours.
        WriteLong = "write_long",
        /// Output tokens, reasoning included.
        Output = "output",
        /// Audio input tokens.
        AudioIn = "audio_in",
        /// Audio output tokens.
        AudioOut = "audio_out",
        /// Audio tokens read from the prompt cache.
        AudioCached = "audio_cached",
        /// Image input tokens, if they have a price of their own.
        ImageIn = "image_in",
        /// Image tokens read from the prompt cache.
        ImageCached = "image_cached",
        /// Image output tokens.
        ImageOut = "image_out",
    }
}

names! {
    /// What a price that is not for tokens is for.
    pub enum Unit {
        /// A call.
        Call = "call",
        /// A thousand calls.
        ThousandCalls = "1K calls",
        /// A second.
        Second = "second",
        /// A minute.
        Minute = "minute",
        /// Twenty minutes.
        TwentyMinutes = "20 minutes",
        /// An hour.
        Hour = "hour",
        /// A thousand characters.
        ThousandCharacters = "1K characters",
        /// A million characters.
        MillionCharacters = "1M characters",
        /// An image.
        Image = "image",
        /// A gigabyte that is kept for a day.
        GigabyteDay = "GB-day",
    }
}

names! {
    /// What a quantity counts.
    pub enum Measure {
        /// Calls of a tool.
        Calls = "calls",
        /// Seconds.
        Seconds = "seconds",
        /// Characters of text.
        Characters = "characters",
        /// Images.
        Images = "images",
        /// Gigabytes, each for a day.
        GigabyteDays = "GB-days",
    }
}

impl Unit {
    /// Returns what the unit is a number of.
    ///
    /// ```
    /// use gpt_cost::catalog::{Measure, Unit};
    ///
    /// assert_eq!((Unit::Minute.measure(), Unit::Minute.size()), (Measure::Seconds, 60));
    /// ```
    pub const fn measure(self) -> Measure {
        match self {
            Unit::Call | Unit::ThousandCalls => Measure::Calls,
            Unit::Second | Unit::Minute | Unit::TwentyMinutes | Unit::Hour => Measure::Seconds,
            Unit::ThousandCharacters | Unit::MillionCharacters => Measure::Characters,
            Unit::Image => Measure::Images,
            Unit::GigabyteDay => Measure::GigabyteDays,
        }
    }

    /// Returns how many of its [`Measure`] the unit is.
    pub const fn size(self) -> u32 {
        match self {
            Unit::Call | Unit::Second | Unit::Image | Unit::GigabyteDay => 1,
            Unit::Minute => 60,
            Unit::ThousandCalls | Unit::ThousandCharacters => 1_000,
            Unit::TwentyMinutes => 1_200,
            Unit::Hour => 3_600,
            Unit::MillionCharacters => 1_000_000,
        }
    }
}

impl Tier {
    /// Returns the tier that the API's field `service_tier` names, in a request or a response; `None` for `auto`, which
    /// leaves the choice to a setting of the OpenAI project, the standard tier by default.
    ///
    /// # Errors
    ///
    /// An unknown name, and `scale`, which is paid in advance and has no price per token.
    ///
    /// ```
    /// use gpt_cost::Tier;
    ///
    /// assert_eq!(Tier::from_api("fast"), Ok(Some(Tier::Priority)));
    /// assert_eq!(Tier::from_api("default"), Ok(Some(Tier::Standard)));
    /// assert!(Tier::from_api("scale").is_err());
    /// ```
    pub fn from_api(name: &str) -> Result<Option<Tier>, String> {
        const KNOWN: &str = "auto, default, flex, priority, fast, ultrafast, batch or scale";
        match name {
            "auto" => Ok(None),
            "scale" => Err("the tier `scale` is paid in advance and has no price per token".to_owned()),
            // These are tiers of price tables alone.
            "training" | "decisions" => Err(format!("unknown service tier, expected {KNOWN}")),
            name => name.parse().map(Some).map_err(|_| format!("unknown service tier, expected {KNOWN}")),
        }
    }
}

/// How an image becomes tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum ImageRule {
    /// A base and an amount for each tile of 512 × 512 pixels.
    Tiles {
        /// Tokens of any image, and of one in low detail.
        base: u64,
        /// Tokens of each tile.
        tile: u64,
    },
    /// Patches of 32 × 32 pixels, times a factor.
    Patches {
        /// Tokens for each patch.
        factor: Decimal,
        /// Additional tokens for each image in Chat Completions.
        chat: u64,
    },
}
