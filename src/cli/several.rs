//! Several jobs behind one name: who is meant, what is said of it, and who joins later.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;

use super::attach::{Found, connect};
use super::settings::Settings;
use super::watch::tree_source;
use crate::feed::tail;
use crate::job::folder::{self, Places};
use crate::job::registry::{self, Fate, Run};
use crate::model::clock::Moment;
use crate::model::snapshot::Snapshot;
use crate::model::text::Text;
use crate::proc::find::{self, Matching};
use crate::proc::newcomers::Newcomers;
use crate::session::recruits::{Joined, MOST_JOBS, Recruiter};
use crate::session::source::Source;

/// Newcomers are looked for this often.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Processes that are listed one by one.
const LISTED: usize = 10;

/// The jobs that a name or a part of a command line means, and what is worth a word about that choice.
pub(super) fn meant(
    target: &str,
    matching: &Matching,
    places: &Places,
    is_one: bool,
) -> anyhow::Result<(Vec<Found>, Option<String>)> {
    let Matching { found, mentions } = matching;
    if found.is_empty() && mentions.is_empty() {
        bail!(
            "no process and no live run fits {target:?}; `ps -e` lists processes, and a PID is always exact"
        );
    }
    if found.is_empty() {
        bail!(
            "nothing runs {target:?}; these only name it, and a PID watches one of them:{}",
            listed(mentions)
        );
    }
    if found.len() > if is_one { 1 } else { MOST_JOBS } {
        let most = if is_one { "--one allows one".to_owned() } else { format!("{MOST_JOBS} are the most") };
        bail!("{} processes fit {target:?}, and {most}; name a PID:{}", found.len(), listed(found));
    }
    let runs = live_runs(places);
    let targets = found.iter().map(|process| {
        let run = runs.iter().find(|run| u32::try_from(run.meta.pid) == Ok(process.pid));
        // A keeper tells more than `/proc` does; one that does not answer is done without.
        run.and_then(|run| connect(places, run).ok())
            .unwrap_or_else(|| Found::Process(process.pid, process.command.clone()))
    });
    let mut said = Vec::new();
    if found.len() > 1 {
        said.push(format!("{} jobs fit {target:?}: {}", found.len(), pids(found)));
    }
    if !mentions.is_empty() {
        said.push(format!("left out, for they only name {target:?}:{}", listed(mentions)));
    }
    Ok((targets.collect(), (!said.is_empty()).then(|| said.join("; "))))
}

fn live_runs(places: &Places) -> Vec<Run> {
    registry::list(places).into_iter().filter(|run| matches!(run.fate, Fate::Live(_))).collect()
}

fn pids(found: &[find::Found]) -> String {
    let pids: Vec<String> = found.iter().map(|one| one.pid.to_string()).collect();
    pids.join(", ")
}

fn listed(found: &[find::Found]) -> String {
    let lines = found.iter().take(LISTED).map(|one| format!("\n  {:>7}  {}", one.pid, one.command));
    let more = found.len().saturating_sub(LISTED);
    let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
    lines.collect::<String>() + &more
}

/// Lets instances join that start while others are watched.
pub(super) struct Joining {
    newcomers: Newcomers,
    host: Text,
    settings: Settings,
    descriptors: usize,
    next: Moment,
    left_out: Option<Text>,
}

impl Joining {
    /// What runs now is found otherwise, and joins no more.
    pub(super) fn new(host: &Text, settings: &Settings) -> Self {
        let (host, settings) = (host.clone(), settings.clone());
        let (newcomers, next) = (Newcomers::new(), Moment::default());
        Self { newcomers, host, settings, descriptors: 0, next, left_out: None }
    }

    /// Looks for what fits one of these names; each job may keep so many descriptors.
    pub(super) fn begin(&mut self, wanted: Vec<String>, descriptors: usize) {
        self.newcomers.want(wanted);
        self.descriptors = descriptors;
    }

    fn source(&self, found: find::Found, runs: &[Run]) -> Option<Box<dyn Source>> {
        let run = runs.iter().find(|run| u32::try_from(run.meta.pid) == Ok(found.pid));
        // The output of a run goes to its keeper's log, and not to a file of its own.
        let log = run.and_then(|run| Some(run.folder.as_ref()?.join(folder::LOG)));
        let logs: Vec<PathBuf> = log.map_or_else(|| tail::output_files(found.pid), |log| vec![log]);
        let source =
            tree_source(found.pid, found.command, &self.host, logs, &self.settings, self.descriptors);
        Some(Box::new(source.ok()?))
    }
}

impl Recruiter for Joining {
    fn look(&mut self, watched: &Snapshot, now: Moment) -> Joined {
        let sources = if now < self.next { Vec::new() } else { self.newest(watched, now) };
        Joined { sources, left_out: self.left_out.clone() }
    }
}

impl Joining {
    fn newest(&mut self, watched: &Snapshot, now: Moment) -> Vec<Box<dyn Source>> {
        self.next = now.plus(LOOK_EVERY);
        let members = watched.jobs.iter().flat_map(|job| &job.members);
        let living: HashSet<u32> = members
            .filter(|member| member.activity.is_alive())
            .filter_map(|member| member.id.pid())
            .collect();
        let mut found = self.newcomers.look(&living);
        if found.is_empty() {
            return Vec::new();
        }
        let running = watched.jobs.iter().filter(|job| job.is_running()).count();
        let room = MOST_JOBS.saturating_sub(running);
        if found.len() > room {
            self.left_out = Some(Text::from(format!(
                "no more than {MOST_JOBS} jobs are watched at once: instances that started later are left out"
            )));
        }
        found.truncate(room);
        let runs = live_runs(&Places::from_env());
        found.into_iter().filter_map(|found| self.source(found, &runs)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pids: std::ops::Range<u32>) -> Vec<find::Found> {
        pids.map(|pid| find::Found { pid, command: Text::from(format!("python3 etl.py {pid}")) }).collect()
    }

    fn check(found: Vec<find::Found>, mentions: Vec<find::Found>, is_one: bool) -> Result<usize, String> {
        let root = tempfile::tempdir().expect("a temporary folder");
        let places = Places::below(Some(root.path().to_owned()), root.path());
        let meant = meant("etl.py", &Matching { found, mentions }, &places, is_one);
        meant.map(|(targets, _)| targets.len()).map_err(|error| error.to_string())
    }

    #[test]
    fn many_are_meant_unless_one_is_insisted_on() {
        assert_eq!(check(found(10..18), Vec::new(), false), Ok(8));
        assert_eq!(check(found(10..11), found(20..21), true), Ok(1));
        for (found, mentions, is_one, words) in [
            (found(10..12), Vec::new(), true, "2 processes fit \"etl.py\", and --one allows one"),
            (found(10..75), Vec::new(), false, "65 processes fit \"etl.py\", and 64 are the most"),
            (Vec::new(), found(20..21), false, "these only name it"),
            (Vec::new(), Vec::new(), false, "no process and no live run fits"),
        ] {
            let said = check(found, mentions, is_one).expect_err(words);
            assert!(said.contains(words), "{said}");
        }
    }
}
