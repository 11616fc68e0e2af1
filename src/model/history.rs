//! The recent past of a job's gauges.

use std::time::Duration;

use super::clock::Moment;
use super::coarse::Coarse;
use super::metric::Bytes;
use super::series::Series;

/// The recent past of each gauge.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    /// Memory of the job, in bytes.
    pub memory: Series,
    /// How full the binding limit is, 0 to 1.
    pub fill: Series,
    /// Seconds until that limit is reached, as they were foretold; no point where nothing was.
    pub full_in: Series,
    /// The share of the time that is waited for memory which comes back from disk; 0 where none does.
    pub thrashing: Series,
    /// CPUs in use.
    pub cpu: Series,
    /// Busy workers.
    pub busy: Series,
    /// Tasks in flight.
    pub in_flight: Series,
    /// Finished tasks.
    pub done: Series,
    /// The same from the beginning on, in steps that grow.
    pub done_long: Coarse,
    /// Done per second.
    pub throughput: Series,
    /// Heartbeat age in seconds.
    pub beat_age: Series,
    /// Bytes read a second.
    pub read: Series,
    /// Bytes written a second.
    pub written: Series,
    /// The most memory of the job that was seen.
    pub peak_memory: Option<Bytes>,
    /// CPU seconds that were seen to be used.
    pub cpu_seconds: f64,
    /// The span over which they were.
    pub cpu_over: Duration,
}

impl History {
    /// What is done, and when, as if it had been done so much later: by who slept since, and lost no pace by it.
    #[must_use]
    pub fn awake_again(mut self, slept: Duration) -> Self {
        if !slept.is_zero() {
            (self.done, self.done_long) = (self.done.later(slept), self.done_long.later(slept));
        }
        self
    }

    /// What it was at this moment, as far as points are kept; peak and sums are those of now.
    #[must_use]
    pub fn until(&self, at: Moment) -> Self {
        Self {
            memory: self.memory.until(at),
            fill: self.fill.until(at),
            full_in: self.full_in.until(at),
            thrashing: self.thrashing.until(at),
            cpu: self.cpu.until(at),
            busy: self.busy.until(at),
            in_flight: self.in_flight.until(at),
            done: self.done.until(at),
            done_long: self.done_long.until(at),
            throughput: self.throughput.until(at),
            beat_age: self.beat_age.until(at),
            read: self.read.until(at),
            written: self.written.until(at),
            ..*self
        }
    }
}
