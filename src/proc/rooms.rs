#![expect(clippy::disallowed_methods, reason = "edge: reads what a job may still have")]
//! What a job uses of what runs out: descriptors of each member, processes and threads, disk space. On a budget: a few
//! members in each round, those first that have used up half.

use std::collections::BTreeMap;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::cgroup::{self, Group};
use super::disk::{DiskReader, Place};
use super::parse;
use super::read::{self, Reader};
use super::usertasks::UserTasks;
use crate::model::clock::Moment;
use crate::model::member::MemberId;
use crate::model::reading::MemberReading;
use crate::model::room::{RoomKind, RoomReading};
use crate::model::text::Text;
use crate::scan::redact::redact;

/// Members whose descriptors are counted in one round, in turn; and those that are watched for having used up half.
const COUNTED_A_ROUND: usize = 8;
const WATCHED: usize = 32;
/// What is less full than this is not told at all.
const WORTH_TELLING: f64 = 0.5;
/// Limits of the machine and of groups are looked up again after so many rounds.
const LOOK_UP_EVERY: u64 = 30;
/// Members whose open files are looked through for file systems, and files of each.
const WRITERS: usize = 8;
const FILES_OF_EACH: usize = 32;

/// Reads what one job may still have.
#[derive(Debug, Default)]
pub struct RoomReader {
    reader: Reader,
    round: u64,
    cursor: u32,
    /// Members that had used up half of their descriptors.
    watched: BTreeMap<u32, u64>,
    tasks_max: Option<u64>,
    of_user: UserTasks,
    groups: Vec<Group>,
    disks: DiskReader,
    /// The job's temporary folder; looked up again with the limits.
    temporary: Option<String>,
}

impl RoomReader {
    /// What was read in this round, and what could not be.
    pub fn read(
        &mut self,
        root: u32,
        members: &[MemberReading],
        now: Moment,
    ) -> (Vec<RoomReading>, Option<Text>) {
        if self.round.is_multiple_of(LOOK_UP_EVERY) {
            self.look_up(root);
            self.temporary = None;
        }
        self.round += 1;
        let mut rooms = self.descriptors(members);
        rooms.extend(self.of_user.room(members, &mut self.reader));
        rooms.extend(self.tasks().filter(|room| room.used as f64 >= WORTH_TELLING * room.limit as f64));
        let (reader, temporary) = (&mut self.reader, &mut self.temporary);
        let (disks, problem) = self.disks.read(now, || {
            let temporary = temporary.get_or_insert_with(|| temporary_folder(root, reader));
            places(root, members, temporary, reader)
        });
        let is_half_used = |room: &RoomReading| room.used as f64 >= WORTH_TELLING * room.limit as f64;
        rooms.extend(disks.into_iter().filter(|room| room.kind == RoomKind::Disk || is_half_used(room)));
        (rooms, problem)
    }

    fn look_up(&mut self, root: u32) {
        let mut number = |path: &str| self.reader.file(path).ok().and_then(parse::whole_number);
        let maxima = [number("/proc/sys/kernel/threads-max"), number("/proc/sys/kernel/pid_max")];
        self.tasks_max = maxima.into_iter().flatten().min();
        let text = |path: &str| std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        if let (Ok(of_root), Ok(mounts)) =
            (text(&format!("/proc/{root}/cgroup")), text("/proc/self/mountinfo"))
        {
            self.groups = cgroup::groups_of(&of_root, &mounts, "pids");
        }
    }

    fn descriptors(&mut self, members: &[MemberReading]) -> Vec<RoomReading> {
        let alive = || members.iter().filter(|member| member.exit.is_none());
        let from = members.partition_point(|member| member.id.pid() <= Some(self.cursor));
        let (later, first) = (members[from..].iter(), members[..from].iter());
        let in_turn = later.chain(first).filter(|member| member.exit.is_none()).take(COUNTED_A_ROUND);
        let watched = alive().filter(|member| is_watched(&self.watched, &member.id)).take(WATCHED);
        let chosen: BTreeMap<u32, &MemberReading> =
            watched.chain(in_turn.clone()).filter_map(|member| Some((member.id.pid()?, member))).collect();
        self.cursor = in_turn.last().and_then(|member| member.id.pid()).unwrap_or(0);
        self.watched.clear();
        let mut rooms = Vec::new();
        for (pid, member) in chosen {
            let Some(room) = self.descriptors_of(pid, member) else { continue };
            if room.used as f64 >= WORTH_TELLING * room.limit as f64 {
                if let MemberId::Process { pid, start } = member.id {
                    self.watched.insert(pid, start);
                }
                rooms.push(room);
            }
        }
        rooms
    }

    fn descriptors_of(&mut self, pid: u32, member: &MemberReading) -> Option<RoomReading> {
        let limits = self.reader.file(&format!("/proc/{pid}/limits")).ok()?;
        self.of_user.see(&member.id, limits);
        let limit = parse::soft_limit(limits, "Max open files ")?;
        let used = count_files(&format!("/proc/{pid}/fd"))?;
        let scope = Text::from(format!("process {pid} ({})", member.about.name));
        Some(RoomReading {
            kind: RoomKind::Descriptors,
            scope,
            subject: Some(member.id.clone()),
            used,
            limit,
        })
    }

