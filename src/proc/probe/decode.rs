//! What a system call with its arguments waits for, and until when. Pure: what arguments point at is named here, and
//! read elsewhere ([`super::resolve`]).

use super::calls::{self, Arch};
use crate::model::evidence::{Futex, Wait};

/// What a call asks for, as far as its registers tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// What is waited for; what lies in memory is still missing.
    pub wait: Wait,
    /// Until when.
    pub limit: Limit,
    /// What is to be read from memory to know it all.
    pub behind: Behind,
}

/// When a wait ends by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// Never.
    Never,
    /// That is not known.
    Unknown,
    /// After so many seconds.
    Seconds(f64),
    /// After the `timespec` at this address.
    Span(u64),
    /// After the `timeval` at this address.
    SpanOfMicros(u64),
    /// At the time in the `timespec` at this address.
    Until(u64, Clock),
    /// After the `timespec` that the `io_uring_getevents_arg` at this address points at.
    RingSpan(u64),
}

/// The clock of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Seconds since 1970.
    Real,
    /// Seconds since boot without suspension.
    Monotonic,
    /// Seconds since boot.
    Boot,
}

/// What lies in memory behind the arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// Nothing of interest.
    Nothing,
    /// A path, beginning at the folder of this descriptor where it is relative.
    Path(u64, i32),
    /// So many `pollfd`.
    Polled(u64, u64),
    /// Sets of so many descriptors: to read, to write, with exceptions.
    Selected(u64, [u64; 3]),
    /// A futex word.
    Futex(FutexCall),
    /// So many `futex_waitv`.
    Futexes(u64, u64),
    /// So many `sembuf`.
    Operations(u64, u64),
    /// `struct clone_args`.
    CloneArguments(u64),
}

/// How a futex is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FutexCall {
    /// The word is not shared with other processes.
    pub is_private: bool,
    /// The kernel hands the word over to its next owner (`FUTEX_LOCK_PI`).
    pub is_inheriting: bool,
    /// `FUTEX_WAIT_BITSET`, with which libraries wait on conditions and semaphores.
    pub is_bitset: bool,
}

/// The folder of a process in the place of a descriptor.
pub const AT_FDCWD: i32 = -100;

const FUTEX_PRIVATE: u64 = 128;
const FUTEX_CLOCK_REALTIME: u64 = 256;

impl Asked {
    /// A wait that never ends by itself and has nothing behind it.
    pub const fn ever(wait: Wait) -> Self {
        Self { wait, limit: Limit::Never, behind: Behind::Nothing }
    }

    /// A wait of which it is not known when it ends.
    pub const fn perhaps(wait: Wait) -> Self {
        Self { wait, limit: Limit::Unknown, behind: Behind::Nothing }
    }

    const fn within(wait: Wait, limit: Limit) -> Self {
        Self { wait, limit, behind: Behind::Nothing }
    }

    const fn with(mut self, behind: Behind) -> Self {
        self.behind = behind;
        self
    }
}

/// What the call of this number waits for.
pub fn decode(arch: Arch, number: i64, args: [u64; 6]) -> Asked {
    match calls::name(arch, number) {
        Some(name) => named(name, args),
        None => Asked::ever(Wait::Other { call: format!("call {number}") }),
    }
}

/// What the call of this name waits for.
pub fn named(name: &str, args: [u64; 6]) -> Asked {
    of_descriptors(name, args)
        .or_else(|| of_events(name, args))
        .or_else(|| of_locks(name, args))
        .or_else(|| of_the_rest(name, args))
        .unwrap_or_else(|| Asked::ever(Wait::Other { call: name.to_owned() }))
}

fn of_descriptors(name: &str, args: [u64; 6]) -> Option<Asked> {
    let fd = args[0] as i32;
    let queue = |wait| Asked::within(wait, until(args[4], Clock::Real));
    Some(match name {
        "read" | "pread64" | "readv" | "preadv" | "preadv2" | "recvfrom" | "recvmsg" | "tee" | "splice"
        | "copy_file_range" | "getdents" | "getdents64" => Asked::ever(Wait::Read { fd }),
        "recvmmsg" => Asked::within(Wait::Read { fd }, span(args[4])),
        "mq_timedreceive" => queue(Wait::Read { fd }),
        "mq_timedsend" => queue(Wait::Write { fd }),
        "write" | "pwrite64" | "writev" | "pwritev" | "pwritev2" | "sendto" | "sendmsg" | "sendmmsg"
        | "sendfile" | "vmsplice" => Asked::ever(Wait::Write { fd }),
        "connect" => Asked::ever(Wait::Connect { fd }),
        "accept" | "accept4" => Asked::ever(Wait::Accept { fd }),
        "open" | "creat" => Asked::ever(Wait::Open { path: None }).with(Behind::Path(args[0], AT_FDCWD)),
        "openat" | "openat2" => Asked::ever(Wait::Open { path: None }).with(Behind::Path(args[1], fd)),
        "fsync" | "fdatasync" | "sync_file_range" | "syncfs" => Asked::ever(Wait::Sync { fd: Some(fd) }),
        "sync" | "msync" => Asked::ever(Wait::Sync { fd: None }),
        _ => return None,
    })
}

