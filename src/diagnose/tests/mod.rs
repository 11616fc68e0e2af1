//! Jobs made by hand and by chance: each judge must speak where it should, keep silent next to that, and bear anything.

mod any;
mod judges;

use crate::model::evidence::{
    Activity, Descriptor, Evidence, Futex, Group, Io, Machine, Process, Sample, Socket, Target, Thread, Wait,
};

/// Seconds that the jobs were looked at.
const WINDOW: f64 = 2.0;

/// A job of these processes, the first of which was asked about.
fn job(processes: Vec<Process>) -> Evidence {
    let machine = Machine { cpus: 4, memory: 16 << 30, available: 8 << 30, ..Machine::default() };
    let root = processes[0].pid;
    Evidence { version: 1, root, window: WINDOW, machine, processes, ..Evidence::default() }
}

/// A thread that stands in one wait all the time.
fn waits(tid: u32, wait: Wait) -> Thread {
    let looks = (0..21).map(|look| Sample { at: f64::from(look) * 0.1, state: 'S', ..Sample::default() });
    Thread {
        tid,
        name: "worker".to_owned(),
        samples: looks.collect(),
        wait,
        is_still: true,
        ..Thread::default()
    }
}

/// A thread that has a CPU for this share of the time.
fn runs(tid: u32, share: f64) -> Thread {
    let looks = (0..21).map(|look| Sample {
        at: f64::from(look) * 0.1,
        state: 'R',
        ran: (f64::from(look) * 1e8 * share) as u64,
        doing: Some(Activity::Running),
        ..Sample::default()
    });
    Thread { tid, name: "worker".to_owned(), samples: looks.collect(), ..Thread::default() }
}

/// A member with these threads, of which all is shown.
fn process(pid: u32, parent: u32, threads: Vec<Thread>) -> Process {
    let io = vec![(0.0, Io::default()), (WINDOW, Io::default())];
    Process {
        pid,
        parent,
        group: pid,
        session: 1,
        is_member: true,
        name: "prog".to_owned(),
        command: format!("prog {pid}"),
        state: 'S',
        age: 100.0,
        thread_count: threads.len() as u32,
        threads,
        descriptor_count: Some(0),
        user: 1000,
        io,
        groups: vec!["/job".to_owned()],
        ..Process::default()
    }
}

/// The same with a descriptor more.
fn with(mut process: Process, fd: i32, target: Target, reads: bool) -> Process {
    process.descriptors.push(Descriptor { fd, target, reads, writes: !reads, is_nonblocking: false });
    process.descriptor_count = Some(process.descriptors.len() as u64);
    process
}

fn futex(address: u64) -> Wait {
    Wait::Futex(Futex { address, ..Futex::default() })
}

fn owned(owner: u32) -> Wait {
    let kind = crate::model::evidence::FutexKind::Mutex;
    Wait::Futex(Futex { address: 8, owner: Some(owner), kind, ..Futex::default() })
}

fn pipe(inode: u64) -> Target {
    Target::Pipe { inode, waiting: Some(0) }
}

fn group() -> Group {
    Group { path: "/job".to_owned(), ..Group::default() }
}

fn socket(local: &str, remote: &str, kind: &str) -> Socket {
    let (local, remote) = (local.to_owned(), remote.to_owned());
    Socket {
        inode: 7,
        kind: kind.to_owned(),
        state: "established".to_owned(),
        local,
        remote,
        ..Socket::default()
    }
}
