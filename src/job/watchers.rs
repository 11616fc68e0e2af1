#![expect(clippy::disallowed_methods, reason = "edge: writes, reads and removes what watchers leave")]
//! What watchers leave for `telltale status`: one small file for each, in the folder that goes with the session.
//!
//! `$XDG_RUNTIME_DIR/telltale/watch/PID.json` is replaced as a whole at most once in two seconds, and removed at the end. A
//! file whose watcher is gone is ignored and cleaned away. It is no part of a run's own folder: a run outlives its
//! watchers, and what they thought of it does not.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::folder::{Places, is_ours, make_ours};
use super::standing::{Standing, Standings, VERSION, jobs};
use super::tree::start_ticks;
use crate::model::clock::{self, Moment};
use crate::model::snapshot::Snapshot;

/// The least time between two writings; a status bar looks no more often.
const GAP: Duration = Duration::from_secs(2);

/// What has not changed is written again after this long, so that a watcher that was stopped is told from a calm one.
const AGAIN: Duration = Duration::from_secs(30);

/// A record older than this is that of a watcher that does not watch.
const OLD: Duration = Duration::from_secs(90);

/// Files that are looked at, and bytes that are read of each.
const MOST_FILES: usize = 256;
const MOST_BYTES: u64 = 256 << 10;

/// This process as a watcher; dropping it removes its file.
#[derive(Debug)]
pub struct Watcher {
    folder: PathBuf,
    pid: i32,
    start_ticks: u64,
    /// What was written last, and when.
    last: Option<(Moment, Vec<Standing>)>,
}

impl Watcher {
    /// A watcher that has written nothing yet.
    pub fn new(places: &Places) -> Self {
        let pid = rustix::process::getpid().as_raw_nonzero().get();
        let folder = folder(places);
        Self { folder, pid, start_ticks: start_ticks(pid).unwrap_or(0), last: None }
    }

    /// Leaves word of how the jobs stand, if that is news and the last word is not too young.
    pub fn leave_word(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        let jobs = jobs(snapshot);
        if !is_due(self.last.as_ref(), &jobs, snapshot.at) {
            return Ok(());
        }
        let is_first = self.last.is_none();
        // A failure is not tried again at once either.
        self.last = Some((snapshot.at, jobs.clone()));
        if is_first {
            make_ours(&self.folder)?;
        }
        let Self { pid, start_ticks, .. } = *self;
        let all = Standings { version: VERSION, watcher: pid, start_ticks, at: snapshot.at, jobs };
        let (draft, path) = (self.folder.join(format!(".{pid}")), self.path());
        let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        let mut options = File::options();
        options.write(true).create(true).truncate(true).mode(0o600).custom_flags(flags);
        options.open(&draft)?.write_all(&serde_json::to_vec(&all)?)?;
        // A reader sees all of it or what was there before.
        fs::rename(draft, path)
    }

    fn path(&self) -> PathBuf {
        self.folder.join(format!("{}.json", self.pid))
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if self.last.is_some() {
            let _ = fs::remove_file(self.path());
        }
    }
}

fn folder(places: &Places) -> PathBuf {
    places.sockets.join("watch")
}

fn is_due(last: Option<&(Moment, Vec<Standing>)>, jobs: &[Standing], now: Moment) -> bool {
    let Some((at, known)) = last else { return !jobs.is_empty() };
    let age = now.since(*at);
    age >= AGAIN || (age >= GAP && known.as_slice() != jobs)
}

/// What all watchers know, the newest first.
pub fn list(places: &Places) -> Vec<Standings> {
    let folder = folder(places);
    if !is_ours(&folder) {
        return Vec::new();
    }
    let now = clock::now();
    let files = fs::read_dir(&folder).into_iter().flatten().flatten().take(MOST_FILES);
    let mut all: Vec<Standings> = files.filter_map(|file| read(&file.path(), now)).collect();
    all.sort_by_key(|standings| std::cmp::Reverse(standings.at));
    all
}

