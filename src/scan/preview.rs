//! The lines around a finding, read anew and made safe to draw: redacted, escaped, capped.
//!
//! What only the rules of a configuration know is hidden first (`Veil`), then what redaction knows, then the finding's
//! own secret wherever it is left.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;

use super::entropy::surprise;
use super::finding::{Finding, Level, Preview, PreviewLine, Source};
use super::policy::desk::Policy;
use super::policy::file_name::is_about_a_name;
use super::policy::veil::Veil;
use super::redact::{MASK, Redactor};
use super::rule::{self, RuleSet};
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

/// The finding's line with up to `context` lines before and behind it; `policy` is what was heeded when it was found.
///
/// The file is read up to there, in bounded memory; one that has gone, or that came from standard input, is an
/// error. In a line too long to draw the part around the finding is shown.
pub fn preview(finding: &Finding, context: usize, policy: Option<&Policy>) -> io::Result<Preview> {
    if finding.source == Source::Stdin {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "standard input can't be read twice"));
    }
    let rules = policy.and_then(Policy::rules).unwrap_or_else(rule::builtin);
    let why = why(finding, rules);
    if is_about_a_name(finding) {
        let whole =
            PreviewLine { number: finding.line, text: finding.redacted.clone(), hit: true, surprise: 0.0 };
        return Ok(Preview { path: finding.path.clone(), lines: vec![whole], why });
    }
    let mut lines = Nearby::new(finding, context);
    let mut veil = policy.and_then(|policy| Veil::new(policy, &finding.path));
    let mut windows = Windows::new().ok_or(io::ErrorKind::OutOfMemory)?;
    reopen(finding, &mut |content, size| {
        let mut each = |_, window: Window<'_>| {
            let mut dealt = window.owned.end;
            if let Some(veil) = veil.as_mut().filter(|_| lines.are_near(&window)) {
                dealt = veil.look(&window);
                lines.take(&window.text[window.owned.start..dealt]);
                veil.retain(|place| lines.hold(place));
            } else {
                lines.take(&window.text[window.owned.clone()]);
            }
            (lines.number <= lines.last).then_some(dealt)
        };
        windows.read(content, size, &mut each).map(drop)
    })?;
    // The piece behind the last line feed is a line only if it holds something.
    if !lines.current.is_empty() {
        lines.end_line();
    }
    let skip = lines.skip;
    let mut redactor = Redactor::default();
    let mask = |place: &Range<u64>| {
        if place.start == finding.offset { finding.redacted.clone() } else { MASK.to_owned() }
    };
    let drawn = |Line { number, start, raw }: Line| {
        let hit = number == finding.line;
        let veiled = veil.as_ref().map_or_else(|| raw.clone(), |veil| veil.over(&raw, start, &mask));
        let text = String::from_utf8_lossy(&veiled).into_owned();
        let mut safe = escape(&redactor.line(text.trim_end_matches('\r'))).into_owned();
        if hit {
            safe = around(own_hidden(safe, finding, &raw, skip), finding, skip > 0);
        }
        let surprise = runs(&raw).map(|run| surprise(&raw[run]).likely).fold(0.0, f64::max);
        PreviewLine { number, text: cut(safe), hit, surprise }
    };
    let lines = lines.kept.into_iter().map(drawn).collect();
    Ok(Preview { path: finding.path.clone(), lines, why })
}

