//! Reads how the host, or the control group of a job, is pressed: kept descriptors, once a round.

use std::os::fd::OwnedFd;

use super::cgroup::{Group, Version};
use super::parse;
use super::read::{self, Reader};
use crate::model::pressure::{PagingCounters, Waiting};
use crate::model::reading::PressureReading;
use crate::model::text::Text;

/// The three files of one place; a kernel without them (`CONFIG_PSI`, `psi=1`) has none.
#[derive(Debug, Default)]
struct Files {
    scope: Text,
    memory: Option<OwnedFd>,
    io: Option<OwnedFd>,
    cpu: Option<OwnedFd>,
    /// What a control group counts of its pages.
    stat: Option<OwnedFd>,
}

impl Files {
    fn open(scope: Text, path: impl Fn(&str) -> String) -> Self {
        let file = |name| read::open(&path(name)).ok();
        Self { scope, memory: file("memory"), io: file("io"), cpu: file("cpu"), stat: None }
    }
}

/// Reads the pressure on one job.
#[derive(Debug, Default)]
pub struct PressureReader {
    reader: Reader,
    host: Option<Files>,
    group: Option<Files>,
    vmstat: Option<OwnedFd>,
}

impl PressureReader {
    /// The pressure now: of the job's `group`, where that tells, and otherwise of the host.
    pub fn read(&mut self, group: Option<&Group>) -> PressureReading {
        if self.host.is_none() {
            self.host = Some(Files::open(Text::from("host"), |name| format!("/proc/pressure/{name}")));
            self.vmstat = read::open("/proc/vmstat").ok();
        }
        self.follow(group);
        let reader = &mut self.reader;
        let mut waiting = |fd: &Option<OwnedFd>| {
            let (some, full) = parse::pressure(reader.kept(fd.as_ref()?).ok()?)?;
            Some(Waiting { some, full })
        };
        let host_cpu = self.host.as_ref().and_then(|host| waiting(&host.cpu));
        let files = self.group.as_ref().filter(|group| group.memory.is_some()).or(self.host.as_ref());
        let mut reading = PressureReading { host_cpu, ..PressureReading::default() };
        if let Some(files) = files {
            reading.scope = files.scope.clone();
            reading.memory = waiting(&files.memory);
            reading.io = waiting(&files.io);
            reading.cpu = waiting(&files.cpu);
            reading.paging = files.stat.as_ref().and_then(|fd| counters(reader.kept(fd).ok()?));
        }
        if let Some(vmstat) = self.vmstat.as_ref().and_then(|fd| reader.kept(fd).ok()) {
            reading.paging = reading.paging.or_else(|| counters(vmstat));
            reading.oom_kills = parse::vmstat(vmstat, "oom_kill");
        }
        reading
    }

    /// Opens the files of another group than before. Only the unified hierarchy has them, and the root has those of
    /// the host.
    fn follow(&mut self, group: Option<&Group>) {
        let group = group.filter(|group| group.version == Version::V2 && group.path != "/");
        let scope = group.map(|group| Text::from(format!("cgroup {}", group.path)));
        if scope.as_ref() != self.group.as_ref().map(|files| &files.scope) {
            self.group = group.zip(scope).map(|(group, scope)| {
                let folder = group.folder.display();
                let stat = read::open(&format!("{folder}/memory.stat")).ok();
                Files { stat, ..Files::open(scope, |name| format!("{folder}/{name}.pressure")) }
            });
        }
    }
}

/// From `/proc/vmstat`, or the `memory.stat` of a group; `None` where a counter is missing. Refaults were one counter
/// before Linux 5.9. Groups that don't count what comes back from swap count what of it is wanted again soon.
fn counters(vmstat: &[u8]) -> Option<PagingCounters> {
    let refaults = |name| parse::vmstat(vmstat, name);
    let refaulted = match (refaults("workingset_refault_anon"), refaults("workingset_refault_file")) {
        (Some(anon), Some(file)) => anon.saturating_add(file),
        _ => refaults("workingset_refault")?,
    };
    let swapped_in = parse::vmstat(vmstat, "pswpin").or_else(|| refaults("workingset_refault_anon"))?;
    Some(PagingCounters { swapped_in, refaulted })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refaults_of_both_kinds_are_one_sum() {
        let found = |refaulted| Some(PagingCounters { swapped_in: 5, refaulted });
        assert_eq!(counters(b"workingset_refault_anon 1\nworkingset_refault_file 2\npswpin 5\n"), found(3));
        assert_eq!(counters(b"workingset_refault 4\npswpin 5\n"), found(4));
        assert_eq!(counters(b"pswpin 5\n"), None);
    }

    #[test]
    fn the_host_tells_for_a_job_without_a_group() {
        let mut reader = PressureReader::default();
        let first = reader.read(None);
        assert_eq!(first.scope.as_str(), "host");
        assert_eq!(first.cpu.is_some(), first.host_cpu.is_some());
        // The descriptors are kept, and what they tell is new each time.
        let _ = reader.read(None);
    }
}
