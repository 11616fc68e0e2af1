//! A stream in windows of bounded size, which overlap so that nothing is lost or found twice at their edges.
//!
//! ```text
//!  |······ owned ·············|·overlap·|            first window
//!                   |·overlap·|······ owned ·······|·overlap·|
//! ```
//! A hit belongs to the window that owns its first byte; the overlap before it holds the keyword that announces
//! it, the one behind it the rest of a secret. What is longer than the overlap is left to the next window, which owns
//! what the last one did not answer for. So one line of many gigabytes needs no more memory than a short one.

use std::io::{self, Read};
use std::ops::Range;

use super::encoding::{Encoding, Utf16, detect};

/// How much is read before a window is looked at.
pub(crate) const CHUNK: usize = 1 << 20;
/// How far windows reach into one another, on both sides; further than any pattern has to see.
pub(crate) const OVERLAP: usize = 16 << 10;
/// The most that one read of UTF-16 adds at once, decoded.
const PIECE: usize = 1 << 16;

/// A piece of a stream.
pub(crate) struct Window<'a> {
    /// The text, with its overlaps.
    pub(crate) text: &'a [u8],
    /// The part whose hits count.
    pub(crate) owned: Range<usize>,
    /// Where `text` starts in the decoded stream.
    pub(crate) offset: u64,
    /// Whether the stream ends here.
    pub(crate) last: bool,
}

/// The memory for windows, reused from stream to stream.
pub(crate) struct Windows {
    buffer: Vec<u8>,
    piece: Vec<u8>,
    decoded: Vec<u8>,
    /// [`CHUNK`], but in tests.
    chunk: usize,
}

impl Windows {
    /// `None` when the memory can't be had.
    pub(crate) fn new() -> Option<Self> {
        Self::of(CHUNK)
    }

    /// Windows of this size, which is more than four overlaps.
    pub(crate) fn of(chunk: usize) -> Option<Self> {
        let mut buffer = Vec::new();
        buffer.try_reserve_exact(chunk + 2 * OVERLAP + 2 * PIECE).ok()?;
        Some(Self { buffer, piece: Vec::new(), decoded: Vec::new(), chunk })
    }

    /// Shows `each` all windows of the stream; gives the bytes that were read.
    ///
    /// It answers with the place up to which it has dealt with the window's own part, in the second half of that
    /// part: the next window owns the rest. `None` ends the reading.
    ///
    /// Once `expected` bytes are there a short read is the end, which saves asking again; on some file systems one
    /// that comes earlier is none.
    pub(crate) fn read(
        &mut self,
        reader: &mut dyn Read,
        expected: Option<u64>,
        each: &mut dyn FnMut(Encoding, Window<'_>) -> Option<usize>,
    ) -> io::Result<u64> {
        // Nobody who reads nothing pays for it; it is reserved, so that this can't fail.
        self.buffer.resize(self.buffer.capacity(), 0);
        let (mut filled, mut owned, mut offset, mut total) = (0, 0, 0u64, 0u64);
        let mut state: Option<(Encoding, Option<Utf16>)> = None;
        loop {
            let mut ended = false;
            while filled < self.chunk && !ended {
                let wide = matches!(state, Some((_, Some(_))));
                let room = if wide { filled + PIECE } else { self.chunk };
                let read = retry(reader, &mut self.buffer[filled..room])?;
                total += read as u64;
                ended = read == 0 || (expected.is_some_and(|size| total >= size) && read < room - filled);
                if let Some((_, Some(utf16))) = &mut state {
                    filled += self.widen(filled, read, utf16);
                    continue;
                }
                filled += read;
                // A pipe may deliver byte by byte: the head must be whole before it is judged.
                if state.is_none() && (ended || filled >= super::encoding::HEAD) {
                    let encoding = detect(&self.buffer[..filled]);
                    let mut utf16 = None;
                    if let Encoding::Plain(mark) = encoding {
                        self.buffer.copy_within(mark..filled, 0);
                        filled -= mark;
                    }
                    if let Encoding::Utf16 { little, mark } = encoding {
                        let mut decoder = Utf16::new(little);
                        let head = self.buffer[mark..filled].to_vec();
                        self.decoded.clear();
                        decoder.decode(&head, &mut self.decoded);
                        filled = self.decoded.len();
                        self.buffer.resize(self.buffer.len().max(filled + 2 * PIECE), 0);
                        self.buffer[..filled].copy_from_slice(&self.decoded);
                        utf16 = Some(decoder);
                    }
                    state = Some((encoding, utf16));
                }
            }
            let end = if ended { filled } else { filled - OVERLAP };
            let encoding = state.as_ref().map_or(Encoding::Plain(0), |(encoding, _)| *encoding);
            let window = Window { text: &self.buffer[..filled], owned: owned..end, offset, last: ended };
            let Some(dealt) = each(encoding, window).filter(|_| !ended) else { return Ok(total) };
            let dealt = dealt.clamp(owned + (end - owned) / 2, end);
            let kept = dealt.saturating_sub(OVERLAP);
            self.buffer.copy_within(kept..filled, 0);
            (filled, owned, offset) = (filled - kept, dealt - kept, offset + kept as u64);
        }
    }

    /// Decodes the bytes just read behind `filled` in their place; gives the length of the text.
    fn widen(&mut self, filled: usize, read: usize, utf16: &mut Utf16) -> usize {
        self.piece.clear();
        self.piece.extend_from_slice(&self.buffer[filled..filled + read]);
        self.decoded.clear();
        utf16.decode(&self.piece, &mut self.decoded);
        self.buffer[filled..filled + self.decoded.len()].copy_from_slice(&self.decoded);
        self.decoded.len()
    }
}

fn retry(reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned_text(bytes: &[u8], expected: Option<u64>) -> Vec<u8> {
        let mut text = Vec::new();
        let mut reader = bytes;
        Windows::new()
            .unwrap()
            .read(&mut reader, expected, &mut |_, window| {
                assert_eq!(window.offset as usize + window.owned.start, text.len(), "windows join");
                // Now and then the last part is left to the next window.
                let left = if window.last || text.len() % 3 == 0 { 0 } else { window.owned.len() / 3 };
                let dealt = window.owned.end - left;
                text.extend_from_slice(&window.text[window.owned.start..dealt]);
                Some(dealt)
            })
            .unwrap();
        text
    }

    #[test]
    fn every_byte_is_owned_once() {
        for length in [0, 1, OVERLAP, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 17] {
            let bytes: Vec<u8> = (0..length).map(|i| b'a' + (i % 23) as u8).collect();
            assert!(owned_text(&bytes, Some(length as u64)) == bytes, "{length}");
            assert!(owned_text(&bytes, Some(length as u64 + 9)) == bytes, "{length}, and it shrank");
            assert!(owned_text(&bytes, None) == bytes, "{length}");
        }
    }

    #[test]
    fn utf16_comes_out_whole() {
        let text = "wörd 🔑 ".repeat(200_000);
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        assert!(owned_text(&bytes, Some(bytes.len() as u64)) == text.as_bytes());
    }
}
