//! The list of processes that NVML writes, out of its bytes; pure.
//!
//! The size of an entry can't be known beforehand: it is 16 bytes in old drivers, 24 since R470, and 32 in some of R535,
//! under one and the same function name (<https://github.com/NVIDIA/go-nvml/issues/75>). So the buffer is filled with a mark
//! before, and how much of it was written over tells the size. All sizes begin with the PID and what it holds.

use std::collections::BTreeMap;

use crate::model::gpu::GpuProcess;
use crate::model::metric::Bytes;

/// What the buffer is filled with before. No value that NVML writes at the end of an entry: those are zero, or all ones.
pub const MARK: u64 = 0xa5a5_a5a5_a5a5_a5a5;
/// The words of the longest entry.
pub const LONGEST: usize = 4;
/// The words of an entry that there are.
const SIZES: [usize; 3] = [2, 3, LONGEST];
/// The driver does not know how much it is (`NVML_VALUE_NOT_AVAILABLE`).
const NOT_KNOWN: u64 = u64::MAX;

/// The processes on `device` in a buffer of words in the machine's order, into which `count` entries were written. A
/// buffer of which the size of an entry is not clear tells nothing.
pub fn processes(words: &[u64], count: usize, device: u32) -> Vec<GpuProcess> {
    let written = words.iter().rposition(|&word| word != MARK).map_or(0, |last| last + 1);
    let Some(size) = SIZES.into_iter().find(|size| size.checked_mul(count) == Some(written) && count > 0)
    else {
        return Vec::new();
    };
    let entry = |entry: &[u64]| GpuProcess {
        // The PID is the first half of the first word in memory; the other half is padding.
        pid: pid(entry[0]),
        device,
        used: (entry[1] != NOT_KNOWN).then_some(Bytes(entry[1])),
    };
    words[..written].chunks_exact(size).map(entry).filter(|process| process.pid != 0).collect()
}

fn pid(word: u64) -> u32 {
    let [a, b, c, d, ..] = word.to_ne_bytes();
    u32::from_ne_bytes([a, b, c, d])
}

/// One line for each process and GPU: who computes and draws is in both lists of the driver, with the same memory.
pub fn merged(processes: impl IntoIterator<Item = GpuProcess>) -> Vec<GpuProcess> {
    let mut merged: BTreeMap<(u32, u32), GpuProcess> = BTreeMap::new();
    for process in processes {
        let entry = merged.entry((process.device, process.pid)).or_insert(process);
        entry.used = entry.used.max(process.used);
    }
    merged.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A buffer as a driver fills it that takes `size` words for an entry.
    fn written(size: usize, entries: &[(u32, u64)]) -> Vec<u64> {
        let mut words = Vec::new();
        for &(pid, used) in entries {
            // Padding stays as it was.
            let mut first = MARK.to_ne_bytes();
            first[..4].copy_from_slice(&pid.to_ne_bytes());
            words.extend([u64::from_ne_bytes(first), used]);
            // The instances of a GPU that is not divided are all ones; what is protected is none.
            words.extend([u64::MAX, 0].iter().take(size - 2));
        }
        words.resize(words.len() + 40, MARK);
        words
    }

    fn on(pid: u32, used: Option<u64>) -> GpuProcess {
        GpuProcess { pid, device: 1, used: used.map(Bytes) }
    }

    #[test]
    fn every_size_of_an_entry_is_read() {
        for size in SIZES {
            for entries in [vec![(4711, 1 << 30)], vec![(4711, 1 << 30), (12, NOT_KNOWN), (9, 0)]] {
                let found = processes(&written(size, &entries), entries.len(), 1);
                let all = [on(4711, Some(1 << 30)), on(12, None), on(9, Some(0))];
                assert_eq!(found, all[..entries.len()], "{size} words");
            }
        }
    }

    #[test]
    fn a_process_of_which_no_pid_is_told_is_left_out() {
        assert_eq!(processes(&written(3, &[(0, 5), (7, 6)]), 2, 1), [on(7, Some(6))]);
    }

    #[test]
    fn what_is_not_understood_tells_nothing() {
        let words = written(3, &[(4711, 1), (12, 2)]);
        assert_eq!(processes(&words, 1, 1), [], "one entry of six words");
        assert_eq!(processes(&words, 0, 1), []);
        assert_eq!(processes(&[MARK; 16], 2, 1), [], "nothing was written");
        assert_eq!(processes(&[], 2, 1), []);
    }

    #[test]
    fn who_computes_and_draws_holds_its_memory_once() {
        let both = [on(7, None), on(7, Some(5)), GpuProcess { device: 0, ..on(7, Some(4)) }, on(7, Some(5))];
        assert_eq!(merged(both), [GpuProcess { device: 0, ..on(7, Some(4)) }, on(7, Some(5))]);
    }

    proptest! {
        #[test]
        fn no_buffer_breaks_it(words in prop::collection::vec(prop_oneof![Just(MARK), any::<u64>()], 0..64), count: usize) {
            prop_assert!(processes(&words, count, 0).len() <= words.len());
            let few = count % 32;
            prop_assert!(processes(&words, few, 0).len() <= few);
        }
    }
}
