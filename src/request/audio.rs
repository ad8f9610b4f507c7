//! Audio, and the reader of its length in the headers of WAV and MP3 data. No sample is decoded.

use super::base64;
use super::image::little;

/// Audio in a message. Only its length matters.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Audio {
    /// The length; `None` if the data has no readable header.
    pub length: Option<AudioLength>,
    /// The path in its JSON text.
    pub path: String,
}

/// The length of audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AudioLength {
    /// Tenths of a second, rounded down.
    pub tenths: u64,
    /// Whether it includes the silence that an MP3 encoder adds at both ends.
    pub is_padded: bool,
}

impl Audio {
    /// Returns audio from its data in base64: a WAV or MP3 file, whatever its name. The length of other data is unknown,
    /// and it is not counted.
    ///
    /// ```
    /// use gpt_cost::request::Audio;
    ///
    /// // 16 bytes of samples at 16 bytes a second.
    /// let wav = "UklGRgAAAABXQVZFZm10IBAAAAABAAEAEAAAABAAAAABAAgAZGF0YRAAAACAgICAgICAgICAgICAgICA";
    /// assert_eq!(Audio::from_base64(wav).length.unwrap().tenths, 10);
    /// assert_eq!(Audio::from_base64("T2dnUw==").length, None);
    /// ```
    pub fn from_base64(data: &str) -> Audio {
        Audio { length: length(&base64::decoded(data, usize::MAX)), path: String::new() }
    }
}

/// Returns the length of a WAV or MP3 file.
fn length(bytes: &[u8]) -> Option<AudioLength> {
    match bytes {
        [b'R', b'I', b'F', b'F', ..] if bytes.get(8..12) == Some(b"WAVE") => wav(bytes),
        [b'I', b'D', b'3', ..] | [0xff, ..] => mp3(bytes),
        _ => None,
    }
}

/// Reads the chunks of a WAV file up to its samples. A stream has no size, or one that is too large: its samples are the
/// bytes that are there.
fn wav(bytes: &[u8]) -> Option<AudioLength> {
    let (mut at, mut bytes_per_second) = (12usize, 0);
    loop {
        let (name, size) = (bytes.get(at..at + 4)?, little(bytes, at + 4, 4)? as usize);
        let content = at + 8;
        match name {
            b"fmt " => bytes_per_second = u64::from(little(bytes, content + 8, 4)?),
            b"data" => {
                let samples = size.min(bytes.len() - content) as u64;
                let tenths = (samples * 10).checked_div(bytes_per_second)?;
                return Some(AudioLength { tenths, is_padded: false });
            }
            _ => {}
        }
        // Chunks begin at even offsets.
        at = content.checked_add(size)?.checked_add(size % 2)?;
    }
}

/// The unit in which the lengths of frames are added: a whole number of them is a sample at each rate of MP3.
const TICKS_PER_SECOND: u64 = 14_112_000;

/// The most bytes after the last frame that are no frame: tags, or the beginning of a frame that is cut off.
const MAX_TAIL: usize = 4_096;

/// Adds the lengths of the frames of an MP3 file, which may differ in their bit rate.
fn mp3(bytes: &[u8]) -> Option<AudioLength> {
    let mut at = match bytes {
        // The size of a tag has seven bits in each byte.
        [b'I', b'D', b'3', _, _, _, size @ ..] => {
            10 + size.get(..4)?.iter().fold(0usize, |size, byte| size << 7 | usize::from(byte & 0x7f))
        }
        _ => 0,
    };
    let mut ticks = 0;
    while let Some(frame) = bytes.get(at..).and_then(Frame::read) {
        let content = bytes.get(at..at + frame.bytes).unwrap_or_default();
        // The first frame can describe the file instead of having samples.
        let is_description =
            ticks == 0 && content.windows(4).take(64).any(|name| matches!(name, b"Xing" | b"Info" | b"VBRI"));
        ticks += if is_description { 0 } else { frame.ticks };
        at += frame.bytes;
    }
    let is_whole = bytes.len().saturating_sub(at) <= MAX_TAIL;
    (ticks > 0 && is_whole).then(|| AudioLength { tenths: ticks * 10 / TICKS_PER_SECOND, is_padded: true })
}

/// A frame of an MP3 file.
struct Frame {
    bytes: usize,
    ticks: u64,
}

