#![expect(clippy::disallowed_methods, reason = "edge: writes down who is frozen, and finds it again")]
//! What is written down of a freeze, so that whoever is left can undo it: in the folder of a run, and for a job that
//! is only watched in the folder for sockets, which goes with the session as its processes do.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::group::Group;
use crate::job::folder::{self, Places};
use crate::job::registry;
use crate::job::tree::Process;
use crate::model::clock;
use crate::model::freeze::{Frozen, FrozenBy, Then};
use crate::model::text::Text;

/// The version of this record.
const FORMAT: u32 = 1;

const NAME: &str = "frozen.json";

/// A freeze.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The version of this record.
    pub format: u32,
    /// What people are told of it.
    pub told: Frozen,
    /// The job's main process.
    pub root: Process,
    /// What it is called.
    pub name: Text,
    /// The group that is frozen as a whole.
    pub(super) group: Option<Group>,
    /// Every process that was stopped by a signal, parents before their children.
    pub stopped: Vec<Process>,
    /// The start of the machine in which it was written; empty in an older record.
    #[serde(default)]
    boot: String,
}

/// Whom and why to freeze.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// Who wants it.
    pub by: FrozenBy,
    /// What was measured.
    pub evidence: Vec<Text>,
    /// What follows when nobody decides, and how many milliseconds later.
    pub then: Option<(Then, u64)>,
}

impl Reason {
    /// Somebody pressed a key.
    pub const fn by_hand() -> Self {
        Self { by: FrozenBy::Hand, evidence: Vec::new(), then: None }
    }
}

impl Record {
    /// A freeze that begins now and has stopped nobody yet.
    pub fn new(root: Process, name: Text, target: Text, reason: Reason) -> Self {
        let since = clock::wall();
        let later = |ms: u64| crate::model::clock::WallTime(since.0.saturating_add_unsigned(ms));
        let told = Frozen {
            since,
            by: reason.by,
            processes: 0,
            going: Vec::new(),
            evidence: reason.evidence,
            then: reason.then.map(|(then, ms)| (then, later(ms))),
            target,
        };
        Self { format: FORMAT, told, root, name, group: None, stopped: Vec::new(), boot: folder::boot() }
    }

    /// Takes over who was stopped before, for a job that is frozen once more.
    pub fn take_over(&mut self, old: Self) {
        (self.group, self.stopped) = (old.group, old.stopped);
    }

    /// True for one from before the machine was started: its processes are gone.
    fn is_stale(&self) -> bool {
        let boot = folder::boot();
        if !boot.is_empty() && !self.boot.is_empty() {
            return self.boot != boot;
        }
        let booted = clock::wall().0.saturating_sub_unsigned(clock::now().millis());
        self.told.since.0 < booted
    }
}

/// Where the record of a run is.
pub fn of_run(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

/// Where the record of a process is that nobody launched for us.
pub fn of_process(places: &Places, root: Process) -> PathBuf {
    folder_of_processes(places).join(format!("{}-{}.json", root.pid, root.start))
}

fn folder_of_processes(places: &Places) -> PathBuf {
    places.sockets.join("frozen")
}

/// Writes a record down; its folder is made where there is none.
pub fn write(path: &Path, record: &Record) -> io::Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    if name != NAME {
        folder::make_ours(folder)?;
    }
    folder::write_record(folder, name, record)
}

/// The record at this place, if there is one that still means something. It says whom to stop, to let go on and to
/// kill: one that somebody else may have put there is none.
pub fn read(path: &Path) -> Option<Record> {
    path.parent().filter(|folder| folder::is_ours(folder))?;
    folder::read_record::<Record>(path).filter(|record| !record.is_stale())
}

/// Forgets a freeze that is over.
pub fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

