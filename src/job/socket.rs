#![expect(clippy::disallowed_methods, reason = "edge: binds and connects the keeper's socket")]
//! The socket a keeper listens on: where it is, and who may use it.

use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::folder::{Places, owned_folder};

/// The socket's name in the folder of its run.
const NAME: &str = "control.sock";

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

/// Listens for clients of this run: in the run's own folder, and only if that won't do in the folder for sockets.
///
/// The runtime folder would be the custom. But it goes with the user's last session, and is another one for cron, and
/// a job that outlives its session is to be found again.
pub(super) fn listen(run_folder: Option<&Path>, sockets: &Path, run: &str) -> io::Result<Socket> {
    if let Some(Ok(socket)) = run_folder.map(|folder| bind(folder, NAME)) {
        return Ok(socket);
    }
    if let Some(parent) = sockets.parent()
        && parent.starts_with("/tmp/")
    {
        // Anybody can make a folder of our name in /tmp, and could then swap ours inside it.
        owned_folder(parent)?;
    }
    owned_folder(sockets)?;
    bind(sockets, &name_of(run))
}

fn bind(folder: &Path, name: &str) -> io::Result<Socket> {
    let listener = UnixListener::bind(short(folder)?.path.join(name))?;
    listener.set_nonblocking(true)?;
    Ok(Socket { listener, path: folder.join(name) })
}

/// Connects to the keeper of this run; it is refused when the socket is another user's.
pub(super) fn connect(places: &Places, run: &str) -> io::Result<UnixStream> {
    let at = |folder: &Path, name: &str| UnixStream::connect(short(folder)?.path.join(name));
    let in_folder = places.folder_of(run).map(|folder| at(&folder, NAME));
    let stream = match in_folder {
        Some(Ok(stream)) => stream,
        _ => at(&places.sockets, &name_of(run))?,
    };
    if is_trusted(&stream) { Ok(stream) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

fn name_of(run: &str) -> String {
    format!("{run}.sock")
}

/// The runs without a folder of their own that have a socket in this folder.
pub(super) fn runs(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).into_iter().flatten().flatten();
    names.filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".sock")?.to_owned())).collect()
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
