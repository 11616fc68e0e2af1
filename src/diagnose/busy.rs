//! Work that is seen: one part that still works, work that gets slower, memory that climbs, work that leads nowhere; pure.

use std::collections::{BTreeMap, HashSet};

use super::Named;
use super::scene::{At, Scene, command, culprit, name, place, thread_name};
use super::time;
use super::waits::{self, Outside};
use crate::model::cause::{Cause, Culprit};
use crate::model::evidence::{Process, Runtime, Spots, Target, Thread, Wait};
use crate::model::metric::Bytes;

/// A thread that runs or is ready for this share of the window is busy,
const BUSY: f64 = 0.9;
/// one below this share is at rest.
const AT_REST: f64 = 0.02;
/// A straggler is at work for at least this share.
const AT_WORK: f64 = 0.5;
/// So many of its like must be at rest.
const LIKE: usize = 2;

/// Parts of the window for a trend, and how many pairs of them must point the same way.
const PARTS: usize = 8;
const PAIRS: f64 = 0.85;
/// What is made of a CPU second at the end, against the beginning.
const SLOWER: f64 = 0.75;
/// CPU seconds below which no rate is told.
const LEAST_CPU: f64 = 1.0;
/// Bytes made, at the least.
const LEAST_MADE: u64 = 64;

/// Memory that grew by so many bytes, and by this share,
const GROWN: u64 = 8 << 20;
const GROWN_SHARE: f64 = 0.03;
/// in so many of the intervals,
const RISES: f64 = 0.8;
/// and not only at first.
const SECOND_HALF: f64 = 0.3;
/// Memory of so many times the input is still made of it: a compressor keeps some ten bytes for each in its window.
const INPUT: u64 = 16;

/// Samples of a busy thread below which nothing is said of its loop, and samples at places that were seen before.
const SPOTS: u32 = 30;
const REPEATS: u32 = 12;
/// Of those so many may find other registers, where nothing changes; where it asks the kernel all the time, so many.
const CHANGES: f64 = 0.1;
const CHANGES_ASKING: f64 = 0.35;
/// Asking all the time: the share of samples that met it in a system call.
const ASKING: f64 = 0.15;
/// A fight for a word: the share of samples at an atomic operation, in a loop of so few places.
const CONTENDED: f64 = 0.5;
const FEW_PLACES: u32 = 24;
/// Looks at its lines below which nothing is said, and lines that are a small loop.
const LOOKS: u32 = 12;
const FEW_LINES: usize = 3;

/// How much of a CPU a process used.
pub(super) fn running_of(process: &Process) -> f64 {
    process.threads.iter().map(time::running).sum()
}

/// How much of a CPU a process used or would have used.
pub(super) fn of_process(process: &Process) -> f64 {
    process.threads.iter().map(time::busy).sum()
}

/// Bytes that a process wrote over the window.
pub(super) fn written(process: &Process) -> u64 {
    match process.io.as_slice() {
        [(_, first), .., (_, last)] => last.written.saturating_sub(first.written),
        _ => 0,
    }
}

/// Write calls of a process over the window that took nothing, as far as that is sure: none of them took anything.
pub(super) fn failed_writes(process: &Process) -> u64 {
    match process.io.as_slice() {
        [(_, first), .., (_, last)] if last.written == first.written => {
            last.writes.saturating_sub(first.writes)
        }
        _ => 0,
    }
}

/// Bytes that a process read over the window.
fn read(process: &Process) -> u64 {
    match process.io.as_slice() {
        [(_, first), .., (_, last)] => last.read.saturating_sub(first.read),
        _ => 0,
    }
}

/// One part still works, its like have nothing left to do, and who started them waits.
pub(super) fn straggler(scene: &Scene<'_>) -> Option<Named> {
    among_processes(scene).or_else(|| among_threads(scene))
}

