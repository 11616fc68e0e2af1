//! How many bytes wait in a pipe of another process. The edge of [`super::pipes`].
//!
//! A pipe of a job is never opened: an end more would let a writer go on that has no reader left, or keep a reader
//! waiting that has no writer left. To ask for its bytes there is one way: a duplicate of a descriptor, which
//! `pidfd_getfd(2)` hands out, asked by ioctl(2) `FIONREAD` and closed at once. That is done for *reading* ends only, so
//! that no reader ever waits for our sake. What is left is a writer whose last reader ends within those microseconds: it
//! gets its `SIGPIPE` when the duplicate is closed, by us or by our end. No byte is taken, nothing is written, and no flag
//! changes. The right to do so is that of ptrace(2): where it is not given, nothing is known.

use std::os::fd::OwnedFd;

use rustix::fs::{FileType, OFlags};
use rustix::io::Errno;
use rustix::process::{PidfdGetfdFlags, pidfd_getfd};

use super::descriptors::{Target, target};
use super::inputs::Place;
use super::read;

/// Why nothing is known of a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dry {
    /// The descriptor is closed, or is something else by now.
    Gone,
    /// It is not permitted to ask, or this kernel can't.
    Denied,
}

/// The bytes that wait in the pipe with this inode, asked for through its reading end at `place`.
pub fn waiting(place: Place, pipe: u64) -> Result<u64, Dry> {
    let Place { pid, fd } = place;
    let pidfd: OwnedFd = read::pidfd(pid).map_err(why)?;
    // A number may stand for something else by now; to duplicate that would be wrong however short it is for.
    let link = rustix::fs::readlink(format!("/proc/{pid}/fd/{fd}"), Vec::with_capacity(32)).map_err(why)?;
    if target(link.to_bytes()) != Target::Pipe(pipe) {
        return Err(Dry::Gone);
    }
    let number = i32::try_from(fd).map_err(|_| Dry::Gone)?;
    let duplicate = pidfd_getfd(&pidfd, number, PidfdGetfdFlags::empty()).map_err(why)?;
    let is_reading_end =
        rustix::fs::fcntl_getfl(&duplicate).is_ok_and(|flags| flags & OFlags::ACCMODE == OFlags::RDONLY);
    let is_it = is_reading_end
        && rustix::fs::fstat(&duplicate)
            .is_ok_and(|stat| stat.st_ino == pipe && FileType::from_raw_mode(stat.st_mode).is_fifo());
    if !is_it {
        return Err(Dry::Gone);
    }
    rustix::io::ioctl_fionread(&duplicate).map_err(why)
}

fn why(errno: Errno) -> Dry {
    if matches!(errno, Errno::PERM | Errno::ACCESS | Errno::NOSYS) { Dry::Denied } else { Dry::Gone }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::os::fd::{AsFd, AsRawFd as _};

    fn place(fd: impl AsFd) -> (Place, u64) {
        let inode = rustix::fs::fstat(&fd).expect("it is open").st_ino;
        (Place { pid: std::process::id(), fd: fd.as_fd().as_raw_fd() as u32 }, inode)
    }

    #[test]
    fn what_waits_in_a_pipe_is_counted_and_left_there() {
        let (mut reader, mut writer) = std::io::pipe().expect("a pipe");
        let (end, pipe) = place(&reader);
        assert_eq!(waiting(end, pipe), Ok(0));
        writer.write_all(b"12345").expect("there is room");
        assert_eq!((waiting(end, pipe), waiting(end, pipe)), (Ok(5), Ok(5)));
        let mut said = String::new();
        drop(writer);
        reader.read_to_string(&mut said).expect("it ends with its writer");
        assert_eq!((said.as_str(), waiting(end, pipe)), ("12345", Ok(0)));
    }

    #[test]
    fn what_is_no_reading_end_of_that_pipe_is_not_asked() {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let (end, pipe) = place(&reader);
        assert_eq!(waiting(end, pipe + 1), Err(Dry::Gone));
        assert_eq!(waiting(place(&writer).0, pipe), Err(Dry::Gone));
        drop((reader, writer));
        assert_eq!(waiting(Place { fd: 999_999, ..end }, pipe), Err(Dry::Gone));
        assert_eq!(waiting(Place { pid: 0, ..end }, pipe), Err(Dry::Gone));
    }
}
