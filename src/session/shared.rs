//! One memory limit over several watched jobs is one alert, which says what each of them holds; pure.
//!
//! Eight instances of one script fill one host: eight equal alerts would tell less than one that names them.

use crate::model::alert::Alert;
use crate::model::job::{Job, JobId, MemoryLimit};
use crate::model::snapshot::Snapshot;
use crate::model::text::Text;
use crate::model::verdict::{Claim, Condition};

/// Jobs that are named with what they hold; more are counted.
const NAMED: usize = 8;

/// The claims, those about one limit that several jobs share made one: that of the job which told of it `before`, or
/// else of the job that comes first. The worst of them gives the words.
pub(super) fn told_once(
    claims: Vec<(JobId, Claim)>,
    snapshot: &Snapshot,
    before: &[Alert],
) -> Vec<(JobId, Claim)> {
    let mut told: Vec<(JobId, Claim)> = Vec::with_capacity(claims.len());
    for (id, mut claim) in claims {
        let sharing = sharing(&id, &claim, snapshot);
        if sharing.len() < 2 {
            told.push((id, claim));
            continue;
        }
        claim.headline = Text::from(format!("{}; {} watched jobs share it", claim.headline, sharing.len()));
        claim.evidence.insert(claim.evidence.len().min(1), holders(&sharing));
        let shares = |other: &JobId| sharing.iter().any(|job| job.id == *other);
        let is_same =
            |(other, about): &&mut (JobId, Claim)| about.condition == claim.condition && shares(other);
        if let Some((_, known)) = told.iter_mut().find(is_same) {
            if claim.severity > known.severity {
                *known = claim;
            }
            continue;
        }
        // Each job learns the trend at a time of its own: an alert that changed its job would be told twice.
        let teller = before.iter().find(|alert| {
            alert.is_active() && alert.claim.condition == claim.condition && shares(&alert.job)
        });
        told.push((teller.map_or(id, |alert| alert.job.clone()), claim));
    }
    told
}

/// The jobs below the limit that a claim is about.
fn sharing<'a>(id: &JobId, claim: &Claim, snapshot: &'a Snapshot) -> Vec<&'a Job> {
    let limit = |job: &'a Job| job.memory.as_ref().and_then(|memory| memory.limit.as_ref());
    let Some((job, of)) = snapshot.job(id).and_then(|job| Some((job, limit(job)?))) else {
        return Vec::new();
    };
    if !matches!(claim.condition, Condition::MemoryAboveTarget | Condition::MemoryForecast) {
        return Vec::new();
    }
    // What a process may use by itself has the same name in another one, and is another limit.
    let is_it = |other: &MemoryLimit| {
        (&other.scope, other.limit) == (&of.scope, of.limit)
            && (&*of.scope == "host" || of.scope.starts_with("cgroup"))
    };
    let running = snapshot.jobs.iter().filter(|other| other.host == job.host && other.is_running());
    running.filter(|other| limit(other).is_some_and(is_it)).collect()
}

