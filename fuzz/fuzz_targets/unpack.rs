//! Archives, compressed streams and documents of any content, with little room to unpack.
#![no_main]

use std::panic;
use std::path::Path;
use std::sync::Once;

use libfuzzer_sys::fuzz_target;
use telltales::scan::piece;
use telltales::scan::unpack::limits::Limits;

/// A decoder of somebody else's that panics is caught, and told as damage; here that must not end the run.
static FORGIVING: Once = Once::new();

fn forgive_decoders() {
    let ends = panic::take_hook();
    panic::set_hook(Box::new(move |told| {
        if !told.location().is_some_and(|place| place.file().contains("/registry/")) {
            ends(told);
        }
    }));
}

/// What the formats begin with, so that none has to be guessed.
const HEADS: [&[u8]; 14] = [
    b"",
    b"\x1f\x8b\x08\0\0\0\0\0\0\xff",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    b"BZh91AY&SY",
    b"PK\x03\x04\x14\0",
    b"!<arch>\n",
    b"%PDF-1.7\n1 0 obj << /Filter /FlateDecode >>\nstream\n",
    b"%PDF-1.7\n1 0 obj << /Filter [/ASCII85Decode /FlateDecode] >>\nstream\n",
    b"%PDF-1.7\n1 0 obj << /Filter /ASCIIHexDecode >>\nstream\n",
    b"%PDF-1.7\n1 0 obj << /Type /Metadata >>\nstream\n",
    b"{\"cells\": [{\"cell_type\": \"code\", \"source\": [\"",
    b"<w:document xmlns:w=\"http://schemas.openxmlformats.org/\"><w:p>",
    b"#!/bin/sh\nPK\x03\x04\x14\0",
];

fuzz_target!(|bytes: &[u8]| {
    FORGIVING.call_once(forgive_decoders);
    let Some((&kind, bytes)) = bytes.split_first() else { return };
    let content = [HEADS[usize::from(kind) % HEADS.len()], bytes].concat();
    let limits = Limits { depth: 4, unpacked: 1 << 20 };
    let (found, _) = piece::findings_inside(Path::new("a"), &content, limits).expect("there is memory");
    for finding in found {
        assert!(finding.line >= 1 && finding.column >= 1 && finding.column < finding.end_column);
        assert!(finding.secret.is_none(), "nobody asked for it");
        assert!(!finding.excerpt.chars().any(char::is_control), "{:?}", finding.excerpt);
    }
});
