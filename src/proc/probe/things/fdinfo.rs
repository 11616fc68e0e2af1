//! The text of `/proc/PID/fdinfo/N`, parsed: pure. proc(5) names the fields; those of one kind of file are written by
//! the kernel's `show_fdinfo` functions (`fs/eventfd.c`, `fs/eventpoll.c`, `fs/timerfd.c`, `kernel/pid.c`, `fs/locks.c`).

use super::locks::{self, LockLine};

/// Files of an epoll set that are taken in at most.
pub const MOST_WATCHED: usize = 4_096;
/// Locks of one open file that are taken in at most.
const MOST_LOCKS: usize = 64;

/// `O_ACCMODE`, `O_NONBLOCK` and `O_PATH` of open(2), as on x86 and ARM.
const ACCESS: u32 = 0o3;
const NONBLOCK: u32 = 0o4_000;
const PATH_ONLY: u32 = 0o10_000_000;

/// How an open file stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Info {
    /// Where reads and writes stand.
    pub position: u64,
    /// How it was opened, see open(2).
    pub flags: u32,
    /// The mount that it lies on.
    pub mount: Option<u32>,
    /// Its inode, since Linux 5.14.
    pub inode: Option<u64>,
    /// Number and counter of an eventfd. The number is told since Linux 5.2.
    pub event: Option<(u64, u64)>,
    /// Seconds until a timerfd fires; a fired one has none left, one that is not set is `Some(None)`.
    pub timer: Option<Option<f64>>,
    /// The process of a pidfd; 0 and below where it has ended or is out of sight.
    pub pid: Option<i64>,
    /// Descriptors of an epoll set, and the events that each is watched for.
    pub watched: Vec<(i32, u32)>,
    /// Locks that are held through this very open file.
    pub locks: Vec<LockLine>,
}

impl Info {
    /// True where it may be read from.
    pub const fn reads(&self) -> bool {
        self.flags & PATH_ONLY == 0 && matches!(self.flags & ACCESS, 0 | 2)
    }

    /// True where it may be written to.
    pub const fn writes(&self) -> bool {
        self.flags & PATH_ONLY == 0 && matches!(self.flags & ACCESS, 1 | 2)
    }

    /// True where calls on it return at once.
    pub const fn is_nonblocking(&self) -> bool {
        self.flags & NONBLOCK != 0
    }
}

/// Parses one text; what is missing or damaged stays at its default.
pub fn parse(text: &[u8]) -> Info {
    let mut info = Info::default();
    let (mut has_fired, mut count, mut number) = (false, None, 0);
    for line in text.split(|&b| b == b'\n') {
        let Some(colon) = line.iter().position(|&b| b == b':') else { continue };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        match name {
            b"pos" => info.position = digits(value, 10).unwrap_or_default(),
            b"flags" => info.flags = digits(value, 8).unwrap_or_default() as u32,
            b"mnt_id" => info.mount = digits(value, 10).and_then(|mount| mount.try_into().ok()),
            b"ino" => info.inode = digits(value, 10),
            b"eventfd-count" => count = digits(value, 16),
            b"eventfd-id" => number = digits(value, 10).unwrap_or_default(),
            b"ticks" => has_fired = digits(value, 10).is_some_and(|ticks| ticks > 0),
            b"it_value" => info.timer = seconds(value).map(|left| (left > 0.0).then_some(left)),
            b"Pid" => info.pid = std::str::from_utf8(value).ok().and_then(|pid| pid.parse().ok()),
            b"tfd" if info.watched.len() < MOST_WATCHED => info.watched.extend(watched(value)),
            b"lock" if info.locks.len() < MOST_LOCKS => info.locks.extend(locks::line(value)),
            _ => {}
        }
    }
    if has_fired {
        info.timer = info.timer.map(|_| Some(0.0));
    }
    info.event = count.map(|count| (number, count));
    info
}

/// `4 events:       1c data:                4  pos:0 ino:1f1732 sdev:f`
fn watched(value: &[u8]) -> Option<(i32, u32)> {
    let mut words = value.split(|&b| b == b' ').filter(|word| !word.is_empty());
    let fd = digits(words.next()?, 10)?.try_into().ok()?;
    let events = words.skip_while(|word| *word != b"events:").nth(1)?;
    Some((fd, digits(events, 16)?.try_into().ok()?))
}

