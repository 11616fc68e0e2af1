//! Asks the kernel what a process holds open. The edge of [`super::descriptors`].
//!
//! Links are read and files are asked for their size through `/proc/PID/fd`; nothing there is ever opened, for a
//! pipe, a terminal or a tape would notice.

use std::collections::HashMap;
use std::mem::MaybeUninit;
use std::time::Duration;

use rustix::fs::{AtFlags, OFlags, RawDir};
use rustix::io::Errno;

use super::descriptors::{self, Position, Target, local_mounts};
use super::inputs::Place;
use super::read::{self, Reader};
use crate::model::clock::{self, Moment};

/// Bytes of one listing: some 300 descriptors. Who has more is looked at in parts.
const LISTING: usize = 8 * 1024;
/// Bytes of a table of mounts that are read.
const LONGEST_MOUNTS: usize = 256 * 1024;
/// Bytes of a table of sockets that are read: some 14,000 connections.
const LONGEST_TABLE: usize = 2 << 20;
/// How long it is believed of a mount what it is.
const KNOWN_FOR: Duration = Duration::from_mins(1);
/// Paths that are longer are cut, and are then no input.
const LONGEST_LINK: usize = 1_100;

/// One descriptor, as its link and the mode of the link tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held<'a> {
    /// Its number.
    pub fd: u32,
    /// What it leads to.
    pub target: Target<'a>,
    /// It was opened for reading, perhaps among others.
    pub reads: bool,
    /// It was opened for writing, perhaps among others.
    pub writes: bool,
}

/// Asks for descriptors, with its own buffers.
#[derive(Debug)]
pub struct HoldingsReader {
    reader: Reader,
    listing: Vec<u8>,
    fds: Vec<u32>,
    /// Mounts that were looked for, and whether a stat(2) there can wait for nobody. Their numbers are given again.
    known: HashMap<u32, bool>,
    known_since: Moment,
}

impl Default for HoldingsReader {
    fn default() -> Self {
        Self {
            reader: Reader::default(),
            listing: Vec::with_capacity(LISTING),
            fds: Vec::new(),
            known: HashMap::new(),
            known_since: Moment::default(),
        }
    }
}

impl HoldingsReader {
    /// Hands out the descriptors of a process from `from` on, as many as one listing holds, and says where to go on;
    /// `None` when that was all of them.
    pub fn each(
        &mut self,
        pid: u32,
        from: u32,
        mut take: impl FnMut(Held<'_>),
    ) -> Result<(usize, Option<u32>), Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = read::open_with(&format!("/proc/{pid}/fd"), flags)?;
        // The place in this folder is the number of the descriptor, after `.` and `..`.
        rustix::fs::seek(&folder, rustix::fs::SeekFrom::Start(u64::from(from) + 2))?;
        self.fds.clear();
        let mut entries = RawDir::new(&folder, self.listing.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = entry?;
            let digits = std::str::from_utf8(entry.file_name().to_bytes()).ok();
            self.fds.extend(digits.and_then(|digits| digits.parse::<u32>().ok()));
            if entries.is_buffer_empty() {
                break;
            }
        }
        for &fd in &self.fds {
            let name = fd.to_string();
            let mut room = [MaybeUninit::uninit(); LONGEST_LINK];
            let Ok((link, _)) = rustix::fs::readlinkat_raw(&folder, name.as_str(), &mut room) else {
                continue;
            };
            let target = descriptors::target(link);
            if target == Target::Other {
                continue;
            }
            let Ok(stat) = rustix::fs::statat(&folder, name.as_str(), AtFlags::SYMLINK_NOFOLLOW) else {
                continue;
            };
            let (reads, writes) = (stat.st_mode & 0o400 != 0, stat.st_mode & 0o200 != 0);
            take(Held { fd, target, reads, writes });
        }
        let is_cut = self.fds.len() >= LISTING / 32;
        Ok((self.fds.len(), self.fds.last().filter(|_| is_cut).map(|last| last + 1)))
    }

    /// Where a descriptor stands in the file `path`; `None` when it leads elsewhere by now, or is closed.
    pub fn position(&mut self, place: Place, path: &[u8]) -> Option<Position> {
        let Place { pid, fd } = place;
        let mut room = [MaybeUninit::uninit(); LONGEST_LINK];
        let link = format!("/proc/{pid}/fd/{fd}");
        let (found, _) = rustix::fs::readlinkat_raw(rustix::fs::CWD, link.as_str(), &mut room).ok()?;
        if found != path {
            return None;
        }
        let text = self.reader.file(&format!("/proc/{pid}/fdinfo/{fd}")).ok()?;
        descriptors::position(text).filter(|position| position.is_for_reading())
    }

