//! Processes that are no members and matter to one: they hold the other end of something, a lock, trace it or should reap
//! it. They are described, and told with just those descriptors that lead to the job or that they wait on themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::descriptors::{self, DescriptorReader};
use super::ends;
use crate::model::evidence::{Descriptor, Evidence, Process};

/// Processes that are described at most.
const MOST: usize = 48;
/// Descriptors of one that are told.
const MOST_OF_ONE: usize = 256;

/// Adds these places to what is known; `others` are told without a place. Says how many were left out.
pub(super) fn join(
    evidence: &mut Evidence,
    places: &[(u32, i32)],
    others: &BTreeSet<u32>,
    reader: &mut DescriptorReader,
    describe: &impl Fn(u32) -> Option<Process>,
) -> usize {
    let mut by_pid: BTreeMap<u32, Vec<i32>> = others.iter().map(|pid| (*pid, Vec::new())).collect();
    for &(pid, fd) in places {
        by_pid.entry(pid).or_default().push(fd);
    }
    // Whoever was named is more than one of many who hold the same end.
    let mut in_turn: Vec<_> = by_pid.into_iter().collect();
    in_turn.sort_by_key(|(pid, _)| !others.contains(pid));
    let (mut described, mut left_out) = (0, 0);
    for (pid, fds) in in_turn {
        if let Some(known) = evidence.processes.iter_mut().find(|process| process.pid == pid) {
            add(known, &fds, reader);
            continue;
        }
        if described >= MOST {
            left_out += 1;
            continue;
        }
        let Some(mut process) = describe(pid) else { continue };
        described += 1;
        process.is_member = false;
        add(&mut process, &fds, reader);
        let waited: Vec<i32> = ends::waited(&process).into_iter().collect();
        add(&mut process, &waited, reader);
        evidence.processes.push(process);
    }
    left_out
}

/// Reads these descriptors of a process, where they are not known yet.
pub(super) fn add(process: &mut Process, fds: &[i32], reader: &mut DescriptorReader) {
    let missing = descriptors::missing(&process.descriptors, fds);
    let found: Vec<Descriptor> =
        missing.into_iter().take(MOST_OF_ONE).filter_map(|fd| reader.one(process.pid, fd)).collect();
    process.descriptors.extend(found);
}
