#![expect(unsafe_code, reason = "process_vm_readv and semctl have no safe wrapper here")]
//! Reads memory of another process, and who operated on a System V semaphore last. Neither stops anybody.
//!
//! Whoever reads memory waits for the lock of its map, which a thread that hangs in mmap(2) holds, and for pages whose disk does not
//! answer: call this only where [`super::patience`] watches.

use super::resolve::Memory;

/// The memory of one process.
#[derive(Debug, Clone, Copy)]
pub(in crate::proc) struct OfProcess(pub(in crate::proc) u32);

impl Memory for OfProcess {
    fn read(&self, address: u64, into: &mut [u8]) -> usize {
        let local = libc::iovec { iov_base: into.as_mut_ptr().cast(), iov_len: into.len() };
        let Ok(base) = usize::try_from(address) else { return 0 };
        let remote = libc::iovec { iov_base: std::ptr::without_provenance_mut(base), iov_len: into.len() };
        // SAFETY: `local` describes `into`, which lives and is ours alone during the call; the kernel checks `remote`
        // in the other address space and fails on what is not mapped there.
        let read = unsafe {
            libc::process_vm_readv(self.0 as libc::pid_t, &raw const local, 1, &raw const remote, 1, 0)
        };
        usize::try_from(read).map_or(0, |read| read.min(into.len()))
    }
}

/// Who operated last on a semaphore of a System V set in our own IPC namespace.
pub(super) fn last_operator(set: i32, semaphore: u16) -> Option<u32> {
    // SAFETY: GETPID takes no fourth argument and reads no memory of ours.
    let pid = unsafe { libc::semctl(set, i32::from(semaphore), libc::GETPID) };
    u32::try_from(pid).ok().filter(|&pid| pid > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_up_to_its_end() {
        let own = OfProcess(std::process::id());
        let words = [7_u64, 9];
        let mut bytes = [0; 16];
        assert_eq!(own.read(words.as_ptr() as u64, &mut bytes), 16);
        assert_eq!(u64::from_le_bytes(bytes[8..].try_into().expect("eight bytes")), 9);
        assert_eq!(own.read(8, &mut bytes), 0, "nothing is mapped there");
        assert_eq!(own.read(u64::MAX - 3, &mut bytes), 0);
        assert_eq!(OfProcess(0).read(words.as_ptr() as u64, &mut bytes), 0);
    }
}
