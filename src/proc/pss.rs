//! Whose share of memory is read next, at what cost, and what it is taken for until then: pure.
//!
//! Reading `/proc/PID/smaps_rollup` walks all page tables of a process: 16 ms of CPU for each GiB, and for that long
//! its own mmap(2) and munmap(2) wait. So it is done on a budget, in turn, and only where something changed; what was
//! not read is carried on from the last reading by what `/proc/PID/stat` tells for nothing.
//!
//! A pool that is forked shares the memory of its parent, so that the share of each of them changes when one more is
//! born. Members that run the same command line are called kin here; what a member shares, it shares with them.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::parse::Rollup;
use crate::model::clock::Moment;
use crate::model::member::MemoryParts;
use crate::model::metric::Bytes;

/// CPU time that may be spent on shares: one percent of a core.
const SHARE_OF_A_CORE: f64 = 0.01;
/// The same where CPUs are scarce.
const SHARE_UNDER_PRESSURE: f64 = 0.002;
/// What may be saved up and then spent in one round. One read may cost more; it is paid back before the next one.
const MOST: Duration = Duration::from_millis(10);
/// A share is read again after this time at the soonest, where it changed notably.
const SOONEST: Duration = Duration::from_secs(5);
/// A share that changed at all is read again after this time.
const LATEST: Duration = Duration::from_mins(1);
/// From this size on a process is spared: it waits for 32 ms and more in each read.
const LARGE: u64 = 2 << 30;
/// A process of [`LARGE`] size is read again after this time at the soonest, one of twice the size after twice as long.
const SOONEST_LARGE: Duration = Duration::from_secs(30);
/// Above this a read would take more than a second: it is never done.
const TOO_LARGE: u64 = 64 << 30;
/// The CPU pressure from which on a reader is likely to be preempted while it holds the lock of another one: 1.3 to
/// 1.9 s were seen on a machine with a load of 15 on two CPUs.
const PRESSED: f64 = 0.6;
/// What is read as usual all the same then: 4 ms, about a time slice.
const SMALL: u64 = 256 << 20;
/// And how long what is neither small nor large has to wait then. A pool with more workers than CPUs is always
/// under pressure, and must not stay an estimate for ever.
const RARELY: Duration = Duration::from_mins(5);
/// A change by this share is worth a read, and makes a figure an estimate.
const NOTABLE: f64 = 0.01;
/// A change of the number of kin by this share is worth a read at once.
const NOTABLE_KIN: f64 = 0.1;
/// Where the job has a control group of its own, the parts only explain an exact figure: they may be old.
const PATIENCE_WITH_EXACT: u32 = 12;

/// CPU time set aside for reading shares, for all jobs together.
#[derive(Debug, Clone, Copy, Default)]
pub struct Budget {
    /// In microseconds; below zero after a read that cost more than there was.
    left: i64,
    filled: Option<Moment>,
    jobs: u32,
    /// CPUs were scarce in the last round.
    is_scarce: bool,
}

impl Budget {
    /// Begins a round of so many jobs.
    pub fn refill(&mut self, now: Moment, jobs: usize) {
        self.jobs = jobs.max(1) as u32;
        let share = if self.is_scarce { SHARE_UNDER_PRESSURE } else { SHARE_OF_A_CORE };
        let most = MOST.as_micros() as i64;
        self.left = match self.filled {
            None => most,
            Some(then) => self.left + (now.since(then).as_micros() as f64 * share) as i64,
        };
        self.left = self.left.min(most);
        self.filled = Some(now);
    }

    /// What must be left when one job has had its part of it.
    fn floor(&self) -> i64 {
        self.left.max(0) - self.left.max(0) / i64::from(self.jobs.max(1))
    }

    /// Takes out what a read has cost.
    pub fn spend(&mut self, cost: Duration) {
        self.left = self.left.saturating_sub(cost.as_micros() as i64);
    }
}