/// All records there are, of runs and of others, with their places.
pub fn all(places: &Places) -> Vec<(PathBuf, Record)> {
    let runs = places.runs().into_iter().filter_map(|run| places.folder_of(&run));
    // A home folder may be shared by many machines, and their PIDs are not ours.
    let here = runs.filter(|folder| folder::meta(folder).is_some_and(|meta| meta.host == folder::host()));
    let of_runs = here.map(|folder| of_run(&folder));
    let listed = fs::read_dir(folder_of_processes(places)).into_iter().flatten().flatten();
    let others = listed.map(|entry| entry.path()).filter(|path| {
        path.extension().is_some_and(|extension| extension == "json")
            && path.file_name().is_some_and(|name| !name.as_encoded_bytes().starts_with(b"."))
    });
    of_runs.chain(others).filter_map(|path| Some((path.clone(), read(&path)?))).collect()
}

/// The record that somebody means by these words: the run, its name, or the PID of its main process.
pub fn fits(path: &Path, record: &Record, words: &str) -> bool {
    let run = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    let is_run = path.file_name().is_some_and(|name| name == NAME);
    record.told.target.as_str() == words
        || record.root.pid.to_string() == words
        || record.name.as_str() == words
        || (is_run && run.is_some_and(|run| run == words || run.ends_with(&format!("-{words}"))))
}

/// Whether the keeper of this run lives, which then is the one to ask.
pub fn keeper_of(places: &Places, path: &Path) -> Option<String> {
    let run = path.parent().filter(|_| path.file_name().is_some_and(|name| name == NAME))?;
    let run = run.file_name()?.to_str()?;
    let found = registry::look_up(places, run)?;
    matches!(found.fate, registry::Fate::Live(_)).then(|| run.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_found_by_what_people_type() {
        let root = tempfile::tempdir().unwrap();
        let places = Places::below(Some(root.path().join("state")), &root.path().join("run"));
        let process = Process { pid: 4711, start: 99 };
        let mut record =
            Record::new(process, Text::new("python3 etl.py"), Text::new("4711"), Reason::by_hand());
        let path = of_process(&places, process);
        write(&path, &record).unwrap();
        assert_eq!(all(&places), [(path.clone(), record.clone())]);
        for (words, expected) in [("4711", true), ("python3 etl.py", true), ("471", false), ("", false)] {
            assert_eq!(fits(&path, &record, words), expected, "{words}");
        }
        let run = of_run(Path::new("/runs/251121-0554-abc"));
        assert!(fits(&run, &record, "251121-0554-abc") && fits(&run, &record, "abc"));
        record.told.since = crate::model::clock::WallTime(1);
        write(&path, &record).unwrap();
        assert_eq!(all(&places).len(), 1, "the date was set since, and the job is still frozen");
        record.boot.clear();
        write(&path, &record).unwrap();
        assert!(all(&places).is_empty(), "an older record has nothing but the date");
        record.boot = "another start".into();
        write(&path, &record).unwrap();
        assert!(all(&places).is_empty(), "it is from before the machine was started");
        remove(&path);
        assert_eq!(read(&path), None);
    }

    #[test]
    fn what_somebody_else_may_have_put_there_is_no_record() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let root = tempfile::tempdir().unwrap();
        let runtime = root.path().join("run");
        let places = Places::below(None, &runtime);
        let process = Process { pid: 4711, start: 99 };
        let record = Record::new(process, Text::new("x"), Text::new("4711"), Reason::by_hand());
        let path = of_process(&places, process);
        write(&path, &record).unwrap();
        for folder in [path.parent().unwrap(), &places.sockets, &runtime] {
            let mode = |mode| fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
            mode(0o777);
            assert!(all(&places).is_empty() && read(&path).is_none(), "{}", folder.display());
            assert!(write(&path, &record).is_err(), "{}", folder.display());
            mode(0o700);
        }
        assert_eq!(all(&places).len(), 1);
        let elsewhere = root.path().join("elsewhere");
        fs::rename(&path, &elsewhere).unwrap();
        symlink(&elsewhere, &path).unwrap();
        assert_eq!(read(&path), None, "a link");
        remove(&path);
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        assert!(all(&places).is_empty(), "a pipe that nobody writes to holds up nobody");
    }
}
