//! What stands in a folder as git stores it: lines of a mode, a name and an id. Pure, and no bytes make it panic.
//!
//! A folder that was made out of another shares most lines with it: these are taken over, with what they lead to, and
//! only what stands between them is read.

use super::entry::Copied;

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// Another folder.
    Folder,
    /// A file, or what a symbolic link says.
    File,
    /// A commit of another repository.
    Submodule,
}

/// One line of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// What it leads to.
    pub kind: EntryKind,
    /// Its name.
    pub name: &'a [u8],
    /// The bytes of its id.
    pub id: &'a [u8],
}

/// Reads the line with which these bytes begin, and tells how long it is; ids have `id_length` bytes.
pub fn line(bytes: &[u8], id_length: usize) -> Option<(Line<'_>, usize)> {
    let space = bytes.iter().take(7).position(|byte| *byte == b' ').filter(|space| *space > 0)?;
    let mut mode = 0_u32;
    for byte in &bytes[..space] {
        mode = mode * 8 + u32::from(byte.checked_sub(b'0').filter(|digit| *digit < 8)?);
    }
    let kind = match mode & 0o170_000 {
        0o040_000 => EntryKind::Folder,
        0o100_000 | 0o120_000 => EntryKind::File,
        _ => EntryKind::Submodule,
    };
    let name = space + 1..space + 1 + memchr::memchr(0, &bytes[space + 1..])?;
    let id = name.end + 1..name.end + 1 + id_length;
    let length = id.end;
    Some((Line { kind, name: &bytes[name], id: bytes.get(id)? }, length))
}

/// The lines of a folder: where each begins, and what it leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    lines: Vec<(u32, u32)>,
    /// How long the folder is.
    length: usize,
}

/// Tells what a line leads to, as a number.
pub(crate) type Lead<'a> = dyn FnMut(&Line<'_>) -> u32 + 'a;

impl Listing {
    /// Reads a whole folder.
    pub(crate) fn read(text: &[u8], id_length: usize, lead: &mut Lead<'_>) -> Option<Self> {
        let mut listing = Self { lines: Vec::with_capacity(text.len() / 32), length: text.len() };
        listing.between(text, 0..text.len(), id_length, lead)?;
        Some(listing)
    }

    /// Reads a folder that was made out of this one.
    pub(crate) fn changed(
        &self,
        text: &[u8],
        copies: &[Copied],
        id_length: usize,
        lead: &mut Lead<'_>,
    ) -> Option<Self> {
        let carried = self.carried(text, copies, id_length, lead);
        // What was copied may begin or end within a name, and mean something else here.
        carried.or_else(|| Self::read(text, id_length, lead))
    }

    fn carried(&self, text: &[u8], copies: &[Copied], id_length: usize, lead: &mut Lead<'_>) -> Option<Self> {
        let mut listing = Self { lines: Vec::with_capacity(self.lines.len() + 4), length: text.len() };
        let mut read = 0;
        for copy in copies {
            let (from, to) = (copy.from, copy.from + copy.length);
            let first = self.lines.partition_point(|(start, _)| (*start as usize) < from);
            let last = if to == self.length {
                self.lines.len()
            } else {
                // The last one may go on behind the copy.
                self.lines.partition_point(|(start, _)| *start as usize <= to).saturating_sub(1)
            };
            if first >= last {
                continue;
            }
            let moved = |start: u32| copy.at + (start as usize - from);
            listing.between(text, read..moved(self.lines[first].0), id_length, lead)?;
            let lines = &self.lines[first..last];
            listing.lines.extend(lines.iter().map(|(start, lead)| (moved(*start) as u32, *lead)));
            read = self.lines.get(last).map_or(copy.end(), |next| moved(next.0));
        }
        listing.between(text, read..text.len(), id_length, lead)?;
        Some(listing)
    }

    /// Reads the lines that stand between two others; `None` when these do not end where that does.
    fn between(
        &mut self,
        text: &[u8],
        part: std::ops::Range<usize>,
        id_length: usize,
        lead: &mut Lead<'_>,
    ) -> Option<()> {
        let mut at = part.start;
        while at < part.end {
            let (line, length) = line(&text[at..part.end], id_length)?;
            self.lines.push((at as u32, lead(&line)));
            at += length;
        }
        Some(())
    }

