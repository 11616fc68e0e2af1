#![expect(clippy::disallowed_methods, reason = "edge: reads source files as another process sees them")]
//! Files as another process sees them, by its root and its working folder.
//!
//! Only regular files are ever opened: to open a named pipe for reading would let its writer go on, to open a device may do
//! anything. So each is first looked at through a descriptor that opens nothing (`O_PATH`), and only then read. A name
//! can't lead out of the process's root, be it by a link (`openat2(2)`).

use std::os::fd::{AsRawFd as _, OwnedFd};

use rustix::fs::{FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::model::clock;
use crate::proc::{parse, read};

/// Bytes of the longest source that is read: code of that size is generated, and a table.
const LONGEST: usize = 1024 * 1024;

/// Bytes of a command line that are read: a program may be given as one of its words.
const LONGEST_COMMAND: usize = 128 * 1024;

/// Seconds by which a file may be younger than the process that runs it: clocks of files are coarse.
const GRACE: i64 = 2;

/// A process's view of the files, and when it was started.
#[derive(Debug)]
pub(super) struct View {
    pid: u32,
    root: OwnedFd,
    folder: Option<OwnedFd>,
    /// In seconds since 1970; files changed later may not be what runs.
    started: i64,
}

impl View {
    /// The view of a process; `None` where it is gone or not ours to see.
    pub(super) fn of(pid: u32) -> Option<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = read::open_with(&format!("/proc/{pid}/root"), flags).ok()?;
        let folder = read::open_with(&format!("/proc/{pid}/cwd"), flags).ok();
        let age = clock::now().millis().checked_sub(started(pid)?)?;
        Some(Self { pid, root, folder, started: clock::wall().0 / 1_000 - (age / 1_000) as i64 })
    }

    /// The source that a frame names, as it was when the process began; `None` where that can't be said.
    pub(super) fn source(&self, file: &str) -> Option<String> {
        if file == "<string>" {
            let command = read::open(&format!("/proc/{}/cmdline", self.pid)).ok()?;
            return inline(&bytes(&command, LONGEST_COMMAND)?);
        }
        if file.starts_with('<') {
            return None;
        }
        let found = self.look(file).ok()?;
        let stat = rustix::fs::fstat(&found).ok()?;
        let is_regular = FileType::from_raw_mode(stat.st_mode).is_file();
        let is_old = stat.st_mtime <= self.started + GRACE;
        if !is_regular || !is_old || stat.st_size > LONGEST as i64 {
            return None;
        }
        let open = read::open_with(
            &format!("/proc/self/fd/{}", found.as_raw_fd()),
            OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC,
        );
        Some(String::from_utf8_lossy(&bytes(&open.ok()?, LONGEST)?).into_owned())
    }

    /// Finds a file without opening it.
    fn look(&self, file: &str) -> Result<OwnedFd, Errno> {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        if file.starts_with('/') {
            let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
            return rustix::fs::openat2(&self.root, file, flags, Mode::empty(), resolve);
        }
        let folder = self.folder.as_ref().ok_or(Errno::NOENT)?;
        rustix::fs::openat2(folder, file, flags, Mode::empty(), ResolveFlags::NO_MAGICLINKS)
    }
}

/// When a process was started, in milliseconds after boot: with its PID, who it is.
pub(super) fn started(pid: u32) -> Option<u64> {
    let mut reader = read::Reader::default();
    Some(parse::stat(reader.file(&format!("/proc/{pid}/stat")).ok()?)?.start_ms())
}

/// What a file holds; `None` where that is more than `most`.
fn bytes(file: &OwnedFd, most: usize) -> Option<Vec<u8>> {
    let mut found = vec![0; most + 1];
    let mut filled = 0;
    while filled < found.len() {
        match rustix::io::pread(file, &mut found[filled..], filled as u64) {
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(Errno::INTR) => {}
            Err(_) => return None,
        }
    }
    found.truncate(filled);
    (filled <= most).then_some(found)
}

/// The program that a command line of Python holds itself: `python3 -c '…'`.
fn inline(command: &[u8]) -> Option<String> {
    let mut words = command.split(|byte| *byte == 0).skip(1);
    loop {
        let word = words.next().filter(|word| word.first() == Some(&b'-') && word.len() > 1)?;
        match word {
            b"-X" | b"-W" | b"--check-hash-based-pycs" => {
                words.next();
            }
            [b'-', b'-', ..] => {}
            [_, flags @ ..] => match flags.iter().position(|flag| *flag == b'c') {
                Some(at) if at + 1 < flags.len() => {
                    return Some(String::from_utf8_lossy(&flags[at + 1..]).into_owned());
                }
                Some(_) => return words.next().map(|code| String::from_utf8_lossy(code).into_owned()),
                None if flags.contains(&b'm') => return None,
                None => {}
            },
            [] => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_may_be_a_word() {
        let cases: &[(&str, Option<&str>)] = &[
            ("python3\0-c\0print(1)\0x\0", Some("print(1)")),
            ("python3\0-u\0-X\0dev\0-c\0a\n", Some("a\n")),
            ("python3\0-uBc\0a\0", Some("a")),
            ("python3\0-ca\0", Some("a")),
            ("python3\0--help\0-c\0a\0", Some("a")),
            ("python3\0job.py\0-c\0a\0", None),
            ("python3\0-m\0job\0-c\0a\0", None),
            ("python3\0-c", None),
            ("python3", None),
            ("", None),
        ];
        for (command, expected) in cases {
            assert_eq!(inline(command.as_bytes()).as_deref(), *expected, "{command:?}");
        }
    }

    #[test]
    fn only_regular_files_of_before_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(at("young.py"), "a = 1\n").unwrap();
        std::fs::write(at("old.py"), "b = 1\n").unwrap();
        let old = std::fs::File::options().append(true).open(at("old.py")).unwrap();
        old.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000)).unwrap();
        std::fs::write(at("huge.py"), vec![b'#'; LONGEST + 1]).unwrap();
        std::fs::File::options()
            .append(true)
            .open(at("huge.py"))
            .unwrap()
            .set_modified(std::time::UNIX_EPOCH)
            .unwrap();
        std::os::unix::fs::symlink(at("old.py"), at("link.py")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, at("fifo.py"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)
            .unwrap();
        let mut view = View::of(std::process::id()).unwrap();
        view.started -= 60;
        assert_eq!(view.source(&at("old.py")).as_deref(), Some("b = 1\n"));
        assert_eq!(view.source(&at("link.py")).as_deref(), Some("b = 1\n"));
        for name in ["young.py", "huge.py", "fifo.py", "none.py", "."] {
            assert_eq!(view.source(&at(name)), None, "{name}");
        }
        assert_eq!(view.source("/dev/zero"), None);
        assert_eq!(view.source("<frozen importlib._bootstrap>"), None);
        assert!(View::of(u32::MAX / 2).is_none());
    }
}
