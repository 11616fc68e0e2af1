//! Which metrics are the job's progress: those the user names, or those whose names say so; pure.
//!
//! A wrong gauge is worse than none. So a name must hold exactly one word of `ROLES`, the total and the failures must
//! be of the same thing as what is done, and where two different things are done nothing is chosen.

use std::collections::HashSet;

use crate::feed::pattern::NAMES;
use crate::model::reading::CountersRead;
use crate::model::said::{Metric, MetricKind};

/// What a metric tells of the job's progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Finished tasks.
    Done,
    /// How many there are.
    Total,
    /// Tasks in flight.
    InFlight,
    /// Tasks that failed.
    Failed,
}

use MetricKind::{Counter, Gauge};

/// Words that tell a role, in lower case, and the kinds of metrics in which they do.
const ROLES: [(&[&str], Role, &[MetricKind]); 10] = [
    (&["done"], Role::Done, &[Counter, Gauge]),
    (&["completed"], Role::Done, &[Counter, Gauge]),
    (&["processed"], Role::Done, &[Counter, Gauge]),
    (&["finished"], Role::Done, &[Counter, Gauge]),
    (&["total"], Role::Total, &[Gauge]),
    (&["expected"], Role::Total, &[Gauge]),
    (&["inflight"], Role::InFlight, &[Counter, Gauge]),
    (&["in", "flight"], Role::InFlight, &[Counter, Gauge]),
    (&["failed"], Role::Failed, &[Counter, Gauge]),
    (&["failures"], Role::Failed, &[Counter, Gauge]),
];

/// Words of names that count no tasks: times, sizes of memory, and parts of histograms.
const NO_TASKS: [&str; 14] = [
    "created",
    "bucket",
    "sum",
    "count",
    "info",
    "seconds",
    "ms",
    "millis",
    "usec",
    "time",
    "timestamp",
    "ratio",
    "percent",
    "memory",
];

/// How names of metrics begin that a language's runtime counts by itself: they rise while the job burns CPU.
const RUNTIMES: [&str; 7] = ["process", "python", "runtime", "jvm", "go", "gc", "nodejs"];

/// The words of a name, in lower case: `X_ROWS_DONE`, `rows.done` and `rowsDone` are the same.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().into_iter().for_each(|word| word.extend(c.to_lowercase()));
        }
        was_lower = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a metric is of a runtime's own: no sign of progress.
pub fn is_runtime(name: &str) -> bool {
    words(name).first().is_some_and(|first| RUNTIMES.contains(&first.as_str()))
}

/// What a metric tells, and of what: the rest of its name.
fn role(metric: &Metric) -> Option<(Role, String)> {
    let mut words = words(&metric.name);
    // The formats want a counter's name to end like this; it is no total.
    if metric.kind == Counter && words.last().is_some_and(|last| last == "total") {
        words.pop();
    }
    if words.first().is_some_and(|first| first == "x") {
        words.remove(0);
    }
    if words.first().is_some_and(|first| RUNTIMES.contains(&first.as_str()))
        || words.iter().any(|word| NO_TASKS.contains(&word.as_str()))
    {
        return None;
    }
    let mut found: Vec<(Role, usize, usize)> = Vec::new();
    for (role_words, role, kinds) in ROLES {
        let at = words.windows(role_words.len()).position(|window| window == role_words);
        if let Some(at) = at.filter(|_| kinds.contains(&metric.kind)) {
            found.push((role, at, role_words.len()));
        }
    }
    // `rows_total_expected` says the same thing twice.
    let role = found.first().map(|(role, ..)| *role)?;
    if found.iter().any(|(other, ..)| *other != role) {
        return None;
    }
    for (_, at, length) in found.iter().rev() {
        words.drain(*at..at + length);
    }
    Some((role, words.join(" ")))
}

/// Rivals that are named.
const MOST_RIVALS: usize = 8;

/// What was chosen of some metrics.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chosen {
    /// The counters.
    pub counters: CountersRead,
    /// The names they came from, for people.
    pub names: Vec<String>,
    /// Names between which the user has to choose.
    pub rivals: Vec<String>,
}

/// The progress in these metrics: what `named` names, or, where that names nothing, what their names say.
pub fn choose(metrics: &[Metric], named: &[Selector]) -> Chosen {
    if named.is_empty() { by_name(metrics) } else { by_selector(metrics, named) }
}

fn by_selector(metrics: &[Metric], named: &[Selector]) -> Chosen {
    let mut chosen = Chosen::default();
    for selector in named {
        let fitting: Vec<&Metric> = metrics.iter().filter(|metric| selector.fits(metric)).collect();
        if let Some(value) = sum(&fitting) {
            chosen.put(selector.role, value, &selector.name);
        }
    }
    chosen
}

