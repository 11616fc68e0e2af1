//! What each condition is called in a column, and how its span is told: one place for both, so that a new condition
//! can't be forgotten.

use crate::model::verdict::Condition;

/// How an alert tells of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    /// It is one moment, whether somebody still minds it or not.
    Moment,
    /// Its headline tells its own.
    Own,
    /// It holds since it began.
    Holds,
}

/// How a job with an alert of this condition is, in eight columns at most, and how the alert tells of time.
const fn about(condition: Condition) -> (&'static str, Span) {
    use Condition as C;
    match condition {
        C::NoHeartbeat => ("silent", Span::Own),
        C::NoProgress => ("stalled", Span::Own),
        C::OverTime => ("too long", Span::Own),
        C::MemoryAboveTarget => ("memory", Span::Holds),
        C::MemoryForecast => ("fills up", Span::Own),
        C::OomKill => ("OOM kill", Span::Moment),
        C::Thrashing => ("thrashes", Span::Holds),
        C::WorkerLost => ("lost one", Span::Moment),
        C::WorkerStopped => ("stopped", Span::Holds),
        C::WorkerStuck => ("stuck", Span::Own),
        C::RestartLoop => ("restarts", Span::Holds),
        C::NearDescriptorLimit => ("files", Span::Holds),
        C::NearTaskLimit => ("tasks", Span::Holds),
        C::NearDiskLimit => ("disk", Span::Holds),
        C::DegradedMode => ("degraded", Span::Holds),
        C::ToolchainPanic => ("broken", Span::Moment),
        C::ModuleMissing => ("module", Span::Holds),
        C::ErrorsAtCleanExit => ("errors", Span::Own),
        C::SecretInLog => ("secret", Span::Moment),
        C::Straggler => ("one left", Span::Own),
        C::Skew => ("skewed", Span::Holds),
        C::ThroughputDrop => ("slower", Span::Own),
        C::SlowDown => ("slowing", Span::Holds),
        C::EndedShort => ("short", Span::Own),
        C::Frozen => ("FROZEN", Span::Holds),
    }
}

/// How a job with an alert of this condition is, in a word.
pub(super) const fn word(condition: Condition) -> &'static str {
    about(condition).0
}

/// How an alert of this condition tells of time.
pub(super) const fn span(condition: Condition) -> Span {
    about(condition).1
}
