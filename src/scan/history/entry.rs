//! What stands in a pack: the head of an entry, and the deltas that make one object out of another. Pure, and
//! bounded by its arguments: bytes in, values out, and no bytes make it panic.
//!
//! The format is that of gitformat-pack(5).

use std::ops::Range;

/// The most bytes that the head of an entry takes: its size, and the base of a delta.
pub(crate) const HEAD: usize = 10 + 32;

/// What kind of object an entry holds, or how it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A commit, whole.
    Commit,
    /// A folder, whole.
    Tree,
    /// The content of a file, whole.
    Blob,
    /// An annotated tag, whole.
    Tag,
    /// A delta against the object that starts so many bytes before this one.
    Before(u64),
    /// A delta against the object of the id that stands in these bytes of the head.
    Named(usize),
}

/// The head of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// What it is.
    pub kind: Kind,
    /// How many bytes it has once inflated: those of the object, or of the delta.
    pub size: u64,
    /// How many bytes the head takes.
    pub length: usize,
}

/// Reads the head of an entry; ids have `id_length` bytes.
pub fn head(bytes: &[u8], id_length: usize) -> Option<Head> {
    let mut rest = bytes.iter();
    let first = *rest.next()?;
    let (mut size, mut shift, mut byte) = (u64::from(first & 0x0f), 4, first);
    while byte & 0x80 != 0 {
        byte = *rest.next()?;
        size |= u64::from(byte & 0x7f).checked_shl(shift).filter(|_| shift <= 57)?;
        shift += 7;
    }
    let at = bytes.len() - rest.len();
    let kind = match (first >> 4) & 7 {
        1 => Kind::Commit,
        2 => Kind::Tree,
        3 => Kind::Blob,
        4 => Kind::Tag,
        6 => {
            let mut byte = *rest.next()?;
            let mut distance = u64::from(byte & 0x7f);
            while byte & 0x80 != 0 {
                byte = *rest.next()?;
                distance = (distance + 1).checked_mul(128)? | u64::from(byte & 0x7f);
            }
            Kind::Before(distance)
        }
        7 => {
            rest.as_slice().get(..id_length)?;
            rest = rest.as_slice()[id_length..].iter();
            Kind::Named(at)
        }
        _ => return None,
    };
    Some(Head { kind, size, length: bytes.len() - rest.len() })
}

/// The sizes of a delta's base and of its result, and how many bytes they take.
pub fn sizes(delta: &[u8]) -> Option<(u64, u64, usize)> {
    let (base, first) = size(delta)?;
    let (result, second) = size(&delta[first..])?;
    Some((base, result, first + second))
}

fn size(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut size = 0;
    for (at, &byte) in bytes.iter().enumerate().take(9) {
        size |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((size, at + 1));
        }
    }
    None
}

/// A part of an object that its base holds too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Where it stands in the base.
    pub from: usize,
    /// Where it stands in the object.
    pub at: usize,
    /// How long it is.
    pub length: usize,
}

impl Copied {
    /// Where it ends in the object.
    pub fn end(&self) -> usize {
        self.at + self.length
    }
}

/// Makes an object out of its base; `None` when the delta does not fit that. `out` is emptied first and never
/// grows beyond the size that the delta announces. `copies` gets the parts that were copied, from left to right; two
/// that follow one another in both objects are one.
pub fn apply(base: &[u8], delta: &[u8], out: &mut Vec<u8>, copies: &mut Vec<Copied>) -> Option<()> {
    let (base_size, result_size, mut at) = sizes(delta)?;
    let result_size = usize::try_from(result_size).ok()?;
    if base_size != base.len() as u64 {
        return None;
    }
    out.clear();
    copies.clear();
    out.try_reserve_exact(result_size).ok()?;
    while let Some(&order) = delta.get(at) {
        at += 1;
        let to = out.len();
        if order & 0x80 != 0 {
            let mut field = |first: u32, bytes: u32| -> Option<usize> {
                let mut value = 0;
                for byte in 0..bytes {
                    if order & (1 << (first + byte)) != 0 {
                        value |= usize::from(*delta.get(at)?) << (8 * byte);
                        at += 1;
                    }
                }
                Some(value)
            };
            let from = field(0, 4)?;
            let length = match field(4, 3)? {
                0 => 0x1_0000,
                length => length,
            };
            let part = base.get(from..from.checked_add(length)?)?;
            if part.len() > result_size - to {
                return None;
            }
            out.extend_from_slice(part);
            match copies.last_mut() {
                Some(last) if last.end() == to && last.from + last.length == from => last.length += length,
                _ => copies.push(Copied { from, at: to, length }),
            }
        } else {
            let length = usize::from(order);
            let part = delta.get(at..at + length).filter(|_| length > 0)?;
            if length > result_size - to {
                return None;
            }
            out.extend_from_slice(part);
            at += length;
        }
    }
    (out.len() == result_size).then_some(())
}

