//! What the kernel says of sockets when it is asked by netlink: pure, bytes in and out. See `sock_diag(7)`, and
//! `inet_diag.h` and `unix_diag.h` among the kernel's headers.

use std::net::SocketAddr;

use super::netaddress::{address, name};

/// Bytes of `struct nlmsghdr`.
const HEADER: usize = 16;
/// `SOCK_DIAG_BY_FAMILY`, and the types of what ends a list.
const BY_FAMILY: u16 = 20;
const ERROR: u16 = 2;
const DONE: u16 = 3;
/// `NLM_F_REQUEST | NLM_F_DUMP`.
const DUMP: u16 = 0x301;
/// Families of sockets, see socket(2).
pub const UNIX: u8 = 1;
/// See [`UNIX`].
pub const INET: u8 = 2;
/// See [`UNIX`].
pub const INET6: u8 = 10;
/// Protocols of the internet, see ip(7).
pub const TCP: u8 = 6;
/// See [`TCP`].
pub const UDP: u8 = 17;
/// `UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_ICONS | UDIAG_SHOW_RQLEN`.
const SHOW: u32 = 0x1 | 0x4 | 0x8 | 0x10;
/// `SOCK_DGRAM`.
const DATAGRAM: u8 = 2;
/// Connections that wait at one listening socket, at most.
const MOST_WAITING: usize = 1_024;

/// One socket of the machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// `tcp`, `udp`, `unix`, `unix-datagram`, `netlink`.
    pub kind: &'static str,
    /// Its state by the kernel's number.
    pub state: u8,
    /// Its inode; 0 while no process has it.
    pub inode: u64,
    /// Its own address.
    pub local: Option<SocketAddr>,
    /// That of the other side.
    pub remote: Option<SocketAddr>,
    /// The name of a unix socket.
    pub name: String,
    /// The other end of a unix socket.
    pub peer: Option<u64>,
    /// Bytes, or of one that listens connections, that wait to be taken.
    pub unread: u64,
    /// Bytes that were sent and not taken.
    pub unsent: u64,
    /// Of a unix socket that listens: who waits to be taken.
    pub waiting: Vec<u64>,
}

/// How a list went on with one datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// There is more to come.
    More,
    /// That was the last.
    Done,
    /// The kernel refused, with this number of an error.
    Failed(i32),
}

/// The request for all sockets of a family; of the internet's for those of one protocol.
pub fn request(family: u8, protocol: u8) -> Vec<u8> {
    let mut body = vec![family, protocol, 0, 0];
    body.extend(u32::MAX.to_ne_bytes());
    if family == UNIX {
        // Any inode, what to show, no cookie.
        body[1] = 0;
        for number in [0, SHOW, u32::MAX, u32::MAX] {
            body.extend(number.to_ne_bytes());
        }
    } else {
        // Any address.
        body.extend([0; 48]);
    }
    let mut request = ((HEADER + body.len()) as u32).to_ne_bytes().to_vec();
    request.extend(BY_FAMILY.to_ne_bytes());
    request.extend(DUMP.to_ne_bytes());
    request.extend([0; 8]);
    request.extend(body);
    request
}

/// Hands out the sockets in one datagram of the answer to a [`request`] for this protocol.
pub fn sockets(datagram: &[u8], protocol: u8, mut take: impl FnMut(Seen)) -> Progress {
    let mut rest = datagram;
    while let (Some(length), Some(kind)) = (word(rest, 0), half(rest, 4)) {
        let Some(body) = rest.get(HEADER..length as usize) else { break };
        match kind {
            DONE => return Progress::Done,
            ERROR => return Progress::Failed(word(body, 0).unwrap_or(0).cast_signed().saturating_neg()),
            BY_FAMILY if body.first() == Some(&UNIX) => unix(body).into_iter().for_each(&mut take),
            BY_FAMILY => inet(body, protocol).into_iter().for_each(&mut take),
            _ => {}
        }
        rest = rest.get((length as usize).next_multiple_of(4)..).unwrap_or_default();
    }
    Progress::More
}

/// `struct inet_diag_msg`.
fn inet(body: &[u8], protocol: u8) -> Option<Seen> {
    let bytes = match *body.first()? {
        INET => 4,
        INET6 => 16,
        _ => return None,
    };
    let port = |at: usize| Some(u16::from_be_bytes(body.get(at..at + 2)?.try_into().ok()?));
    Some(Seen {
        kind: if protocol == TCP { "tcp" } else { "udp" },
        state: *body.get(1)?,
        inode: u64::from(word(body, 68)?),
        local: address(body.get(8..8 + bytes)?, port(4)?),
        remote: address(body.get(24..24 + bytes)?, port(6)?).filter(|address| address.port() != 0),
        unread: u64::from(word(body, 56)?),
        unsent: u64::from(word(body, 60)?),
        ..Seen::default()
    })
}

