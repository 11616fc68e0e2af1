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
    /// Page faults that needed no disk.
    pub minor_faults: u64,
    /// Page faults that waited for a disk.
    pub major_faults: u64,
    /// CPU time, user and system, in clock ticks.
    pub cpu_ticks: u64,
    /// Threads.
    pub threads: u32,
    /// Start after boot, in clock ticks.
    pub start: u64,
    /// Address space in bytes, `VmSize` in proc(5).
    pub address_space: u64,
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
    let minor_faults = number(fields.nth(3)?)?;
    let major_faults = number(fields.nth(1)?)?;
    let utime = number(fields.nth(1)?)?;
    let stime = number(fields.next()?)?;
    let threads = number(fields.nth(4)?)? as u32;
    let start = number(fields.nth(1)?)?;
    let address_space = number(fields.next()?)?;
    let rss_pages = number(fields.next()?)?;
    let exit_code = fields.nth(27).and_then(number).map(|code| code as i32);
    Some(Stat {
        comm,
        state,
        ppid,
        pgrp,
        session,
        minor_faults,
        major_faults,
        cpu_ticks: utime.saturating_add(stime),
        threads,
        start,
        address_space,
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

/// What is used of `/proc/PID/smaps_rollup`, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rollup {
    /// Proportional set size: a page that n processes map counts as 1/n in each of them.
    pub pss: u64,
    /// Pages that nobody else maps.
    pub private: u64,
    /// What of it lies in swap.
    pub swap: u64,
}

/// Parses `/proc/PID/smaps_rollup`; `None` when it is cut short of its first sums, as a process's that just ended is.
pub fn rollup(text: &[u8]) -> Option<Rollup> {
    let field = |name: &str| {
        let line = text.split(|&b| b == b'\n').find_map(|line| line.strip_prefix(name.as_bytes()))?;
        number(line.strip_suffix(b"kB")?.trim_ascii()).map(|kib| kib.saturating_mul(1024))
    };
    let private = field("Private_Clean:")?.saturating_add(field("Private_Dirty:")?);
    Some(Rollup { pss: field("Pss:")?, private, swap: field("Swap:").unwrap_or(0) })
}

/// What a process may have of memory at most by its own limits, see getrlimit(2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OwnLimits {
    /// `RLIMIT_AS`, in bytes.
    pub address_space: Option<u64>,
    /// `RLIMIT_DATA`, in bytes.
    pub data: Option<u64>,
}

/// The soft limits in `/proc/PID/limits`; `unlimited` is none.
pub fn own_limits(text: &[u8]) -> OwnLimits {
    let soft = |name| soft_limit(text, name);
    OwnLimits { address_space: soft("Max address space "), data: soft("Max data size ") }
}

/// One soft limit in `/proc/PID/limits`, by the words that it begins with.
pub fn soft_limit(text: &[u8], name: &str) -> Option<u64> {
    let line = text.split(|&b| b == b'\n').find_map(|line| line.strip_prefix(name.as_bytes()))?;
    number(line.trim_ascii_start().split(|&b| b == b' ').next()?)
}

/// A file that holds one number; `max` in a control group is none.
pub fn whole_number(text: &[u8]) -> Option<u64> {
    number(text.trim_ascii())
}

/// How many tasks the machine has, the second number of `4/211` in `/proc/loadavg`.
pub fn tasks(loadavg: &[u8]) -> Option<u64> {
    let field = loadavg.split(|&b| b == b' ').nth(3)?;
    number(field.split(|&b| b == b'/').nth(1)?)
}

/// The folder that `TMPDIR` names in `/proc/PID/environ`.
pub fn temporary_folder(environ: &[u8]) -> Option<String> {
    let value = environ.split(|&b| b == 0).find_map(|entry| entry.strip_prefix(b"TMPDIR="))?;
    std::str::from_utf8(value).ok().filter(|path| path.starts_with('/')).map(str::to_owned)
}