    /// The size of a regular file behind a descriptor; `None` where asking might have to wait for a server. It is asked
    /// for by the descriptor's link, which opens nothing.
    pub fn size(&mut self, place: Place, position: Position) -> Option<u64> {
        let Place { pid, fd } = place;
        if !self.is_local(pid, position.mount) {
            return None;
        }
        let stat = rustix::fs::stat(format!("/proc/{pid}/fd/{fd}").as_str()).ok()?;
        let is_file = rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file();
        is_file.then(|| u64::try_from(stat.st_size).ok()).flatten()
    }

    fn is_local(&mut self, pid: u32, mount: u32) -> bool {
        let now = clock::now();
        if self.known.len() >= 256 || now.since(self.known_since) >= KNOWN_FOR {
            self.known.clear();
            self.known_since = now;
        }
        if let Some(&is_local) = self.known.get(&mount) {
            return is_local;
        }
        let is_local = mounts(pid).is_some_and(|text| local_mounts(&text).contains(&mount));
        self.known.insert(mount, is_local);
        is_local
    }
}

/// The table of mounts that a process sees.
fn mounts(pid: u32) -> Option<Vec<u8>> {
    whole(&format!("/proc/{pid}/mountinfo"), LONGEST_MOUNTS)
}

/// The tables of TCP sockets in the network that a process lives in.
pub fn network_tables(pid: u32) -> Vec<Vec<u8>> {
    let table = |name: &str| whole(&format!("/proc/{pid}/net/{name}"), LONGEST_TABLE);
    ["tcp", "tcp6"].into_iter().filter_map(table).collect()
}

fn whole(path: &str, most: usize) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    read::beginning(path, most, &mut text)?;
    Some(text)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "opens files to look at them")]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::os::fd::AsRawFd as _;

    /// A file of so many bytes that is nowhere else.
    fn file(bytes: usize) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rows.csv");
        std::fs::write(&path, vec![b'x'; bytes]).expect("it can be written");
        (folder, path)
    }

    #[test]
    fn an_open_file_tells_its_place_and_size() {
        let (_folder, path) = file(5_000);
        let mut open = std::fs::File::open(&path).expect("it is there");
        open.read_exact(&mut [0; 1_200]).expect("it is long enough");
        let place = Place { pid: std::process::id(), fd: open.as_raw_fd() as u32 };
        let mut holdings = HoldingsReader::default();
        let mut found = None;
        let path = path.canonicalize().expect("it is there");
        let path = path.as_os_str().as_encoded_bytes();
        let looked = holdings.each(place.pid, 0, |held| {
            if held.fd == place.fd {
                found = Some((held.target == Target::File(path), held.reads, held.writes));
            }
        });
        assert_eq!((found, looked.expect("its own").1), (Some((true, true, false)), None));
        let position = holdings.position(place, path).expect("it is open");
        assert_eq!(position.offset, 1_200);
        let is_local = holdings.is_local(place.pid, position.mount);
        assert_eq!(holdings.size(place, position), is_local.then_some(5_000));
        assert_eq!(holdings.position(place, b"/elsewhere"), None);
        drop(open);
        assert_eq!(holdings.position(place, path), None);
    }

    #[test]
    fn both_ends_of_a_pipe_are_told_apart() {
        let (reader, mut writer) = std::io::pipe().expect("a pipe");
        writer.write_all(b"12345").expect("there is room");
        let mut ends = Vec::new();
        HoldingsReader::default()
            .each(std::process::id(), 0, |held| {
                if [reader.as_raw_fd(), writer.as_raw_fd()].contains(&(held.fd as i32)) {
                    let Target::Pipe(inode) = held.target else { panic!("{held:?}") };
                    ends.push((inode, held.reads, held.writes));
                }
            })
            .expect("its own");
        ends.sort_by_key(|&(_, reads, _)| !reads);
        let [(one, true, false), (other, false, true)] = ends[..] else { panic!("{ends:?}") };
        assert_eq!(one, other);
    }

    #[test]
    fn who_has_many_descriptors_is_looked_at_in_parts() {
        let open: Vec<_> = (0..700).map(|_| std::fs::File::open("/dev/null").expect("it is there")).collect();
        let (mut from, mut seen, mut parts) = (0, 0, 0);
        let mut holdings = HoldingsReader::default();
        loop {
            let (looked, next) = holdings.each(std::process::id(), from, |_| ()).expect("its own");
            seen += looked;
            parts += 1;
            let Some(next) = next else { break };
            from = next;
        }
        assert!(seen >= open.len() && parts >= 2, "{seen} in {parts}");
    }
}
