//! Hears from the kernel who ended and how, on kernels whose pidfds don't tell: the process connector.
//!
//! Anybody may listen since Linux 6.6, before that root, in the first PID and network namespace only. It tells of all
//! processes of the machine, so it is never waited on: it is emptied when something else says that a member ended.

use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::netlink::{self, SocketAddrNetlink};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, sockopt};

use super::exit_event::{ProcessEnd, ends, listen};

/// `CN_IDX_PROC` as a group of listeners.
const GROUP: u32 = 1;
/// What the kernel may hold for us between two looks: some thousand events.
const HELD: usize = 1 << 20;
/// Datagrams taken in one go; there are no more than are held.
const MOST_AT_ONCE: usize = 8_192;

/// A line on which the kernel tells of ends.
#[derive(Debug)]
pub(super) struct Connector(OwnedFd);

impl Connector {
    /// Listens from now on; `None` where that is not allowed or not known.
    pub(super) fn open() -> Option<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = rustix::net::socket_with(
            AddressFamily::NETLINK,
            SocketType::DGRAM,
            flags,
            Some(netlink::CONNECTOR),
        )
        .ok()?;
        rustix::net::bind(&socket, &SocketAddrNetlink::new(0, GROUP)).ok()?;
        if sockopt::set_socket_recv_buffer_size_force(&socket, HELD).is_err() {
            // As much of it as an ordinary user may have.
            let _ = sockopt::set_socket_recv_buffer_size(&socket, HELD);
        }
        let own = rustix::process::getpid().as_raw_nonzero().get().cast_unsigned();
        // A kernel that doesn't know the longer request ignores it, and tells of everything.
        for wants_ends_only in [false, true] {
            rustix::net::send(&socket, &listen(own, wants_ends_only), SendFlags::empty()).ok()?;
        }
        Some(Self(socket))
    }

    /// Gives what the kernel has told since the last time to `take`. What it could not hold is lost, and the ends in
    /// it have no cause.
    pub(super) fn hear(&self, mut take: impl FnMut(ProcessEnd)) {
        let mut buffer = [MaybeUninit::<u8>::uninit(); 1_024];
        for _ in 0..MOST_AT_ONCE {
            match rustix::net::recvfrom(&self.0, &mut buffer, RecvFlags::DONTWAIT) {
                Ok(((datagram, _), _, from)) => {
                    // Only the kernel has this address.
                    let sender = from.and_then(|from| SocketAddrNetlink::try_from(from).ok());
                    if sender.is_some_and(|sender| sender.pid() == 0) {
                        ends(datagram).for_each(&mut take);
                    }
                }
                Err(Errno::INTR | Errno::NOBUFS) => {}
                Err(_) => return,
            }
        }
    }
}