/// A record whose watcher lives and watches. The file of one that is gone goes too.
fn read(path: &Path, now: Moment) -> Option<Standings> {
    let pid: i32 = path.file_name()?.to_str()?.strip_suffix(".json")?.parse().ok()?;
    let mut text = Vec::new();
    let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits().cast_signed();
    let file = File::options().read(true).custom_flags(flags).open(path).ok()?;
    file.take(MOST_BYTES).read_to_end(&mut text).ok()?;
    let read: Option<Standings> = serde_json::from_slice(&text).ok();
    let lives = start_ticks(pid);
    let is_stale = match (&read, lives) {
        (_, None) => true,
        (Some(standings), Some(start)) => standings.start_ticks != start,
        // Not to be read, yet somebody has this PID: it may be a later version.
        (None, Some(_)) => false,
    };
    if is_stale {
        let _ = fs::remove_file(path);
    }
    read.filter(|standings| {
        !is_stale && standings.version <= VERSION && now.since(standings.at) < OLD && standings.watcher == pid
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(root: &Path) -> Places {
        Places::below(None, root)
    }

    #[test]
    fn words_are_due_when_they_are_news_and_not_too_often() {
        let at = Moment::from_millis;
        assert!(!is_due(None, &[], at(0)), "nothing watched, nothing said");
        let last = (at(10_000), Vec::new());
        assert!(!is_due(Some(&last), &[], at(39_000)));
        assert!(is_due(Some(&last), &[], at(40_000)), "a calm watcher shows that it lives");
        let job = jobs(&sample()).remove(0);
        assert!(!is_due(Some(&last), std::slice::from_ref(&job), at(11_000)));
        assert!(is_due(Some(&last), &[job], at(12_000)));
    }

    fn sample() -> Snapshot {
        let mut snapshot = Snapshot::empty(Duration::from_secs(1));
        snapshot.at = clock::now();
        let job = r#"{"id":"a:1","name":"etl","kind":"attached","host":"a","started":null,"phase":"running",
            "memory":null,"cpu":null,"io":null,"workers":{"alive":0,"busy":0,"idle":0,"blocked":0,"lost":0,"finished":0},
            "progress":{"done":1,"total":2,"in_flight":null,"failed":null,"throughput":null,"time_left":null,"source":null},
            "beat":{"sources":[],"last":null,"last_source":null,"watched_since":null,"usual_gap":null},
            "members":[],"log":{"seen":0,"fresh":[]}}"#;
        snapshot.jobs.push(serde_json::from_str(job).unwrap());
        snapshot
    }

    #[test]
    fn a_word_is_left_read_and_taken_along() {
        let root = tempfile::tempdir().unwrap();
        let places = places(root.path());
        let mut watcher = Watcher::new(&places);
        watcher.leave_word(&sample()).unwrap();
        let all = list(&places);
        assert_eq!((all.len(), all[0].jobs[0].name.as_str(), all[0].jobs[0].done), (1, "etl", Some(1)));
        drop(watcher);
        assert!(list(&places).is_empty());
        assert_eq!(fs::read_dir(folder(&places)).unwrap().count(), 0);
    }

    #[test]
    fn the_words_of_those_who_are_gone_do_not_count_and_go() {
        let root = tempfile::tempdir().unwrap();
        let places = places(root.path());
        let mut watcher = Watcher::new(&places);
        watcher.start_ticks += 1;
        watcher.leave_word(&sample()).unwrap();
        assert!(list(&places).is_empty(), "another process with the PID of the watcher");
        assert!(!watcher.path().exists());
        let mut old = Watcher::new(&places);
        let mut snapshot = sample();
        snapshot.at = Moment::from_millis(snapshot.at.millis().saturating_sub(OLD.as_millis() as u64));
        old.leave_word(&snapshot).unwrap();
        assert!(list(&places).is_empty() && old.path().exists(), "a watcher that stands still");
        fs::write(folder(&places).join("garbage.json"), b"{").unwrap();
        fs::write(folder(&places).join("1.json"), b"{").unwrap();
        assert!(list(&places).is_empty());
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_not_believed() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let places = places(root.path());
        let mut watcher = Watcher::new(&places);
        watcher.leave_word(&sample()).unwrap();
        fs::set_permissions(folder(&places), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(list(&places).is_empty());
    }
}
