//! One member between two rounds: what is kept of it, and how it is read once more.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::io::Errno;

use super::deaths::Ways;
use super::exit;
use super::parse::{self, Stat};
use super::read::Reader;
use crate::model::member::{About, MemberId};
use crate::model::metric::Bytes;
use crate::model::process::{Exit, ProcState};
use crate::model::reading::{MemberReading, Paging};
use crate::model::text::Text;
use crate::scan::redact::redact;

/// A member that used no CPU has its I/O counters read every this many rounds.
pub(super) const QUIET_IO_ROUNDS: u64 = 8;

/// What is kept of one member between rounds.
#[derive(Debug)]
pub(super) struct Tracked {
    pub(super) start: u64,
    pub(super) adopted_in: u64,
    pub(super) about: Arc<About>,
    pub(super) comm: Box<[u8]>,
    pub(super) stat: Option<OwnedFd>,
    pub(super) pidfd: Option<OwnedFd>,
    /// How it ended, where that was learnt between two rounds.
    pub(super) exit: Option<Exit>,
    pub(super) cpu_ms: u64,
    pub(super) ran_before: bool,
    pub(super) io_denied: bool,
    pub(super) waits_for: Option<Text>,
    /// The round in which that was looked up; `None` when it has run since.
    pub(super) looked_up: Option<u64>,
}

/// Reads one member; `None` when it is gone.
pub(super) fn read_member(
    pid: u32,
    tracked: &mut Tracked,
    reader: &mut Reader,
    page: u64,
    round: u64,
    ways: Ways,
) -> Option<MemberReading> {
    let stat = stat(pid, tracked, reader)?;
    let (cpu_ms, threads, rss_pages, parent) = (stat.cpu_ms(), stat.threads, stat.rss_pages, stat.ppid);
    let paging = Paging {
        minor_faults: stat.minor_faults,
        major_faults: stat.major_faults,
        address_space: Bytes(stat.address_space),
        parts: None,
    };
    let state = ProcState::from_letter(stat.state);
    let exit = is_over(&stat).then(|| {
        let told = zombie_exit(&stat, tracked.io_denied).filter(|_| ways.has_zombies());
        tracked.exit.or(told).unwrap_or(Exit::Unknown)
    });
    let renamed = *tracked.comm != *stat.comm;
    if renamed {
        tracked.comm = Box::from(stat.comm);
    }
    // A child that was seen between fork and exec has its parent's command line, and its own may begin with the
    // same program.
    if renamed || round == tracked.adopted_in + 1 {
        look_again(pid, tracked, reader);
    }
    let ran = cpu_ms != tracked.cpu_ms;
    if ran {
        tracked.looked_up = None;
    }
    // What it did after its last reading is read in the first round in which it rests.
    let due = ran || tracked.ran_before || (round + u64::from(pid)).is_multiple_of(QUIET_IO_ROUNDS);
    let io = if due && !tracked.io_denied && exit.is_none() { read_io(pid, tracked, reader) } else { None };
    tracked.cpu_ms = cpu_ms;
    tracked.ran_before = ran;
    Some(MemberReading {
        id: MemberId::Process { pid, start: tracked.start },
        about: Arc::clone(&tracked.about),
        parent: Some(parent),
        state: Some(state),
        cpu_ms,
        rss: Some(Bytes(rss_pages.saturating_mul(page))),
        paging,
        io,
        threads,
        waits_for: None,
        busy: None,
        exit,
    })
}

/// The `stat` of a member; `None` when it is gone, or its PID was given to another.
fn stat<'a>(pid: u32, tracked: &Tracked, reader: &'a mut Reader) -> Option<Stat<'a>> {
    let text = match &tracked.stat {
        Some(fd) => reader.kept(fd),
        None => reader.file(&format!("/proc/{pid}/stat")),
    };
    text.ok().and_then(parse::stat).filter(|stat| stat.start == tracked.start)
}

/// A zombie has ended, but for one whose main thread alone has: its other threads go on.
const fn is_over(stat: &Stat<'_>) -> bool {
    matches!(ProcState::from_letter(stat.state), ProcState::Zombie) && stat.threads <= 1
}

/// A zombie's wait status. The kernel shows that of another user's process as 0, which says nothing.
fn zombie_exit(stat: &Stat<'_>, is_denied: bool) -> Option<Exit> {
    stat.exit_code.filter(|&status| status != 0 || !is_denied).map(Exit::from_wait_status)
}

/// How a member ended of which its pidfd says that it did; `None` where nothing tells that yet.
pub(super) fn how_it_ended(pid: u32, tracked: &Tracked, reader: &mut Reader, ways: Ways) -> Option<Exit> {
    let zombie = stat(pid, tracked, reader).filter(|stat| ways.has_zombies() && is_over(stat));
    zombie.and_then(|stat| zombie_exit(&stat, tracked.io_denied)).or_else(|| reaped_exit(tracked, ways))
}

/// How a member ended that is reaped, by its pidfd.
pub(super) fn reaped_exit(tracked: &Tracked, ways: Ways) -> Option<Exit> {
    tracked.pidfd.as_ref().filter(|_| ways.has_pidfds()).and_then(exit::of)
}

/// A process may have run exec(3): its name and its command line are another one then.
fn look_again(pid: u32, tracked: &mut Tracked, reader: &mut Reader) {
    let command = reader.file(&format!("/proc/{pid}/cmdline")).ok().and_then(parse::cmdline);
    let mut about = About::clone(&tracked.about);
    if let Some(line) = command {
        about.family = parse::family(&line);
        about.command = Text::new(&redact(&line));
    }
    about.name = Text::from_bytes(&tracked.comm);
    if about != *tracked.about {
        tracked.about = Arc::new(about);
    }
}

fn read_io(pid: u32, tracked: &mut Tracked, reader: &mut Reader) -> Option<(u64, u64)> {
    match reader.file(&format!("/proc/{pid}/io")) {
        Ok(text) => parse::io(text),
        Err(errno) => {
            tracked.io_denied = matches!(errno, Errno::ACCESS | Errno::PERM);
            None
        }
    }
}
