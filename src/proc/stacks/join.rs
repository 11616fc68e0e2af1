//! Which thread of the kernel a thread of Python is. Pure.
//!
//! Python 3.11 and later write the number down themselves; some of them keep the parent's after a fork. Before, only the
//! address of the C library's own record of the thread is known, and that record holds the number. Where neither is to
//! be had, the order decides, and only where both sides have the same count.

/// What is known of one thread of Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Clue {
    /// The number in the C library's record of the thread.
    pub(super) record: Option<u32>,
    /// The number that Python wrote down.
    pub(super) written: Option<u32>,
}

/// Where a C library keeps the thread's number in its record: glibc on x86-64 and on arm64, musl.
const PLACES: [usize; 3] = [0x2d0, 0xd0, 0x30];

/// Bytes of a record that hold all of [`PLACES`].
pub(super) const RECORD: usize = 0x2d8;

/// The number of the thread in the C library's record of it, which must be one of `threads`.
pub(super) fn number_in(record: &[u8], threads: &[u32]) -> Option<u32> {
    PLACES.iter().find_map(|at| {
        let number = u32::from_le_bytes(record.get(*at..at + 4)?.try_into().ok()?);
        threads.contains(&number).then_some(number)
    })
}

/// The kernel's threads of Python's, which come the newest first; `threads` are all there are.
pub(super) fn joined(clues: &[Clue], threads: &[u32]) -> Vec<Option<u32>> {
    let mut taken: Vec<u32> = Vec::new();
    let mut found: Vec<Option<u32>> = clues
        .iter()
        .map(|clue| {
            let known = |number: &u32| threads.contains(number) && !taken.contains(number);
            let number = clue.record.filter(known).or(clue.written.filter(known));
            taken.extend(number);
            number
        })
        .collect();
    let mut left: Vec<u32> = threads.iter().copied().filter(|number| !taken.contains(number)).collect();
    left.sort_unstable();
    let open = found.iter().filter(|number| number.is_none()).count();
    if open == left.len() {
        for number in found.iter_mut().filter(|number| number.is_none()) {
            *number = left.pop();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clue(record: u32, written: u32) -> Clue {
        Clue { record: Some(record).filter(|n| *n > 0), written: Some(written).filter(|n| *n > 0) }
    }

    #[test]
    fn threads_are_joined_by_what_is_known() {
        type Case<'a> = (&'a [Clue], &'a [u32], &'a [Option<u32>]);
        let cases: &[Case] = &[
            (&[clue(0, 12), clue(0, 10)], &[10, 11, 12], &[Some(12), Some(10)]),
            (&[clue(12, 0), clue(10, 0)], &[10, 11, 12], &[Some(12), Some(10)]),
            // A forked child that remembers its parent's number.
            (&[clue(20, 10)], &[20], &[Some(20)]),
            (&[clue(0, 10)], &[20], &[Some(20)]),
            // By order: the newest is the first of Python's.
            (&[clue(0, 0), clue(0, 0)], &[10, 12], &[Some(12), Some(10)]),
            (&[clue(0, 0), clue(10, 0), clue(0, 0)], &[10, 11, 12], &[Some(12), Some(10), Some(11)]),
            // One thread too many: nobody knows.
            (&[clue(0, 0), clue(0, 0)], &[10, 11, 12], &[None, None]),
            // No two are the same.
            (&[clue(0, 10), clue(0, 10)], &[10, 11, 12], &[Some(10), None]),
            (&[], &[10], &[]),
        ];
        for (clues, threads, expected) in cases {
            assert_eq!(joined(clues, threads), *expected, "{clues:?} {threads:?}");
        }
    }

    #[test]
    fn a_record_holds_the_number() {
        let mut record = vec![0; RECORD];
        record[0x2d0..0x2d4].copy_from_slice(&4711_u32.to_le_bytes());
        assert_eq!(number_in(&record, &[4710, 4711]), Some(4711));
        assert_eq!(number_in(&record, &[4710]), None);
        assert_eq!(number_in(&record[..100], &[4711]), None);
    }
}
