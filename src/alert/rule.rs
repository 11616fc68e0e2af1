//! How alerts begin, go on and end: pure, from the alerts before and the claims now.

use crate::model::alert::Alert;
use crate::model::clock::Moment;
use crate::model::job::JobId;
use crate::model::verdict::Claim;

/// Ended alerts that are kept, the newest first.
const ENDED_KEPT: usize = 50;

/// The alerts after `before`, given all claims that hold `now`; active ones first. The second value holds those
/// that began now.
///
/// A claim is the same alert while job, condition and subject are the same; its words and evidence are those
/// measured last.
pub fn advance(before: &[Alert], claims: Vec<(JobId, Claim)>, now: Moment) -> (Vec<Alert>, Vec<Alert>) {
    let same = |alert: &Alert, job: &JobId, claim: &Claim| {
        alert.is_active()
            && alert.job == *job
            && alert.claim.condition == claim.condition
            && alert.claim.subject == claim.subject
    };
    let mut ended: Vec<Alert> = before
        .iter()
        .filter(|alert| !claims.iter().any(|(job, claim)| same(alert, job, claim)))
        .map(|alert| Alert { ended: alert.ended.or(Some(now)), ..alert.clone() })
        .collect();
    ended.sort_by_key(|alert| std::cmp::Reverse(alert.ended));
    ended.truncate(ENDED_KEPT);
    let (mut active, mut begun) = (Vec::new(), Vec::new());
    for (job, claim) in claims {
        let old = before.iter().find(|alert| same(alert, &job, &claim)).map(|alert| alert.since);
        let alert = Alert { job, claim, since: old.unwrap_or(now), ended: None };
        if old.is_none() {
            begun.push(alert.clone());
        }
        active.push(alert);
    }
    active.sort_by_key(|alert| (std::cmp::Reverse(alert.claim.severity), alert.since));
    active.append(&mut ended);
    (active, begun)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::Text;
    use crate::model::verdict::{Condition, Severity};

    fn claim(headline: &str) -> (JobId, Claim) {
        let claim = Claim {
            condition: Condition::NoHeartbeat,
            severity: Severity::Critical,
            subject: None,
            headline: Text::from(headline),
            evidence: Vec::new(),
        };
        (Text::from("job"), claim)
    }

    #[test]
    fn an_alert_begins_goes_on_ends_and_begins_anew() {
        let at = Moment::from_millis;
        let (first, begun) = advance(&[], vec![claim("silent for 61s")], at(1));
        assert_eq!((first.len(), begun.len()), (1, 1));
        let (second, begun) = advance(&first, vec![claim("silent for 62s")], at(2));
        assert_eq!((second.len(), begun.len(), second[0].since), (1, 0, at(1)));
        assert_eq!(second[0].claim.headline.as_str(), "silent for 62s");
        let (third, _) = advance(&second, Vec::new(), at(3));
        assert_eq!((third.len(), third[0].ended), (1, Some(at(3))));
        let (fourth, begun) = advance(&third, vec![claim("silent again")], at(4));
        assert_eq!((fourth.len(), begun.len(), fourth[0].since), (2, 1, at(4)));
        assert_eq!(fourth[1].ended, Some(at(3)), "an ended alert stays ended");
    }
}
