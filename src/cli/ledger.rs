//! Findings between the engine and the pages: the best first, in bounded memory.
//!
//! Named findings wait until the scan ends and are then written in the order of their rank. When very many wait,
//! those are written at once, in order among themselves, and the rest follows: nothing is dropped. Of the lines
//! that are only high in entropy the best are kept; the others are counted. All pages of a scan are given the same.

use std::io::{self, Write as _};
use std::sync::Arc;

use anyhow::Context as _;

use super::report_file::Destination;
use crate::scan::finding::{Finding, Level};
use crate::scan::known::Known;
use crate::scan::output::page::Page;
use crate::scan::output::summary::Summary;
use crate::scan::random::fold::Folds;

/// How many named findings wait before they are written.
const WAITING: usize = 20_000;

/// One report that is being written.
pub(super) struct Output {
    /// Where it goes.
    pub(super) to: Destination,
    /// How it is laid out.
    pub(super) page: Box<dyn Page>,
    /// Whether lines that are only high in entropy belong into it.
    pub(super) with_entropy: bool,
    /// Whether each line that was folded is written by itself.
    pub(super) with_each: bool,
}

/// Collects findings and writes them.
pub(super) struct Ledger {
    outputs: Vec<Output>,
    known: Option<Arc<Known>>,
    named: Vec<Finding>,
    ranked: Vec<Finding>,
    folds: Folds,
    top: usize,
    only_entropy: bool,
    /// The lowest level that is listed.
    down_to: Level,
    /// Whether reports tell why a finding scores as it does.
    explains: bool,
    /// Lines high in entropy that did not make it among the best.
    below_top: u64,
    error: Option<anyhow::Error>,
}

impl Ledger {
    /// A ledger that keeps the `top` lines that are only high in entropy; `known` tells which ids of secrets last
    /// longer than the report.
    pub(super) fn new(
        outputs: Vec<Output>,
        known: Option<Arc<Known>>,
        top: usize,
        only_entropy: bool,
    ) -> anyhow::Result<Self> {
        let (named, ranked, folds) = (Vec::new(), Vec::new(), Folds::default());
        let (down_to, explains, below_top, error) = (Level::Low, true, 0, None);
        let mut ledger = Self {
            outputs,
            known,
            named,
            ranked,
            folds,
            top,
            only_entropy,
            down_to,
            explains,
            below_top,
            error,
        };
        ledger.each(|output| output.page.begin(&mut output.to))?;
        Ok(ledger)
    }

    /// The same, listing what is of this level or above, with its reasons or without.
    pub(super) fn listing(self, down_to: Level, explains: bool) -> Self {
        Self { down_to, explains, ..self }
    }

    /// Takes a finding; `false` when nothing more can be written.
    pub(super) fn take(&mut self, mut finding: Finding) -> bool {
        if !self.explains {
            finding.reasons = Vec::new();
        }
        if finding.folded.is_some() {
            self.fold(finding);
        } else if finding.level == Level::Entropy {
            self.ranked.push(finding);
            if self.ranked.len() >= 2 * self.top + 64 {
                self.keep_best();
            }
        } else if !self.only_entropy && finding.level <= self.down_to {
            self.named.push(finding);
            if self.named.len() >= WAITING
                && let Err(error) = self.write_named()
            {
                self.error = Some(error);
            }
        }
        self.error.is_none()
    }

    /// Writes a folded line where each is wanted, and counts it for the others.
    fn fold(&mut self, finding: Finding) {
        if self.outputs.iter().any(|output| output.with_each) {
            let one = std::slice::from_ref(&finding);
            let written =
                self.each(
                    |output| {
                        if output.with_each { output.page.findings(&mut output.to, one) } else { Ok(()) }
                    },
                );
            self.error = self.error.take().or(written.err());
        }
        self.folds.take(finding);
    }

    /// Writes all that waits, and what the scan came to; tells what that was.
    pub(super) fn finish(mut self, mut summary: Summary) -> anyhow::Result<Summary> {
        if let Some(error) = self.error {
            return Err(error);
        }
        self.write_named()?;
        self.keep_best();
        let ranked = self.settled(|ledger| &mut ledger.ranked);
        if !ranked.is_empty() {
            self.each(|output| {
                if output.with_entropy { output.page.findings(&mut output.to, &ranked) } else { Ok(()) }
            })?;
        }
        let (mut folded, mut beyond) = std::mem::take(&mut self.folds).finish();
        let lines = |finding: Finding| finding.folded.map_or(0, |folded| folded.lines);
        beyond += folded.drain(self.top.min(folded.len())..).map(lines).sum::<u64>();
        if !folded.is_empty() {
            self.each(|output| {
                let is_wanted = output.with_entropy && !output.with_each;
                if is_wanted { output.page.findings(&mut output.to, &folded) } else { Ok(()) }
            })?;
        }
        summary.not_listed += self.below_top + beyond;
        let listed = ranked.len() as u64;
        self.each(|output| {
            let left_out = if output.with_entropy { 0 } else { listed };
            let summary = Summary { not_listed: summary.not_listed + left_out, ..summary.clone() };
            output.page.end(&mut output.to, &summary)?;
            output.to.flush()
        })?;
        for output in self.outputs {
            let name = output.to.name();
            output.to.finish().with_context(|| format!("can't write {name}"))?;
        }
        Ok(summary)
    }

    fn keep_best(&mut self) {
        self.ranked.sort_by(Finding::rank);
        self.below_top += self.ranked.len().saturating_sub(self.top) as u64;
        self.ranked.truncate(self.top);
    }

    fn write_named(&mut self) -> anyhow::Result<()> {
        let named = self.settled(|ledger| &mut ledger.named);
        if named.is_empty() {
            return Ok(());
        }
        self.each(|output| output.page.findings(&mut output.to, &named))
    }

    /// Findings in the order of their rank, with the ids that they keep. Those are given only now, so that all places of
    /// a secret get the same one, those too that were met before it was hashed.
    fn settled(&mut self, of: impl Fn(&mut Self) -> &mut Vec<Finding>) -> Vec<Finding> {
        let mut findings = std::mem::take(of(self));
        findings.sort_by(Finding::rank);
        for finding in &mut findings {
            if let Some(id) = self.known.as_ref().and_then(|known| known.lasting_id(finding)) {
                finding.identify(id);
            }
        }
        findings
    }

    /// Does the same to every output. One that nobody reads any more is left behind; the others go on.
    fn each(&mut self, mut write: impl FnMut(&mut Output) -> io::Result<()>) -> anyhow::Result<()> {
        let mut closed = None;
        for mut output in std::mem::take(&mut self.outputs) {
            match write(&mut output) {
                Ok(()) => self.outputs.push(output),
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => closed = Some(error),
                Err(error) => {
                    return Err(error).with_context(|| format!("can't write {}", output.to.name()));
                }
            }
        }
        match closed {
            Some(error) if self.outputs.is_empty() => Err(error.into()),
            _ => Ok(()),
        }
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger")
            .field("named", &self.named.len())
            .field("ranked", &self.ranked.len())
            .finish_non_exhaustive()
    }
}
