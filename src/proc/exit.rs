#![expect(unsafe_code, reason = "PIDFD_GET_INFO has no safe wrapper yet")]
//! How a process ended that is no child of ours.
//!
//! Since Linux 6.15 a pidfd that was opened while the process lived tells its wait status after it was reaped
//! (`PIDFD_GET_INFO` with `PIDFD_INFO_EXIT`, include/uapi/linux/pidfd.h), for processes of any user. On older
//! kernels only a zombie that we happen to meet tells.

use std::os::fd::OwnedFd;

use rustix::ioctl::{self, opcode};

use crate::model::process::Exit;

/// `struct pidfd_info` in its first published size, 64 bytes; the kernel fills what fits.
#[repr(C)]
#[derive(Default)]
struct PidfdInfo {
    mask: u64,
    cgroup_id: u64,
    ids: [u32; 11],
    exit_code: i32,
}

/// Asks for, and tells of, the exit code.
const PIDFD_INFO_EXIT: u64 = 1 << 3;
/// `_IOWR(0xFF, 11, struct pidfd_info)`.
const PIDFD_GET_INFO: ioctl::Opcode = opcode::read_write::<PidfdInfo>(0xff, 11);

/// How the process behind `pidfd` ended; `None` while it lives, is not reaped, or the kernel is too old.
pub fn of(pidfd: &OwnedFd) -> Option<Exit> {
    let mut info = PidfdInfo { mask: PIDFD_INFO_EXIT, ..PidfdInfo::default() };
    // SAFETY: the opcode carries the size of `PidfdInfo`, which is `repr(C)` with the layout of the kernel's
    // first version; the kernel writes no more than that size, and any bits are valid in its integer fields.
    let asked = unsafe { ioctl::ioctl(pidfd, ioctl::Updater::<PIDFD_GET_INFO, PidfdInfo>::new(&mut info)) };
    (asked.is_ok() && info.mask & PIDFD_INFO_EXIT != 0).then(|| Exit::from_wait_status(info.exit_code))
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "starts a child to see it end")]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_killed_child_is_told_where_the_kernel_tells() {
        let mut child = Command::new("sleep").arg("20").spawn().expect("sleep(1) exists");
        let pidfd = crate::proc::read::pidfd(child.id()).expect("pidfd_open works since Linux 5.3");
        assert_eq!(of(&pidfd), None, "it still lives");
        child.kill().expect("our own child can be killed");
        child.wait().expect("our own child can be reaped");
        // Kernels before 6.15 don't tell; those that do must tell the truth.
        assert!(matches!(of(&pidfd), None | Some(Exit::Signal(9))));
    }
}
