//! Evidence by chance.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::super::name;
use super::{Descriptor, Evidence, Futex, Group, Io, Process, Sample, Socket, Target, Thread, Wait, job};
use crate::model::evidence::{FailedCall, FileLock, Frame, FutexKind, Gone, Room, Runtime, Spots};
use crate::model::process::Exit;

/// PIDs and TIDs out of few, so that they meet.
fn id() -> impl Strategy<Value = u32> {
    0_u32..12
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..6, Just(u64::MAX), any::<u64>()]
}

fn time() -> impl Strategy<Value = f64> {
    prop_oneof![0.0..3.0_f64, Just(0.0), Just(f64::NAN), Just(f64::INFINITY), Just(-1.0)]
}

fn fd() -> impl Strategy<Value = i32> {
    0..5_i32
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), Just("prog".to_owned()), Just("node".to_owned()), "\\PC{0,8}"]
}

fn futex() -> impl Strategy<Value = Futex> {
    let kind = prop_oneof![
        Just(FutexKind::Unknown),
        Just(FutexKind::Mutex),
        Just(FutexKind::Condition),
        Just(FutexKind::Semaphore)
    ];
    (number(), option::of(word()), option::of(0..3_u32), option::of(id()), option::of(id()), kind).prop_map(
        |(address, shared, word, owner, joins, kind)| Futex {
            address,
            shared,
            seen: 2,
            word,
            owner,
            joins,
            kind,
        },
    )
}

fn wait() -> impl Strategy<Value = Wait> {
    let first = prop_oneof![
        Just(Wait::Nothing),
        Just(Wait::Hidden),
        futex().prop_map(Wait::Futex),
        fd().prop_map(|fd| Wait::Read { fd }),
        fd().prop_map(|fd| Wait::Write { fd }),
        fd().prop_map(|fd| Wait::Connect { fd }),
        fd().prop_map(|fd| Wait::Accept { fd }),
        vec((fd(), any::<i16>()), 0..3).prop_map(|fds| Wait::Poll { fds }),
        fd().prop_map(|fd| Wait::Epoll { fd }),
    ];
    let second = prop_oneof![
        option::of(id()).prop_map(|pid| Wait::Child { pid }),
        Just(Wait::Vfork),
        Just(Wait::Sleep),
        Just(Wait::Signal),
        option::of(word()).prop_map(|path| Wait::Open { path }),
        fd().prop_map(|fd| Wait::FileLock { fd }),
        option::of(id()).prop_map(|last| Wait::Semaphore { id: 1, last }),
        fd().prop_map(|fd| Wait::Ring { fd }),
        Just(Wait::Page),
        Just(Wait::Held),
    ];
    prop_oneof![first, second]
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        (0..4_u64, option::of(number())).prop_map(|(inode, waiting)| Target::Pipe { inode, waiting }),
        (0..4_u64).prop_map(|inode| Target::Socket { inode }),
        word().prop_map(|path| Target::Terminal { path }),
        vec((fd(), any::<u32>()), 0..4).prop_map(|watched| Target::Epoll { watched }),
        (0..3_u64, number()).prop_map(|(id, count)| Target::Event { id, count }),
        option::of(time()).prop_map(|next| Target::Timer { next }),
        option::of(id()).prop_map(|pid| Target::Process { pid }),
        word().prop_map(|link| Target::Other { link }),
        Just(Target::Ring),
        Just(Target::Signals),
    ]
}

fn sample() -> impl Strategy<Value = Sample> {
    (time(), prop_oneof![Just('S'), Just('R'), Just('D'), Just('Z')], number(), number(), number()).prop_map(
        |(at, state, ran, delayed, yielded)| Sample { at, state, ran, delayed, yielded, ..Sample::default() },
    )
}

fn thread() -> impl Strategy<Value = Thread> {
    let frame = (word(), word(), vec(word(), 0..2), option::of(word()))
        .prop_map(|(function, file, holds, wants)| Frame { function, file, line: 1, holds, wants });
    let spots = (any::<u32>(), any::<u32>(), any::<u32>(), any::<u32>()).prop_map(
        |(samples, addresses, registers, in_kernel)| Spots {
            samples,
            addresses,
            registers,
            in_kernel,
            ..Spots::default()
        },
    );
    let seen = (vec(sample(), 0..5), wait(), option::of(time()), any::<bool>(), any::<bool>());
    let stands = (vec(frame, 0..3), vec((word(), any::<u32>()), 0..3), option::of(spots));
    (id(), word(), seen, stands).prop_map(|(tid, name, seen, stands)| {
        let (samples, wait, limit, is_limit_unknown, is_still) = seen;
        let (frames, lines, spots) = stands;
        let channel = "fifo_open".to_owned();
        Thread { tid, name, samples, wait, limit, is_limit_unknown, is_still, channel, frames, lines, spots }
    })
}

fn exit() -> impl Strategy<Value = Option<Exit>> {
    option::of(prop_oneof![(0..3_i32).prop_map(Exit::Code), (1..20_i32).prop_map(Exit::Signal)])
}

