#![expect(clippy::disallowed_methods, reason = "edge: opens the reports")]
//! `telltale scan --merge`: the reports of many scans become one, in any format.
//!
//! A report is read a line at a time, so that many large ones need little memory. One that can't be read, or that was cut short,
//! is an error and no smaller result; shards that are missing make the whole incomplete, and are named.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use anyhow::{Context as _, bail};
use sha2::{Digest, Sha256};

use super::exit::Exit;
use super::interrupt::Interruption;
use super::ledger::Ledger;
use super::scan_args::ScanArgs;
use super::{scan, scan_outputs, talk};
use crate::model::text::escape_path;
use crate::scan::engine::STDIN;
use crate::scan::finding::{Finding, Level};
use crate::scan::output::read::{LONGEST, Reader, Told};
use crate::scan::output::summary::Summary;
use crate::scan::rule;
use crate::scan::shard::Shard;

/// How many places are remembered, to list each once however many reports hold it; beyond, some may be listed twice.
const MOST_PLACES: usize = 2_000_000;
/// How many missing shards are named.
const NAMED: usize = 10;

/// Merges the reports that the paths name.
pub(super) fn merge(args: &ScanArgs, interruption: &Interruption) -> anyhow::Result<Exit> {
    if args.paths.is_empty() {
        bail!("name the reports to merge: telltale scan --merge shard-*.json");
    }
    let mut merged = Merged::new(args, scan_outputs::ledger(args, rule::builtin(), None)?);
    for path in &args.paths {
        if let Some(signal) = interruption.signal() {
            bail!("stopped by {signal}; no report was written");
        }
        let shown = escape_path(path);
        merged.add(path).with_context(|| format!("can't merge {shown}"))?;
    }
    interruption.writes();
    let missing = merged.missing();
    if !missing.is_empty() {
        merged.summary.complete = false;
        merged.summary.problems.push(missing);
    }
    let Merged { ledger, summary, mute, .. } = merged;
    let summary = ledger.finish(summary)?;
    for problem in &summary.problems {
        talk::say(problem);
    }
    if !args.quiet {
        if mute > 0 {
            let words = "of the reports do not say what was not scanned; those of `--format report` do";
            talk::say(&format!("{mute} {words}"));
        }
        talk::as_it_is(&told(&summary, args.paths.len()));
    }
    Ok(scan::exit(args, &summary, 0))
}

struct Merged<'a> {
    args: &'a ScanArgs,
    ledger: Ledger,
    summary: Summary,
    places: HashSet<[u8; 16]>,
    shards: BTreeSet<Shard>,
    /// Reports that say nothing but their findings.
    mute: usize,
}

impl<'a> Merged<'a> {
    fn new(args: &'a ScanArgs, ledger: Ledger) -> Self {
        let summary = Summary { complete: true, ..Summary::default() };
        Self { args, ledger, summary, places: HashSet::new(), shards: BTreeSet::new(), mute: 0 }
    }

    fn add(&mut self, path: &Path) -> anyhow::Result<()> {
        if path.as_os_str() == STDIN {
            return self.read(&mut io::stdin().lock());
        }
        self.read(&mut BufReader::new(File::open(path)?))
    }

    fn read(&mut self, from: &mut dyn BufRead) -> anyhow::Result<()> {
        let mut reader = Reader::default();
        let (mut line, mut number) = (Vec::new(), 0);
        loop {
            line.clear();
            let mut part = io::Read::take(&mut *from, LONGEST as u64 + 1);
            if part.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            number += 1;
            if line.len() > LONGEST {
                bail!("line {number} is longer than any of a report");
            }
            if let Some(finding) = reader.line(&line).with_context(|| format!("line {number}"))? {
                self.take(finding)?;
            }
        }
        let told = reader.end()?;
        self.tell(told);
        Ok(())
    }

    fn take(&mut self, mut finding: Finding) -> anyhow::Result<()> {
        if !self.is_new(&finding) {
            return Ok(());
        }
        match finding.accepted {
            Some(_) if !self.args.show_accepted => return Ok(()),
            Some(_) => {}
            None => *self.count(finding.level) += finding.folded.map_or(1, |folded| folded.lines),
        }
        if !self.args.show_secrets {
            finding.secret = None;
        }
        if !self.ledger.take(finding) {
            bail!("the merged report can't be written");
        }
        Ok(())
    }

    fn is_new(&mut self, finding: &Finding) -> bool {
        let commit = finding.commit.as_ref().map_or("", |commit| &commit.id);
        let place = format!("{} {} {commit} {}", finding.line, finding.column, finding.fingerprint);
        let mut key = [0; 16];
        key.copy_from_slice(&Sha256::digest(place)[..16]);
        if self.places.len() >= MOST_PLACES {
            return !self.places.contains(&key);
        }
        self.places.insert(key)
    }

    fn count(&mut self, level: Level) -> &mut u64 {
        match level {
            Level::High => &mut self.summary.high,
            Level::Medium => &mut self.summary.medium,
            Level::Low => &mut self.summary.low,
            Level::Entropy => &mut self.summary.entropy,
        }
    }

    fn tell(&mut self, told: Told) {
        self.shards.extend(told.shard);
        match told.summary {
            Some(summary) => self.summary.add_all_but_findings(summary),
            None => self.mute += 1,
        }
    }

    /// Which shards there should be and are not, in words.
    fn missing(&self) -> String {
        let totals: BTreeSet<u32> = self.shards.iter().map(|shard| shard.of).collect();
        let missing: Vec<String> = totals
            .iter()
            .flat_map(|&of| (1..=of).map(move |index| Shard { index, of }))
            .filter(|shard| !self.shards.contains(shard))
            .map(|shard| shard.to_string())
            .collect();
        match missing.len() {
            0 => String::new(),
            1 => format!("shard {} is missing", missing[0]),
            count if count <= NAMED => format!("shards {} are missing", missing.join(", ")),
            count => format!("{count} shards are missing: {} …", missing[..NAMED].join(", ")),
        }
    }
}

fn told(summary: &Summary, reports: usize) -> String {
    let mut text = format!(
        "{} high, {} medium, {} low, {} high in entropy only; {} files in {reports} reports\n",
        summary.high, summary.medium, summary.low, summary.entropy, summary.files
    );
    if !summary.skipped.is_empty() {
        let skipped: Vec<String> =
            summary.skipped.iter().map(super::super::scan::output::summary::Skipped::told).collect();
        let _ = writeln!(text, "skipped: {}", skipped.join(", "));
    }
    text
}
