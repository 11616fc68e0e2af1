#![expect(clippy::disallowed_methods, reason = "edge: opens sockets, and asks the kernel who sends")]
//! Sockets on which a job tells of itself, and who may tell: the job, and nobody else.
//!
//! On a unix socket the kernel names the sender (`SO_PASSCRED`); a process that is known to be outside of the job is a
//! stranger. A datagram of UDP has no sender that could be trusted, so such a socket listens on the loopback alone, and
//! refuses what comes from a socket of a user who has no part in the job (`ports`).

use std::collections::HashMap;
use std::fs;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::envelope::{self, Received, Sender};
use super::ports::Ports;
use super::tree;
use crate::feed::account::Account;

/// Datagrams taken in one turn: a flood does not keep the loop from its other work.
const A_TURN: usize = 256;

/// Room for the longest datagram of UDP.
pub const ROOM: usize = 64 * 1024;

/// What may wait in a UDP socket while its reader is busy, in bytes.
const BURST: usize = 4 * 1024 * 1024;

/// A path in a socket's address has 108 bytes (unix(7)), and the job gets it as it stands.
const LONGEST_PATH: usize = 107;

/// For how long the kernel's answer about a sender holds, and for how many senders.
const KNOWN_FOR: Duration = Duration::from_secs(1);
const MOST_KNOWN: usize = 64;

/// What is spoken on a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speech {
    /// statsd and dogstatsd.
    Statsd,
    /// `sd_notify(3)`.
    Notify,
}

/// One socket.
#[derive(Debug)]
pub struct Mailbox {
    socket: OwnedFd,
    speech: Speech,
    /// The file of a unix socket.
    path: Option<PathBuf>,
    port: u16,
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
    }
}

impl Mailbox {
    /// A UDP socket; only an address of the loopback is taken. Port 0 is any that is free.
    pub fn udp(address: SocketAddr) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            let why = format!("{} is no address of this machine alone: use 127.0.0.1", address.ip());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let socket = UdpSocket::bind(address)?;
        // What is too much is made less by the kernel (net.core.rmem_max), without an error.
        let _ = rustix::net::sockopt::set_socket_recv_buffer_size(&socket, BURST);
        let port = socket.local_addr()?.port();
        Ok(Self { socket: socket.into(), speech: Speech::Statsd, path: None, port })
    }

    /// A unix socket at this path.
    pub fn unix(path: &Path, speech: Speech) -> io::Result<Self> {
        if path.as_os_str().len() > LONGEST_PATH {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "its path is too long for a socket"));
        }
        let socket = UnixDatagram::bind(path)?;
        let mailbox = Self { socket: socket.into(), speech, path: Some(path.to_owned()), port: 0 };
        rustix::net::sockopt::set_socket_passcred(&mailbox.socket, true)?;
        Ok(mailbox)
    }

    /// Its port, for UDP.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its path, for a unix socket.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Takes what has come, a turn's worth at most; descriptors that came along are closed. Gives how many datagrams
    /// there were; after as many as fit in a turn there may be more.
    pub fn take(&self, account: &mut Account, kin: &mut Kin, room: &mut [u8]) -> usize {
        for taken in 0..A_TURN {
            let received = match envelope::receive(self.socket.as_fd(), room) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // An error of UDP, as after an ICMP answer, is taken from the socket by being told.
                Err(_) => return taken,
            };
            if !self.is_from(kin, &received) {
                account.said_mut().strangers += 1;
            } else if received.is_cut {
                account.said_mut().unreadable += 1;
            } else {
                let datagram = &room[..received.bytes];
                match self.speech {
                    Speech::Statsd => account.add_statsd(datagram),
                    Speech::Notify => account.add_notification(datagram),
                }
            }
        }
        A_TURN
    }

    fn is_from(&self, kin: &mut Kin, received: &Received) -> bool {
        match self.path {
            Some(_) => received.sender.is_some_and(|sender| kin.includes(sender)),
            None => received.port.is_none_or(|port| kin.ports.is_of_job(port, kin.root)),
        }
    }

    /// How many datagrams the kernel has dropped since the socket was opened, because they came too fast. A unix socket
    /// drops none: its senders wait.
    pub fn dropped(&self) -> u64 {
        if self.path.is_some() {
            return 0;
        }
        let table = |name| fs::read_to_string(name).ok().and_then(|table| drops(&table, self.port));
        table("/proc/self/net/udp").or_else(|| table("/proc/self/net/udp6")).unwrap_or(0)
    }
}

