//! Which threads of a process are its workers, and what each was doing; pure.
//!
//! Workers share a name, numbers apart (`pool-1-thread-3`, `rayon-worker-2`, `tokio-runtime-w`), and have done a part of
//! the process's work. The kernel keeps 15 bytes of a name, so that the number is often cut off with the rest. Threads
//! that nobody named are called like the process: those count that were seen to work, from two of them on.

use std::collections::BTreeMap;

use crate::model::clock::Moment;
use crate::model::pool::Pool;
use crate::model::process::ProcState;
use crate::model::text::Text;

/// CPU above this share of one CPU is work, as for processes.
const BUSY_SHARE: f64 = 0.03;
/// Threads that have done less than this share of the process's work until now are not who does it.
const PART: u64 = 10;
/// Another pool is shown instead of the one before when it has used so many times its CPU.
const CLEARLY_MORE: u64 = 2;
/// Threads that a runtime keeps for itself: collectors, compilers, drivers, monitors. Beginnings of their names.
const HOUSEKEEPERS: [&[u8]; 22] = [
    b"GC Thread",
    b"G1 ",
    b"ParGC",
    b"ZWorker",
    b"ZDriver",
    b"Shenandoah",
    b"C1 Compiler",
    b"C2 Compiler",
    b"VM ",
    b"Signal ",
    b"Sweeper",
    b"Finalizer",
    b"Reference Handl",
    b"Common-Cleaner",
    b"V8 ",
    b"V8Worker",
    b"cuda",
    b"pt_nccl",
    b"pt_tcpstore",
    b"jemalloc",
    b"grpc_",
    b"iou-",
];

/// One thread as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadReading {
    /// Its number.
    pub tid: u32,
    /// Its start, in clock ticks since boot.
    pub start: u64,
    /// What the kernel calls it: 15 bytes at most.
    pub name: Box<[u8]>,
    /// What the scheduler says of it.
    pub state: ProcState,
    /// CPU time used since its start, in milliseconds.
    pub cpu_ms: u64,
}

/// What a thread was doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Works,
    Rests,
    IsBlocked,
}

/// A thread, and what it did between the last two looks.
#[derive(Debug)]
struct Known {
    read: ThreadReading,
    doing: Doing,
    /// It used a CPU between two looks.
    has_worked: bool,
}

/// The threads of one process, as they were looked at last.
#[derive(Debug, Default)]
pub struct Crew {
    /// By number.
    threads: Vec<Known>,
    looked_at: Option<Moment>,
    has_two_looks: bool,
    chosen: Option<Box<[u8]>>,
}

/// What the threads of one pool did, added up.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    threads: u32,
    busy: u32,
    blocked: u32,
    cpu_ms: u64,
}

impl Crew {
    /// Takes a look.
    pub fn look(&mut self, mut readings: Vec<ThreadReading>, now: Moment) {
        readings.sort_unstable_by_key(|read| read.tid);
        readings.dedup_by_key(|read| read.tid);
        let span = self.looked_at.map(|at| now.since(at).as_secs_f64()).filter(|span| *span > 0.0);
        let before = std::mem::take(&mut self.threads);
        let known = readings.into_iter().map(|read| {
            let old = before.binary_search_by_key(&read.tid, |old| old.read.tid).ok().map(|at| &before[at]);
            let old = old.filter(|old| old.read.start == read.start);
            let used = old
                .zip(span)
                .map(|(old, span)| read.cpu_ms.saturating_sub(old.read.cpu_ms) as f64 / 1_000.0 / span);
            let ran = used.is_some_and(|cpus| cpus >= BUSY_SHARE);
            let doing = match read.state {
                ProcState::Stopped | ProcState::Traced => Doing::IsBlocked,
                ProcState::Running => Doing::Works,
                _ if ran => Doing::Works,
                ProcState::DiskSleep => Doing::IsBlocked,
                _ => Doing::Rests,
            };
            Known { has_worked: ran || old.is_some_and(|old| old.has_worked), doing, read }
        });
        self.threads = known.collect();
        self.has_two_looks |= self.looked_at.is_some();
        self.looked_at = Some(now);
    }

    /// How many threads are remembered.
    pub fn len(&self) -> usize {
        self.threads.len()
    }

    /// True before the first look, and when all threads were gone in the last.
    pub fn is_empty(&self) -> bool {
        self.threads.is_empty()
    }

    /// The threads that do the work of the process `pid`; `None` where no two of them do. `is_part` says that it has
    /// more threads than were looked at.
    pub fn pool(&mut self, pid: u32, is_part: bool) -> Option<Pool> {
        let before = self.chosen.take();
        if !self.has_two_looks {
            return None;
        }
        let groups = self.groups(pid);
        let workers = self.threads.iter().filter(|known| !keeps_house(&known.read.name));
        let total: u64 = workers.map(|known| known.read.cpu_ms).sum();
        let does_its_part = |group: &Group| group.cpu_ms > 0 && group.cpu_ms >= total / PART;
        let candidates = groups.iter().filter(|(_, group)| does_its_part(group));
        let most = candidates.max_by_key(|(_, group)| (group.cpu_ms, group.threads));
        let before = before.as_deref().and_then(|name| groups.get_key_value(name));
        let (name, group) = match (before, most) {
            (Some(before), Some(most)) if most.1.cpu_ms < before.1.cpu_ms.saturating_mul(CLEARLY_MORE) => {
                before
            }
            (before, most) => most.or(before)?,
        };
        let pool = Pool {
            name: Text::from_bytes(shown(name)),
            threads: group.threads,
            busy: group.busy,
            idle: group.threads - group.busy - group.blocked,
            blocked: group.blocked,
            sampled: is_part.then_some(self.threads.len() as u32),
        };
        let name = Box::from(*name);
        self.chosen = Some(name);
        Some(pool)
    }