/// What a round tells of a member for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sight {
    /// Its PID.
    pub pid: u32,
    /// Its start, which makes the PID an identity.
    pub start: u64,
    /// The PID of its parent.
    pub parent: u32,
    /// Equal for members with the same command line.
    pub family: u64,
    /// Resident bytes.
    pub rss: u64,
    /// Page faults since its start that needed no disk.
    pub faults: u64,
}

/// One reading of a rollup, and what was seen of the member then.
#[derive(Debug, Clone, Copy)]
struct Taken {
    rollup: Rollup,
    rss: u64,
    faults: u64,
    kin: u32,
    at: Moment,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    sight: Sight,
    kin: u32,
    taken: Option<Taken>,
    is_denied: bool,
    /// The round in which it was last seen.
    seen: u64,
}

/// What is known of the shares of one job's members.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: BTreeMap<u32, Entry>,
    page: u64,
    round: u64,
}

impl Ledger {
    /// Takes in what a round saw: who is there, and how large. `page` is the size of one in bytes.
    pub fn see(&mut self, sights: impl Iterator<Item = Sight>, page: u64) {
        self.page = page;
        self.round += 1;
        let round = self.round;
        let mut kin: HashMap<u64, u32> = HashMap::new();
        for sight in sights {
            *kin.entry(sight.family).or_default() += 1;
            let fresh = Entry { sight, kin: 1, taken: None, is_denied: false, seen: round };
            let entry = self.entries.entry(sight.pid).or_insert(fresh);
            let known = if entry.sight.start == sight.start { *entry } else { fresh };
            *entry = Entry { sight, seen: round, ..known };
        }
        self.entries.retain(|_, entry| entry.seen == round);
        for entry in self.entries.values_mut() {
            entry.kin = kin.get(&entry.sight.family).copied().unwrap_or(1);
        }
    }

    /// Who is to be read now, the most urgent first. Where the sum is known from elsewhere, readings may be older.
    pub fn due(&self, now: Moment, cpu_pressure: Option<f64>, is_sum_known: bool) -> Vec<u32> {
        let is_pressed = is_pressed(cpu_pressure);
        let patience = if is_sum_known { PATIENCE_WITH_EXACT } else { 1 };
        let mut due: Vec<_> = self
            .entries
            .values()
            .filter(|entry| !is_pressed || entry.is_bearable(now))
            .filter_map(|entry| Some((entry.urgency(now, self.page, patience)?, entry.sight.pid)))
            .collect();
        due.sort_unstable();
        due.into_iter().map(|(_, pid)| pid).collect()
    }

    /// Notes what was read of a member; `None` where that is not permitted, or not known to this kernel.
    pub fn note(&mut self, pid: u32, rollup: Option<Rollup>, now: Moment) {
        if let Some(entry) = self.entries.get_mut(&pid) {
            let Sight { rss, faults, .. } = entry.sight;
            entry.is_denied = rollup.is_none();
            entry.taken = rollup.map(|rollup| Taken { rollup, rss, faults, kin: entry.kin, at: now });
        }
    }

    /// A member's parts now: as they were read, carried on, or guessed from its parent's.
    pub fn parts(&self, pid: u32) -> Option<MemoryParts> {
        let entry = self.entries.get(&pid).filter(|entry| !entry.is_denied)?;
        match &entry.taken {
            Some(taken) => Some(carried(taken, entry, self.page)),
            None => guessed(entry, self.entries.get(&entry.sight.parent)?, self.page),
        }
    }
}

/// How urgent a read is: the lowest first. Who was never read comes first, and with it whoever has more or fewer kin
/// than it had, the oldest first, so that a parent is read before those that it has forked.
type Urgency = (bool, bool, u64);

