//! What one control group says of itself at one time, and what came to pass between two times: pure.
//!
//! Files of both versions are told apart by their names, so that a hierarchy of either kind is read alike; most of them
//! are missing in most groups. That a group is frozen is read from what follows from it, never from the file that does it.

use crate::model::evidence::Group;
use crate::proc::cgroup::limit;

/// The file in which version 1 counts the killed, after a switch that it holds too.
const KILLS: &str = "memory.oom_control";

/// The counters and limits of a group at one time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Counts {
    frozen: Option<bool>,
    quota: Option<f64>,
    throttled: Option<f64>,
    periods: Option<(u64, u64)>,
    tasks: Option<(u64, u64)>,
    refused: Option<u64>,
    memory: Option<(u64, u64)>,
    met: Option<u64>,
    refaults: Option<u64>,
    major_faults: Option<u64>,
    kills: Option<u64>,
}

impl Counts {
    /// Takes them out of the group's files; `text` gives the text of one, where there is one.
    pub fn of(mut text: impl FnMut(&str) -> Option<String>) -> Self {
        let mut read = |name: &str| text(name);
        let mut counts = Self::default();
        let flag = |text: Option<String>| text.map(|text| text.trim() == "1");
        let frozen = [
            read("cgroup.events").and_then(|text| field(&text, "frozen")).map(|frozen| frozen == 1),
            flag(read("freezer.self_freezing")),
            flag(read("freezer.parent_freezing")),
        ];
        counts.frozen = frozen.into_iter().flatten().reduce(|one, other| one || other);
        counts.quota = read("cpu.max").and_then(|text| quota(&text)).or_else(|| {
            let quota_of =
                format!("{} {}", read("cpu.cfs_quota_us")?.trim(), read("cpu.cfs_period_us")?.trim());
            quota(&quota_of)
        });
        if let Some(stat) = read("cpu.stat") {
            let micros = field(&stat, "throttled_usec").map(|micros| micros as f64 / 1e6);
            counts.throttled =
                micros.or_else(|| field(&stat, "throttled_time").map(|nanos| nanos as f64 / 1e9));
            counts.periods = field(&stat, "nr_periods").zip(field(&stat, "nr_throttled"));
        }
        let number = |text: Option<String>| text.and_then(|text| text.trim().parse::<u64>().ok());
        counts.tasks = number(read("pids.current")).zip(number(read("pids.max")));
        counts.refused = read("pids.events").and_then(|text| field(&text, "max"));
        let used = number(read("memory.current")).or_else(|| number(read("memory.usage_in_bytes")));
        // Above `high` the kernel takes pages away and slows the group down: it binds as the limit does.
        let limits = ["memory.max", "memory.high", "memory.limit_in_bytes"];
        let tightest = limits.into_iter().filter_map(|name| limit(&read(name)?)).min();
        counts.memory = used.zip(tightest);
        let events = read("memory.events");
        let event = |name| events.as_deref().and_then(|text| field(text, name));
        let met = event("max").map(|max| max.saturating_add(event("high").unwrap_or(0)));
        counts.kills = event("oom_kill").or_else(|| field(&read(KILLS)?, "oom_kill"));
        counts.met = met.or_else(|| number(read("memory.failcnt")));
        if let Some(stat) = read("memory.stat") {
            counts.refaults = sum(&stat, "workingset_refault");
            counts.major_faults = field(&stat, "total_pgmajfault").or_else(|| field(&stat, "pgmajfault"));
        }
        counts
    }

    /// True where it may not have all that there is, or is held.
    pub fn binds(&self) -> bool {
        self.quota.is_some() || self.tasks.is_some() || self.memory.is_some() || self.frozen == Some(true)
    }

    /// The group with what it counted since `before`; of one that was not known before, only what is true now.
    pub fn since(&self, before: Option<&Self>, path: String) -> Group {
        let grown = |now: Option<u64>, of: fn(&Self) -> Option<u64>| Some(now?.saturating_sub(of(before?)?));
        let periods = |before: &Self| {
            let (now, then) = (self.periods?, before.periods?);
            Some((now.0.saturating_sub(then.0), now.1.saturating_sub(then.1)))
        };
        Group {
            path,
            is_frozen: self.frozen,
            quota: self.quota,
            throttled: before.and_then(|before| Some((self.throttled? - before.throttled?).max(0.0))),
            periods: before.and_then(periods),
            tasks: self.tasks,
            tasks_refused: grown(self.refused, |counts| counts.refused).zip(self.refused),
            memory: self.memory,
            memory_met: grown(self.met, |counts| counts.met),
            refaults: grown(self.refaults, |counts| counts.refaults),
            major_faults: grown(self.major_faults, |counts| counts.major_faults),
            oom_kills: grown(self.kills, |counts| counts.kills).zip(self.kills),
        }
    }
}

/// How many CPUs `50000 100000` is; none for `max 100000` and `-1 100000`.
fn quota(text: &str) -> Option<f64> {
    let (quota, period) = text.trim().split_once(' ')?;
    let (quota, period): (u64, u64) = (quota.parse().ok()?, period.trim().parse().ok()?);
    (period > 0).then(|| quota as f64 / period as f64)
}

