//! The lines around a finding, read anew and made safe to draw: redacted, escaped, capped.

use std::collections::VecDeque;
use std::io;

use super::entropy::surprise;
use super::escape::escape;
use super::finding::{Finding, Preview, PreviewLine, Source};
use super::redact::Redactor;
use super::token::runs;
use super::walk::{self, Opened};
use super::window::Windows;

/// The most bytes of a line that are looked at, and the most characters that are drawn.
const LONGEST: usize = 16 * 1024;
const DRAWN: usize = 400;

/// The finding's line with up to `context` lines before and behind it.
///
/// The file is read up to there, in bounded memory; one that has gone, or that came from standard input, is an
/// error. In a line too long to draw the part around the finding is shown.
pub fn preview(finding: &Finding, context: usize) -> io::Result<Preview> {
    if finding.source == Source::Stdin {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "standard input can't be read twice"));
    }
    let Opened::File(mut file, _) = walk::open(&finding.path, true)? else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file any more"));
    };
    let mut lines = Nearby {
        first: finding.line.saturating_sub(context as u64).max(1),
        last: finding.line + context as u64,
        ..Nearby::new(finding)
    };
    let mut windows = Windows::new().ok_or(io::ErrorKind::OutOfMemory)?;
    windows.read(&mut file, true, &mut |_, window| {
        lines.take(&window.text[window.owned]);
        lines.number <= lines.last
    })?;
    lines.end_line();
    let mut redactor = Redactor::default();
    let drawn = |(number, raw): (u64, Vec<u8>)| {
        let text = String::from_utf8_lossy(&raw).into_owned();
        let safe = escape(&redactor.line(text.trim_end_matches('\r'))).into_owned();
        let surprise = runs(&raw).map(|run| surprise(&raw[run]).likely).fold(0.0, f64::max);
        PreviewLine { number, text: cut(safe), hit: number == finding.line, surprise }
    };
    Ok(Preview { path: finding.path.clone(), lines: lines.kept.into_iter().map(drawn).collect() })
}

/// Collects the wanted lines out of a stream.
struct Nearby {
    first: u64,
    last: u64,
    number: u64,
    current: Vec<u8>,
    /// Bytes of the current line that were passed over, and how many to pass over in the finding's line.
    passed: usize,
    skip: usize,
    hit: u64,
    kept: VecDeque<(u64, Vec<u8>)>,
}

impl Nearby {
    fn new(finding: &Finding) -> Self {
        // A secret far to the right in a huge line is shown with what stands shortly before it.
        let skip = (finding.column as usize).saturating_sub(DRAWN / 4);
        let skip = if skip > DRAWN / 2 { skip } else { 0 };
        Self {
            first: 1,
            last: 1,
            number: 1,
            current: Vec::new(),
            passed: 0,
            skip,
            hit: finding.line,
            kept: VecDeque::new(),
        }
    }

    fn take(&mut self, mut text: &[u8]) {
        while !text.is_empty() && self.number <= self.last {
            let end = memchr::memchr(b'\n', text);
            let (line, rest) = text.split_at(end.unwrap_or(text.len()));
            if self.number >= self.first {
                let skip = if self.number == self.hit { self.skip - self.skip.min(self.passed) } else { 0 };
                let skip = skip.min(line.len());
                self.passed += skip;
                let room = LONGEST - self.current.len().min(LONGEST);
                self.current.extend_from_slice(&line[skip..line.len().min(skip + room)]);
            }
            if end.is_none() {
                return;
            }
            self.end_line();
            self.number += 1;
            text = &rest[1..];
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.current);
        self.passed = 0;
        let wanted = (self.first..=self.last).contains(&self.number);
        // The piece behind the last line feed is a line only if it holds something.
        if wanted && self.kept.back().is_none_or(|(number, _)| *number < self.number) {
            self.kept.push_back((self.number, line));
        }
    }
}

fn cut(text: String) -> String {
    match text.char_indices().nth(DRAWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
