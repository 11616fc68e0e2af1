//! What the laboratory can play. One table, for the command line, the help and the tests.

use std::io;

use super::stage::Stage;
use super::{cpu, files, groups, limits, locks, pipes, pools, processes, sockets};
use crate::model::cause::Cause;

/// One scenario.
#[derive(Debug, Clone, Copy)]
pub struct Hang {
    /// Its name on the command line.
    pub name: &'static str,
    /// The cause that a diagnosis is to name.
    pub cause: Cause,
    /// What happens in it.
    pub about: &'static str,
    /// Plays it; comes back when it is over before its time.
    pub(super) play: fn(&Stage) -> io::Result<()>,
}

const fn hang(
    name: &'static str,
    cause: Cause,
    about: &'static str,
    play: fn(&Stage) -> io::Result<()>,
) -> Hang {
    Hang { name, cause, about, play }
}

/// All of them, in the order of the causes.
pub const HANGS: &[Hang] = &[
    hang(
        "killed",
        Cause::WorkerKilled,
        "a worker is killed, the pool forgets its task and waits",
        pools::killed,
    ),
    hang(
        "oom",
        Cause::WorkerKilled,
        "a worker needs more memory than it may have, and is killed",
        groups::oom,
    ),
    hang("cycle", Cause::LockCycle, "two threads hold a lock each and want the other's", locks::cycle),
    hang(
        "orphan",
        Cause::LockOrphaned,
        "a fork copies a held lock, and its owner stays behind",
        locks::orphan,
    ),
    hang("lost", Cause::NeverCompleted, "a wake-up comes before anyone waits for it", locks::lost),
    hang(
        "pipes",
        Cause::PipeDeadlock,
        "two processes write to each other, and neither reads",
        pipes::both_write,
    ),
    hang("backpressure", Cause::SlowConsumer, "a writer waits for a reader that sleeps", pipes::backpressure),
    hang("producer", Cause::SlowProducer, "a reader waits for a writer that works", pipes::producer),
    hang("prompt", Cause::WaitingForInput, "a question on a terminal that nobody answers", pipes::prompt),
    hang("peer", Cause::WaitingOnPeer, "a server takes the question and never answers", sockets::peer),
    hang("connect", Cause::ConnectStalled, "a connection to a server whose queue is full", sockets::connect),
    hang("flock", Cause::FileLockWait, "another process holds the lock on a file", files::flock),
    hang("fifo", Cause::FifoNoPeer, "a named pipe is opened that nobody reads", files::fifo),
    hang("stopped", Cause::Stopped, "a worker stops itself, and its parent waits", processes::stopped),
    hang("frozen", Cause::Frozen, "a worker's control group is frozen", groups::frozen),
    hang("vfork", Cause::Uninterruptible, "a vfork whose child starts no program", processes::vfork),
    hang("spins", Cause::BusyLoop, "a loop that waits for what never comes, without a pause", cpu::spins),
    hang(
        "straggler",
        Cause::Straggler,
        "three workers are done, and one has most of the work",
        pools::straggler,
    ),
    hang("slowing", Cause::SlowingDown, "every line takes longer than the one before", cpu::slowing),
    hang("throttled", Cause::CpuThrottled, "a worker may have a tenth of a CPU", groups::throttled),
    hang("grows", Cause::MemoryGrowth, "memory climbs by 2 MiB a second, up to 256 MiB", limits::grows),
    hang(
        "thrashes",
        Cause::MemoryPressure,
        "a worker goes through more file than its memory holds",
        groups::thrashes,
    ),
    hang("disk", Cause::DiskFull, "a write fails for want of room, and is tried again", limits::disk),
    hang("descriptors", Cause::FdExhausted, "files are opened until no more may be", limits::descriptors),
    hang("processes", Cause::ProcessLimit, "no thread may be started, and it tries again", limits::processes),
    hang(
        "zombies",
        Cause::UnreapedChildren,
        "children end, and their parent never looks",
        processes::zombies,
    ),
    hang("orphans", Cause::OrphanedWorkers, "workers wait for a parent that is gone", processes::orphans),
    hang("idle", Cause::Idle, "a server without clients, which is calm", sockets::idle),
    hang("sleeps", Cause::Sleeping, "a timer runs, which is calm", cpu::sleeps),
];

/// The scenario of this name.
pub fn named(name: &str) -> Option<&'static Hang> {
    HANGS.iter().find(|hang| hang.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::Scenario;

    #[test]
    fn every_cause_has_a_scenario() {
        for cause in Cause::ALL.iter().filter(|cause| cause.is_named()) {
            assert!(HANGS.iter().any(|hang| hang.cause == *cause), "{}", cause.id());
        }
    }

    #[test]
    fn every_name_means_one_thing() {
        for hang in HANGS {
            assert_eq!(HANGS.iter().filter(|other| other.name == hang.name).count(), 1, "{}", hang.name);
            assert!(Scenario::named(hang.name).is_none(), "{} is a batch too", hang.name);
            assert!(hang.about.len() <= 64, "{}", hang.name);
        }
    }
}