impl Entry {
    fn urgency(&self, now: Moment, page: u64, patience: u32) -> Option<Urgency> {
        let Sight { rss, start, .. } = self.sight;
        if self.is_denied || rss == 0 || rss > TOO_LARGE {
            return None;
        }
        let first = Some((false, rss > LARGE, start));
        let Some(taken) = &self.taken else { return first };
        let age = now.since(taken.at);
        let drift = self.drift(taken, page);
        if changed(taken.kin.into(), self.kin.into()) >= NOTABLE_KIN && rss <= LARGE && patience == 1 {
            return first;
        }
        let soonest = soonest(rss) * patience;
        let is_due =
            drift >= NOTABLE && age >= soonest || drift > 0.0 && age >= soonest.max(LATEST * patience);
        is_due.then_some((true, rss > LARGE, taken.at.millis()))
    }

    /// Whether a read may be risked that is likely to be interrupted.
    fn is_bearable(&self, now: Moment) -> bool {
        let rss = self.sight.rss;
        rss <= SMALL || rss <= LARGE && self.taken.is_none_or(|taken| now.since(taken.at) >= RARELY)
    }

    /// By what share it changed since it was read. A page that it wrote to and no longer shares shows in no size, but
    /// it was a fault.
    fn drift(&self, taken: &Taken, page: u64) -> f64 {
        let faulted = self.sight.faults.saturating_sub(taken.faults).saturating_mul(page);
        let size = changed(taken.rss, self.sight.rss);
        let kin = changed(taken.kin.into(), self.kin.into());
        size.max(kin).max(faulted as f64 / taken.rss.max(1) as f64)
    }
}

fn is_pressed(cpu_pressure: Option<f64>) -> bool {
    cpu_pressure.is_some_and(|some| some >= PRESSED)
}

fn changed(then: u64, now: u64) -> f64 {
    now.abs_diff(then) as f64 / then.max(1) as f64
}

fn soonest(rss: u64) -> Duration {
    if rss < LARGE { SOONEST } else { SOONEST_LARGE.mul_f64(rss as f64 / LARGE as f64) }
}

/// What was read, carried on. What it grew by is its own; what it gave back is of both kinds; what it shares is
/// divided among as many kin as there are now.
fn carried(taken: &Taken, entry: &Entry, page: u64) -> MemoryParts {
    let Rollup { pss, private, swap } = taken.rollup;
    let rss = entry.sight.rss;
    let is_estimated = entry.drift(taken, page) >= NOTABLE;
    let left = if rss < taken.rss { rss as f64 / taken.rss as f64 } else { 1.0 };
    let kin = f64::from(taken.kin) / f64::from(entry.kin.max(1));
    let own = ((private as f64 * left) as u64).saturating_add(rss.saturating_sub(taken.rss));
    let common = (pss.saturating_sub(private) as f64 * left * kin) as u64;
    // Sizes in stat may lag behind by some pages on each CPU: what was just read is not corrected by them.
    let most = if is_estimated { rss } else { rss.max(pss) };
    let pss = own.saturating_add(common).min(most);
    let private = own.min(pss);
    let shared = Bytes(rss.saturating_sub(private));
    MemoryParts { pss: Bytes(pss), private: Bytes(private), shared, swap: Bytes(swap), is_estimated }
}

/// What a forked child that was never read is likely to have: of its own what it has faulted in since, and of the rest
/// as much as its parent, if that was read after the birth. Before, the parent's own figure holds all of it.
///
/// `None` for who runs another program than its parent: it has to be counted in full.
fn guessed(entry: &Entry, parent: &Entry, page: u64) -> Option<MemoryParts> {
    if parent.is_denied || parent.sight.family != entry.sight.family {
        return None;
    }
    let rss = entry.sight.rss;
    let faulted = entry.sight.faults.saturating_mul(page);
    let own = faulted.max(rss.saturating_sub(parent.sight.rss)).min(rss);
    let common = parent.taken.filter(|taken| taken.kin == entry.kin).map_or(0, |taken| {
        let Rollup { pss, private, .. } = taken.rollup;
        pss.saturating_sub(private)
    });
    let pss = own.saturating_add(common).min(rss);
    let shared = Bytes(rss.saturating_sub(own));
    Some(MemoryParts { pss: Bytes(pss), private: Bytes(own), shared, swap: Bytes(0), is_estimated: true })
}