/// Whether a file is open for writing, by the octal flags in its `/proc/PID/fdinfo`.
pub fn is_open_for_writing(fdinfo: &[u8]) -> bool {
    let flags = fdinfo.split(|&b| b == b'\n').find_map(|line| line.strip_prefix(b"flags:"));
    // `O_ACCMODE` are the last two bits: 1 is writing, 2 both.
    flags.and_then(|flags| flags.trim_ascii().last()).is_some_and(|digit| matches!(digit & 3, 1 | 2))
}

/// The memory that `RLIMIT_DATA` counts, in bytes: `VmData` in `/proc/PID/status`.
pub fn data_size(status: &[u8]) -> Option<u64> {
    let field = status.split(|&b| b == b'\n').find_map(|line| line.strip_prefix(b"VmData:"))?;
    number(field.strip_suffix(b"kB")?.trim_ascii()).map(|kib| kib.saturating_mul(1024))
}

/// The shares of the last ten seconds, 0 to 1, in which some and in which all tasks waited: a file of
/// `/proc/pressure`. The kernel that knows no `full` for CPU leaves it out.
pub fn pressure(text: &[u8]) -> Option<(f64, Option<f64>)> {
    let share = |name: &str| {
        let line = text.split(|&b| b == b'\n').find_map(|line| line.strip_prefix(name.as_bytes()))?;
        let percent = std::str::from_utf8(line.split(|&b| b == b' ').next()?).ok()?.parse::<f64>().ok()?;
        (0.0..=100.0).contains(&percent).then_some(percent / 100.0)
    };
    Some((share("some avg10=")?, share("full avg10=")))
}

/// One counter of `/proc/vmstat`.
pub fn vmstat(text: &[u8], name: &str) -> Option<u64> {
    let is_named =
        |line: &&[u8]| line.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.first() == Some(&b' '));
    let line = text.split(|&b| b == b'\n').find(is_named)?;
    number(line.get(name.len() + 1..)?)
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

/// The real user whose limits bind a process, out of `/proc/PID/status`; `None` for root, and for who has
/// `CAP_SYS_RESOURCE` or `CAP_SYS_ADMIN`, see `RLIMIT_NPROC` in getrlimit(2).
pub fn bound_user(status: &[u8]) -> Option<u32> {
    const EXEMPT: u64 = 1 << 24 | 1 << 21;
    let field = |name: &str| {
        let line = text_line(status, name)?;
        line.split(|&b| b == b'\t').find(|part| !part.is_empty())
    };
    let user = number(field("Uid:")?)?;
    let capabilities = std::str::from_utf8(field("CapEff:")?).ok()?;
    let is_exempt = user == 0 || u64::from_str_radix(capabilities.trim(), 16).ok()? & EXEMPT != 0;
    if is_exempt { None } else { user.try_into().ok() }
}

