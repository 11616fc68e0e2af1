//! The pulses of a job: each source of beats by itself, so that the rhythm of one is not hidden by another; pure.

use std::time::Duration;

use super::gauges;
use crate::model::clock::Moment;
use crate::model::reading::JobReading;
use crate::model::rhythm::{Pulse, Rhythm};

/// Sources of beats that are remembered: the ones that beat last.
const MOST: usize = 8;
/// What a line without a counter is called.
const LINE: &str = "a line of output";
/// What a bar that moved is called, be it the job's or an inner one.
const BAR: &str = "a bar that moved";

/// Takes the beats of one round: a counter that `rose`, the newest `line` of the job's own, a bar that moved, what
/// the job says of itself. Time
/// that the machine `slept` is nobody's gap.
pub(super) fn feel(
    pulses: &mut Vec<Pulse>,
    reading: &JobReading,
    line: Option<Moment>,
    rose: bool,
    slept: Duration,
    now: Moment,
) {
    for pulse in pulses.iter_mut() {
        pulse.last = pulse.last.plus(slept).min(now);
    }
    if rose && let Some((_, source)) = gauges::newest_counters(reading) {
        beat(pulses, &source, line.unwrap_or(now));
    }
    if let Some(at) = reading.bar_moved {
        beat(pulses, BAR, at);
    }
    if let Some((at, what)) = &reading.said_beat {
        beat(pulses, what, *at);
    }
    if let Some(at) = line.filter(|_| !rose) {
        beat(pulses, LINE, at);
    }
}

fn beat(pulses: &mut Vec<Pulse>, source: &str, at: Moment) {
    if let Some(pulse) = pulses.iter_mut().find(|pulse| pulse.source.as_str() == source) {
        if at > pulse.last {
            pulse.rhythm.add(at.since(pulse.last));
            pulse.last = at;
        }
        return;
    }
    if pulses.len() >= MOST
        && let Some(oldest) = (0..pulses.len()).min_by_key(|&index| pulses[index].last)
    {
        pulses.remove(oldest);
    }
    pulses.push(Pulse { source: source.into(), last: at, rhythm: Rhythm::default() });
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(second: u64) -> Moment {
        Moment::from_millis(second * 1_000)
    }

    #[test]
    fn each_source_has_a_rhythm_of_its_own() {
        let mut pulses = Vec::new();
        for second in 0..100 {
            beat(&mut pulses, LINE, at(second));
            if second % 10 == 0 {
                beat(&mut pulses, "tqdm", at(second));
            }
        }
        let told: Vec<_> =
            pulses.iter().map(|pulse| (pulse.rhythm.known(), pulse.rhythm.longest().as_secs())).collect();
        assert_eq!(told, [(99, 1), (9, 10)]);
        (0..20).for_each(|n| beat(&mut pulses, &format!("source {n}"), at(200 + n)));
        assert_eq!(pulses.len(), MOST);
    }
}