/// Reads members in turn for as long as the budget allows: `read` answers for a PID with what it found and what it has
/// cost.
pub fn spend(
    ledger: &mut Ledger,
    budget: &mut Budget,
    now: Moment,
    cpu_pressure: Option<f64>,
    is_sum_known: bool,
    mut read: impl FnMut(u32) -> (Option<Rollup>, Duration),
) {
    budget.is_scarce = is_pressed(cpu_pressure);
    let floor = budget.floor();
    for pid in ledger.due(now, cpu_pressure, is_sum_known) {
        if budget.left <= floor {
            break;
        }
        let (rollup, cost) = read(pid);
        budget.spend(cost);
        ledger.note(pid, rollup, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;
    const PAGE: u64 = 4_096;

    fn sight(pid: u32, rss: u64) -> Sight {
        Sight { pid, start: pid.into(), parent: 10, family: 7, rss: rss * MIB, faults: 0 }
    }

    fn at(second: u64) -> Moment {
        Moment::from_millis(second * 1_000)
    }

    fn rollup(pss: u64, private: u64) -> Rollup {
        Rollup { pss: pss * MIB, private: private * MIB, swap: 0 }
    }

    /// A ledger of these members, all of them just read.
    fn read_in_full(sights: &[Sight], rollup: Rollup) -> Ledger {
        let mut ledger = Ledger::default();
        ledger.see(sights.iter().copied(), PAGE);
        for sight in sights {
            ledger.note(sight.pid, Some(rollup), at(0));
        }
        ledger
    }

    #[test]
    fn a_share_is_carried_on_by_what_changed() {
        // Seen now: resident, faults, kin; told: proportional, private, estimated.
        let cases = [
            ("as it was read", (100, 0, 2), (40, 20, false)),
            ("hardly more", (100, 2, 2), (40, 20, false)),
            ("what it grew by is its own", (150, 0, 2), (90, 70, true)),
            ("half given back is half of both", (50, 0, 2), (20, 10, true)),
            ("written to, and nothing grew", (100, 5_000, 2), (40, 20, true)),
            ("twice the kin share", (100, 0, 4), (30, 20, true)),
            ("left alone with it all", (100, 0, 1), (60, 20, true)),
            ("never more than is resident", (25, 0, 1), (15, 5, true)),
            ("all given back", (0, 0, 2), (0, 0, true)),
        ];
        for (what, (rss, faults, kin), (pss, private, is_estimated)) in cases {
            let mut ledger = read_in_full(&[sight(11, 100), sight(12, 100)], rollup(40, 20));
            let changed = Sight { faults, ..sight(11, rss) };
            let others = (12..12 + kin - 1).map(|pid| sight(pid, 100));
            ledger.see(std::iter::once(changed).chain(others), PAGE);
            let parts = ledger.parts(11).expect("it was read");
            let told = (parts.pss.0 / MIB, parts.private.0 / MIB, parts.is_estimated);
            assert_eq!(told, (pss, private, is_estimated), "{what}");
        }
    }

    #[test]
    fn a_pool_that_was_just_forked_is_not_counted_once_for_each() {
        let parent = Sight { parent: 1, ..sight(10, 270) };
        let child = |pid| Sight { faults: 256, ..sight(pid, 268) };
        let all: Vec<_> = std::iter::once(parent).chain((11..19).map(child)).collect();
        let sum = |ledger: &Ledger| {
            (10..19).filter_map(|pid| ledger.parts(pid)).map(|p| p.pss.0 / MIB).sum::<u64>()
        };
        // The parent was read before the fork, and its figure holds everything.
        let mut ledger = read_in_full(&[parent], rollup(262, 260));
        ledger.see(all.iter().copied(), PAGE);
        assert_eq!(
            (sum(&ledger), ledger.due(at(1), None, false)[0]),
            (260 + 8, 10),
            "a MiB each; parent first"
        );
        // Now it is read again: it shares with eight, and each has as much of that as it has.
        ledger.note(10, Some(rollup(29, 0)), at(1));
        assert_eq!(sum(&ledger), 9 * 29 + 8);
        for pid in 11..19 {
            ledger.note(pid, Some(rollup(30, 1)), at(2));
        }
        assert_eq!(sum(&ledger), 29 + 8 * 30);
        // All children are gone: what was shared is the parent's alone again.
        ledger.see(std::iter::once(parent), PAGE);
        assert_eq!(sum(&ledger), 29 * 9);
    }

    #[test]
    fn who_runs_another_program_or_may_not_be_read_is_not_guessed() {
        let parent = Sight { parent: 1, ..sight(10, 270) };
        let stranger = Sight { family: 8, ..sight(11, 50) };
        let mut ledger = read_in_full(&[parent], rollup(262, 260));
        ledger.see([parent, stranger, sight(12, 20)].into_iter(), PAGE);
        assert_eq!(ledger.parts(11), None);
        assert!(ledger.parts(12).is_some());
        ledger.note(10, None, at(1));
        assert_eq!((ledger.parts(10), ledger.parts(12)), (None, None));
        assert_eq!(ledger.due(at(90), None, false), [11, 12], "a refusal is not asked for again");
        let reused = Sight { start: 99, ..sight(12, 5) };
        ledger.note(12, Some(rollup(1, 1)), at(90));
        ledger.see([parent, reused].into_iter(), PAGE);
        assert!(ledger.entries[&12].taken.is_none(), "a PID is no identity");
    }

    #[test]
    fn a_read_is_due_when_something_changed_and_its_time_has_come() {
        let gib = |n: u64| n * 1_024;
        // Resident when read and now, faults since, seconds since, CPU pressure, the sum is known; due?
        let cases = [
            ("nothing changed", (100, 100, 0, 3_600, None, false), false),
            ("too soon", (100, 200, 0, 4, None, false), false),
            ("grown", (100, 102, 0, 5, None, false), true),
            ("written to", (100, 100, 300, 5, None, false), true),
            ("hardly changed", (100, 100, 3, 59, None, false), false),
            ("hardly changed, long ago", (100, 100, 3, 60, None, false), true),
            ("large", (gib(4), gib(5), 0, 60, None, false), false),
            ("large, long ago", (gib(4), gib(5), 0, 75, None, false), true),
            ("too large", (gib(64), gib(65), 0, 36_000, None, false), false),
            ("CPUs are scarce", (200, 300, 0, 60, Some(0.7), false), false),
            ("CPUs are scarce for long", (200, 300, 0, 300, Some(0.7), false), true),
            ("CPUs are scarce, and it is large", (gib(4), gib(5), 0, 36_000, Some(0.7), false), false),
            ("CPUs are scarce, and it is small", (30, 60, 0, 60, Some(0.7), false), true),
            ("CPUs are busy", (200, 300, 0, 60, Some(0.5), false), true),
            ("the sum is exact", (100, 200, 0, 59, None, true), false),
            ("the sum is exact, long ago", (100, 200, 0, 60, None, true), true),
        ];
        for (what, (then, now, faults, age, pressure, is_sum_known), is_due) in cases {
            let mut ledger = read_in_full(&[sight(11, then)], rollup(then, then));
            ledger.see(std::iter::once(Sight { faults, ..sight(11, now) }), PAGE);
            assert_eq!(!ledger.due(at(age), pressure, is_sum_known).is_empty(), is_due, "{what}");
        }
    }

    /// Runs rounds one second apart in which every member changes; gives the reads of each member and the time spent.
    fn spent_over(
        members: u32,
        rss: u64,
        cost: Duration,
        rounds: u64,
        pressure: Option<f64>,
    ) -> (Vec<u32>, Duration) {
        let (mut ledger, mut budget) = (Ledger::default(), Budget::default());
        let (mut reads, mut spent) = (vec![0; members as usize], Duration::ZERO);
        for second in 0..rounds {
            budget.refill(at(second), 1);
            let sights = (0..members).map(|pid| Sight { faults: second * 1_000_000, ..sight(pid + 1, rss) });
            ledger.see(sights, PAGE);
            spend(&mut ledger, &mut budget, at(second), pressure, false, |pid| {
                reads[pid as usize - 1] += 1;
                spent += cost;
                (Some(rollup(rss, rss)), cost)
            });
        }
        (reads, spent)
    }

    #[test]
    fn over_time_no_more_than_the_budget_is_spent_and_everybody_has_a_turn() {
        let us = Duration::from_micros;
        // Members, MiB of each, cost of a read; at least so many reads of each in five minutes.
        let cases = [
            (400, 1, us(250), 28),
            (100, 1, us(50), 55),
            (16, 1_024, us(16_000), 11),
            (9, 256, us(4_000), 50),
            (1, 20 * 1_024, us(320_000), 1),
        ];
        for (members, rss, cost, at_least) in cases {
            let (reads, spent) = spent_over(members, rss, cost, 300, None);
            let allowed = Duration::from_secs(3) + MOST + cost;
            assert!(spent <= allowed, "{members} of {rss} MiB: {spent:?}");
            let (least, most) = (reads.iter().min().copied(), reads.iter().max().copied());
            assert!(least >= Some(at_least), "{members} of {rss} MiB: {least:?} to {most:?}");
            assert!(most.zip(least).is_some_and(|(most, least)| most <= least + 1), "in turn");
        }
    }

    #[test]
    fn under_pressure_a_fifth_is_spent() {
        let (_, spent) = spent_over(100, 1, Duration::from_micros(500), 300, Some(0.9));
        assert!(spent <= Duration::from_millis(700), "{spent:?}");
        assert!(spent >= Duration::from_millis(500), "{spent:?}");
    }

    #[test]
    fn one_job_leaves_the_others_their_part() {
        let mut budget = Budget::default();
        budget.refill(at(1), 4);
        let mut ledger = Ledger::default();
        ledger.see((1..100).map(|pid| sight(pid, 1)), PAGE);
        let mut reads = 0;
        spend(&mut ledger, &mut budget, at(1), None, false, |_| {
            reads += 1;
            (Some(rollup(1, 1)), Duration::from_micros(100))
        });
        assert_eq!(reads, 25, "a quarter of ten milliseconds");
    }

    proptest::proptest! {
        #[test]
        fn a_share_is_never_more_than_what_is_resident(
            rss_then in 0..u64::MAX, rss: u64, pss: u64, private: u64, faults: u64, kin in 1..100_u32,
        ) {
            let taken = Taken { rollup: Rollup { pss, private, swap: 0 }, rss: rss_then, faults: 0, kin: 3, at: at(0) };
            let sight = Sight { rss, faults, ..sight(1, 0) };
            let entry = Entry { sight, kin, taken: Some(taken), is_denied: false, seen: 1 };
            let parts = carried(&taken, &entry, PAGE);
            assert!(parts.private <= parts.pss && parts.pss.0 <= rss.max(pss));
            assert!(parts.private.0.max(parts.shared.0) <= rss.max(pss));
            let parent = Entry { sight: Sight { rss: rss_then, ..sight }, ..entry };
            let parts = guessed(&entry, &parent, PAGE).expect("the same family");
            assert!(parts.private <= parts.pss && parts.pss.0 <= rss);
        }
    }
}