impl AsFd for Mailbox {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// The last column of `/proc/net/udp` for the socket on this port.
fn drops(table: &str, port: u16) -> Option<u64> {
    let end = format!(":{port:04X}");
    let line = table
        .lines()
        .skip(1)
        .find(|line| line.split_whitespace().nth(1).is_some_and(|at| at.ends_with(&end)))?;
    line.split_whitespace().last()?.parse().ok()
}

/// Who belongs to the job: what descends from one process, and, where that can no longer be seen, the same user.
#[derive(Debug)]
pub struct Kin {
    root: i32,
    /// By process and user: a PID may be given to somebody else's process at once.
    known: HashMap<(i32, u32), bool>,
    known_since: Instant,
    ports: Ports,
}

impl Kin {
    /// The descendants of this process, and itself.
    pub fn of(root: i32) -> Self {
        Self { root, known: HashMap::new(), known_since: Instant::now(), ports: Ports::default() }
    }

    fn includes(&mut self, sender: Sender) -> bool {
        let Sender { pid, uid } = sender;
        if pid <= 0 {
            // What we see of the job lies in our PID namespace, and the sender does not.
            return false;
        }
        let now = Instant::now();
        if now.duration_since(self.known_since) > KNOWN_FOR || self.known.len() == MOST_KNOWN {
            self.known.clear();
            self.known_since = now;
        }
        let root = self.root;
        // Who has ended since he sent, as `systemd-notify` has, is judged by his user.
        let own = rustix::process::geteuid().as_raw();
        let judge = || tree::descends(pid, root).unwrap_or(uid == 0 || uid == own);
        *self.known.entry((pid, uid)).or_insert_with(judge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_are_read_from_the_line_of_the_port() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
                      18: 0100007F:1F90 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 0\n\
                      19: 0100007F:1FBD 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 417\n";
        assert_eq!((drops(table, 8125), drops(table, 8080), drops(table, 1)), (Some(417), Some(0), None));
    }

    #[test]
    fn an_address_that_others_reach_is_refused() {
        assert!(Mailbox::udp("0.0.0.0:0".parse().expect("an address")).is_err());
        assert!(
            Mailbox::udp("127.0.0.1:0".parse().expect("an address")).is_ok_and(|mailbox| mailbox.port() > 0)
        );
    }

    #[test]
    fn only_the_job_is_heard() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("statsd.sock");
        let mailbox = Mailbox::unix(&path, Speech::Statsd).expect("bound");
        let sender = UnixDatagram::unbound().expect("a socket");
        let mut room = vec![0; ROOM];
        let own = std::process::id() as i32;
        for (root, heard, strangers) in [(own, 1, 0), (i32::MAX, 0, 1)] {
            let mut account = Account::default();
            sender.send_to(b"rows:1|c", &path).expect("sent");
            mailbox.take(&mut account, &mut Kin::of(root), &mut room);
            assert_eq!((account.said().taken, account.said().strangers), (heard, strangers), "below {root}");
        }
    }

    #[test]
    fn who_sends_from_outside_of_our_pid_namespace_is_no_kin_and_descriptors_are_closed() {
        assert!(!Kin::of(1).includes(Sender { pid: 0, uid: 0 }));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notify.sock");
        let mailbox = Mailbox::unix(&path, Speech::Notify).expect("bound");
        let sender = UnixDatagram::unbound().expect("a socket");
        sender.connect(&path).expect("connected");
        let (ours, theirs) = std::io::pipe().expect("a pipe");
        let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = rustix::net::SendAncillaryBuffer::new(&mut space);
        let lent = [theirs.as_fd()];
        control.push(rustix::net::SendAncillaryMessage::ScmRights(&lent));
        let flags = rustix::net::SendFlags::empty();
        let words = [std::io::IoSlice::new(b"BARRIER=1")];
        rustix::net::sendmsg(&sender, &words, &mut control, flags).expect("sent");
        drop(theirs);
        let mut account = Account::default();
        mailbox.take(&mut account, &mut Kin::of(std::process::id() as i32), &mut vec![0; ROOM]);
        let mut rest = Vec::new();
        std::io::Read::read_to_end(&mut { ours }, &mut rest).expect("nobody holds the other end");
        assert_eq!((account.said().strangers, rest.len()), (0, 0));
    }

    #[test]
    fn a_flood_is_taken_in_turns_and_a_giant_is_counted() {
        let mailbox = Mailbox::udp("127.0.0.1:0".parse().expect("an address")).expect("bound");
        let sender = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let to = ("127.0.0.1", mailbox.port());
        sender.send_to(&vec![0xff; 65_507], to).expect("sent");
        for _ in 0..100 {
            sender.send_to(b"rows:1|c", to).expect("sent");
        }
        let (mut account, mut kin, mut room) = (Account::default(), Kin::of(1), vec![0; ROOM]);
        while mailbox.take(&mut account, &mut kin, &mut room) == A_TURN {}
        let said = account.said();
        assert_eq!(said.unreadable, 1);
        assert_eq!(said.taken + mailbox.dropped(), 101);
    }
}