fn by_name(metrics: &[Metric]) -> Chosen {
    let mut chosen = Chosen::default();
    let told: Vec<(Role, String, &Metric)> =
        metrics.iter().filter_map(|metric| role(metric).map(|(role, of)| (role, of, metric))).collect();
    let of_role = |wanted: Role| told.iter().filter(move |(role, ..)| *role == wanted);
    let mut done: Vec<&str> = of_role(Role::Done).map(|(_, _, metric)| metric.name.as_str()).collect();
    done.sort_unstable();
    done.dedup();
    // One that has a total is meant more than one that has none.
    let totals: HashSet<&str> = of_role(Role::Total).map(|(_, of, _)| of.as_str()).collect();
    let has_total = |(_, of, _): &&(Role, String, &Metric)| totals.contains(of.as_str());
    let mut with_total: Vec<&str> =
        of_role(Role::Done).filter(has_total).map(|(_, _, m)| m.name.as_str()).collect();
    with_total.sort_unstable();
    with_total.dedup();
    let name = match (done.as_slice(), with_total.as_slice()) {
        ([one], _) | (_, [one]) => Some(*one),
        ([], _) => None,
        (rivals, _) => {
            chosen.rivals = rivals.iter().take(MOST_RIVALS).map(|&name| name.to_owned()).collect();
            let more = rivals.len().saturating_sub(MOST_RIVALS);
            chosen.rivals.extend((more > 0).then(|| format!("and {more} more")));
            return chosen;
        }
    };
    let of = name.and_then(|name| of_role(Role::Done).find(|(_, _, m)| m.name == name)).map(|(_, of, _)| of);
    for wanted in [Role::Done, Role::Total, Role::InFlight, Role::Failed] {
        let same = |other: &String| of.is_none_or(|of| of == other);
        let is_meant = |(_, other, metric): &&(Role, String, &Metric)| match wanted {
            Role::Done => name.is_some_and(|name| metric.name == name),
            Role::Total => of.is_some_and(|of| of == other),
            Role::InFlight => true,
            Role::Failed => same(other),
        };
        let fitting: Vec<&Metric> = of_role(wanted).filter(is_meant).map(|(_, _, metric)| *metric).collect();
        let is_one = fitting.windows(2).all(|pair| pair[0].name == pair[1].name);
        if let (true, Some(first), Some(value)) = (is_one, fitting.first(), sum(&fitting)) {
            chosen.put(wanted, value, &first.name);
        }
    }
    chosen
}

/// Series of one name, as one for each worker, add up.
fn sum(metrics: &[&Metric]) -> Option<u64> {
    let sum: f64 = metrics.iter().map(|metric| metric.value).filter(|value| value.is_finite()).sum();
    // An up-and-down counter that was not watched from the start may be below nothing.
    (!metrics.is_empty() && sum < 1e18).then_some(sum.max(0.0).round() as u64)
}

impl Chosen {
    fn put(&mut self, role: Role, value: u64, name: &str) {
        let place = match role {
            Role::Done => &mut self.counters.done,
            Role::Total => &mut self.counters.total,
            Role::InFlight => &mut self.counters.in_flight,
            Role::Failed => &mut self.counters.failed,
        };
        *place = Some(value);
        self.names.push(name.to_owned());
    }
}

/// A metric that the user named for a role: `done=rows_total`, or `done=events{type="ok",worker="3"}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    role: Role,
    name: String,
    labels: Vec<(String, String)>,
}

impl std::str::FromStr for Selector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text:?} names no metric: try done=my.tasks.done or 'done=events_total{{type=\"ok\"}}'; the counters are {}",
                NAMES.join(", ")
            )
        };
        let (role, metric) = text.split_once('=').ok_or_else(wrong)?;
        let role = match role.trim() {
            "done" => Role::Done,
            "total" => Role::Total,
            "in_flight" => Role::InFlight,
            "failed" => Role::Failed,
            _ => return Err(wrong()),
        };
        let (name, list) = match metric.trim().split_once('{') {
            Some((name, list)) => (name, list.strip_suffix('}').ok_or_else(wrong)?),
            None => (metric.trim(), ""),
        };
        let mut labels = Vec::new();
        for label in list.split(',').filter(|label| !label.trim().is_empty()) {
            let (key, value) = label.split_once('=').ok_or_else(wrong)?;
            labels.push((key.trim().to_owned(), value.trim().trim_matches('"').to_owned()));
        }
        if name.is_empty() { Err(wrong()) } else { Ok(Self { role, name: name.to_owned(), labels }) }
    }
}

