//! The baseline without the pane: all that is found now is accepted, and what meets nothing any more is told, or
//! taken out.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;

use super::exit::Exit;
use super::interrupt::Interruption;
use super::scan::STALE;
use super::talk;
use crate::model::clock;
use crate::model::text::escape_path;
use crate::scan::baseline::{MOST_ENTRIES, Verdict};
use crate::scan::engine::{self, Options};
use crate::scan::finding::{Finding, Level};
use crate::scan::known::Known;
use crate::scan::progress::Progress;
use crate::scan::secret::Secret;

/// A secret with the places where it stands.
type Found = (Secret, Vec<Arc<Finding>>);

/// Scans, and writes all that is listed and not decided yet into the baseline, as known.
pub(super) fn write(
    options: Options,
    known: &Known,
    down_to: Level,
    interruption: &Interruption,
) -> anyhow::Result<Exit> {
    // The secrets are hashed, and go with this function.
    let options = Options { show_secrets: true, ..options };
    let found: Mutex<BTreeMap<String, Found>> = Mutex::default();
    let (progress, stop) = (Progress::default(), interruption.flag());
    let report = engine::scan(&options, &progress, stop, &|mut finding| {
        let secret = finding.secret.take().map(Secret::new).or_else(|| Secret::of_name(&finding));
        let Some(secret) = secret else { return };
        drop(Secret::new(std::mem::take(&mut finding.excerpt)));
        if finding.verdict().is_some() || finding.level > down_to {
            return;
        }
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        if found.len() >= MOST_ENTRIES {
            stop.store(true, Ordering::Relaxed);
            return;
        }
        match found.entry(finding.secret_id.clone()) {
            Entry::Vacant(free) => drop(free.insert((secret, vec![Arc::new(finding)]))),
            Entry::Occupied(mut taken) => taken.get_mut().1.push(Arc::new(finding)),
        }
    });
    report.problems.iter().for_each(|problem| talk::say(problem));
    if let Some(signal) = interruption.signal() {
        anyhow::bail!("stopped by {signal} before the end; nothing was accepted");
    }
    interruption.writes();
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    if found.len() >= MOST_ENTRIES {
        anyhow::bail!(
            "there is more to accept than a baseline may hold; scan a part, or leave out what is generated"
        );
    }
    let date = clock::wall().date();
    let mut places = 0;
    let mut files = Vec::new();
    for (secret, findings) in found.values() {
        let written =
            known.decide(findings, secret, Verdict::Known, &date).context("can't write the baseline")?;
        places += findings.len();
        files.extend(written.iter().map(|one| escape_path(one.file())));
        files.sort();
        files.dedup();
    }
    if files.is_empty() {
        talk::say("nothing to accept");
    } else {
        let count = found.len();
        let (secrets, at) =
            (if count == 1 { "secret" } else { "secrets" }, if places == 1 { "place" } else { "places" });
        talk::say(&format!("accepted {count} {secrets} in {places} {at} as known: {}", files.join(", ")));
    }
    Ok(if report.is_incomplete() { Exit::Incomplete } else { Exit::Fine })
}

/// Tells which entries of the baselines meet nothing any more, or takes them out; gives how many are left.
pub(super) fn stale(known: &Known, prunes: bool) -> anyhow::Result<usize> {
    let stale = known.stale();
    let count: usize = stale.iter().map(|(_, entries)| entries.len()).sum();
    if prunes {
        known.prune(&stale).context("can't write the baseline")?;
        talk::say(&format!("took {count} stale entries out of the baseline"));
        return Ok(0);
    }
    let all = stale.iter().flat_map(|(file, entries)| entries.iter().map(move |entry| (file, entry)));
    for (file, entry) in all.take(STALE) {
        let (file, words) = (escape_path(file), entry.stale_words());
        talk::say(&format!("stale: {file}: {words}; --prune-baseline takes it out"));
    }
    if count > STALE {
        talk::say(&format!("stale: and {} more in the baseline", count - STALE));
    }
    Ok(count)
}