fn of_events(name: &str, args: [u64; 6]) -> Option<Asked> {
    let fd = args[0] as i32;
    Some(match name {
        "poll" => polled(args, millis(args[2])),
        "ppoll" => polled(args, span(args[2])),
        "select" => selected(args, span_of_micros(args[4])),
        "pselect6" => selected(args, span(args[4])),
        "epoll_wait" | "epoll_pwait" => Asked::within(Wait::Epoll { fd }, millis(args[3])),
        "epoll_pwait2" => Asked::within(Wait::Epoll { fd }, span(args[3])),
        "io_uring_enter" => {
            // IORING_ENTER_EXT_ARG: the fifth argument is no signal mask then, but a structure with a time.
            let has_time = args[3] & 8 != 0 && args[4] != 0;
            let limit = if has_time { Limit::RingSpan(args[4]) } else { Limit::Never };
            Asked::within(Wait::Ring { fd }, limit)
        }
        // A context of aio is no descriptor.
        "io_getevents" | "io_pgetevents" => Asked::within(Wait::Ring { fd: -1 }, span(args[4])),
        _ => return None,
    })
}

fn of_locks(name: &str, args: [u64; 6]) -> Option<Asked> {
    let word = |address, seen| Wait::Futex(Futex { address, seen, ..Futex::default() });
    Some(match name {
        "futex" => return futex(args),
        "futex_wait" => {
            let call = FutexCall { is_private: args[3] & FUTEX_PRIVATE != 0, ..FutexCall::default() };
            let limit = clock(args[5]).map_or(Limit::Unknown, |clock| until(args[4], clock));
            Asked::within(word(args[0], args[1] as u32), limit).with(Behind::Futex(call))
        }
        "futex_waitv" => {
            let limit = clock(args[4]).map_or(Limit::Unknown, |clock| until(args[3], clock));
            Asked::within(word(0, 0), limit).with(Behind::Futexes(args[0], args[1]))
        }
        "flock" => Asked::ever(Wait::FileLock { fd: args[0] as i32 }),
        // F_SETLKW and F_OFD_SETLKW.
        "fcntl" if matches!(args[1] as u32, 7 | 38) => Asked::ever(Wait::FileLock { fd: args[0] as i32 }),
        "semop" | "semtimedop" => {
            let wait = Wait::Semaphore { id: args[0] as i32, last: None };
            let limit = if name == "semop" { Limit::Never } else { span(args[3]) };
            Asked::within(wait, limit).with(Behind::Operations(args[1], args[2]))
        }
        "msgrcv" | "msgsnd" => Asked::ever(Wait::Message { id: args[0] as i32 }),
        _ => return None,
    })
}

/// futex(2): which operation, on which clock.
fn futex(args: [u64; 6]) -> Option<Asked> {
    let [address, operation, seen, timeout, ..] = args;
    let is_real = operation & FUTEX_CLOCK_REALTIME != 0;
    let asked = if is_real { Clock::Real } else { Clock::Monotonic };
    let mut call = FutexCall { is_private: operation & FUTEX_PRIVATE != 0, ..FutexCall::default() };
    let limit = match operation & 0x7f {
        // FUTEX_WAIT alone counts from now.
        0 => span(timeout),
        9 => {
            call.is_bitset = true;
            until(timeout, asked)
        }
        // FUTEX_LOCK_PI is always on the wall clock, FUTEX_LOCK_PI2 on the one that is asked for.
        6 => {
            call.is_inheriting = true;
            until(timeout, Clock::Real)
        }
        13 => {
            call.is_inheriting = true;
            until(timeout, asked)
        }
        11 => until(timeout, asked),
        _ => return None,
    };
    let word = Futex { address, seen: seen as u32, ..Futex::default() };
    Some(Asked::within(Wait::Futex(word), limit).with(Behind::Futex(call)))
}