/// `struct unix_diag_msg` and what hangs on it.
fn unix(body: &[u8]) -> Option<Seen> {
    let kind = if *body.get(1)? == DATAGRAM { "unix-datagram" } else { "unix" };
    let mut seen = Seen { kind, state: *body.get(2)?, inode: u64::from(word(body, 4)?), ..Seen::default() };
    let mut rest = body.get(16..)?;
    while let (Some(length), Some(kind)) = (half(rest, 0), half(rest, 2)) {
        let Some(value) = rest.get(4..usize::from(length)) else { break };
        match kind {
            0 => seen.name = name(value),
            2 => seen.peer = word(value, 0).filter(|&inode| inode != 0).map(u64::from),
            3 => {
                let inodes = value.chunks_exact(4).take(MOST_WAITING).filter_map(|bytes| word(bytes, 0));
                seen.waiting = inodes.filter(|&inode| inode != 0).map(u64::from).collect();
            }
            4 => {
                seen.unread = word(value, 0).map_or(0, u64::from);
                seen.unsent = word(value, 4).map_or(0, u64::from);
            }
            _ => {}
        }
        rest = rest.get(usize::from(length).next_multiple_of(4)..).unwrap_or_default();
    }
    Some(seen)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, body: &[u8]) -> Vec<u8> {
        let mut message = ((HEADER + body.len()) as u32).to_ne_bytes().to_vec();
        message.extend(kind.to_ne_bytes());
        message.extend([0; 10]);
        message.extend(body);
        message.resize(message.len().next_multiple_of(4), 0);
        message
    }

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut attribute = ((4 + value.len()) as u16).to_ne_bytes().to_vec();
        attribute.extend(kind.to_ne_bytes());
        attribute.extend(value);
        attribute.resize(attribute.len().next_multiple_of(4), 0);
        attribute
    }

    fn words(numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_ne_bytes()).collect()
    }

    #[test]
    fn a_connection_is_told_with_both_its_addresses() {
        let mut body = vec![INET, 1, 0, 0, 0x1f, 0x90, 0xd2, 0xf0, 127, 0, 0, 1];
        body.resize(24, 0);
        body.extend([127, 0, 0, 2]);
        body.resize(56, 0);
        body.extend(words(&[5, 6, 0, 902]));
        let mut datagram = message(BY_FAMILY, &body);
        datagram.extend(message(DONE, &[0; 4]));
        let mut told = Vec::new();
        assert_eq!(sockets(&datagram, TCP, |seen| told.push(seen)), Progress::Done);
        let expected = Seen {
            kind: "tcp",
            state: 1,
            inode: 902,
            local: "127.0.0.1:8080".parse().ok(),
            remote: "127.0.0.2:54000".parse().ok(),
            unread: 5,
            unsent: 6,
            ..Seen::default()
        };
        assert_eq!(told, [expected]);
    }

    #[test]
    fn a_unix_socket_is_told_with_its_other_end_and_who_waits() {
        let mut body = vec![UNIX, 1, 10, 0];
        body.extend(words(&[77, 1, 1]));
        body.extend(attribute(0, b"/run/x"));
        body.extend(attribute(2, &words(&[78])));
        body.extend(attribute(3, &words(&[81, 0, 82])));
        body.extend(attribute(4, &words(&[3, 4])));
        let mut told = Vec::new();
        assert_eq!(sockets(&message(BY_FAMILY, &body), 0, |seen| told.push(seen)), Progress::More);
        let [seen] = told.as_slice() else { unreachable!("one") };
        assert_eq!((seen.kind, seen.state, seen.inode, seen.name.as_str()), ("unix", 10, 77, "/run/x"));
        assert_eq!(
            (seen.peer, seen.waiting.as_slice(), seen.unread, seen.unsent),
            (Some(78), &[81, 82][..], 3, 4)
        );
        body[1] = DATAGRAM;
        sockets(&message(BY_FAMILY, &body), 0, |seen| assert_eq!(seen.kind, "unix-datagram"));
    }

    #[test]
    fn a_refusal_is_told() {
        let refused = message(ERROR, &(-2_i32).to_ne_bytes());
        assert_eq!(sockets(&refused, TCP, |_| unreachable!("none")), Progress::Failed(2));
        assert_eq!((request(INET, TCP).len(), request(UNIX, 0).len()), (72, 40));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, kind in 0_u16..30, body: Vec<u8>, family in 0_u8..12) {
            let mut told = 0;
            sockets(&bytes, TCP, |_| told += 1);
            proptest::prop_assert!(told <= bytes.len() / HEADER);
            let mut body = body;
            body.insert(0, family);
            sockets(&message(kind, &body), UDP, |seen| assert!(seen.waiting.len() <= MOST_WAITING));
        }
    }
}
