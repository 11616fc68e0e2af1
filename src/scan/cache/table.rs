//! The file of a cache: a head, one record after the other in the order of their keys, the spots of all of them in the same
//! order, and a hash of all that. Pure.
//!
//! ```text
//! "telltale cache 2"  seal  build  its stamp  when  how many, of both │ record │ …  │ spot │ …  │ SHA-256 of all before
//! ```
//! What is cut short, was changed by accident or is of another form is no cache. Records are searched where they lie.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use super::record::{self, Key, Record};
use super::setting::{Build, Seal};
use super::spot::{self, Spot};
use super::stamp::{self, Stamp};
use crate::model::clock::WallTime;

/// The most files of one cache; those beyond are scanned every time.
pub(crate) const MOST: usize = 250_000;
/// The most spots of one cache; files are scanned every time whose spots are beyond.
pub(crate) const MOST_SPOTS: usize = 250_000;
/// The largest file that may be one.
pub(crate) const LARGEST: usize = HEAD + MOST * record::BYTES + MOST_SPOTS * spot::BYTES + HASH;

const TITLE: &[u8; 16] = b"telltale cache 2";
const HASH: usize = 32;
const HEAD: usize = TITLE.len() + HASH + HASH + stamp::BYTES + 8 + 8 + 8;

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
    /// The first bytes of the keys, close together: they tell where a record is, so that no other is looked at.
    heads: Vec<u64>,
    /// How many spots the records before each one have, and at the end how many there are.
    firsts: Vec<u32>,
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
        let (count, rest) = rest.split_first_chunk::<8>()?;
        let (spots, _) = rest.split_first_chunk::<8>()?;
        let number = |bytes: &[u8; 8], most: usize| {
            usize::try_from(u64::from_le_bytes(*bytes)).ok().filter(|number| *number <= most)
        };
        let (count, spots) = (number(count, MOST)?, number(spots, MOST_SPOTS)?);
        let is_whole = bytes.len() == HEAD + count * record::BYTES + spots * spot::BYTES + HASH;
        if !is_whole || Sha256::digest(whole)[..] != hash[..] {
            return None;
        }
        let (mut heads, mut firsts) = (Vec::with_capacity(count), Vec::with_capacity(count + 1));
        let mut sum = 0_u32;
        firsts.push(sum);
        for row in bytes[HEAD..].as_chunks().0.iter().take(count) {
            sum = sum.checked_add(Record::spots_of(row))?;
            firsts.push(sum);
            heads.push(head_of(row));
        }
        if sum as usize != spots {
            return None;
        }
        let head = Head {
            seal: *seal,
            build: Build { hash: *build, stamp: Stamp::read(stamp) },
            written: WallTime(i64::from_le_bytes(*written)),
        };
        let met = (0..count.div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Some(Self { head, bytes, count, heads, firsts, met })
    }

    fn rows(&self) -> &[[u8; record::BYTES]] {
        let rows = self.bytes.get(HEAD..HEAD + self.count * record::BYTES);
        rows.unwrap_or_default().as_chunks().0
    }

    fn record(&self, at: usize) -> Option<Record> {
        self.rows().get(at).map(Record::read)
    }

    /// The bytes of the spots of the record there.
    fn spots_of(&self, at: usize) -> &[u8] {
        let place = |at: u32| HEAD + self.count * record::BYTES + at as usize * spot::BYTES;
        match self.firsts.get(at..).unwrap_or_default() {
            [first, end, ..] => self.bytes.get(place(*first)..place(*end)).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The spots of the record there.
    pub(crate) fn spots(&self, at: usize) -> impl Iterator<Item = Spot> {
        self.spots_of(at).as_chunks::<{ spot::BYTES }>().0.iter().map(Spot::read)
    }

    /// What is known of a file, and where that stands.
    pub(crate) fn find(&self, key: &Key) -> Option<(usize, Record)> {
        let head = head_of(key);
        let mut at = self.first_at(head);
        while self.heads.get(at) == Some(&head) {
            match self.rows().get(at) {
                Some(row) if row.starts_with(key) => return Some((at, Record::read(row))),
                _ => at += 1,
            }
        }
        None
    }

    /// The first record whose key begins so, or where it would stand. Keys are hashes: it is near the place that they tell.
    fn first_at(&self, head: u64) -> usize {
        let heads = &self.heads[..];
        let stands_before = |at: usize| heads.get(at).is_some_and(|other| *other < head);
        let guess = ((u128::from(head) * heads.len() as u128) >> 64) as usize;
        let (mut low, mut high, mut step) = (guess, guess, 16);
        while stands_before(high) {
            (low, high, step) = (high + 1, heads.len().min(high + step), step * 2);
        }
        while low > 0 && !stands_before(low - 1) {
            (high, low, step) = (low - 1, low.saturating_sub(step), step * 2);
        }
        low + heads[low..high].partition_point(|other| *other < head)
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

/// The first bytes of a key, in its order.
fn head_of(key: &[u8]) -> u64 {
    key.first_chunk().map_or(0, |head| u64::from_be_bytes(*head))
}

/// What is noted of one file.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) record: Record,
    /// As many as the record says.
    pub(crate) spots: Vec<Spot>,
}

/// What a cache is written of.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) head: Head,
    pub(crate) old: Option<&'a Table>,
    /// Whether also those old records stay that gave no answer, for not all files were met.
    pub(crate) keeps_all: bool,
    /// In the order of their keys.
    pub(crate) new: &'a [Entry],
}

/// Takes the bytes of a record and those of its spots.
type Take<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> io::Result<()>;

/// How many records and spots there are.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    records: usize,
    spots: usize,
}

