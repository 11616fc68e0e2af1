#![expect(clippy::disallowed_methods, reason = "edge: lists the folders of loose objects")]
//! Objects that lie in files of their own, each as a stream.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use flate2::bufread::ZlibDecoder;
use gix::ObjectId;

use super::forest::Class;
use crate::scan::walk::{self, Opened};

/// The longest head: a word, a space, twenty digits and a NUL.
const HEAD: usize = 32;
/// The shortest head: `tag 0` and a NUL.
const SHORTEST: usize = 6;
/// How much of a file is read at once.
const BUFFER: usize = 1 << 16;

/// The ids of all loose objects of a store.
pub(crate) fn ids(store: &Path, hash: gix::hash::Kind) -> io::Result<Vec<ObjectId>> {
    let mut ids = Vec::new();
    for folder in std::fs::read_dir(store)? {
        let folder = folder?;
        let first = folder.file_name().into_encoded_bytes();
        if first.len() != 2 || !first.iter().all(u8::is_ascii_hexdigit) {
            continue;
        }
        for file in std::fs::read_dir(folder.path())? {
            let hex = [&first[..], &file?.file_name().into_encoded_bytes()].concat();
            if hex.len() == hash.len_in_hex() {
                ids.extend(ObjectId::from_hex(&hex).ok());
            }
        }
    }
    Ok(ids)
}

/// Where a loose object lies.
pub(crate) fn path(store: &Path, id: &gix::oid) -> PathBuf {
    let hex = id.to_hex().to_string();
    store.join(&hex[..2]).join(&hex[2..])
}

/// Opens loose objects, one after the other, in memory that it keeps.
pub(crate) struct Opener(ZlibDecoder<Packed>);

impl Opener {
    pub(crate) fn new() -> Self {
        Self(ZlibDecoder::new(Packed { file: None, buffer: vec![0; BUFFER], held: 0..0 }))
    }

    /// What a loose object is, how long it says to be, and its content.
    pub(crate) fn open(&mut self, store: &Path, id: &gix::oid) -> io::Result<(Class, u64, impl Read + '_)> {
        let Opened::File(file, _) = walk::open(&path(store, id), false)? else {
            return Err(invalid("it is no regular file"));
        };
        let stream = &mut self.0;
        let last = stream.reset(Packed { file: Some(file), buffer: Vec::new(), held: 0..0 });
        stream.get_mut().buffer = last.buffer;
        let mut head = [0; HEAD + 1];
        let mut length = fill(stream, &mut head[..SHORTEST])?;
        let end = loop {
            if let Some(end) = head[..length].iter().position(|byte| *byte == 0) {
                break end;
            }
            if length > HEAD {
                return Err(invalid("it has no valid head"));
            }
            stream.read_exact(&mut head[length..=length])?;
            length += 1;
        };
        let (class, size) = parse(&head[..end]).ok_or_else(|| invalid("it has no valid head"))?;
        Ok((class, size, stream))
    }
}

/// Reads until there is no room for more, or nothing more; gives how much that was.
pub(crate) fn fill(stream: &mut impl Read, room: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < room.len() {
        match stream.read(&mut room[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The bytes of a file, in a buffer that outlives it.
struct Packed {
    file: Option<File>,
    buffer: Vec<u8>,
    held: Range<usize>,
}

impl BufRead for Packed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.held.is_empty()
            && let Some(file) = &mut self.file
        {
            self.held = 0..file.read(&mut self.buffer)?;
        }
        Ok(&self.buffer[self.held.clone()])
    }

    fn consume(&mut self, count: usize) {
        self.held.start = self.held.end.min(self.held.start + count);
    }
}

impl Read for Packed {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(room)?;
        self.consume(read);
        Ok(read)
    }
}

fn parse(head: &[u8]) -> Option<(Class, u64)> {
    let (word, size) = std::str::from_utf8(head).ok()?.split_once(' ')?;
    let class = match word {
        "blob" => Class::Blob,
        "tree" => Class::Tree,
        "commit" => Class::Commit,
        "tag" => Class::Tag,
        _ => return None,
    };
    Some((class, size.parse().ok()?))
}

fn invalid(words: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        let check = |head: &str, expected: Option<(Class, u64)>| {
            assert_eq!(parse(head.as_bytes()), expected, "{head}");
        };
        check("blob 12", Some((Class::Blob, 12)));
        check("tree 0", Some((Class::Tree, 0)));
        check("blob", None);
        check("blob -1", None);
        check("blub 1", None);
        check("", None);
    }
}
