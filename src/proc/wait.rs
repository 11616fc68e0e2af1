//! What a sleeping process waits for, in words, from the kernel function it sleeps in.
//!
//! `/proc/PID/wchan` names a kernel function. The names change between kernels (`futex_wait_queue` became
//! `futex_do_wait`), so what is looked for is a part of the name, and a name nobody has seen is shown as it is.

/// Parts of names with what they mean; the first that fits wins. Collected on Linux 5.10 to 6.18.
const MEANINGS: &[(&str, &str)] = &[
    ("futex", "lock or event (futex)"),
    ("pipe_read", "data from a pipe"),
    ("pipe_write", "room in a pipe"),
    ("wait_for_partner", "other end of a named pipe"),
    ("unix_stream_read", "data from a unix socket"),
    ("unix_stream_data_wait", "data from a unix socket"),
    ("unix_wait_for_peer", "room at a unix socket's peer"),
    ("sock_alloc_send", "room in a unix socket"),
    ("inet_csk_accept", "a connection to accept"),
    ("inet_stream_connect", "a TCP connection to be made"),
    ("inet_wait_for_connect", "a TCP connection to be made"),
    ("tcp_sendmsg", "room in a TCP socket"),
    ("sk_stream_wait_memory", "room in a TCP socket"),
    ("sk_wait_data", "data from a socket"),
    ("tcp_recvmsg", "data from a TCP socket"),
    ("skb_wait_for_more_packets", "a datagram"),
    ("skb_recv", "a datagram"),
    ("wait_woken", "data from a socket or terminal"),
    ("n_tty_read", "terminal input"),
    ("epoll", "events (epoll)"),
    ("ep_poll", "events (epoll)"),
    ("do_poll", "events (poll)"),
    ("do_sys_poll", "events (poll)"),
    ("do_select", "events (select)"),
    ("poll_schedule_timeout", "events (poll)"),
    ("do_wait", "a child to end"),
    ("kernel_wait", "a child to end"),
    ("nanosleep", "a timer (sleep)"),
    ("sigsuspend", "a signal"),
    ("sigtimedwait", "a signal"),
    ("do_signal_stop", "SIGCONT (stopped)"),
    ("ptrace_stop", "a debugger"),
    ("locks_lock", "a file lock"),
    ("flock_lock", "a file lock"),
    ("nlmclnt", "a file lock over NFS"),
    ("rpc_wait", "an NFS server"),
    ("nfs_", "an NFS server"),
    ("request_wait_answer", "a FUSE server"),
    ("fuse_", "a FUSE server"),
    ("sem_wait", "a semaphore"),
    ("do_semtimedop", "a System V semaphore"),
    ("do_msgrcv", "a System V message"),
    ("wq_sleep", "a POSIX message queue"),
    ("mq_timed", "a POSIX message queue"),
    ("io_schedule", "a disk"),
    ("folio_wait", "a disk (page)"),
    ("wait_on_page", "a disk (page)"),
    ("jbd2", "the file system's journal"),
    ("blkdev_issue_flush", "a disk to flush"),
    ("rwsem_down", "a kernel lock (memory map or file)"),
    ("mutex_lock", "a kernel lock"),
    ("refrigerator", "thawing (frozen)"),
    ("freezer", "thawing (frozen)"),
    ("cgroup_freez", "thawing (frozen)"),
    ("throttle", "its CPU quota"),
    ("mem_cgroup_handle_over_high", "memory below its group's limit"),
    ("mem_cgroup_oom", "memory (group out of memory)"),
    ("io_cqring_wait", "io_uring"),
    ("eventfd_read", "an eventfd"),
    ("hrtimer", "a timer"),
    ("vfork", "a child to exec (vfork)"),
    ("exit_mm", "its own end (core dump or memory)"),
];

/// What the wait channel means; `None` when the process runs (`0`) or the kernel hides the name.
pub fn meaning(wchan: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(wchan.trim_ascii_end()).ok()?;
    if name.is_empty() || name == "0" {
        return None;
    }
    // Compilers name their copies of a function after it: `poll_schedule_timeout.constprop.0`.
    let name = name.split('.').next().unwrap_or(name);
    let known = MEANINGS.iter().find(|(part, _)| name.contains(part));
    Some(known.map_or_else(|| name.to_owned(), |(_, words)| (*words).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_become_words() {
        let cases = [
            ("futex_do_wait", Some("lock or event (futex)")),
            ("futex_wait_queue_me", Some("lock or event (futex)")),
            ("anon_pipe_read", Some("data from a pipe")),
            ("unix_stream_read_generic", Some("data from a unix socket")),
            ("do_epoll_wait", Some("events (epoll)")),
            ("hrtimer_nanosleep", Some("a timer (sleep)")),
            ("locks_lock_inode_wait", Some("a file lock")),
            ("do_wait", Some("a child to end")),
            ("poll_schedule_timeout.constprop.0", Some("events (poll)")),
            ("brand_new_wait", Some("brand_new_wait")),
            ("brand_new_wait.isra.0", Some("brand_new_wait")),
            ("0", None),
            ("", None),
        ];
        for (name, words) in cases {
            assert_eq!(meaning(name.as_bytes()).as_deref(), words, "{name}");
        }
    }
}
