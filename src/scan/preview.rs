//! The lines around a finding, read anew and made safe to draw: redacted, escaped, capped.

use std::collections::VecDeque;
use std::io;

use super::entropy::surprise;
use super::finding::{Finding, Level, Preview, PreviewLine, Source};
use super::redact::Redactor;
use super::rule;
use super::token::{is_token, runs};
use super::unpack::reopen;
use super::window::{Window, Windows};
use crate::model::text::{escape, escape_bytes};

/// The most bytes of a line that are looked at, and the most characters that are drawn.
const LONGEST: usize = 16 * 1024;
const DRAWN: usize = 400;
/// How much of a long line stands before the secret: looked at, so that what is secret there is known, and drawn.
const LOOKED_BEFORE: usize = 600;
const DRAWN_BEFORE: usize = 100;

/// The finding's line with up to `context` lines before and behind it.
///
/// The file is read up to there, in bounded memory; one that has gone, or that came from standard input, is an
/// error. In a line too long to draw the part around the finding is shown.
pub fn preview(finding: &Finding, context: usize) -> io::Result<Preview> {
    if finding.source == Source::Stdin {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "standard input can't be read twice"));
    }
    let mut lines = Nearby::new(finding, context);
    let mut windows = Windows::new().ok_or(io::ErrorKind::OutOfMemory)?;
    reopen(finding, &mut |content, size| {
        let mut each = |_, window: Window<'_>| {
            lines.take(&window.text[window.owned.clone()]);
            (lines.number <= lines.last).then_some(window.owned.end)
        };
        windows.read(content, size, &mut each).map(drop)
    })?;
    // The piece behind the last line feed is a line only if it holds something.
    if !lines.current.is_empty() {
        lines.end_line();
    }
    let skip = lines.skip;
    let mut redactor = Redactor::default();
    let drawn = |(number, raw): (u64, Vec<u8>)| {
        let hit = number == finding.line;
        let text = String::from_utf8_lossy(&raw).into_owned();
        let mut safe = escape(&redactor.line(text.trim_end_matches('\r'))).into_owned();
        if hit {
            safe = around(own_hidden(safe, finding, &raw, skip), finding, skip > 0);
        }
        let surprise = runs(&raw).map(|run| surprise(&raw[run]).likely).fold(0.0, f64::max);
        PreviewLine { number, text: cut(safe), hit, surprise }
    };
    let lines = lines.kept.into_iter().map(drawn).collect();
    Ok(Preview { path: finding.path.clone(), lines, why: why(finding) })
}

/// Why a finding scores as it does: what its rule says, what the value itself adds, and how random it is.
fn why(finding: &Finding) -> Vec<String> {
    let mut why = Vec::new();
    if let Some(rule) = rule::builtin().rules.iter().find(|rule| rule.id == finding.rule) {
        let (here, usual) = (finding.score, rule.score);
        let judged = match () {
            () if finding.level == Level::Entropy => {
                format!("{here:.2}: nothing but its entropy speaks for it")
            }
            () if here < usual - 0.005 => format!("{here:.2}: {usual:.2} for the rule, less for this value"),
            () if here > usual + 0.005 => format!("{here:.2}: {usual:.2} for the rule, more for this value"),
            () => format!("{here:.2}: what the rule says of all that it finds"),
        };
        why.push(format!("{}: {}", rule.id, rule.name));
        why.push(format!("score {judged}"));
    }
    let remarks = finding.remarks();
    if !remarks.is_empty() {
        why.push(remarks.join(", "));
    }
    let excess = finding.excess;
    let than = if excess < 0.0 { "below" } else { "above" };
    why.push(format!("its entropy is {:.2} bits {than} that of random text of this length", excess.abs()));
    why
}

/// The line without the finding's own secret, should a look at this line alone not have told it.
fn own_hidden(safe: String, finding: &Finding, raw: &[u8], skip: usize) -> String {
    let place = |column: u64| (column as usize).saturating_sub(1 + skip);
    let Some(secret) = raw.get(place(finding.column)..place(finding.end_column)) else {
        return safe;
    };
    let secret = escape_bytes(secret);
    // The header of a private key is shown: it is no secret.
    if secret.len() < 4 || finding.redacted.starts_with(&secret) {
        return safe;
    }
    safe.replace(&secret, &finding.redacted)
}

/// The part of a line that starts a little before the secret.
fn around(safe: String, finding: &Finding, skipped: bool) -> String {
    let Some(at) = safe.find(&finding.redacted).filter(|_| skipped) else {
        return safe;
    };
    let start = safe[..at].char_indices().rev().nth(DRAWN_BEFORE).map_or(0, |(at, _)| at);
    // A token cut in two would not be known as one: what is left of it goes too.
    let rest = safe[start..].trim_start_matches(|c: char| u8::try_from(c).is_ok_and(is_token));
    if rest.len() < safe.len() - at { safe[at..].to_owned() } else { format!("…{rest}") }
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
    fn new(finding: &Finding, context: usize) -> Self {
        let context = context as u64;
        Self {
            first: finding.line.saturating_sub(context).max(1),
            last: finding.line.saturating_add(context),
            number: 1,
            current: Vec::new(),
            passed: 0,
            skip: (finding.column as usize).saturating_sub(1 + LOOKED_BEFORE),
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::scan::engine::{Options, scan};
    use crate::scan::progress::Progress;

    const BODY: &str = "q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYAe2Xu";

    /// Writes `text` into a file, scans it and previews the first finding.
    #[expect(clippy::disallowed_methods, reason = "the test makes a file")]
    fn previewed(text: &[u8], context: usize) -> Preview {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::fs::write(&path, text).unwrap();
        let found = Mutex::new(Vec::new());
        let options = Options { roots: vec![path], threads: 1, ..Options::default() };
        scan(&options, &Progress::default(), &AtomicBool::new(false), &|finding| {
            found.lock().unwrap().push(finding);
        });
        preview(&found.into_inner().unwrap()[0], context).unwrap()
    }

    #[test]
    fn shows_the_lines_around_and_no_secret() {
        let text = format!("one\ntwo\ttabbed\nx = \"ghp_{BODY}\"\r\npassword=abc123def\nfive\nsix\n");
        let preview = previewed(text.as_bytes(), 2);
        let lines: Vec<(u64, &str, bool)> =
            preview.lines.iter().map(|line| (line.number, line.text.as_str(), line.hit)).collect();
        let expected = [
            (1, "one", false),
            (2, "two\\ttabbed", false),
            (3, "x = \"ghp_********\"", true),
            (4, "password=********", false),
            (5, "five", false),
        ];
        assert_eq!(lines, expected);
        assert!(preview.lines[2].surprise > 0.6 && preview.lines[0].surprise < 0.1);
    }

    #[test]
    fn shows_the_right_part_of_a_huge_line() {
        let text = format!("{}; k=\"ghp_{BODY}\"; {}", "ab c".repeat(700_000), "d ef".repeat(10_000));
        let preview = previewed(text.as_bytes(), 1);
        let line = &preview.lines[0];
        assert_eq!((preview.lines.len(), line.number, line.hit), (1, 1, true));
        assert!(line.text.contains("; k=\"ghp_********\"; d ef"), "{}", line.text);
        assert!(line.text.chars().count() <= DRAWN + 1);
    }

    #[test]
    fn utf16_is_decoded() {
        let text = format!("ä = 1\nx = \"ghp_{BODY}\"\n");
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        let preview = previewed(&bytes, 1);
        assert_eq!(preview.lines[1].text, "x = \"ghp_********\"");
    }
}
