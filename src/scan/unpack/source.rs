//! A stream with a look ahead: formats whose records are found by what they begin with need one.

use std::io::{self, BufRead, Read};

/// How much is held; the farthest that anybody looks ahead is far less.
const HELD: usize = 64 << 10;

/// A buffered stream whose next bytes may be looked at before they are taken.
pub(super) struct Source<'a> {
    reader: &'a mut dyn Read,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
}

impl<'a> Source<'a> {
    pub(super) fn new(reader: &'a mut dyn Read) -> Self {
        Self { reader, buffer: vec![0; HELD], start: 0, end: 0, ended: false }
    }

    /// The next bytes, at least `least` of them unless the stream ends before; nothing is taken.
    pub(super) fn peek(&mut self, least: usize) -> io::Result<&[u8]> {
        while self.end - self.start < least.min(HELD) && !self.ended {
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            }
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.ended = true,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(&self.buffer[self.start..self.end])
    }

    /// Takes the next `N` bytes; `None` when there are not so many.
    pub(super) fn array<const N: usize>(&mut self) -> io::Result<Option<[u8; N]>> {
        let Some(bytes) = self.peek(N)?.first_chunk::<N>().copied() else { return Ok(None) };
        self.consume(N);
        Ok(Some(bytes))
    }

    /// Takes `length` bytes and gives the first `most` of them; `None` when the stream ends before.
    pub(super) fn piece(&mut self, length: u64, most: usize) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        self.by_ref().take(length.min(most as u64)).read_to_end(&mut bytes)?;
        let rest = length - bytes.len() as u64;
        Ok((self.pass(rest)? == rest).then_some(bytes))
    }

    /// Passes over up to `length` bytes; gives how many there were.
    pub(super) fn pass(&mut self, length: u64) -> io::Result<u64> {
        io::copy(&mut self.by_ref().take(length), &mut io::sink())
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.start == self.end && !self.ended && buffer.len() >= HELD {
            return self.reader.read(buffer);
        }
        let held = self.fill_buf()?;
        let length = held.len().min(buffer.len());
        buffer[..length].copy_from_slice(&held[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Source<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.peek(1)
    }

    fn consume(&mut self, amount: usize) {
        self.start = (self.start + amount).min(self.end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_ahead_and_takes_everything_once() {
        let bytes: Vec<u8> = (0..200_000_u32).map(|n| (n * 7 % 251) as u8).collect();
        let mut reader = bytes.as_slice();
        let mut source = Source::new(&mut reader);
        let mut taken = Vec::new();
        for step in (1..600).cycle() {
            let ahead = source.peek(step).unwrap().to_vec();
            assert!(bytes[taken.len()..].starts_with(&ahead));
            if ahead.is_empty() {
                break;
            }
            let mut piece = vec![0; step];
            let read = source.read(&mut piece).unwrap();
            taken.extend_from_slice(&piece[..read]);
        }
        assert!(taken == bytes);
        let mut short = &b"abc"[..];
        let mut source = Source::new(&mut short);
        assert_eq!(source.array::<4>().unwrap(), None);
        assert_eq!(source.piece(3, 2).unwrap().as_deref(), Some(&b"ab"[..]));
        assert_eq!(source.piece(1, 9).unwrap(), None);
    }
}
