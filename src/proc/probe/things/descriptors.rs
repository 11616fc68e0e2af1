//! What a process holds open: the edge of [`super::target`] and [`super::fdinfo`].
//!
//! Links are read, and files on this machine's own disks are asked for their size through `/proc/PID/fd`. Nothing there
//! is ever opened: a pipe, a terminal or a tape would notice.

use std::collections::{HashMap, HashSet};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, FileType, OFlags, RawDir};
use rustix::io::Errno;

use super::fdinfo::{self, Info};
use super::locks::LockLine;
use super::mounts::Mounts;
use super::target::{self, Stat};
use crate::model::evidence::{Descriptor, Target};
use crate::proc::read;

/// Descriptors of one process that are read in full; the others are only counted.
const MOST_OF_ONE: usize = 4_096;
/// Descriptors that one reader reads in full before it goes sparing with the rest of a job, and then those of each process.
const MOST_IN_ALL: usize = 20_000;
const SPARING: usize = 64;
/// Descriptors that are counted where the kernel doesn't count for us.
const MOST_COUNTED: usize = 1_000_000;
/// Bytes of a link: longer paths are cut.
const LONGEST_LINK: usize = 1_024;
/// Bytes of what is told of one descriptor: some 2,500 files of an epoll set.
const LONGEST_INFO: usize = 256 * 1024;
/// Bytes of a table of mounts.
const LONGEST_MOUNTS: usize = 1 << 20;
/// Tables of mounts that are kept.
const MOST_TABLES: usize = 64;

/// What was read of one process: its descriptors, how many there are, and what could not be seen.
pub type Open = (Vec<Descriptor>, Option<u64>, Vec<String>);

/// Reads the descriptors of the processes of one job, and spares the rest when there are very many.
#[derive(Debug, Default)]
pub struct DescriptorReader {
    listing: Vec<u8>,
    info: Vec<u8>,
    /// Tables of mounts by the namespace they are of.
    mounts: HashMap<u64, Mounts>,
    read: usize,
}

/// What one process holds open.
pub fn of(pid: u32) -> Open {
    DescriptorReader::default().of(pid)
}

impl DescriptorReader {
    /// What one process holds open. A process that has gone holds nothing, which is no problem.
    pub fn of(&mut self, pid: u32) -> Open {
        let folder = match folder(pid) {
            Ok(folder) => folder,
            Err(Errno::ACCESS | Errno::PERM) => {
                let words = format!(
                    "what process {pid} has open is not shown to this user: ask as its user or as root"
                );
                return (Vec::new(), None, vec![words]);
            }
            Err(_) => return (Vec::new(), None, Vec::new()),
        };
        let most = if self.read < MOST_IN_ALL { MOST_OF_ONE } else { SPARING };
        let (fds, mut count) = self.list(&folder, most);
        count = told_size(&folder).unwrap_or(count).max(fds.len() as u64);
        self.read += fds.len();
        let mounts = self.mounts_of(pid);
        let found: Vec<_> = fds.iter().filter_map(|&fd| self.look(pid, &folder, fd, mounts)).collect();
        let mut problems = Vec::new();
        if count > fds.len() as u64 {
            problems.push(format!(
                "of the {count} descriptors of process {pid} the first {} were read",
                fds.len()
            ));
        }
        (found, Some(count), problems)
    }

    /// One descriptor of a process.
    pub fn one(&mut self, pid: u32, fd: i32) -> Option<Descriptor> {
        let folder = folder(pid).ok()?;
        let mounts = self.mounts_of(pid);
        self.look(pid, &folder, fd, mounts)
    }

    /// The locks that are held through one descriptor.
    pub fn locks(&mut self, pid: u32, fd: i32) -> Vec<LockLine> {
        self.info_of(pid, fd).map(|info| info.locks).unwrap_or_default()
    }

