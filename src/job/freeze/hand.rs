#![expect(clippy::disallowed_methods, reason = "edge: waits for the end of a job that is being ended")]
//! Freezing without a keeper: a job that is only watched, and one whose keeper was killed. What was done is in the
//! record, so each of these can be done by another process than the one before.

use std::path::Path;
use std::time::{Duration, Instant};

use super::group::rest;
use super::kin::Kin;
use super::record::{self, Reason, Record};
use super::stop::{self, FreezeError};
use crate::job::folder::Places;
use crate::job::tree::Process;
use crate::model::freeze::Frozen;
use crate::model::text::Text;

/// Stopping a tree takes no longer than this; a process in the midst of a call to a disk stops when that returns.
const PATIENCE: Duration = Duration::from_secs(2);

/// A job that is to be frozen.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its main process.
    pub root: Process,
    /// Its other processes, as far as they are known: an orphan is no descendant any more.
    pub members: Vec<Process>,
    /// What it is called.
    pub name: Text,
}

impl Job {
    fn kin(&self) -> Kin {
        Kin::Of(std::iter::once(self.root).chain(self.members.iter().copied()).collect())
    }
}

/// The job of a record: all that it names, and what lives below that.
fn kin_of(record: &Record) -> Kin {
    Kin::Of(std::iter::once(record.root).chain(record.stopped.iter().copied()).collect())
}

/// Freezes a job; one that is frozen in part is frozen whole again.
pub fn freeze(places: &Places, job: &Job, reason: Reason) -> Result<Frozen, FreezeError> {
    let path = record::of_process(places, job.root);
    let target = Text::from(job.root.pid.to_string());
    let mut record = Record::new(job.root, job.name.clone(), target, reason);
    if let Some(old) = record::read(&path) {
        record.told.since = old.told.since;
        record.take_over(old);
    }
    let keep = |record: &Record| {
        // It is frozen all the same: who can't be told by the record is told below.
        let _ = record::write(&path, record);
    };
    let done = stop::freeze(&job.kin(), &mut record, &keep, PATIENCE);
    if let Err(error) = done {
        if stop::thaw(&record) == 0 || !stop::is_still(&record) {
            record::remove(&path);
        }
        return Err(error);
    }
    if record::read(&path).is_none() {
        let words = "it is written down nowhere, so that only `kill -CONT` can let it go on";
        record.told.evidence.push(Text::from(words));
    }
    Ok(record.told)
}

/// Lets a job go on, or one process of it alone; says how many processes, and `None` where that one is none of them.
pub fn thaw(path: &Path, record: &mut Record, only: Option<i32>) -> Option<usize> {
    let Some(pid) = only else {
        let thawed = stop::thaw(record);
        record::remove(path);
        return Some(thawed);
    };
    let keep = |record: &Record| {
        let _ = record::write(path, record);
    };
    record.told.then = None;
    stop::thaw_one(&kin_of(record), record, pid, &keep).then_some(1)
}

/// Ends a frozen job: TERM, and KILL to what is left after `grace`. How many had to be killed.
pub fn end(path: &Path, record: &Record, grace: Duration) -> usize {
    let kin = kin_of(record);
    stop::ask_to_end(&kin, Some(record));
    record::remove(path);
    let until = Instant::now() + grace;
    while stop::count(&kin) > 0 && Instant::now() < until {
        rest();
    }
    stop::kill(&kin)
}

/// The record of a job that is frozen now, for whoever watches it; one that somebody else undid is forgotten.
pub fn look(path: &Path) -> Option<Frozen> {
    let record = record::read(path)?;
    if stop::is_still(&record) {
        return Some(record.told);
    }
    // Between writing down and stopping lies a moment in which nobody is stopped yet.
    let is_old = crate::model::clock::wall().0 - record.told.since.0 > 10_000;
    if is_old {
        record::remove(path);
    }
    None
}
