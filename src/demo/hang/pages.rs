#![expect(unsafe_code, reason = "a mapped file has no safe form")]
//! A file that is mapped into memory and looked at page by page, round and round.

use std::fs::File;
use std::hint::black_box;
use std::io;
use std::ptr::null_mut;

use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap};

/// The step from page to page; where pages are larger, some are looked at more than once.
const PAGE: usize = 4096;

/// Looks at a byte of each page of a file, in its order, and begins again. `length` is at most that of the file.
pub(super) fn touch_for_ever(file: &File, length: usize) -> io::Result<()> {
    // SAFETY: a new mapping at a place of the kernel's choice, only to be read; it stays until the process ends.
    let start = unsafe { mmap(null_mut(), length, ProtFlags::READ, MapFlags::PRIVATE, file, 0) }?;
    // SAFETY: exactly the mapping that was just made. The advice only turns reading ahead off.
    unsafe { madvise(start, length, Advice::Random) }?;
    loop {
        for at in (0..length).step_by(PAGE) {
            // SAFETY: within the mapping, which the file covers: nobody else has it open, so nobody makes it shorter.
            black_box(unsafe { start.cast::<u8>().add(at).read_volatile() });
        }
    }
}