fn among_processes(scene: &Scene<'_>) -> Option<Named> {
    let mut families: BTreeMap<(u32, &str), Vec<&Process>> = BTreeMap::new();
    for process in scene.evidence.members().filter(|one| !one.is_zombie() && !one.command.is_empty()) {
        families.entry((process.parent, process.command.as_str())).or_default().push(process);
    }
    families.into_iter().find_map(|((parent, _), family)| {
        let (at_work, rest): (Vec<&Process>, Vec<&Process>) =
            family.iter().copied().partition(|one| of_process(one) >= AT_WORK);
        let resting: Vec<&Process> = rest
            .iter()
            .copied()
            .filter(|one| of_process(one) < AT_REST && waits_inside(scene, one))
            .collect();
        let waits = scene.main_thread(parent).is_some_and(|at| time::busy(scene.thread(at)) < AT_REST * 2.0);
        let [busy] = at_work.as_slice() else { return None };
        if resting.len() < LIKE || resting.len() < rest.len() || !waits {
            return None;
        }
        let evidence = vec![
            format!(
                "{} uses {:.2} CPUs, and its {} siblings nothing: they wait for work",
                name(busy),
                running_of(busy),
                resting.len()
            ),
            format!(
                "{} waits for it",
                scene.process(parent).map_or_else(|| format!("process {parent}"), name)
            ),
            format!("it runs {}", command(busy)),
        ];
        Some(Named::new(Cause::Straggler, vec![Culprit::process(busy.pid)], evidence))
    })
}

/// A worker whose work comes from the job itself: one that waits for clients has none to do because none came.
fn waits_inside(scene: &Scene<'_>, process: &Process) -> bool {
    scene.main_thread(process.pid).is_some_and(|at| {
        let outside = waits::wakers(scene, at).outside;
        !matches!(outside, Some(Outside::Network | Outside::Person | Outside::Event | Outside::Clock))
    })
}

fn among_threads(scene: &Scene<'_>) -> Option<Named> {
    scene.evidence.members().find_map(|process| {
        let place = scene.place(process.pid)?;
        let workers: Vec<At> = scene
            .threads_of(place)
            .filter(|&at| scene.thread(at).tid != process.pid && !waits::is_housekeeping(process, scene.thread(at)))
            .collect();
        let at_work: Vec<At> =
            workers.iter().copied().filter(|&at| time::busy(scene.thread(at)) >= AT_WORK).collect();
        let [busy] = at_work.as_slice() else { return None };
        let is_resting = |at: &At| {
            let thread = scene.thread(*at);
            // For tasks a thread waits at a lock of its own process; not for clients and not for a timer.
            thread.is_still && thread.limit.is_none() && matches!(thread.wait, Wait::Futex(_))
        };
        // Threads with another name have other work.
        let stem = |at: At| scene.thread(at).name.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
        let workers: Vec<At> = workers.into_iter().filter(|&at| stem(at) == stem(*busy)).collect();
        let resting = workers.iter().filter(|at| is_resting(at)).count();
        let waits = process.main_thread().is_some_and(|main| time::busy(main) < AT_REST && matches!(main.wait, Wait::Futex(_)));
        // Machinery of languages that is not known by name looks like this too.
        let is_known = matches!(process.runtime, Runtime::Native | Runtime::Python | Runtime::Java);
        if resting < LIKE || resting + 1 < workers.len() || !waits || !is_known {
            return None;
        }
        let thread = scene.thread(*busy);
        let mut evidence = vec![format!(
            "{} uses {:.2} CPUs, and the {resting} other threads like it nothing: they wait for work, and the first thread for them",
            thread_name(process, thread),
            time::running(thread)
        )];
        evidence.extend(super::scene::place(thread).map(|place| format!("it is at {place}")));
        Some(Named::new(Cause::Straggler, vec![culprit(process, thread), Culprit::process(process.pid)], evidence))
    })
}

/// It makes less and less of each second of CPU.
pub(super) fn slowing(scene: &Scene<'_>) -> Option<Named> {
    let process = scene.evidence.members().max_by(|a, b| running_of(a).total_cmp(&running_of(b)))?;
    let rates = made_per_cpu(process)?;
    let third = rates.len() / 3;
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len().max(1) as f64;
    let (first, last) = (mean(&rates[..third]), mean(&rates[rates.len() - third..]));
    if first <= 0.0 || last > first * SLOWER || falling_pairs(&rates) < PAIRS {
        return None;
    }
    let evidence = vec![
        format!(
            "{} wrote {first:.0} bytes per second of CPU at first and {last:.0} at the end of {:.1} s, less in nearly every step between",
            name(process),
            scene.evidence.window
        ),
        format!("it uses {:.2} CPUs all the time", running_of(process)),
    ];
    Some(Named::new(Cause::SlowingDown, vec![Culprit::process(process.pid)], evidence))
}

