//! Processes that the kernel killed for want of memory, and others that somebody killed.

use telltales::model::member::MemberId;
use telltales::model::oom::OomCounters;
use telltales::model::process::Exit;
use telltales::model::reading::JobReading;
use telltales::model::verdict::{Claim, Condition, Severity};

use crate::story::{Story, process, used};

const MIB: u64 = 1 << 20;

/// Counters of the job's cgroup, of whole cgroups and of the host.
fn counters(in_cgroup: Option<u64>, whole: Option<u64>, on_host: Option<u64>) -> OomCounters {
    OomCounters { cgroup: Some("/batch".into()), in_cgroup, whole_cgroup: whole, on_host }
}

fn pool(reading: &mut JobReading, workers: &[u32], killed: &[u32]) {
    let mut members = vec![process(10, 1, 20 * MIB)];
    members.extend(workers.iter().map(|&pid| process(pid, 10, 300 * MIB)));
    reading.members = Some(members);
    let exit = |&pid: &u32| (MemberId::Process { pid, start: u64::from(pid) }, Exit::Signal(9));
    reading.exits.extend(killed.iter().map(exit));
}

/// A pool of 11, 12 and 13, of which 12 is killed in the third round. `counted` are the counters of the rounds.
fn killed(counted: [OomCounters; 5]) -> Story {
    let mut story = Story::new();
    for (round, oom) in counted.into_iter().enumerate() {
        story.second(|reading| {
            match round {
                0 | 1 => pool(reading, &[11, 12, 13], &[]),
                2 => pool(reading, &[11, 13], &[12]),
                _ => pool(reading, &[11, 13], &[]),
            }
            reading.oom = Some(oom);
        });
    }
    story
}

fn claim(story: &Story, condition: Condition) -> Option<&Claim> {
    story.alert(condition).map(|alert| &alert.claim)
}

#[test]
fn a_killed_worker_and_a_counter_that_rose_are_told_in_these_words() {
    let v1 = |n| counters(Some(n), None, Some(90 + n));
    let v2 = |n| counters(Some(n), Some(0), Some(90 + n));
    let host = |n| counters(None, None, Some(n));
    let cgroup = "killed by SIGKILL, and the OOM counter of its cgroup rose by 1";
    let of_host = "killed by SIGKILL, and the host's OOM counter rose by 1";
    for (counted, words) in [
        ([v1(4), v1(4), v1(5), v1(5), v1(5)], cgroup),
        ([v2(0), v2(0), v2(1), v2(1), v2(1)], cgroup),
        ([host(0), host(0), host(1), host(1), host(1)], of_host),
        // Counted a round before it was gone, and a round after.
        ([v2(0), v2(1), v2(1), v2(1), v2(1)], cgroup),
        ([v2(0), v2(0), v2(0), v2(1), v2(1)], cgroup),
    ] {
        let story = killed(counted);
        let told = claim(&story, Condition::OomKill).expect("it is told");
        assert_eq!(told.headline.as_str(), format!("worker 12 {words}"));
        assert_eq!(told.severity, Severity::Critical);
        assert!(told.evidence.iter().any(|text| text.contains("held 300 MiB")), "{:?}", told.evidence);
        let lost = claim(&story, Condition::WorkerLost).expect("it is lost as well");
        assert!(lost.evidence.iter().any(|text| text.as_str() == words), "{:?}", lost.evidence);
        let begun = story.begun.iter().filter(|condition| **condition == Condition::OomKill).count();
        assert_eq!(begun, 1);
    }
}

