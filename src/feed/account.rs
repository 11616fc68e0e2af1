//! What a job has said in datagrams, summed up within bounds; pure.
//!
//! Whoever receives the datagrams keeps one account, so that a counter is whole though nobody looked at it for an
//! hour. The bounds make an account small enough to be told to a client in one message.

use std::collections::HashMap;
use std::time::Duration;

use super::choice::is_runtime;
use super::sd_notify::{self, Notification};
use super::statsd::{self, Fact, Value};
use crate::model::clock::Moment;
use crate::model::said::{Metric, MetricKind, Said};

/// Most metrics with tags, and most in all. A counter that no longer fits with its tags counts without them.
const MOST_TAGGED: usize = 64;
const MOST_METRICS: usize = 128;
/// Most bytes of names and tags: a message to a client has 64 KiB, and JSON may take two characters for one. Around
/// each tag it sets brackets, quotes and commas.
const MOST_BYTES: usize = 16 * 1024;
const AROUND_A_TAG: usize = 8;

/// The longest patience that a job may ask for at once.
const LONGEST_PATIENCE: Duration = Duration::from_hours(24);

/// An account.
#[derive(Debug, Default)]
pub struct Account {
    said: Said,
    places: HashMap<String, usize>,
    tagged: usize,
    bytes: usize,
    /// What came since the last stamp, and has no time yet.
    is_triggered: bool,
    is_stopping: bool,
    extension: Option<Duration>,
    /// Signs of progress and changes of status that have their time.
    stamped: (u64, u64),
    /// The name that was looked up last, so that looking up costs no memory.
    key: String,
}

impl Account {
    /// What was said so far.
    pub fn said(&self) -> &Said {
        &self.said
    }

    /// The same, to count what was refused or lost before it could be read.
    pub fn said_mut(&mut self) -> &mut Said {
        &mut self.said
    }

    /// Gives what came since the last call its time: a datagram has none of its own, and a call to the clock for each
    /// would cost more than the datagram.
    pub fn stamp(&mut self, unix_ms: u64, at: Moment) {
        let now = (self.said.beats, self.said.status_changes);
        if now.0 > self.stamped.0 {
            (self.said.last_beat_ms, self.said.last_beat_at) = (unix_ms, at);
        }
        if now.1 > self.stamped.1 {
            (self.said.status_ms, self.said.status_at) = (unix_ms, at);
        }
        self.stamped = now;
        let state = &mut self.said.state;
        if std::mem::take(&mut self.is_triggered) {
            state.triggered = Some(at);
        }
        if std::mem::take(&mut self.is_stopping) {
            state.stopping = Some(at);
        }
        if let Some(extension) = self.extension.take() {
            state.patience_until = Some(at.plus(extension));
        }
    }

    /// Adds a statsd or dogstatsd datagram.
    pub fn add_statsd(&mut self, datagram: &[u8]) {
        self.said.taken += 1;
        let unreadable = statsd::read(datagram, |fact| self.add_fact(&fact));
        self.said.unreadable += unreadable as u64;
    }

    /// Adds a datagram of `sd_notify(3)`.
    pub fn add_notification(&mut self, datagram: &[u8]) {
        self.said.taken += 1;
        let read = sd_notify::read(datagram);
        self.said.unreadable += read.unreadable as u64;
        self.take_state(&read);
        if read.is_watchdog {
            self.beat("WATCHDOG=1");
        }
        for (name, value) in read.counters {
            let mut rose = false;
            self.set(name, "", MetricKind::Gauge, |before| {
                rose = value > before;
                value
            });
            if rose {
                self.beat(name);
            }
        }
        if let Some(status) = read.status
            && self.said.status.as_deref() != Some(status)
        {
            self.said.status = Some(status.to_owned());
            self.said.status_changes += 1;
        }
    }

    fn take_state(&mut self, read: &Notification<'_>) {
        if read.is_ready {
            (self.is_stopping, self.said.state.stopping) = (false, None);
        }
        self.is_stopping |= read.is_stopping;
        self.is_triggered |= read.is_triggered;
        if let Some(usec) = read.extend_usec {
            self.extension = Some(Duration::from_micros(usec).min(LONGEST_PATIENCE));
        }
        if let Some(usec) = read.watchdog_usec {
            self.said.state.watchdog_ms = Some(usec.div_ceil(1_000)).filter(|&ms| ms > 0);
        }
    }

