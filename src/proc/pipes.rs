//! Which pipes of a job are queues, by who holds their ends; pure.
//!
//! ```text
//! tasks:    parent ──► worker, worker      siblings read it, none of them writes it
//! results:  parent ◄── worker, worker      siblings write it, none of them reads it
//! shared:   parent, worker, worker         siblings hold both ends: tasks or results, who knows
//! stream:   cat ──► sort                   one reads what others write
//! ```

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::inputs::Place;
use crate::model::intake::QueueKind;

/// Ends that are remembered at most, of all members together.
const MOST_ENDS: usize = 8_192;
/// Pipes that are looked into at most.
const MOST_QUEUES: usize = 6;
/// Readers of one pipe that are tried, should some not let us look.
const MOST_PLACES: usize = 4;

/// One end of a pipe in the hands of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// The pipe, by its inode.
    pub pipe: u64,
    /// The descriptor.
    pub fd: u32,
    /// It is read from; otherwise it is written to.
    pub reads: bool,
}

/// Who a member is among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kind {
    /// Its parent.
    pub parent: u32,
    /// Equal for members with the same command line.
    pub family: u64,
}

/// A pipe that is a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// The pipe, by its inode.
    pub pipe: u64,
    /// What waits in it.
    pub kind: QueueKind,
    /// Descriptors of its reading end.
    pub places: Vec<Place>,
    /// Members that write it.
    pub writers: Vec<u32>,
    /// Members that read it.
    pub readers: Vec<u32>,
}

/// Who holds the ends of one pipe.
#[derive(Debug, Default)]
struct Holders {
    readers: BTreeSet<u32>,
    writers: BTreeSet<u32>,
    places: Vec<Place>,
}

/// The ends of pipes that the members of a job hold.
#[derive(Debug, Default)]
pub struct Plumbing {
    held: BTreeMap<u32, Vec<End>>,
    ends: usize,
    is_changed: bool,
    queues: Vec<Queue>,
}

impl Plumbing {
    /// What a member holds by now.
    pub fn see(&mut self, pid: u32, ends: Vec<End>) {
        let before = self.held.get(&pid).map_or(&[][..], Vec::as_slice);
        if before == ends || self.ends - before.len() + ends.len() > MOST_ENDS {
            return;
        }
        self.ends = self.ends - before.len() + ends.len();
        self.is_changed = true;
        if ends.is_empty() {
            self.held.remove(&pid);
        } else {
            self.held.insert(pid, ends);
        }
    }

    /// Forgets all members but these.
    pub fn keep(&mut self, is_present: impl Fn(u32) -> bool) {
        let before = self.held.len();
        self.held.retain(|&pid, _| is_present(pid));
        self.is_changed |= self.held.len() != before;
        self.ends = self.held.values().map(Vec::len).sum();
    }

    /// The pipes that are queues, those of tasks first. `kinds` tells who the members are.
    pub fn queues(&mut self, kinds: impl Fn(u32) -> Option<Kind>) -> &[Queue] {
        if std::mem::take(&mut self.is_changed) {
            self.queues = self.found(kinds);
        }
        &self.queues
    }

    fn found(&self, kinds: impl Fn(u32) -> Option<Kind>) -> Vec<Queue> {
        let mut pipes: BTreeMap<u64, Holders> = BTreeMap::new();
        for (&pid, ends) in &self.held {
            for end in ends {
                let Holders { readers, writers, places } = pipes.entry(end.pipe).or_default();
                if end.reads {
                    readers.insert(pid);
                    places.push(Place { pid, fd: end.fd });
                } else {
                    writers.insert(pid);
                }
            }
        }
        let mut queues: Vec<Queue> = pipes
            .into_iter()
            .filter_map(|(pipe, Holders { readers, writers, mut places })| {
                let kind = kind(&readers, &writers, &kinds)?;
                places.truncate(MOST_PLACES);
                let (readers, writers) = (readers.into_iter().collect(), writers.into_iter().collect());
                Some(Queue { pipe, kind, places, writers, readers })
            })
            .collect();
        queues.sort_by_key(|queue| queue.kind);
        queues.truncate(MOST_QUEUES);
        queues
    }
}

