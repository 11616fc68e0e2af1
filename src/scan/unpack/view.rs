//! Documents as the text that they stand for: a stream is turned, piece by piece, into another one.

use std::io::{self, BufRead, Read};

/// How much is turned at once.
const STEP: usize = 16 << 10;

/// Turns the bytes of a document into text.
pub(super) trait View {
    /// Takes the next bytes, and appends to `made` what they stand for.
    fn take(&mut self, bytes: &[u8], made: &mut Vec<u8>);

    /// There is nothing more to come.
    fn end(&mut self, made: &mut Vec<u8>);
}

/// A document as text.
pub(super) struct Viewed<S, V> {
    source: S,
    view: V,
    made: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<S: BufRead, V: View> Viewed<S, V> {
    pub(super) fn new(source: S, view: V) -> Self {
        Self { source, view, made: Vec::new(), given: 0, ended: false }
    }
}

impl<S: BufRead, V: View> Read for Viewed<S, V> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.made.len() && !self.ended {
            self.made.clear();
            self.given = 0;
            let held = self.source.fill_buf()?;
            let length = held.len().min(STEP);
            self.view.take(&held[..length], &mut self.made);
            self.source.consume(length);
            if length == 0 {
                self.ended = true;
                self.view.end(&mut self.made);
            }
        }
        let left = &self.made[self.given..];
        let length = left.len().min(buffer.len());
        buffer[..length].copy_from_slice(&left[..length]);
        self.given += length;
        Ok(length)
    }
}

/// What a view makes of a text that comes in pieces of this size.
#[cfg(test)]
pub(super) fn viewed(view: impl View, text: &[u8], size: usize) -> String {
    let mut made = Vec::new();
    let reader = io::BufReader::with_capacity(size, text);
    Viewed::new(reader, view).read_to_end(&mut made).unwrap();
    String::from_utf8_lossy(&made).into_owned()
}
