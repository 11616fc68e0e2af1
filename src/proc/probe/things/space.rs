#![expect(
    clippy::disallowed_methods,
    reason = "edge: a file system that is gone must stop nobody but this thread"
)]
//! How much room is left where a job writes, and in its working folders.
//!
//! statvfs(2) on a file system whose server is gone may never return. It is called in a thread that is left behind when
//! its time is up; while one hangs so, no other is started. Nothing of the job is opened: its descriptors and its working
//! folder are paths in `/proc`, which the kernel follows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, AtomicU8, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use rustix::fs::statvfs;

use super::descriptors::DescriptorReader;
use crate::model::clock;
use crate::model::evidence::{Evidence, Room, Target};

/// How long all file systems together may take to answer.
const PATIENCE: Duration = Duration::from_millis(300);
/// File systems that are asked at most, and writers that are named of each.
const MOST: usize = 64;
const MOST_WRITERS: usize = 256;

/// Threads that were left behind and still wait for an answer.
static LEFT_BEHIND: AtomicIsize = AtomicIsize::new(0);
/// States of a thread: at work, done, left behind.
const AT_WORK: u8 = 0;
const DONE: u8 = 1;
const LEFT: u8 = 2;

/// A file system to ask, by a path of `/proc` that leads there.
type Question = (String, Room);

/// The rooms of a job, and what could not be seen.
pub(super) fn read(evidence: &Evidence, reader: &mut DescriptorReader) -> (Vec<Room>, Vec<String>) {
    let questions = questions(evidence, reader);
    if questions.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let asked: Vec<String> = questions.iter().map(|(_, room)| room.mount.clone()).collect();
    let (answer, answers) = sync_channel(MOST);
    let problem = |mount: &str| {
        format!("the file system at {mount} does not tell its free space: is its server gone, or its disk?")
    };
    let state = Arc::new(AtomicU8::new(AT_WORK));
    if LEFT_BEHIND.load(Ordering::Acquire) > 0 || !start(questions, answer, Arc::clone(&state)) {
        return (Vec::new(), vec!["the free space of file systems could not be asked for".to_owned()]);
    }
    let (mut rooms, mut problems): (Vec<Room>, Vec<String>) = (Vec::new(), Vec::new());
    let began = clock::now();
    for mount in &asked {
        match answers.recv_timeout(PATIENCE.saturating_sub(clock::now().since(began))) {
            Ok(room) => rooms.extend(room),
            Err(RecvTimeoutError::Timeout) => {
                // They are asked in turn: this is the one that hangs.
                problems.push(problem(mount));
                if state.compare_exchange(AT_WORK, LEFT, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                    LEFT_BEHIND.fetch_add(1, Ordering::AcqRel);
                }
                break;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    (rooms, problems)
}

fn start(questions: Vec<Question>, answer: SyncSender<Option<Room>>, state: Arc<AtomicU8>) -> bool {
    let work = move || {
        for (path, room) in questions {
            if answer.send(filled(&path, room)).is_err() {
                break;
            }
        }
        if state.swap(DONE, Ordering::AcqRel) == LEFT {
            LEFT_BEHIND.fetch_sub(1, Ordering::AcqRel);
        }
    };
    std::thread::Builder::new().name("rooms".into()).stack_size(128 << 10).spawn(work).is_ok()
}

/// The room with its figures; none for what has no room, as a folder of `/proc`.
fn filled(path: &str, room: Room) -> Option<Room> {
    let found = statvfs(path).ok().filter(|found| found.f_blocks > 0)?;
    let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    Some(Room {
        free: bytes(found.f_bavail),
        free_files: (found.f_files > 0).then_some(found.f_favail),
        size: bytes(found.f_blocks),
        ..room
    })
}

/// Each file system once, by where it is mounted, with the files that are written there and by whom.
fn questions(evidence: &Evidence, reader: &mut DescriptorReader) -> Vec<Question> {
    struct Found {
        ask: String,
        path: Option<String>,
        writers: BTreeSet<u32>,
    }
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    for process in evidence.members().filter(|process| !process.is_zombie()) {
        let pid = process.pid;
        for descriptor in process.descriptors.iter().filter(|descriptor| descriptor.writes) {
            let Target::File { path, device, size: Some(_), .. } = &descriptor.target else { continue };
            // Memory files have no folder, and what is deleted still takes room where it was.
            let Some(mount) =
                reader.mount_point(pid, path, Some(*device)).filter(|_| !path.starts_with("/memfd:"))
            else {
                continue;
            };
            let room = found.entry(mount).or_insert_with(|| Found {
                ask: format!("/proc/{pid}/fd/{}", descriptor.fd),
                path: None,
                writers: BTreeSet::new(),
            });
            room.path.get_or_insert_with(|| path.clone());
            if room.writers.len() < MOST_WRITERS {
                room.writers.insert(pid);
            }
        }
        let ask = format!("/proc/{pid}/cwd");
        if let Ok(folder) = rustix::fs::readlink(ask.as_str(), Vec::with_capacity(256))
            && let Some(mount) = reader.mount_point(pid, &folder.to_string_lossy(), None)
        {
            found.entry(mount).or_insert_with(|| Found { ask, path: None, writers: BTreeSet::new() });
        }
    }
    // Those that are written to come first: one that hangs hides what comes after it.
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(_, found)| found.writers.is_empty());
    let question = |(mount, found): (String, Found)| {
        let writers = found.writers.into_iter().collect();
        (found.ask, Room { mount, path: found.path, writers, ..Room::default() })
    };
    found.into_iter().take(MOST).map(question).collect()
}
