//! Counts the tokens of images from their sizes.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::request::{Detail, Image, ImageSize};

/// How a model bills images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ImageRule {
    /// A base, which is the whole cost in low detail, and `tile` tokens for each tile.
    Tiles { base: u64, tile: u64 },
    /// A factor for each patch, and `chat` tokens more for each image in Chat Completions.
    Patches { factor: Decimal, chat: u64 },
}

impl ImageRule {
    /// Returns the name of the feature that an image is.
    pub(super) fn feature(self, detail: Detail) -> String {
        let rule = match self {
            ImageRule::Tiles { base, .. } => format!("tiles from {base}"),
            ImageRule::Patches { factor, .. } => format!("patches times {factor}"),
        };
        format!("an image in {rule}, {} detail", detail.as_str())
    }
}

/// The pixels to which the longest side of an image is scaled down, and after that the shortest one, by OpenAI's guide.
const MAX_LONGEST_SIDE: f64 = 2_048.0;
const MAX_SHORTEST_SIDE: f64 = 768.0;

/// The side of a tile and that of a patch, in pixels.
const TILE: f64 = 512.0;
const PATCH: u32 = 32;

/// The maximum number of patches; an image with more is scaled down.
const MAX_PATCHES: u64 = 1_536;

/// Returns the tokens of an image, or `None` if they depend on its size and that is unknown.
pub(super) fn count(image: &Image, rule: ImageRule) -> Option<u64> {
    match (rule, image.detail, image.size) {
        (ImageRule::Tiles { base, .. }, Detail::Low, _) => Some(base),
        (_, _, None) => None,
        (ImageRule::Tiles { base, tile }, _, Some(size)) => Some(base.saturating_add(tile.saturating_mul(tiles(size)))),
        (ImageRule::Patches { factor, .. }, _, Some(size)) => {
            // In floating point, like the billed usage: 50 patches at 1.62 are 82 tokens. Each billed image has one
            // token more.
            Some((patches(size) as f64 * factor.to_f64()?).ceil() as u64 + 1)
        }
    }
}

/// Returns the fewest and the most tokens of an image of any size.
pub(super) fn range(detail: Detail, rule: ImageRule) -> (u64, u64) {
    let count = |width, height| {
        let size = Some(ImageSize { width, height });
        count(&Image { size, detail, path: String::new() }, rule).unwrap_or(0)
    };
    let least = match rule {
        // The model may choose low detail.
        ImageRule::Tiles { base, .. } if detail == Detail::Auto => base,
        _ => count(1, 1),
    };
    // The most of either rule: a square of more than the maximum of patches, and two tiles by four.
    (least, count(4_096, 4_096).max(count(768, 2_048)).max(count(768, 65_536)))
}

fn tiles(size: ImageSize) -> u64 {
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let fit = (MAX_LONGEST_SIDE / width.max(height)).min(1.0);
    let shrink = fit * (MAX_SHORTEST_SIDE / (fit * width.min(height))).min(1.0);
    steps(width * shrink, TILE) * steps(height * shrink, TILE)
}

/// Returns the number of steps that cover a length. A rounding error of the float adds no step.
fn steps(length: f64, step: f64) -> u64 {
    ((length * 1e6).round() / 1e6 / step).ceil().max(1.0) as u64
}

fn patches(size: ImageSize) -> u64 {
    let (width, height) = (u64::from(size.width.div_ceil(PATCH)), u64::from(size.height.div_ceil(PATCH)));
    let count = width * height;
    if count <= MAX_PATCHES {
        return count;
    }
    // By OpenAI's guide: scaled to the area of the maximum of patches, and then so that one side is a whole number of
    // them.
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let patch = f64::from(PATCH);
    let shrink = (patch * patch * MAX_PATCHES as f64 / (width * height)).sqrt();
    let (across, down) = (width * shrink / patch, height * shrink / patch);
    let shrink = shrink * (across.floor() / across).min(down.floor() / down);
    steps(width * shrink, patch) * steps(height * shrink, patch)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(rule: ImageRule, width: u32, height: u32, detail: Detail) -> Option<u64> {
        count(&Image { size: Some(ImageSize { width, height }), detail, path: String::new() }, rule)
    }

    /// The examples of OpenAI's guide, and what users measured.
    #[test]
    fn tiles_are_those_of_the_guide() {
        let rule = ImageRule::Tiles { base: 85, tile: 170 };
        assert_eq!(counted(rule, 1_024, 1_024, Detail::High), Some(765));
        assert_eq!(counted(rule, 2_048, 4_096, Detail::Auto), Some(1_105));
        assert_eq!(counted(rule, 4_096, 8_192, Detail::Low), Some(85));
        assert_eq!(counted(rule, 128, 64, Detail::High), Some(255));
        assert_eq!(counted(rule, u32::MAX, 1, Detail::High), Some(85 + 4 * 170));
        assert_eq!(range(Detail::High, rule), (255, 85 + 8 * 170));
    }

    #[test]
    fn patches_are_those_that_were_measured() {
        let mini = ImageRule::Patches { factor: "1.2".parse().expect("a number"), chat: 0 };
        for (width, height, tokens) in
            [(256, 256, 77), (512, 512, 309), (768, 1_024, 923), (1_024, 1_024, 1_230), (2_048, 768, 1_845)]
        {
            // A forum's figures are one less than the recorded bills for some sizes.
            let counted = counted(mini, width, height, Detail::High).expect("a size");
            assert!(counted.abs_diff(tokens) <= 1, "{width} x {height}: {counted}");
        }
        let plain = ImageRule::Patches { factor: Decimal::ONE, chat: 0 };
        assert_eq!(counted(plain, 1_800, 2_400, Detail::High), Some(1_452 + 1));
        assert_eq!(counted(plain, 1_024, 1_024, Detail::High), Some(1_024 + 1));
        assert!(counted(plain, u32::MAX, u32::MAX, Detail::High) <= Some(1_537));
        assert!(counted(plain, u32::MAX, 1, Detail::High) >= Some(2));
    }
}
