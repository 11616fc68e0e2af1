#![expect(clippy::disallowed_methods, reason = "edge: reads /proc")]
//! Reading `/proc`: small files into a reused buffer, and descriptors that stay open.
//!
//! A kept descriptor of `/proc/PID/stat` costs 4.9 µs a read where open, read and close cost 9.8 µs, and it
//! stays bound to its process: after that one's end it answers `ESRCH`, whoever has the PID by then.

use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// Bytes read of one file at most: the files read here are far smaller, a command line may be cut.
const LONGEST: usize = 16 * 1024;

/// A buffer for small files of `/proc`.
#[derive(Debug)]
pub struct Reader {
    buffer: Box<[u8]>,
}

impl Default for Reader {
    fn default() -> Self {
        Self { buffer: vec![0; LONGEST].into_boxed_slice() }
    }
}

impl Reader {
    /// The beginning of the file at `path`.
    pub fn file(&mut self, path: &str) -> Result<&[u8], Errno> {
        let fd = open(path)?;
        self.kept(&fd)
    }

    /// The beginning of an open file, from its start.
    pub fn kept(&mut self, fd: &OwnedFd) -> Result<&[u8], Errno> {
        let mut filled = 0;
        while filled < self.buffer.len() {
            match rustix::io::pread(fd, &mut self.buffer[filled..], filled as u64) {
                Ok(0) => break,
                Ok(n) => {
                    filled += n;
                    // A short read of a `/proc` file that fits one page is its end: a second read to see the
                    // zero would double the cost.
                    if filled < 4096 {
                        break;
                    }
                }
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(&self.buffer[..filled])
    }
}

/// Adds the beginning of a long file to `text`, of about `most` bytes in all; `None` where it can't be read.
pub fn beginning(path: &str, most: usize, text: &mut Vec<u8>) -> Option<()> {
    let file = open(path).ok()?;
    let mut part = [0; 8 * 1024];
    while text.len() < most {
        match rustix::io::read(&file, &mut part) {
            Ok(0) => break,
            Ok(n) => text.extend_from_slice(&part[..n]),
            Err(Errno::INTR) => {}
            Err(_) => return None,
        }
    }
    Some(())
}

/// Opens a file for reading, close-on-exec.
pub fn open(path: &str) -> Result<OwnedFd, Errno> {
    open_with(path, OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY)
}

/// Opens a file or a folder.
pub fn open_with(path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
    rustix::fs::open(path, flags, Mode::empty())
}

/// All PIDs in `/proc`, ascending, into `pids`.
pub fn pids(proc: &OwnedFd, buffer: &mut Vec<u8>, pids: &mut Vec<u32>) -> Result<(), Errno> {
    pids.clear();
    rustix::fs::seek(proc, rustix::fs::SeekFrom::Start(0))?;
    let mut entries = rustix::fs::RawDir::new(proc, buffer.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        let name = entry?;
        let name = name.file_name().to_bytes();
        // PIDs come last in the listing and are the only names that begin with a digit.
        if name.first().is_some_and(u8::is_ascii_digit)
            && let Some(pid) = std::str::from_utf8(name).ok().and_then(|digits| digits.parse().ok())
        {
            pids.push(pid);
        }
    }
    Ok(())
}

/// A descriptor that stands for a process until it is closed, see `pidfd_open(2)`.
pub fn pidfd(pid: u32) -> Result<OwnedFd, Errno> {
    let pid = rustix::process::Pid::from_raw(pid as i32).ok_or(Errno::INVAL)?;
    rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty())
}

/// Descriptors that there is room for from the start, 32 KiB of kernel memory: enough for 2,000 processes.
const TABLE: u64 = 4_096;

/// Lifts the soft limit of open files to what is allowed and says how many may be used: kept descriptors are
/// two for each watched process, and the usual soft limit is 1,024.
///
/// Call it only in a process that starts no job: a job inherits the limit, and some old programs break on a
/// high one. Call it before any thread is started, for it makes room for descriptors too.
pub fn lift_descriptor_limit() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    const WANTED: u64 = 65_536;
    let limit = getrlimit(Resource::Nofile);
    let maximum = limit.maximum.unwrap_or(u64::MAX);
    let wanted = WANTED.min(maximum).max(limit.current.unwrap_or(WANTED));
    let lifted =
        if setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum }).is_ok() {
            wanted
        } else {
            limit.current.unwrap_or(1_024)
        };
    make_room(TABLE.min(lifted));
    lifted as usize
}

/// Lets the kernel's table of descriptors grow to this size at once, by opening its last one for a moment.
///
/// The table grows in steps otherwise, and in a process with threads each step waits for an RCU grace period
/// (`expand_fdtable` in fs/file.c): that made the first round of 200 processes take 26 ms instead of 9.
fn make_room(descriptors: u64) {
    if let Ok(any) = open("/proc/self/stat") {
        let last = i32::try_from(descriptors).unwrap_or(i32::MAX) - 1;
        // Without the room all works as before, only later.
        let _ = rustix::io::fcntl_dupfd_cloexec(&any, last);
    }
}
