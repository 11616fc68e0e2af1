//! The text of `/proc/PID/*`, parsed. Bytes in, values out; proc(5) names the fields.

use std::hash::{DefaultHasher, Hasher};

/// Clock ticks a second in `/proc` (`USER_HZ`): 100 on every Linux that this is built for, see sysconf(3).
pub const TICKS_PER_SECOND: u64 = 100;

/// What is used of `/proc/PID/stat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat<'a> {
    /// The name in brackets, at most 15 bytes, any bytes.
    pub comm: &'a [u8],
    /// The state letter.
    pub state: u8,
    /// The parent's PID.
    pub ppid: u32,
    /// The process group.
    pub pgrp: u32,
    /// The session, see setsid(2).
    pub session: u32,
    /// CPU time, user and system, in clock ticks.
    pub cpu_ticks: u64,
    /// Threads.
    pub threads: u32,
    /// Start after boot, in clock ticks.
    pub start: u64,
    /// Resident pages.
    pub rss_pages: u64,
    /// The wait status of a zombie; 0 where the kernel hides it.
    pub exit_code: Option<i32>,
}

impl Stat<'_> {
    /// CPU time in milliseconds.
    pub const fn cpu_ms(&self) -> u64 {
        self.cpu_ticks.saturating_mul(1000 / TICKS_PER_SECOND)
    }

    /// Start after boot in milliseconds.
    pub const fn start_ms(&self) -> u64 {
        self.start.saturating_mul(1000 / TICKS_PER_SECOND)
    }
}

/// Parses `/proc/PID/stat`. The name may hold blanks and brackets, so the fields begin after the *last* `)`.
pub fn stat(text: &[u8]) -> Option<Stat<'_>> {
    let open = memchr::memchr(b'(', text)?;
    let close = memchr::memrchr(b')', text)?;
    let comm = text.get(open + 1..close)?;
    let mut fields =
        text.get(close + 1..)?.split(|&b| b == b' ' || b == b'\n').filter(|field| !field.is_empty());
    // Field 3 of proc(5) is the first here; `nth` skips what is not used.
    let state = *fields.next()?.first()?;
    let ppid = number(fields.next()?)? as u32;
    let pgrp = number(fields.next()?)? as u32;
    let session = number(fields.next()?)? as u32;
    let utime = number(fields.nth(7)?)?;
    let stime = number(fields.next()?)?;
    let threads = number(fields.nth(4)?)? as u32;
    let start = number(fields.nth(1)?)?;
    let rss_pages = number(fields.nth(1)?)?;
    let exit_code = fields.nth(27).and_then(number).map(|code| code as i32);
    Some(Stat {
        comm,
        state,
        ppid,
        pgrp,
        session,
        cpu_ticks: utime.saturating_add(stime),
        threads,
        start,
        rss_pages,
        exit_code,
    })
}

/// A decimal number; a negative one (none is used here) reads as `None`.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 20 {
        return None;
    }
    digits.iter().try_fold(0_u64, |n, &b| {
        b.is_ascii_digit().then(|| n.wrapping_mul(10).wrapping_add(u64::from(b - b'0')))
    })
}

/// Parses `/proc/PID/io`: bytes through read(2) and write(2) and their like (`rchar`, `wchar`).
///
/// `read_bytes` counts only what reached a disk; a job that reads from the page cache or a network mount would
/// stand still in it.
pub fn io(text: &[u8]) -> Option<(u64, u64)> {
    let mut lines = text.split(|&b| b == b'\n');
    let read = number(lines.next()?.strip_prefix(b"rchar: ")?)?;
    let written = number(lines.next()?.strip_prefix(b"wchar: ")?)?;
    Some((read, written))
}

/// The command line in `/proc/PID/cmdline`, its words apart by blanks; `None` for kernel threads and zombies.
pub fn cmdline(text: &[u8]) -> Option<String> {
    let words: Vec<_> = text.split(|&b| b == 0).filter(|word| !word.is_empty()).collect();
    (!words.is_empty())
        .then(|| words.iter().map(|word| String::from_utf8_lossy(word)).collect::<Vec<_>>().join(" "))
}

