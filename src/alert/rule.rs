//! How alerts begin, go on, worsen and end: pure, from the alerts before and the claims now.
//!
//! An alert never flaps: one whose claim returns soon after it ended is the same alert and is not told again, and what
//! is measured against a trend goes on for a while after it was claimed last, for a trend crosses its bound many times.

use std::time::Duration;

use crate::model::alert::Alert;
use crate::model::clock::Moment;
use crate::model::job::JobId;
use crate::model::verdict::{Claim, Condition};

/// Ended alerts that are kept, the newest first.
const ENDED_KEPT: usize = 50;
/// A claim that returns within this time after its alert ended takes that alert up again.
const RETURNS: Duration = Duration::from_mins(1);

/// How long an alert goes on after it was claimed last.
const HOLD: Duration = Duration::from_secs(30);

/// The hold of this condition: what is measured against a trend has one, what is seen to end (a beat comes, a process
/// goes on) has none.
const fn hold(condition: Condition) -> Duration {
    use Condition::{Skew, SlowDown, Straggler, ThroughputDrop};
    if matches!(condition, Skew | SlowDown | Straggler | ThroughputDrop) { HOLD } else { Duration::ZERO }
}

/// When an ended alert is over for good: until then its claim would take it up again. `None` while it is active.
pub fn settles(alert: &Alert) -> Option<Moment> {
    // A job that is frozen once more waits for another decision.
    let returns = alert.claim.condition != Condition::Frozen;
    alert.ended.map(|ended| if returns { ended.plus(RETURNS) } else { ended })
}

/// The alerts after `before`, given all claims that hold `now`; active ones first. The second value holds those that
/// are to be told: those that began now, and those that became worse than they were ever told to be.
///
/// A claim is the same alert while job, condition and subject are the same; its words and evidence are those
/// measured last.
pub fn advance(before: &[Alert], claims: &[(JobId, Claim)], now: Moment) -> (Vec<Alert>, Vec<Alert>) {
    let is_of = |alert: &Alert, job: &JobId, claim: &Claim| {
        alert.job == *job && alert.claim.condition == claim.condition && alert.claim.subject == claim.subject
    };
    let goes_on = |alert: &Alert| settles(alert).is_none_or(|settled| now < settled);
    // Active ones come first, so that the newest of several is found.
    let known =
        |job: &JobId, claim: &Claim| before.iter().find(|alert| goes_on(alert) && is_of(alert, job, claim));
    let (mut active, mut told) = (Vec::new(), Vec::new());
    for (job, claim) in claims {
        let old = known(job, claim);
        let worst = old.map(|old| old.told.unwrap_or(old.claim.severity));
        let alert = Alert {
            job: job.clone(),
            claim: claim.clone(),
            since: old.map_or(now, |old| old.since),
            ended: None,
            claimed: Some(now),
            told: worst.max(Some(claim.severity)),
            diagnosis: old.and_then(|old| old.diagnosis.clone()),
        };
        if worst < alert.told {
            told.push(alert.clone());
        }
        active.push(alert);
    }
    let mut ended = Vec::new();
    for alert in before.iter().filter(|alert| {
        !claims.iter().any(|(job, claim)| is_of(alert, job, claim) && known(job, claim) == Some(alert))
    }) {
        let last = alert.claimed.unwrap_or(alert.since);
        if alert.is_active() && now.since(last) < hold(alert.claim.condition) {
            active.push(alert.clone());
        } else {
            ended.push(Alert { ended: alert.ended.or(Some(now)), ..alert.clone() });
        }
    }
    ended.sort_by_key(|alert| std::cmp::Reverse(alert.ended));
    ended.truncate(ENDED_KEPT);
    active.sort_by_key(|alert| (std::cmp::Reverse(alert.claim.severity), alert.since));
    active.append(&mut ended);
    (active, told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::Text;
    use crate::model::verdict::Severity;

    fn claim(severity: Severity, headline: &str) -> (JobId, Claim) {
        let claim = Claim {
            condition: Condition::NoHeartbeat,
            severity,
            subject: None,
            headline: Text::from(headline),
            evidence: Vec::new(),
        };
        (Text::from("job"), claim)
    }

    const fn at(second: u64) -> Moment {
        Moment::from_millis(second * 1_000)
    }

    #[test]
    fn an_alert_begins_goes_on_ends_and_begins_anew() {
        let silent = |words| [claim(Severity::Critical, words)];
        let (first, told) = advance(&[], &silent("silent for 61s"), at(1));
        assert_eq!((first.len(), told.len()), (1, 1));
        let (second, told) = advance(&first, &silent("silent for 62s"), at(2));
        assert_eq!((second.len(), told.len(), second[0].since), (1, 0, at(1)));
        assert_eq!(second[0].claim.headline.as_str(), "silent for 62s");
        let (third, _) = advance(&second, &[], at(3));
        assert_eq!((third.len(), third[0].ended), (1, Some(at(3))));
        let (fourth, told) = advance(&third, &silent("silent again"), at(64));
        assert_eq!((fourth.len(), told.len(), fourth[0].since), (2, 1, at(64)));
        assert_eq!(fourth[1].ended, Some(at(3)), "an ended alert stays ended");
    }

    #[test]
    fn a_claim_that_returns_soon_takes_its_alert_up_again() {
        let (mut alerts, told) = advance(&[], &[claim(Severity::Warning, "silent")], at(1));
        assert_eq!(told.len(), 1);
        for second in 2..200 {
            let is_claimed = second % 40 == 0;
            let claims: Vec<_> = is_claimed.then(|| claim(Severity::Warning, "silent")).into_iter().collect();
            let (next, told) = advance(&alerts, &claims, at(second));
            assert_eq!((next.len(), told.len()), (1, 0), "{second}");
            assert_eq!((next[0].since, next[0].is_active()), (at(1), is_claimed));
            alerts = next;
        }
    }

    #[test]
    fn a_trend_that_crosses_its_bound_now_and_then_is_one_alert() {
        let slow = || {
            let (job, claim) = claim(Severity::Warning, "slower");
            (job, Claim { condition: Condition::ThroughputDrop, ..claim })
        };
        let (mut alerts, _) = advance(&[], &[slow()], at(0));
        for second in 1..100 {
            let claims: Vec<_> = (second % 20 == 0).then(slow).into_iter().collect();
            let told;
            (alerts, told) = advance(&alerts, &claims, at(second));
            assert_eq!((told.len(), alerts[0].is_active()), (0, true), "{second}");
        }
        let (over, _) = advance(&alerts, &[], at(110));
        assert_eq!(over[0].ended, Some(at(110)));
    }

    #[test]
    fn what_becomes_worse_is_told_once_more() {
        use Severity::{Critical, Warning};
        let mut alerts = Vec::new();
        let mut told = Vec::new();
        for (second, severity) in [Warning, Warning, Critical, Warning, Critical, Critical].iter().enumerate()
        {
            let (next, now) = advance(&alerts, &[claim(*severity, "full")], at(second as u64));
            alerts = next;
            told.extend(now.into_iter().map(|alert| (second, alert.claim.severity, alert.since)));
        }
        assert_eq!(told, [(0, Warning, at(0)), (2, Critical, at(0))]);
    }
}
