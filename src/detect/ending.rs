//! Is all done that should be, when a job ends in good order?

use super::Past;
use super::progress::claim;
use crate::config::limits::Limits;
use crate::model::job::{JobKind, Phase};
use crate::model::metric::{Unit, count};
use crate::model::process::Exit;
use crate::model::text::Text;
use crate::model::verdict::{Condition, Severity, Verdict};

/// A count that was found by its looks alone counts the job when it was seen to rise so many times.
const RISES: u32 = 3;
/// What the source of such a count is called.
const GUESS: &str = "n/m in its output";
/// What the source of a share is called in the end, and from where on such a share is rounded.
const PERCENTS: &str = "in percent";
const ROUNDED: u64 = 95;

/// The exit code says that all is well, and the counters say that not all was done.
pub fn ended_short(past: &Past<'_>, _: &Limits) -> Verdict {
    let job = past.job;
    if !matches!(job.phase, Phase::Ended { exit: Exit::Code(0), .. }) || job.kind == JobKind::Scan {
        return Verdict::Fine;
    }
    let progress = &job.progress;
    let (Some(done), Some(total), Some(source)) = (progress.done, progress.total, &progress.source) else {
        return Verdict::NotYetKnown("how much there was to do is not known");
    };
    let failed = progress.failed.unwrap_or(0);
    let is_rounded = source.ends_with(PERCENTS) && done >= ROUNDED;
    // What failed was tried: that is told as errors at a clean exit.
    if done.saturating_add(failed) >= total || is_rounded {
        return Verdict::Fine;
    }
    if progress.unit == Unit::Bytes {
        // What was read since the last look nobody saw, and a job need not read its file to the end.
        return Verdict::NotYetKnown("how much of a file was read is known up to the last look alone");
    }
    let rises = job.beat.of_counter(progress).map_or(0, |pulse| pulse.rhythm.known());
    if source.as_str() == GUESS && rises < RISES {
        return Verdict::NotYetKnown("the count may be of something else");
    }
    let headline = format!("ended with code 0 at {} of {}", count(done), count(total));
    let mut evidence = vec![Text::from(format!("counted by {source}"))];
    evidence.extend(progress.failed.map(|failed| Text::from(format!("{failed} failed"))));
    evidence.extend(progress.in_flight.filter(|&n| n > 0).map(|n| Text::from(format!("{n} were in flight"))));
    claim(Condition::EndedShort, Severity::Warning, headline, evidence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::log::tests::job_with;
    use crate::model::clock::Moment;
    use crate::model::sign::Signs;
    use std::time::Duration;

    #[test]
    fn bytes_that_were_read_after_the_last_look_are_not_missing() {
        let (now, gib) = (Moment::from_millis(5_000_000), 1_073_741_824);
        let mut job = job_with(Signs::default());
        job.phase = Phase::Ended { exit: Exit::Code(0), at: now };
        let progress = &mut job.progress;
        (progress.done, progress.total) = (Some(964_689_920), Some(gib));
        progress.source = Some(Text::from("reading rows.bin"));
        for (unit, is_told) in [(Unit::Bytes, false), (Unit::default(), true)] {
            job.progress.unit = unit;
            let past = Past { job: &job, now, interval: Duration::from_secs(1) };
            let verdict = ended_short(&past, &Limits::default());
            assert_eq!(matches!(verdict, Verdict::Raised(_)), is_told, "{unit:?}: {verdict:?}");
        }
    }
}
