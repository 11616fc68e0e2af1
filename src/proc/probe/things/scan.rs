//! Looks through what all processes hold for the other ends of a job's things: once, and no longer than its budget.

use std::collections::BTreeSet;
use std::mem::MaybeUninit;
use std::time::Duration;

use rustix::fs::{OFlags, RawDir};
use rustix::io::Errno;

use super::descriptors::folder;
use super::ends::Wanted;
use crate::model::clock;
use crate::proc::descriptors::{Target as Link, target as link_target};
use crate::proc::parse;
use crate::proc::read::{self, Reader};

/// CPU time that one scan may take.
const BUDGET: Duration = Duration::from_millis(250);
/// The same in time that passes, for a machine on which everybody waits.
const PATIENCE: Duration = Duration::from_secs(1);
/// Descriptors of one process that are looked at.
const MOST_OF_ONE: usize = 20_000;
/// Holders that are told at most.
const MOST_FOUND: usize = 4_096;
/// Bytes of a link.
const LONGEST_LINK: usize = 1_024;

/// Who holds what was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Found {
    /// Processes and their descriptors.
    pub places: Vec<(u32, i32)>,
    /// Processes whose descriptors are not shown to us.
    pub hidden: u32,
    /// Processes that there was no time for, or only for a part.
    pub left_out: u32,
}

/// Looks through all processes but these, those with a PID near `near` first: they are likely to be of the same making.
pub(super) fn look(wanted: &Wanted, near: u32, but: &BTreeSet<u32>) -> Found {
    let mut found = Found::default();
    let mut pids = all();
    pids.retain(|pid| !but.contains(pid));
    pids.sort_unstable_by_key(|pid| pid.abs_diff(near));
    let (cpu, began) = (clock::thread_cpu(), clock::now());
    let is_over =
        || clock::thread_cpu().saturating_sub(cpu) >= BUDGET || clock::now().since(began) >= PATIENCE;
    let (mut listing, mut reader) = (Vec::with_capacity(32 * 1024), Reader::default());
    for (at, &pid) in pids.iter().enumerate() {
        if is_over() || found.places.len() >= MOST_FOUND {
            found.left_out += (pids.len() - at) as u32;
            break;
        }
        match look_at(pid, wanted, &mut listing, &mut found.places, is_over) {
            Ok(true) => {}
            Ok(false) => found.left_out += 1,
            Err(Errno::ACCESS | Errno::PERM) => found.hidden += u32::from(!is_of_kernel(pid, &mut reader)),
            // It has gone meanwhile.
            Err(_) => {}
        }
    }
    found
}

/// Looks at one process; false where there was more than was looked at.
pub(super) fn look_at(
    pid: u32,
    wanted: &Wanted,
    listing: &mut Vec<u8>,
    places: &mut Vec<(u32, i32)>,
    is_over: impl Fn() -> bool,
) -> Result<bool, Errno> {
    let folder = folder(pid)?;
    listing.reserve(32 * 1024);
    let mut entries = RawDir::new(&folder, listing.spare_capacity_mut());
    let mut looked = 0_usize;
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name();
        if !name.to_bytes().first().is_some_and(u8::is_ascii_digit) {
            continue;
        }
        looked += 1;
        if looked > MOST_OF_ONE || (looked.is_multiple_of(512) && is_over()) {
            return Ok(false);
        }
        let mut room = [MaybeUninit::uninit(); LONGEST_LINK];
        let Ok((link, _)) = rustix::fs::readlinkat_raw(&folder, name, &mut room) else { continue };
        if is_wanted(link, wanted)
            && let Some(fd) = std::str::from_utf8(name.to_bytes()).ok().and_then(|digits| digits.parse().ok())
        {
            places.push((pid, fd));
        }
    }
    Ok(true)
}

fn is_wanted(link: &[u8], wanted: &Wanted) -> bool {
    match link_target(link) {
        Link::Pipe(inode) => wanted.pipes.contains(&inode),
        Link::Socket(inode) => wanted.sockets.contains(&inode),
        Link::File(_) | Link::Other => {
            !wanted.paths.is_empty()
                && link.first() == Some(&b'/')
                && wanted.paths.contains(String::from_utf8_lossy(link).as_ref())
        }
    }
}

/// True for threads of the kernel, which hold nothing: they are children of `kthreadd`, and this is number 2.
fn is_of_kernel(pid: u32, reader: &mut Reader) -> bool {
    let stat = reader.file(&format!("/proc/{pid}/stat")).ok().and_then(parse::stat);
    stat.is_some_and(|stat| stat.ppid == 2 || pid == 2)
}

/// All processes in view.
pub(super) fn all() -> Vec<u32> {
    let mut pids = Vec::new();
    if let Ok(proc) = read::open_with("/proc", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC) {
        // What was listed before an error is as good.
        let _ = read::pids(&proc, &mut Vec::with_capacity(32 * 1024), &mut pids);
    }
    pids
}
