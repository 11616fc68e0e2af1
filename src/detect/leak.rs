//! Does it print secrets?

use super::Past;
use crate::config::limits::Limits;
use crate::model::member::MemberId;
use crate::model::sign::{Sign, SignClass};
use crate::model::text::Text;
use crate::model::verdict::{Claim, Condition, Severity, Verdict};

/// Secrets that are claimed one by one; more are told with the last of them.
const TOLD_APART: usize = 8;

/// A secret stands in the output: one claim for each, for as long as the job is watched, for it stays there.
pub fn secret_in_log(past: &Past<'_>, _: &Limits) -> Verdict {
    let secrets: Vec<&Sign> = past.job.signs.of(SignClass::Secret).collect();
    if secrets.is_empty() {
        return Verdict::Fine;
    }
    let mut claims: Vec<Claim> = secrets.iter().take(TOLD_APART).map(|sign| leaked(sign)).collect();
    if let (Some(last), more @ 1..) = (claims.last_mut(), secrets.len().saturating_sub(TOLD_APART)) {
        last.evidence.push(Text::from(format!("{more} more secrets stand in the output")));
    }
    Verdict::Raised(claims)
}

fn leaked(sign: &Sign) -> Claim {
    Claim {
        condition: Condition::SecretInLog,
        severity: Severity::Warning,
        // Another secret is another alert.
        subject: Some(MemberId::Named(sign.kind.id.clone())),
        headline: Text::from(format!("a secret in its output: {}", sign.kind.about)),
        evidence: vec![
            sign.excerpt.clone(),
            Text::from("it is hidden here and in the kept log; whoever reads the output itself has it"),
            sign.kind.advice.clone(),
        ],
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::clock::Moment;
    use crate::model::sign::{Leak, Signs};

    #[test]
    fn each_secret_is_an_alert_of_its_own_up_to_a_few() {
        let said = |leaks: usize| {
            let leak = |n: usize| Leak {
                id: Text::from(format!("github-pat:{n}")),
                about: Text::from("GitHub token"),
                redacted: Text::from("ghp_********"),
                line: Some(7),
            };
            let reads = (0..leaks).map(|n| leak(n).sign(Moment::default()));
            let seen = reads.map(|read| Sign {
                kind: read.kind,
                count: 1,
                first: read.at.0,
                last: read.at.1,
                line: 1,
                excerpt: read.excerpt,
                throughput_before: None,
            });
            let signs = Signs { seen: seen.collect(), beyond: 0 };
            let job = crate::detect::log::tests::job_with(signs);
            let past = Past { job: &job, now: Moment::default(), interval: Duration::from_secs(1) };
            match secret_in_log(&past, &Limits::default()) {
                Verdict::Raised(claims) => claims,
                _ => Vec::new(),
            }
        };
        assert_eq!(said(0), Vec::new());
        let two = said(2);
        assert_eq!(two[0].headline.as_str(), "a secret in its output: GitHub token");
        assert_eq!(two[0].evidence[0].as_str(), "ghp_******** in line 7 of the output");
        assert_ne!(two[0].subject, two[1].subject);
        let many = said(11);
        assert_eq!(many.len(), 8);
        assert_eq!(many[7].evidence.last().map(Text::as_str), Some("3 more secrets stand in the output"));
    }
}
