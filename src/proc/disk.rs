#![expect(
    clippy::disallowed_methods,
    reason = "edge: a file system that is gone must stop nobody but this thread"
)]
//! How much room the file systems have that a job writes to.
//!
//! statvfs(2) on a network file system whose server is gone may never return. It is called in a thread of its own, which
//! is asked again only when it has answered; the sampler never waits for it. Nothing of the job is opened: its
//! descriptors, its working folder and its root are paths in `/proc`, which the kernel follows.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

use rustix::fs::{StatVfs, statvfs};

use crate::model::clock::Moment;
use crate::model::metric::span;
use crate::model::room::{RoomKind, RoomReading};
use crate::model::text::Text;

/// Time between two looks.
const EVERY: Duration = Duration::from_secs(2);
/// A file system that has not answered for so long is worth a word.
const PATIENCE: Duration = Duration::from_secs(5);

/// A path to ask, and what people call it.
pub(super) type Place = (String, Text);

/// The line to the thread that asks.
type Line = (SyncSender<Vec<Place>>, Receiver<Vec<RoomReading>>);

/// Asks file systems for their room, without waiting.
#[derive(Debug, Default)]
pub(super) struct DiskReader {
    thread: Option<Line>,
    /// When was asked what is not answered yet.
    asked: Option<Moment>,
    looked: Option<Moment>,
    is_denied: bool,
}

impl DiskReader {
    /// What has been answered since the last time. When it is time and all is answered, `places` is asked next.
    pub(super) fn read(
        &mut self,
        now: Moment,
        places: impl FnOnce() -> Vec<Place>,
    ) -> (Vec<RoomReading>, Option<Text>) {
        let mut answered = Vec::new();
        match self.thread.as_ref().map(|(_, answers)| answers.try_recv()) {
            Some(Ok(rooms)) => (answered, self.asked) = (rooms, None),
            Some(Err(TryRecvError::Disconnected)) => (self.thread, self.asked) = (None, None),
            Some(Err(TryRecvError::Empty)) | None => {}
        }
        if let Some(asked) = self.asked {
            let waited = now.since(asked);
            let words = || {
                format!(
                    "a file system of the job has not told its free space for {}: is a server gone?",
                    span(waited)
                )
            };
            return (answered, (waited > PATIENCE).then(|| Text::from(words())));
        }
        if self.looked.is_none_or(|looked| now.since(looked) >= EVERY) && !self.is_denied {
            self.looked = Some(now);
            if self.thread.is_none() {
                self.thread = start();
                // A machine that gives no thread is told by other readers.
                self.is_denied = self.thread.is_none();
            }
            let sent = self.thread.as_ref().is_some_and(|(asks, _)| asks.try_send(places()).is_ok());
            self.asked = sent.then_some(now);
        }
        (answered, None)
    }
}

fn start() -> Option<Line> {
    let (ask, asked) = sync_channel::<Vec<Place>>(1);
    let (answer, answers) = sync_channel(1);
    let work = move || {
        while let Ok(places) = asked.recv() {
            if answer.send(rooms(&places)).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name("disks".into()).stack_size(128 << 10).spawn(work).ok()?;
    Some((ask, answers))
}

/// The rooms of all file systems that these places are on, each once, under the name of its first place.
fn rooms(places: &[Place]) -> Vec<RoomReading> {
    let mut known: Vec<(u64, u64, u64)> = Vec::new();
    let mut rooms = Vec::new();
    for (path, name) in places {
        let Ok(found) = statvfs(path.as_str()) else { continue };
        let identity = (found.f_fsid, found.f_blocks, found.f_files);
        if !known.contains(&identity) {
            known.push(identity);
            rooms.extend(rooms_of(&found, name));
        }
    }
    rooms
}

/// Bytes and files; what has no end, as a pipe or a folder of `/proc`, has no room.
fn rooms_of(found: &StatVfs, name: &Text) -> impl Iterator<Item = RoomReading> {
    let unit = found.f_frsize;
    // What only root may use is not free for a job.
    let reserved = found.f_bfree.saturating_sub(found.f_bavail);
    let blocks = found.f_blocks.saturating_sub(reserved);
    let room = |kind, limit: u64, left: u64, unit: u64| RoomReading {
        kind,
        scope: name.clone(),
        subject: None,
        used: limit.saturating_sub(left).saturating_mul(unit),
        limit: limit.saturating_mul(unit),
    };
    let bytes = room(RoomKind::Disk, blocks, found.f_bavail, unit);
    let files = room(RoomKind::Inodes, found.f_files, found.f_favail, 1);
    [bytes, files].into_iter().filter(|room| room.limit > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_system_is_told_once_and_a_pipe_never() {
        let place = |path: &str| (path.to_owned(), Text::from(path.to_owned()));
        let once = rooms(&[place("/"), place("/proc/self/root"), place("/proc"), place("/no/such/folder")]);
        assert!(once.iter().filter(|room| room.kind == RoomKind::Disk).count() == 1, "{once:?}");
        assert!(once.iter().all(|room| room.scope.as_str() == "/" && room.used <= room.limit), "{once:?}");
    }

    #[test]
    fn who_does_not_answer_is_not_asked_again_and_told() {
        let (asks, asked) = sync_channel(1);
        let (answer, answers) = sync_channel(1);
        let mut reader = DiskReader { thread: Some((asks, answers)), ..DiskReader::default() };
        let at = |second: u64| Moment::from_millis(second * 1_000);
        let (_, silent) = reader.read(at(1), Vec::new);
        assert_eq!(silent, None);
        assert!(asked.try_recv().is_ok(), "it was asked");
        let (_, silent) = reader.read(at(9), || unreachable!("not twice"));
        assert!(silent.is_some_and(|words| words.contains("for 8")));
        answer.send(Vec::new()).expect("it listens");
        assert_eq!(reader.read(at(10), Vec::new).1, None);
        assert!(asked.try_recv().is_ok(), "and once more");
    }
}
