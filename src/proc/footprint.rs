#![expect(clippy::disallowed_methods, reason = "edge: reads what this process itself has mapped")]
//! How Telltale stays small: it gives memory back that only its start, or a rare line, has needed.
//!
//! Most of what is resident in a small process is code, brought in 64 kB at a time by whatever ran once (the dynamic
//! linker, the compiler of patterns). Unmapped pages of a file cost a soft fault each when they are wanted again.

use std::ffi::c_void;
use std::ops::Range;

use rustix::mm::{Advice, madvise};

/// Keeps the allocator from holding on to what a long line needed.
///
/// Left alone, glibc raises both thresholds to the size of the largest block that was ever freed, mallopt(3).
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "mallopt(3) has no safe form")]
pub fn keep_little() {
    const M_TRIM_THRESHOLD: i32 = -1;
    const M_MMAP_THRESHOLD: i32 = -3;
    unsafe extern "C" {
        fn mallopt(parameter: i32, value: i32) -> i32;
    }
    // SAFETY: both are numbers that the allocator takes at any time; where it refuses, nothing has changed.
    unsafe {
        mallopt(M_TRIM_THRESHOLD, 128 * 1024);
        mallopt(M_MMAP_THRESHOLD, 256 * 1024);
    }
}

/// Other allocators have thresholds that stay.
#[cfg(not(target_env = "gnu"))]
pub fn keep_little() {}

/// Gives back what is free on the heap, and the pages of code that were touched so far.
pub fn give_back() {
    trim_heap();
    // Without /proc the pages stay, which hurts nobody.
    let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap_or_default();
    for mapping in clean_code(&smaps) {
        drop_pages(&mapping);
    }
}

#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "malloc_trim(3) has no safe form")]
fn trim_heap() {
    unsafe extern "C" {
        fn malloc_trim(pad: usize) -> i32;
    }
    // SAFETY: it may be called at any time and returns pages in which nothing is allocated.
    unsafe {
        malloc_trim(0);
    }
}

#[cfg(not(target_env = "gnu"))]
fn trim_heap() {}

#[expect(unsafe_code, reason = "madvise(2) takes an address")]
fn drop_pages(mapping: &Range<usize>) {
    let start = std::ptr::with_exposed_provenance_mut::<c_void>(mapping.start);
    // SAFETY: `clean_code` gives only mappings of a file that this process cannot write to and has no page of its
    // own in, so that every page comes back from the file as it was, madvise(2).
    let _ = unsafe { madvise(start, mapping.len(), Advice::LinuxDontNeed) };
}

/// The mappings in this smaps, see `proc_pid_smaps(5)`, that cannot be written to and hold no page that is not in a
/// file: code and constants, but not those that the dynamic linker has filled in.
fn clean_code(smaps: &str) -> Vec<Range<usize>> {
    let mut clean = Vec::new();
    let mut current = None;
    for line in smaps.lines() {
        let mut words = line.split_ascii_whitespace();
        let (Some(first), Some(second)) = (words.next(), words.next()) else { continue };
        match first {
            "Anonymous:" | "Swap:" if second != "0" => current = None,
            // The last line of each mapping.
            "VmFlags:" => clean.extend(current.take()),
            _ if !first.ends_with(':') => {
                let is_file = words.nth(3).is_some_and(|path| path.starts_with('/'));
                current = range(first).filter(|_| is_file && matches!(second, "r-xp" | "r--p"));
            }
            _ => {}
        }
    }
    clean
}

fn range(text: &str) -> Option<Range<usize>> {
    let (start, end) = text.split_once('-')?;
    let number = |text| usize::from_str_radix(text, 16).ok();
    Some(number(start)?..number(end)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clean_code_is_given_back() {
        let mapping = |head: &str, anonymous: u32, swap: u32| {
            format!(
                "{head}\nSize: 8 kB\nRss: 8 kB\nAnonymous: {anonymous} kB\nSwap: {swap} kB\nVmFlags: rd ex mr\n"
            )
        };
        let smaps = [
            mapping("1000-3000 r--p 00000000 fe:00 1 /usr/bin/telltale", 0, 0),
            mapping("3000-5000 r-xp 00002000 fe:00 1 /usr/bin/telltale", 0, 0),
            mapping("5000-6000 r--p 00002000 fe:00 1 /usr/bin/telltale", 4, 0),
            mapping("6000-7000 r--p 00002000 fe:00 1 /usr/lib/swapped.so", 0, 4),
            mapping("7000-8000 rw-p 00004000 fe:00 1 /usr/bin/telltale", 0, 0),
            mapping("8000-9000 r-xp 00000000 00:00 0", 0, 0),
            mapping("9000-a000 r-xp 00000000 00:00 0 [vdso]", 0, 0),
            mapping("a000-b000 r-xp 00001000 fe:00 2 /usr/lib/libc.so.6", 0, 0),
        ];
        assert_eq!(clean_code(&smaps.concat()), [0x1000..0x3000, 0x3000..0x5000, 0xa000..0xb000]);
        assert!(clean_code("garbage\n-\nVmFlags:\n1-zz r-xp 0 0 0 /x\nVmFlags: x\n").is_empty());
    }

    #[test]
    fn all_goes_on_after_giving_back() {
        keep_little();
        for _ in 0..3 {
            give_back();
            assert_eq!(format!("{:?}", "still".repeat(2)), "\"stillstill\"");
        }
    }
}
