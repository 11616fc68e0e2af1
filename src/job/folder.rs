#![expect(clippy::disallowed_methods, reason = "edge: makes, reads and prunes the folders of runs")]
//! Where a run keeps its files: one folder a run, for the owner alone.
//!
//! `${XDG_STATE_HOME:-$HOME/.local/state}/telltale/runs/<run-id>/` holds `meta.json` from the start, `output.log`
//! as it grows, and `exit.json` from the end on. A folder with neither an `exit.json` nor a keeper that answers is a
//! run that was cut off, and is called that.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::message::{Meta, Orphan};
use crate::model::clock::civil;
use crate::model::process::Exit;

/// The log of the job's output.
pub const LOG: &str = "output.log";
/// The part of it before the last time it reached its cap.
pub const LOG_BEFORE: &str = "output.log.1";
/// The version of `meta.json` and `exit.json`.
pub const FORMAT: u32 = 1;

const META: &str = "meta.json";
const EXIT: &str = "exit.json";

/// How many ended runs are kept.
const KEPT: usize = 50;

/// How many bytes of them: a full log is two caps, and fifty of those would be a surprise.
const KEPT_BYTES: u64 = 1024 * 1024 * 1024;

/// No record of ours is longer: a reader of a strange file stops here.
const MAX_RECORD: u64 = 1024 * 1024;

/// What is written down when a run has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// The version of this record.
    pub format: u32,
    /// How the main process ended.
    pub exit: Exit,
    /// When, in milliseconds since 1970.
    pub ended_unix_ms: u64,
    /// How orphans of the job ended, the newest at the end; a long list is cut at its beginning.
    pub orphans: Vec<Orphan>,
}

/// Where runs and their sockets are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The folder that holds a folder for each run, or why there is none.
    pub runs: Result<PathBuf, &'static str>,
    /// The folder that holds a socket for each run with a keeper.
    pub sockets: PathBuf,
}

impl Places {
    /// The places the environment names.
    pub fn from_env() -> Self {
        // The XDG rules tell us to ignore relative paths.
        let folder = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let state = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local").join("state")));
        let below_tmp = || PathBuf::from(format!("/tmp/telltale-{}", rustix::process::geteuid().as_raw()));
        Self::below(state, &folder("XDG_RUNTIME_DIR").unwrap_or_else(below_tmp))
    }

    /// The places below a folder for what stays and one for what goes with the session.
    pub fn below(state: Option<PathBuf>, runtime: &Path) -> Self {
        Self {
            runs: state
                .map(|state| state.join("telltale").join("runs"))
                .ok_or("neither XDG_STATE_HOME nor HOME names a folder"),
            sockets: runtime.join("telltale"),
        }
    }

    /// The folder of this run.
    pub fn folder_of(&self, run: &str) -> Option<PathBuf> {
        Some(self.runs.as_ref().ok()?.join(run))
    }

    /// The ids of all runs that have a folder.
    pub fn runs(&self) -> Vec<String> {
        let entries = self.runs.as_ref().ok().and_then(|runs| fs::read_dir(runs).ok());
        entries
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect()
    }
}

/// What this start of the machine is called by the kernel; empty where it can't be read. A date can be set, and PIDs
/// begin anew.
pub fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

/// Milliseconds since 1970.
pub fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_millis() as u64
}

/// Makes the folder of a new run and gives its id; if none can be made, the id alone and the reason.
pub(super) fn create(places: &Places) -> (String, Result<PathBuf, String>) {
    let mut id = run_id(unix_ms(), random());
    let runs = match &places.runs {
        Ok(runs) => runs,
        Err(why) => return (id, Err((*why).to_owned())),
    };
    if let Err(error) = owned_folder(runs) {
        return (id, Err(error.to_string()));
    }
    loop {
        match DirBuilder::new().mode(0o700).create(runs.join(&id)) {
            Ok(()) => return (id.clone(), Ok(runs.join(id))),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => id = run_id(unix_ms(), random()),
            Err(error) => return (id, Err(error.to_string())),
        }
    }
}

/// Makes a folder, with its parents, that only its owner may enter, and refuses one that somebody else controls.
pub fn owned_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    if is_owned(path) {
        Ok(())
    } else {
        Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("{} is not a folder of ours alone", path.display()),
        ))
    }
}

/// A folder into which nobody else can write.
fn is_owned(path: &Path) -> bool {
    let own = rustix::process::geteuid().as_raw();
    fs::symlink_metadata(path)
        .is_ok_and(|found| found.is_dir() && found.uid() == own && found.mode() & 0o022 == 0)
}

/// The folders that have to be ours before what lies in this one is: in /tmp anybody can make one of our name first,
/// and could then swap ours inside it.
fn above(folder: &Path) -> impl Iterator<Item = &Path> {
    let outer = folder.parent().and_then(Path::parent).filter(|outer| outer.starts_with("/tmp/"));
    outer.into_iter().chain(folder.parent())
}

/// Makes a folder below [`Places`], and refuses one into which, or around which, somebody else could put anything.
pub fn make_ours(folder: &Path) -> io::Result<()> {
    above(folder).chain([folder]).try_for_each(owned_folder)
}

/// Whether nobody else can have put anything into this folder below [`Places`]: what lies there is acted on.
pub fn is_ours(folder: &Path) -> bool {
    above(folder).chain([folder]).all(is_owned)
}

