//! Sockets out of the tables in `/proc/PID/net`: pure. For networks that are not ours, and where netlink says nothing.
//! The tables don't tell the other end of a unix socket. See proc(5), `tcp4_seq_show` and `unix_seq_show` in the kernel.

use std::net::SocketAddr;

use super::diag::Seen;
use super::fdinfo::digits;
use super::netaddress::{address, name};

/// Lines of a table that are read at most.
const MOST_LINES: usize = 50_000;

/// The sockets of `tcp`, `tcp6`, `udp` or `udp6`; `kind` is `tcp` or `udp`.
pub fn inet(table: &[u8], kind: &'static str) -> Vec<Seen> {
    lines(table).filter_map(|line| inet_line(line, kind)).collect()
}

/// `sl local remote st tx:rx tr:when retrnsmt uid timeout inode …`
fn inet_line(line: &[u8], kind: &'static str) -> Option<Seen> {
    let mut fields = fields(line).skip(1);
    let (local, remote) = (end(fields.next()?)?, end(fields.next()?)?);
    let state = digits(fields.next()?, 16)?.try_into().ok()?;
    let (unsent, unread) = pair(fields.next()?)?;
    let inode = digits(fields.nth(4)?, 10)?;
    let remote = Some(remote).filter(|address| address.port() != 0);
    Some(Seen { kind, state, inode, local: Some(local), remote, unread, unsent, ..Seen::default() })
}

/// `0100007F:1F90`: words as this machine has them, and a port.
fn end(text: &[u8]) -> Option<SocketAddr> {
    let colon = text.iter().position(|&b| b == b':')?;
    let mut bytes = Vec::with_capacity(16);
    for word in text[..colon].chunks(8).take(5) {
        bytes.extend(u32::try_from(digits(word, 16)?).ok()?.to_ne_bytes());
    }
    address(&bytes, digits(&text[colon + 1..], 16)?.try_into().ok()?)
}

fn pair(text: &[u8]) -> Option<(u64, u64)> {
    let colon = text.iter().position(|&b| b == b':')?;
    Some((digits(&text[..colon], 16)?, digits(&text[colon + 1..], 16)?))
}

/// The sockets of `unix`: `Num RefCount Protocol Flags Type St Inode Path`.
pub fn unix(table: &[u8]) -> Vec<Seen> {
    lines(table).filter_map(unix_line).collect()
}

fn unix_line(line: &[u8]) -> Option<Seen> {
    // `SO_ACCEPTCON`, and `SS_CONNECTED` of the kernel's socket_state.
    const LISTENS: u64 = 0x1_0000;
    const CONNECTED: u64 = 3;
    let mut fields = fields(line).skip(3);
    let flags = digits(fields.next()?, 16)?;
    let kind = if digits(fields.next()?, 16)? == 2 { "unix-datagram" } else { "unix" };
    let is_connected = digits(fields.next()?, 16)? == CONNECTED;
    let inode = digits(fields.next()?, 10)?;
    let state = match (flags & LISTENS != 0, is_connected) {
        (true, _) => 10,
        (_, true) => 1,
        (_, false) => 7,
    };
    Some(Seen { kind, state, inode, name: fields.next().map(name).unwrap_or_default(), ..Seen::default() })
}

/// The inodes of `netlink`, which come last in a line.
pub fn netlink(table: &[u8]) -> Vec<Seen> {
    let inode = |line: &[u8]| digits(fields(line).nth(9)?, 10);
    lines(table).filter_map(inode).map(|inode| Seen { kind: "netlink", inode, ..Seen::default() }).collect()
}

fn lines(table: &[u8]) -> impl Iterator<Item = &[u8]> {
    table.split(|&b| b == b'\n').take(MOST_LINES)
}

fn fields(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|&b| b == b' ').filter(|field| !field.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn connections_are_told_with_their_addresses() {
        let four = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
            0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 901 1 0000000000000000 100 0 0 10 0\n   \
            1: 0100007F:1F90 0100007F:D2F0 01 0000A000:00001388 00:00000000 00000000  1000        0 902 1 0000000000000000 20 4 30 10 -1\n";
        let told = inet(four, "tcp");
        assert_eq!((told.len(), told[0].state, told[0].remote, told[0].inode), (2, 10, None, 901));
        assert_eq!(
            (told[1].local, told[1].remote),
            ("127.0.0.1:8080".parse().ok(), "127.0.0.1:54000".parse().ok())
        );
        assert_eq!((told[1].unread, told[1].unsent), (5_000, 40_960));
        let six = b"   0: 00000000000000000000000001000000:1F90 0000000000000000FFFF00000100007F:D2F0 01 00000000:00000000 00:00000000 00000000  1000        0 903 1\n";
        let told = inet(six, "tcp");
        assert_eq!(
            (told[0].local, told[0].remote),
            ("[::1]:8080".parse().ok(), "127.0.0.1:54000".parse().ok())
        );
    }

    #[test]
    fn unix_sockets_and_netlink_are_told() {
        let table = b"Num       RefCount Protocol Flags    Type St Inode Path\n\
            00000000b093547d: 00000002 00000000 00010000 0001 01 2034450 /run/x.sock\n\
            00000000b093547e: 00000003 00000000 00000000 0001 03 2034451\n\
            00000000b093547f: 00000003 00000000 00000000 0002 01 2034452 @bus\n";
        let told: Vec<_> =
            unix(table).into_iter().map(|seen| (seen.kind, seen.state, seen.inode, seen.name)).collect();
        assert_eq!(
            told,
            [
                ("unix", 10, 2_034_450, "/run/x.sock".into()),
                ("unix", 1, 2_034_451, String::new()),
                ("unix-datagram", 7, 2_034_452, "@bus".into()),
            ]
        );
        let table =
            b"sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n\
            00000000e6c6e90c 4   0          00000000 0        0        0     2        0        1584    \n";
        assert_eq!(netlink(table).iter().map(|seen| seen.inode).collect::<Vec<_>>(), [1_584]);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, lines in proptest::collection::vec("[ ]?[0-9]:( [0-9A-F:]{1,40}){10,12}", 0..9)) {
            let _ = (inet(&bytes, "tcp"), unix(&bytes), netlink(&bytes));
            let text = lines.join("\n");
            proptest::prop_assert!(inet(text.as_bytes(), "udp").len() <= lines.len());
        }
    }
}