/// Why a finding scores as it does, beside the reasons that it carries itself: what its rule says, what the value itself
/// adds, and how random it is.
fn why(finding: &Finding, rules: &RuleSet) -> Vec<String> {
    let mut why = Vec::new();
    if let Some(rule) = rules.rules.iter().find(|rule| rule.id == finding.rule) {
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
        if finding.reasons.is_empty() {
            why.push(format!("score {judged}"));
        }
    }
    let remarks = finding.remarks();
    if !remarks.is_empty() {
        why.push(remarks.join(", "));
    }
    if is_about_a_name(finding) {
        why.push(
            "its name alone was looked at: all of the file may be secret, and none of it is shown".to_owned(),
        );
        return why;
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

/// A line, or the part of a long one that is looked at.
struct Line {
    number: u64,
    /// Where it begins in the stream.
    start: u64,
    raw: Vec<u8>,
}

/// Collects the wanted lines out of a stream.
struct Nearby {
    first: u64,
    last: u64,
    number: u64,
    /// How much of the stream was taken.
    at: u64,
    current: Vec<u8>,
    /// Where its first byte stands in the stream.
    start: u64,
    /// Bytes of the current line that were passed over, and how many to pass over in the finding's line.
    passed: usize,
    skip: usize,
    hit: u64,
    kept: VecDeque<Line>,
}

impl Nearby {
    fn new(finding: &Finding, context: usize) -> Self {
        let context = context as u64;
        Self {
            first: finding.line.saturating_sub(context).max(1),
            last: finding.line.saturating_add(context),
            number: 1,
            at: 0,
            current: Vec::new(),
            start: 0,
            passed: 0,
            skip: (finding.column as usize).saturating_sub(1 + LOOKED_BEFORE),
            hit: finding.line,
            kept: VecDeque::new(),
        }
    }

    /// Whether a wanted line begins in a window, or in what can be seen behind it.
    fn are_near(&self, window: &Window<'_>) -> bool {
        let ahead = memchr::memchr_iter(b'\n', &window.text[window.owned.start..]).count() as u64;
        self.number + ahead >= self.first
    }

    /// Whether a part of the stream lies in a line that is kept, or is still to come.
    fn hold(&self, place: &Range<u64>) -> bool {
        let meets = |start: u64, length: usize| place.start < start + length as u64 && start < place.end;
        place.end > self.at
            || meets(self.start, self.current.len())
            || self.kept.iter().any(|line| meets(line.start, line.raw.len()))
    }

    fn take(&mut self, mut text: &[u8]) {
        while !text.is_empty() && self.number <= self.last {
            let end = memchr::memchr(b'\n', text);
            let (line, rest) = text.split_at(end.unwrap_or(text.len()));
            if self.number >= self.first {
                let skip = if self.number == self.hit { self.skip - self.skip.min(self.passed) } else { 0 };
                let skip = skip.min(line.len());
                self.passed += skip;
                if self.current.is_empty() {
                    self.start = self.at + skip as u64;
                }
                let room = LONGEST - self.current.len().min(LONGEST);
                self.current.extend_from_slice(&line[skip..line.len().min(skip + room)]);
            }
            self.at += line.len() as u64;
            if end.is_none() {
                return;
            }
            self.end_line();
            self.number += 1;
            self.at += 1;
            text = &rest[1..];
        }
    }

    fn end_line(&mut self) {
        let raw = std::mem::take(&mut self.current);
        self.passed = 0;
        let wanted = (self.first..=self.last).contains(&self.number);
        if wanted && self.kept.back().is_none_or(|line| line.number < self.number) {
            self.kept.push_back(Line { number: self.number, start: self.start, raw });
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
    use std::sync::atomic::AtomicBool;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::scan::engine::{Options, scan};
    use crate::scan::policy::files;
    use crate::scan::progress::Progress;
    use crate::scan::secret;

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
        preview(&found.into_inner().unwrap()[0], context, None).unwrap()
    }

    /// A configuration with a rule whose tokens no built-in rule would know, and one for names.
    const CONFIG: &str = r#"
[extend]
useDefault = true
[[rules]]
id = "acme-word"
regex = '''acme=\{([a-z\n ]+)\}'''
keywords = ["acme"]
[[rules]]
id = "acme-file"
path = '''\.acme$'''
"#;

    /// Scans a folder with these files under [`CONFIG`]; gives what is found and the policy.
    #[expect(clippy::disallowed_methods, reason = "the test makes files")]
    fn configured(folder: &std::path::Path, files: &[(&str, &str)]) -> (Vec<Finding>, Arc<Policy>) {
        std::fs::write(folder.join(".gitleaks.toml"), CONFIG).unwrap();
        for (name, text) in files {
            std::fs::write(folder.join(name), text).unwrap();
        }
        let roots = vec![folder.to_owned()];
        let policy = Arc::new(files::load(&roots, &files::Choice::default()).unwrap());
        let found = Mutex::new(Vec::new());
        let (rules, heeded) = (policy.rules(), Some(Arc::clone(&policy)));
        let options = Options { roots, rules, policy: heeded, threads: 1, ..Options::default() };
        scan(&options, &Progress::default(), &AtomicBool::new(false), &|finding| {
            found.lock().unwrap().push(finding);
        });
        let mut found = found.into_inner().unwrap();
        found.sort_by(Finding::rank);
        (found, policy)
    }

    #[test]
    fn what_only_a_configuration_knows_is_hidden_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "acme={{quiet river}}\nx = \"ghp_{BODY}\" acme={{green hill}}\nacme={{one\ntwo}} end\nlast\n"
        );
        let (found, policy) = configured(folder.path(), &[("a.txt", &text)]);
        let of = |rule: &str| found.iter().filter(|finding| &*finding.rule == rule).collect::<Vec<_>>();
        assert_eq!((of("acme-word").len(), of("github-token").len()), (3, 1), "{found:?}");
        for finding in &found {
            let preview = preview(finding, 9, Some(&policy)).unwrap();
            let lines: Vec<&str> = preview.lines.iter().map(|line| line.text.as_str()).collect();
            let expected = [
                "acme={********}",
                "x = \"ghp_********\" acme={********}",
                "acme={********",
                "********} end",
                "last",
            ];
            assert_eq!(lines, expected, "{}:{}", finding.rule, finding.line);
        }
        let read = |finding: &Finding| secret::read(finding, Some(&policy)).unwrap().clear().to_owned();
        let secrets: Vec<String> = of("acme-word").into_iter().map(read).collect();
        assert_eq!(secrets, ["quiet river", "green hill", "one\ntwo"]);
        assert_eq!(read(of("github-token")[0]), format!("ghp_{BODY}"));
    }

    #[test]
    fn what_a_configuration_knows_is_hidden_across_windows() {
        let folder = tempfile::tempdir().unwrap();
        let mut text = "plain words\n".repeat(crate::scan::window::CHUNK / 12);
        text.truncate(crate::scan::window::CHUNK - crate::scan::window::OVERLAP - 7);
        text += "\nacme={across the edge} and\nnext\n";
        text += &"acme={too far away}\n".repeat(3);
        let (found, policy) = configured(folder.path(), &[("a.txt", &text)]);
        let preview = preview(&found[0], 1, Some(&policy)).unwrap();
        let lines: Vec<&str> = preview.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(lines[1..], ["acme={********} and", "next"]);
    }

    #[test]
    fn a_file_that_was_found_by_its_name_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let (found, policy) = configured(folder.path(), &[("keys.acme", "quiet river\n")]);
        assert_eq!(found.len(), 1);
        let preview = preview(&found[0], 9, Some(&policy)).unwrap();
        assert_eq!(preview.lines.len(), 1);
        assert_eq!(preview.lines[0].text, "(the file itself)");
        let read = secret::read(&found[0], Some(&policy)).unwrap();
        assert!(read.clear().ends_with("/keys.acme"), "its name is what it is known by");
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