impl Frame {
    /// Reads the header of a frame of layer III.
    fn read(header: &[u8]) -> Option<Frame> {
        /// Kilobits per second, of MPEG 1 and of MPEG 2 and 2.5.
        const BIT_RATES: [[u64; 15]; 2] = [
            [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
            [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
        ];
        let (&[0xff, version, rates, _], _) = header.split_first_chunk::<4>()? else { return None };
        // Eleven bits of ones, two of the version, and layer III.
        if version & 0xe6 != 0xe2 {
            return None;
        }
        let (is_later, halvings) = match version >> 3 & 3 {
            3 => (0, 0),
            2 => (1, 1),
            0 => (1, 2),
            _ => return None,
        };
        let bits_per_second = BIT_RATES[is_later].get(usize::from(rates >> 4)).filter(|rate| **rate > 0)? * 1_000;
        let samples_per_second = [44_100u64, 48_000, 32_000].get(usize::from(rates >> 2 & 3))? >> halvings;
        let samples: u64 = if is_later == 1 { 576 } else { 1_152 };
        let padding = u64::from(rates >> 1 & 1);
        let bytes = samples / 8 * bits_per_second / samples_per_second + padding;
        Some(Frame { bytes: bytes as usize, ticks: samples * (TICKS_PER_SECOND / samples_per_second) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(name: &[u8; 4], size: u32, content: &[u8]) -> Vec<u8> {
        [name.as_slice(), &size.to_le_bytes(), content].concat()
    }

    /// A WAV file of 100 bytes a second, with the stated size of its samples.
    fn file(samples: usize, stated: u32) -> Vec<u8> {
        let format = [[0; 8].as_slice(), &100u32.to_le_bytes(), &[0; 4]].concat();
        let chunks =
            [chunk(b"LIST", 3, b"abc\0"), chunk(b"fmt ", 16, &format), chunk(b"data", stated, &vec![0; samples])];
        [b"RIFF\0\0\0\0WAVE".as_slice(), &chunks.concat()].concat()
    }

    #[test]
    fn the_length_of_a_wav_file_is_that_of_its_samples() {
        let tenths = |samples, stated| length(&file(samples, stated)).map(|length| length.tenths);
        assert_eq!(tenths(74, 74), Some(7));
        assert_eq!(tenths(80, 80), Some(8));
        assert_eq!(tenths(90, 50), Some(5), "other chunks follow");
        assert_eq!(tenths(35, u32::MAX), Some(3), "a stream");
        assert_eq!(tenths(35, 1_000), Some(3), "cut off");
    }

    #[test]
    fn the_length_of_an_mp3_file_is_that_of_its_frames() {
        // MPEG 1, 64 kbit/s, 48,000 samples a second: frames of 192 bytes and 24 ms.
        let frame = |name: &[u8]| [b"\xff\xfb\x54\xc4".as_slice(), &[0; 17], name, &vec![0; 171 - name.len()]].concat();
        let frames = |count| frame(b"").repeat(count);
        let tenths = |bytes: Vec<u8>| length(&bytes).map(|length| (length.tenths, length.is_padded));
        assert_eq!(tenths(frames(50)), Some((12, true)));
        assert_eq!(tenths([frame(b"Info"), frames(49)].concat()), Some((11, true)));
        let tag = b"ID3\x04\0\0\0\0\x01\x02".as_slice();
        assert_eq!(tenths([tag, &[0; 130], &frames(50), b"TAG"].concat()), Some((12, true)));
        assert_eq!(tenths([frames(50), vec![0; 10_000]].concat()), None, "something else follows");
    }

    #[test]
    fn other_and_invalid_files_have_no_length() {
        let no_rate = [b"RIFF\0\0\0\0WAVE".as_slice(), &chunk(b"data", 4, b"abcd")].concat();
        let endless = [b"RIFF\0\0\0\0WAVE".as_slice(), &chunk(b"LIST", u32::MAX, b"")].concat();
        for bytes in [
            b"".as_slice(),
            b"OggS",
            b"RIFF",
            b"RIFF\0\0\0\0WAVE",
            b"ID3",
            b"\xff",
            b"\xff\xfb\xff\xff",
            &no_rate,
            &endless,
        ] {
            assert_eq!(length(bytes), None, "{bytes:?}");
        }
    }
}