    /// The mount that a path of a process lies on.
    pub fn mount_point(&mut self, pid: u32, path: &str, device: Option<u64>) -> Option<String> {
        let namespace = self.mounts_of(pid)?;
        Some(self.mounts.get(&namespace)?.of(path, device)?.point.clone())
    }

    /// The numbers of the first descriptors, and how many there are if the kernel must be asked for each.
    fn list(&mut self, folder: &OwnedFd, most: usize) -> (Vec<i32>, u64) {
        self.listing.reserve(32 * 1024);
        let is_counted = told_size(folder).is_some();
        let (mut fds, mut count) = (Vec::new(), 0);
        let mut entries = RawDir::new(folder, self.listing.spare_capacity_mut());
        while let Some(Ok(entry)) = entries.next() {
            let name = std::str::from_utf8(entry.file_name().to_bytes()).ok();
            let Some(fd) = name.and_then(|name| name.parse().ok()) else { continue };
            count += 1;
            if fds.len() < most {
                fds.push(fd);
            } else if is_counted || count as usize >= MOST_COUNTED {
                break;
            }
        }
        (fds, count)
    }

    fn look(&mut self, pid: u32, folder: &OwnedFd, fd: i32, namespace: Option<u64>) -> Option<Descriptor> {
        let name = fd.to_string();
        let mut room = [MaybeUninit::uninit(); LONGEST_LINK];
        let (link, _) = rustix::fs::readlinkat_raw(folder, name.as_str(), &mut room).ok()?;
        let info = self.info_of(pid, fd).unwrap_or_default();
        let mount = namespace
            .and_then(|namespace| self.mounts.get(&namespace))
            .and_then(|mounts| mounts.get(info.mount?));
        // Memory files lie on a mount that no table has.
        let may_ask = mount.is_some_and(|mount| mount.is_local) || link.starts_with(b"/memfd:");
        let stat = (target::has_name(link) && may_ask).then(|| stat(folder, &name)).flatten();
        let target = target::target(link, &info, stat, mount.map(|mount| mount.device));
        // Without fdinfo it is not known how it was opened: the link's own mode tells.
        let (reads, writes) =
            if info == Info::default() { mode(folder, &name) } else { (info.reads(), info.writes()) };
        Some(Descriptor { fd, target, reads, writes, is_nonblocking: info.is_nonblocking() })
    }

    fn info_of(&mut self, pid: u32, fd: i32) -> Option<Info> {
        self.info.clear();
        read::beginning(&format!("/proc/{pid}/fdinfo/{fd}"), LONGEST_INFO, &mut self.info)?;
        Some(fdinfo::parse(&self.info))
    }

    /// Makes sure that the mounts a process sees are known, and says under which key.
    fn mounts_of(&mut self, pid: u32) -> Option<u64> {
        let namespace = rustix::fs::stat(format!("/proc/{pid}/ns/mnt").as_str())
            .map_or(u64::from(pid), |stat| stat.st_ino);
        if !self.mounts.contains_key(&namespace) {
            if self.mounts.len() >= MOST_TABLES {
                self.mounts.clear();
            }
            let mut text = Vec::new();
            read::beginning(&format!("/proc/{pid}/mountinfo"), LONGEST_MOUNTS, &mut text)?;
            self.mounts.insert(namespace, Mounts::parse(&text));
        }
        Some(namespace)
    }
}

/// The folder of a process's descriptors.
pub(super) fn folder(pid: u32) -> Result<OwnedFd, Errno> {
    read::open_with(&format!("/proc/{pid}/fd"), OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC)
}

/// How many descriptors there are: since Linux 6.2 the size of the folder.
fn told_size(folder: &OwnedFd) -> Option<u64> {
    rustix::fs::fstat(folder).ok()?.st_size.try_into().ok().filter(|&size: &u64| size > 0)
}