/// Bytes written per second of CPU in parts of equal CPU time.
fn made_per_cpu(process: &Process) -> Option<Vec<f64>> {
    let cpu_at = |at: f64| -> f64 {
        let of_thread = |thread: &Thread| {
            thread
                .samples
                .iter()
                .rev()
                .find(|sample| sample.at <= at + 1e-6)
                .or(thread.samples.first())
                .map_or(0, |sample| sample.ran)
        };
        process.threads.iter().map(of_thread).fold(0, u64::saturating_add) as f64 / 1e9
    };
    let points: Vec<(f64, u64)> = process.io.iter().map(|&(at, io)| (cpu_at(at), io.written)).collect();
    let (first, last) = (points.first()?, points.last()?);
    let (cpu, made) = (last.0 - first.0, last.1.saturating_sub(first.1));
    if cpu < LEAST_CPU || made < LEAST_MADE || points.len() < PARTS {
        return None;
    }
    let made_at = |cpu: f64| {
        let after = points.iter().position(|point| point.0 >= cpu).unwrap_or(points.len() - 1).max(1);
        let (from, to) = (points[after - 1], points[after]);
        let share = if to.0 > from.0 { ((cpu - from.0) / (to.0 - from.0)).clamp(0.0, 1.0) } else { 1.0 };
        share.mul_add(to.1 as f64 - from.1 as f64, from.1 as f64)
    };
    let step = cpu / PARTS as f64;
    let edges: Vec<f64> = (0..=PARTS).map(|part| made_at((part as f64).mul_add(step, first.0))).collect();
    Some(edges.windows(2).map(|pair| (pair[1] - pair[0]) / step).collect())
}

fn falling_pairs(rates: &[f64]) -> f64 {
    let pairs = rates.len() * (rates.len() - 1) / 2;
    let falling: usize =
        (0..rates.len()).map(|n| rates[n + 1..].iter().filter(|&&later| later < rates[n]).count()).sum();
    falling as f64 / pairs.max(1) as f64
}

/// Its memory climbs, and goes on climbing.
pub(super) fn growth(scene: &Scene<'_>) -> Option<Named> {
    let grown = |process: &&Process| {
        let series = &process.resident;
        let (Some(&(_, first)), Some(&(_, last))) = (series.first(), series.last()) else { return false };
        let rise = last.saturating_sub(first);
        let middle = series[series.len() / 2].1;
        let rises = series.windows(2).filter(|pair| pair[1].1 > pair[0].1).count() as f64;
        series.len() > 4
            && rise >= GROWN
            && rise as f64 >= first as f64 * GROWN_SHARE
            && rises >= (series.len() - 1) as f64 * RISES
            && last.saturating_sub(middle) as f64 >= rise as f64 * SECOND_HALF
            // What holds what it reads, or a window over it that grows until it is full, will have it all at some time.
            && read(process) < rise / INPUT
    };
    let process = scene
        .evidence
        .members()
        .filter(grown)
        .max_by_key(|process| process.resident.last().map(|&(_, bytes)| bytes))?;
    let (from, to) = (process.resident.first()?.1, process.resident.last()?.1);
    let evidence = vec![
        format!(
            "{} held {} at first and {} {:.1} s later, more in nearly every look",
            name(process),
            Bytes(from),
            Bytes(to),
            scene.evidence.window
        ),
        format!("the machine has {} left", Bytes(scene.evidence.machine.available)),
    ];
    Some(Named::new(Cause::MemoryGrowth, vec![Culprit::process(process.pid)], evidence))
}

/// It burns CPU, and nothing comes of it that can be seen from outside.
pub(super) fn spinning(scene: &Scene<'_>) -> Option<Named> {
    let (at, why) = scene.threads().find_map(|at| {
        let (process, thread) = (scene.owner(at), scene.thread(at));
        if waits::is_housekeeping(process, thread) || written(process) > 0 {
            return None;
        }
        Some((at, loop_words(scene, process, thread)?))
    })?;
    let (process, thread) = (scene.owner(at), scene.thread(at));
    let busy = time::busy(thread);
    let mut evidence = vec![format!(
        "{} ran or was ready to for {:.0} % of {:.1} s{}",
        thread_name(process, thread),
        busy * 100.0,
        scene.evidence.window,
        // What it wrote is not shown for another user's process.
        if process.io.len() > 1 { ", and its process wrote nothing" } else { "" }
    )];
    evidence.push(why);
    evidence.extend(place(thread).map(|place| format!("it is at {place}")));
    let mut culprits = vec![culprit(process, thread), Culprit::process(process.pid)];
    culprits.extend(
        scene
            .evidence
            .calls
            .iter()
            .find(|call| call.tid == thread.tid)
            .and_then(|call| call.path.clone())
            .map(Culprit::thing),
    );
    Some(Named::new(Cause::BusyLoop, culprits, evidence).from(at))
}

