//! Where a descriptor leads: out of its link, of what `fdinfo` says and of what stat(2) says; pure.

use rustix::fs::{FileType, major, minor};

use super::fdinfo::Info;
use crate::model::evidence::Target;
use crate::proc::descriptors::{Target as Link, target as link_target};

/// What stat(2) says of the file behind a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// A file, a folder, a named pipe, a device.
    pub kind: FileType,
    /// The device it lies on.
    pub device: u64,
    /// The device that it is.
    pub is_device: u64,
    /// Its inode.
    pub inode: u64,
    /// Its size.
    pub size: u64,
}

/// True where stat(2) tells more than the link does: for what has a name.
pub fn has_name(link: &[u8]) -> bool {
    link.first() == Some(&b'/')
}

/// Puts together where a descriptor leads. `device` is that of the mount, for files that are not asked for more because
/// a server would have to answer.
pub fn target(link: &[u8], info: &Info, stat: Option<Stat>, device: Option<u64>) -> Target {
    match link_target(link) {
        Link::Pipe(inode) => return Target::Pipe { inode, waiting: None },
        Link::Socket(inode) => return Target::Socket { inode },
        Link::File(_) | Link::Other => {}
    }
    if let Some(target) = nameless(link, info) {
        return target;
    }
    let path = String::from_utf8_lossy(link).into_owned();
    if !has_name(link) {
        return Target::Other { link: path };
    }
    match stat {
        // Where layers lie over each other stat(2) tells of a lower one, and `/proc/locks` of the mount's own.
        Some(stat) => {
            let (device, inode) = device.zip(info.inode).unwrap_or((stat.device, stat.inode));
            named(path, info.position, Stat { device, inode, ..stat })
        }
        None if is_terminal_name(link) => Target::Terminal { path },
        None if is_of_kernel(link) => Target::Other { link: path },
        None => match (device, info.inode) {
            (Some(device), Some(inode)) => {
                Target::File { path, device, inode, position: info.position, size: None }
            }
            _ => Target::Other { link: path },
        },
    }
}

fn named(path: String, position: u64, stat: Stat) -> Target {
    match stat.kind {
        FileType::Fifo => Target::Fifo { path, inode: stat.inode },
        FileType::CharacterDevice if is_terminal(stat.is_device) => Target::Terminal { path },
        FileType::RegularFile | FileType::Directory => {
            let size = (stat.kind == FileType::RegularFile).then_some(stat.size);
            Target::File { path, device: stat.device, inode: stat.inode, position, size }
        }
        _ => Target::Other { link: path },
    }
}

/// What has no name in any folder, known by what the kernel calls it.
fn nameless(link: &[u8], info: &Info) -> Option<Target> {
    if link.starts_with(b"pidfd:[") {
        return Some(process(info));
    }
    let name = link.strip_prefix(b"anon_inode:")?;
    let name = name.strip_prefix(b"[").and_then(|name| name.strip_suffix(b"]")).unwrap_or(name);
    Some(match name {
        b"eventpoll" => Target::Epoll { watched: info.watched.clone() },
        b"eventfd" => {
            let (id, count) = info.event.unwrap_or_default();
            Target::Event { id, count }
        }
        b"timerfd" => Target::Timer { next: info.timer.flatten() },
        b"signalfd" => Target::Signals,
        b"inotify" | b"fanotify" => Target::Notify,
        b"pidfd" => process(info),
        b"io_uring" => Target::Ring,
        _ => return None,
    })
}

fn process(info: &Info) -> Target {
    Target::Process { pid: info.pid.and_then(|pid| pid.try_into().ok()).filter(|&pid: &u32| pid > 0) }
}

/// Terminals by the numbers of their devices, see the kernel's `devices.txt`: pseudo-terminals, consoles, serial lines
/// and virtual consoles. `/dev/ptmx`, the side of the one who plays the terminal, is none.
fn is_terminal(device: u64) -> bool {
    matches!((major(device), minor(device)), (136..=143 | 4 | 166 | 188 | 204 | 229, _) | (5, 0 | 1))
}

