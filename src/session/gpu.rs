//! Which of the processes on GPUs are members of a job, and what they hold; pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::gpu::{GpuHold, GpuReading, GpuUse};
use crate::model::metric::Bytes;
use crate::model::reading::MemberReading;

/// What these members use of GPUs; `None` when none of them is on one.
///
/// A process that started after the driver was asked is not the one that it told of: the PID was given again.
pub(super) fn used_by(members: &[MemberReading], reading: &GpuReading) -> Option<GpuUse> {
    let is_meant = |member: &&MemberReading| {
        member.exit.is_none() && member.about.started.is_none_or(|started| started <= reading.at)
    };
    let members: BTreeMap<u32, _> = members
        .iter()
        .filter(is_meant)
        .filter_map(|member| member.id.pid().map(|pid| (pid, &member.id)))
        .collect();
    let mut holds: BTreeMap<_, Option<Bytes>> = BTreeMap::new();
    let mut devices = BTreeSet::new();
    for process in &reading.processes {
        let Some(&id) = members.get(&process.pid) else { continue };
        let held = holds.entry(id).or_default();
        *held = sum(*held, process.used);
        devices.insert(process.device);
    }
    (!holds.is_empty()).then(|| GpuUse {
        used: holds.values().copied().fold(None, sum),
        devices: devices.into_iter().collect(),
        members: holds.len() as u32,
        by_member: holds.into_iter().map(|(id, used)| GpuHold { member: id.clone(), used }).collect(),
    })
}

/// What is known of both together.
fn sum(a: Option<Bytes>, b: Option<Bytes>) -> Option<Bytes> {
    match (a, b) {
        (Some(a), Some(b)) => Some(Bytes(a.0.saturating_add(b.0))),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::clock::Moment;
    use crate::model::gpu::GpuProcess;
    use crate::model::member::{About, MemberId};
    use crate::model::process::Exit;
    use crate::model::reading::Paging;
    use std::sync::Arc;

    fn member(pid: u32, started: Option<u64>) -> MemberReading {
        let started = started.map(Moment::from_millis);
        MemberReading {
            id: MemberId::Process { pid, start: u64::from(pid) },
            about: Arc::new(About { started, ..About::default() }),
            parent: None,
            state: None,
            cpu_ms: 0,
            rss: None,
            paging: Paging::default(),
            io: None,
            threads: 1,
            waits_for: None,
            busy: None,
            exit: None,
        }
    }

    fn told(processes: &[(u32, u32, Option<u64>)]) -> GpuReading {
        let process = |&(pid, device, used): &(u32, u32, Option<u64>)| {
            let used = used.map(Bytes);
            GpuProcess { pid, device, used }
        };
        let processes = processes.iter().map(process).collect();
        GpuReading { at: Moment::from_millis(1_000), gpus: Vec::new(), processes }
    }

    #[test]
    fn only_members_count_and_one_on_two_gpus_is_one_member() {
        let members = [member(10, Some(5)), member(11, None), member(12, Some(5))];
        let reading = told(&[(10, 0, Some(4)), (10, 1, Some(2)), (11, 1, None), (99, 2, Some(70))]);
        let found = used_by(&members, &reading).expect("two are on a GPU");
        assert_eq!((found.used, found.devices.as_slice(), found.members), (Some(Bytes(6)), &[0, 1][..], 2));
        assert_eq!(found.of(&members[0].id).and_then(|hold| hold.used), Some(Bytes(6)));
        assert_eq!(found.of(&members[1].id).map(|hold| hold.used), Some(None));
        assert_eq!(found.of(&members[2].id), None);
    }

    #[test]
    fn who_has_a_pid_that_was_given_again_is_not_the_one_on_the_gpu() {
        let reading = told(&[(10, 0, Some(4))]);
        assert_eq!(
            used_by(&[member(10, Some(1_500))], &reading),
            None,
            "it started after the driver was asked"
        );
        let dead = MemberReading { exit: Some(Exit::Code(0)), ..member(10, Some(5)) };
        assert_eq!(used_by(&[dead], &reading), None);
        assert_eq!(used_by(&[], &reading), None);
        assert_eq!(used_by(&[member(10, Some(5))], &GpuReading::default()), None);
    }

    #[test]
    fn what_no_driver_tells_is_unknown_and_not_zero() {
        let found = used_by(&[member(10, None)], &told(&[(10, 0, None)])).expect("it is on the GPU");
        assert_eq!((found.used, found.members), (None, 1));
    }
}
