//! Findings between the engine and the page: the best first, in bounded memory.
//!
//! Named findings wait until the scan ends and are then written in the order of their rank. When very many wait,
//! those are written at once, in order among themselves, and the rest follows: nothing is dropped. Of the lines
//! that are only high in entropy the best are kept; the others are counted.

use std::io::{self, Write};
use std::sync::Arc;

use crate::scan::finding::{Finding, Level};
use crate::scan::known::Known;
use crate::scan::output::{json, text::Text};

/// How many named findings wait before they are written.
const WAITING: usize = 20_000;

/// How findings are laid out.
#[derive(Debug)]
pub enum Page {
    /// For people.
    Text(Text),
    /// One object a line.
    Json,
}

/// Collects findings and writes them.
pub struct Ledger {
    out: Box<dyn Write + Send>,
    page: Page,
    known: Arc<Known>,
    named: Vec<Finding>,
    ranked: Vec<Finding>,
    top: usize,
    only_entropy: bool,
    /// Lines high in entropy that did not make it among the best.
    below_top: u64,
    error: Option<io::Error>,
}

impl Ledger {
    /// A ledger that keeps the `top` lines that are only high in entropy; `known` tells which ids of secrets last
    /// longer than the report.
    pub fn new(
        out: Box<dyn Write + Send>,
        page: Page,
        known: Arc<Known>,
        top: usize,
        only_entropy: bool,
    ) -> Self {
        Self {
            out,
            page,
            known,
            named: Vec::new(),
            ranked: Vec::new(),
            top,
            only_entropy,
            below_top: 0,
            error: None,
        }
    }

    /// Takes a finding; `false` when nothing more can be written.
    pub fn take(&mut self, finding: Finding) -> bool {
        if finding.level == Level::Entropy {
            self.ranked.push(finding);
            if self.ranked.len() >= 2 * self.top + 64 {
                self.keep_best();
            }
        } else if !self.only_entropy {
            self.named.push(finding);
            if self.named.len() >= WAITING {
                let result = self.write_named();
                self.note(result);
            }
        }
        self.error.is_none()
    }

    /// Writes all that waits. `beyond_cap` is what the engine itself only counted.
    pub fn finish(mut self, beyond_cap: u64) -> io::Result<()> {
        if let Some(error) = self.error {
            return Err(error);
        }
        self.write_named()?;
        self.keep_best();
        let ranked = std::mem::take(&mut self.ranked);
        for finding in ranked {
            self.write(finding)?;
        }
        let hidden = self.below_top + beyond_cap;
        if let Page::Text(text) = &mut self.page
            && hidden > 0
            && self.top > 0
        {
            let note =
                format!("… {hidden} more, high in entropy only or repeated in one file; --top N shows more");
            text.note(&mut self.out, &note)?;
        }
        self.out.flush()
    }

    fn keep_best(&mut self) {
        self.ranked.sort_by(Finding::rank);
        self.below_top += self.ranked.len().saturating_sub(self.top) as u64;
        self.ranked.truncate(self.top);
    }

    fn write_named(&mut self) -> io::Result<()> {
        let mut named = std::mem::take(&mut self.named);
        named.sort_by(Finding::rank);
        named.into_iter().try_for_each(|finding| self.write(finding))
    }

    fn write(&mut self, mut finding: Finding) -> io::Result<()> {
        // Only now, so that all places of a secret get the same one, those too that were met before it was hashed.
        if let Some(id) = self.known.lasting_id(&finding) {
            finding.identify(id);
        }
        match &mut self.page {
            Page::Text(text) => text.write(&mut self.out, &finding),
            Page::Json => json::write(&mut self.out, &finding),
        }
    }

    fn note(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            self.error = Some(error);
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
