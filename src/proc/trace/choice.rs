//! Which threads are worth tracing, and which are never touched. Pure.

use crate::model::evidence::{Evidence, Process, Thread, Wait};

/// Threads that are chosen, at most.
pub(super) const MOST: usize = 8;

/// A thread, its process, and how much of the window it used or wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) tid: u32,
    pub(super) pid: u32,
}

/// Us, who are never traced: a process that traces itself or who waits for it waits for ever.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Us {
    pub(super) own: u32,
    pub(super) parent: u32,
}

/// Those that are not still, the first threads of processes and the most active before others.
pub(super) fn chosen(evidence: &Evidence, us: Us) -> Vec<Chosen> {
    let mut found: Vec<(bool, bool, u64, Chosen)> = Vec::new();
    for process in evidence.members().filter(|process| may_be_stopped(evidence, process, us)) {
        for thread in process.threads.iter().filter(|thread| is_worth_it(thread)) {
            let is_main = thread.tid == process.pid;
            let key = (process.pid != evidence.root, !is_main, u64::MAX - used(thread));
            found.push((key.0, key.1, key.2, Chosen { tid: thread.tid, pid: process.pid }));
        }
    }
    found.sort_by_key(|&(is_other, is_side, used, chosen)| (is_other, is_side, used, chosen.tid));
    found.into_iter().map(|(.., chosen)| chosen).take(MOST).collect()
}

/// What stands already is left as it stands: what is stopped, traced or frozen, and what nothing interrupts.
fn may_be_stopped(evidence: &Evidence, process: &Process, us: Us) -> bool {
    let is_frozen = evidence
        .groups
        .iter()
        .any(|group| group.is_frozen == Some(true) && process.groups.contains(&group.path));
    !is_frozen
        && process.tracer.is_none()
        && ![us.own, us.parent].contains(&process.pid)
        // Who traces hears of the end first, and in a child of ours that would be all that anybody hears of it.
        && (us.own == 0 || process.parent != us.own)
        && matches!(process.state, 'R' | 'S' | '\0')
}

/// One that comes and goes. A stop would cut these waits short, which programs may not expect (signal(7)).
fn is_worth_it(thread: &Thread) -> bool {
    let is_delicate =
        matches!(thread.wait, Wait::Semaphore { .. } | Wait::Message { .. } | Wait::Signal | Wait::Vfork);
    let state = thread.samples.last().map_or('S', |sample| sample.state);
    !thread.is_still && !is_delicate && matches!(state, 'R' | 'S')
}

/// Nanoseconds on a CPU or ready for one.
fn used(thread: &Thread) -> u64 {
    match thread.samples.as_slice() {
        [first, .., last] => (last.ran + last.delayed).saturating_sub(first.ran + first.delayed),
        _ => 0,
    }
}

/// Whether a thread may be stopped now, by its `/proc/TID/status`: much may have happened since it was looked at.
pub(super) fn is_free(status: &str) -> bool {
    let value = |key: &str| status.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
    let runs = value("State:").is_some_and(|state| state.starts_with(['R', 'S']));
    runs && value("TracerPid:") == Some("0")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::evidence::{Group, Sample};

    fn thread(tid: u32, ran: u64, is_still: bool) -> Thread {
        let samples = [0, ran].map(|ran| Sample { ran, state: 'S', ..Sample::default() });
        Thread { tid, samples: samples.to_vec(), is_still, ..Thread::default() }
    }

    fn process(pid: u32, state: char, threads: Vec<Thread>) -> Process {
        Process { pid, state, is_member: true, threads, ..Process::default() }
    }

    #[test]
    fn those_that_come_and_go_are_chosen() {
        let many = (30..50).map(|tid| thread(tid, u64::from(tid), false)).collect();
        let evidence = Evidence {
            root: 7,
            processes: vec![
                process(20, 'S', many),
                process(7, 'S', vec![thread(7, 5, false), thread(8, 9, true)]),
            ],
            ..Evidence::default()
        };
        let tids: Vec<u32> = chosen(&evidence, Us::default()).iter().map(|chosen| chosen.tid).collect();
        assert_eq!(tids, [7, 49, 48, 47, 46, 45, 44, 43]);
        for us in [Us { own: 7, parent: 1 }, Us { own: 9, parent: 7 }] {
            assert_eq!(chosen(&evidence, us).len(), MOST);
            assert!(chosen(&evidence, us).iter().all(|chosen| chosen.pid == 20));
        }
        let mut ours = evidence;
        ours.processes[0].parent = 9;
        assert_eq!(chosen(&ours, Us { own: 9, parent: 8 }), [Chosen { tid: 7, pid: 7 }]);
    }

    #[test]
    fn what_stands_is_left_alone() {
        let one = |state| process(7, state, vec![thread(7, 5, false)]);
        let seen = |process| {
            chosen(&Evidence { processes: vec![process], ..Evidence::default() }, Us::default()).len()
        };
        assert_eq!(['R', 'S', 'D', 'T', 't', 'Z', 'X'].map(|state| seen(one(state))), [1, 1, 0, 0, 0, 0, 0]);
        assert_eq!(seen(Process { tracer: Some(1), ..one('S') }), 0);
        assert_eq!(seen(Process { is_member: false, ..one('S') }), 0);
        let delicate = Thread { wait: Wait::Semaphore { id: 1, last: None }, ..thread(7, 5, false) };
        assert_eq!(seen(process(7, 'S', vec![delicate])), 0);
        let frozen = Evidence {
            processes: vec![Process { groups: vec!["/g".into()], ..one('S') }],
            groups: vec![Group { path: "/g".into(), is_frozen: Some(true), ..Group::default() }],
            ..Evidence::default()
        };
        assert!(chosen(&frozen, Us::default()).is_empty());
    }

    #[test]
    fn the_last_look_decides() {
        assert!(is_free("Name:\tx\nState:\tS (sleeping)\nTracerPid:\t0\n"));
        assert!(!is_free("State:\tD (disk sleep)\nTracerPid:\t0\n"));
        assert!(!is_free("State:\tt (tracing stop)\nTracerPid:\t0\n"));
        assert!(!is_free("State:\tS (sleeping)\nTracerPid:\t12\n"));
        assert!(!is_free(""));
    }
}