fn is_terminal_name(link: &[u8]) -> bool {
    let is_numbered = |name: &[u8]| {
        link.strip_prefix(name).is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit))
    };
    is_numbered(b"/dev/pts/") || link.starts_with(b"/dev/tty") || link == b"/dev/console"
}

fn is_of_kernel(link: &[u8]) -> bool {
    [b"/dev/".as_slice(), b"/proc/", b"/sys/"].iter().any(|folder| link.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(kind: FileType, is_device: u64) -> Stat {
        Stat { kind, device: 9, is_device, inode: 7, size: 5 }
    }

    #[test]
    fn links_without_a_name_tell_what_they_are() {
        let info = Info {
            event: Some((3, 10)),
            timer: Some(Some(1.5)),
            pid: Some(77),
            watched: vec![(4, 0x19)],
            ..Info::default()
        };
        let cases: [(&[u8], Target); 13] = [
            (b"pipe:[4711]", Target::Pipe { inode: 4_711, waiting: None }),
            (b"socket:[9]", Target::Socket { inode: 9 }),
            (b"anon_inode:[eventpoll]", Target::Epoll { watched: vec![(4, 0x19)] }),
            (b"anon_inode:[eventfd]", Target::Event { id: 3, count: 10 }),
            (b"anon_inode:[timerfd]", Target::Timer { next: Some(1.5) }),
            (b"anon_inode:[signalfd]", Target::Signals),
            (b"anon_inode:inotify", Target::Notify),
            (b"anon_inode:[fanotify]", Target::Notify),
            (b"anon_inode:[pidfd]", Target::Process { pid: Some(77) }),
            (b"pidfd:[8123]", Target::Process { pid: Some(77) }),
            (b"anon_inode:[io_uring]", Target::Ring),
            (b"anon_inode:bpf-map", Target::Other { link: "anon_inode:bpf-map".into() }),
            (b"net:[4026531840]", Target::Other { link: "net:[4026531840]".into() }),
        ];
        for (link, expected) in cases {
            assert_eq!(target(link, &info, None, None), expected);
        }
        let ended = Info { pid: Some(-1), ..Info::default() };
        assert_eq!(target(b"anon_inode:[pidfd]", &ended, None, None), Target::Process { pid: None });
    }

    #[test]
    fn names_lead_to_files_pipes_terminals_and_devices() {
        let info = Info { position: 3, inode: Some(12), ..Info::default() };
        let is_fifo = |target: Target| matches!(target, Target::Fifo { inode: 7, .. });
        assert!(is_fifo(target(b"/tmp/line", &info, Some(stat(FileType::Fifo, 0)), None)));
        let file =
            |size, device, inode| Target::File { path: "/srv/x".into(), device, inode, position: 3, size };
        assert_eq!(
            target(b"/srv/x", &info, Some(stat(FileType::RegularFile, 0)), Some(1)),
            file(Some(5), 1, 12)
        );
        assert_eq!(target(b"/srv/x", &info, Some(stat(FileType::Directory, 0)), None), file(None, 9, 7));
        assert_eq!(target(b"/srv/x", &info, None, Some(1)), file(None, 1, 12), "behind a server");
        let terminal = |path: &str| Target::Terminal { path: path.into() };
        let device = |major, minor| stat(FileType::CharacterDevice, rustix::fs::makedev(major, minor));
        assert_eq!(target(b"/dev/pts/3", &info, Some(device(136, 3)), None), terminal("/dev/pts/3"));
        assert_eq!(target(b"/dev/pts/3", &info, None, None), terminal("/dev/pts/3"));
        let other = |link: &str| Target::Other { link: link.into() };
        assert_eq!(target(b"/dev/ptmx", &info, Some(device(5, 2)), None), other("/dev/ptmx"));
        assert_eq!(target(b"/dev/pts/ptmx", &info, None, None), other("/dev/pts/ptmx"));
        assert_eq!(target(b"/dev/null", &info, Some(device(1, 3)), None), other("/dev/null"));
        assert_eq!(target(b"/srv/x", &info, None, None), other("/srv/x"), "nothing is known of it");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(link: Vec<u8>, text: Vec<u8>) {
            let info = super::super::fdinfo::parse(&text);
            let _ = target(&link, &info, None, Some(1));
        }
    }
}