impl Selector {
    fn fits(&self, metric: &Metric) -> bool {
        metric.name == self.name && self.labels.iter().all(|label| metric.labels.contains(label))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(kind: MetricKind, name: &str, value: f64) -> Metric {
        let (name, labels) = name.split_once('#').unwrap_or((name, ""));
        Metric { name: name.to_owned(), labels: crate::feed::statsd::labels(labels), kind, value }
    }

    type Figures = [Option<u64>; 4];

    fn figures(chosen: &Chosen) -> Figures {
        let CountersRead { done, total, in_flight, failed, .. } = chosen.counters;
        [done, total, in_flight, failed]
    }

    #[test]
    fn of_many_rivals_a_few_are_named_and_all_are_counted() {
        let metrics: Vec<_> = (0..1_000).map(|n| metric(Counter, &format!("step{n:03}_done"), 1.0)).collect();
        let rivals = choose(&metrics, &[]).rivals;
        assert_eq!(rivals.len(), MOST_RIVALS + 1);
        assert_eq!((rivals[0].as_str(), rivals[MOST_RIVALS].as_str()), ("step000_done", "and 992 more"));
    }

    #[test]
    fn names_that_say_what_they_count_are_chosen_and_no_others() {
        let none: Figures = [None; 4];
        let cases: &[(&[Metric], Figures)] = &[
            (&[metric(Counter, "rows.done", 7.0)], [Some(7), None, None, None]),
            (
                &[metric(Gauge, "X_ROWS_DONE", 1.0), metric(Gauge, "X_ROWS_TOTAL", 5.0)],
                [Some(1), Some(5), None, None],
            ),
            (
                &[
                    metric(Counter, "rows_done_total#w:1", 7.0),
                    metric(Counter, "rows_done_total#w:2", 8.0),
                    metric(Gauge, "rows_done_created", 1.8e9),
                    metric(Gauge, "rows_total_expected", 50.0),
                    metric(Counter, "rows_failed_total", 2.0),
                    metric(Counter, "logins_failed_total", 3.0),
                ],
                [Some(15), Some(50), None, Some(2)],
            ),
            (&[metric(Counter, "job.inflight", -1.0)], [None, None, Some(0), None]),
            (&[metric(Gauge, "tasks_in_flight", 4.0)], [None, None, Some(4), None]),
            (&[metric(Gauge, "completedTasks", 4.0)], [Some(4), None, None, None]),
            (&[metric(Counter, "requests_total", 4.0)], none),
            (&[metric(Counter, "rows", 4.0), metric(Gauge, "disk.total", 9.0)], none),
            (&[metric(MetricKind::Timer, "task.done", 4.0)], none),
            (&[metric(MetricKind::Other, "tasks_done", 4.0)], none),
            (&[metric(Gauge, "done_seconds", 4.0)], none),
            (&[metric(Counter, "python_jobs_done", 4.0)], none),
            (&[metric(Gauge, "rows_done", f64::NAN)], [Some(0), None, None, None]),
        ];
        for (metrics, expected) in cases {
            assert_eq!(figures(&choose(metrics, &[])), *expected, "{metrics:?}");
        }
    }

    #[test]
    fn of_two_things_that_are_done_none_is_chosen_unless_one_has_a_total() {
        let mut metrics = vec![metric(Counter, "rows.done", 7.0), metric(Counter, "batches.done", 1.0)];
        let chosen = choose(&metrics, &[]);
        assert_eq!(
            (figures(&chosen), chosen.rivals),
            ([None; 4], vec!["batches.done".into(), "rows.done".into()])
        );
        metrics.push(metric(Gauge, "batches.total", 9.0));
        assert_eq!(figures(&choose(&metrics, &[])), [Some(1), Some(9), None, None]);
    }

    #[test]
    fn the_users_names_hold() {
        let metrics = [
            metric(Counter, "events#type:ok,worker:1", 5.0),
            metric(Counter, "events#type:ok,worker:2", 6.0),
            metric(Counter, "events#type:bad,worker:1", 1.0),
            metric(Counter, "rows.done", 99.0),
        ];
        let named =
            |texts: &[&str]| texts.iter().map(|text| text.parse().expect("a selector")).collect::<Vec<_>>();
        let chosen = choose(
            &metrics,
            &named(&["done=events{type=\"ok\"}", "failed=events{type=bad}", "total=nowhere"]),
        );
        assert_eq!(figures(&chosen), [Some(11), None, None, Some(1)]);
        assert_eq!(figures(&choose(&metrics, &named(&["done=events"]))), [Some(12), None, None, None]);
        for wrong in ["events", "none=events", "done=", "done={a=b}", "done=x{a}", "done=x{a=b"] {
            assert!(wrong.parse::<Selector>().is_err(), "{wrong}");
        }
    }
}
