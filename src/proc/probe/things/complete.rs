//! Fills in what connects the members of a job with each other and with the rest of the machine. Every step is bounded;
//! what was left out is a sentence.

use std::collections::BTreeSet;

use super::descriptors::DescriptorReader;
use super::ends::{self, Wanted};
use super::groups::{self, Counters};
use super::{filelocks, outside, scan, sockets, space};
use crate::model::evidence::{Evidence, Process, Target};
use crate::proc::inputs::Place;
use crate::proc::tap;

/// Pipes that are asked how much waits in them, and ends of one that are tried.
const MOST_PIPES: usize = 256;
const MOST_ENDS: usize = 4;

/// Fills in all things at the end of the window. `before` was read near its beginning; `describe` tells of a process that
/// is no member.
pub fn complete(evidence: &mut Evidence, before: &Counters, describe: impl Fn(u32) -> Option<Process>) {
    let mut reader = DescriptorReader::default();
    let mut problems = Vec::new();
    for process in evidence.processes.iter_mut().filter(|process| process.is_member) {
        let waited: Vec<i32> = ends::waited(process).into_iter().collect();
        outside::add(process, &waited, &mut reader);
    }
    let waited_on = ends::waited_on(evidence);
    let (sockets, said) = sockets::read(evidence, &waited_on.sockets);
    evidence.sockets = sockets;
    problems.extend(said);
    problems.extend(locks_and_ends(evidence, &waited_on, &mut reader, describe));
    fill_pipes(evidence, &waited_on);
    problems.extend(groups::complete(evidence, before));
    let (rooms, said) = space::read(evidence, &mut reader);
    evidence.rooms = rooms;
    problems.extend(said);
    evidence.problems.extend(problems);
}

/// File locks, and the processes at the other ends: they are looked for together, in one scan.
fn locks_and_ends(
    evidence: &mut Evidence,
    waited_on: &Wanted,
    reader: &mut DescriptorReader,
    describe: impl Fn(u32) -> Option<Process>,
) -> Vec<String> {
    let (held, mut problems) = filelocks::relevant(evidence);
    let mut wanted = ends::far_ends(evidence, waited_on);
    wanted.paths.extend(filelocks::wanted(evidence, &held, reader).paths);
    let relatives = ends::relatives(evidence);
    let mut found = scan::Found::default();
    if !wanted.is_empty() {
        let is_known =
            |process: &&Process| process.descriptor_count == Some(process.descriptors.len() as u64);
        let but: BTreeSet<u32> = evidence.members().filter(is_known).map(|process| process.pid).collect();
        found = scan::look(&wanted, evidence.root, &but);
    }
    let mut left_out = outside::join(evidence, &found.places, &relatives, reader, &describe);
    evidence.locks = filelocks::resolved(evidence, &held, reader);
    let in_the_way = filelocks::in_the_way(evidence);
    left_out += outside::join(evidence, &[], &in_the_way, reader, &describe);
    if left_out > 0 {
        problems
            .push(format!("{left_out} more processes hold the other end of something and are not described"));
    }
    if found.left_out > 0 {
        problems.push(format!(
            "there was no time to look at what {} other processes have open: one of them may be at the other end",
            found.left_out
        ));
    }
    if found.hidden > 0 && ends::unanswered(evidence, &wanted) > 0 {
        problems.push(format!(
            "what {} other processes have open is not shown to this user: ask as root to see whether one of them is at the other end",
            found.hidden
        ));
    }
    problems
}