fn holders(sharing: &[&Job]) -> Text {
    let held = |job: &&Job| job.memory.as_ref().map(|memory| memory.used);
    let mut largest = sharing.to_vec();
    largest.sort_by_key(|job| std::cmp::Reverse(held(job)));
    let name = |job: &Job| job.root().map_or_else(|| job.name.to_string(), |pid| pid.to_string());
    let named: Vec<String> = largest
        .iter()
        .take(NAMED)
        .filter_map(|job| Some(format!("{} holds {}", name(job), held(job)?)))
        .collect();
    let more = largest.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    Text::from(format!("of the watched jobs {}{more}", named.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::job::{Memory, MemoryBasis};
    use crate::model::metric::Bytes;
    use crate::model::verdict::Severity;
    use std::time::Duration;

    fn job(n: u32, scope: &str) -> Job {
        let json = serde_json::json!({
            "id": format!("db7:{n}"), "name": "etl", "kind": "attached", "host": "db7", "started": null,
            "phase": "running", "memory": null, "cpu": null, "io": null,
            "workers": {"alive": 1, "busy": 0, "idle": 1, "blocked": 0, "lost": 0, "finished": 0},
            "progress": {"done": null, "total": null, "in_flight": null, "failed": null, "throughput": null,
                "time_left": null, "source": null},
            "beat": {"sources": [], "last": null, "last_source": null, "watched_since": null, "usual_gap": null},
            "members": [], "log": {"seen": 0, "fresh": []},
        });
        let mut job: Job = serde_json::from_value(json).expect("it is a job");
        let limit = Some(MemoryLimit { scope: scope.into(), limit: Bytes(100), used: Bytes(90) });
        job.memory =
            Some(Memory { used: Bytes(n.into()), basis: MemoryBasis::RssSum, limit, forecast: None });
        job
    }

    fn claims(snapshot: &Snapshot, condition: Condition) -> Vec<(JobId, Claim)> {
        let claim = Claim {
            condition,
            severity: Severity::Warning,
            subject: None,
            headline: "memory 90 % full".into(),
            evidence: vec!["90 B of 100 B".into()],
        };
        snapshot.jobs.iter().map(|job| (job.id.clone(), claim.clone())).collect()
    }

    #[test]
    fn one_limit_is_one_alert_that_names_who_holds_what() {
        let mut snapshot = Snapshot::empty(Duration::from_secs(1));
        snapshot.jobs = vec![job(10, "host"), job(30, "host"), job(20, "host"), job(40, "cgroup /a")];
        let told = told_once(claims(&snapshot, Condition::MemoryAboveTarget), &snapshot, &[]);
        let said: Vec<_> = told.iter().map(|(id, claim)| (id.as_str(), claim.headline.as_str())).collect();
        assert_eq!(
            said,
            [("db7:10", "memory 90 % full; 3 watched jobs share it"), ("db7:40", "memory 90 % full")]
        );
        let held = "of the watched jobs 30 holds 30 B, 20 holds 20 B, 10 holds 10 B";
        assert_eq!(told[0].1.evidence[1].as_str(), held);
        let silent = told_once(claims(&snapshot, Condition::NoHeartbeat), &snapshot, &[]);
        assert_eq!(silent.len(), 4, "each is silent by itself");
    }

    #[test]
    fn a_forecast_of_one_limit_stays_with_the_job_that_told_it_first() {
        let mut snapshot = Snapshot::empty(Duration::from_secs(1));
        snapshot.jobs = vec![job(10, "host"), job(30, "host"), job(40, "cgroup /a")];
        let mut claims = claims(&snapshot, Condition::MemoryForecast);
        claims[1].1.severity = Severity::Critical;
        let who = |told: &[(JobId, Claim)]| -> Vec<_> {
            told.iter().map(|(id, claim)| (id.to_string(), claim.severity)).collect()
        };
        let both =
            |of: &str| vec![(of.to_owned(), Severity::Critical), ("db7:40".to_owned(), Severity::Warning)];
        assert_eq!(who(&told_once(claims.clone(), &snapshot, &[])), both("db7:10"));
        let alerts = |told: &[(JobId, Claim)]| crate::alert::rule::advance(&[], told, snapshot.at).0;
        // Only the second one had a trend at first, and only the first has one in the end.
        let first = alerts(&told_once(claims[1..].to_vec(), &snapshot, &[]));
        assert_eq!(who(&told_once(claims.clone(), &snapshot, &first)), both("db7:30"));
        let last = told_once(vec![claims[0].clone()], &snapshot, &first);
        assert_eq!(who(&last), [("db7:30".to_owned(), Severity::Warning)]);
    }

    #[test]
    fn a_limit_of_each_process_by_itself_is_not_shared() {
        let mut snapshot = Snapshot::empty(Duration::from_secs(1));
        snapshot.jobs = vec![job(10, "RLIMIT_AS of 10"), job(30, "RLIMIT_AS of 10")];
        assert_eq!(told_once(claims(&snapshot, Condition::MemoryAboveTarget), &snapshot, &[]).len(), 2);
    }
}
