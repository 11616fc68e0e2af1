//! The sockets of one network, each with its other end: pure.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::SocketAddr;

use super::diag::Seen;
use super::netaddress::{state, words};
use crate::model::evidence::Socket;

/// Sockets that are told of at most.
const MOST: usize = 8_192;
/// States by their numbers, see [`state`].
const LISTEN: u8 = 10;
const SYN_SENT: u8 = 2;

/// Addresses and inodes of all sockets of a network.
struct Network<'a> {
    by_inode: HashMap<u64, &'a Seen>,
    by_addresses: HashMap<(&'static str, SocketAddr, SocketAddr), u64>,
    /// Those that listen, by their port.
    listening: HashMap<u16, Vec<(SocketAddr, u64)>>,
    /// Who waits to be taken by a unix socket that listens.
    waiting: HashMap<u64, u64>,
}

/// The sockets with these inodes, those of `first` before the others, and after them their other ends. True comes with
/// them where there were more than are told.
pub fn sockets(seen: &[Seen], own: &BTreeSet<u64>, first: &BTreeSet<u64>) -> (Vec<Socket>, bool) {
    let network = Network::of(seen);
    let mut chosen: Vec<&Seen> =
        own.iter().filter_map(|inode| network.by_inode.get(inode).copied()).collect();
    chosen.sort_unstable_by_key(|seen| (!first.contains(&seen.inode), seen.inode));
    let is_cut = chosen.len() > MOST;
    chosen.truncate(MOST);
    let mut told: Vec<Socket> = chosen.iter().map(|seen| network.socket(seen)).collect();
    let mut has: HashSet<u64> = told.iter().map(|socket| socket.inode).collect();
    let ends: Vec<u64> =
        told.iter().filter_map(|socket| socket.peer).filter(|&peer| has.insert(peer)).collect();
    told.extend(ends.iter().filter_map(|end| network.by_inode.get(end)).map(|seen| network.socket(seen)));
    (told, is_cut)
}

impl<'a> Network<'a> {
    fn of(seen: &'a [Seen]) -> Self {
        let mut network = Network {
            by_inode: HashMap::with_capacity(seen.len()),
            by_addresses: HashMap::new(),
            listening: HashMap::new(),
            waiting: HashMap::new(),
        };
        for one in seen {
            if one.inode != 0 {
                network.by_inode.insert(one.inode, one);
            }
            match (one.local, one.remote) {
                (Some(local), Some(remote)) => {
                    network.by_addresses.insert((one.kind, local, remote), one.inode);
                }
                (Some(local), None) if one.state == LISTEN => {
                    network.listening.entry(local.port()).or_default().push((local, one.inode));
                }
                _ => {}
            }
            network.waiting.extend(one.waiting.iter().map(|&client| (client, one.inode)));
        }
        network
    }

    fn socket(&self, seen: &Seen) -> Socket {
        let peer = self.peer(seen).filter(|&peer| peer != 0);
        let name_of =
            |inode: u64| self.by_inode.get(&inode).map(|seen| seen.name.clone()).unwrap_or_default();
        let is_inet = seen.local.is_some();
        Socket {
            inode: seen.inode,
            kind: seen.kind.to_owned(),
            state: if seen.kind == "netlink" { String::new() } else { state(seen.state).to_owned() },
            local: if is_inet { words(seen.local) } else { seen.name.clone() },
            remote: if is_inet { words(seen.remote) } else { peer.map(name_of).unwrap_or_default() },
            peer,
            unread: seen.unread,
            unsent: seen.unsent,
        }
    }

    /// The other end. As long as nobody has taken a connection, that is the socket that should.
    fn peer(&self, seen: &Seen) -> Option<u64> {
        let (Some(local), Some(remote)) = (seen.local, seen.remote) else {
            return seen.peer.or_else(|| self.waiting.get(&seen.inode).copied());
        };
        let found = self.by_addresses.get(&(seen.kind, remote, local)).copied();
        match found {
            Some(0) => self.listener(remote, true),
            Some(inode) => Some(inode),
            None if seen.state == SYN_SENT => {
                // A port of another machine must not be taken for one of this.
                let is_here = remote.ip().is_loopback() || remote.ip() == local.ip();
                self.listener(remote, is_here)
            }
            None => None,
        }
    }