/// One number of a file of names and numbers.
fn field(text: &str, name: &str) -> Option<u64> {
    let mut values = text.lines().filter_map(|line| line.split_once(' '));
    values.find_map(|(found, value)| (found == name).then(|| value.trim().parse().ok())?)
}

/// The sum of the numbers whose names begin so. Version 1 tells those of the groups below after `total_`.
fn sum(text: &str, name: &str) -> Option<u64> {
    let of = |prefix: &str| {
        let lines = text.lines().filter_map(|line| line.strip_prefix(prefix)?.strip_prefix(name));
        let numbers = lines.filter_map(|rest| rest.rsplit_once(' ')?.1.trim().parse::<u64>().ok());
        numbers.fold(None, |sum: Option<u64>, number| Some(sum.unwrap_or(0).saturating_add(number)))
    };
    of("total_").or_else(|| of(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(files: &[(&str, &str)]) -> Counts {
        Counts::of(|name| files.iter().find(|(file, _)| *file == name).map(|(_, text)| (*text).to_owned()))
    }

    #[test]
    fn the_unified_hierarchy_is_read() {
        let files = |throttled: &str, events: &str, frozen: &str| {
            counts(&[
                ("cgroup.events", &format!("populated 1\nfrozen {frozen}\n")),
                ("cpu.max", "50000 100000\n"),
                ("cpu.stat", throttled),
                ("pids.current", "58\n"),
                ("pids.max", "64\n"),
                ("pids.events", "max 3\n"),
                ("memory.current", "1000\n"),
                ("memory.max", "max\n"),
                ("memory.high", "1200\n"),
                ("memory.events", events),
                (
                    "memory.stat",
                    "anon 1\nworkingset_refault_anon 5\nworkingset_refault_file 7\npgmajfault 9\n",
                ),
            ])
        };
        let before = files(
            "usage_usec 1\nnr_periods 10\nnr_throttled 2\nthrottled_usec 500000\n",
            "low 0\nhigh 1\nmax 4\noom 0\noom_kill 1\n",
            "0",
        );
        let now = files(
            "usage_usec 2\nnr_periods 60\nnr_throttled 42\nthrottled_usec 2500000\n",
            "low 0\nhigh 2\nmax 9\noom 0\noom_kill 2\n",
            "1",
        );
        let group = now.since(Some(&before), "/x".into());
        assert_eq!(
            (group.is_frozen, group.quota, group.throttled, group.periods),
            (Some(true), Some(0.5), Some(2.0), Some((50, 40)))
        );
        assert_eq!(
            (group.tasks, group.tasks_refused, group.memory),
            (Some((58, 64)), Some((0, 3)), Some((1_000, 1_200)))
        );
        assert_eq!(
            (group.memory_met, group.refaults, group.major_faults, group.oom_kills),
            (Some(6), Some(0), Some(0), Some((1, 2)))
        );
        assert!(now.binds());
    }

    #[test]
    fn hierarchies_of_the_first_version_are_read() {
        let cpu = counts(&[
            ("cpu.cfs_quota_us", "20000\n"),
            ("cpu.cfs_period_us", "100000\n"),
            ("cpu.stat", "nr_periods 7\nnr_throttled 6\nthrottled_time 1500000000\n"),
        ]);
        let group = cpu.since(Some(&Counts::default()), "/x".into());
        assert_eq!((group.quota, group.throttled), (Some(0.2), None), "it was not there before");
        assert_eq!(cpu.since(Some(&cpu), "/x".into()).throttled, Some(0.0));
        let none = counts(&[
            ("cpu.cfs_quota_us", "-1\n"),
            ("cpu.cfs_period_us", "100000\n"),
            ("memory.limit_in_bytes", "9223372036854771712\n"),
            ("memory.usage_in_bytes", "5\n"),
            ("pids.max", "max\n"),
            ("pids.current", "7\n"),
        ]);
        assert!(!none.binds());
        let memory = counts(&[
            (
                "memory.stat",
                "pgmajfault 1\nworkingset_refault_anon 1\ntotal_pgmajfault 5\ntotal_workingset_refault_anon 3\ntotal_workingset_refault_file 4\n",
            ),
            ("memory.failcnt", "12\n"),
            (KILLS, "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"),
        ]);
        let group = memory.since(Some(&memory), "/x".into());
        assert_eq!(
            (memory.refaults, memory.major_faults, memory.met, group.oom_kills),
            (Some(7), Some(5), Some(12), Some((0, 2)))
        );
        let frozen = |own: &str, above: &str| {
            counts(&[("freezer.self_freezing", own), ("freezer.parent_freezing", above)]).frozen
        };
        assert_eq!(
            [frozen("0\n", "0\n"), frozen("1\n", "0\n"), frozen("0\n", "1\n")],
            [Some(false), Some(true), Some(true)]
        );
        assert_eq!(counts(&[]), Counts::default());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}", lines in proptest::collection::vec("[a-z_]{0,12} [0-9]{0,22}", 0..20)) {
            let lines = lines.join("\n");
            let mut turn = false;
            let now = Counts::of(|_| { turn = !turn; Some(if turn { text.clone() } else { lines.clone() }) });
            let group = now.since(Some(&Counts::of(|_| Some("7 7".to_owned()))), String::new());
            proptest::prop_assert!(group.throttled.is_none_or(|seconds| seconds >= 0.0));
        }
    }
}