    /// Processes and threads of the machine, and of the control groups that count them.
    fn tasks(&mut self) -> impl Iterator<Item = RoomReading> {
        let all = self.reader.file("/proc/loadavg").ok().and_then(parse::tasks);
        let room = |scope: Text, used: u64, limit: u64| RoomReading {
            kind: RoomKind::Tasks,
            scope,
            subject: None,
            used,
            limit,
        };
        let host = all.zip(self.tasks_max).map(|(used, limit)| room(Text::from("this machine"), used, limit));
        let of_group = |group: &Group| {
            let number = |file: &str| parse::whole_number(&std::fs::read(group.folder.join(file)).ok()?);
            let scope = Text::from(format!("cgroup {}", group.path));
            Some(room(scope, number("pids.current")?, number("pids.max")?))
        };
        let groups: Vec<_> = self.groups.iter().filter_map(of_group).collect();
        host.into_iter().chain(groups)
    }
}

fn is_watched(watched: &BTreeMap<u32, u64>, id: &MemberId) -> bool {
    matches!(id, MemberId::Process { pid, start } if watched.get(pid) == Some(start))
}

/// Open files of a process: since Linux 6.2 the size of the folder, before that what is in it.
fn count_files(folder: &str) -> Option<u64> {
    let size = rustix::fs::stat(folder).ok()?.st_size;
    if size > 0 {
        return size.try_into().ok();
    }
    let fd = read::open_with(folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC).ok()?;
    let (mut buffer, mut files) = (Vec::with_capacity(8 * 1024), Vec::new());
    read::pids(&fd, &mut buffer, &mut files).ok()?;
    Some(files.len() as u64)
}

fn temporary_folder(root: u32, reader: &mut Reader) -> String {
    let folder = reader.file(&format!("/proc/{root}/environ")).ok().and_then(parse::temporary_folder);
    folder.unwrap_or_else(|| "/tmp".to_owned())
}

/// Where the job writes: its working folder, its temporary folders, and the files that are open for writing.
fn places(root: u32, members: &[MemberReading], temporary: &str, reader: &mut Reader) -> Vec<Place> {
    let own = format!("/proc/{root}");
    let called = |what: &str, path: &Path| Text::new(&redact(&format!("{what} {}", path.display())));
    let cwd = std::fs::read_link(format!("{own}/cwd")).unwrap_or_default();
    let mut places = vec![
        (format!("{own}/cwd"), called("its folder", &cwd)),
        (format!("{own}/root{temporary}"), called("its temporary folder", Path::new(temporary))),
        (format!("{own}/root/dev/shm"), Text::from("shared memory /dev/shm")),
    ];
    for pid in members
        .iter()
        .filter(|member| member.exit.is_none())
        .take(WRITERS)
        .filter_map(|member| member.id.pid())
    {
        for (link, path) in written_files(pid, reader) {
            places.push((link, called("the disk of", &path)));
        }
    }
    places
}

/// Files that a process has open for writing, as paths in `/proc`, and their own.
fn written_files(pid: u32, reader: &mut Reader) -> Vec<(String, PathBuf)> {
    let folder = format!("/proc/{pid}/fd");
    let Ok(fd) = read::open_with(&folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC) else {
        return Vec::new();
    };
    let (mut buffer, mut files) = (Vec::with_capacity(8 * 1024), Vec::new());
    // What was listed before an error is as good.
    let _ = read::pids(&fd.as_fd().try_clone_to_owned().unwrap_or(fd), &mut buffer, &mut files);
    let written = files.into_iter().take(FILES_OF_EACH).filter_map(|file| {
        let link = format!("{folder}/{file}");
        let path = std::fs::read_link(&link).ok().filter(|path| path.is_absolute())?;
        let is_device = ["/dev", "/proc", "/sys"].iter().any(|folder| path.starts_with(folder));
        let info = reader.file(&format!("/proc/{pid}/fdinfo/{file}")).ok()?;
        (!is_device && parse::is_open_for_writing(info)).then_some((link, path))
    });
    written.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proc::tree::TreeReader;
    use std::io::Read as _;
    use std::process::{Command, Stdio};

    #[test]
    fn a_process_that_has_used_up_its_descriptors_is_named_and_so_are_its_disks() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let script = "ulimit -S -n 8; exec 3>a 4>a 5>a 6>a; echo .; read line";
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).current_dir(folder.path());
        let mut child = command.spawn().expect("sh(1) exists");
        child.stdout.as_mut().expect("it is a pipe").read_exact(&mut [0]).expect("it says so");
        let members = TreeReader::new(child.id(), Vec::new(), 100).expect("it lives").read().members;
        let mut reader = RoomReader::default();
        let (rooms, _) = reader.read(child.id(), &members, Moment::from_millis(0));
        let room = rooms.iter().find(|room| room.kind == RoomKind::Descriptors).expect("it is nearly full");
        // Whoever runs the tests may leave it more than three.
        assert!(room.used >= 7, "{room:?}");
        assert_eq!((room.limit, room.subject.as_ref()), (8, Some(&members[0].id)));
        let places = places(child.id(), &members, "/tmp", &mut Reader::default());
        let file = format!("the disk of {}", folder.path().join("a").display());
        assert!(places.iter().any(|(_, name)| name.as_str() == file), "{places:?}");
        assert_eq!(places[0].1.as_str(), format!("its folder {}", folder.path().display()));
        drop(child.stdin.take());
        let _ = child.wait();
    }

    #[test]
    fn a_group_that_counts_tasks_is_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let group =
            Group { version: cgroup::Version::V2, folder: folder.path().to_owned(), path: "/batch".into() };
        let mut reader = RoomReader { groups: vec![group], ..RoomReader::default() };
        std::fs::write(folder.path().join("pids.current"), "58\n").expect("written");
        for (max, told) in [("64\n", Some((58, 64))), ("max\n", None)] {
            std::fs::write(folder.path().join("pids.max"), max).expect("written");
            let found = reader.tasks().find(|room| room.scope.as_str() == "cgroup /batch");
            assert_eq!(found.map(|room| (room.used, room.limit)), told);
        }
    }
}