/// Asks for a file through its link, which opens nothing.
fn stat(folder: &OwnedFd, name: &str) -> Option<Stat> {
    let stat = rustix::fs::statat(folder, name, AtFlags::empty()).ok()?;
    Some(Stat {
        kind: FileType::from_raw_mode(stat.st_mode),
        device: stat.st_dev,
        is_device: stat.st_rdev,
        inode: stat.st_ino,
        size: stat.st_size.try_into().unwrap_or(0),
    })
}

/// Whether a descriptor is open for reading and for writing, by the mode of its link.
fn mode(folder: &OwnedFd, name: &str) -> (bool, bool) {
    rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
        .map_or((false, false), |stat| (stat.st_mode & 0o400 != 0, stat.st_mode & 0o200 != 0))
}

/// The descriptors among these that the threads of a process wait on may lie beyond what was read: those are read now.
pub(super) fn missing(known: &[Descriptor], wanted: &[i32]) -> Vec<i32> {
    let has: HashSet<_> = known.iter().map(|descriptor| descriptor.fd).collect();
    wanted.iter().copied().filter(|fd| *fd >= 0 && !has.contains(fd)).collect()
}

/// The files that are open, as `/proc/locks` names them.
pub(super) fn file_of(descriptor: &Descriptor) -> Option<super::locks::FileId> {
    match descriptor.target {
        Target::File { device, inode, .. } => Some(super::locks::FileId::new(device, inode)),
        _ => None,
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "opens files and starts who has many")]
mod tests {
    use super::*;
    use rustix::event::{EventfdFlags, epoll, eventfd};
    use rustix::fs::Mode;
    use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt};
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use std::io::{Read as _, Seek as _, Write as _};
    use std::os::fd::{AsFd, AsRawFd as _};

    fn own(fd: impl AsFd) -> Descriptor {
        let number = fd.as_fd().as_raw_fd();
        let (open, count, _) = of(std::process::id());
        assert!(count.is_some_and(|count| count >= open.len() as u64));
        let found = open.into_iter().find(|descriptor| descriptor.fd == number).expect("it is open");
        let alone = DescriptorReader::default().one(std::process::id(), number).expect("it is open");
        // Time passes between two looks at a timer.
        let is_timer = matches!(alone.target, Target::Timer { .. });
        assert!(alone == found || is_timer, "{alone:?}");
        found
    }

    #[test]
    fn pipes_and_sockets_are_told_by_their_inodes() {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let inode = rustix::fs::fstat(&reader).expect("it is open").st_ino;
        let (end, other) = (own(&reader), own(&writer));
        let pipe = Target::Pipe { inode, waiting: None };
        assert_eq!((&end.target, end.reads, end.writes, end.is_nonblocking), (&pipe, true, false, false));
        assert_eq!((&other.target, other.reads, other.writes), (&pipe, false, true));
        let (one, _other) = std::os::unix::net::UnixStream::pair().expect("a pair");
        one.set_nonblocking(true).expect("it is a socket");
        let inode = rustix::fs::fstat(&one).expect("it is open").st_ino;
        let end = own(&one);
        assert_eq!(
            (end.target, end.reads, end.writes, end.is_nonblocking),
            (Target::Socket { inode }, true, true, true)
        );
    }

    #[test]
    fn files_named_pipes_and_terminals_are_told_by_their_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().canonicalize().expect("it is there").join("rows");
        let mut file = std::fs::File::create_new(&path).expect("it can be made");
        file.write_all(b"12345678").expect("there is room");
        file.seek(std::io::SeekFrom::Start(3)).expect("it is long enough");
        let stat = rustix::fs::fstat(&file).expect("it is open");
        let found = own(&file);
        let Target::File { path: told, inode, position, size, .. } = found.target else {
            unreachable!("it is a file: {found:?}")
        };
        assert_eq!((told.as_str(), inode, position), (path.to_str().expect("plain"), stat.st_ino, 3));
        // A test may run on a file system that has a server; then nobody is asked.
        assert!(size.is_none_or(|size| size == 8), "{size:?}");
        assert_eq!((found.reads, found.writes), (true, true), "a file that is made anew is opened for both");

        let fifo = path.with_file_name("line");
        rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, Mode::RUSR | Mode::WUSR).expect("it can be made");
        let end = rustix::fs::open(&fifo, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())
            .expect("both ends at once");
        if size.is_some() {
            assert!(
                matches!(own(&end).target, Target::Fifo { path, .. } if path == fifo.to_str().expect("plain"))
            );
        }

        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        unlockpt(&master).expect("it is ours");
        let slave =
            ioctl_tiocgptpeer(&master, OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("its other side");
        assert!(matches!(own(&slave).target, Target::Terminal { path } if path.starts_with("/dev/pts/")));
        assert!(matches!(own(&master).target, Target::Other { .. }));
    }

    #[test]
    fn what_wakes_an_event_loop_is_told() {
        let event = eventfd(7, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).expect("an eventfd");
        let other = eventfd(0, EventfdFlags::CLOEXEC).expect("another");
        let (Target::Event { id, count }, Target::Event { id: other_id, .. }) =
            (own(&event).target, own(&other).target)
        else {
            unreachable!("they are eventfds")
        };
        assert_eq!(count, 7);
        assert_ne!(id, other_id);

        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC).expect("a timer");
        assert_eq!(own(&timer).target, Target::Timer { next: None });
        let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
        let set = Itimerspec { it_interval: zero, it_value: Timespec { tv_sec: 500, tv_nsec: 0 } };
        timerfd_settime(&timer, TimerfdTimerFlags::empty(), &set).expect("it can be set");
        let Target::Timer { next: Some(next) } = own(&timer).target else { unreachable!("it is set") };
        assert!((400.0..=500.0).contains(&next), "{next}");

        let set = epoll::create(epoll::CreateFlags::CLOEXEC).expect("a set");
        for (watched, flags) in [(&event, epoll::EventFlags::IN), (&timer, epoll::EventFlags::OUT)] {
            epoll::add(&set, watched, epoll::EventData::new_u64(0), flags).expect("it can be watched");
        }
        let Target::Epoll { mut watched } = own(&set).target else { unreachable!("it is a set") };
        watched.sort_unstable();
        // The kernel adds errors and hang-ups, 0x18.
        let mut expected = [(event.as_raw_fd(), 0x19), (timer.as_raw_fd(), 0x1c)];
        expected.sort_unstable();
        assert_eq!(watched, expected);

        let pidfd = read::pidfd(std::process::id()).expect("itself");
        assert_eq!(own(&pidfd).target, Target::Process { pid: Some(std::process::id()) });
        let notify =
            rustix::fs::inotify::init(rustix::fs::inotify::CreateFlags::CLOEXEC).expect("an inotify");
        assert_eq!(own(&notify).target, Target::Notify);
    }

    #[test]
    fn very_many_are_counted_and_the_first_are_read() {
        let script = "ulimit -n 6000 2>/dev/null && exec 2>/dev/null; i=10; while [ $i -lt 40 ]; do eval \"exec $i>/dev/null\"; i=$((i+1)); done; echo .; exec sleep 20";
        let mut child = std::process::Command::new("bash")
            .args(["-c", script])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("bash(1) exists");
        child.stdout.as_mut().expect("it is a pipe").read_exact(&mut [0]).expect("it says so");
        let mut reader = DescriptorReader { read: MOST_IN_ALL, ..DescriptorReader::default() };
        let (open, count, problems) = reader.of(child.id());
        child.kill().expect("it sleeps");
        let _ = child.wait();
        assert!(open.len() >= 33 && count == Some(open.len() as u64), "{count:?} {problems:?}");
        let folder = folder(std::process::id()).expect("its own");
        let (first, _) = reader.list(&folder, 2);
        assert_eq!(first.len(), 2);
        assert_eq!(of(child.id()), (Vec::new(), None, Vec::new()), "gone is no problem");
    }
}
