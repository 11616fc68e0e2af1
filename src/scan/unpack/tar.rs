//! Archives of tar: old, ustar, GNU and pax. The library reads the fields of a header; the way from one to the next is
//! here, as its own would hold a name of any length in memory and give up at the first damage.

use ::tar::Header;

use super::opener::Opener;
use super::place::Place;
use super::source::Source;
use crate::scan::progress::Skip;

const BLOCK: usize = 512;
/// The most of a long name, or of the attributes of a file, that is looked at.
const LONGEST: usize = 64 << 10;

/// Whether a stream that begins so is a tar: its first header has the right checksum.
pub(super) fn is_header(head: &[u8]) -> bool {
    let Some(block) = head.first_chunk::<BLOCK>() else { return false };
    // Nearly all text is told apart by one byte: the checksum ends with a NUL or a space, after octal digits.
    matches!(block[155], 0 | b' ') && has_right_sum(block)
}

/// Whether the checksum of a header is right: it is that of the block with spaces in its place.
fn has_right_sum(block: &[u8; BLOCK]) -> bool {
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    let own = sum(&block[..148]) + 8 * u32::from(b' ') + sum(&block[156..]);
    Header::from_byte_slice(block).cksum().is_ok_and(|told| told == own)
}

/// What headers before that of a file say about it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Ahead {
    name: Option<Vec<u8>>,
    size: Option<u64>,
}

/// Shows all entries to the opener.
pub(super) fn walk(opener: &mut Opener<'_>, place: &Place, source: &mut Source<'_>) {
    let mut ahead = Ahead::default();
    let (mut is_lost, mut has_ended) = (false, false);
    while !opener.is_over() {
        let block = match source.array::<BLOCK>() {
            Ok(Some(block)) => block,
            Ok(None) => {
                let rest = source.peek(1).is_ok_and(|rest| !rest.is_empty());
                if rest && !has_ended {
                    opener.broken(place, &std::io::ErrorKind::UnexpectedEof.into());
                }
                return;
            }
            Err(error) => return opener.broken(place, &error),
        };
        if block.iter().all(|byte| *byte == 0) {
            has_ended = true;
            continue;
        }
        let size = Header::from_byte_slice(&block).entry_size();
        let (true, Ok(size)) = (has_right_sum(&block), size) else {
            // Behind the end anything may stand; elsewhere it is damage, and the next header is looked for.
            if !has_ended && !std::mem::replace(&mut is_lost, true) {
                opener.broken(place, &std::io::Error::other("a header is not what it must be"));
            }
            continue;
        };
        (is_lost, has_ended) = (false, false);
        match member(opener, place, source, &block, size, &mut ahead) {
            Ok(true) => {}
            Ok(false) => {
                if !opener.is_over() {
                    opener.broken(place, &std::io::ErrorKind::UnexpectedEof.into());
                }
                return;
            }
            Err(error) => return opener.broken(place, &error),
        }
    }
}

/// What stands behind one header; false when the archive ends within it.
fn member(
    opener: &mut Opener<'_>,
    place: &Place,
    source: &mut Source<'_>,
    block: &[u8; BLOCK],
    size: u64,
    ahead: &mut Ahead,
) -> std::io::Result<bool> {
    let header = Header::from_byte_slice(block);
    match block[156] {
        b'L' => {
            let Some(mut name) = source.piece(size, LONGEST)? else { return Ok(false) };
            name.truncate(memchr::memchr(0, &name).unwrap_or(name.len()));
            ahead.name = Some(name);
            return padding(source, size);
        }
        b'x' => {
            let Some(records) = source.piece(size, LONGEST)? else { return Ok(false) };
            ahead.take(&records);
            return padding(source, size);
        }
        b'K' | b'g' | b'X' => return Ok(source.pass(size)? == size && padding(source, size)?),
        _ => {}
    }
    let Ahead { name, size: told } = std::mem::take(ahead);
    let size = told.unwrap_or(size);
    let name = name.unwrap_or_else(|| header.path_bytes().into_owned());
    let mut content = std::io::Read::take(&mut *source, size);
    match block[156] {
        // Where an old tar has a folder, its name ends with a slash.
        0 | b'0' | b'7' | b'S' if !(size == 0 && name.ends_with(b"/")) => {
            if block[156] == b'S' {
                sparse(content.get_mut(), block)?;
            }
            opener.entry(&place.inside(&name), &mut content, Some(size));
        }
        // A hard link leads to an entry before it; with content it is one more copy.
        b'1' if size > 0 => _ = opener.entry(&place.inside(&name), &mut content, Some(size)),
        b'2' => opener.pass(Skip::Symlink),
        b'3' | b'4' | b'6' => opener.pass(Skip::Special),
        _ => {}
    }
    if opener.is_over() {
        return Ok(true);
    }
    let left = content.limit();
    Ok(source.pass(left)? == left && padding(source, size)?)
}

/// Passes over the further maps of a file with holes; what follows them is its content without the holes.
fn sparse(source: &mut Source<'_>, block: &[u8; BLOCK]) -> std::io::Result<()> {
    let mut more = block[482] == 1;
    while more {
        more = source.array::<BLOCK>()?.is_some_and(|map| map[504] == 1);
    }
    Ok(())
}

/// Passes over what fills the last block up; the end of the file may stand there as well.
fn padding(source: &mut Source<'_>, size: u64) -> std::io::Result<bool> {
    source.pass((BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64)?;
    Ok(true)
}

impl Ahead {
    /// Takes what matters out of the records of pax: `LENGTH KEY=VALUE\n` each. A value may hold line feeds.
    fn take(&mut self, records: &[u8]) {
        let mut rest = records;
        while let Some((record, after)) = record(rest) {
            rest = after;
            let Some(equals) = memchr::memchr(b'=', record) else { continue };
            let value = &record[equals + 1..];
            match &record[..equals] {
                // A file with holes has a made-up name in its own header, and in `path`.
                b"GNU.sparse.name" => self.name = Some(value.to_vec()),
                b"path" if self.name.is_none() => self.name = Some(value.to_vec()),
                b"size" => self.size = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()),
                _ => {}
            }
        }
    }
}

/// The first record without its length and its end, and what follows it.
fn record(records: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = memchr::memchr(b' ', &records[..records.len().min(20)])?;
    let length: usize = std::str::from_utf8(&records[..space]).ok()?.parse().ok()?;
    if length <= space + 1 || length > records.len() {
        return None;
    }
    let (record, after) = records.split_at(length);
    Some((&record[space + 1..length - 1], after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_pax_say_name_and_size() {
        let check = |records: &str, name: Option<&str>, size| {
            let mut ahead = Ahead::default();
            ahead.take(records.as_bytes());
            assert_eq!(ahead, Ahead { name: name.map(Into::into), size }, "{records:?}");
        };
        check("12 path=a/b\n", Some("a/b"), None);
        check("13 path=a\nbc\n11 size=12\n", Some("a\nbc"), Some(12));
        check("11 size=-2\n", None, None);
        check("99 path=a\n", None, None);
        check("3 path=a\n", None, None);
        check("18446744073709551616 path=a\n", None, None);
        check("0 \n", None, None);
        check("", None, None);
    }

    #[test]
    fn text_is_no_header() {
        assert!(!is_header(&[b'a'; 600]));
        assert!(!is_header(&[b' '; 600]));
        assert!(!is_header(&[0; 600]));
        let mut header = Header::new_ustar();
        header.set_path("a.txt").unwrap();
        header.set_size(0);
        header.set_cksum();
        assert!(is_header(header.as_bytes()) && !is_header(&header.as_bytes()[..511]));
    }
}
