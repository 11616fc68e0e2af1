//! Archives for tests, made when they run: no file in this repository holds one.

use std::io::Write;

use flate2::{Compression, Crc};

/// A token of the right shape that no provider ever gave out.
pub(super) fn token(seed: usize) -> String {
    let letters = b"q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYAe";
    let body: String = (0..36).map(|i| letters[(i * 7 + seed * 3 + i / 5) % letters.len()] as char).collect();
    format!("ghp_{body}")
}

/// A line that holds a token.
pub(super) fn line(seed: usize) -> Vec<u8> {
    format!("github_token = \"{}\"\n", token(seed)).into_bytes()
}

pub(super) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(content).unwrap();
    packed.finish().unwrap()
}

pub(super) fn bzip2(content: &[u8]) -> Vec<u8> {
    let mut packed = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    packed.write_all(content).unwrap();
    packed.finish().unwrap()
}

pub(super) fn zstd(content: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut frame = ruzstd::encoding::FrameCompressor::new(ruzstd::encoding::CompressionLevel::Fastest);
    frame.set_source(content);
    frame.set_drain(&mut packed);
    frame.compress();
    packed
}

/// A stream of xz whose one block holds its content as it is; nothing here packs it better.
pub(super) fn xz(content: &[u8]) -> Vec<u8> {
    let crc = |bytes: &[u8]| {
        let mut crc = Crc::new();
        crc.update(bytes);
        crc.sum().to_le_bytes()
    };
    let padded = |mut bytes: Vec<u8>| {
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    };
    let number = |mut value: u64| {
        let mut bytes = Vec::new();
        while value >= 0x80 {
            bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
        bytes
    };
    // Checked by CRC32.
    let flags = [0, 1];
    let mut stream = [&b"\xfd7zXZ\0"[..], &flags, &crc(&flags)].concat();
    // One filter, LZMA2, with a window of 1 MB.
    let header = padded(vec![2, 0, 0x21, 1, 16]);
    let header = [&[(header.len() / 4) as u8][..], &header[1..]].concat();
    let mut block = [header.clone(), crc(&header).to_vec()].concat();
    for (at, chunk) in content.chunks(1 << 16).enumerate() {
        block.push(if at == 0 { 1 } else { 2 });
        block.extend(((chunk.len() - 1) as u16).to_be_bytes());
        block.extend(chunk);
    }
    block.push(0);
    let unpadded = block.len() + 4;
    stream.extend(padded(block));
    stream.extend(crc(content));
    let index = [&[0, 1][..], &number(unpadded as u64), &number(content.len() as u64)].concat();
    let index = padded(index);
    stream.extend(&index);
    stream.extend(crc(&index));
    let size = (index.len() as u32 + 4) / 4 - 1;
    let footer = [&size.to_le_bytes()[..], &flags].concat();
    stream.extend(crc(&footer));
    stream.extend(footer);
    stream.extend(b"YZ");
    stream
}

pub(super) fn tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = ::tar::Builder::new(Vec::new());
    for (name, content) in entries {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_entry_type(::tar::EntryType::Regular);
        tar.append_data(&mut header, name, *content).unwrap();
    }
    tar.into_inner().unwrap()
}

/// How an entry of a zip is written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Way {
    /// As it is, not packed.
    pub(super) stored: bool,
    /// The sizes stand behind it.
    pub(super) behind: bool,
    pub(super) encrypted: bool,
}

pub(super) fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    zip_in_ways(&entries.iter().map(|(name, content)| (*name, *content, Way::default())).collect::<Vec<_>>())
}

pub(super) fn zip_in_ways(entries: &[(&str, &[u8], Way)]) -> Vec<u8> {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    for (name, content, way) in entries {
        let packed = if way.stored {
            content.to_vec()
        } else {
            let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), Compression::best());
            packed.write_all(content).unwrap();
            packed.finish().unwrap()
        };
        let mut crc = Crc::new();
        crc.update(content);
        let sizes = [crc.sum(), packed.len() as u32, content.len() as u32].map(u32::to_le_bytes).concat();
        let flags = u16::from(way.encrypted) | u16::from(way.behind) << 3;
        let method = if way.stored { 0_u16 } else { 8 };
        let fields = [20, flags, method, 0, 0x21].map(u16::to_le_bytes).concat();
        let lengths = [name.len() as u16, 0].map(u16::to_le_bytes).concat();
        let start = zip.len() as u32;
        let told = if way.behind { vec![0; 12] } else { sizes.clone() };
        zip.extend([&b"PK\x03\x04"[..], &fields, &told, &lengths, name.as_bytes(), &packed].concat());
        if way.behind {
            zip.extend([&b"PK\x07\x08"[..], &sizes].concat());
        }
        directory.extend([&b"PK\x01\x02\x14\0"[..], &fields, &sizes, &lengths, &[0; 10]].concat());
        directory.extend([&start.to_le_bytes()[..], name.as_bytes()].concat());
    }
    let (start, length, count) = (zip.len() as u32, directory.len() as u32, entries.len() as u16);
    zip.extend(directory);
    zip.extend(b"PK\x05\x06\0\0\0\0");
    zip.extend([count, count].map(u16::to_le_bytes).concat());
    zip.extend([length, start].map(u32::to_le_bytes).concat());
    zip.extend([0, 0]);
    zip
}
