#![expect(
    clippy::disallowed_methods,
    reason = "edge: makes a control group for a child of its own, and removes it"
)]
//! Control groups: one that is frozen, one with a quota, two with too little memory. Where none may be made, that is
//! said.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::fork::{fork, me, wait_for};
use super::limit::Litter;
use super::processes::linger;
use super::stage::Stage;
use super::{cpu, pages};
use crate::model::cause::Culprit;
use crate::proc::cgroup::{self, Group, Version};

/// A tenth of a CPU, in microseconds of each period.
const QUOTA: u32 = 10_000;
const PERIOD: u32 = 100_000;

/// What statfs(2) calls a file system in memory.
const TMPFS: rustix::fs::FsWord = 0x0102_1994;

/// How much memory a worker may have, in bytes.
const MEMORY: u64 = 32 << 20;

/// A child in a frozen group, of the unified hierarchy: v1's would keep even a killed one.
pub(super) fn frozen(stage: &Stage) -> io::Result<()> {
    let (cgroup, mountinfo) = hierarchies()?;
    let groups = cgroup::freezer_groups(&cgroup, &mountinfo);
    let above = groups.iter().find(|group| group.version == Version::V2).ok_or_else(refused)?;
    let group = make(above)?;
    let child = worker_in(&group, || {
        linger();
        Ok(())
    })?;
    write(&group, "cgroup.freeze", "1")?;
    hold(stage, child, &group)
}

/// A child that works, in a group that may use a tenth of a CPU.
pub(super) fn throttled(stage: &Stage) -> io::Result<()> {
    let group = limited("cpu", |group, version| match version {
        Version::V1 => {
            write(group, "cpu.cfs_period_us", &PERIOD.to_string())?;
            write(group, "cpu.cfs_quota_us", &QUOTA.to_string())
        }
        Version::V2 => write(group, "cpu.max", &format!("{QUOTA} {PERIOD}")),
    })?;
    let time = stage.limit;
    let child = worker_in(&group, move || {
        cpu::work(time);
        Ok(())
    })?;
    hold(stage, child, &group)
}

/// A child that goes through more file than its group may hold in memory. The file is all holes: no disk suffers.
pub(super) fn thrashes(stage: &Stage) -> io::Result<()> {
    let file = holes(2 * MEMORY)?;
    let group = limited("memory", limit_memory)?;
    let child = worker_in(&group, move || pages::touch_for_ever(&file, 2 * MEMORY as usize))?;
    hold(stage, child, &group)
}

/// A child that wants more memory than its group may have: the kernel kills it, and its parent waits for its word.
pub(super) fn oom(stage: &Stage) -> io::Result<()> {
    let group = limited("memory", limit_memory)?;
    let (mut results, tell) = io::pipe()?;
    let worker = worker_in(&group, || {
        let rows = vec![1; 4 * MEMORY as usize];
        (&tell).write_all(&rows[..1])
    })?;
    stage.set(me(), &[Culprit::process(worker), Culprit::process(me())])?;
    // Its own end for writing keeps the pipe from ending, and nobody else is left to write.
    results.read_exact(&mut [0])
}

/// A file without a name that takes no room on its disk.
fn holes(length: u64) -> io::Result<File> {
    for folder in [std::env::temp_dir(), PathBuf::from("/var/tmp")] {
        // Where files are memory, their pages can't be given back.
        if rustix::fs::statfs(&folder)?.f_type == TMPFS {
            continue;
        }
        let path = folder.join(format!("telltale-hang-{}.rows", me()));
        let file = File::options().read(true).write(true).create_new(true).open(&path)?;
        // The open file is enough; nobody has to remove it later.
        fs::remove_file(&path)?;
        file.set_len(length)?;
        return Ok(file);
    }
    Err(io::Error::other("no folder for a file that is not memory itself"))
}

fn limit_memory(group: &Path, version: Version) -> io::Result<()> {
    let file = if version == Version::V1 { "memory.limit_in_bytes" } else { "memory.max" };
    write(group, file, &MEMORY.to_string())
}

/// A new group in which `limit` could be set, below one of those that this process is in.
fn limited(controller: &str, limit: impl Fn(&Path, Version) -> io::Result<()>) -> io::Result<PathBuf> {
    let (cgroup, mountinfo) = hierarchies()?;
    let made = cgroup::groups_of(&cgroup, &mountinfo, controller).into_iter().find_map(|above| {
        let group = make(&above).ok()?;
        limit(&group, above.version).inspect_err(|_| drop(fs::remove_dir(&group))).ok()?;
        Some(group)
    });
    made.ok_or_else(refused)
}

/// A child that begins to work once it is in the group.
fn worker_in(group: &Path, work: impl FnOnce() -> io::Result<()>) -> io::Result<u32> {
    let (mut may_begin, begin) = io::pipe()?;
    let (child, begin) = fork(c"demo-worker", begin, move || {
        // Nothing comes; the end of it does.
        let _ = may_begin.read(&mut [0])?;
        work()
    })?;
    Litter::default().process(child)?.folder(group)?.leave();
    write(group, "cgroup.procs", &child.to_string())?;
    drop(begin);
    Ok(child)
}

/// Writes to a file of a group that is there: where a controller is not handed down, its files are missing.
fn write(group: &Path, file: &str, text: &str) -> io::Result<()> {
    File::options().write(true).open(group.join(file))?.write_all(text.as_bytes())
}

fn hold(stage: &Stage, child: u32, group: &Path) -> io::Result<()> {
    let thing = Culprit::thing(group.to_string_lossy().as_ref());
    stage.set(me(), &[Culprit::process(child), thing])?;
    wait_for(child)
}

fn hierarchies() -> io::Result<(String, String)> {
    Ok((fs::read_to_string("/proc/self/cgroup")?, fs::read_to_string("/proc/self/mountinfo")?))
}

fn make(above: &Group) -> io::Result<PathBuf> {
    let folder = above.folder.join(format!("telltale-hang-{}", me()));
    fs::create_dir(&folder).map_err(|_| refused())?;
    Ok(folder)
}

fn refused() -> io::Error {
    io::Error::other("no control group can be made here: it takes root, or a group that is handed down")
}
