//! A series of snapshots as text: one JSON object a line, readable with standard tools.
//!
//! A reader refuses a version it doesn't know, bounds each line, and gives every job its past back by
//! [`Snapshot::extend`], so that whatever judges live snapshots judges recorded ones alike.

use std::io::{self, BufRead, Read, Write};

use crate::model::snapshot::{Snapshot, VERSION};

/// Longest line that is read: a snapshot of 100,000 members is about 40 MB.
const LONGEST_LINE: u64 = 64 << 20;

/// Why a series can't be read on.
#[derive(Debug, thiserror::Error)]
pub enum SeriesError {
    /// The source failed.
    #[error("reading the series: {0}")]
    Io(#[from] io::Error),
    /// A line is no snapshot.
    #[error("line {line} is not a snapshot: {why}")]
    NotASnapshot {
        /// Which line, from 1.
        line: u64,
        /// What the parser said.
        why: String,
    },
    /// A newer Telltale wrote it.
    #[error("line {line} has format version {version}, and this telltale reads up to {VERSION}: update it")]
    TooNew {
        /// Which line, from 1.
        line: u64,
        /// Its version.
        version: u64,
    },
}

/// Writes one snapshot as one line, in one write.
pub fn write(out: &mut impl Write, snapshot: &Snapshot) -> io::Result<()> {
    let mut line = serde_json::to_vec(snapshot)?;
    line.push(b'\n');
    out.write_all(&line)
}

/// The snapshots of a series, oldest first. Ends after the first error.
pub fn read<R: BufRead>(source: R) -> impl Iterator<Item = Result<Snapshot, SeriesError>> {
    Reader { source, line: 0, before: None, broken: false }
}

struct Reader<R> {
    source: R,
    line: u64,
    before: Option<Snapshot>,
    broken: bool,
}

impl<R: BufRead> Reader<R> {
    fn next_snapshot(&mut self) -> Result<Option<Snapshot>, SeriesError> {
        let mut text = Vec::new();
        loop {
            text.clear();
            self.line += 1;
            let read = self.source.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut text)?;
            if read == 0 {
                return Ok(None);
            }
            if !text.trim_ascii().is_empty() {
                break;
            }
        }
        let mut snapshot = parse(&text, self.line)?;
        let before = self.before.take().unwrap_or_else(|| Snapshot::empty(snapshot.interval));
        snapshot.extend(&before);
        self.before = Some(snapshot.clone());
        Ok(Some(snapshot))
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Snapshot, SeriesError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.broken {
            return None;
        }
        let item = self.next_snapshot().transpose();
        self.broken = !matches!(item, Some(Ok(_)));
        item
    }
}

/// One line of a series; pure.
pub fn parse(text: &[u8], line: u64) -> Result<Snapshot, SeriesError> {
    #[derive(serde::Deserialize)]
    struct Head {
        version: u64,
    }
    let not_one = |why: serde_json::Error| SeriesError::NotASnapshot { line, why: why.to_string() };
    let head: Head = serde_json::from_slice(text).map_err(not_one)?;
    if head.version > u64::from(VERSION) {
        return Err(SeriesError::TooNew { line, version: head.version });
    }
    serde_json::from_slice(text).map_err(not_one)
}