    /// Who listens at this address: at all addresses only if it is known to be of this machine.
    fn listener(&self, at: SocketAddr, is_here: bool) -> Option<u64> {
        let listening = self.listening.get(&at.port())?;
        let exactly = listening.iter().find(|(local, _)| local.ip() == at.ip());
        let anywhere = || listening.iter().find(|(local, _)| is_here && local.ip().is_unspecified());
        exactly.or_else(anywhere).map(|&(_, inode)| inode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(inode: u64, number: u8, local: &str, remote: &str) -> Seen {
        let (local, remote) = (local.parse().ok(), remote.parse().ok());
        Seen { kind: "tcp", state: number, inode, local, remote, ..Seen::default() }
    }

    fn unix(inode: u64, peer: Option<u64>, name: &str) -> Seen {
        Seen { kind: "unix", state: 1, inode, peer, name: name.into(), ..Seen::default() }
    }

    fn told(seen: &[Seen], own: u64) -> Vec<Socket> {
        sockets(seen, &[own].into(), &BTreeSet::new()).0
    }

    #[test]
    fn the_other_end_of_a_connection_is_found_by_its_addresses() {
        let seen = [
            tcp(1, 1, "127.0.0.1:54000", "127.0.0.1:80"),
            tcp(2, 1, "127.0.0.1:80", "127.0.0.1:54000"),
            tcp(3, 10, "0.0.0.0:80", ""),
            tcp(4, 1, "10.0.0.1:80", "10.0.0.2:54000"),
        ];
        let found = told(&seen, 1);
        assert_eq!(
            found.iter().map(|socket| (socket.inode, socket.peer)).collect::<Vec<_>>(),
            [(1, Some(2)), (2, Some(1))]
        );
        assert_eq!((found[0].state.as_str(), found[0].remote.as_str()), ("established", "127.0.0.1:80"));
        assert_eq!(told(&seen, 4)[0].peer, None);
        assert_eq!((told(&seen, 3)[0].state.as_str(), told(&seen, 3)[0].remote.as_str()), ("listen", ""));
        assert!(told(&seen, 9).is_empty());
    }

    #[test]
    fn whom_nobody_has_taken_waits_for_who_listens() {
        let seen = [
            tcp(1, 1, "127.0.0.1:54000", "127.0.0.1:80"),
            tcp(0, 1, "127.0.0.1:80", "127.0.0.1:54000"),
            tcp(3, 10, "0.0.0.0:80", ""),
            tcp(4, 2, "127.0.0.1:54001", "127.0.0.1:80"),
            tcp(5, 2, "10.0.0.1:54001", "10.0.0.9:80"),
            tcp(6, 2, "10.0.0.1:54002", "10.0.0.1:80"),
            unix(7, None, ""),
            Seen { waiting: vec![7], state: 10, ..unix(8, None, "/run/x.sock") },
        ];
        let peer = |own| told(&seen, own)[0].peer;
        assert_eq!([peer(1), peer(4), peer(5), peer(6), peer(7)], [Some(3), Some(3), None, Some(3), Some(8)]);
        assert_eq!(told(&seen, 7)[0].remote, "/run/x.sock");
    }

    #[test]
    fn unix_sockets_know_their_ends_themselves() {
        let seen = [unix(1, Some(2), ""), unix(2, Some(1), "/run/x.sock"), unix(3, Some(99), "")];
        let found = told(&seen, 1);
        assert_eq!((found.len(), found[0].peer, found[0].remote.as_str()), (2, Some(2), "/run/x.sock"));
        assert_eq!(told(&seen, 3)[0].peer, Some(99), "even if that one is not told of");
    }

    proptest::proptest! {
        #[test]
        fn everybody_is_told_once(parts in proptest::collection::vec((0_u64..20, 0_u8..12, 0_u64..20, 0_u16..5, 0_u16..5), 0..40), own in proptest::collection::btree_set(0_u64..20, 0..9)) {
            let seen: Vec<_> = parts.iter().map(|&(inode, number, peer, local, remote)| {
                let at = |port: u16| if port == 0 { String::new() } else { format!("127.0.0.1:{port}") };
                Seen { peer: Some(peer), ..tcp(inode, number, &at(local), &at(remote)) }
            }).collect();
            let (told, _) = sockets(&seen, &own, &BTreeSet::new());
            let inodes: HashSet<_> = told.iter().map(|socket| socket.inode).collect();
            proptest::prop_assert_eq!(inodes.len(), told.len());
            proptest::prop_assert!(!inodes.contains(&0));
        }
    }
}
