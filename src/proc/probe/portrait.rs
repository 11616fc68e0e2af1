#![expect(clippy::disallowed_methods, reason = "edge: reads /proc")]
//! What does not change while a program runs: its file, its command line, what runs it, its limits.

use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::OFlags;

use super::calls::Arch;
use super::elf;
use super::maps::{self, Maps};
use crate::model::evidence::Runtime;
use crate::proc::parse;
use crate::proc::read::{self, Reader};
use crate::scan::redact::redact;

/// Bytes of a map that are read, at most: some ten thousand regions.
const LONGEST_MAPS: usize = 1 << 20;
/// Bytes of a command line that are kept.
const LONGEST_COMMAND: usize = 4_096;

/// A program that runs.
#[derive(Debug, Clone, Default)]
pub(super) struct Portrait {
    /// The name that the process had when this was read: another one means another program.
    pub(super) name: String,
    /// Its command line with secrets struck out; empty where there is none.
    pub(super) command: String,
    /// The same number for command lines that differ only in digits.
    pub(super) family: u64,
    pub(super) program: Option<String>,
    pub(super) runtime: Runtime,
    pub(super) arch: Arch,
    pub(super) maps: Maps,
}

impl Portrait {
    /// Whether mutexes may be laid out as glibc's are. A program without any C library mapped may have it built in.
    pub(super) fn may_have_glibc(&self) -> bool {
        self.runtime != Runtime::Go && (self.maps.has_glibc || !self.maps.has_musl)
    }
}

/// The portrait of a process. This may hang with it: call it where [`super::patience`] watches.
pub(super) fn of(pid: u32) -> Portrait {
    let mut reader = Reader::default();
    let line = reader.file(&format!("/proc/{pid}/cmdline")).ok().and_then(parse::cmdline).unwrap_or_default();
    let program = std::fs::read_link(format!("/proc/{pid}/exe")).ok();
    let program = program.map(|path| path.to_string_lossy().into_owned());
    let maps = maps_of(pid);
    let head = head(pid);
    let named = program.as_deref().and_then(maps::runtime_of).or(maps.runtime);
    let built = if head.is_go { Runtime::Go } else { Runtime::Native };
    Portrait {
        name: String::new(),
        family: parse::family(&line),
        command: cut(redact(&line).into_owned()),
        program,
        runtime: named.unwrap_or(built),
        arch: head.arch,
        maps,
    }
}

/// What a process has mapped now.
pub(super) fn maps_of(pid: u32) -> Maps {
    let Ok(fd) = read::open(&format!("/proc/{pid}/maps")) else { return Maps::default() };
    let mut text = vec![0; LONGEST_MAPS];
    let mut filled = 0;
    // The kernel gives a page at a time; a read of nothing is the end.
    while filled < text.len() {
        match rustix::io::read(&fd, &mut text[filled..]) {
            Ok(0) | Err(_) => break,
            Ok(read) => filled += read,
        }
    }
    maps::maps(&text[..filled])
}

fn cut(mut line: String) -> String {
    if line.len() > LONGEST_COMMAND {
        let end = (0..=LONGEST_COMMAND).rev().find(|&at| line.is_char_boundary(at)).unwrap_or_default();
        line.truncate(end);
    }
    line
}

#[derive(Debug, Clone, Copy)]
struct Head {
    arch: Arch,
    is_go: bool,
}

/// What the program's file says of itself, in three short reads.
fn head(pid: u32) -> Head {
    let unknown = Head { arch: Arch::HERE, is_go: false };
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let Ok(file) = read::open_with(&format!("/proc/{pid}/exe"), flags) else { return unknown };
    let Some(header) = at(&file, 0, elf::HEADER).as_deref().and_then(elf::header) else { return unknown };
    let names = header.names_entry.and_then(|entry| elf::names(&at(&file, entry, 64)?));
    let names = names.and_then(|(offset, size)| at(&file, offset, size as usize));
    Head { arch: header.arch, is_go: names.as_deref().is_some_and(elf::is_go) }
}

fn at(file: impl AsFd, offset: u64, size: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; size];
    let read = rustix::io::pread(file, &mut bytes, offset).ok()?;
    bytes.truncate(read);
    Some(bytes)
}

/// The folder that a relative path begins at: a descriptor of a process, or where it works.
pub(super) fn folder(pid: u32, fd: i32) -> Option<String> {
    let link = if fd < 0 { format!("/proc/{pid}/cwd") } else { format!("/proc/{pid}/fd/{fd}") };
    std::fs::read_link(link)
        .ok()
        .filter(|path| path.is_absolute())
        .map(|path| path.to_string_lossy().into_owned())
}

/// Whether a process counts in the same namespace of this kind (`ipc`, `pid`) as we do; `None` where that is not shown.
pub(super) fn shares_namespace(pid: u32, kind: &str) -> Option<bool> {
    let namespace = |who: &str| std::fs::read_link(Path::new("/proc").join(who).join("ns").join(kind)).ok();
    Some(namespace(&pid.to_string())? == namespace("self")?)
}
