#![expect(clippy::disallowed_methods, reason = "edge: reads and writes what is remembered of jobs")]
//! Where it is kept what was seen of each job, for who watches it next: in the folder of its run, or, for a process that
//! was found running, in the folder of the session. Owner only, replaced as a whole, bounded.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::seen::{LONGEST, Seen};
use crate::job::folder::{self, Places, is_ours, make_ours};
use crate::model::clock::{self, Moment};
use crate::model::job::{Job, JobId};
use crate::model::member::MemberId;
use crate::model::snapshot::Snapshot;
use crate::model::text::Text;

/// What is remembered of a run, in its folder.
const IN_RUN: &str = "seen.json";
/// The folder for all others.
const FOLDER: &str = "seen";
/// It is written this often, as long as it changes; a loss or an alert is written at once.
const EVERY: Duration = Duration::from_secs(10);
/// A look of fewer rounds leaves nothing behind.
const SHORT_LOOK: u64 = 4;

/// Where it is kept for a run with this folder.
pub fn of_run(folder: &Path) -> PathBuf {
    folder.join(IN_RUN)
}

/// Where it is kept for a process that was found running. Those of processes that are gone are removed.
pub fn of_process(places: &Places, root: &MemberId) -> Option<PathBuf> {
    let MemberId::Process { pid, start } = root else { return None };
    let folder = places.sockets.join(FOLDER);
    // Nothing is removed from a folder that somebody else may have made.
    let listed = is_ours(&folder).then(|| fs::read_dir(&folder).ok()).flatten();
    for entry in listed.into_iter().flatten().flatten() {
        let name = entry.file_name();
        let of = name.to_str().and_then(|name| name.strip_suffix(".json")?.split_once('-'));
        let of = of.and_then(|(pid, start)| Some((pid.parse::<u32>().ok()?, start.parse::<u64>().ok()?)));
        if of.is_some_and(|(pid, _)| !Path::new("/proc").join(pid.to_string()).exists()) {
            let _ = fs::remove_file(entry.path());
        }
    }
    Some(folder.join(format!("{pid}-{start}.json")))
}

/// What is remembered of the watched jobs.
#[derive(Debug)]
pub(super) struct Keepsakes {
    places: HashMap<JobId, Place>,
    boot: String,
    next: Moment,
    rounds: u64,
    pub(super) is_writing: bool,
}

#[derive(Debug)]
struct Place {
    path: PathBuf,
    /// Losses and alerts, and what was done, when it was written last; none before the first round.
    written: Option<(Grave, Option<u64>)>,
}

/// What is worth writing at once: losses, alerts and those of them that are over.
type Grave = (u32, usize, usize);

impl Default for Keepsakes {
    fn default() -> Self {
        let boot = folder::boot();
        Self { places: HashMap::new(), boot, next: Moment::default(), rounds: 0, is_writing: true }
    }
}

impl Keepsakes {
    /// What was seen of this job before, and is kept there; it is kept there from now on too.
    pub(super) fn recall(&mut self, job: &JobId, path: PathBuf) -> Result<Option<Seen>, Text> {
        let read = read(&path);
        let is_ours = path.parent().is_some_and(is_ours);
        let about = format!("what was seen of {job} before is forgotten: {}", path.display());
        self.places.insert(job.clone(), Place { path, written: None });
        let told = |why: String| Text::from(format!("{about}: {why}"));
        match read {
            Ok(_) if !is_ours => Err(told("others may write to its folder".into())),
            Ok(text) => Seen::parse(&text, job, &self.boot, clock::now()).map_err(told),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(told(error.to_string())),
        }
    }

    /// Writes down what changed, as often as it is worth it. Tells what could not be written, once.
    pub(super) fn keep(&mut self, snapshot: &Snapshot) -> Option<Text> {
        self.rounds += 1;
        let is_due = snapshot.at >= self.next;
        if is_due {
            self.next = snapshot.at.plus(EVERY);
        }
        let mut failed = None;
        for job in snapshot.jobs.iter().filter(|job| job.is_running()) {
            let Some(place) = self.places.get_mut(&job.id) else { continue };
            let state = (grave(job, snapshot), job.progress.done);
            let changed =
                place.written.is_some_and(|(grave, done)| grave != state.0 || is_due && done != state.1);
            let is_long = self.rounds > SHORT_LOOK && (is_due && place.written.is_none());
            if !(changed || is_long) || !self.is_writing {
                // The first rounds tell what there is, and not what changed.
                if self.rounds <= SHORT_LOOK {
                    place.written.get_or_insert(state);
                }
                continue;
            }
            place.written = Some(state);
            if let Err(error) = write(&place.path, &Seen::of(job, snapshot, &self.boot)) {
                failed = Some((job.id.clone(), Text::from(format!("{}: {error}", place.path.display()))));
            }
        }
        let (job, why) = failed?;
        self.places.remove(&job);
        Some(Text::from(format!("what is seen of {job} can't be kept for who watches it next: {why}")))
    }

    /// Writes down all at the end of a look that was more than a glance.
    pub(super) fn leave(&self, snapshot: &Snapshot) {
        if !self.is_writing || self.rounds <= SHORT_LOOK {
            return;
        }
        for job in snapshot.jobs.iter().filter(|job| job.is_running()) {
            if let Some(place) = self.places.get(&job.id) {
                // Nobody is there any more to be told.
                let _ = write(&place.path, &Seen::of(job, snapshot, &self.boot));
            }
        }
    }
}

fn grave(job: &Job, snapshot: &Snapshot) -> Grave {
    let alerts = || snapshot.alerts.iter().filter(|alert| alert.job == job.id);
    (job.workers.lost, alerts().count(), alerts().filter(|alert| !alert.is_active()).count())
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits().cast_signed();
    let file = File::options().read(true).custom_flags(flags).open(path)?;
    let mut text = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut text)?;
    Ok(text)
}

fn write(path: &Path, seen: &Seen) -> io::Result<()> {
    let text = serde_json::to_vec(seen)?;
    if text.len() as u64 > LONGEST {
        return Err(io::Error::other("it is too long"));
    }
    let folder = path.parent().unwrap_or(Path::new("/"));
    make_ours(folder)?;
    // Two may watch one job: each has a draft of its own.
    let draft = folder.join(format!(".seen.{}", std::process::id()));
    let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    let options =
        File::options().write(true).create(true).truncate(true).mode(0o600).custom_flags(flags).clone();
    options.open(&draft)?.write_all(&text)?;
    // A reader sees the whole record or none.
    fs::rename(draft, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn only_what_is_ours_and_of_a_process_that_is_gone_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let places = Places::below(None, root.path());
        let folder = places.sockets.join(FOLDER);
        make_ours(&folder).unwrap();
        // No PID is as high: the kernel's own bound is 4194304.
        let (own, gone) = (format!("{}-1.json", std::process::id()), "4194999-7.json".to_owned());
        let others = ["budget-2025.json", "2025-report.json", "-1.json", "7.json"];
        for name in others.iter().copied().chain([own.as_str(), gone.as_str()]) {
            fs::write(folder.join(name), "{}").unwrap();
        }
        let root_of = MemberId::Process { pid: 1, start: 1 };
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        of_process(&places, &root_of).unwrap();
        assert!(folder.join(&gone).exists(), "the folder may be somebody else's");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        of_process(&places, &root_of).unwrap();
        assert!(!folder.join(&gone).exists());
        assert!(others.iter().copied().chain([own.as_str()]).all(|name| folder.join(name).exists()));
    }
}
