#![expect(clippy::disallowed_methods, reason = "edge: opens and reads packs")]
//! One pack: where its objects start, what they are made of, and their content, piece by piece.
//!
//! A pack is read at known offsets and never mapped: the memory is ours to bound, and a file that shrinks meanwhile
//! is an error and no signal. Of the index only ids and offsets are used, which the library reads.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use flate2::bufread::ZlibDecoder;
use flate2::{Decompress, FlushDecompress, Status};
use gix::ObjectId;
use gix::odb::pack::index;

use super::blocks::Blocks;
use super::entry::{self, HEAD, Head, Kind};
use super::fan::Fan;
use super::forest::{Class, Forest, Link};

/// The head of a pack: its name, version and number of objects.
const START: u64 = 12;
/// How much is read at once when all heads are looked at.
const CHUNK: usize = 1 << 16;
/// Objects up to this packed size are read with what lies beside them.
const SMALL: usize = 4 << 10;
/// The largest object that is held in memory; a larger one can be read only where it stands whole.
pub(crate) const LARGEST: u64 = 96 << 20;

/// A pack and its index.
pub(crate) struct Pack {
    file: File,
    index: index::File,
    /// Where the objects start, in the order of the pack, and where the last one ends.
    offsets: Vec<u64>,
    /// Where each of them stands in the index.
    places: Vec<u32>,
    fan: Fan,
    pub(crate) forest: Forest,
}

fn broken(words: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, words)
}

impl Pack {
    /// Opens the pack of this index and looks at the heads of all its objects.
    pub(crate) fn open(index: &Path, hash: gix::hash::Kind) -> io::Result<Self> {
        let file = File::open(index.with_extension("pack"))?;
        let index = index::File::at(index, hash).map_err(io::Error::other)?;
        let mut start = [0; START as usize];
        file.read_exact_at(&mut start, 0)?;
        let count = u32::from_be_bytes([start[8], start[9], start[10], start[11]]);
        if &start[..4] != b"PACK" || !matches!(start[7], 2 | 3) || count != index.num_objects() {
            return Err(broken("this is no pack that belongs to its index"));
        }
        let end = file.metadata()?.len().saturating_sub(hash.len_in_bytes() as u64);
        let mut order: Vec<(u64, u32)> =
            (0..count).map(|place| (index.pack_offset_at_index(place), place)).collect();
        order.sort_unstable();
        if order.first().is_some_and(|first| first.0 < START)
            || order.last().is_some_and(|last| last.0 >= end)
        {
            return Err(broken("its index points outside of the pack"));
        }
        let mut offsets: Vec<u64> = order.iter().map(|(offset, _)| *offset).collect();
        offsets.push(end);
        let places = order.into_iter().map(|(_, place)| place).collect();
        let fan = Fan::new((0..count).map(|place| index.oid_at_index(place)));
        let mut pack = Self { file, index, offsets, places, fan, forest: Forest::default() };
        let links = pack.links(hash.len_in_bytes())?;
        pack.forest = Forest::new(&links).ok_or_else(|| broken("it holds too many objects"))?;
        Ok(pack)
    }

    /// Looks at the heads of all objects, from front to back.
    fn links(&self, id_length: usize) -> io::Result<Vec<Link>> {
        let end = self.offsets[self.places.len()];
        let mut links = Vec::with_capacity(self.places.len());
        let (mut buffer, mut held) = (vec![0; CHUNK], 0..0);
        for pair in self.offsets.windows(2) {
            let (offset, next) = (pair[0], pair[1]);
            let wanted = (next - offset).min(HEAD as u64);
            if !(held.contains(&offset) && offset + wanted <= held.end) {
                // A large object is followed by nothing that is worth reading along.
                let room = if next - offset > CHUNK as u64 { HEAD } else { CHUNK };
                let length = (end - offset).min(room as u64);
                self.file.read_exact_at(&mut buffer[..length as usize], offset)?;
                held = offset..offset + length;
            }
            let from = (offset - held.start) as usize;
            let head = entry::head(&buffer[from..from + wanted as usize], id_length);
            links.push(self.link(offset, &buffer[from..], head, id_length));
        }
        Ok(links)
    }

    fn link(&self, offset: u64, bytes: &[u8], head: Option<Head>, id_length: usize) -> Link {
        let count = self.places.len();
        let number = |offset: u64| self.offsets[..count].binary_search(&offset).ok();
        let base = match head.map(|head| head.kind) {
            None => return Link::Missing,
            Some(Kind::Commit) => return Link::Whole(Class::Commit),
            Some(Kind::Tree) => return Link::Whole(Class::Tree),
            Some(Kind::Blob) => return Link::Whole(Class::Blob),
            Some(Kind::Tag) => return Link::Whole(Class::Tag),
            Some(Kind::Before(distance)) => offset.checked_sub(distance).and_then(number),
            Some(Kind::Named(at)) => {
                let id = gix::oid::try_from_bytes(&bytes[at..at + id_length]).ok();
                let place = id.and_then(|id| self.place_of(id));
                place.and_then(|place| number(self.index.pack_offset_at_index(place)))
            }
        };
        base.map_or(Link::Missing, |base| Link::On(base as u32))
    }

    /// The id of an object.
    pub(crate) fn id(&self, node: u32) -> ObjectId {
        self.id_at(self.place(node))
    }

    /// How many objects it holds.
    pub(crate) fn count(&self) -> usize {
        self.places.len()
    }

    /// Where an object stands in the index.
    pub(crate) fn place(&self, node: u32) -> u32 {
        self.places[node as usize]
    }