    /// The threads that may be workers, by what their names have in common.
    fn groups(&self, pid: u32) -> BTreeMap<&[u8], Group> {
        let main = self.threads.iter().find(|known| known.read.tid == pid).map(|known| &*known.read.name);
        let mut groups: BTreeMap<&[u8], Group> = BTreeMap::new();
        for Known { read, doing, has_worked } in self.threads.iter().filter(|known| known.read.tid != pid) {
            let is_unnamed = main.is_none_or(|main| *main == *read.name);
            if keeps_house(&read.name) || (is_unnamed && !has_worked) {
                continue;
            }
            let group = groups.entry(if is_unnamed { &read.name } else { kind(&read.name) }).or_default();
            group.threads += 1;
            group.busy += u32::from(*doing == Doing::Works);
            group.blocked += u32::from(*doing == Doing::IsBlocked);
            group.cpu_ms = group.cpu_ms.saturating_add(read.cpu_ms);
        }
        groups.retain(|_, group| group.threads > 1);
        groups
    }
}

fn keeps_house(name: &[u8]) -> bool {
    HOUSEKEEPERS.iter().any(|start| name.starts_with(start))
}

/// A name without its last number, which tells one worker from another, and what follows it.
fn kind(name: &[u8]) -> &[u8] {
    let Some(last) = name.iter().rposition(u8::is_ascii_digit) else { return name };
    let first = name[..last].iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |at| at + 1);
    // `8-crunch` is told by what comes after.
    if first == 0 { &name[last + 1..] } else { &name[..first] }
}

