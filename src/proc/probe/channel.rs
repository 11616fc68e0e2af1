//! What the kernel function says in which a thread sleeps, beside or instead of its system call. Pure.
//!
//! Names change between kernels, so parts of them are looked for (collected on Linux 5.10 to 6.18). The call is
//! the better witness; the channel has the last word where the call can't tell (a page fault, a freeze, vfork, a call that was
//! begun again) and is the only one where the call is hidden from us.

use super::calls::{self, Arch};
use super::decode::{self, Asked, Limit};
use super::parse::Position;
use crate::model::evidence::{Activity, Futex, Wait};

/// Held from outside: frozen by a control group, of version 1 and 2, and stops.
const HELD: &[&str] =
    &["refrigerator", "freezer", "cgroup_freez", "get_signal", "do_signal_stop", "ptrace_stop"];
/// Waits for a page of memory: read from disk or swap, or kept back for want of memory.
const PAGING: &[&str] = &[
    "folio_wait",
    "folio_lock",
    "wait_on_page",
    "lock_page",
    "swap",
    "fault",
    "mem_cgroup",
    "balance_dirty",
    "reclaim",
    "shrink",
    "congestion_wait",
];
/// A parent that lent its memory.
const VFORK: &[&str] = &["vfork", "kernel_clone", "do_fork"];

/// What each part of a name means where nothing but the channel is known.
const COARSE: &[(&str, Coarse)] = &[
    ("futex", Coarse::Futex),
    ("pipe_read", Coarse::Read),
    ("pipe_wait_readable", Coarse::Read),
    ("pipe_write", Coarse::Write),
    ("pipe_wait_writable", Coarse::Write),
    ("wait_for_partner", Coarse::Open),
    ("unix_stream_read", Coarse::Read),
    ("unix_stream_data_wait", Coarse::Read),
    ("unix_wait_for_peer", Coarse::Write),
    ("sock_alloc_send", Coarse::Write),
    ("sk_stream_wait_memory", Coarse::Write),
    ("tcp_sendmsg", Coarse::Write),
    ("inet_csk_accept", Coarse::Accept),
    ("inet_stream_connect", Coarse::Connect),
    ("inet_wait_for_connect", Coarse::Connect),
    ("sk_wait_data", Coarse::Read),
    ("tcp_recvmsg", Coarse::Read),
    ("wait_for_more_packets", Coarse::Read),
    ("skb_recv", Coarse::Read),
    ("n_tty_read", Coarse::Read),
    ("n_tty_write", Coarse::Write),
    ("eventfd_read", Coarse::Read),
    ("timerfd_read", Coarse::Read),
    ("signalfd", Coarse::Read),
    ("inotify_read", Coarse::Read),
    ("wait_woken", Coarse::Read),
    ("ep_poll", Coarse::Epoll),
    ("epoll", Coarse::Epoll),
    ("poll_schedule", Coarse::Poll),
    ("do_poll", Coarse::Poll),
    ("do_sys_poll", Coarse::Poll),
    ("do_select", Coarse::Poll),
    ("do_wait", Coarse::Child),
    ("kernel_wait", Coarse::Child),
    ("nanosleep", Coarse::Sleep),
    ("sigsuspend", Coarse::Signal),
    ("sigtimedwait", Coarse::Signal),
    ("pause", Coarse::Signal),
    ("locks_lock", Coarse::FileLock),
    ("flock_lock", Coarse::FileLock),
    ("nlmclnt", Coarse::FileLock),
    ("semtimedop", Coarse::Semaphore),
    ("msgrcv", Coarse::Message),
    ("msgsnd", Coarse::Message),
    ("io_cqring_wait", Coarse::Ring),
    ("fsync", Coarse::Sync),
    ("jbd2", Coarse::Sync),
    ("io_schedule", Coarse::Page),
];

#[derive(Debug, Clone, Copy)]
enum Coarse {
    Futex,
    Read,
    Write,
    Open,
    Accept,
    Connect,
    Epoll,
    Poll,
    Child,
    Sleep,
    Signal,
    FileLock,
    Semaphore,
    Message,
    Ring,
    Sync,
    Page,
}

/// What a thread waits for, by its state letter, its channel and its system call; what its memory says is missing.
pub fn asked(arch: Arch, state: char, channel: &str, position: &Position) -> Asked {
    let has = |parts: &[&str]| parts.iter().any(|part| channel.contains(part));
    match state {
        'R' => return Asked::ever(Wait::Nothing),
        'T' | 't' => return Asked::ever(Wait::Held),
        'Z' | 'X' => return Asked::ever(Wait::Other { call: "exit".to_owned() }),
        _ if has(HELD) => return Asked::ever(Wait::Held),
        _ if has(VFORK) => return Asked::ever(Wait::Vfork),
        _ => {}
    }
    match *position {
        Position::Running => Asked::ever(Wait::Nothing),
        Position::Hidden => coarse(channel),
        Position::Outside if has(PAGING) || channel.is_empty() || is_for_memory(channel) => {
            Asked::perhaps(Wait::Page)
        }
        Position::Outside => Asked::perhaps(Wait::Other { call: channel.to_owned() }),
        Position::Call { number, args, .. } => in_call(arch, channel, number, args, has(PAGING)),
    }
}

