#![expect(clippy::disallowed_methods, reason = "edge: binds and connects the keeper's socket")]
//! The socket a keeper listens on: where it is, and who may use it.

use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::folder::owned_folder;

/// A listening socket that is removed when it is closed.
pub(super) struct Socket {
    pub(super) listener: UnixListener,
    path: PathBuf,
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Listens for clients of this run.
pub(super) fn listen(folder: &Path, run: &str) -> io::Result<Socket> {
    if let Some(parent) = folder.parent()
        && parent.starts_with("/tmp/telltale")
    {
        // Anybody can make a folder of our name in /tmp, and could then swap ours inside it.
        owned_folder(parent)?;
    }
    owned_folder(folder)?;
    let name = format!("{run}.sock");
    let listener = UnixListener::bind(short(folder)?.path.join(&name))?;
    listener.set_nonblocking(true)?;
    Ok(Socket { listener, path: folder.join(name) })
}

/// Connects to the keeper of this run; it is refused when the socket is another user's.
pub(super) fn connect(folder: &Path, run: &str) -> io::Result<UnixStream> {
    let stream = UnixStream::connect(short(folder)?.path.join(format!("{run}.sock")))?;
    if is_trusted(&stream) { Ok(stream) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

/// The runs that have a socket in this folder, whether or not somebody listens on it.
pub(super) fn runs(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).into_iter().flatten().flatten();
    names.filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".sock")?.to_owned())).collect()
}

/// Removes the socket of a keeper that is gone.
pub(super) fn forget(folder: &Path, run: &str) {
    let _ = fs::remove_file(folder.join(format!("{run}.sock")));
}

/// Whether the other end is the same user, or root, who could do anything anyway.
pub(super) fn is_trusted(stream: impl AsFd) -> bool {
    rustix::net::sockopt::socket_peercred(stream)
        .is_ok_and(|peer| peer.uid == rustix::process::geteuid() || peer.uid.is_root())
}

/// A folder under a name that is short enough: the path in a socket's address holds only 108 bytes (unix(7)), the
/// path of a folder has 4096.
struct Short {
    path: PathBuf,
    _folder: OwnedFd,
}

fn short(folder: &Path) -> io::Result<Short> {
    let handle = rustix::fs::open(folder, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    Ok(Short { path: PathBuf::from(format!("/proc/self/fd/{}", handle.as_raw_fd())), _folder: handle })
}
