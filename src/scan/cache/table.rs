//! The file of a cache: a head, one record after the other in the order of their keys, and a hash of all that. Pure.
//!
//! ```text
//! "telltale cache 1"  seal  build  its stamp  when  how many │ record │ record │ …  │ SHA-256 of all before
//! ```
//! What is cut short, was changed by accident or is of another form is no cache. Records are searched where they lie.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use super::record::{self, Key, Record};
use super::setting::{Build, Seal};
use super::stamp::{self, Stamp};
use crate::model::clock::WallTime;

/// The most files of one cache; those beyond are scanned every time.
pub(crate) const MOST: usize = 250_000;
/// The largest file that may be one.
pub(crate) const LARGEST: usize = HEAD + MOST * record::BYTES + HASH;

const TITLE: &[u8; 16] = b"telltale cache 1";
const HASH: usize = 32;
const HEAD: usize = TITLE.len() + HASH + HASH + stamp::BYTES + 8 + 8;

/// What a cache says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// All that its answers hang on, beside the files.
    pub(crate) seal: Seal,
    /// Which build of Telltale wrote it.
    pub(crate) build: Build,
    /// When.
    pub(crate) written: WallTime,
}

/// A cache as it was read.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) head: Head,
    bytes: Vec<u8>,
    count: usize,
    /// A bit for each record that gave an answer.
    met: Vec<AtomicU64>,
}

impl Table {
    /// `None` for what is no cache, or not as it was written.
    pub(crate) fn read(bytes: Vec<u8>) -> Option<Self> {
        let rest = bytes.strip_prefix(TITLE)?;
        let (whole, hash) = bytes.split_last_chunk::<HASH>()?;
        let (seal, rest) = rest.split_first_chunk::<HASH>()?;
        let (build, rest) = rest.split_first_chunk::<HASH>()?;
        let (stamp, rest) = rest.split_first_chunk::<{ stamp::BYTES }>()?;
        let (written, rest) = rest.split_first_chunk::<8>()?;
        let (count, _) = rest.split_first_chunk::<8>()?;
        let count = usize::try_from(u64::from_le_bytes(*count)).ok()?;
        let is_whole = count <= MOST && bytes.len() == HEAD + count * record::BYTES + HASH;
        if !is_whole || Sha256::digest(whole)[..] != hash[..] {
            return None;
        }
        let head = Head {
            seal: *seal,
            build: Build { hash: *build, stamp: Stamp::read(stamp) },
            written: WallTime(i64::from_le_bytes(*written)),
        };
        let met = (0..count.div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Some(Self { head, bytes, count, met })
    }

    fn record(&self, at: usize) -> Option<Record> {
        let bytes = self.bytes.get(HEAD + at * record::BYTES..)?.first_chunk()?;
        (at < self.count).then(|| Record::read(bytes))
    }

    fn key(&self, at: usize) -> Option<&[u8]> {
        self.bytes.get(HEAD + at * record::BYTES..)?.get(..size_of::<Key>())
    }

    /// What is known of a file, and where that stands.
    pub(crate) fn find(&self, key: &Key) -> Option<(usize, Record)> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.key(middle)? < &key[..] { low = middle + 1 } else { high = middle }
        }
        self.record(low).filter(|record| record.key == *key).map(|record| (low, record))
    }

    /// The record there gave an answer, and stays.
    pub(crate) fn meet(&self, at: usize) {
        if let Some(bits) = self.met.get(at / 64) {
            bits.fetch_or(1 << (at % 64), Ordering::Relaxed);
        }
    }

    fn is_met(&self, at: usize) -> bool {
        self.met.get(at / 64).is_some_and(|bits| bits.load(Ordering::Relaxed) & 1 << (at % 64) != 0)
    }

    /// Whether every record gave an answer.
    pub(crate) fn is_all_met(&self) -> bool {
        (0..self.count).all(|at| self.is_met(at))
    }
}

/// What a cache is written of.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) head: Head,
    pub(crate) old: Option<&'a Table>,
    /// Whether also those old records stay that gave no answer, for not all files were met.
    pub(crate) keeps_all: bool,
    /// In the order of their keys.
    pub(crate) new: &'a [Record],
}

