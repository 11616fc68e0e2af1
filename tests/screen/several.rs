//! Several jobs on one screen: a row each, their sum, and one verdict that names the worst.

use telltales::model::job::Job;
use telltales::model::member::MemberId;
use telltales::model::snapshot::Snapshot;
use telltales::model::sum::Sum;

use super::fixture::{Scene, scene};
use super::{NOW, SIZES, pressed, seen};

/// Eight instances of one script, and where it is `lost` one that lost a worker.
fn instances(is_lost: bool) -> Scene {
    let mut scene = scene("healthy", NOW);
    let lost = is_lost.then(|| super::scene("lost", NOW).snapshot);
    let healthy = scene.snapshot.jobs[0].clone();
    scene.snapshot.jobs = (1..=8).map(|n| instance(&healthy, lost.as_ref(), n)).collect();
    if let Some(lost) = lost {
        scene.snapshot.alerts = lost.alerts;
        for alert in &mut scene.snapshot.alerts {
            alert.job = scene.snapshot.jobs[4].id.clone();
        }
    }
    scene.snapshot.sum = Sum::of(&scene.snapshot.jobs, scene.snapshot.at);
    scene
}

fn instance(healthy: &Job, lost: Option<&Snapshot>, n: u32) -> Job {
    let mut job = lost.filter(|_| n == 5).map_or_else(|| healthy.clone(), |lost| lost.jobs[0].clone());
    let pid = 4_700 + n;
    job.id = format!("db7:{pid}").into();
    job.name = format!("python3 etl.py --shard {n} --of 8").into();
    job.members[0].id = MemberId::Process { pid, start: u64::from(pid) };
    job
}

#[test]
fn eight_instances_are_a_row_each_and_a_sum() {
    for (name, is_lost) in [("several", false), ("several-lost", true)] {
        let scene = instances(is_lost);
        for size in SIZES {
            let (state, _) = pressed(&scene, size, "");
            insta::assert_snapshot!(format!("{name}@{}x{}", size.0, size.1), seen(&scene, &state));
        }
    }
}

#[test]
fn keys_go_round_the_jobs_and_keep_the_shown_one_in_sight() {
    let scene = instances(false);
    for (keys, place) in
        [("", "job 1 of 8"), ("] ]", "job 3 of 8"), ("[", "job 8 of 8"), ("[ ]", "job 1 of 8")]
    {
        for size in SIZES {
            let (state, _) = pressed(&scene, size, keys);
            let shown = seen(&scene, &state);
            assert!(shown.contains(place), "{keys}: {shown}");
            let pid = 4_700 + place[4..5].parse::<u32>().unwrap();
            assert!(shown.contains(&format!("   {pid}")), "{keys}: {shown}");
        }
    }
}