/// Writes down how a run began.
pub(super) fn write_meta(folder: &Path, meta: &Meta) -> io::Result<()> {
    write_record(folder, META, meta)
}

/// Writes down how a run ended.
pub(super) fn write_ending(folder: &Path, ending: &Ending) -> io::Result<()> {
    write_record(folder, EXIT, ending)
}

/// How the run in this folder began.
pub fn meta(folder: &Path) -> Option<Meta> {
    read_record(&folder.join(META))
}

/// How the run in this folder ended.
pub fn ending(folder: &Path) -> Option<Ending> {
    read_record(&folder.join(EXIT))
}

pub(super) fn write_record<R: Serialize>(folder: &Path, name: &str, record: &R) -> io::Result<()> {
    let (draft, path) = (folder.join(format!(".{name}")), folder.join(name));
    let mut text = serde_json::to_vec_pretty(record)?;
    text.push(b'\n');
    let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    let mut file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .custom_flags(flags)
        .open(&draft)?;
    file.write_all(&text)?;
    // A reader sees the whole record or none.
    fs::rename(draft, path)
}

pub(super) fn read_record<R: DeserializeOwned>(path: &Path) -> Option<R> {
    let mut text = Vec::new();
    // Neither a link to something else nor a pipe that nobody writes to is a record.
    let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits().cast_signed();
    let file = File::options().read(true).custom_flags(flags).open(path).ok()?;
    file.take(MAX_RECORD).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Removes the folder of a run that never began.
pub(super) fn discard(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
}

/// Removes the oldest runs that are over, down to the number and the size that are kept.
pub(super) fn prune(places: &Places) {
    let mut over: Vec<(SystemTime, PathBuf)> = places
        .runs()
        .into_iter()
        .filter_map(|run| places.folder_of(&run))
        .filter_map(|path| Some((fs::symlink_metadata(&path).ok()?.modified().ok()?, path)))
        .filter(|(changed, path)| is_over(path, *changed))
        .collect();
    over.sort_by(|one, other| other.cmp(one));
    let mut bytes = 0;
    for (rank, (_, path)) in over.into_iter().enumerate() {
        bytes += size(&path);
        // The newest is kept whatever its size: somebody is about to read it.
        if rank >= KEPT || (rank > 0 && bytes > KEPT_BYTES) {
            discard(&path);
        }
    }
}

fn size(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum()
}

/// The name of this machine.
pub(super) fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn is_over(folder: &Path, changed: SystemTime) -> bool {
    if folder.join(EXIT).exists() {
        return true;
    }
    match meta(folder) {
        // A keeper elsewhere can't be seen from here.
        Some(meta) => meta.host == host() && !Path::new(&format!("/proc/{}", meta.keeper_pid)).exists(),
        // It may be about to start; after an hour it isn't.
        None => changed.elapsed().is_ok_and(|age| age > Duration::from_hours(1)),
    }
}

fn random() -> [u8; 3] {
    let mut bytes = [0; 3];
    if getrandom::fill(&mut bytes).is_err() {
        // Uniqueness comes from creating the folder; this only makes a clash rare.
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
        bytes.copy_from_slice(&nanos.to_le_bytes()[..3]);
    }
    bytes
}

/// The id of a run: its day and minute in UTC, then three characters that tell runs of one minute apart.
fn run_id(unix_ms: u64, random: [u8; 3]) -> String {
    // Without the letters that are taken for digits, or for each other, when read aloud.
    const LETTERS: &[u8; 32] = b"23456789abcdefghjkmnpqrstuvwxyz7";
    let minutes = unix_ms / 60_000;
    let (year, month, day) = civil(minutes / 1440);
    let (hour, minute) = (minutes / 60 % 24, minutes % 60);
    let tail: String = random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 31)])).collect();
    format!("{:02}{month:02}{day:02}-{hour:02}{minute:02}-{tail}", year % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_ids_read_well_and_sort() {
        let id = run_id(1_763_704_440_000, [0, 1, 2]);
        assert_eq!(id, "251121-0554-234");
        assert!(id < run_id(1_763_704_500_000, [0, 0, 0]));
        assert!(id < run_id(1_767_225_600_000, [0, 0, 0]), "also over the new year");
    }

    #[test]
    fn old_runs_are_pruned() {
        let root = tempfile::tempdir().unwrap();
        let places = Places::below(Some(root.path().to_owned()), root.path());
        let mut made = Vec::new();
        for age in 0..60 {
            let (id, folder) = create(&places);
            let folder = folder.unwrap();
            let ending =
                Ending { format: FORMAT, exit: Exit::Code(0), ended_unix_ms: 0, orphans: Vec::new() };
            write_ending(&folder, &ending).unwrap();
            let changed = SystemTime::now() - Duration::from_secs(age);
            File::open(&folder).unwrap().set_modified(changed).unwrap();
            made.push(id);
        }
        let (begun, _) = create(&places);
        prune(&places);
        let left = places.runs();
        assert_eq!(left.len(), KEPT + 1);
        assert!(left.contains(&begun) && made[..KEPT].iter().all(|id| left.contains(id)));
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let open = root.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(owned_folder(&open).is_err());
        let link = root.path().join("link");
        std::os::unix::fs::symlink(root.path(), &link).unwrap();
        assert!(owned_folder(&link).is_err());
        assert!(owned_folder(&root.path().join("new")).is_ok());
    }
}
