//! Archives of zip, and all that is one: jar, war, wheel, apk, nupkg, docx, xlsx, odt, epub.
//!
//! They are read from front to back by the header that stands before each entry, not by the directory at their end: so
//! one in a pipe or in another archive needs no memory, one that is cut off shows what it has, an entry that was
//! deleted from the directory but stands there still is seen, and none of two that overlap is read twice. Libraries read by the
//! directory, which they hold in memory as a whole; what is packed inside is theirs all the same.

use std::io::{self, BufRead, Read};

use flate2::bufread::DeflateDecoder;
use memchr::memmem;

use super::opener::Opener;
use super::place::Place;
use super::source::Source;
use super::stream::{Xz, Zstd};
use crate::scan::progress::Skip;

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";
/// What follows the mark of a local header, up to the name.
const HEADER: usize = 26;
/// A size that stands in an extra field, as it needs more than 32 bits.
const ELSEWHERE: u32 = u32::MAX;

/// What the header of an entry says.
#[derive(Debug)]
struct Entry {
    name: Vec<u8>,
    method: u16,
    is_encrypted: bool,
    /// The checksum of its content; `None` where that is not told, or behind it.
    sum: Option<u32>,
    /// How long it is packed; `None` when that stands behind it.
    packed: Option<u64>,
    unpacked: Option<u64>,
}

/// Shows all entries to the opener.
pub(super) fn walk(opener: &mut Opener<'_>, place: &Place, source: &mut Source<'_>) {
    while !opener.is_over() {
        let step = match next(source) {
            Ok(Next::Entry(entry)) => show(opener, place, source, &entry),
            Ok(Next::Directory) => return,
            Ok(Next::Nothing) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) => Err(error),
        };
        if let Err(error) = step {
            if !opener.is_over() {
                opener.broken(place, &error);
            }
            return;
        }
    }
}

enum Next {
    Entry(Entry),
    Directory,
    Nothing,
}

/// Goes on to the next record. What stands in between is passed over: sizes behind an entry, signatures, damage.
fn next(source: &mut Source<'_>) -> io::Result<Next> {
    loop {
        let held = source.peek(4)?;
        if held.len() < 4 {
            return Ok(Next::Nothing);
        }
        let Some(at) = memmem::find(held, b"PK") else {
            // The last byte may be the first one of a mark.
            let passed = held.len() - 1;
            source.consume(passed);
            continue;
        };
        source.consume(at);
        let Some(mark) = source.peek(4)?.first_chunk::<4>().copied() else { return Ok(Next::Nothing) };
        source.consume(if [LOCAL, CENTRAL, END].contains(&mark) { 4 } else { 2 });
        match mark {
            LOCAL => {
                if let Some(entry) = header(source)? {
                    return Ok(Next::Entry(entry));
                }
            }
            CENTRAL | END => return Ok(Next::Directory),
            _ => {}
        }
    }
}

/// Reads what follows the mark of a local header; `None` when it can't be one, and then nothing is taken.
fn header(source: &mut Source<'_>) -> io::Result<Option<Entry>> {
    let Some(fields) = source.peek(HEADER)?.first_chunk::<HEADER>().copied() else { return Ok(None) };
    let short = |at: usize| u16::from_le_bytes([fields[at], fields[at + 1]]);
    let long = |at: usize| u32::from_le_bytes([fields[at], fields[at + 1], fields[at + 2], fields[at + 3]]);
    let (flags, method, name, extra) = (short(2), short(4), short(22), short(24));
    if fields[0] > 63 || method > 99 || name == 0 {
        return Ok(None);
    }
    source.consume(HEADER);
    let (name, extra) = (u64::from(name), u64::from(extra));
    let (Some(name), Some(extra)) = (source.piece(name, usize::MAX)?, source.piece(extra, usize::MAX)?)
    else {
        return Err(io::ErrorKind::UnexpectedEof.into());
    };
    let (packed, unpacked) = (long(14), long(18));
    let [wide_unpacked, wide_packed] = wide_sizes(&extra);
    let is_behind = flags & 8 != 0 && packed == 0 || packed == ELSEWHERE && wide_packed == Some(0);
    let packed = if packed == ELSEWHERE { wide_packed } else { Some(packed.into()) };
    let unpacked = if unpacked == ELSEWHERE { wide_unpacked } else { Some(unpacked.into()) };
    Ok(Some(Entry {
        name,
        method,
        is_encrypted: flags & 1 != 0,
        // Who does not know it writes a zero.
        sum: Some(long(10)).filter(|sum| *sum != 0 && !is_behind),
        packed: packed.filter(|_| !is_behind),
        unpacked: unpacked.filter(|_| !is_behind),
    }))
}

/// The two sizes in the extra field of large entries: unpacked and packed.
fn wide_sizes(extra: &[u8]) -> [Option<u64>; 2] {
    let mut rest = extra;
    while let Some((&[id, more, low, high], after)) = rest.split_first_chunk::<4>() {
        let length = usize::from(u16::from_le_bytes([low, high]));
        let Some(field) = after.get(..length) else { break };
        if [id, more] == [1, 0] {
            let size = |at: usize| Some(u64::from_le_bytes(field.get(at..at + 8)?.try_into().ok()?));
            return [size(0), size(8)];
        }
        rest = &after[length..];
    }
    [None, None]
}

