//! Is it frozen, by us? Then nothing else is judged: who stands still on purpose is accused of nothing.

use super::Past;
use super::progress::claim;
use crate::config::limits::Limits;
use crate::model::job::Phase;
use crate::model::text::Text;
use crate::model::verdict::{Condition, Severity, Verdict};

/// Telltale has frozen the job: it needs somebody to decide.
pub fn frozen(past: &Past<'_>, _: &Limits) -> Verdict {
    let Some(frozen) = past.job.frozen.as_ref().filter(|_| past.job.phase == Phase::Running) else {
        return Verdict::Fine;
    };
    let mut evidence = frozen.evidence.clone();
    let processes = match frozen.processes {
        1 => "1 process was stopped where it stood, and keeps what it has".to_owned(),
        n => format!("{n} processes were stopped where they stood, and keep what they have"),
    };
    evidence.push(Text::from(processes));
    if let Some((then, at)) = frozen.then {
        let at = at.time_of_day();
        evidence.push(Text::from(format!("if nobody decides until {at} UTC, {}", then.words())));
    }
    evidence.push(Text::from(frozen.way_out()));
    claim(Condition::Frozen, Severity::Critical, frozen.headline(), evidence)
}

/// What is judged of a frozen job: what it has, holds and has said. Not what it does, for it does nothing.
pub const fn is_judged(condition: Condition) -> bool {
    use Condition as C;
    !matches!(
        condition,
        C::NoHeartbeat
            | C::NoProgress
            | C::WorkerStopped
            | C::WorkerStuck
            | C::Straggler
            | C::Skew
            | C::ThroughputDrop
            | C::SlowDown
    )
}