    /// What its lines lead to, in their order.
    pub(crate) fn leads(&self) -> impl Iterator<Item = u32> {
        self.lines.iter().map(|(_, lead)| *lead)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::entry::apply;
    use super::*;

    /// A number that tells lines apart.
    fn sum(line: &Line<'_>) -> u32 {
        let bytes = line.name.iter().chain(line.id);
        bytes.fold(line.kind as u32 + 7, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)))
    }

    fn folder(lines: &[(u8, u8)]) -> Vec<u8> {
        let line = |(name, id): &(u8, u8)| {
            let mode = ["100644", "40000", "120000", "160000"][usize::from(id % 4)];
            [format!("{mode} name {name}\0").as_bytes(), &[*id; 20]].concat()
        };
        lines.iter().map(line).collect::<Vec<_>>().concat()
    }

    #[test]
    fn lines_of_all_kinds() {
        let check = |mode: &str, expected: Option<EntryKind>| {
            let bytes = [mode.as_bytes(), b" a b\0", &[0x20; 20], b"more"].concat();
            let read = line(&bytes, 20).map(|(line, length)| {
                assert_eq!((line.name, line.id, length), (&b"a b"[..], &[0x20; 20][..], mode.len() + 25));
                line.kind
            });
            assert_eq!(read, expected, "{mode}");
        };
        check("100644", Some(EntryKind::File));
        check("100755", Some(EntryKind::File));
        check("120000", Some(EntryKind::File));
        check("40000", Some(EntryKind::Folder));
        check("040000", Some(EntryKind::Folder));
        check("160000", Some(EntryKind::Submodule));
        check("100648", None);
        check("1006440", None);
        check("", None);
        assert_eq!(line(b"100644 a\0short", 20), None);
        assert_eq!(line(b"100644 a", 20), None);
    }

    /// A delta of copies and of bytes of its own.
    fn delta(base: &[u8], parts: &[(usize, usize, Vec<u8>)]) -> (Vec<u8>, Vec<Copied>) {
        let (mut body, mut length) = (Vec::new(), 0);
        for (from, count, own) in parts {
            let from = from % base.len().max(1);
            let count = (count % 600).min(base.len() - from);
            if count > 0 {
                body.extend([0xb3, from as u8, (from >> 8) as u8, count as u8, (count >> 8) as u8]);
            }
            if !own.is_empty() {
                body.push(own.len() as u8);
                body.extend(own);
            }
            length += count + own.len();
        }
        let size = |size: usize| [size as u8 | 0x80, (size >> 7) as u8 | 0x80, (size >> 14) as u8];
        let delta = [&size(base.len())[..], &size(length), &body].concat();
        let (mut out, mut copies) = (Vec::new(), Vec::new());
        apply(base, &delta, &mut out, &mut copies).unwrap();
        (out, copies)
    }

    /// Read as made out of another, it is what it is as a whole.
    fn check(base: &[u8], text: &[u8], copies: &[Copied]) {
        let Some(before) = Listing::read(base, 20, &mut |line| sum(line)) else { return };
        let whole = Listing::read(text, 20, &mut |line| sum(line));
        assert_eq!(before.changed(text, copies, 20, &mut |line| sum(line)), whole);
    }

    proptest! {
        #[test]
        fn a_change_is_what_the_whole_is(
            lines in prop::collection::vec((0..20_u8, any::<u8>()), 0..30),
            parts in prop::collection::vec((any::<usize>(), any::<usize>(), "[ 0-9a\0]{0,40}"), 0..6),
            cuts in prop::collection::vec((0..30_usize, 0..30_usize, any::<bool>()), 0..5),
        ) {
            let base = folder(&lines);
            let own = |own: String| own.into_bytes();
            let parts: Vec<_> = parts.into_iter().map(|(from, count, bytes)| (from, count, own(bytes))).collect();
            let (text, copies) = delta(&base, &parts);
            check(&base, &text, &copies);
            // Whole lines, as they come and with lines between them, cut at any place of an id.
            let start = |at: usize| folder(&lines[..at.min(lines.len())]).len();
            let parts: Vec<_> = cuts.iter().map(|&(from, count, more)| {
                let (first, end) = (start(from), start(from + count));
                let own = if more { folder(&[(3, 9)]) } else { Vec::new() };
                (first, end - first, own)
            }).collect();
            let (text, copies) = delta(&base, &parts);
            check(&base, &text, &copies);
        }

        #[test]
        fn a_new_id_within_a_line(
            lines in prop::collection::vec((0..20_u8, any::<u8>()), 1..30), at in any::<usize>(), id in any::<u8>(),
        ) {
            let base = folder(&lines);
            let mut other = lines.clone();
            let at = at % lines.len();
            other[at].1 = id;
            let end = folder(&lines[..=at]).len();
            let (text, copies) = delta(&base, &[(0, end - 20, vec![id; 20]), (end, base.len() - end, Vec::new())]);
            prop_assume!(base.len() < 600);
            check(&base, &text, &copies);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = Listing::read(&bytes, 20, &mut |_| 0);
        }
    }
}
