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

/// Makes an object out of its base; `None` when the delta does not fit that. `out` is emptied first and never
/// grows beyond the size that the delta announces. `fresh` gets the parts of the object that its base does not hold
/// in this place: what was inserted, and the seams between what was copied.
pub fn apply(base: &[u8], delta: &[u8], out: &mut Vec<u8>, fresh: &mut Vec<Range<usize>>) -> Option<()> {
    let (base_size, result_size, mut at) = sizes(delta)?;
    let result_size = usize::try_from(result_size).ok()?;
    if base_size != base.len() as u64 {
        return None;
    }
    out.clear();
    fresh.clear();
    out.try_reserve_exact(result_size).ok()?;
    // Where the next copy must start in the base to go on where the last one ended.
    let mut expected = 0;
    while let Some(&order) = delta.get(at) {
        at += 1;
        let from = out.len();
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
            let start = field(0, 4)?;
            let length = match field(4, 3)? {
                0 => 0x1_0000,
                length => length,
            };
            let part = base.get(start..start.checked_add(length)?)?;
            if part.len() > result_size - from {
                return None;
            }
            if start != expected {
                fresh.push(from..from);
            }
            out.extend_from_slice(part);
            expected = start + length;
        } else {
            let length = usize::from(order);
            let part = delta.get(at..at + length).filter(|_| length > 0)?;
            if length > result_size - from {
                return None;
            }
            out.extend_from_slice(part);
            at += length;
            match fresh.last_mut() {
                Some(last) if last.end == from => last.end = from + length,
                _ => fresh.push(from..from + length),
            }
        }
    }
    if expected != base.len() {
        // What followed in the base is cut off: the end is new.
        fresh.push(out.len()..out.len());
    }
    (out.len() == result_size).then_some(())
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
        let (mut out, mut fresh) = (Vec::new(), Vec::new());
        apply(base, &delta, &mut out, &mut fresh).unwrap();
        assert_eq!(out, b"one 2 three four");
        assert_eq!(fresh, [4..5, 5..5]);
        for broken in [
            &[17, 16, 0x90, 4, 1, b'2', 0x91, 7, 11][..],
            &[18, 15, 0x90, 4, 1, b'2', 0x91, 7, 11],
            &[18, 16, 0x90, 4, 1, b'2', 0x91, 7, 12],
            &[18, 16, 0x90, 4, 1, b'2', 0x91, 7],
            &[18, 16, 0x90, 4, 0, b'2', 0x91, 7, 11],
            &[18],
            &[],
        ] {
            assert_eq!(apply(base, broken, &mut out, &mut fresh), None, "{broken:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(base in prop::collection::vec(any::<u8>(), 0..60), rest in prop::collection::vec(any::<u8>(), 0..80)) {
            let delta = [&[base.len() as u8, 50][..], &rest].concat();
            let (mut out, mut fresh) = (Vec::new(), Vec::new());
            let _ = (head(&rest, 20), head(&rest, 32));
            if apply(&base, &delta, &mut out, &mut fresh).is_some() {
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
            let (mut out, mut fresh) = (Vec::new(), Vec::new());
            prop_assert!(apply(&base, &delta, &mut out, &mut fresh).is_some());
            prop_assert_eq!(&out, &whole);
            let mut at = 0;
            for part in fresh.iter().chain(std::iter::once(&(out.len()..out.len()))) {
                let old = &out[at..part.start];
                prop_assert!(old.is_empty() || base.windows(old.len()).any(|piece| piece == old));
                at = part.end;
            }
        }
    }
}
