//! What the head of a program file tells: the machine it is for, and whether Go built it. Pure.

use super::calls::Arch;

/// Bytes of an ELF file that are enough for [`header`].
pub const HEADER: usize = 64;
/// Sections that are looked at, at most.
const MOST_SECTIONS: u64 = 256;
/// Bytes of section names that are looked at, at most.
pub const MOST_NAMES: u64 = 16 * 1024;

/// What is used of an ELF header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The machine.
    pub arch: Arch,
    /// Where the entry of the section table lies that describes the names of all.
    pub names_entry: Option<u64>,
}

/// Parses the first [`HEADER`] bytes of a program; `None` where it is no ELF file.
pub fn header(bytes: &[u8]) -> Option<Header> {
    let bytes = bytes.get(..HEADER)?;
    if !bytes.starts_with(b"\x7fELF") {
        return None;
    }
    let short = |at: usize| u64::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    // Class 2 is 64 bit, data 1 is little-endian; nothing else is built for.
    if bytes[4] != 2 || bytes[5] != 1 {
        return Some(Header { arch: Arch::Other, names_entry: None });
    }
    let arch = match short(18) {
        62 => Arch::X86_64,
        183 => Arch::Aarch64,
        _ => Arch::Other,
    };
    let table = long(bytes, 40)?;
    let (size, count, index) = (short(58), short(60), short(62));
    let is_plain = size == 64 && index < count && count <= MOST_SECTIONS;
    let names_entry = if is_plain && table > 0 { table.checked_add(index * size) } else { None };
    Some(Header { arch, names_entry })
}

/// Where the names of sections lie, and how many bytes they have, by the 64 bytes of their entry.
pub fn names(entry: &[u8]) -> Option<(u64, u64)> {
    let (offset, size) = (long(entry, 24)?, long(entry, 32)?);
    Some((offset, size.min(MOST_NAMES)))
}

/// Whether these names of sections are those of a program that Go built: the table without which it can't run.
pub fn is_go(names: &[u8]) -> bool {
    memchr::memmem::find(names, b".gopclntab\0").is_some()
}

fn long(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elf(machine: u16) -> Vec<u8> {
        let mut bytes = vec![0; HEADER];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[18..20].copy_from_slice(&machine.to_le_bytes());
        bytes[40..48].copy_from_slice(&1_000_u64.to_le_bytes());
        for (at, value) in [(58, 64_u16), (60, 30), (62, 29)] {
            bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn the_machine_and_the_names_are_found() {
        assert_eq!(header(&elf(62)), Some(Header { arch: Arch::X86_64, names_entry: Some(1_000 + 29 * 64) }));
        assert_eq!(header(&elf(183)).map(|header| header.arch), Some(Arch::Aarch64));
        let mut of_32_bit = elf(3);
        of_32_bit[4] = 1;
        assert_eq!(header(&of_32_bit), Some(Header { arch: Arch::Other, names_entry: None }));
        assert_eq!(header(b"#!/bin/sh\n"), None);
        assert!(is_go(b"\0.text\0.gopclntab\0"));
        assert!(!is_go(b"\0.text\0.rodata\0"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..100)) {
            let (_, _, _) = (header(&bytes), names(&bytes), is_go(&bytes));
            let mut elf = b"\x7fELF\x02\x01".to_vec();
            elf.extend(bytes);
            let _ = header(&elf);
        }
    }
}