impl Counts {
    /// Counts one record more, unless that is more than a cache may hold.
    fn grow(&mut self, spots: usize) -> bool {
        let fits = self.records < MOST && self.spots + spots <= MOST_SPOTS;
        if fits {
            *self = Self { records: self.records + 1, spots: self.spots + spots };
        }
        fits
    }
}

impl Draft<'_> {
    /// All records in their order, each with the bytes of its spots; of two with one key the new one. What is more than a
    /// cache may hold is left out.
    fn each(&self, take: Take<'_>) -> io::Result<Counts> {
        let mut counts = Counts::default();
        let mut put = |record: &Record, spots: &[u8]| {
            if counts.grow(spots.len() / spot::BYTES) { take(&record.bytes(), spots) } else { Ok(()) }
        };
        let spots = |entry: &Entry| -> Vec<u8> { entry.spots.iter().flat_map(Spot::bytes).collect() };
        let mut new = self.new.iter().peekable();
        for at in 0..self.old.map_or(0, |old| old.count) {
            let Some((old, record)) = self.old.and_then(|old| Some((old, old.record(at)?))) else { break };
            while let Some(first) = new.next_if(|first| first.record.key < record.key) {
                put(&first.record, &spots(first))?;
            }
            let is_replaced = new.peek().is_some_and(|first| first.record.key == record.key);
            if !is_replaced && (self.keeps_all || old.is_met(at)) {
                put(&record, old.spots_of(at))?;
            }
        }
        new.try_for_each(|entry| put(&entry.record, &spots(entry)))?;
        Ok(counts)
    }

    /// Writes the file.
    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let counts = self.each(&mut |_, _| Ok(()))?;
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
        put(&(counts.records as u64).to_le_bytes())?;
        put(&(counts.spots as u64).to_le_bytes())?;
        self.each(&mut |record, _| put(record))?;
        self.each(&mut |_, spots| put(spots))?;
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
                assert_eq!(table.spots(at).count(), found.worth.spots as usize);
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
    use super::super::spot::tests::spot;
    use super::super::worth::Worth;
    use super::*;

    fn head() -> Head {
        let build = Build { hash: [2; 32], stamp: Stamp { inode: 3, ..Stamp::default() } };
        Head { seal: [1; 32], build, written: WallTime(4) }
    }

    fn written(old: Option<&Table>, keeps_all: bool, new: &[Entry]) -> Vec<u8> {
        let mut bytes = Vec::new();
        Draft { head: head(), old, keeps_all, new }.write(&mut bytes).unwrap();
        bytes
    }

    fn sorted(mut entries: Vec<Entry>) -> Vec<Entry> {
        entries.sort_by_key(|entry| entry.record.key);
        entries.dedup_by_key(|entry| entry.record.key);
        entries
    }

    prop_compose! {
        fn entry()(mut record in record(), spots in proptest::collection::vec(spot(), 0..4)) -> Entry {
            record.worth.spots = spots.len() as u32;
            Entry { record, spots }
        }
    }

    /// What a table holds of the file of this entry.
    fn found(table: &Table, entry: &Entry) -> Option<(Record, Vec<Spot>)> {
        table.find(&entry.record.key).map(|(at, record)| (record, table.spots(at).collect()))
    }

    proptest! {
        #[test]
        fn what_was_noted_is_found(
            first in proptest::collection::vec(entry(), 0..40).prop_map(sorted),
            second in proptest::collection::vec(entry(), 0..10).prop_map(sorted),
            met in proptest::collection::vec(any::<bool>(), 40),
            keeps_all: bool,
        ) {
            let whole = |entry: &Entry| Some((entry.record, entry.spots.clone()));
            let old = Table::read(written(None, false, &first)).unwrap();
            prop_assert_eq!(old.head, head());
            for (entry, met) in first.iter().zip(&met) {
                prop_assert_eq!(found(&old, entry), whole(entry));
                if *met {
                    old.meet(old.find(&entry.record.key).unwrap().0);
                }
            }
            // One of the old ones has changed.
            let changed = first.first().map(|entry| {
                let record = Record { content: [9; 32], worth: Worth { spots: 0, ..entry.record.worth }, ..entry.record };
                Entry { record, spots: Vec::new() }
            });
            let new = sorted(second.iter().cloned().chain(changed).collect());
            let table = Table::read(written(Some(&old), keeps_all, &new)).unwrap();
            for entry in &new {
                prop_assert_eq!(found(&table, entry), whole(entry));
            }
            for (entry, met) in first.iter().zip(&met).skip(1) {
                let stays = keeps_all || *met;
                prop_assert_eq!(found(&table, entry), whole(entry).filter(|_| stays));
            }
        }

        #[test]
        fn what_is_not_as_it_was_written_is_none(
            entries in proptest::collection::vec(entry(), 0..5).prop_map(sorted),
            at: proptest::sample::Index,
            flip in 1..=255_u8,
            more in 0..3_usize,
        ) {
            let bytes = written(None, false, &entries);
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
        const { assert!(LARGEST < 50 << 20) };
        for (records, spots) in [(MOST as u64 + 1, 0), (0, MOST_SPOTS as u64 + 1), (0, 1)] {
            let mut bytes = written(None, false, &[]);
            bytes.truncate(HEAD - 16);
            bytes.extend(records.to_le_bytes());
            bytes.extend(spots.to_le_bytes());
            bytes.extend(Sha256::digest(&bytes));
            assert!(Table::read(bytes).is_none());
        }
        let mut counts = Counts { records: MOST - 1, spots: MOST_SPOTS - 1 };
        assert!(!counts.grow(2) && counts.grow(1) && !counts.grow(0));
    }
}