/// `(76, 999068654)`: seconds and nanoseconds.
fn seconds(value: &[u8]) -> Option<f64> {
    let inner = value.strip_prefix(b"(")?.strip_suffix(b")")?;
    let comma = inner.iter().position(|&b| b == b',')?;
    let (whole, nanos) = (digits(&inner[..comma], 10)?, digits(inner[comma + 1..].trim_ascii(), 10)?);
    Some(whole as f64 + nanos as f64 / 1e9)
}

/// Digits of this base and nothing else.
pub(super) fn digits(text: &[u8], base: u32) -> Option<u64> {
    let is_number = !text.is_empty() && text.iter().all(u8::is_ascii_hexdigit);
    is_number.then(|| u64::from_str_radix(std::str::from_utf8(text).ok()?, base).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captured_texts_tell_how_files_stand() {
        let pipe = parse(b"pos:\t0\nflags:\t02004001\nmnt_id:\t16\nino:\t2037554\n");
        assert_eq!((pipe.reads(), pipe.writes(), pipe.is_nonblocking()), (false, true, true));
        assert_eq!((pipe.mount, pipe.inode), (Some(16), Some(2_037_554)));
        let both = parse(b"pos:\t92\nflags:\t02000002\nmnt_id:\t27\n");
        assert_eq!((both.reads(), both.writes(), both.is_nonblocking()), (true, true, false));
        assert_eq!((both.position, both.inode), (92, None));
        let named_only = parse(b"pos:\t0\nflags:\t012000000\nmnt_id:\t27\n");
        assert_eq!((named_only.reads(), named_only.writes()), (false, false));
    }

    #[test]
    fn captured_texts_tell_what_can_be_waited_for() {
        let event = parse(
            b"pos:\t0\nflags:\t02000002\nmnt_id:\t17\neventfd-count:                a\neventfd-id: 3\neventfd-semaphore: 0\n",
        );
        assert_eq!(event.event, Some((3, 10)));
        let text = |ticks: u32, left: &str| {
            format!(
                "pos:\t0\nflags:\t02\nmnt_id:\t17\nclockid: 1\nticks: {ticks}\nsettime flags: 00\nit_value: {left}\nit_interval: (1, 0)\n"
            )
        };
        for (ticks, left, expected) in [
            (0, "(76, 500000000)", Some(Some(76.5))),
            (0, "(0, 0)", Some(None)),
            (2, "(0, 0)", Some(Some(0.0))),
            (0, "(x, 0)", None),
        ] {
            assert_eq!(parse(text(ticks, left).as_bytes()).timer, expected, "{ticks} {left}");
        }
        let set = parse(
            b"pos:\t0\nflags:\t02000002\nmnt_id:\t17\nino:\t1038\n\
            tfd:        4 events:       1c data:                4  pos:0 ino:1f1732 sdev:f\n\
            tfd:       13 events: 80000019 data:                3  pos:0 ino:1f1732 sdev:f\ntfd: x events: 1\n",
        );
        assert_eq!(set.watched, [(4, 0x1c), (13, 0x8000_0019)]);
        assert_eq!(parse(b"Pid:\t28559\nNSpid:\t28559\n").pid, Some(28_559));
        assert_eq!(parse(b"Pid:\t-1\n").pid, Some(-1));
    }

    #[test]
    fn a_lock_that_is_held_through_it_is_told() {
        let file = parse(
            b"pos:\t0\nflags:\t02100001\nmnt_id:\t27\nino:\t10010851\nlock:\t1: FLOCK  ADVISORY  WRITE 28559 fe:00:10010851 0 EOF\n",
        );
        assert_eq!(file.locks.len(), 1);
        assert_eq!(
            (file.locks[0].taken_by, file.locks[0].file.to_string().as_str()),
            (28_559, "fe:00:10010851")
        );
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, lines in proptest::collection::vec("(tfd|lock|it_value|pos|eventfd-count):[ \t(,0-9a-fx:>-]{0,40}", 0..30)) {
            let _ = parse(&bytes);
            let info = parse(lines.join("\n").as_bytes());
            proptest::prop_assert!(info.watched.len() <= lines.len() && info.locks.len() <= lines.len());
            proptest::prop_assert!(info.timer.flatten().is_none_or(|left| left >= 0.0));
        }
    }
}