fn of_the_rest(name: &str, args: [u64; 6]) -> Option<Asked> {
    const P_PID: u64 = 1;
    const CLONE_VFORK: u64 = 0x4000;
    const TIMER_ABSTIME: u64 = 1;
    let child = |pid: i32| Asked::ever(Wait::Child { pid: u32::try_from(pid).ok().filter(|&pid| pid > 0) });
    Some(match name {
        "wait4" => child(args[0] as i32),
        "waitid" => child(if args[0] == P_PID { args[1] as i32 } else { 0 }),
        "vfork" => Asked::ever(Wait::Vfork),
        "clone" if args[0] & CLONE_VFORK != 0 => Asked::ever(Wait::Vfork),
        "clone3" => Asked::ever(Wait::Other { call: name.to_owned() }).with(Behind::CloneArguments(args[0])),
        "nanosleep" => Asked::within(Wait::Sleep, span(args[0])),
        "clock_nanosleep" => {
            let limit = if args[1] & TIMER_ABSTIME == 0 {
                span(args[2])
            } else {
                clock(args[0]).map_or(Limit::Unknown, |clock| until(args[2], clock))
            };
            Asked::within(Wait::Sleep, limit)
        }
        "pause" | "rt_sigsuspend" => Asked::ever(Wait::Signal),
        "rt_sigtimedwait" => Asked::within(Wait::Signal, span(args[2])),
        _ => return None,
    })
}

fn polled(args: [u64; 6], limit: Limit) -> Asked {
    let count = u64::from(args[1] as u32);
    if count == 0 {
        return without_descriptors(limit);
    }
    Asked::within(Wait::Poll { fds: Vec::new() }, limit).with(Behind::Polled(args[0], count))
}

fn selected(args: [u64; 6], limit: Limit) -> Asked {
    let sets = [args[1], args[2], args[3]];
    let count = u64::try_from(args[0] as i32).unwrap_or(0);
    if count == 0 || sets == [0; 3] {
        return without_descriptors(limit);
    }
    Asked::within(Wait::Poll { fds: Vec::new() }, limit).with(Behind::Selected(count, sets))
}

/// A poll of nothing is a sleep, or a pause.
const fn without_descriptors(limit: Limit) -> Asked {
    let wait = if matches!(limit, Limit::Never) { Wait::Signal } else { Wait::Sleep };
    Asked::within(wait, limit)
}

fn millis(argument: u64) -> Limit {
    match argument as i32 {
        ..0 => Limit::Never,
        millis => Limit::Seconds(f64::from(millis) / 1000.0),
    }
}

const fn span(address: u64) -> Limit {
    if address == 0 { Limit::Never } else { Limit::Span(address) }
}

const fn span_of_micros(address: u64) -> Limit {
    if address == 0 { Limit::Never } else { Limit::SpanOfMicros(address) }
}

const fn until(address: u64, clock: Clock) -> Limit {
    if address == 0 { Limit::Never } else { Limit::Until(address, clock) }
}

