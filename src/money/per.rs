//! The units of prices. The build script includes this file, so that price tables are read and priced with the same
//! type.

use crate::names::names;

names! {
    /// The number of tokens that a price is for.
    pub enum Per {
        /// A thousand tokens, as OpenAI gave prices until 2024.
        Thousand = "1K",
        /// A million tokens.
        Million = "1M",
    }
}