/// Whether the places that were seen more than once were seen with the same registers each time. Measured: a spin on a flag
/// finds others in 0 of 178 repeats in C, 0 of 155 in Python, 0 of 177 in Node and 0 of 289 in Perl; a sum, a generator of
/// numbers or a compressor in 90 to 100 of 100, what makes objects in 60 to 80; a loop that looks for a file in Python in 30.
fn circles(spots: Spots) -> Option<String> {
    let all = spots.samples.saturating_add(spots.in_kernel);
    let repeats = spots.samples.saturating_sub(spots.addresses);
    let changes = f64::from(spots.registers.saturating_sub(spots.addresses)) / f64::from(repeats.max(1));
    let asks = f64::from(spots.in_kernel) >= ASKING * f64::from(all);
    if f64::from(spots.atomic) >= CONTENDED * f64::from(all) && all >= SPOTS && spots.addresses <= FEW_PLACES
    {
        return Some(format!(
            "{} of {all} samples met it at an atomic operation: it fights for a word in memory, and gets no further than {} places of its program",
            spots.atomic, spots.addresses
        ));
    }
    let is_circle = !spots.computes && changes <= CHANGES || asks && changes <= CHANGES_ASKING;
    if all < SPOTS || repeats < REPEATS || !is_circle {
        return None;
    }
    let kernel = if asks {
        format!(", and {} of {all} samples met it in a system call", spots.in_kernel)
    } else {
        String::new()
    };
    Some(format!(
        "it goes round {} places of its program, and its registers are the same each time{kernel}",
        spots.addresses
    ))
}

/// What says that a busy thread goes round in circles.
fn loop_words(scene: &Scene<'_>, process: &Process, thread: &Thread) -> Option<String> {
    let failing =
        scene.evidence.calls.iter().filter(|call| call.tid == thread.tid).max_by_key(|call| call.times);
    let failing = failing.filter(|call| super::retries::is_most_of_it(call));
    if let Some(call) = failing.filter(|call| f64::from(call.times) / call.seconds.max(0.1) > 50.0) {
        let path = call.path.as_ref().map(|path| format!(" on {path}")).unwrap_or_default();
        return Some(format!(
            "{}{path} failed with {} {} times in {:.1} s",
            call.call, call.error, call.times, call.seconds
        ));
    }
    if time::busy(thread) < BUSY {
        return None;
    }
    let grows = process
        .resident
        .first()
        .zip(process.resident.last())
        .is_some_and(|(first, last)| last.1.saturating_sub(first.1) > 1 << 20);
    if grows || read(process) > 0 {
        return None;
    }
    if let Some(words) = thread.spots.and_then(circles) {
        return Some(words);
    }
    let lines: HashSet<&str> = thread.lines.iter().map(|(line, _)| line.as_str()).collect();
    let looks = thread.lines.iter().fold(0_u32, |all, (_, times)| all.saturating_add(*times));
    let is_sampled = thread.spots.is_some_and(|spots| spots.samples >= SPOTS);
    if !is_sampled && looks >= LOOKS && lines.len() <= FEW_LINES && process.runtime == Runtime::Python {
        return Some(format!(
            "{looks} looks saw it at {} lines: {}",
            lines.len(),
            lines.into_iter().collect::<Vec<_>>().join(", ")
        ));
    }
    let serves = process.descriptors.iter().any(|descriptor| match descriptor.target {
        Target::Socket { inode } => scene.socket(inode).is_some_and(|socket| socket.state == "listen"),
        _ => false,
    });
    let never_waits = thread.samples.iter().all(|sample| sample.call.is_none_or(|call| call < 0))
        && time::yields(thread) < 1.0;
    if serves && never_waits && thread.tid == process.pid {
        return Some(
            "it listens for clients, and did not come back to its event loop all the time".to_owned(),
        );
    }
    None
}
