//! Reads reports back, so that those of several shards become one: JSON lines, and the document that `document.rs` writes.
//!
//! Pure, and a reader of bytes from outside: a line at a time, each of bounded length, whose text can't steer a terminal. What
//! it does not know it refuses, for a report that is half understood would hide what it does not show.

use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use super::document::VERSION;
use super::summary::Summary;
use crate::model::text::escape;
use crate::scan::baseline::Accepted;
use crate::scan::finding::{Decoding, Finding, Harm, Level, Source, Validation};
use crate::scan::judge::reasons::Reason;
use crate::scan::origin::{Commit, Origin};
use crate::scan::random::class::Folded;
use crate::scan::shard::Shard;

/// The longest line that is read, in bytes.
pub const LONGEST: usize = 1 << 20;

/// Why a report can't be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoReport {
    /// A line that no report has.
    #[error("not a report of telltale, written with `--format json` or `--format report`: {0}")]
    Shape(String),
    /// A later Telltale wrote it.
    #[error("version {0} of a report can't be read, only {VERSION}; use a newer telltale")]
    Version(u64),
    /// It is not whole.
    #[error("it ends before its end: the scan that wrote it was cut short")]
    Cut,
}

/// Where in a report its reader stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Before the first line.
    #[default]
    Start,
    /// Among lines that stand for themselves.
    Lines,
    /// Among the findings of a document.
    Findings,
    /// Behind them.
    Behind,
    /// Behind the summary.
    Done,
}

/// Reads one report.
#[derive(Debug, Default)]
pub struct Reader {
    state: State,
    shard: Option<Shard>,
    summary: Option<Summary>,
}

/// What a report says besides its findings. JSON lines say nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Which shard it is of.
    pub shard: Option<Shard>,
    /// What the scan came to.
    pub summary: Option<Summary>,
}

#[derive(Deserialize)]
struct Opening {
    telltale_report: u64,
    #[serde(default)]
    shard: Option<String>,
}

#[derive(Deserialize)]
struct Closing {
    summary: Summary,
}

#[derive(Deserialize)]
struct Written {
    path: String,
    line: u64,
    column: u64,
    end_column: u64,
    rule: String,
    score: f64,
    level: Level,
    entropy: f64,
    #[serde(default)]
    entropy_ceiling: f64,
    fingerprint: String,
    secret_id: String,
    redacted: String,
    secret: Option<String>,
    #[serde(default)]
    severity: Harm,
    #[serde(default)]
    validation: Validation,
    #[serde(default)]
    reasons: Vec<Reason>,
    #[serde(default)]
    facts: Vec<String>,
    #[serde(default)]
    decoded: Vec<Decoding>,
    source: Source,
    commit: Option<Commit>,
    accepted: Option<Accepted>,
    #[serde(default)]
    real: bool,
    folded: Option<Folded>,
    #[serde(default)]
    excerpt: String,
}

impl Reader {
    /// Takes the next line, and gives the finding that it holds.
    pub fn line(&mut self, line: &[u8]) -> Result<Option<Finding>, NoReport> {
        let line = line.trim_ascii();
        match self.state {
            _ if line.is_empty() => Ok(None),
            State::Start if line.starts_with(b"{\"telltale_report\":") => self.open(line).map(|()| None),
            State::Start | State::Lines => {
                self.state = State::Lines;
                finding(line).map(Some)
            }
            State::Findings if line == b"]," => {
                self.state = State::Behind;
                Ok(None)
            }
            State::Findings => finding(line.strip_suffix(b",").unwrap_or(line)).map(Some),
            State::Behind => {
                if let Some(rest) = line.strip_prefix(b"\"summary\":") {
                    let whole = [b"{\"summary\":", rest].concat();
                    let closing: Closing = parsed(&whole)?;
                    self.summary = Some(cleaned(closing.summary));
                    self.state = State::Done;
                }
                // Names of rules, and what later versions may add.
                Ok(None)
            }
            State::Done => Err(NoReport::Shape("there is more behind its end".to_owned())),
        }
    }

    fn open(&mut self, line: &[u8]) -> Result<(), NoReport> {
        let head = line.strip_suffix(b"[").ok_or_else(|| {
            NoReport::Shape("its findings are not a line each, as telltale writes them".to_owned())
        })?;
        let opening: Opening = parsed(&[head, b"[]}"].concat())?;
        if opening.telltale_report != VERSION {
            return Err(NoReport::Version(opening.telltale_report));
        }
        let shard = opening.shard.map(|shard| shard.parse::<Shard>());
        self.shard = shard.transpose().map_err(|error| NoReport::Shape(error.to_string()))?;
        self.state = State::Findings;
        Ok(())
    }

    /// What it says besides its findings; fails when a document has no end.
    pub fn end(self) -> Result<Told, NoReport> {
        match self.state {
            State::Findings | State::Behind => Err(NoReport::Cut),
            State::Start | State::Lines | State::Done => {
                Ok(Told { shard: self.shard, summary: self.summary })
            }
        }
    }
}

fn parsed<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, NoReport> {
    serde_json::from_slice(json).map_err(|error| {
        if error.is_eof() { NoReport::Cut } else { NoReport::Shape(escape(&error.to_string()).into_owned()) }
    })
}

fn clean(text: &str) -> String {
    escape(text).into_owned()
}

