//! Archives of ar: packages of Debian above all. A header has 60 bytes; its name may stand elsewhere.

use super::opener::Opener;
use super::place::Place;
use super::source::Source;

const MAGIC: u64 = 8;
const HEADER: usize = 60;
/// The most of the table of long names that is kept.
const NAMES: usize = 256 << 10;

/// Shows all members to the opener.
pub(super) fn walk(opener: &mut Opener<'_>, place: &Place, source: &mut Source<'_>) {
    if let Err(error) = members(opener, place, source) {
        opener.broken(place, &error);
    }
}

fn members(opener: &mut Opener<'_>, place: &Place, source: &mut Source<'_>) -> std::io::Result<()> {
    let short = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    source.pass(MAGIC)?;
    let mut names = Vec::new();
    while !opener.is_over() {
        let Some(header) = source.array::<HEADER>()? else {
            let ends = source.peek(1)?.is_empty();
            return if ends { Ok(()) } else { Err(short()) };
        };
        let size =
            std::str::from_utf8(&header[48..58]).ok().and_then(|text| text.trim_end().parse::<u64>().ok());
        let Some(size) = size.filter(|_| header[58..] == *b"`\n") else {
            return Err(std::io::Error::other("a header is not what it must be"));
        };
        let field = header[..16].trim_ascii_end();
        let mut left = size;
        let name = match field {
            // The table of symbols.
            b"/" | b"/SYM64/" | b"__.SYMDEF" => None,
            b"//" => {
                names = source.piece(size, NAMES)?.ok_or_else(short)?;
                left = 0;
                None
            }
            _ if field.starts_with(b"#1/") => {
                let length = number(&field[3..]).filter(|length| *length <= size).ok_or_else(short)?;
                let mut name = source.piece(length, NAMES)?.ok_or_else(short)?;
                name.truncate(memchr::memchr(0, &name).unwrap_or(name.len()));
                left -= length;
                Some(name)
            }
            [b'/', digits @ ..] => {
                let start = number(digits).unwrap_or(u64::MAX).min(names.len() as u64) as usize;
                let end = memchr::memchr(b'\n', &names[start..]).map_or(names.len(), |end| start + end);
                Some(without_slash(&names[start..end]).to_vec())
            }
            _ => Some(without_slash(field).to_vec()),
        };
        let mut content = std::io::Read::take(&mut *source, left);
        if let Some(name) = name {
            opener.entry(&place.inside(&name), &mut content, Some(left));
        }
        if opener.is_over() {
            return Ok(());
        }
        let left = content.limit();
        if source.pass(left)? < left {
            return Err(short());
        }
        source.pass(size % 2)?;
    }
    Ok(())
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// GNU ends names with a slash, so that they may end with a space.
fn without_slash(name: &[u8]) -> &[u8] {
    name.strip_suffix(b"/").unwrap_or(name)
}