/// The same number for command lines that differ only in digits, as workers of a pool do
/// (`spawn_main(tracker_fd=5, pipe_handle=7)`, `--worker=3`).
pub fn family(command: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    for &byte in command.as_bytes().iter().filter(|byte| !byte.is_ascii_digit()) {
        hasher.write_u8(byte);
    }
    hasher.finish()
}

/// The process that a thread belongs to, out of `/proc/TID/status`; a process belongs to itself.
pub fn process_of(status: &[u8]) -> Option<u32> {
    let field = status.split(|&b| b == b'\n').find_map(|line| line.strip_prefix(b"Tgid:"))?;
    number(field.trim_ascii()).and_then(|pid| pid.try_into().ok())
}

/// The newest PID that was given out, the last field of `/proc/loadavg`: while it stays, nothing was forked.
pub fn last_pid(loadavg: &[u8]) -> Option<u64> {
    number(loadavg.trim_ascii_end().rsplit(|&b| b == b' ').next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PYTHON: &[u8] = include_bytes!("../../tests/fixtures/proc/stat/python.txt");
    const ZOMBIE: &[u8] = include_bytes!("../../tests/fixtures/proc/stat/zombie.txt");

    #[test]
    fn a_stat_line_is_read_field_by_field() {
        let stat = stat(PYTHON).expect("a captured line parses");
        assert_eq!(stat.comm, b"python3");
        assert_eq!((stat.state, stat.ppid, stat.pgrp, stat.session), (b'S', 4_311, 4_312, 4_312));
        assert_eq!((stat.cpu_ticks, stat.threads, stat.start, stat.rss_pages), (152 + 31, 3, 987_654, 2_345));
        assert_eq!(stat.cpu_ms(), 1_830);
        assert_eq!(stat.exit_code, Some(0));
    }

    #[test]
    fn a_name_with_brackets_does_not_confuse() {
        let stat = stat(ZOMBIE).expect("a captured line parses");
        assert_eq!(stat.comm, b"a) R 1 (b");
        assert_eq!((stat.state, stat.ppid, stat.exit_code), (b'Z', 77, Some(9)));
    }

    #[test]
    fn whatever_is_cut_short_is_none() {
        for end in 0..PYTHON.len() {
            // Never a panic; whole lines only from where the resident size is complete.
            let _ = stat(&PYTHON[..end]);
        }
        assert_eq!(stat(b""), None);
        assert_eq!(stat(b")("), None);
        assert_eq!(io(b"rchar: 12\n"), None);
        assert_eq!(io(b"rchar: 12\nwchar: 7\nsyscr: 1\n"), Some((12, 7)));
        assert_eq!(process_of(b"Name:\tTgid: 7\nUmask:\t0022\nTgid:\t4312\nPid:\t4315\n"), Some(4_312));
        assert_eq!(process_of(b"Name:\tx\nTgid:\t\n"), None);
        assert_eq!(last_pid(b"0.13 0.06 0.02 2/79 1749\n"), Some(1_749));
    }

    #[test]
    fn figures_beyond_all_measure_do_no_harm() {
        let most = u64::MAX;
        let line = format!("1 (x) S 1 1 1 0 -1 0 0 0 0 0 {most} {most} 0 0 20 0 1 0 {most} 0 1");
        let stat = stat(line.as_bytes()).expect("it has all fields");
        assert_eq!((stat.cpu_ms(), stat.start_ms()), (most, most));
    }

    #[test]
    fn command_lines_are_joined_and_put_into_families() {
        assert_eq!(cmdline(b"python3\0-c\0import os\0").as_deref(), Some("python3 -c import os"));
        assert_eq!(cmdline(b"\0\0"), None);
        assert_eq!(family("w --id 1"), family("w --id 27"));
        assert_ne!(family("w --id 1"), family("v --id 1"));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = (stat(&bytes), io(&bytes), cmdline(&bytes), last_pid(&bytes), process_of(&bytes));
        }
    }
}
