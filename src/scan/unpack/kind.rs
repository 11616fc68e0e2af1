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
    /// Packed in a way that is not read here.
    Foreign,
    /// Commits in one file, as `git bundle` makes them.
    Bundle,
}

impl Kind {
    /// Whether it counts as a step further inside.
    pub(super) fn is_archive(self) -> bool {
        !matches!(self, Self::Notebook | Self::Office | Self::Foreign | Self::Bundle)
    }

    /// Whether it is then read as text under the same name.
    pub(crate) fn is_text_in_place(self) -> bool {
        matches!(self, Self::Notebook | Self::Foreign | Self::Bundle)
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
        // An extension of Chrome: a zip behind a signature.
        [b'C', b'r', b'2', b'4', 2 | 3, 0, 0, 0, ..] => Some(Kind::Zip),
        [b'{', ..] => is_notebook(head).then_some(Kind::Notebook),
        [b'<', ..] => is_office(head).then_some(Kind::Office),
        // A program in front of an archive, as Python and Spring make them.
        [b'#', b'!', ..] => {
            memmem::find(&head[..head.len().min(FAR * 4)], b"\nPK\x03\x04").map(|_| Kind::Zip)
        }
        [b'#', b' ', b'v', b'2' | b'3', rest @ ..] if rest.starts_with(b" git bundle\n") => {
            Some(Kind::Bundle)
        }
        _ if is_foreign(head) => Some(Kind::Foreign),
        _ => tar::is_header(head).then_some(Kind::Tar),
    }
}

/// How archives and compressed streams begin that are not read here, up to where that is beyond doubt.
const FOREIGN: [&[u8]; 8] = [
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    // A package of rpm.
    b"\xed\xab\xee\xdb",
    // lz4, and as it was of old.
    b"\x04\x22\x4d\x18",
    b"\x02\x21\x4c\x18",
    b"LZIP\x01",
    // A cabinet of Windows.
    b"MSCF\0\0\0\0",
    // An old document of an office, an installer, a mail of Outlook.
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
];

fn is_foreign(head: &[u8]) -> bool {
    FOREIGN.iter().any(|mark| head.starts_with(mark))
        || is_lzma(head)
        || is_squashfs(head)
        || is_unpacker(head)
}

/// The bare form of lzma: its usual properties, the size of its window, a power of two, and that of its content, which
/// may be unknown.
fn is_lzma(head: &[u8]) -> bool {
    let Some([0x5d, sizes @ ..]) = head.first_chunk::<13>() else { return false };
    let window = u32::from_le_bytes([sizes[0], sizes[1], sizes[2], sizes[3]]);
    let size = &sizes[4..];
    window >= 1 << 12
        && window.is_power_of_two()
        && (size.iter().all(|&byte| byte == 0xff) || size[5..] == [0; 3])
}

/// The image of a file system, of version 4.
fn is_squashfs(head: &[u8]) -> bool {
    head.starts_with(b"hsqs") && head.get(28..32) == Some(&[4, 0, 0, 0])
}

/// A program of Windows with a zip behind it, which it unpacks. Many programs hold the mark alone: what follows it here is
/// the header of an entry.
fn is_unpacker(head: &[u8]) -> bool {
    const MARK: &[u8] = b"PK\x03\x04";
    let is_entry = |at: usize| match head.get(at + MARK.len()..at + 30) {
        Some(fields) => {
            let (version, method, name) = (fields[0], &fields[4..6], [fields[22], fields[23]]);
            let name = usize::from(u16::from_le_bytes(name));
            let letters = head.get(at + 30..at + 30 + name).unwrap_or_default();
            (10..=63).contains(&version)
                && matches!(method, [0 | 8 | 12 | 14 | 93 | 95, 0])
                && (1..=512).contains(&letters.len())
                && letters.iter().all(u8::is_ascii_graphic)
        }
        None => false,
    };
    head.starts_with(b"MZ") && memmem::find_iter(head, MARK).any(is_entry)
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

    #[test]
    fn what_is_not_read_is_known_by_its_beginning() {
        let lzma = |window: u32, size: u64| {
            [&[0x5d][..], &window.to_le_bytes(), &size.to_le_bytes(), b"\0content"].concat()
        };
        let squashfs = |version: u8| [b"hsqs", &[7; 24][..], &[version, 0, 0, 0], b"content"].concat();
        let mut entry = b"PK\x03\x04\x14\0\0\0\x08\0".to_vec();
        entry.extend([0; 16]);
        entry.extend(b"\x05\0\0\0a.txt");
        let program = |behind: &[u8]| [b"MZ\x90\0", &[0x90; 3000][..], behind].concat();
        for (head, expected) in [
            (&b"7z\xbc\xaf\x27\x1c\0\x04"[..], Some(Kind::Foreign)),
            (b"Rar!\x1a\x07\x01\0", Some(Kind::Foreign)),
            (b"\xed\xab\xee\xdb\x03\0", Some(Kind::Foreign)),
            (b"\x04\x22\x4d\x18\x64\x40", Some(Kind::Foreign)),
            (b"MSCF\0\0\0\0\x99", Some(Kind::Foreign)),
            (b"MSCF is how a cabinet begins", None),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", Some(Kind::Foreign)),
            (b"LZIP\x01\x0c", Some(Kind::Foreign)),
            (&lzma(1 << 23, u64::MAX), Some(Kind::Foreign)),
            (&lzma(1 << 16, 4711), Some(Kind::Foreign)),
            (&lzma(4711, 4711), None),
            (b"](and so a text begins)", None),
            (&squashfs(4), Some(Kind::Foreign)),
            (&squashfs(9), None),
            (&program(&entry), Some(Kind::Foreign)),
            (&program(b"PK\x03\x04 is a mark, PK\x05\x06 another one, and so on for some time"), None),
            (b"Cr24\x03\0\0\0\x10\0\0\0", Some(Kind::Zip)),
            (b"# v2 git bundle\n8fe9", Some(Kind::Bundle)),
            (b"# v2 git bundles are files", None),
        ] {
            assert_eq!(recognise(head), expected, "{:?}", &head[..head.len().min(40)]);
        }
    }
}