/// What follows this word at the start of a line.
fn text_line<'a>(text: &'a [u8], name: &str) -> Option<&'a [u8]> {
    text.split(|&b| b == b'\n').find_map(|line| line.strip_prefix(name.as_bytes()))
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
        assert_eq!((stat.minor_faults, stat.major_faults, stat.address_space), (1_200, 3, 123_456_789));
        assert_eq!(stat.exit_code, Some(0));
    }

    #[test]
    fn a_name_with_brackets_does_not_confuse() {
        let stat = stat(ZOMBIE).expect("a captured line parses");
        assert_eq!(stat.comm, b"a) R 1 (b");
        assert_eq!((stat.state, stat.ppid, stat.exit_code), (b'Z', 77, Some(9)));
    }

    #[test]
    fn whom_a_limit_of_tasks_binds() {
        let status = |user: &str, capabilities: &str| {
            format!("Name:\tetl\nUid:\t{user}\t0\t0\t0\nCapEff:\t{capabilities}\n").into_bytes()
        };
        assert_eq!(bound_user(&status("1000", "0000000000000000")), Some(1_000));
        assert_eq!(bound_user(&status("1000", "00000000a80425fb")), Some(1_000), "a container's");
        assert_eq!(bound_user(&status("0", "0000000000000000")), None);
        assert_eq!(bound_user(&status("1000", "0000000001000000")), None, "CAP_SYS_RESOURCE");
        assert_eq!((bound_user(b""), bound_user(b"Uid:\t7")), (None, None));
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
    fn the_sums_of_a_rollup_are_bytes() {
        let text = include_bytes!("../../tests/fixtures/proc/memory/smaps_rollup.txt");
        let found = Rollup { pss: 359 << 10, private: (72 + 112) << 10, swap: 8 << 10 };
        assert_eq!(rollup(text), Some(found));
        assert_eq!(rollup(b""), None);
        assert_eq!(rollup(&text[..100]), None, "cut short");
    }

    #[test]
    fn limits_are_read_where_they_are_set() {
        let text = include_bytes!("../../tests/fixtures/proc/memory/limits.txt");
        assert_eq!(own_limits(text), OwnLimits { address_space: Some(4_294_967_296), data: None });
        assert_eq!(own_limits(b"Max data size\n"), OwnLimits::default());
        assert_eq!(data_size(b"Name:\tx\nVmData:\t    1234 kB\nVmStk:\t 132 kB\n"), Some(1_234 << 10));
        assert_eq!(data_size(b"Name:\tkthreadd\n"), None);
    }

    #[test]
    fn what_limits_tasks_and_files_is_read() {
        let limits = include_bytes!("../../tests/fixtures/proc/memory/limits.txt");
        assert_eq!(soft_limit(limits, "Max no such thing "), None);
        assert_eq!(
            soft_limit(b"Max open files            1024     4096     files\n", "Max open files "),
            Some(1_024)
        );
        assert_eq!(tasks(b"0.13 0.06 0.02 2/79 1749\n"), Some(79));
        assert_eq!((whole_number(b"4194304\n"), whole_number(b"max\n")), (Some(4_194_304), None));
        let folder = |environ: &[u8]| temporary_folder(environ);
        assert_eq!(folder(b"HOME=/x\0TMPDIR=/scratch/7\0").as_deref(), Some("/scratch/7"));
        assert_eq!((folder(b"TMPDIR=rel\0"), folder(b"ATMPDIR=/x\0")), (None, None));
        let writes =
            |flags: &str| is_open_for_writing(format!("pos:\t0\nflags:\t{flags}\nmnt_id:\t9\n").as_bytes());
        assert_eq!(
            [writes("0100000"), writes("0100001"), writes("0102002"), writes("")],
            [false, true, true, false]
        );
    }

    #[test]
    fn pressure_is_a_share_and_never_more_than_all() {
        let two = b"some avg10=28.24 avg60=38.22 avg300=16.53 total=22\nfull avg10=1.50 avg60=0.00 avg300=0 total=0\n";
        assert_eq!(pressure(two), Some((0.2824, Some(0.015))));
        assert_eq!(pressure(b"some avg10=3.00 avg60=0 avg300=0 total=1\n"), Some((0.03, None)));
        for odd in
            ["", "full avg10=1.00", "some avg10=nan ", "some avg10=-1 ", "some avg10=101 ", "some avg10=1e9 "]
        {
            assert_eq!(pressure(odd.as_bytes()), None, "{odd:?}");
        }
        let vm = b"nr_free_pages 12\npswpin_x 9\npswpin 7\npswpout 8\n";
        assert_eq!((vmstat(vm, "pswpin"), vmstat(vm, "pgmajfault")), (Some(7), None));
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
            let _ = (rollup(&bytes), own_limits(&bytes), data_size(&bytes), pressure(&bytes));
            let _ = vmstat(&bytes, "pswpin");
            let _ = (tasks(&bytes), whole_number(&bytes), temporary_folder(&bytes), is_open_for_writing(&bytes));
        }
    }
}