    /// The id that stands at this place of the index.
    pub(crate) fn id_at(&self, place: u32) -> ObjectId {
        self.index.oid_at_index(place).to_owned()
    }

    /// Where this id stands in the index.
    pub(crate) fn place_of(&self, id: &gix::oid) -> Option<u32> {
        self.fan.place(id, |place| self.index.oid_at_index(place))
    }

    /// The pack of this index with the number of an object that stands whole in it.
    pub(crate) fn holding(
        index: &Path,
        hash: gix::hash::Kind,
        id: &gix::oid,
    ) -> io::Result<Option<(Self, u32)>> {
        if index::File::at(index, hash).map_err(io::Error::other)?.lookup(id).is_none() {
            return Ok(None);
        }
        let pack = Self::open(index, hash)?;
        let node = (0..pack.places.len() as u32).find(|node| pack.id(*node) == id);
        match node {
            Some(node) if pack.forest.base(node).is_none() => Ok(Some((pack, node))),
            _ => Err(broken("it is stored as changes to another object, and too large to unpack")),
        }
    }

    /// Whether it holds this object.
    pub(crate) fn holds(&self, id: &gix::oid) -> bool {
        self.place_of(id).is_some()
    }

    /// The packed bytes of an object, from its head on, and where they end.
    fn section(&self, node: u32) -> Section<'_> {
        Section { file: &self.file, at: self.offsets[node as usize], end: self.offsets[node as usize + 1] }
    }
}

/// A part of a file as a stream.
pub(crate) struct Section<'a> {
    file: &'a File,
    at: u64,
    end: u64,
}

impl Read for Section<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = buffer.len().min(usize::try_from(self.end - self.at).unwrap_or(usize::MAX));
        let read = self.file.read_at(&mut buffer[..room], self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// Inflates objects of packs, in memory that it keeps.
pub(crate) struct Inflater {
    state: Decompress,
    blocks: Blocks,
    packed: Vec<u8>,
    id_length: usize,
}

impl Inflater {
    pub(crate) fn new(hash: gix::hash::Kind) -> Self {
        Self {
            state: Decompress::new(true),
            blocks: Blocks::new(),
            packed: Vec::new(),
            id_length: hash.len_in_bytes(),
        }
    }

    /// The head of an object. Its size is what it says of itself.
    pub(crate) fn head(&mut self, pack: &Pack, node: u32) -> io::Result<Head> {
        let Section { file, at, end } = pack.section(node);
        let bytes = packed(&mut self.blocks, &mut self.packed, file, at..end.min(at + HEAD as u64))?;
        entry::head(bytes, self.id_length).ok_or_else(|| broken("an object has no valid head"))
    }

    /// The bytes of an object, or of the delta that makes it, into `out`.
    pub(crate) fn inflate(&mut self, pack: &Pack, node: u32, out: &mut Vec<u8>) -> io::Result<()> {
        match self.inflate_up_to(LARGEST, pack, node, out)? {
            None => Ok(()),
            Some(size) => Err(too_large(size)),
        }
    }

    /// The same where it has at most so many bytes, and otherwise how many it has.
    pub(crate) fn inflate_up_to(
        &mut self,
        most: u64,
        pack: &Pack,
        node: u32,
        out: &mut Vec<u8>,
    ) -> io::Result<Option<u64>> {
        let Section { file, at, end } = pack.section(node);
        if end - at > SMALL as u64 {
            // What is large should not be read in vain.
            let size = self.head(pack, node)?.size;
            if size > most {
                return Ok(Some(size));
            }
            // What does not pack at all is hardly larger than it is.
            if end - at > LARGEST + LARGEST / 8 {
                return Err(too_large(end - at));
            }
        }
        let packed = packed(&mut self.blocks, &mut self.packed, file, at..end)?;
        let head = entry::head(packed, self.id_length);
        let head = head.ok_or_else(|| broken("an object has no valid head"))?;
        if head.size > most {
            return Ok(Some(head.size));
        }
        let size = head.size as usize;
        out.clear();
        out.try_reserve_exact(size + 1)?;
        self.state.reset(true);
        let status = self.state.decompress_vec(&packed[head.length..], out, FlushDecompress::Finish);
        match status {
            Ok(Status::StreamEnd) if out.len() == size => Ok(None),
            Ok(_) => Err(broken("an object is not as long as it says")),
            Err(_) => Err(broken("an object can't be unpacked")),
        }
    }

    /// The bytes of a whole object as a stream, however many.
    pub(crate) fn stream<'a>(&mut self, pack: &'a Pack, node: u32) -> io::Result<impl Read + use<'a>> {
        let head = self.head(pack, node)?;
        let mut section = pack.section(node);
        section.at += head.length as u64;
        Ok(ZlibDecoder::new(BufReader::with_capacity(CHUNK, section)))
    }
}

/// A part of a pack, out of a block or read into `buffer`.
fn packed<'a>(
    blocks: &'a mut Blocks,
    buffer: &'a mut Vec<u8>,
    file: &File,
    part: Range<u64>,
) -> io::Result<&'a [u8]> {
    let length = (part.end - part.start) as usize;
    if length <= SMALL
        && let Some(bytes) = blocks.within(file, part.start, length)?
    {
        return Ok(bytes);
    }
    buffer.clear();
    buffer.try_reserve_exact(length)?;
    buffer.resize(length, 0);
    file.read_exact_at(buffer, part.start)?;
    Ok(buffer)
}

fn too_large(size: u64) -> io::Error {
    let megabytes = size >> 20;
    broken(&format!("an object of {megabytes} MB is stored as changes to another one, too large to unpack"))
}
