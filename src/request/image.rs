//! Images, and the size of one from the header in its data URL; no pixel is decoded, and nothing is fetched.

/// An image, of which its size matters alone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Image {
    /// Its size, where its data are in the request and have it.
    pub size: Option<ImageSize>,
    /// How closely the model looks at it.
    pub detail: Detail,
    /// Where it stands in its JSON text.
    pub path: String,
}

impl Image {
    /// Makes an image of this size, at which the model looks as it decides.
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

    /// Makes an image from its URL. The size is read from the data of a `data:` URL with a PNG, JPEG, GIF or WebP image; of any other URL it is
    /// unknown, and the image is not counted until [`Request::assume_image_size`](super::Request::assume_image_size) or
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

    /// Sets how closely the model looks at the image.
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
    /// Reads a size such as `1024x768`; `None` for any other text.
    ///
    /// ```
    /// use gpt_cost::request::ImageSize;
    ///
    /// assert_eq!(ImageSize::parse("1024x768"), Some(ImageSize { width: 1024, height: 768 }));
    /// assert_eq!(ImageSize::parse("0x768"), None);
    /// ```
    pub fn parse(text: &str) -> Option<ImageSize> {
        let (width, height) = text.split_once(['x', '×'])?;
        let size = ImageSize { width: width.parse().ok()?, height: height.parse().ok()? };
        (size.width > 0 && size.height > 0).then_some(size)
    }
}

/// How closely a model looks at an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Detail {
    /// As the model decides; billed as high.
    Auto,
    /// At a small version of it.
    Low,
    /// At all of it.
    High,
    /// At all of it, without making it smaller.
    Original,
}

/// How many characters of base64 are read: the header of a JPEG can lie behind other data, such as a preview or a colour profile.
const MOST: usize = 1 << 20;

/// Returns the size of the image in a data URL, `None` where it is another URL, or where its header does not tell.
///
/// What the bytes say counts, not the media type: many a PNG is sent as a JPEG.
pub(super) fn size_of_data_url(url: &str) -> Option<ImageSize> {
    let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
    if !head.ends_with(";base64") {
        return None;
    }
    size(&decoded(data))
}

/// Decodes the beginning of base64, in either alphabet, up to its end or to what is none.
fn decoded(data: &str) -> Vec<u8> {
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for byte in data.bytes().take(MOST) {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'\n' | b'\r' | b' ' => continue,
            _ => break,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
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
fn little(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    Some(bytes.get(at..at + length)?.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sized(bytes: &[u8]) -> Option<(u32, u32)> {
        size(bytes).map(|size| (size.width, size.height))
    }

    #[test]
    fn each_format_tells_its_size() {
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
    fn headers_that_lie_or_end_tell_nothing() {
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
    fn a_data_url_is_read_by_its_bytes() {
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
