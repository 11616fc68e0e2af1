//! What a stream is packed in, told by how it begins. Pure; names say nothing here.

use memchr::memmem;

use super::tar;

/// How far a text is looked into for what tells a document.
const FAR: usize = 4096;

/// Something to be unpacked, or to be read as the text it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One stream, compressed: RFC 1952.
    Gzip,
    /// The same, by `xz`.
    Xz,
    /// The same: RFC 8878.
    Zstd,
    /// The same, by `bzip2`.
    Bzip2,
    /// An archive, a package of Java, Python, .NET or Android, or an office document.
    Zip,
    /// An archive, or the image of a container.
    Tar,
    /// A package of Debian.
    Ar,
    /// A document as printed.
    Pdf,
    /// A notebook of Jupyter.
    Notebook,
    /// The part of an office document that holds its text.
    Office,
    /// An archive that is not read here.
    Foreign,
}

impl Kind {
    /// Whether it counts as a step further inside.
    pub(super) fn is_archive(self) -> bool {
        !matches!(self, Self::Notebook | Self::Office | Self::Foreign)
    }

    /// Whether it is then read as text under the same name.
    pub(crate) fn is_text_in_place(self) -> bool {
        matches!(self, Self::Notebook | Self::Foreign)
    }
}

/// A stream that is packed: what it is, and the bytes that were read to tell.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) kind: Kind,
    pub(crate) head: Vec<u8>,
}

/// The elements in which documents of offices hold their text, and the namespaces that they declare.
const OFFICE: [&[u8]; 10] = [
    b"<w:document",
    b"<w:hdr",
    b"<w:ftr",
    b"<w:comments",
    b"<w:footnotes",
    b"<w:endnotes",
    b"<sst",
    b"<p:sld",
    b"<p:notes",
    b"<office:document-content",
];
const NAMESPACES: [&[u8]; 3] = [b"schemas.openxmlformats.org", b"purl.oclc.org/ooxml", b"opendocument"];

/// What begins like this is; `None` for plain content.
pub(crate) fn recognise(head: &[u8]) -> Option<Kind> {
    match head {
        [0x1f, 0x8b, 8, flags, ..] if flags & 0xe0 == 0 => Some(Kind::Gzip),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Kind::Xz),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Kind::Zstd),
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..] => Some(Kind::Bzip2),
        [b'P', b'K', 3, 4, ..] => Some(Kind::Zip),
        // The first part of several begins with a mark.
        [b'P', b'K', 7, 8, b'P', b'K', 3, 4, ..] => Some(Kind::Zip),
        [b'!', b'<', b'a', b'r', b'c', b'h', b'>', b'\n', members @ ..] => {
            (!is_library(members)).then_some(Kind::Ar)
        }
        [b'%', b'P', b'D', b'F', b'-', ..] => Some(Kind::Pdf),
        [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => Some(Kind::Foreign),
        [b'R', b'a', b'r', b'!', 0x1a, 7, ..] => Some(Kind::Foreign),
        [b'{', ..] => is_notebook(head).then_some(Kind::Notebook),
        [b'<', ..] => is_office(head).then_some(Kind::Office),
        // A program in front of an archive, as Python and Spring make them.
        [b'#', b'!', ..] => {
            memmem::find(&head[..head.len().min(FAR * 4)], b"\nPK\x03\x04").map(|_| Kind::Zip)
        }
        _ => tar::is_header(head).then_some(Kind::Tar),
    }
}

/// Whether a table of symbols comes first. Such a library holds objects, thousands of them and none compressed: it is
/// looked through as the one piece of binary data that it is.
fn is_library(members: &[u8]) -> bool {
    let long_name = members.get(60..).filter(|_| members.starts_with(b"#1/")).unwrap_or(members);
    [&b"/ "[..], b"/SYM64/", b"__.SYMDEF"].iter().any(|table| long_name.starts_with(table))
}

fn is_notebook(head: &[u8]) -> bool {
    let head = &head[..head.len().min(FAR)];
    [&b"\"cell_type\""[..], b"\"nbformat\""].iter().any(|key| memmem::find(head, key).is_some())
}

fn is_office(head: &[u8]) -> bool {
    let head = &head[..head.len().min(FAR)];
    let holds = |word: &&[u8]| memmem::find(head, word).is_some();
    NAMESPACES.iter().any(holds) && OFFICE.iter().any(holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_tell() {
        let check = |head: &[u8], expected| assert_eq!(recognise(head), expected, "{head:?}");
        check(b"", None);
        check(b"PK", None);
        check(b"PK\x03\x04", Some(Kind::Zip));
        check(b"\x1f\x8b\x08\x00\0\0", Some(Kind::Gzip));
        check(b"\x1f\x8b\x08\xff", None);
        check(b"BZh91AY&SY", Some(Kind::Bzip2));
        check(b"BZh9 is how it begins", None);
        check(b"#!/usr/bin/env python3\nPK\x03\x04", Some(Kind::Zip));
        check(b"#!/bin/sh\necho PK\n", None);
        check(b"{\"name\": \"x\"}", None);
        check(b"<html>", None);
        check(b"%PDF-1.7\n", Some(Kind::Pdf));
        check(b"{\n \"cells\": [\n  {\n   \"cell_type\": \"code\",", Some(Kind::Notebook));
        check(
            b"<?xml version=\"1.0\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/w/main\">",
            Some(Kind::Office),
        );
        check(b"!<arch>\ndebian-binary   1", Some(Kind::Ar));
        check(b"!<arch>\n/               0", None);
        check(format!("!<arch>\n{:60}__.SYMDEF SORTED", "#1/20").as_bytes(), None);
        check(&[0; 512], None);
    }
}