/// The clocks of `clock_gettime(2)` that go on while a thread sleeps.
const fn clock(id: u64) -> Option<Clock> {
    match id as i32 {
        0 | 8 => Some(Clock::Real),
        1 => Some(Clock::Monotonic),
        7 | 9 => Some(Clock::Boot),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn x86(number: i64, args: [u64; 6]) -> Asked {
        decode(Arch::X86_64, number, args)
    }

    #[test]
    fn descriptors_are_the_first_argument() {
        let cases = [
            (0, Wait::Read { fd: 5 }),
            (1, Wait::Write { fd: 5 }),
            (42, Wait::Connect { fd: 5 }),
            (43, Wait::Accept { fd: 5 }),
            (45, Wait::Read { fd: 5 }),
            (73, Wait::FileLock { fd: 5 }),
            (74, Wait::Sync { fd: Some(5) }),
            (162, Wait::Sync { fd: None }),
            (77, Wait::Other { call: "ftruncate".to_owned() }),
            (390, Wait::Other { call: "call 390".to_owned() }),
        ];
        for (number, wait) in cases {
            assert_eq!(x86(number, [5, 0, 0, 0, 0, 0]), Asked::ever(wait), "{number}");
        }
        assert_eq!(decode(Arch::Aarch64, 63, [7, 0, 0, 0, 0, 0]).wait, Wait::Read { fd: 7 });
        assert_eq!(
            decode(Arch::Other, 63, [7, 0, 0, 0, 0, 0]).wait,
            Wait::Other { call: "call 63".to_owned() }
        );
    }

    #[test]
    fn only_a_lock_that_is_waited_for_is_one() {
        let fcntl = |command| x86(72, [3, command, 0, 0, 0, 0]).wait;
        assert_eq!(fcntl(7), Wait::FileLock { fd: 3 });
        assert_eq!(fcntl(38), Wait::FileLock { fd: 3 });
        assert_eq!(fcntl(6), Wait::Other { call: "fcntl".to_owned() });
    }

    #[test]
    fn limits_are_found_where_each_call_has_them() {
        let forever = u64::from(u32::MAX);
        let cases: [(&str, i64, [u64; 6], Limit); 18] = [
            ("poll", 7, [9, 2, 1500, 0, 0, 0], Limit::Seconds(1.5)),
            ("poll for ever", 7, [9, 2, forever, 0, 0, 0], Limit::Never),
            ("ppoll", 271, [9, 2, 0x50, 0, 0, 0], Limit::Span(0x50)),
            ("select", 23, [4, 9, 0, 0, 0x60, 0], Limit::SpanOfMicros(0x60)),
            ("pselect", 270, [4, 9, 0, 0, 0, 0], Limit::Never),
            ("epoll_wait", 232, [4, 9, 10, u64::MAX, 0, 0], Limit::Never),
            ("epoll_wait 0.25 s", 232, [4, 9, 10, 250, 0, 0], Limit::Seconds(0.25)),
            ("epoll_pwait2", 441, [4, 9, 10, 0x70, 0, 0], Limit::Span(0x70)),
            ("futex wait", 202, [64, 0x80, 2, 0x80, 0, 0], Limit::Span(0x80)),
            ("futex bitset", 202, [64, 0x189, 0, 0x90, 0, 0], Limit::Until(0x90, Clock::Real)),
            ("futex bitset, monotonic", 202, [64, 0x89, 0, 0x90, 0, 0], Limit::Until(0x90, Clock::Monotonic)),
            ("futex pi", 202, [64, 0x86, 0, 0x90, 0, 0], Limit::Until(0x90, Clock::Real)),
            ("futex_waitv", 449, [64, 2, 0, 0x90, 1, 0], Limit::Until(0x90, Clock::Monotonic)),
            ("nanosleep", 35, [0xa0, 0, 0, 0, 0, 0], Limit::Span(0xa0)),
            ("clock_nanosleep until", 230, [1, 1, 0xb0, 0, 0, 0], Limit::Until(0xb0, Clock::Monotonic)),
            ("semtimedop", 220, [1, 2, 1, 0xc0, 0, 0], Limit::Span(0xc0)),
            ("mq_timedreceive", 243, [1, 2, 1, 0, 0xd0, 0], Limit::Until(0xd0, Clock::Real)),
            ("io_uring_enter", 426, [1, 0, 1, 9, 0xe0, 24], Limit::RingSpan(0xe0)),
        ];
        for (what, number, args, limit) in cases {
            assert_eq!(x86(number, args).limit, limit, "{what}");
        }
    }

    #[test]
    fn a_poll_of_nothing_is_a_sleep() {
        assert_eq!(x86(7, [0, 0, 100, 0, 0, 0]).wait, Wait::Sleep);
        assert_eq!(x86(7, [0, 0, u64::MAX, 0, 0, 0]).wait, Wait::Signal);
        assert_eq!(x86(23, [0, 0, 0, 0, 0x50, 0]).wait, Wait::Sleep);
        assert_eq!(x86(270, [3, 0x10, 0, 0, 0, 0]).behind, Behind::Selected(3, [0x10, 0, 0]));
    }

    #[test]
    fn children_are_known_by_number_or_not() {
        let pid = |args| x86(61, args).wait;
        assert_eq!(pid([77, 0, 0, 0, 0, 0]), Wait::Child { pid: Some(77) });
        assert_eq!(pid([u64::MAX, 0, 0, 0, 0, 0]), Wait::Child { pid: None });
        assert_eq!(pid([0xffff_ffff, 0, 0, 0, 0, 0]), Wait::Child { pid: None });
        assert_eq!(x86(247, [1, 78, 0, 4, 0, 0]).wait, Wait::Child { pid: Some(78) });
        assert_eq!(x86(247, [3, 78, 0, 4, 0, 0]).wait, Wait::Child { pid: None });
        assert_eq!(x86(56, [0x4111, 0, 0, 0, 0, 0]).wait, Wait::Vfork);
        assert_eq!(x86(58, [0; 6]).wait, Wait::Vfork);
    }

    #[test]
    fn a_futex_that_wakes_is_no_wait_for_it() {
        let Wait::Futex(word) = x86(202, [0x1000, 0x80, 2, 0, 0, 0]).wait else { panic!("a futex") };
        assert_eq!((word.address, word.seen), (0x1000, 2));
        assert_eq!(x86(202, [0x1000, 0x81, 1, 0, 0, 0]).wait, Wait::Other { call: "futex".to_owned() });
        let shared = x86(202, [0x1000, 0x109, 77, 0, 0, 0]);
        assert_eq!(shared.behind, Behind::Futex(FutexCall { is_bitset: true, ..FutexCall::default() }));
    }

    proptest::proptest! {
        #[test]
        fn any_registers_are_taken(number in -2_i64..600, args in proptest::array::uniform6(proptest::num::u64::ANY)) {
            for arch in [Arch::X86_64, Arch::Aarch64, Arch::Other] {
                let _ = decode(arch, number, args);
            }
        }
    }
}