/// What waits in a pipe with these readers and writers.
fn kind(
    readers: &BTreeSet<u32>,
    writers: &BTreeSet<u32>,
    kinds: &impl Fn(u32) -> Option<Kind>,
) -> Option<QueueKind> {
    // Both ends must be in the job: what comes from outside, or goes there, is no matter between its members.
    if readers.is_empty() || writers.is_empty() {
        return None;
    }
    let siblings = |pids: &BTreeSet<u32>| {
        let mut groups: HashMap<Kind, BTreeSet<u32>> = HashMap::new();
        for &pid in pids {
            if let Some(kind) = kinds(pid) {
                groups.entry(kind).or_default().insert(pid);
            }
        }
        groups.into_values().max_by_key(BTreeSet::len).filter(|group| group.len() > 1)
    };
    match (siblings(readers), siblings(writers)) {
        (Some(group), _) if group.is_disjoint(writers) => Some(QueueKind::Tasks),
        (_, Some(group)) if group.is_disjoint(readers) => Some(QueueKind::Results),
        (Some(_), Some(_)) => Some(QueueKind::Shared),
        _ if readers.len() == 1 && readers.is_disjoint(writers) => Some(QueueKind::Stream),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe in words, its readers, its writers, and what waits in it.
    type Case = (&'static str, &'static [u32], &'static [u32], Option<QueueKind>);

    /// Who reads and who writes pipe 1; 10 is the parent of 11 to 19, which are alike, and of 20 and 21, which are not.
    fn queue_of(readers: &[u32], writers: &[u32]) -> Option<QueueKind> {
        let mut plumbing = Plumbing::default();
        for pid in 10..30 {
            let end = |fd, reads| End { pipe: 1, fd, reads };
            let ends = [(readers, end(3, true)), (writers, end(4, false))];
            let held = ends.into_iter().filter(|(pids, _)| pids.contains(&pid)).map(|(_, end)| end);
            plumbing.see(pid, held.collect());
        }
        let kinds = |pid: u32| {
            let family = if (11..20).contains(&pid) { 1 } else { u64::from(pid) };
            Some(Kind { parent: if pid == 10 { 1 } else { 10 }, family })
        };
        plumbing.queues(kinds).first().map(|queue| queue.kind)
    }

    #[test]
    fn pipes_are_known_by_who_holds_them() {
        let cases: [Case; 9] = [
            ("a pool's tasks", &[10, 11, 12], &[10], Some(QueueKind::Tasks)),
            ("a pool's results", &[10], &[10, 11, 12], Some(QueueKind::Results)),
            ("an executor's, after fork", &[10, 11, 12], &[10, 11, 12], Some(QueueKind::Shared)),
            ("a pipeline", &[21], &[20], Some(QueueKind::Stream)),
            ("many into one", &[21], &[11, 12], Some(QueueKind::Results)),
            ("a loop that wakes itself", &[10], &[10], None),
            ("one worker's own", &[11], &[10], Some(QueueKind::Stream)),
            ("from outside", &[11, 12], &[], None),
            ("to outside", &[], &[11, 12], None),
        ];
        for (what, readers, writers, expected) in cases {
            assert_eq!(queue_of(readers, writers), expected, "{what}");
        }
    }

    #[test]
    fn who_is_gone_holds_nothing() {
        let mut plumbing = Plumbing::default();
        plumbing.see(20, vec![End { pipe: 1, fd: 1, reads: false }]);
        plumbing.see(21, vec![End { pipe: 1, fd: 0, reads: true }]);
        let kinds = |pid: u32| Some(Kind { parent: 10, family: pid.into() });
        let queues = plumbing.queues(kinds);
        assert_eq!((queues.len(), &queues[0].places), (1, &vec![Place { pid: 21, fd: 0 }]));
        plumbing.keep(|pid| pid == 21);
        assert_eq!(plumbing.queues(kinds), []);
    }

    proptest::proptest! {
        #[test]
        fn what_is_remembered_is_bounded(held in proptest::collection::vec((0..40_u32, 0..9_u64, proptest::bool::ANY, 0..300_usize), 0..99)) {
            let mut plumbing = Plumbing::default();
            for (pid, pipe, reads, ends) in held {
                plumbing.see(pid, vec![End { pipe, fd: 3, reads }; ends]);
                proptest::prop_assert!(plumbing.ends <= MOST_ENDS);
                proptest::prop_assert_eq!(plumbing.ends, plumbing.held.values().map(Vec::len).sum::<usize>());
                let queues = plumbing.queues(|pid| Some(Kind { parent: 1, family: u64::from(pid % 3) }));
                proptest::prop_assert!(queues.len() <= MOST_QUEUES);
                proptest::prop_assert!(queues.iter().all(|queue| queue.places.len() <= MOST_PLACES));
            }
        }
    }
}
