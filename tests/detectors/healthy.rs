//! An hour of healthy jobs, in which nobody may be accused of anything.

use telltales::config::limits::Limits;

use crate::sim::{Dice, EPOLL, PIPE, QUEUE, Sim, TIMER, watch};

const HOUR: u64 = 3_600;
const GIB: f64 = (1_u64 << 30) as f64;

/// A batch that computes: eight workers, tasks of two seconds.
pub(crate) fn cpu_batch(sim: &mut Sim) {
    sim.pool(1.0, |dice| dice.exponential(2.0));
    sim.draws_bar();
}

/// A batch that reads: little CPU, much from the disk, tasks of five seconds.
pub(crate) fn io_batch(sim: &mut Sim) {
    let finished = sim.pool(0.05, |dice| dice.lognormal(4.0, 0.8));
    for index in 1..sim.procs.len() {
        let rate = sim.dice.unit() * 60e6;
        let proc = &mut sim.procs[index];
        proc.read += rate;
        (proc.state, proc.waits) = (telltales::model::process::ProcState::DiskSleep, Some("disk I/O"));
    }
    if finished > 0 {
        sim.draws_bar();
    }
}

/// A server: requests at random, and none at all for half of the time.
fn idle_server(sim: &mut Sim) {
    let is_night = (1_200..3_000).contains(&sim.second);
    for index in 1..sim.procs.len() {
        let asked = !is_night && sim.dice.unit() < 0.2;
        let proc = &mut sim.procs[index];
        if asked {
            proc.works(0.1);
        } else {
            proc.rests(EPOLL);
        }
        if asked {
            sim.says("GET /orders 200");
        }
    }
    sim.procs[0].rests(EPOLL);
}

/// A server whose workers get their requests unevenly: the last one next to never.
fn uneven_server(sim: &mut Sim) {
    sim.procs[0].rests(EPOLL);
    for index in 1..sim.procs.len() {
        let asked = sim.dice.unit() < 0.5 * 0.05_f64.powi(index as i32 - 1);
        let proc = &mut sim.procs[index];
        if asked {
            proc.works(0.2);
        } else {
            proc.rests(EPOLL);
        }
        if asked {
            sim.says("GET /orders 200");
        }
    }
}

/// Works for ten seconds every five minutes, and says so.
fn timer(sim: &mut Sim) {
    sim.procs[0].rests(TIMER);
    if sim.second % 300 < 10 {
        sim.procs[0].works(0.6);
        sim.says("fetched a page");
    }
}

/// The same with a bar that runs through each time.
fn counting_timer(sim: &mut Sim) {
    sim.procs[0].rests(TIMER);
    if sim.second % 300 < 10 {
        sim.procs[0].works(0.6);
        (sim.done, sim.total) = (sim.second % 300 + 1, Some(10));
        sim.draws_bar();
    }
}

/// Loads for three minutes, and then works.
fn slow_start(sim: &mut Sim) {
    match sim.second {
        0 => {
            sim.says("loading the model");
            sim.draws_bar();
        }
        1..180 => {
            sim.procs[0].works(0.9);
            sim.procs[0].read += 80e6;
        }
        _ => cpu_batch(sim),
    }
}

/// A saw of memory below its target, and pauses of eight seconds in which nothing comes.
fn collector(sim: &mut Sim) {
    sim.memory = Some(((1.5 + (sim.second % 45) as f64 / 45.0) * GIB, 4.0 * GIB));
    if sim.second % 180 < 172 {
        cpu_batch(sim);
    } else {
        sim.workers().iter_mut().for_each(|proc| proc.works(1.0));
    }
}

/// Tasks of which one in some hundred takes a hundred times as long as most.
fn uneven(sim: &mut Sim) {
    sim.pool(1.0, |dice| dice.pareto(0.3, 1.1));
    sim.draws_bar();
}

/// Others of the kind, and each waits on the network without using anything.
fn uneven_waits(sim: &mut Sim) {
    sim.pool(0.01, |dice| dice.lognormal(1.0, 2.0).min(100.0));
    for proc in sim.workers().iter_mut().filter(|proc| proc.task.is_some()) {
        proc.rests("data from a TCP socket");
    }
    sim.draws_bar();
}

/// Many lines and no counter, with breaks now and then.
fn chatty(sim: &mut Sim) {
    sim.pool(0.9, |dice| dice.exponential(1.0));
    if sim.second % 400 < 340 {
        for _ in 0..(sim.dice.unit() * 5.0) as u32 {
            sim.says("merged a part");
        }
    }
}

