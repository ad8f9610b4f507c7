//! Counts audio by its length, and files by the tokens that are given for them.

use jiff::civil::Date;

use super::{Api, ComponentKind, Family, Tally};
use crate::request::{Audio, File, Uncounted};

/// The tokens of text around audio.
const AUDIO_FRAME: u64 = 4;

/// The bound of an audio token for each tenth of a second, rounded down, by the length in the header of WAV data: 6 of 6
/// recorded cases of 5 projects are exact.
const WAV_BOUND: u64 = 1;

/// The bound by the frames of MP3 data: 5 of 11 recorded cases are exact, and 6 were billed one token less, since the
/// silence that the encoder adds is not billed. It is longer at sampling rates lower than those of the recordings.
const MP3_BOUND: u64 = 2;

/// Until about this day, some files were not billed at all: in 4 of 30 recorded requests in Chat Completions, all with
/// gpt-4.1-nano in 2025-06. From it on, the second file of a request has a shorter frame.
const BILLED_FROM: Date = Date::constant(2025, 7, 1);

/// From this month, files in Chat Completions can cost as much as 780 tokens more.
const LONGER_FRAMES_FROM: Date = Date::constant(2026, 3, 1);

/// The tokens around the text of a file, and by how many they can be fewer and more.
struct Frame {
    tokens: u64,
    fewer: u64,
    more: u64,
}

impl Tally {
    pub(super) fn audio(&mut self, audio: &Audio) {
        let reason = match (self.counting.family, self.api, audio.length) {
            (family, ..) if family != Family::GptAudio => "audio, which this model does not take",
            (_, Some(Api::Responses | Api::Compact), _) => {
                "audio in the Responses API: no recorded request shows how it is billed"
            }
            (_, _, None) => "audio of unknown length: its data is not a readable WAV or MP3 file",
            (_, _, Some(length)) => {
                let bound = if length.is_padded { MP3_BOUND } else { WAV_BOUND };
                let tokens = length.tenths.saturating_add(AUDIO_FRAME);
                self.count.component(ComponentKind::Audio, &audio.path, tokens, bound);
                self.count.audio = self.count.audio.saturating_add(length.tenths);
                self.count.audio_bound = self.count.audio_bound.saturating_add(bound);
                return;
            }
        };
        self.count.not_counted(&audio.path, reason);
    }

    /// Counts the tokens that are given for a file, and its frame. Without them, only the fewest tokens of the frame are
    /// counted: neither pages nor bytes bound the text of a file.
    pub(super) fn file(&mut self, file: &File) {
        let Frame { tokens: frame, fewer, more } = self.file_frame();
        // Perhaps none of it is billed.
        let fewer = if self.counting.day < BILLED_FROM { u64::MAX } else { fewer };
        match file.tokens {
            Some(tokens) => {
                let tokens = tokens.saturating_add(frame);
                let fewer = fewer.min(tokens);
                self.count.component_between(ComponentKind::File, &file.path, tokens, fewer, more);
            }
            None => {
                self.count.component(ComponentKind::File, &file.path, frame.saturating_sub(fewer), 0);
                let reason = match file.is_inline_pdf {
                    true => "a PDF: the text in it is billed and is not read, and its pages do not bound it",
                    false => "a file: the text in it is billed, and is not read",
                };
                let reason = Uncounted::new(&file.path, reason);
                self.count.uncounted.push(Uncounted { lacks_file_tokens: true, ..reason });
            }
        }
    }

    /// Returns the frame of the next file: what was billed beside the text that pypdf extracts from PDF files of one
    /// page.
    ///
    /// In Chat Completions 212 to 218 tokens in 88 of 91 recorded requests until 2026-02, and 217 to 997 in 33 of 33
    /// since then; a second file 217 in 8 of 9, 22 in 20 of 21 since 2025-07, and about 900 in 7 of 7 since 2026-03. In
    /// Responses -2 to 23 in 90 of 90, and 9 to 238 in 4 of 4 requests with two files.
    fn file_frame(&self) -> Frame {
        let is_first = !self.count.breakdown.iter().any(|part| part.kind == ComponentKind::File);
        let day = self.counting.day;
        let most = if day < LONGER_FRAMES_FROM { 218 } else { 997 };
        match (self.api, is_first) {
            (Some(Api::Responses | Api::Compact), true) => Frame { tokens: 4, fewer: 6, more: 19 },
            (Some(Api::Responses | Api::Compact), false) => Frame { tokens: 5, fewer: 7, more: 229 },
            (_, true) => Frame { tokens: 216, fewer: 4, more: most - 216 },
            (_, false) if day < BILLED_FROM => Frame { tokens: 216, fewer: 216, more: most - 216 },
            (_, false) => Frame { tokens: 22, fewer: 5, more: most - 22 },
        }
    }
}