    fn add_fact(&mut self, fact: &Fact<'_>) {
        match *fact {
            Fact::Metric { name, value, tags, .. } => match value {
                Value::Count(by) => {
                    if self.set(name, tags, MetricKind::Counter, |now| now + by)
                        && by > 0.0
                        && !is_runtime(name)
                    {
                        self.beat(name);
                    }
                }
                Value::Gauge(to) => drop(self.set(name, tags, MetricKind::Gauge, |_| to)),
                Value::Shift(by) => drop(self.set(name, tags, MetricKind::Gauge, |now| now + by)),
                Value::Timed(times) => drop(self.set(name, tags, MetricKind::Timer, |now| now + times)),
                // To count a set is to keep it; what it holds may be names of people.
                Value::Member(_) => {}
            },
            Fact::Check { name, status: 0, .. } => self.beat(name),
            Fact::Check { .. } | Fact::Event { .. } => {}
        }
    }

    fn beat(&mut self, what: &str) {
        self.said.beats += 1;
        (self.is_triggered, self.said.state.triggered) = (false, None);
        if self.said.last_beat.as_deref() != Some(what) {
            self.said.last_beat = Some(what.to_owned());
        }
    }

    /// Changes a metric, which begins at nothing; false when there is no room for it.
    fn set(&mut self, name: &str, tags: &str, kind: MetricKind, value: impl FnOnce(f64) -> f64) -> bool {
        let place = if kind == MetricKind::Gauge {
            self.place(name, tags, kind)
        } else {
            // Sums may lose their tags, so they keep a place without any; a gauge of one worker is not that of all.
            let untagged = self.place(name, "", kind);
            if tags.is_empty() { untagged } else { self.place(name, tags, kind).or(untagged) }
        };
        let Some(place) = place else {
            self.said.left_out += 1;
            return false;
        };
        let metric = &mut self.said.metrics[place];
        let next = value(metric.value);
        if next.is_finite() {
            metric.value = next;
        }
        metric.kind = kind;
        true
    }

