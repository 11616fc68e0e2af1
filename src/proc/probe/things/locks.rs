//! Locks on files as the kernel lists them, in `/proc/locks` and in `fdinfo`: pure.
//!
//! The PID of a line is who took the lock, not who has it: a lock of flock(2) belongs to the open file, so that a child
//! has it too and keeps it when its parent is long dead. Who holds such a lock is seen by descriptors alone. A lock of
//! fcntl(2) (`POSIX`) ends with the process that took it.

use std::fmt;

use super::fdinfo::digits;

/// Lines that are taken in at most, and bytes of one.
const MOST_LINES: usize = 20_000;
const LONGEST_LINE: usize = 256;
/// Who waits for one lock, at most.
const MOST_WAITERS: usize = 1_024;

/// A file, as `/proc/locks` names it: the device of its file system, and its inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId {
    /// The device's major number.
    pub major: u32,
    /// Its minor number.
    pub minor: u32,
    /// The inode.
    pub inode: u64,
}

impl FileId {
    /// That of a file with this `st_dev`.
    pub fn new(device: u64, inode: u64) -> Self {
        Self { major: rustix::fs::major(device), minor: rustix::fs::minor(device), inode }
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}:{:02x}:{}", self.major, self.minor, self.inode)
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockLine {
    /// The number of the lock in this list: lines of who waits for it have the same.
    pub id: u64,
    /// True for one who waits.
    pub is_waiting: bool,
    /// `flock`, `posix`, `ofd`, `lease`.
    pub kind: &'static str,
    /// True for one that keeps everybody else out.
    pub is_exclusive: bool,
    /// Who took it or asks for it; 0 where that one is out of sight, as it is for `ofd`.
    pub taken_by: u32,
    /// The file.
    pub file: FileId,
    /// From where to where in the file.
    pub range: (u64, Option<u64>),
}

impl LockLine {
    /// True where this line of `fdinfo` is about the same lock as that one of `/proc/locks`.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.kind, self.is_exclusive, self.taken_by, self.file, self.range)
            == (other.kind, other.is_exclusive, other.taken_by, other.file, other.range)
    }

    /// True where it belongs to the process that took it, and ends with it.
    pub fn is_of_process(&self) -> bool {
        self.kind == "posix"
    }
}

/// A lock that is held, and who waits for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The lock.
    pub lock: LockLine,
    /// Processes that wait for it, each once.
    pub waiters: Vec<u32>,
}

/// Parses one line: `1: -> FLOCK  ADVISORY  WRITE 28559 fe:00:10010851 0 EOF`.
pub fn line(text: &[u8]) -> Option<LockLine> {
    if text.len() > LONGEST_LINE {
        return None;
    }
    let mut words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let id = digits(words.next()?.strip_suffix(b":")?, 10)?;
    let mut word = words.next()?;
    let is_waiting = word == b"->";
    if is_waiting {
        word = words.next()?;
    }
    let kind = match word {
        b"FLOCK" => "flock",
        b"POSIX" | b"ACCESS" => "posix",
        b"OFDLCK" => "ofd",
        b"LEASE" | b"DELEG" | b"LAYOUT" => "lease",
        _ => return None,
    };
    let is_exclusive = words.nth(1)? == b"WRITE";
    // Minus one for what belongs to no process.
    let taken_by = digits(words.next()?, 10).and_then(|pid| pid.try_into().ok()).unwrap_or(0);
    let mut parts = words.next()?.split(|&b| b == b':');
    let (major, minor) = (digits(parts.next()?, 16)?, digits(parts.next()?, 16)?);
    let inode = digits(parts.next()?, 10)?;
    let file = FileId { major: major.try_into().ok()?, minor: minor.try_into().ok()?, inode };
    let range = (digits(words.next()?, 10)?, digits(words.next()?, 10));
    Some(LockLine { id, is_waiting, kind, is_exclusive, taken_by, file, range })
}

/// Parses `/proc/locks`. True comes with it where there was more than is looked at.
pub fn held(text: &[u8]) -> (Vec<Held>, bool) {
    let mut held: Vec<Held> = Vec::new();
    let mut lines = text.split(|&b| b == b'\n');
    for lock in lines.by_ref().take(MOST_LINES).filter_map(line) {
        if !lock.is_waiting {
            held.push(Held { lock, waiters: Vec::new() });
        } else if let Some(of) = held.last_mut().filter(|of| of.lock.id == lock.id)
            && lock.taken_by > 0
            && of.waiters.len() < MOST_WAITERS
            && !of.waiters.contains(&lock.taken_by)
        {
            of.waiters.push(lock.taken_by);
        }
    }
    (held, lines.next().is_some_and(|rest| !rest.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &[u8] = b"1: POSIX  ADVISORY  WRITE 4312 fe:00:10010851 0 EOF\n\
        2: FLOCK  ADVISORY  WRITE 28559 08:11:77 0 EOF\n\
        2: -> FLOCK  ADVISORY  WRITE 28560 08:11:77 0 EOF\n\
        2:  -> FLOCK  ADVISORY  READ  28561 08:11:77 0 EOF\n\
        2: -> FLOCK  ADVISORY  WRITE 28560 08:11:77 0 EOF\n\
        3: OFDLCK ADVISORY  READ  -1 00:2a:5 10 19\n\
        4: LEASE  ACTIVE    READ  12 fe:00:9 0 EOF\n\
        rubbish\n5: -> FLOCK  ADVISORY  WRITE 9 08:11:77 0 EOF\n";

    #[test]
    fn who_has_and_who_waits_is_told_apart() {
        let (held, is_cut) = held(LIST);
        assert!(!is_cut);
        let told: Vec<_> =
            held.iter().map(|held| (held.lock.kind, held.lock.taken_by, held.waiters.as_slice())).collect();
        assert_eq!(
            told,
            [
                ("posix", 4_312, &[][..]),
                ("flock", 28_559, &[28_560, 28_561]),
                ("ofd", 0, &[]),
                ("lease", 12, &[])
            ]
        );
        assert_eq!(held[1].lock.file, FileId { major: 8, minor: 0x11, inode: 77 });
        assert_eq!((held[2].lock.range, held[2].lock.is_exclusive), ((10, Some(19)), false));
    }

    #[test]
    fn a_file_is_named_alike_by_stat_and_by_the_list() {
        for (major, minor) in [(0xfe, 0), (8, 0x11), (0, 42), (259, 1_048_575), (4_095, 256)] {
            let device = rustix::fs::makedev(major, minor);
            assert_eq!(FileId::new(device, 7), FileId { major, minor, inode: 7 });
        }
        assert_eq!(FileId::new(rustix::fs::makedev(8, 1), 12).to_string(), "08:01:12");
    }

    #[test]
    fn a_line_of_fdinfo_is_about_the_same_lock() {
        let (held, _) = held(LIST);
        let same = line(b"1: FLOCK  ADVISORY  WRITE 28559 08:11:77 0 EOF").expect("captured");
        let told: Vec<_> = held.iter().map(|held| held.lock.is_same(&same)).collect();
        assert_eq!(told, [false, true, false, false]);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, lines in proptest::collection::vec("[0-9]{1,3}: (->)?[ ]?(FLOCK|POSIX|LEASE)  [A-Z]{0,9}  (WRITE|READ) -?[0-9]{1,11} [0-9a-f:]{0,20} [0-9]{0,22} [0-9EOF]{0,9}", 0..20)) {
            let _ = (line(&bytes), held(&bytes));
            let (held, _) = held(lines.join("\n").as_bytes());
            proptest::prop_assert!(held.len() <= lines.len());
        }
    }
}
