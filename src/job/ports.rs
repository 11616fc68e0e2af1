#![expect(clippy::disallowed_methods, reason = "edge: asks the kernel whose sockets there are")]
//! Who sends datagrams of UDP: no kernel names the process, but a list of sockets says which user a port belongs to.
//!
//! What a user of this machine sends who has no part in the job is refused. Whoever closed its socket at once, as a
//! shell does with `/dev/udp`, is in the list no more, and is believed: this keeps neighbours apart, and is no lock.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant};

use super::tree;

/// For how long an answer holds, and how many are asked for in that time, for the list is long where many sockets are
/// open. What comes from further ports is refused: a flood from ever new ones is not how a job counts.
const KNOWN_FOR: Duration = Duration::from_secs(1);
const MOST_PORTS: usize = 64;

/// What is known of ports and of their users.
#[derive(Debug)]
pub(super) struct Ports {
    known: HashMap<u16, bool>,
    users: HashMap<u32, bool>,
    known_since: Instant,
}

impl Default for Ports {
    fn default() -> Self {
        Self { known: HashMap::new(), users: HashMap::new(), known_since: Instant::now() }
    }
}

impl Ports {
    /// Whether the job below `root` may have sent from this port.
    pub(super) fn is_of_job(&mut self, port: u16, root: i32) -> bool {
        let now = Instant::now();
        if now.duration_since(self.known_since) > KNOWN_FOR {
            self.known.clear();
            self.users.clear();
            self.known_since = now;
        }
        if let Some(&known) = self.known.get(&port) {
            return known;
        }
        if self.known.len() == MOST_PORTS {
            return false;
        }
        let found = fs::read_to_string("/proc/self/net/udp").map_or(Vec::new(), |table| owners(&table, port));
        let found = if found.is_empty() {
            fs::read_to_string("/proc/self/net/udp6").map_or(Vec::new(), |table| owners(&table, port))
        } else {
            found
        };
        let is_of_job = found.is_empty() || found.into_iter().any(|user| self.has_user(root, user));
        self.known.insert(port, is_of_job);
        is_of_job
    }

    fn has_user(&mut self, root: i32, user: u32) -> bool {
        // Root could have sent in any name.
        let own = rustix::process::geteuid().as_raw();
        user == own || user == 0 || *self.users.entry(user).or_insert_with(|| tree::acts_as(root, user))
    }
}

/// The users of the sockets on this port, from `/proc/net/udp`.
fn owners(table: &str, port: u16) -> Vec<u32> {
    let end = format!(":{port:04X}");
    let rows = table.lines().skip(1).map(|line| line.split_whitespace().skip(1));
    rows.filter_map(|mut columns| {
        let is_it = columns.next()?.ends_with(&end);
        columns.nth(5)?.parse().ok().filter(|_| is_it)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_read_from_the_lines_of_the_port() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
                      18: 0100007F:1F90 00000000:0000 07 00000000:00000000 00:00000000 00000000 65534        0 1 2 0 0\n\
                      19: 00000000:1F90 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 1 2 0 0\n\
                      20: 0100007F:1FBD 00000000:1F90 07 00000000:00000000 00:00000000 00000000     7        0 1 2 0 417\n\
                      21: 0100007F:1F91\n";
        assert_eq!(owners(table, 8080), [65_534, 1_000]);
        assert_eq!((owners(table, 8125), owners(table, 8081), owners("", 1)), (vec![7], vec![], vec![]));
    }

    #[test]
    fn our_own_sockets_are_of_the_job_and_so_is_who_has_none_any_more() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let port = socket.local_addr().expect("bound").port();
        let mut ports = Ports::default();
        assert!(ports.is_of_job(port, i32::MAX));
        drop(socket);
        assert!(Ports::default().is_of_job(port, i32::MAX));
    }

    #[test]
    fn a_port_too_many_is_refused() {
        let mut ports =
            Ports { known: (1..).take(MOST_PORTS).map(|port| (port, true)).collect(), ..Ports::default() };
        // The answers hold for as long as this test takes.
        ports.known_since += Duration::from_mins(1);
        assert!(ports.is_of_job(1, i32::MAX));
        assert!(!ports.is_of_job(40_000, i32::MAX));
        assert_eq!(ports.known.len(), MOST_PORTS);
    }
}