    fn place(&mut self, name: &str, tags: &str, kind: MetricKind) -> Option<usize> {
        self.key.clear();
        self.key.extend([name, "\n", tags]);
        if let Some(place) = self.places.get(&self.key) {
            return Some(*place);
        }
        let is_tagged = !tags.is_empty();
        let tag_count = if is_tagged { 1 + memchr::memchr_iter(b',', tags.as_bytes()).count() } else { 0 };
        let bytes = self.bytes + name.len() + tags.len() + AROUND_A_TAG * tag_count;
        let is_full = self.said.metrics.len() == MOST_METRICS || bytes > MOST_BYTES;
        if is_full || (is_tagged && self.tagged == MOST_TAGGED) {
            return None;
        }
        let place = self.said.metrics.len();
        let labels = statsd::labels(tags);
        self.said.metrics.push(Metric { name: name.to_owned(), labels, kind, value: 0.0 });
        self.places.insert(self.key.clone(), place);
        self.tagged += usize::from(is_tagged);
        self.bytes = bytes;
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::said::SaidState;

    fn values(account: &Account) -> Vec<(String, f64)> {
        let name = |metric: &Metric| {
            let labels: Vec<_> = metric.labels.iter().map(|(k, v)| format!("{k}:{v}")).collect();
            if labels.is_empty() {
                metric.name.clone()
            } else {
                format!("{}#{}", metric.name, labels.join(","))
            }
        };
        account.said().metrics.iter().map(|metric| (name(metric), metric.value)).collect()
    }

    #[test]
    fn counters_add_up_and_gauges_are_set_and_moved() {
        let mut account = Account::default();
        account.add_statsd(
            b"rows:1|c\nrows:500|c\nq:42|g\nq:+3|g\nq:-5|g\nrows:2|c|#w:1\nstep:1|ms\nstep:2|ms\nu:x|s",
        );
        let expected = [("rows", 501.0), ("q", 40.0), ("rows#w:1", 2.0), ("step", 2.0)];
        assert_eq!(values(&account), expected.map(|(name, value)| (name.to_owned(), value)));
        assert_eq!((account.said().beats, account.said().taken, account.said().unreadable), (3, 1, 0));
    }

    #[test]
    fn beats_are_counters_that_rose_watchdogs_and_checks_that_are_fine() {
        let cases: [(&[u8], u64); 7] = [
            (b"rows:1|c", 1),
            (b"inflight:-1|c", 0),
            (b"queue:7|g", 0),
            (b"process.cpu.ticks:7|c", 0),
            (b"_sc|job.heartbeat|0", 1),
            (b"_sc|job.heartbeat|2", 0),
            (b"_e{1,1}:a|b", 0),
        ];
        for (datagram, beats) in cases {
            let mut account = Account::default();
            account.add_statsd(datagram);
            assert_eq!(account.said().beats, beats, "{}", datagram.escape_ascii());
        }
        let mut account = Account::default();
        account.add_notification(b"WATCHDOG=1");
        account.add_notification(b"READY=1");
        for status in ["1/3", "1/3", "2/3"] {
            account.add_notification(format!("STATUS={status}").as_bytes());
        }
        account.stamp(1_000, Moment::from_millis(10));
        account.add_notification(b"X_ROWS_DONE=7");
        account.add_notification(b"X_ROWS_DONE=7");
        account.stamp(2_000, Moment::from_millis(20));
        let said = account.said();
        assert_eq!((said.last_beat_ms, said.status_ms), (2_000, 1_000));
        assert_eq!((said.last_beat_at.millis(), said.status_at.millis()), (20, 10));
        assert_eq!((said.beats, said.status_changes, said.status.as_deref()), (2, 2, Some("2/3")));
    }

    #[test]
    fn what_a_job_says_of_its_state_has_its_time_and_ends() {
        let mut account = Account::default();
        let at = Moment::from_millis(100_000);
        account.add_notification(b"WATCHDOG=trigger\nWATCHDOG_USEC=20000000");
        account.add_notification(b"STOPPING=1\nEXTEND_TIMEOUT_USEC=30000000");
        account.stamp(0, at);
        let expected = SaidState {
            triggered: Some(at),
            stopping: Some(at),
            patience_until: Some(Moment::from_millis(130_000)),
            watchdog_ms: Some(20_000),
        };
        assert_eq!(account.said().state, expected);
        account.add_notification(b"READY=1\nWATCHDOG=1\nWATCHDOG_USEC=0\nEXTEND_TIMEOUT_USEC=0");
        account.stamp(0, at);
        assert_eq!(account.said().state, SaidState { patience_until: Some(at), ..SaidState::default() });
        account.add_notification(b"WATCHDOG=trigger\nEXTEND_TIMEOUT_USEC=18446744073709551615");
        account.stamp(0, at);
        assert_eq!(account.said().state.patience_until, Some(at.plus(LONGEST_PATIENCE)));
    }

    #[test]
    fn an_account_stays_small_whatever_is_said() {
        let mut account = Account::default();
        for n in 0..10_000 {
            account.add_statsd(format!("rows.done:1|c|#task:{n}").as_bytes());
            account.add_statsd(format!("q:1|g|#task:{n}").as_bytes());
            account.add_statsd(format!("metric.{n}{}:1|c", "\"".repeat(80)).as_bytes());
            account.add_notification(format!("X_{n}=1\nSTATUS={}", "\\".repeat(2_000)).as_bytes());
        }
        let of_rows = account.said().metrics.iter().filter(|metric| metric.name == "rows.done");
        let done = of_rows.map(|metric| metric.value as u64).sum::<u64>();
        assert_eq!(done, 10_000, "what has no room with its tags counts without them");
        assert!(account.said().left_out > 10_000);
        let message = serde_json::to_vec(account.said()).expect("serialised");
        assert!(message.len() < 60 * 1024, "{} bytes", message.len());
    }

    #[test]
    fn tags_of_one_letter_are_charged_for_what_surrounds_them() {
        let mut account = Account::default();
        for n in 0..200 {
            account.add_statsd(format!("q{n}:1|g|#{}a", "a,".repeat(250)).as_bytes());
        }
        assert!(account.said().metrics.len() > 1 && account.said().left_out > 0);
        let message = serde_json::to_vec(account.said()).expect("serialised");
        assert!(message.len() < 60 * 1024, "{} bytes", message.len());
    }

    proptest::proptest! {
        #[test]
        fn any_datagrams_keep_values_finite(datagrams in proptest::collection::vec("[a-c]{1,2}:[-+]?[0-9]{1,3}(e30[0-9])?\\|(c|g|ms)", 0..40)) {
            let mut account = Account::default();
            for datagram in &datagrams {
                account.add_statsd(datagram.as_bytes());
                account.add_notification(datagram.as_bytes());
            }
            proptest::prop_assert!(account.said().metrics.iter().all(|metric| metric.value.is_finite()));
        }
    }
}
