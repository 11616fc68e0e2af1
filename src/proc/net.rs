//! What waits in the sockets of a job: `/proc/PID/net/tcp` and `tcp6`, parsed; pure.
//!
//! Bytes that came and that nobody read wait in the receive queue; bytes that were sent and that the other side has not
//! taken wait in the send queue. See proc(5), `net/tcp_diag.c` and `tcp4_seq_show` in the kernel.

use std::collections::BTreeSet;

/// Lines of a table that are read at most.
const MOST_LINES: usize = 20_000;

/// The state of a connection that listens: its queues count connections, not bytes.
const LISTENS: u64 = 0x0a;

/// Bytes in the queues of some sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SocketQueues {
    /// Sockets that were found.
    pub sockets: u32,
    /// Bytes that came and were not read.
    pub received: u64,
    /// Sockets among them in which such bytes wait.
    pub unread: u32,
    /// Bytes that were sent and not taken.
    pub sent: u64,
    /// Sockets among them in which such bytes wait.
    pub untaken: u32,
}

impl SocketQueues {
    /// These and others.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            sockets: self.sockets.saturating_add(other.sockets),
            received: self.received.saturating_add(other.received),
            unread: self.unread.saturating_add(other.unread),
            sent: self.sent.saturating_add(other.sent),
            untaken: self.untaken.saturating_add(other.untaken),
        }
    }
}

/// Adds up the queues of the sockets with these inodes in a table.
pub fn queues(table: &[u8], sockets: &BTreeSet<u64>) -> SocketQueues {
    let lines = table.split(|&b| b == b'\n').take(MOST_LINES);
    lines.filter_map(|line| queue(line, sockets)).fold(SocketQueues::default(), SocketQueues::and)
}

/// One line: `sl local remote st tx:rx tr:when retrnsmt uid timeout inode …`.
fn queue(line: &[u8], sockets: &BTreeSet<u64>) -> Option<SocketQueues> {
    let mut fields = line.split(|&b| b == b' ').filter(|field| !field.is_empty());
    let state = number(fields.nth(3)?, 16)?;
    let waiting = fields.next()?;
    let inode = number(fields.nth(4)?, 10)?;
    if !sockets.contains(&inode) || state == LISTENS {
        return None;
    }
    let colon = waiting.iter().position(|&b| b == b':')?;
    let (sent, received) = (number(&waiting[..colon], 16)?, number(&waiting[colon + 1..], 16)?);
    let some = |bytes: u64| u32::from(bytes > 0);
    Some(SocketQueues { sockets: 1, received, unread: some(received), sent, untaken: some(sent) })
}

fn number(digits: &[u8], base: u32) -> Option<u64> {
    let is_number = digits.iter().all(u8::is_ascii_hexdigit);
    is_number.then(|| u64::from_str_radix(std::str::from_utf8(digits).ok()?, base).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[u8] = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
        0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 901 1 0000000000000000 100 0 0 10 0\n   \
        1: 0100007F:1F90 0100007F:D2F0 01 00000000:00001388 00:00000000 00000000  1000        0 902 1 0000000000000000 20 4 30 10 -1\n   \
        2: 0100007F:D2F0 0100007F:1F90 01 0000A000:00000000 01:00000014 00000000  1000        0 903 3 0000000000000000 20 4 30 10 -1\n   \
        3: 0100007F:D2F2 0100007F:1F90 01 00000000:00000010 00:00000000 00000000  1000        0 904 1 0000000000000000 20 4 30 10 -1\n";

    #[test]
    fn the_queues_of_the_jobs_own_sockets_are_added_up() {
        let own = |inodes: &[u64]| queues(TABLE, &inodes.iter().copied().collect());
        let found = SocketQueues { sockets: 2, received: 5_000, unread: 1, sent: 40_960, untaken: 1 };
        assert_eq!(own(&[902, 903]), found);
        assert_eq!(own(&[901]), SocketQueues::default(), "connections that wait are no bytes");
        assert_eq!(own(&[]), SocketQueues::default());
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, cut in 0..500_usize) {
            let sockets = [902, 0].into();
            let _ = queues(&bytes, &sockets);
            let part = &TABLE[..cut.min(TABLE.len())];
            proptest::prop_assert!(queues(part, &sockets).sockets <= 1);
        }
    }
}
