//! What the screen says of a job that uses GPUs, and that it says nothing of others.

use super::*;
use telltales::model::gpu::{Gpu, GpuHold, GpuUse};
use telltales::model::metric::Bytes;

/// The healthy job, one worker of which holds memory of a GPU.
fn on_a_gpu() -> Scene {
    let mut scene = scene("healthy", NOW);
    let gib = |gib: f64| Bytes((gib * 1_073_741_824.0) as u64);
    let gpu = Gpu { index: 0, name: "H200".into(), used: gib(30.0), total: gib(80.0), busy: Some(0.87) };
    scene.snapshot.hosts[0].gpus = vec![gpu];
    let job = &mut scene.snapshot.jobs[0];
    let used = Some(gib(12.3));
    let by_member = vec![GpuHold { member: job.members[1].id.clone(), used }];
    job.gpu = Some(GpuUse { used, devices: vec![0], members: 1, by_member });
    scene
}

#[test]
fn the_gpu_is_a_gauge_of_those_who_use_one() {
    let with = on_a_gpu();
    for (size, words) in [
        ((200, 50), "of 80.0 GiB on GPU 0, 87 % busy"),
        ((120, 36), "of 80.0G, GPU 0, 87 % busy"),
        ((80, 24), "GPU 0, 87 % busy"),
        // No more gauges have room there than before.
        ((40, 12), ""),
    ] {
        let (state, _) = pressed(&with, size, "");
        let seen = seen(&with, &state);
        let line = seen.lines().find(|line| line.contains("GPU")).unwrap_or_default();
        assert!(line.contains(words) && (words.is_empty() || line.contains("12.3 GiB")), "{size:?}\n{seen}");
    }
    let without = scene("healthy", NOW);
    let (state, _) = pressed(&without, (120, 36), "");
    assert!(!seen(&without, &state).contains("GPU"));
}

#[test]
fn a_member_tells_what_it_holds_of_a_gpu() {
    let scene = on_a_gpu();
    let holder = scene.snapshot.jobs[0].members[1].id.clone();
    let mut state = pressed(&scene, (120, 50), "").0;
    let mut told = Vec::new();
    for _ in 0..scene.snapshot.jobs[0].members.len() {
        for name in ["j", "Enter"] {
            update(&mut state, &scene.view(), &key(name));
        }
        if seen(&scene, &state).contains("12.3 GiB of GPU memory") {
            told.push(state.members.chosen.clone());
        }
        update(&mut state, &scene.view(), &key("Esc"));
    }
    assert_eq!(told, [Some(holder)], "nobody else does");
}
