//! How the front tells a new keeper what to start: over a socket pair, since everybody can read a command line.
//!
//! The front's own standard streams travel along as descriptors. So the keeper's streams are free for the socket
//! and `/dev/null`, and nothing has to be inherited by number.

use std::ffi::OsString;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use serde::{Deserialize, Serialize};

use super::guard::GuardPlan;

/// An order is a command line: Linux allows some megabytes of it, and a byte takes up to four characters in JSON.
const MAX_ORDER: usize = 64 * 1024 * 1024;

/// What a keeper is told to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Order {
    /// The run's id.
    pub(super) run: String,
    /// The run's folder, if there is one, and otherwise why not.
    pub(super) folder: Result<PathBuf, String>,
    /// The folder for its socket.
    pub(super) sockets: PathBuf,
    /// The name the user gave it.
    pub(super) name: Option<String>,
    /// The command line, byte for byte.
    pub(super) argv: Vec<Vec<u8>>,
    /// The size of the job's own terminal, if it gets one.
    pub(super) window: Option<(u16, u16)>,
    /// The cap of the log in bytes.
    pub(super) log_cap: u64,
    /// When the job is to be ended, and how long it then gets, in milliseconds.
    pub(super) end_after: Option<(u64, u64)>,
    /// Whether the job gets sockets on which it can tell of itself.
    pub(super) has_mailboxes: bool,
    /// When it is to be frozen.
    pub(super) guard: Option<GuardPlan>,
}

impl Order {
    /// The command line.
    pub(super) fn argv(&self) -> Vec<OsString> {
        self.argv.iter().cloned().map(OsString::from_vec).collect()
    }
}

/// A command line as bytes, as JSON has no strings that are not Unicode.
pub(super) fn bytes_of(argv: &[OsString]) -> Vec<Vec<u8>> {
    argv.iter().map(|arg| arg.as_bytes().to_vec()).collect()
}

/// Sends an order and the descriptors that go with it.
pub(super) fn send(stream: &UnixStream, order: &Order, streams: &[BorrowedFd<'_>]) -> io::Result<()> {
    let text = serde_json::to_vec(order)?;
    let length = u32::try_from(text.len()).map_err(io::Error::other)?.to_le_bytes();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !streams.is_empty() {
        control.push(SendAncillaryMessage::ScmRights(streams));
    }
    sendmsg(stream, &[IoSlice::new(&length)], &mut control, SendFlags::NOSIGNAL)?;
    (&mut &*stream).write_all(&text)
}

/// Receives an order and the descriptors that came with it.
pub(super) fn receive(stream: &UnixStream) -> io::Result<(Order, Vec<OwnedFd>)> {
    let mut length = [0; 4];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received =
        recvmsg(stream.as_fd(), &mut [IoSliceMut::new(&mut length)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let mut streams = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            streams.extend(received);
        }
    }
    (&mut &*stream).read_exact(&mut length[received.bytes..])?;
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_ORDER {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "an order that is too long"));
    }
    let mut text = vec![0; length];
    (&mut &*stream).read_exact(&mut text)?;
    Ok((serde_json::from_slice(&text)?, streams))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_arrives_byte_for_byte() {
        let (front, keeper) = UnixStream::pair().unwrap();
        let argv = [OsString::from("echo"), OsString::from_vec(vec![0xff, b'\n', b'"']), OsString::new()];
        let order = Order {
            run: "251121-0554-abc".into(),
            folder: Err("no home".into()),
            sockets: "/run/user/0/telltale".into(),
            name: None,
            argv: bytes_of(&argv),
            window: Some((24, 80)),
            log_cap: 1,
            end_after: Some((60_000, 10_000)),
            has_mailboxes: true,
            guard: None,
        };
        send(&front, &order, &[front.as_fd(), front.as_fd()]).unwrap();
        let (received, streams) = receive(&keeper).unwrap();
        assert_eq!(received, order);
        assert_eq!(received.argv(), argv);
        assert_eq!(streams.len(), 2);
    }
}