/// A kind as people write it: `rayon-worker` for `rayon-worker-`.
fn shown(kind: &[u8]) -> &[u8] {
    let is_mark = |byte: &u8| b"-_#:./ ([".contains(byte);
    let kind = kind.trim_ascii();
    let end = kind.iter().rposition(|byte| !is_mark(byte)).map_or(0, |at| at + 1);
    let start = kind[..end].iter().position(|byte| !is_mark(byte)).unwrap_or(0);
    if end == 0 { b"no name" } else { &kind[start..end] }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PID: u32 = 100;

    /// A thread: number, name, state, CPU time in milliseconds.
    type Thread = (u32, &'static str, ProcState, u64);

    use ProcState::{DiskSleep, Running, Sleeping};

    fn read(threads: &[Thread]) -> Vec<ThreadReading> {
        let read = |&(tid, name, state, cpu_ms): &Thread| ThreadReading {
            tid,
            start: 7,
            name: Box::from(name.as_bytes()),
            state,
            cpu_ms,
        };
        threads.iter().map(read).collect()
    }

    fn at(second: u64) -> Moment {
        Moment::from_millis(second * 1_000)
    }

    /// The pool after these looks, three seconds apart.
    fn after(looks: &[&[Thread]]) -> Option<Pool> {
        let mut crew = Crew::default();
        let mut pool = None;
        for (n, threads) in (0..).zip(looks) {
            crew.look(read(threads), at(3 * n));
            pool = crew.pool(PID, false);
        }
        pool
    }

    fn counts(pool: Option<Pool>) -> Option<(String, [u32; 4])> {
        pool.map(|pool| (pool.name.to_string(), [pool.threads, pool.busy, pool.idle, pool.blocked]))
    }

    #[test]
    fn names_of_pools_are_known_without_their_numbers() {
        let cases = [
            ("rayon-worker-12", "rayon-worker"),
            ("pool-1-thread-3", "pool-1-thread"),
            ("tokio-runtime-w", "tokio-runtime-w"),
            ("ThreadPoolExecu", "ThreadPoolExecu"),
            ("Exec-0_3", "Exec-0"),
            ("worker#7", "worker"),
            ("8-crunch", "crunch"),
            ("[12]", "no name"),
            ("", "no name"),
        ];
        for (name, expected) in cases {
            assert_eq!(shown(kind(name.as_bytes())), expected.as_bytes(), "{name}");
        }
        // Java cuts `pool-1-thread-12` to what its second thread is called.
        assert_eq!(kind(b"pool-1-thread-1"), kind(b"pool-1-thread-2"));
        assert_ne!(kind(b"pool-1-thread-1"), kind(b"pool-2-thread-1"));
    }

    #[test]
    fn threads_are_counted_by_what_they_did_between_two_looks() {
        let first: &[Thread] = &[
            (100, "etl", Sleeping, 10),
            (101, "rayon-worker-0", Sleeping, 0),
            (102, "rayon-worker-1", Sleeping, 900),
            (103, "rayon-worker-2", Sleeping, 900),
            (104, "rayon-worker-3", Sleeping, 900),
        ];
        assert_eq!(after(&[first]), None, "one look tells no rate");
        let second: &[Thread] = &[
            (100, "etl", Sleeping, 10),
            (101, "rayon-worker-0", Running, 0),
            (102, "rayon-worker-1", Sleeping, 1_200),
            (103, "rayon-worker-2", Sleeping, 910),
            (104, "rayon-worker-3", DiskSleep, 900),
        ];
        assert_eq!(counts(after(&[first, second])), Some(("rayon-worker".into(), [4, 2, 1, 1])));
    }

    #[test]
    fn threads_without_names_count_once_they_were_seen_to_work() {
        let threads = |cpu: [u64; 4]| -> Vec<Thread> {
            (0..).zip(cpu).map(|(n, cpu)| (PID + n, "python3", Sleeping, cpu)).collect()
        };
        let alone = [threads([0, 50, 50, 50]), threads([3_000, 50, 50, 50])];
        assert_eq!(after(&[&alone[0], &alone[1]]), None, "only the main thread works");
        let one = [threads([0, 0, 50, 50]), threads([0, 3_000, 50, 50])];
        assert_eq!(after(&[&one[0], &one[1]]), None, "one is no pool");
        let two = [threads([0, 0, 0, 50]), threads([0, 900, 900, 50]), threads([0, 900, 900, 50])];
        assert_eq!(counts(after(&[&two[0], &two[1]])), Some(("python3".into(), [2, 2, 0, 0])));
        assert_eq!(counts(after(&[&two[0], &two[1], &two[2]])), Some(("python3".into(), [2, 0, 2, 0])));
    }

    #[test]
    fn who_keeps_house_or_does_nothing_is_no_worker() {
        let java: &[Thread] = &[
            (100, "java", Sleeping, 0),
            (101, "GC Thread#0", Running, 9_000),
            (102, "GC Thread#1", Running, 9_000),
            (103, "pool-1-thread-1", Sleeping, 500),
            (104, "pool-1-thread-2", Running, 500),
            (105, "qtp4711-17", Sleeping, 20),
            (106, "qtp4711-18", Sleeping, 20),
        ];
        assert_eq!(counts(after(&[java, java])), Some(("pool-1-thread".into(), [2, 1, 1, 0])));
        let lone: &[Thread] =
            &[(100, "etl", Running, 90_000), (101, "poll-1", Sleeping, 20), (102, "poll-2", Sleeping, 0)];
        assert_eq!(after(&[lone, lone]), None, "the main thread does it all");
    }

    #[test]
    fn the_shown_pool_changes_only_for_one_that_does_clearly_more() {
        let looks = [(100, 90), (100, 150), (100, 201)].map(|(a, b)| -> Vec<Thread> {
            vec![
                (100, "etl", Sleeping, 0),
                (101, "a-1", Sleeping, a),
                (102, "a-2", Sleeping, a),
                (103, "b-1", Sleeping, b),
                (104, "b-2", Sleeping, b),
            ]
        });
        let name = |looks: &[&[Thread]]| after(looks).map(|pool| pool.name.to_string());
        assert_eq!(name(&[&looks[0], &looks[0], &looks[1]]).as_deref(), Some("a"));
        assert_eq!(name(&[&looks[0], &looks[0], &looks[2]]).as_deref(), Some("b"));
    }

    #[test]
    fn a_number_that_was_given_again_is_another_thread() {
        let mut crew = Crew::default();
        let threads: &[Thread] =
            &[(100, "x", Sleeping, 0), (101, "w-1", Sleeping, 0), (102, "w-2", Sleeping, 10)];
        crew.look(read(threads), at(0));
        let mut later = read(threads);
        for thread in &mut later {
            (thread.start, thread.cpu_ms) = (8, 5_000);
        }
        crew.look(later, at(3));
        assert_eq!(crew.pool(PID, true).map(|pool| (pool.busy, pool.sampled)), Some((0, Some(3))));
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_read_the_counts_add_up(
            looks in proptest::collection::vec(
                proptest::collection::vec((95..110_u32, "[a-c0-9#-]{0,5}", 0..5_u8, 0..9_000_u64), 0..20),
                0..6,
            ),
        ) {
            let mut crew = Crew::default();
            for (n, look) in (0..).zip(looks) {
                let threads = look.into_iter().map(|(tid, name, state, cpu_ms)| ThreadReading {
                    tid,
                    start: 7,
                    name: Box::from(name.as_bytes()),
                    state: ProcState::from_letter(b"RSDTZ"[usize::from(state)]),
                    cpu_ms,
                });
                crew.look(threads.collect(), at(n));
                if let Some(pool) = crew.pool(PID, false) {
                    proptest::prop_assert!(pool.threads >= 2 && pool.threads as usize <= crew.len());
                    proptest::prop_assert_eq!(pool.busy + pool.idle + pool.blocked, pool.threads);
                }
            }
        }
    }
}
