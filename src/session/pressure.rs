//! Pressure from readings: rates from two counters; pure.

use crate::model::clock::Moment;
use crate::model::member::Member;
use crate::model::pressure::{PagingCounters, Pressure};
use crate::model::reading::PressureReading;

/// The pressure after this round. `faults` are the major faults a second of the job's members.
pub fn pressure(
    old: Option<&Pressure>,
    reading: Option<PressureReading>,
    faults: Option<f64>,
    now: Moment,
) -> Option<Pressure> {
    let reading = reading?;
    // What another place has counted is another number.
    let old = old.filter(|old| old.scope == reading.scope);
    let then = old.and_then(|old| Some((old.counters?, old.counted_at?)));
    let rate = |field: fn(&PagingCounters) -> u64| {
        let (counters, at) = then?;
        let seconds = now.since(at).as_secs_f64();
        let risen = field(&reading.paging?).saturating_sub(field(&counters));
        (seconds > 0.0).then(|| risen as f64 / seconds)
    };
    Some(Pressure {
        scope: reading.scope,
        memory: reading.memory,
        io: reading.io,
        cpu: reading.cpu,
        major_faults: faults,
        swapped_in: rate(|counters| counters.swapped_in),
        refaulted: rate(|counters| counters.refaulted),
        counters: reading.paging,
        counted_at: reading.paging.map(|_| now),
    })
}

/// Page faults a second that waited for a disk, of members that were there in the round before too.
pub fn major_faults(
    before: &[Member],
    members: &[Member],
    since: Option<Moment>,
    now: Moment,
) -> Option<f64> {
    let seconds = now.since(since?).as_secs_f64();
    let mut old = before.iter().peekable();
    let mut faults = 0;
    // Both are sorted by identity.
    for member in members {
        while old.next_if(|old| old.id < member.id).is_some() {}
        if let Some(old) = old.next_if(|old| old.id == member.id) {
            faults += member.counters.major_faults.saturating_sub(old.counters.major_faults);
        }
    }
    (seconds > 0.0).then(|| faults as f64 / seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(swapped_in: u64, refaulted: u64) -> PressureReading {
        PressureReading {
            paging: Some(PagingCounters { swapped_in, refaulted }),
            ..PressureReading::default()
        }
    }

    #[test]
    fn rates_need_two_readings() {
        let at = |ms| Moment::from_millis(ms);
        let first = pressure(None, Some(reading(100, 7)), None, at(1_000));
        assert_eq!(first.as_ref().and_then(|first| first.swapped_in), None);
        let next =
            pressure(first.as_ref(), Some(reading(140, 7)), Some(3.0), at(3_000)).expect("it was read");
        assert_eq!((next.swapped_in, next.refaulted, next.major_faults), (Some(20.0), Some(0.0), Some(3.0)));
        let at_once = pressure(Some(&next), Some(reading(150, 7)), None, at(3_000)).expect("it was read");
        assert_eq!(at_once.swapped_in, None);
        assert_eq!(pressure(Some(&next), None, None, at(4_000)), None);
    }
}
