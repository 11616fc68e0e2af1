//! Where ids begin in a sorted list of them, by their first bits. Pure.
//!
//! Ids are as good as random: with as many ranges as a few of them fill each, one look into a table leads next to an id,
//! where halving an index of a million objects takes twelve looks behind its own table of 256.

use std::ops::Range;

/// How many ids a range holds on average.
const FILL: usize = 4;

/// The ranges of a sorted list of ids; one that is not sorted gets ranges too, in which its ids are not found.
#[derive(Debug)]
pub(crate) struct Fan {
    /// How many of the first 64 bits do not count.
    shift: u32,
    /// Where each range starts, and where the last one ends.
    starts: Vec<u32>,
}

impl Fan {
    /// The ranges of these ids.
    pub(crate) fn new<'a>(ids: impl ExactSizeIterator<Item = &'a gix::oid>) -> Self {
        let ranges = (ids.len() / FILL).next_power_of_two().max(2);
        let mut fan = Self { shift: u64::BITS - ranges.ilog2(), starts: vec![0; ranges + 1] };
        for id in ids {
            let range = fan.range(id);
            fan.starts[range + 1] += 1;
        }
        for at in 1..fan.starts.len() {
            fan.starts[at] += fan.starts[at - 1];
        }
        fan
    }

    fn range(&self, id: &gix::oid) -> usize {
        (leading(id) >> self.shift) as usize
    }

    /// Where this id stands in the list, which tells what stands in a place.
    pub(crate) fn place<'a>(&self, id: &gix::oid, at: impl Fn(u32) -> &'a gix::oid) -> Option<u32> {
        let (range, first) = (self.range(id), leading(id));
        let Range { mut start, mut end } = self.starts[range]..self.starts[range + 1];
        while start < end {
            let middle = start + (end - start) / 2;
            let other = at(middle);
            match leading(other).cmp(&first).then_with(|| other.cmp(id)) {
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Less => start = middle + 1,
                std::cmp::Ordering::Greater => end = middle,
            }
        }
        None
    }
}

/// The bytes with which an id begins, as a number.
fn leading(id: &gix::oid) -> u64 {
    id.as_bytes().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use gix::ObjectId;
    use proptest::prelude::*;

    use super::*;

    /// All ids have their places, and no other id has one.
    fn check(mut numbers: Vec<u32>) {
        numbers.sort_unstable();
        numbers.dedup();
        let id = |number: u32| {
            let mut bytes = [0; 20];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            ObjectId::from_bytes_or_panic(&bytes)
        };
        let ids: Vec<ObjectId> = numbers.iter().map(|number| id(*number)).collect();
        let fan = Fan::new(ids.iter().map(AsRef::as_ref));
        let place = |number: u32| fan.place(&id(number), |at| ids[at as usize].as_ref());
        for (at, &number) in numbers.iter().enumerate() {
            assert_eq!(place(number), Some(at as u32));
            for other in [number.wrapping_add(1), number.wrapping_sub(1), !number] {
                assert_eq!(place(other), numbers.binary_search(&other).ok().map(|at| at as u32));
            }
        }
    }

    #[test]
    fn few_ids_and_ids_that_lie_together() {
        check(vec![]);
        check(vec![0]);
        check(vec![u32::MAX, 0, 1]);
        check((0..1000).collect());
        check((0..1000).map(|at| u32::MAX - at).collect());
    }

    #[test]
    fn what_is_not_sorted_is_not_found_and_no_harm() {
        let ids: Vec<ObjectId> =
            (0..100_u8).map(|at| ObjectId::from_bytes_or_panic(&[at.wrapping_mul(37); 20])).collect();
        let fan = Fan::new(ids.iter().map(AsRef::as_ref));
        for id in &ids {
            let place = fan.place(id, |at| ids[at as usize].as_ref());
            assert!(place.is_none_or(|at| ids[at as usize] == *id));
        }
    }

    proptest! {
        #[test]
        fn each_id_has_its_place(numbers in prop::collection::vec(any::<u32>(), 0..300)) {
            check(numbers);
        }
    }
}