/// A fault waits for the map of the memory, or for a disk, without saying so in its name.
fn is_for_memory(channel: &str) -> bool {
    ["rwsem_down", "io_schedule", "blk_", "submit_bio", "mmap_lock", "vma"]
        .iter()
        .any(|part| channel.contains(part))
}

fn in_call(arch: Arch, channel: &str, number: i64, args: [u64; 6], is_paging: bool) -> Asked {
    let name = match calls::name(arch, number) {
        // What was stopped and went on is in this call with the arguments of the one before it.
        Some("restart_syscall") => Some(begun_again(channel, args)),
        // Another machine's numbers tell nothing.
        None if arch == Arch::Other => return coarse(channel),
        name => name,
    };
    let asked = name.map_or_else(|| decode::decode(arch, number, args), |name| decode::named(name, args));
    match asked.wait {
        // Calls on files and of the file system wait for pages of files; the others only for their own memory.
        Wait::Futex(_)
        | Wait::Poll { .. }
        | Wait::Epoll { .. }
        | Wait::Child { .. }
        | Wait::Sleep
        | Wait::Signal
            if is_paging =>
        {
            Asked::perhaps(Wait::Page)
        }
        Wait::Read { .. }
            if name == Some("splice") && (channel.contains("writable") || channel.contains("space")) =>
        {
            Asked::ever(Wait::Write { fd: args[2] as i32 })
        }
        _ => asked,
    }
}

/// The call that was begun again: the kernel does so with these only, see `restart_syscall(2)`.
fn begun_again(channel: &str, args: [u64; 6]) -> &'static str {
    // The clocks of clock_nanosleep(2) are small numbers, and the address that nanosleep(2) begins with is none.
    match channel {
        _ if channel.contains("futex") => "futex",
        _ if channel.contains("poll") => "poll",
        _ if channel.contains("nanosleep") && args[0] < 64 => "clock_nanosleep",
        _ if channel.contains("nanosleep") => "nanosleep",
        _ => "restart_syscall",
    }
}

/// What can be said by the channel alone. A descriptor of -1 is one that is not known.
fn coarse(channel: &str) -> Asked {
    let Some((_, meaning)) = COARSE.iter().find(|(part, _)| channel.contains(part)) else {
        return Asked::perhaps(Wait::Hidden);
    };
    let fd = -1;
    let wait = match meaning {
        Coarse::Futex => Wait::Futex(Futex::default()),
        Coarse::Read => Wait::Read { fd },
        Coarse::Write => Wait::Write { fd },
        Coarse::Open => Wait::Open { path: None },
        Coarse::Accept => Wait::Accept { fd },
        Coarse::Connect => Wait::Connect { fd },
        Coarse::Epoll => Wait::Epoll { fd },
        Coarse::Poll => Wait::Poll { fds: Vec::new() },
        Coarse::Child => Wait::Child { pid: None },
        Coarse::Sleep => Wait::Sleep,
        Coarse::Signal => Wait::Signal,
        Coarse::FileLock => Wait::FileLock { fd },
        Coarse::Semaphore => Wait::Semaphore { id: -1, last: None },
        Coarse::Message => Wait::Message { id: -1 },
        Coarse::Ring => Wait::Ring { fd },
        Coarse::Sync => Wait::Sync { fd: None },
        Coarse::Page => Wait::Page,
    };
    // Children are waited for without a time limit, and so are files and their locks; of the others it is not known.
    let limit = match meaning {
        Coarse::Child | Coarse::FileLock | Coarse::Open => Limit::Never,
        _ => Limit::Unknown,
    };
    Asked { limit, ..Asked::ever(wait) }
}

/// What a thread does, in one word: what kind of thing a descriptor leads to is told by where in the kernel it sleeps.
pub fn activity(state: char, channel: &str, position: &Position) -> Activity {
    let has = |parts: &[&str]| parts.iter().any(|part| channel.contains(part));
    match asked(Arch::HERE, state, channel, position).wait {
        Wait::Read { .. } | Wait::Write { .. } | Wait::Open { .. } | Wait::Other { .. } => match () {
            () if has(&["pipe", "partner"]) => Activity::Pipe,
            () if has(&["sock", "tcp", "udp", "unix", "skb", "sk_", "inet", "rpc", "nfs"]) => {
                Activity::Network
            }
            () if has(&["eventfd", "timerfd", "signalfd", "inotify", "tty", "wait_woken"]) => {
                Activity::Events
            }
            () if state == 'D' || has(PAGING) => Activity::Disk,
            () => Activity::Other,
        },
        wait => wait.activity(),
    }
}