/// One line at the start, and then CPU.
fn silent(sim: &mut Sim) {
    if sim.second == 0 {
        sim.says("go");
    }
    sim.workers().iter_mut().for_each(|proc| proc.works(0.98));
}

/// Phase after phase, each with a counter of its own, tasks of its own and a merge in between that tells nothing.
fn phases(sim: &mut Sim) {
    let (phase, second) = (sim.second / 600, sim.second % 600);
    if second == 0 {
        (sim.done, sim.total) = (0, Some(100 * (phase + 1)));
        sim.workers().iter_mut().for_each(|proc| proc.task = None);
    }
    if second >= 560 || sim.total.is_some_and(|total| sim.done >= total) {
        sim.procs[0].works(0.7);
        sim.workers().iter_mut().for_each(|proc| proc.rests(QUEUE));
        return;
    }
    let takes: fn(&mut Dice) -> f64 =
        if phase % 2 == 0 { |dice| dice.exponential(1.0) } else { |dice| dice.lognormal(12.0, 0.4) };
    sim.pool(1.0, takes);
    sim.draws_bar();
}

/// An epoch every five minutes, of twelve.
pub(crate) fn epochs(sim: &mut Sim) {
    sim.procs[0].works(0.4);
    if sim.second > 0 && sim.second.is_multiple_of(300) {
        sim.done += 1;
        sim.draws_bar();
    }
}

/// A job that is over after forty minutes, with all done.
fn ends_well(sim: &mut Sim) {
    sim.pool(1.0, |dice| dice.exponential(4.0));
    sim.draws_bar();
    if sim.total.is_some_and(|total| sim.done >= total) {
        sim.ended = Some(telltales::model::process::Exit::Code(0));
    }
}

/// Work in even shares: who is through early waits for the others.
fn shares(sim: &mut Sim) {
    let second = sim.second;
    let mut finished = 0;
    for (index, proc) in sim.workers().iter_mut().enumerate() {
        if second < 3_000 + index as u64 * 60 {
            proc.works(1.0);
            finished += u64::from((second + index as u64).is_multiple_of(5));
        } else {
            proc.rests(if index == 0 { PIPE } else { QUEUE });
        }
    }
    sim.done += finished;
    sim.draws_bar();
    if second == 3_310 {
        sim.ended = Some(telltales::model::process::Exit::Code(0));
    }
}

/// All of them; `seed` decides what chance does.
pub(crate) fn all(seed: u64) -> Vec<Sim> {
    vec![
        Sim::new("CPU-bound batch", seed, 8, cpu_batch).of(1_000_000),
        Sim::new("I/O-bound batch", seed + 1, 4, io_batch).of(1_000_000),
        Sim::new("idle server", seed + 2, 4, idle_server),
        Sim::new("uneven server", seed + 3, 4, uneven_server),
        Sim::new("timer job", seed + 4, 0, timer),
        Sim::new("timer job with a bar", seed + 5, 0, counting_timer),
        Sim::new("slow start-up", seed + 6, 8, slow_start).of(1_000_000),
        Sim::new("collector's saw", seed + 7, 8, collector).of(1_000_000),
        Sim::new("uneven tasks", seed + 8, 4, uneven).of(1_000_000),
        Sim::new("uneven tasks that wait", seed + 9, 4, uneven_waits).of(1_000_000),
        Sim::new("chatty log", seed + 10, 4, chatty),
        Sim::new("silent log, busy workers", seed + 11, 4, silent),
        Sim::new("phases", seed + 12, 4, phases),
        Sim::new("epochs", seed + 13, 0, epochs).of(100),
        Sim::new("a job that ends well", seed + 14, 8, ends_well).of(4_800),
        Sim::new("work in even shares", seed + 15, 6, shares).of(3_770),
    ]
}

#[test]
fn an_hour_of_healthy_jobs_raises_no_alert() {
    // Another hour, drawn from other numbers: TELLTALE_SEED=7.
    let seed = std::env::var("TELLTALE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let jobs = all(seed);
    let count = jobs.len();
    let (told, _) = watch(jobs, &Limits::default(), HOUR);
    println!("false alerts in an hour of {count} healthy jobs: {}", told.len());
    let words: Vec<_> = told
        .iter()
        .map(|told| {
            let claim = &told.alert.claim;
            format!("{} at {}s: {} ({:?})", told.alert.job, told.second, claim.headline, claim.evidence)
        })
        .collect();
    assert!(words.is_empty(), "{}", words.join("\n"));
}
