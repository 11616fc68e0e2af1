#![expect(clippy::disallowed_methods, reason = "edge: lists the folders of loose objects")]
//! Objects that lie in files of their own, each as a stream.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::ZlibDecoder;
use gix::ObjectId;

use super::forest::Class;
use crate::scan::walk::{self, Opened};

/// The longest head: a word, a space, twenty digits and a NUL.
const HEAD: usize = 32;

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

/// What a loose object is, how long it says to be, and its content.
pub(crate) fn open(store: &Path, id: &gix::oid) -> io::Result<(Class, u64, impl Read + use<>)> {
    let Opened::File(file, _) = walk::open(&path(store, id), false)? else {
        return Err(invalid("it is no regular file"));
    };
    let mut stream: ZlibDecoder<BufReader<File>> = ZlibDecoder::new(BufReader::with_capacity(1 << 16, file));
    let mut head = Vec::with_capacity(HEAD);
    let mut byte = [0];
    loop {
        stream.read_exact(&mut byte)?;
        match byte[0] {
            0 => break,
            _ if head.len() == HEAD => return Err(invalid("it has no valid head")),
            byte => head.push(byte),
        }
    }
    let (class, size) = parse(&head).ok_or_else(|| invalid("it has no valid head"))?;
    Ok((class, size, stream))
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