/// The parts of an object that its base does not hold in this place, from left to right: what was inserted, and, as
/// parts without length, the seams at which what was copied meets other neighbours than it had.
pub fn fresh(copies: &[Copied], base: usize, length: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::with_capacity(copies.len() + 1);
    // Where the last copy ended, here and in the base.
    let (mut end, mut base_end) = (0, 0);
    for copy in copies {
        if copy.at > end || copy.from != base_end {
            parts.push(end..copy.at);
        }
        (end, base_end) = (copy.end(), copy.from + copy.length);
    }
    if end < length || base_end != base {
        parts.push(end..length);
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn heads() {
        let check = |bytes: &[u8], expected: Option<(Kind, u64, usize)>| {
            assert_eq!(
                head(bytes, 20).map(|head| (head.kind, head.size, head.length)),
                expected,
                "{bytes:x?}"
            );
        };
        check(&[0x35], Some((Kind::Blob, 5, 1)));
        check(&[0x95, 0x0a], Some((Kind::Commit, 0xa5, 2)));
        check(&[0x6f, 0x05], Some((Kind::Before(5), 15, 2)));
        check(&[0x6f, 0x80, 0x00], Some((Kind::Before(128), 15, 3)));
        check(&[&[0x7f][..], &[1; 20]].concat(), Some((Kind::Named(1), 15, 21)));
        check(&[&[0x7f][..], &[1; 19]].concat(), None);
        check(&[0x00], None);
        check(&[0x55], None);
        check(&[0xb5], None);
        check(&[0xff; 40], None);
        check(&[], None);
    }

    #[test]
    fn a_delta_copies_and_inserts() {
        let base = b"one two three four";
        // Copy "one ", insert "2", copy " three four".
        let delta = [18, 16, 0x90, 4, 1, b'2', 0x91, 7, 11];
        let (mut out, mut copies) = (Vec::new(), Vec::new());
        apply(base, &delta, &mut out, &mut copies).unwrap();
        assert_eq!(out, b"one 2 three four");
        let copied = |from, at, length| Copied { from, at, length };
        assert_eq!(copies, [copied(0, 0, 4), copied(7, 5, 11)]);
        for broken in [
            &[17, 16, 0x90, 4, 1, b'2', 0x91, 7, 11][..],
            &[18, 15, 0x90, 4, 1, b'2', 0x91, 7, 11],
            &[18, 16, 0x90, 4, 1, b'2', 0x91, 7, 12],
            &[18, 16, 0x90, 4, 1, b'2', 0x91, 7],
            &[18, 16, 0x90, 4, 0, b'2', 0x91, 7, 11],
            &[18],
            &[],
        ] {
            assert_eq!(apply(base, broken, &mut out, &mut copies), None, "{broken:?}");
        }
    }

    #[test]
    #[expect(clippy::single_range_in_vec_init, reason = "a list of one part is meant")]
    fn what_is_fresh() {
        let check = |copies: &[(usize, usize, usize)], base, length, expected: &[Range<usize>]| {
            let copies: Vec<Copied> =
                copies.iter().map(|&(from, at, length)| Copied { from, at, length }).collect();
            assert_eq!(fresh(&copies, base, length), expected, "{copies:?}");
        };
        let none: &[Range<usize>] = &[];
        check(&[(0, 0, 9)], 9, 9, none);
        check(&[], 0, 0, none);
        check(&[], 9, 5, &[0..5]);
        check(&[], 9, 0, &[0..0]);
        // Inserted, replaced, cut out; at the start, in the middle and at the end.
        check(&[(0, 3, 9)], 9, 12, &[0..3]);
        check(&[(0, 0, 4), (4, 6, 5)], 9, 11, &[4..6]);
        check(&[(0, 0, 9)], 9, 12, &[9..12]);
        check(&[(2, 0, 7)], 9, 7, &[0..0]);
        check(&[(0, 0, 4), (6, 4, 3)], 9, 7, &[4..4]);
        check(&[(0, 0, 7)], 9, 7, &[7..7]);
        // Moved, and copied twice.
        check(&[(5, 0, 4), (0, 4, 5)], 9, 9, &[0..0, 4..4, 9..9]);
        check(&[(0, 0, 9), (0, 9, 9)], 9, 18, &[9..9]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(base in prop::collection::vec(any::<u8>(), 0..60), rest in prop::collection::vec(any::<u8>(), 0..80)) {
            let delta = [&[base.len() as u8, 50][..], &rest].concat();
            let (mut out, mut copies) = (Vec::new(), Vec::new());
            let _ = (head(&rest, 20), head(&rest, 32));
            if apply(&base, &delta, &mut out, &mut copies).is_some() {
                prop_assert_eq!(out.len(), 50);
            }
            prop_assert!(out.len() <= 50);
        }

        /// What lies between the fresh parts stands in the base, in one piece.
        #[test]
        fn all_that_is_not_fresh_is_copied(
            base in prop::collection::vec(any::<u8>(), 1..60),
            orders in prop::collection::vec((any::<bool>(), 0_usize..60, 1_usize..20), 0..8),
        ) {
            let (mut body, mut whole) = (Vec::new(), Vec::new());
            for (copies, start, length) in orders {
                if copies {
                    let start = start % base.len();
                    let length = length.min(base.len() - start);
                    body.extend([0x91, start as u8, length as u8]);
                    whole.extend(&base[start..start + length]);
                } else {
                    body.push(length as u8);
                    body.extend(vec![7; length]);
                    whole.extend(vec![7; length]);
                }
            }
            let mut delta = vec![base.len() as u8, (whole.len() & 0x7f) as u8];
            if whole.len() > 0x7f {
                delta[1] |= 0x80;
                delta.push((whole.len() >> 7) as u8);
            }
            delta.extend(body);
            let (mut out, mut copies) = (Vec::new(), Vec::new());
            prop_assert!(apply(&base, &delta, &mut out, &mut copies).is_some());
            prop_assert_eq!(&out, &whole);
            for copy in &copies {
                prop_assert_eq!(&out[copy.at..copy.end()], &base[copy.from..copy.from + copy.length]);
            }
            let fresh = fresh(&copies, base.len(), out.len());
            let mut at = 0;
            for part in fresh.iter().chain(std::iter::once(&(out.len()..out.len()))) {
                let old = &out[at..part.start];
                prop_assert!(old.is_empty() || base.windows(old.len()).any(|piece| piece == old));
                at = part.end;
            }
        }
    }
}
