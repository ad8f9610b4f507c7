//! Images, and the reader of the size in the header of a data URL. No pixel is decoded, and nothing is fetched.

use std::fmt;

use super::base64;
use crate::names::names;

/// An image. Only its size and its detail matter.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Image {
    /// The size, if the data is in the request and its header is readable, or if it was set.
    pub size: Option<ImageSize>,
    /// The detail in which the model sees it.
    pub detail: Detail,
    /// The path in its JSON text.
    pub path: String,
}

impl Image {
    /// Returns an image of this size, with the detail [`Detail::Auto`].
    ///
    /// ```
    /// use gpt_cost::request::{Detail, Image, ImageSize};
    ///
    /// let image = Image::new(ImageSize { width: 640, height: 480 });
    /// assert_eq!(image.detail, Detail::Auto);
    /// ```
    pub fn new(size: ImageSize) -> Image {
        Image { size: Some(size), detail: Detail::Auto, path: String::new() }
    }

    /// Returns an image from its URL. The size is read from the data of a `data:` URL with a PNG, JPEG, GIF or WebP
    /// image. For any other URL it is unknown, and the image is not counted until
    /// [`Request::assume_image_size`](super::Request::assume_image_size) or
    /// [`Request::set_image_sizes`](super::Request::set_image_sizes) sets it. Nothing is fetched.
    ///
    /// ```
    /// use gpt_cost::request::{Image, ImageSize};
    ///
    /// let image = Image::from_url("data:image/gif;base64,R0lGODlhLAHIAA==");
    /// assert_eq!(image.size, Some(ImageSize { width: 300, height: 200 }));
    /// assert_eq!(Image::from_url("https://example.com/cat.png").size, None);
    /// ```
    pub fn from_url(url: &str) -> Image {
        Image { size: size_of_data_url(url), detail: Detail::Auto, path: String::new() }
    }

    /// Sets the detail in which the model sees the image.
    ///
    /// ```
    /// use gpt_cost::request::{Detail, Image, ImageSize};
    ///
    /// let image = Image::new(ImageSize { width: 640, height: 480 }).detail(Detail::Low);
    /// assert_eq!(image.detail, Detail::Low);
    /// ```
    #[must_use]
    pub fn detail(self, detail: Detail) -> Image {
        Image { detail, ..self }
    }
}

impl From<ImageSize> for Image {
    fn from(size: ImageSize) -> Image {
        Image::new(size)
    }
}

/// The size of an image, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageSize {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

impl ImageSize {
    /// Parses a size such as `1024x768`; returns `None` for any other text.
    ///
    /// ```
    /// use gpt_cost::request::ImageSize;
    ///
    /// assert_eq!(ImageSize::parse("1024x768"), Some(ImageSize { width: 1024, height: 768 }));
    /// assert_eq!(ImageSize::parse("0x768"), None);
    /// assert_eq!(ImageSize { width: 1024, height: 768 }.to_string(), "1024x768");
    /// ```
    pub fn parse(text: &str) -> Option<ImageSize> {
        let (width, height) = text.split_once(['x', '×'])?;
        let size = ImageSize { width: width.parse().ok()?, height: height.parse().ok()? };
        (size.width > 0 && size.height > 0).then_some(size)
    }
}

/// Writes the size as [`ImageSize::parse`] reads it, such as `1024x768`.
impl fmt::Display for ImageSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

names! {
    /// The detail in which a model sees an image.
    pub enum Detail {
        /// The model decides; billed as high.
        Auto = "auto",
        /// A small version of the image.
        Low = "low",
        /// The whole image, scaled down if it is large.
        High = "high",
        /// The whole image, not scaled.
        Original = "original",
    }
}

/// The number of characters of base64 that are read: the header of a JPEG can come after other data, such as a preview
/// or a colour profile.
const MOST: usize = 1 << 20;

/// Returns the size of the image in a data URL; `None` for any other URL, and for an unreadable header.
///
/// The bytes decide, not the media type: many PNG images are sent as JPEG.
pub(super) fn size_of_data_url(url: &str) -> Option<ImageSize> {
    let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
    if !head.ends_with(";base64") {
        return None;
    }
    size(&base64::decoded(data, MOST))
}