/// The name of the function in `/proc/TID/wchan`; empty where the thread runs or that is not shown.
pub fn name(wchan: &[u8]) -> &str {
    let name = std::str::from_utf8(wchan.trim_ascii()).unwrap_or_default();
    // Compilers name their copies of a function after it: `poll_schedule_timeout.constprop.0`.
    let name = name.split('.').next().unwrap_or_default();
    if name == "0" || name.len() > 128 { "" } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(number: i64, args: [u64; 6]) -> Position {
        Position::Call { number, args, instruction: 0 }
    }

    fn wait(state: char, channel: &str, position: &Position) -> Wait {
        asked(Arch::X86_64, state, channel, position).wait
    }

    #[test]
    fn the_state_and_the_channel_have_the_last_word() {
        let read = call(0, [4, 0, 0, 0, 0, 0]);
        let futex = call(202, [64, 0x80, 0, 0, 0, 0]);
        assert_eq!(wait('R', "", &Position::Running), Wait::Nothing);
        assert_eq!(wait('T', "do_signal_stop", &read), Wait::Held);
        assert_eq!(wait('t', "ptrace_stop", &read), Wait::Held);
        assert_eq!(wait('D', "__refrigerator", &read), Wait::Held);
        assert_eq!(wait('S', "get_signal", &read), Wait::Held);
        assert_eq!(wait('D', "kernel_clone", &call(56, [0x11, 0, 0, 0, 0, 0])), Wait::Vfork);
        assert_eq!(wait('D', "folio_wait_bit_common", &Position::Outside), Wait::Page);
        assert_eq!(wait('S', "handle_userfault", &Position::Outside), Wait::Page);
        assert_eq!(wait('D', "rwsem_down_read_slowpath", &Position::Outside), Wait::Page);
        assert_eq!(wait('D', "folio_wait_bit_common", &futex), Wait::Page);
        assert_eq!(wait('D', "folio_wait_bit_common", &read), Wait::Read { fd: 4 });
        assert_eq!(wait('S', "anon_pipe_read", &read), Wait::Read { fd: 4 });
    }

    #[test]
    fn a_splice_waits_at_the_side_that_holds_it_up() {
        let splice = call(275, [3, 0, 4, 0, 0, 0]);
        assert_eq!(wait('S', "pipe_wait_readable", &splice), Wait::Read { fd: 3 });
        assert_eq!(wait('S', "pipe_wait_writable", &splice), Wait::Write { fd: 4 });
    }

    #[test]
    fn a_call_that_was_begun_again_is_known_by_its_channel() {
        let again = |channel, args| asked(Arch::X86_64, 'S', channel, &call(219, args));
        assert_eq!(again("do_sys_poll", [9, 1, 700, 0, 0, 0]).limit, Limit::Seconds(0.7));
        assert_eq!(again("hrtimer_nanosleep", [0x7ffd_0000, 0, 0, 0, 0, 0]).limit, Limit::Span(0x7ffd_0000));
        assert_eq!(again("hrtimer_nanosleep", [1, 0, 0x90, 0, 0, 0]).limit, Limit::Span(0x90));
        assert!(matches!(again("futex_do_wait", [64, 0x80, 1, 0x90, 0, 0]).wait, Wait::Futex(_)));
        assert_eq!(again("brand_new", [0; 6]).wait, Wait::Other { call: "restart_syscall".to_owned() });
    }

    #[test]
    fn a_hidden_call_leaves_the_channel() {
        let coarse = |channel| asked(Arch::HERE, 'S', channel, &Position::Hidden);
        assert_eq!(coarse("anon_pipe_read").wait, Wait::Read { fd: -1 });
        assert_eq!(coarse("do_wait").wait, Wait::Child { pid: None });
        assert_eq!(coarse("do_wait").limit, Limit::Never);
        assert_eq!(coarse("ep_poll"), Asked::perhaps(Wait::Epoll { fd: -1 }));
        assert_eq!(coarse(""), Asked::perhaps(Wait::Hidden));
        assert_eq!(asked(Arch::Other, 'S', "do_wait", &call(7, [0; 6])).wait, Wait::Child { pid: None });
    }

    #[test]
    fn what_it_does_is_known_by_where_it_sleeps() {
        let read = call(0, [4, 0, 0, 0, 0, 0]);
        let cases = [
            ('S', "anon_pipe_read", Activity::Pipe),
            ('S', "unix_stream_read_generic", Activity::Network),
            ('S', "wait_woken", Activity::Events),
            ('D', "folio_wait_bit_common", Activity::Disk),
            ('S', "brand_new", Activity::Other),
            ('R', "", Activity::Running),
            ('T', "do_signal_stop", Activity::Held),
        ];
        for (state, channel, expected) in cases {
            let position = if Arch::HERE == Arch::X86_64 { &read } else { &Position::Hidden };
            assert_eq!(activity(state, channel, position), expected, "{channel}");
        }
    }

    #[test]
    fn names_are_cleaned() {
        assert_eq!(name(b"do_wait"), "do_wait");
        assert_eq!(name(b"poll_schedule_timeout.constprop.0\n"), "poll_schedule_timeout");
        assert_eq!(name(b"0"), "");
        assert_eq!(name(b"\xff"), "");
    }
}
