#![expect(unsafe_code, reason = "rustix reads a sender's process ID as non-zero, and the kernel may say 0")]
//! One datagram with what the kernel says of its sender.
//!
//! A sender outside of our PID namespace has the process ID 0 (unix(7)), which rustix's `UCred` can't hold: it would be
//! undefined behaviour to read it there. So the control messages are read here, by cmsg(3).

use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};

/// Room for the control messages: credentials, and more descriptors than anybody has reason to send. The kernel closes
/// those for which there is no room.
const CONTROL: usize = 256;

/// Who sent a datagram, as the kernel says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sender {
    /// Its process ID; 0 for one outside of our PID namespace.
    pub(super) pid: i32,
    /// Its user.
    pub(super) uid: u32,
}

/// What came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Received {
    /// How many bytes of the room it fills.
    pub(super) bytes: usize,
    /// It was longer than the room.
    pub(super) is_cut: bool,
    /// Who sent it, where the socket asks for that (`SO_PASSCRED`).
    pub(super) sender: Option<Sender>,
    /// The port it came from, for UDP.
    pub(super) port: Option<u16>,
}

/// Control messages are aligned like their header.
#[repr(C, align(8))]
struct Control([MaybeUninit<u8>; CONTROL]);

/// Takes one datagram without waiting. Descriptors that came along are closed: that is the answer to `BARRIER=1`, and no
/// other is wanted.
pub(super) fn receive(socket: BorrowedFd<'_>, room: &mut [u8]) -> io::Result<Received> {
    let mut control = Control([MaybeUninit::uninit(); CONTROL]);
    let mut piece = libc::iovec { iov_base: room.as_mut_ptr().cast(), iov_len: room.len() };
    // SAFETY: all of `msghdr` are integers and pointers, for which zeroes are valid.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    // SAFETY: an address is integers too.
    let mut from: libc::sockaddr_storage = unsafe { std::mem::zeroed() };
    message.msg_name = (&raw mut from).cast();
    message.msg_namelen = size_of::<libc::sockaddr_storage>() as _;
    message.msg_iov = &raw mut piece;
    message.msg_iovlen = 1;
    message.msg_control = control.0.as_mut_ptr().cast();
    message.msg_controllen = CONTROL as _;
    // SAFETY: the descriptor is open, and `message` describes memory that is ours and lives until the call returns.
    let bytes = unsafe {
        libc::recvmsg(socket.as_raw_fd(), &raw mut message, libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC)
    };
    let bytes = usize::try_from(bytes).map_err(|_| io::Error::last_os_error())?;
    let is_cut = message.msg_flags & libc::MSG_TRUNC != 0;
    let mut sender = None;
    // SAFETY: recvmsg(2) has filled `message`; the macros of cmsg(3) stay within its control messages, and payloads are
    // read unaligned and no further than the length that the kernel wrote.
    unsafe {
        let mut next = libc::CMSG_FIRSTHDR(&raw const message);
        while let Some(head) = next.as_ref() {
            let payload = libc::CMSG_DATA(next);
            // Its type is another one with another C library.
            let told: usize = head.cmsg_len as _;
            let length = told.saturating_sub(libc::CMSG_LEN(0) as usize);
            match (head.cmsg_level, head.cmsg_type) {
                (libc::SOL_SOCKET, libc::SCM_CREDENTIALS) if length >= size_of::<libc::ucred>() => {
                    let told = payload.cast::<libc::ucred>().read_unaligned();
                    sender = Some(Sender { pid: told.pid, uid: told.uid });
                }
                (libc::SOL_SOCKET, libc::SCM_RIGHTS) => {
                    for index in 0..length / size_of::<RawFd>() {
                        let at = payload.add(index * size_of::<RawFd>());
                        drop(OwnedFd::from_raw_fd(at.cast::<RawFd>().read_unaligned()));
                    }
                }
                _ => {}
            }
            next = libc::CMSG_NXTHDR(&raw const message, next);
        }
    }
    Ok(Received { bytes, is_cut, sender, port: port(&from) })
}

/// The port of an address of the internet.
fn port(from: &libc::sockaddr_storage) -> Option<u16> {
    let from = &raw const *from;
    // SAFETY: `sockaddr_storage` has room and alignment for each kind of address, and all its bytes are initialised.
    let port = unsafe {
        match i32::from((*from).ss_family) {
            libc::AF_INET => (*from.cast::<libc::sockaddr_in>()).sin_port,
            libc::AF_INET6 => (*from.cast::<libc::sockaddr_in6>()).sin6_port,
            _ => return None,
        }
    };
    Some(u16::from_be(port))
}
