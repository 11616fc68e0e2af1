#![expect(
    clippy::disallowed_methods,
    reason = "edge: makes a control group for a child of its own, and removes it"
)]
//! Control groups: one that is frozen, one with a quota. Where none may be made, that is said.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::cpu;
use super::fork::{fork, me, wait_for};
use super::limit::Litter;
use super::processes::linger;
use super::stage::Stage;
use crate::model::cause::Culprit;
use crate::proc::cgroup::{self, Group, Version};

/// A tenth of a CPU, in microseconds of each period.
const QUOTA: u32 = 10_000;
const PERIOD: u32 = 100_000;

/// A child in a frozen group, of the unified hierarchy: v1's would keep even a killed one.
pub(super) fn frozen(stage: &Stage) -> io::Result<()> {
    let (cgroup, mountinfo) = hierarchies()?;
    let groups = cgroup::freezer_groups(&cgroup, &mountinfo);
    let above = groups.iter().find(|group| group.version == Version::V2).ok_or_else(refused)?;
    let group = make(above)?;
    let (child, ()) = fork(c"demo-worker", (), || {
        linger();
        Ok(())
    })?;
    Litter::default().process(child)?.folder(&group)?.leave();
    fs::write(group.join("cgroup.procs"), child.to_string())?;
    fs::write(group.join("cgroup.freeze"), "1")?;
    hold(stage, child, &group)
}

/// A child that works, in a group that may use a tenth of a CPU.
pub(super) fn throttled(stage: &Stage) -> io::Result<()> {
    let (cgroup, mountinfo) = hierarchies()?;
    let group = cgroup::groups_of(&cgroup, &mountinfo, "cpu").iter().find_map(|above| {
        let group = make(above).ok()?;
        limit(&group, above.version).inspect_err(|_| drop(fs::remove_dir(&group))).ok()?;
        Some(group)
    });
    let group = group.ok_or_else(refused)?;
    let time = stage.limit;
    let (mut may_begin, begin) = io::pipe()?;
    let (child, begin) = fork(c"demo-worker", begin, move || {
        io::Read::read(&mut may_begin, &mut [0])?;
        cpu::work(time);
        Ok(())
    })?;
    Litter::default().process(child)?.folder(&group)?.leave();
    fs::write(group.join("cgroup.procs"), child.to_string())?;
    drop(begin);
    hold(stage, child, &group)
}

fn limit(group: &Path, version: Version) -> io::Result<()> {
    match version {
        Version::V1 => {
            fs::write(group.join("cpu.cfs_period_us"), PERIOD.to_string())?;
            fs::write(group.join("cpu.cfs_quota_us"), QUOTA.to_string())
        }
        Version::V2 => {
            let file = group.join("cpu.max");
            // Where the controller is not handed down, there is no such file, and none can be made.
            file.try_exists()?.then_some(()).ok_or(io::ErrorKind::Unsupported)?;
            fs::write(file, format!("{QUOTA} {PERIOD}"))
        }
    }
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