fn cleaned(mut summary: Summary) -> Summary {
    for skipped in &mut summary.skipped {
        skipped.reason = clean(&skipped.reason);
        skipped.words = clean(&skipped.words);
    }
    summary.problems = summary.problems.iter().map(|problem| clean(problem)).collect();
    summary
}

fn finding(line: &[u8]) -> Result<Finding, NoReport> {
    let read: Written = parsed(line)?;
    let commit = read
        .commit
        .map(|commit| Arc::new(Commit { id: clean(&commit.id), author: clean(&commit.author), ..commit }));
    let origin = Origin { commit, ..Origin::new(Path::new(&clean(&read.path)), read.source) };
    Ok(Finding {
        line: read.line,
        column: read.column,
        end_column: read.end_column,
        rule: clean(&read.rule).into(),
        score: read.score.clamp(0.0, 1.0),
        level: read.level,
        entropy: read.entropy,
        entropy_ceiling: read.entropy_ceiling,
        // How far it lies above chance is not written; how near it comes to the most that it could be is close to that.
        excess: read.entropy - read.entropy_ceiling,
        fingerprint: clean(&read.fingerprint),
        secret_id: clean(&read.secret_id),
        redacted: clean(&read.redacted),
        // A secret is shown as it is, by whoever asked for it.
        secret: read.secret,
        severity: read.severity,
        validation: read.validation,
        reasons: read.reasons.into_iter().take(MOST_REASONS).map(|one| reason(&one)).collect(),
        facts: read.facts.iter().map(|fact| clean(fact)).collect(),
        decoded: read.decoded,
        accepted: read.accepted,
        is_real: read.real,
        folded: read.folded,
        excerpt: clean(&read.excerpt),
        ..Finding::of(&origin)
    })
}

/// How many reasons a finding has at most.
const MOST_REASONS: usize = 16;

fn reason(read: &Reason) -> Reason {
    Reason { words: clean(&read.words), weight: read.weight }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scan::output::document::Document;
    use crate::scan::output::json::Json;
    use crate::scan::output::page::Head;
    use crate::scan::output::sample;

    fn read(text: &[u8]) -> Result<(Vec<Finding>, Told), NoReport> {
        let mut reader = Reader::default();
        let mut found = Vec::new();
        for line in text.split(|byte| *byte == b'\n') {
            found.extend(reader.line(line)?);
        }
        Ok((found, reader.end()?))
    }

    fn document(findings: &[Finding]) -> String {
        let head = Head { shard: Some("2/5".into()), ..sample::head() };
        sample::written(Document::new(Arc::new(head)), findings, &sample::summary())
    }

    #[test]
    fn a_document_comes_back_as_a_whole() {
        let two = [sample::finding(), Finding { line: 3, ..sample::finding() }];
        let (found, told) = read(document(&two).as_bytes()).unwrap();
        assert_eq!(found, two);
        assert_eq!(told.summary, Some(sample::summary()));
        assert_eq!(told.shard, "2/5".parse().ok());
        assert_eq!(read(document(&[]).as_bytes()).unwrap().0, []);
    }

    #[test]
    fn lines_come_back_without_what_they_do_not_say() {
        let text = sample::written(Json, &[sample::finding()], &Summary::default());
        let (found, told) = read(text.as_bytes()).unwrap();
        assert_eq!(found, [Finding { excerpt: String::new(), ..sample::finding() }]);
        assert_eq!(told, Told::default());
        assert_eq!(read(b"").unwrap(), (Vec::new(), Told::default()), "a scan that found nothing");
    }

    #[test]
    fn what_is_cut_or_strange_is_refused() {
        let whole = document(&[sample::finding()]);
        let lines: Vec<&str> = whole.lines().collect();
        for kept in 1..lines.len() {
            let cut = lines[..kept].join("\n");
            assert_eq!(read(cut.as_bytes()).unwrap_err(), NoReport::Cut, "{kept}");
        }
        assert_eq!(read(&whole.as_bytes()[..whole.len() / 2]).unwrap_err(), NoReport::Cut);
        for text in ["x", "[]", "{}", "{\"path\":1}", "{\"telltale_report\":1}"] {
            assert!(matches!(read(text.as_bytes()), Err(NoReport::Shape(_))), "{text}");
        }
        let newer = whole.replacen("{\"telltale_report\":1", "{\"telltale_report\":2", 1);
        assert_eq!(read(newer.as_bytes()).unwrap_err(), NoReport::Version(2));
        assert!(read(format!("{whole}{whole}").as_bytes()).is_err());
    }

    #[test]
    fn nothing_that_steers_gets_in() {
        let hostile = "a\u{1b}[31m\n";
        let line = serde_json::to_string(&Finding { redacted: hostile.into(), ..sample::finding() }).unwrap();
        let (found, _) = read(line.as_bytes()).unwrap();
        assert_eq!(found[0].redacted, "a\\x1b[31m\\n");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
        }

        #[test]
        fn any_finding_comes_back(
            path in "\\PC{1,20}", excerpt in "\\PC{0,30}", line in any::<u64>(), score in 0.0..=1.0,
            facts in proptest::collection::vec("\\PC{0,9}", 0..3),
        ) {
            let finding = Finding {
                path: clean(&path).into(), excerpt: clean(&excerpt), line, score,
                facts: facts.iter().map(|fact| clean(fact)).collect(), ..sample::finding()
            };
            let (found, _) = read(document(std::slice::from_ref(&finding)).as_bytes()).unwrap();
            prop_assert_eq!(found, [finding]);
        }
    }
}
