//! The guard over a job's memory limit: when the job is to be frozen, and when it may use more. Pure.
//!
//! Who lets a job go on that the guard froze has seen how full the limit is. Freezing it again at once would take that
//! decision back; never again would take the machine down unseen. So the job may use half of what was left, and is
//! frozen again there; once it is well below the guard's line, that line holds again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::freeze::record::Reason;
use crate::model::freeze::{FrozenBy, Then};
use crate::model::job::MemoryLimit;
use crate::model::metric::percent;
use crate::model::text::Text;

/// So far below its line the fill has to fall before the line holds again.
const HYSTERESIS: f64 = 0.05;

/// From so far below the line on, the fill is looked at often: memory can be filled within a second.
const NEAR: f64 = 0.10;
const LOOK_NEAR: Duration = Duration::from_millis(100);
const LOOK_FAR: Duration = Duration::from_millis(500);

/// The looks take no more than one part in so many of a CPU.
const COST: u32 = 50;

/// What somebody asked for with `--guard`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GuardPlan {
    /// The share of the binding limit from which on the job is frozen.
    pub share: f64,
    /// What follows when nobody decides for so many milliseconds.
    pub then: Option<(Then, u64)>,
    /// Milliseconds between TERM and KILL, should that be the end of the job.
    pub grace_ms: u64,
}

/// A guard on duty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guard {
    /// What was asked for.
    pub plan: GuardPlan,
    /// Where the job is frozen next.
    line: f64,
}

impl Guard {
    /// A guard that has seen nothing yet.
    pub const fn new(plan: GuardPlan) -> Self {
        Self { plan, line: plan.share }
    }

    /// Whether the job is to be frozen at this fill.
    pub fn trips(&mut self, fill: f64) -> bool {
        if fill < self.plan.share - HYSTERESIS {
            self.line = self.plan.share;
        }
        fill >= self.line
    }

    /// Somebody let it go on at this fill.
    pub fn let_go(&mut self, fill: f64) {
        let from = fill.max(self.plan.share);
        let is_tight = fill >= self.plan.share - HYSTERESIS;
        self.line = if is_tight { from + ((1.0 - from) / 2.0).max(0.005) } else { self.plan.share };
    }

    /// How long until the next look, after one that took so long.
    pub fn pause(&self, fill: Option<f64>, took: Duration) -> Duration {
        let is_near = fill.is_some_and(|fill| fill >= self.plan.share - NEAR);
        let pause = if is_near { LOOK_NEAR } else { LOOK_FAR };
        pause.max(took.saturating_mul(COST))
    }
}

/// Why the guard freezes.
pub fn reason(plan: &GuardPlan, limit: &MemoryLimit) -> Reason {
    let evidence = vec![
        Text::from(format!("{} of {} used, limit: {}", limit.used, limit.limit, limit.scope)),
        Text::from(format!("that is {}, and --guard is {}", percent(limit.fill()), percent(plan.share))),
    ];
    Reason { by: FrozenBy::Guard(plan.share), evidence, then: plan.then }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        Guard::new(GuardPlan { share: 0.9, then: None, grace_ms: 0 })
    }

    #[test]
    fn it_trips_at_its_line_and_again_when_half_of_the_rest_is_used() {
        let mut guard = guard();
        assert!(!guard.trips(0.89));
        assert!(guard.trips(0.92));
        guard.let_go(0.92);
        for (fill, trips) in [(0.92, false), (0.95, false), (0.961, true)] {
            assert_eq!(guard.trips(fill), trips, "{fill}");
        }
        guard.let_go(0.961);
        assert!(!guard.trips(0.97) && guard.trips(0.981), "and half of what is left then");
    }

    #[test]
    fn its_line_holds_again_once_the_fill_was_well_below() {
        let mut guard = guard();
        guard.let_go(0.92);
        assert!(!guard.trips(0.86) && !guard.trips(0.91), "it hovers");
        assert!(!guard.trips(0.84));
        assert!(guard.trips(0.9));
        guard.let_go(0.3);
        assert!(guard.trips(0.9), "it went on with room enough");
    }

    #[test]
    fn a_limit_that_is_passed_does_not_trip_for_ever() {
        let mut guard = guard();
        guard.let_go(1.2);
        assert!(!guard.trips(1.2));
    }

    #[test]
    fn it_looks_often_where_it_is_close_and_never_at_a_great_cost() {
        let guard = guard();
        let ms = Duration::from_millis;
        assert_eq!(guard.pause(Some(0.81), ms(1)), ms(100));
        assert_eq!(guard.pause(Some(0.5), ms(1)), ms(500));
        assert_eq!(guard.pause(None, ms(1)), ms(500));
        assert_eq!(guard.pause(Some(0.99), ms(20)), ms(1_000));
    }
}