fn size(bytes: &[u8]) -> Option<ImageSize> {
    let (width, height) = match bytes {
        [0x89, b'P', b'N', b'G', ..] => (big(bytes, 16, 4)?, big(bytes, 20, 4)?),
        [b'G', b'I', b'F', b'8', ..] => (little(bytes, 6, 2)?, little(bytes, 8, 2)?),
        [0xff, 0xd8, ..] => jpeg(bytes)?,
        [b'R', b'I', b'F', b'F', ..] if bytes.get(8..12) == Some(b"WEBP") => webp(bytes)?,
        _ => return None,
    };
    (width > 0 && height > 0).then_some(ImageSize { width, height })
}

/// Walks the segments of a JPEG to the frame's header.
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        while *bytes.get(at)? == 0xff && *bytes.get(at + 1)? == 0xff {
            at += 1;
        }
        if *bytes.get(at)? != 0xff {
            return None;
        }
        match *bytes.get(at + 1)? {
            // Start of a frame, of any coding; C4, C8 and CC are tables.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return Some((big(bytes, at + 7, 2)?, big(bytes, at + 5, 2)?));
            }
            // Marks without a body.
            0x01 | 0xd0..=0xd8 => at += 2,
            _ => at += 2 + (big(bytes, at + 2, 2)? as usize).max(2),
        }
    }
}

fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    match bytes.get(12..16)? {
        b"VP8X" => Some((little(bytes, 24, 3)? + 1, little(bytes, 27, 3)? + 1)),
        b"VP8L" => {
            let bits = little(bytes, 21, 4)?;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8 " => Some((little(bytes, 26, 2)? & 0x3fff, little(bytes, 28, 2)? & 0x3fff)),
        _ => None,
    }
}

/// Returns the number in up to four bytes, the first the highest.
fn big(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    Some(bytes.get(at..at + length)?.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

/// Returns the number in up to four bytes, the first the lowest.
pub(super) fn little(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    Some(bytes.get(at..at + length)?.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sized(bytes: &[u8]) -> Option<(u32, u32)> {
        size(bytes).map(|size| (size.width, size.height))
    }

    #[test]
    fn the_size_is_in_the_header_of_each_format() {
        let png = [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &300u32.to_be_bytes(), &200u32.to_be_bytes()].concat();
        assert_eq!(sized(&png), Some((300, 200)));
        assert_eq!(sized(b"GIF89a\x2c\x01\xc8\0"), Some((300, 200)));
        let jpeg = b"\xff\xd8\xff\xe0\0\x04JF\xff\xff\xc2\0\x11\x08\0\xc8\x01\x2c\x03";
        assert_eq!(sized(jpeg), Some((300, 200)));
        assert_eq!(sized(b"RIFF....WEBPVP8X........\x2b\x01\0\xc7\0\0"), Some((300, 200)));
        assert_eq!(sized(b"RIFF....WEBPVP8 ..........\x2c\x01\xc8\0"), Some((300, 200)));
        let lossless = (299u32 | 199 << 14).to_le_bytes();
        assert_eq!(sized(&[b"RIFF....WEBPVP8L....\x2f".as_slice(), &lossless].concat()), Some((300, 200)));
    }

    #[test]
    fn invalid_and_truncated_headers_have_no_size() {
        for bytes in [
            b"".as_slice(),
            b"\x89PNG",
            b"\xff\xd8\xff\xe0\xff\xff",
            b"\xff\xd8\xff\xe0\0\0\0",
            b"\xff\xd8\0",
            b"GIF89a\0\0\0\0",
            b"RIFF....WEBPVP8?",
        ] {
            assert_eq!(sized(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_data_url_is_read_by_its_bytes_not_its_type() {
        // "GIF89a", 300 by 200, sent as something else, with a line break.
        let size = size_of_data_url("data:image/png;base64,R0lG\nODlhLAHIAA==");
        assert_eq!(size, Some(ImageSize { width: 300, height: 200 }));
        for url in
            ["https://example.com/cat.png", "data:image/png,GIF89a", "data:;base64,", "data:image/gif;base64,R0lG*"]
        {
            assert_eq!(size_of_data_url(url), None, "{url}");
        }
    }
}
