//! Asks the kernel for the sockets of a job and what is at their other ends: by netlink in our own network, which any
//! user may, and by the tables of `/proc/PID/net` in others, and where netlink says nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::MaybeUninit;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink};

use super::diag::{self, Progress, Seen};
use super::{network, tables};
use crate::model::evidence::{Evidence, Socket, Target};
use crate::proc::read;

/// Bytes taken at once: the kernel fills what it is given, up to this.
const AT_ONCE: usize = 32 * 1024;
/// Sockets of one network that are looked at.
const MOST_SEEN: usize = 100_000;
/// How long the kernel may take for one answer. It answers at once, whatever the sockets do.
const PATIENCE: Duration = Duration::from_millis(200);
/// Bytes of a table.
const LONGEST_TABLE: usize = 4 << 20;
/// Networks that are looked into.
const MOST_NETWORKS: usize = 8;

/// The members' sockets in one network, and a process that lives in it.
#[derive(Default)]
struct Network {
    pid: u32,
    own: BTreeSet<u64>,
}

/// The sockets of all members and their other ends, those that are waited on first, and what could not be seen.
pub(super) fn read(evidence: &Evidence, waited: &BTreeSet<u64>) -> (Vec<Socket>, Vec<String>) {
    let (mut told, mut problems) = (Vec::new(), Vec::new());
    let here = namespace("self");
    let mut networks: BTreeMap<u64, Network> = BTreeMap::new();
    for process in evidence.members() {
        let inodes = process.descriptors.iter().filter_map(|descriptor| match descriptor.target {
            Target::Socket { inode } => Some(inode),
            _ => None,
        });
        let mut inodes = inodes.peekable();
        if inodes.peek().is_some() {
            let key = namespace(&process.pid.to_string()).or(here).unwrap_or_default();
            let network = networks.entry(key).or_default();
            network.pid = process.pid;
            network.own.extend(inodes);
        }
    }
    if networks.len() > MOST_NETWORKS {
        problems.push(format!(
            "the job lives in {} networks, of which {MOST_NETWORKS} were looked into",
            networks.len()
        ));
    }
    for (key, network) in networks.into_iter().take(MOST_NETWORKS) {
        let is_ours = Some(key) == here;
        let seen = if is_ours { asked(&network.own) } else { None };
        if !is_ours {
            problems.push(format!(
                "process {} lives in another network, where the ends of unix sockets are not told",
                network.pid
            ));
        }
        let seen = seen.unwrap_or_else(|| listed(network.pid));
        let (sockets, is_cut) = network::sockets(&seen, &network.own, waited);
        if is_cut || seen.len() >= MOST_SEEN {
            problems.push("there are more sockets than were looked at".to_owned());
        }
        told.extend(sockets);
    }
    (told, problems)
}

/// The network that a process lives in.
fn namespace(of: &str) -> Option<u64> {
    rustix::fs::stat(format!("/proc/{of}/ns/net").as_str()).ok().map(|stat| stat.st_ino)
}

/// Sockets as netlink tells them, kind after kind until all of `own` are found; `None` where it tells nothing.
fn asked(own: &BTreeSet<u64>) -> Option<Vec<Seen>> {
    let mut seen = Vec::new();
    let kinds: [&[(u8, u8)]; 3] = [
        &[(diag::UNIX, 0)],
        // Both families at once: one end of a connection may be of the one, and the other end of the other.
        &[(diag::INET, diag::TCP), (diag::INET6, diag::TCP)],
        &[(diag::INET, diag::UDP), (diag::INET6, diag::UDP)],
    ];
    for kind in kinds {
        for &(family, protocol) in kind {
            // A kernel without the sixth version has no such sockets either.
            if ask(family, protocol, &mut seen).is_err() && family != diag::INET6 {
                return None;
            }
        }
        if seen.iter().filter(|seen| own.contains(&seen.inode)).count() >= own.len() {
            return Some(seen);
        }
    }
    seen.extend(table("self", "netlink").map(|table| tables::netlink(&table)).unwrap_or_default());
    Some(seen)
}

fn ask(family: u8, protocol: u8, seen: &mut Vec<Seen>) -> Result<(), Errno> {
    let flags = SocketFlags::CLOEXEC;
    let socket =
        rustix::net::socket_with(AddressFamily::NETLINK, SocketType::DGRAM, flags, Some(netlink::SOCK_DIAG))?;
    set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE))?;
    rustix::net::send(&socket, &diag::request(family, protocol), SendFlags::empty())?;
    let mut buffer = vec![MaybeUninit::<u8>::uninit(); AT_ONCE];
    while seen.len() < MOST_SEEN {
        let ((datagram, _), _) = match rustix::net::recv(&socket, buffer.as_mut_slice(), RecvFlags::empty()) {
            Err(Errno::INTR) => continue,
            other => other?,
        };
        if datagram.is_empty() {
            break;
        }
        match diag::sockets(datagram, protocol, |socket| seen.push(socket)) {
            Progress::More => {}
            Progress::Done => break,
            Progress::Failed(number) => return Err(Errno::from_raw_os_error(number)),
        }
    }
    Ok(())
}

/// Sockets as the tables of a process's network list them.
fn listed(pid: u32) -> Vec<Seen> {
    let pid = pid.to_string();
    let mut seen = Vec::new();
    for (name, kind) in [("tcp", "tcp"), ("tcp6", "tcp"), ("udp", "udp"), ("udp6", "udp")] {
        seen.extend(table(&pid, name).map(|table| tables::inet(&table, kind)).unwrap_or_default());
    }
    seen.extend(table(&pid, "unix").map(|table| tables::unix(&table)).unwrap_or_default());
    seen.extend(table(&pid, "netlink").map(|table| tables::netlink(&table)).unwrap_or_default());
    seen
}

fn table(of: &str, name: &str) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    read::beginning(&format!("/proc/{of}/net/{name}"), LONGEST_TABLE, &mut text)?;
    Some(text)
}