/// Shows one entry, and passes over what nobody looked at.
fn show(opener: &mut Opener<'_>, place: &Place, source: &mut Source<'_>, entry: &Entry) -> io::Result<()> {
    let inner = place.inside(&entry.name);
    if entry.is_encrypted {
        opener.skip(&inner, Skip::Encrypted, "encrypted");
    }
    let Some(packed) = entry.packed else {
        if !entry.is_encrypted {
            let sum = if entry.method == 0 {
                let mut content = Summed::new(UntilDescriptor { source, passed: 0, ended: false });
                let was_looked_at = opener.entry(&inner, &mut content, None);
                content.sum().filter(|_| was_looked_at)
            } else {
                decode(opener, &inner, source, entry)
            };
            let told = descriptor(source)?;
            compare(opener, &inner, sum, told);
        }
        // The next record is looked for.
        return Ok(());
    };
    let is_folder = packed == 0 && entry.name.ends_with(b"/");
    let mut body = source.take(packed);
    let mut sum = None;
    if is_folder || entry.is_encrypted {
    } else if entry.method == 0 {
        let mut content = Summed::new(&mut body);
        let was_looked_at = opener.entry(&inner, &mut content, Some(packed));
        if was_looked_at && !opener.is_over() {
            io::copy(&mut content, &mut io::sink())?;
            sum = content.sum().filter(|_| body.limit() == 0);
        }
    } else {
        sum = decode(opener, &inner, &mut body, entry);
    }
    if opener.is_over() {
        return Ok(());
    }
    io::copy(&mut body, &mut io::sink())?;
    if body.limit() > 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    compare(opener, &inner, sum, entry.sum);
    Ok(())
}

/// Shows a packed entry; gives the checksum of its content where all of that was looked at.
fn decode(opener: &mut Opener<'_>, inner: &Place, body: &mut dyn BufRead, entry: &Entry) -> Option<u32> {
    match entry.method {
        8 => summed(opener, inner, DeflateDecoder::new(body), entry),
        12 => summed(opener, inner, bzip2::bufread::BzDecoder::new(body), entry),
        93 => summed(opener, inner, Zstd::new(body), entry),
        95 => summed(opener, inner, Xz::new(body), entry),
        method => {
            let why = format!("packed by method {method}, which is not read");
            opener.skip(inner, Skip::Unsupported, &why);
            None
        }
    }
}

fn summed(opener: &mut Opener<'_>, inner: &Place, decoder: impl Read, entry: &Entry) -> Option<u32> {
    let mut content = Summed::new(decoder);
    let was_looked_at = opener.packed_entry(inner, &mut content, entry.unpacked);
    content.sum().filter(|_| was_looked_at)
}

/// The checksum in the descriptor that stands here, where one does. It stays for whoever looks for the next record.
fn descriptor(source: &mut Source<'_>) -> io::Result<Option<u32>> {
    let held = source.peek(8)?;
    let sum = held.strip_prefix(&DESCRIPTOR).and_then(|rest| rest.first_chunk());
    Ok(sum.map(|sum| u32::from_le_bytes(*sum)).filter(|sum| *sum != 0))
}

/// Tells an entry that unpacks to something else than what was packed: what it held nobody has seen.
fn compare(opener: &mut Opener<'_>, inner: &Place, sum: Option<u32>, told: Option<u32>) {
    if !opener.is_over() && sum.zip(told).is_some_and(|(sum, told)| sum != told) {
        opener.skip(inner, Skip::Damaged, "damaged: its checksum is another one");
    }
}

/// Takes the checksum of what passes by.
struct Summed<R> {
    reader: R,
    hasher: crc32fast::Hasher,
    ended: bool,
    /// Whether it broke off; some decoders go on after an error, as if it were the end.
    failed: bool,
}

impl<R: Read> Summed<R> {
    fn new(reader: R) -> Self {
        Self { reader, hasher: crc32fast::Hasher::new(), ended: false, failed: false }
    }

    /// The checksum; `None` when it was not read to its end.
    fn sum(self) -> Option<u32> {
        (self.ended && !self.failed).then(|| self.hasher.finalize())
    }
}

impl<R: Read> Read for Summed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // A decoder that is asked on after an error may be in any state: that of bzip2 ends the process.
        if self.failed {
            return Ok(0);
        }
        let read = self.reader.read(buffer).inspect_err(|error| {
            self.failed |= error.kind() != io::ErrorKind::Interrupted;
        })?;
        self.ended |= read == 0 && !buffer.is_empty();
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}

/// What is stored as it is, with its length only behind it: the end is where a descriptor tells the right length.
struct UntilDescriptor<'a, 'b> {
    source: &'a mut Source<'b>,
    passed: u64,
    ended: bool,
}

impl Read for UntilDescriptor<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ended || buffer.is_empty() {
            return Ok(0);
        }
        // The mark, a checksum, and the length in four or eight bytes.
        let held = self.source.peek(16)?;
        let passed = self.passed;
        let tells = |at: usize| {
            let told = held[at + 8..]
                .first_chunk::<4>()
                .is_some_and(|told| u32::from_le_bytes(*told) == (passed + at as u64) as u32);
            told && held[at..].starts_with(&DESCRIPTOR)
        };
        let end = memmem::find_iter(held, &DESCRIPTOR).find(|at| at + 12 <= held.len() && tells(*at));
        // A mark that is cut by the end of what is held is looked at again.
        let most = end.unwrap_or(if held.len() < 16 { held.len() } else { held.len() - 15 });
        self.ended = most == 0;
        let length = most.min(buffer.len());
        buffer[..length].copy_from_slice(&held[..length]);
        self.source.consume(length);
        self.passed += length as u64;
        Ok(length)
    }
}
