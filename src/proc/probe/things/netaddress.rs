//! Addresses of sockets in the words of the kernel's tables; pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// States of a socket, by their number in the kernel (`include/net/tcp_states.h`).
const STATES: [&str; 13] = [
    "unknown",
    "established",
    "syn-sent",
    "syn-received",
    "fin-wait-1",
    "fin-wait-2",
    "time-wait",
    "closed",
    "close-wait",
    "last-ack",
    "listen",
    "closing",
    "syn-received",
];

/// What a state is called.
pub fn state(number: u8) -> &'static str {
    STATES.get(usize::from(number)).copied().unwrap_or("unknown")
}

/// An address out of its bytes: four of them, or sixteen. One of IPv4 in the clothes of IPv6 is one of IPv4, so that both
/// ends of a connection call it alike.
pub fn address(bytes: &[u8], port: u16) -> Option<SocketAddr> {
    let ip = match bytes.len() {
        4 => IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?)),
        16 => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)).to_canonical(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// The address for people; none for the other side of who has none.
pub fn words(address: Option<SocketAddr>) -> String {
    address.filter(|address| address.port() != 0).map(|address| address.to_string()).unwrap_or_default()
}

/// The name of a unix socket: a path, or after `@` one that is in no folder.
pub fn name(bytes: &[u8]) -> String {
    match bytes.split_first() {
        Some((0, name)) => format!("@{}", String::from_utf8_lossy(name)),
        _ => String::from_utf8_lossy(bytes.split(|&b| b == 0).next().unwrap_or_default()).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_call_an_address_alike() {
        let four = address(&[127, 0, 0, 1], 80);
        let six = address(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 127, 0, 0, 1], 80);
        assert_eq!(four, six);
        assert_eq!(words(four), "127.0.0.1:80");
        assert_eq!(words(address(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 80)), "[::1]:80");
        assert_eq!(words(address(&[0; 4], 0)), "");
        assert_eq!(address(&[1, 2], 3), None);
    }

    #[test]
    fn names_end_where_they_end() {
        assert_eq!(name(b"/run/x.sock\0"), "/run/x.sock");
        assert_eq!(name(b"\0bus"), "@bus");
        assert_eq!(name(b""), "");
        assert_eq!((state(1), state(10), state(99)), ("established", "listen", "unknown"));
    }
}