/// Asks how many bytes wait in the pipes that somebody waits on, through a reading end of any known process.
fn fill_pipes(evidence: &mut Evidence, waited_on: &Wanted) {
    for pipe in waited_on.pipes.iter().take(MOST_PIPES) {
        let ends = evidence.processes.iter().flat_map(|process| {
            let is_reading = |target: &Target| matches!(target, Target::Pipe { inode, .. } if inode == pipe);
            let ends = process.descriptors.iter().filter(move |end| end.reads && is_reading(&end.target));
            ends.filter_map(move |end| Some(Place { pid: process.pid, fd: end.fd.try_into().ok()? }))
        });
        let Some(bytes) = ends.take(MOST_ENDS).find_map(|end| tap::waiting(end, *pipe).ok()) else {
            continue;
        };
        for descriptor in evidence.processes.iter_mut().flat_map(|process| &mut process.descriptors) {
            if let Target::Pipe { inode, waiting } = &mut descriptor.target
                && inode == pipe
            {
                *waiting = Some(bytes);
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "starts who is at the other end")]
mod tests {
    use super::*;
    use crate::model::evidence::{Thread, Wait};
    use crate::proc::probe::things::descriptors;
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
    use std::os::unix::net::UnixStream;
    use std::process::{Child, Command, Stdio};

    /// Somebody who holds this as descriptor 0 and ends by itself, or before.
    struct Holder(Child);

    impl Holder {
        fn of(end: impl Into<OwnedFd>) -> Self {
            let mut command = Command::new("sleep");
            command.arg("20").stdin(Stdio::from(end.into())).stdout(Stdio::null());
            Self(command.spawn().expect("sleep(1) exists"))
        }
    }

    impl Drop for Holder {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    /// This very process, waiting for something.
    fn waiting(wait: Wait) -> Evidence {
        let pid = std::process::id();
        let (descriptors, descriptor_count, problems) = descriptors::of(pid);
        let threads = vec![Thread { tid: pid, wait, ..Thread::default() }];
        let process =
            Process { pid, is_member: true, descriptors, descriptor_count, threads, ..Process::default() };
        let mut evidence = Evidence { root: pid, processes: vec![process], problems, ..Evidence::default() };
        let before = Counters::read(&evidence);
        complete(&mut evidence, &before, |pid| Some(Process { pid, ..Process::default() }));
        evidence
    }

    fn inode(fd: impl AsFd) -> u64 {
        rustix::fs::fstat(fd).expect("it is open").st_ino
    }

    #[test]
    fn the_writer_of_a_pipe_and_what_waits_in_it_are_told() {
        let (reader, mut writer) = std::io::pipe().expect("a pipe");
        writer.write_all(b"12345").expect("there is room");
        let holder = Holder::of(writer);
        let evidence = waiting(Wait::Read { fd: reader.as_raw_fd() });
        let pipe = Target::Pipe { inode: inode(&reader), waiting: Some(5) };
        let outside = evidence.process(holder.0.id()).expect("it is told");
        let end = outside.descriptor(0).expect("it holds it");
        assert_eq!((&end.target, end.reads, end.writes, outside.is_member), (&pipe, false, true, false));
        let own = evidence.process(std::process::id()).expect("itself");
        assert_eq!(own.descriptor(reader.as_raw_fd()).map(|end| &end.target), Some(&pipe));
    }

    #[test]
    fn what_nobody_waits_on_is_not_looked_for() {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let holder = Holder::of(writer);
        let evidence = waiting(Wait::Sleep);
        assert_eq!(evidence.process(holder.0.id()), None);
        let own = evidence.process(std::process::id()).expect("itself");
        let end = own.descriptor(reader.as_raw_fd()).map(|end| &end.target);
        assert_eq!(end, Some(&Target::Pipe { inode: inode(&reader), waiting: None }));
    }

    #[test]
    fn the_other_ends_of_sockets_are_told() {
        let (unix, far_unix) = UnixStream::pair().expect("a pair");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let tcp = TcpStream::connect(listener.local_addr().expect("it is bound")).expect("it listens");
        let far_tcp = listener.accept().expect("somebody asks").0;
        (&far_tcp).write_all(b"123").expect("there is room");
        for (near, far, kind) in [
            (OwnedFd::from(unix), OwnedFd::from(far_unix), "unix"),
            (OwnedFd::from(tcp), OwnedFd::from(far_tcp), "tcp"),
        ] {
            let far_inode = inode(&far);
            let holder = Holder::of(far);
            let evidence = waiting(Wait::Poll { fds: vec![(near.as_raw_fd(), 1)] });
            let socket = evidence.socket(inode(&near)).expect("it is told");
            assert_eq!((socket.kind.as_str(), socket.state.as_str()), (kind, "established"));
            assert_eq!((socket.peer, socket.unread), (Some(far_inode), if kind == "tcp" { 3 } else { 0 }));
            assert!(evidence.socket(far_inode).is_some());
            let outside = evidence.process(holder.0.id()).expect("it is told");
            assert_eq!(
                outside.descriptor(0).map(|end| &end.target),
                Some(&Target::Socket { inode: far_inode })
            );
        }
    }

    #[test]
    fn a_connection_that_nobody_takes_leads_to_who_listens() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("socket");
        let unix = std::os::unix::net::UnixListener::bind(&path).expect("a name");
        let waits_unix = UnixStream::connect(&path).expect("it listens");
        let tcp = TcpListener::bind("127.0.0.1:0").expect("a port");
        let waits_tcp = TcpStream::connect(tcp.local_addr().expect("it is bound")).expect("it listens");
        for (near, far) in
            [(OwnedFd::from(waits_unix), OwnedFd::from(unix)), (OwnedFd::from(waits_tcp), OwnedFd::from(tcp))]
        {
            let far_inode = inode(&far);
            let holder = Holder::of(far);
            let evidence = waiting(Wait::Read { fd: near.as_raw_fd() });
            assert_eq!(evidence.socket(inode(&near)).and_then(|socket| socket.peer), Some(far_inode));
            assert_eq!(evidence.socket(far_inode).map(|socket| socket.state.as_str()), Some("listen"));
            assert!(evidence.process(holder.0.id()).is_some());
        }
    }

    #[test]
    fn rooms_are_filled_in() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().canonicalize().expect("it is there").join("rows");
        let mut file = std::fs::File::create(&path).expect("it can be made");
        file.write_all(b"x").expect("there is room");
        let evidence = waiting(Wait::Nothing);
        let own = evidence.process(std::process::id()).expect("itself");
        let has_size = own
            .descriptor(file.as_raw_fd())
            .is_some_and(|file| matches!(file.target, Target::File { size: Some(_), .. }));
        let room = evidence.rooms.iter().find(|room| room.writers.contains(&std::process::id()));
        assert_eq!(room.is_some(), has_size, "{:?}", evidence.problems);
        assert!(evidence.rooms.iter().all(|room| room.free <= room.size && room.mount.starts_with('/')));
        assert!(!evidence.rooms.is_empty(), "the working folder lies somewhere");
    }

    #[test]
    fn who_should_reap_is_told() {
        let mut child =
            Command::new("sh").args(["-c", "echo ."]).stdout(Stdio::piped()).spawn().expect("sh(1) exists");
        let mut said = String::new();
        child.stdout.take().expect("it is a pipe").read_to_string(&mut said).expect("it ends");
        let dead = Process {
            pid: child.id(),
            parent: std::process::id(),
            is_member: true,
            state: 'Z',
            ..Process::default()
        };
        let mut evidence = Evidence { root: child.id(), processes: vec![dead], ..Evidence::default() };
        complete(&mut evidence, &Counters::default(), |pid| Some(Process { pid, ..Process::default() }));
        let _ = child.wait();
        assert!(evidence.process(std::process::id()).is_some_and(|parent| !parent.is_member));
    }
}
