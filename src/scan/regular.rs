//! A regular file and its end. Pure.
//!
//! A log is read while somebody writes to it, and a scan of it has to end all the same. All that stood there when it was
//! opened is read, and what comes behind it up to as much again: a log that grows at half the speed of a scan is read to
//! its end. What grows faster than that is cut off there, and the scan says so. Files of `/proc` and `/sys` say that they
//! are empty, whatever they hold: they are read as far as any of them goes that is text.

use std::io::{self, Read};

/// What may be read of any file behind the end that it had, so that a small one is no case of its own.
const ROOM: u64 = 4 << 20;
/// What may be read of one that says that it is empty. The map of a process with 256k areas has 180 MB; its `pagemap`
/// has 256 GB.
const UNTOLD: u64 = 256 << 20;

/// Reads a file to its end, or as far as it is waited for.
pub(super) struct Regular<'a> {
    reader: &'a mut dyn Read,
    /// How long it was when it was opened.
    size: u64,
    /// How much more may be read.
    left: u64,
}

impl<'a> Regular<'a> {
    /// A file of this size at its beginning.
    pub(super) fn new(reader: &'a mut dyn Read, size: u64) -> Self {
        let left = if size == 0 { UNTOLD } else { size.saturating_add(size.max(ROOM)) };
        Self { reader, size, left }
    }

    /// What is to be said of a file that goes on behind all that may be read of it.
    pub(super) fn excess(&mut self) -> Option<&'static str> {
        // Whether there is more is known only by asking for it.
        let goes_on = self.left == 0 && matches!(self.reader.read(&mut [0]), Ok(1));
        goes_on.then_some(match self.size {
            0 => "it says that it is empty and goes on for more than 256 MB; the rest was not read",
            _ => "it grows faster than it is read: all that stood there at first was read, and not all that came then",
        })
    }
}

impl Read for Regular<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = if most > 0 { self.reader.read(&mut buffer[..most])? } else { 0 };
        self.left -= read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How much is read of a file of this size that really holds so much, and whether more is left.
    fn read(size: u64, really: u64) -> (u64, bool) {
        let mut reader = io::repeat(b'x').take(really);
        let mut regular = Regular::new(&mut reader, size);
        let read = io::copy(&mut regular, &mut io::sink()).unwrap();
        (read, regular.excess().is_some())
    }

    #[test]
    fn a_file_is_read_to_its_end_and_one_that_outruns_its_reader_is_not() {
        for size in [1, 5000, ROOM, 2 * ROOM] {
            let most = size + size.max(ROOM);
            for really in [0, 1, size, size + 1, most - 1, most] {
                assert_eq!(read(size, really), (really, false), "{size}");
            }
            assert_eq!(read(size, most + 1), (most, true), "{size}");
            assert_eq!(read(size, 1 << 30), (most, true), "{size}");
        }
        assert_eq!(Regular::new(&mut io::empty(), u64::MAX).left, u64::MAX, "no overflow");
    }

    #[test]
    fn what_says_that_it_is_empty_is_read_and_has_an_end_too() {
        assert_eq!(read(0, 0), (0, false));
        assert_eq!(read(0, 100 << 20), (100 << 20, false));
        assert_eq!(read(0, 1 << 30), (UNTOLD, true));
    }
}