fn process() -> impl Strategy<Value = Process> {
    let who = (id(), id(), id(), any::<bool>(), word(), exit());
    let state = prop_oneof![4 => Just('S'), 1 => Just('R'), 1 => Just('T'), 1 => Just('t'), 2 => Just('Z')];
    let descriptor =
        (fd(), target(), any::<bool>(), any::<bool>()).prop_map(|(fd, target, reads, writes)| Descriptor {
            fd,
            target,
            reads,
            writes,
            is_nonblocking: false,
        });
    let io = (time(), number(), number())
        .prop_map(|(at, written, writes)| (at, Io { written, writes, ..Io::default() }));
    let runtime = prop_oneof![
        3 => Just(Runtime::Native),
        1 => Just(Runtime::Python),
        1 => Just(Runtime::Java),
        1 => Just(Runtime::Node)
    ];
    let has = (vec(thread(), 0..5), 0..6_u32, vec(descriptor, 0..5), option::of(0..6_u64));
    let made = (vec((time(), number()), 0..7), vec(io, 0..10), time());
    (who, (state, option::of(0..30_i32)), runtime, has, made).prop_map(|(who, state, runtime, has, made)| {
        let (pid, parent, group, is_member, command, exit) = who;
        let (threads, thread_count, descriptors, descriptor_count) = has;
        Process {
            pid,
            parent,
            group,
            is_member,
            name: "prog".to_owned(),
            command,
            exit,
            state: state.0,
            stopped_by: state.1,
            runtime,
            threads,
            thread_count,
            descriptors,
            descriptor_count,
            descriptor_limit: Some(4),
            task_limit: Some((9, 8)),
            resident: made.0,
            io: made.1,
            age: made.2,
            groups: vec!["/job".to_owned()],
            ..Process::default()
        }
    })
}

fn group() -> impl Strategy<Value = Group> {
    let pair = || option::of((number(), number()));
    (pair(), pair(), pair(), option::of(time()), option::of(any::<bool>())).prop_map(
        |(tasks, tasks_refused, memory, throttled, is_frozen)| Group {
            path: "/job".to_owned(),
            tasks,
            tasks_refused,
            memory,
            throttled,
            periods: tasks,
            refaults: memory.map(|(has, _)| has),
            is_frozen,
            ..Group::default()
        },
    )
}

fn evidence() -> impl Strategy<Value = Evidence> {
    let socket =
        (0..4_u64, word(), option::of(0..4_u64), number()).prop_map(|(inode, state, peer, unread)| {
            let address = "127.0.0.1:70000".to_owned();
            let remote = if unread % 2 == 0 { String::new() } else { address.clone() };
            Socket { inode, kind: "tcp".to_owned(), state, local: address, remote, peer, unread, unsent: 0 }
        });
    let lock = (option::of(word()), vec(id(), 0..3), vec(id(), 0..3))
        .prop_map(|(path, holders, waiters)| FileLock { path, holders, waiters, ..FileLock::default() });
    let gone = (id(), id(), exit(), time()).prop_map(|(pid, parent, exit, at)| Gone {
        pid,
        parent,
        exit,
        at,
        ..Gone::default()
    });
    let room = (vec(id(), 0..2), number(), option::of(number()), number()).prop_map(
        |(writers, free, free_files, size)| Room { writers, free, free_files, size, ..Room::default() },
    );
    let call = (id(), any::<u32>(), time()).prop_map(|(tid, times, seconds)| FailedCall {
        tid,
        times,
        seconds,
        ..FailedCall::default()
    });
    let rest = (vec(gone, 0..3), vec(lock, 0..3), vec(socket, 0..4));
    (vec(process(), 1..6), rest, vec(group(), 0..2), vec(room, 0..2), vec(call, 0..2), time()).prop_map(
        |(processes, (gone, locks, sockets), groups, rooms, calls, window)| Evidence {
            window,
            gone,
            locks,
            sockets,
            groups,
            rooms,
            calls,
            ..job(processes)
        },
    )
}

proptest! {
    #[test]
    fn anything_can_be_judged_and_only_the_named_are_blamed(evidence in evidence()) {
        let diagnosis = name(&evidence);
        prop_assert!(diagnosis.cause.is_named() || diagnosis.culprits.is_empty());
        prop_assert!(!diagnosis.evidence.is_empty() && diagnosis.chain.len() <= 64);
        prop_assert_eq!(diagnosis, name(&evidence));
    }
}

/// Two thousand threads in one wait each, two thousand processes in a chain: no more ways than can be gone.
#[test]
fn a_crowd_is_judged_without_going_every_way() {
    let crowd = (1..=2_000).map(|tid| super::waits(tid, super::futex(8))).collect();
    let chain = (3_000..5_000_u32).map(|pid| {
        let reads = super::process(pid, pid - 1, vec![super::waits(pid, Wait::Read { fd: 3 })]);
        let reads = super::with(reads, 3, super::pipe(u64::from(pid)), true);
        super::with(reads, 4, super::pipe(u64::from(pid) - 1), false)
    });
    let members = std::iter::once(super::process(1, 0, crowd)).chain(chain).collect();
    assert!(!name(&job(members)).evidence.is_empty());
}