#[test]
fn who_was_killed_by_somebody_is_no_victim_of_it() {
    let v2 = |n, host| counters(Some(n), Some(0), Some(host));
    let none = OomCounters::default;
    for (what, counted) in [
        ("no counter rose", [v2(3, 9), v2(3, 9), v2(3, 9), v2(3, 9), v2(3, 9)]),
        ("another job's process was killed", [v2(0, 1), v2(0, 1), v2(0, 2), v2(0, 2), v2(0, 2)]),
        ("no counter is known", [none(), none(), none(), none(), none()]),
        ("a counter that is only now known", [none(), none(), v2(3, 9), v2(3, 9), v2(3, 9)]),
        ("it rose long before", [v2(0, 1), v2(0, 1), v2(0, 1), v2(0, 1), v2(0, 1)]),
    ] {
        let story = killed(counted);
        assert_eq!(claim(&story, Condition::OomKill), None, "{what}");
        let lost = claim(&story, Condition::WorkerLost).expect("it is lost all the same");
        assert!(lost.evidence.iter().all(|text| !text.contains("OOM")), "{what}: {:?}", lost.evidence);
    }
}

#[test]
fn a_kill_is_accounted_for_once() {
    let mut story = Story::new();
    let one = |n| counters(Some(n), None, None);
    for (n, workers, dead) in
        [(0, &[11, 12, 13][..], &[][..]), (1, &[11, 13], &[12]), (1, &[13], &[11]), (1, &[13], &[])]
    {
        story.second(|reading| {
            pool(reading, workers, dead);
            reading.oom = Some(one(n));
        });
    }
    let oom = story.snapshot.jobs[0].oom.as_ref().expect("it is known");
    let victims: Vec<_> = oom.victims.iter().map(|victim| victim.member.pid()).collect();
    assert_eq!(victims, [Some(12)], "11 was killed a second later, by somebody");
}

#[test]
fn more_were_killed_than_were_counted() {
    let mut story = Story::new();
    for (n, workers, dead) in [(0, &[11, 12, 13][..], &[][..]), (1, &[13], &[11, 12])] {
        story.second(|reading| {
            pool(reading, workers, dead);
            reading.oom = Some(counters(Some(n), None, None));
        });
    }
    let told = claim(&story, Condition::OomKill).expect("it is told");
    let doubt = "2 processes of the job were killed meanwhile, not all of them by that";
    assert!(told.evidence.iter().any(|text| text.as_str() == doubt), "{:?}", told.evidence);
}

#[test]
fn a_job_that_is_killed_as_a_whole_tells_it_too() {
    let mut story = Story::new();
    story.second(|reading| {
        pool(reading, &[11], &[]);
        reading.oom = Some(counters(Some(0), Some(0), None));
    });
    story.second(|reading| {
        reading.members = Some(Vec::new());
        let exit = |pid| (MemberId::Process { pid, start: u64::from(pid) }, Exit::Signal(9));
        reading.exits.extend([10, 11].map(exit));
        reading.ended = Some(Exit::Signal(9));
        reading.oom = Some(counters(Some(2), Some(1), None));
    });
    for _ in 0..3 {
        let told = claim(&story, Condition::OomKill).expect("it is told for good");
        let words = "the job was killed by SIGKILL, and the OOM counter of its cgroup rose by 2";
        assert_eq!((told.headline.as_str(), &told.subject), (words, &None));
        assert!(told.evidence.iter().any(|text| text.contains("memory.oom.group")), "{:?}", told.evidence);
        story.second(|reading| reading.ended = Some(Exit::Signal(9)));
    }
}

#[test]
fn a_kill_of_somebody_unseen_is_told_where_the_cgroup_is_the_jobs_own() {
    for is_own in [true, false] {
        let mut story = Story::new();
        for second in 0..10 {
            story.second(|reading| {
                pool(reading, &[11, 12], &[]);
                reading.oom = Some(counters(Some(u64::from(second > 1)), None, None));
                reading.memory = is_own.then(|| used(100.0));
            });
            assert!(second > 7 || claim(&story, Condition::OomKill).is_none(), "it may still be seen");
        }
        let told = claim(&story, Condition::OomKill).map(|claim| claim.headline.to_string());
        let words = "the OOM counter of its cgroup rose by 1, and who of the job was killed is not known";
        assert_eq!(told, is_own.then(|| words.to_owned()));
    }
}
