#![expect(clippy::disallowed_methods, reason = "edge: a variable for tests says which way is taken")]
//! Who of the members has ended, at once and without looking at all of them, and how.
//!
//! One epoll(7) holds the pidfds of all members. A pidfd is readable when its process has ended and once more when it
//! was reaped; told by edges, so that a zombie that nobody reaps doesn't wake us again and again. How a process ended
//! is told, in this order, by the zombie's own wait status, by its pidfd once it is reaped (Linux 6.15), or by the
//! process connector, which is listened to on older kernels only.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rustix::event::epoll;

use super::connector::Connector;
use super::exit_event::ProcessEnd;

/// Ends taken from the kernel in one call.
const AT_ONCE: usize = 64;
/// Ends taken in one look at most; the others wait for the next.
const MOST: usize = 4_096;

/// Which ways of learning of an end are taken. All but the last exist so that tests can try what older kernels do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ways {
    /// Zombies alone.
    Zombie,
    /// The process connector alone.
    Connector,
    /// None: that somebody is gone is all that is known.
    Nothing,
    /// All that this kernel has.
    #[default]
    All,
}

impl Ways {
    /// What `TELLTALE_EXITS` says; all ways where it says nothing.
    pub fn from_env() -> Self {
        match std::env::var("TELLTALE_EXITS").as_deref() {
            Ok("zombie") => Self::Zombie,
            Ok("connector") => Self::Connector,
            Ok("nothing") => Self::Nothing,
            _ => Self::All,
        }
    }

    /// Whether a zombie's wait status counts.
    pub(super) const fn has_zombies(self) -> bool {
        matches!(self, Self::All | Self::Zombie)
    }

    /// Whether a reaped process's pidfd is asked.
    pub(super) const fn has_pidfds(self) -> bool {
        matches!(self, Self::All)
    }
}

/// Watches for the ends of members.
#[derive(Debug)]
pub(super) struct Deaths {
    pub(super) ways: Ways,
    epoll: Option<OwnedFd>,
    connector: Option<Connector>,
}

impl Deaths {
    pub(super) fn new(ways: Ways) -> Self {
        let needs_connector = match ways {
            Ways::All => !pidfds_tell(&release()),
            Ways::Connector => true,
            Ways::Zombie | Ways::Nothing => false,
        };
        Self {
            ways,
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC).ok(),
            connector: needs_connector.then(Connector::open).flatten(),
        }
    }

    /// Watches for the end of one more process, for as long as this descriptor is open.
    pub(super) fn watch(&self, pid: u32, pidfd: &OwnedFd) {
        if let Some(epoll) = &self.epoll {
            let (data, edges) = (epoll::EventData::new_u64(pid.into()), epoll::EventFlags::ET);
            // Who can't be watched is found to be gone in the next round.
            let _ = epoll::add(epoll, pidfd, data, epoll::EventFlags::IN | edges);
        }
    }

    /// Readable while there are ends that [`Self::take`] has not given.
    pub(super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.epoll.as_ref().map(|epoll| epoll.as_fd())
    }

    /// The PIDs of those that ended or were reaped since the last time.
    pub(super) fn take(&self, pids: &mut Vec<u32>) {
        let Some(epoll) = &self.epoll else { return };
        let mut events = [MaybeUninit::uninit(); AT_ONCE];
        while pids.len() < MOST {
            let Ok((found, _)) = epoll::wait(epoll, &mut events, Some(&rustix::event::Timespec::default()))
            else {
                return;
            };
            pids.extend(found.iter().map(|event| event.data.u64() as u32));
            if found.len() < AT_ONCE {
                return;
            }
        }
    }

    /// Gives what the process connector has told since the last time.
    pub(super) fn hear(&self, take: impl FnMut(ProcessEnd)) {
        if let Some(connector) = &self.connector {
            connector.hear(take);
        }
    }
}

fn release() -> String {
    rustix::system::uname().release().to_string_lossy().into_owned()
}

/// Whether a kernel of this release tells by a pidfd how a process ended. A vendor's kernel may know it earlier: there
/// the connector is listened to in vain.
fn pidfds_tell(release: &str) -> bool {
    let mut numbers =
        release.split(|c: char| !c.is_ascii_digit()).map(|digits| digits.parse().unwrap_or(0_u32));
    let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    (major, minor) >= (6, 15)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "starts children to see them end")]