impl Draft<'_> {
    /// All records in their order; of two with one key the new one.
    fn each(&self, take: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut new = self.new.iter().peekable();
        for at in 0..self.old.map_or(0, |old| old.count) {
            let Some((old, record)) = self.old.and_then(|old| Some((old, old.record(at)?))) else { break };
            while let Some(first) = new.next_if(|first| first.key < record.key) {
                take(&first.bytes())?;
            }
            let is_replaced = new.peek().is_some_and(|first| first.key == record.key);
            if !is_replaced && (self.keeps_all || old.is_met(at)) {
                take(&record.bytes())?;
            }
        }
        new.try_for_each(|record| take(&record.bytes()))
    }

    /// Writes the file; what is more than a cache may hold is left out.
    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut count = 0;
        self.each(&mut |_| {
            count += 1;
            Ok(())
        })?;
        let count = MOST.min(count);
        let mut digest = Sha256::new();
        let mut put = |bytes: &[u8]| {
            digest.update(bytes);
            out.write_all(bytes)
        };
        let Head { seal, build, written } = &self.head;
        put(TITLE)?;
        put(seal)?;
        put(&build.hash)?;
        put(&build.stamp.bytes())?;
        put(&written.0.to_le_bytes())?;
        put(&(count as u64).to_le_bytes())?;
        let mut left = count;
        self.each(&mut |record| {
            if left == 0 {
                return Ok(());
            }
            left -= 1;
            put(record)
        })?;
        out.write_all(&digest.finalize())
    }
}

/// Reads what a stranger may have written, with a hash that is right and as it is; for those who try the reader with noise.
#[doc(hidden)]
pub fn read_all(bytes: &[u8]) {
    let mut right = [&TITLE[..], bytes].concat();
    right.extend(Sha256::digest(&right));
    for bytes in [bytes.to_vec(), right] {
        let Some(table) = Table::read(bytes.clone()) else { continue };
        let all: Vec<Record> = (0..table.count).filter_map(|at| table.record(at)).collect();
        assert_eq!(all.len(), table.count);
        for record in &all {
            // Where keys are not in their order some are not found, but never another.
            if let Some((at, found)) = table.find(&record.key) {
                assert_eq!(found.key, record.key);
                table.meet(at);
            }
            let _ = record.worth.outcome();
        }
        let mut again = Vec::new();
        let draft = Draft { head: table.head, old: Some(&table), keeps_all: true, new: &[] };
        draft.write(&mut again).expect("a Vec takes all");
        // Bits without a meaning are not written again, but nothing else is lost.
        assert_eq!(Table::read(again).map(|table| table.count), Some(all.len()));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::record::tests::record;
    use super::*;

    fn head() -> Head {
        let build = Build { hash: [2; 32], stamp: Stamp { inode: 3, ..Stamp::default() } };
        Head { seal: [1; 32], build, written: WallTime(4) }
    }

    fn written(old: Option<&Table>, keeps_all: bool, new: &[Record]) -> Vec<u8> {
        let mut bytes = Vec::new();
        Draft { head: head(), old, keeps_all, new }.write(&mut bytes).unwrap();
        bytes
    }

    fn sorted(mut records: Vec<Record>) -> Vec<Record> {
        records.sort_by_key(|record| record.key);
        records.dedup_by_key(|record| record.key);
        records
    }

    proptest! {
        #[test]
        fn what_was_noted_is_found(
            first in proptest::collection::vec(record(), 0..40).prop_map(sorted),
            second in proptest::collection::vec(record(), 0..10).prop_map(sorted),
            met in proptest::collection::vec(any::<bool>(), 40),
            keeps_all: bool,
        ) {
            let old = Table::read(written(None, false, &first)).unwrap();
            prop_assert_eq!(old.head, head());
            for (record, met) in first.iter().zip(&met) {
                let (at, found) = old.find(&record.key).unwrap();
                prop_assert_eq!(found, *record);
                if *met {
                    old.meet(at);
                }
            }
            // One of the old ones has changed.
            let changed = first.first().map(|record| Record { content: [9; 32], ..*record });
            let new = sorted(second.iter().copied().chain(changed).collect());
            let table = Table::read(written(Some(&old), keeps_all, &new)).unwrap();
            for record in &new {
                prop_assert_eq!(table.find(&record.key).unwrap().1, *record);
            }
            for (record, met) in first.iter().zip(&met).skip(1) {
                let stays = keeps_all || *met;
                prop_assert_eq!(table.find(&record.key).map(|(_, record)| record), stays.then_some(*record));
            }
        }

        #[test]
        fn what_is_not_as_it_was_written_is_none(
            records in proptest::collection::vec(record(), 0..5).prop_map(sorted),
            at: proptest::sample::Index,
            flip in 1..=255_u8,
            more in 0..3_usize,
        ) {
            let bytes = written(None, false, &records);
            let mut other = bytes.clone();
            other[at.index(bytes.len())] ^= flip;
            prop_assert!(Table::read(other).is_none());
            prop_assert!(Table::read(bytes[..at.index(bytes.len())].to_vec()).is_none());
            let longer = [&bytes[..], &vec![0; more + 1]].concat();
            prop_assert!(Table::read(longer).is_none());
        }

        #[test]
        fn noise_is_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            read_all(&bytes);
        }
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        const { assert!(LARGEST < 40 << 20) };
        let count = (MOST as u64 + 1).to_le_bytes();
        let mut bytes = written(None, false, &[]);
        bytes.truncate(HEAD - 8);
        bytes.extend(count);
        bytes.extend(Sha256::digest(&bytes));
        assert!(Table::read(bytes).is_none());
    }
}