mod tests {
    use super::*;
    use crate::model::process::Exit;
    use crate::proc::tree::TreeReader;
    use rustix::event::{PollFd, PollFlags, poll};
    use std::process::{Child, Command};

    /// A child that sleeps, and a reader that follows it and learns of ends in these ways.
    fn followed(ways: Ways) -> (Child, TreeReader) {
        let child = Command::new("sleep").arg("60").spawn().expect("sleep(1) exists");
        let mut tree = TreeReader::by(ways, child.id(), Vec::new(), 1_000).expect("it lives");
        assert_eq!(tree.read().members.len(), 1);
        assert!(!has_news(&tree, 0), "nothing has happened");
        (child, tree)
    }

    fn has_news(tree: &TreeReader, patience_ms: i64) -> bool {
        let news = tree.news().expect("there is an epoll");
        let patience =
            rustix::event::Timespec { tv_sec: patience_ms / 1_000, tv_nsec: patience_ms % 1_000 * 1_000_000 };
        poll(&mut [PollFd::from_borrowed_fd(news, PollFlags::IN)], Some(&patience)).expect("poll(2) works")
            > 0
    }

    /// How a killed child is said to have ended, once it is reaped; looked at while it is a zombie or not.
    fn told(ways: Ways, is_met_as_a_zombie: bool) -> Option<Exit> {
        let (mut child, mut tree) = followed(ways);
        child.kill().expect("our own child can be killed");
        if is_met_as_a_zombie {
            assert!(has_news(&tree, 60_000), "its end is news");
            assert!(tree.look(), "and worth a round");
            assert!(!has_news(&tree, 0), "it is told once, for as long as it is a zombie");
        }
        child.wait().expect("our own child can be reaped");
        let round = tree.read();
        assert!(round.members.is_empty());
        round.exits.first().map(|&(_, exit)| exit)
    }

    #[test]
    fn each_way_tells_of_a_killed_process() {
        assert_eq!(told(Ways::Zombie, true), Some(Exit::Signal(9)));
        assert_eq!(told(Ways::Zombie, false), Some(Exit::Unknown), "it was gone before it was looked at");
        assert_eq!(told(Ways::All, true), Some(Exit::Signal(9)));
        if pidfds_tell(&release()) {
            assert_eq!(told(Ways::All, false), Some(Exit::Signal(9)));
        }
    }

    #[test]
    fn the_connector_tells_of_a_killed_process() {
        // Whether a kernel has it, and whether we may listen, is its own affair.
        if Connector::open().is_none() {
            return;
        }
        let (mut child, mut tree) = followed(Ways::Connector);
        child.kill().expect("our own child can be killed");
        assert!(has_news(&tree, 60_000), "its end is news");
        // The kernel tells of an end a moment after it.
        let is_heard = (0..1_000).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            tree.look()
        });
        assert!(is_heard, "within ten seconds");
        child.wait().expect("our own child can be reaped");
        assert_eq!(tree.read().exits.first().map(|&(_, exit)| exit), Some(Exit::Signal(9)));
    }

    #[test]
    fn without_any_way_it_is_gone_and_nobody_is_accused() {
        let (mut child, mut tree) = followed(Ways::Nothing);
        child.kill().expect("our own child can be killed");
        // A kill is an order: until it is carried out, the child still lives.
        assert!(has_news(&tree, 60_000), "its end is news");
        let zombie = tree.read().members.first().and_then(|member| member.exit);
        assert_eq!(zombie, Some(Exit::Unknown));
        child.wait().expect("our own child can be reaped");
        assert_eq!(tree.read().exits.first().map(|&(_, exit)| exit), Some(Exit::Unknown));
    }

    #[test]
    fn a_zombie_tells_its_end_in_the_round_that_meets_it() {
        let (mut child, mut tree) = followed(Ways::All);
        child.kill().expect("our own child can be killed");
        assert!(has_news(&tree, 60_000), "its end is news");
        assert_eq!(tree.read().members.first().and_then(|member| member.exit), Some(Exit::Signal(9)));
        let _ = child.wait();
    }

    #[test]
    fn kernels_are_told_apart_by_their_release() {
        let cases = [
            ("6.18.44-fc-v595", true),
            ("6.15.0", true),
            ("7.0-rc1", true),
            ("6.14.11-300.fc42.x86_64", false),
            ("5.14.0-427.el9", false),
            ("", false),
        ];
        for (release, tells) in cases {
            assert_eq!(pidfds_tell(release), tells, "{release}");
        }
    }
}
